"""Servers in processes of their own, on loopback, that end with whoever started them."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Final

from haltspec.errors import AdapterFailure

_STARTUP_S: Final = 60.0
_STOP_S: Final = 5.0
_SHOWN_CHARACTERS: Final = 500


class ServerProcess:
    """A running server: a process that prints one line once it accepts calls.

    Args:
        name: what it is, for messages.
        command: the program and its arguments.
        remedy: what to do if it does not start.
        environment: its environment; this process's if left out.
        ends_with_input: whether it ends by itself when its standard input closes; others are terminated.

    Raises:
        AdapterFailure: it did not start; the message has the last it said.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        remedy: str,
        environment: Mapping[str, str] | None = None,
        ends_with_input: bool = False,
    ) -> None:
        self.name = name
        self._ends_with_input = ends_with_input
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=environment
        )
        self.line = self._first_line()
        """The line that it printed."""
        if not self.line:
            told = self.log().strip().splitlines()
            self.stop()
            said = f" ({told[-1][:_SHOWN_CHARACTERS]})" if told else ""
            raise AdapterFailure(name, f"its server did not start{said}", remedy)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """True until it ends."""
        return self._process.poll() is None

    def wait(self, timeout_s: float) -> int:
        """Its exit code, once it has ended by itself; raises `AdapterFailure` if it does not."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AdapterFailure(self.name, f"it still runs after {timeout_s:g} s", "end it") from None

    def log(self) -> str:
        """All that it wrote to standard error so far."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def kill(self) -> None:
        """Kill it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it, whatever state it is in."""
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                with contextlib.suppress(BrokenPipeError):
                    end.close()
        if not self._ends_with_input:
            self._process.terminate()
        for last_resort in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(_STOP_S)
                break
            except subprocess.TimeoutExpired:
                last_resort()
        self._process.wait()
        self._log.close()

    def _first_line(self) -> str:
        """The first line of its output; empty if the process ended or took too long."""
        assert self._process.stdout is not None
        too_long = threading.Timer(_STARTUP_S, self._process.kill)
        too_long.start()
        try:
            return self._process.stdout.readline().decode("ascii", "replace").strip()
        finally:
            too_long.cancel()

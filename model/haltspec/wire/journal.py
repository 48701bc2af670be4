"""The journal: every call with its answer, one line each, written before the answer leaves; a service starts from it.

A line of a call is a line of a recording (`haltspec.trace`) with one more member, `changes`: what the call brought
about. What the service does by itself has lines of its own, with `event` in place of `operation`, which judges skip.
`changes` comes first, so that starting again parses it alone and passes over all lines that changed nothing.

A line is handed to the operating system in one write. A process that is killed leaves one torn line at most, the last,
and nobody was told what it says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from haltspec.errors import BadTrace, HaltspecError, Misuse
from haltspec.lts import ABSENT
from haltspec.reference import Changes, Job, JobKey
from haltspec.trace import Call, to_line

_CHANGES: Final = b'{"changes":'
_REMEDY: Final = "start with the journal as the service wrote it, or with a new file"


class JournalBroken(HaltspecError):
    """The journal cannot be written any more, so that no call may be acknowledged."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(f"{path}: the journal cannot be written ({error.strerror or error}); free space, then restart")


class Journal:
    """A file that calls and events are appended to.

    Args:
        path: the file; made if it does not exist.

    Raises:
        Misuse: the file cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            reason = f"{path}: the journal cannot be opened ({error.strerror or error})"
            raise Misuse(reason, "name a file that you may write") from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def call(self, call: Call, api: str, changes: Changes | None) -> None:
        """Append a call; raises `JournalBroken` if it cannot be written."""
        self._write(to_line(call), api, changes)

    def event(self, event: str, api: str, changes: Changes) -> None:
        """Append what came about without a call, or before its answer is known."""
        moves = [[at, *key, row] for at, key, row in changes.moves]
        self._write(json.dumps({"event": event, "api": api, "moves": moves}, separators=(",", ":")), api, changes)

    def _write(self, line: str, api: str, changes: Changes | None) -> None:
        if changes:
            told = json.dumps(_as_json(api, changes), separators=(",", ":"), allow_nan=False)
            line = f'{{"changes":{told},{line[1:]}'
        data = line.encode("ascii") + b"\n"
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            raise JournalBroken(self.path, error) from None

    def restore(self, put_back: Callable[[str, Changes], None]) -> tuple[int, int]:
        """Tell what all lines brought about, in their order, and drop a torn last line.

        Args:
            put_back: takes an API's name and what a line brought about.

        Returns:
            How many whole lines there are, and how many bytes of a torn line were dropped.

        Raises:
            BadTrace: a line is none of a journal.
        """
        lines, end = 0, 0
        with open(self.path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    os.ftruncate(self._file, end)
                    return lines, len(line)
                lines += 1
                end += len(line)
                if line.startswith(_CHANGES):
                    api, changes = _changes(line, f"{self.path}:{lines}")
                    put_back(api, changes)
                elif not line.startswith(b"{"):
                    raise BadTrace(f"{self.path}:{lines}", "the line is none of a journal", _REMEDY)
        return lines, 0


def _as_json(api: str, changes: Changes) -> dict[str, Any]:
    return {
        "api": api,
        "draws": changes.draws,
        "numbers": changes.numbers,
        "now": changes.now,
        "jobs": [_job(job) for job in changes.jobs.values()],
        "tokens": [[*token[:3], token[3].hex(), *token[4:]] for token in changes.tokens],
    }


def _job(job: Job) -> list[Any]:
    data = None if job.state == ABSENT else job.data
    return [*job.key, job.number, job.parent, job.state, job.entered, data]


_decode: Final = json.JSONDecoder().raw_decode


def _changes(line: bytes, place: str) -> tuple[str, Changes]:
    try:
        told, _ = _decode(line.decode("ascii"), len(_CHANGES))
        jobs = {(job.key.tenant, job.key.id): job for job in map(_read_job, told["jobs"])}
        tokens = [
            (tenant, operation, token, bytes.fromhex(parameters), job_id, used)
            for tenant, operation, token, parameters, job_id, used in told["tokens"]
        ]
        return told["api"], Changes(told["draws"], told["numbers"], told["now"], jobs, tokens)
    except (ValueError, KeyError, TypeError, IndexError):
        raise BadTrace(place, "the line is none of a journal", _REMEDY) from None


def _read_job(told: list[Any]) -> Job:
    """A job as it was written; what a service keeps as a tuple comes back as one."""
    tenant, lifecycle, kind, job_id, number, parent, state, entered, data = told
    kept: Mapping[str, Any] = {} if data is None else dict(_kept(data))
    return Job(JobKey(tenant, lifecycle, kind, job_id), number, parent, state, kept, entered)


def _kept(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        yield name, tuple(value) if isinstance(value, list) else value

"""The journal: every call with its answer, one line each, written before the answer leaves; a service starts from it.

A line of a call is a line of a recording (`haltspec.trace`) with these members besides:

- `changes`, first of all where there is one: what the call brought about, so that starting again parses that alone;
- `moves`: the moves that the service made meanwhile: when, tenant, lifecycle, kind and id of the job, row;
- `crc32`, last of all: the checksum of the line up to it, in hexadecimal digits, so that no line is taken for what it
  is not.

What the service does by itself has lines of its own, with `event` in place of `operation`, which judges skip: `moves`,
and `time` when time was wound on.

A line is handed to the operating system in one write. A process that is killed leaves one torn line at most, the last,
and nobody was told what it says.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from haltspec.errors import BadTrace, HaltspecError, Misuse
from haltspec.lts import ABSENT
from haltspec.reference import Changes, Job, JobKey
from haltspec.trace import MAX_LINE, Call, to_line

_CHANGES: Final = b'{"changes":'
_CHECK: Final = b',"crc32":"'
_CHECKED: Final = len(_CHECK) + 8 + len(b'"}\n')
_BEGINS: Final = (_CHANGES, b'{"api":', b'{"event":')
_DAMAGED: Final = "the line is not as a journal has it: it was damaged, changed, or written by other means"
_REMEDY: Final = "start with the journal as the service wrote it, or with a new file"


class JournalBroken(HaltspecError):
    """The journal cannot be written any more, so that no call may be acknowledged."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: the journal cannot be written ({reason}); free space, then start again with it")


class Restored(NamedTuple):
    """What a journal held.

    Args:
        lines: how many whole lines.
        torn: how many bytes of a torn last line were dropped; 0: there was none.
        now: the time of the last whole line in epoch seconds; 0 if there is none.
        alone: whether the journal holds everything that ever became of the jobs in it; see `haltspec.trace`.
    """

    lines: int = 0
    torn: int = 0
    now: float = 0.0
    alone: bool = True


class Journal:
    """A file that calls and events are appended to, locked against other services.

    Args:
        path: the file; made if it does not exist.

    Raises:
        Misuse: the file cannot be opened, is none, or another service writes it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            reason = f"{path}: the journal cannot be opened ({error.strerror or error})"
            raise Misuse(reason, "name a file that you may write") from None
        self._broken: JournalBroken | None = None
        try:
            if not stat.S_ISREG(os.fstat(self._file).st_mode):
                raise Misuse(f"{path}: the journal is no regular file", "name a file, or a new one")
            self._lock()
        except Misuse:
            self.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misuse(f"{self.path}: another service writes this journal", "end it, or name another file") from None
        except OSError as error:
            reason = f"{self.path}: the journal cannot be locked ({error.strerror or error})"
            raise Misuse(reason, "name a file on a local file system") from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    # ---- writing ----------------------------------------------------------------------------------------------------

    def call(self, call: Call, changes: Changes | None) -> None:
        """Append a call; raises `JournalBroken` if it cannot be written."""
        self._write(to_line(call), call.api, changes)

    def event(self, event: str, now: float, *, alone: bool, api: str = "", changes: Changes | None = None) -> None:
        """Append what came about without a call; raises `JournalBroken` if it cannot be written.

        Args:
            event: what it is.
            now: the time in epoch seconds.
            alone: as `Restored.alone`.
            api: the API it happened in; empty: in all.
            changes: what came about.
        """
        members = {"event": event, **({"api": api} if api else {}), "now": now, "alone": alone}
        self._write(_encode(members), api, changes)

    def _write(self, line: str, api: str, changes: Changes | None) -> None:
        if self._broken is not None:
            raise self._broken
        if changes:
            moves = [[at, *key, row] for at, key, row in changes.moves]
            told = f'"moves":{_encode(moves)},' if moves else ""
            line = f'{{"changes":{_encode(_as_json(api, changes))},{told}{line[1:]}'
        body = line[:-1].encode("ascii")
        data = b'%b%b%08x"}\n' % (body, _CHECK, zlib.crc32(body))
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            self._broken = JournalBroken(self.path, error.strerror or str(error))
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise self._broken from None

    # ---- starting from it -------------------------------------------------------------------------------------------

    def restore(self, put_back: Callable[[str, Changes], None]) -> Restored:
        """Tell what all lines brought about, in their order, and drop a torn last line.

        Args:
            put_back: takes an API's name and what a line brought about.

        Raises:
            BadTrace: a line is none of a journal.
        """
        number, end, last = 0, 0, b""
        os.lseek(self._file, 0, os.SEEK_SET)
        with open(os.dup(self._file), "rb") as file, _uncollected():
            while line := file.readline(MAX_LINE):
                if not line.endswith(b"\n") and _is_torn(line):
                    os.ftruncate(self._file, end)
                    return Restored(number, len(line), *_last(last))
                number += 1
                try:
                    if not _is_whole(line):
                        raise ValueError
                    if line.startswith(_CHANGES):
                        put_back(*_changes(line))
                except (ValueError, KeyError, TypeError, IndexError):
                    raise BadTrace(f"{self.path}:{number}", _DAMAGED, _REMEDY) from None
                end += len(line)
                last = line
        return Restored(number, 0, *_last(last))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without searches for garbage: there is none among many objects that all stay, and searching costs a quarter."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _is_whole(line: bytes) -> bool:
    """True if a line is as it was written."""
    body = line[:-_CHECKED]
    return line[-_CHECKED:] == b'%b%08x"}\n' % (_CHECK, zlib.crc32(body))


def _is_torn(line: bytes) -> bool:
    """True if a line without an end was begun by a journal; what never was a line of a journal is not torn."""
    if len(line) == MAX_LINE or not any(line.startswith(begin[: len(line)]) for begin in _BEGINS):
        return False
    try:
        json.loads(line)
    except ValueError:
        return True
    return _is_whole(line + b"\n")


def _last(line: bytes) -> tuple[float, bool]:
    """The time of the last line, and whether the journal holds everything up to it."""
    if not line:
        return 0.0, True
    members = json.loads(line)
    times = (members.get("now"), members.get("start"), members.get("end"))
    return max(time for time in times if time is not None), members.get("alone") is True


_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


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
    key = job.key
    return [key.tenant, key.id, key.lifecycle, key.kind, job.number, job.parent, job.state, job.entered, data]


_decode: Final = json.JSONDecoder().raw_decode


def _changes(line: bytes) -> tuple[str, Changes]:
    told, _ = _decode(line.decode("ascii"), len(_CHANGES))
    jobs = {(tenant, job_id): _read_job(tenant, job_id, *rest) for tenant, job_id, *rest in told["jobs"]}
    tokens = [
        (tenant, operation, token, bytes.fromhex(parameters), job_id, used)
        for tenant, operation, token, parameters, job_id, used in told["tokens"]
    ]
    return told["api"], Changes(told["draws"], told["numbers"], told["now"], jobs, tokens)


def _read_job(
    tenant: str,
    job_id: str,
    lifecycle: str,
    kind: str,
    number: int,
    parent: str,
    state: str,
    entered: int,
    data: dict[str, Any] | None,
) -> Job:
    """A job as it was written; what a service keeps as a tuple comes back as one."""
    kept = data if data is not None else {}
    for name, value in kept.items():
        if type(value) is list:
            kept[name] = tuple(value)
    return Job(JobKey(tenant, lifecycle, kind, job_id), number, parent, state, kept, entered)

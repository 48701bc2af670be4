"""The trace: recorded calls, one JSON object a line. This module reads and writes them and judges nothing.

A line has these members, in any order; members it does not know are ignored:

- `api`, `operation`: what was called, by haltspec's and the vendor's name;
- `tenant`: who owns the jobs it speaks of (account and region, or project and workspace);
- `client`: who called, optional;
- `start`, `end`: when the call began and when its answer was complete, epoch seconds or ISO 8601 with a zone;
- `request`: the request's members, an object;
- `status`: the HTTP status; `end` and `status` are both null if no answer came;
- `error`: the error code of a refusal or a fault, optional: left out, it is taken from the body; a namespace before it
  and an address behind it, which some services write, are taken off;
- `reply`: the decoded body, an empty text if it is known to be empty; left out, the recording does not tell;
- `alone`: true if the recorder vouches that the recording holds every call made in this tenant, optional.

A line with `event` and no `operation` tells what a service did by itself, as its journal has it; it is passed over.

>>> line = '{"api": "comprehend", "operation": "StopEntitiesDetectionJob", "tenant": "1/us-east-1", "start": 1,'
>>> line += ' "end": "1970-01-01T00:00:02Z", "request": {"JobId": "j"}, "status": 400, "error": "JobNotFoundException"}'
>>> [call] = read([line], name="calls.ndjson")
>>> call.end, call.error, call.place
(2.0, 'JobNotFoundException', 'calls.ndjson:1')
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeGuard

from haltspec.errors import BadTrace, shown

MAX_DEPTH: Final = 100
"""How deep arrays and objects of a line may be nested."""

MAX_LINE: Final = 16 * 1024 * 1024
"""How long a line may be, in bytes (characters if it is given as text)."""

_LATEST: Final = 253402300799.0
_FORMAT: Final = "write one JSON object a line, in UTF-8, as `haltspec check --help` describes"


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer.

    Args:
        api: the API's name, `comprehend`.
        operation: the vendor's name of the operation, `StopEntitiesDetectionJob`.
        tenant: owner of the jobs, `ACCOUNT/REGION` or `PROJECT/WORKSPACE`.
        client: who called; empty if not recorded.
        start: when the call began, epoch seconds.
        end: when its answer was complete, epoch seconds; None if no answer came.
        request: the members of the request.
        status: the HTTP status; None exactly if no answer came.
        error: the error code; None for a success and for an error without a code.
        reply: the decoded body; its text if it is no JSON, where an adapter kept it; None if it is not known, or empty
            as it has to be.
        alone: the recording holds every call made in the call's tenant: an id it never saw given belongs to no job.
        line: the line of the recording it was read from, counted from 1; 0 if it was not read.
        place: `file:line`, empty if it was not read. Neither takes part in comparisons.
    """

    api: str
    operation: str
    tenant: str
    client: str
    start: float
    end: float | None
    request: Mapping[str, Any]
    status: int | None
    error: str | None = None
    reply: Any = None
    alone: bool = False
    line: int = field(default=0, compare=False)
    place: str = field(default="", compare=False)

    @property
    def answered(self) -> bool:
        """True if an answer came."""
        return self.end is not None

    @property
    def code(self) -> str:
        """The error code of a refusal or fault, its HTTP status if it has none; empty if there is neither."""
        return self.error or ("" if self.status is None or self.status < 300 else str(self.status))


def read(
    lines: Iterable[str | bytes], *, name: str, on_bad: Callable[[BadTrace], None] | None = None
) -> Iterator[Call]:
    """The calls of a recording, one by one: what was yielded before a bad line stays good.

    Args:
        lines: the lines, with or without their line ends; blank ones are skipped.
        name: the recording's name in messages, usually the file's.
        on_bad: takes what is wrong with a bad line, which is then skipped; left out, the first bad line ends it.

    Raises:
        BadTrace: a line is no call, with its place, or there is no call at all.
    """
    found = False
    number = 0
    for number, line in enumerate(lines, start=1):
        place = f"{name}:{number}"
        try:
            text = _text(line, place, number)
            if not text:
                continue
            members = _parse(text, place)
            if "event" in members and "operation" not in members:
                continue
            found = True
            call = _call(members, place, number)
        except BadTrace as bad:
            found = True
            if on_bad is None:
                raise
            on_bad(bad)
        else:
            yield call
    if not found:
        raise BadTrace(f"{name}:{max(number, 1)}", "there is no call in it", "give a recording with one call at least")


def read_file(path: str | Path, *, on_bad: Callable[[BadTrace], None] | None = None) -> Iterator[Call]:
    """The calls of the recording at `path`, read as they are asked for; see `read`.

    Raises:
        BadTrace: also if the file cannot be read.
    """
    yield from read(_lines(path), name=str(path), on_bad=on_bad)


def read_stream(stream: BinaryIO, *, name: str, on_bad: Callable[[BadTrace], None] | None = None) -> Iterator[Call]:
    """The calls that come from a stream, read as they are asked for; see `read`.

    Raises:
        BadTrace: also if the stream cannot be read.
    """
    yield from read(_lines_of(stream, name), name=name, on_bad=on_bad)


def _lines(path: str | Path) -> Iterator[bytes]:
    try:
        file = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise _unreadable(path, 1, error) from None
    with file:
        yield from _lines_of(file, path)


def _lines_of(stream: BinaryIO, name: str | Path) -> Iterator[bytes]:
    """The lines of a stream; of one that is too long its beginning, a byte more than allowed."""
    for number in itertools.count(1):
        try:
            line = more = stream.readline(MAX_LINE + 1)
            while len(more) > MAX_LINE and not more.endswith(b"\n"):
                more = stream.readline(MAX_LINE + 1)
        except OSError as error:
            raise _unreadable(name, number, error) from None
        if not line:
            return
        yield line


def _unreadable(path: str | Path, line: int, error: OSError) -> BadTrace:
    reason = f"the file cannot be read ({error.strerror or error})"
    return BadTrace(f"{path}:{line}", reason, "name a file that exists and that you may read")


def to_line(call: Call) -> str:
    """The call as one line of a recording, without a line end, in ASCII; `read` makes the same call of it.

    Raises:
        ValueError: a member is no finite number.
        TypeError: a member has no JSON form.
    """
    members: dict[str, Any] = {
        "api": call.api,
        "operation": call.operation,
        "tenant": call.tenant,
        "client": call.client,
        "start": call.start,
        "end": call.end,
        "request": call.request,
        "status": call.status,
    }
    if call.error is not None:
        members["error"] = call.error
    if call.reply is not None:
        members["reply"] = call.reply
    if call.alone:
        members["alone"] = True
    return _encode(members)


def decode_json(text: str | bytes, *, depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text, read strictly: what this accepts can be written as JSON and read again.

    Args:
        text: the text.
        depth: how deep arrays and objects may be nested.

    Raises:
        ValueError: it is no UTF-8, no JSON, has NaN or an infinite number, a number of too many digits, an object that
            names a member twice, or is nested too deep; the message says which.
    """
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError(f"it is nested deeper than {depth} levels") from None
    except ValueError as error:
        if "set_int_max_str_digits" in str(error):  # Python's words, of no use to whoever sent the text
            raise ValueError("a number has too many digits") from None
        raise
    if text.count("{") + text.count("[") > depth and _deeper(value, depth):
        raise ValueError(f"it is nested deeper than {depth} levels")
    return value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain).encode


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"an object names the member {shown(twice)} twice")
    return members


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {_short(text)} is too large")
    return value


def _deeper(value: Any, limit: int) -> bool:
    """True if containers are nested deeper than `limit`; level by level, so that the depth itself cannot hurt."""
    level = [value]
    for _ in range(limit + 1):
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return False
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return True


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _shown(value: Any) -> str:
    return _short(json.dumps(value))


def _text(line: str | bytes, place: str, number: int) -> str:
    """The line as text without surrounding white space."""
    if len(line) > MAX_LINE:
        raise BadTrace(place, f"the line is longer than {MAX_LINE} bytes", "end each call with a line end")
    if isinstance(line, bytes):
        try:
            line = line.decode()
        except UnicodeDecodeError as error:
            reason = f"byte {error.start + 1} of the line is not UTF-8"
            raise BadTrace(place, reason, "save the recording as UTF-8 text") from None
    return line.removeprefix("\ufeff").strip() if number == 1 else line.strip()


def _parse(text: str, place: str) -> dict[str, Any]:
    try:
        value = decode_json(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text) or error.msg.startswith("Unterminated"):
            reason = f"the JSON is cut off after column {len(text)}"
            raise BadTrace(place, reason, "write the call whole, on one line, or remove it") from None
        raise BadTrace(place, f"no JSON at column {error.pos + 1} ({error.msg})", _FORMAT) from None
    except ValueError as error:
        raise BadTrace(place, str(error), "correct or remove the line") from None
    if not isinstance(value, dict):
        raise BadTrace(place, f"a call is a JSON object, this is {_shown(value)}", _FORMAT)
    return value


class _Faults:
    """What is wrong with a line, all of it: reasons and remedies."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.remedies: list[str] = []

    def add(self, reason: str, remedy: str) -> None:
        self.reasons.append(reason)
        if remedy not in self.remedies:
            self.remedies.append(remedy)


def _call(members: dict[str, Any], place: str, line: int) -> Call:
    faults = _Faults()
    _check_missing(members, faults)
    api = _name(members, "api", faults)
    operation = _name(members, "operation", faults)
    tenant = _string(members, "tenant", faults)
    client = _string(members, "client", faults)
    start = _time(members, "start", faults)
    end = _time(members, "end", faults)
    request = _request(members, faults)
    status = _status(members, faults)
    error = _error(members, status, faults)
    if start is not None and end is not None and end < start:
        faults.add(
            f"'end' {_shown(members['end'])} lies before 'start' {_shown(members['start'])}", "correct the times"
        )
    alone = members.get("alone")
    if not (alone is None or isinstance(alone, bool)):
        faults.add(f"'alone' is {_shown(alone)}, not true or false", "make 'alone' true or false, or leave it out")
    if not faults.reasons:
        _check_answer(members, faults)
    if faults.reasons or start is None:
        raise BadTrace(place, ", ".join(faults.reasons), ", ".join(faults.remedies))
    reply = members.get("reply")
    return Call(api, operation, tenant, client, start, end, request, status, error, reply, alone is True, line, place)


_REQUIRED: Final = ("api", "operation", "tenant", "start", "end", "request", "status")


def _check_missing(members: dict[str, Any], faults: _Faults) -> None:
    missing = [repr(name) for name in _REQUIRED if name not in members]
    if missing:
        noun = "member" if len(missing) == 1 else "members"
        faults.add(
            f"{noun} {', '.join(missing)} missing", "add what is missing ('end' and 'status' null if no answer came)"
        )


def _check_answer(members: dict[str, Any], faults: _Faults) -> None:
    """Null `end` and null `status` go together and exclude an answer."""
    if (members["end"] is None) != (members["status"] is None):
        null, other = ("end", "status") if members["end"] is None else ("status", "end")
        faults.add(f"{null!r} is null and {other!r} is not", "make both null if no answer came, neither if one came")
    elif members["end"] is None:
        given = [repr(name) for name in ("error", "reply") if members.get(name) is not None]
        if given:
            faults.add(
                f"{' and '.join(given)} given without an answer", "leave them out if 'end' and 'status' are null"
            )


def _string(members: dict[str, Any], name: str, faults: _Faults) -> str:
    value = members.get(name, "")
    if isinstance(value, str):
        return value
    faults.add(f"{name!r} is {_shown(value)}, not a string", f"make {name!r} a string")
    return ""


def _name(members: dict[str, Any], name: str, faults: _Faults) -> str:
    value = _string(members, name, faults)
    if members.get(name) == "":
        faults.add(f"{name!r} is empty", f"name the {name}")
    return value


_CODE_IN: Final = ("__type", "code", "error_code")
_FIRST_REFUSAL: Final = 300


def _error(members: dict[str, Any], status: int | None, faults: _Faults) -> str | None:
    if members.get("error") is not None:
        return error_code(_string(members, "error", faults))
    reply = members.get("reply")
    if status is None or status < _FIRST_REFUSAL or not isinstance(reply, dict):
        return None
    return next((error_code(code) for name in _CODE_IN if isinstance(code := reply.get(name), str)), None)


def error_code(text: str) -> str | None:
    """An error code without the namespace (`NAMESPACE#`) and address (`:ADDRESS`) that may stand around it.

    >>> error_code("com.amazonaws.comprehend#JobNotFoundException:http://internal/")
    'JobNotFoundException'
    """
    return text.partition(":")[0].rpartition("#")[2] or None


def _request(members: dict[str, Any], faults: _Faults) -> dict[str, Any]:
    value = members.get("request", {})
    if isinstance(value, dict):
        return value
    faults.add(f"'request' is {_shown(value)}, not an object", "make 'request' an object of the request's members")
    return {}


def _status(members: dict[str, Any], faults: _Faults) -> int | None:
    value = members.get("status")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return value
    faults.add(f"'status' is {_shown(value)}, not an HTTP status", "make 'status' a number from 100 to 599, or null")
    return None


def _time(members: dict[str, Any], name: str, faults: _Faults) -> float | None:
    """The time in member `name` as epoch seconds, None if there is none or it is wrong."""
    value = members.get(name)
    if value is None:
        if name == "start" and name in members:
            faults.add("'start' is null", "say when the call began")
        return None
    seconds = value if _is_number(value) else _iso(value) if isinstance(value, str) else None
    if seconds is None:
        remedy = f"make {name!r} epoch seconds, or ISO 8601 with a zone as in 2024-05-01T12:00:00Z"
        faults.add(f"{name!r} is {_shown(value)}, not a time", remedy)
        return None
    if not 0 <= seconds <= _LATEST:
        faults.add(
            f"{name!r} is {_shown(value)}, outside the years 1970 to 9999", "give times in seconds, not in milliseconds"
        )
        return None
    return float(seconds)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()

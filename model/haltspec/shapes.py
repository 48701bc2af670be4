"""Shapes of requests and replies: what the vendor's service model says about members, and where a value breaks it.

The models come from botocore (`service-2.json`), or, for an API botocore does not know, from a file of our own in the
same format under `haltspec/services/`. Every shape is compiled once into a closure that returns the faults of a value.
Requests and replies are judged as they stand on the wire: the decoded JSON, not what an SDK makes of it.
"""

from __future__ import annotations

import base64
import binascii
import enum
import importlib
import importlib.resources
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from haltspec.errors import Misuse, Unknown
from haltspec.spec import ANY_MEMBER, Api


class Breach(enum.Enum):
    """What kind of constraint a value breaks."""

    REQUIRED = "required"
    NULL = "null"
    TYPE = "type"
    LENGTH = "length"
    RANGE = "range"
    PATTERN = "pattern"
    ENUM = "enum"


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that breaks its shape.

    Args:
        member: the path of the value (`Filter.JobStatus`, `Tags[2].Key`), empty for the body as a whole.
        value: the value found; None if the member is missing.
        constraint: what the shape asks for, in words.
        breach: the kind of constraint.
        shape: the shape as the service model has it; empty for the body as a whole.
    """

    member: str
    value: Any
    constraint: str
    breach: Breach = Breach.TYPE
    shape: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        place = self.member or "the body"
        if self.breach is Breach.REQUIRED:
            return f"{place} is missing"
        return f"{place} is {_short(self.value)}; expected {self.constraint}"


Faults = tuple[Fault, ...]
Check = Callable[[Any], Faults]
"""The faults of one value, with paths relative to it."""
Read = Callable[[Any], Any]
"""What is read of one value; `_UNREADABLE` if it is of another type."""

_NONE: Final[Faults] = ()
_SHOWN_CHARACTERS: Final = 80
_MOST_FAULTS: Final = 100
"""No more are looked for in a list or map that has so many."""
_MATCHED_CHARACTERS: Final = 1024
"""How long a text that breaks its length already may be to be held against its pattern as well."""


@dataclass(frozen=True, slots=True)
class _Side:
    """What differs between the two directions: whether `null` is an absent member, whether patterns and ranges count.

    A reply's texts are not held against patterns nor its numbers against ranges: services answer with values that
    predate their own constraints, and the members of interest are ids, statuses and times.
    """

    null_is_absent: bool
    strict: bool


_REQUEST: Final = _Side(null_is_absent=True, strict=True)
_REPLY: Final = _Side(null_is_absent=False, strict=False)
_LOOSE_REPLY: Final = _Side(null_is_absent=True, strict=False)


@dataclass(frozen=True, slots=True)
class Shapes:
    """The compiled shapes of one service.

    Args:
        service: the service's name, as in `Api.service`.
        model: the decoded service model.
        nulls, open_enums: the members of replies that may be `null`, or have values beside the listed ones; see `Api`.
    """

    service: str
    model: Mapping[str, Any]
    nulls: tuple[str, ...] = ()
    open_enums: tuple[str, ...] = ()
    _requests: dict[str, Check] = field(init=False, repr=False, compare=False, default_factory=dict)
    _replies: dict[str, Check] = field(init=False, repr=False, compare=False, default_factory=dict)
    _readers: dict[str, Read] = field(init=False, repr=False, compare=False, default_factory=dict)

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations of the service, in the model's order."""
        return tuple(self.model["operations"])

    def request_faults(self, operation: str, request: Any) -> Faults:
        """The faults of a request; members no shape knows and `null` members count as absent; raises `Unknown`."""
        try:
            check = self._requests[operation]
        except KeyError:
            check = self._requests[operation] = self._compile(operation, "input", _REQUEST)
        return check(request)

    def as_read(self, operation: str, request: Any) -> dict[str, Any]:
        """The members of a request as the service reads it; raises `Unknown`.

        Left out are members that are `null` or that no shape knows, and values of another type than their shape has, so
        that whoever looks at what is left can rely on types.
        """
        try:
            read = self._readers[operation]
        except KeyError:
            read = self._readers[operation] = _Reader(self.model["shapes"]).body(self._declared(operation).get("input"))
        found: dict[str, Any] = read(request)
        return found

    def reply_faults(self, operation: str, reply: Any) -> Faults:
        """The faults of a successful reply, given as the decoded JSON; raises `Unknown`.

        Members no shape knows are ignored, `null` members are faults but for those of `nulls`, and None stands for a
        body that the recording hides: it has no faults. Nor has an empty text, an empty body, where no member is.
        """
        if reply is None or (reply == "" and not self.has_output(operation)):
            return _NONE
        try:
            check = self._replies[operation]
        except KeyError:
            side = _REPLY if self.nulls != ANY_MEMBER else _LOOSE_REPLY
            check = self._replies[operation] = self._compile(operation, "output", side)
        found = check(reply)
        if found and (self.nulls or self.open_enums):
            return tuple(fault for fault in found if not self._is_let(fault))
        return found

    def has_output(self, operation: str) -> bool:
        """True if a successful reply has members; raises `Unknown`."""
        output = self._declared(operation).get("output")
        return bool(output and self.model["shapes"][output["shape"]].get("members"))

    def _is_let(self, fault: Fault) -> bool:
        """True if the API's documents let a reply have such a fault."""
        let = {Breach.NULL: self.nulls, Breach.ENUM: self.open_enums}.get(fault.breach, ())
        return bool(let) and re.sub(r"\[\d+\]", "", fault.member) in let

    def _declared(self, operation: str) -> Mapping[str, Any]:
        try:
            declared: Mapping[str, Any] = self.model["operations"][operation]
        except KeyError:
            raise Unknown(f"operation of {self.service}", operation, self.model["operations"]) from None
        return declared

    def _compile(self, operation: str, direction: str, side: _Side) -> Check:
        declared = self._declared(operation)
        compiler = _Compiler(self.model["shapes"], side)
        shape = declared.get(direction)
        return compiler.body(shape["shape"]) if shape else compiler.structure({}, ())


def load(api: Api) -> Shapes:
    """The shapes of an API's service, read once; raises `Misuse` if they need botocore and it is not installed."""
    return load_service(api.service, api.nulls, api.open_enums)


@cache
def load_service(service: str, nulls: tuple[str, ...] = (), open_enums: tuple[str, ...] = ()) -> Shapes:
    """The shapes of a service by its name, as `load`; for `nulls` and `open_enums` see `Shapes`."""
    own = importlib.resources.files("haltspec").joinpath("services", f"{service}-service-2.json")
    if own.is_file():
        return Shapes(service, json.loads(own.read_text(encoding="utf-8")), nulls, open_enums)
    loaders = _late("botocore.loaders")
    return Shapes(service, loaders.Loader().load_service_model(service, "service-2"), nulls, open_enums)


def _late(module: str) -> Any:
    """A library that is needed for shapes alone."""
    try:
        return importlib.import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise Misuse(f"the shapes need {name}, which is not installed", "run: pip install 'haltspec[all]'") from None


# ---- compiling shapes -----------------------------------------------------------------------------------------------


class _Compiler:
    """Turns the shapes of a model into checks; a shape that contains itself is looked up when it is used."""

    def __init__(self, shapes: Mapping[str, Any], side: _Side) -> None:
        self.shapes = shapes
        self.side = side
        self.done: dict[str, Check] = {}

    def body(self, name: str) -> Check:
        """The check of an operation's input or output, its payload member unwrapped into the flat body."""
        shape = self.shapes[name]
        members = {self.wire_name(n, ref): ref for n, ref in shape["members"].items() if self.in_body(ref)}
        required = [n for m in shape.get("required", ()) if (n := self.wire_name(m, shape["members"][m])) in members]
        payload = shape.get("payload")
        if payload:
            ref = members.pop(self.wire_name(payload, shape["members"][payload]))
            inner = self.shapes[ref["shape"]]
            if inner["type"] != "structure":
                return self.shape(ref["shape"])
            required = [n for n in required if n in members]
            required += [self.wire_name(n, inner["members"][n]) for n in inner.get("required", ())]
            members.update({self.wire_name(n, r): r for n, r in inner["members"].items()})
        return self.structure({n: self.shape(ref["shape"]) for n, ref in members.items()}, required)

    def in_body(self, ref: Mapping[str, Any]) -> bool:
        """True unless a reply carries the member outside its body."""
        return self.side is _REQUEST or ref.get("location") not in ("header", "headers", "statusCode")

    @staticmethod
    def wire_name(name: str, ref: Mapping[str, Any]) -> str:
        return str(ref.get("locationName", name))

    def shape(self, name: str) -> Check:
        if name in self.done:
            return self.done[name]
        self.done[name] = lambda value: self.done[name](value)
        self.done[name] = self.compile(self.shapes[name])
        return self.done[name]

    def compile(self, shape: Mapping[str, Any]) -> Check:
        kind = shape["type"]
        if kind == "structure":
            if shape.get("document"):
                return lambda _value: _NONE
            members = {self.wire_name(n, ref): self.shape(ref["shape"]) for n, ref in shape["members"].items()}
            required = [self.wire_name(n, shape["members"][n]) for n in shape.get("required", ())]
            return self.structure(members, required)
        if kind == "list":
            return _list(self.shape(shape["member"]["shape"]), shape)
        if kind == "map":
            return _map(self.shape(shape["key"]["shape"]), self.shape(shape["value"]["shape"]), shape)
        return _SCALARS[kind](shape, self.side.strict)

    def structure(self, members: Mapping[str, Check], required: Iterable[str]) -> Check:
        needed = tuple(required)
        null_is_absent = self.side.null_is_absent
        find = members.get

        def check(value: Any) -> Faults:
            if not isinstance(value, Mapping):
                return (Fault("", value, "an object"),)
            faults: list[Fault] = []
            for name in needed:
                if name not in value or (null_is_absent and value[name] is None):
                    faults.append(Fault(name, None, "a value", Breach.REQUIRED))
            for name, item in value.items():
                judge = find(name)
                if judge is None:
                    continue
                if item is None:
                    if not null_is_absent:
                        faults.append(Fault(name, None, "a value, or no member", Breach.NULL))
                    continue
                found = judge(item)
                if found:
                    faults += _below(name, found)
            return tuple(faults)

        return check


_UNREADABLE: Final = object()
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "boolean": (bool,),
    **dict.fromkeys(("byte", "short", "integer", "long", "bigInteger"), (int, float)),
    **dict.fromkeys(("float", "double", "bigDecimal", "timestamp"), (int, float, str)),
}


class _Reader:
    """Turns the shapes of a model into what is read of a value; a shape that contains itself is looked up when used."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self.shapes = shapes
        self.done: dict[str, Read] = {}

    def body(self, ref: Mapping[str, Any] | None) -> Read:
        if ref is None:
            return lambda _value: {}
        shape = self.shapes[ref["shape"]]
        payload = shape["members"].get(shape.get("payload"))
        outer = self.members(shape)
        inner = {} if payload is None else self.members(self.shapes[payload["shape"]])
        return _read_members({**outer, **inner}.get)

    def members(self, shape: Mapping[str, Any]) -> dict[str, Read]:
        refs = shape.get("members", {}).items()
        return {_Compiler.wire_name(name, ref): self.shape(ref["shape"]) for name, ref in refs}

    def shape(self, name: str) -> Read:
        if name not in self.done:
            self.done[name] = lambda value: self.done[name](value)
            self.done[name] = self.compile(self.shapes[name])
        return self.done[name]

    def compile(self, shape: Mapping[str, Any]) -> Read:
        kind = shape["type"]
        if kind == "structure":
            return _read_members(self.members(shape).get) if not shape.get("document") else lambda value: value
        if kind == "map":
            read = self.shape(shape["value"]["shape"])
            return _read_members(lambda _name: read)
        if kind == "list":
            return _read_list(self.shape(shape["member"]["shape"]))
        types = _TYPES.get(kind, (str,))
        return lambda value: (
            value if isinstance(value, types) and isinstance(value, bool) == (bool in types) else _UNREADABLE
        )


def _read_members(reader_of: Callable[[str], Read | None]) -> Read:
    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return _UNREADABLE
        kept = ((name, reader(item)) for name, item in value.items() if (reader := reader_of(name)) is not None)
        return {name: item for name, item in kept if item is not _UNREADABLE}

    return read


def _read_list(reader: Read) -> Read:
    def read(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return _UNREADABLE
        return [found for item in value if (found := reader(item)) is not _UNREADABLE]

    return read


def _below(name: str, faults: Faults) -> Iterable[Fault]:
    for fault in faults:
        inner = fault.member
        joint = "" if not inner or inner.startswith("[") else "."
        yield replace(fault, member=f"{name}{joint}{inner}")


def _list(item: Check, shape: Mapping[str, Any]) -> Check:
    least, most = shape.get("min"), shape.get("max")
    bounds = _bounds(least, most, "item")

    def check(value: Any) -> Faults:
        if not isinstance(value, list | tuple):
            return (Fault("", value, "a list", shape=shape),)
        size = len(value)
        if (least is not None and size < least) or (most is not None and size > most):
            return (Fault("", value, bounds, Breach.LENGTH, shape),)
        faults: list[Fault] = []
        for index, element in enumerate(value):
            if len(faults) >= _MOST_FAULTS:
                break
            if element is None:
                faults.append(Fault(f"[{index}]", None, "a value", Breach.NULL))
            elif found := item(element):
                faults += _below(f"[{index}]", found)
        return tuple(faults)

    return check


def _map(key: Check, item: Check, shape: Mapping[str, Any]) -> Check:
    least, most = shape.get("min"), shape.get("max")
    bounds = _bounds(least, most, "entry")

    def check(value: Any) -> Faults:
        if not isinstance(value, Mapping):
            return (Fault("", value, "an object", shape=shape),)
        if (least is not None and len(value) < least) or (most is not None and len(value) > most):
            return (Fault("", value, bounds, Breach.LENGTH, shape),)
        faults: list[Fault] = []
        for name, element in value.items():
            if len(faults) >= _MOST_FAULTS:
                break
            faults += _below(f"[{name!r}]", key(name))
            if element is None:
                faults.append(Fault(f"[{name!r}]", None, "a value", Breach.NULL))
            else:
                faults += _below(f"[{name!r}]", item(element))
        return tuple(faults)

    return check


# ---- scalars --------------------------------------------------------------------------------------------------------

_PLURALS: Final = {"entry": "entries"}
_NOT_FINITE: Final = frozenset(("NaN", "Infinity", "-Infinity"))


def _bounds(least: float | None, most: float | None, unit: str) -> str:
    """`1 to 32 characters`, `at least 1 item`."""
    units = _PLURALS.get(unit, f"{unit}s")
    if least is not None and most is not None:
        return f"{least} {unit if least == 1 else units}" if least == most else f"{least} to {most} {units}"
    if least is not None:
        return f"at least {least} {unit if least == 1 else units}"
    return f"at most {most} {unit if most == 1 else units}"


@cache
def _compiled(pattern: str) -> Any:
    r"""The pattern as the vendor's servers read it: `\w`, `\d` and `\s` know ASCII only, `\p{..}` all of Unicode."""
    regex = _late("regex")
    return regex.compile(pattern, regex.UNICODE if "\\p" in pattern or "\\P" in pattern else regex.ASCII)


def _text(shape: Mapping[str, Any], strict: bool) -> Check:
    if shape.get("enum"):
        return _enum(shape)
    least, most, pattern = shape.get("min"), shape.get("max"), shape.get("pattern") if strict else None
    bounds = _bounds(least, most, "character")
    low, high = least or 0, math.inf if most is None else most
    matches = _compiled(pattern).fullmatch if pattern else None

    def check(value: Any) -> Faults:
        if not isinstance(value, str):
            return (Fault("", value, "a string", shape=shape),)
        fits = low <= len(value) <= high
        faults = _NONE if fits else (Fault("", value, bounds, Breach.LENGTH, shape),)
        if matches is None or (not fits and len(value) > _MATCHED_CHARACTERS) or matches(value) is not None:
            return faults
        return (*faults, Fault("", value, f"text that matches {pattern}", Breach.PATTERN, shape))

    return check


def _enum(shape: Mapping[str, Any]) -> Check:
    known = frozenset(shape["enum"])

    def check(value: Any) -> Faults:
        if not isinstance(value, str):
            return (Fault("", value, "a string", shape=shape),)
        if value in known:
            return _NONE
        return (Fault("", value, f"one of {', '.join(shape['enum'])}", Breach.ENUM, shape),)

    return check


def _integer(shape: Mapping[str, Any], strict: bool) -> Check:
    """A whole number; `1e2` and `100.0` are whole, since JSON has one kind of number."""

    def is_whole(value: Any) -> bool:
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())

    return _number(shape, strict, is_whole, "a whole number")


def _real(shape: Mapping[str, Any], strict: bool) -> Check:
    def is_number(value: Any) -> bool:
        return isinstance(value, int | float) or (isinstance(value, str) and value in _NOT_FINITE)

    return _number(shape, strict, is_number, "a number")


def _number(shape: Mapping[str, Any], strict: bool, fits: Callable[[Any], bool], wanted: str) -> Check:
    least, most = (shape.get("min"), shape.get("max")) if strict else (None, None)
    low, high = -math.inf if least is None else least, math.inf if most is None else most

    def check(value: Any) -> Faults:
        if isinstance(value, bool) or not fits(value):
            return (Fault("", value, wanted, shape=shape),)
        if not isinstance(value, str) and not low <= value <= high:
            return (Fault("", value, _range(least, most), Breach.RANGE, shape),)
        return _NONE

    return check


def _range(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"{least} or more" if least is not None else f"{most} or less"


def _boolean(shape: Mapping[str, Any], _strict: bool) -> Check:
    return lambda value: _NONE if isinstance(value, bool) else (Fault("", value, "true or false", shape=shape),)


def _timestamp(shape: Mapping[str, Any], strict: bool) -> Check:
    """A time: a JSON number of seconds since the epoch, unless the shape declares a textual form.

    What a service answers is a date of the calendar: milliseconds in place of seconds are not.
    """
    if shape.get("timestampFormat", "unixTimestamp") != "unixTimestamp":
        return lambda value: _NONE if isinstance(value, str) else (Fault("", value, "a time as text", shape=shape),)

    largest = _LARGEST if strict else _LAST_SECOND

    def check(value: Any) -> Faults:
        if isinstance(value, bool) or not isinstance(value, int | float) or not largest >= value >= -_LARGEST:
            return (Fault("", value, "a number of seconds since the epoch", shape=shape),)
        return _NONE

    return check


def _blob(shape: Mapping[str, Any], _strict: bool) -> Check:
    least, most = shape.get("min"), shape.get("max")
    low, high = least or 0, math.inf if most is None else most

    def check(value: Any) -> Faults:
        try:
            size = len(base64.b64decode(value, validate=True)) if isinstance(value, str) else -1
        except (binascii.Error, ValueError):
            size = -1
        if size < 0:
            return (Fault("", value, "bytes in base64", shape=shape),)
        return _NONE if low <= size <= high else (Fault("", value, _bounds(least, most, "byte"), Breach.LENGTH, shape),)

    return check


_LARGEST: Final = sys.float_info.max
_LAST_SECOND: Final = 253_402_300_799
"""The last second of the year 9999, since the epoch."""

_SCALARS: Final[Mapping[str, Callable[[Mapping[str, Any], bool], Check]]] = {
    "string": _text,
    "character": _text,
    "byte": _integer,
    "short": _integer,
    "integer": _integer,
    "long": _integer,
    "bigInteger": _integer,
    "float": _real,
    "double": _real,
    "bigDecimal": _real,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": _blob,
}


def _short(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"

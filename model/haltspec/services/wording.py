"""How the services of AWS word that a request breaks its shape.

Constraints are answered `N validation errors detected: Value 'v' at 'member' failed to satisfy constraint: ...`, all
that are broken in one answer, members in lower camel case. Seen on Device Farm (realm/aws-devicefarm issue 8,
artemnikitin/devicefarm-ci-tool issue 77) and on Comprehend's synchronous calls (aws/aws-sdk-java issue 1684); that the
other services of the same protocol answer alike is implied. A member of another JSON type is no constraint: the body
cannot be read, as services of the same protocol were seen to answer (aws/aws-cdk pull request 27087).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from haltspec.lts import Request
from haltspec.shapes import Breach, Fault

_TOLD: Final = 20
"""How many faults are told; their number is told in any case."""
_SHOWN_CHARACTERS: Final = 1024
_ELEMENT: Final = re.compile(r"(.*)\[(\d+)\]")
_STEP: Final = re.compile(r"\[(?:(?P<index>\d+)|'(?P<key>[^]]*)'|\"(?P<other>[^]]*)\")\]")
_JAVA: Final = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "boolean": "a Boolean",
    "timestamp": "a Date",
}


def validation_text(faults: Sequence[Fault], request: Request) -> str:
    """The message about the constraints that a request breaks."""
    told = list(dict.fromkeys(_told(faults, request)))
    noun = "validation error" if len(told) == 1 else "validation errors"
    return f"{len(told)} {noun} detected: {'; '.join(told[:_TOLD])}"


def serialization_text(fault: Fault) -> str:
    """The message about a member of another type than its shape has."""
    kind, value = fault.shape.get("type"), fault.value
    if kind == "list":
        return "Expected list or null"
    if kind in ("structure", "map", None):
        return "Expected an object or null"
    if isinstance(value, Mapping):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    return f"{_token(value)} can not be converted to {_JAVA.get(kind, f'a {kind}')}"


def _told(faults: Sequence[Fault], request: Request) -> Iterator[str]:
    for fault in faults:
        element = _ELEMENT.fullmatch(fault.member)
        if element is None or fault.breach is Breach.NULL:
            yield _at(fault.member, fault.value, _constraint(fault))
        else:
            clauses = ", ".join(_constraints(fault.shape))
            yield _at(
                element[1], _found(request, element[1], fault.value), f"Member must satisfy constraint: [{clauses}]"
            )


def _at(member: str, value: Any, constraint: str) -> str:
    shown = "null" if value is None else f"'{_java(value)[:_SHOWN_CHARACTERS]}'"
    return f"Value {shown} at '{_path(member)}' failed to satisfy constraint: {constraint}"


def _path(member: str) -> str:
    """`Tags[0].Key` as `tags.1.member.key`."""

    def step(found: re.Match[str]) -> str:
        index = found["index"]
        return f".{int(index) + 1}.member" if index is not None else f".{found['key'] or found['other'] or ''}.member"

    return ".".join(part[:1].lower() + part[1:] for part in _STEP.sub(step, member).split("."))


def _found(request: Request, member: str, otherwise: Any) -> Any:
    """The value at a path of names alone; `otherwise` if the path has other steps."""
    value: Any = request
    for name in member.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return [otherwise] if value is None else value


def _constraint(fault: Fault) -> str:
    """The constraint that a value breaks."""
    shape, value = fault.shape, fault.value
    if fault.breach in (Breach.REQUIRED, Breach.NULL):
        return "Member must not be null"
    if fault.breach is Breach.PATTERN:
        return f"Member must satisfy regular expression pattern: {shape['pattern']}"
    if fault.breach is Breach.ENUM:
        return f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
    what = "value" if fault.breach is Breach.RANGE else "length"
    size = value if fault.breach is Breach.RANGE else len(value)
    if "max" in shape and size > shape["max"]:
        return f"Member must have {what} less than or equal to {shape['max']}"
    return f"Member must have {what} greater than or equal to {shape['min']}"


def _constraints(shape: Mapping[str, Any]) -> Iterator[str]:
    """All constraints of a scalar, in the order in which those of a list's elements were seen."""
    what = "length" if shape["type"] in ("string", "blob") else "value"
    if "max" in shape:
        yield f"Member must have {what} less than or equal to {shape['max']}"
    if "min" in shape:
        yield f"Member must have {what} greater than or equal to {shape['min']}"
    if "pattern" in shape:
        yield f"Member must satisfy regular expression pattern: {shape['pattern']}"
    if "enum" in shape:
        yield f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"


def _java(value: Any) -> str:
    """A value as Java prints it, or the beginning of it if it is longer than what is shown."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + _joined(f"{name}={_java(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + _joined(map(_java, value)) + "]"
    return "null" if value is None else str(value)


def _joined(parts: Iterable[str]) -> str:
    """So many of the parts as are shown."""
    kept, size = [], 0
    for part in parts:
        kept.append(part)
        size += len(part)
        if size > _SHOWN_CHARACTERS:
            break
    return ", ".join(kept)


def _token(value: Any) -> str:
    """What a JSON reader calls the value."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"

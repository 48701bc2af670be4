"""Faults on demand: what the service may do to its clients and still be as documented.

A fault is written `KIND` or `KIND:OPTION=VALUE,...`. Which calls it strikes follows from the seed alone.

>>> Fault.parse("error:rate=0.1,effect=yes,operation=StopJob")
Fault(kind='error', rate=0.1, operation='StopJob', api='', times=None, seconds=0.0, code='', effect=True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from random import Random
from typing import Any, Final, TypeVar

from haltspec.errors import Misuse, Unknown, shown

KINDS: Final[Mapping[str, str]] = {
    "throttle": "a call is refused as one too many; nothing changes",
    "error": "a call is answered with an internal error; with effect=yes it took effect all the same",
    "delay": "the answer comes late, by `seconds`; with effect=no the call takes effect late as well",
    "cut": "the connection is cut without an answer; with effect=yes the call took effect before",
    "stale": "a list shows what was there up to `seconds` ago, where the API documents that lists may lag",
    "lost-race": "a job that is being stopped comes to its other end first",
    "unlucky": "a job goes another way than the usual one: it fails, is skipped, expires",
}
"""The kinds of faults, with what each does."""

_OPTIONS: Final = {
    "error": ("operation", "code", "effect"),
    "cut": ("operation", "effect"),
    "delay": ("operation", "seconds", "effect"),
    "stale": ("operation", "seconds"),
    "throttle": ("operation", "code"),
    "lost-race": (),
    "unlucky": (),
}
"""The options that a kind has besides `rate`, `api` and `times`."""

LONGEST_S: Final = 60.0
"""The longest delay that can be asked for, in seconds."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is switched on.

    Args:
        kind: one of `KINDS`.
        rate: the share of calls (or moves) that it strikes, 0 to 1.
        operation: the vendor's operation it strikes; empty: all. Faults of moves have none.
        api: the API it strikes; empty: all.
        times: after so many strikes it is over; None: never.
        seconds: how long, for `delay` and `stale`.
        code: the error to answer with, for `throttle` and `error`, where the operation may answer with it; empty: the
            one that documents state first.
        effect: whether the call takes effect, for `error`, `cut` and `delay`.
    """

    kind: str
    rate: float = 1.0
    operation: str = ""
    api: str = ""
    times: int | None = None
    seconds: float = 0.0
    code: str = ""
    effect: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Unknown("fault", self.kind, KINDS)
        if not 0 <= self.rate <= 1:
            raise Misuse(f"fault {self.kind!r}: the rate is {self.rate:g}", "give a share from 0 to 1")
        if not 0 <= self.seconds <= LONGEST_S:
            raise Misuse(f"fault {self.kind!r}: {self.seconds:g} seconds", f"give 0 to {LONGEST_S:g}")
        if self.times is not None and self.times < 1:
            raise Misuse(f"fault {self.kind!r}: {self.times} times", "give a whole number from 1 on")
        options = _OPTIONS[self.kind]
        if "seconds" in options and not self.seconds:
            raise Misuse(f"fault {self.kind!r} lacks its length", f"write {self.kind}:seconds=2")
        for name in ("operation", "seconds", "code", "effect"):
            if name not in options and getattr(self, name):
                known = ", ".join(("rate", "api", "times", *options))
                raise Misuse(f"fault {self.kind!r} has no option {name!r}", f"options: {known}")

    @staticmethod
    def parse(text: str) -> Fault:
        """The fault that a text writes; raises `Unknown` or `Misuse`."""
        kind, _, rest = text.partition(":")
        members: dict[str, Any] = {}
        for part in rest.split(",") if rest else ():
            name, equals, value = part.partition("=")
            if not equals:
                raise Misuse(f"fault {text!r}: {part!r} is no option", "write KIND:OPTION=VALUE,OPTION=VALUE")
            members[name.strip()] = value.strip()
        return Fault.of({"kind": kind, **members})

    @staticmethod
    def of(members: Mapping[str, Any]) -> Fault:
        """The fault with these members, texts or values; raises `Unknown` or `Misuse`."""
        names = [f.name for f in fields(Fault)]
        for name in members:
            if name not in names:
                raise Unknown("option of a fault", name, names[1:])
        found: dict[str, Any] = {}
        for name, value in members.items():
            try:
                found[name] = _READERS[name](value)
            except (TypeError, ValueError, KeyError, OverflowError):
                raise Misuse(f"fault option {name!r} is {shown(value)}", _REMEDIES.get(name, "give a text")) from None
        if "kind" not in found:
            raise Misuse("a fault without a kind", f"give one of {', '.join(KINDS)}")
        return Fault(**found)

    def as_json(self) -> dict[str, Any]:
        """Its members."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"yes": True, "true": True, "no": False, "false": False}[str(value).lower()]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "kind": _text,
    "rate": float,
    "operation": _text,
    "api": _text,
    "times": lambda value: None if value is None else int(value),
    "seconds": float,
    "code": _text,
    "effect": _truth,
}
_REMEDIES: Final = {
    "rate": "give a share from 0 to 1",
    "times": "give a whole number",
    "seconds": "give a number of seconds",
    "effect": "give yes or no",
}


class Faults:
    """The faults that are switched on; draws from a seed which calls they strike.

    Args:
        faults: those at the start.
        seed: decides what they strike.
    """

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        self._rng = Random(f"faults/{seed}")
        self.set(faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """Replace all faults."""
        self.active = tuple(faults)
        self._left = [fault.times for fault in self.active]

    def strike(self, kinds: Sequence[str], api: str, operation: str = "") -> Fault | None:
        """The first fault of these kinds that strikes a call now; None if none does."""
        for index, fault in enumerate(self.active):
            left = self._left[index]
            meant = fault.kind in kinds and fault.api in ("", api) and fault.operation in ("", operation)
            if meant and left != 0 and (fault.rate >= 1 or self._rng.random() < fault.rate):
                if left is not None:
                    self._left[index] = left - 1
                return fault
        return None

    def strikes(self, kind: str, api: str) -> bool:
        """True if a fault of this kind strikes a move of the service now."""
        return bool(self.active) and self.strike((kind,), api) is not None

    def pick(self, choices: Sequence[T]) -> T:
        """One of several."""
        return self._rng.choice(choices)

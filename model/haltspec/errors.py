"""Every error that haltspec raises on purpose: one root, one class for each kind a caller can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Final

_MOST_SHOWN: Final = 120


def shown(value: Any) -> str:
    """A value that somebody gave, cut to what fits into a message."""
    told = repr(value)
    return told if len(told) <= _MOST_SHOWN else f"{told[:_MOST_SHOWN]}..."


def visible(text: str, kept: str = "") -> str:
    r"""A text with everything that is not printed, or turns the direction of writing, escaped, but for what is `kept`.

    >>> visible("a\u202eb\x00\nc", "\n")
    'a\\u202eb\\x00\nc'
    """
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)


_MOST_LISTED: Final = 40
"""So many names a message lists at most."""


class HaltspecError(Exception):
    """Root of all errors raised on purpose; the message names the place, the reason and the remedy."""


class BadLifecycle(HaltspecError):
    """A lifecycle definition is wrong; `faults` lists every fault found, not only the first."""

    def __init__(self, lifecycle: str, faults: Sequence[str]) -> None:
        self.lifecycle = lifecycle
        self.faults = tuple(faults)
        lines = "".join(f"\n  - {fault}" for fault in self.faults)
        super().__init__(f"{lifecycle}: {len(self.faults)} fault(s) in the definition:{lines}")


class Unknown(HaltspecError):
    """A name that haltspec does not know; the message lists the nearest known ones, or all if they are not many."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what = what
        self.name = name
        self.known = tuple(sorted(known))
        near = difflib.get_close_matches(name[:_MOST_SHOWN], self.known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {_listed(self.known)}"
        super().__init__(f"unknown {what} {shown(name)}; {hint}")


def _listed(names: Sequence[str]) -> str:
    """Names, the first of them if they are too many to be read."""
    rest = len(names) - _MOST_LISTED
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:_MOST_LISTED])}, and {rest} more"


class BadTrace(HaltspecError):
    """A recording cannot be read; `place` is `file:line` (lines count from 1)."""

    def __init__(self, place: str, reason: str, remedy: str) -> None:
        self.place = place
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{place}: {reason}; {remedy}")


class AdapterFailure(HaltspecError):
    """An implementation under test cannot be reached or driven."""

    def __init__(self, target: str, reason: str, remedy: str) -> None:
        self.target = target
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{target}: {reason}; {remedy}")


class Misuse(HaltspecError):
    """A call or option that cannot be honoured; `remedy` says what to do instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{reason}; {remedy}")

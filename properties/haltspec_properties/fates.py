"""What can become of a mutant, and who says so: the oracle, the data rules and the named properties, asked together."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from haltspec.lts import Grade
from haltspec.observe import Projection
from haltspec.oracle import Report, Settings, judge
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec_properties.mistakes import Mistake
from haltspec_properties.mutants import Mutant
from haltspec_properties.property import Kind, Property
from haltspec_properties.suite import properties

_STRICT: Final = Settings(floor=Grade.ASSUMED)


class Fate(enum.Enum):
    """What became of a mutant."""

    ORACLE = "killed by the oracle"
    RULE = "killed by a data rule"
    PROPERTY = "killed by a property"
    AGREEMENT = "killed as a specification"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"

    @property
    def is_killed(self) -> bool:
        """True if something noticed."""
        return self not in (Fate.EQUIVALENT, Fate.SURVIVED)


class Way(enum.Enum):
    """How the recording was made that told a mutant."""

    NONE = ""
    STORY = "story"
    """The reference model played the shortest course that tells the mutant, or another as good; or a common story."""
    WALK = "walk"
    """A random walk that knew nothing of the mistake met it."""
    FORGED = "forged"
    """The answers were written by hand, as the rows have them: the reference model cannot be led there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant.

    Args:
        mutant: the mutant: a mistake in a row, or one in what a service shows or does.
        fate: what became of it.
        told: by which rule, property or answer it was told; what would tell it, if it survived; the proof, if it is
            equivalent.
        calls: after how many calls it was told; 0 if it was not.
        way: how the recording was made that told it.
        broken: the data rules that this recording breaks, and those of other plays, by their full names.
    """

    mutant: Mutant | Mistake
    fate: Fate
    told: str
    calls: int
    way: Way = Way.NONE
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """What is said first about a recording: by whom, by which rule or property, at which call, and all data rules."""

    fate: Fate
    told: str
    call: int
    broken: tuple[str, ...]

    def of(self, mutant: Mutant | Mistake, way: Way, *, made: int = 0) -> Outcome:
        """The outcome for a mutant, `made` calls having been made in vain before the recording."""
        return Outcome(mutant, self.fate, self.told, made + self.call + 1, way, self.broken)


@dataclass(slots=True)
class Jury:
    """All that can object to a recording of an API.

    Args:
        api: the API.
        judges: the named properties that look at recordings; those of the API if left out.
    """

    api: Api
    judges: tuple[Property, ...] | None = None
    rules: frozenset[str] = field(init=False)
    """The full names of the data rules."""

    def __post_init__(self) -> None:
        own = {f"{lc.full_name}/{rule.name}" for lc in self.api.lifecycles for rule in lc.rules}
        self.rules = frozenset(own | {f"{self.api.name}/{rule.name}" for rule in self.api.rules})

    def report(self, calls: Sequence[Call]) -> Report:
        """What the oracle and the data rules say of a recording at the lowest floor."""
        return judge(self.api, calls, _STRICT)

    def word(self, report: Report) -> Word | None:
        """What is said first about a recording; None if nobody objects."""
        rules = {v.rule for v in report.violations} & self.rules
        found = [(v.calls[-1], Fate.RULE if v.rule in rules else Fate.ORACLE, v.rule) for v in report.violations]
        found += [(told[-1], Fate.PROPERTY, name) for name, told in self._breaches(report.projection)]
        if not found:
            return None
        call, fate, told_by = min(found, key=lambda f: f[0])
        return Word(fate, told_by, call, tuple(sorted(rules)))

    def _breaches(self, projection: Projection) -> Iterator[tuple[str, tuple[int, ...]]]:
        for prop in properties(self.api.name) if self.judges is None else self.judges:
            breach = next(iter(prop.check(projection)), None) if prop.kind is Kind.ALWAYS else None
            if breach is not None:
                yield prop.name, breach.calls

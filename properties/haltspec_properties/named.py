"""The named rules of an API: all that a conformance run can find broken, one name for each.

What the oracle blames is the name of a row, of a property of progress, of a data rule, or of one of the rules that
hold for every API. The last, and the order of a lifecycle's states, it names with what was shown (`nothing leaves
STOPPED`, `replies have the documented types/JobId`): these are put together here, so that there is a list of names
before anything was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from haltspec.apis import load
from haltspec.lts import Call, Grade, Lifecycle, Source
from haltspec.oracle import AT_ONCE, GIVEN_ONCE, UNDECLARED
from haltspec.spec import Api

TYPES: Final = "replies have the documented types"
ORDER: Final = "the states of a job come in order"
_FOR_EVERY_API: Final = {
    TYPES: Grade.STATED,
    "absent members are left out": Grade.IMPLIED,
    "a malformed request is refused": Grade.STATED,
    "a fault is one of the declared errors": Grade.IMPLIED,
    UNDECLARED: Grade.IMPLIED,
    "errors have their documented HTTP status": Grade.STATED,
    AT_ONCE: Grade.ASSUMED,
}
"""The rules that hold for every API, with the grade that most of their violations have."""


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule that can be found broken.

    Args:
        name: `API/LIFECYCLE/RULE` or `API/RULE`.
        grade: how sure it is; of a rule on all shapes, as sure as most of it.
        source: who says so; None where each member or operation has a source of its own.
        row: the row that it is, `LIFECYCLE/ROW`; empty if it is none. Only of a row a run can tell whether it was met.
    """

    name: str
    grade: Grade
    source: Source | None
    row: str = ""

    @property
    def place(self) -> str:
        """The API, or the lifecycle, that it is a rule of."""
        return self.name.rpartition("/")[0]


@cache
def named_rules(api_name: str) -> Mapping[str, NamedRule]:
    """The rules of an API by name: those of each lifecycle, then those of the API; raises `Unknown` for a wrong API."""
    api = load(api_name)
    found = [rule for lifecycle in api.lifecycles for rule in _of_lifecycle(lifecycle)]
    found += (_named(api.name, rule.name, rule.source) for rule in api.rules)
    found += (NamedRule(f"{api.name}/{name}", grade, None) for name, grade in _FOR_EVERY_API.items())
    return {rule.name: rule for rule in found}


def _of_lifecycle(lifecycle: Lifecycle) -> Iterator[NamedRule]:
    where = lifecycle.full_name
    for row in lifecycle.all_rows():
        if isinstance(row.label, Call):
            yield NamedRule(f"{where}/{row.name}", row.grade, row.source, f"{lifecycle.name}/{row.name}")
    for rule in (*lifecycle.progress, *lifecycle.rules):
        yield _named(where, rule.name, rule.source)
    yield _named(where, ORDER, lifecycle.frame)
    yield _named(where, GIVEN_ONCE, lifecycle.ids or lifecycle.frame)


def _named(where: str, name: str, source: Source) -> NamedRule:
    return NamedRule(f"{where}/{name}", source.grade, source)


def named_rule(api: Api, broken: str) -> NamedRule:
    """The named rule to which a broken rule belongs; one that is not known to the API is named after itself."""
    rules = named_rules(api.name)
    own = rules.get(broken)
    if own is not None:
        return own
    if broken.startswith(f"{api.name}/{TYPES}/"):
        return rules[f"{api.name}/{TYPES}"]
    for lifecycle in api.lifecycles:
        before, _, rest = broken.partition(f"{lifecycle.full_name}/")
        if not before and any(words in f" {rest}" for words in _ORDERS):
            return rules[f"{lifecycle.full_name}/{ORDER}"]
    return NamedRule(broken, Grade.ASSUMED, None)


_ORDERS: Final = (" is no state of a job", " does not follow ", " nothing leaves ")

"""Lifecycles broken on purpose, one mistake each, made by machine from the rows.

What becomes of a mutant is found out in `haltspec_properties.hunt`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    SAME,
    Internal,
    Label,
    Lifecycle,
    Reply,
    Role,
    Transition,
    assumed,
    internal,
    row_cells,
)
from haltspec.lts import Call as CallLabel
from haltspec.spec import Api

_ORDERS = (Role.ORDER, Role.DELETE)
_READS = (Role.READ, Role.LIST)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in the rows of a lifecycle.

    Args:
        lifecycle: the lifecycle's name.
        name: what is wrong, in words.
        operator: the kind of mistake, one of `OPERATORS`.
        row: the name of the row it is in, or of the one that is added.
        changed: the rows that stand in its place; none if it is dropped. The first keeps its name.
    """

    lifecycle: str
    name: str
    operator: str
    row: str
    changed: tuple[Transition, ...]

    def rows(self, rows: Iterable[Transition]) -> tuple[Transition, ...]:
        """`rows` with the mistake; an added row comes last."""
        mutated: list[Transition] = []
        for row in rows:
            mutated += self.changed if row.name == self.row else (row,)
        return (*mutated, *(self.changed if self.operator == "added" else ()))


OPERATORS = {
    "dropped": "a row is missing",
    "missing in a state": "a row is missing in one of its states",
    "redirected": "a row leads to another state",
    "answered": "a row answers another status, another code, or refuses what it accepts and the reverse",
    "stale": "in one state a read shows what was shown before",
    "obeyed": "an order that is refused is accepted and obeyed",
    "other requests": "a row is for another class of requests, or for all",
    "added": "the service makes a move of its own that no row has",
}
"""The kinds of mistakes, with what each is."""


def mutants(api: Api, lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Every mistake of each kind in one row of a lifecycle, the rows of readings included."""
    for row in lifecycle.all_rows():
        yield Mutant(lifecycle.name, f"{row.name!r} is dropped", "dropped", row.name, ())
        yield from _missing(lifecycle, row)
        yield from _redirected(lifecycle, row)
        if isinstance(row.label, CallLabel):
            yield from _answered(api, lifecycle, row, row.label)
            yield from _stale(api, lifecycle, row, row.label)
            yield from _obeyed(lifecycle, row, row.label)
            yield from _for_others(lifecycle, row, row.label)
    yield from _added(lifecycle)


def _with(
    row: Transition, *, states: Iterable[str] | None = None, label: Label | None = None, target: str | None = None
) -> Transition:
    """The row with something else in it."""
    return Transition(
        row.name,
        row.states if states is None else states,
        label or row.label,
        target or row.target,
        row.source,
        free=row.free,
    )


def _missing(lifecycle: Lifecycle, row: Transition) -> Iterator[Mutant]:
    if len(row.states) > 1:
        for state in row.states:
            changed = _with(row, states=(s for s in row.states if s != state))
            name = f"{row.name!r} is missing in {state}"
            yield Mutant(lifecycle.name, name, "missing in a state", row.name, (changed,))


def _redirected(lifecycle: Lifecycle, row: Transition) -> Iterator[Mutant]:
    """Rows that lead elsewhere; none that makes a job of a request that does not describe one: no service could."""
    if isinstance(row.label, CallLabel):
        role = lifecycle.operation(row.label.operation).role
        if role is Role.LIST or (role is not Role.CREATE and row.states == (ABSENT,)):
            return
    targets = {row.target_from(state) for state in row.states}
    if row.target != SAME and isinstance(row.label, CallLabel) and not targets & set(row.states):
        changed = _with(row, target=SAME)
        yield Mutant(lifecycle.name, f"{row.name!r} leads nowhere", "redirected", row.name, (changed,))
    for state in lifecycle.states:
        if targets != {state.name}:
            changed = _with(row, target=state.name)
            yield Mutant(lifecycle.name, f"{row.name!r} leads to {state.name}", "redirected", row.name, (changed,))


def _answered(api: Api, lifecycle: Lifecycle, row: Transition, label: CallLabel) -> Iterator[Mutant]:
    is_list = lifecycle.operation(label.operation).role is Role.LIST
    if is_list and row.states == (ABSENT,):
        return
    own = label.reply
    replies = [
        reply for reply in _successes(api, lifecycle, label) if own.error or _shows(lifecycle, row) != {reply.shows}
    ]
    if not is_list:
        replies += [Reply(code) for code in _codes(lifecycle) if code != own.error]
    for reply in replies:
        target = SAME if reply.error is not None else row.target
        changed = _with(row, label=replace(label, reply=reply), target=target)
        yield Mutant(lifecycle.name, f"{row.name!r} answers {reply}", "answered", row.name, (changed,))


def _shows(lifecycle: Lifecycle, row: Transition) -> set[tuple[str, ...] | None]:
    """What a success shows by a row."""
    assert isinstance(row.label, CallLabel)
    own = row.label.reply.shows
    return {own if own is not None else lifecycle.state(row.target_from(state)).shows for state in row.states}


def _successes(api: Api, lifecycle: Lifecycle, label: CallLabel) -> list[Reply]:
    """The successes that an operation can be made to answer."""
    if not api.shows_status(lifecycle.name, label.operation):
        return [Reply()] if label.reply.error is not None else []
    shows = {state.shows for state in lifecycle.states if state.name != ABSENT}
    return [Reply(None, values) for values in sorted(shows)]


def _codes(lifecycle: Lifecycle) -> list[str]:
    """The codes with which the rows of a lifecycle refuse."""
    labels = (row.label for row in lifecycle.all_rows())
    codes = {label.reply.error for label in labels if isinstance(label, CallLabel)}
    return sorted(code for code in codes if code is not None and code != ANY_ERROR)


def _stale(api: Api, lifecycle: Lifecycle, row: Transition, label: CallLabel) -> Iterator[Mutant]:
    """For each state from which it reads, the row as it is elsewhere, and one that shows what was shown before."""
    is_read = lifecycle.operation(label.operation).role in _READS and label.reply == Reply()
    if not is_read or not api.shows_status(lifecycle.name, label.operation):
        return
    for state in row.states:
        rest = tuple(s for s in row.states if s != state)
        for shows in _shown_before(lifecycle, state) if rest else ():
            reply = Reply(None, shows)
            old = Transition(f"{row.name} (stale)", state, replace(label, reply=reply), SAME, row.source, free=row.free)
            name = f"{row.name!r} still answers {reply} in {state}"
            yield Mutant(lifecycle.name, name, "stale", row.name, (_with(row, states=rest), old))


def _shown_before(lifecycle: Lifecycle, state: str) -> list[tuple[str, ...]]:
    """What the states show from which a row leads to `state`, as far as it differs."""
    before = {
        source
        for row in lifecycle.all_rows()
        for source in row.states
        if source not in (ABSENT, state) and row.target_from(source) == state
    }
    shows = {lifecycle.state(source).shows for source in before}
    return sorted(shows - {lifecycle.state(state).shows})


def _obeyed(lifecycle: Lifecycle, row: Transition, label: CallLabel) -> Iterator[Mutant]:
    operation = lifecycle.operation(label.operation)
    if operation.role not in _ORDERS or label.reply.error is None or row.states == (ABSENT,):
        return
    for target in _obedient(lifecycle, label.operation):
        changed = _with(row, label=replace(label, reply=Reply()), target=target)
        name = f"{row.name!r} does not refuse and leads to {target}"
        yield Mutant(lifecycle.name, name, "obeyed", row.name, (changed,))


def _obedient(lifecycle: Lifecycle, operation: str) -> list[str]:
    """Where an order leads that is obeyed."""
    return sorted(
        {
            row.target
            for row in lifecycle.all_rows()
            if isinstance(row.label, CallLabel)
            and row.label.operation == operation
            and row.label.reply.error is None
            and row.target != SAME
        }
    )


def _for_others(lifecycle: Lifecycle, row: Transition, label: CallLabel) -> Iterator[Mutant]:
    operation = lifecycle.operation(label.operation)
    if not label.when:
        return
    own = set(row_cells(lifecycle, row))
    others: list[tuple[str, ...]] = [(cls,) for cls in operation.class_names if cls not in label.when]
    for when in (*others, ()):
        changed = _with(row, label=replace(label, when=when))
        if set(row_cells(lifecycle, changed)) - own:
            words = f"requests {when[0]!r}" if when else "all requests"
            yield Mutant(lifecycle.name, f"{row.name!r} is for {words}", "other requests", row.name, (changed,))


def _added(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """A move of the service between every two states that no single move connects."""
    moves = {
        (state, row.target)
        for row in lifecycle.all_rows()
        if isinstance(row.label, Internal) and row.label.owed
        for state in row.states
    }
    existing = [state.name for state in lifecycle.states if state.name != ABSENT]
    for first in existing:
        for second in (*existing, ABSENT):
            if first != second and (first, second) not in moves:
                name = f"added: {first} to {second}"
                row = Transition(name, first, internal("slip"), second, assumed("a mistake made on purpose"))
                told = f"a move from {first} to {second} is added"
                yield Mutant(lifecycle.name, told, "added", name, (row,))

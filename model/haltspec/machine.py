"""The machine `transitions` runs for a lifecycle: one for each set of rows, shared by all its jobs.

The only module that imports `transitions`. A machine has one event for each row, named like the row, so that an
answer, a coverage count and a drawn edge all point at the same thing; which rows are possible is looked up here, which
one is taken is the caller's choice. Jobs are never registered with the machine (it would bind a trigger for each event
to each of them): it is handed the job each time, and ten thousand jobs cost no more than their own slots.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from transitions import Machine, MachineError

from haltspec.errors import Misuse
from haltspec.lts import ABSENT, SAME, Internal, Lifecycle, Transition


class Stateful(Protocol):
    """Anything with a state that a machine may change."""

    state: str


class JobMachine:
    """The rows of one lifecycle, executable; build it with `machine_for`, which shares machines.

    Args:
        lifecycle: names the states and operations.
        rows: the rows that hold: `lifecycle.rows(readings)`, or a changed copy of them.
    """

    __slots__ = ("_calls", "_internal", "_machine", "_rows", "lifecycle")

    def __init__(self, lifecycle: Lifecycle, rows: tuple[Transition, ...]) -> None:
        self.lifecycle = lifecycle
        self._rows = {row.name: row for row in rows}
        self._calls: dict[tuple[str, str, str], tuple[Transition, ...]] = {}
        self._internal: dict[str, tuple[Transition, ...]] = {}
        self._machine = Machine(
            model=None,
            states=[state.name for state in lifecycle.states],
            initial=ABSENT,
            auto_transitions=False,
            send_event=False,
        )
        for row in rows:
            # A target of None is an internal transition to `transitions`: nothing is exited or entered.
            target = None if row.target == SAME else row.target
            self._machine.add_transition(row.name, list(row.states), target)
            self._index(row)

    def _index(self, row: Transition) -> None:
        for state in row.states:
            if isinstance(row.label, Internal):
                self._internal[state] = (*self._internal.get(state, ()), row)
                continue
            operation = row.label.operation
            for cls in row.label.when or self.lifecycle.operation(operation).class_names:
                key = state, operation, cls
                self._calls[key] = (*self._calls.get(key, ()), row)

    @property
    def rows(self) -> tuple[Transition, ...]:
        """All rows, in the order they were given."""
        return tuple(self._rows.values())

    def row(self, name: str) -> Transition | None:
        """The row called `name`, or None."""
        return self._rows.get(name)

    def rows_for(self, state: str, operation: str, cls: str) -> tuple[Transition, ...]:
        """The rows that answer a call of request class `cls` in `state`; several if the service is free to choose."""
        return self._calls.get((state, operation, cls), ())

    def internal_rows(self, state: str) -> tuple[Transition, ...]:
        """The moves the service may make by itself in `state`."""
        return self._internal.get(state, ())

    def fire(self, job: Stateful, row: Transition) -> None:
        """Take `row`, which changes `job.state`.

        Raises:
            Misuse: the row does not leave the state the job is in.
        """
        try:
            self._machine.events[row.name].trigger(job)
        except (KeyError, MachineError) as error:
            name = self.lifecycle.full_name
            raise Misuse(
                f"{name}: row {row.name!r} does not leave the state {job.state!r}",
                f"take one that does: {', '.join(sorted(self._leaving(job.state))) or 'none'}",
            ) from error

    def _leaving(self, state: str) -> set[str]:
        return {row.name for row in self._rows.values() if state in row.states}


@lru_cache(maxsize=512)
def machine_for(lifecycle: Lifecycle, rows: tuple[Transition, ...]) -> JobMachine:
    """The machine of `lifecycle` under `rows`; the same one for the same rows."""
    return JobMachine(lifecycle, rows)

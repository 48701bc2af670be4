"""A steered walk through a black box: next comes what was done least often where jobs now seem to be.

Uniform choice starves deep states. The unit of steering is a cell: what a job last showed, and what is done to it
(operation, request class, who calls, whether at once with another call). A job's state is not known; what it last
showed stands for it, and waiting for it to show something else is one of the things that can be done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from haltspec.lts import Role
from haltspec.spec import Binding
from haltspec_properties import asks
from haltspec_properties.asks import BY_ID, Ask
from haltspec_properties.scenarios import Stage
from haltspec_properties.session import Known

LIVE_JOBS: Final = 5
"""So many of the youngest jobs of each lifecycle are acted on."""

_FEW_BREACHES: Final = 2
_COMMON_NAMES: Final = 3

Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do in a cell."""

    cell: Cell
    run: Callable[[], object]


@dataclass(slots=True)
class Search:
    """Walks on stages of one API, which steer each other.

    Args:
        done: how often each cell was visited.
    """

    done: Counter[Cell] = field(default_factory=Counter)

    def walk(self, stage: Stage, rng: Random, calls: int) -> None:
        """Act until so many calls were made."""
        walk = _Walk(stage, rng)
        idle = 0
        while len(stage.session.calls) < calls and idle < calls:
            before = len(stage.session.calls)
            actions = list(walk.actions())
            (action,) = rng.choices(actions, [1.0 / (1 + self.done[action.cell]) for action in actions])
            self.done[action.cell] += 1
            action.run()
            idle = idle + 1 if len(stage.session.calls) == before else 0


@dataclass(slots=True)
class _Walk:
    stage: Stage
    rng: Random
    names: int = 0

    def actions(self) -> Iterator[Action]:
        """All that can be done now."""
        yield from self._creations()
        for known in self._live():
            yield from self._on_job(known)

    def _live(self) -> list[Known]:
        shelves: dict[str, list[Known]] = {}
        for known in self.stage.session.jobs:
            shelves.setdefault(known.key.lifecycle, []).append(known)
        return [known for shelf in shelves.values() for known in shelf[-LIVE_JOBS:]]

    def _creations(self) -> Iterator[Action]:
        session = self.stage.session
        for binding in asks.creators(session.api):
            for tenant in self.stage.tenants[:2]:
                for token in (None, "token-1") if binding.token_in else (None,):
                    cell = ("create", binding.operation, token or "", "" if tenant == self.stage.home else "elsewhere")
                    yield Action(cell, partial(self._create, binding.lifecycle, binding.operation, tenant, token))

    def _create(self, lifecycle: str, operation: str, tenant: str, token: str | None) -> None:
        self.names += 1
        session = self.stage.session
        name = self.rng.choice((10 + self.names, 1 + self.names % _COMMON_NAMES))
        given = None if token is None else session.token(token)
        found = [a for a in asks.creations(session, tenant, name, token=given, lifecycle=lifecycle)]
        self._call(self.rng.choice([ask for ask in found if ask.operation == operation]))

    def _on_job(self, known: Known) -> Iterator[Action]:
        session, key = self.stage.session, known.key
        status = "/".join(session.statuses.get(key, ("?",)))
        cell = (key.lifecycle, status)
        right = asks.calls_on(session, known, *BY_ID)
        for ask in right:
            yield Action((*cell, ask.words), partial(self._look_after, ask, known))
        for ask in asks.on_parent(session, known):
            yield Action((*cell, ask.words), partial(self._look_after, ask, known))
        for ask in asks.again(known):
            yield Action((*cell, "create again"), partial(self._look_after, ask, known))
        for binding, members in asks.lists(session, known):
            paged = "".join(sorted(members))
            yield Action((*cell, binding.operation, paged), partial(self._list, known, binding, members))
        yield Action((*cell, "wait"), partial(self.stage.await_change, known, self.stage.patience / 4))
        yield from self._wrong(known, right, cell)
        orders = [ask for ask in right if session.api.role(ask.binding).role in (Role.ORDER, Role.DELETE)]
        for first in orders:
            for second in right:
                run = partial(self._at_once, known, [first, second, first])
                yield Action((*cell, "at once", first.operation, second.operation), run)

    def _wrong(self, known: Known, right: list[Ask], cell: Cell) -> Iterator[Action]:
        for ask in right:
            nobodys = asks.nobodys(ask, known, len(self.stage.session.calls))
            yield Action((known.key.lifecycle, "nobody", ask.operation), partial(self._call, nobodys))
            for tenant in self.stage.tenants:
                if tenant != known.key.tenant:
                    strange = asks.strange(ask, tenant)
                    yield Action((*cell, "strange", ask.operation), partial(self._look_after, strange, known))
            yield Action((*cell, "malformed", ask.operation), partial(self._malformed, ask, known))
        for ask in asks.foreign(self.stage.session, known)[:_FEW_BREACHES]:
            yield Action((*cell, "foreign", ask.operation), partial(self._look_after, ask, known))

    # ---- doing -------------------------------------------------------------------------------------------------------

    def _call(self, ask: Ask) -> None:
        self.stage.session.call(ask.operation, ask.request, ask.tenant)

    def _look_after(self, ask: Ask, known: Known) -> None:
        self._call(ask)
        self._look(known)

    def _look(self, known: Known) -> None:
        session = self.stage.session
        readers = [b for b in session.bindings(known.key, Role.READ) if b.view is not None]
        lists = list(session.bindings(known.key, Role.LIST))
        if readers and (not lists or self.rng.random() < 0.8):
            session.ask(self.rng.choice(readers), known.key.tenant, known.key.id)
        elif lists:
            binding = self.rng.choice(lists)
            session.listing(binding, known.key.tenant, asks.parent_for(binding, known))

    def _list(self, known: Known, binding: Binding, members: dict[str, object]) -> None:
        self.stage.session.listing(binding, known.key.tenant, asks.parent_for(binding, known), **members)

    def _malformed(self, ask: Ask, known: Known) -> None:
        broken = asks.malformed(self.stage.session.api, ask)
        for other in self.rng.sample(broken, min(_FEW_BREACHES, len(broken))):
            self._call(other)
        self._look(known)

    def _at_once(self, known: Known, calls: list[Ask]) -> None:
        key = known.key
        status = self.stage.session.statuses.get(key, ())
        lasted = self.stage.lasted.get((key.lifecycle, key.kind, status), 0.0)
        if lasted and self.rng.random() < 0.5:  # at about the moment at which the job moves on
            self.stage.wait(min(lasted * self.rng.uniform(0.3, 1.2), self.stage.patience / 4))
        self.stage.session.at_once([(ask.operation, ask.request, ask.tenant) for ask in calls])
        self._look(known)
        self._look(known)

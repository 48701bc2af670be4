"""Plans: by which steps a job that only moves as others do can take its rows, found in copies of the service.

Such a row needs several jobs to be in the right places, which chance seldom brings about. So one job is made, with as
many to follow as an example has, and from there every move and every order is tried, nearest first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Final

from haltspec import apis, services
from haltspec.lts import Transition
from haltspec.reference import Reference
from haltspec.spec import Api, JobKey
from haltspec.verification.worlds import Choices, Unnumbered
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.asks import Ask, creations, orders
from haltspec_properties.session import Session

_START_S: Final = 1_700_000_000
_MOST_WORLDS: Final = 1_000

Make = Callable[..., Reference]
"""Makes a service, with the arguments of `Reference`."""

Goal = tuple[str, str]
"""A lifecycle and one of its rows."""


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a job, or an order given to it.

    Args:
        place: of the job among those that the plan's creation made, in their order; the first is the one that follows.
        what: the row of the move, or the wire operation of the order.
        choices: the rows that the service takes where it is free, in their order.
    """

    place: int
    what: Transition | str
    choices: tuple[Transition, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How to take a row.

    Args:
        variant: the place of the creation to begin with among the plain ones of the lifecycle.
        choices: the rows that the service takes then where it is free.
        steps: what follows.
    """

    variant: int
    choices: tuple[Transition, ...]
    steps: tuple[Step, ...] = ()


@cache
def plans(api_name: str, make: Make, readings: frozenset[tuple[str, str]]) -> Mapping[Goal, Plan]:
    """A shortest plan for every row that a family takes in some way; none if no job of the API follows others.

    Args:
        api_name: the API.
        make: makes the service.
        readings: those of the service that are not the default.
    """
    found: dict[Goal, Plan] = {}
    for lifecycle in sorted(services.load(api_name).followers):
        _search(found, apis.load(api_name), lifecycle, make, dict(readings))
    return found


def _search(found: dict[Goal, Plan], api: Api, lifecycle: str, make: Make, readings: Mapping[str, str]) -> None:
    time, taken = count(_START_S), list[Goal]()
    empty = make(
        api,
        clock=lambda: float(next(time)),
        readings=readings,
        watch=lambda name, row: taken.append((name, row.name)),
    )
    session = Session(api, ReferenceAdapter(empty))
    tenant = empty.service.tenants(0)[0]
    session.prelude(tenant)
    asks = plain_creations(session, tenant, 1, lifecycle)
    sizes = [max(len(world.jobs()) for world, _ in _answers(empty, ask)) for ask in asks]
    variant = sizes.index(max(sizes))
    taken.clear()

    mark, seen = Unnumbered(), set[Hashable]()
    todo: deque[tuple[Reference, Plan, Sequence[JobKey]]] = deque()

    def note(world: Reference, plan: Plan, family: Sequence[JobKey]) -> None:
        for goal in taken:
            found.setdefault(goal, plan)
        taken.clear()
        state = mark(world)
        if state not in seen:
            seen.add(state)
            todo.append((world, plan, family))

    before = {job.key for job in empty.jobs()}
    for world, choices in _answers(empty, asks[variant]):
        note(world, Plan(variant, choices), [job.key for job in world.jobs() if job.key not in before])
    while todo and len(seen) < _MOST_WORLDS:
        world, plan, family = todo.popleft()
        for step, after in _steps(session, world, family):
            note(after, replace(plan, steps=(*plan.steps, step)), family)


def plain_creations(session: Session, tenant: str, name: int, lifecycle: str) -> list[Ask]:
    """The creations of a lifecycle that have nothing but what they need."""
    asks = creations(session, tenant, name, token=f"token-{name}", lifecycle=lifecycle)
    return [ask for ask in asks if ask.plain]


def _steps(session: Session, world: Reference, family: Sequence[JobKey]) -> Iterator[tuple[Step, Reference]]:
    """Every step that can be made in a world, and where it leads."""
    for place, key in enumerate(family):
        job = world.find(key.tenant, key.id)
        if job is None:
            continue
        for row in world.enabled(job):
            twin = world.fork()
            twin.fire(twin.find(key.tenant, key.id) or job, row)
            yield Step(place, row), twin
        for ask in orders(session, key):
            for twin, choices in _answers(world, ask):
                yield Step(place, ask.operation, choices), twin


def _answers(world: Reference, ask: Ask) -> Iterator[tuple[Reference, tuple[Transition, ...]]]:
    """Where a call leads, once for each way in which the service is free to answer, with the rows that it chose."""
    script: list[int] | None = []
    while script is not None:
        twin = world.fork()
        twin.choose = choices = Choices(script)
        twin.call(ask.operation, ask.request, tenant=ask.tenant)
        yield twin, tuple(choices.rows)
        script = choices.next()

"""Plays: stories and walks on the reference model that can be played again, with somebody between the client and it.

Played plainly, a play leaves a recording of what the service does. Played with an adapter that answers otherwise, it
leaves one of what another service would do, to the same clients, as far as these go on as before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from random import Random
from typing import Final, NamedTuple

from haltspec import services
from haltspec.reference import Reference, Schedule
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter, ReferenceAdapter
from haltspec_properties.scenarios import Scenario, Stage, scenarios
from haltspec_properties.session import Session
from haltspec_properties.tales import tales
from haltspec_properties.walk import Walk

WALKS: Final = 24
_WALK_CALLS: Final = 60
_START_S: Final = 1_700_000_000.0
_STORY_TICK_S: Final = 0.002
_WALK_TICK_S: Final = 1.0
_PATIENCE_S: Final = 3.0
_SOON: Final = Schedule(default=(0.05, 0.3))

_RICH: Final = "every kind"
"""How the names of the stories begin that go furthest: they are told first."""

Between = Callable[[Reference], Adapter]
"""Makes the adapter through which the client of a play calls its reference model."""

_Done = Counter[tuple[str, ...]]
_Walked = Callable[[_Done, Between], list[Call]]


class Play(NamedTuple):
    """A play.

    Args:
        name: what it is about.
        run: plays it and gives the calls made.
        is_random: it is a walk, and no story.
    """

    name: str
    run: Callable[[Between], list[Call]]
    is_random: bool


class Clock:
    """A clock that goes on by so many seconds with every look at it, and by more when told to wait."""

    def __init__(self, tick_s: float) -> None:
        self.tick_s = tick_s
        self.now = _START_S

    def __call__(self) -> float:
        """The time, in epoch seconds."""
        self.now += self.tick_s
        return self.now

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds


def plays(api: Api, *, seed: int = 0, walks: int = WALKS) -> Iterator[Play]:
    """Stories of jobs at rest, those that conformance runs tell, and random walks.

    The walks are steered together, each towards what those before it did least.

    Args:
        api: the API.
        seed: decides walks.
        walks: how many; their readings vary.
    """
    for tale in tales(api):
        yield Play(tale.name, partial(_told_at_rest, api, tale), False)
    if any(binding.next_out for binding in api.bindings):
        tale = next(tales(api))
        yield Play(f"{tale.name}, on short pages", partial(_told_at_rest, api, tale, page=1), False)
    for story in sorted(scenarios(api), key=lambda story: not story.name.startswith(_RICH)):
        yield Play(story.name, partial(_told, api, story), False)
    done: _Done = Counter()
    for number in range(walks):
        walked = partial(_walked, api, f"{seed}/{number}", number)
        yield Play(f"walk {number + 1}", partial(_from, walked, done.copy()), True)
        walked(done, ReferenceAdapter)


def _from(walked: _Walked, done: _Done, between: Between) -> list[Call]:
    """A walk after what other walks had done."""
    return walked(done.copy(), between)


def _told(api: Api, story: Scenario, between: Between) -> list[Call]:
    """A story of a service that moves by the clock."""
    clock = Clock(_STORY_TICK_S)
    reference = Reference(api, clock=clock, seed=0, schedule=_SOON)
    session = Session(api, between(reference))
    story.play(Stage(session, reference.service.tenants(0), clock.wait, _PATIENCE_S))
    return session.calls


def _told_at_rest(api: Api, story: Scenario, between: Between, *, page: int | None = None) -> list[Call]:
    """A story of a service that does at once what it is about to do, whenever it is left alone.

    Pages that nobody asks to be shorter have `page` items.
    """
    service = copy(services.load(api.name))
    if page is not None:
        service.page = page  # type: ignore[misc]  # of this one service
    reference = Reference(api, clock=Clock(_STORY_TICK_S), seed=0, service=service)
    session = Session(api, between(reference))
    story.play(Stage(session, reference.service.tenants(0), lambda _s: reference.settle(), _PATIENCE_S))
    return session.calls


def _walked(api: Api, seed: str, number: int, done: _Done, between: Between) -> list[Call]:
    """A walk that stays with one lifecycle or, every so often, goes through all."""
    rng = Random(seed)
    readings = _readings(api, rng)
    reference = Reference(api, clock=Clock(_WALK_TICK_S), readings=readings, seed=rng.getrandbits(32))
    focuses = ("", *(lifecycle.name for lifecycle in api.lifecycles))
    focus, tenants = focuses[number % len(focuses)], reference.service.tenants(0)
    return Walk(reference, rng, tenants, done, focus, between(reference)).run(_WALK_CALLS)


def _readings(api: Api, rng: Random) -> dict[str, str]:
    """Half of the open questions at their defaults, the others at any reading."""
    unmodelled = services.load(api.name).unmodelled
    return {
        name: question.default
        if name in unmodelled or rng.random() < 0.5
        else rng.choice([reading.name for reading in question.readings])
        for name, question in api.all_questions().items()
    }

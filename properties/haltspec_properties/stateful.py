"""Hypothesis state machines: random calls, service events and races against the reference model, all of it judged.

Hypothesis chooses a reading of every open question, who calls, what is called, in what order, what the service does in
between, and which calls overlap. In the end the oracle judges all that was seen with every assumption held against it,
and the named properties look for breaches; what is found shrinks to the shortest calls that show it.

Uniform choice starves deep states, so every rule ends on the way to rows that were not taken yet, and `scatter` brings
the jobs of one parent into states that are drawn. Nothing outlives an example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from typing import Any, ClassVar, Final, Generic, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.strategies import DataObject, SearchStrategy

from haltspec import apis
from haltspec.lts import Grade
from haltspec.oracle import Report, Settings, judge
from haltspec.reference import Reference
from haltspec.report import render
from haltspec.spec import Api
from haltspec_properties import asks, strategies
from haltspec_properties.asks import BY_ID
from haltspec_properties.plans import Make
from haltspec_properties.property import Kind
from haltspec_properties.scene import ORDERS, Scene, Watch
from haltspec_properties.session import Known
from haltspec_properties.suite import properties

PAUSES_S: Final = (1.0, 90.0, 7_200.0, 90_000.0)
"""How long the clock may go on between two steps: the longest is more than the life of a token."""

SHORTEST_SCENE: Final = 5
"""After so many steps another service, with other readings, may take over."""

MOST_TRIPS: Final = 24
"""So many trips, each to one row, end a step at most."""

_STRICT: Final = Settings(floor=Grade.ASSUMED)

T = TypeVar("T")


_NUMBERS: Final = st.integers(0, 2**16 - 1)
_TRIPS: Final = st.lists(_NUMBERS, max_size=MOST_TRIPS)
"""Trips to rows that were not taken yet, each by a number: one draw for all that is picked on the way."""


class JobsMachine(RuleBasedStateMachine):
    """Clients of one API, its service, and their judge; make one with `machine`.

    Attributes:
        api_name: the API.
        make: makes the reference model of each scene, with the arguments of `Reference`; for models that are wrong.
        watch: told each row that the reference model takes, and its lifecycle; for counting.
    """

    api_name: ClassVar[str]
    make: ClassVar[Make] = Reference
    watch: ClassVar[Watch | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.api: Api = apis.load(self.api_name)
        self.scene: Scene | None = None
        self.steps = 0
        self.lasts = False

    @initialize(data=st.data())
    def begin(self, data: DataObject) -> None:
        """Choose a service with its readings; unless the clients are alone, others move jobs from outside the API."""
        self.data = data
        self._open()

    # ---- rules ------------------------------------------------------------------------------------------------------

    @rule()
    def create(self) -> None:
        """Make a job: under a new name or one that is taken, with a token or without; perhaps twice, or once more with
        the same token and other parameters.
        """
        scene = self.stage
        ask = self._draw(strategies.creations(scene.session, scene.tenants, scene.fresh()), "creation")
        scene.call(ask)
        more = self._pick(("once", "twice", "in another way"), "times")
        if more != "once":
            others = asks.otherwise(scene.session, ask, scene.fresh()) if more != "twice" else []
            scene.call(self._pick(others, "other creation") if others else ask)
        self._go_on()

    @rule(trips=st.lists(_NUMBERS, min_size=4, max_size=2 * MOST_TRIPS))
    def go(self, trips: list[int]) -> None:
        """Go the shortest way to rows that were not taken yet."""
        self._go_on(trips)

    @rule()
    def do(self) -> None:
        """Look at a job, list jobs, or let a job be moved."""
        scene = self.stage
        known = scene.some()
        if known is not None:
            what = self._pick(("look", "list", "move"), "what")
            if what == "move":
                scene.happen(known)
            elif what == "look":
                scene.look(known)
            else:
                scene.list_some(known)
        self._go_on()

    @rule(times=st.integers(1, 3))
    def insist(self, times: int) -> None:
        """Start, stop or delete: once, or again and again, with a look in between or none."""
        known = self.stage.some(*ORDERS)
        if known is not None:
            ask = self._draw(strategies.calls_on(self.stage.session, known, *ORDERS), "order")
            for _ in range(times):
                self.stage.call(ask)
                self.stage.look(known)
        self._go_on()

    @rule()
    def go_wrong(self) -> None:
        """A call with an unknown id, by a stranger, for another kind of job, or one that breaks its shape."""
        known = self.stage.some(*BY_ID)
        if known is not None:
            self.stage.call(self._draw(strategies.wrong(self.stage.session, known, self.stage.tenants), "wrong call"))
            self.stage.look(known)
        self._go_on()

    @rule(calls=st.integers(2, 4))
    def race(self, calls: int) -> None:
        """Several clients call at once about one job, and the service moves it in between."""
        known = self.stage.some(*BY_ID)
        if known is not None:
            first, moment = len(self.stage.session.calls), self._draw(st.integers(0, calls - 1), "moment")
            for client in range(calls):
                self.stage.call(self._draw(strategies.racing(self.stage.session, known), "call"), f"client-{client}")
                if client == moment:
                    self.stage.happen(known)
            self.stage.overlap(first)
        self._go_on()

    @rule(seconds=st.sampled_from(PAUSES_S))
    def mirror(self, seconds: float) -> None:
        """Another tenant makes a job as one was made, and orders about it by the name of the first."""
        scene = self.stage
        known = scene.some(*ORDERS)
        if known is not None:
            tenant = self._pick([other for other in scene.tenants if other != known.key.tenant], "tenant")
            for ask in asks.again(known):
                scene.call(asks.strange(ask, tenant))
            scene.scatter((known,))
            scene.look(known)
            scene.now += seconds
            scene.call(self._pick(asks.orders(scene.session, known.key._replace(tenant=tenant)), "order"))
            scene.now += seconds
            scene.look(known)
        self._go_on()

    @precondition(lambda self: any(True for _ in self.stage.families()))
    @rule()
    def scatter(self) -> None:
        """Bring the jobs of one parent into different states, then make a call on the parent."""
        scene = self.stage
        parent, children = self._pick(tuple(scene.families()), "family")
        scene.scatter(children)
        orders = asks.orders(scene.session, parent.key)
        if orders:
            scene.call(self._pick(orders, "order"))
        for child in (*children, parent):
            scene.look(child)

    @rule(seconds=st.sampled_from(PAUSES_S), ends=st.booleans())
    def wait(self, seconds: float, ends: bool) -> None:
        """Time goes by, and by its end perhaps the service has brought every job to rest."""
        self.stage.now += seconds
        if ends:
            self.stage.settle()
        self._go_on()

    @precondition(lambda self: self.steps >= SHORTEST_SCENE)
    @rule()
    def begin_anew(self) -> None:
        """Close the scene, and open another with other readings."""
        self._close()
        self._open()

    # ---- scenes -----------------------------------------------------------------------------------------------------

    @property
    def stage(self) -> Scene:
        """The scene that is played."""
        assert self.scene is not None
        return self.scene

    def _open(self) -> None:
        self.scene = Scene(
            self.api,
            readings=self._draw(_readings(self.api_name), "readings"),
            seed=self._draw(_NUMBERS, "seed"),
            alone=self._draw(st.booleans(), "alone"),
            pick=self._pick,
            make=type(self).make,
            watch=type(self).watch,
        )
        self.steps, self.lasts = 0, self._draw(st.booleans(), "lasts")
        has_followers = bool(self.stage.reference.service.followers)
        if has_followers and self._draw(st.booleans(), "plans"):
            self.stage.plan()

    def _close(self) -> None:
        """Let the service come to rest, look at everything, and judge."""
        scene, self.scene = self.stage, None
        scene.now += PAUSES_S[0]
        scene.settle()
        scene.look_at_all()
        report = judge(self.api, scene.session.calls, _STRICT)
        wrong = [*scene.wrong, *self._faults(report)]
        if wrong:
            readings = (f"reading: {name} = {reading}" for name, reading in scene.unusual_readings())
            raise AssertionError("\n".join((*wrong, *readings)))

    def _faults(self, report: Report) -> Iterator[str]:
        if report.violations:
            yield from render(report, f"the reference model of {self.api.name}", show_calls=True)
        for prop in properties(self.api.name):
            if prop.kind is not Kind.SOMETIMES:
                yield from (f"{prop.name!r}: {found.message}" for found in prop.check(report.projection))

    def teardown(self) -> None:
        """Judge the last scene."""
        if self.scene is not None:
            self._close()

    # ---- choices ----------------------------------------------------------------------------------------------------

    def _draw(self, strategy: SearchStrategy[T], label: str) -> T:
        drawn: T = self.data.draw(strategy, label)
        return drawn

    def _pick(self, choices: Sequence[T], label: str) -> T:
        picked = self.data.draw(_place(len(choices)).map(lambda place: _Picked(choices[place])), label)
        return picked.choice

    def _go_on(self, trips: Sequence[int] = ()) -> None:
        """End a step on the way to rows that were not taken yet; what is picked on a trip follows from its number.

        Once there is none left another scene is opened, unless this one lasts.
        """
        scene, self.steps = self.stage, self.steps + 1
        for number in trips or self._draw(_TRIPS, "trips"):
            scene.pick = partial(_pick_by, f"{scene.seed} {number}")
            scene.go()
        scene.pick = self._pick
        if not self.lasts and self.steps >= SHORTEST_SCENE and not scene.goals():
            self._close()
            self._open()


def _pick_by(number: str, choices: Sequence[T], label: str) -> T:
    """One of several, each as likely as the others; what else there is to choose from makes no difference.

    So what is done on a trip stays the same when steps before it are left out, and examples shrink. A checksum would
    not do in place of the digest: it is linear, so that some choices would win seldom whatever the number is.
    """
    choice = choices[0]
    if len(choices) > 1:
        met: Counter[str] = Counter()
        most = b""
        for candidate in choices:
            words = _words(candidate)
            met[words] += 1
            rank = blake2b(f"{label} {words} {met[words]} {number}".encode(), digest_size=8).digest()
            if rank > most:
                most, choice = rank, candidate
    note(_Picked(choice, f"  {label}: "))
    return choice


@dataclass(frozen=True, slots=True)
class _Picked(Generic[T]):
    """What was picked; Hypothesis shows it in words, which are made only then."""

    choice: T
    label: str = ""

    def _repr_pretty_(self, printer: Any, _is_cycle: bool) -> None:
        printer.text(f"{self.label}{_words(self.choice)}")


def _words(choice: object) -> str:
    if isinstance(choice, Known):
        return f"{choice.key.kind or choice.key.lifecycle} {choice.key.id}"
    if isinstance(choice, tuple):
        return ", ".join(map(_words, choice)) or "none"
    name = next((getattr(choice, name) for name in ("words", "name", "operation") if hasattr(choice, name)), choice)
    return str(name)


@cache
def _place(count: int) -> SearchStrategy[int]:
    """A place among so many, kept because making a strategy takes longer than drawing from it."""
    return st.integers(0, count - 1)


@cache
def _readings(api_name: str) -> SearchStrategy[dict[str, str]]:
    return strategies.readings(apis.load(api_name))


@cache
def machine(api_name: str) -> type[JobsMachine]:
    """The state machine of an API; running it raises `Unknown` if there is no such API."""
    return type(f"{api_name.capitalize()}Machine", (JobsMachine,), {"api_name": api_name})


ComprehendMachine: Final = machine("comprehend")
TranslateMachine: Final = machine("translate")
DevicefarmMachine: Final = machine("devicefarm")
DataartsMachine: Final = machine("dataarts")
RekognitionMachine: Final = machine("rekognition")

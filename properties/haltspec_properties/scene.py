"""A scene: a reference model, its clients, and the ways by which rows can be taken on purpose.

Whoever plays in it (a Hypothesis state machine) says what shall happen; where there is a choice, the scene asks `pick`.
Every job is known, those that no client has seen included: what nobody looked at must fit as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from haltspec import shapes
from haltspec.lts import ABSENT, PLAIN, Internal, Lifecycle, Role, State, Transition
from haltspec.lts import Call as CallLabel
from haltspec.reference import Reference
from haltspec.services.base import Job
from haltspec.spec import Api, Binding, JobKey
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.asks import (
    BY_ID,
    Ask,
    again,
    calls_on,
    creations,
    creators,
    foreign,
    lists,
    making,
    nobodys,
    on_parent,
    parent_for,
)
from haltspec_properties.session import Known, Session
from haltspec_properties.walk import shortest_ways

START_S: Final = 1_700_000_000.0
"""When every scene begins, in epoch seconds."""

LIVE_JOBS: Final = 6
"""So many of the youngest jobs of each lifecycle are acted on."""

ORDERS: Final = (Role.ORDER, Role.DELETE)
_TRIES: Final = 2
_TRY_AGAIN: Final = 40
"""What was tried in vain may be tried once more after so many calls."""

T = TypeVar("T")
Watch = Callable[[str, Transition], None]
Way = tuple[Transition, ...]
Goal = tuple[str, str]
"""A lifecycle and one of its rows."""


class Pick(Protocol):
    """Chooses one of several; `label` says what."""

    def __call__(self, choices: Sequence[T], label: str) -> T:
        """One of `choices`, which are not empty."""
        ...


@dataclass(frozen=True, slots=True)
class _Row:
    """A row under the readings of a service.

    Args:
        lifecycle: its lifecycle.
        row: the row.
        of_reading: it holds under some reading only.
        needs_none: it is taken by a call on a job that is not there.
        is_road: a job can be brought somewhere by it: it is a move, or a plain order.
    """

    lifecycle: Lifecycle
    row: Transition
    of_reading: bool
    needs_none: bool
    is_road: bool

    @staticmethod
    def of(lifecycle: Lifecycle, row: Transition) -> _Row:
        """What matters of a row."""
        label = row.label
        of_reading, needs_none = row not in lifecycle.transitions, ABSENT in row.states
        if not isinstance(label, CallLabel):
            return _Row(lifecycle, row, of_reading, needs_none, True)
        role = lifecycle.operation(label.operation).role
        is_plain_order = role in ORDERS and (not label.when or PLAIN in label.when)
        return _Row(lifecycle, row, of_reading, needs_none and role is not Role.LIST, is_plain_order)


@dataclass(slots=True)
class Scene:
    """A service and its clients.

    Args:
        api: the API.
        readings: those of the service.
        seed: draws its ids and free choices.
        alone: nobody but the clients calls, and nobody moves jobs from outside.
        pick: chooses.
        watch: told each row that the reference model takes, and its lifecycle.

    Attributes:
        now: the time in epoch seconds.
        wrong: what was wrong with replies, in words.
        taken: the rows that were taken.
    """

    api: Api
    readings: Mapping[str, str]
    seed: int
    alone: bool
    pick: Pick
    watch: Watch | None = None
    now: float = START_S
    wrong: list[str] = field(default_factory=list)
    taken: set[Goal] = field(default_factory=set)
    reference: Reference = field(init=False)
    session: Session = field(init=False)
    tenants: tuple[str, ...] = field(init=False)
    known: dict[JobKey, Known] = field(default_factory=dict)
    _names: int = 0
    _aim: Transition | None = None
    _tried: Counter[Goal] = field(default_factory=Counter)
    _ways: dict[tuple[str, str], Mapping[Goal, Way]] = field(default_factory=dict)
    _rows: dict[Goal, _Row] = field(init=False)

    def __post_init__(self) -> None:
        self.reference = Reference(
            self.api,
            clock=self._time,
            readings=self.readings,
            seed=self.seed,
            choose=self._choose,
            watch=self._has_taken,
        )
        self.tenants = self.reference.service.tenants(0)
        self.session = Session(self.api, ReferenceAdapter(self.reference, alone=self.alone))
        rows = ((lifecycle, row) for lifecycle in self.api.lifecycles for row in self.rows(lifecycle))
        self._rows = {(lifecycle.name, row.name): _Row.of(lifecycle, row) for lifecycle, row in rows}
        for tenant in self.tenants:
            self.session.prelude(tenant)
        self._learn()

    def _time(self) -> float:
        """The time, a millisecond later whenever somebody looks at the clock."""
        self.now += 0.001
        return self.now

    def _choose(self, rows: tuple[Transition, ...]) -> Transition:
        """Which of several free rows the service takes: the one that is aimed at, or any."""
        return self._aim if self._aim in rows else self.pick(rows, "free row")

    def _has_taken(self, lifecycle: str, row: Transition) -> None:
        self.taken.add((lifecycle, row.name))
        if self.watch is not None:
            self.watch(lifecycle, row)

    def fresh(self) -> int:
        """A number that no creation has had yet, for its name; from 10 on."""
        self._names += 1
        return 9 + self._names

    def unusual_readings(self) -> Iterator[tuple[str, str]]:
        """The questions whose reading is not the default, with the reading."""
        for name, question in self.api.all_questions().items():
            if self.reference.readings[name] != question.default:
                yield name, self.reference.readings[name]

    # ---- what is there ----------------------------------------------------------------------------------------------

    def _learn(self) -> None:
        """Get to know the jobs that are new."""
        made = {(known.key.tenant, known.key.id): known for known in self.session.jobs}
        for job in self.reference.jobs():
            if job.key not in self.known:
                seen = made.get((job.key.tenant, job.key.id))
                maker = seen.binding if seen is not None else self._maker(job.key)
                self.known[job.key] = Known(job.key, maker, seen.request if seen is not None else {})

    def _maker(self, key: JobKey) -> Binding:
        """The operation by which such a job is made."""
        for binding in self.api.bindings:
            is_same = binding.lifecycle == key.lifecycle and binding.kind in ("", key.kind)
            if is_same and self.api.role(binding).role is Role.CREATE:
                return binding
        raise AssertionError(f"nothing makes a {key.lifecycle}")

    def job(self, known: Known) -> Job | None:
        """The job; None if it is gone."""
        return self.reference.find(known.key.tenant, known.key.id)

    def live(self) -> list[Known]:
        """The youngest jobs of each lifecycle, those that are gone included."""
        shelves: dict[str, list[Known]] = {}
        for known in self.known.values():
            shelves.setdefault(known.key.lifecycle, []).append(known)
        return [known for shelf in shelves.values() for known in shelf[-LIVE_JOBS:]]

    def some(self, *roles: Role) -> Known | None:
        """One of the live jobs that have an operation of one of the roles; None if there is none."""
        live = [k for k in self.live() if not roles or any(True for _ in self.session.bindings(k.key, *roles))]
        return self.pick(live, "job") if live else None

    def families(self) -> Iterator[tuple[Known, tuple[Known, ...]]]:
        """Each live job to which others belong, with those."""
        live = self.live()
        for parent in live:
            children = tuple(k for k in live if (job := self.job(k)) is not None and job.parent == parent.key.id)
            if children and self.job(parent) is not None:
                yield parent, children

    # ---- doing ------------------------------------------------------------------------------------------------------

    def call(self, ask: Ask, client: str = "") -> None:
        """Make a call; its reply is held against its shape."""
        first = len(self.session.calls)
        self.session.call(ask.operation, ask.request, ask.tenant, client)
        self._check(first)
        self._learn()

    def list_jobs(self, binding: Binding, tenant: str, parent: str, members: Mapping[str, Any] | None = None) -> None:
        """Fetch all pages of a list."""
        first = len(self.session.calls)
        self.session.listing(binding, tenant, parent, **(members or {}))
        self._check(first)

    def _check(self, first: int) -> None:
        """Hold the replies since call `first` against their shapes."""
        model = shapes.load(self.api)
        for call in self.session.calls[first:]:
            faults = model.reply_faults(call.operation, call.reply) if call.error is None else ()
            self.wrong += (f"{call.operation} answered {fault}" for fault in faults)

    def look(self, known: Known) -> None:
        """Read the job, or list it, or look away."""
        readers = [b for b in self.session.bindings(known.key, Role.READ) if b.view is not None]
        binding = self.pick((*readers, *self.session.bindings(known.key, Role.LIST), None), "look")
        if binding is not None:
            self.see(known, binding)

    def list_some(self, known: Known) -> None:
        """List jobs among which the job may stand: all of them, filtered, or in short pages."""
        choices = lists(self.session, known)
        if choices:
            binding, members = self.pick(choices, "list")
            self.list_jobs(binding, known.key.tenant, parent_for(binding, known), members)

    def see(self, known: Known, binding: Binding) -> None:
        """Read or list the job."""
        if binding.items is not None:
            self.list_jobs(binding, known.key.tenant, parent_for(binding, known))
        else:
            request = self.session.service.order(binding, known.key.tenant, known.key.id)
            self.call(Ask(binding.operation, binding.operation, request, known.key.tenant, binding))

    def moves(self, job: Job) -> tuple[Transition, ...]:
        """The moves of a job that can be made now: the service's, and unless the clients are alone those of others."""
        rows = self.rows(self.api.lifecycle(job.key.lifecycle))
        unowed = (r for r in rows if _is_witnessed(r) or (_is_outside(r) and not self.alone))
        return (*self.reference.enabled(job), *(r for r in unowed if job.state in r.states))

    def move(self, known: Known, row: Transition) -> bool:
        """Make a move; False if it cannot be made now."""
        job = self.job(known)
        if job is None or row not in self.moves(job):
            return False
        self.reference.fire(job, row)
        self._learn()
        if _is_witnessed(row):  # it counts only where it is seen
            readers = [b for b in self.session.bindings(known.key, Role.READ) if b.view is not None]
            self.see(known, (readers or list(self.session.bindings(known.key, Role.LIST)))[0])
        return True

    def happen(self, known: Known) -> None:
        """Let the job be moved in some way, if it can be moved."""
        job = self.job(known)
        rows = self.moves(job) if job is not None else ()
        if rows:
            self.move(known, self.pick(rows, "event"))

    def settle(self) -> None:
        """Let the service bring all jobs to rest."""
        self.reference.settle()
        self._learn()

    def overlap(self, first: int) -> None:
        """Let the calls from `first` on overlap: some began when the first did, some ended when the last did."""
        calls = self.session.calls
        begun, ended = calls[first].start, calls[-1].end
        for index in range(first, len(calls)):
            call = calls[index]
            start, end = self.pick(
                ((call.start, call.end), (begun, call.end), (call.start, ended), (begun, ended)), "span"
            )
            calls[index] = replace(call, start=start, end=end)

    def look_at_all(self) -> None:
        """Read every job that is there, and fetch every list in which one could be, in every tenant."""
        for known in [*self.known.values()]:
            if self.job(known) is not None:
                for binding in self.session.bindings(known.key, Role.READ):
                    if binding.view is not None:
                        self.see(known, binding)
        sorts = {(key.lifecycle, kind) for key in self.known for kind in ("", key.kind)}
        for tenant in self.tenants:
            for binding in self.api.bindings:
                if self.api.role(binding).role is Role.LIST and (binding.lifecycle, binding.kind) in sorts:
                    for parent in self._parents(binding, tenant):
                        self.list_jobs(binding, tenant, parent)

    def _parents(self, binding: Binding, tenant: str) -> list[str]:
        """The parents to list the jobs of; an empty one if the list needs none."""
        if not binding.scope_in:
            return [""]
        own = [k for k in self.known.values() if (k.key.tenant, k.key.lifecycle) == (tenant, binding.lifecycle)]
        return sorted({parent_for(binding, known) for known in own})

    # ---- rows on purpose --------------------------------------------------------------------------------------------

    def rows(self, lifecycle: Lifecycle) -> tuple[Transition, ...]:
        """The rows under the readings of the service."""
        readings = self.reference.readings
        return lifecycle.rows({q.name: readings[f"{lifecycle.name}/{q.name}"] for q in lifecycle.questions})

    def goals(self) -> list[Goal]:
        """The rows that were not taken yet and to which there is a way; what was tried in vain rests for a while."""
        most = _TRIES + len(self.session.calls) // _TRY_AGAIN
        hard = self.reference.service.followers
        wanted = {
            goal
            for goal in self._rows
            if goal not in self.taken and self._tried[goal] < (2 * most if goal[0] in hard else most)
        }
        found = {goal for goal in wanted if self._rows[goal].needs_none}
        for _, ways in self._starts():
            found |= wanted & ways.keys()
        return [goal for goal in self._rows if goal in found]

    def _starts(self) -> Iterator[tuple[Known, Mapping[Goal, Way]]]:
        """The live jobs that are there, with the ways from where they are."""
        for known in self.live():
            job = self.job(known)
            if job is not None:
                yield known, self.ways(self.api.lifecycle(job.key.lifecycle), job.state)

    def ways(self, lifecycle: Lifecycle, state: str) -> Mapping[Goal, Way]:
        """The shortest way from a state to each row; before the row itself come only rows that one can make happen."""
        key = lifecycle.name, state
        if key not in self._ways:
            own = [row for (name, _), row in self._rows.items() if name == lifecycle.name]
            rows = [row for row in own if not (self.alone and _is_outside(row.row))]
            roads = tuple(shortest_ways([row.row for row in rows if row.is_road], state))
            places: dict[str, Way] = {state: ()}
            for way in roads:
                places.setdefault(_end(way, state), way)
            sides = (
                (*places[source], row.row)
                for row in rows
                for source in row.row.states
                if source in places and not row.is_road
            )
            self._ways[key] = {(lifecycle.name, way[-1].name): way for way in (*roads, *sides)}
        return self._ways[key]

    def ways_to_states(self, known: Known) -> list[Way]:
        """The shortest way from where a job is to each other state."""
        job = self.job(known)
        if job is None:
            return []
        lifecycle = self.api.lifecycle(known.key.lifecycle)
        found: dict[str, Way] = {}
        for goal, way in self.ways(lifecycle, job.state).items():
            if self._rows[goal].is_road:
                found.setdefault(_end(way, job.state), way)
        return [way for target, way in found.items() if target not in (job.state, ABSENT)]

    def go(self) -> None:
        """Go the shortest way to some row that was not taken yet, and take it."""
        goals = self.goals()
        if goals:
            goal = self.pick(self.pick(self._sorts(goals), "rows"), "row")
            row = self._rows[goal]
            ways: list[tuple[Known | None, Way]] = [(None, (row.row,))] if row.needs_none else []
            starts = [(known, there[goal]) for known, there in self._starts() if goal in there]
            ways += [start for start in starts if len(self._children(start[0])) > 1] or starts
            known, way = self.pick(ways, "way")
            self._tried[goal] += 1
            self.follow(row.lifecycle, known, way)
            if known is not None:
                self.look(known)

    def _sorts(self, goals: list[Goal]) -> list[list[Goal]]:
        """All goals; those that few services have; and those that need several jobs to agree."""
        of_readings = [goal for goal in goals if self._rows[goal].of_reading]
        of_followers = [goal for goal in goals if goal[0] in self.reference.service.followers]
        return [goals, *([of_readings] if of_readings else []), *([of_followers] if of_followers else [])]

    def follow(self, lifecycle: Lifecycle, known: Known | None, way: Way) -> bool:
        """Take the rows of a way, one after the other, as far as they can be taken; True if all could be tried."""
        return all(self._take(lifecycle, row, known) for row in way)

    def _take(self, lifecycle: Lifecycle, row: Transition, known: Known | None) -> bool:
        """Try to take a row with a job, or with one that is not there; False if it cannot even be tried."""
        if isinstance(row.label, Internal):
            if known is not None and lifecycle.name in self.reference.service.followers:
                return self._lead(lifecycle, row, known)
            return known is not None and self.move(known, row)
        if known is not None and lifecycle.name in self.reference.service.followers:
            self._place(lifecycle, row, known)
        asks = [*self._asks(lifecycle, row.label, known)]
        if known is None:
            asks += self._creations(lifecycle, row.label)
        if asks:
            self._aim = row
            self.call(self.pick(asks, "call"))
            self._aim = None
        return bool(asks)

    def _lead(self, lifecycle: Lifecycle, row: Transition, known: Known) -> bool:
        """Bring the jobs that a job follows to where it shall go, until it moves; False if it did not follow."""
        job = self.job(known)
        for child in self._children(known):
            if job is not None and job.state in row.states:
                self._bring(child, lifecycle.state(row.target_from(job.state)))
        return job is not None and job.state not in row.states

    def _place(self, lifecycle: Lifecycle, row: Transition, known: Known) -> None:
        """Bring the first of the jobs that a job follows to where an order on that job leads, or let it be."""
        children = self._children(known)
        moved = self.pick((children[:1], children[:1], ()), "children brought there")
        for child in moved:
            self._bring(child, lifecycle.state(row.target_from(row.states[0])))

    def _bring(self, child: Known, target: State) -> None:
        """Bring a job to a state called like the target, or one that shows the same; or else to an end for an end."""
        own = self.api.lifecycle(child.key.lifecycle)
        ends = [(way, own.state(_end(way, ""))) for way in self.ways_to_states(child)]
        ways = [way for way, state in ends if state.name == target.name or state.shows == target.shows]
        ways = ways or [way for way, state in ends if state.terminal and target.terminal]
        if ways:
            self.follow(own, child, self.pick(ways, "way of a child"))

    def _children(self, known: Known) -> tuple[Known, ...]:
        return next((children for parent, children in self.families() if parent is known), ())

    def _creations(self, lifecycle: Lifecycle, label: CallLabel) -> list[Ask]:
        """The requests that make a job by a row."""
        operation = lifecycle.operation(label.operation)
        if operation.role is not Role.CREATE:
            return []
        self._refresh(lifecycle)
        name = self.fresh()
        asks = creations(self.session, self.tenants[0], name, token=f"token-{name}", lifecycle=lifecycle.name)
        wanted = label.when or operation.class_names
        return [a for a in asks if a.binding.role == operation.name and operation.class_of(a.request) in wanted]

    def _refresh(self, lifecycle: Lifecycle) -> None:
        """Where jobs are made from jobs, list some: examples take those of which clients know that they will do."""
        makers = {b.operation for b in creators(self.api, lifecycle.name)}
        is_made_of = any(b.id_in for b in self.api.bindings if b.operation in makers and b.lifecycle == lifecycle.name)
        seen = [k for k in self.live() if k.key.lifecycle == lifecycle.name and self.job(k) is not None]
        if is_made_of and seen:
            known = self.pick(seen, "job to copy")
            self.see(known, next(self.session.bindings(known.key, Role.LIST)))

    def _asks(self, lifecycle: Lifecycle, label: CallLabel, known: Known | None) -> Iterator[Ask]:
        """Calls that may take a row: on the job by its id, token or parent; or on jobs that are not there."""
        operation = lifecycle.operation(label.operation)
        wanted = label.when or operation.class_names
        for subject in [known] if known is not None else self.live():
            asks = list(on_parent(self.session, subject))
            if subject.key.lifecycle == lifecycle.name:
                is_meant = known is not None or self.job(subject) is None
                own = [a for a in calls_on(self.session, subject, *BY_ID) if operation.class_of(a.request) in wanted]
                asks += own if is_meant else (nobodys(ask, subject, 1) for ask in own)
                asks += again(subject) if is_meant else ()
                if known is not None:
                    asks += making(self.session, subject, operation.name, self.fresh())
            if known is None and any(c.contextual and c.name in wanted for c in operation.classes):
                asks += foreign(self.session, subject)
            yield from (a for a in asks if (a.binding.lifecycle, a.binding.role) == (lifecycle.name, operation.name))


def _end(way: Way, state: str) -> str:
    """Where a way leads from a state."""
    for row in way:
        state = row.target_from(state)
    return state


def _is_outside(row: Transition) -> bool:
    return isinstance(row.label, Internal) and row.label.outside


def _is_witnessed(row: Transition) -> bool:
    return isinstance(row.label, Internal) and row.label.witnessed

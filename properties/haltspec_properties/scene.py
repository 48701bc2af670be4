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
from haltspec.lts import ABSENT, PLAIN, Internal, Lifecycle, Role, Transition
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
    orders,
    parent_for,
)
from haltspec_properties.plans import Goal, Make, Plan, plain_creations, plans
from haltspec_properties.session import Known, Session
from haltspec_properties.walk import shortest_ways

START_S: Final = 1_700_000_000.0
"""When every scene begins, in epoch seconds."""

LIVE_JOBS: Final = 6
"""So many of the youngest jobs of each lifecycle are acted on."""

ORDERS: Final = (Role.ORDER, Role.DELETE)
_TRIES: Final = 3
"""So often a row is gone to, at most."""

T = TypeVar("T")
Watch = Callable[[str, Transition], None]
Way = tuple[Transition, ...]


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
        is_road: a job can be brought somewhere by it: it is a move, or a plain order.
        makes: a job can be made by it.
    """

    lifecycle: Lifecycle
    row: Transition
    of_reading: bool
    is_road: bool
    makes: bool

    @staticmethod
    def of(lifecycle: Lifecycle, row: Transition, *, follows: bool) -> _Row:
        """What matters of a row; jobs of the lifecycle may only move as others do."""
        label = row.label
        of_reading = row not in lifecycle.transitions
        if not isinstance(label, CallLabel):
            return _Row(lifecycle, row, of_reading, not follows, False)
        operation = lifecycle.operation(label.operation)
        is_plain = not label.when or PLAIN in label.when
        is_told = is_plain or any(cls.name in label.when and not cls.contextual for cls in operation.classes)
        makes = operation.role is Role.CREATE and is_told and ABSENT in row.states and row.target_from(ABSENT) != ABSENT
        return _Row(lifecycle, row, of_reading, is_plain and operation.role in ORDERS, makes)


@dataclass(slots=True)
class Scene:
    """A service and its clients.

    Args:
        api: the API.
        readings: those of the service.
        seed: draws its ids and free choices.
        alone: nobody but the clients calls, and nobody moves jobs from outside.
        pick: chooses.
        make: makes the service, with the arguments of `Reference`.
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
    make: Make = Reference
    watch: Watch | None = None
    now: float = START_S
    wrong: list[str] = field(default_factory=list)
    taken: set[Goal] = field(default_factory=set)
    reference: Reference = field(init=False)
    session: Session = field(init=False)
    tenants: tuple[str, ...] = field(init=False)
    known: dict[JobKey, Known] = field(default_factory=dict)
    _names: int = 0
    _aims: list[Transition] = field(default_factory=list)
    _plans: Mapping[Goal, Plan] = field(default_factory=dict)
    _tried: Counter[Goal] = field(default_factory=Counter)
    _ways: dict[tuple[str, str], Mapping[Goal, Way]] = field(default_factory=dict)
    _rows: dict[Goal, _Row] = field(init=False)

    def __post_init__(self) -> None:
        self.reference = self.make(
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
        followers = self.reference.service.followers
        self._rows = {
            (lifecycle.name, row.name): _Row.of(lifecycle, row, follows=lifecycle.name in followers)
            for lifecycle, row in rows
        }
        for tenant in self.tenants:
            self.session.prelude(tenant)
        self._learn()

    def _time(self) -> float:
        """The time, a millisecond later whenever somebody looks at the clock."""
        self.now += 0.001
        return self.now

    def _choose(self, rows: tuple[Transition, ...]) -> Transition:
        """Which of several free rows the service takes: the one that is aimed at, or any."""
        if self._aims and self._aims[0] in rows:
            return self._aims.pop(0)
        return self.pick(rows, "free row")

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
        children = self._by_parent()
        for parent in self.live():
            if parent.key.id in children and self.job(parent) is not None:
                yield parent, tuple(children[parent.key.id])

    def _by_parent(self) -> dict[str, list[Known]]:
        """The jobs that are there, by what they belong to."""
        found: dict[str, list[Known]] = {}
        for known in self.known.values():
            job = self.job(known)
            if job is not None and job.parent:
                found.setdefault(job.parent, []).append(known)
        return found

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
        if _is_witnessed(row):  # it counts only where it is seen, and a list shows every status
            self.see(known, next(self.session.bindings(known.key, Role.LIST)))
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
        """The rows that were not taken yet and to which there is a way, but for those tried in vain too often."""
        wanted = {goal for goal in self._rows if goal not in self.taken and self._tried[goal] < _TRIES}
        found = wanted & self._plans.keys()
        for _, ways in self._starts():
            found |= wanted & ways.keys()
        return [goal for goal in self._rows if goal in found]

    def _starts(self) -> Iterator[tuple[Known | None, Mapping[Goal, Way]]]:
        """Where ways begin: where no job is yet, and at the live jobs that are there."""
        for lifecycle in self.api.lifecycles:
            yield None, self.ways(lifecycle, ABSENT)
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
            roads = {row.row.name: row.row for row in rows if row.is_road or (row.makes and state == ABSENT)}
            ways = tuple(shortest_ways(tuple(roads.values()), state))
            places: dict[str, Way] = {state: ()}
            for way in ways:
                places.setdefault(_end(way, state), way)
            sides = (
                (*places[source], row.row)
                for row in rows
                for source in row.row.states
                if source in places and row.row.name not in roads and isinstance(row.row.label, CallLabel)
            )
            self._ways[key] = {(lifecycle.name, way[-1].name): way for way in (*ways, *sides)}
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
            goal = self.pick(self._of_sort(goals), "row")
            self._tried[goal] += 1
            starts = [(known, ways[goal]) for known, ways in self._starts() if goal in ways]
            if goal in self._plans and (goal[0] in self.reference.service.followers or not starts):
                self._play(self._plans[goal], goal[0])
                return
            if self.pick((True, False), "the shortest"):
                shortest = min(len(way) for _, way in starts)
                starts = [start for start in starts if len(start[1]) == shortest]
            known, way = self.pick(starts, "way")
            known = self.follow(self._rows[goal].lifecycle, known, way)
            if known is not None:
                self.look(known)

    def plan(self) -> None:
        """Find out how jobs that only move as others do can take their rows; that takes a moment."""
        self._plans = plans(self.api.name, self.make, frozenset(self.unusual_readings()))

    def _play(self, plan: Plan, lifecycle: str) -> None:
        """Make the jobs of a plan and take its steps, as far as they can be taken, then look at the jobs."""
        before, name = len(self.known), self.fresh()
        asks = plain_creations(self.session, self.tenants[0], name, lifecycle)
        self._call_so(asks[plan.variant], plan.choices)
        family = [*self.known.values()][before:]
        for step in plan.steps[: len(plan.steps) if family else 0]:
            known = family[step.place]
            if isinstance(step.what, Transition):
                self.move(known, step.what)
            else:
                asked = next(ask for ask in orders(self.session, known.key) if ask.operation == step.what)
                self._call_so(asked, step.choices)
        for known in family:
            self.look(known)

    def _call_so(self, ask: Ask, choices: Sequence[Transition]) -> None:
        """Make a call of which the service makes what is chosen."""
        self._aims = [*choices]
        self.call(ask)
        self._aims = []

    def scatter(self, jobs: Sequence[Known]) -> None:
        """Bring each of the jobs to any state, or leave it."""
        for known in jobs:
            way = self.pick(((), *self.ways_to_states(known)), "way of a child")
            self.follow(self.api.lifecycle(known.key.lifecycle), known, way)

    def _of_sort(self, goals: list[Goal]) -> list[Goal]:
        """All goals, or those that few services have, or those that need several jobs to agree."""
        sorts = {"any": goals}
        sorts["of a reading"] = [goal for goal in goals if self._rows[goal].of_reading]
        sorts["of followers"] = [goal for goal in goals if goal[0] in self.reference.service.followers]
        return sorts[self.pick([sort for sort, found in sorts.items() if found], "rows")]

    def follow(self, lifecycle: Lifecycle, known: Known | None, way: Way) -> Known | None:
        """Take the rows of a way, one after the other, with a job or one that is made first, as far as it goes so.

        Returns the job; None if there is none.
        """
        for row in way:
            job = self.job(known) if known is not None else None
            if known is not None and (job.state if job is not None else ABSENT) not in row.states:
                break
            there = len(self.known)
            if not self._take(lifecycle, row, known, is_last=row is way[-1]):
                break
            if known is None:
                made = [new for new in [*self.known.values()][there:] if new.key.lifecycle == lifecycle.name]
                if not made:
                    break
                known = made[0]
        return known

    def _take(self, lifecycle: Lifecycle, row: Transition, known: Known | None, *, is_last: bool) -> bool:
        """Try to take a row with a job, or with one that is not there; False if it cannot even be tried."""
        if isinstance(row.label, Internal):
            return known is not None and self.move(known, row)
        if known is not None and is_last:
            self._use(known, row)
        asks = [*self._asks(lifecycle, row.label, known)]
        if known is None:
            asks += self._creations(lifecycle, row.label)
        plain = [ask for ask in asks if ask.plain]
        if plain and (not is_last or self.pick((True, False), "plain")):
            asks = plain
        if asks:
            self._call_so(self.pick(asks, "call"), (row,))
        return bool(asks)

    def _use(self, known: Known, row: Transition) -> None:
        """If other jobs keep a row from being taken, let one be made that names the job: a model in use is kept."""
        job = self.job(known)
        if job is None or job.state not in row.states or self.reference.service.permits(self.reference, job, row):
            return
        self.see(known, next(self.session.bindings(known.key, Role.LIST)))
        asks = creations(self.session, known.key.tenant, self.fresh(), names=2 * LIVE_JOBS)
        users = [ask for ask in asks if ask.plain and known.key.id in ask.request.values()]
        if users:
            self.call(self.pick(users, "use"))

    def _creations(self, lifecycle: Lifecycle, label: CallLabel) -> list[Ask]:
        """The requests that make a job by a row."""
        operation = lifecycle.operation(label.operation)
        if operation.role is not Role.CREATE:
            return []
        self._prepare(lifecycle)
        name, tenant = self.fresh(), self.pick((*[self.tenants[0]] * 3, *self.tenants[1:]), "tenant")
        wanted = label.when or operation.class_names
        makers = {b.operation for b in self.api.bindings if (b.lifecycle, b.role) == (lifecycle.name, operation.name)}
        asks = creations(self.session, tenant, name, token=f"token-{name}")
        return [ask for ask in asks if ask.operation in makers and operation.class_of(ask.request) in wanted]

    def _prepare(self, lifecycle: Lifecycle) -> None:
        """Where jobs are made from jobs, bring one to where that can be done, and list it.

        Examples take those of which clients know that they will do.
        """
        makers = {b.operation for b in creators(self.api, lifecycle.name)}
        used = [b for b in self.api.bindings if b.operation in makers and b.lifecycle == lifecycle.name and b.id_in]
        roles = [b.role for b in used if self.api.role(b).role is not Role.CREATE]
        live = ((known, self.job(known)) for known in self.live() if known.key.lifecycle == lifecycle.name)
        seen = [(known, job.state) for known, job in live if job is not None]
        if not used or not seen:
            return
        known, state = self.pick(seen, "job to make one from")
        for way in self.ways(lifecycle, state).values():
            label = way[-1].label
            if isinstance(label, CallLabel) and label.operation in roles and label.reply.error is None:
                self.follow(lifecycle, known, way[:-1])
                break
        self.see(known, next(self.session.bindings(known.key, Role.LIST)))

    def _asks(self, lifecycle: Lifecycle, label: CallLabel, known: Known | None) -> Iterator[Ask]:
        """Calls that may take a row: on the job by its id, token or parent; or on jobs that are not there."""
        operation = lifecycle.operation(label.operation)
        wanted = label.when or operation.class_names
        is_contextual = any(cls.contextual and cls.name in wanted for cls in operation.classes)
        for subject in [known] if known is not None else self.live():
            asks = list(on_parent(self.session, subject)) if operation.on_parent else []
            if subject.key.lifecycle == lifecycle.name:
                is_meant = known is not None or self.job(subject) is None
                own = calls_on(self.session, subject, *BY_ID, operation=operation.name)
                asks += own if is_meant else (nobodys(ask, subject, 1) for ask in own)
                asks += again(subject) if is_meant else ()
                if known is not None:
                    asks += making(self.session, subject, operation.name, self.fresh())
            if known is None and is_contextual:
                asks += foreign(self.session, subject)
            for ask in asks:
                is_its = (ask.binding.lifecycle, ask.binding.role) == (lifecycle.name, operation.name)
                if is_its and (is_contextual or operation.class_of(ask.request) in wanted):
                    yield ask


def _end(way: Way, state: str) -> str:
    """Where a way leads from a state."""
    for row in way:
        state = row.target_from(state)
    return state


def _is_outside(row: Transition) -> bool:
    return isinstance(row.label, Internal) and row.label.outside


def _is_witnessed(row: Transition) -> bool:
    return isinstance(row.label, Internal) and row.label.witnessed

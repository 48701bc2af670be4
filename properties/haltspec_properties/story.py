"""Play a course on the reference model: make the calls and the moves, row by row, that the course names.

The model may be one that makes a mistake. Whether it went as told is said; what was seen is a recording like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from haltspec.automaton import ERROR, OK, PASSED, Observation, matches
from haltspec.lts import ABSENT, PLAIN, SAME, Internal, Lifecycle, Role, Transition
from haltspec.observe import succeeded
from haltspec.reference import Reference
from haltspec.services.base import Job
from haltspec.spec import Api, Binding, JobKey, reach
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.asks import (
    BY_ID,
    Ask,
    again,
    calls_on,
    creations,
    foreign,
    lists,
    nobodys,
    on_parent,
    parent_for,
)
from haltspec_properties.session import Known, Session
from haltspec_properties.telling import Course, Leg
from haltspec_properties.walk import shortest_ways, unknown_id

_START_S = 1_700_000_000
_END_S = 1_800_000_000
_MOST_CALLS = 12
"""So many calls are made at most to see what a leg shows."""
_MOST_LISTS = 3
"""So many lists are fetched at most in which a job should stand."""
_ORDERS = (Role.ORDER, Role.DELETE)


@dataclass(slots=True)
class Story:
    """A story of one job, told with a reference model.

    Args:
        api: the API.
        lifecycle: the name of the job's lifecycle.
        kind: the kind of the job.
        readings: those of the model.
        rows: rows that replace those of lifecycles, by their names.
        alone: nobody moves jobs from outside the API.
        takes_last: where the course does not say which of several rows is taken, the last one is, else the first.
        furnished: before each order the job is given company; else only if nothing else helps.
        forged: answers are written by hand, as the course has them: the model need not be able to give them. Only what
            they say of the job is written, so that rules on other members have nothing to look at.
    """

    api: Api
    lifecycle: str
    kind: str
    readings: Mapping[str, str]
    rows: Mapping[str, tuple[Transition, ...]] = field(default_factory=dict)
    alone: bool = True
    takes_last: bool = False
    furnished: bool = False
    forged: bool = False
    reference: Reference = field(init=False)
    session: Session = field(init=False)
    tenant: str = field(init=False)
    known: Known | None = None
    _like: Known | None = None
    _wanted: Transition | None = None
    _taken: list[tuple[str, Transition]] = field(default_factory=list)
    _names: int = 0

    def __post_init__(self) -> None:
        time = iter(range(_START_S, _END_S))
        self.reference = Reference(
            self.api,
            clock=lambda: float(next(time)),
            readings=self.readings,
            rows=self.rows,
            choose=self._choose,
            watch=lambda lifecycle, row: self._taken.append((lifecycle, row)),
        )
        self.session = Session(self.api, ReferenceAdapter(self.reference, alone=self.alone))
        self.tenant = self.reference.service.tenants(0)[0]

    @property
    def calls(self) -> list[Call]:
        """The calls made so far."""
        return self.session.calls

    def tell(self, course: Course) -> bool:
        """Go the legs of a course, and look at the job; False if a leg cannot be gone as told, which ends the story."""
        self.session.prelude(self.tenant)
        self.reference.settle()  # what has to be there first is not what the story is about
        if self.forged:
            return all(self._forge(leg) for leg in course)
        was_told = all(self._go(leg) for leg in course)
        self._look()
        return was_told

    def _look(self) -> None:
        """Read the job and list it: what became of it may show only now."""
        known = self.known
        reads = {} if known is None else {a.operation: a for a in reversed(calls_on(self.session, known, Role.READ))}
        for ask in reads.values():
            self.session.call(ask.operation, ask.request, ask.tenant)
        for binding, members in [] if known is None else lists(self.session, known)[:1]:
            assert known is not None
            self.session.listing(binding, self.tenant, parent_for(binding, known), **members)

    def _choose(self, rows: tuple[Transition, ...]) -> Transition:
        if self._wanted in rows:
            return self._wanted
        return rows[-1] if self.takes_last else rows[0]

    def _job(self) -> Job | None:
        return None if self.known is None else self.reference.find(self.known.key.tenant, self.known.key.id)

    def _state(self) -> str:
        job = self._job()
        return ABSENT if job is None else job.state

    def _go(self, leg: Leg) -> bool:
        if leg.seen is not None:
            was_told = self._state() == leg.state and self._call(leg, leg.seen)
            if self._is_made_unseen(leg):
                self._look()
            return was_told
        if self._state() != leg.target:  # it may have got there as another job moved
            assert leg.row is not None
            self._move(leg.row)
        return self._state() == leg.target

    def _is_made_unseen(self, leg: Leg) -> bool:
        """True if the job comes with another: that it was made shows only when it is read."""
        if leg.seen is None or leg.state != ABSENT or leg.target == ABSENT:
            return False
        return self.api.lifecycle(self.lifecycle).operation(leg.seen.operation).on_parent

    # ---- by hand ---------------------------------------------------------------------------------------------------

    def _forge(self, leg: Leg) -> bool:
        """Write down a leg as it should have been answered; False if no such call is known."""
        if leg.seen is None:
            return True
        operation = self.api.lifecycle(self.lifecycle).operation(leg.seen.operation)
        if operation.role is Role.LIST:
            if not self._list(leg, leg.seen):
                return False
        else:
            for is_last in (False, True):
                ask = next(self._asks(leg.seen, operation.role), None)
                if ask is None:
                    return False
                there = {job.key for job in self.reference.jobs()}
                self.session.call(ask.operation, ask.request, ask.tenant)
                if leg.state != ABSENT or operation.role is not Role.CREATE:
                    break
                self._learn(there, ask)
                if self.known is not None or is_last:
                    break
                self._furnish()
        self.calls[-1] = self._answered(self.calls[-1], leg.seen)
        if self._is_made_unseen(leg):
            return self._forge(self._sight(leg.target))
        return True

    def _sight(self, state: str) -> Leg:
        """A leg that reads the job in a state."""
        lifecycle = self.api.lifecycle(self.lifecycle)
        read = next(o for o in lifecycle.operations if o.role is Role.READ)
        return Leg(state, None, state, Observation(read.name, PLAIN, OK, lifecycle.state(state).shows))

    def _answered(self, call: Call, seen: Observation) -> Call:
        """A call with the answer that shows `seen`."""
        if seen.what in (ERROR, PASSED):
            service, spec = self.reference.service, self.api.error(seen.code)
            status = spec.http[0] if spec is not None else 400
            body = service.error_body(seen.code, "as told")
            return replace(call, status=status, error=seen.code, reply=body)
        bound = [b for b in self.api.bound(call.operation) if b.role == seen.operation and self._serves(b)]
        reply = self._reply(bound[0], call, seen)
        return replace(call, status=200, error=None, reply=reply)

    def _reply(self, binding: Binding, call: Call, seen: Observation) -> dict[str, Any]:
        """The body of a success that shows `seen` of the job and no more."""
        if binding.view is None and binding.items is None:
            return {}
        lifecycle = self.api.lifecycle(self.lifecycle)
        job_id = self.known.key.id if self.known is not None else str(call.request.get(binding.id_in, ""))
        shown = dict(zip(lifecycle.status_members, seen.shows or (), strict=False))
        job = {lifecycle.id_member_of(self.kind): job_id, **shown}
        body: Any = job
        path = binding.view or ()
        if binding.items is not None:
            body, path = [job] if seen.what == OK else [], binding.items
        for member in reversed(path):
            body = {member: body}
        if binding.total_out:
            body[binding.total_out] = 1 if seen.what == OK else 0
        return dict(body)

    # ---- moves -----------------------------------------------------------------------------------------------------

    def _move(self, row: Transition) -> None:
        job = self._job()
        if job is None or job.state not in row.states:
            return
        assert isinstance(row.label, Internal)
        if not row.label.owed or row in self.reference.enabled(job):
            self.reference.fire(job, row)
            return
        for job_id, move in self._led(job, row):
            self._step(self.reference, job_id, move)

    def _led(self, parent: Job, row: Transition) -> list[tuple[str, Transition]]:
        """Moves of and orders to the jobs that belong to a job by which it takes `row`; none if none were found.

        All of them go the same way, the shortest to one state after the other.
        """
        children = [job for job in self.reference.jobs(parent.key.tenant) if job.parent == parent.key.id]
        for child in children[:1]:
            lifecycle = self.api.lifecycle(child.key.lifecycle)
            rows = [r for r in lifecycle.rows(_own(self.readings, lifecycle)) if _is_led(lifecycle, r)]
            for way in shortest_ways(rows, child.state):
                steps = [(job.key.id, move) for job in children for move in way]
                if self._leads(parent, row, steps):
                    return steps
        return []

    def _leads(self, parent: Job, row: Transition, steps: list[tuple[str, Transition]]) -> bool:
        """True if a job takes `row` when others go the steps."""
        world = self.reference.fork()
        del self._taken[:]
        for job_id, move in steps:
            self._step(world, job_id, move)
        return (parent.key.lifecycle, row) in self._taken

    def _step(self, world: Reference, job_id: str, row: Transition) -> None:
        """Let a job take a row, if it can."""
        job = world.find(self.tenant, job_id)
        if job is None:
            return
        if isinstance(row.label, Internal):
            if any(row.name == r.name for r in world.enabled(job)):
                world.fire(job, row.name)
            return
        for binding in self.session.bindings(job.key, Role.ORDER):
            if binding.role == row.label.operation:
                request = self.session.service.order(binding, self.tenant, job_id)
                if world is self.reference:
                    self.session.call(binding.operation, request, self.tenant)
                else:
                    world.call(binding.operation, request, tenant=self.tenant)

    # ---- calls -----------------------------------------------------------------------------------------------------

    def _call(self, leg: Leg, seen: Observation) -> bool:
        """Make calls until one is answered by the leg's row; False if none is."""
        self._wanted = leg.row
        role = self.api.lifecycle(self.lifecycle).operation(seen.operation).role
        if role is Role.LIST:
            return self._list(leg, seen)
        if self.furnished and role in _ORDERS:
            self._furnish()
        elif self._try(leg, seen, role):
            return True
        else:
            self._furnish()
        return self._state() == leg.state and self._try(leg, seen, role)

    def _furnish(self) -> None:
        """Make what the job may have to stand beside: others to be made from, and what it can hold."""
        held = {b.operation for b in self._holding()}
        beside = {b.lifecycle for b in self.api.bindings if b.operation in held} | {self.lifecycle}
        for lifecycle in sorted(beside):
            for job in self._made(creations(self.session, self.tenant, self._fresh(), lifecycle=lifecycle)):
                self._rest(job)
                break
        known = self.known
        for binding in self._holding() if known is not None else ():
            assert known is not None
            request = self.session.service.order(binding, self.tenant, known.key.id)
            self.session.call(binding.operation, request, self.tenant)

    def _holding(self) -> Iterator[Binding]:
        """The operations on the job by which jobs of another lifecycle are made in it."""
        for binding in self.api.bindings:
            makes = (self.api.role(b).role is Role.CREATE for b in self.api.bound(binding.operation))
            if self._serves(binding) and binding.id_in and self.api.role(binding).role is Role.READ and any(makes):
                yield binding

    def _rest(self, key: JobKey) -> None:
        """Let one job come to rest."""
        been: set[str] = set()
        while (job := self.reference.find(key.tenant, key.id)) is not None and job.state not in been:
            been.add(job.state)
            rows = [row for row in self.reference.enabled(job) if row.target_from(job.state) not in been]
            if rows and not self.reference.service.is_settled(self.reference, job):
                self.reference.fire(job, rows[0])

    def _try(self, leg: Leg, seen: Observation, role: Role) -> bool:
        """Make the calls of the leg's operation and class, twice: what is taken for new may be so once only."""
        asks = list(self._asks(seen, role))
        for ask in (asks + asks)[:_MOST_CALLS]:
            before = {job.key for job in self.reference.jobs()}
            call = self.session.call(ask.operation, ask.request, ask.tenant)
            if leg.state == ABSENT and role is Role.CREATE:
                self._learn(before, ask)
            has_moved = self._state() != leg.state or leg.target == leg.state
            if has_moved and (self._state() != leg.target or _fits(call, seen)):
                return self._state() == leg.target
        return False

    def _learn(self, before: set[JobKey], ask: Ask) -> None:
        """Get to know the job that was made."""
        for job in self.reference.jobs():
            if job.key not in before and job.key.lifecycle == self.lifecycle:
                self.known = Known(job.key, ask.binding, ask.request)
                return
        given = [known for known in self.session.jobs if known.key not in before and known.request is ask.request]
        if self.known is None and given:  # an id was given out, and no job made
            self.known = given[-1]

    def _list(self, leg: Leg, seen: Observation) -> bool:
        """List jobs so that the job is among them, or if it is left out: would be."""
        known = self.known or self._stand_in()
        for binding, members in self._lists(known, leg.state, seen) if known is not None else ():
            assert known is not None
            pages = self.session.listing(binding, known.key.tenant, parent_for(binding, known), **members)
            listed = [item for page in pages for item in reach(page.reply, binding.items or ()) or ()]
            member = self.api.lifecycle(self.lifecycle).id_member_of(self.kind)
            if self.forged:
                del self.calls[len(self.calls) - len(pages) + 1 :]
            if self.forged or seen.what != OK or any(item.get(member) == known.key.id for item in listed):
                return True
        return False

    def _lists(self, known: Known, state: str, seen: Observation) -> list[tuple[Binding, dict[str, Any]]]:
        """Lists of a request class in which a job in a state should stand, then others."""
        lifecycle = self.api.lifecycle(self.lifecycle)
        found: dict[bool, list[tuple[Binding, dict[str, Any]]]] = {True: [], False: []}
        for binding, members in lists(self.session, known):
            request = self.session.service.listing(binding, known.key.tenant, parent_for(binding, known), ())
            request |= members
            pattern = () if binding.would_list is None else binding.would_list(request, known.key.id, known.request)
            should = pattern is not None and (pattern == () or matches(pattern, lifecycle.state(state).shows))
            if lifecycle.operation(binding.role).class_of(request) == seen.cls:
                found[should].append((binding, members))
        return found[True][:_MOST_LISTS] + (found[False][:1] if seen.what == OK else [])

    def _asks(self, seen: Observation, role: Role) -> Iterator[Ask]:
        """Calls of an operation and request class."""
        operation = self.api.lifecycle(self.lifecycle).operation(seen.operation)
        is_contextual = any(c.contextual and c.name == seen.cls for c in operation.classes)
        for ask in self._candidates(role, is_contextual=is_contextual):
            bound = [b for b in self.api.bound(ask.operation) if b.role == operation.name and self._serves(b)]
            if bound and (is_contextual or operation.class_of(ask.request) == seen.cls):
                yield ask

    def _serves(self, binding: Binding) -> bool:
        return binding.lifecycle == self.lifecycle and (binding.spreads or binding.kind in ("", self.kind))

    def _candidates(self, role: Role, *, is_contextual: bool) -> Iterator[Ask]:
        if role is Role.CREATE:
            if self.known is not None:
                yield from again(self.known)
            for ask in () if is_contextual else self._creations():
                id_in = ask.binding.id_in
                if self.known is not None and id_in:
                    yield replace(ask, request={**ask.request, id_in: self.known.key.id})
                yield ask
        elif is_contextual:
            other = self._of_another_kind()
            yield from foreign(self.session, other) if other is not None else ()
        else:
            known = self.known
            subject = known or self._stand_in()
            if subject is not None:
                asks = [*calls_on(self.session, subject, *BY_ID), *on_parent(self.session, subject)]
                yield from asks if known is not None else (nobodys(ask, subject, 1) for ask in asks)
                yield from self._borrowed(subject.key.id if known is not None else unknown_id(subject.key.id, 1))

    def _borrowed(self, job_id: str) -> Iterator[Ask]:
        """Requests that make jobs of another lifecycle, and name this one."""
        for binding in self._holding():
            for ask in self._creations():
                if ask.operation == binding.operation:
                    yield replace(ask, request={**ask.request, binding.id_in: job_id})

    def _fresh(self) -> int:
        """A number that no creation has had yet, for its name."""
        self._names += 1
        return 9 + self._names

    def _creations(self) -> list[Ask]:
        name = self._fresh()
        return creations(self.session, self.tenant, name, token=f"token-{name}")

    def _made(self, asks: Iterable[Ask]) -> Iterator[JobKey]:
        """Make creations, one after the other, and give the first job that each makes."""
        for ask in asks:
            before = {job.key for job in self.reference.jobs()}
            self.session.call(ask.operation, ask.request, ask.tenant)
            made = [job.key for job in self.reference.jobs() if job.key not in before]
            yield from made[:1]

    def _stand_in(self) -> Known | None:
        """The job whose like is asked for while the story's own does not exist: one for the whole story.

        So all calls with an id that nobody was given have the same id, and name the same parent.
        """
        if self._like is None:
            self._like = self._other()
        return self._like

    def _other(self) -> Known | None:
        """Another job of the lifecycle, made for the purpose; None if it could not be made."""
        asks = [a for a in self._creations() if any(self._serves(b) for b in self.api.bound(a.operation))]
        for ask in asks:
            for made in self._made([ask]):
                family = (job.key for job in self.reference.jobs() if made.id in (job.key.id, job.parent))
                for key in family:
                    if key.lifecycle == self.lifecycle:
                        return Known(key, ask.binding, ask.request)
        return None

    def _of_another_kind(self) -> Known | None:
        """A job of another kind whose id this one's operations take; None if there is no such kind."""
        own = {b.id_in for b in self.api.bindings if self._serves(b)} - {""}
        for ask in self._creations():
            binding = ask.binding
            takes = {b.id_in for b in self.api.bindings if (b.lifecycle, b.kind) == (binding.lifecycle, binding.kind)}
            if not self._serves(binding) and own & takes:
                for key in self._made([ask]):
                    return Known(key, binding, ask.request)
        return None


def _fits(call: Call, seen: Observation) -> bool:
    """True if a call was answered as it was to be seen, as far as that needs no projection."""
    return (call.error == seen.code) if seen.what in (ERROR, PASSED) else succeeded(call)


def _is_led(lifecycle: Lifecycle, row: Transition) -> bool:
    """True for a row that a job can be made to take: a move of the service, or a plain order that moves it."""
    if isinstance(row.label, Internal):
        return row.label.owed
    role = lifecycle.operation(row.label.operation).role
    return role is Role.ORDER and row.target != SAME and (not row.label.when or PLAIN in row.label.when)


def _own(readings: Mapping[str, str], lifecycle: Lifecycle) -> dict[str, str]:
    """The readings of a lifecycle's own questions."""
    named = ((q.name, readings.get(f"{lifecycle.name}/{q.name}", q.default)) for q in lifecycle.questions)
    return dict(named)

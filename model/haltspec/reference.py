"""The reference model: a service one can call, that does what a lifecycle allows and nothing else.

`Reference` checks a request, finds the job, lets `haltspec.machine` take a row and words the answer with the help of
the API's `Service`. Errors have an order: unknown operation, malformed request, refusals of the service (semantic
ones), then what the rows say of the job's state. What the service does by itself happens only when told to: by hand
(`fire`), by the clock (`Schedule`), at random (`stir`), or all at once (`settle`). The clock is handed in, and all
that looks random is drawn from the seed, so that a run can be repeated.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from haltspec import services
from haltspec.errors import Misuse, Unknown
from haltspec.lts import ABSENT, ANY_ERROR, PLAIN, Call, Internal, Lifecycle, Operation, Request, Role, Transition
from haltspec.machine import JobMachine, machine_for
from haltspec.services.base import Answer, Job, Service
from haltspec.spec import Api, Binding, JobKey

if TYPE_CHECKING:
    from haltspec.shapes import Shapes

__all__ = ["Answer", "Changes", "Job", "JobKey", "Moved", "Reference", "Schedule"]

_NUMBER: Final = attrgetter("number")
_HEAVIEST_PAGE: Final = 1024 * 1024
"""Where a list is paged by tokens, a page is shorter than asked for if its jobs weigh more, in characters."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the service moves by itself: each move takes a time within bounds, drawn from the reference's seed.

    Args:
        bounds: row name or event to shortest and longest delay in seconds.
        default: the bounds of all others.
        choose: picks the move to plan for a job that has entered a state, None for none; left out, of all that are
            possible there the soonest is planned.
    """

    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    default: tuple[float, float] = (1.0, 30.0)
    choose: Callable[[Reference, Job], Transition | None] | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in [*self.bounds.items(), ("default", self.default)]:
            if not 0 < low <= high:
                raise Misuse(f"the delay of {name!r} is {low} to {high} s", "give 0 < shortest <= longest")

    def delay(self, row: Transition, share: float) -> float:
        """The delay of a row, at `share` (0 to 1) of the way from shortest to longest."""
        assert isinstance(row.label, Internal)
        low, high = self.bounds.get(row.name) or self.bounds.get(row.label.event) or self.default
        return low + (high - low) * share


class _Token(NamedTuple):
    """An idempotency token that was used: for which parameters, for which job, when."""

    parameters: bytes
    job_id: str
    used: float


class Moved(NamedTuple):
    """A move that the service made: when in epoch seconds, which job, by which row."""

    at: float
    key: JobKey
    row: str


@dataclass(slots=True)
class Changes:
    """What has come about in a reference, in a form from which another can be brought to the same state.

    Args:
        draws: how much was drawn so far; 0 if nothing was drawn since changes were taken last.
        numbers: how many jobs there have been.
        now: the time of the latest event, in epoch seconds.
        jobs: the jobs that came, moved or are remembered otherwise, by tenant and id; one that is gone is `absent`.
        tokens: tenant, operation, token, digest of its parameters, id of its job, and when it was used.
        moves: the moves the service made, in their order.
    """

    draws: int = 0
    numbers: int = 0
    now: float = 0.0
    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    tokens: list[tuple[str, str, str, bytes, str, float]] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.draws or self.jobs or self.tokens or self.moves)


class _Tenant:
    """All that one tenant has; tenants share nothing."""

    __slots__ = ("jobs", "shelves", "tokens")

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.shelves: dict[tuple[str, str], dict[str, list[Job]]] = {}
        """(lifecycle, kind) to parent to the jobs there, oldest first."""
        self.tokens: dict[tuple[str, str], _Token] = {}

    def put(self, job: Job) -> None:
        key = job.key
        self.jobs[key.id] = job
        shelf = self.shelves.setdefault((key.lifecycle, key.kind), {}).setdefault(job.parent, [])
        if shelf and shelf[-1].number > job.number:
            insort(shelf, job, key=_NUMBER)
        else:
            shelf.append(job)

    def drop(self, job: Job) -> None:
        key = job.key
        if self.jobs.get(key.id) is not job:
            return
        del self.jobs[key.id]
        parents = self.shelves[key.lifecycle, key.kind]
        shelf = parents[job.parent]
        del shelf[bisect_left(shelf, job.number, key=_NUMBER)]
        if not shelf:
            del parents[job.parent]

    def shelf(self, lifecycle: Lifecycle, kind: str, parent: str | None) -> Sequence[Job]:
        """The jobs of a lifecycle, oldest first; only of one kind or parent if given."""
        shelves: list[list[Job]] = []
        for name in (kind,) if kind else (k.name for k in lifecycle.kinds):
            parents = self.shelves.get((lifecycle.name, name), {})
            if parent is None:
                shelves.extend(parents.values())
            elif parent in parents:
                shelves.append(parents[parent])
        return shelves[0] if len(shelves) == 1 else list(heapq.merge(*shelves, key=_NUMBER))

    def copy(self) -> _Tenant:
        twin = _Tenant()
        twin.jobs = {job_id: job.copy() for job_id, job in self.jobs.items()}
        twin.shelves = {
            place: {parent: [twin.jobs[job.key.id] for job in shelf] for parent, shelf in parents.items()}
            for place, parents in self.shelves.items()
        }
        twin.tokens = dict(self.tokens)
        return twin


@dataclass(frozen=True, slots=True)
class _Plan:
    """A binding with what is looked up for it once."""

    binding: Binding
    lifecycle: Lifecycle
    operation: Operation
    machine: JobMachine
    contextual: str | None
    """The request class of a repeated token or of another kind's id."""


class _Subject(NamedTuple):
    """The job a request is about (none: it does not exist), and the one of another kind that has its id."""

    job: Job | None
    foreign: Job | None = None
    repeated: bool = False


class Reference:
    """A running model of an API, for one caller at a time.

    Args:
        api: whose model it is.
        clock: the time in epoch seconds; a clock that goes back is read as standing still.
        readings: open question (full name) to reading; defaults fill the gaps.
        seed: draws ids, delays and choices. None: the first of several free rows is always taken.
        rows: lifecycle name to the rows that replace its own (readings do not apply to them).
        service: replaces the API's own service.
        schedule: when the service moves by itself; None: only when told to.
        choose: picks one of several free rows; replaces the seed's choice.
        watch: is told the lifecycle's name and the row whenever a row answers or moves a job, one that does not exist
            included (what a list leaves out, what a call on a parent does not find there), and whenever a creation that
            the service refuses agrees with a row.
        keeps_changes: whether it notes what comes about, for `take_changes`.

    Raises:
        Unknown: a question, reading or lifecycle that the API does not have.
        Misuse: a reading that this model cannot follow.
    """

    def __init__(
        self,
        api: Api,
        *,
        clock: Callable[[], float],
        readings: Mapping[str, str] | None = None,
        seed: int | None = None,
        rows: Mapping[str, tuple[Transition, ...]] | None = None,
        service: Service | None = None,
        schedule: Schedule | None = None,
        choose: Callable[[tuple[Transition, ...]], Transition] | None = None,
        watch: Callable[[str, Transition], None] | None = None,
        keeps_changes: bool = False,
    ) -> None:
        self.api = api
        self.clock = clock
        self.seed = seed
        self.schedule = schedule
        self.choose = choose
        self.watch = watch
        self.service = service if service is not None else services.load(api.name)
        self.readings: Mapping[str, str] = _readings(api, readings or {}, self.service)
        self._machines = _machines(api, self.readings, rows or {})
        self._plans = _plans(api, self._machines)
        self._shapes: Shapes = self.service.shapes(api)
        self._tenants: dict[str, _Tenant] = {}
        self._now = float("-inf")
        self._is_moving = False
        self._numbers = 0
        self._draws = 0
        self._told_draws = 0
        self._due: list[tuple[float, int, int, str, str, str]] = []
        self._changes = Changes() if keeps_changes else None

    # ---- calls -----------------------------------------------------------------------------------------------------

    def call(self, operation: str, request: Request, *, tenant: str) -> Answer:
        """Answer a call; what is due by the clock happens first.

        Args:
            operation: the vendor's operation name.
            request: the request's members; a copy is kept.
            tenant: whose jobs it can see.
        """
        self.catch_up()
        plans = self._plans.get(operation)
        if plans is None:
            return self.service.unknown_operation(self, operation)
        faults = self._shapes.request_faults(operation, request)
        if faults:
            return self.service.malformed(self, operation, faults, request)
        request = _without_nulls(request)
        plan = self._plan(plans, request, tenant)
        refusal = self.service.check(self, plan.binding, request, tenant)
        if refusal is not None:
            for asked in plans if plan.operation.role is Role.CREATE else ():
                job = self._named(asked, request, tenant).job
                self._tell_agreeing(asked, job.state if job is not None else ABSENT, request, refusal.error)
            return refusal
        if plan.operation.role is Role.LIST:
            return self._list(plan, request, tenant)
        if plan.operation.role is Role.CREATE:
            return self._create(plan, request, tenant)
        return self._order(plan, plans, request, tenant)

    def _plan(self, plans: tuple[_Plan, ...], request: Request, tenant: str) -> _Plan:
        if len(plans) == 1:
            return plans[0]
        chosen = self.service.choose(self, [p.binding for p in plans if not p.binding.spreads], request, tenant)
        return next(plan for plan in plans if plan.binding is chosen)

    def _order(self, plan: _Plan, plans: tuple[_Plan, ...], request: Request, tenant: str) -> Answer:
        subject = self._named(plan, request, tenant)
        cls = self._class(plan, request, subject.foreign is not None)
        job_id = str(request.get(plan.binding.id_in, ""))
        job = subject.job or self._nobody(plan, tenant, job_id)
        row = self._take(plan, job, cls)
        if not _succeeds(row):
            refusal = self._refusal(plan, job, row)
            for spread in plans:
                if spread.binding.spreads:
                    self._tell_agreeing(spread, ABSENT, request, refusal.error)
            return refusal
        shown = self._shown(row, subject.foreign or job)
        if subject.job is not None:
            self.service.accepted(self, plan.binding, subject.job, request)
        for spread in plans:
            if spread.binding.spreads:
                self._spread(spread, request, tenant, job_id)
        return self._success(plan, job if subject.foreign is None else subject.foreign, shown)

    def _spread(self, plan: _Plan, request: Request, tenant: str, parent: str) -> None:
        """Make a call on a parent one on each of its jobs."""
        cls = self._class(plan, request, False)
        for job in list(self.jobs_of(tenant, plan.binding.lifecycle, plan.binding.kind, parent)):
            self._take(plan, job, cls)
        self._tell_agreeing(plan, ABSENT, request, None)

    def _create(self, plan: _Plan, request: Request, tenant: str) -> Answer:
        subject = self._named(plan, request, tenant)
        token = request.get(plan.binding.token_in) if plan.binding.token_in else None
        if token is not None:
            known = self._known_token(plan, request, tenant, str(token))
            if isinstance(known, Answer):
                return known
            subject = known or subject
        job = subject.job or self._newcomer(plan, request, tenant)
        if not job.number and self.find(tenant, job.key.id) is not None:
            return self.service.refuse(self, self.service.taken_code, f"{job.key.id} exists already")
        cls = self._class(plan, request, subject.repeated)
        row = self._take(plan, job, cls, request)
        if not _succeeds(row):
            return self._refusal(plan, job, row)
        shown = self._shown(row, job)
        if token is not None and subject.job is None:
            self._remember(plan, request, tenant, str(token), job)
        return self._success(plan, job, shown)

    def _newcomer(self, plan: _Plan, request: Request, tenant: str) -> Job:
        binding, service = plan.binding, self.service
        named = request.get(binding.id_in) if binding.id_in else None
        job_id = named if isinstance(named, str) else service.new_id(self, binding, request, tenant, self._draw())
        key = JobKey(tenant, plan.lifecycle.name, service.new_kind(self, binding, request), job_id)
        return Job(key, parent=service.new_parent(self, binding, request, tenant, job_id))

    def _known_token(self, plan: _Plan, request: Request, tenant: str, token: str) -> _Subject | Answer | None:
        """The job a repeated token answers for (none if it is gone), a refusal, or None if the token is new."""
        home, service = self._seen(tenant), self.service
        used = home.tokens.get((plan.binding.operation, token))
        life = service.token_life(self)
        if used is None or (life is not None and self._now - used.used > life):
            return None
        job = home.jobs.get(used.job_id)
        if used.parameters == service.token_parameters(plan.binding, request):
            return _Subject(job, repeated=job is not None or self._has_rows_for_tokens_of_the_gone(plan))
        reading = service.other_parameters(self)
        if reading == "same job" and job is not None:
            return _Subject(job, repeated=True)
        if reading in ("same job", "new job"):
            return None
        return service.refuse(self, reading, f"the token {token!r} was used with other parameters")

    @staticmethod
    def _has_rows_for_tokens_of_the_gone(plan: _Plan) -> bool:
        cls = plan.contextual
        return cls is not None and bool(plan.machine.rows_for(ABSENT, plan.operation.name, cls))

    def _remember(self, plan: _Plan, request: Request, tenant: str, token: str, job: Job) -> None:
        parameters, operation = self.service.token_parameters(plan.binding, request), plan.binding.operation
        self._home(tenant).tokens[operation, token] = _Token(parameters, job.key.id, self._now)
        if self._changes is not None:
            self._changes.tokens.append((tenant, operation, token, parameters, job.key.id, self._now))

    def _named(self, plan: _Plan, request: Request, tenant: str) -> _Subject:
        binding = plan.binding
        named = request.get(binding.id_in) if binding.id_in else None
        found = self._seen(tenant).jobs.get(named) if isinstance(named, str) else None
        if found is None:
            return _Subject(None)
        if found.key.lifecycle == binding.lifecycle and binding.kind in ("", found.key.kind):
            return _Subject(found)
        return _Subject(None, found)

    def _class(self, plan: _Plan, request: Request, is_contextual: bool) -> str:
        if is_contextual and plan.contextual is not None:
            return plan.contextual
        return plan.operation.class_of(request) if plan.operation.classes else PLAIN

    def _nobody(self, plan: _Plan, tenant: str, job_id: str) -> Job:
        """A stand-in for a job that does not exist."""
        return Job(JobKey(tenant, plan.lifecycle.name, plan.binding.kind or plan.lifecycle.kinds[0].name, job_id))

    def _take(self, plan: _Plan, job: Job, cls: str, request: Request | None = None) -> Transition | None:
        """Take one of the rows that answer the call; None if there is none."""
        rows = plan.machine.rows_for(job.state, plan.operation.name, cls)
        if not rows:
            return None
        row = rows[0] if len(rows) == 1 else self._pick(job, rows)
        before = job.state
        plan.machine.fire(job, row)
        self._tell(plan.lifecycle, row)
        if job.state != before:
            if request is not None and before == ABSENT:
                self._settle_in(plan.binding, job, request)
            if job.number:  # only changed rows move a job that does not exist: nothing comes of it
                self._has_moved(job, row, before)
        return row

    def _pick(self, job: Job, rows: tuple[Transition, ...]) -> Transition:
        agreeing = tuple(row for row in rows if self.service.permits(self, job, row)) or rows
        if len(agreeing) == 1:
            return agreeing[0]
        if self.choose is not None:
            return self.choose(agreeing)
        return agreeing[0] if self.seed is None else agreeing[int(self._draw(), 16) % len(agreeing)]

    def _settle_in(self, binding: Binding, job: Job, request: Request) -> None:
        self._numbers += 1
        job.number = self._numbers
        self._keep(job)
        self.service.create(self, binding, job, request)
        self._home(job.key.tenant).put(job)
        was_moving, self._is_moving = self._is_moving, True
        self.service.created(self, binding, job, request)
        self._is_moving = was_moving

    def _keep(self, job: Job) -> None:
        """Note whatever changes about a job."""
        if self._changes is not None:
            job.tell = self._note
            self._note(job)

    def _note(self, job: Job) -> None:
        if self._changes is not None and job.number:
            self._changes.jobs[job.key.tenant, job.key.id] = job

    def _has_moved(self, job: Job, row: Transition, before: str) -> None:
        job.entered += 1
        self._note(job)
        if job.state == ABSENT:
            self._seen(job.key.tenant).drop(job)
        if self.schedule is not None:
            self._plan_next(job)
        was_moving, self._is_moving = self._is_moving, True
        self.service.moved(self, job, row, before)
        self._is_moving = was_moving

    def _shown(self, row: Transition, job: Job) -> dict[str, str]:
        """The status members of a reply: what the row says, or else what the job's state shows."""
        assert isinstance(row.label, Call)
        lifecycle, values = self._machines[job.key.lifecycle].lifecycle, row.label.reply.shows
        if values is None:
            values = lifecycle.state(job.state).shows
        return dict(zip(lifecycle.status_members, values, strict=False))

    def _success(self, plan: _Plan, job: Job, shown: Mapping[str, str]) -> Answer:
        binding = plan.binding
        if binding.view is None:
            return self.service.success(self, binding, {})
        if job.number and shown:
            body = self.service.view(self, job, binding, shown)
        else:  # only changed rows answer for a job that does not exist
            body = {plan.lifecycle.id_member_of(job.key.kind): job.key.id, **shown}
        for member in reversed(binding.view):
            body = {member: body}
        return self.service.success(self, binding, body)

    def _refusal(self, plan: _Plan, job: Job, row: Transition | None) -> Answer:
        if row is None or not isinstance(row.label, Call):
            text = f"no row answers {plan.operation.name} in the state {job.state}"
            return self.service.refuse(self, self.service.fault_code, text)
        code = row.label.reply.error
        if code is None or code == ANY_ERROR:
            code = self.service.unnamed_code
        text = self.service.refusal_text(self, code, plan.binding, job.key.id, row)
        return self.service.refuse(self, code, text)

    def _tell(self, lifecycle: Lifecycle, row: Transition) -> None:
        if self.watch is not None:
            self.watch(lifecycle.name, row)

    def _tell_agreeing(self, plan: _Plan, state: str, request: Request, error: str | None) -> None:
        """Tell the rows that an answer agrees with though none was taken: a success, or the refusal `error`."""
        if self.watch is not None:
            codes = (error,) if error is None else (error, ANY_ERROR)
            for row in plan.machine.rows_for(state, plan.operation.name, self._class(plan, request, False)):
                if isinstance(row.label, Call) and row.label.reply.error in codes:
                    self.watch(plan.lifecycle.name, row)

    # ---- lists -----------------------------------------------------------------------------------------------------

    def _list(self, plan: _Plan, request: Request, tenant: str) -> Answer:
        binding, service = plan.binding, self.service
        newest_first = service.is_newest_first(self, binding, request)
        shelf = self._seen(tenant).shelf(plan.lifecycle, binding.kind, service.scope(binding, request))
        size, offset = service.page_size(binding, request), service.first_item(self, binding, request)
        given = request.get(binding.next_in) if binding.next_in else None
        after = _after(binding, tenant, request, given, service.keeps_page_parameters(self))
        if after is None:
            return service.refuse(
                self, service.bad_page_code, f"{binding.next_in} {given!r} was not given for this list"
            )
        self._tell_agreeing(plan, ABSENT, request, None)
        items: list[dict[str, Any]] = []
        last, more, total, weight = 0, False, 0, 0
        cls = self._class(plan, request, False)
        for job in _onwards(shelf, after, newest_first):
            shown = self._listed(plan, job, cls)
            if shown is None or not service.selects(self, binding, request, job):
                continue
            total += 1
            if offset is not None and total <= offset:
                continue
            is_full = len(items) >= size
            if offset is None and not is_full:
                weight += job.weigh()
                is_full = bool(items) and weight > _HEAVIEST_PAGE
            if not is_full:
                items.append(service.view(self, job, binding, shown))
                last = job.number
            elif offset is None:
                more = True
                break
        body = service.list_body(self, binding, items, total if offset is not None else None)
        if more and binding.next_out:
            body[binding.next_out] = _page_token(binding, tenant, request, last)
        return service.success(self, binding, body)

    def _listed(self, plan: _Plan, job: Job, cls: str) -> dict[str, str] | None:
        """The status members to list a job with; None if no row lists it."""
        rows = plan.machine.rows_for(job.state, plan.operation.name, cls)
        row = next(filter(_succeeds, rows), None)
        if row is None:
            return None
        self._tell(plan.lifecycle, row)
        return self._shown(row, job)

    def ask(self, binding: Binding, request: Request, tenant: str) -> Transition | None:
        """Take the row by which a further job that a call names (by another of its bindings) answers that call.

        None if no row does, which only a changed set of rows brings about.
        """
        plan = next(plan for plan in self._plans[binding.operation] if plan.binding is binding)
        subject = self._named(plan, request, tenant)
        job = subject.job or self._nobody(plan, tenant, str(request.get(binding.id_in, "")))
        return self._take(plan, job, self._class(plan, request, False))

    # ---- the service's own moves -----------------------------------------------------------------------------------

    def enabled(self, job: Job) -> tuple[Transition, ...]:
        """The moves the service may make now with a job."""
        rows = self._machines[job.key.lifecycle].internal_rows(job.state)
        return tuple(row for row in rows if _is_owed(row) and self.service.permits(self, job, row))

    def fire(self, job: Job, what: str | Transition) -> Transition:
        """Make the move called `what` (a row, its name, or its event; the first that fits) and return its row.

        Moves that nobody owes can be told as well.

        Raises:
            Misuse: no such move is possible now.
        """
        self._tick()
        return self._fire(job, what)

    def _fire(self, job: Job, what: str | Transition) -> Transition:
        rows = self._machines[job.key.lifecycle].internal_rows(job.state)
        enabled = (*self.enabled(job), *(row for row in rows if not _is_owed(row)))
        for row in enabled:
            if what in (row, row.name, str(row.label)):
                self._move(job, row)
                return row
        name = what.name if isinstance(what, Transition) else what
        raise Misuse(
            f"{job.key.lifecycle} {job.key.id} shows no move {name!r} in the state {job.state}",
            f"possible: {', '.join(repr(row.name) for row in enabled) or 'none'}",
        )

    def _move(self, job: Job, row: Transition) -> None:
        before, machine = job.state, self._machines[job.key.lifecycle]
        machine.fire(job, row)
        self._tell(machine.lifecycle, row)
        if self._changes is not None:
            self._changes.moves.append(Moved(self._now, job.key, row.name))
        self._has_moved(job, row, before)

    def stir(self, rng: Random) -> tuple[Job, Transition] | None:
        """Make one possible move at random and tell which; None if there is none."""
        self._tick()
        moves = [(job, row) for job in self.jobs() for row in self.enabled(job)]
        if not moves:
            return None
        job, row = rng.choice(moves)
        self._move(job, row)
        return job, row

    def settle(self) -> None:
        """Let every job move, by the first row each time, until it is settled or would come to a state again."""
        self._tick()
        for job in self.jobs():
            been = {job.state}
            while not self.service.is_settled(self, job):
                row = next((r for r in self.enabled(job) if r.target_from(job.state) not in been), None)
                if row is None:
                    break
                self._move(job, row)
                been.add(job.state)

    def catch_up(self) -> None:
        """Make all moves that are due by the clock, each at its own time."""
        now = max(self.clock(), self._now)
        while self._move_on(now):
            pass

    def move_on(self) -> bool:
        """Make the next move that is due by the clock, at its own time; False if none is due any more."""
        return self._move_on(max(self.clock(), self._now))

    def _move_on(self, now: float) -> bool:
        while self._due and self._due[0][0] <= now:
            due, _, entered, tenant, job_id, name = heapq.heappop(self._due)
            job = self.find(tenant, job_id)
            if job is None or job.entered != entered:
                continue
            self._now = max(due, self._now)
            row = next((r for r in self.enabled(job) if r.name == name), None)
            if row is not None:
                self._move(job, row)
                return True
            self._plan_next(job)
        self._now = now
        return False

    @property
    def next_due(self) -> float | None:
        """When the next move is due, in epoch seconds; None if none is planned."""
        return self._due[0][0] if self._due else None

    def _plan_next(self, job: Job) -> None:
        """Plan the soonest of the moves that are possible in the state just entered."""
        assert self.schedule is not None
        if self.schedule.choose is not None:
            chosen = self.schedule.choose(self, job)
            rows: tuple[Transition, ...] = (chosen,) if chosen is not None else ()
        else:
            moves = self._machines[job.key.lifecycle].internal_rows(job.state)
            rows = tuple(row for row in moves if _is_owed(row))
        if rows:
            shares = (int(self._draw()[:12], 16) / 16**12 for _ in rows)
            delay, name = min(
                (self.schedule.delay(row, share), row.name) for row, share in zip(rows, shares, strict=True)
            )
            self._draws += 1
            heapq.heappush(self._due, (self._now + delay, self._draws, job.entered, job.key.tenant, job.key.id, name))

    def _tick(self) -> None:
        """Look at the clock, unless this is a move that another move brings about: they happen at the same time."""
        if not self._is_moving:
            self._now = max(self.clock(), self._now)

    # ---- what is there ---------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time of the present event, in epoch seconds."""
        return self._now

    def find(self, tenant: str, job_id: str) -> Job | None:
        """The job with this id in the tenant, of whatever kind."""
        return self._seen(tenant).jobs.get(job_id)

    def jobs(self, tenant: str | None = None) -> list[Job]:
        """All jobs that exist, of one tenant if given, oldest first."""
        homes = self._tenants.values() if tenant is None else [self._seen(tenant)]
        return sorted((job for home in homes for job in home.jobs.values()), key=_NUMBER)

    def jobs_of(self, tenant: str, lifecycle: str, kind: str = "", parent: str | None = None) -> Sequence[Job]:
        """The tenant's jobs of a lifecycle, oldest first; only of one kind or parent if given."""
        return self._seen(tenant).shelf(self.api.lifecycle(lifecycle), kind, parent)

    def add(self, key: JobKey, data: Mapping[str, Any], *, parent: str = "", role: str = "", cls: str = PLAIN) -> Job:
        """Make a job that no request names by the first row that creates one.

        Args:
            key: its key.
            data: what the service remembers of it.
            parent: the id of what it belongs to.
            role: the operation that creates it; the lifecycle's first with the role CREATE if left out.
            cls: the request class.
        """
        lifecycle = self.api.lifecycle(key.lifecycle)
        role = role or next(o.name for o in lifecycle.operations if o.role is Role.CREATE)
        machine = self._machines[key.lifecycle]
        rows = [r for r in machine.rows_for(ABSENT, role, cls) if r.target_from(ABSENT) != ABSENT]
        job = Job(key, parent=parent, data=data)
        if rows:
            self._numbers += 1
            job.number = self._numbers
            self._keep(job)
            machine.fire(job, rows[0])
            self._tell(lifecycle, rows[0])
            self._home(key.tenant).put(job)
            self._has_moved(job, rows[0], ABSENT)
        return job

    def take_changes(self) -> Changes | None:
        """What has come about since it was last asked; None if the reference keeps no changes."""
        taken = self._changes
        if taken is not None:
            self._changes = Changes()
            taken.draws = self._draws if self._draws != self._told_draws else 0
            taken.numbers, taken.now = self._numbers, self._now
            self._told_draws = self._draws
        return taken

    def put_back(self, changes: Changes) -> None:
        """Bring about what `changes`, taken from another reference of the API, tell; moves of theirs are not told.

        The jobs become this reference's own. Once everything is back, `resume` plans what the service does next.
        """
        self._draws, self._numbers = max(self._draws, changes.draws), max(self._numbers, changes.numbers)
        self._now = max(self._now, changes.now)
        for (tenant, job_id), job in changes.jobs.items():
            home = self._home(tenant)
            known = home.jobs.get(job_id)
            if known is not None and known.number == job.number:
                known.state, known.data, known.entered = job.state, job.data, job.entered
                if job.state == ABSENT:
                    home.drop(known)
            elif job.state != ABSENT:
                if known is not None:
                    home.drop(known)
                job.tell = self._note if self._changes is not None else None
                home.put(job)
        for tenant, operation, token, parameters, job_id, used in changes.tokens:
            self._home(tenant).tokens[operation, token] = _Token(parameters, job_id, used)

    def resume(self, now: float) -> None:
        """Plan the next move of every job, after jobs were put back; none is made before `now`, in epoch seconds.

        Until then somebody may have looked, which changes nothing: what was told must not be overtaken by the past.
        """
        self._now = max(self._now, now)
        if self.schedule is not None:
            for job in self.jobs():
                self._plan_next(job)

    def fork(self) -> Reference:
        """An independent copy of everything but the clock, which is shared."""
        twin = object.__new__(Reference)
        twin.__dict__.update(self.__dict__)
        twin._tenants = {name: home.copy() for name, home in self._tenants.items()}
        twin._due = list(self._due)
        twin._changes = None
        return twin

    def still(self) -> Reference:
        """An independent copy in which time stands still and nothing moves by itself."""
        twin, now = self.fork(), self._now
        twin.clock, twin.schedule, twin._due = lambda: now, None, []
        return twin

    def fingerprint(self) -> Hashable:
        """The abstract state: jobs by tenant in order of creation, their states, and tokens; no ids, no times."""
        return tuple(sorted((name, *self._print_of(home)) for name, home in self._tenants.items()))

    def _print_of(self, home: _Tenant) -> tuple[Hashable, ...]:
        jobs = sorted(home.jobs.values(), key=_NUMBER)
        places = {job.key.id: place for place, job in enumerate(jobs)}
        states = tuple(
            (job.key.lifecycle, job.key.kind, places.get(job.parent, -1), job.state, self.service.abstract(self, job))
            for job in jobs
        )
        tokens = (
            (operation, token, places.get(used.job_id, -1), used.parameters)
            for (operation, token), used in home.tokens.items()
        )
        return states, tuple(sorted(tokens))

    def _seen(self, tenant: str) -> _Tenant:
        """What a tenant has, to look at: one that has nothing leaves no trace."""
        return self._tenants.get(tenant) or _Tenant()

    def _home(self, tenant: str) -> _Tenant:
        """What a tenant has, to put something there."""
        home = self._tenants.get(tenant)
        if home is None:
            home = self._tenants[tenant] = _Tenant()
        return home

    def _draw(self) -> str:
        """64 hexadecimal digits that no other draw has, nor one of another API."""
        self._draws += 1
        return hashlib.blake2b(f"{self.api.name}/{self.seed}:{self._draws}".encode(), digest_size=32).hexdigest()


def _succeeds(row: Transition | None) -> TypeGuard[Transition]:
    """True if there is a row and it answers a call with success."""
    return row is not None and isinstance(row.label, Call) and row.label.reply.error is None


def _is_owed(row: Transition) -> bool:
    """True if the service makes the move by itself."""
    return isinstance(row.label, Internal) and row.label.owed


# ---- definitions looked up once -----------------------------------------------------------------------------------


def _readings(api: Api, chosen: Mapping[str, str], service: Service) -> dict[str, str]:
    questions = api.all_questions()
    for name, reading in chosen.items():
        question = api.question(name)
        question.reading(reading)
        if name in service.unmodelled and reading != question.default:
            raise Misuse(
                f"{api.name}: the reference model has no choice for {name!r}",
                f"leave it at its default reading, {question.default!r}",
            )
    return {name: chosen.get(name, question.default) for name, question in questions.items()}


def _machines(
    api: Api, readings: Mapping[str, str], rows: Mapping[str, tuple[Transition, ...]]
) -> dict[str, JobMachine]:
    known = {lifecycle.name for lifecycle in api.lifecycles}
    for name in rows:
        if name not in known:
            raise Unknown(f"lifecycle of {api.name}", name, known)
    machines = {}
    for lifecycle in api.lifecycles:
        own = {q.name: readings[f"{lifecycle.name}/{q.name}"] for q in lifecycle.questions}
        held = rows[lifecycle.name] if lifecycle.name in rows else lifecycle.rows(own)
        machines[lifecycle.name] = machine_for(lifecycle, held)
    return machines


def _without_nulls(request: Request) -> dict[str, Any]:
    """A copy of the request without members that are null, which says the same as leaving them out."""
    return {name: _copied(value) for name, value in request.items() if value is not None}


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _without_nulls(value)
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


def _plans(api: Api, machines: Mapping[str, JobMachine]) -> dict[str, tuple[_Plan, ...]]:
    plans: dict[str, tuple[_Plan, ...]] = {}
    for name in api.operations:
        for binding in api.bound(name):
            lifecycle = api.lifecycle(binding.lifecycle)
            operation = lifecycle.operation(binding.role)
            contextual = next((c.name for c in operation.classes if c.contextual), None)
            plan = _Plan(binding, lifecycle, operation, machines[lifecycle.name], contextual)
            plans[name] = (*plans.get(name, ()), plan)
    return plans


# ---- lists --------------------------------------------------------------------------------------------------------


def _onwards(shelf: Sequence[Job], after: int, newest_first: bool) -> Iterator[Job]:
    """The jobs that follow the one with the number `after` (0: all), in the order of the list."""
    if newest_first:
        end = bisect_left(shelf, after, key=_NUMBER) if after else len(shelf)
        return (shelf[place] for place in range(end - 1, -1, -1))
    start = bisect_right(shelf, after, key=_NUMBER)
    return (shelf[place] for place in range(start, len(shelf)))


def _page_token(binding: Binding, tenant: str, request: Request, after: int) -> str:
    """A token that names where the next page begins, for which list, and the parameters it was given for."""
    return f"{after:x}-{_digest(tenant, binding.operation, str(after))}-{_parameters(binding, request)}"


_PLACE: Final = re.compile("[0-9a-f]{1,16}")


def _after(binding: Binding, tenant: str, request: Request, token: Any, strict: bool) -> int | None:
    """Where a page begins (0: at the beginning); None if the token was never given for this list."""
    if token is None:
        return 0
    number, _, rest = str(token).partition("-")
    if not _PLACE.fullmatch(number):
        return None
    after = int(number, 16)
    digest, _, parameters = rest.partition("-")
    if digest != _digest(tenant, binding.operation, str(after)):
        return None
    return None if strict and parameters != _parameters(binding, request) else after


def _parameters(binding: Binding, request: Request) -> str:
    given = sorted((name, repr(value)) for name, value in request.items() if name != binding.next_in)
    return _digest(*(f"{name}={value}" for name, value in given))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()

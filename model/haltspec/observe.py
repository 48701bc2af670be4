"""From wire to job: what each call of a trace says about each job, and the views that data rules look at.

A trace is projected in two passes. The first gathers which jobs it creates and names, with the tokens used. The second
gives every job its timed observations and every data rule its exchanges and sights. Nothing here judges.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from haltspec.automaton import ANY_CLASS, ERROR, OK, PASSED, UNKNOWN, UNLISTED, Observation, matches
from haltspec.lts import ABSENT, PLAIN, SAME, Lifecycle, Operation, Role
from haltspec.lts import Call as CallLabel
from haltspec.makers import pair
from haltspec.rules import TOKEN_LIFE_S, Exchange, Job, Sight, SightRule
from haltspec.shapes import Breach, Fault, Shapes
from haltspec.shapes import load as load_shapes
from haltspec.spec import Api, Binding, JobKey, Nature, Pattern, reach
from haltspec.trace import Call

_READING = (Role.READ, Role.LIST)
_OUTSIDE = (Nature.THROTTLE, Nature.ACCESS)


@dataclass(frozen=True, slots=True)
class Event:
    """One observation of one job, with the time span of its call in epoch seconds.

    Args:
        seen: what was seen.
        start, end: when the call began, and when it had its effect at the latest: infinite if no answer came, or none
            that tells whether the job was changed.
        call: the index of the call in the trace.
        reads: the call cannot change the job.
        lag: how many seconds older what is shown may be, or how much later the effect, as far as documents leave that
            open.
    """

    seen: Observation
    start: float
    end: float
    call: int
    reads: bool
    lag: float = 0.0


@dataclass(slots=True)
class History:
    """All events of one job, in order of start; `created` is the index of the call that made it, None if unseen.

    Of a job that was made under an idempotency token it is the first call that answered for the job. A job that nobody
    saw made, in a recording of every call, is of a creation whose answer was lost: `maker` is one that asked for
    another, if none is left that asked for this. If each is of another job already, `others` are calls that show this.
    """

    key: JobKey
    events: list[Event] = field(default_factory=list)
    created: int | None = None
    maker: int | None = None
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Projection:
    """A trace of one API, projected.

    Args:
        api: the API.
        calls: the trace's calls.
        histories: one for each job, in order of first mention.
        exchanges: one for each call.
        sights: (job, sight, index of the call), in order of the call's end.
        faults: for each call, what is wrong with the request's shape.
    """

    api: Api
    calls: tuple[Call, ...]
    histories: tuple[History, ...]
    exchanges: tuple[Exchange, ...]
    sights: tuple[tuple[JobKey, Sight, int], ...]
    faults: tuple[tuple[Fault, ...], ...]

    @property
    def malformed(self) -> frozenset[tuple[str, str]]:
        """The jobs, by tenant and id, that a malformed request made: what they show echoes what was wrong with it."""
        return frozenset(
            (history.key.tenant, history.key.id)
            for history in self.histories
            if history.created is not None and self.faults[history.created]
        )


def project(api: Api, calls: Iterable[Call], *, shapes: Shapes | None = None, alone: bool = False) -> Projection:
    """The projection of `calls`, all of them of `api`, in the order of the recording.

    With `alone` the recording holds every call made in its tenants, whatever the calls themselves say.
    """
    return _Projector(api, tuple(calls), shapes or load_shapes(api), alone).run()


@dataclass(frozen=True, slots=True)
class _Bound:
    """A binding with what is looked up again for every call that uses it."""

    binding: Binding
    lifecycle: Lifecycle
    operation: Operation
    id_member: str
    refusals: frozenset[str]
    early: frozenset[tuple[str, ...]]
    """What a success shows that does not show its effect yet."""

    @property
    def draws_id(self) -> bool:
        return self.operation.role is Role.CREATE and not self.binding.id_in


def _bind(api: Api, binding: Binding) -> _Bound:
    lifecycle = api.lifecycle(binding.lifecycle)
    codes = refusals(lifecycle, binding.role)
    early = frozenset(_early(lifecycle, binding.role))
    return _Bound(binding, lifecycle, api.role(binding), lifecycle.id_member_of(binding.kind), codes, early)


def _early(lifecycle: Lifecycle, role: str) -> Iterator[tuple[str, ...]]:
    for row in lifecycle.all_rows():
        if isinstance(row.label, CallLabel) and row.label.operation == role and row.target != SAME:
            shows = row.label.reply.shows
            if shows is not None and shows != lifecycle.state(row.target).shows:
                yield shows


def refusals(lifecycle: Lifecycle, role: str, cls: str = "") -> frozenset[str]:
    """The error codes with which rows, those of readings included, refuse an operation of a lifecycle.

    Only those for requests of the class `cls`, if given.
    """
    replies = (
        row.label.reply
        for row in lifecycle.all_rows()
        if isinstance(row.label, CallLabel)
        and row.label.operation == role
        and (not cls or cls in (row.label.when or (cls,)))
    )
    return frozenset(reply.error for reply in replies if reply.error is not None)


def refusal_tells(api: Api, operation: str, error: str, codes: frozenset[str]) -> bool:
    """True if a refusal tells something of the job it was asked for; False if it may rest on what has no rows.

    Args:
        api: the API.
        operation: the wire operation.
        error: the error code, or the HTTP status of an error without one.
        codes: those with which rows refuse the operation, see `refusals`.
    """
    spec = api.error(error)
    if spec is None:
        return True
    may_be_elsewhere = Nature.ENVIRONMENT in spec.natures or operation in spec.outside_in
    is_elsewhere = may_be_elsewhere and spec.declared_by(operation) and spec.code not in codes
    return not (is_elsewhere or any(nature in spec.natures for nature in _OUTSIDE))


def succeeded(call: Call) -> bool:
    """True if the call was answered with a success."""
    return call.status is not None and call.error is None and call.status < 300


def is_uncertain(api: Api, call: Call) -> bool:
    """True if no answer tells whether the call had its effect: none came, or a fault of the service."""
    if call.status is None or succeeded(call):
        return call.status is None
    spec = api.error(call.code)
    return call.status >= 500 or (spec is not None and Nature.FAULT in spec.natures)


def may_change(api: Api, call: Call) -> bool:
    """True if the call is one that can change some job: no read and no list."""
    return any(api.role(binding).role not in _READING for binding in api.bound(call.operation))


class _Projector:
    def __init__(self, api: Api, calls: tuple[Call, ...], shapes: Shapes, alone: bool) -> None:
        self.api = api
        self.calls = calls
        self.alone = alone
        self.list_lag_s = api.list_lag.seconds if api.list_lag is not None else 0.0
        self.bound = {op: tuple(_bind(api, b) for b in api.bound(op)) for op in {c.operation for c in calls}}
        self.in_time = sorted(range(len(calls)), key=lambda index: calls[index].start)
        """The indexes of the calls in order of their start, whatever the order of the recording."""
        given = dict(self._given_ids())
        self.faults = tuple(self._request_faults(call, shapes, given) for call in calls)
        self.recorded = calls
        self.calls = tuple(replace(c, request=shapes.as_read(c.operation, c.request)) for c in calls)
        self.histories: dict[JobKey, History] = {}
        self.made_as: dict[tuple[str, str], set[tuple[str, str]]] = {}
        """The lifecycles and kinds as which the recording shows an id to be given out, by tenant and id."""
        self.known_as: dict[tuple[str, str], set[tuple[str, str]]] = {}
        """The lifecycles and kinds whose operations name an id or list it, by tenant and id."""
        self.tokens: dict[tuple[str, str, str], tuple[int, JobKey]] = {}
        self.changes: list[tuple[float, float]] = []
        self.removed: dict[JobKey, float] = {}
        """Jobs that a call has deleted, or may have, with the time of the first."""
        self.with_token: dict[tuple[str, str, str], list[int]] = {}
        """Creations that made a job or may have, by tenant, operation and token."""
        self.lost: dict[tuple[str, str, str], list[tuple[int, _Bound]]] = {}
        """Creations that may have made a job without telling its id, by tenant, lifecycle and kind."""
        self.births: dict[JobKey, list[int]] = {}
        """The calls that made a job of this id: more than one if ids may be used again."""
        self.repeats: set[int] = set()
        """Those of them that may instead have answered, by their token, for a job that was there."""
        self.rivals: dict[int, list[int]] = {}
        self.sights: dict[JobKey, list[Sight]] = {}

    def run(self) -> Projection:
        for gather in (self._gather_removal, self._gather):
            for index in self.in_time:
                for bound in self.bound[self.calls[index].operation]:
                    gather(index, self.calls[index], bound)
        self.changes.sort()
        self._settle_creations()
        for index, call in enumerate(self.calls):
            for bound in self.bound[call.operation]:
                for key, seen in self._observe(index, call, bound):
                    self._add(key, seen, call, index, bound)
        shelves: dict[tuple[str, str, str], list[History]] = {}
        for key, history in self.histories.items():
            shelves.setdefault((key.tenant, key.lifecycle, key.kind), []).append(history)
        for bound, chain in self._listings():
            self._unlisted(bound, chain, shelves)
        self._born_with_parents()
        self._born_unseen()
        for history in self.histories.values():
            history.events.sort(key=lambda event: (event.start, event.end, event.call))
        sights = tuple(self._see())
        exchanges = tuple(map(self._exchange, range(len(self.calls)), self.calls))
        histories = tuple(h for h in self.histories.values() if h.events)
        return Projection(self.api, self.recorded, histories, exchanges, sights, self.faults)

    def _given_ids(self) -> Iterator[tuple[str, tuple[Call, tuple[str, str]]]]:
        """The ids that creations and lists have shown, each with a call that did and what kind of job it is."""
        for call in self.calls:
            for bound in self.bound[call.operation] if succeeded(call) else ():
                shown = [self._view_id(call, bound)] if bound.draws_id else []
                if bound.operation.role is Role.LIST:
                    shown += [job.get(bound.id_member) for job in _items(call, bound.binding)]
                of = (call, (bound.binding.lifecycle, bound.binding.kind))
                yield from ((job_id, of) for job_id in shown if isinstance(job_id, str))

    def _request_faults(
        self, call: Call, shapes: Shapes, given: Mapping[str, tuple[Call, tuple[str, str]]]
    ) -> tuple[Fault, ...]:
        """What is wrong with a request, but for an id that the service itself gave out for such a job.

        A service whose ids are too long is told so once, by its reply; a client can only use them as they are, also
        where a call names other jobs than its own. The good id of a model is no good id or name of a job, though.
        """
        bindings = [bound.binding for bound in self.bound[call.operation]]
        takes = {(binding.id_in, (binding.lifecycle, binding.kind)) for binding in bindings}

        def is_excused(fault: Fault) -> bool:
            is_of_ids = fault.breach in (Breach.LENGTH, Breach.PATTERN)  # nobody's id is a number or an enum's value
            if not is_of_ids or not isinstance(fault.value, str) or fault.value not in given:
                return False
            giver, what = given[fault.value]
            if (fault.member, what) in takes:
                return True
            return any(other.value == fault.value for other in shapes.reply_faults(giver.operation, giver.reply))

        return tuple(f for f in shapes.request_faults(call.operation, call.request) if not is_excused(f))

    # ---- first pass -------------------------------------------------------------------------------------------------

    def _gather_removal(self, index: int, call: Call, bound: _Bound) -> None:
        if bound.operation.role is Role.DELETE and bound.binding.id_in and not self.faults[index]:
            job_id = call.request.get(bound.binding.id_in)
            if isinstance(job_id, str) and (succeeded(call) or self._is_uncertain(call)):
                key = JobKey(call.tenant, bound.binding.lifecycle, bound.binding.kind, job_id)
                self.removed.setdefault(key, call.start)

    def _gather(self, index: int, call: Call, bound: _Bound) -> None:
        role = bound.operation.role
        if role in (Role.CREATE, Role.DELETE):
            self.changes.append((call.start, math.inf if call.end is None else call.end))
        token = self._token(call, bound.binding) if bound.draws_id else ""
        if token and (succeeded(call) or self._is_uncertain(call)):
            self.with_token.setdefault((call.tenant, call.operation, token), []).append(index)
        if bound.draws_id and self._is_uncertain(call):
            place = call.tenant, bound.binding.lifecycle, bound.binding.kind
            self.lost.setdefault(place, []).append((index, bound))
        elif bound.draws_id and succeeded(call):
            job_id = self._view_id(call, bound)
            if job_id is not None:
                key = JobKey(call.tenant, bound.binding.lifecycle, bound.binding.kind, job_id)
                history = self.histories.setdefault(key, History(key))
                if history.created is None:
                    history.created = index
                is_repeat = (call.tenant, call.operation, self._token(call, bound.binding)) in self.tokens
                # Where tokens are ignored a repeat makes a job; and a deletion accepted is not yet one that is done.
                if not is_repeat or history.created == index or self.removed.get(key, math.inf) <= self._end(call):
                    self.births.setdefault(key, []).append(index)
                if is_repeat:
                    self.repeats.add(index)
                self.made_as.setdefault((call.tenant, job_id), set()).add((key.lifecycle, key.kind))
                self._remember_token(index, call, bound.binding, key)
        elif role is Role.LIST and succeeded(call):
            for job in _items(call, bound.binding):
                self._known(call, bound, job.get(bound.id_member))
        elif bound.binding.id_in and not self.faults[index]:
            job_id = call.request.get(bound.binding.id_in)
            self._known(call, bound, job_id)
            is_done = succeeded(call) or self._is_uncertain(call)
            if role is Role.CREATE and isinstance(job_id, str) and is_done:
                key = JobKey(call.tenant, bound.binding.lifecycle, bound.binding.kind, job_id)
                self.births.setdefault(key, []).append(index)

    @staticmethod
    def _token(call: Call, binding: Binding) -> str:
        """The token of a creation, empty if it has none."""
        token = call.request.get(binding.token_in) if binding.token_in else None
        return token if isinstance(token, str) else ""

    def _remember_token(self, index: int, call: Call, binding: Binding, key: JobKey) -> None:
        token = self._token(call, binding)
        if token:
            self.tokens.setdefault((call.tenant, call.operation, token), (index, key))

    def _known(self, call: Call, bound: _Bound, job_id: Any) -> None:
        if isinstance(job_id, str):
            key = JobKey(call.tenant, bound.binding.lifecycle, bound.binding.kind, job_id)
            self.histories.setdefault(key, History(key))
            self.known_as.setdefault((key.tenant, key.id), set()).add((key.lifecycle, key.kind))

    def _view_id(self, call: Call, bound: _Bound) -> str | None:
        view = reach(call.reply, bound.binding.view) if bound.binding.view is not None else None
        job_id = view.get(bound.id_member) if isinstance(view, Mapping) else None
        return job_id if isinstance(job_id, str) else None

    # ---- second pass ------------------------------------------------------------------------------------------------

    def _observe(self, index: int, call: Call, bound: _Bound) -> Iterator[tuple[JobKey, Observation]]:
        binding, operation = bound.binding, bound.operation
        if self.faults[index] and not (bound.draws_id and succeeded(call)):
            return  # a malformed request says nothing of a job, unless it made one; that it was answered is a data rule
        if operation.role is Role.LIST:
            if succeeded(call):
                for job in _items(call, binding):
                    job_id = job.get(bound.id_member)
                    if isinstance(job_id, str):
                        key = JobKey(call.tenant, binding.lifecycle, binding.kind, job_id)
                        shown = _shown(job, bound)
                        yield key, Observation(operation.name, operation.class_of(call.request), OK, shown)
            return
        if binding.spreads:
            for key in self._children(call, binding):
                yield key, self._answer(call, bound, operation.class_of(call.request), hidden=True)
            return
        if bound.draws_id:
            job_id = self._view_id(call, bound) if succeeded(call) else None
            if job_id is not None:
                key = JobKey(call.tenant, binding.lifecycle, binding.kind, job_id)
                yield key, self._answer(call, bound, self._creation_class(index, call, bound, key))
            elif not succeeded(call):
                yield from self._refused_again(call, bound)
            return
        job_id = call.request.get(binding.id_in)
        if isinstance(job_id, str):
            key = JobKey(call.tenant, binding.lifecycle, binding.kind, job_id)
            cls = self._class_by_id(call, bound, key)
            if self._refuses_page(call, bound, cls):
                return
            yield key, self._answer(call, bound, cls)
            yield from self._passed_on(call, bound, key)

    def _refuses_page(self, call: Call, bound: _Bound, cls: str) -> bool:
        """True if what is refused may be the page asked for, by an error that no row has for such a call.

        What an operation answers to a page token that it did not give, or gave long ago, is silent in every API.
        """
        members = (other.binding.next_in for other in self.bound[call.operation])
        if call.error is None or not any(member and call.request.get(member) is not None for member in members):
            return False
        spec = self.api.error(call.error)
        return spec is None or spec.code not in refusals(bound.lifecycle, bound.operation.name, cls)

    def _passed_on(self, call: Call, bound: _Bound, key: JobKey) -> Iterator[tuple[JobKey, Observation]]:
        """An order that another kind's operation accepted may have reached the job that has the id.

        Whether kinds share one space of ids is open, so a job of the right kind is not blamed for obeying.
        """
        made = self.made_as.get((call.tenant, key.id), set())
        if (key.lifecycle, key.kind) in made or bound.operation.role in _READING:
            return
        if not succeeded(call) and not self._is_uncertain(call):
            return
        for lifecycle, kind in sorted(made):
            if any(operation.name == bound.operation.name for operation in self.api.lifecycle(lifecycle).operations):
                yield JobKey(call.tenant, lifecycle, kind, key.id), Observation(bound.operation.name, PLAIN, UNKNOWN)

    def _children(self, call: Call, binding: Binding) -> list[JobKey]:
        parent, parent_of = call.request.get(binding.scope_in), binding.parent_of
        return [
            key
            for key in self.histories
            if parent_of is not None
            and (key.tenant, key.lifecycle) == (call.tenant, binding.lifecycle)
            and parent_of(key.id) == parent
        ]

    def _born_with_parents(self) -> None:
        """Jobs that come with another (a run's jobs) are made at some time after it, before they are first seen.

        No reply says when, so their creation is an observation that lasts as long as that. Whether one that no reply
        showed came with it, nobody knows.
        """
        makers = [b for bounds in self.bound.values() for b in bounds if b.draws_id and b.binding.spreads]
        known = self.histories.values() if makers else ()
        made = {(h.key.tenant, h.key.id): h.created for h in known if h.created is not None}
        for maker in makers:
            for key, history in self.histories.items():
                parent_of = maker.binding.parent_of
                if history.created is not None or key.lifecycle != maker.binding.lifecycle or parent_of is None:
                    continue
                created = made.get((key.tenant, parent_of(key.id)))
                seen = [e.end for e in history.events if e.seen.what == OK and not self._is_on_parent(key, e.seen)]
                if created is None or (seen and self.calls[created].start >= min(seen)):
                    continue
                call = self.calls[created]
                if seen:
                    history.created = created
                    born = Observation(maker.operation.name, maker.operation.class_of(call.request), OK)
                    history.events.append(Event(born, call.start, min(seen), created, False))
                elif history.events:
                    born = Observation(maker.operation.name, ANY_CLASS, UNKNOWN)
                    history.events.append(Event(born, call.start, math.inf, created, False))

    def _born_unseen(self) -> None:
        """A job whose creation was not seen may be that of a creation whose answer was lost; so may one made again.

        Each such job may be that of each such call. But in a recording of every call no call makes two of them.
        """
        stranded = self._stranded()
        for key, history in list(self.histories.items()) if self.lost else ():
            for index, bound in self.lost.get((key.tenant, key.lifecycle, key.kind), ()) if key not in stranded else ():
                call = self.calls[index]
                again = key in self.removed
                if again or history.created is None or index in self._same_token(history.created, bound.binding):
                    self._add(key, Observation(bound.operation.name, ANY_CLASS, UNKNOWN), call, index, bound)
                if again:
                    self.births.setdefault(key, []).append(index)

    def _stranded(self) -> set[JobKey]:
        """The jobs that no lost creation is left for; with whose request all others are compared is noted."""
        stranded: set[JobKey] = set()
        shown = self._shown_of_nobody() if self.lost else {}
        places: dict[tuple[str, str, str], list[JobKey]] = {}
        for key in shown:
            places.setdefault((key.tenant, key.lifecycle, key.kind), []).append(key)
        kept = {key: self._kept(sight) for key, (_, sight) in shown.items()}

        def fits(key: JobKey, index: int) -> bool | None:
            """True if a job that a creation would have made keeps the rules that it keeps without it."""
            (first, sight), call = shown[key], self.calls[index]
            if (self.calls[first].end or math.inf) < call.start:
                return None
            made = replace(sight, created=call.request)
            return all(rule.check(made) is None for rule in kept[key])

        for place, lost in self.lost.items():
            if lost[0][1].binding.spreads:
                continue  # it makes any number of jobs
            free = [index for index, bound in lost if self._may_have_made_another(index, bound)]
            pairing = pair(places.get(place, ()), free, fits)
            for key, index in pairing.maker.items():
                self.histories[key].maker = None if fits(key, index) else index
            for key, others in pairing.stranded.items():
                calls = {*(pairing.maker[other] for other in others), *(shown[other][0] for other in others)}
                if not free:  # each was made again, with its token
                    pairs = ((index, self._same_token(index, bound.binding)) for index, bound in lost)
                    calls = {index for first, again in pairs for index in (first, *again)}
                self.histories[key].others = tuple(sorted(calls))
                stranded.add(key)
        return stranded

    def _shown_of_nobody(self) -> dict[JobKey, tuple[int, Sight]]:
        """The jobs that nobody saw made, where the recording holds every call of their tenant.

        Each with the index of the call that showed it first, and a sight of it, of the whole job if there is one. What
        is shown as jobs of several kinds is left out: nobody knows whose it is.
        """
        others = {call.tenant for call in self.calls if not self._is_alone(call)}
        of_kinds: dict[str, set[tuple[str, str, str]]] = {}
        for place, lost in self.lost.items():
            if not lost[0][1].binding.spreads:
                of_kinds.setdefault(place[0], set()).add(place)
        found: dict[JobKey, tuple[int, Sight]] = {}
        kinds: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for index in self.in_time:
            call = self.calls[index]
            is_told = succeeded(call) and call.end is not None and call.tenant not in others
            is_of_one_kind = len(of_kinds.get(call.tenant, ())) == 1  # else an order may be on a job of another kind
            roles = (*_READING, Role.ORDER) if is_of_one_kind else _READING
            for bound in self.bound[call.operation] if is_told else ():
                for key, job in self._jobs_in(call, bound) if bound.operation.role in roles else ():
                    kinds.setdefault((key.tenant, key.id), set()).add((key.lifecycle, key.kind))
                    history = self.histories.get(key)
                    if history is None or history.created is not None or key in self.removed:
                        continue
                    first, sight = found.get(key, (index, None))
                    if sight is None or (bound.binding.full and not sight.full):
                        found[key] = first, self._sight(key, job, call, bound)
        return {
            key: shown
            for key, shown in found.items()
            if kinds[key.tenant, key.id] | self.made_as.get((key.tenant, key.id), set()) == {(key.lifecycle, key.kind)}
        }

    def _may_have_made_another(self, index: int, bound: _Bound) -> bool:
        """True unless a lost creation was made again, with its token, as one that was answered or began earlier.

        What a token does that also met another request is an open question, and so is what it does after a day.
        """
        call = self.calls[index]
        same = [(other, self.calls[other]) for other in self._same_token(index, bound.binding)]
        if any(again.request != call.request or abs(again.start - call.start) > TOKEN_LIFE_S for _, again in same):
            return True
        return not any(succeeded(again) or self._is_before(other, index) for other, again in same)

    def _kept(self, sight: Sight) -> tuple[SightRule, ...]:
        """The data rules that a job keeps as long as nobody says who made it."""
        rules = (*self.api.rules, *self.api.lifecycle(sight.binding.lifecycle).rules)
        return tuple(rule for rule in rules if isinstance(rule, SightRule) and rule.check(sight) is None)

    def _is_on_parent(self, key: JobKey, seen: Observation) -> bool:
        return self.api.lifecycle(key.lifecycle).operation(seen.operation).on_parent

    # ---- creations --------------------------------------------------------------------------------------------------

    def _settle_creations(self) -> None:
        """A start with a token may answer for a job made before the recording: then its creation is unseen.

        So it is if the job was seen before, or shows what no new job shows. One that shows what a new job shows is
        taken for the one that made the job, though it may repeat the first answer: else nothing could be said of any
        job of a client that sends tokens. In a recording that holds every call nothing was made before.
        """
        seen = self._first_seen()
        for key, history in self.histories.items():
            if history.created is None:
                continue
            call = self.calls[history.created]
            bound = next(b for b in self.bound[call.operation] if b.binding.lifecycle == key.lifecycle)
            if self._is_alone(call) or not self._token(call, bound.binding):
                continue
            if seen.get(key, math.inf) <= call.start or not self._is_of_new_job(call, bound):
                history.created = None

    def _is_alone(self, call: Call) -> bool:
        return self.alone or call.alone

    def _first_seen(self) -> dict[JobKey, float]:
        """When each job was first shown or reached by a call other than a creation."""
        found: dict[JobKey, float] = {}
        for call in self.calls if any(h.created is not None for h in self.histories.values()) else ():
            for bound in self.bound[call.operation] if succeeded(call) and call.end is not None else ():
                if not bound.draws_id:
                    for key, _ in self._jobs_in(call, bound):
                        found[key] = min(found.get(key, math.inf), call.end or math.inf)
        return found

    def _is_of_new_job(self, call: Call, bound: _Bound) -> bool:
        """True if a creation's answer shows what a job that it has just made can show."""
        seen = self._answer(call, bound, bound.operation.class_of(call.request))
        for row in bound.lifecycle.all_rows():
            label = row.label
            if ABSENT in row.states and isinstance(label, CallLabel) and label.operation == bound.operation.name:
                shows = label.reply.shows or bound.lifecycle.state(row.target_from(ABSENT)).shows
                if label.reply.error is None and row.target_from(ABSENT) != ABSENT and matches(seen.shows, shows):
                    return True
        return False

    def _same_token(self, index: int, binding: Binding) -> list[int]:
        """The other creations that made a job, or may have, with the token of the one at `index`."""
        call = self.calls[index]
        same = self.with_token.get((call.tenant, call.operation, self._token(call, binding)), ())
        return [other for other in same if other != index]

    def _creation_class(self, index: int, call: Call, bound: _Bound, key: JobKey) -> str:
        """A creation that answers for a job made before with its token is of the contextual class.

        With other parameters too: what a token then does is an open question, and one reading is the same job. Which
        of several calls with one token made the job cannot be told where they overlap, or where the first is unseen.
        """
        token = self._token(call, bound.binding)
        contextual = next((c.name for c in bound.operation.classes if c.contextual), PLAIN)
        if not token or contextual == PLAIN:
            return bound.operation.class_of(call.request)
        same = self._same_token(index, bound.binding)
        if self.histories[key].created is None or any(self._overlap(call, self.calls[other]) for other in same):
            return ANY_CLASS
        is_repeat = any(
            self._is_before(other, index) and self._view_id(self.calls[other], bound) == key.id for other in same
        )
        return contextual if is_repeat else bound.operation.class_of(call.request)

    def _refused_again(self, call: Call, bound: _Bound) -> Iterator[tuple[JobKey, Observation]]:
        """A creation refused though its token and parameters made a job before speaks of that job."""
        token = call.request.get(bound.binding.token_in) if bound.binding.token_in else None
        first = self.tokens.get((call.tenant, call.operation, token)) if isinstance(token, str) else None
        if first is None:
            return
        made = self.calls[first[0]]
        if made.end is not None and made.end <= call.start and made.request == call.request:
            cls = next((c.name for c in bound.operation.classes if c.contextual), PLAIN)
            yield first[1], self._answer(call, bound, cls)

    def _class_by_id(self, call: Call, bound: _Bound, key: JobKey) -> str:
        """An id that the trace shows to be made as another kind of job is of the contextual class.

        If several kinds were asked for an id that was given out unseen, before the recording or in an answer that was
        lost, nobody knows whose it is.
        """
        own = bound.operation.class_of(call.request)
        foreign = next((c.name for c in bound.operation.classes if c.contextual), None)
        if foreign is None:
            return own
        made = self.made_as.get((call.tenant, key.id))
        if made is not None:
            return own if (key.lifecycle, key.kind) in made else foreign
        several = len(self.known_as.get((call.tenant, key.id), ())) > 1
        unseen = not self._is_alone(call) or any(tenant == call.tenant for tenant, _, _ in self.lost)
        return ANY_CLASS if several and unseen and own == PLAIN else own

    def _answer(self, call: Call, bound: _Bound, cls: str, *, hidden: bool = False) -> Observation:
        role = bound.operation.name
        if self._is_uncertain(call):
            return Observation(role, cls, UNKNOWN)
        if succeeded(call):
            view = None if hidden or bound.binding.view is None else reach(call.reply, bound.binding.view)
            shown = _shown(view, bound) if isinstance(view, Mapping) else None
            return Observation(role, cls, OK, shown)
        if not refusal_tells(self.api, call.operation, call.code, bound.refusals):
            return Observation(role, cls, PASSED)
        spec = self.api.error(call.code)
        code = spec.code if spec is not None else call.error or f"HTTP {call.status}"
        return Observation(role, cls, ERROR, None, code)

    def _is_uncertain(self, call: Call) -> bool:
        return is_uncertain(self.api, call)

    def _end(self, call: Call) -> float:
        """When the call can have had its effect at the latest."""
        return math.inf if call.end is None or self._is_uncertain(call) else call.end

    def _is_before(self, first: int, second: int) -> bool:
        return (self.calls[first].start, first) < (self.calls[second].start, second)

    def _overlap(self, first: Call, second: Call) -> bool:
        return first.start <= self._end(second) and second.start <= self._end(first)

    def _add(self, key: JobKey, seen: Observation, call: Call, index: int, bound: _Bound) -> None:
        history = self.histories.setdefault(key, History(key))
        end = math.inf if seen.what == UNKNOWN else self._end(call)
        lag = self._lag(seen, bound)
        history.events.append(Event(seen, call.start, end, index, bound.operation.role in _READING, lag))

    def _lag(self, seen: Observation, bound: _Bound) -> float:
        if bound.operation.role is Role.LIST:
            return self.list_lag_s
        is_shown = seen.shows is not None and not any(matches(seen.shows, shows) for shows in bound.early)
        return 0.0 if is_shown or seen.what != OK else bound.binding.delay_s

    # ---- listings ---------------------------------------------------------------------------------------------------

    def _listings(self) -> Iterator[tuple[_Bound, list[int]]]:
        """Complete listings: the pages of each, from one without a token to one that gives none."""
        waiting: dict[tuple[str, str, str], list[int]] = {}
        for index, call in ((index, self.calls[index]) for index in self.in_time):
            for bound in self.bound[call.operation]:
                binding = bound.binding
                if bound.operation.role is not Role.LIST or not succeeded(call) or self.faults[index]:
                    continue
                if not isinstance(call.reply, Mapping):
                    continue  # a recording without bodies
                token = call.request.get(binding.next_in) if binding.next_in else None
                if token is None:
                    chain: list[int] | None = [index]
                else:
                    chain = waiting.pop((call.tenant, call.operation, str(token)), None)
                    chain = None if chain is None else [*chain, index]
                following = reach(call.reply, (binding.next_out,)) if binding.next_out else None
                if chain is None:
                    continue
                if following is not None:
                    waiting[call.tenant, call.operation, str(following)] = chain
                elif self._is_whole(call, binding):
                    yield bound, chain

    @staticmethod
    def _is_whole(call: Call, binding: Binding) -> bool:
        if not binding.total_out:
            return True
        total = reach(call.reply, (binding.total_out,))
        return isinstance(total, int) and total <= len(_items(call, binding))

    def _unlisted(
        self, bound: _Bound, chain: Sequence[int], shelves: Mapping[tuple[str, str, str], Sequence[History]]
    ) -> None:
        """Note with every job of `shelves` (by tenant, lifecycle and kind) that it was not in a listing."""
        binding, first, last = bound.binding, self.calls[chain[0]], self.calls[chain[-1]]
        end = math.inf if last.end is None else last.end
        if len(chain) > 1 and self._changed(first.start, end):
            return  # how pages behave while jobs come and go is silent
        there = {str(job.get(bound.id_member)) for index in chain for job in _items(self.calls[index], binding)}
        cls = bound.operation.class_of(first.request)
        for history in shelves.get((first.tenant, binding.lifecycle, binding.kind), ()):
            job_id = history.key.id
            if job_id in there or not _in_scope(first, binding, job_id):
                continue
            pattern: Pattern | None = ()
            if binding.would_list is not None:
                births, maker = self.births.get(history.key, ()), history.created
                made = self._request_of(maker, births) if maker is not None and len(births) < 2 else None
                pattern = binding.would_list(first.request, job_id, made)
            if pattern is not None:
                seen = Observation(bound.operation.name, cls, UNLISTED, pattern)
                history.events.append(Event(seen, first.start, end, chain[-1], True, self.list_lag_s))

    def _changed(self, start: float, end: float) -> bool:
        """True if a creation or deletion overlaps the time span."""
        before = bisect.bisect_right(self.changes, (end, math.inf))
        return any(change[1] >= start for change in self.changes[:before])

    # ---- for data rules ---------------------------------------------------------------------------------------------

    def _exchange(self, index: int, call: Call) -> Exchange:
        bound = self.bound[call.operation][0]
        reply = call.reply if isinstance(call.reply, Mapping) else None
        job_id = self._view_id(call, bound) if succeeded(call) else None
        return Exchange(
            operation=call.operation,
            tenant=call.tenant,
            binding=bound.binding,
            request=call.request,
            status=call.status,
            error=call.error,
            reply=reply,
            start=call.start,
            end=call.end,
            items=_items(call, bound.binding) if succeeded(call) else (),
            job_id=job_id,
            alone=self._is_alone(call),
            is_id_malformed=self._is_id_malformed(index, call),
            body=call.reply,
        )

    def _is_id_malformed(self, index: int, call: Call) -> bool:
        """True if the id of the job breaks its shape, and nothing else of the request does."""
        members = {fault.member for fault in self.faults[index]}
        return bool(members) and members <= {bound.binding.id_in for bound in self.bound[call.operation]}

    def _see(self) -> Iterator[tuple[JobKey, Sight, int]]:
        done = [index for index, call in enumerate(self.calls) if succeeded(call) and call.end is not None]
        for index in sorted(done, key=lambda i: (self.calls[i].end, i)):
            call = self.calls[index]
            for bound in self.bound[call.operation]:
                for key, job in self._jobs_in(call, bound):
                    sight = self._sight(key, job, call, bound)
                    self.sights.setdefault(key, []).append(sight)
                    yield key, sight, index

    def _jobs_in(self, call: Call, bound: _Bound) -> Iterator[tuple[JobKey, Job]]:
        binding = bound.binding
        if bound.operation.role is Role.LIST:
            jobs: tuple[Job, ...] = _items(call, binding)
        else:
            view = reach(call.reply, binding.view) if binding.view is not None and not binding.spreads else None
            jobs = (view,) if isinstance(view, Mapping) else ()
        for job in jobs:
            job_id = call.request.get(binding.id_in) if binding.id_in else job.get(bound.id_member)
            if isinstance(job_id, str):
                yield JobKey(call.tenant, binding.lifecycle, binding.kind, job_id), job

    def _sight(self, key: JobKey, job: Job, call: Call, bound: _Bound) -> Sight:
        history, births = self.histories.get(key), self.births.get(key, ())
        first = history.created if history is not None else None
        is_again = len(births) > 1  # an id used again: earlier sights and requests may be those of another job
        made = self._maker(call, births) if is_again else first
        maker = self.calls[made] if is_again and made is not None else None
        assert call.end is not None
        return Sight(
            job=job,
            shown=_shown(job, bound),
            full=bound.binding.full,
            binding=bound.binding,
            request=call.request,
            created=self._made_by(first, made, history, births),
            earlier=None if is_again and maker is None else self._earlier(key, call.start, maker),
            start=call.start,
            end=call.end,
        )

    def _made_by(
        self, first: int | None, made: int | None, history: History | None, births: Sequence[int]
    ) -> Mapping[str, Any] | None:
        """The request that made a job, as far as it is known."""
        if first is not None and made is not None:
            return self._request_of(made, births)
        lost = history.maker if history is not None else None
        return self.calls[lost].request if lost is not None else None

    def _ended_before(self, first: Call, second: Call) -> bool:
        return self._end(first) <= second.start

    def _maker(self, call: Call, births: Sequence[int]) -> int | None:
        """Of the calls that made jobs of one id the one that made the job a call shows; None if it may be several."""
        before = [birth for birth in births if self.calls[birth].start <= self._end(call)]
        latest = max(before, key=lambda birth: self.calls[birth].start, default=None)
        if latest is None:
            return None
        made = self.calls[latest]
        are_over = all(birth == latest or self._ended_before(self.calls[birth], made) for birth in before)
        return latest if are_over and (made is call or self._ended_before(made, call)) else None

    def _request_of(self, maker: int, births: Sequence[int]) -> Mapping[str, Any] | None:
        """The request that made a job; None if its maker may have answered for one that another request made."""
        request = self.calls[maker].request
        rivals = {*self._rivals(maker), *(births if maker in self.repeats else ())}
        return request if all(self.calls[rival].request == request for rival in rivals) else None

    def _rivals(self, maker: int) -> list[int]:
        """The creations with the token of one that may have come before it."""
        if maker not in self.rivals:
            call = self.calls[maker]
            bindings = (bound.binding for bound in self.bound[call.operation] if self._token(call, bound.binding))
            same = [other for binding in bindings for other in self._same_token(maker, binding)]
            self.rivals[maker] = [other for other in same if self._overlap(self.calls[other], call)]
        return self.rivals[maker]

    def _earlier(self, key: JobKey, start: float, maker: Call | None) -> Sight | None:
        """The latest sight that ended before `start`; with a `maker`, of what that made."""
        for sight in reversed(self.sights.get(key, [])):
            if sight.end <= start:
                is_reply = maker is not None and (sight.start, sight.end) == (maker.start, maker.end)
                if maker is None or is_reply or sight.start >= self._end(maker):
                    return sight
                if sight.end < maker.start:
                    break
        return None


def _items(call: Call, binding: Binding) -> tuple[Job, ...]:
    found = reach(call.reply, binding.items) if binding.items is not None else None
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()


def _shown(job: Job, bound: _Bound) -> Pattern:
    """The status a reply shows; members of the same names are something else where it has no status members."""
    values = (None if bound.binding.hides_status else job.get(m) for m in bound.lifecycle.status_members)
    return tuple(value if isinstance(value, str) else None for value in values)


def _in_scope(call: Call, binding: Binding, job_id: str) -> bool:
    if not binding.scope_in or binding.parent_of is None:
        return True
    return binding.parent_of(job_id) == call.request.get(binding.scope_in)

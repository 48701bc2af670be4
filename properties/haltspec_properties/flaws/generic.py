"""What any implementation of any of the APIs may get wrong."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from haltspec import shapes
from haltspec.lts import ABSENT, Internal, Lifecycle, Role
from haltspec.reference import Job
from haltspec.services.base import Answer
from haltspec.spec import Api, Nature
from haltspec_properties.flaws.service import Flaw, Turn, Twist, ends, has_reads, is_stop

_BUG: Final = "a bug in the service: no document allows it"
_FAKES: Final = "published fakes do so"
_RACE_S: Final = 0.004
_ON_JOBS: Final = (Role.READ, Role.ORDER, Role.DELETE)
_ORDERS: Final = (Role.ORDER, Role.DELETE)

Change = Callable[[Turn, Answer], Answer | None]


def generic(api: Api) -> Iterator[Flaw]:
    """The flaws that fit an API."""
    yield from _answers(api)
    yield from _effects(api)
    yield from _lists(api)
    yield from _data(api)
    yield from _tenants(api)
    yield from _tokens(api)
    yield from _races(api)


# ---- making twists ---------------------------------------------------------------------------------------------------


def after(change: Change, when: Callable[[Turn], bool] = lambda _turn: True) -> Twist:
    """A twist that changes the true answer to some calls."""

    async def twist(turn: Turn) -> Answer | None:
        is_meant = when(turn)
        answer = turn.go()
        return change(turn, answer) if is_meant else answer

    return twist


def instead(act: Callable[[Turn], Answer | None], when: Callable[[Turn], bool]) -> Twist:
    """A twist that takes the place of the true service for some calls."""

    async def twist(turn: Turn) -> Answer | None:
        return act(turn) if when(turn) else turn.go()

    return twist


def on(*roles: Role) -> Callable[[Turn], bool]:
    """True for operations of some roles."""
    return lambda turn: turn.role in roles


def stops(turn: Turn) -> bool:
    """True for a stop."""
    return turn.is_stop


def looks(turn: Turn) -> bool:
    """True for calls that look at jobs."""
    return turn.looks


def edit(
    change: Callable[[Turn, dict[str, Any]], None], *roles: Role, when: Callable[[Turn], bool] | None = None
) -> Twist:
    """A twist that changes each job shown by some calls, or by operations of some roles; by all if none is given."""

    def changed(turn: Turn, answer: Answer) -> Answer:
        for view in turn.shown(answer):
            change(turn, view)
        return answer

    return after(changed, when or (on(*roles) if roles else lambda _turn: True))


def shows(member: str, change: Callable[[Any, dict[str, Any]], Any]) -> Twist:
    """A twist that changes one member of every job that is shown, inner ones after a dot; what is None is left out.

    Args:
        member: its name.
        change: takes the true value, and all that is shown of the job.
    """
    *outer, last = member.split(".")

    def changed(_turn: Turn, view: dict[str, Any]) -> None:
        place: Any = view
        for name in outer:
            place = place.get(name)
            if not isinstance(place, dict):
                return
        if last in place:
            place[last] = change(place[last], view)
            if place[last] is None:
                del place[last]

    return edit(changed)


def hides(member: str) -> Twist:
    """A twist that leaves a member out of every job that is shown."""
    return shows(member, lambda _value, _view: None)


def adds(member: str, value: Callable[[dict[str, Any]], Any]) -> Twist:
    """A twist that shows a member of every job that has none; not where the value is None."""

    def changed(_turn: Turn, view: dict[str, Any]) -> None:
        if member not in view and value(view) is not None:
            view[member] = value(view)

    return edit(changed, Role.READ, Role.LIST)


def is_refused(answer: Answer) -> bool:
    """True for a refusal that is the service's, not the shapes'."""
    return answer.error is not None


def status_members(turn: Turn) -> tuple[str, ...]:
    """The members that show the status of the jobs an operation speaks of."""
    return turn.api.lifecycle(turn.binding.lifecycle).status_members


def has_times(view: dict[str, Any]) -> list[str]:
    """The members of a view that hold times."""
    return [name for name, value in view.items() if _is_time(name, value)]


def _is_time(name: str, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value > 1e8
    return is_number and any(word in name.lower() for word in ("time", "created", "started", "stopped"))


# ---- answers ---------------------------------------------------------------------------------------------------------


def _answers(api: Api) -> Iterator[Flaw]:
    """Wrong statuses, codes and bodies."""
    likely = ("InvalidRequestException", "ResourceInUseException", "DLF.0102")
    wrong = next((code for code in likely if api.error(code) is not None), "ResourceNotFoundException")

    def unknown(turn: Turn) -> bool:
        return turn.role in _ON_JOBS and turn.job_id is not None and turn.job is None

    def missing_is(role: Role) -> Callable[[Turn], bool]:
        return lambda turn: unknown(turn) and turn.role is role

    for role in _roles_on_jobs(api):
        change = _code_of_missing(wrong)
        yield Flaw(f"{role.value} of an unknown id: wrong code", _FAKES, after(change, missing_is(role)))
    yield Flaw(
        "orders on unknown ids are accepted",
        _FAKES,
        instead(accepted, lambda turn: unknown(turn) and turn.role in _ORDERS and _is_sound(turn)),
    )
    yield Flaw("refusals have HTTP 200", _BUG, after(_status_of_refusals(200)))
    yield Flaw("refusals have HTTP 404", "REST habit; the documents give 400", after(_status_of_refusals(404)))
    yield Flaw("refusals have HTTP 500", _BUG, after(_status_of_refusals(500)))
    yield Flaw("successes have HTTP 202", "REST habit; the documents give another", after(_status_of_successes(202)))
    yield Flaw("refusals have no code", _FAKES, after(_without_code))
    yield Flaw("an undeclared error", _BUG, after(_undeclared, lambda turn: unknown(turn)))
    if api.name != "dataarts":  # its general chapter on status codes gives 500 for any call, and asks for no body
        bad = instead(_crashed, lambda turn: not _is_sound(turn))
        yield Flaw("bad input is a server error", "moto: unhandled exceptions", bad)
        yield Flaw("lists of nothing are a server error", _BUG, after(_crash_if_empty, on(Role.LIST)))
    yield Flaw("bad input is accepted", _FAKES, instead(_leniently, lambda turn: not _is_sound(turn)))
    yield Flaw("every twentieth call is a server error", _BUG, after(_now_and_then(20), _is_sound))
    yield Flaw("replies are empty", _BUG, after(_emptied, on(Role.READ, Role.LIST)))
    yield Flaw("what a read tells is an empty body", _BUG, after(_cut_off, on(Role.READ, Role.LIST)))
    if any(name.startswith("Stop") and shapes.load(api).has_output(name) for name in api.operations):
        yield Flaw("a stop answers with an empty body", "a handler that only acts", after(_cut_off, stops))


def _roles_on_jobs(api: Api) -> list[Role]:
    """What the calls do that name a job and are about nothing else."""
    firsts = [api.bound(binding.operation)[0] for binding in api.bindings]
    return [role for role in _ON_JOBS if any(api.role(first).role is role and first.id_in for first in firsts)]


def _is_sound(turn: Turn) -> bool:
    return not shapes.load(turn.api).request_faults(turn.asked.operation, turn.asked.members)


def _code_of_missing(code: str) -> Change:
    def change(turn: Turn, answer: Answer) -> Answer:
        return turn.refuse(code, status=400) if is_refused(answer) and _is_sound(turn) else answer

    return change


def accepted(turn: Turn) -> Answer:
    """A success for a job that is not there: that of another job, under the name asked for."""
    lifecycle = turn.api.lifecycle(turn.binding.lifecycle)
    body: dict[str, Any] = {lifecycle.id_member_of(turn.binding.kind): turn.job_id}
    state = next(state for state in lifecycle.states if state.terminal or state.name != ABSENT)
    body |= dict(zip(lifecycle.status_members, state.shows, strict=False))
    for member in reversed(turn.binding.view or ()):
        body = {member: body}
    return turn.world.service.success(turn.world, turn.binding, body if turn.binding.view is not None else {})


def _status_of_refusals(status: int) -> Change:
    return lambda turn, answer: replace(answer, status=status) if is_refused(answer) else answer


def _status_of_successes(status: int) -> Change:
    return lambda turn, answer: answer if is_refused(answer) else replace(answer, status=status)


def _without_code(turn: Turn, answer: Answer) -> Answer:
    if not is_refused(answer):
        return answer
    kept = {name: text for name, text in (answer.reply or {}).items() if text != answer.error}
    return Answer(answer.status, kept, None)


def _undeclared(turn: Turn, answer: Answer) -> Answer:
    code = "TeapotException" if turn.api.error("DLF.0100") is None else "TEA.0001"
    return replace(turn.refuse(code), status=400) if is_refused(answer) else answer


def _crashed(turn: Turn) -> Answer:
    return Answer(500, {"message": "'NoneType' object has no attribute 'get'"}, None)


def _leniently(turn: Turn) -> Answer:
    """Malformed members are dropped, or the call is a success that says nothing."""
    faults = shapes.load(turn.api).request_faults(turn.asked.operation, turn.asked.members)
    bad = {fault.member.partition(".")[0].partition("[")[0] for fault in faults}
    kept = {name: value for name, value in turn.asked.members.items() if name not in bad}
    asked = replace(turn.asked, members=kept)
    if shapes.load(turn.api).request_faults(turn.asked.operation, kept):
        return turn.world.service.success(turn.world, turn.binding, {})
    return turn.ask(asked)


def _crash_if_empty(turn: Turn, answer: Answer) -> Answer:
    return _crashed(turn) if turn.items(answer) == [] else answer


def _now_and_then(every: int) -> Change:
    """An error with a status that no document has, every so many calls."""

    def change(turn: Turn, answer: Answer) -> Answer:
        return Answer(418, {"message": "I'm a teapot"}, None) if turn.number % every == 0 else answer

    return change


def _emptied(turn: Turn, answer: Answer) -> Answer:
    return answer if is_refused(answer) else Answer(answer.status, {})


def _cut_off(_turn: Turn, answer: Answer) -> Answer:
    return answer if is_refused(answer) else replace(answer, reply=None)


# ---- effects ---------------------------------------------------------------------------------------------------------


def _effects(api: Api) -> Iterator[Flaw]:
    """Right answers with wrong effects, and moves that nobody may make."""
    yield Flaw("a stop changes nothing", "a handler that only answers", instead(_rolled_back, stops))
    if api.name != "devicefarm":  # with which result the service ends what took too long is not said
        refused = after(_refused_afterwards, lambda t: t.is_stop and _moves(t))
        yield Flaw("a stop is refused and takes effect", _BUG, refused)
        yield Flaw("a stop stops all jobs", "a filter that was forgotten", after(_all_stopped, stops))
    yield Flaw("a stop reopens an ended job", "a handler that sets the status", instead(_reopened, stops))
    yield Flaw("a stop stops another job", "an index off by one", instead(_next_stopped, stops))
    yield Flaw("ended jobs run again", "a scheduler that forgets", _now_and_again(_resurrected))
    if any(state.terminal for lifecycle in api.lifecycles for state in lifecycle.states):  # else there is one end
        yield Flaw("ended jobs change their end", _BUG, _now_and_again(_other_end))
    yield Flaw("ended jobs vanish at once", "cleaning up too early", _now_and_again(_vanished))
    yield Flaw("reading a job ends it", _BUG, after(_ended_by_look, looks))
    yield Flaw("jobs never move", "moto: jobs stay as they were made", _frozen())
    yield Flaw("jobs that were made are not there", _BUG, after(_unmade, on(Role.CREATE)))
    yield Flaw("a refused creation makes a job", _BUG, _made_all_the_same())
    yield Flaw("the third job cannot be found", _BUG, after(_third_lost, on(*_ON_JOBS)))
    yield Flaw("after twenty calls reads show the first job", "a cache keyed wrongly", after(_first_shown, looks))
    yield Flaw("some ids cannot be stopped", "an id parsed as a number", instead(_some_unstoppable, stops))
    yield Flaw("reads are stale for ever", "a cache that is never emptied", _cached())
    yield Flaw("a second order undoes the first", "a toggle", _toggled())
    if any(api.role(b).role is Role.DELETE for b in api.bindings):
        yield Flaw("a deletion deletes nothing", _BUG, instead(_rolled_back, on(Role.DELETE)))
        yield Flaw("a deletion deletes all jobs", "a filter that was forgotten", after(_all_deleted, on(Role.DELETE)))
        yield Flaw("deleted jobs are still listed", "an index that is not kept", _still_listed())
        yield Flaw("a deleted job can be deleted again", "idempotent deletion", _deleted_again())


def _moves(turn: Turn) -> bool:
    job = turn.job
    return job is not None and not turn.is_over(job)


def _rolled_back(turn: Turn) -> Answer:
    """The answer of a call that has no effect: made on a copy."""
    twin = turn.world.fork()
    answer = twin.call(turn.asked.operation, turn.asked.members, tenant=turn.asked.tenant)
    return answer


def _refused_afterwards(turn: Turn, answer: Answer) -> Answer:
    if is_refused(answer):
        return answer
    missing = next((spec.code for spec in turn.api.errors if Nature.REFUSAL in spec.natures), "ValidationException")
    return turn.refuse(missing)


def _reopened(turn: Turn) -> Answer:
    """A stop sets the job to what a stop of a running job sets it to."""
    job = turn.job
    answer = turn.go()
    if job is None:
        return answer
    seen: dict[str, str] = turn.memory.setdefault("stopped to", {})
    if not is_refused(answer) and not turn.is_over(job):
        seen[job.key.lifecycle] = job.state
    elif turn.is_over(job) and job.key.lifecycle in seen:
        turn.force(job, seen[job.key.lifecycle])
        return accepted(turn) if is_refused(answer) else answer
    return answer


def _all_stopped(turn: Turn, answer: Answer) -> Answer:
    if not is_refused(answer):
        for job in turn.jobs():
            if job.key.lifecycle == turn.binding.lifecycle and job.key.id != turn.job_id:
                turn.world.call(turn.asked.operation, {turn.binding.id_in: job.key.id}, tenant=turn.asked.tenant)
    return answer


def _next_stopped(turn: Turn) -> Answer:
    """The answer is the right one; it is another job that stops, if there is another."""
    others = [job for job in turn.jobs() if job.key.lifecycle == turn.binding.lifecycle and job.key.id != turn.job_id]
    if turn.job is None or not others:
        return turn.go()
    answer = _rolled_back(turn)
    if not is_refused(answer):
        turn.world.call(turn.asked.operation, {turn.binding.id_in: others[0].key.id}, tenant=turn.asked.tenant)
    return answer


def _now_and_again(act: Callable[[Turn, Job], None]) -> Twist:
    """Do something to every ended job that is looked at for the second time since it ended."""

    async def twist(turn: Turn) -> Answer | None:
        for job in turn.seen():
            if turn.is_over(job):
                looks: dict[str, int] = turn.memory.setdefault("looks", {})
                looks[job.key.id] = looks.get(job.key.id, 0) + 1
                if looks[job.key.id] == 2:
                    act(turn, job)
        return turn.go()

    return twist


def _resurrected(turn: Turn, job: Job) -> None:
    turn.force(job, next(state for state in turn.kin(job) if not turn.is_over_in(job, state)))


def _other_end(turn: Turn, job: Job) -> None:
    ends = [state for state in turn.kin(job) if turn.is_over_in(job, state)]
    if ends:
        turn.force(job, ends[0])


def _vanished(turn: Turn, job: Job) -> None:
    turn.world._home(job.key.tenant).drop(job)


def _ended_by_look(turn: Turn, answer: Answer) -> Answer:
    for job in turn.seen():
        if not turn.is_over(job):
            _other_end(turn, job)
    return answer


def _frozen() -> Twist:
    async def twist(turn: Turn) -> Answer | None:
        turn.world.schedule = None
        turn.world._due.clear()
        return turn.go()

    return twist


def _unmade(turn: Turn, answer: Answer) -> Answer:
    """Every second job that a creation tells of is forgotten."""
    turn.memory["made"] = turn.memory.get("made", 0) + (not is_refused(answer))
    if not is_refused(answer) and turn.memory["made"] % 2 == 0:
        jobs = [job for job in turn.jobs() if job.key.lifecycle == turn.binding.lifecycle]
        if jobs:
            _vanished(turn, jobs[-1])
    return answer


def _made_all_the_same() -> Twist:
    """A creation that is refused for its request leaves a job behind, made from the last good request."""

    async def twist(turn: Turn) -> Answer | None:
        answer = turn.go()
        if turn.role is not Role.CREATE:
            return answer
        last: dict[tuple[str, str], Any] = turn.memory.setdefault("last", {})
        key = turn.asked.operation, turn.asked.tenant
        if not is_refused(answer):
            last[key] = turn.asked.members
        elif key in last:
            binding = turn.binding
            again = {name: value for name, value in last[key].items() if name != binding.token_in}
            for name in {binding.id_in, "ProjectName", "VersionName"} & again.keys():
                again[name] = f"{again[name]}-copy"
            turn.go(
                **again,
                **({binding.token_in: f"again-{turn.number}-of-a-token-of-length-32"} if binding.token_in else {}),
            )
        return answer

    return twist


def _third_lost(turn: Turn, answer: Answer) -> Answer:
    mine = [job.key.id for job in turn.jobs() if job.key.lifecycle == turn.binding.lifecycle]
    if turn.job_id in mine[2:3]:
        return turn.go(**{turn.binding.id_in: _nobody(str(turn.job_id))})
    return answer


def _nobody(job_id: str) -> str:
    """An id like another that nobody has."""
    return job_id[:-6] + "999999" if len(job_id) > 12 else f"{job_id}-999999"


def _first_shown(turn: Turn, answer: Answer) -> Answer:
    if turn.number < 20:
        return answer
    items = turn.items(answer)
    if items:
        items[:] = [copy.deepcopy(items[0]) for _ in items]
    if turn.job is None:
        return answer
    alike = [j for j in turn.jobs() if (j.key.lifecycle, j.key.kind) == (turn.job.key.lifecycle, turn.job.key.kind)]
    return turn.go(**{turn.binding.id_in: alike[0].key.id})


def _some_unstoppable(turn: Turn) -> Answer:
    is_some = turn.job_id is not None and sum(turn.job_id.encode()) % 3 == 0
    return _rolled_back(turn) if is_some else turn.go()


def _cached() -> Twist:
    """The first answer to a read is given for ever."""

    async def twist(turn: Turn) -> Answer | None:
        if not turn.looks:
            return turn.go()
        key = turn.asked.operation, turn.asked.tenant, repr(sorted(turn.asked.members.items()))
        if key not in turn.memory:
            turn.memory[key] = turn.go()
        kept: Answer = turn.memory[key]
        return kept

    return twist


def _toggled() -> Twist:
    """A second stop puts the job back into the state before the first."""

    async def twist(turn: Turn) -> Answer | None:
        job = turn.job
        if not turn.is_stop or job is None:
            return turn.go()
        before: dict[str, str] = turn.memory.setdefault("before", {})
        if job.key.id in before:
            answer = turn.go()
            turn.force(job, before.pop(job.key.id))
            return answer
        before[job.key.id] = job.state
        return turn.go()

    return twist


def _all_deleted(turn: Turn, answer: Answer) -> Answer:
    if not is_refused(answer):
        for job in turn.jobs():
            if job.key.lifecycle == turn.binding.lifecycle:
                _vanished(turn, job)
    return answer


def _still_listed() -> Twist:
    async def twist(turn: Turn) -> Answer | None:
        items_before = turn.memory.setdefault("listed", {})
        answer = turn.go()
        items = turn.items(answer)
        if items is not None:
            key = turn.asked.operation, turn.asked.tenant, repr(turn.asked.members)
            known = {repr(item.get(_id_member(turn))) for item in items}
            items += [item for item in items_before.get(key, ()) if repr(item.get(_id_member(turn))) not in known]
            items_before[key] = list(items)
        return answer

    return twist


def _id_member(turn: Turn) -> str:
    return turn.api.lifecycle(turn.binding.lifecycle).id_member_of(turn.binding.kind)


def _deleted_again() -> Twist:
    async def twist(turn: Turn) -> Answer | None:
        if turn.role is not Role.DELETE:
            return turn.go()
        gone: dict[tuple[str, str | None], Answer] = turn.memory.setdefault("gone", {})
        key = turn.asked.tenant, turn.job_id
        if key in gone and turn.job is None:
            return gone[key]
        answer = turn.go()
        if not is_refused(answer):
            gone[key] = answer
        return answer

    return twist


# ---- lists -----------------------------------------------------------------------------------------------------------


def _lists(api: Api) -> Iterator[Flaw]:
    """Wrong pages and lists; that page tokens which nobody gave are accepted is none: what they answer is silent."""
    bindings = [b for b in api.bindings if b.items is not None]
    if any(b.limit_in for b in bindings):
        yield Flaw("pages are as long as they like", "moto ignores MaxResults", _without_member("limit_in"))
        yield Flaw("pages have one job too many", "an index off by one", _longer_page())
    if any(b.next_in for b in bindings):
        yield Flaw("every page is the first", "page tokens that are ignored", _without_member("next_in"))
        yield Flaw("a page repeats the last job of the one before", "an index off by one", _paged(-1))
        yield Flaw("a page leaves out its first job", "an index off by one", _paged(1))
        yield Flaw("there is no second page", "a token that is forgotten", edit_body(_no_next))
    if any(b.filters_in for b in bindings):
        yield Flaw("filters are ignored", _FAKES, _without_filters())
        yield Flaw("filters find nothing", _BUG, after(_nothing, lambda t: _filters(t) and t.binding.items is not None))
    yield Flaw("the newest job is not listed", "a list that lags for ever", edit_items(_without_newest))
    yield Flaw("a job is listed twice", _BUG, edit_items(lambda turn, items: items + items[-1:]))
    yield Flaw("the second job is not listed", _BUG, edit_items(lambda turn, items: items[:1] + items[2:]))
    yield Flaw("ended jobs are not listed", _FAKES, edit_items(_live_only))
    yield Flaw("lists show another status", "a list that is filled once", edit(_other_status, Role.LIST))
    yield Flaw(
        "lists show nobody's jobs",
        _BUG,
        edit_items(lambda turn, items: [*items, _nobodys(turn, items)] if items else items),
    )


def edit_items(change: Callable[[Turn, list[dict[str, Any]]], list[dict[str, Any]]]) -> Twist:
    """A twist that changes the jobs on a page."""

    def changed(turn: Turn, answer: Answer) -> Answer:
        items = turn.items(answer)
        if items is not None:
            items[:] = change(turn, list(items))
        return answer

    return after(changed, on(Role.LIST))


def edit_body(change: Callable[[Turn, dict[str, Any]], None]) -> Twist:
    """A twist that changes the body of a list."""

    def changed(turn: Turn, answer: Answer) -> Answer:
        if turn.items(answer) is not None and answer.reply is not None:
            change(turn, answer.reply)
        return answer

    return after(changed, on(Role.LIST))


def _without_member(kind: str) -> Twist:
    """The request member of a kind is ignored."""

    def act(turn: Turn) -> Answer:
        member = getattr(turn.binding, kind)
        return turn.ask(replace(turn.asked, members={n: v for n, v in turn.asked.members.items() if n != member}))

    return instead(act, on(Role.LIST))


def _longer_page() -> Twist:
    def act(turn: Turn) -> Answer:
        asked = turn.asked.members.get(turn.binding.limit_in)
        return turn.go(**{turn.binding.limit_in: asked + 1}) if isinstance(asked, int) and asked < 50 else turn.go()

    return instead(act, lambda turn: turn.role is Role.LIST and bool(turn.binding.limit_in))


def _paged(step: int) -> Twist:
    """Pages after the first begin one too early or too late."""

    async def twist(turn: Turn) -> Answer | None:
        answer = turn.go()
        items = turn.items(answer)
        if items is None or not turn.binding.next_in:
            return answer
        if turn.binding.next_in in turn.asked.members:
            last = turn.memory.get((turn.asked.operation, turn.asked.tenant))
            items[:] = ([last, *items] if last is not None else items) if step < 0 else items[1:]
        if items:
            turn.memory[turn.asked.operation, turn.asked.tenant] = items[-1]
        return answer

    return twist


def _no_next(turn: Turn, body: dict[str, Any]) -> None:
    body.pop(turn.binding.next_out, None)


def finds_nothing(*members: str) -> Twist:
    """A twist that leaves lists empty whose `Filter` has one of some members."""

    def is_meant(turn: Turn) -> bool:
        given = turn.asked.members.get("Filter")
        return turn.role is Role.LIST and isinstance(given, Mapping) and not given.keys().isdisjoint(members)

    return after(_nothing, is_meant)


def _filters(turn: Turn) -> bool:
    return any(name in turn.asked.members for name in turn.binding.filters_in)


def _without_filters() -> Twist:
    def act(turn: Turn) -> Answer:
        kept = {name: value for name, value in turn.asked.members.items() if name not in turn.binding.filters_in}
        return turn.ask(replace(turn.asked, members=kept))

    return instead(act, lambda turn: turn.role is Role.LIST and _is_sound(turn))


def _nothing(turn: Turn, answer: Answer) -> Answer:
    items = turn.items(answer)
    if items is not None:
        del items[:]
    return answer


def _without_newest(turn: Turn, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    jobs = [
        j for j in turn.jobs() if j.key.lifecycle == turn.binding.lifecycle and turn.binding.kind in ("", j.key.kind)
    ]
    newest = jobs[-1].key.id if jobs else None
    return [item for item in items if item.get(_id_member(turn)) != newest]


def _live_only(turn: Turn, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ended = {job.key.id for job in turn.jobs() if turn.is_over(job)}
    return [item for item in items if item.get(_id_member(turn)) not in ended]


def _other_status(turn: Turn, view: dict[str, Any]) -> None:
    """The status shown first for a job is shown for ever."""
    first: dict[Any, dict[str, Any]] = turn.memory.setdefault("first", {})
    shown = {name: view[name] for name in status_members(turn) if name in view}
    view.update(first.setdefault(view.get(_id_member(turn)), shown))


def _nobodys(turn: Turn, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    item = dict(items[0])
    item[_id_member(turn)] = _nobody(str(item.get(_id_member(turn))))
    return item


# ---- data ------------------------------------------------------------------------------------------------------------


def _data(api: Api) -> Iterator[Flaw]:
    yield Flaw("statuses are in lower case", _FAKES, edit(_lowered))
    yield Flaw("a status that nobody knows", _BUG, edit(_unknown_status, Role.READ, Role.LIST))
    yield Flaw("the status is missing", _BUG, edit(_no_status, Role.READ, Role.LIST))
    yield Flaw("the id is missing", _BUG, edit(lambda turn, view: _drop(view, _id_member(turn)), Role.LIST, Role.READ))
    yield Flaw("the id is another", _BUG, edit(_other_id, when=looks))
    yield Flaw(
        "times are texts",
        "moto: ISO 8601 in JSON",
        edit(_times(lambda value, turn: f"2024-01-01T00:00:00.{int(value) % 1000:03d}Z")),
    )
    yield Flaw(
        "times move with each look",
        "a clock in place of a record",
        edit(_times(lambda value, turn: value + turn.number), Role.READ, Role.LIST),
    )
    yield Flaw("times are null", "moto: null for absent", edit(_null_times, Role.READ, Role.LIST))
    yield Flaw(
        "times are far in the future",
        "milliseconds for seconds, or the reverse",
        edit(_times(lambda value, turn: value * 1000 if value < 1e11 else value / 1000), Role.READ, Role.LIST),
    )
    if all(has_reads(api, lifecycle.name) for lifecycle in api.lifecycles):
        earlier = edit(_times(lambda value, turn: value - 3600), Role.LIST)
        yield Flaw("reads and lists tell other times", "two clocks", earlier)


def _drop(view: dict[str, Any], member: str) -> None:
    view.pop(member, None)


def _lowered(turn: Turn, view: dict[str, Any]) -> None:
    for member in status_members(turn):
        if isinstance(view.get(member), str):
            view[member] = view[member].lower()


def _unknown_status(turn: Turn, view: dict[str, Any]) -> None:
    for member in status_members(turn)[:1]:
        if member in view:
            view[member] = "ALMOST_DONE"


def _no_status(turn: Turn, view: dict[str, Any]) -> None:
    for member in status_members(turn)[:1]:
        view.pop(member, None)


def _other_id(turn: Turn, view: dict[str, Any]) -> None:
    member = _id_member(turn)
    if isinstance(view.get(member), str):
        view[member] = _nobody(view[member])


def _times(change: Callable[[Any, Turn], Any]) -> Callable[[Turn, dict[str, Any]], None]:
    def changed(turn: Turn, view: dict[str, Any]) -> None:
        for member in has_times(view):
            view[member] = change(view[member], turn)

    return changed


def _null_times(turn: Turn, view: dict[str, Any]) -> None:
    for member in has_times(view):
        view[member] = None


# ---- tenants ---------------------------------------------------------------------------------------------------------


def _tenants(api: Api) -> Iterator[Flaw]:
    first, second = api.tenancy.lower().replace("_id", "").split("/")
    for role in _roles_on_jobs(api):
        yield Flaw(f"{role.value} reaches other {first}s", "isolation", instead(_anywhere(0), on(role)))
    yield Flaw(f"lists show other {first}s", "isolation", after(_with_strangers(0), on(Role.LIST)))
    if api.name != "devicefarm":  # there is one region only
        yield Flaw(f"all calls of one {first} see each {second}", "isolation", instead(_anywhere(1), on(*_ON_JOBS)))
        yield Flaw(f"lists show other {second}s", "isolation", after(_with_strangers(1), on(Role.LIST)))


def _home_of(turn: Turn, part: int) -> str | None:
    """Another tenant in which there is a job of the id asked for; with `part` 1 only one that shares the first part."""
    for job in turn.world.jobs():
        tenant = job.key.tenant
        is_kin = tenant.partition("/")[0] == turn.asked.tenant.partition("/")[0]
        if job.key.id == turn.job_id and tenant != turn.asked.tenant and is_kin == bool(part):
            return tenant
    return None


def _anywhere(part: int) -> Callable[[Turn], Answer]:
    def act(turn: Turn) -> Answer:
        home = _home_of(turn, part) if turn.job is None else None
        return turn.go() if home is None else turn.in_tenant(home)

    return act


def _with_strangers(part: int) -> Change:
    def change(turn: Turn, answer: Answer) -> Answer:
        items = turn.items(answer)
        for tenant in dict.fromkeys(job.key.tenant for job in turn.world.jobs()):
            is_kin = tenant.partition("/")[0] == turn.asked.tenant.partition("/")[0]
            if tenant != turn.asked.tenant and is_kin == bool(part):
                theirs = turn.in_tenant(tenant)
                if items is None and turn.items(theirs):
                    return theirs  # the list of something that only they have
                if items is not None:
                    items += turn.items(theirs) or []
        return answer

    return change


# ---- tokens ----------------------------------------------------------------------------------------------------------


def _tokens(api: Api) -> Iterator[Flaw]:
    if not any(b.token_in for b in api.bindings):
        return
    yield Flaw("tokens are ignored", "moto ignores ClientRequestToken", instead(_fresh_token, on(Role.CREATE)))
    yield Flaw("tokens are shared by all tenants", "isolation", _shared_tokens())
    if api.name != "translate":  # what a repeated token answers is silent there
        yield Flaw("a repeated token is refused", "a unique index", _refused_token())
    yield Flaw("a repeated token makes a second job and tells of the first", _BUG, _doubled())


def _fresh_token(turn: Turn) -> Answer:
    return (
        turn.go(**{turn.binding.token_in: f"fresh-token-{turn.number}-0123456789abcdef"})
        if _has_token(turn)
        else turn.go()
    )


def _has_token(turn: Turn) -> bool:
    return bool(turn.binding.token_in) and turn.binding.token_in in turn.asked.members and _is_sound(turn)


def _shared_tokens() -> Twist:
    async def twist(turn: Turn) -> Answer | None:
        if turn.role is not Role.CREATE or not _has_token(turn):
            return turn.go()
        key = turn.asked.operation, turn.asked.members[turn.binding.token_in]
        if key not in turn.memory:
            turn.memory[key] = turn.go()
        kept: Answer = turn.memory[key]
        return kept

    return twist


def _refused_token() -> Twist:
    async def twist(turn: Turn) -> Answer | None:
        if turn.role is not Role.CREATE or not _has_token(turn):
            return turn.go()
        key = turn.asked.operation, turn.asked.tenant, turn.asked.members[turn.binding.token_in]
        if turn.memory.setdefault(key, turn.number) != turn.number:
            code = "InvalidRequestException" if turn.api.error("InvalidRequestException") else "LimitExceededException"
            return turn.refuse(code, "this token was used before")
        return turn.go()

    return twist


def _doubled() -> Twist:
    async def twist(turn: Turn) -> Answer | None:
        answer = turn.go()
        if turn.role is Role.CREATE and _has_token(turn) and not is_refused(answer):
            key = turn.asked.operation, turn.asked.tenant, turn.asked.members[turn.binding.token_in]
            if turn.memory.setdefault(key, turn.number) != turn.number:
                _fresh_token(turn)
        return answer

    return twist


# ---- races -----------------------------------------------------------------------------------------------------------


def _races(api: Api) -> Iterator[Flaw]:
    if len({b.operation for b in api.bindings if api.role(b).role in _ORDERS}) > len(api.lifecycles):
        yield Flaw("of two orders at once the later write wins", "read, wait, write without a lock", _lost_update())
    yield Flaw("two orders at once are a server error", "a lock that is not waited for", _no_waiting())
    if any(_can_end_first(lifecycle) for lifecycle in api.lifecycles):
        yield Flaw("a stop undoes the end that came first", "read, wait, write without a lock", _late_write())
    if any(b.token_in for b in api.bindings):
        yield Flaw("one token makes two jobs at once", "check, wait, insert without a lock", _token_race())


def _can_end_first(lifecycle: Lifecycle) -> bool:
    """True if a job may come to its end by itself where a stop would have been accepted."""
    over = ends(lifecycle)
    stopped = {state for row in lifecycle.transitions if is_stop(row) for state in row.states}
    return any(
        isinstance(row.label, Internal) and row.target_from(state) in over
        for row in lifecycle.transitions
        for state in stopped.intersection(row.states)
    )


def _lost_update() -> Twist:
    """An order works on the job as it was when the call came in, and writes it back later."""

    async def twist(turn: Turn) -> Answer | None:
        job = turn.job
        if turn.role not in _ORDERS or job is None:
            return turn.go()
        before = job.state
        await asyncio.sleep(_RACE_S)
        if job.state not in (before, ABSENT):
            turn.force(job, before)
        return turn.go()

    return twist


def _late_write() -> Twist:
    """A stop decides by the state at its beginning, and takes effect though the job has ended since."""

    async def twist(turn: Turn) -> Answer | None:
        job = turn.job
        if not turn.is_stop or job is None or turn.is_over(job):
            return turn.go()
        before = job.state
        await asyncio.sleep(_RACE_S)
        if turn.is_over(job):
            turn.force(job, before)
        return turn.go()

    return twist


def _no_waiting() -> Twist:
    """An order on a job that another order is at work on fails without telling why."""

    async def twist(turn: Turn) -> Answer | None:
        if turn.role is not Role.ORDER or turn.job is None:
            return turn.go()
        busy: set[str] = turn.memory.setdefault("busy", set())
        if turn.job.key.id in busy:
            return Answer(409, {"message": "could not serialize access"}, None)
        busy.add(turn.job.key.id)
        await asyncio.sleep(_RACE_S)
        busy.discard(turn.job.key.id)
        return turn.go()

    return twist


def _token_race() -> Twist:
    """A token is looked up before the job is made, and remembered after."""

    async def twist(turn: Turn) -> Answer | None:
        if turn.role is not Role.CREATE or not _has_token(turn):
            return turn.go()
        key = turn.asked.operation, turn.asked.tenant, turn.asked.members[turn.binding.token_in]
        if key in turn.memory:
            return turn.go()
        await asyncio.sleep(_RACE_S)
        answer = _fresh_token(turn) if key in turn.memory else turn.go()
        turn.memory[key] = True
        return answer

    return twist

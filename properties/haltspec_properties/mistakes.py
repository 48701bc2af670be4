"""Mistakes in what a service shows and does, whatever state its jobs are in: made by machine, the same for every API.

A mistake is an operator with the place where it is made: a member of the jobs of a lifecycle, or an operation. Whoever
stands between a client and a right service makes it (`Mistaken`). What becomes of it is found out in
`haltspec_properties.trial`. Mistakes in rows are in `haltspec_properties.mutants`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from haltspec import services
from haltspec.lts import ABSENT, Lifecycle, Operation, Role, Transition
from haltspec.lts import Call as CallLabel
from haltspec.observe import succeeded
from haltspec.reference import Reference
from haltspec.services.base import Answer
from haltspec.spec import Api, Binding, Path, reach
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.breaches import paths
from haltspec_properties.footprint import Footprint
from haltspec_properties.walk import unknown_id

MISSING: Final = "(missing)"
"""Stands for the value of a member that is not there."""
_STEP: Final = 10
_FAR: Final = 10**9
_MANY: Final = 101
_VARIANTS: Final = 12
"""Examples whose numbers lie so far apart are of the same variant."""
_FEW: Final = 16
_UNHEARD_OF: Final = "UnheardOfException"

Request = Mapping[str, Any]
Aside = Callable[[str, Request, str], Answer]
"""A call (operation, request, tenant) that the service makes on itself while it answers another; no time passes."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in what a service shows or does.

    Args:
        lifecycle: the lifecycle whose jobs, or operations, it is about.
        name: what is wrong, in words.
        operator: the kind of mistake, one of `OPERATORS`.
        place: the member of a job, from the outside in; or the operation's role.
        shown: the value that is shown, for operators that show a given one; the request member that is overlooked, for
            those that overlook one.
    """

    lifecycle: str
    name: str
    operator: str
    place: Path
    shown: Any = None

    @property
    def is_of_member(self) -> bool:
        """True if it is a mistake in a member of a job, which no call of the service on itself has a part in."""
        return self.operator in SHOWN


class Habit(Protocol):
    """How a mistaken service goes about a call, with the memory it needs for that."""

    def asked(self, operation: str, request: Request, tenant: str) -> Request:
        """The request that is answered in place of the one that came."""
        ...

    def answered(self, call: Call, aside: Aside) -> Call:
        """The call as it is answered, given as it would be rightly."""
        ...


class Mistaken:
    """The adapter to a reference model that makes a mistake, or none."""

    def __init__(self, reference: Reference, mistake: Mistake) -> None:
        self._reference = reference
        self._right = ReferenceAdapter(reference)
        self._habit = OPERATORS[mistake.operator].habit(reference.api, mistake)

    def call(self, operation: str, request: Request, *, tenant: str, client: str) -> Call:
        """As `Adapter.call`."""
        asked = self._habit.asked(operation, request, tenant)
        call = self._right.call(operation, asked, tenant=tenant, client=client)
        return self._habit.answered(replace(call, request=request), self._aside)

    def _aside(self, operation: str, request: Request, tenant: str) -> Answer:
        with _standing(self._reference):
            return self._reference.call(operation, request, tenant=tenant)


@contextmanager
def _standing(reference: Reference) -> Iterator[None]:
    """The clock of a reference model stands still."""
    clock, now = reference.clock, reference.now
    reference.clock = lambda: now
    try:
        yield
    finally:
        reference.clock = clock


def changed(api: Api, mistake: Mistake, calls: Iterable[Call]) -> Iterator[Call]:
    """Those of the calls that a service answers otherwise that makes a mistake in a member, as it answers them."""
    habit = OPERATORS[mistake.operator].habit(api, mistake)
    for call in calls:
        answered = habit.answered(call, _nobody)
        if answered != call:
            yield answered


def _nobody(operation: str, request: Request, tenant: str) -> Answer:
    """Stands where a service could be asked aside; `changed` is for mistakes in members, which never ask."""
    raise AssertionError("no mistake in a member makes calls of its own")


# ---- what a job shows ------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """What was shown of a member before.

    Args:
        times: in how many views of the job.
        first: its first value there; `MISSING` if it was never there.
        another: its latest value in another job.
        ever: its first value in any job.
    """

    times: int = 0
    first: Any = MISSING
    another: Any = MISSING
    ever: Any = MISSING


Change = Callable[[Any, Seen, Any], Any]
"""Makes another value of the right one (either may be `MISSING`), given what was seen and the value to show."""


@dataclass(slots=True)
class _Showing:
    """The habit of showing a member of jobs otherwise."""

    api: Api
    mistake: Mistake
    change: Change
    where: Callable[[Binding], bool]
    _times: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _first: dict[tuple[str, ...], Any] = field(default_factory=dict)
    """What each job first showed, the first job first."""
    _latest: dict[tuple[str, ...], Any] = field(default_factory=dict)
    """What each job last showed, the last job last."""

    def asked(self, operation: str, request: Request, tenant: str) -> Request:
        return request

    def answered(self, call: Call, aside: Aside) -> Call:
        for binding in self.api.bound(call.operation) if succeeded(call) else ():
            if binding.lifecycle != self.mistake.lifecycle or binding.spreads or not self.where(binding):
                continue
            show = partial(self._show, call, binding)
            if binding.items is not None:
                call = replace(call, reply=_at(call.reply, binding.items, partial(_each, show)))
            elif binding.view is not None:
                call = replace(call, reply=_at(call.reply, binding.view, show))
        return call

    def _show(self, call: Call, binding: Binding, job: Any) -> Any:
        if not isinstance(job, Mapping):
            return job
        return _at(job, self.mistake.place, partial(self._value, _who(self.api, call, binding, job)))

    def _value(self, who: tuple[str, ...], right: Any) -> Any:
        another = next((value for key, value in reversed(self._latest.items()) if key != who), MISSING)
        ever = next(iter(self._first.values()), MISSING)
        seen = Seen(self._times[who], self._first.get(who, MISSING), another, ever)
        self._times[who] += 1
        if right is not MISSING:
            self._first.setdefault(who, right)
            self._latest.pop(who, None)
            self._latest[who] = right
        return self.change(right, seen, self.mistake.shown)


def _who(api: Api, call: Call, binding: Binding, job: Mapping[str, Any]) -> tuple[str, ...]:
    member = api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
    named = call.request.get(binding.id_in) if binding.id_in else job.get(member)
    return call.tenant, binding.kind, str(named)


def _at(body: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """A copy of `body` with the value at `path` changed; itself if nothing changes or the path leads nowhere."""
    if not path:
        return change(body)
    if not isinstance(body, Mapping):
        return body
    first, *rest = path
    right = body.get(first, MISSING)
    if rest and right is MISSING:
        return body
    shown = _at(right, tuple(rest), change)
    if shown is right:
        return body
    others = {member: value for member, value in body.items() if member != first}
    return others if shown is MISSING else {**body, first: shown}


def _each(change: Callable[[Any], Any], items: Any) -> Any:
    return [change(item) for item in items] if isinstance(items, list) else items


def other(value: Any) -> Any:
    """Another value of the same form; the same if none is known."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return _other_text(value)
    if isinstance(value, list) and value:
        return [other(value[0]), *value[1:]]
    if isinstance(value, Mapping) and value:
        first = min(value)
        return {**value, first: other(value[first])}
    return value


def _other_text(text: str) -> str:
    """A text whose last letter or digit is the next one."""
    for place in range(len(text) - 1, -1, -1):
        letter = text[place]
        if letter.isascii() and letter.isalnum():
            turned = letter in "9zZ"
            return text[:place] + (chr(ord(letter) - 1) if turned else chr(ord(letter) + 1)) + text[place + 1 :]
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _if_there(change: Callable[[Any], Any]) -> Change:
    return lambda right, _seen, _shown: right if right is MISSING else change(right)


def _if_number(change: Callable[[Any, Seen], Any]) -> Change:
    return lambda right, seen, _shown: change(right, seen) if _is_number(right) else right


def _kept(which: str) -> Change:
    """Show what was shown before, if the member is there now and was then."""

    def change(right: Any, seen: Seen, _shown: Any) -> Any:
        kept = getattr(seen, which)
        return right if right is MISSING or kept is MISSING else kept

    return change


def _of_another_type(value: Any) -> Any:
    return str(value) if _is_number(value) else 1 if isinstance(value, str) else "a text"


def _drifting(right: Any, seen: Seen, _shown: Any) -> Any:
    if right is MISSING:
        return right
    if _is_number(right):
        return right + _STEP * seen.times
    return other(right) if seen.times % 2 else right


# ---- what an operation does ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Doing:
    """The habit of going about an operation otherwise: the request is changed, the answer, or both."""

    api: Api
    mistake: Mistake
    ask: Callable[[_Doing, Binding, Request, str], Request] | None = None
    answer: Callable[[_Doing, Binding, Call, Aside], Call] | None = None
    memory: dict[Any, Any] = field(default_factory=dict)

    def asked(self, operation: str, request: Request, tenant: str) -> Request:
        binding = self._bound(operation)
        return request if binding is None or self.ask is None else self.ask(self, binding, request, tenant)

    def answered(self, call: Call, aside: Aside) -> Call:
        binding = self._bound(call.operation)
        if self.answer is not None and binding is not None:
            call = self.answer(self, binding, call, aside)
        self._remember(call)
        return call

    def _bound(self, operation: str) -> Binding | None:
        """How an operation is bound, if the mistake is about it."""
        for binding in self.api.bound(operation):
            if (binding.lifecycle, binding.role) == (self.mistake.lifecycle, *self.mistake.place):
                return binding
        return None

    def _remember(self, call: Call) -> None:
        """Keep in mind which jobs there are, and who calls."""
        self.memory.setdefault("tenants", {})[call.tenant] = None
        kept = "answered" if succeeded(call) else "refused" if _is_refused(call) else "lost"
        self.memory[kept, call.operation, call.tenant] = call.request
        for binding in self.api.bound(call.operation) if succeeded(call) else ():
            if self.api.role(binding).role is Role.CREATE:
                self.memory.setdefault(("made", call.tenant), []).append(call.reply)
            if binding.lifecycle == self.mistake.lifecycle and not binding.spreads:
                member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
                jobs = _items(call, binding) or [call.request if binding.id_in else _view(call, binding)]
                for job in jobs:
                    job_id = job.get(binding.id_in or member)
                    if isinstance(job_id, str):
                        self.memory.setdefault((call.tenant, binding.kind), {})[job_id] = None

    def nearest(self, binding: Binding, call: Call) -> Iterator[Request]:
        """What a request may have meant: itself without a member, the last that was not refused, itself for another
        job, a right creation.
        """
        yield from (_without(call.request, path) for path in paths(call.request))
        if ("answered", call.operation, call.tenant) in self.memory:
            yield self.memory["answered", call.operation, call.tenant]
        role = self.api.role(binding).role
        if role is Role.CREATE:
            made = [reply for reply in self.memory.get(("made", call.tenant), ()) if isinstance(reply, Mapping)]
            number = _FAR + _VARIANTS * len(made)
            request = services.load(self.api.name).example(binding, call.tenant, number, made)
            yield {**request, binding.token_in: f"haltspec-{len(made)}"} if binding.token_in else request
        elif binding.id_in:
            known = self.others(binding, call.tenant, call.request.get(binding.id_in))
            yield from ({**call.request, binding.id_in: job_id} for job_id in known[-1:])

    def declared(self, call: Call) -> list[Call]:
        """A refused call as it is refused with each other code that its operation declares."""
        service = services.load(self.api.name)
        return [
            replace(call, status=spec.http[0], error=spec.code, reply=service.error_body(spec.code, "as declared"))
            for spec in self.api.errors
            if spec.declared_by(call.operation) and 400 <= spec.http[0] < 500 and spec.code != call.error
        ]

    def others(self, binding: Binding, tenant: str, job_id: Any) -> list[str]:
        """The other jobs of the tenant that are known, the youngest last."""
        return [known for known in self.memory.get((tenant, binding.kind), ()) if known != job_id]


def _items(call: Call, binding: Binding) -> list[Any]:
    found = reach(call.reply, binding.items) if binding.items is not None else None
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _view(call: Call, binding: Binding) -> Mapping[str, Any]:
    found = reach(call.reply, binding.view) if binding.view is not None else None
    return found if isinstance(found, Mapping) else {}


def _as(call: Call, answer: Answer) -> Call:
    return replace(call, status=answer.status, error=answer.error, reply=answer.reply)


def _is_refused(call: Call) -> bool:
    return call.status is not None and 400 <= call.status < 500


def differs_in_successes(calls: Iterable[Call], right: Iterable[Call]) -> bool:
    """True if a success of a recording is not that of the right one: a refusal may have reasons of its own."""
    return any(succeeded(call) and call != other_call for call, other_call in zip(calls, right, strict=False))


def _renamed(value: Any, old: str, new: str) -> Any:
    """A reply with every text that is `old`, or ends with it, ending with `new`."""
    if isinstance(value, str):
        return value.removesuffix(old) + new if value.endswith(old) else value
    if isinstance(value, Mapping):
        return {member: _renamed(inner, old, new) for member, inner in value.items()}
    return [_renamed(item, old, new) for item in value] if isinstance(value, list) else value


def _without(request: Request, path: Path) -> Request:
    return _at(request, path, lambda _value: MISSING)  # type: ignore[no-any-return]  # a request stays one


# ---- successes and refusals


def _another_status(_self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    return replace(call, status=202 if call.status == 200 else 200) if succeeded(call) else call


def _empty_body(_self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    return replace(call, reply={}) if succeeded(call) and call.reply else call


def _a_body(_self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    return replace(call, reply={"done": True}) if succeeded(call) and not call.reply else call


def _without_its_job(_self: _Doing, binding: Binding, call: Call, _aside: Aside) -> Call:
    place = binding.view if binding.items is None else binding.items
    return replace(call, reply=_without(call.reply, place)) if succeeded(call) and place and call.reply else call


def _refused_otherwise(self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    spec = self.api.error(call.error or "")
    odd = next(status for status in (409, 418) if spec is None or status not in spec.http)
    return replace(call, status=odd) if _is_refused(call) else call


def _unheard_of(_self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    return replace(call, error=_UNHEARD_OF) if _is_refused(call) else call


def _refused_with_another_code(self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    """Refuse as the last call of the operation was that was refused with another code, or with one it declares."""
    if not _is_refused(call):
        return call
    codes: dict[str | None, Call] = self.memory.setdefault(("codes", call.operation), {})
    codes[call.error] = call
    others = [refused for code, refused in codes.items() if code != call.error] or self.declared(call)
    return replace(call, status=others[-1].status, error=others[-1].error, reply=others[-1].reply) if others else call


def _refused_without_a_word(_self: _Doing, _binding: Binding, call: Call, _aside: Aside) -> Call:
    return replace(call, reply={}) if _is_refused(call) else call


def _obeys(self: _Doing, binding: Binding, call: Call, aside: Aside) -> Call:
    """Answer a request that is refused as one that is not: without one of its members, or a right one in its stead."""
    for request in self.nearest(binding, call) if _is_refused(call) else ():
        answer = aside(call.operation, request, call.tenant)
        if answer.error is None:
            return _as(call, answer)
    return call


# ---- calls by id


def _for_unknown(self: _Doing, binding: Binding, call: Call, aside: Aside) -> Call:
    """Answer for a job that does not exist as for the one of the call answered last."""
    asked = call.request.get(binding.id_in)
    if succeeded(call):
        self.memory["answered"] = call
    elif _is_refused(call) and isinstance(asked, str) and "answered" in self.memory:
        last: Call = self.memory["answered"]
        known = last.request.get(binding.id_in)
        if last.operation == call.operation and known != asked:
            return replace(call, status=last.status, error=None, reply=_renamed(last.reply, str(known), asked))
    return call


def _what_is_gone(self: _Doing, binding: Binding, call: Call, _aside: Aside) -> Call:
    """Answer for a job that was there as before."""
    who = call.operation, call.tenant, call.request.get(binding.id_in)
    if succeeded(call):
        self.memory[who] = call
    elif _is_refused(call) and who in self.memory:
        last: Call = self.memory[who]
        return replace(call, status=last.status, error=None, reply=last.reply)
    return call


def _for_strangers(self: _Doing, _binding: Binding, call: Call, aside: Aside) -> Call:
    """Answer what is refused as for another tenant."""
    for tenant in self.memory.get("tenants", ()) if _is_refused(call) else ():
        answer = aside(call.operation, call.request, tenant)
        if tenant != call.tenant and answer.error is None:
            return _as(call, answer)
    return call


def _to_another(self: _Doing, binding: Binding, request: Request, tenant: str) -> Request:
    """Take one job for another."""
    others = self.others(binding, tenant, request.get(binding.id_in))
    return {**request, binding.id_in: others[-1]} if others else request


def _to_others(self: _Doing, binding: Binding, call: Call, aside: Aside) -> Call:
    """Give an order that is obeyed to every other job as well."""
    asked = call.request.get(binding.id_in)
    for job_id in self.others(binding, call.tenant, asked) if succeeded(call) else ():
        aside(call.operation, {**call.request, binding.id_in: job_id}, call.tenant)
    return call


def _token_overlooked(self: _Doing, binding: Binding, request: Request, _tenant: str) -> Request:
    if request.get(binding.token_in) is None:
        return request
    self.memory["made"] = self.memory.get("made", 0) + 1
    return {**request, binding.token_in: f"haltspec-{self.memory['made']}"}


def _refused_likewise(self: _Doing, binding: Binding, request: Request, tenant: str) -> Request:
    """Take a creation for the one that was refused last."""
    refused: Request = self.memory.get(("refused", binding.operation, tenant), request)
    return refused


def _made_in_word(self: _Doing, binding: Binding, call: Call, _aside: Aside) -> Call:
    """Answer a creation that is refused as the last one, for a job that nobody made."""
    if succeeded(call):
        self.memory["creation", call.operation, call.tenant] = call
    elif _is_refused(call) and ("creation", call.operation, call.tenant) in self.memory:
        last: Call = self.memory["creation", call.operation, call.tenant]
        member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
        job_id = str(_view(last, binding).get(member, ""))
        reply = _renamed(last.reply, job_id, unknown_id(job_id, 1)) if job_id else last.reply
        return replace(call, status=last.status, error=None, reply=reply)
    return call


# ---- lists


def _overlooked(self: _Doing, _binding: Binding, request: Request, _tenant: str) -> Request:
    return {member: value for member, value in request.items() if member != self.mistake.shown}


def _listed(change: Callable[[_Doing, Binding, Call, list[Any], Aside], list[Any]]) -> Any:
    """A habit that changes the items of pages."""

    def answer(self: _Doing, binding: Binding, call: Call, aside: Aside) -> Call:
        if not succeeded(call) or binding.items is None:
            return call
        right = _items(call, binding)
        shown = change(self, binding, call, right, aside)
        return call if shown == right else replace(call, reply=_at(call.reply, binding.items, lambda _items: shown))

    return answer


def _first_twice(_self: _Doing, _binding: Binding, _call: Call, items: list[Any], _aside: Aside) -> list[Any]:
    return [*items, *items[:1]]


def _made_up(self: _Doing, binding: Binding, call: Call, items: list[Any], _aside: Aside) -> list[Any]:
    """As many as no page has unless asked to, this once: most of them like the first, with ids of their own."""
    member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
    is_bounded = call.request.get(binding.limit_in) is not None
    if is_bounded or "made up" in self.memory or not items or not isinstance(items[0].get(member), str):
        return items
    self.memory["made up"] = True
    new = range(len(items), _MANY)
    return [*items, *({**items[0], member: unknown_id(items[0][member], number)} for number in new)]


def _of_strangers(self: _Doing, _binding: Binding, call: Call, items: list[Any], _aside: Aside) -> list[Any]:
    """The first job that some other tenant was last shown besides the tenant's own."""
    shown = self.memory.setdefault("shown", {})
    shown[call.operation, call.tenant] = items or shown.get((call.operation, call.tenant), items)
    theirs = (own for (name, tenant), own in shown.items() if name == call.operation and tenant != call.tenant and own)
    return [*items, *next(theirs, [])[:1]]


def _of_others(self: _Doing, binding: Binding, call: Call, items: list[Any], aside: Aside) -> list[Any]:
    """The first job of another parent besides those of the one that is asked for."""
    asked = call.request.get(binding.scope_in)
    parents = self.memory.setdefault("parents", {})
    parents[asked] = None
    for parent in parents:
        request = {**call.request, binding.scope_in: parent}
        theirs = _items(_as(call, aside(call.operation, request, call.tenant)), binding) if parent != asked else ()
        if theirs:
            return [*items, theirs[0]]
    return items


def _gone(self: _Doing, binding: Binding, call: Call, items: list[Any], _aside: Aside) -> list[Any]:
    """What was listed once is listed for ever, if the list is whole."""
    member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
    parent = call.request.get(binding.scope_in)
    whole = services.load(self.api.name).listing(binding, call.tenant, parent or "", ())
    if any(call.request.get(n) != whole.get(n) for n in (*binding.filters_in, binding.next_in, binding.limit_in)):
        return items
    place = call.operation, call.tenant, parent
    known = self.memory.setdefault(place, {}) | {item.get(member): item for item in items}
    self.memory[place] = known
    listed = {item.get(member) for item in items}
    return [*items, *(item for job_id, item in known.items() if job_id not in listed)]


def _total(by: int, _self: _Doing, binding: Binding, call: Call, _aside: Aside) -> Call:
    if not succeeded(call) or not binding.total_out:
        return call
    return replace(call, reply=_at(call.reply, (binding.total_out,), lambda right: right + by))


def _ends_early(_self: _Doing, binding: Binding, call: Call, _aside: Aside) -> Call:
    if not succeeded(call) or not binding.next_out or call.reply is None:
        return call
    return replace(call, reply=_without(call.reply, (binding.next_out,)))


def _begins_again(self: _Doing, binding: Binding, request: Request, _tenant: str) -> Request:
    """The second page of a list is once more the first, this once."""
    if request.get(binding.next_in) is None or "again" in self.memory:
        return request
    self.memory["again"] = True
    return _without(request, (binding.next_in,))


# ---- the operators ---------------------------------------------------------------------------------------------------


class Operator(NamedTuple):
    """A kind of mistake.

    Args:
        sentence: what it is.
        habit: makes the habit of a service that makes such a mistake.
        is_sure: where it changes what a success shows, that is wrong; of others the rules say whether it is.
        is_varied: it breaks other rules in other plays.
    """

    sentence: str
    habit: Callable[[Api, Mistake], Habit]
    is_sure: bool = False
    is_varied: bool = False


def _everywhere(_binding: Binding) -> bool:
    return True


def _in_descriptions(binding: Binding) -> bool:
    return binding.full and bool(binding.id_in)


def _in_lists(binding: Binding) -> bool:
    return binding.items is not None


def _showing(sentence: str, change: Change, where: Callable[[Binding], bool] = _everywhere) -> Operator:
    return Operator(sentence, lambda api, mistake: _Showing(api, mistake, change, where))


def _doing(
    sentence: str, answer: Any = None, *, ask: Any = None, is_sure: bool = False, is_varied: bool = False
) -> Operator:
    return Operator(sentence, lambda api, mistake: _Doing(api, mistake, ask, answer), is_sure, is_varied)


TYPES: Final = {
    "null": _showing("is null", _if_there(lambda _right: None)),
    "of another type": _showing("is of another type", _if_there(_of_another_type)),
}
"""The operators on any member of jobs."""

MEMBERS: Final = {
    "left out": _showing("is not there", _if_there(lambda _right: MISSING)),
    "left out of descriptions": _showing(
        "is not there where the job is described", _if_there(lambda _right: MISSING), _in_descriptions
    ),
    "another value": _showing("has another value", _if_there(other)),
    "changing": _showing("changes from view to view", _drifting),
    "left out of lists": _showing("is not there in lists", _if_there(lambda _right: MISSING), _in_lists),
    "other in lists": _showing("has another value in lists", _if_there(other), _in_lists),
}
"""Those on members that data rules look at besides."""

MIXED: Final = {
    "standing still": _showing("keeps its first value", _kept("first")),
    "that of another job": _showing("is that of another job", _kept("another")),
    "the first ever": _showing("is what it was in the first job", _kept("ever")),
}
"""Those on members that have several values besides."""

CHOSEN: Final = {
    "given value": _showing("always has one value", lambda right, _seen, shown: right if right is MISSING else shown),
    "given value later": _showing(
        "changes to one value", lambda right, seen, shown: right if right is MISSING or not seen.times else shown
    ),
}
"""Those on members that have one of a few texts: each of these is shown."""

ADDED: Final = {
    "shown unasked": _showing("is always there", lambda right, _seen, shown: shown if right is MISSING else right)
}
"""Those on members that are not always shown."""

NUMBERS: Final = {
    "falling": _showing("goes down from view to view", _if_number(lambda right, seen: right - _STEP * seen.times)),
    "nought": _showing("is 0", _if_number(lambda _right, _seen: 0)),
    "below nought": _showing("is negative", _if_number(lambda right, _seen: -1 - right)),
    "far too large": _showing("is far too large", _if_number(lambda right, _seen: right + _FAR)),
}
"""Those on members that are numbers besides."""

CALLS: Final = {
    "another HTTP status": _doing("a success has another HTTP status", _another_status),
    "an empty body": _doing("a success has an empty body", _empty_body),
    "a body": _doing("a success has a body that should have none", _a_body),
    "without its job": _doing("a success has not the member that shows the job", _without_its_job),
    "refused otherwise": _doing("a refusal has another HTTP status", _refused_otherwise, is_sure=True),
    "unheard-of code": _doing("a refusal has a code that no document knows", _unheard_of, is_sure=True),
    "refused with another code": _doing(
        "a refusal has the code of another", _refused_with_another_code, is_varied=True
    ),
    "refused without a word": _doing("a refusal has an empty body", _refused_without_a_word),
    "obeyed": _doing("a request that is refused as such is obeyed as far as it can be", _obeys, is_varied=True),
}
"""The operators on calls of any operation."""

ON_JOBS: Final = {
    "for unknown": _doing("a job that does not exist is answered for", _for_unknown, is_sure=True),
    "for strangers": _doing("another tenant's job is answered for", _for_strangers, is_sure=True),
    "taken for another": _doing("a call is taken for one on another job", ask=_to_another),
}
"""The operators on calls on a job by its id."""

READS: Final = {"remembered": _doing("a job that is gone is shown", _what_is_gone, is_sure=True)}
"""Those on reads of one job besides."""

ORDERS: Final = {
    "given to another": _doing("an order is given to another job", ask=_to_another, is_sure=True),
    "given to all": _doing("an order is given to other jobs as well", _to_others, is_sure=True),
}
"""Those on orders and deletions besides."""

CREATIONS: Final = {
    "token overlooked": _doing("a token is overlooked", ask=_token_overlooked),
    "refused likewise": _doing("a creation is refused because one was refused before", ask=_refused_likewise),
    "made in word": _doing("a creation that is refused is answered as if it made a job", _made_in_word, is_varied=True),
}
"""Those on creations besides."""

LISTS: Final = {
    "without its list": _doing("a success has not the member that holds the list", _without_its_job),
    "member overlooked": _doing("a member of the request is overlooked", ask=_overlooked),
    "item twice": _doing("a job is listed twice", _listed(_first_twice), is_sure=True),
    "item left out": _doing("a job is not listed", _listed(lambda _s, _b, _c, items, _a: items[:-1]), is_sure=True),
    "turned round": _doing("a page is in the reverse order", _listed(lambda _s, _b, _c, items, _a: items[::-1])),
    "items made up": _doing("a page is far too long", _listed(_made_up), is_sure=True),
    "items of strangers": _doing("a job of another tenant is listed", _listed(_of_strangers), is_sure=True),
    "items of others": _doing("a job of another parent is listed", _listed(_of_others), is_sure=True),
    "gone items": _doing("a job that is gone is listed", _listed(_gone), is_sure=True),
    "total too small": _doing("the total is one less", partial(_total, -1)),
    "total too large": _doing("the total is one more", partial(_total, 1)),
    "ends early": _doing("the first page claims to be the last", _ends_early, is_sure=True),
    "begins again": _doing("the second page is the first again", ask=_begins_again, is_sure=True),
}  # fmt: skip
"""The operators on lists besides."""

_NEEDED: Final = {
    "": "id_in",
    "without its job": "view",
    "token overlooked": "token_in",
    "items of others": "scope_in",
    "total too small": "total_out",
    "total too large": "total_out",
    "ends early": "next_out",
    "begins again": "next_in",
}
"""For operators that need it, what a binding has to have."""

SHOWN: Final = {**TYPES, **MEMBERS, **MIXED, **CHOSEN, **ADDED, **NUMBERS}
"""All operators on members of jobs."""

OPERATORS: Final = {
    **SHOWN,
    **CALLS,
    **ON_JOBS,
    **READS,
    **ORDERS,
    **CREATIONS,
    **LISTS,
}
"""The kinds of mistakes, with what each is."""


def mistakes(api: Api, lifecycle: Lifecycle, found: Footprint, never_shown: Mapping[Path, Any]) -> Iterator[Mistake]:
    """Every mistake of each kind about one lifecycle.

    Args:
        api: the API.
        lifecycle: the lifecycle.
        found: what its jobs show, and what data rules look at.
        never_shown: for members that data rules look at and no job shows, a value.
    """
    for place in sorted(found.shown):
        yield from _in_member(lifecycle, place, found)
    for place, value in sorted(never_shown.items()):
        yield from (_of_member(lifecycle, place, operator, value) for operator in ADDED)
    for operation in lifecycle.operations:
        bound = [b for b in api.bindings if (b.lifecycle, b.role, b.spreads) == (lifecycle.name, operation.name, False)]
        for operator in _fitting(api, lifecycle, operation, bound):
            overlooked = sorted({name for b in bound for name in (*b.filters_in, b.limit_in) if name})
            for member in overlooked if operator == "member overlooked" else (None,):
                told = OPERATORS[operator].sentence + (f": {member}" if member else "")
                yield Mistake(lifecycle.name, f"{operation.name}: {told}", operator, (operation.name,), member)


def _in_member(lifecycle: Lifecycle, place: Path, found: Footprint) -> Iterator[Mistake]:
    """The mistakes in a member that is shown: its type is wrong, and if rules look at it all others."""
    values = found.shown[place]
    texts = [value for value in values if isinstance(value, str)]
    chosen = sorted(texts) if 1 < len(texts) == len(values) <= _FEW else []
    yield from (_of_member(lifecycle, place, operator, None) for operator in TYPES)
    if place not in found.looked_at:
        return
    several = MIXED if len(values) > 1 else {}
    for operator in (*MEMBERS, *several, *(NUMBERS if any(map(_is_number, values)) else ())):
        yield _of_member(lifecycle, place, operator, None)
    yield from (_of_member(lifecycle, place, operator, value) for operator in CHOSEN for value in chosen)
    if not found.is_always_shown(place):
        yield from (_of_member(lifecycle, place, operator, values[0]) for operator in ADDED)


def _of_member(lifecycle: Lifecycle, place: Path, operator: str, value: Any) -> Mistake:
    told = OPERATORS[operator].sentence + ("" if value is None else f": {value!r}")
    return Mistake(lifecycle.name, f"{'.'.join(place)} {told}", operator, place, value)


def _fitting(api: Api, lifecycle: Lifecycle, operation: Operation, bound: Sequence[Binding]) -> Iterator[str]:
    """The operators that can make a difference to an operation that is bound so."""
    has = {name: any(getattr(binding, name) for binding in bound) for name in _NEEDED.values()}
    role, operators = operation.role, dict(CALLS) if bound else {}
    ways = [way for binding in bound for way in api.bound(binding.operation)]
    shows_something = any(way.view is not None or way.items is not None for way in ways)
    operators.pop("a body" if shows_something else "an empty body", None)
    if role in (Role.READ, Role.ORDER, Role.DELETE) and has["id_in"]:
        operators |= ON_JOBS | (ORDERS if role is not Role.READ and _moves(lifecycle, operation) else {})
    if role is Role.READ and has["id_in"] and any(True for _ in _ends(lifecycle)):
        operators |= READS
    if role is Role.CREATE:
        operators |= CREATIONS
    if role is Role.LIST:
        operators |= LISTS
        if not _goes_from_lists(api, lifecycle, bound):
            del operators["gone items"]
    for operator in operators:
        if has.get(_NEEDED.get(operator, ""), True):
            yield operator


def _moves(lifecycle: Lifecycle, operation: Operation) -> bool:
    """True if some call of an operation moves a job that is there."""
    return any(
        isinstance(row.label, CallLabel)
        and row.label.operation == operation.name
        and any(row.target_from(state) != state for state in row.states if state != ABSENT)
        for row in lifecycle.all_rows()
    )


def _ends(lifecycle: Lifecycle) -> Iterator[Transition]:
    """The rows by which a job that is there is gone."""
    return (
        row
        for row in lifecycle.all_rows()
        if any(state != ABSENT and row.target_from(state) == ABSENT for state in row.states)
    )


def _goes_from_lists(api: Api, lifecycle: Lifecycle, lists: Sequence[Binding]) -> bool:
    """True if a job can be gone and what it is listed under, if anything, still be there."""
    with_parent = {b.role for b in api.bindings if b.lifecycle == lifecycle.name and b.spreads}
    return any(
        not (isinstance(row.label, CallLabel) and row.label.operation in with_parent and all(b.scope_in for b in lists))
        for row in _ends(lifecycle)
    )

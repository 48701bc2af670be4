"""Short stories that aim at every operation of an API and at what implementations get wrong.

A story knows nothing of the implementation but its answers; what it sees is judged elsewhere. Each runs in tenants of
its own, so that one never disturbs another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final

from haltspec.lts import Internal, Lifecycle, Role
from haltspec.observe import succeeded
from haltspec.services.base import Told
from haltspec.shapes import load as load_shapes
from haltspec.spec import Api, Binding
from haltspec_properties.asks import parent_for
from haltspec_properties.breaches import breaches
from haltspec_properties.session import Asked, Known, Session
from haltspec_properties.walk import unknown_id

_SHORT_ID: Final = 32
_SHORTEST_PAUSE_S: Final = 0.004
_PAUSE_GROWS: Final = 1.6
_LONGER: Final = 3
"""A status that has lasted so many times longer than the longest before is taken to stay."""
_RACERS: Final = 6
"""So many jobs are stopped at the moment at which they may end."""
_FROM_THOSE: Final = (5, 8)
"""The numbers of examples that are made from jobs that are known, of one API or another."""
_PAGEFUL: Final = 4
"""So many jobs are listed in pages of one, two and three, and such as the service makes of itself."""
_MADE_UP: Final = "a-page-token-that-nobody-gave"
_ENDINGS: Final = 40
_ENOUGH: Final = 20
"""So many jobs are stopped about when they end, and no more once that took so many times the patience."""
_ROUNDS: Final = 9
_STOPS: Final = 2
_LOOKS: Final = 8
"""About then two clients ask for so many stops each, and one looks so often; `_ROUNDS` times at most."""
_AHEAD_S: Final = 0.08
_AHEAD: Final = 0.4
"""They begin so many seconds before the end of a stopped job is expected, but not before that share of the time."""
_SHARES: Final = (1.0, 0.6, 0.7, 0.8)
"""The shares of their lives that jobs have had when they are stopped, in turn: when they end, and before that."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a story plays.

    Args:
        session: makes the calls.
        tenants: the first is the story's own, the others are strangers.
        wait: lets the implementation go on for some seconds.
        patience: how long, in seconds, a job is given to come to its end.
        lasted: how long a status was seen to last, in seconds, by lifecycle, kind and status; shared by all stories.
    """

    session: Session
    tenants: tuple[str, ...]
    wait: Callable[[float], None]
    patience: float
    lasted: dict[tuple[str, str, tuple[str, ...]], float] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The story's own tenant."""
        return self.tenants[0]

    @property
    def a_while(self) -> float:
        """How long, in seconds, a job that may go on is looked at before it is taken to stay as it is."""
        return min(self.patience / 8, _LONGER * max(self.lasted.values(), default=self.patience))

    def await_change(self, known: Known, patience: float) -> bool:
        """Look at a job, more and more seldom, until it shows another status; False if it does not in time."""
        before, waited, pause = self.session.statuses.get(known.key), 0.0, _SHORTEST_PAUSE_S
        while waited < patience:
            self.wait(pause)
            waited += pause
            pause = min(pause * _PAUSE_GROWS, max(patience / 8, _SHORTEST_PAUSE_S))
            _look(self, known, hidden=False)
            if self.session.statuses.get(known.key) != before:
                if before is not None:
                    self.lasted[known.key.lifecycle, known.key.kind, before] = waited
                return True
        return False

    def await_end(self, known: Known) -> None:
        """Look at a job until it shows what only jobs show that go on no further, or moves no more in time.

        One that moves to and fro is given up after as many moves as there are states: none makes more that goes on.
        """
        _look(self, known)
        for _ in self.session.api.lifecycle(known.key.lifecycle).states:
            if _rests(self, known) or not self.await_change(known, self.a_while):
                return


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story: `name` says what it is about, `play` makes its calls on a stage."""

    name: str
    play: Callable[[Stage], None]


def scenarios(api: Api) -> Iterator[Scenario]:
    """The stories of an API: the short ones of every kind of job first, then what takes many calls or much time."""
    creators = [b for b in api.bindings if api.role(b).role is Role.CREATE and not b.spreads]
    yield from _each("one job", _one_job, creators)
    yield from _each("unknown ids", _unknown, creators)
    yield from _each("tokens", _tokens, creators)
    yield from _each("pages", _pages, creators)
    yield from _each("filters", _filters, creators)
    yield from _each("strangers", _strangers, creators)
    yield from _each("other kinds", _other_kinds, creators)
    yield Scenario("beyond one job", _told)
    yield from _each("others are left alone", _left_alone, creators)
    yield from _each("malformed requests", _malformed, creators)
    yield Scenario("every kind: to the end", partial(_to_the_end, creators))
    yield Scenario("every kind: stopped", partial(_to_the_end, creators, stop=True))
    yield from _each("ordered at once", _ordered_at_once, creators)
    yield from _each("there and back again", _there_and_back, creators)
    yield from _each("races", _races, creators)
    yield from _each("races with the end", _last_moments, list({b.lifecycle: b for b in reversed(creators)}.values()))


def _each(about: str, play: Callable[[Binding, Stage], None], creators: list[Binding]) -> Iterator[Scenario]:
    """A story of each kind of job."""
    for binding in creators:
        yield Scenario(f"{binding.kind or binding.lifecycle}: {about}", partial(play, binding))


def _make(stage: Stage, binding: Binding, number: int = 1, tenant: str = "") -> list[Known]:
    """Create a job; returns it, and what came into being with it once listed."""
    before = len(stage.session.jobs)
    stage.session.create(binding, tenant or stage.home, number)
    made = stage.session.jobs[before:]
    for known in made:
        for lists in stage.session.api.bindings:
            below = lists.items is not None and lists.parent_of is not None and lists.lifecycle != known.key.lifecycle
            if below and any(
                b.spreads and b.lifecycle == lists.lifecycle for b in stage.session.api.bound(binding.operation)
            ):
                stage.session.listing(lists, known.key.tenant, known.key.id)
    return stage.session.jobs[before:]


def _make_in_time(stage: Stage, binding: Binding, number: int) -> list[Known]:
    """As `_make`; if that is refused, again after a while: what it is made of may not be ready."""
    for pause in (0.0, *(stage.patience / parts for parts in (256, 64, 16))):
        if pause:
            stage.wait(pause)
        if made := _make(stage, binding, number):
            return made
    return []


def _bound(stage: Stage, known: Known, *roles: Role) -> list[Binding]:
    return list(stage.session.bindings(known.key, *roles))


def _look(stage: Stage, known: Known, *, hidden: bool = True) -> None:
    """Read a job in every way, or unless `hidden` in those that show its status; list it where no read does."""
    telling = _tellers(stage, known)
    for binding in _bound(stage, known, Role.READ) if hidden else telling:
        stage.session.ask(binding, known.key.tenant, known.key.id)
    if not telling:
        _list(stage, known)


def _list(stage: Stage, known: Known, tenant: str = "") -> None:
    for binding in _bound(stage, known, Role.LIST):
        parent = parent_for(binding, known)
        needed = stage.session.service.lists_with(binding, known.request)
        stage.session.listing(binding, tenant or known.key.tenant, parent, **needed)


def list_all(stage: Stage) -> None:
    """Every list in which a job that is known may stand or must not, once for each tenant."""
    session, listed = stage.session, set[str]()
    for known in session.jobs:
        for binding in _bound(stage, known, Role.LIST):
            parent = parent_for(binding, known)
            needed = session.service.lists_with(binding, known.request)
            for tenant in dict.fromkeys((known.key.tenant, *stage.tenants)):
                asked = repr((binding.operation, tenant, parent, needed))
                if asked not in listed:
                    listed.add(asked)
                    session.listing(binding, tenant, parent, **needed)


def _one_job(binding: Binding, stage: Stage) -> None:
    for known in _make(stage, binding):
        _look(stage, known)
        _list(stage, known)
        for order in _bound(stage, known, Role.ORDER):
            stage.session.ask(order, known.key.tenant, known.key.id)
            _look(stage, known)
            stage.session.ask(order, known.key.tenant, known.key.id)
            _look(stage, known)
        for order in _bound(stage, known, Role.DELETE):
            stage.session.ask(order, known.key.tenant, known.key.id)
            _look(stage, known)
            _list(stage, known)
            stage.await_change(known, stage.patience / 8)
            stage.session.ask(order, known.key.tenant, known.key.id)


def _left_alone(binding: Binding, stage: Stage) -> None:
    """Of several jobs one is ordered about; the others are looked at."""
    made = [known for number in (1, 2, 3) for known in _make(stage, binding, number)]
    if made:
        for order in _bound(stage, made[0], Role.ORDER, Role.DELETE):
            for known in made:
                if stage.session.api.role(order).role is Role.DELETE:
                    stage.await_end(known)
                _look(stage, known)
            _list(stage, made[-1])
            stage.session.ask(order, made[0].key.tenant, made[0].key.id)
            for known in made:
                _look(stage, known)
            _list(stage, made[-1])
            if stage.session.api.role(order).role is Role.DELETE:
                stage.await_change(made[0], stage.patience / 8)
                stage.session.ask(order, made[0].key.tenant, made[0].key.id)
                _list(stage, made[-1])


def _ordered_at_once(binding: Binding, stage: Stage) -> None:
    """Give every order to a job of each sort as soon as it is there."""
    for number in range(stage.session.service.variants(binding)):
        for known in _make(stage, binding, number):
            for order in _bound(stage, known, Role.ORDER):
                stage.session.ask(order, known.key.tenant, known.key.id)
                _look(stage, known)


def _there_and_back(binding: Binding, stage: Stage) -> None:
    """Two jobs of each sort are brought to rest by every order in turn, and then by the first once more.

    One is given its orders also while it is young. What stops is asked of that one alone, twice: the other goes on as
    it was. In the end both are deleted as they are.
    """
    variants = stage.session.service.variants(binding)
    for number in range(variants):
        pair = [made[0] for n in (number, number + variants) if (made := _make_in_time(stage, binding, n))]
        for order in _bound(stage, pair[0], Role.ORDER) if pair else []:
            if not _is_stop(order):
                stage.session.ask(order, pair[0].key.tenant, pair[0].key.id)
                _look(stage, pair[0], hidden=False)
        for known in pair:
            stage.await_end(known)
        orders = _bound(stage, pair[0], Role.ORDER) if pair else []
        for order in orders + orders[:1]:
            for known in pair[:1] if _is_stop(order) else pair:
                stage.session.ask(order, known.key.tenant, known.key.id)
                _look(stage, known, hidden=False)
                stage.session.ask(order, known.key.tenant, known.key.id)
            for known in pair:
                stage.await_end(known)
            _list(stage, pair[0])
        for known in pair:
            for order in _bound(stage, known, Role.DELETE):
                stage.session.ask(order, known.key.tenant, known.key.id)
                _look(stage, known)


def _last_moments(binding: Binding, stage: Stage) -> None:
    """Jobs are stopped, and looked at meanwhile, about when they come to their end by themselves or by an earlier stop.

    When that is, is learned from those before. Few are enough where calls cannot be made at once.
    """
    session, natural, stopped = stage.session, _Aim(), _Aim()
    for number in range(_ENDINGS if session.is_concurrent else len(_SHARES)):
        family = [known for known in _make_in_time(stage, binding, number) if _ends_unasked(stage, known)]
        if not family or session.calls[-1].start - session.calls[0].start > _ENOUGH * stage.patience:
            return
        known, share = family[number % len(family)], _SHARES[number % len(_SHARES)]
        begun = session.calls[-1].start
        if not number:
            stage.await_end(known)
            natural.learn(stage, known, begun)
            if not _rests(stage, known):
                return
            continue
        stage.wait(natural.middle * share)
        _look(stage, known, hidden=False)
        natural.learn(stage, known, begun)
        if _rests(stage, known):
            continue
        stops, looks = _asked(stage, known, _stops(stage, known)), _asked(stage, known, _tellers(stage, known)[:1])
        if share < 1:
            begun = [session.call(*stop).start for stop in stops][-1]
            stage.wait(max(stopped.middle - _AHEAD_S, stopped.middle * _AHEAD))
        for _ in range(_ROUNDS):
            session.side_by_side([stops * _STOPS, stops * _STOPS, looks * _LOOKS])
            if _rests(stage, known):
                break
        stage.await_end(known)
        if share < 1:
            stopped.learn(stage, known, begun)


@dataclass(slots=True)
class _Aim:
    """When jobs come to rest, in seconds since they were begun or stopped: later than `live`, not later than `over`."""

    live: float = 0.0
    over: float = 0.0

    @property
    def middle(self) -> float:
        """When to expect it."""
        return (self.live + self.over) / 2

    def learn(self, stage: Stage, known: Known, begun: float) -> None:
        """Learn from what was shown of a job since then; what was known and is belied by that is taken for a guess."""
        for call in stage.session.calls:
            for key, status in stage.session.shown(call) if call.start > begun else ():
                at = call.start - begun
                if key == known.key and _is_rest(stage, known, status):
                    self.live, self.over = self.live if self.live < at else at * 0.8, at
                    return
                if key == known.key:
                    self.live, self.over = max(self.live, at), self.over if self.over > at else at * 1.25


def _ends_unasked(stage: Stage, known: Known) -> bool:
    """True if the only order that can be given to a job is to stop."""
    orders = _bound(stage, known, Role.ORDER)
    return bool(orders) and orders == _stops(stage, known)


def _stops(stage: Stage, known: Known) -> list[Binding]:
    return [order for order in _bound(stage, known, Role.ORDER) if _is_stop(order)]


def _tellers(stage: Stage, known: Known) -> list[Binding]:
    """The reads that show a job's status."""
    return [read for read in _bound(stage, known, Role.READ) if read.view is not None and not read.hides_status]


def _asked(stage: Stage, known: Known, operations: Sequence[Binding]) -> list[Asked]:
    """The calls of operations on a job."""
    tenant, service = known.key.tenant, stage.session.service
    return [(asked.operation, service.order(asked, tenant, known.key.id), tenant) for asked in operations]


def _is_stop(order: Binding) -> bool:
    return "stop" in order.operation.lower()


def _races(binding: Binding, stage: Stage) -> None:
    """Several calls at once: orders, orders and reads, lists, the same creation; and orders at a job's end."""
    session = stage.session
    for number in range(_RACERS):
        for known in [job for job in _make(stage, binding, number) if job.key.lifecycle == binding.lifecycle][:1]:
            orders = _bound(stage, known, Role.ORDER)
            readers = [b for b in _bound(stage, known, Role.READ) if b.view is not None]
            _look(stage, known)
            if number % 4 < 2 and not _ends_unasked(stage, known):
                stage.await_end(known)
            elif number % 2:
                status = session.statuses.get(known.key, ())
                stage.await_change(known, stage.patience / 8)
                status = session.statuses.get(known.key, status)
                stage.wait(stage.lasted.get((known.key.lifecycle, known.key.kind, status), 0.0) * (0.5 + number / 8))
            others = orders + _bound(stage, known, Role.DELETE)
            for order in orders:
                at_once = (order, *others, *readers[:1]) if number % 4 < 2 else (order, order, *readers[:1], order)
                session.at_once(_asked(stage, known, at_once))
                _look(stage, known)
                _look(stage, known)
    if binding.token_in:
        for number in range(_RACERS // 2):
            request = session.example(binding, stage.home, _RACERS + number)
            request[binding.token_in] = session.token(f"token-at-once-of-some-length-{number}")
            session.at_once([(binding.operation, dict(request), stage.home)] * 3)
        for known in session.jobs[-1:]:
            _list(stage, known)


def _unknown(binding: Binding, stage: Stage) -> None:
    for known in _make(stage, binding):
        for asked in _bound(stage, known, Role.READ, Role.ORDER, Role.DELETE):
            stage.session.ask(asked, known.key.tenant, _nobody(stage, asked, known))


def _nobody(stage: Stage, asked: Binding, known: Known) -> str:
    """An id that nobody was given, well-formed also where those given out are too long."""
    candidate = unknown_id(known.key.id, 7)
    request = stage.session.service.order(asked, known.key.tenant, candidate)
    faults = load_shapes(stage.session.api).request_faults(asked.operation, request)
    return candidate[-_SHORT_ID:] if faults else candidate


def _tokens(binding: Binding, stage: Stage) -> None:
    if not binding.token_in:
        for _ in range(2):  # the same request once more: its name may be taken
            stage.session.create(binding, stage.home, 1)
        for known in stage.session.jobs[:1]:
            _list(stage, known)
        return
    stage.session.create(binding, stage.home, 1, token="token-1")
    stage.session.create(binding, stage.home, 1, token="token-1")
    stage.session.create(binding, stage.home, 1, token="token-2")
    for known in stage.session.jobs[-1:]:
        _list(stage, known)


def _pages(binding: Binding, stage: Stage) -> None:
    made = [_make(stage, binding, number) for number in range(1, 1 + _PAGEFUL)]
    for known in made[0] if made and made[0] else []:
        for lists in _bound(stage, known, Role.LIST):
            if lists.limit_in:
                parent = parent_for(lists, known)
                for size in (1, 2, 3):
                    stage.session.listing(lists, stage.home, parent, **{lists.limit_in: size})
            if lists.next_in:
                parent = parent_for(lists, known)
                stage.session.listing(lists, stage.home, parent)
                stage.session.listing(lists, stage.home, parent, **{lists.next_in: _MADE_UP})


def _filters(binding: Binding, stage: Stage) -> None:
    """Every filter while jobs are young, and once more when one was stopped and has come to rest."""
    first, second = _make(stage, binding, 1), _make(stage, binding, 2)
    for is_over in (False, True):
        for known in first if is_over else ():
            for order in _bound(stage, known, Role.ORDER):
                if _is_stop(order):
                    stage.session.ask(order, known.key.tenant, known.key.id)
            stage.await_end(known)
        asked = set[str]()
        for known in (*first, *second):
            for lists in _bound(stage, known, Role.LIST):
                parent = parent_for(lists, known)
                for probe in stage.session.service.probes(lists, known.request):
                    if (words := repr((lists.operation, parent, probe))) not in asked:
                        asked.add(words)
                        stage.session.listing(lists, stage.home, parent, **probe)


def _strangers(binding: Binding, stage: Stage) -> None:
    for known in _make(stage, binding):
        for stranger in stage.tenants[1:]:
            for asked in _bound(stage, known, Role.READ, Role.ORDER, Role.DELETE):
                stage.session.ask(asked, stranger, known.key.id)
            _list(stage, known, stranger)
        _look(stage, known)


def _other_kinds(binding: Binding, stage: Stage) -> None:
    for known in _make(stage, binding):
        for other in stage.session.api.bindings:
            role = stage.session.api.role(other).role
            if other.kind == known.key.kind or not other.kind or other.spreads:
                continue
            own = next((b for b in _bound(stage, known, Role.READ) if b.id_in == other.id_in), None)
            if role is Role.LIST and other.lifecycle == known.key.lifecycle:
                stage.session.listing(other, stage.home)
            elif role in (Role.READ, Role.ORDER) and own is not None:
                stage.session.ask(other, stage.home, known.key.id)
        _look(stage, known)


def _malformed(binding: Binding, stage: Stage) -> None:
    shapes, session = load_shapes(stage.session.api), stage.session
    _make(stage, binding)
    valid = session.example(binding, stage.home, 1)
    if binding.token_in:
        valid[binding.token_in] = session.token("token-1")
    for breach in breaches(shapes, binding.operation, valid):
        session.call(binding.operation, breach.of(valid), stage.home)
    for known in _make(stage, binding, 2):
        for asked in _bound(stage, known, Role.READ, Role.ORDER, Role.DELETE):
            request = session.service.order(asked, stage.home, known.key.id)
            for breach in breaches(shapes, asked.operation, request):
                session.call(asked.operation, breach.of(request), stage.home)
        for lists in _bound(stage, known, Role.LIST):
            parent = parent_for(lists, known)
            request = session.service.listing(lists, stage.home, parent, session.prelude(stage.home))
            if lists.limit_in:
                request[lists.limit_in] = 2
            session.call(lists.operation, request, stage.home)
            for probe in session.service.probes(lists, known.request) or ({},):
                probing = {**request, **probe}
                for breach in breaches(shapes, lists.operation, probing):
                    session.call(lists.operation, breach.of(probing), stage.home)
        _look(stage, known)
    for known in session.jobs:
        _list(stage, known)


def _told(stage: Stage) -> None:
    """The sequences of calls that the API's service knows."""
    for story in stage.session.service.stories(stage.home):
        told: dict[str, Any] = {}
        for operation, request in story:
            needed = {name: value.member for name, value in request.items() if isinstance(value, Told)}
            if not told.keys() >= set(needed.values()):
                continue  # the call that would have told it was refused
            asked = {**request, **{name: told[member] for name, member in needed.items()}}
            tokens = {binding.token_in for binding in stage.session.api.bound(operation)} & asked.keys()
            asked |= {name: stage.session.token(asked[name]) for name in tokens}
            call = stage.session.call(operation, asked, stage.home)
            told |= call.reply if succeeded(call) and isinstance(call.reply, Mapping) else {}


def _to_the_end(creators: list[Binding], stage: Stage, *, stop: bool = False) -> None:
    """Make jobs of every kind, give them their orders, and look at all of them until none owes anything.

    Stops come last, when every job has come to what its other orders lead to; with `stop` they come at once. In the end
    jobs are made from those that there are, where they can be; these are stopped once they have come to rest unasked.
    """
    numbers = (1,) if stop else (1, 2)  # one of two may end well, so that others can be made from it
    jobs = [known for number in numbers for binding in creators for known in _make(stage, binding, number)]
    for is_now in (_is_stop, _is_start, _is_stop) if stop else (_is_none, _is_start, _is_stop):
        for known in jobs:
            for order in _bound(stage, known, Role.ORDER):
                if is_now(order):
                    stage.session.ask(order, known.key.tenant, known.key.id)
            _look(stage, known)
        _await_all(stage, jobs)
    list_all(stage)  # shows what they have come to
    later = [made for number in _FROM_THOSE for binding in creators for made in _make(stage, binding, number)]
    for known in later:
        _look(stage, known)
    _await_all(stage, later)
    for known in later:
        for order in _stops(stage, known):
            stage.session.ask(order, known.key.tenant, known.key.id)
            _look(stage, known)


def _is_none(_order: Binding) -> bool:
    return False


def _is_start(order: Binding) -> bool:
    return not _is_stop(order)


def _await_all(stage: Stage, jobs: list[Known]) -> None:
    """Look at jobs until none shows that it has to go on, none can be seen, or patience is over."""
    waited, pause = 0.0, 4 * _SHORTEST_PAUSE_S
    while waited <= stage.patience and any(_owes(stage, known) for known in jobs):
        stage.wait(pause)
        waited += pause
        pause = min(2 * pause, max(stage.patience / 8, 0.01))
        seen, before = len(stage.session.calls), dict(stage.session.statuses)
        for known in jobs:
            _look(stage, known)
            status = before.get(known.key)
            if status is not None and stage.session.statuses.get(known.key) != status:
                stage.lasted.setdefault((known.key.lifecycle, known.key.kind, status), waited)
        if not any(succeeded(call) for call in stage.session.calls[seen:]):
            break


def _owes(stage: Stage, known: Known) -> bool:
    """True if a job shows a status that only jobs show that have to come to another."""
    lifecycle, status = stage.session.api.lifecycle(known.key.lifecycle), stage.session.statuses.get(known.key)
    owing = {state for owed in lifecycle.progress for state in owed.start}
    states = [state.name for state in lifecycle.states if state.shows == status]
    return bool(states) and owing.issuperset(states)


def _rests(stage: Stage, known: Known) -> bool:
    """True if a job shows what only jobs show that go on no further by themselves."""
    return _is_rest(stage, known, stage.session.statuses.get(known.key))


def _is_rest(stage: Stage, known: Known, status: tuple[str, ...] | None) -> bool:
    lifecycle = stage.session.api.lifecycle(known.key.lifecycle)
    states = [state.name for state in lifecycle.states if state.shows == status]
    return bool(states) and not _restless(lifecycle).intersection(states)


@cache
def _restless(lifecycle: Lifecycle) -> frozenset[str]:
    """The states that a job leaves by itself."""
    rows = (row for row in lifecycle.transitions if isinstance(row.label, Internal) and not row.label.outside)
    return frozenset(state for row in rows for state in row.states)

"""Data rules: what holds of the members of replies, beyond the state of the job.

A rule is data (name, sentence, source) with a pure check. `SightRule`s look at one job in one reply, `CallRule`s at one
call, `HistoryRule`s keep a memory over a whole trace. The functions below make the common ones; an API file names
them with its sources.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from haltspec.lts import Source
from haltspec.spec import Binding, reach

Job = Mapping[str, Any]
"""A job object as the vendor shows it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One job, seen in one reply.

    Args:
        job: the job object as it stands in the reply.
        shown: the status values seen, one for each status member, None where the reply has none.
        full: the reply shows the whole job.
        binding: the operation's binding.
        request: the request of the call that showed it.
        created: the request that created the job, if the trace has it.
        earlier: the latest earlier sight of the same job whose call had ended before this one started.
        start, end: the call's times in epoch seconds.
    """

    job: Job
    shown: tuple[str | None, ...]
    full: bool
    binding: Binding
    request: Mapping[str, Any]
    created: Mapping[str, Any] | None
    earlier: Sight | None
    start: float
    end: float

    @property
    def status(self) -> str:
        """The first status value, empty if hidden."""
        return self.shown[0] or "" if self.shown else ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, as data rules see it.

    `reply` is the decoded body (None if it is no JSON object), `error` the error code, `status` the HTTP status or None
    if no answer came, `binding` the first binding of the operation, `items` the jobs of a list, `job_id` the id of the
    one job that the reply shows; `alone`: the recording holds every call made in the tenant; `is_id_malformed`: the id
    in the request breaks its shape, and nothing else does; `body` is the body as it is, decoded, or its text if it is
    no JSON; `window`: what it shows may be as old as this many seconds.
    """

    operation: str
    tenant: str
    binding: Binding
    request: Mapping[str, Any]
    status: int | None
    error: str | None
    reply: Mapping[str, Any] | None
    start: float
    end: float | None
    items: tuple[Job, ...] = ()
    job_id: str | None = None
    alone: bool = False
    is_id_malformed: bool = False
    body: Any = None
    window: float = 0.0

    @property
    def succeeded(self) -> bool:
        """True if the call was answered with a success."""
        return self.status is not None and self.error is None and self.status < 300

    def follows(self, other: Exchange) -> bool:
        """True if the other call had been answered when this one began, and as much earlier as this may be late."""
        return other.end is not None and other.end + self.window <= self.start


@dataclass(frozen=True, slots=True)
class SightRule:
    """A rule on one job in one reply; `check` returns what is wrong, or None.

    `on_status`: it is about the status that the reply to an order shows, which rows may rule out as well.
    """

    name: str
    sentence: str
    source: Source
    check: Callable[[Sight], str | None]
    on_status: bool = False


@dataclass(frozen=True, slots=True)
class CallRule:
    """A rule on one call and its answer; `check` takes answered calls only and returns what is wrong, or None.

    `on_status`: as for a `SightRule`.
    """

    name: str
    sentence: str
    source: Source
    check: Callable[[Exchange], str | None]
    on_status: bool = False


class Wrong(NamedTuple):
    """What is wrong with a call, in words, and the earlier calls that show it together with this one.

    `gone`: the ids of jobs that it shows and that were deleted, if that is what is wrong; rows rule that out as well.
    """

    told: str
    earlier: tuple[Exchange, ...]
    gone: tuple[str, ...] = ()


class Checker(Protocol):
    """The memory of a `HistoryRule` in one trace."""

    def see(self, exchange: Exchange) -> Wrong | str | None:
        """Take the next call, in order of its end; return what is wrong, or None."""
        ...


@runtime_checkable
class Watcher(Checker, Protocol):
    """A memory that is also told when calls begin, so that it knows of calls in flight, answered or not."""

    def begin(self, exchange: Exchange) -> None:
        """Take a call that begins, before every call that ends later; its answer is not to be looked at."""
        ...


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """A rule over a whole trace; `open` makes an empty memory."""

    name: str
    sentence: str
    source: Source
    open: Callable[[], Checker]


def pages_lead_on(source: Source, bindings: Sequence[Binding], *members: str) -> HistoryRule:
    """The pages of one listing show no job twice, and so come to an end, unless jobs were made meanwhile.

    Args:
        source: who says so.
        bindings: those of the API.
        members: those that may hold the id of an item; the first that it has counts.
    """
    creations = _creations(bindings)
    sentence = "No job stands on two pages of one listing, unless jobs were made meanwhile."
    return HistoryRule("pages lead on", sentence, source, lambda: _Pages(members, creations))


@dataclass(slots=True)
class _Listing:
    """The pages of a listing so far, and what a rule keeps of them."""

    pages: list[Exchange] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


class _Listings:
    """The listings that go on.

    A page goes on with a listing if it has the token that an earlier page gave, and asks for the same: whether tokens
    of other listings differ is silent. Nothing is known of one during which jobs of the tenant may have been made, nor
    of what is answered to a token that went on before.
    """

    def __init__(self, creations: frozenset[str]) -> None:
        self.creations = creations
        self.under_way: Counter[str] = Counter()
        """How many creations are, by tenant."""
        self.made: dict[str, float] = {}
        """When the latest creation ended, by tenant."""
        self.going_on: dict[tuple[str, str, str, str], _Listing] = {}
        """By tenant, operation, what is asked for, and next token."""

    def begin(self, exchange: Exchange) -> None:
        """Take the beginning of a call."""
        self.under_way[exchange.tenant] += exchange.operation in self.creations

    def turned(self, exchange: Exchange) -> _Listing | None:
        """Take the end of a call; return the listing of which it is the latest page, None if nobody knows."""
        binding, tenant = exchange.binding, exchange.tenant
        if exchange.operation in self.creations:
            self.under_way[tenant] -= 1
            self.made[tenant] = math.inf if exchange.end is None else exchange.end
        if not binding.next_out or not exchange.succeeded or exchange.reply is None:
            return None
        token, following = exchange.request.get(binding.next_in), exchange.reply.get(binding.next_out)
        asked = repr(sorted((name, value) for name, value in exchange.request.items() if name != binding.next_in))
        here = tenant, exchange.operation, asked
        listing = _Listing() if token is None else self.going_on.pop((*here, str(token)), None)
        if listing is None or self._may_have_changed(listing, exchange):
            return None
        listing.pages.append(exchange)
        if following is not None:
            self.going_on[*here, str(following)] = listing
        return listing

    def _may_have_changed(self, listing: _Listing, page: Exchange) -> bool:
        if not listing.pages:
            return False
        first, last = listing.pages[0], listing.pages[-1]
        made = self.made.get(page.tenant, -math.inf) + page.window
        is_after = last.end is not None and last.end <= page.start
        return self.under_way[page.tenant] > 0 or made >= first.start or not is_after


def _creations(bindings: Sequence[Binding]) -> frozenset[str]:
    """The operations that make a job: neither bound to an id nor a list, or making it in something else."""
    return frozenset(b.operation for b in bindings if b.items is None and (not b.id_in or b.scope_in or b.spreads))


class _Pages:
    """The listings that go on; a `Watcher`."""

    def __init__(self, members: tuple[str, ...], creations: frozenset[str]) -> None:
        self.members = members
        self.listings = _Listings(creations)

    def begin(self, exchange: Exchange) -> None:
        self.listings.begin(exchange)

    def see(self, exchange: Exchange) -> Wrong | None:
        listing = self.listings.turned(exchange)
        if listing is None:
            return None
        named = (next((item[name] for name in self.members if name in item), None) for item in exchange.items)
        ids = {str(job_id) for job_id in named if job_id is not None}
        again = sorted(ids & listing.ids)
        listing.ids |= ids
        earlier = tuple(listing.pages[:-1]) if again else ()
        return Wrong(f"{again[0]} stands on an earlier page of the same listing", earlier) if again else None


def value_at(job: Job, member: str) -> Any:
    """The value of a member, `counters.total` for a nested one; None if it is not there."""
    if "." not in member:
        return job.get(member)
    value: Any = job
    for part in member.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def seconds(value: Any) -> float | None:
    """A time on the wire as epoch seconds: a number, or (tolerated, another rule complains) ISO 8601 text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float):
            return float(value)
        if isinstance(value, str):
            from datetime import datetime

            return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        pass
    return None


def _told(when: Sequence[str]) -> str:
    return " or ".join(when)


def _in(sight: Sight, when: Sequence[str]) -> bool:
    joined = "/".join(value or "" for value in sight.shown)
    return sight.status in when or joined in when


def present(member: str, source: Source, *, when: Sequence[str] = ()) -> SightRule:
    """`member` is there in every whole view, or in those that show a status of `when`."""
    name = f"{member} is present" + (f" when {_told(when)}" if when else "")

    def check(sight: Sight) -> str | None:
        if sight.full and (not when or _in(sight, when)) and value_at(sight.job, member) is None:
            return f"{member} is missing from a job that shows {sight.status or 'no status'}"
        return None

    return SightRule(name, f"A described job has {member}{' while ' + _told(when) if when else ''}.", source, check)


def absent(member: str, source: Source, *, when: Sequence[str]) -> SightRule:
    """`member` is not there in views that show a status of `when`."""

    def check(sight: Sight) -> str | None:
        if _in(sight, when) and value_at(sight.job, member) is not None:
            return f"{member} is {value_at(sight.job, member)!r} in a job that shows {sight.status}"
        return None

    name = f"{member} is absent when {_told(when)}"
    return SightRule(name, f"A job has no {member} while {_told(when)}.", source, check)


def constant(member: str, source: Source) -> SightRule:
    """`member` keeps the value it first had."""

    def check(sight: Sight) -> str | None:
        now = value_at(sight.job, member)
        earlier = sight.earlier
        while earlier is not None and now is not None:
            before = value_at(earlier.job, member)
            if before is not None:
                return None if before == now else f"{member} was {before!r} and is now {now!r}"
            earlier = earlier.earlier
        return None

    return SightRule(f"{member} never changes", f"{member} of a job never changes once it is shown.", source, check)


def ordered(members: Sequence[str], source: Source) -> SightRule:
    """The times in `members` do not run backwards, as far as they are there."""

    def check(sight: Sight) -> str | None:
        last: tuple[str, float] | None = None
        for member in members:
            at = seconds(value_at(sight.job, member))
            if at is not None:
                if last is not None and at < last[1]:
                    return f"{member} {at} lies before {last[0]} {last[1]}"
                last = member, at
        return None

    listed = " <= ".join(members)
    return SightRule(f"times in order: {listed}", f"{listed} in every view of a job.", source, check)


def monotone(member: str, source: Source) -> SightRule:
    """The number in `member` never goes down."""

    def check(sight: Sight) -> str | None:
        now = value_at(sight.job, member)
        earlier = sight.earlier
        while earlier is not None and isinstance(now, int | float):
            before = value_at(earlier.job, member)
            if isinstance(before, int | float):
                return f"{member} was {before} and is now {now}" if now < before else None
            earlier = earlier.earlier
        return None

    return SightRule(f"{member} never goes down", f"{member} of a job never goes down.", source, check)


def echoes(member: str, source: Source, *, given: str = "") -> SightRule:
    """A whole view has `member` exactly as the creating request gave it (as its member `given`), or not at all."""
    given = given or member

    def check(sight: Sight) -> str | None:
        if not sight.full or sight.created is None:
            return None
        want, got = value_at(sight.created, given), value_at(sight.job, member)
        if want == got:
            return None
        return f"{member} is {got!r}; the request gave {want!r}"

    return SightRule(f"{member} is as given", f"A described job has {member} iff given, and as given.", source, check)


def holds(
    name: str, sentence: str, source: Source, check: Callable[[Sight], str | None], *, on_status: bool = False
) -> SightRule:
    """A rule with a check of its own on every sight of a job."""
    return SightRule(name, sentence, source, check, on_status)


def answers_for(id_in: str, member: str, source: Source) -> SightRule:
    """The job in the reply is the one the request named."""

    def check(sight: Sight) -> str | None:
        asked = sight.request.get(sight.binding.id_in) if sight.binding.id_in else None
        got = sight.job.get(member)
        if asked is None or got is None or asked == got or sight.binding.id_in != id_in:
            return None
        return f"the request named {asked!r}, the reply shows {got!r}"

    return SightRule("the reply is for the job asked for", "A reply's job is the one the request named.", source, check)


def success_is(status: int, source: Source) -> CallRule:
    """A success carries one HTTP status."""

    def check(exchange: Exchange) -> str | None:
        if exchange.succeeded and exchange.status != status:
            return f"a success carries HTTP {exchange.status}, not {status}"
        return None

    return CallRule(f"success is HTTP {status}", f"Every success is HTTP {status}.", source, check)


def tells(name: str, operations: Sequence[str], members: Sequence[str], source: Source) -> CallRule:
    """A success of `operations` (wire operations) has every member of `members` (`job.arn` for a nested one)."""

    def check(exchange: Exchange) -> str | None:
        if exchange.operation not in operations or not exchange.succeeded or exchange.reply is None:
            return None  # a recording without bodies tells nothing
        missing = [member for member in members if value_at(exchange.reply, member) is None]
        return f"the reply has no {' and no '.join(missing)}" if missing else None

    told = " and ".join(members)
    return CallRule(name, f"A reply has {told}.", source, check)


def malformed_id(unknown: Mapping[str, Sequence[str]], source: Source) -> CallRule:
    """An id that breaks its shape is not answered with an error that says something of the job.

    `unknown` has these errors by lifecycle, as far as the operations declare them: others are another matter.
    """

    def check(exchange: Exchange) -> str | None:
        if exchange.is_id_malformed and exchange.error in unknown.get(exchange.binding.lifecycle, ()):
            return f"the id breaks its shape and the answer is {exchange.error}"
        return None

    sentence = "A malformed id is refused as malformed, not as the id of a job that is not there or not ready."
    return CallRule("a malformed id is told as such", sentence, source, check)


def page_size(source: Source) -> CallRule:
    """A page has at most as many items as asked for."""

    def check(exchange: Exchange) -> str | None:
        limit = exchange.request.get(exchange.binding.limit_in) if exchange.binding.limit_in else None
        if not exchange.succeeded or not isinstance(limit, int) or not 1 <= limit < len(exchange.items):
            return None  # a limit below 1 is a malformed request: another matter
        return f"{exchange.binding.limit_in} is {limit} and the page has {len(exchange.items)} items"

    return CallRule(
        "a page is no longer than asked for", "A page has at most the asked number of items.", source, check
    )


def usual_page(most: int, source: Source) -> CallRule:
    """A page has at most `most` items where the request gives no limit."""

    def check(exchange: Exchange) -> str | None:
        limit_in = exchange.binding.limit_in
        if not limit_in or exchange.request.get(limit_in) is not None or not exchange.succeeded:
            return None
        found = len(exchange.items)
        return f"no {limit_in} was given and the page has {found} items" if found > most else None

    name = f"a page has at most {most} items unless asked otherwise"
    return CallRule(name, f"Without a limit in the request a page has at most {most} items.", source, check)


def once_per_page(member: str, source: Source) -> CallRule:
    """No two items of a page have the same `member`, which names the job."""

    def check(exchange: Exchange) -> str | None:
        if not exchange.succeeded:
            return None
        ids = Counter(str(item[member]) for item in exchange.items if item.get(member) is not None)
        twice = next((job_id for job_id, count in ids.items() if count > 1), None)
        return f"{member} {twice!r} is listed twice on one page" if twice is not None else None

    return CallRule(f"{member} is listed once", f"No {member} stands twice on a page of a list.", source, check)


def one_filter(filter_in: str, error: str, source: Source) -> CallRule:
    """A list with two filters at once is refused."""

    def check(exchange: Exchange) -> str | None:
        given = exchange.request.get(filter_in)
        if exchange.succeeded and isinstance(given, Mapping) and len(given) > 1:
            return f"the filters {', '.join(sorted(given))} were given together and the list was answered"
        return None

    return CallRule("one filter at a time", f"A list with two filters is refused ({error}).", source, check)


def listed_match(
    name: str, sentence: str, source: Source, check: Callable[[Mapping[str, Any], Job], str | None]
) -> CallRule:
    """Every listed job passes the request's filter; `check` takes the request and an item."""

    def check_all(exchange: Exchange) -> str | None:
        if exchange.succeeded:
            for item in exchange.items:
                wrong = check(exchange.request, item)
                if wrong:
                    return wrong
        return None

    return CallRule(name, sentence, source, check_all)


def sorted_by(
    name: str,
    sentence: str,
    source: Source,
    key: Callable[[Job], float | None],
    order: Callable[[Exchange], int],
) -> HistoryRule:
    """Listed jobs stand in order of `key`, from page to page as well, whatever is made meanwhile.

    `order` of a list is 1 (ascending), -1 (descending) or 0 (free).
    """
    return HistoryRule(name, sentence, source, lambda: _Sorted(key, order))


class _Sorted:
    """The listings that go on."""

    def __init__(self, key: Callable[[Job], float | None], order: Callable[[Exchange], int]) -> None:
        self.key, self.order = key, order
        self.listings = _Listings(frozenset())

    def see(self, exchange: Exchange) -> Wrong | None:
        direction = self.order(exchange) if exchange.succeeded else 0
        listing = self.listings.turned(exchange)
        if not direction:
            return None
        earlier = islice(reversed(listing.pages), 1, None) if listing is not None else ()
        last = next((page for page in earlier if self._values(page)), None)
        before = self._values(last)[-1:] if last is not None else []
        for place, (first, second) in enumerate(pairwise([*before, *self._values(exchange)])):
            if (second - first) * direction < 0:
                told = f"{second} follows {first} in a list sorted {'upwards' if direction > 0 else 'downwards'}"
                return Wrong(told, (last,) if last is not None and not place else ())
        return None

    def _values(self, page: Exchange) -> list[float]:
        return [value for item in page.items if (value := self.key(item)) is not None]


TOKEN_LIFE_S: Final = 86_400.0
"""A token is remembered for a day at least: the shortest life that a reading gives it."""


def one_per_token(source: Source, *, ignore: Iterable[str] = ()) -> HistoryRule:
    """The same token with the same parameters makes no second job within a day.

    How long a token is remembered is silent, and so is what it does once it was used with other parameters: only a day,
    the shortest life that a reading gives it, and tokens that never met other parameters count.
    """
    left_out = frozenset(ignore)

    class Tokens:
        def __init__(self) -> None:
            self.uses: dict[tuple[str, str, str], Counter[str]] = {}
            self.made: dict[tuple[tuple[str, str, str], str], Exchange] = {}

        def begin(self, exchange: Exchange) -> None:
            if key := self.key(exchange):
                self._uses_of(key)[self.given(exchange)] += 1

        def see(self, exchange: Exchange) -> Wrong | None:
            key, given = self.key(exchange), self.given(exchange)
            if key is None or exchange.end is None:
                return None
            if not exchange.succeeded or exchange.job_id is None:
                self._uses_of(key)[given] -= exchange.status is not None and exchange.status < 500
                return None
            first = self.made.setdefault((key, given), exchange)
            if first.job_id == exchange.job_id:
                return None
            has_met_others = any(count for other, count in self._uses_of(key).items() if other != given)
            if has_met_others or exchange.end - first.start > TOKEN_LIFE_S:
                self.made[key, given] = exchange
                return None
            return Wrong(f"token {key[2]!r} made job {first.job_id!r} and then job {exchange.job_id!r}", (first,))

        def _uses_of(self, key: tuple[str, str, str]) -> Counter[str]:
            """How often the token was used, or may have been, with each set of parameters."""
            return self.uses.setdefault(key, Counter())

        @staticmethod
        def key(exchange: Exchange) -> tuple[str, str, str] | None:
            """The token, where it is used; None if the call has none."""
            token = exchange.request.get(exchange.binding.token_in) if exchange.binding.token_in else None
            return (exchange.tenant, exchange.operation, str(token)) if token else None

        @staticmethod
        def given(exchange: Exchange) -> str:
            return repr(sorted((k, v) for k, v in exchange.request.items() if k not in left_out))

    return HistoryRule(
        "a repeated token makes no second job",
        "A call repeated within a day with its token and the same parameters answers for the same job.",
        source,
        Tokens,
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """How lists are narrowed by the names of jobs and by when they were submitted.

    Args:
        filter_in: the request member of a list that holds its filters.
        name: what the name is called in a job, in a filter, and in the request that makes the job.
        submitted: the member of a job with the time it was submitted.
        before, after: the members of a filter with a time.
        id_member, status: the members of a job with its id and its status.
        live: the status values of jobs that have not ended.
        kept_s: for how many seconds after its end a job is surely remembered.
    """

    filter_in: str
    name: str
    submitted: str
    before: str
    after: str
    id_member: str
    status: str
    live: tuple[str, ...]
    kept_s: float


def filters_find(source: Source, bindings: Sequence[Binding], filters: Filters) -> HistoryRule:
    """A whole list under one filter has every job that is known to fit it; of several pages if none is made meanwhile.

    A job fits that has the very name, or was submitted more than a second before or after the time given: whether
    beginnings of names match is silent, and whether a bound is included. It is known by what a call showed that had
    been answered before the list was asked for, and that met the job alive, so late that it is not forgotten yet.
    """
    sentence = "A list under a filter by name or time has each job that is known to fit."
    creations = _creations(bindings)
    return HistoryRule("a filter finds the jobs that fit", sentence, source, lambda: _Filtered(filters, creations))


_SDK_STEP_S: Final = 1.0
"""SDKs send whole seconds."""
_Place = tuple[str, str, str]
"""A tenant, a lifecycle and a kind."""


def _place(exchange: Exchange) -> _Place:
    return exchange.tenant, exchange.binding.lifecycle, exchange.binding.kind


class _Fact(NamedTuple):
    """The value of a member of a job, None if there is none or calls disagree, and a call that met the job alive."""

    value: Any
    by: Exchange


@dataclass(slots=True)
class _Shelf:
    """What is known of the jobs of one place, by member and id; their ids by name, and in order of time."""

    facts: dict[tuple[str, str], _Fact] = field(default_factory=dict)
    named: dict[str, dict[str, None]] = field(default_factory=dict)
    timed: list[tuple[float, str]] = field(default_factory=list)


class _Filtered:
    """The names and times of jobs, as far as they are known; a `Watcher`."""

    def __init__(self, filters: Filters, creations: frozenset[str]) -> None:
        self.filters = filters
        self.listings = _Listings(creations)
        self.shelves: dict[_Place, _Shelf] = {}
        self.sought: dict[tuple[str, str], set[_Place]] = {}
        """Where each id was asked for or given: what the description of a wrong kind shows is in no list of that."""
        self.owned: set[tuple[_Place, str]] = set()
        """The ids that creations gave out, and those in lists."""
        self.asked: dict[tuple[str, str, str], set[str]] = {}
        """The names asked for with each token: a token used before may answer for a job of another name."""

    def begin(self, exchange: Exchange) -> None:
        binding, request = exchange.binding, exchange.request
        self.listings.begin(exchange)
        if binding.id_in:
            self.sought.setdefault((exchange.tenant, str(request.get(binding.id_in))), set()).add(_place(exchange))
        elif token := self._token(exchange):
            self.asked.setdefault(token, set()).add(repr(request.get(self.filters.name)))

    def see(self, exchange: Exchange) -> Wrong | None:
        binding, listing = exchange.binding, self.listings.turned(exchange)
        if not exchange.succeeded or exchange.reply is None:
            return None
        if binding.items is not None:
            wrong = None if listing is None else self._missing(exchange, listing.pages)
            for job in exchange.items:
                self._own(exchange, job.get(self.filters.id_member))
                self._look(exchange, job)
            return wrong
        if not binding.id_in:
            self._own(exchange, exchange.job_id)
            self._made(exchange, exchange.reply)
        elif binding.full:
            self._described(exchange)
        return None

    def _token(self, exchange: Exchange) -> tuple[str, str, str] | None:
        token = exchange.request.get(exchange.binding.token_in) if exchange.binding.token_in else None
        return None if token is None else (exchange.tenant, exchange.operation, str(token))

    def _own(self, exchange: Exchange, job_id: Any) -> None:
        if isinstance(job_id, str):
            self.owned.add((_place(exchange), job_id))
            self.sought.setdefault((exchange.tenant, job_id), set()).add(_place(exchange))

    def _made(self, exchange: Exchange, reply: Job) -> None:
        """The name that was asked for is the job's, unless a token may have answered for another job."""
        token, job_id = self._token(exchange), exchange.job_id
        is_sure = token is None or (exchange.alone and len(self.asked.get(token, ())) == 1)
        if job_id is not None and is_sure and reply.get(self.filters.status) in self.filters.live:
            self._note(exchange, job_id, self.filters.name, exchange.request.get(self.filters.name), is_live=True)

    def _described(self, exchange: Exchange) -> None:
        id_in, here = exchange.binding.id_in, _place(exchange)
        view, job_id = reach(exchange.reply, exchange.binding.view or ()), exchange.request.get(id_in)
        is_own = (here, job_id) in self.owned or self.sought.get((exchange.tenant, str(job_id))) == {here}
        is_sound = is_own and not exchange.is_id_malformed
        if is_sound and isinstance(view, Mapping) and view.get(self.filters.id_member) == job_id:
            self._look(exchange, view)

    def _look(self, exchange: Exchange, job: Job) -> None:
        job_id, filters = job.get(self.filters.id_member), self.filters
        if isinstance(job_id, str):
            is_live = job.get(filters.status) in filters.live
            self._note(exchange, job_id, filters.name, job.get(filters.name), is_live=is_live)
            self._note(exchange, job_id, filters.submitted, seconds(job.get(filters.submitted)), is_live=is_live)

    def _note(self, exchange: Exchange, job_id: str, member: str, value: Any, *, is_live: bool) -> None:
        """Take down what a call told; of a job that has ended only that it is otherwise than was told before."""
        shelf, key = self.shelves.setdefault(_place(exchange), _Shelf()), (member, job_id)
        before = shelf.facts.get(key)
        if before is not None and before.value != value:
            shelf.facts[key] = before._replace(value=None)
        elif before is not None and is_live and exchange.start - before.by.start > self.filters.kept_s / 2:
            shelf.facts[key] = _Fact(value, exchange)
        elif before is None and is_live:
            shelf.facts[key] = _Fact(value, exchange)
            if member == self.filters.name and isinstance(value, str):
                shelf.named.setdefault(value, {})[job_id] = None
            elif member == self.filters.submitted and value is not None and math.isfinite(value):
                insort(shelf.timed, (value, job_id))

    def _missing(self, exchange: Exchange, pages: Sequence[Exchange]) -> Wrong | None:
        """What is wrong with a list, given its pages up to this one: the first job that should be there and is not."""
        shelf, asked = self.shelves.get(_place(exchange)), self._asked(exchange)
        if shelf is None or asked is None:
            return None
        (name, want) = asked
        there = {str(item.get(self.filters.id_member)) for page in pages for item in page.items}
        member = self.filters.name if name == self.filters.name else self.filters.submitted
        past: list[tuple[Any, str]] = []
        wrong: Wrong | None = None
        for value, job_id in self._fitting(shelf, name, want):
            fact = shelf.facts.get((member, job_id))
            if fact is None or fact.value != value:
                past.append((value, job_id))
            elif exchange.end is None or exchange.end - fact.by.start > self.filters.kept_s:
                past.append((value, job_id))
                del shelf.facts[member, job_id]
            elif job_id not in there and pages[0].follows(fact.by):
                told = f"called {value!r}" if member == name else f"submitted at {value}"
                wrong = Wrong(f"job {job_id!r}, {told}, is not listed under {name} = {want!r}", (fact.by, *pages[:-1]))
                break
        for value, job_id in past:
            if member == name:
                del shelf.named[value][job_id]
            else:
                del shelf.timed[bisect_left(shelf.timed, (value, job_id))]
        return wrong

    def _asked(self, exchange: Exchange) -> tuple[str, Any] | None:
        """The one filter of a list that ends with this page; None if it has another shape, or goes on."""
        binding, request = exchange.binding, exchange.request
        given, limit = request.get(self.filters.filter_in), request.get(binding.limit_in, 1)
        following = None if exchange.reply is None else exchange.reply.get(binding.next_out)
        is_over = following is None and isinstance(limit, int) and limit > 0
        if not is_over or not isinstance(given, Mapping) or len(given) != 1:
            return None
        return next(iter(given.items()))

    def _fitting(self, shelf: _Shelf, name: str, want: Any) -> Iterator[tuple[Any, str]]:
        """The values and ids of the jobs that surely fit a filter, as far as they were known at some time."""
        limit = seconds(want)
        if name == self.filters.name and isinstance(want, str):
            yield from ((want, job_id) for job_id in shelf.named.get(want, ()))
        elif name in (self.filters.before, self.filters.after) and limit is not None and math.isfinite(limit):
            first, end = 0, len(shelf.timed)
            if name == self.filters.before:
                end = bisect_left(shelf.timed, (limit - _SDK_STEP_S, ""))
            else:
                first = bisect_right(shelf.timed, limit + _SDK_STEP_S, key=lambda timed: timed[0])
            yield from (shelf.timed[place] for place in range(first, end))

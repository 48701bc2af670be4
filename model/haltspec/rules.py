"""Data rules: what holds of the members of replies, beyond the state of the job.

A rule is data (name, sentence, source) with a pure check. `SightRule`s look at one job in one reply, `CallRule`s at one
call, `HistoryRule`s keep a memory over a whole trace. The functions below make the common ones; an API file names
them with its sources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from haltspec.lts import Source
from haltspec.spec import Binding

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
    no JSON.
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

    @property
    def succeeded(self) -> bool:
        """True if the call was answered with a success."""
        return self.status is not None and self.error is None and self.status < 300

    def follows(self, other: Exchange) -> bool:
        """True if the other call had been answered when this one began."""
        return other.end is not None and other.end <= self.start


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
    """What is wrong with a call, in words, and the earlier calls that show it together with this one."""

    told: str
    earlier: tuple[Exchange, ...]


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
        bindings: those of the API; a job that appears in a list was made by an operation that is neither bound to an
            id nor a list, or by one that makes it in something else.
        members: those that may hold the id of an item; the first that it has counts.
    """
    creations = frozenset(b.operation for b in bindings if b.items is None and (not b.id_in or b.scope_in or b.spreads))
    sentence = "No job stands on two pages of one listing, unless jobs were made meanwhile."
    return HistoryRule("pages lead on", sentence, source, lambda: _Pages(members, creations))


_NO_PAGES: Final[tuple[frozenset[str], tuple[Exchange, ...]]] = frozenset(), ()


class _Pages:
    """What was listed so far in each listing that goes on; a `Watcher`."""

    def __init__(self, members: tuple[str, ...], creations: frozenset[str]) -> None:
        self.members = members
        self.creations = creations
        self.made: dict[str, int] = {}
        """How many creations have begun, by tenant."""
        self.begun: dict[tuple[str, str, str], int] = {}
        """How many had begun when the first page of a listing was asked for, by tenant, operation and next token."""
        self.seen: dict[tuple[str, str, str], tuple[frozenset[str], tuple[Exchange, ...]]] = {}
        """The ids on the pages so far, and these pages, by the same."""

    def begin(self, exchange: Exchange) -> None:
        if exchange.operation in self.creations:
            self.made[exchange.tenant] = self.made.get(exchange.tenant, 0) + 1

    def see(self, exchange: Exchange) -> Wrong | None:
        binding = exchange.binding
        if not binding.next_out or not exchange.succeeded or exchange.reply is None:
            return None
        named = (next((item[name] for name in self.members if name in item), None) for item in exchange.items)
        ids = {str(job_id) for job_id in named if job_id is not None}
        token = exchange.request.get(binding.next_in)
        here = exchange.tenant, exchange.operation, str(token)
        made = self.made.get(exchange.tenant, 0)
        is_still = token is not None and self.begun.get(here) == made
        before, pages = self.seen.get(here, _NO_PAGES) if is_still else _NO_PAGES
        following = exchange.reply.get(binding.next_out)
        if following is not None and (token is None or is_still):
            place = exchange.tenant, exchange.operation, str(following)
            self.begun[place], self.seen[place] = made, (before | ids, (*pages, exchange))
        again = sorted(ids & before)
        return Wrong(f"{again[0]} stands on an earlier page of the same listing", pages) if again else None


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
    order: Callable[[Mapping[str, Any]], int],
) -> CallRule:
    """Listed jobs stand in order of `key`; `order` of the request is 1 (ascending), -1 (descending) or 0 (free)."""

    def check(exchange: Exchange) -> str | None:
        direction = order(exchange.request)
        if not exchange.succeeded or not direction:
            return None
        values = [value for item in exchange.items if (value := key(item)) is not None]
        for first, second in pairwise(values):
            if (second - first) * direction < 0:
                return f"{second} follows {first} in a list sorted {'upwards' if direction > 0 else 'downwards'}"
        return None

    return CallRule(name, sentence, source, check)


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

"""What lists must agree with: descriptions, and their own pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from haltspec.apis import NAMES
from haltspec.automaton import ERROR
from haltspec.lts import Role, assumed
from haltspec.observe import Projection, succeeded
from haltspec.spec import Binding, reach
from haltspec_properties.property import Found, Kind, Property

_MAY_MOVE: Final = frozenset(
    {"counters", "deviceMinutes", "completedJobs", "totalJobs", "lastUpdateTime", "startTime", "endTime", "started"}
)
"""Members that may change while the status stands still."""


def no_job_twice(projection: Projection) -> Iterator[Found]:
    """No listing holds a job twice; over several pages only if none was made or deleted meanwhile."""
    for binding, pages in _listings(projection):
        member = projection.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
        pages = pages if len(pages) == 1 or _stands_still(projection, pages) else pages[-1:]
        counted = Counter(str(item.get(member)) for page in pages for item in projection.exchanges[page].items)
        fresh = {str(item.get(member)) for item in projection.exchanges[pages[-1]].items}
        for job_id, times in counted.items():
            if times > 1 and job_id in fresh:
                operation = projection.calls[pages[-1]].operation
                yield Found(f"{job_id} stands {times} times in a listing of {operation}", tuple(pages))


def _listings(projection: Projection) -> Iterator[tuple[Binding, list[int]]]:
    """The pages of each listing as far as it went, once for each of its pages."""
    waiting: dict[tuple[str, str, str], list[int]] = {}
    for index, (call, exchange) in enumerate(zip(projection.calls, projection.exchanges, strict=True)):
        binding = exchange.binding
        if binding.items is None or not succeeded(call):
            continue
        token = call.request.get(binding.next_in) if binding.next_in else None
        before = waiting.get((call.tenant, call.operation, str(token)), []) if token is not None else []
        pages = [*before, index]
        following = reach(call.reply, (binding.next_out,)) if binding.next_out else None
        if following is not None:
            waiting[call.tenant, call.operation, str(following)] = pages
        yield binding, pages


def _stands_still(projection: Projection, pages: list[int]) -> bool:
    """True if no job may have been made or deleted while the pages were fetched, by all that is recorded."""
    start = projection.calls[pages[0]].start
    end = max(projection.calls[page].end or start for page in pages)
    if len({projection.calls[page].tenant for page in pages}) > 1:
        return False
    return not any(
        call.start <= end and (call.end is None or call.end >= start)
        for call in projection.calls
        if any(projection.api.role(b).role in (Role.CREATE, Role.DELETE) for b in projection.api.bound(call.operation))
    )


def lists_agree_with_descriptions(projection: Projection) -> Iterator[Found]:
    """Two views of one job with no order in between and the same status agree on every member that both show."""
    orders = {
        history.key: [e for e in history.events if not e.reads and e.seen.what != ERROR]
        for history in projection.histories
    }
    calls = {id(sight): call for _, sight, call in projection.sights}
    for key, sight, call in projection.sights:
        before = sight.earlier
        while before is not None and not before.full:
            before = before.earlier
        if before is None or not sight.full or before.shown != sight.shown:
            continue
        if any(e.end >= before.start and e.start <= sight.end for e in orders.get(key, ())):
            continue
        for member in sorted((before.job.keys() & sight.job.keys()) - _MAY_MOVE):
            if before.job[member] != sight.job[member]:
                told = f"{key.id}: {member} was {before.job[member]!r} and is {sight.job[member]!r}"
                yield Found(told, (calls[id(before)], call))


def _for(api: str) -> Iterator[Property]:
    source = assumed("a list and a description are two views of one job")
    yield Property(
        api,
        "no listing holds a job twice",
        Kind.ALWAYS,
        "A listing holds each job once, on whatever page.",
        assumed("a list is one of jobs, not of mentions"),
        no_job_twice,
    )
    yield Property(
        api,
        "lists agree with descriptions",
        Kind.ALWAYS,
        "Two whole views of a job with the same status agree, wherever they stand.",
        source,
        lists_agree_with_descriptions,
    )


LISTING: Final[tuple[Property, ...]] = tuple(found for api in NAMES for found in _for(api))
"""The properties of lists, the same for every API."""

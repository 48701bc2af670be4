"""What lists must agree with: descriptions, their own pages, and the jobs that were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from haltspec.apis import NAMES
from haltspec.lts import assumed
from haltspec.observe import Projection, succeeded
from haltspec_properties.property import Found, Kind, Property


def no_job_twice(projection: Projection) -> Iterator[Found]:
    """A page never holds the same job twice."""
    for index, (call, exchange) in enumerate(zip(projection.calls, projection.exchanges, strict=True)):
        lifecycle = projection.api.lifecycle(exchange.binding.lifecycle)
        member = lifecycle.id_member_of(exchange.binding.kind)
        if succeeded(call):
            counted = Counter(str(item.get(member)) for item in exchange.items)
            for job_id, times in counted.items():
                if times > 1:
                    yield Found(f"{job_id} stands {times} times on one page of {call.operation}", (index,))


def lists_agree_with_descriptions(projection: Projection) -> Iterator[Found]:
    """Two views of one job with nothing in between and the same status agree on every member that both show."""
    last: dict[object, tuple[object, object, int]] = {}
    for key, sight, call in projection.sights:
        if not sight.full:
            continue
        before = last.get(key)
        last[key] = (dict(sight.job), sight.shown, call)
        if before is None or before[1] != sight.shown or not isinstance(before[0], dict):
            continue
        for member in before[0].keys() & sight.job.keys():
            if before[0][member] != sight.job[member] and not _may_move(member):
                told = f"{key.id}: {member} was {before[0][member]!r} and is {sight.job[member]!r}"
                yield Found(told, (before[2], call))


def _may_move(member: str) -> bool:
    """True for members that may change while the status stands still: counts, minutes, messages."""
    return member in {"counters", "deviceMinutes", "JobDetails", "completedJobs", "lastUpdateTime", "TrainingStartTime"}


def _for(api: str) -> tuple[Property, ...]:
    source = assumed("a list and a description are two views of one job")
    return (
        Property(api, "no page holds a job twice", Kind.ALWAYS, "A page holds each job once.", source, no_job_twice),
        Property(
            api,
            "lists agree with descriptions",
            Kind.ALWAYS,
            "Two whole views of a job with the same status agree, wherever they stand.",
            source,
            lists_agree_with_descriptions,
        ),
    )


LISTING: Final[tuple[Property, ...]] = tuple(found for api in NAMES for found in _for(api))

"""How the reference model bears ten thousand live jobs: calls per second against one job, and memory per job."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from haltspec import apis
from haltspec.reference import Reference

pytestmark = pytest.mark.benchmark

API = apis.load("comprehend")
TENANT = "111122223333/us-east-1"
MANY = 10_000
CALLS = 400
ROUNDS = 7
Request = dict[str, Any]


def start(number: int) -> Request:
    return {
        "InputDataConfig": {"S3Uri": f"s3://inbox/{number}"},
        "OutputDataConfig": {"S3Uri": f"s3://outbox/{number}"},
        "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
        "LanguageCode": "en",
        "JobName": f"job {number}",
        "ClientRequestToken": f"token-{number}",
    }


def crowd(jobs: int) -> tuple[Reference, list[str]]:
    """A reference with so many live jobs, and their ids."""
    ticks = iter(range(1, 10**9))
    reference = Reference(API, clock=lambda: next(ticks) / 1000, seed=1)
    replies = (reference.call("StartEntitiesDetectionJob", start(n), tenant=TENANT).reply for n in range(jobs))
    return reference, [str((reply or {})["JobId"]) for reply in replies]


def mixture(reference: Reference, ids: list[str], number: int) -> None:
    """Five calls as clients make them: two looks, a stop, a page of a list, a start that is repeated."""
    job_id = ids[number * 7919 % len(ids)]
    reference.call("DescribeEntitiesDetectionJob", {"JobId": job_id}, tenant=TENANT)
    reference.call("StopEntitiesDetectionJob", {"JobId": job_id}, tenant=TENANT)
    reference.call("DescribeEntitiesDetectionJob", {"JobId": "0" * 32}, tenant=TENANT)
    reference.call("ListEntitiesDetectionJobs", {"MaxResults": 1}, tenant=TENANT)
    reference.call("StartEntitiesDetectionJob", start(number % len(ids)), tenant=TENANT)


def seconds(run: Callable[[int], None]) -> float:
    """Seconds of processor time for one run of `CALLS` mixtures, without garbage collection."""
    gc.collect()
    gc.disable()
    begun = time.process_time()
    for number in range(CALLS):
        run(number)
    taken = time.process_time() - begun
    gc.enable()
    return taken


def test_calls_are_as_quick_with_ten_thousand_live_jobs() -> None:
    few, many = crowd(1), crowd(MANY)
    alone, crowded = [], []
    for _ in range(ROUNDS):  # one after the other, so that a slow moment of the machine meets both
        alone.append(seconds(lambda number: mixture(*few, number)))
        crowded.append(seconds(lambda number: mixture(*many, number)))
    ratio = min(crowded) / min(alone)
    rates = [5 * CALLS / min(times) for times in (alone, crowded)]
    print(f"\ncalls/s with 1 live job: {rates[0]:,.0f}; with {MANY:,}: {rates[1]:,.0f}; ratio {ratio:.2f}")
    assert ratio <= 2.0


def test_a_list_looks_at_no_job_of_another_kind_or_tenant() -> None:
    reference, _ = crowd(MANY)
    few, _ = crowd(1)
    other = "111122223333/eu-west-1"
    for world in (reference, few):
        world.call("StartSentimentDetectionJob", {**start(1), "ClientRequestToken": "s"}, tenant=TENANT)
        world.call("StartEntitiesDetectionJob", start(1), tenant=other)

    def lists(world: Reference) -> Callable[[int], None]:
        def run(_number: int) -> None:
            world.call("ListSentimentDetectionJobs", {"Filter": {"JobName": "none"}}, tenant=TENANT)
            world.call("ListEntitiesDetectionJobs", {"Filter": {"JobName": "none"}}, tenant=other)

        return run

    ratios = [seconds(lists(reference)) / seconds(lists(few)) for _ in range(ROUNDS)]
    print(f"\nlists beside {MANY:,} jobs of another kind and tenant, against none: ratio {median(ratios):.2f}")
    assert median(ratios) <= 2.0


def test_a_live_job_takes_at_most_four_kilobytes() -> None:
    crowd(10)  # whatever is loaded once is loaded now
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = crowd(MANY)
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / MANY
    tracemalloc.stop()
    print(f"\nmemory per live job, with its request and token: {size:,.0f} bytes")
    assert len(kept[1]) == MANY
    assert size <= 4096


def test_a_copy_of_a_small_world_costs_less_than_a_new_one() -> None:
    reference, _ = crowd(3)

    def forks(_number: int) -> None:
        reference.fork().fingerprint()

    def fresh(_number: int) -> None:
        crowd(3)

    ratios = [seconds(forks) / seconds(fresh) for _ in range(3)]
    print(f"\na fork and its fingerprint take {min(seconds(forks) for _ in range(3)) / CALLS * 1e6:.0f} microseconds")
    assert median(ratios) < 1.0

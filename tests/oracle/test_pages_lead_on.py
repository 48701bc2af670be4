"""The rule that the pages of a listing lead on, for every API whose lists have pages of a size that one can choose."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.lts import Role
from haltspec.oracle import Settings, judge
from haltspec.reference import Reference
from haltspec.spec import Binding, reach
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.session import Session

PAGED = ("comprehend", "translate", "rekognition")
"""Device Farm's lists take no page size; its own tests have pages written by hand."""


def recorded(name: str) -> tuple[list[Call], Binding]:
    """Three jobs, then a listing of them, one on a page; and the list's binding."""
    api = load(name)
    ticks = count(1_700_000_000)
    reference = Reference(api, clock=lambda: float(next(ticks)), seed=1)
    session = Session(api, ReferenceAdapter(reference))
    tenant = reference.service.tenants(0)[0]
    making = next(b for b in api.bindings if api.role(b).role is Role.CREATE and not b.spreads)
    for number in range(3):
        session.create(making, tenant, 3 * number)
    lists = next(session.bindings(session.jobs[0].key, Role.LIST))
    session.listing(lists, tenant, session.jobs[0].parent, **{lists.limit_in: 1})
    return session.calls, lists


def broken(name: str, calls: list[Call]) -> set[str]:
    """The rules that a recording breaks."""
    return {violation.rule for violation in judge(load(name), calls, Settings()).violations}


def with_items(call: Call, binding: Binding, items: Any) -> Call:
    """A page with other jobs on it."""
    assert binding.items is not None
    return replace(call, reply={**call.reply, binding.items[0]: items})


@pytest.mark.parametrize("name", PAGED)
class TestPages:
    """No job stands on two pages of one listing, unless jobs were made meanwhile."""

    def test_pages_of_the_reference_lead_on(self, name: str) -> None:
        calls, _ = recorded(name)
        assert broken(name, calls) == set()

    def test_rejects_a_page_that_repeats_the_one_before(self, name: str) -> None:
        calls, lists = recorded(name)
        first = next(place for place, call in enumerate(calls) if call.operation == lists.operation)
        calls[first + 1] = with_items(calls[first + 1], lists, reach(calls[first].reply, lists.items or ()))
        assert f"{name}/pages lead on" in broken(name, calls)

    def test_a_job_made_meanwhile_may_shift_the_pages(self, name: str) -> None:
        calls, lists = recorded(name)
        first = next(place for place, call in enumerate(calls) if call.operation == lists.operation)
        calls[first + 1] = with_items(calls[first + 1], lists, reach(calls[first].reply, lists.items or ()))
        maker = next(call for call in calls if call.reply and call.operation.startswith(("Start", "Create")))
        between = (calls[first].end or 0.0) + 0.01
        unanswered = replace(maker, start=between, end=None, status=None, error=None, reply=None)
        calls.insert(first + 1, unanswered)
        assert f"{name}/pages lead on" not in broken(name, calls)


def test_jobs_of_one_model_are_jobs_of_their_own() -> None:
    """Two jobs that use one model stand on two pages, each with the model's ARN."""
    calls, lists = recorded("comprehend")
    for place, call in enumerate(calls):
        if call.operation == lists.operation:
            arn = {"EntityRecognizerArn": "arn:aws:comprehend:us-east-1:100000000001:entity-recognizer/model"}
            calls[place] = with_items(call, lists, [{**item, **arn} for item in reach(call.reply, lists.items or ())])
    assert "comprehend/pages lead on" not in broken("comprehend", calls)

"""Which way jobs go by themselves."""

from __future__ import annotations

from itertools import count

import pytest

from haltspec import apis
from haltspec.apis import NAMES
from haltspec.lts import Role
from haltspec.reference import Reference
from haltspec.wire.faults import Fault, Faults
from haltspec.wire.pace import next_move
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.session import Session

LONGEST = 40


def crowd(name: str) -> Reference:
    """A reference with a job of every kind and variant, each stopped or not."""
    api = apis.load(name)
    ticks = count(1_700_000_000)
    reference = Reference(api, clock=lambda: float(next(ticks)), seed=1)
    session = Session(api, ReferenceAdapter(reference))
    tenant = reference.service.tenants(0)[0]
    for binding in api.bindings:
        if api.role(binding).role is Role.CREATE and not binding.spreads:
            for number in range(2 * reference.service.variants(binding)):
                session.create(binding, tenant, 10 + number, token=f"token-{number}")
    for known in list(session.jobs)[::2]:
        for order in session.bindings(known.key, Role.ORDER):
            session.ask(order, tenant, known.key.id)
    return reference


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["", "lost-race", "unlucky"])
def test_every_job_comes_to_rest(name: str, kind: str) -> None:
    """No job goes in circles, whatever befalls it; one that belongs to another follows it."""
    reference = crowd(name)
    faults = Faults([Fault(kind)] if kind else [], seed=1)
    assert reference.jobs()
    for job in reference.jobs():
        for _ in range(LONGEST):
            row = next_move(reference, job, faults)
            if row is None:
                break
            reference.fire(job, row)
        assert next_move(reference, job, faults) is None, (job, faults.active)


def test_left_alone_a_job_ends_well() -> None:
    """The usual way is that of a job that nothing befalls."""
    reference = crowd("devicefarm")
    for job in reference.jobs():
        while (row := next_move(reference, job, Faults())) is not None:
            reference.fire(job, row)
    assert {job.state for job in reference.jobs()} == {"PASSED", "STOPPED", "STOPPED_UNSTARTED"}


def test_a_lost_race_ends_otherwise_than_by_the_stop() -> None:
    """Of two ways out of a stop the one is taken that the stop did not bring about."""
    for lost, end in ((False, "STOPPED"), (True, "COMPLETED")):
        reference = crowd("comprehend")
        [job] = [j for j in reference.jobs() if j.key.kind == "entities" and j.state == "STOP_REQUESTED"][:1]
        while (row := next_move(reference, job, Faults([Fault("lost-race")] if lost else []))) is not None:
            reference.fire(job, row)
        assert job.state == end

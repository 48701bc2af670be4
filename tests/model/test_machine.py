"""Machines: each row is an event, jobs are no models, and what cannot happen is refused by name."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from haltspec import apis
from haltspec.errors import Misuse
from haltspec.lts import ABSENT, PLAIN, SAME, Lifecycle, Transition, assumed, call, ok
from haltspec.machine import JobMachine, machine_for

JOB = apis.load("comprehend").lifecycle("job")
LIFECYCLES = [lc for name in ("comprehend", "translate") for lc in apis.load(name).lifecycles]


@dataclass(slots=True)
class Job:
    """A job without room for anything but its state."""

    state: str


def row_of(lifecycle: Lifecycle, name: str) -> Transition:
    return next(row for row in lifecycle.all_rows() if row.name == name)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.full_name)
def test_every_row_leads_from_each_of_its_states_to_its_target(lifecycle: Lifecycle) -> None:
    machine = JobMachine(lifecycle, lifecycle.all_rows())
    for row in lifecycle.all_rows():
        for state in row.states:
            job = Job(state)
            machine.fire(job, row)
            assert job.state == row.target_from(state)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.full_name)
def test_no_row_can_be_taken_from_a_state_it_does_not_leave(lifecycle: Lifecycle) -> None:
    machine = JobMachine(lifecycle, lifecycle.all_rows())
    for row in lifecycle.all_rows():
        for state in lifecycle.states:
            if state.name not in row.states:
                job = Job(state.name)
                with pytest.raises(Misuse):
                    machine.fire(job, row)
                assert job.state == state.name


def test_rejects_a_row_that_does_not_leave_the_state_and_tells_those_that_do() -> None:
    machine = machine_for(JOB, JOB.rows())
    with pytest.raises(Misuse) as caught:
        machine.fire(Job("STOPPED"), row_of(JOB, "stop asked"))
    assert str(caught.value) == (
        "comprehend/job: row 'stop asked' does not leave the state 'STOPPED'; take one that does: "
        "a stopped job may be stopped again, described, listed, replayed start shows the present status"
    )


def test_rejects_a_row_of_a_reading_that_was_not_chosen() -> None:
    machine = machine_for(JOB, JOB.rows())
    with pytest.raises(Misuse, match="'stopped at once while queued' does not leave"):
        machine.fire(Job("SUBMITTED"), row_of(JOB, "stopped at once while queued"))


def test_rejects_a_row_that_leaves_from_nowhere() -> None:
    machine = machine_for(JOB, (row_of(JOB, "started"),))
    with pytest.raises(Misuse, match="take one that does: none"):
        machine.fire(Job("SUBMITTED"), row_of(JOB, "picked up"))


def test_the_same_rows_share_one_machine_and_others_do_not() -> None:
    assert machine_for(JOB, JOB.rows()) is machine_for(JOB, JOB.rows())
    assert machine_for(JOB, JOB.rows({"stop while queued": "refused"})) is not machine_for(JOB, JOB.rows())


def test_jobs_are_never_models_of_the_machine_and_no_jumps_are_added() -> None:
    machine = JobMachine(JOB, JOB.rows())
    for _ in range(100):
        machine.fire(Job("SUBMITTED"), row_of(JOB, "picked up"))
    assert machine._machine.models == []
    assert set(machine._machine.events) == {row.name for row in JOB.rows()}


def test_rows_for_a_call_are_those_of_its_request_class_in_order() -> None:
    machine = machine_for(JOB, JOB.rows())
    assert [row.name for row in machine.rows_for("IN_PROGRESS", "Stop", PLAIN)] == ["stop asked"]
    assert [row.name for row in machine.rows_for(ABSENT, "Stop", "another kind's id")] == [
        "Stop of another kind's job is refused"
    ]
    assert machine.rows_for(ABSENT, "Start", "repeated token") == ()
    training = apis.load("comprehend").lifecycle("training")
    free = machine_for(training, training.rows()).rows_for("TRAINED", "Delete", PLAIN)
    assert [row.name for row in free] == ["deletion accepted", "a model in use is not deleted"]


def test_a_row_without_request_classes_answers_all_of_them() -> None:
    row = Transition("any start", ABSENT, call("Start", ok()), "SUBMITTED", assumed("for the test"))
    machine = JobMachine(JOB, (row,))
    assert machine.rows_for(ABSENT, "Start", PLAIN) == (row,) == machine.rows_for(ABSENT, "Start", "repeated token")


def test_internal_rows_are_listed_by_state() -> None:
    machine = machine_for(JOB, JOB.rows())
    assert [row.name for row in machine.internal_rows("STOP_REQUESTED")] == [
        "stop took effect",
        "finished before the stop took effect",
    ]
    assert machine.internal_rows("STOPPED") == ()


def test_rows_are_found_by_name() -> None:
    machine = machine_for(JOB, JOB.rows())
    assert machine.rows == JOB.rows()
    described = machine.row("described")
    assert described is not None and described.target == SAME
    assert machine.row("nothing like it") is None

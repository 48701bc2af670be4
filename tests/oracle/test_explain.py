"""Recordings told job by job: what each call did to the belief, and what became of calls without an answer."""

from __future__ import annotations

import pytest

from haltspec.apis import load
from haltspec.explain import Effect, JobStory, stories
from haltspec.oracle import Settings, judge
from haltspec.trace import Call

JOB, TENANT = "a" * 32, "111122223333/us-east-1"
LOST = ""


def story(*answers: tuple[str, str], settings: Settings | None = None) -> JobStory:
    """The story of one job: roles with the status answered, an error code, or `LOST`; each call 10 s after the last."""
    calls = []
    for number, (role, answer) in enumerate(answers):
        is_error = answer.endswith("Exception")
        shown = {"JobId": JOB, "JobStatus": answer}
        reply = {"EntitiesDetectionJobProperties": shown} if role == "Describe" else shown
        lost = answer == LOST
        calls.append(
            Call(
                api="comprehend",
                operation=f"{role}EntitiesDetectionJob",
                tenant=TENANT,
                client="c",
                start=10.0 * number,
                end=None if lost else 10.0 * number + 1,
                request={} if role == "Start" else {"JobId": JOB},
                status=None if lost else 400 if is_error else 200,
                error=answer if is_error else None,
                reply=None if lost or is_error else reply,
                alone=True,
            )
        )
    report = judge(load("comprehend"), calls, settings)
    [told] = stories(report, settings)
    return told


def effects(*answers: tuple[str, str]) -> list[Effect]:
    """What became of the calls without an answer."""
    return [told.effect for told in story(*answers).told if told.effect is not None]


STARTED, RUNNING = ("Start", "SUBMITTED"), ("Describe", "IN_PROGRESS")
STOP_LOST = ("Stop", LOST)


class TestEffects:
    """For each call without a certain answer: must have happened, cannot have, or undetermined."""

    def test_a_stop_that_shows_must_have_happened(self) -> None:
        assert effects(STARTED, RUNNING, STOP_LOST, ("Describe", "STOP_REQUESTED")) == [Effect.HAPPENED]
        assert effects(STARTED, RUNNING, STOP_LOST, ("Describe", "STOPPED")) == [Effect.HAPPENED]

    def test_a_stop_of_a_job_that_ended_by_itself_is_undetermined(self) -> None:
        assert effects(STARTED, RUNNING, STOP_LOST, ("Describe", "COMPLETED")) == [Effect.EITHER]
        assert effects(STARTED, RUNNING, STOP_LOST) == [Effect.EITHER]

    def test_a_stop_after_which_the_job_is_seen_running_at_the_end_may_still_come(self) -> None:
        """Nothing says when an unanswered call arrives."""
        assert effects(STARTED, RUNNING, STOP_LOST, RUNNING) == [Effect.EITHER]

    def test_a_stop_of_a_job_that_had_ended_cannot_have_happened(self) -> None:
        assert effects(STARTED, ("Describe", "COMPLETED"), STOP_LOST, ("Describe", "COMPLETED")) == [Effect.NOT]
        assert effects(STARTED, ("Describe", "FAILED"), ("Stop", "InternalServerException")) == [Effect.NOT]

    def test_of_two_stops_either_may_be_the_one(self) -> None:
        assert effects(STARTED, RUNNING, STOP_LOST, STOP_LOST, ("Describe", "STOPPED")) == [Effect.EITHER] * 2

    def test_an_internal_error_is_told_like_a_lost_answer(self) -> None:
        answers = (STARTED, RUNNING, ("Stop", "InternalServerException"), ("Describe", "STOPPED"))
        assert effects(*answers) == [Effect.HAPPENED]


class TestStory:
    """Each observation with the states before and after it."""

    def test_beliefs(self) -> None:
        told = story(STARTED, RUNNING, ("Stop", "STOP_REQUESTED"), ("Describe", "COMPLETED")).told
        assert [(str(one.seen), one.before, one.after) for one in told] == [
            ("Start answered SUBMITTED", ("absent",), ("SUBMITTED",)),
            ("Describe answered IN_PROGRESS", ("SUBMITTED", "IN_PROGRESS", "COMPLETED", "FAILED"), ("IN_PROGRESS",)),
            ("Stop answered STOP_REQUESTED", ("IN_PROGRESS", "COMPLETED", "FAILED"), ("STOP_REQUESTED",)),
            ("Describe answered COMPLETED", ("STOP_REQUESTED", "COMPLETED", "FAILED", "STOPPED"), ("COMPLETED",)),
        ]
        assert [one.call for one in told] == [0, 1, 2, 3]

    def test_an_impossible_answer_has_no_state_after_it_and_tells_what_was_possible(self) -> None:
        told = story(STARTED, ("Describe", "COMPLETED"), RUNNING).told[-1]
        assert (told.before, told.after) == (("COMPLETED",), ())
        assert told.possible == (
            "Describe [plain] -> ok in COMPLETED: described [stated: APIREF Describe..., JobStatus]",
        )

    def test_what_is_silent_is_marked(self) -> None:
        told = story(STARTED, ("Describe", "SUBMITTED"), ("Stop", "STOP_REQUESTED")).told
        assert [one.constrained for one in told] == [True, True, False]

    @pytest.mark.parametrize(("window", "after"), [(0.0, ()), (30.0, ("IN_PROGRESS", "STOP_REQUESTED"))])
    def test_it_is_told_as_it_was_judged(self, window: float, after: tuple[str, ...]) -> None:
        told = story(STARTED, RUNNING, ("Stop", "STOP_REQUESTED"), RUNNING, settings=Settings(window=window)).told
        late = next(one for one in told if one.call == 3)
        assert bool(late.after) is bool(after)

    def test_amid_a_lost_call_all_is_told_that_it_may_have_led_to(self) -> None:
        later = ("IN_PROGRESS", "STOP_REQUESTED", "COMPLETED", "FAILED", "STOPPED")
        told = story(STARTED, RUNNING, STOP_LOST, ("Stop", "TooManyRequestsException"), RUNNING).told
        refused, seen_after = (one for one in told if one.call > 2)
        assert (refused.after, refused.overlapping) == (later, True)
        assert (seen_after.after, seen_after.overlapping) == (("IN_PROGRESS",), True)
        assert [one.overlapping for one in told if one.call < 2] == [False, False]


class TestOverlap:
    """Calls that overlap are told in the order of their answers, each as one amid others."""

    @staticmethod
    def told(*calls: tuple[str, str, float, float]) -> list[tuple[str, tuple[str, ...], bool]]:
        """What is told of a started job: after each call (role, status, start, end), where the job may be."""
        found = []
        for number, (role, status, start, end) in enumerate(calls):
            shown = {"JobId": JOB, "JobStatus": status}
            reply = {"EntitiesDetectionJobProperties": shown} if role == "Describe" else shown
            request = {} if role == "Start" else {"JobId": JOB}
            operation = f"{role}EntitiesDetectionJob"
            found.append(
                Call("comprehend", operation, TENANT, f"c{number}", start, end, request, 200, None, reply, alone=True)
            )
        [told] = stories(judge(load("comprehend"), found))
        return [(str(one.seen), one.after, one.overlapping) for one in told.told]

    def test_a_slow_stop(self) -> None:
        """It is answered last, when the job has ended: what was seen meanwhile is told before."""
        assert self.told(
            ("Start", "SUBMITTED", 0, 1),
            ("Stop", "STOP_REQUESTED", 10, 20),
            ("Describe", "IN_PROGRESS", 12, 13),
            ("Describe", "STOP_REQUESTED", 14, 15),
            ("Describe", "STOPPED", 16, 17),
            ("Describe", "STOPPED", 30, 31),
        ) == [
            ("Start answered SUBMITTED", ("SUBMITTED",), False),
            ("Describe answered IN_PROGRESS", ("IN_PROGRESS",), True),
            ("Describe answered STOP_REQUESTED", ("STOP_REQUESTED",), True),
            ("Describe answered STOPPED", ("STOPPED",), True),
            ("Stop answered STOP_REQUESTED", ("STOPPED",), True),
            ("Describe answered STOPPED", ("STOPPED",), False),
        ]

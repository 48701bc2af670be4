"""A service that refuses or fails everything has not passed: runs against reference models behind what keeps calls off."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from haltspec.apis import NAMES, load
from haltspec.lts import Grade, Role
from haltspec.observe import succeeded
from haltspec.oracle import Verdict
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.baseline import Accepted, Baseline
from haltspec_properties.conform import Options, Run, as_json, conform, render
from haltspec_properties.replay import Sought, render_replay, replay, replay_json
from haltspec_properties.targets import reference_target

Answer = tuple[int | None, str | None]
ACCESS: Answer = (400, "AccessDeniedException")
FAULT: Answer = (500, "InternalServerException")
LOST: Answer = (None, None)
STOP = "StopEntitiesDetectionJob"


@dataclass
class Before:
    """What stands before a model and answers some calls itself: the model never hears of them."""

    inner: ReferenceAdapter
    takes: Callable[[str], bool]
    answer: Answer

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call."""
        if not self.takes(operation):
            return self.inner.call(operation, request, tenant=tenant, client=client)
        clock, (status, error) = self.inner.reference.clock, self.answer
        start, end = clock(), clock()
        api = self.inner.reference.api.name
        answered = end if status is not None else None
        return Call(api, operation, tenant, client, start, answered, request, status, error, alone=True)


def run(
    name: str, answer: Answer, takes: Callable[[str], bool] = lambda _operation: True, floor: Grade = Grade.IMPLIED
) -> Run:
    """A run of stories against a reference model of which some calls are kept off."""
    target = reference_target(load(name))
    assert isinstance(target.adapter, ReferenceAdapter)
    behind = replace(target, adapter=Before(target.adapter, takes, answer))
    return conform(load(name), behind, Options(examples=0, floor=floor))


def makers(api: Api) -> set[str]:
    """The operations that make jobs."""
    return {binding.operation for binding in api.bindings if api.role(binding).role is Role.CREATE}


@pytest.mark.parametrize(
    ("name", "answer", "remedy"),
    [
        ("comprehend", ACCESS, "give credentials that may make these calls"),
        ("comprehend", FAULT, "see in the target's log why"),
        ("comprehend", (400, "ThrottlingException"), "raise the target's limits"),
        ("translate", (400, "InvalidRequestException"), "see in the target's log why"),
        ("devicefarm", ACCESS, "give credentials that may make these calls"),
        ("dataarts", (429, "APIGW.0308"), "raise the target's limits"),
        ("rekognition", LOST, "see in the target's log why"),
    ],
)
def test_a_service_that_takes_no_call_is_not_passed(name: str, answer: Answer, remedy: str) -> None:
    """It is told how many calls should have made a job, what came, and what to do; nothing more."""
    done = run(name, answer)
    (one,) = done.untested
    calls = [call for call in done.report.projection.calls if call.operation in makers(done.api)]
    assert (done.findings, one.operation, one.calls) == ((), "", len(calls))
    assert done.verdict is Verdict.INCONCLUSIVE
    assert dict(one.answers) == {answer[1] or "no answer": len(calls)}
    lines = list(render(done))
    assert ": INCONCLUSIVE  " in lines[0]
    got = f"was answered with {answer[1]}" if answer[1] else "got no answer"
    assert f"every one of the {len(calls)} calls that should make a job {got}" in lines[1]
    assert remedy in lines[1]
    told = json.loads(json.dumps(as_json(done)))
    assert (told["verdict"], told["untested"][0]["operation"]) == ("inconclusive", None)


@pytest.mark.parametrize("answer", [ACCESS, FAULT, LOST])
def test_an_operation_that_never_answers_is_named(answer: Answer) -> None:
    """All else is as documented; the one operation is told, with how many calls there were."""
    done = run("comprehend", answer, lambda operation: operation == STOP)
    (one,) = done.untested
    calls = sum(call.operation == STOP for call in done.report.projection.calls)
    assert (done.verdict, one.operation, one.calls) == (Verdict.INCONCLUSIVE, STOP, calls)
    assert f"not tested: every one of the {calls} calls of {STOP} " in "\n".join(render(done))


def test_a_creation_that_is_always_refused_is_named() -> None:
    """Whatever the refusal is: what makes no job was not tested."""
    start = "StartEntitiesDetectionJob"
    done = run("comprehend", (400, "InvalidRequestException"), lambda operation: operation == start)
    assert [one.operation for one in done.untested] == [start]
    assert done.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("answer", [LOST, FAULT, ACCESS])
@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_fails_at_times_is_tested(name: str, answer: Answer) -> None:
    """At three calls in ten: every operation was answered at some time."""
    rng = Random(1)
    done = run(name, answer, lambda _operation: rng.random() < 0.3)
    assert done.untested == ()


def test_calls_without_a_certain_answer_are_counted() -> None:
    """With what came instead of one; where every answer is certain nothing is told."""
    rng = Random(1)
    done = run("comprehend", LOST, lambda _operation: rng.random() < 0.3)
    lost = sum(call.status is None for call in done.report.projection.calls)
    assert f"  {lost} calls without a certain answer: {lost} no answer" in list(render(done))
    assert as_json(done)["uncertain"] == {"no answer": lost}
    certain = run("comprehend", LOST, lambda _operation: False)
    assert len(list(render(certain))) == 1
    assert as_json(certain)["uncertain"] == {}


def test_what_the_baseline_accepts_was_tested() -> None:
    """An operation that is always answered with what it cannot answer breaks a rule, and that may be accepted."""
    unknown: Answer = (400, "UnknownOperationException")
    done = run("translate", unknown, lambda operation: operation.startswith("Stop"), Grade.ASSUMED)
    assert (done.verdict, done.untested) == (Verdict.FAIL, ())
    assert Baseline("translate").taking(done.findings).apply(done).verdict is Verdict.PASS


def test_nothing_accepted_makes_a_pass_of_a_run_without_jobs() -> None:
    """Where no job was made nothing was tested, whatever is accepted."""
    done = run("comprehend", (400, "UnknownOperationException"))
    assert done.verdict is Verdict.FAIL
    assert Baseline("comprehend").taking(done.findings).apply(done).verdict is Verdict.INCONCLUSIVE


def test_what_is_accepted_is_not_gone_where_nothing_was_tested() -> None:
    """Nobody knows whether it is mended; a new baseline keeps it."""
    known = Baseline("comprehend", (Accepted("comprehend/job/stop asked"), Accepted("comprehend/job/started")))
    assert known.gone(run("comprehend", LOST, lambda _operation: False)) == tuple(a.rule for a in known.accepted)
    refused = run("comprehend", ACCESS, lambda operation: operation == STOP)
    assert known.gone(refused) == ()
    assert known.taking(refused.findings, keeps=True) == known
    assert known.taking(refused.findings).accepted == ()


@pytest.mark.parametrize("kept_off", ["all", "creations", "the last call"])
def test_a_replay_that_is_turned_away_says_nothing(kept_off: str) -> None:
    """A deviation whose jobs are not made, or whose last call is not answered, has not gone."""
    api = load("translate")
    found = conform(api, reference_target(api), Options(examples=0)).report.projection.calls
    start = next(call for call in found if call.operation == "StartTextTranslationJob" and succeeded(call))
    job = (start.reply or {})["JobId"]
    read = next(
        call for call in found if call.operation == "DescribeTextTranslationJob" and job in call.request.values()
    )
    asked = Sought("translate/job/started", "it was wrong", (start, read))
    takes = {
        "all": lambda _operation: True,
        "creations": lambda operation: operation == start.operation,
        "the last call": lambda operation: operation == read.operation,
    }
    assert replay(api, reference_target(api), (asked,)).verdict is Verdict.PASS
    target = reference_target(api)
    assert isinstance(target.adapter, ReferenceAdapter)
    away = replay(api, replace(target, adapter=Before(target.adapter, takes[kept_off], ACCESS)), (asked,))
    (one,) = away.tried
    assert (away.verdict, one.back, one.turned_away) == (Verdict.INCONCLUSIVE, 0, one.replays)
    first = read if kept_off == "the last call" else start
    told = f"this says nothing of it: {first.operation} got AccessDeniedException; give credentials"
    assert told in "\n".join(render_replay(away))
    assert replay_json(away)["verdict"] == "inconclusive"


def test_a_creation_that_lacks_its_source_is_tested() -> None:
    """Copies may all be refused for want of a version to copy, where versions are made; not where nobody may copy."""
    copy = "CopyProjectVersion"
    refused = run("rekognition", (400, "ResourceNotFoundException"), lambda operation: operation == copy)
    assert refused.untested == ()
    shut = run("rekognition", ACCESS, lambda operation: operation == copy)
    assert [one.operation for one in shut.untested] == [copy]


def test_a_creation_that_lacks_a_trained_model_is_tested() -> None:
    """Models may all fail to be trained: then no document is classified. Other refusals do not tell why."""
    start = "StartDocumentClassificationJob"
    lacking = run("comprehend", (400, "ResourceUnavailableException"), lambda operation: operation == start)
    assert lacking.untested == ()
    refused = run("comprehend", (400, "InvalidRequestException"), lambda operation: operation == start)
    assert [one.operation for one in refused.untested] == [start]

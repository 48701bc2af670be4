"""The judgement of all five APIs: recordings of the reference models pass, also blurred, and changed ones do not."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from tests.scenes import STRICT, Scene

from haltspec import services
from haltspec.apis import load
from haltspec.lts import Grade, Role
from haltspec.oracle import Verdict, Violation, judge
from haltspec.reference import Reference
from haltspec.spec import Api, ErrorSpec, Nature
from haltspec.trace import Call
from haltspec_properties.walk import Walk

APIS = ("comprehend", "translate", "devicefarm", "dataarts", "rekognition")


def only(violations: list[Violation]) -> Violation:
    """The one violation."""
    [violation] = violations
    return violation


class TestTranslate:
    """Text translation jobs."""

    def in_progress(self) -> Scene:
        """A job that runs."""
        scene = Scene.of("translate")
        scene.create("StartTextTranslationJob", ClientToken="token")
        scene.fire("begin")
        scene.do("DescribeTextTranslationJob")
        return scene

    def test_a_completed_job_that_runs_again(self) -> None:
        scene = self.in_progress()
        scene.fire("complete")
        for _ in range(2):
            scene.do("DescribeTextTranslationJob")
        assert scene.passes()
        scene.shown()["JobStatus"] = "IN_PROGRESS"
        violation = only(scene.on_jobs())
        assert (violation.rule, violation.grade) == ("translate/job/nothing leaves COMPLETED", Grade.IMPLIED)
        assert violation.message == (
            f"job {scene.id} of {scene.tenant}: Describe answered IN_PROGRESS while it was COMPLETED; possible: COMPLETED"
        )
        assert violation.calls == (0, 2, 3)

    def test_a_running_job_whose_stop_is_refused(self) -> None:
        """The page says that it is marked for termination; what the reply shows is less sure."""
        scene = self.in_progress()
        scene.do("StopTextTranslationJob")
        assert scene.passes()
        scene.answer(400, "TooManyRequestsException", {})
        assert scene.passes()
        scene.answer(400, "ResourceNotFoundException", {})
        assert scene.passes()  # it may have ended before: one reading of that silent cell refuses so
        scene.do("DescribeTextTranslationJob")
        assert scene.shown()["JobStatus"] == "STOP_REQUESTED"
        assert [v.rule for v in scene.on_jobs()] == ["translate/job/STOP_REQUESTED does not follow what came before"]

    def test_an_unknown_id_that_is_stopped(self) -> None:
        scene = Scene.of("translate")
        scene.do("StopTextTranslationJob", "f" * 32)
        assert scene.passes()
        scene.answer(200, None, {"JobId": "f" * 32, "JobStatus": "STOPPED"})
        violation = only(scene.on_jobs())
        assert violation.message == (
            f"job {'f' * 32} of {scene.tenant}: Stop answered STOPPED while it was absent; possible: ResourceNotFoundException"
        )
        assert (violation.rule, violation.grade) == ("translate/job/unknown id is not stopped", Grade.STATED)


class TestDeviceFarm:
    """Runs and their jobs."""

    def queued(self) -> tuple[Scene, str, str]:
        """A run with one job that waits for its device: the scene, the run, the job."""
        scene = Scene.of("devicefarm")
        run = scene.create("ScheduleRun")
        scene.session.listing(scene.session.api.bound("ListJobs")[0], scene.tenant, run)
        scene.fire("wait_for_the_device")
        return scene, run, scene.id

    def test_a_job_stopped_before_its_tests_is_not_billed(self) -> None:
        scene, _, job = self.queued()
        scene.do("StopJob")
        scene.do("GetJob")
        assert scene.passes()
        assert scene.shown()["status"] == "COMPLETED"
        scene.shown()["deviceMinutes"] = {"total": 1.0, "metered": 1.0, "unmetered": 0.0}
        violation = only(list(scene.judge().violations))
        assert violation.rule == "devicefarm/job/a job stopped before its tests started is not billed"
        assert violation.grade is Grade.STATED
        assert violation.message == (
            f"job {job} of {scene.tenant}: 1.0 minutes are metered for a job that was stopped before its tests started"
        )

    def test_a_stopped_job_that_runs_again(self) -> None:
        scene, _, job = self.queued()
        for operation in ("StopJob", "GetJob", "GetJob"):
            scene.do(operation)
        assert scene.passes()
        scene.shown().update(status="RUNNING", result="PENDING")
        violation = only(scene.on_jobs())
        assert violation.rule == "devicefarm/job/RUNNING/PENDING does not follow what came before"
        assert violation.message.startswith(f"job {job} of {scene.tenant}: Get answered RUNNING/PENDING while it was ")
        assert "STOPPED_UNSTARTED" in violation.belief

    def test_the_stop_of_a_run_stops_its_jobs(self) -> None:
        """The reply to StopRun does not show them: it is a call on each of them all the same."""
        scene, run, job = self.queued()
        scene.do("StopRun", run)
        scene.do("GetJob", job)
        assert scene.passes()
        scene.shown(job).update(status="PENDING_DEVICE", result="PENDING")
        assert [v.rule for v in scene.on_jobs()] == ["devicefarm/what was done shows at once"]
        last = scene.session.calls[-1]
        scene.session.calls[-1] = replace(last, start=last.start + 90, end=(last.end or last.start) + 90)
        violation = only(scene.on_jobs())
        assert violation.rule == "devicefarm/job/PENDING_DEVICE/PENDING does not follow what came before"
        assert violation.grade is Grade.IMPLIED

    def test_a_running_job_that_is_not_found(self) -> None:
        """It may have ended unseen, where what a stop answers is silent; but it is there, which is no guess of ours."""
        scene, run, job = self.queued()
        scene.fire("begin", job=job)
        scene.do("GetJob", job)
        for operation, name, source in (("StopJob", job, "StopJob"), ("DeleteRun", run, "BOTO")):
            scene.do(operation, name)
            scene.answer(400, "NotFoundException", {"__type": "NotFoundException"})
            violation = only([v for v in scene.on_jobs() if v.belief != ("absent",)])
            assert violation.grade > Grade.ASSUMED
            assert violation.source.document == source
            scene.session.calls.pop()

    def test_a_job_of_a_deleted_run_is_gone(self) -> None:
        scene, run, job = self.queued()
        scene.do("StopRun", run)
        scene.do("DeleteRun", run)
        scene.do("GetJob", job)
        assert scene.session.calls[-1].error == "NotFoundException"
        assert scene.passes()
        scene.answer(200, None, {"job": {"arn": job, "status": "COMPLETED", "result": "STOPPED"}})
        assert "devicefarm/a deleted run is gone" in {v.rule for v in scene.judge().violations}
        assert scene.on_jobs() == []  # it is told once


class TestDataArts:
    """Batch and real-time jobs, in workspaces."""

    def test_a_scheduled_job_is_not_started_again(self) -> None:
        """Any code may say so, as none is given, but for that of an unknown job."""
        scene = Scene.of("dataarts")
        scene.create("CreateJob")
        for _ in range(2):
            scene.do("StartJob")
        assert scene.passes()
        scene.answer(400, "DLF.4711", {"error_code": "DLF.4711", "error_msg": "no"})
        assert scene.passes()
        scene.answer(400, "DLF.0100", {"error_code": "DLF.0100", "error_msg": "The job does not exist."})
        assert only(scene.on_jobs()).rule == "dataarts/job/a scheduled job is not started again"
        scene.answer(204)
        violation = only(scene.on_jobs())
        assert (violation.rule, violation.grade) == ("dataarts/job/a scheduled job is not started again", Grade.IMPLIED)
        assert violation.message == (
            f"job {scene.id} of {scene.tenant}: Start answered while it was batch SCHEDULING; possible: any error"
        )

    def test_a_job_of_another_workspace_is_never_touched(self) -> None:
        scene = Scene.of("dataarts")
        scene.create("CreateJob")
        elsewhere = scene.reference.service.tenants(0)[1]
        scene.do("StopJob", tenant=elsewhere)
        assert scene.passes()
        scene.answer(204)
        violation = only(scene.on_jobs())
        assert (violation.rule, violation.grade) == ("dataarts/job/an unknown job is not stopped", Grade.STATED)
        assert violation.message == (
            f"job {scene.id} of {elsewhere}: Stop answered while it was absent; possible: DLF.0100"
        )

    def test_half_a_status_is_compared_with_half_a_state(self) -> None:
        """A list that shows one of the two status members rules out what it shows, and no more."""
        scene = Scene.of("dataarts")
        scene.create("CreateJob", 1)
        scene.session.listing(scene.session.api.bound("ListJobs")[0], scene.tenant, jobType="REAL_TIME")
        assert scene.passes()
        del scene.shown()["jobType"]
        assert not scene.on_jobs()
        scene.shown()["status"] = "NORMAL"
        assert [v.rule for v in scene.on_jobs()] == ["dataarts/job/NORMAL/? does not follow real-time STOPPED"]
        scene.shown()["status"] = "ASLEEP"
        assert [v.rule for v in scene.on_jobs()] == ["dataarts/job/ASLEEP/? is no state of a job"]


class TestRekognition:
    """Projects and their versions."""

    def stopped(self) -> Scene:
        """A model that ran and was stopped."""
        scene = Scene.of("rekognition")
        scene.create("CreateProjectVersion")
        scene.fire("trained")
        scene.do("StartProjectVersion", MinInferenceUnits=1)
        scene.fire("running")
        scene.do("StopProjectVersion")
        scene.fire("stopped")
        scene.session.listing(
            scene.session.api.bound("DescribeProjectVersions")[0], scene.tenant, scene.session.jobs[-1].parent
        )
        return scene

    def test_a_stopped_model_that_runs_again_unasked(self) -> None:
        scene = self.stopped()
        scene.session.listing(
            scene.session.api.bound("DescribeProjectVersions")[0], scene.tenant, scene.session.jobs[-1].parent
        )
        assert scene.passes()
        scene.shown()["Status"] = "RUNNING"
        assert [v.rule for v in scene.on_jobs()] == [
            "rekognition/version/RUNNING/CUSTOM_LABELS does not follow STOPPED"
        ]


# ---- recordings of the reference models, and what becomes of them ---------------------------------------------------

Blur = Callable[[list[Call], Random], list[Call]]


def recording(api: Api, seed: int, calls: int = 60) -> list[Call]:
    """A steered walk through a reference model under random readings."""
    rng = Random(f"{api.name}/{seed}")
    unmodelled = services.load(api.name).unmodelled
    readings = {
        name: question.default
        if name in unmodelled or rng.random() < 0.5
        else rng.choice([reading.name for reading in question.readings])
        for name, question in api.all_questions().items()
    }
    ticks = itertools.count(1_700_000_000)
    reference = Reference(api, clock=lambda: float(next(ticks)), readings=readings, seed=rng.getrandbits(32))
    focuses = ("", *(lifecycle.name for lifecycle in api.lifecycles))
    tenants = reference.service.tenants(0)
    return Walk(reference, rng, tenants, Counter(), focuses[seed % len(focuses)]).run(calls)


def unanswered(call: Call) -> Call:
    """The call without its answer."""
    return replace(call, end=None, status=None, error=None, reply=None)


def failed(call: Call, spec: ErrorSpec) -> Call:
    """The call, answered with an error."""
    body = {"error_code": spec.code, "error_msg": "failed"} if call.api == "dataarts" else {"__type": spec.code}
    return replace(call, status=spec.http[0], error=spec.code, reply=body)


def errors(api: str, *natures: Nature) -> list[ErrorSpec]:
    """The errors of an API that mean any of the natures, and that every operation may answer or none declares."""
    return [spec for spec in load(api).errors if set(natures) & set(spec.natures) and not spec.code.endswith("*")]


def reads(call: Call) -> bool:
    """The call changes no job."""
    api = load(call.api)
    return all(api.role(binding).role in (Role.READ, Role.LIST) for binding in api.bound(call.operation))


def lose(calls: list[Call], rng: Random) -> list[Call]:
    """A fifth of the answers is lost."""
    return [unanswered(call) if rng.random() < 0.2 else call for call in calls]


def fail(calls: list[Call], rng: Random) -> list[Call]:
    """Instead of a fifth of the answers the service failed, after doing what it was asked to do."""
    faults = errors(calls[0].api, Nature.FAULT)
    made = []
    for call in calls:
        declared = [spec for spec in faults if spec.declared_by(call.operation)]
        made.append(failed(call, rng.choice(declared)) if declared and rng.random() < 0.2 else call)
    return made


def widen(calls: list[Call], rng: Random) -> list[Call]:
    """Every call began earlier and ended later than it did, each of another client, so that many overlap."""
    spans = [(call.start - rng.random() * 3, (call.end or call.start) + rng.random() * 3) for call in calls]
    return [
        replace(call, start=span[0], end=span[1], client=f"c{number}")
        for number, (call, span) in enumerate(zip(calls, spans, strict=True))
    ]


def refuse(calls: list[Call], rng: Random) -> list[Call]:
    """Between the calls others were refused from outside."""
    reasons = errors(calls[0].api, Nature.THROTTLE, Nature.ACCESS)
    made = []
    for call in calls:
        made.append(call)
        fitting = [spec for spec in reasons if spec.declared_by(call.operation)]
        if fitting and call.end is not None and rng.random() < 0.3:
            made.append(failed(replace(call, start=call.end, end=call.end), rng.choice(fitting)))
    return made


def hide(calls: list[Call], rng: Random) -> list[Call]:
    """Half of the reads were recorded without their bodies."""
    return [replace(c, reply=None) if reads(c) and not c.error and rng.random() < 0.5 else c for c in calls]


def look_away(calls: list[Call], rng: Random) -> list[Call]:
    """Half of the reads were not made."""
    return [call for call in calls if not (reads(call) and rng.random() < 0.5)]


def doubt(calls: list[Call], rng: Random) -> list[Call]:
    """Nobody vouches that the recording is whole."""
    return [replace(call, alone=False) for call in calls]


def lose_and_widen(calls: list[Call], rng: Random) -> list[Call]:
    """Both."""
    return lose(widen(calls, rng), rng)


BLURS = (lose, fail, widen, refuse, hide, look_away, doubt, lose_and_widen)


class TestNoFalseAlarm:
    """What a reference model does is possible, and stays possible for whoever sees less of it."""

    WALKS = 6

    @pytest.mark.parametrize("name", APIS)
    @pytest.mark.parametrize("blur", BLURS, ids=lambda blur: blur.__name__)
    def test_a_blurred_recording_is_not_ruled_out(self, name: str, blur: Blur) -> None:
        for seed in range(self.WALKS):
            calls = blur(recording(load(name), seed), Random(seed))
            report = judge(load(name), calls, STRICT)
            assert [(v.rule, v.message) for v in report.violations] == [], seed

    @pytest.mark.parametrize("name", APIS)
    def test_a_recording_is_not_ruled_out_and_constrained_for_the_most_part(self, name: str) -> None:
        shares = []
        for seed in range(self.WALKS):
            report = judge(load(name), recording(load(name), seed), STRICT)
            assert report.verdict is Verdict.PASS
            shares.append(report.constrained_share)
        assert sum(shares) / len(shares) > 0.5

    @pytest.mark.parametrize("name", APIS)
    def test_a_window_for_stale_reads_rules_nothing_more_out(self, name: str) -> None:
        for seed in range(self.WALKS):
            report = judge(load(name), recording(load(name), seed), replace(STRICT, window=5.0))
            assert report.verdict is Verdict.PASS, seed

"""What services get wrong that claim to be Amazon Comprehend; much of it moto 5.2.5 does: see its pinned findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from haltspec.lts import Role
from haltspec.services.base import Answer
from haltspec_properties.flaws.generic import (
    adds,
    after,
    edit,
    finds_nothing,
    hides,
    instead,
    is_refused,
    on,
    shows,
    stops,
)
from haltspec_properties.flaws.service import Flaw, Turn

_MOTO: Final = "moto 5.2.5"
_PAGE: Final = "Comprehend API Reference, StopEntitiesDetectionJob"
_BUG: Final = "an index that is never filled"
_MODEL: Final = "Comprehend service model"


def _always_stops(turn: Turn) -> Answer:
    """A stop answers STOP_REQUESTED whatever the job has come to."""
    job = turn.job
    if job is None or not turn.is_over(job) or turn.binding.view is None:
        return turn.go()
    return turn.world.service.success(turn.world, turn.binding, {"JobId": job.key.id, "JobStatus": "STOP_REQUESTED"})


def _of_any_kind(turn: Turn) -> Answer:
    """A job is found by the operations of every kind, and shown as its own kind shows it."""
    job = turn.job
    if job is not None and turn.binding.kind not in ("", job.key.kind):
        for binding in turn.api.bindings:
            same = (binding.lifecycle, binding.kind) == (job.key.lifecycle, job.key.kind)
            if same and turn.api.role(binding).role is turn.role:
                return turn.ask(replace(turn.asked, operation=binding.operation))
    return turn.go()


def _told_empty(turn: Turn, answer: Answer) -> Answer:
    """What was stopped is not told."""
    return answer if is_refused(answer) else Answer(answer.status, {})


def _forget_model(_turn: Turn, view: dict[str, Any]) -> None:
    """A job is shown without the model that it uses."""
    for member in ("EntityRecognizerArn", "DocumentClassifierArn") if "JobId" in view else ():
        view.pop(member, None)


def _running(view: dict[str, Any]) -> bool:
    return view.get("JobStatus") in ("SUBMITTED", "IN_PROGRESS")


FLAWS: Final[tuple[Flaw, ...]] = (
    Flaw("a stop of an ended job answers STOP_REQUESTED", _MOTO, instead(_always_stops, stops)),
    Flaw("a job is described by the operations of other kinds", _MOTO, instead(_of_any_kind, on(Role.READ))),
    Flaw("a stop tells neither id nor status", _PAGE, after(_told_empty, stops)),
    Flaw("EndTime lies before SubmitTime", _MODEL, shows("EndTime", lambda _, v: v.get("SubmitTime", 1e9) - 60)),
    Flaw(
        "EndTime is shown of a job that runs",
        _MODEL,
        adds("EndTime", lambda v: v["SubmitTime"] if _running(v) else None),
    ),
    Flaw("Message is empty in place of absent", _MOTO, adds("Message", lambda v: "" if _running(v) else None)),
    Flaw("EndTime is missing", _MOTO, hides("EndTime")),
    Flaw("SubmitTime is missing", _MOTO, hides("SubmitTime")),
    Flaw("JobArn is missing", _MODEL, hides("JobArn")),
    Flaw(
        "JobArn is of another account", _MODEL, shows("JobArn", lambda arn, _: arn.replace(arn.split(":")[4], "9" * 12))
    ),
    Flaw("JobArn is of another kind of job", _MODEL, shows("JobArn", lambda arn, _: arn.replace("-job/", "-work/"))),
    Flaw("InputDataConfig is missing", _MODEL, hides("InputDataConfig")),
    Flaw("LanguageCode is another", _MODEL, shows("LanguageCode", lambda code, _: "de" if code == "en" else "en")),
    Flaw(
        "OutputDataConfig is the one that was asked for",
        _MOTO,
        shows("OutputDataConfig.S3Uri", lambda _u, _v: "s3://bucket/"),
    ),
    Flaw("the token is shown", _MOTO, adds("ClientRequestToken", lambda _v: "token-1")),
    Flaw("VersionName is missing", _MOTO, hides("VersionName")),
    Flaw("models have no times of training", _MOTO, hides("TrainingEndTime")),
    Flaw("the name is forgotten", _MODEL, hides("JobName")),
    Flaw("the format of the input is forgotten", _MODEL, hides("InputDataConfig.InputFormat")),
    Flaw("the key of the volume is forgotten", _MODEL, hides("VolumeKmsKeyId")),
    Flaw("the model of a job is forgotten", _MODEL, edit(_forget_model)),
    Flaw("a filter by name finds nothing", _BUG, finds_nothing("JobName")),
    Flaw("filters by time find nothing", _BUG, finds_nothing("SubmitTimeBefore", "SubmitTimeAfter")),
)

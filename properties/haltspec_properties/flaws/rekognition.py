"""What services get wrong that claim to be Amazon Rekognition Custom Labels.

A start that is accepted while the model is in training is none: what is answered then no document says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from haltspec.services.base import Answer
from haltspec_properties.flaws.generic import adds, after, edit_items, hides, instead, is_refused, shows
from haltspec_properties.flaws.service import Flaw, Turn

_PAGE: Final = "Rekognition API Reference, StopProjectVersion"
_MODEL: Final = "Rekognition service model"
_GUIDE: Final = "Custom Labels guide"


def _does(operation: str) -> Any:
    return lambda turn: turn.asked.operation == operation


def _without_status(turn: Turn, answer: Answer) -> Answer:
    return answer if is_refused(answer) else replace(answer, reply={})


def _says(status: str) -> Any:
    return lambda turn, answer: answer if is_refused(answer) else replace(answer, reply={"Status": status})


def _deleted_running(turn: Turn) -> Answer:
    job = turn.job
    if job is not None and job.state == "RUNNING":
        turn.force(job, "STOPPED")
    return turn.go()


def _training(view: dict[str, Any]) -> bool:
    return view.get("Status") == "TRAINING_IN_PROGRESS"


FLAWS: Final[tuple[Flaw, ...]] = (
    Flaw("a stop does not tell the status", _PAGE, after(_without_status, _does("StopProjectVersion"))),
    Flaw("a stop says STARTING", _PAGE, after(_says("STARTING"), _does("StopProjectVersion"))),
    Flaw("a start says STOPPED", _MODEL, after(_says("STOPPED"), _does("StartProjectVersion"))),
    Flaw("a running model is deleted", _MODEL, instead(_deleted_running, _does("DeleteProjectVersion"))),
    Flaw("versions are listed oldest first", _MODEL, edit_items(lambda _t, items: items[::-1])),
    Flaw("CreationTimestamp is missing", _MODEL, hides("CreationTimestamp")),
    Flaw("StatusMessage is missing", _MODEL, hides("StatusMessage")),
    Flaw("the description is forgotten", _MODEL, hides("VersionDescription")),
    Flaw("the key is forgotten", _MODEL, hides("KmsKeyId")),
    Flaw("a copy forgets its source", _MODEL, hides("SourceProjectVersionArn")),
    Flaw("TrainingEndTimestamp is missing", _MODEL, hides("TrainingEndTimestamp")),
    Flaw("EvaluationResult is missing", _MODEL, hides("EvaluationResult")),
    Flaw(
        "training ends before it begins",
        _MODEL,
        shows("TrainingEndTimestamp", lambda _, v: v["CreationTimestamp"] - 60),
    ),
    Flaw(
        "training time is billed while in training",
        _MODEL,
        adds("BillableTrainingTimeInSeconds", lambda v: 60 if _training(v) else None),
    ),
    Flaw(
        "inference units are shown before a start",
        _GUIDE,
        adds("MinInferenceUnits", lambda v: 1 if _training(v) else None),
    ),
    Flaw(
        "ARNs are of another account",
        _MODEL,
        shows("ProjectVersionArn", lambda arn, _: arn.replace(arn.split(":")[4], "9" * 12)),
    ),
)

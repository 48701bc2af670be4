"""What services get wrong that claim to be Amazon Translate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from haltspec.services.base import Answer
from haltspec_properties.flaws.generic import adds, after, finds_nothing, hides, instead, is_refused, shows, stops
from haltspec_properties.flaws.service import Flaw, Turn

_PAGE: Final = "Translate API Reference, StopTextTranslationJob"
_BUG: Final = "an index that is never filled"
_MODEL: Final = "Translate service model"


def _without_status(turn: Turn, answer: Answer) -> Answer:
    if is_refused(answer):
        return answer
    return replace(answer, reply={"JobId": turn.job_id})


def _stopped_again(turn: Turn) -> Answer:
    """A stop answers STOP_REQUESTED whatever the job has come to."""
    job = turn.job
    if job is None or not turn.is_over(job):
        return turn.go()
    return turn.world.service.success(turn.world, turn.binding, {"JobId": job.key.id, "JobStatus": "STOP_REQUESTED"})


def _put_back(turn: Turn, answer: Answer) -> Answer:
    """The reply to a stop says that the job has not begun."""
    return answer if is_refused(answer) else replace(answer, reply={"JobId": turn.job_id, "JobStatus": "SUBMITTED"})


def _running(view: dict[str, Any]) -> bool:
    return view.get("JobStatus") in ("SUBMITTED", "IN_PROGRESS")


FLAWS: Final[tuple[Flaw, ...]] = (
    Flaw("a stop does not tell the status", _PAGE, after(_without_status, stops)),
    Flaw("a stop of an ended job answers STOP_REQUESTED", _PAGE, instead(_stopped_again, stops)),
    Flaw("a stop answers SUBMITTED", _PAGE, after(_put_back, stops)),
    Flaw("EndTime lies before SubmittedTime", _MODEL, shows("EndTime", lambda _, v: v.get("SubmittedTime", 1e9) - 60)),
    Flaw(
        "EndTime is shown of a job that runs",
        _MODEL,
        adds("EndTime", lambda v: v["SubmittedTime"] if _running(v) else None),
    ),
    Flaw("EndTime is missing", _MODEL, hides("EndTime")),
    Flaw("SubmittedTime is missing", _MODEL, hides("SubmittedTime")),
    Flaw("JobDetails is missing", _MODEL, hides("JobDetails")),
    Flaw("TargetLanguageCodes is a text", _MODEL, shows("TargetLanguageCodes", lambda codes, _: codes[0])),
    Flaw(
        "SourceLanguageCode is another",
        _MODEL,
        shows("SourceLanguageCode", lambda code, _: "de" if code == "en" else "en"),
    ),
    Flaw("InputDataConfig is missing", _MODEL, hides("InputDataConfig")),
    Flaw("DataAccessRoleArn is cut", _MODEL, shows("DataAccessRoleArn", lambda arn, _: arn.rpartition("/")[0])),
    Flaw("OutputDataConfig is missing", _MODEL, hides("OutputDataConfig")),
    Flaw("a filter by name finds nothing", _BUG, finds_nothing("JobName")),
    Flaw("filters by time find nothing", _BUG, finds_nothing("SubmittedBeforeTime", "SubmittedAfterTime")),
)

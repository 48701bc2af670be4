"""What services get wrong that claim to be Huawei Cloud DataArts Factory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from haltspec.lts import Role
from haltspec.services.base import Answer
from haltspec_properties.flaws.generic import after, edit, edit_body, edit_items, instead, is_refused, on, shows
from haltspec_properties.flaws.service import Flaw, Turn

_PAGE: Final = "DataArts Studio API Reference, Stopping a Job"
_OTC: Final = "DataArts Studio API Reference, other pages"
_HUAWEI: Final = "Huawei Cloud's edition of the API Reference"


def _does(role: str) -> Any:
    """True for the operation of a role."""
    return lambda turn: turn.binding.role == role


def _with_body(turn: Turn, answer: Answer) -> Answer:
    return answer if is_refused(answer) else Answer(200, {"status": "ok"})


def _camel(turn: Turn, answer: Answer) -> Answer:
    """Errors have the members of the other edition."""
    if not is_refused(answer) or answer.reply is None:
        return answer
    return replace(answer, reply={"code": answer.error, "message": answer.reply.get("error_msg")})


def _forced(turn: Turn) -> Answer:
    """A job is deleted though it is scheduled."""
    job = turn.job
    if job is not None and job.state in ("batch SCHEDULING", "finite SCHEDULING"):
        turn.force(job, job.state.replace("SCHEDULING", "STOPPED"))
    return turn.go()


def _started_again(turn: Turn) -> Answer:
    """A start of a scheduled job succeeds."""
    job = turn.job
    return Answer(204, None) if job is not None and job.state.endswith(" SCHEDULING") else turn.go()


def _run_all(turn: Turn) -> Answer:
    """Real-time jobs run at once as well."""
    job = turn.job
    is_real_time = job is not None and job.state.startswith("real-time")
    return Answer(200, {"instanceId": turn.number}) if is_real_time else turn.go()


def _same_instance(turn: Turn, answer: Answer) -> Answer:
    return answer if is_refused(answer) else Answer(200, {"instanceId": 7})


def _overwritten(turn: Turn) -> Answer:
    """A creation under a name that is taken succeeds and changes nothing."""
    answer = turn.go()
    return Answer(204, None) if answer.error is not None and answer.error.endswith("0102") else answer


def _scheduled(turn: Turn, answer: Answer) -> Answer:
    """A run at once starts the schedule of the job."""
    job = turn.job
    if job is not None and job.state in ("batch STOPPED", "finite STOPPED"):
        turn.force(job, job.state.replace("STOPPED", "SCHEDULING"))
    return answer


def _stop_forgotten(turn: Turn, answer: Answer) -> Answer:
    """A stop of a real-time job is answered and does nothing."""
    job = turn.job
    if job is not None and not is_refused(answer) and job.state == "real-time STOPPING":
        turn.force(job, "real-time NORMAL")
    return answer


def _last_instance(_turn: Turn, view: dict[str, Any]) -> None:
    view["lastInstanceStatus"] = "success"


FLAWS: Final[tuple[Flaw, ...]] = (
    Flaw("a stop answers 200 with a body", _PAGE, after(_with_body, _does("Stop"))),
    Flaw("errors have other members", _PAGE, after(_camel)),
    Flaw("a scheduled job is deleted", _HUAWEI, instead(_forced, _does("Delete"))),
    Flaw(
        "a scheduled job is started again",
        "a field script handles the refusal",
        instead(_started_again, _does("Start")),
    ),
    Flaw("a real-time job runs at once", _OTC, instead(_run_all, _does("RunOnce"))),
    Flaw("every run makes the same instance", _OTC, after(_same_instance, _does("RunOnce"))),
    Flaw("a name that is taken is given again", _OTC, instead(_overwritten, on(Role.CREATE))),
    Flaw("a run at once starts the schedule", _OTC, after(_scheduled, _does("RunOnce"))),
    Flaw("a stop of a real-time job is forgotten", _PAGE, after(_stop_forgotten, _does("Stop"))),
    Flaw("total counts too few", _OTC, edit_body(lambda _t, body: body.update(total=max(0, body["total"] - 1)))),
    Flaw("lists mix batch and real-time jobs", _OTC, shows("jobType", lambda _t, _v: "REAL_TIME")),
    Flaw("first pages are too short", _OTC, edit_items(lambda _t, items: items[: len(items) // 2])),
    Flaw("real-time jobs show a last instance", _OTC, edit(_last_instance, Role.LIST)),
)

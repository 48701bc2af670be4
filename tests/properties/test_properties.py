"""Named properties: each holds of recordings of the reference model, and each speaks up on one that is wrong."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from random import Random
from typing import Any

import pytest
from tests.scenes import Scene

from haltspec.apis import NAMES, load
from haltspec.errors import Unknown
from haltspec.lts import Grade, Role
from haltspec.observe import project
from haltspec.reference import Reference
from haltspec_properties import Kind, Property, properties
from haltspec_properties.asks import parent_for
from haltspec_properties.walk import Walk, unknown_id

ALL = [prop for api in NAMES for prop in properties(api)]
Case = Callable[[], Iterator[Scene]]
"""Yields a recording that a property likes, then the same made wrong, in one way or several."""

CASES: dict[tuple[str, str], Case] = {}


def case(api: str, *names: str) -> Callable[[Case], Case]:
    """The case of a property."""

    def register(made: Case) -> Case:
        for name in names:
            assert (api, name) not in CASES
            CASES[api, name] = made
        return made

    return register


def found(prop: Property, scene: Scene) -> list[str]:
    """What a property finds in a recording: breaches, or witnesses."""
    return [each.message for each in prop.check(project(scene.session.api, scene.session.calls))]


def name_of(prop: Property) -> str:
    """As pytest shows it."""
    return f"{prop.api}: {prop.name}"


# ---- what the five APIs have in common ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """How jobs of an API are made and looked at: the calls that make, read and list one."""

    create: str
    read: str
    list: str

    def listed(self, scene: Scene, **members: str) -> None:
        """List the jobs that belong where the last one does."""
        binding = next(b for b in scene.session.api.bound(self.list) if b.items is not None)
        scene.session.listing(binding, scene.tenant, scene.session.jobs[-1].parent, **members)


WAYS = {
    "comprehend": Way("StartEntitiesDetectionJob", "DescribeEntitiesDetectionJob", "ListEntitiesDetectionJobs"),
    "translate": Way("StartTextTranslationJob", "DescribeTextTranslationJob", "ListTextTranslationJobs"),
    "devicefarm": Way("ScheduleRun", "GetRun", "ListRuns"),
    "dataarts": Way("CreateJob", "ShowJob", "ListJobs"),
    "rekognition": Way("CreateProjectVersion", "StopProjectVersion", "DescribeProjectVersions"),
}


def renamed(value: Any, old: str, new: str) -> Any:
    """A reply about another job."""
    if isinstance(value, dict):
        return {name: renamed(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, old, new) for inner in value]
    return new if value == old else value


def tenants(api: str) -> Iterator[Scene]:
    """A stranger's call on a job is refused; then it is answered as the owner's is."""
    way, scene = WAYS[api], at(api)
    own = scene.do(way.read)
    if own.error is not None:  # a stop of a model that does not run
        own = replace(own, status=200, error=None, reply={"Status": "STOPPING"})
    scene.do(way.read, tenant=scene.reference.service.tenants(0)[1])
    yield scene
    scene.answer(own.status or 200, None, own.reply)
    yield scene


def unknown(api: str) -> Iterator[Scene]:
    """A call with an id that nobody was given is refused; then it is answered."""
    way, scene = WAYS[api], at(api)
    own, nobody = scene.do(way.read), unknown_id(scene.id, 1)
    scene.do(way.read, nobody)
    yield scene
    scene.answer(200, None, {"Status": "STOPPING"} if own.error else renamed(own.reply, scene.id, nobody))
    yield scene


def given_twice(api: str) -> Iterator[Scene]:
    """Two jobs have two ids; then one."""
    scene, way = at(api), WAYS[api]
    first = scene.id
    scene.create(way.create, 2, **({"ClientToken": "another"} if api == "translate" else {}))
    yield scene
    scene.answer(200, None, renamed(scene.session.calls[-1].reply, scene.id, first))
    yield scene


def twice_on_a_page(api: str) -> Iterator[Scene]:
    """A list has a job once; then twice."""
    scene, way = at(api), WAYS[api]
    way.listed(scene)
    yield scene
    reply = copy.deepcopy(scene.session.calls[-1].reply)
    [binding] = [b for b in scene.session.api.bound(way.list) if b.items is not None][:1]
    items = reply[(binding.items or ("",))[0]]
    items.append(items[0])
    scene.answer(200, None, {**reply, **({"total": len(items)} if "total" in reply else {})})
    yield scene


def disagreeing(api: str) -> Iterator[Scene]:
    """Two whole views of a job that did not move agree; then a member differs."""
    scene, way = at(api), WAYS[api]
    for _ in range(2):
        way.listed(scene)
    yield scene
    job, members = scene.shown(), ("SubmitTime", "SubmittedTime", "created", "createTime", "CreationTimestamp")
    member = next(name for name in members if name in job)
    reply = copy.deepcopy(scene.session.calls[-1].reply)
    scene.session.calls[-1] = replace(scene.session.calls[-1], reply=reply)
    scene.shown()[member] = job[member] + 1
    yield scene


for _api in NAMES:
    case(_api, "tenants never see each other's jobs")(partial(tenants, _api))
    case(_api, "an id that was never given is never answered")(partial(unknown, _api))
    case(_api, "no listing holds a job twice")(partial(twice_on_a_page, _api))
    case(_api, "lists agree with descriptions")(partial(disagreeing, _api))
    if _api != "dataarts":  # there clients give the names
        case(_api, "an id is given once")(partial(given_twice, _api))


def at(api: str, *events: str, create: str = "", number: int = 0) -> Scene:
    """A scene with a job to which `events` happened."""
    scene, token = Scene.of(api), {"ClientToken": "token"} if api == "translate" else {}
    scene.create(create or WAYS[api].create, number, **token)
    scene.fire(*events)
    return scene


def shows(scene: Scene, **members: str) -> None:
    """Let the last reply show something else of the job."""
    call = scene.session.calls[-1]
    scene.session.calls[-1] = replace(call, status=200, error=None, reply=copy.deepcopy(call.reply))
    scene.shown().update(members)


def ended(scene: Scene, read: str, **wrong: str) -> Iterator[Scene]:
    """A job is read twice; then the second read shows another status."""
    scene.do(read)
    scene.do(read)
    yield scene
    shows(scene, **wrong)
    yield scene


def owed(scene: Scene, look: Callable[[], object], *events: str) -> Iterator[Scene]:
    """A job that is looked at comes to its end and is looked at again; then the recording ends before that."""
    look()
    unfinished = len(scene.session.calls)
    scene.fire(*events)
    look()
    yield scene
    del scene.session.calls[unfinished:]
    yield scene


def refused(scene: Scene, operation: str, job: str = "") -> Iterator[Scene]:
    """An order is refused; then nobody gave it."""
    scene.do(operation, job)
    yield scene
    del scene.session.calls[-1]
    yield scene


# ---- Comprehend -----------------------------------------------------------------------------------------------------

STEMS = {"comprehend": "EntitiesDetectionJob", "PII or events": "PiiEntitiesDetectionJob"}


def comprehend(jobs: str, *events: str) -> tuple[Scene, str]:
    """A scene with a job of one sort of kinds, and the stem of its operations."""
    stem = STEMS[jobs]
    return at("comprehend", *events, create=f"Start{stem}"), stem


def stop_of_finished(jobs: str) -> Iterator[Scene]:
    """The stop of a job that was read COMPLETED or FAILED is refused; then it is answered, or refused with 404."""
    for event in ("complete", "fail"):
        scene, stem = comprehend(jobs, "begin", event)
        scene.do(f"Describe{stem}")
        scene.do(f"Stop{stem}")
        if event == "complete":
            yield scene
        scene.answer(200, None, {"JobId": scene.id, "JobStatus": "STOPPED"})
        yield scene
        scene.answer(404, "InvalidRequestException", {})
        yield scene


def stop_reply(jobs: str) -> Iterator[Scene]:
    """The reply to the stop of a running job; then it shows statuses that it cannot."""
    scene, stem = comprehend(jobs, "begin")
    scene.do(f"Describe{stem}")
    scene.do(f"Stop{stem}")
    yield scene
    for status in ("SUBMITTED", "IN_PROGRESS", "COMPLETED", "FAILED"):
        shows(scene, JobStatus=status)
        yield scene


def stop_of_stopped(jobs: str) -> Iterator[Scene]:
    """The reply to the second stop of a stopped job; then it shows STOP_REQUESTED."""
    scene, stem = comprehend(jobs, "begin")
    scene.do(f"Stop{stem}")
    scene.fire("halt")
    scene.do(f"Describe{stem}")
    scene.do(f"Stop{stem}")
    yield scene
    shows(scene, JobStatus="STOP_REQUESTED")
    yield scene


for _jobs in STEMS:
    case("comprehend", f"stopping a COMPLETED or FAILED {_jobs} job is refused with 400")(
        partial(stop_of_finished, _jobs)
    )
    case("comprehend", f"the reply to a {_jobs} stop says STOP_REQUESTED or STOPPED")(partial(stop_reply, _jobs))
    case("comprehend", f"the reply to a {_jobs} stop of a STOPPED job says STOPPED")(partial(stop_of_stopped, _jobs))


@case("comprehend", "the stop of a COMPLETED or FAILED job is an invalid request")
def _() -> Iterator[Scene]:
    scene, stem = comprehend("comprehend", "begin", "fail")
    scene.do(f"Describe{stem}")
    scene.do(f"Stop{stem}")
    yield scene
    scene.answer(400, "JobNotFoundException", {})
    yield scene


@case("comprehend", "nothing leaves a terminal state")
def _() -> Iterator[Scene]:
    yield from ended(at("comprehend", "begin", "complete"), WAYS["comprehend"].read, JobStatus="FAILED")
    scene = at("comprehend", "begin", "complete", create="StartTopicsDetectionJob")
    *_, wrong = ended(scene, "DescribeTopicsDetectionJob", JobStatus="IN_PROGRESS")
    yield wrong


@case("comprehend", "a trained, failed or stopped model keeps its status until it is deleted")
def _() -> Iterator[Scene]:
    scene = at("comprehend", "begin", "complete", create="CreateDocumentClassifier")
    yield from ended(scene, "DescribeDocumentClassifier", Status="TRAINING")


@case("comprehend", "statuses of a job come in order")
def _() -> Iterator[Scene]:
    yield from ended(at("comprehend", "begin"), WAYS["comprehend"].read, JobStatus="SUBMITTED")


@case("comprehend", "statuses of a job without a stop come in order")
def _() -> Iterator[Scene]:
    scene = at("comprehend", "begin", create="StartTopicsDetectionJob")
    yield from ended(scene, "DescribeTopicsDetectionJob", JobStatus="SUBMITTED")


@case("comprehend", "a job without a stop is never stopped")
def _() -> Iterator[Scene]:
    scene = at("comprehend", "begin", create="StartTopicsDetectionJob")
    yield from ended(scene, "DescribeTopicsDetectionJob", JobStatus="STOP_REQUESTED")


def comprehend_owed(jobs: str, *events: str, stopped: bool) -> Iterator[Scene]:
    """A job that owes an end, by a stop that was asked for or by its start."""
    scene, stem = comprehend(jobs, "begin")
    if stopped:
        scene.do(f"Stop{stem}")
    return owed(scene, lambda: scene.do(f"Describe{stem}"), *events)


for _jobs, _name in (("comprehend", "job"), ("PII or events", "PII or events job")):
    case("comprehend", f"a stop that was asked for ends the {_name}")(
        partial(comprehend_owed, _jobs, "halt", stopped=True)
    )
case("comprehend", "a started job ends")(partial(comprehend_owed, "comprehend", "complete", stopped=False))


@case("comprehend", "a started job without a stop ends")
def _() -> Iterator[Scene]:
    scene = at("comprehend", "begin", create="StartTopicsDetectionJob")
    return owed(scene, lambda: scene.do("DescribeTopicsDetectionJob"), "complete")


@case("comprehend", "training ends")
def _() -> Iterator[Scene]:
    scene = at("comprehend", "begin", create="CreateDocumentClassifier")
    return owed(scene, lambda: scene.do("DescribeDocumentClassifier"), "complete")


def comprehend_seen(create: str, read: str, stop: str, *events: str) -> Iterator[Scene]:
    """A job goes from one status to another; then the second is not recorded."""
    scene = at("comprehend", "begin", create=create)
    if stop:
        scene.do(stop)
    return owed(scene, lambda: scene.do(read), *events)


_JOB = ("StartEntitiesDetectionJob", "DescribeEntitiesDetectionJob")
_MODEL = ("CreateDocumentClassifier", "DescribeDocumentClassifier")
for _what, _first, _then, _made in (
    ("job", "STOP_REQUESTED", "STOPPED", (*_JOB, "StopEntitiesDetectionJob", "halt")),
    ("job", "STOP_REQUESTED", "COMPLETED", (*_JOB, "StopEntitiesDetectionJob", "complete")),
    ("job", "IN_PROGRESS", "COMPLETED", (*_JOB, "", "complete")),
    ("job", "IN_PROGRESS", "FAILED", (*_JOB, "", "fail")),
    (
        "job without a stop",
        "IN_PROGRESS",
        "COMPLETED",
        ("StartTopicsDetectionJob", "DescribeTopicsDetectionJob", "", "complete"),
    ),
    ("model in training", "STOP_REQUESTED", "STOPPED", (*_MODEL, "StopTrainingDocumentClassifier", "halt")),
    ("model in training", "STOP_REQUESTED", "TRAINED", (*_MODEL, "StopTrainingDocumentClassifier", "complete")),
):
    case("comprehend", f"a {_what} can go from {_first} to {_then}")(partial(comprehend_seen, *_made))


@case("comprehend", "Stop can be refused with InvalidRequestException")
def _() -> Iterator[Scene]:
    return refused(at("comprehend", "begin", "complete"), "StopEntitiesDetectionJob")


@case("comprehend", "Stop can be refused with JobNotFoundException")
def _() -> Iterator[Scene]:
    return refused(at("comprehend"), "StopEntitiesDetectionJob", "f" * 32)


@case("comprehend", "a STOPPED job can be stopped again")
def _() -> Iterator[Scene]:
    scene = at("comprehend", "begin")
    scene.do("StopEntitiesDetectionJob")
    scene.fire("halt")
    for _ in range(2):
        scene.do("StopEntitiesDetectionJob")
    yield scene
    del scene.session.calls[-1]
    yield scene


# ---- Translate ------------------------------------------------------------------------------------------------------


@case("translate", "nothing leaves a terminal state")
def _() -> Iterator[Scene]:
    yield from ended(at("translate", "begin", "complete"), WAYS["translate"].read, JobStatus="IN_PROGRESS")
    for event in ("complete with error", "fail"):
        *_, wrong = ended(at("translate", "begin", event), WAYS["translate"].read, JobStatus="IN_PROGRESS")
        yield wrong


@case("translate", "statuses of a job come in order")
def _() -> Iterator[Scene]:
    yield from ended(at("translate", "begin"), WAYS["translate"].read, JobStatus="SUBMITTED")


def translate_stop(event: str, *wrong: str) -> Iterator[Scene]:
    """The reply to the stop of a job that was read; then it shows other statuses."""
    scene = at("translate", "begin", *((event,) if event else ()))
    scene.do(WAYS["translate"].read)
    scene.do("StopTextTranslationJob")
    yield scene
    for status in wrong:
        shows(scene, JobStatus=status)
        yield scene


case("translate", "a stop does not put a job back")(partial(translate_stop, "", "SUBMITTED", "IN_PROGRESS"))
case("translate", "the reply to a stop of an ended job does not say STOP_REQUESTED")(
    partial(translate_stop, "complete", "STOP_REQUESTED", "IN_PROGRESS")
)


def translate_seen(stop: bool, *events: str) -> Iterator[Scene]:
    """A job comes to its end; then that is not recorded."""
    scene = at("translate", "begin")
    if stop:
        scene.do("StopTextTranslationJob")
    return owed(scene, lambda: scene.do(WAYS["translate"].read), *events)


case("translate", "a stop that was asked for ends the job")(partial(translate_seen, True, "halt"))
case("translate", "a started job ends")(partial(translate_seen, False, "complete with error"))
case("translate", "a job can go from STOP_REQUESTED to STOPPED")(partial(translate_seen, True, "halt"))
case("translate", "a job can go from STOP_REQUESTED to COMPLETED")(partial(translate_seen, True, "complete"))


@case("translate", "Stop can be refused with ResourceNotFoundException")
def _() -> Iterator[Scene]:
    return refused(at("translate"), "StopTextTranslationJob", "f" * 32)


# ---- Device Farm ----------------------------------------------------------------------------------------------------

SHORT_TIME_S = 60.0
"""A stop of Device Farm may show that late."""


def farm(*events: str) -> tuple[Scene, str]:
    """A scene with a run and its one job, to which `events` happened; the run's id. The scene's job is the run's."""
    scene = at("devicefarm")
    run = scene.id
    binding = next(b for b in scene.session.api.bound("ListJobs") if b.items is not None)
    scene.session.listing(binding, scene.tenant, run)
    scene.fire(*events)
    return scene, run


def later(scene: Scene) -> None:
    """Let the last call be made later than a stop may take to show."""
    call = scene.session.calls[-1]
    assert call.end is not None
    scene.session.calls[-1] = replace(call, start=call.start + SHORT_TIME_S, end=call.end + SHORT_TIME_S)


@case("devicefarm", "a device farm job stopped before its tests started is not billed")
def _() -> Iterator[Scene]:
    scene, _ = farm("wait_for_the_device")
    scene.do("StopJob")
    scene.reference.settle()
    scene.do("GetJob")
    assert (scene.shown()["status"], scene.shown()["result"]) == ("COMPLETED", "STOPPED")
    assert "started" not in scene.shown()
    yield scene
    shows(scene)
    scene.shown()["deviceMinutes"] = {"total": 1.0, "metered": 1.0, "unmetered": 0.0}
    yield scene


@case("devicefarm", "nothing leaves a terminal state")
def _() -> Iterator[Scene]:
    scene, run = farm("begin", "test", "tear_down", "fail")
    yield from ended(scene, "GetJob", status="RUNNING", result="PENDING")
    scene, run = farm("begin", "test", "tear_down", "fail")
    for _ in range(2):
        scene.do("GetRun", run)
    reply = copy.deepcopy(scene.session.calls[-1].reply)
    reply["run"]["result"] = "PASSED"
    scene.answer(200, None, reply)
    yield scene


@case("devicefarm", "a stopped job never runs again")
def _() -> Iterator[Scene]:
    for stop in ("StopJob", "StopRun"):
        scene, run = farm("begin", "test")
        scene.do(stop, run if stop == "StopRun" else "")
        scene.do("GetJob")
        later(scene)
        if stop == "StopJob":
            yield scene
        shows(scene, status="RUNNING", result="PENDING")
        yield scene


@case("devicefarm", "a stopped run never runs again")
def _() -> Iterator[Scene]:
    scene, run = farm("begin", "test")
    scene.do("StopRun", run)
    scene.do("GetRun", run)
    later(scene)
    yield scene
    reply = copy.deepcopy(scene.session.calls[-1].reply)
    reply["run"]["status"] = "RUNNING"
    scene.answer(200, None, reply)
    yield scene


def farm_owed(lifecycle: str, stop: bool, begun: tuple[str, ...], *events: str) -> Iterator[Scene]:
    """A job or run comes to its end; then that is not recorded."""
    scene, run = farm(*begun)
    if stop:
        scene.do("StopJob")
    read, subject = ("GetRun", run) if lifecycle == "run" else ("GetJob", "")
    return owed(scene, lambda: scene.do(read, subject), *events)


_TO_THE_END = ("test", "tear_down", "pass")
case("devicefarm", "a job ends")(partial(farm_owed, "job", False, ("begin",), *_TO_THE_END))
case("devicefarm", "a run ends")(partial(farm_owed, "run", False, ("begin",), *_TO_THE_END))
case("devicefarm", "a job can go from RUNNING/PENDING to COMPLETED/PASSED")(
    partial(farm_owed, "job", False, ("begin",), *_TO_THE_END)
)
case("devicefarm", "a stopped job ends")(partial(farm_owed, "job", True, ("begin", "test", "tear_down"), "halt"))
case("devicefarm", "a job can go from STOPPING/PENDING to COMPLETED/STOPPED")(
    partial(farm_owed, "job", True, ("begin", "test", "tear_down"), "halt")
)


@case("devicefarm", "a job can go from RUNNING/PENDING to STOPPING/PENDING")
def _() -> Iterator[Scene]:
    scene, _ = farm("begin")
    for _ in range(2):
        scene.do("GetJob")
        scene.do("StopJob")
    del scene.session.calls[-1]
    yield scene
    del scene.session.calls[-1]
    yield scene


@case("devicefarm", "Stop can be refused with NotFoundException")
def _() -> Iterator[Scene]:
    scene, _ = farm()
    return refused(scene, "StopJob", unknown_id(scene.id, 1))


# ---- DataArts -------------------------------------------------------------------------------------------------------

LIST_LAG_S = 20.0
"""Longer than lists of DataArts may lag."""


def looked(scene: Scene, **members: str) -> None:
    """List the jobs when every order shows."""
    WAYS["dataarts"].listed(scene, **members)
    call = scene.session.calls[-1]
    assert call.end is not None
    late = LIST_LAG_S * len(scene.session.calls)  # after every look before
    scene.session.calls[-1] = replace(call, start=call.start + late, end=call.end + late)


@case("dataarts", "a dataarts job in another workspace is never touched")
def _() -> Iterator[Scene]:
    scene = at("dataarts")
    scene.do("StartJob")
    own, other = scene.tenant, scene.reference.service.tenants(0)[1]
    binding = scene.session.api.bound("CreateJob")[0]
    request = {**scene.session.example(binding, other, 0), "name": scene.id}
    scene.session.call("CreateJob", request, other)
    scene.tenant = own
    looked(scene)
    scene.do("StopJob", request["name"], tenant=other)
    moved(scene)
    looked(scene)
    yield scene
    shows(scene, status="STOPPED")
    yield scene


def moved(scene: Scene) -> None:
    """Let the last call be made after all those before it."""
    last = max(call.end or 0.0 for call in scene.session.calls)
    call = scene.session.calls[-1]
    scene.session.calls[-1] = replace(call, start=last + LIST_LAG_S, end=last + LIST_LAG_S + 0.5)


@case("dataarts", "a stop never starts a job")
def _() -> Iterator[Scene]:
    scene = at("dataarts")
    scene.do("StartJob")
    scene.do("StopJob")
    looked(scene)
    yield scene
    shows(scene, status="SCHEDULING")
    yield scene


def real_time(orders: tuple[str, ...], *events: str) -> Iterator[Scene]:
    """A real-time job is brought somewhere by orders, and on by itself; then that is not recorded."""
    scene = at("dataarts", number=1)
    for step in orders:
        scene.do(step) if step[0].isupper() else scene.fire(step)
    return owed(scene, lambda: looked(scene, jobType="REAL_TIME"), *events)


case("dataarts", "a start comes to its end")(partial(real_time, ("StartJob",), "come up"))
case("dataarts", "a stop comes to its end")(partial(real_time, ("StartJob", "come up", "StopJob"), "halt"))
case("dataarts", "a job can go from STOPPING/REAL_TIME to STOPPED/REAL_TIME")(
    partial(real_time, ("StartJob", "come up", "StopJob"), "halt")
)


@case("dataarts", "a job can go from SCHEDULING/BATCH to STOPPED/BATCH")
def _() -> Iterator[Scene]:
    scene = at("dataarts")
    for order in ("StartJob", "StopJob"):
        scene.do(order)
        looked(scene)
    yield scene
    del scene.session.calls[-1]
    yield scene


@case("dataarts", "Stop can be refused with DLF.0100")
def _() -> Iterator[Scene]:
    return refused(at("dataarts"), "StopJob", "nobody")


# ---- Rekognition ----------------------------------------------------------------------------------------------------


def model(*events: str) -> Scene:
    """A scene with a version of a model to which `events` happened: orders by the beginning of their names."""
    scene = at("rekognition", "train")
    for step in events:
        scene.do(f"{step}ProjectVersion") if step[0].isupper() else scene.fire(step)
    return scene


def described(scene: Scene) -> None:
    """Describe the versions."""
    WAYS["rekognition"].listed(scene)


@case("rekognition", "a stopped model does not run until it is started again")
def _() -> Iterator[Scene]:
    scene = model("Start", "run", "Stop")
    described(scene)
    yield scene
    for status in ("RUNNING", "STARTING"):
        shows(scene, Status=status)
        yield scene


@case("rekognition", "the reply to a stop does not say that the model starts")
def _() -> Iterator[Scene]:
    scene = model("Start", "run", "Stop")
    yield scene
    for status in ("STARTING", "TRAINING_IN_PROGRESS"):
        shows(scene, Status=status)
        yield scene


@case("rekognition", "training happens once")
def _() -> Iterator[Scene]:
    scene = model("Start", "run")
    for _ in range(2):
        described(scene)
    yield scene
    shows(scene, Status="TRAINING_IN_PROGRESS")
    yield scene


@case("rekognition", "a model at rest stays there until it is started or deleted")
def _() -> Iterator[Scene]:
    for events, wrong in ((("Start", "run", "Stop", "halt"), "RUNNING"), ((), "STARTING")):
        scene = model(*events)
        for _ in range(2):
            described(scene)
        if events:
            yield scene
        shows(scene, Status=wrong)
        yield scene


def version_owed(orders: tuple[str, ...], *events: str) -> Iterator[Scene]:
    """A version is brought somewhere by orders, and on by the service; then that is not recorded."""
    scene = model(*orders)
    return owed(scene, lambda: described(scene), *events)


case("rekognition", "a start comes to its end")(partial(version_owed, ("Start",), "run"))
case("rekognition", "a stop comes to its end")(partial(version_owed, ("Start", "run", "Stop"), "halt"))
case("rekognition", "a version can go from STOPPING to STOPPED")(
    partial(version_owed, ("Start", "run", "Stop"), "halt")
)


@case("rekognition", "training comes to its end")
def _() -> Iterator[Scene]:
    scene = at("rekognition")
    return owed(scene, lambda: described(scene), "train")


@case("rekognition", "copying comes to its end")
def _() -> Iterator[Scene]:
    scene = model()
    described(scene)
    scene.create("CopyProjectVersion", 2)
    return owed(scene, lambda: described(scene), "copy")


@case("rekognition", "a version can go from STOPPED to RUNNING")
def _() -> Iterator[Scene]:
    scene = model("Start", "run", "Stop", "halt")
    described(scene)
    scene.do("StartProjectVersion")
    scene.fire("run")
    described(scene)
    yield scene
    del scene.session.calls[-1]
    yield scene


@case("rekognition", "Stop can be refused with ResourceNotFoundException")
def _() -> Iterator[Scene]:
    scene = model()
    return refused(scene, "StopProjectVersion", unknown_id(scene.id, 1))


# ---- the tests ------------------------------------------------------------------------------------------------------


def test_every_property_has_a_case_and_every_case_a_property() -> None:
    """No property is there that was not shown to speak up; none has two names."""
    assert len({(prop.api, prop.name) for prop in ALL}) == len(ALL)
    assert CASES.keys() == {(prop.api, prop.name) for prop in ALL}


@pytest.mark.parametrize("prop", ALL, ids=name_of)
def test_speaks_up(prop: Property) -> None:
    """It finds nothing in the right recording and a breach in each wrong one, or a witness in the right one alone."""
    recordings = [found(prop, scene) for scene in CASES[prop.api, prop.name]()]
    right, *wrong = [bool(messages) for messages in recordings]
    assert wrong
    if prop.kind is Kind.SOMETIMES:
        assert right and not any(wrong), recordings
    else:
        assert not right and all(wrong), recordings


class TestPromised:
    """The properties that have to be there by name, with who says so."""

    @pytest.mark.parametrize(
        ("api", "name", "grade", "source"),
        [
            (
                "comprehend",
                "stopping a COMPLETED or FAILED comprehend job is refused with 400",
                Grade.STATED,
                "StopEntitiesDetectionJob Description, 3rd paragraph",
            ),
            (
                "comprehend",
                "the reply to a comprehend stop says STOP_REQUESTED or STOPPED",
                Grade.STATED,
                "StopEntitiesDetectionJob Response Elements, JobStatus",
            ),
            (
                "comprehend",
                "nothing leaves a terminal state",
                Grade.IMPLIED,
                "StopEntitiesDetectionJob the words completed, failed, stopped",
            ),
            (
                "translate",
                "nothing leaves a terminal state",
                Grade.IMPLIED,
                "StopTextTranslationJob the four statuses for which a final event is sent",
            ),
            ("devicefarm", "nothing leaves a terminal state", Grade.IMPLIED, "StopJob the job that was stopped"),
            (
                "devicefarm",
                "a device farm job stopped before its tests started is not billed",
                Grade.STATED,
                "StopJob Description",
            ),
            (
                "dataarts",
                "a dataarts job in another workspace is never touched",
                Grade.STATED,
                "Stopping a Job Request header workspace",
            ),
        ],
    )
    def test_is_there(self, api: str, name: str, grade: Grade, source: str) -> None:
        [prop] = [prop for prop in properties(api) if prop.name == name]
        assert (prop.kind, prop.source.grade, str(prop.source)) == (Kind.ALWAYS, grade, source)

    def test_every_property_says_what_it_formalises_and_who_says_so(self) -> None:
        for prop in ALL:
            assert prop.sentence.endswith("."), prop
            assert prop.source.section and bool(prop.source.document) == (prop.source.grade is not Grade.ASSUMED), prop

    def test_rejects_an_unknown_api(self) -> None:
        with pytest.raises(Unknown, match="unknown API 'comprehand'; did you mean comprehend"):
            properties("comprehand")


@pytest.mark.parametrize("api", NAMES)
def test_the_reference_model_has_them_all(api: str) -> None:
    """On long walks through the reference model nothing is broken, all that is owed comes, all that may be is seen."""
    missing = {prop.name for prop in properties(api) if prop.kind is Kind.SOMETIMES}
    done: Counter[tuple[str, ...]] = Counter()
    for seed in range(20):
        walk = walked(api, seed, done)
        projection = project(load(api), walk.calls)
        for prop in properties(api):
            messages = [each.message for each in prop.check(projection)]
            if prop.kind is Kind.SOMETIMES:
                missing -= {prop.name} if messages else set()
            else:
                assert messages == [], prop.name
        if not missing:
            break
    assert missing == set()


def walked(api: str, seed: int, done: Counter[tuple[str, ...]]) -> Walk:
    """A walk at whose end the service has come to rest, and every job was read and listed; steered by what was done."""
    reference = Reference(load(api), clock=map(float, count(1_700_000_000)).__next__, seed=seed)
    walk = Walk(reference, Random(seed), reference.service.tenants(0), done)
    walk.run(400)
    reference.settle()
    for known in walk.session.jobs:
        for binding in walk.session.bindings(known.key, Role.READ):
            if binding.view is not None:
                walk.session.ask(binding, known.key.tenant, known.key.id)
        for binding in walk.session.bindings(known.key, Role.LIST):
            walk.session.listing(binding, known.key.tenant, parent_for(binding, known))
    return walk


class TestWhatIsNotBlamed:
    """What documents leave open, or say of other jobs only, breaks no property."""

    @staticmethod
    def broken(scene: Scene) -> list[str]:
        """The names of the properties that a recording breaks."""
        api = scene.session.api.name
        return [p.name for p in properties(api) if p.kind is Kind.ALWAYS and found(p, scene)]

    def test_each_sort_of_kinds_has_its_own_properties(self) -> None:
        """What is broken by a PII job is not told with the grade of what is stated of entities jobs."""
        for jobs, other in (("comprehend", "PII or events"), ("PII or events", "comprehend")):
            for make in (stop_of_finished, stop_reply, stop_of_stopped):
                *_, wrong = make(jobs)
                names = self.broken(wrong)
                assert any(f" {jobs} " in name for name in names)
                assert not any(f" {other} " in name for name in names)

    @pytest.mark.parametrize(("late", "names"), [(4.0, []), (30.0, ["a stop never starts a job"])])
    def test_a_list_that_lags(self, late: float, names: list[str]) -> None:
        """DataArts: for ten seconds a list may be of the time before a stop."""
        scene = at("dataarts")
        scene.do("StartJob")
        scene.do("StopJob")
        WAYS["dataarts"].listed(scene)
        shows(scene, status="SCHEDULING")
        call = scene.session.calls[-1]
        scene.session.calls[-1] = replace(call, start=call.start + late, end=call.start + late)
        assert self.broken(scene) == names

    @pytest.mark.parametrize(("late", "names"), [(0.0, []), (SHORT_TIME_S, ["a stopped job never runs again"])])
    def test_a_stop_that_shows_late(self, late: float, names: list[str]) -> None:
        """Device Farm: for a short time a job may be shown as before its stop."""
        scene, _ = farm("begin", "test")
        for call in ("StopJob", "GetJob"):  # had the reply to the stop shown STOPPING it would have shown at once
            scene.do(call)
            shows(scene, status="RUNNING", result="PENDING")
        if late:
            later(scene)
        assert self.broken(scene) == names

    def test_an_adapter_that_grows_old(self) -> None:
        """Rekognition: a trained adapter is DEPRECATED, and EXPIRED in the end, without any call."""
        scene = at("rekognition", "train", number=1)
        for event in ("deprecate", "expire"):
            described(scene)
            scene.fire(event)
        described(scene)
        assert scene.shown()["Status"] == "EXPIRED"
        assert self.broken(scene) == []

    def test_a_stop_that_was_seen_to_fail(self) -> None:
        """Rekognition: RUNNING after STOPPING is a failed stop; RUNNING at once is none at all."""
        scene = model("Start", "run", "Stop")
        for _ in range(2):
            described(scene)
        shows(scene, Status="RUNNING")
        assert self.broken(scene) == []
        del scene.session.calls[-2]
        assert self.broken(scene) == ["a stopped model does not run until it is started again"]

    def test_a_status_of_which_a_part_is_hidden(self) -> None:
        """Rekognition: without its feature a version is what its status says."""
        scene = model("Start", "run", "Stop", "halt")
        for status in ("STOPPED", "RUNNING"):
            described(scene)
            shows(scene, Status=status)
            del scene.shown()["Feature"]
            assert ("a model at rest stays there until it is started or deleted" in self.broken(scene)) == (
                status == "RUNNING"
            )

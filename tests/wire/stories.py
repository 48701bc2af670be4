"""Whole stories of jobs, told through any client: made, listed by pages and filters, watched until they run, stopped,
watched to the end, stopped again; ids that nobody has and such as nobody can have; deletion where there is one.

The service moves nothing by itself where a story moves it by hand; `watched` follows a job that moves in its own time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.wire.clients import EAST, REGIONS, Caller

from haltspec import apis, services
from haltspec.apis.comprehend import ARN_TYPE, OUTPUT_TAG, STEM
from haltspec.oracle import Verdict, judge
from haltspec.spec import Binding
from haltspec.trace import read_file
from haltspec_properties.clients import ReferenceService

PAST, FUTURE = datetime(2001, 1, 1, tzinfo=UTC), datetime(2096, 1, 1, tzinfo=UTC)
STOPPABLE: Final = tuple(kind for kind in STEM if kind not in ("topics", "document-classification"))
MODELS: Final = {"document-classifier": "DocumentClassifier", "entity-recognizer": "EntityRecognizer"}
PATIENCE_S: Final = 60.0
JOB_ID: Final = "0123456789abcdef0123456789abcdef"
LONG: Final = f"{JOB_ID}0"
PROJECT_ID: Final = "11111111-2222-4333-8444-555555555555"
RUN_ID: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Scene:
    """An account of its own on a service, and a client that calls it.

    Args:
        caller: the client.
        service: the service.
        journal: what the service writes down.
        account: whose jobs the story is about; nobody else uses it.
    """

    caller: Caller
    service: ReferenceService
    journal: Path
    account: str

    def ok(self, api: str, operation: str, **request: Any) -> Any:
        """The reply to a call that succeeds."""
        told = self.caller.call(api, operation, request, self.account)
        assert not told.error, f"{operation}: {told.error} ({told.message})"
        assert told.status in (200, None)
        return told.reply

    def refused(self, code: str, api: str, operation: str, **request: Any) -> str:
        """The message of a call that is refused with a code."""
        told = self.caller.call(api, operation, request, self.account)
        assert (told.error, told.status in (400, None)) == (code, True), f"{operation}: {told}"
        assert told.message
        return told.message

    def pages(self, api: str, operation: str, items: str, token: str = "NextToken", **request: Any) -> list[list[Any]]:
        """The pages of a list, each asked for by hand."""
        found, more = [], dict(request)
        while True:
            reply = self.ok(api, operation, **more)
            found.append(reply.get(items, []))
            if not reply.get(token):
                return found
            more = {**request, token: reply[token]}

    def tenant(self, api: str) -> str:
        """The account and region of the story's jobs."""
        return f"{self.account}/{REGIONS.get(api, EAST)}"

    def example(self, api: str, role: str, kind: str = "", number: int = 0) -> dict[str, Any]:
        """A valid request that makes a job."""
        bindings = apis.load(api).bindings
        binding: Binding = next(b for b in bindings if b.role == role and kind in ("", b.kind))
        return services.load(api).example(binding, self.tenant(api), number, ())

    def advance(self, job_id: str, event: str = "") -> str:
        """Move a job by hand; the row that it took."""
        row = self.service.advance(job_id, event)
        assert row is not None
        return row

    def check(self, api: str) -> None:
        """Judge all that the story did by what the service wrote down."""
        calls = [call for call in read_file(self.journal) if call.tenant == self.tenant(api) and call.api == api]
        report = judge(apis.load(api), calls)
        assert report.verdict is Verdict.PASS, report
        assert report.constrained


Stage = Callable[[str], Scene]
"""Makes a scene for the client of a name, in an account of its own."""


def watched(show: Callable[[], str], *path: str) -> str:
    """Look at a job until it stays as it is, and hold what is seen against the path it may go.

    Args:
        show: looks at the job, and gives its status.
        path: the statuses it goes through, some of which may be missed; the last ones, after an empty one, are ends.

    Returns:
        The end.
    """
    gap = path.index("")
    way, ends = path[:gap], path[gap + 1 :]
    seen: list[str] = []
    deadline = time.monotonic() + PATIENCE_S
    while not seen or seen[-1] not in ends:
        assert time.monotonic() < deadline, seen
        status = show()
        if not seen or seen[-1] != status:
            seen.append(status)
        time.sleep(0.02)
    assert [status for status in way if status in seen] == seen[:-1], seen
    return seen[-1]


# ---- Comprehend -----------------------------------------------------------------------------------------------------


def analysis(scene: Scene, kind: str) -> None:
    """Three jobs of a kind: one is stopped, one completes, one fails."""
    api, stem = "comprehend", STEM[kind]
    given = scene.example(api, "Start", kind)

    def show(job_id: str) -> Any:
        return scene.ok(api, f"Describe{stem}", JobId=job_id)[f"{stem}Properties"]

    def find(**filters: Any) -> list[str]:
        listed = scene.pages(api, f"List{stem}s", f"{stem}PropertiesList", Filter=filters)
        return [item["JobId"] for page in listed for item in page]

    made = [scene.ok(api, f"Start{stem}", **given, JobName=name) for name in ("a", "b", "a")]
    ids = [reply["JobId"] for reply in made]
    stopped, completed, failed = ids
    for reply in made:
        assert reply["JobStatus"] == "SUBMITTED"
        assert reply["JobArn"] == f"arn:aws:comprehend:{EAST}:{scene.account}:{ARN_TYPE[kind]}/{reply['JobId']}"

    assert [
        [item["JobId"] for item in page]
        for page in scene.pages(api, f"List{stem}s", f"{stem}PropertiesList", MaxResults=2)
    ] == [ids[:2], ids[2:]]
    assert find(JobName="b") == [completed]
    assert find(JobStatus="SUBMITTED") == ids
    assert find(JobStatus="STOPPED") == find(SubmitTimeAfter=FUTURE) == find(SubmitTimeBefore=PAST) == []
    by_time = find(SubmitTimeBefore=FUTURE)
    assert by_time == (ids[::-1] if kind == "topics" else ids)  # documented the other way round
    assert find(SubmitTimeAfter=PAST) == by_time[::-1]
    scene.refused("InvalidRequestException", api, f"List{stem}s", Filter={"JobName": "a", "JobStatus": "STOPPED"})

    for job_id in ids:
        assert show(job_id)["JobStatus"] == "SUBMITTED"
        scene.advance(job_id)
        shown = show(job_id)
        assert shown["JobStatus"] == "IN_PROGRESS"
        assert {"EndTime", "Message"}.isdisjoint(shown)
        assert f"{scene.account}-{OUTPUT_TAG[kind]}-{job_id}/output/" in shown["OutputDataConfig"]["S3Uri"]
        assert shown["InputDataConfig"] == given["InputDataConfig"]
        assert abs(shown["SubmitTime"] - time.time()) < 3600

    scene.advance(completed)
    scene.advance(failed, "fail")
    assert (show(completed)["JobStatus"], show(failed)["JobStatus"]) == ("COMPLETED", "FAILED")
    assert show(completed)["EndTime"] >= show(completed)["SubmitTime"]
    assert "Message" in show(failed)
    assert "Message" not in show(completed)

    if kind in STOPPABLE:
        stop = f"Stop{stem}"
        assert scene.ok(api, stop, JobId=stopped) == {"JobId": stopped, "JobStatus": "STOP_REQUESTED"}
        assert "EndTime" not in show(stopped)
        assert scene.ok(api, stop, JobId=stopped)["JobStatus"] == "STOP_REQUESTED"
        scene.advance(stopped, "halt")
        assert show(stopped)["JobStatus"] == "STOPPED"
        assert "EndTime" in show(stopped)
        assert scene.ok(api, stop, JobId=stopped)["JobStatus"] == "STOPPED"
        for job_id in (completed, failed):
            scene.refused("InvalidRequestException", api, stop, JobId=job_id)
        assert find(JobStatus="STOPPED") == [stopped]

    for operation in ("Describe", "Stop") if kind in STOPPABLE else ("Describe",):
        scene.refused("JobNotFoundException", api, f"{operation}{stem}", JobId=JOB_ID)
        text = scene.refused("ValidationException", api, f"{operation}{stem}", JobId=LONG)
        assert text.startswith(f"1 validation error detected: Value '{LONG}' at 'jobId' failed to satisfy constraint: ")
    scene.refused("ValidationException", api, f"List{stem}s", MaxResults=501)
    scene.check(api)


def training(scene: Scene, kind: str) -> None:
    """Three models: one is stopped, one is trained, one cannot be; all are deleted."""
    api, stem = "comprehend", MODELS[kind]
    name_in, arn_in = (
        ("RecognizerName", "EntityRecognizerArn") if stem == "EntityRecognizer" else (f"{stem}Name", f"{stem}Arn")
    )
    given = scene.example(api, "Create", kind)

    def show(arn: str) -> Any:
        return scene.ok(api, f"Describe{stem}", **{arn_in: arn})[f"{stem}Properties"]

    def find(**filters: Any) -> list[str]:
        listed = scene.pages(api, f"List{stem}s", f"{stem}PropertiesList", Filter=filters)
        return [item[arn_in] for page in listed for item in page]

    arns = [scene.ok(api, f"Create{stem}", **{**given, name_in: name})[arn_in] for name in ("a", "b", "c")]
    stopped, trained, broken = arns
    assert arns == [f"arn:aws:comprehend:{EAST}:{scene.account}:{kind}/{name}" for name in ("a", "b", "c")]
    scene.refused("ResourceInUseException", api, f"Create{stem}", **{**given, name_in: "a"})
    assert [
        [item[arn_in] for item in page]
        for page in scene.pages(api, f"List{stem}s", f"{stem}PropertiesList", MaxResults=2)
    ] == [arns[:2], arns[2:]]
    assert find(**{name_in: "b"}) == [trained]
    assert find(Status="SUBMITTED") == arns
    assert find(Status="TRAINED") == []

    for arn in arns:
        scene.advance(arn)
        shown = show(arn)
        assert shown["Status"] == "TRAINING"
        assert {"EndTime", "TrainingEndTime", "Message"}.isdisjoint(shown)
    scene.advance(trained)
    scene.advance(broken, "fail")
    assert (show(trained)["Status"], show(broken)["Status"]) == ("TRAINED", "IN_ERROR")
    assert show(trained)["SubmitTime"] <= show(trained)["TrainingEndTime"] <= show(trained)["EndTime"]
    assert "Message" in show(broken)

    stop = f"StopTraining{stem}"
    for status in ("STOP_REQUESTED", "STOP_REQUESTED"):
        assert scene.ok(api, stop, **{arn_in: stopped}) == {}
        assert show(stopped)["Status"] == status
    scene.advance(stopped, "halt")
    for arn, status in ((stopped, "STOPPED"), (trained, "TRAINED"), (broken, "IN_ERROR")):
        assert scene.ok(api, stop, **{arn_in: arn}) == {}
        assert show(arn)["Status"] == status
    assert "TrainingStartTime" not in show(stopped)

    nobody = f"arn:aws:comprehend:{EAST}:{scene.account}:{kind}/nobody"
    for operation in ("Describe", "StopTraining", "Delete"):
        scene.refused("ResourceNotFoundException", api, f"{operation}{stem}", **{arn_in: nobody})
        scene.refused("ValidationException", api, f"{operation}{stem}", **{arn_in: "arn:aws:comprehend"})
    for arn in arns:
        assert scene.ok(api, f"Delete{stem}", **{arn_in: arn}) == {}
        assert show(arn)["Status"] == "DELETING"
        scene.advance(arn)
        scene.refused("ResourceNotFoundException", api, f"Describe{stem}", **{arn_in: arn})
    assert find(SubmitTimeAfter=PAST) == []
    scene.check(api)


# ---- Translate ------------------------------------------------------------------------------------------------------


def translation(scene: Scene, kind: str = "") -> None:
    """Three jobs: one is stopped, one completes, one fails."""
    api, stem = "translate", "TextTranslationJob"
    given = scene.example(api, "Start")

    def show(job_id: str) -> Any:
        return scene.ok(api, f"Describe{stem}", JobId=job_id)[f"{stem}Properties"]

    def find(**filters: Any) -> list[str]:
        listed = scene.pages(api, f"List{stem}s", f"{stem}PropertiesList", Filter=filters)
        return [item["JobId"] for page in listed for item in page]

    # the clients fill in the token
    made = [scene.ok(api, f"Start{stem}", **given, JobName=name, ClientToken=f"t-{n}") for n, name in enumerate("aba")]
    ids = [reply["JobId"] for reply in made]
    stopped, completed, failed = ids
    assert all(set(reply) == {"JobId", "JobStatus"} and reply["JobStatus"] == "SUBMITTED" for reply in made)
    again = scene.ok(api, f"Start{stem}", **given, JobName="a", ClientToken="t-0")
    assert again["JobId"] == stopped

    assert [
        [item["JobId"] for item in page]
        for page in scene.pages(api, f"List{stem}s", f"{stem}PropertiesList", MaxResults=2)
    ] == [ids[:2], ids[2:]]
    assert find(JobName="b") == [completed]
    assert find(JobStatus="SUBMITTED") == find(SubmittedBeforeTime=FUTURE) == ids
    assert find(SubmittedAfterTime=PAST) == ids[::-1]
    assert find(JobStatus="STOPPED") == find(SubmittedAfterTime=FUTURE) == find(SubmittedBeforeTime=PAST) == []

    for job_id in ids:
        scene.advance(job_id)
        shown = show(job_id)
        assert shown["JobStatus"] == "IN_PROGRESS"
        assert {"EndTime", "Message"}.isdisjoint(shown)
        assert shown["OutputDataConfig"]["S3Uri"].endswith(f"/{scene.account}-TranslateText-{job_id}/")
    scene.advance(completed)
    scene.advance(failed, "fail")
    shown = show(completed)
    assert shown["JobDetails"] == {
        "TranslatedDocumentsCount": 3,
        "DocumentsWithErrorsCount": 0,
        "InputDocumentsCount": 3,
    }
    assert shown["EndTime"] >= shown["SubmittedTime"]

    stop = f"Stop{stem}"
    assert scene.ok(api, stop, JobId=stopped) == {"JobId": stopped, "JobStatus": "STOP_REQUESTED"}
    assert {"EndTime", "Message", "JobDetails"}.isdisjoint(show(stopped))
    assert scene.ok(api, stop, JobId=stopped)["JobStatus"] == "STOP_REQUESTED"
    scene.advance(stopped, "halt")
    for job_id, status in ((stopped, "STOPPED"), (completed, "COMPLETED"), (failed, "FAILED")):
        assert scene.ok(api, stop, JobId=job_id)["JobStatus"] == status
        assert show(job_id)["JobStatus"] == status

    for operation in ("Describe", "Stop"):
        scene.refused("ResourceNotFoundException", api, f"{operation}{stem}", JobId=JOB_ID)
        scene.refused("ValidationException", api, f"{operation}{stem}", JobId=LONG)
    scene.refused("ValidationException", api, f"List{stem}s", MaxResults=501)
    scene.refused(
        "UnsupportedLanguagePairException",
        api,
        f"Start{stem}",
        **{**given, "TargetLanguageCodes": ["en"], "ClientToken": "t"},
    )
    scene.check(api)


# ---- Device Farm ----------------------------------------------------------------------------------------------------


def run(scene: Scene, kind: str = "") -> None:
    """Two runs on two devices each: of one a job is stopped and then the run, the other passes; both are deleted."""
    api = "devicefarm"
    given = scene.example(api, "Schedule", number=1)
    project = given["projectArn"]

    def show(arn: str) -> Any:
        what = "Job" if ":job:" in arn else "Run"
        return scene.ok(api, f"Get{what}", arn=arn)[what.lower()]

    def seen(arn: str) -> tuple[str, str]:
        shown = show(arn)
        return shown["status"], shown["result"]

    runs = [scene.ok(api, "ScheduleRun", **given)["run"] for _ in range(2)]
    arns = [made["arn"] for made in runs]
    first, second = arns
    assert all((made["status"], made["result"]) == ("SCHEDULING", "PENDING") for made in runs)
    assert {made["counters"]["total"] for made in runs} == {0}
    listed = scene.pages(api, "ListRuns", "runs", "nextToken", arn=project)
    assert sorted(item["arn"] for page in listed for item in page) == sorted(arns)
    jobs = [item["arn"] for page in scene.pages(api, "ListJobs", "jobs", "nextToken", arn=first) for item in page]
    assert jobs == [f"{first.replace(':run:', ':job:')}/{number:05d}" for number in range(2)]

    for job in jobs:
        while seen(job)[0] != "RUNNING":
            scene.advance(job)
        assert "stopped" not in show(job)
    assert seen(first) == ("RUNNING", "PENDING")
    shown = scene.ok(api, "StopJob", arn=jobs[0])["job"]
    assert (shown["arn"], shown["status"], shown["result"]) == (jobs[0], "STOPPING", "PENDING")
    assert seen(jobs[1]) == ("RUNNING", "PENDING")
    assert scene.ok(api, "StopRun", arn=first)["run"]["status"] == "STOPPING"
    assert scene.ok(api, "StopRun", arn=first)["run"]["status"] == "STOPPING"
    scene.refused("ArgumentException", api, "DeleteRun", arn=first)
    for job in jobs:
        while seen(job)[0] != "COMPLETED":
            scene.advance(job)
        assert seen(job) == ("COMPLETED", "STOPPED")
        shown = show(job)
        assert shown["created"] <= shown["started"] <= shown["stopped"]
        assert sum(count for name, count in shown["counters"].items() if name != "total") == shown["counters"]["total"]
        assert scene.ok(api, "StopJob", arn=job)["job"]["result"] == "STOPPED"
    assert seen(first) == ("COMPLETED", "STOPPED")
    assert scene.ok(api, "StopRun", arn=first)["run"]["result"] == "STOPPED"
    assert (show(first)["completedJobs"], show(first)["totalJobs"]) == (2, 2)

    others = [item["arn"] for page in scene.pages(api, "ListJobs", "jobs", "nextToken", arn=second) for item in page]
    assert scene.ok(api, "StopJob", arn=others[0])["job"]["result"] == "STOPPED"  # its tests had not begun
    shown = show(others[0])
    assert "started" not in shown
    assert shown["deviceMinutes"] == {"total": 0, "metered": 0, "unmetered": 0}
    while seen(others[1])[0] != "COMPLETED":
        scene.advance(others[1])
    assert seen(others[1]) == ("COMPLETED", "PASSED")

    unknown = f"arn:aws:devicefarm:us-west-2:{scene.account}:run:{PROJECT_ID}/{RUN_ID}"
    unknown_job = f"{unknown.replace(':run:', ':job:')}/00000"
    for operation, arn in (
        ("GetRun", unknown),
        ("StopRun", unknown),
        ("DeleteRun", unknown),
        ("ListJobs", unknown),
        ("GetJob", unknown_job),
        ("StopJob", unknown_job),
    ):
        scene.refused("NotFoundException", api, operation, arn=arn)
        text = scene.refused("ValidationException", api, operation, arn="arn:aws:elsewhere:us-west-2:111122223333:run")
        assert "Member must satisfy regular expression pattern: ^arn:aws:devicefarm:.+" in text
    for arn in arns:
        assert scene.ok(api, "DeleteRun", arn=arn) == {}
        scene.refused("NotFoundException", api, "GetRun", arn=arn)
        scene.refused("NotFoundException", api, "StopRun", arn=arn)
    assert scene.pages(api, "ListRuns", "runs", "nextToken", arn=project) == [[]]
    scene.check(api)


# ---- Rekognition ----------------------------------------------------------------------------------------------------


def version(scene: Scene, kind: str = "") -> None:
    """Three versions: one is trained, run, stopped and run again, one is copied from it, one cannot be trained."""
    api = "rekognition"
    place = {"S3Bucket": "results", "S3KeyPrefix": "out"}
    projects = [scene.ok(api, "CreateProject", ProjectName=name)["ProjectArn"] for name in ("a", "b")]
    for arn in projects:
        scene.service.settle(api=api) if scene.service.jobs(arn)[0]["state"] == "CREATING" else None
    project, shelf = projects
    scene.refused("ResourceInUseException", api, "CreateProject", ProjectName="a")

    def find(project: str, **filters: Any) -> list[Any]:
        listed = scene.pages(
            api, "DescribeProjectVersions", "ProjectVersionDescriptions", ProjectArn=project, **filters
        )
        return [item for page in listed for item in page]

    def show(arn: str) -> Any:
        (found,) = [item for item in find(project) + find(shelf) if item["ProjectVersionArn"] == arn]
        return found

    made = {"ProjectArn": project, "OutputConfig": place}
    model, broken = (
        scene.ok(api, "CreateProjectVersion", **made, VersionName=name)["ProjectVersionArn"] for name in ("v1", "v2")
    )
    scene.refused("ResourceInUseException", api, "CreateProjectVersion", **made, VersionName="v1")
    assert [item["ProjectVersionArn"] for item in find(project, MaxResults=1)] == [broken, model]  # newest first
    assert [item["ProjectVersionArn"] for item in find(project, VersionNames=["v1", "v9"])] == [model]
    assert show(model)["Status"] == "TRAINING_IN_PROGRESS"
    assert {"TrainingEndTimestamp", "EvaluationResult", "BillableTrainingTimeInSeconds"}.isdisjoint(show(model))
    scene.refused("ResourceInUseException", api, "StopProjectVersion", ProjectVersionArn=model)
    scene.refused("ResourceInUseException", api, "DeleteProjectVersion", ProjectVersionArn=model)
    scene.advance(model)
    scene.advance(broken, "fail")
    assert show(broken)["Status"] == "TRAINING_FAILED"
    shown = show(model)
    assert shown["Status"] == "TRAINING_COMPLETED"
    assert shown["CreationTimestamp"] <= shown["TrainingEndTimestamp"]
    assert 0 <= shown["EvaluationResult"]["F1Score"] <= 1
    assert isinstance(shown["BillableTrainingTimeInSeconds"], int)

    for _ in range(2):
        assert scene.ok(api, "StartProjectVersion", ProjectVersionArn=model, MinInferenceUnits=1) == {
            "Status": "STARTING"
        }
        assert show(model)["MinInferenceUnits"] == 1
        scene.advance(model)
        assert show(model)["Status"] == "RUNNING"
        scene.refused(
            "ResourceInUseException", api, "StartProjectVersion", ProjectVersionArn=model, MinInferenceUnits=1
        )
        scene.refused("ResourceInUseException", api, "DeleteProjectVersion", ProjectVersionArn=model)
        assert scene.ok(api, "StopProjectVersion", ProjectVersionArn=model) == {"Status": "STOPPING"}
        assert show(model)["Status"] == "STOPPING"
        scene.advance(model)
        assert show(model)["Status"] == "STOPPED"
        scene.refused("ResourceInUseException", api, "StopProjectVersion", ProjectVersionArn=model)

    copied = scene.ok(
        api,
        "CopyProjectVersion",
        SourceProjectArn=project,
        SourceProjectVersionArn=model,
        DestinationProjectArn=shelf,
        VersionName="v1",
        OutputConfig=place,
    )["ProjectVersionArn"]
    assert show(copied)["Status"] == "COPYING_IN_PROGRESS"
    scene.advance(copied)
    assert (show(copied)["Status"], show(copied)["SourceProjectVersionArn"]) == ("COPYING_COMPLETED", model)

    unknown = f"{model.rpartition('/')[0]}/1"
    for operation, more in (
        ("StartProjectVersion", {"MinInferenceUnits": 1}),
        ("StopProjectVersion", {}),
        ("DeleteProjectVersion", {}),
    ):
        scene.refused("ResourceNotFoundException", api, operation, ProjectVersionArn=unknown, **more)
        scene.refused("ValidationException", api, operation, ProjectVersionArn=project, **more)
    scene.refused(
        "ResourceNotFoundException", api, "DescribeProjectVersions", ProjectArn=f"{project.rpartition('/')[0]}/1"
    )
    scene.refused("ValidationException", api, "DescribeProjectVersions", ProjectArn=project, MaxResults=101)
    scene.refused("ResourceInUseException", api, "DeleteProject", ProjectArn=project)

    for arn in (model, broken, copied):
        assert scene.ok(api, "DeleteProjectVersion", ProjectVersionArn=arn) == {"Status": "DELETING"}
        scene.advance(arn)
        scene.refused("ResourceNotFoundException", api, "StopProjectVersion", ProjectVersionArn=arn)
    assert find(project) == find(shelf) == []
    listed = scene.pages(api, "DescribeProjects", "ProjectDescriptions", MaxResults=1)
    assert sorted(item["ProjectArn"] for page in listed for item in page) == sorted(projects)
    for arn in projects:
        assert scene.ok(api, "DeleteProject", ProjectArn=arn) == {"Status": "DELETING"}
        scene.advance(arn)
        scene.refused("ResourceNotFoundException", api, "DescribeProjectVersions", ProjectArn=arn)
    scene.check(api)


BY_HAND: Final[Mapping[str, tuple[Callable[[Scene, str], None], str]]] = {
    **{f"comprehend-{kind}": (analysis, kind) for kind in STEM},
    **{f"comprehend-{kind}": (training, kind) for kind in MODELS},
    "translate": (translation, ""),
    "devicefarm": (run, ""),
    "rekognition": (version, ""),
}
"""The stories in which the service is moved by hand, by name."""


# ---- in the service's own time --------------------------------------------------------------------------------------


def polled_analysis(scene: Scene) -> None:
    """A client that polls sees a job go its way, and a stopped one come to one of its ends."""
    api, stem = "comprehend", STEM["entities"]
    given = scene.example(api, "Start", "entities")

    def show(job_id: str) -> str:
        return str(scene.ok(api, f"Describe{stem}", JobId=job_id)[f"{stem}Properties"]["JobStatus"])

    job_id = scene.ok(api, f"Start{stem}", **given)["JobId"]
    assert watched(lambda: show(job_id), "SUBMITTED", "IN_PROGRESS", "", "COMPLETED") == "COMPLETED"
    scene.refused("InvalidRequestException", api, f"Stop{stem}", JobId=job_id)
    job_id = stopped_in_time(scene, api, stem, lambda _: given)
    assert watched(lambda: show(job_id), "STOP_REQUESTED", "", "STOPPED") == "STOPPED"
    assert scene.ok(api, f"Stop{stem}", JobId=job_id)["JobStatus"] == "STOPPED"
    scene.check(api)


def polled_training(scene: Scene) -> None:
    """The same of a model, which is deleted then."""
    api = "comprehend"
    arn = scene.ok(api, "CreateDocumentClassifier", **scene.example(api, "Create", "document-classifier"))[
        "DocumentClassifierArn"
    ]

    def show() -> str:
        shown = scene.ok(api, "DescribeDocumentClassifier", DocumentClassifierArn=arn)
        return str(shown["DocumentClassifierProperties"]["Status"])

    assert watched(show, "SUBMITTED", "TRAINING", "", "TRAINED") == "TRAINED"
    scene.ok(api, "StopTrainingDocumentClassifier", DocumentClassifierArn=arn)
    assert show() == "TRAINED"
    scene.ok(api, "DeleteDocumentClassifier", DocumentClassifierArn=arn)
    gone(scene, api, "DescribeDocumentClassifier", DocumentClassifierArn=arn)
    scene.check(api)


def polled_translation(scene: Scene) -> None:
    """A client that polls sees a job go its way, and a stopped one come to one of its ends."""
    api, stem = "translate", "TextTranslationJob"
    given = scene.example(api, "Start")

    def show(job_id: str) -> str:
        return str(scene.ok(api, f"Describe{stem}", JobId=job_id)[f"{stem}Properties"]["JobStatus"])

    job_id = scene.ok(api, f"Start{stem}", **given, ClientToken="t-0")["JobId"]
    assert watched(lambda: show(job_id), "SUBMITTED", "IN_PROGRESS", "", "COMPLETED") == "COMPLETED"
    job_id = stopped_in_time(scene, api, stem, lambda number: {**given, "ClientToken": f"s-{number}"})
    assert watched(lambda: show(job_id), "STOP_REQUESTED", "", "STOPPED") == "STOPPED"
    assert scene.ok(api, f"Stop{stem}", JobId=job_id)["JobStatus"] == "STOPPED"
    scene.check(api)


def polled_run(scene: Scene) -> None:
    """A run goes its way with its jobs; a stopped one comes to its end."""
    api = "devicefarm"
    given = scene.example(api, "Schedule", number=1)
    waiting = ("SCHEDULING", "PENDING", "PENDING_CONCURRENCY", "PENDING_DEVICE", "PROCESSING", "PREPARING")

    def show(arn: str) -> str:
        return str(scene.ok(api, "GetRun", arn=arn)["run"]["status"])

    arn = scene.ok(api, "ScheduleRun", **given)["run"]["arn"]
    assert {item["status"] for item in scene.ok(api, "ListJobs", arn=arn)["jobs"]} <= {*waiting, "RUNNING"}
    deadline = time.monotonic() + PATIENCE_S
    seen: list[str] = []
    while not seen or seen[-1] != "COMPLETED":
        assert time.monotonic() < deadline, seen
        seen.append(show(arn))
        time.sleep(0.02)
    assert set(seen) <= {*waiting, "RUNNING", "COMPLETED"}
    assert scene.ok(api, "GetRun", arn=arn)["run"]["result"] == "PASSED"
    arn = scene.ok(api, "ScheduleRun", **given)["run"]["arn"]
    deadline = time.monotonic() + PATIENCE_S
    while show(arn) not in ("RUNNING", "COMPLETED"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    shown = scene.ok(api, "StopRun", arn=arn)["run"]
    assert watched(lambda: show(arn), "STOPPING", "", "COMPLETED") == "COMPLETED"
    result = scene.ok(api, "GetRun", arn=arn)["run"]["result"]
    assert result == ("STOPPED" if shown["status"] == "STOPPING" else shown["result"])
    scene.check(api)


def polled_version(scene: Scene) -> None:
    """A version is trained, runs, is stopped and is deleted, each seen by polling."""
    api = "rekognition"
    project = scene.ok(api, "CreateProject", ProjectName="p")["ProjectArn"]
    watched(
        lambda: str(scene.ok(api, "DescribeProjects")["ProjectDescriptions"][0]["Status"]), "CREATING", "", "CREATED"
    )
    given = {"ProjectArn": project, "VersionName": "v", "OutputConfig": {"S3Bucket": "results"}}
    arn = scene.ok(api, "CreateProjectVersion", **given)["ProjectVersionArn"]

    def show() -> str:
        return str(
            scene.ok(api, "DescribeProjectVersions", ProjectArn=project)["ProjectVersionDescriptions"][0]["Status"]
        )

    watched(show, "TRAINING_IN_PROGRESS", "", "TRAINING_COMPLETED")
    scene.ok(api, "StartProjectVersion", ProjectVersionArn=arn, MinInferenceUnits=1)
    watched(show, "STARTING", "", "RUNNING")
    assert scene.ok(api, "StopProjectVersion", ProjectVersionArn=arn) == {"Status": "STOPPING"}
    watched(show, "STOPPING", "", "STOPPED")
    scene.ok(api, "DeleteProjectVersion", ProjectVersionArn=arn)
    deadline = time.monotonic() + PATIENCE_S
    while scene.ok(api, "DescribeProjectVersions", ProjectArn=project)["ProjectVersionDescriptions"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    scene.ok(api, "DeleteProject", ProjectArn=project)
    gone(scene, api, "DescribeProjectVersions", ProjectArn=project)
    scene.check(api)


def stopped_in_time(scene: Scene, api: str, stem: str, given: Callable[[int], Mapping[str, Any]]) -> str:
    """Start jobs until one is stopped before it completes, and give its id."""
    for number in range(20):
        job_id = scene.ok(api, f"Start{stem}", **given(number))["JobId"]
        told = scene.caller.call(api, f"Stop{stem}", {"JobId": job_id}, scene.account)
        if told.reply.get("JobStatus") == "STOP_REQUESTED":
            return str(job_id)
        assert told.error == "InvalidRequestException" or told.reply["JobStatus"] == "COMPLETED", told
    raise AssertionError("every job was faster than its stop")


def gone(scene: Scene, api: str, operation: str, **request: Any) -> None:
    """Wait until a call does not find what it asks for any more."""
    deadline = time.monotonic() + PATIENCE_S
    while (told := scene.caller.call(api, operation, request, scene.account)).error != "ResourceNotFoundException":
        assert not told.error
        assert time.monotonic() < deadline
        time.sleep(0.02)


POLLED: Final[Sequence[Callable[[Scene], None]]] = (
    polled_analysis,
    polled_training,
    polled_translation,
    polled_run,
    polled_version,
)
"""The stories in which the service moves in its own time."""

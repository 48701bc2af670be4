"""The AWS SDK for JavaScript v3 unchanged: its paginators, its waiters, and how strictly it reads times and errors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.wire.clients import Javascript
from tests.wire.stories import JOB_ID, LONG, MODELS, Scene, Stage

from haltspec.apis.comprehend import STEM
from haltspec_properties.clients import ReferenceService

PLACE = {"S3Bucket": "results"}


def sdk(scene: Scene) -> Javascript:
    """The scene's own SDK."""
    assert isinstance(scene.caller, Javascript)
    return scene.caller


def made(scene: Scene, api: str, name: str) -> tuple[dict[str, Any], list[str], str, str]:
    """Three jobs: the request that lists them, their ids, the member with the items, and theirs with the id."""
    if api == "translate":
        given = scene.example(api, "Start")
        ids = [scene.ok(api, "StartTextTranslationJob", **given)["JobId"] for _ in range(3)]
        return {}, ids, "TextTranslationJobPropertiesList", "JobId"
    if api == "devicefarm":
        run = scene.example(api, "Schedule", number=1)
        arns = [scene.ok(api, "ScheduleRun", **run)["run"]["arn"] for _ in range(3)]
        if name == "ListRuns":
            return {"arn": run["projectArn"]}, arns, "runs", "arn"
        return {"arn": arns[0]}, [f"{arns[0].replace(':run:', ':job:')}/{n:05d}" for n in range(2)], "jobs", "arn"
    if api == "rekognition":
        projects = [scene.ok(api, "CreateProject", ProjectName=f"p{n}")["ProjectArn"] for n in range(3)]
        if name == "DescribeProjects":
            return {}, projects, "ProjectDescriptions", "ProjectArn"
        scene.service.settle(api=api)
        given = {"ProjectArn": projects[0], "OutputConfig": PLACE}
        versions = (scene.ok(api, "CreateProjectVersion", **given, VersionName=f"v{n}") for n in range(3))
        ids = [reply["ProjectVersionArn"] for reply in versions]
        return {"ProjectArn": projects[0]}, ids, "ProjectVersionDescriptions", "ProjectVersionArn"
    for kind, stem in MODELS.items():
        if name == f"List{stem}s":
            requests = (scene.example(api, "Create", kind, number) for number in range(3))
            ids = [scene.ok(api, f"Create{stem}", **request)[f"{stem}Arn"] for request in requests]
            return {}, ids, f"{stem}PropertiesList", f"{stem}Arn"
    kind, stem = next((kind, stem) for kind, stem in STEM.items() if name == f"List{stem}s")
    given = scene.example(api, "Start", kind)
    ids = [scene.ok(api, f"Start{stem}", **given)["JobId"] for _ in range(3)]
    return {}, ids, f"{stem}PropertiesList", "JobId"


LISTS = [
    *(("comprehend", f"List{stem}s") for stem in (*STEM.values(), *MODELS.values())),
    ("translate", "ListTextTranslationJobs"),
    ("devicefarm", "ListRuns"),
    ("devicefarm", "ListJobs"),
    ("rekognition", "DescribeProjects"),
    ("rekognition", "DescribeProjectVersions"),
]
"""The lists of the APIs: this SDK has a paginator for each."""


@pytest.mark.parametrize(("api", "name"), LISTS)
def test_a_paginator_finds_each_job_once(by_hand: Stage, api: str, name: str) -> None:
    """Page by page until there is no token any more."""
    scene = by_hand("javascript")
    request, ids, items, member = made(scene, api, name)
    told = sdk(scene).do("paginate", api, name, request, scene.account, pageSize=2)
    pages = [[item[member] for item in page[items]] for page in told["reply"]["pages"]]
    assert sorted(job_id for page in pages for job_id in page) == sorted(ids)
    assert [len(page) for page in pages] == ([len(ids)] if api == "devicefarm" else [2, 1])
    scene.check(api)


class TestWaiters:
    """Rekognition's two waiters come to their success and to their failure."""

    def wait(self, scene: Scene, state: str, project: str, seconds: float = 30.0) -> Any:
        request = {"ProjectArn": project, "VersionNames": ["v"]}
        return sdk(scene).do("wait", "rekognition", state, request, scene.account, seconds=seconds)

    def version(self, scene: Scene) -> tuple[str, str]:
        """A project and a version that is being trained in it."""
        project = scene.ok("rekognition", "CreateProject", ProjectName="p")["ProjectArn"]
        given = {"ProjectArn": project, "VersionName": "v", "OutputConfig": PLACE}
        return project, scene.ok("rekognition", "CreateProjectVersion", **given)["ProjectVersionArn"]

    def test_a_version_is_trained_and_runs(self, in_time: Stage) -> None:
        scene = in_time("javascript")
        project, arn = self.version(scene)
        assert self.wait(scene, "ProjectVersionTrainingCompleted", project)["reply"] == {"state": "SUCCESS"}
        scene.ok("rekognition", "StartProjectVersion", ProjectVersionArn=arn, MinInferenceUnits=1)
        assert self.wait(scene, "ProjectVersionRunning", project)["reply"] == {"state": "SUCCESS"}

    def test_a_training_that_fails(self, by_hand: Stage) -> None:
        scene = by_hand("javascript")
        project, arn = self.version(scene)
        scene.advance(arn, "fail")
        told = self.wait(scene, "ProjectVersionTrainingCompleted", project)
        assert "FAILURE" in told["message"]
        assert "TRAINING_FAILED" in told["message"]

    def test_a_training_that_does_not_end(self, by_hand: Stage) -> None:
        scene = by_hand("javascript")
        project, _ = self.version(scene)
        told = self.wait(scene, "ProjectVersionTrainingCompleted", project, seconds=1)
        assert told["error"] == "TimeoutError"


class TestTimes:
    """What the SDK takes for a time becomes a date; it takes nothing else than a number."""

    @pytest.fixture(params=["plain", "exponent"])
    def scene(self, request: pytest.FixtureRequest, javascript_home: Path) -> Iterator[Scene]:
        """A service that writes times in one of two ways."""
        with (
            ReferenceService(options=["--timestamps", request.param]) as service,
            Javascript(service, javascript_home) as caller,
        ):
            yield Scene(caller, service, Path(), "111122223333")

    def check(self, value: Any) -> None:
        """A date of today, in whole milliseconds."""
        assert set(value) == {"$date"}
        assert abs(value["$date"] / 1000 - time.time()) < 60
        assert value["$date"] == int(value["$date"])

    def test_every_time_is_a_date(self, scene: Scene) -> None:
        def ask(api: str, operation: str, **request: Any) -> Any:
            told = sdk(scene).do("send", api, operation, request, scene.account)
            assert "error" not in told, told
            return told["reply"]

        job_id = ask("comprehend", "StartEntitiesDetectionJob", **scene.example("comprehend", "Start", "entities"))[
            "JobId"
        ]
        arn = ask(
            "comprehend", "CreateDocumentClassifier", **scene.example("comprehend", "Create", "document-classifier")
        )["DocumentClassifierArn"]
        text = ask("translate", "StartTextTranslationJob", **scene.example("translate", "Start"))["JobId"]
        run = ask("devicefarm", "ScheduleRun", **scene.example("devicefarm", "Schedule"))["run"]["arn"]
        project = ask("rekognition", "CreateProject", ProjectName="p")["ProjectArn"]
        scene.service.settle(api="rekognition")
        ask("rekognition", "CreateProjectVersion", ProjectArn=project, VersionName="v", OutputConfig=PLACE)
        scene.service.settle()
        shown = ask("comprehend", "DescribeEntitiesDetectionJob", JobId=job_id)["EntitiesDetectionJobProperties"]
        trained = ask("comprehend", "DescribeDocumentClassifier", DocumentClassifierArn=arn)[
            "DocumentClassifierProperties"
        ]
        translated = ask("translate", "DescribeTextTranslationJob", JobId=text)["TextTranslationJobProperties"]
        ran = ask("devicefarm", "GetRun", arn=run)["run"]
        (version,) = ask("rekognition", "DescribeProjectVersions", ProjectArn=project)["ProjectVersionDescriptions"]
        for item, members in (
            (shown, ("SubmitTime", "EndTime")),
            (trained, ("SubmitTime", "TrainingStartTime", "TrainingEndTime", "EndTime")),
            (translated, ("SubmittedTime", "EndTime")),
            (ran, ("created", "started", "stopped")),
            (version, ("CreationTimestamp", "TrainingEndTimestamp")),
        ):
            for member in members:
                self.check(item[member])


class TestErrors:
    """A refusal is of the class that its API declares, with message, status and the request's id."""

    def refusal(self, scene: Scene, api: str, operation: str, **request: Any) -> Any:
        told = sdk(scene).do("send", api, operation, request, scene.account)
        assert len(told["requestId"]) == 36
        return told

    @pytest.mark.parametrize(("api", "operation", "request_", "code"), [
        ("comprehend", "StopEntitiesDetectionJob", {"JobId": JOB_ID}, "JobNotFoundException"),
        ("comprehend", "ListEntitiesDetectionJobs", {"Filter": {}}, "InvalidRequestException"),
        ("translate", "StopTextTranslationJob", {"JobId": JOB_ID}, "ResourceNotFoundException"),
        ("devicefarm", "StopRun", {"arn": f"arn:aws:devicefarm:us-west-2:111122223333:run:{JOB_ID}/{JOB_ID}"}, "NotFoundException"),
        ("rekognition", "StopProjectVersion", {"ProjectVersionArn": "arn:aws:rekognition:us-east-1:111122223333:project/p/version/v/1"}, "ResourceNotFoundException"),
    ])  # fmt: skip
    def test_declared(self, by_hand: Stage, api: str, operation: str, request_: Any, code: str) -> None:
        told = self.refusal(by_hand("javascript"), api, operation, **request_)
        assert (told["error"], told["status"], told["isDeclared"]) == (code, 400, True)
        assert told["message"] not in ("", "UnknownError")

    def test_undeclared(self, by_hand: Stage) -> None:
        """The SDK checks no lengths; the service does, with an error that no operation declares."""
        told = self.refusal(by_hand("javascript"), "comprehend", "StopEntitiesDetectionJob", JobId=LONG)
        assert (told["error"], told["status"], told["isDeclared"]) == ("ValidationException", 400, False)
        assert told["message"].startswith("1 validation error detected: ")

    def test_what_the_sdk_does_not_check(self, by_hand: Stage) -> None:
        """A member that is missing, and one of another type."""
        scene = by_hand("javascript")
        told = self.refusal(scene, "comprehend", "StopEntitiesDetectionJob")
        assert told["message"] == (
            "1 validation error detected: Value null at 'jobId' failed to satisfy constraint: Member must not be null"
        )
        told = self.refusal(scene, "comprehend", "ListEntitiesDetectionJobs", MaxResults="5")
        assert (told["error"], told["status"]) == ("SerializationException", 400)

    def test_an_operation_that_is_not_served(self, by_hand: Stage) -> None:
        told = self.refusal(by_hand("javascript"), "comprehend", "DetectSentiment", Text="a", LanguageCode="en")
        assert (told["error"], told["status"]) == ("UnknownOperationException", 400)
        assert "is not served" in told["message"]

"""boto3 unchanged: its paginators for every list there is one for, its waiters, and how it reads times and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError
from tests.wire.clients import REGIONS, Boto3
from tests.wire.stories import MODELS, Scene, Stage

from haltspec import apis
from haltspec.apis.comprehend import STEM
from haltspec_properties.clients import ReferenceService

MADE = 5
PLACE = {"S3Bucket": "results"}


def client(scene: Scene, api: str) -> Any:
    """The scene's own boto3 client."""
    assert isinstance(scene.caller, Boto3)
    return scene.caller.client(api, scene.account)


def paginated() -> list[tuple[str, str]]:
    """The lists of the APIs that boto3 has a paginator for."""
    found = []
    for api in (name for name in apis.NAMES if name != "dataarts"):
        given = {"aws_access_key_id": "0" * 12, "aws_secret_access_key": "secret"}
        made = boto3.client(apis.load(api).service, region_name=REGIONS.get(api, "us-east-1"), **given)
        found += [(api, name) for name in apis.load(api).operations if made.can_paginate(xform_name(name))]
    return found


def jobs(kind: str) -> Callable[[Scene], tuple[dict[str, Any], list[str], str, str]]:
    """Comprehend's jobs of a kind."""

    def made(scene: Scene) -> tuple[dict[str, Any], list[str], str, str]:
        given = scene.example("comprehend", "Start", kind)
        ids = [scene.ok("comprehend", f"Start{STEM[kind]}", **given)["JobId"] for _ in range(MADE)]
        return {}, ids, f"{STEM[kind]}PropertiesList", "JobId"

    return made


def models(kind: str) -> Callable[[Scene], tuple[dict[str, Any], list[str], str, str]]:
    """Comprehend's models of a kind."""

    def made(scene: Scene) -> tuple[dict[str, Any], list[str], str, str]:
        member = f"{MODELS[kind]}Arn"
        given = (scene.example("comprehend", "Create", kind, number) for number in range(MADE))
        ids = [scene.ok("comprehend", f"Create{MODELS[kind]}", **request)[member] for request in given]
        return {}, ids, f"{MODELS[kind]}PropertiesList", member

    return made


def projects(scene: Scene) -> tuple[dict[str, Any], list[str], str, str]:
    """Rekognition's projects."""
    ids = [scene.ok("rekognition", "CreateProject", ProjectName=f"p{n}")["ProjectArn"] for n in range(MADE)]
    return {}, ids, "ProjectDescriptions", "ProjectArn"


def versions(scene: Scene) -> tuple[dict[str, Any], list[str], str, str]:
    """Versions of one project, newest first."""
    project = scene.ok("rekognition", "CreateProject", ProjectName="p")["ProjectArn"]
    scene.service.settle(api="rekognition")
    given = {"ProjectArn": project, "OutputConfig": PLACE}
    made = (scene.ok("rekognition", "CreateProjectVersion", **given, VersionName=f"v{n}") for n in range(MADE))
    ids = [reply["ProjectVersionArn"] for reply in made]
    return {"ProjectArn": project}, ids[::-1], "ProjectVersionDescriptions", "ProjectVersionArn"


def runs(scene: Scene) -> tuple[dict[str, Any], list[str], str, str]:
    """More runs of a project than a page has, which nobody can choose."""
    given = scene.example("devicefarm", "Schedule")
    ids = [scene.ok("devicefarm", "ScheduleRun", **given)["run"]["arn"] for _ in range(101)]
    return {"arn": given["projectArn"]}, ids, "runs", "arn"


def devices(scene: Scene) -> tuple[dict[str, Any], list[str], str, str]:
    """The jobs of a run on as many devices as there are."""
    given = scene.example("devicefarm", "Schedule")
    given["deviceSelectionConfiguration"]["maxDevices"] = MADE
    run = scene.ok("devicefarm", "ScheduleRun", **given)["run"]["arn"]
    ids = [f"{run.replace(':run:', ':job:')}/{number:05d}" for number in range(MADE)]
    return {"arn": run}, ids, "jobs", "arn"


Made = Callable[[Scene], tuple[dict[str, Any], list[str], str, str]]
LISTS: Mapping[tuple[str, str], Made] = {
    **{("comprehend", f"List{stem}s"): jobs(kind) for kind, stem in STEM.items()},
    **{("comprehend", f"List{stem}s"): models(kind) for kind, stem in MODELS.items()},
    ("rekognition", "DescribeProjects"): projects,
    ("rekognition", "DescribeProjectVersions"): versions,
    ("devicefarm", "ListRuns"): runs,
    ("devicefarm", "ListJobs"): devices,
}
"""What fills a list: the request of the list, the ids in order, the member with the items, and theirs with the id."""


UNORDERED = (("devicefarm", "ListRuns"), ("devicefarm", "ListJobs"), ("rekognition", "DescribeProjects"))
"""The lists whose order no document tells."""

OF_PARENTS = (("devicefarm", "ListRuns"), ("devicefarm", "ListJobs"), ("rekognition", "DescribeProjectVersions"))
"""The lists of what a parent has, which stories see empty."""


def ids_of(pages: Iterable[Any], items: str, member: str) -> list[list[str]]:
    """The ids on each page."""
    return [[item[member] for item in page[items]] for page in pages]


class TestPaginators:
    """Each paginator that boto3 has for a list finds each job once, in order, in pages that are full but the last."""

    def test_all_that_there_are_are_tried(self) -> None:
        """Two kinds of Comprehend's jobs, and Translate's, have none in this SDK."""
        without = {("comprehend", f"List{STEM[kind]}s") for kind in ("events", "targeted-sentiment")}
        assert set(paginated()) == set(LISTS) - without

    @pytest.mark.parametrize(("api", "operation"), paginated())
    def test_a_list(self, by_hand: Stage, api: str, operation: str) -> None:
        scene = by_hand("boto3")
        request, ids, items, member = LISTS[api, operation](scene)
        paginator = client(scene, api).get_paginator(xform_name(operation))
        if api == "devicefarm":  # no page size can be asked for
            found = ids_of(paginator.paginate(**request), items, member)
            assert [len(page) for page in found] == ([100, 1] if len(ids) > 100 else [len(ids)])
        else:
            found = ids_of(paginator.paginate(**request, PaginationConfig={"PageSize": 2}), items, member)
            assert [len(page) for page in found] == [2, 2, 1]
        flat = [job_id for page in found for job_id in page]
        has_an_order = (api, operation) not in UNORDERED
        assert (flat if has_an_order else sorted(flat)) == (ids if has_an_order else sorted(ids))
        scene.check(api)

    @pytest.mark.parametrize(("api", "operation"), [place for place in paginated() if place not in OF_PARENTS])
    def test_an_empty_list(self, by_hand: Stage, api: str, operation: str) -> None:
        """One page without items, and no token."""
        scene = by_hand("boto3")
        (page,) = client(scene, api).get_paginator(xform_name(operation)).paginate()
        (items,) = (value for name, value in page.items() if name != "ResponseMetadata")
        assert items == []

    def test_a_list_goes_on_where_it_was_left(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        _, ids, items, member = LISTS["comprehend", "ListEntitiesDetectionJobs"](scene)
        paginator = client(scene, "comprehend").get_paginator("list_entities_detection_jobs")
        first = paginator.paginate(PaginationConfig={"MaxItems": 3, "PageSize": 2}).build_full_result()
        rest = paginator.paginate(PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
        assert [item[member] for item in first[items] + rest[items]] == ids
        assert "NextToken" not in rest

    def test_a_filter_holds_on_every_page(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        _, ids, items, member = LISTS["comprehend", "ListSentimentDetectionJobs"](scene)
        for job_id in ids[::2]:
            scene.advance(job_id)
        paginator = client(scene, "comprehend").get_paginator("list_sentiment_detection_jobs")
        pages = paginator.paginate(Filter={"JobStatus": "IN_PROGRESS"}, PaginationConfig={"PageSize": 1})
        assert [page for page in ids_of(pages, items, member) if page] == [[job_id] for job_id in ids[::2]]

    def test_a_token_that_was_never_given_is_refused(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        scene.refused("InvalidRequestException", "comprehend", "ListEntitiesDetectionJobs", NextToken="bogus")
        scene.refused("InvalidRequestException", "translate", "ListTextTranslationJobs", NextToken="bogus")
        scene.refused("InvalidPaginationTokenException", "rekognition", "DescribeProjects", NextToken="bogus")
        project = scene.example("devicefarm", "Schedule")["projectArn"]
        scene.refused("ArgumentException", "devicefarm", "ListRuns", arn=project, nextToken="bogus")


class TestWaiters:
    """Rekognition's two waiters come to their success and to their failure."""

    FAST = {"Delay": 0.05, "MaxAttempts": 400}  # noqa: RUF012

    def version(self, scene: Scene) -> tuple[str, str, dict[str, Any]]:
        """A project, a version that is being trained in it, and the request that describes it."""
        project = scene.ok("rekognition", "CreateProject", ProjectName="p")["ProjectArn"]
        while scene.ok("rekognition", "DescribeProjects")["ProjectDescriptions"][0]["Status"] == "CREATING":
            scene.service.settle(api="rekognition")
        given = {"ProjectArn": project, "VersionName": "v", "OutputConfig": PLACE}
        arn = scene.ok("rekognition", "CreateProjectVersion", **given)["ProjectVersionArn"]
        return project, arn, {"ProjectArn": project, "VersionNames": ["v"]}

    def test_a_version_is_trained_and_runs(self, in_time: Stage) -> None:
        scene = in_time("boto3")
        project = scene.ok("rekognition", "CreateProject", ProjectName="p")["ProjectArn"]
        given = {"ProjectArn": project, "VersionName": "v", "OutputConfig": PLACE}
        arn = scene.ok("rekognition", "CreateProjectVersion", **given)["ProjectVersionArn"]
        described = {"ProjectArn": project, "VersionNames": ["v"]}
        rekognition = client(scene, "rekognition")
        trained = rekognition.get_waiter("project_version_training_completed")
        trained.wait(**described, WaiterConfig=self.FAST)
        scene.ok("rekognition", "StartProjectVersion", ProjectVersionArn=arn, MinInferenceUnits=1)
        rekognition.get_waiter("project_version_running").wait(**described, WaiterConfig=self.FAST)
        shown = scene.ok("rekognition", "DescribeProjectVersions", **described)["ProjectVersionDescriptions"][0]
        assert shown["Status"] == "RUNNING"
        scene.check("rekognition")

    def test_a_training_that_fails(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        _, arn, described = self.version(scene)
        scene.advance(arn, "fail")
        with pytest.raises(WaiterError, match="TRAINING_FAILED"):
            client(scene, "rekognition").get_waiter("project_version_training_completed").wait(
                **described, WaiterConfig=self.FAST
            )

    def test_a_start_that_fails(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        _, arn, described = self.version(scene)
        scene.advance(arn)
        scene.ok("rekognition", "StartProjectVersion", ProjectVersionArn=arn, MinInferenceUnits=1)
        scene.advance(arn, "fail")
        with pytest.raises(WaiterError, match='matched expected path: "FAILED"'):
            client(scene, "rekognition").get_waiter("project_version_running").wait(**described, WaiterConfig=self.FAST)

    def test_a_training_that_does_not_end(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        _, _, described = self.version(scene)
        with pytest.raises(WaiterError, match="Max attempts exceeded"):
            client(scene, "rekognition").get_waiter("project_version_training_completed").wait(
                **described, WaiterConfig={"Delay": 0.01, "MaxAttempts": 3}
            )


class TestReading:
    """boto3 makes of times what they are, of errors their classes, and has the ids of requests."""

    def test_times_have_milliseconds(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        comprehend = client(scene, "comprehend")
        before = datetime.now(UTC)
        job_id = comprehend.start_entities_detection_job(**scene.example("comprehend", "Start", "entities"))["JobId"]
        shown = comprehend.describe_entities_detection_job(JobId=job_id)["EntitiesDetectionJobProperties"]
        time = shown["SubmitTime"]
        assert abs((time - before).total_seconds()) < 60
        assert time.microsecond % 1000 == 0

    def test_errors_are_of_their_classes(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        comprehend, farm = client(scene, "comprehend"), client(scene, "devicefarm")
        rekognition = client(scene, "rekognition")
        with pytest.raises(comprehend.exceptions.JobNotFoundException):
            comprehend.stop_entities_detection_job(JobId="0" * 32)
        with pytest.raises(farm.exceptions.NotFoundException):
            farm.stop_run(arn=f"arn:aws:devicefarm:us-west-2:{scene.account}:run:{'a' * 36}/{'b' * 36}")
        with pytest.raises(rekognition.exceptions.ResourceNotFoundException) as refusal:
            arn = f"arn:aws:rekognition:us-east-1:{scene.account}:project/p/version/v/1"
            rekognition.stop_project_version(ProjectVersionArn=arn)
        assert len(refusal.value.response["ResponseMetadata"]["RequestId"]) == 36

    def test_what_is_declared_nowhere_is_a_client_error(self, by_hand: Stage) -> None:
        scene = by_hand("boto3")
        with pytest.raises(ClientError, match=r"\(UnknownOperationException\).*is not served"):
            client(scene, "comprehend").detect_sentiment(Text="a", LanguageCode="en")

    def test_a_token_is_filled_in(self, by_hand: Stage) -> None:
        """Translate demands one, and nobody gives it but the client."""
        scene = by_hand("boto3")
        given = scene.example("translate", "Start")
        ids = {scene.ok("translate", "StartTextTranslationJob", **given)["JobId"] for _ in range(2)}
        assert len(ids) == 2

    def test_times_with_exponents(self) -> None:
        """As Java services write them."""
        with ReferenceService(seed=1, options=["--timestamps", "exponent"]) as service:
            comprehend, farm = service.client("comprehend"), service.client("devicefarm", region="us-west-2")
            scene = Scene(Boto3(service), service, Path(), "111122223333")
            job_id = comprehend.start_entities_detection_job(**scene.example("comprehend", "Start", "entities"))[
                "JobId"
            ]
            shown = comprehend.describe_entities_detection_job(JobId=job_id)["EntitiesDetectionJobProperties"]
            run = farm.schedule_run(**scene.example("devicefarm", "Schedule"))["run"]
        for time in (shown["SubmitTime"], run["created"]):
            assert abs((time - datetime.now(UTC)).total_seconds()) < 60

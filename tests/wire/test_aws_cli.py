"""The AWS CLI unchanged: its shorthand, its own paging and waiting, its output and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.wire.clients import EAST, AwsCli, environment
from tests.wire.stories import JOB_ID, Scene, Stage, watched

from haltspec_properties.clients import ReferenceService


def aws(scene: Scene, *arguments: str, region: str = EAST) -> tuple[int, Any, str]:
    """The exit code, decoded output and messages of a command."""
    assert isinstance(scene.caller, AwsCli)
    code, out, err = scene.caller.run(scene.account, region, *arguments)
    return code, json.loads(out) if out.strip() else None, err


def start(scene: Scene, name: str) -> str:
    """The id of a job that was started as a person would."""
    code, reply, err = aws(
        scene,
        *("comprehend", "start-entities-detection-job", "--language-code", "en", "--job-name", name),
        *("--input-data-config", "S3Uri=s3://inbox/in,InputFormat=ONE_DOC_PER_LINE"),
        *("--output-data-config", "S3Uri=s3://outbox/out"),
        *("--data-access-role-arn", f"arn:aws:iam::{scene.account}:role/analyst"),
        *("--tags", "Key=a,Value=b"),
    )
    assert code == 0, err
    return str(reply["JobId"])


def test_a_person_starts_lists_and_stops(by_hand: Stage) -> None:
    """With shorthand, and with the CLI turning the pages."""
    scene = by_hand("aws-cli")
    ids = [start(scene, f"job-{number}") for number in range(5)]
    listing = ("comprehend", "list-entities-detection-jobs")
    _, reply, _ = aws(scene, *listing, "--page-size", "2")
    assert [item["JobId"] for item in reply["EntitiesDetectionJobPropertiesList"]] == ids
    _, reply, _ = aws(
        scene, *listing, "--filter", "JobName=job-3", "--query", "EntitiesDetectionJobPropertiesList[].JobId"
    )
    assert reply == [ids[3]]
    _, some, _ = aws(scene, *listing, "--max-items", "3", "--page-size", "2")
    _, rest, _ = aws(scene, *listing, "--starting-token", some["NextToken"])
    assert [item["JobId"] for page in (some, rest) for item in page["EntitiesDetectionJobPropertiesList"]] == ids
    code, reply, _ = aws(scene, "comprehend", "stop-entities-detection-job", "--job-id", ids[0])
    assert (code, reply) == (0, {"JobId": ids[0], "JobStatus": "STOP_REQUESTED"})
    scene.check("comprehend")


@pytest.mark.parametrize("style", ["plain", "exponent"])
def test_times_are_printed_as_they_came(style: str) -> None:
    """Whichever way the service writes them."""
    with ReferenceService("comprehend", options=["--timestamps", style]) as service, AwsCli(service) as caller:
        scene = Scene(caller, service, Path(), "111122223333")
        describe = ("comprehend", "describe-entities-detection-job", "--job-id", start(scene, "a"))
        _, reply, _ = aws(scene, *describe, "--query", "EntitiesDetectionJobProperties.SubmitTime")
    assert abs(reply - time.time()) < 60


def test_a_success_without_a_body_prints_nothing(by_hand: Stage) -> None:
    """The stop of a training, and the deletion of a model and of a run."""
    scene = by_hand("aws-cli")
    given = scene.example("comprehend", "Create", "document-classifier")
    arn = scene.ok("comprehend", "CreateDocumentClassifier", **given)["DocumentClassifierArn"]
    for command in ("stop-training-document-classifier", "delete-document-classifier"):
        assert aws(scene, "comprehend", command, "--document-classifier-arn", arn) == (0, None, "")
        scene.service.settle(api="comprehend")
    run = scene.ok("devicefarm", "ScheduleRun", **scene.example("devicefarm", "Schedule"))["run"]["arn"]
    scene.service.settle(api="devicefarm")
    assert aws(scene, "devicefarm", "delete-run", "--arn", run, region="us-west-2") == (0, None, "")


def test_a_refusal_is_told_and_fails(by_hand: Stage) -> None:
    """Nothing on the output, the code and the message beside it."""
    scene = by_hand("aws-cli")
    code, reply, err = aws(scene, "comprehend", "stop-entities-detection-job", "--job-id", JOB_ID)
    assert code != 0
    assert reply is None
    assert "(JobNotFoundException) when calling the StopEntitiesDetectionJob operation: " in err


def test_it_waits_for_a_version(in_time: Stage) -> None:
    """Its waiter looks at once, and finds it running."""
    scene = in_time("aws-cli")
    project = scene.ok("rekognition", "CreateProject", ProjectName="p")["ProjectArn"]
    given = {"ProjectArn": project, "VersionName": "v", "OutputConfig": {"S3Bucket": "results"}}
    arn = scene.ok("rekognition", "CreateProjectVersion", **given)["ProjectVersionArn"]

    def show() -> str:
        shown = scene.ok("rekognition", "DescribeProjectVersions", ProjectArn=project)
        return str(shown["ProjectVersionDescriptions"][0]["Status"])

    watched(show, "TRAINING_IN_PROGRESS", "", "TRAINING_COMPLETED")
    wait = ("rekognition", "wait")
    described = ("--project-arn", project, "--version-names", "v")
    assert aws(scene, *wait, "project-version-training-completed", *described) == (0, None, "")
    scene.ok("rekognition", "StartProjectVersion", ProjectVersionArn=arn, MinInferenceUnits=1)
    watched(show, "STARTING", "", "RUNNING")
    assert aws(scene, *wait, "project-version-running", *described) == (0, None, "")


def test_the_program_itself(by_hand: Stage) -> None:
    """As a person's shell starts it."""
    scene = by_hand("aws-cli")
    assert isinstance(scene.caller, AwsCli)
    program = Path(sys.executable).with_name("aws")
    arguments = ["comprehend", "list-entities-detection-jobs", "--output", "json", *scene.caller.endpoint]
    variables = {**os.environ, **environment(scene.account, EAST)}
    result = subprocess.run(
        [sys.executable, program, *arguments], env=variables, capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"EntitiesDetectionJobPropertiesList": []}

"""The fixture `haltspec_reference`, as somebody's tests use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

USE = """
import pytest

JOB = {
    "InputDataConfig": {"S3Uri": "s3://inbox/in"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/out"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
}
SEEN = []


@pytest.mark.parametrize("time", (1, 2))
def test_every_test_finds_it_empty(haltspec_reference, time):
    assert haltspec_reference.jobs() == []
    assert haltspec_reference.client("comprehend").start_dominant_language_detection_job(**JOB)["JobStatus"] == "SUBMITTED"
    haltspec_reference.set_faults({"kind": "throttle"})
    SEEN.append(haltspec_reference.url)


def test_one_service_serves_tests_with_the_same_options(haltspec_reference):
    assert SEEN == [haltspec_reference.url] * 2
    assert haltspec_reference.control("GET", "/faults") == []


@pytest.mark.haltspec_reference("comprehend", pace="instant", faults=["unlucky"])
def test_options_come_from_the_marker(haltspec_reference):
    assert haltspec_reference.url not in SEEN
    client = haltspec_reference.client("comprehend")
    job_id = client.start_dominant_language_detection_job(**JOB)["JobId"]
    found = client.describe_dominant_language_detection_job(JobId=job_id)["DominantLanguageDetectionJobProperties"]
    assert found["JobStatus"] == "FAILED"
    haltspec_reference.reset()
    assert haltspec_reference.control("GET", "/faults")[0]["kind"] == "unlucky"
"""


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Run tests in a folder of their own, with nothing but the installed plugins."""
    (folder / "test_use.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_use.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_fixture_gives_a_running_service(tmp_path: Path) -> None:
    """It is started once, and every test finds it as it was at the start."""
    result = run(tmp_path, USE)
    assert "4 passed" in result.stdout, result.stdout + result.stderr


def test_a_wrong_option_is_told(tmp_path: Path) -> None:
    """The message is that of the program, not a timeout."""
    text = "import pytest\n@pytest.mark.haltspec_reference(faults=['throtle'])\ndef test(haltspec_reference): ...\n"
    result = run(tmp_path, text)
    assert result.returncode == 1
    assert "unknown fault 'throtle'; did you mean throttle" in result.stdout


def test_loading_the_plugin_loads_no_library(tmp_path: Path) -> None:
    """It costs nothing where it is not used."""
    script = "import sys, haltspec_properties.pytest_plugin; print(sorted({'boto3', 'botocore', 'hypothesis'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout.strip() == "[]"

"""The plugin as somebody's tests use it: the fixtures, and the tests of a conformance run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from haltspec.wire.faults import Fault
from haltspec.wire.host import Host, Settings
from haltspec.wire.server import Background
from haltspec_properties.flaws import Flawed, flaws
from haltspec_properties.named import named_rules

MISSING = "translate/job/unknown id is not described"

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


def test_a_misspelt_option_is_told(tmp_path: Path) -> None:
    """The nearest known one is named, and no stack shown."""
    text = "import pytest\n@pytest.mark.haltspec_reference(pase='timed')\ndef test(haltspec_reference): ...\n"
    result = run(tmp_path, text)
    assert "unknown option of the marker haltspec_reference 'pase'; did you mean pace" in result.stdout
    assert "TypeError" not in result.stdout and "pytest_plugin.py" not in result.stdout


def test_loading_the_plugin_loads_no_library(tmp_path: Path) -> None:
    """It costs nothing where it is not used."""
    script = "import sys, haltspec_properties.pytest_plugin; print(sorted({'boto3', 'botocore', 'hypothesis'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def flawed() -> Iterator[str]:
    """The address of a service that answers one call wrongly."""
    flaw = next(flaw for flaw in flaws("translate") if flaw.name == "read of an unknown id: wrong code")
    with Background(Flawed("translate", flaw)) as service:
        yield service.url


def conforming(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of an API in a folder where there are no others."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--haltspec-examples", "0", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_each_rule_is_a_test(flawed: str, tmp_path: Path) -> None:
    """The broken one fails with what was found; rows that no call met are skipped."""
    result = conforming(tmp_path, "--haltspec-api", "translate", "--haltspec-endpoint", flawed, "-v", "-rs")
    assert result.returncode == 1, result.stdout + result.stderr
    counted = re.findall(r"(\d+) (failed|passed|skipped)", result.stdout.splitlines()[-1])
    assert sum(int(number) for number, _ in counted) == len(named_rules("translate")) + 2
    assert "haltspec translate::translate/job/started PASSED" in result.stdout
    assert f"haltspec translate::{MISSING} FAILED" in result.stdout
    assert ": no call of the run met it" in result.stdout
    assert f"stated   {MISSING}\n" in result.stdout
    assert "came back in 3 of 3 replays" in result.stdout
    assert f"\nendpoint={flawed}\n" in result.stdout
    assert ("1", "failed") in counted
    assert "Traceback" not in result.stdout


def test_a_conforming_service_passes(tmp_path: Path) -> None:
    """And a rule can be asked for by name."""
    with Background(Flawed("translate", None)) as service:
        where = ("--haltspec-api", "translate", "--haltspec-endpoint", service.url)
        result = conforming(tmp_path, *where, "-k", "not listed")
    assert result.returncode == 0
    assert "deselected" in result.stdout


def test_a_service_that_refuses_everything_fails(tmp_path: Path) -> None:
    """What was not tried has not passed, and the run as a whole is not green."""
    with Background(Host(Settings(apis=("translate",), faults=(Fault("throttle"),)))) as service:
        result = conforming(tmp_path, "--haltspec-api", "translate", "--haltspec-endpoint", service.url, "-v")
    assert result.returncode == 1
    assert "haltspec translate::translate/every operation is tested FAILED" in result.stdout
    assert "not tested: every one of the " in result.stdout
    passed = {line.split("::")[1].rpartition(" PASSED")[0] for line in result.stdout.splitlines() if " PASSED" in line}
    assert passed == {"translate/errors are declared", "translate/errors have their documented HTTP status"}


def test_what_is_accepted_is_expected(flawed: str, tmp_path: Path) -> None:
    """As a failure that does not count."""
    (tmp_path / "accepted.json").write_text(f'{{"api": "translate", "accepted": [{{"rule": "{MISSING}"}}]}}')
    where = ("--haltspec-api", "translate", "--haltspec-endpoint", flawed)
    result = conforming(tmp_path, *where, "--haltspec-baseline", "accepted.json")
    assert result.returncode == 0
    assert "1 xfailed" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--haltspec-api", "translate"), "--haltspec-api and --haltspec-endpoint go together"),
        (("--haltspec-api", "trnslate", "--haltspec-endpoint", "http://127.0.0.1:9"), "did you mean translate?"),
        (("--haltspec-api", "translate", "--haltspec-endpoint", "http://127.0.0.1:9"), "no answer within"),
    ],
)
def test_rejects_misuse(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    """It is told once, not for each rule, and is no failure of a test."""
    result = conforming(tmp_path, *options)
    assert result.returncode in (2, 4)
    assert (result.stdout + result.stderr).count(message) == 1


IN_PROCESS = """
import pytest

from haltspec.apis import load
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.conform import Target
from haltspec_properties.targets import reference_target


class Wrong:
    def __init__(self, inner):
        self.inner = inner

    def call(self, operation, request, *, tenant, client):
        call = self.inner.call(operation, request, tenant=tenant, client=client)
        wrong = call.error == "ResourceNotFoundException" and operation.startswith("Describe")
        return __import__("dataclasses").replace(call, error="InvalidRequestException") if wrong else call


def test_right(haltspec_conform):
    run = haltspec_conform("translate", reference_target(load("translate")), examples=0)
    assert run.requests > 100


def test_wrong(haltspec_conform):
    target = reference_target(load("translate"))
    wrong = Target("wrong", Wrong(target.adapter), target.tenants, target.wait)
    haltspec_conform("translate", wrong, examples=0)


class Shut(Wrong):
    def call(self, operation, request, *, tenant, client):
        call = self.inner.call(operation, request, tenant=tenant, client=client)
        return __import__("dataclasses").replace(call, status=400, error="AccessDeniedException", reply={})


def test_untested(haltspec_conform):
    target = reference_target(load("translate"))
    haltspec_conform("translate", Target("shut", Shut(target.adapter), target.tenants, target.wait), examples=0)
"""


def test_an_implementation_in_process_is_judged(tmp_path: Path) -> None:
    """The fixture fails the test with what was found, and with what was not tested."""
    result = run(tmp_path, IN_PROCESS)
    assert "2 failed, 1 passed" in result.stdout, result.stdout + result.stderr
    assert "calls that should make a job was answered with AccessDeniedException" in result.stdout
    assert f"stated   {MISSING}" in result.stdout
    assert "conform_in_process" not in result.stdout


FAILING = """
import pytest
from dataclasses import replace

from haltspec.apis import load
from haltspec_properties.targets import reference_target

TRANSLATE = reference_target(load("translate"))


class Failing:
    def __init__(self, good, then):
        self.left, self.then = good, then

    def call(self, operation, request, *, tenant, client):
        self.left -= 1
        if self.left < 0:
            return self.then()
        call = TRANSLATE.adapter.call(operation, request, tenant=tenant, client=client)
        wrong = call.error == "ResourceNotFoundException" and operation.startswith("Describe")
        return replace(call, error="InvalidRequestException") if wrong else call


def lose_the_connection():
    raise LookupError("the connection pool is empty")


def test_late(haltspec_conform):
    haltspec_conform("translate", replace(TRANSLATE, adapter=Failing(200, lose_the_connection)), examples=0)


def test_at_once(haltspec_conform):
    haltspec_conform("translate", replace(TRANSLATE, adapter=Failing(0, lose_the_connection)), examples=0)


def test_no_call(haltspec_conform):
    haltspec_conform("translate", replace(TRANSLATE, adapter=Failing(0, lambda: None)), examples=0)


def test_no_tenants(haltspec_conform):
    haltspec_conform("translate", replace(TRANSLATE, tenants=lambda number: ()), examples=0)


def test_no_time(haltspec_conform):
    haltspec_conform("translate", replace(TRANSLATE, wait=lambda: None), examples=0)


def test_misspelt(haltspec_conform):
    haltspec_conform("translate", TRANSLATE, exampels=0)


def test_no_floor(haltspec_conform):
    haltspec_conform("translate", TRANSLATE, floor="stated")
"""


def test_an_adapter_that_fails_is_told_with_what_was_found(tmp_path: Path) -> None:
    """What it raised, where it did, and the deviations that were seen until then; misuse is told in a line."""
    result = run(tmp_path, FAILING)
    told = dict(
        zip(
            ("", *re.findall(r"^_+ (test_\w+) _+$", result.stdout, re.M)),
            re.split(r"^_+ test_\w+ _+$", result.stdout, flags=re.M),
            strict=True,
        )
    )
    assert "7 failed" in result.stdout, result.stdout + result.stderr
    for name in ("test_late", "test_at_once"):
        assert "reference: the adapter failed at" in told[name]
        assert "with LookupError: the connection pool is empty; correct it" in told[name]
        assert 'raise LookupError("the connection pool is empty")' in told[name]
    assert "the run ended early" in told["test_late"] and f"stated   {MISSING}" in told["test_late"]
    assert (
        "reference: the adapter returned None for StartTextTranslationJob; return a haltspec.trace.Call"
        in told["test_no_call"]
    )
    assert "reference: tenants(0) returned (); return the tenants of a story" in told["test_no_tenants"]
    assert "wait(" in told["test_no_time"] and "failed with TypeError" in told["test_no_time"]
    assert "unknown option of haltspec_conform 'exampels'; did you mean examples" in told["test_misspelt"]
    assert "floor is 'stated'; give a haltspec.lts.Grade, as in Grade.STATED" in told["test_no_floor"]
    assert not any("conform_in_process" in text for text in told.values())

"""`haltspec conform`: output, exit codes, and what it says of misuse."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from haltspec.__main__ import main
from haltspec.trace import Call
from haltspec.wire.faults import Fault
from haltspec.wire.host import Host, Settings
from haltspec.wire.server import Background
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.flaws import Flawed, flaws


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `haltspec conform`."""
    code = main(["conform", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_reference_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The reference model passes, and its record is judged the same."""
    record = tmp_path / "calls.ndjson"
    code, out, err = run(capsys, "translate", "--target", "reference", "--examples", "2", "--record", str(record))
    assert (code, err) == (0, "")
    assert out.startswith("reference: PASS  translate, 0 deviations, ")
    assert main(["check", str(record), "--patience", "3"]) == 0


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json one object is printed and nothing else."""
    code, out, _ = run(capsys, "dataarts", "--target", "reference", "--examples", "1", "--json")
    assert code == 0
    assert json.loads(out)["verdict"] == "pass"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["comprehand", "--target", "moto"], "unknown API 'comprehand'; did you mean comprehend?"),
        (["comprehend", "--target", "motto"], "unknown target 'motto'; did you mean moto?"),
        (["comprehend"], "give either --endpoint-url or --target; targets: moto, reference"),
        (
            ["translate", "--target", "moto"],
            "moto does not implement the jobs of translate; use --target moto with comprehend only",
        ),
        (
            ["comprehend", "--endpoint-url", "https://comprehend.us-east-1.amazonaws.com"],
            "the AWS configuration has no credentials; set them as for the AWS CLI",
        ),
        *(
            ([api, "--endpoint-url", address], f"{address!r} is no address: {reason}")
            for api in ("comprehend", "dataarts")
            for address, reason in (
                ("http://127.0.0.1:99999", "Port out of range"),
                ("http://127.0.0.1:abc", "Port could not be cast"),
                ("http://[::1", "Invalid IPv6 URL"),
                ("http://127.0.0.1:0", "port 0 is none"),
                ("127.0.0.1:5000", "it does not begin with http://"),
                ("ftp://x", "it does not begin with http://"),
                ("", "it does not begin with http://"),
            )
        ),
        (["comprehend", "--target", "reference", "--seconds", "nan"], "nan is no number of seconds"),
        (["comprehend", "--target", "reference", "--patience", "inf"], "inf is no number of seconds"),
    ],
)
def test_rejects_misuse(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    """Misuse is told in one line, with what to do instead."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_rejects_a_target_that_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """An address where nobody listens is a failure to reach the target, not a verdict."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, out, err = run(capsys, "comprehend", "--endpoint-url", f"http://127.0.0.1:{port}")
    assert (code, out) == (2, "")
    assert f"http://127.0.0.1:{port}" in err
    assert "start it, or give the address it listens on" in err


def test_rejects_a_record_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A record in a folder that does not exist is refused before the run."""
    path = tmp_path / "nowhere" / "calls.ndjson"
    code, _, err = run(capsys, "comprehend", "--target", "reference", "--record", str(path))
    assert code == 2
    assert f"{path} cannot be written" in err


MISSING = "translate/job/unknown id is not described"


@pytest.fixture(scope="module")
def flawed() -> Iterator[str]:
    """The address of a service that answers one call wrongly."""
    flaw = next(flaw for flaw in flaws("translate") if flaw.name == "read of an unknown id: wrong code")
    with Background(Flawed("translate", flaw)) as service:
        yield service.url


def test_reports_are_written(flawed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each under its name; the SARIF report points into the record."""
    names = ("calls.ndjson", "junit.xml", "haltspec.sarif", "report.html")
    record, junit, sarif, html = (tmp_path / name for name in names)
    files = ("--record", str(record), "--junit", str(junit), "--sarif", str(sarif), "--html", str(html))
    code, out, err = run(capsys, "translate", "--endpoint-url", flawed, "--examples", "0", *files)
    assert (code, err) == (1, "")
    assert MISSING in out
    assert MISSING in html.read_text()
    assert len(list(ElementTree.parse(junit).iter("failure"))) == 1
    (result,) = json.loads(sarif.read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(record)
    line = json.loads(record.read_text().splitlines()[place["region"]["startLine"] - 1])
    assert (line["operation"], line["error"]) == ("DescribeTextTranslationJob", "InvalidRequestException")


def test_only_what_is_new_fails(flawed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A baseline is written once; from then on what it names passes, and what is gone is told."""
    file = tmp_path / "baseline.json"
    target = ("translate", "--endpoint-url", flawed, "--examples", "0")
    code, out, _ = run(capsys, *target, "--write-baseline", str(file))
    assert (code, "1 more are accepted by the baseline" in out) == (0, True)
    code, out, _ = run(capsys, *target, "--baseline", str(file))
    assert (code, "1 more are accepted by the baseline" in out) == (0, True)
    told = json.loads(file.read_text())
    assert told["accepted"][0]["operations"] == ["DescribeTextTranslationJob"]
    told["accepted"][0]["operations"] = ["ListTextTranslationJobs"]
    file.write_text(json.dumps(told))
    code, out, _ = run(capsys, *target, "--baseline", str(file))
    assert (code, f"accepted and not seen any more: {MISSING}, by ListTextTranslationJobs" in out) == (1, True)
    file.write_text(json.dumps({"api": "translate", "accepted": [{"rule": "translate/job/started"}]}))
    code, out, _ = run(capsys, *target, "--baseline", str(file))
    assert code == 1
    assert "accepted and not seen any more: translate/job/started" in out
    assert MISSING in out


def test_a_service_that_refuses_everything_is_inconclusive(
    flawed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It exits with 3, for a reason that is told; the baseline stays, and what is replayed has not gone."""
    baseline, deviations = tmp_path / "baseline.json", tmp_path / "run.json"
    run(capsys, "translate", "--endpoint-url", flawed, "--examples", "0", "--write-baseline", str(baseline))
    _, out, _ = run(capsys, "translate", "--endpoint-url", flawed, "--examples", "0", "--json")
    deviations.write_text(out)
    before = baseline.read_text()
    with Background(Host(Settings(apis=("translate",), faults=(Fault("throttle"),)))) as service:
        target = ("translate", "--endpoint-url", service.url, "--examples", "0")
        files = ("--baseline", str(baseline), "--write-baseline", str(baseline))
        code, out, err = run(capsys, *target, *files)
        assert (code, err) == (3, f"{baseline} is not written: no job was made, so nothing was tested\n")
        assert out.startswith(f"{service.url}: INCONCLUSIVE  translate, 0 deviations, ")
        assert "calls that should make a job was answered with " in out
        assert "not seen any more" not in out
        assert baseline.read_text() == before
        code, out, _ = run(capsys, *target, "--replay", str(deviations))
    assert code == 3
    assert "this says nothing of it: " in out


@pytest.mark.parametrize("option", ["--junit", "--sarif", "--html", "--write-baseline"])
def test_rejects_a_report_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str
) -> None:
    """It is refused before the run, and no file is left behind."""
    path = tmp_path / "nowhere" / "report"
    code, _, err = run(capsys, "translate", "--target", "reference", "--record", str(tmp_path / "r"), option, str(path))
    assert code == 2
    assert f"{path} cannot be written" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "module"), [("--junit", "junitparser"), ("--sarif", "sarif_om"), ("--html", "jinja2")]
)
def test_rejects_a_report_without_its_library(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, module: str
) -> None:
    """It is refused before the run, with the extra to install."""
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = run(capsys, "translate", "--target", "reference", option, str(tmp_path / "report"))
    assert code == 2
    assert f"{module} is not installed; run: pip install 'haltspec[reports]'" in err


def test_a_deviation_is_replayed(flawed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It comes back from the flawed service, and not from one that conforms."""
    code, out, _ = run(capsys, "translate", "--endpoint-url", flawed, "--examples", "0", "--json")
    assert code == 1
    file = tmp_path / "run.json"
    file.write_text(out)
    code, out, _ = run(capsys, "translate", "--endpoint-url", flawed, "--replay", str(file))
    assert code == 1
    assert f"came back in 3 of 3 replays: {MISSING}" in out
    code, out, _ = run(capsys, "translate", "--target", "reference", "--replay", str(file))
    assert code == 0
    assert f"came back in none of 3 replays: {MISSING}" in out
    code, out, _ = run(capsys, "translate", "--target", "reference", "--replay", str(file), "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "pass")
    code, _, err = run(
        capsys, "translate", "--target", "reference", "--replay", str(file), "--junit", "x", "--record", "y"
    )
    assert (code, "--replay writes no --record, --junit; leave it out" in err) == (2, True)


def conforming(*arguments: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "haltspec", "conform", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def busy(host: Flawed, calls: int) -> None:
    """Wait until a service has had so many calls."""
    until = time.monotonic() + 60
    while host.calls < calls:
        assert time.monotonic() < until, f"{host.calls} calls"
        time.sleep(0.01)


def test_ctrl_c_keeps_what_was_found(tmp_path: Path) -> None:
    """It is printed and recorded, and the exit code says that the user ended it."""
    record, baseline = tmp_path / "calls.ndjson", tmp_path / "baseline.json"
    host = Flawed("translate", next(f for f in flaws("translate") if f.name == "read of an unknown id: wrong code"))
    with Background(host) as service:
        files = ("--record", str(record), "--write-baseline", str(baseline))
        process = conforming("translate", "--endpoint-url", service.url, "--examples", "100000", *files)
        busy(host, 300)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Error: interrupted: what was seen until then is told\n")
    assert out.startswith(f"{service.url}: FAIL  translate, 1 deviation, ")
    assert MISSING in out
    assert len(record.read_text().splitlines()) >= 290
    assert not baseline.exists()


def test_a_target_that_goes_loses_nothing() -> None:
    """What was found until then is told, as a failure to reach the target."""
    host = Flawed("translate", next(f for f in flaws("translate") if f.name == "read of an unknown id: wrong code"))
    with Background(host) as service:
        process = conforming("translate", "--endpoint-url", service.url, "--examples", "100000", "--json")
        busy(host, 300)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "calls in a row were not answered; start it, or give the address it listens on" in err
    told = json.loads(out)
    assert [violation["rule"] for violation in told["violations"]] == [MISSING]
    assert "were not answered" in told["ended"]


def test_the_workflow_of_the_readme_runs(flawed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Its command takes the options it names, and leaves the files that later steps take up."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    workflow = yaml.safe_load(readme.partition("```yaml\n")[2].partition("```")[0])
    steps = workflow["jobs"]["comprehend"]["steps"]
    program, name, api, *options = shlex.split(next(step["run"] for step in steps if step.get("name") == "conform"))
    assert (program, name, api) == ("haltspec", "conform", "comprehend")
    for place, option in enumerate(options):
        if option == "--endpoint-url":
            options[place + 1] = flawed
        elif option in ("--baseline", "--junit", "--sarif", "--html", "--record"):
            options[place + 1] = str(tmp_path / options[place + 1])
    (tmp_path / "haltspec.json").write_text(json.dumps({"api": "translate", "accepted": [{"rule": MISSING}]}))
    code, out, _ = run(capsys, "translate", *options, "--examples", "0")
    assert (code, "1 more are accepted by the baseline" in out) == (0, True)
    taken = [step["with"] for step in steps if step.get("if") == "always()"]
    files = [taken[0]["sarif_file"], *taken[1]["path"].splitlines()]
    assert {file.name for file in tmp_path.iterdir()} == {*files, "haltspec.json"}


@pytest.mark.parametrize("calls", [0, 200])
def test_a_fault_of_ours_is_not_blamed_on_the_target(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    """An adapter of haltspec that fails is a fault of haltspec; what was seen until then is told all the same."""
    call, left = ReferenceAdapter.call, [calls]

    def failing(adapter: ReferenceAdapter, operation: str, request: Any, *, tenant: str, client: str) -> Call:
        left[0] -= 1
        if left[0] < 0:
            raise KeyError("a fault of ours")
        return call(adapter, operation, request, tenant=tenant, client=client)

    monkeypatch.setattr(ReferenceAdapter, "call", failing)
    code, out, err = run(capsys, "translate", "--target", "reference", "--examples", "0")
    assert code == 70
    assert "KeyError: 'a fault of ours'" in err and "this is a fault of haltspec" in err
    assert out.startswith("reference: ") == bool(calls)

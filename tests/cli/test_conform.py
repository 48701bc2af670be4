"""`haltspec conform`: output, exit codes, and what it says of misuse."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from haltspec.__main__ import main


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

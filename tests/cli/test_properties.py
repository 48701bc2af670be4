"""`haltspec properties`: what it prints, for people and for programs, and its exit codes."""

from __future__ import annotations

import json

import pytest

from haltspec.__main__ import main
from haltspec.apis import NAMES
from haltspec_properties import properties


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `haltspec properties`."""
    code = main(["properties", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Each property with its grade, its sentence and its source, by kind."""
    code, out, err = run(capsys, "translate")
    assert (code, err) == (0, "")
    assert out.startswith(
        "translate, always: what a recording must never break\n"
        "  implied  nothing leaves a terminal state\n"
        "           A COMPLETED, COMPLETED_WITH_ERROR, FAILED or STOPPED job keeps its status.\n"
        "           StopTextTranslationJob the four statuses for which a final event is sent\n"
    )
    assert (
        "translate, eventually: what must have come about once the service has come to rest\n"
        "  stated   a stop that was asked for ends the job\n"
    ) in out
    assert "  assumed  no listing holds a job twice\n" in out
    assert "           ours: a list is one of jobs, not of mentions\n" in out
    assert sum(out.count(f"  {prop.name}\n") for prop in properties("translate")) == len(properties("translate"))


def test_json_has_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name those of every API are listed, in the order of the suite."""
    code, out, _ = run(capsys, "--json")
    told = json.loads(out)
    assert code == 0
    assert [(p["api"], p["name"]) for p in told] == [(p.api, p.name) for api in NAMES for p in properties(api)]
    assert told[0] == {
        "api": "comprehend",
        "name": "stopping a COMPLETED or FAILED comprehend job is refused with 400",
        "kind": "always",
        "sentence": "A stop of a job that is COMPLETED or FAILED is answered with an error, HTTP 400.",
        "source": {
            "document": "StopEntitiesDetectionJob",
            "section": "Description, 3rd paragraph",
            "grade": "stated",
        },
    }


def test_rejects_an_unknown_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "translat") == (2, "", "Error: unknown API 'translat'; did you mean translate?\n")

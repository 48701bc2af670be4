"""`haltspec mutate`: the table, its JSON, and misuse."""

from __future__ import annotations

import json

import pytest

from haltspec.__main__ import main
from haltspec_properties.commands.wire import as_json, table
from haltspec_properties.flaws.hunt import Found, Hunted


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `haltspec mutate`."""
    code = main(["mutate", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines for each lifecycle, of rows and of data, then totals; nothing on standard error."""
    code, out, err = run(capsys, "comprehend", "--sample", "4")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["mistakes", "in", "mutants"]
    rows = [line.split() for line in lines[1:10]]
    names = [word for row in rows for word in row if word.startswith(("comprehend/", "total"))]
    assert names == ["comprehend/job", "comprehend/unstoppable", "comprehend/training", "total"]
    sorts = [word for row in rows for word in row[:2] if word in ("rows", "data", "all")]
    assert sorts == [*["rows", "data"] * 4, "all"]
    assert rows[0][2] == "4"


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has the same counts, which add up."""
    code, out, _ = run(capsys, "translate", "--sample", "10", "--json")
    lines = json.loads(out)["lifecycles"]
    assert [line["of"] for line in lines] == ["rows", "data"]
    fates = ("oracle", "rule", "property", "agreement", "equivalent", "survived")
    for line in lines:
        assert sum(line[fate] for fate in fates) == line["mutants"] > 0
    assert lines[0]["mutants"] == 10
    assert code == (1 if any(line["survived"] for line in lines) else 0)


def test_rejects_an_unknown_api(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown API is answered with the nearest known one."""
    code, out, err = run(capsys, "comprehand")
    assert (code, out) == (2, "")
    assert "did you mean comprehend?" in err


@pytest.mark.slow
def test_wire(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each flaw with the rule that found it, then the figures, and the service without a flaw."""
    asked = ("translate", "--target", "wire", "--sample", "1", "--workers", "1", "--without-steering")
    code, out, err = run(capsys, *asked)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "translate:"
    assert lines[1].split() == ["flaw", "found", "by", "calls", "seconds"]
    assert "translate/" in lines[2]
    assert lines[3].startswith("1 of 1 found; calls: median ")
    assert " of 1 found without steering" in lines[4]
    assert lines[5].startswith("without a flaw: nothing found in ")


def test_wire_tells_what_was_missed() -> None:
    """A flaw that was not found is marked, and not counted among those that were; so is a false alarm."""
    sound = Found("translate", "", "translate/a rule", "something", 10, 1.0)
    steered = (Found("translate", "one", "", "", 900, 9.0), Found("translate", "two", "translate/a rule", "x", 20, 2.0))
    hunted = Hunted("translate", sound, steered)
    assert [found.flaw for found in hunted.missed] == ["one"]
    lines = list(table(hunted))
    assert lines[2].split() == ["!", "one", "MISSED", "900", "9.0"]
    assert lines[3].split() == ["two", "translate/a", "rule", "20", "2.0"]
    assert lines[4].split()[:3] == ["!", "(none)", "translate/a"]
    assert lines[5] == "1 of 2 found; calls: median 20, worst 20; seconds: median 2.0, worst 2.0"
    assert lines[6] == "without a flaw: FALSE ALARM: something in 10 calls, 1.0 s"

    told = as_json(hunted)
    assert (told["flaws"], told["found"], told["worst_calls"], told["worst_seconds"]) == (2, 1, 20, 2.0)
    assert [(each["flaw"], each["rule"]) for each in told["each"]] == [("one", None), ("two", "translate/a rule")]
    assert told["without_a_flaw"]["rule"] == "translate/a rule"
    assert told["without_steering"] is None


def test_rejects_steering_in_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no search to steer where the model is hunted in process."""
    code, out, err = run(capsys, "translate", "--without-steering")
    assert (code, out) == (2, "")
    assert "say --target wire" in err

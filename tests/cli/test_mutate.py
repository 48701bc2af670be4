"""`haltspec mutate`: the table, its JSON, and misuse."""

from __future__ import annotations

import json

import pytest

from haltspec.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `haltspec mutate`."""
    code = main(["mutate", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each lifecycle and a total, and nothing on standard error."""
    code, out, err = run(capsys, "comprehend", "--sample", "10")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["lifecycle", "mutants"]
    assert [line.split()[:2] for line in lines[1:5]] == [
        ["comprehend/job", "10"],
        ["comprehend/unstoppable", "10"],
        ["comprehend/training", "10"],
        ["total", "30"],
    ]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has the same counts, which add up."""
    code, out, _ = run(capsys, "translate", "--sample", "10", "--json")
    (line,) = json.loads(out)["lifecycles"]
    fates = ("oracle", "rule", "property", "agreement", "equivalent", "survived")
    assert sum(line[fate] for fate in fates) == line["mutants"] == 10
    assert code == (1 if line["survived"] else 0)


def test_rejects_an_unknown_api(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown API is answered with the nearest known one."""
    code, out, err = run(capsys, "comprehand")
    assert (code, out) == (2, "")
    assert "did you mean comprehend?" in err

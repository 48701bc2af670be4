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
    """Two lines for each lifecycle, of rows and of data, then totals; nothing on standard error."""
    code, out, err = run(capsys, "comprehend", "--sample", "10")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["mistakes", "in", "mutants"]
    rows = [line.split() for line in lines[1:10]]
    names = [word for row in rows for word in row if word.startswith(("comprehend/", "total"))]
    assert names == ["comprehend/job", "comprehend/unstoppable", "comprehend/training", "total"]
    sorts = [word for row in rows for word in row[:2] if word in ("rows", "data", "all")]
    assert sorts == [*["rows", "data"] * 4, "all"]
    assert rows[0][2] == "10"


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

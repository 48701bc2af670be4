"""What `haltspec serve` says of itself, and of what it cannot do, before it serves anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from haltspec.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["comprehendd"], "unknown API 'comprehendd'; did you mean comprehend?"),
        (["--host", "0.0.0.0"], "0.0.0.0 can be reached from other machines"),
        (["--fault", "throttel"], "unknown fault 'throttel'; did you mean throttle?"),
        (["--fault", "throttle:rate"], "'rate' is no option; write KIND:OPTION=VALUE,OPTION=VALUE"),
        (["--delay", "x"], "--delay 'x' is no time; give seconds, as in 2, or shortest and longest, as in 1,5"),
        (["--delay", "1,2,3"], "--delay '1,2,3' is no time"),
        (["--delay", "nan"], "--delay 'nan' is no time"),
        (["--delay", "5,1"], "--delay '5,1' has the longest time first; give"),
        (
            ["--delay", "0,0.05"],
            "--delay '0,0.05' is too short: a state lasts longer than 0 s; for none of it there is",
        ),
        (["--delay=-1"], "--delay '-1' is too short"),
        (["--delay", "1,1e9"], "--delay '1,1e9' is too long: a state lasts less than 1e+09 s"),
        (["--reading", "foo"], "--reading 'foo' names no reading; write --reading 'QUESTION=READING'"),
        (["--reading", "job/stop while queud=x"], "unknown open question 'job/stop while queud'; did you mean"),
        (["--reading", "retention=x"], "several APIs ask 'retention'; name one: comprehend/retention"),
        (["--reading", "comprehend/job/stop while queued=x"], "unknown reading of 'stop while queued' 'x'"),
        (["--journal", "/nowhere/calls.ndjson"], "the journal cannot be opened"),
        (["--credentials", "/nowhere/keys.json"], "the credentials cannot be read"),
        (["comprehend", "--fault", "stale:seconds=3"], "nothing says that lists of comprehend may lag"),
        (["dataarts", "--fault", "stale:seconds=11"], "lists of dataarts may lag by 10 s"),
        (["--host", "no.such.host.invalid", "--expose"], "cannot be listened on"),
    ],
)
def test_rejects_misuse(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Exit 2, with the reason and the remedy in one line."""
    assert main(["serve", *arguments]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert len(told.err) < 3000


def test_rejects_a_journal_that_is_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file of something else is not written to."""
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk\n")
    assert main(["serve", "--journal", str(path)]) == 2
    assert f"{path}:1" in capsys.readouterr().err
    assert path.read_text() == "remember the milk\n"


def test_the_help_keeps_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Every fault and every limit has a line of its own."""
    assert main(["serve", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("    throttle:code=ERROR  ") for line in lines)
    assert any(line.startswith("    unlucky  ") for line in lines)

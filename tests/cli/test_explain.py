"""`haltspec explain`: what it prints, what it makes of bad input, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haltspec.__main__ import main

JOB, TENANT = "a" * 32, "111122223333/us-east-1"


def line(role: str, shows: str = "", **members: Any) -> str:
    """A line of a recording: a call on the job that shows a status."""
    shown = {"JobId": JOB, "JobStatus": shows}
    reply = {"EntitiesDetectionJobProperties": shown} if role == "Describe" else shown
    call = {"api": "comprehend", "operation": f"{role}EntitiesDetectionJob", "tenant": TENANT, "client": "c"}
    return json.dumps({**call, "request": {"JobId": JOB}, "status": 200, "reply": reply, **members})


LOST: dict[str, Any] = {"end": None, "status": None, "reply": None}
RECORDING = (
    line("Describe", "IN_PROGRESS", start=1, end=2),
    line("Stop", start=3, **LOST),
    line("Describe", "STOPPED", start=5, end=6),
    line("Stop", "STOP_REQUESTED", start=7, end=8),
)


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines of standard output and standard error."""
    code = main(["explain", *arguments])
    told = capsys.readouterr()
    return code, told.out.splitlines(), told.err.splitlines()


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A recording of a job whose stop was not answered and that was then stopped again."""
    monkeypatch.chdir(tmp_path)
    Path("job.ndjson").write_text("\n".join(RECORDING))
    return "job.ndjson"


def test_a_job_is_told_call_by_call(capsys: pytest.CaptureFixture[str], recording: str) -> None:
    """Each call with its answer, what the job may be after it, and what became of the lost stop."""
    code, out, err = explain(capsys, recording)
    assert (code, err) == (1, [])
    asked = f'{{"JobId": "{JOB}"}}'

    def shown(status: str) -> str:
        return f'{{"JobId": "{JOB}", "JobStatus": "{status}"}}'

    assert out[:10] == [
        f"entities {JOB} of {TENANT}",
        f"  job.ndjson:1  DescribeEntitiesDetectionJob {asked} -> 200 "
        f'{{"EntitiesDetectionJobProperties": {shown("IN_PROGRESS")}}}',
        "      Describe answered IN_PROGRESS: now IN_PROGRESS",
        f"  job.ndjson:2  StopEntitiesDetectionJob {asked} -> no answer",
        "      Stop got no certain answer: must have happened",
        f"  job.ndjson:3  DescribeEntitiesDetectionJob {asked} -> 200 "
        f'{{"EntitiesDetectionJobProperties": {shown("STOPPED")}}}',
        "      Describe answered STOPPED: now STOPPED  (amid overlapping or lost calls)",
        f"  job.ndjson:4  StopEntitiesDetectionJob {asked} -> 200 {shown('STOP_REQUESTED')}",
        "      Stop answered STOP_REQUESTED: IMPOSSIBLE while STOPPED; possible:",
        "        Stop [plain] -> STOPPED in STOPPED: a stopped job may be stopped again "
        "[stated: StopEntitiesDetectionJob Response Elements, JobStatus]",
    ]
    assert any(text.startswith("job.ndjson: FAIL  comprehend, 4 calls, 1 job, ") for text in out)


def test_what_is_silent_is_marked(capsys: pytest.CaptureFixture[str], recording: str) -> None:
    """A stop of a job of which nothing is known may answer anything that is declared."""
    Path(recording).write_text(line("Stop", "STOP_REQUESTED", start=1, end=2))
    code, out, err = explain(capsys, recording)
    assert (code, err) == (0, [])
    assert out[2].endswith("  (silent: another answer would have passed too)")


def test_json(capsys: pytest.CaptureFixture[str], recording: str) -> None:
    """The report with the story of each job."""
    code, out, _ = explain(capsys, recording, "--json")
    told = json.loads("\n".join(out))
    [report] = told["reports"]
    [story] = report["stories"]
    assert (code, report["verdict"], told["bad"]) == (1, "fail", [])
    assert story["job"] == {"tenant": TENANT, "lifecycle": "job", "kind": "entities", "id": JOB}
    assert [one["effect"] for one in story["told"]] == [None, "must have happened", None, None]
    assert [one["after"] for one in story["told"]] == [["IN_PROGRESS"], [], ["STOPPED"], []]
    assert [one["call"] for one in story["told"]] == [0, 1, 2, 3]


def test_bad_lines(capsys: pytest.CaptureFixture[str], recording: str) -> None:
    """What was read before a bad line is told; `--lenient` goes on behind it."""
    Path(recording).write_text("\n".join((RECORDING[0], "nonsense", RECORDING[2])))
    code, out, err = explain(capsys, recording)
    assert (code, len(err)) == (2, 1)
    assert err[0].startswith("job.ndjson:2: no JSON at column 1 (Expecting value); ")
    assert sum(text.startswith("  job.ndjson:") for text in out) == 1
    code, out, err = explain(capsys, recording, "--lenient")
    assert (code, err[1:]) == (1, ["1 bad line skipped"])
    assert sum(text.startswith("  job.ndjson:") for text in out) == 2


def test_a_missing_file(capsys: pytest.CaptureFixture[str], recording: str) -> None:
    """Place, reason and remedy, no traceback."""
    code, out, err = explain(capsys, "missing.ndjson")
    reason = "the file cannot be read (No such file or directory)"
    assert (code, out) == (2, [])
    assert err == [f"missing.ndjson:1: {reason}; name a file that exists and that you may read"]


def test_what_is_only_warned_of_is_doubtful(capsys: pytest.CaptureFixture[str], recording: str) -> None:
    """An old list passes, so it is not called impossible; nor do calls one after the other overlap."""
    tenant, at = "b384b9e9ab9b4ee8994c8633aabc9505/default", 1_700_000_000
    item = {"name": "j", "jobType": "REAL_TIME", "createUser": "u", "createTime": 1_700_000_000_000}
    created = {"name": "j", "processType": "REAL_TIME", "schedule": {"type": "CRON"}, "nodes": []}
    listed = {"total": 1, "jobs": [{**item, "status": "STOPPED"}]}
    calls: list[tuple[str, dict[str, Any], int, Any]] = [
        ("CreateJob", created, 204, None),
        ("StartJob", {"job_name": "j"}, 204, None),
        ("ListJobs", {"jobType": "REAL_TIME"}, 200, listed),
    ]
    lines = (
        {
            "api": "dataarts",
            "operation": operation,
            "tenant": tenant,
            "client": "c",
            "start": at + n,
            "end": at + n + 0.5,
        }
        | {"request": request, "status": status, "reply": reply, "alone": True}
        for n, (operation, request, status, reply) in enumerate(calls)
    )
    Path(recording).write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    code, out, _ = explain(capsys, recording)
    assert code == 0
    assert (
        sum(
            "List answered STOPPED/REAL_TIME: DOUBTFUL (see the warnings) while real-time STARTING" in text
            for text in out
        )
        == 1
    )
    assert not any("IMPOSSIBLE" in text or "overlapping" in text for text in out)


@pytest.mark.parametrize("command", ["explain", "check"])
def test_nothing_in_a_recording_reaches_the_terminal_raw(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids, tenants and texts are told with what steers a terminal escaped; so is what a bad line has."""
    monkeypatch.chdir(tmp_path)
    odd = "\x1b[31mj\x00\u202eb\x9b"
    asked = {
        "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
        "OutputDataConfig": {"S3Uri": "s3://outbox/results"},
        "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
        "LanguageCode": "en",
    }
    lines = (
        line("Start", "SUBMITTED", start=1, end=2, request=asked),
        line("Describe", "IN_PROGRESS", start=3, end=4),
        line("Stop", start=5, **LOST),
    )
    made = [text.replace(JOB, json.dumps(odd)[1:-1]).replace(TENANT, json.dumps(odd)[1:-1]) for text in lines]
    Path("job.ndjson").write_text("\n".join((*made, json.dumps({"api": odd, "start": odd}))))
    main([command, "job.ndjson", "--lenient"])
    told = capsys.readouterr()
    assert "\\x1b[31mj\\x00\\u202eb\\x9b" in told.out
    assert all(c.isprintable() or c == "\n" for c in told.out + told.err)
    assert command == "explain" or "pending at the end" in told.out

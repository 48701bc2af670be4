"""`haltspec check`: what it prints, what it makes of bad input, and its exit codes."""

from __future__ import annotations

import fcntl
import io
import json
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace
from typing import Any

import pytest

from haltspec.__main__ import main
from haltspec.trace import MAX_LINE

JOB, TENANT = "a" * 32, "111122223333/us-east-1"
STOP, DESCRIBE = "StopEntitiesDetectionJob", "DescribeEntitiesDetectionJob"
FORMAT = "write one JSON object a line, in UTF-8, as `haltspec check --help` describes"


def line(operation: str, reply: Any = None, **members: Any) -> str:
    """A line of a recording: a call on the job, answered with `reply`."""
    call = {"api": "comprehend", "operation": operation, "tenant": TENANT, "client": "c", "start": 1, "end": 2}
    call |= {"request": {"JobId": JOB}, "status": 200}
    return json.dumps(call | ({} if reply is None else {"reply": reply}) | members)


def stop(status: str, **members: Any) -> str:
    """A stop that is answered with a status."""
    return line(STOP, {"JobId": JOB, "JobStatus": status}, **members)


def refused(error: str, **members: Any) -> str:
    """A stop that is refused."""
    return line(STOP, {"__type": error}, status=400, error=error, **members)


PASSING = (refused("InvalidRequestException"), refused("InvalidRequestException", start=3, end=4))
FAILING = (refused("JobNotFoundException"), stop("STOPPED", start=3, end=4))
UNSURE = (refused("ValidationException"),)


START = {
    "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/results"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
    "LanguageCode": "en",
}


def view(status: str) -> dict[str, Any]:
    """A job as it is described."""
    shown = {"JobId": JOB, "JobStatus": status, "SubmitTime": 1.0, **START}
    shown |= {"JobArn": f"arn:aws:comprehend:us-east-1:111122223333:entities-detection-job/{JOB}"}
    shown |= {"OutputDataConfig": {"S3Uri": f"s3://outbox/results/111122223333-NER-{JOB}/output/output.tar.gz"}}
    return {"EntitiesDetectionJobProperties": shown | ({"EndTime": 2.0} if status == "COMPLETED" else {})}


def order(operation: str, number: int) -> str:
    """An order to a job of DataArts, one of many that overlap."""
    node = {"name": "n", "type": "Dummy", "location": {"x": 1, "y": 1}, "properties": []}
    created = {"name": "j", "processType": "REAL_TIME", "schedule": {"type": "EXECUTE_ONCE"}, "nodes": [node]}
    request = created if operation == "CreateJob" else {"job_name": "j"}
    call = {"api": "dataarts", "operation": operation, "tenant": "p/w", "client": f"c{number}", "request": request}
    return json.dumps({**call, "start": 10 + number / 1000, "end": 100 + number / 1000, "status": 204})


LISTED = {"name": "j", "jobType": "REAL_TIME", "status": "NORMAL", "createUser": "u", "createTime": 1000}
WIDE = (
    json.dumps(
        {
            **{"api": "dataarts", "operation": "ListJobs", "tenant": "p/w", "client": "c", "start": 1, "end": 2},
            **{"request": {"jobType": "REAL_TIME"}, "status": 200, "reply": {"total": 1, "jobs": [LISTED]}},
        }
    ),
    *(order(("StartJob", "StopJob", "DeleteJob", "CreateJob")[n % 4], n) for n in range(200)),
)


class Desk:
    """A directory of recordings, and the command run in it."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.capsys = capsys

    def write(self, name: str, *lines: str) -> str:
        """Write a recording."""
        (self.path / name).write_text("".join(f"{text}\n" for text in lines))
        return name

    def check(self, *arguments: str) -> tuple[int, list[str], list[str]]:
        """The exit code, and the lines of standard output and standard error."""
        code = main(["check", *arguments])
        told = self.capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty desk."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


class TestVerdicts:
    """Exit 0 for a pass, 1 for a failure, 3 if only a reading of ours rules something out."""

    def test_a_pass(self, desk: Desk) -> None:
        started = line(
            "ListEntitiesDetectionJobs", {"EntitiesDetectionJobPropertiesList": []}, request={}, start=5, end=6
        )
        code, out, err = desk.check(desk.write("good.ndjson", refused("JobNotFoundException"), started), "--alone")
        assert (code, err) == (0, [])
        assert out == ["good.ndjson: PASS  comprehend, 2 calls, 1 job, 100% of 2 observations constrained"]

    def test_a_failure(self, desk: Desk) -> None:
        code, out, err = desk.check(desk.write("bad.ndjson", *FAILING), "--alone")
        assert (code, err) == (1, [])
        assert out == [
            "bad.ndjson: FAIL  comprehend, 2 calls, 1 job, 100% of 2 observations constrained",
            "  1. stated   comprehend/job/unknown id is not stopped",
            f"     entities job {JOB} of {TENANT}: Stop answered STOPPED while it was absent; "
            "possible: JobNotFoundException",
            "     source: Comprehend API Reference, StopEntitiesDetectionJob: Errors",
            "     at bad.ndjson:2",
        ]

    def test_a_warning_only(self, desk: Desk) -> None:
        code, out, err = desk.check(desk.write("odd.ndjson", *UNSURE))
        assert (code, err) == (3, [])
        assert out[0].startswith("odd.ndjson: INCONCLUSIVE  comprehend, 1 call, 1 job, ")
        assert out[2] == "  1. assumed  comprehend/job/stop refused while queued"
        assert out[4] == "     source: ours: the title says: in progress"
        assert desk.check("odd.ndjson", "--floor", "assumed")[0] == 1

    def test_a_floor_turns_failures_into_warnings(self, desk: Desk) -> None:
        ended = line(DESCRIBE, {"EntitiesDetectionJobProperties": {"JobId": JOB, "JobStatus": "COMPLETED"}})
        desk.write("order.ndjson", ended, stop("STOPPED", start=3, end=4))
        assert desk.check("order.ndjson")[0] == 1
        assert desk.check("order.ndjson", "--floor", "STATED")[0] == 1

    def test_a_pass_that_says_little_says_so(self, desk: Desk) -> None:
        code, out, err = desk.check(desk.write("silent.ndjson", *PASSING))
        assert (code, err) == (0, [])
        assert out == [
            "silent.ndjson: PASS  comprehend, 2 calls, 1 job, 0% of 2 observations constrained",
            "  hardly any answer could have been wrong: the documents are silent on most of what was asked",
        ]

    def test_a_pass_that_says_nothing_says_so(self, desk: Desk) -> None:
        listed = line("ListEntitiesDetectionJobs", {"EntitiesDetectionJobPropertiesList": []}, request={})
        assert desk.check(desk.write("list.ndjson", listed))[1] == [
            "list.ndjson: PASS  comprehend, 1 call, 0 jobs, 0% of 0 observations constrained",
            "  nothing was seen of any job: this says nothing of the lifecycles",
        ]

    def test_calls_that_overlap_too_widely_to_be_ordered(self, desk: Desk) -> None:
        """Orders that lead round and round, all at once, and nothing else: it cannot be told."""
        desk.write("wide.ndjson", *WIDE)
        code, out, err = desk.check("wide.ndjson", "--budget", "5000")
        assert (code, err) == (3, [])
        assert out[0].startswith("wide.ndjson: INCONCLUSIVE  dataarts, 201 calls, 1 job, ")
        told = re.fullmatch(
            r"  undecided: (\d+) calls on job j of p/w \(wide.ndjson:(\d+) to wide.ndjson:201\): "
            r"overlap too wide to order; a larger --budget may do",
            out[-1],
        )
        assert told is not None, out
        assert int(told[1]) > 100
        [judged] = json.loads("\n".join(desk.check("wide.ndjson", "--budget", "5000", "--json")[1]))["files"]
        [undecided] = judged["undecided"]
        assert undecided["reason"] == "overlap too wide to order"
        assert undecided["job"] == {"tenant": "p/w", "lifecycle": "job", "kind": "", "id": "j"}
        assert (undecided["calls"], undecided["places"][-1]) == (int(told[1]), "wide.ndjson:201")

    def test_calls_without_a_certain_answer_are_counted(self, desk: Desk) -> None:
        """A lost stop that showed, one of a job that had ended, and a lost start of another kind, of which nothing was seen."""
        lost = {"end": None, "status": None}
        running = line(DESCRIBE, view("IN_PROGRESS"))
        desk.write(
            "lost.ndjson",
            running,
            line(STOP, start=3, **lost),
            line(DESCRIBE, view("STOP_REQUESTED"), start=4, end=5),
            line(DESCRIBE, view("COMPLETED"), start=6, end=7),
            line(STOP, start=8, **lost),
            line("StartKeyPhrasesDetectionJob", start=9, request=START, **lost),
        )
        code, out, _ = desk.check("lost.ndjson")
        assert code == 0, out
        assert out[-1] == (
            "  3 calls without a certain answer: 1 must have happened, 1 cannot have happened, 1 undetermined"
        )
        [judged] = json.loads("\n".join(desk.check("lost.ndjson", "--json")[1]))["files"]
        job = {"tenant": TENANT, "lifecycle": "job", "kind": "entities", "id": JOB}
        assert judged["unsure"] == [
            {"place": "lost.ndjson:2", "operation": STOP, "job": job, "effect": "must have happened"},
            {"place": "lost.ndjson:5", "operation": STOP, "job": job, "effect": "cannot have happened"},
            {
                "place": "lost.ndjson:6",
                "operation": "StartKeyPhrasesDetectionJob",
                "job": None,
                "effect": "undetermined",
            },
        ]

    def test_what_is_owed_is_a_violation_beyond_the_patience(self, desk: Desk) -> None:
        shown = {"EntitiesDetectionJobProperties": {"JobId": JOB, "JobStatus": "STOP_REQUESTED"}}
        desk.write("slow.ndjson", line(DESCRIBE, shown), line(DESCRIBE, shown, start=100, end=101))
        assert any(
            text.startswith("  1 pending at the end, e.g. 'a stop leads to") for text in desk.check("slow.ndjson")[1]
        )
        rules = [text.strip() for text in desk.check("slow.ndjson", "--patience", "60")[1]]
        assert any(text.endswith("stated   comprehend/job/a stop leads to an end") for text in rules)

    def test_several_files_and_apis(self, desk: Desk) -> None:
        translate = line("StopTextTranslationJob", {"JobId": JOB, "JobStatus": "STOPPED"}, api="translate")
        desk.write("both.ndjson", PASSING[0], translate)
        desk.write("bad.ndjson", *FAILING)
        code, out, err = desk.check("both.ndjson", "bad.ndjson", "--alone")
        assert (code, err) == (1, [])
        heads = [text.partition(", ")[0] for text in out if not text.startswith(" ")]
        assert heads == [
            "both.ndjson: FAIL  comprehend",
            "both.ndjson: FAIL  translate",
            "bad.ndjson: FAIL  comprehend",
            "3 recordings: FAIL",
        ]

    def test_standard_input(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "".join(f"{text}\n" for text in FAILING).encode()
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
        code, out, _ = desk.check("-", "--alone")
        assert (code, out[0][:7], out[-1]) == (1, "-: FAIL", "     at <stdin>:2")


class TestJson:
    """One object with all that is told, and the calls as trace lines."""

    def test_a_failure(self, desk: Desk) -> None:
        code, out, err = desk.check(desk.write("bad.ndjson", *FAILING), "--alone", "--json")
        assert (code, err) == (1, [])
        told = json.loads("\n".join(out))
        assert (told["verdict"], told["bad"]) == ("fail", [])
        [judged] = told["files"]
        [violation] = judged["violations"]
        assert (judged["file"], judged["api"], judged["verdict"], judged["warnings"]) == (
            "bad.ndjson",
            "comprehend",
            "fail",
            [],
        )
        counts = [judged[name] for name in ("calls", "jobs", "observations", "constrained")]
        assert counts == [2, 1, 2, 2]
        assert violation["rule"] == "comprehend/job/unknown id is not stopped"
        assert violation["grade"] == "stated"
        assert violation["job"] == {"tenant": TENANT, "lifecycle": "job", "kind": "entities", "id": JOB}
        assert (violation["belief"], violation["places"]) == (["absent"], ["bad.ndjson:2"])
        assert [call["operation"] for call in violation["calls"]] == [STOP]
        assert violation["calls"][0] == {**json.loads(FAILING[1]), "start": 3.0, "end": 4.0}

    def test_bad_lines(self, desk: Desk) -> None:
        code, out, err = desk.check(desk.write("broken.ndjson", PASSING[0], "{"), "--json")
        told = json.loads("\n".join(out))
        assert code == 2
        assert told["bad"] == [
            {
                "place": "broken.ndjson:2",
                "reason": "the JSON is cut off after column 1",
                "remedy": "write the call whole, on one line, or remove it",
            }
        ]
        assert err == [
            "broken.ndjson:2: the JSON is cut off after column 1; write the call whole, on one line, or remove it"
        ]
        assert told["files"][0]["calls"] == 1


class TestBadInput:
    """Place, reason and remedy on standard error, exit 2, and what was found before is printed."""

    @pytest.mark.parametrize(
        ("bad", "told"),
        [
            ("nonsense", f"no JSON at column 1 (Expecting value); {FORMAT}"),
            ("[1]", f"a call is a JSON object, this is [1]; {FORMAT}"),
            (stop("STOPPED", start=9, end=8), "'end' 8 lies before 'start' 9; correct the times"),
            (
                stop("STOPPED", api="comprehand"),
                "unknown API 'comprehand'; did you mean comprehend?; correct the line, or leave it out",
            ),
            (
                line("StopEntityDetectionJob"),
                "unknown operation of comprehend 'StopEntityDetectionJob'; did you mean StopEntitiesDetectionJob or "
                "StopEventsDetectionJob or StopPiiEntitiesDetectionJob?; correct the line, or leave it out",
            ),
            (
                stop("STOPPED", start="noon"),
                "'start' is \"noon\", not a time; make 'start' epoch seconds, or ISO 8601 with a zone as in 2024-05-01T12:00:00Z",
            ),
            (
                stop("STOPPED", alone="yes"),
                "'alone' is \"yes\", not true or false; make 'alone' true or false, or leave it out",
            ),
            (
                line(STOP, status=None),
                "'status' is null and 'end' is not; make both null if no answer came, neither if one came",
            ),
        ],
        ids=[
            "no JSON",
            "no object",
            "end before start",
            "unknown API",
            "unknown operation",
            "no time",
            "alone or not",
            "half an answer",
        ],
    )
    def test_a_bad_line(self, desk: Desk, bad: str, told: str) -> None:
        desk.write("x.ndjson", *FAILING, bad)
        code, out, err = desk.check("x.ndjson", "--alone")
        assert (code, err) == (2, [f"x.ndjson:3: {told}"])
        assert out[0] == "x.ndjson: FAIL  comprehend, 2 calls, 1 job, 100% of 2 observations constrained"
        code, _, err = desk.check("x.ndjson", "--alone", "--lenient")
        assert (code, err) == (1, [f"x.ndjson:3: {told}", "1 bad line skipped"])

    def test_lenient_goes_on_behind_bad_lines(self, desk: Desk) -> None:
        desk.write("x.ndjson", "nonsense", FAILING[0], "nonsense", FAILING[1])
        assert desk.check("x.ndjson", "--alone")[0] == 2
        code, out, err = desk.check("x.ndjson", "--alone", "--lenient")
        assert (code, len(err), err[-1]) == (1, 3, "2 bad lines skipped")
        assert out[-1] == "     at x.ndjson:4"

    def test_bad_lines_are_told_in_their_order(self, desk: Desk) -> None:
        desk.write("x.ndjson", PASSING[0], stop("STOPPED", api="comprehand"), "nonsense")
        _, _, err = desk.check("x.ndjson")
        assert [text.partition(": ")[0] for text in err] == ["x.ndjson:2", "x.ndjson:3"]

    def test_files_that_cannot_be_read(self, desk: Desk) -> None:
        desk.write("bad.ndjson", *FAILING)
        desk.write("empty.ndjson")
        code, out, err = desk.check("missing.ndjson", ".", "empty.ndjson", "bad.ndjson", "--alone")
        assert code == 2
        assert out[0].startswith("bad.ndjson: FAIL")
        remedy = "name a file that exists and that you may read"
        assert err == [
            f"missing.ndjson:1: the file cannot be read (No such file or directory); {remedy}",
            f".:1: the file cannot be read (Is a directory); {remedy}",
            "empty.ndjson:1: there is no call in it; give a recording with one call at least",
        ]

    def test_behind_a_line_that_is_too_long_lines_keep_their_numbers(self, desk: Desk) -> None:
        desk.write("long.ndjson", FAILING[0], f'{{"x":"{"x" * (2 * MAX_LINE)}"}}', FAILING[1])
        told = f"long.ndjson:2: the line is longer than {MAX_LINE} bytes; end each call with a line end"
        code, out, err = desk.check("long.ndjson", "--alone", "--lenient")
        assert (code, err) == (1, [told, "1 bad line skipped"])
        assert out[-1] == "     at long.ndjson:3"
        assert desk.check("long.ndjson", "--alone")[2] == [told]

    @pytest.mark.parametrize("option", ["--window", "--patience"])
    @pytest.mark.parametrize("value", ["nan", "inf"])
    def test_rejects_what_is_no_number_of_seconds(self, desk: Desk, option: str, value: str) -> None:
        code, out, err = desk.check(desk.write("x.ndjson", *FAILING), option, value)
        assert (code, out, err[-1].endswith(f"{value} is no number of seconds.")) == (2, [], True)

    def test_nothing_that_was_judged_is_no_pass(self, desk: Desk) -> None:
        code, out, _ = desk.check(desk.write("x.ndjson", "nonsense"), "--json")
        assert (code, json.loads("\n".join(out))["verdict"]) == (2, "inconclusive")

    def test_nothing_to_judge_is_misuse_even_when_lenient(self, desk: Desk) -> None:
        code, out, err = desk.check(desk.write("x.ndjson", "nonsense"), "--lenient")
        assert (code, out, len(err)) == (2, [], 2)


class TestEndedByTheUser:
    """What was read and judged until then is told; exit 130."""

    def interrupted(self, desk: Desk, *arguments: str) -> tuple[int, str, str]:
        """The command reads a recording that does not end, and is sent the signal of Ctrl-C when it has read it."""
        command = [sys.executable, "-m", "haltspec", *arguments]
        with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=desk.path, text=True) as process:
            assert process.stdin is not None
            process.stdin.write("".join(f"{text}\n" for text in FAILING))
            process.stdin.flush()
            while struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0" * 4))[0]:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            assert process.stderr is not None
            out, err = process.stdout.read(), process.stderr.read()
        return process.returncode, out, err

    def test_check(self, desk: Desk) -> None:
        desk.write("good.ndjson", *PASSING)
        code, out, err = self.interrupted(desk, "check", "good.ndjson", "-", "--alone")
        assert (code, err) == (130, "interrupted: what was read and judged until then is told\n")
        heads = [text for text in out.splitlines() if not text.startswith(" ")]
        assert [text.partition("  ")[0] for text in heads] == ["good.ndjson: FAIL", "-: FAIL", "2 recordings: FAIL"]

    def test_check_for_machines(self, desk: Desk) -> None:
        code, out, _ = self.interrupted(desk, "check", "-", "--alone", "--json")
        told = json.loads(out)
        assert (code, told["verdict"], told["interrupted"], told["files"][0]["calls"]) == (130, "fail", True, 2)

    def test_explain(self, desk: Desk) -> None:
        code, out, err = self.interrupted(desk, "explain", "-", "--alone")
        assert (code, err) == (130, "interrupted: what was read and judged until then is told\n")
        assert "Stop answered STOPPED: IMPOSSIBLE while absent" in out


class TestStreams:
    """Standard input and output may be closed, full, or read by somebody who goes away."""

    def run(self, desk: Desk, command: str) -> tuple[int, str]:
        """The exit code and standard error of a shell command, where `haltspec` is this one."""
        script = f'haltspec() {{ "{sys.executable}" -m haltspec "$@"; }}; set -o pipefail; {command}'
        done = subprocess.run(["bash", "-c", script], cwd=desk.path, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    @pytest.mark.parametrize(
        ("command", "code", "told"),
        [
            (
                "haltspec check x.ndjson >&-",
                2,
                "Error: standard output is closed, so nothing could be told; give it a place to go\n",
            ),
            ("haltspec check - <&-", 2, "<stdin>:1: standard input is closed; name a file, or send one there\n"),
            ("haltspec check x.ndjson 2>&-", 0, ""),
            ("haltspec check x.ndjson >/dev/full", 2, "Error: input or output: No space left on device\n"),
            ("haltspec explain many.ndjson | true", 141, ""),
        ],
        ids=["no output", "no input", "no errors", "full", "gone"],
    )
    def test_no_traceback(self, desk: Desk, command: str, code: int, told: str) -> None:
        desk.write("x.ndjson", *PASSING)
        desk.write("many.ndjson", *(PASSING[0] for _ in range(3000)))
        assert self.run(desk, command) == (code, told)

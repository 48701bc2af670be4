"""Lines for a shell and for Python, really executed: they show the deviation on a flawed service, and on no other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from haltspec import services
from haltspec.apis import load
from haltspec.errors import visible
from haltspec.oracle import judge
from haltspec.spec import Api
from haltspec.trace import Call, error_code
from haltspec.wire.server import Background
from haltspec_properties.again import account, differences, renamed
from haltspec_properties.conform import Options, Target, as_json, conform, python_of, render, script_of
from haltspec_properties.flaws import Flawed, flaws
from haltspec_properties.paste import curl_lines
from haltspec_properties.paste_python import python_lines
from haltspec_properties.targets import MotoTarget, endpoint_target

TENANT = "111122223333/us-east-1"
HOSTILE = "it's \"$(touch pwned)\" `touch pwned`; touch pwned # \u202e\x00\n' && touch pwned"
JOB = {
    "InputDataConfig": {"S3Uri": "s3://inbox/in", "ContentType": "text/plain"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/out"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/translator",
    "SourceLanguageCode": "en",
    "TargetLanguageCodes": ["de"],
    "ClientToken": "token-1",
}


def pasted(lines: list[str], folder: Path) -> tuple[list[int], list[str]]:
    """The HTTP statuses, and the bodies, that the lines print when they are pasted."""
    told = subprocess.run(
        ["bash"], input="\n".join(lines) + "\n", capture_output=True, text=True, cwd=folder, timeout=60, check=True
    )
    statuses = re.findall(r"^HTTP (\d+)$", told.stderr, re.MULTILINE)
    assert len(statuses) == len(told.stderr.splitlines()), told.stderr
    return [int(status) for status in statuses], told.stdout.splitlines()


def start(number: float = 0, **changes: object) -> Call:
    """A start, and what was answered to it."""
    reply = {"JobId": f"{number:032.0f}", "JobStatus": "SUBMITTED"}
    request = {**JOB, **changes}
    return Call("translate", "StartTextTranslationJob", TENANT, "c", number, number + 0.5, request, 200, None, reply)


def describe(job_id: str, at: float) -> Call:
    """A description that is refused."""
    error = "ResourceNotFoundException"
    operation = "DescribeTextTranslationJob"
    return Call("translate", operation, TENANT, "c", at, at + 0.5, {"JobId": job_id}, 400, error, {"__type": error})


def run_by_python(lines: list[str], folder: Path, *options: str) -> tuple[list[int], list[str]]:
    """The HTTP statuses, and the replies as JSON, that the lines print when Python runs them."""
    command = [sys.executable, "-I", *options, "-"]
    script = "\n".join(lines) + "\n"
    told = subprocess.run(command, input=script, capture_output=True, text=True, cwd=folder, timeout=60)
    assert told.returncode == 0, told.stderr
    found = [re.fullmatch(r"HTTP (\d+) (\w+ )?(.*)", line) for line in told.stdout.splitlines()]
    assert all(found), told.stdout
    return [int(match[1]) for match in found if match], [match[3] for match in found if match]


@pytest.mark.parametrize(
    ("api", "flaw", "rule", "seconds"),
    [
        pytest.param(
            "translate",
            "tokens are ignored",
            "translate/a repeated token makes no second job",
            None,
            marks=pytest.mark.slow,
        ),
        ("translate", "one token makes two jobs at once", "translate/a repeated token makes no second job", None),
        pytest.param(
            "translate",
            "orders on unknown ids are accepted",
            "translate/job/unknown id is not stopped",
            None,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "translate",
            "bad input is a server error",
            "translate/a fault is one of the declared errors",
            None,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "translate",
            "bad input is accepted",
            "translate/a malformed request is refused",
            None,
            marks=pytest.mark.slow,
        ),
        ("translate", "every page is the first", "translate/pages lead on", None),
        ("comprehend", "times are texts", "comprehend/replies have the documented types/SubmitTime", 0),
        ("devicefarm", "order of an unknown id: wrong code", "devicefarm/job/unknown job is not stopped", 0),
        ("rekognition", "ARNs are of another account", "rekognition/listed versions are those asked for", 0),
        ("dataarts", "a stop changes nothing", "dataarts/job/SCHEDULING/? does not follow batch STOPPED", None),
    ],
)
def test_the_lines_show_the_deviation(tmp_path: Path, api: str, flaw: str, rule: str, seconds: float | None) -> None:
    """As the run saw it; pasted twice; and on a service that conforms they show something else."""
    loaded = load(api)
    with Background(Flawed(api, next(f for f in flaws(api) if f.name == flaw))) as service:
        target = endpoint_target(loaded, service.url)
        hurried = replace(target, wait=lambda seconds: time.sleep(seconds if seconds < 1 else 0))
        run = conform(loaded, hurried, Options(examples=0, patience=0.5, seconds=seconds))
        (finding,) = (finding for finding in run.findings if finding.rule == rule)
        is_race = "at once" in flaw  # it is won or lost
        assert is_race or finding.back == finding.replays
        for written, made in ((script_of, pasted), (python_of, run_by_python)):
            lines = written(run, finding)
            assert lines[0] == f"# {rule} ({finding.grade})"
            tries = 10 if is_race else 1
            for _ in range(2):
                assert any(rule in broken(loaded, finding.calls, made(lines, tmp_path)) for _ in range(tries))
    with Background(Flawed(api, None)) as service:
        there = replace(run, address=service.url)
        for written, made in ((script_of, pasted), (python_of, run_by_python)):
            assert rule not in broken(loaded, finding.calls, made(written(there, finding), tmp_path))


@pytest.mark.parametrize("seconds", [0, pytest.param(None, marks=pytest.mark.slow)])
def test_python_shows_what_is_wrong_in_moto(tmp_path: Path, seconds: float | None) -> None:
    """Each deviation that comes back in replays comes back from its lines; those of one story, or of all."""
    api = load("comprehend")
    with MotoTarget() as moto:
        tenants = services.load("comprehend").tenants
        target = Target(moto.name, moto.adapter(api), tenants, address=moto.endpoint_url)
        run = conform(api, target, Options(examples=0, patience=0.5, seconds=seconds))
        shown = [finding for finding in run.findings if finding.replays and finding.back == finding.replays]
        assert len(shown) >= (5 if seconds == 0 else 35)
        for finding in shown:
            told = run_by_python(python_of(run, finding), tmp_path)
            assert finding.rule in broken(api, finding.calls, told)


def broken(api: Api, calls: Sequence[Call], told: tuple[list[int], list[str]]) -> set[str]:
    """The rules that calls break if they were answered with these statuses and bodies."""
    statuses, bodies = told
    replies = [json.loads(body) if body else None for body in bodies]
    known: dict[str, str] = {}
    for call, reply in zip(calls, replies, strict=True):
        known |= differences(call.reply, reply)
    for (old, new), call in product(list(known.items()), calls):  # the lines make up accounts
        if (part := account(call.tenant)) in old:
            known[part] = new[old.index(part) :][: len(part)]
    made = []
    for call, status, reply in zip(calls, statuses, replies, strict=True):
        named = reply if isinstance(reply, dict) else {}
        error = error_code(str(named.get("__type") or named.get("error_code"))) if status >= 300 else None
        part, _, place = call.tenant.partition("/")
        tenant = f"{known.get(part, part)}/{place}"
        request = renamed(call.request, known)
        made.append(replace(call, tenant=tenant, request=request, status=status, error=error, reply=reply))
    report = judge(api, made)
    return {violation.rule for violation in (*report.violations, *report.warnings)}


BOTH = pytest.mark.parametrize(("written", "made"), [(curl_lines, pasted), (python_lines, run_by_python)])


@BOTH
def test_ids_and_pages_come_from_the_new_replies(tmp_path: Path, written: Any, made: Any) -> None:
    """A job that was made is asked for by the id it gets now, as another is not."""
    calls = [start(0), describe(f"{0:032}", 1), describe("other", 2)]
    with Background(Flawed("translate", None)) as service:
        statuses, bodies = made(written(load("translate"), calls, service.url), tmp_path)
    assert statuses == [200, 200, 400]
    job, found, refused = map(json.loads, bodies)
    assert found["TextTranslationJobProperties"]["JobId"] == job["JobId"]
    assert refused["__type"].endswith("ResourceNotFoundException")


@BOTH
def test_calls_at_once_are_called_at_once(tmp_path: Path, written: Any, made: Any) -> None:
    """And pauses are kept."""
    one, two, later = start(0), start(0.1, ClientToken="token-2"), start(3)
    with Background(Flawed("translate", None)) as service:
        lines = written(load("translate"), [one, two, later], service.url)
        assert [line for line in lines if "sleep" in line] == [
            "sleep 2.40" if written is curl_lines else "time.sleep(2.40)"
        ]
        assert sum(" & #" in line or "at_once((" in line for line in lines) == (2 if written is curl_lines else 1)
        statuses, bodies = made([line for line in lines if "sleep" not in line], tmp_path)
    assert statuses == [200, 200, 200]
    first, second, again = (json.loads(body)["JobId"] for body in bodies)
    assert again == first != second


def test_lines_for_python_can_be_pasted_into_an_interpreter(tmp_path: Path) -> None:
    """Which ends a definition at an empty line."""
    with Background(Flawed("translate", None)) as service:
        lines = python_lines(load("translate"), [start(0), describe("other", 1)], service.url, about=["a job"])
        assert run_by_python(lines, tmp_path, "-i", "-q")[0] == [200, 400]


@pytest.mark.parametrize(
    "request_", [{"JobId": {"x": [1.5, None, "\u00e9\U0001f600"]}, "": 10**20, 'a"b': True}, {}, {"self": 1}]
)
def test_python_sends_what_was_sent(tmp_path: Path, request_: dict[str, object]) -> None:
    """Byte for byte, whatever boto3 thinks of it, signed by its tenant; and no answer is told as none."""
    call = Call("translate", "StopTextTranslationJob", TENANT, "c", 0, 0.5, request_, 400, "x")
    received: list[tuple[bytes, str]] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["Authorization"].split("Credential=")[1].split("/")[0]))
            if len(received) == 1:
                self.send_response(418)
                self.send_header("x-amzn-ErrorType", "ns#Odd:http://x")
                self.end_headers()
                self.wfile.write(b"no json")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Recorder) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        lines = python_lines(
            load("translate"), [call, replace(call, start=0.5, end=1)], f"http://127.0.0.1:{server.server_port}"
        )
        script = "\n".join(lines) + "\n"
        told = subprocess.run([sys.executable, "-I", "-"], input=script, capture_output=True, text=True, cwd=tmp_path)
        server.shutdown()
    assert told.stderr == ""
    answered, unanswered = told.stdout.splitlines()
    assert answered == 'HTTP 418 Odd "no json"'
    assert unanswered.startswith("no answer: ")
    assert [body for body, _ in received] == [json.dumps(request_).encode()] * 2
    ((account,),) = ({account for _, account in received},)
    assert re.fullmatch(r"\d{12}", account)


def test_a_script_that_asks_for_the_old_job_is_told_from_a_right_one(tmp_path: Path) -> None:
    """What is compared here can fail: by an id of the first run nothing is found, and of its rule nothing is seen."""
    flaw = next(f for f in flaws("translate") if f.name == "a stop does not tell the status")
    rule = "translate/a stop tells id and status"
    api = load("translate")
    with Background(Flawed("translate", flaw)) as service:
        run = conform(api, endpoint_target(api, service.url), Options(examples=0, seconds=0))
        (finding,) = (finding for finding in run.findings if finding.rule == rule)
        lines = python_of(run, finding)
        at = next(place for place, line in enumerate(lines) if ".stop_text_translation_job, {'JobId': of(r" in line)
        assert rule in broken(api, finding.calls, run_by_python(lines, tmp_path))
        lines[at] = re.sub(r"of\(r.*?\)", f"'{'0' * 32}'", lines[at])
        assert rule not in broken(api, finding.calls, run_by_python(lines, tmp_path))


@BOTH
def test_what_the_target_said_is_quoted(tmp_path: Path, written: Any, made: Any) -> None:
    """In requests, in what a request takes from a reply, in paths and in comments: nothing of it is executed."""
    translate, dataarts = load("translate"), load("dataarts")
    job = start(0, JobName=HOSTILE, ClientToken="token-1")
    evil = Call(
        "translate", "DescribeTextTranslationJob", TENANT, HOSTILE, 1, 1.5, {"JobId": HOSTILE}, 400, HOSTILE, HOSTILE
    )
    shown = Call(
        "dataarts", "ShowJob", f"{'ab' * 16}/{HOSTILE}", "c", 1, 1.5, {"job_name": HOSTILE}, 400, HOSTILE, HOSTILE
    )
    for api, calls in ((translate, [job, evil, describe("x", 2)]), (dataarts, [shown])):
        with Background(Flawed(api.name, None)) as service:
            lines = written(api, calls, service.url, about=[HOSTILE])
            assert all(line.isprintable() or not line for line in lines)
            statuses, _ = made(lines, tmp_path)
        assert len(statuses) == len(calls)
        assert all(status >= 400 for status in statuses)
    assert list(tmp_path.iterdir()) == []
    assert visible("a\nb\u202ec") == "a\\nb\\u202ec"


def test_a_hostile_reply_is_quoted(tmp_path: Path) -> None:
    """An id of the new reply may be anything."""
    given = start(0)
    lines = curl_lines(load("translate"), [given, describe(given.reply["JobId"], 1)])
    reply = tmp_path / "reply.json"
    reply.write_text(json.dumps({"JobId": HOSTILE}))
    at = next(place for place, line in enumerate(lines) if line.startswith("call()"))
    fake = ["call() { case $3 in Start*) cat reply.json;; *) printf '%s\\n' \"$4\";; esac; }"]
    told = subprocess.run(
        ["bash"], input="\n".join([*lines[:at], *fake, *lines[at + 4 :]]), capture_output=True, text=True, cwd=tmp_path
    )
    assert json.loads(told.stdout.splitlines()[-1]) == {"JobId": HOSTILE}
    assert list(tmp_path.iterdir()) == [reply]


def test_shared_tenants_keep_their_account_and_get_new_names(tmp_path: Path) -> None:
    """Credentials come from the environment, a stranger's too."""
    other = Call("translate", "DescribeTextTranslationJob", "444455556666/us-east-1", "c", 1, 1.5, {"JobId": "x"}, 400)
    calls = [start(0, ClientToken="token-660123", JobName="job-660123001"), other]
    lines = curl_lines(load("translate"), calls, "https://example.test", shared=True)
    text = "\n".join(lines)
    assert "own=111122223333\n" in text
    assert 'AWS_ACCESS_KEY_ID="$OTHER_ACCESS_KEY_ID"' in text
    fake = ["call() { printf '%s\\n' \"$4\"; }"]
    at = next(place for place, line in enumerate(lines) if line.startswith("call()"))
    told = subprocess.run(
        ["bash"], input="\n".join([*lines[:at], *fake, *lines[at + 4 :]]), capture_output=True, text=True, cwd=tmp_path
    )
    made = json.loads(told.stdout.splitlines()[0])
    assert made["DataAccessRoleArn"] == JOB["DataAccessRoleArn"]
    token, name = (int(made[member].rpartition("-")[2]) for member in ("ClientToken", "JobName"))
    assert token - 660123 == name - 660123001 > 0
    assert (token - 660123) % 60 == 0


@pytest.mark.parametrize("profile", [None, "stranger"])
def test_python_calls_in_shared_tenants_as_configured(tmp_path: Path, profile: str | None) -> None:
    """Their account is kept, names are new, a stranger has a profile of its own."""
    other = Call("translate", "DescribeTextTranslationJob", "444455556666/us-east-1", "c", 1, 1.5, {"JobId": "x"}, 400)
    calls = [start(0, ClientToken="token-660123", JobName="job-660123001"), *([other] if profile else [])]
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = 111122223333\naws_secret_access_key = s\n"
        "[stranger]\naws_access_key_id = 444455556666\naws_secret_access_key = s\n"
    )
    with Background(Flawed("translate", None)) as service:
        lines = python_lines(load("translate"), calls, service.url, shared=True)
        assert "own = '111122223333'" in lines
        environment = {
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_CONFIG_FILE": str(tmp_path / "none"),
            **({"OTHER_PROFILE": profile} if profile else {}),
        }
        lines.append("print('NUMBERS', shift % 60, shift > 0)")
        script = "\n".join(lines) + "\n"
        told = subprocess.run(
            [sys.executable, "-I", "-"], input=script, capture_output=True, text=True, env=environment
        )
    assert told.stderr == ""
    statuses = re.findall(r"^HTTP (\d+)", told.stdout, re.MULTILINE)
    assert statuses == ["200", "400"][: len(calls)]
    assert told.stdout.endswith("\nNUMBERS 0 True\n")
    (line,) = (line for line in lines if line.startswith("r1 = "))
    assert "'token-' + str(660123 + shift)" in line
    assert "'job-' + str(660123001 + shift)" in line
    assert "'arn:aws:iam::111122223333:role/translator'" in line


def test_they_are_printed_on_request() -> None:
    """With each deviation, and as a member of its JSON."""
    flaw = next(f for f in flaws("translate") if f.name == "read of an unknown id: wrong code")
    with Background(Flawed("translate", flaw)) as service:
        run = conform(load("translate"), endpoint_target(load("translate"), service.url), Options(examples=0))
    (finding,) = run.findings
    script, python = script_of(run, finding), python_of(run, finding)
    assert list(render(run, curl=True))[-len(script) :] == script
    assert list(render(run, python=True))[-len(python) :] == python
    assert not {*script, *python} - {""} & set(render(run))
    (told,) = as_json(run)["violations"]
    assert (told["script"], told["python"]) == (script, python)

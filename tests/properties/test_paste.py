"""Lines for a shell, really executed: they show the deviation on a flawed service, and nothing on one that conforms."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from haltspec.apis import load
from haltspec.trace import Call
from haltspec.wire.server import Background
from haltspec_properties.conform import Options, conform, render, script_of
from haltspec_properties.flaws import Flawed, flaws
from haltspec_properties.paste import curl_lines, visible
from haltspec_properties.targets import endpoint_target

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


@pytest.mark.parametrize(
    ("api", "flaw", "rule"),
    [
        ("translate", "tokens are ignored", "translate/a repeated token makes no second job"),
        ("translate", "orders on unknown ids are accepted", "translate/job/unknown id is not stopped"),
        ("translate", "bad input is a server error", "translate/a fault is one of the declared errors"),
        ("translate", "every page is the first", "translate/pages lead on"),
        ("dataarts", "a stop changes nothing", "dataarts/job/SCHEDULING/? does not follow batch STOPPED"),
    ],
)
def test_the_lines_show_the_deviation(tmp_path: Path, api: str, flaw: str, rule: str) -> None:
    """As the run saw it; pasted twice; and on a service that conforms they show something else."""
    loaded = load(api)
    with Background(Flawed(api, next(f for f in flaws(api) if f.name == flaw))) as service:
        target = endpoint_target(loaded, service.url)
        hurried = replace(target, wait=lambda seconds: time.sleep(seconds if seconds < 1 else 0))
        run = conform(loaded, hurried, Options(examples=0, patience=0.5))
        (finding,) = (finding for finding in run.findings if finding.rule == rule)
        assert finding.back == finding.replays
        lines = script_of(run, finding)
        once, twice = (pasted(lines, tmp_path) for _ in range(2))
        wrong = once[0], [_shown(body, once[1]) for body in once[1]]
        assert once[0] == twice[0] == [call.status for call in finding.calls]
    assert lines[0] == f"# {rule} ({finding.grade})"
    with Background(Flawed(api, None)) as service:
        at = lines.index(f"endpoint={run.address}")
        right = pasted([*lines[:at], f"endpoint={service.url}", *lines[at + 1 :]], tmp_path)
    assert (right[0], [_shown(body, right[1]) for body in right[1]]) != wrong


def _shown(body: str, bodies: list[str]) -> str:
    """A reply without times, an id being the number of the first reply that has it."""
    told = re.sub(
        r"\d{10,}(\.\d+)?", "TIME", re.sub(r'"[0-9a-f-]{32,36}"', lambda found: _first(found[0], bodies), body)
    )
    return re.sub(r"\d{12}", "ACCOUNT", told)


def _first(text: str, bodies: list[str]) -> str:
    return str(next(place for place, body in enumerate(bodies) if text in body))


def test_ids_and_pages_come_from_the_new_replies(tmp_path: Path) -> None:
    """A job that was made is asked for by the id it gets now, as another is not."""
    lines = curl_lines(load("translate"), [start(0), describe(f"{0:032}", 1), describe("other", 2)], "ENDPOINT")
    with Background(Flawed("translate", None)) as service:
        lines[lines.index("endpoint=ENDPOINT")] = f"endpoint={service.url}"
        statuses, bodies = pasted(lines, tmp_path)
    assert statuses == [200, 200, 400]
    made, found, refused = map(json.loads, bodies)
    assert found["TextTranslationJobProperties"]["JobId"] == made["JobId"]
    assert refused["__type"].endswith("ResourceNotFoundException")


def test_calls_at_once_are_called_at_once(tmp_path: Path) -> None:
    """And pauses are kept."""
    one, two, later = start(0), start(0.1, ClientToken="token-2"), start(3)
    lines = curl_lines(load("translate"), [one, two, later], "ENDPOINT")
    assert [line for line in lines if line.startswith("sleep")] == ["sleep 2.40"]
    assert sum("&" in line for line in lines) == 2
    with Background(Flawed("translate", None)) as service:
        quick = [line for line in lines if not line.startswith("sleep")]
        quick[quick.index("endpoint=ENDPOINT")] = f"endpoint={service.url}"
        statuses, bodies = pasted(quick, tmp_path)
    assert statuses == [200, 200, 200]
    first, second, again = (json.loads(body)["JobId"] for body in bodies)
    assert again == first != second


def test_what_the_target_said_is_quoted(tmp_path: Path) -> None:
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
        lines = curl_lines(api, calls, about=[HOSTILE])
        assert all(line.isprintable() and "\u202e" not in line for line in lines)
        with Background(Flawed(api.name, None)) as service:
            at = next(place for place, line in enumerate(lines) if line.startswith("endpoint="))
            lines[at] = f"endpoint={service.url}"
            statuses, _ = pasted(lines, tmp_path)
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


def test_they_are_printed_on_request() -> None:
    """With each deviation, and as a member of its JSON."""
    flaw = next(f for f in flaws("translate") if f.name == "read of an unknown id: wrong code")
    with Background(Flawed("translate", flaw)) as service:
        run = conform(load("translate"), endpoint_target(load("translate"), service.url), Options(examples=0))
    (finding,) = run.findings
    text = list(render(run, curl=True))
    script = script_of(run, finding)
    assert text[-len(script) :] == script
    assert not set(script) & set(render(run))

"""Deviations are tried again: on the service that showed them, on one that conforms, and in tenants that are shared."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from haltspec.apis import load
from haltspec.errors import AdapterFailure, BadTrace, Misuse, Unknown
from haltspec.lts import Grade
from haltspec.oracle import Settings, Verdict
from haltspec.trace import Call, to_line
from haltspec.wire.server import Background
from haltspec_properties.again import fresh_numbers, placed, together
from haltspec_properties.conform import Options, Run, Target, as_json, conform, only_made
from haltspec_properties.flaws import Flawed, flaws
from haltspec_properties.replay import Replay, Sought, read_sought, replay, replay_json
from haltspec_properties.targets import endpoint_target

PATIENCE = 0.5
OPTIONS = Options(examples=0, patience=PATIENCE)
FLAWS = {
    "translate": ("tokens are ignored", "translate/a repeated token makes no second job"),
    "dataarts": ("a stop changes nothing", "dataarts/job/SCHEDULING/? does not follow batch STOPPED"),
}


@contextmanager
def service(api: str, name: str | None) -> Iterator[Target]:
    """A service with a flaw, or with none."""
    flaw = next((flaw for flaw in flaws(api) if flaw.name == name), None)
    assert (flaw is None) == (name is None)
    with Background(Flawed(api, flaw)) as running:
        yield hurried(endpoint_target(load(api), running.url))


def hurried(target: Target) -> Target:
    """A target that is not waited for until its lists may lag no longer, which takes 10 s."""
    return replace(target, wait=lambda seconds: time.sleep(seconds if seconds < 2 * PATIENCE else 0))


@pytest.fixture(scope="module", params=FLAWS)
def wrong(request: pytest.FixtureRequest) -> Run:
    """A run that finds a deviation which any replay shows."""
    with service(request.param, FLAWS[request.param][0]) as target:
        return conform(load(request.param), target, OPTIONS)


def sought(folder: Path, run: Run, text: str) -> tuple[Sought, ...]:
    """What a file with this text asks for."""
    file = folder / "file"
    file.write_text(text)
    return read_sought(file, run.api, Settings(patience=PATIENCE))


def tried(run: Run, flaw: str | None, asked: tuple[Sought, ...]) -> Replay:
    """What comes back from a service of the same API."""
    with service(run.api.name, flaw) as target:
        return replay(run.api, target, asked, OPTIONS)


def test_a_deviation_comes_back(wrong: Run, tmp_path: Path) -> None:
    """From a new service with the same flaw, not from one without; and the file may be one violation alone."""
    flaw, rule = FLAWS[wrong.api.name]
    told = as_json(wrong)
    all_of_it = sought(tmp_path, wrong, json.dumps(told))
    assert [one.rule for one in all_of_it] == [entry["rule"] for entry in (*told["violations"], *told["warnings"])]
    (one,) = sought(tmp_path, wrong, json.dumps(next(v for v in told["violations"] if v["rule"] == rule)))
    assert one in all_of_it

    again = tried(wrong, flaw, (one,))
    assert (again.verdict, again.tried[0].back, again.tried[0].replays) == (Verdict.FAIL, 3, 3)
    assert {call.tenant for call in again.tried[0].calls}.isdisjoint(call.tenant for call in one.calls)

    mended = tried(wrong, None, all_of_it)
    assert (mended.verdict, [one.back for one in mended.tried]) == (Verdict.PASS, [0] * len(all_of_it))


def test_the_record_of_a_run_is_replayed(wrong: Run, tmp_path: Path) -> None:
    """Each rule that it breaks is tried."""
    flaw, rule = FLAWS[wrong.api.name]
    asked = sought(tmp_path, wrong, "\n".join(to_line(call) for call in wrong.report.projection.calls))
    assert {one.rule for one in asked} == {finding.rule for finding in (*wrong.findings, *wrong.warnings)}
    (one,) = (one for one in asked if one.rule == rule)
    assert tried(wrong, flaw, (one,)).tried[0].back == 3
    assert tried(wrong, None, (one,)).tried[0].back == 0


def test_what_is_owed_is_waited_for(tmp_path: Path) -> None:
    """A job that never moves is made again and waited for, once."""
    with service("translate", "jobs never move") as target:
        run = conform(load("translate"), target, OPTIONS)
    asked = sought(tmp_path, run, json.dumps(as_json(run)))
    (one,) = (one for one in asked if one.rule == "translate/job/a started job ends")
    assert one.calls[0].operation == "StartTextTranslationJob"
    again = tried(run, "jobs never move", (one,))
    assert (again.verdict, again.tried[0].back, again.tried[0].replays) == (Verdict.FAIL, 1, 1)
    assert tried(run, None, (one,)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("flaw", "rule", "operations"),
    [
        pytest.param(
            "lists show other accounts",
            "translate/job/not listed before it exists",
            ["Start", "List"],
            marks=pytest.mark.slow,
        ),
        ("every page is the first", "translate/pages lead on", ["Start", "Start", "List", "List"]),
    ],
)
def test_calls_stand_alone(tmp_path: Path, flaw: str, rule: str, operations: list[str]) -> None:
    """They make the jobs that they show, though the service that was run against had others; so a new one shows it."""
    with service("translate", flaw) as target:
        run = conform(load("translate"), target, OPTIONS)
    (finding,) = (finding for finding in run.findings if finding.rule == rule)
    assert [call.operation.partition("Text")[0].removesuffix("s") for call in finding.calls] == operations
    asked = sought(tmp_path, replace(run, findings=(finding,)), json.dumps(as_json(replace(run, findings=(finding,)))))
    assert tried(run, flaw, asked).tried[0].back == 3
    assert tried(run, None, asked).tried[0].back == 0


def test_a_deviation_comes_back_where_tenants_are_shared(tmp_path: Path) -> None:
    """In the same project of the same service, where the run's own jobs still are."""
    flaw, rule = FLAWS["dataarts"]
    api = load("dataarts")
    with service("dataarts", flaw) as own:
        target = hurried(endpoint_target(api, own.address, project_id="ab" * 16))
        run = conform(api, target, OPTIONS)
        asked = tuple(one for one in sought(tmp_path, run, json.dumps(as_json(run))) if one.rule == rule)
        again = replay(api, endpoint_target(api, own.address, project_id="ab" * 16), asked, OPTIONS)
    assert again.tried[0].back == 3
    named = [{str(call.request.get("name")) for call in calls} for calls in (asked[0].calls, again.tried[0].calls)]
    assert named[0].isdisjoint(named[1] - {"None"})


def test_what_is_below_the_floor_is_inconclusive(wrong: Run, tmp_path: Path) -> None:
    """It comes back and is no failure."""
    rule = FLAWS[wrong.api.name][1]
    asked = tuple(one for one in sought(tmp_path, wrong, json.dumps(as_json(wrong))) if one.rule == rule)
    again = tried(wrong, FLAWS[wrong.api.name][0], asked)
    weaker = replace(again.tried[0], violation=replace(again.tried[0].violation, grade=Grade.ASSUMED))  # type: ignore[type-var]
    assert replace(again, tried=(weaker,)).verdict is Verdict.INCONCLUSIVE


def test_json_of_a_replay(wrong: Run, tmp_path: Path) -> None:
    """It has what programs rely on, and is itself no file to replay."""
    flaw, rule = FLAWS[wrong.api.name]
    asked = tuple(one for one in sought(tmp_path, wrong, json.dumps(as_json(wrong))) if one.rule == rule)
    told = replay_json(tried(wrong, flaw, asked))
    assert (told["api"], told["verdict"]) == (wrong.api.name, "fail")
    (entry,) = told["replayed"]
    assert (entry["rule"], entry["replays"], entry["back"]) == (rule, 3, 3)
    assert sought(tmp_path, wrong, json.dumps(entry))[0].rule == rule


def test_what_was_tried_is_kept_when_the_target_goes(wrong: Run, tmp_path: Path) -> None:
    """The rest is not tried; a target that was never there is a failure."""
    flaw, rule = FLAWS[wrong.api.name]
    asked = tuple(one for one in sought(tmp_path, wrong, json.dumps(as_json(wrong))) if one.rule == rule) * 2
    seen: list[str] = []
    with service(wrong.api.name, flaw) as target:

        def tell(told: str) -> None:
            seen.append(told)
            if len(seen) == 2:
                raise KeyboardInterrupt

        again = replay(wrong.api, target, asked, OPTIONS, tell)
    assert (len(again.tried), again.tried[0].back, replay_json(again)["ended"]) == (1, 3, "interrupted")
    with pytest.raises(AdapterFailure, match="no answer within"):
        replay(wrong.api, endpoint_target(wrong.api, target.address), asked, OPTIONS)


def test_a_recording_that_breaks_nothing_asks_for_nothing(wrong: Run, tmp_path: Path) -> None:
    first = wrong.report.projection.calls[0]
    assert sought(tmp_path, wrong, to_line(first)) == ()


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("{}", Misuse, "has neither calls nor violations"),
        ('{"violations": [{"rule": "x"}]}', BadTrace, "violation 1: it has no `rule` or no `calls`"),
        ('{"violations": [{"rule": "x", "calls": []}]}', BadTrace, "violation 1:1: there is no call in it"),
        ('{"violations": [{"rule": "x", "calls": [{"api": 1}]}]}', BadTrace, "violation 1:1: "),
        ("not a recording", BadTrace, "file:1: "),
    ],
)
def test_rejects_another_file(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    """The message names the place."""
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(error, match=message):
        read_sought(file, load("translate"), Settings())


def test_rejects_calls_of_another_api(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(to_line(call("a", 0, 1)))
    with pytest.raises(Misuse, match="has calls of translate; replay it as one of translate, not of comprehend"):
        read_sought(file, load("comprehend"), Settings())
    file.write_text(to_line(replace(call("a", 0, 1), operation="NoSuch")))
    with pytest.raises(Unknown, match="unknown operation of translate 'NoSuch'"):
        read_sought(file, load("translate"), Settings())


def test_jobs_that_others_made_are_left_out() -> None:
    """Of a list only what the calls made is kept; and the calls themselves stay as they were."""
    made = replace(
        call("a", 0, 1), operation="StartTextTranslationJob", reply={"JobId": "own", "JobStatus": "SUBMITTED"}
    )
    items = [{"JobId": "own"}, {"JobId": "another"}, {}]
    reply = {"TextTranslationJobPropertiesList": items, "NextToken": "more"}
    listed = replace(call("b", 1, 2), operation="ListTextTranslationJobs", reply=reply)
    alone = only_made(load("translate"), [made, listed])
    assert alone[0] == made
    assert alone[1].reply == {"TextTranslationJobPropertiesList": [{"JobId": "own"}, {}], "NextToken": "more"}
    assert len(items) == 3
    assert only_made(load("translate"), [listed])[0].reply["TextTranslationJobPropertiesList"] == [{}]


def call(client: str, start: float, end: float | None, **request: str) -> Call:
    """A stop, as it may be recorded."""
    status = None if end is None else 200
    return Call("translate", "StopTextTranslationJob", "111122223333/us-east-1", client, start, end, request, status)


def test_calls_that_overlapped_are_made_together() -> None:
    """Those that touch are not; nor is one that was never answered."""
    one, two, three, lost, after = (
        call("a", 0, 3),
        call("b", 1, 2),
        call("a", 3, 4),
        call("a", 3.5, None),
        call("a", 3.6, 5),
    )
    assert list(together([one, two, three, lost, after])) == [[one, two], [three], [lost], [after]]


def test_tenants_of_one_account_stay_of_one() -> None:
    """Whichever comes first; where there are too few, that is told."""
    tenants = ("1/east", "1/west", "2/east")
    assert placed(["8/e", "9/e"], tenants) == {"8/e": "1/east", "9/e": "2/east"}
    assert placed(["8/e", "9/e", "9/w"], tenants) == {"8/e": "2/east", "9/e": "1/east", "9/w": "1/west"}
    with pytest.raises(Misuse, match="the calls are of 2 tenants"):
        placed(["8/e", "9/e"], ("1/east", "1/west"))


def test_names_are_new_where_tenants_are_shared() -> None:
    """Of the same kind, each another; accounts, hexadecimal ids and small numbers stay."""
    kept = "arn:aws:iam::111122223333:role/analyst"
    made = call("a", 0, 1, Name="job-660123001", Token="token-3-660123", Role=kept, JobId="17355945a6", Small="job-12")
    told = fresh_numbers([made], 7)
    assert told == {"660123001": "660543001", "660123": "1080123"}
    assert all((int(new) - int(old)) % 60 == 0 for old, new in told.items())

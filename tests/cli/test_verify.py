"""`haltspec verify`: what it prints, what it says of failures, and its exit codes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from haltspec import apis, services
from haltspec.__main__ import main
from haltspec.lts import Lifecycle, Transition, assumed, internal
from haltspec.verification import run as verification
from haltspec.verification.explore import DEFAULT, View
from haltspec.verification.safety import SAFETY
from haltspec.verification.scenarios import scenarios
from haltspec.verification.worlds import Explorer


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output (without times) and standard error of `haltspec verify`."""
    code = main(["verify", *arguments])
    told = capsys.readouterr()
    return code, re.sub(r"\d+\.\d\d s", "T s", told.out), told.err


def wrong_views(lifecycle: Lifecycle) -> Iterator[View]:
    """A job that comes back from the dead and is never stopped; other lifecycles as they are."""
    rows = lifecycle.rows()
    if lifecycle.name == "job":
        again = Transition("revived", "FAILED", internal("begin"), "IN_PROGRESS", assumed("a mistake made on purpose"))
        never = ("stop took effect", "finished before the stop took effect")
        rows = (*(row for row in rows if row.name not in never), again)
    yield View(DEFAULT, rows)


def test_every_lifecycle_and_scenario_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each lifecycle, then one for each exploration of the reference model, then what was covered."""
    code, out, err = run(capsys, "translate")
    assert (code, err) == (0, "")
    api = apis.load("translate")
    job = api.lifecycle("job")
    lines = out.splitlines()
    properties = len(SAFETY) + len(job.progress)
    assert re.fullmatch(
        rf"translate/job, lifecycle: {len(job.states)} states, \d+ transitions, {len(job.all_rows())} rows, "
        rf"{properties} properties under \d+ choices of readings, T s",
        lines[0],
    )
    assert [line.partition(": ")[0] for line in lines[1:-5]] == [
        "translate/job, one job, two tenants",
        "translate/job, one job and its token",
        "translate/job, one job and its token, two clients at once",
        "translate/job, one token in two tenants",
        "translate/job, two jobs, two tenants",
        "translate/job, three jobs, two tenants",
    ]
    rows = len(job.rows())
    assert lines[-5] == f"translate/job: the reference model took {rows - 3} of {rows} rows"
    assert lines[-4] == (
        "  not 'stop asked, the reply says STOPPED': only under the reading STOPPED of 'status in the reply of a stop'"
    )
    assert re.fullmatch(r"total: 1 API, \d+ states, \d+ transitions, \d+ properties decided, T s: all hold", lines[-1])


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """The machine form has properties with sentences, views, witnesses, and the rows that were not taken."""
    code, out, _ = run(capsys, "dataarts", "--json")
    told = json.loads(out)
    assert (code, told["verdict"]) == (0, "pass")
    (api,) = told["apis"]
    assert (api["api"], api["verdict"]) == ("dataarts", "pass")
    first, second = api["parts"][:2]
    job = apis.load("dataarts").lifecycle("job")
    assert (first["subject"], first["what"], first["states"]) == ("dataarts/job", "lifecycle", len(job.states))
    assert [p["name"] for p in first["properties"]][-len(job.progress) :] == [p.name for p in job.progress]
    assert all(p["holds"] and p["sentence"].endswith(".") for p in first["properties"])
    assert first["views"][0] == DEFAULT and first["views"][-1] == "all readings"
    assert set(first["witnesses"]) == {row.name for row in job.all_rows()}
    assert second["complete"] and second["transitions"] > second["states"]
    assert api["untaken"] == {
        "dataarts/job": {
            "a name is taken in another workspace, or in other letters": (
                "this service knows a name in its workspace only, in the letters it was given in"
            )
        }
    }


@pytest.mark.parametrize("name", apis.NAMES)
def test_every_row_is_taken_or_there_is_a_reason(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly the rows are left out that the service is known to leave out, each for a reason."""
    told = json.loads(run(capsys, name, "--json")[1])
    [api] = told["apis"]
    missed = {(lc.partition("/")[2], row): why for lc, rows in api["untaken"].items() for row, why in rows.items()}
    assert {f"{lifecycle}/{row}": why for (lifecycle, row), why in missed.items()} == services.load(name).untaken
    assert services.load(name).never <= services.load(name).untaken.keys()


def test_rejects_a_row_that_is_not_taken_for_no_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a row is printed as one of which no reason is known."""
    monkeypatch.setattr(services.load("dataarts").__class__, "untaken", {})
    _, out, _ = run(capsys, "dataarts")
    assert "  not 'a name is taken in another workspace, or in other letters': no reason is known\n" in out


def test_rejects_an_unknown_api(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped API is answered with the nearest known one, before anything is explored."""
    code, out, err = run(capsys, "translate", "comprehand")
    assert (code, out) == (2, "")
    assert err == "Error: unknown API 'comprehand'; did you mean comprehend?\n"


def test_rejects_a_wrong_lifecycle_with_the_shortest_path(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure is told with its property, the view, what is wrong, and the steps that show it."""
    monkeypatch.setattr(verification, "views", wrong_views)
    monkeypatch.setattr(verification, "scenarios", lambda api, service: ())
    code, out, _ = run(capsys, "comprehend")
    assert code == 1
    assert (
        "FAIL comprehend/job: nothing leaves a terminal state (the default readings)\n"
        "  row 'revived' leaves the terminal state FAILED for IN_PROGRESS\n"
        "   1. Start [plain] -> SUBMITTED: absent to SUBMITTED (started)\n"
        "   2. fail: SUBMITTED to FAILED (failed while queued)\n"
        "   3. begin: FAILED to IN_PROGRESS (revived)\n"
    ) in out
    assert (
        "FAIL comprehend/job: a stop leads to an end (the default readings)\n"
        "  the service can miss it by itself: in STOP_REQUESTED the service has nothing left to do\n"
        "   1. Start [plain] -> SUBMITTED: absent to SUBMITTED (started)\n"
        "   2. Stop [plain] -> STOP_REQUESTED: SUBMITTED to STOP_REQUESTED (stop asked while queued)\n"
    ) in out
    assert re.search(r"total: 1 API, .*: \d+ failed\n$", out)


def test_a_failure_is_in_the_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine form says which property fails, where, and how."""
    monkeypatch.setattr(verification, "views", wrong_views)
    monkeypatch.setattr(verification, "scenarios", lambda api, service: ())
    code, out, _ = run(capsys, "comprehend", "--json")
    told = json.loads(out)
    assert (code, told["verdict"]) == (1, "fail")
    part = told["apis"][0]["parts"][0]
    failed = {p["name"] for p in part["properties"] if not p["holds"]}
    assert {"nothing leaves a terminal state", "a stop leads to an end"} <= failed
    assert {failure["check"] for failure in part["failures"]} == failed
    assert all(failure["where"] == DEFAULT and failure["message"] for failure in part["failures"])


def test_a_cycle_is_told_apart_from_its_stem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that goes on for ever is told as the steps that lead there, and those that repeat."""

    def cyclic(lifecycle: Lifecycle) -> Iterator[View]:
        gone = ("finished", "failed", "failed while queued")
        back = Transition("put back", "IN_PROGRESS", internal("pause"), "SUBMITTED", assumed("a mistake"))
        yield View(DEFAULT, (*(row for row in lifecycle.rows() if row.name not in gone), back))

    monkeypatch.setattr(verification, "views", cyclic)
    job = apis.load("comprehend").lifecycle("job")
    part = verification.of_lifecycle(job, lambda: 0.0)
    monkeypatch.setattr("haltspec.commands.verify.verify", lambda *_args, **_more: iter([part]))
    _, out, _ = run(capsys, "comprehend")
    assert (
        "FAIL comprehend/job: a started job ends (the default readings)\n"
        "  the service can miss it by itself: the cycle below is fair and can go on for ever\n"
        "   1. Start [plain] -> SUBMITTED: absent to SUBMITTED (started)\n"
        "  and then for ever:\n"
        "   2. begin: SUBMITTED to IN_PROGRESS (picked up)\n"
        "   3. pause: IN_PROGRESS to SUBMITTED (put back)\n"
    ) in out


def test_an_exploration_that_a_limit_ended_is_inconclusive(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing failed, but not everything was seen: exit code 3."""
    monkeypatch.setattr(verification, "Explorer", partial(Explorer, limit=2))
    monkeypatch.setattr(verification, "scenarios", lambda api, s: [x for x in scenarios(api, s) if not x.clients])
    code, out, _ = run(capsys, "translate")
    assert code == 3
    assert out.count(", NOT COMPLETE\n") == 4
    assert out.endswith("all hold, 4 not complete\n")


def test_progress_is_told_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is being explored stands on standard error while it lasts, and is wiped out."""
    monkeypatch.setattr(verification, "scenarios", lambda api, s: ())
    _, _, silent = run(capsys, "translate")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, out, err = run(capsys, "translate")
    assert silent == ""
    assert err.startswith("\r") and "exploring translate ..." in err and err.endswith("\r\x1b[2K")
    assert "exploring" not in out

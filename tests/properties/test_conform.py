"""Conformance runs against moto as released, the reference model, and reference models broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from haltspec import services
from haltspec.apis import NAMES, load
from haltspec.lts import Call as CallLabel
from haltspec.lts import Reply, Role
from haltspec.observe import succeeded
from haltspec.oracle import Settings, Verdict, judge
from haltspec.reference import Reference, Schedule
from haltspec.report import cite
from haltspec.services.comprehend import Comprehend
from haltspec.spec import Binding, reach
from haltspec.trace import read, to_line
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.conform import Options, Run, Target, as_json, conform, render
from haltspec_properties.targets import MotoTarget, reference_target

PINNED = json.loads((Path(__file__).parent / "data" / "moto-comprehend.json").read_text())
"""For each version of moto the rules it was seen to break, each confirmed by hand."""

EIGHT = (
    "comprehend/replies have the documented types/JobId",  # ids longer than 32
    "comprehend/job/unknown id is not stopped",  # the wrong error for an unknown id
    "comprehend/a description shows the job",  # kinds that are not kept apart
    "comprehend/a repeated token makes no second job",  # tokens ignored
    "comprehend/replies have the documented types/SubmitTime",  # times as strings
    "comprehend/a page is no longer than asked for",  # paging ignored
    "comprehend/a fault is one of the declared errors",  # server errors on bad input
    "comprehend/job/a started job ends",  # jobs that never advance
)


@pytest.fixture(scope="module")
def moto() -> Iterator[Run]:
    """One run against moto's server."""
    api = load("comprehend")
    with MotoTarget() as target:
        tested = Target(target.name, target.adapter(api), services.load("comprehend").tenants)
        yield conform(api, tested, Options(examples=2, patience=0.5))


def test_moto_breaks_the_eight_known_rules(moto: Run) -> None:
    """Every deviation that was known beforehand is found."""
    assert set(EIGHT) <= {finding.rule for finding in moto.findings}


def test_moto_deviates_as_pinned(moto: Run) -> None:
    """A run finds the deviations pinned for this version of moto, no more and no fewer."""
    pinned = PINNED.get(moto.target)
    if pinned is None:  # a newer release: what was wrong may be mended, the run itself must still hold
        assert moto.verdict in (Verdict.FAIL, Verdict.PASS)
        return
    assert sorted(finding.rule for finding in moto.findings) == sorted(pinned)
    assert moto.warnings == ()


def test_every_deviation_of_moto_comes_back(moto: Run) -> None:
    """What one answer shows comes back in each replay of the shrunk calls; what waiting shows is not replayed."""
    for finding in moto.findings:
        assert finding.back == finding.replays, finding.rule
        assert finding.replays == 3 or " ends" in finding.rule or "leads to" in finding.rule


def test_deviations_shrink(moto: Run) -> None:
    """The calls that show a deviation are few: one or two but for paging (a page's worth of jobs) and a stop."""
    sizes = {finding.rule: len(finding.calls) for finding in moto.findings}
    assert sizes["comprehend/replies have the documented types/JobId"] == 1
    assert sizes["comprehend/a repeated token makes no second job"] == 2
    assert sizes["comprehend/a page is no longer than asked for"] == 3
    assert sizes["comprehend/training/unknown model is not deleted"] == 1
    assert sizes["comprehend/a model that a job uses is not deleted"] == 3
    assert sorted(sizes.values())[-2] <= 3


def test_record_is_judged_the_same(moto: Run) -> None:
    """The run's calls, written as a trace and read again, break the same rules."""
    lines = [to_line(call) for call in moto.report.projection.calls]
    again = judge(load("comprehend"), read(lines, name="record"), Settings(patience=0.5))
    assert {v.rule for v in again.violations} == {finding.rule for finding in moto.findings}


def test_json_of_a_run(moto: Run) -> None:
    """The JSON of a run has the members that programs rely on."""
    told = as_json(moto)
    assert {"api", "target", "verdict", "violations", "coverage", "requests", "seconds"} <= told.keys()
    assert told["verdict"] == "fail"
    first = told["violations"][0]
    assert {"rule", "grade", "source", "message", "calls", "seen", "replays"} <= first.keys()
    assert told["coverage"]["taken"] + len(told["coverage"]["missed"]) == told["coverage"]["rows"]
    assert list(read([json.dumps(call) for call in first["calls"]], name="calls"))


def test_text_of_a_run_names_rule_grade_and_source(moto: Run) -> None:
    """Each deviation is told with its rule, grade, source and calls."""
    text = "\n".join(render(moto))
    for finding in moto.findings:
        assert f"{finding.grade!s:8} {finding.rule}" in text
        assert f"source: {cite(moto.api, finding.source)}; seen" in text


@pytest.mark.parametrize("api", NAMES)
def test_reference_model_conforms(api: str) -> None:
    """The reference model, moving by itself, shows no deviation."""
    run = conform(load(api), reference_target(load(api)), Options(examples=10))
    assert (run.verdict, run.findings, run.warnings) == (Verdict.PASS, (), ())


@pytest.mark.parametrize("api_name", NAMES)
def test_what_a_job_is_to_keep_is_given(api_name: str) -> None:
    """The stories alone give jobs every member that a rule says is as given, or is kept: else it could be forgotten."""
    api = load(api_name)
    run = conform(api, reference_target(api, seed=1), Options(examples=0))
    given: dict[str, set[str]] = {}
    for call in filter(succeeded, run.report.projection.calls):
        for binding in api.bound(call.operation):
            if api.role(binding).role is Role.CREATE:
                given.setdefault(binding.lifecycle, set()).update(call.request)
                given[binding.lifecycle] |= {
                    f"{m}.{n}" for m, v in call.request.items() if isinstance(v, dict) for n in v
                }
    for lifecycle in api.lifecycles:
        kept = [rule.name.removesuffix(" is as given").removesuffix(" is kept") for rule in lifecycle.rules]
        named = {
            name for name, rule in zip(kept, lifecycle.rules, strict=True) if name != rule.name and " " not in name
        }
        assert named <= given[lifecycle.name], lifecycle.name
    assert api_name != "comprehend" or "InputDataConfig.InputFormat" in given["job"]


@pytest.mark.parametrize("api_name", ["comprehend", "translate"])
def test_lists_are_asked_for_a_name_that_a_job_has(api_name: str) -> None:
    """The stories filter lists of every kind by the name of a job that is in them."""
    api = load(api_name)
    run = conform(api, reference_target(api), Options(examples=0))
    found = set[str]()
    for call in filter(succeeded, run.report.projection.calls):
        for binding in api.bound(call.operation):
            if binding.items is not None and "JobName" in (call.request.get("Filter") or {}):
                found |= {binding.kind} if reach(call.reply, binding.items) else set()
    assert found == {b.kind for b in api.bindings if b.items is not None and b.lifecycle in ("job", "unstoppable")}


@dataclass
class Clock:
    """A clock that goes on a little with every look."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.002
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def broken(service: Comprehend | None = None, **changes: Reply) -> Target:
    """A Comprehend reference model with rows of jobs that answer something else, or another service."""
    api, clock = load("comprehend"), Clock()
    rows = []
    for row in api.lifecycle("job").rows():
        wrong = changes.get(row.name.replace(" ", "_"))
        if wrong is not None and isinstance(row.label, CallLabel):
            row = type(row)(row.name, row.states, replace(row.label, reply=wrong), row.target, row.source)
        rows.append(row)
    quick = Schedule(default=(0.05, 0.3))
    model = Reference(api, clock=clock, seed=1, rows={"job": tuple(rows)}, schedule=quick, service=service)
    return Target("broken", ReferenceAdapter(model), model.service.tenants, clock.wait)


def test_rejects_a_stop_of_a_finished_job_that_is_answered() -> None:
    """A finished job whose stop is answered is found, with the creation and the calls that show it."""
    target = broken(a_finished_job_cannot_be_stopped=Reply(None, ("STOPPED",)))
    run = conform(load("comprehend"), target, Options(examples=30))
    rules = {finding.rule for finding in run.findings}
    assert "comprehend/job/a finished job cannot be stopped" in rules
    # A job that ended before its stop was answered STOPPED may have been running still, for all that was seen: then it is
    # the stop of a running job that answers wrongly. And it is shown as COMPLETED afterwards.
    others = {"comprehend/job/nothing leaves STOPPED", "comprehend/job/stop asked"}
    assert rules - others == {"comprehend/job/a finished job cannot be stopped"}
    assert run.verdict is Verdict.FAIL


def test_rejects_another_error_for_an_unknown_id() -> None:
    """A wrong code for an unknown id is shown by one call."""
    run = conform(load("comprehend"), broken(unknown_id_is_not_stopped=Reply("InvalidRequestException")), Options(0))
    (finding,) = run.findings
    assert finding.rule == "comprehend/job/unknown id is not stopped"
    assert [call.operation for call in finding.calls] == ["StopEntitiesDetectionJob"]


class Leaky(Comprehend):
    """A service whose lists forget the page size."""

    def page_size(self, binding: Binding, request: object) -> int:
        """Everything on one page."""
        return 10_000


def test_rejects_pages_longer_than_asked_for() -> None:
    """A list that ignores its page size is found, and shown by two jobs and a list."""
    run = conform(load("comprehend"), broken(Leaky()), Options(0))
    rules = {f.rule: len(f.calls) for f in run.findings}
    assert rules["comprehend/a page is no longer than asked for"] == 3

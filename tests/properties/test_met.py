"""Which rules a run met: what no call could have told has not passed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest

from haltspec.apis import NAMES, load
from haltspec.oracle import Report, judge
from haltspec.rules import CallRule, Exchange
from haltspec.trace import Call
from haltspec_properties.conform import Options, Run, conform
from haltspec_properties.met import met
from haltspec_properties.named import named_rules
from haltspec_properties.reports.junit import junit
from haltspec_properties.targets import reference_target

NEVER = {
    "a fault is one of the declared errors",  # the model never fails
    "what was done shows at once",  # of APIs whose documents leave nothing open
}
UNMET = {
    "comprehend": {
        "comprehend/job/EntityRecognizerArn is kept",
        "comprehend/unstoppable/DocumentClassifierArn is kept",
    },
    "devicefarm": {"devicefarm/job/a job stopped after its tests started is billed"},  # takes a minute
    "rekognition": {
        "rekognition/project/a deleted project disappears",
        "rekognition/version/EvaluationResult is present when COPYING_COMPLETED",
    },
}
"""What stories alone may leave unmet."""


@cache
def right(name: str) -> Run:
    """A run of stories against the reference model."""
    return conform(load(name), reference_target(load(name)), Options(examples=0))


@pytest.mark.parametrize("name", NAMES)
def test_a_run_meets_the_rules(name: str) -> None:
    """Nearly all rules besides rows are met by the stories: what breaks one is found among answers a little different."""
    run = right(name)
    others = {rule.name for rule in named_rules(name).values() if not rule.row}
    unmet = others - met(run.api, run.report)
    assert unmet <= {f"{name}/{rule}" for rule in NEVER} | UNMET.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_met_where_nothing_was_asked(name: str) -> None:
    assert met(load(name), judge(load(name), [])) == frozenset()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_out_meets_only_rules_on_errors(name: str) -> None:
    """In the report nothing passes but what all the refusals keep; and nothing else is a rule that was not there."""
    run = right(name)
    code = "APIGW.0301" if name == "dataarts" else "AccessDeniedException"
    status = 401 if name == "dataarts" else 400
    calls = [replace(c, status=status, error=code, reply={}) for c in run.report.projection.calls]
    shut = replace(run, report=judge(run.api, calls))
    cases = list(ElementTree.fromstring(junit(shut)).iter("testcase"))
    passed = {case.get("name") for case in cases if case.find("skipped") is None}
    assert passed == {"errors are declared", "errors have their documented HTTP status"}
    assert len(cases) == len(named_rules(name))


def seen(*statuses: str) -> Report:
    """A report on a job of Translate that was made and then described, once with each of these statuses."""
    shown: dict[str, dict[str, Call]] = {}
    for call in right("translate").report.projection.calls:
        if call.status == 200 and call.operation == "StartTextTranslationJob":
            shown.setdefault(call.reply["JobId"], {}).setdefault("", call)
        elif call.status == 200 and call.operation == "DescribeTextTranslationJob":
            status = call.reply["TextTranslationJobProperties"]["JobStatus"]
            shown.setdefault(call.request["JobId"], {}).setdefault(status, call)
    views = next(views for views in shown.values() if {"", "SUBMITTED", "COMPLETED"} <= views.keys())
    return judge(load("translate"), [views[status] for status in ("", *statuses)])


def test_a_rule_is_met_where_another_answer_would_break_it() -> None:
    """That the end is shown at the end is met by a job that ended; that a time stays the same by two views of it."""
    api = load("translate")
    began, ended = met(api, seen("SUBMITTED")), met(api, seen("SUBMITTED", "COMPLETED"))
    only_ended = {
        next(name for name in named_rules("translate") if name.startswith("translate/job/EndTime is present when")),
        "translate/job/SubmittedTime never changes",
    }
    assert not only_ended & began
    assert {"translate/job/a started job ends", "translate/job/an id is given once"} <= began
    assert only_ended <= ended


def test_a_rule_that_cannot_look_at_a_value_goes_on() -> None:
    """Of the values that an answer might have, those that a rule does not reckon with tell nothing of it."""
    api = load("translate")

    def check(exchange: Exchange) -> str | None:
        return "wrong" if (exchange.reply or {})["JobStatus"].startswith("another") else None

    rule = CallRule("a rule", "It reckons with texts alone.", api.rules[0].source, check)
    for told, is_met in ((rule, True), (replace(rule, check=lambda _exchange: None), False)):
        longer = replace(api, rules=(*api.rules, told))
        assert ("translate/a rule" in met(longer, seen("SUBMITTED"))) is is_met

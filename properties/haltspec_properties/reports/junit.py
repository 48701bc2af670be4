"""A run as JUnit XML: a suite for each lifecycle, a case for each named rule, so that build servers show them.

A broken rule is a failure, one that the baseline accepts is skipped, and so is one that no call of the run met (see
`haltspec_properties.met`): what was not tried has not passed. A rule that only warns passes and says so in its output.
"""

from __future__ import annotations

from typing import Any

from haltspec_properties.conform import INTERRUPTED, Finding, Run, finding_lines
from haltspec_properties.met import met
from haltspec_properties.named import NamedRule
from haltspec_properties.reports import by_rule, legal, library


def junit(run: Run) -> bytes:
    """The file's content; raises `Misuse` if the library is not installed."""
    xml = library("junitparser")
    suites = {}
    tried = met(run.api, run.report)
    for rule, found in by_rule(run).items():
        if rule.place not in suites:
            suites[rule.place] = xml.TestSuite(rule.place)
        suites[rule.place].add_testcase(_case(xml, run, rule, found, is_met=rule.name in tried))
    first = next(iter(suites.values()))
    first.time = round(run.seconds, 3)
    for name, value in (("target", run.target), ("requests", run.requests), ("verdict", run.verdict.value)):
        first.add_property(name, legal(str(value)))
    document = xml.JUnitXml(f"haltspec conform {run.api.name}")
    for suite in suites.values():
        document.add_testsuite(suite)
    return bytes(document.tostring())


def _case(xml: Any, run: Run, rule: NamedRule, found: list[Finding], *, is_met: bool) -> Any:
    case = xml.TestCase(rule.name.rpartition("/")[2], f"haltspec.{rule.place.replace('/', '.')}")
    failing = [finding for finding in found if finding in run.findings]
    accepted = [finding for finding in found if finding in run.accepted]
    if failing:
        first = failing[0]
        text = "\n\n".join("\n".join(finding_lines(run, finding)) for finding in failing)
        failure = xml.Failure(legal(first.violation.message), str(first.grade))
        failure.text = legal(text)
        case.result = [failure]
    elif accepted:
        case.result = [xml.Skipped(legal(f"accepted by the baseline: {accepted[0].violation.message}"))]
    elif found:
        case.system_out = legal("\n\n".join("\n".join(finding_lines(run, finding)) for finding in found))
    elif run.ended is not None:
        case.result = [xml.Skipped(legal(f"the run ended early: {str(run.ended) or INTERRUPTED}"))]
    elif not is_met:
        case.result = [xml.Skipped("no call of this run met it")]
    return case

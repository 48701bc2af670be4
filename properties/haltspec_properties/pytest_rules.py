"""pytest items of a conformance run: one for each named rule of an API; the first of them makes the run."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from haltspec.apis import load
from haltspec.errors import HaltspecError, Misuse, Unknown
from haltspec.lts import Grade
from haltspec_properties.baseline import Baseline, read_baseline
from haltspec_properties.conform import Finding, Options, Run, Target, conform, finding_lines, script_of
from haltspec_properties.named import NamedRule, named_rule, named_rules
from haltspec_properties.targets import endpoint_target

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

MISUSE = 2
OTHERS = "rules without a name of their own"


class Broken(Exception):
    """A rule is broken: the texts of the findings that show it."""


class RulesOfApi(pytest.Collector):
    """All named rules of the API that the command line names."""

    run: Run | None = None

    def collect(self) -> Iterator[RuleItem]:
        """An item for each rule, and one for whatever else a run may find."""
        api = load(self.config.getoption("haltspec_api"))
        for name, rule in named_rules(api.name).items():
            yield RuleItem.from_parent(self, name=name, rule=rule)
        yield RuleItem.from_parent(self, name=f"{api.name}/{OTHERS}", rule=None)

    def judged(self) -> Run:
        """The run; made by whoever asks first."""
        if self.run is None:
            try:
                self.run = _conformed(self.config)
            except HaltspecError as error:
                pytest.exit(str(error), MISUSE)
        return self.run


class RuleItem(pytest.Item):
    """A rule of an API; it fails with what was found to break it."""

    def __init__(self, *, rule: NamedRule | None, **options: Any) -> None:
        super().__init__(**options)
        self.rule = rule

    def runtest(self) -> None:
        """Look at what the run found.

        Raises:
            Broken: the rule is broken.
        """
        assert isinstance(self.parent, RulesOfApi)
        run = self.parent.judged()
        failing, warning, accepted = (self._own(run, fs) for fs in (run.findings, run.warnings, run.accepted))
        if failing:
            raise Broken("\n\n".join(_text(run, finding) for finding in failing))
        if accepted:  # it is broken, as the user's baseline expects
            pytest.xfail(f"accepted by the baseline: {accepted[0].violation.message}")
        if warning:
            self.add_report_section("call", "warning", "\n\n".join(_text(run, finding) for finding in warning))
        elif run.ended is not None:  # what came after was never tried, so nothing may count as passed
            pytest.skip(f"the run ended early: {str(run.ended) or 'interrupted'}")
        elif self.rule is not None and self.rule.row and not run.report.taken.get(self.rule.row):
            # what was not tried has not passed
            pytest.skip("no call of the run met it")

    def _own(self, run: Run, findings: tuple[Finding, ...]) -> list[Finding]:
        known = named_rules(run.api.name)
        if self.rule is None:
            return [f for f in findings if named_rule(run.api, f.rule).name not in known]
        return [f for f in findings if named_rule(run.api, f.rule).name == self.rule.name]

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """What was found, without the stack that led to it."""
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The rule, where pytest names a test."""
        return self.path, None, self.name


def _conformed(config: pytest.Config) -> Run:
    """The run that the command line asks for."""
    given = config.getoption
    api = load(given("haltspec_api"))
    file = given("haltspec_baseline")
    known = read_baseline(file, api) if file is not None else Baseline(api.name)
    tenancy = {name: given(f"haltspec_{name}") for name in ("other_profile", "project_id", "workspace")}
    target = endpoint_target(api, str(given("haltspec_endpoint")), **tenancy)
    options = {name: given(f"haltspec_{name}") for name in ("examples", "seconds", "patience", "seed")}
    floor = Grade[str(given("haltspec_floor")).upper()]
    made = Options(**{name: value for name, value in options.items() if value is not None}, floor=floor)
    return known.apply(conform(api, target, made, accepts=known.accepts))


def conform_in_process(api_name: str, target: Target, *, baseline: str | Path | None = None, **options: Any) -> Run:
    """What the fixture `haltspec_conform` gives: a run, after the test has failed if anything was found.

    Args:
        api_name: the API's name.
        target: the implementation.
        baseline: a file of accepted deviations.
        options: as for `haltspec_properties.conform.Options`.
    """
    try:
        api = load(api_name)
        known = read_baseline(baseline, api) if baseline is not None else Baseline(api.name)
        run = known.apply(conform(api, target, _options(options), accepts=known.accepts))
    except HaltspecError as error:
        pytest.fail("\n\n".join([str(error), *_cause(error)]), pytrace=False)
    if isinstance(run.ended, KeyboardInterrupt):
        raise run.ended
    if run.findings or run.ended is not None:
        ended = [] if run.ended is None else [f"the run ended early: {run.ended}", *_cause(run.ended)]
        texts = ["\n".join(finding_lines(run, finding)) for finding in run.findings]
        pytest.fail("\n\n".join([*ended, *texts]), pytrace=False)
    return run


def _options(given: dict[str, Any]) -> Options:
    """The options of a run; raises `Unknown` for a name that is none, `Misuse` for a floor that is none."""
    known = [field.name for field in fields(Options)]
    for name in given:
        if name not in known:
            raise Unknown("option of haltspec_conform", name, known)
    made = Options(**given)
    if not isinstance(made.floor, Grade):
        raise Misuse(f"floor is {made.floor!r}", "give a haltspec.lts.Grade, as in Grade.STATED")
    return made


def _cause(error: HaltspecError) -> list[str]:
    """What an adapter raised, with its stack; nothing if it was not its own."""
    return [] if error.__cause__ is None else ["".join(traceback.format_exception(error.__cause__)).rstrip()]


def _text(run: Run, finding: Finding) -> str:
    return "\n".join([*finding_lines(run, finding), "", *script_of(run, finding)])

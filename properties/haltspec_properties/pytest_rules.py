"""pytest items of a conformance run: one for each named rule of an API; the first of them makes the run.

One more fails if something was not tested, so that what tells nothing is not green.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from haltspec.apis import load
from haltspec.errors import HaltspecError, Misuse, Unknown, visible
from haltspec.lts import Grade
from haltspec_properties.baseline import Baseline, read_baseline
from haltspec_properties.conform import Finding, Options, Run, Target, conform, finding_lines, script_of
from haltspec_properties.met import met
from haltspec_properties.named import NamedRule, named_rule, named_rules
from haltspec_properties.targets import endpoint_target

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

MISUSE = 2
OTHERS = "rules without a name of their own"
TESTED = "every operation is tested"


class Broken(Exception):
    """A rule is broken: the texts of the findings that show it."""


class RulesOfApi(pytest.Collector):
    """All named rules of the API that the command line names."""

    run: Run | None = None
    met: frozenset[str] = frozenset()

    def collect(self) -> Iterator[RuleItem | AllTested]:
        """An item for each rule, one for whatever else a run may find, and one for what it was told nothing of."""
        api = load(self.config.getoption("haltspec_api"))
        for name, rule in named_rules(api.name).items():
            yield RuleItem.from_parent(self, name=name, rule=rule)
        yield RuleItem.from_parent(self, name=f"{api.name}/{OTHERS}", rule=None)
        yield AllTested.from_parent(self, name=f"{api.name}/{TESTED}")

    def judged(self) -> Run:
        """The run; made by whoever asks first."""
        if self.run is None:
            try:
                self.run = _conformed(self.config)
            except HaltspecError as error:
                pytest.exit(str(error), MISUSE)
            self.met = met(self.run.api, self.run.report)
        return self.run


class _Item(pytest.Item):
    """What is told of a run."""

    @property
    def rules(self) -> RulesOfApi:
        """The items of the same run."""
        assert isinstance(self.parent, RulesOfApi)
        return self.parent

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """What was found, without the stack that led to it."""
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The rule, where pytest names a test."""
        return self.path, None, self.name


class AllTested(_Item):
    """That each operation told something; it fails with those that did not."""

    def runtest(self) -> None:
        """Look at what the run was told nothing of.

        Raises:
            Broken: there is such an operation.
        """
        run = self.rules.judged()
        if run.untested:
            raise Broken("\n".join(_untested_texts(run)))
        if run.ended is not None:  # operations that were not called yet are not known to be untested
            pytest.skip(_ended(run))


class RuleItem(_Item):
    """A rule of an API; it fails with what was found to break it."""

    def __init__(self, *, rule: NamedRule | None, **options: Any) -> None:
        super().__init__(**options)
        self.rule = rule

    def runtest(self) -> None:
        """Look at what the run found.

        Raises:
            Broken: the rule is broken.
        """
        run = self.rules.judged()
        failing, warning, accepted = (self._own(run, fs) for fs in (run.findings, run.warnings, run.accepted))
        if failing:
            raise Broken("\n\n".join(_text(run, finding) for finding in failing))
        if accepted:  # it is broken, as the user's baseline expects
            pytest.xfail(f"accepted by the baseline: {accepted[0].violation.message}")
        if warning:
            self.add_report_section("call", "warning", "\n\n".join(_text(run, finding) for finding in warning))
        elif run.ended is not None:  # what came after was never tried, so nothing may count as passed
            pytest.skip(_ended(run))
        elif run.has_no_job if self.rule is None else self.rule.name not in self.rules.met:
            # what was not tried has not passed
            pytest.skip("no call of the run met it")

    def _own(self, run: Run, findings: tuple[Finding, ...]) -> list[Finding]:
        known = named_rules(run.api.name)
        if self.rule is None:
            return [f for f in findings if named_rule(run.api, f.rule).name not in known]
        return [f for f in findings if named_rule(run.api, f.rule).name == self.rule.name]


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
    """What the fixture `haltspec_conform` gives: a run, after the test has failed if anything was found or not tested.

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
    if run.findings or run.untested or run.ended is not None:
        ended = [] if run.ended is None else [_ended(run), *_cause(run.ended)]
        texts = ["\n".join(finding_lines(run, finding)) for finding in run.findings]
        pytest.fail("\n\n".join([*ended, *_untested_texts(run), *texts]), pytrace=False)
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


def _ended(run: Run) -> str:
    return f"the run ended early: {str(run.ended) or 'interrupted'}"


def _untested_texts(run: Run) -> list[str]:
    return [visible(f"not tested: {one}; {one.remedy}") for one in run.untested]


def _text(run: Run, finding: Finding) -> str:
    return "\n".join([*finding_lines(run, finding), "", *script_of(run, finding)])

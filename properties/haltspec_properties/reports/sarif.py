"""A run as SARIF 2.1.0, the format in which code hosts take findings: the grade of a rule is the level of its results.

`stated` is an error, `implied` a warning, `assumed` a note. Where the run's record was written, a result points to the
line of the call that breaks the rule. What the baseline accepts is suppressed and unchanged, the rest is new.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from haltspec import __version__
from haltspec.lts import Grade
from haltspec.report import cite
from haltspec_properties.conform import Finding, Run, finding_lines
from haltspec_properties.named import NamedRule, named_rule
from haltspec_properties.reports import by_rule, library

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final[Mapping[Grade, str]] = {Grade.STATED: "error", Grade.IMPLIED: "warning", Grade.ASSUMED: "note"}


def sarif(run: Run, *, record: str | None = None, reasons: Mapping[str, str] | None = None) -> str:
    """The file's text.

    Args:
        run: the run.
        record: the path of the run's record, as it is known to whoever reads the file; None if there is none.
        reasons: why rules are accepted by the baseline, as far as it says so.

    Raises:
        Misuse: the library is not installed.
    """
    om = library("sarif_om")
    rules = list(by_rule(run))
    tool = om.Tool(
        driver=om.ToolComponent(
            name="haltspec",
            version=__version__,
            semantic_version=__version__,
            rules=[_descriptor(om, run, rule) for rule in rules],
        )
    )
    results = []
    for finding in (*run.findings, *run.warnings, *run.accepted):
        index = rules.index(named_rule(run.api, finding.rule))
        results.append(_result(om, run, finding, rules[index].name, index, record, reasons or {}))
    log = om.SarifLog(
        version="2.1.0",
        schema_uri=SCHEMA,
        runs=[
            om.Run(
                tool=tool,
                results=results,
                invocations=[om.Invocation(execution_successful=run.ended is None)],
                column_kind="unicodeCodePoints",
                automation_details=om.RunAutomationDetails(id=f"haltspec/{run.api.name}/"),
                properties={"target": run.target, "requests": run.requests, "verdict": run.verdict.value},
            )
        ],
    )
    return json.dumps(_plain(log), indent=1) + "\n"


def _descriptor(om: Any, run: Run, rule: NamedRule) -> Any:
    words = rule.name.rpartition("/")[2]
    told = f"{words} ({rule.grade}" + (f": {cite(run.api, rule.source)})" if rule.source is not None else ")")
    return om.ReportingDescriptor(
        id=rule.name,
        short_description=om.MultiformatMessageString(text=words),
        full_description=om.MultiformatMessageString(text=told),
        default_configuration=om.ReportingConfiguration(level=LEVELS[rule.grade]),
    )


def _result(
    om: Any, run: Run, finding: Finding, rule: str, index: int, record: str | None, reasons: Mapping[str, str]
) -> Any:
    is_accepted = finding in run.accepted
    logical = om.LogicalLocation(
        name=finding.calls[-1].operation,
        fully_qualified_name=f"{run.api.name}.{finding.calls[-1].operation}",
        kind="function",
    )
    location = om.Location(logical_locations=[logical])
    if record is not None:
        location.physical_location = om.PhysicalLocation(
            artifact_location=om.ArtifactLocation(uri=quote(PurePath(record).as_posix())),
            region=om.Region(start_line=finding.violation.calls[-1] + 1),
        )
    result = om.Result(
        rule_id=rule,
        rule_index=index,
        level=LEVELS[finding.grade],
        message=om.Message(text="\n".join(finding_lines(run, finding))),
        locations=[location],
        baseline_state="unchanged" if is_accepted else "new",
        partial_fingerprints={"haltspecRule/v1": finding.rule},
        occurrence_count=finding.seen,
        properties={"grade": str(finding.grade), "replays": finding.replays, "back": finding.back},
    )
    if is_accepted:
        reason = reasons.get(finding.rule) or "accepted by the baseline"
        result.suppressions = [om.Suppression(kind="external", justification=reason)]
    return result


def _plain(value: Any) -> Any:
    """SARIF's objects as JSON values; what has the value that it has when it is left out is left out.

    Not so a level: of a result that has none it is that of the rule.
    """
    attr = library("attr")
    if attr.has(type(value)):
        fields = ((field, getattr(value, field.name)) for field in attr.fields(type(value)))
        return {
            field.metadata["schema_property_name"]: _plain(given)
            for field, given in fields
            if given is not None and (given != field.default or field.name == "level")
        }
    if isinstance(value, Mapping):
        return {name: _plain(given) for name, given in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(given) for given in value]
    return value

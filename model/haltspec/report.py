"""A report in words for people and as JSON for programs: the same facts in both, stable in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from haltspec.lts import Source
from haltspec.observe import Projection
from haltspec.oracle import Pending, Report, Undecided, Verdict, Violation, job_words
from haltspec.spec import Api
from haltspec.trace import Call, to_line

LITTLE: Final = 0.1
"""A smaller share of constrained observations is worth a remark."""

_SHOWN: Final = 3
"""So many jobs with undecided calls are named."""

Style = Callable[[str, str], str]
"""Decorates a text: takes it and one of `fail`, `pass`, `inconclusive`, `stated`, `implied`, `assumed`, `dim`."""


def plain(text: str, _style: str) -> str:
    """No decoration."""
    return text


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAIL if any is, else INCONCLUSIVE if any is, else PASS."""
    found = set(verdicts)
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in found:
            return verdict
    return Verdict.PASS


def exit_code(verdict: Verdict) -> int:
    """0 for a pass, 1 for a failure, 3 if none failed but something is inconclusive."""
    return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}[verdict]


def grouped(violations: Sequence[Violation]) -> dict[str, list[Violation]]:
    """Violations by rule, in order of first appearance."""
    groups: dict[str, list[Violation]] = {}
    for violation in violations:
        groups.setdefault(violation.rule, []).append(violation)
    return groups


def cite(api: Api, source: Source) -> str:
    """A source in full: the document's title and the place in it, or the reason of an assumption."""
    titles = {document.id: document.title for document in api.documents}
    if not source.document:
        return f"ours: {source.section}"
    return f"{titles.get(source.document, source.document)}: {source.section}"


def members(violations: Sequence[Violation], limit: int = 12) -> str:
    """The members that break a rule on shapes, in order of first appearance; empty for other rules."""
    names = list(dict.fromkeys(v.member for v in violations if v.member))
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more if len(names) > 1 else ""


def call_words(call: Call, *, tenant: bool = False) -> str:
    """A call and its answer on one line: operation, request, what came back; with `tenant` also where."""
    where = f"[{call.tenant}] " if tenant else ""
    request = _brief(call.request)
    if call.status is None:
        return f"{where}{call.operation} {request} -> no answer"
    told = f"{call.status} {call.error}" if call.error else f"{call.status} {_brief(call.reply)}"
    return f"{where}{call.operation} {request} -> {told}"


def calls_words(calls: Sequence[Call]) -> Iterator[str]:
    """Calls and their answers, a line each; with their tenants if there are several."""
    several = len({call.tenant for call in calls}) > 1
    return (call_words(call, tenant=several) for call in calls)


def _brief(value: Any, limit: int = 150) -> str:
    text = "" if value is None else json.dumps(value, default=dict, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def render(report: Report, name: str, *, style: Style = plain, show_calls: bool = False) -> Iterator[str]:
    """The report on the recording called `name`, line by line: the verdict, then each broken rule once."""
    share = f"{report.constrained_share:.0%} of {counted(report.observations, 'observation')} constrained"
    head = style(report.verdict.value.upper(), report.verdict.value)
    seen = f"{counted(report.calls, 'call')}, {counted(report.jobs, 'job')}"
    yield f"{name}: {head}  {report.api}, {seen}, {share}"
    if not report.observations:
        yield "  nothing was seen of any job: this says nothing of the lifecycles"
    elif report.constrained_share < LITTLE:
        yield "  hardly any answer could have been wrong: the documents are silent on most of what was asked"
    for number, (rule, found) in enumerate(grouped((*report.violations, *report.warnings)).items(), start=1):
        yield from _violation(number, rule, found, report.projection, style, show_calls)
    if report.pending:
        oldest = max(report.pending, key=lambda owed: owed.age)
        yield f"  {len(report.pending)} pending at the end, e.g. {_owed(oldest)}"
    for unsaid in report.undecided[:_SHOWN]:
        yield f"  undecided: {_unsaid(unsaid, report.projection.calls)}"
    if len(report.undecided) > _SHOWN:
        yield f"  and {counted(len(report.undecided) - _SHOWN, 'more job')} with undecided calls"


def counted(number: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _owed(owed: Pending) -> str:
    return f"{owed.name!r} for {owed.age:.1f} s ({owed.job.id})"


def _unsaid(unsaid: Undecided, calls: Sequence[Call]) -> str:
    places = [calls[index].place for index in (unsaid.calls[0], unsaid.calls[-1]) if calls[index].place]
    where = f" ({' to '.join(dict.fromkeys(places))})" if places else ""
    number = counted(len(unsaid.calls), "call")
    return f"{number} on {job_words(unsaid.job)}{where}: {unsaid.reason}; a larger --budget may do"


def _violation(
    number: int, rule: str, found: Sequence[Violation], projection: Projection, style: Style, show_calls: bool
) -> Iterator[str]:
    calls = projection.calls
    first = min(found, key=lambda v: len(v.calls))
    times = f" ({len(found)} times)" if len(found) > 1 else ""
    yield f"  {number}. {style(f'{first.grade!s:8}', str(first.grade))} {rule}{times}"
    yield f"     {first.message}"
    yield style(f"     source: {cite(projection.api, first.source)}", "dim")
    if members(found):
        yield f"     members: {members(found)}"
    places = [calls[index].place for index in first.calls if calls[index].place]
    if show_calls:
        for line in calls_words([calls[index] for index in first.calls]):
            yield f"       {line}"
    elif places:
        more = f" (last of {len(places)})" if len(places) > 3 else ""
        yield style(f"     at {', '.join(places[-3:])}{more}", "dim")


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON values.

    `api`, `verdict`, `violations` and `warnings` (each `rule`, `grade`, `source`, `message`, `job`, `belief`,
    `possible`, `calls` as trace lines, `places`), `calls`, `jobs`, `observations`, `constrained`, `coverage` (rows
    with how often they were taken), `pending` and `undecided` (calls of which nothing is said, with the reason).
    """
    api, calls = report.projection.api, report.projection.calls
    return {
        "api": report.api,
        "verdict": report.verdict.value,
        "violations": [violation_json(api, v, calls) for v in report.violations],
        "warnings": [violation_json(api, v, calls) for v in report.warnings],
        "calls": report.calls,
        "jobs": report.jobs,
        "observations": report.observations,
        "constrained": report.constrained,
        "coverage": dict(report.taken),
        "pending": [
            {"name": owed.name, "source": cite(api, owed.source), "job": owed.job._asdict(), "age": owed.age}
            for owed in report.pending
        ],
        "undecided": [
            {
                "job": unsaid.job._asdict(),
                "reason": unsaid.reason,
                "calls": len(unsaid.calls),
                "places": [calls[index].place for index in unsaid.calls if calls[index].place],
            }
            for unsaid in report.undecided
        ],
    }


def violation_json(api: Api, violation: Violation, calls: Sequence[Call]) -> dict[str, Any]:
    """One violation as JSON values; see `as_json`."""
    shown = [calls[index] for index in violation.calls]
    job: Mapping[str, Any] | None = violation.job._asdict() if violation.job is not None else None
    return {
        "rule": violation.rule,
        "grade": str(violation.grade),
        "source": cite(api, violation.source),
        "message": violation.message,
        "job": job,
        "belief": list(violation.belief),
        "possible": list(violation.possible),
        "excuse": violation.excuse,
        "calls": [json.loads(to_line(call)) for call in shown],
        "places": [call.place for call in shown if call.place],
    }

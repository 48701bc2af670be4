"""A run as one page of HTML that stands for itself: no script, nothing from elsewhere, no byte of the target is code.

The page has the verdict, each finding with its calls in order and the path they take through the lifecycle, and for
each lifecycle the rows that the run met. Pictures are the drawings of `haltspec_diagrams`, as images within the page,
where nothing in them can act.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from haltspec import __version__
from haltspec.errors import Misuse, visible
from haltspec.lts import Lifecycle
from haltspec.oracle import judge
from haltspec.report import cite
from haltspec.trace import Call
from haltspec_properties.again import together
from haltspec_properties.conform import Finding, Run, python_of, script_of
from haltspec_properties.reports import library

_LONGEST: Final = 4000
"""In characters; of longer requests and replies the beginning is shown."""
_MOST_CALLS: Final = 40
"""Of a longer sequence the last calls are shown."""


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call as a line of the table: when it began in seconds after the first, and with how many others at once."""

    number: int
    after_s: float
    at_once: int
    tenant: str
    operation: str
    request: str
    answer: str
    reply: str
    breaks: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as the address of an image; `same_as` is the finding that has it already."""

    alt: str
    address: str = ""
    same_as: int = 0


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as the page shows it."""

    number: int
    kind: str
    finding: Finding
    source: str
    calls: tuple[ShownCall, ...]
    hidden: int
    picture: Picture | None
    script: str
    python: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """A lifecycle with what the run met of it."""

    title: str
    met: int
    rows: int
    missed: tuple[str, ...]
    picture: Picture | None


def page(run: Run) -> str:
    """The file's text; raises `Misuse` if the library is not installed. Without Graphviz there are no pictures."""
    jinja = library("jinja2")
    environment = jinja.Environment(
        autoescape=True,
        undefined=jinja.StrictUndefined,
        finalize=lambda value: visible(value, "\n\t") if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.from_string(
        files("haltspec_properties.reports").joinpath("page.html").read_text(encoding="utf-8")
    )
    pictures = _Pictures(run)
    kinds = (("deviation", run.findings), ("warning", run.warnings), ("accepted", run.accepted))
    numbered = enumerate(((kind, finding) for kind, found in kinds for finding in found), start=1)
    shown = [_shown(run, number, kind, finding, pictures) for number, (kind, finding) in numbered]
    told: str = template.render(
        run=run,
        ended="" if run.ended is None else str(run.ended) or "interrupted",
        version=__version__,
        findings=shown,
        coverage=[_coverage(run, lifecycle, pictures) for lifecycle in run.api.lifecycles],
        met=sum(1 for row in run.rows if run.report.taken.get(row)),
        has_pictures=pictures.remedy == "",
        remedy=pictures.remedy,
    )
    return told


def _shown(run: Run, number: int, kind: str, finding: Finding, pictures: _Pictures) -> ShownFinding:
    hidden = max(0, len(finding.calls) - _MOST_CALLS)
    return ShownFinding(
        number=number,
        kind=kind,
        finding=finding,
        source=cite(run.api, finding.source),
        calls=_sequence(finding.calls)[hidden:],
        hidden=hidden,
        picture=pictures.path_of(number, finding),
        script="\n".join(script_of(run, finding)),
        python="\n".join(python_of(run, finding)),
    )


def _sequence(calls: Sequence[Call]) -> tuple[ShownCall, ...]:
    groups = [(call, len(group)) for group in together(calls) for call in group]
    first = calls[0].start
    return tuple(
        ShownCall(
            number=number,
            after_s=call.start - first,
            at_once=at_once,
            tenant=call.tenant,
            operation=call.operation,
            request=_text(call.request),
            answer="no answer" if call.status is None else f"{call.status} {call.error or ''}".strip(),
            reply=_text(call.reply),
            breaks=number == len(calls),
        )
        for number, (call, at_once) in enumerate(groups, start=1)
    )


def _text(value: Any) -> str:
    text = "" if value is None else json.dumps(value, default=dict, ensure_ascii=False, indent=1)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _coverage(run: Run, lifecycle: Lifecycle, pictures: _Pictures) -> Coverage:
    names = [row.name for row in lifecycle.all_rows()]
    met = {name for name in names if run.report.taken.get(f"{lifecycle.name}/{name}")}
    return Coverage(
        title=lifecycle.title,
        met=len(met),
        rows=len(names),
        missed=tuple(name for name in names if name not in met),
        picture=pictures.coverage_of(lifecycle, met),
    )


@dataclass(slots=True)
class _Pictures:
    """Draws lifecycles with overlays; each is laid out once. `remedy` says what is missing if nothing can be drawn."""

    run: Run
    remedy: str = ""
    _layouts: dict[str, Any] = field(default_factory=dict)
    _shown: dict[tuple[str, frozenset[str]], int] = field(default_factory=dict)

    def path_of(self, number: int, finding: Finding) -> Picture | None:
        """The lifecycle of a finding's job with the rows that its calls take; None if they take none that are drawn."""
        job = finding.violation.job
        if job is None:
            return None
        from haltspec_diagrams import Mark

        lifecycle = self.run.api.lifecycle(job.lifecycle)
        taken = judge(self.run.api, finding.calls).taken
        rows = frozenset(row.name for row in lifecycle.all_rows() if taken.get(f"{lifecycle.name}/{row.name}"))
        if not rows:
            return None
        alt = f"{lifecycle.title}, with the path of these calls: {', '.join(sorted(rows))}"
        before = self._shown.setdefault((lifecycle.name, rows), number)
        if before != number:
            return Picture(alt, same_as=before)
        return self._drawn(lifecycle, dict.fromkeys(rows, Mark.PATH), alt)

    def coverage_of(self, lifecycle: Lifecycle, met: set[str]) -> Picture | None:
        """The lifecycle with the rows that the run met and those that it did not."""
        from haltspec_diagrams import Mark

        marks = {row.name: Mark.TAKEN if row.name in met else Mark.MISSED for row in lifecycle.all_rows()}
        return self._drawn(lifecycle, marks, f"{lifecycle.title}, with the rows that the run met and those it did not")

    def _drawn(self, lifecycle: Lifecycle, marks: Mapping[str, Any], alt: str) -> Picture | None:
        from haltspec_diagrams import draw, lay_out, to_svg

        try:
            if lifecycle.name not in self._layouts:
                self._layouts[lifecycle.name] = lay_out(draw(lifecycle))
        except Misuse as error:
            self.remedy = str(error)
            return None
        svg = to_svg(draw(lifecycle, overlay=marks), self._layouts[lifecycle.name])
        return Picture(alt, f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}")

"""`haltspec check`: is this recorded traffic possible at all?"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from haltspec.apis import load
from haltspec.errors import BadTrace, HaltspecError, visible
from haltspec.explain import Effect, outcomes, settled
from haltspec.linearize import BUDGET
from haltspec.lts import Grade
from haltspec.oracle import Report, Settings, Verdict, judge
from haltspec.report import as_json, exit_code, render, worst
from haltspec.trace import Call, read_file, read_stream

MISUSE = 2
INTERRUPTED = 130


def floor_of(_ctx: click.Context, _param: click.Parameter, value: str) -> Grade:
    """The grade named on the command line."""
    return Grade[value.upper()]


@dataclass
class Trouble:
    """What went wrong while recordings were read: bad lines, and whether the user ended it."""

    bad: list[BadTrace] = field(default_factory=list)
    interrupted: bool = False

    def tell(self, *, lenient: bool) -> None:
        """Say it on standard error."""
        for error in self.bad:
            click.echo(visible(str(error)), err=True)
        if self.bad and lenient:
            click.echo(f"{len(self.bad)} bad {'line' if len(self.bad) == 1 else 'lines'} skipped", err=True)
        if self.interrupted:
            click.echo("interrupted: what was read and judged until then is told", err=True)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values: `bad` with place, reason and remedy, and `interrupted`."""
        bad = [{"place": e.place, "reason": e.reason, "remedy": e.remedy} for e in self.bad]
        return {"bad": bad, "interrupted": self.interrupted}

    def code(self, verdicts: Iterable[Verdict], *, lenient: bool) -> int:
        """The exit code of a command that came to these verdicts."""
        found = list(verdicts)
        if self.interrupted:
            return INTERRUPTED
        return MISUSE if (self.bad and not lenient) or not found else exit_code(worst(found))


def recording(file: str, trouble: Trouble, *, lenient: bool) -> list[Call]:
    """The calls of a recording (`-` is standard input), up to the first bad line or to where the user ends it.

    With `lenient` bad lines are skipped. What is wrong is put into `trouble`.
    """
    on_bad = trouble.bad.append if lenient else None
    if file != "-":
        source = read_file(file, on_bad=on_bad)
    elif sys.stdin is None:
        trouble.bad.append(BadTrace("<stdin>:1", "standard input is closed", "name a file, or send one there"))
        return []
    else:
        source = read_stream(sys.stdin.buffer, name="<stdin>", on_bad=on_bad)
    calls: list[Call] = []
    try:
        for call in source:
            calls.append(call)  # what was read before a bad line stays good
    except BadTrace as error:
        trouble.bad.append(error)
    except KeyboardInterrupt:
        trouble.interrupted = True
    return calls


def by_api(calls: list[Call], bad: list[BadTrace]) -> dict[str, list[Call]]:
    """The calls of each API; calls of an unknown API or operation end up in `bad`."""
    found: dict[str, list[Call]] = {}
    for call in calls:
        try:
            load(call.api).bound(call.operation)
        except HaltspecError as error:
            bad.append(BadTrace(call.place, str(error), "correct the line, or leave it out"))
            continue
        found.setdefault(call.api, []).append(call)
    return found


def calls_in(file: str, trouble: Trouble, *, lenient: bool) -> dict[str, list[Call]]:
    """The calls of a recording by API; what is wrong with its lines is put into `trouble`, in their order."""
    here = Trouble()
    found = by_api(recording(file, here, lenient=lenient), here.bad)
    trouble.bad += sorted(here.bad, key=lambda error: int(error.place.rpartition(":")[2]))
    trouble.interrupted |= here.interrupted
    return found


class Seconds(click.FloatRange):
    """A number of seconds: no less than 0, and finite."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


def budget_option(command: Callable[..., int]) -> Callable[..., int]:
    """The option `--budget`."""
    told = "Give up to order calls on one job that overlap when N states of it were looked at."
    number = click.IntRange(min=1)
    return click.option("--budget", type=number, default=BUDGET, show_default=True, metavar="N", help=told)(command)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "format_", type=click.Choice(["auto", "ndjson"]), default="auto", help="What the files are.")
@click.option(
    "--floor",
    type=click.Choice([str(g) for g in Grade], case_sensitive=False),
    default="implied",
    show_default=True,
    callback=floor_of,
    help="Rules graded below it only warn.",
)
@click.option(
    "--window",
    type=Seconds(),
    metavar="S",
    help="Reads may be S seconds old; left out, lists as old as their API lets them be.",
)
@click.option("--patience", type=Seconds(), metavar="S", help="What is owed for S seconds is a violation.")
@click.option("--alone", is_flag=True, help="The recording holds every call in its tenants: nobody else moved a job.")
@budget_option
@click.option("--lenient", is_flag=True, help="Skip and count bad lines instead of stopping at the first.")
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object.")
def command(
    files: tuple[str, ...],
    format_: str,
    floor: Grade,
    window: float | None,
    patience: float | None,
    alone: bool,
    budget: int,
    lenient: bool,
    as_json_: bool,
) -> int:
    """Judge recorded calls (NDJSON, one call a line; `-` reads standard input) against the documented lifecycles.

    Exit 0 if everything is possible, 1 if something is not, 2 for bad input, 3 if it cannot be told.

    An observation is what one call tells of one job. It is constrained if another answer could have been wrong: a PASS
    in which few are constrained says little.
    """
    del format_  # one format so far; the option keeps its place in the contract
    settings = Settings(floor, window, patience, alone, budget)
    trouble = Trouble()
    reports: list[tuple[str, Report]] = []
    try:
        for file in files:
            for api, calls in calls_in(file, trouble, lenient=lenient).items():
                reports.append((file, judge(load(api), calls, settings)))
                if not as_json_:
                    _print(file, reports[-1][1], settings)
            if trouble.interrupted:
                break
    except KeyboardInterrupt:
        trouble.interrupted = True
    verdict = worst(report.verdict for _, report in reports) if reports else Verdict.INCONCLUSIVE
    if as_json_:
        click.echo(json.dumps(_json(reports, settings, trouble, verdict), indent=1))
    elif len(reports) > 1:
        click.echo(f"{len(reports)} recordings: {verdict.value.upper()}")
    trouble.tell(lenient=lenient)
    return trouble.code((report.verdict for _, report in reports), lenient=lenient)


def _print(file: str, report: Report, settings: Settings) -> None:
    say((*render(report, file), *unsure_lines(report, settings)))


def say(lines: Iterable[str]) -> None:
    """Print lines in which ids, tenants and texts of a recording may stand: nothing in them reaches a terminal raw."""
    for line in lines:
        click.echo(visible(line))


def unsure_lines(report: Report, settings: Settings) -> Iterator[str]:
    """One line on the calls without a certain answer, if there are any: how many happened, did not, or may have."""
    effects = Counter(settled(outcomes(report, settings)).values())
    if effects:
        calls = f"{effects.total()} {'call' if effects.total() == 1 else 'calls'} without a certain answer"
        told = ", ".join(f"{effects[effect]} {effect.value}" for effect in Effect if effects[effect])
        yield f"  {calls}: {told}"


def _json(reports: list[tuple[str, Report]], settings: Settings, trouble: Trouble, verdict: Verdict) -> dict[str, Any]:
    files = [{"file": file, **as_json(report), "unsure": unsure_json(report, settings)} for file, report in reports]
    return {"verdict": verdict.value, "files": files, **trouble.as_json()}


def unsure_json(report: Report, settings: Settings) -> list[dict[str, Any]]:
    """The calls without a certain answer: `place`, `operation`, `job` (null if none shows it) and `effect` of each."""
    calls = report.projection.calls
    return [
        {
            "place": calls[outcome.call].place,
            "operation": calls[outcome.call].operation,
            "job": outcome.job._asdict() if outcome.job is not None else None,
            "effect": outcome.effect.value,
        }
        for outcome in outcomes(report, settings)
    ]

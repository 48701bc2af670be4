"""`haltspec explain`: tell a recording call by call, with the belief after each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from haltspec.apis import load
from haltspec.commands.check import Seconds, Trouble, budget_option, calls_in, say, unsure_json, unsure_lines
from haltspec.explain import JobStory, outcomes, stories
from haltspec.oracle import TOO_WIDE, Report, Settings, judge
from haltspec.report import as_json, call_words, render


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--window",
    type=Seconds(),
    metavar="S",
    help="Reads may be S seconds old; left out, lists as old as their API lets them be.",
)
@click.option("--alone", is_flag=True, help="The recording holds every call in its tenants: nobody else moved a job.")
@budget_option
@click.option("--lenient", is_flag=True, help="Skip and count bad lines instead of stopping at the first.")
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object.")
def command(file: str, window: float | None, alone: bool, budget: int, lenient: bool, as_json_: bool) -> int:
    """Tell a recording (NDJSON; `-` reads standard input) job by job: each call, and what the job may then be.

    Exit 0 if everything is possible, 1 if something is not, 2 for bad input, 3 if it cannot be told.
    """
    settings = Settings(window=window, alone=alone, budget=budget)
    trouble = Trouble()
    reports = [judge(load(api), calls, settings) for api, calls in calls_in(file, trouble, lenient=lenient).items()]
    if as_json_:
        told = {"reports": [_json(report, settings) for report in reports], **trouble.as_json()}
        click.echo(json.dumps(told, indent=1))
    else:
        for report in reports:
            say(_lines(report, settings, file))
    trouble.tell(lenient=lenient)
    return trouble.code((report.verdict for report in reports), lenient=lenient)


def _lines(report: Report, settings: Settings, name: str) -> Iterator[str]:
    calls = report.projection.calls
    blamed = {violation.calls[-1] for violation in report.violations}
    for story in stories(report, settings):
        yield f"{story.job.kind or story.job.lifecycle} {story.job.id} of {story.job.tenant}"
        for told in story.told:
            yield f"  {calls[told.call].place}  {call_words(calls[told.call])}"
            if told.effect is not None:
                yield f"      {told.seen}: {told.effect.value}"
            elif not told.decided:
                yield f"      {told.seen}: undecided, {TOO_WIDE}"
            elif told.after:
                amid = "  (amid overlapping or lost calls)" if told.overlapping else ""
                free = "" if told.constrained else "  (silent: another answer would have passed too)"
                yield f"      {told.seen}: now {' or '.join(told.after)}{amid}{free}"
            else:
                how = "IMPOSSIBLE" if told.call in blamed else "DOUBTFUL (see the warnings)"
                yield f"      {told.seen}: {how} while {' or '.join(told.before)}; possible:"
                yield from (f"        {line}" for line in told.possible)
    for outcome in outcomes(report, settings):
        if outcome.job is None:
            yield f"{calls[outcome.call].place}  {call_words(calls[outcome.call])}"
            yield f"      {outcome.effect.value}: no job of the recording can tell"
    yield from render(report, name, show_calls=True)
    yield from unsure_lines(report, settings)


def _json(report: Report, settings: Settings) -> dict[str, Any]:
    unsure = unsure_json(report, settings)
    return {**as_json(report), "unsure": unsure, "stories": [_story(story) for story in stories(report, settings)]}


def _story(story: JobStory) -> dict[str, Any]:
    return {
        "job": story.job._asdict(),
        "told": [
            {
                "call": told.call,
                "seen": str(told.seen),
                "before": list(told.before),
                "after": list(told.after),
                "possible": list(told.possible),
                "effect": told.effect.value if told.effect is not None else None,
                "constrained": told.constrained,
                "decided": told.decided,
                "overlapping": told.overlapping,
            }
            for told in story.told
        ],
    }

"""`haltspec conform`: does a running implementation behave as documented?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import click

from haltspec import services
from haltspec.apis import load
from haltspec.commands.check import INTERRUPTED as BY_USER
from haltspec.commands.check import MISUSE, Seconds, floor_of
from haltspec.errors import AdapterFailure, Misuse, Unknown
from haltspec.lts import Grade
from haltspec.oracle import Settings, Verdict
from haltspec.report import exit_code
from haltspec.spec import Api
from haltspec.trace import to_line
from haltspec_properties.baseline import Baseline, read_baseline
from haltspec_properties.conform import INTERRUPTED, Options, Run, Target, as_json, conform, render
from haltspec_properties.replay import Replay, read_sought, render_replay, replay, replay_json
from haltspec_properties.reports import library
from haltspec_properties.targets import MotoTarget, endpoint_target, reference_target

TARGETS = ("moto", "reference")
_COLOURS = {"fail": "red", "pass": "green", "inconclusive": "yellow", "stated": "red", "implied": "yellow"}


@click.command()
@click.argument("api_name", metavar="API")
@click.option("--endpoint-url", metavar="URL", help="Where the implementation listens.")
@click.option("--target", "target_name", metavar="NAME", help=f"Start one on loopback: {' or '.join(TARGETS)}.")
@click.option("--other-profile", metavar="NAME", help="Elsewhere than on loopback: an AWS profile of a stranger.")
@click.option("--project-id", metavar="ID", help="For dataarts: the project to call in.")
@click.option("--workspace", metavar="ID", help="For dataarts: a workspace to call in.")
@click.option("--examples", type=click.IntRange(min=0), default=20, show_default=True, help="Random walks to make.")
@click.option("--seconds", type=Seconds(), metavar="S", help="Begin nothing new after S seconds.")
@click.option("--patience", type=Seconds(), default=3.0, show_default=True, help="Seconds a job may take.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides the walks.")
@click.option(
    "--floor",
    type=click.Choice([str(g) for g in Grade], case_sensitive=False),
    default="implied",
    show_default=True,
    callback=floor_of,
    help="Rules graded below it only warn.",
)
@click.option("--record", metavar="FILE", help="Write all calls there, as a trace.")
@click.option(
    "--replay",
    "replay_",
    metavar="FILE",
    help="Only try again what is in FILE: the JSON of a run, one violation of it, or a recording.",
)
@click.option("--baseline", metavar="FILE", help="Deviations that are accepted; only others fail.")
@click.option("--write-baseline", metavar="FILE", help="Accept all deviations that are found, and write them there.")
@click.option("--junit", metavar="FILE", help="Write a report there as JUnit XML: a case for each rule.")
@click.option("--sarif", metavar="FILE", help="Write a report there as SARIF; it points into the file of --record.")
@click.option("--html", metavar="FILE", help="Write a report there as one page, with pictures and without scripts.")
@click.option("--curl", is_flag=True, help="Print with each deviation lines for a shell that show it.")
@click.option("--python", is_flag=True, help="Print with each deviation lines for Python, with boto3, that show it.")
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object.")
def command(
    api_name: str,
    endpoint_url: str | None,
    target_name: str | None,
    other_profile: str | None,
    project_id: str | None,
    workspace: str | None,
    examples: int,
    seconds: float | None,
    patience: float,
    seed: int,
    floor: Grade,
    record: str | None,
    replay_: str | None,
    baseline: str | None,
    write_baseline: str | None,
    junit: str | None,
    sarif: str | None,
    html: str | None,
    curl: bool,
    python: bool,
    as_json_: bool,
) -> int:
    """Drive an implementation of API and print how it deviates from what is documented.

    Ctrl-C ends it and tells what was found until then; a second one ends that too.

    Exit 0 if all was tested and nothing found, but perhaps that lists are old as documents let them be; 1 if a
    deviation was found that the baseline does not accept; 2 for misuse, and if the target cannot be reached or goes
    away; 3 if none was found, but rules below the floor are broken, calls on a job cannot be ordered, or something
    was not tested: no job was made, a creation never succeeded, or no call of an operation told anything. 130 if
    Ctrl-C ended it.

    With --replay: 0 if none of the deviations came back, 1 if one did, 3 if only such as are below the floor did, or
    one could not be tried, as its calls were refused for other reasons or not answered.
    """
    api = load(api_name)
    options = Options(examples=examples, seconds=seconds, patience=patience, seed=seed, floor=floor)
    known = read_baseline(baseline, api) if baseline is not None else Baseline(api.name)
    files = Files(record=record, junit=junit, sarif=sarif, html=html, write_baseline=write_baseline)
    if replay_ is not None and files.asked():
        raise Misuse(f"--replay writes no {', '.join(files.asked())}", "leave it out, or take --json")
    files.check()
    sought = read_sought(replay_, api, Settings(floor=floor, patience=patience)) if replay_ is not None else None
    tenancy = {"other_profile": other_profile, "project_id": project_id, "workspace": workspace}
    with _target(api, endpoint_url, target_name, tenancy) as target, _telling() as tell:
        if sought is not None:
            return _tell_replay(replay(api, target, sought, options, tell), as_json_=as_json_)
        try:
            run = known.apply(conform(api, target, options, tell, known.accepts))
        except AdapterFailure as failure:
            raise failure.__cause__ or failure from None
    if write_baseline is not None and run.ended is None and not run.has_no_job:
        known = known.taking((*run.findings, *run.accepted), keeps=bool(run.untested))
        run = known.apply(run)
    files.write(run, known)
    if as_json_:
        click.echo(json.dumps(as_json(run), indent=1))
    else:
        for line in render(run, style=_style, curl=curl, python=python):
            click.echo(line)
        for gone in known.gone(run):
            click.echo(f"accepted and not seen any more: {gone}")
    return _code(run.verdict, run.ended)


def _code(verdict: Verdict, ended: KeyboardInterrupt | AdapterFailure | None) -> int:
    """The exit code; what ended it early is told."""
    if ended is None:
        return exit_code(verdict)
    click.echo(f"Error: {str(ended) or INTERRUPTED}: what was seen until then is told", err=True)
    if ended.__cause__ is not None:  # an adapter of ours failed, not what it calls
        raise ended.__cause__
    return MISUSE if isinstance(ended, AdapterFailure) else BY_USER


def _tell_replay(outcome: Replay, *, as_json_: bool) -> int:
    if as_json_:
        click.echo(json.dumps(replay_json(outcome), indent=1))
    else:
        for line in render_replay(outcome, style=_style):
            click.echo(line)
    return _code(outcome.verdict, outcome.ended)


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a run writes, each under the name that the user gave it; None: not asked for."""

    record: str | None
    junit: str | None
    sarif: str | None
    html: str | None
    write_baseline: str | None

    def asked(self) -> tuple[str, ...]:
        """The options that ask for a file."""
        return tuple(f"--{field.name.replace('_', '-')}" for field in fields(self) if getattr(self, field.name))

    def check(self) -> None:
        """Refuse, before a long run, what could not be written after it: raises `Misuse`."""
        for module, path in (("junitparser", self.junit), ("sarif_om", self.sarif), ("jinja2", self.html)):
            if path is not None:
                library(module)
        for path in (self.record, self.junit, self.sarif, self.html, self.write_baseline):
            if path is not None:
                _check_writable(path)

    def write(self, run: Run, known: Baseline) -> None:
        """Write them; the baseline is written as it is to be from now on."""
        if self.record is not None:
            with Path(self.record).open("w", encoding="utf-8") as file:
                file.writelines(f"{to_line(call)}\n" for call in run.report.projection.calls)
        if self.junit is not None:
            from haltspec_properties.reports.junit import junit

            Path(self.junit).write_bytes(junit(run))
        if self.sarif is not None:
            from haltspec_properties.reports.sarif import sarif

            reasons = {accepted.rule: known.reason(accepted.rule) for accepted in known.accepted}
            Path(self.sarif).write_text(sarif(run, record=self.record, reasons=reasons), encoding="utf-8")
        if self.html is not None:
            from haltspec_properties.reports.page import page

            Path(self.html).write_text(page(run), encoding="utf-8")
        if self.write_baseline is not None and run.has_no_job:
            click.echo(f"{self.write_baseline} is not written: no job was made, so nothing was tested", err=True)
        elif self.write_baseline is not None and run.ended is None:
            Path(self.write_baseline).write_text(known.text(), encoding="utf-8")


def _style(text: str, style: str) -> str:
    """Colours, which click leaves out where the output is no terminal."""
    return click.style(text, dim=True) if style == "dim" else click.style(text, fg=_COLOURS.get(style))


@contextmanager
def _target(api: Api, endpoint_url: str | None, name: str | None, tenancy: dict[str, str | None]) -> Iterator[Target]:
    if (endpoint_url is None) == (name is None):
        raise Misuse("give either --endpoint-url or --target", f"targets: {', '.join(TARGETS)}")
    if name == "reference":
        yield reference_target(api)
    elif name == "moto":
        if api.name != "comprehend":
            raise Misuse(f"moto does not implement the jobs of {api.name}", "use --target moto with comprehend only")
        with MotoTarget() as moto:
            yield Target(moto.name, moto.adapter(api), services.load(api.name).tenants)
    elif name is not None:
        raise Unknown("target", name, TARGETS)
    else:
        assert endpoint_url is not None
        yield endpoint_target(api, endpoint_url, **tenancy)


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Progress, rewritten on one line of a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _told: None
        return

    def tell(told: str) -> None:
        click.echo(f"\r\x1b[2K{told[:100]}", nl=False, err=True)

    try:
        yield tell
    finally:
        click.echo("\r\x1b[2K", nl=False, err=True)


def _check_writable(path: str) -> None:
    """Raises `Misuse` if there cannot be a file at a path; leaves nothing behind where there was none."""
    try:
        is_new = not Path(path).exists()
        with Path(path).open("a"):
            pass
        if is_new:
            Path(path).unlink()
    except OSError as error:
        raise Misuse(f"{path} cannot be written ({error.strerror})", "name a file in a folder that exists") from None

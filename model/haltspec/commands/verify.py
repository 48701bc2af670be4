"""`haltspec verify`: are the lifecycles, and the reference model that runs them, consistent, complete and live?

The JSON form is an object with `verdict` ("pass", "fail" or "inconclusive"), `seconds`, and `apis[]`. Each API has
`parts[]`, one for each lifecycle and for each exploration of the reference model: `subject`, `what`, `states`,
`transitions`, `rows`, `properties[]` (`name`, `sentence`, `holds`), `views[]` (the choices of readings), `complete`,
`failures[]` (`check`, `where`, `message`, `path[]`, `cycle[]`), `witnesses` (for every row a shortest path that takes
it) and `seconds`; and `untaken`, for each lifecycle an object with the rows that no step of the reference model took
under the default readings, each with the reason.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from haltspec import apis
from haltspec.spec import Api
from haltspec.verification.run import Failure, Part, as_json, strict, untaken, verdict, verify

EXIT_CODES: Final = {"pass": 0, "fail": 1, "inconclusive": 3}


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[API]...")
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object.")
def command(names: tuple[str, ...], as_json_: bool) -> int:
    """Prove the lifecycles of each API (all of them if none is named), and explore its reference model.

    Every reachable state is visited: of the lifecycles, under every open question's readings; of the reference model,
    with one, two and three jobs, tenants, and two clients at once. What fails is shown with a shortest path. Exit code
    1 if anything fails, 3 if a limit ended an exploration.
    """
    specs = [apis.load(name) for name in names or apis.NAMES]
    start = time.perf_counter()
    with _no_collection():
        found = {api.name: (api, _parts(api, silent=as_json_)) for api in specs}
    seconds = time.perf_counter() - start
    parts = [part for _, own in found.values() for part in own]
    outcome = verdict(parts)
    if as_json_:
        each = [as_json(api, own) for api, own in found.values()]
        click.echo(json.dumps({"verdict": outcome, "seconds": round(seconds, 3), "apis": each}, indent=2))
    else:
        _tell_end(found, parts, seconds)
    return EXIT_CODES[outcome]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Explored worlds live until their API is done: looking through them for garbage takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _parts(api: Api, *, silent: bool) -> list[Part]:
    """The parts of an API; each is told as soon as it is decided."""
    found = []
    for part in verify(api, time.perf_counter, judge=strict(api)):
        found.append(part)
        if not silent:
            _clear()
            click.echo(_line(part))
            for failure in part.failures:
                click.echo(_failed(part, failure))
            _say(f"exploring {api.name} ...")
    _clear()
    gc.collect()
    return found


def _line(part: Part) -> str:
    choices = f" under {len(part.views)} choices of readings" if len(part.views) > 1 else ""
    rows = f", {part.rows} rows" if part.rows else ""
    properties = "1 property" if len(part.checks) == 1 else f"{len(part.checks)} properties"
    counts = f"{part.states} states, {part.transitions} transitions{rows}, {properties}{choices}"
    limit = "" if part.complete or part.failures else ", NOT COMPLETE"
    return f"{part.subject}, {part.what}: {counts}, {part.seconds:.2f} s{limit}"


def _failed(part: Part, failure: Failure) -> str:
    lines = [f"FAIL {part.subject}: {failure.check} ({failure.where})", f"  {failure.message}"]
    lines += [f"  {number:>2}. {step}" for number, step in enumerate(failure.path, 1)]
    if failure.cycle:
        lines.append("  and then for ever:")
        lines += [f"  {number:>2}. {step}" for number, step in enumerate(failure.cycle, len(failure.path) + 1)]
    return "\n".join(lines)


def _tell_end(found: dict[str, tuple[Api, list[Part]]], parts: list[Part], seconds: float) -> None:
    for api, own in found.values():
        missed = untaken(api, own)
        for lifecycle in api.lifecycles:
            rows, left = len(lifecycle.rows()), len(missed[lifecycle.full_name])
            click.echo(f"{lifecycle.full_name}: the reference model took {rows - left} of {rows} rows")
            for row, reason in missed[lifecycle.full_name].items():
                click.echo(f"  not {row!r}: {reason}")
    states, transitions = sum(part.states for part in parts), sum(part.transitions for part in parts)
    decided = sum(len(part.checks) * len(part.views) for part in parts)
    failed = sum(len(part.failures) for part in parts)
    cut = sum(not part.complete and not part.failures for part in parts)
    outcome = f"{failed} failed" if failed else "all hold" + (f", {cut} not complete" if cut else "")
    apis_told = "1 API" if len(found) == 1 else f"{len(found)} APIs"
    counts = f"{states} states, {transitions} transitions, {decided} properties decided"
    click.echo(f"total: {apis_told}, {counts}, {seconds:.2f} s: {outcome}")


def _say(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(text, nl=False, err=True)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[2K", nl=False, err=True)

"""`haltspec mutate`: would a mistake in the rules be noticed?"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Any

import click

from haltspec.apis import NAMES, load
from haltspec_properties.hunt import Fate, Hunter, Outcome
from haltspec_properties.mutants import mutants


@dataclass(frozen=True, slots=True)
class Row:
    """The line of the table for one lifecycle: what became of its mutants, and in how many seconds."""

    lifecycle: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    def count(self, fate: Fate) -> int:
        """How many mutants met a fate."""
        return Counter(outcome.fate for outcome in self.outcomes)[fate]

    @property
    def calls(self) -> list[int]:
        """After how many calls each killed mutant was told."""
        return [outcome.calls for outcome in self.outcomes if outcome.fate.is_killed]


@click.command()
@click.argument("apis", nargs=-1, metavar="[API...]")
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="Hunt N mutants of each lifecycle, drawn by the seed."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draws samples.")
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object.")
def command(apis: tuple[str, ...], sample: int | None, seed: int, as_json_: bool) -> int:
    """Break the rows on purpose, one mistake at a time: each must be noticed, or be proved to change nothing.

    Exit 0 if nothing survived, 1 if something did, 2 for misuse.
    """
    for name in apis:
        load(name)
    rows = list(_rows(apis or NAMES, sample, seed))
    survivors = [outcome for row in rows for outcome in row.outcomes if outcome.fate is Fate.SURVIVED]
    if as_json_:
        click.echo(json.dumps(_json(rows), indent=1))
    else:
        for line in _table(rows):
            click.echo(line)
        for outcome in survivors:
            click.echo(f"survived: {outcome.mutant.lifecycle}: {outcome.mutant.name}\n  {outcome.told}")
    return 1 if survivors else 0


def _rows(apis: Sequence[str], sample: int | None, seed: int) -> Iterator[Row]:
    for name in apis:
        api = load(name)
        hunter = Hunter(api, seed=seed)
        for lifecycle in api.lifecycles:
            made = list(mutants(api, lifecycle))
            if sample is not None and sample < len(made):
                made = Random(f"{seed}/{lifecycle.full_name}").sample(made, sample)
            begun = time.monotonic()
            outcomes = []
            for number, mutant in enumerate(made, start=1):
                _tell(f"{lifecycle.full_name}: {number} of {len(made)}")
                outcomes.append(hunter.hunt(mutant))
            _tell("")
            yield Row(lifecycle.full_name, tuple(outcomes), time.monotonic() - begun)


def _tell(told: str) -> None:
    """Progress, rewritten on one line of a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{told}", nl=False, err=True)


_COLUMNS = (
    ("oracle", Fate.ORACLE),
    ("data rule", Fate.RULE),
    ("property", Fate.PROPERTY),
    ("as spec", Fate.AGREEMENT),
    ("equivalent", Fate.EQUIVALENT),
    ("survived", Fate.SURVIVED),
)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    head = ["lifecycle", "mutants", *(name for name, _ in _COLUMNS), "median calls", "worst", "seconds"]
    lines = [head]
    total = Row("total", tuple(o for row in rows for o in row.outcomes), sum(row.seconds for row in rows))
    for row in (*rows, total):
        calls = row.calls
        counts = [str(row.count(fate)) for _, fate in _COLUMNS]
        worst = [f"{median(calls):g}", str(max(calls))] if calls else ["-", "-"]
        lines.append([row.lifecycle, str(len(row.outcomes)), *counts, *worst, f"{row.seconds:.1f}"])
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        yield "  ".join(cells)
    yield "killed by the oracle, a data rule, a named property, or as the specification it makes; equivalent: proved"


def _json(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "lifecycles": [
            {
                "lifecycle": row.lifecycle,
                "mutants": len(row.outcomes),
                **{fate.name.lower(): row.count(fate) for fate in Fate},
                "median_calls": median(row.calls) if row.calls else None,
                "worst_calls": max(row.calls, default=None),
                "seconds": round(row.seconds, 3),
            }
            for row in rows
        ],
        "survivors": [
            {"lifecycle": o.mutant.lifecycle, "mutant": o.mutant.name, "told": o.told}
            for row in rows
            for o in row.outcomes
            if o.fate is Fate.SURVIVED
        ],
    }

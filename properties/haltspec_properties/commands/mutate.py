"""`haltspec mutate`: would a mistake in the rules, or in what a service shows and does, be noticed?

At the target `wire` the mistakes are made by a service behind HTTP, and it is a conformance run that has to notice.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, Final

import click

from haltspec.apis import NAMES, load
from haltspec.errors import Misuse
from haltspec_properties.chase import Catch, Sort, chase
from haltspec_properties.fates import Fate, Outcome

TARGETS: Final = ("model", "wire")
"""What can be broken."""


@click.command()
@click.argument("apis", nargs=-1, metavar="[API...]")
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default=TARGETS[0],
    show_default=True,
    help="What is broken: the model, in process, or a service behind HTTP, of which nothing but its answers is known.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Hunt N mutants of each sort of each lifecycle, or N flaws of each service, drawn by the seed.",
)
@click.option("--without-steering", is_flag=True, help="On the wire: hunt also by plain Hypothesis rules, to compare.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws samples, and decides walks.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one for each core",
    metavar="N",
    help="Hunt in N processes; what is found is the same.",
)
@click.option("--json", "as_json_", is_flag=True, help="Print one JSON object.")
def command(
    apis: tuple[str, ...],
    target: str,
    sample: int | None,
    without_steering: bool,
    seed: int,
    workers: int,
    as_json_: bool,
) -> int:
    """Make one mistake at a time on purpose: each must be noticed, or be shown to change nothing.

    Mistakes are made in the rows, and in what a service shows and does whatever the rows say (data). What breaks no
    rule is left to the service and is no mistake; --json names it. Without --sample every data rule must be broken by
    some mutant.

    With --target wire each mistake is one flaw of the reference service, which is served on loopback; a conformance
    run with its default budget must find it, and must find nothing in the service without a flaw.

    Exit 0 if nothing survived and no data rule stayed whole, 1 if something did, 2 for misuse.
    """
    for name in apis:
        load(name)
    if target == "wire":
        return _on_the_wire(apis or NAMES, sample, seed, workers, as_json_=as_json_, plain=without_steering)
    if without_steering:
        raise Misuse("there is no search to steer in the model", "say --target wire")
    catches = list(chase(apis or NAMES, sample=sample, seed=seed, workers=workers, tell=_tell))
    survivors = [outcome for catch in catches for outcome in catch.outcomes if outcome.fate is Fate.SURVIVED]
    whole = [] if sample is not None else list(_whole(catches))
    if as_json_:
        click.echo(json.dumps(_json(catches, whole), indent=1))
    else:
        for line in (*_table(catches), *_notes(catches, whole, is_sample=sample is not None)):
            click.echo(line)
        for outcome in survivors:
            click.echo(f"survived: {outcome.mutant.lifecycle}: {outcome.mutant.name}\n  {outcome.told}")
    return 1 if survivors or whole else 0


def _on_the_wire(
    apis: Sequence[str], sample: int | None, seed: int, workers: int, *, as_json_: bool, plain: bool
) -> int:
    """Hunt flaws of services."""
    from haltspec_properties.commands import wire
    from haltspec_properties.flaws.hunt import Found, drawn, hunt

    def tell(found: Found) -> None:
        _tell(f"{found.api}: {found.flaw or 'no flaw'}: {found.rule or 'nothing found'}")

    failed, told = False, []
    for name in apis:
        names = drawn(name, sample, seed)
        hunted = hunt(name, names, seed=seed, workers=workers, plain=plain, tell=tell)
        _tell("")
        failed = failed or bool(hunted.missed) or hunted.sound.is_found
        told.append(wire.as_json(hunted))
        if not as_json_:
            for line in wire.table(hunted):
                click.echo(line)
    if as_json_:
        click.echo(json.dumps({"apis": told}, indent=1))
    return 1 if failed else 0


def _tell(told: str) -> None:
    """Progress, rewritten on one line of a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{told}", nl=False, err=True)


def _rules(api: str) -> Iterator[str]:
    """The full names of the data rules of an API."""
    found = load(api)
    yield from (f"{api}/{rule.name}" for rule in found.rules)
    yield from (f"{lc.full_name}/{rule.name}" for lc in found.lifecycles for rule in lc.rules)


def _broken(catches: Sequence[Catch]) -> Counter[str]:
    """How many mutants break each data rule."""
    return Counter(rule for catch in catches for outcome in catch.outcomes for rule in outcome.broken)


def _whole(catches: Sequence[Catch]) -> Iterator[str]:
    """The data rules of the hunted APIs that no mutant breaks."""
    broken = _broken(catches)
    for api in dict.fromkeys(catch.api for catch in catches):
        yield from (rule for rule in _rules(api) if not broken[rule])


# ---- in words and as JSON ----------------------------------------------------------------------------------------

_COLUMNS: Final = (
    ("oracle", Fate.ORACLE),
    ("data rule", Fate.RULE),
    ("property", Fate.PROPERTY),
    ("as spec", Fate.AGREEMENT),
    ("equivalent", Fate.EQUIVALENT),
    ("survived", Fate.SURVIVED),
)


def _counts(outcomes: Sequence[Outcome]) -> Counter[Fate]:
    return Counter(outcome.fate for outcome in outcomes)


def _calls(outcomes: Sequence[Outcome]) -> list[int]:
    """After how many calls each killed mutant was told."""
    return [outcome.calls for outcome in outcomes if outcome.fate.is_killed]


def _table(catches: Sequence[Catch]) -> Iterator[str]:
    head = ["mistakes in", "", "mutants", *(name for name, _ in _COLUMNS), "median calls", "worst", "seconds"]
    lines = [head]
    for catch in catches:
        place = f"{catch.api}/{catch.lifecycle}" if catch.sort is Sort.ROWS else ""
        lines.append([place, catch.sort.value, *_cells(catch.outcomes, catch.seconds)])
    for sort in (*Sort, None):
        own = [catch for catch in catches if sort in (catch.sort, None)]
        outcomes = [outcome for catch in own for outcome in catch.outcomes]
        seconds = sum(catch.seconds for catch in own)
        lines.append(["total" if sort is Sort.ROWS else "", sort.value if sort else "all", *_cells(outcomes, seconds)])
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
        yield "  ".join((*left, *right))


def _cells(outcomes: Sequence[Outcome], seconds: float) -> list[str]:
    calls, counts = _calls(outcomes), _counts(outcomes)
    told = [f"{median(calls):g}", str(max(calls))] if calls else ["-", "-"]
    return [str(len(outcomes)), *(str(counts[fate]) for _, fate in _COLUMNS), *told, f"{seconds:.1f}"]


def _notes(catches: Sequence[Catch], whole: Sequence[str], *, is_sample: bool) -> Iterator[str]:
    yield "killed by the oracle, a data rule, a named property, or as the specification it makes"
    yield "equivalent: by trace inclusion both ways; mistakes in data are all made in some play"
    allowed = sum(len(catch.allowed) for catch in catches)
    yield f"{allowed} further changes break no rule: they are the service's to make"
    if not is_sample:
        count = sum(1 for api in dict.fromkeys(catch.api for catch in catches) for _ in _rules(api))
        yield f"{count - len(whole)} of {count} data rules are broken by some mutant"
        yield from (f"not broken: {rule}" for rule in whole)


def _json(catches: Sequence[Catch], whole: Sequence[str]) -> dict[str, Any]:
    return {
        "lifecycles": [
            {
                "lifecycle": f"{catch.api}/{catch.lifecycle}",
                "of": catch.sort.value,
                "mutants": len(catch.outcomes),
                **{fate.name.lower(): _counts(catch.outcomes)[fate] for fate in Fate},
                "operators": {
                    operator: {
                        fate.name.lower(): count for fate, count in sorted(fates.items(), key=lambda f: f[0].name)
                    }
                    for operator, fates in sorted(_by_operator(catch.outcomes).items())
                },
                "median_calls": median(calls) if (calls := _calls(catch.outcomes)) else None,
                "worst_calls": max(calls, default=None),
                "allowed": list(catch.allowed),
                "seconds": round(catch.seconds, 3),
            }
            for catch in catches
        ],
        "rules": dict(sorted(_broken(catches).items())),
        "whole": list(whole),
        "survivors": [
            {
                "lifecycle": f"{catch.api}/{catch.lifecycle}",
                "of": catch.sort.value,
                "mutant": o.mutant.name,
                "told": o.told,
            }
            for catch in catches
            for o in catch.outcomes
            if o.fate is Fate.SURVIVED
        ],
    }


def _by_operator(outcomes: Sequence[Outcome]) -> dict[str, Counter[Fate]]:
    found: dict[str, Counter[Fate]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.mutant.operator, Counter())[outcome.fate] += 1
    return found

"""`haltspec draw`: draws the lifecycles, or checks that the drawn files are those of the lifecycles as they are.

The JSON form is a list of objects: `file`, and `state`: `drawn` or `unchanged` when writing; `same`, `missing`,
`different` or `unknown` (a drawing of a lifecycle that does not exist) when checking.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click

from haltspec import apis
from haltspec.errors import Misuse
from haltspec_diagrams.files import Format, compare, draw_all, write

_FOLDER: Final = Path("diagrams")
_FINE: Final = ("drawn", "unchanged", "same")


@click.command("draw")
@click.argument("names", metavar="[API]...", nargs=-1)
@click.option("--write", "writes", is_flag=True, help="Draw the files.")
@click.option("--check", "checks", is_flag=True, help="Compare the files with a fresh drawing; exit 1 if one differs.")
@click.option(
    "--format",
    "formats",
    type=click.Choice([form.value for form in Format]),
    multiple=True,
    help="Only this form; may be repeated. Left out: dot, svg, mermaid.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=_FOLDER,
    show_default=True,
    help="The folder of the files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the machine form.")
def command(
    names: tuple[str, ...], writes: bool, checks: bool, formats: tuple[str, ...], out: Path, as_json: bool
) -> int:
    """Draw the lifecycles of the APIs (left out: of all), or check the drawn files.

    A lifecycle gives API-LIFECYCLE.svg and .dot (with --format png also .png, with this machine's fonts), an API gives
    API.md with its lifecycles in Mermaid. SVG is compared by what it says, whatever version of Graphviz laid it out.
    """
    if not (writes or checks):
        raise click.UsageError("nothing to do: say --write or --check")
    if writes and checks:
        raise click.UsageError("--write and --check: files that are written need no check; say one of the two")
    chosen = [Format(form) for form in formats] or [Format.DOT, Format.SVG, Format.MERMAID]
    if checks and Format.PNG in chosen:
        raise Misuse("a PNG depends on the fonts of the machine and cannot be checked", "check --format svg instead")
    known = [apis.load(name) for name in names or apis.NAMES]
    fresh = draw_all(known, chosen)
    states = dict(write(out, fresh) if writes else compare(out, known, chosen, fresh))
    if as_json:
        click.echo(json.dumps([{"file": str(out / name), "state": state} for name, state in states.items()], indent=2))
    else:
        asked = [*names, "--write", *(part for form in formats for part in ("--format", form))]
        asked += ["--out", str(out)] if out != _FOLDER else []
        for line in _lines(out, states.items(), shlex.join(asked), every=writes):
            click.echo(line)
    return 0 if all(state in _FINE for state in states.values()) else 1


def _lines(out: Path, states: Iterable[tuple[str, str]], redraw: str, *, every: bool) -> Iterator[str]:
    """One line for each file that matters, then a count; `redraw` are the arguments that draw the files anew."""
    found = tuple(states)
    for name, state in found:
        if every or state not in _FINE:
            yield f"{out / name}: {state}"
    count = ", ".join(f"{number} {state}" for state, number in Counter(state for _, state in found).items())
    remedy = "" if all(state in _FINE for _, state in found) else f"; redraw: haltspec draw {redraw}"
    yield f"{len(found)} {'file' if len(found) == 1 else 'files'}: {count}{remedy}"

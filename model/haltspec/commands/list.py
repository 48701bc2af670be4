"""`haltspec list`: the APIs, their lifecycles and kinds of jobs, and how much is said of each.

The JSON form is a list of objects: `name`, `title`, `tenancy`, `statements`, `ambiguities`, `questions` (of the whole
API), `rules` (of the whole API), `errors`, `operations` (on the wire; these are numbers), and `lifecycles`, a list of
objects: `name`, `title`, `kinds` (names), and the numbers `states`, `rows` (of all readings), `questions`, `rules`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from haltspec import apis
from haltspec.commands.text import echo, heading, table
from haltspec.spec import Api


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the machine form.")
def command(as_json: bool) -> None:
    """List the APIs, their lifecycles and kinds of jobs, with the numbers of states, rows and open questions."""
    known = [apis.load(name) for name in apis.NAMES]
    if as_json:
        click.echo(json.dumps([as_members(api) for api in known], indent=2))
    else:
        echo(as_text(known))


def as_members(api: Api) -> dict[str, Any]:
    """The JSON form of one API; see the module for its shape."""
    return {
        "name": api.name,
        "title": api.title,
        "tenancy": api.tenancy,
        "statements": len(api.statements),
        "ambiguities": len(api.ambiguities),
        "questions": len(api.questions),
        "rules": len(api.rules),
        "errors": len(api.errors),
        "operations": len(api.operations),
        "lifecycles": [
            {
                "name": lifecycle.name,
                "title": lifecycle.title,
                "kinds": [kind.name for kind in lifecycle.kinds],
                "states": len(lifecycle.states),
                "rows": len(lifecycle.all_rows()),
                "questions": len(lifecycle.questions),
                "rules": len(lifecycle.rules),
            }
            for lifecycle in api.lifecycles
        ],
    }


def as_text(known: Iterable[Api]) -> Iterator[str]:
    """The lines a person reads: a paragraph for each API, a line for each lifecycle."""
    for number, api in enumerate(known):
        if number:
            yield ""
        yield heading(f"{api.name}: {api.title}")
        rows = [["LIFECYCLE", "STATES", "ROWS", "QUESTIONS", "KINDS"]]
        for lifecycle in as_members(api)["lifecycles"]:
            numbers = [str(lifecycle[name]) for name in ("states", "rows", "questions")]
            rows.append([lifecycle["name"], *numbers, ", ".join(lifecycle["kinds"])])
        yield from table(rows)

"""`haltspec properties`: the named properties, with what they say, their kind, grade and source.

The JSON form is a list of objects: `api`, `name`, `kind` ("always", "eventually" or "sometimes"), `sentence`, and
`source` (`document`, `section`, `grade`), as in the machine form of `haltspec show`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import click

from haltspec.apis import NAMES
from haltspec.commands.show import plain
from haltspec.commands.text import echo, heading, sourced, told
from haltspec_properties.property import Kind, Property
from haltspec_properties.suite import properties

_WORDS: Final = {
    Kind.ALWAYS: "what a recording must never break",
    Kind.EVENTUALLY: "what must have come about once the service has come to rest",
    Kind.SOMETIMES: "what some recording must show",
}


@click.command("properties")
@click.argument("apis", nargs=-1, metavar="[API...]")
@click.option("--json", "as_json", is_flag=True, help="Print the machine form.")
def command(apis: tuple[str, ...], as_json: bool) -> None:
    """List the named properties of each API (of all if none is named).

    They are written by hand, apart from the rows: a second opinion that runs over any recording.
    """
    found = [prop for name in apis or NAMES for prop in properties(name)]
    if as_json:
        click.echo(json.dumps([as_members(prop) for prop in found], indent=2))
    else:
        echo(as_text(found))


def as_members(prop: Property) -> dict[str, Any]:
    """The JSON form of a property; see the module for its shape."""
    return {
        "api": prop.api,
        "name": prop.name,
        "kind": prop.kind.value,
        "sentence": prop.sentence,
        "source": plain(prop.source),
    }


def as_text(found: list[Property]) -> Iterator[str]:
    """The lines a person reads: by API and kind, in the order of the suite."""
    for name in dict.fromkeys(prop.api for prop in found):
        for kind in Kind:
            yield heading(f"{name}, {kind.value}: {_WORDS[kind]}")
            for prop in found:
                if (prop.api, prop.kind) == (name, kind):
                    yield from sourced(prop.name, prop.sentence, prop.source.grade, told(prop.source))
            yield ""

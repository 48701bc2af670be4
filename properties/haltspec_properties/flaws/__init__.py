"""What implementations get wrong: services with one flaw each, behind HTTP, which a conformance run must find.

`generic` has what any implementation of any of the APIs may get wrong, the other modules what is particular to one.
They were written from the vendors' documents and from what published fakes do, not from what the oracle looks at.
"""

from __future__ import annotations

import importlib
from functools import cache

from haltspec.apis import load
from haltspec_properties.flaws.generic import generic
from haltspec_properties.flaws.service import Flaw, Flawed, Turn

__all__ = ["Flaw", "Flawed", "Turn", "flaws"]


@cache
def flaws(api_name: str) -> tuple[Flaw, ...]:
    """All flaws of services of an API; raises `Unknown` if there is no such API."""
    api = load(api_name)
    own = importlib.import_module(f"haltspec_properties.flaws.{api_name}").FLAWS
    return (*generic(api), *own)

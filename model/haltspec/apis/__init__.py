"""The APIs haltspec knows, one module each; `load` imports only the one that is asked for."""

from __future__ import annotations

import importlib
from functools import cache

from haltspec.errors import Unknown
from haltspec.spec import Api

NAMES = ("comprehend", "translate", "devicefarm", "dataarts", "rekognition")
"""The APIs, in the order of the project's mission."""


@cache
def load(name: str) -> Api:
    """The API called `name`; raises `Unknown` with the nearest known names."""
    if name not in NAMES:
        raise Unknown("API", name, NAMES)
    api = importlib.import_module(f"haltspec.apis.{name}").API
    assert isinstance(api, Api)
    return api

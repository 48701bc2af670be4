"""What the reference model answers beyond the state of a job, one module each API; `load` imports only one."""

from __future__ import annotations

import importlib
from functools import cache

from haltspec.services.base import Answer, Job, Service, World

__all__ = ["Answer", "Job", "Service", "World", "load"]


@cache
def load(name: str) -> Service:
    """The service of the API called `name`."""
    service = importlib.import_module(f"haltspec.services.{name}").SERVICE
    assert isinstance(service, Service)
    return service

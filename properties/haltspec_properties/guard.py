"""What somebody else wrote and a run calls: what goes wrong in it ends the run, and nothing is lost of what was seen.

An exception in an adapter says nothing of the implementation, so it is no finding; but those there were are still told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from haltspec.errors import AdapterFailure, HaltspecError, shown
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter


class GuardedAdapter:
    """An adapter whose exceptions are `AdapterFailure`s, caused by what it raised, and whose answers are calls.

    Args:
        adapter: the adapter.
        target: the implementation's name in messages.
    """

    def __init__(self, adapter: Adapter, target: str) -> None:
        self._adapter = adapter
        self._target = target

    @property
    def is_concurrent(self) -> bool:
        """True if the adapter says that it bears several calls at once."""
        return bool(getattr(self._adapter, "is_concurrent", False))

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """As `Adapter.call`."""
        with _theirs(self._target, f"the adapter failed at {operation}"):
            made: object = self._adapter.call(operation, request, tenant=tenant, client=client)
        if isinstance(made, Call):
            return made
        reason = f"the adapter returned {shown(made)} for {operation}"
        raise AdapterFailure(self._target, reason, "return a haltspec.trace.Call, see Adapter.call")


def guarded_tenants(tenants: Callable[[int], tuple[str, ...]], target: str) -> Callable[[int], tuple[str, ...]]:
    """The function with its exceptions as `AdapterFailure`s, and its answers tenants, one at least."""

    def told(number: int) -> tuple[str, ...]:
        with _theirs(target, f"tenants({number}) failed"):
            found: object = tenants(number)
        if isinstance(found, tuple | list) and found and all(isinstance(tenant, str) and tenant for tenant in found):
            return tuple(found)
        remedy = "return the tenants of a story, its own first and then strangers, as in ('111122223333/us-east-1',)"
        raise AdapterFailure(target, f"tenants({number}) returned {shown(found)}", remedy)

    return told


def guarded_wait(wait: Callable[[float], None], target: str) -> Callable[[float], None]:
    """The function with its exceptions as `AdapterFailure`s."""

    def waited(seconds: float) -> None:
        with _theirs(target, f"wait({seconds:g}) failed"):
            wait(seconds)

    return waited


@contextmanager
def _theirs(target: str, what: str) -> Iterator[None]:
    try:
        yield
    except HaltspecError:
        raise
    except Exception as error:
        reason = f"{what} with {type(error).__name__}: {error}"
        raise AdapterFailure(target, reason, "correct it: what it raises is no answer of the implementation") from error

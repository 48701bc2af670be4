"""What services get wrong that claim to be AWS Device Farm."""

from __future__ import annotations

from typing import Any, Final

from haltspec.lts import Role
from haltspec_properties.flaws.generic import adds, edit, hides, shows
from haltspec_properties.flaws.service import Flaw, Turn

_MODEL: Final = "Device Farm service model"
_GUIDE: Final = "Device Farm Developer Guide, how-to-set-default-timeout-for-test-runs"
_PAGE: Final = "Device Farm API Reference, StopJob"


def _ended(view: dict[str, Any]) -> bool:
    return view.get("status") == "COMPLETED"


def _no_end(turn: Turn, view: dict[str, Any]) -> None:
    if _ended(view):
        view["result"] = "PENDING"


def _early_result(turn: Turn, view: dict[str, Any]) -> None:
    if view.get("status") in ("PENDING", "SCHEDULING", "PREPARING"):
        view["result"] = "PASSED"


def _ended_by_force(result: Any, view: dict[str, Any]) -> Any:
    """Whatever began ends as if somebody had stopped it."""
    return "STOPPED" if _ended(view) and "started" in view else result


def _billed(minutes: Any, view: dict[str, Any]) -> Any:
    """A job that was stopped before it began costs a minute."""
    return (
        {**minutes, "total": 3.0, "metered": 1.0}
        if view.get("result") == "STOPPED" and "started" not in view
        else minutes
    )


FLAWS: Final[tuple[Flaw, ...]] = (
    Flaw("what is COMPLETED has the result PENDING", _MODEL, edit(_no_end, Role.READ, Role.LIST)),
    Flaw("what ends by itself is STOPPED", _GUIDE, shows("result", _ended_by_force)),
    Flaw("what waits has a result", _MODEL, edit(_early_result, Role.READ, Role.LIST)),
    Flaw("a job stopped before it began is billed", _PAGE, shows("deviceMinutes", _billed)),
    Flaw("counters do not fit in their total", _MODEL, shows("counters.passed", lambda n, _: (n or 0) + 1000)),
    Flaw("counters do not add up at the end", _MODEL, shows("counters.total", lambda n, v: n + 7 if _ended(v) else n)),
    Flaw("counters are negative", _MODEL, shows("counters.failed", lambda _n, _v: -1)),
    Flaw("minutes are negative", _MODEL, shows("deviceMinutes.metered", lambda _n, _v: -1.0)),
    Flaw("minutes do not fit in their total", _MODEL, shows("deviceMinutes.metered", lambda n, _: n + 1000.0)),
    Flaw("started lies before created", _MODEL, shows("started", lambda _, v: v.get("created", 1e9) - 60)),
    Flaw("stopped lies before created", _MODEL, shows("stopped", lambda _, v: v.get("created", 1e9) - 60)),
    Flaw("stopped is missing", _MODEL, hides("stopped")),
    Flaw("stopped is shown from the beginning", _MODEL, adds("stopped", lambda v: None if _ended(v) else v["created"])),
    Flaw("created is missing", _MODEL, hides("created")),
    Flaw("the type changes", _MODEL, shows("type", lambda kind, v: "FUZZ" if _ended(v) and kind != "FUZZ" else kind)),
    Flaw("a run has another name", _MODEL, shows("name", lambda name, _: f"{name}-1")),
)

"""What `haltspec mutate --target wire` prints: which flaws of a service a conformance run found, and how soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from haltspec_properties.flaws.hunt import Found, Hunted


def table(hunted: Hunted) -> Iterator[str]:
    """A line for each flaw, then what they come to."""
    lines = [["", "flaw", "found by", "calls", "seconds"]]
    lines += [_line(found, is_wrong=not found.is_found) for found in hunted.steered]
    if hunted.sound.is_found:
        lines.append(_line(hunted.sound, is_wrong=True))
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    yield f"{hunted.api}:"
    for mark, flaw, rule, calls, seconds in lines:
        left = mark.ljust(widths[0]), flaw.ljust(widths[1]), rule.ljust(widths[2])
        yield "  ".join((*left, calls.rjust(widths[3]), seconds.rjust(widths[4]))).rstrip()
    yield _sum("", hunted.steered)
    if hunted.plain:
        yield _sum(" without steering", hunted.plain)
    told = f"FALSE ALARM: {hunted.sound.message}" if hunted.sound.is_found else "nothing found"
    yield f"without a flaw: {told} in {hunted.sound.calls} calls, {hunted.sound.seconds:.1f} s"


def _line(found: Found, *, is_wrong: bool) -> list[str]:
    mark = "!" if is_wrong else ""
    return [mark, found.flaw or "(none)", found.rule or "MISSED", str(found.calls), f"{found.seconds:.1f}"]


def _sum(how: str, all_found: Sequence[Found]) -> str:
    found = [one for one in all_found if one.is_found]
    counted = f"{len(found)} of {len(all_found)} found{how}"
    if not found:
        return counted
    calls, seconds = [one.calls for one in found], [one.seconds for one in found]
    return (
        f"{counted}; calls: median {median(calls):g}, worst {max(calls)}; "
        f"seconds: median {median(seconds):.1f}, worst {max(seconds):.1f}"
    )


def as_json(hunted: Hunted) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "api": hunted.api,
        **_figures(hunted.steered),
        "without_steering": _figures(hunted.plain) if hunted.plain else None,
        "without_a_flaw": _found(hunted.sound),
    }


def _figures(all_found: Sequence[Found]) -> dict[str, Any]:
    found = [one for one in all_found if one.is_found]
    calls, seconds = [one.calls for one in found], [one.seconds for one in found]
    return {
        "flaws": len(all_found),
        "found": len(found),
        "median_calls": median(calls) if calls else None,
        "worst_calls": max(calls, default=None),
        "median_seconds": round(median(seconds), 3) if seconds else None,
        "worst_seconds": round(max(seconds), 3) if seconds else None,
        "each": [_found(one) for one in all_found],
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "flaw": found.flaw,
        "rule": found.rule or None,
        "message": found.message,
        "calls": found.calls,
        "seconds": round(found.seconds, 3),
    }

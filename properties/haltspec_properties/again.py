"""Recorded calls are made again in other tenants, with the ids and tokens that come back there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, Final

from haltspec.errors import Misuse
from haltspec.observe import succeeded
from haltspec.trace import Call
from haltspec_properties.scenarios import Stage

SALT_STEP: Final = 60
"""Names with numbers that differ by multiples of this are of the same kind; see `Service.variants`."""
NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{6,11}(?![0-9A-Za-z])")
"""A number by which a run tells its names and tokens apart in tenants that are not its own; accounts are longer."""
SHORTEST_GAP_S: Final = 0.02
"""Calls that are nearer to each other came one after the other."""
_SHORTEST_NUMBER: Final = 6


def make_again(
    calls: Sequence[Call],
    stage: Stage,
    tenants: Mapping[str, str],
    told: Mapping[str, str] | None = None,
    *,
    longest_gap_s: float = 0.0,
) -> tuple[Call, ...]:
    """The calls as they were answered when they were made again.

    Args:
        calls: recorded calls; those that overlap are made at once.
        stage: where to make them.
        tenants: for each recorded tenant one of the stage.
        told: texts in requests, and what stands for them now; accounts and what comes back are known.
        longest_gap_s: wait between calls as long as was waited then, and no longer than this, in seconds.
    """
    known = {**(told or {}), **{account(old): account(new) for old, new in tenants.items()}}
    before: float | None = None
    for group in together(calls):
        gap = 0.0 if before is None else min(group[0].start - before, longest_gap_s)
        if gap > SHORTEST_GAP_S:
            stage.wait(gap)
        before = max(call.start if call.end is None else call.end for call in group)
        asked = [(call.operation, renamed(call.request, known), tenants[call.tenant]) for call in group]
        if len(asked) == 1:
            made = [stage.session.call(*asked[0])]
        else:
            made = _in_order(asked, stage.session.at_once(asked))
        for call, now in zip(group, made, strict=True):
            if succeeded(call) and succeeded(now):
                known |= differences(call.reply, now.reply)
    return tuple(stage.session.calls)


def together(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """The calls in their order, those that overlapped in one list; one that was not answered stands alone."""
    group: list[Call] = []
    for call in calls:
        overlaps = all(other.end is not None and call.start < other.end for other in group)
        if group and not (overlaps and call.end is not None):
            yield group
            group = []
        group.append(call)
    if group:
        yield group


def _in_order(asked: Sequence[tuple[str, Mapping[str, Any], str]], made: Iterable[Call]) -> list[Call]:
    """The answers to calls made at once, in the order in which they were asked."""
    left = list(made)
    found = []
    for operation, request, tenant in asked:
        wrong = ((c.operation != operation, c.tenant != tenant, c.request != request) for c in left)
        _, place = min((faults, place) for place, faults in enumerate(wrong))
        found.append(left.pop(place))
    return found


def account(tenant: str) -> str:
    """The part of a tenant that stands in ids and roles."""
    return tenant.partition("/")[0]


def placed(recorded: Iterable[str], tenants: Sequence[str]) -> dict[str, str]:
    """For each recorded tenant one of `tenants`, so that those of one account stay of one, and others do not.

    Raises:
        Misuse: there are not enough tenants.
    """
    old = list(dict.fromkeys(recorded))
    for new in permutations(tenants, len(old)):
        pairs = list(zip(old, new, strict=True))
        if all((account(a) == account(c)) == (account(b) == account(d)) for a, b in pairs for c, d in pairs):
            return dict(pairs)
    have = ", ".join(tenants)
    raise Misuse(
        f"the calls are of {len(old)} tenants ({', '.join(old)}), and the target has {have}",
        "give it another: --other-profile, --workspace",
    )


def fresh_numbers(calls: Sequence[Call], shift: int) -> dict[str, str]:
    """For each number that tells a run's names apart, one of the same kind that no run has used."""
    texts = (text for call in calls for text in texts_in(call.request))
    numbers = {number for text in texts for number in NUMBER.findall(text)}
    longest_first = sorted(numbers, key=lambda number: (-len(number), number))
    return {number: str(int(number) + 1000 * SALT_STEP * shift) for number in longest_first}


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a decoded value, names of members aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def differences(old: Any, new: Any) -> dict[str, str]:
    """The texts that stand in the same place of two replies and differ."""
    if isinstance(old, str) and isinstance(new, str):
        return {old: new} if old != new else {}
    found: dict[str, str] = {}
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for member in old.keys() & new.keys():
            found |= differences(old[member], new[member])
    elif isinstance(old, list) and isinstance(new, list):
        for first, second in zip(old, new, strict=False):
            found |= differences(first, second)
    return found


def renamed(value: Any, told: Mapping[str, str]) -> Any:
    """A request with every text of the first recording replaced by what came back in its place."""
    if isinstance(value, str):
        if value in told:
            return told[value]
        for old, new in told.items():
            if len(old) >= _SHORTEST_NUMBER and old.isdigit():  # an account, or what tells names apart
                value = value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {member: renamed(inner, told) for member, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, told) for inner in value]
    return value

"""Hold a projected trace against the data rules of its API: which are broken, where, and by how little.

The oracle makes violations of what is found here. Rules look only at what was answered: nothing here depends on what
the oracle believes of a job.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from haltspec.observe import Projection
from haltspec.rules import CallRule, HistoryRule, Sight, SightRule, Watcher, Wrong
from haltspec.spec import Api, JobKey

_Rule = TypeVar("_Rule", SightRule, CallRule, HistoryRule)


class Broken(NamedTuple):
    """A data rule that a trace breaks.

    Args:
        name: its full name, `API/RULE` or `API/LIFECYCLE/RULE`.
        rule: the rule.
        wrong: what is wrong, as the rule tells it.
        job: the job it is about; None for a rule on calls.
        calls: indexes of the calls that show it, the breaking one last.
        gone: the ids of deleted jobs that it shows, if that is what is wrong.
    """

    name: str
    rule: SightRule | CallRule | HistoryRule
    wrong: str
    job: JobKey | None
    calls: tuple[int, ...]
    gone: tuple[str, ...] = ()


def broken(projection: Projection, window: float = 0.0) -> Iterator[Broken]:
    """The data rules that a trace breaks, once for each call (and job) that does: rules on calls first.

    Reads may be as old as `window` seconds, for the rules over histories.
    """
    if window:
        exchanges = tuple(replace(exchange, window=window) for exchange in projection.exchanges)
        projection = replace(projection, exchanges=exchanges)
    yield from _call_rules(projection)
    yield from _history_rules(projection)
    yield from _sight_rules(projection)


def _named(api: Api, kind: type[_Rule]) -> dict[str, tuple[tuple[str, _Rule], ...]]:
    """For each lifecycle the data rules of a kind, its own after those of the API, each with its full name."""
    named: dict[str, tuple[tuple[str, _Rule], ...]] = {}
    for lifecycle in api.lifecycles:
        placed = [(api.name, rule) for rule in api.rules]
        placed += [(lifecycle.full_name, rule) for rule in lifecycle.rules]
        named[lifecycle.name] = tuple(
            (f"{where}/{rule.name}", rule) for where, rule in placed if isinstance(rule, kind)
        )
    return named


def _call_rules(projection: Projection) -> Iterator[Broken]:
    rules = _named(projection.api, CallRule)
    for index, exchange in enumerate(projection.exchanges):
        for name, rule in rules[exchange.binding.lifecycle] if exchange.status is not None else ():
            wrong = rule.check(exchange)
            if wrong is not None:
                yield Broken(name, rule, wrong, None, (index,))


def _history_rules(projection: Projection) -> Iterator[Broken]:
    rules = dict(pair for pairs in _named(projection.api, HistoryRule).values() for pair in pairs)
    moments = sorted(_moments(projection)) if rules else []
    place = {id(exchange): index for index, exchange in enumerate(projection.exchanges)} if rules else {}
    for name, rule in rules.items():
        memory = rule.open()
        watcher = memory if isinstance(memory, Watcher) else None
        for _, is_end, index in moments:
            exchange = projection.exchanges[index]
            if is_end:
                wrong = memory.see(exchange)
                if wrong is not None:
                    told, earlier, gone = wrong if isinstance(wrong, Wrong) else Wrong(wrong, ())
                    before = {place[id(other)] for other in earlier} - {index}
                    yield Broken(name, rule, told, None, (*sorted(before), index), gone)
            elif watcher is not None:
                watcher.begin(exchange)


def _moments(projection: Projection) -> Iterator[tuple[float, bool, int]]:
    """When each call began and ended: time, whether it is the end, index of the call."""
    for index, call in enumerate(projection.calls):
        yield call.start, False, index
        yield math.inf if call.end is None else call.end, True, index


def _sight_rules(projection: Projection) -> Iterator[Broken]:
    rules = _named(projection.api, SightRule)
    created = {h.key: h.created if h.created is not None else h.maker for h in projection.histories}
    calls = {id(sight): index for _, sight, index in projection.sights}
    malformed = projection.malformed
    for key, sight, index in projection.sights:
        if (key.tenant, key.id) in malformed:
            continue
        for name, rule in rules[key.lifecycle]:
            wrong = rule.check(sight)
            if wrong is not None:
                needed, earlier = _sights_needed(rule, sight)
                first = created.get(key) if needed.created is not None else None
                before = {i for i in (first, calls.get(id(earlier))) if i is not None and i != index}
                yield Broken(name, rule, wrong, key, (*sorted(before), index))


def _sights_needed(rule: SightRule, sight: Sight) -> tuple[Sight, Sight | None]:
    """Of a sight that breaks a rule as little as still does: the sight, and the one earlier sight it needs, if any."""
    earlier: Sight | None = None
    needed = replace(sight, earlier=None)
    if rule.check(needed) is None:
        earlier = sight.earlier
        while earlier is not None and rule.check(replace(sight, earlier=replace(earlier, earlier=None))) is None:
            earlier = earlier.earlier
        needed = sight if earlier is None else replace(sight, earlier=replace(earlier, earlier=None))
    without = replace(needed, created=None)
    return (without if rule.check(without) is not None else needed), earlier

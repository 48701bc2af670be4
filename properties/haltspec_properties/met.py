"""Which named rules a run met: those that another answer, to some call that was made, would have broken.

A data rule on a job or on a call is held against answers that differ a little from those that came: a member missing or
with another value, another status or error, items twice or not at all. If none of them breaks the rule, none of the
calls could tell whether the service keeps it. Rows were met as the judge counts them. A rule on states that come about
was met where a job was in a state from which it speaks, one over histories where a call it looks at succeeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any, Final, TypeVar

from haltspec.automaton import OK, matches
from haltspec.lts import ABSENT, LeadsTo, Lifecycle, Role
from haltspec.observe import History, Projection, succeeded
from haltspec.oracle import AT_ONCE, GIVEN_ONCE, UNDECLARED, Report
from haltspec.rules import CallRule, Exchange, HistoryRule, Sight, SightRule
from haltspec.spec import Api, Path, reach
from haltspec_properties.footprint import Spied
from haltspec_properties.named import ORDER, TYPES, named_rules
from haltspec_properties.untested import is_answered

_NEXT_DIGIT: Final = str.maketrans("0123456789", "1234567890")
_MOST_PARTS: Final = 12
_Thing = TypeVar("_Thing")
_LIKE: Final = 4
"""So many sights, or calls, that are alike are looked at."""
_OTHERS: Final[tuple[Any, ...]] = (None, "", "another", 0, 1, -1, 10**9, 4 * 10**9, True, [], {}, ["another"])
"""Values that a member may have instead."""


def met(api: Api, report: Report) -> frozenset[str]:
    """The names of the named rules of an API that a judged recording met."""
    projection = report.projection
    found = {rule.name for rule in named_rules(api.name).values() if rule.row and report.taken.get(rule.row)}
    found.update(_met_on_data(api, projection))
    for lifecycle in api.lifecycles:
        histories = [history for history in projection.histories if history.key.lifecycle == lifecycle.name]
        found.update(f"{lifecycle.full_name}/{name}" for name in _met_by_jobs(lifecycle, histories, report.taken))
    found.update(f"{api.name}/{name}" for name in _met_by_calls(api, projection))
    return frozenset(found)


def _met_by_jobs(lifecycle: Lifecycle, histories: Sequence[History], taken: Mapping[str, int]) -> Iterator[str]:
    makers = {operation.name for operation in lifecycle.operations if operation.role is Role.CREATE}
    if any(event.seen.what == OK and event.seen.operation in makers for h in histories for event in h.events):
        yield GIVEN_ONCE
    shown = [[event.seen.shows for event in h.events if event.seen.what == OK and event.seen.shows] for h in histories]
    if any(len(views) > 1 for views in shown):
        yield ORDER
    reached = {row.target for row in lifecycle.all_rows() if taken.get(f"{lifecycle.name}/{row.name}")}
    views = set(chain.from_iterable(shown))
    for owed in lifecycle.progress:
        if reached.intersection(owed.start) or any(_is_begun(lifecycle, owed, view) for view in views):
            yield owed.name


def _is_begun(lifecycle: Lifecycle, owed: LeadsTo, view: Sequence[str | None]) -> bool:
    """True if a job that shows this must be in a state from which something is owed."""
    fitting = [s.name for s in lifecycle.states if s.name != ABSENT and matches(tuple(view), s.shows)]
    return bool(fitting) and all(name in owed.start for name in fitting)


def _met_by_calls(api: Api, projection: Projection) -> Iterator[str]:
    """Of the rules that hold for every API those that were met."""
    calls = projection.calls
    refused = [call for call in calls if call.status is not None and not succeeded(call)]
    if any(map(succeeded, calls)):
        yield TYPES
        yield "absent members are left out"
    if any(faults and is_answered(api, call) for call, faults in zip(calls, projection.faults, strict=True)):
        yield "a malformed request is refused"
    if any(call.status is not None and call.status >= 500 for call in refused):
        yield "a fault is one of the declared errors"
    if any(call.status is not None and call.status < 500 for call in refused):
        yield UNDECLARED
    if any(api.error(call.code) is not None for call in refused):
        yield "errors have their documented HTTP status"
    if any(event.lag for history in projection.histories for event in history.events):
        yield AT_ONCE


# ---- data rules ---------------------------------------------------------------------------------------------------


def _met_on_data(api: Api, projection: Projection) -> Iterator[str]:
    answered = [e for call, e in zip(projection.calls, projection.exchanges, strict=True) if is_answered(api, call)]
    for lifecycle in api.lifecycles:
        sights = list(_unlike(s for key, s, _ in projection.sights if key.lifecycle == lifecycle.name))
        own = [exchange for exchange in answered if exchange.binding.lifecycle == lifecycle.name]
        exchanges = list(_unlike_calls(own))
        codes = [error.code for error in api.errors]
        statuses = [state.shows for state in lifecycle.states if state.name != ABSENT]
        words = sorted({word for status in statuses for word in status if word})
        for where, rules in ((api.name, api.rules), (lifecycle.full_name, lifecycle.rules)):
            for rule in rules:
                if isinstance(rule, SightRule):
                    is_met = any(_may_break(rule, sight, statuses) for sight in sights)
                elif isinstance(rule, CallRule):
                    is_met = any(_may_break_call(rule, exchange, codes, words) for exchange in exchanges)
                else:
                    assert isinstance(rule, HistoryRule)
                    is_met = any(exchange.succeeded for exchange in own)
                if is_met:
                    yield f"{where}/{rule.name}"


def _unlike(sights: Iterable[Sight]) -> Iterator[Sight]:
    def sort(sight: Sight) -> str:
        about = sorted(sight.job), sight.shown, sight.full, sight.binding.operation, sight.created is None
        return repr((*about, sight.earlier is None, sorted(sight.created or ())))

    return _some(sights, sort)


def _unlike_calls(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    def sort(exchange: Exchange) -> str:
        about = exchange.operation, sorted(exchange.request), exchange.error, sorted(exchange.reply or ())
        return repr((*about, min(len(exchange.items), 2), exchange.is_id_malformed))

    return _some(exchanges, sort)


def _some(things: Iterable[_Thing], sort: Callable[[_Thing], str]) -> Iterator[_Thing]:
    """The first few of each sort."""
    counts: dict[str, int] = {}
    for thing in things:
        key = sort(thing)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= _LIKE:
            yield thing


def _may_break(rule: SightRule, sight: Sight, statuses: Sequence[tuple[str | None, ...]]) -> bool:
    """True if another view of the job would break a rule: in the same status, unless it is a rule on that."""
    looked_at: set[Path] = set()
    if _breaks(rule.check, replace(sight, job=Spied(sight.job, looked_at))):
        return True
    jobs = (replace(sight, job=job) for job in _otherwise(sight.job, looked_at))
    shown = (replace(sight, shown=status) for status in (statuses if rule.on_status else ()))
    return any(_breaks(rule.check, other) for other in chain(jobs, shown))


def _may_break_call(rule: CallRule, exchange: Exchange, codes: Sequence[str], statuses: Sequence[str]) -> bool:
    """True if another answer to the same call would break a rule."""
    looked_at: set[Path] = set()
    in_items: set[Path] = set()
    spied = replace(
        exchange,
        reply=None if exchange.reply is None else Spied(exchange.reply, looked_at),
        items=tuple(Spied(item, in_items) for item in exchange.items),
    )
    if _breaks(rule.check, spied):
        return True
    answers = _other_answers(exchange, codes, statuses, looked_at, in_items)
    return any(_breaks(rule.check, other) for other in answers)


def _breaks(check: Callable[[_Thing], str | None], thing: _Thing) -> bool:
    """True if a rule is broken; what it cannot look at, having another type than it reckons with, tells nothing."""
    with suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return check(thing) is not None
    return False


def _other_answers(
    exchange: Exchange, codes: Sequence[str], statuses: Sequence[str], looked_at: Set[Path], in_items: Set[Path]
) -> Iterator[Exchange]:
    done = replace(exchange, error=None, status=exchange.status if exchange.succeeded else 200)
    yield from (done, replace(done, status=299), replace(done, reply={"another": 1}, body={"another": 1}))
    yield from (replace(done, items=items) for items in ((), done.items * 2, done.items * 1000, ({},)))
    yield from (replace(exchange, status=400, error=code, items=(), reply={}, body={}) for code in codes)
    for reply in _otherwise(exchange.reply or {}, looked_at, statuses):
        yield replace(exchange, reply=reply, body=reply)
    for item in exchange.items[:1]:
        for other in _otherwise(item, in_items):
            yield replace(exchange, items=(other, *exchange.items[1:]))
            yield replace(exchange, items=(*exchange.items, other))
    yield from (replace(exchange, job_id=other) for other in _near(exchange.job_id))


def _otherwise(value: Mapping[str, Any], places: Set[Path], others: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
    """An object with another value at one of some places, or without it."""
    for place in sorted(places):
        for other in (*_OTHERS, *others, *_near(reach(value, place))):
            changed = _changed(value, place, other)
            if changed is not None:
                yield changed


def _near(value: Any) -> Iterator[Any]:
    """Values near to one: the next numbers, or a text of which one part (of an ARN, of a path) is another."""
    if isinstance(value, int | float):
        yield from (value - 1, value + 1)
    elif isinstance(value, str):
        parts = re.split("([/:])", value)
        for place, part in enumerate(parts[: _MOST_PARTS * 2]):
            for other in (f"{part}x", part.translate(_NEXT_DIGIT)) if part not in ("", "/", ":") else ():
                yield "".join((*parts[:place], other, *parts[place + 1 :]))


def _changed(value: Mapping[str, Any], place: Path, other: Any) -> dict[str, Any] | None:
    """An object with another value at a place, None for no member there; None if it has no such place."""
    if len(place) == 1:
        rest = {name: inner for name, inner in value.items() if name != place[0]}
        return rest if other is None else {**rest, place[0]: other}
    inner = value.get(place[0])
    changed = _changed(inner, place[1:], other) if isinstance(inner, Mapping) else None
    return None if changed is None else {**value, place[0]: changed}

"""Stories for a service that does what it is about to do as soon as it is left alone: jobs come to rest between calls.

They go where conformance runs do not, which have to wait for a service: orders to jobs at rest, one of two that are
alike and then the other; jobs made from jobs; more of them than a page has; requests that are odd and keep their shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from haltspec.lts import Role
from haltspec.spec import Api, Binding
from haltspec_properties.asks import creators, lists, parent_for
from haltspec_properties.scenarios import Scenario, Stage
from haltspec_properties.session import Known
from haltspec_properties.walk import unknown_id

_CROWD: Final = 102
_SOME_S: Final = 1.0
_NO_ID: Final = "not allowed: {}"
_ORDERS: Final = (Role.ORDER, Role.DELETE)


def tales(api: Api) -> Iterator[Scenario]:
    """The stories of an API; their stages wait for nothing."""
    yield Scenario("every kind, at rest", partial(_every_kind, creators(api)))
    yield Scenario("every kind, in use", partial(_in_use, creators(api)))
    for binding in creators(api):
        what = binding.kind or binding.lifecycle
        yield Scenario(f"{what}: alike, at rest", partial(_alike, binding))
        yield Scenario(f"{what}: strangers, at rest", partial(_strangers, binding))
        yield Scenario(f"{what}: odd requests, at rest", partial(_odd, binding))
        yield Scenario(f"{what}: narrowed lists", partial(_narrowed, binding))
    for lifecycle in api.lifecycles:
        for binding in creators(api, lifecycle.name)[:1]:
            yield Scenario(f"{lifecycle.name}: a crowd", partial(_crowd, binding))


def _make(stage: Stage, binding: Binding, number: int) -> list[Known]:
    """Make a job and leave it alone; it and the jobs that came with it, once listed."""
    session, before = stage.session, len(stage.session.jobs)
    session.create(binding, stage.home, number)
    stage.wait(_SOME_S)
    for made in session.jobs[before:]:
        for below in session.api.bindings:
            if below.items is not None and below.parent_of is not None and below.lifecycle != made.key.lifecycle:
                session.listing(below, made.key.tenant, made.key.id)
    return [known for known in session.jobs[before:] if known.binding.operation == binding.operation]


def _next(stage: Stage, binding: Binding, number: int) -> int:
    """The number of the next example of the same variant."""
    return number + stage.session.service.variants(binding)


def _look(stage: Stage, known: Known) -> None:
    """Read a job in every way, or else list it."""
    readers = [b for b in stage.session.bindings(known.key, Role.READ) if b.view is not None]
    for binding in readers:
        stage.session.ask(binding, known.key.tenant, known.key.id)
    if not readers:
        _list(stage, known, stage.home)


def _list(stage: Stage, known: Known, tenant: str) -> None:
    for binding in stage.session.bindings(known.key, Role.LIST):
        stage.session.listing(binding, tenant, parent_for(binding, known))


def _every_kind(makers: tuple[Binding, ...], stage: Stage) -> None:
    """Make jobs of every kind, and more, which then may be made from those; order each about and look at it."""
    jobs = [known for number in (1, 2) for binding in makers for known in _make(stage, binding, number)]
    for known in jobs:
        _list(stage, known, stage.home)
    jobs += [known for number in (7, 8) for binding in makers for known in _make(stage, binding, number)]
    for known in jobs:
        _look(stage, known)
        for order in stage.session.bindings(known.key, Role.ORDER):
            stage.session.ask(order, known.key.tenant, known.key.id)
            stage.wait(_SOME_S)
            _look(stage, known)
    for known in jobs:
        _look(stage, known)


def _in_use(makers: tuple[Binding, ...], stage: Stage) -> None:
    """Make jobs from jobs at rest, and delete those while the new ones have not moved; first the last that was made.

    Strangers ask first for what the owner makes. Once all is at rest all is deleted, and asked for again.
    """
    session = stage.session
    jobs = [known for number in (1, 2) for binding in makers for known in _make(stage, binding, number)]
    for known in jobs:
        _list(stage, known, stage.home)
    for number in (7, 8):
        for binding in makers:
            asked = session.example(binding, stage.home, number)
            from_jobs = any(named.id_in for named in session.api.bound(binding.operation))
            for tenant in (*stage.tenants[1:], stage.home) if from_jobs else (stage.home,):
                session.call(binding.operation, asked, tenant)
    _delete(stage, jobs)
    for known in session.jobs:
        _look(stage, known)
    stage.wait(_SOME_S)
    made = [known for known in session.jobs if known.request and not known.binding.spreads]
    for _ in range(2):  # what holds others goes once these are gone
        _delete(stage, made)
        stage.wait(_SOME_S)
        for known in made:
            _look(stage, known)
    for known in made:
        session.call(known.binding.operation, known.request, stage.home)


def _delete(stage: Stage, jobs: list[Known]) -> None:
    """Delete jobs as far as they can be, the youngest first."""
    for known in reversed(jobs):
        for order in stage.session.bindings(known.key, Role.DELETE):
            stage.session.ask(order, stage.home, known.key.id)


def _alike(binding: Binding, stage: Stage) -> None:
    """Give every order to one of two jobs that are alike, then to the other, and look at both each time."""
    one, other = _make(stage, binding, 2), _make(stage, binding, _next(stage, binding, 2))
    for pair in [(first, second) for first in one for second in other if first.key[:3] == second.key[:3]]:
        for order in stage.session.bindings(pair[0].key, *_ORDERS):
            for known in pair:
                stage.session.ask(order, known.key.tenant, known.key.id)
                stage.wait(_SOME_S)
                for either in pair:
                    _look(stage, either)


def _strangers(binding: Binding, stage: Stage) -> None:
    """Let strangers make every call on a job before its owner does."""
    for known in _make(stage, binding, 2):
        for asked in stage.session.bindings(known.key, Role.READ, *_ORDERS):
            for tenant in (*stage.tenants[1:], stage.home):
                stage.session.ask(asked, tenant, known.key.id)
            stage.wait(_SOME_S)
        for tenant in stage.tenants:
            _list(stage, known, tenant)
        _look(stage, known)


def _odd(binding: Binding, stage: Stage) -> None:
    """Requests that are odd and keep their shape, a creation repeated without a token, ids of nobody and no ids.

    Each is followed by what is right.
    """
    session = stage.session
    for extra in session.service.extras(binding)[1:]:
        for number in range(1, _next(stage, binding, 1)):
            session.create(binding, stage.home, number, **extra)
    for known in _make(stage, binding, _next(stage, binding, 2)):
        _list(stage, known, stage.home)
        if not known.binding.spreads:
            session.call(known.binding.operation, known.request, stage.home)
        for asked in session.bindings(known.key, Role.READ, Role.ORDER):
            for extra in session.service.extras(asked)[1:]:
                session.ask(asked, stage.home, known.key.id, **extra)
            for job_id in (unknown_id(known.key.id, 1), _NO_ID):
                session.ask(asked, stage.home, job_id)
            session.ask(asked, stage.home, known.key.id)
            stage.wait(_SOME_S)
        _look(stage, known)


def _narrowed(binding: Binding, stage: Stage) -> None:
    """List jobs that are alike through filters and in short pages."""
    first, number = _make(stage, binding, 1), 1
    for _ in range(2):
        number = _next(stage, binding, number)
        _make(stage, binding, number)
    for known in first:
        for listing, members in lists(stage.session, known):
            stage.session.listing(listing, stage.home, parent_for(listing, known), **members)


def _crowd(binding: Binding, stage: Stage) -> None:
    """More jobs than a page has, listed."""
    session = stage.session
    for number in range(_CROWD):
        session.create(binding, stage.home, number * session.service.variants(binding))
    for known in session.jobs[-1:]:
        _list(stage, known, stage.home)

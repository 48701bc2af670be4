"""The calls one can make on what is there, listed: right ones, and such as are wrong in one way each.

Everything is read off a session (which jobs are known, what lists showed) and the API's service (examples of requests);
nothing is called here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from haltspec import shapes
from haltspec.lts import Role
from haltspec.spec import Api, Binding, JobKey
from haltspec_properties.breaches import Breach, breaches, paths
from haltspec_properties.session import Known, Session
from haltspec_properties.walk import unknown_id

BY_ID: Final = (Role.READ, Role.ORDER, Role.DELETE)
_FEW_NAMES: Final = 3
_PAGE_SIZES: Final = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Ask:
    """A call to make; shown by its `words` alone.

    Args:
        words: what it is, for people.
        operation: the wire operation.
        request: its members.
        tenant: who calls.
        binding: how the operation speaks of the job it is about.
        plain: it has nothing but what such a call needs.
    """

    words: str
    operation: str
    request: Mapping[str, Any]
    tenant: str
    binding: Binding
    plain: bool = True

    def _repr_pretty_(self, printer: Any, _is_cycle: bool) -> None:
        """As Hypothesis shows it."""
        printer.text(self.words)


def _ask(
    binding: Binding, request: Mapping[str, Any], tenant: str, *words: str, extra: Mapping[str, Any] | None = None
) -> Ask:
    added = [f"{member}={value!r}" for member, value in (extra or {}).items()]
    told = " ".join((binding.operation, *words, *added))
    return Ask(told, binding.operation, {**request, **(extra or {})}, tenant, binding, plain=not added)


# ---- right calls -----------------------------------------------------------------------------------------------------


def creators(api: Api, lifecycle: str = "") -> tuple[Binding, ...]:
    """The bindings by which a job is made, of one lifecycle if given."""
    return tuple(
        binding
        for binding in api.bindings
        if api.role(binding).role is Role.CREATE and not binding.spreads and lifecycle in ("", binding.lifecycle)
    )


def creations(
    session: Session, tenant: str, name: int, *, token: str | None = None, lifecycle: str = "", names: int = 1
) -> list[Ask]:
    """The requests that make a job: of every kind and variant, each with the members that make a difference.

    Args:
        session: what was done so far.
        tenant: who calls.
        name: tells apart the names that requests give.
        token: the idempotency token; where an operation demands one and none is given it is made from `name`.
        lifecycle: whose jobs; empty: all.
        names: so many names, from `name` on.
    """
    service, found = session.service, []
    for binding in creators(session.api, lifecycle):
        variants = service.variants(binding)
        for number in range(name * variants, (name + names) * variants):
            example = session.example(binding, tenant, number)
            if binding.token_in and (token is not None or _demands_token(session.api, binding, example)):
                example[binding.token_in] = token or f"token-{name}"
            for extra in service.extras(binding):
                found.append(_ask(binding, example, tenant, str(number), extra=extra))
    return found


def _demands_token(api: Api, binding: Binding, request: Mapping[str, Any]) -> bool:
    return any(
        fault.member == binding.token_in for fault in shapes.load(api).request_faults(binding.operation, request)
    )


def again(known: Known) -> list[Ask]:
    """The request that made a job, once more; none if no request made it, or one that made another job with it."""
    is_own = bool(known.request) and not known.binding.spreads
    return [_ask(known.binding, known.request, known.key.tenant, "again")] if is_own else []


def otherwise(session: Session, ask: Ask, name: int) -> list[Ask]:
    """The requests to make a job that differ from one in their parameters, under another name, and have its token."""
    token = ask.request.get(ask.binding.token_in) if ask.binding.token_in else None
    others = creations(session, ask.tenant, name, token=token, lifecycle=ask.binding.lifecycle, names=_FEW_NAMES)
    return [other for other in others if other.binding == ask.binding and other.request != ask.request]


def calls_on(session: Session, known: Known, *roles: Role, operation: str = "") -> list[Ask]:
    """The calls on a job by its id, each with the members that make a difference; of one `operation` if given."""
    service, key = session.service, known.key
    return [
        _ask(binding, service.order(binding, key.tenant, key.id), key.tenant, extra=extra)
        for binding in session.bindings(key, *roles)
        if binding.id_in and operation in ("", binding.role) and session.api.role(binding).role is not Role.CREATE
        for extra in service.extras(binding)
    ]


def making(session: Session, known: Known, role: str, name: int) -> list[Ask]:
    """The creations that name a job in a `role` besides the one they make: a version is made in a project.

    They are those examples of a few names, from `name` on, that happen to name the job.
    """
    found = []
    for named in session.bindings(known.key, *BY_ID):
        makers = [b for b in creators(session.api) if named.role == role and b.operation == named.operation]
        lifecycle = makers[0].lifecycle if makers else ""
        for asked in (
            creations(session, known.key.tenant, name, lifecycle=lifecycle, names=_FEW_NAMES) if makers else ()
        ):
            if asked.binding in makers and asked.request.get(named.id_in) == known.key.id:
                found.append(_ask(named, asked.request, known.key.tenant, "making"))
    return found


def orders(session: Session, key: JobKey) -> list[Ask]:
    """The plain orders that a job can be given, and its deletion."""
    return [
        _ask(binding, session.service.order(binding, key.tenant, key.id), key.tenant)
        for binding in session.bindings(key, Role.ORDER, Role.DELETE)
        if binding.id_in
    ]


def on_parent(session: Session, known: Known) -> Iterator[Ask]:
    """The calls on the parent of a job that are also calls on the job."""
    for binding in session.api.bindings:
        if binding.scope_in and binding.spreads and binding.parent_of and binding.lifecycle == known.key.lifecycle:
            yield _ask(binding, {binding.scope_in: binding.parent_of(known.key.id)}, known.key.tenant)


def lists(session: Session, known: Known) -> list[tuple[Binding, dict[str, Any]]]:
    """The lists in which a job may stand: the binding, and members for a filter or for short pages."""
    found: list[tuple[Binding, dict[str, Any]]] = []
    for binding in session.bindings(known.key, Role.LIST):
        pages = [{binding.limit_in: size} for size in _PAGE_SIZES] if binding.limit_in else []
        probes = session.service.probes(binding, known.request)
        found += ((binding, {**members}) for members in ({}, *pages, *probes))
        found += ((binding, {**pages[0], **probe}) for probe in probes if pages)
    return found


def parent_for(binding: Binding, known: Known) -> str:
    """The parent whose jobs to list so that a job is among them; empty if the list has none, or it is not known."""
    return binding.parent_of(known.key.id) if binding.parent_of is not None else known.parent


# ---- wrong calls -----------------------------------------------------------------------------------------------------


def nobodys(ask: Ask, known: Known, number: int) -> Ask:
    """A call on a job, made with an id that nobody was given; `number` tells such ids apart."""
    job_id = unknown_id(known.key.id, number)
    given = {name: job_id if value == known.key.id else value for name, value in ask.request.items()}
    return replace(ask, request=given, words=f"{ask.words} of nobody")


def strange(ask: Ask, tenant: str) -> Ask:
    """The same call by another tenant."""
    return replace(ask, tenant=tenant, words=f"{ask.words} by a stranger")


def foreign(session: Session, known: Known) -> list[Ask]:
    """The calls with a job's id that are for jobs of another kind; none if no other kind has such ids."""
    key, own = known.key, {binding.id_in for binding in session.bindings(known.key, *BY_ID)}
    return [
        _ask(binding, session.service.order(binding, key.tenant, key.id), key.tenant, "of a", key.kind or key.lifecycle)
        for binding in session.api.bindings
        if binding.id_in in own
        and session.api.role(binding).role in BY_ID
        and not (binding.lifecycle == key.lifecycle and binding.kind in ("", key.kind))
    ]


def malformed(api: Api, ask: Ask) -> list[Ask]:
    """The same call, its shape broken in one place each."""
    return [
        replace(ask, request=breach.of(ask.request), words=f"{ask.words}: {breach.words}")
        for breach in _breaches(api, ask)
    ]


_FOUND: Final[dict[tuple[str, str, tuple[tuple[str, ...], ...]], tuple[Breach, ...]]] = {}


def _breaches(api: Api, ask: Ask) -> tuple[Breach, ...]:
    """The breaches of a request; found once for requests of an operation that have the same members."""
    key = api.name, ask.operation, tuple(paths(ask.request))
    if key not in _FOUND:
        _FOUND[key] = tuple(breaches(shapes.load(api), ask.operation, ask.request))
    return _FOUND[key]

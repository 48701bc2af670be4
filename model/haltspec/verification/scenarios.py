"""What the reference model is explored with: how many jobs, of which kinds, in which tenants, and who explores them.

One job with every call there is; one job and its token, also with two clients at once; one token in two tenants; two
jobs in two tenants, and three of an API's first lifecycle; a run with two jobs, where jobs come with another; a job and
what it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from haltspec.lts import Lifecycle, Role
from haltspec.services.base import Service
from haltspec.spec import Api, Binding

_ACCOUNTS: Final = ("111122223333/us-east-1", "444455556666/us-east-1")
_WORKSPACES: Final = ("0123456789abcdef0123456789abcdef/default", "0123456789abcdef0123456789abcdef/other")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is explored together.

    Args:
        name: for people, "two jobs, two tenants".
        lifecycles: whose jobs; those of the first are counted, the others come with them.
        kinds: the kinds of job that are made.
        tenants: who calls, in the form it has in a trace.
        jobs: how many at most, over all tenants.
        variants: which of the service's variants of an example are made, 0 or 1.
        fresh: jobs are made without a token, or each with its own where the operation demands one.
        tokens: jobs are made with a token, always the same.
        brief: only the calls by which jobs or tenants could disturb or see each other.
        interchangeable: jobs of a tenant, and tenants, may change places; makes fewer worlds.
        clients: two clients' overlapping calls are explored as well.
    """

    name: str
    lifecycles: tuple[str, ...]
    kinds: tuple[str, ...]
    tenants: tuple[str, ...]
    jobs: int
    variants: tuple[int, ...] = (0,)
    fresh: bool = True
    tokens: bool = False
    brief: bool = False
    interchangeable: bool = False
    clients: bool = False


def tenants(api: Api) -> tuple[str, str]:
    """Two tenants of an API, in the form they have in a trace."""
    return _WORKSPACES if api.tenancy.startswith("PROJECT") else _ACCOUNTS


def scenarios(api: Api, service: Service) -> Iterator[Scenario]:
    """What to explore of an API, one lifecycle after the other; each scenario is small enough to be explored whole."""
    for lifecycle in api.lifecycles:
        makers = [b for b in _makers(api) if b.lifecycle == lifecycle.name and not b.spreads]
        along = _along(api, makers)
        if along:
            yield from _with_company(api, lifecycle, along)
        elif makers:
            yield from _alone(api, service, lifecycle, makers)


def _makers(api: Api) -> list[Binding]:
    return [binding for binding in api.bindings if api.role(binding).role is Role.CREATE]


def _along(api: Api, makers: list[Binding]) -> tuple[Lifecycle, ...]:
    """The lifecycles of jobs that come into being with another."""
    operations = {binding.operation for binding in makers}
    names = dict.fromkeys(b.lifecycle for b in _makers(api) if b.spreads and b.operation in operations)
    return tuple(api.lifecycle(name) for name in names)


def _with_company(api: Api, lifecycle: Lifecycle, along: tuple[Lifecycle, ...]) -> Iterator[Scenario]:
    names = (lifecycle.name, *(other.name for other in along))
    kinds = tuple(kind.name for own in (lifecycle, *along) for kind in own.kinds)
    both, what = tenants(api), f"one {lifecycle.name} with"
    yield Scenario(f"{what} one job, two tenants", names, kinds, both, 1, interchangeable=True)
    # The service's examples have two jobs if their number is odd.
    yield Scenario(f"{what} two jobs", names, kinds, both[:1], 1, variants=(1,), brief=True, interchangeable=True)


def _alone(api: Api, service: Service, lifecycle: Lifecycle, makers: list[Binding]) -> Iterator[Scenario]:
    own, kinds, both = (lifecycle.name,), tuple(kind.name for kind in lifecycle.kinds), tenants(api)
    one, two = kinds[:1], kinds[:2]
    variants = tuple(range(max(service.variants(binding) for binding in makers)))
    has_token = any(binding.token_in for binding in makers)
    also = "" if len(two) == 1 else " and kinds"
    yield Scenario(
        f"one job, two tenants{also}", own, two, both, 1, variants, interchangeable=True, clients=not has_token
    )
    if has_token:
        yield Scenario("one job and its token", own, one, both[:1], 1, variants, tokens=True, clients=True)
        yield Scenario("one token in two tenants", own, one, both, 2, fresh=False, tokens=True, brief=True)
    parents = _parents(api, service, both[0])
    if parents and lifecycle.name not in parents:
        every = (lifecycle.name, *parents)
        all_kinds = (*kinds, *(kind.name for name in parents for kind in api.lifecycle(name).kinds))
        what = f"one job and its {parents[0]}"
        yield Scenario(what, every, all_kinds, both[:1], 1, variants, brief=True, interchangeable=True)
    yield Scenario(f"two jobs, two tenants{also}", own, two, both, 2, variants, brief=True, interchangeable=True)
    if lifecycle is api.lifecycles[0]:
        yield Scenario("three jobs, two tenants", own, one, both, 3, brief=True, interchangeable=True)


def _parents(api: Api, service: Service, tenant: str) -> tuple[str, ...]:
    """The lifecycles of what has to be there before a job can be made."""
    operations = {operation for operation, _ in service.prelude(tenant)}
    return tuple(dict.fromkeys(b.lifecycle for b in _makers(api) if b.operation in operations))

"""Whatever a client sends, the reference models answer in the documented shapes and never fall over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from haltspec import apis, services
from haltspec.lts import Role
from haltspec.reference import Reference
from haltspec.spec import Api, Binding

TENANTS = {
    "devicefarm": ("111122223333/us-west-2", "444455556666/us-west-2"),
    "dataarts": ("0123456789abcdef0123456789abcdef/default", "0123456789abcdef0123456789abcdef/lab"),
}
AWS = ("111122223333/us-east-1", "444455556666/eu-west-1")
WORLDS, CALLS = 12, 80
JUNK: tuple[Any, ...] = (
    *(None, 0, -1, 1e308, float("nan"), True, 10**30, "", "x", "é" * 40, "a" * 3000),
    *([], [None], ["x"], {}, {"x": 1}, [{"Key": "k"}], [[[]]], "2020-01-01T00:00:00Z", "1-2-3"),
)


def spoiled(value: Any, rng: Random) -> Any:
    """The value with members left out, doubled, or replaced by junk."""
    if rng.random() < 0.1:
        return rng.choice(JUNK)
    if isinstance(value, dict):
        return {name: spoiled(item, rng) for name, item in value.items() if rng.random() > 0.05}
    if isinstance(value, list):
        return [spoiled(item, rng) for item in value] * rng.choice((1, 1, 2))
    return value


def some_readings(api: Api, rng: Random) -> dict[str, str]:
    fixed = services.load(api.name).unmodelled
    chosen = {name: rng.choice(q.readings).name for name, q in api.all_questions().items() if rng.random() < 0.5}
    return {name: reading for name, reading in chosen.items() if name not in fixed}


@cache
def vocabulary(name: str) -> dict[str, tuple[str, ...]]:
    """For each operation, the members its requests may have."""
    api = apis.load(name)
    model = services.load(name).shapes(api).model
    shapes = {op: model["operations"][op].get("input", {}).get("shape", "") for op in api.operations}
    return {op: tuple(model["shapes"].get(shape, {}).get("members", ())) for op, shape in shapes.items()}


class World:
    """A reference under random readings, and random requests to it."""

    def __init__(self, api: Api, rng: Random) -> None:
        self.api, self.rng = api, rng
        ticks = iter(range(10_000, 10**9))
        self.reference = Reference(
            api, clock=lambda: next(ticks) / 10, seed=rng.randrange(99), readings=some_readings(api, rng)
        )
        self.tenants = TENANTS.get(api.name, AWS)
        service = self.reference.service
        self.made = {
            tenant: [
                self.reference.call(op, request, tenant=tenant).reply or {} for op, request in service.prelude(tenant)
            ]
            for tenant in self.tenants
        }

    def request(self, binding: Binding, tenant: str, number: int) -> dict[str, Any]:
        rng, service = self.rng, self.reference.service
        jobs = self.reference.jobs()
        job_id = rng.choice(jobs).key.id if jobs and rng.random() < 0.8 else "none"
        role = self.api.role(binding).role
        if binding.spreads:
            request = {binding.scope_in or "x": job_id}
        elif role is Role.CREATE:
            request = service.example(binding, tenant, number, self.made[tenant])
            request |= {binding.token_in: f"t{rng.randrange(5)}"} if binding.token_in else {}
        elif role is Role.LIST:
            request = service.listing(binding, tenant, job_id, self.made[tenant])
            request |= rng.choice((*service.probes(binding, {}), {}))
        else:
            request = service.order(binding, tenant, job_id)
        for member in rng.sample(vocabulary(self.api.name)[binding.operation], k=1) if rng.random() < 0.3 else ():
            request[member] = rng.choice(JUNK)
        broken = spoiled(request, rng) if rng.random() < 0.5 else request
        return broken if isinstance(broken, dict) else {}

    def calls(self) -> Iterator[tuple[str, dict[str, Any], str]]:
        for number in range(CALLS):
            binding, tenant = self.rng.choice(self.api.bindings), self.rng.choice(self.tenants)
            yield binding.operation, self.request(binding, tenant, number), tenant


@pytest.mark.parametrize("name", apis.NAMES)
def test_every_request_is_answered_in_the_documented_shapes(name: str) -> None:
    api, rng = apis.load(name), Random(7)
    shapes = services.load(name).shapes(api)
    codes: set[str | None] = set()
    for _ in range(WORLDS):
        world = World(api, rng)
        for operation, request, tenant in world.calls():
            answer = world.reference.call(operation, request, tenant=tenant)
            codes.add(answer.error)
            if answer.error is None:
                assert shapes.reply_faults(operation, answer.reply) == (), (operation, request)
            else:
                assert api.error(answer.error) is not None, (operation, request, answer)
                assert 400 <= answer.status < 500, (operation, request, answer)
            if rng.random() < 0.4:
                world.reference.stir(rng)
    assert None in codes and len(codes) > 3


def test_requests_are_copied() -> None:
    """Changing a request afterwards changes no job."""
    api = apis.load("comprehend")
    reference = Reference(api, clock=lambda: 1.0)
    request = services.load("comprehend").example(api.bindings[0], AWS[0], 1, ())
    job_id = (reference.call(api.bindings[0].operation, request, tenant=AWS[0]).reply or {})["JobId"]
    request["InputDataConfig"]["S3Uri"] = "s3://elsewhere/x"
    reply = reference.call("DescribeEntitiesDetectionJob", {"JobId": job_id}, tenant=AWS[0]).reply or {}
    assert reply["EntitiesDetectionJobProperties"]["InputDataConfig"] == {"S3Uri": "s3://inbox-111122223333/documents"}

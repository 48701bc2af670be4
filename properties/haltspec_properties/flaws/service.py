"""A service with a flaw: the reference service behind HTTP, with one thing wrong on purpose.

A flaw is written as a twist: a coroutine that takes the place of the service for each call, asks the true service what
it likes, and answers what it likes. What it does between two awaits happens at once; where it waits, other calls come
in between, as they do in a service that forgot a lock.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any, Final

from haltspec.lts import ABSENT, SAME, Call, Internal, Lifecycle, Role, Transition
from haltspec.reference import Changes, Job, Reference
from haltspec.services.base import Answer
from haltspec.spec import Api, Binding, reach
from haltspec.wire.dialect import Asked
from haltspec.wire.host import Host, Settings
from haltspec.wire.pace import Pace

DELAY_S: Final = (0.01, 0.05)
"""How long a state lasts at least and at most, in seconds."""

PAGE: Final = 3
"""How many jobs stand on a page where neither a document nor the request says it."""


@dataclass(slots=True)
class Turn:
    """One call at a flawed service.

    Args:
        host: the service.
        asked: the call.
        number: how many calls the service has had, this one included.
        memory: what the flaw remembers for as long as the service runs.
        rng: decides what the flaw leaves to chance.
    """

    host: Flawed
    asked: Asked
    number: int
    memory: dict[Any, Any]
    rng: Random

    @property
    def api(self) -> Api:
        """The API."""
        return self.host.apis[self.asked.api]

    @property
    def world(self) -> Reference:
        """The true service."""
        return self.host.reference(self.asked.api)

    @property
    def binding(self) -> Binding:
        """The first of the bindings of the operation: what its reply speaks of."""
        return self.api.bound(self.asked.operation)[0]

    @property
    def role(self) -> Role:
        """What the operation does to a job."""
        return self.api.role(self.binding).role

    @property
    def is_stop(self) -> bool:
        """True for an order that stops."""
        return self.role is Role.ORDER and self.asked.operation.lower().startswith("stop")

    @property
    def job_id(self) -> str | None:
        """The id that the request names; None if it names none."""
        named = self.asked.members.get(self.binding.id_in) if self.binding.id_in else None
        return named if isinstance(named, str) else None

    @property
    def job(self) -> Job | None:
        """The job that the request names; None if it does not exist."""
        return self.world.find(self.asked.tenant, self.job_id) if self.job_id is not None else None

    def go(self, **members: Any) -> Answer:
        """What the true service answers, as something that may be changed; `members` replace those of the request."""
        return self.ask(replace(self.asked, members={**self.asked.members, **members}))

    def ask(self, asked: Asked) -> Answer:
        """What the true service answers to another call."""
        answer = self.world.call(asked.operation, asked.members, tenant=asked.tenant)
        return replace(answer, reply=copy.deepcopy(answer.reply))

    def in_tenant(self, tenant: str) -> Answer:
        """What the true service answers somebody else."""
        return self.ask(replace(self.asked, tenant=tenant))

    def view(self, answer: Answer) -> dict[str, Any] | None:
        """The job that a success shows; None if it shows none."""
        if answer.error is not None or self.binding.view is None:
            return None
        found = reach(answer.reply, self.binding.view)
        return found if isinstance(found, dict) else None

    def items(self, answer: Answer) -> list[dict[str, Any]] | None:
        """The jobs that a list shows; None if it is no list."""
        if answer.error is not None or self.binding.items is None:
            return None
        found = reach(answer.reply, self.binding.items)
        return found if isinstance(found, list) else None

    def shown(self, answer: Answer) -> list[dict[str, Any]]:
        """All jobs that an answer shows."""
        view = self.view(answer)
        return [view] if view is not None else self.items(answer) or []

    def refuse(self, code: str, text: str = "refused", status: int | None = None) -> Answer:
        """A refusal."""
        answer = self.world.service.refuse(self.world, code, text)
        return answer if status is None else replace(answer, status=status)

    def jobs(self, tenant: str | None = None) -> list[Job]:
        """All jobs of a tenant, the caller's own if left out, oldest first."""
        return self.world.jobs(tenant or self.asked.tenant)

    @property
    def looks(self) -> bool:
        """True for a call that is made to look at a job: a read, or a list where there is no read."""
        return self.role is (Role.READ if has_reads(self.api, self.binding.lifecycle) else Role.LIST)

    def seen(self) -> list[Job]:
        """The jobs that a call looks at; none if it does not look."""
        if self.role is Role.READ:
            return [self.job] if self.job is not None else []
        parent = self.asked.members.get(self.binding.scope_in) if self.binding.scope_in else None
        kept = (job for job in self.jobs() if job.key.lifecycle == self.binding.lifecycle)
        return [job for job in kept if parent in (None, job.parent)] if self.looks else []

    def is_over(self, job: Job) -> bool:
        """True if a job has come to an end: neither goes it on by itself, nor does a stop change it."""
        return self.is_over_in(job, job.state)

    def is_over_in(self, job: Job, state: str) -> bool:
        """True if a job would have come to an end in a state."""
        return state in ends(self.api.lifecycle(job.key.lifecycle))

    def kin(self, job: Job) -> list[str]:
        """The states that show something else than the job's, of those which jobs of its sort can be in."""
        lifecycle = self.api.lifecycle(job.key.lifecycle)
        here = lifecycle.state(job.state).shows
        return [name for name in _sort(lifecycle, job.state) if lifecycle.state(name).shows not in (here, ())]

    def force(self, job: Job, state: str) -> None:
        """Put a job into a state, whatever the rows say."""
        job.state = state
        job.entered += 1


@cache
def has_reads(api: Api, lifecycle: str) -> bool:
    """True if some operation is there to read one job."""
    firsts = (api.bound(binding.operation)[0] for binding in api.bindings if binding.lifecycle == lifecycle)
    return any(api.role(first).role is Role.READ and first.lifecycle == lifecycle for first in firsts)


@cache
def ends(lifecycle: Lifecycle) -> frozenset[str]:
    """The states from which a job neither goes on by itself nor is moved by a stop."""
    goes_on = {
        state
        for row in lifecycle.transitions
        if (isinstance(row.label, Internal) and not row.label.outside) or is_stop(row)
        for state in row.states
    }
    return frozenset(state.name for state in lifecycle.states if state.shows and state.name not in goes_on)


def is_stop(row: Transition) -> bool:
    """True for a stop that leads somewhere."""
    is_stop = isinstance(row.label, Call) and row.label.operation.startswith("Stop")
    return is_stop and row.target != SAME and any(row.target_from(state) != state for state in row.states)


@cache
def _sort(lifecycle: Lifecycle, state: str) -> tuple[str, ...]:
    """The states from which or to which moves lead, there and back again, without a new beginning; in their order."""
    found, fresh = {ABSENT, state}, {state}
    rows = lifecycle.all_rows()
    while fresh:
        moves = [(here, row.target_from(here)) for row in rows for here in row.states]
        near = {there for pair in moves for there in pair if fresh.intersection(pair) and ABSENT not in pair}
        fresh = near - found
        found |= near
    return tuple(each.name for each in lifecycle.states if each.name in found)


Twist = Callable[[Turn], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a service.

    Args:
        name: unique in the API; a fact in a few words.
        source: who says that it is wrong, or what got it wrong: a document, or a published fake.
        twist: what takes the service's place.
    """

    name: str
    source: str
    twist: Twist = field(repr=False)


class Flawed(Host):
    """A host with one flaw; jobs move by themselves, quickly.

    Args:
        api: the name of the API.
        flaw: the flaw; None: there is none.
        seed: decides ids, delays and what the flaw leaves to chance.
        readings: open question to reading.
    """

    def __init__(
        self, api: str, flaw: Flaw | None, *, seed: int = 0, readings: Mapping[str, str] | None = None
    ) -> None:
        self.flaw = flaw
        self.memory: dict[Any, Any] = {}
        self.rng = Random(f"flaws/{seed}")
        named = {f"{api}/{question}": reading for question, reading in (readings or {}).items()}
        super().__init__(Settings(apis=(api,), pace=Pace.TIMED, delay_s=DELAY_S, seed=seed, readings=named))
        if any(b.next_in and not b.limit_in for b in self.apis[api].bindings):
            world = self.reference(api)
            world.service = type("SmallPages", (type(world.service),), {"page": PAGE})()

    async def call(self, asked: Asked, client: str) -> Answer | None:
        """The answer to a call, with the flaw."""
        if self.flaw is None:
            return await super().call(asked, client)
        self.calls += 1
        self.catch_up(asked.api)
        turn = Turn(self, asked, self.calls, self.memory, self.rng)
        answer = await self.flaw.twist(turn)
        self.reference(asked.api).take_changes()
        return answer

    def _write_event(self, event: str, name: str, changes: Changes | None) -> None:
        """There is no journal."""

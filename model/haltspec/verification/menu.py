"""The calls that exhaustive exploration makes in a world: every kind of mistake and race that few jobs can show.

Creations with and without a token, under a fresh name and one that is taken; for every job that is there and for every
operation that takes its id: the right one, an operation of another kind, a client of another tenant; an id that was
never given; an id that breaks its shape; lists. Two tenants give their first jobs the same name.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from haltspec import shapes
from haltspec.lts import Role
from haltspec.reference import Reference
from haltspec.services.base import Job
from haltspec.spec import Api, Binding, JobKey
from haltspec.verification.scenarios import Scenario

TOKEN: Final = "token-of-both-clients"
_MALFORMED: Final = "?" * 5000
_FORMLESS: Final = "neither-an-arn-nor-a-name-that-anything-was-given"
_BY_ID: Final = (Role.READ, Role.ORDER, Role.DELETE)
_VARIANTS: Final = 2
_SLOTS: Final = 10
"""Names that one tenant can give: the first is the same in all tenants, the last two are for a token and a stranger."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the clients of a world remember: which (operation, number) made a job, and which job a token made."""

    numbers: Mapping[JobKey, tuple[str, int]] = field(default_factory=dict)
    tokens: Mapping[tuple[str, str], JobKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """A call of the menu, and what is known of it.

    Args:
        tenant: who calls.
        operation: the wire operation.
        request: its members.
        binding: how it speaks of its job.
        role: what it does to a job.
        cls: the request class it belongs to.
        subject: the job it is about; None if it is about none (an unknown id, a list, a new job).
        about: the same for people.
        malformed: the request breaks its shape.
        repeated: its token made `subject` before.
        hindered: its name is taken or its token spent, which may be in its way in any state.
        aside: it makes a job besides; where it leads is not explored further.
        number: of the example that a creation uses.
    """

    tenant: str
    operation: str
    request: dict[str, Any]
    binding: Binding
    role: Role
    cls: str
    subject: JobKey | None
    about: str
    malformed: bool = False
    repeated: bool = False
    hindered: bool = False
    aside: bool = False
    number: int = -1

    @property
    def has_token(self) -> bool:
        """True if it carries the token that both clients know."""
        return TOKEN in self.request.values()


class Menu:
    """The calls of one scenario.

    Args:
        api: the API.
        scenario: what is explored.
        nothing: a world without jobs.

    Attributes:
        empty: that world after the calls that have to come before the scenario's first job.
    """

    def __init__(self, api: Api, scenario: Scenario, nothing: Reference) -> None:
        self.api = api
        self.scenario = scenario
        self.service = nothing.service
        self._shapes = shapes.load(api)
        self._roles = {id(binding): api.role(binding) for binding in api.bindings}
        self._named_asks: dict[tuple[int, str, str, JobKey | None, str], Ask] = {}
        self._makers = {b.operation for b in api.bindings if api.role(b).role is Role.CREATE}
        self._malformed: dict[tuple[str, str], bool] = {}
        self._own = [b for b in api.bindings if b.lifecycle in scenario.lifecycles and not b.spreads]
        self.empty, self._made = self._begun(nothing)
        self._given = len(self._counted(self.empty))
        self._named: set[str] = set()
        self._strangers: dict[tuple[str, str], str] = {}
        for binding in self._creating():
            self._probe(self.empty.fork(), binding)

    def _begun(self, nothing: Reference) -> tuple[Reference, Mapping[str, tuple[Mapping[str, Any], ...]]]:
        """The world to start from, and the replies to the calls that led to it, by tenant."""
        world = nothing.fork()
        made: dict[str, tuple[Mapping[str, Any], ...]] = {}
        for tenant in self.scenario.tenants:
            calls = self.service.prelude(tenant)
            made[tenant] = tuple(world.call(name, request, tenant=tenant).reply or {} for name, request in calls)
        there = {job.key.lifecycle for job in world.jobs()}
        if self.scenario.lifecycles[0] in there:
            return nothing, {tenant: () for tenant in self.scenario.tenants}
        if not there & set(self.scenario.lifecycles):
            world.settle()  # what has to be there first is not what is explored
        return world, made

    def _counted(self, world: Reference) -> list[Job]:
        return [job for job in world.jobs() if job.key.lifecycle == self.scenario.lifecycles[0]]

    def _serving(self, *roles: Role) -> list[Binding]:
        """The bindings that serve the scenario's kinds in one of `roles`."""
        kinds = ("", *self.scenario.kinds)
        return [b for b in self._own if self._roles[id(b)].role in roles and b.kind in kinds]

    def _creating(self) -> list[Binding]:
        """The bindings that make the scenario's jobs; three jobs are all made by the same operation."""
        bindings = [b for b in self._serving(Role.CREATE) if b.lifecycle == self.scenario.lifecycles[0]]
        return bindings if self.scenario.jobs < 3 else bindings[:1]

    def _asking(self) -> list[Binding]:
        """The bindings of calls on a job that is there; three of them are read by lists."""
        roles = _BY_ID if self.scenario.jobs < 3 else (Role.ORDER, Role.DELETE)
        bindings = self._serving(*roles)
        if not self.scenario.brief:
            return bindings
        return [b for b in bindings if b.full or self._roles[id(b)].role is not Role.READ]

    def _probe(self, world: Reference, binding: Binding) -> None:
        """Learn from two equal creations whether names must differ, and what an id is like that nobody was given."""
        tenant = self.scenario.tenants[0]
        request = self._example(binding, tenant, self._numbers(tenant, 0)[-1])
        before = {job.key for job in world.jobs()}
        for token in ("first", "second"):
            given = {binding.token_in: token} if binding.token_in in request else {}
            world.call(binding.operation, {**request, **given}, tenant=tenant)
        made = [job.key for job in world.jobs() if job.key not in before]
        if sum(key.lifecycle == binding.lifecycle for key in made) == 1:
            self._named.add(binding.operation)
        for key in made:
            last = key.id[-1] if binding.id_in else "0" if key.id[-1] != "0" else "1"
            self._strangers[key.lifecycle, key.kind] = key.id[:-1] + last

    def _numbers(self, tenant: str, variant: int) -> list[int]:
        """The numbers of a tenant's examples of one variant; the first is the same in all tenants."""
        place = self.scenario.tenants.index(tenant)
        return [(slot if slot == 0 else (place + 1) * _SLOTS + slot) * _VARIANTS + variant for slot in range(_SLOTS)]

    def _example(self, binding: Binding, tenant: str, number: int) -> dict[str, Any]:
        """A request that makes a job, with a token of its own if it needs one."""
        request = self.service.example(binding, tenant, number, self._made[tenant])
        if binding.token_in and self._shapes.request_faults(binding.operation, request):
            request[binding.token_in] = f"token-{number}"
        return request

    def asks(self, world: Reference, memory: Memory) -> Iterator[Ask]:
        """The calls to make in `world`."""
        is_full = len(self._counted(world)) - self._given >= self.scenario.jobs
        for tenant in self.scenario.tenants:
            own = world.jobs(tenant)
            elsewhere = [job for other in self.scenario.tenants if other != tenant for job in world.jobs(other)]
            few, others = self.representatives(world, own), self.representatives(world, elsewhere)
            for binding in self._creating():
                yield from self._creations(tenant, binding, own, memory, is_full=is_full)
            for binding in self._asking():
                yield from self._naming(tenant, binding, few, {job.key.id for job in own}, others)
            for binding in self._serving(Role.LIST):
                yield from self._listing(tenant, binding, own)

    def _ask(
        self,
        tenant: str,
        binding: Binding,
        request: dict[str, Any],
        subject: JobKey | None,
        about: str,
        *,
        is_contextual: bool = False,
        **more: Any,
    ) -> Ask:
        operation = self._roles[id(binding)]
        cls = operation.class_of(request)
        if is_contextual:
            cls = next((c.name for c in operation.classes if c.contextual), cls)
        malformed = self._is_malformed(binding, request)
        more.setdefault("aside", operation.role is not Role.CREATE and binding.operation in self._makers)
        return Ask(tenant, binding.operation, request, binding, operation.role, cls, subject, about, malformed, **more)

    def _is_malformed(self, binding: Binding, request: dict[str, Any]) -> bool:
        key = binding.operation, str(request.get(binding.id_in or binding.token_in, ""))
        if key not in self._malformed:
            self._malformed[key] = bool(self._shapes.request_faults(binding.operation, request))
        return self._malformed[key]

    def movable(self, world: Reference) -> list[Job]:
        """The jobs whose moves are explored, if they are interchangeable one of each sort."""
        own = [job for job in world.jobs() if job.key.lifecycle in self.scenario.lifecycles]
        return self.representatives(world, own)

    def representatives(self, world: Reference, jobs: list[Job]) -> list[Job]:
        """The jobs, or if they are interchangeable one of each sort; jobs with relatives are a sort of their own."""
        if not self.scenario.interchangeable:
            return jobs
        parents = {job.parent for job in jobs}
        sorts: dict[Hashable, Job] = {}
        for job in jobs:
            key, alone = job.key, job.key.id if job.key.id in parents else ""
            about = nameless(world, job)
            sorts.setdefault((key.tenant, key.lifecycle, key.kind, job.parent, alone, job.state, about), job)
        return list(sorts.values())

    # ---- creations --------------------------------------------------------------------------------------------------

    def _creations(
        self, tenant: str, binding: Binding, own: list[Job], memory: Memory, *, is_full: bool
    ) -> Iterator[Ask]:
        used = {memory.numbers[job.key][1]: job.key for job in own if job.key in memory.numbers}
        for variant in self.scenario.variants if self.scenario.fresh else ():
            fresh = next(number for number in self._numbers(tenant, variant) if number not in used)
            if not is_full:
                yield from self._making(tenant, binding, fresh, own)
            elif self._uses_jobs(binding):  # from a job that is there; where it leads needs one more
                yield from (replace(ask, aside=True) for ask in self._making(tenant, binding, fresh, own))
            if not is_full and variant == 0 and not self.scenario.brief:
                yield from self._adding(tenant, binding, self._example(binding, tenant, fresh))
        if self.scenario.tokens and binding.token_in:
            yield from self._with_token(tenant, binding, own, memory, is_full=is_full)
        taken = [n for n, key in used.items() if memory.numbers[key][0] == binding.operation]
        if taken and binding.operation in self._named and not self.scenario.brief:
            subject = used[taken[0]] if binding.id_in else None
            request = self._example(binding, tenant, taken[0])
            about = "a name that is taken"
            yield self._ask(tenant, binding, request, subject, about, number=taken[0], hindered=subject is None)

    def _uses_jobs(self, binding: Binding) -> bool:
        """True if a creation makes a job from one, and something that jobs belong to is explored as well."""
        others = (other for other in self.api.bound(binding.operation) if other is not binding and other.id_in)
        return len(self.scenario.lifecycles) > 1 and any(other.lifecycle == binding.lifecycle for other in others)

    def _adding(self, tenant: str, binding: Binding, request: dict[str, Any]) -> Iterator[Ask]:
        """A creation with each of the members that the service treats in another way."""
        for extra in self.service.extras(binding)[1:]:
            about = f"a new job with {_told(extra)}"
            yield self._ask(tenant, binding, {**request, **extra}, None, about, aside=True)

    def _making(self, tenant: str, binding: Binding, number: int, own: list[Job]) -> Iterator[Ask]:
        """A new job; where a call takes another job to make it from, one for each of those."""
        request = self._example(binding, tenant, number)
        sources = {value for member, value in request.items() if member != binding.scope_in and isinstance(value, str)}
        yield self._ask(tenant, binding, request, None, "a new job", number=number)
        for other in self.api.bound(binding.operation):
            is_explored = other.lifecycle in self.scenario.lifecycles
            if other.id_in and not other.spreads and other is not binding and is_explored:
                is_parent = other.lifecycle != binding.lifecycle
                for job in own:
                    if job.key.lifecycle == other.lifecycle and (is_parent or job.parent in sources):
                        given, about = {**request, other.id_in: job.key.id}, f"a new job from job {job.number}"
                        yield self._ask(tenant, binding, given, None, about, number=number, hindered=is_parent)

    def _with_token(
        self, tenant: str, binding: Binding, own: list[Job], memory: Memory, *, is_full: bool
    ) -> Iterator[Ask]:
        number = self._numbers(tenant, 0)[-2]
        request = {**self._example(binding, tenant, number), binding.token_in: TOKEN}
        first = memory.tokens.get((tenant, binding.operation))
        if first in {job.key for job in own}:
            yield self._ask(tenant, binding, request, first, "the token again", is_contextual=True, repeated=True)
        elif not is_full:
            about = "the token" if first is None else "the token of a job that is gone"
            yield self._ask(tenant, binding, request, None, about, number=number, hindered=first is not None)

    # ---- calls that name a job --------------------------------------------------------------------------------------

    def _naming(
        self, tenant: str, binding: Binding, own: list[Job], mine: set[str], others: list[Job]
    ) -> Iterator[Ask]:
        def ask(
            job_id: str,
            subject: JobKey | None,
            about: str,
            *,
            extra: Mapping[str, Any] | None = None,
            is_contextual: bool = False,
        ) -> Ask:
            key = id(binding), tenant, job_id, subject, about
            if key not in self._named_asks:
                request = {**self.service.order(binding, tenant, job_id), **(extra or {})}
                self._named_asks[key] = self._ask(tenant, binding, request, subject, about, is_contextual=is_contextual)
            return self._named_asks[key]

        for job in own:
            if job.key.lifecycle == binding.lifecycle and binding.kind in ("", job.key.kind):
                yield ask(job.key.id, job.key, f"job {job.number}")
            elif self._is_foreign(binding, job):
                foreign = ask(job.key.id, None, f"job {job.number}, which is of another kind", is_contextual=True)
                if not (foreign.malformed and self.scenario.brief):
                    yield foreign
        for job in others if self.scenario.jobs < 3 else ():
            if job.key.id not in mine and job.key.lifecycle == binding.lifecycle:
                yield ask(job.key.id, None, f"job {job.number}, which another tenant has")
        if self.scenario.brief:
            return
        for extra in self.service.extras(binding)[1:]:
            if binding.id_in in extra:
                yield ask(str(extra[binding.id_in]), None, str(extra[binding.id_in]))
            else:
                for job in own:
                    if job.key.lifecycle == binding.lifecycle and binding.kind in ("", job.key.kind):
                        yield ask(job.key.id, job.key, f"job {job.number} with {_told(extra)}", extra=extra)
        strangers = [
            s for (lc, kind), s in self._strangers.items() if lc == binding.lifecycle and binding.kind in ("", kind)
        ]
        for stranger in strangers[:1]:
            yield ask(stranger, None, "an id that was never given")
        yield ask(_MALFORMED, None, "a malformed id")
        if any(cls.holds is not None for cls in self._roles[id(binding)].classes):
            formless = ask(_FORMLESS, None, "an id of no known form")
            if not formless.malformed:
                yield formless

    def _is_foreign(self, binding: Binding, job: Job) -> bool:
        """True if the job is one that a client may mistake for one of the binding's kind."""
        alike = job.key.lifecycle == binding.lifecycle or not self.scenario.brief
        known = job.key.lifecycle in self.scenario.lifecycles
        return bool(binding.kind) and alike and known and not self._serves(binding, job)

    def _serves(self, binding: Binding, job: Job) -> bool:
        """True if the same wire operation serves the job through another binding."""
        bound = (b for b in self.api.bound(binding.operation) if not b.spreads)
        return any(b.lifecycle == job.key.lifecycle and b.kind in ("", job.key.kind) for b in bound)

    def _listing(self, tenant: str, binding: Binding, own: list[Job]) -> Iterator[Ask]:
        parents = {job.parent for job in own if job.key.lifecycle == binding.lifecycle} if binding.scope_in else {""}
        for parent in sorted(parents):
            request = self.service.listing(binding, tenant, parent, self._made[tenant])
            yield self._ask(tenant, binding, request, None, f"those of {parent}" if parent else "all")


def _told(extra: Mapping[str, Any]) -> str:
    return ", ".join(f"{member} {value!r}" for member, value in extra.items())


def nameless(world: Reference, job: Job) -> Hashable:
    """What else than its state decides how a job may behave, but for a name that is a part of its id."""
    about = world.service.abstract(world, job)
    return "" if isinstance(about, str) and about in job.key.id else about


def remembered(memory: Memory, ask: Ask, made: Sequence[JobKey]) -> Memory:
    """The memory after a creation that made jobs."""
    own = next((key for key in made if key.lifecycle == ask.binding.lifecycle), None)
    if own is None or ask.number < 0:
        return memory
    tokens = dict(memory.tokens)
    if ask.has_token:
        tokens[ask.tenant, ask.operation] = own
    return Memory({**memory.numbers, own: (ask.operation, ask.number)}, tokens)

"""A walk through a reference model: calls and service events, steered towards what was done least.

Uniform choice starves deep states. So every other step aims at a row, the less often taken the likelier, and goes the
shortest way there; the others do any one thing, with weight 1 / (1 + how often it was done in such a state). After
each the job is looked at, so that a wrong state shows at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from string import hexdigits
from typing import Final

from haltspec.lts import PLAIN, Role, Transition
from haltspec.lts import Call as CallLabel
from haltspec.reference import Reference
from haltspec.services.base import Job
from haltspec.spec import Api, Binding
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter, ReferenceAdapter
from haltspec_properties.session import Known, Session

LIVE_JOBS: Final = 6
"""So many of the youngest jobs of each lifecycle are acted on."""

FEW_JOBS: Final = 3
"""With fewer jobs than this, more are made."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do: `sign` says what it is in which state (the unit of steering), `run` does it."""

    sign: tuple[str, ...]
    run: Callable[[], object]


@dataclass(slots=True)
class Walk:
    """A walk through `reference`.

    Args:
        reference: the model.
        rng: decides.
        tenants: who calls; the first owns most jobs.
        done: how often each action was done, shared between walks to steer them together.
        lifecycle: only jobs of this lifecycle are made and acted on, as far as it stands alone; empty: of all.
        adapter: where calls go; the reference itself if left out.
    """

    reference: Reference
    rng: Random
    tenants: tuple[str, ...]
    done: Counter[tuple[str, ...]] = field(default_factory=Counter)
    lifecycle: str = ""
    adapter: Adapter | None = None
    session: Session = field(init=False)
    _aims: dict[str, tuple[Transition, ...]] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.session = Session(self.reference.api, self.adapter or ReferenceAdapter(self.reference))

    @property
    def api(self) -> Api:
        """The API walked through."""
        return self.reference.api

    @property
    def calls(self) -> list[Call]:
        """The calls made so far."""
        return self.session.calls

    def run(self, calls: int) -> list[Call]:
        """Walk until so many calls were made; returns them all."""
        idle = 0
        while len(self.calls) < calls and idle < calls:
            before = len(self.calls)
            self.step()
            idle = idle + 1 if len(self.calls) == before else 0
        return self.calls

    def step(self) -> None:
        """Do one action, or go one way to a row."""
        if self._is_bare() and self.rng.random() < 0.3:
            actions = list(self._creations(self.lifecycle))
        elif self.rng.random() < 0.5 and self._aim():
            return
        else:
            actions = list(self.actions())
        weights = [1.0 / (1 + self.done[action.sign]) for action in actions]
        (action,) = self.rng.choices(actions, weights)
        self.done[action.sign] += 1
        action.run()

    def actions(self) -> Iterator[Action]:
        """All that can be done now."""
        yield from self._creations()
        for known in self._live():
            if self.lifecycle in ("", known.key.lifecycle):
                yield from self._on_job(known)
            else:
                yield from self._on_related(known)
        yield from self._lists()

    def _live(self) -> list[Known]:
        """The youngest jobs of each lifecycle: those of one that others stand on do not crowd out the others."""
        shelves: dict[str, list[Known]] = {}
        for known in self.session.jobs:
            shelves.setdefault(known.key.lifecycle, []).append(known)
        return [known for shelf in shelves.values() for known in shelf[-LIVE_JOBS:]]

    # ---- aiming at rows --------------------------------------------------------------------------------------------

    def _aim(self) -> bool:
        """Go the shortest way from some job's state to a row seldom taken, and take it; False if there is none."""
        ways: list[tuple[Known, tuple[Transition, ...]]] = []
        for known in self._live():
            job = self.reference.find(known.key.tenant, known.key.id)
            if job is not None and self.lifecycle in ("", known.key.lifecycle):
                ways += ((known, way) for way in shortest_ways(self._rows(known.key.lifecycle), job.state))
        if not ways:
            return False
        weights = [1.0 / (1 + self.done["row", k.key.lifecycle, w[-1].name]) / (1 + 0.1 * len(w)) for k, w in ways]
        ((known, way),) = self.rng.choices(ways, weights)
        self.done["row", known.key.lifecycle, way[-1].name] += 1
        for row in way:
            if not self._go(known, row):
                break
        return True

    def _rows(self, lifecycle: str) -> tuple[Transition, ...]:
        """The rows of a lifecycle that can be aimed at: moves of the service, and plain calls on the job."""
        if lifecycle not in self._aims:
            lc = self.api.lifecycle(lifecycle)
            readings = {q.name: self.reference.readings[f"{lifecycle}/{q.name}"] for q in lc.questions}
            self._aims[lifecycle] = tuple(row for row in lc.rows(readings) if self._is_aim(lifecycle, row))
        return self._aims[lifecycle]

    def _is_aim(self, lifecycle: str, row: Transition) -> bool:
        if not isinstance(row.label, CallLabel):
            return True
        role = self.api.lifecycle(lifecycle).operation(row.label.operation).role
        return role in (Role.ORDER, Role.DELETE) and (not row.label.when or PLAIN in row.label.when)

    def _go(self, known: Known, row: Transition) -> bool:
        """Take a row, as far as the model lets itself be led; False if it does not."""
        key = known.key
        job = self.reference.find(key.tenant, key.id)
        if job is None or job.state not in row.states:
            return False
        if not isinstance(row.label, CallLabel):
            if row not in self.reference.enabled(job):
                return False
            self._event(job, row.name, known)
            return True
        for binding in self.api.bindings:
            if binding.lifecycle == key.lifecycle and binding.role == row.label.operation:
                if binding.spreads and binding.parent_of is not None:
                    self.session.call(binding.operation, {binding.scope_in: binding.parent_of(key.id)}, key.tenant)
                    self.look(known)
                    return True
                if binding.kind in ("", key.kind):
                    self._ask(binding, known)
                    return True
        return False

    # ---- any one thing ---------------------------------------------------------------------------------------------

    def _on_related(self, known: Known) -> Iterator[Action]:
        """What touches jobs of the lifecycle walked through: calls that speak of both, and moves of the service."""
        key, job = known.key, self.reference.find(known.key.tenant, known.key.id)
        state = job.state if job is not None else "absent"
        comes_along = self._comes_along(key.lifecycle)
        related = [
            binding
            for binding in self.session.bindings(key, Role.READ, Role.ORDER, Role.DELETE)
            if comes_along or any(other.lifecycle == self.lifecycle for other in self.api.bound(binding.operation))
        ]
        for binding in related:
            yield Action((key.lifecycle, state, binding.role), partial(self._ask, binding, known))
        if related and job is not None:
            for row in self.reference.enabled(job):
                yield Action((key.lifecycle, state, row.name), partial(self._event, job, row.name, known))

    def _comes_along(self, lifecycle: str) -> bool:
        """True if jobs of `lifecycle` come with those walked through, which then move as these do."""
        spread = (b for b in self.api.bindings if b.spreads and b.lifecycle == lifecycle)
        return any(other.lifecycle == self.lifecycle for b in spread for other in self.api.bound(b.operation))

    def _is_bare(self) -> bool:
        """True if few jobs of the lifecycle walked through are there to be acted on."""
        jobs = (self.reference.find(k.key.tenant, k.key.id) for k in self._live() if k.key.lifecycle == self.lifecycle)
        return self.lifecycle != "" and sum(job is not None for job in jobs) < FEW_JOBS

    def _creators(self) -> Iterator[Binding]:
        for binding in self.api.bindings:
            if self.api.role(binding).role is Role.CREATE and not binding.spreads:
                bound = self.api.bound(binding.operation)
                if not self.lifecycle or any(b.lifecycle == self.lifecycle for b in bound):
                    yield binding

    def _creations(self, only: str = "") -> Iterator[Action]:
        for binding in self._creators():
            if only and all(b.lifecycle != only for b in self.api.bound(binding.operation) if self._is_creation(b)):
                continue
            variants = self.reference.service.variants(binding)
            for variant in range(variants):
                yield Action(("create", binding.operation, str(variant)), partial(self._create, binding, variant))
            if binding.token_in:
                yield Action(("token", binding.operation), partial(self._create, binding, 0, token=True))

    def _is_creation(self, binding: Binding) -> bool:
        return self.api.role(binding).role is Role.CREATE

    def _create(self, binding: Binding, variant: int, *, token: bool = False) -> None:
        tenant = self.rng.choices(self.tenants, [4.0] + [1.0] * (len(self.tenants) - 1))[0]
        self.number += 1
        name = f"token-{self.number}" if token else None
        request = self.session.example(
            binding, tenant, self.number * self.reference.service.variants(binding) + variant
        )
        if name is not None:
            request[binding.token_in] = name
        known = len(self.session.jobs)
        self.session.call(binding.operation, request, tenant)
        if token and self.rng.random() < 0.7:
            self.session.call(binding.operation, request, tenant)
        for made in self.session.jobs[known:]:
            self._children(made)

    def _children(self, made: Known) -> None:
        """Look at the jobs that came into being with the one just made."""
        for binding in self.api.bindings:
            below = (
                binding.items is not None and binding.parent_of is not None and binding.lifecycle != made.key.lifecycle
            )
            if below and any(
                b.spreads and b.lifecycle == binding.lifecycle for b in self.api.bound(made.binding.operation)
            ):
                self.session.listing(binding, made.key.tenant, made.key.id)

    def _on_job(self, known: Known) -> Iterator[Action]:
        key = known.key
        job = self.reference.find(key.tenant, key.id)
        state = job.state if job is not None else "absent"
        for binding in self.session.bindings(key, Role.READ, Role.ORDER, Role.DELETE):
            yield Action((key.lifecycle, state, binding.role), partial(self._ask, binding, known))
            others = [tenant for tenant in self.tenants if tenant != key.tenant]
            if others:
                run = partial(self._elsewhere, binding, known, others)
                yield Action((key.lifecycle, "elsewhere", binding.role), run)
            yield Action((key.lifecycle, "unknown", binding.role), partial(self._unknown, binding, known))
            for other in self._foreign(binding):
                yield Action((key.lifecycle, "foreign", binding.role), partial(self._ask, other, known))
        if known.binding.id_in or known.request.get(known.binding.token_in) is not None:
            yield Action((key.lifecycle, state, "create again"), partial(self._again, known))
        if job is not None:
            for row in self.reference.enabled(job):
                yield Action((key.lifecycle, state, row.name), partial(self._event, job, row.name, known))

    def _foreign(self, binding: Binding) -> Iterator[Binding]:
        """The same role on another kind of job, whose requests can take the id."""
        for other in self.api.bindings:
            same = other.role == binding.role and other.id_in == binding.id_in and other.lifecycle == binding.lifecycle
            if same and other.kind != binding.kind and not other.spreads:
                yield other
                return

    def _ask(self, binding: Binding, known: Known) -> None:
        extra = self.rng.choice(self.reference.service.extras(binding))
        self.session.ask(binding, known.key.tenant, known.key.id, **extra)
        self.look(known)

    def _elsewhere(self, binding: Binding, known: Known, tenants: list[str]) -> None:
        self.session.ask(binding, self.rng.choice(tenants), known.key.id)
        self.look(known)

    def _unknown(self, binding: Binding, known: Known) -> None:
        self.number += 1
        extra = self.rng.choice(self.reference.service.extras(binding))
        self.session.ask(binding, known.key.tenant, unknown_id(known.key.id, self.number), **extra)

    def _again(self, known: Known) -> None:
        self.session.call(known.binding.operation, known.request, known.key.tenant)
        self.look(known)

    def _event(self, job: Job, row: str, known: Known) -> None:
        self.reference.fire(job, row)
        self.look(known)

    def look(self, known: Known) -> None:
        """Read the job, one way or another."""
        readers = [b for b in self.session.bindings(known.key, Role.READ) if b.view is not None]
        lists = [b for b in self.session.bindings(known.key, Role.LIST)]
        if readers and (not lists or self.rng.random() < 0.8):
            self.session.ask(self.rng.choice(readers), known.key.tenant, known.key.id)
        elif lists:
            binding = self.rng.choice(lists)
            self.session.listing(
                binding, known.key.tenant, binding.parent_of(known.key.id) if binding.parent_of else known.parent
            )

    def _lists(self) -> Iterator[Action]:
        for known in self._live():
            for binding in self.session.bindings(known.key, Role.LIST):
                if self.lifecycle in ("", binding.lifecycle):
                    yield Action(("list", binding.operation), partial(self._list, binding, known))

    def _list(self, binding: Binding, known: Known) -> None:
        parent = binding.parent_of(known.key.id) if binding.parent_of else known.parent
        paged = {binding.limit_in: self.rng.randint(1, 3)} if binding.limit_in and self.rng.random() < 0.5 else {}
        self.session.listing(binding, known.key.tenant, parent, **paged)


def shortest_ways(rows: Sequence[Transition], state: str) -> Iterator[tuple[Transition, ...]]:
    """The shortest way from a state over `rows` to each of them that can be reached, the row itself last."""
    seen: dict[str, tuple[Transition, ...]] = {state: ()}
    todo = [state]
    told: set[str] = set()
    for here in todo:
        way = seen[here]
        for row in rows:
            if here in row.states:
                if row.name not in told:
                    told.add(row.name)
                    yield (*way, row)
                target = row.target_from(here)
                if target not in seen:
                    seen[target] = (*way, row)
                    todo.append(target)


def unknown_id(like: str, number: int) -> str:
    """An id of the same form as `like` that nobody was given: its last digits are others, or there are more of them."""
    size = min(len(like) - len(like.rstrip(hexdigits)), 8)
    if size < 5:
        return f"{like}-{number:08d}"
    return like[:-size] + f"{10**size - 1 - number % 10**size:0{size}d}"

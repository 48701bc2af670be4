"""A session: calls made through an adapter, the trace they leave, and the jobs they made known.

Whoever drives an implementation (Hypothesis state machines, mutants, conformance runs) says what to call; the session
writes the request, makes the call and remembers it. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Barrier, BrokenBarrierError
from typing import Any

from haltspec import services
from haltspec.lts import Role
from haltspec.observe import succeeded
from haltspec.services.base import Service
from haltspec.shapes import load as load_shapes
from haltspec.spec import Api, Binding, JobKey, reach
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter

Asked = tuple[str, Mapping[str, Any], str]
"""A call to make: operation, request, tenant."""

MAX_PAGES = 200
"""A listing of more pages is given up."""


@dataclass(frozen=True, slots=True)
class Known:
    """A job that the session made: its key, the operation and request that made it."""

    key: JobKey
    binding: Binding
    request: Mapping[str, Any]

    @property
    def parent(self) -> str:
        """The parent that the request named; empty if it named none."""
        return str(self.request.get(self.binding.scope_in, "")) if self.binding.scope_in else ""


@dataclass(slots=True)
class Session:
    """Calls through `adapter`, recorded in `calls`.

    Args:
        api: the API.
        adapter: where calls go.
        client: who calls, for the record.
        made: for each tenant the replies to the prelude.
        views: for each job that was made the reply that made it, or how it was last listed.
        statuses: for each job what was last shown of its status.
        salt: put into names and tokens where tenants are not the session's own; empty where they are. It is a number
            divisible by 60, so that names with it stay of the kind they are.
    """

    api: Api
    adapter: Adapter
    client: str = "haltspec"
    calls: list[Call] = field(default_factory=list)
    jobs: list[Known] = field(default_factory=list)
    made: dict[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    views: dict[JobKey, Mapping[str, Any]] = field(default_factory=dict)
    statuses: dict[JobKey, tuple[str, ...]] = field(default_factory=dict)
    salt: str = ""

    @property
    def service(self) -> Service:
        """What is known of the API's requests."""
        return services.load(self.api.name)

    @property
    def is_concurrent(self) -> bool:
        """True if the adapter says that it bears several calls at once."""
        return bool(getattr(self.adapter, "is_concurrent", False))

    def call(self, operation: str, request: Mapping[str, Any], tenant: str, client: str = "") -> Call:
        """Make a call and record it."""
        call = self.adapter.call(operation, request, tenant=tenant, client=client or self.client)
        self.calls.append(call)
        self._learn(call)
        return call

    def at_once(self, calls: Sequence[Asked]) -> list[Call]:
        """Make several calls at the same time, each as a client of its own; see `side_by_side`."""
        return self.side_by_side([[call] for call in calls])

    def side_by_side(self, lanes: Sequence[Sequence[Asked]]) -> list[Call]:
        """Let several clients call at the same time, each making the calls of its lane one after the other.

        Where the adapter does not bear that, they take turns.
        """

        def go(number: int, lane: Sequence[Asked]) -> list[Call]:
            client = f"{self.client}-{number}"
            return [self.adapter.call(what, request, tenant=tenant, client=client) for what, request, tenant in lane]

        if self.is_concurrent:
            barrier = Barrier(len(lanes))  # a thread that is made while others call may come too late

            def ready() -> None:
                with suppress(BrokenBarrierError):
                    barrier.wait()

            with ThreadPoolExecutor(len(lanes), initializer=ready) as pool:
                try:
                    made = [call for lane in pool.map(go, count(1), lanes) for call in lane]
                finally:
                    barrier.abort()  # else those that are there wait for ever if the user ends it before all are
        else:
            turns = range(max(map(len, lanes)))
            made = [call for n in turns for number, lane in enumerate(lanes, 1) for call in go(number, lane[n : n + 1])]
        made.sort(key=lambda call: call.start)
        for call in made:
            self.calls.append(call)
            self._learn(call)
        return made

    def prelude(self, tenant: str) -> tuple[Mapping[str, Any], ...]:
        """The replies to the calls without which no job can be made in `tenant`; made once."""
        if tenant not in self.made:
            calls = [self.call(operation, request, tenant) for operation, request in self.service.prelude(tenant)]
            self.made[tenant] = tuple(c.reply if isinstance(c.reply, Mapping) else {} for c in calls)
        return self.made[tenant]

    def example(self, binding: Binding, tenant: str, number: int) -> dict[str, Any]:
        """A small valid request that creates a job, with a token of its own where one is demanded."""
        created = [view for key, view in self.views.items() if key.tenant == tenant]
        others = [reply for other, replies in self.made.items() if other != tenant for reply in replies]
        others += (view for key, view in self.views.items() if key.tenant != tenant)
        number += int(f"{self.salt or 0}000")
        request = self.service.example(binding, tenant, number, (*self.prelude(tenant), *created, *others))
        if binding.token_in and binding.token_in not in request and self._demands_token(binding, request):
            request[binding.token_in] = self.token(f"token-{len(self.calls)}-{number}")
        return request

    def _demands_token(self, binding: Binding, request: Mapping[str, Any]) -> bool:
        """True if the operation takes no request without a token."""
        faults = load_shapes(self.api).request_faults(binding.operation, request)
        return any(fault.member == binding.token_in for fault in faults)

    def token(self, name: str) -> str:
        """A token that no other session uses in the same tenant."""
        return f"{name}-{self.salt}" if self.salt else name

    def create(self, binding: Binding, tenant: str, number: int, *, token: str | None = None, **extra: Any) -> Call:
        """Create a job."""
        request = {**self.example(binding, tenant, number), **extra}
        if token is not None and binding.token_in:
            request[binding.token_in] = self.token(token)
        return self.call(binding.operation, request, tenant)

    def ask(self, binding: Binding, tenant: str, job_id: str, **extra: Any) -> Call:
        """Make a call on a job by its id."""
        request = {**self.service.order(binding, tenant, job_id), **extra}
        return self.call(binding.operation, request, tenant)

    def listing(self, binding: Binding, tenant: str, parent: str = "", **extra: Any) -> list[Call]:
        """All pages of a list; ends early when a page is refused, unanswered, or pages do not end."""
        request = {**self.service.listing(binding, tenant, parent, self.prelude(tenant)), **extra}
        pages = [self.call(binding.operation, request, tenant)]
        while binding.next_out and len(pages) < MAX_PAGES:
            following = reach(pages[-1].reply, (binding.next_out,)) if succeeded(pages[-1]) else None
            if following is None:
                break
            pages.append(self.call(binding.operation, {**request, binding.next_in: following}, tenant))
        return pages

    def bindings(self, key: JobKey, *roles: Role) -> Iterator[Binding]:
        """The bindings that speak of jobs like `key`, of the given roles."""
        for binding in self.api.bindings:
            same = binding.lifecycle == key.lifecycle and binding.kind in ("", key.kind)
            if same and not binding.spreads and self.api.role(binding).role in roles:
                yield binding

    def _learn(self, call: Call) -> None:
        if not succeeded(call):
            return
        self.statuses.update(self.shown(call))
        for binding in self.api.bound(call.operation):
            if self.api.role(binding).role is Role.CREATE and not binding.spreads:
                job_id = self._id_in(call, binding)
                if isinstance(job_id, str):
                    key = JobKey(call.tenant, binding.lifecycle, binding.kind, job_id)
                    if all(known.key != key for known in self.jobs):
                        self.jobs.append(Known(key, binding, call.request))
                        self.views[key] = (
                            view if isinstance(view := reach(call.reply, binding.view or ()), Mapping) else {}
                        )
            elif binding.items is not None:
                self._look_through(call, binding)
                if binding.parent_of is not None:
                    self._learn_listed(call, binding)

    def shown(self, call: Call) -> Iterator[tuple[JobKey, tuple[str, ...]]]:
        """What a reply shows of the status of jobs."""
        for binding in self.api.bound(call.operation) if succeeded(call) else ():
            lifecycle = self.api.lifecycle(binding.lifecycle)
            member = lifecycle.id_member_of(binding.kind)
            found = reach(call.reply, binding.items if binding.items is not None else binding.view or ())
            for view in found if isinstance(found, list) else [found] if binding.view is not None else []:
                if isinstance(view, Mapping):
                    job_id = view.get(member, call.request.get(binding.id_in) if binding.id_in else None)
                    status = tuple(str(view[name]) for name in lifecycle.status_members if name in view)
                    if status and isinstance(job_id, str):
                        yield JobKey(call.tenant, binding.lifecycle, binding.kind, job_id), status

    def _look_through(self, call: Call, binding: Binding) -> None:
        """Remember how a list shows the jobs that were made."""
        items = reach(call.reply, binding.items or ())
        member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, Mapping):
                key = JobKey(call.tenant, binding.lifecycle, binding.kind, str(item.get(member)))
                if key in self.views:
                    self.views[key] = item

    def _id_in(self, call: Call, binding: Binding) -> Any:
        if binding.id_in:
            return call.request.get(binding.id_in)
        view = reach(call.reply, binding.view or ())
        member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
        return view.get(member) if isinstance(view, Mapping) else None

    def _learn_listed(self, call: Call, binding: Binding) -> None:
        """Jobs that come into being with their parent are known once they are listed."""
        creators: Sequence[Binding] = [
            b for b in self.api.bindings if b.lifecycle == binding.lifecycle and b.spreads and self._creates(b)
        ]
        items = reach(call.reply, binding.items or ())
        if not creators or not isinstance(items, list):
            return
        member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
        for item in items:
            job_id = item.get(member) if isinstance(item, Mapping) else None
            key = JobKey(call.tenant, binding.lifecycle, binding.kind, str(job_id))
            if isinstance(job_id, str) and all(known.key != key for known in self.jobs):
                self.jobs.append(Known(key, creators[0], call.request))

    def _creates(self, binding: Binding) -> bool:
        return self.api.role(binding).role is Role.CREATE

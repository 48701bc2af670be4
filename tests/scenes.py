"""Scenes: calls through a reference model, recorded, whose answers a test may change afterwards."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

from haltspec.apis import load
from haltspec.lts import Grade
from haltspec.oracle import Report, Settings, Verdict, Violation, judge
from haltspec.reference import Reference
from haltspec.spec import reach
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.session import Session

STRICT = Settings(floor=Grade.ASSUMED)
"""Every assumption is held against a recording."""


@dataclass
class Scene:
    """Calls through a reference model, whose answers can be changed afterwards."""

    session: Session
    reference: Reference
    tenant: str

    @classmethod
    def of(cls, api: str, **readings: str) -> Scene:
        """A scene of an API."""
        ticks = itertools.count(1_700_000_000)
        reference = Reference(load(api), clock=lambda: float(next(ticks)), readings=readings)
        scene = cls(Session(load(api), ReferenceAdapter(reference)), reference, reference.service.tenants(0)[0])
        scene.session.prelude(scene.tenant)
        return scene

    @property
    def id(self) -> str:
        """The id of the job that became known last."""
        return self.session.jobs[-1].key.id

    def create(self, operation: str, number: int = 0, **members: Any) -> str:
        """Create a job and return its id."""
        binding = self.session.api.bound(operation)[0]
        self.session.call(operation, {**self.session.example(binding, self.tenant, number), **members}, self.tenant)
        return self.id

    def fire(self, *events: str, job: str = "") -> None:
        """Let a job move."""
        found = self.reference.find(self.tenant, job or self.id)
        assert found is not None
        for event in events:
            self.reference.fire(found, event)

    def do(self, operation: str, job: str = "", *, tenant: str = "", **members: Any) -> Call:
        """Call an operation on a job by its id."""
        binding = self.session.api.bound(operation)[0]
        return self.session.ask(binding, tenant or self.tenant, job or self.id, **members)

    def shown(self, job: str = "") -> dict[str, Any]:
        """The job as the last reply shows it, to be changed."""
        call = self.session.calls[-1]
        for binding in self.session.api.bound(call.operation):
            if binding.items is not None:
                items = reach(call.reply, binding.items) or ()
                found = next((item for item in items if (job or self.id) in item.values()), None)
            else:
                found = reach(call.reply, binding.view) if binding.view is not None else None
            if found is not None:
                assert isinstance(found, dict)
                return found
        raise LookupError(call.operation)

    def judge(self, settings: Settings = STRICT) -> Report:
        """The judgement."""
        return judge(self.session.api, self.session.calls, settings)

    def passes(self) -> bool:
        """True if nothing is ruled out at any floor."""
        return self.judge().verdict is Verdict.PASS

    def on_jobs(self) -> list[Violation]:
        """The violations by the state of a job."""
        return [violation for violation in self.judge().violations if violation.belief]

    def answer(self, status: int, error: str | None = None, reply: Any = None) -> None:
        """Let the last call have been answered otherwise."""
        self.session.calls[-1] = replace(self.session.calls[-1], status=status, error=error, reply=reply)

"""What the state machines do: runs of a fixed seed, with what was generated and which rows were taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test

from haltspec.lts import Role
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec_properties.asks import Ask
from haltspec_properties.plans import Goal
from haltspec_properties.scene import Scene
from haltspec_properties.stateful import machine

PATIENT: Final = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
_WRONG: Final = {
    " of nobody": "unknown ids",
    " by a stranger": "strangers",
    ": ": "broken shapes",
    " of a ": "other kinds",
}


@contextmanager
def repeatable() -> Iterator[None]:
    """Let a seed draw the same in every run.

    Hypothesis draws now and then a number that stands in the code of some module that is loaded; so what a seed draws
    depended on which tests were run together, and changed with every number in the code.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HypothesisProvider, "_maybe_draw_constant", lambda *_, **__: None, raising=False)
        yield


@dataclass
class Played:
    """A run of an API's machine.

    Attributes:
        examples: how many were played.
        rows: in how many examples each row was taken.
        generated: how often each sort of thing was done: see `_WRONG` and `count_calls`.
    """

    examples: int = 0
    rows: Counter[Goal] = field(default_factory=Counter)
    generated: Counter[str] = field(default_factory=Counter)

    def count_calls(self, api: Api, calls: list[Call]) -> None:
        """Count what shows in the calls of a scene."""
        orders: Counter[tuple[str, str, str]] = Counter()
        tokens: dict[tuple[str, str, str], list[Call]] = {}
        for call in calls:
            binding = api.bound(call.operation)[0]
            if api.role(binding).role is Role.ORDER and "Stop" in call.operation:
                orders[call.tenant, call.operation, str(call.request.get(binding.id_in))] += 1
            token = call.request.get(binding.token_in) if binding.token_in else None
            if isinstance(token, str):
                tokens.setdefault((call.tenant, call.operation, token), []).append(call)
        self.generated["repeated stops"] += sum(times - 1 for times in orders.values())
        self.generated["scenes with several tenants"] += len({call.tenant for call in calls}) > 1
        for same in tokens.values():
            self.generated["repeated tokens"] += sum(call.request == same[0].request for call in same[1:])
            self.generated["tokens with other parameters"] += sum(call.request != same[0].request for call in same[1:])
        latest = ("", 0.0)
        for call in sorted(calls, key=lambda call: call.start):
            self.generated["races"] += call.start < latest[1] and call.client != latest[0]
            latest = max(latest, (call.client, call.end or 0.0), key=lambda known: known[1])


def play(api_name: str, *, examples: int, number: int) -> Played:
    """Play so many examples, drawn by a seed; what is wrong is raised as Hypothesis raises it."""
    played, taken = Played(), set[Goal]()

    class Counted(machine(api_name)):  # type: ignore[misc]  # made at run time
        watch = staticmethod(lambda lifecycle, row: taken.add((lifecycle, row.name)))

        def __init__(self) -> None:
            super().__init__()
            taken.clear()

        def _close(self) -> None:
            played.count_calls(self.api, self.stage.session.calls)
            super()._close()

        def teardown(self) -> None:
            super().teardown()
            played.examples += 1
            played.rows.update(taken)

    with repeatable(), pytest.MonkeyPatch.context() as patch:
        call = Scene.call

        def counted(scene: Scene, ask: Ask, client: str = "") -> None:
            sort = next((sort for words, sort in _WRONG.items() if words in ask.words), "")
            played.generated[sort] += 1
            call(scene, ask, client)

        patch.setattr(Scene, "call", counted)
        run = settings(PATIENT, max_examples=examples, phases=[Phase.generate])
        run_state_machine_as_test(seed(number)(Counted), settings=run)
    return played

"""The same hunt without steering, for comparison: plain Hypothesis rules that do anything to any job at any time.

It has the same calls to choose from as the steered search (`haltspec_properties.asks`) and the same judge; what it
lacks are the stories, what is known of the states of jobs, and waiting for them to change. Hypothesis draws numbers,
and they pick from what there is: what a black box answers must not change what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from haltspec.oracle import Settings, Violation, judge
from haltspec.spec import Api
from haltspec_properties import asks
from haltspec_properties.asks import Ask
from haltspec_properties.conform import Target, Watched
from haltspec_properties.session import Known, Session
from haltspec_properties.strategies import COMMON_NAMES, TOKENS

STEPS: Final = 30
"""So many steps has an example at most; a step is one call or a few."""

_LONGEST_PAUSE_S: Final = 0.1
_NUMBERS: Final = st.tuples(*[st.integers(0, 2**16 - 1)] * 6)

T = TypeVar("T")


class _Over(BaseException):
    """Ends the search: something was found, or the budget is spent. Hypothesis lets it through."""


@dataclass(slots=True)
class _Course:
    """How far all examples together have gone."""

    budget: int
    judged: Settings
    examples: int = 0
    calls: int = 0
    violation: Violation | None = None


def watch_plainly(api: Api, target: Target, budget: int, patience: float, *, number: int = 0) -> Watched:
    """The first deviation that plain rules find with so many calls.

    Args:
        api: the API.
        target: what is judged.
        budget: how many calls, but for those that the last example takes to its end.
        patience: as in `Options`.
        number: decides what is drawn.
    """
    course = _Course(budget, Settings(patience=patience))
    machine = seed(number)(type("PlainMachine", (_PlainMachine,), {"api": api, "target": target, "course": course}))
    plainly = settings(
        max_examples=1_000_000,
        stateful_step_count=STEPS,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    with suppress(_Over):
        run_state_machine_as_test(machine, settings=plainly)
    return Watched(course.violation, course.calls)


class _PlainMachine(RuleBasedStateMachine):
    api: ClassVar[Api]
    target: ClassVar[Target]
    course: ClassVar[_Course]

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.api, self.target.adapter)
        self.tenants = self.target.tenants(self.course.examples)
        self.names = 0
        self.course.examples += 1

    @rule(numbers=_NUMBERS)
    def create(self, numbers: tuple[int, ...]) -> None:
        first, second, third, fourth, *_ = numbers
        self.names += 1
        tenant = _pick((*[self.tenants[0]] * 3, *self.tenants[1:]), first)
        name = _pick((self.names, self.names, *COMMON_NAMES), second)
        token = _pick((f"token-{self.names}", *TOKENS, None), third)
        self._call(asks.creations(self.session, tenant, name, token=token), fourth)

    @rule(numbers=_NUMBERS)
    def call(self, numbers: tuple[int, ...]) -> None:
        for known in self._some(numbers[0]):
            self._call(asks.calls_on(self.session, known, *asks.BY_ID), numbers[1])

    @rule(numbers=_NUMBERS)
    def list_jobs(self, numbers: tuple[int, ...]) -> None:
        for known in self._some(numbers[0]):
            found = asks.lists(self.session, known)
            if found:
                binding, members = _pick(found, numbers[1])
                self.session.listing(binding, known.key.tenant, asks.parent_for(binding, known), **members)

    @rule(numbers=_NUMBERS)
    def go_wrong(self, numbers: tuple[int, ...]) -> None:
        for known in self._some(numbers[0]):
            right = asks.calls_on(self.session, known, *asks.BY_ID)
            if right:
                ask, what = _pick(right, numbers[1]), numbers[2] % 4
                strangers = [tenant for tenant in self.tenants if tenant != known.key.tenant]
                if what == 0:
                    self._call([asks.nobodys(ask, known, numbers[3] % 10)], 0)
                elif what == 1:
                    self._call([asks.strange(ask, _pick(strangers, numbers[3]))], 0)
                elif what == 2:
                    self._call(asks.foreign(self.session, known), numbers[3])
                else:
                    broken = _pick([*right, *asks.again(known)], numbers[3])
                    self._call(asks.malformed(self.api, broken), numbers[4])

    @rule(numbers=_NUMBERS)
    def race(self, numbers: tuple[int, ...]) -> None:
        for known in self._some(numbers[0]):
            found = [*asks.calls_on(self.session, known, *asks.BY_ID), *asks.again(known)]
            drawn = [_pick(found, number) for number in numbers[2 : 4 + numbers[1] % 3] if found]
            if drawn:
                self.session.at_once([(ask.operation, ask.request, ask.tenant) for ask in drawn])

    @rule(seconds=st.floats(0.0, _LONGEST_PAUSE_S))
    def wait(self, seconds: float) -> None:
        self.target.wait(seconds)

    def teardown(self) -> None:
        """Judge the example."""
        course = self.course
        course.calls += len(self.session.calls)
        report = judge(self.api, self.session.calls, course.judged)
        if report.violations:
            course.violation = report.violations[0]
        if report.violations or course.calls >= course.budget:
            raise _Over

    def _some(self, number: int) -> Sequence[Known]:
        """One of the jobs that are known; none if none is."""
        return [_pick(self.session.jobs, number)] if self.session.jobs else []

    def _call(self, choices: Sequence[Ask], number: int) -> None:
        if choices:
            ask = _pick(choices, number)
            self.session.call(ask.operation, ask.request, ask.tenant)


def _pick(choices: Sequence[T], number: int) -> T:
    return choices[number % len(choices)]

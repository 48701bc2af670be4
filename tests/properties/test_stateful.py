"""The Hypothesis state machines: they hold of the reference model, generate what they promise, and find what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Final

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.properties.played import PATIENT, Played, play, repeatable

from haltspec import services
from haltspec.apis import NAMES, load
from haltspec.errors import Unknown
from haltspec.lts import Call as CallLabel
from haltspec.lts import Reply, Transition, ok
from haltspec.reference import Reference
from haltspec.services.base import Job, World
from haltspec.services.dataarts import DataArts
from haltspec.services.devicefarm import DeviceFarm
from haltspec.spec import Api, Binding
from haltspec.trace import Call
from haltspec_properties.plans import Goal, Make
from haltspec_properties.stateful import machine

EXAMPLES: Final = {"comprehend": 20, "translate": 20, "devicefarm": 12, "dataarts": 20, "rekognition": 20}
"""So many are played by default, always the same; `HALTSPEC_PROFILE=nightly` plays as many as that says, new ones."""

MORE: Final = {"comprehend": 100, "translate": 100, "devicefarm": 120, "dataarts": 100, "rekognition": 100}
"""So many are played to see how seldom a row is taken."""

LEAST: Final = 3
"""In so many of those each row is taken at least: none is by luck."""

SORTS: Final = {
    "comprehend": ("other kinds", "repeated tokens", "tokens with other parameters"),
    "translate": ("repeated tokens", "tokens with other parameters"),
    "devicefarm": ("other kinds",),
    "dataarts": (),
    "rekognition": (),
}
"""What is generated besides what all machines generate."""


@cache
def played(api: str) -> Played:
    """The default run of an API's machine."""
    return play(api, examples=EXAMPLES[api], number=0)


def rows(api: str, *, of_readings: bool) -> list[Goal]:
    """The rows that the reference model takes under its default readings, or under any."""
    never = services.load(api).never
    return [
        (lifecycle.name, row.name)
        for lifecycle in load(api).lifecycles
        for row in (lifecycle.all_rows() if of_readings else lifecycle.rows())
        if f"{lifecycle.name}/{row.name}" not in never
    ]


@pytest.mark.parametrize("api", NAMES)
class TestReference:
    """The reference model, under any readings, does what the oracle and the named properties allow."""

    def test_holds(self, api: str) -> None:
        assert played(api).examples >= EXAMPLES[api]
        if settings.default is not None and settings.default.max_examples > max(MORE.values()):
            run_state_machine_as_test(machine(api), settings=settings.default)

    def test_generates_what_goes_wrong(self, api: str) -> None:
        """Wrong ids, strangers, broken shapes, repeated stops, races, several tenants, tokens that come again."""
        generated = played(api).generated
        often = ("unknown ids", "strangers", "repeated stops", "races", "scenes with several tenants", *SORTS[api])
        for sort in often:
            assert generated[sort] >= EXAMPLES[api], sort
        assert generated["broken shapes"] >= EXAMPLES[api] // 2

    def test_takes_the_rows(self, api: str) -> None:
        """Every row of the default readings but those that the service never takes, as its `never` says."""
        assert [row for row in rows(api, of_readings=False) if not played(api).rows[row]] == []

    @pytest.mark.slow
    def test_takes_no_row_by_luck(self, api: str, capsys: pytest.CaptureFixture[str]) -> None:
        """Every row, those of unusual readings included, is taken again and again; what is never taken is not."""
        many = play(api, examples=MORE[api], number=1)
        wanted = rows(api, of_readings=True)
        seldom = sorted((many.rows[row] / many.examples, *row) for row in wanted)
        with capsys.disabled():
            print(f"\n{api}: {len(wanted)} rows in {many.examples} examples, the rarest:")
            for share, lifecycle, row in seldom[:5]:
                print(f"  in {share:4.0%}  {lifecycle}/{row}")
        assert [row for row in wanted if many.rows[row] < LEAST] == []
        assert {"/".join(row) for row in many.rows} & services.load(api).never == set()


def test_rejects_an_unknown_api() -> None:
    with pytest.raises(Unknown, match="unknown API 'comprehand'"):
        run_state_machine_as_test(machine("comprehand"), settings=PATIENT)


# ---- reference models that are wrong --------------------------------------------------------------------------------


def changed(lifecycle: str, row: str, change: Callable[[Transition], Transition]) -> Make:
    """Makes reference models with another row in place of one."""

    def make(api: Api, *, readings: Mapping[str, str], **how: Any) -> Reference:
        own = {name.rpartition("/")[2]: reading for name, reading in readings.items() if name.startswith(lifecycle)}
        rows = api.lifecycle(lifecycle).rows(own)
        assert any(each.name == row for each in rows)
        wrong = tuple(change(each) if each.name == row else each for each in rows)
        return Reference(api, readings=readings, rows={lifecycle: wrong}, **how)

    return make


def answering(reply: Reply) -> Callable[[Transition], Transition]:
    """A row that answers otherwise."""

    def change(row: Transition) -> Transition:
        assert isinstance(row.label, CallLabel)
        return Transition(row.name, row.states, replace(row.label, reply=reply), row.target, row.source, free=row.free)

    return change


def leading(target: str) -> Callable[[Transition], Transition]:
    """A row that leads somewhere else."""
    return lambda row: Transition(row.name, row.states, row.label, target, row.source, free=row.free)


class Biller(DeviceFarm):
    """A farm that charges a minute for jobs that were stopped before their tests began."""

    def view(self, world: World, job: Job, binding: Binding, shown: Any) -> dict[str, Any]:
        """The job with a minute metered."""
        body = super().view(world, job, binding, shown)
        if job.state == "STOPPED_UNSTARTED":
            body["deviceMinutes"] = {"total": 1.0, "metered": 1.0, "unmetered": 0.0}
        return body


class Leaky(DataArts):
    """A service whose orders stop the jobs of the same name in every workspace."""

    def accepted(self, world: World, binding: Binding, job: Job, request: Any) -> None:
        """Stop them."""
        super().accepted(world, binding, job, request)
        assert isinstance(world, Reference)
        for other in world.jobs() if binding.role == "Stop" else ():
            if other.key.id == job.key.id and other.state.endswith("SCHEDULING"):
                other.state = other.state.replace("SCHEDULING", "STOPPED")


@dataclass(frozen=True)
class Mistake:
    """A wrong reference model: what is told of it, and with how many calls the first finding is shown at most."""

    api: str
    make: Make
    told: tuple[str, ...]
    calls: int


MISTAKES: Final = {
    "a stop of a finished job is answered": Mistake(
        "comprehend",
        changed("job", "a finished job cannot be stopped", answering(ok("STOPPED"))),
        (
            "comprehend/job/nothing leaves STOPPED",
            "'stopping a COMPLETED or FAILED comprehend job is refused with 400'",
        ),
        4,
    ),
    "a stop says that the job goes on": Mistake(
        "comprehend",
        changed("job", "stop asked", answering(ok("IN_PROGRESS"))),
        ("'the reply to a comprehend stop says STOP_REQUESTED or STOPPED'",),
        4,
    ),
    "a stop is forgotten": Mistake(
        "translate",
        changed("job", "stop asked", leading("IN_PROGRESS")),
        ("job/IN_PROGRESS does not follow what came before",),
        4,
    ),
    "what never began is charged": Mistake(
        "devicefarm",
        partial(Reference, service=Biller()),
        ("'a device farm job stopped before its tests started is not billed'",),
        4,
    ),
    "a stop reaches other workspaces": Mistake(
        "dataarts",
        partial(Reference, service=Leaky()),
        ("'a dataarts job in another workspace is never touched'",),
        6,
    ),
    "a stopped model runs": Mistake(
        "rekognition",
        changed("version", "stopped", leading("RUNNING")),
        ("'a stopped model does not run until it is started again'",),
        6,
    ),
}
MOST_CALLS: Final = 40
"""So many calls a shrunk example has at most: looks at every job and list at its end included, but not the calls
without which no job can be made in a tenant."""

STEPS: Final = 10
"""So many steps an example has that is to be shrunk: enough to show each mistake, and few to try to leave out."""

QUICK: Final = ("a stop is forgotten",)
"""Those that are looked for by default; each takes ten seconds and more."""


def found(mistake: Mistake) -> tuple[list[str], list[Call]]:
    """What is told of each example that shows a mistake, the smallest one last, and the calls of that one."""
    told: list[str] = []
    calls: list[Call] = []

    class Wrong(machine(mistake.api)):  # type: ignore[misc]  # made at run time
        make = mistake.make

        def _close(self) -> None:
            scene = self.stage
            try:
                super()._close()
            except AssertionError as wrong:
                told.append(str(wrong))
                needed = {reply_id for replies in scene.session.made.values() for reply_id in map(id, replies)}
                calls[:] = [call for call in scene.session.calls if id(call.reply) not in needed]
                raise

    run = settings(
        PATIENT,
        max_examples=60,
        stateful_step_count=STEPS,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )
    with repeatable(), pytest.raises(AssertionError):
        run_state_machine_as_test(seed(0)(Wrong), settings=run)
    return told, calls


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in MISTAKES]
)
def test_finds(name: str) -> None:
    """A mistake is told by the rule or the named property that it breaks; the example has few calls, the proof fewer."""
    mistake = MISTAKES[name]
    told, calls = found(mistake)
    for words in mistake.told:
        assert any(words in each for each in told), words
    assert len(calls) <= MOST_CALLS, [call.operation for call in calls]
    _, _, first = told[-1].partition("\n  1. ")
    shown = [line for line in first.partition("\n  2. ")[0].splitlines() if " -> " in line]
    assert 1 <= len(shown) <= mistake.calls, shown

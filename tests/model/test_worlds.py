"""Exhaustive exploration of the reference model: it holds, and every wrong reference model is found out by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

import pytest

from haltspec import apis, oracle, services
from haltspec.lts import SAME, Call, Grade, Request, Role, Transition, assumed, internal, ok, refused
from haltspec.reference import Reference
from haltspec.services.base import Answer, Job, World
from haltspec.services.comprehend import Comprehend
from haltspec.spec import Binding
from haltspec.trace import Call as Recorded
from haltspec.verification.explore import Graph
from haltspec.verification.invariants import INVARIANTS
from haltspec.verification.overlap import RULE as ONE_ORDER
from haltspec.verification.overlap import Overlap
from haltspec.verification.scenarios import Scenario, scenarios, tenants
from haltspec.verification.worlds import RULE as JUDGED
from haltspec.verification.worlds import Broken, Explored, Explorer, Make, Unnumbered, judged

API = apis.load("comprehend")
JOB = API.lifecycle("job")
ONE, OTHER = tenants(API)
KINDS = ("entities", "dominant-language")
OURS = assumed("a mistake made on purpose")
ONE_JOB = Scenario("one job and its token", ("job",), KINDS[:1], (ONE,), 1, tokens=True)
TWO_JOBS = Scenario("two jobs, two tenants", ("job",), KINDS, (ONE, OTHER), 2, brief=True, interchangeable=True)
Rows = tuple[Transition, ...]


class TestTheReferenceModelHolds:
    """Few jobs, every call, every move: no invariant breaks."""

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_small_scenarios_of_every_api(self, name: str) -> None:
        api = apis.load(name)
        small = [s for s in scenarios(api, services.load(name)) if s.jobs == 1 and len(s.lifecycles) == 1]
        for scenario in small:
            explored = Explorer(api, scenario).run()
            assert explored.broken == ()
            assert explored.complete
        assert small or name == "devicefarm"

    def test_a_run_with_two_jobs(self) -> None:
        api = apis.load("devicefarm")
        two = next(s for s in scenarios(api, services.load("devicefarm")) if s.name == "one run with two jobs")
        explored = Explorer(api, two, limit=60).run()
        assert explored.broken == ()
        assert max(len(world.jobs) for world in explored.worlds) == 3

    def test_one_job_takes_every_edge_of_its_lifecycle_and_no_other(self) -> None:
        explored = Explorer(API, ONE_JOB, keep=True).run()
        taken = {
            (move.step.state_before(move.step.own), row.name)
            for move in explored.moves
            for row in move.step.rows
            if move.step.ask is None or move.step.ask.role is not Role.LIST
        }
        edges = {(edge.source, edge.row.name) for edge in Graph(JOB, JOB.rows()).edges}
        left_out = {(state, name) for state, name in edges if "another kind" in name or "listed" in name}
        assert taken == edges - left_out

    @pytest.mark.parametrize("question", [q for q in JOB.questions if q.readings], ids=lambda q: str(q.name))
    def test_under_every_reading(self, question: Any) -> None:
        for reading in question.readings:
            explored = Explorer(API, ONE_JOB, readings={f"job/{question.name}": reading.name}).run()
            assert explored.broken == ()

    def test_three_jobs_come_in_fewer_worlds_when_they_may_change_places(self) -> None:
        lifecycle = ("unstoppable",)
        numbered = Scenario("three", lifecycle, ("topics",), (ONE,), 3, brief=True)
        free = Scenario("three", lifecycle, ("topics",), (ONE,), 3, brief=True, interchangeable=True)
        all_worlds, few = Explorer(API, numbered).run(), Explorer(API, free).run()
        mark = Unnumbered()
        assert {mark(world.reference) for world in all_worlds.worlds} == {mark(w.reference) for w in few.worlds}
        # 4 states: 1 + 4 + 16 + 64 sequences, 1 + 4 + 10 + 20 multisets
        assert (all_worlds.states, few.states) == (85, 35)

    def test_a_limit_is_told(self) -> None:
        explored = Explorer(API, ONE_JOB, limit=3).run()
        assert not explored.complete
        assert 3 < explored.states < Explorer(API, ONE_JOB).run().states

    def test_every_scenario_of_every_api_is_for_something_that_can_be_made(self) -> None:
        for name in apis.NAMES:
            every = list(scenarios(apis.load(name), services.load(name)))
            assert {s.lifecycles[0] for s in every} | {lc for s in every for lc in s.lifecycles} == {
                lc.name for lc in apis.load(name).lifecycles
            }
            assert any(s.jobs == 2 or "two jobs" in s.name for s in every)


# ---- wrong reference models -----------------------------------------------------------------------------------------


class StopsAll(Comprehend):
    """Stopping one job makes another fail."""

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        super().moved(world, job, row, before)
        if isinstance(row.label, Call) and row.label.operation == "Stop":
            for other in world.jobs_of(job.key.tenant, "job"):
                if other is not job and other.state == "IN_PROGRESS":
                    world.fire(other, "fail")


class StopsElsewhere(Comprehend):
    """Stopping a job stops the work of another tenant's job as well."""

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        super().moved(world, job, row, before)
        elsewhere = OTHER if job.key.tenant == ONE else ONE
        if isinstance(row.label, Call) and row.label.operation == "Stop":
            for other in world.jobs_of(elsewhere, "job"):
                other.put(Message="stopped too")


class Leaks(Comprehend):
    """A list shows the jobs of all tenants."""

    def list_body(
        self, world: World, binding: Binding, items: list[dict[str, Any]], total: int | None
    ) -> dict[str, Any]:
        every = [job for tenant in (ONE, OTHER) for job in world.jobs_of(tenant, "job", binding.kind)]
        shown = [self.view(world, job, binding, {"JobStatus": job.state}) for job in every]
        return super().list_body(world, binding, shown, total)


class Forgets(Comprehend):
    """No token is ever recognised."""

    numbers = count()

    def token_parameters(self, binding: Binding, request: Request) -> bytes:
        return str(next(self.numbers)).encode()

    def other_parameters(self, world: World) -> str:
        return "new job"


class Lags(Comprehend):
    """A description shows a stopped job as running."""

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        if binding.role == "Describe" and job.state == "STOPPED":
            shown = {"JobStatus": "IN_PROGRESS"}
        return super().view(world, job, binding, shown)


class Hides(Comprehend):
    """Ended jobs are not listed."""

    def selects(self, world: World, binding: Binding, request: Request, job: Job) -> bool:
        return job.state in ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED")


class Scribbles(Comprehend):
    """A stop is noted before it is refused."""

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        job = world.find(tenant, request["JobId"]) if binding.role == "Stop" else None
        if job is not None:
            job.put(stops=job.data.get("stops", 0) + 1 if job.data.get("stops", 0) < 2 else 2)
        return super().check(world, binding, request, tenant)


class TakesAnything(Comprehend):
    """A malformed request is answered as if nothing were wrong."""

    def malformed(self, world: World, operation: str, faults: Sequence[Any], request: Request) -> Answer:
        return Answer(200, {})


class Stumbles(Comprehend):
    """An unknown id is answered with an error of the service itself."""

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        return "stumbled" if code == "JobNotFoundException" else super().refusal_text(world, code, binding, job_id, row)

    def refuse(self, world: World, code: str, text: str) -> Answer:
        if text == "stumbled":
            return Answer(500, {"__type": "InternalServerException"}, "InternalServerException")
        return super().refuse(world, code, text)


def served_by(service: Comprehend) -> Make:
    return lambda clock: Reference(API, clock=clock, service=service)


def changed(name: str, **parts: Any) -> Make:
    """A reference model that runs with one row of the job's lifecycle changed."""
    old = next(row for row in JOB.rows() if row.name == name)
    new = Transition(
        name,
        parts.get("states", old.states),
        parts.get("label", old.label),
        parts.get("target", old.target),
        OURS,
        free=old.free,
    )
    rows = tuple(new if row is old else row for row in JOB.rows())
    return lambda clock: Reference(API, clock=clock, rows={"job": rows})


def stop(**reply: Any) -> Call:
    return Call("Stop", reply["reply"], ("plain",))


@dataclass(frozen=True)
class Mistake:
    """A wrong reference model, the invariant it breaks, how that is told, and the shortest steps that show it."""

    breaks: str
    make: Callable[[], Make]
    told: str
    path: tuple[str, ...]
    scenario: Scenario = ONE_JOB


START = f"{ONE} StartEntitiesDetectionJob (a new job) -> 200 SUBMITTED"
DESCRIBED = f"{ONE} DescribeEntitiesDetectionJob (job 1) -> 200 SUBMITTED"
STOPPED = f"{ONE} StopEntitiesDetectionJob (job 1) -> 200 STOP_REQUESTED"
MISTAKES = (
    Mistake(
        "one job's stop never touches another job",
        lambda: served_by(StopsAll()),
        "changed job JOB of TENANT from IN_PROGRESS to FAILED; the step is not about it",
        (
            START,
            f"{ONE} StartEntitiesDetectionJob (a new job) -> 200 SUBMITTED",
            "job 1: begin (picked up)",
            f"{ONE} StopEntitiesDetectionJob (job 2) -> 200 STOP_REQUESTED",
        ),
        TWO_JOBS,
    ),
    Mistake(
        "a tenant never touches another's jobs",
        lambda: served_by(StopsElsewhere()),
        "a step of TENANT changed the data of job JOB of TENANT, which is SUBMITTED",
        (
            START,
            f"{OTHER} StartEntitiesDetectionJob (a new job) -> 200 SUBMITTED",
            f"{ONE} StopEntitiesDetectionJob (job 1) -> 200 STOP_REQUESTED",
        ),
        TWO_JOBS,
    ),
    Mistake(
        "tenants never see each other's jobs",
        lambda: served_by(Leaks()),
        "the answer to TENANT shows JOB, a job of TENANT",
        (START, f"{OTHER} ListEntitiesDetectionJobs (all) -> 200, 1 listed"),
        TWO_JOBS,
    ),
    Mistake(
        "a repeated token makes no second job",
        lambda: served_by(Forgets()),
        "the token that made JOB made JOB as well",
        (
            f"{ONE} StartEntitiesDetectionJob (the token) -> 200 SUBMITTED",
            f"{ONE} StartEntitiesDetectionJob (the token again) -> 200 SUBMITTED",
        ),
    ),
    Mistake(
        "every job has an id of its own",
        lambda: changed("started", target=SAME),
        "a creation was answered with success and there is no job with an id of its own",
        (START,),
    ),
    Mistake(
        "every answer is allowed by the lifecycle",
        lambda: changed("stop asked while queued", label=stop(reply=refused("InvalidRequestException")), target=SAME),
        "answered InvalidRequestException in SUBMITTED, now SUBMITTED; possible: Stop [plain] -> STOP_REQUESTED, "
        "to STOP_REQUESTED (stop asked while queued)",
        (START, f"{ONE} StopEntitiesDetectionJob (job 1) -> 400 InvalidRequestException"),
    ),
    Mistake(
        "every answer is allowed by the lifecycle",
        lambda: changed("stop asked while queued", label=stop(reply=ok("STOP_REQUESTED")), target=SAME),
        "answered success that shows STOP_REQUESTED in SUBMITTED, now SUBMITTED; possible: Stop [plain] -> "
        "STOP_REQUESTED, to STOP_REQUESTED (stop asked while queued)",
        (START, STOPPED),
    ),
    Mistake(
        "the state shown is the state the job is in",
        lambda: served_by(Lags()),
        "JOB is STOPPED and is shown as IN_PROGRESS",
        (
            START,
            STOPPED,
            "job 1: halt (stop took effect)",
            f"{ONE} DescribeEntitiesDetectionJob (job 1) -> 200 IN_PROGRESS",
        ),
    ),
    Mistake(
        "a list holds exactly the jobs there are",
        lambda: served_by(Hides()),
        "the list holds nothing; there are JOB",
        (
            START,
            "job 1: fail (failed while queued)",
            f"{ONE} ListEntitiesDetectionJobs (all) -> 200, 0 listed",
        ),
    ),
    Mistake(
        "a refused call and a read change nothing",
        lambda: served_by(Scribbles()),
        "a call refused with InvalidRequestException changed the data of job JOB of TENANT, which is FAILED",
        (
            START,
            "job 1: fail (failed while queued)",
            f"{ONE} StopEntitiesDetectionJob (job 1) -> 400 InvalidRequestException",
        ),
    ),
    Mistake(
        "the service moves as the lifecycle says",
        lambda: changed("picked up", label=internal("begin"), target="COMPLETED"),
        "row 'picked up', from SUBMITTED to COMPLETED, is not in the lifecycle",
        (START, "job 1: begin (picked up)"),
    ),
    Mistake(
        "a malformed request is refused as such",
        lambda: served_by(TakesAnything()),
        "a malformed request was answered with success",
        (f"{ONE} DescribeEntitiesDetectionJob (a malformed id) -> 200",),
    ),
    Mistake(
        "no call meets a fault of the service",
        lambda: served_by(Stumbles()),
        "answered 500 InternalServerException",
        (f"{ONE} DescribeEntitiesDetectionJob (an id that was never given) -> 500 InternalServerException",),
    ),
)


def without_ids(text: str, explored: Explored) -> str:
    for world in explored.worlds:
        for key in world.jobs:
            text = text.replace(key.id, "JOB")
    return text.replace(ONE, "TENANT").replace(OTHER, "TENANT")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.told[:60])
def test_rejects_a_wrong_reference_model_with_the_shortest_steps(mistake: Mistake) -> None:
    explored = Explorer(API, mistake.scenario, make=mistake.make(), limit=300).run()
    found = [one for one in explored.broken if one.invariant == mistake.breaks]
    assert found, {one.invariant for one in explored.broken}
    assert mistake.path in [one.path for one in found]
    assert mistake.told in [without_ids(one.message, explored) for one in found if one.path == mistake.path]


def test_every_invariant_is_broken_by_some_wrong_reference_model() -> None:
    assert {mistake.breaks for mistake in MISTAKES} == {invariant.name for invariant in INVARIANTS}


# ---- two clients at once --------------------------------------------------------------------------------------------


def overlapped(make: Make | None = None, scenario: Scenario = ONE_JOB) -> tuple[int, bool, tuple[Broken, ...]]:
    explorer = Explorer(API, scenario, make=make, keep=True)
    explorer.run()
    found = Overlap(explorer).run()
    return found.states, found.complete, found.broken


class TestTwoClients:
    """What two clients record of one job is explained by some order of their calls."""

    def test_one_job_with_token_memory_has_fewer_than_ten_thousand_states(self) -> None:
        states, complete, broken = overlapped()
        assert broken == ()
        assert complete
        assert 1_000 < states < 10_000

    def test_rejects_a_service_that_shows_a_stopped_job_as_running(self) -> None:
        _, _, broken = overlapped(served_by(Lags()))
        assert [one.invariant for one in broken] == [ONE_ORDER]
        assert broken[0].path == (
            "client 1 sends StartEntitiesDetectionJob",
            "StartEntitiesDetectionJob of client 1 takes effect",
            "StartEntitiesDetectionJob of client 1 is answered SUBMITTED",
            "client 2 sends StopEntitiesDetectionJob",
            "StopEntitiesDetectionJob of client 2 takes effect",
            "StopEntitiesDetectionJob of client 2 is answered STOP_REQUESTED",
            "client 1 sends DescribeEntitiesDetectionJob",
            "job 1: halt (stop took effect)",
            "DescribeEntitiesDetectionJob of client 1 takes effect",
            "DescribeEntitiesDetectionJob of client 1 is answered IN_PROGRESS",
        )

    def test_rejects_a_service_that_forgets_a_stop_it_has_confirmed(self) -> None:
        forgets = changed("stop asked while queued", label=stop(reply=ok("STOP_REQUESTED")), target=SAME)
        _, _, broken = overlapped(forgets)
        assert broken[0].message == (
            "StartEntitiesDetectionJob of client 2 is answered SUBMITTED: nothing that went before explains it"
        )

    def test_rejects_a_service_that_does_what_it_has_refused(self) -> None:
        label = stop(reply=refused("InvalidRequestException"))
        _, _, broken = overlapped(changed("stop asked while queued", label=label))
        assert broken[0].message == (
            "StartEntitiesDetectionJob of client 2 is answered STOP_REQUESTED: nothing that went before explains it"
        )


# ---- a judge of recordings ------------------------------------------------------------------------------------------


def test_a_judge_is_given_everything_that_can_be_recorded() -> None:
    explored = Explorer(API, ONE_JOB, keep=True).run()
    heard: list[tuple[str, ...]] = []

    def judge(calls: Sequence[Recorded]) -> str | None:
        assert all(first.start < then.start for first, then in pairwise(calls))
        heard.append(tuple(call.operation for call in calls))
        return None

    assert list(judged(API, explored, judge)) == []
    assert len(heard) >= explored.states
    assert {"StartEntitiesDetectionJob", "StopEntitiesDetectionJob"} <= {name for names in heard for name in names}


@pytest.mark.parametrize("name", apis.NAMES)
def test_the_oracle_accepts_all_that_one_job_of_the_reference_model_can_record(name: str) -> None:
    api = apis.load(name)
    strict = oracle.Settings(floor=Grade.ASSUMED)

    def judge(calls: Sequence[Recorded]) -> str | None:
        violations = oracle.judge(api, calls, strict).violations
        return violations[0].message if violations else None

    for scenario in scenarios(api, services.load(name)):
        if scenario.clients or scenario.name.startswith("one run with one job"):
            assert list(judged(api, Explorer(api, scenario, keep=True).run(), judge)) == []


def test_a_judge_that_refuses_is_heard_with_the_recording() -> None:
    explored = Explorer(API, ONE_JOB, keep=True).run()

    def judge(calls: Sequence[Recorded]) -> str | None:
        return "no stop is ever accepted" if calls[-1].operation.startswith("Stop") and not calls[-1].error else None

    (found,) = judged(API, explored, judge)
    assert (found.invariant, found.message) == (JUDGED, "no stop is ever accepted")
    assert found.path == (START, STOPPED)

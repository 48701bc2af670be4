"""What may explain what the rows rule out: calls that a recording lacks, jobs that were forgotten, lists that lag."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.automaton import OK, UNKNOWN, Automaton, Course, Observation
from haltspec.excuse import Excuses, excuses
from haltspec.linearize import Aid, steps
from haltspec.lts import PLAIN, Grade, Role
from haltspec.observe import Event
from haltspec.oracle import Report, Settings, Verdict, Violation, judge
from haltspec.trace import Call

TENANT, JOB = "111122223333/us-east-1", "a" * 32
ALONE, STRICT = Settings(alone=True), Settings(floor=Grade.ASSUMED)
APIS = ("comprehend", "translate", "devicefarm", "dataarts", "rekognition")
LIFECYCLES = [(api, lifecycle.name) for api in APIS for lifecycle in load(api).lifecycles]
DAY = 86_400.0
GONE = "JobNotFoundException"


def analysis(*answers: tuple[str, str, float]) -> list[Call]:
    """Calls on an analysis job of Comprehend: a role, the status it shows or the error, and when it began."""
    calls = []
    for role, told, start in answers:
        error = told if told.endswith("Exception") else None
        shown = {"JobId": JOB, "JobStatus": told}
        reply = {"EntitiesDetectionJobProperties": shown} if role == "Describe" else shown
        request = {} if role == "Start" else {"JobId": JOB}
        http = 400 if error else 200
        calls.append(
            Call(
                *("comprehend", f"{role}EntitiesDetectionJob", TENANT, "c", start, start + 1, request, http, error),
                None if error else reply,
            )
        )
    return calls


def about_jobs(report: Report) -> list[Violation]:
    """What is wrong with jobs, for certain or not; the replies above lack much else."""
    found = [violation for violation in (*report.violations, *report.warnings) if violation.belief]
    return sorted(found, key=lambda violation: violation.calls[-1])


def judged(calls: Sequence[Call], settings: Settings | None = None) -> tuple[Verdict, list[str]]:
    """The verdict on the jobs of a recording, and what excuses what is wrong with them."""
    report = judge(load("comprehend"), calls, settings)
    found = about_jobs(report)
    floor = (settings or Settings()).floor
    sure = any(violation.grade >= floor for violation in found)
    verdict = Verdict.FAIL if sure else Verdict.INCONCLUSIVE if found else Verdict.PASS
    return verdict, [violation.excuse for violation in found]


STARTED = ("Start", "SUBMITTED", 0)


class TestMissingCalls:
    """A recording that does not vouch for holding every call may lack the one that explains it."""

    STOPPED = (STARTED, ("Describe", "IN_PROGRESS", 10), ("Describe", "STOPPED", 20))

    def test_a_stop_by_somebody_else(self) -> None:
        assert judged(analysis(*self.STOPPED)) == (
            Verdict.INCONCLUSIVE,
            ["1 call is missing from the recording (Stop)"],
        )

    def test_the_violation_says_so_and_is_ours(self) -> None:
        [found] = about_jobs(judge(load("comprehend"), analysis(*self.STOPPED)))
        assert (found.rule, found.grade) == ("comprehend/job/STOPPED does not follow IN_PROGRESS", Grade.ASSUMED)
        assert found.message == (
            f"entities job {JOB} of {TENANT}: Describe answered STOPPED while it was IN_PROGRESS, COMPLETED or FAILED; "
            "possible: IN_PROGRESS or COMPLETED or FAILED; "
            "possible only if 1 call is missing from the recording (Stop)"
        )

    def test_rejects_it_where_the_recording_holds_every_call(self) -> None:
        assert judged(analysis(*self.STOPPED), ALONE) == (Verdict.FAIL, [""])

    def test_rejects_it_where_what_is_ours_counts(self) -> None:
        assert judged(analysis(*self.STOPPED), STRICT)[0] is Verdict.FAIL

    @pytest.mark.parametrize(
        "answers",
        [
            (STARTED, ("Describe", "COMPLETED", 10), ("Describe", "IN_PROGRESS", 20)),
            (STARTED, ("Describe", "COMPLETED", 10), ("Stop", "STOP_REQUESTED", 20)),
            (STARTED, ("Describe", "IN_PROGRESS", 10), ("Describe", GONE, 20)),
            (STARTED, ("Describe", "STOPPED", 10), ("Describe", "FAILED", 20)),
            (("Describe", "COMPLETED", 10), ("Describe", "IN_PROGRESS", 20)),
        ],
        ids=["runs again", "stopped after its end", "lost", "another end", "runs again, begun unseen"],
    )
    def test_rejects_what_no_missing_call_explains(self, answers: tuple[tuple[str, str, float], ...]) -> None:
        verdict, found = judged(analysis(*answers))
        assert (verdict, found[-1]) == (Verdict.FAIL, "")

    def test_one_violation_may_be_excused_and_another_not(self) -> None:
        answers = (*self.STOPPED, ("Describe", "IN_PROGRESS", 30))
        assert judged(analysis(*answers)) == (
            Verdict.FAIL,
            ["1 call is missing from the recording (Stop)", ""],
        )

    def test_among_hundreds_of_calls_that_overlap(self) -> None:
        """The excuse is looked for in good time also where orders abound."""
        calls = analysis(STARTED, ("Describe", "IN_PROGRESS", 2))
        shown = analysis(("Describe", "IN_PROGRESS", 0), ("Describe", "STOPPED", 0), ("Describe", "COMPLETED", 0))
        for number in range(300):
            one = shown[number % 2]
            start, end = 10 + number / 1000, 100 + number / 1000
            calls.append(_moved(one, start, end))
        assert judged(calls) == (Verdict.INCONCLUSIVE, ["1 call is missing from the recording (Stop)"])
        calls.append(_moved(shown[2], 10.5, 100.5))
        assert judged(calls)[0] is Verdict.FAIL


def _moved(call: Call, start: float, end: float) -> Call:
    return Call(
        *(call.api, call.operation, call.tenant, f"c{start}", start, end, call.request, call.status, call.error),
        call.reply,
    )


class TestForgotten:
    """A job that ended long enough ago may have been forgotten."""

    @pytest.mark.parametrize(
        ("answers", "verdict"),
        [
            ((("Describe", "COMPLETED", 10), ("Describe", GONE, 10 + 2 * DAY)), Verdict.INCONCLUSIVE),
            ((("Describe", "IN_PROGRESS", 10), ("Describe", GONE, 20 + DAY)), Verdict.INCONCLUSIVE),
            ((("Describe", "IN_PROGRESS", 10), ("Describe", GONE, DAY)), Verdict.FAIL),
            ((("Describe", "IN_PROGRESS", 10), ("Describe", "STOPPED", 20)), Verdict.FAIL),
            ((("Describe", "COMPLETED", 10), ("Describe", GONE, 20)), Verdict.FAIL),
            (
                (("Describe", "COMPLETED", 10), ("Describe", GONE, 2 * DAY), ("Describe", "COMPLETED", 3 * DAY)),
                Verdict.FAIL,
            ),
        ],
        ids=["long ended", "may have ended long ago", "ran until yesterday", "never stopped", "too soon", "comes back"],
    )
    def test_an_analysis_job(self, answers: tuple[tuple[str, str, float], ...], verdict: Verdict) -> None:
        """Nobody gives a period: within a day nothing is forgotten, later it cannot be told."""
        found = judged(analysis(STARTED, *answers), ALONE)
        assert found[0] is verdict
        forgotten = [excuse == "jobs are forgotten 1 day after their end" for excuse in found[1]]
        assert forgotten == ([True] if verdict is Verdict.INCONCLUSIVE else [*forgotten[:-1], False])

    def test_runs_are_kept_for_four_hundred_days(self) -> None:
        run = load("devicefarm").lifecycle("run")
        assert run.retention is not None
        assert run.retention.seconds == 400 * DAY

    def test_models_are_not_forgotten(self) -> None:
        assert load("comprehend").lifecycle("training").retention is None


def listing(start: float, *jobs: str, status: str = "STOPPED") -> Call:
    """A complete list of batch jobs of DataArts."""
    items = [
        {"name": name, "jobType": "BATCH", "status": status, "createUser": "u", "createTime": 1_000} for name in jobs
    ]
    reply = {"total": len(items), "jobs": items}
    return Call("dataarts", "ListJobs", "p/w", "c", start, start + 1, {}, 200, None, reply, alone=True)


def dataarts(operation: str, start: float) -> Call:
    """An order to a job of DataArts that was obeyed."""
    node = {"name": "n", "type": "Dummy", "location": {"x": 1, "y": 1}, "properties": []}
    created = {"name": "j", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": [node]}
    request: dict[str, Any] = created if operation == "CreateJob" else {"job_name": "j"}
    return Call("dataarts", operation, "p/w", "c", start, start + 1, request, 204, alone=True)


class TestLists:
    """A list may be as old as its API lets it be; that it is fresh is ours, unless the user says so."""

    LATE = (dataarts("CreateJob", 0), listing(20, "j"), dataarts("DeleteJob", 30), listing(38, "j"), listing(60))

    def test_a_list_that_lags_is_not_blamed(self) -> None:
        report = judge(load("dataarts"), self.LATE)
        assert (report.verdict, report.violations) == (Verdict.PASS, ())
        [first] = report.warnings
        assert (first.rule, first.grade) == ("dataarts/what was done shows at once", Grade.ASSUMED)
        assert first.message.endswith("; possible only if lists may be 10 s old")
        assert str(first.source) == (
            "whether lists may be 10 s old is left open by TF job resources: the first look after an order is 10 s later "
            "[implied]"
        )
        assert first.excuse == "lists may be 10 s old"

    def test_a_list_that_is_fresh_needs_no_excuse(self) -> None:
        assert judge(load("dataarts"), (*self.LATE[:3], listing(60))).verdict is Verdict.PASS

    @pytest.mark.parametrize(("window", "verdict"), [(0.0, Verdict.FAIL), (5.0, Verdict.FAIL), (10.0, Verdict.PASS)])
    def test_whoever_says_how_old_reads_are_is_believed(self, window: float, verdict: Verdict) -> None:
        report = judge(load("dataarts"), self.LATE, Settings(window=window))
        assert (report.verdict, report.warnings) == (verdict, ())

    def test_rejects_a_list_that_is_older(self) -> None:
        assert judge(load("dataarts"), (*self.LATE[:3], listing(42, "j"))).verdict is Verdict.FAIL

    def test_no_other_api_lets_lists_lag(self) -> None:
        assert [name for name in APIS if load(name).list_lag is not None] == ["dataarts"]

    def test_a_late_list_and_a_missing_call_together(self) -> None:
        """A job that somebody else stopped, and then a list from before that."""
        running = listing(20, "j", status="SCHEDULING")
        calls = [
            dataarts("CreateJob", 0),
            dataarts("StartJob", 10),
            running,
            listing(40, "j"),
            listing(42, "j"),
            listing(45, "j", status="SCHEDULING"),
        ]
        calls = [replace(call, alone=False) for call in calls]
        found = judge(load("dataarts"), calls).warnings
        assert [warning.excuse for warning in found] == [
            "1 call is missing from the recording (Stop or Delete)",
            "lists may be 10 s old",
        ]


# ---- the smallest number of missing calls ---------------------------------------------------------------------------


def fewest(automaton: Automaton, moves: Sequence[Course], trace: Sequence[Observation]) -> int | None:
    """The smallest number of moves put between the observations with which all are possible, by trying all."""
    level = {automaton.close(automaton.bit[name]) for name in automaton.names(automaton.initial)}
    costs = {state: 0 for belief in level for state in automaton.names(belief)}
    for seen in trace:
        spread = dict(costs)
        todo = list(costs)
        while todo:
            name = todo.pop()
            for target, price in _ways(automaton, moves, name):
                if spread[name] + price < spread.get(target, 1000):
                    spread[target] = spread[name] + price
                    todo.append(target)
        costs = {}
        for name, cost in spread.items():
            for target in automaton.names(automaton.image(automaton.bit[name], seen)):
                costs[target] = min(cost, costs.get(target, cost))
    return min(costs.values(), default=None)


def _ways(automaton: Automaton, moves: Sequence[Course], name: str) -> list[tuple[str, int]]:
    """Where a state leads unseen, and by one move, with what it costs."""
    state = automaton.bit[name]
    unseen = [(target, 0) for target in automaton.names(automaton.close(state))]
    return unseen + [(target, 1) for move in moves for target in automaton.names(move.images.get(state, 0))]


def lacking(automaton: Automaton, rng: random.Random, length: int) -> list[Event]:
    """A walk of which some orders are left out, and the last observation is any."""
    letters = [seen for seen in automaton.alphabet() if seen.what != UNKNOWN]
    operations = {operation.name: operation.role for operation in automaton.lifecycle.operations}
    belief, events = automaton.initial, list[Event]()
    for number in range(length):
        fitting = [seen for seen in letters if automaton.after(belief, seen)]
        lively = [seen for seen in fitting if automaton.after(belief, seen) & ~automaton.initial]
        seen = rng.choice(lively or fitting) if number < length - 1 else rng.choice(letters)
        belief = automaton.after(belief, seen) or belief
        role = operations[seen.operation]
        if number == length - 1 or not (role in (Role.ORDER, Role.DELETE) and seen.what == OK and rng.random() < 0.8):
            events.append(Event(seen, number, number + 0.5, number, role in (Role.READ, Role.LIST)))
    return events


@pytest.mark.parametrize("named", LIFECYCLES, ids="/".join)
def test_the_number_of_missing_calls_is_the_smallest(named: tuple[str, str]) -> None:
    """Against brute force, on random walks of which orders were left out."""
    automaton = Automaton(load(named[0]).lifecycle(named[1]))
    rng, tally = random.Random("/".join(named)), Counter[int | None]()
    while tally.total() < 200:
        events = lacking(automaton, rng, rng.randint(2, 8))
        if all(step.after for step in steps(automaton, events)):
            continue
        found: Excuses = excuses(automaton, events, outsiders=True)
        number = fewest(automaton, [course for _, course in found.missing], [event.seen for event in events])

        def explains(aid: Aid, events: list[Event] = events) -> bool:
            return all(step.after for step in steps(automaton, events, aid=aid))

        assert explains(found.all()) is (number is not None), [str(event.seen) for event in events]
        if number is not None:
            told = found.told(explains)
            assert told.startswith(f"{number} call"), (told, number, [str(event.seen) for event in events])
        tally[number] += 1
    orders = {operation.role for operation in automaton.lifecycle.operations} & {Role.ORDER, Role.DELETE}
    assert tally[None] > 3 or automaton.lifecycle.ids_return, tally
    assert not orders or tally[1] > 20, tally


def test_several_missing_calls_are_counted_and_two_are_named() -> None:
    version = load("rekognition").lifecycle("version")
    automaton = Automaton(version)

    def told(*states: str) -> str:
        events = [
            Event(Observation("List", PLAIN, OK, version.state(state).shows), n, n + 0.5, n, True)
            for n, state in enumerate(states)
        ]
        found = excuses(automaton, events, outsiders=True)
        return found.told(
            lambda aid: all(s.after for s in steps(automaton, events, initial=automaton.everything, aid=aid))
        )

    assert told("TRAINING_COMPLETED", "RUNNING") == "1 call is missing from the recording (Start)"
    assert told("TRAINING_COMPLETED", "STOPPED") == "2 calls are missing from the recording (Start and Stop)"
    assert told("TRAINING_COMPLETED", "STOPPED", "RUNNING") == "3 calls are missing from the recording"


def test_nothing_excuses_where_there_is_nobody_and_no_time() -> None:
    version = Automaton(load("rekognition").lifecycle("version"))
    assert not excuses(version, [], outsiders=False)
    assert excuses(version, [], outsiders=True)

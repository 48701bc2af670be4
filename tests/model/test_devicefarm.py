"""Device Farm: phases of a stop and what they cost, a run over its jobs, every row in use, each data rule broken once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from haltspec import shapes
from haltspec.apis import load
from haltspec.apis.devicefarm import (
    API,
    DEVICES,
    FOREIGN,
    JOB,
    JOB_ENDS,
    MALFORMED,
    RUN,
    WAITING,
    parse_arn,
    project_of,
    run_of,
)
from haltspec.errors import BadLifecycle, Misuse
from haltspec.lts import ABSENT, PLAIN, Call, Grade, Lifecycle, Transition
from haltspec.machine import JobMachine, Stateful
from haltspec.oracle import Report, Settings, Verdict, judge
from haltspec.reference import Answer, Job, Reference
from haltspec.rules import CallRule, Exchange, HistoryRule, Sight, SightRule, Watcher, Wrong
from haltspec.services.devicefarm import CUSTOMER_TESTS, TESTS
from haltspec.spec import Binding
from haltspec.trace import Call as Recorded
from haltspec.verification.explore import Graph, View, views
from haltspec.verification.progress import breaches
from haltspec.verification.safety import SAFETY

HOME, OTHER = "111122223333/us-west-2", "444455556666/us-west-2"
HEAD = "arn:aws:devicefarm:us-west-2:111122223333"
GUID = "0a1b2c3d-0000-4000-8000-00000000000"
PROJECT = f"{HEAD}:project:{GUID}1"
RUN_ARN, SISTER_RUN = f"{HEAD}:run:{GUID}1/{GUID}2", f"{HEAD}:run:{GUID}1/{GUID}3"
JOB_ARN, SISTER = f"{HEAD}:job:{GUID}1/{GUID}2/00000", f"{HEAD}:job:{GUID}1/{GUID}2/00001"
TEST = {"type": "APPIUM_PYTHON"}
SELECTION: dict[str, Any] = {"filters": []}


@dataclass
class Session:
    """A reference service on a clock that goes on by a minute with each call, and the recording of what it said."""

    readings: Mapping[str, str] = field(default_factory=dict)
    now: float = 1_700_000_000.0
    calls: list[Recorded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reference = Reference(API, clock=lambda: self.now, readings=self.readings)

    def call(self, operation: str, *, tenant: str = HOME, **request: Any) -> Answer:
        """Call the service and record it."""
        self.now += 60
        answer = self.reference.call(operation, request, tenant=tenant)
        reply = json.loads(json.dumps(answer.reply))
        start, end = self.now, self.now + 0.5
        call = Recorded(
            "devicefarm", operation, tenant, "c", start, end, request, answer.status, answer.error, reply, True
        )
        self.calls.append(call)
        return answer

    def on(self, operation: str, arn: str, **more: Any) -> Answer:
        """Call an operation that takes an ARN."""
        return self.call(operation, arn=arn, **more)

    def schedule(self, devices: int = 1, **more: Any) -> str:
        """Schedule a run on some devices and give its ARN."""
        chosen = {"deviceSelectionConfiguration": {**SELECTION, "maxDevices": devices}}
        answer = self.call("ScheduleRun", projectArn=PROJECT, test=TEST, **{**chosen, **more})
        assert answer.reply is not None and answer.error is None
        return str(answer.reply["run"]["arn"])

    def jobs(self, run: str) -> list[Job]:
        """The jobs of a run that are there."""
        return list(self.reference.jobs_of(HOME, "job", "job", run))

    def move(self, job: Job, *events: str) -> None:
        """Let the service move a job, a minute apart."""
        for event in events:
            self.now += 60
            self.reference.fire(job, event)

    def shown(self, arn: str) -> dict[str, Any]:
        """A run or job as a call shows it."""
        member = "run" if run_of(arn) == "" else "job"
        reply = self.on("GetRun" if member == "run" else "GetJob", arn).reply
        assert reply is not None
        return dict(reply[member])

    def judged(self) -> Report:
        """The oracle's judgement of the recording, assumptions of ours included."""
        return judge(API, self.calls, Settings(floor=Grade.ASSUMED))


NATURAL = {"job/result of a stopped job": "natural", "run/result of a stopped run": "natural"}
GATHERED = {**NATURAL, "job/PROCESSING after the tests": "also after"}
TO_PHASE = {"setup": ("begin",), "testing": ("begin", "test"), "teardown": ("begin", "test", "tear_down")}


def status(shown: Mapping[str, Any]) -> str:
    """The two status members as one text."""
    return f"{shown['status']}/{shown['result']}"


def in_state(state: str, readings: Mapping[str, str] | None = None, devices: int = 1) -> tuple[Session, str, Job]:
    """A session with a run whose first job is in `state` (waiting, running, or ended by itself)."""
    session = Session(readings or {})
    run = session.schedule(devices)
    job = session.jobs(run)[0]
    if state in WAITING:
        if state != job.state:
            session.move(job, f"it waits as {state}")
    elif state in TO_PHASE:
        session.move(job, *TO_PHASE[state])
    else:
        session.move(job, *TO_PHASE["teardown"], f"ended: {state}")
    return session, run, job


def ended(session: Session, job: Job) -> dict[str, Any]:
    """The job once it has ended by itself."""
    session.now += 600
    session.reference.settle()
    return session.shown(job.key.id)


class TestDefinition:
    """The data file is whole, and a hole in it is found at once."""

    def test_loads_by_name(self) -> None:
        """`load` gives the API; all eight operations are bound and known to the shapes."""
        assert load("devicefarm") is API
        assert set(API.operations) <= set(shapes.load(API).operations)
        wanted = {"ScheduleRun", "GetRun", "ListRuns", "ListJobs", "GetJob", "StopJob", "StopRun", "DeleteRun"}
        assert set(API.operations) == wanted

    def test_every_ambiguity_of_the_documents_is_listed(self) -> None:
        """A1 to A24 appear, in order."""
        refs = [a.ref for a in API.ambiguities]
        assert [ref for ref in refs if ref[0] == "A" and ref[1:].isdigit()] == [f"A{n}" for n in range(1, 25)]

    def test_every_statement_of_the_page_is_tied(self) -> None:
        """The page's statements are all formalised, but for the texts of exceptions."""
        assert len(API.statements) == 23
        assert [s.number for s in API.statements if s.not_modelled] == [23]

    def test_declared_errors_are_those_of_the_page(self) -> None:
        """Every operation declares the page's four errors, all HTTP 400."""
        for code in ("ArgumentException", "LimitExceededException", "NotFoundException", "ServiceAccountException"):
            error = API.error(code)
            assert error is not None and error.http == (400,)
            assert all(error.declared_by(operation) for operation in API.operations)

    @pytest.mark.parametrize(
        ("lifecycle", "row"),
        [(lc, row) for lc in API.lifecycles for row in lc.transitions if isinstance(row.label, Call) and not row.free],
        ids=lambda value: value.name,
    )
    def test_rejects_a_definition_without_a_row(self, lifecycle: Lifecycle, row: Transition) -> None:
        """Every row that is not one of several free ones covers a cell that nothing else covers."""
        left = tuple(r for r in lifecycle.transitions if r is not row)
        with pytest.raises(BadLifecycle) as caught:
            replace(lifecycle, transitions=left)
        assert any("covered by no row and no open question" in fault for fault in caught.value.faults)

    @pytest.mark.parametrize("state", [s.name for s in JOB.states])
    def test_rejects_a_state_in_which_a_stop_has_no_row(self, state: str) -> None:
        """Without the free rows of a state, its stop is covered by nothing."""
        rows = tuple(
            Transition(r.name, kept, r.label, r.target, r.source, free=r.free)
            for r in JOB.transitions
            if (kept := tuple(s for s in r.states if s != state or getattr(r.label, "operation", "") != "StopRun"))
        )
        with pytest.raises(BadLifecycle, match=f"StopRun in {state} is covered by no row and no open question"):
            replace(JOB, transitions=rows)

    def test_not_billed_is_stated(self) -> None:
        """The rule on billing carries the page's own grade."""
        rule = next(r for r in JOB.rules if r.name == "a job stopped before its tests started is not billed")
        assert rule.source.grade is Grade.STATED

    def test_calls_on_a_run_are_marked(self) -> None:
        """The operations that may succeed without the job are those whose bindings spread from its run."""
        marked = {o.name for lc in API.lifecycles for o in lc.operations if o.on_parent}
        assert marked == {b.role for b in API.bindings if b.spreads}

    @pytest.mark.parametrize(
        ("text", "kind"),
        [(PROJECT, "project"), (RUN_ARN, "run"), (JOB_ARN, "job"), (f"{HEAD}:upload:{GUID}1/{GUID}9", "upload")],
    )
    def test_arns_are_read(self, text: str, kind: str) -> None:
        """The type of an ARN, and the ARNs of what an object lies in."""
        arn = parse_arn(text)
        assert arn is not None and arn.type == kind
        assert (run_of(JOB_ARN), project_of(RUN_ARN)) == (RUN_ARN, PROJECT)

    @pytest.mark.parametrize(
        "text", [None, "", "arn:aws:s3:::x", f"{HEAD}:run/x", f"{HEAD}:run:x", f"{HEAD}:job:a//b", f"{JOB_ARN}/1"]
    )
    def test_rejects_what_is_no_arn(self, text: str | None) -> None:
        """Another service, a slash for a colon, too few and too many parts, an empty part."""
        assert parse_arn(text) is None
        assert run_of(text or "") == project_of(text or "") == ""

    @pytest.mark.parametrize("operation", ["Get", "Stop"])
    def test_the_request_tells_its_class(self, operation: str) -> None:
        """An ARN of another kind and no ARN at all are classes of their own."""
        of = JOB.operation(operation).class_of
        assert [of({"arn": arn}) for arn in (JOB_ARN, RUN_ARN, f"{HEAD}:run/x/1234567890")] == [
            PLAIN,
            FOREIGN,
            MALFORMED,
        ]


class TestLifecycles:
    """Nothing unsafe is possible and what must come comes, under the defaults, every other reading, and all of them."""

    @pytest.mark.parametrize(
        ("lifecycle", "view"), [(lc, v) for lc in API.lifecycles for v in views(lc)], ids=lambda v: v.name
    )
    def test_is_safe_and_goes_on(self, lifecycle: Lifecycle, view: View) -> None:
        """No safety property is broken, and every progress property holds."""
        graph = Graph(lifecycle, view.rows)
        assert [b.message for prop in SAFETY for b in prop.breaches(graph, view)] == []
        assert [b.message for prop in lifecycle.progress for b in breaches(graph, prop)] == []

    @pytest.mark.parametrize("name", ["teardown was completed after the stop", "setup was completed after the stop"])
    def test_rejects_a_stop_that_never_ends(self, name: str) -> None:
        """Without the moves that end setup or teardown, a stop leads nowhere."""
        rows = tuple(r for r in JOB.rows() if r.name != name)
        assert [b for prop in JOB.progress for b in breaches(Graph(JOB, rows), prop)] != []

    def test_two_states_show_what_a_stopped_job_shows(self) -> None:
        """Whether a stopped job had begun cannot be told from its status and result."""
        showing = [s.name for s in JOB.states if s.shows == ("COMPLETED", "STOPPED")]
        assert showing == ["STOPPED", "STOPPED_UNSTARTED"]


class TestStopOfAJob:
    """The page: what StopJob does, by the phase of the device, and what is billed."""

    @pytest.mark.parametrize("state", WAITING)
    def test_a_waiting_job_is_stopped_at_once_and_not_billed(self, state: str) -> None:
        """The reply shows the end; nothing ran, nothing is metered, there is no start."""
        session, _, job = in_state(state)
        reply = session.on("StopJob", job.key.id).reply
        assert reply is not None
        shown = reply["job"]
        assert status(shown) == "COMPLETED/STOPPED"
        assert "started" not in shown and shown["stopped"] == session.now
        assert shown["deviceMinutes"] == {"total": 0.0, "metered": 0.0, "unmetered": 0.0}
        assert set(shown["counters"].values()) == {0}
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("phase", "passed", "stopped"),
        [("setup", 2, CUSTOMER_TESTS), ("testing", 2, CUSTOMER_TESTS), ("teardown", TESTS, 0)],
    )
    def test_a_running_job_finishes_setup_and_teardown(self, phase: str, passed: int, stopped: int) -> None:
        """The reply shows STOPPING; setup and teardown are run and billed, no further test is."""
        session, _, job = in_state(phase)
        reply = session.on("StopJob", job.key.id).reply
        assert reply is not None and status(reply["job"]) == "STOPPING/PENDING"
        assert "stopped" not in reply["job"]
        before = reply["job"]["deviceMinutes"]["metered"]
        shown = ended(session, job)
        assert status(shown) == "COMPLETED/STOPPED"
        assert (shown["counters"]["passed"], shown["counters"]["stopped"]) == (passed, stopped)
        assert shown["counters"]["total"] == TESTS
        assert shown["deviceMinutes"]["metered"] == shown["deviceMinutes"]["total"] > before
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("phase", ["setup", "testing"])
    def test_teardown_comes_before_the_end(self, phase: str) -> None:
        """A stopped job that had begun passes its teardown."""
        session, _, job = in_state(phase)
        session.on("StopJob", job.key.id)
        assert [row.target for row in session.reference.enabled(job)] == ["stopping_teardown"]

    @pytest.mark.parametrize(
        ("question", "reading", "counters"),
        [
            ("test in progress at a stop", "runs to its end", {"total": 4, "passed": 3, "stopped": 1, "skipped": 0}),
            ("tests that never began after a stop", "skipped", {"total": 4, "passed": 2, "stopped": 1, "skipped": 1}),
            (
                "tests that never began after a stop",
                "not counted",
                {"total": 3, "passed": 2, "stopped": 1, "skipped": 0},
            ),
        ],
    )
    def test_readings_choose_how_tests_are_counted(self, question: str, reading: str, counters: dict[str, int]) -> None:
        """The cut-off test and those that never began are counted as the reading says."""
        session, _, job = in_state("testing", {question: reading})
        session.on("StopJob", job.key.id)
        shown = ended(session, job)
        assert {name: shown["counters"][name] for name in counters} == counters
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("state", "question", "reading", "wanted"),
        [
            ("PENDING", "status in the reply to a stop", "before", "PENDING/PENDING"),
            ("PENDING", "status in the reply to a stop", "asynchronous", "STOPPING/PENDING"),
            ("testing", "status in the reply to a stop", "before", "RUNNING/PENDING"),
            ("testing", "status in the reply to a stop", "asynchronous", "STOPPING/PENDING"),
            ("setup", "when tests have started", "with the first customer test", "COMPLETED/STOPPED"),
            ("PREPARING", "stop while the device is made ready", "yes", "STOPPING/PENDING"),
        ],
    )
    def test_readings_choose_the_reply(self, state: str, question: str, reading: str, wanted: str) -> None:
        """The moment of the object in the reply, and what counts as a start, are open."""
        session, _, job = in_state(state, {question: reading})
        session.shown(job.key.id)
        reply = session.on("StopJob", job.key.id).reply
        assert reply is not None and status(reply["job"]) == wanted
        assert status(ended(session, job)) == "COMPLETED/STOPPED"
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("state", ["testing", "PASSED"])
    @pytest.mark.parametrize("reading", ["accepted", "refused"])
    def test_a_stop_of_what_stops_or_has_ended(self, state: str, reading: str) -> None:
        """Answered with the object as it is, or refused; it changes nothing."""
        session, _, job = in_state(state, {f"job/{q}": reading for q in ("stop while STOPPING", "stop after the end")})
        if state == "testing":
            session.on("StopJob", job.key.id)
        before = session.shown(job.key.id)
        answer = session.on("StopJob", job.key.id)
        assert answer.error == (None if reading == "accepted" else "ArgumentException")
        assert status(session.shown(job.key.id)) == status(before)
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("result", ["PASSED", "FAILED", "ERRORED"])
    def test_a_stop_during_teardown_may_come_too_late(self, result: str) -> None:
        """Under the reading 'natural' the result is that of the tests, and the counters say why."""
        session, _, job = in_state("teardown", NATURAL)
        session.on("StopJob", job.key.id)
        session.move(job, f"stopped too late: {result}")
        shown = session.shown(job.key.id)
        assert status(shown) == f"COMPLETED/{result}" and shown["counters"][result.lower()] > 0
        assert session.judged().verdict is Verdict.PASS

    def test_a_run_stopped_while_results_are_gathered_ends_as_its_jobs_do(self) -> None:
        """Under the reading 'natural' that may be SKIPPED: the stop found nothing that it could end."""
        session, run, job = in_state("teardown", GATHERED)
        session.move(job, "gather")
        session.on("StopRun", run)
        assert session.shown(run)["status"] == "STOPPING"
        session.move(job, "gathered: SKIPPED")
        assert status(session.shown(run)) == "COMPLETED/SKIPPED"
        assert session.judged().verdict is Verdict.PASS

    def test_the_other_jobs_of_the_run_go_on(self) -> None:
        """StopJob is about one device; the run goes on with the other."""
        session, run, job = in_state("testing", devices=2)
        other = session.jobs(run)[1]
        session.move(other, "begin")
        session.on("StopJob", job.key.id)
        assert (job.state, other.state) == ("stopping_tests", "setup")
        assert status(session.shown(run)) == "RUNNING/PENDING"
        session.on("ListJobs", run)
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("result", ["ERRORED", "FAILED", "STOPPED"])
    def test_a_timeout_ends_a_job_by_force(self, result: str) -> None:
        """The test in progress has the result of the reading, the next ones never began."""
        session, _, job = in_state("testing", {"job/result after a timeout": result})
        session.move(job, "timeout")
        shown = session.shown(job.key.id)
        assert status(shown) == f"COMPLETED/{result}"
        assert shown["stopped"] - shown["started"] == 150 * 60
        assert shown["deviceMinutes"]["total"] == 150
        assert session.judged().verdict is Verdict.PASS
        assert shown["counters"]["passed"] == 1 and sum(shown["counters"].values()) == 2 * TESTS

    def test_unmetered_minutes_are_not_metered(self) -> None:
        """A run on the account's own slots has unmetered minutes only."""
        session = Session()
        run = session.schedule(configuration={"billingMethod": "UNMETERED"})
        session.move(session.jobs(run)[0], *TO_PHASE["testing"])
        minutes = session.shown(run)["deviceMinutes"]
        assert minutes["metered"] == 0.0 and minutes["unmetered"] > 0
        assert session.judged().verdict is Verdict.PASS


class TestRun:
    """A run follows its jobs, and a stop or deletion of it is one of each of them."""

    def test_begins_with_its_first_job_and_ends_with_its_last(self) -> None:
        """RUNNING from the first begin, COMPLETED with the worst result once both have ended."""
        session, run, first = in_state("setup", devices=2)
        second = session.jobs(run)[1]
        seen = [status(session.shown(run))]
        session.move(first, "test", "tear_down", "pass")
        seen.append(status(session.shown(run)))
        session.move(second, "begin", "test", "tear_down", "fail")
        shown = session.shown(run)
        assert [*seen, status(shown)] == ["RUNNING/PENDING", "RUNNING/PENDING", "COMPLETED/FAILED"]
        assert (shown["totalJobs"], shown["completedJobs"]) == (2, 2)
        assert shown["counters"] == {
            "total": 8,
            "passed": 7,
            "failed": 1,
            "warned": 0,
            "errored": 0,
            "stopped": 0,
            "skipped": 0,
        }
        jobs = [session.shown(job.key.id) for job in (first, second)]
        assert shown["started"] == min(job["started"] for job in jobs)
        assert shown["stopped"] == max(job["stopped"] for job in jobs)
        assert shown["deviceMinutes"]["total"] == sum(job["deviceMinutes"]["total"] for job in jobs)
        assert session.judged().verdict is Verdict.PASS

    def test_a_new_run_has_nothing_executed(self) -> None:
        """Counters and minutes of a new run are there and are all zero."""
        session = Session()
        shown = session.shown(session.schedule(2, name="nightly"))
        assert set(shown["counters"].values()) == {0} and set(shown["deviceMinutes"].values()) == {0.0}
        assert (shown["name"], shown["type"], shown["billingMethod"]) == ("nightly", "APPIUM_PYTHON", "METERED")
        assert not {"started", "stopped", "resultCode"} & set(shown)

    def test_a_run_that_is_skipped_says_why(self) -> None:
        """Skipped before any job began, it has a resultCode."""
        session, run, job = in_state("SCHEDULING")
        session.move(job, "skip")
        shown = session.shown(run)
        assert status(shown) == "COMPLETED/SKIPPED" and shown["resultCode"] == "PARSING_FAILED"
        assert session.judged().verdict is Verdict.PASS

    def test_a_pool_has_two_devices_and_a_selection_at_most_all(self) -> None:
        """The number of jobs follows from the choice of devices; their ids have five digits."""
        session = Session()
        answer = session.call(
            "ScheduleRun", projectArn=PROJECT, test=TEST, devicePoolArn=f"{HEAD}:devicepool:{GUID}1/{GUID}5"
        )
        assert answer.reply is not None
        run = answer.reply["run"]["arn"]
        assert [job.key.id.rpartition("/")[2] for job in session.jobs(run)] == ["00000", "00001"]
        assert all(run_of(job.key.id) == run for job in session.jobs(run))
        assert len(session.jobs(session.schedule(3))) == 3
        assert len(session.jobs(session.schedule(1_000_000))) == 5

    def test_a_stop_of_a_waiting_run_ends_it_at_once(self) -> None:
        """No job has begun: all are stopped, none is billed, and the reply shows the end."""
        session, run, _ = in_state("PENDING", devices=2)
        reply = session.on("StopRun", run).reply
        assert reply is not None
        shown = reply["run"]
        assert status(shown) == "COMPLETED/STOPPED" and shown["completedJobs"] == 2
        assert shown["deviceMinutes"]["metered"] == 0.0
        assert {job.state for job in session.jobs(run)} == {"STOPPED_UNSTARTED"}
        assert session.judged().verdict is Verdict.PASS

    def test_a_stop_of_a_running_run_is_a_stop_of_each_job(self) -> None:
        """Those that wait end at once, those that run finish setup and teardown, then the run ends."""
        session, run, first = in_state("testing", devices=3)
        second, third = session.jobs(run)[1:]
        session.move(second, "begin")
        reply = session.on("StopRun", run).reply
        assert reply is not None and status(reply["run"]) == "STOPPING/PENDING"
        assert [job.state for job in (first, second, third)] == [
            "stopping_tests",
            "stopping_setup",
            "STOPPED_UNSTARTED",
        ]
        session.on("ListJobs", run)
        session.reference.settle()
        assert status(session.shown(run)) == "COMPLETED/STOPPED"
        session.on("ListJobs", run)
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("readings", "wanted"),
        [
            ({}, "COMPLETED/FAILED"),
            ({"run/result of a stopped run": "always STOPPED"}, "COMPLETED/STOPPED"),
            ({"run/result of a stopped run": "natural"}, "COMPLETED/FAILED"),
            ({"result of a run from its jobs": "STOPPED over ERRORED over FAILED"}, "COMPLETED/STOPPED"),
        ],
    )
    def test_a_failed_job_and_a_stopped_one(self, readings: Mapping[str, str], wanted: str) -> None:
        """One job has failed, the other waits: the stop ends the run at once, with the result of the reading."""
        session, run, _ = in_state("FAILED", readings, devices=2)
        reply = session.on("StopRun", run).reply
        assert reply is not None and status(reply["run"]) == wanted
        assert status(session.shown(run)) == wanted
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("reading", "after_one", "after_both"),
        [
            ("when no job goes on", "RUNNING", "STOPPING"),
            ("with its first job", "STOPPING", "STOPPING"),
            ("by StopRun only", "RUNNING", "RUNNING"),
        ],
    )
    def test_stops_of_its_jobs_may_show_in_the_run(self, reading: str, after_one: str, after_both: str) -> None:
        """Whether a run shows STOPPING without StopRun is open; it ends with its last job in any case."""
        session, run, first = in_state("testing", {"run/run STOPPING by stops of its jobs": reading}, devices=2)
        second = session.jobs(run)[1]
        session.move(second, "begin")
        seen = []
        for job in (first, second):
            session.on("StopJob", job.key.id)
            seen.append(session.shown(run)["status"])
        assert seen == [after_one, after_both]
        session.reference.settle()
        assert status(session.shown(run)) == "COMPLETED/STOPPED"
        assert session.judged().verdict is Verdict.PASS

    def test_jobs_stopped_one_by_one_end_a_run_that_never_began(self) -> None:
        """The last stop ends it, without RUNNING in between."""
        session, run, _ = in_state("PENDING", devices=2)
        for job in session.jobs(run):
            session.on("StopJob", job.key.id)
        shown = session.shown(run)
        assert status(shown) == "COMPLETED/STOPPED" and "started" not in shown
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("reading", "gone"), [("ArgumentException", False), ("CannotDeleteException", False), ("deleted", True)]
    )
    @pytest.mark.parametrize("state", ["PENDING", "testing"])
    def test_deletion_of_an_active_run(self, reading: str, gone: bool, state: str) -> None:
        """Refused, or the record and those of its jobs are gone."""
        session, run, job = in_state(state, {"run/deletion of an active run": reading})
        answer = session.on("DeleteRun", run)
        assert answer.error == (None if gone else reading)
        assert session.on("GetRun", run).error == ("NotFoundException" if gone else None)
        assert session.on("GetJob", job.key.id).error == ("NotFoundException" if gone else None)
        assert session.judged().verdict is Verdict.PASS

    def test_a_deleted_run_is_gone_with_its_jobs(self) -> None:
        """After DeleteRun of a COMPLETED run every call about it answers NotFoundException."""
        session, run, job = in_state("PASSED")
        answer = session.on("DeleteRun", run)
        assert (answer.status, answer.reply) == (200, {})
        gone = [
            ("GetRun", run),
            ("ListJobs", run),
            ("StopRun", run),
            ("DeleteRun", run),
            ("GetJob", job.key.id),
            ("StopJob", job.key.id),
        ]
        assert {session.on(operation, arn).error for operation, arn in gone} == {"NotFoundException"}
        assert session.on("ListRuns", PROJECT).reply == {"runs": []}
        assert session.judged().verdict is Verdict.PASS


class TestRequests:
    """What is refused, and with which error."""

    @pytest.mark.parametrize(
        ("operation", "arn", "error"),
        [
            ("StopJob", RUN_ARN, "ArgumentException"),
            ("StopJob", JOB_ARN, "NotFoundException"),
            ("StopJob", f"{HEAD}:job/{GUID}1", "ValidationException"),
            ("StopJob", "arn:aws:devicefarm", "ValidationException"),
            ("GetJob", RUN_ARN, "ArgumentException"),
            ("GetRun", JOB_ARN, "ArgumentException"),
            ("StopRun", JOB_ARN, "ArgumentException"),
            ("DeleteRun", PROJECT, "ArgumentException"),
            ("ListJobs", PROJECT, "ArgumentException"),
            ("ListJobs", RUN_ARN, "NotFoundException"),
            ("ListRuns", RUN_ARN, "ArgumentException"),
            ("ListRuns", f"{HEAD}:project/{GUID}1", "ValidationException"),
            ("ListRuns", PROJECT.replace("111122223333", "444455556666"), "NotFoundException"),
        ],
    )
    def test_rejects_arns_that_do_not_fit(self, operation: str, arn: str, error: str) -> None:
        """Another kind, nobody's, no ARN at all, a breach of the shape; each HTTP 400 with a message."""
        session = Session()
        answer = session.on(operation, arn)
        assert (answer.error, answer.status) == (error, 400)
        assert answer.reply is not None and answer.reply["__type"] == error and answer.reply["message"]
        assert session.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("question", "operation", "arn", "reading"),
        [
            ("error for a malformed request", "StopJob", "arn", "ArgumentException"),
            ("job/Stop with an ARN of another kind", "StopJob", RUN_ARN, "NotFoundException"),
            ("job/Stop with a malformed ARN", "StopJob", f"{HEAD}:job/{GUID}1", "ArgumentException"),
            ("ListRuns with an ARN of another kind", "ListRuns", RUN_ARN, "NotFoundException"),
            ("ListRuns with an ARN of another kind", "ListRuns", RUN_ARN, "empty list"),
        ],
    )
    def test_readings_choose_the_error(self, question: str, operation: str, arn: str, reading: str) -> None:
        """Where the documents are silent the chosen reading answers."""
        answer = Session({question: reading}).on(operation, arn)
        assert answer.error == (None if reading == "empty list" else reading)

    @pytest.mark.parametrize(
        ("members", "error"),
        [
            ({"projectArn": PROJECT.replace("111122223333", "444455556666")}, "ArgumentException"),
            ({"projectArn": RUN_ARN}, "ArgumentException"),
            ({"projectArn": f"{HEAD}:project/{GUID}1"}, "ValidationException"),
            ({"appArn": RUN_ARN}, "ArgumentException"),
            ({"devicePoolArn": f"{HEAD}:devicepool:{GUID}1/{GUID}5"}, "ArgumentException"),
            ({"deviceSelectionConfiguration": {**SELECTION, "maxDevices": 0}}, "ArgumentException"),
            ({"test": {"type": "CALABASH"}}, "ValidationException"),
            ({"test": {}}, "ValidationException"),
        ],
    )
    def test_rejects_runs_that_do_not_fit(self, members: Mapping[str, Any], error: str) -> None:
        """Projects, packages and choices of devices that are none; types that were removed."""
        session = Session()
        valid = {"projectArn": PROJECT, "test": TEST, "deviceSelectionConfiguration": {**SELECTION, "maxDevices": 1}}
        assert session.call("ScheduleRun", **{**valid, **members}).error == error
        assert session.reference.jobs() == []
        assert session.judged().verdict is Verdict.PASS

    def test_a_run_needs_one_choice_of_devices(self) -> None:
        """Both or neither is a request class of its own, with an open question."""
        assert RUN.operation("Schedule").class_of({"projectArn": PROJECT}) == DEVICES
        reading = {"run/Schedule with no single choice of devices": "accepted"}
        assert Session().call("ScheduleRun", projectArn=PROJECT, test=TEST).error == "ArgumentException"
        session = Session(reading)
        assert session.call("ScheduleRun", projectArn=PROJECT, test=TEST).error is None
        assert session.judged().verdict is Verdict.PASS

    def test_a_name_may_be_used_again(self) -> None:
        """IdempotencyException is a reading only; it makes no second run."""
        session = Session()
        assert session.schedule(name="a") != session.schedule(name="a")
        session = Session({"name used before": "IdempotencyException"})
        session.schedule(name="a")
        one: dict[str, Any] = {"deviceSelectionConfiguration": {**SELECTION, "maxDevices": 1}}
        answer = session.call("ScheduleRun", projectArn=PROJECT, test=TEST, name="a", **one)
        assert answer.error == "IdempotencyException"
        assert session.judged().verdict is Verdict.PASS

    def test_rejects_a_reading_that_changes_nothing(self) -> None:
        """Questions the reference model has no choice for keep their default."""
        with pytest.raises(Misuse, match="has no choice for 'retention'"):
            Session({"retention": "400 days"})


class TestLists:
    """Lists show what lies in the run or project asked for, page by page."""

    def test_pages_are_joined_by_a_token(self) -> None:
        """A second page begins where the first ended; a token of our own making is refused."""
        session = Session()
        runs = [session.schedule() for _ in range(101)]
        first = session.on("ListRuns", PROJECT).reply
        assert first is not None
        second = session.on("ListRuns", PROJECT, nextToken=first["nextToken"]).reply
        assert second is not None and "nextToken" not in second
        assert [run["arn"] for run in (*first["runs"], *second["runs"])] == runs
        assert session.on("ListRuns", PROJECT, nextToken="nonsense").error == "ArgumentException"

    def test_the_order_may_be_turned_round(self) -> None:
        """The newest first, if the reading says so."""
        session = Session({"order of a list": "newest first"})
        runs = [session.schedule() for _ in range(3)]
        reply = session.on("ListRuns", PROJECT).reply
        assert reply is not None and [run["arn"] for run in reply["runs"]] == runs[::-1]

    def test_jobs_are_those_of_the_run(self) -> None:
        """Each run lists its own jobs only, each project its own runs."""
        session = Session()
        runs = [session.schedule(devices) for devices in (1, 2)]
        for run, count in zip(runs, (1, 2), strict=True):
            reply = session.on("ListJobs", run).reply
            assert reply is not None and [run_of(job["arn"]) for job in reply["jobs"]] == [run] * count
        assert session.on("ListRuns", f"{HEAD}:project:{GUID}8").reply == {"runs": []}
        assert session.judged().verdict is Verdict.PASS

    def test_tenants_do_not_see_each_other(self) -> None:
        """A run and its jobs are unknown to another account."""
        session, run, job = in_state("testing")
        for operation, arn in (
            ("GetRun", run),
            ("StopRun", run),
            ("DeleteRun", run),
            ("GetJob", job.key.id),
            ("StopJob", job.key.id),
        ):
            assert session.call(operation, tenant=OTHER, arn=arn).error == "NotFoundException"
        assert job.state == "testing"
        assert session.judged().verdict is Verdict.PASS


# ---- every row in the reference service -----------------------------------------------------------------------------

ANSWERED_OTHERWISE = {
    ("job", "a refused stop of the run leaves it"): "a refused call on the run reaches no job",
    ("job", "a refused deletion of the run leaves it"): "a refused call on the run reaches no job",
    ("job", "a stop of the run makes no job"): "jobs that are not there are not asked",
    ("job", "a deletion of the run finds no such job"): "jobs that are not there are not asked",
    ("job", "listed"): "a list looks at its row and takes none",
    ("job", "not listed while it does not exist"): "a list looks at its row and takes none",
    ("run", "listed"): "a list looks at its row and takes none",
    ("run", "not listed while it does not exist"): "a list looks at its row and takes none",
    ("run", "not scheduled: something it names is unknown"): "the service refuses before a row is sought",
    ("run", "not scheduled: something it names does not fit"): "the service refuses before a row is sought",
}
"""Rows that the reference service answers without taking them, each with the reason."""


CALLS_ON = {"job": ("GetJob", "StopJob"), "run": ("GetRun", "StopRun", "DeleteRun", "ListJobs")}


class Script:
    """Takes free rows by number, and counts up through all choices there are."""

    def __init__(self) -> None:
        self.digits: list[int] = []
        self.made: list[tuple[int, int]] = []

    def __call__(self, rows: tuple[Transition, ...]) -> Transition:
        place = len(self.made)
        digit = self.digits[place] if place < len(self.digits) else 0
        self.made.append((digit, len(rows)))
        return rows[digit]

    def goes_on(self) -> bool:
        """Set the next choices; False after the last."""
        while self.made and self.made[-1][0] + 1 == self.made[-1][1]:
            self.made.pop()
        self.digits = [digit for digit, _ in self.made]
        self.made = []
        if self.digits:
            self.digits[-1] += 1
        return bool(self.digits)


@contextmanager
def rows_taken() -> Iterator[set[tuple[str, str]]]:
    """Collects (lifecycle, row) of every row that a machine takes meanwhile."""
    taken: set[tuple[str, str]] = set()
    fire = JobMachine.fire

    def noting(self: JobMachine, job: Stateful, row: Transition) -> None:
        fire(self, job, row)
        taken.add((self.lifecycle.name, row.name))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JobMachine, "fire", noting)
        yield taken


def asks(world: Reference) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every call on what is there; in an empty world on what is not, of either kind, and on what is no ARN."""
    there = [(job.key.lifecycle, job.key.id) for job in world.jobs(HOME)]
    unknown = [(kind, arn) for kind in CALLS_ON for arn in (JOB_ARN, RUN_ARN, f"{HEAD}:job/{GUID}1")]
    for kind, arn in there or unknown:
        for operation in CALLS_ON[kind]:
            yield operation, {"arn": arn}


def creations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Runs of every request class."""
    chosen = {"deviceSelectionConfiguration": {**SELECTION, "maxDevices": 1}}
    for project in (PROJECT, RUN_ARN, f"{HEAD}:project/{GUID}1"):
        yield "ScheduleRun", {"projectArn": project, "test": TEST, **chosen}
    yield "ScheduleRun", {"projectArn": PROJECT, "test": TEST}


def explore(readings: Mapping[str, str]) -> None:
    """Go through every world of one run on one device: every call with every choice, every move."""
    empty = Reference(API, clock=lambda: 1_700_000_000.0, readings=readings)
    todo, known = [empty], {empty.fingerprint()}
    while todo:
        world = todo.pop()
        for operation, request in (*asks(world), *(() if world.jobs() else creations())):
            script, more = Script(), True
            while more:
                copy = world.fork()
                copy.choose = script
                copy.call(operation, request, tenant=HOME)
                reach(copy, todo, known)
                more = script.goes_on()
        for place, job in enumerate(world.jobs()):
            for row in world.enabled(job):
                copy = world.fork()
                copy.fire(copy.jobs()[place], row)
                reach(copy, todo, known)


def reach(world: Reference, todo: list[Reference], known: set[Any]) -> None:
    """Note a world that is new."""
    if world.fingerprint() not in known:
        known.add(world.fingerprint())
        todo.append(world)


def choices() -> Iterator[dict[str, str]]:
    """The defaults, and for every lifecycle question each other reading; the same for runs and jobs where both ask."""
    yield {}
    readings: dict[str, set[str]] = {}
    for lifecycle in API.lifecycles:
        for question in lifecycle.questions:
            readings.setdefault(question.name, set()).update(
                r.name for r in question.readings if r.name != question.default
            )
    for number in range(max(map(len, readings.values()))):
        yield {
            f"{lc.name}/{q.name}": name
            for lc in API.lifecycles
            for q in lc.questions
            if (name := dict(enumerate(sorted(readings[q.name]))).get(number)) in {r.name for r in q.readings}
        }


class TestReference:
    """The reference service takes every row, and whatever it says is possible."""

    def test_takes_every_row(self) -> None:
        """Over all readings, one run on one device and a few runs on two take every row but those answered otherwise."""
        with rows_taken() as taken:
            for readings in choices():
                explore(readings)
            session = Session({"run/status of a run in progress": "waits as well"})
            run = session.schedule(2)
            session.move(session.jobs(run)[0], "begin", "test")
            assert session.shown(run)["status"] == "PENDING"
            for event in ("pass", "fail", "err"):
                session = Session()
                run = session.schedule(2)
                session.move(session.jobs(run)[0], *TO_PHASE["teardown"], event)
                session.on("StopRun", run)
            for result in ("PASSED", "WARNED"):
                session, run, job = in_state("teardown", NATURAL)
                session.on("StopRun", run)
                session.move(job, f"stopped too late: {result}")
            session, run, job = in_state("teardown", GATHERED)
            session.move(job, "gather")
            session.on("StopRun", run)
            session.move(job, "gathered: SKIPPED")
            for event in ("fail", "err"):
                session = Session()
                run = session.schedule(2)
                first, second = session.jobs(run)
                session.move(first, *TO_PHASE["teardown"], event)
                session.move(second, "begin")
                session.on("StopRun", run)
                session.reference.settle()
        every = {(lc.name, row.name) for lc in API.lifecycles for row in lc.all_rows()}
        assert every - taken == set(ANSWERED_OTHERWISE)

    @pytest.mark.parametrize("seed", range(12))
    def test_whatever_it_says_is_possible(self, seed: int) -> None:
        """Random calls and moves on two tenants, judged with every assumption of ours held against them."""
        rng = Random(seed)
        session = Session()
        session.reference.choose = lambda rows: rng.choice(rows)
        for _ in range(60):
            wander(session, rng)
        report = session.judged()
        assert [v.message for v in report.violations] == []
        assert report.constrained_share > 0.4


def wander(session: Session, rng: Random) -> None:
    """One random step: a move of the service, a new run, or a call on something that is there."""
    dice = rng.random()
    there = session.reference.jobs(HOME)
    session.now += rng.choice((0, 1, 90))
    if dice < 0.4:
        session.reference.stir(rng)
    elif dice < 0.5 or not there:
        session.schedule(rng.randint(1, 3))
    else:
        operation = rng.choice(("GetRun", "ListRuns", "ListJobs", "GetJob", "StopJob", "StopRun", "DeleteRun"))
        arn = PROJECT if operation == "ListRuns" else rng.choice(there).key.id
        session.call(
            operation, tenant=rng.choice((HOME, HOME, HOME, OTHER)) if operation != "ListRuns" else HOME, arn=arn
        )


# ---- recordings that are impossible ---------------------------------------------------------------------------------


def recorded(
    operation: str, request: Mapping[str, Any], at: float, reply: Any = None, error: str | None = None
) -> Recorded:
    """A call of a recording that others may have had a hand in before it began."""
    code = 200 if error is None else 400
    body = reply if error is None else {"__type": error, "message": "no"}
    return Recorded("devicefarm", operation, HOME, "c", at, at + 0.5, request, code, error, body)


def a_job(shown: str, arn: str = JOB_ARN, **members: Any) -> dict[str, Any]:
    """A job that shows STATUS/RESULT."""
    state, result = shown.split("/")
    base: dict[str, Any] = {"arn": arn, "created": 100.0, "status": state, "result": result}
    if state in ("RUNNING", "STOPPING"):
        base["started"] = 200.0
    if state == "COMPLETED":
        base["stopped"] = 300.0
    return {**base, **members}


def seen(operation: str, shown: str, at: float, arn: str = JOB_ARN, **members: Any) -> Recorded:
    """A call that shows a job or run."""
    member = "job" if arn in (JOB_ARN, SISTER) else "run"
    return recorded(operation, {"arn": arn}, at, {member: a_job(shown, arn, **members)})


def scheduled(at: float = 0) -> Recorded:
    """The creation of the run."""
    request = {"projectArn": PROJECT, "test": TEST, "deviceSelectionConfiguration": {**SELECTION, "maxDevices": 1}}
    return recorded("ScheduleRun", request, at, {"run": a_job("SCHEDULING/PENDING", RUN_ARN)})


IMPOSSIBLE = {
    "the job runs on after its stop": (
        [seen("StopJob", "COMPLETED/STOPPED", 1), seen("GetJob", "RUNNING/PENDING", 2)],
        "job/RUNNING/PENDING does not follow what came before",
    ),
    "a stop is undone": (
        [
            seen("GetJob", "RUNNING/PENDING", 1),
            seen("StopJob", "STOPPING/PENDING", 2),
            seen("GetJob", "RUNNING/PENDING", 3),
        ],
        "job/RUNNING/PENDING does not follow what came before",
    ),
    "a result before the end": ([seen("GetJob", "RUNNING/PASSED", 1)], "job/"),
    "an end without a result": ([seen("GetRun", "COMPLETED/PENDING", 1, RUN_ARN)], "run/"),
    "a finished job begins again": (
        [seen("GetJob", "COMPLETED/PASSED", 1), seen("GetJob", "RUNNING/PENDING", 2)],
        "job/nothing leaves PASSED",
    ),
    "a result changes": (
        [seen("GetRun", "COMPLETED/PASSED", 1, RUN_ARN), seen("GetRun", "COMPLETED/FAILED", 2, RUN_ARN)],
        "run/nothing leaves PASSED",
    ),
    "a deleted run is shown": (
        [
            scheduled(),
            recorded("DeleteRun", {"arn": RUN_ARN}, 2, {}),
            seen("GetRun", "COMPLETED/PASSED", 3, RUN_ARN),
        ],
        "a deleted run is gone",
    ),
    "a finished run is not deleted": (
        [
            seen("GetRun", "COMPLETED/PASSED", 1, RUN_ARN),
            recorded("DeleteRun", {"arn": RUN_ARN}, 2, error="ArgumentException"),
        ],
        "run/deleted",
    ),
    "its jobs are listed after its deletion": (
        [
            seen("GetRun", "COMPLETED/PASSED", 1, RUN_ARN),
            recorded("DeleteRun", {"arn": RUN_ARN}, 2, {}),
            recorded("ListJobs", {"arn": RUN_ARN}, 3, {"jobs": [a_job("COMPLETED/PASSED")]}),
        ],
        "a deleted run is gone",
    ),
    "a run's ARN stops a job": (
        [recorded("StopJob", {"arn": RUN_ARN}, 1, {"job": a_job("COMPLETED/STOPPED", RUN_ARN)})],
        "job/",
    ),
    "an unknown status": ([seen("GetJob", "STOPPED/STOPPED", 1)], "replies have the documented types"),
    "not found is 404": (
        [replace(recorded("StopJob", {"arn": JOB_ARN}, 1, error="NotFoundException"), status=404)],
        "errors have their documented HTTP status",
    ),
}
"""What cannot have been, each with the beginning of the rule that says so."""

UNLESS_OTHERS_CALLED = {
    "a job stops though its run was not stopped": (
        [
            seen("GetRun", "RUNNING/PENDING", 1, RUN_ARN),
            seen("GetJob", "RUNNING/PENDING", 2),
            seen("GetJob", "STOPPING/PENDING", 3),
        ],
        "job/",
        "Stop or StopRun",
    ),
    "a run that is there is not found": (
        [
            seen("GetRun", "RUNNING/PENDING", 1, RUN_ARN),
            recorded("GetRun", {"arn": RUN_ARN}, 2, error="NotFoundException"),
        ],
        "run/described",
        "Delete",
    ),
    "a job leaves the list of its run": (
        [
            recorded("ListJobs", {"arn": RUN_ARN}, 1, {"jobs": [a_job("PENDING/PENDING")]}),
            recorded("ListJobs", {"arn": RUN_ARN}, 2, {"jobs": []}),
        ],
        "job/listed",
        "DeleteRun",
    ),
}
"""What cannot have been if the recording holds every call: the beginning of the rule, and what else explains it."""


class TestOracle:
    """Recordings of services that do otherwise."""

    @pytest.mark.parametrize("name", IMPOSSIBLE)
    def test_rejects(self, name: str) -> None:
        """The recording is impossible by the documents and what follows from them."""
        calls, rule = IMPOSSIBLE[name]
        report = judge(API, calls)
        assert report.verdict is Verdict.FAIL
        assert any(v.rule.removeprefix("devicefarm/").startswith(rule) for v in report.violations)

    @pytest.mark.parametrize(
        "calls",
        [
            [
                seen("GetJob", "PENDING/PENDING", 1),
                seen("StopJob", "STOPPING/PENDING", 2),
                seen("GetJob", "COMPLETED/STOPPED", 3),
            ],
            [
                seen("GetJob", "RUNNING/PENDING", 1),
                seen("StopJob", "RUNNING/PENDING", 2),
                seen("GetJob", "STOPPING/PENDING", 3),
            ],
            [
                seen("GetJob", "RUNNING/PENDING", 1),
                seen("StopJob", "STOPPING/STOPPED", 2),
                seen("GetJob", "COMPLETED/STOPPED", 3),
            ],
            [
                seen("GetJob", "RUNNING/PENDING", 1),
                seen("GetJob", "PROCESSING/PENDING", 2),
                seen("GetJob", "COMPLETED/PASSED", 3),
            ],
            [seen("GetJob", "PREPARING/PENDING", 1), seen("GetJob", "SCHEDULING/PENDING", 2)],
            [
                seen("GetJob", "RUNNING/PENDING", 1),
                seen("StopRun", "STOPPING/PENDING", 2, RUN_ARN),
                seen("GetJob", "STOPPING/PENDING", 3),
            ],
            [
                seen("GetRun", "RUNNING/PENDING", 1, RUN_ARN),
                recorded("DeleteRun", {"arn": RUN_ARN}, 2, {}),
                recorded("GetRun", {"arn": RUN_ARN}, 3, error="NotFoundException"),
            ],
        ],
        ids=["asynchronous", "before", "result known", "processing", "no order", "by its run", "deleted while active"],
    )
    def test_never_blames_what_is_open(self, calls: Sequence[Recorded]) -> None:
        """What the documents leave open is no failure, whichever reading we prefer."""
        assert [v.message for v in judge(API, calls).violations] == []

    def test_a_job_may_appear_at_any_time(self) -> None:
        """No reply says when a run's jobs are made, so a list without them is no sign that there are none."""
        calls = [
            scheduled(),
            recorded("ListJobs", {"arn": RUN_ARN}, 2, {"jobs": []}),
            recorded("ListJobs", {"arn": RUN_ARN}, 3, {"jobs": [a_job("PENDING/PENDING")]}),
        ]
        assert judge(API, calls).verdict is Verdict.PASS

    def test_rejects_a_job_that_comes_back_after_its_run(self) -> None:
        """Where the recording has the run's creation, its jobs are born once, and are gone for good with it."""
        calls = [
            scheduled(),
            recorded("ListJobs", {"arn": RUN_ARN}, 1, {"jobs": [a_job("COMPLETED/PASSED")]}),
            recorded("DeleteRun", {"arn": RUN_ARN}, 2, {}),
            recorded("GetJob", {"arn": JOB_ARN}, 3, error="NotFoundException"),
            seen("GetJob", "COMPLETED/PASSED", 4),
        ]
        assert judge(API, calls[:-1]).verdict is Verdict.PASS
        assert [v.rule for v in judge(API, calls).violations] == ["devicefarm/a deleted run is gone"]

    @pytest.mark.parametrize("name", UNLESS_OTHERS_CALLED)
    def test_rejects_it_unless_others_may_have_called(self, name: str) -> None:
        """A recording that vouches for holding every call is impossible; another may lack the one that explains it."""
        calls, rule, missing = UNLESS_OTHERS_CALLED[name]
        whole = judge(API, [scheduled(), *calls], Settings(alone=True))
        assert whole.verdict is Verdict.FAIL
        assert any(v.rule.removeprefix("devicefarm/").startswith(rule) for v in whole.violations)
        part = judge(API, calls)
        assert (part.verdict, part.violations) == (Verdict.INCONCLUSIVE, ())
        assert {v.excuse for v in part.warnings} == {f"1 call is missing from the recording ({missing})"}
        assert all(v.rule.removeprefix("devicefarm/").startswith(rule) for v in part.warnings)


# ---- each data rule broken once -------------------------------------------------------------------------------------


def binding(operation: str) -> Binding:
    """The first binding of a wire operation."""
    return API.bound(operation)[0]


def sight(
    shown: str = "RUNNING/PENDING",
    *,
    of: str = "GetJob",
    arn: str = JOB_ARN,
    earlier: Sight | None = None,
    created: Any = None,
    request: Any = None,
    without: str = "",
    **members: Any,
) -> Sight:
    """A job or run as some call showed it."""
    job = {name: value for name, value in a_job(shown, arn, **members).items() if name != without}
    asked = request if request is not None else {"arn": arn}
    state, result = shown.split("/")
    return Sight(job, (state, result), True, binding(of), asked, created, earlier, 1.0, 2.0)


def minutes(total: float, metered: float = 0.0, unmetered: float = 0.0) -> dict[str, Any]:
    """The member deviceMinutes."""
    return {"deviceMinutes": {"total": total, "metered": metered, "unmetered": unmetered}}


def counters(total: int, **buckets: int) -> dict[str, Any]:
    """The member counters."""
    return {"counters": {"total": total, **buckets}}


ENDED = "COMPLETED/PASSED"
STOPPED = "COMPLETED/STOPPED"
_LATE = (
    "SCHEDULING or PENDING or PENDING_CONCURRENCY or PENDING_DEVICE or PROCESSING or PREPARING or RUNNING or STOPPING"
)
_EARLY = "SCHEDULING or PENDING or PENDING_CONCURRENCY or PENDING_DEVICE or PREPARING"
SHARED: dict[str, tuple[Sight, Sight]] = {
    **{f"{m} is present": (sight(), sight(without=m)) for m in ("arn", "status", "result", "created")},
    "stopped is present when COMPLETED": (
        sight(ENDED, started=200.0),
        sight(ENDED, started=200.0, without="stopped"),
    ),
    "stopped is present when COMPLETED without a start": (sight(STOPPED), sight(STOPPED, without="stopped")),
    f"stopped is absent when {_LATE}": (sight(), sight(stopped=300.0)),
    "created never changes": (sight(earlier=sight()), sight(earlier=replace(sight(), job={"created": 99.0}))),
    "started never changes": (sight(earlier=sight()), sight(earlier=sight(started=201.0))),
    "stopped never changes": (sight(ENDED, earlier=sight(ENDED)), sight(ENDED, earlier=sight(ENDED, stopped=301.0))),
    "type never changes": (
        sight(type="XCTEST", earlier=sight(type="XCTEST")),
        sight(type="XCTEST", earlier=sight(type="XCTEST_UI")),
    ),
    "times in order: created <= started <= stopped": (sight(ENDED, started=200.0), sight(ENDED, started=301.0)),
    "counters fit in their total": (sight(**counters(3, passed=2)), sight(**counters(3, passed=2, failed=2))),
    "counters add up at the end": (
        sight(ENDED, **counters(3, passed=2, failed=1, stopped=0)),
        sight(ENDED, **counters(4, passed=2, failed=1, stopped=0)),
    ),
    "counters are not negative": (sight(**counters(0, passed=0)), sight(**counters(3, failed=-1))),
    "minutes are not negative": (sight(**minutes(0.0)), sight(**minutes(1.0, -0.5))),
    "metered and unmetered minutes fit in the total": (
        sight(**minutes(83.35, 75.69)),
        sight(**minutes(75.0, 40.0, 40.0)),
    ),
    **{
        f"deviceMinutes.{m} never goes down": (
            sight(deviceMinutes={m: 2.0}, earlier=sight(deviceMinutes={m: 2.0})),
            sight(deviceMinutes={m: 1.0}, earlier=sight(deviceMinutes={m: 2.0})),
        )
        for m in ("total", "metered", "unmetered")
    },
    "the reply is for the job asked for": (sight(), sight(request={"arn": SISTER})),
    "a stop goes back on nothing": (
        sight(ENDED, of="StopJob", earlier=sight(ENDED)),
        sight(STOPPED, of="StopJob", earlier=sight(ENDED)),
    ),
}
OF_JOBS: dict[str, tuple[Sight, Sight]] = {
    f"started is absent when {_EARLY}": (sight("PENDING/PENDING"), sight("PENDING/PENDING", started=200.0)),
    "nothing is metered before tests begin": (
        sight("PREPARING/PENDING", **minutes(1.0)),
        sight("PREPARING/PENDING", **minutes(1.0, 1.0)),
    ),
    "no test of a job stopped before its tests started has a result": (
        sight(STOPPED, **counters(3, stopped=3)),
        sight(STOPPED, **counters(3, passed=1, stopped=2)),
    ),
    "device.arn never changes": (
        sight(device={"arn": "a"}, earlier=sight(device={"arn": "a"})),
        sight(device={"arn": "a"}, earlier=sight(device={"arn": "b"})),
    ),
    "a job stopped before its tests started is not billed": (
        sight(STOPPED, earlier=sight("PENDING/PENDING"), **minutes(1.0)),
        sight(STOPPED, earlier=sight("PENDING/PENDING"), **minutes(1.0, 1.0)),
    ),
    "no new test begins after a stop": (
        sight(STOPPED, earlier=sight("STOPPING/PENDING", **counters(9, passed=1)), **counters(9, passed=4, stopped=5)),
        sight(STOPPED, earlier=sight("STOPPING/PENDING", **counters(9, passed=1)), **counters(9, passed=5, stopped=4)),
    ),
    "a job stopped after its tests started is billed": (
        sight(STOPPED, started=200.0, **minutes(1.6, 0.0, 1.6), **counters(4, passed=2, stopped=2)),
        sight(STOPPED, started=200.0, **minutes(1.6), **counters(4, passed=2, stopped=2)),
    ),
    "a job's ARN lies in its run": (
        sight(of="ListJobs", request={"arn": RUN_ARN}),
        sight(of="ListJobs", request={"arn": SISTER_RUN}),
    ),
}
SCHEDULED = {"projectArn": PROJECT, "name": "nightly", "test": TEST}
OF_RUNS: dict[str, tuple[Sight, Sight]] = {
    "a run stopped before its tests started is not billed": (
        sight(STOPPED, of="GetRun", arn=RUN_ARN, started=200.0, **minutes(1.0, 1.0)),
        sight(STOPPED, of="GetRun", arn=RUN_ARN, **minutes(1.0, 1.0)),
    ),
    "no test of a run stopped before its tests started has a result": (
        sight(STOPPED, of="GetRun", arn=RUN_ARN, started=200.0, **counters(3, failed=3)),
        sight(STOPPED, of="GetRun", arn=RUN_ARN, **counters(3, failed=3)),
    ),
    "completed jobs are among the run's jobs": (
        sight(ENDED, of="GetRun", arn=RUN_ARN, totalJobs=2, completedJobs=2),
        sight(ENDED, of="GetRun", arn=RUN_ARN, totalJobs=2, completedJobs=1),
    ),
    "completedJobs never goes down": (
        sight(completedJobs=1, earlier=sight(completedJobs=1)),
        sight(completedJobs=1, earlier=sight(completedJobs=2)),
    ),
    "resultCode goes with SKIPPED": (
        sight("COMPLETED/SKIPPED", of="GetRun", resultCode="PARSING_FAILED"),
        sight("COMPLETED/FAILED", of="GetRun", resultCode="PARSING_FAILED"),
    ),
    "a METERED run has no unmetered minutes": (
        sight(of="GetRun", billingMethod="METERED", **minutes(2.0, 1.0)),
        sight(of="GetRun", billingMethod="METERED", **minutes(2.0, 1.0, 1.0)),
    ),
    "an UNMETERED run has no metered minutes": (
        sight(of="GetRun", billingMethod="UNMETERED", **minutes(2.0, 0.0, 1.0)),
        sight(of="GetRun", billingMethod="UNMETERED", **minutes(2.0, 1.0)),
    ),
    "a run's name is as given": (sight(created=SCHEDULED, name="nightly"), sight(created=SCHEDULED, name="daily")),
    "a run's type is as given": (
        sight(created=SCHEDULED, type="APPIUM_PYTHON"),
        sight(created=SCHEDULED, type="XCTEST"),
    ),
    "a run's ARN lies in its project": (
        sight(of="ListRuns", arn=RUN_ARN, request={"arn": PROJECT}),
        sight(of="ListRuns", arn=RUN_ARN, request={"arn": f"{HEAD}:project:{GUID}8"}),
    ),
}
ALSO_WRONG: dict[str, tuple[Sight, ...]] = {
    "a job stopped before its tests started is not billed": (
        sight(STOPPED, earlier=sight("PENDING/PENDING", earlier=sight("SCHEDULING/PENDING")), **minutes(1.0, 0.1)),
    ),
    "a stop goes back on nothing": (
        sight("STOPPING/PENDING", of="StopJob", earlier=sight(ENDED)),
        sight(of="StopJob", earlier=sight("STOPPING/PENDING")),
    ),
    "a job's ARN lies in its run": (sight(arn=RUN_ARN),),
    "completed jobs are among the run's jobs": (sight(totalJobs=2, completedJobs=3),),
    "a run's ARN lies in its project": (
        sight(of="GetRun", arn=JOB_ARN),
        sight(of="GetRun", arn=RUN_ARN, created={"projectArn": f"{HEAD}:project:{GUID}8"}),
    ),
}
RIGHT_TOO: dict[str, tuple[Sight, ...]] = {
    "a job stopped before its tests started is not billed": (
        sight(STOPPED, started=200.0, **minutes(1.0, 1.0)),
        sight(STOPPED, earlier=sight("RUNNING/PENDING"), **minutes(1.0, 1.0)),
        sight("COMPLETED/FAILED", **minutes(1.0, 1.0)),
    ),
    "completed jobs are among the run's jobs": (
        sight("COMPLETED/SKIPPED", totalJobs=2, completedJobs=0, resultCode="PARSING_FAILED"),
    ),
    "counters add up at the end": (
        sight(ENDED),
        sight(**counters(4, passed=1, stopped=0)),
        sight(STOPPED, **counters(4, passed=1)),
    ),
    "no test of a job stopped before its tests started has a result": (
        sight(STOPPED, started=200.0, **counters(3, passed=3)),
        sight(STOPPED, earlier=sight("RUNNING/PENDING"), **counters(3, passed=3)),
        sight(ENDED, **counters(3, passed=3)),
    ),
    "a job stopped after its tests started is billed": (
        sight(STOPPED, started=299.0, **minutes(0.0), **counters(4, passed=2, stopped=2)),
        sight(STOPPED, **minutes(1.6), **counters(4, stopped=4)),
        sight(STOPPED, started=200.0, deviceMinutes={"total": 1.6}, **counters(4, passed=2, stopped=2)),
        sight("STOPPING/PENDING", started=200.0, **minutes(1.6), **counters(4, passed=2)),
    ),
    "a stop goes back on nothing": (
        sight(of="StopJob"),
        sight(of="StopJob", earlier=sight()),
        sight("STOPPING/PENDING", of="StopJob", earlier=sight("STOPPING/STOPPED")),
        sight(STOPPED, of="StopJob", earlier=sight("STOPPING/PENDING")),
        sight(earlier=sight(ENDED)),
    ),
}


def sight_rule(lifecycle: Lifecycle, name: str) -> SightRule:
    """A rule of a lifecycle by its name."""
    rule = next(r for r in lifecycle.rules if r.name == name)
    assert isinstance(rule, SightRule)
    return rule


def exchange(
    operation: str, reply: Any, start: float, end: float | None = None, *, error: str | None = None, **request: Any
) -> Exchange:
    """A call as rules over a history see it; no answer came if `reply` is None."""
    bound = binding(operation)
    items = tuple(reply[bound.items[0]]) if bound.items and reply else ()
    code = None if reply is None else 200 if error is None else 400
    return Exchange(
        operation,
        HOME,
        bound,
        request,
        code,
        error,
        reply,
        start,
        (start + 0.5 if end is None else end) if reply is not None else None,
        items,
    )


def show(shown: str, start: float, end: float | None = None, arn: str = JOB_ARN, **members: Any) -> Exchange:
    """A call that shows one job or run."""
    member = "job" if run_of(arn) else "run"
    return exchange(f"Get{member.title()}", {member: a_job(shown, arn, **members)}, start, end, arn=arn)


def alone(shown: str, start: float, arn: str = JOB_ARN, **members: Any) -> Exchange:
    """A call that shows what began, in a recording of every call."""
    return replace(show(shown, start, arn=arn, **{"started": 200.0, **members}), alone=True)


def stop(arn: str, start: float, end: float | None = None) -> Exchange:
    """A stop of a job."""
    return exchange("StopJob", {"job": a_job("STOPPING/PENDING", arn)}, start, end, arn=arn)


ALONE = "a stop of one job leaves the others of its run alone"
NOBODY = "what nobody stopped is not STOPPED within five minutes"
HISTORIES: dict[str, tuple[tuple[Exchange, ...], ...]] = {
    "a COMPLETED run lists the jobs it counts": (
        (show(ENDED, 1, arn=RUN_ARN, totalJobs=2), exchange("ListJobs", {"jobs": [a_job(ENDED)]}, 2, arn=RUN_ARN)),
    ),
    "pages lead on": (
        (
            exchange("ListJobs", {"jobs": [a_job("RUNNING/PENDING")], "nextToken": "t"}, 1, arn=RUN_ARN),
            exchange("ListJobs", {"jobs": [a_job("RUNNING/PENDING")]}, 2, arn=RUN_ARN, nextToken="t"),
        ),
    ),
    "a COMPLETED run has no job that goes on": (
        (show(ENDED, 1, arn=RUN_ARN), show("RUNNING/PENDING", 2)),
        (show(ENDED, 1, arn=RUN_ARN), exchange("ListJobs", {"jobs": [a_job("STOPPING/PENDING")]}, 2, arn=RUN_ARN)),
    ),
    "a run's minutes contain its jobs' minutes": (
        (
            show("RUNNING/PENDING", 1, **minutes(2.0)),
            show("RUNNING/PENDING", 2, arn=SISTER, **minutes(2.0)),
            show(ENDED, 3, arn=RUN_ARN, **minutes(3.0)),
        ),
    ),
    "a run counts the tests of its jobs": (
        (
            show(ENDED, 1, **counters(3, passed=3)),
            show("COMPLETED/FAILED", 2, arn=SISTER, **counters(3, passed=2, failed=1)),
            show("COMPLETED/FAILED", 3, arn=RUN_ARN, totalJobs=2, **counters(6, passed=6)),
        ),
        (show(ENDED, 1, arn=RUN_ARN, totalJobs=1, **counters(4)), show(ENDED, 2, **counters(3, passed=3))),
    ),
    "a deleted run is gone": (
        (exchange("DeleteRun", {}, 1, arn=RUN_ARN), show(ENDED, 2)),
        (exchange("DeleteRun", {}, 1, arn=RUN_ARN), show("RUNNING/PENDING", 2, arn=RUN_ARN)),
        (exchange("DeleteRun", {}, 1, arn=RUN_ARN), exchange("ListJobs", {"jobs": [a_job(ENDED)]}, 2, arn=RUN_ARN)),
    ),
    "a run stops only if it or a job of it was stopped": (
        (show("RUNNING/PENDING", 1, arn=RUN_ARN), show("STOPPING/PENDING", 2, arn=RUN_ARN)),
        (
            show("RUNNING/PENDING", 1, arn=RUN_ARN),
            exchange("StopRun", {}, 2, arn=SISTER_RUN),
            show("STOPPING/PENDING", 3, arn=RUN_ARN),
        ),
    ),
    "a run's result is that of one of its jobs": (
        (show("COMPLETED/FAILED", 1), show(ENDED, 2, arn=RUN_ARN, totalJobs=1)),
        (
            show(ENDED, 1, arn=RUN_ARN, totalJobs=2),
            show("COMPLETED/FAILED", 2),
            show("COMPLETED/WARNED", 3, arn=SISTER),
        ),
    ),
    NOBODY: (
        (alone(STOPPED, 1, stopped=499.0),),
        (alone(STOPPED, 1, RUN_ARN, stopped=499.0),),
        (stop(SISTER, 1), alone(STOPPED, 2, stopped=499.0)),
        (replace(stop(JOB_ARN, 1), status=400, error="LimitExceededException"), alone(STOPPED, 2, stopped=499.0)),
        (alone(STOPPED, 1, started=None, created=200.0, stopped=499.0),),
        (exchange("StopRun", {}, 1, arn=SISTER_RUN), alone(STOPPED, 2, RUN_ARN, stopped=200.0)),
    ),
    ALONE: (
        (show("RUNNING/PENDING", 1, arn=SISTER), stop(JOB_ARN, 2), show("STOPPING/PENDING", 3, arn=SISTER)),
        (show("PENDING/PENDING", 1, arn=SISTER), stop(JOB_ARN, 2), show(STOPPED, 3, arn=SISTER)),
    ),
}
POSSIBLE: dict[str, tuple[tuple[Exchange, ...], ...]] = {
    "a COMPLETED run lists the jobs it counts": (
        (show(ENDED, 1, arn=RUN_ARN, totalJobs=1), exchange("ListJobs", {"jobs": [a_job(ENDED)]}, 2, arn=RUN_ARN)),
        (show(ENDED, 1, 5, arn=RUN_ARN, totalJobs=2), exchange("ListJobs", {"jobs": [a_job(ENDED)]}, 2, arn=RUN_ARN)),
        (
            show(ENDED, 1, arn=RUN_ARN, totalJobs=2),
            exchange("ListJobs", {"jobs": [a_job(ENDED)], "nextToken": "t"}, 2, arn=RUN_ARN),
        ),
        (show(ENDED, 1, arn=RUN_ARN, totalJobs=2), exchange("ListJobs", {"jobs": []}, 2, arn=SISTER_RUN)),
    ),
    "pages lead on": (
        (
            exchange("ListJobs", {"jobs": [a_job("RUNNING/PENDING")], "nextToken": "t"}, 1, arn=RUN_ARN),
            exchange("ListJobs", {"jobs": [a_job("RUNNING/PENDING", arn=SISTER)]}, 2, arn=RUN_ARN, nextToken="t"),
        ),
        (
            exchange("ListJobs", {"jobs": [a_job("RUNNING/PENDING")], "nextToken": "t"}, 1, arn=RUN_ARN),
            exchange("ListJobs", {"jobs": [a_job("RUNNING/PENDING")]}, 2, arn=RUN_ARN),
        ),
    ),
    "a COMPLETED run has no job that goes on": (
        (show("RUNNING/PENDING", 1), show(ENDED, 2, arn=RUN_ARN), show(ENDED, 3)),
        (show(ENDED, 1, 5, arn=RUN_ARN), show("RUNNING/PENDING", 2)),
        (show(ENDED, 1, arn=SISTER_RUN), show("RUNNING/PENDING", 2)),
    ),
    "a run's minutes contain its jobs' minutes": (
        (show(ENDED, 1, **minutes(2.0)), show(ENDED, 2, arn=RUN_ARN, **minutes(2.5))),
        (show(ENDED, 1, 5, **minutes(2.0)), show(ENDED, 2, 6, arn=RUN_ARN, **minutes(1.0))),
        (show(ENDED, 1, **minutes(2.0)), show("RUNNING/PENDING", 2, arn=RUN_ARN, **minutes(0.0))),
    ),
    "a run counts the tests of its jobs": (
        (
            show(ENDED, 1, **counters(3, passed=3)),
            show(ENDED, 2, arn=RUN_ARN, totalJobs=2, **counters(6, passed=6)),
            show(ENDED, 3, arn=SISTER, **counters(3, passed=3)),
        ),
        (show(ENDED, 1, **counters(3)), show("RUNNING/PENDING", 2, arn=RUN_ARN, totalJobs=1, **counters(0))),
        (show(ENDED, 1), show(ENDED, 2, arn=RUN_ARN, totalJobs=1, **counters(6))),
    ),
    "a deleted run is gone": (
        (exchange("DeleteRun", {}, 1, arn=SISTER_RUN), show(ENDED, 2)),
        (
            exchange("DeleteRun", {"__type": "ArgumentException"}, 1, error="ArgumentException", arn=RUN_ARN),
            show(ENDED, 2),
        ),
    ),
    "a run stops only if it or a job of it was stopped": (
        (show("RUNNING/PENDING", 1, arn=RUN_ARN), stop(JOB_ARN, 2), show("STOPPING/PENDING", 3, arn=RUN_ARN)),
        (
            show("RUNNING/PENDING", 1, arn=RUN_ARN),
            exchange("StopRun", None, 2, arn=RUN_ARN),
            show("STOPPING/PENDING", 3, arn=RUN_ARN),
        ),
        (show("STOPPING/PENDING", 1, arn=RUN_ARN),),
    ),
    "a run's result is that of one of its jobs": (
        (show("COMPLETED/FAILED", 1), show(ENDED, 2, arn=RUN_ARN, totalJobs=2)),
        (show("COMPLETED/FAILED", 1), show(STOPPED, 2, arn=RUN_ARN, totalJobs=1)),
        (
            show("COMPLETED/FAILED", 1),
            show(ENDED, 2, arn=SISTER),
            show("COMPLETED/FAILED", 3, arn=RUN_ARN, totalJobs=2),
        ),
    ),
    NOBODY: (
        (alone(STOPPED, 1, stopped=500.0),),
        (stop(JOB_ARN, 1), alone(STOPPED, 2, stopped=499.0)),
        (stop(JOB_ARN, 1, 9), alone(STOPPED, 2, stopped=499.0)),
        (stop(JOB_ARN, 1), alone(STOPPED, 2, RUN_ARN, stopped=499.0)),
        (exchange("StopRun", None, 1, arn=RUN_ARN), alone(STOPPED, 2, stopped=499.0)),
        (show(STOPPED, 1, started=200.0, stopped=499.0),),
        (alone("COMPLETED/FAILED", 1, stopped=201.0),),
        (alone(STOPPED, 1, started=None, created=200.0, stopped=501.0),),
        (replace(stop(JOB_ARN, 1), status=500, error="InternalFailure"), alone(STOPPED, 2, stopped=499.0)),
    ),
    ALONE: (
        (show("RUNNING/PENDING", 1, arn=SISTER), stop(JOB_ARN, 2), show("RUNNING/PENDING", 3, arn=SISTER)),
        (show("RUNNING/PENDING", 1, arn=SISTER), stop(JOB_ARN, 2), stop(SISTER, 3), show(STOPPED, 4, arn=SISTER)),
        (
            show("RUNNING/PENDING", 1, arn=SISTER),
            stop(JOB_ARN, 2),
            stop(SISTER, 3, 9),
            show("STOPPING/PENDING", 4, arn=SISTER),
        ),
        (
            show("RUNNING/PENDING", 1, arn=SISTER),
            stop(JOB_ARN, 2),
            exchange("StopRun", None, 3, arn=RUN_ARN),
            show(STOPPED, 4, arn=SISTER),
        ),
        (stop(JOB_ARN, 1), show(STOPPED, 2, arn=SISTER)),
        (show("RUNNING/PENDING", 1, arn=SISTER), stop(JOB_ARN, 2), show(STOPPED, 3, arn=SISTER, started=200.0)),
        (show("PENDING/PENDING", 1, arn=SISTER), stop(JOB_ARN, 2), show(STOPPED, 3, arn=SISTER, started=200.0)),
    ),
}


def wrongs(name: str, exchanges: Sequence[Exchange]) -> list[Wrong]:
    """What a rule over histories finds wrong, with the calls that show it: all, if it does not tell them."""
    rule = next(r for r in API.rules if r.name == name)
    assert isinstance(rule, HistoryRule)
    memory = rule.open()
    moments = [(e.start, False, e) for e in exchanges]
    moments += [(float("inf") if e.end is None else e.end, True, e) for e in exchanges]
    wrong: list[Wrong] = []
    for _, is_end, each in sorted(moments, key=lambda m: m[:2]):
        if is_end:
            found = memory.see(each)
            if isinstance(found, str):
                found = Wrong(found, tuple(other for other in exchanges if other is not each))
            wrong += [found] if found else []
        elif isinstance(memory, Watcher):
            memory.begin(each)
    return wrong


def told(name: str, exchanges: Sequence[Exchange]) -> list[str]:
    """What a rule over histories finds wrong."""
    return [each.told for each in wrongs(name, exchanges)]


SIGHTS = [
    *((lc, name, pair) for lc in API.lifecycles for name, pair in SHARED.items()),
    *((JOB, name, pair) for name, pair in OF_JOBS.items()),
    *((RUN, name, pair) for name, pair in OF_RUNS.items()),
]


class TestRules:
    """Every data rule finds what breaks it and leaves alone what does not."""

    def test_every_rule_has_a_case(self) -> None:
        """No rule goes without one."""
        assert {r.name for r in JOB.rules} == {*SHARED, *OF_JOBS}
        assert {r.name for r in RUN.rules} == {*SHARED, *OF_RUNS}
        assert {r.name for r in API.rules if not isinstance(r, CallRule)} == set(HISTORIES) == set(POSSIBLE)

    @pytest.mark.parametrize(("lifecycle", "name", "pair"), SIGHTS, ids=[f"{lc.name}-{name}" for lc, name, _ in SIGHTS])
    def test_rejects_a_breach(self, lifecycle: Lifecycle, name: str, pair: tuple[Sight, Sight]) -> None:
        """The first sight keeps the rule, the second breaks it."""
        rule = sight_rule(lifecycle, name)
        assert rule.check(pair[0]) is None
        assert rule.check(pair[1])

    @pytest.mark.parametrize("name", ALSO_WRONG)
    def test_rejects_other_breaches(self, name: str) -> None:
        """The rule can be broken in more than one way."""
        rule = sight_rule(JOB if name in OF_JOBS else RUN, name)
        assert all(rule.check(wrong) for wrong in ALSO_WRONG[name])

    @pytest.mark.parametrize("name", RIGHT_TOO)
    def test_leaves_alone_what_is_open(self, name: str) -> None:
        """What looks alike and is allowed is not reported."""
        rule = sight_rule(RUN if name in OF_RUNS else JOB, name)
        assert [rule.check(right) for right in RIGHT_TOO[name]] == [None] * len(RIGHT_TOO[name])

    @pytest.mark.parametrize(("name", "number"), [(n, i) for n, cases in HISTORIES.items() for i in range(len(cases))])
    def test_rejects_a_history(self, name: str, number: int) -> None:
        """Several calls together break the rule, at the last of them."""
        calls = HISTORIES[name][number]
        [wrong] = wrongs(name, calls)
        assert told(name, calls[:-1]) == []
        assert told(name, (*wrong.earlier, calls[-1])) == [wrong.told]  # they suffice, and each is needed
        for place in range(len(wrong.earlier)):
            assert told(name, (*wrong.earlier[:place], *wrong.earlier[place + 1 :], calls[-1])) == []

    @pytest.mark.parametrize(("name", "number"), [(n, i) for n, cases in POSSIBLE.items() for i in range(len(cases))])
    def test_leaves_a_history_alone(self, name: str, number: int) -> None:
        """Other runs, overlapping calls, calls without an answer, and refused ones are no breach."""
        assert told(name, POSSIBLE[name][number]) == []

    @pytest.mark.parametrize(
        ("operation", "arn"),
        [("GetJob", JOB_ARN), ("StopJob", JOB_ARN), ("GetRun", RUN_ARN), ("StopRun", RUN_ARN)],
    )
    def test_an_empty_reply_fails_the_recording(self, operation: str, arn: str) -> None:
        """What was asked for is shown, with its ARN and status, and HTTP 200."""
        whole = seen(operation, "STOPPING/PENDING" if "Stop" in operation else "RUNNING/PENDING", 1, arn)
        kind = "job" if arn == JOB_ARN else "run"
        assert judge(API, [whole]).violations == ()
        assert judge(API, [replace(whole, reply=None)]).violations == ()
        for reply in ({}, {kind: {"arn": arn}}):
            rules = {v.rule for v in judge(API, [replace(whole, reply=reply)]).violations}
            assert f"devicefarm/a reply shows its {kind}" in rules
        assert {v.rule for v in judge(API, [replace(whole, status=202)]).violations} == {
            "devicefarm/success is HTTP 200"
        }

    def test_an_object_listed_twice_fails_the_recording(self) -> None:
        """A page has every object once."""
        job, sister = a_job("RUNNING/PENDING", JOB_ARN), a_job("RUNNING/PENDING", SISTER)
        page = replace(recorded("ListJobs", {"arn": RUN_ARN}, 1.0), reply={"jobs": [job, sister]})
        assert judge(API, [page]).violations == ()
        (violation,) = judge(API, [replace(page, reply={"jobs": [job, job]})]).violations
        assert violation.rule == "devicefarm/an ARN is listed once"

    def test_a_job_of_a_run_that_was_never_scheduled_is_absent(self) -> None:
        """A recording of all calls has no such job, unless a lost answer may have made its run."""
        stopped, alone = seen("StopJob", STOPPED, 2), Settings(alone=True)
        assert judge(API, [stopped]).verdict is Verdict.PASS
        assert "devicefarm/job/unknown job is not stopped" in {v.rule for v in judge(API, [stopped], alone).violations}
        asked = {"projectArn": PROJECT, "test": TEST, "devicePoolArn": f"{HEAD}:devicepool:{GUID}1/{GUID}9"}
        lost = replace(recorded("ScheduleRun", asked, 1.0), status=None, end=None, reply=None)
        assert judge(API, [lost, stopped], alone).verdict is Verdict.PASS

    def test_a_lost_answer_makes_one_run(self) -> None:
        """Of two runs that are stopped one is left over."""
        asked = {"projectArn": PROJECT, "test": TEST, "devicePoolArn": f"{HEAD}:devicepool:{GUID}1/{GUID}9"}
        lost = replace(recorded("ScheduleRun", asked, 1.0), status=None, end=None, reply=None)
        calls = [lost, seen("StopRun", "STOPPING/PENDING", 2, RUN_ARN)]
        assert judge(API, calls, Settings(alone=True)).violations == ()
        calls.append(seen("StopRun", "STOPPING/PENDING", 3, SISTER_RUN))
        found = {v.rule for v in judge(API, calls, Settings(alone=True)).violations}
        assert found == {"devicefarm/run/an id is given once"}

    def test_a_billed_job_fails_the_recording(self) -> None:
        """A service that bills a job it stopped before its tests is contradicted by the page itself."""
        calls = [seen("GetJob", "PENDING/PENDING", 1), seen("StopJob", STOPPED, 2, **minutes(3.0, 3.0))]
        (violation,) = judge(API, calls).violations
        assert violation.rule == "devicefarm/job/a job stopped before its tests started is not billed"
        assert (violation.grade, violation.source.document) == (Grade.STATED, "StopJob")

    def test_a_sibling_that_is_stopped_fails_the_recording(self) -> None:
        """The oracle tells the rule when calls begin."""
        calls = [
            seen("GetJob", "PENDING/PENDING", 1, SISTER),
            seen("StopJob", STOPPED, 2),
            seen("GetJob", STOPPED, 3, SISTER),
        ]
        assert f"devicefarm/{ALONE}" in {v.rule for v in judge(API, calls).violations}
        calls.insert(1, replace(recorded("StopRun", {"arn": RUN_ARN}, 1.8), status=None, end=None, reply=None))
        assert judge(API, calls).violations == ()


def test_states_that_end_are_terminal() -> None:
    """What the service calls an end is what the lifecycle calls terminal."""
    assert tuple(s.name for s in JOB.states if s.terminal) == JOB_ENDS
    assert ABSENT not in JOB_ENDS

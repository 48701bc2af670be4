"""DataArts Factory: the statements of its page, every row in the reference service, and each data rule broken once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.model import ServiceModel

from haltspec import shapes
from haltspec.apis import load
from haltspec.apis.dataarts import API, FINITE, JOB, REAL_TIME, TAKEN_ELSEWHERE
from haltspec.automaton import Automaton, inclusion
from haltspec.errors import BadLifecycle, Misuse
from haltspec.lts import ABSENT, ANY_ERROR, Call, Grade, Internal, Transition
from haltspec.oracle import Report, Settings, Verdict, judge
from haltspec.reference import Answer, Job, Reference
from haltspec.spec import Nature
from haltspec.trace import Call as Recorded
from haltspec.verification.explore import Edge, Graph, View, views
from haltspec.verification.progress import breaches
from haltspec.verification.safety import SAFETY

PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
HOME, OTHER = f"{PROJECT}/default", f"{PROJECT}/52e3f1f2a4d94d51a4b40b2b2b3b4a10"
NODE = {"name": "first", "type": "Shell", "location": {"x": "-45.5", "y": "2"}, "properties": []}
BATCH: dict[str, Any] = {"processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": [NODE]}
STREAM: dict[str, Any] = {**BATCH, "processType": "REAL_TIME"}
LATER = 30.0
"""A time by which a list shows what was done in the first seconds."""
WHOLE = Automaton(JOB, readings={})
"""The job under the default readings."""
OPERATION = {binding.role: binding.operation for binding in API.bindings}


@dataclass
class Session:
    """A reference service on a clock that goes on by a second with each call, and the recording of what it said."""

    readings: Mapping[str, str] = field(default_factory=dict)
    alone: bool = True
    now: float = 1_700_000_000.0
    calls: list[Recorded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reference = Reference(API, clock=lambda: self.now, readings=self.readings)

    def call(self, operation: str, *, tenant: str = HOME, **request: Any) -> Answer:
        """Call the service and record it."""
        self.now += 1
        answer = self.reference.call(operation, request, tenant=tenant)
        reply = json.loads(json.dumps(answer.reply))
        call = recorded(operation, request, answer.status, self.now, error=answer.error, reply=reply, tenant=tenant)
        self.calls.append(replace(call, alone=self.alone))
        return answer

    def create(self, name: str = "myJob", *, tenant: str = HOME, **members: Any) -> Answer:
        """Create a job, a batch job unless told otherwise."""
        return self.call("CreateJob", tenant=tenant, name=name, **{**BATCH, **members})

    def start(self, name: str = "myJob", *, tenant: str = HOME) -> Answer:
        """Start a job."""
        return self.call("StartJob", tenant=tenant, job_name=name)

    def stop(self, name: str = "myJob", *, tenant: str = HOME) -> Answer:
        """Stop a job."""
        return self.call("StopJob", tenant=tenant, job_name=name)

    def listed(self, *, tenant: str = HOME, **request: Any) -> dict[str, Any]:
        """List jobs, and give the body."""
        body = self.call("ListJobs", tenant=tenant, **request).reply
        assert body is not None
        return body

    def status(self, name: str = "myJob") -> str:
        """The status that the status call shows."""
        body = self.call("ShowJobStatus", job_name=name).reply
        assert body is not None
        return str(body["status"])

    def job(self, name: str = "myJob", *, tenant: str = HOME) -> Job:
        """The job that is there."""
        found = self.reference.find(tenant, name)
        assert found is not None
        return found

    def judged(self, calls: Sequence[Recorded] | None = None) -> Report:
        """The oracle's judgement of the recording, or of a changed one."""
        return judge(API, self.calls if calls is None else calls, Settings(floor=Grade.ASSUMED))


def broken(report: Report) -> set[str]:
    """The names of the rules that a recording breaks."""
    return {violation.rule.split("/", 1)[1] for violation in report.violations}


def changed(call: Recorded, **members: Any) -> Recorded:
    """A call with other members."""
    return replace(call, **members)


def recorded(
    operation: str, request: Mapping[str, Any], status: int, at: float, *, tenant: str = HOME, **members: Any
) -> Recorded:
    """A call of a recording that holds everything done, with its half a second."""
    return Recorded("dataarts", operation, tenant, "c", at, at + 0.5, request, status, alone=True, **members)


def item(status: str, kind: str = "BATCH", name: str = "myJob", **members: Any) -> dict[str, Any]:
    """A job as a list shows it."""
    return {
        "name": name,
        "jobType": kind,
        "status": status,
        "createUser": "u",
        "createTime": 1_700_000_000_000,
        **members,
    }


def listing(at: float, *items: dict[str, Any], **request: Any) -> Recorded:
    """A complete list."""
    reply = {"total": len(items), "jobs": list(items)}
    return recorded("ListJobs", request, 200, at, reply=reply)


def created(at: float, **members: Any) -> Recorded:
    """The creation of a job."""
    return recorded("CreateJob", {"name": "myJob", **BATCH, **members}, 204, at)


def order(operation: str, at: float) -> Recorded:
    """An order that was obeyed."""
    return recorded(operation, {"job_name": "myJob"}, 204, at)


def refusal(operation: str, at: float, code: str, status: int = 400) -> Recorded:
    """A call about a job that was refused."""
    body = {"error_code": code, "error_msg": "no"}
    return recorded(operation, {"job_name": "myJob"}, status, at, error=code, reply=body)


def judged(*calls: Recorded) -> Report:
    """What the documents and what follows from them say about a recording."""
    return judge(API, calls)


class TestDefinition:
    """The data file is whole, and a hole in it is found at once."""

    def test_loads_by_name(self) -> None:
        """`load` gives the API, whose shapes have all its operations and no other."""
        assert load("dataarts") is API
        assert set(shapes.load(API).operations) == set(API.operations)

    def test_every_trouble_of_the_documents_is_listed(self) -> None:
        """The nineteen of the page, the fourteen around it and the five left open appear."""
        refs = [ambiguity.ref for ambiguity in API.ambiguities]
        wanted = [*(f"A{n}" for n in range(1, 20)), *(f"C{n}" for n in range(1, 15)), *(f"13.{n}" for n in range(1, 6))]
        assert [ref for ref in refs if ref in wanted] == wanted
        assert len(set(refs)) == len(refs)

    def test_every_statement_of_the_page_is_tied(self) -> None:
        """One of thirteen is about the wire alone; the others name what formalises them."""
        assert len(API.statements) == 13
        assert [s.number for s in API.statements if s.not_modelled] == [2]

    def test_every_job_shows_its_type(self) -> None:
        """A state's second value is the type that its name begins with."""
        types = {"batch": "BATCH", "finite": "BATCH", "real-time": "REAL_TIME"}
        assert all(s.shows[1] == types[s.name.split()[0]] for s in JOB.states if s.name != ABSENT)

    def test_job_errors_are_400(self) -> None:
        """No listed code of the service has another HTTP status, not even the one for an unknown job."""
        assert {error.http for error in API.errors if error.code.startswith("DLF.") and error.code != "DLF.*"} == {
            (400,)
        }

    @pytest.mark.parametrize("code", ["DLF.0100", "DLF.20100", "DLF.30100"])
    def test_newer_numbers_mean_the_same(self, code: str) -> None:
        """A 2 or a 3 before the four digits changes nothing."""
        error = API.error(code)
        assert error is not None and error.code == "DLF.0100"

    def test_an_unlisted_code_is_of_its_family(self) -> None:
        """The table of codes is incomplete: an unlisted one refuses for reasons unknown; another service's is unknown."""
        error = API.error("DLF.9999")
        assert error is not None and error.natures == (Nature.ENVIRONMENT,)
        assert API.error("XYZ.9999") is None

    @pytest.mark.parametrize(
        "row", [r for r in JOB.transitions if isinstance(r.label, Call) and not r.free], ids=lambda r: r.name
    )
    def test_rejects_a_definition_without_the_row(self, row: Transition) -> None:
        """Every row for a call covers a cell that nothing else covers, but for creations, whose name may be taken."""
        left = tuple(r for r in JOB.transitions if r is not row)
        with pytest.raises(BadLifecycle) as caught:
            replace(JOB, transitions=left)
        assert any("covered by no row and no open question" in fault for fault in caught.value.faults)

    @pytest.mark.parametrize("row", JOB.transitions, ids=lambda r: r.name)
    def test_a_row_can_be_missed(self, row: Transition) -> None:
        """Without the row some recording is possible no longer, but for those that others stand in for unseen."""
        less = tuple(r for r in JOB.rows() if r is not row)
        missed = inclusion(WHOLE, Automaton(JOB, rows=less, readings={}))
        assert (missed is None) == (row.name in UNSEEN)

    def test_rejects_a_question_that_forgets_a_cell(self) -> None:
        """A reading that is silent itself is a fault."""
        question = JOB.question("stop of a stopped job")
        (row,) = question.readings[0].rows
        narrow = Transition(row.name, row.states[1:], row.label, row.target, row.source, free=True)
        reading = replace(question.readings[0], rows=(narrow,))
        readings = (reading, question.readings[1])
        others = tuple(q for q in JOB.questions if q is not question)
        with pytest.raises(BadLifecycle, match="says nothing of Stop in batch STOPPED"):
            replace(JOB, questions=(*others, replace(question, readings=readings)))


PAUSING = ("paused in the console", "restored in the console", "a paused job is stopped")  # nobody pauses a job unseen
UNSEEN = {
    "not listed while it does not exist",  # what a list leaves out is judged by itself
    *(f"{name}{suffix}" for name in PAUSING for suffix in ("", " (finite)")),
    "its nodes are up",  # the start may have failed and recovered
    "its start failed",  # it may have succeeded and failed
}


class TestLifecycle:
    """Nothing unsafe is possible and what must come comes, under the defaults, every other reading, and all of them."""

    @pytest.mark.parametrize("view", tuple(views(JOB)), ids=lambda v: v.name)
    def test_is_safe_and_goes_on(self, view: View) -> None:
        """No safety property is broken, and both progress properties hold."""
        graph = Graph(JOB, view.rows)
        assert [b.message for prop in SAFETY for b in prop.breaches(graph, view)] == []
        assert [b.message for prop in JOB.progress for b in breaches(graph, prop)] == []

    @pytest.mark.parametrize("name", ["its nodes are down", "its nodes are up"])
    def test_rejects_a_service_that_never_gets_there(self, name: str) -> None:
        """Without the moves that end a stop, or a start, progress fails."""
        rows = tuple(r for r in JOB.rows() if r.name not in (name, "its start failed"))
        assert [b for prop in JOB.progress for b in breaches(Graph(JOB, rows), prop)] != []


def witnesses() -> Iterator[tuple[Transition, dict[str, str], tuple[Edge, ...]]]:
    """Every row that some readings have, with those readings, and a shortest path that takes it last."""
    told: set[str] = set()
    for question, reading in [("", ""), *((q.name, r.name) for q in JOB.questions for r in q.readings)]:
        for others in ({}, {"words only the SDK knows": "shown", "PAUSED after a stop": "for a while"}):
            chosen = {**others, **({question: reading} if question else {})}
            for name, path in Graph(JOB, JOB.rows(chosen)).witnesses().items():
                if name not in told:
                    told.add(name)
                    yield path[-1].row, {f"job/{q}": r for q, r in chosen.items()}, path


WITNESSES = {row.name: (row, readings, path) for row, readings, path in witnesses()}


class TestReference:
    """The reference service does what the rows say, and its replies keep every rule."""

    def test_every_row_has_a_witness(self) -> None:
        """No row is out of reach."""
        assert set(WITNESSES) == {row.name for row in JOB.all_rows()}

    @pytest.mark.parametrize("name", sorted(WITNESSES.keys() - {TAKEN_ELSEWHERE}))  # a reading it cannot follow
    def test_takes_every_row(self, name: str) -> None:
        """A shortest path to the row can be driven, ends where the row says, and is judged possible."""
        _, readings, path = WITNESSES[name]
        session = Session(readings, alone=not any(is_outside(edge) for edge in path))
        for edge in path:
            take(session, edge)
            found = session.reference.find(HOME, "myJob")
            assert (found.state if found else ABSENT) == edge.target
        for kind in ("BATCH", "REAL_TIME"):
            session.listed(jobType=kind)
        session.call("ShowJob", job_name="myJob")
        assert session.judged().verdict is Verdict.PASS

    def test_a_path_of_many_steps_is_possible(self) -> None:
        """Both types of job in two workspaces, started, shown, stopped and deleted."""
        session = Session()
        for tenant in (HOME, OTHER):
            session.create("a", tenant=tenant)
            session.create("b", tenant=tenant, processType="REAL_TIME", directory="/x/", basicConfig={"owner": "me"})
            session.start("a", tenant=tenant)
            session.start("b", tenant=tenant)
        session.reference.settle()
        session.reference.fire(session.job("b"), "fail")
        assert [j["status"] for j in session.listed()["jobs"]] == ["SCHEDULING"]
        assert [j["status"] for j in session.listed(jobType="REAL_TIME")["jobs"]] == ["EXCEPTION"]
        session.stop("a")
        session.stop("b")
        assert session.status("b") == "STOPPING"
        session.reference.settle()
        assert [session.status(name) for name in "ab"] == ["STOPPED", "STOPPED"]
        session.call("RunOnce", job_name="a")
        session.call("DeleteJob", job_name="a")
        assert session.start("a").error == "DLF.0100"
        assert session.job("a", tenant=OTHER).state == "batch SCHEDULING"
        report = session.judged()
        assert report.verdict is Verdict.PASS
        assert report.constrained_share > 0.9

    def test_a_pause_in_the_console_shows_that_the_recording_is_not_all(self) -> None:
        """An operator may pause a job at any time, but not if the recording holds everything that was done."""
        for alone, verdict in ((True, Verdict.FAIL), (False, Verdict.PASS)):
            session = Session(alone=alone)
            session.create()
            session.start()
            assert session.reference.enabled(session.job()) == ()
            session.reference.fire(session.job(), "pause")
            assert [j["status"] for j in session.listed()["jobs"]] == ["PAUSED"]
            assert session.judged().verdict is verdict


def is_outside(edge: Edge) -> bool:
    """True if somebody makes the step in the console."""
    return isinstance(edge.row.label, Internal) and edge.row.label.outside


def take(session: Session, edge: Edge) -> None:
    """Make a step of a path, and hold the answer against its row."""
    label = edge.row.label
    if isinstance(label, Internal):
        session.reference.fire(session.job(), edge.row)
        return
    if label.operation == "List":
        answer = session.call("ListJobs")
    elif label.operation == "Create":
        kind = "REAL_TIME" if REAL_TIME in edge.classes else "BATCH"
        once: dict[str, Any] = {"schedule": {"type": "EXECUTE_ONCE"}} if label.when == (FINITE,) else {}
        answer = session.create(processType=kind, **once)
    else:
        answer = session.call(OPERATION[label.operation], job_name="myJob")
    wanted = "DLF.3051" if label.reply.error == ANY_ERROR else label.reply.error
    assert answer.error == wanted
    assert answer.status == (
        400 if wanted else 204 if label.operation in ("Create", "Start", "Stop", "Delete") else 200
    )


class TestStop:
    """The page: what a stop does, what it answers, and to whom."""

    def test_a_scheduled_job_is_stopped(self) -> None:
        """204 without a body, and the job is STOPPED."""
        session = Session()
        session.create()
        session.start()
        answer = session.stop()
        assert (answer.status, answer.reply, answer.error) == (204, None, None)
        assert session.status() == "STOPPED"

    def test_a_running_real_time_job_is_stopping_before_it_is_stopped(self) -> None:
        """The stop is an order: STOPPING first."""
        session = Session()
        session.create(**STREAM)
        session.start()
        session.reference.settle()
        assert session.status() == "NORMAL"
        assert session.stop().status == 204
        assert session.status() == "STOPPING"
        session.reference.settle()
        assert session.status() == "STOPPED"

    def test_an_unknown_job_is_refused_with_400(self) -> None:
        """The body has the code and the text of the page, and nothing else."""
        answer = Session().stop("nobody")
        body = {"error_code": "DLF.0100", "error_msg": "The job does not exists."}
        assert (answer.status, answer.error, answer.reply) == (400, "DLF.0100", body)

    def test_a_job_in_another_workspace_is_never_touched(self) -> None:
        """Start, stop, run and delete of the same name reach the caller's workspace alone."""
        session = Session()
        session.create(tenant=OTHER)
        session.start(tenant=OTHER)
        before = session.listed(tenant=OTHER)
        for operation in ("StopJob", "StartJob", "RunOnce", "DeleteJob", "ShowJob", "ShowJobStatus"):
            assert session.call(operation, job_name="myJob").error == "DLF.0100"
        assert session.listed() == {"total": 0, "jobs": []}
        assert session.create().status == 204
        session.call("DeleteJob", job_name="myJob")
        assert session.listed(tenant=OTHER) == before
        assert session.judged().verdict is Verdict.PASS

    def test_rejects_a_stop_that_reached_another_workspace(self) -> None:
        """If the other workspace's job is found STOPPED after it, the recording is impossible."""
        calls = [replace(c, tenant=OTHER) for c in (created(1), order("StartJob", 2))]
        foreign = refusal("StopJob", 3, "DLF.0100")
        seen = replace(listing(LATER, item("STOPPED")), tenant=OTHER)
        assert (
            judged(*calls, foreign, replace(listing(LATER, item("SCHEDULING")), tenant=OTHER)).verdict is Verdict.PASS
        )
        assert judged(*calls, foreign, seen).verdict is Verdict.FAIL

    @pytest.mark.parametrize("answer", [order("StopJob", 2), refusal("StopJob", 2, "DLF.3051")], ids=["204", "400"])
    def test_a_stop_of_a_stopped_job_may_be_answered_either_way(self, answer: Recorded) -> None:
        """The documents are silent, but the job stays STOPPED."""
        assert judged(created(1), answer, listing(3, item("STOPPED"))).verdict is Verdict.PASS
        assert judged(created(1), answer, listing(3, item("SCHEDULING"))).verdict is Verdict.FAIL

    @pytest.mark.parametrize("code", ["DLF.3051", "DLF.0100"])
    def test_rejects_a_refused_stop_of_a_scheduled_job(self, code: str) -> None:
        """A job being scheduled can be stopped."""
        calls = created(1), order("StartJob", 2), refusal("StopJob", 3, code)
        assert broken(judged(*calls)) == {"job/a scheduled job is stopped"}

    @pytest.mark.parametrize("status", ["SCHEDULING", "NORMAL", "STARTING"])
    def test_rejects_a_stop_that_changes_nothing(self, status: str) -> None:
        """A stopped batch job is not found scheduled, and never as what only a real-time job can be."""
        seen = listing(LATER, item(status))
        assert judged(created(1), order("StartJob", 2), order("StopJob", 3), seen).verdict is Verdict.FAIL

    def test_rejects_a_real_time_job_that_runs_on(self) -> None:
        """After a stop NORMAL does not come back."""
        calls = (created(1, processType="REAL_TIME"), order("StartJob", 2))
        running = listing(3, item("NORMAL", "REAL_TIME"), jobType="REAL_TIME")
        again = listing(LATER, item("NORMAL", "REAL_TIME"), jobType="REAL_TIME")
        assert judged(*calls, running, again).verdict is Verdict.PASS
        assert judged(*calls, running, order("StopJob", 4), again).verdict is Verdict.FAIL

    def test_a_stop_may_end_in_paused(self) -> None:
        """One client waits for STOPPED or PAUSED; SCHEDULING is still impossible afterwards."""
        stopped = created(1), order("StartJob", 2), order("StopJob", 3), listing(4, item("PAUSED"))
        assert judged(*stopped, listing(LATER, item("STOPPED"))).verdict is Verdict.PASS
        assert judged(*stopped, listing(LATER, item("SCHEDULING"))).verdict is Verdict.FAIL

    def test_a_stop_owed_for_longer_than_the_patience_is_reported(self) -> None:
        """A real-time job that stays STOPPING breaks the progress property once the user's patience is over."""
        calls = [created(1, processType="REAL_TIME"), order("StartJob", 2)]
        calls += [listing(3, item("NORMAL", "REAL_TIME"), jobType="REAL_TIME"), order("StopJob", 4)]
        calls += [listing(t, item("STOPPING", "REAL_TIME"), jobType="REAL_TIME") for t in (5, 1300)]
        assert judge(API, calls).verdict is Verdict.PASS
        assert broken(judge(API, calls, Settings(patience=1200))) == {"job/a stop leads to STOPPED"}


class TestOtherCalls:
    """Create, start, delete and the reads, as far as the documents go."""

    @pytest.mark.parametrize("members", [BATCH, STREAM], ids=["batch", "real-time"])
    def test_both_types_share_their_names(self, members: dict[str, Any]) -> None:
        """A name taken by one type is taken for the other."""
        session = Session()
        session.create()
        answer = session.create(**members)
        assert (answer.status, answer.error) == (400, "DLF.0102")

    @pytest.mark.parametrize(("member", "shown"), [("directory", "path"), ("lastUpdateUser", "lastUpdateUser")])
    def test_a_list_leaves_out_texts_that_are_too_long(self, member: str, shown: str) -> None:
        """However long the texts of its jobs are, a page can be answered; the details of a job have them."""
        session = Session()
        session.create("short", **{member: "x" * 1024})
        session.create("long", **{member: "x" * 1025})
        listed = {item["name"]: shown in item for item in session.listed()["jobs"]}
        assert listed == {"short": True, "long": False}
        details = session.call("ShowJob", job_name="long").reply
        assert details is not None and details[member] == "x" * 1025
        assert session.judged().verdict is Verdict.PASS

    def test_a_name_can_be_used_again(self) -> None:
        """After its deletion, even for a job of the other type."""
        session = Session()
        session.create()
        assert session.call("DeleteJob", job_name="myJob").status == 204
        assert session.create(**STREAM).status == 204
        assert session.judged().verdict is Verdict.PASS

    def test_a_start_of_a_scheduled_job_says_that_it_is_running(self) -> None:
        """400 with the one code and text that a client is known to handle."""
        session = Session()
        session.create()
        session.start()
        answer = session.start()
        assert answer.error == "DLF.3051" and answer.reply is not None
        assert "is running" in answer.reply["error_msg"]

    @pytest.mark.parametrize("operation", ["StartJob", "DeleteJob"])
    def test_rejects_what_a_scheduled_job_does_not_allow(self, operation: str) -> None:
        """A scheduled job is neither started again nor deleted; which code says so is free."""
        calls = created(1), order("StartJob", 2)
        for code in ("DLF.3051", "DLF.9999"):
            assert judged(*calls, refusal(operation, 3, code)).verdict is Verdict.PASS
        assert judged(*calls, order(operation, 3)).verdict is Verdict.FAIL

    def test_run_at_once_changes_no_state(self) -> None:
        """Each run has an instance of its own, and only batch jobs run."""
        session = Session()
        session.create()
        session.create("other")
        session.create("stream", **STREAM)
        runs = [session.call("RunOnce", job_name=name).reply for name in ("myJob", "myJob", "other")]
        assert len({run["instanceId"] for run in runs if run}) == 3
        assert session.status() == "STOPPED"
        assert session.call("RunOnce", job_name="stream").error == "DLF.0136"
        session.start()
        session.call("RunOnce", job_name="myJob")
        assert session.listed()["jobs"][0]["status"] == "SCHEDULING"
        assert session.judged().verdict is Verdict.PASS

    def test_details_have_no_status(self) -> None:
        """They repeat the definition, with an id."""
        session = Session()
        session.create(directory="/dir/a/", workspace="", targetStatus="SUBMITTED")
        shown = session.call("ShowJob", job_name="myJob").reply
        assert shown is not None
        assert {k: shown[k] for k in BATCH} == BATCH and shown["directory"] == "/dir/a/" and shown["id"] == 1
        assert not {"status", "workspace", "targetStatus"} & set(shown)

    def test_times_follow_starts_and_stops(self) -> None:
        """The last start gives startTime; endTime is there once the job came to a stop after it."""
        session = Session()
        session.create()
        assert not {"startTime", "endTime"} & set(session.listed()["jobs"][0])
        session.start()
        began = round(session.now * 1000)
        session.stop()
        shown = session.listed()["jobs"][0]
        assert (shown["startTime"], shown["endTime"]) == (began, began + 1000)
        session.start()
        shown = session.listed()["jobs"][0]
        assert shown["startTime"] > began and "endTime" not in shown

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ({"name": ""}, "DLF.3004"),
            ({"name": "a b"}, "DLF.3018"),
            ({"name": "a" * 129}, "DLF.3018"),
            ({"processType": "STREAM"}, "DLF.3051"),
            ({"schedule": {}}, "DLF.3051"),
            ({"nodes": [{}]}, "DLF.3051"),
        ],
    )
    def test_rejects_malformed_creations(self, members: dict[str, Any], code: str) -> None:
        """A wrong name has codes of its own; each refusal is one the oracle takes for a malformed request."""
        session = Session()
        answer = session.call("CreateJob", **{"name": "myJob", **BATCH, **members})
        assert (answer.status, answer.error) == (400, code)
        assert session.reference.jobs() == []
        assert session.judged().verdict is Verdict.PASS

    def test_rejects_unknown_operations(self) -> None:
        """The gateway knows no such route."""
        answer = Session().call("PauseJob", job_name="myJob")
        assert (answer.status, answer.error) == (404, "APIGW.0101")

    @pytest.mark.parametrize(
        ("word", "alone", "shared"),
        [
            *((word, Verdict.PASS, Verdict.PASS) for word in ("NORMAL", "INIT", "ABNORMAL", "OVERLOAD")),
            *((word, Verdict.FAIL, Verdict.PASS) for word in ("PAUSE", "DISABLE")),
            *((word, Verdict.FAIL, Verdict.INCONCLUSIVE) for word in ("STOPPED", "SCHEDULING")),
            ("BROKEN", Verdict.FAIL, Verdict.FAIL),
        ],
    )
    def test_words_of_the_sdk_are_tolerated(self, word: str, alone: Verdict, shared: Verdict) -> None:
        """PAUSE and DISABLE come from the console; STOPPED follows no start, unless others called; BROKEN is no word."""
        reply = {"name": "myJob", "status": word}
        shown = recorded("ShowJobStatus", {"job_name": "myJob"}, 200, 3, reply=reply)
        calls = created(1, processType="REAL_TIME"), order("StartJob", 2), shown
        assert judged(*calls).verdict is alone
        assert judged(*(replace(call, alone=False) for call in calls)).verdict is shared

    @pytest.mark.parametrize("code", ["DLF.0819", "DLF.20819", "DLF.6888", "DLF.0101", "DLF.9999"])
    def test_refusals_from_outside_change_nothing(self, code: str) -> None:
        """A missing workspace, a missing right, a quota, an unlisted code: the name is as free as before."""
        request = {"name": "myJob", **BATCH}
        body = {"error_code": code, "error_msg": "no"}
        refused = recorded("CreateJob", request, 400, 1, error=code, reply=body)
        assert judged(refused, listing(2)).verdict is Verdict.PASS
        assert judged(refused, listing(2, item("STOPPED"))).verdict is Verdict.FAIL


class TestLists:
    """What a list shows, and what it must not leave out."""

    def test_shows_batch_jobs_unless_asked_otherwise(self) -> None:
        """A real-time job is listed only under its type."""
        session = Session()
        session.create("a")
        session.create("b", **STREAM)
        assert [j["name"] for j in session.listed()["jobs"]] == ["a"]
        assert [j["name"] for j in session.listed(jobType="REAL_TIME")["jobs"]] == ["b"]

    @pytest.mark.parametrize(
        ("request_", "pattern"),
        [
            ({}, (None, "BATCH")),
            ({"jobType": "REAL_TIME"}, (None, "REAL_TIME")),
            ({"jobName": "myJob"}, (None, "BATCH")),
            ({"jobName": ""}, (None, "BATCH")),
            ({"jobName": "my"}, None),
            ({"offset": 1}, None),
            ({"tags": "t"}, None),
        ],
    )
    def test_would_list(self, request_: dict[str, Any], pattern: tuple[str | None, ...] | None) -> None:
        """Nothing is said of a later page, a filter on tags, or on part of a name."""
        binding = API.bound("ListJobs")[0]
        assert binding.would_list is not None
        assert binding.would_list(request_, "myJob", None) == pattern

    def test_rejects_a_complete_list_without_the_job(self) -> None:
        """A job that was created is listed, unless there are more pages or its type was not asked for."""
        other = recorded("CreateJob", {"name": "b", **BATCH}, 204, 1)
        short = recorded("ListJobs", {"limit": 1}, 200, 2, reply={"total": 2, "jobs": [item("STOPPED", name="b")]})
        assert judged(created(1), listing(LATER)).verdict is Verdict.FAIL
        assert judged(created(1), other, short).verdict is Verdict.PASS
        assert judged(created(1), listing(2, jobType="REAL_TIME")).verdict is Verdict.PASS
        assert judged(created(1, processType="REAL_TIME"), listing(2)).verdict is Verdict.PASS

    def test_rejects_a_list_with_a_deleted_job(self) -> None:
        """What was deleted is gone, unless reads may be as old as the deletion."""
        calls = created(1), order("DeleteJob", 5), listing(LATER, item("STOPPED"))
        assert judged(*calls).verdict is Verdict.FAIL
        assert judge(API, calls, Settings(window=LATER)).verdict is Verdict.PASS

    @pytest.mark.parametrize(
        ("calls", "stale"),
        [
            ((order("StartJob", 2),), (item("STOPPED"),)),
            ((order("StartJob", 2), order("StopJob", 20)), (item("SCHEDULING"),)),
            ((), ()),
            ((order("DeleteJob", 20),), (item("STOPPED"),)),
        ],
        ids=["start", "stop", "creation", "deletion"],
    )
    def test_a_list_that_lags_is_not_blamed(
        self, calls: tuple[Recorded, ...], stale: tuple[dict[str, Any], ...]
    ) -> None:
        """It may be ten seconds old, for all that is known; that it is fresh is an assumption, and told as such."""
        done = (created(1), *calls)
        late = done[-1].end or 0
        report = judged(*done, listing(late + 9, *stale))
        assert (report.verdict, report.violations) == (Verdict.PASS, ())
        assert [(w.rule, w.grade) for w in report.warnings] == [("dataarts/what was done shows at once", Grade.ASSUMED)]
        assert report.warnings[0].calls[-1] == len(done)
        assert judged(*done, listing(late + 11, *stale)).verdict is Verdict.FAIL
        assert judge(API, (*done, listing(late + 9, *stale)), Settings(window=10.0)).verdict is Verdict.PASS

    def test_only_a_list_lags(self) -> None:
        """Details are read at once after a creation, and a status after an order."""
        assert judged(created(1), refusal("ShowJob", 2, "DLF.0100")).verdict is Verdict.FAIL
        shown = recorded("ShowJobStatus", {"job_name": "myJob"}, 200, 4, reply={"name": "myJob", "status": "NORMAL"})
        calls = (created(1, processType="REAL_TIME"), order("StartJob", 2), replace(shown, start=3, end=3.2))
        assert judged(*calls, order("StopJob", 3.3), shown).verdict is Verdict.FAIL

    def test_pages(self) -> None:
        """Ten jobs by default, `limit` at most, and `offset` counts pages."""
        session = Session()
        for number in range(25):
            session.create(f"job-{number:02}")
        assert len(session.listed()["jobs"]) == 10
        assert [len(session.listed(limit=limit)["jobs"]) for limit in (20, 100)] == [20, 25]
        names = [j["name"] for page in range(3) for j in session.listed(offset=page)["jobs"]]
        assert names == [f"job-{number:02}" for number in range(25)]
        assert session.listed(offset=9) == {"total": 25, "jobs": []}
        assert session.judged().verdict is Verdict.PASS


class TestReadings:
    """A reading chosen for the reference service changes what it does, and what it does stays possible."""

    def run(self, reading: tuple[str, str] | None, *steps: tuple[str, dict[str, Any]]) -> list[Answer]:
        """The answers under a reading."""
        session = Session(dict([reading]) if reading else {})
        answers = [session.call(operation, **request) for operation, request in steps]
        assert session.judged().verdict is Verdict.PASS
        return answers

    @pytest.mark.parametrize(
        ("question", "reading", "steps", "usual", "other"),
        [
            ("code of an unknown job", "DLF.30100", [("StopJob", {"job_name": "x"})], "DLF.0100", "DLF.30100"),
            ("no default workspace", "there is none", [("StopJob", {"job_name": "x"})], "DLF.0100", "DLF.0819"),
            ("empty workspace header", "an unknown workspace", [("ListJobs", {"workspace": ""})], None, "DLF.0819"),
            ("job without nodes", "refused", [("CreateJob", {**BATCH, "name": "a", "nodes": []})], None, "DLF.1006"),
            ("largest page", "100", [("ListJobs", {"limit": 101})], None, "DLF.3051"),
            ("name that no job can have", "DLF.3018", [("StopJob", {"job_name": "?"})], "DLF.0100", "DLF.3018"),
            (
                "job without nodes",
                "created, not started",
                [("CreateJob", {**BATCH, "name": "a", "nodes": []}), ("StartJob", {"job_name": "a"})],
                None,
                "DLF.1006",
            ),
            (
                "code of an undocumented refusal",
                "an unlisted code",
                [("CreateJob", {**BATCH, "name": "a"}), *[("StartJob", {"job_name": "a"})] * 2],
                "DLF.3051",
                "DLF.9999",
            ),
            (
                "job/stop of a stopped job",
                "refused",
                [("CreateJob", {**BATCH, "name": "a"}), ("StopJob", {"job_name": "a"})],
                None,
                "DLF.3051",
            ),
        ],
    )
    def test_changes_an_error(
        self, question: str, reading: str, steps: list[tuple[str, dict[str, Any]]], usual: str | None, other: str
    ) -> None:
        """The last call's error is the default's, and the reading's."""
        assert self.run(None, *steps)[-1].error == usual
        assert self.run((question, reading), *steps)[-1].error == other

    @pytest.mark.parametrize(
        ("question", "reading", "request_", "usual", "other"),
        [
            ("match of a name filter", "the very name", {"jobName": "a"}, ["a", "ab", "ba"], ["a"]),
            ("order of a list", "newest first", {}, ["a", "ab", "ba"], ["ba", "ab", "a"]),
            ("unit of offset", "jobs", {"offset": 1, "limit": 2}, ["ba"], ["ab", "ba"]),
        ],
    )
    def test_changes_a_list(
        self, question: str, reading: str, request_: dict[str, Any], usual: list[str], other: list[str]
    ) -> None:
        """The names listed are the default's, and the reading's."""
        steps = [("CreateJob", {**BATCH, "name": name}) for name in ("a", "ab", "ba")] + [("ListJobs", request_)]
        for chosen, wanted in ((None, usual), ((question, reading), other)):
            reply = self.run(chosen, *steps)[-1].reply
            assert reply is not None and [j["name"] for j in reply["jobs"]] == wanted

    @pytest.mark.parametrize(
        "name", ["age of a read", "scope of a name", "case of a name", "instances of a stopped job"]
    )
    def test_rejects_readings_it_cannot_follow(self, name: str) -> None:
        """A reading that would make no difference is refused rather than ignored."""
        question = API.question(name)
        with pytest.raises(Misuse, match="has no choice"):
            Session({name: question.readings[-1].name})


TAKEN = {"error_code": "DLF.0102", "error_msg": "The job name already exists."}


def replies(**changes: Any) -> Recorded:
    """A list with one job, changed."""
    return changed(listing(3, item("STOPPED")), **changes)


BREACHES: dict[str, tuple[Recorded, ...]] = {
    "a stop is answered 204 without a body": (changed(order("StopJob", 3), status=200),),
    "an order is answered 204 without a body": (changed(order("StartJob", 3), reply={"name": "myJob"}),),
    "a read is answered 200": (replies(status=202),),
    "an error is two texts": (changed(refusal("StopJob", 3, "DLF.9999"), reply={"errorCode": "DLF.9999"}),),
    "a list holds one type of job": (listing(3, item("STOPPED"), item("STOPPED", "REAL_TIME", "b")),),
    "a page is no longer than asked for": (listing(3, item("STOPPED"), item("STOPPED", name="b"), limit=1),),
    "a page has ten jobs by default": (
        listing(3, item("STOPPED"), *(item("STOPPED", name=f"{n}") for n in range(10))),
    ),
    "total counts at least the page": (replies(reply={"total": 0, "jobs": [item("STOPPED")]}),),
    "a page is as long as it can be": (replies(reply={"total": 1, "jobs": []}),),
    "a list passes its filter on names": (listing(3, item("STOPPED"), jobName="other"),),
    "a job's type is as given": (
        recorded("ShowJob", {"job_name": "myJob"}, 200, 3, reply={"name": "myJob", "processType": "REAL_TIME"}),
    ),
    "a job is created at one time": (listing(3, item("STOPPED")), listing(4, item("STOPPED", createTime=7))),
    "an instance is made once": tuple(
        recorded("RunOnce", {"job_name": "myJob"}, 200, at, reply={"instanceId": 5}) for at in (3, 4)
    ),
    "a name that is taken has a job": (
        order("DeleteJob", 3),
        recorded("CreateJob", {"name": "myJob", **BATCH}, 400, 4, error="DLF.0102", reply=TAKEN),
    ),
    "a name is listed once": (listing(3, item("STOPPED"), item("STOPPED")),),
    "job/the reply is for the job asked for": (
        recorded("ShowJobStatus", {"job_name": "myJob"}, 200, 3, reply={"name": "b", "status": "STOPPED"}),
    ),
    "job/only a batch job shows its last instance": (
        listing(3, item("STOPPED", "REAL_TIME", "b", lastInstanceStatus="success"), jobType="REAL_TIME"),
    ),
    "job/createTime never goes back": (listing(3, item("STOPPED")), listing(20, item("STOPPED", createTime=7))),
    "job/a stopped job ended after it began": (listing(3, item("STOPPED", startTime=2, endTime=1)),),
}


class TestRules:
    """Every data rule is broken by a recording that breaks nothing else of note."""

    def test_every_rule_has_its_breach(self) -> None:
        """No rule is left out below."""
        assert set(BREACHES) == {rule.name for rule in API.rules} | {f"job/{rule.name}" for rule in JOB.rules}

    @pytest.mark.parametrize("name", BREACHES)
    def test_rejects_its_breach(self, name: str) -> None:
        """The rule is named, with the grade of its source."""
        report = judge(API, (created(1), *BREACHES[name]), Settings(floor=Grade.ASSUMED))
        found = [v for v in report.violations if v.rule == f"dataarts/{name}"]
        rule = next(r for r in (*API.rules, *JOB.rules) if name.endswith(r.name))
        assert [v.grade for v in found] == [rule.source.grade]
        told = [(created(1), *BREACHES[name])[place] for place in found[0].calls]
        assert f"dataarts/{name}" in {
            v.rule for v in judge(API, told, Settings(floor=Grade.ASSUMED)).violations
        }  # the calls that are told suffice

    def test_a_young_creation_time_is_fine(self) -> None:
        """Names are used again, and a list may lag behind a deletion and creation by ten seconds."""
        first, second = item("STOPPED", createTime=1000), item("STOPPED", createTime=2000)
        rule = "job/createTime never goes back"
        assert rule not in broken(judged(created(1), listing(3, first), listing(30, second)))
        assert rule not in broken(judged(created(1), listing(3, second), listing(8, first)))

    def test_a_name_used_again_has_a_new_time_and_type(self) -> None:
        """What is created after a deletion, or may have been replaced, is another job."""
        first, second = listing(3, item("STOPPED")), listing(8, item("STOPPED", createTime=1_800_000_000_000))
        rule = "a job is created at one time"
        assert rule in broken(judge(API, (created(1), first, second)))
        others = [replace(call, alone=False) for call in (created(1), first, second)]
        assert rule not in broken(judge(API, others, Settings(floor=Grade.ASSUMED)))
        for status in (204, 500):
            gone = changed(order("DeleteJob", 5), status=status, error=None if status == 204 else "500")
            again = (created(1), first, gone, changed(created(6), status=status, error=gone.error), second)
            assert rule not in broken(judge(API, again, Settings(floor=Grade.ASSUMED)))
        shown = recorded("ShowJob", {"job_name": "myJob"}, 200, 3, reply={"name": "myJob", "processType": "BATCH"})
        assert "a job's type is as given" not in broken(judged(created(1), shown))

    @pytest.mark.parametrize(
        ("others", "is_fine"),
        [
            ((replace(created(1), tenant=OTHER),), True),
            ((recorded("CreateJob", {"name": "MYJOB", **BATCH}, 204, 1),), True),
            ((replace(created(1), tenant=OTHER, status=None, end=None),), True),
            ((created(1), replace(order("DeleteJob", 2), end=6)), True),
            ((created(1), replace(order("DeleteJob", 2), end=4.5), replace(created(3), end=3.5)), True),
            ((created(1), replace(order("DeleteJob", 2), end=3.5), replace(created(3), end=4.5)), True),
            ((created(1), replace(order("DeleteJob", 2), end=4.5)), False),
            ((replace(created(1), status=400, error="DLF.0101"),), False),
            ((replace(created(1), tenant=f"{PROJECT[::-1]}/default"),), False),
            ((recorded("CreateJob", {"name": "b", **BATCH}, 204, 1),), False),
        ],
        ids=[
            "workspace",
            "letters",
            "lost",
            "being deleted",
            "made while deleted",
            "made once deleted",
            "deleted",
            "refused",
            "project",
            "name",
        ],
    )
    def test_who_may_have_a_name(self, others: tuple[Recorded, ...], is_fine: bool) -> None:
        """Within what a name is unique is open, and whether case counts; but some job of the project has it."""
        refused = recorded("CreateJob", {"name": "myJob", **BATCH}, 400, 5, error="DLF.0102", reply=TAKEN)
        report = judged(*others, refused)
        assert report.verdict is (Verdict.PASS if is_fine else Verdict.FAIL)
        assert broken(report) == (set() if is_fine else {"a name that is taken has a job"})
        assert judge(API, [replace(c, alone=False) for c in (*others, refused)]).verdict is Verdict.PASS

    def test_a_list_that_lags_may_show_who_had_the_name_before(self) -> None:
        """For ten seconds after the deletion, and no longer."""
        rule = "a job is created at one time"
        again = (created(1), order("DeleteJob", 3), created(4), listing(5, item("STOPPED", createTime=2000)))
        for at, is_broken in ((6, False), (20, True)):
            lagging = (*again, listing(16, item("STOPPED", createTime=2000))) if is_broken else again
            report = judge(
                API, (*lagging, listing(at, item("STOPPED", createTime=1000))), Settings(floor=Grade.ASSUMED)
            )
            assert (rule in broken(report)) is is_broken

    def test_a_first_page_ends_at_its_limit(self) -> None:
        """More jobs than the page can hold, and later pages, leave it as it is."""
        rule = "a page is as long as it can be"
        for request in ({"limit": 1}, {"offset": 1}):
            assert rule not in broken(
                judged(created(1), replies(request=request, reply={"total": 2, "jobs": [item("STOPPED")]}))
            )

    def test_a_part_of_a_name_passes_the_filter(self) -> None:
        """The filter is called fuzzy."""
        assert judged(created(1), listing(3, item("STOPPED"), jobName="job")).verdict is Verdict.PASS

    @pytest.mark.parametrize("status", ["STOPPED", "SCHEDULING"])
    def test_a_fault_leaves_open_what_became_of_the_call(self, status: str) -> None:
        """An unlisted code with HTTP 500 is a fault; with HTTP 400 it is a refusal without effect."""
        calls = created(1), order("StartJob", 2), refusal("StopJob", 3, "DLF.9000", 500), listing(LATER, item(status))
        assert judged(*calls).verdict is Verdict.PASS
        refused = changed(calls[2], status=400)
        assert bool(judged(*calls[:2], refused, calls[3]).violations) == (status == "STOPPED")

    def test_a_start_may_need_more(self) -> None:
        """An upstream job that is not running refuses a start, with the one code known; the job stays as it is."""
        calls = created(1), refusal("StartJob", 2, "DLF.3051")
        assert judged(*calls, listing(3, item("STOPPED"))).verdict is Verdict.PASS
        assert judged(*calls, listing(3, item("SCHEDULING"))).verdict is Verdict.FAIL
        assert judged(created(1), refusal("StartJob", 2, "DLF.0102")).verdict is Verdict.FAIL

    def test_the_list_may_spell_its_error_members_otherwise(self) -> None:
        """The OpenAPI text has errorCode and errorMsg there, and there alone."""
        body = {"errorCode": "DLF.3051", "errorMsg": "no"}
        assert "an error is two texts" not in broken(judged(replies(status=400, error="DLF.3051", reply=body)))
        stop = changed(refusal("StopJob", 3, "DLF.3051"), reply=body)
        assert "an error is two texts" in broken(judged(created(1), stop))

    def test_rejects_404_for_an_unknown_job(self) -> None:
        """Not found is 400."""
        assert broken(judged(refusal("StopJob", 1, "DLF.0100", 404))) == {"errors have their documented HTTP status"}
        assert judged(refusal("StopJob", 1, "DLF.30100")).verdict is Verdict.PASS


class TestShapes:
    """The shape file is a service model as botocore reads them."""

    def test_botocore_loads_it(self) -> None:
        """Every operation has a method, a path below the project, and its success status."""
        model: Any = ServiceModel(dict(shapes.load(API).model), "dataarts")
        wire = {name: model.operation_model(name) for name in model.operation_names}
        stop = {"method": "POST", "requestUri": "/v1/{project_id}/jobs/{job_name}/stop", "responseCode": 204}
        assert wire["StopJob"].http == stop
        for name, operation in wire.items():
            assert operation.input_shape.members and operation.output_shape is not None, name
            assert all(
                shape.error_code in ("DLF.0100", "DLF.0102", "DLF.0136", "DLF.3051") for shape in operation.error_shapes
            )
            located = {m: s.serialization.get("location") for m, s in operation.input_shape.members.items()}
            assert located["project_id"] == "uri" and located["workspace"] == "header", name

    def test_a_listed_job_needs_its_mandatory_members(self) -> None:
        """Name, type, status, creator and creation time; the status is one of twelve words."""
        check = shapes.load(API).reply_faults
        assert check("ListJobs", {"total": 1, "jobs": [item("SCHEDULING")]}) == ()
        bare = {fault.member for fault in check("ListJobs", {"total": 1, "jobs": [{}]})}
        assert bare == {f"jobs[0].{m}" for m in ("name", "jobType", "status", "createUser", "createTime")}
        assert [f.member for f in check("ListJobs", {"total": 1, "jobs": [item("RUNNING")]})] == ["jobs[0].status"]

    @pytest.mark.parametrize("operation", [b.operation for b in API.bindings if b.id_in == "job_name"])
    def test_rejects_calls_that_name_no_job(self, operation: str) -> None:
        """A job's path has a name; what the name may be is not its shape's business."""
        check = shapes.load(API).request_faults
        assert [f.member for f in check(operation, {})] == ["job_name"]
        assert check(operation, {"job_name": "no such name?"}) == ()

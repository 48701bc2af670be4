"""Rekognition: the definition, every row taken by the reference service, its replies, and every data rule broken once."""

from __future__ import annotations

import copy
import dataclasses
import functools
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
import pytest

from haltspec import services, shapes
from haltspec.apis import load
from haltspec.apis.rekognition import BELOW, CONFIGURED, ELSEWHERE, NAMED, home, parts
from haltspec.errors import BadLifecycle, Misuse
from haltspec.lts import ABSENT, ANY_ERROR, Grade, Internal, Lifecycle, Transition
from haltspec.lts import Call as CallLabel
from haltspec.oracle import Report, Settings, Verdict, judge
from haltspec.reference import Answer, Job, Reference
from haltspec.spec import Nature
from haltspec.trace import Call
from haltspec.verification.explore import Edge, Graph, views
from haltspec.verification.progress import breaches
from haltspec.verification.safety import SAFETY

API = load("rekognition")
VERSION, PROJECT = API.lifecycle("version"), API.lifecycle("project")
HERE, THERE = "111122223333/us-east-1", "444455556666/us-east-1"
OUTPUT = {"S3Bucket": "results", "S3KeyPrefix": "out"}
NOBODY = "arn:aws:rekognition:us-east-1:111122223333:project/none/1"
NO_VERSION = "arn:aws:rekognition:us-east-1:111122223333:project/none/version/none/1"
ADAPTERS = {"Feature": "CONTENT_MODERATION", "AutoUpdate": "ENABLED"}
DATA: dict[str, Any] = {"Assets": []}
PAGE_STATUSES = {
    *("TRAINING_IN_PROGRESS", "TRAINING_COMPLETED", "TRAINING_FAILED", "STARTING", "RUNNING", "FAILED"),
    *("STOPPING", "STOPPED", "DELETING"),
}


class Bench:
    """A reference service with a clock, two accounts, three projects, and the record of all calls."""

    def __init__(self, readings: Mapping[str, str] | None = None, seed: int | None = None) -> None:
        self.now = 1_600_000_000.0
        self.reference = Reference(API, clock=lambda: self.now, readings=readings, seed=seed)
        self.calls: list[Call] = []
        self.labels = self.project("labels")
        self.copies = self.project("copies")
        self.adapters = self.project("adapters", **ADAPTERS)

    def call(self, operation: str, request: dict[str, Any], tenant: str = HERE) -> Answer:
        self.now += 1
        start = self.now
        answer = self.reference.call(operation, request, tenant=tenant)
        self.now += 0.5
        reply = copy.deepcopy(answer.reply)
        record = Call(API.name, operation, tenant, "c", start, self.now, request, answer.status, answer.error, reply)
        self.calls.append(dataclasses.replace(record, alone=True))
        return answer

    def ok(self, operation: str, request: dict[str, Any], tenant: str = HERE) -> dict[str, Any]:
        answer = self.call(operation, request, tenant)
        assert answer.status == 200, answer
        assert answer.reply is not None
        return answer.reply

    def project(self, name: str, tenant: str = HERE, **extra: Any) -> str:
        return str(self.ok("CreateProject", {"ProjectName": name, **extra}, tenant)["ProjectArn"])

    def create(self, project: str, name: str = "v", /, **extra: Any) -> dict[str, Any]:
        return {"ProjectArn": project, "VersionName": name, "OutputConfig": OUTPUT, **extra}

    def version(self, name: str = "v", project: str = "", tenant: str = HERE) -> str:
        request = self.create(project or self.labels, name)
        return str(self.ok("CreateProjectVersion", request, tenant)["ProjectVersionArn"])

    def copy(self, source: str, name: str = "copy", destination: str = "", **extra: Any) -> dict[str, Any]:
        return {
            "SourceProjectArn": extra.pop("owner", self.labels),
            "SourceProjectVersionArn": source,
            "DestinationProjectArn": destination or self.copies,
            "VersionName": name,
            "OutputConfig": OUTPUT,
            **extra,
        }

    def job(self, arn: str, tenant: str = HERE) -> Job:
        job = self.reference.find(tenant, arn)
        assert job is not None
        return job

    def fire(self, arn: str, event: str, tenant: str = HERE) -> Transition:
        self.now += 60
        return self.reference.fire(self.job(arn, tenant), event)

    def model(self, *events: str, name: str = "v", tenant: str = HERE, project: str = "") -> str:
        """A version that went through `events`: `start`, `stop`, `delete`, or moves of the service."""
        arn = self.version(name, project, tenant)
        orders = {"start": "StartProjectVersion", "stop": "StopProjectVersion", "delete": "DeleteProjectVersion"}
        for event in events:
            if event in orders:
                units = {"MinInferenceUnits": 1} if event == "start" else {}
                self.ok(orders[event], {"ProjectVersionArn": arn, **units}, tenant)
            else:
                self.fire(arn, event, tenant)
        return arn

    def running(self) -> str:
        """A model that was seen RUNNING."""
        arn = self.model("train", "start", "run")
        assert self.seen(arn)["Status"] == "RUNNING"
        return arn

    def copied(self, *events: str) -> str:
        source = self.model("train", name="source")
        arn = str(self.ok("CopyProjectVersion", self.copy(source))["ProjectVersionArn"])
        for event in events:
            self.fire(arn, event)
        return arn

    def listed(self, project: str = "", tenant: str = HERE, **extra: Any) -> list[dict[str, Any]]:
        request = {"ProjectArn": project or self.labels, **extra}
        return list(self.ok("DescribeProjectVersions", request, tenant)["ProjectVersionDescriptions"])

    def seen(self, arn: str, project: str = "") -> dict[str, Any]:
        [found] = [item for item in self.listed(project) if item["ProjectVersionArn"] == arn]
        return found

    def judged(self) -> Report:
        return judge(API, self.calls, Settings(floor=Grade.ASSUMED))


def stop(arn: str) -> tuple[str, dict[str, Any]]:
    return "StopProjectVersion", {"ProjectVersionArn": arn}


def start(arn: str, low: int = 1, **extra: Any) -> tuple[str, dict[str, Any]]:
    return "StartProjectVersion", {"ProjectVersionArn": arn, "MinInferenceUnits": low, **extra}


def delete(arn: str) -> tuple[str, dict[str, Any]]:
    return "DeleteProjectVersion", {"ProjectVersionArn": arn}


# ---- the definition ----------------------------------------------------------------------------------------------------


class TestDefinition:
    """The file says what the page, the service model and the guides say."""

    def test_the_states_show_every_status_of_the_service_model(self) -> None:
        """Custom Labels models and adapters together show each value of the enum, and nothing else."""
        model = botocore.session.get_session().get_service_model("rekognition")
        enum = model.shape_for("ProjectVersionStatus").metadata["enum"]
        assert {state.shows[0] for state in VERSION.states if state.shows} == set(enum) >= PAGE_STATUSES

    def test_adapters_know_six_statuses_and_are_never_started(self) -> None:
        """Six states show CONTENT_MODERATION; no row leads from one of them to a model's state."""
        adapters = {s.name for s in VERSION.states if s.shows[1:] == ("CONTENT_MODERATION",)}
        assert {VERSION.state(name).shows[0] for name in adapters} == {
            *("TRAINING_IN_PROGRESS", "TRAINING_COMPLETED", "TRAINING_FAILED", "DELETING", "DEPRECATED", "EXPIRED"),
        }
        for row in VERSION.all_rows():
            for state in adapters & set(row.states):
                assert row.target_from(state) in {*adapters, ABSENT}

    @pytest.mark.parametrize("operation", API.operations)
    def test_each_operation_declares_the_errors_of_the_service_model(self, operation: str) -> None:
        """The errors that name the operation are those the service model gives it."""
        model: Any = botocore.session.get_session().get_service_model("rekognition").operation_model(operation)
        ours = {error.code for error in API.errors if error.operations and error.declared_by(operation)}
        assert ours == {shape.name for shape in model.error_shapes}

    def test_stop_and_delete_declare_the_same_seven_errors(self) -> None:
        """Seven errors each, those of the page."""
        own = [
            {error.code for error in API.errors if operation in error.operations}
            for operation in ("StopProjectVersion", "DeleteProjectVersion")
        ]
        assert own[0] == own[1] and len(own[0]) == 7

    def test_errors_carry_their_documented_status(self) -> None:
        """500 for the server's own errors, 500 or 400 for throttling, 400 for everything else that is declared."""
        declared = {error.code: error.http for error in API.errors if error.operations}
        assert declared.pop("InternalServerError") == (500,)
        assert declared.pop("ThrottlingException") == (500, 400)
        assert set(declared.values()) == {(400,)}

    def test_a_throttled_call_changes_nothing_though_it_is_answered_500(self) -> None:
        """ThrottlingException is no fault of unknown effect."""
        natures = {error.code: error.natures for error in API.errors}
        assert natures["ThrottlingException"] == (Nature.THROTTLE,)
        assert natures["InternalServerError"] == (Nature.FAULT,)

    def test_the_statements_and_the_ambiguities_are_all_there(self) -> None:
        """Seventeen statements; B1 to B24 in order, before those found in tables."""
        assert len(API.statements) == 17
        assert [a.ref for a in API.ambiguities[:24]] == [f"B{number}" for number in range(1, 25)]

    def test_stop_is_open_wherever_the_page_is_silent(self) -> None:
        """Only RUNNING and absent have a row for Stop; every other state has a question."""
        silent = {state for state, operation, _ in VERSION.silent_cells() if operation == "Stop"}
        assert silent == {state.name for state in VERSION.states} - {"RUNNING", ABSENT}

    @pytest.mark.parametrize("lifecycle", [VERSION, PROJECT], ids=lambda lc: lc.name)
    def test_every_view_is_safe_and_makes_progress(self, lifecycle: Lifecycle) -> None:
        """Under every reading, all safety and progress properties hold."""
        for view in views(lifecycle):
            graph = Graph(lifecycle, view.rows)
            assert not [b.message for safety in SAFETY for b in safety.breaches(graph, view)]
            assert not [b.message for prop in lifecycle.progress for b in breaches(graph, prop)]

    @pytest.mark.parametrize("lifecycle", [VERSION, PROJECT], ids=lambda lc: lc.name)
    def test_rejects_the_definition_without_the_only_row_of_a_cell(self, lifecycle: Lifecycle) -> None:
        """A call row that shares none of its cells cannot be dropped: the cell is named."""
        dropped = 0
        for row in lifecycle.transitions:
            if isinstance(row.label, CallLabel) and not row.free:
                kept = tuple(other for other in lifecycle.transitions if other is not row)
                with pytest.raises(BadLifecycle) as caught:
                    dataclasses.replace(lifecycle, transitions=kept)
                operation = lifecycle.operation(row.label.operation).name
                assert any(f"{operation} in {row.states[0]}" in fault for fault in caught.value.faults)
                dropped += 1
        assert dropped >= 8

    @pytest.mark.parametrize(
        "name",
        ["trained", "running", "copied", "deleted", "the adapter is trained", "expired"],
    )
    def test_rejects_the_lifecycle_without_an_internal_move(self, name: str) -> None:
        """Without the move a state is unreachable or a trap, or some progress property is broken."""
        kept = tuple(row for row in VERSION.transitions if row.name != name)
        try:
            changed = dataclasses.replace(VERSION, transitions=kept)
        except BadLifecycle:
            return
        graph, whole = Graph(changed, changed.rows()), Graph(VERSION, VERSION.rows())
        is_missed = any(True for prop in changed.progress for _ in breaches(graph, prop))
        assert is_missed or set(graph.paths.nodes) < set(whole.paths.nodes)


class TestNames:
    """ARNs name region, account, project and version."""

    def test_a_version_arn_has_all_parts(self) -> None:
        """The version's name stands before the digits."""
        arn = "arn:aws-cn:rekognition:cn-north-1:111122223333:project/p.1/version/v_2/1618520432917"
        assert parts(arn) == {
            "region": "cn-north-1",
            "account": "111122223333",
            "project": "p.1",
            "version": "v_2",
            "digits": "1618520432917",
        }
        assert home(arn) == ("cn-north-1", "111122223333", "p.1")

    @pytest.mark.parametrize("text", [None, 7, "", "arn:aws:rekognition:us-east-1:1:project/p/1", NOBODY + "\n"])
    def test_rejects_what_is_no_such_arn(self, text: Any) -> None:
        """Nothing is read off it."""
        assert parts(text) == {} and home(text) == ()


# ---- every row ---------------------------------------------------------------------------------------------------------

POLICIES = {"policies of source projects": "attached"}
NEEDS = {"STOPPING_SEEN": {"version/how a failed stop shows": "runs on"}}
"""States that are come to under a reading only."""


def rows_with_states(lifecycle: Lifecycle) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every row with each state it leaves, and the reading it needs."""
    for row in lifecycle.transitions:
        for state in row.states:
            yield row.name, state, NEEDS.get(state, {})
    for question in lifecycle.questions:
        for reading in question.readings:
            for row in reading.rows:
                for state in row.states:
                    yield row.name, state, {**NEEDS.get(state, {}), f"{lifecycle.name}/{question.name}": reading.name}


class Walker:
    """Takes edges of a lifecycle with the reference service."""

    def __init__(self, lifecycle: Lifecycle, readings: dict[str, str]) -> None:
        self.bench = Bench({**POLICIES, **readings})
        self.lifecycle = lifecycle
        own = {name.partition("/")[2]: reading for name, reading in readings.items() if "/" in name}
        self.rows = {row.name: row for row in lifecycle.rows(own)}
        self.graph = Graph(lifecycle, tuple(self.rows.values()))
        self.arn = NOBODY if lifecycle is PROJECT else NO_VERSION

    def path(self, row: str, state: str) -> list[Edge]:
        last = next(edge for edge in self.graph.out[state] if edge.row.name == row)
        return [*self.graph.paths.to(state), last]

    def take(self, edge: Edge) -> Answer | None:
        if isinstance(edge.row.label, Internal):
            assert self.bench.fire(self.arn, edge.row.name) is edge.row
            return None
        self.bench.reference.choose = lambda rows: edge.row if edge.row in rows else rows[0]
        answer = self._version(edge) if self.lifecycle is VERSION else self._project(edge)
        member = "ProjectVersionArn" if self.lifecycle is VERSION else "ProjectArn"
        if edge.source == ABSENT != edge.target and answer.reply is not None:
            self.arn = answer.reply[member]
        return answer

    def look(self) -> None:
        """List the version's project, so that its state is known."""
        if self.lifecycle is VERSION and self.arn != NO_VERSION:
            self.bench.listed(str(self.bench.job(self.arn).parent))

    def vanished(self) -> None:
        """Make a job and delete it, so that one is known that is not there."""
        bench = self.bench
        if self.lifecycle is VERSION:
            self.arn = bench.model("train", "delete", "vanish")
        else:
            self.arn = bench.project("gone")
            bench.fire(self.arn, "ready")
            bench.ok("DeleteProject", {"ProjectArn": self.arn})
            bench.fire(self.arn, "vanish")

    def _version(self, edge: Edge) -> Answer:
        bench, label = self.bench, edge.row.label
        assert isinstance(label, CallLabel)
        role, cls = label.operation, edge.classes[0]
        if role == "Create":
            return bench.call("CreateProjectVersion", bench.create(self._shelf(edge.target)))
        if role == "Copy":
            return bench.call("CopyProjectVersion", bench.copy(bench.model("train", name="source")))
        if role == "CopyFrom":
            return self._copy_from(edge, cls)
        if role == "List":
            project = bench.labels if edge.source == ABSENT else bench.job(self.arn).parent
            return bench.call("DescribeProjectVersions", {"ProjectArn": project})
        if role == "Start":
            extra = {"MaxInferenceUnits": 1} if cls == BELOW else {}
            return bench.call(*start(self.arn, 2, **extra))
        return bench.call(*(stop if role == "Stop" else delete)(self.arn))

    def _shelf(self, target: str) -> str:
        return self.bench.adapters if target == "ADAPTER_TRAINING" else self.bench.labels

    def _copy_from(self, edge: Edge, cls: str) -> Answer:
        bench, source = self.bench, self.arn
        owner = NOBODY if source == NO_VERSION else bench.job(source).parent
        if cls == ELSEWHERE:
            elsewhere = bench.project("theirs", THERE)
            bench.call("CopyProjectVersion", bench.copy(source, "c", elsewhere, owner=owner), THERE)
            owner = elsewhere
            source = bench.model("train", name="theirs", tenant=THERE, project=elsewhere)
            if edge.row.name == "another account's version is not copied":
                source = bench.version("untrained", elsewhere, THERE)
        elif edge.row.name == "a copy is refused for its other parts":
            bench.ok("CopyProjectVersion", bench.copy(source, "again", owner=owner))
        return bench.call("CopyProjectVersion", bench.copy(source, "again", owner=owner))

    def _project(self, edge: Edge) -> Answer:
        bench, label = self.bench, edge.row.label
        assert isinstance(label, CallLabel)
        role, name = label.operation, edge.row.name
        if role == "Create":
            return bench.call("CreateProject", {"ProjectName": "new"})
        if role == "List":
            return bench.call("DescribeProjects", {"Features": ["CUSTOM_LABELS", "CONTENT_MODERATION"]})
        if role == "ListVersions":
            named = {"VersionNames": ["v"]} if edge.classes[0] == NAMED else {}
            return bench.call("DescribeProjectVersions", {"ProjectArn": self.arn, **named})
        if role == "ReceiveCopy":
            source = NO_VERSION if name == "a copy into it is refused" else bench.model("train", name="source")
            return bench.call("CopyProjectVersion", bench.copy(source, destination=self.arn))
        if role == "AddVersion":
            extra = {"TrainingData": DATA} if name == "a version's data do not fit" else {}
            if name == "a version's name is in use":
                bench.version(project=self.arn)
            return bench.call("CreateProjectVersion", bench.create(self.arn, **extra))
        if "holds something" in name:
            bench.version(project=self.arn)
        return bench.call("DeleteProject", {"ProjectArn": self.arn})


def elsewhere_moot(lifecycle: Lifecycle, row: str, state: str) -> bool:
    """A source of another account is never a version of the caller's: those cells are met by no working service."""
    return lifecycle is VERSION and row.startswith("another account's") and state != ABSENT


CASES = [
    pytest.param(lifecycle, row, state, readings, id=f"{lifecycle.name}-{row}-{state}")
    for lifecycle in (VERSION, PROJECT)
    for row, state, readings in rows_with_states(lifecycle)
    if not elsewhere_moot(lifecycle, row, state)
]


UNSURE = {"stop while stopping: accepted", "start of a model that is not at rest: accepted"}
"""Rows that no record can prove to be taken: the job may have moved on unseen, to a state that answers alike."""


class TestEveryRow:
    """The reference service takes each row from each state it leaves, and the oracle sees that it did."""

    @pytest.mark.parametrize(("lifecycle", "row", "state", "readings"), CASES)
    def test_the_reference_takes_it(self, lifecycle: Lifecycle, row: str, state: str, readings: dict[str, str]) -> None:
        """The answer is that of the row, the job is in its target, the record is possible and took the row."""
        walker = Walker(lifecycle, readings)
        path = walker.path(row, state)
        for edge in path[:-1]:
            walker.take(edge)
            walker.look()
        if row == "not listed while it does not exist":
            walker.vanished()
        answer = walker.take(path[-1])
        taken = walker.rows[row]
        job = walker.bench.reference.find(HERE, walker.arn)
        assert (job.state if job is not None else ABSENT) == taken.target_from(state)
        report = walker.bench.judged()
        assert report.verdict is Verdict.PASS, report.violations
        if isinstance(taken.label, CallLabel):
            assert answer is not None
            want = taken.label.reply.error
            assert answer.error == want or (want == ANY_ERROR and answer.error is not None)
            assert f"{lifecycle.name}/{row}" in report.taken or row in UNSURE

    def test_a_feature_configuration_makes_an_adapter(self) -> None:
        """With FeatureConfig the only possible version is an adapter, and the project has to be one of adapters."""
        bench, config = Bench(), {"FeatureConfig": {"ContentModeration": {"ConfidenceThreshold": 50.0}}}
        assert bench.call("CreateProjectVersion", bench.create(bench.labels, **config)).error == (
            "InvalidParameterException"
        )
        arn = bench.ok("CreateProjectVersion", bench.create(bench.adapters, **config))["ProjectVersionArn"]
        assert bench.job(arn).state == "ADAPTER_TRAINING"
        assert bench.judged().verdict is Verdict.PASS
        assert VERSION.operation("Create").class_of(bench.calls[-1].request) == CONFIGURED


# ---- the page ----------------------------------------------------------------------------------------------------------


class TestThePage:
    """StopProjectVersion: what it answers, and what becomes of the model."""

    def test_a_running_model_is_stopped(self) -> None:
        """HTTP 200 with Status STOPPING alone; later DescribeProjectVersions shows STOPPED."""
        bench = Bench()
        arn = bench.model("train", "start", "run")
        assert bench.call(*stop(arn)) == Answer(200, {"Status": "STOPPING"})
        assert bench.seen(arn)["Status"] == "STOPPING"
        bench.fire(arn, "halt")
        assert bench.seen(arn)["Status"] == "STOPPED"

    def test_a_stopped_model_is_started_again(self) -> None:
        """STARTING once more, and RUNNING."""
        bench = Bench()
        arn = bench.model("train", "start", "run", "stop", "halt", "start", "run")
        assert bench.seen(arn)["Status"] == "RUNNING"

    def test_a_failed_stop_shows_as_failed_with_a_message(self) -> None:
        """FAILED with StatusMessage."""
        bench = Bench()
        seen = bench.seen(bench.model("train", "start", "run", "stop", "fail"))
        assert seen["Status"] == "FAILED" and seen["StatusMessage"]

    def test_an_unknown_version_is_answered_400_with_four_members(self) -> None:
        """ResourceNotFoundException is 400, not 404; the body has __type, Code, Logref, Message."""
        answer = Bench().call(*stop(NO_VERSION))
        assert (answer.status, answer.error) == (400, "ResourceNotFoundException")
        assert answer.reply is not None and list(answer.reply) == ["__type", "Code", "Logref", "Message"]
        assert answer.reply["__type"] == answer.reply["Code"] == answer.error
        assert str(uuid.UUID(answer.reply["Logref"])) == answer.reply["Logref"]
        assert NO_VERSION in answer.reply["Message"]

    def test_an_unknown_project_is_told_so_before_the_name(self) -> None:
        """The missing project decides, for a training and for a description."""
        bench = Bench()
        for operation, request in (
            ("CreateProjectVersion", bench.create(NOBODY)),
            ("DescribeProjectVersions", {"ProjectArn": NOBODY}),
            ("DeleteProject", {"ProjectArn": NOBODY}),
        ):
            assert bench.call(operation, request).error == "ResourceNotFoundException"

    @pytest.mark.parametrize("reading", ["ValidationException", "InvalidParameterException"])
    @pytest.mark.parametrize("arn", ["x" * 30, NOBODY])
    def test_rejects_a_malformed_arn(self, reading: str, arn: str) -> None:
        """400 with the error of the reading, and the model runs on."""
        bench = Bench({"error for a malformed request": reading})
        running = bench.model("train", "start", "run")
        answer = bench.call(*stop(arn))
        assert (answer.status, answer.error) == (400, reading)
        assert bench.seen(running)["Status"] == "RUNNING"
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_an_arn_that_is_no_text(self) -> None:
        """The body cannot be read, whatever the reading."""
        bench = Bench({"error for a malformed request": "InvalidParameterException"})
        answer = bench.call("StopProjectVersion", {"ProjectVersionArn": 7})
        assert (answer.status, answer.error) == (400, "SerializationException")
        assert bench.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("events", [(), ("train",), ("train", "start"), ("train", "start", "run", "stop")])
    def test_another_account_cannot_stop_it(self, events: tuple[str, ...]) -> None:
        """To another tenant the version is not there; it stays as it is."""
        bench = Bench()
        arn = bench.model(*events)
        before = bench.job(arn).state
        for operation, request in (stop(arn), delete(arn), start(arn)):
            assert bench.call(operation, request, THERE).error == "ResourceNotFoundException"
        assert bench.job(arn).state == before
        assert bench.judged().verdict is Verdict.PASS

    def test_several_versions_of_a_project_run_at_once(self) -> None:
        """Stopping one leaves the other running."""
        bench = Bench()
        first, second = (bench.model("train", "start", "run", name=name) for name in ("a", "b"))
        bench.ok(*stop(first))
        assert [item["Status"] for item in bench.listed()] == ["RUNNING", "STOPPING"]
        assert bench.job(second).state == "RUNNING"

    @pytest.mark.parametrize(("reading", "status"), [("500", 500), ("400", 400)])
    def test_the_status_of_throttling_is_a_reading(self, reading: str, status: int) -> None:
        """500 by default, 400 if told so."""
        reference = Reference(API, clock=lambda: 0.0, readings={"HTTP status of throttling": reading})
        assert services.load(API.name).http_status(reference, "ThrottlingException") == status

    def test_rejects_a_reading_that_the_reference_cannot_follow(self) -> None:
        """What no call shows has no choice."""
        with pytest.raises(Misuse, match="charge while starting and stopping"):
            Bench({"charge while starting and stopping": "yes"})


class TestDeletion:
    """A version is deleted at rest; a deleted one vanishes; a project goes last."""

    def test_a_deleted_version_vanishes(self) -> None:
        """DELETING, then no longer listed and unknown."""
        bench = Bench()
        arn = bench.model("train")
        assert bench.call(*delete(arn)) == Answer(200, {"Status": "DELETING"})
        assert bench.seen(arn)["Status"] == "DELETING"
        bench.fire(arn, "vanish")
        assert bench.listed() == []
        assert bench.call(*stop(arn)).error == "ResourceNotFoundException"
        assert bench.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("events", [(), ("train", "start", "run")])
    def test_rejects_the_deletion_of_a_version_that_trains_or_runs(self, events: tuple[str, ...]) -> None:
        """ResourceInUseException, and nothing changes."""
        bench = Bench()
        arn = bench.model(*events)
        before = bench.seen(arn)["Status"]
        assert bench.call(*delete(arn)).error == "ResourceInUseException"
        assert bench.seen(arn)["Status"] == before

    def test_a_project_goes_after_its_versions(self) -> None:
        """Refused while a version is there, even one in deletion; then DELETING, then gone."""
        bench = Bench()
        arn = bench.model("train", "delete")
        request = {"ProjectArn": bench.labels}
        bench.fire(bench.labels, "ready")
        assert bench.call("DeleteProject", request).error == "ResourceInUseException"
        bench.fire(arn, "vanish")
        assert bench.ok("DeleteProject", request) == {"Status": "DELETING"}
        bench.fire(bench.labels, "vanish")
        assert bench.call("DescribeProjectVersions", request).error == "ResourceNotFoundException"
        names = [p["ProjectArn"].split("/")[1] for p in bench.ok("DescribeProjects", {})["ProjectDescriptions"]]
        assert names == ["copies"]
        assert bench.judged().verdict is Verdict.PASS

    def test_settling_ends_what_goes_on_by_itself(self) -> None:
        """A training ends, a run goes on, a deletion is done."""
        bench = Bench()
        training, running = bench.version("a"), bench.model("train", "start", name="b")
        gone, adapter = bench.model("train", "delete", name="c"), bench.version("d", bench.adapters)
        bench.reference.settle()
        assert (bench.job(training).state, bench.job(running).state) == ("TRAINING_COMPLETED", "RUNNING")
        assert bench.reference.find(HERE, gone) is None
        assert bench.job(adapter).state == "ADAPTER_COMPLETED"


class TestNamesInUse:
    """A version's name is unique in its project, a project's in its account."""

    def test_rejects_a_version_name_in_use(self) -> None:
        """ResourceInUseException for a training and for a copy; another project may use the name."""
        bench = Bench()
        arn = bench.model("train")
        assert bench.call("CreateProjectVersion", bench.create(bench.labels)).error == "ResourceInUseException"
        again = bench.copy(arn, "v", bench.labels)
        assert bench.call("CopyProjectVersion", again).error == "ResourceInUseException"
        bench.ok("CreateProjectVersion", bench.create(bench.copies))
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_a_project_name_in_use(self) -> None:
        """ResourceInUseException; another account may use the name."""
        bench = Bench()
        assert bench.call("CreateProject", {"ProjectName": "labels"}).error == "ResourceInUseException"
        bench.project("labels", THERE)
        assert bench.judged().verdict is Verdict.PASS

    def test_the_name_of_a_deleted_version_is_free(self) -> None:
        """The new version has other digits in its ARN."""
        bench = Bench()
        first = bench.model("train", "delete", "vanish")
        second = bench.version()
        assert first != second and first.rpartition("/")[0] == second.rpartition("/")[0]
        assert bench.judged().verdict is Verdict.PASS

    def test_versions_made_in_one_instant_have_ids_of_their_own(self) -> None:
        """The digits go on even if the clock stands still."""
        bench = Bench()
        clock = bench.now
        made = []
        for _ in range(2):
            bench.now = clock
            arn = bench.version()
            made.append(arn)
            for event in ("train", "vanish"):
                bench.reference.fire(bench.job(arn), event)
                if event == "train":
                    bench.now = clock
                    bench.ok(*delete(arn))
        assert len(set(made)) == 2

    def test_the_digits_are_the_time_in_milliseconds(self) -> None:
        """The last part of a version's ARN is its creation in epoch milliseconds."""
        bench = Bench()
        arn = bench.version()
        assert int(str(parts(arn)["digits"])) == bench.seen(arn)["CreationTimestamp"] * 1000


class TestTraining:
    """What a creation asks for has to fit its project."""

    @pytest.mark.parametrize("member", ["TrainingData", "TestingData"])
    def test_rejects_half_the_data(self, member: str) -> None:
        """TrainingData and TestingData come together."""
        bench = Bench()
        request = bench.create(bench.labels, **{member: DATA})
        assert bench.call("CreateProjectVersion", request).error == "InvalidParameterException"
        bench.ok("CreateProjectVersion", {**request, "TrainingData": DATA, "TestingData": DATA})
        assert bench.listed()[0]["TrainingDataResult"] == {"Input": DATA}

    @pytest.mark.parametrize("code", ["InvalidParameterException", "ResourceInUseException"])
    def test_rejects_a_training_without_data_if_told_so(self, code: str) -> None:
        """The error is a reading; with data it is accepted."""
        bench = Bench({"training without data": code})
        assert bench.call("CreateProjectVersion", bench.create(bench.labels)).error == code
        bench.ok("CreateProjectVersion", bench.create(bench.labels, TrainingData=DATA, TestingData=DATA))
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_an_adapter_project_without_update_mode(self) -> None:
        """AutoUpdate is required for CONTENT_MODERATION."""
        bench = Bench()
        request = {"ProjectName": "new", "Feature": "CONTENT_MODERATION"}
        assert bench.call("CreateProject", request).error == "InvalidParameterException"


# ---- replies -----------------------------------------------------------------------------------------------------------


class TestDescriptions:
    """What a description has in each state."""

    def test_training_shows_no_results(self) -> None:
        """ARN, creation, status, message, output place; nothing that comes with the end."""
        bench = Bench()
        seen = bench.seen(bench.version())
        assert set(seen) == {
            *("ProjectVersionArn", "CreationTimestamp", "Status", "StatusMessage", "OutputConfig", "Feature"),
        }

    def test_a_trained_model_shows_results_and_no_units(self) -> None:
        """Billed seconds, evaluation, end of training; units only from a start on."""
        bench = Bench()
        seen = bench.seen(bench.model("train"))
        assert seen["BillableTrainingTimeInSeconds"] == int(seen["TrainingEndTimestamp"] - seen["CreationTimestamp"])
        assert seen["EvaluationResult"]["F1Score"] == 0.9
        assert seen["EvaluationResult"]["Summary"]["S3Object"]["Name"].startswith("out/v/")
        assert "MinInferenceUnits" not in seen

    def test_a_failed_training_has_an_end_and_no_results(self) -> None:
        """TrainingEndTimestamp, no billed seconds, no evaluation, no manifest summary."""
        bench = Bench()
        seen = bench.seen(bench.model("fail"))
        assert "TrainingEndTimestamp" in seen
        assert not {"BillableTrainingTimeInSeconds", "EvaluationResult", "ManifestSummary"} & set(seen)

    @pytest.mark.parametrize(("reading", "kept"), [("kept", True), ("left out", False)])
    def test_units_are_those_of_the_start(self, reading: str, kept: bool) -> None:
        """As asked for while it starts and runs; after a stop it is a reading."""
        bench = Bench({"inference units after a stop": reading})
        arn = bench.model("train")
        bench.ok(*start(arn, 2, MaxInferenceUnits=5))
        for event in ("run", None):
            seen = bench.seen(arn)
            assert (seen["MinInferenceUnits"], seen["MaxInferenceUnits"]) == (2, 5)
            if event:
                bench.fire(arn, event)
        bench.ok(*stop(arn))
        bench.fire(arn, "halt")
        assert ("MinInferenceUnits" in bench.seen(arn)) is kept

    def test_a_refused_start_leaves_the_units(self) -> None:
        """The units of a running model are those of the start that was accepted."""
        bench = Bench()
        arn = bench.model("train", "start", "run")
        assert bench.call(*start(arn, 4)).error == "ResourceInUseException"
        assert bench.seen(arn)["MinInferenceUnits"] == 1
        assert bench.judged().verdict is Verdict.PASS

    def test_what_was_given_is_shown(self) -> None:
        """Key, description and feature configuration."""
        bench = Bench()
        given = {
            "KmsKeyId": "key-1",
            "VersionDescription": "first",
            "FeatureConfig": {"ContentModeration": {"ConfidenceThreshold": 50.0}},
        }
        bench.ok("CreateProjectVersion", bench.create(bench.adapters, **given))
        [seen] = bench.listed(bench.adapters)
        assert {name: seen[name] for name in given} == given
        assert seen["Feature"] == "CONTENT_MODERATION"

    def test_every_reply_has_the_types_of_the_service_model(self) -> None:
        """No reply of a long record breaks its shape."""
        bench = random_walk(1)
        checks = shapes.load(API)
        faults = [
            str(fault)
            for call in bench.calls
            if call.error is None
            for fault in checks.reply_faults(call.operation, call.reply)
        ]
        assert not faults


class TestCopies:
    """A copy carries the training results to another project."""

    def test_a_copy_has_the_results_and_names_its_source(self) -> None:
        """Nothing until it is made, then the results of the source, which stays as it is."""
        bench = Bench()
        arn = bench.copied()
        source = bench.seen(bench.listed()[0]["ProjectVersionArn"])
        seen = bench.seen(arn, bench.copies)
        assert seen["Status"] == "COPYING_IN_PROGRESS" and "EvaluationResult" not in seen
        bench.fire(arn, "copy")
        seen = bench.seen(arn, bench.copies)
        assert seen["Status"] == "COPYING_COMPLETED"
        assert seen["EvaluationResult"] == source["EvaluationResult"]
        assert seen["TrainingEndTimestamp"] == source["TrainingEndTimestamp"] < seen["CreationTimestamp"]
        assert seen["SourceProjectVersionArn"] == source["ProjectVersionArn"]
        assert bench.seen(source["ProjectVersionArn"]) == source

    @pytest.mark.parametrize(
        ("question", "member"),
        [
            ("end of training of a copy", "TrainingEndTimestamp"),
            ("billed training of a copy", "BillableTrainingTimeInSeconds"),
        ],
    )
    def test_what_a_copy_shows_is_a_reading(self, question: str, member: str) -> None:
        """Left out if told so, and the record is possible all the same."""
        bench = Bench({question: "left out"})
        assert member not in bench.seen(bench.copied("copy"), bench.copies)
        assert bench.judged().verdict is Verdict.PASS

    def test_the_creation_time_of_a_copy_is_a_reading(self) -> None:
        """That of its source if told so."""
        bench = Bench({"creation time of a copy": "its source's"})
        seen = bench.seen(bench.copied("copy"), bench.copies)
        assert seen["CreationTimestamp"] == bench.listed()[0]["CreationTimestamp"]
        assert bench.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("state", ["untrained", "adapter"])
    def test_rejects_a_source_without_a_model(self, state: str) -> None:
        """What is in training, and any adapter, is not copied."""
        bench = Bench()
        owner = bench.labels if state == "untrained" else bench.adapters
        source = bench.version(project=owner)
        answer = bench.call("CopyProjectVersion", bench.copy(source, owner=owner))
        assert answer.error == "InvalidParameterException"
        assert bench.listed(bench.copies) == []

    def test_rejects_a_copy_without_source_or_destination(self) -> None:
        """Source project, source version and destination must exist, and belong together."""
        bench = Bench()
        source = bench.model("train")
        gone = bench.labels.replace("labels", "gone")
        unknown = source.replace("/v/", "/w/")
        for request, code in (
            (bench.copy(unknown), "ResourceNotFoundException"),
            (bench.copy(source, destination=NOBODY), "ResourceNotFoundException"),
            (bench.copy(source.replace("labels", "gone"), owner=gone), "ResourceNotFoundException"),
            (bench.copy(source, owner=bench.copies), "InvalidParameterException"),
        ):
            assert bench.call("CopyProjectVersion", request).error == code
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_a_copy_to_another_region(self) -> None:
        """Source and destination are in the same region."""
        bench = Bench()
        source = bench.model("train")
        west = "111122223333/us-west-2"
        there = bench.project("copies", west)
        assert bench.call("CopyProjectVersion", bench.copy(source, destination=there), west).error == (
            "InvalidParameterException"
        )
        assert bench.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize(("reading", "error"), [("none attached", "AccessDeniedException"), ("attached", None)])
    def test_another_account_needs_a_policy(self, reading: str, error: str | None) -> None:
        """Refused without, copied with a policy; either record is possible."""
        bench = Bench({"policies of source projects": reading})
        source = bench.model("train")
        there = bench.project("theirs", THERE)
        assert bench.call("CopyProjectVersion", bench.copy(source, destination=there), THERE).error == error
        assert len(bench.listed(there, THERE)) == (error is None)
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_an_unknown_version_of_another_account(self) -> None:
        """A policy does not make up for a version that is not there."""
        bench = Bench(POLICIES)
        there = bench.project("theirs", THERE)
        answer = bench.call("CopyProjectVersion", bench.copy(NO_VERSION, destination=there, owner=NOBODY), THERE)
        assert answer.error == "ResourceNotFoundException"

    def test_a_copy_is_started_and_stopped_like_any_model(self) -> None:
        """COPYING_COMPLETED, STARTING, RUNNING, STOPPING, STOPPED."""
        bench = Bench()
        arn = bench.copied("copy")
        bench.ok(*start(arn))
        bench.fire(arn, "run")
        bench.ok(*stop(arn))
        bench.fire(arn, "halt")
        assert bench.seen(arn, bench.copies)["Status"] == "STOPPED"
        assert bench.judged().verdict is Verdict.PASS


class TestLists:
    """Lists are of one project, newest first, by name if asked, in pages."""

    def test_newest_first_in_pages(self) -> None:
        """Two pages of two and one; the token goes on where the page ended."""
        bench = Bench()
        made = [bench.version(name) for name in "abc"]
        pages = []
        request: dict[str, Any] = {"ProjectArn": bench.labels, "MaxResults": 2}
        while True:
            reply = bench.ok("DescribeProjectVersions", request)
            pages.append([item["ProjectVersionArn"] for item in reply["ProjectVersionDescriptions"]])
            if "NextToken" not in reply:
                break
            request = {**request, "NextToken": reply["NextToken"]}
        assert pages == [made[:0:-1], made[:1]]
        assert bench.judged().verdict is Verdict.PASS

    def test_only_the_names_given(self) -> None:
        """An unknown name is not missed; the list may be empty."""
        bench = Bench()
        made = {name: bench.version(name) for name in "abc"}
        found = [item["ProjectVersionArn"] for item in bench.listed(VersionNames=["a", "c", "x"])]
        assert found == [made["c"], made["a"]]
        assert bench.listed(VersionNames=["x"]) == []
        assert bench.judged().verdict is Verdict.PASS

    def test_only_the_project_asked_for(self) -> None:
        """A version of another project is not shown."""
        bench = Bench()
        bench.version(project=bench.copies)
        assert bench.listed() == []

    @pytest.mark.parametrize(
        ("reading", "names"), [("newest first", ["copies", "labels"]), ("oldest first", ["labels", "copies"])]
    )
    def test_projects_of_custom_labels_by_default(self, reading: str, names: list[str]) -> None:
        """Adapter projects only if their feature is asked for; the order is a reading."""
        bench = Bench({"order of projects": reading})
        listed = bench.ok("DescribeProjects", {})["ProjectDescriptions"]
        assert [project["ProjectArn"].split("/")[1] for project in listed] == names
        request = {"Features": ["CONTENT_MODERATION"], "ProjectNames": ["adapters", "labels"]}
        [adapters] = bench.ok("DescribeProjects", request)["ProjectDescriptions"]
        assert adapters == {
            "ProjectArn": bench.adapters,
            "CreationTimestamp": adapters["CreationTimestamp"],
            "Status": "CREATING",
            **ADAPTERS,
        }
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_a_token_that_was_not_given(self) -> None:
        """InvalidPaginationTokenException."""
        bench = Bench()
        answer = bench.call("DescribeProjectVersions", {"ProjectArn": bench.labels, "NextToken": "t"})
        assert (answer.status, answer.error) == (400, "InvalidPaginationTokenException")
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_pages_of_more_than_a_hundred(self) -> None:
        """ValidationException, as the description of MaxResults says."""
        bench = Bench()
        answer = bench.call("DescribeProjectVersions", {"ProjectArn": bench.labels, "MaxResults": 101})
        assert answer.error == "ValidationException"


class TestExamples:
    """The requests that drivers begin with."""

    def test_every_example_is_accepted(self) -> None:
        """Projects, versions and (once version-0 is trained under the id it really has) copies."""
        service = services.load(API.name)
        reference = Reference(API, clock=lambda: 1.0)
        made = [
            reference.call(operation, request, tenant=HERE).reply or {} for operation, request in service.prelude(HERE)
        ]
        creating = [b for b in API.bindings if b.role in ("Create", "Copy")]
        for number in range(2):
            for binding in creating:
                request = service.example(binding, HERE, number, made)
                assert not shapes.load(API).request_faults(binding.operation, request)
                answer = reference.call(binding.operation, request, tenant=HERE)
                assert answer.error == ("ResourceNotFoundException" if binding.role == "Copy" else None)

    @pytest.mark.parametrize("binding", [b for b in API.bindings if b.id_in], ids=lambda b: f"{b.operation}-{b.role}")
    def test_every_order_keeps_its_shape(self, binding: Any) -> None:
        """An order names the job asked for and breaks no shape."""
        arn = NOBODY if binding.lifecycle == "project" else NO_VERSION
        request = services.load(API.name).order(binding, HERE, arn)
        assert request[binding.id_in] == arn
        assert not shapes.load(API).request_faults(binding.operation, request)

    def test_listings_keep_their_shape(self) -> None:
        """Lists of projects and of versions, of a parent or of the first project of the prelude."""
        service = services.load(API.name)
        for binding in API.bindings:
            if binding.items is not None:
                for parent in ("", NOBODY):
                    request = service.listing(binding, HERE, parent, [{"ProjectArn": NOBODY}])
                    assert not shapes.load(API).request_faults(binding.operation, request)


# ---- random records ----------------------------------------------------------------------------------------------------


def random_walk(seed: int, steps: int = 120, readings: Mapping[str, str] | None = None) -> Bench:
    """A record of random calls in two accounts, most of them on what is there, with random moves in between."""
    rng = random.Random(seed)
    bench = Bench(readings, seed)
    theirs = bench.project("labels", THERE)
    projects = [NOBODY, bench.labels, bench.copies, bench.adapters, theirs]
    for _ in range(steps):
        tenant = THERE if rng.random() < 0.15 else HERE
        versions = [NO_VERSION, *(j.key.id for j in bench.reference.jobs() if j.key.lifecycle == "version")]
        project, version, name = rng.choice(projects), versions[-rng.randint(1, len(versions))], rng.choice("abc")
        moves = [(j, row) for j in bench.reference.jobs() for row in bench.reference.enabled(j)]
        if moves and rng.random() < 0.4:
            job, row = rng.choice(moves)
            if job.key.id not in projects or row.name == "creation finished":
                bench.now += 1
                bench.reference.fire(job, row)
            continue
        if rng.random() < 0.5 and len(versions) > 1:
            operation, request = rng.choice(
                [start(version, rng.randint(1, 3)), stop(version), stop(version), delete(version)]
            )
        else:
            owner = next((p for p in projects if home(p) == home(version)), project)
            operation, request = rng.choice(
                [
                    ("CreateProjectVersion", bench.create(project, name)),
                    ("CopyProjectVersion", bench.copy(version, name, project, owner=owner)),
                    ("DescribeProjectVersions", {"ProjectArn": project}),
                    ("DescribeProjectVersions", {"ProjectArn": project, "VersionNames": [name]}),
                    ("DescribeProjects", {"Features": ["CUSTOM_LABELS", "CONTENT_MODERATION"]}),
                    ("CreateProject", {"ProjectName": name}),
                    ("DeleteProject", {"ProjectArn": project}),
                ]
            )
        bench.call(operation, request, tenant)
    for project in projects[1:4]:
        bench.call("DescribeProjectVersions", {"ProjectArn": project})
    return bench


class TestRandomRecords:
    """What the reference service does is possible by its own rules, whatever the readings."""

    @pytest.mark.parametrize("seed", range(12))
    def test_the_reference_keeps_every_rule(self, seed: int) -> None:
        """PASS at the lowest floor, nothing answered with a fault, most observations constrained."""
        rng = random.Random(seed)
        fixed = services.load(API.name).unmodelled
        readings = {
            name: rng.choice(question.readings).name
            for name, question in API.all_questions().items()
            if seed % 2 and name not in fixed
        }
        bench = random_walk(seed, readings=readings)
        report = bench.judged()
        assert report.verdict is Verdict.PASS, (report.violations, readings)
        assert all((call.status or 0) < 500 for call in bench.calls)
        assert report.constrained_share > 0.4

    def test_the_same_seed_gives_the_same_record(self) -> None:
        """Nothing is drawn but from the seed."""
        assert random_walk(3).calls == random_walk(3).calls


# ---- wrong records -----------------------------------------------------------------------------------------------------


@functools.cache
def long_record() -> Bench:
    """Two models, a copy, and an adapter; everything is listed after every step."""
    bench = Bench()

    def look() -> None:
        for project in (bench.labels, bench.copies, bench.adapters):
            bench.listed(project)

    first, second = bench.version("a"), bench.version("b")
    adapter = bench.version("c", bench.adapters)
    look()
    bench.fire(first, "train")
    bench.fire(second, "fail")
    bench.fire(adapter, "train")
    look()
    bench.ok(*start(first, 2, MaxInferenceUnits=3))
    look()
    bench.fire(first, "run")
    look()
    bench.ok(*stop(first))
    look()
    bench.fire(first, "halt")
    duplicate = bench.ok("CopyProjectVersion", bench.copy(first))["ProjectVersionArn"]
    look()
    bench.fire(duplicate, "copy")
    look()
    bench.ok("DescribeProjects", {"Features": ["CUSTOM_LABELS", "CONTENT_MODERATION"]})
    bench.ok("DescribeProjects", {"ProjectNames": ["labels"]})
    return bench


Change = Callable[[Call], dict[str, Any] | None]
"""What to change in a call of the record: its members, or None to leave it."""


def in_items(status: str, **members: Any) -> Change:
    """Give every listed version that shows `status` these members; None takes one away."""

    def change(call: Call) -> dict[str, Any] | None:
        items = call.reply.get("ProjectVersionDescriptions", []) if isinstance(call.reply, dict) else []
        if not any(item["Status"] == status for item in items):
            return None
        changed = [{**item, **members} if item["Status"] == status else item for item in items]
        kept = [{name: value for name, value in item.items() if value is not None} for item in changed]
        return {"reply": {**call.reply, "ProjectVersionDescriptions": kept}}

    return change


def in_projects(*, named: bool = False, **members: Any) -> Change:
    """Give every listed project these members, only in the list by name if told so; None takes one away."""

    def change(call: Call) -> dict[str, Any] | None:
        items = call.reply.get("ProjectDescriptions", []) if isinstance(call.reply, dict) else []
        kept = [{name: value for name, value in {**item, **members}.items() if value is not None} for item in items]
        return {"reply": {"ProjectDescriptions": kept}} if items and named <= ("ProjectNames" in call.request) else None

    return change


def in_request(operation: str, **members: Any) -> Change:
    """Change the request of an operation; None takes a member away."""

    def change(call: Call) -> dict[str, Any] | None:
        if call.operation != operation or call.error is not None:
            return None
        request = {**call.request, **members}
        return {"request": {name: value for name, value in request.items() if value is not None}}

    return change


def in_reply(operation: str, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Change the reply of an operation."""
    return lambda call: {"reply": edit(call.reply)} if call.operation == operation and call.error is None else None


def tampered(change: Change) -> Report:
    """The judgement of the long record after a change of every call it fits."""
    changes = [(call, change(call)) for call in long_record().calls]
    assert any(members for _, members in changes), "nothing to change"
    calls = [dataclasses.replace(call, **members) if members else call for call, members in changes]
    return judge(API, calls, Settings(floor=Grade.ASSUMED))


def renamed(text: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda reply: {name: value.replace(text, new) for name, value in reply.items()}


def reversed_items(member: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda reply: {**reply, member: reply[member][::-1]}


def swapped_projects(reply: dict[str, Any]) -> dict[str, Any]:
    items = reply["ProjectDescriptions"]
    return {"ProjectDescriptions": [*items[1:2], *items[:1], *items[2:]]}


def doubled(reply: dict[str, Any]) -> dict[str, Any]:
    items = reply["ProjectVersionDescriptions"]
    twins = [{**item, "ProjectVersionArn": item["ProjectVersionArn"] + "0"} for item in items]
    return {"ProjectVersionDescriptions": [*items, *twins]}


SOME = {"F1Score": 0.5}
BROKEN: dict[str, Change] = {
    "what is listed has its ARN": in_items("RUNNING", ProjectVersionArn=None),
    "CreationTimestamp is present": in_items("RUNNING", CreationTimestamp=None),
    "Status is present": in_items("RUNNING", Status=None),
    "StatusMessage is present": in_items("STOPPED", StatusMessage=None),
    "BillableTrainingTimeInSeconds is absent when TRAINING_IN_PROGRESS or TRAINING_FAILED": in_items(
        "TRAINING_FAILED", BillableTrainingTimeInSeconds=3
    ),
    "EvaluationResult is absent when TRAINING_IN_PROGRESS or TRAINING_FAILED": in_items(
        "TRAINING_IN_PROGRESS", EvaluationResult=SOME
    ),
    "BillableTrainingTimeInSeconds is present when TRAINING_COMPLETED or STARTING or RUNNING or STOPPING or STOPPED or "
    "FAILED (not of copies)": in_items("STOPPED", BillableTrainingTimeInSeconds=None),
    "EvaluationResult is present when TRAINING_COMPLETED or STARTING or RUNNING or STOPPING or STOPPED or FAILED": (
        in_items("STOPPING", EvaluationResult=None)
    ),
    "EvaluationResult is present when COPYING_COMPLETED": in_items("COPYING_COMPLETED", EvaluationResult=None),
    "TrainingEndTimestamp is absent when TRAINING_IN_PROGRESS": in_items(
        "TRAINING_IN_PROGRESS", TrainingEndTimestamp=1_700_000_000.0
    ),
    "TrainingEndTimestamp is present when TRAINING_COMPLETED or TRAINING_FAILED or STARTING or RUNNING or STOPPING or "
    "STOPPED or FAILED (not of copies)": in_items("TRAINING_FAILED", TrainingEndTimestamp=None),
    "times in order: CreationTimestamp <= TrainingEndTimestamp (not of copies)": in_items(
        "RUNNING", TrainingEndTimestamp=1.0
    ),
    "CreationTimestamp never changes": in_items("STOPPED", CreationTimestamp=1_500_000_000.0),
    "TrainingEndTimestamp never changes": in_items("STOPPED", TrainingEndTimestamp=1_700_000_000.0),
    "Feature never changes": in_items("STOPPED", Feature="CONTENT_MODERATION"),
    "SourceProjectVersionArn never changes": in_items("COPYING_COMPLETED", SourceProjectVersionArn=NO_VERSION),
    "BillableTrainingTimeInSeconds never changes": in_items("STOPPED", BillableTrainingTimeInSeconds=9999),
    "EvaluationResult never changes": in_items("STOPPED", EvaluationResult=SOME),
    "MinInferenceUnits is absent when TRAINING_IN_PROGRESS or TRAINING_COMPLETED or TRAINING_FAILED or "
    "COPYING_IN_PROGRESS or COPYING_COMPLETED or COPYING_FAILED": in_items("TRAINING_COMPLETED", MinInferenceUnits=1),
    "MaxInferenceUnits is absent when TRAINING_IN_PROGRESS or TRAINING_COMPLETED or TRAINING_FAILED or "
    "COPYING_IN_PROGRESS or COPYING_COMPLETED or COPYING_FAILED": in_items("COPYING_COMPLETED", MaxInferenceUnits=1),
    "a copy names its source": in_items("COPYING_COMPLETED", SourceProjectVersionArn=None),
    "SourceProjectVersionArn is as given": in_items("RUNNING", SourceProjectVersionArn=NO_VERSION),
    "OutputConfig is as given": in_items("RUNNING", OutputConfig={"S3Bucket": "other"}),
    "KmsKeyId is as given": in_items("RUNNING", KmsKeyId="key"),
    "VersionDescription is as given": in_items("RUNNING", VersionDescription="text"),
    "a model has no members of adapters": in_items("RUNNING", BaseModelVersion="1"),
    "project/CreationTimestamp is present": in_projects(CreationTimestamp=None),
    "project/Status is present": in_projects(Status=None),
    "project/CreationTimestamp never changes": in_projects(named=True, CreationTimestamp=1.0),
    "project/Feature never changes": in_projects(named=True, Feature="CONTENT_MODERATION"),
    "a page is no longer than asked for": in_request("DescribeProjectVersions", MaxResults=1),
    "a page has at most 100 items unless asked otherwise": in_reply(
        "DescribeProjectVersions",
        lambda reply: {"ProjectVersionDescriptions": [i for i in reply["ProjectVersionDescriptions"] for _ in range(101)]},
    ),
    "a malformed id is told as such": lambda call: (
        {"request": {"ProjectVersionArn": "x" * 30}, "status": 400, "error": "ResourceNotFoundException", "reply": {}}
        if call.operation == "StopProjectVersion"
        else None
    ),
    "training and testing data come together": in_request("CreateProjectVersion", TrainingData=DATA),
    "an adapter project has an update mode": in_request("CreateProject", Feature="CONTENT_MODERATION", AutoUpdate=None),
    "a copy stays in its region": in_request("CopyProjectVersion", SourceProjectVersionArn=NO_VERSION.replace("east", "west")),
    "a project of models has no adapters": in_items("RUNNING", Feature="CONTENT_MODERATION"),
    "a new version is called as asked": in_request("CreateProjectVersion", VersionName="z"),
    "project/a new project is called as asked": in_request("CreateProject", ProjectName="z"),
    "ARNs are of the tenant": in_reply("CreateProjectVersion", renamed("111122223333", "444455556666")),
    "listed versions are those asked for": in_request("DescribeProjectVersions", VersionNames=["z"]),
    "listed projects are those asked for": in_request("DescribeProjects", ProjectNames=["z"]),
    "versions are listed newest first": in_reply("DescribeProjectVersions", reversed_items("ProjectVersionDescriptions")),
    "projects are listed by creation": in_reply("DescribeProjects", swapped_projects),
    "a name is borne once": in_reply("DescribeProjectVersions", doubled),
    "inference units are those asked for": in_items("RUNNING", MinInferenceUnits=7),
    "nothing is listed twice on a page": in_reply(
        "DescribeProjectVersions",
        lambda reply: {"ProjectVersionDescriptions": [i for i in reply["ProjectVersionDescriptions"] for _ in range(2)]},
    ),
    "success is HTTP 200": lambda call: {"status": 202} if call.operation == "StopProjectVersion" else None,
    "a stop tells the status": in_reply("StopProjectVersion", lambda _: {}),
    "a start or deletion tells the status": in_reply("StartProjectVersion", lambda _: {}),
    "a new version is told its ARN": in_reply("CreateProjectVersion", lambda _: {}),
    "a new project is told its ARN": in_reply("CreateProject", lambda _: {}),
}  # fmt: skip
ELSEWHERE_BROKEN = {
    "a version name in use is refused",
    "a project name in use is refused",
    "a project with versions is not deleted",
    "pages lead on",
}
"""History rules that are broken by records of their own, below, and by those of `tests/oracle/test_pages_lead_on.py`."""


class TestWrongRecords:
    """Each data rule is broken by some record, and by none that the reference service gives."""

    def test_the_record_is_possible_before_it_is_changed(self) -> None:
        """PASS, with next to everything constrained."""
        report = long_record().judged()
        assert report.verdict is Verdict.PASS, report.violations
        assert report.constrained_share > 0.9

    def test_every_rule_has_a_record_that_breaks_it(self) -> None:
        """No rule is left out here."""
        names = {rule.name for rule in API.rules} | {rule.name for lc in API.lifecycles for rule in lc.rules}
        assert names == {name.removeprefix("project/") for name in BROKEN} | ELSEWHERE_BROKEN

    @pytest.mark.parametrize("name", BROKEN)
    def test_rejects_a_record_that_breaks_the_rule(self, name: str) -> None:
        """The rule is among those reported."""
        found = {violation.rule for violation in tampered(BROKEN[name]).violations}
        places = {f"rekognition/{place}{name}" for place in ("", "version/")}
        assert found & places, found

    def test_a_description_of_the_time_before_adapters_has_no_feature(self) -> None:
        """Without Feature the record is possible."""
        bench = Bench()
        seen = bench.seen(bench.version())
        del seen["Feature"]
        assert answered(bench, {"ProjectVersionDescriptions": [seen]}).verdict is Verdict.PASS

    def test_rejects_a_listing_that_lacks_a_version(self) -> None:
        """A version of the project is missing from its complete list."""
        bench = Bench()
        bench.version()
        bench.listed()
        bench.calls[-1] = dataclasses.replace(bench.calls[-1], reply={"ProjectVersionDescriptions": []})
        [violation] = bench.judged().violations
        assert violation.rule.startswith("rekognition/version/")
        assert "did not list the job" in violation.message

    def test_a_listing_by_other_names_says_nothing(self) -> None:
        """A version whose name was not asked for, or of another project, is not missed."""
        bench = Bench()
        bench.version()
        assert bench.listed(VersionNames=["other"]) == [] == bench.listed(bench.copies)
        assert bench.judged().verdict is Verdict.PASS

    @pytest.mark.parametrize("features", [["CUSTOM_LABELS", "CONTENT_MODERATION"], ["CUSTOM_LABELS"], None])
    def test_rejects_a_missing_project_of_a_listed_feature(self, features: list[str] | None) -> None:
        """Which feature a project has, its creation tells; of one not seen made only a list of both says anything."""
        bench = Bench()
        bench.ok("DescribeProjects", {} if features is None else {"Features": features})
        shown = {item["ProjectArn"] for item in bench.calls[-1].reply["ProjectDescriptions"]}
        assert shown
        bench.calls[-1] = dataclasses.replace(bench.calls[-1], reply={"ProjectDescriptions": []})
        violations = bench.judged().violations
        assert {v.rule for v in violations} == {"rekognition/project/listed"}
        assert {v.job.id for v in violations if v.job is not None} == shown
        listed = [{"ProjectArn": arn, "CreationTimestamp": 1.0, "Status": "CREATED"} for arn in sorted(shown)[:1]]
        last = dataclasses.replace(bench.calls[-1], alone=False)
        assert last.end is not None
        before = dataclasses.replace(last, start=1.0, end=2.0, reply={"ProjectDescriptions": listed})
        told = judge(API, [before, last])
        assert bool(told.violations or told.warnings) is (len(features or ()) == 2)


def answered(bench: Bench, answer: dict[str, Any], status: int = 200, error: str | None = None) -> Report:
    """The judgement with another answer to the last call."""
    bench.calls[-1] = dataclasses.replace(bench.calls[-1], reply=answer, status=status, error=error)
    return bench.judged()


class TestWrongAnswers:
    """Answers that no row gives are found, with the row that rules them out."""

    @pytest.mark.parametrize("status", ["STARTING", "FAILED", "DELETING"])
    def test_rejects_a_stop_that_shows_no_status_of_a_stop(self, status: str) -> None:
        """A running model shows none of these after an accepted stop."""
        bench = Bench()
        bench.call(*stop(bench.running()))
        report = answered(bench, {"Status": status})
        assert [v.rule for v in report.violations] == ["rekognition/version/stop asked"]
        assert report.violations[0].grade is Grade.IMPLIED

    @pytest.mark.parametrize(("shown", "later"), [("RUNNING", "STOPPING"), ("STOPPED", "STOPPED")])
    def test_a_stop_may_show_the_status_before_or_after_it(self, shown: str, later: str) -> None:
        """The reply's Status is the present one: still RUNNING, or STOPPED at once."""
        bench = Bench()
        arn = bench.running()
        bench.call(*stop(arn))
        assert answered(bench, {"Status": shown}).verdict is Verdict.PASS
        seen = {**bench.seen(arn), "Status": later}
        assert answered(bench, {"ProjectVersionDescriptions": [seen]}).verdict is Verdict.PASS

    def test_rejects_a_model_that_is_stopping_after_it_was_stopped_at_once(self) -> None:
        """A stop that was answered STOPPED is over."""
        bench = Bench()
        arn = bench.running()
        bench.call(*stop(arn))
        answered(bench, {"Status": "STOPPED"})
        bench.seen(arn)
        assert bench.judged().verdict is Verdict.FAIL

    @pytest.mark.parametrize(
        "code", ["ResourceInUseException", "InvalidParameterException", "ResourceNotFoundException"]
    )
    def test_rejects_the_refusal_to_stop_a_running_model(self, code: str) -> None:
        """None of the declared refusals fits a running model (which nobody but its owner can have stopped)."""
        bench = Bench()
        arn = bench.running()
        bench.call(*stop(arn))
        assert answered(bench, {"__type": code}, 400, code).verdict is Verdict.FAIL

    def test_rejects_a_stop_that_is_forgotten(self) -> None:
        """RUNNING after an accepted stop."""
        bench = Bench()
        arn = bench.model("train", "start", "run", "stop")
        seen = {**bench.seen(arn), "Status": "RUNNING"}
        report = answered(bench, {"ProjectVersionDescriptions": [seen]})
        assert [v.message.rpartition("answered ")[2].split(" while")[0] for v in report.violations] == [
            "RUNNING/CUSTOM_LABELS"
        ]

    def test_a_model_may_run_on_after_it_was_shown_as_stopping(self) -> None:
        """How a failed stop shows is open: FAILED, or RUNNING again once STOPPING was shown."""
        bench = Bench({"version/how a failed stop shows": "runs on"})
        arn = bench.running()
        bench.ok(*stop(arn))
        bench.fire(arn, "show")
        assert bench.seen(arn)["Status"] == "STOPPING"
        bench.fire(arn, "recover")
        assert bench.seen(arn)["Status"] == "RUNNING"
        assert bench.judged().verdict is Verdict.PASS
        del bench.calls[-2]  # the description that showed STOPPING
        [violation] = bench.judged().violations
        assert violation.rule == "rekognition/version/RUNNING/CUSTOM_LABELS does not follow STOPPING"
        assert violation.grade is Grade.IMPLIED

    def test_a_running_model_may_be_shown_as_failed(self) -> None:
        """Whether a run can fail is open: what shows it is no breach, and the failed model can be deleted."""
        bench = Bench({"version/failure of a running model": "possible"})
        arn = bench.running()
        bench.fire(arn, "fail")
        assert bench.seen(arn)["Status"] == "FAILED"
        bench.ok(*delete(arn))
        assert bench.judged().verdict is Verdict.PASS

    def test_a_known_limit_a_run_that_failed_and_was_never_shown_as_failed(self) -> None:
        """The price of telling the deletion of a running model from that of a failed one."""
        bench = Bench({"version/failure of a running model": "possible"})
        arn = bench.running()
        bench.fire(arn, "fail")
        bench.ok(*delete(arn))
        assert [v.rule for v in bench.judged().violations] == ["rekognition/version/a running model is not deleted"]

    @pytest.mark.parametrize("code", ["ResourceInUseException", "InvalidParameterException"])
    def test_rejects_the_refusal_to_start_a_trained_model(self, code: str) -> None:
        """A trained model can be started; an adapter could not, but this one was described as a model."""
        bench = Bench()
        arn = bench.model("train")
        bench.listed()
        bench.call(*start(arn))
        report = answered(bench, {"__type": code}, 400, code)
        assert [v.rule for v in report.violations] == ["rekognition/version/start asked"]
        assert report.violations[0].grade is Grade.STATED

    def test_an_undescribed_version_may_be_an_adapter(self) -> None:
        """Without a description a refused start is possible: nothing told what the version is."""
        bench = Bench()
        bench.call(*start(bench.model("train")))
        report = answered(bench, {"__type": "InvalidParameterException"}, 400, "InvalidParameterException")
        assert report.verdict is Verdict.PASS

    def test_rejects_the_deletion_of_a_running_model(self) -> None:
        """DELETING is no answer for RUNNING."""
        bench = Bench()
        bench.call(*delete(bench.running()))
        report = answered(bench, {"Status": "DELETING"})
        assert [v.rule for v in report.violations] == ["rekognition/version/a running model is not deleted"]
        assert report.violations[0].grade is Grade.STATED

    def test_the_code_that_refuses_a_deletion_is_implied(self) -> None:
        """That a running model is not deleted is stated, and with which code is not."""
        bench = Bench()
        bench.call(*delete(bench.running()))
        code = "InvalidParameterException"
        [violation] = answered(bench, {"__type": code}, 400, code).violations
        assert violation.rule == "rekognition/version/a running model is not deleted"
        assert violation.grade is Grade.IMPLIED

    def test_rejects_a_copy_of_an_untrained_model(self) -> None:
        """The copy succeeds though the training of its source failed."""
        bench = Bench()
        arn = bench.model("fail")
        bench.listed()
        bench.call("CopyProjectVersion", bench.copy(arn))
        new = bench.copies.rpartition("/")[0] + "/version/copy/1600000099000"
        report = answered(bench, {"ProjectVersionArn": new})
        assert [v.rule for v in report.violations] == ["rekognition/version/an untrained model is not copied"]

    def test_rejects_a_training_in_a_project_that_is_not_there(self) -> None:
        """The project was never created."""
        bench = Bench()
        bench.call("CreateProjectVersion", bench.create(NOBODY))
        new = NOBODY.rpartition("/")[0] + "/version/v/1600000099000"
        report = answered(bench, {"ProjectVersionArn": new})
        assert [v.rule for v in report.violations] == [
            "rekognition/project/no version is trained in an unknown project"
        ]

    @pytest.mark.parametrize(("named", "grade"), [({}, Grade.STATED), ({"VersionNames": ["w"]}, Grade.IMPLIED)])
    def test_rejects_not_found_for_a_name_in_a_project_that_is_there(self, named: Any, grade: Grade) -> None:
        """That names nobody bears give an empty list is implied by the samples."""
        bench = Bench()
        bench.version()
        bench.listed(**named)
        report = answered(bench, {"__type": "ResourceNotFoundException"}, 400, "ResourceNotFoundException")
        [violation] = report.violations
        assert violation.rule.startswith("rekognition/project/its versions are described")
        assert violation.grade is grade

    def test_rejects_an_unknown_project_that_is_there(self) -> None:
        """ResourceNotFoundException for a project that was listed."""
        bench = Bench()
        bench.fire(bench.labels, "ready")
        bench.ok("DescribeProjects", {})
        bench.call("CreateProjectVersion", bench.create(bench.labels))
        report = answered(bench, {"__type": "ResourceNotFoundException"}, 400, "ResourceNotFoundException")
        assert report.verdict is Verdict.FAIL

    def test_rejects_404_for_an_unknown_version(self) -> None:
        """ResourceNotFoundException is answered with 400."""
        bench = Bench()
        bench.call(*stop(NO_VERSION))
        report = answered(bench, {"__type": "ResourceNotFoundException"}, 404, "ResourceNotFoundException")
        assert [v.rule for v in report.violations] == ["rekognition/errors have their documented HTTP status"]

    @pytest.mark.parametrize(("status", "verdict"), [(400, Verdict.PASS), (500, Verdict.PASS), (429, Verdict.FAIL)])
    def test_throttling_is_400_or_500(self, status: int, verdict: Verdict) -> None:
        """Both are documented, and the model runs on."""
        bench = Bench()
        arn = bench.running()
        bench.call(*stop(arn))
        report = answered(bench, {"__type": "ThrottlingException"}, status, "ThrottlingException")
        assert report.verdict is verdict

    def test_rejects_an_error_that_stop_does_not_declare(self) -> None:
        """LimitExceededException is Start's, not Stop's."""
        bench = Bench()
        arn = bench.running()
        for (operation, request), verdict in ((stop(arn), Verdict.FAIL), (start(arn), Verdict.PASS)):
            bench.call(operation, request)
            report = answered(bench, {"__type": "LimitExceededException"}, 400, "LimitExceededException")
            assert report.verdict is verdict
            bench.calls.pop()

    @pytest.mark.parametrize("status", ["STOPPING", "RUNNING"])
    def test_a_stop_of_unknown_effect_leaves_both_open(self, status: str) -> None:
        """After an InternalServerError the model may run on or be stopping."""
        bench = Bench()
        arn = bench.running()
        bench.reference.call(*stop(arn), tenant=HERE) if status == "STOPPING" else None
        request = {"ProjectVersionArn": arn}
        bench.now += 1
        fault = Call(
            API.name,
            "StopProjectVersion",
            HERE,
            "c",
            bench.now,
            bench.now + 0.1,
            request,
            500,
            "InternalServerError",
            {},
            True,
        )
        bench.calls.append(fault)
        assert bench.seen(arn)["Status"] == status
        assert bench.judged().verdict is Verdict.PASS


class TestNamesOverATrace:
    """Names are taken and projects are held by what is there before and after a call."""

    @staticmethod
    def twice(bench: Bench, operation: str, request: dict[str, Any], arn_in: str) -> str:
        """Make the record say that a refused creation succeeded."""
        answer = bench.call(operation, request)
        assert answer.error == "ResourceInUseException"
        stem = {"CreateProject": f"{NOBODY.rpartition('/')[0].replace('none', str(request.get('ProjectName')))}"}
        parent = str(request.get("ProjectArn", "")).rpartition("/")[0]
        new = f"{stem.get(operation, f'{parent}/version/' + str(request.get('VersionName')))}/1600000099000"
        bench.calls[-1] = dataclasses.replace(bench.calls[-1], status=200, error=None, reply={arn_in: new})
        return new

    def test_rejects_a_version_name_given_twice(self) -> None:
        """At once where nobody else can have deleted the first; else the first has to be listed after the second."""
        bench = Bench()
        bench.version()
        self.twice(bench, "CreateProjectVersion", bench.create(bench.labels), "ProjectVersionArn")
        assert rules_of(bench) == {"rekognition/a version name in use is refused"}
        doubtful(bench)
        assert not rules_of(bench)
        bench.listed()
        assert "rekognition/a version name in use is refused" in rules_of(bench)

    def test_rejects_a_version_name_given_twice_if_the_first_still_obeys(self) -> None:
        """That the first version is started shows that it is there."""
        bench = Bench()
        arn = bench.model("train")
        self.twice(bench, "CreateProjectVersion", bench.create(bench.labels), "ProjectVersionArn")
        bench.ok(*start(arn))
        doubtful(bench)
        assert rules_of(bench) == {"rekognition/a version name in use is refused"}

    @pytest.mark.parametrize("status", [None, 500, 400])
    def test_a_name_may_be_free_once_a_deletion_of_its_version_has_begun(self, status: int | None) -> None:
        """A deletion that was not answered may have been done before the name was given again; a refused one was not."""
        bench = Bench()
        arn = bench.model("train")
        code = {400: "ResourceInUseException", 500: "InternalServerError"}.get(status or 0)
        end = bench.now + 9 if status is None else bench.now + 0.2
        deletion = Call(API.name, *delete(arn)[:1], HERE, "d", bench.now + 0.1, end, delete(arn)[1], status, code)
        bench.calls.append(dataclasses.replace(deletion, end=None if status is None else end, alone=True))
        self.twice(bench, "CreateProjectVersion", bench.create(bench.labels), "ProjectVersionArn")
        assert ("rekognition/a version name in use is refused" in rules_of(bench)) is (status == 400)

    @pytest.mark.parametrize("events", [("train",), ("train", "start", "run")])
    def test_rejects_the_deletion_of_a_project_that_nobody_emptied(self, events: tuple[str, ...]) -> None:
        """At once, as a document states it."""
        bench = Bench()
        bench.fire(bench.labels, "ready")
        bench.model(*events)
        bench.call("DeleteProject", {"ProjectArn": bench.labels})
        report = answered(bench, {"Status": "DELETING"})
        assert [(v.rule, v.grade) for v in report.violations] == [
            ("rekognition/a project with versions is not deleted", Grade.STATED)
        ]
        doubtful(bench)
        assert not rules_of(bench)  # somebody whose calls were not recorded may have deleted the version

    def test_a_name_is_free_once_its_version_is_gone(self) -> None:
        """The same name after a deletion is no breach, and neither is a first version that is being deleted."""
        bench = Bench()
        arn = bench.model("train", "delete")
        self.twice(bench, "CreateProjectVersion", bench.create(bench.labels), "ProjectVersionArn")
        bench.listed()
        assert "rekognition/a version name in use is refused" not in rules_of(bench)
        assert bench.job(arn).state == "DELETING"

    def test_rejects_a_project_name_given_twice(self) -> None:
        """The first project is still listed."""
        bench = Bench()
        self.twice(bench, "CreateProject", {"ProjectName": "labels"}, "ProjectArn")
        bench.ok("DescribeProjects", {})
        assert "rekognition/a project name in use is refused" in rules_of(bench)

    def test_rejects_the_deletion_of_a_project_with_versions(self) -> None:
        """A version of it is still listed; one that is being deleted does not count."""
        for events, broken in (((), True), (("train", "delete"), False)):
            bench = Bench()
            bench.fire(bench.labels, "ready")
            bench.model(*events)
            bench.call("DeleteProject", {"ProjectArn": bench.labels})
            bench.calls[-1] = dataclasses.replace(bench.calls[-1], status=200, error=None, reply={"Status": "DELETING"})
            bench.listed()
            doubtful(bench)
            assert ("rekognition/a project with versions is not deleted" in rules_of(bench)) is broken

    def test_units_of_a_second_start_that_was_answered_are_not_compared(self) -> None:
        """Under the reading that such a start is answered, the record is possible."""
        bench = Bench({"version/start of a model that is not at rest": "accepted"})
        arn = bench.running()
        bench.ok(*start(arn, 5))
        bench.seen(arn)
        assert bench.judged().verdict is Verdict.PASS

    def test_rejects_the_units_of_a_start_that_was_refused(self) -> None:
        """The units of the first start stay."""
        bench = Bench()
        arn = bench.running()
        assert bench.call(*start(arn, 5)).error == "ResourceInUseException"
        seen = {**bench.seen(arn), "MinInferenceUnits": 5}
        found = answered(bench, {"ProjectVersionDescriptions": [seen]}).violations
        assert [v.rule for v in found] == ["rekognition/inference units are those asked for"]

    def test_units_of_starts_in_flight_are_not_compared(self) -> None:
        """While a second start is unanswered, either units may be shown."""
        bench = Bench()
        arn = bench.model("train", "start", "run")
        request = start(arn, 7)[1]
        begun = Call(API.name, "StartProjectVersion", HERE, "d", bench.now + 0.1, None, request, None, alone=True)
        bench.calls.append(begun)
        seen = {**bench.seen(arn), "MinInferenceUnits": 7}
        assert "rekognition/inference units are those asked for" not in {
            v.rule for v in answered(bench, {"ProjectVersionDescriptions": [seen]}).violations
        }


def doubtful(bench: Bench) -> None:
    """Nobody vouches that the record is whole."""
    bench.calls = [dataclasses.replace(call, alone=False) for call in bench.calls]


def rules_of(bench: Bench) -> set[str]:
    return {violation.rule for violation in bench.judged().violations}


class TestProgress:
    """What was accepted comes about, within the patience that the user sets."""

    def test_a_stop_that_never_ends_is_owed_and_breaks_patience(self) -> None:
        """STOPPING for longer than the patience."""
        bench = Bench()
        arn = bench.model("train", "start", "run", "stop")
        bench.seen(arn)
        bench.now += 3600
        bench.seen(arn)
        report = judge(API, bench.calls, Settings(patience=600.0))
        assert [v.rule for v in report.violations] == ["rekognition/version/a stop leads to an end"]
        assert "a stop leads to an end" in {owed.name for owed in judge(API, bench.calls).pending}

    def test_a_deprecated_adapter_is_given_all_its_time(self) -> None:
        """Nothing is owed by an adapter in use or in its months of grace."""
        bench = Bench()
        arn = bench.version(project=bench.adapters)
        for event in ("train", "deprecate"):
            bench.fire(arn, event)
            assert bench.seen(arn, bench.adapters)
        assert not [owed for owed in judge(API, bench.calls).pending if owed.job.lifecycle == "version"]

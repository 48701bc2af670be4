"""What is chosen is what is seen on the wire: each reading of each question, the seed, the pace."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from haltspec import apis, services
from haltspec.__main__ import main
from haltspec.errors import Misuse
from haltspec.services.base import Job, Told
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.faults import Fault
from haltspec.wire.host import Host, Settings
from haltspec.wire.http import Request
from haltspec.wire.pace import Pace
from haltspec_properties import asks
from haltspec_properties.clients import ReferenceService
from haltspec_properties.session import Known, Session
from haltspec_properties.walk import Walk

Step = tuple[Any, ...]
FAR = 1000
"""So often done already: not to be aimed at."""
LEAPS_S = (0.5, 3.0, 20.0, 100_000.0)


class Tape:
    """All that was done to a host, and all that came of it, so that it can be done to another host.

    Args:
        inside: how the host is called.
        settings: how it is run.
        clock: its clock.
    """

    def __init__(self, inside: Any, settings: Settings, clock: Any) -> None:
        [name] = settings.apis
        self.inside, self.api, self.clock = inside, apis.load(name), clock
        self.host = Host(settings, clock=clock)
        self.reference = self.host.reference(name)
        self.steps: list[Step] = []
        self.outcomes: list[Any] = []
        self._answer = self.host.answer
        self.host.answer = self._told  # type: ignore[method-assign]

    async def _told(self, request: Request) -> Any:
        self.outcomes.append(await self._answer(request))
        return self.outcomes[-1]

    def call(self, operation: str, request: Any, *, tenant: str, client: str) -> Call:
        """As an adapter."""
        self.steps.append(("call", operation, request, tenant))
        made: Call = self.inside.loop.run_until_complete(
            self.inside.called(self.host, self.api, operation, request, tenant)
        )
        return made

    def fire(self, job: Job, row: Any) -> None:
        """Let a job make a move."""
        self.steps.append(("fire", job.key, row))
        try:
            self.outcomes.append(self.reference.fire(job, row).name)
        except Misuse as error:
            self.outcomes.append(str(error))

    def wind_on(self, seconds: float) -> None:
        """Let time pass."""
        self.steps.append(("wind_on", seconds))
        self.host.wind_on(seconds)

    def fault(self, fault: Fault) -> None:
        """Switch a fault on."""
        self.steps.append(("fault", fault))
        self.host.set_faults([fault])

    def settle(self) -> None:
        """Bring all jobs to rest."""
        self.steps.append(("settle",))
        self.host.settle(self.api.name)
        self.outcomes.append([job.state for job in self.reference.jobs()])

    def play(self, seed: int, calls: int, aims: frozenset[str] = frozenset()) -> Tape:
        """A random walk, with wrong calls, filtered lists and stories in it; it aims at the rows named, if any."""
        rng = Random(seed)
        walk = _Walk(self.reference, rng, self.reference.service.tenants(0), adapter=self)
        for lifecycle in self.api.lifecycles if aims else ():
            walk.done.update(
                {("row", lifecycle.name, row.name): FAR for row in lifecycle.all_rows() if row.name not in aims}
            )
        for tenant in walk.tenants:
            walk.session.prelude(tenant)
        for story in self.reference.service.stories(walk.tenants[0]) if seed == 0 else ():
            told: dict[str, Any] = {}
            for operation, request in story:
                given = {n: told.get(v.member) if isinstance(v, Told) else v for n, v in request.items()}
                told |= walk.session.call(operation, given, walk.tenants[0]).reply or {}
        while len(walk.calls) < calls:
            walk.step()
            self._stray(walk, rng)
        self.settle()
        for known in walk.session.jobs[-20:]:
            walk.look(known)
        return self

    def _stray(self, walk: Walk, rng: Random) -> None:
        """Now and then something that a walk does not do."""
        chance, session = rng.random(), walk.session
        known = rng.choice(session.jobs) if session.jobs else None
        if chance < 0.05:
            self.wind_on(rng.choice(LEAPS_S))
        elif chance < 0.1:
            self.settle()
        elif chance < 0.3:
            operation, request, tenant = self.inside.some_call(session, walk.tenants, rng)
            session.call(operation, request, tenant)
            if rng.random() < 0.3 and (
                wrong := asks.malformed(
                    self.api, asks.Ask("", operation, request, tenant, self.api.bound(operation)[0])
                )
            ):
                ask = rng.choice(wrong)
                session.call(ask.operation, ask.request, ask.tenant)
        elif chance < 0.4 and known is not None and (foreign := asks.foreign(session, known)):
            ask = rng.choice(foreign)
            session.call(ask.operation, ask.request, ask.tenant)

    def replays(self, other: Tape) -> bool:
        """Do the same steps as were done to another host until something else comes of one; True if nothing else does."""
        for what, *rest in other.steps:
            seen = len(self.outcomes)
            if what == "call":
                operation, request, tenant = rest
                self.call(operation, request, tenant=tenant, client="")
            elif what == "fire":
                key, row = rest
                job = self.reference.find(key.tenant, key.id)
                if job is not None:
                    self.fire(job, row)
            else:
                getattr(self, what)(*rest)
            if self.outcomes[seen:] != other.outcomes[seen : len(self.outcomes)]:
                return False
        return self.outcomes == other.outcomes


class _Walk(Walk):
    """A walk whose moves stand on the tape as well."""

    def _event(self, job: Job, row: str, known: Known) -> None:
        tape = self.session.adapter
        assert isinstance(tape, Tape)
        tape.fire(job, row)
        self.look(known)


class Play:
    """Calls on purpose, for readings that no walk is likely to meet.

    Args:
        tape: where they stand.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape, self.api = tape, tape.api
        self.session = Session(tape.api, tape)
        self.tenant = self.session.service.tenants(0)[0]
        self.session.prelude(self.tenant)
        tape.settle()

    def make(self, operation: str, number: int = 0, **members: Any) -> str:
        """Make a job; its id, empty if it was refused."""
        known = len(self.session.jobs)
        self.session.create(self.api.bound(operation)[0], self.tenant, number, **members)
        return self.session.jobs[-1].key.id if len(self.session.jobs) > known else ""

    def do(self, operation: str, job_id: str, **members: Any) -> Any:
        """Make a call on a job; its reply."""
        return self.session.ask(self.api.bound(operation)[0], self.tenant, job_id, **members).reply

    def ask(self, operation: str, tenant: str = "", **members: Any) -> Any:
        """Make any call; its reply."""
        return self.session.call(operation, members, tenant or self.tenant).reply or {}

    def move(self, job_id: str, *events: str) -> None:
        """Let a job move."""
        job = self.tape.reference.find(self.tenant, job_id)
        if job is not None:
            for event in events:
                self.tape.fire(job, event)

    def turn(self, operation: str, **members: Any) -> None:
        """Ask for a page, and for the next with another length."""
        token = self.ask(operation, MaxResults=1, **members).get("NextToken")
        self.ask(operation, MaxResults=2, NextToken=token, **members)


def _comprehend(play: Play) -> None:
    start, name = "StartEntitiesDetectionJob", "EntitiesDetectionJob"
    for token, job_name in (("a", "nightly"), ("a", "daily"), ("b", "nightly")):
        job_id = play.make(start, ClientRequestToken=token, JobName=job_name)
    play.ask(f"List{name}s", Filter={"JobName": "night"})
    shown = play.do(f"Describe{name}", job_id)[f"{name}Properties"]
    play.ask(f"List{name}s", Filter={"SubmitTimeBefore": shown["SubmitTime"]})
    play.turn(f"List{name}s")
    play.tape.wind_on(100_000.0)
    play.make(start, ClientRequestToken="b", JobName="nightly")
    for _ in range(2):
        model = play.make("CreateDocumentClassifier", ClientRequestToken="c")
        play.move(model, "begin", "complete")
        play.do("DeleteDocumentClassifier", model)
        play.move(model, "vanish")
    play.make("StartPiiEntitiesDetectionJob", LanguageCode="es")
    play.make(start, Tags=[{"Key": "k" * 128, "Value": "value"}])
    for number in range(2):
        play.make("StartTopicsDetectionJob", number)
    play.ask("ListTopicsDetectionJobs", Filter={"SubmitTimeAfter": 1_000_000_000})
    for number in range(12):
        stopped = play.make("StartKeyPhrasesDetectionJob", number)
        play.move(stopped, "begin")
        if number > 8:
            play.do("StopKeyPhrasesDetectionJob", stopped)
    play.tape.fault(Fault("throttle"))
    play.do(f"Describe{name}", job_id)


def _translate(play: Play) -> None:
    start, describe, lists = (f"{verb}TextTranslationJob" for verb in ("Start", "Describe", "List"))
    job_id = play.make(start, TargetLanguageCodes=["de", "fr"], JobName="nightly")
    play.move(job_id, "begin", "complete")
    shown = play.do(describe, job_id)["TextTranslationJobProperties"]
    play.make(start, InputDataConfig={"S3Uri": "s3://inbox/in", "ContentType": "application/pdf"})
    play.make(start, InputDataConfig={"S3Uri": "s3://inbox", "ContentType": "text/plain"})
    play.make(start, Settings={"Brevity": "ON"})
    for job_name in ("nightly", "daily"):
        play.make(start, ClientToken="a", JobName=job_name)
    play.ask(f"{lists}s", Filter={"JobName": "night"})
    play.ask(f"{lists}s", Filter={"SubmittedBeforeTime": shown["SubmittedTime"]})
    play.turn(f"{lists}s")
    play.tape.fault(Fault("throttle"))
    play.do(describe, job_id)


def _rekognition(play: Play) -> None:
    describe, prelude = "DescribeProjectVersions", play.session.prelude(play.tenant)
    own, other = (str(reply["ProjectArn"]) for reply in prelude[:2])
    play.ask("CreateProjectVersion", ProjectArn=own, VersionName="bare", OutputConfig={"S3Bucket": "custom-labels"})
    version, second = play.make("CreateProjectVersion", 0), play.make("CreateProjectVersion", 2)
    for trained in (version, second):
        play.move(trained, "train")

    def copy(source: str, name: str, to: str = other) -> str:
        place: dict[str, Any] = {"SourceProjectArn": own, "DestinationProjectArn": to}
        place |= {"OutputConfig": {"S3Bucket": "custom-labels"}, "VersionName": name}
        reply = play.ask("CopyProjectVersion", SourceProjectVersionArn=source, **place)
        return str(reply.get("ProjectVersionArn", ""))

    copies = [copy(version, name) for name in ("first", "second", "third")]
    play.do("StopProjectVersion", copies[0])
    play.do("DeleteProjectVersion", copies[2])
    play.move(copies[1], "copy")
    play.ask(describe, ProjectArn=other)
    play.turn(describe, ProjectArn=own)
    play.do("StartProjectVersion", version)
    copy(version, "of-one-that-starts")
    play.move(version, "run")
    play.do("StopProjectVersion", version)
    play.move(version, "halt")
    play.ask(describe, ProjectArn=own)
    play.do("StartProjectVersion", version)
    play.move(version, "run", "fail")
    play.do("StopProjectVersion", version)
    play.move(version, "show", "recover")
    copy(version, "of-one-that-runs-or-failed")
    play.do("DeleteProjectVersion", second)
    copy(second, "of-one-that-is-deleted")
    copy(version, "to-one-that-is-made", play.make("CreateProject", 8))
    project = play.make("CreateProject", 10)
    play.move(project, "ready")
    play.do("DeleteProject", project)
    copy(version, "to-one-that-is-deleted", project)
    play.tape.fault(Fault("throttle", code="ThrottlingException"))
    play.ask(describe, ProjectArn=own)


def _dataarts(play: Play) -> None:
    project = play.tenant.partition("/")[0]
    play.ask("ListJobs", tenant=f"{project}/")
    play.make("CreateJob", 0, name="bare", nodes=[])
    play.do("StartJob", "bare")
    names = [play.make("CreateJob", number * 3) for number in range(1, 4)]
    play.ask("ListJobs", limit=2, offset=1)
    play.ask("ListJobs", jobName=names[0][:3])
    play.do("StartJob", names[0])
    play.do("StopJob", names[0])
    play.move(names[0], "linger")
    play.do("StartJob", names[1])
    play.move(names[1], "pause")
    play.do("DeleteJob", names[1])
    play.do("StartJob", names[2])
    play.move(names[2], "pause")
    play.do("StartJob", names[2])
    play.ask("ListJobs")


def _devicefarm(play: Play) -> None:
    pool = f"arn:aws:devicefarm:us-west-2:{play.tenant[:12]}:devicepool:{'1' * 8}-{'2' * 4}-{'3' * 4}-{'4' * 4}-{'5' * 12}/1"
    play.ask("ListRuns", arn=pool)

    def run(*ends: str) -> None:
        """A run whose first job ends before it is stopped, and whose second ends afterwards."""
        run_id = play.make("ScheduleRun", 1)
        jobs = [str(job["arn"]) for job in play.ask("ListJobs", arn=run_id).get("jobs", ())]
        for job_id in jobs:
            play.move(job_id, "begin", "test", "tear_down")
        play.move(jobs[0], "gather", ends[0])
        play.do("StopRun", run_id)
        play.do("GetRun", run_id)
        play.move(jobs[1], *ends[1:])
        play.do("GetRun", run_id)

    run("fail", "halt")
    run("pass", "pass")
    run("err", "halt")
    run_id = play.make("ScheduleRun", 1)
    jobs = [str(job["arn"]) for job in play.ask("ListJobs", arn=run_id).get("jobs", ())]
    for job_id in jobs:
        play.move(job_id, "begin", "test")
    play.do("StopJob", jobs[0])
    play.do("GetRun", run_id)
    play.move(jobs[0], "tear_down", "halt")
    play.do("GetJob", jobs[0])
    for event, operation in (("prepare", "StopRun"), ("begin", "StopJob")):
        run_id = play.make("ScheduleRun", 1)
        for job in play.ask("ListJobs", arn=run_id).get("jobs", ()):
            play.move(job["arn"], event)
            play.do(operation, run_id if operation == "StopRun" else job["arn"])
        play.do("GetRun", run_id)
    play.make("ScheduleRun", projectArn=pool.replace(":devicepool:", ":project/"))
    run_id = play.make("ScheduleRun", 0)
    [job] = play.ask("ListJobs", arn=run_id)["jobs"]
    play.move(job["arn"], "begin", "test", "tear_down", "gather")
    play.do("GetRun", run_id)


def _crowded(play: Play) -> None:
    for number in range(1011):
        play.make("StartTextTranslationJob", number)


STORIES = {
    "comprehend": _comprehend,
    "translate": _translate,
    "rekognition": _rekognition,
    "dataarts": _dataarts,
    "devicefarm": _devicefarm,
}
CROWDED = ("translate", "too many jobs")
BESIDES: dict[tuple[str, str], dict[str, str]] = {
    ("comprehend", "slot of a stopping job"): {"too many jobs": "InvalidRequestException"},
    ("devicefarm", "run/result of a stopped run"): {"job/result of a stopped job": "natural"},
    ("devicefarm", "run/PROCESSING after the tests"): {"job/PROCESSING after the tests": "also after"},
}
"""Readings beside which alone others can be seen."""


def rows_of(api: Api, question: str, reading: str) -> frozenset[str]:
    """The names of the rows that hold with a reading and not with the default, or the other way round."""
    name, _, asked = question.partition("/")
    lifecycle = next((lc for lc in api.lifecycles if asked and lc.name == name), None)
    if lifecycle is None:
        return frozenset()
    usual = {open_.name: open_.default for open_ in lifecycle.questions}
    first, second = (lifecycle.rows(chosen) for chosen in (usual, {**usual, asked: reading}))
    return frozenset(row.name for row in first) ^ frozenset(row.name for row in second)


def is_seen(inside: Any, clocks: Any, usual_tapes: list[Tape], api: Api, question: str, reading: str) -> bool:
    """True if the same steps lead to other outcomes with the reading than with the default."""
    name, besides = api.name, BESIDES.get((api.name, question), {})
    usual = {f"{name}/{other}": chosen for other, chosen in besides.items()}
    chosen = {**usual, f"{name}/{question}": reading}

    def tape(readings: dict[str, str], free: bool = False) -> Tape:
        return Tape(inside, Settings((name,), Pace.MANUAL, seed=1, free=free, readings=readings), clocks())

    if not besides and any(not tape(chosen).replays(told) for told in usual_tapes):
        return True
    for first, second in ((usual, chosen), (chosen, usual)):
        told = tape(first)
        (_crowded if (name, question) == CROWDED else STORIES[name])(Play(told))
        if not tape(second).replays(told):
            return True
    for seed in range(64):
        first, second = ((usual, chosen), (chosen, usual))[seed % 2]
        told = tape(first, seed % 4 > 1).play(seed // 4, 120, rows_of(api, question, reading))
        if not tape(second, seed % 4 > 1).replays(told):
            return True
    return False


@pytest.mark.parametrize("name", apis.NAMES)
def test_every_reading_is_seen(inside: Any, clocks: Any, name: str) -> None:
    """Of every question that the reference model can answer in more than one way."""
    api, fixed = apis.load(name), services.load(name).unmodelled
    tapes = [Tape(inside, Settings((name,), Pace.MANUAL, seed=1), clocks()) for _ in range(4)]
    STORIES[name](Play(tapes[0]))
    for seed, tape in enumerate(tapes[1:]):
        tape.play(seed, 120)
    unseen = [
        (name, question.name, reading.name)
        for name, question in api.all_questions().items()
        for reading in question.readings
        if name not in fixed
        and reading.name != question.default
        and not is_seen(inside, clocks, tapes, api, name, reading.name)
    ]
    assert unseen == []


class TestChoosing:
    """A reading is chosen by its question, with its API where several ask it; what cannot be had is refused."""

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_every_question_can_be_answered(self, name: str) -> None:
        for question, asked in apis.load(name).all_questions().items():
            for reading in asked.readings:
                settings = Settings((name,), readings={f"{name}/{question}": reading.name})
                if question in services.load(name).unmodelled and reading.name != asked.default:
                    with pytest.raises(Misuse, match="the reference model has no choice for"):
                        Host(settings)
                else:
                    assert Host(settings).reference(name).readings[question] == reading.name

    def test_on_the_command_line(self) -> None:
        with ReferenceService(readings={"translate/languages of a start": "1"}) as service:
            readings = service.control("GET", "")["readings"]
        assert readings["translate"]["languages of a start"] == "1"

    @pytest.mark.parametrize(
        ("chosen", "trouble"),
        [
            ("languages of a strat=1", "unknown open question 'languages of a strat'; did you mean "),
            ("retention=for ever", "several APIs ask 'retention'; name one: comprehend/retention, translate/retention"),
            ("comprehend/retention=x", "unknown reading of "),
            ("retention", "--reading 'retention' names no reading; write --reading 'QUESTION=READING'"),
        ],
    )
    def test_rejects_what_is_no_choice(self, chosen: str, trouble: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["serve", "--reading", chosen]) == 2
        assert capsys.readouterr().err.startswith(f"Error: {trouble}")


class TestSeed:
    """With the same seed and clock the same calls have the same answers, byte by byte."""

    @pytest.mark.parametrize("name", apis.NAMES)
    @pytest.mark.parametrize("pace", Pace)
    def test_the_same_again(self, inside: Any, clocks: Any, name: str, pace: Pace) -> None:
        faults = tuple(map(Fault.parse, ("throttle:rate=0.1", "cut:rate=0.1,effect=yes", "unlucky:rate=0.3")))

        def tape(seed: int) -> Tape:
            settings = Settings((name,), pace, (0.1, 1.0), seed, free=True, faults=faults)
            return Tape(inside, settings, clocks())

        told = tape(7).play(1, 150)
        assert tape(7).replays(told)
        assert not tape(8).replays(told)

    def test_ids_on_the_wire(self) -> None:
        """Two processes give the same ids."""
        ids = []
        for _ in range(2):
            with ReferenceService("comprehend", seed=7) as service:
                given, client = {"S3Uri": "s3://bucket/prefix"}, service.client("comprehend")
                role = "arn:aws:iam::111122223333:role/analyst"
                made = {"InputDataConfig": given, "OutputDataConfig": given, "DataAccessRoleArn": role}
                ids.append([client.start_dominant_language_detection_job(**made)["JobId"] for _ in range(3)])
        assert ids[0] == ids[1]
        assert len(set(ids[0])) == 3

    def test_without_a_seed_each_run_is_another(self, clocks: Any) -> None:
        assert Host(Settings(), clock=clocks()).seed != Host(Settings(), clock=clocks()).seed


class TestPace:
    """At once, by and by, or when told to."""

    def story(self, inside: Any, clocks: Any, pace: Pace) -> tuple[Play, str]:
        play = Play(Tape(inside, Settings(("comprehend",), pace, (1.0, 2.0), 1), clocks()))
        return play, play.make("StartEntitiesDetectionJob")

    def status(self, play: Play, job_id: str) -> str:
        shown = play.do("DescribeEntitiesDetectionJob", job_id)
        return str(shown["EntitiesDetectionJobProperties"]["JobStatus"])

    def test_instant(self, inside: Any, clocks: Any) -> None:
        """The answer shows what was, and the next call what came of it."""
        play, job_id = self.story(inside, clocks, Pace.INSTANT)
        assert play.session.calls[-1].reply["JobStatus"] == "SUBMITTED"
        assert self.status(play, job_id) == "COMPLETED"

    def test_timed(self, inside: Any, clocks: Any) -> None:
        play, job_id = self.story(inside, clocks, Pace.TIMED)
        seen = []
        for _ in range(60):
            seen.append(self.status(play, job_id))
            play.tape.wind_on(0.1)
        assert list(dict.fromkeys(seen)) == ["SUBMITTED", "IN_PROGRESS", "COMPLETED"]
        assert all(6 <= seen.count(status) <= 22 for status in ("SUBMITTED", "IN_PROGRESS"))

    def test_timed_moves_have_their_own_time(self, inside: Any, clocks: Any) -> None:
        """However long nobody looks, a job ends when it was due."""
        play, job_id = self.story(inside, clocks, Pace.TIMED)
        play.tape.wind_on(1000)
        shown = play.do("DescribeEntitiesDetectionJob", job_id)["EntitiesDetectionJobProperties"]
        assert 2 <= shown["EndTime"] - shown["SubmitTime"] <= 4

    def test_manual(self, inside: Any, clocks: Any) -> None:
        play, job_id = self.story(inside, clocks, Pace.MANUAL)
        play.tape.wind_on(1e6)
        assert self.status(play, job_id) == "SUBMITTED"
        play.tape.settle()
        assert self.status(play, job_id) == "COMPLETED"

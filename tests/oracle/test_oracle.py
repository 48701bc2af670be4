"""The judgement of recordings: what is ruled out, who says so, which calls show it, and what is not blamed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.lts import ABSENT, Grade
from haltspec.oracle import Report, Settings, Verdict, Violation, judge
from haltspec.spec import JobKey
from haltspec.trace import Call

TENANT, OTHER = "111122223333/us-east-1", "444455556666/us-east-1"
JOB, SECOND = "a" * 32, "b" * 32
STRICT = Settings(floor=Grade.ASSUMED)
START: dict[str, Any] = {
    "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/results"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
    "LanguageCode": "en",
}
ENDED = ("COMPLETED", "FAILED", "STOPPED")


def arn(job: str, tenant: str = TENANT) -> str:
    """The ARN of an entities job."""
    account, _, region = tenant.partition("/")
    return f"arn:aws:comprehend:{region}:{account}:entities-detection-job/{job}"


def view(status: str, job: str = JOB, *, tenant: str = TENANT, **members: Any) -> dict[str, Any]:
    """An entities job as it is described."""
    account = tenant.partition("/")[0]
    ended = {"EndTime": 1500.0} if status in ENDED else {}
    failed = {"Message": "no access to the input"} if status == "FAILED" else {}
    output = f"s3://outbox/results/{account}-NER-{job}/output/output.tar.gz"
    shown = {"JobId": job, "JobArn": arn(job, tenant), "JobStatus": status, "SubmitTime": 1000.0, **START}
    return {**shown, "OutputDataConfig": {"S3Uri": output}, **ended, **failed, **members}


@dataclass
class Recording:
    """Calls on entities jobs of Comprehend, written by hand: each begins 10 s after the one before and takes 1 s."""

    tenant: str = TENANT
    alone: bool = True
    calls: list[Call] = field(default_factory=list)

    def call(
        self,
        operation: str,
        request: Mapping[str, Any],
        reply: Any = None,
        *,
        error: str | None = None,
        http: int | None = None,
        at: float | None = None,
        took: float = 1.0,
        client: str = "c",
        tenant: str = "",
    ) -> Recording:
        """Add a call: a success with `reply`, an error, or (`took` infinite) one without an answer."""
        start = 1000.0 + 10 * len(self.calls) if at is None else at
        lost = took == float("inf")
        code = http if http is not None else 400 if error else 200
        self.calls.append(
            Call(
                "comprehend",
                operation,
                tenant or self.tenant,
                client,
                start,
                None if lost else start + took,
                request,
                None if lost else code,
                error,
                None if lost else {"__type": error} if error and reply is None else reply,
                self.alone,
            )
        )
        return self

    def start(self, job: str = JOB, status: str = "SUBMITTED", *, token: str = "", **how: Any) -> Recording:
        """Start a job."""
        request = {**START, **({"ClientRequestToken": token} if token else {}), **how.pop("request", {})}
        shown = {"JobId": job, "JobArn": arn(job, how.get("tenant") or self.tenant), "JobStatus": status}
        reply = None if how.get("error") else shown
        return self.call("StartEntitiesDetectionJob", request, reply, **how)

    def describe(
        self, status: str = "", job: str = JOB, members: Mapping[str, Any] | None = None, **how: Any
    ) -> Recording:
        """Describe a job."""
        tenant = how.get("tenant") or self.tenant
        shown = {"EntitiesDetectionJobProperties": view(status, job, tenant=tenant, **(members or {}))}
        reply = None if how.get("error") else shown
        return self.call("DescribeEntitiesDetectionJob", {"JobId": job}, reply, **how)

    def stop(self, status: str = "", job: str = JOB, **how: Any) -> Recording:
        """Stop a job."""
        reply = None if how.get("error") else {"JobId": job, "JobStatus": status}
        return self.call("StopEntitiesDetectionJob", {"JobId": job}, reply, **how)

    def listing(
        self, *jobs: dict[str, Any], request: Mapping[str, Any] | None = None, more: str = "", **how: Any
    ) -> Recording:
        """List jobs."""
        reply: dict[str, Any] = {"EntitiesDetectionJobPropertiesList": list(jobs)}
        if more:
            reply["NextToken"] = more
        return self.call("ListEntitiesDetectionJobs", request or {}, reply, **how)

    def judge(self, settings: Settings | None = None) -> Report:
        """The judgement."""
        return judge(load("comprehend"), self.calls, settings)

    def rules(self, settings: Settings = STRICT) -> list[str]:
        """The rules that are broken at the lowest floor, without the API's name."""
        return [v.rule.removeprefix("comprehend/") for v in self.judge(settings).violations]


def lost(recording: Recording) -> Recording:
    """The last call was not answered."""
    recording.calls[-1] = replace(recording.calls[-1], end=None, status=None, error=None, reply=None)
    return recording


def only(report: Report) -> Violation:
    """The one violation."""
    [violation] = report.violations
    return violation


class TestRecording:
    """The recordings below are good where nothing is said of them."""

    def test_a_whole_life_passes_strictly(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS").stop("STOP_REQUESTED").describe("STOP_REQUESTED")
        recording.describe("STOPPED").stop("STOPPED").listing(view("STOPPED")).describe("STOPPED")
        report = recording.judge(STRICT)
        assert (report.verdict, report.violations, report.warnings) == (Verdict.PASS, (), ())
        assert (report.api, report.calls, report.jobs, report.observations) == ("comprehend", 8, 1, 8)


class TestViolation:
    """A violation tells the rule, how sure it is, who says so, what was possible, and the calls that show it."""

    def test_an_ended_job_that_runs_again(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS").describe("COMPLETED").describe("IN_PROGRESS")
        violation = only(recording.judge())
        assert violation.rule == "comprehend/job/nothing leaves COMPLETED"
        assert violation.grade is Grade.IMPLIED
        assert str(violation.source) == "BOTO JobStatus, the meaning of each status"
        assert violation.message == (
            f"entities job {JOB} of {TENANT}: Describe answered IN_PROGRESS while it was COMPLETED; possible: COMPLETED"
        )
        assert violation.job == JobKey(TENANT, "job", "entities", JOB)
        assert violation.calls == (0, 2, 3)
        assert violation.belief == ("COMPLETED",)
        assert violation.possible == (
            "Describe [plain] -> ok in COMPLETED: job/described [stated: APIREF Describe..., JobStatus]",
        )

    def test_a_completed_job_that_is_stopped(self) -> None:
        """The seed page's third paragraph."""
        violation = only(Recording().start().describe("COMPLETED").stop("STOP_REQUESTED").judge())
        assert violation.rule == "comprehend/job/a finished job cannot be stopped"
        assert violation.grade is Grade.STATED
        assert str(violation.source) == "StopEntitiesDetectionJob Description, 3rd paragraph"
        assert violation.message == (
            f"entities job {JOB} of {TENANT}: Stop answered STOP_REQUESTED while it was COMPLETED; "
            "possible: InvalidRequestException"
        )
        assert violation.calls == (0, 1, 2)

    def test_a_running_job_that_is_not_stopped(self) -> None:
        """A refusal is blamed on the row that says that such a job is stopped."""
        recording = Recording().start().stop("STOP_REQUESTED").describe("STOPPED").stop(error="InvalidRequestException")
        violation = only(recording.judge())
        assert violation.rule == "comprehend/job/a stopped job may be stopped again"
        assert violation.message == (
            f"entities job {JOB} of {TENANT}: Stop refused with InvalidRequestException while it was STOPPED; possible: STOPPED"
        )
        assert (violation.grade, violation.calls) == (Grade.STATED, (0, 1, 2, 3))

    def test_an_id_that_nobody_was_given(self) -> None:
        violation = only(Recording().stop("STOPPED", SECOND).judge())
        assert violation.rule == "comprehend/job/unknown id is not stopped"
        assert violation.message == (
            f"entities job {SECOND} of {TENANT}: Stop answered STOPPED while it was absent; possible: JobNotFoundException"
        )
        assert (violation.belief, violation.calls) == ((ABSENT,), (0,))

    def test_an_id_given_twice(self) -> None:
        violation = only(Recording().start().start().judge(STRICT))
        assert violation.rule == "comprehend/job/an id is given once"
        assert violation.message == (
            f"entities job {JOB} of {TENANT}: Start answered SUBMITTED while it was SUBMITTED, IN_PROGRESS, COMPLETED or "
            "FAILED; possible: another id"
        )
        assert violation.grade is Grade.STATED
        assert str(violation.source) == "BOTO JobArn: unique, and made of the account, the region and the job ID"

    def test_who_implies_that_an_id_is_given_once_where_nobody_says_so(self) -> None:
        """The document that describes the creation; what it states is that a job is made."""
        made = {"JobId": JOB, "JobStatus": "SUBMITTED"}
        calls = [
            Call("translate", "StartTextTranslationJob", TENANT, "c", n, n + 0.5, {}, 200, None, made, True)
            for n in (1, 3)
        ]
        [violation] = [v for v in judge(load("translate"), calls).violations if v.job is not None]
        assert violation.rule == "translate/job/an id is given once"
        assert (violation.grade, violation.source.document) == (Grade.IMPLIED, "GUIDE")
        assert violation.message.endswith("; possible: another id")

    def test_a_state_out_of_order(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS").describe("STOPPED")
        violation = only(recording.judge())
        assert violation.rule == "comprehend/job/STOPPED does not follow IN_PROGRESS"
        recording = Recording().start().stop("STOP_REQUESTED").describe("IN_PROGRESS")
        assert recording.rules() == ["job/IN_PROGRESS does not follow STOP_REQUESTED"]

    def test_a_status_that_no_state_shows(self) -> None:
        """A kind without a stop never shows a stop."""
        topics = "TopicsDetectionJob"
        shown = {"JobId": JOB, "JobArn": arn(JOB).replace("entities", "topics"), "JobStatus": "SUBMITTED"}
        start = {name: value for name, value in START.items() if name != "LanguageCode"}
        described = {"TopicsDetectionJobProperties": {**shown, "JobStatus": "STOP_REQUESTED"}}
        recording = (
            Recording().call(f"Start{topics}", start, shown).call(f"Describe{topics}", {"JobId": JOB}, described)
        )
        assert "unstoppable/STOP_REQUESTED is no state of a job" in recording.rules()


class TestShownCalls:
    """A violation is shown by few calls: those that may have changed the job, and what must be known besides."""

    def test_reads_that_show_nothing_are_left_out(self) -> None:
        recording = Recording().start()
        for status in ("SUBMITTED", "SUBMITTED", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS"):
            recording.describe(status)
        recording.listing(view("IN_PROGRESS")).describe("SUBMITTED")
        assert only(recording.judge()).calls == (0, 6, 7)

    def test_among_a_thousand_reads_the_one_that_shows_it_is_found(self) -> None:
        recording = Recording().start().describe("FAILED")
        for _ in range(1000):
            recording.listing(view("FAILED"))
        assert only(recording.describe("IN_PROGRESS").judge()).calls == (0, 1001, 1002)

    def test_refusals_are_left_out_too(self) -> None:
        recording = Recording().start().describe("FAILED").stop(error="InvalidRequestException")
        recording.stop(error="ThrottlingException").stop("STOPPED")
        assert only(recording.judge()).calls == (0, 1, 4)

    def test_after_one_violation_the_next_needs_only_what_followed(self) -> None:
        recording = (
            Recording().start().describe("COMPLETED").describe("IN_PROGRESS").describe("FAILED").describe("IN_PROGRESS")
        )
        assert [(v.rule, v.calls) for v in recording.judge().violations if "nothing leaves" in v.rule] == [
            ("comprehend/job/nothing leaves COMPLETED", (0, 1, 2)),
            ("comprehend/job/nothing leaves FAILED", (3, 4)),
        ]

    def test_calls_that_began_later_and_ended_earlier_are_shown(self) -> None:
        """A slow description is ruled out by a stop that happened meanwhile and one look after it."""
        recording = Recording().start().describe("IN_PROGRESS", at=1010, took=0.5)
        recording.stop("STOP_REQUESTED", at=1020, client="s").describe("STOPPED", at=1030, client="d")
        recording.describe("SUBMITTED", at=1015, took=20, client="slow")
        assert only(recording.judge()).calls[-1] == 4

    def test_unanswered_stops_are_shown_once(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS")
        for _ in range(5):
            recording.stop(took=float("inf"))
        recording.describe("COMPLETED").describe("STOPPED")
        assert only(recording.judge()).calls == (0, 2, 7, 8)


class TestOneFaultOnce:
    """What follows from a fault that was told is no second one; what does not is told as well."""

    SHOWS = "a stop of five kinds shows STOP_REQUESTED or STOPPED"

    def running(self) -> Recording:
        """A job in progress."""
        return Recording().start().describe("IN_PROGRESS")

    def test_a_description_from_before(self) -> None:
        stale = self.running().stop("STOP_REQUESTED").describe("IN_PROGRESS")
        assert stale.describe("STOP_REQUESTED").describe("STOPPED").rules() == [
            "job/IN_PROGRESS does not follow STOP_REQUESTED"
        ]

    def test_a_job_that_really_went_back(self) -> None:
        back = self.running().stop("STOP_REQUESTED").describe("IN_PROGRESS").describe("IN_PROGRESS")
        assert back.describe("STOP_REQUESTED").rules() == [
            "job/IN_PROGRESS does not follow STOP_REQUESTED",
            "job/STOP_REQUESTED does not follow IN_PROGRESS",
        ]

    def test_a_stop_with_a_wrong_answer_stops_all_the_same(self) -> None:
        for then in (["STOP_REQUESTED", "STOPPED"], ["IN_PROGRESS", "STOP_REQUESTED"], ["IN_PROGRESS", "COMPLETED"]):
            recording = self.running().stop("IN_PROGRESS")
            for status in then:
                recording.describe(status)
            assert recording.rules() == [self.SHOWS], then
        ended = self.running().stop("COMPLETED").describe("STOP_REQUESTED").describe("STOPPED")
        assert ended.rules() == [self.SHOWS]

    def test_a_stop_that_had_to_be_refused_and_has_a_wrong_answer_too(self) -> None:
        recording = Recording().start().describe("COMPLETED").stop("COMPLETED")
        assert recording.rules() == [self.SHOWS, "job/a finished job cannot be stopped"]

    def test_of_two_jobs_only_that_with_the_wrong_answer_is_excused(self) -> None:
        recording = self.running().start(SECOND).stop("IN_PROGRESS").describe("STOPPED").describe("STOPPED", SECOND)
        assert recording.rules() == [self.SHOWS, "job/STOPPED does not follow SUBMITTED"]

    def test_a_job_that_was_listed_out_of_nothing(self) -> None:
        """What a floor above that of the rule on lists would tell, it tells instead."""
        listed = Recording().listing(view("IN_PROGRESS")).describe("IN_PROGRESS").stop("STOP_REQUESTED")
        assert listed.rules(Settings()) == ["job/not listed before it exists"]
        assert "job/unknown id is not described" in listed.rules(Settings(floor=Grade.STATED))

    def test_an_end_that_was_shown_holds(self) -> None:
        wrong = Recording().start().describe("STOPPED").describe("FAILED")
        assert wrong.rules() == ["job/STOPPED does not follow SUBMITTED", "job/nothing leaves STOPPED"]


class TestAnyOrder:
    """The lines of a recording may stand in any order: time counts."""

    @staticmethod
    def backwards(recording: Recording) -> Recording:
        """The same calls, the last first."""
        return replace(recording, calls=recording.calls[::-1])

    def test_a_start_repeated_with_its_token(self) -> None:
        recording = Recording().start(token="t").describe("IN_PROGRESS").start(status="IN_PROGRESS", token="t")
        assert recording.rules() == self.backwards(recording).rules() == []

    def test_a_job_that_is_on_no_page(self) -> None:
        recording = Recording().start().start(SECOND).listing(view("SUBMITTED"), more="p")
        recording.listing(request={"NextToken": "p"})
        assert recording.rules() == self.backwards(recording).rules() == ["job/listed"]


class TestSilentCells:
    """What an order does of which documents are silent is open; that its answer shows the job's status is not."""

    @pytest.mark.parametrize("status", ["STOP_REQUESTED", "STOPPED", "SUBMITTED"])
    def test_the_stop_of_a_job_that_waits(self, status: str) -> None:
        """Whether and how it is stopped is silent."""
        assert Recording().start().stop(status).rules(Settings()) == []

    @pytest.mark.parametrize(
        ("shown", "rules"),
        [
            ("STOP_REQUESTED", []),
            ("STOPPED", []),
            ("SUBMITTED", ["job/SUBMITTED does not follow STOP_REQUESTED"]),
        ],
    )
    def test_the_stop_of_a_job_that_is_to_stop(self, shown: str, rules: list[str]) -> None:
        recording = Recording().start().describe("IN_PROGRESS").stop("STOP_REQUESTED").describe("STOP_REQUESTED")
        assert recording.stop(shown).rules(Settings()) == rules

    def test_what_an_answer_shows_holds(self) -> None:
        """A job that a second stop says is STOPPED does not stop later, nor has it been COMPLETED."""
        for after in ("STOP_REQUESTED", "COMPLETED"):
            recording = Recording().start().describe("IN_PROGRESS")
            recording.stop("STOP_REQUESTED").describe("STOP_REQUESTED").stop("STOPPED").describe(after)
            assert recording.rules(Settings()) == ["job/nothing leaves STOPPED"]
        replayed = Recording().start(token="t").describe("IN_PROGRESS").start(status="FAILED", token="t")
        assert replayed.describe("COMPLETED").rules(Settings()) == ["job/nothing leaves FAILED"]

    @pytest.mark.parametrize(
        ("state", "shown", "rules"),
        [
            ("COMPLETED", "COMPLETED", []),
            ("COMPLETED", "SUBMITTED", []),  # as the first answer was
            ("COMPLETED", "FAILED", ["job/nothing leaves COMPLETED"]),
            ("COMPLETED", "IN_PROGRESS", ["job/nothing leaves COMPLETED"]),
            ("IN_PROGRESS", "COMPLETED", []),
            ("IN_PROGRESS", "FAILED", []),
            ("IN_PROGRESS", "STOPPED", ["job/STOPPED does not follow IN_PROGRESS"]),
        ],
    )
    def test_a_start_repeated_with_its_token(self, state: str, shown: str, rules: list[str]) -> None:
        """It answers as the first did, or with the present status."""
        recording = Recording().start(token="t").describe(state).start(status=shown, token="t")
        assert recording.rules(Settings()) == rules
        assert {v.grade for v in recording.judge().violations} <= {Grade.IMPLIED}


class TestSeveral:
    """All violations of a recording are found, in order."""

    def test_of_one_job_and_of_others(self) -> None:
        recording = Recording().start().start(SECOND).describe("COMPLETED").describe("IN_PROGRESS")
        recording.describe("STOPPED", SECOND).stop("STOPPED").describe("FAILED", SECOND)
        found = [(v.rule, v.job.id[0] if v.job else "", v.calls[-1]) for v in recording.judge().violations]
        assert found == [
            ("comprehend/job/nothing leaves COMPLETED", "a", 3),
            ("comprehend/job/STOPPED does not follow SUBMITTED", "b", 4),
            ("comprehend/job/stop asked", "a", 5),
            ("comprehend/job/nothing leaves STOPPED", "b", 6),
        ]

    def test_a_refusal_that_is_wrong_changes_nothing(self) -> None:
        """After it the job is judged as before it."""
        recording = Recording().start().stop("STOP_REQUESTED").describe("STOPPED")
        recording.stop(error="InvalidRequestException").stop("STOPPED").describe("STOPPED")
        assert recording.rules() == ["job/a stopped job may be stopped again"]


class TestGrades:
    """Below the floor a violation is a warning, and the verdict inconclusive."""

    IMPLIED = Recording().start().describe("COMPLETED").describe("IN_PROGRESS")
    STATED = Recording().start().describe("COMPLETED").stop("STOP_REQUESTED")
    ASSUMED = Recording().start().stop(error="ValidationException")

    @pytest.mark.parametrize(
        ("recording", "floor", "verdict"),
        [
            (STATED, Grade.STATED, Verdict.FAIL),
            (STATED, Grade.ASSUMED, Verdict.FAIL),
            (IMPLIED, Grade.STATED, Verdict.INCONCLUSIVE),
            (IMPLIED, Grade.IMPLIED, Verdict.FAIL),
            (IMPLIED, Grade.ASSUMED, Verdict.FAIL),
            (ASSUMED, Grade.STATED, Verdict.INCONCLUSIVE),
            (ASSUMED, Grade.IMPLIED, Verdict.INCONCLUSIVE),
            (ASSUMED, Grade.ASSUMED, Verdict.FAIL),
        ],
    )
    def test_verdicts(self, recording: Recording, floor: Grade, verdict: Verdict) -> None:
        report = recording.judge(Settings(floor=floor))
        assert report.verdict is verdict
        assert len(report.violations) == (verdict is Verdict.FAIL)
        assert len(report.warnings) == (verdict is Verdict.INCONCLUSIVE)

    def test_a_reading_of_ours_is_told_as_such(self) -> None:
        """A stop of a queued job is silent; that this code is for malformed requests only is our reading."""
        [warning] = self.ASSUMED.judge().warnings
        assert (warning.rule, warning.grade) == ("comprehend/job/stop refused while queued", Grade.ASSUMED)
        assert (warning.source.document, warning.source.section) == ("", "the title says: in progress")

    def test_a_warning_and_a_violation_together_fail(self) -> None:
        recording = Recording().start().describe("COMPLETED").describe("IN_PROGRESS").stop("STOP_REQUESTED")
        recording.describe("STOPPED").stop(error="InvalidRequestException")
        report = recording.judge(Settings(floor=Grade.STATED))
        assert (report.verdict, len(report.violations), len(report.warnings)) == (Verdict.FAIL, 1, 1)


class TestCallsThatTellNothing:
    """Refused from outside, failed inside, or unanswered: a call that does not tell whether it happened."""

    RUNNING = "IN_PROGRESS"

    def running(self) -> Recording:
        """A job that runs."""
        return Recording().start().describe(self.RUNNING)

    @pytest.mark.parametrize(
        "error",
        ["ThrottlingException", "TooManyRequestsException", "AccessDeniedException", "ExpiredTokenException"],
    )
    def test_a_throttled_or_unauthorised_stop_does_not_happen(self, error: str) -> None:
        recording = self.running().stop(error=error)
        undeclared = ["errors are declared"] if error == "TooManyRequestsException" else []
        assert recording.describe(self.RUNNING).rules() == undeclared
        assert recording.describe("STOPPED").rules() == [*undeclared, "job/STOPPED does not follow IN_PROGRESS"]

    @pytest.mark.parametrize("after", ["IN_PROGRESS", "STOP_REQUESTED", "STOPPED", "COMPLETED"])
    def test_a_stop_that_failed_inside_may_have_happened(self, after: str) -> None:
        recording = self.running().stop(error="InternalServerException", http=500).describe(after)
        assert recording.rules() == []

    def test_a_stop_that_failed_inside_may_happen_later(self) -> None:
        recording = self.running().stop(error="InternalServerException", http=500)
        assert recording.describe("IN_PROGRESS").describe("STOP_REQUESTED").describe("STOPPED").rules() == []

    @pytest.mark.parametrize("after", ["IN_PROGRESS", "STOP_REQUESTED", "STOPPED", "COMPLETED"])
    def test_a_stop_without_an_answer_may_have_happened(self, after: str) -> None:
        assert self.running().stop(took=float("inf")).describe(after).rules() == []

    def test_a_gateway_without_a_code_is_a_failure_inside(self) -> None:
        for status in (500, 502, 503, 504):
            recording = self.running().stop(http=status).describe("STOPPED")
            recording.calls[2] = replace(recording.calls[2], reply="<html>")
            assert recording.rules(Settings()) == ["a fault is one of the declared errors"] * (status == 500)
            assert recording.rules(STRICT) == ["a fault is one of the declared errors"]

    def test_a_start_without_an_answer_explains_a_job_that_nobody_was_told_of(self) -> None:
        unexplained = Recording().listing(view("SUBMITTED"))
        assert unexplained.rules() == ["job/not listed before it exists"]
        assert lost(Recording().start()).listing(view("SUBMITTED")).describe("IN_PROGRESS").rules() == []
        failed = Recording().start(error="InternalServerException", http=500)
        assert failed.describe("IN_PROGRESS").stop("STOP_REQUESTED").rules() == []

    def test_a_lost_start_explains_no_job_seen_before_it_nor_of_another_kind_or_tenant(self) -> None:
        early = Recording().describe("SUBMITTED")
        assert lost(early.start()).rules() == ["job/unknown id is not described"]
        elsewhere = lost(Recording().start(tenant=OTHER)).describe("SUBMITTED")
        assert elsewhere.rules() == ["job/unknown id is not described"]
        pii = lost(Recording().call("StartPiiEntitiesDetectionJob", {**START, "Mode": "ONLY_OFFSETS"})).describe(
            "SUBMITTED"
        )
        assert pii.rules() == ["job/unknown id is not described"]

    def test_a_lost_start_makes_one_job(self) -> None:
        """Of as many jobs as there are lost starts none is blamed, of more the last; the calls show why."""
        for starts, jobs in itertools.product((1, 2, 3), (1, 2, 3, 4)):
            recording = Recording()
            for _ in range(starts):
                lost(recording.start())
            for number in range(jobs):
                recording.describe("IN_PROGRESS", str(number) * 32).describe("COMPLETED", str(number) * 32)
            found = recording.judge(Settings()).violations
            assert {v.rule for v in found} <= {"comprehend/job/an id is given once"}
            assert [v.job.id[0] for v in found if v.job is not None] == [str(n) for n in range(starts, jobs)]
            for violation in found:
                assert violation.grade is Grade.IMPLIED
                assert violation.message.endswith("each without an answer made another job")
                assert violation.calls[:starts] == tuple(range(starts))
                assert violation.calls[-1] == starts + 2 * int(violation.job.id[0] if violation.job else 0)
            recording.calls = [replace(call, alone=False) for call in recording.calls]
            assert recording.judge(STRICT).verdict is Verdict.PASS  # others may have made any number

    def test_a_lost_start_makes_one_job_of_those_that_are_stopped(self) -> None:
        stopped = lost(Recording().start()).stop("STOP_REQUESTED").stop("STOP_REQUESTED").describe("STOPPED")
        assert stopped.rules() == []
        assert stopped.stop("STOP_REQUESTED", SECOND).rules() == ["job/an id is given once"]

    def test_a_lost_start_makes_the_job_that_it_asked_for(self) -> None:
        named = {"JobName": "mine"}
        recording = lost(Recording().start(request=named)).describe("IN_PROGRESS", members={"JobName": "mine"})
        assert recording.rules() == []
        other = lost(Recording().start(request=named)).describe("IN_PROGRESS", members={"JobName": "another"})
        assert other.rules() == ["job/JobName is as given"]
        assert only(other.judge()).calls == (0, 1)
        lost(other.start(request={"JobName": "another"}))
        other.calls[1], other.calls[2] = other.calls[2], other.calls[1]
        other.calls = [replace(call, start=10.0 * n, end=None if n < 2 else 21.0) for n, call in enumerate(other.calls)]
        assert other.rules() == []

    def test_a_job_of_another_kind_is_of_no_lost_start(self) -> None:
        """Where the kinds share one space of ids a description may show the job of another kind."""
        request = {**START, "Mode": "ONLY_OFFSETS"}
        made = {"JobId": JOB, "JobArn": arn(JOB).replace("entities", "pii-entities"), "JobStatus": "SUBMITTED"}
        recording = Recording().call("StartPiiEntitiesDetectionJob", request, made)
        lost(recording.start(request={"JobName": "mine"}))
        shown = {"Mode": "ONLY_OFFSETS", "JobArn": made["JobArn"], "OutputDataConfig": {"S3Uri": "s3://outbox/pii"}}
        assert recording.describe("SUBMITTED", members=shown).rules(Settings()) == []

    def test_a_lost_start_that_was_made_again_with_its_token_makes_no_other_job(self) -> None:
        again = lost(Recording().start(token="t")).start(token="t")
        assert again.describe("IN_PROGRESS").rules() == []
        assert again.describe("IN_PROGRESS", SECOND).rules() == ["job/an id is given once"]
        twice = lost(lost(Recording().start(token="t")).start(token="t"))
        assert twice.describe("IN_PROGRESS").rules() == []
        assert twice.describe("IN_PROGRESS", SECOND).rules() == ["job/an id is given once"]
        assert only(twice.judge()).calls == (0, 2, 3)
        other = Recording().start(SECOND, token="t").start("c" * 32, token="t", request={"JobName": "other"})
        assert lost(other.start(token="t")).describe("IN_PROGRESS").rules() == []  # the second may have freed the token
        late = lost(lost(Recording().start(token="t")).start(token="t", at=1000.0 + 90_000))
        assert late.describe("IN_PROGRESS", at=99_000).describe("IN_PROGRESS", SECOND, at=99_100).rules() == []
        others = lost(lost(Recording().start(token="t")).start(token="u"))
        assert others.describe("IN_PROGRESS").describe("IN_PROGRESS", SECOND).rules() == []

    def test_a_start_repeated_after_a_lost_one_answers_for_its_job(self) -> None:
        """The job was seen before the repetition, which shows its present status."""
        recording = lost(Recording().start(token="t")).listing(view("IN_PROGRESS"))
        assert recording.start(status="IN_PROGRESS", token="t").describe("COMPLETED").rules() == []
        other = lost(Recording().start(token="t")).listing(view("IN_PROGRESS")).start(status="IN_PROGRESS", token="u")
        assert other.rules() == ["job/not listed before it exists", "job/an id is given once"]

    @pytest.mark.parametrize("how", [{"took": float("inf")}, {"error": "InternalServerException", "http": 500}])
    def test_a_token_of_a_start_that_was_lost_may_answer_for_the_job_that_it_made(self, how: dict[str, Any]) -> None:
        """Then what the second start gave is not what the job shows; without the first it is."""
        lost_start = Recording().start(token="t", request={"JobName": "first"}, **how)
        for recording, rules in ((lost_start, []), (Recording(), ["job/JobName is as given"])):
            recording.start(token="t", request={"JobName": "second"})
            assert recording.describe("SUBMITTED", members={"JobName": "first"}).rules() == rules

    def test_starts_with_one_token_that_overlap_have_no_order(self) -> None:
        recording = Recording().start(status="IN_PROGRESS", token="t", at=1000, took=9, client="a")
        recording.start(status="SUBMITTED", token="t", at=1001, took=1, client="b")
        assert recording.rules() == []

    def test_a_stop_through_another_kind_may_have_reached_the_job_also_unanswered(self) -> None:
        sister = "StopSentimentDetectionJob"
        told = self.running().call(sister, {"JobId": JOB}, {"JobId": JOB, "JobStatus": "STOP_REQUESTED"})
        assert told.describe("STOPPED").rules() == []
        silent = lost(self.running().call(sister, {"JobId": JOB})).describe("STOPPED")
        assert silent.rules() == []
        refused = self.running().call(sister, {"JobId": JOB}, error="JobNotFoundException").describe("STOPPED")
        assert refused.rules() == ["job/STOPPED does not follow IN_PROGRESS"]


class TestLists:
    """A list is an observation of every job it shows, and a complete one of every job it leaves out."""

    def test_a_job_that_is_missing(self) -> None:
        violation = only(Recording().start().start(SECOND).listing(view("SUBMITTED", SECOND)).judge())
        assert violation.rule == "comprehend/job/listed"
        assert violation.message == (
            f"entities job {JOB} of {TENANT}: List did not list the job while it was SUBMITTED, IN_PROGRESS, COMPLETED or "
            "FAILED; possible: SUBMITTED or IN_PROGRESS or COMPLETED or FAILED"
        )
        assert (violation.grade, violation.calls) == (Grade.STATED, (0, 2))

    def test_a_job_with_a_status_it_cannot_have(self) -> None:
        recording = Recording().start().describe("COMPLETED").listing(view("IN_PROGRESS"))
        assert recording.rules() == ["job/nothing leaves COMPLETED"]

    def test_under_a_status_filter_jobs_with_that_status_are_missed(self) -> None:
        request = {"Filter": {"JobStatus": "COMPLETED"}}
        assert Recording().start().describe("IN_PROGRESS").listing(request=request).rules() == []
        assert Recording().start().describe("COMPLETED").listing(request=request).rules() == ["job/listed"]

    def test_what_was_left_out_under_a_status_filter_tells_what_the_job_is_not(self) -> None:
        recording = Recording().start().listing(request={"Filter": {"JobStatus": "SUBMITTED"}})
        assert recording.describe("SUBMITTED").rules() == ["job/SUBMITTED does not follow what came before"]

    def test_under_other_filters_nobody_is_missed(self) -> None:
        for given in ({"JobName": "nightly"}, {"SubmitTimeAfter": 900.0}):
            assert Recording().start().listing(request={"Filter": given}).rules() == []

    def test_pages_are_one_listing(self) -> None:
        first = {"MaxResults": 1}
        whole = Recording().start().start(SECOND).listing(view("SUBMITTED", SECOND), request=first, more="p")
        whole.listing(view("SUBMITTED"), request={**first, "NextToken": "p"})
        assert whole.rules() == []
        short = Recording().start().start(SECOND).listing(view("SUBMITTED", SECOND), request=first, more="p")
        assert short.rules() == []  # no complete listing yet
        assert short.listing(request={**first, "NextToken": "p"}).rules() == ["job/listed"]
        assert only(short.judge()).calls == (0, 3)

    def test_a_page_whose_beginning_was_not_recorded_misses_nobody(self) -> None:
        assert Recording().start().listing(request={"NextToken": "p"}).rules() == []

    def test_pages_during_which_a_job_is_made_miss_nobody(self) -> None:
        """How pages behave while jobs come and go is silent."""
        third = "c" * 32
        recording = (
            Recording().start().start(SECOND).listing(view("SUBMITTED", SECOND), request={"MaxResults": 1}, more="p")
        )
        assert recording.start(third).listing(request={"MaxResults": 1, "NextToken": "p"}).rules() == []

    def test_a_list_that_overlaps_the_start_may_leave_the_job_out(self) -> None:
        recording = Recording().start(at=1000, took=5, client="a").listing(at=1001, client="b")
        assert recording.rules() == []
        assert recording.listing(at=1006, client="b").rules() == ["job/listed"]

    def test_a_list_whose_body_was_not_recorded_misses_nobody(self) -> None:
        assert Recording().start().call("ListEntitiesDetectionJobs", {}).rules() == []

    def test_a_list_without_jobs_of_another_tenant(self) -> None:
        assert Recording().start().listing(tenant=OTHER).rules() == []
        shown = Recording().start().listing(view("SUBMITTED"), tenant=OTHER)
        assert "job/not listed before it exists" in shown.rules()


class TestOverlap:
    """Calls that overlap have no order of their own; reads may be as old as the window."""

    def test_reads_within_the_window_may_be_stale(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS").stop("STOP_REQUESTED").describe("IN_PROGRESS")
        assert recording.judge(Settings(window=8)).verdict is Verdict.FAIL
        assert recording.judge(Settings(window=9.5)).verdict is Verdict.PASS
        assert recording.judge().violations[0].rule == "comprehend/job/IN_PROGRESS does not follow STOP_REQUESTED"

    def test_the_window_is_for_reads_only(self) -> None:
        recording = Recording().start().describe("COMPLETED").stop("STOP_REQUESTED")
        assert recording.judge(Settings(window=1000)).violations != ()

    def test_two_clients_may_be_served_in_any_order(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS", at=1010)
        recording.stop("STOP_REQUESTED", at=1020, took=5, client="a").describe(
            "IN_PROGRESS", at=1021, took=5, client="b"
        )
        assert recording.rules() == []
        assert recording.describe("IN_PROGRESS", at=1027).rules() == [
            "job/IN_PROGRESS does not follow what came before"
        ]


class TestNamesUsedAgain:
    """A model that was deleted may be made anew under its name: what was seen of the first is not held against it."""

    ARN = f"arn:aws:comprehend:us-east-1:{TENANT[:12]}:document-classifier/model"
    CREATE: Mapping[str, Any] = {
        "DocumentClassifierName": "model",
        "InputDataConfig": {"S3Uri": "s3://inbox/training"},
        **{name: START[name] for name in ("DataAccessRoleArn", "LanguageCode")},
    }
    RULE = "training/SubmitTime never changes"

    def shown(self, recording: Recording, submitted: float, **how: Any) -> Recording:
        """Describe the model."""
        job = {"DocumentClassifierArn": self.ARN, "Status": "SUBMITTED", "LanguageCode": "en", "SubmitTime": submitted}
        name, request = "DescribeDocumentClassifier", {"DocumentClassifierArn": self.ARN}
        return recording.call(name, request, {"DocumentClassifierProperties": job}, **how)

    def again(self) -> Recording:
        """A model that is made, shown and deleted, and made again from 1050 s to 1060 s."""
        made = {"DocumentClassifierArn": self.ARN}
        recording = self.shown(Recording().call("CreateDocumentClassifier", self.CREATE, made), 1000.0)
        recording.call("DeleteDocumentClassifier", made, {})
        return recording.call("CreateDocumentClassifier", self.CREATE, made, at=1050.0, took=10.0)

    @pytest.mark.parametrize(("at", "submitted"), [(1049.0, 1055.0), (1056.0, 1055.0), (1056.0, 1000.0)])
    def test_a_view_that_overlaps_the_second_creation_may_be_of_either(self, at: float, submitted: float) -> None:
        recording = self.shown(self.again(), submitted, at=at, took=5.0)
        assert self.RULE not in self.shown(recording, 1055.0, at=1070.0).rules()

    def test_a_deletion_during_the_second_creation_makes_room_for_it(self) -> None:
        """That began earlier, and has the token of the first, whose answer it need not repeat."""
        made, create = {"DocumentClassifierArn": self.ARN}, {**self.CREATE, "ClientRequestToken": "t"}
        recording = self.shown(Recording().call("CreateDocumentClassifier", create, made), 1000.0)
        recording.call("DeleteDocumentClassifier", made, {}, at=1055.0)
        recording.call("CreateDocumentClassifier", create, made, at=1050.0, took=10.0, client="d")
        assert self.RULE not in self.shown(recording, 1058.0, at=1070.0).rules()

    def test_rejects_a_second_model_that_changes(self) -> None:
        recording = self.shown(self.again(), 1055.0, at=1070.0)
        assert self.RULE not in recording.rules()
        assert self.RULE in self.shown(recording, 1000.0, at=1080.0).rules()

    def test_a_token_repeated_with_another_name_may_answer_for_the_first_model(self) -> None:
        """Also after a deletion that was accepted: the model may still be there; without the token it is wrong."""
        token = {**self.CREATE, "ClientRequestToken": "token"}
        made = {"DocumentClassifierArn": self.ARN}
        recording = Recording().call("CreateDocumentClassifier", token, made).call("DeleteDocumentClassifier", made, {})
        recording.call("CreateDocumentClassifier", {**token, "DocumentClassifierName": "other"}, made)
        assert recording.rules() == []
        recording = Recording().call(
            "CreateDocumentClassifier", {**self.CREATE, "DocumentClassifierName": "other"}, made
        )
        assert recording.rules() == ["training/the ARN is made of name and version"]

    def test_a_model_made_with_the_token_of_another_may_be_made_anew(self) -> None:
        """Where other parameters make a new job of a repeated token."""
        token = {**self.CREATE, "ClientRequestToken": "token"}
        other = {"DocumentClassifierArn": f"{self.ARN}-of-another-name"}
        recording = Recording()
        recording.call("CreateDocumentClassifier", {**token, "DocumentClassifierName": "model-of-another-name"}, other)
        made = {"DocumentClassifierArn": self.ARN}
        self.shown(recording.call("CreateDocumentClassifier", token, made), 1000.0)
        recording.call("DeleteDocumentClassifier", made, {}).call("CreateDocumentClassifier", token, made)
        assert self.RULE not in self.shown(recording, 1055.0, at=1070.0).rules()

    def test_the_token_of_the_second_creation_may_be_repeated(self) -> None:
        """Answered, it shows the second model; without that token it would have found the name in use."""
        recording, made = Recording(), {"DocumentClassifierArn": self.ARN}
        for token in ("first", "second", "second"):
            request = {**self.CREATE, "ClientRequestToken": token}
            recording.call("CreateDocumentClassifier", request, made)
            if token == "first":
                recording.call("DeleteDocumentClassifier", made, {})
        assert recording.rules() == []
        recording.call("CreateDocumentClassifier", {**self.CREATE, "ClientRequestToken": "third"}, made)
        assert recording.rules() == ["training/an id is given once"]


class TestProgress:
    """What is owed is pending; only a patience makes a breach of it."""

    def stuck(self) -> Recording:
        """A job whose stop was accepted and never comes about, looked at for 50 s."""
        recording = Recording().start().describe("IN_PROGRESS").stop("STOP_REQUESTED")
        for _ in range(5):
            recording.describe("STOP_REQUESTED")
        return recording

    def test_without_patience_it_is_pending(self) -> None:
        report = self.stuck().judge()
        assert report.verdict is Verdict.PASS
        [owed] = report.pending
        assert (owed.name, owed.job.id, owed.since, owed.age) == ("a stop leads to an end", JOB, 1021.0, 50.0)
        assert owed.calls == (2, 7)

    def test_beyond_the_patience_it_is_a_violation_once(self) -> None:
        report = self.stuck().judge(Settings(patience=30))
        violation = only(report)
        assert (violation.rule, violation.grade) == ("comprehend/job/a stop leads to an end", Grade.STATED)
        assert violation.message == (
            f"entities job {JOB} of {TENANT} was STOP_REQUESTED for 30.0 s and reached none of "
            "COMPLETED, FAILED, STOPPED within the patience of 30 s"
        )
        assert (violation.calls, violation.belief) == ((2, 5), ("STOP_REQUESTED",))
        assert [owed.age for owed in report.pending] == [50.0]

    def test_what_came_late_is_a_violation_too(self) -> None:
        late = self.stuck().describe("STOPPED")
        assert late.rules(Settings(patience=30)) == ["job/a stop leads to an end"]
        assert late.judge(Settings(patience=30)).pending == ()
        assert late.rules(Settings(patience=60)) == []

    def test_calls_that_tell_nothing_neither_end_nor_prolong_it(self) -> None:
        throttled = self.stuck().stop(error="ThrottlingException")
        hidden = throttled.call("DescribeEntitiesDetectionJob", {"JobId": JOB}, None)
        assert [owed.age for owed in hidden.judge().pending] == [50.0]
        again = hidden.describe("STOP_REQUESTED")
        assert [owed.age for owed in again.judge().pending] == [80.0]
        assert again.rules(Settings(patience=60)) == ["job/a stop leads to an end"]

    def test_a_call_that_may_have_ended_it_ends_it(self) -> None:
        """A lost start of a stopped model may have begun another round."""
        recording = self.stuck().stop(took=float("inf")).stop(error="ThrottlingException")
        assert [owed.age for owed in recording.judge().pending] == []

    @pytest.mark.parametrize("ends_s", [0.1, 11.5])
    def test_what_overlaps_may_have_come_late(self, ends_s: float) -> None:
        """Where calls overlap, one that does not show the state is not taken for one of the first state it fits."""
        project = "arn:aws:rekognition:us-east-1:111122223333:project/models/1690000000000"
        create, delete = {"ProjectName": "models"}, {"ProjectArn": project}

        def made(at: float, operation: str, request: Mapping[str, Any], reply: Any, error: str | None = None) -> Call:
            status = {None: 200, "InternalServerError": 500}.get(error, 400)
            end = at + (ends_s if status == 500 else 0.1)
            return Call("rekognition", operation, TENANT, "c", at, end, request, status, error, reply, alone=True)

        lost = made(0, "CreateProject", create, {}, "InternalServerError")
        begun = made(1, "CreateProject", create, delete)
        held = made(12, "DeleteProject", delete, {}, "ResourceInUseException")
        later = made(13, "DeleteProject", delete, {}, "InternalServerError")
        report = judge(load("rekognition"), [lost, begun, held, later], Settings(patience=10))
        assert [v.rule for v in report.violations] == []


class TestAlone:
    """Only a recording that holds every call can tell that an id was never given."""

    def test_elsewhere_an_id_may_have_been_given(self) -> None:
        recording = Recording(alone=False).describe("IN_PROGRESS", SECOND).stop("STOP_REQUESTED", SECOND)
        assert recording.rules() == []
        assert recording.rules(replace(STRICT, alone=True)) == ["job/unknown id is not described"]
        assert Recording(alone=True).describe("IN_PROGRESS").rules() == ["job/unknown id is not described"]

    def test_a_job_from_before_the_recording_keeps_to_the_rules(self) -> None:
        recording = Recording(alone=False).describe("COMPLETED").stop("STOP_REQUESTED")
        assert recording.rules() == ["job/a finished job cannot be stopped"]

    def test_an_id_seen_given_in_one_tenant_belongs_to_no_other(self) -> None:
        recording = Recording(alone=False).start().describe("SUBMITTED", tenant=OTHER)
        assert recording.rules()[0] == "job/unknown id is not described"
        assert Recording(alone=False).start().stop(error="JobNotFoundException", tenant=OTHER).rules() == []

    def test_a_start_with_a_token_may_answer_for_a_job_from_before_the_recording(self) -> None:
        shown = (
            Recording(alone=False).describe("IN_PROGRESS").start(status="IN_PROGRESS", token="t").describe("COMPLETED")
        )
        assert shown.rules() == []
        told = Recording(alone=False).start(status="COMPLETED", token="t").describe("COMPLETED")
        assert told.rules() == []
        assert told.rules(replace(STRICT, alone=True)) == ["job/started"]

    def test_known_limit_a_replayed_start_that_shows_the_first_status_is_taken_for_the_first(self) -> None:
        recording = Recording(alone=False).start(status="SUBMITTED", token="t").describe("STOPPED")
        assert recording.rules() == ["job/STOPPED does not follow SUBMITTED"]

    def test_a_start_without_a_token_makes_a_job(self) -> None:
        recording = Recording(alone=False).start(status="COMPLETED")
        assert recording.rules() == ["job/started"]

    def test_an_id_asked_of_two_kinds_may_be_of_either(self) -> None:
        """One operation may take the ids of all kinds and another not: both are readings."""
        recording = Recording(alone=False).stop("STOP_REQUESTED")
        recording.call("DescribeSentimentDetectionJob", {"JobId": JOB}, error="JobNotFoundException")
        assert recording.describe(error="JobNotFoundException").rules() == []


class TestConstrained:
    """A pass is worth what could have failed."""

    def test_a_recording_in_silent_cells_is_constrained_by_nothing(self) -> None:
        recording = Recording(alone=False)
        recording.stop("STOP_REQUESTED").stop("STOP_REQUESTED").stop(error="ThrottlingException")
        report = recording.judge()
        assert (report.verdict, report.observations, report.constrained, report.constrained_share) == (
            Verdict.PASS,
            3,
            0,
            0.0,
        )

    def test_a_recording_of_plain_cells_is_constrained_throughout(self) -> None:
        report = Recording().start().describe("IN_PROGRESS").stop("STOP_REQUESTED").describe("STOPPED").judge()
        assert (report.observations, report.constrained_share) == (4, 1.0)

    def test_a_recording_without_jobs_has_no_share(self) -> None:
        report = Recording().listing().judge()
        assert (report.observations, report.constrained_share, report.verdict) == (0, 0.0, Verdict.PASS)

    def test_rows_are_counted(self) -> None:
        report = Recording().start().describe("IN_PROGRESS").stop("STOP_REQUESTED").describe("STOPPED").judge()
        assert dict(report.taken) == {
            "job/described": 2,
            "job/picked up": 1,
            "job/started": 1,
            "job/stop asked": 1,
            "job/stop took effect": 1,
        }


class TestDataRules:
    """What holds of members beyond the state, with the calls that show it."""

    @pytest.mark.parametrize(
        ("members", "rule", "told", "calls"),
        [
            ({"SubmitTime": 1001.0}, "job/SubmitTime never changes", "SubmitTime was 1000.0 and is now 1001.0", (1, 2)),
            (
                {"EndTime": 999.0},
                "job/times in order: SubmitTime <= EndTime",
                "EndTime 999.0 lies before SubmitTime 1000.0",
                (2,),
            ),
            (
                {"LanguageCode": "de"},
                "job/LanguageCode is as given",
                "LanguageCode is 'de'; the request gave 'en'",
                (0, 2),
            ),
            (
                {"JobId": SECOND},
                "job/the reply is for the job asked for",
                f"the request named {JOB!r}, the reply shows {SECOND!r}",
                (2,),
            ),
            (
                {"Message": "done"},
                "job/Message is absent when COMPLETED or STOPPED or IN_PROGRESS",
                "Message is 'done' in a job that shows COMPLETED",
                (2,),
            ),
            ({"JobName": "x"}, "job/JobName is as given", "JobName is 'x'; the request gave None", (0, 2)),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_members_of_a_job(self, members: dict[str, Any], rule: str, told: str, calls: tuple[int, ...]) -> None:
        """Shown by what the rule compares: the view, the request that made the job, the earlier view."""
        recording = Recording().start().describe("IN_PROGRESS").describe("COMPLETED", members=members)
        found = {v.rule: v for v in recording.judge(STRICT).violations}
        violation = found[f"comprehend/{rule}"]
        assert violation.message == f"entities job {JOB} of {TENANT}: {told}"
        assert (violation.job, violation.calls) == (JobKey(TENANT, "job", "entities", JOB), calls)
        assert violation.grade is violation.source.grade

    def test_the_earlier_view_that_shows_a_change_is_the_latest_that_does(self) -> None:
        recording = Recording().start().describe("SUBMITTED").describe("IN_PROGRESS").describe("IN_PROGRESS")
        del recording.calls[3].reply["EntitiesDetectionJobProperties"]["SubmitTime"]
        recording.describe("IN_PROGRESS", members={"SubmitTime": 1001.0})
        found = {v.rule.rpartition("/")[2]: v.calls for v in recording.judge().violations}
        assert found == {"SubmitTime is present": (3,), "SubmitTime never changes": (2, 4)}

    def test_a_member_that_is_missing(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS")
        del recording.calls[1].reply["EntitiesDetectionJobProperties"]["SubmitTime"]
        violation = only(recording.judge())
        assert violation.rule == "comprehend/job/SubmitTime is present"
        assert violation.message == (
            f"entities job {JOB} of {TENANT}: SubmitTime is missing from a job that shows IN_PROGRESS"
        )
        assert violation.calls == (1,)

    def test_a_token_that_makes_two_jobs(self) -> None:
        violation = only(Recording().start(token="t").start(SECOND, token="t").judge())
        assert violation.rule == "comprehend/a repeated token makes no second job"
        assert violation.message == f"StartEntitiesDetectionJob: token 't' made job {JOB!r} and then job {SECOND!r}"
        assert (violation.calls, violation.job, violation.grade) == ((0, 1), None, Grade.IMPLIED)

    def test_tokens_of_two_tenants_or_with_other_parameters_are_no_repetition(self) -> None:
        assert Recording().start(token="t").start(SECOND, token="t", tenant=OTHER).rules() == []
        assert Recording().start(token="t").start(SECOND, token="t", request={"JobName": "n"}).rules() == []

    def test_a_page_that_is_too_long(self) -> None:
        recording = Recording().start().start(SECOND)
        recording.listing(view("SUBMITTED", SECOND), view("SUBMITTED"), request={"MaxResults": 1})
        violation = only(recording.judge())
        assert violation.message == "ListEntitiesDetectionJobs: MaxResults is 1 and the page has 2 items"
        assert violation.calls == (2,)

    def test_a_job_that_does_not_pass_the_filter(self) -> None:
        recording = Recording().start().listing(view("SUBMITTED"), request={"Filter": {"JobStatus": "FAILED"}})
        assert recording.rules() == ["job/listed jobs pass the filter"]
        violation = only(recording.judge())
        assert violation.message == (
            "ListEntitiesDetectionJobs: a job that shows SUBMITTED is listed under JobStatus = FAILED"
        )

    def test_two_filters_at_once(self) -> None:
        request = {"Filter": {"JobStatus": "FAILED", "JobName": "n"}}
        assert only(Recording().listing(request=request).judge()).message == (
            "ListEntitiesDetectionJobs: the filters JobName, JobStatus were given together and the list was answered"
        )

    def test_data_rules_speak_of_answered_calls_only(self) -> None:
        request = {"Filter": {"JobStatus": "FAILED", "JobName": "n"}}
        assert lost(Recording().listing(request=request)).rules() == []


class TestWire:
    """Types, errors and requests as the service model has them."""

    def test_a_time_as_text(self) -> None:
        recording = Recording().start().describe("IN_PROGRESS", members={"SubmitTime": "1970-01-01T00:16:40Z"})
        violation = only(recording.judge())
        assert violation.rule == "comprehend/replies have the documented types/SubmitTime"
        assert (violation.grade, violation.member, violation.job, violation.calls) == (
            Grade.STATED,
            "SubmitTime",
            None,
            (1,),
        )
        assert str(violation.source) == (
            "comprehend service model DescribeEntitiesDetectionJob, EntitiesDetectionJobProperties.SubmitTime"
        )
        assert violation.message.startswith(
            "DescribeEntitiesDetectionJob: EntitiesDetectionJobProperties.SubmitTime is '1970-01-01T00:16:40Z'; "
        )

    def test_a_null_member(self) -> None:
        violation = only(Recording().start().describe("IN_PROGRESS", members={"VpcConfig": None}).judge())
        assert (violation.rule, violation.grade, violation.member) == (
            "comprehend/absent members are left out",
            Grade.IMPLIED,
            "VpcConfig",
        )

    def test_a_malformed_request_that_is_answered(self) -> None:
        recording = Recording().start(request={"LanguageCode": "tlh"})
        violation = only(recording.judge())
        assert (violation.rule, violation.grade, violation.member) == (
            "comprehend/a malformed request is refused",
            Grade.STATED,
            "LanguageCode",
        )
        assert violation.message.startswith("StartEntitiesDetectionJob was answered 200 though LanguageCode ")

    def test_what_a_malformed_request_brings_in_is_told_once(self) -> None:
        recording = Recording().start(request={"JobName": "a#b"}).describe("SUBMITTED", members={"JobName": "a#b"})
        assert recording.rules() == ["a malformed request is refused"]

    def test_an_undeclared_error(self) -> None:
        violation = only(Recording().call("ListEntitiesDetectionJobs", {}, error="ResourceInUseException").judge())
        assert violation.rule == "comprehend/errors are declared"
        assert violation.message == (
            "ListEntitiesDetectionJobs answered HTTP 400 with error 'ResourceInUseException'; "
            "declared: InternalServerException, InvalidRequestException, TooManyRequestsException, InvalidFilterException"
        )

    def test_an_undeclared_error_is_told_by_the_surer_rule(self) -> None:
        """In a silent cell our reading rules it out, the service model more surely; elsewhere a row does."""
        queued = Recording().start().stop(error="ResourceInUseException").judge(STRICT)
        assert [(v.rule, v.grade) for v in queued.violations] == [("comprehend/errors are declared", Grade.IMPLIED)]
        running = Recording().start().stop("STOP_REQUESTED").describe("STOPPED").stop(error="ResourceInUseException")
        assert running.rules() == ["job/a stopped job may be stopped again"]

    def test_an_http_status_that_is_not_documented(self) -> None:
        violation = only(Recording().stop(job=SECOND, error="JobNotFoundException", http=410).judge())
        assert violation.rule == "comprehend/errors have their documented HTTP status"
        assert violation.message == (
            "StopEntitiesDetectionJob answered JobNotFoundException with HTTP 410; documented: 400 or 404"
        )

    def test_an_error_without_a_code(self) -> None:
        violation = only(Recording().call("ListEntitiesDetectionJobs", {}, "<html>", http=500).judge())
        assert violation.rule == "comprehend/a fault is one of the declared errors"
        assert violation.message.startswith(
            "ListEntitiesDetectionJobs answered HTTP 500 with no error code; declared: "
        )

    def test_a_success_without_a_body(self) -> None:
        """A recording without bodies breaks no rule on them."""
        recording = Recording(alone=False).call("StopEntitiesDetectionJob", {"JobId": JOB}, None)
        assert recording.rules() == []

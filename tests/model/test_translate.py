"""Translate: its lifecycle as the page has it, its reference service, and that the two agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from haltspec import apis, oracle
from haltspec.errors import Misuse
from haltspec.lts import ABSENT, PLAIN, Grade, Lifecycle
from haltspec.reference import Reference, Schedule
from haltspec.rules import Sight, SightRule
from haltspec.services.base import Job, World
from haltspec.services.translate import SERVICE, Translate
from haltspec.spec import Binding, Nature
from haltspec.trace import Call

API = apis.load("translate")
JOB = API.lifecycle("job")
HERE, THERE = "111122223333/us-east-1", "444455556666/us-east-1"
START, DESCRIBE, LIST, STOP = API.operations
ENDED = ("COMPLETED", "COMPLETED_WITH_ERROR", "FAILED", "STOPPED")
EVENTS = {
    "SUBMITTED": (),
    "IN_PROGRESS": ("begin",),
    "COMPLETED": ("begin", "complete"),
    "COMPLETED_WITH_ERROR": ("begin", "complete with error"),
    "FAILED": ("begin", "fail"),
}


class Lab:
    """A reference with a clock that moves by a second with each call, and a record of the calls."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.calls: list[Call] = []
        self.reference = Reference(API, clock=lambda: self.now, **options)

    def __call__(self, operation: str, tenant: str = HERE, /, **request: Any) -> Call:
        self.now += 1.0
        start = self.now
        answer = self.reference.call(operation, request, tenant=tenant)
        self.now += 0.25
        call = Call(
            "translate",
            operation,
            tenant,
            "c",
            start,
            self.now,
            request,
            answer.status,
            answer.error,
            answer.reply,
            alone=True,
        )
        self.calls.append(call)
        return call

    def try_start(self, tenant: str = HERE, /, **members: Any) -> Call:
        token = {"ClientToken": f"t{len(self.calls)}"}
        return self(START, tenant, **{**SERVICE.example(API.bindings[0], tenant, 1, ()), **token, **members})

    def start(self, tenant: str = HERE, /, **members: Any) -> str:
        call = self.try_start(tenant, **members)
        assert call.reply.keys() == {"JobId", "JobStatus"}
        return str(call.reply["JobId"])

    def described(self, job_id: str, tenant: str = HERE) -> dict[str, Any]:
        return dict(self(DESCRIBE, tenant, JobId=job_id).reply["TextTranslationJobProperties"])

    def fire(self, job_id: str, *events: str) -> None:
        for event in events:
            self.now += 1.0
            job = self.reference.find(HERE, job_id)
            assert job is not None
            self.reference.fire(job, event)

    def in_state(self, status: str) -> str:
        job_id = self.start()
        if status in EVENTS:
            self.fire(job_id, *EVENTS[status])
        else:
            self.fire(job_id, "begin")
            self(STOP, JobId=job_id)
            if status == "STOPPED":
                self.fire(job_id, "halt")
        return job_id

    def ids(self, **request: Any) -> list[str]:
        return [job["JobId"] for job in self(LIST, **request).reply["TextTranslationJobPropertiesList"]]

    def judged(self) -> oracle.Report:
        return oracle.judge(API, self.calls, oracle.Settings(floor=Grade.ASSUMED))


class TestDefinition:
    """The lifecycle says what the page says, and nothing that the page leaves open."""

    def test_the_moves_that_the_page_states_are_graded_stated(self) -> None:
        stated = {
            (row.states, row.target)
            for row in JOB.transitions
            if row.grade is Grade.STATED and row.target not in ("=",)
        }
        assert stated == {
            (("IN_PROGRESS",), "COMPLETED"),
            (("STOP_REQUESTED",), "STOPPED"),
            (("STOP_REQUESTED",), "COMPLETED"),
        }

    @pytest.mark.parametrize("state", ["SUBMITTED", "STOP_REQUESTED", *ENDED])
    def test_a_stop_is_open_in_every_state_but_in_progress(self, state: str) -> None:
        assert (state, "Stop", PLAIN) in JOB.silent_cells()

    @pytest.mark.parametrize("state", [ABSENT, "IN_PROGRESS"])
    def test_a_stop_is_ruled_in_progress_and_for_an_unknown_id(self, state: str) -> None:
        assert (state, "Stop", PLAIN) not in JOB.silent_cells()

    def test_every_question_has_a_default_and_no_reading_twice(self) -> None:
        for question in API.all_questions().values():
            names = [reading.name for reading in question.readings]
            assert question.default in names and len(set(names)) == len(names) >= 2

    def test_errors_carry_their_documented_status(self) -> None:
        """400 on the pages but for the service's own failure; 404 and 429 where the Smithy model has them."""
        wanted = {"InternalServerException": (500,), "ResourceNotFoundException": (400, 404)}
        wanted |= {"TooManyRequestsException": (400, 429)}
        for error in API.errors:
            if error.operations:
                assert error.http == wanted.get(error.code, (400,)), error.code

    def test_every_declared_error_of_the_service_model_is_there(self) -> None:
        shapes = SERVICE.shapes(API)
        for name in API.operations:
            declared = {error["shape"] for error in shapes.model["operations"][name]["errors"]}
            ours = {spec.code for spec in API.errors if spec.operations and name in spec.operations}
            assert declared <= ours
            assert ours - declared <= {"LimitExceededException"}

    def test_no_wrong_state_can_be_told_by_a_declared_error_of_stop(self) -> None:
        declared = [spec for spec in API.errors if spec.operations and STOP in spec.operations]
        assert {spec.code for spec in declared if Nature.REFUSAL in spec.natures} == {"ResourceNotFoundException"}

    def test_all_statements_of_the_page_are_tied(self) -> None:
        assert len(API.statements) == 17
        assert [s.number for s in API.statements if s.not_modelled] == [7]

    def test_every_reading_defines_a_lifecycle_of_its_own(self) -> None:
        for question in JOB.questions:
            for reading in question.readings:
                rows = JOB.rows({question.name: reading.name})
                fixed = Lifecycle(
                    api="translate", name="job", title="job", kinds=JOB.kinds, states=JOB.states,
                    operations=JOB.operations, transitions=rows, questions=(), frame=JOB.frame,
                    id_member="JobId", status_members=("JobStatus",),
                )  # fmt: skip
                assert fixed.rows() == rows


class TestRules:
    """Data rules find what they are for."""

    @staticmethod
    def check(name: str, job: Mapping[str, Any], created: Mapping[str, Any] | None = None) -> str | None:
        rule = next(r for r in JOB.rules if isinstance(r, SightRule) and r.name == name)
        shown = (job.get("JobStatus"),)
        binding = API.bound(DESCRIBE)[0]
        return rule.check(Sight(job, shown, True, binding, {}, created, None, 1.0, 2.0))

    @pytest.mark.parametrize(
        ("status", "counts", "sums", "ends"),
        [
            ("IN_PROGRESS", (1, 1, 3), True, True),
            ("IN_PROGRESS", (2, 2, 3), False, True),
            ("IN_PROGRESS", (-1, 1, 3), False, True),
            ("COMPLETED", (3, 0, 3), True, True),
            ("COMPLETED", (2, 0, 3), True, False),
            ("COMPLETED", (2, 1, 3), True, False),
            ("COMPLETED_WITH_ERROR", (2, 1, 3), True, True),
            ("COMPLETED_WITH_ERROR", (3, 0, 3), True, False),
            ("STOPPED", (1, 0, 3), True, True),
            ("COMPLETED", ("3", 0, 3), True, True),
        ],
    )
    def test_counts(self, status: str, counts: tuple[int, int, int], sums: bool, ends: bool) -> None:
        names = ("TranslatedDocumentsCount", "DocumentsWithErrorsCount", "InputDocumentsCount")
        job = {"JobStatus": status, "JobDetails": dict(zip(names, counts, strict=True))}
        assert (self.check("document counts add up", job) is None) == sums
        assert (self.check("document counts fit the end", job) is None) == ends

    def test_output(self) -> None:
        rule, created = "OutputDataConfig tells where the output is", {"OutputDataConfig": {"S3Uri": "s3://out/x"}}
        good = {"JobId": "j", "OutputDataConfig": {"S3Uri": "s3://out/x/1-TranslateText-j/"}}
        assert self.check(rule, good, created) is None
        assert self.check(rule, good | {"JobId": "k"}, created) == (
            "OutputDataConfig.S3Uri is 's3://out/x/1-TranslateText-j/'; 's3://out/x/ACCOUNT-TranslateText-k/' was expected,"
            " with the ACCOUNT of the job"
        )

    @pytest.mark.parametrize(
        ("given", "item", "wrong"),
        [
            (
                {"JobStatus": "FAILED"},
                {"JobStatus": "STOPPED"},
                "a job that shows STOPPED is listed under JobStatus = FAILED",
            ),
            ({"JobStatus": "FAILED"}, {"JobStatus": "FAILED"}, None),
            ({"JobName": "a"}, {"JobName": "b"}, "a job called 'b' is listed under JobName = 'a'"),
            ({"JobName": "a"}, {"JobName": "ab"}, None),
            (
                {"SubmittedBeforeTime": 5},
                {"SubmittedTime": 6},
                "a job submitted at 6.0 is listed under SubmittedBeforeTime = 5.0",
            ),
            ({"SubmittedBeforeTime": 5}, {"SubmittedTime": 5}, None),
            (
                {"SubmittedAfterTime": 5},
                {"SubmittedTime": 4},
                "a job submitted at 4.0 is listed under SubmittedAfterTime = 5.0",
            ),
            ({"SubmittedAfterTime": 5}, {"SubmittedTime": 6}, None),
        ],
    )
    def test_listed_jobs_pass_the_filter(self, given: dict[str, Any], item: dict[str, Any], wrong: str | None) -> None:
        times = (1.0, 2.0)
        reply = {"TextTranslationJobPropertiesList": [item]}
        call = Call("translate", LIST, HERE, "c", *times, {"Filter": given}, 200, None, reply)
        report = oracle.judge(API, [call])
        found = [v.message.removeprefix(f"{LIST}: ") for v in report.violations if "filter" in v.rule]
        assert found == ([] if wrong is None else [wrong])

    def test_lists_under_a_time_filter_are_in_order(self) -> None:
        def violations(name: str, *times: int) -> list[str]:
            items = [{"SubmittedTime": time} for time in times]
            reply = {"TextTranslationJobPropertiesList": items}
            call = Call("translate", LIST, HERE, "c", 1.0, 2.0, {"Filter": {name: 50}}, 200, None, reply)
            report = oracle.judge(API, [call])
            return [v.message.removeprefix(f"{LIST}: ") for v in report.violations if "order" in v.rule]

        assert violations("SubmittedBeforeTime", 1, 2, 3) == []
        assert violations("SubmittedBeforeTime", 1, 3, 2) == ["2.0 follows 3.0 in a list sorted upwards"]
        assert violations("SubmittedAfterTime", 99, 98) == []
        assert violations("SubmittedAfterTime", 98, 99) == ["99.0 follows 98.0 in a list sorted downwards"]


class TestJobs:
    """A described job has the members that its status has."""

    def test_a_queued_job_echoes_what_was_given(self) -> None:
        lab = Lab()
        given = {
            "JobName": "n",
            "TerminologyNames": ["terms"],
            "Settings": {"Formality": "FORMAL"},
            "OutputDataConfig": {"S3Uri": "s3://outbox/b/", "EncryptionKey": {"Type": "KMS", "Id": "key"}},
        }
        job_id = lab.start(**given)
        example = SERVICE.example(API.bindings[0], HERE, 1, ())
        assert lab.described(job_id) == {
            **example,
            **given,
            "JobId": job_id,
            "JobStatus": "SUBMITTED",
            "SubmittedTime": 1001.0,
            "OutputDataConfig": {
                "S3Uri": f"s3://outbox/b/111122223333-TranslateText-{job_id}/",
                "EncryptionKey": {"Type": "KMS", "Id": "key"},
            },
        }

    @pytest.mark.parametrize("status", [*EVENTS, "STOP_REQUESTED", "STOPPED"])
    def test_members_come_with_the_status(self, status: str) -> None:
        lab = Lab()
        job = lab.described(lab.in_state(status))
        assert job["JobStatus"] == status
        assert ("EndTime" in job) == (status in ENDED)
        assert ("Message" in job) == (status in ("COMPLETED", "FAILED"))
        assert ("JobDetails" in job) == (status in ("COMPLETED", "COMPLETED_WITH_ERROR", "STOPPED"))
        assert "JobName" not in job and "ClientToken" not in job


class TestStop:
    """Stop answers by the state of the job, and by the reading where the page says nothing."""

    @pytest.mark.parametrize(
        ("state", "shown", "after"),
        [
            ("SUBMITTED", "STOP_REQUESTED", "STOP_REQUESTED"),
            ("IN_PROGRESS", "STOP_REQUESTED", "STOP_REQUESTED"),
            ("STOP_REQUESTED", "STOP_REQUESTED", "STOP_REQUESTED"),
            ("STOPPED", "STOPPED", "STOPPED"),
            ("COMPLETED", "COMPLETED", "COMPLETED"),
            ("COMPLETED_WITH_ERROR", "COMPLETED_WITH_ERROR", "COMPLETED_WITH_ERROR"),
            ("FAILED", "FAILED", "FAILED"),
        ],
    )
    def test_by_default_every_stop_of_a_known_job_succeeds(self, state: str, shown: str, after: str) -> None:
        lab = Lab()
        job_id = lab.in_state(state)
        assert lab(STOP, JobId=job_id).reply == {"JobId": job_id, "JobStatus": shown}
        assert lab.described(job_id)["JobStatus"] == after

    @pytest.mark.parametrize(
        ("state", "question", "reading", "error", "after"),
        [
            ("SUBMITTED", "stop while queued", "stopped", None, "STOPPED"),
            ("SUBMITTED", "stop while queued", "refused", "InvalidRequestException", "SUBMITTED"),
            ("STOP_REQUESTED", "stop while a stop is pending", "refused", "InvalidRequestException", "STOP_REQUESTED"),
            ("STOPPED", "stop of a stopped job", "refused", "InvalidRequestException", "STOPPED"),
            ("COMPLETED", "stop of an ended job", "InvalidRequestException", "InvalidRequestException", "COMPLETED"),
            ("FAILED", "stop of an ended job", "ValidationException", "ValidationException", "FAILED"),
            ("FAILED", "stop of an ended job", "ResourceNotFoundException", "ResourceNotFoundException", "FAILED"),
        ],
    )
    def test_other_readings_answer_otherwise(
        self, state: str, question: str, reading: str, error: str | None, after: str
    ) -> None:
        lab = Lab(readings={f"job/{question}": reading})
        job_id = lab.in_state(state)
        assert lab(STOP, JobId=job_id).error == error
        assert lab.described(job_id)["JobStatus"] == after

    def test_the_reply_may_already_say_stopped_under_the_other_reading(self) -> None:
        lab = Lab(readings={"status in the reply of a stop": "STOPPED"})
        job_id = lab.in_state("IN_PROGRESS")
        assert lab(STOP, JobId=job_id).reply["JobStatus"] == "STOPPED"
        assert lab.described(job_id)["JobStatus"] == "STOP_REQUESTED"

    def test_after_a_stop_the_job_may_still_end_in_three_ways(self) -> None:
        lab = Lab()
        for event, status in (
            ("halt", "STOPPED"),
            ("complete", "COMPLETED"),
            ("complete with error", "COMPLETED_WITH_ERROR"),
        ):
            job_id = lab.in_state("STOP_REQUESTED")
            lab.fire(job_id, event)
            assert lab.described(job_id)["JobStatus"] == status
        with pytest.raises(Misuse):
            lab.fire(lab.in_state("STOP_REQUESTED"), "fail")

    def test_an_unknown_or_foreign_id_is_not_found(self) -> None:
        lab = Lab()
        job_id = lab.start()
        for call in (lab(STOP, JobId="0" * 32), lab(STOP, THERE, JobId=job_id), lab(DESCRIBE, THERE, JobId=job_id)):
            assert (call.status, call.error) == (400, "ResourceNotFoundException")

    @pytest.mark.parametrize(("reading", "error"), [("ValidationException",) * 2, ("ResourceNotFoundException",) * 2])
    def test_a_malformed_id_is_answered_by_the_reading(self, reading: str, error: str) -> None:
        lab = Lab(readings={"error for a malformed JobId": reading})
        assert lab(STOP, JobId="0" * 33).error == error
        assert lab(DESCRIBE).error == error
        assert lab(LIST, MaxResults=0).error == "ValidationException"


class TestStart:
    """What the shapes cannot say is refused by the service, and its counterpart accepted."""

    def test_a_token_is_required_and_repeats_the_job(self) -> None:
        lab = Lab()
        example = SERVICE.example(API.bindings[0], HERE, 1, ())
        assert lab(START, **example).error == "ValidationException"
        first = lab(START, **example, ClientToken="t")
        lab.fire(first.reply["JobId"], "begin")
        assert lab(START, **example, ClientToken="t").reply == {
            "JobId": first.reply["JobId"],
            "JobStatus": "IN_PROGRESS",
        }
        assert lab(START, **{**example, "SourceLanguageCode": "fr"}, ClientToken="t").error == "InvalidRequestException"

    @pytest.mark.parametrize(
        ("members", "error"),
        [
            ({"TargetLanguageCodes": [f"l{n}" for n in range(11)]}, "InvalidParameterValueException"),
            ({"TargetLanguageCodes": [f"l{n}" for n in range(10)]}, None),
            ({"SourceLanguageCode": "de"}, "UnsupportedLanguagePairException"),
            ({"SourceLanguageCode": "auto"}, None),
            ({"TargetLanguageCodes": ["auto"]}, "UnsupportedLanguagePairException"),
            ({"TerminologyNames": ["a", "b"]}, "InvalidParameterValueException"),
            ({"ParallelDataNames": ["a", "b"]}, "InvalidParameterValueException"),
            ({"ParallelDataNames": ["a"]}, None),
            ({"OutputDataConfig": {"S3Uri": "s3://outbox/" + "x" * 1000}}, "InvalidRequestException"),
            ({"InputDataConfig": {"S3Uri": "s3://inbox", "ContentType": "text/odd"}}, None),
            ({"Settings": {"Brevity": "ON"}}, None),
            ({"JobName": ""}, "ValidationException"),
        ],
    )
    def test_members(self, members: Mapping[str, Any], error: str | None) -> None:
        lab = Lab()
        assert lab.try_start(**members).error == error
        assert len(lab.reference.jobs()) == (error is None)

    def test_a_refused_pair_is_named(self) -> None:
        reply = Lab().try_start(SourceLanguageCode="de").reply
        assert (reply["SourceLanguageCode"], reply["TargetLanguageCode"]) == ("de", "de")

    @pytest.mark.parametrize(
        ("question", "reading", "members"),
        [
            ("languages of a start", "1", {"TargetLanguageCodes": ["de", "fr"]}),
            ("languages of a start", "1", {"SourceLanguageCode": "auto"}),
            (
                "content type not supported",
                "InvalidRequestException",
                {"InputDataConfig": {"S3Uri": "s3://inbox/a", "ContentType": "text/odd"}},
            ),
            (
                "content type not supported",
                "InvalidParameterValueException",
                {"InputDataConfig": {"S3Uri": "s3://inbox/a", "ContentType": "text/odd"}},
            ),
            (
                "input at the top of a bucket",
                "InvalidRequestException",
                {"InputDataConfig": {"S3Uri": "s3://inbox/", "ContentType": "text/html"}},
            ),
            ("Brevity in a batch", "InvalidRequestException", {"Settings": {"Brevity": "ON"}}),
            ("terminology missing", "ResourceNotFoundException", {"TerminologyNames": ["words"]}),
            ("terminology missing", "ResourceNotFoundException", {"ParallelDataNames": ["pairs"]}),
        ],
    )
    def test_other_readings_refuse(self, question: str, reading: str, members: Mapping[str, Any]) -> None:
        assert Lab().try_start(**members).error is None
        lab = Lab(readings={question: reading})
        assert lab.try_start(**members).error in (
            reading,
            "InvalidParameterValueException",
            "UnsupportedLanguagePairException",
        )
        assert lab.try_start().error is None

    @pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException"])
    def test_a_full_queue_refuses(self, code: str) -> None:
        lab = Lab(readings={"too many jobs": code, "HTTP status of throttling": "429"})
        jobs = [lab.start() for _ in range(1010)]
        full = lab.try_start()
        assert (full.status, full.error) == (429 if code.startswith("Too") else 400, code)
        lab.fire(jobs[0], "fail")
        assert lab.try_start().error is None


class TestLists:
    """Lists keep the filter and the documented order."""

    def test_filters_and_order(self) -> None:
        lab = Lab()
        jobs = [lab.start(JobName=name) for name in ("red", "blue", "redder")]
        lab.start(THERE)
        lab.fire(jobs[1], "begin")
        times = [lab.described(job_id)["SubmittedTime"] for job_id in jobs]
        assert lab.ids() == jobs
        assert lab.ids(Filter={"JobStatus": "IN_PROGRESS"}) == [jobs[1]]
        assert lab.ids(Filter={"JobName": "red"}) == [jobs[0]]
        assert lab.ids(Filter={"SubmittedBeforeTime": times[2]}) == jobs[:2]
        assert lab.ids(Filter={"SubmittedAfterTime": times[0]}) == jobs[:0:-1]
        assert lab.ids(MaxResults=2) == jobs[:2]

    def test_two_filters_are_refused_by_the_reading(self) -> None:
        two = {"JobName": "n", "JobStatus": "STOPPED"}
        assert Lab()(LIST, Filter=two).error == "InvalidRequestException"
        assert (
            Lab(readings={"error for two filters": "InvalidFilterException"})(LIST, Filter=two).error
            == "InvalidFilterException"
        )

    def test_documents_count_for_each_language_under_the_other_reading(self) -> None:
        lab = Lab(readings={"documents of several languages": "for each language"})
        job_id = lab.start(TargetLanguageCodes=["de", "fr"])
        lab.fire(job_id, "begin", "complete")
        assert lab.described(job_id)["JobDetails"]["InputDocumentsCount"] == 6


class TestOracle:
    """The oracle finds nothing to say about the reference model, and something about one that is changed."""

    @pytest.mark.parametrize("seed", range(6))
    def test_random_calls_are_judged_to_conform_down_to_our_own_assumptions(self, seed: int) -> None:
        lab = Lab(seed=seed, schedule=Schedule(default=(1.0, 60.0)) if seed % 2 else None)
        rng = Random(seed)
        for _ in range(150):
            job = rng.choice([*lab.reference.jobs(), None])
            tenant = rng.choice((HERE, THERE))
            operation = rng.choice(API.operations)
            if operation == START:
                lab.try_start(tenant, ClientToken=f"t{rng.randrange(20)}")
            elif operation == LIST:
                lab(
                    LIST,
                    tenant,
                    **rng.choice(({}, {"Filter": {"JobStatus": "STOPPED"}}, {"Filter": {"SubmittedAfterTime": 1050}})),
                )
            else:
                lab(operation, tenant, JobId="none" if job is None else job.key.id)
            if rng.random() < 0.5:
                lab.reference.stir(rng)
        report = lab.judged()
        assert [v.message for v in (*report.violations, *report.warnings)] == []
        assert report.verdict is oracle.Verdict.PASS

    def test_each_reading_of_a_silent_cell_passes_above_our_own_assumptions(self) -> None:
        for question in JOB.questions:
            for reading in question.readings:
                lab = Lab(readings={f"job/{question.name}": reading.name})
                for state in [*EVENTS, "STOP_REQUESTED", "STOPPED"]:
                    job_id = lab.in_state(state)
                    lab(STOP, JobId=job_id)
                    lab.described(job_id)
                verdict = oracle.judge(API, lab.calls)
                assert [v.message for v in verdict.violations if "declared" not in v.rule] == []

    def test_a_stop_may_say_stopped_before_the_job_is(self) -> None:
        """The page can be read so: neither that reply nor the status shown after it is ruled out, at any floor."""
        lab = Lab(readings={"status in the reply of a stop": "STOPPED"})
        job_id = lab.in_state("IN_PROGRESS")
        lab.described(job_id)
        assert lab(STOP, JobId=job_id).reply["JobStatus"] == "STOPPED"
        assert lab.described(job_id)["JobStatus"] == "STOP_REQUESTED"
        assert oracle.judge(API, lab.calls, oracle.Settings(floor=Grade.ASSUMED)).verdict is oracle.Verdict.PASS
        lab.fire(job_id, "complete")
        lab.described(job_id)
        assert lab(STOP, JobId=job_id).reply["JobStatus"] == "COMPLETED"
        assert lab.judged().verdict is oracle.Verdict.PASS

    @pytest.mark.parametrize(
        ("state", "shown", "rules"),
        [
            ("COMPLETED", "STOP_REQUESTED", ["translate/job/a stop shows the status of the job"]),
            ("FAILED", "IN_PROGRESS", ["translate/job/a stop shows the status of the job"]),
            ("FAILED", "COMPLETED", ["translate/job/a stop shows the status of the job"]),
            ("STOPPED", "STOP_REQUESTED", ["translate/job/a stop shows the status of the job"]),
            ("COMPLETED_WITH_ERROR", "COMPLETED_WITH_ERROR", []),
            ("COMPLETED", "STOPPED", []),  # 'upon successful completion' of the call
            ("STOPPED", "STOPPED", []),
            ("SUBMITTED", "STOP_REQUESTED", []),
            ("STOP_REQUESTED", "STOP_REQUESTED", []),
        ],
    )
    def test_a_stop_shows_the_status_of_the_job(self, state: str, shown: str, rules: list[str]) -> None:
        """The page says that it does; that an ended job has no other status later on is implied."""
        lab = Lab()
        job_id = lab.in_state(state)
        lab.described(job_id)
        lab(STOP, JobId=job_id)
        lab.calls[-1] = dataclasses.replace(lab.calls[-1], reply={"JobId": job_id, "JobStatus": shown})
        found = [v for v in lab.judged().violations if v.rule != "translate/a stop tells id and status"]
        assert [(v.rule, v.grade) for v in found] == [(rule, Grade.IMPLIED) for rule in rules]
        del lab.calls[-2]  # without the description nobody knows that it had ended
        assert lab.judged().violations == ()

    def test_a_service_that_breaks_a_data_rule_is_found_out(self) -> None:
        class Careless(Translate):
            def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
                body = super().view(world, job, binding, shown)
                return body | {"EndTime": world.now, "Message": "early"} if binding.full else body

        lab = Lab(service=Careless())
        lab.described(lab.start())
        broken = {v.rule for v in lab.judged().violations}
        assert "translate/job/EndTime is absent when SUBMITTED or IN_PROGRESS or STOP_REQUESTED" in broken
        assert "translate/job/Message is absent when SUBMITTED or IN_PROGRESS" in broken


class TestReplies:
    """What every reply tells, whatever the state of the job."""

    @staticmethod
    def broken(operation: str, request: dict[str, Any], reply: dict[str, Any], status: int = 200) -> set[str]:
        call = Call("translate", operation, HERE, "c", 0.0, 1.0, request, status, None, reply)
        return {violation.rule for violation in oracle.judge(API, [call]).violations}

    @pytest.mark.parametrize(
        ("operation", "rule", "reply"),
        [
            (START, "a start tells id and status", {"JobId": "j", "JobStatus": "SUBMITTED"}),
            (STOP, "a stop tells id and status", {"JobId": "j", "JobStatus": "STOP_REQUESTED"}),
            (DESCRIBE, "a description shows the job", {"TextTranslationJobProperties": {"JobId": "j"}}),
            (LIST, "a list has its list", {"TextTranslationJobPropertiesList": []}),
        ],
    )
    def test_an_empty_reply_is_wrong(self, operation: str, rule: str, reply: dict[str, Any]) -> None:
        request = {"JobId": "j"} if operation in (STOP, DESCRIBE) else {}
        assert f"translate/{rule}" in self.broken(operation, request, {})
        assert f"translate/{rule}" not in self.broken(operation, request, reply)

    @pytest.mark.parametrize("status", [201, 202, 204])
    def test_a_success_is_http_200(self, status: int) -> None:
        rule = "translate/success is HTTP 200"
        reply: dict[str, Any] = {"TextTranslationJobPropertiesList": []}
        assert rule in self.broken(LIST, {}, reply, status)
        assert rule not in self.broken(LIST, {}, reply)

    def test_a_page_has_at_most_100_items_unless_asked_otherwise(self) -> None:
        rule = "translate/a page has at most 100 items unless asked otherwise"
        items = [{"JobId": f"j{n}"} for n in range(101)]
        assert rule in self.broken(LIST, {}, {"TextTranslationJobPropertiesList": items})
        assert rule not in self.broken(LIST, {"MaxResults": 101}, {"TextTranslationJobPropertiesList": items})
        assert rule not in self.broken(LIST, {}, {"TextTranslationJobPropertiesList": items[1:]})

    @pytest.mark.parametrize(
        ("rule", "wrong", "right"),
        [
            (
                "a job has one terminology and one parallel data at most",
                {"TerminologyNames": ["a", "b"]},
                {"TerminologyNames": ["a"], "ParallelDataNames": ["b"]},
            ),
            (
                "a job has one terminology and one parallel data at most",
                {"ParallelDataNames": ["a", "b"]},
                {"ParallelDataNames": []},
            ),
            (
                "a job has at most 10 target languages",
                {"TargetLanguageCodes": [f"a{letter}" for letter in "abcdefghijk"]},
                {"TargetLanguageCodes": [f"a{letter}" for letter in "abcdefghij"]},
            ),
        ],
    )
    def test_a_start_beyond_a_limit_is_refused(self, rule: str, wrong: dict[str, Any], right: dict[str, Any]) -> None:
        reply = {"JobId": "j", "JobStatus": "SUBMITTED"}
        request = {**SERVICE.example(API.bindings[0], HERE, 1, ()), "ClientToken": "t"}
        assert f"translate/{rule}" in self.broken(START, request | wrong, reply)
        assert f"translate/{rule}" not in self.broken(START, request | right, reply)

    def test_a_job_stands_once_on_a_page(self) -> None:
        rule = "translate/JobId is listed once"
        item = {"JobId": "j"}
        assert rule in self.broken(LIST, {}, {"TextTranslationJobPropertiesList": [item, item]})
        assert rule not in self.broken(LIST, {}, {"TextTranslationJobPropertiesList": [item, {"JobId": "k"}]})

    def test_the_last_page_may_have_a_page_token_that_is_null(self) -> None:
        """The text says that NextToken is null at the end; of no other member does it say so."""
        rule = "translate/absent members are left out"
        assert self.broken(LIST, {}, {"TextTranslationJobPropertiesList": [], "NextToken": None}) == set()
        assert rule in self.broken(LIST, {}, {"TextTranslationJobPropertiesList": None})

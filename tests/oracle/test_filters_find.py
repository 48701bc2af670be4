"""The rule that a list under a filter by name or time has each job that is known to fit, for the APIs that have such."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final

import pytest

from haltspec.apis import load
from haltspec.oracle import Settings, judge
from haltspec.rules import Exchange, HistoryRule, Watcher
from haltspec.trace import Call

HERE, THERE = "111122223333/us-east-1", "444455556666/us-east-1"
DAY_S: Final = 86_400.0
SUBMITTED_AT: Final = 5.5


@dataclass(frozen=True)
class Tongue:
    """How an API calls what the rule is about."""

    api: str
    job: str
    submitted: str
    before: str
    after: str
    token: str

    @property
    def rule(self) -> str:
        return f"{self.api}/a filter finds the jobs that fit"

    def call(self, start: float, operation: str, request: dict[str, Any], reply: Any, **other: Any) -> Call:
        """A call that is answered with success a second after it began, in a recording of every call."""
        call = Call(self.api, operation, HERE, "c", start, start + 1, request, 200, None, reply, alone=True)
        return replace(call, **other)

    def started(
        self, start: float = 0.0, job_id: str = "j", status: str = "SUBMITTED", token: str = "", **given: Any
    ) -> Call:
        request = given | ({self.token: token} if token else {})
        reply = {"JobId": job_id, "JobStatus": status}
        return self.call(start, f"Start{self.job}", request, reply)

    def view(self, job_id: str = "j", **members: Any) -> dict[str, Any]:
        job = {"JobId": job_id, "JobStatus": "SUBMITTED", "JobName": "n", self.submitted: SUBMITTED_AT, **members}
        return {name: value for name, value in job.items() if value is not None}

    def described(self, start: float, job_id: str = "j", **members: Any) -> Call:
        reply = {f"{self.job}Properties": self.view(job_id, **members)}
        return self.call(start, f"Describe{self.job}", {"JobId": job_id}, reply)

    def listed(self, start: float, given: Any, *jobs: dict[str, Any], **request: Any) -> Call:
        asked = request if given is None else {"Filter": given, **request}
        return self.call(start, f"List{self.job}s", asked, {f"{self.job}PropertiesList": list(jobs)})

    def wrong(self, *calls: Call) -> list[tuple[int, ...]]:
        """The calls that break the rule together, for each list that does."""
        report = judge(load(self.api), calls)
        return [violation.calls for violation in report.violations if violation.rule == self.rule]


TONGUES = (
    Tongue(
        "comprehend", "EntitiesDetectionJob", "SubmitTime", "SubmitTimeBefore", "SubmitTimeAfter", "ClientRequestToken"
    ),
    Tongue(
        "translate", "TextTranslationJob", "SubmittedTime", "SubmittedBeforeTime", "SubmittedAfterTime", "ClientToken"
    ),
)
NAMED: Final[dict[str, Any]] = {"JobName": "n"}


@pytest.fixture(params=TONGUES, ids=[tongue.api for tongue in TONGUES])
def tongue(request: pytest.FixtureRequest) -> Tongue:
    found: Tongue = request.param
    return found


class TestMisses:
    """A job that fits is missed, with the call that told of it."""

    def test_a_name_that_was_given(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.started(**NAMED), tongue.listed(10, NAMED)) == [(0, 1)]
        assert tongue.wrong(tongue.started(token="t", **NAMED), tongue.listed(10, NAMED)) == [(0, 1)]

    def test_a_name_that_was_described(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, NAMED)) == [(0, 1)]

    def test_a_name_that_was_listed(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.listed(2, None, tongue.view()), tongue.listed(10, NAMED)) == [(0, 1)]

    def test_one_job_of_two(self, tongue: Tongue) -> None:
        calls = tongue.started(0, "j", **NAMED), tongue.started(2, "k", **NAMED)
        assert tongue.wrong(*calls, tongue.listed(10, NAMED, tongue.view("k"))) == [(0, 2)]
        assert tongue.wrong(*calls, tongue.listed(10, NAMED, tongue.view("j"))) == [(1, 2)]

    def test_a_time(self, tongue: Tongue) -> None:
        calls = tongue.started(), tongue.described(2, JobName=None)
        assert tongue.wrong(*calls, tongue.listed(10, {tongue.before: SUBMITTED_AT + 1.1})) == [(1, 2)]
        assert tongue.wrong(*calls, tongue.listed(10, {tongue.after: SUBMITTED_AT - 1.1})) == [(1, 2)]

    def test_a_time_among_others(self, tongue: Tongue) -> None:
        jobs = [tongue.view(f"j{n}", **{tongue.submitted: 100.0 * n}) for n in range(5)]
        there = jobs[1], jobs[2]
        known = tongue.listed(600, None, *jobs)
        assert tongue.wrong(known, tongue.listed(700, {tongue.before: 250}, *there)) == [(0, 1)]
        assert tongue.wrong(known, tongue.listed(700, {tongue.before: 250}, jobs[0], *there)) == []
        assert tongue.wrong(known, tongue.listed(700, {tongue.after: 50}, *reversed(jobs[1:4]))) == [(0, 1)]
        assert tongue.wrong(known, tongue.listed(700, {tongue.after: 50}, *reversed(jobs[1:]))) == []

    def test_a_page_that_is_the_last_though_it_was_limited(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, NAMED, MaxResults=5)) == [(0, 1)]

    def test_every_list_that_misses_it(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, NAMED), tongue.listed(20, NAMED)) == [(0, 1), (0, 2)]

    def test_a_job_that_was_alive_within_the_day(self, tongue: Tongue) -> None:
        late = tongue.described(0.9 * DAY_S, JobStatus="IN_PROGRESS")
        calls = tongue.started(**NAMED), late, tongue.listed(1.5 * DAY_S, NAMED)
        assert tongue.wrong(*calls) == [(1, 2)]
        assert tongue.wrong(calls[0], calls[2]) == []

    def test_a_job_that_has_ended_since(self, tongue: Tongue) -> None:
        calls = tongue.started(**NAMED), tongue.described(5, JobStatus="COMPLETED"), tongue.listed(10, NAMED)
        assert tongue.wrong(*calls) == [(0, 2)]

    def test_a_job_of_a_recording_of_some_calls(self, tongue: Tongue) -> None:
        calls = tongue.described(2), tongue.listed(10, NAMED)
        assert tongue.wrong(*(replace(call, alone=False) for call in calls)) == [(0, 1)]


class TestLeavesAlone:
    """What documents leave open, and what is not known."""

    def test_a_job_that_is_there(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, NAMED, tongue.view())) == []

    @pytest.mark.parametrize("name", ["nn", "", "N", "m"])
    def test_other_names(self, tongue: Tongue, name: str) -> None:
        """Beginnings too: whether they match is silent."""
        assert tongue.wrong(tongue.described(2), tongue.listed(10, {"JobName": name})) == []
        assert tongue.wrong(tongue.described(2, JobName="nnn"), tongue.listed(10, {"JobName": name})) == []

    @pytest.mark.parametrize("offset", [-1.0, -0.5, 0.0, 0.5, 1.0])
    def test_times_near_the_bound(self, tongue: Tongue, offset: float) -> None:
        for filter_ in (tongue.before, tongue.after):
            assert tongue.wrong(tongue.described(2), tongue.listed(10, {filter_: SUBMITTED_AT + offset})) == []

    def test_times_on_the_other_side(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, {tongue.before: 2})) == []
        assert tongue.wrong(tongue.described(2), tongue.listed(10, {tongue.after: 9})) == []

    @pytest.mark.parametrize("limit", [None, True, "soon", float("nan"), float("inf"), {}])
    def test_times_that_are_none(self, tongue: Tongue, limit: Any) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, {tongue.after: limit})) == []
        assert (
            tongue.wrong(tongue.described(2, **{tongue.submitted: limit}), tongue.listed(10, {tongue.after: 1})) == []
        )

    def test_lists_that_may_be_late(self, tongue: Tongue) -> None:
        """With a window a list need not show what is younger."""
        calls = tongue.described(2), tongue.listed(10, NAMED), tongue.listed(30, NAMED)
        report = judge(load(tongue.api), calls, Settings(window=20.0))
        assert [v.calls for v in report.violations if v.rule == tongue.rule] == [(0, 2)]

    def test_calls_at_once(self, tongue: Tongue) -> None:
        told = tongue.described(2)
        assert tongue.wrong(told, tongue.listed(2.5, NAMED)) == []
        assert tongue.wrong(replace(told, end=12.0), tongue.listed(10, NAMED)) == []
        assert tongue.wrong(told, tongue.listed(3, NAMED)) == [(0, 1)]

    def test_a_job_made_after_the_list(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.listed(0, NAMED), tongue.started(10, **NAMED)) == []

    def test_starts_without_an_answer(self, tongue: Tongue) -> None:
        lost = replace(tongue.started(**NAMED), status=None, reply=None, end=None)
        failed = replace(tongue.started(**NAMED), status=500, error="InternalServerException", reply=None)
        for start in (lost, failed):
            assert tongue.wrong(start, tongue.listed(10, NAMED)) == []

    def test_lists_that_are_refused(self, tongue: Tongue) -> None:
        refused = replace(tongue.listed(10, NAMED), status=400, error="TooManyRequestsException", reply=None)
        assert tongue.wrong(tongue.described(2), refused) == []

    def test_pages(self, tongue: Tongue) -> None:
        last = tongue.listed(10, NAMED, NextToken="p")
        first = tongue.listed(10, NAMED)
        first = replace(first, reply={**first.reply, "NextToken": "p"})
        for page in (last, first):
            assert tongue.wrong(tongue.described(2), page) == []

    def test_a_page_of_no_size(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), tongue.listed(10, NAMED, MaxResults=0)) == []

    def test_other_filters(self, tongue: Tongue) -> None:
        for given in ({}, {"JobStatus": "SUBMITTED"}, {**NAMED, tongue.before: 99}, {"Odd": "n"}, "n", None):
            assert tongue.wrong(tongue.described(2), tongue.listed(10, given)) == []

    def test_other_tenants(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2), replace(tongue.listed(10, NAMED), tenant=THERE)) == []

    def test_a_job_that_may_be_forgotten(self, tongue: Tongue) -> None:
        ended = tongue.described(2, JobStatus="COMPLETED")
        assert tongue.wrong(ended, tongue.listed(10, NAMED)) == []
        for given in (NAMED, {tongue.after: 1}):
            calls = [tongue.described(2), tongue.listed(DAY_S - 1, given), tongue.listed(DAY_S + 2, given)]
            assert tongue.wrong(*calls) == [(0, 1)]
            assert tongue.wrong(*calls, tongue.described(DAY_S + 5), tongue.listed(DAY_S + 9, given)) == [
                (0, 1),
                (3, 4),
            ]

    def test_a_job_that_calls_disagree_about(self, tongue: Tongue) -> None:
        """That it was shown otherwise is told by other rules: what it is now is not known."""
        calls = tongue.started(**NAMED), tongue.described(2, JobName="m"), tongue.described(4, JobName="n")
        for name in "nm":
            assert (
                tongue.wrong(*calls, tongue.listed(10, {"JobName": name}), tongue.listed(20, {"JobName": name})) == []
            )
        moved: dict[str, Any] = {tongue.submitted: 7.5}
        other = tongue.described(4, JobStatus="COMPLETED", **moved)
        assert tongue.wrong(tongue.described(2), other, *(tongue.listed(n, {tongue.after: 1}) for n in (10, 20))) == []

    def test_a_token_that_met_another_name(self, tongue: Tongue) -> None:
        """What a token does that met other parameters is silent: it may answer for the first job."""
        first = tongue.started(0, token="t", JobName="m")
        lost = replace(first, status=None, reply=None, end=None)
        again = tongue.started(5, token="t", **NAMED)
        assert tongue.wrong(lost, again, tongue.listed(10, NAMED)) == []
        assert tongue.wrong(first, again, tongue.listed(10, NAMED)) == []
        assert tongue.wrong(replace(again, alone=False), replace(tongue.listed(10, NAMED), alone=False)) == []

    def test_a_start_that_answers_for_a_job_that_has_ended(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.started(0, status="COMPLETED", **NAMED), tongue.listed(10, NAMED)) == []

    def test_a_description_of_another_job(self, tongue: Tongue) -> None:
        other = tongue.described(2, "k")
        assert tongue.wrong(replace(other, request={"JobId": "j"}), tongue.listed(10, NAMED)) == []

    def test_a_malformed_description(self, tongue: Tongue) -> None:
        assert tongue.wrong(tongue.described(2, "j" * 33), tongue.listed(10, NAMED)) == []


class TestKinds:
    """Whether kinds share their ids is silent: what a description of another kind shows is in no list of that kind."""

    ENTITIES, SENTIMENT = TONGUES[0], replace(TONGUES[0], job="SentimentDetectionJob")

    def test_a_job_of_another_kind(self) -> None:
        asked = self.ENTITIES.described(2), self.ENTITIES.listed(10, NAMED)
        assert self.ENTITIES.wrong(self.SENTIMENT.started(**NAMED), *asked) == []
        assert self.ENTITIES.wrong(self.SENTIMENT.listed(0, None, self.SENTIMENT.view()), *asked) == []
        assert self.ENTITIES.wrong(self.SENTIMENT.described(0), *asked) == []
        assert self.ENTITIES.wrong(*asked) == [(0, 1)]

    def test_a_job_of_its_own_kind_that_another_was_asked_for(self) -> None:
        calls = self.ENTITIES.started(**NAMED), self.SENTIMENT.described(2), self.ENTITIES.described(4)
        assert self.ENTITIES.wrong(*calls, self.ENTITIES.listed(10, {"SubmitTimeBefore": 99})) == [(2, 3)]

    def test_lists_of_models(self) -> None:
        """How the filters of models match is not said, and models can be deleted."""
        arn = "arn:aws:comprehend:us-east-1:111122223333:document-classifier/n"
        tongue = replace(TONGUES[0], job="DocumentClassifier")
        shown = {"DocumentClassifierArn": arn, "Status": "TRAINED", "SubmitTime": SUBMITTED_AT}
        for given in ({"DocumentClassifierName": "n"}, {"SubmitTimeAfter": 1}):
            assert tongue.wrong(tongue.listed(0, None, shown), tongue.listed(10, given)) == []


def test_long_recordings_are_read_in_passing() -> None:
    """Ten thousand calls, half of them lists that each of the jobs made so far would fit, take the rule little time."""
    tongue, api = TONGUES[1], load("translate")
    filters: list[dict[str, Any]] = [NAMED, {tongue.before: 1e9}]
    [rule] = [r for r in api.rules if isinstance(r, HistoryRule) and tongue.rule.endswith(r.name)]
    memory = rule.open()
    assert isinstance(memory, Watcher)
    begun, found = perf_counter(), 0
    for n in range(5_000):
        look, lists = (
            tongue.described(10.0 * n, f"j{n}"),
            tongue.listed(10.0 * n + 5, filters[n % 2], tongue.view("j0")),
        )
        for call in (look, lists):
            [binding] = api.bound(call.operation)
            items = tuple(call.reply.get(f"{tongue.job}PropertiesList", ()))
            ask = call.operation, HERE, binding, call.request, 200, None, call.reply, call.start, call.end, items
            memory.begin(Exchange(*ask))
            found += memory.see(Exchange(*ask)) is not None
    assert found == 4_999
    assert perf_counter() - begun < 3.0  # measured: 0.2 s

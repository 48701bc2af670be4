"""Traces of services whose ids, kinds or checks are wrong: each is told so once, and not blamed for what follows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from random import Random
from typing import Any, ClassVar

import pytest

from haltspec import shapes
from haltspec.apis import NAMES, load
from haltspec.oracle import Report, Settings, judge
from haltspec.reference import Reference
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.conform import Options, conform
from haltspec_properties.targets import reference_target

API = load("comprehend")
TENANT = "111122223333/us-east-1"
LONG = "0f8fad5b-d9cb-469f-a165-70867728950e"
START: dict[str, Any] = {
    "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/results"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
    "LanguageCode": "en",
}
LISTED: dict[str, Any] = {"EntitiesDetectionJobPropertiesList": []}
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    "",
    "x",
    [],
    [[]],
    [{}],
    {},
    {"a": []},
    {"": None},
    [None, 1],
)


def report(*calls: tuple[str, dict[str, Any], int, Any]) -> Report:
    """The judgement of calls, one after the other, each given as operation, request, status and reply."""
    trace = [
        Call("comprehend", operation, TENANT, "c", 2.0 * n, 2.0 * n + 1, request, status, None, reply, True)
        for n, (operation, request, status, reply) in enumerate(calls)
    ]
    return judge(API, trace)


def rules(found: Report) -> list[str]:
    """The rules broken, without repetition."""
    return list(dict.fromkeys(violation.rule for violation in found.violations))


def started(job_id: str, arn_type: str = "entities-detection-job") -> dict[str, Any]:
    """A reply to a start."""
    arn = f"arn:aws:comprehend:us-east-1:111122223333:{arn_type}/{job_id}"
    return {"JobId": job_id, "JobArn": arn, "JobStatus": "SUBMITTED"}


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in a value of JSON, itself included."""
    yield above
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for name, item in inner:
        yield from paths(item, (*above, name))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a place."""
    if not path:
        return new
    changed = copy(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


class TestIdsOutOfBounds:
    """An id that breaks its shape is the fault of the reply that gave it, not of the requests that use it."""

    def test_the_length_is_reported_and_the_use_is_not(self) -> None:
        """Stopping a job under the long id it was given is no malformed request."""
        found = report(
            ("StartEntitiesDetectionJob", START, 200, started(LONG)),
            ("StopEntitiesDetectionJob", {"JobId": LONG}, 200, {"JobId": LONG, "JobStatus": "STOP_REQUESTED"}),
        )
        assert rules(found) == ["comprehend/replies have the documented types/JobId"]

    def test_jobs_with_such_ids_are_followed(self) -> None:
        """A status that cannot follow is found under a long id as well."""
        view = {"EntitiesDetectionJobProperties": {**started(LONG), "JobStatus": "IN_PROGRESS"}}
        back = {"EntitiesDetectionJobProperties": started(LONG)}
        found = report(
            ("StartEntitiesDetectionJob", START, 200, started(LONG)),
            ("DescribeEntitiesDetectionJob", {"JobId": LONG}, 200, view),
            ("DescribeEntitiesDetectionJob", {"JobId": LONG}, 200, back),
        )
        assert "comprehend/job/SUBMITTED does not follow IN_PROGRESS" in rules(found)

    def test_rejects_the_use_of_a_long_id_that_nobody_gave(self) -> None:
        """An answer under a long id that was made up is reported."""
        found = report(("StopEntitiesDetectionJob", {"JobId": LONG}, 200, {"JobId": "a", "JobStatus": "STOPPED"}))
        assert "comprehend/a malformed request is refused" in rules(found)


class TestMalformedCreations:
    """A malformed creation that was answered made a job."""

    def test_the_job_exists_afterwards(self) -> None:
        """Seeing the job later is no further violation, and its sights can be compared."""
        request = {name: value for name, value in START.items() if name != "LanguageCode"}
        job = {"JobId": "j", "JobStatus": "SUBMITTED", "SubmitTime": 1}
        described = {"EntitiesDetectionJobProperties": {**started("j"), **job}}
        found = report(
            ("StartEntitiesDetectionJob", request, 200, started("j")),
            ("DescribeEntitiesDetectionJob", {"JobId": "j"}, 200, described),
            ("DescribeEntitiesDetectionJob", {"JobId": "j"}, 200, described),
        )
        assert found.violations[0].rule == "comprehend/a malformed request is refused"
        assert found.violations[0].message.endswith("though LanguageCode is missing")
        assert "comprehend/job/unknown id is not described" not in rules(found)


class TestKindsThatShareIds:
    """Whether kinds share ids is open: a stop that went through another kind may have reached the job."""

    def test_a_job_may_obey_a_stop_through_another_kind(self) -> None:
        """The stopped job is not reported for having stopped."""
        stopping = {**started("j", "sentiment-detection-job"), "JobStatus": "STOP_REQUESTED"}
        found = report(
            ("StartSentimentDetectionJob", START, 200, started("j", "sentiment-detection-job")),
            ("StopEntitiesDetectionJob", {"JobId": "j"}, 200, {"JobId": "j", "JobStatus": "STOP_REQUESTED"}),
            ("DescribeSentimentDetectionJob", {"JobId": "j"}, 200, {"SentimentDetectionJobProperties": stopping}),
        )
        assert not [rule for rule in rules(found) if "does not follow" in rule or "is no state" in rule]

    def test_rejects_a_stop_of_a_kind_that_has_none(self) -> None:
        """A topics job cannot be stopped through another kind either."""
        stopping = {**started("j", "topics-detection-job"), "JobStatus": "STOP_REQUESTED"}
        request = {name: value for name, value in START.items() if name != "LanguageCode"}
        found = report(
            ("StartTopicsDetectionJob", request, 200, started("j", "topics-detection-job")),
            ("StopEntitiesDetectionJob", {"JobId": "j"}, 200, {"JobId": "j", "JobStatus": "STOP_REQUESTED"}),
            ("DescribeTopicsDetectionJob", {"JobId": "j"}, 200, {"TopicsDetectionJobProperties": stopping}),
        )
        assert "comprehend/unstoppable/STOP_REQUESTED is no state of a job" in rules(found)


class TestBodiesThatAreNoJson:
    """An adapter keeps a body that is no JSON as text."""

    def test_rejects_a_success_with_such_a_body(self) -> None:
        """A success answers with a JSON object."""
        found = report(("ListEntitiesDetectionJobs", {}, 200, "<html>hello</html>"))
        assert rules(found) == ["comprehend/replies have the documented types/body"]


class TestWhatMalformedRequestsBringIn:
    """A service that keeps what a malformed request gave is told of the request, not of every reply after it."""

    BAD: ClassVar[dict[str, Any]] = {**START, "LanguageCode": "tlh", "InputDataConfig": {}}

    def described(self, **members: Any) -> Report:
        """The judgement of a malformed start that was answered, and of a description with these members."""
        shown = {**started("j"), "SubmitTime": 1, "DataAccessRoleArn": START["DataAccessRoleArn"], **members}
        return report(
            ("StartEntitiesDetectionJob", self.BAD, 200, started("j")),
            ("DescribeEntitiesDetectionJob", {"JobId": "j"}, 200, {"EntitiesDetectionJobProperties": shown}),
        )

    def test_repeated_values_are_told_once(self) -> None:
        """The bad values in the description are no further violations, nor that it shows other ones."""
        for members in ({"LanguageCode": "tlh", "InputDataConfig": {}}, {"LanguageCode": "en"}):
            found = self.described(OutputDataConfig=START["OutputDataConfig"], **members)
            told = [rule for rule in rules(found) if not rule.endswith(" is present")]
            assert told == ["comprehend/a malformed request is refused"], members


class TestRequestsAsTheyAreRead:
    """A member that is null or that nobody knows says nothing; one of another type cannot be read, and stops nobody."""

    @pytest.mark.parametrize("more", [{"JobName": None}, {" JobName": "x"}])
    def test_a_filter_is_what_is_read_of_it(self, more: dict[str, Any]) -> None:
        found = report(
            ("ListEntitiesDetectionJobs", {"Filter": {"JobStatus": "SUBMITTED", **more}}, 200, LISTED),
            ("ListEntitiesDetectionJobs", {"Filter": {"JobStatus": "SUBMITTED", "JobName": "x"}}, 200, LISTED),
        )
        assert rules(found) == ["comprehend/one filter at a time"]
        assert [violation.calls for violation in found.violations] == [(1,)]

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("status", [200, 400])
    def test_no_value_of_a_member_stops_the_judge(self, name: str, status: int) -> None:
        """Neither in a call that was refused nor in one that was answered."""
        api = load(name)
        model = shapes.load(api).model
        calls = []
        for operation in api.operations:
            members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
            wire = [str(ref.get("locationName", member)) for member, ref in members.items()]
            requests = [dict.fromkeys(wire, odd) for odd in ODD] + [{n: odd} for n in wire for odd in ODD]
            calls += [(operation, request) for request in requests]
        trace = [
            Call(name, operation, TENANT, "c", 2.0 * n, 2.0 * n + 1, request, status, None, {}, True)
            for n, (operation, request) in enumerate(calls)
        ]
        assert judge(api, trace).calls == len(calls)

    @pytest.mark.parametrize("odd", [[], {}, 5])
    def test_no_value_of_a_listed_job_stops_the_judge(self, odd: Any) -> None:
        """Ids and names in lists, under filters, and beside what a malformed request made."""
        start = ("StartEntitiesDetectionJob", {**START, "JobName": "n"}, 200, started("a" * 32))
        malformed = ("StartEntitiesDetectionJob", {**START, "LanguageCode": 5}, 200, started("b" * 32))
        item = {**started("a" * 32), "SubmitTime": 5.0, "JobName": "n"}
        for member in item:
            listed = {"EntitiesDetectionJobPropertiesList": [{**item, member: odd}]}
            lists = (
                ("ListEntitiesDetectionJobs", {"Filter": filters}, 200, listed)
                for filters in ({"JobName": "n"}, {"SubmitTimeAfter": 1.0})
            )
            described = {"EntitiesDetectionJobProperties": {**item, member: odd}}
            describe = ("DescribeEntitiesDetectionJob", {"JobId": "a" * 32}, 200, described)
            found = report(start, malformed, describe, ("ListEntitiesDetectionJobs", {}, 200, listed), *lists)
            is_right = (member, odd) == ("SubmitTime", 5)
            assert is_right or f"comprehend/replies have the documented types/{member}" in rules(found)

    @pytest.mark.slow
    @pytest.mark.parametrize("name", NAMES)
    def test_no_value_anywhere_stops_the_judge(self, name: str) -> None:
        """Any part of any request or reply of a recording, at random."""
        api, rng = load(name), Random(0)
        calls = conform(api, reference_target(api), Options(examples=10)).report.projection.calls
        for _ in range(1000):
            first = rng.randrange(len(calls) - 40)
            part = list(calls[first : first + 40])
            for place in rng.choices(range(40), k=rng.randrange(1, 6)):
                which = rng.choice(("reply", "reply", "reply", "request"))
                value = getattr(part[place], which)
                places = [path for path in paths(value) if path or which == "reply"]
                if places:
                    part[place] = replace(part[place], **{which: put(value, rng.choice(places), rng.choice(ODD))})
            for alone in (True, False):
                assert judge(api, part, Settings(alone=alone)).calls == 40

    def test_a_value_that_is_wrong_for_its_member_is_not_excused_by_a_job_of_that_name(self) -> None:
        """`version` is a number and `jobType` one of two; a job of the name that stands there makes neither right."""
        now = itertools.count(1_700_000_000)
        adapter = ReferenceAdapter(Reference(load("dataarts"), clock=lambda: float(next(now))))
        made = {"name": "job-8", "processType": "BATCH", "schedule": {"type": "CRON"}}
        asked: list[tuple[str, dict[str, Any]]] = [
            ("CreateJob", made),
            ("ListJobs", {}),
            ("ShowJob", {"job_name": "job-8", "version": "job-8"}),
            ("ListJobs", {"jobType": "job-8"}),
        ]
        calls = [adapter.call(operation, request, tenant="p/default", client="c") for operation, request in asked]
        assert [call.error for call in calls] == [None, None, "DLF.3051", "DLF.3051"]
        assert rules(judge(load("dataarts"), calls)) == []
        calls[2] = replace(calls[2], request={"job_name": "job-8"})
        assert rules(judge(load("dataarts"), calls)) == ["dataarts/job/shown"]

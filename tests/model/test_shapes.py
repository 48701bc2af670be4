"""Shapes: what counts as a fault of a request and of a reply, and what does not."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from haltspec import shapes
from haltspec.apis import NAMES
from haltspec.apis import load as load_api
from haltspec.errors import Misuse, Unknown
from haltspec.shapes import Breach, Fault
from haltspec.spec import ANY_MEMBER

ROLE = "arn:aws:iam::123456789012:role/reader"
START: dict[str, Any] = {
    "InputDataConfig": {"S3Uri": "s3://bucket-in/docs"},
    "OutputDataConfig": {"S3Uri": "s3://bucket-out/"},
    "DataAccessRoleArn": ROLE,
    "LanguageCode": "en",
    "JobName": "nightly",
    "ClientRequestToken": "0f8fad5b-d9cb-469f-a165-70867728950e",
}
STOP = "StopEntitiesDetectionJob"
STARTED = "StartEntitiesDetectionJob"
LISTED = "ListEntitiesDetectionJobs"
DESCRIBED = "DescribeEntitiesDetectionJob"


@pytest.fixture(scope="module")
def comprehend() -> shapes.Shapes:
    """The shapes of Amazon Comprehend."""
    return shapes.load(load_api("comprehend"))


def faulty(found: tuple[Fault, ...]) -> list[tuple[str, Breach]]:
    """Where the faults are and of what kind."""
    return [(fault.member, fault.breach) for fault in found]


class TestRequests:
    """The request constraints of the service model: required, type, length, range, pattern, enum, list sizes."""

    def test_accepts_a_request_within_all_bounds(self, comprehend: shapes.Shapes) -> None:
        """A complete start has no faults."""
        assert comprehend.request_faults(STARTED, START) == ()

    def test_accepts_exactly_32_characters(self, comprehend: shapes.Shapes) -> None:
        """A JobId of the longest legal length is no fault."""
        assert comprehend.request_faults(STOP, {"JobId": "a" * 32}) == ()

    def test_rejects_33_characters(self, comprehend: shapes.Shapes) -> None:
        """One character too many is a fault that names the bounds."""
        found = comprehend.request_faults(STOP, {"JobId": "a" * 33})
        assert found == (Fault("JobId", "a" * 33, "1 to 32 characters", Breach.LENGTH),)

    @pytest.mark.parametrize(
        ("job_id", "breach"),
        [("", Breach.LENGTH), ("a\n", Breach.PATTERN), ("a#b", Breach.PATTERN), (7, Breach.TYPE), (["a"], Breach.TYPE)],
    )
    def test_rejects_a_malformed_id(self, comprehend: shapes.Shapes, job_id: Any, breach: Breach) -> None:
        """Empty, ill-spelt and ill-typed ids are faults, also with a line break at the end."""
        assert faulty(comprehend.request_faults(STOP, {"JobId": job_id})) == [("JobId", breach)]

    def test_unicode_classes_are_understood(self, comprehend: shapes.Shapes) -> None:
        """Letters, separators and numbers of any script are legal in a JobId."""
        assert comprehend.request_faults(STOP, {"JobId": "é 字 ٣"}) == ()

    def test_ascii_classes_stay_ascii(self) -> None:
        r"""`\w` in a pattern without Unicode classes does not match letters beyond ASCII."""
        translate = shapes.load_service("translate")
        found = translate.request_faults("StartTextTranslationJob", {"InputDataConfig": {"ContentType": "tèxt/plain"}})
        assert ("InputDataConfig.ContentType", Breach.PATTERN) in faulty(found)

    @pytest.mark.parametrize("request_", [{}, {"JobId": None}])
    def test_rejects_a_missing_or_null_required_member(self, comprehend: shapes.Shapes, request_: Any) -> None:
        """`null` is the same as absent in a request."""
        assert faulty(comprehend.request_faults(STOP, request_)) == [("JobId", Breach.REQUIRED)]

    def test_null_optional_members_and_unknown_members_are_ignored(self, comprehend: shapes.Shapes) -> None:
        """Neither a `null` nor a member of no shape is a fault of a request."""
        assert comprehend.request_faults(LISTED, {"NextToken": None, "Colour": 7}) == ()

    @pytest.mark.parametrize(("size", "ok"), [(1, True), (500, True), (0, False), (501, False), (-1, False)])
    def test_ranges(self, comprehend: shapes.Shapes, size: int, ok: bool) -> None:
        """MaxResults is 1 to 500."""
        found = comprehend.request_faults(LISTED, {"MaxResults": size})
        assert faulty(found) == ([] if ok else [("MaxResults", Breach.RANGE)])

    @pytest.mark.parametrize("size", ["10", True, 1.5])
    def test_rejects_what_is_no_whole_number(self, comprehend: shapes.Shapes, size: Any) -> None:
        """Text, booleans and fractions are no whole numbers."""
        assert faulty(comprehend.request_faults(LISTED, {"MaxResults": size})) == [("MaxResults", Breach.TYPE)]

    def test_paths_of_nested_members(self, comprehend: shapes.Shapes) -> None:
        """Faults name the path: a member of a filter, an item of a list."""
        bad = {"Filter": {"JobStatus": "RUNNING"}}
        assert faulty(comprehend.request_faults(LISTED, bad)) == [("Filter.JobStatus", Breach.ENUM)]
        tags = {**START, "Tags": [{"Key": "a"}, {"Value": "b"}, {"Key": ""}]}
        expected = [("Tags[1].Key", Breach.REQUIRED), ("Tags[2].Key", Breach.LENGTH)]
        assert faulty(comprehend.request_faults(STARTED, tags)) == expected

    def test_list_sizes(self, comprehend: shapes.Shapes) -> None:
        """A list that is empty or too long is a fault."""
        for groups in ([], ["sg-1"] * 6):
            vpc = {**START, "VpcConfig": {"SecurityGroupIds": groups, "Subnets": ["s-1"]}}
            found = comprehend.request_faults(STARTED, vpc)
            assert found[0].member == "VpcConfig.SecurityGroupIds"
            assert found[0].constraint == "1 to 5 items"

    def test_all_faults_are_found(self, comprehend: shapes.Shapes) -> None:
        """Validation does not stop at the first fault."""
        found = comprehend.request_faults(STARTED, {"LanguageCode": "tlh", "JobName": ""})
        assert {fault.member for fault in found} == {
            "InputDataConfig",
            "OutputDataConfig",
            "DataAccessRoleArn",
            "LanguageCode",
            "JobName",
        }

    @pytest.mark.parametrize("body", [None, [], "x", 3])
    def test_rejects_a_body_that_is_no_object(self, comprehend: shapes.Shapes, body: Any) -> None:
        """A request is a JSON object."""
        assert comprehend.request_faults(STOP, body) == (Fault("", body, "an object"),)

    def test_rejects_an_unknown_operation(self, comprehend: shapes.Shapes) -> None:
        """An operation of no model is answered with the nearest known ones."""
        with pytest.raises(Unknown, match="did you mean StopEntitiesDetectionJob"):
            comprehend.request_faults("StopEntityDetectionJob", {})


def patterns(api: str) -> dict[str, int]:
    """The patterns of texts in an API's requests, each with the greatest length that is held against it."""
    spec = load_api(api)
    model = shapes.load(spec).model
    todo = [model["operations"][name]["input"]["shape"] for name in spec.operations]
    seen: set[str] = set()
    found: dict[str, int] = {}
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = model["shapes"][name]
        refs = [
            *shape.get("members", {}).values(),
            *(shape[part] for part in ("member", "key", "value") if part in shape),
        ]
        todo += [ref["shape"] for ref in refs]
        if "pattern" in shape and "enum" not in shape:
            found[shape["pattern"]] = max(found.get(shape["pattern"], 1024), shape.get("max", 1024 * 1024))
    return found


class TestReading:
    """What a service reads of a request."""

    def test_what_keeps_its_shape_is_read_as_it_is(self, comprehend: shapes.Shapes) -> None:
        request = {
            **START,
            "Tags": [{"Key": "a", "Value": ""}],
            "VpcConfig": {"Subnets": [], "SecurityGroupIds": ["a"]},
        }
        assert comprehend.as_read(STARTED, request) == request
        assert comprehend.as_read(LISTED, {"Filter": {"SubmitTimeBefore": 1.5}}) == {
            "Filter": {"SubmitTimeBefore": 1.5}
        }

    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ({"JobId": None}, {}),
            ({"jobId": "x", " JobId": "x"}, {}),
            ({"JobId": 7}, {}),
            ({"JobId": {}}, {}),
            ({"JobId": ""}, {"JobId": ""}),
        ],
    )
    def test_rejects_what_is_no_text(self, comprehend: shapes.Shapes, given: Any, read: Any) -> None:
        assert comprehend.as_read(STOP, given) == read

    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ({"Filter": []}, {}),
            ({"Filter": {"JobName": None, "JobStatus": "x", "more": 1}}, {"Filter": {"JobStatus": "x"}}),
            ({"MaxResults": True}, {}),
            ({"MaxResults": 10**400}, {"MaxResults": 10**400}),
            ({"MaxResults": "5"}, {}),
        ],
    )
    def test_rejects_what_is_no_filter(self, comprehend: shapes.Shapes, given: Any, read: Any) -> None:
        assert comprehend.as_read(LISTED, given) == read

    def test_of_a_list_or_map_what_is_of_its_type_is_read(self, comprehend: shapes.Shapes) -> None:
        tags = [{"Key": "a"}, None, "x", {"Key": 1, "Value": "b"}]
        assert comprehend.as_read(STARTED, {"Tags": tags}) == {"Tags": [{"Key": "a"}, {"Value": "b"}]}
        rekognition = shapes.load(load_api("rekognition"))
        assert rekognition.as_read("CreateProject", {"Tags": {"a": "b", "c": 1}}) == {"Tags": {"a": "b"}}

    def test_rejects_an_operation_that_is_none(self, comprehend: shapes.Shapes) -> None:
        with pytest.raises(Unknown):
            comprehend.as_read("StopJob", {})


class TestCost:
    """Neither the time nor the faults that are found grow out of proportion with what is sent."""

    @pytest.mark.parametrize("api", NAMES)
    def test_no_pattern_is_slow(self, api: str) -> None:
        """Long texts that nearly match are decided at once."""
        starts = (
            "",
            "arn:aws:iam::123456789012:role/",
            "arn:aws-",
            "s3://abc",
            "arn:aws:rekognition:us-east-1:123456789012:",
        )
        pieces = (
            "a",
            "-",
            "a-",
            "/",
            ":",
            "0",
            ".",
            "_",
            "a_",
            " ",
            "\u00e9",
            "aA",
            "\n",
            "=",
            "/version/",
            "project/a",
        )
        for pattern, most in patterns(api).items():
            matcher = shapes._compiled(pattern)
            for start in starts:
                for piece in pieces:
                    text = (start + piece * (most // len(piece)))[: most - 1]
                    for end in ("", "\n", "!"):
                        matcher.fullmatch(text + end, timeout=1.0)  # raises TimeoutError

    def test_no_more_faults_are_found_than_can_be_told(self, comprehend: shapes.Shapes) -> None:
        found = comprehend.request_faults(STARTED, {**START, "Tags": [{}] * 100_000})
        assert len(found) == 100


class TestReplies:
    """The wire form of replies: types as in AWS JSON 1.1, lengths, enums, absent members left out."""

    def describe(self, comprehend: shapes.Shapes, **members: Any) -> list[tuple[str, Breach]]:
        found = comprehend.reply_faults(DESCRIBED, {"EntitiesDetectionJobProperties": members})
        return [(f.member.removeprefix("EntitiesDetectionJobProperties."), f.breach) for f in found]

    @pytest.mark.parametrize("time", [1686606439, 1686606439.177, 1.686606439177e9])
    def test_times_are_numbers_in_any_notation(self, comprehend: shapes.Shapes, time: float) -> None:
        """Whole, fractional and exponent notation are all JSON numbers."""
        assert self.describe(comprehend, JobId="a" * 32, JobStatus="STOPPED", SubmitTime=time) == []

    @pytest.mark.parametrize("time", ["2023-06-12T22:27:19Z", "1686606439", True, {}, float("nan")])
    def test_rejects_times_that_are_no_numbers(self, comprehend: shapes.Shapes, time: Any) -> None:
        """Text, booleans, objects and not-a-number are no times."""
        assert self.describe(comprehend, SubmitTime=time) == [("SubmitTime", Breach.TYPE)]

    def test_rejects_null_members(self, comprehend: shapes.Shapes) -> None:
        """An absent member is left out of a reply, not `null`."""
        assert self.describe(comprehend, EndTime=None) == [("EndTime", Breach.NULL)]
        assert faulty(comprehend.reply_faults(LISTED, {"NextToken": None})) == [("NextToken", Breach.NULL)]

    def test_rejects_a_long_id_and_an_unknown_status(self, comprehend: shapes.Shapes) -> None:
        """Lengths and enums hold of replies as well."""
        found = self.describe(comprehend, JobId="a" * 36, JobStatus="RUNNING")
        assert found == [("JobId", Breach.LENGTH), ("JobStatus", Breach.ENUM)]

    def test_patterns_and_unknown_members_are_not_held_against_a_reply(self, comprehend: shapes.Shapes) -> None:
        """An ARN of an unusual form and a new member are no faults."""
        assert self.describe(comprehend, DataAccessRoleArn="arn:aws:iam::local:role/x", Colour=1) == []

    def test_null_list_items_are_faults(self, comprehend: shapes.Shapes) -> None:
        """A list has no holes."""
        found = comprehend.reply_faults(LISTED, {"EntitiesDetectionJobPropertiesList": [{}, None]})
        assert faulty(found) == [("EntitiesDetectionJobPropertiesList[1]", Breach.NULL)]

    @pytest.mark.parametrize("reply", [None, {}])
    def test_a_reply_without_members_may_be_empty(self, comprehend: shapes.Shapes, reply: Any) -> None:
        """An operation that returns nothing may answer with an empty body or an empty object."""
        assert comprehend.reply_faults("StopTrainingDocumentClassifier", reply) == ()

    def test_rejects_a_reply_that_is_no_object(self, comprehend: shapes.Shapes) -> None:
        """A list where an object is due is a fault of the whole body, and the message says so."""
        (found,) = comprehend.reply_faults(STOP, [])
        assert str(found) == "the body is []; expected an object"


class TestService:
    """Where shapes come from."""

    @pytest.mark.parametrize("service", ["comprehend", "translate", "devicefarm", "rekognition"])
    def test_every_shape_of_the_service_compiles(self, service: str) -> None:
        """Every operation has a request check and a reply check, whatever its patterns."""
        found = shapes.load_service(service)
        for operation in found.operations:
            assert found.request_faults(operation, 1) == (Fault("", 1, "an object"),)
            found.reply_faults(operation, {})

    def test_shapes_that_contain_themselves(self) -> None:
        """A recursive shape is checked to any depth."""
        leaf = {"type": "structure", "members": {"In": {"shape": "Leaf"}, "N": {"shape": "Integer"}}}
        model = {
            "operations": {"Do": {"input": {"shape": "Leaf"}}},
            "shapes": {"Leaf": leaf, "Integer": {"type": "integer"}},
        }
        found = shapes.Shapes("own", model).request_faults("Do", {"In": {"In": {"N": "x"}}})
        assert faulty(found) == [("In.In.N", Breach.TYPE)]

    def test_what_documents_let_be_is_no_fault(self) -> None:
        """Null members and values beside an enum's, where the API names them, in lists too; any null that is optional."""
        model = {
            "operations": {"Do": {"output": {"shape": "Out"}}},
            "shapes": {
                "Out": {
                    "type": "structure",
                    "required": ["N"],
                    "members": {"N": {"shape": "Word"}, "L": {"shape": "List"}},
                },
                "List": {"type": "list", "member": {"shape": "Item"}},
                "Item": {"type": "structure", "members": {"W": {"shape": "Word"}, "V": {"shape": "Word"}}},
                "Word": {"type": "string", "enum": ["A"]},
            },
        }
        reply = {"N": "A", "L": [{"W": "B", "V": "B"}, {"W": None, "V": None}]}
        all_faults = [
            ("L[0].W", Breach.ENUM),
            ("L[0].V", Breach.ENUM),
            ("L[1].W", Breach.NULL),
            ("L[1].V", Breach.NULL),
        ]
        assert faulty(shapes.Shapes("own", model).reply_faults("Do", reply)) == all_faults
        let = shapes.Shapes("own", model, nulls=("L.W",), open_enums=("L.V",))
        assert faulty(let.reply_faults("Do", reply)) == [all_faults[0], all_faults[3]]
        loose = shapes.Shapes("own", model, nulls=ANY_MEMBER)
        assert faulty(loose.reply_faults("Do", reply)) == all_faults[:2]
        assert faulty(loose.reply_faults("Do", {"N": None, "L": None})) == [("N", Breach.REQUIRED)]

    def test_rest_bodies_are_flat(self) -> None:
        """Path and query members stand beside the members of the body, under their names on the wire."""
        model = {
            "operations": {"Do": {"input": {"shape": "In"}, "output": {"shape": "Out"}}},
            "shapes": {
                "In": {
                    "type": "structure",
                    "required": ["JobName"],
                    "payload": "Body",
                    "members": {
                        "JobName": {"shape": "Name", "location": "uri", "locationName": "job_name"},
                        "Body": {"shape": "Body"},
                    },
                },
                "Body": {"type": "structure", "required": ["Start"], "members": {"Start": {"shape": "Time"}}},
                "Out": {
                    "type": "structure",
                    "required": ["Request"],
                    "members": {"Request": {"shape": "Name", "location": "header", "locationName": "x-id"}},
                },
                "Name": {"type": "string"},
                "Time": {"type": "timestamp", "timestampFormat": "iso8601"},
            },
        }
        own = shapes.Shapes("own", model)
        assert own.request_faults("Do", {"job_name": "a", "Start": "2020-01-01T00:00:00Z"}) == ()
        assert faulty(own.request_faults("Do", {"Start": 1})) == [("job_name", Breach.REQUIRED), ("Start", Breach.TYPE)]
        assert own.reply_faults("Do", {}) == ()

    @pytest.mark.parametrize(("value", "is_date"), [(1.7e9, True), (253_402_300_799, True), (1.7e12, False)])
    def test_a_time_in_a_reply_is_a_date(self, comprehend: shapes.Shapes, value: float, is_date: bool) -> None:
        """Seconds since the epoch are a date, milliseconds are none; what a request says of times is its own affair."""
        shown = {"JobId": "1", "SubmitTime": value}
        faults = comprehend.reply_faults("DescribeEntitiesDetectionJob", {"EntitiesDetectionJobProperties": shown})
        assert [fault.breach for fault in faults] == ([] if is_date else [Breach.TYPE])
        asked = {"Filter": {"SubmitTimeBefore": value}}
        assert comprehend.request_faults("ListEntitiesDetectionJobs", asked) == ()

    def test_rejects_a_machine_without_botocore(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message says which library is missing and how to get it."""
        monkeypatch.setitem(sys.modules, "botocore.loaders", None)
        with pytest.raises(Misuse) as caught:
            shapes.load_service.__wrapped__("comprehend")
        assert str(caught.value) == (
            "the shapes need botocore, which is not installed; run: pip install 'haltspec[all]'"
        )

    def test_more_than_fifty_thousand_requests_a_second(self, comprehend: shapes.Shapes) -> None:
        """The best of several short rounds on a start request, since the machine may be busy."""
        rounds = []
        for _ in range(10):
            began = time.process_time()
            for _ in range(1000):
                comprehend.request_faults(STARTED, START)
            rounds.append(time.process_time() - began)
        assert 1000 / min(rounds) > 50_000

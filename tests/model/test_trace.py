"""Traces: every good line is read, every bad one is refused with its place, the reason and the remedy."""

from __future__ import annotations

import itertools
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haltspec.errors import BadTrace
from haltspec.trace import MAX_DEPTH, MAX_LINE, Call, decode_json, read, read_file, to_line

GOOD: dict[str, Any] = {
    "api": "comprehend",
    "operation": "StopEntitiesDetectionJob",
    "tenant": "123456789012/us-east-1",
    "client": "c1",
    "start": 1.0,
    "end": 1.25,
    "request": {"JobId": "j"},
    "status": 200,
    "reply": {"JobId": "j", "JobStatus": "STOP_REQUESTED"},
}
MISSING = object()


def line(**changes: Any) -> str:
    """A good line with some members changed; MISSING takes one away."""
    return json.dumps({k: v for k, v in (GOOD | changes).items() if v is not MISSING})


def one(text: str | bytes) -> Call:
    [call] = read([text], name="t.ndjson")
    return call


def trouble(*lines: str | bytes) -> str:
    with pytest.raises(BadTrace) as caught:
        list(read(lines, name="t.ndjson"))
    return str(caught.value)


class TestGoodLines:
    """A line has the members of the trace contract; unknown members are ignored."""

    def test_every_member_is_read(self) -> None:
        """The example of the contract becomes a call."""
        assert one(line()) == Call(
            api="comprehend",
            operation="StopEntitiesDetectionJob",
            tenant="123456789012/us-east-1",
            client="c1",
            start=1.0,
            end=1.25,
            request={"JobId": "j"},
            status=200,
            reply={"JobId": "j", "JobStatus": "STOP_REQUESTED"},
        )

    def test_the_place_is_kept(self) -> None:
        """Lines count from 1 and blank ones count too."""
        calls = list(read(["\n", line(), "  \r\n", line()], name="t.ndjson"))
        assert [(c.line, c.place) for c in calls] == [(2, "t.ndjson:2"), (4, "t.ndjson:4")]

    def test_no_answer(self) -> None:
        """A call without an answer has neither end nor status."""
        call = one(line(end=None, status=None, reply=MISSING))
        assert (call.end, call.status, call.reply, call.answered) == (None, None, None, False)

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ({}, ""),
            ({"status": 400, "error": "Gone"}, "Gone"),
            ({"status": 503, "error": None}, "503"),
            ({"status": 302}, "302"),
            ({"end": None, "status": None, "reply": MISSING}, ""),
        ],
    )
    def test_an_error_without_a_code_goes_by_its_status(self, members: dict[str, Any], code: str) -> None:
        """A success and a call without an answer have none."""
        assert one(line(**members)).code == code

    @pytest.mark.parametrize("end", ["1970-01-01T00:00:02Z", "1970-01-01T01:00:02.000+01:00", 2, 2.0])
    def test_forms_of_a_time(self, end: object) -> None:
        """Epoch seconds and ISO 8601 with a zone are the same time."""
        assert one(line(end=end)).end == 2.0

    def test_optional_members(self) -> None:
        """Client, error and reply may be left out, and other members may be there."""
        call = one(line(client=MISSING, reply=MISSING, error=None, note="x"))
        assert (call.client, call.reply, call.error) == ("", None, None)

    @pytest.mark.parametrize(
        ("error", "reply", "code"),
        [
            ("com.amazonaws.comprehend#JobNotFoundException", {}, "JobNotFoundException"),
            ("JobNotFoundException:http://internal.amazon.com/coral/", {}, "JobNotFoundException"),
            ("DLF.0100", {"error_code": "DLF.0101"}, "DLF.0100"),
            (None, {"__type": "ns#JobNotFoundException", "message": "no"}, "JobNotFoundException"),
            (None, {"code": "JobNotFoundException"}, "JobNotFoundException"),
            (None, {"error_code": "DLF.0100", "error_msg": "no"}, "DLF.0100"),
            (None, {"Message": "no"}, None),
            (None, "<html>", None),
        ],
    )
    def test_forms_of_an_error_code(self, error: str | None, reply: Any, code: str | None) -> None:
        """What stands around a code is taken off; where it is left out the body of a refusal has it."""
        assert one(line(status=400, error=error, reply=reply)).error == code

    def test_a_success_has_no_error_code(self) -> None:
        """A member of that name in the body of a success is any member."""
        assert one(line(status=200, reply={"code": "blue"})).error is None

    def test_a_byte_order_mark_is_no_part_of_the_call(self) -> None:
        """A byte order mark at the start of a recording is skipped."""
        assert one(b"\xef\xbb\xbf" + line().encode()).api == "comprehend"

    @given(
        st.builds(
            Call,
            api=st.text(min_size=1),
            operation=st.text(min_size=1),
            tenant=st.text(),
            client=st.text(),
            start=st.floats(0, 1e9),
            end=st.floats(1e9, 2e9),
            request=st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False, allow_infinity=False)),
            status=st.integers(100, 599),
            error=st.none() | st.from_regex(r"[\w.]+", fullmatch=True),
            reply=st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5),
        )
    )
    def test_what_is_written_is_read(self, call: Call) -> None:
        """A written line is ASCII without line ends, and read it is the same call."""
        text = to_line(call)
        assert text.isascii() and "\n" not in text
        assert one(text) == call

    def test_a_written_call_without_an_answer_is_read(self) -> None:
        """No answer is written as nulls."""
        call = one(line(end=None, status=None, reply=MISSING))
        assert one(to_line(call)) == call


class TestBadLines:
    """A bad line is refused with `file:line: reason; remedy`."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "what?",
                "no JSON at column 1 (Expecting value); write one JSON object a line, in UTF-8, as `haltspec check --help` describes",
            ),
            (
                line() + " x",
                "no JSON at column 241 (Extra data); write one JSON object a line, in UTF-8, as `haltspec check --help` describes",
            ),
            (line()[:50], "the JSON is cut off after column 50; write the call whole, on one line, or remove it"),
            ('{"api":', "the JSON is cut off after column 7; write the call whole, on one line, or remove it"),
            (
                '["comprehend"]',
                'a call is a JSON object, this is ["comprehend"]; write one JSON object a line, in UTF-8, as `haltspec check --help` describes',
            ),
            (
                "null",
                "a call is a JSON object, this is null; write one JSON object a line, in UTF-8, as `haltspec check --help` describes",
            ),
            (b"\xff\xfe{", "byte 1 of the line is not UTF-8; save the recording as UTF-8 text"),
            (b'{"api": "\xe9"}', "byte 10 of the line is not UTF-8; save the recording as UTF-8 text"),
            (line(start=float("nan")), "NaN is no JSON number; correct or remove the line"),
            (line(reply={"a": [float("-inf")]}), "-Infinity is no JSON number; correct or remove the line"),
            (
                line(start=MISSING)[:-1] + ', "start": 1e999}',
                "the number 1e999 is too large; correct or remove the line",
            ),
            (
                line(start=MISSING)[:-1] + f', "start": {"9" * 5000}}}',
                "a number has too many digits; correct or remove the line",
            ),
            ('{"api": "a", "api": "b"}', "an object names the member 'api' twice; correct or remove the line"),
            (
                line(reply=MISSING)[:-1] + ', "reply": {"JobId": "a", "JobId": "b"}}',
                "an object names the member 'JobId' twice; correct or remove the line",
            ),
            ("[" * 100_000, f"it is nested deeper than {MAX_DEPTH} levels; correct or remove the line"),
            ("[" * 300 + "]" * 300, f"it is nested deeper than {MAX_DEPTH} levels; correct or remove the line"),
            (
                "{}",
                "members 'api', 'operation', 'tenant', 'start', 'end', 'request', 'status' missing; "
                "add what is missing ('end' and 'status' null if no answer came)",
            ),
            (
                line(end=MISSING),
                "member 'end' missing; add what is missing ('end' and 'status' null if no answer came)",
            ),
            (line(api=""), "'api' is empty; name the api"),
            (line(operation=7), "'operation' is 7, not a string; make 'operation' a string"),
            (line(tenant=None), "'tenant' is null, not a string; make 'tenant' a string"),
            (line(client=["c"]), "'client' is [\"c\"], not a string; make 'client' a string"),
            (
                line(error={"Code": "x"}, status=400),
                "'error' is {\"Code\": \"x\"}, not a string; make 'error' a string",
            ),
            (
                line(request="JobId=j"),
                "'request' is \"JobId=j\", not an object; make 'request' an object of the request's members",
            ),
            (line(request=None), "'request' is null, not an object; make 'request' an object of the request's members"),
            (
                line(status="200"),
                "'status' is \"200\", not an HTTP status; make 'status' a number from 100 to 599, or null",
            ),
            (
                line(status=True),
                "'status' is true, not an HTTP status; make 'status' a number from 100 to 599, or null",
            ),
            (
                line(status=200.0),
                "'status' is 200.0, not an HTTP status; make 'status' a number from 100 to 599, or null",
            ),
            (line(status=42), "'status' is 42, not an HTTP status; make 'status' a number from 100 to 599, or null"),
            (line(start=None), "'start' is null; say when the call began"),
            (
                line(start=True),
                "'start' is true, not a time; make 'start' epoch seconds, or ISO 8601 with a zone as in 2024-05-01T12:00:00Z",
            ),
            (
                line(end="soon"),
                "'end' is \"soon\", not a time; make 'end' epoch seconds, or ISO 8601 with a zone as in 2024-05-01T12:00:00Z",
            ),
            (
                line(end="2024-05-01T12:00:00"),
                "'end' is \"2024-05-01T12:00:00\", not a time; make 'end' epoch seconds, or ISO 8601 with a zone as in 2024-05-01T12:00:00Z",
            ),
            (
                line(start=1714564800000, end=1714564800001),
                "'start' is 1714564800000, outside the years 1970 to 9999, 'end' is 1714564800001, outside the years 1970 to 9999; "
                "give times in seconds, not in milliseconds",
            ),
            (
                line(start=-1),
                "'start' is -1, outside the years 1970 to 9999; give times in seconds, not in milliseconds",
            ),
            (line(start=2, end=1.5), "'end' 1.5 lies before 'start' 2; correct the times"),
            (
                line(start="2024-05-01T12:00:00Z", end="2024-05-01T12:00:00+01:00"),
                "'end' \"2024-05-01T12:00:00+01:00\" lies before 'start' \"2024-05-01T12:00:00Z\"; correct the times",
            ),
            (
                line(end=None),
                "'end' is null and 'status' is not; make both null if no answer came, neither if one came",
            ),
            (
                line(status=None),
                "'status' is null and 'end' is not; make both null if no answer came, neither if one came",
            ),
            (
                line(end=None, status=None, error="Timeout"),
                "'error' and 'reply' given without an answer; leave them out if 'end' and 'status' are null",
            ),
            (
                line(api=1, request=[], status=0),
                "'api' is 1, not a string, 'request' is [], not an object, 'status' is 0, not an HTTP status; make 'api' a string, "
                "make 'request' an object of the request's members, make 'status' a number from 100 to 599, or null",
            ),
        ],
    )
    def test_rejects_the_line(self, text: str | bytes, message: str) -> None:
        """The whole message is place, reason and remedy."""
        assert trouble(line(), text) == f"t.ndjson:2: {message}"

    def test_rejects_a_line_without_end(self) -> None:
        """A line longer than the limit is refused without being parsed."""
        assert (
            trouble(b" " * (MAX_LINE + 1))
            == f"t.ndjson:1: the line is longer than {MAX_LINE} bytes; end each call with a line end"
        )

    @pytest.mark.parametrize("lines", [[], ["", "\n"]])
    def test_rejects_a_recording_without_a_call(self, lines: list[str]) -> None:
        """Nothing recorded is not a pass."""
        assert (
            trouble(*lines)
            == f"t.ndjson:{max(1, len(lines))}: there is no call in it; give a recording with one call at least"
        )

    def test_a_line_as_deep_as_allowed_is_read(self) -> None:
        """The limit of nesting counts the call itself."""
        deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
        assert one(line(reply=MISSING)[:-1] + f', "reply": {deep}}}').reply != []
        assert "nested deeper" in trouble(line(reply=MISSING)[:-1] + f', "reply": [{deep}]}}')


class TestNothingIsLost:
    """What was read before a bad line has been yielded."""

    def test_calls_before_a_bad_line_are_yielded(self) -> None:
        """Reading is lazy: the trouble comes after the good calls."""
        calls = read([line(), line(), "broken"], name="t.ndjson")
        assert [c.line for c in itertools.islice(calls, 2)] == [1, 2]
        with pytest.raises(BadTrace, match=r"^t\.ndjson:3: "):
            next(calls)

    def test_bad_lines_are_handed_over_and_skipped(self) -> None:
        """With a taker for bad lines reading goes on behind them."""
        bad: list[BadTrace] = []
        calls = list(read(["x", line(), "y", line()], name="t.ndjson", on_bad=bad.append))
        assert [c.line for c in calls] == [2, 4]
        assert [b.place for b in bad] == ["t.ndjson:1", "t.ndjson:3"]


class TestFiles:
    """A file is read line by line; one that cannot be read is refused."""

    def test_a_file_is_read(self, tmp_path: Path) -> None:
        """Places name the file as it was given."""
        path = tmp_path / "calls.ndjson"
        path.write_text(line() + "\n" + line() + "\n")
        assert [c.place for c in read_file(path)] == [f"{path}:1", f"{path}:2"]

    def test_rejects_a_missing_file(self, tmp_path: Path) -> None:
        """The reason is the system's."""
        path = tmp_path / "none.ndjson"
        with pytest.raises(BadTrace) as caught:
            list(read_file(path))
        assert str(caught.value) == (
            f"{path}:1: the file cannot be read (No such file or directory); name a file that exists and that you may read"
        )

    def test_rejects_a_directory(self, tmp_path: Path) -> None:
        """A directory is no recording."""
        with pytest.raises(BadTrace, match="Is a directory"):
            list(read_file(tmp_path))

    def test_rejects_an_empty_file(self, tmp_path: Path) -> None:
        """An empty file is no recording."""
        path = tmp_path / "empty.ndjson"
        path.touch()
        with pytest.raises(BadTrace) as caught:
            list(read_file(path))
        assert str(caught.value) == f"{path}:1: there is no call in it; give a recording with one call at least"

    def test_trouble_of_the_taker_is_not_blamed_on_the_file(self, tmp_path: Path) -> None:
        """An error raised while calls are consumed passes through."""
        path = tmp_path / "calls.ndjson"
        path.write_text(line() + "\n")
        calls = read_file(path)
        assert isinstance(calls, Generator)
        next(calls)
        with pytest.raises(ConnectionError):
            calls.throw(ConnectionError("gone"))


class TestStrictJson:
    """What `decode_json` accepts can be written to a trace."""

    @pytest.mark.parametrize("text", ["NaN", "[1e999]", '{"a":1,"a":1}', "[" * 101 + "]" * 101, "{", b"\xff"])
    def test_rejects_what_a_trace_cannot_hold(self, text: str | bytes) -> None:
        """Lenient JSON is an error."""
        with pytest.raises(ValueError):
            decode_json(text)

    def test_a_number_that_is_not_finite_is_not_written(self) -> None:
        """Writing never makes a line that cannot be read."""
        with pytest.raises(ValueError):
            to_line(Call("a", "b", "t", "c", 1.0, 2.0, {"x": float("nan")}, 200))

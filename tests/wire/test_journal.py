"""The journal: nothing that was acknowledged is lost, and a service that starts from it goes on as if never stopped."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haltspec import apis, services
from haltspec.__main__ import main
from haltspec.errors import BadTrace, Misuse
from haltspec.lts import ABSENT, Internal, Lifecycle, Role
from haltspec.reference import Changes, Reference
from haltspec.services.base import Answer
from haltspec.spec import Api
from haltspec.trace import Call, read_file
from haltspec.wire.journal import Journal
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.session import Session
from haltspec_properties.strategies import readings
from haltspec_properties.walk import Walk

EACH_API = pytest.mark.parametrize("name", apis.NAMES)
CALL = Call(
    "comprehend", "StopEntitiesDetectionJob", "1/r", "c", 1.0, 2.0, {"JobId": "j"}, 200, None, {"JobId": "j"}, True
)
DAMAGED = (
    "the line is not as a journal has it: it was damaged, changed, or written by other means; "
    "start with the journal as the service wrote it, or with a new file"
)


class Clock:
    """A clock that goes on a little whenever somebody looks, and can be wound on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def journal_of(path: Path, *lines: Changes | Call) -> bytes:
    """A journal with these lines, and what stands in its file."""
    journal = Journal(path)
    for line in lines:
        if isinstance(line, Call):
            journal.call(line, None)
        else:
            journal.event("moves", 3.0, alone=True, api="comprehend", changes=line)
    journal.close()
    return path.read_bytes()


def lines_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def started() -> Changes:
    """What a start brings about."""
    clock = Clock()
    reference = Reference(apis.load("comprehend"), clock=clock, seed=1, keeps_changes=True)
    session = Session(reference.api, ReferenceAdapter(reference))
    session.create(reference.api.bound("StartEntitiesDetectionJob")[0], "111122223333/us-east-1", 1, token="token")
    changes = reference.take_changes()
    assert changes is not None
    return changes


class TestLines:
    """A line of a call is a line of a recording; what is not a call is passed over by those who read recordings."""

    def test_a_call_is_read_again_as_it_was(self, tmp_path: Path) -> None:
        journal_of(tmp_path / "j", CALL, started(), replace(CALL, end=None, status=None, reply=None))
        assert list(read_file(tmp_path / "j")) == [CALL, replace(CALL, end=None, status=None, reply=None)]

    def test_each_line_has_a_checksum(self, tmp_path: Path) -> None:
        journal_of(tmp_path / "j", CALL, started())
        assert [list(line)[-1] for line in lines_in(tmp_path / "j")] == ["crc32", "crc32"]

    def test_what_changes_nothing_has_no_changes(self, tmp_path: Path) -> None:
        journal_of(tmp_path / "j", CALL, started())
        assert ["changes" in line for line in lines_in(tmp_path / "j")] == [False, True]

    def test_the_time_of_the_last_line_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "j"
        for last, now in ((CALL, 2.0), (started(), 3.0), (replace(CALL, end=None, status=None, reply=None), 1.0)):
            path.unlink(missing_ok=True)
            journal_of(path, CALL, last)
            assert Journal(path).restore(lambda *_: None).now == now

    def test_what_happened_outside_stays_known(self, tmp_path: Path) -> None:
        journal_of(tmp_path / "j", replace(CALL, alone=False))
        assert not Journal(tmp_path / "j").restore(lambda *_: None).alone


class TestTornLine:
    """A service that is killed leaves one torn line at most; starting again drops it and says so."""

    def test_a_line_torn_at_any_byte_is_dropped(self, tmp_path: Path) -> None:
        first, changes = journal_of(tmp_path / "first", CALL), started()
        whole = journal_of(tmp_path / "j", CALL, changes)
        assert len(whole) > len(first) + 100
        for size in range(len(first) + 1, len(whole)):
            (tmp_path / "j").write_bytes(whole[:size])
            told: list[str] = []
            journal = Journal(tmp_path / "j")
            restored = journal.restore(lambda name, _, told=told: told.append(name))  # type: ignore[misc]
            journal.close()
            assert (restored.lines, restored.torn, told) == (1, size - len(first), [])
            assert (tmp_path / "j").read_bytes() == first

    def test_what_is_written_after_a_torn_line_was_dropped_is_whole(self, tmp_path: Path) -> None:
        whole = journal_of(tmp_path / "j", CALL, CALL)
        (tmp_path / "j").write_bytes(whole[:-9])
        journal = Journal(tmp_path / "j")
        journal.restore(lambda *_: None)
        journal.call(CALL, None)
        assert (tmp_path / "j").read_bytes() == whole

    @pytest.mark.parametrize("text", [b"my notes", b'{"api":"comprehend"}', b"{}", b"\0" * 100, b"[", b"two\nlines"])
    def test_rejects_what_was_never_a_line_of_a_journal(self, tmp_path: Path, text: bytes) -> None:
        """A file named by mistake loses nothing."""
        (tmp_path / "j").write_bytes(text)
        with pytest.raises(BadTrace) as caught:
            Journal(tmp_path / "j").restore(lambda *_: None)
        assert str(caught.value) == f"{tmp_path}/j:1: {DAMAGED}"
        assert (tmp_path / "j").read_bytes() == text


class TestDamagedLine:
    """A line that is not as it was written ends the start, with its place."""

    def test_rejects_a_line_changed_at_any_byte(self, tmp_path: Path) -> None:
        whole = journal_of(tmp_path / "j", CALL, started(), CALL)
        second = range(whole.index(b"\n") + 1, whole.index(b"\n", whole.index(b"\n") + 1))
        for place in second:
            changed = bytearray(whole)
            changed[place] ^= 1
            (tmp_path / "j").write_bytes(changed)
            journal = Journal(tmp_path / "j")
            with pytest.raises(BadTrace, match=r"j:2: the line is not as a journal has it"):
                journal.restore(lambda *_: None)
            journal.close()
            assert (tmp_path / "j").read_bytes() == changed

    def test_rejects_a_recording(self, tmp_path: Path) -> None:
        """A recording does not tell what came of the jobs in it."""
        (tmp_path / "j").write_text(json.dumps({"api": "comprehend", "operation": "x", "request": {}}) + "\n")
        with pytest.raises(BadTrace, match=r"j:1: the line is not as a journal has it"):
            Journal(tmp_path / "j").restore(lambda *_: None)

    def test_serve_says_what_is_wrong_and_where(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        whole = journal_of(tmp_path / "j", CALL, started(), CALL)
        (tmp_path / "j").write_bytes(whole.replace(b"SUBMITTED", b"SUBMIXTED", 1))
        assert main(["serve", "comprehend", "--journal", str(tmp_path / "j")]) == 2
        assert capsys.readouterr().err == f"Error: {tmp_path}/j:2: {DAMAGED}\n"

    def test_rejects_jobs_of_an_api_that_is_not_served(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        journal_of(tmp_path / "j", started())
        assert main(["serve", "translate", "--journal", str(tmp_path / "j")]) == 2
        assert capsys.readouterr().err == (
            f"Error: {tmp_path}/j: it holds jobs of comprehend, which is not served; "
            "serve comprehend as well, or start with a new file\n"
        )


class TestOneService:
    """A journal belongs to one service at a time."""

    def test_rejects_a_second_service(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        first = Journal(tmp_path / "j")
        assert main(["serve", "--journal", str(tmp_path / "j")]) == 2
        assert capsys.readouterr().err == (
            f"Error: {tmp_path}/j: another service writes this journal; end it, or name another file\n"
        )
        first.close()
        Journal(tmp_path / "j").close()

    def test_rejects_what_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path, reason in (
            (tmp_path, "the journal cannot be opened (Is a directory)"),
            (tmp_path / "nowhere" / "j", "the journal cannot be opened (No such file or directory)"),
            (tmp_path / "pipe", "the journal is no regular file"),
            (Path("/dev/full"), "the journal is no regular file"),
        ):
            with pytest.raises(Misuse) as caught:
                Journal(path)
            assert str(caught.value).startswith(f"{path}: {reason}; name a file")


# ---- what a restart brings back --------------------------------------------------------------------------------------


class Twins:
    """A reference whose changes are journalled, and how it comes back from its journal.

    Args:
        path: the journal.
        reference: the reference; it keeps changes.
    """

    def __init__(self, path: Path, reference: Reference) -> None:
        path.unlink(missing_ok=True)
        self.path, self.reference = path, reference
        self.journal = Journal(path)

    def tell(self) -> bool:
        """Write what came about; False if nothing did."""
        changes = self.reference.take_changes()
        if changes:
            now, api = self.reference.now, self.reference.api.name
            self.journal.event("moves", now, alone=True, api=api, changes=changes)
        return bool(changes)

    def twin(self) -> Reference:
        """Another reference like this one in which nothing has happened."""
        told = self.reference
        return Reference(told.api, clock=told.clock, readings=told.readings, seed=told.seed, keeps_changes=True)

    def restored(self) -> Reference:
        """Another reference, brought back from the journal."""
        self.journal.close()
        twin = self.twin()
        self.journal = Journal(self.path)
        self.journal.restore(lambda _, changes: twin.put_back(changes))
        return twin


def any_readings(api: Api, rng: Random) -> dict[str, str]:
    """A reading for every question that the reference model can follow."""
    fixed = services.load(api.name).unmodelled
    open_ = {name: question for name, question in api.all_questions().items() if name not in fixed}
    return {name: rng.choice(question.readings).name for name, question in open_.items()}


def begun(path: Path, api: Api, rng: Random, chosen: dict[str, str]) -> tuple[Twins, Walk]:
    """A reference at the beginning of a random walk of calls and moves."""
    reference = Reference(api, clock=Clock(), readings=chosen, seed=rng.getrandbits(16), keeps_changes=True)
    twins = Twins(path, reference)
    walk = Walk(reference, rng, reference.service.tenants(0))
    for tenant in walk.tenants:
        walk.session.prelude(tenant)
    twins.tell()
    return twins, walk


def data_of(reference: Reference) -> list[tuple[Any, ...]]:
    """All that is remembered of all jobs."""
    return [(*job.key, job.number, job.parent, job.state, job.entered, job.data) for job in reference.jobs()]


def answers(walk: Walk, reference: Reference) -> list[Answer]:
    """The answers to calls on all that is there, to what made it once more, and to what makes more."""
    session = Session(
        walk.api, ReferenceAdapter(reference), made=dict(walk.session.made), views=dict(walk.session.views)
    )
    given: list[Answer] = []

    def ask(operation: str, request: dict[str, Any], tenant: str) -> Answer:
        given.append(reference.call(operation, request, tenant=tenant))
        return given[-1]

    for known in walk.session.jobs[-12:]:
        key = known.key
        for binding in session.bindings(key, Role.LIST):
            parent = binding.parent_of(key.id) if binding.parent_of is not None else known.parent
            request = session.service.listing(binding, key.tenant, parent, session.prelude(key.tenant))
            limit = {binding.limit_in: 1} if binding.limit_in else {}
            page = ask(binding.operation, {**request, **limit}, key.tenant)
            while binding.next_out and page.reply and binding.next_out in page.reply and len(given) < 2000:
                following = {binding.next_in: page.reply[binding.next_out]}
                page = ask(binding.operation, {**request, **limit, **following}, key.tenant)
        for binding in session.bindings(key, Role.READ, Role.ORDER, Role.READ, Role.DELETE, Role.READ):
            if binding.id_in:
                ask(binding.operation, session.service.order(binding, key.tenant, key.id), key.tenant)
        ask(known.binding.operation, dict(known.request), key.tenant)
    for job in reference.jobs()[-20:]:
        for row in reference.enabled(job)[:1]:
            reference.fire(job, row)
    for known in walk.session.jobs[-4:]:
        ask(known.binding.operation, session.example(known.binding, known.key.tenant, 1000), known.key.tenant)
        for binding in session.bindings(known.key, Role.READ):
            ask(binding.operation, session.service.order(binding, known.key.tenant, known.key.id), known.key.tenant)
    return given


def led_to(lifecycle: Lifecycle) -> set[str]:
    """The states to which calls lead, and moves that the service makes by itself."""
    rows = [r for r in lifecycle.all_rows() if not isinstance(r.label, Internal) or r.label.owed]
    found, todo = {ABSENT}, [ABSENT]
    while todo:
        state = todo.pop()
        fresh = {row.target_from(state) for row in rows if state in row.states} - found
        found |= fresh
        todo.extend(fresh)
    return found - {ABSENT}


class TestRestart:
    """A reference that comes back from its journal is the one that was: same state, same memory, same answers."""

    @EACH_API
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_after_any_walk(self, tmp_path: Path, name: str, data: st.DataObject) -> None:
        api, rng = apis.load(name), Random(data.draw(st.integers(0, 2**32 - 1), "seed"))
        twins, walk = begun(tmp_path / "j", api, rng, data.draw(readings(api), "readings"))
        while len(walk.calls) < 60:
            walk.step()
            twins.tell()
        again = twins.restored()
        assert again.fingerprint() == twins.reference.fingerprint()
        assert data_of(again) == data_of(twins.reference)
        clock = twins.reference.clock
        assert isinstance(clock, Clock)
        now = clock.now
        first = answers(walk, twins.reference)
        clock.now = now
        assert answers(walk, again) == first
        assert first
        assert data_of(again) == data_of(twins.reference)

    @EACH_API
    def test_after_any_line(self, tmp_path: Path, name: str) -> None:
        """Killed at any line, and with jobs in nearly every state."""
        api, done, seen = apis.load(name), Counter[tuple[str, ...]](), set[tuple[str, str]]()
        for seed in range(60):
            twins, walk = begun(tmp_path / "j", api, rng := Random(seed), any_readings(api, rng))
            walk.done = done
            were = [data_of(twins.reference)] if walk.calls else []  # what a prelude made
            while len(walk.calls) < 80:
                walk.step()
                if twins.tell():
                    were.append(data_of(twins.reference))
            twins.journal.close()
            twin = twins.twin()
            told = iter(were)

            def put_back(_: str, changes: Changes, twin: Reference = twin, told: Iterator[Any] = told) -> None:
                twin.put_back(changes)
                assert data_of(twin) == next(told)

            Journal(twins.path).restore(put_back)
            assert next(told, None) is None
            seen |= {(key, state) for were_then in were for _, key, _, _, _, _, state, *_ in were_then}
        states = {(lc.name, state) for lc in api.lifecycles for state in led_to(lc)}
        assert len(states - seen) <= len(states) // 5, states - seen

"""The host: takes requests to the reference models, with pace, faults and journal, and gives the responses back.

It runs in one thread. A call has its effect between two awaits, so that calls never meet half-way; what makes an answer
wait (a fault) is awaited before or after.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any, Final

from haltspec import apis
from haltspec.errors import HaltspecError, Misuse, Unknown
from haltspec.lts import Role, Transition
from haltspec.reference import Changes, Job, Reference, Schedule
from haltspec.services.base import Answer
from haltspec.spec import Api, ErrorSpec, Nature
from haltspec.trace import Call
from haltspec.wire.awsjson import AwsJson
from haltspec.wire.dataarts import DataArtsRest
from haltspec.wire.dialect import Asked, Dialect, Refused
from haltspec.wire.faults import Fault, Faults
from haltspec.wire.http import Request, Response, refusal
from haltspec.wire.journal import Journal, JournalBroken, Restored
from haltspec.wire.limits import Limits
from haltspec.wire.pace import DELAY_S, Pace, come_to_rest, next_move
from haltspec.wire.signatures import Credentials

_TICK_S: Final = 1e-6
_LATEST: Final = 32_503_680_000.0
_SNAPSHOT_S: Final = 0.25
_CALL_FAULTS: Final = ("throttle", "error", "delay", "cut")
_LIST_FAULTS: Final = (*_CALL_FAULTS, "stale")
_NOT_FOUND: Final = refusal(404, "UnknownOperationException", "Nothing is served here.")
_DATAARTS: Final = "dataarts"
_ID_HEADERS: Final = (AwsJson.id_header, DataArtsRest.id_header)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a service is run.

    Args:
        apis: names of the APIs to serve.
        pace: when the service moves by itself.
        delay_s: at the pace `timed`, the shortest and longest time in a state, in seconds.
        seed: decides ids, delays and what faults strike; None: another each time.
        free: where several answers are free, whether any is given, drawn from the seed; else the usual one.
        readings: `API/QUESTION` to reading; `QUESTION` alone where one API only has it.
        faults: switched on from the start.
        credentials: who may call; None: everybody.
        outside: whether moves from outside the APIs may be made; then the journal vouches for nothing.
        exponents: whether large numbers are written with an exponent.
        name: the name or address that the server was told to listen on; the control API may be called by it.
        limits: what a request and a connection may cost.
    """

    apis: tuple[str, ...] = apis.NAMES
    pace: Pace = Pace.TIMED
    delay_s: tuple[float, float] = DELAY_S
    seed: int | None = None
    free: bool = False
    readings: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    credentials: Credentials | None = None
    outside: bool = False
    exponents: bool = False
    name: str = ""
    limits: Limits = field(default_factory=Limits)


class Host:
    """The reference services of some APIs.

    Args:
        settings: how they are run.
        journal: where calls are written; what it holds is brought back first. None: nowhere.
        clock: the time in epoch seconds.

    Raises:
        Unknown: an API, a question or a reading that does not exist.
        Misuse: readings or faults that cannot be had.
        BadTrace: the journal is none.
    """

    def __init__(
        self, settings: Settings, *, journal: Journal | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings
        self.seed = SystemRandom().getrandbits(32) if settings.seed is None else settings.seed
        self.apis: dict[str, Api] = {name: apis.load(name) for name in dict.fromkeys(settings.apis)}
        self.faults = Faults(seed=self.seed)
        self.set_faults(settings.faults)
        self.journal = journal
        self.calls = 0
        self.broken: HaltspecError | None = None
        self.restored = Restored()
        """What the journal held at the start."""
        self._clock = clock
        self._offset = 0.0
        self._last = 0.0
        self._readings = _readings(self.apis, settings.readings)
        self._snapshots: dict[str, deque[tuple[float, Reference]]] = {}
        self._references: dict[str, Reference] = {}
        self._dialects = tuple(self._made_dialects())
        self.reset()
        if journal is not None:
            self.restored = journal.restore(self._put_back)
            self._last = self.restored.now
            self._offset = max(0.0, self._last - clock())
        self._ids = Random(f"requests/{self.seed}/{self.restored.lines}")
        self._alone = self.restored.alone and not settings.outside
        if self.restored.lines:
            self._go_on()

    def _made_dialects(self) -> Iterator[Dialect]:
        if _DATAARTS in self.apis:
            yield DataArtsRest(self.apis[_DATAARTS])
        aws = {name: api for name, api in self.apis.items() if name != _DATAARTS}
        if aws:
            yield AwsJson(aws, exponents=self.settings.exponents)

    def _put_back(self, name: str, changes: Changes) -> None:
        """Bring about what a line of the journal tells."""
        if name not in self._references:
            reason = f"{self.journal.path if self.journal else ''}: it holds jobs of {name}, which is not served"
            raise Misuse(reason, f"serve {name} as well, or start with a new file")
        self._references[name].put_back(changes)

    def _go_on(self) -> None:
        """Let jobs that were brought back go on by themselves."""
        for name, reference in self._references.items():
            reference.resume(self._last)
            if self.settings.pace is Pace.INSTANT:
                self.settle(name)

    # ---- requests ---------------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Response | None:
        """The response to a request; None if the connection is to be cut without one.

        Raises:
            JournalBroken: the journal cannot be written; nothing is acknowledged from then on.
        """
        dialect = next((dialect for dialect in self._dialects if dialect.speaks(request)), None)
        if dialect is None:
            return self.with_id(_NOT_FOUND)
        try:
            asked = dialect.read(request, self.settings.credentials, self._clock())
        except Refused as refused:
            return self.with_id(refused.response, dialect.id_header)
        answer = await self.call(asked, request.client)
        return None if answer is None else dialect.word(asked, answer, self._request_id())

    def with_id(self, response: Response, *headers: str) -> Response:
        """The response to a request that makes no call, with an id of the request in it.

        Args:
            response: without an id.
            headers: those that carry it; none: all that clients look for.
        """
        request_id = self._request_id()
        ids = ((header, request_id) for header in headers or _ID_HEADERS)
        return Response(response.status, (*response.headers, *ids), response.body)

    def _request_id(self) -> str:
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    async def call(self, asked: Asked, client: str) -> Answer | None:
        """The answer to a call that has been read; None if there shall be none. Raises `JournalBroken`."""
        if self.broken is not None:
            raise self.broken
        self.calls += 1
        start = self.now()
        fault = self._fault(asked) if self.faults.active else None
        if fault is None:
            answer, changes = self._run(asked)
            self._write(asked, client, start, answer, changes)
            self._rest(asked.api, changes)
            return answer
        return await self._faulty(asked, client, start, fault)

    def _fault(self, asked: Asked) -> Fault | None:
        """The fault that strikes a call."""
        is_list = any(
            self.apis[asked.api].role(b).role is Role.LIST for b in self.apis[asked.api].bound(asked.operation)
        )
        return self.faults.strike(_LIST_FAULTS if is_list else _CALL_FAULTS, asked.api, asked.operation)

    async def _faulty(self, asked: Asked, client: str, start: float, fault: Fault) -> Answer | None:
        """The answer to a call that a fault strikes."""
        answer: Answer | None = None
        changes: Changes | None = None
        if fault.kind == "throttle":
            answer = self._failure(asked, fault, "Rate exceeded.")
        elif fault.kind == "stale":
            answer, changes = self._stale(asked, fault.seconds)
        elif fault.kind == "delay":
            if not fault.effect:
                await asyncio.sleep(fault.seconds)
            answer, changes = self._run(asked)
        else:
            if fault.effect:
                _, changes = self._run(asked)
            if fault.kind == "error":
                answer = self._failure(asked, fault, "The service failed.")
        is_late = fault.kind == "delay" and fault.effect
        # Told before the wait: a service that is killed meanwhile has told what it did.
        self._write(asked, client, start, answer, changes, late_s=fault.seconds if is_late else 0.0)
        self._rest(asked.api, changes)
        if is_late:
            await asyncio.sleep(fault.seconds)
        return answer

    def _run(self, asked: Asked) -> tuple[Answer, Changes | None]:
        """Let the call have its effect, after all that is due by the clock."""
        reference = self.reference(asked.api)
        self.catch_up(asked.api)
        self._snap(asked.api, reference)
        answer = reference.call(asked.operation, asked.members, tenant=asked.tenant)
        return answer, reference.take_changes()

    def _failure(self, asked: Asked, fault: Fault, text: str) -> Answer:
        """A refusal with the error that is asked for, or with that of the best source, of the operation if possible."""
        api, reference = self.apis[asked.api], self.reference(asked.api)
        specs = [spec for spec in _errors(api, fault) if spec.declared_by(asked.operation)]
        spec = min(
            specs, key=lambda s: (s.code != fault.code, -s.source.grade, not s.operations, len(s.natures), s.http[0])
        )
        return reference.service.refuse(reference, spec.code, text)

    # ---- faults -----------------------------------------------------------------------------------------------------

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replace the faults; raises `Unknown` or `Misuse` if one cannot be had."""
        faults = tuple(faults)
        for fault in faults:
            if fault.api and fault.api not in self.apis:
                raise Unknown("API of a fault", fault.api, self.apis)
            struck = [api for name, api in self.apis.items() if fault.api in ("", name)]
            operations = [operation for api in struck for operation in api.operations]
            if fault.operation and fault.operation not in operations:
                raise Unknown("operation of a fault", fault.operation, operations)
            if fault.kind == "stale":
                _check_stale(fault, self.apis)
            may = [spec for api in struck for spec in _errors(api, fault)]
            codes = {spec.code for spec in may if not fault.operation or spec.declared_by(fault.operation)}
            if fault.code and fault.code not in codes:
                raise Unknown(f"code of a fault {fault.kind!r}", fault.code, codes)
        self.faults.set(faults)

    def _snap(self, name: str, reference: Reference) -> None:
        """Remember how things are, if lists may be stale and the last time is some time ago."""
        reach = max((f.seconds for f in self.faults.active if f.kind == "stale" and f.api in ("", name)), default=0.0)
        if not reach:
            return
        shelf = self._snapshots.setdefault(name, deque())
        if not shelf or self._last - shelf[-1][0] >= _SNAPSHOT_S:
            shelf.append((self._last, reference.still()))
        while len(shelf) > 1 and shelf[0][0] < self._last - reach:
            shelf.popleft()

    def _stale(self, asked: Asked, seconds: float) -> tuple[Answer, Changes | None]:
        """The answer to a list as it would have been some time ago; as it is if nothing is known of then."""
        oldest = [still for at, still in self._snapshots.get(asked.api, ()) if at >= self._last - seconds]
        if not oldest:
            return self._run(asked)
        return oldest[0].call(asked.operation, asked.members, tenant=asked.tenant), None

    # ---- time and moves ---------------------------------------------------------------------------------------------

    def now(self) -> float:
        """The service's time in epoch seconds, later each time it is asked for."""
        self._last = max(self._clock() + self._offset, self._last + _TICK_S)
        return self._last

    def wind_on(self, seconds: float) -> None:
        """Let so many seconds pass at once, and all that is due come about; raises `Misuse` beyond the year 3000."""
        if self.now() + seconds > _LATEST:
            raise Misuse(f"{seconds:g} s lead beyond the year 3000", "start the service again, without its journal")
        self._offset += seconds
        now = self.now()
        self._guarded(lambda journal: journal.event("time", now, alone=self._alone))
        for name in self.apis:
            self.catch_up(name)

    def catch_up(self, name: str) -> None:
        """Let all that is due in an API come about."""
        reference = self.reference(name)
        self.now()
        while reference.move_on():
            self._write_moves(reference)

    def next_due(self) -> float | None:
        """In how many seconds something is due; None if nothing is."""
        dues = [due for r in self._references.values() if (due := r.next_due) is not None]
        return max(0.0, min(dues) - self._clock() - self._offset) if dues else None

    def advance(self, name: str, job: Job, event: str = "") -> str | None:
        """Make a job's move called `event` (a row or its event), or the usual one; the row's name, None if at rest.

        Raises:
            Misuse: no such move is possible now, or it is one from outside and these are not allowed.
        """
        reference = self.reference(name)
        self.now()
        row: Transition | str | None = event or next_move(reference, job, self.faults)
        if row is None:
            return None
        inside = [move for move in reference.enabled(job) if row in (move, move.name, str(move.label))]
        if not inside and not self.settings.outside:
            possible = ", ".join(repr(move.name) for move in reference.enabled(job)) or "none"
            reason = f"{job.key.id} has no move {event!r} in the state {job.state}"
            raise Misuse(reason, f"possible: {possible} (moves from outside: start with --outside)")
        taken = reference.fire(job, row)
        self._write_moves(reference)
        return taken.name

    def settle(self, name: str) -> None:
        """Let every job of an API come to rest."""
        reference = self.reference(name)
        self.now()
        for job in reference.jobs():
            come_to_rest(reference, job, self.faults)
            self._write_moves(reference)

    def _rest(self, name: str, changes: Changes | None) -> None:
        """At the pace `instant`, let the jobs that a call touched come to rest."""
        if self.settings.pace is Pace.INSTANT and changes is not None:
            reference = self.reference(name)
            for job in list(changes.jobs.values()):
                if reference.find(job.key.tenant, job.key.id) is job:
                    come_to_rest(reference, job, self.faults)
                    self._write_moves(reference)

    # ---- what is there ----------------------------------------------------------------------------------------------

    def reference(self, name: str) -> Reference:
        """The reference model of an API; raises `Unknown`."""
        try:
            return self._references[name]
        except KeyError:
            raise Unknown("API served", name, self.apis) from None

    def reset(self) -> None:
        """Forget all jobs of all tenants; raises `Misuse` if a journal keeps them."""
        if self.journal is not None and self._references:
            raise Misuse("a journal keeps what was acknowledged", "start a service without one, or with a new file")
        self._snapshots.clear()
        self._references = {name: self._made_reference(api) for name, api in self.apis.items()}

    def _made_reference(self, api: Api) -> Reference:
        schedule = None
        if self.settings.pace is Pace.TIMED:
            schedule = Schedule(default=self.settings.delay_s, choose=lambda r, job: next_move(r, job, self.faults))
        return Reference(
            api,
            clock=lambda: self._last,
            readings=self._readings[api.name],
            seed=self.seed,
            schedule=schedule,
            choose=None if self.settings.free else lambda rows: rows[0],
            keeps_changes=self.journal is not None or self.settings.pace is Pace.INSTANT,
        )

    # ---- journal ----------------------------------------------------------------------------------------------------

    def _write(
        self,
        asked: Asked,
        client: str,
        start: float,
        answer: Answer | None,
        changes: Changes | None,
        *,
        late_s: float = 0.0,
    ) -> None:
        if self.journal is None:
            return
        call = Call(
            asked.api,
            asked.operation,
            asked.tenant,
            client,
            start,
            None if answer is None else self.now() + late_s,
            asked.members,
            None if answer is None else answer.status,
            None if answer is None else answer.error,
            None if answer is None else answer.reply,
            self._alone,
        )
        self._guarded(lambda journal: journal.call(call, changes))

    def _write_moves(self, reference: Reference) -> None:
        """Tell what came about without a call, a line for each job that moved and those that moved with it."""
        changes = reference.take_changes()
        if changes:
            now, alone, api = self._last, self._alone, reference.api.name
            self._guarded(lambda journal: journal.event("moves", now, alone=alone, api=api, changes=changes))

    def _guarded(self, write: Callable[[Journal], None]) -> None:
        if self.journal is None:
            return
        try:
            write(self.journal)
        except JournalBroken as broken:
            self.broken = broken
            raise


def _errors(api: Api, fault: Fault) -> list[ErrorSpec]:
    """The errors of an API that a fault may be answered with."""
    nature = Nature.THROTTLE if fault.kind == "throttle" else Nature.FAULT
    return [spec for spec in api.errors if nature in spec.natures]


def _check_stale(fault: Fault, served: Mapping[str, Api]) -> None:
    """Refuse to show lists older than their API documents."""
    lags = {name: api.list_lag.seconds for name, api in served.items() if api.list_lag is not None}
    may = " or ".join(f"api={name} and up to {seconds:g} s" for name, seconds in lags.items()) or "none is served"
    for name in (fault.api,) if fault.api else served:
        lag = served[name].list_lag
        window = lag.seconds if lag is not None else 0.0
        if fault.seconds > window:
            told = (
                f"lists of {name} may lag by {window:g} s" if window else f"nothing says that lists of {name} may lag"
            )
            raise Misuse(
                f"fault 'stale' of {fault.seconds:g} s: {told}", f"name an api that documents it, and less: {may}"
            )


def _readings(served: Mapping[str, Api], chosen: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The readings by API."""
    found: dict[str, dict[str, str]] = {name: {} for name in served}
    for name, reading in chosen.items():
        owners = [(api, name) for api in served if name in served[api].all_questions()]
        prefix, _, rest = name.partition("/")
        if prefix in served and rest:
            owners = [(prefix, rest)]
        if not owners:
            known = [f"{api}/{question}" for api in served for question in served[api].all_questions()]
            raise Unknown("open question", name, known)
        if len(owners) > 1:
            raise Misuse(f"several APIs ask {name!r}", f"name one: {', '.join(f'{api}/{q}' for api, q in owners)}")
        api, question = owners[0]
        served[api].question(question).reading(reading)
        found[api][question] = reading
    return found


def describe(job: Job, reference: Reference) -> dict[str, Any]:
    """A job as the control API shows it."""
    shows = reference.api.lifecycle(job.key.lifecycle).state(job.state).shows
    return {
        "api": reference.api.name,
        "tenant": job.key.tenant,
        "lifecycle": job.key.lifecycle,
        "kind": job.key.kind,
        "id": job.key.id,
        "parent": job.parent,
        "state": job.state,
        "shows": list(shows),
        "moves": [row.name for row in reference.enabled(job)],
    }

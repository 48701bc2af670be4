"""The vocabulary of haltspec: states, labels, rows, open questions, lifecycles, and the checks when one is defined.

A lifecycle is a finite labelled transition system of *one job*, written as frozen data in `haltspec.apis`. Everything
else (machine, reference model, oracle, monitor, verification, diagrams) is derived from it. This module knows no API
and no engine.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from haltspec.errors import BadLifecycle, Unknown

ABSENT: Final = "absent"
"""The state of a job that does not exist: before it is created, after it is gone, or under an id nobody was given."""

SAME: Final = "="
"""As a target: the row leaves the job in the state it was in."""

ANY_ERROR: Final = "*"
"""As a reply's error code: a refusal whose code no document gives, so that any refusal fits."""

PLAIN: Final = "plain"
"""The request class of every request that no other class of its operation claims."""


class Grade(enum.IntEnum):
    """How sure we are of a rule: a document says it, it follows (or a known client depends on it), or it is ours."""

    ASSUMED = 1
    IMPLIED = 2
    STATED = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from: `document` (short id, empty for an assumption), `section` in it, and the grade.

    For an assumption `section` holds the reason.
    """

    document: str
    section: str
    grade: Grade

    def __str__(self) -> str:
        return f"{self.document} {self.section}".strip()


@dataclass(frozen=True, slots=True)
class Document:
    """A document rules are taken from: `id` is its short name, `edition` the version or date that was read."""

    id: str
    title: str
    edition: str

    def states(self, section: str) -> Source:
        """The document says it, in `section`."""
        return Source(self.id, section, Grade.STATED)

    def implies(self, section: str) -> Source:
        """It follows from `section`, was observed there, or a known client depends on it."""
        return Source(self.id, section, Grade.IMPLIED)


def assumed(reason: str) -> Source:
    """Nobody says it: the rule is ours, for `reason`."""
    return Source("", reason, Grade.ASSUMED)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time that a rule speaks of, in seconds, and who says so."""

    seconds: float
    source: Source


@dataclass(frozen=True, slots=True)
class State:
    """A state of a job.

    Args:
        name: our name, unique in the lifecycle; the vendor's spelling where no two states show the same status.
        shows: what the vendor shows for it, one value for each of the lifecycle's `status_members`; defaults to the
            name. `absent` shows nothing.
        terminal: the service never moves the job on by itself, and no call but a deletion does.
        frame: who says that the service makes no move from here besides the internal rows; the lifecycle's `frame`
            if left out.
        note: one line for the reader of `haltspec show`.
    """

    name: str
    shows: tuple[str, ...] = ("",)
    terminal: bool = False
    frame: Source | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.name == ABSENT:
            object.__setattr__(self, "shows", ())
        elif self.shows == ("",):
            object.__setattr__(self, "shows", (self.name,))

    @property
    def status(self) -> str:
        """What is shown, as one text: `RUNNING`, or `COMPLETED/STOPPED` where two members are shown."""
        return "/".join(self.shows)


@dataclass(frozen=True, slots=True)
class Reply:
    """The pattern of an answer.

    Args:
        error: the error code, or None for a success.
        shows: the status values a success shows; None: what the target state shows. Where an operation's reply has
            no status member this is never compared.
        inferred: the source says that the call is refused, and `error` is how we read its code: that the call is
            refused is as sure as the row, another code is ruled out as implied at most.
    """

    error: str | None = None
    shows: tuple[str, ...] | None = None
    inferred: bool = False

    def __str__(self) -> str:
        return self.error or ("/".join(self.shows) if self.shows else "ok")


def ok(*shows: str) -> Reply:
    """A success that shows `shows`, or what the target state shows if nothing is given."""
    return Reply(None, shows or None)


def refused(error: str, *, inferred: bool = False) -> Reply:
    """A refusal with the error code `error`, which the source gives unless `inferred`; it never moves the job."""
    return Reply(error, inferred=inferred)


@dataclass(frozen=True, slots=True)
class Internal:
    """A move that nobody sees: the service makes it by itself (`begin`, `complete`, `fail`, `halt`).

    Some moves nobody owes, and the reference model makes them only when told to by name:

    - with `outside` somebody makes it by other means than this API, an operator in a console; a recording that holds
      everything done has none;
    - with `witnessed` it counts only where a reply to a read or list shows the state it leads to. A doubtful move that
      was taken for possible at any time would excuse every answer that its target excuses: if a running model may fail
      unseen, the deletion of a running model can never be told from that of a failed one. The price is that a move of
      which the first sign is another answer is ruled out.
    """

    event: str
    outside: bool = False
    witnessed: bool = False

    @property
    def owed(self) -> bool:
        """True if the service makes the move sooner or later, as long as it can."""
        return not (self.outside or self.witnessed)

    def __str__(self) -> str:
        return self.event


@dataclass(frozen=True, slots=True)
class Call:
    """A call with the pattern of its answer; `when` names the request classes it is for (empty: all of them)."""

    operation: str
    reply: Reply
    when: tuple[str, ...] = ()

    def __str__(self) -> str:
        guard = f" [{', '.join(self.when)}]" if self.when else ""
        return f"{self.operation}{guard} -> {self.reply}"


Label = Internal | Call


def internal(event: str, *, outside: bool = False, witnessed: bool = False) -> Internal:
    """The label of a move nobody sees, made by the service, or from `outside` this API; see `Internal`."""
    return Internal(event, outside, witnessed)


def call(operation: str, reply: Reply, *, when: str | tuple[str, ...] = ()) -> Call:
    """The label of a call of `operation` (a role of the lifecycle) that is answered with `reply`."""
    return Call(operation, reply, (when,) if isinstance(when, str) else when)


@dataclass(frozen=True, slots=True)
class Transition:
    """A row: in each of `states`, the event `label` may happen and leads to `target`.

    Args:
        name: a fact in a few words, unique in the lifecycle; prose, diagrams, coverage and messages point at it.
        states: source states (one name, or several).
        label: `internal(...)` or `call(...)`.
        target: a state name, or `SAME`.
        source: the document (or the assumption) it rests on, with its grade.
        free: the service may choose between this row and other free rows for the same call.
    """

    name: str
    states: tuple[str, ...]
    label: Label
    target: str
    source: Source
    free: bool = False

    def __init__(
        self, name: str, states: str | Iterable[str], label: Label, target: str, source: Source, *, free: bool = False
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "states", (states,) if isinstance(states, str) else tuple(states))
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "free", free)

    @property
    def grade(self) -> Grade:
        """The grade of its source."""
        return self.source.grade

    def target_from(self, state: str) -> str:
        """Where the row leads from `state`."""
        return state if self.target == SAME else self.target


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a silent place: its `rows` (graded `assumed`), none if nothing happens or if it is about data."""

    name: str
    sentence: str
    rows: tuple[Transition, ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A place where the documents are silent or contradict each other.

    Args:
        name: unique in the API; `--reading NAME=READING` chooses.
        asks: the question, one sentence.
        readings: the possible answers, at least two.
        default: the reading that the reference service takes unless told otherwise.
        evidence: what was found, with where.
        states: the states of the silent cells; empty when the question is about data.
        operation: the role whose cells are silent; empty when it is about internal moves or data.
        when: the request classes whose cells are silent (empty: all).
        settle: how it could be settled.
    """

    name: str
    asks: str
    readings: tuple[Reading, ...]
    default: str
    evidence: str
    states: tuple[str, ...] = ()
    operation: str = ""
    when: tuple[str, ...] = ()
    settle: str = "one recorded exchange with the real service"

    def reading(self, name: str) -> Reading:
        """The reading called `name`; raises `Unknown`."""
        for reading in self.readings:
            if reading.name == name:
                return reading
        raise Unknown(f"reading of {self.name!r}", name, (r.name for r in self.readings))


class Role(enum.Enum):
    """What an operation does to a job."""

    CREATE = "create"
    READ = "read"
    LIST = "list"
    ORDER = "order"
    DELETE = "delete"


Request = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RequestClass:
    """A part of an operation's requests that is answered by rules of its own.

    Args:
        name: unique in the operation.
        holds: pure test on the request's members. A class that depends on what other jobs exist (a token used
            before, an id of another kind) leaves it out and is `contextual`: whoever projects a trace decides.
        sentence: when a request belongs to the class.
        only_in: the states in which such a request can arise at all (empty: every state).
    """

    name: str
    sentence: str
    holds: Callable[[Request], bool] | None = None
    only_in: tuple[str, ...] = ()

    @property
    def contextual(self) -> bool:
        """True if the request alone cannot tell."""
        return self.holds is None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the lifecycle, by its role's name (`Start`, `Describe`, `Stop`), whatever the vendor calls it.

    `classes` partition its requests: the first that holds claims a request, `PLAIN` takes the rest. `plain_in` are the
    states in which a plain request can arise at all (empty: every state): a start whose id the service draws never
    meets an existing job. `on_parent` marks a call that names the job's parent (a stop of the run stops its jobs), so
    that it may succeed though the job does not exist.
    """

    name: str
    role: Role
    classes: tuple[RequestClass, ...] = ()
    plain_in: tuple[str, ...] = ()
    on_parent: bool = False

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of all request classes, `PLAIN` last."""
        return (*(c.name for c in self.classes), PLAIN)

    def arises(self, cls: str, state: str) -> bool:
        """True if a request of class `cls` can arise in `state`."""
        only_in = self.plain_in if cls == PLAIN else next(c.only_in for c in self.classes if c.name == cls)
        return not only_in or state in only_in

    def class_of(self, request: Request) -> str:
        """The class that claims `request`, as far as the request alone can tell."""
        for cls in self.classes:
            if cls.holds is not None and cls.holds(request):
                return cls.name
        return PLAIN


@dataclass(frozen=True, slots=True)
class LeadsTo:
    """A progress property: from every state of `start`, if the service is fair, some state of `end` is reached.

    Calls are not needed for it and may not prevent it, except deletions and the operations (roles) of `unless`.
    """

    name: str
    sentence: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    source: Source
    unless: tuple[str, ...] = ()


class Rule(Protocol):
    """A data rule: what holds of the members of replies, beyond the state. Its check lives in `haltspec.rules`."""

    @property
    def name(self) -> str:
        """Unique in the lifecycle or API it belongs to."""
        ...

    @property
    def sentence(self) -> str:
        """What holds, in one sentence."""
        ...

    @property
    def source(self) -> Source:
        """Who says so."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of jobs that share a lifecycle but not their operations: `entities`, `key-phrases`."""

    name: str
    title: str
    id_member: str = ""
    """The member of a job object that holds its id, where it is not the lifecycle's."""
    inferred: tuple[str, ...] = ()
    """The rows whose source speaks of other kinds only: for this one they are implied at most."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The lifecycle of one job; defining a wrong one raises `BadLifecycle` with all faults.

    Args:
        api: the API's name.
        name: unique in the API; `API/NAME` is shown to people.
        kinds: the kinds of job it describes; one at least.
        states: all states; exactly one is `absent`, which is initial.
        operations: roles; every (state, operation, request class) is covered by rows or by an open question.
        transitions: the rows that hold under every reading.
        questions: the silent cells.
        frame: who says that the service makes no internal move besides those listed.
        id_member: the member of a job object that holds its id.
        status_members: the members that show the state, in the order of `State.shows`.
        progress: what must come about.
        rules: data rules on its replies.
        ids: who says that an id is given to one job; left out, it is implied where the creation is described.
        ids_return: an id can be given again after its job was deleted, since it follows from a name that clients give.
        retention: how long after its end the service may forget a job, as far as anybody tells; None: never. No row
            says so: time alone tells a job that was forgotten from one that was lost.
    """

    api: str
    name: str
    title: str
    kinds: tuple[Kind, ...]
    states: tuple[State, ...]
    operations: tuple[Operation, ...]
    transitions: tuple[Transition, ...]
    questions: tuple[OpenQuestion, ...]
    frame: Source
    id_member: str
    status_members: tuple[str, ...]
    progress: tuple[LeadsTo, ...] = ()
    rules: tuple[Rule, ...] = ()
    ids: Source | None = None
    ids_return: bool = False
    retention: Period | None = None
    _states: Mapping[str, State] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_states", {state.name: state for state in self.states})
        faults = list(_faults(self))
        if faults:
            raise BadLifecycle(self.full_name, faults)

    @property
    def full_name(self) -> str:
        """`API/NAME`."""
        return f"{self.api}/{self.name}"

    def id_member_of(self, kind: str) -> str:
        """The member of a job object that holds its id, for a kind of job (empty: the first kind)."""
        named = next((k for k in self.kinds if k.name == kind), self.kinds[0])
        return named.id_member or self.id_member

    def state(self, name: str) -> State:
        """The state called `name`; raises `Unknown`."""
        try:
            return self._states[name]
        except KeyError:
            raise Unknown(f"state of {self.full_name}", name, self._states) from None

    def operation(self, name: str) -> Operation:
        """The operation whose role is called `name`; raises `Unknown`."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise Unknown(f"operation of {self.full_name}", name, (o.name for o in self.operations))

    def question(self, name: str) -> OpenQuestion:
        """The open question called `name`; raises `Unknown`."""
        for question in self.questions:
            if question.name == name:
                return question
        raise Unknown(f"open question of {self.full_name}", name, (q.name for q in self.questions))

    def rows(self, readings: Mapping[str, str] | None = None) -> tuple[Transition, ...]:
        """The rows that hold under `readings` (question to reading; defaults fill the gaps)."""
        chosen = readings or {}
        extra = (q.reading(chosen.get(q.name, q.default)).rows for q in self.questions)
        return self.transitions + tuple(row for rows in extra for row in rows)

    def all_rows(self) -> tuple[Transition, ...]:
        """The rows of every reading together: all that is possible at all."""
        return self.transitions + tuple(row for q in self.questions for r in q.readings for row in r.rows)

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Every (state, operation, request class) that can arise."""
        for state in self.states:
            for operation in self.operations:
                for cls in operation.class_names:
                    if operation.arises(cls, state.name):
                        yield state.name, operation.name, cls

    def silent_cells(self) -> dict[tuple[str, str, str], OpenQuestion]:
        """The cells that an open question covers, each with its question."""
        silent: dict[tuple[str, str, str], OpenQuestion] = {}
        for question in self.questions:
            if question.operation:
                operation = self.operation(question.operation)
                for state in question.states:
                    for cls in question.when or operation.class_names:
                        if operation.arises(cls, state):
                            silent[state, question.operation, cls] = question
        return silent


def row_cells(lifecycle: Lifecycle, row: Transition) -> Iterator[tuple[str, str, str]]:
    """The (state, operation, request class) cells that a call row covers; none for an internal row."""
    if isinstance(row.label, Call):
        operation = lifecycle.operation(row.label.operation)
        for state in row.states:
            for cls in row.label.when or operation.class_names:
                if operation.arises(cls, state):
                    yield state, operation.name, cls


# ---- checks at definition time --------------------------------------------------------------------------------------


def _faults(lc: Lifecycle) -> Iterator[str]:
    yield from _name_faults(lc)
    structural = list(_reference_faults(lc))
    yield from structural
    if not structural and ABSENT in {state.name for state in lc.states}:
        # The rest would only repeat an unknown name in other words.
        yield from _row_faults(lc)
        yield from _question_faults(lc)
        yield from _cell_faults(lc)
        yield from _reach_faults(lc)


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]  # add returns None on purpose


def _name_faults(lc: Lifecycle) -> Iterator[str]:
    for what, names in (
        ("state", (s.name for s in lc.states)),
        ("operation", (o.name for o in lc.operations)),
        ("row", (t.name for t in lc.all_rows())),
        ("open question", (q.name for q in lc.questions)),
        ("data rule", (r.name for r in lc.rules)),
        ("kind", (k.name for k in lc.kinds)),
        ("progress property", (p.name for p in lc.progress)),
    ):
        for name in _repeated(names):
            yield f"two {what}s are called {name!r}"
    if not lc.kinds:
        yield "no kinds"
    absent = sum(state.name == ABSENT for state in lc.states)
    if absent != 1:
        yield f"{absent} initial states; exactly one state is called {ABSENT!r}"
    for state in lc.states:
        if state.name != ABSENT and len(state.shows) != len(lc.status_members):
            yield f"state {state.name!r} shows {len(state.shows)} values for {len(lc.status_members)} status members"


def _reference_faults(lc: Lifecycle) -> Iterator[str]:
    states = {s.name for s in lc.states}
    operations = {o.name: o for o in lc.operations}
    for asked in lc.operations:
        for name in _repeated(asked.class_names):
            yield f"operation {asked.name!r} has two request classes called {name!r}"
        for state in (*asked.plain_in, *(name for cls in asked.classes for name in cls.only_in)):
            if state not in states:
                yield f"operation {asked.name!r} has requests that arise in the unknown state {state!r}"
    for row in lc.all_rows():
        if not row.states:
            yield f"row {row.name!r} has no source state"
        for state in row.states:
            if state not in states:
                yield f"row {row.name!r} leaves the unknown state {state!r}"
        if row.target not in states | {SAME}:
            yield f"row {row.name!r} leads to the unknown state {row.target!r}"
        if isinstance(row.label, Call):
            operation = operations.get(row.label.operation)
            if operation is None:
                yield f"row {row.name!r} calls the unknown operation {row.label.operation!r}"
            else:
                for cls in row.label.when:
                    if cls not in operation.class_names:
                        yield f"row {row.name!r} is for the unknown request class {cls!r} of {operation.name!r}"
    for question in lc.questions:
        for state in question.states:
            if state not in states:
                yield f"open question {question.name!r} names the unknown state {state!r}"
        if question.operation and question.operation not in operations:
            yield f"open question {question.name!r} names the unknown operation {question.operation!r}"
        elif question.operation:
            for cls in question.when:
                if cls not in operations[question.operation].class_names:
                    yield f"open question {question.name!r} names the unknown request class {cls!r}"
    known = {row.name for row in lc.all_rows()}
    for kind in lc.kinds:
        for name in kind.inferred:
            if name not in known:
                yield f"kind {kind.name!r} infers the unknown row {name!r}"
    for progress in lc.progress:
        for state in (*progress.start, *progress.end):
            if state not in states:
                yield f"progress property {progress.name!r} names the unknown state {state!r}"
        for name in progress.unless:
            if name not in operations:
                yield f"progress property {progress.name!r} names the unknown operation {name!r}"


def _row_faults(lc: Lifecycle) -> Iterator[str]:
    terminal = {s.name for s in lc.states if s.terminal}
    reading_rows = {row.name for q in lc.questions for r in q.readings for row in r.rows}
    for row in lc.all_rows():
        source = row.source
        if not source.section or (not source.document and source.grade is not Grade.ASSUMED):
            yield f"row {row.name!r} has no source"
        if row.name in reading_rows and source.grade is not Grade.ASSUMED:
            yield f"row {row.name!r} is a reading and cannot be graded {source.grade}"
        leaves = any(row.target_from(state) != state for state in row.states)
        if isinstance(row.label, Internal):
            for state in row.states:
                if state in terminal:
                    yield f"internal row {row.name!r} leaves the terminal state {state!r}"
                if row.target_from(state) == state:
                    yield f"internal row {row.name!r} leads from {state!r} to itself"
                if state == ABSENT:
                    yield f"internal row {row.name!r} makes a job out of nothing"
            if row.label.witnessed and row.target == ABSENT:
                yield f"internal row {row.name!r} is witnessed, and nothing shows that a job is {ABSENT}"
            continue
        role = lc.operation(row.label.operation).role
        if leaves and row.label.reply.error is not None:
            yield f"row {row.name!r} refuses the call and yet moves the job"
        if leaves and role in (Role.READ, Role.LIST):
            yield f"row {row.name!r} moves the job by reading it"
        if role is not Role.DELETE:
            for state in row.states:
                if state in terminal and row.target_from(state) != state:
                    yield f"row {row.name!r} leaves the terminal state {state!r} without deleting the job"
        shows = row.label.reply.shows
        if shows is not None and len(shows) != len(lc.status_members):
            yield f"row {row.name!r} shows {len(shows)} values for {len(lc.status_members)} status members"


def _question_faults(lc: Lifecycle) -> Iterator[str]:
    silent = lc.silent_cells()
    for question in lc.questions:
        names = [r.name for r in question.readings]
        if len(names) < 2:
            yield f"open question {question.name!r} has {len(names)} reading(s); a question has at least two"
        for name in _repeated(names):
            yield f"open question {question.name!r} has two readings called {name!r}"
        if question.default not in names:
            yield f"open question {question.name!r} defaults to the unknown reading {question.default!r}"
        if not question.evidence:
            yield f"open question {question.name!r} gives no evidence (write what was looked for)"
        for reading in question.readings:
            cells = {cell for row in reading.rows for cell in row_cells(lc, row)}
            for cell in sorted(cells):
                if silent.get(cell) is not question:
                    yield f"reading {reading.name!r} of {question.name!r} covers {_cell(cell)}, which is not its own"
            own = {cell for cell, owner in silent.items() if owner is question}
            if question.operation:
                for cell in sorted(own - cells):
                    yield f"reading {reading.name!r} of {question.name!r} says nothing of {_cell(cell)}"


def _cell(cell: tuple[str, str, str]) -> str:
    state, operation, cls = cell
    return f"{operation} in {state}" + ("" if cls == PLAIN else f" [{cls}]")


def _cell_faults(lc: Lifecycle) -> Iterator[str]:
    silent = lc.silent_cells()
    covered: dict[tuple[str, str, str], list[Transition]] = {}
    for row in lc.transitions:
        for cell in row_cells(lc, row):
            covered.setdefault(cell, []).append(row)
    for cell in lc.cells():
        rows = covered.get(cell, [])
        if not rows and cell not in silent:
            yield f"{_cell(cell)} is covered by no row and no open question"
        if rows and cell in silent:
            yield f"{_cell(cell)} is covered by row {rows[0].name!r} and by open question {silent[cell].name!r}"
        if len(rows) > 1 and not all(row.free for row in rows):
            names = ", ".join(repr(row.name) for row in rows)
            yield f"{_cell(cell)} is covered by {names}, which are not declared free"


def _reach_faults(lc: Lifecycle) -> Iterator[str]:
    moves: dict[str, set[str]] = {state.name: set() for state in lc.states}
    for row in lc.all_rows():
        for name in row.states:
            moves[name].add(row.target_from(name))
    seen, todo = {ABSENT}, [ABSENT]
    while todo:
        for target in moves[todo.pop()] - seen:
            seen.add(target)
            todo.append(target)
    for state in lc.states:
        if state.name not in seen:
            yield f"state {state.name!r} is unreachable"
        elif not state.terminal and not moves[state.name] - {state.name}:
            yield f"state {state.name!r} is a trap: it is not terminal and nothing leads out of it"

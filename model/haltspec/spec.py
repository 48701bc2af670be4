"""One API as a whole: its lifecycles, how its wire operations bind to them, its errors, and what its page says.

An `Api` is data, written in `haltspec.apis.<api>`; this module holds the vocabulary and the checks at definition time.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from haltspec.errors import BadLifecycle, Unknown
from haltspec.lts import (
    ANY_ERROR,
    Document,
    Grade,
    Lifecycle,
    OpenQuestion,
    Operation,
    Period,
    Request,
    Role,
    Rule,
    Source,
)

Path = tuple[str, ...]
"""Member names from the root of a reply to a value; `()` is the reply itself."""

ANY_MEMBER: Final = ("*",)
"""As `Api.nulls`: any member that need not be there."""

Pattern = tuple[str | None, ...]
"""Shown values, one for each status member; None stands for any value. `()` matches whatever is shown."""


class JobKey(NamedTuple):
    """A job: tenant, lifecycle, kind (empty where the wire does not tell), and the id it goes by."""

    tenant: str
    lifecycle: str
    kind: str
    id: str


class Nature(enum.Enum):
    """What an error code means to a checker."""

    REFUSAL = "refusal"
    """Decided by the job's state: possible only where a row says so."""
    INVALID = "invalid"
    """Answers a request that breaks the constraints of its shape."""
    ENVIRONMENT = "environment"
    """Refused for reasons outside the lifecycle (keys, tags, quotas, other resources); nothing changes."""
    THROTTLE = "throttle"
    """Too many requests; nothing changes."""
    ACCESS = "access"
    """The caller may not, or its credentials are wrong; nothing changes."""
    FAULT = "fault"
    """The service failed: the call may or may not have taken effect."""


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """An error the API answers with.

    Args:
        code: the vendor's error code; `aliases` are other spellings of the same error. One that ends in `*` stands for
            every code with that beginning that no other error has: a family whose members no document lists.
        http: the HTTP statuses it may carry, the documented one first.
        natures: what it means; a code may have several meanings.
        source: who declares it.
        operations: the wire operations that declare it; empty: any operation may answer it.
        outside_in: the wire operations to which it may also be an answer that says nothing of the job.
    """

    code: str
    http: tuple[int, ...]
    natures: tuple[Nature, ...]
    source: Source
    operations: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    outside_in: tuple[str, ...] = ()

    def declared_by(self, operation: str) -> bool:
        """True if `operation` (a wire operation) may answer it."""
        return not self.operations or operation in self.operations


@dataclass(frozen=True, slots=True)
class Binding:
    """How one wire operation speaks of the jobs of one lifecycle.

    Args:
        operation: the vendor's operation name, `StopEntitiesDetectionJob`.
        lifecycle: the name of the lifecycle.
        role: the name of the lifecycle's operation, `Stop`.
        kind: the kind of its jobs; empty if the operation serves every kind of the lifecycle.
        id_in: the request member that names the job; empty if the service draws the id, or for a list.
        view: where a success shows the job; None if it shows none.
        full: the view is the whole job, not only its id and status.
        hides_status: the view has no status members (the reply to a creation that shows an id only).
        items: for a list: where the jobs are.
        token_in: the request member with the idempotency token.
        scope_in: for a list, or a call that `spreads`: the request member that names the parent.
        parent_of: the parent's id, read off a job's id; goes with `scope_in`.
        spreads: the call is also one on every job whose parent is the named one (its reply does not show them).
        delay_s: for an order: by how many seconds its effect may come after an answer that does not show it, as far as
            documents leave that open.
        would_list: for a list: given the request, a job's id and the request that made the job (None if that is not
            known), the shown values with which that job would have been in the complete listing; None if nothing can
            be said. Left out: every job would have been, whatever it shows.
        next_in, next_out, limit_in: the paging members; empty if the list has no pages.
        total_out: for a list without page tokens: the reply member that counts all jobs; the page is the complete
            listing when it holds that many.
        filters_in: the request members that narrow a list.
    """

    operation: str
    lifecycle: str
    role: str
    kind: str = ""
    id_in: str = ""
    view: Path | None = None
    full: bool = False
    hides_status: bool = False
    items: Path | None = None
    token_in: str = ""
    scope_in: str = ""
    parent_of: Callable[[str], str] | None = None
    spreads: bool = False
    delay_s: float = 0.0
    would_list: Callable[[Request, str, Request | None], Pattern | None] | None = None
    next_in: str = ""
    next_out: str = ""
    limit_in: str = ""
    total_out: str = ""
    filters_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the seed page that says how the service behaves, in our words.

    Args:
        number: its place in the list, from 1.
        place: where on the page it stands.
        says: what it says, in our words.
        by: what formalises it: `LIFECYCLE/ROW`, `LIFECYCLE/QUESTION`, `LIFECYCLE/RULE`, `LIFECYCLE/PROGRESS`, or the
            name of an API-wide question, rule or error code.
        not_modelled: the reason if it is not modelled.
    """

    number: int
    place: str
    says: str
    by: tuple[str, ...] = ()
    not_modelled: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A slip, contradiction or silence found in the documents, with what became of it.

    `by` and `not_modelled` as for `Statement`; `ref` is its short name (`A5`), `about` the trouble in one sentence.
    """

    ref: str
    about: str
    by: tuple[str, ...] = ()
    not_modelled: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """One API; defining a wrong one raises `BadLifecycle` with all faults.

    Args:
        name: short name, `comprehend`.
        title: the vendor's name.
        page: the page the specification started from.
        service: the botocore service whose model has the shapes, or the name of our own shape file.
        tenancy: what a tenant is, in the form it has in a trace (`ACCOUNT/REGION`).
        documents, lifecycles, bindings, errors: see there.
        questions: open questions about data, tokens, lists: those of no single state.
        rules: data rules on calls, lists and tokens, over all lifecycles.
        statements, ambiguities: what the page says and where it is unclear.
        nulls: the members of replies, as paths, that the documents let be `null` instead of left out; `ANY_MEMBER` if
            no document says that members without a value are left out.
        open_enums: the members of replies, as paths, in which values beside the documented ones were seen.
        shapes_by: the document that the shapes are taken from; None: botocore's model of the service.
        malformed: who says that a request which breaks its shape is refused; None: whoever the shapes are from.
        list_lag: by how much a list may lag behind what was acknowledged, as far as documents tell; None: not at all.
    """

    name: str
    title: str
    page: str
    service: str
    tenancy: str
    documents: tuple[Document, ...]
    lifecycles: tuple[Lifecycle, ...]
    bindings: tuple[Binding, ...]
    errors: tuple[ErrorSpec, ...]
    questions: tuple[OpenQuestion, ...]
    rules: tuple[Rule, ...]
    statements: tuple[Statement, ...]
    ambiguities: tuple[Ambiguity, ...]
    nulls: tuple[str, ...] = ()
    open_enums: tuple[str, ...] = ()
    shapes_by: Document | None = None
    malformed: Source | None = None
    list_lag: Period | None = None
    _errors: Mapping[str, ErrorSpec] = field(init=False, repr=False, compare=False, default_factory=dict)
    _bound: Mapping[str, tuple[Binding, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        errors = {code: spec for spec in self.errors for code in (spec.code, *spec.aliases)}
        bound: dict[str, tuple[Binding, ...]] = {}
        for binding in self.bindings:
            bound[binding.operation] = (*bound.get(binding.operation, ()), binding)
        object.__setattr__(self, "_errors", errors)
        object.__setattr__(self, "_bound", bound)
        faults = list(_faults(self))
        if faults:
            raise BadLifecycle(self.name, faults)

    @property
    def operations(self) -> tuple[str, ...]:
        """The wire operations, in the order of the bindings."""
        return tuple(self._bound)

    def lifecycle(self, name: str) -> Lifecycle:
        """The lifecycle called `name`; raises `Unknown`."""
        for lifecycle in self.lifecycles:
            if lifecycle.name == name:
                return lifecycle
        raise Unknown(f"lifecycle of {self.name}", name, (lc.name for lc in self.lifecycles))

    def bound(self, operation: str) -> tuple[Binding, ...]:
        """The bindings of a wire operation (one for each lifecycle it speaks of); raises `Unknown`."""
        try:
            return self._bound[operation]
        except KeyError:
            raise Unknown(f"operation of {self.name}", operation, self._bound) from None

    def role(self, binding: Binding) -> Operation:
        """The lifecycle operation a binding is for."""
        return self.lifecycle(binding.lifecycle).operation(binding.role)

    def shows_status(self, lifecycle: str, role: str) -> bool:
        """True if some success of a lifecycle's operation shows the job's status."""
        return any(
            (b.view is not None or b.items is not None) and not b.hides_status and not b.spreads
            for b in self.bindings
            if (b.lifecycle, b.role) == (lifecycle, role)
        )

    def shape_source(self, place: str, grade: Grade) -> Source:
        """The source of what a shape says of `place`, an operation and a member."""
        return Source(self.shapes_by.id if self.shapes_by else f"{self.service} service model", place, grade)

    def error(self, code: str) -> ErrorSpec | None:
        """The error with this code or alias, or else of its family, or None if the API does not know it."""
        found = self._errors.get(code)
        if found is None:
            families = (spec for spec in self.errors if spec.code.endswith("*"))
            found = next((spec for spec in families if code.startswith(spec.code[:-1])), None)
        return found

    def question(self, name: str) -> OpenQuestion:
        """The open question called `name`, API-wide (`token replayed`) or of a lifecycle (`job/stop while queued`)."""
        questions = self.all_questions()
        try:
            return questions[name]
        except KeyError:
            raise Unknown(f"open question of {self.name}", name, questions) from None

    def all_questions(self) -> dict[str, OpenQuestion]:
        """Every open question by its full name."""
        named = {question.name: question for question in self.questions}
        for lifecycle in self.lifecycles:
            named.update({f"{lifecycle.name}/{q.name}": q for q in lifecycle.questions})
        return named

    def names(self) -> set[str]:
        """Every name a statement can be tied to."""
        names = {q.name for q in self.questions} | {r.name for r in self.rules} | {e.code for e in self.errors}
        for lc in self.lifecycles:
            own = [t.name for t in lc.all_rows()] + [q.name for q in lc.questions]
            own += [r.name for r in lc.rules] + [p.name for p in lc.progress]
            names.update(f"{lc.name}/{name}" for name in own)
        return names


def reach(reply: Any, path: Path) -> Any:
    """The value at `path` in a decoded reply, or None if it is not there."""
    for member in path:
        if not isinstance(reply, Mapping):
            return None
        reply = reply.get(member)
    return reply


# ---- checks at definition time --------------------------------------------------------------------------------------


def _sourced(api: Api) -> Iterator[tuple[str, Source]]:
    """Everything that rests on a source, in words, with its source."""
    if api.list_lag is not None:
        yield "the lag of lists", api.list_lag.source
    yield from ((f"error {error.code!r}", error.source) for error in api.errors)
    yield from ((f"data rule {rule.name!r}", rule.source) for rule in api.rules)
    if api.malformed is not None:
        yield "the refusal of malformed requests", api.malformed
    for lc in api.lifecycles:
        yield from ((f"row {row.name!r} of {lc.full_name}", row.source) for row in lc.all_rows())
        yield from ((f"data rule {rule.name!r} of {lc.full_name}", rule.source) for rule in lc.rules)
        yield from ((f"progress property {p.name!r} of {lc.full_name}", p.source) for p in lc.progress)
        yield f"the frame of {lc.full_name}", lc.frame
        if lc.retention is not None:
            yield f"the retention of {lc.full_name}", lc.retention.source
        yield from ((f"the ids of {lc.full_name}", source) for source in (lc.ids,) if source is not None)
        yield from ((f"the frame of {s.name} in {lc.full_name}", s.frame) for s in lc.states if s.frame is not None)


def _faults(api: Api) -> Iterator[str]:
    lifecycles = {lc.name: lc for lc in api.lifecycles}
    documents = {d.id for d in api.documents}
    if api.shapes_by is not None and api.shapes_by.id not in documents:
        yield f"the shapes are from the unknown document {api.shapes_by.id!r}"
    if len(lifecycles) != len(api.lifecycles):
        yield "two lifecycles share a name"
    for binding in api.bindings:
        lc = lifecycles.get(binding.lifecycle)
        if lc is None:
            yield f"binding {binding.operation!r} names the unknown lifecycle {binding.lifecycle!r}"
            continue
        operation = next((o for o in lc.operations if o.name == binding.role), None)
        if operation is None:
            yield f"binding {binding.operation!r} names the unknown operation {binding.role!r} of {lc.full_name}"
            continue
        if binding.kind and binding.kind not in {k.name for k in lc.kinds}:
            yield f"binding {binding.operation!r} names the unknown kind {binding.kind!r} of {lc.full_name}"
        if operation.role is Role.LIST and binding.items is None:
            yield f"binding {binding.operation!r} is a list and does not say where its items are"
        if operation.role in (Role.READ, Role.ORDER, Role.DELETE) and not (binding.id_in or binding.scope_in):
            yield f"binding {binding.operation!r} does not say which member names the job"
    for lc in api.lifecycles:
        for operation in lc.operations:
            if not any(b.lifecycle == lc.name and b.role == operation.name for b in api.bindings):
                yield f"operation {operation.name!r} of {lc.full_name} is bound to no wire operation"
        for row in lc.all_rows():
            code = getattr(getattr(row.label, "reply", None), "error", None)
            if code not in (None, ANY_ERROR) and api.error(code) is None:
                yield f"row {row.name!r} of {lc.full_name} answers the unknown error {code!r}"
    for what, source in _sourced(api):
        if not source.section or (not source.document and source.grade is not Grade.ASSUMED):
            yield f"{what} has no source"
        elif source.document and source.document not in documents:
            yield f"{what} cites the unknown document {source.document!r}"
    for error in api.errors:
        for name in error.operations:
            if name not in api.operations:
                yield f"error {error.code!r} is declared by the unknown operation {name!r}"
    names = api.names()
    tied: list[tuple[str, tuple[str, ...], str]] = [
        (f"statement {s.number}", s.by, s.not_modelled) for s in api.statements
    ]
    tied += [(f"ambiguity {a.ref}", a.by, a.not_modelled) for a in api.ambiguities]
    for what, by, reason in tied:
        if not by and not reason:
            yield f"{what} is tied to nothing and gives no reason"
        for name in by:
            if name not in names:
                yield f"{what} is tied to {name!r}, which does not exist"
    if [s.number for s in api.statements] != list(range(1, len(api.statements) + 1)):
        yield "the statements are not numbered 1, 2, 3, ..."

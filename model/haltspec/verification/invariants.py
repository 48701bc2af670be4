"""What must hold of every step of the reference model, by name: a step is a call with its answer, or a service's move.

An invariant looks at the jobs just before and just after the step, at the answer, and at the rows of the lifecycle.
It knows nothing of how the reference model works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from haltspec.lts import ABSENT, ANY_ERROR, Call, Internal, Lifecycle, Reply, Role, Transition
from haltspec.services.base import Answer
from haltspec.spec import Api, Binding, JobKey, Nature, reach
from haltspec.verification.explore import Graph
from haltspec.verification.menu import Ask


class Seen(NamedTuple):
    """A job at one moment: its state, what the service remembers of it, its parent, its place in creation order."""

    state: str
    data: Mapping[str, Any]
    parent: str
    number: int


Jobs = Mapping[JobKey, Seen]
Shown = tuple[str | None, ...]


class Rules:
    """The rows of an API's lifecycles under the readings that hold, by cell.

    Args:
        api: the API.
        rows: the rows of each lifecycle.
    """

    def __init__(self, api: Api, rows: Mapping[str, tuple[Transition, ...]]) -> None:
        self.api = api
        self.graphs = {lc.name: Graph(lc, rows[lc.name]) for lc in api.lifecycles}
        self._cells: dict[tuple[str, str, str, str], list[Transition]] = {}
        for name, graph in self.graphs.items():
            for edges in graph.out.values():
                for edge in edges:
                    if isinstance(edge.row.label, Call):
                        for cls in edge.classes:
                            cell = name, edge.source, edge.row.label.operation, cls
                            self._cells.setdefault(cell, []).append(edge.row)

    def lifecycle(self, name: str) -> Lifecycle:
        """The lifecycle called `name`."""
        return self.graphs[name].lifecycle

    def rows(self, binding: Binding, state: str, cls: str) -> list[Transition]:
        """The rows that say what a call answers."""
        return self._cells.get((binding.lifecycle, state, binding.role, cls), [])

    def unowed(self, lifecycle: str, state: str) -> list[Transition]:
        """The moves that may be made in `state` though the service does not owe them."""
        rows = (edge.row for edge in self.graphs[lifecycle].out[state])
        return [row for row in rows if isinstance(row.label, Internal) and not row.label.owed]


@dataclass(frozen=True)
class Step:
    """One step, and the jobs just before and just after it.

    Args:
        rules: what the lifecycles say.
        before, after: all jobs.
        ask, answer: the call, if it was one.
        job, row: the job that the service moved, and by which row, if it was that.

    Attributes:
        touched: the jobs that are not what they were: changed, gone or new.
        made: the jobs that are new.
        own: the job the step is about: the one it names, or the one it made.
    """

    rules: Rules
    before: Jobs
    after: Jobs
    ask: Ask | None = None
    answer: Answer | None = None
    job: JobKey | None = None
    row: Transition | None = None
    touched: tuple[JobKey, ...] = field(init=False, default=())
    made: tuple[JobKey, ...] = field(init=False, default=())
    own: JobKey | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        before, after = self.before, self.after
        if before is not after and before != after:
            keys = dict.fromkeys((*before, *after))
            touched = tuple(key for key in keys if before.get(key) != after.get(key))
            object.__setattr__(self, "touched", touched)
            object.__setattr__(self, "made", tuple(key for key in touched if key not in before))
        own = self.job if self.ask is None else self.ask.subject
        if own is None and self.ask is not None and self.made:
            own = next((key for key in self.made if key.lifecycle == self.ask.binding.lifecycle), None)
        object.__setattr__(self, "own", own)

    @cached_property
    def relatives(self) -> frozenset[JobKey]:
        """The jobs that may move together with its own: those above it and those below it."""
        if self.own is None:
            return frozenset()
        seen = {**self.after, **self.before}
        by_id = {(key.tenant, key.id): key for key in seen}

        def above(key: JobKey) -> set[JobKey]:
            found: set[JobKey] = set()
            parent = by_id.get((key.tenant, seen[key].parent)) if key in seen else None
            while parent is not None and parent not in found:
                found.add(parent)
                parent = by_id.get((parent.tenant, seen[parent].parent))
            return found

        return frozenset(above(self.own) | {key for key in seen if self.own in above(key)})

    @property
    def moves_relatives(self) -> bool:
        """True if relatives changed too, so that they may have made the service move the step's own job on."""
        return bool(self.touched) and any(key in self.relatives for key in self.touched)

    @cached_property
    def rows(self) -> tuple[Transition, ...]:
        """The rows that explain the step: same cell, same answer, same state afterwards."""
        return tuple(_fitting(self))

    def result(self) -> tuple[str | None, Shown]:
        """The error code (None: a success), and the status values shown (empty: none are)."""
        if self.ask is None or self.answer is None or self.ask.binding.view is None or self.answer.error is not None:
            return (self.answer.error if self.answer is not None else None), ()
        lifecycle = self.rules.lifecycle(self.ask.binding.lifecycle)
        return None, _shown(lifecycle, reach(self.answer.reply, self.ask.binding.view))

    def outcome(self) -> str:
        """What was answered, in a few words."""
        if self.ask is None or self.answer is None:
            return ""
        if self.answer.error is not None:
            return f"{self.answer.status} {self.answer.error}"
        if self.ask.role is Role.LIST:
            return f"{self.answer.status}, {len(_items(self, self.ask, self.answer))} listed"
        shown = self.result()[1]
        return f"{self.answer.status} {told(shown)}" if any(shown) else str(self.answer.status)

    def state_before(self, key: JobKey | None) -> str:
        """The state a job was in."""
        seen = self.before.get(key) if key is not None else None
        return seen.state if seen is not None else ABSENT

    def state_after(self, key: JobKey | None) -> str:
        """The state a job is in now."""
        seen = self.after.get(key) if key is not None else None
        return seen.state if seen is not None else ABSENT


def _shown(lifecycle: Lifecycle, job: Any) -> Shown:
    return tuple(job.get(member) for member in lifecycle.status_members) if isinstance(job, Mapping) else ()


def agree(shown: Shown, want: tuple[str, ...]) -> bool:
    """True if nothing shown is other than wanted; a reply may leave members out."""
    return not want or all(got in (None, value) for got, value in zip(shown, want, strict=False))


def told(shown: Shown) -> str:
    """What is shown, as one text."""
    return "/".join(value or "?" for value in shown) or "nothing"


def _fitting(step: Step) -> list[Transition]:
    if step.ask is None or step.answer is None:
        return [step.row] if step.row is not None else []
    if step.ask.malformed:
        return []
    rules, ask = step.rules, step.ask
    if ask.role is Role.LIST:
        states = {
            s.state for k, s in step.before.items() if k.tenant == ask.tenant and k.lifecycle == ask.binding.lifecycle
        }
        return [row for state in states or {ABSENT} for row in rules.rows(ask.binding, state, ask.cls)]
    rows = rules.rows(ask.binding, step.state_before(ask.subject), ask.cls)
    return [
        row for row in rows if isinstance(row.label, Call) and _explains(step, ask, step.answer, row, row.label.reply)
    ]


def _explains(step: Step, ask: Ask, answer: Answer, row: Transition, reply: Reply) -> bool:
    if answer.error is not None or reply.error is not None:
        return reply.error is not None and reply.error in (answer.error, ANY_ERROR)
    lifecycle, own = step.rules.lifecycle(ask.binding.lifecycle), step.own
    target = row.target_from(step.state_before(ask.subject))
    reached = {target}
    if step.moves_relatives:
        reached |= step.rules.graphs[lifecycle.name].onward(
            target
        )  # its relatives may have made the service move it on
    if step.state_after(own) not in reached:
        return False
    want = reply.shows if reply.shows is not None else lifecycle.state(target).shows
    return ask.binding.view is None or agree(_shown(lifecycle, reach(answer.reply, ask.binding.view)), want)


def _items(step: Step, ask: Ask, answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The jobs that a list shows, by id."""
    lifecycle = step.rules.lifecycle(ask.binding.lifecycle)
    members = {lifecycle.id_member_of(kind.name) for kind in lifecycle.kinds}
    listed = reach(answer.reply, ask.binding.items or ())
    found: dict[str, Mapping[str, Any]] = {}
    for item in listed if isinstance(listed, list) else ():
        found.update({item[member]: item for member in members if member in item})
    return found


# ---- the invariants -------------------------------------------------------------------------------------------------


def _change(step: Step, key: JobKey) -> str:
    before, now = step.state_before(key), step.state_after(key)
    told_of = f"{key.lifecycle} {key.id} of {key.tenant}"
    return f"{told_of} from {before} to {now}" if before != now else f"the data of {told_of}, which is {now}"


def _touches_another(step: Step) -> str | None:
    for key in step.touched:
        if key != step.own and key not in step.relatives:
            return f"changed {_change(step, key)}; the step is not about it"
    return None


def _touches_tenant(step: Step) -> str | None:
    tenant = step.ask.tenant if step.ask is not None else step.job.tenant if step.job is not None else ""
    for key in step.touched:
        if key.tenant != tenant:
            return f"a step of {tenant} changed {_change(step, key)}"
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _sees_tenant(step: Step) -> str | None:
    if step.ask is None or step.answer is None or step.answer.error is not None:
        return None
    own = {key.id for key in step.after if key.tenant == step.ask.tenant}
    hidden = {key.id: key.tenant for key in step.before if key.tenant != step.ask.tenant and key.id not in own}
    if not hidden:
        return None
    for text in _texts(step.answer.reply):
        if text in hidden:
            return f"the answer to {step.ask.tenant} shows {text}, a job of {hidden[text]}"
    return None


def _token_makes_second(step: Step) -> str | None:
    if step.ask is None or not step.ask.repeated or not step.made:
        return None
    return f"the token that made {step.ask.subject and step.ask.subject.id} made {step.made[0].id} as well"


def _not_allowed(step: Step) -> str | None:
    if step.ask is None or step.answer is None or step.ask.malformed:
        return None
    ask, answer = step.ask, step.answer
    further = list(_further(step, ask))
    if answer.error is not None:
        if (
            step.rows
            or any(_refuses(rows, answer.error) for _, _, rows in further)
            or _outside(step, ask, answer.error)
        ):
            return None
    elif (ask.role is Role.LIST or step.rows) and all(_permits(rows, before, now) for before, now, rows in further):
        return None
    state = step.state_before(ask.subject)
    rows = [row for own in (step.rules.rows(ask.binding, state, ask.cls), *(r for _, _, r in further)) for row in own]
    lifecycle = step.rules.lifecycle(ask.binding.lifecycle)
    shown = told(_shown(lifecycle, reach(answer.reply, ask.binding.view or ())))
    given = answer.error or f"success that shows {shown}"
    possible = "; ".join(f"{row.label}, to {row.target} ({row.name})" for row in rows) or "no row"
    return f"answered {given} in {state}, now {step.state_after(step.own)}; possible: {possible}"


def _further(step: Step, ask: Ask) -> Iterator[tuple[str, str, list[Transition]]]:
    """The other jobs that the call names: state before and after, and the rows that say what it answers there."""
    api = step.rules.api
    for binding in api.bound(ask.operation):
        operation = api.role(binding)
        if binding is ask.binding or binding.spreads or not binding.id_in or operation.role in (Role.CREATE, Role.LIST):
            continue
        named = (binding.lifecycle, ask.request.get(binding.id_in))
        key = next((k for k in step.before if k.tenant == ask.tenant and (k.lifecycle, k.id) == named), None)
        state = step.state_before(key)
        yield state, step.state_after(key), step.rules.rows(binding, state, operation.class_of(ask.request))


def _refuses(rows: list[Transition], code: str) -> bool:
    return any(isinstance(row.label, Call) and row.label.reply.error in (code, ANY_ERROR) for row in rows)


def _permits(rows: list[Transition], before: str, now: str) -> bool:
    return any(isinstance(r.label, Call) and r.label.reply.error is None and r.target_from(before) == now for r in rows)


def _outside(step: Step, ask: Ask, code: str) -> bool:
    """True if something else than the state of a job may stand in the way."""
    error = step.rules.api.error(code)
    return (
        ask.hindered
        or ask.aside
        or (ask.role is Role.CREATE and error is not None and Nature.ENVIRONMENT in error.natures)
    )


def _shows_other_state(step: Step) -> str | None:
    if step.ask is None or step.answer is None or step.answer.error is not None:
        return None
    lifecycle = step.rules.lifecycle(step.ask.binding.lifecycle)
    if step.ask.role is Role.LIST:
        sights = _items(step, step.ask, step.answer)
        pairs = [(sights[key.id], key) for key in step.after if key.tenant == step.ask.tenant and key.id in sights]
    elif step.ask.role is Role.READ and step.ask.subject is not None and step.ask.binding.view is not None:
        pairs = [(reach(step.answer.reply, step.ask.binding.view), step.ask.subject)]
    else:
        return None
    for job, key in pairs:
        shown = _shown(lifecycle, job)
        if key.lifecycle == lifecycle.name and not agree(shown, lifecycle.state(step.state_after(key)).shows):
            return f"{key.id} is {step.state_after(key)} and is shown as {told(shown)}"
    return None


def _lists_otherwise(step: Step) -> str | None:
    if step.ask is None or step.answer is None or step.ask.role is not Role.LIST or step.answer.error is not None:
        return None
    ask, binding = step.ask, step.ask.binding
    listed = set(_items(step, ask, step.answer))
    there: set[str] = set()
    unsure: set[str] = set()
    for key, seen in step.after.items():
        in_scope = not binding.scope_in or seen.parent == ask.request.get(binding.scope_in)
        if (
            key.tenant == ask.tenant
            and key.lifecycle == binding.lifecycle
            and binding.kind in ("", key.kind)
            and in_scope
        ):
            (there if _is_listed(step, ask, key, seen) else unsure).add(key.id)
    if there <= listed <= there | unsure:
        return None
    return f"the list holds {', '.join(sorted(listed)) or 'nothing'}; there are {', '.join(sorted(there)) or 'none'}"


def _is_listed(step: Step, ask: Ask, key: JobKey, seen: Seen) -> bool:
    """True if a complete list must show the job: its state is listed, and the request filters nothing out."""
    if not _permits(step.rules.rows(ask.binding, seen.state, ask.cls), seen.state, seen.state):
        return False
    pattern = ask.binding.would_list(ask.request, key.id, None) if ask.binding.would_list is not None else ()
    shows = step.rules.lifecycle(key.lifecycle).state(seen.state).shows
    return pattern is not None and all(want in (None, got) for want, got in zip(pattern, shows, strict=False))


def _changes_unasked(step: Step) -> str | None:
    if step.ask is None or step.answer is None:
        return None
    reads = step.ask.role in (Role.READ, Role.LIST) and not step.ask.aside
    if not reads and step.answer.error is None:
        return None
    for key in step.touched:
        what = "a read" if reads else f"a call refused with {step.answer.error}"
        return f"{what} changed {_change(step, key)}"
    return None


def _meets_fault(step: Step) -> str | None:
    if step.answer is None or step.answer.status < 500:
        return None
    return f"answered {step.answer.status} {step.answer.error or ''}"


def _malformed_accepted(step: Step) -> str | None:
    if step.ask is None or step.answer is None or not step.ask.malformed:
        return None
    error = step.rules.api.error(step.answer.error or "")
    if error is not None and Nature.INVALID in error.natures:
        return None
    return f"a malformed request was answered {step.answer.error or 'with success'}"


def _shares_id(step: Step) -> str | None:
    if step.ask is None or step.answer is None or step.ask.role is not Role.CREATE or step.ask.subject is not None:
        return None
    if step.answer.error is not None or any(key.lifecycle == step.ask.binding.lifecycle for key in step.made):
        return None
    return "a creation was answered with success and there is no job with an id of its own"


def _moves_unlawfully(step: Step) -> str | None:
    if step.job is None or step.row is None:
        return None
    before, now = step.state_before(step.job), step.state_after(step.job)
    target = step.row.target_from(before)
    reached = step.rules.graphs[step.job.lifecycle].onward(target) if step.moves_relatives else {target}
    if step.row not in step.rules.graphs[step.job.lifecycle].rows:
        return f"row {step.row.name!r}, from {before} to {now}, is not in the lifecycle"
    if before not in step.row.states or now not in reached:
        return f"row {step.row.name!r} moved {step.job.id} from {before} to {now}"
    for key in step.touched:
        if key in step.relatives and step.state_after(key) not in step.rules.graphs[key.lifecycle].onward(
            step.state_before(key)
        ):
            return f"row {step.row.name!r} of {step.job.id} moved {key.id} to {step.state_after(key)}"
    return None


@dataclass(frozen=True, slots=True)
class Invariant:
    """A named invariant of every step; `breach` tells what is wrong, or None."""

    name: str
    sentence: str
    breach: Callable[[Step], str | None]


INVARIANTS: Final = (
    Invariant(
        "one job's stop never touches another job",
        "A call or move changes the job it is about and those that hang together with it.",
        _touches_another,
    ),
    Invariant(
        "a tenant never touches another's jobs",
        "A call or move in one tenant changes no job of another.",
        _touches_tenant,
    ),
    Invariant("tenants never see each other's jobs", "No answer shows the id of another tenant's job.", _sees_tenant),
    Invariant(
        "a repeated token makes no second job", "A creation repeated with its token makes nothing.", _token_makes_second
    ),
    Invariant(
        "every job has an id of its own",
        "A creation that is answered with success makes a job under a new id.",
        _shares_id,
    ),
    Invariant(
        "every answer is allowed by the lifecycle",
        "A row has the answer, for the state before the call and the state after it.",
        _not_allowed,
    ),
    Invariant(
        "the state shown is the state the job is in",
        "What is described and listed is the job's state.",
        _shows_other_state,
    ),
    Invariant(
        "a list holds exactly the jobs there are",
        "A complete list has each job of its tenant, kind and parent once, and no other.",
        _lists_otherwise,
    ),
    Invariant(
        "a refused call and a read change nothing",
        "Every job is after a refusal, a description or a list what it was before.",
        _changes_unasked,
    ),
    Invariant(
        "the service moves as the lifecycle says",
        "A move of the service takes a row that leaves the job's state, to that row's target.",
        _moves_unlawfully,
    ),
    Invariant(
        "a malformed request is refused as such",
        "An id that breaks its shape is answered with an error for that.",
        _malformed_accepted,
    ),
    Invariant("no call meets a fault of the service", "Nothing on the menu is answered 500 or above.", _meets_fault),
)
"""The invariants checked at every step of the reference model."""

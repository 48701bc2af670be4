"""`haltspec show API`: the rules of an API with who says so, to be ticked off beside the vendor's page.

The JSON form is the specification itself. Every object has the members of the dataclass it is made from, by the same
names, and their docstrings (`haltspec.lts`, `haltspec.spec`) say what they mean:

- the whole is an `Api`: `name`, `title`, `page`, `service`, `tenancy`, `documents`, `lifecycles`, `bindings`,
  `errors`, `questions`, `rules`, `statements`, `ambiguities`;
- `lifecycles[]`: `name`, `title`, `kinds`, `states`, `operations`, `transitions` (the rows), `questions`, `frame`,
  `id_member`, `status_members`, `progress`, `rules`, `ids`;
- `transitions[]`: `name`, `states` (from which), `label`, `target` (a state's name, or `=`: the job stays where it is),
  `source`, `free`; a label is `{"event": E, "outside": BOOL, "witnessed": BOOL}` for a move that nobody sees, or a call
  `{"operation": O, "reply": {"error": CODE or null, "shows": [VALUE...] or null, "inferred": BOOL}, "when":
  [REQUEST CLASS...]}` (no classes: all of them; `error` `*`: any refusal; `shows` null: what the target state shows);
- `source`: `{"document", "section", "grade": "stated"|"implied"|"assumed"}`, `document` empty for an assumption;
- functions (guards, checks) have no JSON form: a request class says by `sentence` when a request belongs to it, and by
  `contextual` whether the request alone can tell; a data rule says by `sentence` what holds.

`--only` leaves the name and the chosen members, of the API and of its lifecycles.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from haltspec import apis
from haltspec.commands.text import echo, faint, graded, heading, paragraph, sourced, table, told
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    SAME,
    Call,
    Grade,
    Lifecycle,
    OpenQuestion,
    Period,
    RequestClass,
    Rule,
    Transition,
)
from haltspec.spec import Ambiguity, Api, ErrorSpec, Statement

SECTIONS: Final = ("rows", "questions", "progress", "rules", "errors", "statements", "ambiguities")
"""What `--only` may be given."""

_MEMBER: Final = {"rows": "transitions"}


@click.command("show")
@click.argument("api", metavar="API")
@click.option("--only", "only", type=click.Choice(SECTIONS), multiple=True, help="Only this section; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the machine form.")
def command(api: str, only: tuple[str, ...], as_json: bool) -> None:
    """Print the rules of API: rows, open questions, data rules, errors, and what its page says.

    Each rule has a grade (stated: a document says it; implied: it follows, was observed, or a known client depends on
    it; assumed: ours) and its source. Each statement of the page names the rules it became.
    """
    spec = apis.load(api)
    if as_json:
        click.echo(json.dumps(as_members(spec, only), indent=2))
    else:
        echo(as_text(spec, only))


# ---- for machines ----------------------------------------------------------------------------------------------------


def as_members(api: Api, only: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON form of `api`, of the sections in `only` if any are given; see the module for its shape."""
    whole: dict[str, Any] = plain(api)
    if not only:
        return whole
    kept = {"name", *(_MEMBER.get(section, section) for section in only)}

    def chosen(members: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in members.items() if name in kept}

    lifecycles = [chosen(lifecycle) for lifecycle in whole["lifecycles"]]
    return chosen(whole) | ({"lifecycles": lifecycles} if any(len(members) > 1 for members in lifecycles) else {})


def plain(value: Any) -> Any:
    """Specification data as JSON values: dataclasses by their public members, without functions; enums by name."""
    if isinstance(value, Grade):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        fields = (f for f in dataclasses.fields(value) if not f.name.startswith("_") and "Callable" not in str(f.type))
        members = {f.name: plain(getattr(value, f.name)) for f in fields}
        return members | {"contextual": value.contextual} if isinstance(value, RequestClass) else members
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


# ---- for people ------------------------------------------------------------------------------------------------------


def as_text(api: Api, only: Sequence[str] = ()) -> Iterator[str]:
    """The lines a person reads about `api`, of the sections in `only` if any are given."""
    yield heading(f"{api.title} ({api.name})")
    if not only:
        yield from _head(api)
    for lifecycle in api.lifecycles:
        yield from _lifecycle(api, lifecycle, only)
    if "questions" in (only or SECTIONS):
        yield from _section("Open questions of the whole API", [_question(q) for q in api.questions])
    if "rules" in (only or SECTIONS):
        yield from _section("Data rules of the whole API", [_rule(rule) for rule in api.rules])
    if "errors" in (only or SECTIONS):
        yield from _section("Errors", [_error(api, error) for error in api.errors])
    known = _known(api)
    if "statements" in (only or SECTIONS):
        title = f"What the page says ({api.page})"
        yield from _section(title, [_statement(s, known) for s in api.statements])
    if "ambiguities" in (only or SECTIONS):
        yield from _section("Ambiguities of the documents", [_ambiguity(a, known) for a in api.ambiguities])


def _head(api: Api) -> Iterator[str]:
    yield from paragraph(api.page, indent=2, first="page     ")
    yield from paragraph(api.tenancy, indent=2, first="tenant   ")
    if api.list_lag is not None:
        yield from _period("lists    ", "may be", api.list_lag, "old")
    late = {binding.operation: binding.delay_s for binding in api.bindings if binding.delay_s}
    if late:
        told = ", ".join(f"{operation} {seconds:g} s" for operation, seconds in late.items())
        yield from paragraph(
            f"may take effect so long after an answer that does not show it: {told}", indent=2, first="orders   "
        )
    yield f"  grades   {graded('stated')} a document says it"
    yield f"           {graded('implied')} it follows, was observed, or a known client depends on it"
    yield f"           {graded('assumed')} ours: nobody is blamed for it"
    yield ""
    yield heading("Documents")
    yield from table([("ID", "TITLE", "EDITION"), *((d.id, d.title, d.edition) for d in api.documents)], stretch=(1, 2))


def _lifecycle(api: Api, lifecycle: Lifecycle, only: Sequence[str]) -> Iterator[str]:
    chosen = only or SECTIONS
    name = lifecycle.full_name
    if not only:
        yield from ("", heading(f"Lifecycle {name}: {lifecycle.title}"))
        yield from paragraph(", ".join(k.name for k in lifecycle.kinds), indent=2, first="kinds    ")
        yield from paragraph(", ".join(lifecycle.status_members), indent=2, first="shown in ")
        if lifecycle.retention is not None:
            yield from _period("kept     ", "for", lifecycle.retention, "after the end, and perhaps no longer")
        yield from _states(lifecycle)
        yield from _operations(api, lifecycle)
    if "rows" in chosen:
        yield from ("", heading(f"Rows of {name}"), *_rows(lifecycle, lifecycle.transitions, indent=2))
    if "questions" in chosen:
        yield from _section(f"Open questions of {name}", [_question(q, lifecycle) for q in lifecycle.questions])
    if "progress" in chosen:
        blocks = (sourced(p.name, p.sentence, p.source.grade, told(p.source)) for p in lifecycle.progress)
        yield from _section(f"What must come about in {name}", list(blocks))
    if "rules" in chosen:
        yield from _section(f"Data rules of {name}", [_rule(rule) for rule in lifecycle.rules])


def _period(first: str, before: str, period: Period, after: str) -> Iterator[str]:
    days = period.seconds / 86_400
    span = f"{days:g} {'day' if days == 1 else 'days'}" if days >= 1 else f"{period.seconds:g} s"
    text = f"{before} {span} {after} [{period.source.grade}: {told(period.source)}]"
    yield from paragraph(text, indent=2, first=first)


def _section(title: str, blocks: Sequence[Iterator[str]]) -> Iterator[str]:
    """A titled part; nothing at all if it has no blocks."""
    if blocks:
        yield from ("", heading(title))
        for block in blocks:
            yield from block


def _states(lifecycle: Lifecycle) -> Iterator[str]:
    rows = [("STATE", "SHOWS", "", "NOTE")]
    for state in lifecycle.states:
        rows.append((state.name, state.status or "-", "end" if state.terminal else "", state.note))
    yield from ("", *table(rows))


def _operations(api: Api, lifecycle: Lifecycle) -> Iterator[str]:
    rows = [("CALL", "DOES", "ON THE WIRE")]
    for operation in lifecycle.operations:
        wire = [b.operation for b in api.bindings if (b.lifecycle, b.role) == (lifecycle.name, operation.name)]
        rows.append((operation.name, operation.role.value, ", ".join(wire)))
    yield from ("", *table(rows))
    for operation in lifecycle.operations:
        for cls in operation.classes:
            yield from paragraph(cls.sentence, indent=2, first=f"{operation.name} [{cls.name}]: ")


def _rows(lifecycle: Lifecycle, rows: Sequence[Transition], *, indent: int) -> list[str]:
    """A table of rows, each with its source below it."""
    cells = [("GRADE", "ROW", "FROM", "WHAT HAPPENS", "TO")]
    for row in rows:
        target = "(stays)" if row.target == SAME else row.target
        cells.append((str(row.grade), row.name, _from(lifecycle, row), _label(lifecycle, row), target))
    return table(cells, indent=indent, stretch=(1, 2, 3), notes=[told(row.source) for row in rows])


def _from(lifecycle: Lifecycle, row: Transition) -> str:
    """The source states of a row, in a few words where they are all or nearly all."""
    existing = {state.name for state in lifecycle.states} - {ABSENT}
    if set(row.states) >= existing and len(existing) > 1:
        return "any state" if ABSENT in row.states else f"any but {ABSENT}"
    return ", ".join(row.states)


def _label(lifecycle: Lifecycle, row: Transition) -> str:
    if not isinstance(row.label, Call):
        return f"({row.label.event}, if seen)" if row.label.witnessed else f"({row.label.event})"
    classes = lifecycle.operation(row.label.operation).classes
    guard = ", ".join(name for name in row.label.when if name != PLAIN) if row.label.when else "any request"
    if PLAIN in row.label.when and guard:
        guard = f"{PLAIN}, {guard}"
    asked = f"{row.label.operation} [{guard}]" if classes and guard else row.label.operation
    reply = "any refusal" if row.label.reply.error == ANY_ERROR else str(row.label.reply)
    if row.label.reply.inferred:
        reply += " (code implied)"
    return f"{asked} -> {reply}"


def _question(question: OpenQuestion, lifecycle: Lifecycle | None = None) -> Iterator[str]:
    """A question with its readings; the one the reference service takes unless told otherwise is marked `*`."""
    yield ""
    yield from paragraph(question.name, indent=2, first=f"{graded('open')} ")
    yield from paragraph(question.asks, indent=4)
    if question.states:
        asked = f"{question.operation or 'moves'} in {', '.join(question.states)}"
        guard = ", ".join(name for name in question.when if name != PLAIN)
        yield from paragraph(asked + (f" [{guard}]" if guard else ""), indent=4, first="silent    ")
    for reading in question.readings:
        mark = "*" if reading.name == question.default else " "
        same = reading.sentence == reading.name
        yield from paragraph(
            reading.name if same else f"{reading.name}: {reading.sentence}", indent=6, first=f"{mark} "
        )
        if reading.evidence:
            yield from map(faint, paragraph(reading.evidence, indent=8))
        if reading.rows and lifecycle is not None:
            yield from _rows(lifecycle, reading.rows, indent=8)[1:]
    yield from paragraph(question.evidence, indent=4, first="evidence  ")
    yield from paragraph(question.settle, indent=4, first="to settle ")


def _rule(rule: Rule) -> Iterator[str]:
    yield from sourced(rule.name, rule.sentence, rule.source.grade, told(rule.source))


def _error(api: Api, error: ErrorSpec) -> Iterator[str]:
    yield from paragraph(
        f"{', '.join((error.code, *error.aliases))}: HTTP {' or '.join(map(str, error.http))}, "
        f"{' or '.join(nature.value for nature in error.natures)}",
        indent=2,
        first=f"{graded(error.source.grade)} ",
    )
    yield from paragraph(_declared_by(api, error), indent=11, first="answers  ")
    if error.note:
        yield from paragraph(error.note, indent=11, first="note     ")
    yield from map(faint, paragraph(told(error.source), indent=11))


def _declared_by(api: Api, error: ErrorSpec) -> str:
    """The operations that may answer an error, by their roles where all of a role do."""
    left = set(error.operations)
    if not left or left == set(api.operations):
        return "every operation"
    told_of: list[str] = []
    for role in dict.fromkeys(b.role for b in api.bindings):
        if (of_role := {b.operation for b in api.bindings if b.role == role}) <= left:
            told_of.append(f"every {role}")
            left -= of_role
    for key in dict.fromkeys((b.lifecycle, b.role) for b in api.bindings):
        if (of_role := {b.operation for b in api.bindings if (b.lifecycle, b.role) == key}) <= left:
            told_of.append(f"{key[1]} of {key[0]}")
            left -= of_role
    return ", ".join((*told_of, *(name for name in error.operations if name in left)))


Known = Mapping[str, tuple[str, str]]
"""What a statement can be tied to: a full name with its grade (or `open`) and what it is."""


def _known(api: Api) -> Known:
    known = {q.name: ("open", "question") for q in api.questions}
    known |= {r.name: (str(r.source.grade), "data rule") for r in api.rules}
    known |= {e.code: (str(e.source.grade), "error") for e in api.errors}
    for lc in api.lifecycles:
        known |= {f"{lc.name}/{t.name}": (str(t.grade), "row") for t in lc.all_rows()}
        known |= {f"{lc.name}/{q.name}": ("open", "question") for q in lc.questions}
        known |= {f"{lc.name}/{r.name}": (str(r.source.grade), "data rule") for r in lc.rules}
        known |= {f"{lc.name}/{p.name}": (str(p.source.grade), "progress") for p in lc.progress}
    return known


def _statement(statement: Statement, known: Known) -> Iterator[str]:
    yield from paragraph(statement.says, indent=2, first=f"[ ] {statement.number:>2} ")
    yield from map(faint, paragraph(statement.place, indent=9))
    yield from _tied(statement.by, statement.not_modelled, known)


def _ambiguity(ambiguity: Ambiguity, known: Known) -> Iterator[str]:
    yield from paragraph(ambiguity.about, indent=2, first=f"{ambiguity.ref}: ")
    yield from _tied(ambiguity.by, ambiguity.not_modelled, known)


def _tied(by: Sequence[str], not_modelled: str, known: Known) -> Iterator[str]:
    for name in by:
        grade, what = known[name]
        yield from paragraph(name, indent=9, first=f"{graded(grade)} {what:<9} ")
    if not_modelled:
        yield from paragraph(not_modelled, indent=9, first="not modelled: ")

"""A wrong definition fails at once and lists all its faults; each kind of fault has its case here."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from haltspec import lts, rules, spec
from haltspec.errors import BadLifecycle
from haltspec.lts import (
    ABSENT,
    PLAIN,
    SAME,
    Document,
    Grade,
    Kind,
    LeadsTo,
    Lifecycle,
    OpenQuestion,
    Operation,
    Reading,
    RequestClass,
    Role,
    Source,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.spec import Ambiguity, Api, Binding, ErrorSpec, Nature, Statement

PAGE = Document("PAGE", "the page", "2024")
OURS = assumed("nobody says it")
LIVE = ("ON", "OFF")

QUESTION = OpenQuestion(
    "stop when off",
    "What does a stop answer when the lamp is off?",
    (
        Reading("fine", "Accepted.", (Transition("stopped again", "OFF", call("Stop", ok()), SAME, OURS),)),
        Reading(
            "no", "Refused.", (Transition("second stop refused", "OFF", call("Stop", refused("Gone")), SAME, OURS),)
        ),
    ),
    "fine",
    "The page is silent.",
    states=("OFF",),
    operation="Stop",
)

ROWS = {
    row.name: row
    for row in (
        Transition("started", ABSENT, call("Start", ok()), "ON", PAGE.states("1")),
        Transition("burnt out", "ON", internal("fail"), "OFF", PAGE.states("2")),
        Transition("stopped", "ON", call("Stop", ok()), "OFF", PAGE.states("3")),
        Transition("unknown", ABSENT, call("Stop", refused("Gone")), SAME, PAGE.states("4")),
    )
}

LAMP: dict[str, Any] = {
    "api": "lamps",
    "name": "lamp",
    "title": "a lamp",
    "kinds": (Kind("plain", "Lamp"),),
    "states": (State(ABSENT), State("ON"), State("OFF", terminal=True)),
    "operations": (Operation("Start", Role.CREATE, plain_in=(ABSENT,)), Operation("Stop", Role.ORDER)),
    "transitions": tuple(ROWS.values()),
    "questions": (QUESTION,),
    "frame": PAGE.implies("5"),
    "id_member": "Id",
    "status_members": ("State",),
}

LAMPS: dict[str, Any] = {
    "name": "lamps",
    "title": "Lamps",
    "page": "PAGE",
    "service": "lamps",
    "tenancy": "ACCOUNT/REGION",
    "documents": (PAGE,),
    "bindings": (Binding("StartLamp", "lamp", "Start", view=()), Binding("StopLamp", "lamp", "Stop", id_in="Id")),
    "errors": (ErrorSpec("Gone", (400,), (Nature.REFUSAL,), PAGE.states("6")),),
    "questions": (),
    "rules": (),
    "statements": (Statement(1, "1", "A lamp starts.", ("lamp/started",)),),
    "ambiguities": (),
}


def lamp(**changes: Any) -> Lifecycle:
    """The lifecycle of a lamp with some members changed."""
    return Lifecycle(**(LAMP | changes))


def lamps(**changes: Any) -> Api:
    """The API of lamps with some members changed."""
    members: dict[str, Any] = {"lifecycles": (lamp(),), **LAMPS, **changes}
    return Api(**members)


def rows(*more: Transition, **changed: Transition | None) -> dict[str, Any]:
    """The rows with some replaced, taken away (None) or added."""
    own = ROWS | {name.replace("_", " "): row for name, row in changed.items()}
    return {"transitions": (*(row for row in own.values() if row is not None), *more)}


def asked(**changes: Any) -> dict[str, Any]:
    """The question with some members changed."""
    return {"questions": (replace(QUESTION, **changes),)}


def always(name: str, source: Source = OURS) -> rules.SightRule:
    return rules.holds(name, "It holds.", source, lambda _: None)


LIST = Operation("List", Role.LIST)
READ = Operation("Read", Role.READ)
LISTED = Transition("listed", (ABSENT, *LIVE), call("List", ok()), SAME, PAGE.states("7"))

LIFECYCLE_CASES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    # names
    ({"states": (*LAMP["states"], State("ON"))}, ("two states are called 'ON'",)),
    ({"operations": (*LAMP["operations"], Operation("Stop", Role.ORDER))}, ("two operations are called 'Stop'",)),
    (
        rows(Transition("started", "ON", internal("fade"), "OFF", PAGE.states("1"))),
        ("two rows are called 'started'",),
    ),
    (
        {
            "questions": (
                QUESTION,
                OpenQuestion("stop when off", "Dark?", (Reading("yes", ""), Reading("no", "")), "no", "-"),
            )
        },
        ("two open questions are called 'stop when off'",),
    ),
    ({"rules": (always("bright"), always("bright"))}, ("two data rules are called 'bright'",)),
    ({"kinds": (Kind("plain", "Lamp"), Kind("plain", "Torch"))}, ("two kinds are called 'plain'",)),
    (
        {"progress": (LeadsTo("ends", "", ("ON",), ("OFF",), OURS),) * 2},
        ("two progress propertys are called 'ends'",),
    ),
    ({"kinds": ()}, ("no kinds",)),
    (
        {"states": (State("NONE"), State("ON"), State("OFF", terminal=True))},
        (
            "0 initial states; exactly one state is called 'absent'",
            "operation 'Start' has requests that arise in the unknown state 'absent'",
            "row 'started' leaves the unknown state 'absent'",
            "row 'unknown' leaves the unknown state 'absent'",
        ),
    ),
    (
        {"states": (State(ABSENT), State("ON", shows=("ON", "BRIGHT")), State("OFF", terminal=True))},
        ("state 'ON' shows 2 values for 1 status members",),
    ),
    (
        {
            "operations": (
                LAMP["operations"][0],
                Operation("Stop", Role.ORDER, (RequestClass("far", "It is far."), RequestClass("far", "It is far."))),
            )
        },
        ("operation 'Stop' has two request classes called 'far'",),
    ),
    # references
    (
        {"operations": (Operation("Start", Role.CREATE, plain_in=("LIT",)), LAMP["operations"][1])},
        ("operation 'Start' has requests that arise in the unknown state 'LIT'",),
    ),
    (
        rows(unknown=Transition("unknown", (), call("Stop", refused("Gone")), SAME, OURS)),
        ("row 'unknown' has no source state",),
    ),
    (
        rows(burnt_out=Transition("burnt out", "LIT", internal("fail"), "OFF", OURS)),
        ("row 'burnt out' leaves the unknown state 'LIT'",),
    ),
    (
        rows(burnt_out=Transition("burnt out", "ON", internal("fail"), "DARK", OURS)),
        ("row 'burnt out' leads to the unknown state 'DARK'",),
    ),
    (
        rows(stopped=Transition("stopped", "ON", call("Halt", ok()), "OFF", OURS)),
        ("row 'stopped' calls the unknown operation 'Halt'",),
    ),
    (
        rows(stopped=Transition("stopped", "ON", call("Stop", ok(), when="far"), "OFF", OURS)),
        ("row 'stopped' is for the unknown request class 'far' of 'Stop'",),
    ),
    (
        {"kinds": (Kind("plain", "Lamp", inferred=("glowed",)),)},
        ("kind 'plain' infers the unknown row 'glowed'",),
    ),
    (asked(states=("DARK",)), ("open question 'stop when off' names the unknown state 'DARK'",)),
    (asked(operation="Halt"), ("open question 'stop when off' names the unknown operation 'Halt'",)),
    (asked(when=("far",)), ("open question 'stop when off' names the unknown request class 'far'",)),
    (
        {"progress": (LeadsTo("ends", "", ("ON",), ("DARK",), OURS),)},
        ("progress property 'ends' names the unknown state 'DARK'",),
    ),
    (
        {"progress": (LeadsTo("ends", "", ("ON",), ("OFF",), OURS, unless=("Halt",)),)},
        ("progress property 'ends' names the unknown operation 'Halt'",),
    ),
    # rows
    (
        rows(stopped=Transition("stopped", "ON", call("Stop", ok()), "OFF", Source("", "", Grade.STATED))),
        ("row 'stopped' has no source",),
    ),
    (
        asked(
            readings=(
                Reading("fine", "", (Transition("stopped again", "OFF", call("Stop", ok()), SAME, PAGE.states("9")),)),
                QUESTION.readings[1],
            )
        ),
        ("row 'stopped again' is a reading and cannot be graded stated",),
    ),
    (
        rows(Transition("relit", "OFF", internal("light"), "ON", OURS)),
        ("internal row 'relit' leaves the terminal state 'OFF'",),
    ),
    (
        rows(Transition("flickers", "ON", internal("flicker"), SAME, OURS)),
        ("internal row 'flickers' leads from 'ON' to itself",),
    ),
    (
        rows(Transition("lit", ABSENT, internal("light"), "ON", OURS)),
        ("internal row 'lit' makes a job out of nothing",),
    ),
    (
        rows(Transition("burnt", "ON", internal("burn", witnessed=True), ABSENT, OURS)),
        ("internal row 'burnt' is witnessed, and nothing shows that a job is absent",),
    ),
    (
        rows(stopped=Transition("stopped", "ON", call("Stop", refused("Gone")), "OFF", OURS)),
        ("row 'stopped' refuses the call and yet moves the job",),
    ),
    (
        {"operations": (*LAMP["operations"], READ)}
        | rows(
            Transition("read", (ABSENT, "OFF"), call("Read", ok()), SAME, OURS),
            Transition("read out", "ON", call("Read", ok()), "OFF", OURS),
        ),
        ("row 'read out' moves the job by reading it",),
    ),
    (
        {"questions": ()} | rows(Transition("relit", "OFF", call("Stop", ok()), "ON", OURS)),
        ("row 'relit' leaves the terminal state 'OFF' without deleting the job",),
    ),
    (
        rows(stopped=Transition("stopped", "ON", call("Stop", ok("OFF", "DARK")), "OFF", OURS)),
        ("row 'stopped' shows 2 values for 1 status members",),
    ),
    # open questions
    (
        asked(readings=QUESTION.readings[:1]),
        ("open question 'stop when off' has 1 reading(s); a question has at least two",),
    ),
    (
        asked(readings=(QUESTION.readings[0], replace(QUESTION.readings[1], name="fine"))),
        ("open question 'stop when off' has two readings called 'fine'",),
    ),
    (asked(default="maybe"), ("open question 'stop when off' defaults to the unknown reading 'maybe'",)),
    (asked(evidence=""), ("open question 'stop when off' gives no evidence (write what was looked for)",)),
    (
        asked(
            readings=(
                Reading("fine", "", (Transition("stopped again", LIVE, call("Stop", ok()), SAME, OURS, free=True),)),
                QUESTION.readings[1],
            )
        ),
        ("reading 'fine' of 'stop when off' covers Stop in ON, which is not its own",),
    ),
    (
        asked(readings=(Reading("fine", ""), QUESTION.readings[1])),
        ("reading 'fine' of 'stop when off' says nothing of Stop in OFF",),
    ),
    # cells
    (rows(unknown=None), ("Stop in absent is covered by no row and no open question",)),
    (
        {
            "operations": (
                LAMP["operations"][0],
                Operation("Stop", Role.ORDER, (RequestClass("far", "It is far.", only_in=("ON",)),)),
            )
        }
        | rows(stopped=Transition("stopped", "ON", call("Stop", ok(), when=PLAIN), "OFF", OURS)),
        ("Stop in ON [far] is covered by no row and no open question",),
    ),
    (
        rows(Transition("stopped off", "OFF", call("Stop", ok()), SAME, OURS)),
        ("Stop in OFF is covered by row 'stopped off' and by open question 'stop when off'",),
    ),
    (
        rows(Transition("stop ignored", "ON", call("Stop", ok()), SAME, OURS, free=True)),
        ("Stop in ON is covered by 'stopped', 'stop ignored', which are not declared free",),
    ),
    # reach
    (
        {"states": (*LAMP["states"], State("DIM", terminal=True))}
        | rows(Transition("dim lamp stopped", "DIM", call("Stop", ok()), SAME, OURS)),
        ("state 'DIM' is unreachable",),
    ),
    (
        {"states": (State(ABSENT), State("ON"), State("OFF"))},
        ("state 'OFF' is a trap: it is not terminal and nothing leads out of it",),
    ),
]
BINDINGS = LAMPS["bindings"]
API_CASES: list[tuple[Callable[[], Api], tuple[str, ...]]] = [
    (lambda: lamps(lifecycles=(lamp(), lamp())), ("two lifecycles share a name",)),
    (
        lambda: lamps(bindings=(*BINDINGS, Binding("StopTorch", "torch", "Stop"))),
        ("binding 'StopTorch' names the unknown lifecycle 'torch'",),
    ),
    (
        lambda: lamps(bindings=(*BINDINGS, Binding("HaltLamp", "lamp", "Halt"))),
        ("binding 'HaltLamp' names the unknown operation 'Halt' of lamps/lamp",),
    ),
    (
        lambda: lamps(bindings=(BINDINGS[0], Binding("StopLamp", "lamp", "Stop", "torch", id_in="Id"))),
        ("binding 'StopLamp' names the unknown kind 'torch' of lamps/lamp",),
    ),
    (
        lambda: lamps(
            lifecycles=(lamp(**({"operations": (*LAMP["operations"], LIST)} | rows(LISTED))),),
            bindings=(*BINDINGS, Binding("ListLamps", "lamp", "List")),
        ),
        ("binding 'ListLamps' is a list and does not say where its items are",),
    ),
    (
        lambda: lamps(bindings=(BINDINGS[0], Binding("StopLamp", "lamp", "Stop"))),
        ("binding 'StopLamp' does not say which member names the job",),
    ),
    (lambda: lamps(bindings=BINDINGS[:1]), ("operation 'Stop' of lamps/lamp is bound to no wire operation",)),
    (
        lambda: lamps(errors=()),
        (
            "row 'unknown' of lamps/lamp answers the unknown error 'Gone'",
            "row 'second stop refused' of lamps/lamp answers the unknown error 'Gone'",
        ),
    ),
    (
        lambda: lamps(rules=(always("bright", Source("PAGE", "", Grade.STATED)),)),
        ("data rule 'bright' has no source",),
    ),
    (
        lambda: lamps(lifecycles=(lamp(rules=(always("bright", Source("", "1", Grade.IMPLIED)),)),)),
        ("data rule 'bright' of lamps/lamp has no source",),
    ),
    (
        lambda: lamps(
            lifecycles=(
                lamp(
                    **rows(
                        burnt_out=Transition(
                            "burnt out", "ON", internal("fail"), "OFF", Source("BOOK", "1", Grade.STATED)
                        )
                    ),
                    frame=Source("BOOK", "2", Grade.STATED),
                ),
            ),
            errors=(ErrorSpec("Gone", (400,), (Nature.REFUSAL,), Source("BOOK", "3", Grade.STATED)),),
        ),
        (
            "error 'Gone' cites the unknown document 'BOOK'",
            "row 'burnt out' of lamps/lamp cites the unknown document 'BOOK'",
            "the frame of lamps/lamp cites the unknown document 'BOOK'",
        ),
    ),
    (
        lambda: lamps(
            lifecycles=(
                lamp(
                    states=(
                        State(ABSENT),
                        State("ON", frame=Source("BOOK", "2", Grade.STATED)),
                        State("OFF", terminal=True),
                    ),
                    progress=(LeadsTo("ends", "It ends.", ("ON",), ("OFF",), Source("BOOK", "1", Grade.STATED)),),
                ),
            ),
        ),
        (
            "progress property 'ends' of lamps/lamp cites the unknown document 'BOOK'",
            "the frame of ON in lamps/lamp cites the unknown document 'BOOK'",
        ),
    ),
    (
        lambda: lamps(shapes_by=Document("ATLAS", "the atlas", "1"), malformed=Source("BOOK", "errors", Grade.IMPLIED)),
        (
            "the shapes are from the unknown document 'ATLAS'",
            "the refusal of malformed requests cites the unknown document 'BOOK'",
        ),
    ),
    (
        lambda: lamps(errors=(*LAMPS["errors"], ErrorSpec("Hot", (400,), (Nature.FAULT,), OURS, ("HeatLamp",)))),
        ("error 'Hot' is declared by the unknown operation 'HeatLamp'",),
    ),
    (
        lambda: lamps(statements=(Statement(1, "1", "A lamp shines."),), ambiguities=(Ambiguity("A1", "Bright?"),)),
        ("statement 1 is tied to nothing and gives no reason", "ambiguity A1 is tied to nothing and gives no reason"),
    ),
    (
        lambda: lamps(statements=(Statement(1, "1", "A lamp shines.", ("lamp/shines",)),)),
        ("statement 1 is tied to 'lamp/shines', which does not exist",),
    ),
    (
        lambda: lamps(statements=(Statement(2, "1", "A lamp starts.", ("lamp/started",)),)),
        ("the statements are not numbered 1, 2, 3, ...",),
    ),
]


def message(name: str, faults: tuple[str, ...]) -> str:
    return f"{name}: {len(faults)} fault(s) in the definition:" + "".join(f"\n  - {fault}" for fault in faults)


def test_the_lamp_is_well_defined() -> None:
    """What the cases change is accepted as it is."""
    assert lamps().lifecycle("lamp") == lamp()


@pytest.mark.parametrize(("changes", "faults"), LIFECYCLE_CASES, ids=[faults[0] for _, faults in LIFECYCLE_CASES])
def test_rejects_the_lifecycle(changes: dict[str, Any], faults: tuple[str, ...]) -> None:
    """The whole message lists the fault, and nothing that only follows from it."""
    with pytest.raises(BadLifecycle) as caught:
        lamp(**changes)
    assert str(caught.value) == message("lamps/lamp", faults)


@pytest.mark.parametrize(("define", "faults"), API_CASES, ids=[faults[0] for _, faults in API_CASES])
def test_rejects_the_api(define: Callable[[], Api], faults: tuple[str, ...]) -> None:
    """The whole message lists the fault, and nothing that only follows from it."""
    with pytest.raises(BadLifecycle) as caught:
        define()
    assert str(caught.value) == message("lamps", faults)


def test_all_faults_are_listed_together() -> None:
    """Three unlike faults are reported at once."""
    with pytest.raises(BadLifecycle) as caught:
        lamp(kinds=(), **rows(unknown=None), **asked(evidence=""))
    assert caught.value.faults == (
        "no kinds",
        "open question 'stop when off' gives no evidence (write what was looked for)",
        "Stop in absent is covered by no row and no open question",
    )


def patterns(module: ModuleType) -> Iterator[str]:
    """A pattern for each text that the module's `_...faults` functions yield."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef) and node.name.endswith("faults"):
            for found in ast.walk(node):
                if isinstance(found, ast.Yield) and found.value is not None:
                    yield re.escape(_text(found.value)).replace(HOLE, ".*")


HOLE = "HOLE"


def _text(node: ast.expr) -> str:
    """The text an expression makes, with HOLE for all that is computed in it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
        case _:
            return HOLE


@pytest.mark.parametrize("module", [lts, spec])
def test_every_kind_of_fault_has_a_case(module: ModuleType) -> None:
    """Each text that the checks can yield is matched by an expected fault above."""
    expected = [fault for _, faults in (*LIFECYCLE_CASES, *API_CASES) for fault in faults]
    found = list(patterns(module))
    assert len(found) > 10
    assert [p for p in found if not any(re.fullmatch(p, fault) for fault in expected)] == []

"""`haltspec list` and `haltspec show`: the whole text of a small API, and what holds of the text of every API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from haltspec import apis, rules
from haltspec.__main__ import main
from haltspec.commands import list as list_command
from haltspec.commands import show as show_command
from haltspec.commands.text import WIDTH
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    SAME,
    Document,
    Kind,
    LeadsTo,
    Lifecycle,
    OpenQuestion,
    Operation,
    Reading,
    RequestClass,
    Role,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.spec import Ambiguity, Api, Binding, ErrorSpec, Nature, Statement

PAGE = Document("StopLamp", "Lamp API Reference, StopLamp", "2024-05")
OURS = assumed("nobody says it")

LAMP = Lifecycle(
    api="lamps",
    name="lamp",
    title="a lamp that burns until it is stopped",
    kinds=(Kind("desk", "DeskLamp"), Kind("street", "StreetLamp")),
    states=(
        State(ABSENT, note="never lit"),
        State("LIT", note="burning"),
        State(
            "OUT",
            terminal=True,
            note="burnt out, stopped, or never meant to burn for long in the first place, who knows, it is out",
        ),
    ),
    operations=(
        Operation("Light", Role.CREATE, plain_in=(ABSENT,)),
        Operation(
            "Stop", Role.ORDER, (RequestClass("far", "The lamp is far away.", lambda request: "far" in request),)
        ),
    ),
    transitions=(
        Transition("lit", ABSENT, call("Light", ok()), "LIT", PAGE.implies("Description")),
        Transition("burnt out", "LIT", internal("fail"), "OUT", PAGE.states("Description, 2nd sentence")),
        Transition(
            "a burning lamp is stopped", "LIT", call("Stop", ok("OUT"), when=PLAIN), "OUT", PAGE.states("Description")
        ),
        Transition(
            "a far lamp cannot be reached", ("LIT", "OUT"), call("Stop", refused("Gone"), when="far"), SAME, OURS
        ),
        Transition("unknown lamp", ABSENT, call("Stop", refused(ANY_ERROR)), SAME, PAGE.states("Errors")),
    ),
    questions=(
        OpenQuestion(
            "stop when out",
            "What does a stop answer when the lamp is out?",
            (
                Reading(
                    "fine",
                    "Accepted.",
                    (Transition("stopped again", "OUT", call("Stop", ok(), when=PLAIN), SAME, OURS),),
                    "seen once",
                ),
                Reading(
                    "no",
                    "Refused.",
                    (Transition("second stop refused", "OUT", call("Stop", refused("Gone"), when=PLAIN), SAME, OURS),),
                ),
            ),
            "no",
            "The page is silent.",
            states=("OUT",),
            operation="Stop",
            when=(PLAIN,),
        ),
    ),
    frame=PAGE.implies("Description"),
    id_member="LampId",
    status_members=("State",),
    progress=(
        LeadsTo(
            "a lamp burns out", "A lamp that burns is out in the end.", ("LIT",), ("OUT",), PAGE.implies("Description")
        ),
    ),
    rules=(rules.constant("LitAt", OURS),),
)

LAMPS = Api(
    name="lamps",
    title="Acme Lamps",
    page="StopLamp, 2024-05",
    service="lamps",
    tenancy="ACCOUNT/REGION",
    documents=(PAGE,),
    lifecycles=(LAMP,),
    bindings=(
        Binding("LightLamp", "lamp", "Light", view=()),
        Binding("StopLamp", "lamp", "Stop", id_in="LampId", view=()),
        Binding("StopLampNow", "lamp", "Stop", id_in="LampId", view=()),
    ),
    errors=(
        ErrorSpec(
            "Gone", (400, 404), (Nature.REFUSAL,), PAGE.states("Errors"), ("StopLamp", "StopLampNow"), ("LampGone",)
        ),
        ErrorSpec("Hot", (500,), (Nature.FAULT, Nature.THROTTLE), OURS, note="rare"),
        ErrorSpec("Dim", (400,), (Nature.INVALID,), PAGE.implies("Errors"), ("StopLamp",)),
    ),
    questions=(
        OpenQuestion(
            "colour", "Of what colour is the light?", (Reading("red", "red"), Reading("blue", "blue")), "red", "Silent."
        ),
    ),
    rules=(rules.page_size(PAGE.states("MaxResults")),),
    statements=(
        Statement(
            1,
            "Description",
            "The call stops a lamp that is lit.",
            ("lamp/a burning lamp is stopped", "lamp/stop when out"),
        ),
        Statement(2, "Description", "Light is white.", not_modelled="nothing shows it"),
    ),
    ambiguities=(Ambiguity("A1", "The page names two colours.", ("colour", "Gone")),),
)

SHOWN = """\
Acme Lamps (lamps)
  page     StopLamp, 2024-05
  tenant   ACCOUNT/REGION
  grades   stated   a document says it
           implied  it follows, was observed, or a known client depends on it
           assumed  ours: nobody is blamed for it

Documents
  ID        TITLE                         EDITION
  StopLamp  Lamp API Reference, StopLamp  2024-05

Lifecycle lamps/lamp: a lamp that burns until it is stopped
  kinds    desk, street
  shown in State

  STATE   SHOWS       NOTE
  absent  -           never lit
  LIT     LIT         burning
  OUT     OUT    end  burnt out, stopped, or never meant to burn for long in the first place, who
                      knows, it is out

  CALL   DOES    ON THE WIRE
  Light  create  LightLamp
  Stop   order   StopLamp, StopLampNow
  Stop [far]: The lamp is far away.

Rows of lamps/lamp
  GRADE    ROW                           FROM            WHAT HAPPENS                       TO
  implied  lit                           absent          Light -> ok                        LIT
      StopLamp Description
  stated   burnt out                     LIT             (fail)                             OUT
      StopLamp Description, 2nd sentence
  stated   a burning lamp is stopped     LIT             Stop -> OUT                        OUT
      StopLamp Description
  assumed  a far lamp cannot be reached  any but absent  Stop [far] -> Gone                 (stays)
      ours: nobody says it
  stated   unknown lamp                  absent          Stop [any request] -> any refusal  (stays)
      StopLamp Errors

Open questions of lamps/lamp

  open     stop when out
    What does a stop answer when the lamp is out?
    silent    Stop in OUT
        fine: Accepted.
        seen once
        assumed  stopped again  OUT   Stop -> ok    (stays)
            ours: nobody says it
      * no: Refused.
        assumed  second stop refused  OUT   Stop -> Gone  (stays)
            ours: nobody says it
    evidence  The page is silent.
    to settle one recorded exchange with the real service

What must come about in lamps/lamp
  implied  a lamp burns out
           A lamp that burns is out in the end.
           StopLamp Description

Data rules of lamps/lamp
  assumed  LitAt never changes
           LitAt of a job never changes once it is shown.
           ours: nobody says it

Open questions of the whole API

  open     colour
    Of what colour is the light?
      * red
        blue
    evidence  Silent.
    to settle one recorded exchange with the real service

Data rules of the whole API
  stated   a page is no longer than asked for
           A page has at most the asked number of items.
           StopLamp MaxResults

Errors
  stated   Gone, LampGone: HTTP 400 or 404, refusal
           answers  every Stop
           StopLamp Errors
  assumed  Hot: HTTP 500, fault or throttle
           answers  every operation
           note     rare
           ours: nobody says it
  implied  Dim: HTTP 400, invalid
           answers  StopLamp
           StopLamp Errors

What the page says (StopLamp, 2024-05)
  [ ]  1 The call stops a lamp that is lit.
         Description
         stated   row       lamp/a burning lamp is stopped
         open     question  lamp/stop when out
  [ ]  2 Light is white.
         Description
         not modelled: nothing shows it

Ambiguities of the documents
  A1: The page names two colours.
         open     question  colour
         stated   error     Gone
"""

LISTED = """\
lamps: Acme Lamps
  LIFECYCLE  STATES  ROWS  QUESTIONS  KINDS
  lamp       3       7     1          desk, street
"""

Show = Callable[..., str]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Show:
    """What the command line prints; it succeeds and prints no trouble."""

    def shown(*arguments: str) -> str:
        assert main(arguments) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out

    return shown


@pytest.fixture
def lamps_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lamps are the only API."""
    monkeypatch.setattr(apis, "NAMES", ("lamps",))
    monkeypatch.setattr(apis, "load", lambda name: LAMPS)


def section(text: str, title: str) -> str:
    """The part under a title, up to the next blank line and title."""
    return re.split(r"\n\n(?=\S)", text[text.index(f"\n{title}") + 1 :])[0].rstrip("\n") + "\n"


@pytest.mark.usefixtures("lamps_only")
class TestWholeText:
    """What is printed of an API, to the letter."""

    def test_show(self, shown: Show) -> None:
        """Everything, in the order in which it is read."""
        assert shown("show", "lamps") == SHOWN

    def test_list(self, shown: Show) -> None:
        """A line for each lifecycle."""
        assert shown("list") == LISTED

    @pytest.mark.parametrize(
        ("only", "titles"),
        [
            (("rows",), ("Rows of lamps/lamp",)),
            (("questions",), ("Open questions of lamps/lamp", "Open questions of the whole API")),
            (("progress",), ("What must come about in lamps/lamp",)),
            (("rules",), ("Data rules of lamps/lamp", "Data rules of the whole API")),
            (("errors",), ("Errors",)),
            (("statements",), ("What the page says",)),
            (("ambiguities",), ("Ambiguities of the documents",)),
            (("statements", "rows"), ("Rows of lamps/lamp", "What the page says")),
        ],
    )
    def test_only_some_sections(self, shown: Show, only: tuple[str, ...], titles: tuple[str, ...]) -> None:
        """The chosen sections are printed as they are in the whole."""
        options = [option for name in only for option in ("--only", name)]
        parts = [section(SHOWN, title) for title in titles]
        assert shown("show", "lamps", *options) == "\n".join(["Acme Lamps (lamps)\n", *parts])

    def test_list_for_machines(self, shown: Show) -> None:
        """The whole machine form."""
        assert json.loads(shown("list", "--json")) == [
            {
                "name": "lamps",
                "title": "Acme Lamps",
                "tenancy": "ACCOUNT/REGION",
                "statements": 2,
                "ambiguities": 1,
                "questions": 1,
                "rules": 1,
                "errors": 3,
                "operations": 3,
                "lifecycles": [
                    {
                        "name": "lamp",
                        "title": "a lamp that burns until it is stopped",
                        "kinds": ["desk", "street"],
                        "states": 3,
                        "rows": 7,
                        "questions": 1,
                        "rules": 1,
                    }
                ],
            }
        ]

    def test_show_for_machines(self, shown: Show) -> None:
        """Members are those of the data; functions are left out."""
        whole = json.loads(shown("show", "lamps", "--json"))
        assert list(whole) == [
            *("name", "title", "page", "service", "tenancy", "documents", "lifecycles", "bindings", "errors"),
            *("questions", "rules", "statements", "ambiguities"),
            *("nulls", "open_enums", "shapes_by", "malformed", "list_lag"),
        ]
        [lifecycle] = whole["lifecycles"]
        assert lifecycle["transitions"][0] == {
            "name": "lit",
            "states": ["absent"],
            "label": {"operation": "Light", "reply": {"error": None, "shows": None, "inferred": False}, "when": []},
            "target": "LIT",
            "source": {"document": "StopLamp", "section": "Description", "grade": "implied"},
            "free": False,
        }
        assert lifecycle["transitions"][1]["label"] == {"event": "fail", "outside": False, "witnessed": False}
        assert lifecycle["transitions"][4]["label"]["reply"] == {"error": "*", "shows": None, "inferred": False}
        assert lifecycle["operations"][1]["classes"] == [
            {"name": "far", "sentence": "The lamp is far away.", "only_in": [], "contextual": False}
        ]
        assert whole["errors"][0]["natures"] == ["refusal"]
        assert whole["rules"] == [
            {
                "name": "a page is no longer than asked for",
                "sentence": "A page has at most the asked number of items.",
                "source": {"document": "StopLamp", "section": "MaxResults", "grade": "stated"},
                "on_status": False,
            }
        ]

    @pytest.mark.parametrize(
        ("only", "members", "of_lifecycle"),
        [
            ("rows", ["name", "lifecycles"], ["name", "transitions"]),
            ("questions", ["name", "questions", "lifecycles"], ["name", "questions"]),
            ("rules", ["name", "rules", "lifecycles"], ["name", "rules"]),
            ("progress", ["name", "lifecycles"], ["name", "progress"]),
            ("errors", ["name", "errors"], None),
            ("statements", ["name", "statements"], None),
            ("ambiguities", ["name", "ambiguities"], None),
        ],
    )
    def test_only_some_members(
        self, shown: Show, only: str, members: list[str], of_lifecycle: list[str] | None
    ) -> None:
        """The chosen members, with the names they belong to."""
        chosen = json.loads(shown("show", "lamps", "--json", "--only", only))
        assert list(chosen) == members
        if of_lifecycle is not None:
            assert [list(lifecycle) for lifecycle in chosen["lifecycles"]] == [of_lifecycle]

    def test_colour_on_a_terminal_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lines carry colour; printing drops it unless the output is a terminal."""
        coloured = "\n".join(show_command.as_text(LAMPS))
        assert "\x1b[32mstated" in coloured
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) + "\n" == SHOWN


def words(text: str) -> str:
    """The text as one line, so that wrapped names are found."""
    return " ".join(text.split())


class TestEveryApi:
    """What holds of the text of each API."""

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_no_line_is_too_wide(self, name: str, shown: Show) -> None:
        """No line is wider than a page and none ends in blanks."""
        for line in shown("show", name).splitlines():
            assert len(line) <= WIDTH
            assert line == line.rstrip()

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            (
                "dataarts",
                "lists may be 10 s old [implied: TF job resources: the first look after an order is 10 s later]",
            ),
            ("devicefarm", "an answer that does not show it: StopJob 60 s, StopRun 60 s"),
            ("devicefarm", "kept for 400 days after the end, and perhaps no longer [implied: GUIDE test-runs: results"),
            (
                "translate",
                "kept for 1 day after the end, and perhaps no longer [assumed: ours: records age out, says a",
            ),
        ],
    )
    def test_what_takes_time_is_told(self, name: str, told: str, shown: Show) -> None:
        """How late a list may be, and from when on a job may be forgotten."""
        assert told in words(shown("show", name))

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_everything_is_there(self, name: str, shown: Show) -> None:
        """Every question, reading, rule, error, statement, ambiguity and source appears."""
        api, text = apis.load(name), words(shown("show", name))
        questions = [*api.questions, *(q for lc in api.lifecycles for q in lc.questions)]
        data_rules = [*api.rules, *(r for lc in api.lifecycles for r in lc.rules)]
        for expected in (
            *(q.name for q in questions),
            *(q.evidence for q in questions),
            *(r.sentence for q in questions for r in q.readings),
            *(r.name for r in data_rules),
            *(r.source.section for r in data_rules),
            *(p.sentence for lc in api.lifecycles for p in lc.progress),
            *(row.source.section for lc in api.lifecycles for row in lc.all_rows()),
            *(e.code for e in api.errors),
            *(s.says for s in api.statements),
            *(a.about for a in api.ambiguities),
        ):
            assert words(expected) in text

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_every_row_is_there(self, name: str, shown: Show) -> None:
        """The machine form has every row of every reading, with its grade."""
        api = apis.load(name)
        whole: dict[str, Any] = json.loads(shown("show", name, "--json"))
        for lifecycle, members in zip(api.lifecycles, whole["lifecycles"], strict=True):
            rows = members["transitions"] + [t for q in members["questions"] for r in q["readings"] for t in r["rows"]]
            expected = [(row.name, str(row.grade)) for row in lifecycle.all_rows()]
            assert [(row["name"], row["source"]["grade"]) for row in rows] == expected

    def test_every_api_is_listed(self, shown: Show) -> None:
        """Each API has a title line and each lifecycle a line with its numbers."""
        text = shown("list")
        for name in apis.NAMES:
            api = apis.load(name)
            assert f"{api.name}: {api.title}\n" in text
            for members in list_command.as_members(api)["lifecycles"]:
                numbers = (members["states"], members["rows"], members["questions"])
                assert re.search(
                    rf"^  {members['name']} +{numbers[0]} +{numbers[1]} +{numbers[2]} ", text, re.MULTILINE
                )

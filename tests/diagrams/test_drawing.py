"""What a drawing shows of a lifecycle, and how each renderer says it, on two small lifecycles of our own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from haltspec.errors import Unknown
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    SAME,
    Document,
    Grade,
    Kind,
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
from haltspec_diagrams import (
    Drawing,
    Edge,
    Mark,
    Phrase,
    Row,
    Shape,
    collisions,
    draw,
    lay_out,
    outline,
    to_dot,
    to_markdown,
    to_mermaid,
    to_svg,
)

PAGE = Document("PAGE", "Lamp API Reference", "2024-05")
OURS = assumed("nobody says it")
STATED, IMPLIED = PAGE.states("Description"), PAGE.implies("Example")
MADE, BURNING, OUT, BROKEN = "MADE", "BURNING", "OUT", "BROKEN"
EXISTING = (MADE, BURNING, OUT, BROKEN)


def silent_stop(*readings: Reading) -> OpenQuestion:
    """The open question of the lamp: what a stop does before it burns."""
    return OpenQuestion(
        "stop before it burns", "What does Stop do?", readings, readings[0].name, "None.", (MADE,), "Stop"
    )


LAMP = Lifecycle(
    api="lamps",
    name="lamp",
    title="a lamp that burns",
    kinds=(Kind("lamp", "Lamp"),),
    states=(
        State(ABSENT, note="no lamp"),
        State(MADE),
        State(BURNING, note="alight"),
        State(OUT, ("COLD",), terminal=True),
        State(BROKEN, terminal=True),
    ),
    operations=(
        Operation("Make", Role.CREATE, plain_in=(ABSENT,)),
        Operation("Describe", Role.READ),
        Operation("Stop", Role.ORDER),
        Operation("Delete", Role.DELETE),
    ),
    transitions=(
        Transition("made", ABSENT, call("Make", ok(), when=PLAIN), MADE, STATED),
        Transition("lit", MADE, internal("light"), BURNING, IMPLIED),
        Transition("burnt down", BURNING, internal("end"), OUT, STATED),
        Transition("stopped", BURNING, call("Stop", ok()), OUT, IMPLIED),
        Transition("broke", (MADE, BURNING, OUT)[:2], internal("fail"), BROKEN, IMPLIED),
        Transition("an ended lamp is not stopped", (OUT, BROKEN), call("Stop", refused("Ended")), SAME, STATED),
        Transition("no lamp is stopped", ABSENT, call("Stop", refused("NotFound")), SAME, STATED),
        Transition("seen", EXISTING, call("Describe", ok()), SAME, STATED),
        Transition("not seen", ABSENT, call("Describe", refused("NotFound")), SAME, STATED),
        Transition("deleted", EXISTING, call("Delete", ok()), ABSENT, STATED, free=True),
        Transition("in use", EXISTING, call("Delete", refused(ANY_ERROR)), SAME, IMPLIED, free=True),
        Transition("no lamp is deleted", ABSENT, call("Delete", refused("NotFound")), SAME, STATED),
    ),
    questions=(
        silent_stop(
            Reading("out", "It goes out.", (Transition("out at once", MADE, call("Stop", ok()), OUT, OURS),)),
            Reading("kept", "Nothing.", (Transition("stop ignored", MADE, call("Stop", ok()), SAME, OURS),)),
        ),
    ),
    frame=STATED,
    id_member="id",
    status_members=("status",),
)

WAITS = ("QUEUED", "SCHEDULED", "PENDING", "PREPARING")
ENDS = ("GOOD", "BAD", "ODD", "UGLY")
CROWDED = Lifecycle(
    api="lamps",
    name="crowd",
    title="many states of one sort, and a sort apart",
    kinds=(Kind("lamp", "Lamp"),),
    states=(
        State(ABSENT),
        *(State(name, (name, "NONE")) for name in WAITS),
        *(State(name, ("ENDED", name), terminal=True) for name in ENDS),
        State("APART", ("A", "B"), terminal=True),
    ),
    operations=(Operation("Make", Role.CREATE, plain_in=(ABSENT,)), Operation("Stop", Role.ORDER)),
    transitions=(
        Transition("made", ABSENT, call("Make", ok("QUEUED", "NONE")), "QUEUED", STATED, free=True),
        Transition("made apart", ABSENT, call("Make", ok("A", "B")), "APART", STATED, free=True),
        *(
            Transition(f"waits as {name}", [w for w in WAITS if w != name], internal("wait"), name, IMPLIED)
            for name in WAITS
        ),
        *(Transition(f"ended: {name}", "PREPARING", internal("end"), name, IMPLIED) for name in ENDS),
        *(Transition(f"stopped in {w}", w, call("Stop", ok("ENDED", "BAD")), "BAD", STATED) for w in WAITS),
        Transition("kept", (*ENDS, "APART", ABSENT), call("Stop", ok()), SAME, STATED),
    ),
    questions=(),
    frame=STATED,
    id_member="id",
    status_members=("status", "result"),
)


def edge(drawing: Drawing, tail: str, head: str) -> Edge:
    """The edge with these ends."""
    (found,) = (edge for edge in drawing.edges if (edge.tail, edge.head) == (tail, head))
    return found


def words(phrases: Iterable[Phrase]) -> list[str]:
    """What the phrases say."""
    return [phrase.words for phrase in phrases]


class TestEdges:
    """A row that moves the job is part of an edge; rows with the same ends share one."""

    def test_rows_with_the_same_ends_share_an_edge_of_the_best_grade(self) -> None:
        """The stated row comes first and gives the line; the implied one is marked on it."""
        both = edge(draw(LAMP), BURNING, OUT)
        assert words(both.phrases) == ["burnt down", "Stop~ stopped"]
        assert both.grade is Grade.STATED
        assert not both.is_internal

    def test_a_reading_of_a_silent_place_carries_a_question_mark(self) -> None:
        """Its operation is followed by `?`, its tooltip names question and reading."""
        (phrase,) = edge(draw(LAMP), MADE, OUT).phrases
        assert phrase.words == "Stop? out at once"
        assert phrase.grade is Grade.ASSUMED
        assert phrase.about == (
            "out at once: Stop answers ok (assumed, nobody says it; reading 'stop before it burns' = 'out')"
        )

    def test_an_internal_row_has_no_operation(self) -> None:
        """It is told apart by the lack of one, and its tooltip says who does it."""
        (phrase,) = edge(draw(LAMP), MADE, BURNING).phrases
        assert (phrase.lead, phrase.is_internal) == ("", True)
        assert phrase.about == "lit: the service: light (implied, PAGE Example)"

    def test_a_move_from_outside_says_so(self) -> None:
        """Somebody else made it."""
        outside = Transition("lit", MADE, internal("light", outside=True), BURNING, IMPLIED)
        rows = tuple(outside if row.name == "lit" else row for row in LAMP.transitions)
        (phrase,) = edge(draw(replace(LAMP, transitions=rows)), MADE, BURNING).phrases
        assert phrase.about == "lit: somebody outside this API: light (implied, PAGE Example)"

    def test_a_deletion_leads_to_the_second_dot(self) -> None:
        """`absent` is drawn twice if jobs disappear."""
        drawing = draw(LAMP)
        assert [(node.id, node.shape) for node in drawing.nodes if node.is_dot] == [
            ("absent", Shape.BEGIN),
            ("gone", Shape.GONE),
        ]
        assert {e.head for e in drawing.edges if e.rows[0].name == "deleted"} == {"gone"}


class TestGroups:
    """A row that leaves several states is drawn once, from a frame around them, where that spares edges."""

    def test_a_frame_stands_for_its_states(self) -> None:
        """Four states are deleted by one edge."""
        drawing = draw(LAMP)
        assert [group.nodes for group in drawing.groups] == [EXISTING]
        assert words(edge(drawing, "any-1", "gone").phrases) == ["Delete deleted"]

    def test_two_states_are_not_worth_a_frame(self) -> None:
        """The row stands on an edge from each."""
        drawing = draw(LAMP)
        assert {e.tail for e in drawing.edges if e.head == BROKEN} == {MADE, BURNING}

    def test_frames_are_nested_and_do_not_cross(self) -> None:
        """A frame inside another is drawn; of two that share a state and each hold others, the larger is."""
        went_out = Transition("went out", (MADE, BURNING), internal("end"), OUT, IMPLIED)
        nested = draw(replace(LAMP, transitions=(*LAMP.transitions, went_out)))
        assert [(group.nodes, group.parent) for group in nested.groups] == [(EXISTING, ""), ((MADE, BURNING), "any-1")]
        deleted = Transition("deleted", (BURNING, OUT, BROKEN), call("Delete", ok()), ABSENT, STATED, free=True)
        rows = tuple(deleted if row.name == "deleted" else row for row in LAMP.transitions)
        crossing = draw(replace(LAMP, transitions=(*rows, went_out)))
        assert [group.nodes for group in crossing.groups] == [(BURNING, OUT, BROKEN)]


class TestNodes:
    """A node tells what the vendor shows and which calls keep the state."""

    def test_what_is_shown_stands_in_the_state_if_it_is_not_the_name(self) -> None:
        """OUT shows COLD; BURNING shows BURNING, which needs no words."""
        drawing = draw(LAMP)
        assert [state.shows for state in drawing.node(OUT).states] == ["COLD"]
        assert [state.shows for state in drawing.node(BURNING).states] == [""]

    def test_calls_that_keep_the_state_are_notes(self) -> None:
        """Refusals by their code, others as having no effect; readings with a question mark."""
        drawing = draw(LAMP)
        assert words(drawing.node(OUT).notes) == ["Delete: any refusal", "Stop: Ended"]
        assert words(drawing.node(MADE).notes) == ["Delete: any refusal", "Stop?: no effect"]

    def test_reads_and_calls_on_nothing_are_left_out(self) -> None:
        """Neither Describe nor a refusal for an unknown id is drawn."""
        drawing = draw(LAMP)
        shown = {row.name for e in drawing.edges for row in e.rows}
        shown |= {row.name for node in drawing.nodes for note in node.notes for row in note.rows}
        assert {row.name for row in LAMP.all_rows()} - shown == {
            "seen",
            "not seen",
            "no lamp is stopped",
            "no lamp is deleted",
        }

    def test_an_unknown_node_is_refused(self) -> None:
        """The message names the nearest ones."""
        with pytest.raises(Unknown, match=r"unknown node of lamps-lamp 'BURNIN'; did you mean BURNING"):
            draw(LAMP).node("BURNIN")


class TestCrowds:
    """States to which a family of rows leads share a node; what holds of some of them says so."""

    def test_four_states_share_a_node(self) -> None:
        """Those that wait, and those that have ended; nothing is lost."""
        drawing = draw(CROWDED)
        assert [[state.name for state in node.states] for node in drawing.nodes if not node.is_dot] == [
            list(WAITS),
            list(ENDS),
            ["APART"],
        ]
        assert drawing.node("GOOD").states[0].shows == "status ENDED"
        assert drawing.node("QUEUED").states[0].shows == "result NONE"

    def test_moves_among_them_are_a_note(self) -> None:
        """The family is told in one phrase."""
        assert words(draw(CROWDED).node("QUEUED").notes) == ["waits as any of these"]

    def test_a_family_is_told_in_one_phrase_with_what_holds_of_some(self) -> None:
        """Targets and sources are named where they are not all."""
        (stopped, ended) = edge(draw(CROWDED), "QUEUED", "GOOD").phrases
        assert stopped.words == "Stop stopped in the same → BAD"
        assert ended.words == "~ ended: any of these (from PREPARING)"
        assert [row.name for row in ended.rows] == [f"ended: {name}" for name in ENDS]

    def test_three_states_between_the_same_states_share_a_node(self) -> None:
        """Three ends are a family too small, but nothing else tells them apart; BAD is reached by stops as well."""
        rows = tuple(row for row in CROWDED.transitions if row.name not in ("ended: UGLY", "kept"))
        odd = Transition("it got UGLY", "PREPARING", internal("end"), "UGLY", IMPLIED)
        kept = Transition("kept", (*ENDS, "APART", ABSENT), call("Stop", ok()), SAME, STATED)
        drawing = draw(replace(CROWDED, transitions=(*rows, odd, kept)))
        assert [[state.name for state in node.states] for node in drawing.nodes if not node.is_dot][1:] == [
            ["GOOD", "ODD", "UGLY"],
            ["BAD"],
            ["APART"],
        ]
        assert words(edge(drawing, "QUEUED", "GOOD").phrases) == [
            "ended: GOOD or ODD (from PREPARING)",
            "it got UGLY (from PREPARING)",
        ]

    def test_parts_that_show_the_same_share_their_nodes(self) -> None:
        """Two sorts of lamp; what differs says of which it holds, and a bracket that only tells the sort is left out."""

        def of(sort: str, mark: str) -> tuple[Transition, ...]:
            return (
                Transition(f"made{mark}", ABSENT, call("Make", ok(), when=sort), f"{sort} ON", STATED),
                Transition(f"burnt down{mark}", f"{sort} ON", internal("end"), f"{sort} OUT", STATED),
                Transition(f"kept{mark}", (f"{sort} ON", f"{sort} OUT"), call("Stop", ok()), SAME, STATED),
            )

        twins = replace(
            CROWDED,
            states=(
                State(ABSENT),
                *(
                    State(f"{sort} {s}", (s, sort), terminal=s == "OUT")
                    for sort in ("old", "new")
                    for s in ("ON", "OUT")
                ),
            ),
            operations=(
                Operation(
                    "Make",
                    Role.CREATE,
                    tuple(RequestClass(s, f"{s}.", None, (ABSENT,)) for s in ("old", "new")),
                    (ABSENT,),
                ),
                Operation("Stop", Role.ORDER),
            ),
            transitions=(
                *of("old", ""),
                *of("new", " (new)"),
                Transition("blown out", "new ON", internal("blow"), "new OUT", STATED),
                Transition("made of neither sort", ABSENT, call("Make", ok(), when=PLAIN), "old ON", STATED),
                Transition("no lamp is stopped", ABSENT, call("Stop", refused("NotFound")), SAME, STATED),
            ),
        )
        assert len([node for node in draw(twins).nodes if not node.is_dot]) == 4  # they show their sorts
        alike = replace(twins, states=tuple(replace(s, shows=s.shows[:1] * 2) for s in twins.states))
        drawing = draw(alike)
        assert [[state.name for state in node.states] for node in drawing.nodes if not node.is_dot] == [
            ["old ON", "new ON"],
            ["old OUT", "new OUT"],
        ]
        assert words(edge(drawing, "old ON", "old OUT").phrases) == ["burnt down", "blown out → new OUT (from new ON)"]
        assert len(drawing.parts()) == 1

    def test_states_apart_have_their_own_dots(self) -> None:
        """No edge joins the two sorts, so each is a part with a beginning of its own."""
        first, second = draw(CROWDED).parts()
        assert [node.id for node in first.nodes] == ["absent", "QUEUED", "GOOD"]
        assert [node.id for node in second.nodes] == ["absent 2", "APART"]
        assert draw(LAMP).parts() == (draw(LAMP),)


class TestOverlay:
    """An overlay marks rows; the first mark in the order of `Mark` colours the edge."""

    def test_marks_reach_phrases_edges_and_notes(self) -> None:
        """Also rows that are only notes can be marked."""
        drawing = draw(LAMP, overlay={"lit": Mark.TAKEN, "stop ignored": Mark.MISSED})
        assert edge(drawing, MADE, BURNING).mark is Mark.TAKEN
        assert [note.mark for note in drawing.node(MADE).notes] == [None, Mark.MISSED]
        assert edge(drawing, BURNING, OUT).mark is None

    def test_the_first_mark_colours_the_edge(self) -> None:
        """A path is shown over coverage."""
        drawing = draw(LAMP, overlay={"burnt down": Mark.TAKEN, "stopped": Mark.PATH})
        assert edge(drawing, BURNING, OUT).mark is Mark.PATH

    def test_every_renderer_shows_marks(self) -> None:
        """As classes in SVG, as colours in DOT, as words in Mermaid, with the mark in the legend of the picture."""
        drawing = draw(LAMP, overlay={"lit": Mark.MISSED})
        assert 'class="edge internal implied mark-missed"' in to_svg(drawing)
        assert ">missed</text>" in to_svg(drawing)
        assert '"#b91c1c"' in to_dot(drawing)
        assert "<i>lit</i> (missed)" in to_mermaid(drawing)

    def test_an_overlay_changes_no_place(self) -> None:
        """The picture is the same but for the colours."""
        assert lay_out(draw(LAMP)) == lay_out(draw(LAMP, overlay={"lit": Mark.TAKEN}))

    def test_rejects_a_row_that_does_not_exist(self) -> None:
        """The message names the nearest ones."""
        with pytest.raises(Unknown, match=r"unknown row of lamps/lamp 'mad'; did you mean made"):
            draw(LAMP, overlay={"mad": Mark.TAKEN})


class TestRenderers:
    """Renderers read the drawing only, and all say the same."""

    def test_grades_and_kinds_are_told_apart_in_svg(self) -> None:
        """Stated, implied and assumed, call and internal are classes; the terminal state has a second ring."""
        svg = to_svg(draw(LAMP))
        for kind in ("call stated", "internal implied", "call assumed"):
            assert f'class="edge {kind}"' in svg
        assert svg.count('class="node terminal"') == 2
        assert svg.count('<rect class="ring"') == 2 + 1  # and one in the legend

    def test_grades_and_kinds_are_told_apart_in_dot(self) -> None:
        """By width, dashes, colour and italics."""
        drawing = draw(LAMP)
        text = to_dot(drawing)
        silent = drawing.edges.index(edge(drawing, MADE, OUT))
        assert re.search(rf'"label-{silent}" -> OUT .*color="#1d4ed8" .*penwidth=1.2 style=dashed', text)
        lit = drawing.edges.index(edge(drawing, MADE, BURNING))
        assert re.search(rf'"label-{lit}" -> BURNING .*color="#57534e" .*penwidth=0.8 style=solid', text)
        assert "<I>lit</I>" in text
        assert "<B>Stop?</B> out at once" in text

    def test_mermaid_text(self) -> None:
        """The whole of it."""
        assert to_mermaid(draw(LAMP)) == MERMAID

    def test_words_that_mean_something_to_mermaid_are_escaped(self) -> None:
        """A quotation mark or a bracket in a name would end or break the label."""
        odd = 'a "quoted"; row: #1 <b>'
        rows = tuple(
            Transition(odd, row.states, row.label, row.target, row.source) if row.name == "lit" else row
            for row in LAMP.transitions
        )
        text = to_mermaid(draw(replace(LAMP, transitions=rows)))
        assert 'l1["<i>a #quot;quoted#quot;; row: #35;1 #lt;b#gt;</i>"]:::words' in text

    @pytest.mark.parametrize("lifecycle", [LAMP, CROWDED], ids=["lamp", "crowd"])
    def test_mermaid_knows_all_that_it_joins(self, lifecycle: Lifecycle) -> None:
        """Each state, label and frame is declared once; each line has its label; each colour is of two lines for each."""
        for part in draw(lifecycle).parts():
            text = to_mermaid(part)
            declared = re.findall(r"^ +(?:subgraph )?(\w+)[(\[]", text, re.MULTILINE)
            assert len(declared) == len(set(declared)) == len(part.nodes) + len(part.edges) + len(part.groups)
            joined = re.findall(r"^ +(\w+) [=.-]+ (\w+) [=.>-]+ (\w+)$", text, re.MULTILINE)
            assert [label for _, label, _ in joined] == [f"l{number}" for number in range(len(part.edges))]
            assert {name for ends in joined for name in ends} <= set(declared)
            coloured = [int(n) for found in re.findall(r"linkStyle ([\d,]+)", text) for n in found.split(",")]
            assert sorted(coloured) == list(range(2 * len(part.edges)))

    def test_a_page_has_a_picture_a_block_for_each_part_and_a_legend(self) -> None:
        """Title, lifecycles in order, legend last."""
        page = to_markdown("Lamps", [draw(LAMP), draw(CROWDED)])
        headings = [line for line in page.splitlines() if line.startswith("#")]
        assert headings == [
            "# Lamps",
            "## lamps/lamp: a lamp that burns",
            "## lamps/crowd: many states of one sort, and a sort apart",
            "## Legend",
        ]
        assert page.count("```mermaid") == 3
        assert "![lamps/lamp: a lamp that burns](lamps-lamp.svg)" in page

    def test_svg_is_xml_with_titles_and_a_legend(self) -> None:
        """Each state, edge and phrase has a title; words of a row are escaped."""
        root = ElementTree.fromstring(to_svg(draw(LAMP)))
        space = "{http://www.w3.org/2000/svg}"
        assert root.findtext(f"{space}title") == "lamps/lamp: a lamp that burns"
        said = outline(to_svg(draw(LAMP)))
        assert (
            "node state",
            "BURNING: alight\nin use: Delete answers * (implied, PAGE Example)",
            "BURNING Delete: any refusal",
        ) in said
        assert ("phrase internal implied", "lit: the service: light (implied, PAGE Example)", "lit") in said
        assert ("legend", "", "terminal state") in said

    def test_outline_tells_pictures_apart_and_forgives_places(self) -> None:
        """A moved node says the same; another word, title or style does not."""
        svg = to_svg(draw(LAMP))
        assert outline(svg.replace('x="', 'x="1')) == outline(svg)
        for old, new in (
            (">lit<", ">lid<"),
            ("the service: light", "the service: burn"),
            ("call stated", "call implied"),
        ):
            assert old in svg
            assert outline(svg.replace(old, new)) != outline(svg)
        assert outline(to_svg(draw(replace(LAMP, title="another")))) != outline(svg)


class TestLayout:
    """Nothing lies on anything else, and the check would see it."""

    def test_nothing_collides(self) -> None:
        """Labels, boxes and lines of both lifecycles keep apart."""
        for lifecycle in (LAMP, CROWDED):
            drawing = draw(lifecycle)
            assert collisions(drawing, lay_out(drawing)) == ()

    def test_collisions_are_seen(self) -> None:
        """A label on a state, a label on a label and a line over a state are named."""
        drawing = draw(LAMP)
        layout = lay_out(drawing)
        on_state = replace(layout.wires[0], label=layout.nodes[OUT])
        found = collisions(drawing, replace(layout, wires=(on_state, *layout.wires[1:])))
        assert f"{OUT} lies on label-0" in found
        on_label = replace(layout.wires[0], label=layout.wires[1].label)
        found = collisions(drawing, replace(layout, wires=(on_label, *layout.wires[1:])))
        assert "label-0 lies on label-1" in found
        start, end = layout.nodes[MADE].centre, layout.nodes[OUT].centre
        line = replace(layout.wires[0], before=(start, start, end, end))
        found = collisions(drawing, replace(layout, wires=(line, *layout.wires[1:])))
        assert f"the line of label-0 runs over {OUT}" in found

    def test_order_and_places_are_stable(self) -> None:
        """Drawn twice, all text is the same."""
        assert to_svg(draw(CROWDED)) == to_svg(draw(CROWDED))
        assert to_dot(draw(CROWDED)) == to_dot(draw(CROWDED))


def test_a_row_is_told_in_one_sentence() -> None:
    """Name, event, grade, source."""
    row = Row("lit", "", "the service: light", Grade.STATED, "PAGE 1")
    assert row.about == "lit: the service: light (stated, PAGE 1)"


MERMAID = """\
%%{init: {"flowchart": {"nodeSpacing": 30, "rankSpacing": 30, "wrappingWidth": 400}}}%%
flowchart TB
    s0(( )):::dot
    s5(( )):::dot
    l0["<b>Make</b> made"]:::words
    l5["<b>Delete</b> deleted"]:::words
    subgraph any1[" "]
        s1("<b>MADE</b><br/><b>Delete:</b> any refusal<br/><b>Stop?:</b> no effect")
        s2("<b>BURNING</b><br/><b>Delete:</b> any refusal")
        s3("<b>OUT</b><br/>shows COLD<br/><b>Delete:</b> any refusal<br/><b>Stop:</b> Ended"):::terminal
        s4("<b>BROKEN</b><br/><b>Delete:</b> any refusal<br/><b>Stop:</b> Ended"):::terminal
        l1["<i>lit</i>"]:::words
        l2["<i>burnt down</i><br/><b>Stop~</b> stopped"]:::words
        l3["<i>broke</i>"]:::words
        l4["<i>broke</i>"]:::words
        l6["<b>Stop?</b> out at once"]:::words
    end
    s0 === l0 ==> s1
    s1 --- l1 --> s2
    s2 === l2 ==> s3
    s1 --- l3 --> s4
    s2 --- l4 --> s4
    any1 === l5 ==> s5
    s1 -.- l6 -.-> s3
    linkStyle 0,1,4,5,10,11,12,13 stroke:#3b82f6
    linkStyle 2,3,6,7,8,9 stroke:#78716c
    classDef words fill:none,stroke:none
    classDef terminal stroke-width:4px
    classDef dot fill:#78716c,stroke:none
    style any1 fill:none,stroke:#78716c,stroke-dasharray:2
"""

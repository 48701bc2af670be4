"""The drawn files are those of the lifecycles as they are, readable, and `haltspec draw` notices when they are not."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from haltspec import apis
from haltspec.__main__ import main
from haltspec.errors import Misuse
from haltspec.lts import ABSENT, Call, Grade, Lifecycle, Role, Transition
from haltspec_diagrams import Drawing, Layout, collisions, draw, lay_out, outline, to_dot, to_markdown, to_svg
from haltspec_diagrams.files import Format, draw_all

FOLDER = Path(__file__).parents[2] / "diagrams"
LIFECYCLES = [lifecycle for name in apis.NAMES for lifecycle in apis.load(name).lifecycles]

drawn_files = pytest.mark.skipif(
    not (FOLDER / "comprehend.md").is_file(), reason="the drawn files lie in the repository, not in the packages"
)


@pytest.fixture(params=LIFECYCLES, ids=lambda lifecycle: lifecycle.full_name)
def lifecycle(request: pytest.FixtureRequest) -> Lifecycle:
    """Each lifecycle in turn."""
    found = request.param
    assert isinstance(found, Lifecycle)
    return found


@cache
def laid_out(full_name: str) -> tuple[Drawing, Layout]:
    """The drawing of a lifecycle with its layout, made once."""
    (lifecycle,) = (lifecycle for lifecycle in LIFECYCLES if lifecycle.full_name == full_name)
    drawing = draw(lifecycle)
    return drawing, lay_out(drawing)


def moves(lifecycle: Lifecycle) -> Iterator[Transition]:
    """The rows that move the job out of some state."""
    return (row for row in lifecycle.all_rows() if any(row.target_from(state) != state for state in row.states))


def keeps(lifecycle: Lifecycle) -> Iterator[tuple[str, Transition]]:
    """Each existing state with each order or deletion that keeps it."""
    for row in lifecycle.all_rows():
        if isinstance(row.label, Call) and lifecycle.operation(row.label.operation).role in (Role.ORDER, Role.DELETE):
            for state in row.states:
                if state != ABSENT and row.target_from(state) == state:
                    yield state, row


class TestEveryLifecycle:
    """A drawing leaves nothing out that moves a job or that an order meets, and can be read."""

    def test_each_state_stands_in_one_node(self, lifecycle: Lifecycle) -> None:
        """Dots apart, which are `absent`."""
        nodes = [node for node in draw(lifecycle).nodes if not node.is_dot]
        shown = Counter(state.name for node in nodes for state in node.states)
        assert shown == Counter(state.name for state in lifecycle.states if state.name != ABSENT)

    def test_each_move_is_drawn(self, lifecycle: Lifecycle) -> None:
        """On an edge, or in the node that its states share; from each of its states, to its target."""
        drawing = draw(lifecycle)
        states = {node.id: [state.name for state in node.states] for node in drawing.nodes}
        found: set[tuple[str, str, str]] = set()
        for edge in drawing.edges:
            tails = [state for node in drawing.members(edge.tail) for state in states[node]]
            found |= {(row.name, tail, head) for row in edge.rows for tail in tails for head in states[edge.head]}
        for node in drawing.nodes:
            inside = [row.name for note in node.notes for row in note.rows]
            found |= {(name, tail, head) for name in inside for tail in states[node.id] for head in states[node.id]}
        for row in moves(lifecycle):
            for state in row.states:
                if row.target_from(state) != state:
                    assert (row.name, state, row.target) in found

    def test_each_edge_says_what_moves(self, lifecycle: Lifecycle) -> None:
        """No row stands on an edge that does not move the job along it."""
        drawing = draw(lifecycle)
        rows = {row.name: row for row in lifecycle.all_rows()}
        states = {node.id: {state.name for state in node.states} for node in drawing.nodes}
        for edge in drawing.edges:
            tails = {state for node in drawing.members(edge.tail) for state in states[node]}
            for shown in edge.rows:
                assert rows[shown.name].target in states[edge.head]
                assert tails & set(rows[shown.name].states)

    def test_each_order_that_changes_nothing_is_noted(self, lifecycle: Lifecycle) -> None:
        """In the node of each state that it keeps."""
        drawing = draw(lifecycle)
        noted = {
            (state.name, row.name)
            for node in drawing.nodes
            for state in node.states
            for note in node.notes
            for row in note.rows
        }
        assert [(state, row.name) for state, row in keeps(lifecycle) if (state, row.name) not in noted] == []

    def test_readings_calls_and_internal_rows_are_told_apart(self, lifecycle: Lifecycle) -> None:
        """An operation leads a call, nothing an internal row; a question mark ends the lead of what is assumed."""
        readings = {row.name for question in lifecycle.questions for r in question.readings for row in r.rows}
        rows = {row.name: row for row in lifecycle.all_rows()}
        for edge in draw(lifecycle).edges:
            for phrase in edge.phrases:
                for shown in phrase.rows:
                    label = rows[shown.name].label
                    operation = label.operation if isinstance(label, Call) else ""
                    assert phrase.lead.rstrip("?~") == operation
                    assert phrase.is_internal == (not operation)
                    assert phrase.lead.endswith("?") == (rows[shown.name].grade is Grade.ASSUMED)
                    assert bool(shown.reading) == (shown.name in readings)

    def test_nothing_lies_on_anything_else(self, lifecycle: Lifecycle) -> None:
        """No label on a state or a label, no line over a box that it does not join."""
        assert collisions(*laid_out(lifecycle.full_name)) == ()

    def test_it_is_drawn_the_same_again(self, lifecycle: Lifecycle) -> None:
        """The order of everything is that of the lifecycle."""
        assert to_dot(draw(lifecycle)) == to_dot(draw(lifecycle))


@drawn_files
class TestDrawnFiles:
    """The drawn files equal a fresh drawing."""

    def test_dot(self, lifecycle: Lifecycle) -> None:
        """Letter by letter."""
        drawing = draw(lifecycle)
        assert (FOLDER / f"{drawing.name}.dot").read_text(encoding="utf-8") == to_dot(drawing)

    def test_svg(self, lifecycle: Lifecycle) -> None:
        """By what it says: another version of Graphviz may lay it out in another way."""
        drawing, layout = laid_out(lifecycle.full_name)
        drawn = (FOLDER / f"{drawing.name}.svg").read_text(encoding="utf-8")
        assert outline(drawn) == outline(to_svg(drawing, layout))

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_markdown(self, name: str) -> None:
        """Letter by letter."""
        api = apis.load(name)
        drawn = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        assert drawn == to_markdown(api.title, map(draw, api.lifecycles))

    def test_no_other_files(self) -> None:
        """No drawing is left of a lifecycle that does not exist."""
        wanted = {f"{name}.md" for name in apis.NAMES}
        wanted |= {f"{draw(lc).name}.{form}" for lc in LIFECYCLES for form in ("dot", "svg")}
        assert {path.name for path in FOLDER.iterdir() if path.is_file()} == wanted

    def test_a_changed_lifecycle_is_noticed(self) -> None:
        """A row that leads elsewhere, and one that rests on another document, change every file."""
        api = apis.load("comprehend")
        job = api.lifecycle("job")
        for changed in (
            replace_row(job, "failed", target="STOPPED"),
            replace_row(job, "failed", section="another section"),
            replace_row(job, "failed", name="went wrong"),
        ):
            drawing = draw(changed)
            assert (FOLDER / "comprehend-job.dot").read_text(encoding="utf-8") != to_dot(drawing)
            drawn = (FOLDER / "comprehend-job.svg").read_text(encoding="utf-8")
            assert outline(drawn) != outline(to_svg(drawing))


def replace_row(lifecycle: Lifecycle, row: str, *, name: str = "", target: str = "", section: str = "") -> Lifecycle:
    """The lifecycle with one row changed."""
    (old,) = (one for one in lifecycle.transitions if one.name == row)
    source = replace(old.source, section=section or old.source.section)
    new = Transition(name or old.name, old.states, old.label, target or old.target, source, free=old.free)
    return replace(lifecycle, transitions=tuple(new if one is old else one for one in lifecycle.transitions))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the drawings of translate."""
    folder = tmp_path_factory.mktemp("drawn")
    assert main(["draw", "translate", "--write", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be spoiled."""
    return Path(shutil.copytree(drawn, tmp_path / "diagrams"))


class TestCommand:
    """`haltspec draw` writes the files, and tells which are not right any more."""

    def test_writes_and_says_what_was_new(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Files that are right already stay as they are."""
        (folder / "translate.md").write_text("old", encoding="utf-8")
        assert main(["draw", "translate", "--write", "--out", str(folder)]) == 0
        assert capsys.readouterr().out == (
            f"{folder}/translate-job.dot: unchanged\n"
            f"{folder}/translate-job.svg: unchanged\n"
            f"{folder}/translate.md: drawn\n"
            "3 files: 2 unchanged, 1 drawn\n"
        )

    def test_checks(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Files that are right get no line of their own; ends of lines do not matter."""
        page = folder / "translate.md"
        page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
        assert main(["draw", "translate", "--check", "--out", str(folder)]) == 0
        assert capsys.readouterr().out == "3 files: 3 same\n"

    def test_check_finds_what_is_wrong(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A missing file, a changed one, and one of no lifecycle; exit 1."""
        (folder / "translate.md").unlink()
        picture = folder / "translate-job.svg"
        picture.write_text(picture.read_text(encoding="utf-8").replace("picked up", "picked out"), encoding="utf-8")
        (folder / "translate-other.dot").write_text("digraph {}", encoding="utf-8")
        assert main(["draw", "translate", "--check", "--out", str(folder)]) == 1
        assert capsys.readouterr().out == (
            f"{folder}/translate-job.svg: different\n"
            f"{folder}/translate.md: missing\n"
            f"{folder}/translate-other.dot: unknown\n"
            "4 files: 1 same, 1 different, 1 missing, 1 unknown; "
            f"redraw: haltspec draw translate --write --out {folder}\n"
        )

    def test_the_advice_names_what_was_asked_for(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The command that is told draws those files that were looked at, where they were looked for."""
        (folder / "translate.md").unlink()
        told = "1 file: 1 missing; redraw: haltspec draw translate --write --format mermaid"
        asked = ["translate", "--format", "mermaid"]
        assert main(["draw", *asked, "--check", "--out", str(folder)]) == 1
        assert capsys.readouterr().out.splitlines()[-1] == f"{told} --out {folder}"
        monkeypatch.chdir(folder)
        assert main(["draw", *asked, "--check"]) == 1
        assert capsys.readouterr().out.splitlines()[-1] == told
        assert main(["draw", *asked, "--write", "--out", str(folder)]) == 0
        assert main(["draw", *asked, "--check", "--out", str(folder)]) == 0

    @pytest.mark.parametrize("content", [b"", b"<svg", b"\xff\xfe", b"<svg/>"])
    def test_check_finds_a_broken_picture(self, folder: Path, content: bytes) -> None:
        """What is no XML, or not ours, is different."""
        (folder / "translate-job.svg").write_bytes(content)
        assert main(["draw", "translate", "--check", "--format", "svg", "--out", str(folder)]) == 1

    def test_check_forgives_another_layout(self, folder: Path) -> None:
        """The same picture with its states elsewhere is the same."""
        picture = folder / "translate-job.svg"
        picture.write_text(picture.read_text(encoding="utf-8").replace(' x="', ' x="1'), encoding="utf-8")
        assert main(["draw", "translate", "--check", "--format", "svg", "--out", str(folder)]) == 0

    def test_json(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A list of files with their states."""
        (folder / "translate.md").unlink()
        assert main(["draw", "translate", "--check", "--json", "--out", str(folder)]) == 1
        assert json.loads(capsys.readouterr().out) == [
            {"file": f"{folder}/translate-job.dot", "state": "same"},
            {"file": f"{folder}/translate-job.svg", "state": "same"},
            {"file": f"{folder}/translate.md", "state": "missing"},
        ]

    def test_png_is_drawn_on_request(self, tmp_path: Path) -> None:
        """It is a PNG, and the only file."""
        assert main(["draw", "translate", "--write", "--format", "png", "--out", str(tmp_path)]) == 0
        (path,) = tmp_path.iterdir()
        assert path.name == "translate-job.png"
        assert path.read_bytes().startswith(b"\x89PNG\r\n")

    def test_rejects_a_check_of_png(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Fonts differ from machine to machine."""
        assert main(["draw", "--check", "--format", "png", "--out", str(tmp_path)]) == 2
        assert capsys.readouterr().err == (
            "Error: a PNG depends on the fonts of the machine and cannot be checked; check --format svg instead\n"
        )

    def test_rejects_neither_write_nor_check(self, capsys: pytest.CaptureFixture[str]) -> None:
        """One of the two has to be said."""
        assert main(["draw"]) == 2
        assert capsys.readouterr().err.endswith("Error: nothing to do: say --write or --check\n")

    def test_rejects_both_write_and_check(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Neither is done in silence in place of the other."""
        (folder / "translate.md").unlink()
        for asked in (["--write", "--check"], ["--check", "--write"]):
            assert main(["draw", "translate", *asked, "--out", str(folder)]) == 2
            assert capsys.readouterr().err.endswith("files that are written need no check; say one of the two\n")
        assert not (folder / "translate.md").exists()

    def test_rejects_an_unknown_api(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The nearest known one is named."""
        assert main(["draw", "translat", "--check"]) == 2
        assert capsys.readouterr().err == "Error: unknown API 'translat'; did you mean translate?\n"


FAKE_DOT = """\
#!{python}
import sys
import pygraphviz
sys.stdout.buffer.write(pygraphviz.AGraph(string=sys.stdin.read()).draw(format=sys.argv[1][2:], prog="dot"))
"""


class TestEngine:
    """`pygraphviz` lays out; where it is not installed, the program `dot` does."""

    @pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for dot is a script")
    def test_dot_stands_in_for_pygraphviz(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Given the same Graphviz, the layout is the same."""
        drawing = draw(apis.load("translate").lifecycle("job"))
        layout = lay_out(drawing)
        script = tmp_path / "dot"
        script.write_text(FAKE_DOT.format(python=sys.executable), encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
        assert lay_out(drawing) == layout

    @pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for dot is a script")
    def test_a_dot_that_fails_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """With what it said."""
        script = tmp_path / "dot"
        script.write_text("#!/bin/sh\necho no such format >&2\nexit 3\n", encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
        with pytest.raises(Misuse, match=rf"{script} failed: no such format; install it with: pip install"):
            lay_out(draw(apis.load("translate").lifecycle("job")))

    def test_without_either_only_text_is_drawn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """DOT and Mermaid need no Graphviz; a picture names the remedy."""
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
        api = apis.load("translate")
        assert set(draw_all([api], [Format.DOT, Format.MERMAID])) == {"translate-job.dot", "translate.md"}
        with pytest.raises(Misuse) as caught:
            draw_all([api], [Format.SVG])
        assert str(caught.value) == (
            "drawing needs Graphviz, and neither pygraphviz nor the program dot is there; "
            "install it with: pip install 'haltspec[diagrams]'"
        )

"""The command line as a whole: what it offers, what it answers to mistakes, and its exit codes."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from haltspec import __main__ as program
from haltspec import __version__
from haltspec.errors import BadTrace

HELP = """\
Usage: haltspec [OPTIONS] COMMAND [ARGS]...

  How cloud job APIs behave between start and stop, as data, and a judge of
  what claims to behave so.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  list        List the APIs with their lifecycles and kinds of jobs.
  show        Print an API's rules, with grades and sources.
  verify      Prove lifecycles and reference model exhaustively.
  serve       Run the reference service of the APIs over their real protocols.
  check       Judge recorded calls: is this traffic possible at all?
  explain     Tell a recording call by call, with the belief after each.
  conform     Judge a running implementation of an API.
  mutate      Break the rules on purpose; is each mistake caught?
  properties  List the named properties, with grades and sources.
  draw        Draw the lifecycles, or check the drawn files.

  Exit codes: 0 pass, 1 a failure was found, 2 misuse, 3 nothing failed but
  something is inconclusive.
"""
USAGE = "Usage: haltspec [OPTIONS] COMMAND [ARGS]...\nTry 'haltspec --help' for help.\n\n"
KNOWN = "check, conform, draw, explain, list, mutate, properties, serve, show, verify"

Answer = tuple[int, str, str]


@pytest.fixture(autouse=True)
def own_commands(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the project's own commands, whatever else is installed."""
    monkeypatch.setattr(program, "entry_points", lambda group: ())
    monkeypatch.setenv("COLUMNS", "80")
    vars(program.cli).pop("targets", None)
    yield
    vars(program.cli).pop("targets", None)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs the command line here; gives exit code, output and trouble."""

    def run(*arguments: str) -> Answer:
        code = program.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60)


def announced() -> dict[str, str]:
    """The commands that the distribution announces, or the project file if nothing is installed."""
    try:
        points = distribution("haltspec").entry_points
    except PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        return dict(project["project"]["entry-points"][program.GROUP])
    return {point.name: point.value for point in points if point.group == program.GROUP}


def with_body(monkeypatch: pytest.MonkeyPatch, body: Callable[[], object]) -> None:
    """Put a command `lamp` beside the known ones that does `body`."""
    module = SimpleNamespace(command=click.Command("lamp", callback=body))
    point = EntryPoint("lamp", "lamps.commands:command", program.GROUP)
    monkeypatch.setattr(program, "entry_points", lambda group: (point,))
    monkeypatch.setattr("haltspec.__main__.importlib", SimpleNamespace(import_module=lambda name: module))


class TestHelp:
    """Help names all commands and loads none."""

    @pytest.mark.parametrize("option", ["--help", "-h"])
    def test_help_lists_the_commands(self, run: Callable[..., Answer], option: str) -> None:
        """The whole text."""
        assert run(option) == (0, HELP, "")

    def test_no_command_is_misuse(self, run: Callable[..., Answer]) -> None:
        """Help without being asked for goes where trouble goes."""
        assert run() == (2, "", HELP)

    def test_version(self, run: Callable[..., Answer]) -> None:
        """The version is the package's."""
        assert run("--version") == (0, f"haltspec {__version__}\n", "")

    def test_help_loads_no_command_and_no_engine(self) -> None:
        """Neither a command's module nor a library beyond click is imported."""
        script = (
            "import sys; from haltspec.__main__ import main; main(['--help']); "
            "print(sorted(m for m in sys.modules if m.startswith(('haltspec.commands', 'haltspec.lts', 'haltspec.apis',"
            " 'transitions', 'botocore', 'hypothesis', 'graphviz', 'rich'))))"
        )
        assert python("-c", script).stdout.splitlines()[-1] == "[]"

    def test_a_command_loads_only_itself(self) -> None:
        """A command does not load its neighbours, nor an engine it does not need."""
        script = (
            "import sys; from haltspec.__main__ import main; main(['show', '--help']); "
            "print(sorted(m for m in sys.modules if m.startswith(('haltspec.commands.', 'transitions', 'botocore'))))"
        )
        assert python("-c", script).stdout.splitlines()[-1] == "['haltspec.commands.show', 'haltspec.commands.text']"

    def test_it_runs_as_a_module(self) -> None:
        """`python -m haltspec` is the same program."""
        done = python("-m", "haltspec", "--version")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"haltspec {__version__}\n", "")

    @pytest.mark.parametrize("name", program.KNOWN)
    def test_every_command_has_help(self, run: Callable[..., Answer], name: str) -> None:
        """Every command can be loaded and explains itself under its own name."""
        code, out, err = run(name, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: haltspec {name} ")

    def test_the_announced_commands_are_the_known_ones(self) -> None:
        """What is announced, installed or in the project file, are the same commands at the same places."""
        assert announced() == {name: target for name, (target, _) in program.KNOWN.items()}


class TestMistakes:
    """A mistake is answered with its reason and the nearest right thing, on stderr, with exit code 2."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("lst",), USAGE + "Error: unknown command 'lst'; did you mean list?\n"),
            (("conformance",), USAGE + "Error: unknown command 'conformance'; did you mean conform?\n"),
            (("zzz",), USAGE + f"Error: unknown command 'zzz'; known: {KNOWN}\n"),
            (("--versoin",), USAGE + "Error: No such option '--versoin'. Did you mean '--version'?\n"),
            (
                ("show",),
                "Usage: haltspec show [OPTIONS] API\nTry 'haltspec show --help' for help.\n\nError: Missing argument 'API'.\n",
            ),
            (("show", "comprehnd"), "Error: unknown API 'comprehnd'; did you mean comprehend?\n"),
            (
                ("show", "s3"),
                "Error: unknown API 's3'; known: comprehend, dataarts, devicefarm, rekognition, translate\n",
            ),
        ],
    )
    def test_rejects_the_arguments(self, run: Callable[..., Answer], arguments: tuple[str, ...], message: str) -> None:
        """The whole message."""
        assert run(*arguments) == (2, "", message)

    def test_rejects_an_unknown_option(self, run: Callable[..., Answer]) -> None:
        """The nearest option is named."""
        code, out, err = run("show", "comprehend", "--jsn")
        assert (code, out) == (2, "")
        assert re.search(r"No such option '?--jsn'?\W+Did you mean '?--json'?\?", err)

    def test_a_missing_library_is_named(self, run: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
        """A command whose libraries are not installed says what to install."""

        def absent(name: str) -> None:
            raise ModuleNotFoundError(f"No module named {name!r}", name="hypothesis")

        monkeypatch.setattr("haltspec.__main__.importlib", SimpleNamespace(import_module=absent))
        message = "Error: the module 'hypothesis' is not installed; run: pip install 'haltspec[all]'\n"
        assert run("conform", "comprehend") == (2, "", message)

    def test_a_wrong_announcement_is_named(self, run: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
        """An entry point that leads to no command is misuse, not a crash."""
        nothing = SimpleNamespace(import_module=lambda name: SimpleNamespace())
        monkeypatch.setattr("haltspec.__main__.importlib", nothing)
        message = "command 'list' is announced at 'haltspec.commands.list:command' and is not there"
        assert run("list") == (2, "", f"Error: {message}; reinstall what announces it\n")


class TestOutcomes:
    """What a command returns or raises becomes an exit code, never a traceback for bad input."""

    @pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1), (3, 3)])
    def test_a_returned_number_is_the_exit_code(
        self, run: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, result: int | None, code: int
    ) -> None:
        """Nothing returned is success."""
        with_body(monkeypatch, lambda: result)
        assert run("lamp") == (code, "", "")

    def test_commands_of_others_are_listed(self, run: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
        """A command announced by another distribution stands behind the project's own."""
        with_body(monkeypatch, lambda: None)
        assert (
            "  draw        Draw the lifecycles, or check the drawn files.\n  lamp        See lamps.commands.\n"
            in run("-h")[1]
        )

    @pytest.mark.parametrize(
        ("trouble", "code", "message"),
        [
            (BadTrace("t:1", "no JSON", "write JSON"), 2, "Error: t:1: no JSON; write JSON\n"),
            (
                click.FileError("t.xml", "it is a directory"),
                2,
                "Error: Could not open file 't.xml': it is a directory\n",
            ),
            (OSError(28, "No space left on device", "out.xml"), 2, "Error: out.xml: No space left on device\n"),
            (ConnectionError("gone"), 2, "Error: input or output: gone\n"),
            (KeyboardInterrupt(), 130, ""),
        ],
    )
    def test_trouble(
        self,
        run: Callable[..., Answer],
        monkeypatch: pytest.MonkeyPatch,
        trouble: BaseException,
        code: int,
        message: str,
    ) -> None:
        """What was printed before the trouble is not lost."""

        def body() -> None:
            click.echo("found so far")
            raise trouble

        with_body(monkeypatch, body)
        assert run("lamp") == (code, "found so far\n", message)

    def test_a_crash_is_not_a_verdict(self, run: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
        """A fault of the program itself has an exit code of its own, since 1 is the verdict FAIL."""

        def body() -> None:
            raise ZeroDivisionError

        with_body(monkeypatch, body)
        code, out, err = run("lamp")
        assert (code, out) == (70, "")
        assert err.endswith(
            "Error: this is a fault of haltspec, not of what it judged; please report it with the lines above\n"
        )

    def test_a_closed_pipe_is_no_trouble(self) -> None:
        """A reader that stops reading ends the program in silence."""
        with subprocess.Popen(
            [sys.executable, "-m", "haltspec", "show", "comprehend", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            assert running.stdout is not None and running.stderr is not None
            running.stdout.close()
            assert running.stderr.read() == b""
            assert running.wait(timeout=60) == 141

    def test_any_text_can_be_printed(self) -> None:
        """A name that the terminal's encoding lacks is escaped."""
        script = (
            "import sys, click; from haltspec import __main__ as program; "
            "program._take_any_text(); click.echo('\\ud800 \\u4f5c\\u4e1a')"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=False,
            timeout=60,
            env={"PYTHONIOENCODING": "latin-1", "PYTHONPATH": ":".join(sys.path)},
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"\\ud800 \\u4f5c\\u4e1a\n", b"")

    def test_known_commands_point_at_modules(self) -> None:
        """Each known place exists."""
        for target, _ in program.KNOWN.values():
            module, _, attribute = target.partition(":")
            assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)

"""The command `haltspec`: finds its commands by the entry point group `haltspec.commands`, loads the one called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import entry_points
from io import TextIOWrapper
from typing import Final

import click

from haltspec import __version__
from haltspec.errors import HaltspecError, Misuse, Unknown, visible

GROUP: Final = "haltspec.commands"
"""The entry point group: a name, and where its `click.Command` is."""

MISUSE: Final = 2
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
OWN_FAULT: Final = 70

KNOWN: Final = {
    "list": ("haltspec.commands.list:command", "List the APIs with their lifecycles and kinds of jobs."),
    "show": ("haltspec.commands.show:command", "Print an API's rules, with grades and sources."),
    "verify": ("haltspec.commands.verify:command", "Prove lifecycles and reference model exhaustively."),
    "serve": ("haltspec.commands.serve:command", "Run the reference service of the APIs over their real protocols."),
    "check": ("haltspec.commands.check:command", "Judge recorded calls: is this traffic possible at all?"),
    "explain": ("haltspec.commands.explain:command", "Tell a recording call by call, with the belief after each."),
    "conform": ("haltspec_properties.commands.conform:command", "Judge a running implementation of an API."),
    "mutate": ("haltspec_properties.commands.mutate:command", "Break the rules on purpose; is each mistake caught?"),
    "properties": (
        "haltspec_properties.commands.properties:command",
        "List the named properties, with grades and sources.",
    ),
    "draw": ("haltspec_diagrams.commands.draw:command", "Draw the lifecycles, or check the drawn files."),
}
"""The project's own commands: where each is (found also where nothing is installed), and its short help."""


class Commands(click.Group):
    """The group of all commands; names and short helps are known without loading any of them."""

    @cached_property
    def targets(self) -> dict[str, str]:
        """Each command's name with its place, `MODULE:ATTRIBUTE`: the project's own first, then the others by name."""
        found = {point.name: point.value for point in entry_points(group=GROUP)}
        own = {name: found.pop(name, target) for name, (target, _) in KNOWN.items()}
        return own | dict(sorted(found.items()))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(self.targets)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, loaded; None if there is none."""
        target = self.targets.get(cmd_name)
        return None if target is None else _load(cmd_name, target)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, but an unknown command is answered with the nearest known ones."""
        if args[0] not in self.targets and not args[0].startswith("-"):
            raise click.UsageError(str(Unknown("command", args[0], self.targets)), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, KNOWN[name][1] if name in KNOWN else f"See {target.partition(':')[0]}.")
                    for name, target in self.targets.items()
                ]
            )


def _load(name: str, target: str) -> click.Command:
    module, _, attribute = target.partition(":")
    command = getattr(importlib.import_module(module), attribute, None)
    if not isinstance(command, click.Command):
        raise Misuse(f"command {name!r} is announced at {target!r} and is not there", "reinstall what announces it")
    return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 pass, 1 a failure was found, 2 misuse, 3 nothing failed but something is inconclusive.",
)
@click.version_option(__version__, message="haltspec %(version)s")
def cli() -> None:
    """How cloud job APIs behave between start and stop, as data, and a judge of what claims to behave so."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; what a command returns as an integer is its code.

    Args:
        arguments: those after the program's name; left out, those of the process.
    """
    _take_any_text()
    try:
        # Not `cli.main`, which ends a broken pipe with 1: here that is the verdict FAIL.
        with cli.make_context("haltspec", list(sys.argv[1:] if arguments is None else arguments)) as context:
            result = cli.invoke(context)
        if sys.stdout is None:
            return _trouble("standard output is closed, so nothing could be told; give it a place to go")
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        error.show()
        return MISUSE
    except HaltspecError as error:
        return _trouble(str(error))
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; nothing may be written when the interpreter flushes at its end.
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except ModuleNotFoundError as error:
        return _trouble(f"the module {error.name!r} is not installed; run: pip install 'haltspec[all]'")
    except OSError as error:
        return _trouble(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except Exception:
        # A crash must not look like the verdict of exit code 1.
        import traceback

        traceback.print_exc()
        _trouble("this is a fault of haltspec, not of what it judged; please report it with the lines above")
        return OWN_FAULT


def _trouble(message: str) -> int:
    click.echo("Error: " + visible(message, "\n"), err=True)
    return MISUSE


def _take_any_text() -> None:
    """Let no name in a recording break the output of a terminal that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())

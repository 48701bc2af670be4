"""`haltspec serve`: the reference service of the APIs, over their real protocols."""

from __future__ import annotations

import ipaddress
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

import click

from haltspec.apis import NAMES, load
from haltspec.errors import Misuse, shown

_LONGEST_S = 1e9
_PACES = ("timed", "instant", "manual")


@click.command()
@click.argument("apis", nargs=-1, metavar="[API...]")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0, the default: any that is free.")
@click.option(
    "--control-port",
    type=click.IntRange(0, 65535),
    help="Serve the control API on this port of 127.0.0.1 instead of beside the calls.",
)
@click.option(
    "--pace",
    type=click.Choice(_PACES),
    default="timed",
    show_default=True,
    help="When jobs move by themselves: each state lasts a while; at once; only when the control API says so.",
)
@click.option("--delay", metavar="S[,S]", default="1,5", show_default=True, help="How long a state lasts, in seconds.")
@click.option("--seed", type=int, help="Decides ids, delays, what faults strike, and what is free.")
@click.option(
    "--freedom",
    type=click.Choice(("usual", "any")),
    default="usual",
    show_default=True,
    help="Which of the answers that the documents leave free is given: the usual one, or any, drawn from the seed.",
)
@click.option(
    "--journal", type=click.Path(dir_okay=False), metavar="FILE", help="Write every call there, and start from it."
)
@click.option(
    "--reading", "readings", multiple=True, metavar="QUESTION=READING", help="Answer an open question; see `show`."
)
@click.option(
    "--fault", "faults", multiple=True, metavar="KIND[:OPTION=VALUE,...]", help="Switch a fault on; see below."
)
@click.option(
    "--credentials", type=click.Path(dir_okay=False), metavar="FILE", help="Check signatures with these keys."
)
@click.option("--expose", is_flag=True, help="Allow an address that others can reach.")
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=N", help="What a request or a connection may cost; see below."
)
@click.option("--outside", is_flag=True, help="Allow moves from outside the APIs, as by an operator in a console.")
@click.option(
    "--timestamps",
    type=click.Choice(("plain", "exponent")),
    default="plain",
    show_default=True,
    help="How AWS APIs write times: 1621056695.477, or 1.621056695477E9 as Java services do.",
)
def command(apis: tuple[str, ...], host: str, port: int, control_port: int | None, **options: Any) -> int:
    """Run the reference service of some APIs, of all if none is named, until interrupted.

    Prints `ready http://HOST:PORT` once it accepts calls. Any AWS SDK with this endpoint, and Huawei's, can call it. An
    access key of 12 digits is taken as the account id; signatures are checked if --credentials names a file:
    [{"access_key": ..., "secret_key": ..., "account": 12 digits, or "project": ...}].

    The control API is below /_haltspec: GET it to learn how to move jobs, let time pass, and switch faults.

    \b
    Faults (options: rate=0..1, operation=NAME, api=NAME, times=N):
      throttle:code=ERROR          refuse as one call too many
      error:code=ERROR,effect=yes|no  answer with an internal error, with or without effect
      delay:seconds=S,effect=yes|no   answer late; with effect=no the call takes effect late as well
      cut:effect=yes|no            cut the connection, after the effect or before
      stale:seconds=S              show lists as old as documents imply they may be (dataarts, up to 10 s)
      lost-race                    let every stopped job come to its other end first
      unlucky                      let jobs fail, be skipped or expire

    \b
    Limits (N: bytes, a number, or seconds; beyond, a request is refused or its connection cut):
      body=1048576        the body of a request; 413. Nesting, 90 deep, is fixed
      head=32768          the head of a request; 400
      headers=256         its headers; 400
      pipelined=64        requests of a connection that wait; 400
      connections=8192    connections; one more is cut
      held=134217728      bodies held at once; 503
      receive_s=20        the sending of a request; cut
      answer_s=150        from there to the end of its response; cut
      idle_s=60           an idle connection, an unread response; cut
    """  # noqa: D301 (click keeps the line breaks of a paragraph that begins with a backspace)
    from haltspec.wire.host import Host
    from haltspec.wire.journal import Journal
    from haltspec.wire.server import listen, serve

    for name in apis:
        load(name)
    _check_address(host, bool(options["expose"]), options["credentials"] is not None)
    settings = _settings(apis or NAMES, host, options)

    def ready(address: str, control: str) -> None:
        if control != address:
            click.echo(f"control {control}/_haltspec", err=True)
        click.echo(f"ready {address}")
        sys.stdout.flush()

    with ExitStack() as held:
        main = held.enter_context(listen(host, port))
        control_at = held.enter_context(listen("127.0.0.1", control_port)) if control_port is not None else None
        path = options["journal"]
        journal = held.enter_context(closing(Journal(path))) if path is not None else None
        made = Host(settings, journal=journal)
        for line in _restored(made, path):
            click.echo(line, err=True)
        serve(made, main, control_at, ready)
    return 0


def _settings(apis: Sequence[str], host: str, options: dict[str, Any]) -> Any:
    from haltspec.wire.faults import Fault
    from haltspec.wire.host import Settings
    from haltspec.wire.limits import Limits
    from haltspec.wire.pace import Pace
    from haltspec.wire.signatures import Credentials

    credentials = options["credentials"]
    return Settings(
        apis=tuple(apis),
        pace=Pace(options["pace"]),
        delay_s=_delay(options["delay"]),
        seed=options["seed"],
        free=options["freedom"] == "any",
        readings=dict(_pairs(options["readings"])),
        faults=tuple(Fault.parse(text) for text in options["faults"]),
        credentials=None if credentials is None else Credentials.read(credentials),
        outside=options["outside"],
        exponents=options["timestamps"] == "exponent",
        name=host,
        limits=Limits.parse(options["limits"]),
    )


def _delay(text: str) -> tuple[float, float]:
    try:
        parts = [float(part) for part in text.split(",")]
    except ValueError:
        parts = []
    if len(parts) not in (1, 2) or any(map(math.isnan, parts)):
        wrong = "is no time"
    elif min(parts) <= 0:
        wrong = "is too short: a state lasts longer than 0 s; for none of it there is --pace instant"
    elif parts[0] > parts[-1]:
        wrong = "has the longest time first"
    elif max(parts) >= _LONGEST_S:
        wrong = f"is too long: a state lasts less than {_LONGEST_S:g} s"
    else:
        return parts[0], parts[-1]
    raise Misuse(f"--delay {shown(text)} {wrong}", "give seconds, as in 2, or shortest and longest, as in 1,5")


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, equals, reading = text.partition("=")
        if not equals:
            raise Misuse(f"--reading {text!r} names no reading", "write --reading 'QUESTION=READING'")
        yield name.strip(), reading.strip()


def _check_address(host: str, is_exposed: bool, is_guarded: bool) -> None:
    """Refuse an address that others can reach, unless that is meant; say what it means."""
    try:
        is_own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_own = host == "localhost" or host.endswith(".localhost")
    if is_own:
        return
    if not is_exposed:
        reason = f"{host} can be reached from other machines"
        raise Misuse(reason, "anybody there could call, and control the service: add --expose if that is meant")
    if not is_guarded:
        warning = f"anybody who reaches {host} can call as any account; --credentials checks signatures"
        click.echo(f"Warning: {warning}", err=True)


def _restored(host: Any, path: str | None) -> Iterator[str]:
    restored = host.restored
    if restored.lines:
        yield f"{path}: {restored.lines} lines brought back"
    if restored.torn:
        yield f"{path}: dropped the torn last line ({restored.torn} bytes); nobody was told what it says"

"""The server: uvicorn, with limits on what a connection may cost.

uvicorn bounds neither the head of a request nor the time a client may take to send one; `_Guarded` does, and cuts what
goes on for too long. Bodies are bounded by the application, responses that nobody reads by the deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from haltspec.errors import HaltspecError, Misuse
from haltspec.wire.app import CUT, application
from haltspec.wire.host import Host

MOST_HEAD: Final = 64 * 1024
"""The longest head of a request, in bytes."""

MOST_CONNECTIONS: Final = 8192
RECEIVE_S: Final = 20.0
"""How long a client may take to send a request."""

WHOLE_S: Final = 150.0
"""How long a request may take from its first byte to the last of its response: longer than the longest fault."""

IDLE_S: Final = 60
"""How long an idle connection is kept, in seconds."""

_BACKLOG: Final = 2048
_LONGEST_SLEEP_S: Final = 0.5


class _Guarded(HttpToolsProtocol):
    """A connection with limits."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._deadline = self.loop.call_later(RECEIVE_S, self._cut)
        if len(self.connections) > _most_connections():
            self._cut()
        self.app_state = {**self.app_state, CUT: self._cut}
        self._head = 0
        self._in_head = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._head > MOST_HEAD:
                self._cut()
                return
            self._head += len(data)
            if self._deadline.cancelled():
                self._within(RECEIVE_S)
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._within(RECEIVE_S)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head = True, 0
        self._within(WHOLE_S)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._deadline.cancel()
        super().on_response_complete()

    def _within(self, seconds: float) -> None:
        self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        """Cut the connection: no response, or no more of it."""
        if not self.transport.is_closing():
            self.transport.abort()


class _Server(uvicorn.Server):
    """A server that says when it accepts connections.

    Args:
        config: uvicorn's.
        ready: called once connections are accepted.
        takes_signals: whether an interrupt ends it.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], *, takes_signals: bool = True) -> None:
        super().__init__(config)
        self._ready = ready
        self._takes_signals = takes_signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """End on an interrupt, and return as after any other end."""
        if not self._takes_signals:
            yield
            return
        known = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in known.items():
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; raises `Misuse` if it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except (OSError, OverflowError) as error:
        told = getattr(error, "strerror", None) or error
        raise Misuse(f"{host}:{port} cannot be listened on ({told})", "give another --host or --port") from None
    return made


def address_of(made: socket.socket) -> str:
    """`http://HOST:PORT` of a listening socket."""
    host, port = made.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(host: Host, main: socket.socket, control_at: socket.socket | None, ready: Callable[[str, str], None]) -> None:
    """Serve until interrupted.

    Args:
        host: takes the calls.
        main: the socket for calls, and for the control API if it has none of its own.
        control_at: the socket for the control API; None: there is none besides `main`.
        ready: called with both addresses once connections are accepted.

    Raises:
        JournalBroken: the journal could not be written any more.
    """
    _raise_limit()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(host, main, control_at, ready))
    if host.broken is not None:
        raise host.broken


async def _serve(
    host: Host, main: socket.socket, control_at: socket.socket | None, ready: Callable[[str, str], None]
) -> None:
    waiting = 1 if control_at is None else 2

    def accepted() -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            ready(address_of(main), address_of(control_at or main))

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    app = application(host, with_control=control_at is None, on_broken=stop)
    servers = [_Server(_config(app), accepted)]
    sockets = [main]
    if control_at is not None:
        from haltspec.wire.control import control

        servers.append(_Server(_config(control(host)), accepted, takes_signals=False))
        sockets.append(control_at)
    ticking = asyncio.ensure_future(_tick(host, stop))
    try:
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(server.serve(sockets=[made])) for server, made in zip(servers, sockets, strict=True)
            ]
            await running[0]
            stop()
    finally:
        ticking.cancel()


async def _tick(host: Host, stop: Callable[[], None]) -> None:
    """Let what is due come about though nobody calls."""
    while host.broken is None:
        due = host.next_due()
        await asyncio.sleep(_LONGEST_SLEEP_S if due is None else min(max(due, 0.01), _LONGEST_SLEEP_S))
        try:
            for name in host.apis:
                host.catch_up(name)
        except HaltspecError:
            break
    stop()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Guarded,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=2,
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _raise_limit() -> None:
    """Let the process have as many files open as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 2 * MOST_CONNECTIONS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _most_connections() -> int:
    """How many connections there may be: some files are needed besides."""
    return max(16, min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 64))

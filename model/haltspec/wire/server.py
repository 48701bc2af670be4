"""The server: uvicorn, with limits on what a connection may cost.

uvicorn bounds neither the head of a request, nor the time a client may take to send one, nor how long a response waits
for somebody to read it; `_Guarded` does, and cuts what goes on for too long. Bodies are bounded by the application.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import resource
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from haltspec.errors import HaltspecError, Misuse
from haltspec.wire.app import CUT, application
from haltspec.wire.host import Host
from haltspec.wire.http import refusal
from haltspec.wire.limits import Limits

_BACKLOG: Final = 2048
_LINGER_S: Final = 1.0
_LONGEST_SLEEP_S: Final = 0.5
_BAD_REQUEST: Final = refusal(400, "BadRequestException", "The request is no HTTP, or breaks a limit of the server.")


class _TooMuch(Exception):
    """A request that breaks a limit; it is answered like one that is no HTTP."""


class _Guarded(HttpToolsProtocol):
    """A connection with limits; always under a deadline, but for an idle one, which uvicorn watches.

    Args:
        host: gives the ids of requests.
        given: what uvicorn hands to its protocols.
    """

    def __init__(self, *, host: Host, **given: Any) -> None:
        super().__init__(**given)
        self._host = host
        self._limits = host.settings.limits
        self._deadline: asyncio.TimerHandle | None = None
        self._is_receiving = False
        """A request has begun to come in and is not complete."""
        self._is_in_head = True
        self._received = 0
        """So many bytes of the request that is coming in, or fewer: what came with the one before is not counted."""
        self._is_refused = False
        """What came last is refused; nothing more is read."""
        self._is_at_end = False
        """The other side says nothing more."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: self._cut}
        self._within(self._limits.receive_s)
        if len(self.connections) > _most_connections(self._limits):
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_deadline()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        if self._received > (self._limits.head if self._is_in_head else self._limits.read):
            self.send_400_response("")
            return
        self._received += len(data)
        if self._deadline is None:
            self._within(self._limits.receive_s)
        super().data_received(data)

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it
        """Answer what is complete, refuse what is not, and close the connection after that; True keeps it till then."""
        self._is_at_end = True
        if self._is_receiving and not self._is_refused:
            self.send_400_response("")
        elif self.cycle is not None and not self._is_refused:
            self.cycle.keep_alive = False
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.disconnected

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_receiving = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            return  # what follows a body is no header, whatever it says it is
        super().on_header(name, value)
        if len(self.headers) > self._limits.headers:
            raise _TooMuch

    def on_headers_complete(self) -> None:
        assert self.parser is not None
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        hosts = sum(name == b"host" for name, _ in self.headers)
        is_vague = hosts > 1 or (hosts == 0 and self.parser.get_http_version() != "1.0")
        is_vague |= any(name == b"transfer-encoding" and value.lower() != b"chunked" for name, value in self.headers)
        if size > self._limits.head or len(self.pipeline) >= self._limits.pipelined or is_vague:
            raise _TooMuch
        super().on_headers_complete()
        self._is_in_head = False
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # no other protocol is spoken; what follows is not to be read as HTTP

    def on_message_complete(self) -> None:
        self._is_receiving, self._is_in_head, self._received = False, True, 0
        if self.cycle.response_complete:  # it was answered before all of it was there
            self._within(self._limits.idle_s)
        elif not self.pipeline:
            self._within(self._limits.answer_s)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._end_deadline()
        is_last = not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing():
            self._within(self._limits.idle_s)
        elif not is_last:
            self._within(self._limits.answer_s)
        elif self._is_refused:
            self._refuse()
        elif self._is_receiving:
            self._within(self._limits.receive_s)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, once all that came before it is answered, and read no more."""
        self._is_refused = True
        is_begun = self._is_receiving and not self._is_in_head
        if is_begun and self.pipeline:
            self.pipeline.popleft()  # the request that turned out bad waits for those before it
        elif is_begun or self.cycle is None or self.cycle.response_complete:
            self._refuse()

    def _refuse(self) -> None:
        """Say so, and hear the other side out for a while: it may lose what it is told if it is cut off at once."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # its answer is this one
            self.cycle.message_event.set()
        self.transport.write(self._host.with_id(_BAD_REQUEST).as_bytes())
        if self._is_at_end:
            self.transport.close()
            self._within(self._limits.idle_s)
        else:
            self.transport.write_eof()
            self._within(_LINGER_S)

    def timeout_keep_alive_handler(self) -> None:
        """Cut an idle connection, also if a response still waits for somebody to read it."""
        self._cut()

    def _within(self, seconds: float) -> None:
        self._end_deadline()
        self._deadline = self.loop.call_later(seconds, self._cut)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        """Cut the connection: no response, or no more of it."""
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
    _raise_limit(host.settings.limits)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(host, main, control_at, ready))
    if host.broken is not None:
        raise host.broken


class Background:
    """A host served from a thread of this process, on a free port of the loopback interface; a context manager.

    Attributes:
        url: where it is.
    """

    def __init__(self, host: Host) -> None:
        self.url = ""
        self._host = host
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._accepts = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._until: asyncio.Event | None = None

    def __enter__(self) -> Background:
        self._thread.start()
        self._accepts.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._loop is not None and self._until is not None:
            self._loop.call_soon_threadsafe(self._until.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._until = asyncio.get_running_loop(), asyncio.Event()

        def accepted(url: str, _control: str) -> None:
            self.url = url
            self._accepts.set()

        await _serve(self._host, listen("127.0.0.1", 0), None, accepted, self._until)


async def _serve(
    host: Host,
    main: socket.socket,
    control_at: socket.socket | None,
    ready: Callable[[str, str], None],
    until: asyncio.Event | None = None,
) -> None:
    """Serve until interrupted, or until the event."""
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
    servers = [_Server(_config(app, host), accepted, takes_signals=until is None)]
    sockets = [main]
    if control_at is not None:
        from haltspec.wire.control import control

        servers.append(_Server(_config(control(host), host), accepted, takes_signals=False))
        sockets.append(control_at)
    helping = [asyncio.ensure_future(_tick(host, stop))]
    if until is not None:
        helping.append(asyncio.ensure_future(_stop_at(until, stop)))
    try:
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(server.serve(sockets=[made])) for server, made in zip(servers, sockets, strict=True)
            ]
            await running[0]
            stop()
    finally:
        for task in helping:
            task.cancel()


async def _stop_at(until: asyncio.Event, stop: Callable[[], None]) -> None:
    await until.wait()
    stop()


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


def _config(app: Any, host: Host) -> uvicorn.Config:
    protocol: Any = functools.partial(_Guarded, host=host)
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=host.settings.limits.idle_s,  # type: ignore[arg-type]  # it is handed to call_later,
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


def _raise_limit(limits: Limits) -> None:
    """Let the process have as many files open as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 2 * limits.connections)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _most_connections(limits: Limits) -> int:
    """How many connections there may be: some files are needed besides."""
    return max(16, min(limits.connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 64))

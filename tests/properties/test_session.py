"""Sessions: clients that call side by side."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

from haltspec.apis import load
from haltspec.wire.server import Background
from haltspec_properties.flaws import Flawed
from haltspec_properties.session import Asked, Session
from haltspec_properties.targets import endpoint_target


class Ended(list[list[Asked]]):
    """Lanes at the second of which the user presses Ctrl-C."""

    def __iter__(self) -> Iterator[list[Asked]]:
        yield self[0]
        raise KeyboardInterrupt


def test_ctrl_c_while_clients_get_ready_ends_them() -> None:
    """Those that are there do not wait for those that never come."""
    with Background(Flawed("translate", None)) as service:
        session = Session(load("translate"), endpoint_target(load("translate"), service.url).adapter)
        assert session.is_concurrent
        listed: list[Asked] = [("ListTextTranslationJobs", {}, "100000000001/us-east-1")]
        ended: list[BaseException] = []

        def go() -> None:
            try:
                session.side_by_side(Ended([listed, listed]))
            except KeyboardInterrupt as error:
                ended.append(error)

        caller = Thread(target=go, daemon=True)
        caller.start()
        caller.join(20)
    assert ended, "the clients wait for each other"

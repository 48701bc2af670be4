"""What a dialect is: how an API's calls stand on the wire. One module for each: `awsjson`, `dataarts`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from haltspec.services.base import Answer
from haltspec.trace import MAX_DEPTH, decode_json
from haltspec.wire.http import Request, Response
from haltspec.wire.signatures import Credentials

DEFAULT_ACCOUNT: Final = "123456789012"
"""The account of a caller whose access key is no account id."""

MOST_DEPTH: Final = MAX_DEPTH - 10
"""How deep a body may be nested: deeper still, inside a line of the journal, it is no deeper than a trace may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that a request makes.

    Args:
        api: the API's name.
        operation: the vendor's name of the operation.
        members: the request's members.
        tenant: whose jobs it sees.
    """

    api: str
    operation: str
    members: Mapping[str, Any]
    tenant: str


class Refused(Exception):
    """A request that makes no call: it is answered `response` and no job ever hears of it."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status)


class Dialect(Protocol):
    """How the calls of some APIs stand on the wire."""

    id_header: str
    """The header that carries a request's id."""

    @property
    def apis(self) -> tuple[str, ...]:
        """The names of the APIs that speak it."""
        ...

    def speaks(self, request: Request) -> bool:
        """True if a request is meant in this dialect."""
        ...

    def read(self, request: Request, credentials: Credentials | None, now: float) -> Asked:
        """The call that a request makes.

        Args:
            request: the request.
            credentials: who may call; None: everybody, as whoever they say they are.
            now: the time in epoch seconds, for signatures.

        Raises:
            Refused: it makes none.
        """
        ...

    def word(self, asked: Asked, answer: Answer, request_id: str) -> Response:
        """The response that carries an answer."""
        ...


def decode(body: bytes) -> Any:
    """The value of a JSON body that can be answered and journalled; raises `ValueError` for any other."""
    value = decode_json(body, depth=MOST_DEPTH)
    if b"\\ud" in body.lower():
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    return value


_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def encode(value: Any) -> bytes:
    """A JSON text in ASCII."""
    return _encode(value).encode("ascii")

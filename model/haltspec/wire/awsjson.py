"""The AWS JSON 1.1 dialect: one POST for every call, its operation in a header; targets from botocore's models.

Source: the protocol's description in Smithy, "AWS JSON 1.1 protocol". An error's code stands in the body's `__type` and
in the header `x-amzn-ErrorType`, since clients look in either; a success without output members has no body. A request
that makes no call is refused before anything is known of it: the order is signature, target, body, as for a gateway in
front of the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from haltspec import services, shapes
from haltspec.services.base import Answer
from haltspec.spec import Api
from haltspec.wire.dialect import DEFAULT_ACCOUNT, Asked, Refused, decode, encode
from haltspec.wire.http import Request, Response
from haltspec.wire.signatures import BadSignature, Credentials, aws_scope, verify_aws

CONTENT_TYPE: Final = "application/x-amz-json-1.1"
DEFAULT_REGION: Final = "us-east-1"
"""The region of a caller that does not say."""

ACCOUNT_HEADER: Final = "x-moto-account-id"
"""Emulators let a caller name its account by this header; honoured where no signatures are checked."""

_UNKNOWN_OPERATION: Final = "UnknownOperationException"
_SIGNATURE_CODES: Final = {
    "missing": "MissingAuthenticationTokenException",
    "incomplete": "IncompleteSignatureException",
    "unknown": "UnrecognizedClientException",
    "expired": "InvalidSignatureException",
    "wrong": "InvalidSignatureException",
}


class AwsJson:
    """The dialect of some AWS APIs, as `haltspec.wire.dialect.Dialect`.

    Args:
        apis: the APIs that are served.
        exponents: whether large numbers are written with an exponent, `1.7E9`, as Java services do.
    """

    id_header = "x-amzn-requestid"

    def __init__(self, apis: Mapping[str, Api], *, exponents: bool = False) -> None:
        self._apis = apis
        self._exponents = exponents
        self._prefixes: dict[str, str] = {}
        self._signing: dict[str, str] = {}
        for name, api in apis.items():
            metadata = shapes.load(api).model["metadata"]
            self._prefixes[metadata["targetPrefix"]] = name
            self._signing[name] = metadata.get("signingName", metadata["endpointPrefix"])

    @property
    def apis(self) -> tuple[str, ...]:
        """The names of the APIs that are served."""
        return tuple(self._apis)

    def speaks(self, request: Request) -> bool:
        """True for a request with a target, and for whatever else goes to the root."""
        return request.path == "/" or "x-amz-target" in request.headers

    def read(self, request: Request, credentials: Credentials | None, now: float) -> Asked:
        """As `Dialect.read`."""
        prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
        api = self._prefixes.get(prefix)
        tenant = self._tenant(request, api, credentials, now)
        if request.method != "POST" or api is None or operation not in self._apis[api].operations:
            raise Refused(self._refusal(api, _UNKNOWN_OPERATION, 400, self._unserved(api, operation, request.method)))
        try:
            members = decode(request.body) if request.body.strip() else {}
        except ValueError as error:
            raise Refused(self._refusal(api, "SerializationException", 400, str(error))) from None
        if not isinstance(members, Mapping):
            raise Refused(self._refusal(api, "SerializationException", 400, "the body is no JSON object"))
        return Asked(api, operation, members, tenant)

    def _tenant(self, request: Request, api: str | None, credentials: Credentials | None, now: float) -> str:
        """The account and region that a caller belongs to, proved if credentials are given."""
        if credentials is not None:
            if api is None:
                api = next(iter(self._apis))
            try:
                key, region = verify_aws(request, credentials, self._signing[api], now)
            except BadSignature as bad:
                code = _SIGNATURE_CODES[bad.kind]
                raise Refused(self._refusal(api, code, self._status(api, code), bad.text)) from None
            return f"{key.owner}/{region}"
        scope = aws_scope(request)
        if scope is None:
            return f"{_account('', request)}/{DEFAULT_REGION}"
        return f"{_account(scope.access_key, request)}/{scope.region}"

    def _unserved(self, api: str | None, operation: str, method: str) -> str:
        """Why an operation is not served that the vendor has; empty if the vendor has no such operation."""
        if api is None or operation not in shapes.load(self._apis[api]).operations:
            return ""
        if operation in self._apis[api].operations:
            return f"{operation} is called with POST, not {method}"
        return f"{operation} is not served: haltspec knows the operations around the jobs of {api} only"

    def _status(self, api: str, code: str) -> int:
        spec = self._apis[api].error(code)
        return spec.http[0] if spec is not None else 400

    def _refusal(self, api: str | None, code: str, status: int, text: str = "") -> Response:
        """A refusal of a request that makes no call."""
        body = services.load(api).error_body(code, text) if api is not None and text else {"__type": code}
        return Response(status, (("content-type", CONTENT_TYPE), ("x-amzn-errortype", code)), encode(body))

    def word(self, asked: Asked, answer: Answer, request_id: str) -> Response:
        """As `Dialect.word`."""
        headers = [("content-type", CONTENT_TYPE), (self.id_header, request_id)]
        if answer.error is not None:
            headers.append(("x-amzn-errortype", answer.error))
        is_silent = answer.error is None and not shapes.load(self._apis[asked.api]).has_output(asked.operation)
        if is_silent or answer.reply is None:
            return Response(answer.status, tuple(headers))  # no empty object
        body = _with_exponents(answer.reply, request_id) if self._exponents else encode(answer.reply)
        return Response(answer.status, tuple(headers), body)


def _account(access_key: str, request: Request) -> str:
    for said in (request.headers.get(ACCOUNT_HEADER, ""), access_key):
        if re.fullmatch(r"[0-9]{12}", said):
            return said
    return DEFAULT_ACCOUNT


def _with_exponents(reply: Any, nonce: str) -> bytes:
    """The JSON text of a reply in which numbers are written as Java's `Double.toString` writes them."""

    def marked(value: Any) -> Any:
        if isinstance(value, float) and abs(value) >= 1e7:
            return f"{nonce}{_scientific(value)}"
        if isinstance(value, Mapping):
            return {name: marked(item) for name, item in value.items()}
        return [marked(item) for item in value] if isinstance(value, list | tuple) else value

    return re.sub(rb'"%s([0-9.E-]+)"' % re.escape(nonce.encode()), rb"\1", encode(marked(reply)))


def _scientific(value: float) -> str:
    """`1.621056695477E9`: the shortest digits that give the number back, one before the point."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    if exponent:
        return f"{mantissa}E{int(exponent)}"
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, rest = mantissa.lstrip("-").partition(".")
    figures = (whole + rest).rstrip("0")
    return f"{sign}{figures[0]}.{figures[1:] or '0'}E{len(whole) - 1}"

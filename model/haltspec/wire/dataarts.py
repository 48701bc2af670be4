"""The REST dialect of DataArts Factory: operations by method and path, from the `http` parts of its shape file.

A name in a path is percent-decoded as a whole. What nobody serves is refused as the gateway in front does it.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from haltspec import services
from haltspec.services.base import Answer
from haltspec.spec import Api
from haltspec.wire.dialect import Asked, Refused, decode, encode
from haltspec.wire.http import Request, Response
from haltspec.wire.routes import DEFAULT_WORKSPACE, Route, read, routes
from haltspec.wire.signatures import BadSignature, Credentials, verify_huawei

CONTENT_TYPE: Final = "application/json;charset=utf-8"
_PREFIX: Final = "/v1/"
_MOST_QUERY_MEMBERS: Final = 100
_RETRY_AFTER_S: Final = "1"
"""What a throttled caller is told; that there is such a header is stated for all of the vendor's APIs, no value is."""
_NO_ROUTE: Final = "APIGW.0101"
_NOT_AUTHENTICATED: Final = "APIGW.0301"


class DataArtsRest:
    """The dialect of DataArts, as `haltspec.wire.dialect.Dialect`."""

    id_header = "x-request-id"

    def __init__(self, api: Api) -> None:
        self._api = api
        self._routes = routes(api)

    @property
    def apis(self) -> tuple[str, ...]:
        """The name of the API."""
        return (self._api.name,)

    def speaks(self, request: Request) -> bool:
        """True for every path of the API's version."""
        return request.path.startswith(_PREFIX)

    def read(self, request: Request, credentials: Credentials | None, now: float) -> Asked:
        """As `Dialect.read`."""
        segments = request.path[1:].split("/")
        route = next((route for route in self._routes if route.fits(request.method, segments)), None)
        project = unquote(segments[1]) if len(segments) > 1 else ""
        if credentials is not None:
            self._check_caller(request, credentials, project, now)
        if route is None:
            raise Refused(self._refusal(404, _NO_ROUTE, "The API does not exist or has not been published."))
        members = route.body(self._body(request)) if route.has_body else {}
        members.update(self._query(route, request.query))
        for own, given in zip(route.segments, segments, strict=True):
            if own.startswith("{"):
                members[own[1:-1]] = self._text(given)
        tenant = f"{_part(members.pop('project_id'))}/{_part(request.headers.get('workspace') or DEFAULT_WORKSPACE)}"
        if request.headers.get("workspace") == "":
            members["workspace"] = ""
        return Asked(self._api.name, route.operation, members, tenant)

    def _check_caller(self, request: Request, credentials: Credentials, project: str, now: float) -> None:
        """Refuse a request that is not signed by a key of the project it speaks of."""
        try:
            key = verify_huawei(request, credentials, now)
        except BadSignature as bad:
            raise Refused(self._refusal(401, _NOT_AUTHENTICATED, bad.text)) from None
        if key.owner != project:
            text = "Incorrect IAM authentication information: the access key belongs to another project"
            raise Refused(self._refusal(401, _NOT_AUTHENTICATED, text))

    def _body(self, request: Request) -> dict[str, Any]:
        """The members in the body."""
        try:
            members = decode(request.body) if request.body.strip() else {}
        except ValueError as error:
            raise Refused(self._malformed(str(error))) from None
        if not isinstance(members, dict):
            raise Refused(self._malformed("the body is no JSON object"))
        return members

    def _query(self, route: Route, query: str) -> dict[str, Any]:
        """The members in the query string, as what their shapes are; a text that is no number stays a text."""
        try:
            pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_QUERY_MEMBERS)
        except ValueError:
            raise Refused(self._malformed("the query string is malformed")) from None
        kinds = route.in_query
        return {name: read(kinds[name], text) for name, text in pairs if name in kinds}

    def _text(self, segment: str) -> str:
        try:
            return unquote(segment, errors="strict")
        except UnicodeDecodeError:
            raise Refused(self._malformed("the path is no UTF-8")) from None

    def _malformed(self, text: str) -> Response:
        code = services.load(self._api.name).malformed_code
        return self._refusal(400, code, f"The request parameter is invalid. {text}")

    def _refusal(self, status: int, code: str, text: str) -> Response:
        """A refusal of a request that makes no call."""
        body = services.load(self._api.name).error_body(code, text)
        return Response(status, (("content-type", CONTENT_TYPE),), encode(body))

    def word(self, asked: Asked, answer: Answer, request_id: str) -> Response:
        """As `Dialect.word`; 204 has no body."""
        headers: tuple[tuple[str, str], ...] = ((self.id_header, request_id),)
        if answer.status == 204:
            return Response(204, headers)
        if answer.status == 429:
            headers += (("retry-after", _RETRY_AFTER_S),)
        body = b"" if answer.reply is None else encode(answer.reply)
        return Response(answer.status, (("content-type", CONTENT_TYPE), *headers), body)


def _part(text: str) -> str:
    """A part of a tenant, in which no slash can be taken for the one between the parts."""
    return quote(text, safe="")

"""The control API: the service's side of things, for tests in any language.

JSON over HTTP below `/_haltspec`. Errors are `{"error": "..."}` with status 400 to 413. No web page can use it from a
browser: bodies need the content type `application/json`, what has an `Origin` is refused, and so is a `Host` that
somebody could have registered: it has to be an address, `localhost`, a name without a dot, or the name given to
`--host`.

- `GET /_haltspec`: this text, what is served, and how.
- `GET /_haltspec/jobs`: the jobs, their states and possible moves; query: `api`, `tenant`, `id`.
- `POST /_haltspec/advance`: move one job, `{"api", "tenant", "id"}`, by its usual move, or with `"event"` by that one;
  with `{"api"}` or `{}` bring all jobs to rest; with `{"seconds"}` alone let time pass.
- `GET`, `PUT /_haltspec/faults`: the faults that are on, a list of objects as `{"kind": "throttle", "rate": 0.1}`.
- `POST /_haltspec/reset`: forget all jobs.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from haltspec import __version__
from haltspec.errors import HaltspecError, Misuse, Unknown, shown
from haltspec.reference import Job
from haltspec.wire.dialect import decode
from haltspec.wire.faults import KINDS, Fault
from haltspec.wire.host import Host, describe

PATH: Final = "/_haltspec"
LONGEST_S: Final = 366 * 86_400.0
"""How much time may be let pass at once, in seconds."""

_QUERY: Final = ("api", "tenant", "id")
_PORT: Final = re.compile(r":[0-9]*$")


def control(host: Host) -> Starlette:
    """The control API of a host, as an ASGI application."""
    made = Starlette(
        routes=[
            Route(path, _guarded(make(host), host.settings.name), methods=methods)
            for path, methods, make in (
                (PATH, ["GET"], _about),
                (f"{PATH}/jobs", ["GET"], _jobs),
                (f"{PATH}/advance", ["POST"], _advance),
                (f"{PATH}/faults", ["GET", "PUT"], _faults),
                (f"{PATH}/reset", ["POST"], _reset),
            )
        ],
        exception_handlers={HTTPException: _unrouted},
    )
    made.state.most = host.settings.limits.body
    made.router.redirect_slashes = False
    return made


_Handler = Callable[[Request], Awaitable[Any]]


def _guarded(handler: _Handler, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        if "origin" in request.headers or not _is_own(request.headers.get("host", ""), name):
            return _error(403, "the request comes from a web page; call the control API by an address or as localhost")
        try:
            return JSONResponse(await handler(request))
        except Unknown as unknown:
            return _error(404, str(unknown))
        except HaltspecError as error:
            return _error(400, str(error))
        except _TooLarge:
            return _error(413, "the body is too large; send less", {"connection": "close"})
        except ClientDisconnect:
            return _error(400, "the body never came to its end")

    return handle


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, f"{error.detail}; GET {PATH} tells what there is", error.headers)


def _error(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status, headers)


def _is_own(authority: str, name: str) -> bool:
    """True if a `Host` names nothing that a stranger could have pointed at this machine."""
    bare = _PORT.sub("", authority.lower()).rstrip(".")
    try:
        ipaddress.ip_address(bare.removeprefix("[").removesuffix("]"))
    except ValueError:
        return bool(bare) and ("." not in bare or bare.endswith(".localhost") or bare == name.lower())
    return True


class _TooLarge(Exception):
    pass


def _about(host: Host) -> _Handler:
    async def about(request: Request) -> Any:
        return {
            "haltspec": __version__,
            "apis": list(host.apis),
            "pace": host.settings.pace.value,
            "seed": host.seed,
            "now": host.now(),
            "calls": host.calls,
            "jobs": {name: len(host.reference(name).jobs()) for name in host.apis},
            "readings": {name: dict(host.reference(name).readings) for name in host.apis},
            "faults": {"active": [fault.as_json() for fault in host.faults.active], "kinds": dict(KINDS)},
            "help": __doc__,
        }

    return about


def _jobs(host: Host) -> _Handler:
    async def jobs(request: Request) -> Any:
        if unknown := [name for name in request.query_params if name not in _QUERY]:
            raise Misuse(f"{shown(unknown[0])} is no query parameter of it", f"known: {', '.join(_QUERY)}")
        api, tenant, job_id = (request.query_params.get(name, "") for name in _QUERY)
        found = []
        for name in (api,) if api else host.apis:
            host.catch_up(name)
            reference = host.reference(name)
            found += [describe(job, reference) for job in reference.jobs(tenant or None) if job_id in ("", job.key.id)]
        return found

    return jobs


def _advance(host: Host) -> _Handler:
    async def advance(request: Request) -> Any:
        given = await _body(request, dict, ("api", "tenant", "id", "event", "seconds"))
        if "seconds" in given:
            if len(given) > 1:
                raise Misuse("'seconds' lets time pass for all", "give it alone")
            seconds = given["seconds"]
            is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            if not is_number or not 0 < seconds <= LONGEST_S:
                raise Misuse(f"'seconds' is {shown(seconds)}", f"give a number from 0 to {LONGEST_S:g}")
            host.wind_on(float(seconds))
            return {"now": host.now()}
        names = [_text(given, "api")] if "api" in given else list(host.apis)
        if "id" not in given:
            if stray := [name for name in ("tenant", "event") if name in given]:
                raise Misuse(f"{stray[0]!r} without 'id'", "give the id of the job that is meant")
            for name in names:
                host.settle(name)
            return {"now": host.now()}
        for name in names:
            host.catch_up(name)
        found = [(name, job) for name in names for job in _named(host, name, given)]
        if len(found) != 1:
            what = "no job has" if not found else f"{len(found)} jobs have"
            raise Misuse(f"{what} the id {shown(given['id'])}", "give api, tenant and id as /_haltspec/jobs shows them")
        name, job = found[0]
        row = host.advance(name, job, _text(given, "event") if "event" in given else "")
        return {"row": row, "job": describe(job, host.reference(name))}

    return advance


def _named(host: Host, name: str, given: dict[str, Any]) -> list[Job]:
    tenant, job_id = (_text(given, member) if member in given else None for member in ("tenant", "id"))
    return [job for job in host.reference(name).jobs(tenant) if job.key.id == job_id]


def _faults(host: Host) -> _Handler:
    async def faults(request: Request) -> Any:
        if request.method == "PUT":
            given = await _body(request, list)
            if not all(isinstance(members, dict) for members in given):
                raise Misuse("a fault is an object", 'write [{"kind": "throttle", "rate": 0.1}]')
            host.set_faults(Fault.of(members) for members in given)
        return [fault.as_json() for fault in host.faults.active]

    return faults


def _reset(host: Host) -> _Handler:
    async def reset(request: Request) -> Any:
        await _body(request, dict, ())
        host.reset()
        return {"now": host.now()}

    return reset


def _text(given: dict[str, Any], name: str) -> str:
    value = given[name]
    if isinstance(value, str):
        return value
    raise Misuse(f"{name!r} is {shown(value)}", "give a text")


async def _body(request: Request, kind: type[Any], members: tuple[str, ...] | None = None) -> Any:
    """The decoded body; an empty one is an empty object."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Misuse(f"the content type is {media!r}", "send JSON with the content type application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > request.app.state.most:
            raise _TooLarge
    try:
        value = decode(bytes(body)) if body.strip() else kind()
    except ValueError as error:
        raise Misuse(f"the body is no JSON ({error})", "send JSON") from None
    if not isinstance(value, kind):
        raise Misuse("the body has another form", f"send a JSON {'object' if kind is dict else 'list'}")
    unknown = [name for name in value if name not in members] if members is not None else []
    if unknown:
        raise Unknown("member", unknown[0], members or ())
    return value

"""The control API: the service's side of things, for tests in any language.

JSON over HTTP below `/_haltspec`. Bodies need the content type `application/json`, so that no web page can send one
from a browser unasked. Errors are `{"error": "..."}` with status 400 or 404.

- `GET /_haltspec`: this text, what is served, and how.
- `GET /_haltspec/jobs`: the jobs, their states and possible moves; query: `api`, `tenant`, `id`.
- `POST /_haltspec/advance`: move one job, `{"api", "tenant", "id"}`, by its usual move, or with `"event"` by that one;
  with `{"api"}` or `{}` bring all jobs to rest; with `{"seconds"}` let time pass.
- `GET`, `PUT /_haltspec/faults`: the faults that are on, a list of objects as `{"kind": "throttle", "rate": 0.1}`.
- `POST /_haltspec/reset`: forget all jobs.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from haltspec import __version__
from haltspec.errors import HaltspecError, Misuse, Unknown
from haltspec.reference import Job
from haltspec.trace import decode_json
from haltspec.wire.faults import KINDS, Fault
from haltspec.wire.host import Host, describe

PATH: Final = "/_haltspec"
LONGEST_S: Final = 366 * 86_400.0
"""How much time may be let pass at once, in seconds."""

_MOST_BYTES: Final = 1024 * 1024


def control(host: Host) -> Starlette:
    """The control API of a host, as an ASGI application."""
    return Starlette(
        routes=[
            Route(path, _guarded(made(host)), methods=methods)
            for path, methods, made in (
                (PATH, ["GET"], _about),
                (f"{PATH}/jobs", ["GET"], _jobs),
                (f"{PATH}/advance", ["POST"], _advance),
                (f"{PATH}/faults", ["GET", "PUT"], _faults),
                (f"{PATH}/reset", ["POST"], _reset),
            )
        ]
    )


_Handler = Callable[[Request], Awaitable[Any]]


def _guarded(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request))
        except Unknown as unknown:
            return JSONResponse({"error": str(unknown)}, 404)
        except HaltspecError as error:
            return JSONResponse({"error": str(error)}, 400)

    return handle


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
        api, tenant, job_id = (request.query_params.get(name, "") for name in ("api", "tenant", "id"))
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
            seconds = given["seconds"]
            is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            if not is_number or not math.isfinite(seconds) or not 0 < seconds <= LONGEST_S:
                raise Misuse(f"'seconds' is {seconds!r}", f"give a number from 0 to {LONGEST_S:g}")
            host.wind_on(float(seconds))
            return {"now": host.now()}
        names = [_text(given, "api")] if "api" in given else list(host.apis)
        if "id" not in given:
            for name in names:
                host.settle(name)
            return {"now": host.now()}
        for name in names:
            host.catch_up(name)
        found = [(name, job) for name in names for job in _named(host, name, given)]
        if len(found) != 1:
            what = "no job has" if not found else f"{len(found)} jobs have"
            raise Misuse(f"{what} the id {given['id']!r}", "give api, tenant and id as /_haltspec/jobs shows them")
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
    raise Misuse(f"{name!r} is {value!r}", "give a text")


async def _body(request: Request, kind: type[Any], members: tuple[str, ...] | None = None) -> Any:
    """The decoded body; an empty one is an empty object."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Misuse(f"the content type is {media!r}", "send JSON with the content type application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise Misuse("the body is too large", f"send at most {_MOST_BYTES} bytes")
    try:
        value = decode_json(bytes(body)) if body.strip() else kind()
    except ValueError as error:
        raise Misuse(f"the body is no JSON ({error})", "send JSON") from None
    if not isinstance(value, kind):
        raise Misuse("the body has another form", f"send a JSON {'object' if kind is dict else 'list'}")
    unknown = [name for name in value if name not in members] if members is not None else []
    if unknown:
        raise Unknown("member", unknown[0], members or ())
    return value

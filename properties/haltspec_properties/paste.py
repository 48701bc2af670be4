"""Calls as lines that can be pasted into a shell: bash and curl, nothing of ours, so that anybody can see the answers.

The lines make the calls as they stood on the wire, malformed ones too, and print what comes back. On loopback they
call in tenants that nobody has used, elsewhere in one's own with names that no run has used, so that they can be
pasted again. What a reply gave (ids, tokens for the next page) is taken from the new reply. What the target said is
quoted: it is data, whatever it looks like. All that holds of the lines for Python too, which `paste_python` makes.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from haltspec import shapes
from haltspec.errors import visible
from haltspec.observe import succeeded
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.routes import DEFAULT_WORKSPACE, encoded, routes
from haltspec_properties.again import NUMBER, SALT_STEP, SHORTEST_GAP_S, account, texts_in, together

SOMEWHERE: Final = "http://127.0.0.1:5000"
"""The address in the lines where the target has none that others can call."""
_NAMES: Final = ("own", "other", "third", "fourth")
Place = tuple[str | int, ...]
"""Where in a reply something stands: names of members, and places in lists."""
_SHORTEST_GIVEN: Final = 6
"""Shorter texts in replies are no ids."""

_AWS: Final = """\
call() {{ # REGION ACCOUNT OPERATION BODY
  curl -sS -w '%{{stderr}}HTTP %{{http_code}}\\n' "$endpoint" --aws-sigv4 "aws:amz:$1:{signing}" --user {user} \\
    -H 'Content-Type: application/x-amz-json-{version}' -H "X-Amz-Target: {prefix}.$3" {header} --data-raw "$4"
}}
"""
_MADE_UP: Final = ('"$2:haltspec"', '-H "x-moto-account-id: $2"')
_CONFIGURED: Final = (
    '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    '${AWS_SESSION_TOKEN:+-H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"}',
)
_AS_OTHER: Final = 'AWS_ACCESS_KEY_ID="$OTHER_ACCESS_KEY_ID" AWS_SECRET_ACCESS_KEY="$OTHER_SECRET_ACCESS_KEY" '
_REST: Final = """\
call() { # METHOD PATH PROJECT WORKSPACE BODY
  curl -sS -w '%{stderr}HTTP %{http_code}\\n' -X "$1" "$endpoint$2" -H 'Content-Type: application/json' \\
    -H "X-Auth-Token: ${TOKEN:-}" -H "X-Project-Id: $3" ${4:+-H "workspace: $4"} ${5:+--data-raw "$5"}
}
"""
_SHOWN: Final = "printf '%s\\n'"
_FRESH: Final = {
    "ACCOUNT/REGION": "$((100000000000 + RANDOM * 32768 + RANDOM))",
    "": "$(printf '%08x%08x%08x%08x' $RANDOM $RANDOM $RANDOM $RANDOM)",
}
"""A tenant's first part that nobody has used, by the tenancy of the API."""


def curl_lines(
    api: Api, calls: Sequence[Call], address: str = "", *, shared: bool = False, about: Sequence[str] = ()
) -> list[str]:
    """The lines of a script for bash.

    Args:
        api: the API.
        calls: what to call; those that overlapped are called at once, and pauses between the others are kept.
        address: where; empty for somewhere on loopback.
        shared: the tenants are the caller's own, with credentials of the environment.
        about: what the calls show, as comments.
    """
    return _Curl(api, calls, address or SOMEWHERE, shared).written(about)


@dataclass(slots=True)
class Lines:
    """Calls to be made again by lines of some language: what differs each time, and what replies give.

    Args:
        api, calls, shared: as for `curl_lines`.
        address: where to call.
        accounts: the first part of each tenant, with a name for it in the lines.
        given: the texts that replies gave, with the number of the reply and the place in it.
    """

    api: Api
    calls: Sequence[Call]
    address: str
    shared: bool
    accounts: dict[str, str] = field(init=False)
    given: dict[str, tuple[int, Place]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = dict.fromkeys(account(call.tenant) for call in self.calls)
        self.accounts = {part: _NAMES[min(place, 3)] for place, part in enumerate(parts)}

    @property
    def is_aws(self) -> bool:
        """True for an API of AWS."""
        return self.api.tenancy == "ACCOUNT/REGION"

    @property
    def moving(self) -> re.Pattern[str]:
        """What stands in requests and is another each time: names of tenants, or numbers."""
        return NUMBER if self.shared else re.compile("|".join(map(re.escape, self.accounts)))

    def steps(self) -> Iterator[tuple[float, list[tuple[int, Call]]]]:
        """The calls, numbered, those that overlapped together, with the seconds to wait before them.

        Once the lines of a step are written, what its replies gave is known.
        """
        number = 0
        before: float | None = None
        for group in together(self.calls):
            gap = 0.0 if before is None else group[0].start - before
            before = max(call.start if call.end is None else call.end for call in group)
            step = list(enumerate(group, start=number + 1))
            yield (gap + 0.005 if gap > SHORTEST_GAP_S else 0.0), step
            number += len(group)
            for place, call in step:
                self._take(place, call)

    def _take(self, number: int, call: Call) -> None:
        """Remember which texts a reply gave."""
        if succeeded(call):
            asked = {text for other in self.calls[:number] for text in texts_in(other.request)}
            for path, text in _places(call.reply):
                if len(text) >= _SHORTEST_GIVEN and text not in asked:
                    self.given.setdefault(text, (number, path))


class _Curl(Lines):
    __slots__ = ()

    def written(self, about: Sequence[str]) -> list[str]:
        body = list(self._body())
        head = [f"# {visible(text)}" for text in about]
        head.append(f"endpoint={shlex.quote(self.address)}")
        for part, name in self.accounts.items():
            fresh = _FRESH.get(self.api.tenancy, _FRESH[""])
            head.append(f"{name}={shlex.quote(part) if self.shared else fresh}")
        if self.shared:
            head.append(f"shift=$(({1000 * SALT_STEP} * (10000 + RANDOM)))")
        return [*head, *self._function().splitlines(), *body]

    def _function(self) -> str:
        if not self.is_aws:
            return _REST
        metadata = shapes.load(self.api).model["metadata"]
        user, header = _CONFIGURED if self.shared else _MADE_UP
        return _AWS.format(
            signing=metadata.get("signingName", metadata["endpointPrefix"]),
            version=metadata["jsonVersion"],
            prefix=metadata["targetPrefix"],
            user=user,
            header=header,
        )

    def _body(self) -> Iterator[str]:
        for pause_s, step in self.steps():
            if pause_s:
                yield f"sleep {pause_s:.2f}"
            lines = [(number, call, self._call(call)) for number, call in step]
            if len(lines) == 1:
                ((number, call, line),) = lines
                yield f'r{number}=$({line}); {_SHOWN} "$r{number}" # {came_back(call)}'
                continue
            yield f"folder=$(mktemp -d) # {len(lines)} calls at once"
            for number, call, line in lines:
                yield f'{line} >"$folder/{number}" 2>"$folder/{number}.status" & # {came_back(call)}'
            yield "wait"
            for number, _, _ in lines:
                yield f'cat "$folder/{number}.status" >&2; r{number}=$(cat "$folder/{number}"); {_SHOWN} "$r{number}"'

    def _call(self, call: Call) -> str:
        """One call of the function."""
        part, _, place = call.tenant.partition("/")
        name = self.accounts[part]
        if self.is_aws:
            call_as = f"{_AS_OTHER}call" if self.shared and name != _NAMES[0] else "call"
            return f'{call_as} {shlex.quote(visible(place))} "${name}" {call.operation} {self._json(call.request)}'
        route = next(route for route in routes(self.api) if route.operation == call.operation)
        members = {**call.request, "project_id": part}
        query = encoded(route.query(members))
        path = self._path(route.path(members) + (f"?{query}" if query else ""))
        body = route.body(call.request)
        told = self._json(body) if body else ""
        workspace = str(call.request.get("workspace", "" if place == DEFAULT_WORKSPACE else place))
        return f'call {route.method} {path} "${name}" {shlex.quote(visible(workspace))} {told}'.rstrip()

    def _json(self, value: Any) -> str:
        """A value as JSON for the shell, texts that a reply gave taken from the new one."""
        given = {
            json.dumps(text): f'"$(jq {shlex.quote(_jq(path))} <<<"$r{number}")"'
            for text, (number, path) in self.given.items()
        }
        return self._shell(json.dumps(value, default=dict), given, r"(?!\s*:)")

    def _path(self, path: str) -> str:
        """A path with its query for the shell, likewise."""
        given = {
            quote(text, safe=""): f'"$(jq -r {shlex.quote(f"{_jq(path)}|@uri")} <<<"$r{number}")"'
            for text, (number, path) in self.given.items()
        }
        return self._shell(path, given, "")

    def _shell(self, text: str, given: Mapping[str, str], unless: str) -> str:
        """A text for the shell, with what is known only when it runs in place of what was known then."""
        parts = {} if self.shared else {part: f'"${name}"' for part, name in self.accounts.items()}
        either = "|".join(re.escape(old) for old in sorted(given, key=len, reverse=True)) or r"(?!)"
        found, end = [], 0
        for match in re.finditer(f"(?:{either}){unless}|{self.moving.pattern}", text):
            found.append(shlex.quote(text[end : match.start()]) if match.start() > end else "")
            found.append({**parts, **given}.get(match[0], f'"$(({match[0]} + shift))"'))
            end = match.end()
        found.append(shlex.quote(text[end:]) if text[end:] or not found else "")
        return "".join(found)


def came_back(call: Call) -> str:
    """What came back, for a comment."""
    return visible(f"{call.status} {call.error or ''}".strip()) if call.status is not None else "no answer"


def _jq(place: Place) -> str:
    """A place in a reply as jq names it."""
    return "." + "".join(f"[{json.dumps(part)}]" for part in place)


def _places(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The texts of a reply, each with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _places(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*place, number))

"""Calls as lines that can be pasted into a shell: bash and curl, nothing of ours, so that anybody can see the answers.

The lines make the calls as they stood on the wire, malformed ones too, and print what comes back. On loopback they
call in tenants that nobody has used, elsewhere in one's own with names that no run has used, so that they can be
pasted again. What a reply gave (ids, tokens for the next page) is taken from the new reply. What the target said is
quoted: it is data, whatever it looks like.
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
from haltspec.observe import succeeded
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.routes import DEFAULT_WORKSPACE, encoded, routes
from haltspec_properties.again import NUMBER, SALT_STEP, SHORTEST_GAP_S, account, texts_in, together

SOMEWHERE: Final = "http://127.0.0.1:5000"
"""The address in the lines where the target has none that others can call."""
_NAMES: Final = ("own", "other", "third", "fourth")
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
    return _Lines(api, calls, address or SOMEWHERE, shared).written(about)


@dataclass(slots=True)
class _Lines:
    api: Api
    calls: Sequence[Call]
    address: str
    shared: bool
    accounts: dict[str, str] = field(init=False)
    given: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Texts of replies: in which reply, and where."""
    is_aws: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_aws = self.api.tenancy == "ACCOUNT/REGION"
        parts = dict.fromkeys(account(call.tenant) for call in self.calls)
        self.accounts = {part: _NAMES[min(place, 3)] for place, part in enumerate(parts)}

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
        number = 0
        before: float | None = None
        for group in together(self.calls):
            gap = 0.0 if before is None else group[0].start - before
            if gap > SHORTEST_GAP_S:
                yield f"sleep {gap + 0.005:.2f}"
            before = max(call.start if call.end is None else call.end for call in group)
            lines = [(number + place, call, self._call(call)) for place, call in enumerate(group, start=1)]
            number += len(group)
            if len(group) == 1:
                yield f"r{number}=$({lines[0][2]}); printf '%s\\n' \"$r{number}\" # {_answer(lines[0][1])}"
            else:
                yield f"folder=$(mktemp -d) # {len(group)} calls at once"
                for place, call, line in lines:
                    yield f'{line} >"$folder/{place}" & # {_answer(call)}'
                yield "wait"
                for place, _, _ in lines:
                    yield f'r{place}=$(cat "$folder/{place}"); printf \'%s\\n\' "$r{place}"'
            for place, call, _ in lines:
                self._take(place, call)

    def _take(self, number: int, call: Call) -> None:
        """Remember which texts a reply gave."""
        if succeeded(call):
            asked = {text for other in self.calls[:number] for text in texts_in(other.request)}
            for path, text in _places(call.reply):
                if len(text) >= _SHORTEST_GIVEN and text not in asked:
                    self.given.setdefault(text, (number, path))

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
            json.dumps(text): f'"$(jq {shlex.quote(path)} <<<"$r{number}")"'
            for text, (number, path) in self.given.items()
        }
        return self._shell(json.dumps(value, default=dict), given, r"(?!\s*:)")

    def _path(self, path: str) -> str:
        """A path with its query for the shell, likewise."""
        given = {
            quote(text, safe=""): f'"$(jq -r {shlex.quote(f"{path}|@uri")} <<<"$r{number}")"'
            for text, (number, path) in self.given.items()
        }
        return self._shell(path, given, "")

    def _shell(self, text: str, given: Mapping[str, str], unless: str) -> str:
        """A text for the shell, with what is known only when it runs in place of what was known then."""
        parts = {} if self.shared else {part: f'"${name}"' for part, name in self.accounts.items()}
        either = "|".join(re.escape(old) for old in sorted(given, key=len, reverse=True)) or r"(?!)"
        others = NUMBER.pattern if self.shared else "|".join(map(re.escape, parts))
        found, end = [], 0
        for match in re.finditer(f"(?:{either}){unless}|{others}", text):
            found.append(shlex.quote(text[end : match.start()]) if match.start() > end else "")
            found.append({**parts, **given}.get(match[0], f'"$(({match[0]} + shift))"'))
            end = match.end()
        found.append(shlex.quote(text[end:]) if text[end:] or not found else "")
        return "".join(found)


def visible(text: str, kept: str = "") -> str:
    r"""A text with everything that is not printed, or turns the direction of writing, escaped, but for what is `kept`.

    >>> visible("a\u202eb\x00\nc", "\n")
    'a\\u202eb\\x00\nc'
    """
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)


def _answer(call: Call) -> str:
    """What came back, for a comment."""
    return visible(f"{call.status} {call.error or ''}".strip()) if call.status is not None else "no answer"


def _places(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The texts of a reply, each with its place as jq names it."""
    if isinstance(value, str):
        yield path or ".", value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _places(inner, f"{path or '.'}[{json.dumps(name)}]")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _places(inner, f"{path or '.'}[{place}]")

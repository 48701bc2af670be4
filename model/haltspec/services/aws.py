"""What the services of AWS share: errors whose wording and status readings choose, ARNs, lists filtered by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from haltspec.lts import Request, Transition
from haltspec.rules import seconds
from haltspec.services.base import Answer, Job, Service, World
from haltspec.services.wording import serialization_text, validation_text
from haltspec.shapes import Breach
from haltspec.spec import Binding

if TYPE_CHECKING:
    from haltspec.shapes import Fault


def partition_of(region: str) -> str:
    """The first part of an ARN in a region."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def arn(service: str, tenant: str, resource: str) -> str:
    """The ARN of a tenant's resource; a tenant is `ACCOUNT/REGION`."""
    account, _, region = tenant.partition("/")
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"


def milliseconds(world: World) -> float:
    """The time in epoch seconds, in whole milliseconds, as these services tell it."""
    return round(world.now, 3)


def below(prefix: str, name: str) -> str:
    """The URI of `name` below a given prefix."""
    return f"{prefix}{'' if prefix.endswith('/') else '/'}{name}"


_ONE_FILTER: Final = "Filters, if specified, must specify exactly 1 filter."
"""Seen on Comprehend (boto/boto3 issue 2541)."""


class AwsService(Service):
    """A service of AWS with a JSON protocol.

    Attributes:
        not_found_codes, throttle_codes: the errors whose HTTP status is open.
    """

    message_member: ClassVar[str] = "Message"
    not_found_codes: ClassVar[frozenset[str]] = frozenset({"ResourceNotFoundException"})
    throttle_codes: ClassVar[frozenset[str]] = frozenset({"TooManyRequestsException"})

    def malformed(self, world: World, operation: str, faults: Sequence[Fault], request: Request) -> Answer:
        """Refused since it cannot be read, or else with the error of the chosen reading."""
        unreadable = next((fault for fault in faults if fault.breach is Breach.TYPE), None)
        if unreadable is not None:
            return self.refuse(world, "SerializationException", serialization_text(unreadable))
        code = self.constraint_code(world, faults)
        return self.refuse(world, code, validation_text(faults, request))

    def constraint_code(self, world: World, faults: Sequence[Fault]) -> str:
        """The error of a request that breaks constraints."""
        return world.readings.get("error for a malformed request", self.malformed_code)

    def invalid(self, world: World, text: str) -> Answer:
        """The refusal of a request that keeps its shape and is invalid all the same."""
        return self.refuse(world, "InvalidRequestException", text)

    def http_status(self, world: World, code: str) -> int:
        """The documented status, or that of the chosen reading where documents disagree."""
        if code in self.not_found_codes and "HTTP status of not found" in world.readings:
            return int(world.readings["HTTP status of not found"])
        if code in self.throttle_codes and "HTTP status of throttling" in world.readings:
            return int(world.readings["HTTP status of throttling"])
        return super().http_status(world, code)

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        """The message of a refusal."""
        if code.endswith("NotFoundException"):
            return f"{binding.operation}: there is no {job_id or 'such resource'}."
        return f"{binding.operation} is not possible now: {row.name}."


class FilteredLists(AwsService):
    """Jobs that are listed under one filter at a time: on status, name, or time of submission.

    Attributes:
        before_in, after_in: the members of a filter that hold a time.
        submitted_in: the member of a job's data that holds the time it was submitted.
        status_in: the members of a filter that hold a status, for any kind of job.
    """

    bad_page_code: ClassVar[str] = "InvalidRequestException"
    before_in: ClassVar[str]
    after_in: ClassVar[str]
    submitted_in: ClassVar[str]
    status_in: ClassVar[tuple[str, ...]] = ("JobStatus",)

    def filters(self, binding: Binding, request: Request) -> dict[str, Any]:
        """The members of a list's filter that the operation knows."""
        known = (*self.status_in, *self.names_in(binding), self.before_in, self.after_in)
        return {name: value for name, value in (request.get("Filter") or {}).items() if name in known}

    def names_in(self, binding: Binding) -> tuple[str, ...]:
        """The members of a filter that hold a name."""
        return ("JobName",)

    def bad_filter(self, world: World, binding: Binding, request: Request) -> Answer | None:
        """The refusal of a filter with more or fewer than one member."""
        if request.get("Filter") is None or len(self.filters(binding, request)) == 1:
            return None
        return self.refuse(world, world.readings["error for two filters"], _ONE_FILTER)

    def selects(self, world: World, binding: Binding, request: Request, job: Job) -> bool:
        """The one filter: status, name, or submitted before or after a time."""
        if not request.get("Filter"):
            return True
        name, want = next(iter(self.filters(binding, request).items()))
        if name in self.status_in:
            return world.api.lifecycle(job.key.lifecycle).state(job.state).status == str(want)
        if name in (self.before_in, self.after_in):
            return self._in_time(world, name, job.data[self.submitted_in], want)
        has = job.data["request"].get(name)
        if name == "JobName" and world.readings["filter on a job's name"] == "prefix":
            return isinstance(has, str) and has.startswith(want)
        return bool(has == want)

    def _in_time(self, world: World, name: str, submitted: float, want: Any) -> bool:
        limit = seconds(want)
        if limit is None or submitted == limit:
            return limit is not None and world.readings["time filters at the bound"] == "yes"
        return (submitted < limit) == (name == self.before_in)

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        """By the time filter where one is given."""
        given = self.filters(binding, request)
        if self.before_in in given or self.after_in in given:
            return self.after_in in given
        return world.readings["order of an unfiltered list"] == "newest first"

"""What Amazon Translate answers beyond the state of a job: times, counts, outputs, filters, refusals.

Sources are those of `haltspec.apis.translate`; the rules that these replies must satisfy stand there. Terminologies
and parallel data are not looked up: any name is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from haltspec.apis.translate import SAYS_STOPPED
from haltspec.lts import Request, Role, Transition
from haltspec.services import aws
from haltspec.services.base import Answer, Job, Told, World
from haltspec.spec import Binding

if TYPE_CHECKING:
    from haltspec.shapes import Fault

_ENDED: Final = ("COMPLETED", "COMPLETED_WITH_ERROR", "FAILED", "STOPPED")
_ECHOED: Final = (
    *("JobName", "SourceLanguageCode", "TargetLanguageCodes", "TerminologyNames", "ParallelDataNames"),
    *("InputDataConfig", "DataAccessRoleArn", "Settings"),
)
_NOTED: Final = ("SubmittedTime", "EndTime", "Message", "JobDetails")
_DOCUMENTS: Final = {"COMPLETED": (3, 0), "COMPLETED_WITH_ERROR": (2, 1), "STOPPED": (1, 0)}
"""Of three input documents, how many are translated and how many have errors at the end."""
_INPUT_DOCUMENTS: Final = 3
_MESSAGES: Final = {
    "COMPLETED": "Your job has completed successfully.",
    "FAILED": "The input could not be read with the given role.",
}
_SAYS_STOP_REQUESTED: Final = ("stop asked", "stop asked while queued", "stop asked again")
_QUEUE_LIMIT: Final = 1010
_TARGET_LIMIT: Final = 10
_URI_LIMIT: Final = 1024
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_CONTENT_TYPES: Final = (
    *("text/html", "text/plain", "application/x-xliff+xml"),
    f"{_OFFICE}.wordprocessingml.document",
    f"{_OFFICE}.presentationml.presentation",
    f"{_OFFICE}.spreadsheetml.sheet",
)


class Translate(aws.FilteredLists):
    """The reference service of Amazon Translate."""

    unmodelled: ClassVar[frozenset[str]] = frozenset(
        {"slot of a stopping job", "output of a stopped job", "retention"},
    )
    untaken: ClassVar[Mapping[str, str]] = {
        f"job/{row}{SAYS_STOPPED}": "only under the reading STOPPED of 'status in the reply of a stop'"
        for row in ("stop asked", "stop asked while queued", "stop asked again")
    }
    before_in: ClassVar[str] = "SubmittedBeforeTime"
    after_in: ClassVar[str] = "SubmittedAfterTime"
    submitted_in: ClassVar[str] = "SubmittedTime"

    def example(self, binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request that starts a job, without its token; every third has a name, and other languages."""
        if number % 3 == 2:
            return {**_start(tenant, "fr", ["es"]), "JobName": f"job-{number}"}
        return _start(tenant, "en", ["de"])

    def extras(self, binding: Binding) -> tuple[dict[str, Any], ...]:
        """A name for a job that is started."""
        return (
            ({}, {"JobName": "nightly"}, {"JobName": "night"}) if binding.role == "Start" else super().extras(binding)
        )

    def stories(self, tenant: str) -> tuple[tuple[tuple[str, dict[str, Any]], ...], ...]:
        """A job with all that need not be given; starts with one name or language more than there may be.

        Also one with the name of what may not be there.
        """
        right = _start(tenant, "en", ["de"])
        named = {"JobName": "novels", "TerminologyNames": ["terms"], "ParallelDataNames": ["examples"]}
        rich = {**right, **named, "Settings": {"Formality": "FORMAL", "Profanity": "MASK"}, "ClientToken": "story"}
        describe: tuple[str, dict[str, Any]] = ("DescribeTextTranslationJob", {"JobId": Told("JobId")})
        wrong: tuple[dict[str, Any], ...] = (
            {"TerminologyNames": ["words"]},
            {"TerminologyNames": ["first", "second"]},
            {"ParallelDataNames": ["first", "second"]},
            {"TargetLanguageCodes": ["de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "cs"]},
        )
        tokens = ({**right, **members, "ClientToken": f"story-{number}"} for number, members in enumerate(wrong))
        starts = tuple(("StartTextTranslationJob", start) for start in tokens)
        return (("StartTextTranslationJob", rich), describe, ("ListTextTranslationJobs", {})), starts

    def probes(self, binding: Binding, created: Request) -> tuple[dict[str, Any], ...]:
        """Each filter alone, two at once, and none in an empty filter."""
        filters: tuple[dict[str, Any], ...] = (
            {"JobStatus": "SUBMITTED"},
            {"JobStatus": "STOPPED"},
            {"JobName": created.get("JobName", "somebody")},
            {"SubmittedBeforeTime": 4_000_000_000},
            {"SubmittedAfterTime": 4_000_000_000},
            {"SubmittedAfterTime": 1_000_000_000},
            {"JobStatus": "SUBMITTED", "JobName": "somebody"},
            {},
        )
        return tuple({"Filter": given} for given in filters)

    # ---- requests ---------------------------------------------------------------------------------------------------

    def constraint_code(self, world: World, faults: Sequence[Fault]) -> str:
        """A malformed JobId has an error of its own."""
        if all(fault.member == "JobId" for fault in faults):
            return world.readings["error for a malformed JobId"]
        return super().constraint_code(world, faults)

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """Filters, languages, and limits that the shapes cannot express."""
        role = world.api.role(binding).role
        if role is Role.LIST:
            return self.bad_filter(world, binding, request)
        if role is not Role.CREATE:
            return None
        return (
            self._bad_languages(world, request)
            or self._bad_members(world, request, tenant)
            or self._unsupported(world, request)
            or self._too_many(world, tenant)
        )

    def _bad_languages(self, world: World, request: Request) -> Answer | None:
        source, targets = request["SourceLanguageCode"], request["TargetLanguageCodes"]
        is_old = world.readings["languages of a start"] == "1"
        limit = 1 if is_old else _TARGET_LIMIT
        if len(targets) > limit:
            text = f"A job has at most {limit} target languages."
            return self.refuse(world, "InvalidParameterValueException", text)
        target = next((code for code in targets if code in (source, "auto")), None)
        if target is None and not (is_old and source == "auto"):
            return None
        answer = self.refuse(world, "UnsupportedLanguagePairException", f"{source} is not translated to {target}.")
        pair = {"SourceLanguageCode": source, "TargetLanguageCode": target or targets[0]}
        return Answer(answer.status, {**(answer.reply or {}), **pair}, answer.error)

    def _bad_members(self, world: World, request: Request, tenant: str) -> Answer | None:
        if len(_output_uri(request, "0" * 32, tenant)) > _URI_LIMIT:
            return self.invalid(world, "OutputDataConfig.S3Uri leaves no room for the name of the output.")
        for member in ("TerminologyNames", "ParallelDataNames"):
            if len(request.get(member) or ()) > 1:
                return self.refuse(world, "InvalidParameterValueException", f"{member} has more than one name.")
        return None

    def _unsupported(self, world: World, request: Request) -> Answer | None:
        """What the texts exclude without saying how it is answered, and names of what may not be there."""
        given = request["InputDataConfig"]
        breaches = {
            "content type not supported": given["ContentType"] not in _CONTENT_TYPES,
            "input at the top of a bucket": not given["S3Uri"].removeprefix("s3://").partition("/")[2],
            "Brevity in a batch": "Brevity" in (request.get("Settings") or {}),
            "terminology missing": bool(request.get("TerminologyNames") or request.get("ParallelDataNames")),
        }
        for question, is_breach in breaches.items():
            code = world.readings[question]
            if is_breach and code != "accepted":
                return self.refuse(world, code, f"The request cannot be honoured: {question}.")
        return None

    def _too_many(self, world: World, tenant: str) -> Answer | None:
        jobs = list(world.jobs_of(tenant, "job"))
        if len(jobs) < _QUEUE_LIMIT or sum(job.state not in _ENDED for job in jobs) < _QUEUE_LIMIT:
            return None
        return self.refuse(world, world.readings["too many jobs"], "Ten jobs are running and a thousand are queued.")

    # ---- jobs -------------------------------------------------------------------------------------------------------

    def create(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Keep the request and the time."""
        job.put(request=request, SubmittedTime=aws.milliseconds(world))

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        """Note when and how a job ended."""
        if job.state in _ENDED:
            details = _details(world, job)
            job.put(EndTime=aws.milliseconds(world), Message=_MESSAGES.get(job.state), JobDetails=details)

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        """Of an accepted stop's two replies, the one that the reading gives."""
        is_early = row.name.endswith(SAYS_STOPPED)
        if not is_early and row.name not in _SAYS_STOP_REQUESTED:
            return True
        return is_early == (world.readings["status in the reply of a stop"] == "STOPPED")

    # ---- replies ----------------------------------------------------------------------------------------------------

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        """A job as Describe and List show it, or id and status for Start and Stop."""
        head: dict[str, Any] = {"JobId": job.key.id, **shown}
        if not binding.full:
            return head
        request = job.data["request"]
        head |= {member: request[member] for member in _ECHOED if member in request}
        head |= {member: job.data[member] for member in _NOTED if member in job.data}
        uri = _output_uri(request, job.key.id, job.key.tenant)
        head["OutputDataConfig"] = {**request["OutputDataConfig"], "S3Uri": uri}
        return head


def _output_uri(request: Request, job_id: str, tenant: str) -> str:
    """Where the output of a job is."""
    account = tenant.partition("/")[0]
    return aws.below(request["OutputDataConfig"]["S3Uri"], f"{account}-TranslateText-{job_id}/")


def _details(world: World, job: Job) -> dict[str, int] | None:
    """The document counts of a job that has ended; None for one that failed."""
    if job.state not in _DOCUMENTS:
        return None
    languages = len(job.data["request"]["TargetLanguageCodes"])
    times = languages if world.readings["documents of several languages"] == "for each language" else 1
    translated, wrong = _DOCUMENTS[job.state]
    return {
        "TranslatedDocumentsCount": translated * times,
        "DocumentsWithErrorsCount": wrong * times,
        "InputDocumentsCount": _INPUT_DOCUMENTS * times,
    }


def _start(tenant: str, source: str, targets: Sequence[str]) -> dict[str, Any]:
    """A small valid request that starts a job, without its token."""
    account = tenant.partition("/")[0]
    return {
        "InputDataConfig": {"S3Uri": f"s3://inbox-{account}/documents", "ContentType": "text/plain"},
        "OutputDataConfig": {"S3Uri": f"s3://outbox-{account}/results"},
        "DataAccessRoleArn": f"arn:aws:iam::{account}:role/translator",
        "SourceLanguageCode": source,
        "TargetLanguageCodes": list(targets),
    }


SERVICE: Final = Translate()

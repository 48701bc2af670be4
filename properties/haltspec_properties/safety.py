"""What must never be seen: of one job, of two jobs, of two tenants. Written by hand, apart from the lifecycles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from haltspec.automaton import ERROR, OK
from haltspec.lts import Document, Source, assumed
from haltspec.observe import Event, History, Projection
from haltspec.rules import value_at
from haltspec_properties.property import Found, Kind, Property, follows, of_lifecycle, pairs, shown

Check = Callable[[Projection], Iterator[Found]]

COMPREHEND: Final = Document("StopEntitiesDetectionJob", "Comprehend API Reference", "2020-03 to 2021-10")
TRANSLATE: Final = Document("StopTextTranslationJob", "Translate API Reference", "2021-08-17")
STOP_JOB: Final = Document("StopJob", "Device Farm API Reference", "2024-08 to 2026-08")
DATAARTS: Final = Document("Stopping a Job", "DataArts Studio API Reference", "2023-07-10")
STOP_VERSION: Final = Document("StopProjectVersion", "Rekognition API Reference", "2020-05-01")


# ---- checks ------------------------------------------------------------------------------------------------------------


def keeps(lifecycles: tuple[str, ...], final: tuple[str, ...], *, until: tuple[str, ...] = ()) -> Check:
    """Once a job shows a status of `final` it shows that status for ever, or until a call of `until` is answered."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, *lifecycles):
            for first, second in pairs(history, projection):
                was, now = shown(first), shown(second)
                if was in final and second.reads and now and now != was and not _between(history, first, second, until):
                    yield Found(f"{history.key.id} was {was} and is {now}", (first.call, second.call))

    return check


def _between(history: History, first: Event, second: Event, operations: tuple[str, ...]) -> bool:
    """True if a call of `operations` that was not refused may have come between the two events."""
    return any(
        e.seen.operation in operations and e.seen.what != ERROR and e.end >= first.start and e.start <= second.end
        for e in history.events
    )


def refuses(lifecycle: str, operation: str, when: tuple[str, ...], code: str, status: int) -> Check:
    """Once a job shows a (final) status of `when`, `operation` is refused with `code` and the HTTP `status`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for first, second in pairs(history, projection):
                if shown(first) not in when or second.seen.operation != operation:
                    continue
                call = projection.calls[second.call]
                right = second.seen.what == ERROR and second.seen.code == code and call.status == status
                if second.seen.what in (OK, ERROR) and not right:
                    told = f"{call.status} {call.error or shown(second)}"
                    yield Found(
                        f"{history.key.id} was {shown(first)}: {operation} answered {told}", (first.call, second.call)
                    )

    return check


def answers(lifecycle: str, operation: str, after: tuple[str, ...], statuses: tuple[str, ...]) -> Check:
    """Once a job has shown a status of `after`, a success of `operation` shows one of `statuses`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for first, second in pairs(history, projection):
                if shown(first) in after and second.seen.operation == operation and shown(second):
                    if shown(second) not in statuses:
                        message = f"{history.key.id} was {shown(first)}: {operation} showed {shown(second)}"
                        yield Found(message, (first.call, second.call))

    return check


def never_after(lifecycle: str, operation: str, statuses: tuple[str, ...], *, until: tuple[str, ...] = ()) -> Check:
    """After a success of `operation` no status of `statuses` is seen, unless a call of `until` came between."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for place, first in enumerate(history.events):
                if first.seen.operation != operation or first.seen.what != OK:
                    continue
                for second in history.events[place + 1 :]:
                    if shown(second) in statuses and second.reads and follows(first, second, projection):
                        if not _between(history, first, second, until):
                            message = f"{history.key.id} shows {shown(second)} after {operation} succeeded"
                            yield Found(message, (first.call, second.call))

    return check


def in_order(lifecycle: str, ranks: Mapping[str, int], *, until: tuple[str, ...] = ()) -> Check:
    """The statuses of a job never go down in rank."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for first, second in pairs(history, projection):
                was, now = ranks.get(shown(first)), ranks.get(shown(second))
                if was is not None and now is not None and now < was and not _between(history, first, second, until):
                    yield Found(
                        f"{history.key.id} was {shown(first)} and is {shown(second)}", (first.call, second.call)
                    )

    return check


def unknown_ids_are_refused(lifecycles: tuple[str, ...]) -> Check:
    """In a recording that holds every call of its tenants, an id that was never given is never answered."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, *lifecycles):
            if history.created is not None:
                continue
            for event in history.events:
                alone = projection.calls[event.call].alone
                if alone and event.seen.what == OK and not _is_foreign(event):
                    yield Found(f"{history.key.id} was never made and is answered", (event.call,))

    return check


def _is_foreign(event: Event) -> bool:
    return "another" in event.seen.cls


def tenants_are_apart(lifecycles: tuple[str, ...]) -> Check:
    """A job made in one tenant is never listed nor answered in another."""

    def check(projection: Projection) -> Iterator[Found]:
        home = {h.key.id: h for h in of_lifecycle(projection, *lifecycles) if h.created is not None}
        for history in of_lifecycle(projection, *lifecycles):
            owner = home.get(history.key.id)
            if owner is None or owner.key.tenant == history.key.tenant or owner.created is None:
                continue
            for event in history.events:
                if event.seen.what == OK:
                    message = f"{history.key.id} of {owner.key.tenant} is answered in {history.key.tenant}"
                    yield Found(message, (owner.created, event.call))

    return check


def other_tenants_jobs_are_untouched(lifecycle: str, quiet: tuple[str, ...], orders: tuple[str, ...]) -> Check:
    """A job in a resting status stays in it while only calls in other tenants name it."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for first, second in pairs(history, projection):
                if shown(first) in quiet and second.reads and shown(second) not in ("", shown(first)):
                    if not _between(history, first, second, orders):
                        message = f"{history.key.id} of {history.key.tenant} was {shown(first)} and is {shown(second)}"
                        yield Found(f"{message} though nobody there asked for it", (first.call, second.call))

    return check


def sights(check_one: Callable[[Mapping[str, Any], tuple[str | None, ...]], str | None], lifecycle: str) -> Check:
    """A check on every view of a job: takes the job object and the status values shown."""

    def check(projection: Projection) -> Iterator[Found]:
        for key, sight, call in projection.sights:
            if key.lifecycle == lifecycle:
                wrong = check_one(sight.job, sight.shown)
                if wrong:
                    yield Found(f"{key.id}: {wrong}", (call,))

    return check


def _not_billed(job: Mapping[str, Any], status: tuple[str | None, ...]) -> str | None:
    stopped = status == ("COMPLETED", "STOPPED")
    metered = value_at(job, "deviceMinutes.metered")
    if stopped and job.get("started") is None and isinstance(metered, int | float) and metered > 0:
        return f"stopped before its tests started, and {metered} minutes are billed"
    return None


# ---- the properties ----------------------------------------------------------------------------------------------------

_ENDED: Final = ("COMPLETED", "FAILED", "STOPPED")
_NOT_RUN: Final = ("PENDING", "PENDING_CONCURRENCY", "PENDING_DEVICE", "PROCESSING", "SCHEDULING", "PREPARING")
_RESULTS: Final = ("PASSED", "WARNED", "FAILED", "SKIPPED", "ERRORED", "STOPPED")
_FARM_ENDED: Final = tuple(f"COMPLETED/{result}" for result in _RESULTS)
_TRAINING: Final = ("TRAINING_IN_PROGRESS",)


def _always(api: str, name: str, sentence: str, source: Source, check: Check) -> Property:
    return Property(api, name, Kind.ALWAYS, sentence, source, check)


def _everywhere(api: str, lifecycles: tuple[str, ...], page: Document) -> tuple[Property, ...]:
    return (
        _always(
            api,
            "an id that was never given is never answered",
            "A call with an id that no call gave is refused.",
            page.states("Errors: not found"),
            unknown_ids_are_refused(lifecycles),
        ),
        _always(
            api,
            "tenants never see each other's jobs",
            "A job made in one tenant is unknown in every other.",
            page.implies("the id names a job of the caller"),
            tenants_are_apart(lifecycles),
        ),
    )


SAFETY: Final[tuple[Property, ...]] = (
    _always(
        "comprehend",
        "stopping a COMPLETED or FAILED job is refused with 400",
        "A stop of a job that is COMPLETED or FAILED answers InvalidRequestException, HTTP 400.",
        COMPREHEND.states("Description, 3rd paragraph"),
        refuses("job", "Stop", ("COMPLETED", "FAILED"), "InvalidRequestException", 400),
    ),
    _always(
        "comprehend",
        "the reply to a stop says STOP_REQUESTED or STOPPED",
        "A stop that succeeds shows STOP_REQUESTED, or STOPPED for a job that was stopped before.",
        COMPREHEND.states("Response Elements, JobStatus"),
        answers("job", "Stop", ("IN_PROGRESS", "STOP_REQUESTED", "STOPPED"), ("STOP_REQUESTED", "STOPPED")),
    ),
    _always(
        "comprehend",
        "stopping a STOPPED job answers STOPPED",
        "A job stopped before shows STOPPED when it is stopped again.",
        COMPREHEND.states("Response Elements, JobStatus"),
        answers("job", "Stop", ("STOPPED",), ("STOPPED",)),
    ),
    _always(
        "comprehend",
        "nothing leaves a terminal state",
        "A COMPLETED, FAILED or STOPPED job keeps its status.",
        COMPREHEND.implies("the words completed, failed, stopped"),
        keeps(("job", "unstoppable"), _ENDED),
    ),
    _always(
        "comprehend",
        "a trained, failed or stopped model keeps its status until it is deleted",
        "Training that ended does not go on.",
        COMPREHEND.implies("StopTrainingDocumentClassifier"),
        keeps(("training",), ("TRAINED", "TRAINED_WITH_WARNING", "IN_ERROR", "STOPPED"), until=("Delete",)),
    ),
    _always(
        "comprehend",
        "statuses of a job come in order",
        "SUBMITTED, then IN_PROGRESS, then STOP_REQUESTED, then an end; none comes back.",
        COMPREHEND.implies("Description, 2nd paragraph"),
        in_order("job", {"SUBMITTED": 0, "IN_PROGRESS": 1, "STOP_REQUESTED": 2, **dict.fromkeys(_ENDED, 3)}),
    ),
    _always(
        "comprehend",
        "statuses of a job without a stop come in order",
        "SUBMITTED, then IN_PROGRESS, then an end; none comes back.",
        COMPREHEND.implies("Description, 2nd paragraph"),
        in_order("unstoppable", {"SUBMITTED": 0, "IN_PROGRESS": 1, "COMPLETED": 2, "FAILED": 2}),
    ),
    *_everywhere("comprehend", ("job", "unstoppable", "training"), COMPREHEND),
    _always(
        "translate",
        "nothing leaves a terminal state",
        "A COMPLETED, COMPLETED_WITH_ERROR, FAILED or STOPPED job keeps its status.",
        TRANSLATE.implies("the four statuses for which a final event is sent"),
        keeps(("job",), (*_ENDED, "COMPLETED_WITH_ERROR")),
    ),
    _always(
        "translate",
        "statuses of a job come in order",
        "SUBMITTED, then IN_PROGRESS, then STOP_REQUESTED, then an end; none comes back.",
        TRANSLATE.implies("Description, 2nd paragraph"),
        in_order(
            "job",
            {
                "SUBMITTED": 0,
                "IN_PROGRESS": 1,
                "STOP_REQUESTED": 2,
                **dict.fromkeys((*_ENDED, "COMPLETED_WITH_ERROR"), 3),
            },
        ),
    ),
    _always(
        "translate",
        "the reply to a stop of a running job says STOP_REQUESTED",
        "A stop of a job IN_PROGRESS puts it into STOP_REQUESTED and shows that.",
        TRANSLATE.implies("Description, 2nd paragraph; GUIDE async-monitor.md"),
        answers("job", "Stop", ("STOP_REQUESTED",), ("STOP_REQUESTED", "STOPPED", *_ENDED, "COMPLETED_WITH_ERROR")),
    ),
    *_everywhere("translate", ("job",), TRANSLATE),
    _always(
        "devicefarm",
        "a job stopped before its tests started is not billed",
        "A job that is COMPLETED/STOPPED and never started has no metered minutes.",
        STOP_JOB.states("Description"),
        sights(_not_billed, "job"),
    ),
    _always(
        "devicefarm",
        "nothing leaves a terminal state",
        "A COMPLETED job or run keeps its result until the run is deleted.",
        STOP_JOB.implies("the job that was stopped"),
        keeps(("job", "run"), _FARM_ENDED, until=("Delete", "DeleteRun")),
    ),
    _always(
        "devicefarm",
        "a stopped job never runs again",
        "After StopJob succeeded the job is STOPPING or COMPLETED.",
        STOP_JOB.implies("immediately stops; run to completion"),
        never_after("job", "Stop", ("RUNNING/PENDING", *(f"{status}/PENDING" for status in _NOT_RUN))),
    ),
    *_everywhere("devicefarm", ("run",), STOP_JOB),
    _always(
        "dataarts",
        "a job in another workspace is never touched",
        "A resting job changes only if a call in its own project and workspace asked for it.",
        DATAARTS.states("Request header workspace"),
        other_tenants_jobs_are_untouched("job", ("STOPPED/BATCH", "STOPPED/REAL_TIME"), ("Start", "Create", "Delete")),
    ),
    _always(
        "dataarts",
        "a stop never starts a job",
        "After a stop succeeded a job is not SCHEDULING, STARTING or NORMAL until it is started again.",
        DATAARTS.implies("Function"),
        never_after(
            "job",
            "Stop",
            ("SCHEDULING/BATCH", "STARTING/REAL_TIME", "NORMAL/REAL_TIME"),
            until=("Start", "Create"),
        ),
    ),
    _always(
        "dataarts",
        "tenants never see each other's jobs",
        "A job made in one workspace is unknown in every other.",
        DATAARTS.states("Request header workspace"),
        tenants_are_apart(("job",)),
    ),
    _always(
        "rekognition",
        "a stopped model does not run until it is started again",
        "After StopProjectVersion succeeded a version is STOPPING, STOPPED or FAILED until it is started.",
        STOP_VERSION.implies("Stops a running model"),
        never_after("version", "Stop", ("RUNNING", "STARTING", *_TRAINING), until=("Start",)),
    ),
    _always(
        "rekognition",
        "training happens once",
        "A version that was trained is never in training again.",
        assumed("training is asked for at creation only"),
        in_order(
            "version",
            {
                "TRAINING_IN_PROGRESS": 0,
                **dict.fromkeys(("TRAINING_COMPLETED", "TRAINING_FAILED"), 1),
                **dict.fromkeys(("STARTING", "RUNNING", "STOPPING", "STOPPED", "FAILED"), 2),
                "DELETING": 3,
            },
        ),
    ),
    _always(
        "rekognition",
        "a model rests until it is started or deleted",
        "TRAINING_COMPLETED, TRAINING_FAILED and STOPPED change only by a call.",
        STOP_VERSION.implies("STOPPED can be started again later"),
        keeps(
            ("version",),
            ("TRAINING_COMPLETED", "TRAINING_FAILED", "STOPPED", "COPYING_COMPLETED"),
            until=("Start", "Delete", "Stop"),
        ),
    ),
    *_everywhere("rekognition", ("version",), STOP_VERSION),
)

"""What must come about once the service has come to rest, and what must be possible at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from haltspec.automaton import ERROR, OK
from haltspec.lts import Role, Source
from haltspec.observe import Event, History, Projection
from haltspec_properties.property import ANOTHER, Found, Kind, Property, of_lifecycle, pairs, reads, views
from haltspec_properties.safety import (
    CLI,
    COMPREHEND,
    DATAARTS,
    STOP_JOB,
    STOP_VERSION,
    TOLD_KINDS,
    TRANSLATE,
    UNTOLD_KINDS,
    Check,
)

# ---- checks ----------------------------------------------------------------------------------------------------------


def ends(lifecycle: str, start: tuple[str, ...], end: tuple[str, ...], *, kinds: tuple[str, ...] = ()) -> Check:
    """A job last seen in a status of `start` owes one of `end`, unless it was deleted since, or is there no more."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle, kinds=kinds):
            last = next((view for view in reversed(views(history, projection)) if view.status), None)
            if last is None or not last.shows(start):
                continue
            if not any(_is_end(projection, history, e) for e in history.events if e.end >= last.event.start):
                message = f"{history.key.id} is still {last.status}; owed: {' or '.join(end)}"
                yield Found(message, (last.event.call,))

    return check


def _is_end(projection: Projection, history: History, event: Event) -> bool:
    """True for a deletion that was not refused, and for a read that does not find the job."""
    role = projection.api.lifecycle(history.key.lifecycle).operation(event.seen.operation).role
    is_deletion = role is Role.DELETE and event.seen.what != ERROR
    return is_deletion or (role is Role.READ and event.seen.what == ERROR and ANOTHER not in event.seen.cls)


def leads(lifecycle: str, first: str, then: str) -> Check:
    """A witness: reads show a job in status `first`, and later in `then`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for one, other in reads(history, projection):
                if one.shows((first,)) and other.shows((then,)):
                    calls = one.event.call, other.event.call
                    yield Found(f"{history.key.id} went from {first} to {then}", calls)

    return check


def refused(lifecycle: str, operation: str, code: str) -> Check:
    """A witness: `operation` is refused with `code`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for event in history.events:
                if event.seen.operation == operation and event.seen.what == ERROR and event.seen.code == code:
                    yield Found(f"{operation} of {history.key.id} was refused with {code}", (event.call,))

    return check


def repeated(lifecycle: str, operation: str, status: str) -> Check:
    """A witness: `operation` succeeds on a job that it showed in `status` before."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for one, other in pairs(history, projection):
                is_same = {one.event.seen.operation, other.event.seen.operation} == {operation}
                if is_same and one.shows((status,)) and other.event.seen.what == OK:
                    calls = one.event.call, other.event.call
                    yield Found(f"{operation} of {history.key.id} was answered again", calls)

    return check


# ---- the properties --------------------------------------------------------------------------------------------------

_ENDED: Final = ("COMPLETED", "FAILED", "STOPPED")
_FARM_BUSY: Final = (
    *("STOPPING/PENDING", "STOPPING/STOPPED", "RUNNING/PENDING", "PROCESSING/PENDING", "SCHEDULING/PENDING"),
    *("PENDING/PENDING", "PENDING_CONCURRENCY/PENDING", "PENDING_DEVICE/PENDING", "PREPARING/PENDING"),
)
_FARM_STOPPING: Final = ("STOPPING/PENDING", "STOPPING/STOPPED")

_OWED: Final[tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...], Source], ...]] = (
    (
        "comprehend",
        "a started job ends",
        "job",
        ("SUBMITTED", "IN_PROGRESS"),
        _ENDED,
        COMPREHEND.implies("Description, 2nd paragraph"),
    ),
    (
        "comprehend",
        "a started job without a stop ends",
        "unstoppable",
        ("SUBMITTED", "IN_PROGRESS"),
        ("COMPLETED", "FAILED"),
        COMPREHEND.implies("Description, 2nd paragraph"),
    ),
    (
        "comprehend",
        "training ends",
        "training",
        ("SUBMITTED", "TRAINING", "STOP_REQUESTED"),
        ("TRAINED", "TRAINED_WITH_WARNING", "IN_ERROR", "STOPPED"),
        COMPREHEND.implies("the sister page StopTrainingDocumentClassifier"),
    ),
    (
        "translate",
        "a stop that was asked for ends the job",
        "job",
        ("STOP_REQUESTED",),
        (*_ENDED, "COMPLETED_WITH_ERROR"),
        TRANSLATE.states("Description, 2nd paragraph"),
    ),
    (
        "translate",
        "a started job ends",
        "job",
        ("SUBMITTED", "IN_PROGRESS"),
        (*_ENDED, "COMPLETED_WITH_ERROR"),
        TRANSLATE.implies("Description, 2nd paragraph"),
    ),
    ("devicefarm", "a stopped job ends", "job", _FARM_STOPPING, ("COMPLETED",), STOP_JOB.states("Description")),
    ("devicefarm", "a job ends", "job", _FARM_BUSY, ("COMPLETED",), STOP_JOB.implies("Response Elements, status")),
    ("devicefarm", "a run ends", "run", _FARM_BUSY, ("COMPLETED",), STOP_JOB.implies("Response Elements, status")),
    (
        "dataarts",
        "a stop comes to its end",
        "job",
        ("STOPPING/REAL_TIME",),
        ("STOPPED/REAL_TIME", "EXCEPTION/REAL_TIME"),
        DATAARTS.implies("Function"),
    ),
    (
        "dataarts",
        "a start comes to its end",
        "job",
        ("STARTING/REAL_TIME",),
        ("NORMAL/REAL_TIME", "EXCEPTION/REAL_TIME"),
        DATAARTS.implies("Function of the sister page Starting a Job"),
    ),
    (
        "rekognition",
        "a stop comes to its end",
        "version",
        ("STOPPING",),
        ("STOPPED", "FAILED"),
        STOP_VERSION.states("Description: the operation might take a while to complete"),
    ),
    (
        "rekognition",
        "a start comes to its end",
        "version",
        ("STARTING",),
        ("RUNNING", "FAILED"),
        STOP_VERSION.implies("Description of the sister page StartProjectVersion"),
    ),
    (
        "rekognition",
        "training comes to its end",
        "version",
        ("TRAINING_IN_PROGRESS",),
        ("TRAINING_COMPLETED", "TRAINING_FAILED"),
        STOP_VERSION.implies("Description of the sister page CreateProjectVersion"),
    ),
    (
        "rekognition",
        "copying comes to its end",
        "version",
        ("COPYING_IN_PROGRESS",),
        ("COPYING_COMPLETED", "COPYING_FAILED"),
        STOP_VERSION.implies("Description of the sister page CopyProjectVersion"),
    ),
)
"""API, name, lifecycle, statuses that owe, statuses that are owed, source."""

_STOP: Final = COMPREHEND.states("Description, 2nd paragraph")
_RUN: Final = COMPREHEND.implies("JobStatus")
_MAY: Final[tuple[tuple[str, str, str, str, Source], ...]] = (
    ("comprehend", "job", "STOP_REQUESTED", "STOPPED", _STOP),
    ("comprehend", "job", "STOP_REQUESTED", "COMPLETED", _STOP),
    ("comprehend", "job", "IN_PROGRESS", "COMPLETED", _RUN),
    ("comprehend", "job", "IN_PROGRESS", "FAILED", _RUN),
    ("comprehend", "unstoppable", "IN_PROGRESS", "COMPLETED", _RUN),
    ("comprehend", "training", "STOP_REQUESTED", "STOPPED", _RUN),
    ("comprehend", "training", "STOP_REQUESTED", "TRAINED", _RUN),
    ("translate", "job", "STOP_REQUESTED", "STOPPED", TRANSLATE.states("Description, 2nd paragraph")),
    ("translate", "job", "STOP_REQUESTED", "COMPLETED", TRANSLATE.states("Description, 2nd paragraph")),
    ("devicefarm", "job", "RUNNING/PENDING", "STOPPING/PENDING", STOP_JOB.implies("Description")),
    ("devicefarm", "job", "STOPPING/PENDING", "COMPLETED/STOPPED", STOP_JOB.implies("Description")),
    ("devicefarm", "job", "RUNNING/PENDING", "COMPLETED/PASSED", STOP_JOB.implies("Response Elements, result")),
    ("dataarts", "job", "STOPPING/REAL_TIME", "STOPPED/REAL_TIME", DATAARTS.implies("Function")),
    ("dataarts", "job", "SCHEDULING/BATCH", "STOPPED/BATCH", DATAARTS.implies("Function")),
    ("rekognition", "version", "STOPPING", "STOPPED", STOP_VERSION.states("Description")),
    ("rekognition", "version", "STOPPED", "RUNNING", STOP_VERSION.implies("Description")),
)
"""API, lifecycle, a status, a later one, source."""

_WORDS: Final = {"unstoppable": "job without a stop", "training": "model in training"}

_REFUSED: Final[tuple[tuple[str, str, str, str, Source], ...]] = (
    ("comprehend", "job", "Stop", "InvalidRequestException", COMPREHEND.states("Errors")),
    ("comprehend", "job", "Stop", "JobNotFoundException", COMPREHEND.states("Errors")),
    ("translate", "job", "Stop", "ResourceNotFoundException", TRANSLATE.states("Errors")),
    ("devicefarm", "job", "Stop", "NotFoundException", STOP_JOB.states("Errors")),
    ("dataarts", "job", "Stop", "DLF.0100", DATAARTS.states("Returned Values")),
    ("rekognition", "version", "Stop", "ResourceNotFoundException", STOP_VERSION.states("Errors")),
)
"""API, lifecycle, operation, code, source."""


_STOPS: Final[tuple[tuple[str, tuple[str, ...], Source], ...]] = (
    ("job", TOLD_KINDS, COMPREHEND.states("Description, 2nd paragraph")),
    ("PII or events job", UNTOLD_KINDS, CLI.implies("stop-pii-*.rst, stop-events-*.rst")),
)


def _owed() -> Iterator[Property]:
    for job, kinds, source in _STOPS:
        name, sentence = f"a stop that was asked for ends the {job}", f"A {job} that is STOP_REQUESTED comes to an end."
        check = ends("job", ("STOP_REQUESTED",), _ENDED, kinds=kinds)
        yield Property("comprehend", name, Kind.EVENTUALLY, sentence, source, check)
    for api, name, lifecycle, start, end, source in _OWED:
        sentence = f"A {lifecycle} that is {' or '.join(start)} becomes {' or '.join(end)}."
        yield Property(api, name, Kind.EVENTUALLY, sentence, source, ends(lifecycle, start, end))


def _possible() -> Iterator[Property]:
    for api, lifecycle, first, then, source in _MAY:
        what = _WORDS.get(lifecycle, lifecycle)
        name, sentence = f"a {what} can go from {first} to {then}", f"Some {what} is seen {first}, later {then}."
        yield Property(api, name, Kind.SOMETIMES, sentence, source, leads(lifecycle, first, then))
    for api, lifecycle, operation, code, source in _REFUSED:
        name, sentence = f"{operation} can be refused with {code}", f"Some {operation} of a {lifecycle} is refused so."
        yield Property(api, name, Kind.SOMETIMES, sentence, source, refused(lifecycle, operation, code))
    yield Property(
        "comprehend",
        "a STOPPED job can be stopped again",
        Kind.SOMETIMES,
        "Some job is answered STOPPED and stopped once more.",
        COMPREHEND.states("Response Elements, JobStatus"),
        repeated("job", "Stop", "STOPPED"),
    )


PROGRESS: Final[tuple[Property, ...]] = (*_owed(), *_possible())
"""The properties of the kinds EVENTUALLY and SOMETIMES."""

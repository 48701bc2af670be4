"""What must come about once the service has come to rest, and what must be possible at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from haltspec.automaton import OK
from haltspec.lts import Document, Source
from haltspec.observe import Projection
from haltspec_properties.property import Found, Kind, Property, of_lifecycle, pairs, shown
from haltspec_properties.safety import COMPREHEND, DATAARTS, STOP_JOB, STOP_VERSION, TRANSLATE, Check


def ends(lifecycle: str, start: tuple[str, ...], end: tuple[str, ...]) -> Check:
    """A job last seen in a status of `start` owes one of `end`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            seen = [(shown(event), event) for event in history.events if shown(event)]
            if seen and seen[-1][0] in start:
                status, event = seen[-1]
                yield Found(f"{history.key.id} is still {status}; owed: {' or '.join(end)}", (event.call,))

    return check


def leads(lifecycle: str, first: str, then: str) -> Check:
    """A witness: a job is seen in status `first`, and next in `then`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for one, other in pairs(history, projection):
                if shown(one) == first and shown(other) == then:
                    yield Found(f"{history.key.id} went from {first} to {then}", (one.call, other.call))

    return check


def refused(lifecycle: str, operation: str, code: str) -> Check:
    """A witness: `operation` is refused with `code`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for event in history.events:
                if event.seen.operation == operation and event.seen.what != OK and event.seen.code == code:
                    yield Found(f"{operation} of {history.key.id} was refused with {code}", (event.call,))

    return check


_ENDED: Final = ("COMPLETED", "FAILED", "STOPPED")
_ENDS: Final[tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], Source], ...]] = (
    ("comprehend", "job", ("STOP_REQUESTED",), _ENDED, COMPREHEND.states("Description, 2nd paragraph")),
    ("comprehend", "job", ("SUBMITTED", "IN_PROGRESS"), _ENDED, COMPREHEND.implies("Description, 2nd paragraph")),
    ("comprehend", "unstoppable", ("SUBMITTED", "IN_PROGRESS"), _ENDED, COMPREHEND.implies("Description")),
    (
        "comprehend",
        "training",
        ("SUBMITTED", "TRAINING", "STOP_REQUESTED"),
        ("TRAINED", "TRAINED_WITH_WARNING", "IN_ERROR", "STOPPED"),
        COMPREHEND.implies("StopTrainingDocumentClassifier"),
    ),
    (
        "translate",
        "job",
        ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED"),
        (*_ENDED, "COMPLETED_WITH_ERROR"),
        TRANSLATE.implies("Description, 2nd paragraph"),
    ),
    ("devicefarm", "job", ("STOPPING/PENDING", "RUNNING/PENDING"), ("COMPLETED/*",), STOP_JOB.implies("Description")),
    ("devicefarm", "run", ("STOPPING/PENDING", "RUNNING/PENDING"), ("COMPLETED/*",), STOP_JOB.implies("Description")),
    ("dataarts", "job", ("STOPPING/REAL_TIME",), ("STOPPED/REAL_TIME",), DATAARTS.implies("Function")),
    ("dataarts", "job", ("STARTING/REAL_TIME",), ("NORMAL/REAL_TIME",), DATAARTS.implies("Function")),
    ("rekognition", "version", ("STOPPING",), ("STOPPED", "FAILED"), STOP_VERSION.states("Description")),
    ("rekognition", "version", ("STARTING",), ("RUNNING", "FAILED"), STOP_VERSION.implies("Description")),
)

_SEEN: Final[tuple[tuple[str, str, str, str, Document], ...]] = (
    ("comprehend", "job", "STOP_REQUESTED", "STOPPED", COMPREHEND),
    ("comprehend", "job", "STOP_REQUESTED", "COMPLETED", COMPREHEND),
    ("comprehend", "job", "IN_PROGRESS", "COMPLETED", COMPREHEND),
    ("comprehend", "job", "IN_PROGRESS", "FAILED", COMPREHEND),
    ("comprehend", "training", "STOP_REQUESTED", "STOPPED", COMPREHEND),
    ("comprehend", "training", "STOP_REQUESTED", "TRAINED", COMPREHEND),
    ("translate", "job", "STOP_REQUESTED", "STOPPED", TRANSLATE),
    ("translate", "job", "STOP_REQUESTED", "COMPLETED", TRANSLATE),
    ("devicefarm", "job", "RUNNING/PENDING", "STOPPING/PENDING", STOP_JOB),
    ("devicefarm", "job", "STOPPING/PENDING", "COMPLETED/STOPPED", STOP_JOB),
    ("dataarts", "job", "STOPPING/REAL_TIME", "STOPPED/REAL_TIME", DATAARTS),
    ("dataarts", "job", "SCHEDULING/BATCH", "STOPPED/BATCH", DATAARTS),
    ("rekognition", "version", "STOPPING", "STOPPED", STOP_VERSION),
    ("rekognition", "version", "STOPPED", "RUNNING", STOP_VERSION),
)

PROGRESS: Final[tuple[Property, ...]] = (
    *(
        Property(
            api,
            f"a {lifecycle} that is {start[-1]} ends",
            Kind.EVENTUALLY,
            f"A {lifecycle} that is {' or '.join(start)} becomes {' or '.join(end)}.",
            source,
            ends(lifecycle, start, end),
        )
        for api, lifecycle, start, end, source in _ENDS
    ),
    *(
        Property(
            api,
            f"a {lifecycle} can go from {first} to {then}",
            Kind.SOMETIMES,
            f"Some {lifecycle} is seen {first} and later {then}.",
            page.states("Description"),
            leads(lifecycle, first, then),
        )
        for api, lifecycle, first, then, page in _SEEN
    ),
)

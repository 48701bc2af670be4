"""What must never be seen: of one job, of two jobs, of two tenants. Written by hand, apart from the lifecycles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from haltspec.automaton import ERROR, OK, PASSED, UNKNOWN
from haltspec.lts import Document, Source, assumed
from haltspec.observe import Event, History, Projection
from haltspec.rules import value_at
from haltspec.trace import Call
from haltspec_properties.property import (
    ANOTHER,
    Found,
    Kind,
    Property,
    View,
    comes_between,
    follows,
    is_answered,
    is_made,
    may_be_made,
    of_lifecycle,
    pairs,
    reads,
    views,
)

Check = Callable[[Projection], Iterator[Found]]

COMPREHEND: Final = Document("StopEntitiesDetectionJob", "Comprehend API Reference", "2020-03 to 2021-10")
CLI: Final = Document("examples/comprehend", "AWS CLI, examples of commands", "1.45.11")
TRANSLATE: Final = Document("StopTextTranslationJob", "Translate API Reference", "2021-08-17")
STOP_JOB: Final = Document("StopJob", "Device Farm API Reference", "2024-08 to 2026-08")
DATAARTS: Final = Document("Stopping a Job", "DataArts Studio API Reference", "2023-07-10")
STOP_VERSION: Final = Document("StopProjectVersion", "Rekognition API Reference", "2020-05-01")


# ---- one job ---------------------------------------------------------------------------------------------------------


def _changed(history: History, first: View, second: View) -> Found:
    told = f"{history.key.id} was {first.status} and is {second.status}"
    return Found(told, (first.event.call, second.event.call))


def keeps(
    lifecycles: tuple[str, ...], final: tuple[str, ...], *, until: tuple[str, ...] = (), then: tuple[str, ...] = ()
) -> Check:
    """Once a read shows a status of `final` a job keeps it for ever, or until a call of `until` is answered.

    It may become one of `then` all the same.
    """

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, *lifecycles):
            for first, second in reads(history, projection):
                is_changed = first.shows(final) and second.differs(first) and not second.may_show(then)
                if is_changed and not comes_between(history, first.event, second.event, until):
                    yield _changed(history, first, second)

    return check


def in_order(lifecycle: str, ranks: Mapping[str, int], *, until: tuple[str, ...] = ()) -> Check:
    """The statuses that reads show of a job never go down in rank, unless a call of `until` is answered."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for first, second in reads(history, projection):
                was, now = _rank(first, ranks), _rank(second, ranks)
                is_back = was is not None and now is not None and now < was
                if is_back and not comes_between(history, first.event, second.event, until):
                    yield _changed(history, first, second)

    return check


def _rank(view: View, ranks: Mapping[str, int]) -> int | None:
    return next((rank for name, rank in ranks.items() if view.shows((name,))), None)


def refuses(
    lifecycle: str, operation: str, when: tuple[str, ...], status: int, *, kinds: tuple[str, ...] = ()
) -> Check:
    """Once a job shows a (final) status of `when`, `operation` is refused with the HTTP `status`."""

    def check(projection: Projection) -> Iterator[Found]:
        for first, second, call in _asked(projection, lifecycle, operation, when, kinds):
            if second.event.seen.what not in (PASSED, UNKNOWN) and (call.error is None or call.status != status):
                told = f"{call.status} {call.error or second.status}".strip()
                message = f"{first.event.seen.operation} showed {first.status}, then {operation} answered {told}"
                yield Found(message, (first.event.call, second.event.call))

    return check


def refuses_with(lifecycle: str, operation: str, when: tuple[str, ...], code: str) -> Check:
    """Once a job shows a (final) status of `when`, a refusal of `operation` has the `code`."""

    def check(projection: Projection) -> Iterator[Found]:
        for first, second, call in _asked(projection, lifecycle, operation, when, ()):
            if second.event.seen.what == ERROR and second.event.seen.code != code:
                message = f"{first.event.seen.operation} showed {first.status}, then {operation} answered {call.error}"
                yield Found(message, (first.event.call, second.event.call))

    return check


def _asked(
    projection: Projection, lifecycle: str, operation: str, when: tuple[str, ...], kinds: tuple[str, ...]
) -> Iterator[tuple[View, View, Call]]:
    """Each view of a job in a status of `when`, each later call of `operation` on it, and that call as recorded."""
    for history in of_lifecycle(projection, lifecycle, kinds=kinds):
        for first, second in pairs(history, projection):
            seen = second.event.seen
            if first.shows(when) and seen.operation == operation and ANOTHER not in seen.cls:
                yield first, second, projection.calls[second.event.call]


def says(
    lifecycle: str,
    operation: str,
    statuses: tuple[str, ...],
    *,
    after: tuple[str, ...],
    kinds: tuple[str, ...] = (),
) -> Check:
    """Once a job has shown a status of `after`, a success of `operation` shows one of `statuses`."""

    def check(projection: Projection) -> Iterator[Found]:
        for first, second, _ in _asked(projection, lifecycle, operation, after, kinds):
            if second.status and not second.may_show(statuses):
                message = f"{first.event.seen.operation} showed {first.status}, then {operation} {second.status}"
                yield Found(message, (first.event.call, second.event.call))

    return check


def never_says(lifecycle: str, operation: str, statuses: tuple[str, ...], *, kinds: tuple[str, ...] = ()) -> Check:
    """No success of `operation` shows one of `statuses`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle, kinds=kinds):
            for view in views(history, projection):
                if view.event.seen.operation == operation and view.shows(statuses):
                    yield Found(f"{operation} of {history.key.id} showed {view.status}", (view.event.call,))

    return check


def both(first: Check, second: Check) -> Check:
    """What either check finds, each breach once."""

    def check(projection: Projection) -> Iterator[Found]:
        breaking = set()
        for found in (*first(projection), *second(projection)):
            if found.calls[-1] not in breaking:
                breaking.add(found.calls[-1])
                yield found

    return check


def never_shows(lifecycle: str, statuses: tuple[str, ...]) -> Check:
    """No job shows one of `statuses`."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            for view in views(history, projection):
                if view.shows(statuses):
                    yield Found(f"{history.key.id} is {view.status}", (view.event.call,))

    return check


def never_after(
    lifecycle: str,
    operations: tuple[str, ...],
    statuses: tuple[str, ...],
    *,
    until: tuple[str, ...] = (),
    unless: tuple[str, ...] = (),
) -> Check:
    """After a success of one of `operations` no read shows one of `statuses`.

    It may if a call of `until` came between, or if a read in between showed one of `unless`.
    """

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, lifecycle):
            orders = [e for e in history.events if e.seen.operation in operations and e.seen.what == OK]
            seen = [view for view in views(history, projection) if view.event.reads]
            for first in orders:
                for second in seen:
                    between = (v.event for v in seen if v.shows(unless))
                    if (
                        second.shows(statuses)
                        and follows(first, second.event, projection)
                        and not comes_between(history, first, second.event, until)
                        and not any(first.start <= e.end and e.start <= second.event.end for e in between)
                    ):
                        message = f"{history.key.id} is {second.status} after {first.seen.operation} succeeded"
                        yield Found(message, (first.call, second.event.call))

    return check


def sights(check_one: Callable[[Mapping[str, Any], str], str | None], lifecycle: str) -> Check:
    """A check on every view of a job: takes the job object and the status shown, returns what is wrong."""

    def check(projection: Projection) -> Iterator[Found]:
        for key, sight, call in projection.sights:
            if key.lifecycle == lifecycle:
                wrong = check_one(sight.job, "/".join(value or "" for value in sight.shown))
                if wrong:
                    yield Found(f"{key.id} {wrong}", (call,))

    return check


def _not_billed(job: Mapping[str, Any], status: str) -> str | None:
    metered = value_at(job, "deviceMinutes.metered")
    has_begun = job.get("started") is not None
    if status == "COMPLETED/STOPPED" and not has_begun and isinstance(metered, int | float) and metered > 0:
        return f"was stopped before its tests started, and {metered} minutes are billed"
    return None


# ---- ids and tenants -------------------------------------------------------------------------------------------------


def unknown_ids_are_refused(lifecycles: tuple[str, ...]) -> Check:
    """In a recording that holds every call of its tenants, an id that was never given is never answered."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, *lifecycles):
            if is_made(history, projection) or may_be_made(history, projection):
                continue
            for event in history.events:
                if is_answered(history, event, projection) and projection.calls[event.call].alone:
                    yield Found(f"{history.key.id} was never made and is answered", (event.call,))

    return check


def ids_are_given_once(lifecycles: tuple[str, ...]) -> Check:
    """No two creations answer with one id, unless one repeats the other with its token or the job was deleted."""

    def check(projection: Projection) -> Iterator[Found]:
        for history in of_lifecycle(projection, *lifecycles):
            first = history.created
            for event in history.events if first is not None else ():
                is_new = event.call != first and event.seen.what == OK and _makes_new(projection, event, first)
                if is_new and not any("Delete" in e.seen.operation for e in history.events):
                    yield Found(f"{history.key.id} was given twice", (first or 0, event.call))

    return check


def _makes_new(projection: Projection, event: Event, first: int | None) -> bool:
    """True if the event is a creation other than a repetition of the call `first`."""
    call, made = projection.calls[event.call], projection.calls[first or 0]
    binding = next((b for b in projection.api.bound(call.operation) if b.role == event.seen.operation), None)
    is_creation = binding is not None and not binding.id_in and not binding.spreads and call.operation == made.operation
    token = call.request.get(binding.token_in) if binding is not None and binding.token_in else None
    return is_creation and (token is None or token != made.request.get(binding.token_in if binding else ""))


def tenants_are_apart(lifecycles: tuple[str, ...]) -> Check:
    """A job made in one tenant, and in no other, is neither listed nor answered in another."""

    def check(projection: Projection) -> Iterator[Found]:
        made = {(h.key.lifecycle, h.key.id): h for h in projection.histories if is_made(h, projection)}
        for history in of_lifecycle(projection, *lifecycles):
            owner = made.get((history.key.lifecycle, history.key.id))
            if owner is None or is_made(history, projection) or may_be_made(history, projection):
                continue
            for event in history.events:
                is_sure = owner.created is not None or projection.calls[event.call].alone
                if is_answered(history, event, projection) and is_sure:
                    message = f"{history.key.id} of {owner.key.tenant} is answered in {history.key.tenant}"
                    yield Found(message, (owner.events[0].call, event.call))

    return check


def untouched_elsewhere(
    lifecycle: str, moves: Mapping[str, tuple[str, ...]], orders: tuple[str, ...], *, free: str
) -> Check:
    """A job does not move as an order would move it while only other tenants give orders to a job of its name.

    Args:
        lifecycle: whose jobs.
        moves: status to those that only an order leads to.
        orders: the operations that give orders.
        free: the request class of jobs that move by themselves; nothing is said of those.
    """

    def check(projection: Projection) -> Iterator[Found]:
        histories = list(of_lifecycle(projection, lifecycle))
        for history in histories:
            theirs = [e for h in histories if h is not history and h.key.id == history.key.id for e in h.events]
            given = [e for e in theirs if e.seen.operation in orders and e.seen.what == OK]
            if given and not any(free == event.seen.cls for event in history.events):
                yield from _touched(projection, history, moves, orders, given)

    return check


def _touched(
    projection: Projection,
    history: History,
    moves: Mapping[str, tuple[str, ...]],
    orders: tuple[str, ...],
    given: list[Event],
) -> Iterator[Found]:
    for (first, was), (second, now) in reads(history, projection):
        between = [event for event in given if event.end >= first.start and event.start <= second.end]
        if now in moves.get(was, ()) and between and not comes_between(history, first, second, orders):
            theirs = projection.calls[between[-1].call]
            message = f"{history.key.id} of {history.key.tenant} was {was} and is {now}"
            message += f" after {theirs.operation} in {theirs.tenant}"
            yield Found(message, (first.call, between[-1].call, second.call))


# ---- the properties --------------------------------------------------------------------------------------------------

_ENDED: Final = ("COMPLETED", "FAILED", "STOPPED")
_TRANSLATED: Final = (*_ENDED, "COMPLETED_WITH_ERROR")
_TRAINED: Final = ("TRAINED", "TRAINED_WITH_WARNING", "IN_ERROR", "STOPPED")
_WAITING: Final = ("PENDING", "PENDING_CONCURRENCY", "PENDING_DEVICE", "SCHEDULING", "PREPARING")
_RESULTS: Final = ("PASSED", "WARNED", "FAILED", "SKIPPED", "ERRORED", "STOPPED")
_FARM_ENDED: Final = tuple(f"COMPLETED/{result}" for result in _RESULTS)
_BEFORE_A_STOP: Final = tuple(f"{status}/PENDING" for status in (*_WAITING, "RUNNING"))
_ORDERS: Final = ("Create", "Start", "Stop", "Delete")
_ORDERED: Final = {
    "STOPPED/BATCH": ("SCHEDULING/BATCH",),
    "SCHEDULING/BATCH": ("STOPPED/BATCH",),
    "STOPPED/REAL_TIME": ("STARTING/REAL_TIME", "NORMAL/REAL_TIME"),
    "NORMAL/REAL_TIME": ("STOPPING/REAL_TIME", "STOPPED/REAL_TIME"),
}
_REST: Final = ("TRAINING_COMPLETED", "TRAINING_FAILED", "STOPPED", "COPYING_COMPLETED", "COPYING_FAILED")
_MODEL_RANKS: Final = {
    "TRAINING_IN_PROGRESS": 0,
    **dict.fromkeys(("TRAINING_COMPLETED", "TRAINING_FAILED"), 1),
    **dict.fromkeys(("STARTING", "RUNNING", "STOPPING", "STOPPED", "FAILED"), 2),
    "DELETING": 3,
}


def _always(api: str, name: str, sentence: str, source: Source, check: Check) -> Property:
    return Property(api, name, Kind.ALWAYS, sentence, source, check)


def _everywhere(api: str, lifecycles: tuple[str, ...], page: Document, *, drawn: tuple[str, ...]) -> Iterator[Property]:
    """What holds of the ids of every API; those of the lifecycles `drawn` are drawn by the service."""
    yield _always(
        api,
        "tenants never see each other's jobs",
        "A job made by one tenant is unknown to every other.",
        page.implies("the id names a job of the caller"),
        tenants_are_apart(lifecycles),
    )
    yield _always(
        api,
        "an id that was never given is never answered",
        "A call with an id that no call gave is refused.",
        page.states("Errors: not found"),
        unknown_ids_are_refused(lifecycles),
    )
    if drawn:
        yield _always(
            api,
            "an id is given once",
            "Two creations that do not repeat each other answer with two ids.",
            page.implies("the id identifies the job"),
            ids_are_given_once(drawn),
        )


def _stops(jobs: str, kinds: tuple[str, ...], source: Callable[[str], Source]) -> Iterator[Property]:
    """What is said of a stop by the pages of some kinds of `jobs`; `source` makes the source of a section."""
    paragraph, element = source("Description, 3rd paragraph"), source("Response Elements, JobStatus")
    yield _always(
        "comprehend",
        f"stopping a COMPLETED or FAILED {jobs} job is refused with 400",
        "A stop of a job that is COMPLETED or FAILED is answered with an error, HTTP 400.",
        paragraph,
        refuses("job", "Stop", ("COMPLETED", "FAILED"), 400, kinds=kinds),
    )
    running = ("IN_PROGRESS", "STOP_REQUESTED", "STOPPED")
    yield _always(
        "comprehend",
        f"the reply to a {jobs} stop says STOP_REQUESTED or STOPPED",
        "A stop that succeeds shows STOP_REQUESTED or STOPPED; only one of a job not yet begun may show SUBMITTED.",
        element,
        both(
            never_says("job", "Stop", ("IN_PROGRESS", "COMPLETED", "FAILED"), kinds=kinds),
            says("job", "Stop", ("STOP_REQUESTED", "STOPPED"), after=running, kinds=kinds),
        ),
    )
    yield _always(
        "comprehend",
        f"the reply to a {jobs} stop of a STOPPED job says STOPPED",
        "A job stopped before shows STOPPED when it is stopped again.",
        element,
        says("job", "Stop", ("STOPPED",), after=("STOPPED",), kinds=kinds),
    )


TOLD_KINDS: Final = ("entities", "dominant-language", "key-phrases", "sentiment", "targeted-sentiment")
UNTOLD_KINDS: Final = ("pii", "events")
"""Kinds of Comprehend jobs whose pages say what a stop does, and those whose pages speak of a stop and no more."""

_COMPREHEND: Final = (
    *_stops("comprehend", TOLD_KINDS, COMPREHEND.states),
    *_stops("PII or events", UNTOLD_KINDS, lambda _: CLI.implies("stop-pii-*.rst, stop-events-*.rst")),
    _always(
        "comprehend",
        "the stop of a COMPLETED or FAILED job is an invalid request",
        "Such a stop is refused with InvalidRequestException.",
        COMPREHEND.implies("Description, 3rd paragraph: a name that no error has, with the status of this one"),
        refuses_with("job", "Stop", ("COMPLETED", "FAILED"), "InvalidRequestException"),
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
        COMPREHEND.implies("the words trained, in error, stopped of the sister page StopTrainingDocumentClassifier"),
        keeps(("training",), _TRAINED, until=("Delete",)),
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
    _always(
        "comprehend",
        "a job without a stop is never stopped",
        "A topics or document classification job is never STOP_REQUESTED nor STOPPED.",
        COMPREHEND.implies("no such page for these two kinds"),
        never_shows("unstoppable", ("STOP_REQUESTED", "STOPPED")),
    ),
    *_everywhere("comprehend", ("job", "unstoppable", "training"), COMPREHEND, drawn=("job", "unstoppable")),
)

_TRANSLATE: Final = (
    _always(
        "translate",
        "nothing leaves a terminal state",
        "A COMPLETED, COMPLETED_WITH_ERROR, FAILED or STOPPED job keeps its status.",
        TRANSLATE.implies("the four statuses for which a final event is sent"),
        keeps(("job",), _TRANSLATED),
    ),
    _always(
        "translate",
        "statuses of a job come in order",
        "SUBMITTED, then IN_PROGRESS, then STOP_REQUESTED, then an end; none comes back.",
        TRANSLATE.implies("Description, 2nd paragraph"),
        in_order("job", {"SUBMITTED": 0, "IN_PROGRESS": 1, "STOP_REQUESTED": 2, **dict.fromkeys(_TRANSLATED, 3)}),
    ),
    _always(
        "translate",
        "a stop does not put a job back",
        "The reply to a stop of a job that was IN_PROGRESS or later does not say SUBMITTED or IN_PROGRESS.",
        TRANSLATE.implies("Description, 2nd paragraph: it is put into STOP_REQUESTED"),
        says(
            "job",
            "Stop",
            ("STOP_REQUESTED", *_TRANSLATED),
            after=("IN_PROGRESS", "STOP_REQUESTED", *_TRANSLATED),
        ),
    ),
    _always(
        "translate",
        "the reply to a stop of an ended job does not say STOP_REQUESTED",
        "A stop of a job that reads show ended does not announce a stop.",
        TRANSLATE.implies("Description, 2nd paragraph: only a job IN_PROGRESS is put into STOP_REQUESTED"),
        says("job", "Stop", _TRANSLATED, after=("COMPLETED", "COMPLETED_WITH_ERROR", "FAILED")),
    ),
    *_everywhere("translate", ("job",), TRANSLATE, drawn=("job",)),
)

_DEVICE_FARM: Final = (
    _always(
        "devicefarm",
        "a device farm job stopped before its tests started is not billed",
        "A job that is COMPLETED/STOPPED and never started has no metered minutes.",
        STOP_JOB.states("Description"),
        sights(_not_billed, "job"),
    ),
    _always(
        "devicefarm",
        "nothing leaves a terminal state",
        "A COMPLETED job or run keeps its result until the run is deleted.",
        STOP_JOB.implies("the job that was stopped"),
        keeps(("job", "run"), _FARM_ENDED),
    ),
    _always(
        "devicefarm",
        "a stopped job never runs again",
        "After StopJob or StopRun succeeded a job neither waits nor shows RUNNING.",
        STOP_JOB.implies("Description: it stops at once, or only setup and teardown run to completion"),
        never_after("job", ("Stop", "StopRun"), _BEFORE_A_STOP),
    ),
    _always(
        "devicefarm",
        "a stopped run never runs again",
        "After StopRun succeeded a run neither waits nor shows RUNNING.",
        STOP_JOB.implies("Description of the sister page StopRun"),
        never_after("run", ("Stop",), _BEFORE_A_STOP),
    ),
    *_everywhere("devicefarm", ("run", "job"), STOP_JOB, drawn=("run",)),
)

_DATAARTS: Final = (
    _always(
        "dataarts",
        "a dataarts job in another workspace is never touched",
        "An order in one workspace moves no job of the same name in another.",
        DATAARTS.states("Request header workspace"),
        untouched_elsewhere("job", _ORDERED, _ORDERS, free="finite schedule"),
    ),
    _always(
        "dataarts",
        "a stop never starts a job",
        "After a stop succeeded a job is not SCHEDULING, STARTING or NORMAL until it is started again.",
        DATAARTS.implies("Function"),
        never_after(
            "job",
            ("Stop",),
            ("SCHEDULING/BATCH", "STARTING/REAL_TIME", "NORMAL/REAL_TIME"),
            until=("Start", "Create"),
        ),
    ),
    *_everywhere("dataarts", ("job",), DATAARTS, drawn=()),
)

_REKOGNITION: Final = (
    _always(
        "rekognition",
        "a stopped model does not run until it is started again",
        "After StopProjectVersion succeeded a version neither starts nor runs until it is started; a stop that was "
        "seen under way may still fail.",
        STOP_VERSION.implies("Description: stops a running model"),
        never_after(
            "version",
            ("Stop",),
            ("RUNNING", "STARTING", "TRAINING_IN_PROGRESS"),
            until=("Start",),
            unless=("STOPPING",),
        ),
    ),
    _always(
        "rekognition",
        "the reply to a stop does not say that the model starts",
        "A stop that succeeds shows neither STARTING nor TRAINING_IN_PROGRESS (RUNNING may still show: silent).",
        STOP_VERSION.implies("Response Elements, Status: the current status of the stop operation"),
        never_says("version", "Stop", ("STARTING", "TRAINING_IN_PROGRESS")),
    ),
    _always(
        "rekognition",
        "training happens once",
        "A version that was trained is never in training again.",
        assumed("training is asked for at creation only"),
        in_order("version", _MODEL_RANKS),
    ),
    _always(
        "rekognition",
        "a model at rest stays there until it is started or deleted",
        "A version that is trained, copied or stopped changes only by a call, but for adapters that grow old.",
        STOP_VERSION.implies("Description: a stopped model can be started again"),
        keeps(("version",), _REST, until=("Start", "Delete"), then=("DEPRECATED", "EXPIRED")),
    ),
    *_everywhere("rekognition", ("version", "project"), STOP_VERSION, drawn=("version", "project")),
)

SAFETY: Final[tuple[Property, ...]] = (*_COMPREHEND, *_TRANSLATE, *_DEVICE_FARM, *_DATAARTS, *_REKOGNITION)
"""The properties of kind ALWAYS that are about jobs, ids and tenants."""

"""Amazon Rekognition Custom Labels: project versions (trained models and adapters), and the projects that hold them.

Jobs: a version, from its training or copying over its runs to its deletion (`version`), and a project (`project`).
Calls: Create, Describe and Delete of both; Copy, Start and Stop of a version. Not covered: detection with a running
model (the only operations that declare ResourceNotReadyException), datasets, project policies, tags, streams, faces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from haltspec import rules
from haltspec.apis.shared import data_question
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    SAME,
    Document,
    Kind,
    LeadsTo,
    Lifecycle,
    OpenQuestion,
    Operation,
    Reading,
    Reply,
    Request,
    RequestClass,
    Role,
    Source,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.spec import Ambiguity, Api, Binding, ErrorSpec, Nature, Pattern, Statement

# ---- sources --------------------------------------------------------------------------------------------------------

PAGE: Final = Document("StopProjectVersion", "Rekognition Developer Guide, StopProjectVersion", "2020-05-01")
MODEL: Final = Document("BOTO", "botocore service model rekognition/2016-06-27", "1.43.11")
HISTORY: Final = Document("BOTO-GIT", "every revision of that model in botocore's repository", "1.13.31 to 1.43.67")
GUIDE: Final = Document("RDG", "Rekognition Developer Guide: error-handling.md and the API pages", "2023-05-31")
LABELS: Final = Document("CLG", "Custom Labels Developer Guide", "2023-05-23")
NEWER: Final = Document("CLG-WEB", "newer pages of the two guides: running a model, copying a model, managing adapters", "after 2023-10")
SAMPLES: Final = Document("SAMPLES", "AWS samples: Custom Labels demo, batch processing, brand detection, continuous improvement", "2020 to 2023")

# ---- names in ARNs --------------------------------------------------------------------------------------------------

_ARN: Final = re.compile(
    r"arn:[a-z\d-]+:rekognition:(?P<region>[a-z\d-]+):(?P<account>\d{12}):project/(?P<project>[a-zA-Z0-9_.\-]+)(?:/version/(?P<version>[a-zA-Z0-9_.\-]+))?/(?P<digits>[0-9]+)"
)


def parts(arn: Any) -> Mapping[str, str | None]:
    """The parts of a project's or version's ARN: region, account, project, version (None for a project), digits.

    Empty if `arn` is no such ARN.
    """
    return _parts(arn) if isinstance(arn, str) else {}


@lru_cache(maxsize=1024)
def _parts(arn: str) -> Mapping[str, str | None]:
    found = _ARN.fullmatch(arn)
    return found.groupdict() if found else {}


def home(arn: Any) -> tuple[str | None, ...]:
    """The region, account and project name in an ARN of a project or of one of its versions; empty if it is neither.

    The digits of a project are not part of its versions' ARNs, hence two projects of one name in turn look alike.
    """
    found = parts(arn)
    return tuple(found[name] for name in ("region", "account", "project")) if found else ()


# ---- project versions -----------------------------------------------------------------------------------------------

_LABELS_FEATURE: Final = "CUSTOM_LABELS"
_ADAPTER_FEATURE: Final = "CONTENT_MODERATION"
_OF_ADAPTERS: Final = ("DEPRECATED", "EXPIRED")
"""The statuses that adapters alone have."""
CONFIGURED: Final = "with a feature configuration"
BELOW: Final = "maximum below minimum"
ELSEWHERE: Final = "from another account or region"
NAMED: Final = "by name"


def _model(name: str, note: str, *, terminal: bool = False, frame: Source | None = None) -> State:
    return State(name, (name, _LABELS_FEATURE), terminal, frame, note)


def _adapter(name: str, status: str, note: str, *, terminal: bool = False) -> State:
    return State(name, (status, _ADAPTER_FEATURE), terminal, note=note)


_STATES = (
    State(ABSENT, note="never created, or deleted"),
    _model("TRAINING_IN_PROGRESS", "being trained, 30 minutes to 24 hours"),
    _model("TRAINING_COMPLETED", "trained and never started; after a run it would be STOPPED"),
    _model("TRAINING_FAILED", "training ended with an error, StatusMessage says which", terminal=True),
    _model("STARTING", "a start was accepted"),
    _model("RUNNING", "analyses images, and is charged", frame=LABELS.implies("running-model: a failed unit is replaced, a lost zone lowers capacity only")),
    _model("FAILED", "a start or a stop failed"),
    _model("STOPPING", "a stop was accepted"),
    State("STOPPING_SEEN", ("STOPPING", _LABELS_FEATURE), note="as STOPPING, once a description has shown it: only then can a stop be seen to have failed and the model to run on"),
    _model("STOPPED", "not running; can be started again"),
    _model("DELETING", "a deletion was accepted"),
    _model("COPYING_IN_PROGRESS", "the copy, while it is made"),
    _model("COPYING_COMPLETED", "the copy, made and never started"),
    _model("COPYING_FAILED", "the copy, not made", terminal=True),
    _adapter("ADAPTER_TRAINING", "TRAINING_IN_PROGRESS", "an adapter being trained"),
    _adapter("ADAPTER_COMPLETED", "TRAINING_COMPLETED", "an adapter in use as it is: it is neither started nor stopped"),
    _adapter("ADAPTER_FAILED", "TRAINING_FAILED", "an adapter whose training failed", terminal=True),
    _adapter("ADAPTER_DELETING", "DELETING", "an adapter whose deletion was accepted"),
    _adapter("DEPRECATED", "DEPRECATED", "an adapter of an old base model, 60 to 90 days of grace"),
    _adapter("EXPIRED", "EXPIRED", "an adapter past its grace, ignored in analysis", terminal=True),
)
_UNTRAINED = ("TRAINING_IN_PROGRESS", "TRAINING_FAILED", "COPYING_IN_PROGRESS", "COPYING_FAILED")
_COPIES = ("COPYING_IN_PROGRESS", "COPYING_COMPLETED", "COPYING_FAILED")
_STOPPING: Final = ("STOPPING", "STOPPING_SEEN")
_RUNS = ("STARTING", "RUNNING", "STOPPING", "STOPPED", "FAILED")
_ADAPTERS = ("ADAPTER_TRAINING", "ADAPTER_COMPLETED", "ADAPTER_FAILED", "ADAPTER_DELETING", "DEPRECATED", "EXPIRED")
_EXISTING = tuple(state.name for state in _STATES if state.name != ABSENT)
_STARTABLE = ("TRAINING_COMPLETED", "STOPPED", "COPYING_COMPLETED")

_IN_USE: Final = refused("ResourceInUseException")
_INVALID: Final = refused("InvalidParameterException")
_UNKNOWN: Final = refused("ResourceNotFoundException")
_ANY: Final = refused(ANY_ERROR)
_HELD: Final = refused("ResourceInUseException", inferred=True)
"""A refusal that a document states without its code; of the declared errors only this one fits."""

_Answer = tuple[str, str, Reply, str, str]
"""A reading of a silent cell: its name, what it says, the reply, where it leads, and why it may be so."""


def _silent(
    name: str,
    asks: str,
    operation: str,
    states: tuple[str, ...],
    answers: Iterable[_Answer],
    default: str,
    evidence: str,
    when: tuple[str, ...] = (),
) -> OpenQuestion:
    """A question about cells that no document fills, each of its readings one row."""

    def reading(answer: _Answer) -> Reading:
        title, sentence, reply, target, why = answer
        row = Transition(f"{name}: {title}", states, call(operation, reply, when=when), target, assumed(why), free=True)
        return Reading(title, sentence, (row,))

    return OpenQuestion(name, asks, tuple(map(reading, answers)), default, evidence, states, operation, when)


_IN_USE_READING: Final[_Answer] = ("in use", "Refused with ResourceInUseException.", _IN_USE, SAME, "StopStreamProcessor declares the same errors and answers a wrong state so")
_INVALID_READING: Final[_Answer] = ("invalid", "Refused with InvalidParameterException.", _INVALID, SAME, "the other declared error that may fit")
_GONE_READING: Final[_Answer] = ("not found", "Refused with ResourceNotFoundException.", _UNKNOWN, SAME, "it is as good as gone")


def _unchanged(sentence: str, why: str) -> _Answer:
    return ("accepted", sentence, ok(), SAME, why)


_STOP_QUESTIONS = (
    _silent(
        "stop while starting", "What does a stop of a STARTING model answer?", "Stop", ("STARTING",),
        (("accepted", "Answered STOPPING: the model is stopped.", ok(), "STOPPING", "a sample counts STARTING as a state to stop in"), _IN_USE_READING),
        "accepted",
        "The batch processing sample calls stop in STARTING and RUNNING (and catches every error); the page says running, and the demo offers Stop for RUNNING only.",
    ),
    _silent(
        "stop while stopping", "What does a stop of a STOPPING model answer?", "Stop", _STOPPING,
        (_unchanged("Answered STOPPING again.", "kind to retries: there is no client token"), _IN_USE_READING),
        "accepted",
        "Nothing is said on repeated calls and there is no client token; 'already being used' would fit the error.",
    ),
    _silent(
        "stop of a stopped model", "What does a stop of a STOPPED model answer?", "Stop", ("STOPPED",),
        (_unchanged("Answered STOPPED.", "what was asked for is the case"), _IN_USE_READING, _INVALID_READING),
        "in use",
        "StopStreamProcessor declares the same seven errors; the guide lists a processor that is not available for stopping under ResourceInUseException.",
    ),
    _silent(
        "stop of a model that never ran", "What does a stop answer before the first start?", "Stop",
        ("TRAINING_IN_PROGRESS", "TRAINING_COMPLETED", "TRAINING_FAILED"),
        (_IN_USE_READING, _INVALID_READING), "in use",
        "The page speaks of a running model only; by analogy with StopStreamProcessor.",
    ),
    _silent(
        "stop of a copy", "What does a stop answer for a copy that was never started?", "Stop", _COPIES,
        (_IN_USE_READING, _INVALID_READING), "in use",
        "The page is older than copies; by analogy with StopStreamProcessor.",
    ),
    _silent(
        "stop of a failed model", "What does a stop of a FAILED model answer?", "Stop", ("FAILED",),
        (
            _IN_USE_READING,
            ("cleaned up", "Answered STOPPING: what is left of the run is ended.", ok(), "STOPPING", "a failed run may leave something to end"),
            ("stopped", "Answered STOPPED at once.", ok(), "STOPPED", "a failed run may leave nothing to end"),
        ),
        "in use", "Nothing found; the guide's samples treat FAILED as an end.",
    ),
    _silent(
        "stop while deleting", "What does a stop of a version answer while it is being deleted?", "Stop", ("DELETING",),
        (_IN_USE_READING, _GONE_READING), "in use", "Nothing found; the version is still listed.",
    ),
    _silent(
        "stop of an adapter", "What does a stop of an adapter answer?", "Stop", _ADAPTERS,
        (_INVALID_READING, _IN_USE_READING), "invalid",
        "The operation is for Custom Labels only, with which error is not said; the newer page on deletion nevertheless tells readers to stop a running adapter, a state adapters do not have.",
    ),
)  # fmt: skip
_STOP_FAILS: Final = OpenQuestion(
    "how a failed stop shows", "What becomes of a model whose stop fails?",
    (
        Reading("failed", "It is FAILED, StatusMessage says why."),
        Reading("runs on", "It is RUNNING again, after it was shown as STOPPING.", (
            Transition("seen to be stopping", "STOPPING", internal("show", witnessed=True), "STOPPING_SEEN", assumed("a status that a description shows is the model's own")),
            Transition("the stop failed and it runs on", "STOPPING_SEEN", internal("recover", witnessed=True), "RUNNING", assumed("nothing says that a failed stop ends the run")),
        )),
    ),
    "failed",
    "The guide's Java sample takes FAILED while stopping for a failed stop, and calls any status but STOPPING, STOPPED and FAILED unexpected. A model that shows RUNNING without having shown STOPPING was not stopped at all.",
    _STOPPING,
)
_RUN_FAILS: Final = OpenQuestion(
    "failure of a running model", "Can a RUNNING model become FAILED by itself?",
    (
        Reading("impossible", "Units that fail are replaced, a zone that is lost lowers capacity."),
        Reading("possible", "It is shown as FAILED.", (
            Transition("the run failed", "RUNNING", internal("fail", witnessed=True), "FAILED", assumed("nothing says that a run cannot fail")),
        )),
    ),
    "impossible",
    "Nobody says so; the guide says of failed units and lost zones that the model runs on.",
    ("RUNNING",),
)
_START_QUESTIONS = (
    _silent(
        "start of a model that is not at rest", "What does a start of a STARTING, RUNNING or STOPPING model answer?", "Start", ("STARTING", "RUNNING", *_STOPPING),
        (_IN_USE_READING, _unchanged("Answered with the present status.", "a repeated start asks for nothing new")), "in use",
        "The demo offers Start at rest only. To change its units a running model has to be stopped first, so a start is no update.",
        (PLAIN,),
    ),
    _silent(
        "start of a model that is not trained", "What does a start answer without training results?", "Start", _UNTRAINED,
        (_IN_USE_READING, _INVALID_READING), "in use", "Silent; the declared errors that may fit are two.", (PLAIN,),
    ),
    _silent(
        "start of a failed model", "Can a FAILED model be started again?", "Start", ("FAILED",),
        (_IN_USE_READING, ("accepted", "Answered STARTING.", ok(), "STARTING", "its training results are still there")), "in use",
        "The brand detection sample treats FAILED as final, the batch processing sample would start from any state but RUNNING and STARTING.",
        (PLAIN,),
    ),
    _silent(
        "start while deleting", "What does a start of a version answer while it is being deleted?", "Start", ("DELETING",),
        (_IN_USE_READING, _GONE_READING), "in use", "Nothing found; the version is still listed.", (PLAIN,),
    ),
    _silent(
        "start of an adapter", "What does a start of an adapter answer?", "Start", _ADAPTERS,
        (_INVALID_READING, _IN_USE_READING), "invalid", "The operation is for Custom Labels only; the error is not said.", (PLAIN,),
    ),
    OpenQuestion(
        "maximum below minimum", "What does a start answer with MaxInferenceUnits below MinInferenceUnits?",
        (
            Reading("invalid", "Refused with InvalidParameterException.", (
                Transition("units out of order are refused", (ABSENT, *_EXISTING), call("Start", _INVALID, when=BELOW), SAME, assumed("the two contradict each other"), free=True),
            )),
            Reading("ignored", "Answered as if the maximum were not there.", (
                Transition("units out of order are not minded", _STARTABLE, call("Start", ok(), when=BELOW), "STARTING", assumed("nothing says they are compared"), free=True),
                Transition("units out of order change nothing elsewhere", tuple(s for s in _EXISTING if s not in _STARTABLE), call("Start", _IN_USE, when=BELOW), SAME, assumed("as without a maximum"), free=True),
                Transition("units out of order for an unknown version", ABSENT, call("Start", _UNKNOWN, when=BELOW), SAME, assumed("as without a maximum"), free=True),
            )),
        ),
        "invalid", "Each is at least 1; nothing says how they relate.", (ABSENT, *_EXISTING), "Start", (BELOW,),
    ),
)  # fmt: skip
_DELETE_QUESTIONS = (
    _silent(
        "deletion while starting or stopping", "Is a STARTING or STOPPING model 'running' for a deletion?", "Delete", ("STARTING", *_STOPPING),
        (_IN_USE_READING, ("accepted", "Answered DELETING.", ok(), "DELETING", "it is neither RUNNING nor training")), "in use",
        "The text of March 2020 demanded a stopped model; since June 2020 it must not be running and not training.",
    ),
    _silent(
        "deletion again", "What does a deletion answer for a version that is being deleted?", "Delete", ("DELETING", "ADAPTER_DELETING"),
        (_IN_USE_READING, _unchanged("Answered DELETING again.", "kind to retries"), _GONE_READING), "in use", "Nothing found; the version is still listed.",
    ),
    _silent(
        "deletion of an unfinished copy", "What does a deletion answer while a copy is made?", "Delete", ("COPYING_IN_PROGRESS",),
        (_IN_USE_READING, ("accepted", "Answered DELETING.", ok(), "DELETING", "it is neither running nor training")), "in use",
        "Literally it is neither running nor training; the rule is older than copies.",
    ),
)  # fmt: skip
_COPY_QUESTIONS = (
    _silent(
        "copy of a model in another state", "Can a trained model be copied once it was started, or was copied itself?", "CopyFrom",
        (*_RUNS, "STOPPING_SEEN", "COPYING_COMPLETED"),
        (_unchanged("It is copied and stays as it is.", "its training results are there"), _IN_USE_READING, _INVALID_READING), "accepted",
        "The state of the source is not mentioned; what is copied are the training results.", (PLAIN,),
    ),
    _silent(
        "copy while deleting", "What does a copy of a version answer while it is being deleted?", "CopyFrom", ("DELETING",),
        (_IN_USE_READING, _GONE_READING), "in use", "Nothing found; the version is still listed.", (PLAIN,),
    ),
)  # fmt: skip


def _is_configured(request: Request) -> bool:
    return "FeatureConfig" in request


def _is_below(request: Request) -> bool:
    low, high = request.get("MinInferenceUnits"), request.get("MaxInferenceUnits")
    return isinstance(low, int) and isinstance(high, int) and high < low


def _is_named(request: Request) -> bool:
    return request.get("VersionNames") is not None


def _is_elsewhere(request: Request) -> bool:
    return home(request.get("SourceProjectVersionArn"))[:2] != home(request.get("DestinationProjectArn"))[:2]


# ---- data rules on versions -----------------------------------------------------------------------------------------

_RESULTS = ("BillableTrainingTimeInSeconds", "EvaluationResult")
_NOT_RUN = ("TRAINING_IN_PROGRESS", "TRAINING_COMPLETED", "TRAINING_FAILED", *_COPIES)
_AFTER_TRAINING = ("TRAINING_COMPLETED", "TRAINING_FAILED", *_RUNS)


def _is_copy(job: rules.Job) -> bool:
    return job.get("SourceProjectVersionArn") is not None


def _for_originals(rule: rules.SightRule) -> rules.SightRule:
    """The rule, for versions that were trained here: of a copy the documents do not say it."""
    return rules.holds(
        f"{rule.name} (not of copies)",
        f"{rule.sentence} Copies are left out.",
        rule.source,
        lambda sight: None if _is_copy(sight.job) else rule.check(sight),
    )


def _copy_names_source(sight: rules.Sight) -> str | None:
    is_copying = sight.status in _COPIES
    if sight.full and is_copying and not _is_copy(sight.job):
        return f"a copy that shows {sight.status} has no SourceProjectVersionArn"
    return None


def _adapter_members(sight: rules.Sight) -> str | None:
    if sight.job.get("Feature") != _LABELS_FEATURE:
        return None
    there = [member for member in ("FeatureConfig", "BaseModelVersion") if member in sight.job]
    return f"a {_LABELS_FEATURE} version has {' and '.join(there)}" if there else None


def _bears_its_name(sight: rules.Sight) -> str | None:
    """What is wrong with the ARN of a version: its project and name are those asked for."""
    arn, created = sight.job.get("ProjectVersionArn"), sight.created
    if not isinstance(arn, str) or created is None:
        return None
    project, name = created.get("DestinationProjectArn", created.get("ProjectArn")), created.get("VersionName")
    if home(arn) != home(project) or parts(arn).get("version") != name:
        return f"the new version {name!r} of {project!r} is called {arn!r}"
    return None


def _project_bears_its_name(sight: rules.Sight) -> str | None:
    arn, name = sight.job.get("ProjectArn"), sight.created.get("ProjectName") if sight.created is not None else None
    if not isinstance(arn, str) or name is None:
        return None
    found = parts(arn)
    is_so = found.get("project") == name and found.get("version") is None
    return None if is_so else f"the new project {name!r} is called {arn!r}"


_VERSION_RULES = (
    rules.holds("a new version is called as asked", "The ARN of a version names its project and the name asked for.", MODEL.implies("ProjectVersionArn, VersionNames: a version name is part of the ARN"), _bears_its_name),
    *(rules.present(m, LABELS.implies("the Python samples read it without a test in every state")) for m in ("CreationTimestamp", "Status", "StatusMessage")),
    *(rules.absent(m, MODEL.states(f"ProjectVersionDescription, {m}"), when=("TRAINING_IN_PROGRESS", "TRAINING_FAILED")) for m in _RESULTS),
    _for_originals(rules.present("BillableTrainingTimeInSeconds", MODEL.implies("returned if training succeeded"), when=("TRAINING_COMPLETED", *_RUNS))),
    rules.present("EvaluationResult", SAMPLES.implies("continuous improvement: F1Score is read as soon as training is completed"), when=("TRAINING_COMPLETED", *_RUNS)),
    rules.present("EvaluationResult", NEWER.implies("md-copy-model: the copy has the training results"), when=("COPYING_COMPLETED",)),
    rules.absent("TrainingEndTimestamp", MODEL.implies("time at which training ended"), when=("TRAINING_IN_PROGRESS",)),
    _for_originals(rules.present("TrainingEndTimestamp", MODEL.implies("time at which training ended"), when=_AFTER_TRAINING)),
    _for_originals(rules.ordered(("CreationTimestamp", "TrainingEndTimestamp"), MODEL.implies("CreationTimestamp is when training started"))),
    rules.constant("CreationTimestamp", MODEL.implies("when training started")),
    rules.constant("TrainingEndTimestamp", MODEL.implies("when training ended")),
    rules.constant("Feature", MODEL.implies("a property of the project")),
    rules.constant("SourceProjectVersionArn", MODEL.implies("the version it was copied from")),
    *(rules.constant(m, assumed("starts and stops do not touch training results")) for m in _RESULTS),
    rules.absent("MinInferenceUnits", LABELS.implies("samples test for it; there are none before the first start"), when=_NOT_RUN),
    rules.absent("MaxInferenceUnits", LABELS.implies("there are none before the first start"), when=_NOT_RUN),
    rules.holds("a copy names its source", "A version that is or was being copied has SourceProjectVersionArn.", MODEL.states("SourceProjectVersionArn"), _copy_names_source),
    rules.echoes("SourceProjectVersionArn", MODEL.states("SourceProjectVersionArn")),
    rules.echoes("OutputConfig", MODEL.implies("where results are stored")),
    rules.echoes("KmsKeyId", MODEL.implies("only where a key of the customer is used")),
    rules.echoes("VersionDescription", HISTORY.implies("2023-10-12")),
    rules.holds("a model has no members of adapters", "FeatureConfig and BaseModelVersion are for adapters.", HISTORY.implies("2023-10-12"), _adapter_members),
)  # fmt: skip

VERSION = Lifecycle(
    api="rekognition",
    name="version",
    title="project version: a model, or an adapter",
    kinds=(Kind("version", "ProjectVersion"),),
    states=_STATES,
    operations=(
        Operation("Create", Role.CREATE, (RequestClass(CONFIGURED, "The request has FeatureConfig, which only adapters have.", _is_configured, only_in=(ABSENT,)),), plain_in=(ABSENT,)),
        Operation("Copy", Role.CREATE, plain_in=(ABSENT,)),
        Operation("CopyFrom", Role.READ, (RequestClass(ELSEWHERE, "The account or region of the source is not that of the destination.", _is_elsewhere),)),
        Operation("List", Role.LIST),
        Operation("Start", Role.ORDER, (RequestClass(BELOW, "MaxInferenceUnits is below MinInferenceUnits.", _is_below),)),
        Operation("Stop", Role.ORDER),
        Operation("Delete", Role.DELETE),
    ),
    transitions=(
        Transition("training of a model began", ABSENT, call("Create", ok(), when=PLAIN), "TRAINING_IN_PROGRESS", MODEL.states("CreateProjectVersion"), free=True),
        Transition("training of an adapter began", ABSENT, call("Create", ok()), "ADAPTER_TRAINING", MODEL.states("CreateProjectVersion, custom adapter"), free=True),
        Transition("copying began", ABSENT, call("Copy", ok()), "COPYING_IN_PROGRESS", MODEL.implies("CopyProjectVersion")),
        Transition("trained", "TRAINING_IN_PROGRESS", internal("train"), "TRAINING_COMPLETED", MODEL.states("CreateProjectVersion")),
        Transition("training failed", "TRAINING_IN_PROGRESS", internal("fail"), "TRAINING_FAILED", LABELS.states("tm-debugging, terminal errors")),
        Transition("copied", "COPYING_IN_PROGRESS", internal("copy"), "COPYING_COMPLETED", MODEL.states("CopyProjectVersion")),
        Transition("copying failed", "COPYING_IN_PROGRESS", internal("fail"), "COPYING_FAILED", MODEL.implies("ProjectVersionStatus")),
        Transition("start asked", "TRAINING_COMPLETED", call("Start", ok(), when=PLAIN), "STARTING", LABELS.states("rm-start")),
        Transition("started again", "STOPPED", call("Start", ok(), when=PLAIN), "STARTING", LABELS.states("gs-step-start-model: restart at a later time")),
        Transition("start of a copy asked", "COPYING_COMPLETED", call("Start", ok(), when=PLAIN), "STARTING", NEWER.implies("md-copy-model: copies are made to be used")),
        Transition("running", "STARTING", internal("run"), "RUNNING", MODEL.states("waiter ProjectVersionRunning, success")),
        Transition("the start failed", "STARTING", internal("fail"), "FAILED", MODEL.states("waiter ProjectVersionRunning, failure")),
        Transition("stop asked", "RUNNING", call("Stop", ok()), "STOPPING", PAGE.implies("Description and Status; samples of rm-stop expect STOPPING, STOPPED or FAILED"), free=True),
        Transition("stop asked, and not yet shown", "RUNNING", call("Stop", ok("RUNNING", _LABELS_FEATURE)), "STOPPING", assumed("Status is the present one, and the stop may take effect after the answer"), free=True),
        Transition("stopped at once", "RUNNING", call("Stop", ok()), "STOPPED", assumed("stopping may take a while, and need not"), free=True),
        Transition("stopped", _STOPPING, internal("halt"), "STOPPED", LABELS.states("rm-stop")),
        Transition("the stop failed", _STOPPING, internal("fail"), "FAILED", LABELS.implies("rm-stop, Java sample")),
        Transition("a model at rest is deleted", ("TRAINING_COMPLETED", "STOPPED"), call("Delete", ok()), "DELETING", MODEL.states("DeleteProjectVersion: not running, not training")),
        Transition("a failed model or a copy is deleted", ("TRAINING_FAILED", "FAILED", "COPYING_COMPLETED", "COPYING_FAILED"), call("Delete", ok()), "DELETING", MODEL.implies("DeleteProjectVersion: not running, not training")),
        Transition("an adapter is deleted", ("ADAPTER_COMPLETED", "ADAPTER_FAILED", "DEPRECATED", "EXPIRED"), call("Delete", ok()), "ADAPTER_DELETING", MODEL.implies("DeleteProjectVersion: not running, not training")),
        Transition("a running model is not deleted", "RUNNING", call("Delete", _HELD), SAME, MODEL.states("DeleteProjectVersion: not while it is running")),
        Transition("a version in training is not deleted", ("TRAINING_IN_PROGRESS", "ADAPTER_TRAINING"), call("Delete", _HELD), SAME, MODEL.states("DeleteProjectVersion: not while it is training")),
        Transition("deleted", ("DELETING", "ADAPTER_DELETING"), internal("vanish"), ABSENT, LABELS.implies("tm-delete-model: polls until the list is empty")),
        Transition("the adapter is trained", "ADAPTER_TRAINING", internal("train"), "ADAPTER_COMPLETED", MODEL.states("CreateProjectVersion")),
        Transition("training of the adapter failed", "ADAPTER_TRAINING", internal("fail"), "ADAPTER_FAILED", NEWER.states("managing-adapters")),
        Transition("deprecated by a new base model", "ADAPTER_COMPLETED", internal("deprecate"), "DEPRECATED", NEWER.states("managing-adapters")),
        Transition("expired", "DEPRECATED", internal("expire"), "EXPIRED", NEWER.states("managing-adapters")),
        Transition("a trained model is copied", "TRAINING_COMPLETED", call("CopyFrom", ok(), when=PLAIN), SAME, MODEL.implies("CopyProjectVersion; the copy has the training results"), free=True),
        Transition("a copy is refused for its other parts", "TRAINING_COMPLETED", call("CopyFrom", _ANY, when=PLAIN), SAME, MODEL.implies("CopyProjectVersion: the destination may be missing, or the name in use"), free=True),
        Transition("an untrained model is not copied", _UNTRAINED, call("CopyFrom", _ANY, when=PLAIN), SAME, NEWER.implies("md-copy-model: the copy has the training results")),
        Transition("an adapter is not copied", _ADAPTERS, call("CopyFrom", _ANY, when=PLAIN), SAME, MODEL.states("CopyProjectVersion: Custom Labels only")),
        Transition("an unknown version is not copied", ABSENT, call("CopyFrom", _ANY, when=PLAIN), SAME, MODEL.states("CopyProjectVersion: the source must exist")),
        Transition("another account's version is copied", (ABSENT, *_EXISTING), call("CopyFrom", ok(), when=ELSEWHERE), SAME, MODEL.states("CopyProjectVersion: accounts may differ"), free=True),
        Transition("another account's version is not copied", (ABSENT, *_EXISTING), call("CopyFrom", _ANY, when=ELSEWHERE), SAME, MODEL.states("CopyProjectVersion: needs a project policy, stays in its region"), free=True),
        Transition("listed", _EXISTING, call("List", ok()), SAME, MODEL.states("DescribeProjectVersions")),
        Transition("not listed while it does not exist", ABSENT, call("List", ok()), SAME, LABELS.implies("tm-delete-model: polls until the list is empty")),
        Transition("an unknown version is not started", ABSENT, call("Start", _UNKNOWN, when=PLAIN), SAME, MODEL.states("StartProjectVersion, errors")),
        Transition("an unknown version is not stopped", ABSENT, call("Stop", _UNKNOWN), SAME, PAGE.states("Errors")),
        Transition("an unknown version is not deleted", ABSENT, call("Delete", _UNKNOWN), SAME, MODEL.states("DeleteProjectVersion, errors")),
    ),
    questions=(*_STOP_QUESTIONS, *_START_QUESTIONS, *_DELETE_QUESTIONS, *_COPY_QUESTIONS, _STOP_FAILS, _RUN_FAILS),
    frame=MODEL.implies("ProjectVersionStatus; running-model, managing-adapters"),
    id_member="ProjectVersionArn",
    status_members=("Status", "Feature"),
    progress=(
        LeadsTo("a stop leads to an end", "A model whose stop was accepted is STOPPED or FAILED in the end, or seen to run on.", _STOPPING, ("STOPPED", "FAILED", "RUNNING"), LABELS.states("rm-stop")),
        LeadsTo("a start leads to a run or a failure", "A model whose start was accepted is RUNNING or FAILED in the end, unless it is stopped.", ("STARTING",), ("RUNNING", "FAILED"), MODEL.states("waiter ProjectVersionRunning"), unless=("Stop",)),
        LeadsTo("training ends", "A model in training is TRAINING_COMPLETED or TRAINING_FAILED in the end.", ("TRAINING_IN_PROGRESS",), ("TRAINING_COMPLETED", "TRAINING_FAILED"), MODEL.states("waiter ProjectVersionTrainingCompleted")),
        LeadsTo("training of an adapter ends", "An adapter in training is TRAINING_COMPLETED or TRAINING_FAILED in the end.", ("ADAPTER_TRAINING",), ("ADAPTER_COMPLETED", "ADAPTER_FAILED"), MODEL.states("waiter ProjectVersionTrainingCompleted")),
        LeadsTo("copying ends", "A copy is COPYING_COMPLETED or COPYING_FAILED in the end.", ("COPYING_IN_PROGRESS",), ("COPYING_COMPLETED", "COPYING_FAILED"), MODEL.states("CopyProjectVersion")),
        LeadsTo("a deleted version disappears", "A version whose deletion was accepted disappears.", ("DELETING", "ADAPTER_DELETING"), (ABSENT,), LABELS.implies("tm-delete-model: polls until the list is empty")),
    ),
    rules=_VERSION_RULES,
)  # fmt: skip

# ---- projects -------------------------------------------------------------------------------------------------------

_PROJECT_QUESTIONS = (
    _silent(
        "version for a project that is being created", "Can a version be trained in a CREATING project?", "AddVersion", ("CREATING",),
        (("accepted", "It is trained.", ok(), SAME, "samples train at once"), _IN_USE_READING), "accepted",
        "CREATING stands in the enum and nowhere else; samples create a project and train at once.",
    ),
    _silent(
        "copy into a project that is being created", "Can a version be copied into a CREATING project?", "ReceiveCopy", ("CREATING",),
        (("accepted", "It is copied.", ok(), SAME, "samples use a new project at once"), _IN_USE_READING), "accepted",
        "CREATING stands in the enum and nowhere else.",
    ),
    OpenQuestion(
        "deletion of a project that is being created", "What does a deletion of a CREATING project answer?",
        (
            Reading("as when created", "Answered DELETING, unless it holds something.", (
                Transition("an empty project that is being created is deleted", "CREATING", call("Delete", ok()), "DELETING", assumed("it holds nothing"), free=True),
                Transition("a project that is being created and holds something is not deleted", "CREATING", call("Delete", _IN_USE), SAME, assumed("its versions come first"), free=True),
            )),
            Reading("in use", "Refused with ResourceInUseException.", (
                Transition("deletion of a project that is being created: in use", "CREATING", call("Delete", _IN_USE), SAME, assumed("its creation is not finished"), free=True),
            )),
        ),
        "as when created", "CREATING stands in the enum and nowhere else.", ("CREATING",), "Delete",
    ),
    _silent(
        "version for a project that is being deleted", "What does a training in a DELETING project answer?", "AddVersion", ("DELETING",),
        (_IN_USE_READING, _GONE_READING, _INVALID_READING), "in use", "Nothing found; the project is still listed.",
    ),
    _silent(
        "copy into a project that is being deleted", "What does a copy into a DELETING project answer?", "ReceiveCopy", ("DELETING",),
        (_IN_USE_READING, _GONE_READING, _INVALID_READING), "in use", "Nothing found; the project is still listed.",
    ),
    _silent(
        "versions of a project that is being deleted", "What does DescribeProjectVersions answer for a DELETING project?", "ListVersions", ("DELETING",),
        (("accepted", "A list without versions.", ok(), SAME, "the project is still listed"), _GONE_READING), "accepted",
        "Nothing found; the project is still listed.",
    ),
    _silent(
        "deletion of a project again", "What does a deletion of a DELETING project answer?", "Delete", ("DELETING",),
        (_unchanged("Answered DELETING again.", "kind to retries"), _IN_USE_READING, _GONE_READING), "accepted",
        "Nothing found; the project is still listed.",
    ),
)  # fmt: skip

PROJECT = Lifecycle(
    api="rekognition",
    name="project",
    title="project, which holds versions",
    kinds=(Kind("project", "Project"),),
    states=(
        State(ABSENT, note="never created, or deleted"),
        State("CREATING"),
        State("CREATED"),
        State("DELETING", note="a deletion was accepted"),
    ),
    operations=(
        Operation("Create", Role.CREATE, plain_in=(ABSENT,)),
        Operation("List", Role.LIST),
        Operation("ListVersions", Role.READ, (RequestClass(NAMED, "The request has VersionNames.", _is_named),)),
        Operation("AddVersion", Role.READ),
        Operation("ReceiveCopy", Role.READ),
        Operation("Delete", Role.DELETE),
    ),
    transitions=(
        Transition("created", ABSENT, call("Create", ok()), "CREATING", MODEL.states("CreateProject")),
        Transition("creation finished", "CREATING", internal("ready"), "CREATED", MODEL.implies("ProjectStatus")),
        Transition("listed", ("CREATING", "CREATED", "DELETING"), call("List", ok()), SAME, MODEL.states("DescribeProjects")),
        Transition("not listed while it does not exist", ABSENT, call("List", ok()), SAME, MODEL.states("DeleteProject: deleted when no longer listed")),
        Transition("its versions are described", ("CREATING", "CREATED"), call("ListVersions", ok(), when=PLAIN), SAME, MODEL.states("DescribeProjectVersions")),
        Transition("its versions are described by name", ("CREATING", "CREATED"), call("ListVersions", ok(), when=NAMED), SAME, LABELS.implies("tm-delete-model: the name of a deleted version gives an empty list")),
        Transition("versions of an unknown project are not described", ABSENT, call("ListVersions", _UNKNOWN), SAME, MODEL.states("DescribeProjectVersions, errors")),
        Transition("a version is trained in it", "CREATED", call("AddVersion", ok()), SAME, MODEL.states("CreateProjectVersion"), free=True),
        Transition("a version's name is in use", "CREATED", call("AddVersion", _IN_USE), SAME, MODEL.implies("VersionName must be unique; the only declared error that fits"), free=True),
        Transition("a version's data do not fit", "CREATED", call("AddVersion", _INVALID), SAME, MODEL.implies("CreateProjectVersion: data given by halves, or beside datasets; FeatureConfig of another feature"), free=True),
        Transition("no version is trained in an unknown project", ABSENT, call("AddVersion", _UNKNOWN), SAME, MODEL.states("CreateProjectVersion, errors")),
        Transition("a version is copied into it", "CREATED", call("ReceiveCopy", ok()), SAME, MODEL.states("CopyProjectVersion"), free=True),
        Transition("a copy into it is refused", "CREATED", call("ReceiveCopy", _ANY), SAME, MODEL.implies("CopyProjectVersion: the source may be missing, or the name in use"), free=True),
        Transition("nothing is copied into an unknown project", ABSENT, call("ReceiveCopy", _ANY), SAME, MODEL.states("CopyProjectVersion: the destination must exist")),
        Transition("an empty project is deleted", "CREATED", call("Delete", ok()), "DELETING", MODEL.states("DeleteProject"), free=True),
        Transition("a project that holds something is not deleted", "CREATED", call("Delete", _HELD), SAME, MODEL.states("DeleteProject: versions first"), free=True),
        Transition("an unknown project is not deleted", ABSENT, call("Delete", _UNKNOWN), SAME, MODEL.states("DeleteProject, errors")),
        Transition("gone", "DELETING", internal("vanish"), ABSENT, MODEL.states("DeleteProject: deleted when no longer listed")),
    ),
    questions=_PROJECT_QUESTIONS,
    frame=MODEL.implies("ProjectStatus"),
    id_member="ProjectArn",
    status_members=("Status",),
    progress=(
        LeadsTo("a project comes about", "A project that is being created is CREATED in the end.", ("CREATING",), ("CREATED",), MODEL.implies("ProjectStatus")),
        LeadsTo("a deleted project disappears", "A project whose deletion was accepted disappears.", ("DELETING",), (ABSENT,), MODEL.states("DeleteProject")),
    ),
    rules=(
        rules.holds("a new project is called as asked", "The ARN of a project names it as asked.", MODEL.implies("ProjectArn"), _project_bears_its_name),
        rules.present("CreationTimestamp", MODEL.implies("ProjectDescription")),
        rules.present("Status", MODEL.implies("ProjectDescription")),
        rules.constant("CreationTimestamp", MODEL.implies("ProjectDescription")),
        rules.constant("Feature", MODEL.implies("ProjectDescription")),
    ),
)  # fmt: skip

# ---- operations on the wire -----------------------------------------------------------------------------------------


def _would_list_version(request: Request, version_arn: str, _made: Request | None) -> Pattern | None:
    """A project's list leaves out nothing of it but, if names are given, the versions that have none of them."""
    found, names = parts(version_arn), request.get("VersionNames")
    if not found or home(version_arn) != home(request.get("ProjectArn")):
        return None
    return () if names is None or found["version"] in names else None


def _would_list_project(request: Request, project_arn: str, made: Request | None) -> Pattern | None:
    """Without `Features` the list is of Custom Labels projects alone: which those are, their creations tell."""
    features, names = set(request.get("Features") or (_LABELS_FEATURE,)), request.get("ProjectNames")
    is_asked = made is not None and made.get("Feature", _LABELS_FEATURE) in features
    if not (is_asked or {_LABELS_FEATURE, _ADAPTER_FEATURE} <= features):
        return None
    return () if names is None or parts(project_arn).get("project") in names else None


_PAGING: Final[dict[str, Any]] = {"next_in": "NextToken", "next_out": "NextToken", "limit_in": "MaxResults"}
_BINDINGS = (
    Binding("CreateProject", "project", "Create", view=(), hides_status=True),
    Binding("DescribeProjects", "project", "List", items=("ProjectDescriptions",), full=True, would_list=_would_list_project, filters_in=("ProjectNames", "Features"), **_PAGING),
    Binding("DeleteProject", "project", "Delete", id_in="ProjectArn", view=()),
    Binding("CreateProjectVersion", "version", "Create", view=(), hides_status=True, scope_in="ProjectArn"),
    Binding("CreateProjectVersion", "project", "AddVersion", id_in="ProjectArn"),
    Binding("CopyProjectVersion", "version", "Copy", view=(), hides_status=True, scope_in="DestinationProjectArn"),
    Binding("CopyProjectVersion", "version", "CopyFrom", id_in="SourceProjectVersionArn"),
    Binding("CopyProjectVersion", "project", "ReceiveCopy", id_in="DestinationProjectArn"),
    Binding("DescribeProjectVersions", "version", "List", items=("ProjectVersionDescriptions",), full=True, scope_in="ProjectArn", would_list=_would_list_version, filters_in=("VersionNames",), **_PAGING),
    Binding("DescribeProjectVersions", "project", "ListVersions", id_in="ProjectArn"),
    Binding("StartProjectVersion", "version", "Start", id_in="ProjectVersionArn", view=()),
    Binding("StopProjectVersion", "version", "Stop", id_in="ProjectVersionArn", view=()),
    Binding("DeleteProjectVersion", "version", "Delete", id_in="ProjectVersionArn", view=()),
)  # fmt: skip

# ---- errors ---------------------------------------------------------------------------------------------------------

_OPERATIONS = tuple(dict.fromkeys(binding.operation for binding in _BINDINGS))


def _all_but(*names: str) -> tuple[str, ...]:
    return tuple(operation for operation in _OPERATIONS if operation not in names)


_LISTS = ("DescribeProjects", "DescribeProjectVersions")
_CREATIONS = ("CreateProject", "CreateProjectVersion", "CopyProjectVersion")
_COMMON = assumed("usual answer of this protocol; the page has no link to the common errors")

_ERRORS = (
    ErrorSpec("AccessDeniedException", (400,), (Nature.ACCESS,), PAGE.states("Errors"), _OPERATIONS),
    ErrorSpec("InternalServerError", (500,), (Nature.FAULT,), PAGE.states("Errors"), _OPERATIONS, note="the name has no 'Exception'"),
    ErrorSpec("InvalidParameterException", (400,), (Nature.REFUSAL, Nature.INVALID), PAGE.states("Errors"), _OPERATIONS),
    ErrorSpec("ProvisionedThroughputExceededException", (400,), (Nature.THROTTLE,), PAGE.states("Errors"), _OPERATIONS),
    ErrorSpec("ResourceInUseException", (400,), (Nature.REFUSAL,), PAGE.states("Errors"), _all_but(*_LISTS), note="the page has no text for it; messages in the guide tell of wrong states and of names in use"),
    ErrorSpec("ResourceNotFoundException", (400,), (Nature.REFUSAL,), PAGE.states("Errors"), _all_but("CreateProject", "DescribeProjects"), note="400, not 404"),
    ErrorSpec("ThrottlingException", (500, 400), (Nature.THROTTLE,), PAGE.states("Errors"), _OPERATIONS, note="500 on every API page; the guide's list of errors has it under 400 and under 500"),
    ErrorSpec("LimitExceededException", (400,), (Nature.ENVIRONMENT,), MODEL.states("errors; HTTP status: RDG"), (*_CREATIONS, "StartProjectVersion")),
    ErrorSpec("ServiceQuotaExceededException", (400,), (Nature.ENVIRONMENT,), MODEL.states("errors; HTTP status: RDG"), ("CreateProjectVersion", "CopyProjectVersion")),
    ErrorSpec("InvalidPaginationTokenException", (400,), (Nature.INVALID, Nature.ENVIRONMENT), MODEL.states("errors; HTTP status: RDG"), _LISTS),
    ErrorSpec("ValidationException", (400,), (Nature.INVALID,), MODEL.states("DescribeProjectVersions, MaxResults"), note="named in a text and declared by no operation"),
    ErrorSpec("SerializationException", (400,), (Nature.INVALID,), _COMMON),
    ErrorSpec("UnknownOperationException", (400,), (Nature.INVALID,), _COMMON),
    ErrorSpec("UnrecognizedClientException", (400,), (Nature.ACCESS,), _COMMON),
    ErrorSpec("InvalidSignatureException", (400,), (Nature.ACCESS,), _COMMON),
    ErrorSpec("IncompleteSignatureException", (400,), (Nature.ACCESS,), _COMMON),
    ErrorSpec("MissingAuthenticationTokenException", (400, 403), (Nature.ACCESS,), _COMMON),
    ErrorSpec("ExpiredTokenException", (400, 403), (Nature.ACCESS,), _COMMON),
    ErrorSpec("ServiceUnavailableException", (503,), (Nature.FAULT,), _COMMON),
)  # fmt: skip

# ---- rules on calls and over a trace --------------------------------------------------------------------------------


def _halves(exchange: rules.Exchange) -> str | None:
    given = [member for member in ("TrainingData", "TestingData") if exchange.request.get(member) is not None]
    if exchange.succeeded and exchange.operation == "CreateProjectVersion" and len(given) == 1:
        return f"training began with {given[0]} alone"
    return None


def _no_update_mode(exchange: rules.Exchange) -> str | None:
    request = exchange.request
    if exchange.succeeded and request.get("Feature") == _ADAPTER_FEATURE and exchange.operation == "CreateProject" and request.get("AutoUpdate") is None:
        return f"a {_ADAPTER_FEATURE} project was made without AutoUpdate"
    return None


def _leaves_region(exchange: rules.Exchange) -> str | None:
    request = exchange.request
    regions = [parts(request.get(name)).get("region") for name in ("SourceProjectVersionArn", "DestinationProjectArn")]
    if exchange.succeeded and exchange.operation == "CopyProjectVersion" and regions[0] != regions[1]:
        return f"a version in {regions[0]} was copied to {regions[1]}"
    return None


def _in_tenant(exchange: rules.Exchange) -> str | None:
    """An ARN shown that is not of the tenant's account and region."""
    account, _, region = exchange.tenant.partition("/")
    shown = [item.get(member) for item in exchange.items for member in ("ProjectVersionArn", "ProjectArn")]
    for arn in (*shown, exchange.job_id):
        found = parts(arn)
        if found and (found["account"], found["region"]) != (account, region):
            return f"{arn!r} is shown to {exchange.tenant}"
    return None


def _asked_version(request: Request, item: rules.Job) -> str | None:
    arn, found = item.get("ProjectVersionArn"), parts(item.get("ProjectVersionArn"))
    if not found or "ProjectArn" not in request:
        return None
    if home(arn) != home(request["ProjectArn"]):
        return f"{arn!r} is listed for the project {request['ProjectArn']!r}"
    names = request.get("VersionNames")
    return f"{arn!r} is listed under the names {names}" if names is not None and found["version"] not in names else None


def _asked_project(request: Request, item: rules.Job) -> str | None:
    found = parts(item.get("ProjectArn"))
    if not found:
        return None
    names, features = request.get("ProjectNames"), request.get("Features") or (_LABELS_FEATURE,)
    if names is not None and found["project"] not in names:
        return f"{item.get('ProjectArn')!r} is listed under the names {names}"
    feature = item.get("Feature")
    return f"a {feature} project is listed under {', '.join(features)}" if feature is not None and feature not in features else None


def _without_arn(exchange: rules.Exchange) -> str | None:
    """A listed version or project that cannot be told from others."""
    member = "ProjectVersionArn" if exchange.binding.lifecycle == "version" else "ProjectArn"
    nameless = next((item for item in exchange.items if not isinstance(item.get(member), str)), None)
    return f"{nameless!r} is listed without {member}" if nameless is not None else None


def _item_twice(exchange: rules.Exchange) -> str | None:
    """A version or project that stands twice on one page."""
    arns = [arn for item in exchange.items if isinstance(arn := item.get("ProjectVersionArn", item.get("ProjectArn")), str)]
    twice = next((arn for place, arn in enumerate(arns) if arn in arns[:place]), None)
    return f"{twice!r} stands twice on one page" if twice is not None else None


def _name_twice(exchange: rules.Exchange) -> str | None:
    """A name that two of the listed versions or projects bear; one that is being deleted does not count."""
    seen: dict[tuple[Any, ...], Any] = {}
    for item in exchange.items if exchange.succeeded else ():
        arn = item.get("ProjectVersionArn", item.get("ProjectArn"))
        found = parts(arn)
        if found and item.get("Status") != "DELETING":
            other = seen.setdefault((*home(arn), found["version"]), arn)
            if other != arn:
                return f"{other!r} and {arn!r} bear the same name"
    return None


def _created_at(job: rules.Job) -> float | None:
    """When a listed version was created; whether a copy shows its own time is open."""
    return None if _is_copy(job) else rules.seconds(job.get("CreationTimestamp"))


def _newest_first(exchange: rules.Exchange) -> int:
    return -1 if "ProjectArn" in exchange.request else 0


def _either_way(exchange: rules.Exchange) -> str | None:
    """Projects are sorted by creation; which end comes first is open."""
    if not exchange.succeeded or exchange.operation != "DescribeProjects":
        return None
    times = [at for item in exchange.items if (at := rules.seconds(item.get("CreationTimestamp"))) is not None]
    return None if times in (sorted(times), sorted(times, reverse=True)) else f"projects are listed in the order {times}"


_Shown = Callable[[rules.Exchange], Iterator[tuple[str, bool]]]
_Claim = Callable[[rules.Exchange], "tuple[object, str] | None"]


class _ModelProjects:
    """The projects that were made for models, each with the call that made it."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], rules.Exchange] = {}

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        if exchange.operation == "CreateProject" and exchange.job_id is not None:
            if exchange.request.get("Feature", _LABELS_FEATURE) == _LABELS_FEATURE:
                self.made[exchange.tenant, exchange.job_id] = exchange
            return None
        project = exchange.request.get("ProjectArn") if exchange.binding.lifecycle == "version" else None
        made = self.made.get((exchange.tenant, str(project)))
        for version in exchange.items if made is not None else ():
            if version.get("Feature") == _ADAPTER_FEATURE or version.get("Status") in _OF_ADAPTERS:
                told = f"{version.get('ProjectVersionArn')} is shown as an adapter; its project was made for models"
                return rules.Wrong(told, (made,) if made is not None else ())
        return None


class _Held:
    """The memory of a rule that a call succeeds only once others are gone.

    A breach is reported at once where the recording holds every call of the tenant and no deletion of what was there
    before the call has begun. Otherwise its deletion may be a call whose answer comes later, or one that the recording
    does not have: then it is reported when what was there before the call is seen again after it.
    """

    def __init__(self, shown: _Shown, group: Callable[[str], object], claim: _Claim) -> None:
        self.shown, self.group, self.claim = shown, group, claim
        self.since: dict[tuple[str, object], dict[str, rules.Exchange]] = {}
        """For each group what was shown of it, with the call that showed it first."""
        self.claims: dict[tuple[str, str], tuple[rules.Exchange, str]] = {}
        self.deletions: dict[tuple[str, Any], int] = {}
        """How many deletions of something have begun and were not refused."""

    def begin(self, exchange: rules.Exchange) -> None:
        """Take a call that begins."""
        if exchange.binding.role == "Delete":
            self._count(exchange, 1)

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        """Take the next call; what was claimed to be gone and is there."""
        if exchange.binding.role == "Delete" and exchange.error is not None and (exchange.status or 500) < 500:
            self._count(exchange, -1)
        if not exchange.succeeded or exchange.end is None:
            return None
        there = [arn for arn, alive in self.shown(exchange) if alive]
        wrong = next(self._broken(exchange, there), None)
        claim = self.claim(exchange)
        if claim is not None:
            wrong = self._claimed(exchange, *claim, there) or wrong
        for arn in there:
            self.since.setdefault((exchange.tenant, self.group(arn)), {}).setdefault(arn, exchange)
        return wrong

    def _broken(self, exchange: rules.Exchange, there: list[str]) -> Iterator[rules.Wrong]:
        """What is there though it was claimed to be gone."""
        for arn in there:
            claim, told = self.claims.get((exchange.tenant, arn), (exchange, ""))
            if told and exchange.follows(claim):
                yield rules.Wrong(f"{told}, and {arn!r} is still there", (claim,))

    def _count(self, exchange: rules.Exchange, change: int) -> None:
        key = exchange.tenant, exchange.request.get(exchange.binding.id_in)
        self.deletions[key] = self.deletions.get(key, 0) + change

    def _claimed(self, exchange: rules.Exchange, of: object, told: str, there: list[str]) -> rules.Wrong | None:
        """What is surely there though it was claimed to be gone; what may be there is remembered."""
        for arn, shown in self.since.get((exchange.tenant, of), {}).items():
            if exchange.follows(shown) and arn not in there:
                if exchange.alone and not self.deletions.get((exchange.tenant, arn)):
                    return rules.Wrong(f"{told}, and nobody has deleted {arn!r}", (shown,))
                self.claims.setdefault((exchange.tenant, arn), (exchange, told))
        return None


def _versions_shown(exchange: rules.Exchange) -> Iterator[tuple[str, bool]]:
    if exchange.binding.lifecycle == "version":
        for item in exchange.items:
            if isinstance(arn := item.get("ProjectVersionArn"), str):
                yield arn, item.get("Status") != "DELETING"
        named = exchange.request.get("ProjectVersionArn") if exchange.binding.role in ("Start", "Stop") else exchange.job_id
        if isinstance(named, str):
            yield named, True


def _projects_shown(exchange: rules.Exchange) -> Iterator[tuple[str, bool]]:
    for item in exchange.items:
        if isinstance(arn := item.get("ProjectArn"), str):
            yield arn, item.get("Status") != "DELETING"
    if exchange.operation == "CreateProject" and exchange.job_id is not None:
        yield exchange.job_id, True


def _name(arn: str) -> object:
    return (*home(arn), parts(arn).get("version"))


def _name_claimed(exchange: rules.Exchange) -> tuple[object, str] | None:
    if exchange.binding.role not in ("Create", "Copy") or exchange.job_id is None or not parts(exchange.job_id):
        return None
    return _name(exchange.job_id), f"{exchange.job_id!r} was given a name in use"


def _project_emptied(exchange: rules.Exchange) -> tuple[object, str] | None:
    if exchange.operation != "DeleteProject":
        return None
    project = exchange.request.get("ProjectArn")
    return home(project), f"the deletion of {project!r} was accepted"


def _units(members: rules.Job) -> list[Any]:
    """The inference units of a start or of a version: minimum and maximum."""
    return [members.get("MinInferenceUnits"), members.get("MaxInferenceUnits")]


class _Units:
    """The memory of a rule on inference units: the only start of each version since it was at rest.

    While a start, stop or deletion of the version is in flight nothing is remembered of it, and neither after a second
    start that was answered: whose units are shown then is open.
    """

    def __init__(self) -> None:
        self.asked: dict[tuple[str, Any], rules.Exchange] = {}
        self.before: dict[tuple[str, Any], rules.Exchange] = {}
        self.flying: dict[tuple[str, Any], int] = {}

    def begin(self, exchange: rules.Exchange) -> None:
        """Take a call that begins."""
        if exchange.binding.role in ("Start", "Stop", "Delete"):
            key = exchange.tenant, exchange.request.get("ProjectVersionArn")
            self.flying[key] = self.flying.get(key, 0) + 1
            if key in self.asked:
                self.before[key] = self.asked.pop(key)

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        """Take the next call; a version that starts or runs with other units than asked for."""
        if exchange.binding.role in ("Start", "Stop", "Delete") and exchange.end is not None:
            self._land(exchange)
        for item in exchange.items if exchange.succeeded else ():
            arn = str(item.get("ProjectVersionArn"))
            start = self.asked.get((exchange.tenant, arn))
            if start is None or not exchange.follows(start) or item.get("Status") not in ("STARTING", "RUNNING"):
                continue
            asked, shown = _units(start.request), _units(item)
            if asked != shown:
                return rules.Wrong(f"{arn!r} was started with units {asked} and shows {shown}", (start,))
        return None

    def _land(self, exchange: rules.Exchange) -> None:
        key = exchange.tenant, exchange.request.get("ProjectVersionArn")
        self.flying[key] = self.flying.get(key, 1) - 1
        before = self.before.pop(key, None)
        if self.flying[key] or exchange.status is None or exchange.end is None:
            return
        if exchange.error is not None and exchange.status < 500 and before is not None:
            self.asked[key] = before
        elif exchange.succeeded and exchange.operation == "StartProjectVersion" and before is None:
            self.asked[key] = exchange


_RULES = (
    rules.pages_lead_on(MODEL.implies("DescribeProjectVersionsResponse: NextToken"), _BINDINGS, "ProjectVersionArn", "ProjectArn"),
    rules.page_size(MODEL.states("MaxResults")),
    rules.malformed_id(dict.fromkeys(("version", "project"), ("ResourceNotFoundException", "ResourceInUseException")), MODEL.implies("InvalidParameterException: a parameter violates a constraint")),
    rules.usual_page(100, MODEL.states("MaxResults: the default")),
    rules.success_is(200, PAGE.states("Response Elements, 1st sentence")),
    rules.tells("a stop tells the status", ("StopProjectVersion",), ("Status",), PAGE.states("Response Elements, Status")),
    rules.tells("a start or deletion tells the status", ("StartProjectVersion", "DeleteProjectVersion", "DeleteProject"), ("Status",), MODEL.implies("the only member of the reply")),
    rules.tells("a new version is told its ARN", ("CreateProjectVersion", "CopyProjectVersion"), ("ProjectVersionArn",), MODEL.implies("the only member of the reply")),
    rules.tells("a new project is told its ARN", ("CreateProject",), ("ProjectArn",), MODEL.implies("the only member of the reply")),
    rules.CallRule("training and testing data come together", "A training with one of TrainingData and TestingData is refused.", MODEL.states("CreateProjectVersion, TrainingData, TestingData"), _halves),
    rules.CallRule("an adapter project has an update mode", "A CONTENT_MODERATION project needs AutoUpdate.", MODEL.states("CreateProject, AutoUpdate"), _no_update_mode),
    rules.CallRule("a copy stays in its region", "Source and destination of a copy are in the same region.", MODEL.states("CopyProjectVersion"), _leaves_region),
    rules.CallRule("what is listed has its ARN", "Every listed version and project has its ARN.", LABELS.implies("the Python samples read it without a test in every state"), _without_arn),
    rules.CallRule("ARNs are of the tenant", "What is created and listed is of the caller's account and region.", MODEL.implies("DescribeProjects: all projects in your account; ARN"), _in_tenant),
    rules.listed_match("listed versions are those asked for", "A list of versions holds only the project's, and only those of the names given.", MODEL.states("DescribeProjectVersions, ProjectArn, VersionNames"), _asked_version),
    rules.listed_match("listed projects are those asked for", "A list of projects holds only those of the names and features given, Custom Labels by default.", MODEL.states("DescribeProjects, ProjectNames, Features"), _asked_project),
    rules.sorted_by("versions are listed newest first", "A list of versions is sorted by creation, latest first; copies are left out.", MODEL.states("DescribeProjectVersions, response"), _created_at, _newest_first),
    rules.CallRule("projects are listed by creation", "A list of projects is sorted by creation; which end comes first is open.", MODEL.states("DescribeProjects, response"), _either_way),
    rules.CallRule("nothing is listed twice on a page", "A page holds every version and project once at most.", MODEL.implies("DescribeProjectVersions, DescribeProjects: a list of versions, of projects"), _item_twice),
    rules.CallRule("a name is borne once", "No two listed versions of a project, nor two projects, bear the same name, unless one is being deleted.", MODEL.implies("VersionName: must be unique"), _name_twice),
    rules.HistoryRule("a project of models has no adapters", "No version of a project that was made for Custom Labels, as it is by default, shows Feature or Status of adapters.", MODEL.implies("CreateProject, Feature: Custom Labels by default"), _ModelProjects),
    rules.HistoryRule("a version name in use is refused", "No version is given the name of another version of its project.", MODEL.implies("VersionName: must be unique; ResourceInUseException is declared"), lambda: _Held(_versions_shown, _name, _name_claimed)),
    rules.HistoryRule("a project name in use is refused", "No project is given the name of another.", GUIDE.implies("ResourceInUseException: name already in use"), lambda: _Held(_projects_shown, _name, _name_claimed)),
    rules.HistoryRule("a project with versions is not deleted", "The deletion of a project succeeds only once its versions are gone.", MODEL.states("DeleteProject"), lambda: _Held(_versions_shown, home, _project_emptied)),
    rules.HistoryRule("inference units are those asked for", "A version that starts or runs shows the units of its start.", assumed("nothing else could be shown; after a stop it is open"), _Units),
)  # fmt: skip

# ---- questions about data -------------------------------------------------------------------------------------------


_QUESTIONS = (
    data_question("error for a malformed request", "Which error answers a request that breaks a length, pattern, enum or range?", "ValidationException", ("InvalidParameterException",), "ValidationException is named for MaxResults above 100 and declared nowhere; InvalidParameterException is declared for a violated constraint. Device Farm, of the same protocol family, answers ValidationException."),
    data_question("HTTP status of throttling", "Which HTTP status does ThrottlingException carry?", "500", ("400",), "500 on every API page, and marked as a fault; the guide lists it under 400 and under 500."),
    data_question("name of a deleted version", "Can the name of a deleted version or project be used again?", "free", ("taken",), "Silent; ARNs differ by their digits."),
    data_question("creation time of a copy", "Which CreationTimestamp does a copy show?", "its own", ("its source's",), "CreationTimestamp is when training started; a copy is not trained."),
    data_question("end of training of a copy", "Does a copy show TrainingEndTimestamp?", "its source's", ("left out",), "The copy has the training results; times are not mentioned."),
    data_question("billed training of a copy", "Does a copy show BillableTrainingTimeInSeconds?", "its source's", ("left out",), "The copy has the training results; nothing is billed for training it."),
    data_question("inference units after a stop", "Does a STOPPED version show the units of its last start?", "kept", ("left out",), "Silent; samples test for the member."),
    data_question("failure of the service during training", "How does a failure of the service itself during training show?", "TRAINING_FAILED", ("InternalServerError",), "The guide tells of an InternalServerError raised by the creation and by DescribeProjectVersions, not of a status."),
    data_question("training without data", "What does a training answer in a project without datasets if no manifests are given?", "accepted", ("InvalidParameterException", "ResourceInUseException"), "The error is not said. Datasets are made by operations that are not covered, hence a project may have them."),
    data_question("policies of source projects", "May a version be copied from another account?", "none attached", ("attached",), "It needs a policy on the source project, attached by operations that are not covered; without one the error is not said."),
    data_question("order of projects", "Which end of a list of projects comes first?", "newest first", ("oldest first",), "Sorted by creation, direction not said; versions come newest first."),
    data_question("page token with other parameters", "What does a NextToken answer with other parameters?", "continues", ("InvalidPaginationTokenException",), "Silent."),
    data_question("quotas", "Which of LimitExceededException and ServiceQuotaExceededException answers too many versions, trainings or running models?", "never reached", ("LimitExceededException", "ServiceQuotaExceededException"), "Both are declared by the creation and the copy; which limit is which is not said."),
    data_question("charge while starting and stopping", "Are STARTING and STOPPING charged?", "no", ("yes",), "Charged while the model is running; the margins are not mentioned. No call shows charges."),
    data_question("permission to stop", "Is the permission checked before the version is looked up?", "first", ("later",), "The sentence on the permission stands in the text of the parameter."),
)  # fmt: skip

# ---- what the page says ---------------------------------------------------------------------------------------------

_STOPS = tuple(f"version/{question.name}" for question in _STOP_QUESTIONS)

_STATEMENTS = (
    Statement(1, "Description, 1st sentence", "The call stops a running model.", ("version/stop asked", *_STOPS)),
    Statement(2, "Description, 2nd sentence", "Stopping may take a while.", ("version/stopped", "version/the stop failed", "version/a stop leads to an end")),
    Statement(3, "Description, 3rd sentence", "DescribeProjectVersions shows the present status.", ("version/listed",)),
    Statement(4, "Request Parameters, ProjectVersionArn, 1st sentence", "The parameter names the model version.", ("version/stop asked", "version/an unknown version is not stopped")),
    Statement(5, "Request Parameters, ProjectVersionArn, 2nd sentence", "The caller needs the permission for rekognition:StopProjectVersion.", ("AccessDeniedException",)),
    Statement(6, "Request Parameters, ProjectVersionArn, constraints", "It is required, a string of 20 to 2048 characters, of the pattern of version ARNs.", ("error for a malformed request", "a malformed id is told as such", "InvalidParameterException")),
    Statement(7, "Response Elements, 1st sentence", "Success is HTTP 200.", ("success is HTTP 200",)),
    Statement(8, "Response Elements, 2nd sentence", "The reply is JSON.", ("a stop tells the status",)),
    Statement(9, "Response Elements, Status", "Status is the present status of the stop.", ("a stop tells the status", "version/stop asked", "version/stop while stopping", "version/stop of a stopped model")),
    Statement(10, "Response Elements, Status, valid values", "Its values are the nine statuses a version had then.", ("version/listed", "version/stop asked")),
    Statement(11, "Errors", "AccessDeniedException, HTTP 400: not authorised.", ("AccessDeniedException",)),
    Statement(12, "Errors", "InternalServerError, HTTP 500: try again.", ("InternalServerError",)),
    Statement(13, "Errors", "InvalidParameterException, HTTP 400: a parameter violates a constraint.", ("InvalidParameterException", "error for a malformed request")),
    Statement(14, "Errors", "ProvisionedThroughputExceededException, HTTP 400: too many requests.", ("ProvisionedThroughputExceededException",)),
    Statement(15, "Errors", "ResourceInUseException, HTTP 400, without a description.", ("ResourceInUseException", *_STOPS)),
    Statement(16, "Errors", "ResourceNotFoundException, HTTP 400: what was named is not there.", ("ResourceNotFoundException", "version/an unknown version is not stopped")),
    Statement(17, "Errors", "ThrottlingException, HTTP 500: for a time not able to answer, try again.", ("ThrottlingException", "HTTP status of throttling")),
)  # fmt: skip

_AMBIGUITIES = (
    Ambiguity("B1", "The parameter is the version 'to delete'; it is the one to stop (a slip, mended in 2023).", ("version/stop asked",)),
    Ambiguity("B2", "ThrottlingException with HTTP 500.", ("ThrottlingException", "HTTP status of throttling")),
    Ambiguity("B3", "ResourceInUseException has no description; messages elsewhere cover wrong states and names in use.", ("ResourceInUseException", *_STOPS)),
    Ambiguity("B4", "ResourceNotFoundException speaks of a collection; any resource is meant.", ("ResourceNotFoundException", "version/an unknown version is not stopped")),
    Ambiguity("B5", "The reply's Status may be any status by its type.", ("version/stop asked", "version/stop asked, and not yet shown", "version/stopped at once", *_STOPS)),
    Ambiguity("B6", "Is 'running' a condition or a description?", _STOPS),
    Ambiguity("B7", "Repeated stops are not mentioned and there is no client token.", ("version/stop while stopping", "version/stop of a stopped model")),
    Ambiguity("B8", "The sentence on the permission stands in the text of the parameter.", ("permission to stop", "AccessDeniedException")),
    Ambiguity("B9", "No link to common errors, and no LimitExceededException though Start has it.", ("UnrecognizedClientException", "ServiceUnavailableException", "LimitExceededException")),
    Ambiguity("B10", "How a failed stop shows: FAILED by the Java sample; a return to RUNNING is called unexpected.", ("version/the stop failed", "version/how a failed stop shows")),
    Ambiguity("B11", "The pattern is anchored within its group, allows any partition, and makes the least length idle.", ("error for a malformed request",)),
    Ambiguity("B12", "DescribeProjectVersions tells of up to ten ProjectVersionArns; the member is VersionNames.", ("listed versions are those asked for",)),
    Ambiguity("B13", "ValidationException is named and declared by no operation.", ("ValidationException", "error for a malformed request")),
    Ambiguity("B14", "CreateProjectVersion names DescribeProjectVersion, which does not exist.", not_modelled="a slip for DescribeProjectVersions"),
    Ambiguity("B15", "An inference unit 'represents one hour of processing'.", not_modelled="a unit of charge; charges are not visible in these calls"),
    Ambiguity("B16", "The Java sample tells of failed training when a start fails.", ("version/the start failed",)),
    Ambiguity("B17", "The Java sample of deletion takes a listed version for a deleted one; the Python sample is right.", ("version/deleted",)),
    Ambiguity("B18", "The samples' usage text calls the units an ARN.", not_modelled="a slip in the help text of a sample"),
    Ambiguity("B19", "Charged by the minute in older texts, by the hour in newer ones.", not_modelled="charges are not visible in these calls"),
    Ambiguity("B20", "The page on deleting adapters has readers stop a running adapter; adapters have no such state.", ("version/stop of an adapter",)),
    Ambiguity("B21", "Today's StopProjectVersion says twice that it is for Custom Labels only.", ("version/stop of an adapter",)),
    Ambiguity("B22", "Must a project's datasets be deleted too? The guide says so, the API text names versions only.", ("project/a project that holds something is not deleted", "a project with versions is not deleted")),
    Ambiguity("B23", "Are STARTING and STOPPING 'running' for a deletion?", ("version/deletion while starting or stopping",)),
    Ambiguity("B24", "The brand detection README says STOPPING where its state machine says STOPPED.", ("version/started again",)),
    Ambiguity("stop cells", "Stop is described for RUNNING only.", _STOPS),
    Ambiguity("start cells", "Start is described at rest only.", tuple(f"version/{question.name}" for question in _START_QUESTIONS)),
    Ambiguity("delete cells", "Delete while starting, stopping, copying or deleting.", tuple(f"version/{question.name}" for question in _DELETE_QUESTIONS)),
    Ambiguity("copy cells", "The state of a copy's source.", ("version/a trained model is copied", "version/an untrained model is not copied", *(f"version/{question.name}" for question in _COPY_QUESTIONS))),
    Ambiguity("project cells", "What a project does while it is being created or deleted.", tuple(f"project/{question.name}" for question in _PROJECT_QUESTIONS)),
    Ambiguity("failed run", "Can a running model fail by itself?", ("version/failure of a running model",)),
    Ambiguity("failed training", "Does a failure of the service during training show as a status or as an error?", ("failure of the service during training", "version/training failed")),
    Ambiguity("manifests", "ManifestSummary is not made when a manifest file cannot be read, but is when single lines of it are wrong.", not_modelled="both show TRAINING_FAILED, and only free text tells them apart"),
    Ambiguity("digits", "The digits at the end of an ARN are called a datetime, and are epoch milliseconds in the ARNs that were found.", not_modelled="to a client they are part of a name; what a version's time is, CreationTimestamp says"),
    Ambiguity("grace", "An adapter stays DEPRECATED for 60 to 90 days.", ("version/expired",)),
    Ambiguity("creation", "Which error answers a creation that does not fit its project?", ("training without data", "project/a version's data do not fit", "quotas")),
    Ambiguity("names", "Is a name unique in its project or everywhere, and is it free after a deletion?", ("a name is borne once", "a version name in use is refused", "a project name in use is refused", "name of a deleted version")),
    Ambiguity("copies", "Which times and billed seconds does a copy show?", ("creation time of a copy", "end of training of a copy", "billed training of a copy")),
    Ambiguity("other accounts", "Copying from another account needs a policy; the error without one is not said.", ("policies of source projects", "version/another account's version is copied", "version/another account's version is not copied")),
    Ambiguity("units", "What becomes of the units after a stop, and may the maximum lie below the minimum?", ("inference units after a stop", "inference units are those asked for", "version/maximum below minimum")),
    Ambiguity("messages", "StatusMessage is read always and described for errors and warnings.", ("version/StatusMessage is present",)),
    Ambiguity("order", "In which direction are projects sorted?", ("order of projects", "projects are listed by creation")),
    Ambiguity("pages", "May a page token be used with other parameters?", ("page token with other parameters", "InvalidPaginationTokenException")),
    Ambiguity("charges", "Are STARTING and STOPPING charged?", ("charge while starting and stopping",)),
)  # fmt: skip

API = Api(
    name="rekognition",
    title="Amazon Rekognition Custom Labels",
    page="StopProjectVersion, Rekognition Developer Guide, 2020-05-01",
    service="rekognition",
    tenancy="ACCOUNT/REGION",
    documents=(PAGE, MODEL, HISTORY, GUIDE, LABELS, NEWER, SAMPLES),
    lifecycles=(VERSION, PROJECT),
    bindings=_BINDINGS,
    errors=_ERRORS,
    questions=_QUESTIONS,
    rules=_RULES,
    statements=_STATEMENTS,
    ambiguities=_AMBIGUITIES,
)

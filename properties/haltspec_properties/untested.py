"""What a run asked for and was told nothing of: where a service refuses or fails everything, nothing was tested.

An answer tells something of a job unless there was none, the service failed, or it was refused for what has nothing to
do with jobs: credentials, too many requests, quotas. An answer that breaks a rule tells that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from haltspec.lts import Role
from haltspec.observe import is_uncertain, refusal_tells, refusals, succeeded
from haltspec.oracle import Report
from haltspec.spec import Api, Nature
from haltspec.trace import Call

FEWEST: Final = 3
"""So many calls of an operation have to tell nothing before it counts as untested."""
NO_ANSWER: Final = "no answer"
_MOST_TOLD: Final = 3
_LOOK: Final = "see in the target's log why"


@dataclass(frozen=True, slots=True)
class Untested:
    """What no call told anything of.

    Args:
        operation: the wire operation; empty if it is all of them: no call made a job.
        calls: how many calls there were.
        answers: error codes (or `no answer`) and how often each came, the commonest first.
        makes: it is a creation, of which only a success tells something, unless another one makes such jobs as well, or
            it lacked what it needs.
        remedy: what the user can do.
    """

    operation: str
    calls: int
    answers: Mapping[str, int]
    makes: bool
    remedy: str

    def __str__(self) -> str:
        """What was called and what came instead, as one sentence without its end."""
        if not self.calls:
            return "no job was made, nor was one asked for"
        what = f"of {self.operation}" if self.operation else "that should make a job"
        first = next(iter(self.answers))
        if len(self.answers) == 1:
            which = f"every one of the {self.calls} calls" if self.calls > 1 else "the one call"
            got = "got no answer" if first == NO_ANSWER else f"was answered with {first}"
            return f"{which} {what} {got}"
        listed = [f"{often} {answer}" for answer, often in self.answers.items()]
        more = ["and others"] if len(listed) > _MOST_TOLD else []
        aim = "made a job" if self.makes else "told anything"
        return f"none of the {self.calls} calls {what} {aim}: {', '.join([*listed[:_MOST_TOLD], *more])}"

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values: `operation` (null: no job was made), `calls`, `answers`, `message`, `remedy`."""
        return {
            "operation": self.operation or None,
            "calls": self.calls,
            "answers": dict(self.answers),
            "message": str(self),
            "remedy": self.remedy,
        }


def is_answered(api: Api, call: Call) -> bool:
    """True if the service took a call and decided on it: it did not fail, nor refuse the caller or the moment."""
    spec = None if succeeded(call) else api.error(call.code)
    is_turned_away = spec is not None and any(nature in spec.natures for nature in (Nature.ACCESS, Nature.THROTTLE))
    return not is_turned_away and not is_uncertain(api, call)


def untested(api: Api, report: Report) -> tuple[Untested, ...]:
    """What a run was told nothing of: all of it if no job was made, else operations in order of their first call."""
    broke = {violation.calls[-1] for violation in report.violations}
    makers = {b.operation for b in api.bindings if api.role(b).role is Role.CREATE}
    calls: dict[str, list[Call]] = {}
    told: set[str] = set()
    made: set[tuple[str, str]] = set()  # kinds of jobs, with their lifecycles
    for index, call in enumerate(report.projection.calls):
        calls.setdefault(call.operation, []).append(call)
        if call.operation in makers and succeeded(call):
            made |= _kinds(api, call.operation)
        tells = _lacks(api, call) if call.operation in makers else _tells(api, call)
        if index in broke or succeeded(call) or tells:
            told.add(call.operation)
    if not made:
        return (_untested(api, "", [c for operation in makers for c in calls.get(operation, ())], makes=True),)
    for operation in makers & calls.keys():
        if _kinds(api, operation) <= made and any(is_answered(api, call) for call in calls[operation]):
            told.add(operation)  # another operation made such jobs, and this one may lack what it needs
    few = (operation for operation, same in calls.items() if operation not in told and len(same) >= FEWEST)
    return tuple(_untested(api, operation, calls[operation], makes=operation in makers) for operation in few)


def _kinds(api: Api, operation: str) -> set[tuple[str, str]]:
    return {(binding.lifecycle, binding.kind) for binding in api.bound(operation)}


def _tells(api: Api, call: Call) -> bool:
    return is_answered(api, call) and any(
        refusal_tells(api, call.operation, call.code, refusals(api.lifecycle(b.lifecycle), b.role))
        for b in api.bound(call.operation)
    )


def _lacks(api: Api, call: Call) -> bool:
    """True if a creation was refused for something that jobs need and that is not theirs: a model without training."""
    spec = api.error(call.code)
    if spec is None or not is_answered(api, call):
        return False
    return {Nature.REFUSAL, Nature.ENVIRONMENT} <= set(spec.natures) and spec.declared_by(call.operation)


def _untested(api: Api, operation: str, calls: list[Call], *, makes: bool) -> Untested:
    answers = Counter(answer_words(call) for call in calls)
    ordered = dict(sorted(answers.items(), key=lambda pair: (-pair[1], pair[0])))
    return Untested(operation, len(calls), ordered, makes, remedy(api, next(iter(ordered), "")))


def answer_words(call: Call) -> str:
    """The error code of an answer, or that there was none."""
    return NO_ANSWER if call.status is None else call.code


def remedy(api: Api, answer: str) -> str:
    """What the user can do about an answer (see `answer_words`); the empty text stands for calls never made."""
    spec = api.error(answer)
    natures = spec.natures if spec is not None else ()
    if not answer:
        return "give it more time: --seconds, --examples"
    if Nature.ACCESS in natures:
        return "give credentials that may make these calls"
    if Nature.THROTTLE in natures:
        return "raise the target's limits, or drive it while nobody else does"
    return _LOOK

"""The baseline: deviations that are known and accepted, so that a run fails only for new ones.

A file of JSON, meant to be kept beside the implementation and to be read in a review:
`{"api": "comprehend", "accepted": [{"rule": …, "operations": […], "grade": …, "message": …, "reason": …}]}`. A
deviation is known by its rule and the operations that break it, so that it is new where another operation does; without
`operations` the rule is accepted wherever it is broken. Grade and message tell the reader what was seen when it was
taken up, and `reason`, which people write, why it is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from haltspec.apis import load
from haltspec.errors import Misuse
from haltspec.spec import Api
from haltspec_properties.conform import Finding, Run, owes
from haltspec_properties.named import ORDER, named_rule


@dataclass(frozen=True, slots=True)
class Accepted:
    """A deviation that is accepted: the broken rule, what was seen when it was taken up, and why it is accepted.

    `operations` are those that may break it, sorted; none: all may. What comes about in time (the order of states,
    what is owed) no operation is to blame for: it is seen by whichever looks.
    """

    rule: str
    grade: str = ""
    message: str = ""
    reason: str = ""
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted deviations of one implementation."""

    api: str
    accepted: tuple[Accepted, ...] = ()

    def accepts(self, rule: str, operation: str) -> bool:
        """True if it is accepted that an operation breaks a rule."""
        return any(a.rule == rule and (not a.operations or operation in a.operations) for a in self.accepted)

    def apply(self, run: Run) -> Run:
        """The run without what is accepted among its findings; `Run.accepted` has that."""
        known: list[Finding] = []
        new: list[Finding] = []
        for finding in run.findings:
            is_known = all(self.accepts(finding.rule, operation) for operation in finding.operations)
            (known if is_known else new).append(finding)
        return replace(run, findings=tuple(new), accepted=tuple(known))

    def gone(self, run: Run) -> tuple[str, ...]:
        """What is accepted and the run did not see: it is mended, was not met this time, or is no rule.

        Each is a rule, or a rule and the operations that did not break it. Nothing is known to be gone where the run
        ended early, or something was not tested.
        """
        if run.ended is not None or run.untested:
            return ()
        broken: dict[str, set[str]] = {}
        for finding in (*run.findings, *run.accepted, *run.warnings):
            broken.setdefault(finding.rule, set()).update(finding.operations)
        gone = []
        for accepted in self.accepted:
            left = [operation for operation in accepted.operations if operation not in broken.get(accepted.rule, ())]
            if left and accepted.rule in broken:
                gone.append(f"{accepted.rule}, by {', '.join(left)}")
            elif accepted.rule not in broken:
                gone.append(accepted.rule)
        return tuple(gone)

    def taking(self, findings: Iterable[Finding], *, keeps: bool = False) -> Baseline:
        """A baseline of exactly these findings, with the reasons that this one has for their rules.

        With `keeps` also of all that this one accepts: where something was not tested nobody knows whether it is gone.
        """
        taken: dict[str, Accepted] = {}
        for f in findings:
            first = taken.setdefault(f.rule, Accepted(f.rule, str(f.grade), f.violation.message, self.reason(f.rule)))
            if not _comes_in_time(load(self.api), f.rule):
                taken[f.rule] = replace(first, operations=tuple(sorted({*first.operations, *f.operations})))
        known = {(accepted.rule, accepted.operations) for accepted in taken.values()}
        kept = (accepted for accepted in self.accepted if keeps and (accepted.rule, accepted.operations) not in known)
        return Baseline(self.api, (*taken.values(), *kept))

    def reason(self, rule: str) -> str:
        """Why a rule is accepted; empty if it is not, or nobody has said why."""
        return "; ".join(dict.fromkeys(a.reason for a in self.accepted if a.rule == rule and a.reason))

    def text(self) -> str:
        """The file's text."""
        names = ("rule", "operations", "grade", "message", "reason")
        members = [{name: getattr(accepted, name) for name in names} for accepted in self.accepted]
        told = [{name: value for name, value in entry.items() if value != ()} for entry in members]
        return json.dumps({"api": self.api, "accepted": told}, indent=1) + "\n"


def _comes_in_time(api: Api, rule: str) -> bool:
    """True for rules on the order of states, and on what must come about."""
    return owes(api, rule) or named_rule(api, rule).name.endswith(f"/{ORDER}")


def read_baseline(path: str | Path, api: Api) -> Baseline:
    """The baseline in a file, of the API `api`.

    Raises:
        Misuse: it cannot be read, is no baseline, or is one of another API.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Misuse(f"{path} cannot be read ({error.strerror})", "make one with --write-baseline") from None
    except ValueError as error:
        raise _no_baseline(path, f"it is no JSON ({error})") from None
    if not isinstance(told, dict) or not isinstance(told.get("accepted"), list):
        raise _no_baseline(path, "an object with `api` and a list `accepted` was expected")
    if told.get("api") != api.name:
        raise Misuse(f"{path} is a baseline of {told.get('api')!r}", f"give one of {api.name}")
    accepted = []
    for number, entry in enumerate(told["accepted"], start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("rule"), str):
            raise _no_baseline(path, f"entry {number} has no `rule`")
        operations = entry.get("operations", [])
        if not isinstance(operations, list) or not all(isinstance(operation, str) for operation in operations):
            raise _no_baseline(path, f"`operations` of entry {number} is no list of names")
        texts = {name: str(entry.get(name, "")) for name in ("rule", "grade", "message", "reason")}
        accepted.append(Accepted(**texts, operations=tuple(operations)))
    return Baseline(api.name, tuple(accepted))


def _no_baseline(path: str | Path, reason: str) -> Misuse:
    return Misuse(f"{path} is no baseline: {reason}", "make one with --write-baseline")

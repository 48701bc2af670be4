"""The baseline: deviations that are known and accepted, so that a run fails only for new ones.

A file of JSON, meant to be kept beside the implementation and to be read in a review:
`{"api": "comprehend", "accepted": [{"rule": …, "grade": …, "message": …, "reason": …}]}`. A deviation is known by its
rule; grade and message tell the reader what was seen when it was taken up, and `reason`, which people write, why it is
accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from haltspec.errors import Misuse
from haltspec.spec import Api
from haltspec_properties.conform import Finding, Run


@dataclass(frozen=True, slots=True)
class Accepted:
    """A deviation that is accepted: the broken rule, what was seen when it was taken up, and why it is accepted."""

    rule: str
    grade: str = ""
    message: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted deviations of one implementation, by rule."""

    api: str
    accepted: Mapping[str, Accepted] = field(default_factory=dict)

    def apply(self, run: Run) -> Run:
        """The run without what is accepted among its findings; `Run.accepted` has that."""
        known: list[Finding] = []
        new: list[Finding] = []
        for finding in run.findings:
            (known if finding.rule in self.accepted else new).append(finding)
        return replace(run, findings=tuple(new), accepted=tuple(known))

    def gone(self, run: Run) -> tuple[str, ...]:
        """The accepted rules that the run did not break: they are mended, were not met this time, or are no rules."""
        broken = {finding.rule for finding in (*run.findings, *run.accepted, *run.warnings)}
        return tuple(rule for rule in self.accepted if rule not in broken)

    def taking(self, findings: Iterable[Finding]) -> Baseline:
        """A baseline of exactly these findings, with the reasons that this one has for them."""
        taken = (Accepted(f.rule, str(f.grade), f.violation.message, self._reason(f.rule)) for f in findings)
        return Baseline(self.api, {accepted.rule: accepted for accepted in taken})

    def _reason(self, rule: str) -> str:
        return self.accepted[rule].reason if rule in self.accepted else ""

    def text(self) -> str:
        """The file's text."""
        members = [
            {"rule": a.rule, "grade": a.grade, "message": a.message, "reason": a.reason} for a in self.accepted.values()
        ]
        return json.dumps({"api": self.api, "accepted": members}, indent=1) + "\n"


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
    accepted = {}
    for number, entry in enumerate(told["accepted"], start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("rule"), str):
            raise _no_baseline(path, f"entry {number} has no `rule`")
        texts = {name: str(entry.get(name, "")) for name in ("rule", "grade", "message", "reason")}
        accepted[entry["rule"]] = Accepted(**texts)
    return Baseline(api.name, accepted)


def _no_baseline(path: str | Path, reason: str) -> Misuse:
    return Misuse(f"{path} is no baseline: {reason}", "make one with --write-baseline")

"""Deviations found earlier are tried again: do they come back?

What is replayed is the JSON of a run (`haltspec conform --json`), one deviation out of it, or a recording, of which
each rule that it breaks is tried. The calls are made in tenants of the target, calls that overlapped at once, and with
the pauses they were made with, so that jobs come where they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from haltspec.errors import AdapterFailure, BadTrace, Misuse, visible
from haltspec.lts import Grade, Role
from haltspec.oracle import Settings, Verdict, Violation, judge
from haltspec.report import calls_words, counted, grouped, plain
from haltspec.spec import Api
from haltspec.trace import Call, decode_json, read, to_line
from haltspec_properties.again import fresh_numbers, make_again, placed
from haltspec_properties.conform import INTERRUPTED, REPLAYS, Options, Progress, Target, in_context, owes
from haltspec_properties.scenarios import Stage
from haltspec_properties.session import Session
from haltspec_properties.untested import answer_words, is_answered, remedy

_MARGIN_S: Final = 0.05
"""So much longer than the patience is waited for what is owed."""
_MOST_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Sought:
    """A deviation to be tried again: the rule that was broken, what was said of it, and the calls that showed it."""

    rule: str
    message: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a deviation.

    Args:
        sought: the deviation.
        replays: how often its calls were made again.
        back: in how many of them the rule was broken again.
        violation: how it was broken in the last of them; None if it was in none.
        calls: the calls of that replay, or of the last one.
        besides: other rules that the replays broke.
        turned_away: of the replays that showed nothing, how many could not: a job was not made for them, or the last
            call was not answered.
    """

    sought: Sought
    replays: int
    back: int
    violation: Violation | None
    calls: tuple[Call, ...]
    besides: tuple[str, ...]
    turned_away: int = 0

    @property
    def is_untried(self) -> bool:
        """True if no replay could have shown it."""
        return not self.back and self.turned_away == self.replays


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome of replaying: what became of each deviation, judged at `floor`; `ended`: what ended it early."""

    api: Api
    target: str
    tried: tuple[Tried, ...]
    floor: Grade
    requests: int
    seconds: float
    ended: KeyboardInterrupt | AdapterFailure | None = None

    @property
    def verdict(self) -> Verdict:
        """FAIL if a deviation at the floor or above came back.

        INCONCLUSIVE if only ones below it did, or one could not be tried: its calls were turned away.
        """
        back = [tried.violation.grade for tried in self.tried if tried.violation is not None]
        if any(grade >= self.floor for grade in back):
            return Verdict.FAIL
        is_unsure = back or any(tried.is_untried for tried in self.tried)
        return Verdict.INCONCLUSIVE if is_unsure else Verdict.PASS


def read_sought(path: str | Path, api: Api, settings: Settings) -> tuple[Sought, ...]:
    """The deviations in a file; none if it is a recording that breaks no rule.

    Raises:
        Misuse: it cannot be read, or is of another API.
        BadTrace: a call in it is malformed.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise Misuse(f"{path} cannot be read ({error.strerror})", "give the JSON of a run, or a recording") from None
    except UnicodeDecodeError:
        raise Misuse(f"{path} is no text in UTF-8", "give the JSON of a run, or a recording") from None
    told = _object(text)
    if told is None or "operation" in told:
        return _in_recording(api, _of_api(path, api, read(text.splitlines(), name=str(path))), settings)
    if "rule" not in told and "violations" not in told:
        raise Misuse(f"{path} has neither calls nor violations", "give the JSON of a run, or a recording")
    lists = [told.get(name, []) for name in ("violations", "warnings", "accepted")]
    entries = [told] if "rule" in told else [entry for entries in lists for entry in entries]
    return tuple(_sought(path, api, number, entry) for number, entry in enumerate(entries, start=1))


def _object(text: str) -> dict[str, Any] | None:
    """The one JSON object that a text is; None if it is something else."""
    try:
        told = decode_json(text)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _sought(path: str | Path, api: Api, number: int, entry: Any) -> Sought:
    place = f"{path}: violation {number}"
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("rule"), str)
        or not isinstance(entry.get("calls"), list)
    ):
        raise BadTrace(place, "it has no `rule` or no `calls`", "give the JSON of a run, as it was printed")
    lines = (json.dumps(call) for call in entry["calls"])
    calls = _of_api(path, api, read(lines, name=place))
    return Sought(entry["rule"], str(entry.get("message", "")), calls)


def _of_api(path: str | Path, api: Api, calls: Iterable[Call]) -> tuple[Call, ...]:
    found = tuple(calls)
    for call in found:
        if call.api != api.name:
            raise Misuse(f"{path} has calls of {call.api}", f"replay it as one of {call.api}, not of {api.name}")
        api.bound(call.operation)
    return found


def _in_recording(api: Api, calls: Sequence[Call], settings: Settings) -> tuple[Sought, ...]:
    """Each rule that a recording breaks, with the fewest calls that show it and those that made their jobs."""
    report = judge(api, calls, settings)
    found = []
    for rule, same in grouped((*report.violations, *report.warnings)).items():
        first = min(same, key=lambda v: (-v.grade, len(v.calls), v.calls[-1]))
        recorded = report.projection.calls
        shown = in_context(api, recorded, first, {call.tenant for call in recorded})
        found.append(Sought(rule, first.message, shown))
    return tuple(found)


def replay(
    api: Api, target: Target, sought: Sequence[Sought], options: Options | None = None, progress: Progress | None = None
) -> Replay:
    """Try each deviation again; where the user interrupts it, or the target is gone, what was tried is kept.

    Raises:
        AdapterFailure: the target cannot be reached at all.
        Misuse: the calls are of more tenants than the target has.
    """
    options = options or Options()
    begun = options.clock()
    replayer = _Replayer(api, target, options)
    tried = []
    ended: KeyboardInterrupt | AdapterFailure | None = None
    try:
        for one in sought:
            if progress is not None:
                progress(f"replaying {one.rule}")
            tried.append(replayer.tried(one))
    except (KeyboardInterrupt, AdapterFailure) as error:
        if isinstance(error, AdapterFailure) and not tried:
            raise
        ended = error
    seconds = options.clock() - begun
    return Replay(api, target.name, tuple(tried), options.floor, replayer.requests, seconds, ended)


@dataclass(slots=True)
class _Replayer:
    api: Api
    target: Target
    options: Options
    requests: int = 0
    stages: int = 0

    def tried(self, sought: Sought) -> Tried:
        """One deviation, tried as often as it can tell anything new."""
        replays = 1 if owes(self.api, sought.rule) else REPLAYS
        back = 0
        last: tuple[Call, ...] = ()
        shown: Violation | None = None
        besides: dict[str, None] = {}
        turned_away = 0
        for _ in range(replays):
            calls = self._again(sought)
            report = judge(self.api, calls, Settings(floor=self.options.floor, patience=self.options.patience))
            broken = (*report.violations, *report.warnings)
            own = [violation for violation in broken if violation.rule == sought.rule]
            turned_away += not own and self._is_turned_away(sought.calls, calls)
            besides |= dict.fromkeys(v.rule for v in broken if v.rule != sought.rule)
            if own or shown is None:
                last = calls
            if own:
                back, shown = back + 1, max(own, key=lambda violation: violation.grade)
        return Tried(sought, replays, back, shown, last, tuple(besides), turned_away)

    def _is_turned_away(self, calls: Sequence[Call], made: Sequence[Call]) -> bool:
        """True if calls made again cannot show what they showed: not all jobs were made, or the last got no answer."""
        if not (made and is_answered(self.api, made[-1])):
            return True
        makers = {b.operation for b in self.api.bindings if self.api.role(b).role is Role.CREATE}
        then, now = (
            sum(call.operation in makers and is_answered(self.api, call) for call in same) for same in (calls, made)
        )
        return now < then

    def _again(self, sought: Sought) -> tuple[Call, ...]:
        number, self.stages = self.stages, self.stages + 1
        target, calls, longest_s = self.target, sought.calls, self.options.patience
        if owes(self.api, sought.rule) and len(calls) > 1:
            longest_s += _MARGIN_S
            last = calls[-1].start if calls[-2].end is None else calls[-2].end + longest_s
            calls = (*calls[:-1], replace(calls[-1], start=max(calls[-1].start, last)))
        stage = Stage(Session(self.api, target.adapter), target.tenants(number), target.wait, self.options.patience)
        tenants = placed((call.tenant for call in calls), stage.tenants)
        told = fresh_numbers(calls, target.salt + number) if target.salt is not None else {}
        made = make_again(calls, stage, tenants, told, longest_gap_s=longest_s)
        self.requests += len(made)
        return made


# ---- in words and as JSON ------------------------------------------------------------------------------------


def render_replay(outcome: Replay, *, style: Callable[[str, str], str] = plain) -> Iterator[str]:
    """What became of each deviation, line by line."""
    head = style(outcome.verdict.value.upper(), outcome.verdict.value)
    back = sum(1 for tried in outcome.tried if tried.back)
    yield (
        f"{outcome.target}: {head}  {outcome.api.name}, {back} of "
        f"{counted(len(outcome.tried), 'deviation')} came back, {counted(outcome.requests, 'request')} in "
        f"{outcome.seconds:.1f} s"
    )
    for number, tried in enumerate(outcome.tried, start=1):
        yield ""
        came = (
            f"came back in {tried.back} of {tried.replays}" if tried.back else f"came back in none of {tried.replays}"
        )
        yield f"{number:3}. {came} replays: {visible(tried.sought.rule)}"
        told = tried.violation.message if tried.violation is not None else f"it was: {tried.sought.message}"
        yield f"     {visible(told)}"
        if tried.is_untried:
            yield f"     this says nothing of it: {visible(_turned_away(outcome.api, tried))}"
        for rule in tried.besides:
            yield f"     these calls also break: {rule}"
        for line in calls_words(tried.calls[-_MOST_SHOWN:]):
            yield f"       {visible(line)}"


def _turned_away(api: Api, tried: Tried) -> str:
    """Why a deviation could not be tried: the first call that got no answer to judge, what came, and what to do."""
    first = next((call for call in tried.calls if not is_answered(api, call)), None)
    if first is None:
        return "some jobs that it needs were not made"
    answer = answer_words(first)
    return f"{first.operation} got {answer}; {remedy(api, answer)}"


def replay_json(outcome: Replay) -> dict[str, Any]:
    """The outcome as JSON values: `api`, `target`, `verdict`, `replayed` (a list), `requests`, `seconds`,
    `ended` (why it ended early, or null).

    What became of a deviation has `rule`, `grade` (null if it did not come back), `message`, `replays`, `back`,
    `turned_away` (replays that could show nothing: a job was not made, or the last call not answered), `besides`
    (other rules that the calls break) and `calls` (of the last replay that shows it, as trace lines).
    """
    return {
        "api": outcome.api.name,
        "target": outcome.target,
        "verdict": outcome.verdict.value,
        "replayed": [_tried_json(tried) for tried in outcome.tried],
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
        "ended": None if outcome.ended is None else str(outcome.ended) or INTERRUPTED,
    }


def _tried_json(tried: Tried) -> dict[str, Any]:
    violation = tried.violation
    return {
        "rule": tried.sought.rule,
        "grade": str(violation.grade) if violation is not None else None,
        "message": violation.message if violation is not None else tried.sought.message,
        "replays": tried.replays,
        "back": tried.back,
        "turned_away": tried.turned_away,
        "besides": list(tried.besides),
        "calls": [json.loads(to_line(call)) for call in tried.calls],
    }

"""A conformance run: play the stories and some random walks, judge all that was seen, shrink and replay what is wrong.

Every story and walk has tenants of its own, so that the record of the run is one trace that `haltspec check` judges
the same way. A violation that was seen once stays reported; how often it came back in replays is told with it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, pairwise
from random import Random
from typing import Any, Final

from haltspec.errors import AdapterFailure, visible
from haltspec.lts import Grade, Role, Source
from haltspec.observe import is_uncertain, succeeded
from haltspec.oracle import Report, Settings, Verdict, Violation, judge
from haltspec.report import calls_words, cite, counted, members, plain, violation_json
from haltspec.spec import Api, reach
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter
from haltspec_properties.again import SALT_STEP, make_again
from haltspec_properties.guard import GuardedAdapter, guarded_tenants, guarded_wait
from haltspec_properties.paste import curl_lines
from haltspec_properties.paste_python import python_lines
from haltspec_properties.scenarios import Scenario, Stage, list_all, scenarios
from haltspec_properties.search import Search
from haltspec_properties.session import Session
from haltspec_properties.untested import Untested, answer_words, untested

REPLAYS: Final = 3
INTERRUPTED: Final = "interrupted"
_MOST_TRIED: Final = 4
"""So many violations of a rule are shrunk at most, each by another operation."""
_MOST_SHOWN: Final = 6
_MOST_UNTESTED: Final = 6
"""So many operations that were not tested are told one by one."""
_WALK_CALLS: Final = 30
_MOST_LOOKED_AT: Final = 200
_LONGEST_SHRUNK: Final = 40
_LONGEST_REPLAYED: Final = 150
_MOST_WAITED_S: Final = 20.0
"""So long a run waits in replays for jobs to come where they were, all replays together."""
Progress = Callable[[str], None]
Accepts = Callable[[str, str], bool]
"""True if somebody has accepted that a rule is broken by an operation; see `baseline`."""
Cause = tuple[str, bool]
"""A rule that is broken, and whether that is accepted."""
Shows = Callable[[Sequence[Call], Cause], bool]
"""True if calls show a rule broken, as far as that is accepted or is not."""


@dataclass(frozen=True, slots=True)
class Target:
    """An implementation under test.

    Args:
        name: what it is, with its version or address.
        adapter: how calls reach it.
        tenants: makes the tenants (own, strangers) of the story with a given number.
        wait: lets it go on for some seconds.
        address: where others can call it too, as URL; empty if nobody else can.
        salt: a number that tells this run's names apart in tenants that are not its own, where every story gets the
            same ones; None where every story's tenants are its own.
    """

    name: str
    adapter: Adapter
    tenants: Callable[[int], tuple[str, ...]]
    wait: Callable[[float], None] = time.sleep
    salt: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how strictly.

    Args:
        examples: how many random walks.
        seconds: begin no further story or walk after so many seconds; None: no bound.
        patience: how long, in seconds, a job is given to come to its end.
        seed: decides walks.
        floor: violations below this grade are warnings.
        clock: the time in seconds, for the bound.
    """

    examples: int = 20
    seconds: float | None = None
    patience: float = 3.0
    seed: int = 0
    floor: Grade = Grade.IMPLIED
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation: the violation as first seen, and the shortest calls found that show it.

    `seen` counts how often the rule was broken in the run, `replays` how many replays of the calls were made, `back`
    in how many of them it came back; `members` names the members that break a rule on shapes, if there are several,
    `operations` those whose calls broke the rule, sorted.
    """

    violation: Violation
    calls: tuple[Call, ...]
    members: str
    operations: tuple[str, ...]
    seen: int
    replays: int
    back: int

    @property
    def rule(self) -> str:
        """The broken rule."""
        return self.violation.rule

    @property
    def grade(self) -> Grade:
        """How surely the rule rules it out."""
        return self.violation.grade

    @property
    def source(self) -> Source:
        """Who says so."""
        return self.violation.source


@dataclass(frozen=True, slots=True)
class Run:
    """The outcome of a conformance run.

    Args:
        api, target: what was judged.
        findings: deviations at the floor or above, one for each rule; `warnings` those below. What operations break
            that nobody has accepted stands apart from what is accepted of the same rule.
        accepted: deviations at the floor or above that somebody has accepted; see `baseline`.
        untested: what was asked for and told nothing, so that it was not tested.
        ended: what ended the run early; None: its budget did.
        address: where others can call the target, empty if nobody else can; `shared`: in tenants of one's own.
        report: the judgement of the whole record.
        requests: calls made, replays included.
        seconds: how long it took.
    """

    api: Api
    target: str
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    report: Report
    requests: int
    seconds: float
    accepted: tuple[Finding, ...] = ()
    untested: tuple[Untested, ...] = ()
    ended: KeyboardInterrupt | AdapterFailure | None = None
    address: str = ""
    shared: bool = False

    @property
    def verdict(self) -> Verdict:
        """FAIL if anything was found, what is accepted aside.

        INCONCLUSIVE if only warnings were, or calls are undecided, as in a `Report`, or if something was not tested.
        """
        if self.findings:
            return Verdict.FAIL
        warns = not all(found.violation.is_left_open for found in self.warnings)
        is_unsure = warns or self.report.undecided or self.untested
        return Verdict.INCONCLUSIVE if is_unsure else Verdict.PASS

    @property
    def has_no_job(self) -> bool:
        """True if no call made a job, so that nothing was tested at all."""
        return any(not one.operation for one in self.untested)

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of all rows, readings included, `LIFECYCLE/ROW`."""
        return tuple(f"{lc.name}/{row.name}" for lc in self.api.lifecycles for row in lc.all_rows())


def _nothing(_rule: str, _operation: str) -> bool:
    return False


def conform(
    api: Api,
    target: Target,
    options: Options | None = None,
    progress: Progress | None = None,
    accepts: Accepts = _nothing,
) -> Run:
    """Judge an implementation of `api`; what is accepted is told apart, but is among the findings still.

    Where the user interrupts it, the target is gone, or its adapter fails, the run ends early and what was seen until
    then is judged; the cause of an `AdapterFailure` that ended it is what the adapter raised, if it was its own.

    Raises:
        AdapterFailure: the target cannot be reached at all, or its adapter fails at the first call.
    """
    guarded = replace(
        target,
        adapter=GuardedAdapter(target.adapter, target.name),
        tenants=guarded_tenants(target.tenants, target.name),
        wait=guarded_wait(target.wait, target.name),
    )
    return _Conformance(api, guarded, options or Options(), progress or (lambda _told: None), accepts).run()


@dataclass(frozen=True, slots=True)
class Watched:
    """How far a run went until the first deviation: what it was (None: there was none), and after how many calls."""

    violation: Violation | None
    calls: int


def watch(api: Api, target: Target, options: Options | None = None) -> Watched:
    """Play the same stories and walks as `conform`, judge each, and stop at the first deviation.

    Raises:
        AdapterFailure: the target cannot be reached.
    """
    return _Conformance(api, target, options or Options(), lambda _told: None).watch()


@dataclass(slots=True)
class _Conformance:
    api: Api
    target: Target
    options: Options
    progress: Progress
    accepts: Accepts = _nothing
    stage_number: int = 0
    calls: list[Call] = field(default_factory=list)
    replayed: int = 0
    waited_s: float = 0.0
    ended: KeyboardInterrupt | AdapterFailure | None = None
    search: Search = field(default_factory=Search)
    lasted: dict[tuple[str, str, tuple[str, ...]], float] = field(default_factory=dict)

    def watch(self) -> Watched:
        """The first deviation, and after how many calls it could be told."""
        for calls in self._played():
            report = judge(self.api, calls, self._settings())
            if report.violations:
                first = min(report.violations, key=lambda violation: violation.calls[-1])
                return Watched(first, len(self.calls) - len(calls) + first.calls[-1] + 1)
        return Watched(None, len(self.calls))

    def _played(self) -> Iterator[list[Call]]:
        """The calls of one story after the other, until the budget ends."""
        begun, played = self.options.clock(), list[tuple[Stage, float]]()
        for number, story in enumerate(self._stories()):
            if self._is_late(begun) and number:
                return
            self.progress(f"{story.name} ({len(self.calls)} calls)")
            stage = self._stage()
            try:
                story.play(stage)
            finally:
                self.calls += stage.session.calls
            yield stage.session.calls
            played.append((stage, self.options.clock()))
        yield from self._looked_at_late(played[: len(played) - self.options.examples])

    def _is_late(self, begun: float) -> bool:
        return self.options.seconds is not None and self.options.clock() - begun > self.options.seconds

    def _looked_at_late(self, played: Sequence[tuple[Stage, float]]) -> Iterator[list[Call]]:
        """The calls of each story with lists at their end that lag no longer; nothing where lists never lag."""
        if self.api.list_lag is None:
            return
        self.progress(f"waiting until no list may lag ({len(self.calls)} calls)")
        for stage, ended in played:
            self.target.wait(max(0.0, self.api.list_lag.seconds - (self.options.clock() - ended)))
            before = len(stage.session.calls)
            try:
                list_all(stage)
            finally:
                self.calls += stage.session.calls[before:]
            yield stage.session.calls

    def run(self) -> Run:
        begun = self.options.clock()
        with self._until_ended():
            for _ in self._played():
                pass
        if not self.calls and isinstance(self.ended, AdapterFailure):
            raise self.ended
        self.progress(f"judging {len(self.calls)} calls")
        report = judge(self.api, self.calls, self._settings())
        found = [self._finding(report, *one) for one in self._causes(report, self.calls).items()]
        return Run(
            api=self.api,
            target=self.target.name,
            findings=tuple(f for f in found if f.grade >= self.options.floor),
            warnings=tuple(f for f in found if f.grade < self.options.floor),
            report=report,
            requests=len(self.calls) + self.replayed,
            seconds=self.options.clock() - begun,
            untested=untested(self.api, report),
            ended=self.ended,
            address=self.target.address,
            shared=self.target.salt is not None,
        )

    @contextmanager
    def _until_ended(self) -> Iterator[None]:
        """Calls are made until the user interrupts, or until the target is gone: nothing is lost of what was seen."""
        try:
            yield
        except (KeyboardInterrupt, AdapterFailure) as error:
            self.ended = error

    def _settings(self) -> Settings:
        return Settings(floor=self.options.floor, patience=self.options.patience)

    def _stories(self) -> Iterator[Scenario]:
        yield from scenarios(self.api)
        for number in range(self.options.examples):
            rng = Random(f"{self.options.seed}/{number}")
            yield Scenario(f"walk {number + 1}", partial(self.search.walk, rng=rng, calls=_WALK_CALLS))

    def _stage(self) -> Stage:
        session = Session(self.api, self.target.adapter, salt=self._salt(self.stage_number))
        tenants = self.target.tenants(self.stage_number)
        self.stage_number += 1
        return Stage(session, tenants, self.target.wait, self.options.patience, self.lasted)

    def _salt(self, number: int) -> str:
        """What tells a story's names apart where its tenants are those of all stories."""
        return "" if self.target.salt is None else str(SALT_STEP * (self.target.salt + number))

    # ---- shrinking -----------------------------------------------------------------------------------------------

    def _causes(self, report: Report, calls: Sequence[Call]) -> dict[Cause, list[Violation]]:
        """The violations of each rule, those that are accepted apart, in order of first appearance."""
        causes: dict[Cause, list[Violation]] = {}
        for violation in (*report.violations, *report.warnings):
            is_accepted = self.accepts(violation.rule, calls[violation.calls[-1]].operation)
            causes.setdefault((violation.rule, is_accepted), []).append(violation)
        return causes

    def _finding(self, report: Report, cause: Cause, same: Sequence[Violation]) -> Finding:
        recorded = report.projection.calls
        surest = max(violation.grade for violation in same)
        ordered = sorted((v for v in same if v.grade is surest), key=lambda v: (len(v.calls), v.calls[-1]))
        violation = ordered[0]
        self.progress(f"shrinking {violation.rule}")
        calls = self._context(recorded, violation)
        operations = tuple(sorted({recorded[one.calls[-1]].operation for one in same}))
        shrunk = Finding(violation, calls, members(same), operations, len(same), 0, 0)
        if self.ended is None and not owes(self.api, violation.rule):
            with self._until_ended():
                shrunk = self._replayed(recorded, ordered, shrunk, cause)
        return shrunk

    def _replayed(
        self, recorded: Sequence[Call], ordered: Sequence[Violation], first: Finding, cause: Cause
    ) -> Finding:
        """The finding with the shortest calls that show it, and how often they do."""
        found = self._fewest(recorded, ordered, cause, self._shows)
        if found is not None and self.target.salt is None and not self._shows_alone(found[1], cause):
            # What it shows is there from earlier stories: on a service that is new these calls show nothing.
            alone = (
                v for v in islice(ordered, _MOST_LOOKED_AT) if self._shows_alone(self._context(recorded, v), cause)
            )
            found = self._fewest(recorded, tuple(alone), cause, self._shows_alone) or found
        violation, calls = found or (first.violation, first.calls)
        gap_s = 0.0 if found is not None else self._longest_gap(calls)
        back = sum(self._shows(self._replay(calls, longest_gap_s=gap_s), cause) for _ in range(REPLAYS))
        return replace(first, violation=violation, calls=calls, replays=REPLAYS, back=back)

    def _fewest(
        self, recorded: Sequence[Call], ordered: Sequence[Violation], cause: Cause, shows: Shows
    ) -> tuple[Violation, tuple[Call, ...]] | None:
        """Of violations of one rule the one that the fewest calls show, with these calls; None if no replay does."""
        found: tuple[Violation, tuple[Call, ...]] | None = None
        for one in islice(_by_operation(ordered, recorded), _MOST_TRIED):
            shrunk = self._shortest(recorded, one, cause, shows)
            if shrunk and (found is None or len(shrunk) < len(found[1])):
                found = one, shrunk
            if found is not None and len(found[1]) <= len(ordered[0].calls):
                break  # no others can be shown by fewer calls
        return found

    def _longest_gap(self, calls: Sequence[Call]) -> float:
        """How long at most to wait between the calls of a replay that does without waiting did not show anything.

        Jobs need time to come where they were; but so that a run ends, only `_MOST_WAITED_S` are given to all of them.
        """
        lasted = sum(min(b.start - a.start, self.options.patience) for a, b in pairwise(calls)) * REPLAYS
        if self.waited_s + lasted > _MOST_WAITED_S:
            return 0.0
        self.waited_s += lasted
        return self.options.patience

    def _shortest(self, recorded: Sequence[Call], violation: Violation, cause: Cause, shows: Shows) -> tuple[Call, ...]:
        """The shortest calls found whose replay shows a violation; none if no replay does."""
        calls = tuple(recorded[index] for index in violation.calls)
        trials = (calls, self._context(recorded, violation), self._wide_context(recorded, violation))
        return next(filter(None, (self._shrunk(trial, cause, shows) for trial in trials)), ())

    def _context(self, recorded: Sequence[Call], violation: Violation) -> tuple[Call, ...]:
        """The calls that show a violation, with those before them that made the jobs they speak of."""
        return in_context(self.api, recorded, violation, self._homes(recorded[violation.calls[-1]].tenant))

    def _wide_context(self, recorded: Sequence[Call], violation: Violation) -> tuple[Call, ...]:
        """The latest calls of the story that made jobs or speak of the same ones, and those that show a violation."""
        last = violation.calls[-1]
        homes = set(self._homes(recorded[last].tenant))
        named = set(_texts(recorded[last].request))
        near = [
            index
            for index, call in enumerate(recorded[:last])
            if call.tenant in homes and (any(_made_by(self.api, call)) or named & set(_texts(call.request)))
        ]
        return tuple(recorded[index] for index in sorted({*near[-_LONGEST_SHRUNK // 2 :], *violation.calls}))

    def _homes(self, tenant: str) -> tuple[str, ...]:
        for number in range(self.stage_number):
            tenants = self.target.tenants(number)
            if tenant in tenants:
                return tenants
        return (tenant,)

    def _shrunk(self, calls: tuple[Call, ...], cause: Cause, shows: Shows) -> tuple[Call, ...]:
        """Fewer calls whose replay still breaks the rule; none if no replay of them does."""
        if len(calls) > _LONGEST_REPLAYED:
            return ()
        best = self._replay(calls)
        if not shows(best, cause):
            return ()
        if len(calls) > _LONGEST_SHRUNK:
            return best
        kept = list(calls)
        for call in reversed(calls):
            trial = [other for other in kept if other is not call]
            if trial:
                replayed = self._replay(trial)
                if shows(replayed, cause):
                    kept, best = trial, replayed
        return best

    def _shows(self, calls: Sequence[Call], cause: Cause) -> bool:
        return cause in self._causes(judge(self.api, calls, self._settings()), calls)

    def _shows_alone(self, calls: Sequence[Call], cause: Cause) -> bool:
        """True if a rule is broken even if lists showed no job but those that these calls made."""
        return self._shows(only_made(self.api, calls), cause)

    def _replay(self, calls: Sequence[Call], *, longest_gap_s: float = 0.0) -> tuple[Call, ...]:
        """The same calls in fresh tenants, with the ids and tokens that come back there."""
        homes = self._homes(calls[0].tenant)
        stage = self._stage()
        told: dict[str, str] = {}
        if stage.session.salt:
            told = {self._salt(number): stage.session.salt for number in range(self.stage_number - 1)}
        tenants = dict(zip(homes, stage.tenants, strict=False))
        tenants |= {call.tenant: stage.tenants[0] for call in calls if call.tenant not in tenants}
        made = make_again(calls, stage, tenants, told, longest_gap_s=longest_gap_s)
        self.replayed += len(made)
        return made


def owes(api: Api, rule: str) -> bool:
    """True for rules about what must come about: they are shown by waiting, not by fewer calls."""
    return any(rule == f"{lc.full_name}/{owed.name}" for lc in api.lifecycles for owed in lc.progress)


def in_context(api: Api, recorded: Sequence[Call], violation: Violation, tenants: Collection[str]) -> tuple[Call, ...]:
    """The calls that show a violation, with those of `tenants` before them that made the jobs they speak of.

    Of what is owed by one job, whatever else a list shows beside it is left out.
    """
    shown = [recorded[index] for index in violation.calls]
    told = _text([call.request for call in shown])
    told += violation.job.id if owes(api, violation.rule) and violation.job else _text([call.reply for call in shown])
    kept = set(violation.calls)
    for index in reversed(range(violation.calls[-1])):
        call = recorded[index]
        if call.tenant in tenants and succeeded(call) and any(job_id in told for job_id in _made_by(api, call)):
            kept.add(index)
            told += _text(call.request)
    return tuple(recorded[index] for index in sorted(kept))


def only_made(api: Api, calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls as if lists showed no job but those that these calls made, where a reply tells of every job made."""
    made = {job_id for call in calls for job_id in _made_by(api, call)}
    untold = {b.lifecycle for b in api.bindings if b.spreads}
    shown = []
    for call in calls:
        for binding in api.bound(call.operation):
            items = reach(call.reply, binding.items) if binding.items is not None else None
            if isinstance(items, list) and binding.lifecycle not in untold and binding.items:
                member = api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
                own = [item for item in items if not isinstance(item, Mapping) or item.get(member) in (None, *made)]
                call = replace(call, reply=_changed(call.reply, binding.items, own))
        shown.append(call)
    return tuple(shown)


def _changed(reply: Any, path: Sequence[str], value: Any) -> Any:
    """A reply with another value at a path that it has."""
    if not path:
        return value
    return {**reply, path[0]: _changed(reply[path[0]], path[1:], value)}


def _text(value: Any) -> str:
    return json.dumps(value, default=dict)


def _made_by(api: Api, call: Call) -> Iterator[str]:
    """The ids of jobs that a call made."""
    for binding in api.bound(call.operation):
        if api.role(binding).role is Role.CREATE and binding.view is not None:
            view = reach(call.reply, binding.view)
            member = api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
            job_id = view.get(member) if isinstance(view, Mapping) else None
            if isinstance(job_id, str):
                yield job_id


def _by_operation(violations: Sequence[Violation], recorded: Sequence[Call]) -> Iterator[Violation]:
    """The first violation of each operation."""
    seen: set[str] = set()
    for violation in violations:
        operation = recorded[violation.calls[-1]].operation
        if operation not in seen:
            seen.add(operation)
            yield violation


def _texts(request: Mapping[str, Any]) -> Iterator[str]:
    return (value for value in request.values() if isinstance(value, str))


# ---- in words and as JSON ------------------------------------------------------------------------------------


def render(
    run: Run, *, style: Callable[[str, str], str] = plain, curl: bool = False, python: bool = False
) -> Iterator[str]:
    """The run, line by line: the verdict, then each deviation with its rule, grade, source and shortest calls.

    With `curl` lines for a shell follow that make them, with `python` lines for Python.
    """
    head = style(run.verdict.value.upper(), run.verdict.value)
    taken = sum(1 for row in run.rows if run.report.taken.get(row))
    yield (
        f"{visible(run.target)}: {head}  {run.api.name}, {counted(len(run.findings), 'deviation')}, "
        f"{counted(run.requests, 'request')} in "
        f"{run.seconds:.1f} s, {taken} of {len(run.rows)} rows seen, "
        f"{run.report.constrained_share:.0%} of {run.report.observations} observations constrained"
    )
    yield from (f"  {visible(line)}" for line in _unsure_lines(run))
    for number, finding in enumerate((*run.findings, *run.warnings), start=1):
        yield ""
        first, *others = finding_lines(run, finding, style=style)
        yield f"{number:3}. {first}"
        yield from (f"     {line}" for line in others)
        for asked, written in ((curl, script_of), (python, python_of)):
            if asked:
                yield from ("", *written(run, finding))
    if run.accepted:
        yield ""
        yield f"{len(run.accepted)} more are accepted by the baseline"
    if run.warnings:
        yield ""
        yield f"{len(run.warnings)} of these are below the floor and only warn"


def _unsure_lines(run: Run) -> Iterator[str]:
    """What the verdict says nothing of, and how many calls have no certain answer."""
    for one in run.untested[:_MOST_UNTESTED]:
        yield f"not tested: {one}; {one.remedy}"
    if len(run.untested) > _MOST_UNTESTED:
        yield f"not tested: {len(run.untested) - _MOST_UNTESTED} operations more; --json has all of them"
    for reason, number in Counter(unsaid.reason for unsaid in run.report.undecided).items():
        yield f"undecided: calls on {number} {'job' if number == 1 else 'jobs'}: {reason}"
    unsure = _uncertain(run)
    if unsure:
        total = unsure.total()
        told = ", ".join(f"{often} {answer}" for answer, often in unsure.most_common())
        yield f"{total} {'call' if total == 1 else 'calls'} without a certain answer: {told}"


def _uncertain(run: Run) -> Counter[str]:
    """The calls of which no answer tells whether they had their effect: how many of them were answered how."""
    return Counter(answer_words(call) for call in run.report.projection.calls if is_uncertain(run.api, call))


def finding_lines(run: Run, finding: Finding, *, style: Callable[[str, str], str] = plain) -> Iterator[str]:
    """A finding, line by line: grade and rule, what was seen, source, how often it came back, the last of its calls.

    What the target said can do nothing to a terminal.
    """
    yield f"{style(f'{finding.grade!s:8}', str(finding.grade))} {visible(finding.rule)}"
    yield visible(finding.violation.message)
    if finding.members:
        yield f"members: {visible(finding.members)}"
    if finding not in run.accepted and any(finding.rule == known.rule for known in run.accepted):
        yield f"new at {', '.join(finding.operations)}; the baseline accepts it elsewhere"
    yield style(told_of(run, finding), "dim")
    hidden = len(finding.calls) - _MOST_SHOWN
    if hidden > 0:
        yield f"  ({hidden} calls before these)"
    yield from (f"  {visible(line)}" for line in calls_words(finding.calls[-_MOST_SHOWN:]))


def script_of(run: Run, finding: Finding) -> list[str]:
    """The lines for a shell that show a finding; see `paste`."""
    return curl_lines(run.api, finding.calls, run.address, shared=run.shared, about=_about(finding))


def python_of(run: Run, finding: Finding) -> list[str]:
    """The lines for Python that show a finding; see `paste_python`."""
    return python_lines(run.api, finding.calls, run.address, shared=run.shared, about=_about(finding))


def _about(finding: Finding) -> tuple[str, str]:
    return f"{finding.rule} ({finding.grade})", finding.violation.message


def told_of(run: Run, finding: Finding) -> str:
    """Who says that a finding is one, how often it was seen, and how often it came back."""
    back = f", came back in {finding.back} of {finding.replays} replays" if finding.replays else ""
    return f"source: {cite(run.api, finding.source)}; seen {counted(finding.seen, 'time')}{back}"


def as_json(run: Run) -> dict[str, Any]:
    """The run as JSON values.

    `api`, `target`, `verdict`, `violations`, `warnings`, `accepted`, `untested`, `uncertain`, `coverage`, `requests`,
    `seconds`, `ended` (why the run ended early; null if its budget ended it).

    What was not tested has `operation` (null: no job was made at all), `calls` (how many), `answers` (error codes, or
    `no answer`, with how often each came), `message`, `remedy`. `uncertain` counts the calls of which no answer tells
    whether they had their effect, by answer.

    A violation has `rule`, `grade`, `source`, `message`, `calls` (shrunk, as trace lines), `seen`, `replays`, `back`,
    `operations` (those that broke the rule), `script` (lines for bash that make the calls with curl), `python` (lines
    for Python that do with boto3, or for DataArts with the signer of Huawei's SDK).
    """
    taken = {row: run.report.taken[row] for row in run.rows if run.report.taken.get(row)}
    return {
        "api": run.api.name,
        "target": run.target,
        "verdict": run.verdict.value,
        "violations": [_finding_json(finding, run) for finding in run.findings],
        "warnings": [_finding_json(finding, run) for finding in run.warnings],
        "accepted": [_finding_json(finding, run) for finding in run.accepted],
        "untested": [one.as_json() for one in run.untested],
        "uncertain": dict(_uncertain(run)),
        "coverage": {
            "rows": len(run.rows),
            "taken": len(taken),
            "missed": [row for row in run.rows if row not in taken],
        },
        "requests": run.requests,
        "seconds": round(run.seconds, 3),
        "ended": None if run.ended is None else str(run.ended) or INTERRUPTED,
    }


def _finding_json(finding: Finding, run: Run) -> dict[str, Any]:
    told = violation_json(run.api, finding.violation, run.report.projection.calls)
    calls = violation_json(run.api, _on(finding), finding.calls)["calls"]
    often = {"seen": finding.seen, "replays": finding.replays, "back": finding.back}
    return {
        **told,
        "calls": calls,
        **often,
        "operations": list(finding.operations),
        "script": script_of(run, finding),
        "python": python_of(run, finding),
    }


def _on(finding: Finding) -> Violation:
    """The violation with the indexes of its shrunk calls."""
    return replace(finding.violation, calls=tuple(range(len(finding.calls))))

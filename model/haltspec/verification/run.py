"""Everything `haltspec verify` decides of an API, in parts: lifecycles first, then the reference model.

Each part says how much was explored, which named properties were decided, and what failed, with a shortest path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from haltspec import oracle
from haltspec.lts import Grade, Lifecycle
from haltspec.services import load as load_service
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.verification import progress
from haltspec.verification.explore import DEFAULT, Edge, Graph, View, views
from haltspec.verification.invariants import INVARIANTS
from haltspec.verification.overlap import RULE as ONE_ORDER
from haltspec.verification.overlap import Overlap
from haltspec.verification.safety import SAFETY, Breach
from haltspec.verification.scenarios import scenarios
from haltspec.verification.worlds import RULE as JUDGED
from haltspec.verification.worlds import Broken, Explorer, Judge, Make, judged

NO_REASON: Final = "no reason is known"
"""Why a row was not taken that the reference model is not known to leave out."""

Now = Callable[[], float]
"""A clock that runs, in seconds; only differences matter."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A property that does not hold.

    Args:
        check: its name.
        where: the view or scenario in which it fails.
        message: what is wrong.
        path: the steps that show it, none fewer; the last one is the culprit, or leads to where nothing more happens.
        cycle: for progress: the steps that then go on for ever; empty if the run rests there.
    """

    check: str
    where: str
    message: str
    path: tuple[str, ...] = ()
    cycle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A lifecycle, or one exploration of the reference model.

    Args:
        subject: `API/LIFECYCLE`.
        what: "lifecycle", or the scenario's name.
        states: how many were reached.
        transitions: how many edges or steps were tried.
        rows: how many rows of the lifecycle hold under all readings, or how many the steps took.
        checks: the names of the properties that were decided.
        views: the choices of readings under which they were decided.
        complete: False if a limit ended it.
        failures: what does not hold.
        witnesses: for each row of a lifecycle a shortest path that takes it.
        taken: for the reference model: LIFECYCLE and name of every row that some step took.
        seconds: how long it took.
    """

    subject: str
    what: str
    states: int
    transitions: int
    rows: int
    checks: tuple[str, ...]
    views: tuple[str, ...]
    complete: bool
    failures: tuple[Failure, ...]
    witnesses: dict[str, tuple[str, ...]]
    taken: frozenset[tuple[str, str]]
    seconds: float


def verify(api: Api, now: Now, *, make: Make | None = None, judge: Judge | None = None) -> Iterator[Part]:
    """The parts of an API, each as soon as it is decided.

    Args:
        api: the API.
        now: measures how long things take.
        make: makes another reference model than the API's own.
        judge: judges recordings; if given, all that the one-job scenarios can record is judged.

    Raises:
        Misuse: the shapes of requests cannot be had (the lifecycles come first and need none).
    """
    for lifecycle in api.lifecycles:
        yield of_lifecycle(lifecycle, now)
    yield from of_reference(api, now, make=make, judge=judge)


def strict(api: Api) -> Judge:
    """The oracle as a judge, at the lowest floor: whatever any rule rules out, it refuses."""
    settings = oracle.Settings(floor=Grade.ASSUMED)

    def judge(calls: Sequence[Call]) -> str | None:
        violations = oracle.judge(api, calls, settings).violations
        return f"{violations[0].rule}: {violations[0].message}" if violations else None

    return judge


# ---- lifecycles -----------------------------------------------------------------------------------------------------


def of_lifecycle(lifecycle: Lifecycle, now: Now) -> Part:
    """The lifecycle, decided in all its views."""
    start = now()
    found: dict[tuple[str, str], Failure] = {}
    every = list(views(lifecycle))
    for view in every:
        for failure in failures(Graph(lifecycle, view.rows), view):
            found.setdefault((failure.check, failure.message), failure)  # the first view is the simplest
    graph = Graph(lifecycle, every[-1].rows)
    return Part(
        subject=lifecycle.full_name,
        what="lifecycle",
        states=len(graph.paths.nodes),
        transitions=len(graph.edges),
        rows=len(graph.rows),
        checks=(*(safety.name for safety in SAFETY), *(prop.name for prop in lifecycle.progress)),
        views=tuple(view.name for view in every),
        complete=True,
        failures=tuple(found.values()),
        witnesses={row: _texts(path) for row, path in graph.witnesses().items()},
        taken=frozenset(),
        seconds=now() - start,
    )


def failures(graph: Graph, view: View) -> Iterator[Failure]:
    """Every property that fails in one view."""
    for safety in SAFETY:
        for breach in safety.breaches(graph, view) if safety.of_paths or not view.combined else ():
            yield _failure(safety.name, view, breach)
    for prop in graph.lifecycle.progress:
        for breach in progress.breaches(graph, prop):
            yield _failure(prop.name, view, breach)
        if view.whole and progress.is_vacuous(graph, prop):
            yield Failure(prop.name, view.name, f"says nothing: no path leads to {' or '.join(prop.start)}")


def _failure(name: str, view: View, breach: Breach) -> Failure:
    return Failure(name, view.name, breach.message, _texts(breach.path), _texts(breach.cycle))


def _texts(path: tuple[Edge, ...]) -> tuple[str, ...]:
    return tuple(map(str, path))


# ---- the reference model --------------------------------------------------------------------------------------------


def of_reference(api: Api, now: Now, *, make: Make | None = None, judge: Judge | None = None) -> Iterator[Part]:
    """The reference model, in all scenarios of the API."""
    for scenario in scenarios(api, load_service(api.name)):
        start = now()
        explorer = Explorer(api, scenario, make=make, keep=scenario.clients)
        explored = explorer.run()
        judging = judge if scenario.clients else None
        broken = (*explored.broken, *(judged(api, explored, judging) if judging is not None else ()))
        yield Part(
            subject=f"{api.name}/{scenario.lifecycles[0]}",
            what=scenario.name,
            states=explored.states,
            transitions=explored.transitions,
            rows=len(explored.taken),
            checks=(*(invariant.name for invariant in INVARIANTS), *((JUDGED,) if judging is not None else ())),
            views=(DEFAULT,),
            complete=explored.complete,
            failures=_failures(scenario.name, broken),
            witnesses={},
            taken=explored.taken,
            seconds=now() - start,
        )
        if scenario.clients:
            yield _overlapping(api, explorer, now)


def _overlapping(api: Api, explorer: Explorer, now: Now) -> Part:
    start = now()
    overlapped = Overlap(explorer).run()
    return Part(
        subject=f"{api.name}/{explorer.scenario.lifecycles[0]}",
        what=f"{explorer.scenario.name}, two clients at once",
        states=overlapped.states,
        transitions=overlapped.transitions,
        rows=0,
        checks=(ONE_ORDER,),
        views=(DEFAULT,),
        complete=overlapped.complete,
        failures=_failures(explorer.scenario.name, overlapped.broken),
        witnesses={},
        taken=frozenset(),
        seconds=now() - start,
    )


def _failures(where: str, broken: Iterable[Broken]) -> tuple[Failure, ...]:
    return tuple(Failure(one.invariant, where, one.message, one.path) for one in broken)


def untaken(api: Api, parts: Iterable[Part]) -> dict[str, dict[str, str]]:
    """For each lifecycle, the rows of the default readings that the reference model did not take, with the reason."""
    taken, reasons = {row for part in parts for row in part.taken}, load_service(api.name).untaken
    return {
        lc.full_name: {
            row.name: reasons.get(f"{lc.name}/{row.name}", NO_REASON)
            for row in lc.rows()
            if (lc.name, row.name) not in taken
        }
        for lc in api.lifecycles
    }


def verdict(parts: Iterable[Part]) -> str:
    """What the parts come to: "fail", or "inconclusive" if a limit ended one, or "pass"."""
    kept = tuple(parts)
    if any(part.failures for part in kept):
        return "fail"
    return "pass" if all(part.complete for part in kept) else "inconclusive"


def as_json(api: Api, parts: Sequence[Part]) -> dict[str, Any]:
    """An API's parts as plain data."""
    sentences = {rule.name: rule.sentence for rule in (*SAFETY, *INVARIANTS)}
    sentences |= {prop.name: prop.sentence for lifecycle in api.lifecycles for prop in lifecycle.progress}
    return {
        "api": api.name,
        "verdict": verdict(parts),
        "parts": [_plain(part, sentences) for part in parts],
        "untaken": untaken(api, parts),
        "seconds": round(sum(part.seconds for part in parts), 3),
    }


def _plain(part: Part, sentences: Mapping[str, str]) -> dict[str, Any]:
    failed = {failure.check for failure in part.failures}
    return {
        "subject": part.subject,
        "what": part.what,
        "states": part.states,
        "transitions": part.transitions,
        "rows": part.rows,
        "properties": [
            {"name": name, "sentence": sentences.get(name, name), "holds": name not in failed} for name in part.checks
        ],
        "views": list(part.views),
        "complete": part.complete,
        "failures": [asdict(failure) for failure in part.failures],
        "witnesses": {row: list(path) for row, path in part.witnesses.items()},
        "seconds": round(part.seconds, 3),
    }

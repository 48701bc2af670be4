"""Which way the service goes by itself, and when.

Left alone a job goes the usual way, until it is at rest: by the first of its state's moves that leads on, to a state
that the lifecycle declares later, so that it never goes in circles. Faults make it go otherwise.
"""

from __future__ import annotations

import enum
from typing import Final

from haltspec.lts import ABSENT, Internal, Transition
from haltspec.reference import Job, Reference
from haltspec.wire.faults import Faults

DELAY_S: Final = (1.0, 5.0)
"""How long a job stays in a state at the pace `timed`, at least and at most, in seconds."""

_HALT: Final = "halt"


class Pace(enum.Enum):
    """When the service moves by itself."""

    INSTANT = "instant"
    """As soon as it can: after each call every job that it touched comes to rest."""
    TIMED = "timed"
    """Each state lasts for a while, drawn from the seed."""
    MANUAL = "manual"
    """Only when the control API says so."""


def next_move(reference: Reference, job: Job, faults: Faults, been: frozenset[str] = frozenset()) -> Transition | None:
    """The move that a job makes next if nobody calls; None if it is at rest.

    Args:
        reference: whose job it is.
        job: the job.
        faults: may make it go another way.
        been: states that it shall not come to.
    """
    if reference.service.is_settled(reference, job):
        return None
    moves = tuple(row for row in reference.enabled(job) if row.target_from(job.state) not in been)
    if not moves:
        return None
    usual = _usual(reference, job, moves)
    if len(moves) == 1 or not faults.active:
        return usual
    races = [row for row in moves if _event(row) != _HALT]
    if 0 < len(races) < len(moves) and faults.strikes("lost-race", reference.api.name):
        return races[0]
    if faults.strikes("unlucky", reference.api.name):
        return faults.pick([row for row in moves if row is not usual])
    return usual


def _usual(reference: Reference, job: Job, moves: tuple[Transition, ...]) -> Transition:
    """The first move that leads on; the end of a job that vanishes is the last place of all."""
    names = [state.name for state in reference.api.lifecycle(job.key.lifecycle).states if state.name != ABSENT]
    here = names.index(job.state)
    ahead = {*names[here + 1 :], ABSENT}
    return next((row for row in moves if row.target_from(job.state) in ahead), moves[0])


def come_to_rest(reference: Reference, job: Job, faults: Faults) -> None:
    """Let a job make its moves until it is at rest or could only come to a state again."""
    been = frozenset({job.state})
    while (row := next_move(reference, job, faults, been)) is not None:
        reference.fire(job, row)
        been |= {job.state}


def _event(row: Transition) -> str:
    return row.label.event if isinstance(row.label, Internal) else ""

"""Which of some calls made which of some jobs, each call one at most: jobs that nobody saw made, and lost creations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Job = TypeVar("_Job", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pairing(Generic[_Job]):
    """Jobs with the calls that can have made them.

    Args:
        maker: for each job one such call, all different.
        stranded: the jobs that are left over, each with the other jobs that have all the calls it could be of.
    """

    maker: dict[_Job, int] = field(default_factory=dict)
    stranded: dict[_Job, tuple[_Job, ...]] = field(default_factory=dict)


def pair(jobs: Sequence[_Job], calls: Sequence[int], fits: Callable[[_Job, int], bool | None]) -> Pairing[_Job]:
    """As many jobs as can be, the first ones first, each with a call of its own.

    Args:
        jobs: the jobs.
        calls: the calls, as numbers.
        fits: if a job is what a call asked for; None if it cannot be the call's. Of pairings in which as many jobs as
            can be have a call, one in which they all fit is found, if there is one.

    Augmenting paths (H. W. Kuhn, The Hungarian method for the assignment problem, 1955).
    """
    found: Pairing[_Job] = Pairing()
    made: dict[int, _Job] = {}
    free = dict.fromkeys(calls)

    def place(job: _Job, *, well: bool) -> tuple[_Job, ...] | None:
        """Give a job a call, though others may change theirs; if none is left, the jobs that have them."""

        def may_have(one: _Job, call: int) -> bool:
            fit = fits(one, call)
            return fit is not None and (fit or not well)

        reached: dict[int, _Job] = {}
        rest = list(made)
        todo = deque([job])
        while todo:
            one = todo.popleft()
            end: int | None = next((call for call in free if may_have(one, call)), None)
            if end is not None:
                del free[end]
                reached[end] = one
                while end is not None:
                    holder = reached[end]
                    made[end], found.maker[holder], end = holder, end, found.maker.get(holder)
                return None
            reached.update((call, one) for call in rest if may_have(one, call))
            todo.extend(made[call] for call in rest if call in reached)
            rest = [call for call in rest if call not in reached]
        return tuple(made[call] for call in reached)

    late = [job for job in jobs if place(job, well=True) is not None]
    for job in late:
        others = place(job, well=False)
        if others is not None:
            found.stranded[job] = others
    return found

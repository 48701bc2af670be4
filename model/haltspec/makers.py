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


def pair(jobs: Sequence[_Job], calls: Sequence[int], misfit: Callable[[_Job, int], int | None]) -> Pairing[_Job]:
    """As many jobs as can be, the first ones first, each with a call of its own.

    Args:
        jobs: the jobs.
        calls: the calls, as numbers.
        misfit: how badly a job fits a call: 0 for well, None for not at all. As many as can be fit well.

    Augmenting paths (H. W. Kuhn, The Hungarian method for the assignment problem, 1955).
    """
    found: Pairing[_Job] = Pairing()
    made: dict[int, _Job] = {}

    def place(job: _Job, *, well: bool) -> tuple[_Job, ...] | None:
        """Give a job a call, though others may change theirs; if none is left, the jobs that have them."""
        reached: dict[int, _Job] = {}
        todo = deque([job])
        while todo:
            one = todo.popleft()
            for call in calls:
                how = None if call in reached else misfit(one, call)
                if how is None or (well and how):
                    continue
                reached[call] = one
                if call not in made:
                    free: int | None = call
                    while free is not None:
                        holder = reached[free]
                        made[free], found.maker[holder], free = holder, free, found.maker.get(holder)
                    return None
                todo.append(made[call])
        return tuple(dict.fromkeys(made[call] for call in reached))

    late = [job for job in jobs if place(job, well=True) is not None]
    for job in late:
        others = place(job, well=False)
        if others is not None:
            found.stranded[job] = others
    return found

"""Pairing jobs that nobody saw made with creations that were not answered, against trying all ways."""

from __future__ import annotations

import itertools
import random

import pytest

from haltspec.makers import Pairing, pair

WELL, BADLY, NEVER = True, False, None


def pairing(table: list[list[bool | None]]) -> Pairing[int]:
    """The pairing of as many jobs as the table has rows with as many calls as it has columns."""
    return pair(range(len(table)), range(len(table[0])), lambda job, call: table[job][call])


def best(table: list[list[bool | None]]) -> tuple[int, int]:
    """How many jobs can be paired at most, and how many of them well, by trying all ways."""
    calls: tuple[int | None, ...] = (*range(len(table[0])), *[None] * len(table))
    most = well = 0
    for way in itertools.permutations(calls, len(table)):
        fits = [None if call is None else row[call] for row, call in zip(table, way, strict=True)]
        most = max(most, sum(fit is not None for fit in fits))
        well = max(well, sum(fit is True for fit in fits))
    return most, well


class TestPair:
    """Each call makes one job at most."""

    def test_one_call_makes_one_job(self) -> None:
        assert pairing([[WELL], [WELL], [WELL]]) == Pairing({0: 0}, {1: (0,), 2: (0,)})

    def test_a_job_gives_way_to_one_that_has_no_other_call(self) -> None:
        assert pairing([[WELL, WELL], [WELL, NEVER]]) == Pairing({0: 1, 1: 0}, {})

    def test_what_fits_well_comes_first(self) -> None:
        assert pairing([[BADLY, WELL], [WELL, BADLY]]).maker == {0: 1, 1: 0}
        assert pairing([[BADLY], [WELL]]) == Pairing({1: 0}, {0: (1,)})

    def test_what_fits_badly_is_paired_all_the_same(self) -> None:
        assert pairing([[BADLY, NEVER]]).maker == {0: 0}

    def test_nothing_to_choose_from(self) -> None:
        assert pair((1,), (), lambda job, call: True) == Pairing({}, {1: ()})
        assert pairing([[NEVER, NEVER]]) == Pairing({}, {0: ()})

    @pytest.mark.parametrize("seed", range(20))
    def test_against_all_ways(self, seed: int) -> None:
        rng = random.Random(seed)
        left_over = 0
        for _ in range(50):
            jobs, calls = rng.randint(1, 4), rng.randint(1, 4)
            table = [[rng.choice((WELL, WELL, BADLY, BADLY, NEVER)) for _ in range(calls)] for _ in range(jobs)]
            found = pairing(table)
            most, well = best(table)
            assert found.maker.keys() | found.stranded.keys() == set(range(jobs))
            assert len(set(found.maker.values())) == len(found.maker) == most
            assert all(table[job][call] is not None for job, call in found.maker.items())
            if most == well:
                assert all(table[job][call] for job, call in found.maker.items()), table
            for job, others in found.stranded.items():
                wanted = {call for one in (job, *others) for call, fit in enumerate(table[one]) if fit is not None}
                assert wanted == {found.maker[other] for other in others}, "others could give way"
            left_over += bool(found.stranded)
        assert left_over > 5

    def test_of_many(self) -> None:
        """A thousand of each that all fit, and one too many."""
        found = pair(range(1001), range(1000), lambda job, call: True)
        assert (len(found.maker), list(found.stranded)) == (1000, [1000])

"""Who checks the checker: mutants are killed or proved equivalent, and a blind checker lets them live."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from haltspec.apis import NAMES, load
from haltspec.lts import Lifecycle
from haltspec.oracle import Report, judge
from haltspec.spec import Api
from haltspec_properties import hunt
from haltspec_properties.hunt import Fate, Hunter
from haltspec_properties.mutants import OPERATORS, Mutant, mutants

LIFECYCLES = [(name, lifecycle.name) for name in NAMES for lifecycle in load(name).lifecycles]
SAMPLE = 25
KNOWN_SURVIVORS = {"devicefarm/job": 12, "dataarts/job": 13}
"""Gaps in the checker: mistakes in refusals that the reference model could not be led to."""


def made(api: Api, lifecycle: Lifecycle) -> dict[str, Mutant]:
    """The mutants of a lifecycle by name."""
    return {mutant.name: mutant for mutant in mutants(api, lifecycle)}


@pytest.mark.parametrize("place", LIFECYCLES, ids="/".join)
def test_every_lifecycle_has_a_hundred_mutants(place: tuple[str, str]) -> None:
    """At least one hundred mistakes are made in each lifecycle, by operators that say what they do, none twice."""
    api = load(place[0])
    found = list(mutants(api, api.lifecycle(place[1])))
    assert len(found) >= 100
    assert {mutant.operator for mutant in found} <= OPERATORS.keys()
    assert len({mutant.name for mutant in found}) == len(found)


@pytest.mark.parametrize("place", LIFECYCLES, ids="/".join)
def test_a_sample_of_mutants_is_killed_or_equivalent(place: tuple[str, str]) -> None:
    """Of a sample of each lifecycle's mutants none survives."""
    api = load(place[0])
    drawn = Random("/".join(place)).sample(list(mutants(api, api.lifecycle(place[1]))), SAMPLE)
    hunter = Hunter(api)
    survived = [outcome for outcome in map(hunter.hunt, drawn) if outcome.fate is Fate.SURVIVED]
    assert survived == []


@pytest.mark.benchmark  # ten minutes for all lifecycles
@pytest.mark.parametrize("place", LIFECYCLES, ids="/".join)
def test_all_mutants_are_killed_or_equivalent(place: tuple[str, str]) -> None:
    """Of all mutants none survives but those that are known, each with a recording that would tell it."""
    api = load(place[0])
    hunter = Hunter(api)
    outcomes = map(hunter.hunt, mutants(api, api.lifecycle(place[1])))
    survived = [outcome for outcome in outcomes if outcome.fate is Fate.SURVIVED]
    assert len(survived) <= KNOWN_SURVIVORS.get("/".join(place), 0), survived


class TestFates:
    """Each fate is met by a mutant made for it."""

    API = load("comprehend")
    JOB = API.lifecycle("job")

    def test_a_stop_that_leads_back_is_killed(self) -> None:
        """A stop that leaves the job running is noticed within a few calls."""
        mutant = made(self.API, self.JOB)["'stop asked' leads to SUBMITTED"]
        outcome = Hunter(self.API).hunt(mutant)
        assert outcome.fate.is_killed
        assert 0 < outcome.calls <= 10

    def test_a_dropped_freedom_is_killed_as_a_specification(self) -> None:
        """Without the race a stop can lose, the lifecycle rules out what the true service does."""
        mutant = made(self.API, self.JOB)["'finished before the stop took effect' is dropped"]
        assert Hunter(self.API).hunt(mutant).fate is Fate.AGREEMENT

    def test_a_reading_of_an_open_cell_is_equivalent(self) -> None:
        """In a silent cell a refusal more or less changes nothing that can be ruled out."""
        mutant = made(self.API, self.JOB)["'second stop refused' is dropped"]
        outcome = Hunter(self.API).hunt(mutant)
        assert outcome.fate is Fate.EQUIVALENT
        assert outcome.told

    def test_a_blind_checker_lets_mutants_live(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With an oracle that sees nothing and no properties mutants survive: the table can fail."""

        def blind(*arguments: object, **options: object) -> Report:
            return replace(judge(*arguments, **options), violations=(), warnings=())  # type: ignore[arg-type]  # as given

        monkeypatch.setattr(hunt, "judge", blind)
        mutant = made(self.API, self.JOB)["a move from COMPLETED to IN_PROGRESS is added"]
        assert Hunter(self.API).hunt(mutant).fate.is_killed
        outcome = Hunter(self.API, judges=()).hunt(mutant)
        assert outcome.fate is Fate.SURVIVED
        assert "a recording tells it apart" in outcome.told

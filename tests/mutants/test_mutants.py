"""Who checks the checker: mutants are killed or proved equivalent, and a blind checker lets them live."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from haltspec.apis import NAMES, load
from haltspec.lts import Lifecycle
from haltspec.oracle import Report, judge
from haltspec.spec import Api
from haltspec_properties import fates
from haltspec_properties.fates import Fate, Way
from haltspec_properties.hunt import Hunter
from haltspec_properties.mutants import OPERATORS, Mutant, mutants

LIFECYCLES = [(name, lifecycle.name) for name in NAMES for lifecycle in load(name).lifecycles]
SAMPLE = 25


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


@pytest.mark.slow  # minutes for all lifecycles
@pytest.mark.parametrize("place", LIFECYCLES, ids="/".join)
def test_all_mutants_are_killed_or_equivalent(place: tuple[str, str]) -> None:
    """Of all mutants none survives."""
    api = load(place[0])
    hunter = Hunter(api)
    outcomes = map(hunter.hunt, mutants(api, api.lifecycle(place[1])))
    survived = [outcome for outcome in outcomes if outcome.fate is Fate.SURVIVED]
    assert survived == []


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

    def test_a_job_that_is_not_there_has_one_id(self) -> None:
        """All that a story asks of a job that is not there it asks of one id: that a stop of its run made no job shows."""
        api = load("devicefarm")
        mutant = made(api, api.lifecycle("job"))["'a stop of the run makes no job' is dropped"]
        outcome = Hunter(api).hunt(mutant)
        assert (outcome.fate, outcome.way) == (Fate.AGREEMENT, Way.STORY)
        assert outcome.told == "Get refused with NotFoundException is ruled out"

    def test_a_refusal_that_may_have_other_reasons_tells_nothing(self) -> None:
        """A start may be refused with DLF.3051 for reasons that no row knows: who moves the job then is not found out."""
        api = load("dataarts")
        mutant = made(api, api.lifecycle("job"))["'start of a stopping job: refused' leads to real-time STOPPED"]
        assert Hunter(api).hunt(mutant).fate is Fate.EQUIVALENT

    def test_an_error_that_is_not_declared_is_killed(self) -> None:
        """A code that belongs to other operations is told, though the row it stands in takes any code."""
        api = load("dataarts")
        mutant = made(api, api.lifecycle("job"))["'a scheduled job is not started again' answers DLF.0102"]
        outcome = Hunter(api).hunt(mutant)
        assert (outcome.fate, outcome.told) == (Fate.ORACLE, "dataarts/errors are declared")

    def test_calls_on_a_parent_are_answered_by_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run that is deleted is not deleted again, so what would become of its jobs then is never seen."""
        api = load("devicefarm")
        mutant = made(api, api.lifecycle("job"))["'a deletion of the run finds no such job' is dropped"]
        assert Hunter(api).hunt(mutant).fate is Fate.EQUIVALENT
        monkeypatch.setattr(Hunter, "_parent", lambda self, lifecycle: None)
        assert Hunter(api).hunt(mutant).fate is Fate.SURVIVED

    def test_a_blind_checker_lets_mutants_live(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With an oracle that sees nothing and no properties mutants survive: the table can fail."""

        def blind(*arguments: object, **options: object) -> Report:
            return replace(judge(*arguments, **options), violations=(), warnings=())  # type: ignore[arg-type]  # as given

        monkeypatch.setattr(fates, "judge", blind)
        mutant = made(self.API, self.JOB)["a move from COMPLETED to IN_PROGRESS is added"]
        assert Hunter(self.API).hunt(mutant).fate.is_killed
        outcome = Hunter(self.API, judges=()).hunt(mutant)
        assert outcome.fate is Fate.SURVIVED
        assert "a recording tells it apart" in outcome.told

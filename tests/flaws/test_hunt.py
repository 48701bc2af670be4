"""Flaws of services, and the hunt for them: black box, over HTTP, with the budget that a user has by default."""

from __future__ import annotations

import os

import pytest

from haltspec.apis import NAMES, load
from haltspec.services.base import Answer
from haltspec_properties.conform import Options
from haltspec_properties.flaws import Flaw, Turn, flaws
from haltspec_properties.flaws.hunt import drawn, find, hunt

FEW, SOME = 1, 20
QUICK = ("translate", "dataarts")
"""One API of each protocol, those whose jobs end soonest."""

_SHORT = Options(examples=1, patience=2.0)


@pytest.mark.parametrize("api_name", NAMES)
def test_flaws_have_names_of_their_own(api_name: str) -> None:
    """No two flaws of an API have the same name, and each says who got it wrong or who says that it is."""
    names = [flaw.name for flaw in flaws(api_name)]
    assert len(names) == len(set(names))
    assert all(flaw.source for flaw in flaws(api_name))


MISSED = 2
"""So many flaws one run may miss, of more than seventy: a race is a matter of luck."""


@pytest.mark.parametrize(
    "api_name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_some_flaws_are_found(api_name: str) -> None:
    """Of the flaws drawn each is found, by a rule of the API."""
    few = drawn(api_name, FEW, 0)
    assert len(few) == FEW
    for flaw in flaws(api_name):
        if flaw.name in few:
            found = find(api_name, flaw)
            assert found.rule.startswith(f"{api_name}/"), flaw.name


@pytest.mark.slow
@pytest.mark.parametrize("api_name", NAMES)
def test_every_flaw_is_found(api_name: str) -> None:
    """With the default budget every flaw of the API is found, those that show in a race perhaps in another run only.

    All of them with `HALTSPEC_PROFILE=nightly`, else some.
    """
    hunted = hunt(api_name, drawn(api_name, None if os.environ.get("HALTSPEC_PROFILE") == "nightly" else SOME, 0))
    assert not hunted.sound.is_found, hunted.sound.message
    missed = [found.flaw for found in hunted.missed]
    assert len(missed) <= MISSED
    for number in (1, 2):
        missed = [found.flaw for found in hunt(api_name, missed, seed=number).missed] if missed else []
    assert missed == []


async def _sound(turn: Turn) -> Answer | None:
    return turn.go()


def test_what_is_no_flaw_is_missed() -> None:
    """A service that does what the true one does is not found to be flawed: the hunt tells flaws from none."""
    found = find("translate", Flaw("none", "nobody", _sound), _SHORT)
    assert (found.rule, found.is_found) == ("", False)
    assert found.calls > 50


def test_plain_rules_find_what_every_reply_shows() -> None:
    """Without steering a flaw of every reply is found; one that takes a certain order of calls need not be."""
    flaw = next(flaw for flaw in flaws("translate") if flaw.name == "statuses are in lower case")
    found = find("translate", flaw, plain=200)
    assert found.is_found and found.calls <= 200
    sound = find("translate", None, plain=200)
    assert not sound.is_found, sound.message
    assert sound.calls >= 200


def test_samples_are_drawn_by_the_seed() -> None:
    """The same seed draws the same flaws, in their order; so many that there are no more are all."""
    names = [flaw.name for flaw in flaws("dataarts")]
    assert drawn("dataarts", 5, 7) == drawn("dataarts", 5, 7) != drawn("dataarts", 5, 8)
    assert [name for name in names if name in drawn("dataarts", 5, 7)] == list(drawn("dataarts", 5, 7))
    assert drawn("dataarts", 1000, 7) == drawn("dataarts", None, 7) == tuple(names)


@pytest.mark.parametrize("api_name", NAMES)
def test_there_are_many(api_name: str) -> None:
    """At least 60 for each API."""
    assert load(api_name).name == api_name
    assert len(flaws(api_name)) >= 60

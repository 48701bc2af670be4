"""What Hypothesis can draw: readings of an API, calls on what is there, and, apart from them, wrong ones.

Guards choose: what is possible is listed from the state (`haltspec_properties.asks`) before anything is drawn, so that
nothing drawn has to be thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from haltspec import services
from haltspec.lts import Role
from haltspec.spec import Api, Binding
from haltspec_properties import asks
from haltspec_properties.asks import BY_ID, Ask
from haltspec_properties.session import Known, Session

TOKENS: Final = ("token-of-all-1", "token-of-all-2", "token-of-all-3")
"""So few that they meet again: with the same parameters and with others, in the same tenant and in others."""

COMMON_NAMES: Final = (1, 2)
"""Names that are given again and again; the others once."""

_PLACES: Final = 6
"""So many places are told apart: no matter how many of two, or of three, readings several questions have."""


@st.composite
def readings(draw: DrawFn, api: Api) -> dict[str, str]:
    """Readings of open questions that the reference model can follow; those left out are at their default.

    The default ones, or of every question the one in the same place by name, or any: so several that go together meet.
    """
    sort = draw(st.sampled_from(("default", "same place", "any", "same place", "any")))
    place = draw(st.integers(0, _PLACES - 1)) if sort == "same place" else 0
    chosen: dict[str, str] = {}
    for name, question in sorted(api.all_questions().items()):
        if sort != "default" and name not in services.load(api.name).unmodelled:
            names = sorted(r.name for r in question.readings)
            simplest_first = (question.default, *(reading for reading in names if reading != question.default))
            chosen[name] = draw(st.sampled_from(simplest_first)) if sort == "any" else names[place % len(names)]
    return {name: reading for name, reading in chosen.items() if reading != api.question(name).default}


# ---- right calls ---------------------------------------------------------------------------------------------------


@st.composite
def creations(draw: DrawFn, session: Session, tenants: Sequence[str], number: int) -> Ask:
    """A request that makes a job, or would if its name or token were not used before.

    Args:
        draw: given by Hypothesis.
        session: what was done so far.
        tenants: who may call; the first makes most jobs.
        number: a number that no creation has had yet.
    """
    tenant = draw(st.sampled_from((*[tenants[0]] * 3, *tenants[1:])))
    name = draw(st.sampled_from((number, number, *COMMON_NAMES)))
    token = draw(st.sampled_from((f"token-{number}", *TOKENS, None)))
    lifecycle = draw(st.sampled_from(sorted({binding.lifecycle for binding in asks.creators(session.api)})))
    return draw(st.sampled_from(asks.creations(session, tenant, name, token=token, lifecycle=lifecycle)))


def calls_on(session: Session, known: Known, *roles: Role) -> SearchStrategy[Ask]:
    """A call on a job by its id; the job's kind has to have an operation of one of the roles."""
    return st.sampled_from(asks.calls_on(session, known, *roles))


def lists(session: Session, known: Known) -> SearchStrategy[tuple[Binding, dict[str, Any]]]:
    """A list in which a job may stand: its binding, and members for a filter or for short pages."""
    return st.sampled_from(asks.lists(session, known))


def racing(session: Session, known: Known) -> SearchStrategy[Ask]:
    """A call about a job, or the one that made it once more."""
    return st.sampled_from((*asks.calls_on(session, known, *BY_ID), *asks.again(known)))


# ---- wrong calls ---------------------------------------------------------------------------------------------------


@st.composite
def unknown(draw: DrawFn, session: Session, known: Known) -> Ask:
    """A call with an id like that of a job, which nobody was given."""
    return asks.nobodys(draw(calls_on(session, known, *BY_ID)), known, draw(st.integers(0, 9)))


@st.composite
def strange(draw: DrawFn, session: Session, known: Known, tenants: Sequence[str]) -> Ask:
    """A call on a job by a tenant whose job it is not."""
    ask = draw(calls_on(session, known, *BY_ID))
    return asks.strange(ask, draw(st.sampled_from([tenant for tenant in tenants if tenant != known.key.tenant])))


@st.composite
def malformed(draw: DrawFn, session: Session, known: Known) -> Ask:
    """A call about a job, or to make one, whose request breaks its shape in one place."""
    right = (*asks.calls_on(session, known, *BY_ID), *asks.again(known))
    return draw(st.sampled_from(asks.malformed(session.api, draw(st.sampled_from(right)))))


def wrong(session: Session, known: Known, tenants: Sequence[str]) -> SearchStrategy[Ask]:
    """A call that goes wrong about a job: an unknown id, another tenant, another kind of job, or a broken shape."""
    foreign = asks.foreign(session, known)
    choices = [unknown(session, known), strange(session, known, tenants), malformed(session, known)]
    return st.one_of((*choices, st.sampled_from(foreign)) if foreign else choices)

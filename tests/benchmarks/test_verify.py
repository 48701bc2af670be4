"""How long it takes to prove all five APIs."""

from __future__ import annotations

import time

import pytest

from haltspec.__main__ import main

pytestmark = pytest.mark.benchmark

LIMIT_S = 10.0


def test_all_five_are_verified_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Lifecycles under all choices of readings, and the reference model with up to three jobs: under ten seconds."""
    start = time.perf_counter()
    assert main(["verify"]) == 0
    seconds = time.perf_counter() - start
    total = capsys.readouterr().out.splitlines()[-1]
    print(f"{seconds:.1f} s; {total}")
    assert seconds < LIMIT_S

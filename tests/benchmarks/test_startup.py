"""How long `haltspec --help` takes, beside the least that any program of its kind takes, in one run."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

ROUNDS = 7


def fastest_s(*arguments: str) -> float:
    """The shortest of some runs of the interpreter, in seconds: the others measure what else the machine does."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.benchmark
def test_help_is_quick() -> None:
    """Help takes under 0.3 s and at most three times what importing click takes."""
    click_s = fastest_s("-c", "import click")
    help_s = fastest_s("-m", "haltspec", "--help")
    print(f"haltspec --help: {help_s:.3f} s, {help_s / click_s:.2f} times `import click` ({click_s:.3f} s)")
    assert help_s < 0.3
    assert help_s <= 3 * click_s

"""Reports of a conformance run for other programs: JUnit XML, SARIF, and a page in HTML.

Each module has one function that makes the text of a file from a run. The libraries they need are extras and are
loaded when a report is made. Whatever came from the target is text in them, and nothing else: it may be hostile.
"""

from __future__ import annotations

import importlib
import re
from typing import Any, Final

from haltspec.errors import Misuse
from haltspec_properties.conform import Finding, Run
from haltspec_properties.named import NamedRule, named_rule, named_rules

_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold, not even escaped; lone surrogates among it, which no file can hold."""


def legal(text: str) -> str:
    r"""A text with what XML and UTF-8 cannot hold written as Python escapes.

    >>> legal("a\x00b\ud800")
    'a\\x00b\\ud800'
    """
    return _ILLEGAL.sub(
        lambda found: (
            found[0].encode("ascii", "backslashreplace").decode() if found[0] > "\x7f" else f"\\x{ord(found[0]):02x}"
        ),
        text,
    )


def by_rule(run: Run) -> dict[NamedRule, list[Finding]]:
    """All named rules of the run's API, each with the findings that break it, the failing ones first."""
    found: dict[NamedRule, list[Finding]] = {rule: [] for rule in named_rules(run.api.name).values()}
    for finding in (*run.findings, *run.accepted, *run.warnings):
        found.setdefault(named_rule(run.api, finding.rule), []).append(finding)
    return found


def library(module: str) -> Any:
    """A module of an extra; raises `Misuse` if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise Misuse(f"{name} is not installed", "run: pip install 'haltspec[reports]'") from None

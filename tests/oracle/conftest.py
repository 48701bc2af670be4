"""How recordings written by hand are held against the judge: read from their lines, and through the command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from haltspec.__main__ import main
from haltspec.apis import load
from haltspec.lts import Grade
from haltspec.oracle import Report, Settings, Verdict, judge
from haltspec.trace import Call, read, to_line


class Bench:
    """Holds recordings against the judge."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def judged(self, calls: Sequence[Call], floor: Grade = Grade.IMPLIED) -> Report:
        """The judgement of a recording that is read from its lines."""
        return judge(load(calls[0].api), read(map(to_line, calls), name="calls.ndjson"), Settings(floor=floor))

    def is_left_open(self, calls: Sequence[Call]) -> None:
        """Nothing is blamed, at no floor."""
        report = self.judged(calls, Grade.ASSUMED)
        assert [(v.rule, v.message) for v in report.violations] == []
        assert report.verdict is Verdict.PASS

    def is_ruled_out(self, calls: Sequence[Call], rule: str, grade: Grade, document: str) -> None:
        """The last call, and no call before it, breaks a rule of a grade and document."""
        report = self.judged(calls)
        assert report.verdict is Verdict.FAIL
        found = {v.rule.partition("/")[2]: (v.grade, v.source.document, v.calls[-1]) for v in report.violations}
        assert found.get(rule) == (grade, document, len(calls) - 1), found
        assert len(calls) == 1 or self.judged(calls[:-1]).verdict is Verdict.PASS

    def is_warned_of(self, calls: Sequence[Call], rule: str, verdict: Verdict = Verdict.INCONCLUSIVE) -> None:
        """It breaks an assumption of ours and nothing else."""
        report = self.judged(calls)
        assert (report.verdict, report.violations) == (verdict, ())
        assert [(w.rule.partition("/")[2], w.grade) for w in report.warnings] == [(rule, Grade.ASSUMED)]

    def codes(self, recordings: Iterable[Sequence[Call]]) -> set[int]:
        """The exit codes of the command, each recording a file of its own."""
        file = self.path / "calls.ndjson"
        found: set[int] = set()
        for calls in recordings:
            file.write_text("".join(f"{to_line(one)}\n" for one in calls))
            found.add(main(["check", str(file)]))
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Holds recordings against the judge."""
    return Bench(tmp_path)

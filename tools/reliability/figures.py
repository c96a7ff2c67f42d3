"""The figures that runs left behind: raw lines of one or more runs, folded into one for each test and measure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.reliability.markers import Mark

Value = int | float | str
CASES = 1
"""What a test that passed counts when it gave no figure of its own."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was run, on which version and commit ("+" for a tree that differs from it), and when (UTC)."""

    run: str
    version: str
    commit: str
    date: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure.

    Attributes:
        defence: codes of the defences, as the marker says them.
        test: what measured it: a test, or the command of a campaign.
        by: the run it comes from.
    """

    threat: str
    defence: str
    measure: str
    test: str
    figure: Value
    by: Run

    @property
    def key(self) -> tuple[str, str, str]:
        """What is measured where."""
        return self.threat, self.measure, self.test

    @property
    def is_campaign(self) -> bool:
        """Whether it was measured by a command of its own, outside the tests."""
        return not self.test.startswith("tests/")


@dataclass
class Figures:
    """The newest figure of each measure, and the markers there were when the page was written."""

    marks: list[Mark] = field(default_factory=list)
    held: dict[tuple[str, str, str], Figure] = field(default_factory=dict)

    def take(self, lines: Iterable[str]) -> None:
        """Fold the raw lines of runs in; they replace what is held of the same measures."""
        run: Run | None = None
        values: defaultdict[tuple[str, ...], list[Value]] = defaultdict(list)
        runs: dict[tuple[str, ...], Run] = {}
        for line in filter(str.strip, lines):
            row = json.loads(line)
            if "mark" in row:
                continue
            if "run" in row:
                run = Run(**row)
                continue
            assert run is not None, "figures without a run before them"
            key = (row["threat"], row["defence"], row["measure"], row["test"])
            if runs.get(key) != run:
                values[key].clear()
            runs[key] = run
            values[key].append(CASES if row["figure"] is None else row["figure"])
        for (threat, defence, measure, test), found in values.items():
            figure = Figure(threat, defence, measure, test, folded(found), runs[threat, defence, measure, test])
            self.held[figure.key] = figure

    def mark(self, marks: list[Mark]) -> None:
        """These are the markers now. Figures of tests that no longer measure that are forgotten; campaigns stay until
        they are run again."""
        self.marks, wanted = marks, {(mark.threat, mark.measure, mark.test) for mark in marks}
        self.held = {key: figure for key, figure in self.held.items() if figure.is_campaign or key in wanted}


def folded(values: list[Value]) -> Value:
    """One figure of those of a test's cases: counts add up, of quantities the largest, words stand together."""
    if all(isinstance(value, int) for value in values):
        return sum(value for value in values if isinstance(value, int))
    if all(isinstance(value, int | float) for value in values):
        return max(value for value in values if not isinstance(value, str))
    return "; ".join(dict.fromkeys(map(str, values)))


def load(path: Path) -> Figures:
    """What is kept in a file; nothing if there is none."""
    if not path.exists():
        return Figures()
    kept = json.loads(path.read_text(encoding="utf-8"))
    runs = [Run(**run) for run in kept["runs"]]
    rows = [Figure(**{**row, "by": runs[row["by"]]}) for row in kept["figures"]]
    marks = [Mark(threat, tuple(defence.split()), measure, test) for threat, defence, measure, test in kept["marks"]]
    return Figures(marks, {row.key: row for row in rows})


def save(figures: Figures, path: Path) -> None:
    """Keep them in a file that reads and merges line by line."""
    rows = sorted(figures.held.values(), key=lambda row: row.key)
    runs = sorted({row.by for row in rows}, key=lambda run: (run.date, run.run, run.commit))
    listed: list[dict[str, Any]] = [{**asdict(row), "by": runs.index(row.by)} for row in rows]
    marks = [[mark.threat, " ".join(mark.defences), mark.measure, mark.test] for mark in figures.marks]
    written: dict[str, list[Any]] = {"runs": [asdict(run) for run in runs], "figures": listed, "marks": marks}
    parts = (
        f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in content) + "\n]"
        for name, content in written.items()
    )
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")

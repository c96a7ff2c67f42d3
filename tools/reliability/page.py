"""The matrix as a page and as a table at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tools.reliability.figures import Figure, Figures, Run
from tools.reliability.matrix import Cell, Group, cells, plan

MISSING = "missing"
_HEAD = """\
# Reliability

What the protocol and this implementation promise against each threat, by which defences, and what the last runs
measured.

Written by `make reliability` from the markers on the tests and from what a run of them left behind; do not edit. A row
of a table is one test, or one campaign outside the tests, given by its command. Counts add up over the cases of a test;
a test without a count of its own counts the cases that passed. A figure is only there if the test passed. **missing**
stands where a defence has no test, or a test no figure.
"""


def page(figures: Figures) -> str:
    """RELIABILITY.md."""
    codes, groups = plan()
    runs = _runs(figures)
    parts = [
        _HEAD,
        f"{_summary(groups, figures)}\n",
        "## Runs\n",
        _table(("Run", "Version", "Commit", "Date", "What")),
    ]
    parts[-1] += "".join(_line((f"{n}", r.version, f"`{r.commit}`", r.date, f"`{r.run}`")) for r, n in runs.items())
    parts += [_NOTE, "## Defences\n", _table(("Code", "Defence")) + "".join(_line(row) for row in codes.items())]
    for group in groups:
        parts += [
            f"## {group.title}\n",
            *([group.note + "\n"] if group.note else []),
            _group(group, figures, runs),
        ]
    return "\n".join(parts)


_NOTE = "\nA `+` after a commit: the tree held more than that commit.\n"


def _runs(figures: Figures) -> dict[Run, int]:
    """The runs that figures come from, numbered by their dates."""
    runs = sorted({figure.by for figure in figures.held.values()}, key=lambda run: (run.date, run.run, run.commit))
    return {run: number for number, run in enumerate(runs, 1)}


def _summary(groups: Iterable[Group], figures: Figures) -> str:
    threats = [threat for group in groups for threat in group.threats]
    rows = [cell for threat in threats for cell in cells(threat, figures)]
    absent = sum(1 for cell in rows if cell.figure is None)
    return f"{len(threats)} threats, {len(rows)} measures, {absent} of them missing."


def _group(group: Group, figures: Figures, runs: dict[Run, int]) -> str:
    text = _table(("Threat", "Promise", "Defence", "Measured", "Figure", "Run", "Test"))
    for threat in group.threats:
        for number, cell in enumerate(cells(threat, figures)):
            first = (f"**{threat.title}**", threat.promise) if number == 0 else ("", "")
            text += _line((*first, *_cell(cell, runs)))
    return text


def _cell(cell: Cell, runs: dict[Run, int]) -> tuple[str, str, str, str, str]:
    figure = cell.figure
    shown = (_number(figure), str(runs[figure.by])) if figure is not None else (f"**{MISSING}**", "")
    return " ".join(cell.defences), cell.measure, *shown, f"`{cell.test}`" if cell.test else f"**{MISSING}**"


def _number(figure: Figure) -> str:
    return f"{figure.figure:,}" if isinstance(figure.figure, int | float) else figure.figure


def _table(names: Sequence[str]) -> str:
    return _line(names) + _line(["---"] * len(names))


def _line(cells_: Iterable[str]) -> str:
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in cells_)} |\n"


def terminal(figures: Figures) -> Iterator[str]:
    """The same table for a terminal, a line for each measure."""
    runs, (_, groups) = _runs(figures), plan()
    for group in groups:
        yield f"\n{group.title}"
        for threat in group.threats:
            yield f"\n  {threat.title}: {threat.promise}"
            yield from (_terminal_line(cell) for cell in cells(threat, figures))
    yield f"\n{_summary(groups, figures)}"
    for run, number in runs.items():
        yield f"run {number}: {run.run}, version {run.version}, commit {run.commit}, {run.date}"


def _terminal_line(cell: Cell) -> str:
    shown = MISSING if cell.figure is None else _number(cell.figure)
    return f"    {' '.join(cell.defences):<12} {shown:>10}  {cell.measure or 'no test'}"

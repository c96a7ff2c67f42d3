"""The matrix: for each threat its defences, for each defence what was measured, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tools.reliability.figures import Figure, Figures
from tools.reliability.markers import Mark

THREATS = Path(__file__).with_name("threats.yaml")


@dataclass(frozen=True, slots=True)
class Threat:
    """A row: what may go wrong, what is promised, and the defences that stand against it."""

    name: str
    title: str
    promise: str
    defences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    title: str
    note: str
    threats: tuple[Threat, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one test or campaign shows of some defences against a threat.

    Attributes:
        measure: what is counted; empty where no test is marked.
        test: a test or a command; empty where no test is marked.
        figure: None where it is missing.
    """

    defences: tuple[str, ...]
    measure: str = ""
    test: str = ""
    figure: Figure | None = None


@cache
def plan() -> tuple[dict[str, str], tuple[Group, ...]]:
    """The codes of the defences with their words, and the groups of rows."""
    said: dict[str, Any] = yaml.safe_load(THREATS.read_text(encoding="utf-8"))
    groups = (Group(each["title"], each.get("note", ""), tuple(map(_threat, each["rows"]))) for each in said["groups"])
    return said["defences"], tuple(groups)


def _threat(row: dict[str, Any]) -> Threat:
    name = row["threat"]
    title = f"{name} {row['name']}" if "name" in row else name
    return Threat(name, title, row["promise"], tuple(row["defences"]))


def strangers(marks: Iterable[Mark]) -> list[str]:
    """Markers that name no row, or a defence that does not stand against it, in words."""
    rows = {threat.name: threat for group in plan()[1] for threat in group.threats}
    found = []
    for mark in marks:
        if mark.threat not in rows:
            found.append(f"{mark.test}: no row is called {mark.threat!r}")
        elif foreign := set(mark.defences) - set(rows[mark.threat].defences):
            found.append(f"{mark.test}: not among the defences of {mark.threat!r}: {' '.join(sorted(foreign))}")
    return found


def cells(threat: Threat, figures: Figures) -> Iterator[Cell]:
    """What is shown against one threat, in the order of its defences; a defence that nothing shows is a cell too."""
    found = [
        Cell(mark.defences, mark.measure, mark.test, figures.held.get((mark.threat, mark.measure, mark.test)))
        for mark in figures.marks
        if mark.threat == threat.name
    ]
    found += [
        Cell(tuple(figure.defence.split()), figure.measure, figure.test, figure)
        for figure in figures.held.values()
        if figure.threat == threat.name and figure.is_campaign
    ]
    shown = {code for cell in found for code in cell.defences}
    found += [Cell((code,)) for code in threat.defences if code not in shown]
    yield from sorted(found, key=lambda cell: (threat.defences.index(cell.defences[0]), cell.measure, cell.test))

"""RELIABILITY.md: its rows, defences and tests are those of the markers; a figure is one that a run left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.figures import MARKS
from tools.reliability import figures, matrix, page
from tools.reliability.__main__ import KEPT, PAGE
from tools.reliability.figures import Figures, Run, folded
from tools.reliability.markers import ROOT, Mark, marks_in

RUN = '{"run": "pytest", "version": "0.1.0", "commit": "abc", "date": "2026-11-26 12:00Z"}'
LATER = RUN.replace("12:00Z", "13:00Z")
POWER = Mark("power loss", ("DUR",), "cuts", "tests/test_x.py::test_cut")
ROW = '{"threat": "power loss", "defence": "DUR", "measure": "cuts", "test": "tests/test_x.py::test_cut", "figure": %s}'


def test_the_page_agrees_with_the_markers(request: pytest.FixtureRequest) -> None:
    """After a marker came or went: python -m tools.reliability --write. Where only some tests are collected, those are
    looked at."""
    kept = figures.load(KEPT)
    assert PAGE.read_text(encoding="utf-8") == page.page(kept)
    here = {Mark(threat, tuple(d.split()), measure, test) for threat, d, measure, test in request.config.stash[MARKS]}
    assert matrix.strangers(here) == []
    files = {mark.test.partition("::")[0] for mark in here}
    assert sorted(mark for mark in kept.marks if mark.test.partition("::")[0] in files) == sorted(here)
    whole = os.environ.get("CI") == "true" and request.config.args in ([], ["tests"])
    assert not whole or kept.marks == sorted(here)


def test_every_row_of_the_matrix_has_a_test() -> None:
    rows = {threat.name for group in matrix.plan()[1] for threat in group.threats}
    assert rows == {mark.threat for mark in figures.load(KEPT).marks}
    assert len(matrix.plan()[1][0].threats) == 7
    assert [threat.name for threat in matrix.plan()[1][1].threats] == [f"F{number}" for number in range(1, 15)]


def test_what_is_kept_was_measured_by_something_that_is_there() -> None:
    kept = figures.load(KEPT)
    wanted = {(mark.threat, mark.measure, mark.test) for mark in kept.marks}
    for figure in kept.held.values():
        if figure.is_campaign:
            module = ROOT / figure.test.split("-m ")[1].split()[0].replace(".", "/")
            assert module.with_suffix(".py").exists() or module.is_dir()
        else:
            assert figure.key in wanted


def taken(*lines: str) -> Figures:
    held = Figures([POWER])
    held.take(lines)
    return held


def test_figures_of_cases_are_folded() -> None:
    held = taken(RUN, ROW % "2500", ROW % "2500")
    assert held.held["power loss", "cuts", POWER.test].figure == 5000
    assert taken(RUN, ROW % "null", ROW % "null").held["power loss", "cuts", POWER.test].figure == 2
    assert (folded([0.5, 2]), folded(["a", "b", "a"]), folded([0])) == (2, "a; b", 0)


def test_a_later_run_takes_the_place_of_an_earlier_one() -> None:
    held = taken(RUN, ROW % "10", LATER, ROW % "3", ROW % "4")
    (figure,) = held.held.values()
    assert (figure.figure, figure.by) == (7, Run("pytest", "0.1.0", "abc", "2026-11-26 13:00Z"))
    held.take([RUN, ROW % "1"])
    assert [figure.figure for figure in held.held.values()] == [1]


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    held = taken(RUN, ROW % "10")
    figures.save(held, tmp_path / "figures.json")
    assert figures.load(tmp_path / "figures.json") == held
    assert figures.load(tmp_path / "none.json") == Figures()


def test_what_is_missing_is_shown() -> None:
    (row,) = [line for line in page.page(taken(RUN, ROW % "10000")).splitlines() if "**power loss**" in line]
    assert row.endswith("| DUR | cuts | 10,000 | 1 | `tests/test_x.py::test_cut` |")
    (row,) = [line for line in page.page(Figures([POWER])).splitlines() if "**power loss**" in line]
    assert row.endswith("| DUR | cuts | **missing** |  | `tests/test_x.py::test_cut` |")
    (row,) = [line for line in page.page(Figures()).splitlines() if "**power loss**" in line]
    assert row.endswith("| DUR |  | **missing** |  | **missing** |")
    assert f"    DUR          {page.MISSING:>10}  cuts" in list(page.terminal(Figures([POWER])))


def test_figures_of_a_test_that_is_gone_are_forgotten_and_campaigns_stay() -> None:
    campaign = ROW.replace(POWER.test, "python -m tests.faults.power_cut") % "100000"
    held = taken(RUN, ROW % "1", campaign)
    held.mark([])
    assert [figure.figure for figure in held.held.values()] == [100000]
    assert "`python -m tests.faults.power_cut`" in page.page(held)


def test_a_marker_must_name_a_row_and_its_defences() -> None:
    assert matrix.strangers(
        [Mark("power failure", ("DUR",), "cuts", "x"), Mark("power loss", ("HB",), "cuts", "y")]
    ) == [
        "x: no row is called 'power failure'",
        "y: not among the defences of 'power loss': HB",
    ]


def test_markers_are_read_from_what_a_run_left_once_each() -> None:
    line = (
        '{"mark": {"threat": "power loss", "defence": "DUR", "measure": "cuts", "test": "tests/test_x.py::test_cut"}}'
    )
    assert marks_in([RUN, line, ROW % "1", line]) == [POWER]

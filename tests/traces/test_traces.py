"""Every trace in specs/traces is what the protocol does, to the letter, and shows the rows that it says it shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.traces.index import README, readme
from tests.traces.rows import rows
from tests.traces.run import played
from tests.traces.script import load, scripts

EVERY = pytest.mark.parametrize("path", scripts(), ids=lambda path: path.stem)


@EVERY
def test_it_happens_as_written(path: Path) -> None:
    assert played(load(path)) == path.read_text(encoding="utf-8")


@EVERY
def test_it_shows_what_it_says_it_shows(path: Path) -> None:
    script, known = load(path), rows()
    assert [row for row in script.shows if row not in known] == []
    assert [row for row in script.shows if not known[row].seen_in(script)] == []
    assert [row for row, count in Counter(script.shows).items() if count > 1] == []


@EVERY
def test_it_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


def test_the_index_is_current() -> None:
    assert README.read_text(encoding="utf-8") == readme()

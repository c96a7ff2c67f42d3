"""Together the traces show every row of every table of behaviour."""

from __future__ import annotations

from tests.traces.rows import rows
from tests.traces.script import load, scripts


def test_every_row_of_every_table_is_shown() -> None:
    shown = {row for path in scripts() for row in load(path).shows}
    assert [row for row in rows() if row not in shown] == []

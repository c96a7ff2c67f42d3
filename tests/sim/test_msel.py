from __future__ import annotations

import csv
import io

import pytest

from hotline.protocol.errors import UsageError
from hotline_sim import msel
from hotline_sim.demo import run_virtual
from hotline_sim.scenario import loads
from hotline_sim.template import begun

EXERCISE = begun("exercise", "table-top")


def rows(sheet: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet)))


def sheet_of(changes: dict[str, str]) -> str:
    """The exported sheet with some cells of its second row changed."""
    found = rows(msel.export(EXERCISE.encode()))
    found[1] |= changes
    out = io.StringIO()
    writer = csv.DictWriter(out, msel.COLUMNS)
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def test_what_is_written_is_read_back_as_it_was() -> None:
    sheet = msel.export(EXERCISE.encode())
    again = msel.put_into(EXERCISE, msel.read(sheet))
    assert loads(again.encode()) == loads(EXERCISE.encode())
    assert msel.export(again.encode()) == sheet
    assert next(line for line in EXERCISE.splitlines() if "Made up throughout" in line) in again
    assert again.index("injects:") < again.index("expectations:")


def test_times_and_dependencies_have_columns_of_their_own() -> None:
    first, second = rows(msel.export(EXERCISE.encode()))
    assert (first["Time"], first["After inject"], first["Hidden"]) == ("T+00:05:00", "", "")
    assert (second["After inject"], second["Delay"], second["Hidden"]) == ("firing-order", "10 min", "yes")
    assert second["Unless"] == "[{message: m1, reaches: READ, by: 'RED:watch'}]"


def test_a_file_without_injects_gets_the_section_at_its_end() -> None:
    bare = EXERCISE[: EXERCISE.index("injects:")]
    assert msel.put_into(bare, "injects:\n  x: 1\n").endswith("\n\ninjects:\n  x: 1\n")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"No.": "firing-order"}, "row 3: No. is a name"),
        ({"No.": "Two"}, "row 3: No. is a name"),
        ({"Time": "T+00:10:00"}, "row 3: needs one of"),
        ({"After inject": ""}, "row 3: needs one of"),
        ({"Unless": "[{"}, "row 3: "),
    ],
)
def test_a_sheet_that_cannot_be_read_says_where(changes: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as refused:
        msel.read(sheet_of(changes))
    assert refused.value.code == "MSEL_INVALID" and words in refused.value.detail


def test_a_sheet_without_its_columns_is_refused() -> None:
    with pytest.raises(UsageError, match="no column"):
        msel.read("No.,Time\r\nx,T+00:00:00\r\n")


def test_injects_are_brought_in_unless_they_are_not_needed_and_deadlines_run_from_them() -> None:
    result = run_virtual(loads(EXERCISE.encode()))
    told = [(each.subject, each.at_ms) for each in result.picture.run.happenings if each.kind == "inject"]
    assert told == [("firing-order", 300_000)], "the press calls only if the notice has not been read"
    assert [(checked.inject, checked.verdict) for checked in result.expectations] == [("firing-order", "MET")]
    slow = EXERCISE.replace("after: 4 min, send: m1", "after: 20 min, send: m1")
    late = run_virtual(loads(slow.encode()))
    assert [(each.subject, each.at_ms) for each in late.picture.run.happenings] == [
        ("firing-order", 300_000),
        ("press-call", 900_000),
    ]
    (checked,) = late.expectations
    assert (checked.ok, checked.verdict) == (False, "LATE") and "late by 11 min" in checked.found
    assert "hidden" in late.trace

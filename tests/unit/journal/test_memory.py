"""The journal in a list, as another `Journal`."""

from __future__ import annotations

import pytest

from hotline.journal import Journal, JournalUsageError, MemoryJournal


def test_it_gives_back_what_was_appended_in_order() -> None:
    journal: Journal = MemoryJournal()
    journal.append([b"1", b"2"])
    journal.append([])
    journal.append([b"", b"3"])
    assert list(journal.records()) == [b"1", b"2", b"", b"3"]


def test_an_iteration_gives_what_there_was_when_it_began() -> None:
    journal = MemoryJournal([b"1"])
    records = journal.records()
    first = next(records)
    journal.append([b"2"])
    assert [first, *records] == [b"1"]


def test_a_successor_is_made_from_the_records() -> None:
    journal = MemoryJournal([b"1"])
    successor = MemoryJournal(journal.records())
    successor.append([b"2"])
    assert list(journal.records()) == [b"1"]
    assert list(successor.records()) == [b"1", b"2"]


def test_a_closed_journal_takes_and_gives_nothing() -> None:
    journal = MemoryJournal([b"1"])
    journal.close()
    journal.close()
    with pytest.raises(JournalUsageError, match="JOURNAL_CLOSED"):
        journal.append([b"2"])
    with pytest.raises(JournalUsageError, match="JOURNAL_CLOSED"):
        list(journal.records())

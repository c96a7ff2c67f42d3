"""What every journal does, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faults.servers import Server
from tests.journals.conftest import HAS_SERVER

from hotline.journal import DatabaseUrl, Journal, JournalError, JournalStorageError, JournalUsageError, open_journal
from hotline.journal.batches import chain, origin, pack

CHANNEL, POST = "exercise-2026", "AUS:fleet-watch"
ENGINES = ("sqlite", *(("postgres",) if HAS_SERVER else ()))


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the journals of one test are kept.

    Attributes:
        place: of the journal.
        edit: carries out statements behind its back; `batch` is its table of batches.
    """

    place: Path | DatabaseUrl
    edit: Callable[..., None]

    def open(self, channel: str = CHANNEL, post: str = POST) -> Journal:
        """The journal, of the usual owner."""
        return open_journal(self.place, channel, post, lease_s=30)

    def held(self) -> list[bytes]:
        """All of its records."""
        journal = self.open()
        try:
            return list(journal.records())
        finally:
            journal.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        return Engine(tmp_path / "journal", lambda *statements: edit_file(tmp_path / "journal", statements))
    running: Server = request.getfixturevalue("running")
    url = running.url(request.getfixturevalue("database"))
    return Engine(url, lambda *statements: edit_database(url, statements))


def edit_file(path: Path, statements: Sequence[str]) -> None:
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement.replace("\\x", "x"))
    connection.close()


def edit_database(url: str, statements: Sequence[str]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = hotline")
        for statement in statements:
            connection.execute(statement.replace("x'", "'\\x").encode())


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A closed journal of three batches."""
    journal = engine.open()
    journal.append([b"one", b"two"])
    journal.append([b"three"])
    journal.append([b"four"])
    journal.close()
    return engine


def test_records_come_back_in_order_after_reopening(filled: Engine) -> None:
    journal = filled.open()
    journal.append([])
    journal.append([b"five"])
    expected = [b"one", b"two", b"three", b"four", b"five"]
    assert list(journal.records()) == expected
    journal.close()
    assert filled.held() == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.binary(max_size=9000), min_size=1, max_size=5), max_size=8), st.integers(0, 8))
def test_any_batches_come_back(engine: Engine, batches: list[list[bytes]], reopened_after: int) -> None:
    """The examples follow one another in the same journal."""
    journal = engine.open()
    before = list(journal.records())
    for number, batch in enumerate(batches):
        journal.append(batch)
        if number == reopened_after:
            journal.close()
            journal = engine.open()
    journal.close()
    assert engine.held() == before + [record for batch in batches for record in batch]


def test_many_batches_come_back(engine: Engine) -> None:
    journal = engine.open()
    for number in range(450):
        journal.append([b"%d" % number])
    assert list(journal.records()) == [b"%d" % number for number in range(450)]
    journal.close()


def test_an_iteration_gives_what_there_was_when_it_began(filled: Engine) -> None:
    journal = filled.open()
    records = journal.records()
    first = next(records)
    journal.append([b"five"])
    assert [first, *records] == [b"one", b"two", b"three", b"four"]
    journal.close()


def test_a_closed_journal_takes_and_gives_nothing(filled: Engine) -> None:
    journal = filled.open()
    journal.close()
    journal.close()
    for use in (lambda: journal.append([b"x"]), lambda: journal.append([]), journal.keep, lambda: [*journal.records()]):
        with pytest.raises(JournalUsageError, match="JOURNAL_CLOSED"):
            use()
    assert filled.held() == [b"one", b"two", b"three", b"four"]


def test_a_second_opener_is_refused_until_the_first_lets_go(filled: Engine) -> None:
    journal = filled.open()
    with pytest.raises(JournalUsageError, match="JOURNAL_IN_USE"):
        filled.open()
    journal.append([b"five"])
    journal.close()
    assert filled.held()[-1] == b"five"


def test_keeping_changes_nothing_that_is_held(filled: Engine) -> None:
    journal = filled.open()
    for _ in range(3):
        assert (journal.keep() or 1) > 0
    assert len(list(journal.records())) == 4
    journal.close()


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE batch SET records = x'00' WHERE number = 1"], "batch 1 is not"),
        (["UPDATE batch SET digest = x'00' WHERE number = 2"], "batch 2 is not"),
        (["DELETE FROM batch WHERE number = 2"], "batch 2 is missing"),
        (["DELETE FROM batch WHERE number = 1"], "batch 1 is missing"),
        (
            [
                "UPDATE batch SET number = -1 WHERE number = 1",
                "UPDATE batch SET number = 1 WHERE number = 2",
                "UPDATE batch SET number = 2 WHERE number = -1",
            ],
            "batch 1 is not",
        ),
    ],
)
@pytest.mark.threat("bit rot", defence="LOG", measure="changed, missing or moved batches named")
def test_a_changed_missing_or_moved_batch_is_named(filled: Engine, statements: list[str], words: str) -> None:
    filled.edit(*statements)
    with pytest.raises(JournalStorageError) as corrupt:
        filled.held()
    assert corrupt.value.code == "JOURNAL_CORRUPT"
    assert words in corrupt.value.detail


def test_a_forged_batch_whose_lengths_run_over_is_named(filled: Engine) -> None:
    """The digests are no signature: whoever edits the storage can make them fit."""
    digest = origin(CHANNEL, POST)
    for blob in (pack([b"one", b"two"]), pack([b"three"])):
        digest = chain(digest, blob)
    forged = b"\0\0\0\xffshort"
    last = chain(digest, forged).hex()
    filled.edit(f"UPDATE batch SET records = x'{forged.hex()}', digest = x'{last}' WHERE number = 3")
    with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: batch 3: a record runs past the end"):
        filled.held()


def test_a_journal_given_to_another_owner_by_an_edit_does_not_verify(filled: Engine) -> None:
    table = "owner" if isinstance(filled.place, Path) else "journal"
    filled.edit(f"UPDATE {table} SET post = 'CHN:fleet-watch'")
    journal = filled.open(post="CHN:fleet-watch")
    with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: batch 1 is not what was written"):
        list(journal.records())
    journal.close()


def test_a_format_of_a_later_version_is_refused_and_left_as_it_is(filled: Engine) -> None:
    later = "PRAGMA user_version = 99" if isinstance(filled.place, Path) else "INSERT INTO version VALUES (99)"
    filled.edit(later)
    with pytest.raises(JournalError, match=r"JOURNAL_NOT_OURS: .*journal format 99; this version reads up to"):
        filled.open()

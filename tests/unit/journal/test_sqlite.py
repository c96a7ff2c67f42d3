"""The embedded journal: what it keeps, whom it admits, what it finds out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Figure
from tests.faults.disk import Disk, mounted

from hotline.journal import Journal, JournalError, JournalStorageError, JournalUsageError, SqliteJournal, durability
from hotline.journal import sqlite as sqlite_module
from hotline.journal.batches import chain, origin, pack
from hotline.protocol.errors import TransportError, UsageError

CHANNEL = "exercise-2026"
POST = "AUS:fleet-watch"


def opened(path: Path, **options: str) -> SqliteJournal:
    """The journal at `path`, of the usual owner."""
    return SqliteJournal.open(path, CHANNEL, POST, **options)


def held(path: Path) -> list[bytes]:
    """All records of the journal at `path`."""
    journal = opened(path)
    try:
        return list(journal.records())
    finally:
        journal.close()


def refused(path: Path, channel_id: str = CHANNEL, post: str = POST, **options: str) -> JournalError:
    """The error that opening gives."""
    with pytest.raises(JournalError) as error:
        SqliteJournal.open(path, channel_id, post, **options)
    return error.value


def edit(path: Path, *statements: str) -> None:
    """Change a closed journal behind its back."""
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed journal of three batches."""
    journal = opened(path)
    journal.append([b"one", b"two"])
    journal.append([b"three"])
    journal.append([b"four"])
    journal.close()
    return path


def test_records_come_back_in_order_after_reopening(filled: Path) -> None:
    journal: Journal = opened(filled)
    journal.append([])
    journal.append([b"five"])
    expected = [b"one", b"two", b"three", b"four", b"five"]
    assert list(journal.records()) == expected
    journal.close()
    assert held(filled) == expected


@pytest.mark.usefixtures("small_log")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.binary(max_size=9000), max_size=5), max_size=8), st.integers(0, 8))
def test_any_batches_come_back(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]], reopened_after: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "journal"
    journal = opened(path)
    for number, batch in enumerate(batches):
        journal.append(batch)
        if number == reopened_after:
            journal.close()
            journal = opened(path)
    journal.close()
    assert held(path) == [record for batch in batches for record in batch]


def test_an_iteration_gives_what_there_was_when_it_began(filled: Path) -> None:
    journal = opened(filled)
    records = journal.records()
    first = next(records)
    journal.append([b"five"])
    assert [first, *records] == [b"one", b"two", b"three", b"four"]
    journal.close()


def test_one_row_per_batch_holds_the_exact_records(filled: Path) -> None:
    connection = apsw.Connection(str(filled))
    rows = connection.execute("SELECT number, records FROM batch").fetchall()
    connection.close()
    assert rows == [(1, b"\0\0\0\3one\0\0\0\3two"), (2, b"\0\0\0\5three"), (3, b"\0\0\0\4four")]


def test_the_file_is_private_and_alone_after_closing(filled: Path) -> None:
    assert filled.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in filled.parent.iterdir()] == ["journal"]


def test_a_checkpoint_leaves_the_records_in_the_main_file(path: Path, tmp_path: Path) -> None:
    journal = opened(path)
    journal.append([b"one"])
    journal.checkpoint()
    copy = tmp_path / "copy"
    shutil.copyfile(path, copy)
    journal.close()
    assert held(copy) == [b"one"]


def test_the_log_has_its_full_size_from_the_start(path: Path) -> None:
    journal = opened(path)
    log = path.with_name("journal-wal")
    size_bytes = log.stat().st_size
    journal.append([bytes(100_000)])
    assert size_bytes >= durability.CHECKPOINT_PAGES * 4096
    assert log.stat().st_size == size_bytes
    journal.close()


def test_a_closed_journal_takes_and_gives_nothing(filled: Path) -> None:
    journal = opened(filled)
    half_read = journal.records()
    next(half_read)
    next(half_read)
    journal.close()
    journal.close()
    append, read, read_on = (
        (lambda: journal.append([b"x"])),
        (lambda: list(journal.records())),
        (lambda: list(half_read)),
    )
    for use in (append, journal.checkpoint, read, read_on):
        with pytest.raises(JournalUsageError, match="JOURNAL_CLOSED"):
            use()
    assert held(filled) == [b"one", b"two", b"three", b"four"]


def test_a_second_opener_in_this_process_is_refused(filled: Path) -> None:
    journal = opened(filled)
    error = refused(filled)
    assert error.code == "JOURNAL_IN_USE"
    assert str(filled) in error.detail
    journal.append([b"five"])
    journal.close()
    assert held(filled)[-1] == b"five"


_SECOND_OPENER = """
import sys
from pathlib import Path
from hotline.journal import JournalError, SqliteJournal
try:
    SqliteJournal.open(Path(sys.argv[1]), sys.argv[2], sys.argv[3]).close()
    print("opened")
except JournalError as error:
    print(error.code)
"""


def second_process(path: Path) -> str:
    """What another process is told."""
    done = subprocess.run(
        [sys.executable, "-c", _SECOND_OPENER, str(path), CHANNEL, POST],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_second_process_is_refused_until_the_first_lets_go(path: Path) -> None:
    journal = opened(path)
    assert second_process(path) == "JOURNAL_IN_USE"
    journal.append([b"one"])
    journal.checkpoint()
    assert second_process(path) == "JOURNAL_IN_USE"
    journal.close()
    assert second_process(path) == "opened"
    assert held(path) == [b"one"]


@pytest.mark.parametrize(
    ("channel_id", "post"), [("exercise-2027", POST), (CHANNEL, "CHN:fleet-watch"), ("", ""), (POST, CHANNEL)]
)
def test_the_journal_of_another_owner_is_refused(filled: Path, channel_id: str, post: str) -> None:
    error = refused(filled, channel_id, post)
    assert error.code == "JOURNAL_WRONG_OWNER"
    assert f"of {POST} in channel {CHANNEL}; wanted was {post} in channel {channel_id}" in error.detail
    assert held(filled) == [b"one", b"two", b"three", b"four"]


def test_a_journal_given_to_another_owner_by_an_edit_does_not_verify(filled: Path) -> None:
    edit(filled, "UPDATE owner SET post = 'CHN:fleet-watch'")
    journal = SqliteJournal.open(filled, CHANNEL, "CHN:fleet-watch")
    with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: batch 1 is not what was written"):
        list(journal.records())
    journal.close()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("PRAGMA application_id = 7", "another application"),
        ("PRAGMA user_version = 3", "journal format 3"),
        ("PRAGMA user_version = 1", "tables"),
        ("CREATE TABLE more (x)", "tables"),
        ("CREATE TRIGGER t AFTER INSERT ON batch BEGIN DELETE FROM batch; END", "tables"),
        ("DROP TABLE owner", "tables"),
    ],
)
def test_a_database_that_is_no_journal_of_this_format_is_refused(filled: Path, statement: str, words: str) -> None:
    edit(filled, statement)
    error = refused(filled)
    assert error.code == "JOURNAL_NOT_OURS"
    assert words in error.detail


def test_a_foreign_file_is_refused_and_left_as_it_is(path: Path) -> None:
    edit(path, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")
    theirs = path.read_bytes()
    assert refused(path).code == "JOURNAL_NOT_OURS"
    assert path.read_bytes() == theirs
    path.write_bytes(b"Dear diary, " * 1000)
    assert refused(path).code == "JOURNAL_NOT_OURS"
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    assert held(path) == []
    assert refused(path, post="CHN:fleet-watch").code == "JOURNAL_WRONG_OWNER"


def test_a_folder_that_is_not_there_is_an_input_output_error(tmp_path: Path) -> None:
    error = refused(tmp_path / "no" / "journal")
    assert error.code == "JOURNAL_IO"
    assert isinstance(error, TransportError)


def test_a_library_that_may_lose_commits_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_module, "library_version", lambda: (3, 51, 2))
    error = refused(path)
    assert error.code == "JOURNAL_SQLITE_VERSION"
    assert isinstance(error, UsageError)
    assert not path.exists()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"synchronous": "1"}, "synchronous is 1, not 3"),
        ({"journal_mode": "delete"}, "journal_mode is delete, not wal"),
        ({"mmap_size": "1048576"}, "mmap_size is 1048576, not 0"),
        ({"cell_size_check": "0", "trusted_schema": "1"}, "trusted_schema is 1, not 0; cell_size_check is 0, not 1"),
    ],
)
def test_a_setting_that_does_not_take_is_refused(path: Path, answers: dict[str, str], words: str) -> None:
    with mounted(Disk.holding({path.name: b""})) as weak:
        weak.answers = answers
        error = refused(path, vfs=weak.name)
    assert error.code == "JOURNAL_WEAK_DURABILITY"
    assert words in error.detail
    assert held(path) == []


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE batch SET records = zeroblob(14) WHERE number = 1"], "batch 1 is not"),
        (["UPDATE batch SET digest = zeroblob(32) WHERE number = 2"], "batch 2 is not"),
        (["DELETE FROM batch WHERE number = 2"], "batch 2 is missing"),
        (["DELETE FROM batch WHERE number = 1"], "batch 1 is missing"),
        (["UPDATE batch SET number = 9 WHERE number = 3"], "batch 3 is missing"),
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
def test_a_changed_missing_or_moved_batch_is_named(filled: Path, statements: list[str], words: str) -> None:
    edit(filled, *statements)
    with pytest.raises(JournalStorageError) as corrupt:
        held(filled)
    assert corrupt.value.code == "JOURNAL_CORRUPT"
    assert words in corrupt.value.detail


@pytest.mark.threat("bit rot", defence="LOG", measure="flipped records named")
def test_a_flipped_byte_in_a_record_names_its_batch(path: Path) -> None:
    journal = opened(path)
    for number in range(1, 7):
        journal.append([bytes(5000), b"batch %d" % number, bytes(5000)])
    journal.close()
    data = path.read_bytes()
    assert data.count(b"batch 4") == 1
    path.write_bytes(data.replace(b"batch 4", b"catch 4"))
    with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: batch 4 is not what was written"):
        held(path)


def flips(data: bytes, draw: Random) -> Iterator[bytes]:
    """The data with one byte changed: each of the file header, and a sample of the rest."""
    for position in [*range(100), *draw.sample(range(100, len(data)), 300)]:
        flipped = bytearray(data)
        flipped[position] ^= 1 << draw.randrange(8)
        yield bytes(flipped)


@pytest.mark.threat("corruption / tampering", defence="DUR", measure="flipped bits of a file, nothing else read back")
@pytest.mark.usefixtures("small_log")
def test_no_flipped_bit_anywhere_in_the_file_changes_what_is_read_back(
    path: Path, tmp_path: Path, figure: Figure
) -> None:
    journal = opened(path)
    records = [bytes([number]) * (40 * number) for number in range(1, 60)]
    for record in records:
        journal.append([record])
    journal.close()
    found, flipped = Counter[str](), 0
    copy = tmp_path / "copy"
    for data in flips(path.read_bytes(), Random(1)):
        flipped += 1
        copy.write_bytes(data)
        copy.with_name("copy-wal").unlink(missing_ok=True)
        try:
            assert held(copy) == records
        except JournalError as error:
            found[error.code] += 1
    assert set(found) <= {"JOURNAL_CORRUPT", "JOURNAL_NOT_OURS", "JOURNAL_WRONG_OWNER", "JOURNAL_IO"}
    assert found.total() > 200
    figure(flipped)


def test_a_forged_batch_whose_lengths_run_over_is_named(filled: Path) -> None:
    """The digests are no signature: whoever edits the file can make them fit."""
    digest = origin(CHANNEL, POST)
    for blob in (pack([b"one", b"two"]), pack([b"three"]), pack([b"four"])):
        digest = chain(digest, blob)
    forged = b"\0\0\0\xffshort"
    edit(filled, f"INSERT INTO batch VALUES (4, x'{forged.hex()}', x'{chain(digest, forged).hex()}')")
    with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: batch 4: a record runs past the end"):
        held(filled)

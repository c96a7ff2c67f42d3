"""Journals of the format before this one are opened and brought up to date; a crash leaves the one or the other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import apsw
import pytest
from tests.conftest import Figure
from tests.faults.cuts import Platter
from tests.faults.disk import Disk, mounted
from tests.faults.worlds import settings

from hotline.journal import SqliteJournal, sqlite
from hotline.journal.batches import chain, origin, pack

CHANNEL, POST = "exercise-2026", "AUS:fleet-watch"
RECORDS = [[b"one", b"two"], [b"three"]]


def write_format_1(path: Path) -> None:
    """A file as format 1 was."""
    connection = apsw.Connection(str(path))
    connection.pragma("application_id", 0x684C4A31)
    connection.pragma("user_version", 1)
    connection.execute("CREATE TABLE owner (channel_id TEXT NOT NULL, post TEXT NOT NULL) STRICT")
    connection.execute(
        "CREATE TABLE batch (number INTEGER PRIMARY KEY, records BLOB NOT NULL, digest BLOB NOT NULL) STRICT"
    )
    connection.execute("INSERT INTO owner VALUES (?, ?)", (CHANNEL, POST))
    digest = origin(CHANNEL, POST)
    for number, records in enumerate(RECORDS, 1):
        digest = chain(digest, pack(records))
        connection.execute("INSERT INTO batch VALUES (?, ?, ?)", (number, pack(records), digest))
    connection.close()


def format_of(path: Path) -> tuple[int, list[int]]:
    connection = apsw.Connection(str(path))
    found = connection.pragma("user_version"), [row[0] for row in connection.execute("SELECT format FROM version")]
    connection.close()
    return found


def test_a_file_of_the_format_before_is_opened_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write_format_1(path)
    for more in ([], [b"four"]):
        journal = SqliteJournal.open(path, CHANNEL, POST)
        assert list(journal.records()) == [b"one", b"two", b"three"]
        journal.append(more)
        journal.close()
    assert format_of(path) == (2, [2])
    new = tmp_path / "new"
    SqliteJournal.open(new, CHANNEL, POST).close()
    assert format_of(new) == (2, [1, 2])


@pytest.mark.threat("upgrade / mixed version", defence="DUR", measure="power cuts while a file is brought up to date")
def test_a_power_cut_at_any_call_of_a_migration_loses_nothing(tmp_path: Path, figure: Figure) -> None:
    path = tmp_path / "journal"
    write_format_1(path)
    before = {"journal": path.read_bytes()}
    with settings():
        with mounted(Disk.holding(before)) as disk:
            SqliteJournal.open(path, CHANNEL, POST, vfs=disk.name).close()
        platter = Platter({"journal": bytearray(before["journal"])})
        for number, event in enumerate(disk.log):
            platter.take(event)
            for seed in range(5):
                check_after_cut(path, platter, number * 5 + seed)
    figure(5 * len(disk.log))


def check_after_cut(path: Path, platter: Platter, seed: int) -> None:
    """Everything is there, and in the new format, whatever the cut left."""
    with mounted(Disk.holding(platter.after_cut(Random(seed), Counter()))) as disk:
        journal = SqliteJournal.open(path, CHANNEL, POST, vfs=disk.name)
        assert list(journal.records()) == [b"one", b"two", b"three"]
        assert journal._connection.pragma("user_version") == sqlite._FORMAT_VERSION
        journal.close()

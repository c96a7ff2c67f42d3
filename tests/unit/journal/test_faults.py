"""A killed writer, and a journal whose disk has failed. Power cuts are in tests/faults."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tests.conftest import Figure
from tests.faults.disk import Disk, Failure, mounted

from hotline.journal import JournalStorageError, SqliteJournal

CHANNEL = "exercise-2026"
POST = "AUS:fleet-watch"


def opened(path: Path, vfs: str | None = None) -> SqliteJournal:
    return SqliteJournal.open(path, CHANNEL, POST, vfs=vfs)


def test_after_an_error_the_journal_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    disk = Disk.holding({"journal": b""})
    with mounted(disk):
        journal = opened(path, disk.name)
        journal.append([b"one"])
        disk.failure = Failure(disk.calls + 1)
        with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: append: .*injected"):
            journal.append([b"two"])
        calls, disk.failure = disk.calls, None
        for use in (lambda: journal.append([b"three"]), journal.checkpoint, lambda: list(journal.records())):
            with pytest.raises(JournalStorageError, match="JOURNAL_IO: append"):
                use()
        journal.close()
        assert disk.calls == calls
        again = opened(path, disk.name)
        assert list(again.records()) == [b"one"]
        again.close()


def test_an_error_while_closing_is_told_and_ends_it(tmp_path: Path) -> None:
    disk = Disk.holding({"journal": b""})
    with mounted(disk):
        journal = opened(tmp_path / "journal", disk.name)
        journal.append([b"one"])
        disk.failure = Failure(disk.calls + 1, sync_only=True)
        with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: close: .*injected"):
            journal.close()
        disk.failure = None
        journal.close()
        again = opened(tmp_path / "journal", disk.name)
        assert list(again.records()) == [b"one"]
        again.close()


@pytest.mark.usefixtures("small_log")
def test_a_read_that_fails_at_a_start_or_in_a_scrub_is_told_and_harms_nothing(tmp_path: Path) -> None:
    held = {"journal": b""}
    for clean in (False, True):
        held = gone_on(tmp_path, held, clean)
        with mounted(Disk.holding(held)) as healthy:
            records = used(tmp_path, healthy)
        assert len(records) >= 24
        for number in range(1, 1 + healthy.reads):
            with mounted(Disk.holding(held)) as disk:
                disk.bad_read = number
                with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: .*bad sector"):
                    used(tmp_path, disk)
                disk.bad_read = 0
                assert used(tmp_path, disk)[: len(records)] == records


def used(folder: Path, disk: Disk) -> list[bytes]:
    """What a journal held before one more batch, from a start to its end."""
    journal = opened(folder / "journal", disk.name)
    records = list(journal.records())
    journal.append([b"one more"])
    journal.close()
    return records


def gone_on(folder: Path, held: dict[str, bytes], clean: bool) -> dict[str, bytes]:
    """The files after twelve batches more, and a clean end or none."""
    with mounted(Disk.holding(held)) as disk:
        journal = opened(folder / "journal", disk.name)
        for number in range(12):
            journal.append([b"%d" % number, bytes(3000)])
        killed = {name: bytes(content) for name, content in disk.files.items()}
        journal.close()
    return {name: bytes(content) for name, content in disk.files.items()} if clean else killed


def test_a_page_that_the_disk_does_not_give_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite calls both malformed."""
    path = tmp_path / "journal"
    journal = opened(path)
    for number in range(12):
        journal.append([b"%d" % number, bytes(3000)])
    journal.close()
    with path.open("r+b") as file:
        file.seek(7 * 4096)
        file.write(bytes(4096))

    def unread(handle: int, size: int, offset: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    for code, words in (("JOURNAL_CORRUPT", "malformed"), ("JOURNAL_IO", "malformed.*Input/output error")):
        journal = opened(path)
        for _ in range(2):
            with pytest.raises(JournalStorageError, match=f"{code}: .*{words}"):
                list(journal.records())
        journal.close()
        monkeypatch.setattr(os, "pread", unread)


_WRITER = """
import sys
from pathlib import Path
from hotline.journal import SqliteJournal
journal = SqliteJournal.open(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
number = sum(1 for _ in journal.records()) // 2
while True:
    journal.append([b"%d a" % number, b"%d b" % number * 500])
    print(number, flush=True)
    number += 1
"""


@pytest.mark.threat("process crash", defence="DUR", measure="killed writers that lost nothing")
def test_a_killed_writer_loses_nothing_acknowledged_and_tears_nothing(tmp_path: Path, figure: Figure) -> None:
    path = tmp_path / "journal"
    draw = Random(4)
    kills = 6
    for _ in range(kills):
        last = killed_after(path, draw.randrange(1, 400))
        journal = opened(path)
        records = list(journal.records())
        journal.close()
        number = len(records) // 2
        assert records == [r for n in range(number) for r in (b"%d a" % n, b"%d b" % n * 500)]
        assert last + 1 <= number <= last + 2
    figure(kills)


def killed_after(path: Path, batches: int) -> int:
    """Start a writer, kill it after about so many batches; the number of the last batch it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), CHANNEL, POST],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(batches)]
        writer.kill()
        lines += writer.stdout.readlines()
    assert writer.returncode == -signal.SIGKILL
    return int([line for line in lines if line.endswith("\n")][-1])

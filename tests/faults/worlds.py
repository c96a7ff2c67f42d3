"""One journal's life on one disk: batches, checkpoints, closings and kills, all drawn from a seed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from tests.faults.disk import Disk, Failure, Mark, mounted

from hotline.journal import JournalError, JournalStorageError, SqliteJournal, durability, sqlite

CHANNEL, POST = "power-cut", "AUS:fleet-watch"
FILE = "journal"
_SIZES = (0, 1, 40, 700, 700, 700, 3_000, 9_000)


@dataclass(frozen=True, slots=True)
class World:
    """What a seed stands for. The file layer is SQLite's own business; `path` is where it believes the file to be."""

    seed: int
    path: Path

    def batch(self, number: int) -> list[bytes]:
        """The records of a batch, numbered from 1. No two batches are alike."""
        draw = Random(f"{self.seed}/{number}")
        sizes = [draw.choice(_SIZES) for _ in range(draw.randint(1, 3))]
        return [b"%d/%d" % (number, part) + draw.randbytes(size) for part, size in enumerate(sizes)]

    def held(self, records: Sequence[bytes]) -> int:
        """How many batches these records are; -1 if they are not exactly the first so many."""
        number, position = 0, 0
        while position < len(records):
            number += 1
            batch = self.batch(number)
            if list(records[position : position + len(batch)]) != batch:
                return -1
            position += len(batch)
        return number

    def live(self, disk: Disk) -> None:
        """Append 8 to 20 batches, with checkpoints, closings and kills between; each acknowledgement is a mark.

        Raises:
            JournalError: the disk failed.
        """
        draw = Random(self.seed)
        journal = self.open(disk)
        for number in range(1, draw.randint(8, 20) + 1):
            journal.append(self.batch(number))
            disk.mark(number)
            chance = draw.random()
            if chance < 0.08:
                journal.checkpoint()
            elif chance < 0.16:
                journal.close()
                journal = self.open(disk)
            elif chance < 0.24:
                kill(journal, disk)
                journal = self.open(disk)
        if draw.random() < 0.5:
            journal.close()
        else:
            kill(journal, disk)

    def open(self, disk: Disk) -> SqliteJournal:
        """The journal on this disk."""
        disk.opening = True
        journal = SqliteJournal.open(self.path, CHANNEL, POST, vfs=disk.name)
        disk.opening = False
        return journal

    def lived(self, failure: Failure | None = None) -> tuple[Disk, JournalError | None]:
        """A disk that saw this life, and how it ended if the disk failed."""
        with mounted(blank()) as disk:
            disk.failure = failure
            try:
                self.live(disk)
            except JournalError as error:
                return disk, error
        return disk, None

    def recovered(self, files: dict[str, bytes]) -> tuple[int, Disk]:
        """Open the journal on a disk with these files, read it, go on by one batch and stop as if killed.

        Returns:
            How many batches there were (-1: something else), and the disk afterwards: what was read back is marked.

        Raises:
            JournalError: it refused.
        """
        with mounted(Disk.holding(files)) as disk:
            journal = self.open(disk)
            try:
                number = self.held(list(journal.records()))
                disk.mark(max(number, 0))
                journal.append(self.batch(number + 1))
                disk.mark(number + 1)
            finally:
                kill(journal, disk)
        return number, disk


def blank() -> Disk:
    """A disk on which the journal's file has just been made: the journal syncs the folder before SQLite sees it."""
    return Disk.holding({FILE: b""})


def kill(journal: SqliteJournal, disk: Disk) -> None:
    """End a journal without any chance to tidy up: its next call fails, after which it makes no more."""
    before, disk.failure = disk.failure, Failure(disk.calls + 1)
    was = (disk.failed, disk.after_failure, disk.sync_failed, disk.synced_again)
    with contextlib.suppress(JournalStorageError):
        journal.append([b"never written"])
    disk.failure = before
    disk.failed, disk.after_failure, disk.sync_failed, disk.synced_again = was


@contextmanager
def settings(pages: int = 16, synchronous: tuple[str, int] = ("EXTRA", 3)) -> Iterator[None]:
    """The journal with a log of so many pages, so that short lives see checkpoints; weakened if asked."""
    changes: dict[str, dict[str, Any]] = {
        "wal_autocheckpoint": {"ask": pages, "expect": pages},
        "synchronous": {"ask": synchronous[0], "expect": synchronous[1]},
    }
    changed = tuple(replace(setting, **changes.get(setting.name, {})) for setting in durability.SETTINGS)
    with patch.object(durability, "SETTINGS", changed), patch.object(sqlite, "CHECKPOINT_PAGES", pages):
        yield


def reached(events: Sequence[object]) -> int:
    """Number of the last mark."""
    return max((event.number for event in events if isinstance(event, Mark)), default=0)

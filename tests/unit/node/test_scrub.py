"""The daily scrub of a running node."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import structlog

from hotline.journal import JournalStorageError
from hotline.journal.memory import MemoryJournal
from hotline.node.scrub import scrub_journal

INSTANT_H = 1e-9


class Rotten(MemoryJournal):
    """Sound for so many readings."""

    def __init__(self, sound: int) -> None:
        super().__init__()
        self.sound = sound

    def records(self) -> Iterator[bytes]:
        self.sound -= 1
        yield from super().records()
        if self.sound < 0:
            raise JournalStorageError("JOURNAL_CORRUPT", "batch 1 is not what was written")


async def test_it_reads_everything_again_and_again_until_it_finds_damage() -> None:
    journal = Rotten(2)
    journal.append([b"%d" % number for number in range(200)])
    with structlog.testing.capture_logs() as said:
        log = structlog.get_logger()
        with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: batch 1"):
            await scrub_journal(journal, INSTANT_H, log)
    assert [(entry["event"], entry["records"]) for entry in said] == [("scrubbed", 200)] * 2


async def test_others_have_their_turn_meanwhile() -> None:
    journal, turns = Rotten(0), 0
    journal.append([b"%d" % number for number in range(640)])
    scrub = asyncio.create_task(scrub_journal(journal, INSTANT_H, structlog.get_logger()))
    while not scrub.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns >= 10
    assert isinstance(scrub.exception(), JournalStorageError)

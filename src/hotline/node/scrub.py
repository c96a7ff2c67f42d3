"""The daily scrub: a running node reads its whole journal again and holds every batch against its digest.

A disk may lose what it once held well, where nobody looks for years. Each start reads everything; a node that runs for
months would not notice.
"""

from __future__ import annotations

import asyncio

from structlog.typing import FilteringBoundLogger

from hotline.journal import Journal

_HOUR_S = 3600.0
# Records between two turns of the event loop: some milliseconds, which nobody on the line feels.
_SLICE = 64


async def scrub_journal(journal: Journal, every_h: float, log: FilteringBoundLogger) -> None:
    """Read the whole journal every so many hours, a little at a time, for ever.

    In a file, SQLite's own check of the pages comes last, and in one go: about a millisecond for each MiB.

    Raises:
        JournalStorageError: JOURNAL_CORRUPT, whose detail names the batch; JOURNAL_IO. The node ends: what it would go
            on from is no longer what it wrote.
    """
    while True:
        await asyncio.sleep(every_h * _HOUR_S)
        count = 0
        for count, _ in enumerate(journal.records(), 1):
            if count % _SLICE == 0:
                await asyncio.sleep(0)
        log.info("scrubbed", records=count)

"""Waiting for the journal, and keeping it.

Several nodes of a post may share a journal in a database. One of them runs; the others wait here, connected to nobody,
and the first to get the journal restores the Endpoint from it and goes on in the same epoch: to the peers it is a
restart. A journal in a file is for one node: a second one is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from hotline.journal import Journal, JournalError, open_journal
from hotline.node.config import NodeConfig
from hotline.node.lookout import Lookout

# How often a node that stands by looks, in a lease.
_LOOKS_PER_LEASE = 5


async def take_journal(
    config: NodeConfig, channel: str, log: FilteringBoundLogger, stop: asyncio.Event, lookout: Lookout
) -> Journal | None:
    """The journal, once it is free; None if told to stop before.

    Raises:
        JournalError: it cannot be used, or it is a file that another node writes. A database that was there and is
            away only makes the waiting longer.
    """
    waiting_for = ""
    while not stop.is_set():
        try:
            with lookout.over("opening"):
                return open_journal(config.journal, channel, config.post, config.lease_s)
        except JournalError as error:
            away = error.code == "JOURNAL_IO" and bool(waiting_for)
            if isinstance(config.journal, Path) or not (away or error.code == "JOURNAL_IN_USE"):
                raise
            if error.code != waiting_for:
                log.info("standing by", code=error.code, detail=error.detail)
            waiting_for = error.code
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), config.lease_s / _LOOKS_PER_LEASE)
    return None


async def keep_journal(journal: Journal) -> None:
    """Show as often as needed that the journal is still written here; ends at once if it never is.

    Raises:
        JournalError: it is not, or the storage failed.
    """
    pause_s = journal.keep()
    while pause_s is not None:
        await asyncio.sleep(pause_s)
        pause_s = journal.keep()

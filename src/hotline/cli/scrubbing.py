"""Every byte of a journal read again and held against its digests: of a node that stands still, or of one that runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from hotline.cli.results import ONLY_JSON, NotHeldError, Result
from hotline.journal import open_journal
from hotline.node.client import OperatorClient
from hotline.node.config import NodeConfig, load_config, read_file
from hotline.protocol.errors import HotlineError
from hotline.protocol.trust import open_agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed(Result):
    """A journal is sound from end to end."""

    post: str
    read_by: str
    records: int | None = field(metadata=ONLY_JSON)


def scrub(config: Path) -> Scrubbed:
    """Read a node's whole journal. A running node, which alone may read it, is asked to.

    Raises:
        NotHeldError: JOURNAL_CORRUPT, naming the batch.
        HotlineError: it cannot be read at all.
    """
    asked = load_config(config)
    try:
        try:
            return Scrubbed(post=asked.post, read_by="this command", records=_read(asked))
        except HotlineError as error:
            if error.code != "JOURNAL_IN_USE":
                raise
        asyncio.run(_ask(asked))
        return Scrubbed(post=asked.post, read_by="the running node", records=None)
    except HotlineError as error:
        if error.code == "JOURNAL_CORRUPT":
            raise NotHeldError(error.code, error.detail) from error
        raise


def _read(config: NodeConfig) -> int:
    """Number of records."""
    channel = open_agreement(read_file(config.agreement[0], "agreement"), None).channel
    journal = open_journal(config.journal, channel, config.post, config.lease_s)
    try:
        return sum(1 for _ in journal.records())
    finally:
        journal.close()


async def _ask(config: NodeConfig) -> None:
    """A transcript is made of everything in the journal, read from the disk and checked; here it is not kept."""
    async with await OperatorClient.connect(config.operator_socket) as node:
        await node.export()

"""A database put back from a dump: its peers tell the node, it says nothing twice, and goes on in the next epoch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.servers import Server, lapse
from tests.kit import A, B, notice
from tests.node.line import Process, TestLine, make_line, until
from tests.node.test_adopt import fresh_tls, heard, second, shows, with_keys

from hotline import v1
from hotline.agreements.following import Change, rotate
from hotline.agreements.positions import Positions
from hotline.journal import JournalStorageError
from hotline.journal.postgres import PostgresJournal
from hotline.keys import SoftSigner
from hotline.node.client import OperatorClient
from hotline.protocol.errors import HotlineError

DUMP = "journals.dump"
FORKED = {"FORK", "SUSPECTED", "EQUIVOCATION"}


@pytest.fixture
def line(folder: Path) -> Iterator[TestLine]:
    (own := folder / "restore").mkdir()
    made = make_line(own, A, B, speed=20)
    yield made
    for process in made.started:
        process.__exit__(None, None, None)


async def said(line: TestLine, node: OperatorClient, *words: str) -> list[bytes]:
    """Digests of notices, each receipted."""
    digests = [(await node.submit(line.say(A, notice(one)))).digest for one in words]
    for digest in digests:
        await heard(node, digest, B)
    return digests


def codes(process: Process) -> set[str]:
    return {str(event.get("code")) for event in process.events()}


@pytest.mark.threat(
    "restore / rollback", defence="LOG KEYS", measure="databases put back from a dump: told, no fork, gone on from"
)
async def test_a_database_restored_from_a_dump_does_not_fork_and_has_a_way_on(
    line: TestLine, running: Server, database: str, figure: Figure
) -> None:
    kept_in: dict[str, object] = {"journal": str(running.url(database)), "lease_s": 30.0}
    other = line.start(B)
    own = line.start(A, code="", **kept_in)
    async with await line.connect(A) as node, await line.connect(B) as peer:
        kept = await said(line, node, "kept")
        running.dump(DUMP)  # of a database in use
        lost = await said(line, node, "lost with the server", "and this")
        own.kill()
        before = {message.digest: message.sequence for message in await peer.list()}
        running.restore(DUMP)
        lapse(running.url(database))
        node_key, tls = SoftSigner.generate(), fresh_tls(A)
        restored = line.start(A, code="", **kept_in, **with_keys(line, A, node_key, tls))
        again = await refused_and_gone_on(line, node_key, shows(line.site.berths[A].tls, tls))
        after = {message.digest: message.sequence for message in await peer.list()}
        assert before.items() <= after.items() and after.keys() >= set(again)
        assert {*kept, *lost} <= before.keys()
    assert (restored.stop(), other.stop()) == (0, 0)
    assert not codes(other) & FORKED
    figure(1)


async def refused_and_gone_on(line: TestLine, node_key: SoftSigner, certificates: Change) -> list[bytes]:
    """The node says that it lost records and seals nothing; its party closes the epoch where the peer says that it
    went, and it speaks in the next: what it said then."""
    async with await line.connect(A) as node:
        told = await until(node.describe, lambda told: told.rolled_back)
        with pytest.raises(HotlineError, match="ROLLED_BACK"):
            await node.submit(line.say(A, notice("a fork")))
        last = Positions(await node.export()).newest(A, 1)
        assert (last.by, last.position.sequence > told.sequence) == (B, True)
        closing = rotate(A, last.position, node_key, time.time_ns(), v1.Closure.REASON_RESTORED)
        await node.adopt(second(line, "AUS", closing, certificates))
        again = await said(line, node, "in epoch 2")
        told = await node.describe()
        assert (told.epoch, told.rolled_back) == (2, False)
        # What was lost comes back from the peer.
        await until(node.list, lambda messages: len(messages) >= 4)
    return again


def test_a_holder_from_before_a_restore_writes_nothing_into_what_was_put_back(running: Server, database: str) -> None:
    """Even where the restored journal has come to be as long as the lost one was."""
    url, owner = running.url(database), ("exercise-2026", "AUS:fleet-watch")
    first = PostgresJournal.open(url, *owner)
    first.append([b"kept"])
    running.dump(DUMP)
    first.close()
    paused = PostgresJournal.open(url, *owner)
    paused.append([b"lost"])
    running.restore(DUMP)
    lapse(url)
    holder = PostgresJournal.open(url, *owner)
    holder.append([b"after"])
    with pytest.raises(JournalStorageError, match="JOURNAL_FENCED"):
        paused.append([b"from the past"])
    holder.append([b"and after"])
    assert list(holder.records()) == [b"kept", b"after", b"and after"]
    holder.close()

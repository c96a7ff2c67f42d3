"""Killing either node at any moment and starting it again loses nothing and repeats nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from tests.conftest import Figure
from tests.kit import A, B, notice
from tests.node.line import Process, TestLine, delivered, make_line, until

from hotline import v1
from hotline.agreements.site import file_name
from hotline.journal import SqliteJournal
from hotline.node.client import OperatorClient
from hotline.operator import v1 as operator
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import TransportError

KILLS = (A, B, B, A)


class Station:
    """A post that never stops talking, whatever happens to its node."""

    def __init__(self, line: TestLine, post: str) -> None:
        self.line, self.post = line, post
        self.said: list[bytes] = []
        self.node: OperatorClient | None = None
        self.goal = 0
        self.enough = asyncio.Event()

    async def talk(self) -> None:
        """Submit until told that it is enough; what got no answer is handed over again."""
        while not self.enough.is_set():
            body = notice(f"notice {len(self.said)}", contact=self.post)
            envelope = self.line.say(self.post, body, precedence="ROUTINE")
            await self.hand_over(envelope)
            self.said.append(digest_of(envelope))
            await asyncio.sleep(0.01)
        if self.node is not None:
            await self.node.close()

    async def hand_over(self, envelope: v1.Envelope) -> None:
        """Submit until the node says that it has it."""
        while True:
            try:
                self.node = self.node or await self.line.connect(self.post)
                await self.node.submit(envelope)
                return
            except TransportError:
                if self.node is not None:
                    await self.node.close()
                self.node = None

    async def progress(self) -> dict[bytes, operator.StageView]:
        """Every receipt of the post's statements, once there are some more."""
        self.goal += 10
        return receipts_of(await until(self.own, lambda messages: len(receipts_of(messages)) >= self.goal))

    async def own(self) -> list[operator.MessageView]:
        """What the post's node holds of its own."""
        async with await self.line.connect(self.post) as node:
            return [m for m in await node.list() if m.addressees[0].post != self.post]


@pytest.mark.threat("process crash", defence="SEQ DUR", measure="kills of real nodes that talk, nothing lost or twice")
async def test_nothing_is_lost_or_repeated(folder: Path, figure: Figure) -> None:
    line = make_line(folder, A, B, speed=20)
    random = Random(7)
    nodes = {post: line.start(post) for post in (A, B)}
    stations = {post: Station(line, post) for post in (A, B)}
    talking = [asyncio.create_task(station.talk()) for station in stations.values()]
    receipts: dict[bytes, operator.StageView] = {}
    try:
        for post in KILLS:
            for station in stations.values():
                receipts |= await station.progress()
            await asyncio.sleep(random.uniform(0.0, 0.5))
            nodes[post].kill()
            nodes[post] = line.start(post)
        for station in stations.values():
            station.enough.set()
        await asyncio.gather(*talking)
        for post, other in ((A, B), (B, A)):
            await check(stations[post], other, receipts)
        figure(len(KILLS))
        assert [node.stop() for node in nodes.values()] == [0, 0]
    finally:
        for task in talking:
            task.cancel()
        for process in line.started:
            end(process)
    for post in (A, B):
        check_journal(line, post, sum(len(station.said) for station in stations.values()))


async def check(station: Station, other: str, receipts: dict[bytes, operator.StageView]) -> None:
    """Both ends hold the same statements in the same gap-free places, and no receipt's time has moved."""
    held = await until(station.own, lambda messages: delivered(messages, other) == len(station.said))
    assert {message.digest for message in held} == set(station.said)
    assert sorted(message.sequence for message in held) == list(range(1, len(held) + 1))
    final = receipts_of(held)
    early = {digest: receipt for digest, receipt in receipts.items() if digest in final}
    assert len(early) >= 10 * len(KILLS)
    assert all(final[digest].said_at == receipt.said_at for digest, receipt in early.items())
    async with await station.line.connect(other) as node:
        theirs = [message for message in await node.list() if message.digest in final]
    assert {m.digest: m.sequence for m in theirs} == {m.digest: m.sequence for m in held}
    assert all(message.held_at == final[message.digest].said_at for message in theirs)


def receipts_of(messages: list[operator.MessageView]) -> dict[bytes, operator.StageView]:
    """The receipt of each message that has one."""
    found = ((message.digest, stage) for message in messages for stage in message.addressees[0].stages)
    return {digest: stage for digest, stage in found if stage.stage == v1.STAGE_DELIVERED and stage.value}


def check_journal(line: TestLine, post: str, statements: int) -> None:
    """Each statement stands in the journal once, and so does each link."""
    journal = SqliteJournal.open(line.folder / f"{file_name(post)}.db", line.trust.agreement.channel, post)
    records = [v1.Record.FromString(record) for record in journal.records()]
    journal.close()
    places = Counter((r.statement.post, r.statement.sequence) for r in records if r.HasField("statement"))
    links = Counter(
        (r.links.post, sequence)
        for r in records
        if r.HasField("links")
        for sequence in range(r.links.first, r.links.first + len(r.links.links))
    )
    assert len(places) == statements
    assert places == links == Counter(dict.fromkeys(places, 1))


def end(process: Process) -> None:
    """Leave nothing running."""
    if process.running.poll() is None:
        process.kill()

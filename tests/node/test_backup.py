"""A node whose journal was put back from an old backup: a peer tells it, and it never says anything twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.kit import A, B, notice
from tests.node.line import Process, TestLine, delivered, make_line, until

from hotline.agreements.site import file_name
from hotline.node.client import OperatorClient
from hotline.operator import v1 as operator
from hotline.protocol.errors import HotlineError


async def say(line: TestLine, node: OperatorClient, words: str, held: int) -> None:
    """Three notices, each receipted."""
    for number in range(3):
        await node.submit(line.say(A, notice(f"{words} {number}")))
    await until(node.list, lambda messages: delivered(messages, B) == held)


def places(messages: Iterable[operator.MessageView]) -> dict[int, bytes]:
    return {message.sequence: message.digest for message in messages}


@pytest.mark.threat("restore / rollback", defence="LOG", measure="places of a log used twice after an old backup")
async def test_a_node_restored_from_an_old_backup_does_not_fork(folder: Path, figure: Figure) -> None:
    line = make_line(folder, A, B, speed=20)
    journal, backup = folder / f"{file_name(A)}.db", folder / "backup.db"
    with line.start(B) as b:
        with line.start(A) as first:
            async with await line.connect(A) as node:
                await say(line, node, "before", 3)
            assert first.stop() == 0
        shutil.copyfile(journal, backup)
        with line.start(A) as second:
            async with await line.connect(A) as node:
                await say(line, node, "after", 6)
            second.kill()
        journal.with_name(journal.name + "-wal").unlink()
        shutil.copyfile(backup, journal)
        async with await line.connect(B) as peer:
            before = places(await peer.list())
            with line.start(A) as third:
                await refuses(line, third)
                assert third.stop() == 0
            assert places(await peer.list()) == before
            assert len(before) == 6
        assert not [event for event in b.events() if event.get("code") in ("FORK", "SUSPECTED")]
        assert b.stop() == 0
    figure(0)


async def refuses(line: TestLine, process: Process) -> None:
    """The node says that it lost records, and seals nothing more."""

    async def told() -> set[str]:
        return {str(event.get("code")) for event in process.events()}

    async with await line.connect(A) as node:
        await until(told, lambda codes: "ROLLED_BACK" in codes)
        with pytest.raises(HotlineError, match="ROLLED_BACK"):
            await node.submit(line.say(A, notice("a fork")))
        assert all(message.sequence <= 3 for message in await node.list())

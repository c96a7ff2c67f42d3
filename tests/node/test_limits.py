"""A real node at its limits: what it refuses, what it takes all the same, and what it tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.kit import A, B, flash, notice
from tests.node.line import TestLine, delivered, make_line, until

from hotline.node.client import OperatorClient
from hotline.protocol.envelope import STATEMENT, sign
from hotline.protocol.errors import HotlineError

MORE_THAN_ANY_DISK_MB = 10**9


async def code_of(node: OperatorClient, line: TestLine, post: str, to: str) -> str:
    """The code with which a routine notice is refused by its own node; empty if it is taken."""
    try:
        await node.submit(line.say(post, notice(), to, precedence="ROUTINE"))
    except HotlineError as error:
        return error.code
    return ""


async def receipted_flash(node: OperatorClient, line: TestLine, post: str, to: str) -> None:
    """A FLASH of a post comes through."""
    officers = list(line.rehearsal.officers[post].values())[:2]
    said = line.say(post, flash(contact=post), to, precedence="FLASH")
    sent = await node.submit(sign(STATEMENT, said.payload, *officers))

    async def seen() -> int:
        return delivered([await node.show(sent.digest)], to)

    await until(seen, lambda count: count == 1)


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="FLASHes receipted by and from nodes at their limits")
async def test_with_a_disk_nearly_full_and_an_outbox_full_only_flash_passes(folder: Path, figure: Figure) -> None:
    line = make_line(folder, A, B)
    full = line.start(A, limits={"disk_free_min_mb": MORE_THAN_ANY_DISK_MB})
    with full, line.start(B, limits={"outbox_max": 2}):
        async with await line.connect(A) as a, await line.connect(B) as b:
            await until(b.describe, lambda told: told.peers[0].state == "OPEN")
            assert await code_of(a, line, A, B) == "STORAGE_LOW"
            first = await b.submit(line.say(B, notice(contact=B), A, precedence="ROUTINE"))
            await until(lambda: b.show(first.digest), lambda shown: shown.sequence > 0)
            assert [await code_of(b, line, B, A) for _ in range(2)] == ["", "OUTBOX_FULL"]
            await receipted_flash(a, line, A, B)
            await receipted_flash(b, line, B, A)
            assert dict((await a.describe()).counters)["STORAGE_LOW"] >= 2
            assert {peer.outstanding for peer in (await b.describe()).peers} == {2}
    alarms = [event for event in full.events() if event["event"] == "alert"]
    assert [alarm["code"] for alarm in alarms].count("STORAGE_LOW") == 1
    figure(2)

"""A watch position, between a node that tells and a terminal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from typing import cast

import pytest
from tests.kit import A, B
from tests.unit.cli.test_desk import AT, LATER, message, stage

from hotline import v1
from hotline.cli.line import Line
from hotline.cli.watching import Watch
from hotline.node.client import OperatorClient
from hotline.operator import v1 as operator
from hotline.protocol.errors import TransportError
from hotline.protocol.trust import Trust


class Node:
    """Tells what it is given, then waits; notes what was presented."""

    def __init__(self, *told: operator.WatchResponse) -> None:
        self.told: Sequence[operator.WatchResponse] = told
        self.presented: list[tuple[bytes, str]] = []
        self.left = False
        self.ends = False

    async def watch(self, position: str) -> AsyncGenerator[operator.WatchResponse, None]:
        try:
            for response in self.told:
                yield response
            if self.ends:
                raise TransportError("STOPPING", "this node is shutting down")
            await asyncio.sleep(60)
        finally:
            self.left = True

    async def present(self, digest: bytes, position: str) -> None:
        self.presented.append((digest, position))


def changed(view: operator.MessageView) -> operator.WatchResponse:
    return operator.WatchResponse(at=AT, message=view)


READY = operator.WatchResponse(at=AT, ready=True)


async def shown(node: Node, *, post: str = B, present: bool = True) -> tuple[Watch, str]:
    """What a position shows of what a node tells."""
    out = io.StringIO()
    watch = Watch(Line(cast(OperatorClient, node), post, cast(Trust, None), 0), "bridge", present=present, out=out)
    leave = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, leave.set)
    await watch.run(leave)
    return watch, out.getvalue()


def ladder(post: str = B, *stages: operator.StageView, state: str = "DELIVERED") -> operator.AddresseeView:
    return operator.AddresseeView(post=post, state=state, since=AT, stages=stages)


async def test_a_message_is_shown_whole_and_said_to_be() -> None:
    node = Node(READY, changed(message(ladder())))
    watch, text = await shown(node)
    assert f"211358Z {B} bridge is staffed; 0 messages are held" in text
    assert f"-- FLASH from {A} [{'0' * 12}]" in text
    assert "SUBJECT: ACTIVITY NOTICE" in text
    assert node.presented == [(bytes(32), "bridge")]
    assert (watch.presented, watch.since.short, node.left) == (1, "211358Z", True)


async def test_what_was_shown_before_is_not_shown_again() -> None:
    seen = message(ladder(B, stage(v1.STAGE_PRESENTED, "PRESENTED")))
    nobody = message(ladder(B, stage(v1.STAGE_PRESENTED, "UNSTAFFED")))
    nobody.digest = b"\x01" * 32
    node = Node(changed(seen), changed(nobody), READY)
    _, text = await shown(node)
    assert node.presented == [(b"\x01" * 32, "bridge")]
    assert text.count("SUBJECT:") == 1
    assert "2 messages are held" in text


async def test_what_changes_is_told_in_a_line() -> None:
    sent = message(ladder(state="SENT"))
    read = message(ladder(B, stage(v1.STAGE_READ, "READ"), state="READ"))
    read.marks.append("CONTRADICTED")
    read.matter_state = "CANCELLED"
    node = Node(changed(sent), READY, changed(read))
    _, text = await shown(node, post=A)
    assert "SUBJECT:" not in text  # its own message is not news to a post
    ref = "0" * 12
    assert text.splitlines()[1:] == [
        f"211358Z [{ref}] state CANCELLED",
        f"211358Z [{ref}] marked CONTRADICTED",
        f"211358Z [{ref}] {B}: READ 211358Z",
    ]


@pytest.mark.parametrize("kind", ["answer", "refused", "test"])
async def test_what_nobody_has_to_look_at_is_not_presented(kind: str) -> None:
    view = message(ladder(), refused="RULE_BROKEN" if kind == "refused" else "")
    statement = v1.Statement.FromString(view.envelope.payload)
    if kind == "answer":
        statement.body_type = "hotline.v1.Acknowledgement"
        statement.body = v1.Acknowledgement(subject=bytes(32), read=v1.Read()).SerializeToString()
    elif kind == "test":
        statement.body_type, statement.body = "hotline.v1.ChannelTest", v1.ChannelTest(serial=1).SerializeToString()
    view.envelope.payload = statement.SerializeToString()
    node = Node(READY, changed(view))
    await shown(node)
    assert node.presented == []


async def test_alarms_stand_out() -> None:
    alert = operator.AlertView(code="DEADLINE_EXPIRED", digest=bytes(32), post=B, detail="has not said READ in time")
    node = Node(READY, operator.WatchResponse(at=LATER, alert=alert))
    watch, text = await shown(node)
    assert f"211408Z !! DEADLINE_EXPIRED [{'0' * 12}] {B}: has not said READ in time" in text
    assert watch.alerts == 1


async def test_a_position_may_only_look() -> None:
    node = Node(READY, changed(message(ladder())))
    watch, text = await shown(node, present=False)
    assert "SUBJECT:" in text
    assert (node.presented, watch.presented) == ([], 0)


async def test_a_node_that_ends_is_told() -> None:
    node = Node(READY)
    node.ends = True
    with pytest.raises(TransportError, match="STOPPING"):
        await shown(node)

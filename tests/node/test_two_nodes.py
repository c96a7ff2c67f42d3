"""Two nodes in two processes, and the officers at both ends."""

from __future__ import annotations

import stat
from contextlib import aclosing
from pathlib import Path

import pytest
from tests.kit import A, B, notice
from tests.node.line import TestLine, make_line, stages, until

from hotline import v1
from hotline.agreements.site import file_name
from hotline.node.client import OperatorClient
from hotline.node.replay import replay
from hotline.operator import v1 as operator
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError, TransportError
from hotline.protocol.transcript import open_container


async def show_until(node: OperatorClient, digest: bytes, addressee: str, **said: str) -> operator.MessageView:
    """A message, once these stages have been said."""

    def holds(message: operator.MessageView) -> bool:
        return said.items() <= stages(message, addressee).items()

    return await until(lambda: node.show(digest), holds)


async def test_a_statement_climbs_the_ladder_between_two_processes(folder: Path) -> None:
    line = make_line(folder, A, B)
    tapes = {post: f"{file_name(post)}.jsonl" for post in (A, B)}
    with line.start(A, tape=tapes[A]) as a, line.start(B, tape=tapes[B], pin=None) as b:
        async with await line.connect(A) as sender, await line.connect(B) as receiver:
            await climb(line, sender, receiver)
            await refuse(line, sender)
            await export(line, sender, receiver)
            assert stat.S_IMODE((line.site.operator_socket(A)).stat().st_mode) == 0o600
        assert (a.stop(), b.stop()) == (0, 0)
        assert not (line.site.operator_socket(A)).exists()
        for process, pinned in ((a, "PINNED"), (b, "UNPINNED")):
            events = process.events()
            assert events[0]["event"] == "started" and events[0]["pinned"] == pinned
            assert events[-1] == {**events[-1], "event": "stopped", "failed": False}
    for tape in tapes.values():
        assert replay(folder / tape) is None


async def climb(line: TestLine, sender: OperatorClient, receiver: OperatorClient) -> None:
    """One notice, received, presented, read, decided, with each stage seen at both ends."""
    sent = await sender.submit(line.say(A, notice(), asks="DONE"))
    assert sent.state in ("SEALED", "WAITING")
    await show_until(sender, sent.digest, B, DELIVERED="RECEIVED")
    async with aclosing(receiver.watch("bridge")) as changes:
        kinds = []
        async for change in changes:
            kinds.append(change.WhichOneof("change"))
            if change.ready:
                break
        assert kinds == ["message", "ready"]
        await until(sender.describe, lambda line: line.peers[0].staffed)
        await receiver.present(sent.digest, "bridge")
        await show_until(sender, sent.digest, B, PRESENTED="PRESENTED")
        read = v1.Acknowledgement(subject=sent.digest, read=v1.Read())
        await receiver.submit(line.say(B, read, thread=sent.digest))
        decided = v1.Acknowledgement(subject=sent.digest, decision=v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
        await receiver.submit(line.say(B, decided, thread=sent.digest))
        async for change in changes:
            if change.message.digest == sent.digest and "DECIDED" in stages(change.message, B):
                break
    seen = await show_until(sender, sent.digest, B, READ="READ", DECIDED="ACCEPTED")
    verdicts = {stage.stage: stage.verdict for stage in seen.addressees[0].stages}
    assert verdicts == {
        v1.STAGE_DELIVERED: "IN_TIME",
        v1.STAGE_PRESENTED: "IN_TIME",
        v1.STAGE_READ: "IN_TIME",
        v1.STAGE_DECIDED: "IN_TIME",
        v1.STAGE_DONE: "WAITING",
    }
    assert (*seen.signers, seen.matter_state) == ("officer-1 (watch-officer)", "ANNOUNCED")
    assert [message.digest for message in await receiver.list(subjects_only=True)] == [sent.digest]
    assert len(await receiver.list()) == 3
    await until(sender.describe, lambda line: not line.peers[0].staffed)


async def refuse(line: TestLine, node: OperatorClient) -> None:
    """What the operator's service refuses, with which code; nothing of it is kept."""
    before = len(await node.list())
    forged = line.say(A, notice("forged"))
    forged.signatures[0].sig = bytes(64)
    foreign = line.say(B, notice("spoken for another", contact=B))
    padded = v1.Envelope.FromString(line.say(A, notice("padded")).SerializeToString() + b"\x98\x3f\x01")
    for envelope, code in ((forged, "SIGNATURE_INVALID"), (foreign, "NOT_ITS_POST"), (padded, "SCAN_UNKNOWN_FIELD")):
        with pytest.raises(HotlineError) as caught:
            await node.submit(envelope)
        assert caught.value.code == code
    for call, code in (
        (node.show(b"\x00\x00\x00\x00"), "NOT_HELD"),
        (node.present(b"\x00\x00\x00\x00", "nowhere"), "POSITION_UNKNOWN"),
        (anext(node.watch("bridge\u202e")), "SCAN_TEXT_CONTROL"),
        (anext(node.watch("b" * 41)), "RULE_BROKEN"),
    ):
        with pytest.raises(HotlineError) as caught:
            await call
        assert caught.value.code == code
    known = line.say(A, notice("twice"))
    first, second = await node.submit(known), await node.submit(known)
    assert (first.state, second.state, second.sequence) == ("SEALED", "KNOWN", first.sequence)
    assert len(await node.list()) == before + 1


async def export(line: TestLine, *nodes: OperatorClient) -> None:
    """Both transcripts hold every statement."""
    for node in nodes:
        await until(node.list, lambda messages: len(messages) == 4)
        container = open_container(await node.export())
        held = [record.statement.envelope for _, record in container.facts if record.WhichOneof("fact") == "statement"]
        assert {digest_of(envelope) for envelope in held} == {message.digest for message in await node.list()}
        assert list(container.agreements) == [line.trust.agreement.signed]


async def test_a_socket_without_a_node_is_unreachable(folder: Path) -> None:
    with pytest.raises(TransportError, match="NODE_UNREACHABLE"):
        await OperatorClient.connect(folder / "nobody.sock")


async def test_a_watch_hears_of_silence_and_of_the_nodes_own_end(folder: Path) -> None:
    own = folder / "watch"
    own.mkdir()
    line = make_line(own, A, B, speed=60)
    with line.start(A) as a, line.start(B) as b:
        async with await line.connect(A) as node:
            await until(node.describe, lambda line: line.peers[0].state == "OPEN")
            before = await node.submit(line.say(A, notice("in time")))
            await show_until(node, before.digest, B, DELIVERED="RECEIVED")
            b.kill()
            sent = await node.submit(line.say(A, notice("into the void"), precedence="FLASH"))
            async with aclosing(node.watch()) as changes:
                async for change in changes:
                    if (change.alert.code, change.alert.digest) == ("DEADLINE_EXPIRED", sent.digest):
                        break
                assert a.stop() == 0
                with pytest.raises(TransportError, match="STOPPING"):
                    async for _ in changes:
                        pass
        assert "DEADLINE_EXPIRED" in {event["code"] for event in a.events() if event["event"] == "alert"}

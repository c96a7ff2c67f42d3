"""Checks that need people at the node under test, or a way to kill it; and what must hold over the whole run."""

from __future__ import annotations

import asyncio
import time

from hotline import v1
from hotline.conformance.suite.calls import CallError
from hotline.conformance.suite.check import FailedError, NotTriedError, Run, check, expect
from hotline.conformance.suite.operating import Operator
from hotline.conformance.suite.taking import notice
from hotline.conformance.suite.witness import Sent
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import TransportError

ACKNOWLEDGEMENT, NOTICE, QUERY = (f"hotline.v1.{name}" for name in ("Acknowledgement", "ActivityNotice", "QueryAck"))
RESTART_S = 60
"""How long a node may take to answer after it was started again."""


def _operator(run: Run) -> Operator:
    if run.operator is None:
        raise NotTriedError("nobody acts at the node: give --operator")
    return run.operator


@check("presented", "REQ-ACK-3", "REQ-HEAD-4", "REQ-ACK-11")
async def presented(run: Run) -> None:
    """A statement that was shown at a staffed position is receipted so."""
    operator, sent = _operator(run), notice(run.north, asks="READ")
    await run.north.tell(sent)
    await run.receipted(sent)
    await operator.present(digest_of(sent))
    await run.until(lambda: run.witness.receipt(digest_of(sent), "presented") is not None, "no Head says PRESENTED")


@check("read", "REQ-ACK-1", "REQ-ACK-3", "REQ-ACK-6", "REQ-TIMER-2")
async def read(run: Run) -> None:
    """READ and a decision are statements of their own, signed by an officer; neither brings another stage."""
    operator, sent = _operator(run), notice(run.north, asks="DECIDED")
    await run.north.tell(sent)
    await run.receipted(sent)
    await operator.read(digest_of(sent))
    first = await _acknowledgement(run, sent, "read")
    expect(not _about(run, sent, "decision"), "READ brought a decision")
    expect(bool(first.said.officers), "no officer signed it")
    expect(first.said.header.stage_requested <= v1.STAGE_DELIVERED, "it asks for more than delivery")
    await operator.accept(digest_of(sent))
    body = (await _acknowledgement(run, sent, "decision")).said.body
    assert isinstance(body, v1.Acknowledgement)
    expect(body.decision.value == v1.Decision.VALUE_ACCEPTED, "the decision is another")


@check("queries", "REQ-SILENCE-1", "REQ-TIMER-1", "REQ-ROLE-6")
async def queries(run: Run) -> None:
    """When a deadline passes in silence, the node asks again, by its own key, as often as agreed."""
    operator, seen = _operator(run), len(run.witness.of_type(NOTICE))
    await operator.announce("FLASH", "READ")
    await run.until(lambda: len(run.witness.of_type(NOTICE)) > seen, "what was announced did not come")
    sent = run.witness.of_type(NOTICE)[-1]
    expect(sent.said.header.precedence == v1.PRECEDENCE_FLASH, "it has another precedence than was asked for")

    def asked() -> list[v1.QueryAck]:
        bodies = [each.said.body for each in run.witness.of_type(QUERY)]
        return [body for body in bodies if isinstance(body, v1.QueryAck) and body.subject == sent.said.digest]

    await run.until(lambda: len(asked()) >= 2, "it did not ask twice", 20)
    await asyncio.sleep(1)
    await run.north.deliver()
    expect([body.number for body in asked()] == [1, 2], f"its queries are numbered {[b.number for b in asked()]}")
    expect({body.post for body in asked()} == {run.north.post}, "it asked about another post")


@check("precedence-order", "REQ-NET-7")
async def precedence_order(run: Run) -> None:
    """Statements that wait are sent in the order of their precedence."""
    operator = _operator(run)
    for peer in run.peers:
        await peer.door.close()
    await asyncio.sleep(0.5)
    seen = len(run.witness.of_type(NOTICE))
    try:
        await operator.announce("ROUTINE", "DELIVERED")
        await operator.announce("FLASH", "DELIVERED")
    finally:
        for peer in run.peers:
            await peer.door.open(run.kit.addresses[peer.post])
    await run.until(lambda: len(run.witness.of_type(NOTICE)) >= seen + 2, "what was announced did not come", 15)
    for _, frame in run.witness.frames:
        order = [v1.Statement.FromString(each.payload).header.precedence for each in frame.statements]
        expect(order == sorted(order, reverse=True), "a Frame has a statement before one of higher precedence")


@check("killed", "REQ-DUR-1", "REQ-HEAD-1", "REQ-HEAD-2", "REQ-HELLO-2")
async def killed(run: Run) -> None:
    """What was receipted before the node was killed is held after it, with the same receipt; its beats go on rising."""
    if run.restart is None:
        raise NotTriedError("nothing kills the node: give --restart")
    sent = notice(run.north)
    await run.north.tell(sent)
    received, beat = await run.receipted(sent), run.witness.newest.beat
    try:
        await run.restart()
    except TransportError as error:
        raise NotTriedError(str(error)) from error
    await _answers(run)
    held = run.witness.held(run.north.post)
    expect(run.witness.newest.beat > beat, "its beats do not go on from where they were")
    expect(held.sequence >= received.sequence, f"it holds our log to {held.sequence} only")
    await run.north.deliver(run.north.frame(sent))
    expect(await run.receipted(sent) == received, "the receipt has changed")


@check("throughout", "REQ-HEAD-1", "REQ-HEAD-2", "REQ-HEAD-5", "REQ-LOG-4", "REQ-STMT-9", "REQ-TIME-1", "REQ-STMT-5")
async def throughout(run: Run) -> None:
    """Over the whole run no Head takes back what an earlier one said, and everything that the node signed verifies."""
    faults = list(run.witness.contradictions())
    expect(not faults, "; ".join(f"{fault.requirement}: {fault.words}" for fault in faults[:5]))


async def _answers(run: Run) -> None:
    """Wait until the node answers after a restart; a busy machine takes its time to start one."""
    end = time.monotonic() + RESTART_S
    while time.monotonic() < end:
        try:
            await run.north.deliver()
        except CallError:
            await asyncio.sleep(0.2)
        else:
            return
    raise FailedError(f"it does not answer {RESTART_S} s after it was started again")


def _about(run: Run, sent: v1.Envelope, stage: str) -> list[Sent]:
    found = run.witness.of_type(ACKNOWLEDGEMENT)
    return [
        each
        for each in found
        if isinstance(each.said.body, v1.Acknowledgement)
        and each.said.body.subject == digest_of(sent)
        and each.said.body.WhichOneof("stage") == stage
    ]


async def _acknowledgement(run: Run, sent: v1.Envelope, stage: str) -> Sent:
    await run.until(lambda: bool(_about(run, sent, stage)), f"no acknowledgement says {stage}")
    return _about(run, sent, stage)[-1]

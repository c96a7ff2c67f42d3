"""Checks at the beginning: who is let in, and what is said before anybody has answered a Hello.

None of the suite's posts listens yet, so that the node has no connection but those that a check opens.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hotline import v1
from hotline.conformance.suite.calls import Caller, CallError
from hotline.conformance.suite.check import FailedError, NotTriedError, Run, check, expect
from hotline.conformance.suite.peer import POLL_S, Peer
from hotline.keys import issue_tls
from hotline.protocol.envelope import HEAD, parse, sign
from hotline.protocol.errors import HotlineError, TransportError
from hotline.protocol.heads import open_head

QUIET_S = 1.2


@check("stranger", "REQ-NET-2")
async def stranger(run: Run) -> None:
    """A certificate that no directory lists reaches nothing."""
    identity = issue_tls(run.north.post, datetime.now(UTC) - timedelta(hours=1))
    caller = Caller(run.north.caller.address, run.kit.target, run.kit.trust, identity)
    try:
        answer = await caller.deliver(run.north.frame(links=False).SerializeToString())
    except CallError:
        return
    finally:
        await caller.close()
    raise FailedError(f"the node answered with {len(answer)} bytes")


@check("head-verifies", "REQ-SIGN-1", "REQ-SIGN-2", "REQ-SIGN-3", "REQ-SIGN-4", "REQ-KIND-1", "REQ-HEAD-3", "REQ-AGR-3")
async def head_verifies(run: Run) -> None:
    """A Head of the node is signed once, by its node key, over exact bytes, for this channel and kind."""
    answer = parse(await run.north.caller.deliver(run.north.frame(links=False).SerializeToString()), v1.Frame)
    try:
        head = open_head(answer.head, run.witness.trust, run.north.post, None)
    except HotlineError as error:
        raise FailedError(str(error)) from error
    expect(head.post == run.kit.target, f"it is a Head of {head.post}")
    held = {(each.party, each.version) for each in head.message.directories}
    expect(held >= {(party, 1) for party in run.kit.trust.directories}, f"it lists the directories {sorted(held)}")
    run.witness.take(answer.SerializeToString(), run.north.post, time.monotonic())


@check("hello", "REQ-HELLO-1", "REQ-HELLO-2")
async def hello(run: Run) -> None:
    """On a new connection the node asks for a fresh Head, and sends and seals nothing until one echoes it."""
    north = run.north
    north.hello = secrets.token_bytes(16)
    talk = await north.exchange()
    try:
        await talk.write(north.frame(head=_first_head(north), links=False).SerializeToString())
        await _until(lambda: len(north.echoed) == 16, "no Head came that asks with sixteen bytes")
        announced = await _announce(run)
        await north.deliver(north.frame(head=north.head(echoes=[]), links=False))
        await _quiet(run, north, "before any Head had echoed its Hello")
        if announced:
            expect(run.witness.newest.log.sequence == 0, "it sealed a statement before a peer had answered")
        await north.deliver()
        echo = v1.HelloEcho(post=north.post, hello=north.hello)
        expect(any(echo in head.message.echoes for head in run.witness.heads.values()), "no Head echoes our Hello")
        if announced:
            await _until(lambda: run.witness.newest.log.sequence > 0, "what waited was not sealed after the answer")
    finally:
        await talk.close()


@check("hello-replayed", "REQ-HELLO-1", "REQ-HEAD-2")
async def hello_replayed(run: Run) -> None:
    """A Head recorded on an earlier connection opens nothing: the node waits for one that echoes its new Hello."""
    north, earlier = run.north, run.north.echoed
    north.admits = False
    await _something_to_send(run)
    await asyncio.sleep(POLL_S)
    recorded = north.frame(links=False).SerializeToString()
    await north.caller.deliver(recorded)
    north.echoed = b""
    came = len(run.witness.frames)
    talk = await north.exchange()
    try:
        await talk.write(recorded)
        await talk.write(north.frame(head=north.head(echoes=[]), links=False).SerializeToString())
        await _until(lambda: bool(north.echoed), "no Head came that asks for a fresh one")
        expect(north.echoed != earlier, "it asks with bytes that it used on an earlier connection")
        fresh, north.echoed = north.echoed, earlier
        await talk.write(recorded)
        await _quiet(run, north, "after a recorded Head was sent again", came)
        north.echoed = fresh
        await north.deliver()
        await _until(lambda: _spoke(run, came), "nothing came although its Hello was answered", 6.0)
    finally:
        north.admits = True
        await talk.close()


@check("claimed", "REQ-HELLO-3")
async def claimed(run: Run) -> None:
    """A peer that answers a Hello with the claim to hold more of the node's log than there is does not silence it."""
    north, north.echoed = run.north, b""
    talk = await north.exchange()
    try:
        await talk.write(north.frame(head=north.head(echoes=[]), links=False).SerializeToString())
        await _until(lambda: bool(north.echoed), "no Head came that asks for a fresh one")
        more = run.witness.log.position()
        more.sequence, more.link_digest = more.sequence + 1, secrets.token_bytes(32)
        await talk.write(north.frame(head=north.head(held=[more]), links=False).SerializeToString())
        await asyncio.sleep(POLL_S)
        before = run.witness.newest.log.sequence
        await _announce_after_the_claim(run)
        await _until(lambda: run.witness.newest.log.sequence > before, "it sealed nothing after the claim", 6.0)
    finally:
        await talk.close()
        await north.deliver()


@check("first-head-lists-types", "REQ-STMT-3", "REQ-CONF-2")
async def first_head_lists_types(run: Run) -> None:
    """The Head that asks lists the types that the node knows, all of them in the agreement."""
    asking = [head.message for head in run.witness.heads.values() if head.message.hello]
    listed = {name for head in asking for name in head.types}
    rules = {rule.type for rule in run.kit.trust.agreement.message.types}
    expect(bool(listed), "no Head that asks lists any type")
    expect(listed <= rules, f"it lists what the agreement does not: {sorted(listed - rules)}")


def _first_head(peer: Peer) -> v1.Envelope:
    """A Head that answers nothing."""
    return sign(HEAD, peer.head_message(echoes=[]).SerializeToString(deterministic=True), peer.signer)


async def _announce(run: Run) -> bool:
    """Let somebody at the node say something, where there is somebody."""
    if run.operator is None:
        return False
    try:
        await run.operator.announce("ROUTINE", "DELIVERED")
    except TransportError as error:
        raise NotTriedError(str(error)) from error
    return True


async def _announce_after_the_claim(run: Run) -> None:
    if run.operator is None:
        raise NotTriedError("nobody at the node can be made to say something")
    try:
        await run.operator.announce("ROUTINE", "DELIVERED")
    except HotlineError as error:
        raise FailedError(f"after the claim nothing could be said at the node: {error}") from error


async def _something_to_send(run: Run) -> None:
    """Wait until the node seals a statement; its own test of the line, if nothing else."""
    seconds, before = 2 * run.kit.real_s(run.kit.line.test_every) + 2, run.witness.newest.log.sequence
    end = time.monotonic() + seconds
    while run.witness.newest.log.sequence == before:
        if time.monotonic() > end:
            run.north.admits = True
            raise NotTriedError(f"the node sealed nothing of its own within {seconds:g} s")
        await asyncio.sleep(POLL_S)
        await run.north.deliver()


def _spoke(run: Run, since: int) -> bool:
    """Whether links or statements have come since."""
    return any(frame.links or frame.statements for _, frame in run.witness.frames[since:])


async def _quiet(run: Run, peer: Peer, when: str, since: int = 0) -> None:
    """See that nothing but Heads comes for a while."""
    await asyncio.sleep(QUIET_S)
    expect(not _spoke(run, since), f"it sent links or statements {when}")
    expect(bool(peer.echoed), "it ended the stream")


async def _until(holds: Callable[[], bool], words: str, seconds: float = 5.0) -> None:
    """Wait without asking the node for anything."""
    end = time.monotonic() + seconds
    while not holds():
        expect(time.monotonic() < end, words)
        await asyncio.sleep(POLL_S / 4)

"""Checks of what the node says by itself: heartbeats, its own test of the line, what it sends again."""

from __future__ import annotations

import asyncio
import time

from hotline import v1
from hotline.conformance.suite.check import NotTriedError, Run, check, expect
from hotline.conformance.suite.peer import POLL_S
from hotline.conformance.suite.witness import Sent

TEST = "hotline.v1.ChannelTest"
# What every header has, addressees, and a stage asked for (REQ-LINE-1).
USUAL = frozenset(
    (
        "channel",
        "agreement_digest",
        "kind",
        "from_post",
        "action",
        "nonce",
        "composed_at",
        "precedence",
        "stage_requested",
    )
)


@check("heartbeat", "REQ-NET-5", "REQ-HEAD-2")
async def heartbeat(run: Run) -> None:
    """An open line carries a new Head at least every heartbeat."""
    beat_s = run.kit.real_s(run.kit.line.heartbeat)
    talk = await run.north.exchange()
    try:
        await talk.write(run.north.frame(links=False).SerializeToString())
        await asyncio.sleep(beat_s)
        start, seen = time.monotonic(), len(run.witness.frames)
        await asyncio.sleep(4 * beat_s)
        times = [at for at, _ in run.witness.frames[seen:]]
        gaps = [later - earlier for earlier, later in zip([start, *times], [*times, time.monotonic()], strict=True)]
    finally:
        await talk.close()
    expect(max(gaps) < 2 * beat_s + 1, f"for {max(gaps):.1f} s no Head came; the heartbeat is {beat_s:g} s")


@check("line-test", "REQ-LINE-1", "REQ-LINE-2", "REQ-ROLE-6", "REQ-STMT-1", "REQ-LOG-5")
async def line_test(run: Run) -> None:
    """The node tests the line: plain, ROUTINE, by its node key, to every other post, for delivery."""
    test = await _test_of(run)
    header = test.said.header
    given = [field.name for field, _ in header.ListFields() if field.name not in USUAL]
    expect(not given, f"its header has {', '.join(given)}")
    expect(header.precedence == v1.PRECEDENCE_ROUTINE, "it is not ROUTINE")
    expect(header.stage_requested <= v1.STAGE_DELIVERED, "it asks for more than delivery")
    others = set(run.witness.trust.others(run.kit.target))
    expect(set(header.action) == others, f"it is addressed to {sorted(header.action)}")
    expect(len(test.said.envelope.signatures) == 1, "it has more than one signature")


@check("line-test-again", "REQ-LINE-2", "REQ-STMT-1")
async def line_test_again(run: Run) -> None:
    """The next test of the line comes when it is due, with another nonce."""
    await _test_of(run)
    every_s = run.kit.real_s(run.kit.line.test_every)
    seen = len(run.witness.of_type(TEST))
    await run.until(lambda: len(run.witness.of_type(TEST)) > seen, "no further test came", 2 * every_s + 3)
    nonces = [sent.said.header.nonce for sent in run.witness.statements.values()]
    expect(len(nonces) == len(set(nonces)), "a nonce was used twice")


@check("sent-again", "REQ-NET-5", "REQ-NET-3")
async def sent_again(run: Run) -> None:
    """What is not receipted is sent again; and no more once it is."""
    for peer in run.peers:
        peer.admits = False
    try:
        seen = set(run.witness.statements)
        every_s = run.kit.real_s(run.kit.line.test_every)
        await run.until(lambda: bool(set(run.witness.statements) - seen), "the node said nothing", 2 * every_s + 3)
        (fresh, *_) = set(run.witness.statements) - seen
        came, again_s = run.witness.came[fresh], run.kit.real_s(run.kit.line.retry_max)
        await run.until(lambda: run.witness.came[fresh] > came, "it did not come again", 2 * again_s + 3)
    finally:
        for peer in run.peers:
            peer.admits = True
    await run.until(lambda: _is_quiet(run, fresh), "it is still sent though it was receipted", 4 * again_s + 4)


async def _test_of(run: Run) -> Sent:
    """A test of the line by the node."""
    every_s = run.kit.real_s(run.kit.line.test_every)
    end = time.monotonic() + 2 * every_s + 4
    while not run.witness.of_type(TEST):
        if time.monotonic() > end:
            raise NotTriedError("the node sent no statement of its own to us")
        for peer in run.peers:
            await peer.deliver()
        await asyncio.sleep(POLL_S)
    return run.witness.of_type(TEST)[-1]


def _is_quiet(run: Run, digest: bytes) -> bool:
    """Whether a statement has not come for a while."""
    times = [at for at, frame in run.witness.frames if any(_names(each, digest, run) for each in frame.statements)]
    return bool(times) and time.monotonic() - times[-1] > 2 * run.kit.real_s(run.kit.line.retry_max)


def _names(envelope: v1.Envelope, digest: bytes, run: Run) -> bool:
    return run.witness.statements[digest].said.envelope.payload == envelope.payload

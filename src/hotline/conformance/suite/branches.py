"""Checks of a log that its own post forks: framed equivocation, the last thing that SOUTH does in its epoch."""

from __future__ import annotations

import asyncio

from hotline import v1
from hotline.conformance.suite.calls import CallError
from hotline.conformance.suite.check import FailedError, Run, check, expect
from hotline.conformance.suite.papers import rotated
from hotline.conformance.suite.taking import notice
from hotline.protocol.envelope import digest_of


@check("equivocation", "REQ-LOG-4", "REQ-FORK-1", "REQ-FORK-3")
async def equivocation(run: Run) -> None:
    """Two Heads that cannot both stand: the second is refused without its links, and both branches are receipted."""
    south = run.south
    first, second = notice(south), notice(south)
    other = south.log.branch(south.log.sequence)
    await south.tell(first)
    received = await run.receipted(first)
    held = run.witness.held(south.post)
    true, south.log = south.log, other
    south.seal(second)
    south.withheld.add(digest_of(second))
    try:
        await south.deliver(v1.Frame(head=south.head()))
    except CallError as error:
        expect(error.code == "FORK", f"refused with {error.code or error.status}, expected FORK")
    else:
        raise FailedError("a Head that contradicts what is held was taken without the links that show it")
    await south.deliver(
        v1.Frame(head=south.head(), links=[other.run(other.sequence, other.sequence)], statements=[second])
    )
    await _said_about(run, second)
    stays = run.witness.receipt(digest_of(first), "received_at")
    expect(stays == received, "its receipt about the first branch has changed")
    expect(run.witness.held(south.post) == held, "what was held first did not stay")
    south.log = true


@check("after-equivocation", "REQ-FORK-1", "REQ-EPOCH-1", "REQ-HEAD-4")
async def after_equivocation(run: Run) -> None:
    """What a post says in a new epoch counts again after it forked its log."""
    await rotated(run, run.south, run.south.log.position(), v1.Closure.REASON_COMPROMISE)
    sent = notice(run.south)
    await run.south.tell(sent)
    await run.receipted(sent)


async def _said_about(run: Run, envelope: v1.Envelope) -> None:
    """Wait for a receipt, asking by NORTH only: SOUTH cannot say which of its logs stands."""
    for _ in range(30):
        if run.witness.receipt(digest_of(envelope)) is not None:
            return
        await run.north.deliver()
        await asyncio.sleep(0.2)
    raise FailedError("no receipt about the statement on the second branch")

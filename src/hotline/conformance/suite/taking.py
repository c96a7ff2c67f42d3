"""Checks of what must be taken: places, receipts, gaps, and what may not be refused though it looks odd."""

from __future__ import annotations

import asyncio
import secrets
import time

from hotline import v1
from hotline.conformance.suite import bodies
from hotline.conformance.suite.calls import CallError
from hotline.conformance.suite.check import FailedError, NotTriedError, Run, check, expect
from hotline.conformance.suite.peer import Peer
from hotline.conformance.suite.raw import chunk
from hotline.protocol.envelope import digest_of
from hotline.protocol.log import PostLog
from hotline.protocol.signing import Signer


def notice(peer: Peer, *signers: Signer | str, **header: object) -> v1.Envelope:
    """A signed notice, not sealed yet."""
    body = bodies.notice(peer.kit.clock.now(), peer.post)
    return peer.signed(peer.statement(body, **header), *signers)  # type: ignore[arg-type]  # fields of Draft


@check("received", "REQ-LOG-1", "REQ-LOG-2", "REQ-LOG-3", "REQ-HEAD-1", "REQ-NET-1", "REQ-SIGN-5", "REQ-STMT-4")
async def received(run: Run) -> None:
    """A statement in its place is receipted as received by its digest, post, epoch and sequence."""
    sent = notice(run.north)
    await run.north.tell(sent)
    receipt = await run.receipted(sent)
    place = receipt.post, receipt.epoch, receipt.sequence
    expect(place == (run.north.post, 1, run.north.log.sequence), f"the receipt names {place}")
    held = run.witness.held(run.north.post)
    expect(held == run.north.log.position(), f"it holds our log to {held.sequence}, another than we sent")


@check("received-two-persons", "REQ-STMT-4", "REQ-SIGN-4")
async def received_two_persons(run: Run) -> None:
    """A FLASH signed by two persons is received."""
    body = bodies.flash(run.kit.clock.now(), run.north.post)
    sent = run.north.signed(run.north.statement(body, precedence="FLASH"), "officer-1", "officer-2")
    await run.north.tell(sent)
    await run.receipted(sent)


@check("receipt-again", "REQ-HEAD-4", "REQ-HEAD-5")
async def receipt_again(run: Run) -> None:
    """A statement that comes again is answered by the same receipt."""
    sent = notice(run.north)
    await run.north.tell(sent)
    first = await run.receipted(sent)
    await _said_enough(run, sent)
    beat = run.witness.newest.beat
    await asyncio.sleep(0.05)
    await run.north.deliver(run.north.frame(sent))
    await run.until(lambda: max((b for b, _ in run.witness.receipts(digest_of(sent))), default=0) > beat, "no receipt")
    again = run.witness.receipt(digest_of(sent))
    expect(again == first, "the second receipt differs from the first")


@check("receipt-repeated", "REQ-HEAD-4")
async def receipt_repeated(run: Run) -> None:
    """A receipt is repeated in every Head until a Head of ours shows that its beat was seen."""
    north, sent = run.north, notice(run.north)
    north.admits = False
    try:
        await north.tell(sent)
        await run.receipted(sent)
        first = min(beat for beat, _ in run.witness.receipts(digest_of(sent)))
        for _ in range(3):
            await north.deliver()
            await asyncio.sleep(0.4)
        later = {beat for beat in run.witness.heads if beat > first}
        bare = later - {beat for beat, _ in run.witness.receipts(digest_of(sent))}
    finally:
        north.admits = True
    expect(bool(later), "no further Head came")
    expect(not bare, f"beats {sorted(bare)} do not carry it")


@check("unlinked", "REQ-LOG-1")
async def unlinked(run: Run) -> None:
    """A statement that no link names is dropped without answer, and taken once it has its place."""
    sent = notice(run.north)
    await run.north.deliver(run.north.frame(sent, links=False))
    await run.not_receipted(run.north, sent, "a statement without a link")
    await run.north.tell(sent)
    await run.receipted(sent)


@check("gap", "REQ-LOG-6", "REQ-STMT-5")
async def gap(run: Run) -> None:
    """A statement is receipted though the one before it is missing; the missing one is receipted when it comes."""
    north, missing, later = run.north, notice(run.north), notice(run.north)
    north.withheld.add(digest_of(missing))
    north.seal(missing)
    north.seal(later)
    await north.deliver(north.frame(later))
    await run.receipted(later)
    await run.not_receipted(north, missing, "a statement that never came")
    await north.deliver(north.frame(missing))
    await run.receipted(missing)


@check("gap-fetched", "REQ-LOG-6")
async def gap_fetched(run: Run) -> None:
    """A gap is asked for with Fetch, of the post whose log it is."""
    if not run.north.door.called.is_set():
        raise NotTriedError("the node has not called us, so that it cannot fetch")
    north, missing = run.north, notice(run.north)
    north.fetched.clear()
    north.seal(missing)
    await north.deliver(north.frame())
    await run.receipted(missing)
    wanted = [each for each in north.fetched if each.first <= north.log.sequence <= each.last]
    expect(bool(wanted), "it was receipted without having been fetched")


@check("run-overlaps", "REQ-LOG-3")
async def run_overlaps(run: Run) -> None:
    """A run of links that begins before the end of what is held is taken."""
    sent = run.north.seal(notice(run.north))
    frame = v1.Frame(head=run.north.head(), links=[run.north.run(1)], statements=[sent])
    await run.north.deliver(frame)
    await run.receipted(sent)


@check("run-begins-late", "REQ-LOG-3")
async def run_begins_late(run: Run) -> None:
    """A run that begins past what is held is not taken, the Frame is, and the answer says where the node stands."""
    north, before = run.north, run.witness.held(run.north.post)
    north.seal(notice(north))
    sent = north.seal(notice(north))
    answer = await north.deliver(v1.Frame(head=north.head(), links=[north.run(north.log.sequence)], statements=[sent]))
    held = next((each for each in answer.held if each.post == north.post), v1.LogPosition())
    expect(held == before, f"the answer says that {held.sequence} is held, before it was {before.sequence}")
    await north.deliver(north.frame(sent))
    await run.receipted(sent)


@check("several", "REQ-HEAD-6", "REQ-LOG-6")
async def several(run: Run) -> None:
    """One bad signature among statements of one Frame takes nothing from the others."""
    north = run.north
    good, bad = notice(north), notice(north)
    spoiled = v1.Envelope.FromString(bad.SerializeToString())
    spoiled.signatures[0].sig = bytes(64)
    for envelope in (good, bad):
        north.seal(envelope)
    await north.deliver(north.frame(spoiled, good))
    await run.receipted(good)
    await north.deliver(north.frame(bad))
    await run.receipted(bad)


@check("predecessor-missing", "REQ-STMT-9", "REQ-MATTER-3")
async def predecessor_missing(run: Run) -> None:
    """An update whose predecessor is not held, and an acknowledgement of what never came, are received."""
    north, now = run.north, run.kit.clock.now()
    named = v1.Reference(digest=secrets.token_bytes(32), role=v1.Reference.ROLE_UPDATES)
    update = v1.ActivityUpdate(notice=bodies.notice(now, north.post))
    first = north.signed(north.statement(update, references=[named], thread=named.digest))
    read = v1.Acknowledgement(subject=secrets.token_bytes(32), read=v1.Read())
    second = north.signed(north.statement(read))
    await north.tell(first, second)
    for sent in (first, second):
        await run.receipted(sent)


@check("late-notice", "REQ-MATTER-4")
async def late_notice(run: Run) -> None:
    """A notice of what has begun already is received."""
    body = bodies.notice(run.kit.clock.now(), run.north.post, -0.1)
    sent = run.north.signed(run.north.statement(body))
    await run.north.tell(sent)
    await run.receipted(sent)


@check("level-lacking", "REQ-ROLE-2")
async def level_lacking(run: Run) -> None:
    """A suspension by a post below the level that its type asks for is received, not refused."""
    body = v1.ChannelStatus(status=v1.ChannelStatus.STATUS_SUSPENDED, reason="an exercise")
    getattr(body, "from").CopyFrom(bodies.window(run.kit.clock.now()).until)
    sent = run.north.signed(run.north.statement(body), "officer-2", "officer-3")
    await run.north.tell(sent)
    await run.receipted(sent)


@check("fields-in-another-order", "REQ-SCAN-1", "REQ-SIGN-1")
async def fields_in_another_order(run: Run) -> None:
    """A statement whose fields stand in another order is received under the digest of its own bytes."""
    said = run.north.statement(bodies.notice(run.kit.clock.now(), run.north.post))
    header = said.header.SerializeToString(deterministic=True)
    payload = chunk(3, said.body) + chunk(2, said.body_type.encode()) + chunk(1, header)
    sent = run.north.signed(payload)
    await run.north.tell(sent)
    await run.receipted(sent)


@check("coarse", "REQ-MSG-5")
async def coarse(run: Run) -> None:
    """A notice for a circle of a hundred nautical miles is received."""
    body = bodies.notice(run.kit.clock.now(), run.north.post)
    body.area.circle.radius_m = 185_200
    sent = run.north.signed(run.north.statement(body))
    await run.north.tell(sent)
    await run.receipted(sent)


@check("retraction-first", "REQ-RETRACT-1", "REQ-STMT-9")
async def retraction_first(run: Run) -> None:
    """A retraction that comes before what it takes back is received, and so is that."""
    north, sent = run.north, notice(run.north)
    body = v1.Retraction(subject=digest_of(sent), reason="sent in error")
    taken_back = north.signed(north.statement(body, precedence="FLASH", thread=digest_of(sent)))
    north.seal(sent)
    north.seal(taken_back)
    await north.deliver(north.frame(taken_back))
    await run.receipted(taken_back)
    await north.deliver(north.frame(sent))
    await run.receipted(sent)


@check("unstaffed", "REQ-ACK-11")
async def unstaffed(run: Run) -> None:
    """A statement that asks for READ while nobody is on watch is answered so."""
    await run.north.deliver()
    if run.witness.newest.staffed:
        raise NotTriedError("a position of the node is staffed")
    sent = notice(run.north, asks="READ")
    await run.north.tell(sent)
    await run.receipted(sent)
    await run.until(
        lambda: run.witness.receipt(digest_of(sent), "unstaffed_at") is not None, "no Head says that nobody is on watch"
    )


@check("queried", "REQ-SILENCE-1", "REQ-ROLE-6")
async def queried(run: Run) -> None:
    """A node that is asked about a statement says its receipts again."""
    north, sent = run.north, notice(run.north)
    await north.tell(sent)
    await run.receipted(sent)
    await _said_enough(run, sent)
    beat = run.witness.newest.beat
    body = v1.QueryAck(subject=digest_of(sent), post=run.kit.target, stage=v1.STAGE_DELIVERED, number=1)
    asked = north.signed(north.statement(body, asks="DELIVERED", thread=digest_of(sent)), north.signer)
    await north.tell(asked)
    await run.receipted(asked)
    said = max((beat for beat, _ in run.witness.receipts(digest_of(sent))), default=0)
    expect(said > beat, "its receipt about the statement was not said again")


@check("relayed", "REQ-FORK-4")
async def relayed(run: Run) -> None:
    """A statement of a third post is fetched from the peer that shows to hold it."""
    north, south = run.north, run.south
    if not north.door.called.is_set():
        raise NotTriedError("the node has not called us, so that it cannot fetch")
    sent = south.seal(notice(south))
    north.bodies[digest_of(sent)] = sent
    covering = south.head()
    log: PostLog = south.log
    north.relayed[south.post] = log, covering
    held = [run.witness.log.position(), log.position()]
    end = time.monotonic() + 8
    while run.witness.receipt(digest_of(sent)) is None:
        expect(time.monotonic() < end, "it was not fetched from the post that holds it")
        await north.deliver(north.frame(head=north.head(held=held), links=False))
        await asyncio.sleep(0.3)
    await run.receipted(sent)


@check("fetch-served", "REQ-FORK-4", "REQ-NET-2")
async def fetch_served(run: Run) -> None:
    """A range of a log that the node holds is served to another post, under a Head that covers it."""
    request = v1.FetchRequest(post=run.north.post, epoch=1, first=1, last=2)
    try:
        frames = [v1.Frame.FromString(frame) for frame in await run.south.caller.fetch(request)]
    except CallError as error:
        raise FailedError(f"it refused: {error}") from error
    links = {(each.post, each.epoch, each.first) for frame in frames for each in frame.links}
    expect((run.north.post, 1, 1) in links, f"it served {sorted(links)}")
    wanted = {link.statement_digest for link in run.north.log.links[:2]}
    served = {digest_of(envelope) for frame in frames for envelope in frame.statements}
    expect(wanted <= served, f"it served {len(served & wanted)} of 2 statements")


async def _said_enough(run: Run, envelope: v1.Envelope) -> None:
    """Wait until Heads no longer carry the receipt about a statement, or a while: it may go on longer than it must."""
    end = time.monotonic() + 3
    while time.monotonic() < end:
        if all(receipt.statement_digest != digest_of(envelope) for receipt in run.witness.newest.receipts):
            return
        await run.north.deliver()
        await asyncio.sleep(0.2)

"""Checks of statements that are refused, each with its code; and of those that are not even refused."""

from __future__ import annotations

from hotline import v1
from hotline.conformance.suite import bodies
from hotline.conformance.suite.check import Run, Script, check, expect
from hotline.conformance.suite.hostile import plain
from hotline.conformance.suite.refusals import REFUSALS, Refusal
from hotline.conformance.suite.taking import notice
from hotline.protocol.envelope import digest_of


def _script(row: Refusal) -> Script:
    async def script(run: Run) -> None:
        sent = run.north.seal(row.made(run.north), **dict(row.link))
        await run.north.deliver(run.north.frame(sent))
        await run.refused(sent, row.code)

    script.__doc__ = f"A statement is refused with {row.code}: {row.words}"
    return script


for _row in REFUSALS:
    check(f"refused-{_row.name}", *_row.requirements, "REQ-STMT-9")(_script(_row))


@check("keyid-flipped", "REQ-SIGN-3", "REQ-HEAD-6", "REQ-STMT-9")
async def keyid_flipped(run: Run) -> None:
    """A statement with one bit of its key's fingerprint flipped is not answered; the genuine one is received."""
    sent = notice(run.north)
    spoiled = v1.Envelope.FromString(sent.SerializeToString())
    keyid = spoiled.signatures[0].keyid
    spoiled.signatures[0].keyid = bytes((keyid[0] ^ 1,)) + keyid[1:]
    await _forged_then_genuine(run, sent, spoiled)


@check("keyid-of-another", "REQ-SIGN-3", "REQ-HEAD-6")
async def keyid_of_another(run: Run) -> None:
    """A statement under the fingerprint of another listed officer is not answered; the genuine one is received."""
    sent = notice(run.north)
    spoiled = v1.Envelope.FromString(sent.SerializeToString())
    spoiled.signatures[0].keyid = run.north.officers("officer-3")[0].fingerprint
    await _forged_then_genuine(run, sent, spoiled)


@check("signature-flipped", "REQ-SIGN-5", "REQ-HEAD-6", "REQ-STMT-9")
async def signature_flipped(run: Run) -> None:
    """A statement with one bit of its signature flipped is not answered; the genuine one is received."""
    sent = notice(run.north)
    spoiled = v1.Envelope.FromString(sent.SerializeToString())
    spoiled.signatures[0].sig = bytes((sent.signatures[0].sig[0] ^ 1,)) + sent.signatures[0].sig[1:]
    await _forged_then_genuine(run, sent, spoiled)


@check("signature-not-reduced", "REQ-SIGN-5")
async def signature_not_reduced(run: Run) -> None:
    """A signature whose S was raised by the order of the group is not answered; the genuine one is received."""
    sent = notice(run.north)
    sig = sent.signatures[0].sig
    order = 2**252 + 27742317777372353535851937790883648493
    spoiled = v1.Envelope.FromString(sent.SerializeToString())
    spoiled.signatures[0].sig = sig[:32] + (int.from_bytes(sig[32:], "little") + order).to_bytes(32, "little")
    await _forged_then_genuine(run, sent, spoiled)


@check("signature-appended", "REQ-SIGN-4", "REQ-HEAD-6")
async def signature_appended(run: Run) -> None:
    """A statement to which a stranger's signature was added is not answered; the genuine one is received."""
    sent, spoiled = notice(run.north), v1.Envelope()
    spoiled.CopyFrom(sent)
    spoiled.signatures.append(run.north.signed(sent.payload, run.spare_key()).signatures[0])
    await _forged_then_genuine(run, sent, spoiled)


@check("signature-needless", "REQ-SIGN-4")
async def signature_needless(run: Run) -> None:
    """A statement with a second officer's needless signature does not stand."""
    sent = run.north.signed(plain(run.north), "officer-2", "officer-3")
    await run.north.tell(sent)
    await run.north.deliver()
    receipt = run.witness.receipt(digest_of(sent))
    stands = receipt is not None and receipt.HasField("received_at")
    expect(not stands, "it was received though not every signature was needed")


@check("signature-twice", "REQ-SIGN-4")
async def signature_twice(run: Run) -> None:
    """A FLASH that one officer signed twice is not answered."""
    body = bodies.flash(run.kit.clock.now(), run.north.post)
    sent = run.north.signed(run.north.statement(body, precedence="FLASH"), "officer-1", "officer-1")
    await run.north.tell(sent)
    await run.not_receipted(run.north, sent, "a FLASH signed twice by one officer")


@check("body-swapped", "REQ-SIGN-1", "REQ-HEAD-6")
async def body_swapped(run: Run) -> None:
    """Two statements under each other's signatures are not answered; the genuine ones are received."""
    north = run.north
    first, second = notice(north), notice(north, precedence="ROUTINE")
    swapped = [
        v1.Envelope(payload_type=one.payload_type, payload=other.payload, signatures=one.signatures)
        for one, other in ((first, second), (second, first))
    ]
    for envelope in (first, second):
        north.withheld.add(digest_of(envelope))
        north.seal(envelope)
    await north.deliver(north.frame(*swapped))
    for envelope in (first, second):
        await run.not_receipted(north, envelope, "a statement under the signature of another")
    await north.deliver(north.frame(first, second))
    for envelope in (first, second):
        await run.receipted(envelope)


@check("link-swapped", "REQ-LOG-5")
async def link_swapped(run: Run) -> None:
    """Two statements whose links carry each other's precedence are both refused."""
    north = run.north
    urgent, routine = notice(north), notice(north, precedence="ROUTINE")
    north.seal(urgent, precedence=v1.PRECEDENCE_ROUTINE)
    north.seal(routine, precedence=v1.PRECEDENCE_IMMEDIATE)
    await north.deliver(north.frame(urgent, routine))
    for sent in (urgent, routine):
        await run.refused(sent, "SIZE_MISMATCH")


@check("sealed-again", "REQ-STMT-6")
async def sealed_again(run: Run) -> None:
    """A statement sealed at a second place is refused there; the first place stays."""
    north, sent = run.north, notice(run.north)
    await north.tell(sent)
    first = await run.receipted(sent)
    await north.tell(sent)
    place = north.log.sequence

    def said() -> list[v1.Receipt]:
        return [receipt for _, receipt in run.witness.receipts(digest_of(sent)) if receipt.sequence == place]

    await run.until(lambda: bool(said()), "no receipt about its second place")
    expect(said()[-1].refused.code == "REPLAYED", f"its second place says {said()[-1].WhichOneof('fact')}")
    at_first = {r.SerializeToString() for _, r in run.witness.receipts(digest_of(sent)) if r.sequence != place}
    expect(at_first == {first.SerializeToString()}, "the receipt about its first place has changed")


async def _forged_then_genuine(run: Run, sent: v1.Envelope, spoiled: v1.Envelope) -> None:
    """A forgery in a genuine place changes nothing; then the genuine statement comes."""
    north = run.north
    north.withheld.add(digest_of(sent))
    north.seal(sent)
    await north.deliver(north.frame(spoiled))
    await run.not_receipted(north, sent, "a forgery")
    await north.deliver(north.frame(sent))
    await run.receipted(sent)

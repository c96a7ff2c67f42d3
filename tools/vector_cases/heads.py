"""Bytes for the cases about Heads: AUS signs, CHN receives."""

from __future__ import annotations

from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.logs import START, chain, head, link, messages_of, signed
from tools.vector_cases.material import AUS, CHN, DAY_MS, HEAD, SEALED_MS, certificate_pin, identity, plain, stamp

from hotline import v1

LINKS = [link(message) for message in messages_of("head", 2)]
GOOD = head(LINKS)


def received(made: v1.Envelope, **given: str) -> Input:
    """A Head as CHN receives it."""
    return Input(plain(made), {"receiver": CHN, **given})


def changed(**fields: Any) -> Input:
    """A Head with fields changed."""
    return received(signed(head(LINKS, **fields)))


def newest(post: str = AUS, epoch: int = 1) -> v1.LogPosition:
    """The position that the good Head signs, of another post or epoch."""
    return v1.LogPosition(post=post, epoch=epoch, sequence=2, link_digest=chain(LINKS)[1])


def tampered() -> v1.Envelope:
    """The good Head with its link digest overwritten."""
    made = signed(GOOD)
    made.payload = made.payload.replace(GOOD.log.link_digest, START)
    return made


INPUTS = {
    "head-of-two-links": Input(
        plain(signed(GOOD)),
        {"receiver": CHN, "pin": certificate_pin(AUS).hex()},
        {"digest": identity(HEAD, plain(GOOD)).hex(), "post": AUS, "epoch": 1, "sequence": 2, "beat": 1},
    ),
    "head-tampered": received(tampered()),
    "head-signed-by-officer": received(signed(GOOD, "AUS officer-1")),
    "head-two-signatures": received(signed(GOOD, "AUS node", "CHN node")),
    "head-own": received(signed(GOOD), receiver=AUS),
    "head-other-pin": received(signed(GOOD), pin=certificate_pin(CHN).hex()),
    "head-wrong-kind": changed(kind=v1.KIND_ACTUAL),
    "head-wrong-channel": changed(channel="elsewhere"),
    "head-unknown-agreement": changed(agreement_digest=START),
    "head-for-another-post": changed(log=newest(post=CHN)),
    "head-unknown-epoch": changed(log=newest(epoch=2)),
    "head-certificate-expired": changed(made_at=stamp(SEALED_MS + 29 * DAY_MS)),
    "head-without-beat": changed(beat=0),
}

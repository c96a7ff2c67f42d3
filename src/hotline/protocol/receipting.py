"""What this node says about a statement of another post: the receipts that its Heads carry."""

from __future__ import annotations

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.instant import to_timestamp
from hotline.protocol.ladder import Fact
from hotline.protocol.log import Spot
from hotline.protocol.timers import DELIVERED


def receipt_at(spot: Spot, refused: str, at_ns: int) -> v1.Receipt:
    """RECEIVED, or REFUSED with its code, about what stands at a place of another log."""
    receipt = _receipt(spot)
    if refused:
        receipt.refused.code = refused
        receipt.refused.at.CopyFrom(to_timestamp(at_ns))
    else:
        receipt.received_at.CopyFrom(to_timestamp(at_ns))
    return receipt


def receipt_of(entry: Entry, fact: Fact) -> v1.Receipt:
    """The receipt that says a fact of this node."""
    spot = Spot(entry.post, entry.epoch, entry.sequence, entry.digest)
    if fact.stage == DELIVERED:
        return receipt_at(spot, entry.refused, entry.held_at_ns)
    receipt, at = _receipt(spot), to_timestamp(fact.said_at_ns)
    if fact.value == "UNSTAFFED":
        receipt.unstaffed_at.CopyFrom(at)
    else:
        receipt.presented.CopyFrom(v1.Presented(position=fact.by, at=at))
    return receipt


def _receipt(spot: Spot) -> v1.Receipt:
    return v1.Receipt(post=spot.post, epoch=spot.epoch, sequence=spot.sequence, statement_digest=spot.digest)

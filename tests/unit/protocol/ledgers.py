"""Ledgers by hand, for the tests of what they take live and of what they read back."""

from __future__ import annotations

from tests.kit import START, START_NS, A, B, notice
from tests.unit.protocol.handmade import (
    entry,
    head,
    link_of,
    receipt,
    sealed_head,
    trust,
)

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.errors import PeerDataError
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.ledger import Ledger, News
from hotline.protocol.statements import Judged

LATER_NS = START_NS + 7 * NS_PER_S


def ledger(post: str = B) -> Ledger:
    return Ledger(post, trust())


def verdict_of(known: Entry) -> Judged:
    refusal = PeerDataError(known.refused, "by hand") if known.refused else None
    return Judged(known.said, refusal, known.statement)


def give(to: Ledger, *entries: Entry, post: str = A) -> News:
    """Links and statements of a log, one after another."""
    news: News = []
    for known in entries:
        to.links(post, [link_of(known)], LATER_NS, START)
        news += body(to, known, to.logs[post].sequence, post)
    return news


def body(to: Ledger, known: Entry, sequence: int, post: str = A) -> News:
    return to.statement(verdict_of(known), known.envelope, post, sequence, LATER_NS, START)


def opened(post: str = A, **changes: object) -> Opened:
    return open_head(sealed_head(head(post, **changes), post=post), trust(), "", None)


def owed(to: Ledger, post: str = A) -> list[v1.Receipt]:
    return to.peers[post].receipts.oldest(99)


def alerts(to: Ledger) -> list[tuple[str, bytes]]:
    return [(told.code, told.digest) for told in to.tell if isinstance(told, Alert)]


def refused_receipt(code: str, digest: bytes, sequence: int = 1, post: str = A, at_ns: int = LATER_NS) -> v1.Receipt:
    return receipt(post, sequence, digest, refused=v1.Refusal(code=code, at=to_timestamp(at_ns)))


def received(known: Entry, sequence: int = 1, post: str = A, at_ns: int = LATER_NS) -> v1.Receipt:
    return receipt(post, sequence, known.digest, received_at=to_timestamp(at_ns))


NOTICE = entry(notice())
OWN = entry(notice("own"), post=B, stage_requested=v1.STAGE_READ)

"""Heads: which are opened, what ours carry, and what their receipts say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.kit import START, START_NS, A, B, C
from tests.unit.protocol.handmade import (
    channel,
    head,
    officer,
    receipt,
    sealed_head,
    trust,
    with_bits_flipped,
)

from hotline import v1
from hotline.protocol.envelope import STATEMENT, sign
from hotline.protocol.errors import PeerDataError
from hotline.protocol.heads import Own, OwnHeadError, chunks, fact_of, make, open_head, says_news
from hotline.protocol.instant import to_timestamp
from hotline.protocol.log import START as LOG_START
from hotline.protocol.log import PostLog
from hotline.protocol.pae import sha256
from hotline.protocol.peer import Peer
from hotline.protocol.receipts import PER_HEAD_MAX
from hotline.protocol.signing import Signer
from hotline.protocol.statements import BODY_OF

PIN = sha256(bytes(64))
HELLO = bytes(range(16))
VALID = trust().nodes[A].valid


def refused(envelope: v1.Envelope, code: str, pin: bytes | None = PIN, own: str = B) -> None:
    with pytest.raises(PeerDataError) as caught:
        open_head(envelope, trust(), own, pin)
    assert caught.value.code == code


def position(**changes: object) -> v1.LogPosition:
    place = v1.LogPosition(post=A, epoch=1, sequence=0, link_digest=LOG_START)
    place.MergeFrom(v1.LogPosition(**changes))  # type: ignore[arg-type]  # any field of it
    return place


@pytest.mark.parametrize("pin", [PIN, None])
def test_a_head_that_stands_is_opened(pin: bytes | None) -> None:
    envelope = sealed_head(head())
    opened = open_head(envelope, trust(), B, pin)
    assert (opened.post, opened.epoch, opened.message, opened.envelope) == (A, 1, head(), envelope)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": v1.KIND_ACTUAL}, "WRONG_KIND"),
        ({"channel": "another"}, "WRONG_CHANNEL"),
        ({"agreement_digest": bytes(32)}, "UNKNOWN_AGREEMENT"),
        ({"log": position(post=C)}, "NOT_ITS_POST"),
        ({"log": position(epoch=2)}, "EPOCH_UNKNOWN"),
        ({"made_at": to_timestamp(VALID.until_ns)}, "CERTIFICATE_EXPIRED"),
        ({"made_at": to_timestamp(VALID.from_ns - 1)}, "CERTIFICATE_EXPIRED"),
        ({"beat": 0}, "RULE_BROKEN"),
        ({"hello": b"short"}, "RULE_BROKEN"),
    ],
)
def test_a_head_that_does_not_stand_is_refused(changes: dict[str, Any], code: str) -> None:
    refused(sealed_head(head(**changes)), code)


def test_a_head_is_signed_by_one_node() -> None:
    refused(sealed_head(head(), channel().nodes[A], channel().nodes[C]), "SIGNATURE_COUNT")
    refused(sealed_head(head(), officer()), "KEY_UNKNOWN")
    refused(sealed_head(head(), channel("another", 60).nodes[A]), "KEY_UNKNOWN")


@pytest.mark.threat("corruption / tampering", defence="SIG", measure="tampered heads refused")
@pytest.mark.parametrize(
    ("where", "code"), [("payload", "SIGNATURE_INVALID"), ("sig", "SIGNATURE_INVALID"), ("keyid", "KEY_UNKNOWN")]
)
def test_a_tampered_head_is_refused(where: str, code: str) -> None:
    refused(with_bits_flipped(sealed_head(head()), where), code)


def test_a_statement_is_no_head() -> None:
    refused(sign(STATEMENT, head().SerializeToString(), channel().nodes[A]), "PAYLOAD_TYPE")


def test_a_head_in_our_own_name_does_not_come_from_outside() -> None:
    refused(sealed_head(head()), "OWN_HEAD", own=A)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, True),
        ({"channel": "another"}, False),
        ({"kind": v1.KIND_ACTUAL}, False),
        ({"log": v1.LogPosition(post=B, epoch=1)}, False),
        ({"log": v1.LogPosition(post=A, epoch=2)}, False),
        ({"beat": 0}, False),
    ],
    ids=["whole", "channel", "kind", "post", "epoch", "rules"],
)
def test_what_a_head_in_our_own_name_signs_of_our_log_is_told(changes: dict[str, Any], shown: bool) -> None:
    made = head(**changes)
    with pytest.raises(OwnHeadError) as caught:
        open_head(sealed_head(made), trust(), A, None)
    assert caught.value.position == (made.log if shown else None)


def test_a_head_comes_over_a_certificate_pinned_for_its_post() -> None:
    refused(sealed_head(head()), "PIN_MISMATCH", pin=bytes(32))


def own(*peers: Peer, beat: int = 3, staffed: bool = False) -> Own:
    known = trust()
    logs = {post: PostLog(known.agreement.channel, post, 1) for post in known.posts}
    return Own(known, A, logs, {peer.post: peer for peer in peers}, staffed, beat)


def made(plan: Own) -> v1.Head:
    signer: Signer = channel().nodes[A]
    return open_head(make(plan, signer, START), trust(), B, None).message


def test_our_head_says_where_we_stand() -> None:
    peers = Peer(B, epoch=1, beat=7), Peer(C)
    assert made(own(*peers, staffed=True)) == head(
        beat=3,
        staffed=True,
        beats_seen=[v1.PeerBeat(post=B, beat=7)],
        held=[v1.LogPosition(post=post, epoch=1, sequence=0, link_digest=LOG_START) for post in (B, C)],
    )


def test_our_head_asks_and_answers() -> None:
    message = made(own(Peer(B, hello=HELLO), Peer(C, echo=HELLO)))
    assert message.hello == HELLO
    assert list(message.echoes) == [v1.HelloEcho(post=C, hello=HELLO)]
    assert list(message.types) == sorted(BODY_OF)


def test_our_head_carries_receipts_of_every_log() -> None:
    peers = Peer(B), Peer(C)
    for peer in peers:
        peer.receipts.add(receipt(peer.post))
    assert list(made(own(*peers)).receipts) == [receipt(B), receipt(C)]


def test_our_head_never_carries_more_than_a_head_may() -> None:
    peers = [Peer(post) for post in (B, C, "KOR:one", "KOR:two", "KOR:three")]
    plan = own(*peers)
    plan = Own(
        plan.trust, A, {peer.post: PostLog("x", peer.post, 1) for peer in peers} | dict(plan.logs), plan.peers, False, 1
    )
    for peer in peers:
        for sequence in range(1, 513):
            peer.receipts.add(receipt(peer.post, sequence))
    assert PER_HEAD_MAX - len(peers) < len(made(plan).receipts) <= PER_HEAD_MAX


def heard(confirmed: int = 0) -> Peer:
    """A peer whose first Head was a plain one."""
    peer = Peer(A, confirmed=confirmed)
    peer.hear(v1.Envelope(), head())
    return peer


@pytest.mark.parametrize(
    ("message", "peer", "news"),
    [
        (head(), Peer(A), True),
        (head(), heard(), False),
        (head(staffed=True), heard(), True),
        (head(receipts=[receipt(B)]), heard(), True),
        (head(held=[position(post=B, sequence=2)]), heard(2), False),
        (head(held=[position(post=B, sequence=2)]), heard(1), True),
        (head(held=[position(post=B, sequence=2, epoch=2)]), heard(1), False),
        (head(held=[position(post=C, sequence=2)]), heard(1), False),
        (head(log=position(epoch=2)), heard(), True),
        (head(agreement_revision=2), heard(), True),
        (head(directories=[v1.DirectoryHeld(party="AUS", version=2, digest=bytes(32))]), heard(), True),
    ],
    ids=[
        "first",
        "same",
        "watch",
        "receipt",
        "held as known",
        "held further",
        "held of another epoch",
        "another log held",
        "another epoch",
        "another revision",
        "another directory",
    ],
)
def test_a_head_is_kept_for_its_news(message: v1.Head, peer: Peer, news: bool) -> None:
    assert says_news(message, peer, PostLog(trust().agreement.channel, B, 1)) is news


@pytest.mark.parametrize(
    ("item", "value", "by"),
    [
        (receipt(), "RECEIVED", "node"),
        (receipt(refused=v1.Refusal(code="TOO_LARGE", at=to_timestamp(START_NS))), "REFUSED:TOO_LARGE", "node"),
        (receipt(presented=v1.Presented(position="bridge", at=to_timestamp(START_NS))), "PRESENTED", "bridge"),
    ],
)
def test_a_receipt_is_a_fact(item: v1.Receipt, value: str, by: str) -> None:
    fact = fact_of(item, B, learned_at_ns=START_NS + 5)
    assert (fact.post, fact.value, fact.by) == (B, value, by)
    assert (fact.said_at_ns, fact.learned_at_ns) == (START_NS, START_NS + 5)
    assert fact.stage == (v1.STAGE_PRESENTED if by == "bridge" else v1.STAGE_DELIVERED)


@pytest.mark.parametrize(
    ("sizes", "pieces"),
    [
        ([], []),
        ([100], [1]),
        ([9_000], [1]),
        ([100] * 3, [3]),
        ([100] * 7, [3, 3, 1]),
        ([800, 800, 100], [2, 1]),
        ([100, 9_000, 100], [1, 1, 1]),
    ],
)
def test_bodies_go_in_as_few_pieces_as_the_limits_allow(sizes: Sequence[int], pieces: Sequence[int]) -> None:
    bodies = [v1.Envelope(payload=bytes(size)) for size in sizes]
    found = chunks(bodies, count_max=3, bytes_max=2_000)
    assert [len(piece) for piece in found] == pieces
    assert [body for piece in found for body in piece] == bodies

"""Sealing: what gets which place in the own log, what is made durable for it, and what has to wait (spec 03, 06)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf.message import Message
from tests.kit import START, START_NS, A, B, Identifiers, notice
from tests.unit.protocol.handmade import channel, judged, link, signed, statement, trust
from tests.unit.protocol.test_directories import NOW_NS, held
from tests.unit.protocol.test_epochs import NEXT, last

from hotline import v1
from hotline.agreements.following import rotate, withdraw
from hotline.protocol.effects import Alert
from hotline.protocol.envelope import digest_of
from hotline.protocol.instant import NS_PER_MS, Instant, to_timestamp
from hotline.protocol.ledger import Ledger
from hotline.protocol.outbox import Outbox
from hotline.protocol.sealing import Sealing
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft
from hotline.protocol.trust import Trust
from hotline.protocol.verdicts import Verdicts

QUERY = v1.QueryAck(subject=bytes(32), post=B, stage=v1.STAGE_READ, number=1)
NODE = channel().nodes[A]


class Desk:
    """What A seals, and the records it makes of it."""

    def __init__(self, known: Trust | None = None, signers: Sequence[Signer] = (NODE, NEXT)) -> None:
        self.ledger = Ledger(A, known or trust().copy())
        self.outbox = Outbox(self.ledger, {signer.fingerprint: signer for signer in signers}, START)
        self.records: list[v1.Record] = []
        verdicts = Verdicts(self.ledger, self.records.append)
        self.sealing = Sealing(self.ledger, self.outbox, Identifiers(), self.records.append, verdicts)

    def say(self, body: Message, now: Instant = START) -> bytes | None:
        return self.sealing.say(Draft(body, [B], v1.PRECEDENCE_FLASH), now)

    def waits(self, **changes: Any) -> bytes:
        """A statement of an officer that came before it could have a place."""
        envelope = signed(statement(**changes))
        self.ledger.wait(judged(envelope), envelope, digest_of(envelope), START_NS)
        return digest_of(envelope)

    @property
    def sealed(self) -> list[bytes]:
        """Digests in the own log of the newest epoch, in order."""
        return [each.statement_digest for each in self.ledger.own.links]

    @property
    def alarms(self) -> list[tuple[str, bytes, str]]:
        return [(told.code, told.digest, told.post) for told in self.ledger.tell if isinstance(told, Alert)]


def test_what_is_sealed_is_linked_and_held_before_anything_is_sent() -> None:
    desk = Desk()
    first = desk.say(QUERY)
    assert first is not None
    linked, kept = desk.records
    envelope = kept.statement.envelope
    there = v1.Link(
        statement_digest=first,
        sealed_at_ms=START_NS // NS_PER_MS,
        precedence=v1.PRECEDENCE_FLASH,
        size=len(envelope.payload),
    )
    assert linked == v1.Record(links=v1.LinkRun(post=A, epoch=1, first=1, links=[there]))
    assert kept == v1.Record(statement=v1.HeldStatement(envelope=envelope, post=A, epoch=1, sequence=1))
    assert digest_of(envelope) == first
    assert desk.outbox.head_due
    assert [list(peer.outstanding) for peer in desk.ledger.peers.values()] == [[(1, 1)]] * 2


def test_each_has_the_next_place_and_a_nonce_of_its_own() -> None:
    desk = Desk()
    digests = [desk.say(QUERY), desk.say(QUERY)]
    assert desk.sealed == digests
    assert len(set(digests)) == 2
    assert [record.links.first for record in desk.records if record.HasField("links")] == [1, 2]
    assert [record.statement.sequence for record in desk.records if record.HasField("statement")] == [1, 2]


def test_what_every_party_would_refuse_is_not_sealed_and_told_to_the_watch() -> None:
    desk = Desk()
    assert desk.say(notice()) is None
    (told,) = desk.ledger.tell
    assert isinstance(told, Alert)
    assert (told.code, told.digest, told.post) == ("NOT_SEALED", b"", A)
    assert told.detail.startswith("hotline.v1.ActivityNotice: ROLE_NOT_ALLOWED: ")
    assert (desk.records, desk.sealed, desk.outbox.head_due) == ([], [], False)


# -- who may seal ------------------------------------------------------------------------------------------------------


def test_it_takes_the_key_of_an_epoch_that_goes_on() -> None:
    assert Desk().sealing.able
    assert not Desk(signers=[NEXT]).sealing.able, "a key of another epoch"
    assert not Desk(held(withdraw(A, last(1), NOW_NS))).sealing.able, "an epoch that is closed"
    rotated = held(rotate(A, last(1), NEXT, NOW_NS))
    assert not Desk(rotated, signers=[NODE]).sealing.able, "the key of the epoch before"
    assert Desk(rotated, signers=[NEXT]).sealing.able


NODE_HOLDS, IN_FORCE = trust().nodes[A].valid, trust().terms(START_NS).in_force


@pytest.mark.parametrize(
    ("at_ns", "may"),
    [
        (START_NS, True),
        (NODE_HOLDS.until_ns - 1, True),
        (NODE_HOLDS.until_ns, False),
        (NODE_HOLDS.from_ns, True),
        (NODE_HOLDS.from_ns - 1, False),
        (IN_FORCE.until_ns, False),
        (IN_FORCE.from_ns - 1, False),
    ],
)
def test_a_node_speaks_while_its_certificate_and_the_agreement_hold(at_ns: int, may: bool) -> None:
    now = Instant(mono_ns=START.mono_ns, utc_ns=at_ns)
    assert Desk().sealing.may_say(now) is may
    assert not Desk(signers=[]).sealing.may_say(now)


# -- what waited -------------------------------------------------------------------------------------------------------


def test_what_waited_is_sealed_in_the_order_in_which_it_came() -> None:
    desk = Desk()
    digests = [desk.waits(nonce=bytes([number]) * 16) for number in (3, 1, 2)]
    desk.sealing.seal_waiting(START)
    assert (desk.sealed, desk.ledger.waiting, desk.sealing.held_back) == (digests, [], False)


def test_what_may_no_longer_be_sealed_is_alarmed_and_the_rest_is_sealed() -> None:
    desk = Desk()
    late = desk.waits(release_before=to_timestamp(START_NS + 1))
    good = desk.waits(nonce=b"n" * 16)
    desk.sealing.seal_waiting(START.later(2))
    assert (desk.sealed, [entry.digest for entry in desk.ledger.waiting]) == ([good], [late])
    assert ("NOT_SEALED", late, A) in desk.alarms
    (told,) = [told for told in desk.ledger.tell if isinstance(told, Alert)]
    assert told.detail.startswith("RELEASE_PASSED: ")


def test_without_the_key_everything_goes_on_waiting() -> None:
    desk = Desk(signers=[])
    desk.waits()
    desk.sealing.seal_waiting(START)
    assert (desk.sealed, len(desk.ledger.waiting), desk.sealing.held_back, desk.alarms) == ([], 1, False, [])


def test_nothing_is_sealed_before_the_own_log_is_back_up_to_where_it_was_closed() -> None:
    """REQ-EPOCH-5: what waits may have its place there."""
    desk = Desk(held(rotate(A, last(1, 1), NEXT, NOW_NS)))
    assert not desk.sealing.held_back, "nothing was tried"
    desk.sealing.seal_waiting(START)
    assert not desk.sealing.held_back, "nothing waits"
    desk.waits()
    desk.sealing.seal_waiting(START)
    assert (desk.sealing.held_back, desk.sealed) == (True, [])


def test_an_epoch_that_was_closed_before_it_began_has_nothing_to_come_back() -> None:
    desk = Desk(held(rotate(A, last(1, 0), NEXT, NOW_NS)))
    digest = desk.waits()
    desk.sealing.seal_waiting(START)
    assert (desk.sealing.held_back, desk.sealed) == (False, [digest])


def test_what_has_a_place_already_waits_for_its_body_and_holds_everything_back() -> None:
    desk = Desk()
    digest = desk.waits()
    desk.waits(nonce=b"n" * 16)
    desk.ledger.links(A, [link(digest)], START_NS, START)
    desk.sealing.seal_waiting(START)
    assert (desk.sealing.held_back, desk.sealed, len(desk.ledger.waiting)) == (True, [digest], 2)

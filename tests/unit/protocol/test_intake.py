"""The intake: what of a Frame is taken, and what is refused whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.kit import START, START_NS, A, B, C, flash, notice
from tests.unit.protocol.handmade import (
    ack,
    channel,
    entry,
    frame,
    head,
    link_of,
    log_of,
    officer,
    receipt,
    sealed_head,
    statement,
    tampered,
    trust,
    with_bits_flipped,
)

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.envelope import STATEMENT, sign
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.intake import FRAME_BYTES_MAX, Arrival, Intake
from hotline.protocol.ledger import Ledger, News
from hotline.protocol.log import PostLog
from hotline.protocol.pae import sha256
from hotline.protocol.statements import Judged

NOW = START.later(5 * NS_PER_S + 123_456)
PIN = sha256(bytes(64))
ONE, TWO, THREE = (entry(notice(name), sequence=n) for n, name in enumerate(("one", "two", "three"), 1))


class Desk:
    """An intake of B, its ledger, and the records it made."""

    def __init__(self) -> None:
        self.ledger = Ledger(B, trust())
        self.records: list[v1.Record] = []
        self.intake = Intake(self.ledger, self.records.append)

    def take(
        self, data: bytes, pin: bytes | None = PIN, now: Instant = NOW, server: str | None = None
    ) -> tuple[Arrival, News, bool]:
        return self.intake.take(data, None if server else pin, now, server)

    def give(self, *entries: Entry, post: str = A, beat: int = 1, **changes: Any) -> tuple[Arrival, News, bool]:
        """A Frame with a log of these statements and all their bodies."""
        log = log_of(*entries, post=post)
        return self.take(frame(log, beat, statements=[known.envelope for known in entries], **changes))

    def refuse(self, data: bytes, code: str, pin: bytes | None = PIN) -> None:
        """Nothing but a counter changes."""
        before = self.state()
        with pytest.raises(PeerDataError) as caught:
            self.take(data, pin)
        assert caught.value.code == code
        assert self.intake.counters[code] >= 1
        assert self.state() == before

    def state(self) -> object:
        logs = {post: log.position().SerializeToString() for post, log in self.ledger.logs.items()}
        beats = {post: (peer.beat, peer.heard_mono_ns) for post, peer in self.ledger.peers.items()}
        return logs, beats, set(self.ledger.book.entries), len(self.records), self.ledger.gaps.count(A)

    def kinds(self) -> list[str | None]:
        return [record.WhichOneof("fact") for record in self.records]

    def said(self, post: str = A) -> list[tuple[int, str]]:
        receipts = self.ledger.peers[post].receipts.oldest(99)
        return [(item.sequence, item.refused.code or item.WhichOneof("fact") or "") for item in receipts]


def test_head_links_and_statements_are_recorded_in_this_order() -> None:
    desk = Desk()
    arrival, news, speak = desk.give(ONE, TWO)
    assert (arrival.head.post, news, speak) == (A, [], True)
    assert desk.kinds() == ["head_held", "links", "statement", "statement"]
    assert desk.said() == [(1, "received_at"), (2, "received_at")]
    assert desk.ledger.logs[A].position() == log_of(ONE, TWO).position()


def test_what_is_kept_is_kept_to_the_millisecond_as_records_are() -> None:
    desk = Desk()
    desk.give(ONE)
    assert desk.ledger.book.entries[ONE.digest].held_at_ns == NOW.stamp_ns != NOW.utc_ns


def test_a_head_alone_is_kept_for_its_news_only() -> None:
    desk = Desk()
    for beat, staffed, kept in ((1, False, 1), (2, False, 1), (3, True, 2), (4, True, 2)):
        _, _, speak = desk.take(frame(log_of(), beat, staffed=staffed))
        assert (len(desk.records), speak) == (kept, False)
        assert desk.ledger.peers[A].beat == beat


def test_a_beat_already_seen_says_nothing() -> None:
    desk, refused = Desk(), [receipt(B, 1, bytes(32))]
    desk.take(frame(log_of(), beat=2))
    desk.take(frame(log_of(), beat=2, receipts=refused))
    desk.take(frame(log_of(), beat=1, receipts=refused, staffed=True))
    assert (desk.ledger.peers[A].beat, desk.ledger.peers[A].staffed, len(desk.records)) == (2, False, 1)


def test_links_that_are_new_count_even_under_an_older_head() -> None:
    desk = Desk()
    desk.take(frame(log_of(ONE, TWO), beat=2, links=[]))
    desk.give(ONE, beat=1)
    assert desk.ledger.logs[A].sequence == 1
    assert desk.ledger.peers[A].beat == 2
    assert desk.kinds() == ["head_held", "head_held", "links", "statement"]


def test_receipts_of_a_head_are_facts() -> None:
    desk = Desk()
    own = entry(notice("own"), post=B)
    desk.ledger.links(B, [link_of(own)], START_NS, START)
    desk.ledger.statement(Judged(own.said, None, own.statement), own.envelope, B, 1, START_NS, START)
    _, news, speak = desk.take(frame(log_of(), receipts=[receipt(B, 1, own.digest)]))
    assert [(known.digest, fact.value) for known, fact in news] == [(own.digest, "RECEIVED")]
    assert not speak


# -- frames that are wrong in themselves -------------------------------------------------------------------------------


def spoiled(field: str) -> bytes:
    message = v1.Frame.FromString(frame(log_of(ONE), statements=[ONE.envelope]))
    message.head.CopyFrom(with_bits_flipped(message.head, field))
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bytes(FRAME_BYTES_MAX + 1), "TOO_LARGE"),
        (b"", "RULE_BROKEN"),
        (b"\xff\xff", "SCAN_TRUNCATED"),
        (frame(log_of(ONE)) + b"\xf8\x01\x01", "SCAN_UNKNOWN_FIELD"),
        (spoiled("payload"), "SIGNATURE_INVALID"),
        (spoiled("sig"), "SIGNATURE_INVALID"),
        (spoiled("keyid"), "KEY_UNKNOWN"),
        (frame(log_of(post=B)), "OWN_HEAD"),
        (frame(log_of(), channel="another"), "WRONG_CHANNEL"),
        (frame(log_of(ONE), beat=0), "RULE_BROKEN"),
        (frame(log_of(ONE, TWO), links=[log_of(ONE, TWO).run(1, 1)]), "LINKS_NOT_COVERED"),
        (frame(log_of(ONE), links=[log_of(TWO).run(1, 1)]), "LINKS_NOT_COVERED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_frame_that_is_wrong_in_itself_is_refused_whole(data: bytes, code: str) -> None:
    desk = Desk()
    desk.refuse(data, code)


def test_a_frame_over_another_posts_certificate_is_refused() -> None:
    Desk().refuse(frame(log_of(ONE)), "PIN_MISMATCH", pin=bytes(32))


@pytest.mark.threat("insertion / spoof", defence="ID", measure="channels of other keys, refused")
def test_a_channel_with_other_keys_is_another_channel() -> None:
    other = channel("another", 60)
    envelope = sealed_head(head(), other.nodes[A])
    Desk().refuse(v1.Frame(head=envelope).SerializeToString(), "KEY_UNKNOWN")


# -- links -------------------------------------------------------------------------------------------------------------


def test_links_past_what_is_held_call_for_a_head() -> None:
    desk = Desk()
    arrival, _, speak = desk.take(frame(log_of(ONE, TWO), first=2, statements=[TWO.envelope]))
    assert (arrival.gap, arrival.run, speak) == (True, None, True)
    assert desk.ledger.logs[A].sequence == 0
    assert desk.intake.counters == {"UNLINKED": 1}


def test_links_of_other_logs_are_nobodys_word() -> None:
    desk = Desk()
    foreign = [log_of(TWO, post=C).run(1, 1), v1.LinkRun(post=A, epoch=2, first=1, links=[link_of(ONE)])]
    arrival, _, _ = desk.take(frame(log_of(ONE), links=foreign))
    assert (arrival.run, desk.ledger.logs[A].sequence, desk.ledger.logs[C].sequence) == (None, 0, 0)


def test_links_that_overlap_are_taken_from_where_they_are_new() -> None:
    desk = Desk()
    desk.give(ONE)
    arrival, _, _ = desk.give(ONE, TWO, beat=2)
    assert arrival.run == log_of(ONE, TWO).run(2, 2)
    assert desk.kinds()[3:] == ["head_held", "links", "statement"]


def test_the_same_links_again_are_nothing_new() -> None:
    desk = Desk()
    desk.give(ONE)
    arrival, _, speak = desk.give(ONE, beat=2)
    assert (arrival.run, speak) == (None, True)
    assert desk.kinds() == ["head_held", "links", "statement"]


def test_a_branch_before_any_link_is_held_is_refused_without_proof() -> None:
    desk = Desk()
    position = v1.LogPosition(post=A, epoch=1, sequence=0, link_digest=b"x" * 32)
    envelope = sealed_head(head(log=position))
    desk.refuse(v1.Frame(head=envelope).SerializeToString(), "FORK")


# -- statements --------------------------------------------------------------------------------------------------------


@pytest.mark.threat("insertion / spoof", defence="SIG", measure="forged statements: a counter and nothing else")
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda envelope: with_bits_flipped(envelope, "sig"), "SIGNATURE_INVALID"),
        (lambda envelope: with_bits_flipped(envelope, "keyid"), "KEY_UNKNOWN"),
        (lambda envelope: with_bits_flipped(envelope, "payload"), "SIGNATURE_INVALID"),
        (lambda envelope: sign("application/other", envelope.payload, officer()), "PAYLOAD_TYPE"),
        (lambda envelope: sign(STATEMENT, envelope.payload, channel("another", 60).officers[A]["ada"]), "KEY_UNKNOWN"),
        (lambda envelope: sign(STATEMENT, envelope.payload, officer(), officer()), "SIGNATURE_DUPLICATE"),
    ],
)
def test_a_signature_that_fails_changes_a_counter_and_nothing_else(
    spoil: Callable[[v1.Envelope], v1.Envelope], code: str
) -> None:
    desk = Desk()
    _, _, speak = desk.take(frame(log_of(ONE), statements=[spoil(ONE.envelope)]))
    assert desk.intake.counters == {code: 1}
    assert (speak, desk.said(), desk.ledger.gaps.count(A)) == (False, [], 1)
    desk.give(ONE, beat=2)
    assert desk.said() == [(1, "received_at")]


def test_a_statement_without_a_link_is_nothing_yet() -> None:
    desk = Desk()
    _, _, speak = desk.take(frame(log_of(ONE), statements=[TWO.envelope, ONE.envelope]))
    assert desk.intake.counters == {"UNLINKED": 1}
    assert (speak, set(desk.ledger.book.entries)) == (True, {ONE.digest})


@pytest.mark.threat("repetition / replay", defence="SEQ", measure="statements that came again, same receipt")
def test_a_statement_that_comes_again_is_answered_and_not_taken_again() -> None:
    desk = Desk()
    desk.give(ONE)
    held_at_ns = desk.ledger.book.entries[ONE.digest].held_at_ns
    _, _, speak = desk.take(frame(log_of(ONE), beat=2, statements=[ONE.envelope] * 2), now=NOW.later(NS_PER_S))
    assert (speak, desk.kinds().count("statement")) == (True, 1)
    assert desk.said() == [(1, "received_at")]
    assert desk.ledger.book.entries[ONE.digest].held_at_ns == held_at_ns


@pytest.mark.threat(
    "upgrade / mixed version", defence="SCAN", measure="statements this version cannot read, refused by a receipt"
)
@pytest.mark.parametrize(
    ("known", "code"),
    [
        (entry(notice(), officer("dee")), "ROLE_NOT_ALLOWED"),
        (entry(flash(), officer("ada")), "SIGNATURE_COUNT"),
        (entry(notice(), action=["KOR:fleet-watch"]), "UNKNOWN_ADDRESSEE"),
        (entry(notice(), channel="another"), "WRONG_CHANNEL"),
        (entry(notice(), kind=v1.KIND_ACTUAL), "WRONG_KIND"),
    ],
)
def test_a_statement_that_does_not_stand_is_refused_by_a_receipt(known: Entry, code: str) -> None:
    desk = Desk()
    _, _, speak = desk.give(known, TWO)
    assert speak
    assert desk.said() == [(1, code), (2, "received_at")]
    assert desk.records[2].statement.refused == code
    assert desk.ledger.book.entries[known.digest].refused == code


@pytest.mark.parametrize("wrong", [{"size": 7}, {"precedence": v1.PRECEDENCE_ROUTINE}])
def test_a_statement_is_what_its_link_says(wrong: dict[str, Any]) -> None:
    desk = Desk()
    log = PostLog(trust().agreement.channel, A, 1)
    log.append(link_of(ONE, **wrong))
    desk.take(frame(log, statements=[ONE.envelope]))
    assert desk.said() == [(1, "SIZE_MISMATCH")]
    assert desk.ledger.book.entries[ONE.digest].statement == ONE.statement


@pytest.mark.threat(
    "clock skew / jump", defence="SEQ", measure="statements judged at sealing, whatever the reader's clock"
)
def test_a_statement_is_judged_at_the_moment_of_sealing_and_not_now() -> None:
    days_2 = 2 * 86_400 * NS_PER_S
    desk = Desk()
    desk.take(frame(log_of(ONE), statements=[ONE.envelope]), now=NOW.later(days_2))
    assert desk.said() == [(1, "received_at")]
    late, log = Desk(), PostLog(trust().agreement.channel, A, 1)
    log.append(link_of(ONE, sealed_at_ms=(START_NS + days_2) // 1_000_000))
    late.take(frame(log, statements=[ONE.envelope]))
    assert late.said() == [(1, "CERTIFICATE_EXPIRED")]


def test_a_statement_in_another_posts_log_is_refused_there() -> None:
    desk = Desk()
    desk.give(ONE, post=C)
    assert desk.said(C) == [(1, "NOT_ITS_POST")]
    desk.give(ONE)
    assert desk.said(A) == [(1, "received_at")]
    _, _, speak = desk.give(ONE, post=C, beat=2)
    assert (speak, desk.said(C), desk.kinds().count("statement")) == (True, [(1, "NOT_ITS_POST")], 2)


def test_our_own_statement_sent_back_to_us_harms_nothing() -> None:
    desk = Desk()
    own = entry(notice("own"), post=B)
    desk.ledger.links(B, [link_of(own)], START_NS, START)
    desk.ledger.statement(Judged(own.said, None, own.statement), own.envelope, B, 1, START_NS, START)
    desk.give(own)
    assert desk.said() == [(1, "NOT_ITS_POST")]
    assert desk.ledger.book.entries[own.digest].post == B
    assert desk.ledger.gaps.count(A) == 0


@pytest.mark.threat("repetition / replay", defence="UUID", measure="digests linked twice, one effect")
def test_a_digest_that_its_post_links_twice_takes_effect_once() -> None:
    desk = Desk()
    desk.give(ONE, ONE)
    assert desk.said() == [(2, "REPLAYED"), (1, "received_at")]
    assert desk.ledger.book.entries[ONE.digest].sequence == 1


def test_answers_to_what_is_not_held_yet_take_effect_when_it_comes() -> None:
    desk = Desk()
    asked = entry(notice(), action=[B, C])
    desk.give(entry(ack(asked.digest), post=C, thread=asked.digest), post=C)
    desk.give(asked)
    assert [fact.value for fact in desk.ledger.book.entries[asked.digest].facts_of(C)] == ["READ"]


# -- signs of life -----------------------------------------------------------------------------------------------------


def test_a_new_head_is_a_sign_of_life() -> None:
    desk = Desk()
    desk.ledger.peers[A].silent = True
    desk.take(frame(log_of(), beat=4))
    assert (desk.ledger.peers[A].silent, desk.ledger.peers[A].heard_mono_ns) == (False, NOW.mono_ns)
    assert [told.code for told in desk.ledger.tell if isinstance(told, Alert)] == ["PEER_BACK"]


@pytest.mark.parametrize("beat", [3, 4])
def test_an_old_head_is_none(beat: int) -> None:
    desk = Desk()
    desk.take(frame(log_of(), beat=4))
    desk.ledger.peers[A].silent = True
    desk.take(frame(log_of(), beat=beat), now=NOW.later(NS_PER_S))
    assert (desk.ledger.peers[A].silent, desk.ledger.peers[A].heard_mono_ns) == (True, NOW.mono_ns)


def test_bytes_that_only_look_alike_are_another_statement() -> None:
    words = statement(notice("one"))
    twin = sign(STATEMENT, tampered(words.SerializeToString(deterministic=True), at=-3), officer())
    desk = Desk()
    desk.take(frame(log_of(ONE), statements=[twin]))
    assert (desk.intake.counters, desk.ledger.gaps.count(A)) == ({"UNLINKED": 1}, 1)

"""The ledger: a fold over records; what it takes while a node runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import START, START_NS, A, B, C, flash, notice
from tests.unit.protocol.handmade import (
    ack,
    entry,
    head,
    link,
    link_of,
    log_of,
    observation,
    officer,
    receipt,
    sealed_head,
)
from tests.unit.protocol.ledgers import (
    LATER_NS,
    NOTICE,
    OWN,
    alerts,
    body,
    give,
    ledger,
    opened,
    owed,
    received,
    refused_receipt,
    verdict_of,
)

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.ledger import News
from hotline.protocol.timers import DELIVERED, READ


def test_a_post_has_a_log_for_everybody_and_peers_for_the_others() -> None:
    found = ledger()
    assert set(found.logs) == {A, B, C}
    assert set(found.peers) == {A, C}
    assert found.own is found.logs[B]


def test_a_link_without_its_body_is_a_gap_until_it_comes() -> None:
    found = ledger()
    found.links(A, [link_of(NOTICE), link(bytes(32))], LATER_NS, START)
    assert found.gaps.count(A) == 2
    body(found, NOTICE, 1)
    assert found.gaps.count(A) == 1
    assert owed(found) == [received(NOTICE)]


def test_own_links_leave_no_gap() -> None:
    found = ledger()
    found.links(B, [link_of(OWN)], LATER_NS, START)
    assert found.gaps.count(B) == 0


def test_a_statement_taken_is_received_here() -> None:
    found = ledger()
    assert give(found, NOTICE) == []
    held = found.book.entries[NOTICE.digest]
    assert (held.post, held.sequence, held.held_at_ns, held.sealed_at_ns) == (A, 1, LATER_NS, START_NS)
    (fact,) = held.facts_of(B)
    assert (fact.stage, fact.value, fact.said_at_ns) == (DELIVERED, "RECEIVED", LATER_NS)
    assert Changed(NOTICE.digest) in found.tell


@pytest.mark.parametrize(
    ("known", "alert", "words"),
    [
        (entry(notice(), officer("dee")), "REFUSED_HERE", "IMMEDIATE from AUS"),
        (entry(flash(), officer("ada"), precedence=v1.PRECEDENCE_FLASH), "UNREADABLE", "FLASH from AUS"),
        (entry(notice(), action=[]), "REFUSED_HERE", "message from AUS"),
    ],
    ids=["role", "flash", "header unreadable"],
)
def test_a_refused_statement_is_kept_receipted_and_alarmed(known: Entry, alert: str, words: str) -> None:
    found = ledger()
    give(found, known)
    assert owed(found) == [refused_receipt(known.refused, known.digest)]
    assert alerts(found) == [(alert, known.digest)]
    (said,) = (told for told in found.tell if isinstance(told, Alert))
    assert said.detail.startswith(words) and known.refused in said.detail
    (fact,) = found.book.entries[known.digest].facts_of(B)
    assert fact.value == f"REFUSED:{known.refused}"


@pytest.mark.threat("repetition / replay", defence="UUID", measure="digests linked again, refused as replayed")
def test_a_digest_linked_again_in_its_log_is_replayed() -> None:
    found = ledger()
    give(found, NOTICE)
    found.links(A, [link_of(NOTICE)], LATER_NS, START)
    assert found.gaps.count(A) == 0
    assert owed(found) == [received(NOTICE), refused_receipt("REPLAYED", NOTICE.digest, 2)]
    assert found.book.entries[NOTICE.digest].sequence == 1


# -- a statement in a log that is not its own --------------------------------------------------------------------------


def stolen(known: Entry, code: str = "NOT_ITS_POST") -> Entry:
    """The statement as it is found in the log of C."""
    return Entry(known.digest, known.envelope, C, 1, START_NS, LATER_NS, None, known.statement, code)


@pytest.mark.parametrize("genuine_first", [True, False])
def test_a_statement_linked_by_another_post_is_refused_there_only(genuine_first: bool) -> None:
    found = ledger()
    turns: list[Callable[[], News]] = [lambda: give(found, NOTICE), lambda: give(found, stolen(NOTICE), post=C)]
    for turn in turns if genuine_first else reversed(turns):
        turn()
    held = found.book.entries[NOTICE.digest]
    assert (held.post, held.refused, held.said) == (A, "", NOTICE.said)
    assert owed(found, A) == [received(NOTICE)]
    assert owed(found, C) == [refused_receipt("NOT_ITS_POST", NOTICE.digest, post=C)]
    assert alerts(found) == [("REFUSED_HERE", b"")]
    assert found.gaps.count(C) == 0


def test_our_own_statement_in_another_log_stays_our_own() -> None:
    found = ledger()
    give(found, OWN, post=B)
    give(found, stolen(OWN), post=C)
    assert found.book.entries[OWN.digest].post == B
    assert owed(found, C) == [refused_receipt("NOT_ITS_POST", OWN.digest, post=C)]


def test_what_waits_for_its_place_does_not_find_it_in_another_log() -> None:
    found = ledger()
    found.wait(verdict_of(OWN), OWN.envelope, OWN.digest, START_NS)
    give(found, stolen(OWN), post=C)
    assert found.waiting == [found.book.entries[OWN.digest]]
    assert found.book.entries[OWN.digest].sequence == 0


def test_bytes_nobody_can_read_are_refused_wherever_they_stand() -> None:
    unreadable = entry(notice(), action=[])
    found = ledger()
    give(found, unreadable)
    give(found, stolen(unreadable, unreadable.refused), post=C)
    assert owed(found, A) == [refused_receipt("RULE_BROKEN", unreadable.digest)]
    assert owed(found, C) == [refused_receipt("RULE_BROKEN", unreadable.digest, post=C)]


def test_a_receipt_about_another_place_says_nothing_about_the_statement() -> None:
    found = ledger()
    give(found, NOTICE)
    said = [
        refused_receipt("NOT_ITS_POST", NOTICE.digest, post=C),
        refused_receipt("REPLAYED", NOTICE.digest, 2),
        receipt(A, 1, bytes(32)),
        receipt("KOR:fleet-watch", 1, NOTICE.digest),
        v1.Receipt(post=A, epoch=2, sequence=1, statement_digest=NOTICE.digest, received_at=to_timestamp(START_NS)),
    ]
    found.receipts(opened(C, receipts=said), LATER_NS)
    assert found.book.entries[NOTICE.digest].facts_of(C) == []


# -- our own statements ------------------------------------------------------------------------------------------------


def test_our_statement_is_owed_to_everybody_and_waited_for() -> None:
    found = ledger()
    give(found, OWN, post=B)
    assert {post: peer.outstanding for post, peer in found.peers.items()} == {
        A: {(1, 1): v1.PRECEDENCE_IMMEDIATE},
        C: {(1, 1): v1.PRECEDENCE_IMMEDIATE},
    }
    assert set(found.waits.limits(OWN.digest, A)) == {v1.STAGE_DELIVERED, v1.STAGE_PRESENTED, READ}
    assert found.waits.limits(OWN.digest, C) == {}


def test_nobody_waits_for_itself() -> None:
    found = ledger()
    to_itself = entry(notice(), post=B, action=[A, B])
    give(found, to_itself, post=B)
    assert found.waits.limits(to_itself.digest, B) == {}
    assert found.waits.limits(to_itself.digest, A) != {}


def test_a_receipt_settles_what_was_owed_and_is_news() -> None:
    found = ledger()
    give(found, OWN, post=B)
    news = found.receipts(opened(A, receipts=[received(OWN, post=B)]), LATER_NS)
    assert [(known.digest, fact.value, fact.post) for known, fact in news] == [(OWN.digest, "RECEIVED", A)]
    assert found.peers[A].outstanding == {}
    assert found.peers[C].outstanding != {}
    assert found.receipts(opened(A, receipts=[received(OWN, post=B)]), LATER_NS) == []


def test_presentation_settles_nothing() -> None:
    found = ledger()
    give(found, OWN, post=B)
    shown = receipt(B, 1, OWN.digest, presented=v1.Presented(position="bridge", at=to_timestamp(START_NS)))
    assert len(found.receipts(opened(A, receipts=[shown]), LATER_NS)) == 1
    assert found.peers[A].outstanding != {}


def test_the_moment_of_receipt_stays_what_it_was_first_said_to_be() -> None:
    found = ledger()
    give(found, OWN, post=B)
    for at_ns in (START_NS, LATER_NS):
        found.receipts(opened(A, receipts=[received(OWN, post=B, at_ns=at_ns)]), LATER_NS)
    assert [fact.said_at_ns for fact in found.book.entries[OWN.digest].facts_of(A)] == [START_NS]


def test_a_receipt_about_a_third_partys_statement_is_a_fact_and_no_news() -> None:
    found = ledger()
    give(found, NOTICE)
    assert found.receipts(opened(C, receipts=[received(NOTICE)]), LATER_NS) == []
    assert [fact.value for fact in found.book.entries[NOTICE.digest].facts_of(C)] == ["RECEIVED"]


def test_a_receipt_that_comes_before_its_statement_waits_for_it() -> None:
    found = ledger()
    early = [received(NOTICE), received(NOTICE, sequence=2), received(NOTICE, post=C)]
    found.receipts(opened(C, receipts=early), START_NS + 1)
    give(found, NOTICE)
    (fact,) = found.book.entries[NOTICE.digest].facts_of(C)
    assert fact.learned_at_ns == START_NS + 1


def test_what_waited_takes_its_place_and_its_effect() -> None:
    found = ledger()
    give(found, NOTICE)
    word = entry(ack(NOTICE.digest), post=B, sequence=0, thread=NOTICE.digest)
    found.wait(verdict_of(word), word.envelope, word.digest, START_NS)
    assert (len(found.waiting), found.book.entries[NOTICE.digest].facts_of(B)[0].stage) == (1, DELIVERED)
    give(found, word, post=B)
    assert found.waiting == []
    facts = found.book.entries[NOTICE.digest].facts_of(B)
    assert [(fact.value, fact.place) for fact in facts] == [("RECEIVED", (0, 0)), ("READ", (1, 1))]
    assert found.book.entries[word.digest].held_at_ns == START_NS


def test_an_answer_to_our_statement_is_news() -> None:
    found = ledger()
    give(found, OWN, post=B)
    (news,) = give(found, entry(ack(OWN.digest), post=A, thread=OWN.digest))
    assert (news[0].digest, news[1].value) == (OWN.digest, "READ")


# -- heads -------------------------------------------------------------------------------------------------------------


def test_a_head_tells_the_watch_and_what_was_seen_and_held() -> None:
    found = ledger()
    give(found, OWN, post=B)
    position = log_of(OWN, post=B).position()
    found.head_held(opened(A, beat=3, staffed=True, held=[position, log_of(post=C).position()]))
    peer = found.peers[A]
    assert (peer.beat, peer.staffed, peer.confirmed) == (3, True, 1)
    found.head_held(opened(A, beat=2, staffed=False))
    assert (peer.beat, peer.staffed, peer.confirmed) == (3, True, 1)


def test_a_peer_confirms_no_more_than_there_is() -> None:
    found = ledger()
    give(found, OWN, post=B)
    further = v1.LogPosition(post=B, epoch=1, sequence=9, link_digest=bytes(32))
    other_epoch = v1.LogPosition(post=B, epoch=2, sequence=1, link_digest=bytes(32))
    found.head_held(opened(A, held=[other_epoch]))
    assert found.peers[A].confirmed == 0
    found.head_held(opened(A, beat=2, held=[further]))
    assert found.peers[A].confirmed == 1


def test_what_our_head_carried_is_said_until_it_was_seen() -> None:
    found = ledger()
    give(found, NOTICE)
    envelope = sealed_head(head(B, beat=4, receipts=owed(found)), post=B)
    found.head_made(envelope)
    assert (found.beat, found.head) == (4, envelope)
    found.head_held(opened(A, beats_seen=[v1.PeerBeat(post=C, beat=9), v1.PeerBeat(post=B, beat=3)]))
    assert len(owed(found)) == 1
    found.head_held(opened(A, beat=2, beats_seen=[v1.PeerBeat(post=B, beat=4)]))
    assert owed(found) == []


def test_links_are_covered_by_the_head_that_signs_where_they_end() -> None:
    found = ledger()
    covering = opened(A, log=log_of(NOTICE).position())
    found.head_held(covering)
    give(found, NOTICE)
    log = found.logs[A]
    assert (log.covering, log.covered) == (covering.envelope, 1)
    found.head_held(opened(A, beat=2))
    assert log.covering == covering.envelope


def test_a_fork_is_remembered() -> None:
    found, first = ledger(), opened(A, log=log_of(NOTICE).position())
    found.head_held(first)
    give(found, NOTICE)
    other = opened(A, log=log_of(entry(notice("other"))).position())
    proof = v1.Fork(first=first.envelope, second=other.envelope)
    found.fork(proof, other, LATER_NS, START)
    assert found.peers[A].forked
    assert found.book.entries[NOTICE.digest].void == "FORKED"


# -- receipts said again and presentation ------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [NOTICE, entry(notice(), officer("dee"))], ids=["taken", "refused"])
def test_a_statement_that_comes_again_gets_the_same_receipt(known: Entry) -> None:
    found = ledger()
    give(found, known)
    first = owed(found)
    found.peers[A].receipts.carried(first[0], (1, 1))
    found.peers[A].receipts.seen((1, 1))
    found.say_again(found.logs[A].spot(1))
    assert owed(found) == first


def test_a_misplaced_statement_that_comes_again_gets_the_same_receipt() -> None:
    found = ledger()
    give(found, stolen(NOTICE), post=C)
    first = owed(found, C)
    found.say_again(found.logs[C].spot(1))
    assert owed(found, C) == first


def test_what_was_shown_is_said_to_its_post() -> None:
    found = ledger()
    give(found, NOTICE)
    held = found.book.entries[NOTICE.digest]
    found.shown(held, "bridge", LATER_NS)
    found.shown(held, "ops", LATER_NS + NS_PER_S)
    assert [item.presented.position for item in owed(found)] == ["", "bridge", "ops"]
    assert [fact.by for fact in held.facts_of(B)] == ["node", "bridge", "ops"]


# -- verdicts and alarms -----------------------------------------------------------------------------------------------


def test_an_expiry_is_alarmed_and_latched() -> None:
    found = ledger()
    give(found, OWN, post=B)
    found.tell.clear()
    for verdict in found.waits.expire(START.later(3600 * NS_PER_S)):
        found.verdict(verdict)
    assert ("DEADLINE_EXPIRED", OWN.digest) in alerts(found)
    held = found.book.entries[OWN.digest]
    assert {stage for _, stage in held.verdicts} == {v1.STAGE_DELIVERED, v1.STAGE_PRESENTED, READ}
    details = [told.detail for told in found.tell if isinstance(told, Alert)]
    assert f"{A} has not said READ in time" in details


def test_a_verdict_in_time_is_no_alarm() -> None:
    found = ledger()
    give(found, OWN, post=B)
    (news,) = found.receipts(opened(A, receipts=[received(OWN, post=B)]), LATER_NS)
    for verdict in found.waits.answered(OWN.digest, news[1], START.later(NS_PER_S)):
        found.verdict(verdict)
    assert alerts(found) == []
    assert set(found.book.entries[OWN.digest].verdicts) == {(A, v1.STAGE_DELIVERED)}


def test_each_contradiction_is_alarmed_once() -> None:
    found = ledger()
    give(found, NOTICE)
    give(found, entry(observation(NOTICE.digest), post=C, thread=NOTICE.digest), post=C)
    assert alerts(found) == [("CONTRADICTED", NOTICE.digest)]
    found.shown(found.book.entries[NOTICE.digest], "bridge", LATER_NS)
    give(found, entry(ack(NOTICE.digest), post=C, sequence=2, thread=NOTICE.digest), post=C)
    assert alerts(found) == [("CONTRADICTED", NOTICE.digest)]
    give(found, entry(observation(NOTICE.digest), post=C, sequence=3, composed_at=to_timestamp(LATER_NS)), post=C)
    assert alerts(found) == [("CONTRADICTED", NOTICE.digest)] * 2

"""The ledger: a fold over records, which comes out the same live and read back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

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
    trust,
    with_bits_flipped,
)

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.errors import PeerDataError
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.ledger import Ledger, News
from hotline.protocol.statements import Judged
from hotline.protocol.timers import DELIVERED, READ
from hotline.protocol.trust import Trust

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
        A: {1: v1.PRECEDENCE_IMMEDIATE},
        C: {1: v1.PRECEDENCE_IMMEDIATE},
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
    assert [(fact.value, fact.place) for fact in facts] == [("RECEIVED", 0), ("READ", 1)]
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


def test_links_are_covered_by_the_head_before_them() -> None:
    found = ledger()
    found.head_held(opened(A))
    give(found, NOTICE)
    assert found.peers[A].covering == opened(A).envelope
    found.head_held(opened(A, beat=2))
    assert found.peers[A].covering == opened(A).envelope


def test_a_fork_is_remembered() -> None:
    found = ledger()
    found.forked(A)
    assert found.peers[A].forked


# -- receipts said again and presentation ------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [NOTICE, entry(notice(), officer("dee"))], ids=["taken", "refused"])
def test_a_statement_that_comes_again_gets_the_same_receipt(known: Entry) -> None:
    found = ledger()
    give(found, known)
    first = owed(found)
    found.peers[A].receipts.carried(first[0], 1)
    found.peers[A].receipts.seen(1)
    found.say_again(A, 1)
    assert owed(found) == first


def test_a_misplaced_statement_that_comes_again_gets_the_same_receipt() -> None:
    found = ledger()
    give(found, stolen(NOTICE), post=C)
    first = owed(found, C)
    found.say_again(C, 1)
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


# -- reading back ------------------------------------------------------------------------------------------------------


def record(**fact: object) -> v1.Record:
    return v1.Record(at=to_timestamp(LATER_NS), **fact)  # type: ignore[arg-type]  # one member of the oneof


def held_record(known: Entry, sequence: int = 1, post: str = A, refused: str = "") -> v1.Record:
    held = v1.HeldStatement(envelope=known.envelope, post=post, epoch=1, sequence=sequence, refused=refused)
    return record(statement=held)


def read_back(*records: v1.Record, by: Trust | None = None) -> Ledger:
    found = Ledger(B, by or trust())
    for each in records:
        found.replay(each, START)
    return found


def test_records_of_another_log_are_read_back() -> None:
    log = log_of(NOTICE)
    envelope = sealed_head(head(log=log.position(), receipts=[receipt(B, 1, OWN.digest)]))
    found = read_back(record(head_held=envelope), record(links=log.run(1, 1)), held_record(NOTICE))
    assert found.logs[A].position() == log.position()
    assert found.peers[A].covering == envelope
    assert owed(found) == [received(NOTICE)]
    assert found.book.entries[NOTICE.digest].said == NOTICE.said


def test_a_refusal_is_read_back_as_it_was_recorded() -> None:
    found = read_back(record(links=log_of(NOTICE).run(1, 1)), held_record(NOTICE, refused="SIZE_MISMATCH"))
    held = found.book.entries[NOTICE.digest]
    assert (held.refused, held.said) == ("SIZE_MISMATCH", None)
    assert owed(found) == [refused_receipt("SIZE_MISMATCH", NOTICE.digest)]


def test_a_misplaced_statement_is_read_back_as_such() -> None:
    log = log_of(NOTICE, post=C)
    found = read_back(record(links=log.run(1, 1)), held_record(NOTICE, post=C, refused="NOT_ITS_POST"))
    assert NOTICE.digest not in found.book.entries
    assert owed(found, C) == [refused_receipt("NOT_ITS_POST", NOTICE.digest, post=C)]


def test_our_own_records_are_read_back() -> None:
    log = log_of(OWN, post=B)
    shown = v1.ShownHere(statement_digest=NOTICE.digest, position="bridge")
    verdict = v1.Verdict(
        statement_digest=OWN.digest, post=A, stage=READ, outcome=v1.Verdict.OUTCOME_EXPIRED, after_ms=5
    )
    made = sealed_head(head(B, beat=6, log=log.position(), receipts=[received(NOTICE)]), post=B)
    found = read_back(
        record(waiting=OWN.envelope),
        record(links=log.run(1, 1)),
        held_record(OWN, post=B),
        record(links=log_of(NOTICE).run(1, 1)),
        held_record(NOTICE),
        record(shown=shown),
        record(verdict=verdict),
        record(head_made=made),
    )
    assert found.waiting == []
    assert (found.beat, found.head) == (6, made)
    assert found.book.entries[OWN.digest].held_at_ns == LATER_NS
    assert found.book.entries[OWN.digest].verdicts == {(A, READ): [verdict]}
    assert [fact.value for fact in found.book.entries[NOTICE.digest].facts_of(B)] == ["RECEIVED", "PRESENTED"]


def test_only_what_our_head_really_carried_counts_as_said() -> None:
    shown = v1.ShownHere(statement_digest=NOTICE.digest, position="bridge")
    found = read_back(
        record(links=log_of(NOTICE).run(1, 1)),
        held_record(NOTICE),
        record(shown=shown),
        record(head_made=sealed_head(head(B, beat=6, receipts=[received(NOTICE)]), post=B)),
    )
    found.head_held(opened(A, beats_seen=[v1.PeerBeat(post=B, beat=6)]))
    assert [item.WhichOneof("fact") for item in owed(found)] == ["presented"]


def test_a_fork_is_read_back() -> None:
    fork = v1.Fork(first=sealed_head(head()), second=sealed_head(head(beat=2)))
    assert read_back(record(fork=fork)).peers[A].forked


def test_a_record_that_says_nothing_to_a_node_changes_nothing() -> None:
    before = read_back()
    after = read_back(record(opening=v1.Opening(format="hotline transcript 1", exporter=A)))
    assert (after.beat, after.book.entries, after.tell) == (before.beat, before.book.entries, before.tell)


@pytest.mark.parametrize(
    "spoiled",
    [
        record(waiting=with_bits_flipped(OWN.envelope, "payload")),
        record(head_held=with_bits_flipped(sealed_head(head()), "sig")),
    ],
    ids=["statement", "head"],
)
def test_a_record_that_does_not_verify_is_not_read_back(spoiled: v1.Record) -> None:
    with pytest.raises(PeerDataError, match="SIGNATURE_INVALID"):
        read_back(spoiled)


# -- order -------------------------------------------------------------------------------------------------------------


def test_facts_do_not_depend_on_the_order_of_bodies_and_heads() -> None:
    """Links come in order by what they are; everything else may come as it likes."""
    read = entry(ack(NOTICE.digest), post=C, thread=NOTICE.digest)
    seen = entry(observation(read.digest), sequence=2, thread=NOTICE.digest)
    heads = opened(C, receipts=[received(NOTICE)]), opened(C, beat=2, receipts=[received(NOTICE), received(seen, 2)])

    def run(order: tuple[int, ...]) -> object:
        found = ledger(B)
        found.links(A, [link_of(NOTICE), link_of(seen)], LATER_NS, START)
        found.links(C, [link_of(read)], LATER_NS, START)
        turns = [
            lambda: body(found, NOTICE, 1),
            lambda: body(found, seen, 2),
            lambda: body(found, read, 1, C),
            lambda: found.receipts(heads[0], LATER_NS),
            lambda: found.receipts(heads[1], LATER_NS),
        ]
        for turn in order:
            turns[turn]()
        return {d: (set(k.facts.values()), k.contradicted_by) for d, k in found.book.entries.items()}

    outcomes = [run(order) for order in permutations(range(5))]
    assert all(outcome == outcomes[0] for outcome in outcomes)

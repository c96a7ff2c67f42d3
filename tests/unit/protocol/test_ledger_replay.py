"""The ledger read back from its records is the ledger that made them, in whatever order facts came."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.kit import START, A, B, C
from tests.unit.protocol.handmade import (
    ack,
    entry,
    head,
    link_of,
    log_of,
    observation,
    receipt,
    sealed_head,
    trust,
    with_bits_flipped,
)
from tests.unit.protocol.ledgers import (
    LATER_NS,
    NOTICE,
    OWN,
    body,
    ledger,
    opened,
    owed,
    received,
    refused_receipt,
)

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.ledger import Ledger
from hotline.protocol.replaying import replay
from hotline.protocol.timers import READ
from hotline.protocol.trust import Trust

# -- reading back ------------------------------------------------------------------------------------------------------


def record(**fact: object) -> v1.Record:
    return v1.Record(at=to_timestamp(LATER_NS), **fact)  # type: ignore[arg-type]  # one member of the oneof


def held_record(known: Entry, sequence: int = 1, post: str = A, refused: str = "") -> v1.Record:
    held = v1.HeldStatement(envelope=known.envelope, post=post, epoch=1, sequence=sequence, refused=refused)
    return record(statement=held)


def read_back(*records: v1.Record, by: Trust | None = None) -> Ledger:
    found = Ledger(B, by or trust())
    for each in records:
        replay(found, each, START)
    return found


def test_records_of_another_log_are_read_back() -> None:
    log = log_of(NOTICE)
    envelope = sealed_head(head(log=log.position(), receipts=[receipt(B, 1, OWN.digest)]))
    found = read_back(record(head_held=envelope), record(links=log.run(1, 1)), held_record(NOTICE))
    assert found.logs[A].position() == log.position()
    assert found.logs[A].covering == envelope
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

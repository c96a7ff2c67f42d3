"""Why what a post says does not count: by directories and by the links held, in whatever order they came."""

from __future__ import annotations

import pytest
from tests.kit import START, A, B, key, notice
from tests.unit.protocol.handmade import ack, channel, entry, log_of, officer, receipt, trust
from tests.unit.protocol.ledgers import NOTICE, give, opened, verdict_of

from hotline import v1
from hotline.agreements.following import Change, next_directory, revoke, rotate
from hotline.protocol.ledger import Ledger

ASKED = entry(notice("asked"), post=B, stage_requested=v1.STAGE_READ)
WORD = entry(ack(ASKED.digest), sequence=2, thread=ASKED.digest)


def ledger() -> Ledger:
    """B's ledger with a question of its own and A's notice and word, at places 1 and 2."""
    found = Ledger(B, trust().copy())
    give(found, ASKED, post=B)
    give(found, NOTICE, WORD)
    return found


def position(sequence: int) -> v1.LogPosition:
    log = log_of(NOTICE, WORD)
    return v1.LogPosition(post=A, epoch=1, sequence=sequence, link_digest=log.digests[sequence])


def take(found: Ledger, change: Change) -> list[str]:
    """Let AUS issue a version; the values that count again by it."""
    registrar = channel().registrars["AUS"]
    _, news = found.directory(next_directory(found.trust, "AUS", registrar, START.utc_ns, change))
    return [fact.value for _, fact in news]


def closed(sequence: int) -> Change:
    return rotate(A, position(sequence), key(230), START.utc_ns)


def voids(found: Ledger) -> tuple[str, str, str]:
    """Marks of A's two statements, and of the stage that the second says."""
    (stage,) = (fact for fact in found.book.entries[ASKED.digest].facts_of(A) if fact.statement)
    entries = found.book.entries
    return entries[NOTICE.digest].void, entries[WORD.digest].void, stage.void


def test_what_stands_past_a_closure_does_not_count() -> None:
    found = ledger()
    take(found, closed(1))
    assert voids(found) == ("", "DISAVOWED", "DISAVOWED")


def test_it_does_not_matter_which_came_first() -> None:
    found = Ledger(B, trust().copy())
    give(found, ASKED, post=B)
    take(found, closed(1))
    log = found.histories[A].main(1)
    assert log is not None
    found.links(A, log_of(NOTICE, WORD).links, 0, START, log)
    for sequence, known in enumerate((NOTICE, WORD), 1):
        judged = verdict_of(known)
        found.statement(judged, known.envelope, A, sequence, 0, START, onto=log)
    assert voids(found) == ("", "DISAVOWED", "DISAVOWED")


@pytest.mark.threat("officer key compromise", defence="KEYS", measure="revocations at a place")
def test_a_revoked_key_counts_up_to_its_place() -> None:
    found = ledger()
    take(found, revoke(officer("ada").fingerprint, position(1), START.utc_ns))
    assert voids(found) == ("", "DISAVOWED", "DISAVOWED")


def test_a_fork_marks_both_statements_and_heads() -> None:
    found = ledger()
    said = receipt(B, 1, ASKED.digest)
    found.receipts(opened(A, log=position(2), receipts=[said]), 0)
    other = opened(A, log=log_of(NOTICE, entry(notice("other"), sequence=2)).position(), beat=2)
    found.fork(v1.Fork(first=other.envelope, second=other.envelope), other, 0, START)
    assert voids(found) == ("", "FORKED", "FORKED")
    (fact,) = (fact for fact in found.book.entries[ASKED.digest].facts_of(A) if not fact.statement)
    assert (fact.void, fact.head) == ("FORKED", (1, 2))


def test_what_a_head_before_the_parting_said_counts() -> None:
    found = ledger()
    found.receipts(opened(A, log=position(2), receipts=[receipt(B, 1, ASKED.digest)]), 0)
    found.receipts(opened(A, log=position(1), receipts=[receipt(B, 1, ASKED.digest)]), 0)
    other = opened(A, log=log_of(NOTICE, entry(notice("other"), sequence=2)).position(), beat=2)
    found.fork(v1.Fork(first=other.envelope, second=other.envelope), other, 0, START)
    (fact,) = (fact for fact in found.book.entries[ASKED.digest].facts_of(A) if not fact.statement)
    assert (fact.void, fact.head) == ("", (1, 1))


def test_nothing_is_marked_where_nothing_happened() -> None:
    assert ledger().voids.review(A) == []

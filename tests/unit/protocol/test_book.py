"""The book: what is held, and facts that come out the same whatever order statements come in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from tests.kit import START_NS, A, B, C, flash, notice
from tests.unit.protocol.books import book_of, everywhere, fresh, stages
from tests.unit.protocol.handmade import ack, answer, entry, fact, observation, officer, readback, signed, statement

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.errors import UsageError
from hotline.protocol.ladder import standing
from hotline.protocol.timers import DELIVERED, PRESENTED, READ, UNDERSTOOD

Facts = dict[bytes, set[tuple[str, str, bytes]]]


NOTICE = entry(notice())
READ_BY_B = entry(ack(NOTICE.digest), post=B, sequence=1, thread=NOTICE.digest)


def test_a_statement_is_held() -> None:
    book, told = book_of([NOTICE])
    assert told == [(fresh(NOTICE), None)]
    assert book.find(NOTICE.digest) == fresh(NOTICE)


@pytest.mark.parametrize("length", [4, 6, 31])
def test_a_few_bytes_of_a_digest_name_a_statement(length: int) -> None:
    book, _ = book_of([NOTICE, READ_BY_B])
    assert book.find(NOTICE.digest[:length]).digest == NOTICE.digest


@pytest.mark.parametrize("ref", [b"", NOTICE.digest[:3], bytes(32)])
def test_what_is_not_held_is_not_found(ref: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        book_of([NOTICE])[0].find(ref)
    assert caught.value.code == "NOT_HELD"


def test_a_reference_that_fits_two_is_no_reference() -> None:
    book, _ = book_of([NOTICE])
    twin = fresh(NOTICE)
    twin.digest = NOTICE.digest[:8] + bytes(24)
    book.add(twin)
    with pytest.raises(UsageError) as caught:
        book.find(NOTICE.digest[:8])
    assert caught.value.code == "REF_AMBIGUOUS"
    assert book.find(NOTICE.digest).digest == NOTICE.digest


def test_an_acknowledgement_is_a_fact_about_its_subject() -> None:
    book = everywhere(NOTICE, READ_BY_B)
    (found,) = book.entries[NOTICE.digest].facts_of(B)
    assert (found.stage, found.value, found.by) == (READ, "READ", "ada (watch-officer)")
    assert (found.statement, found.place) == (READ_BY_B.digest, (1, 1))
    assert book.entries[NOTICE.digest].facts_of(C) == []


def test_whoever_is_told_learns_which_fact_came() -> None:
    _, told = book_of([NOTICE, READ_BY_B])
    assert [(changed.digest, bool(found)) for changed, found in told] == [
        (NOTICE.digest, False),
        (READ_BY_B.digest, False),
        (NOTICE.digest, False),
        (NOTICE.digest, True),
    ]


@pytest.mark.parametrize(
    "word",
    [
        entry(ack(NOTICE.digest), post=C),
        entry(ack(NOTICE.digest), post=A, sequence=2),
        entry(notice("another"), post=B),
        entry(ack(NOTICE.digest), officer("dee", B), post=B),
    ],
    ids=["not addressed", "its own sender", "no acknowledgement", "refused"],
)
def test_who_has_no_standing_adds_nothing(word: Entry) -> None:
    assert stages(everywhere(NOTICE, word), NOTICE) == set()


def test_an_information_addressee_speaks_for_itself_too() -> None:
    told = entry(notice(), info=[C])
    assert stages(everywhere(told, entry(ack(told.digest), post=C)), told) == {(C, "READ")}


def test_nothing_is_said_about_a_refused_statement() -> None:
    refused = entry(notice(), officer("dee"))
    assert refused.refused == "ROLE_NOT_ALLOWED"
    assert stages(everywhere(refused, entry(ack(refused.digest), post=B)), refused) == set()


def conversation(reader: str = B, answerer: str = A, *, of: Entry = NOTICE) -> list[Entry]:
    said_back = entry(ack(of.digest, readback()), post=reader, thread=of.digest)
    answered = entry(ack(of.digest, answer(said_back.digest)), post=answerer, sequence=5, action=[B], thread=of.digest)
    return [said_back, answered]


def test_the_senders_answer_is_about_who_read_back() -> None:
    book = everywhere(NOTICE, *conversation())
    assert stages(book, NOTICE) == {(B, "READBACK"), (B, "CONFIRMED")}


def test_only_the_sender_answers_a_readback() -> None:
    assert stages(everywhere(NOTICE, *conversation(answerer=B)), NOTICE) == {(B, "READBACK")}


def test_a_readback_by_who_was_not_addressed_is_not_answered() -> None:
    assert stages(everywhere(NOTICE, *conversation(reader=C)), NOTICE) == set()


def test_only_a_readback_of_the_same_statement_is_answered() -> None:
    other = entry(notice("another"), sequence=2)
    said_back, _ = conversation(of=other)
    astray = entry(ack(NOTICE.digest, answer(said_back.digest)), sequence=5)
    assert stages(everywhere(NOTICE, other, said_back, astray), NOTICE) == set()
    no_readback = entry(ack(NOTICE.digest, answer(READ_BY_B.digest)), sequence=5)
    assert stages(everywhere(NOTICE, READ_BY_B, no_readback), NOTICE) == {(B, "READ")}
    refused = entry(ack(NOTICE.digest, readback()), officer("dee", B), post=B)
    to_refused = entry(ack(NOTICE.digest, answer(refused.digest)), sequence=5)
    assert stages(everywhere(NOTICE, refused, to_refused), NOTICE) == set()


def test_an_observation_contradicts_what_it_names() -> None:
    seen = entry(observation(NOTICE.digest), post=B)
    book = everywhere(NOTICE, seen)
    assert book.entries[NOTICE.digest].contradicted_by == {(NOTICE.digest, seen.digest)}


def test_a_contradicted_stage_shows_on_the_statement_it_was_about() -> None:
    seen = entry(observation(READ_BY_B.digest), sequence=2)
    book = everywhere(NOTICE, READ_BY_B, seen)
    pair = {(READ_BY_B.digest, seen.digest)}
    assert book.entries[READ_BY_B.digest].contradicted_by == pair == book.entries[NOTICE.digest].contradicted_by
    assert stages(book, NOTICE) == {(B, "READ")}


@pytest.mark.parametrize("contradicts", [True, False])
def test_what_agrees_or_names_nothing_held_contradicts_nothing(contradicts: bool) -> None:
    seen = entry(observation(NOTICE.digest if not contradicts else bytes(32), contradicts=contradicts), post=B)
    assert not any(known.contradicted_by for known in everywhere(NOTICE, seen).entries.values())


def test_a_refused_statement_can_be_contradicted() -> None:
    refused = entry(notice(), officer("dee"))
    book = everywhere(refused, entry(observation(refused.digest), post=B))
    assert len(book.entries[refused.digest].contradicted_by) == 1


def test_what_waits_for_its_place_says_nothing_yet() -> None:
    book, _ = book_of([NOTICE])
    waiting = entry(ack(NOTICE.digest), post=B, sequence=0, thread=NOTICE.digest)
    assert book.add(fresh(waiting)) == [(fresh(waiting), None)]
    assert stages(book, NOTICE) == set()
    held = book.entries[waiting.digest]
    told = book.place(held, 4, START_NS + 7)
    assert (held.sequence, held.sealed_at_ns) == (4, START_NS + 7)
    assert [changed.digest for changed, _ in told] == [waiting.digest, NOTICE.digest, NOTICE.digest]
    (found,) = book.entries[NOTICE.digest].facts_of(B)
    assert (found.place, found.said_at_ns) == ((1, 4), START_NS + 7)


def test_facts_only_accumulate() -> None:
    known = fresh(NOTICE)
    assert known.add(fact(DELIVERED, "RECEIVED"))
    assert not known.add(fact(DELIVERED, "RECEIVED", said_at_ns=START_NS + 99))
    assert known.add(fact(PRESENTED, "PRESENTED", by="bridge"))
    assert known.add(fact(PRESENTED, "PRESENTED", by="ops"))
    assert known.add(fact(DELIVERED, "RECEIVED", C))
    assert [found.said_at_ns for found in known.facts_of(B) if found.stage == DELIVERED] == [START_NS]
    assert len(known.facts) == 4


def test_a_thread_is_named_by_its_first_statement() -> None:
    book, _ = book_of([READ_BY_B, NOTICE])
    assert [known.digest for known in book.thread(NOTICE.digest)] == [READ_BY_B.digest, NOTICE.digest]
    assert list(book.thread(READ_BY_B.digest)) == []
    assert (NOTICE.thread, READ_BY_B.thread) == (NOTICE.digest, NOTICE.digest)


def test_what_cannot_be_read_is_a_thread_of_its_own() -> None:
    unreadable = entry(notice(), action=[])
    assert unreadable.statement is None
    assert unreadable.thread == unreadable.digest


def test_seen_names_the_newest_of_each_post() -> None:
    later = entry(ack(NOTICE.digest, v1.Passed(to="fleet")), post=B, sequence=2, thread=NOTICE.digest)
    waiting = entry(ack(NOTICE.digest), sequence=0, thread=NOTICE.digest)
    for order in permutations([NOTICE, READ_BY_B, later]):
        book, _ = book_of([*order, waiting])
        assert book.newest(NOTICE.digest) == sorted([NOTICE.digest, later.digest])


def test_a_thread_whose_beginning_is_missing_has_no_state() -> None:
    book, _ = book_of([READ_BY_B])
    assert book.matter(book.entries[READ_BY_B.digest]).state == ""


def test_a_thread_that_waits_for_its_place_has_no_state() -> None:
    waiting = entry(notice(), sequence=0)
    book, _ = book_of([waiting])
    assert book.matter(book.entries[waiting.digest]).state == ""
    refused = entry(notice(), officer("dee"))
    assert book_of([refused])[0].matter(refused).state == ""


def test_a_thread_stands_as_what_was_said_in_it() -> None:
    begun = entry(v1.ActivityStart(started_at=statement().header.composed_at), sequence=2, thread=NOTICE.digest)
    refused = entry(v1.ActivityEnd(), officer("dee"), sequence=3, thread=NOTICE.digest)
    book = everywhere(NOTICE, begun, refused)
    assert book.matter(book.entries[begun.digest]).state == "UNDER_WAY"


def test_a_change_is_told_of_the_thread_too() -> None:
    begun = entry(v1.ActivityStart(started_at=statement().header.composed_at), sequence=2, thread=NOTICE.digest)
    _, told = book_of([NOTICE, begun])
    assert [changed.digest for changed, _ in told] == [NOTICE.digest, begun.digest, NOTICE.digest]


def test_an_incident_and_its_answers_come_out_the_same_in_any_order() -> None:
    opened = entry(flash(), officer("ada"), officer("bo"))
    decided = entry(
        ack(opened.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED)), post=B, sequence=3, thread=opened.digest
    )
    said_back, answered = conversation(of=opened)
    seen = entry(observation(decided.digest), sequence=6, thread=opened.digest)
    book = everywhere(opened, decided, said_back, answered, seen)
    assert stages(book, opened) == {(B, "ACCEPTED"), (B, "READBACK"), (B, "CONFIRMED")}
    assert len(book.entries[opened.digest].contradicted_by) == 1


def test_who_said_it_stands_with_the_fact() -> None:
    assert signed(statement()) == NOTICE.envelope
    book = everywhere(NOTICE, *conversation())
    by: Sequence[str] = [found.by for found in book.entries[NOTICE.digest].facts.values() if found.stage == UNDERSTOOD]
    assert set(by) == {"ada (watch-officer)"}


@pytest.mark.parametrize("mark", ["DISAVOWED", "FORKED"])
def test_what_a_void_statement_says_does_not_count(mark: str) -> None:
    book, _ = book_of([NOTICE, READ_BY_B])
    (read,) = book.entries[NOTICE.digest].facts_of(B)
    told = book.void(READ_BY_B.digest, mark)
    assert told[0] == (book.entries[READ_BY_B.digest], None)
    assert told[1:] == [(book.entries[NOTICE.digest], None)] * 2
    assert standing(book.entries[NOTICE.digest].facts_of(B), READ) is None
    assert book.void(READ_BY_B.digest, mark) == []
    assert book.void(READ_BY_B.digest, "")[-1] == (book.entries[NOTICE.digest], read)
    assert standing(book.entries[NOTICE.digest].facts_of(B), READ) == read


def test_a_statement_void_before_its_subject_came_says_nothing_that_counts() -> None:
    book, _ = book_of([READ_BY_B])
    book.void(READ_BY_B.digest, "DISAVOWED")
    assert [fact for _, fact in book.add(fresh(NOTICE)) if fact] == []
    (read,) = book.entries[NOTICE.digest].facts_of(B)
    assert (read.void, standing([read], READ)) == ("DISAVOWED", None)


def test_what_two_heads_say_counts_if_one_of_them_does() -> None:
    held = fresh(NOTICE)
    assert held.add(fact(DELIVERED, "RECEIVED", void="FORKED"))
    assert held.add(fact(DELIVERED, "RECEIVED"))
    assert not held.add(fact(DELIVERED, "RECEIVED", void="FORKED"))
    assert standing(held.facts_of(B), DELIVERED) == fact(DELIVERED, "RECEIVED")

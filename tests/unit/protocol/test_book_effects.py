"""What statements do to each other: taking back, replacing, crossing; in every order the same."""

from __future__ import annotations

from itertools import permutations

from tests.kit import A, B, flash, notice
from tests.unit.protocol.books import book_of, everywhere, fresh, stages
from tests.unit.protocol.handmade import ack, entry, observation, officer, statement

from hotline import v1
from hotline.protocol.book import Book, Entry
from hotline.protocol.ladder import standing
from hotline.protocol.timers import DECIDED

NOW = statement().header.composed_at
ACCEPTED = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
NOTICE = entry(notice())
READ_BY_B = entry(ack(NOTICE.digest), post=B, sequence=1, thread=NOTICE.digest)


# -- taking back -------------------------------------------------------------------------------------------------------


def retraction(of: Entry, post: str = A, sequence: int = 9) -> Entry:
    body = v1.Retraction(subject=of.digest, reason="sent in error")
    return entry(body, post=post, sequence=sequence, thread=of.thread, precedence=v1.PRECEDENCE_FLASH)


def marked(book: Book, *entries: Entry) -> list[str]:
    return [book.mark(book.entries[found.digest]) for found in entries]


def test_what_was_taken_back_stays_and_is_marked() -> None:
    """REQ-RETRACT-1."""
    back = retraction(NOTICE)
    book = everywhere(NOTICE, READ_BY_B, back)
    assert marked(book, NOTICE, READ_BY_B, back) == ["RETRACTED", "", ""]
    assert book.ended(book.entries[NOTICE.digest]) == "RETRACTED"
    assert book.matter(book.entries[NOTICE.digest]).state == "RETRACTED"
    assert stages(book, NOTICE) == {(B, "READ")}


def test_a_word_taken_back_no_longer_counts_and_the_one_before_does() -> None:
    deferred = ack(NOTICE.digest, v1.Decision(value=v1.Decision.VALUE_DEFERRED, deferred_until=NOW))
    before = entry(deferred, post=B, sequence=1, thread=NOTICE.digest)
    after = entry(ack(NOTICE.digest, ACCEPTED), post=B, sequence=2, thread=NOTICE.digest)
    book = everywhere(NOTICE, before, after, retraction(after, B))
    assert marked(book, before, after) == ["", "WITHDRAWN"]
    found = standing(book.entries[NOTICE.digest].facts_of(B), DECIDED)
    assert found is not None and found.value == "DEFERRED"


def test_nobody_takes_back_what_another_said() -> None:
    book = everywhere(NOTICE, READ_BY_B, retraction(NOTICE, B), retraction(READ_BY_B, A))
    assert marked(book, NOTICE, READ_BY_B) == ["", ""]


def test_a_retraction_is_not_retracted() -> None:
    back = retraction(NOTICE, sequence=8)
    book = everywhere(NOTICE, back, retraction(back, sequence=9))
    assert marked(book, NOTICE, back) == ["RETRACTED", ""]


def test_a_retraction_that_is_disavowed_takes_nothing_back() -> None:
    back = retraction(READ_BY_B, B)
    for order in permutations([NOTICE, READ_BY_B, back]):
        book, _ = book_of(order)
        assert marked(book, READ_BY_B) == ["WITHDRAWN"]
        told = book.void(back.digest, "DISAVOWED")
        assert marked(book, READ_BY_B, back) == ["", "DISAVOWED"]
        assert [fact.value for _, fact in told if fact] == ["READ"]


def test_an_observation_taken_back_contradicts_nothing() -> None:
    seen = entry(observation(READ_BY_B.digest), sequence=2, thread=NOTICE.digest)
    book = everywhere(NOTICE, READ_BY_B, seen, retraction(seen))
    assert [known.contradicted_by for known in book.entries.values()] == [set()] * 4


def test_a_matter_stands_as_if_what_does_not_count_had_not_been_said() -> None:
    """REQ-MATTER-5."""
    named = [v1.Reference(digest=NOTICE.digest, role=v1.Reference.ROLE_UPDATES)]
    update = entry(v1.ActivityUpdate(notice=notice()), sequence=2, thread=NOTICE.digest, references=named)
    assert everywhere(NOTICE, update).ended(fresh(NOTICE)) == "SUPERSEDED"
    book = everywhere(NOTICE, update, retraction(update))
    found = book.matter(book.entries[NOTICE.digest])
    assert (found.state, found.live, found.marks) == ("ANNOUNCED", NOTICE.digest, {})
    assert book.ended(book.entries[NOTICE.digest]) == ""


def test_who_is_told_of_an_update_is_what_it_replaces_too() -> None:
    named = [v1.Reference(digest=NOTICE.digest, role=v1.Reference.ROLE_UPDATES)]
    one = entry(v1.ActivityUpdate(notice=notice()), sequence=2, thread=NOTICE.digest, references=named)
    named = [v1.Reference(digest=one.digest, role=v1.Reference.ROLE_UPDATES)]
    two = entry(v1.ActivityUpdate(notice=notice("more")), sequence=3, thread=NOTICE.digest, references=named)
    book, _ = book_of([NOTICE, one])
    told = [changed.digest for changed, _ in book.add(fresh(two))]
    assert {NOTICE.digest, one.digest, two.digest} == set(told)
    assert (book.ended(book.entries[one.digest]), book.ended(book.entries[two.digest])) == ("SUPERSEDED", "")


def test_one_person_alone_opens_an_incident() -> None:
    """REQ-RETRACT-2."""
    opened = entry(v1.BreakGlassFlash(flash=flash(), reason="alone on watch"))
    assert everywhere(opened).matter(opened).state == "OPEN"


# -- crossing ----------------------------------------------------------------------------------------------------------


def test_a_word_crosses_the_cancel_it_did_not_know_of() -> None:
    """REQ-ACK-8."""
    named = [v1.Reference(digest=NOTICE.digest, role=v1.Reference.ROLE_CANCELS)]
    ended = entry(v1.ActivityCancel(reason="off"), sequence=2, thread=NOTICE.digest, references=named)
    blind = entry(ack(NOTICE.digest), post=B, sequence=1, thread=NOTICE.digest, seen=[NOTICE.digest])
    knowing = entry(ack(NOTICE.digest), post=B, sequence=2, thread=NOTICE.digest, seen=[ended.digest])
    for order in permutations([NOTICE, ended, blind, knowing]):
        book, _ = book_of(order)
        assert [book.crossed(book.entries[word.digest]) for word in (blind, knowing, ended)] == [True, False, False]


def test_nothing_crosses_what_was_not_ended() -> None:
    book, _ = book_of([NOTICE, READ_BY_B])
    assert not book.crossed(book.entries[READ_BY_B.digest])
    assert not book_of([READ_BY_B])[0].crossed(READ_BY_B)


# -- layers ------------------------------------------------------------------------------------------------------------


def test_what_belongs_to_a_safety_thread_is_safety() -> None:
    """REQ-LINE-3."""
    words = v1.Text(language="en", text="good morning", role=v1.Text.ROLE_AUTHENTIC)
    text = v1.FreeText(subject="greetings", words=[words])
    alone = entry(text, officer("cy"))
    about = entry(text, officer("cy"), sequence=2, thread=NOTICE.digest)
    in_dialogue = entry(text, officer("cy"), sequence=3, thread=alone.digest)
    for order in permutations([NOTICE, alone, about, in_dialogue]):
        book, _ = book_of(order)
        layers = [book.layer(known) for known in (NOTICE, alone, about, in_dialogue)]
        assert layers == [v1.LAYER_SAFETY, v1.LAYER_DIALOGUE, v1.LAYER_SAFETY, v1.LAYER_DIALOGUE]
    assert book_of([about])[0].layer(about) == v1.LAYER_SAFETY

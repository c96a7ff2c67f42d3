"""Marks of a message and of its stages."""

from __future__ import annotations

from tests.kit import START_NS, A, B, notice
from tests.unit.protocol.books import book_of
from tests.unit.protocol.handmade import ack, entry, fact, trust

from hotline import v1
from hotline.protocol.book import Book, Entry
from hotline.protocol.marks import against, message_marks, stage_marks, voided
from hotline.protocol.timers import DECIDED, DELIVERED, READ

NOTICE = entry(notice())
READ_BY_B = entry(ack(NOTICE.digest), post=B, sequence=1, thread=NOTICE.digest)


def retraction(of: Entry, post: str) -> Entry:
    body = v1.Retraction(subject=of.digest, reason="in error")
    return entry(body, post=post, sequence=9, thread=of.thread, precedence=v1.PRECEDENCE_FLASH)


def marks(book: Book, of: Entry) -> tuple[str, ...]:
    return message_marks(book.entries[of.digest], book, trust().agreement.message, START_NS)


def test_a_message_taken_back_is_marked_and_its_thread_too() -> None:
    book, _ = book_of([NOTICE, READ_BY_B, retraction(NOTICE, A)])
    assert marks(book, NOTICE) == ("RETRACTED",)
    assert marks(book, READ_BY_B) == ("CROSSED",)


def test_a_retraction_without_effect_says_so() -> None:
    foreign = retraction(NOTICE, B)
    book, _ = book_of([NOTICE, foreign])
    assert marks(book, foreign) == ("NO_EFFECT",)
    assert marks(book, NOTICE) == ()
    assert marks(book_of([foreign])[0], foreign) == ()


def test_a_retraction_that_is_disavowed_shows_that() -> None:
    back = retraction(NOTICE, A)
    book, _ = book_of([NOTICE, back])
    book.void(back.digest, "DISAVOWED")
    assert marks(book, back) == ("DISAVOWED",)


def test_a_stage_that_no_longer_counts_shows_why() -> None:
    book, _ = book_of([NOTICE, READ_BY_B, retraction(READ_BY_B, B)])
    held = book.entries[NOTICE.digest]
    assert stage_marks(held, book, B, READ) == ("WITHDRAWN",)
    assert [said.statement for said in voided(held, B, READ)] == [READ_BY_B.digest]
    assert stage_marks(held, book, B, DECIDED) == ()


def test_a_word_that_counts_shows_no_mark_of_one_that_does_not() -> None:
    again = entry(ack(NOTICE.digest), post=B, sequence=2, thread=NOTICE.digest, nonce=bytes([1]) * 16)
    book, _ = book_of([NOTICE, READ_BY_B, again])
    book.void(READ_BY_B.digest, "FORKED")
    held = book.entries[NOTICE.digest]
    assert stage_marks(held, book, B, READ) == ()
    assert len(voided(held, B, READ)) == 1


def test_what_heads_said_in_a_forked_stretch_is_shown_and_does_not_count() -> None:
    held = book_of([NOTICE])[0].entries[NOTICE.digest]
    held.add(fact(DELIVERED, "RECEIVED", void="FORKED"))
    book, _ = book_of([NOTICE])
    assert stage_marks(held, book, B, DELIVERED) == ("FORKED",)


def test_opposed_words_stand_beside_each_other() -> None:
    held = book_of([NOTICE])[0].entries[NOTICE.digest]
    held.add(fact(DECIDED, "ACCEPTED", statement=bytes([1]) * 32, place=1))
    held.add(fact(DECIDED, "DECLINED", "CHN:general-staff", statement=bytes([2]) * 32, place=1))
    book, _ = book_of([NOTICE])
    assert stage_marks(held, book, B, DECIDED) == ("CONTRADICTORY",)
    assert [word.value for word in against(held, B, DECIDED)] == ["DECLINED"]

"""What a stage makes its reader or its author wait for in turn (REQ-TIMER-5): the decision that was deferred, the new
readback after a correction, the answer to a readback."""

from __future__ import annotations

from hotline import v1
from hotline.protocol.book import Book, Entry
from hotline.protocol.ladder import Fact, standing
from hotline.protocol.timers import CORRECTED, DECIDED, DEFERRED, READBACK, Terms, Timer, Wait, deferral_ns


def further_wait(entry: Entry, fact: Fact, book: Book, own: str, terms: Terms) -> tuple[Wait, int] | None:
    """The wait that a new fact arms at this post, with the UTC nanoseconds of its start; None for most facts.

    Args:
        entry: the statement that the fact is about.
        own: this post.
    """
    saying = book.entries.get(fact.statement)
    body = saying.said.body if saying is not None and saying.said is not None else None
    if saying is None or fact.void or not isinstance(body, v1.Acknowledgement) or book.ended(entry):
        return None
    if entry.post == own and fact.value == "DEFERRED":
        return _deferred(entry, fact, saying, body)
    if entry.post == own and fact.value == "CORRECTED":
        readback = book.entries[body.readback_answer.readback]
        return _corrected(entry, fact, saying, readback, book, terms)
    if saying.post == own and entry.post != own and fact.value == "READBACK":
        return _readback(entry, fact, saying, terms)
    return None


def _deferred(entry: Entry, fact: Fact, saying: Entry, body: v1.Acknowledgement) -> tuple[Wait, int] | None:
    """Nothing is waited for if a later word of that post came first."""
    if standing(entry.facts_of(fact.post), DECIDED) != fact:
        return None
    limit_ns = deferral_ns(body.decision, fact.learned_at_ns)
    after = saying.post, saying.place
    return Wait(DEFERRED, saying.digest, entry.digest, fact.post, limit_ns, fact.post, after), fact.learned_at_ns


def _corrected(
    entry: Entry, fact: Fact, saying: Entry, readback: Entry, book: Book, terms: Terms
) -> tuple[Wait, int] | None:
    """A readback that stands later than the one corrected has answered already."""
    words = (each for each in entry.facts_of(fact.post) if each.value == "READBACK" and not each.void)
    said = (book.entries[each.statement] for each in words)
    if any(each.post == readback.post and each.place > readback.place for each in said):
        return None
    limit_ns = _limit_ns(CORRECTED, entry, fact.post, saying, terms)
    if limit_ns is None:
        return None
    after = readback.post, readback.place
    return Wait(CORRECTED, saying.digest, entry.digest, fact.post, limit_ns, fact.post, after), saying.sealed_at_ns


def _readback(entry: Entry, fact: Fact, saying: Entry, terms: Terms) -> tuple[Wait, int] | None:
    limit_ns = _limit_ns(READBACK, entry, entry.post, saying, terms)
    if limit_ns is None:
        return None
    return Wait(READBACK, saying.digest, entry.digest, entry.post, limit_ns, fact.post), saying.sealed_at_ns


def _limit_ns(timer: Timer, entry: Entry, post: str, saying: Entry, terms: Terms) -> int | None:
    assert entry.statement is not None
    return terms.limit_ns(timer, entry.statement.header.precedence, post, saying.sealed_at_ns)

"""Books made of statements by hand, in every order."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

from hotline.protocol.book import Book, Change, Entry


def fresh(found: Entry) -> Entry:
    """The same statement with nothing known about it yet."""
    return Entry(
        found.digest,
        found.envelope,
        found.post,
        found.sequence,
        found.sealed_at_ns,
        found.held_at_ns,
        found.said,
        found.statement,
        found.refused,
    )


def book_of(entries: Iterable[Entry]) -> tuple[Book, list[Change]]:
    """A book of these, put in in this order, and everything it told."""
    book, told = Book(), list[Change]()
    for found in entries:
        told += book.add(fresh(found))
    return book, told


def everywhere(*entries: Entry) -> Book:
    """The book of these; facts, contradictions and states are the same for every order."""
    found = [book_of(order)[0] for order in permutations(entries)]
    first = summary(found[0])
    assert all(summary(book) == first for book in found)
    return found[0]


def summary(book: Book) -> object:
    return {
        digest: (
            set(known.facts.values()),
            known.contradicted_by,
            known.retractions,
            book.matter(known),
            book.mark(known),
            book.crossed(known),
        )
        for digest, known in book.entries.items()
    }


def stages(book: Book, about: Entry) -> set[tuple[str, str]]:
    """What addressees have said of a statement."""
    return {(known.post, known.value) for known in book.entries[about.digest].facts.values()}

"""Why what a post says is void: DISAVOWED past a closure or a revocation, FORKED where it signed two logs.

Both are functions of the directories and the links held, whatever order they came in; nothing is erased (spec 06,
sections 4 and 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hotline.protocol.book import Book, Change, Entry
from hotline.protocol.history import History
from hotline.protocol.ladder import Place
from hotline.protocol.trust import Trust

DISAVOWED, FORKED = "DISAVOWED", "FORKED"


class Voids:
    """Marks the entries of a book by what directories and logs say of their places."""

    def __init__(self, trust: Trust, histories: Mapping[str, History], book: Book) -> None:
        self._trust, self._histories, self._book = trust, histories, book

    def of(self, entry: Entry) -> str:
        """The mark of a statement at its place; empty if it counts (REQ-EPOCH-2, REQ-EPOCH-3, REQ-FORK-1)."""
        history = self._histories[entry.post]
        closure = self._trust.closure(entry.post, entry.epoch)
        if closure is not None and not history.beneath(closure, entry.sequence, entry.digest):
            return DISAVOWED
        if self._trust.revocations and entry.said is not None:
            keys = (officer.key.fingerprint for officer in entry.said.officers)
            if any(self._trust.revoked(key, entry.place) for key in keys):
                return DISAVOWED
        return self.of_head(entry.post, entry.place)

    def of_head(self, post: str, place: Place) -> str:
        """The mark of what a Head says that signs this place of its post's log."""
        parts = self._histories[post].forked.get(place[0])
        return FORKED if parts is not None and place[1] >= parts else ""

    def review(self, post: str) -> list[Change]:
        """Mark anew what a post says, after a directory or a branch came; gives what changed."""
        changes: list[Change] = []
        for entry in list(self._book.entries.values()):
            if entry.post == post and entry.sequence:
                changes += self._book.void(entry.digest, self.of(entry))
        return [*changes, *self._review_heads(post)]

    def _review_heads(self, post: str) -> Iterator[Change]:
        for entry in self._book.entries.values():
            for key, fact in entry.facts.items():
                mark = self.of_head(post, fact.head) if fact.post == post and not fact.statement else fact.void
                if mark != fact.void:
                    entry.facts[key] = replace(fact, void=mark)
                    yield entry, None

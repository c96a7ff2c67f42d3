"""One post's journal, read again from the start: what it had, in which order, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.properties.model import Channel, D, P, Sealed, Word, read_sealed

from hotline import v1


@dataclass(frozen=True, slots=True)
class Learned:
    """A fact as it became durable here.

    Attributes:
        number, at_ns: place in the journal, and UTC of that record.
        ladder, stage, value: what is said, and on whose ladder.
        by: the statement that says it; None for what a Head says.
        void: whether that had been taken back when it came.
    """

    number: int
    at_ns: int
    ladder: str
    stage: int
    value: str
    by: Sealed | None = None
    void: bool = False


@dataclass(slots=True)
class DeskBook:
    """What one post has, in the order of its journal.

    Attributes:
        post: whose.
        held: statements, with the number and the time of their record.
        verdicts: by arming statement, post and stage: number of the record, time and outcome.
    """

    post: str
    held: dict[bytes, tuple[Sealed, int, int]] = field(default_factory=dict)
    verdicts: dict[tuple[bytes, str, int], list[tuple[int, int, str]]] = field(default_factory=dict)
    _receipts: list[tuple[int, int, str, v1.Receipt]] = field(default_factory=list)
    _channels: dict[int | None, Channel] = field(default_factory=dict)

    @classmethod
    def read(cls, post: str, journal: Sequence[v1.Record]) -> DeskBook:
        """Read a journal."""
        book = cls(post)
        links: dict[tuple[str, int], int] = {}
        for number, record in enumerate(journal):
            at_ns = record.at.ToNanoseconds()
            if record.HasField("links"):
                run = record.links
                links.update(((run.post, n), link.sealed_at_ms) for n, link in enumerate(run.links, run.first))
            elif record.HasField("statement"):
                held = record.statement
                found = read_sealed(held, links[held.post, held.sequence])
                book.held[found.digest] = found, number, at_ns
            elif record.HasField("head_held"):
                head = v1.Head.FromString(record.head_held.payload)
                book._receipts += [(number, at_ns, head.log.post, receipt) for receipt in head.receipts]
            elif record.HasField("verdict"):
                verdict = record.verdict
                outcome = v1.Verdict.Outcome.Name(verdict.outcome).removeprefix("OUTCOME_")
                key = verdict.statement_digest, verdict.post, verdict.stage
                book.verdicts.setdefault(key, []).append((number, at_ns, outcome))
        return book

    def own(self) -> Iterator[Sealed]:
        """What this post sealed."""
        return (found for found, _, _ in self.held.values() if found.post == self.post)

    def number(self, digest: bytes) -> int:
        """Place of a statement's record."""
        return self.held[digest][1]

    def at_ns(self, digest: bytes) -> int:
        """When it became durable here: for an own statement the moment of sealing."""
        found, _, at_ns = self.held[digest]
        return found.sealed_at_ns if found.post == self.post else at_ns

    def channel(self, number: int | None = None) -> Channel:
        """All that was held when a record was made, that record included; at last, without one."""
        if number not in self._channels:
            held = (found for found, at, _ in self.held.values() if number is None or at <= number)
            self._channels[number] = Channel(held)
        return self._channels[number]

    def learned(self, subject: Sealed) -> list[Learned]:
        """Every fact about a statement, as it came to be known here."""
        return sorted([*self._said_by_nodes(subject), *self._said_by_officers(subject)], key=lambda fact: fact.number)

    def _said_by_nodes(self, subject: Sealed) -> Iterable[Learned]:
        known: dict[tuple[str, int, str], Learned] = {}
        for number, at_ns, post, receipt in self._receipts:
            if receipt.statement_digest == subject.digest:
                stage, value = _said(receipt)
                known.setdefault((post, stage, value), Learned(number, at_ns, post, stage, value))
        return known.values()

    def _said_by_officers(self, subject: Sealed) -> Iterator[Learned]:
        """An acknowledgement takes effect when its subject is held, and an answer when its readback is."""
        for word in self.channel().words(subject):
            number = max(map(self.number, self._needs(word, subject)))
            at_ns = max(map(self.at_ns, self._needs(word, subject)))
            void = word.by.digest in {w.by.digest for w in self.channel(number).words(subject)} - {
                w.by.digest for w in self.channel(number).counting(subject)
            }
            yield Learned(number, at_ns, word.ladder, word.stage, word.value, word.by, void)

    def _needs(self, word: Word, subject: Sealed) -> list[bytes]:
        body = word.by.body
        assert isinstance(body, v1.Acknowledgement)
        answered = [body.readback_answer.readback] if body.HasField("readback_answer") else []
        return [word.by.digest, subject.digest, *answered]


def _said(receipt: v1.Receipt) -> tuple[int, str]:
    which = receipt.WhichOneof("fact")
    if which == "presented":
        return P, "PRESENTED"
    if which == "unstaffed_at":
        return P, "UNSTAFFED"
    return D, "RECEIVED" if which == "received_at" else "REFUSED"

"""What must be so, worked out from the journals alone: an independent and slow second reading of specs 04 and 07.

`Channel` is everything that all posts sealed, and what follows from it for each message in the end. It knows nothing of
Heads, receipts, retries, heaps, or the order in which anything arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.envelope import digest_of

D, P, R, U, X, E, N = map(
    int,
    (
        v1.STAGE_DELIVERED,
        v1.STAGE_PRESENTED,
        v1.STAGE_READ,
        v1.STAGE_UNDERSTOOD,
        v1.STAGE_PASSED,
        v1.STAGE_DECIDED,
        v1.STAGE_DONE,
    ),
)
# Values of opposite sense (REQ-ACK-9).
SENSE = {
    (E, "ACCEPTED"): "for",
    (E, "ACCEPTED_IN_PART"): "for",
    (E, "DECLINED"): "against",
    (N, "IN_PROGRESS"): "for",
    (N, "DONE"): "for",
    (N, "UNABLE"): "against",
    (N, "NOT_AGREED"): "against",
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A statement in its author's log, as its journal has it."""

    post: str
    sequence: int
    digest: bytes
    sealed_at_ns: int
    header: v1.StatementHeader
    body: Message

    @property
    def type(self) -> str:
        """Name of its body's type."""
        return str(self.body.DESCRIPTOR.name)

    @property
    def addressees(self) -> tuple[str, ...]:
        """Action addressees, then information addressees."""
        return (*self.header.action, *self.header.info)

    @property
    def thread(self) -> bytes:
        """The first statement of its thread."""
        return self.header.thread or self.digest


def sealed_in(post: str, journal: Iterable[v1.Record]) -> Iterator[Sealed]:
    """What a post sealed, read from its own journal; its links are unbroken and its statements are those linked."""
    links: list[v1.Link] = []
    for record in journal:
        if record.HasField("links") and record.links.post == post:
            assert record.links.first == len(links) + 1, "own sequence is gap-free"
            links += record.links.links
        elif record.HasField("statement") and record.statement.post == post:
            held = record.statement
            link = links[held.sequence - 1]
            assert link.statement_digest == digest_of(held.envelope)
            yield read_sealed(held, link.sealed_at_ms)


def read_sealed(held: v1.HeldStatement, sealed_at_ms: int) -> Sealed:
    """A statement with its place, parsed."""
    statement = v1.Statement.FromString(held.envelope.payload)
    body = getattr(v1, statement.body_type.rpartition(".")[2]).FromString(statement.body)
    digest = digest_of(held.envelope)
    return Sealed(held.post, held.sequence, digest, sealed_at_ms * 1_000_000, statement.header, body)


@dataclass(frozen=True, slots=True)
class Word:
    """A stage that an acknowledgement says: on whose ladder, which, which value, and the statement that says it."""

    ladder: str
    stage: int
    value: str
    by: Sealed


class Channel:
    """Everything sealed on a channel, or as much of it as one post has at one moment, and what follows from it."""

    def __init__(self, sealed: Iterable[Sealed]) -> None:
        self.sealed: Mapping[bytes, Sealed] = {found.digest: found for found in sealed}

    # -- what counts -------------------------------------------------------------------------------------------------

    @cached_property
    def retracted(self) -> Mapping[bytes, Sealed]:
        """What its own post took back, with the Retraction; retractions themselves stand (REQ-RETRACT-1)."""
        back: dict[bytes, Sealed] = {}
        for found in self.of(v1.Retraction):
            target = self.sealed.get(found.body.subject)
            if target is not None and target.post == found.post and target.type != "Retraction":
                back[target.digest] = found
        return back

    def of(self, kind: type[Any]) -> Iterator[Any]:
        """Statements of a type."""
        return (found for found in self.sealed.values() if isinstance(found.body, kind))

    def words(self, subject: Sealed) -> list[Word]:
        """Every stage that somebody with standing signed about a statement, in no order."""
        return [word for found in self.of(v1.Acknowledgement) if (word := self._word(found, subject))]

    def _word(self, found: Sealed, subject: Sealed) -> Word | None:
        assert isinstance(found.body, v1.Acknowledgement)
        if found.body.subject != subject.digest:
            return None
        ladder = found.post
        if found.body.HasField("readback_answer"):
            read = self.sealed.get(found.body.readback_answer.readback)
            if read is None or found.post != subject.post or not isinstance(read.body, v1.Acknowledgement):
                return None
            if not read.body.HasField("readback") or read.body.subject != subject.digest:
                return None
            ladder = read.post
        return Word(ladder, *value_of(found.body), found) if ladder in subject.addressees else None

    def contradictions(self, digest: bytes) -> set[tuple[bytes, bytes]]:
        """Observations, not taken back, that contradict a statement, or a stage or an observation about it."""
        pairs = set()
        for found in self.of(v1.Observation):
            if found.body.finding == v1.Observation.FINDING_CONTRADICTS and found.digest not in self.retracted:
                target = self.sealed.get(found.body.subject)
                said = target.body if target is not None else None
                above = said.subject if isinstance(said, (v1.Acknowledgement, v1.Observation)) else b""
                if digest in (found.body.subject, above):
                    pairs.add((found.body.subject, found.digest))
        return pairs

    # -- what takes the place of what --------------------------------------------------------------------------------

    @cached_property
    def replaced(self) -> Mapping[bytes, Sealed]:
        """Notices that an update or a cancel of their own post took the place of, with that (REQ-MATTER-1 and 3)."""
        return {old: new for first in self.of(v1.ActivityNotice) for old, new in self._activity(first)}

    def _activity(self, first: Sealed) -> Iterator[tuple[bytes, Sealed]]:
        live, over = first.digest, first.digest in self.retracted
        later = [found for found in self.sealed.values() if (found.thread, found.post) == (first.digest, first.post)]
        for found in sorted(later, key=lambda found: found.sequence):
            if found is first or over or found.digest in self.retracted:
                continue
            named = {ref.role: ref.digest for ref in found.header.references}
            if found.type == "ActivityUpdate" and named.get(v1.Reference.ROLE_UPDATES) == live:
                yield live, found
                live = found.digest
            elif found.type == "ActivityCancel" and named.get(v1.Reference.ROLE_CANCELS) == live:
                yield live, found
                over = True

    # -- how it stands in the end ------------------------------------------------------------------------------------

    def counting(self, subject: Sealed) -> list[Word]:
        """Words that count: not taken back, nor, for an answer, about a readback that was."""
        return [word for word in self.words(subject) if not self._is_taken_back(word)]

    def _is_taken_back(self, word: Word) -> bool:
        body = word.by.body
        assert isinstance(body, v1.Acknowledgement)
        return word.by.digest in self.retracted or (
            body.HasField("readback_answer") and body.readback_answer.readback in self.retracted
        )

    def standing(self, subject: Sealed, ladder: str, stage: int) -> Word | None:
        """The newest word; an answer stands in the place of the readback that it answers (REQ-ACK-4)."""
        words = [word for word in self.counting(subject) if (word.ladder, word.stage) == (ladder, stage)]
        return max(words, key=self._weight, default=None)

    def _weight(self, word: Word) -> tuple[int, bool, int]:
        body = word.by.body
        assert isinstance(body, v1.Acknowledgement)
        if body.HasField("readback_answer"):
            return self.sealed[body.readback_answer.readback].sequence, True, word.by.sequence
        return word.by.sequence, False, 0

    def saw(self, one: Sealed, other: Sealed) -> bool:
        """Whether the signers of one statement had seen another (REQ-ACK-8)."""
        named = (self.sealed[digest] for digest in one.header.seen if digest in self.sealed)
        return (one.post == other.post and other.sequence < one.sequence) or any(
            named.digest == other.digest or (named.post == other.post and other.sequence < named.sequence)
            for named in named
        )

    def crossed(self, word: Word, subject: Sealed) -> bool:
        """Whether a word and what took the place of its subject had not seen each other."""
        after = [found for table in (self.replaced, self.retracted) if (found := table.get(subject.digest))]
        return any(not self.saw(word.by, found) and not self.saw(found, word.by) for found in after)

    def contradictory(self, subject: Sealed, ladder: str, stage: int) -> bool:
        """Whether another post of the party says the opposite of what stands (REQ-ACK-9)."""
        party = ladder.partition(":")[0]
        senses: dict[str, set[str]] = defaultdict(set)
        for post in subject.addressees:
            word = self.standing(subject, post, stage)
            if word and post.partition(":")[0] == party:
                senses[SENSE.get((stage, word.value), "")].add(post)
        sides = {sense: posts for sense, posts in senses.items() if sense}
        return len(sides) == 2 and any(ladder in posts for posts in sides.values())


def value_of(body: v1.Acknowledgement) -> tuple[int, str]:
    """Stage and value that an acknowledgement says."""
    which = body.WhichOneof("stage")
    if which == "decision":
        return E, v1.Decision.Value.Name(body.decision.value).removeprefix("VALUE_")
    if which == "compliance":
        return N, v1.Compliance.Value.Name(body.compliance.value).removeprefix("VALUE_")
    if which == "readback_answer":
        return U, v1.ReadbackAnswer.Verdict.Name(body.readback_answer.verdict).removeprefix("VERDICT_")
    return {"read": (R, "READ"), "readback": (U, "READBACK"), "passed": (X, "PASSED")}[which or ""]

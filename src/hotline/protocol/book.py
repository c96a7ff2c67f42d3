"""The book of messages: every statement held, the facts about it, and how it stands.

Facts only ever accumulate; the same set gives the same view whatever order it came in. The book knows nothing of peers,
timers or journals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline.protocol.ladder import SPEAKER_OF, Fact, Speaker, spoken, subject_of
from hotline.protocol.matters import Event, Matter, matter
from hotline.protocol.statements import Said


@dataclass(slots=True)
class Entry:
    """One statement as held here.

    Attributes:
        digest: its identity.
        envelope: as signed.
        post: the post in whose log it stands.
        sequence: its place there; 0 while it waits for one.
        sealed_at_ns: UTC of sealing, by its post's clock; 0 while it waits.
        held_at_ns: UTC when it became durable here.
        said: what it says; None if this node refused it.
        statement: its header and raw body, as far as they could be read.
        refused: the code for which this node refused it; empty if it did not.
        facts: everything verified about it.
        verdicts: latched outcomes of its timers, by addressee and stage, in the order they fell.
        void: why what it says does not count, whatever it says about others: DISAVOWED, FORKED; empty while it counts.
        contradicted_by: pairs of a digest contradicted (it, or one of its stages) and the Observation that says so.
    """

    digest: bytes
    envelope: v1.Envelope
    post: str
    sequence: int
    sealed_at_ns: int
    held_at_ns: int
    said: Said | None
    statement: v1.Statement | None
    refused: str = ""
    facts: dict[tuple[str, v1.Stage.ValueType, str, str, bytes], Fact] = field(default_factory=dict)
    verdicts: dict[tuple[str, v1.Stage.ValueType], list[v1.Verdict]] = field(default_factory=dict)
    contradicted_by: set[tuple[bytes, bytes]] = field(default_factory=set)
    void: str = ""

    @property
    def thread(self) -> bytes:
        """Digest of the first statement of its thread, which may be itself."""
        return (self.statement.header.thread if self.statement else b"") or self.digest

    def facts_of(self, post: str) -> list[Fact]:
        """Facts about one addressee."""
        return [fact for fact in self.facts.values() if fact.post == post]

    def add(self, fact: Fact) -> bool:
        """Add a fact; False if it was known. Said void in one Head and not in another, it counts."""
        key = (fact.post, fact.stage, fact.value, fact.by, fact.statement)
        known = self.facts.get(key)
        if known is not None and (fact.void or not known.void):
            return False
        self.facts[key] = fact
        return True


Change = tuple[Entry, Fact | None]
"""An entry whose view changed, with the fact that was added to it if one was."""


class Book:
    """All messages of one channel as one post holds them."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        self._threads: dict[bytes, list[bytes]] = defaultdict(list)
        self._early: dict[bytes, list[bytes]] = defaultdict(list)

    def add(self, entry: Entry) -> list[Change]:
        """Put a statement into the book. One that waits for its place says nothing yet about others.

        Returns:
            Each entry whose view changed, with the fact that was added to it if one was. The statement itself comes
            first; stages that had arrived before it take effect now.
        """
        self.entries[entry.digest] = entry
        self._threads[entry.thread].append(entry.digest)
        changed: list[Change] = self._placed(entry) if entry.sequence else [(entry, None)]
        for digest in self._early.pop(entry.digest, ()):
            changed += self._about(self.entries[digest])
        return changed

    def place(self, entry: Entry, sequence: int, sealed_at_ns: int) -> list[Change]:
        """Give a waiting statement of this post its place; what it says takes effect now. Returns as `add` does."""
        entry.sequence, entry.sealed_at_ns = sequence, sealed_at_ns
        return self._placed(entry)

    def void(self, digest: bytes, mark: str) -> list[Change]:
        """Mark a statement held here as void, or with an empty mark as counting again. Returns as `add` does: a fact
        that counts again is among the changes as if it had just been added."""
        entry = self.entries[digest]
        if entry.void == mark:
            return []
        entry.void = mark
        changed: list[Change] = [(entry, None)]
        for about in self.entries.values():
            for key, fact in about.facts.items():
                if fact.statement == digest:
                    about.facts[key] = replace(fact, void=mark)
                    changed.append((about, None if mark else about.facts[key]))
        return changed

    def find(self, ref: bytes) -> Entry:
        """The one message whose digest starts with `ref` (at least 4 bytes).

        Raises:
            UsageError: NOT_HELD, REF_AMBIGUOUS.
        """
        if ref in self.entries:
            return self.entries[ref]
        fits = [digest for digest in self.entries if digest.startswith(ref)] if len(ref) >= 4 else []
        if not fits:
            raise UsageError("NOT_HELD", f"no message {ref.hex()} is held here")
        if len(fits) > 1:
            raise UsageError("REF_AMBIGUOUS", f"{ref.hex()} fits {len(fits)} messages")
        return self.entries[fits[0]]

    def thread(self, digest: bytes) -> Iterator[Entry]:
        """Messages of a thread, in the order they came to be held."""
        return (self.entries[known] for known in self._threads.get(digest, ()))

    def matter(self, entry: Entry) -> Matter:
        """How the thread of a message stands."""
        first = self.entries.get(entry.thread)
        if first is None or first.said is None or not first.sequence:
            return Matter("", {})
        later = (e for e in self.thread(entry.thread) if e is not first and e.said and e.sequence)
        return matter(Event(first.said, first.sequence), [Event(e.said, e.sequence) for e in later if e.said])

    def newest(self, thread: bytes) -> list[bytes]:
        """Digests of the thread's latest statements by post, at most sixteen: what `seen` should name."""
        placed = sorted((entry for entry in self.thread(thread) if entry.sequence), key=lambda e: e.sequence)
        latest = {entry.post: entry for entry in placed}
        return [entry.digest for entry in sorted(latest.values(), key=lambda e: e.digest)][:16]

    def _placed(self, entry: Entry) -> list[Change]:
        """What changes when a statement has its place: itself, how its thread stands, and what it is about."""
        first = self.entries.get(entry.thread, entry)
        return [(entry, None), *([(first, None)] if first is not entry else []), *self._about(entry)]

    def _about(self, entry: Entry) -> list[Change]:
        """Let an acknowledgement or observation take effect on what it is about, as soon as all of that is held."""
        body = entry.said.body if entry.said else None
        if isinstance(body, v1.Observation):
            return self._observed(entry, body)
        if isinstance(body, v1.Acknowledgement):
            return self._acknowledged(entry, body)
        return []

    def _await(self, digest: bytes, entry: Entry) -> Entry | None:
        """The statement with this digest; None until it comes, and then `entry` is looked at again."""
        found = self.entries.get(digest)
        if found is None:
            self._early[digest].append(entry.digest)
        return found

    def _acknowledged(self, entry: Entry, body: v1.Acknowledgement) -> list[Change]:
        """An addressee speaks for itself; the sender's answer to a readback is about the addressee who read back."""
        target = self._await(body.subject, entry)
        if target is None:
            return []
        speaker = entry
        if SPEAKER_OF[spoken(body)[:2]] is Speaker.SENDER:
            readback = self._await(body.readback_answer.readback, entry)
            if readback is None or not _answers(entry, readback, target):
                return []
            speaker = readback
        fact = _fact(entry, target, speaker.post, body)
        return [(target, fact)] if fact is not None and target.add(fact) else []

    def _observed(self, entry: Entry, body: v1.Observation) -> list[Change]:
        """A contradicted acknowledgement shows on the stage it said, so on the statement it was about."""
        target = self._await(body.subject, entry)
        if target is None or body.finding != v1.Observation.FINDING_CONTRADICTS:
            return []
        subject = subject_of(target.said.body) if target.said else b""
        above = self._await(subject, entry) if subject else None
        pair = (target.digest, entry.digest)
        fresh = [touched for touched in (target, above) if touched and pair not in touched.contradicted_by]
        for touched in fresh:
            touched.contradicted_by.add(pair)
        return [(touched, None) for touched in fresh]


def _answers(answer: Entry, readback: Entry, target: Entry) -> bool:
    """Whether an answer is the sender's own, and to a readback of the same statement."""
    body = readback.said.body if readback.said else None
    return (
        answer.post == target.post
        and isinstance(body, v1.Acknowledgement)
        and body.WhichOneof("stage") == "readback"
        and body.subject == target.digest
    )


def _fact(entry: Entry, target: Entry, post: str, body: v1.Acknowledgement) -> Fact | None:
    """The stage an acknowledgement adds to its subject; None if `post` has no standing there."""
    said, about = entry.said, target.said
    if said is None or about is None or post not in about.addressees:
        return None
    stage, value, detail = spoken(body)
    sealed, held = entry.sealed_at_ns, entry.held_at_ns
    return Fact(post, stage, value, sealed, held, said.by, entry.digest, entry.sequence, detail, entry.void)

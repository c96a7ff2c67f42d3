"""The book of messages: every statement held, the facts about it, and how it stands.

Statements only ever accumulate; the same set gives the same view whatever order it came in. What a statement says about
others counts unless the statement is void: disavowed, forked, retracted, or of a post that lacks the level. The book
knows nothing of peers, timers or journals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hotline import v1
from hotline.protocol.acknowledgements import Seen, answers_for, crossed
from hotline.protocol.errors import UsageError
from hotline.protocol.ladder import SPEAKER_OF, Fact, Place, Speaker, spoken, subject_of
from hotline.protocol.matters import Event, Matter, matter
from hotline.protocol.statements import Said
from hotline.protocol.type_checks import REPLACING_ROLE


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
        contradicted_by: pairs of a digest contradicted (it, or one of its stages) and the Observation that says so.
        void: why what it says does not count, as its log shows: DISAVOWED, FORKED; empty while it counts.
        epoch: the epoch of its log.
        retractions: Retractions of it by its own post.
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
    epoch: int = 1
    retractions: set[bytes] = field(default_factory=set)

    @property
    def thread(self) -> bytes:
        """Digest of the first statement of its thread, which may be itself."""
        return (self.statement.header.thread if self.statement else b"") or self.digest

    @property
    def place(self) -> Place:
        """Epoch and sequence in its post's log."""
        return self.epoch, self.sequence

    def facts_of(self, post: str) -> list[Fact]:
        """Facts about one addressee."""
        return [fact for fact in self.facts.values() if fact.post == post]

    def add(self, fact: Fact) -> bool:
        """Add a fact; False if it was known. Of several Heads that say it the earliest does; void in one and not in
        another, it counts."""
        key = (fact.post, fact.stage, fact.value, fact.by, fact.statement)
        known = self.facts.get(key)
        if known is not None and (fact.void or not known.void):
            if fact.head < known.head:
                self.facts[key] = replace(known, head=fact.head)
            return False
        self.facts[key] = fact
        return True


Change = tuple[Entry, Fact | None]
"""An entry whose view changed, with the fact that began to count for it if one did."""


class Book:
    """All messages of one channel as one post holds them."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        self._threads: dict[bytes, list[bytes]] = defaultdict(list)
        self._early: dict[bytes, list[bytes]] = defaultdict(list)

    def add(self, entry: Entry) -> list[Change]:
        """Put a statement into the book. One that waits for its place says nothing yet about others.

        Returns:
            Each entry whose view changed, with the fact that began to count for it if one did. The statement itself
            comes first; what had arrived about it before takes effect now.
        """
        self.entries[entry.digest] = entry
        self._threads[entry.thread].append(entry.digest)
        # First what arrived about it before: what was taken back before it came never counts.
        early = [change for digest in self._early.pop(entry.digest, ()) for change in self._about(self.entries[digest])]
        itself, *others = self._placed(entry) if entry.sequence else [(entry, None)]
        return [itself, *early, *others]

    def place(self, entry: Entry, sequence: int, sealed_at_ns: int, epoch: int = 1) -> list[Change]:
        """Give a waiting statement of this post its place; what it says takes effect now. Returns as `add` does."""
        entry.sequence, entry.sealed_at_ns, entry.epoch = sequence, sealed_at_ns, epoch
        return self._placed(entry)

    def void(self, digest: bytes, mark: str) -> list[Change]:
        """Mark a statement held here as DISAVOWED or FORKED, or with an empty mark as neither; returns as `add`."""
        entry = self.entries[digest]
        if entry.void == mark:
            return []
        entry.void = mark
        return [(entry, None), *self._weighed(entry)]

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

    # -- how a message stands --------------------------------------------------------------------------

    def mark(self, entry: Entry) -> str:
        """Why what a statement says does not count: DISAVOWED, FORKED, RETRACTED (WITHDRAWN for an acknowledgement),
        LEVEL_LACKING; empty while it counts."""
        if entry.void:
            return entry.void
        if any(not self.mark(self.entries[digest]) for digest in entry.retractions):
            return "WITHDRAWN" if entry.said and isinstance(entry.said.body, v1.Acknowledgement) else "RETRACTED"
        return "LEVEL_LACKING" if entry.said and entry.said.lacks_level else ""

    def ended(self, entry: Entry) -> str:
        """Why nothing is awaited for a statement any more: RETRACTED, WITHDRAWN, DISAVOWED, FORKED, SUPERSEDED,
        CANCELLED; empty while something may be (REQ-TIMER-7)."""
        mark = self.mark(entry)
        if mark and mark != "LEVEL_LACKING":
            return mark
        if not _may_be_replaced(entry):
            return ""
        marks = self.matter(entry).marks.get(entry.digest, ())
        return next((mark for mark in marks if mark in ("SUPERSEDED", "CANCELLED")), "")

    def crossed(self, entry: Entry) -> bool:
        """Whether an acknowledgement and what replaced, cancelled or retracted its subject had not seen each other
        (REQ-ACK-8)."""
        body = entry.said.body if entry.said else None
        subject = self.entries.get(body.subject) if isinstance(body, v1.Acknowledgement) else None
        if subject is None or not entry.sequence:
            return False
        enders = {digest for digest in subject.retractions if not self.mark(self.entries[digest])}
        if _may_be_replaced(subject):
            enders.add(self.matter(subject).ended_by.get(subject.digest, b""))
        return any(crossed(_seen(entry), ender, self._find_seen) for ender in map(self._find_seen, enders) if ender)

    def layer(self, entry: Entry) -> v1.Layer.ValueType:
        """SAFETY if its type belongs there or its thread's first statement does (REQ-LINE-3), or where either is not
        held or cannot be read; else DIALOGUE."""
        saids = (known.said if known else None for known in (entry, self.entries.get(entry.thread)))
        layers = {said.layer if said else v1.LAYER_SAFETY for said in saids}
        return v1.LAYER_DIALOGUE if layers == {v1.LAYER_DIALOGUE} else v1.LAYER_SAFETY

    def thread(self, digest: bytes) -> Iterator[Entry]:
        """Messages of a thread, in the order they came to be held."""
        return (self.entries[known] for known in self._threads.get(digest, ()))

    def matter(self, entry: Entry) -> Matter:
        """How the thread of a message stands. What does not count moves nothing (REQ-MATTER-5)."""
        first = self.entries.get(entry.thread)
        if first is None or first.said is None or not first.sequence:
            return Matter("", {})
        later = [Event(e.said, e.place) for e in self.thread(entry.thread) if self._moves(e, first) and e.said]
        found = matter(Event(first.said, first.place), later)
        mark = self.mark(first)
        return Matter(mark, {}) if mark and found.state else found

    def _moves(self, entry: Entry, first: Entry) -> bool:
        return entry is not first and bool(entry.sequence) and not self.mark(entry)

    def newest(self, thread: bytes) -> list[bytes]:
        """Digests of the thread's latest statements by post, at most sixteen: what `seen` should name."""
        placed = sorted((entry for entry in self.thread(thread) if entry.sequence), key=lambda e: e.place)
        latest = {entry.post: entry for entry in placed}
        return [entry.digest for entry in sorted(latest.values(), key=lambda e: e.digest)][:16]

    # -- what statements do to each other ----------------------------------------------------------------

    def _placed(self, entry: Entry) -> list[Change]:
        """What changes when a statement has its place: itself, how its thread stands, and what it is about."""
        first = self.entries.get(entry.thread, entry)
        around = [first, *self._predecessors(entry)]
        return [(entry, None), *((one, None) for one in around if one is not entry), *self._about(entry)]

    def _predecessors(self, entry: Entry) -> Iterator[Entry]:
        """What an update or a cancel may have ended."""
        words = entry.statement
        role = REPLACING_ROLE.get(words.body_type) if words else None
        named = (self.entries.get(ref.digest) for ref in words.header.references if ref.role == role) if words else ()
        first = self.entries.get(entry.thread)
        return (one for one in named if one is not None and one is not first)

    def _about(self, entry: Entry) -> list[Change]:
        """Let a statement take effect on what it is about, as soon as all of that is held."""
        body = entry.said.body if entry.said else None
        if isinstance(body, v1.Observation):
            return self._observed(entry, body)
        if isinstance(body, v1.Acknowledgement):
            return self._acknowledged(entry, body)
        if isinstance(body, v1.Retraction):
            return self._retracted(entry, body)
        return []

    def _weighed(self, entry: Entry) -> list[Change]:
        """What changes when a statement begins or ceases to count: what it says about others, and its thread."""
        mark, body = self.mark(entry), entry.said.body if entry.said else None
        changed: list[Change] = []
        first = self.entries.get(entry.thread)
        if first is not None and first is not entry:
            changed.append((first, None))
        changed += ((one, None) for one in self._predecessors(entry))
        about = self.entries.get(subject_of(body)) if body is not None else None
        if about is None or not entry.sequence:
            return changed
        if isinstance(body, v1.Retraction):
            return [*changed, (about, None), *self._weighed(about)] if entry.digest in about.retractions else changed
        if isinstance(body, v1.Observation):
            return changed + self._observed(entry, body)
        for key, fact in list(about.facts.items()):
            if fact.statement == entry.digest and fact.void != mark:
                about.facts[key] = replace(fact, void=mark)
                changed.append((about, None if mark else about.facts[key]))
        return changed

    def _await(self, digest: bytes, entry: Entry) -> Entry | None:
        """The statement with this digest; None until it comes, and then `entry` is looked at again."""
        found = self.entries.get(digest)
        if found is None:
            self._early[digest].append(entry.digest)
        return found

    def _acknowledged(self, entry: Entry, body: v1.Acknowledgement) -> list[Change]:
        """An addressee speaks for itself, or a post that answers for it does; the sender's answer to a readback is
        about the addressee who read back."""
        target = self._await(body.subject, entry)
        if target is None:
            return []
        speaker = entry
        if SPEAKER_OF[spoken(body)[:2]] is Speaker.SENDER:
            readback = self._await(body.readback_answer.readback, entry)
            if readback is None or not _answers(entry, readback, target):
                return []
            speaker = readback
        changed: list[Change] = []
        for post in _counts_for(speaker, target):
            fact = self._fact(entry, post, body)
            if target.add(fact):
                changed.append((target, None if fact.void else fact))
        return changed

    def _fact(self, entry: Entry, post: str, body: v1.Acknowledgement) -> Fact:
        """The stage that an acknowledgement says about an addressee."""
        assert entry.said is not None
        stage, value, detail = spoken(body)
        other = entry.post != post
        return Fact(
            post,
            stage,
            value,
            entry.sealed_at_ns,
            entry.held_at_ns,
            f"{entry.said.by} of {entry.post}" if other and not body.HasField("readback_answer") else entry.said.by,
            entry.digest,
            entry.place,
            detail,
            self.mark(entry),
            entry.post if other else "",
            body.readback_answer.readback,
        )

    def _retracted(self, entry: Entry, body: v1.Retraction) -> list[Change]:
        """A post takes back what it said itself; nobody takes back a retraction (REQ-RETRACT-1)."""
        target = self._await(body.subject, entry)
        if target is None or not retracts(entry, target):
            return []
        target.retractions.add(entry.digest)
        return [(target, None), *self._weighed(target)]

    def _observed(self, entry: Entry, body: v1.Observation) -> list[Change]:
        """A contradicted acknowledgement shows on the stage it said, so on the statement it was about."""
        target = self._await(body.subject, entry)
        if target is None or body.finding != v1.Observation.FINDING_CONTRADICTS:
            return []
        said = target.said.body if target.said else None
        above = self._await(said.subject, entry) if isinstance(said, (v1.Acknowledgement, v1.Observation)) else None
        pair = (target.digest, entry.digest)
        before = [(touched, pair in touched.contradicted_by) for touched in (target, above) if touched]
        for touched, _ in before:
            (touched.contradicted_by.discard if self.mark(entry) else touched.contradicted_by.add)(pair)
        return [(touched, None) for touched, was in before if was != (pair in touched.contradicted_by)]

    def _find_seen(self, digest: bytes) -> Seen | None:
        entry = self.entries.get(digest)
        return _seen(entry) if entry is not None and entry.sequence else None


def retracts(retraction: Entry, target: Entry) -> bool:
    """Whether a retraction has an effect on what it names: its own post said that, and it is no retraction."""
    kind = target.statement.body_type if target.statement else ""
    return retraction.post == target.post and kind != v1.Retraction.DESCRIPTOR.full_name


def _may_be_replaced(entry: Entry) -> bool:
    """Whether something may take its place: notices with their updates, and schedules."""
    replaced = v1.ActivityNotice, v1.ActivityUpdate, v1.EscortSchedule
    return entry.said is not None and isinstance(entry.said.body, replaced)


def _answers(answer: Entry, readback: Entry, target: Entry) -> bool:
    """Whether an answer is the sender's own, and to a readback of the same statement."""
    body = readback.said.body if readback.said else None
    return (
        answer.post == target.post
        and isinstance(body, v1.Acknowledgement)
        and body.WhichOneof("stage") == "readback"
        and body.subject == target.digest
    )


def _counts_for(speaker: Entry, target: Entry) -> Iterator[str]:
    """The addressees for whom what a post says of a statement counts."""
    if speaker.said is None or target.said is None:
        return iter(())
    return answers_for(speaker.said, target.said)


def _seen(entry: Entry) -> Seen:
    seen = entry.statement.header.seen if entry.statement else ()
    return Seen(entry.post, entry.place, entry.digest, seen)

"""Everything that the node under test has signed in a run, and what must hold over all of it.

Whatever way a Frame came, it ends here: Heads, links and statements of the node are verified as any party would. What
is wrong is noted as a fault, which checks look for; a fault does not end the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from hotline import v1
from hotline.protocol.envelope import digest_of, parse
from hotline.protocol.errors import HotlineError
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import NS_PER_MS
from hotline.protocol.log import PostLog
from hotline.protocol.statements import Said, judge, verify_statement
from hotline.protocol.trust import Trust


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that no node may sign or send: which requirement it breaks, and how."""

    requirement: str
    words: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement of the node, with the beat of the Head that it came under and when, in real seconds."""

    said: Said
    sequence: int
    at_s: float


class Witness:
    """What was seen of the node.

    Attributes:
        trust: grows with what the suite issues.
        heads: every Head, by beat.
        frames: Frames that came, in order, with real seconds at which they came.
        log: the node's log as it showed it.
        statements: its statements by digest, as they first came.
        came: how often each of its statements came.
        faults: what was wrong with any of it.
    """

    def __init__(self, trust: Trust, target: str) -> None:
        self.trust, self.target = trust, target
        self.heads: dict[int, Opened] = {}
        self.frames: list[tuple[float, v1.Frame]] = []
        self.log = PostLog(trust.agreement.channel, target, 1)
        self.statements: dict[bytes, Sent] = {}
        self.came: dict[bytes, int] = {}
        self.faults: list[Fault] = []

    def take(self, data: bytes, reader: str, at_s: float) -> v1.Frame | None:
        """Take a Frame that came to one of the suite's posts; None if it is none."""
        try:
            frame = parse(data, v1.Frame)
            head = open_head(frame.head, self.trust, reader, None)
        except HotlineError as error:
            self.faults.append(Fault("REQ-HEAD-3", f"a Frame came whose Head does not verify: {error}"))
            return None
        self.frames.append((at_s, frame))
        if head.post == self.target:
            self._take_head(head)
            self._take_links(frame, head)
            for envelope in frame.statements:
                self._take_statement(envelope, at_s)
        return frame

    # -- what was said -----------------------------------------------------------------------------------------------

    @property
    def newest(self) -> v1.Head:
        """The Head with the highest beat; an empty one before the first."""
        return self.heads[max(self.heads)].message if self.heads else v1.Head()

    def receipts(self, digest: bytes) -> Iterator[tuple[int, v1.Receipt]]:
        """Every receipt about a statement, with the beat of its Head, by beat."""
        for beat, head in sorted(self.heads.items()):
            for receipt in head.message.receipts:
                if receipt.statement_digest == digest:
                    yield beat, receipt

    def receipt(self, digest: bytes, fact: str = "") -> v1.Receipt | None:
        """The newest receipt about a statement: any, or one that says a fact such as `presented`."""
        found = [receipt for _, receipt in self.receipts(digest) if fact in ("", receipt.WhichOneof("fact"))]
        return found[-1] if found else None

    def held(self, post: str) -> v1.LogPosition:
        """What the newest Head says is held of a post's log."""
        return next((held for held in self.newest.held if held.post == post), v1.LogPosition())

    def of_type(self, body_type: str) -> list[Sent]:
        """Statements of the node with a type, in the order of its log."""
        found = [sent for sent in self.statements.values() if sent.said.statement.body_type == body_type]
        return sorted(found, key=lambda sent: sent.sequence)

    # -- taking ------------------------------------------------------------------------------------------------------

    def _take_head(self, head: Opened) -> None:
        beat, known = head.message.beat, self.heads.get(head.message.beat)
        if known is not None and digest_of(known.envelope) != digest_of(head.envelope):
            self.faults.append(Fault("REQ-HEAD-2", f"two Heads with beat {beat}"))
        self.heads.setdefault(beat, head)

    def _take_links(self, frame: v1.Frame, head: Opened) -> None:
        for run in frame.links:
            if run.post != self.target:
                continue
            try:
                self.log.extend(self.log.extension(run, head.message.log))
            except HotlineError as error:
                if error.code != "LINKS_GAP":
                    self.faults.append(Fault("REQ-LOG-3", f"links of the node: {error}"))

    def _take_statement(self, envelope: v1.Envelope, at_s: float) -> None:
        digest = digest_of(envelope)
        self.came[digest] = self.came.get(digest, 0) + 1
        sequence = self.log.place_of.get(digest)
        if sequence is None:
            self.faults.append(Fault("REQ-LOG-1", f"the node sent {digest.hex()[:12]} without a link"))
            return
        if digest in self.statements:
            return
        link = self.log.links[sequence - 1]
        try:
            signed = verify_statement(envelope, self.trust)
            judged = judge(signed, self.trust, self.target, self.log.epoch, link.sealed_at_ms * NS_PER_MS)
        except HotlineError as error:
            self.faults.append(Fault("REQ-SIGN-4", f"the node sent a statement that does not verify: {error}"))
            return
        if judged.said is None:
            self.faults.append(Fault("REQ-STMT-5", f"the node sent what every party must refuse: {judged.refusal}"))
            return
        if (link.size, link.precedence) != (len(envelope.payload), judged.said.header.precedence):
            self.faults.append(Fault("REQ-LOG-5", f"link {sequence} of the node gives another size or precedence"))
        self.statements[digest] = Sent(judged.said, sequence, at_s)

    # -- over everything ---------------------------------------------------------------------------------------------

    def contradictions(self) -> Iterator[Fault]:
        """What Heads say against each other."""
        yield from self.faults
        heads = [head.message for _, head in sorted(self.heads.items())]
        positions: dict[int, bytes] = {}
        said: dict[str, dict[str, bytes]] = {}
        for earlier, later in pairwise(heads):
            yield from _backward(earlier, later)
        for head in heads:
            if positions.setdefault(head.log.sequence, head.log.link_digest) != head.log.link_digest:
                yield Fault("REQ-LOG-4", f"two link digests at sequence {head.log.sequence} of the node's log")
            yield from _not_whole(head)
            for receipt in head.receipts:
                yield from _unsteady(said, receipt)


def _backward(earlier: v1.Head, later: v1.Head) -> Iterator[Fault]:
    """What a later Head takes back."""
    if later.log.sequence < earlier.log.sequence:
        yield Fault("REQ-LOG-4", f"beat {later.beat} goes back to sequence {later.log.sequence}")
    before = {held.post: (held.epoch, held.sequence) for held in earlier.held}
    for held in later.held:
        if (held.epoch, held.sequence) < before.get(held.post, (0, 0)):
            yield Fault("REQ-HEAD-1", f"beat {later.beat} holds less of {held.post} than beat {earlier.beat}")


def _not_whole(head: v1.Head) -> Iterator[Fault]:
    """Instants with more than milliseconds."""
    stamps = [head.made_at, *(receipt.received_at for receipt in head.receipts)]
    if any(stamp.nanos % NS_PER_MS for stamp in stamps):
        yield Fault("REQ-TIME-1", f"beat {head.beat} has an instant with more than whole milliseconds")


def _unsteady(said: dict[str, dict[str, bytes]], receipt: v1.Receipt) -> Iterator[Fault]:
    """A receipt that says otherwise than one before it."""
    where = f"{receipt.post} {receipt.epoch}/{receipt.sequence} {receipt.statement_digest.hex()[:12]}"
    fact, known = receipt.WhichOneof("fact") or "", said.setdefault(where, {})
    if fact in ("received_at", "refused"):
        if known.setdefault(fact, receipt.SerializeToString()) != receipt.SerializeToString():
            yield Fault("REQ-HEAD-5", f"two receipts about {where} that differ")
        if {"received_at", "refused"} <= known.keys():
            yield Fault("REQ-STMT-9", f"{where} was both received and refused")

"""Journals read a second time, by code of the simulator's own: places, receipts, verdicts, and what stands behind them.

Nothing here uses the core. Digests of links and statements are computed again from the layouts of spec 02 and 03.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from hotline import v1
from hotline.protocol.signing import Signer
from hotline_sim.torture.speech import value_of

STATEMENT = "application/vnd.hotline.statement.v1+protobuf"
HEAD = "application/vnd.hotline.head.v1+protobuf"
CHANNEL = "torture"
_START = bytes(32)
Key = tuple[bytes, str, int]
"""What a verdict names: statement, post, stage."""


def encoded(payload_type: str, payload: bytes) -> bytes:
    """The DSSE pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def pae_digest(payload_type: str, payload: bytes) -> bytes:
    """Identity of what was signed."""
    return sha256(encoded(payload_type, payload)).digest()


def signed(payload_type: str, payload: bytes, *signers: Signer) -> v1.Envelope:
    """An envelope, by whoever holds the keys."""
    signatures = [
        v1.Signature(keyid=signer.fingerprint, sig=signer.sign(encoded(payload_type, payload))) for signer in signers
    ]
    return v1.Envelope(payload_type=payload_type, payload=payload, signatures=signatures)


def signatures_of(envelope: v1.Envelope) -> frozenset[tuple[bytes, bytes]]:
    """Who signed and how: key and signature of each. Not covered by the digest, so that it has to be looked at too."""
    return frozenset((each.keyid, each.sig) for each in envelope.signatures)


def next_digest(post: str, sequence: int, before: bytes, link: v1.Link) -> bytes:
    """Digest of a link of epoch 1 by the layout of spec 03, REQ-LOG-2."""
    channel, name = CHANNEL.encode(), post.encode()
    layout = b"hotline/v1/link\x00" + struct.pack(">H", len(channel)) + channel + struct.pack(">H", len(name)) + name
    layout += struct.pack(">QQ", 1, sequence) + before + link.statement_digest
    layout += struct.pack(">QBI", link.sealed_at_ms, link.precedence, link.size)
    return sha256(layout).digest()


def chained(post: str, links: Iterable[v1.Link]) -> list[bytes]:
    """Digests of the links of a whole log."""
    digests, before = [], _START
    for sequence, link in enumerate(links, 1):
        before = next_digest(post, sequence, before, link)
        digests.append(before)
    return digests


@dataclass(frozen=True, slots=True)
class Held:
    """A statement in a journal: its place, when it came there, and how it was found; `misplaced` if it speaks for
    another post than the one in whose log it stands."""

    post: str
    sequence: int
    at_ns: int
    refused: str
    unstaffed: bool
    misplaced: bool


@dataclass(frozen=True, slots=True)
class Word:
    """What an acknowledgement says: the statement that says it, whose it is, stage and value."""

    digest: bytes
    post: str
    stage: int
    value: str


@dataclass(slots=True)
class Book:
    """What one post's journal holds, in the order in which it became durable.

    Attributes:
        post: whose.
        records: how many were read.
        links, digests: of each post's main log, in order.
        branches: link digests of another branch of a post's log, by sequence, as proofs of forks hold them.
        held: by statement digest, each place.
        waiting: own statements that waited for their place.
        own_statements: digests in the order of the own log.
        words: acknowledgements held about each statement, and about each readback.
        heads: digest of the payload of every own Head, and the newest beat.
        beats: the highest beat in a recorded Head of each other post.
        retracted: posts that took back a statement, by its digest.
        said: what receipts in recorded Heads of others say: (statement, speaker, word).
        shown: positions at which statements were shown here.
        verdicts: outcomes by what they name, in order.
        forks: posts proved to have signed two logs, with the lowest sequence at which they are known to part.
        faults: what cannot be read, in words.
    """

    post: str
    records: int = 0
    links: dict[str, list[v1.Link]] = field(default_factory=dict)
    digests: dict[str, list[bytes]] = field(default_factory=dict)
    branches: dict[str, dict[int, set[bytes]]] = field(default_factory=dict)
    held: dict[bytes, list[Held]] = field(default_factory=dict)
    waiting: set[bytes] = field(default_factory=set)
    own_statements: list[bytes] = field(default_factory=list)
    words: dict[bytes, list[Word]] = field(default_factory=dict)
    heads: set[bytes] = field(default_factory=set)
    beat: int = 0
    beats: dict[str, int] = field(default_factory=dict)
    retracted: dict[bytes, set[str]] = field(default_factory=dict)
    said: set[tuple[bytes, str, str]] = field(default_factory=set)
    shown: dict[bytes, set[str]] = field(default_factory=dict)
    verdicts: dict[Key, list[str]] = field(default_factory=dict)
    forks: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, data: bytes) -> v1.Record:
        """Read one more record; gives it back."""
        record = v1.Record.FromString(data)
        self.records += 1
        which = record.WhichOneof("fact")
        if which == "links":
            self._take_links(record.links)
        elif which == "statement":
            self._take_statement(record.statement, record.at.ToNanoseconds())
        elif which == "head_made":
            self.heads.add(sha256(record.head_made.payload).digest())
            self.beat = max(self.beat, v1.Head.FromString(record.head_made.payload).beat)
        elif which == "head_held":
            head = v1.Head.FromString(record.head_held.payload)
            self.beats[head.log.post] = max(head.beat, self.beats.get(head.log.post, 0))
            self.said.update((receipt.statement_digest, head.log.post, word(receipt)) for receipt in head.receipts)
        elif which == "waiting":
            self.waiting.add(pae_digest(STATEMENT, record.waiting.payload))
        elif which == "shown":
            self.shown.setdefault(record.shown.statement_digest, set()).add(record.shown.position)
        elif which == "verdict":
            verdict = record.verdict
            outcome = v1.Verdict.Outcome.Name(verdict.outcome).removeprefix("OUTCOME_")
            self.verdicts.setdefault((verdict.statement_digest, verdict.post, verdict.stage), []).append(outcome)
        elif which == "fork":
            self._take_fork(record.fork)
        return record

    def position(self, post: str) -> v1.LogPosition:
        """The newest position of a log as held here."""
        digests = self.digests.get(post, [])
        return v1.LogPosition(post=post, epoch=1, sequence=len(digests), link_digest=digests[-1] if digests else _START)

    def _take_links(self, run: v1.LinkRun) -> None:
        links, digests = self.links.setdefault(run.post, []), self.digests.setdefault(run.post, [])
        if run.first != len(links) + 1 or run.epoch != 1:
            self.faults.append(f"links of {run.post} from {run.first} follow {len(links)}")
            return
        for link in run.links:
            links.append(link)
            digests.append(next_digest(run.post, len(links), digests[-1] if digests else _START, link))

    def _take_statement(self, held: v1.HeldStatement, at_ns: int) -> None:
        digest = pae_digest(STATEMENT, held.envelope.payload)
        statement = v1.Statement.FromString(held.envelope.payload)
        misplaced = statement.header.from_post != held.post
        place = Held(held.post, held.sequence, at_ns, held.refused, held.unstaffed, misplaced)
        self.held.setdefault(digest, []).append(place)
        if held.post == self.post:
            self.own_statements.append(digest)
        if statement.body_type == "hotline.v1.Acknowledgement" and not held.refused:
            self._take_word(digest, statement)
        elif statement.body_type == "hotline.v1.Retraction" and not held.refused:
            subject = v1.Retraction.FromString(statement.body).subject
            self.retracted.setdefault(subject, set()).add(held.post)

    def _take_word(self, digest: bytes, statement: v1.Statement) -> None:
        body = v1.Acknowledgement.FromString(statement.body)
        said = Word(digest, statement.header.from_post, *value_of(body))
        for about in filter(None, (body.subject, body.readback_answer.readback)):
            self.words.setdefault(about, []).append(said)

    def _take_fork(self, fork: v1.Fork) -> None:
        position, run = v1.Head.FromString(fork.second.payload).log, fork.links
        post, parts = position.post, run.first if run.links else max(1, position.sequence)
        self.forks[post] = min(parts, self.forks.get(post, parts))
        if not run.links:
            return
        branches, main = self.branches.setdefault(post, {}), self.digests.get(post, [])
        befores = (
            {_START} if run.first == 1 else {*main[run.first - 2 : run.first - 1], *branches.get(run.first - 1, ())}
        )
        for before in befores:
            for sequence, link in enumerate(run.links, run.first):
                before = next_digest(post, sequence, before, link)
                branches.setdefault(sequence, set()).add(before)


def word(receipt: v1.Receipt) -> str:
    """What a receipt says, with the position for PRESENTED."""
    which = receipt.WhichOneof("fact")
    if which == "presented":
        return f"PRESENTED {receipt.presented.position}"
    return {"received_at": "RECEIVED", "refused": "REFUSED", "unstaffed_at": "UNSTAFFED"}[which or ""]


def durable_words(book: Book, digest: bytes) -> set[str]:
    """What a post's own journal lets it say about a statement."""
    places = book.held.get(digest, ())
    words = {"REFUSED" if held.refused else "RECEIVED" for held in places}
    words |= {"UNSTAFFED" for held in places if held.unstaffed}
    return words | {f"PRESENTED {position}" for position in book.shown.get(digest, ())}


def own_links(book: Book) -> Sequence[v1.Link]:
    """Links of the own log."""
    return book.links.get(book.post, [])

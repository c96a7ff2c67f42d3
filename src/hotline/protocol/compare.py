"""Two transcripts of one channel side by side: where they part, what one lacks, what they cannot both be right about.

Lacking is not disagreeing: each side exports what it holds at one moment, and facts only ever accumulate. Two
transcripts agree when no log in them parts and no proof in one contradicts a proof in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline.protocol.evidence import Evidence
from hotline.protocol.log_evidence import LogEvidence
from hotline.protocol.message_evidence import Proof


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place at which both transcripts prove a link of one log, and not the same.

    Attributes:
        post, epoch, sequence: the place. That post signed both.
        digests: the link's digest in the first transcript and in the second.
        statements: the statement sealed there, likewise.
        at_ns: the earlier of both sealed times, UTC.
    """

    post: str
    epoch: int
    sequence: int
    digests: tuple[bytes, bytes]
    statements: tuple[bytes, bytes]
    at_ns: int


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that one transcript proves and the other does not hold.

    Attributes:
        digest: the message.
        post: its sender, or the addressee whose stage it is.
        what: "MESSAGE", or stage and value, e.g. "READ READ".
    """

    digest: bytes
    post: str
    what: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two signed words of one post that cannot both be true.

    Attributes:
        post: who said both; for a directory its party, and empty for the agreement, which every party signs.
        digest: the message; empty where it is about none.
        what: "AGREEMENT" for two revisions with one number, "DIRECTORY" for two versions, "HEAD" for two Heads with one
            beat, else the stage's name.
        words: what each transcript proves.
        evidence: digests of the objects that say so.
    """

    post: str
    digest: bytes
    what: str
    words: tuple[str, str]
    evidence: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two transcripts compare.

    Attributes:
        divergences: the first one of each log that parts, earliest first.
        contradictions: what their proofs cannot both be right about.
        only_first, only_second: what only one of them proves.
    """

    divergences: tuple[Divergence, ...]
    contradictions: tuple[Contradiction, ...]
    only_first: tuple[Lack, ...]
    only_second: tuple[Lack, ...]

    @property
    def first_divergence(self) -> Divergence | None:
        """Where they first part; None if no log does."""
        return self.divergences[0] if self.divergences else None

    @property
    def agree(self) -> bool:
        """Whether both can be true; one may still hold more than the other."""
        return not self.divergences and not self.contradictions


def compare(first: Evidence, second: Evidence) -> Comparison:
    """Compare what two transcripts prove.

    Raises:
        UsageError: UNKNOWN_AGREEMENT if they do not begin with one agreement.
    """
    if first.revisions[0] != second.revisions[0]:
        raise UsageError(
            "UNKNOWN_AGREEMENT",
            f"one is under {first.revisions[0].hex()[:12]}, the other under {second.revisions[0].hex()[:12]}",
        )
    found = (_divergence(first.logs[post], second.logs[post]) for post in first.logs if post in second.logs)
    divergences = sorted((parting for parting in found if parting), key=lambda parting: (parting.at_ns, parting.post))
    return Comparison(
        tuple(divergences),
        (*_two_terms(first, second), *_two_heads(first, second), *_two_words(first, second)),
        tuple(_lacks(first, second)),
        tuple(_lacks(second, first)),
    )


def _divergence(one: LogEvidence, other: LogEvidence) -> Divergence | None:
    """The lowest place of a log, over all its epochs, that both prove and not alike."""
    for number in sorted(one.epochs.keys() & other.epochs.keys()):
        ours, theirs = one.epochs[number].links, other.epochs[number].links
        for sequence in sorted(ours.keys() & theirs.keys()):
            here, there = ours[sequence], theirs[sequence]
            if here.digest != there.digest:
                digests, statements = (here.digest, there.digest), (here.statement, there.statement)
                at_ns = min(here.sealed_at_ns, there.sealed_at_ns)
                return Divergence(one.post, number, sequence, digests, statements, at_ns)
    return None


def _two_terms(first: Evidence, second: Evidence) -> Iterator[Contradiction]:
    """A revision of the agreement and a version of a directory are made once."""
    for number, digests in enumerate(zip(first.revisions, second.revisions, strict=False), 1):
        if digests[0] != digests[1]:
            yield Contradiction("", b"", "AGREEMENT", (f"revision {number}",) * 2, digests)
    for party, version in sorted(first.directories.keys() & second.directories.keys()):
        digests = first.directories[party, version], second.directories[party, version]
        if digests[0] != digests[1]:
            yield Contradiction(party, b"", "DIRECTORY", (f"version {version}",) * 2, digests)


def _two_heads(first: Evidence, second: Evidence) -> Iterator[Contradiction]:
    """A beat is given once: two Heads of one post with one beat, and one of them was for other eyes. It forks no log
    (REQ-FORK-5)."""
    for post, epoch, beat in sorted(first.heads.keys() & second.heads.keys()):
        digests = first.heads[post, epoch, beat], second.heads[post, epoch, beat]
        if digests[0] != digests[1]:
            yield Contradiction(post, b"", "HEAD", (f"beat {beat} of epoch {epoch}",) * 2, digests)


Told = tuple[bytes, str, Proof]
"""Digest of a message, an addressee, and one proof about it."""


def _told(evidence: Evidence) -> Iterator[Told]:
    for message in evidence.messages:
        for addressee in message.addressees:
            yield from ((message.digest, addressee.post, proof) for proof in addressee.proofs)


def _two_words(first: Evidence, second: Evidence) -> Iterator[Contradiction]:
    """In one epoch a node says RECEIVED or REFUSED once, and each position PRESENTED once: with one value and time."""
    words = dict(_said_once(first))
    for key, proof in _said_once(second):
        other = words.get(key, proof)
        if (other.value, other.said_at_ns) != (proof.value, proof.said_at_ns):
            digest, post, *_ = key
            said = _words(other), _words(proof)
            yield Contradiction(post, digest, proof.name, said, (other.evidence, proof.evidence))


def _said_once(evidence: Evidence) -> Iterator[tuple[tuple[bytes, str, int, str, int], Proof]]:
    """What nodes say, by what a node may say only one thing about; what officers say are statements of their own."""
    for digest, post, proof in _told(evidence):
        if proof.stage in (v1.STAGE_DELIVERED, v1.STAGE_PRESENTED):
            yield (digest, post, proof.stage, proof.by, proof.head[0]), proof


def _words(proof: Proof) -> str:
    return f"{proof.value} at {proof.said_at_ns // 1_000_000} ms"


def _lacks(holder: Evidence, other: Evidence) -> Iterator[Lack]:
    """What `holder` proves and `other` does not."""
    known = {message.digest for message in other.messages}
    stages = {(digest, post, proof.stage, proof.value) for digest, post, proof in _told(other)}
    for message in holder.messages:
        if message.digest not in known:
            yield Lack(message.digest, message.sender, "MESSAGE")
    for digest, post, proof in _told(holder):
        if (digest, post, proof.stage, proof.value) not in stages:
            yield Lack(digest, post, f"{proof.name} {proof.value}")

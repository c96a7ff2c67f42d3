"""What a transcript proves about one message, as values: its place, its marks, and the stages of each addressee."""

from __future__ import annotations

from dataclasses import dataclass

from hotline import v1
from hotline.protocol.ladder import NOWHERE, Fact, Place, standing


@dataclass(frozen=True, slots=True)
class Proof:
    """One stage of one addressee that is proved.

    Attributes:
        stage, value: as in the ladder; a refusal carries its code, "REFUSED:RULE_BROKEN".
        by: who said it: persons with roles, a position, or "node".
        said_at_ns: when, on the speaker's clock, UTC.
        evidence: digest of the Head or Acknowledgement that says it.
        place: epoch and sequence of that Acknowledgement in its post's log; zeroes for a Head.
        detail: reason, readback, remark.
        contradicted_by: digests of Observations that say otherwise.
        void: DISAVOWED, FORKED, WITHDRAWN or LEVEL_LACKING: shown, and not counted; empty if it counts.
        speaker: the post that says it, where that is not the addressee: one that answers for it, or the sender.
        answers: digest of the readback that it answers; empty for what is no answer to one.
        head: epoch and sequence that the Head signs which says it; zeroes for an Acknowledgement.
    """

    stage: v1.Stage.ValueType
    value: str
    by: str
    said_at_ns: int
    evidence: bytes
    place: Place = NOWHERE
    detail: str = ""
    contradicted_by: tuple[bytes, ...] = ()
    void: str = ""
    speaker: str = ""
    answers: bytes = b""
    head: Place = NOWHERE

    @property
    def name(self) -> str:
        """Name of the stage, e.g. "READ"."""
        return v1.Stage.Name(self.stage).removeprefix("STAGE_")

    def fact(self, post: str) -> Fact:
        """The same about an addressee, as the ladder's tables have it."""
        return Fact(
            post=post,
            stage=self.stage,
            value=self.value,
            said_at_ns=self.said_at_ns,
            learned_at_ns=0,
            by=self.by,
            statement=b"" if self.place == NOWHERE else self.evidence,
            place=self.place,
            void=self.void,
            speaker=self.speaker,
            answers=self.answers,
        )


@dataclass(frozen=True, slots=True)
class AddresseeEvidence:
    """Everything proved about one addressee of a message, in ladder order.

    Attributes:
        contradictory: stages of which posts that speak for one side say opposite senses, so that they are open.
    """

    post: str
    action: bool
    proofs: tuple[Proof, ...]
    contradictory: tuple[v1.Stage.ValueType, ...] = ()

    @property
    def highest(self) -> Proof | None:
        """What the highest stage proved stands at; None when nothing is proved. What is void does not count, and that
        nobody was on watch is no stage reached."""
        by_fact = {proof.fact(self.post): proof for proof in self.proofs}
        for stage in sorted({proof.stage for proof in self.proofs}, reverse=True):
            fact = standing(by_fact, stage)
            if fact is not None and fact.value != "UNSTAFFED":
                return by_fact[fact]
        return None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the exporter says and nobody else signs.

    Attributes:
        digest: statement it is about.
        what: IN_TIME, EXPIRED or LATE of a timer; SHOWN at a position; REFUSED with a code; FORK of a post.
        post: addressee or post it is about.
        detail: the stage of a timer, the position, the code.
        after_ms: milliseconds from sealing, for a timer.
        at_ns: UTC at which the exporter recorded it.
    """

    digest: bytes
    what: str
    post: str
    detail: str
    after_ms: int | None
    at_ns: int


@dataclass(frozen=True, slots=True)
class MessageEvidence:
    """One statement with its place.

    Attributes:
        digest: its identity.
        type: full name of its body's type; empty if its header cannot be read.
        sender, epoch, sequence: its place.
        sealed_at_ns: UTC of sealing, by its sender's clock; what its signers' certificates were held against.
        precedence: as its link gives it.
        thread: digest of its thread's first statement, which may be itself.
        signers: "person (role)".
        refused: code for which every party must refuse it; empty if it stands.
        void: DISAVOWED or FORKED where its party or nobody stands by it; empty if it counts.
        marks: RETRACTED, LEVEL_LACKING.
        addressees: action addressees first.
        contradicted_by: Observations that contradict it or an Acknowledgement of it.
        claims: what the exporter alone says about it.
    """

    digest: bytes
    type: str
    sender: str
    epoch: int
    sequence: int
    sealed_at_ns: int
    precedence: v1.Precedence.ValueType
    thread: bytes
    signers: tuple[str, ...]
    refused: str
    void: str
    marks: tuple[str, ...]
    addressees: tuple[AddresseeEvidence, ...]
    contradicted_by: tuple[bytes, ...]
    claims: tuple[Claim, ...]


def rank(proof: Proof) -> tuple[int, bool, Place, int, str]:
    """Order in which proofs are listed: by stage, within it as they were said."""
    return proof.stage, bool(proof.answers), proof.place, proof.said_at_ns, proof.value

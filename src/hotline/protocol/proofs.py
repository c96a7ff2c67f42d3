"""What a transcript proves about each message: who said which stage, and in which signed object (spec 04, spec 05).

A stage is proved by a Head of the addressee's node that carries the receipt for this statement at this place, or by a
verified Acknowledgement in a proved place. Whatever else the exporter recorded (timer verdicts, what it showed where)
is its own claim and stands apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.protocol.acknowledgements import answers_for, opposed
from hotline.protocol.instant import from_timestamp
from hotline.protocol.ladder import SPEAKER_OF, Speaker, spoken
from hotline.protocol.message_evidence import AddresseeEvidence, Claim, MessageEvidence, Proof, rank
from hotline.protocol.signers import signer_names
from hotline.protocol.statements import Judged, Said
from hotline.protocol.trust import Officer

Place = tuple[str, int, int]
"""Post, epoch and sequence."""
Where = tuple[Place, bytes]
"""A place with the digest of what stands there: a forked log has two statements at one place."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement whose signatures verified, in a proved place; `void` is DISAVOWED or FORKED, or empty."""

    digest: bytes
    post: str
    epoch: int
    sequence: int
    sealed_at_ns: int
    precedence: v1.Precedence.ValueType
    officers: tuple[Officer, ...]
    judged: Judged
    void: str = ""

    @property
    def place(self) -> Place:
        """Post, epoch and sequence."""
        return self.post, self.epoch, self.sequence

    @property
    def where(self) -> Where:
        """Its place and digest."""
        return self.place, self.digest


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt with the Head that carries it.

    Attributes:
        by: whose Head it is.
        head: digest of the Head.
        receipt: what it says.
        place: epoch and sequence that the Head signs.
        void: why what the Head says does not count; empty if it does.
    """

    by: str
    head: bytes
    receipt: v1.Receipt
    place: tuple[int, int]
    void: str = ""


class Proofs:
    """Works out what a set of placed statements and signed receipts proves; the order of either does not matter."""

    def __init__(self, placed: Iterable[Placed], receipts: Iterable[SignedReceipt]) -> None:
        self._at = {statement.where: statement for statement in placed}
        self._said = dict(_in_effect(self._at.values()))
        self._contradicted: dict[bytes, list[bytes]] = defaultdict(list)
        self._above: dict[bytes, list[bytes]] = defaultdict(list)
        self._proofs: dict[tuple[Where, str], dict[tuple[object, ...], Proof]] = defaultdict(dict)
        self._retracted = set(self._retractions())
        for said, _ in self._said.values():
            if isinstance(said.body, v1.Observation) and said.body.finding == v1.Observation.FINDING_CONTRADICTS:
                self._contradicted[said.body.subject].append(said.digest)
        for item in receipts:
            self._receipt(item)
        for said, placed_at in self._said.values():
            if isinstance(said.body, v1.Acknowledgement):
                self._acknowledgement(said, said.body, placed_at)

    def message(self, placed: Placed, claims: Iterable[Claim]) -> MessageEvidence:
        """Everything about one statement."""
        statement, refusal = placed.judged.statement, placed.judged.refusal
        header = statement.header if statement else v1.StatementHeader()
        contradicting = [self._contradicted.get(about, []) for about in self._with_acknowledgements(placed.digest)]
        return MessageEvidence(
            placed.digest,
            statement.body_type if statement else "",
            placed.post,
            placed.epoch,
            placed.sequence,
            placed.sealed_at_ns,
            placed.precedence,
            header.thread or placed.digest,
            signer_names(placed.officers),
            refusal.code if refusal else "",
            placed.void,
            tuple(self._marks(placed)),
            tuple(self._addressees(placed, header)),
            tuple(sorted({observation for found in contradicting for observation in found})),
            tuple(claims),
        )

    def _addressees(self, placed: Placed, header: v1.StatementHeader) -> Iterator[AddresseeEvidence]:
        ladders = {
            post: tuple(sorted(self._proofs[placed.where, post].values(), key=rank))
            for post in (*header.action, *header.info)
        }
        facts = [proof.fact(post) for post, ladder in ladders.items() for proof in ladder]
        for post, ladder in ladders.items():
            stages = dict.fromkeys(proof.stage for proof in ladder)
            contradictory = tuple(stage for stage in stages if opposed(facts, post, stage))
            yield AddresseeEvidence(post, post in header.action, ladder, contradictory)

    def _marks(self, placed: Placed) -> Iterator[str]:
        if placed.digest in self._retracted:
            yield "RETRACTED"
        if placed.judged.said is not None and placed.judged.said.lacks_level:
            yield "LEVEL_LACKING"

    def _retractions(self) -> Iterator[bytes]:
        """What is taken back: a post takes back its own statements, and no retraction (REQ-RETRACT-1)."""
        for said, placed in self._said.values():
            if not isinstance(said.body, v1.Retraction) or placed.void:
                continue
            taken, _ = self._said.get(said.body.subject, (None, None))
            if taken is None or isinstance(taken.body, v1.Retraction):
                continue
            if taken.header.from_post == said.header.from_post and not said.lacks_level:
                yield taken.digest

    def _with_acknowledgements(self, digest: bytes) -> list[bytes]:
        return [digest, *self._above.get(digest, ())]

    def _receipt(self, item: SignedReceipt) -> None:
        """A receipt counts for the very statement at the very place it names, and for its own post only."""
        receipt = item.receipt
        where = (receipt.post, receipt.epoch, receipt.sequence), receipt.statement_digest
        placed = self._at.get(where)
        if placed is None or item.by == placed.post:
            return
        proof = _proof_of(item)
        key = proof.stage, proof.value, proof.by, proof.said_at_ns
        known = self._proofs[where, item.by].setdefault(key, proof)
        if known.void and not proof.void:
            self._proofs[where, item.by][key] = proof

    def _acknowledgement(self, said: Said, body: v1.Acknowledgement, placed: Placed) -> None:
        """An addressee speaks for itself, or who answers for it does; the sender's answer is about who read back."""
        about, about_placed = self._said.get(body.subject, (None, None))
        if about is None or about_placed is None:
            return
        stage, value, detail = spoken(body)
        speaking: Said | None = said
        if SPEAKER_OF[stage, value] is Speaker.SENDER:
            speaking = self._read_back(about, said, body.readback_answer.readback)
        void = placed.void or self._not_counting(said)
        observations = tuple(sorted(self._contradicted.get(said.digest, ())))
        for addressee in answers_for(speaking, about) if speaking else ():
            self._above[about.digest].append(said.digest)
            self._proofs[about_placed.where, addressee][said.digest,] = Proof(
                stage=stage,
                value=value,
                by=said.by,
                said_at_ns=placed.sealed_at_ns,
                evidence=said.digest,
                place=(placed.epoch, placed.sequence),
                detail=detail,
                contradicted_by=observations,
                void=void,
                speaker=placed.post if placed.post != addressee else "",
                answers=body.readback_answer.readback,
            )

    def _not_counting(self, said: Said) -> str:
        if said.digest in self._retracted:
            return "WITHDRAWN"
        return "LEVEL_LACKING" if said.lacks_level else ""

    def _read_back(self, about: Said, answer: Said, readback: bytes) -> Said | None:
        """The Acknowledgement in which a statement was read back, if the answer to it is the sender's own."""
        said, _ = self._said.get(readback, (None, None))
        if said is None or not isinstance(said.body, v1.Acknowledgement):
            return None
        fits = said.body.WhichOneof("stage") == "readback" and said.body.subject == about.digest
        return said if fits and answer.header.from_post == about.header.from_post else None


def _in_effect(placed: Iterable[Placed]) -> Iterator[tuple[bytes, tuple[Said, Placed]]]:
    """What stands, by digest: a statement takes effect once, at the first place where it counts."""
    for statement in sorted(placed, key=lambda each: (not each.void, each.sealed_at_ns, each.place), reverse=True):
        if statement.judged.said is not None:
            yield statement.digest, (statement.judged.said, statement)


def _proof_of(item: SignedReceipt) -> Proof:
    stage, value, by, at = _said_by(item.receipt)
    return Proof(stage, value, by, from_timestamp(at), item.head, void=item.void, head=item.place)


def _said_by(receipt: v1.Receipt) -> tuple[v1.Stage.ValueType, str, str, Timestamp]:
    """Stage, value, who says it and when."""
    which = receipt.WhichOneof("fact")
    if which == "received_at":
        return v1.STAGE_DELIVERED, "RECEIVED", "node", receipt.received_at
    if which == "refused":
        return v1.STAGE_DELIVERED, f"REFUSED:{receipt.refused.code}", "node", receipt.refused.at
    if which == "unstaffed_at":
        return v1.STAGE_PRESENTED, "UNSTAFFED", "node", receipt.unstaffed_at
    return v1.STAGE_PRESENTED, "PRESENTED", receipt.presented.position, receipt.presented.at

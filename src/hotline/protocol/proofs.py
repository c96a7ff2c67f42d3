"""What a transcript proves about each message: who said which stage, and in which signed object (spec 04, spec 05).

A stage is proved by a Head of the addressee's node that carries the receipt for this statement at this place, or by a
verified Acknowledgement in a proved place. Whatever else the exporter recorded (timer verdicts, what it showed where)
is its own claim and stands apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.instant import from_timestamp
from hotline.protocol.ladder import SPEAKER_OF, Speaker, spoken
from hotline.protocol.signers import signer_names
from hotline.protocol.statements import Judged, Said
from hotline.protocol.trust import Officer

Place = tuple[str, int, int]
"""Post, epoch and sequence."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One stage of one addressee that is proved.

    Attributes:
        stage, value: as in the ladder; a refusal carries its code, "REFUSED:RULE_BROKEN".
        by: who said it: persons with roles, a position, or "node".
        said_at_ns: when, on the speaker's clock, UTC.
        evidence: digest of the Head or Acknowledgement that says it.
        place: sequence of that Acknowledgement in its post's log; 0 for a Head.
        detail: reason, readback, remark.
        contradicted_by: digests of Observations that say otherwise.
    """

    stage: v1.Stage.ValueType
    value: str
    by: str
    said_at_ns: int
    evidence: bytes
    place: int = 0
    detail: str = ""
    contradicted_by: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """Name of the stage, e.g. "READ"."""
        return v1.Stage.Name(self.stage).removeprefix("STAGE_")


@dataclass(frozen=True, slots=True)
class AddresseeEvidence:
    """Everything proved about one addressee of a message, in ladder order."""

    post: str
    action: bool
    proofs: tuple[Proof, ...]

    @property
    def highest(self) -> Proof | None:
        """What the highest stage proved stands at; None when nothing is proved.

        A readback's answer outranks the readback, a later word of an officer an earlier one, by its place in the log;
        of what nodes said, the earliest stands (as in `ladder.standing`). That nobody was on watch is no stage reached.
        """
        proofs = [proof for proof in self.proofs if proof.value != "UNSTAFFED"]
        top = max((proof.stage for proof in proofs), default=None)
        return max((proof for proof in proofs if proof.stage == top), key=_weight, default=None)


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
    addressees: tuple[AddresseeEvidence, ...]
    contradicted_by: tuple[bytes, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement whose signatures verified, in a proved place."""

    digest: bytes
    post: str
    epoch: int
    sequence: int
    sealed_at_ns: int
    precedence: v1.Precedence.ValueType
    officers: tuple[Officer, ...]
    judged: Judged

    @property
    def place(self) -> Place:
        """Post, epoch and sequence."""
        return self.post, self.epoch, self.sequence


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt with the Head that carries it: whose, and its digest."""

    by: str
    head: bytes
    receipt: v1.Receipt


class Proofs:
    """Works out what a set of placed statements and signed receipts proves; the order of either does not matter."""

    def __init__(self, placed: Iterable[Placed], receipts: Iterable[SignedReceipt]) -> None:
        self._at = {statement.place: statement for statement in placed}
        self._said = {said.digest: (said, place) for place, held in self._at.items() if (said := held.judged.said)}
        self._contradicted: dict[bytes, list[bytes]] = defaultdict(list)
        self._above: dict[bytes, list[bytes]] = defaultdict(list)
        self._proofs: dict[tuple[Place, str], dict[tuple[object, ...], Proof]] = defaultdict(dict)
        for said, _ in self._said.values():
            if isinstance(said.body, v1.Observation) and said.body.finding == v1.Observation.FINDING_CONTRADICTS:
                self._contradicted[said.body.subject].append(said.digest)
        for item in receipts:
            self._receipt(item)
        for said, place in self._said.values():
            if isinstance(said.body, v1.Acknowledgement):
                self._acknowledgement(said, said.body, place)

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
            tuple(
                AddresseeEvidence(post, post in header.action, self._ladder(placed.place, post))
                for post in (*header.action, *header.info)
            ),
            tuple(sorted({observation for found in contradicting for observation in found})),
            tuple(claims),
        )

    def _with_acknowledgements(self, digest: bytes) -> list[bytes]:
        return [digest, *self._above.get(digest, ())]

    def _ladder(self, place: Place, post: str) -> tuple[Proof, ...]:
        return tuple(sorted(self._proofs[place, post].values(), key=_rank))

    def _receipt(self, item: SignedReceipt) -> None:
        """A receipt counts for the very statement at the very place it names, and for its own post only."""
        place = item.receipt.post, item.receipt.epoch, item.receipt.sequence
        placed = self._at.get(place)
        if placed is None or placed.digest != item.receipt.statement_digest or item.by == placed.post:
            return
        proof = _proof_of(item)
        self._proofs[place, item.by].setdefault((proof.stage, proof.value, proof.by, proof.said_at_ns), proof)

    def _acknowledgement(self, said: Said, body: v1.Acknowledgement, place: Place) -> None:
        """An addressee speaks for itself; the sender's answer is about the addressee who read back."""
        if body.subject not in self._said:
            return
        about, about_place = self._said[body.subject]
        stage, value, detail = spoken(body)
        post = said.header.from_post
        if SPEAKER_OF[stage, value] is Speaker.SENDER:
            if post != about.header.from_post:
                return
            post = self._reader(about, body.readback_answer.readback)
        if post not in about.addressees:
            return
        observations = tuple(sorted(self._contradicted.get(said.digest, ())))
        self._above[about.digest].append(said.digest)
        self._proofs[about_place, post][said.digest,] = Proof(
            stage, value, said.by, self._at[place].sealed_at_ns, said.digest, place[2], detail, observations
        )

    def _reader(self, about: Said, readback: bytes) -> str:
        """The post that read a statement back in the Acknowledgement named; empty if that is none."""
        said, _ = self._said.get(readback, (None, None))
        if said is None or not isinstance(said.body, v1.Acknowledgement):
            return ""
        fits = said.body.WhichOneof("stage") == "readback" and said.body.subject == about.digest
        return said.header.from_post if fits else ""


def _proof_of(item: SignedReceipt) -> Proof:
    receipt = item.receipt
    which = receipt.WhichOneof("fact")
    if which == "received_at":
        return Proof(v1.STAGE_DELIVERED, "RECEIVED", "node", from_timestamp(receipt.received_at), item.head)
    if which == "refused":
        value = f"REFUSED:{receipt.refused.code}"
        return Proof(v1.STAGE_DELIVERED, value, "node", from_timestamp(receipt.refused.at), item.head)
    if which == "unstaffed_at":
        return Proof(v1.STAGE_PRESENTED, "UNSTAFFED", "node", from_timestamp(receipt.unstaffed_at), item.head)
    shown = receipt.presented
    return Proof(v1.STAGE_PRESENTED, "PRESENTED", shown.position, from_timestamp(shown.at), item.head)


def _answers(proof: Proof) -> bool:
    return SPEAKER_OF[proof.stage, proof.value.partition(":")[0]] is Speaker.SENDER


def _rank(proof: Proof) -> tuple[int, bool, int, int, str]:
    """Order in which proofs are listed: by stage, within it as they were said."""
    return proof.stage, _answers(proof), proof.place, proof.said_at_ns, proof.value


def _weight(proof: Proof) -> tuple[bool, int, bytes, int, str, str]:
    said = proof.evidence if proof.place else b""
    return _answers(proof), proof.place, said, -proof.said_at_ns, proof.value, proof.by

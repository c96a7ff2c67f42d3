"""The offline verifier: what a transcript proves, on the agreement's digest alone (spec 05).

It shares no state machine with Endpoint, so that the two check each other. One straight walk:

  1. The container's form and digest; the agreement, against the pin; the directories under it; the exporter's
     signature.
  2. Every record in order: each Head and each statement must verify, by a key that may sign it, or the whole
     transcript is refused.
  3. Each log: links that chain up to a signed Head are proved, anything else is not.
  4. Each statement whose link is proved is judged at its sealed time in its place. One that the exporter took although
     every party must refuse it refuses the transcript.
  5. Receipts and acknowledgements are tied to the statements and places they name.

An exporter can leave things out, and what it left in is not wrong for that: it shows as INCOMPLETE wherever anything
else in the transcript names what is missing. The exporter's certificate need not hold when it exports, as evidence is
called for long afterwards; what its Heads say had to be said while it held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.chains import Chain, Fork, LogEvidence, PlacedLink, Position, Receipted
from hotline.protocol.envelope import Signed, digest_of
from hotline.protocol.errors import HotlineError, PeerDataError
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import from_timestamp
from hotline.protocol.proofs import Claim, MessageEvidence, Placed, Proofs, SignedReceipt
from hotline.protocol.signers import officers_of
from hotline.protocol.statements import Judged, judge, verify_statement
from hotline.protocol.transcript import TAG, Container, open_container
from hotline.protocol.trust import Trust, open_agreement


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a transcript proves.

    Attributes:
        exporter: post whose node signed it.
        exported_at_ns: UTC at which it says it was made.
        agreement_digest: digest of the agreement inside.
        pinned: whether that is the digest that the reader trusts; UNPINNED proves only that the parties named in the
            transcript agree with each other.
        channel, kind: from the agreement.
        logs: every post's log.
        messages: every statement in a proved place, by the time of sealing.
        unplaced: digests of statements that verified, whose place is not proved: they prove nothing here.
        heads: digest of each Head by post and beat; the first where a post signed two with one beat.
        claims: what the exporter alone says about what is not in the transcript.
    """

    exporter: str
    exported_at_ns: int
    agreement_digest: bytes
    pinned: bool
    channel: str
    kind: v1.Kind.ValueType
    logs: Mapping[str, LogEvidence]
    messages: tuple[MessageEvidence, ...]
    unplaced: tuple[bytes, ...]
    heads: Mapping[tuple[str, int], bytes]
    claims: tuple[Claim, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing in the transcript names anything that it does not hold."""
        return all(log.complete for log in self.logs.values())

    @property
    def forks(self) -> tuple[Fork, ...]:
        """Every post proved to have signed two logs."""
        return tuple(log.fork for log in self.logs.values() if log.fork)

    def message(self, digest: bytes) -> MessageEvidence | None:
        """What is proved about one statement."""
        return next((message for message in self.messages if message.digest == digest), None)


def verify_transcript(data: bytes, pin: bytes | None = None) -> Evidence:
    """Verify a transcript from its bytes alone.

    Args:
        data: the whole container.
        pin: digest of the agreement that the reader trusts; None leaves the evidence UNPINNED.

    Raises:
        PeerDataError: TRANSCRIPT_FORMAT, TRANSCRIPT_DIGEST, TRANSCRIPT_SIGNATURE, TRANSCRIPT_CONTENT,
            LINKS_NOT_COVERED, or the code for which an object inside is refused.
        UsageError: AGREEMENT_*, DIRECTORY_*, KEY_SHARED, POST_FOREIGN.
    """
    container = open_container(data)
    agreement = open_agreement(container.agreement.SerializeToString(), pin)
    trust = Trust(agreement, container.directories)
    if list(trust.directories) != [party.id for party in agreement.message.parties]:
        raise PeerDataError("TRANSCRIPT_FORMAT", "the directories are not in the agreement's order")
    if len(container.directories) != len(trust.every_directory()):
        raise PeerDataError("TRANSCRIPT_FORMAT", "a directory stands in it twice")
    _check_signature(container, trust)
    walk = _Walk(trust, container.exporter)
    for number, record in container.facts:
        walk.take(number, record)
    return walk.evidence(container.at_ns, pin is not None)


def _check_signature(container: Container, trust: Trust) -> None:
    closing, node = container.closing, trust.nodes.get(container.exporter)
    if node is None or node.key.fingerprint != closing.keyid:
        raise PeerDataError("TRANSCRIPT_SIGNATURE", f"not closed with the node key of {container.exporter}")
    if not node.key.verify(closing.sig, TAG + closing.digest):
        raise PeerDataError("TRANSCRIPT_SIGNATURE", f"the signature of {container.exporter} does not verify")


@dataclass(frozen=True, slots=True)
class _Held:
    """A statement that verified, with the place that its record gives it; `linked` if its link stood before it."""

    number: int
    record: v1.HeldStatement
    signed: Signed
    linked: bool

    def refuse(self, code: str, detail: str) -> PeerDataError:
        """What to raise when it cannot stand where it does."""
        return PeerDataError(code, f"record {self.number} (statement): {detail}")


@dataclass(slots=True)
class _Walk:
    """The walk over the facts of one transcript."""

    trust: Trust
    exporter: str
    chains: dict[str, Chain] = field(init=False)
    heads: dict[tuple[str, int], bytes] = field(default_factory=dict)
    own_beats: list[int] = field(default_factory=list)
    receipts: list[SignedReceipt] = field(default_factory=list)
    held: dict[tuple[str, bytes], _Held] = field(default_factory=dict)
    claims: dict[bytes, list[Claim]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        channel = self.trust.agreement.channel
        self.chains = {post: Chain(post, node.epoch, channel) for post, node in self.trust.nodes.items()}

    def take(self, number: int, record: v1.Record) -> None:
        """Check one fact by itself and note what it says."""
        which = record.WhichOneof("fact")
        try:
            if which == "links":
                self._chain(record.links.post, record.links.epoch).add_run(record.links)
            elif which in ("head_made", "head_held"):
                self._take_head(getattr(record, which), made=which == "head_made")
            elif which == "statement":
                self._take_statement(number, record.statement, from_timestamp(record.at))
            elif which == "fork":
                self._take_fork(record.fork, from_timestamp(record.at))
            else:
                self._take_claim(record, from_timestamp(record.at))
        except HotlineError as error:
            raise PeerDataError(error.code, f"record {number} ({which}): {error.detail}") from error

    def evidence(self, at_ns: int, pinned: bool) -> Evidence:
        """What everything taken proves together."""
        bodies, beats = {digest for _, digest in self.held}, set(self.own_beats)
        logs = {post: chain.prove(self.exporter, bodies, beats) for post, chain in self.chains.items()}
        placed = self._placed(logs)
        proofs = Proofs(placed, self.receipts)
        agreement, known = self.trust.agreement, {found.digest for found in placed}
        loose = (claim for claims in self.claims.values() for claim in claims if claim.digest not in known)
        return Evidence(
            self.exporter,
            at_ns,
            agreement.digest,
            pinned,
            agreement.channel,
            agreement.kind,
            logs,
            tuple(proofs.message(found, self.claims.get(found.digest, ())) for found in placed),
            tuple(sorted(bodies - known)),
            self.heads,
            tuple(claim for claim in loose if claim.what != "FORK" or logs[claim.post].fork is None),
        )

    # -- heads and links ----------------------------------------------------------------------------------------------

    def _chain(self, post: str, epoch: int) -> Chain:
        chain = self.chains.get(post)
        if chain is None:
            raise PeerDataError("UNKNOWN_POST", f"no directory lists {post}")
        if chain.epoch != epoch:
            raise PeerDataError("EPOCH_UNKNOWN", f"epoch {epoch} of {post} is not in its directory")
        return chain

    def _take_head(self, envelope: v1.Envelope, *, made: bool) -> None:
        opened = open_head(envelope, self.trust, "", None)
        if made != (opened.post == self.exporter):
            raise PeerDataError("TRANSCRIPT_CONTENT", f"a Head of {opened.post} in a transcript of {self.exporter}")
        if made and self.own_beats and opened.message.beat <= self.own_beats[-1]:
            raise PeerDataError("TRANSCRIPT_CONTENT", f"beat {opened.message.beat} follows beat {self.own_beats[-1]}")
        if made:
            self.own_beats.append(opened.message.beat)
        self._note_head(opened)
        digest = digest_of(envelope)
        for receipt in opened.message.receipts:
            if receipt.post in self.chains and receipt.epoch == self.chains[receipt.post].epoch:
                self.receipts.append(SignedReceipt(opened.post, digest, receipt))
                self.chains[receipt.post].receipted.append(
                    Receipted(opened.post, receipt.sequence, receipt.statement_digest)
                )

    def _note_head(self, opened: Opened) -> Position:
        """Note every position that a Head signs; returns that of its own log."""
        digest, message = digest_of(opened.envelope), opened.message
        self.heads.setdefault((opened.post, message.beat), digest)
        own = Position(opened.post, message.log.sequence, message.log.link_digest, digest)
        self.chains[opened.post].signed.append(own)
        for held in message.held:
            chain = self.chains.get(held.post)
            if chain is not None and held.post != opened.post and held.epoch == chain.epoch and held.sequence:
                chain.reported.append(Position(opened.post, held.sequence, held.link_digest, digest))
        return own

    def _take_fork(self, fork: v1.Fork, at_ns: int) -> None:
        """Two Heads of one post; whether they prove a fork is seen when all links are known."""
        first, second = (open_head(envelope, self.trust, "", None) for envelope in (fork.first, fork.second))
        if first.post != second.post:
            raise PeerDataError("TRANSCRIPT_CONTENT", f"a fork of {first.post} with a Head of {second.post}")
        self._note_head(first)
        branch = self._note_head(second)
        if fork.links.post == second.post and fork.links.epoch == second.epoch:
            self.chains[second.post].add_branch(fork.links, branch)
        self.claims[b""].append(Claim(b"", "FORK", second.post, "", None, at_ns))

    # -- statements and claims ----------------------------------------------------------------------------------------

    def _take_statement(self, number: int, record: v1.HeldStatement, at_ns: int) -> None:
        chain = self._chain(record.post, record.epoch)
        signed = verify_statement(record.envelope, self.trust)
        if (record.post, signed.digest) in self.held:
            raise PeerDataError("TRANSCRIPT_CONTENT", f"statement {signed.digest.hex()[:12]} is held twice")
        linked = record.sequence in chain.given
        self.held[record.post, signed.digest] = _Held(number, record, signed, linked)
        if record.refused:
            claim = Claim(signed.digest, "REFUSED", self.exporter, record.refused, None, at_ns)
            self.claims[signed.digest].append(claim)

    def _placed(self, logs: Mapping[str, LogEvidence]) -> list[Placed]:
        """Every statement whose place is proved, judged there, by the time of sealing."""
        first = {
            (log.post, link.statement): sequence
            for log in logs.values()
            for sequence, link in sorted(log.links.items(), reverse=True)
        }
        placed = []
        for (post, digest), held in self.held.items():
            sequence = held.record.sequence
            if not held.linked and sequence in self.chains[post].given:
                raise held.refuse("TRANSCRIPT_CONTENT", "it stands before its link")
            link = logs[post].links.get(sequence)
            if link is None:
                continue
            if first.get((post, digest)) != sequence:
                raise held.refuse("TRANSCRIPT_CONTENT", f"{sequence} is not its place in the log of {post}")
            placed.append(self._judge(held, link))
        return sorted(placed, key=lambda found: (found.sealed_at_ns, found.place))

    def _judge(self, held: _Held, link: PlacedLink) -> Placed:
        record = held.record
        judged = judge(held.signed, self.trust, record.post, record.epoch, link.sealed_at_ns)
        if judged.said is not None and (
            link.size != len(record.envelope.payload) or link.precedence != judged.said.header.precedence
        ):
            judged = Judged(None, PeerDataError("SIZE_MISMATCH", "its link says otherwise"), judged.statement)
        if judged.refusal is not None and not record.refused:
            raise held.refuse(judged.refusal.code, f"taken, and to be refused: {judged.refusal.detail}")
        officers = officers_of(held.signed, self.trust, link.sealed_at_ns)
        at = link.sealed_at_ns
        return Placed(
            held.signed.digest, record.post, record.epoch, record.sequence, at, link.precedence, officers, judged
        )

    def _take_claim(self, record: v1.Record, at_ns: int) -> None:
        if record.HasField("shown"):
            shown = record.shown
            claim = Claim(shown.statement_digest, "SHOWN", self.exporter, shown.position, None, at_ns)
        else:
            verdict = record.verdict
            what = v1.Verdict.Outcome.Name(verdict.outcome).removeprefix("OUTCOME_")
            stage = v1.Stage.Name(verdict.stage).removeprefix("STAGE_")
            claim = Claim(verdict.statement_digest, what, verdict.post, stage, verdict.after_ms, at_ns)
        self.claims[claim.digest].append(claim)

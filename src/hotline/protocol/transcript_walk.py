"""The walk over the facts of a transcript: each checked by itself, noted, and at the end seen together (spec 05).

It shares no state machine with Endpoint, so that the two check each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hotline import v1
from hotline.protocol.chains import Chain, Position, Receipted
from hotline.protocol.envelope import Signed, digest_of
from hotline.protocol.errors import HotlineError, PeerDataError
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import from_timestamp
from hotline.protocol.log import START
from hotline.protocol.log_evidence import EpochEvidence, LogEvidence, PlacedLink
from hotline.protocol.message_evidence import Claim
from hotline.protocol.proofs import Placed, SignedReceipt
from hotline.protocol.signers import officers_of
from hotline.protocol.statements import Judged, judge, verify_statement
from hotline.protocol.trust import Trust

Log = tuple[str, int]
"""Post and epoch."""


@dataclass(frozen=True, slots=True)
class Named:
    """A revision of the agreement or a version of a directory that a Head names, and the transcript does not hold.

    Attributes:
        what: party whose directory it is; empty for the agreement.
        number: of the version or revision.
        by: post whose Head names it.
    """

    what: str
    number: int
    by: str


@dataclass(frozen=True, slots=True)
class _Held:
    """A statement that verified, with the place its record gives it; `linked` if a link before it names it there."""

    number: int
    record: v1.HeldStatement
    signed: Signed
    linked: bool

    @property
    def log(self) -> Log:
        """Post and epoch."""
        return self.record.post, self.record.epoch

    def refuse(self, code: str, detail: str) -> PeerDataError:
        """What to raise when it cannot stand where it does."""
        return PeerDataError(code, f"record {self.number} (statement): {detail}")


class Walk:
    """Takes the facts of one transcript in their order.

    Attributes:
        heads: digest of each Head by post, epoch and beat; the first where a post signed two with one beat.
        claims: what the exporter alone says, by statement; under an empty digest what is about none.
        bodies: digest of every statement that verified.
        missing: revisions and versions that a Head names and that are not held.
    """

    def __init__(self, trust: Trust, exporter: str) -> None:
        self.heads: dict[tuple[str, int, int], bytes] = {}
        self.claims: dict[bytes, list[Claim]] = defaultdict(list)
        self.missing: set[Named] = set()
        self._trust, self._exporter = trust, exporter
        self._chains = dict(_chains(trust))
        self._own_beats: dict[int, list[int]] = defaultdict(list)
        self._receipts: list[SignedReceipt] = []
        self._held: dict[tuple[Log, bytes], _Held] = {}

    @property
    def bodies(self) -> set[bytes]:
        """Digest of every statement that verified."""
        return {digest for _, digest in self._held}

    def take(self, number: int, record: v1.Record) -> None:
        """Check one fact by itself and note what it says.

        Raises:
            PeerDataError: it does not verify, or cannot stand where it does.
        """
        which, at_ns = record.WhichOneof("fact"), from_timestamp(record.at)
        try:
            if which == "links":
                self._chain(record.links.post, record.links.epoch).add_run(record.links)
            elif which in ("head_made", "head_held"):
                self._take_head(getattr(record, which), made=which == "head_made")
            elif which == "statement":
                self._take_statement(number, record.statement, at_ns)
            elif which == "fork":
                self._take_fork(record.fork, at_ns)
            else:
                self._take_claim(record, at_ns)
        except HotlineError as error:
            raise PeerDataError(error.code, f"record {number} ({which}): {error.detail}") from error

    # -- heads and links ---------------------------------------------------------------------------------------------

    def _chain(self, post: str, epoch: int) -> Chain:
        chain = self._chains.get((post, epoch))
        if chain is not None:
            return chain
        if post not in self._trust.epochs:
            raise PeerDataError("UNKNOWN_POST", f"no directory lists {post}")
        raise PeerDataError("EPOCH_UNKNOWN", f"epoch {epoch} of {post} is not in its directory")

    def _take_head(self, envelope: v1.Envelope, *, made: bool) -> None:
        opened = open_head(envelope, self._trust, "", None)
        message, digest = opened.message, digest_of(envelope)
        if made != (opened.post == self._exporter):
            raise PeerDataError("TRANSCRIPT_CONTENT", f"a Head of {opened.post} in a transcript of {self._exporter}")
        if made:
            self._note_beat(opened.epoch, message.beat)
        self._note_head(opened)
        for receipt in message.receipts:
            chain = self._chains.get((receipt.post, receipt.epoch))
            if chain is not None:
                place = opened.epoch, message.log.sequence
                self._receipts.append(SignedReceipt(opened.post, digest, receipt, place))
                chain.receipted.append(Receipted(opened.post, receipt.sequence, receipt.statement_digest))

    def _note_beat(self, epoch: int, beat: int) -> None:
        """The exporter's own Heads stand in the order in which it made them."""
        newest = max(self._own_beats, default=epoch)
        beats = self._own_beats[epoch]
        if epoch < newest or (beats and beat <= beats[-1]):
            raise PeerDataError("TRANSCRIPT_CONTENT", f"beat {beat} of epoch {epoch} follows a later one")
        beats.append(beat)

    def _note_head(self, opened: Opened) -> Position:
        """Note everything that a Head names; returns the position of its own log."""
        digest, message = digest_of(opened.envelope), opened.message
        self.heads.setdefault((opened.post, opened.epoch, message.beat), digest)
        own = Position(opened.post, message.log.sequence, message.log.link_digest, digest)
        self._chains[opened.post, opened.epoch].signed.append(own)
        for said in message.held:
            chain = self._chains.get((said.post, said.epoch))
            if chain is not None and said.post != opened.post and said.sequence:
                chain.reported.append(Position(opened.post, said.sequence, said.link_digest, digest))
        for directory in message.directories:
            held = self._trust.digest_of(directory.party, directory.version)
            if directory.party in self._trust.versions and held != directory.digest:
                self.missing.add(Named(directory.party, directory.version, opened.post))
        if self._trust.revisions.digest_of(message.agreement_revision) != message.agreement_held_digest:
            self.missing.add(Named("", message.agreement_revision, opened.post))
        return own

    def _take_fork(self, fork: v1.Fork, at_ns: int) -> None:
        """Two Heads of one post; whether they prove a fork is seen when all links are known. A Head of a later epoch
        covers links of an earlier one up to its closure."""
        first, second = (open_head(envelope, self._trust, "", None) for envelope in (fork.first, fork.second))
        if first.post != second.post:
            raise PeerDataError("TRANSCRIPT_CONTENT", f"a fork of {first.post} with a Head of {second.post}")
        self._note_head(first)
        position, links = self._note_head(second), fork.links
        if links.post == second.post:
            chain = self._chain(links.post, links.epoch)
            if links.epoch < second.epoch and chain.closure is not None:
                position = replace(chain.closure, head=position.head)
            if links.epoch <= second.epoch:
                chain.add_branch(links, position)
        self.claims[b""].append(Claim(b"", "FORK", second.post, "", None, at_ns))

    # -- statements and claims ---------------------------------------------------------------------------------------

    def _take_statement(self, number: int, record: v1.HeldStatement, at_ns: int) -> None:
        chain = self._chain(record.post, record.epoch)
        signed = verify_statement(record.envelope, self._trust)
        held = _Held(number, record, signed, signed.digest in chain.named.get(record.sequence, ()))
        if (held.log, signed.digest) in self._held:
            raise PeerDataError("TRANSCRIPT_CONTENT", f"statement {signed.digest.hex()[:12]} is held twice")
        self._held[held.log, signed.digest] = held
        if record.refused:
            claim = Claim(signed.digest, "REFUSED", self._exporter, record.refused, None, at_ns)
            self.claims[signed.digest].append(claim)

    def _take_claim(self, record: v1.Record, at_ns: int) -> None:
        if record.HasField("shown"):
            shown = record.shown
            claim = Claim(shown.statement_digest, "SHOWN", self._exporter, shown.position, None, at_ns)
        else:
            verdict = record.verdict
            what = v1.Verdict.Outcome.Name(verdict.outcome).removeprefix("OUTCOME_")
            stage = v1.Stage.Name(verdict.stage).removeprefix("STAGE_")
            claim = Claim(verdict.statement_digest, what, verdict.post, stage, verdict.after_ms, at_ns)
        self.claims[claim.digest].append(claim)

    # -- everything together -----------------------------------------------------------------------------------------

    def logs(self) -> dict[str, LogEvidence]:
        """What is proved of every log.

        Raises:
            PeerDataError: LINKS_NOT_COVERED.
        """
        bodies = self.bodies
        epochs: dict[str, dict[int, EpochEvidence]] = defaultdict(dict)
        for (post, epoch), chain in self._chains.items():
            epochs[post][epoch] = chain.prove(self._exporter, bodies, self._own_beats.get(epoch, ()))
        return {post: LogEvidence(post, found) for post, found in epochs.items()}

    def receipts(self, logs: Mapping[str, LogEvidence]) -> Iterator[SignedReceipt]:
        """Every receipt that a Head carries, marked where the Head is of a stretch in which its post forked its log."""
        for receipt in self._receipts:
            epoch, sequence = receipt.place
            yield replace(receipt, void=logs[receipt.by].epochs[epoch].void_head(sequence))

    def placed(self, logs: Mapping[str, LogEvidence]) -> list[Placed]:
        """Every statement whose place is proved, on either branch of its log, judged there, by the time of sealing.

        Raises:
            PeerDataError: TRANSCRIPT_CONTENT, or the code for which a statement that was taken must be refused.
        """
        placed = []
        places = {(post, number): epoch.places() for post, log in logs.items() for number, epoch in log.epochs.items()}
        for (log, digest), held in self._held.items():
            sequence = held.record.sequence
            if not held.linked and digest in self._chains[log].named.get(sequence, ()):
                raise held.refuse("TRANSCRIPT_CONTENT", "it stands before its link")
            link = places[log].get(digest, {}).get(sequence)
            if link is not None:
                placed.append(self._judge(held, link, logs[log[0]].epochs[log[1]]))
            elif digest in places[log]:
                raise held.refuse("TRANSCRIPT_CONTENT", f"{sequence} is not its place in the log of {log[0]}")
        return sorted(placed, key=lambda found: (found.sealed_at_ns, found.place))

    def _judge(self, held: _Held, link: PlacedLink, epoch: EpochEvidence) -> Placed:
        record, at_ns = held.record, link.sealed_at_ns
        judged = judge(held.signed, self._trust, record.post, record.epoch, at_ns)
        if judged.said is not None and (
            link.size != len(record.envelope.payload) or link.precedence != judged.said.header.precedence
        ):
            judged = Judged(None, PeerDataError("SIZE_MISMATCH", "its link says otherwise"), judged.statement)
        if judged.refusal is not None and not record.refused:
            raise held.refuse(judged.refusal.code, f"taken, and to be refused: {judged.refusal.detail}")
        place = record.epoch, record.sequence
        revoked = any(self._trust.revoked(keyid, place) for keyid in held.signed.keyids)
        return Placed(
            held.signed.digest,
            record.post,
            record.epoch,
            record.sequence,
            at_ns,
            link.precedence,
            officers_of(held.signed, self._trust, at_ns),
            judged,
            "DISAVOWED" if revoked else epoch.void(record.sequence, held.signed.digest),
        )


def _chains(trust: Trust) -> Iterator[tuple[Log, Chain]]:
    """A chain for every epoch that a directory lists; each begins where its party closed the one before."""
    for post, epochs in trust.epochs.items():
        start = START
        for number in sorted(epochs.nodes):
            closure = epochs.closures.get(number)
            party = trust.parties[post]
            closed = Position(party, closure.sequence, closure.link_digest, b"") if closure else None
            yield (post, number), Chain(post, number, trust.agreement.channel, start, closed)
            start = closure.link_digest if closure else START

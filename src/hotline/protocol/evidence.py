"""The offline verifier: what a transcript proves, on the digest of one revision of the agreement alone (spec 05).

It shares no state machine with Endpoint, so that the two check each other. One straight walk:

  1. The container's form and digest; the revisions of the agreement, one of them against the pin; every version of
     every directory under them; the exporter's signature.
  2. Every record in order: each Head and each statement must verify, by a key that may sign it, or the whole
     transcript is refused.
  3. Each epoch of each log: links that chain up to a signed Head or to its closure are proved, anything else is not.
  4. Each statement whose link is proved is judged at its sealed time in its place. One that the exporter took although
     every party must refuse it refuses the transcript.
  5. Receipts and acknowledgements are tied to the statements and places they name. What was disavowed, forked or
     withdrawn is shown, and does not count.

An exporter can leave things out, and what it left in is not wrong for that: it shows as INCOMPLETE wherever anything
else in the transcript names what is missing. The exporter's certificate need not hold when it exports, as evidence is
called for long afterwards; what its Heads say had to be said while it held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.log_evidence import Fork, LogEvidence
from hotline.protocol.message_evidence import Claim, MessageEvidence
from hotline.protocol.proofs import Proofs
from hotline.protocol.transcript import TAG, Container, in_order, open_container
from hotline.protocol.transcript_walk import Named, Walk
from hotline.protocol.trust import Agreement, Trust, open_revisions


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a transcript proves.

    Attributes:
        exporter: post whose node signed it.
        exported_at_ns: UTC at which it says it was made.
        agreement_digest: digest of the revision that the reader trusts; of the newest inside where none was pinned.
        pinned: whether the reader trusts it; UNPINNED proves only that the parties named in the transcript agree with
            each other.
        revisions: digest of every revision of the agreement inside, from revision 1 on.
        directories: digest of every version of every directory inside, by party and version.
        channel, kind: from the agreement.
        logs: every post's log.
        messages: every statement in a proved place, by the time of sealing.
        unplaced: digests of statements that verified, whose place is not proved: they prove nothing here.
        heads: digest of each Head by post, epoch and beat; the first where a post signed two with one beat.
        missing: revisions and versions that a Head inside names and that are not inside.
        claims: what the exporter alone says about what is not in the transcript.
    """

    exporter: str
    exported_at_ns: int
    agreement_digest: bytes
    pinned: bool
    revisions: tuple[bytes, ...]
    directories: Mapping[tuple[str, int], bytes]
    channel: str
    kind: v1.Kind.ValueType
    logs: Mapping[str, LogEvidence]
    messages: tuple[MessageEvidence, ...]
    unplaced: tuple[bytes, ...]
    heads: Mapping[tuple[str, int, int], bytes]
    missing: tuple[Named, ...]
    claims: tuple[Claim, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing in the transcript names anything that it does not hold."""
        return not self.missing and all(log.complete for log in self.logs.values())

    @property
    def forks(self) -> tuple[Fork, ...]:
        """Every post proved to have signed two logs."""
        return tuple(fork for log in self.logs.values() for fork in log.forks)

    def message(self, digest: bytes) -> MessageEvidence | None:
        """What is proved about one statement."""
        return next((message for message in self.messages if message.digest == digest), None)


def verify_transcript(data: bytes, pin: bytes | None = None) -> Evidence:
    """Verify a transcript from its bytes alone.

    Args:
        data: the whole container.
        pin: digest of the revision that the reader trusts, any of the chain; None leaves the evidence UNPINNED.

    Raises:
        PeerDataError: TRANSCRIPT_FORMAT, TRANSCRIPT_DIGEST, TRANSCRIPT_SIGNATURE, TRANSCRIPT_CONTENT,
            LINKS_NOT_COVERED, AGREEMENT_CHAIN, DIRECTORY_CHAIN, EPOCH_CHAIN, or the code for which an object inside is
            refused.
        UsageError: AGREEMENT_SIGNATURES, AGREEMENT_DIGEST, DIRECTORY_FOREIGN, DIRECTORY_MISSING, KEY_SHARED,
            POST_FOREIGN.
    """
    container = open_container(data)
    revisions = open_revisions([signed.SerializeToString() for signed in container.agreements], pin)
    trust = Trust(revisions, container.directories)
    if in_order(trust) != list(container.directories):
        raise PeerDataError("TRANSCRIPT_FORMAT", "the directories are not in the order of parties and versions")
    _check_signature(container, trust)
    walk = Walk(trust, container.exporter)
    for number, record in container.facts:
        walk.take(number, record)
    return _evidence(container, revisions, trust, walk, pin)


def _check_signature(container: Container, trust: Trust) -> None:
    closing, node = container.closing, trust.nodes.get(container.exporter)
    if node is None or node.key.fingerprint != closing.keyid:
        raise PeerDataError("TRANSCRIPT_SIGNATURE", f"not closed with the node key of {container.exporter}")
    if not node.key.verify(closing.sig, TAG + closing.digest):
        raise PeerDataError("TRANSCRIPT_SIGNATURE", f"the signature of {container.exporter} does not verify")


def _evidence(
    container: Container, revisions: list[Agreement], trust: Trust, walk: Walk, pin: bytes | None
) -> Evidence:
    """What everything taken proves together."""
    logs = walk.logs()
    placed = walk.placed(logs)
    proofs = Proofs(placed, walk.receipts(logs))
    known = {found.digest for found in placed}
    forked = {post for post, log in logs.items() if log.forks}
    loose = (claim for claims in walk.claims.values() for claim in claims if claim.digest not in known)
    return Evidence(
        container.exporter,
        container.at_ns,
        revisions[-1].digest if pin is None else pin,
        pin is not None,
        tuple(revision.digest for revision in revisions),
        {
            (listed.party, listed.version): listed.digest
            for party in trust.directories
            for listed in trust.listed(party)
        },
        revisions[0].channel,
        revisions[0].kind,
        logs,
        tuple(proofs.message(found, walk.claims.get(found.digest, ())) for found in placed),
        tuple(sorted(walk.bodies - known)),
        walk.heads,
        tuple(sorted(walk.missing, key=lambda named: (named.what, named.number, named.by))),
        tuple(claim for claim in loose if claim.what != "FORK" or claim.post not in forked),
    )

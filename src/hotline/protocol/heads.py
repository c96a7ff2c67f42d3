"""Heads: opening a peer's, making our own, and what their receipts mean (spec 03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.envelope import HEAD, Signed, read, sign, verify
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.ladder import NOWHERE, Fact, Place
from hotline.protocol.log import PostLog
from hotline.protocol.peer import Peer
from hotline.protocol.receipts import share
from hotline.protocol.signing import Signer
from hotline.protocol.statements import BODY_OF
from hotline.protocol.timers import DELIVERED, PRESENTED
from hotline.protocol.trust import Terms, Trust


@dataclass(frozen=True, slots=True)
class Opened:
    """A Head that verified under the node certificate of the post it speaks for."""

    post: str
    epoch: int
    message: v1.Head
    envelope: v1.Envelope

    @property
    def place(self) -> Place:
        """Epoch and sequence of the position that it signs."""
        return self.epoch, self.message.log.sequence


class AnotherRevisionError(PeerDataError):
    """A post's Head names another revision of the agreement with the number of one that is held (REQ-AGR-4).

    Attributes:
        post: whose Head.
        digest: of its revision.
    """

    def __init__(self, post: str, head: v1.Head) -> None:
        self.post, self.digest = post, head.agreement_held_digest
        named = f"another revision {head.agreement_revision} of the agreement, {self.digest.hex()}"
        super().__init__("AGREEMENT_FORK", f"{post} holds {named}")


def another_revision(post: str, head: v1.Head, trust: Trust) -> AnotherRevisionError | None:
    """What is wrong with the revision that a post's Head names; None where it is held, or not yet."""
    ours = trust.revisions.digest_of(head.agreement_revision)
    return None if ours in (None, head.agreement_held_digest) else AnotherRevisionError(post, head)


class OwnHeadError(PeerDataError):
    """OWN_HEAD: a Head by this post's own newest node key came from outside.

    Attributes:
        position: what it signs of our log on this channel; None where it signs nothing of it.
    """

    def __init__(self, position: v1.LogPosition | None) -> None:
        super().__init__("OWN_HEAD", "a Head in our own name came from outside")
        self.position = position


def own_position(signed: Signed, trust: Trust) -> v1.LogPosition | None:
    """The position of its own log that a Head signs whose signature verified; None if it cannot stand here."""
    node = trust.node_of(signed.keyids[0])
    try:
        head = read(signed, v1.Head).message
    except PeerDataError:
        return None
    here = head.channel == trust.agreement.channel and head.kind == trust.agreement.kind
    return head.log if here and (head.log.post, head.log.epoch) == (node.post, node.epoch) else None


def open_head(envelope: v1.Envelope, trust: Trust, own_post: str, pin: bytes | None) -> Opened:
    """Verify a Head and that it stands for its post on this channel.

    Raises:
        PeerDataError: KEY_UNKNOWN, SIGNATURE_*, SCAN_*, RULE_BROKEN, PIN_MISMATCH, WRONG_CHANNEL,
            UNKNOWN_AGREEMENT, WRONG_KIND, NOT_ITS_POST, EPOCH_UNKNOWN, CERTIFICATE_EXPIRED.
        AnotherRevisionError: AGREEMENT_FORK, where another revision is in force for it.
        OwnHeadError: OWN_HEAD.
    """
    signed = verify(envelope, HEAD, trust.node_key)
    if len(signed.keyids) != 1:
        raise PeerDataError("SIGNATURE_COUNT", "a Head is signed by one node")
    node = trust.node_of(signed.keyids[0])
    if node.post == own_post and node.epoch == trust.nodes[own_post].epoch:
        raise OwnHeadError(own_position(signed, trust))
    if pin is not None and pin not in trust.pins.get(node.post, ()):
        raise PeerDataError("PIN_MISMATCH", f"that TLS certificate is not pinned for {node.post}")
    head = read(signed, v1.Head).message
    if head.kind != trust.agreement.kind:
        raise PeerDataError("WRONG_KIND", f"a Head for {v1.Kind.Name(head.kind)}")
    if head.channel != trust.agreement.channel:
        raise PeerDataError("WRONG_CHANNEL", f"a Head for {head.channel}")
    if trust.revisions.by_digest(head.agreement_digest) is None:
        unknown = PeerDataError("UNKNOWN_AGREEMENT", f"a Head under agreement {head.agreement_digest.hex()[:12]}")
        raise another_revision(node.post, head, trust) or unknown
    if head.log.post != node.post:
        raise PeerDataError("NOT_ITS_POST", f"{node.post} signed a Head for {head.log.post}")
    if head.log.epoch != node.epoch:
        raise PeerDataError("EPOCH_UNKNOWN", f"epoch {head.log.epoch} of {node.post} is not in its directory")
    if not node.holds(head.made_at.ToNanoseconds()):
        raise PeerDataError("CERTIFICATE_EXPIRED", f"the node certificate of {node.post} does not hold")
    return Opened(node.post, node.epoch, head, envelope)


@dataclass(frozen=True, slots=True)
class Own:
    """What a node's own Head is made from."""

    trust: Trust
    post: str
    logs: Mapping[str, PostLog]
    peers: Mapping[str, Peer]
    staffed: bool
    beat: int


def make(own: Own, signer: Signer, now: Instant) -> v1.Envelope:
    """This node's Head with the given beat, covering its whole log and carrying every receipt not yet seen."""
    terms, peers = own.trust.terms(now.utc_ns), [peer for peer in own.peers.values() if not peer.withdrawn]
    asking, each_max = any(peer.hello for peer in peers), share(len(peers))
    head = v1.Head(
        channel=terms.message.channel,
        agreement_digest=terms.digest,
        kind=terms.message.kind,
        log=own.logs[own.post].position(),
        beat=own.beat,
        made_at=to_timestamp(now.utc_ns),
        beats_seen=[
            v1.PeerBeat(post=peer.post, beat=peer.beat) for peer in peers if peer.epoch == own.logs[peer.post].epoch
        ],
        held=[own.logs[peer.post].position() for peer in peers],
        receipts=[receipt for peer in peers for receipt in peer.receipts.oldest(each_max)],
        staffed=own.staffed,
        directories=own.trust.held(),
        types=_supported(terms) if asking else (),
        hello=next((peer.hello for peer in peers if peer.hello), b""),
        echoes=[v1.HelloEcho(post=peer.post, hello=peer.echo) for peer in peers if peer.echo],
        agreement_revision=own.trust.revisions.newest.revision,
        agreement_held_digest=own.trust.revisions.newest.digest,
    )
    return sign(HEAD, head.SerializeToString(deterministic=True), signer)


def _supported(terms: Terms) -> list[str]:
    """Types in force that this implementation knows, for people: what is sent does not depend on them (REQ-HEAD-8)."""
    return sorted(name for name in terms.type_rules if name in BODY_OF)


def says_news(head: v1.Head, peer: Peer, own: PostLog) -> bool:
    """Whether a Head says anything worth keeping: a receipt, a change of watch, how far it holds our log, another epoch
    or what it holds of directories and revisions. That is no reason to answer it (REQ-HEAD-9)."""
    held = next((held.sequence for held in head.held if held.post == own.post and held.epoch == own.epoch), 0)
    return (
        bool(head.receipts)
        or (head.staffed, head.log.epoch) != (peer.staffed, peer.epoch)
        or held > peer.confirmed
        or head.agreement_revision != peer.revision
        or any(peer.directories.get(listed.party) != listed.version for listed in head.directories)
    )


def fact_of(receipt: v1.Receipt, speaker: str, learned_at_ns: int, head: Place = NOWHERE, void: str = "") -> Fact:
    """The fact a receipt states about its statement.

    Args:
        head: the place that the Head signs which carries it.
        void: why what that Head says does not count.
    """
    said, learned = _said_of(receipt), learned_at_ns
    return Fact(speaker, said.stage, said.value, said.at_ns, learned, said.by, void=void, head=head)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a receipt says, when, and what for a node says it: itself, or a position."""

    stage: v1.Stage.ValueType
    value: str
    at_ns: int
    by: str = "node"


def _said_of(receipt: v1.Receipt) -> _Said:
    which = receipt.WhichOneof("fact")
    if which == "received_at":
        return _Said(DELIVERED, "RECEIVED", receipt.received_at.ToNanoseconds())
    if which == "refused":
        return _Said(DELIVERED, f"REFUSED:{receipt.refused.code}", receipt.refused.at.ToNanoseconds())
    if which == "unstaffed_at":
        return _Said(PRESENTED, "UNSTAFFED", receipt.unstaffed_at.ToNanoseconds())
    presented = receipt.presented
    return _Said(PRESENTED, "PRESENTED", presented.at.ToNanoseconds(), presented.position)


def chunks(bodies: Sequence[v1.Envelope], count_max: int, bytes_max: int) -> list[list[v1.Envelope]]:
    """Bodies in order, in as few pieces as the limits allow; no bodies give no piece."""
    pieces: list[list[v1.Envelope]] = []
    room = 0
    for body, size in _sized(bodies):
        if not pieces or len(pieces[-1]) == count_max or size > room:
            pieces.append([])
            room = bytes_max
        pieces[-1].append(body)
        room -= size
    return pieces


def _sized(bodies: Iterable[v1.Envelope]) -> Iterator[tuple[v1.Envelope, int]]:
    return ((body, len(body.payload) + 160) for body in bodies)

"""A receiving node in memory, for Frames: takes them as bytes and tells the receipts that its next Head carries."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from hotline import v1
from hotline.keys.published import PUBLISHED_COUNT, published_signer
from hotline.protocol.effects import Journal
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """One receipt as vectors write it: "POST SEQUENCE FACT MILLISECONDS"."""

    post: str
    sequence: int
    fact: str
    at_ms: int
    refused: str

    def __str__(self) -> str:
        return f"{self.post} {self.sequence} {self.fact} {self.at_ms}"


class Receiver:
    """A post's Endpoint with an empty journal, signing with the published key that the directory lists for it.

    `staffed`: whether a watch position is staffed there.
    """

    def __init__(self, trust: Trust, post: str, staffed: bool = True) -> None:
        if post not in trust.nodes:
            raise UsageError("VECTORS_INVALID", f"no directory lists the receiver {post}")
        signer = _published(trust.nodes[post].key.fingerprint)
        self._endpoint = Endpoint(post, trust, signer, _Counting(), Instant(0, 0))
        self._endpoint.staff("watch", staffed, Instant(0, 0))

    def take(self, frame: bytes, now_ms: int) -> list[Said]:
        """Take a Frame; the receipts of the Head made then, each once, by post and sequence.

        Raises:
            PeerDataError: the Frame is refused.
        """
        self._endpoint.receive(frame, Instant(now_ms * NS_PER_MS, now_ms * NS_PER_MS))
        records = [v1.Record.FromString(e.record) for e in self._endpoint.take_effects() if isinstance(e, Journal)]
        heads = [v1.Head.FromString(r.head_made.payload) for r in records if r.HasField("head_made")]
        return sorted({_said(receipt) for head in heads for receipt in head.receipts})


class _Counting:
    """Identifiers that follow from counting; nothing compares them."""

    def __init__(self) -> None:
        self._count = 0

    def fresh(self) -> bytes:
        """Sixteen bytes."""
        self._count += 1
        return sha256(b"%d" % self._count).digest()[:16]

    def jitter(self) -> int:
        """None."""
        return 0


def _published(fingerprint: bytes) -> Signer:
    for index in range(PUBLISHED_COUNT):
        signer = published_signer(index)
        if signer.fingerprint == fingerprint:
            return signer
    raise UsageError("VECTORS_INVALID", f"node key {fingerprint.hex()[:12]} is none of the published ones")


def _said(receipt: v1.Receipt) -> Said:
    if receipt.HasField("refused"):
        code = receipt.refused.code
        return Said(receipt.post, receipt.sequence, f"REFUSED:{code}", receipt.refused.at.ToMilliseconds(), code)
    if receipt.HasField("presented"):
        return Said(receipt.post, receipt.sequence, "PRESENTED", receipt.presented.at.ToMilliseconds(), "")
    if receipt.HasField("unstaffed_at"):
        return Said(receipt.post, receipt.sequence, "UNSTAFFED", receipt.unstaffed_at.ToMilliseconds(), "")
    return Said(receipt.post, receipt.sequence, "RECEIVED", receipt.received_at.ToMilliseconds(), "")

"""The log of a post: links chained by digest, gap-free in links though bodies may be absent.

A link's digest covers a fixed layout (spec 03, REQ-LOG-2); all integers big-endian, text preceded by its length in two
bytes:

    "hotline/v1/link" 0x00 | channel | post | epoch u64 | sequence u64 | previous digest (32)
    | statement digest (32) | sealed_at_ms u64 | precedence u8 | size u32
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from copy import copy
from typing import NamedTuple

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.pae import sha256

LINK_TAG = b"hotline/v1/link\x00"
START = bytes(32)
_TAIL = struct.Struct(">32s32sQBI")
_PLACE = struct.Struct(">QQ")


def link_digest(prefix: bytes, epoch: int, sequence: int, previous: bytes, link: v1.Link) -> bytes:
    """Digest of one link; `prefix` is `log_prefix(channel, post)`."""
    return sha256(
        prefix
        + _PLACE.pack(epoch, sequence)
        + _TAIL.pack(previous, link.statement_digest, link.sealed_at_ms, link.precedence, link.size)
    )


def log_prefix(channel: str, post: str) -> bytes:
    """The part of the layout that is the same for every link of a log."""
    return LINK_TAG + _text(channel) + _text(post)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


class Spot(NamedTuple):
    """Where a statement stands: post, epoch and sequence, and its digest, since a forked log has two at one place."""

    post: str
    epoch: int
    sequence: int
    digest: bytes


class PostLog:
    """One post's log in one epoch: links 1..n with their digests.

    Attributes:
        post: whose log it is.
        epoch: which epoch.
        links: links in order; sequence n is at index n-1.
        digests: link digests; `digests[n]` is that of sequence n, `digests[0]` the start.
        place_of: sequence by statement digest; the first place if a digest is linked twice.
        covering: a Head of this epoch that signs a position of this log; None before there is one.
        covered: sequence of that position.
    """

    def __init__(self, channel: str, post: str, epoch: int, start: bytes = START) -> None:
        self.post = post
        self.epoch = epoch
        self.links: list[v1.Link] = []
        self.digests: list[bytes] = [start]
        self.place_of: dict[bytes, int] = {}
        self.covering: v1.Envelope | None = None
        self.covered = 0
        self._prefix = log_prefix(channel, post)

    @property
    def sequence(self) -> int:
        """Sequence of the newest link, 0 when there is none."""
        return len(self.links)

    def position(self) -> v1.LogPosition:
        """The newest position, in signed form."""
        return v1.LogPosition(post=self.post, epoch=self.epoch, sequence=self.sequence, link_digest=self.digests[-1])

    def spot(self, sequence: int) -> Spot:
        """The place with this sequence."""
        return Spot(self.post, self.epoch, sequence, self.links[sequence - 1].statement_digest)

    def append(self, link: v1.Link) -> int:
        """Add one link; returns its sequence."""
        sequence = len(self.links) + 1
        self.digests.append(link_digest(self._prefix, self.epoch, sequence, self.digests[-1], link))
        self.links.append(link)
        self.place_of.setdefault(link.statement_digest, sequence)
        return sequence

    def run(self, first: int, last: int) -> v1.LinkRun:
        """Links `first`..`last` as they travel."""
        return v1.LinkRun(post=self.post, epoch=self.epoch, first=first, links=self.links[first - 1 : last])

    def branch(self, sequence: int) -> PostLog:
        """Another log of this epoch that is the same up to a sequence."""
        other = copy(self)
        other.links, other.digests = self.links[:sequence], self.digests[: sequence + 1]
        other.place_of = {digest: place for digest, place in self.place_of.items() if place <= sequence}
        other.covering, other.covered = None, 0
        return other

    def holds(self, sequence: int, digest: bytes) -> bool:
        """Whether the link digest at a sequence is held, and is this one."""
        return sequence <= self.sequence and self.digests[sequence] == digest

    def contradicts(self, position: v1.LogPosition) -> bool:
        """Whether a signed position of this log and epoch differs from what is held at that sequence."""
        return (
            position.epoch == self.epoch
            and position.sequence <= self.sequence
            and self.digests[position.sequence] != position.link_digest
        )

    def chain(self, run: v1.LinkRun) -> list[bytes]:
        """The digests of a run's links, if they follow the link before its first here."""
        digest, digests = self.digests[run.first - 1], []
        for sequence, link in enumerate(run.links, run.first):
            digest = link_digest(self._prefix, self.epoch, sequence, digest, link)
            digests.append(digest)
        return digests

    def parting(self, first: int, digests: Sequence[bytes]) -> int:
        """Lowest sequence at which a run's digests, from `first` on, differ from those held; 0 if none does."""
        held = self.digests[first : first + len(digests)]
        return next((first + n for n, (one, other) in enumerate(zip(held, digests, strict=False)) if one != other), 0)

    def extension(self, run: v1.LinkRun, head: v1.LogPosition) -> Sequence[v1.Link]:
        """The links of `run` that are new here, once the signed `head` covers them.

        Raises:
            PeerDataError: LINKS_GAP if the run starts past what is held; FORK if it contradicts a link held;
                LINKS_NOT_COVERED if it does not lead to the digest that the Head signs.
        """
        if run.first > self.sequence + 1:
            raise PeerDataError("LINKS_GAP", f"links start at {run.first}; {self.sequence} are held")
        digests, last = self.chain(run), run.first + len(run.links) - 1
        if last != head.sequence or digests[-1:] != [head.link_digest]:
            raise PeerDataError("LINKS_NOT_COVERED", f"links to {last} do not lead to the Head at {head.sequence}")
        if self.parting(run.first, digests):
            raise PeerDataError("FORK", f"{self.post} signed two logs of epoch {self.epoch}")
        return run.links[self.sequence + 1 - run.first :]

    def extend(self, links: Iterable[v1.Link]) -> None:
        """Add links already checked by `extension`, or read back from the journal."""
        for link in links:
            self.append(link)

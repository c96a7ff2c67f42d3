"""Epochs: which key signs which stretch of a post's log, where each was closed, and which officers' keys were revoked
(spec 06, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.directories import Node, party_of
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import from_timestamp
from hotline.protocol.ladder import Place


@dataclass(frozen=True, slots=True)
class Cut:
    """A position after which a party no longer stands by its log, or by an officer's key.

    Attributes:
        post, epoch, sequence, link_digest: the last position that it stands by.
        reason: ROTATION, RESTORED, KEY_LOST, COMPROMISE or WITHDRAWN.
        at_ns: UTC at which the party decided it.
    """

    post: str
    epoch: int
    sequence: int
    link_digest: bytes
    reason: str
    at_ns: int

    @property
    def place(self) -> Place:
        """Epoch and sequence."""
        return self.epoch, self.sequence

    def position(self) -> v1.LogPosition:
        """In signed form."""
        return v1.LogPosition(post=self.post, epoch=self.epoch, sequence=self.sequence, link_digest=self.link_digest)

    @classmethod
    def of(cls, made: v1.Closure | v1.Revocation) -> Cut:
        """From its signed form."""
        last, reason = made.last, v1.Closure.Reason.Name(made.reason).removeprefix("REASON_")
        return cls(last.post, last.epoch, last.sequence, last.link_digest, reason, from_timestamp(made.at))


@dataclass(slots=True)
class Epochs:
    """The epochs of one post.

    Attributes:
        nodes: the node of each epoch, from epoch 1 on.
        closures: where each closed epoch ends.
    """

    nodes: dict[int, Node] = field(default_factory=dict)
    closures: dict[int, Cut] = field(default_factory=dict)

    @property
    def newest(self) -> Node:
        """The node of the newest epoch, closed or not."""
        return self.nodes[max(self.nodes)]

    @property
    def open(self) -> bool:
        """Whether the newest epoch goes on."""
        return bool(self.nodes) and self.newest.epoch not in self.closures

    def copy(self) -> Epochs:
        """The same epochs, to be continued by themselves."""
        return Epochs(dict(self.nodes), dict(self.closures))

    def check(self, post: str, listed: Node | None, closure: Cut | None) -> None:
        """Whether a version may say this of the post (REQ-EPOCH-1).

        Args:
            listed: the node it certifies; None if it does not list the post.
            closure: the closure it makes of the post's epoch, if any.

        Raises:
            PeerDataError: EPOCH_CHAIN.
        """
        if closure is not None and not (self.open and closure.epoch == self.newest.epoch):
            raise PeerDataError("EPOCH_CHAIN", f"it closes epoch {closure.epoch} of {post}, which is not open")
        if listed is None:
            if self.open and closure is None:
                raise PeerDataError("EPOCH_CHAIN", f"{post} is withdrawn and its epoch is not closed")
            return
        goes_on = self.open and closure is None
        current = self.newest.epoch if self.nodes else 0
        if listed.epoch != current + (not goes_on):
            raise PeerDataError("EPOCH_CHAIN", f"epoch {listed.epoch} of {post} follows epoch {current}")
        keys = {epoch: node.key.fingerprint for epoch, node in self.nodes.items()}
        if goes_on and keys[current] != listed.key.fingerprint:
            raise PeerDataError("EPOCH_CHAIN", f"another key for epoch {current} of {post}")
        if not goes_on and listed.key.fingerprint in keys.values():
            raise PeerDataError("EPOCH_CHAIN", f"epoch {listed.epoch} of {post} needs a new key")

    def take(self, listed: Node | None, closure: Cut | None) -> None:
        """Apply what `check` found in order."""
        if closure is not None:
            self.closures[closure.epoch] = closure
        if listed is not None:
            known = self.nodes.get(listed.epoch)
            self.nodes[listed.epoch] = known.renewed(listed) if known else listed


def cuts_of(directory: v1.Directory, posts: Mapping[str, Epochs]) -> tuple[dict[str, Cut], dict[bytes, Cut]]:
    """The closures of a version by post, and its revocations by key.

    Args:
        posts: epochs of every post listed so far.

    Raises:
        PeerDataError: EPOCH_CHAIN for an epoch closed twice, or a position of no epoch there is.
        UsageError: POST_FOREIGN.
    """
    closures: dict[str, Cut] = {}
    for closure in map(Cut.of, directory.closures):
        if closure.post in closures:
            raise PeerDataError("EPOCH_CHAIN", f"it closes two epochs of {closure.post}")
        closures[closure.post] = closure
    revocations = {revocation.keyid: Cut.of(revocation) for revocation in directory.revocations}
    for cut in (*closures.values(), *revocations.values()):
        if party_of(cut.post) != directory.party:
            raise UsageError("POST_FOREIGN", f"a position of {cut.post} in the directory of {directory.party}")
        if cut.post not in posts or cut.epoch not in posts[cut.post].nodes:
            raise PeerDataError("EPOCH_CHAIN", f"{cut.post} has no epoch {cut.epoch} that could be cut off")
    return closures, revocations

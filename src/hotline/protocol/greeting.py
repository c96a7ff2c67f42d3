"""Greeting: the Hello of this node, who has answered it, and whether an answer showed that records were lost (spec 03,
section 3)."""

from __future__ import annotations

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.peer import Peer


class Greeting:
    """What one node asks of its peers before it speaks.

    Attributes:
        confirmed: whether a peer has answered a Hello since the start, so that sealing is allowed.
        rolled_back: whether a peer was found to hold more of our newest log than we do, or another.
    """

    def __init__(self, ledger: Ledger, identifiers: Identifiers) -> None:
        self.confirmed = self.rolled_back = False
        self._ledger, self._identifiers = ledger, identifiers

    def connect(self, peer: Peer, now: Instant) -> None:
        """A connection stands: ask for a fresh Head. One Head asks everyone who has not answered yet, so all are asked
        the same, anew."""
        peer.connect(self._identifiers.fresh(), now)
        for other in self._ledger.peers.values():
            other.hello = peer.hello if other.hello else b""

    def go_on(self) -> None:
        """Our own log goes on in another epoch. A node that was rolled back may speak again, once it is told what is
        held of that epoch (REQ-EPOCH-5)."""
        if self.rolled_back:
            self.rolled_back = False
            hello = self._identifiers.fresh()
            for peer in self._ledger.peers.values():
                peer.hello = hello if peer.up else b""

    def take(self, opened: heads.Opened) -> tuple[bool, bool]:
        """Answer a peer's Hello, and take its answer to ours: a fresh Head that shows what it holds of our log.

        Returns:
            Whether a Head of ours is owed, and whether sealing is allowed by this answer.
        """
        ledger, head = self._ledger, opened.message
        peer, own = ledger.peers[opened.post], ledger.own
        ours = next((held for held in head.held if held.post == ledger.post), None)
        current = ours is None or ours.epoch == own.epoch
        seen = next((seen.beat for seen in head.beats_seen if seen.post == ledger.post and current), 0)
        owed = peer.asked(head.hello, seen)
        if not peer.hello or v1.HelloEcho(post=ledger.post, hello=peer.hello) not in head.echoes:
            return owed, False
        peer.greet()
        peer.lists(head)
        if ours is not None and self._lost(ours):
            self._roll_back(peer, ours)
            return owed, False
        peer.confirmed = ours.sequence if ours is not None and current else 0
        self.confirmed = not self.rolled_back
        return owed, self.confirmed

    def _lost(self, held: v1.LogPosition) -> bool:
        """Whether a peer holds of our newest log what we lack or contradict, or a later one that we do not know of."""
        own = self._ledger.own
        if held.epoch != own.epoch:
            return held.epoch > own.epoch
        return held.sequence > own.sequence or own.contradicts(held)

    def _roll_back(self, peer: Peer, held: v1.LogPosition) -> None:
        if not self.rolled_back:
            own = self._ledger.own
            detail = f"{peer.post} holds our log to {held.epoch}/{held.sequence}; we hold {own.epoch}/{own.sequence}"
            self._ledger.tell.append(Alert("ROLLED_BACK", b"", peer.post, detail))
        self.rolled_back, self.confirmed = True, False

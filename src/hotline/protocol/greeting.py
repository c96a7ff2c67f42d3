"""Greeting: the Hello of this node, who has answered it, and whether records of ours were lost (spec 03, section 3).

That a peer holds more of our log than we do is a claim, and any peer can make it; a Head by our own key is the proof.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.peer import Peer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a Head comes to.

    Attributes:
        owed: whether a Head of ours is owed.
        allowed: whether sealing is allowed by this answer.
        claimed: what the peer says to hold of our log that we lack or contradict; None where it says nothing of it.
    """

    owed: bool
    allowed: bool = False
    claimed: v1.LogPosition | None = None


class Greeting:
    """What one node asks of its peers before it speaks.

    Attributes:
        confirmed: whether a peer has answered a Hello since the start, so that sealing is allowed.
        rolled_back: whether a Head of our own was found that signs more of our newest log than we hold, or another.
    """

    def __init__(self, ledger: Ledger, identifiers: Identifiers) -> None:
        self.confirmed = self.rolled_back = False
        self._ledger, self._identifiers = ledger, identifiers
        self._answered = False
        self._claims: set[str] = set()
        self._proof_by_ns: int | None = None

    def connect(self, peer: Peer, now: Instant) -> None:
        """A connection stands: ask for a fresh Head. One Head asks everyone who has not answered yet, so all are asked
        the same, anew."""
        peer.connect(self._identifiers.fresh(), now)
        for other in self._ledger.peers.values():
            other.hello = peer.hello if other.hello else b""

    def go_on(self) -> None:
        """Our own log goes on in another epoch. A node of whose log more is said to be held than it holds may speak
        again once it is told what is held of that epoch (REQ-EPOCH-5)."""
        if self.rolled_back or self._claims:
            self.rolled_back = self.confirmed = self._answered = False
            self._claims.clear()
            self._proof_by_ns = None
            hello = self._identifiers.fresh()
            for peer in self._ledger.peers.values():
                peer.hello = hello if peer.up else b""

    def take(self, opened: heads.Opened, now: Instant) -> Answer:
        """Answer a peer's Hello, and take its answer to ours: a fresh Head that shows what it holds of our log."""
        ledger, head = self._ledger, opened.message
        peer, own = ledger.peers[opened.post], ledger.own
        ours = next((held for held in head.held if held.post == ledger.post), None)
        current = ours is None or ours.epoch == own.epoch
        seen = next((seen.beat for seen in head.beats_seen if seen.post == ledger.post and current), 0)
        owed = peer.asked(head.hello, seen)
        claims = ours is not None and self._lacks(ours)
        if not peer.hello or v1.HelloEcho(post=ledger.post, hello=peer.hello) not in head.echoes:
            if claims or not self._takes_back(peer, opened):
                return Answer(owed)
        else:
            peer.greet()
            peer.lists(head)
        if claims:
            self._claim(peer.post, now)
            return Answer(owed, claimed=ours)
        peer.confirmed = ours.sequence if ours is not None and current else 0
        self._claims.discard(peer.post)
        self._answered = True
        return Answer(owed, self._allow(now))

    def on_deadline(self, now: Instant) -> bool:
        """Whether sealing is now allowed, as what was claimed has not been proved in time."""
        return not self.confirmed and self._allow(now)

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds at which claims alone no longer keep us from sealing; None where they do not."""
        waiting = self._answered and not self.confirmed and not self.rolled_back
        return self._proof_by_ns if waiting else None

    def proves(self, position: v1.LogPosition, by: str) -> bool:
        """Whether a position of our log, signed by our own key and shown by a peer, proves that we lost records; if so,
        nothing more is sealed in this epoch."""
        if not self._lacks(position):
            return False
        if not self.rolled_back:
            own = self._ledger.own
            detail = f"{by} holds our log to {position.epoch}/{position.sequence}; we hold {own.epoch}/{own.sequence}"
            self._ledger.tell.append(Alert("ROLLED_BACK", b"", by, detail))
        self.rolled_back, self.confirmed = True, False
        return True

    def _claim(self, post: str, now: Instant) -> None:
        """The first claim sets the time by which any must be proved: who claims again and again gains no more."""
        self._claims.add(post)
        if self._proof_by_ns is None:
            wait_ns = self._ledger.trust.terms(now.utc_ns).intervals.fetch_after_ns
            self._proof_by_ns = now.mono_ns + wait_ns

    def _takes_back(self, peer: Peer, opened: heads.Opened) -> bool:
        """Whether a Head comes after the one with which its post claimed something: then that was an answer to us, and
        so is this."""
        return peer.post in self._claims and (opened.epoch, opened.message.beat) == (peer.epoch, peer.beat)

    def _allow(self, now: Instant) -> bool:
        in_doubt = bool(self._claims) and self._proof_by_ns is not None and now.mono_ns < self._proof_by_ns
        self.confirmed = self.confirmed or (self._answered and not self.rolled_back and not in_doubt)
        return self.confirmed

    def _lacks(self, held: v1.LogPosition) -> bool:
        """Whether a position of our newest log is none that we hold, or is of a later epoch that we do not know of."""
        own = self._ledger.own
        if held.epoch != own.epoch:
            return held.epoch > own.epoch
        return held.sequence > own.sequence or own.contradicts(held)

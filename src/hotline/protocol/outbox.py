"""The outbox: what this node owes its peers, now and again until it is receipted (spec 03)."""

from __future__ import annotations

from collections.abc import Iterator

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert, Send
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.peer import Peer, earliest
from hotline.protocol.signing import Signer

_FRAME_BODIES_BYTES = 1024 * 1024
_FRAME_BODIES = 512


class Outbox:
    """Makes Heads and Frames from the ledger.

    Attributes:
        head_due: whether there is something new to say, so that the next flush makes a Head.
    """

    def __init__(self, ledger: Ledger, signer: Signer, now: Instant) -> None:
        self.head_due = False
        self._ledger, self._signer = ledger, signer
        self._line = heads.Line.of(ledger.trust.terms(now.utc_ns).message.line)
        self._head_mono_ns = now.mono_ns

    def flush(self, staffed: bool, now: Instant) -> tuple[v1.Envelope | None, list[Send]]:
        """One Head for everything new, to be journalled first, and the Frames to send under the newest Head."""
        fresh = self._make_head(staffed, now) if self.head_due else None
        sends: list[Send] = []
        for peer in self._ledger.peers.values():
            if peer.up and (fresh is not None or peer.due or (peer.unsent and peer.greeted)):
                sends += self._frames(peer, now)
        return fresh, sends

    def on_deadline(self, now: Instant, jitter: int) -> None:
        """Heartbeats, silences and retries whose time has come."""
        up = self._up()
        self.head_due = self.head_due or (bool(up) and now.mono_ns >= self._head_mono_ns + self._line.heartbeat_ns)
        for peer in up:
            if not peer.silent and now.mono_ns >= peer.heard_mono_ns + self._line.silent_ns:
                peer.silent = True
                self._ledger.tell.append(Alert("PEER_SILENT", b"", peer.post, f"nothing heard of {peer.post}"))
            if peer.retry_mono_ns is not None and now.mono_ns >= peer.retry_mono_ns:
                peer.retry(now, self._line.retry_first_ns, self._line.retry_max_ns, jitter)

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds at which `on_deadline` is next wanted; None when no peer is connected."""
        up = self._up()
        return earliest(
            [
                self._head_mono_ns + self._line.heartbeat_ns if up else None,
                *(peer.retry_mono_ns for peer in up),
                *(peer.heard_mono_ns + self._line.silent_ns for peer in up if not peer.silent),
            ]
        )

    def serve(self, post: str, first: int, last: int) -> Iterator[bytes]:
        """Frames with the links from `first` and the bodies `first`..`last` of any log held, under the Head that covers
        them.

        Raises:
            UsageError: NOT_HELD for a log or range that is not held.
        """
        log = self._ledger.logs.get(post)
        peer = self._ledger.peers.get(post)
        covering = peer.covering if peer else self._ledger.head
        if log is None or covering is None or not 1 <= first <= last <= log.sequence:
            raise UsageError("NOT_HELD", f"{first} to {last} of {post} is not held here")
        held = (self._ledger.book.entries.get(link.statement_digest) for link in log.links[first - 1 : last])
        bodies = [entry.envelope for entry in held if entry is not None]
        return self._pack(covering, [log.run(first, log.sequence)], bodies)

    def _up(self) -> list[Peer]:
        return [peer for peer in self._ledger.peers.values() if peer.up]

    def _make_head(self, staffed: bool, now: Instant) -> v1.Envelope:
        ledger, beat = self._ledger, self._ledger.beat + 1
        own = heads.Own(ledger.trust, ledger.post, ledger.logs, ledger.peers, staffed, beat)
        envelope = heads.make(own, self._signer, now)
        ledger.head_made(envelope)
        self.head_due, self._head_mono_ns = False, now.mono_ns
        for peer in ledger.peers.values():
            peer.echo_beat = peer.echo_beat or (beat if peer.echo else 0)
        return envelope

    def _frames(self, peer: Peer, now: Instant) -> Iterator[Send]:
        """What a peer is owed: the Head alone until it greets, then links it lacks and statements by precedence."""
        own, head = self._ledger.own, self._ledger.head
        order = peer.by_precedence() if peer.greeted else []
        bodies = [self._ledger.book.entries[own.links[sequence - 1].statement_digest].envelope for sequence in order]
        lacks = peer.greeted and peer.confirmed < own.sequence
        links = [own.run(peer.confirmed + 1, own.sequence)] if lacks else []
        # A connection calls for a Head before anything else.
        assert head is not None
        for frame in self._pack(head, links, bodies):
            yield Send(peer.post, frame)
        peer.sent(order, now, self._line.retry_first_ns)

    def _pack(self, head: v1.Envelope, links: list[v1.LinkRun], bodies: list[v1.Envelope]) -> Iterator[bytes]:
        """Frames under one Head. The links go in the first; a body that overtakes it is sent again."""
        for chunk in heads.chunks(bodies, _FRAME_BODIES, _FRAME_BODIES_BYTES) or [[]]:
            yield v1.Frame(head=head, links=links, statements=chunk).SerializeToString()
            links = []

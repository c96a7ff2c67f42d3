"""The outbox: what this node owes its peers, now and again until it is receipted (spec 03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert, Send
from hotline.protocol.errors import UsageError
from hotline.protocol.gaps import FETCHED_MAX
from hotline.protocol.instant import Instant
from hotline.protocol.intervals import Intervals
from hotline.protocol.ladder import Place
from hotline.protocol.ledger import Ledger
from hotline.protocol.log import PostLog
from hotline.protocol.papers import AGREEMENTS_MAX, DIRECTORIES_MAX
from hotline.protocol.peer import Peer, earliest
from hotline.protocol.signing import Signer

_FRAME_BODIES_BYTES = 1024 * 1024
_FRAME_BODIES = 512
_FRAME_PAPERS_BYTES = 512 * 1024

SENT_MAX = 32
"""Frames that go to one peer at once; what is left goes with the next batch. A longer backlog would push its own first
Frame, which has the links and what is most urgent, out of what may wait on a stream (REQ-NET-7)."""

P = TypeVar("P", v1.SignedAgreement, v1.Envelope)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a Fetch is given of one branch: links `start`..`end`, which lead to the Head, and bodies by sequence."""

    log: PostLog
    head: v1.Envelope
    start: int
    end: int
    bodies: range


class Outbox:
    """Makes Heads and Frames from the ledger.

    Attributes:
        head_due: whether there is something new to say, so that the next flush makes a Head.
        signers: node keys of this post by fingerprint, of any epoch.
    """

    def __init__(self, ledger: Ledger, signers: Mapping[bytes, Signer], now: Instant) -> None:
        self.head_due = False
        self.signers = dict(signers)
        self._ledger = ledger
        self._head_mono_ns = now.mono_ns

    @property
    def signer(self) -> Signer | None:
        """The key of this post's newest epoch; None if it is not here, so that no Head can be made."""
        return self.signers.get(self._ledger.trust.nodes[self._ledger.post].key.fingerprint)

    def flush(self, staffed: bool, now: Instant) -> tuple[v1.Envelope | None, list[Send]]:
        """One Head for everything new, to be journalled first, and the Frames to send under the newest Head."""
        signer = self.signer if self.head_due else None
        fresh = self._make_head(signer, staffed, now) if signer is not None else None
        if self.head_due:
            # Without the key it is tried again with the next heartbeat, not at once.
            self._head_mono_ns = now.mono_ns
        sends: list[Send] = []
        for peer in self._up():
            if fresh is not None or peer.due or (peer.unsent and peer.greeted):
                sends += self._frames(peer, now)
        return fresh, sends

    def on_deadline(self, now: Instant, jitter: int) -> None:
        """Heartbeats, silences and retries whose time has come."""
        up, line = self._up(), self._line(now)
        self.head_due = self.head_due or (bool(up) and now.mono_ns >= self._head_mono_ns + line.heartbeat_ns)
        for peer in up:
            if not peer.silent and now.mono_ns >= peer.heard_mono_ns + line.silent_ns:
                peer.silent = True
                self._ledger.tell.append(Alert("PEER_SILENT", b"", peer.post, f"nothing heard of {peer.post}"))
            if peer.retry_mono_ns is not None and now.mono_ns >= peer.retry_mono_ns:
                peer.retry(now, line.retry_first_ns, line.retry_max_ns, jitter)

    def next_deadline(self, now: Instant) -> int | None:
        """Monotonic nanoseconds at which `on_deadline` is next wanted; None when no peer is connected."""
        up, line = self._up(), self._line(now)
        return earliest(
            [
                self._head_mono_ns + line.heartbeat_ns if up else None,
                *(peer.retry_mono_ns for peer in up),
                *(peer.heard_mono_ns + line.silent_ns for peer in up if not peer.silent),
            ]
        )

    def serve(self, post: str, first: int, last: int, epoch: int | None = None, asker: str = "") -> Iterator[bytes]:
        """Frames with the links from `first` and the bodies `first`..`last` of any log held, up to FETCHED_MAX of them,
        under a Head that covers them; of a forked log, every branch from where it parts.

        Each Frame is made when it is asked for. Which there are is settled at the call, so that a log which grows
        meanwhile changes nothing: it only grows at its end.

        Args:
            epoch: of the log; the newest when None.
            asker: the post that asks, which is given the revisions and directories that it is not known to hold; all
                where it is not known who asks.

        Raises:
            UsageError: NOT_HELD for a log or range that is not held.
        """
        pieces = list(self._pieces(post, first, last, epoch))
        if not pieces:
            raise UsageError("NOT_HELD", f"{first} to {last} of {post} is not held here")
        papers = self._papers(self._ledger.peers.get(asker) or Peer(asker))
        return chain.from_iterable(self._serve(piece, papers) for piece in pieces)

    def _pieces(self, post: str, first: int, last: int, epoch: int | None) -> Iterator[_Piece]:
        """What is served of each branch of a log."""
        history = self._ledger.histories.get(post)
        if history is None or not 1 <= first <= last:
            return
        logs = history.branches(history.current.epoch if epoch is None else epoch)
        for log in logs:
            head, end = self._covering(log)
            start = first if log is logs[0] else min(first, history.forked[log.epoch])
            if head is not None and start <= end and (last <= end or log is not logs[0]):
                yield _Piece(log, head, start, end, range(first, min(last, end, first + FETCHED_MAX - 1) + 1))

    def _serve(self, piece: _Piece, papers: v1.Frame) -> Iterator[bytes]:
        links = piece.log.links[piece.bodies.start - 1 : piece.bodies.stop - 1]
        held = (self._ledger.book.entries.get(link.statement_digest) for link in links)
        bodies = [entry.envelope for entry in held if entry is not None]
        yield from self._pack(piece.head, [piece.log.run(piece.start, piece.end)], _chunks(bodies), papers)

    def _covering(self, log: PostLog) -> tuple[v1.Envelope | None, int]:
        """A Head under which a log is served, and up to which sequence: the one that covers it, or, up to its closure,
        any of its post's (REQ-EPOCH-6)."""
        closure, peer = self._ledger.trust.closure(log.post, log.epoch), self._ledger.peers.get(log.post)
        if log.covered < log.sequence and closure is not None and log.holds(closure.sequence, closure.link_digest):
            return log.covering or (peer.head if peer else self._ledger.head), closure.sequence
        return log.covering, log.covered

    def _up(self) -> list[Peer]:
        return [peer for peer in self._ledger.peers.values() if peer.up and not peer.withdrawn]

    def _line(self, now: Instant) -> Intervals:
        """Intervals of the line by the revision in force."""
        return self._ledger.trust.terms(now.utc_ns).intervals

    def _make_head(self, signer: Signer, staffed: bool, now: Instant) -> v1.Envelope:
        ledger, beat = self._ledger, self._ledger.beat + 1
        own = heads.Own(ledger.trust, ledger.post, ledger.logs, ledger.peers, staffed, beat)
        envelope = heads.make(own, signer, now)
        ledger.head_made(envelope)
        self.head_due, self._head_mono_ns = False, now.mono_ns
        for peer in ledger.peers.values():
            peer.echo_beat = peer.echo_beat or (beat if peer.echo else 0)
        return envelope

    def _frames(self, peer: Peer, now: Instant) -> Iterator[Send]:
        """What a peer is owed, up to SENT_MAX Frames: the Head alone until it greets, then links it lacks and
        statements by precedence."""
        head = self._ledger.head
        if head is None:
            return
        order = peer.by_precedence()[: SENT_MAX * _FRAME_BODIES] if peer.greeted and self._ledger.beat else []
        chunks = _chunks([self._ledger.book.entries[self._digest(place)].envelope for place in order])[:SENT_MAX]
        order = order[: sum(map(len, chunks))]
        links = [*self._closed_links(order), *self._own_links(peer)]
        for frame in self._pack(head, links, chunks, self._papers(peer)):
            yield Send(peer.post, frame)
        peer.sent(order, now, self._line(now).retry_first_ns)

    def _digest(self, place: Place) -> bytes:
        """The statement of ours at a place."""
        log = self._ledger.histories[self._ledger.post].main(place[0])
        assert log is not None
        return log.links[place[1] - 1].statement_digest

    def _own_links(self, peer: Peer) -> Iterator[v1.LinkRun]:
        """Links of our newest log that a peer lacks."""
        own = self._ledger.own
        if peer.greeted and self._ledger.beat and peer.confirmed < own.sequence:
            yield own.run(peer.confirmed + 1, own.sequence)

    def _closed_links(self, order: Iterable[Place]) -> Iterator[v1.LinkRun]:
        """Links up to the closure of each earlier epoch of ours of which statements go out."""
        ledger = self._ledger
        for epoch in sorted({place[0] for place in order} - {ledger.own.epoch}):
            closure = ledger.trust.closure(ledger.post, epoch)
            log = ledger.histories[ledger.post].leads_to(closure) if closure else None
            if closure is not None and log is not None and closure.sequence:
                yield log.run(1, closure.sequence)

    def _papers(self, peer: Peer) -> v1.Frame:
        """The revisions and directories that a peer's newest Head does not list, as a Frame brings them (REQ-DIR-3)."""
        trust, papers = self._ledger.trust, v1.Frame()
        if peer.revision < trust.revisions.newest.revision:
            lacking = (each.signed for each in trust.revisions.held if each.revision > peer.revision)
            papers.agreements.extend(_room_for(lacking, AGREEMENTS_MAX))
        if any(version > peer.directories.get(party, 0) for party, version in trust.versions.items()):
            versions = (listed for party in trust.versions for listed in trust.listed(party))
            lacking_too = (each.envelope for each in versions if each.version > peer.directories.get(each.party, 0))
            papers.directories.extend(_room_for(lacking_too, DIRECTORIES_MAX))
        return papers

    def _pack(
        self, head: v1.Envelope, links: list[v1.LinkRun], chunks: list[list[v1.Envelope]], papers: v1.Frame
    ) -> Iterator[bytes]:
        """Frames under one Head. The links go in the first; a body that overtakes it is sent again."""
        for chunk in chunks or [[]]:
            frame = v1.Frame(head=head, links=links, statements=chunk)
            frame.MergeFrom(papers)
            yield frame.SerializeToString()
            links = []


def _chunks(bodies: list[v1.Envelope]) -> list[list[v1.Envelope]]:
    """Bodies as Frames hold them."""
    return heads.chunks(bodies, _FRAME_BODIES, _FRAME_BODIES_BYTES)


def _room_for(papers: Iterable[P], count_max: int) -> Iterator[P]:
    """As many of them as a Frame has room for beside its links and bodies, and one at least."""
    room = _FRAME_PAPERS_BYTES
    for paper in islice(papers, count_max):
        if room <= 0:
            return
        room -= paper.ByteSize()
        yield paper

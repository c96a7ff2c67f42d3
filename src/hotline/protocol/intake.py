"""The intake: a Frame on its way in, from bytes to what is new in it (spec 03).

bytes -> scan -> verify the Head -> links the Head covers -> each statement: verify, find its place, judge, record. What
is wrong in the Frame itself is refused whole, before anything has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert
from hotline.protocol.envelope import Signed, parse
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_MS, Instant, from_timestamp
from hotline.protocol.ledger import Ledger, News
from hotline.protocol.peer import Peer
from hotline.protocol.statements import Judged, judge_all, verify_statements
from hotline.protocol.timers import DELIVERED

FRAME_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arrival:
    """A Frame that holds together.

    Attributes:
        head: its Head.
        run: the links in it that are new here; None when there are none.
        gap: whether its links start past what is held, so that its sender must learn where we stand.
        statements: not yet verified.
    """

    head: heads.Opened
    run: v1.LinkRun | None
    gap: bool
    statements: list[v1.Envelope]


class Intake:
    """Takes Frames into the ledger; what it makes durable it hands to `record`.

    Attributes:
        counters: what was dropped without effect, by code.
    """

    def __init__(self, ledger: Ledger, record: Callable[[v1.Record], None], positions: Set[str] = frozenset()) -> None:
        self.counters: Counter[str] = Counter()
        self._ledger, self._record, self._positions = ledger, record, positions

    def take(self, data: bytes, pin: bytes | None, now: Instant) -> tuple[Arrival, News, bool]:
        """Take a Frame.

        Returns:
            What arrived, the facts it brought about our own statements, and whether it calls for a Head of ours.

        Raises:
            PeerDataError: the Frame is wrong in itself; nothing but a counter has changed (a proved FORK is recorded).
        """
        try:
            arrival = self._open(data, pin)
        except PeerDataError as error:
            self.counters[error.code] += 1
            raise
        speaks = self._take_head(arrival, now)
        if arrival.run is not None:
            self._record(v1.Record(links=arrival.run))
            self._ledger.links(arrival.head.post, arrival.run.links, now.stamp_ns, now)
        news: News = []
        speaks_again = self._take_statements(arrival.statements, arrival.head.post, news, now)
        if speaks:
            news += self._ledger.receipts(arrival.head, now.stamp_ns)
        return arrival, news, arrival.gap or speaks_again

    def _open(self, data: bytes, pin: bytes | None) -> Arrival:
        """Check the Frame, its Head and its links; changes nothing but to keep the proof of a fork."""
        if len(data) > FRAME_BYTES_MAX:
            raise PeerDataError("TOO_LARGE", f"a frame of {len(data)} bytes")
        frame = parse(data, v1.Frame)
        head = heads.open_head(frame.head, self._ledger.trust, self._ledger.post, pin)
        log = self._ledger.logs[head.post]
        run = next((run for run in frame.links if run.post == head.post and run.epoch == head.epoch), None)
        if log.contradicts(head.message.log):
            self._fork(head, run)
        if run is None:
            return Arrival(head, None, False, list(frame.statements))
        try:
            new = log.extension(run, head.message.log)
        except PeerDataError as error:
            if error.code == "LINKS_GAP":
                return Arrival(head, None, True, list(frame.statements))
            if error.code == "FORK":
                self._fork(head, run)
            raise
        fresh = v1.LinkRun(post=head.post, epoch=head.epoch, first=log.sequence + 1, links=new) if new else None
        return Arrival(head, fresh, False, list(frame.statements))

    def _fork(self, head: heads.Opened, run: v1.LinkRun | None) -> None:
        """Keep the proof that a post signed two logs, once, and refuse the Frame."""
        peer = self._ledger.peers[head.post]
        detail = f"{head.post} signed two logs of epoch {head.epoch}"
        if not peer.forked and peer.covering is not None:
            self._record(v1.Record(fork=v1.Fork(first=peer.covering, second=head.envelope, links=run)))
            self._ledger.forked(head.post)
            self._ledger.tell.append(Alert("FORK", b"", head.post, detail))
        raise PeerDataError("FORK", detail)

    def _take_head(self, arrival: Arrival, now: Instant) -> bool:
        """Record a peer's Head when it says anything new; a beat already seen says nothing."""
        head, peer = arrival.head, self._ledger.peers[arrival.head.post]
        covers_new = arrival.run is not None
        if head.message.beat > peer.beat:
            self._heard(peer, head.message, now)
        if head.message.beat <= peer.beat and not covers_new:
            return False
        speaks = covers_new or heads.says_news(head.message, peer, self._ledger.post)
        if speaks:
            self._record(v1.Record(head_held=head.envelope))
        self._ledger.head_held(head)
        return speaks

    def _heard(self, peer: Peer, head: v1.Head, now: Instant) -> None:
        """A new Head is a sign of life; an old one, from whoever sends it again, is none."""
        peer.heard_mono_ns, peer.skew_ns = now.mono_ns, from_timestamp(head.made_at) - now.utc_ns
        if peer.silent:
            peer.silent = False
            self._ledger.tell.append(Alert("PEER_BACK", b"", peer.post, f"{peer.post} is heard again"))

    def _take_statements(self, envelopes: Sequence[v1.Envelope], post: str, news: News, now: Instant) -> bool:
        """Take statements, or refuse them; without a link that names it, a statement is nothing yet.

        Returns:
            Whether there is now something to say about any.
        """
        log, ledger = self._ledger.logs[post], self._ledger
        fresh: dict[int, Signed] = {}
        again = False
        for signed in verify_statements(envelopes, ledger.trust):
            if isinstance(signed, PeerDataError):
                self.counters[signed.code] += 1
                continue
            sequence = log.place_of.get(signed.digest)
            if sequence is None:
                self.counters["UNLINKED"] += 1
            elif ledger.gaps.holds(post, sequence):
                fresh[sequence] = signed
            else:
                ledger.say_again(post, sequence)
                again = True
        sealed = [(signed, log.links[sequence - 1].sealed_at_ms * NS_PER_MS) for sequence, signed in fresh.items()]
        found = judge_all(sealed, ledger.trust, post, log.epoch)
        for (sequence, signed), judged in zip(fresh.items(), found, strict=True):
            judged = _held_to_link(judged, log.links[sequence - 1], signed.envelope)
            refused = judged.refusal.code if judged.refusal else ""
            held = v1.HeldStatement(
                envelope=signed.envelope,
                post=post,
                epoch=log.epoch,
                sequence=sequence,
                refused=refused,
                unstaffed=self._unstaffed(judged),
            )
            self._record(v1.Record(statement=held))
            news += ledger.statement(judged, signed.envelope, post, sequence, now.stamp_ns, now, held.unstaffed)
        return again or bool(fresh)

    def _unstaffed(self, judged: Judged) -> bool:
        """Whether a statement asks people here for something, and nobody is on watch (REQ-ACK-11)."""
        if self._positions or judged.said is None:
            return False
        header = judged.said.header
        return self._ledger.post in header.action and header.stage_requested > DELIVERED


def _held_to_link(judged: Judged, link: v1.Link, envelope: v1.Envelope) -> Judged:
    """A statement must be what its link says it is."""
    if judged.said is None:
        return judged
    if link.size == len(envelope.payload) and link.precedence == judged.said.header.precedence:
        return judged
    return Judged(None, PeerDataError("SIZE_MISMATCH", "its link gives another size or precedence"), judged.statement)

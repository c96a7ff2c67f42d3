"""The intake: a Frame on its way in, from bytes to what is new in it (spec 03).

bytes -> scan -> verify the Head -> links the Head covers -> each statement: verify, find its place, judge, record. What
is wrong in the Frame itself is refused whole, before anything has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert
from hotline.protocol.envelope import Signed, digest_of, parse
from hotline.protocol.errors import PeerDataError
from hotline.protocol.fetching import Fetching
from hotline.protocol.history import Fit
from hotline.protocol.instant import NS_PER_MS, Instant, from_timestamp
from hotline.protocol.ledger import Ledger, News
from hotline.protocol.log import PostLog
from hotline.protocol.papers import Papers
from hotline.protocol.peer import Peer
from hotline.protocol.signers import SignersError
from hotline.protocol.statements import Judged, judge_all, verify_statement, verify_statements
from hotline.protocol.timers import DELIVERED

FRAME_BYTES_MAX = 4 * 1024 * 1024

FORGED_MAX = 16
"""Statements of one Frame whose signatures are looked at in vain: forged, or named by no link (REQ-NET-10)."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A statement whose place in a log is known and empty."""

    envelope: v1.Envelope
    log: PostLog
    sequence: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A Frame that holds together.

    Attributes:
        head: its Head.
        fits: where its links belong that are new here, older epochs first.
        gap: whether its links start past what is held, so that its sender must learn where we stand.
        statements: not yet verified.
        first_hand: whether it came from the post whose Head it carries, and not from another that holds its log.
    """

    head: heads.Opened
    fits: tuple[Fit, ...]
    gap: bool
    statements: list[v1.Envelope]
    first_hand: bool

    @property
    def run(self) -> v1.LinkRun | None:
        """The links of the Head's own epoch that are new here; None when there are none."""
        return next((fit.run() for fit in self.fits if fit.log.epoch == self.head.epoch), None)


class Intake:
    """Takes Frames into the ledger; what it makes durable it hands to `record`.

    Attributes:
        counters: what was dropped without effect, by code.
        papers: takes the revisions and directories that Frames bring.
        fetching: what is wanted of others.
    """

    def __init__(self, ledger: Ledger, record: Callable[[v1.Record], None], positions: Set[str] = frozenset()) -> None:
        self.counters: Counter[str] = Counter()
        self.papers = Papers(ledger, record, self.counters)
        self.fetching = Fetching(ledger)
        self._ledger, self._record, self._positions = ledger, record, positions

    def take(
        self, data: bytes, pin: bytes | None, now: Instant, server: str | None = None
    ) -> tuple[Arrival, News, bool]:
        """Take a Frame; one that a Fetch brought is of the post that served it.

        Returns:
            What arrived, the facts it brought about our own statements, and whether it calls for a Head of ours.

        Raises:
            PeerDataError: the Frame is wrong in itself; nothing but a counter has changed, except that revisions and
                directories in it were taken by themselves, and a proved FORK is recorded.
            OwnHeadError: a Head of our own; where it was served as such, it is for the greeting.
        """
        try:
            frame = self._parse(data)
            self.papers.take(frame)
            arrival = self._open(frame, pin, server, now)
        except heads.OwnHeadError as own:
            if server is None or own.position is None:
                self.counters[own.code] += 1
            raise
        except PeerDataError as error:
            self.counters[error.code] += 1
            if isinstance(error, heads.AnotherRevisionError):
                self.papers.forked(error)
            raise
        speaks = arrival.head.post != self._ledger.post and self._take_head(arrival, now)
        news: News = []
        for fit in arrival.fits:
            news += self._take_links(fit, arrival.head, now)
        speaks_again = self._take_statements(arrival, news, now)
        if speaks:
            news += self._ledger.receipts(arrival.head, now.stamp_ns)
        return arrival, news, arrival.gap or speaks_again

    def _parse(self, data: bytes) -> v1.Frame:
        if len(data) > FRAME_BYTES_MAX:
            raise PeerDataError("TOO_LARGE", f"a frame of {len(data)} bytes")
        return parse(data, v1.Frame)

    def _open(self, frame: v1.Frame, pin: bytes | None, server: str | None, now: Instant) -> Arrival:
        """Check the Head and its links; changes nothing but to keep the proof of a fork."""
        head = heads.open_head(frame.head, self._ledger.trust, self._ledger.post, pin)
        runs: dict[int, v1.LinkRun] = {}
        for run in frame.links:
            if run.post == head.post and run.epoch <= head.epoch:
                runs.setdefault(run.epoch, run)
        fits, gap = [], False
        for _, run in sorted(runs.items()):
            fit = self._fit(head, run, server or head.post, now)
            gap = gap or fit is None
            if fit is not None and fit.links:
                fits.append(fit)
        if self._contradicts(head, fits):
            self._fork_alone(head, server or head.post, now)
        return Arrival(head, tuple(fits), gap, list(frame.statements), server in (None, head.post))

    def _fit(self, head: heads.Opened, run: v1.LinkRun, by: str, now: Instant) -> Fit | None:
        """Where a run belongs; None if it starts past what is held. One that leads to its Head only from a past that is
        not held is asked for from its start, of whoever it came from (REQ-FORK-3)."""
        history = self._ledger.histories[head.post]
        try:
            return history.fit(run, self._ledger.covers(head, run.epoch))
        except PeerDataError as error:
            if error.code == "LINKS_GAP":
                return None
            if run.epoch == head.epoch and history.contradicts(head.message.log):
                self._fork_alone(head, by, now)
            if run.first > 1 and run.epoch == head.epoch:
                self.fetching.want(head.message.log, by, now, apart=True)
            raise

    def _contradicts(self, head: heads.Opened, fits: list[Fit]) -> bool:
        """Whether a Head signs what is held nowhere, and brings no links that show how it came about."""
        shown = any(fit.log.epoch == head.epoch for fit in fits)
        return not shown and self._ledger.histories[head.post].contradicts(head.message.log)

    def _fork_alone(self, head: heads.Opened, by: str, now: Instant) -> None:
        """Two Heads cannot both stand: keep them as proof, ask for the links, and refuse the Frame (REQ-LOG-4)."""
        history, position = self._ledger.histories[head.post], head.message.log
        log = history.main(head.epoch)
        covering = log.covering if log is not None else None
        if covering is not None and head.post != self._ledger.post:
            self.fetching.want(position, by, now, apart=True)
            if history.forked.get(head.epoch, position.sequence + 1) > position.sequence:
                proof = v1.Fork(first=covering, second=head.envelope)
                self._record(v1.Record(fork=proof))
                self.papers.news += self._ledger.fork(proof, head, now.stamp_ns, now)
        raise PeerDataError("FORK", f"{head.post} signed two logs of epoch {head.epoch}")

    def _take_links(self, fit: Fit, head: heads.Opened, now: Instant) -> News:
        """Record links and take them; those of another branch with the proof that there is one (REQ-FORK-1)."""
        ledger, log = self._ledger, fit.log
        history, main = ledger.histories[head.post], ledger.histories[head.post].main(fit.log.epoch)
        if log is main and not fit.parts:
            self._record(v1.Record(links=fit.run()))
            ledger.links(head.post, fit.links, now.stamp_ns, now, log)
            return []
        assert main is not None
        after = min(fit.after, history.forked.get(log.epoch, fit.after + 1) - 1)
        proof = v1.Fork(first=main.covering or head.envelope, second=head.envelope)
        proof.links.CopyFrom(log.run(after + 1, fit.after))
        proof.links.links.extend(fit.links)
        self._record(v1.Record(fork=proof))
        return ledger.fork(proof, head, now.stamp_ns, now)

    def _take_head(self, arrival: Arrival, now: Instant) -> bool:
        """Record a peer's Head when it says anything new; a beat already seen says nothing (REQ-HEAD-2)."""
        head, peer = arrival.head, self._ledger.peers[arrival.head.post]
        covers_new, parts = bool(arrival.fits), False
        beat = head.epoch, head.message.beat
        if beat > (peer.epoch, peer.beat):
            self._heard(peer, head.message, now)
            self.fetching.compare(head, now)
            parts = self.papers.compare(head.message)
        elif not covers_new:
            return False
        speaks = covers_new or parts or heads.says_news(head.message, peer, self._ledger.own)
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

    def _take_statements(self, arrival: Arrival, news: News, now: Instant) -> bool:
        """Take statements, or refuse them; without a link that names it, a statement is nothing yet.

        Returns:
            Whether there is now something to say about any.
        """
        ledger, again = self._ledger, False
        history, wanted, unlinked = ledger.histories[arrival.head.post], list[_Wanted](), list[v1.Envelope]()
        for envelope in arrival.statements:
            spots = history.spots(digest_of(envelope))
            missing = next(((log, spot) for log, spot in spots if ledger.gaps.holds(spot)), None)
            if missing is not None:
                wanted.append(_Wanted(envelope, missing[0], missing[1].sequence))
            elif spots:
                ledger.say_again(spots[0][1])
                again = True
            else:
                unlinked.append(envelope)
        self._count(unlinked)
        for log, places in self._verify(wanted).items():
            again = self._judge(log, places, arrival.first_hand, news, now) or again
        return again

    def _count(self, unlinked: list[v1.Envelope]) -> None:
        """Count what no link names, the first of it by what is wrong with its signatures, if they are."""
        for signed in verify_statements(unlinked[:FORGED_MAX], self._ledger.trust):
            self.counters[signed.code if isinstance(signed, PeerDataError) else "UNLINKED"] += 1
        if more := len(unlinked[FORGED_MAX:]):
            self.counters["UNLINKED"] += more

    def _verify(self, wanted: list[_Wanted]) -> dict[PostLog, dict[int, Signed]]:
        """Those that verify, one for each place. A Frame with many that do not is not worth the work (REQ-NET-10)."""
        fresh: dict[PostLog, dict[int, Signed]] = {}
        forged = 0
        for each in wanted:
            places = fresh.setdefault(each.log, {})
            if each.sequence in places:
                continue
            if forged == FORGED_MAX:
                self.counters["SIGNATURE_INVALID"] += 1
                continue
            try:
                places[each.sequence] = verify_statement(each.envelope, self._ledger.trust)
            except PeerDataError as error:
                self.counters[error.code] += 1
                forged += error.code == "SIGNATURE_INVALID"
        return fresh

    def _judge(self, log: PostLog, places: dict[int, Signed], first_hand: bool, news: News, now: Instant) -> bool:
        """Judge statements at their places in one log, record them and take them; whether any was.

        At second hand a fault of the signatures refuses nothing: its post may have sent others (REQ-HEAD-7).
        """
        ledger, taken = self._ledger, False
        sealed = [(signed, log.links[sequence - 1].sealed_at_ms * NS_PER_MS) for sequence, signed in places.items()]
        found = judge_all(sealed, ledger.trust, log.post, log.epoch)
        for (sequence, signed), judged in zip(places.items(), found, strict=True):
            judged = _held_to_link(judged, log.links[sequence - 1], signed.envelope)
            if isinstance(judged.refusal, SignersError) and not first_hand:
                self.counters[judged.refusal.code] += 1
                continue
            refused, unstaffed = judged.refusal.code if judged.refusal else "", self._unstaffed(judged)
            held = v1.HeldStatement(
                envelope=signed.envelope,
                post=log.post,
                epoch=log.epoch,
                sequence=sequence,
                refused=refused,
                unstaffed=unstaffed,
            )
            self._record(v1.Record(statement=held))
            news += ledger.statement(judged, signed.envelope, log.post, sequence, now.stamp_ns, now, unstaffed, log)
            taken = True
        return taken

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

"""Endpoint: one post on one channel, as a step machine without I/O.

    receive(frame, now)  submit(envelope, now)  link(peer, up, now)  present(...)  staff(...)  on_deadline(now)
    next_deadline()      take_effects()         Endpoint.restore(...)

The rules it keeps (spec 03):

  1. What is durable is a fold over records (`ledger.py`): an input decides which records it makes, and the ledger takes
     them the same way when the input comes as when the journal is read back.
  2. Effects come in order: journal, send, tell. A Head is journalled before it is sent, and no receipt enters a Head
     before the record of its statement was put in front of it.
  3. Nothing is sealed after a start before one peer has answered a Hello; until then statements wait, durably.
  4. A frame that is wrong in itself raises PeerDataError and changes nothing; a statement that is wrong in itself is
     refused by a signed receipt; a statement whose signature fails changes a counter and nothing else.
  5. Identifiers, jitter and the node's signature come in through injected objects; time comes in as an argument.

`take_effects` ends a batch: one Head covers everything since the last, so a driver that feeds many inputs before it
takes effects pays one signature and one commit for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.book import Book, Entry
from hotline.protocol.effects import Alert, Effect, Fetch, Journal, Send
from hotline.protocol.envelope import parse
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import NS_PER_MS, Instant, to_timestamp
from hotline.protocol.ledger import Ledger, News
from hotline.protocol.log import PostLog
from hotline.protocol.peer import Peer, earliest
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft, Judged, compose, judge, verify_statement
from hotline.protocol.timers import PRESENTED
from hotline.protocol.trust import Trust
from hotline.protocol.views import MessageView, message_view

FRAME_BYTES_MAX = 4 * 1024 * 1024
_FRAME_BODIES_BYTES = 1024 * 1024
_FRAME_BODIES = 512


class Identifiers(Protocol):
    """Source of what must be fresh: nonces and hellos (16 bytes) and jitter (0..255)."""

    def fresh(self) -> bytes:
        """Sixteen bytes never given before."""

    def jitter(self) -> int:
        """A number from 0 to 255."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a statement handed over: SEALED with its place, WAITING for the first Hello, or KNOWN before."""

    digest: bytes
    state: str
    sequence: int


class Endpoint:
    """One post in one channel. Inputs change state and queue effects; `take_effects` hands them out in order.

    Attributes:
        post: whose endpoint it is.
        trust: the agreement and the directories.
        ledger: everything durable.
        counters: what was dropped without effect, by code.
        positions: watch positions now staffed.
        confirmed: whether a peer has answered a Hello since the start, so that sealing is allowed.
        rolled_back: whether a peer was found to hold more of our log than we do.
    """

    def __init__(self, post: str, trust: Trust, signer: Signer, identifiers: Identifiers, now: Instant) -> None:
        node = trust.nodes.get(post)
        if node is None or node.key.fingerprint != signer.fingerprint:
            raise UsageError("NOT_ITS_POST", f"the node key is not the one that the directory lists for {post}")
        self.post, self.trust = post, trust
        self.ledger = Ledger(post, trust)
        self.counters: Counter[str] = Counter()
        self.positions: set[str] = set()
        self.confirmed = False
        self.rolled_back = False
        self._signer, self._identifiers, self._now = signer, identifiers, now
        self._line = heads.Line.of(trust.agreement.message.line)
        self._head_due = False
        self._head_mono_ns = now.mono_ns
        self._journal: list[Effect] = []
        self._fetch: list[Effect] = []

    @classmethod
    def restore(
        cls, post: str, trust: Trust, signer: Signer, identifiers: Identifiers, records: Iterable[bytes], now: Instant
    ) -> Endpoint:
        """An Endpoint as its journal left it. Deadlines armed before go on; nothing is sealed before the next Hello.

        Raises:
            PeerDataError: a record that does not verify under this agreement.
        """
        endpoint = cls(post, trust, signer, identifiers, now)
        for data in records:
            endpoint.ledger.replay(v1.Record.FromString(data), now)
        endpoint.ledger.tell.clear()
        return endpoint

    @property
    def book(self) -> Book:
        """Every message held."""
        return self.ledger.book

    @property
    def logs(self) -> dict[str, PostLog]:
        """Every post's log as held."""
        return self.ledger.logs

    @property
    def peers(self) -> dict[str, Peer]:
        """Every other post."""
        return self.ledger.peers

    # -- inputs --------------------------------------------------------------------------------------

    def receive(self, frame: bytes, now: Instant, pin: bytes | None = None) -> str:
        """Take a Frame from a peer, or from a Fetch.

        Args:
            frame: serialised v1.Frame.
            pin: SHA-256 of the DER certificate that the peer showed in TLS; None where there is no TLS to check.

        Returns:
            The post whose Head it carried.

        Raises:
            PeerDataError: the Frame is wrong in itself; nothing but a counter has changed (a proved FORK is recorded).
        """
        self._now = now
        try:
            if len(frame) > FRAME_BYTES_MAX:
                raise PeerDataError("TOO_LARGE", f"a frame of {len(frame)} bytes")
            opened = parse(frame, v1.Frame)
            head = heads.open_head(opened.head, self.trust, self.post, pin)
            run = self._new_links(opened, head)
        except PeerDataError as error:
            self.counters[error.code] += 1
            raise
        peer = self.peers[head.post]
        news = self._take_head(peer, head, run is not None)
        if run is not None:
            self._record(v1.Record(links=run))
            self.ledger.links(head.post, run.links, now.utc_ns, now)
        for envelope in opened.statements:
            self._take_statement(envelope, peer)
        if news:
            self._answer(self.ledger.receipts(head, now.utc_ns))
        self._greet(peer, head.message)
        return head.post

    def compose(self, draft: Draft, now: Instant) -> v1.Statement:
        """The statement a sender's officers are to sign. Changes nothing.

        Raises:
            PeerDataError: RULE_BROKEN.
        """
        return compose(draft, self.trust, self.post, self._identifiers.fresh(), now)

    def submit(self, envelope: v1.Envelope, now: Instant) -> Submission:
        """Seal a statement that its officers have signed, or keep it durably until the line allows that.

        Raises:
            UsageError: the statement would be refused by every party, or this node may not seal; nothing has changed.
        """
        self._now = now
        try:
            signed = verify_statement(envelope, self.trust)
        except PeerDataError as error:
            raise UsageError(error.code, error.detail) from error
        known = self.book.entries.get(signed.digest)
        if known is not None:
            return Submission(signed.digest, "KNOWN", known.sequence)
        judged = judge(signed, self.trust, self.post, now.utc_ns)
        if judged.refusal is not None:
            raise UsageError(judged.refusal.code, judged.refusal.detail) from judged.refusal
        if self.rolled_back:
            raise UsageError("ROLLED_BACK", "this node lost its newest records; it may speak again in a new epoch only")
        if not self.confirmed:
            self._record(v1.Record(waiting=envelope))
            self.ledger.wait(judged, envelope, signed.digest, now.utc_ns)
            return Submission(signed.digest, "WAITING", 0)
        return Submission(signed.digest, "SEALED", self._seal(judged, envelope, signed.digest))

    def link(self, peer: str, up: bool, now: Instant) -> None:
        """A connection to a peer now stands, or is gone."""
        self._now = now
        state = self.peers[peer]
        if up:
            asked = next((other.hello for other in self.peers.values() if other.hello), b"")
            state.connect(asked or self._identifiers.fresh(), now)
            self._head_due = True
        elif state.up:
            state.disconnect(now)

    def present(self, digest: bytes, position: str, now: Instant) -> None:
        """A statement of another post was shown at a staffed position of this one; said once per position.

        Raises:
            UsageError: NOT_HELD, POSITION_UNKNOWN.
        """
        self._now = now
        if position not in self.positions:
            raise UsageError("POSITION_UNKNOWN", f"{position} is not staffed")
        entry = self.book.find(digest)
        said = (fact for fact in entry.facts_of(self.post) if fact.stage == PRESENTED and fact.by == position)
        if entry.post == self.post or any(said):
            return
        self._record(v1.Record(shown=v1.ShownHere(statement_digest=entry.digest, position=position)))
        self.ledger.shown(entry, position, now.utc_ns)
        self._head_due = True

    def staff(self, position: str, staffed: bool, now: Instant) -> None:
        """A watch position is now staffed, or no longer."""
        self._now = now
        before = bool(self.positions)
        (self.positions.add if staffed else self.positions.discard)(position)
        self._head_due = self._head_due or before != bool(self.positions)

    def on_deadline(self, now: Instant) -> None:
        """Let every timer act whose time has come."""
        self._now = now
        for verdict in self.ledger.waits.expire(now):
            self._take_verdict(verdict)
        connected = any(peer.up for peer in self.peers.values())
        if connected and now.mono_ns - self._head_mono_ns >= self._line.heartbeat_ns:
            self._head_due = True
        for peer in self.peers.values():
            self._on_peer_deadline(peer, now)
        for post, first, last in self.ledger.gaps.overdue(now, self._line.fetch_after_ns):
            self._ask(post, first, last)

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds at which `on_deadline` is next wanted; None when nothing runs."""
        up = [peer for peer in self.peers.values() if peer.up]
        return earliest(
            [
                self.ledger.waits.next_deadline(),
                self._head_mono_ns + self._line.heartbeat_ns if up else None,
                *(peer.retry_mono_ns for peer in up),
                *(peer.heard_mono_ns + self._line.silent_ns for peer in up if not peer.silent),
                self.ledger.gaps.next_deadline(self._line.fetch_after_ns) if up else None,
            ]
        )

    def take_effects(self) -> list[Effect]:
        """Everything wanted since the last call, in the order in which it must happen."""
        sends = self._sends()
        effects: list[Effect] = [*self._journal, *sends, *self._fetch, *self.ledger.tell]
        self._journal, self._fetch = [], []
        self.ledger.tell.clear()
        return effects

    # -- views ---------------------------------------------------------------------------------------

    def view(self, entry: Entry) -> MessageView:
        """How one message stands now."""
        return message_view(entry, self.book, self.ledger.waits, self.trust.agreement.message, self._now.utc_ns)

    def current_frame(self) -> bytes | None:
        """Our newest Head in a Frame of its own; None before the first."""
        head = self.ledger.head
        return v1.Frame(head=head).SerializeToString() if head else None

    def serve(self, post: str, first: int, last: int) -> Iterator[bytes]:
        """Frames with the links from `first` and the bodies `first`..`last` of any log held, under the Head that covers
        them.

        Raises:
            UsageError: NOT_HELD for a log or range that is not held.
        """
        log = self.logs.get(post)
        peer = self.peers.get(post)
        covering = peer.covering if peer else self.ledger.head
        if log is None or covering is None or not 1 <= first <= last <= log.sequence:
            raise UsageError("NOT_HELD", f"{first} to {last} of {post} is not held here")
        held = (self.book.entries.get(link.statement_digest) for link in log.links[first - 1 : last])
        bodies = [entry.envelope for entry in held if entry is not None]
        links = [log.run(first, log.sequence)]
        for chunk in heads.chunks(bodies, _FRAME_BODIES, _FRAME_BODIES_BYTES) or [[]]:
            yield v1.Frame(head=covering, links=links, statements=chunk).SerializeToString()

    # -- taking a Frame ------------------------------------------------------------------------------

    def _new_links(self, frame: v1.Frame, head: heads.Opened) -> v1.LinkRun | None:
        """The run of links in a Frame that is new here and covered by its Head."""
        log, position = self.logs[head.post], head.message.log
        run = next((run for run in frame.links if run.post == head.post and run.epoch == head.epoch), None)
        if log.contradicts(position):
            self._fork(head, run)
        if run is None:
            return None
        try:
            new = log.extension(run, position)
        except PeerDataError as error:
            if error.code == "LINKS_GAP":
                self._head_due = True
                return None
            if error.code == "FORK":
                self._fork(head, run)
            raise
        return v1.LinkRun(post=head.post, epoch=head.epoch, first=log.sequence + 1, links=new) if new else None

    def _fork(self, head: heads.Opened, run: v1.LinkRun | None) -> None:
        """Keep the proof that a post signed two logs, once, and refuse the Frame."""
        peer = self.peers[head.post]
        detail = f"{head.post} signed two logs of epoch {head.epoch}"
        if not peer.forked and peer.covering is not None:
            self._record(v1.Record(fork=v1.Fork(first=peer.covering, second=head.envelope, links=run)))
            self.ledger.forked(head.post)
            self.ledger.tell.append(Alert("FORK", b"", head.post, detail))
        raise PeerDataError("FORK", detail)

    def _take_head(self, peer: Peer, head: heads.Opened, covers_new: bool) -> bool:
        """Record a peer's Head when it says anything new; a beat already seen says nothing."""
        peer.heard_mono_ns = self._now.mono_ns
        if peer.silent:
            peer.silent = False
            self.ledger.tell.append(Alert("PEER_BACK", b"", peer.post, f"{peer.post} is heard again"))
        if head.message.beat <= peer.beat and not covers_new:
            return False
        news = covers_new or heads.says_news(head.message, peer, self.post)
        if news:
            self._record(v1.Record(head_held=head.envelope))
        self.ledger.head_held(head)
        return news

    def _greet(self, peer: Peer, head: v1.Head) -> None:
        """Answer a peer's Hello, and take its answer to ours: a fresh Head that shows what it holds of our log."""
        if head.hello and head.hello != peer.echo:
            peer.echo, self._head_due = head.hello, True
        if not peer.hello or v1.HelloEcho(post=self.post, hello=peer.hello) not in head.echoes:
            return
        peer.greet()
        own = self.ledger.own
        held = next((held for held in head.held if held.post == self.post and held.epoch == own.epoch), None)
        if held is not None and (held.sequence > own.sequence or own.contradicts(held)):
            self._roll_back(peer, held)
            return
        peer.confirmed = held.sequence if held is not None else 0
        self.confirmed = not self.rolled_back
        if self.confirmed:
            self._seal_waiting()

    def _roll_back(self, peer: Peer, held: v1.LogPosition) -> None:
        if not self.rolled_back:
            detail = f"{peer.post} holds our log to {held.sequence}; we hold {self.ledger.own.sequence}"
            self.ledger.tell.append(Alert("ROLLED_BACK", b"", peer.post, detail))
        self.rolled_back, self.confirmed = True, False

    def _take_statement(self, envelope: v1.Envelope, peer: Peer) -> None:
        """Take one statement of a Frame, or refuse it by a receipt; without a link that names it, it is nothing yet."""
        try:
            signed = verify_statement(envelope, self.trust)
        except PeerDataError as error:
            self.counters[error.code] += 1
            return
        log = self.logs[peer.post]
        sequence = log.place_of.get(signed.digest)
        if sequence is None:
            self.counters["UNLINKED"] += 1
            return
        self._head_due = True
        if signed.digest in self.book.entries:
            self.ledger.say_again(self.book.entries[signed.digest])
            return
        link = log.links[sequence - 1]
        judged = _held_to_link(judge(signed, self.trust, peer.post, link.sealed_at_ms * NS_PER_MS), link, envelope)
        held = v1.HeldStatement(envelope=envelope, post=peer.post, epoch=log.epoch, sequence=sequence)
        held.refused = judged.refusal.code if judged.refusal else ""
        self._record(v1.Record(statement=held))
        self._answer(self.ledger.statement(judged, envelope, peer.post, sequence, self._now.utc_ns, self._now))

    # -- sealing, answering, sending -----------------------------------------------------------------

    def _record(self, record: v1.Record) -> None:
        record.at.CopyFrom(to_timestamp(self._now.utc_ns))
        self._journal.append(Journal(record.SerializeToString()))

    def _seal(self, judged: Judged, envelope: v1.Envelope, digest: bytes) -> int:
        """Give a statement the next place in our log; returns its sequence."""
        assert judged.statement is not None
        link = v1.Link(
            statement_digest=digest,
            sealed_at_ms=self._now.utc_ms,
            precedence=judged.statement.header.precedence,
            size=len(envelope.payload),
        )
        own, at_ns = self.ledger.own, self._now.utc_ns
        sequence = own.sequence + 1
        held = v1.HeldStatement(envelope=envelope, post=self.post, epoch=own.epoch, sequence=sequence)
        self._record(v1.Record(links=v1.LinkRun(post=self.post, epoch=own.epoch, first=sequence, links=[link])))
        self._record(v1.Record(statement=held))
        self.ledger.links(self.post, [link], at_ns, self._now)
        self._answer(self.ledger.statement(judged, envelope, self.post, sequence, at_ns, self._now))
        self._head_due = True
        return sequence

    def _seal_waiting(self) -> None:
        """Seal what waited for the Hello; what may no longer be sealed stays as it is and is alarmed."""
        for entry in list(self.ledger.waiting):
            signed = verify_statement(entry.envelope, self.trust)
            judged = judge(signed, self.trust, self.post, self._now.utc_ns)
            if judged.refusal is None:
                self._seal(judged, entry.envelope, entry.digest)
            else:
                self.ledger.tell.append(Alert("NOT_SEALED", entry.digest, self.post, str(judged.refusal)))

    def _answer(self, news: News) -> None:
        """New facts about our statements answer the timers that wait for them."""
        for entry, fact in news:
            for verdict in self.ledger.waits.answered(entry.digest, fact, self._now):
                self._take_verdict(verdict)

    def _take_verdict(self, verdict: v1.Verdict) -> None:
        self._record(v1.Record(verdict=verdict))
        self.ledger.verdict(verdict)

    def _on_peer_deadline(self, peer: Peer, now: Instant) -> None:
        if not peer.up:
            return
        if not peer.silent and now.mono_ns >= peer.heard_mono_ns + self._line.silent_ns:
            peer.silent = True
            self.ledger.tell.append(Alert("PEER_SILENT", b"", peer.post, f"nothing heard of {peer.post}"))
        if peer.retry_mono_ns is not None and now.mono_ns >= peer.retry_mono_ns:
            peer.retry(now, self._line.retry_first_ns, self._line.retry_max_ns, self._identifiers.jitter())

    def _ask(self, post: str, first: int, last: int) -> None:
        """Fetch missing bodies from their own post, or from any peer that is up."""
        server = next((name for name in (post, *self.peers) if self.peers[name].up), None)
        if server is not None:
            self._fetch.append(Fetch(server, post, self.logs[post].epoch, first, last))

    def _sends(self) -> list[Effect]:
        """One Head for everything new, journalled, then the Frames under it."""
        fresh = self._head_due
        if fresh:
            self._make_head()
        sends: list[Effect] = []
        for peer in self.peers.values():
            if peer.up and (fresh or peer.due or (peer.unsent and peer.greeted)):
                sends += self._frames(peer)
        return sends

    def _make_head(self) -> None:
        beat = self.ledger.beat + 1
        own = heads.Own(self.trust, self.post, self.logs, self.peers, bool(self.positions), beat)
        envelope = heads.make(own, self._signer, self._now)
        self._record(v1.Record(head_made=envelope))
        self.ledger.head_made(envelope, beat)
        self._head_due, self._head_mono_ns = False, self._now.mono_ns
        for peer in self.peers.values():
            peer.echo = b""

    def _frames(self, peer: Peer) -> Iterator[Effect]:
        """What a peer is owed: the Head alone until it greets, then links it lacks and statements by precedence."""
        own, head = self.ledger.own, self.ledger.head
        order = peer.by_precedence() if peer.greeted else []
        bodies = [self.book.entries[own.links[sequence - 1].statement_digest].envelope for sequence in order]
        lacks = peer.greeted and peer.confirmed < own.sequence
        links = [own.run(peer.confirmed + 1, own.sequence)] if lacks else []
        for chunk in heads.chunks(bodies, _FRAME_BODIES, _FRAME_BODIES_BYTES) or [[]]:
            yield Send(peer.post, v1.Frame(head=head, links=links, statements=chunk).SerializeToString())
        peer.sent(order, self._now, self._line.retry_first_ns)


def _held_to_link(judged: Judged, link: v1.Link, envelope: v1.Envelope) -> Judged:
    """A statement must be what its link says it is."""
    if judged.said is None:
        return judged
    if link.size == len(envelope.payload) and link.precedence == judged.said.header.precedence:
        return judged
    return Judged(None, PeerDataError("SIZE_MISMATCH", "its link gives another size or precedence"), judged.statement)

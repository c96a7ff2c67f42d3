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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.asking import Asking
from hotline.protocol.book import Book, Entry
from hotline.protocol.effects import Alert, Effect, Fetch, Journal
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.intake import Intake
from hotline.protocol.ledger import Ledger
from hotline.protocol.line import LineView
from hotline.protocol.log import PostLog
from hotline.protocol.outbox import Outbox
from hotline.protocol.peer import Peer, earliest
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft, Examined, Judged, compose, examine, judge, verify_statement
from hotline.protocol.testing import LineTesting
from hotline.protocol.timers import PRESENTED
from hotline.protocol.trust import Trust
from hotline.protocol.verdicts import Verdicts
from hotline.protocol.views import MessageView, Sources, message_view
from hotline.protocol.voice import speak


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
        self.positions: set[str] = set()
        self.confirmed = False
        self.rolled_back = False
        self._signer, self._identifiers, self._now = signer, identifiers, now
        self._intake = Intake(self.ledger, self._record, self.positions)
        self._verdicts = Verdicts(self.ledger, self._record)
        self._asking = Asking(self.ledger)
        self._testing = LineTesting(self.ledger.line, trust, post)
        self._outbox = Outbox(self.ledger, signer, now)
        self._fetch_after_ns = trust.terms(now.utc_ns).message.line.fetch_after.ToNanoseconds()
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
        endpoint.ledger.gone.clear()
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

    @property
    def counters(self) -> Counter[str]:
        """What was dropped without effect, by code."""
        return self._intake.counters

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
        arrival, news, calls_for_head = self._intake.take(frame, pin, now)
        self._outbox.head_due = self._outbox.head_due or calls_for_head
        self._verdicts.answer(news, now)
        self._greet(self.peers[arrival.head.post], arrival.head.message)
        return arrival.head.post

    def compose(self, draft: Draft, now: Instant) -> v1.Statement:
        """The statement a sender's officers are to sign. Changes nothing.

        Raises:
            PeerDataError: RULE_BROKEN.
        """
        return compose(draft, self.trust, self.post, self._identifiers.fresh(), now)

    def submit(self, statement: v1.Envelope | Examined, now: Instant) -> Submission:
        """Seal a statement that its officers have signed, or keep it durably until the line allows that.

        Args:
            statement: the envelope; or what `examine` found in it for this post and this instant, when many are
                handed over together.

        Raises:
            UsageError: the statement would be refused by every party, or this node may not seal; nothing has changed.
        """
        self._now = now
        examined = statement
        if not isinstance(examined, Examined):
            (found,) = examine([examined], self.trust, self.post, self.ledger.own.epoch, now.stamp_ns)
            if isinstance(found, PeerDataError):
                raise UsageError(found.code, found.detail) from found
            examined = found
        signed, judged, envelope = examined.signed, examined.judged, examined.signed.envelope
        known = self.book.entries.get(signed.digest)
        if known is not None:
            return Submission(signed.digest, "KNOWN", known.sequence)
        if judged.refusal is not None:
            raise UsageError(judged.refusal.code, judged.refusal.detail) from judged.refusal
        if not self.trust.nodes[self.post].valid.holds(now.utc_ns):
            raise UsageError(
                "CERTIFICATE_EXPIRED", "this node's certificate does not hold now; peers would refuse its Head"
            )
        if self.rolled_back:
            raise UsageError("ROLLED_BACK", "this node lost its newest records; it may speak again in a new epoch only")
        if not self.confirmed:
            self._record(v1.Record(waiting=envelope))
            self.ledger.wait(judged, envelope, signed.digest, now.stamp_ns)
            return Submission(signed.digest, "WAITING", 0)
        return Submission(signed.digest, "SEALED", self._seal(judged, envelope, signed.digest))

    def link(self, peer: str, up: bool, now: Instant) -> None:
        """A connection to a peer now stands, or is gone."""
        self._now = now
        state = self.peers[peer]
        if up:
            state.connect(self._identifiers.fresh(), now)
            # One Head asks everyone who has not answered yet, so all are asked the same, anew.
            for other in self.peers.values():
                other.hello = state.hello if other.hello else b""
            self._outbox.head_due = True
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
        self.ledger.shown(entry, position, now.stamp_ns)
        self._outbox.head_due = True

    def staff(self, position: str, staffed: bool, now: Instant) -> None:
        """A watch position is now staffed, or no longer."""
        self._now = now
        before = bool(self.positions)
        (self.positions.add if staffed else self.positions.discard)(position)
        self._outbox.head_due = self._outbox.head_due or before != bool(self.positions)

    def on_deadline(self, now: Instant) -> None:
        """Let every timer act whose time has come."""
        self._now = now
        self._verdicts.expire(now)
        self._outbox.on_deadline(now, self._identifiers.jitter())
        for post, first, last in self.ledger.gaps.overdue(now, self._fetch_after_ns):
            self._ask(post, first, last)
        if self._may_say():
            self._testing.act(now, self._say)
            self._asking.act(now, self._say)

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds at which `on_deadline` is next wanted; None when nothing runs."""
        connected = any(peer.up for peer in self.peers.values())
        return earliest(
            [
                self.ledger.waits.next_deadline(),
                self._outbox.next_deadline(),
                self.ledger.gaps.next_deadline(self._fetch_after_ns) if connected else None,
                self._testing.next_deadline(self._now) if self._may_say() else None,
                self._asking.next_deadline(self._now) if self._may_say() else None,
            ]
        )

    def take_effects(self) -> list[Effect]:
        """Everything wanted since the last call, in the order in which it must happen."""
        head, sends = self._outbox.flush(bool(self.positions), self._now)
        if head is not None:
            self._record(v1.Record(head_made=head))
        effects: list[Effect] = [*self._journal, *sends, *self._fetch, *self.ledger.tell]
        self._journal, self._fetch = [], []
        self.ledger.tell.clear()
        return effects

    # -- views ---------------------------------------------------------------------------------------

    def view(self, entry: Entry, now: Instant | None = None) -> MessageView:
        """How one message stands: now, or as of the last input."""
        now = now or self._now
        sources = Sources(
            self.book,
            self.ledger.waits,
            self.ledger.attempts,
            self.trust.terms(entry.sealed_at_ns or now.utc_ns).message,
        )
        return message_view(entry, sources, now, lambda post: self._asking.outlook(entry, post, now))

    def line(self, now: Instant | None = None) -> LineView:
        """How the line stands: now, or as of the last input (spec 07, section 2)."""
        ledger, now = self.ledger, now or self._now
        peers = ledger.line.view(ledger.peers, ledger.logs, ledger.gaps, self.trust, now)
        suspensions, own = ledger.line.suspensions(now.utc_ns), ledger.own
        return LineView(peers, suspensions, own.epoch, own.sequence, self.rolled_back)

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
        return self._outbox.serve(post, first, last)

    # -- the line ------------------------------------------------------------------------------------

    def _greet(self, peer: Peer, head: v1.Head) -> None:
        """Answer a peer's Hello, and take its answer to ours: a fresh Head that shows what it holds of our log."""
        seen = next((seen.beat for seen in head.beats_seen if seen.post == self.post), 0)
        self._outbox.head_due = peer.asked(head.hello, seen) or self._outbox.head_due
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
            self._testing.confirm(self._now)
            self._seal_waiting()

    def _roll_back(self, peer: Peer, held: v1.LogPosition) -> None:
        if not self.rolled_back:
            detail = f"{peer.post} holds our log to {held.sequence}; we hold {self.ledger.own.sequence}"
            self.ledger.tell.append(Alert("ROLLED_BACK", b"", peer.post, detail))
        self.rolled_back, self.confirmed = True, False

    # -- what this node says by itself ---------------------------------------------------------------

    def _may_say(self) -> bool:
        """Whether this node may seal now: a peer has answered, nothing was lost, and its certificate holds."""
        holds = self.trust.nodes[self.post].valid.holds(self._now.utc_ns)
        return self.confirmed and holds and self.trust.terms(self._now.utc_ns).in_force.holds(self._now.utc_ns)

    def _say(
        self,
        body: Message,
        action: Sequence[str],
        precedence: v1.Precedence.ValueType,
        *,
        asks: v1.Stage.ValueType = v1.STAGE_UNSPECIFIED,
        thread: bytes = b"",
    ) -> bytes | None:
        """Seal a statement that nodes sign, with the node's own key; only where `_may_say`.

        Returns:
            Its digest; None if the agreement does not let it stand, which is told to the watch.
        """
        draft = Draft(body, action, precedence, stage_requested=asks, thread=thread)
        epoch, nonce = self.ledger.own.epoch, self._identifiers.fresh()
        try:
            found = speak(draft, self.trust, self.post, epoch, self._signer, nonce, self._now)
        except PeerDataError as refusal:
            self.ledger.tell.append(Alert("NOT_SEALED", b"", self.post, f"{body.DESCRIPTOR.full_name}: {refusal}"))
            return None
        self._seal(found.judged, found.signed.envelope, found.signed.digest)
        return found.signed.digest

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
        own, at_ns = self.ledger.own, self._now.stamp_ns
        sequence = own.sequence + 1
        held = v1.HeldStatement(envelope=envelope, post=self.post, epoch=own.epoch, sequence=sequence)
        self._record(v1.Record(links=v1.LinkRun(post=self.post, epoch=own.epoch, first=sequence, links=[link])))
        self._record(v1.Record(statement=held))
        self.ledger.links(self.post, [link], at_ns, self._now)
        news = self.ledger.statement(judged, envelope, self.post, sequence, at_ns, self._now)
        self._verdicts.answer(news, self._now)
        self._outbox.head_due = True
        return sequence

    def _seal_waiting(self) -> None:
        """Seal what waited for the Hello; what may no longer be sealed stays as it is and is alarmed."""
        for entry in list(self.ledger.waiting):
            signed = verify_statement(entry.envelope, self.trust)
            judged = judge(signed, self.trust, self.post, self.ledger.own.epoch, self._now.stamp_ns)
            if judged.refusal is None:
                self._seal(judged, entry.envelope, entry.digest)
            else:
                self.ledger.tell.append(Alert("NOT_SEALED", entry.digest, self.post, str(judged.refusal)))

    def _ask(self, post: str, first: int, last: int) -> None:
        """Fetch missing bodies from their own post, or from any peer that is up."""
        server = next((name for name in (post, *self.peers) if self.peers[name].up), None)
        if server is not None:
            self._fetch.append(Fetch(server, post, self.logs[post].epoch, first, last))

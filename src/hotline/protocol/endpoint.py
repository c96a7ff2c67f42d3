"""Endpoint: one post on one channel, as a step machine without I/O.

    receive(frame, now)  submit(envelope, now)  adopt(paper, now)  link(peer, up, now)  present(...)  staff(...)
    on_deadline(now)     next_deadline()        take_effects()     Endpoint.restore(...)

The rules it keeps (spec 03):

  1. What is durable is a fold over records (`ledger.py`): an input decides which records it makes, and the ledger takes
     them the same way when the input comes as when the journal is read back.
  2. Effects come in order: journal, send, tell. A Head is journalled before it is sent, and no receipt enters a Head
     before the record of its statement was put in front of it.
  3. Nothing is sealed after a start before one peer has answered a Hello; until then statements wait, durably.
  4. A frame that is wrong in itself raises PeerDataError and changes nothing; a statement that is wrong in itself is
     refused by a signed receipt; a statement whose signature fails changes a counter and nothing else.
  5. Revisions and directories are taken before anything that may need them, and act at once: a new epoch of this post
     is signed with its own key from the next Head on.
  6. Identifiers, jitter and the node's signature come in through injected objects; time comes in as an argument.

`take_effects` ends a batch: one Head covers everything since the last, so a driver that feeds many inputs before it
takes effects pays one signature and one commit for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.book import Book, Entry
from hotline.protocol.effects import Effect
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.heads import OwnHeadError
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant
from hotline.protocol.line import LineView
from hotline.protocol.log import PostLog
from hotline.protocol.papers import Adopted
from hotline.protocol.peer import Peer, earliest
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft, Examined, compose, examine
from hotline.protocol.timers import PRESENTED
from hotline.protocol.trust import Trust
from hotline.protocol.undoing import refuse_undoing
from hotline.protocol.views import MessageView, Sources, message_view
from hotline.protocol.works import Deadline, Works


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a statement handed over: SEALED with its place, WAITING for the first Hello, or KNOWN before."""

    digest: bytes
    state: str
    sequence: int


class Endpoint(Works):
    """One post in one channel. Inputs change state and queue effects; `take_effects` hands them out in order.

    Attributes:
        post: whose endpoint it is.
        trust: the agreement and the directories, as they are held now.
        ledger: everything durable.
        positions: watch positions now staffed.
    """

    @classmethod
    def restore(
        cls,
        post: str,
        trust: Trust,
        signer: Signer | Sequence[Signer],
        identifiers: Identifiers,
        records: Iterable[bytes],
        now: Instant,
    ) -> Endpoint:
        """An Endpoint as its journal left it. Deadlines armed before go on; nothing is sealed before the next Hello.

        Raises:
            PeerDataError: a record that does not verify under this agreement.
            UsageError: NOT_ITS_POST.
        """
        return cls(post, trust, signer, identifiers, now, records)

    @property
    def book(self) -> Book:
        """Every message held."""
        return self.ledger.book

    @property
    def logs(self) -> dict[str, PostLog]:
        """Every post's log of its newest epoch, as held."""
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

    def receive(self, frame: bytes, now: Instant, pin: bytes | None = None, server: str | None = None) -> str:
        """Take a Frame from a peer, or from a Fetch.

        Args:
            frame: serialised v1.Frame.
            pin: SHA-256 of the DER certificate that the peer showed in TLS; None where there is no TLS to check.
            server: the post that served it, for what a Fetch brought: the Head may be of another post. None for what
                came over the connection of the Head's own post.

        Returns:
            The post whose Head it carried.

        Raises:
            PeerDataError: the Frame is wrong in itself; nothing but a counter has changed, except that revisions and
                directories in it were taken by themselves, and a proved FORK is recorded.
        """
        self._now = now
        try:
            arrival, news, calls_for_head = self._intake.take(frame, pin, now, server)
        except OwnHeadError as shown:
            if server is None or shown.position is None:
                raise
            self._look_at_own(shown.position, server)
            return self.post
        finally:
            self._act_on_papers()
        self._outbox.head_due = self._outbox.head_due or calls_for_head
        self._verdicts.answer(news, now)
        if arrival.head.post != self.post:
            self._greet(arrival.head)
        if self._sealing.held_back:
            self._seal_waiting()
        return arrival.head.post

    def adopt(self, paper: v1.SignedAgreement | v1.Envelope, now: Instant, *, disavow: bool = False) -> Adopted:
        """Take a revision of the agreement or a version of a directory from this post's own side; it acts at once.

        Args:
            disavow: take it even if something that was sealed already would stand no longer by it.

        Raises:
            UsageError, PeerDataError: WOULD_DISAVOW, AGREEMENT_*, DIRECTORY_*, EPOCH_CHAIN, KEY_*, POST_FOREIGN,
                SIGNATURE_*, SCAN_*, RULE_BROKEN; nothing has changed.
        """
        self._now = now
        if not disavow:
            refuse_undoing(paper, self.ledger)
        try:
            return self._intake.papers.adopt(paper)
        finally:
            self._act_on_papers()

    def equip(self, signer: Signer, now: Instant) -> None:
        """Have a further node key of this post, for an epoch that is open or is still to come.

        Raises:
            UsageError: NOT_ITS_POST if it is known as a key of another post or purpose.
        """
        self._now, known = now, self.trust.node_key(signer.fingerprint)
        foreign = known is None and signer.fingerprint in self.trust.fingerprints()
        if foreign or (known is not None and self.trust.node_of(signer.fingerprint).post != self.post):
            raise UsageError("NOT_ITS_POST", f"this key is not one for the node of {self.post}")
        self._outbox.signers[signer.fingerprint] = signer
        self._outbox.head_due = True
        self._seal_waiting()

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
        self._refuse_revoked(signed.keyids)
        if not self.trust.epochs[self.post].open:
            raise UsageError("NOT_ITS_POST", f"{self.post} was withdrawn and speaks no more")
        if not self.trust.nodes[self.post].holds(now.utc_ns):
            raise UsageError(
                "CERTIFICATE_EXPIRED", "this node's certificate does not hold now; peers would refuse its Head"
            )
        if self.rolled_back:
            raise UsageError("ROLLED_BACK", "this node lost its newest records; it may speak again in a new epoch only")
        if not self.confirmed or not self._sealing.able:
            self._record(v1.Record(waiting=envelope))
            self.ledger.wait(judged, envelope, signed.digest, now.stamp_ns)
            return Submission(signed.digest, "WAITING", 0)
        return Submission(signed.digest, "SEALED", self._sealing.seal(judged, envelope, signed.digest, now))

    def _refuse_revoked(self, keyids: Iterable[bytes]) -> None:
        """Seal nothing that would be disavowed as soon as it stood (REQ-EPOCH-3)."""
        place = self.ledger.own.epoch, self.ledger.own.sequence + 1
        revoked = next((keyid for keyid in keyids if self.trust.revoked(keyid, place)), None)
        if revoked is not None:
            raise UsageError("KEY_REVOKED", f"the key of {self.trust.officer_of(revoked).person} was revoked")

    def link(self, peer: str, up: bool, now: Instant) -> None:
        """A connection to a peer now stands, or is gone."""
        self._now = now
        state = self.peers[peer]
        if up:
            self._greeting.connect(state, now)
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
        self._fetch += self._intake.fetching.on_deadline(now)
        if self._greeting.on_deadline(now):
            self._begin_sealing()
        self._look_round()
        if self._may_say():
            self._testing.act(now, self._say)
            self._asking.act(now, self._say)

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds at which `on_deadline` is next wanted; None when nothing runs."""
        if self._deadline is None:
            self._deadline = Deadline(self._look_for_deadline(self._now))
        return self._deadline.mono_ns

    def _look_for_deadline(self, now: Instant) -> int | None:
        coming_ns, may_say = self.trust.revisions.next_from_ns(now.utc_ns), self._may_say()
        return earliest(
            [
                self.ledger.waits.next_deadline(),
                self._outbox.next_deadline(now),
                self._intake.fetching.next_deadline(now),
                self._greeting.next_deadline(),
                None if coming_ns is None else now.mono_ns + coming_ns - now.utc_ns,
                self._testing.next_deadline(now) if may_say else None,
                self._asking.next_deadline(now) if may_say else None,
            ]
        )

    def take_effects(self) -> list[Effect]:
        """Everything wanted since the last call, in the order in which it must happen."""
        head, sends = self._outbox.flush(bool(self.positions), self._now)
        if head is not None:
            self._record(v1.Record(head_made=head))
        effects: list[Effect] = [*self._journal, *sends, *self._fetch, *self.ledger.tell]
        self._journal, self._fetch, self._deadline = [], [], None
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

    def serve(self, post: str, first: int, last: int, epoch: int | None = None, asker: str = "") -> Iterator[bytes]:
        """Frames with the links from `first` and the bodies `first`..`last` of any log held, up to 1,024 of them, under
        a Head that covers them, with the revisions and directories that the asker may lack. Each is made when it is
        asked for; inputs in between change nothing of what is served.

        Args:
            epoch: of the log; the newest when None.
            asker: the post that asks, where that is known.

        Raises:
            UsageError: NOT_HELD for a log or range that is not held.
        """
        return self._outbox.serve(post, first, last, epoch, asker)

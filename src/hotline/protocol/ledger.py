"""The ledger: everything durable that a post knows of its channel, as a fold over records.

An input decides which records it makes; `apply` changes the state, the same when the record is made as when the journal
is read back. The ledger sends nothing, signs nothing and runs no timer of its own accord.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.alarms import alarms, answer_alarms
from hotline.protocol.attempts import Attempts, alerts
from hotline.protocol.book import Book, Change, Entry
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.errors import PeerDataError
from hotline.protocol.further import further_wait
from hotline.protocol.gaps import Gaps
from hotline.protocol.instant import NS_PER_MS, Instant, to_timestamp
from hotline.protocol.ladder import Fact
from hotline.protocol.line import Line
from hotline.protocol.log import PostLog
from hotline.protocol.peer import Peer
from hotline.protocol.silence import Taken, way_of
from hotline.protocol.statements import Judged, judge, verify_statement
from hotline.protocol.timers import DELIVERED, PRESENTED, Terms, Wait, armed
from hotline.protocol.trust import Trust
from hotline.protocol.waits import Waits

News = list[tuple[Entry, Fact]]
_BEARS_ON_SILENCE = (v1.OutOfBand, v1.RadioSilence, v1.ChannelStatus)


class Ledger:
    """Logs, messages, receipts, timers and peers of one post on one channel.

    Attributes:
        logs: every post's log, its own among them.
        peers: every other post.
        book: every message.
        line: what statements say about the line itself.
        waits: timers that run here.
        attempts: what was tried about silent posts, and what was said by other means.
        gaps: links held without their body.
        waiting: our statements that have no place yet.
        beat, head: the newest Head made here.
        gone: what was replaced, cancelled, taken back or made void since this was last emptied (REQ-TIMER-7).
        tell: Changed and Alert effects not yet handed out.
    """

    def __init__(self, post: str, trust: Trust) -> None:
        channel = trust.agreement.channel
        self.post, self.trust = post, trust
        self.logs = {other: PostLog(channel, other, trust.nodes[other].epoch) for other in trust.posts}
        self.peers = {other: Peer(other) for other in trust.others(post)}
        self.book, self.waits, self.gaps = Book(), Waits(), Gaps()
        self.attempts = Attempts(self.book)
        self.line = Line(post, self.book)
        self.waiting: list[Entry] = []
        self.beat = 0
        self.head: v1.Envelope | None = None
        self.gone: list[bytes] = []
        self.tell: list[Changed | Alert] = []
        self._early: dict[bytes, list[tuple[v1.Receipt, str, int]]] = defaultdict(list)
        self._misplaced: dict[tuple[str, int], v1.Receipt] = {}
        self._alarmed: dict[bytes, int] = defaultdict(int)
        self._covering: v1.Envelope | None = None

    @property
    def own(self) -> PostLog:
        """This post's log."""
        return self.logs[self.post]

    def replay(self, record: v1.Record, now: Instant) -> None:
        """Apply one record read back from the journal.

        Raises:
            PeerDataError: it does not verify under this agreement.
        """
        at_ns, which = record.at.ToNanoseconds(), record.WhichOneof("fact")
        if which == "links":
            self.links(record.links.post, record.links.links, at_ns, now)
        elif which == "statement":
            self._replay_statement(record.statement, at_ns, now)
        elif which == "waiting":
            signed = verify_statement(record.waiting, self.trust)
            judged = judge(signed, self.trust, self.post, self.own.epoch, at_ns)
            self.wait(judged, record.waiting, signed.digest, at_ns)
        elif which == "head_made":
            self.head_made(record.head_made)
        elif which == "head_held":
            opened = heads.open_head(record.head_held, self.trust, self.post, None)
            self.head_held(opened)
            self.receipts(opened, at_ns)
        elif which == "verdict":
            self.verdict(record.verdict)
        elif which == "shown":
            self.shown(self.book.find(record.shown.statement_digest), record.shown.position, at_ns)
        elif which == "fork":
            self.forked(heads.open_head(record.fork.second, self.trust, self.post, None).post)

    def _replay_statement(self, held: v1.HeldStatement, at_ns: int, now: Instant) -> None:
        link = self.logs[held.post].links[held.sequence - 1]
        signed = verify_statement(held.envelope, self.trust)
        judged = judge(signed, self.trust, held.post, held.epoch, link.sealed_at_ms * NS_PER_MS)
        if held.refused:
            judged = Judged(None, PeerDataError(held.refused, "as recorded"), judged.statement)
        self.statement(judged, held.envelope, held.post, held.sequence, at_ns, now, held.unstaffed)

    # -- logs and heads ------------------------------------------------------------------------------

    def links(self, post: str, links: Iterable[v1.Link], at_ns: int, now: Instant) -> None:
        """New links of a log; for a peer's, the Head applied last covers them. A digest linked a second time takes no
        effect, and its second place is refused."""
        log = self.logs[post]
        for link in links:
            sequence = log.append(link)
            if post == self.post:
                continue
            if log.place_of[link.statement_digest] == sequence:
                self.gaps.open(post, sequence, now)
            else:
                self.peers[post].receipts.add(self._receipt(post, sequence, "REPLAYED", at_ns))
        if post != self.post:
            self.peers[post].covering = self._covering

    def head_made(self, envelope: v1.Envelope) -> None:
        """A Head of ours; what it carries counts as said with its beat."""
        head = v1.Head.FromString(envelope.payload)
        self.beat, self.head = head.beat, envelope
        for receipt in head.receipts:
            self.peers[receipt.post].receipts.carried(receipt, head.beat)

    def head_held(self, opened: heads.Opened) -> None:
        """A Head of a peer: its watch, the beats it has seen, how far it holds our log. Older Heads only ever add."""
        self._covering = opened.envelope
        peer, head = self.peers[opened.post], opened.message
        if head.beat > peer.beat:
            peer.beat, peer.staffed, peer.head = head.beat, head.staffed, opened.envelope
        for seen in head.beats_seen:
            if seen.post == self.post:
                peer.receipts.seen(seen.beat)
        for held in head.held:
            if held.post == self.post and held.epoch == self.own.epoch:
                peer.confirmed = max(peer.confirmed, min(held.sequence, self.own.sequence))

    def forked(self, post: str) -> None:
        """A peer is proved to have signed two logs."""
        self.peers[post].forked = True

    # -- statements ----------------------------------------------------------------------------------

    def wait(self, judged: Judged, envelope: v1.Envelope, digest: bytes, at_ns: int) -> None:
        """A statement of ours that must wait for its place."""
        entry = Entry(digest, envelope, self.post, 0, 0, at_ns, judged.said, judged.statement)
        self.waiting.append(entry)
        self._changed(self.book.add(entry))

    def statement(
        self,
        judged: Judged,
        envelope: v1.Envelope,
        post: str,
        sequence: int,
        at_ns: int,
        now: Instant,
        unstaffed: bool = False,
    ) -> News:
        """A statement with its place: arms the timers of ours, gives a receipt for another's.

        Args:
            unstaffed: whether it asks more of this post than delivery, and found no position staffed (REQ-ACK-11).

        Returns:
            Facts that became known about statements of which something is waited for here.
        """
        link = self.logs[post].links[sequence - 1]
        entry = self.book.entries.get(link.statement_digest)
        if post != self.post and (entry is not None or _spoken_elsewhere(judged, post)):
            self._misplace(judged, post, sequence, at_ns)
            return []
        if entry is not None:
            changes = self.book.place(entry, sequence, link.sealed_at_ms * NS_PER_MS)
            self.waiting.remove(entry)
        else:
            entry = _entry(judged, envelope, post, sequence, link, at_ns)
            changes = self.book.add(entry)
        if post == self.post:
            self._own(entry, now)
        else:
            self._foreign(entry, judged, at_ns)
        if unstaffed:
            self._say_here(entry, Fact(self.post, PRESENTED, "UNSTAFFED", at_ns, at_ns, "node"))
        if self.line.take(entry):
            self.waits.look_again()
        self.tell += alarms(entry, self.book)
        self._attempt(entry, now)
        news = self._changed(changes)
        self._arm_further(changes, now)
        for receipt, speaker, learned_ns in self._early.pop(entry.digest, ()):
            if (receipt.post, receipt.sequence) == (post, sequence):
                news += self._receipt_fact(receipt, entry, speaker, learned_ns)
        return news

    def _own(self, entry: Entry, now: Instant) -> None:
        assert entry.statement is not None
        header = entry.statement.header
        for peer in self.peers.values():
            peer.owe(entry.sequence, header.precedence)
        waits = armed(entry.digest, header, entry.sealed_at_ns, self._terms(entry.sealed_at_ns))
        self.waits.arm((wait for wait in waits if self._awaits(entry, wait)), entry.sealed_at_ns, now)

    def _awaits(self, entry: Entry, wait: Wait) -> bool:
        """No post waits for itself, nor for more than delivery of dialogue where that is suspended (REQ-LINE-3)."""
        at_ns = entry.sealed_at_ns
        if wait.post == self.post:
            return False
        return wait.stage == DELIVERED or not self.line.suspended(wait.post, self.book.layer(entry), at_ns)

    def _terms(self, at_ns: int) -> Terms:
        hours = {post: self.trust.entry_of(post, at_ns).hours for post in self.trust.parties}
        return Terms(self.trust.terms(at_ns).limits, hours)

    def _arm_further(self, changes: Iterable[Change], now: Instant) -> None:
        """What new stages make us wait for in turn, once (REQ-TIMER-5)."""
        for entry, fact in changes:
            if fact is None:
                continue
            found = further_wait(entry, fact, self.book, self.post, self._terms(fact.said_at_ns))
            if found is not None and found[0].stage not in self.waits.limits(found[0].armed_by, found[0].post):
                self.waits.arm([found[0]], found[1], now)

    def _attempt(self, entry: Entry, now: Instant) -> None:
        """A QueryAck, an Escalated or an OutOfBand: noted, told to the watch, and answered by our receipts where we are
        the post that is asked."""
        silent = self.attempts.add(entry)
        if silent is None or entry.said is None:
            return
        body, (subject, post) = entry.said.body, silent
        if entry.post == self.post and isinstance(body, (v1.QueryAck, v1.Escalated)):
            at_ns = now.mono_ns - (now.utc_ns - entry.sealed_at_ns)
            self.waits.took(silent, Taken(way_of(body), at_ns))
        asked = self.book.entries.get(subject)
        if isinstance(body, v1.QueryAck) and post == self.post and asked is not None and asked.post == entry.post:
            for fact in asked.facts_of(self.post):
                if fact.stage in (DELIVERED, PRESENTED):
                    self.peers[asked.post].receipts.add(self._receipt_of(asked, fact))
        channels = self.trust.posts[post].other_channels if post in self.trust.posts else ()
        self.tell += alerts(entry, self.post, tuple(channels))
        if asked is not None:
            self.tell.append(Changed(subject))

    def _foreign(self, entry: Entry, judged: Judged, at_ns: int) -> None:
        self.gaps.close(entry.post, entry.sequence)
        receipt = self._receipt(entry.post, entry.sequence, entry.refused, at_ns)
        self.peers[entry.post].receipts.add(receipt)
        value = f"REFUSED:{entry.refused}" if entry.refused else "RECEIVED"
        entry.add(Fact(self.post, DELIVERED, value, at_ns, at_ns, "node"))
        if entry.refused:
            self.tell.append(_refused_alert(entry, judged))

    def _misplace(self, judged: Judged, post: str, sequence: int, at_ns: int) -> None:
        """A statement that stands in a log it does not belong to is refused at that place only: what its own post says
        of it, there and then or later, keeps its effect."""
        assert judged.refusal is not None
        self.gaps.close(post, sequence)
        self._misplaced[post, sequence] = receipt = self._receipt(post, sequence, judged.refusal.code, at_ns)
        self.peers[post].receipts.add(receipt)
        ref = receipt.statement_digest.hex()[:12]
        self.tell.append(Alert("REFUSED_HERE", b"", post, f"{ref} in the log of {post}, refused: {judged.refusal}"))

    def _receipt(self, post: str, sequence: int, refused: str, at_ns: int) -> v1.Receipt:
        """RECEIVED, or REFUSED with its code, about what stands at a place of another log."""
        log = self.logs[post]
        digest = log.links[sequence - 1].statement_digest
        receipt = v1.Receipt(post=post, epoch=log.epoch, sequence=sequence, statement_digest=digest)
        if refused:
            receipt.refused.code = refused
            receipt.refused.at.CopyFrom(to_timestamp(at_ns))
        else:
            receipt.received_at.CopyFrom(to_timestamp(at_ns))
        return receipt

    def say_again(self, post: str, sequence: int) -> None:
        """A statement came again: its post has not seen our receipt. The moment of receipt stays what it was."""
        receipt = self._misplaced.get((post, sequence))
        if receipt is None:
            entry = self.book.entries[self.logs[post].links[sequence - 1].statement_digest]
            receipt = self._receipt(post, sequence, entry.refused, entry.held_at_ns)
        self.peers[post].receipts.add(receipt)

    def shown(self, entry: Entry, position: str, at_ns: int) -> None:
        """A statement of another post was shown at a position of ours."""
        self._say_here(entry, Fact(self.post, PRESENTED, "PRESENTED", at_ns, at_ns, position))
        self._changed([(entry, None)])

    def _say_here(self, entry: Entry, fact: Fact) -> None:
        """What this node has to say of a statement of another post."""
        entry.add(fact)
        self.peers[entry.post].receipts.add(self._receipt_of(entry, fact))

    def _receipt_of(self, entry: Entry, fact: Fact) -> v1.Receipt:
        """The receipt that says a fact of this node."""
        if fact.stage == DELIVERED:
            return self._receipt(entry.post, entry.sequence, entry.refused, entry.held_at_ns)
        epoch, at = self.logs[entry.post].epoch, to_timestamp(fact.said_at_ns)
        receipt = v1.Receipt(post=entry.post, epoch=epoch, sequence=entry.sequence, statement_digest=entry.digest)
        if fact.value == "UNSTAFFED":
            receipt.unstaffed_at.CopyFrom(at)
        else:
            receipt.presented.CopyFrom(v1.Presented(position=fact.by, at=at))
        return receipt

    # -- facts and verdicts --------------------------------------------------------------------------

    def receipts(self, opened: heads.Opened, at_ns: int) -> News:
        """Receipts of a Head become facts about the statements they name, whoever's those are; one about a statement
        that is not held yet waits for it. Returns facts about our own statements."""
        news: News = []
        for receipt in opened.message.receipts:
            log = self.logs.get(receipt.post)
            if log is None or log.epoch != receipt.epoch:
                continue
            entry = self.book.entries.get(receipt.statement_digest)
            if entry is None:
                self._early[receipt.statement_digest].append((receipt, opened.post, at_ns))
            elif (entry.post, entry.sequence) == (receipt.post, receipt.sequence):
                news += self._receipt_fact(receipt, entry, opened.post, at_ns)
        return news

    def _receipt_fact(self, receipt: v1.Receipt, entry: Entry, speaker: str, learned_ns: int) -> News:
        if receipt.post == self.post and receipt.WhichOneof("fact") in ("received_at", "refused"):
            self.peers[speaker].settle(receipt.sequence)
        fact = heads.fact_of(receipt, speaker, learned_ns)
        return self._changed([(entry, fact)]) if entry.add(fact) else []

    def verdict(self, verdict: v1.Verdict) -> None:
        """Latch a timer's verdict; an expiry is alarmed, but that of a QueryAck, whose original was."""
        entry = self.book.entries[verdict.statement_digest]
        tested = self.line.tested(entry, verdict.post)
        entry.verdicts.setdefault((verdict.post, verdict.stage), []).append(verdict)
        self.waits.latch(verdict)
        self.tell.append(Changed(verdict.statement_digest))
        if tested is not None:
            self.tell += answer_alarms(entry, verdict.post, tested, self.line.tested(entry, verdict.post))
        elif verdict.outcome == v1.Verdict.OUTCOME_EXPIRED and not _is_query(entry):
            stage = v1.Stage.Name(verdict.stage).removeprefix("STAGE_")
            detail = f"{verdict.post} has not said {stage} in time"
            self.tell.append(Alert("DEADLINE_EXPIRED", verdict.statement_digest, verdict.post, detail))

    def _changed(self, changes: Iterable[Change]) -> News:
        """Tell what changed, and each contradiction once; gives back the facts that may answer timers of ours."""
        news: News = []
        for entry, fact in changes:
            self.tell.append(Changed(entry.digest))
            if entry.said is not None and isinstance(entry.said.body, _BEARS_ON_SILENCE):
                self.waits.look_again()
            if fact is None and self.waits.concerns(entry.digest) and self.book.ended(entry):
                self.gone.append(entry.digest)
            if len(entry.contradicted_by) > self._alarmed[entry.digest]:
                self._alarmed[entry.digest] = len(entry.contradicted_by)
                self.tell.append(Alert("CONTRADICTED", entry.digest, entry.post, "an observation says otherwise"))
            if fact is not None and not fact.void and (entry.post == self.post or self.waits.awaits(entry.digest)):
                news.append((entry, fact))
        return news


def _spoken_elsewhere(judged: Judged, post: str) -> bool:
    """Whether a statement, as far as its header can be read, was said by another post than the one that links it."""
    return judged.statement is not None and judged.statement.header.from_post != post


def _is_query(entry: Entry) -> bool:
    return entry.said is not None and isinstance(entry.said.body, v1.QueryAck)


def _entry(judged: Judged, envelope: v1.Envelope, post: str, sequence: int, link: v1.Link, at_ns: int) -> Entry:
    refused = judged.refusal.code if judged.refusal else ""
    sealed_at_ns = link.sealed_at_ms * NS_PER_MS
    digest = link.statement_digest
    return Entry(digest, envelope, post, sequence, sealed_at_ns, at_ns, judged.said, judged.statement, refused)


def _refused_alert(entry: Entry, judged: Judged) -> Alert:
    """A refused statement is alarmed with what its header still says: a FLASH that cannot be read is not hidden."""
    if judged.statement is None:
        return Alert("REFUSED_HERE", entry.digest, entry.post, f"message from {entry.post}, refused: {judged.refusal}")
    precedence = v1.Precedence.Name(judged.statement.header.precedence).removeprefix("PRECEDENCE_")
    code = "UNREADABLE" if precedence == "FLASH" else "REFUSED_HERE"
    return Alert(code, entry.digest, entry.post, f"{precedence} from {entry.post}, refused: {judged.refusal}")

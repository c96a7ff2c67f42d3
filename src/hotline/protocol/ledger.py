"""The ledger: everything durable that a post knows of its channel, as a fold over records.

An input decides which records it makes; `apply` changes the state, the same when the record is made as when the journal
is read back. The ledger sends nothing, signs nothing and runs no timer of its own accord.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.agreements import Agreement
from hotline.protocol.alarms import alarms, answer_alarms, expiry_alarm, refusal_alarm
from hotline.protocol.attempts import Attempts, alerts
from hotline.protocol.book import Change, Entry
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.errors import PeerDataError
from hotline.protocol.further import further_wait
from hotline.protocol.holdings import Holdings
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.ladder import Fact, Place
from hotline.protocol.line import Line
from hotline.protocol.log import PostLog, Spot
from hotline.protocol.receipting import receipt_at, receipt_of
from hotline.protocol.silence import Taken, way_of
from hotline.protocol.statements import Judged
from hotline.protocol.timers import DELIVERED, PRESENTED, Terms, Wait, armed
from hotline.protocol.trust import Taken as TakenDirectory
from hotline.protocol.trust import Trust
from hotline.protocol.voids import DISAVOWED, Voids
from hotline.protocol.waits import Waits

News = list[tuple[Entry, Fact]]
_BEARS_ON_SILENCE = (v1.OutOfBand, v1.RadioSilence, v1.ChannelStatus)


class Ledger(Holdings):
    """Messages, timers and what is said about them, with the logs and peers of one post on one channel.

    Attributes:
        line: what statements say about the line itself.
        waits: timers that run here.
        attempts: what was tried about silent posts, and what was said by other means.
        waiting: our statements that have no place yet.
        rivals: digests of revisions and versions, other than those held, that were alarmed.
        gone: what was replaced, cancelled, taken back or made void since this was last emptied (REQ-TIMER-7).
        voids: why what somebody says may not count.
    """

    def __init__(self, post: str, trust: Trust) -> None:
        super().__init__(post, trust)
        self.waits, self.attempts, self.line = Waits(), Attempts(self.book), Line(post, self.book)
        self.voids = Voids(trust, self.histories, self.book)
        self.waiting: list[Entry] = []
        self.rivals: set[bytes] = set()
        self.gone: list[bytes] = []
        self._early: dict[bytes, list[tuple[v1.Receipt, str, Place, int]]] = defaultdict(list)
        self._misplaced: dict[Spot, v1.Receipt] = {}
        self._alarmed: dict[bytes, int] = defaultdict(int)

    # -- revisions and directories -------------------------------------------------------------------

    def agreement(self, signed: v1.SignedAgreement) -> Agreement | None:
        """A further revision of the agreement; None if it is held already. Raises as `Trust.take_agreement`."""
        taken = self.trust.take_agreement(signed)
        if taken is not None:
            at = taken.message.in_force
            detail = f"revision {taken.revision}, in force from {getattr(at, 'from').ToJsonString()}"
            self.tell.append(Alert("AGREEMENT_CHANGED", taken.digest, "", detail))
        return taken

    def directory(self, envelope: v1.Envelope) -> tuple[TakenDirectory | None, News]:
        """The next version of a party's directory, and facts that count again by it; None and nothing if it is held
        already. Raises as `Trust.take_directory`."""
        taken, news = self.trust.take_directory(envelope), News()
        if taken is not None:
            self.follow()
            self.tell.append(Alert("DIRECTORY_CHANGED", b"", "", f"version {taken.version} of {taken.party}"))
            for post in sorted({cut.post for cut in (*taken.closures, *taken.revocations)}):
                news += self._review(post)
        return taken, news

    def _review(self, post: str) -> News:
        """What a post says is marked anew, after a closure, a revocation or a fork became known."""
        changes = self.voids.review(post)
        for entry in {entry.digest: entry for entry, _ in changes if entry.post == post}.values():
            if entry.void == DISAVOWED:
                self._disavow(entry)
        return self._changed(changes)

    def _disavow(self, entry: Entry) -> None:
        self.tell.append(Alert(DISAVOWED, entry.digest, entry.post, f"{entry.post} no longer stands by it"))
        if entry.post == self.post:
            for peer in self.peers.values():
                peer.settle(entry.place)

    # -- forks ---------------------------------------------------------------------------------------

    def fork(self, proof: v1.Fork, second: heads.Opened, at_ns: int, now: Instant) -> News:
        """A post is proved to have signed two logs. Its other branch goes on being held where its links are there
        (REQ-FORK-1)."""
        history, epoch, run = self.histories[second.post], second.epoch, proof.links
        known = dict(history.forked)
        if proof.HasField("links"):
            fit = history.fit(run, self.covers(second, run.epoch))
            log = history.part(fit.log, fit.after) if fit.parts else fit.log
            self.covering = second
            self.links(second.post, fit.links, at_ns, now, log)
        else:
            history.mark_forked(epoch, max(1, second.message.log.sequence))
        for forked in history.forked.keys() - known.keys():
            self.tell.append(Alert("FORK", b"", second.post, f"{second.post} signed two logs of epoch {forked}"))
        self.follow()
        # Links of a branch that was known may show it to be the one on which the epoch was closed.
        return self._review(second.post)

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
        onto: PostLog | None = None,
    ) -> News:
        """A statement with its place: arms the timers of ours, gives a receipt for another's.

        Args:
            unstaffed: whether it asks more of this post than delivery, and found no position staffed (REQ-ACK-11).
            onto: the log it stands in; the newest main one of its post unless another is given.

        Returns:
            Facts that became known about statements of which something is waited for here.
        """
        log = onto or self.logs[post]
        spot, link = log.spot(sequence), log.links[sequence - 1]
        self.gaps.close(spot)
        entry = self.book.entries.get(spot.digest)
        if entry is not None and (entry.post, *entry.place) == spot[:3]:
            return []
        if post != self.post and (entry is not None or _spoken_elsewhere(judged, post)):
            self._misplace(judged, spot, at_ns)
            return []
        sealed_at_ns = link.sealed_at_ms * NS_PER_MS
        if entry is not None:
            changes = self.book.place(entry, sequence, sealed_at_ns, log.epoch)
            self.waiting.remove(entry)
        else:
            entry = _entry(judged, envelope, spot, sealed_at_ns, at_ns)
            entry.void = self.voids.of(entry)
            changes = self.book.add(entry)
        if post == self.post:
            self._own(entry, now)
        else:
            self._foreign(entry, judged, at_ns)
        if entry.void == DISAVOWED:
            self._disavow(entry)
        if unstaffed:
            self._say_here(entry, Fact(self.post, PRESENTED, "UNSTAFFED", at_ns, at_ns, "node"))
        if self.line.take(entry):
            self.waits.look_again()
        self.tell += alarms(entry, self.book)
        self._attempt(entry, now)
        news = self._changed(changes)
        self._arm_further(changes, now)
        for receipt, speaker, head, learned_ns in self._early.pop(entry.digest, ()):
            if (receipt.post, receipt.epoch, receipt.sequence) == spot[:3]:
                news += self._receipt_fact(receipt, entry, speaker, head, learned_ns)
        return news

    def _own(self, entry: Entry, now: Instant) -> None:
        assert entry.statement is not None
        header = entry.statement.header
        for peer in self.peers.values():
            peer.owe(entry.place, header.precedence)
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
        the post that is asked. Nobody asks about what another said."""
        silent = self.attempts.add(entry)
        if silent is None or entry.said is None:
            return
        body, (subject, post) = entry.said.body, silent
        if entry.post == self.post and isinstance(body, (v1.QueryAck, v1.Escalated)):
            at_ns = now.mono_ns - (now.utc_ns - entry.sealed_at_ns)
            self.waits.took(silent, Taken(way_of(body), at_ns))
        asked = self.book.entries.get(subject)
        foreign = asked is not None and asked.post != entry.post
        if foreign and not isinstance(body, v1.OutOfBand):
            return
        if isinstance(body, v1.QueryAck) and post == self.post and asked is not None:
            for fact in asked.facts_of(self.post):
                if fact.stage in (DELIVERED, PRESENTED):
                    self.peers[asked.post].receipts.add(receipt_of(asked, fact))
        channels = self.trust.posts[post].other_channels if post in self.trust.posts else ()
        self.tell += alerts(entry, self.post, tuple(channels))
        if asked is not None:
            self.tell.append(Changed(subject))

    def _foreign(self, entry: Entry, judged: Judged, at_ns: int) -> None:
        value = f"REFUSED:{entry.refused}" if entry.refused else "RECEIVED"
        self._say_here(entry, Fact(self.post, DELIVERED, value, at_ns, at_ns, "node"))
        if entry.refused:
            self.tell.append(refusal_alarm(entry, judged))

    def _misplace(self, judged: Judged, spot: Spot, at_ns: int) -> None:
        """A statement that stands in a log it does not belong to is refused at that place only: what its own post says
        of it, there and then or later, keeps its effect."""
        refusal = judged.refusal or PeerDataError("REPLAYED", "it stands at another place")
        self._misplaced[spot] = receipt = receipt_at(spot, refusal.code, at_ns)
        self.peers[spot.post].receipts.add(receipt)
        detail = f"{spot.digest.hex()[:12]} in the log of {spot.post}, refused: {refusal}"
        self.tell.append(Alert("REFUSED_HERE", b"", spot.post, detail))

    def say_again(self, spot: Spot) -> None:
        """A statement came again: its post has not seen our receipt. The moment of receipt stays what it was."""
        receipt, entry = self._misplaced.get(spot), self.book.entries.get(spot.digest)
        if receipt is None and entry is not None:
            receipt = receipt_at(spot, entry.refused, entry.held_at_ns)
        if receipt is not None and spot.post != self.post:
            self.peers[spot.post].receipts.add(receipt)

    def shown(self, entry: Entry, position: str, at_ns: int) -> None:
        """A statement of another post was shown at a position of ours."""
        self._say_here(entry, Fact(self.post, PRESENTED, "PRESENTED", at_ns, at_ns, position))
        self._changed([(entry, None)])

    def _say_here(self, entry: Entry, fact: Fact) -> None:
        """What this node has to say of a statement of another post."""
        entry.add(fact)
        self.peers[entry.post].receipts.add(receipt_of(entry, fact))

    # -- facts and verdicts --------------------------------------------------------------------------

    def receipts(self, opened: heads.Opened, at_ns: int) -> News:
        """Receipts of a Head become facts about the statements they name, whoever's those are; one about a statement
        that is not held yet waits for it. Returns facts about our own statements."""
        news: News = []
        for receipt in opened.message.receipts:
            if receipt.post not in self.histories:
                continue
            entry = self.book.entries.get(receipt.statement_digest)
            if entry is None:
                early = receipt, opened.post, opened.place, at_ns
                self._early[receipt.statement_digest].append(early)
            elif (entry.post, *entry.place) == (receipt.post, receipt.epoch, receipt.sequence):
                news += self._receipt_fact(receipt, entry, opened.post, opened.place, at_ns)
        return news

    def _receipt_fact(self, receipt: v1.Receipt, entry: Entry, speaker: str, head: Place, learned_ns: int) -> News:
        if receipt.post == self.post and receipt.WhichOneof("fact") in ("received_at", "refused"):
            self.peers[speaker].settle((receipt.epoch, receipt.sequence))
        fact = heads.fact_of(receipt, speaker, learned_ns, head, self.voids.of_head(speaker, head))
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
        else:
            self.tell += expiry_alarm(entry, verdict)

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


def _entry(judged: Judged, envelope: v1.Envelope, spot: Spot, sealed_at_ns: int, at_ns: int) -> Entry:
    refused, said = judged.refusal.code if judged.refusal else "", judged.said
    place = spot.sequence, sealed_at_ns, at_ns
    return Entry(spot.digest, envelope, spot.post, *place, said, judged.statement, refused, epoch=spot.epoch)

"""Holdings: every post's logs as held here, and what each other post holds, says it has seen, and is owed.

State is a fold over records: whatever changes it is called the same way when a record is made as when it is read back.
"""

from __future__ import annotations

from collections.abc import Iterable

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.book import Book
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.gaps import Gaps
from hotline.protocol.history import History
from hotline.protocol.instant import Instant
from hotline.protocol.log import PostLog, Spot
from hotline.protocol.peer import Peer
from hotline.protocol.receipting import receipt_at
from hotline.protocol.timers import DELIVERED
from hotline.protocol.trust import Trust


class Holdings:
    """The logs and peers of one post on one channel.

    Attributes:
        histories: every log of every post ever listed: epochs and branches.
        logs: every post's log of its newest epoch, its own among them.
        peers: every other post ever listed.
        book: every message.
        gaps: links held without their body.
        beat: of the newest Head made in our newest epoch; 0 before there is one.
        head: the newest Head made here.
        covering: the Head of a peer that was applied last.
        tell: Changed and Alert effects not yet handed out.
    """

    def __init__(self, post: str, trust: Trust) -> None:
        self.post, self.trust = post, trust
        self.histories: dict[str, History] = {}
        self.logs: dict[str, PostLog] = {}
        self.peers: dict[str, Peer] = {}
        self.book, self.gaps = Book(), Gaps()
        self.beat = 0
        self.head: v1.Envelope | None = None
        self.covering: heads.Opened | None = None
        self.tell: list[Changed | Alert] = []
        self.follow()

    @property
    def own(self) -> PostLog:
        """This post's log of its newest epoch."""
        return self.logs[self.post]

    def follow(self) -> None:
        """Have a log for each epoch, and a peer for each other post, that the directories list."""
        for post, epochs in self.trust.epochs.items():
            history = self.histories.setdefault(post, History(self.trust.agreement.channel, post))
            history.open(epochs.nodes, epochs.closures)
            before, self.logs[post] = self.logs.get(post), history.current
            if post == self.post and before is not None and before is not history.current:
                self.beat = 0
                for peer in self.peers.values():
                    peer.renew()
        for post in sorted(self.trust.epochs.keys() - self.peers.keys() - {self.post}):
            self.peers[post] = peer = Peer(post)
            for sequence, link in enumerate(self.own.links, 1):
                peer.owe((self.own.epoch, sequence), link.precedence)
        for post, peer in self.peers.items():
            peer.forked = self.logs[post].epoch in self.histories[post].forked

    def links(self, post: str, links: Iterable[v1.Link], at_ns: int, now: Instant, onto: PostLog | None = None) -> None:
        """New links of a log: the newest main one, or another; for a peer's, the Head applied last covers them.

        A digest linked a second time takes no effect, and its second place is refused.
        """
        log = onto or self.logs[post]
        for link in links:
            sequence = log.append(link)
            if log is self.own:
                continue
            spot = log.spot(sequence)
            if self._stands_first(log, spot):
                known = self.book.entries.get(spot.digest)
                if known is None or (known.post, *known.place) != spot[:3]:
                    self.gaps.open(spot, now)
            elif post != self.post:
                self.peers[post].receipts.add(receipt_at(spot, "REPLAYED", at_ns))
        covering = self.covering
        if covering is not None and covering.post == post and covering.message.log == log.position():
            log.covering, log.covered = covering.envelope, log.sequence

    def _stands_first(self, log: PostLog, spot: Spot) -> bool:
        """Whether a statement is linked at no other place of its post's logs; branches share places."""
        if log.place_of[spot.digest] != spot.sequence:
            return False
        history = self.histories[spot.post]
        return history.single or all(other == spot for _, other in history.spots(spot.digest))

    def head_made(self, envelope: v1.Envelope) -> None:
        """A Head of ours; what it carries counts as said with its beat."""
        head = v1.Head.FromString(envelope.payload)
        log, self.head = self.histories[self.post].main(head.log.epoch), envelope
        if log is not None:
            log.covering, log.covered = envelope, head.log.sequence
        if log is self.own:
            self.beat = head.beat
        for receipt in head.receipts:
            self.peers[receipt.post].receipts.carried(receipt, (head.log.epoch, head.beat))

    def head_held(self, opened: heads.Opened) -> None:
        """A Head of a peer: its watch, the beats it has seen, how far it holds our log. Older Heads only ever add."""
        self.covering = opened
        peer, head = self.peers[opened.post], opened.message
        if (opened.epoch, head.beat) > (peer.epoch, peer.beat):
            again = 0 < peer.epoch < opened.epoch
            peer.hear(opened.envelope, head)
            if again:
                self._owe_again(peer)
        ours = next((held for held in head.held if held.post == self.post), None)
        for seen in head.beats_seen:
            if seen.post == self.post:
                peer.receipts.seen((ours.epoch if ours else 1, seen.beat))
        if ours is not None and ours.epoch == self.own.epoch:
            peer.confirmed = max(peer.confirmed, min(ours.sequence, self.own.sequence))

    def _owe_again(self, peer: Peer) -> None:
        """A peer goes on in a new epoch: what it said to have received on a forked log it is asked to say again."""
        for entry in self.book.entries.values():
            said = [fact for fact in entry.facts_of(peer.post) if fact.stage == DELIVERED]
            if entry.post == self.post and entry.statement and said and all(fact.void for fact in said):
                peer.owe(entry.place, entry.statement.header.precedence)

    def covers(self, head: heads.Opened, epoch: int) -> list[v1.LogPosition]:
        """The positions of an epoch's log that a Head covers: the one it signs, and the one at which its party closed
        the epoch (REQ-EPOCH-6)."""
        closure = self.trust.closure(head.post, epoch)
        return [
            *([head.message.log] if head.epoch == epoch else []),
            *([closure.position()] if closure is not None else []),
        ]

"""Every log of one post: one for each epoch, and where the post forked an epoch's log, each branch.

Per epoch the branch held first is the main one; what a post says on either is kept and shown (spec 06, section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.epochs import Cut
from hotline.protocol.errors import PeerDataError
from hotline.protocol.log import START, PostLog, Spot


@dataclass(frozen=True, slots=True)
class Fit:
    """Where links belong that a signed position covers.

    Attributes:
        log: the branch that they follow or overlap.
        after: sequence of `log` after which they go on.
        links: the links after that.
    """

    log: PostLog
    after: int
    links: Sequence[v1.Link]

    @property
    def parts(self) -> bool:
        """Whether they part from the branch, as another one."""
        return self.after < self.log.sequence and bool(self.links)

    def run(self) -> v1.LinkRun:
        """The links as they travel."""
        return v1.LinkRun(post=self.log.post, epoch=self.log.epoch, first=self.after + 1, links=self.links)


class History:
    """The logs of one post.

    Attributes:
        post: whose they are.
        current: the main log of the newest epoch.
        forked: epochs of which the post signed two logs, with the lowest sequence at which they are known to differ.
    """

    def __init__(self, channel: str, post: str) -> None:
        self.post = post
        self.forked: dict[int, int] = {}
        self._channel = channel
        self._branches: dict[int, list[PostLog]] = {}

    def open(self, epochs: Iterable[int], closures: Mapping[int, Cut]) -> None:
        """Have a log for each of these epochs, in order; each starts from the closure of the one before."""
        for epoch in sorted(epochs):
            if epoch not in self._branches:
                start = closures[epoch - 1].link_digest if epoch > 1 else START
                self._branches[epoch] = [PostLog(self._channel, self.post, epoch, start)]
        self.current = self._branches[max(self._branches)][0]

    @property
    def single(self) -> bool:
        """Whether there is one log only: one epoch, not forked."""
        return len(self._branches) == 1 and len(self._branches[self.current.epoch]) == 1

    def main(self, epoch: int) -> PostLog | None:
        """The main log of an epoch; None for an epoch that is not known."""
        branches = self._branches.get(epoch)
        return branches[0] if branches else None

    def branches(self, epoch: int) -> Sequence[PostLog]:
        """Every branch of an epoch's log, the main one first."""
        return self._branches.get(epoch, ())

    def logs(self) -> Iterator[PostLog]:
        """Every log, the newest epoch first."""
        return (log for epoch in sorted(self._branches, reverse=True) for log in self._branches[epoch])

    def spots(self, digest: bytes) -> list[tuple[PostLog, Spot]]:
        """Each place at which a statement is linked, the newest epoch first."""
        found = ((log, log.place_of.get(digest)) for log in self.logs())
        return [(log, log.spot(sequence)) for log, sequence in found if sequence is not None]

    def holding(self, epoch: int, sequence: int, digest: bytes) -> PostLog:
        """The branch on which a statement stands at a place.

        Raises:
            PeerDataError: LINKS_GAP if it stands there on none.
        """
        for log in self.branches(epoch):
            if 1 <= sequence <= log.sequence and log.links[sequence - 1].statement_digest == digest:
                return log
        raise PeerDataError("LINKS_GAP", f"no link of {self.post} at {epoch}/{sequence} names {digest.hex()[:12]}")

    def holds(self, position: v1.LogPosition) -> bool:
        """Whether a position is one of those held."""
        return any(log.holds(position.sequence, position.link_digest) for log in self.branches(position.epoch))

    def contradicts(self, position: v1.LogPosition) -> bool:
        """Whether a position can be on none of the branches held, nor further along one of them."""
        branches = self.branches(position.epoch)
        return bool(branches) and all(log.contradicts(position) for log in branches)

    def fit(self, run: v1.LinkRun, covers: Sequence[v1.LogPosition]) -> Fit:
        """Where a run belongs that must lead exactly to one of the positions that cover it.

        Raises:
            PeerDataError: LINKS_GAP if it starts past what is held; LINKS_NOT_COVERED if it does not lead there.
        """
        joins = [log for log in self.branches(run.epoch) if run.first <= log.sequence + 1]
        if not joins:
            raise PeerDataError("LINKS_GAP", f"links of {self.post} start at {run.first}, past what is held")
        last, parted = run.first + len(run.links) - 1, Fit(joins[0], 0, ())
        covering = [position.link_digest for position in covers if position.sequence == last]
        for log in joins:
            digests = log.chain(run)
            if digests[-1] not in covering:
                continue
            differs = log.parting(run.first, digests)
            if not differs:
                return Fit(log, log.sequence, run.links[log.sequence + 1 - run.first :])
            if differs > parted.after + 1 or not parted.links:
                parted = Fit(log, differs - 1, run.links[differs - run.first :])
        if not parted.links:
            raise PeerDataError("LINKS_NOT_COVERED", f"links to {last} do not lead to the Head that covers them")
        return parted

    def part(self, log: PostLog, after: int) -> PostLog:
        """A further branch that is the same as `log` up to a sequence."""
        branch = log.branch(after)
        self._branches[log.epoch].append(branch)
        self.mark_forked(log.epoch, after + 1)
        return branch

    def mark_forked(self, epoch: int, sequence: int) -> bool:
        """The post is proved to have signed two logs that differ at a sequence; whether that was not known."""
        known = self.forked.get(epoch)
        self.forked[epoch] = min(known or sequence, sequence)
        return known is None

    def leads_to(self, closure: Cut) -> PostLog | None:
        """The branch that is held up to the position of a closure."""
        branches = self.branches(closure.epoch)
        return next((log for log in branches if log.holds(closure.sequence, closure.link_digest)), None)

    def beneath(self, closure: Cut, sequence: int, digest: bytes) -> bool:
        """Whether a closure stands by a statement at a place of its epoch, as far as the links held show it."""
        if sequence > closure.sequence:
            return False
        ending = self.leads_to(closure)
        if ending is not None:
            return ending.links[sequence - 1].statement_digest == digest
        return sequence < closure.sequence

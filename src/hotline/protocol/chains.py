"""What a transcript proves of one epoch of a post's log: links under signed positions, and what is missing (spec 05).

Links are proved only where they chain up to a position that a Head of the log's own post signs, or that its party signs
in the Closure of the epoch. Where a transcript leaves links out, the chain is taken up again at a position so signed.
What others say of the log in their Heads (how far they hold it, which statements they receipt) proves nothing about its
content, and shows that there is more of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.log import START, link_digest, log_prefix
from hotline.protocol.log_evidence import EpochEvidence, Fork, PlacedLink, Suspicion


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a log with its link digest, as a Head of `by` signs it, or a Closure of the party `by`."""

    by: str
    sequence: int
    digest: bytes
    head: bytes


@dataclass(frozen=True, slots=True)
class Receipted:
    """A statement at a place, as a Head of `by` receipts it."""

    by: str
    sequence: int
    statement: bytes


@dataclass(slots=True)
class Chain:
    """Collects what a transcript says of one epoch of a log, in order; `prove` then says what holds.

    Attributes:
        post, epoch, channel: which.
        start: digest before link 1: that of the closure of the epoch before.
        closure: the position at which the party closed the epoch; None while it is open.
        given: links as given, by sequence.
        signed: positions in Heads of the log's own post.
        reported: positions in Heads of other posts.
        receipted: places in receipts of any post.
        named: statements that the links given so far name, on either branch, by sequence.
    """

    post: str
    epoch: int
    channel: str
    start: bytes = START
    closure: Position | None = None
    given: dict[int, v1.Link] = field(default_factory=dict)
    signed: list[Position] = field(default_factory=list)
    reported: list[Position] = field(default_factory=list)
    receipted: list[Receipted] = field(default_factory=list)
    named: dict[int, set[bytes]] = field(default_factory=dict)
    _runs: list[tuple[int, int]] = field(default_factory=list)
    _branches: list[tuple[v1.LinkRun, Position]] = field(default_factory=list)

    def add_run(self, run: v1.LinkRun) -> None:
        """Take links as a record gives them.

        Raises:
            PeerDataError: TRANSCRIPT_CONTENT if they stand before links that follow them, are given twice, or their
                sequences leave their width.
        """
        after = self._runs[-1][1] if self._runs else 0
        if run.first <= after:
            raise PeerDataError("TRANSCRIPT_CONTENT", f"links of {self.post} from {run.first} follow link {after}")
        last = _last(run)
        self.given.update(enumerate(run.links, run.first))
        self._name(run)
        if self._runs and run.first == after + 1:
            self._runs[-1] = (self._runs[-1][0], last)
        else:
            self._runs.append((run.first, last))

    def add_branch(self, run: v1.LinkRun, head: Position) -> None:
        """Take links that are said to lead to a Head on another branch of this log; they prove a fork or nothing.

        Raises:
            PeerDataError: TRANSCRIPT_CONTENT if their sequences leave their width.
        """
        _last(run)
        self._branches.append((run, head))
        self._name(run)

    def _name(self, run: v1.LinkRun) -> None:
        for sequence, link in enumerate(run.links, run.first):
            self.named.setdefault(sequence, set()).add(link.statement_digest)

    def prove(self, exporter: str, bodies: Collection[bytes], beats: Collection[int]) -> EpochEvidence:
        """What holds of this epoch.

        Args:
            exporter: post that made the transcript.
            bodies: digests of every statement in the transcript.
            beats: beats of the exporter's own Heads in this epoch.

        Raises:
            PeerDataError: LINKS_NOT_COVERED if links contradict their post's signed Heads and no Head covers them.
        """
        links = self._proved()
        named_to, named_by = self._named(exporter)
        held = {sequence for sequence, link in links.items() if link.statement in bodies}
        complete_to = next(sequence - 1 for sequence in range(1, len(held) + 2) if sequence not in held)
        missing_bodies = tuple(sorted(links.keys() - held))
        had = {item.sequence for item in self.receipted if item.by == exporter and item.statement not in bodies}
        branches = self._branches_apart(links)
        apart = {link.statement for branch in branches for link in branch.values()}
        return EpochEvidence(
            self.post,
            self.epoch,
            links,
            branches,
            complete_to,
            named_to,
            named_by,
            tuple(_gaps(sorted(links), named_to)),
            missing_bodies,
            tuple(sorted(apart - set(bodies))),
            tuple(sorted(had | set(missing_bodies))) if self.post == exporter else tuple(sorted(had)),
            tuple(_gaps(sorted(beats), max(beats, default=0))) if self.post == exporter else (),
            self.closure.sequence if self.closure else None,
            self.closure.digest if self.closure else b"",
            self._fork(links),
            tuple(
                Suspicion(said.by, said.sequence, said.head)
                for said in self.reported
                if said.sequence in links and links[said.sequence].digest != said.digest
            ),
        )

    def _proved(self) -> dict[int, PlacedLink]:
        """Links that chain up to a position signed by the log's own post, or by its party in the closure."""
        signed: dict[int, set[bytes]] = defaultdict(set)
        for position in (*self.signed, *([self.closure] if self.closure else [])):
            signed[position.sequence].add(position.digest)
        anchors = {**{n: next(iter(digests)) for n, digests in signed.items() if len(digests) == 1}, 0: self.start}
        proved: dict[int, PlacedLink] = {}
        for first, last in self._runs:
            start = min((n for n in anchors if first - 1 <= n < last), default=last)
            chained = dict(self._chain(start + 1, last, anchors.get(start, self.start)))
            covered = max((n for n, link in chained.items() if link.digest in signed.get(n, ())), default=0)
            if any(sequence > covered for sequence in chained.keys() & signed.keys()):
                raise PeerDataError("LINKS_NOT_COVERED", f"links of {self.post} contradict the Heads it signed")
            proved.update((sequence, link) for sequence, link in chained.items() if sequence <= covered)
        return proved

    def _chain(self, first: int, last: int, digest: bytes) -> Iterator[tuple[int, PlacedLink]]:
        return _chain(
            self.channel, self.post, self.epoch, first, [self.given[n] for n in range(first, last + 1)], digest
        )

    def _named(self, exporter: str) -> tuple[int, tuple[str, ...]]:
        """How far the log goes by anybody's word, and who says so."""
        closed = [self.closure] if self.closure else []
        named = [(said.sequence, said.by) for said in (*self.signed, *self.reported, *closed)]
        named += [(said.sequence, said.by) for said in self.receipted]
        named += [(last, exporter) for _, last in self._runs[-1:]]
        highest = max((sequence for sequence, _ in named), default=0)
        return highest, tuple(sorted({by for sequence, by in named if sequence == highest and highest}))

    def _fork(self, links: Mapping[int, PlacedLink]) -> Fork | None:
        """Two Heads of this post that cannot both stand: of all such pairs, one that differs lowest."""
        return min(self._forks(links), key=lambda fork: fork.sequence, default=None)

    def _forks(self, links: Mapping[int, PlacedLink]) -> Iterator[Fork]:
        by_place: dict[int, Position] = {}
        for position in self.signed:
            at, other = position.sequence, by_place.setdefault(position.sequence, position)
            if at in links and links[at].digest != position.digest:
                other = self._covering(links, at)
            if other.digest != position.digest or other.sequence != at:
                lowest = self._first_difference(links, position) or at
                yield Fork(self.post, self.epoch, lowest, other.head, position.head)
        for _, head in self._branches:
            lowest = self._first_difference(links, head)
            if lowest:
                yield Fork(self.post, self.epoch, lowest, self._covering(links, lowest).head, head.head)

    def _first_difference(self, links: Mapping[int, PlacedLink], head: Position) -> int:
        """Lowest place at which a branch leading to a Head differs from the proved links; 0 if no branch shows one."""
        for run, leads_to in self._branches:
            if leads_to == head and (differing := self._differing(links, run, head)):
                return min(differing)
        return 0

    def _differing(self, links: Mapping[int, PlacedLink], run: v1.LinkRun, head: Position) -> dict[int, PlacedLink]:
        """Links of a run at places where the proved links differ; none unless the run leads to a Head from a past that
        is proved."""
        if run.first != 1 and run.first - 1 not in links:
            return {}
        before = self.start if run.first == 1 else links[run.first - 1].digest
        branch = dict(_chain(self.channel, self.post, self.epoch, run.first, list(run.links), before))
        if head.sequence not in branch or branch[head.sequence].digest != head.digest:
            return {}
        lowest = next((n for n, link in branch.items() if n in links and links[n].digest != link.digest), None)
        return {n: link for n, link in branch.items() if lowest is not None and lowest <= n <= head.sequence}

    def _branches_apart(self, links: Mapping[int, PlacedLink]) -> tuple[Mapping[int, PlacedLink], ...]:
        """What the post signed instead of the proved links: each branch once, from where it parts on."""
        found: list[dict[int, PlacedLink]] = []
        for run, head in self._branches:
            branch = self._differing(links, run, head)
            same = next((other for other in found if _agree(other, branch)), {})
            if branch and not same:
                found.append(branch)
            same.update(branch)
        return tuple(found)

    def _covering(self, links: Mapping[int, PlacedLink], sequence: int) -> Position:
        """The lowest signed position at or above a proved link that covers it."""
        covering = (
            position
            for position in self.signed
            if position.sequence >= sequence
            and position.sequence in links
            and links[position.sequence].digest == position.digest
        )
        return min(covering, key=lambda position: position.sequence)


def _chain(
    channel: str, post: str, epoch: int, first: int, links: list[v1.Link], digest: bytes
) -> Iterator[tuple[int, PlacedLink]]:
    """Digest after digest from the one before `first`."""
    prefix = log_prefix(channel, post)
    for sequence, link in enumerate(links, first):
        digest = link_digest(prefix, epoch, sequence, digest, link)
        yield (
            sequence,
            PlacedLink(digest, link.statement_digest, link.sealed_at_ms * 1_000_000, link.precedence, link.size),
        )


def _agree(one: Mapping[int, PlacedLink], other: Mapping[int, PlacedLink]) -> bool:
    """Whether two runs have links in common and no place at which they differ."""
    common = one.keys() & other.keys()
    return bool(common) and all(one[n].digest == other[n].digest for n in common)


def _last(run: v1.LinkRun) -> int:
    """Sequence of a run's last link; the digest has eight bytes for it."""
    last = run.first + len(run.links) - 1
    if last >= 2**64:
        raise PeerDataError("TRANSCRIPT_CONTENT", f"links of {run.post} past the highest sequence there is")
    return last


def _gaps(held: list[int], last: int) -> Iterator[tuple[int, int]]:
    """Runs (first, last) from 1 to `last` that a rising list leaves out."""
    expected = 1
    for number in [*held, last + 1]:
        if number > expected:
            yield expected, number - 1
        expected = number + 1

"""What a transcript proves of a post's log, as values: proved links, what is missing, and where two branches part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from hotline import v1

Place = tuple[int, int]
"""Epoch and sequence; later places are greater."""


@dataclass(frozen=True, slots=True)
class PlacedLink:
    """A proved link: its digest, the statement it seals, when, at which precedence, and the payload's size in bytes."""

    digest: bytes
    statement: bytes
    sealed_at_ns: int
    precedence: v1.Precedence.ValueType
    size: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Proof that a post signed two logs: digests of two Heads of its own, and the lowest place shown to differ."""

    post: str
    epoch: int
    sequence: int
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Another post's Head gives this log another link digest than the log's own post: no proof of who is wrong."""

    by: str
    sequence: int
    head: bytes


@dataclass(frozen=True, slots=True)
class EpochEvidence:
    """One epoch of a post's log as a transcript proves it.

    Attributes:
        post, epoch: which.
        links: proved links by sequence.
        branches: links of other branches by sequence, each from where it parts on; none unless the post forked its log.
        complete_to: highest sequence up to which every link is proved and every statement is there.
        named_to: highest sequence that any Head, link or closure in the transcript names.
        named_by: posts whose Heads name `named_to`, the exporter where its links do, the party where its closure does.
        missing_links: runs (first, last) up to `named_to` without proved links.
        missing_bodies: sequences whose link is proved and whose statement is not there.
        missing_on_branches: statements of other branches that are not there.
        withheld: sequences whose statement the exporter sealed or receipted itself, and left out.
        missing_beats: runs (first, last) of Heads that the exporter made and left out; only for its own log.
        closed_at: sequence at which its party closed it; None while it is open.
        closed_with: link digest at which its party closed it; empty while it is open.
        fork: proof that this post signed two logs, where there is one.
        suspected: contradictions by other posts' word.
    """

    post: str
    epoch: int
    links: Mapping[int, PlacedLink]
    branches: tuple[Mapping[int, PlacedLink], ...]
    complete_to: int
    named_to: int
    named_by: tuple[str, ...]
    missing_links: tuple[tuple[int, int], ...]
    missing_bodies: tuple[int, ...]
    missing_on_branches: tuple[bytes, ...]
    withheld: tuple[int, ...]
    missing_beats: tuple[tuple[int, int], ...]
    closed_at: int | None
    closed_with: bytes
    fork: Fork | None
    suspected: tuple[Suspicion, ...]

    @property
    def complete(self) -> bool:
        """False is INCOMPLETE: the transcript itself names something of this epoch that it does not hold."""
        return self.complete_to == self.named_to and not self.missing_beats and not self.missing_on_branches

    def disavowed(self, sequence: int, statement: bytes) -> bool:
        """Whether the party no longer stands by a statement at a place: it does by what leads to its closure, as far as
        the links shown tell (REQ-EPOCH-2)."""
        if self.closed_at is None:
            return False
        if sequence > self.closed_at:
            return True
        for branch in self.branches:
            if self.closed_at in branch and branch[self.closed_at].digest == self.closed_with:
                return (branch.get(sequence) or self.links[sequence]).statement != statement
        ending = self.links.get(self.closed_at)
        if ending is not None and ending.digest == self.closed_with:
            return sequence not in self.links or self.links[sequence].statement != statement
        return sequence == self.closed_at

    def void(self, sequence: int, statement: bytes) -> str:
        """Why a statement at a place does not count: DISAVOWED, FORKED, or empty if it does."""
        return "DISAVOWED" if self.disavowed(sequence, statement) else self.void_head(sequence)

    def void_head(self, sequence: int) -> str:
        """FORKED for what a Head says that signs a place where the post's branches differ (REQ-FORK-1)."""
        return "FORKED" if self.fork is not None and sequence >= self.fork.sequence else ""

    def places(self) -> dict[bytes, dict[int, PlacedLink]]:
        """Where each statement stands, by sequence, on any branch; what a branch links twice, at its first place."""
        found: dict[bytes, dict[int, PlacedLink]] = defaultdict(dict)
        for branch in (self.links, *self.branches):
            first = {branch[sequence].statement: sequence for sequence in sorted(branch, reverse=True)}
            for statement, sequence in first.items():
                found[statement].setdefault(sequence, branch[sequence])
        return found


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """One post's log as a transcript proves it, epoch by epoch.

    Attributes:
        post: whose.
        epochs: by number, every epoch that a directory in the transcript lists.
    """

    post: str
    epochs: Mapping[int, EpochEvidence]

    @property
    def complete_to(self) -> Place:
        """Highest place up to which every link is proved and every statement is there."""
        reached = (0, 0)
        for number, epoch in sorted(self.epochs.items()):
            reached = number, epoch.complete_to
            if epoch.closed_at is None or epoch.complete_to < epoch.closed_at:
                break
        return reached

    @property
    def named_to(self) -> Place:
        """Highest place that anything in the transcript names."""
        return max((number, epoch.named_to) for number, epoch in self.epochs.items())

    @property
    def complete(self) -> bool:
        """False is INCOMPLETE: the transcript itself names something of this log that it does not hold."""
        return all(epoch.complete for epoch in self.epochs.values())

    @property
    def forks(self) -> tuple[Fork, ...]:
        """Proofs that this post signed two logs, one for each epoch in which it did."""
        return tuple(epoch.fork for epoch in self.epochs.values() if epoch.fork)

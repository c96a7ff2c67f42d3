"""Positions in logs, as one node's transcript shows them: where a registrar closes an epoch or cuts off a key.

A transcript names more than its node holds. A node that was set up again from an old backup hears from its peers how
far its log once went, and that is where its party closes the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline.protocol.log import START, link_digest, log_prefix
from hotline.protocol.transcript import open_container


@dataclass(frozen=True, slots=True)
class Named:
    """A position, and the post whose signed Head names it."""

    position: v1.LogPosition
    by: str


class Positions:
    """Every position of every log that a transcript names; its signatures are the peers' business to check.

    Attributes:
        channel: whose logs they are.
    """

    def __init__(self, transcript: bytes) -> None:
        """Read a transcript.

        Raises:
            PeerDataError: TRANSCRIPT_*, SCAN_*, RULE_BROKEN.
        """
        container = open_container(transcript)
        records = [record for _, record in container.facts]
        self._starts = {
            (closure.last.post, closure.last.epoch + 1): closure.last.link_digest
            for envelope in container.directories
            for closure in v1.Directory.FromString(envelope.payload).closures
        }
        self.channel = v1.Agreement.FromString(container.agreements[0].envelopes[0].payload).channel
        self._heads = [v1.Head.FromString(envelope.payload) for envelope in _heads(records)]
        self._runs = [record.links for record in records if record.HasField("links")]

    def newest(self, post: str, epoch: int) -> Named:
        """The furthest position of a log that any Head names.

        Its own post's word goes first where two go equally far.

        Raises:
            UsageError: NOT_HELD.
        """
        named = [
            Named(position, head.log.post)
            for head in self._heads
            for position in (head.log, *head.held)
            if (position.post, position.epoch) == (post, epoch)
        ]
        if not named:
            raise UsageError("NOT_HELD", f"nothing in this transcript names epoch {epoch} of {post}")
        return max(named, key=lambda each: (each.position.sequence, each.by == post))

    def at(self, post: str, epoch: int, sequence: int) -> Named:
        """The position of one sequence, from the links that lead to it.

        Raises:
            UsageError: NOT_HELD if a link up to there is not in the transcript.
        """
        links = self._links(post, epoch)
        prefix, digest = log_prefix(self.channel, post), self._starts.get((post, epoch), START)
        for number in range(1, sequence + 1):
            if number not in links:
                raise UsageError("NOT_HELD", f"link {number} in epoch {epoch} of {post} is not in this transcript")
            digest = link_digest(prefix, epoch, number, digest, links[number])
        return Named(v1.LogPosition(post=post, epoch=epoch, sequence=sequence, link_digest=digest), post)

    def _links(self, post: str, epoch: int) -> dict[int, v1.Link]:
        return {
            run.first + index: link
            for run in self._runs
            if (run.post, run.epoch) == (post, epoch)
            for index, link in enumerate(run.links)
        }


def _heads(records: Iterable[v1.Record]) -> Iterator[v1.Envelope]:
    for record in records:
        if record.HasField("head_made"):
            yield record.head_made
        elif record.HasField("head_held"):
            yield record.head_held

"""What was tried about posts that are silent, and what was said by other means: an index of statements of any log.

It decides nothing and is the same for every post that holds the same statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.book import Book, Entry
from hotline.protocol.effects import Alert
from hotline.protocol.silence import OTHER_CHANNEL, Silent, way_of


@dataclass(frozen=True, slots=True)
class StepView:
    """One QueryAck or Escalated about an addressee.

    Attributes:
        step: QUERY, ALTERNATE_POST, OTHER_CHANNEL or NEXT_LEVEL.
        target: post turned to; the silent one for a QueryAck, empty for another channel.
        at_ns: UTC of its sealing.
        statement: its digest.
    """

    step: str
    target: str
    at_ns: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One OutOfBand about an addressee: its signer's claim, and no more (REQ-SILENCE-4).

    Attributes:
        by: post whose officers signed it.
        stage: that they say was reached.
        medium: TELEPHONE, VHF, RADIO, EMBASSY, OTHER_LINE or IN_PERSON.
        said_at_ns: when it was said, UTC, as they give it.
        detail: words for a person.
        statement: its digest.
    """

    by: str
    stage: v1.Stage.ValueType
    medium: str
    said_at_ns: int
    detail: str
    statement: bytes


class Attempts:
    """QueryAck, Escalated and OutOfBand statements by what they are about."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._steps: dict[Silent, list[Entry]] = defaultdict(list)
        self._claims: dict[Silent, list[Entry]] = defaultdict(list)

    def add(self, entry: Entry) -> Silent | None:
        """Take a statement that has its place into account.

        Returns:
            The statement and the post it is about; None if it is of no such type.
        """
        body = entry.said.body if entry.said else None
        silent = about(body)
        if silent is not None:
            (self._claims if isinstance(body, v1.OutOfBand) else self._steps)[silent].append(entry)
        return silent

    def steps_taken(self, silent: Silent) -> list[Entry]:
        """QueryAck and Escalated statements about a silent post that count, in the order they were sealed. Who asks is
        the post whose statement is not answered."""
        asked = self._book.entries.get(silent[0])
        steps = self._counting(self._steps.get(silent, ()))
        return [entry for entry in steps if asked is None or entry.post == asked.post]

    def steps(self, silent: Silent) -> tuple[StepView, ...]:
        """The steps taken, as a watch officer reads them."""
        return tuple(_step_view(entry) for entry in self.steps_taken(silent))

    def claims(self, silent: Silent) -> tuple[ClaimView, ...]:
        """What was said by other means, oldest first."""
        return tuple(_claim_view(entry) for entry in self._counting(self._claims.get(silent, ())))

    def _counting(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that nobody took back or disavowed, in the order they were sealed."""
        return sorted((entry for entry in entries if not self._book.mark(entry)), key=_when)


def about(body: object) -> Silent | None:
    """The statement and the post that a body of one of these types is about; None for any other."""
    if isinstance(body, (v1.QueryAck, v1.OutOfBand)):
        return body.subject, body.post
    return (body.original, body.silent_post) if isinstance(body, v1.Escalated) else None


def alerts(entry: Entry, own: str, channels: tuple[v1.OtherChannel, ...]) -> Iterator[Alert]:
    """What a watch is told of a QueryAck or an Escalated: at the post asked, turned to or gone round, and at the
    one that waits.

    Args:
        entry: a statement that has its place.
        own: the post whose watch it is.
        channels: other ways to reach the silent post.
    """
    body = entry.said.body if entry.said else None
    if isinstance(body, v1.QueryAck) and body.post == own:
        words = f"{entry.post} asks again for {_name(body.stage)} ({body.number})"
        yield Alert("QUERIED", body.subject, entry.post, words)
    if not isinstance(body, v1.Escalated) or own not in (entry.post, body.silent_post, body.target):
        return
    way = way_of(body)
    turns = f"turns to {way.target}" if way.target else "turns to another channel"
    words = f"{entry.post} {turns}: {body.silent_post} has not said {_name(body.stage)}"
    yield Alert("ESCALATED", body.original, body.silent_post, words)
    if way.step == OTHER_CHANNEL and entry.post == own:
        card = ", ".join(f"{_medium(channel.medium)} {channel.address}" for channel in channels)
        yield Alert("USE_OTHER_CHANNEL", body.original, body.silent_post, f"reach {body.silent_post} by {card}")


def _when(entry: Entry) -> tuple[int, str, tuple[int, int]]:
    return entry.sealed_at_ns, entry.post, entry.place


def _step_view(entry: Entry) -> StepView:
    body = entry.said.body if entry.said else None
    assert isinstance(body, (v1.QueryAck, v1.Escalated))
    way = way_of(body)
    return StepView(way.step, way.target, entry.sealed_at_ns, entry.digest)


def _claim_view(entry: Entry) -> ClaimView:
    body = entry.said.body if entry.said else None
    assert isinstance(body, v1.OutOfBand)
    words = [f"spoke with {body.spoken_with}"] if body.spoken_with else []
    words += ["read back"] if body.read_back else []
    words += [body.words.text] if body.words.text else []
    said_at_ns = body.said_at.ToNanoseconds()
    return ClaimView(entry.post, body.stage, _medium(body.medium), said_at_ns, "; ".join(words), entry.digest)


def _name(stage: v1.Stage.ValueType) -> str:
    return v1.Stage.Name(stage).removeprefix("STAGE_")


def _medium(medium: v1.Medium.ValueType) -> str:
    return v1.Medium.Name(medium).removeprefix("MEDIUM_")

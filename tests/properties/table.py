"""The timer table of spec 04, read a second time: what a post waits for, and the verdicts that must have fallen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.properties.desk_book import DeskBook, Learned
from tests.properties.model import D, E, N, P, R, Sealed, U, X

from hotline import v1

# What asking for a stage has its sender wait for.
WAITED_FOR = {
    0: (D,),
    D: (D,),
    P: (D, P),
    R: (D, P, R),
    U: (D, P, R, U),
    X: (D, P, R, X),
    E: (D, P, R, E),
    N: (D, P, R, E, N),
}
NO_REPLY = (E, "NO_REPLY_INTENDED")
# What ends a wait besides any value of its own stage.
OTHERS = {U: {NO_REPLY}, X: {NO_REPLY}, N: {(E, "DECLINED"), (E, "NOT_UNDERSTOOD"), NO_REPLY}}
NO_ANSWER = {(P, "UNSTAFFED"), (N, "IN_PROGRESS")}
Limits = Mapping[tuple[v1.Stage.ValueType, v1.Precedence.ValueType], int]


@dataclass(frozen=True, slots=True)
class Awaited:
    """Something a post waits for.

    Attributes:
        armed_by: statement that its verdicts name.
        post, stage: of whom, and what.
        start_ns, limit_ns: UTC of its beginning, and how long.
        answered: number and time of the record that ended it; None while nothing has.
        moot: number and time of the record that made it pointless; None while nothing has.
        unanswered: the own statement that is not answered while it goes on.
    """

    armed_by: bytes
    post: str
    stage: int
    start_ns: int
    limit_ns: int
    answered: tuple[int, int] | None
    moot: tuple[int, int] | None
    unanswered: bytes

    @property
    def key(self) -> tuple[bytes, str, int]:
        """What a verdict names."""
        return self.armed_by, self.post, self.stage

    def verdicts(self, now_ns: int) -> list[str]:
        """What must have fallen by now, in order."""
        ends = [(number, at_ns, word) for (number, at_ns), word in self._ends()]
        if not ends:
            return ["EXPIRED"] if now_ns - self.start_ns >= self.limit_ns else []
        _, at_ns, word = min(ends)
        late = at_ns - self.start_ns >= self.limit_ns
        if word == "MOOT":
            return ["EXPIRED", "MOOT"] if late else ["MOOT"]
        return ["EXPIRED", "LATE"] if late else ["IN_TIME"]

    def _ends(self) -> Iterator[tuple[tuple[int, int], str]]:
        if self.answered is not None:
            yield self.answered, "ANSWERED"
        if self.moot is not None:
            yield self.moot, "MOOT"


class Table:
    """Everything that one post waits for."""

    def __init__(self, book: DeskBook, limits: Limits) -> None:
        self._book, self._limits = book, limits
        self._whole = book.channel()

    def awaited(self) -> Iterator[Awaited]:
        """Every wait, over or not."""
        for found in self._book.own():
            yield from self._ladder(found)
            yield from self._deferred(found)
            if isinstance(found.body, v1.Acknowledgement):
                yield from self._readback(found, found.body)

    # -- rows --------------------------------------------------------------------------------------------------------

    def _ladder(self, found: Sealed) -> Iterator[Awaited]:
        """What a statement asks for."""
        learned = self._book.learned(found)
        for stage in WAITED_FOR[found.header.stage_requested]:
            for post in found.addressees if stage == D else found.header.action:
                limit_ns = self._limits[v1.Stage.ValueType(stage), found.header.precedence]
                answer = _first(fact for fact in learned if fact.ladder == post and ends(stage, fact.stage, fact.value))
                moot = self._moot(found)
                yield Awaited(found.digest, post, stage, found.sealed_at_ns, limit_ns, answer, moot, found.digest)

    def _deferred(self, found: Sealed) -> Iterator[Awaited]:
        """A decision put off: awaited until the time stated."""
        learned = self._book.learned(found)
        for fact in learned:
            if fact.value != "DEFERRED" or fact.void or self._gone(found, fact.number):
                continue
            assert fact.by is not None and isinstance(fact.by.body, v1.Acknowledgement)
            later = [f for f in learned if f.stage == E and f.ladder == fact.ladder and _place(f) > _place(fact)]
            if any(self._counts(f, found, fact.number) for f in later):
                continue
            until_ns = fact.by.body.decision.deferred_until.ToNanoseconds()
            limit_ns = max(0, until_ns - fact.at_ns)
            moot = self._moot(found, fact.by)
            answer = _first(f for f in later if f.number > fact.number)
            yield Awaited(fact.by.digest, fact.ladder, E, fact.at_ns, limit_ns, answer, moot, found.digest)

    def _readback(self, found: Sealed, body: v1.Acknowledgement) -> Iterator[Awaited]:
        """A readback waits for its answer, a correction for a new readback."""
        subject = self._whole.sealed.get(body.subject)
        if subject is None or not any(word.by is found for word in self._whole.words(subject)):
            return
        start = self._book.number(found.digest)
        if self._gone(subject, start):
            return
        limit_ns = self._limits[v1.STAGE_UNDERSTOOD, subject.header.precedence]
        learned, moot = self._book.learned(subject), self._moot(subject, found)
        if body.HasField("readback"):
            answer = _first(f for f in learned if _answers(f, found.digest))
            yield Awaited(found.digest, subject.post, U, found.sealed_at_ns, limit_ns, answer, moot, found.digest)
        elif body.readback_answer.verdict == v1.ReadbackAnswer.VERDICT_CORRECTED:
            read = self._whole.sealed[body.readback_answer.readback]
            mine = [f for f in learned if f.ladder == read.post]
            later = [f for f in mine if (f.stage, f.value) in {(U, "READBACK"), NO_REPLY} and _place(f) > read.sequence]
            if any(self._counts(f, subject, start) for f in later):
                return
            answer = _first(f for f in later if f.number > start)
            yield Awaited(found.digest, read.post, U, found.sealed_at_ns, limit_ns, answer, moot, subject.digest)

    def _counts(self, fact: Learned, subject: Sealed, number: int) -> bool:
        """Whether a word was known, and counted, when a record was made."""
        counting = {word.by.digest for word in self._book.channel(number).counting(subject)}
        return fact.number <= number and fact.by is not None and fact.by.digest in counting

    # -- what ends it without an answer ------------------------------------------------------------------------------

    def _moot(self, *abouts: Sealed) -> tuple[int, int] | None:
        """The first record with which one of these was retracted, cancelled or replaced."""
        gone = [number for about in abouts if (number := self._gone_at(about)) is not None]
        if not gone:
            return None
        number = min(gone)
        return number, next(self._book.at_ns(d) for d, (_, at, _) in self._book.held.items() if at == number)

    def _gone(self, about: Sealed, number: int) -> bool:
        """Whether that had happened when a record was made."""
        gone = self._gone_at(about)
        return gone is not None and gone <= number

    def _gone_at(self, about: Sealed) -> int | None:
        """The first record with which that had happened; an update that is itself taken back may undo it again."""
        for number in sorted(at for _, at, _ in self._book.held.values()):
            channel = self._book.channel(number)
            if about.digest in channel.sealed and (
                about.digest in channel.retracted or about.digest in channel.replaced
            ):
                return number
        return None


def ends(waited_for: int, stage: int, value: str) -> bool:
    """Whether a fact ends the wait for a stage."""
    if stage == D and value == "REFUSED":
        return True
    own = stage == waited_for and (stage, value) not in NO_ANSWER
    return own or (stage, value) in OTHERS.get(waited_for, ())


def _first(facts: Iterable[Learned]) -> tuple[int, int] | None:
    return next(((fact.number, fact.at_ns) for fact in facts if not fact.void), None)


def _place(fact: Learned) -> int:
    assert fact.by is not None
    return fact.by.sequence


def _answers(fact: Learned, readback: bytes) -> bool:
    body = fact.by.body if fact.by is not None else None
    return isinstance(body, v1.Acknowledgement) and body.readback_answer.readback == readback

"""What stages make their author or reader wait for, worked out from one post's journal alone (REQ-TIMER-5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.properties.model import NO_REPLY, E, Sealed, U, body_of, expected, value_of

from hotline import v1
from hotline.protocol.trust import Trust

DEFERRAL_NS = 30 * 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Further:
    """What a stage makes its author or its reader wait for: armed by which statement, of whom, what, since when, how
    long, and when it ended."""

    armed_by: bytes
    post: str
    stage: int
    start_ns: int
    limit_ns: int
    ended_ns: int | None


class Reading:
    """What one post has learned from acknowledgements, in the order of its journal."""

    def __init__(self, post: str, journal: Iterable[v1.Record], limits: Mapping[tuple[int, int], int]) -> None:
        self.post, self.limits = post, limits
        self.held: list[tuple[Sealed, int]] = []
        links: dict[tuple[str, int], v1.Link] = {}
        for record in journal:
            if record.HasField("links"):
                links |= {(record.links.post, n): link for n, link in enumerate(record.links.links, record.links.first)}
            elif record.HasField("statement"):
                held = record.statement
                link = links[held.post, held.sequence]
                statement = v1.Statement.FromString(held.envelope.payload)
                sealed_ns = link.sealed_at_ms * 1_000_000
                found = Sealed(
                    held.post, held.sequence, link.statement_digest, sealed_ns, statement.header, body_of(statement)
                )
                self.held.append((found, record.at.ToNanoseconds()))
        self.by_digest = {found.digest: found for found, _ in self.held}

    def further(self) -> Iterator[Further]:
        """Every wait that a stage has armed here."""
        for at, (found, held_ns) in enumerate(self.held):
            subject = self._subject(found)
            if subject is None or not isinstance(found.body, v1.Acknowledgement):
                continue
            stage, value = value_of(found.body)
            mine = subject.post == self.post
            if mine and value == "DEFERRED" and found.post in _addressees(subject):
                until_ns = found.body.decision.deferred_until.ToNanoseconds()
                limit_ns = min(max(0, until_ns - held_ns), DEFERRAL_NS)
                yield from self._wait(at, found, found, subject, E, held_ns, limit_ns, {(E, "*")})
            elif mine and value == "CORRECTED" and found.post == self.post:
                readback = self.by_digest.get(found.body.readback_answer.readback)
                if readback is not None and readback.post in _addressees(subject) and self._reads(readback, subject):
                    limit_ns = self.limits[U, subject.header.precedence]
                    ends = {(U, "READBACK"), NO_REPLY}
                    yield from self._wait(at, found, readback, subject, U, found.sealed_at_ns, limit_ns, ends)
            elif not mine and value == "READBACK" and found.post == self.post in _addressees(subject):
                answered = [ns for other, ns in self.held[at:] if self._answers(other, found, subject)]
                limit_ns = self.limits[U, subject.header.precedence]
                yield Further(
                    found.digest, subject.post, stage, found.sealed_at_ns, limit_ns, min(answered, default=None)
                )

    def _wait(
        self,
        at: int,
        found: Sealed,
        word: Sealed,
        subject: Sealed,
        stage: int,
        start_ns: int,
        limit_ns: int,
        ends: set[tuple[int, str]],
    ) -> Iterator[Further]:
        """Ended by what stands later than `word` in its log; not armed where the like was there before."""

        def later(other: Sealed) -> bool:
            if not isinstance(other.body, v1.Acknowledgement) or other.body.HasField("readback_answer"):
                return False
            said = value_of(other.body)
            fits = said in ends or (said[0], "*") in ends
            same = (other.post, other.body.subject) == (word.post, subject.digest)
            return same and fits and other.sequence > word.sequence

        def forestalls(other: Sealed) -> bool:
            body = other.body
            return later(other) and (stage == E or (isinstance(body, v1.Acknowledgement) and body.HasField("readback")))

        if not any(forestalls(other) for other, _ in self.held[:at]):
            ended = min((ns for other, ns in self.held[at:] if later(other)), default=None)
            yield Further(found.digest, word.post, stage, start_ns, limit_ns, ended)

    def _subject(self, found: Sealed) -> Sealed | None:
        return self.by_digest.get(found.body.subject) if isinstance(found.body, v1.Acknowledgement) else None

    def _reads(self, readback: Sealed, subject: Sealed) -> bool:
        body = readback.body
        return isinstance(body, v1.Acknowledgement) and body.HasField("readback") and body.subject == subject.digest

    def _answers(self, other: Sealed, readback: Sealed, subject: Sealed) -> bool:
        body = other.body
        return (
            isinstance(body, v1.Acknowledgement)
            and body.readback_answer.readback == readback.digest
            and (other.post, body.subject) == (subject.post, subject.digest)
        )


def _addressees(found: Sealed) -> tuple[str, ...]:
    return (*found.header.action, *found.header.info)


def due_here(
    journal: Iterable[v1.Record], post: str, trust: Trust, now_ns: int
) -> dict[tuple[bytes, tuple[str, int]], tuple[str, ...]]:
    """Verdicts of what stages have armed at a post, by the statement that armed it, the post and the stage."""
    limits: dict[tuple[int, int], int] = {(stage, at): limit for (stage, at), limit in trust.limits.items()}
    return {
        (wait.armed_by, (wait.post, wait.stage)): tuple(expected(wait.start_ns, wait.limit_ns, wait.ended_ns, now_ns))
        for wait in Reading(post, journal, limits).further()
    }


def check_queries(sealed: list[Sealed], silent: set[str], trust: Trust) -> None:
    """The queries of one log: of whom something was overdue, no more and no faster than agreed."""
    rules: dict[int, v1.SilenceRule] = {rule.precedence: rule for rule in trust.agreement.message.silence}
    asked: dict[tuple[bytes, str, int], int] = {}
    for found in sealed:
        if isinstance(found.body, v1.QueryAck):
            body, rule = found.body, rules[found.header.precedence]
            assert body.post in silent and 1 <= body.number <= rule.queries
            if body.number > 1:
                wait_ns = rule.query_wait.ToNanoseconds() << (body.number - 2)
                assert found.sealed_at_ns - asked[body.subject, body.post, body.number - 1] >= wait_ns
            asked[body.subject, body.post, body.number] = found.sealed_at_ns

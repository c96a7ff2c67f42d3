"""What must be so, worked out from the journals alone: an independent and slow second reading of the rules.

The model reads each author's own journal for what was sealed, and the bodies for what they say. It knows nothing of
Heads, receipts, retries or timers' heaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.envelope import digest_of

D, P, R, U, X, E, N = (
    v1.STAGE_DELIVERED,
    v1.STAGE_PRESENTED,
    v1.STAGE_READ,
    v1.STAGE_UNDERSTOOD,
    v1.STAGE_PASSED,
    v1.STAGE_DECIDED,
    v1.STAGE_DONE,
)
# What asking for a stage has its sender wait for.
WAITED_FOR = {
    v1.STAGE_UNSPECIFIED: (D,),
    D: (D,),
    P: (D, P),
    R: (D, P, R),
    U: (D, P, R, U),
    X: (D, P, R, X),
    E: (D, P, R, E),
    N: (D, P, R, E, N),
}
NO_REPLY: tuple[int, str] = (E, "NO_REPLY_INTENDED")
# Values of other stages, or not every value of its own, that end a wait; else any value of its own does.
ENDS: dict[int, set[tuple[int, str]]] = {
    P: {(P, "PRESENTED")},
    U: {(U, "READBACK"), (U, "CONFIRMED"), (U, "CORRECTED"), NO_REPLY},
    X: {(X, "PASSED"), NO_REPLY},
    N: {(N, "DONE"), (N, "UNABLE"), (N, "NOT_AGREED"), (E, "DECLINED"), (E, "NOT_UNDERSTOOD"), NO_REPLY},
}

OfficerFact = tuple[str, int, str, bytes]
"""Post, stage, value, digest of the acknowledgement."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A statement in its author's log, as its journal has it."""

    post: str
    sequence: int
    digest: bytes
    sealed_at_ns: int
    header: v1.StatementHeader
    body: v1.Acknowledgement | v1.Observation | v1.QueryAck | None


def sealed_in(post: str, journal: Iterable[v1.Record]) -> Iterator[Sealed]:
    """What a post sealed, read from its own journal; its links are unbroken and its statements are those linked."""
    links: list[v1.Link] = []
    for record in journal:
        if record.HasField("links") and record.links.post == post:
            assert record.links.first == len(links) + 1, "own sequence is gap-free"
            links += record.links.links
        elif record.HasField("statement") and record.statement.post == post:
            held = record.statement
            link = links[held.sequence - 1]
            assert link.statement_digest == digest_of(held.envelope)
            statement = v1.Statement.FromString(held.envelope.payload)
            body = body_of(statement)
            at_ns = link.sealed_at_ms * 1_000_000
            yield Sealed(post, held.sequence, link.statement_digest, at_ns, statement.header, body)


def body_of(statement: v1.Statement) -> v1.Acknowledgement | v1.Observation | v1.QueryAck | None:
    if statement.body_type == "hotline.v1.QueryAck":
        return v1.QueryAck.FromString(statement.body)
    if statement.body_type == "hotline.v1.Acknowledgement":
        return v1.Acknowledgement.FromString(statement.body)
    if statement.body_type == "hotline.v1.Observation":
        return v1.Observation.FromString(statement.body)
    return None


class Model:
    """Everything sealed on a channel, and what follows from it."""

    def __init__(self, sealed: Iterable[Sealed]) -> None:
        self.sealed = {found.digest: found for found in sealed}

    def officer_facts(self, digest: bytes) -> set[OfficerFact]:
        """Every stage that somebody with standing signed about a statement."""
        subject = self.sealed[digest]
        return set(filter(None, (self._fact(found, subject) for found in self.sealed.values())))

    def _fact(self, found: Sealed, subject: Sealed) -> OfficerFact | None:
        if not isinstance(found.body, v1.Acknowledgement) or found.body.subject != subject.digest:
            return None
        speaker = found
        if found.body.HasField("readback_answer"):
            read = self.sealed.get(found.body.readback_answer.readback)
            if read is None or found.post != subject.post or not isinstance(read.body, v1.Acknowledgement):
                return None
            if not read.body.HasField("readback") or read.body.subject != subject.digest:
                return None
            speaker = read
        if speaker.post not in (*subject.header.action, *subject.header.info):
            return None
        return speaker.post, *value_of(found.body), found.digest

    def contradictions(self, digest: bytes) -> set[tuple[bytes, bytes]]:
        """Observations that contradict a statement, or a stage or observation about it."""
        pairs = set()
        for found in self.sealed.values():
            if isinstance(found.body, v1.Observation) and found.body.finding == v1.Observation.FINDING_CONTRADICTS:
                target = self.sealed.get(found.body.subject)
                said = target.body if target is not None else None
                about = said.subject if isinstance(said, (v1.Acknowledgement, v1.Observation)) else b""
                if digest in (found.body.subject, about):
                    pairs.add((found.body.subject, found.digest))
        return pairs


def value_of(body: v1.Acknowledgement) -> tuple[int, str]:
    which = body.WhichOneof("stage")
    if which == "decision":
        return E, v1.Decision.Value.Name(body.decision.value).removeprefix("VALUE_")
    if which == "compliance":
        return N, v1.Compliance.Value.Name(body.compliance.value).removeprefix("VALUE_")
    if which == "readback_answer":
        return U, v1.ReadbackAnswer.Verdict.Name(body.readback_answer.verdict).removeprefix("VERDICT_")
    return {"read": (R, "READ"), "readback": (U, "READBACK"), "passed": (X, "PASSED")}[which or ""]


def ends(waited_for: int, stage: int, value: str) -> bool:
    """Whether a fact ends the wait for a stage."""
    if stage == D and value.startswith("REFUSED"):
        return True
    return (stage, value) in ENDS[waited_for] if waited_for in ENDS else stage == waited_for


def waited_for(found: Sealed) -> Iterator[tuple[str, int]]:
    """Whom a statement has its sender wait for, and for what."""
    for stage in WAITED_FOR[found.header.stage_requested]:
        posts = (*found.header.action, *found.header.info) if stage == D else found.header.action
        yield from ((post, stage) for post in posts if post != found.post)


def expected(sealed_at_ns: int, limit_ns: int, ended_at_ns: int | None, now_ns: int) -> list[str]:
    """The verdicts that a wait must have come to by now."""
    if ended_at_ns is not None and ended_at_ns - sealed_at_ns < limit_ns:
        return ["IN_TIME"]
    passed = now_ns - sealed_at_ns >= limit_ns
    return [*(["EXPIRED"] if passed else []), *(["LATE"] if ended_at_ns is not None else [])]

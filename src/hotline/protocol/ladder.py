"""The acknowledgement ladder: separate facts per addressee, none implying another (spec 04, REQ-ACK-1).

What is known of an addressee is a pure function of the set of verified facts, in whatever order they came, plus the
latched verdicts of the timers. `VALUES` is the one table of who may say which value of which stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.timers import DECIDED, DELIVERED, DONE, PASSED, PRESENTED, READ, UNDERSTOOD


class Speaker(StrEnum):
    """Who says a stage."""

    NODE = "node of the addressee, in its Head"
    OFFICER = "officer of the addressee"
    SENDER = "officer of the post that sent the statement"


@dataclass(frozen=True, slots=True)
class Value:
    """One row: a value a stage may have, who says it, what it means."""

    stage: v1.Stage.ValueType
    value: str
    speaker: Speaker
    meaning: str


VALUES: tuple[Value, ...] = (
    Value(DELIVERED, "RECEIVED", Speaker.NODE, "durable at the addressee since the time given"),
    Value(
        DELIVERED,
        "REFUSED",
        Speaker.NODE,
        "refused for good with a code; the statement itself is not in force there",
    ),
    Value(PRESENTED, "PRESENTED", Speaker.NODE, "shown at a staffed watch position"),
    Value(PRESENTED, "UNSTAFFED", Speaker.NODE, "nobody on watch when it arrived; nobody has been shown it"),
    Value(READ, "READ", Speaker.OFFICER, "a named officer opened it"),
    Value(UNDERSTOOD, "READBACK", Speaker.OFFICER, "said back in the reader's words, not yet answered"),
    Value(UNDERSTOOD, "CONFIRMED", Speaker.SENDER, "the readback is right"),
    Value(UNDERSTOOD, "CORRECTED", Speaker.SENDER, "the readback is wrong; a correction stands beside it"),
    Value(PASSED, "PASSED", Speaker.OFFICER, "passed to the authority or operating post named"),
    Value(DECIDED, "ACCEPTED", Speaker.OFFICER, "accepted"),
    Value(DECIDED, "ACCEPTED_IN_PART", Speaker.OFFICER, "accepted within the limits stated"),
    Value(DECIDED, "DECLINED", Speaker.OFFICER, "not accepted, with the reason"),
    Value(DECIDED, "DEFERRED", Speaker.OFFICER, "a decision will come at the time stated"),
    Value(DECIDED, "NOT_UNDERSTOOD", Speaker.OFFICER, "received, not understood"),
    Value(DECIDED, "NO_REPLY_INTENDED", Speaker.OFFICER, "received, and no answer will come"),
    Value(DONE, "IN_PROGRESS", Speaker.OFFICER, "under way, as the acting post says"),
    Value(DONE, "DONE", Speaker.OFFICER, "done, as the acting post says"),
    Value(DONE, "UNABLE", Speaker.OFFICER, "cannot be done"),
    Value(DONE, "NOT_AGREED", Speaker.OFFICER, "will not be done"),
)
SPEAKER_OF = {(row.stage, row.value): row.speaker for row in VALUES}
REACHED = frozenset(
    {
        (DELIVERED, "RECEIVED"),
        (PRESENTED, "PRESENTED"),
        (READ, "READ"),
        (UNDERSTOOD, "CONFIRMED"),
        (PASSED, "PASSED"),
        (DECIDED, "ACCEPTED"),
        (DECIDED, "ACCEPTED_IN_PART"),
        (DECIDED, "DECLINED"),
        (DECIDED, "NO_REPLY_INTENDED"),
        (DONE, "DONE"),
    }
)
"""Values with which a stage is reached, so that its name alone is true in a list of messages: a readback that nobody
has answered is not understood, a deferred decision is none, what is under way or was not agreed is not done."""


Place = tuple[int, int]
"""Epoch and sequence in a post's log."""
NOWHERE: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class Fact:
    """One verified stage of one addressee about one statement.

    Attributes:
        post: the addressee the stage is about.
        stage: which stage.
        value: its value; a refusal carries its code after a colon, "REFUSED:RULE_BROKEN".
        said_at_ns: when, on the speaker's clock, UTC.
        learned_at_ns: when it became durable here, UTC.
        by: who said it: persons with roles, a position, or the node.
        statement: digest of the statement that says it; empty for what a Head says.
        place: epoch and sequence of that statement in its post's log, which order what one post says; zeroes for a
            Head.
        detail: reason, readback, remark.
        void: why it does not count: DISAVOWED, FORKED, WITHDRAWN, LEVEL_LACKING; empty while it counts.
        speaker: the post that says it, where that is another than the addressee: one that answers for it, or the
            sender.
        answers: digest of the readback that it answers; empty for what is no answer to one.
        head: epoch and sequence that the Head signs which says it; zeroes for what a statement says.
    """

    post: str
    stage: v1.Stage.ValueType
    value: str
    said_at_ns: int
    learned_at_ns: int
    by: str
    statement: bytes = b""
    place: Place = NOWHERE
    detail: str = ""
    void: str = ""
    speaker: str = ""
    answers: bytes = b""
    head: Place = NOWHERE

    @property
    def voice(self) -> str:
        """The post that says it."""
        return self.speaker or self.post


def spoken(acknowledgement: v1.Acknowledgement) -> tuple[v1.Stage.ValueType, str, str]:
    """Stage, value and detail that an Acknowledgement says."""
    which = acknowledgement.WhichOneof("stage")
    if which == "read":
        return READ, "READ", ""
    if which == "readback":
        return UNDERSTOOD, "READBACK", acknowledgement.readback.words.text
    if which == "readback_answer":
        answer = acknowledgement.readback_answer
        return (
            UNDERSTOOD,
            v1.ReadbackAnswer.Verdict.Name(answer.verdict).removeprefix("VERDICT_"),
            answer.correction,
        )
    if which == "passed":
        return PASSED, "PASSED", acknowledgement.passed.to
    if which == "decision":
        decision = acknowledgement.decision
        coded = v1.Decision.Reason.Name(decision.reason_code).removeprefix("REASON_") if decision.reason_code else ""
        return DECIDED, v1.Decision.Value.Name(decision.value).removeprefix("VALUE_"), decision.reason or coded
    compliance = acknowledgement.compliance
    return DONE, v1.Compliance.Value.Name(compliance.value).removeprefix("VALUE_"), compliance.remark


def subject_of(body: Message) -> bytes:
    """Digest of the statement a body is about; empty for bodies that are not about one."""
    if isinstance(body, (v1.Acknowledgement, v1.Observation, v1.Retraction)):
        return body.subject
    return b""


def standing(facts: Iterable[Fact], stage: v1.Stage.ValueType) -> Fact | None:
    """What a stage now stands at for one addressee, whatever order it came in (REQ-ACK-4).

    An addressee's own word outranks that of a post that answers for it. Of one post's words the newest in its log
    stands: a decision outranks an earlier DEFERRED, a later claim of compliance an earlier one. The sender's answer
    stands in the place of the readback that it answers. Of what nodes said, which has no place, the earliest stands,
    but UNSTAFFED gives way to PRESENTED (REQ-ACK-11). What is void does not count, nor does an answer to a readback
    that is.
    """
    said = [fact for fact in facts if fact.stage == stage and not fact.void]
    words = {fact.statement: fact for fact in said if fact.statement and not fact.answers}
    counting = [fact for fact in said if not fact.answers or fact.answers in words]
    if not counting:
        return None
    return max(counting, key=lambda fact: _rank(fact, words.get(fact.answers) or fact))


def _rank(fact: Fact, word: Fact) -> tuple[bool, Place, bool, Place, bytes, bool, int, str, str]:
    """`word` is the readback that a fact answers, else the fact itself."""
    return (
        not word.speaker,
        word.place,
        word is not fact,
        fact.place,
        fact.statement,
        fact.value != "UNSTAFFED",
        -fact.said_at_ns,
        fact.value,
        fact.by,
    )

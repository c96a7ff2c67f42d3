"""The script: from an action of the director to the statement its officers sign, and who said what by which digest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf.message import Message

from hotline import v1
from hotline.geo.geodesy import Position
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import UsageError
from hotline.protocol.statements import Draft
from hotline_sim.actions import Reply, Say
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.compose import acknowledgement, texts, withdrawal
from hotline_sim.scenario.compose import body as body_of
from hotline_sim.scenario.readings import DigestRef
from hotline_sim.subjects import Subject, message_named


class LineKind(StrEnum):
    """Who makes a statement of a run, and what for."""

    MESSAGE = "message of the scenario"
    ANSWER = "officer's answer"
    QUERY = "node asks again"
    ESCALATION = "node turns to somebody else"


@dataclass(frozen=True, slots=True)
class Line:
    """A statement of a run.

    Attributes:
        message: the message of the scenario that it is, or is about.
        post: who says it.
        kind: what it is.
        number: place of the step in an answer, or of the query.
        stage: what an answer says; the step of an escalation, e.g. "NEXT_LEVEL".
        about: the silent addressee of a query or an escalation.
        target: the post that an escalation turns to; empty for another channel.
    """

    message: str
    post: str
    kind: LineKind = LineKind.MESSAGE
    number: int = 0
    stage: str = ""
    about: str = ""
    target: str = ""

    @property
    def is_message(self) -> bool:
        """Whether it is a message of the scenario itself."""
        return self.kind is LineKind.MESSAGE

    @property
    def name(self) -> str:
        """``m1``; ``m1.2 DECIDED by CHN:fleet-watch`` for the second step of an answer; ``m1 QUERY 2 to CHN:...``."""
        match self.kind:
            case LineKind.MESSAGE:
                return self.message
            case LineKind.ANSWER:
                return f"{self.message}.{self.number + 1} {self.stage} by {self.post}"
            case LineKind.QUERY:
                return f"{self.message} QUERY {self.number} to {self.about}"
            case LineKind.ESCALATION:
                return f"{self.message} {self.stage} {self.target or self.about} for {self.about}"


class Script:
    """What has been said in one run, by name and by digest."""

    def __init__(self, scenario: Scenario, where: Callable[[str, int], Position] | None = None) -> None:
        self.scenario, self._where = scenario, where
        self.lines: dict[bytes, Line] = {}
        self._digests: dict[DigestRef, bytes] = {}
        self._subjects: dict[str, bytes] = {}
        self._tests: dict[bytes, Subject] = {}

    def note(self, action: Say | Reply, digest: bytes) -> None:
        """Remember that an action became the statement with this digest."""
        if isinstance(action, Reply) and action.subject.tested_by:
            return
        self.lines[digest] = _line(action)
        self._digests[_ref(action)] = digest
        if isinstance(action, Say):
            self._subjects[action.message] = digest

    def forget(self, action: Say | Reply) -> None:
        """An action that was noted has not been said after all."""
        digest = self._digests.pop(_ref(action), None)
        if digest is not None:
            self.lines.pop(digest)

    def overhear(self, digest: bytes, statement: v1.Statement) -> None:
        """Remember what a node says by itself about a message of the scenario, or to test the line for people."""
        post = statement.header.from_post
        match statement.body_type:
            case "hotline.v1.QueryAck":
                query = v1.QueryAck.FromString(statement.body)
                self._by_node(digest, query.subject, post, LineKind.QUERY, query.number, "", query.post, "")
            case "hotline.v1.Escalated":
                turned = v1.Escalated.FromString(statement.body)
                step = v1.Escalated.Step.Name(turned.step).removeprefix("STEP_")
                about, target = turned.silent_post, turned.target
                self._by_node(digest, turned.original, post, LineKind.ESCALATION, 0, step, about, target)
            case "hotline.v1.ChannelTest":
                test = v1.ChannelTest.FromString(statement.body)
                if test.by_people:
                    subject = Subject(f"test {test.serial} of {post}", tested_by=post)
                    self._tests[digest] = subject
                    self._subjects[subject.name] = digest

    def _by_node(
        self, digest: bytes, about: bytes, post: str, kind: LineKind, number: int, stage: str, silent: str, target: str
    ) -> None:
        message = self.message_of(about)
        if message is not None and digest not in self.lines:
            line = Line(message, post, kind, number, stage, silent, target)
            self.lines[digest] = line
            self._subjects[line.name] = digest

    def subject_of(self, digest: bytes) -> Subject | None:
        """What people at a post make of a statement; None for what they do not deal with."""
        line = self.lines.get(digest)
        if line is None:
            return self._tests.get(digest)
        if line.is_message:
            return message_named(line.message)
        if line.kind is LineKind.ESCALATION and line.target:
            return Subject(line.name, line.message, escalated_to=line.target, silent=line.about)
        return None

    def digest_of(self, ref: DigestRef) -> bytes:
        """Digest of a statement said before. Raises `UsageError` NOT_HELD."""
        if ref not in self._digests:
            stage = f" {ref.stage} by {ref.answered_by}" if ref.stage else ""
            raise UsageError("NOT_HELD", f"{ref.message}{stage} has not been said")
        return self._digests[ref]

    def digest_if_said(self, message: str) -> bytes:
        """Digest of a message of the scenario; empty while it has not been said."""
        return self._digests.get(DigestRef(message), b"")

    def digest(self, subject: Subject) -> bytes:
        """Digest of what people deal with. Raises `UsageError` NOT_HELD."""
        if subject.name not in self._subjects:
            raise UsageError("NOT_HELD", f"{subject.name} has not been said")
        return self._subjects[subject.name]

    def message_of(self, digest: bytes) -> str | None:
        """Id of the scenario's message with this digest; None for answers and for what is not of this run."""
        line = self.lines.get(digest)
        return line.message if line is not None and line.is_message else None

    def names_in(self, frame: bytes) -> list[str]:
        """Names of the statements that a serialised Frame carries."""
        digests = (digest_of(envelope) for envelope in v1.Frame.FromString(frame).statements)
        return [self.lines[digest].name for digest in digests if digest in self.lines]

    def thread_of(self, action: Say | Reply) -> bytes:
        """Digest of the first statement of the thread an action belongs to; empty if it opens one.

        Raises:
            UsageError: NOT_HELD.
        """
        if isinstance(action, Reply) and action.subject.tested_by:
            return self.digest(action.subject)
        first = self.scenario.messages[action.message].thread
        if isinstance(action, Reply):
            return self.digest_of(DigestRef(first or action.message))
        return self.digest_of(DigestRef(first)) if first else b""

    def signers_of(self, action: Say | Reply) -> Sequence[str]:
        """Officers of the post who sign."""
        return (action.step.by,) if isinstance(action, Reply) else self.scenario.messages[action.message].by

    def draft(self, action: Say | Reply, seen: Sequence[bytes]) -> Draft:
        """What the officers decide to say.

        Args:
            action: from the director.
            seen: digests of the thread's latest statements at the post that speaks.

        Raises:
            UsageError: NOT_HELD when it is about a statement that was not said in this run.
        """
        if isinstance(action, Reply):
            return self._answer(action, seen)
        message = self.scenario.messages[action.message]
        reply_by_ms = message.reply_by_ms
        return Draft(
            body=body_of(self.scenario, action.message, action.at_ms, self.digest_of, self._where),
            action=message.action,
            info=message.info,
            precedence=v1.Precedence.Value(f"PRECEDENCE_{message.precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{message.stage_requested}"),
            thread=self.thread_of(action),
            seen=seen,
            references=[self._reference(ref.message, ref.role) for ref in message.references],
            texts=texts(message.text),
            reply_by_ns=None if reply_by_ms is None else self.scenario.utc_ns(reply_by_ms),
        )

    def _answer(self, action: Reply, seen: Sequence[bytes]) -> Draft:
        """An acknowledgement, asking for delivery only, or the withdrawal of one, which is always FLASH."""
        body: Message
        if action.step.withdraws:
            earlier = self.digest_of(DigestRef(action.message, action.post, action.step.stage))
            body, precedence = withdrawal(action.step, earlier), v1.PRECEDENCE_FLASH
        else:
            readback = self._readback(action)
            body = acknowledgement(self.scenario, action.step, self._acknowledged(action), readback)
            precedence = self._precedence(action.subject)
        return Draft(body, [self._asker(action)], precedence, thread=self.thread_of(action), seen=seen)

    def _acknowledged(self, action: Reply) -> bytes:
        """What an answer is about: a post that answers for a silent one acknowledges the message itself."""
        subject = action.subject
        if subject.escalated_to:
            kind = self.scenario.messages[subject.message].type
            if self.scenario.may_answer_for(action.post, subject.silent, kind):
                return self.digest_of(DigestRef(subject.message))
        return self.digest(subject)

    def _readback(self, action: Reply) -> bytes:
        reader = action.readback_of
        return self.digest_of(DigestRef(action.message, reader, "UNDERSTOOD")) if reader else b""

    def _precedence(self, subject: Subject) -> v1.Precedence.ValueType:
        """An answer is as urgent as what it answers."""
        if subject.tested_by:
            return v1.PRECEDENCE_ROUTINE
        return v1.Precedence.Value(f"PRECEDENCE_{self.scenario.messages[subject.message].precedence}")

    def _asker(self, action: Reply) -> str:
        """Who is answered: the post that tests or spoke; the reader, by the sender who answers a readback."""
        sender = action.subject.tested_by or self.scenario.messages[action.message].from_post
        return action.readback_of or sender

    def _reference(self, message: str, role: str) -> v1.Reference:
        return v1.Reference(digest=self.digest_of(DigestRef(message)), role=v1.Reference.Role.Value(f"ROLE_{role}"))


def _line(action: Say | Reply) -> Line:
    if isinstance(action, Say):
        return Line(action.message, action.post)
    stage = f"{action.step.stage} WITHDRAWN" if action.step.withdraws else action.step.stage
    return Line(action.message, action.post, LineKind.ANSWER, action.number, stage)


def _ref(action: Say | Reply) -> DigestRef:
    if isinstance(action, Say):
        return DigestRef(action.message)
    return DigestRef(action.message, action.post, _line(action).stage)

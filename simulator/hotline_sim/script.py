"""The script: from an action of the director to the statement its officers sign, and who said what by which digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import UsageError
from hotline.protocol.statements import Draft
from hotline_sim.director import Reply, Say
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.compose import acknowledgement, body, texts
from hotline_sim.scenario.readings import DigestRef


@dataclass(frozen=True, slots=True)
class Line:
    """A statement of a run: a message of the scenario, or step `number` of `post`'s answer to it."""

    message: str
    post: str
    number: int | None = None
    stage: str = ""

    @property
    def name(self) -> str:
        """``m1``, or ``m1.2 DECIDED by CHN:fleet-watch`` for the second step of an answer."""
        if self.number is None:
            return self.message
        return f"{self.message}.{self.number + 1} {self.stage} by {self.post}"


class Script:
    """What has been said in one run, by name and by digest."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.lines: dict[bytes, Line] = {}
        self._digests: dict[DigestRef, bytes] = {}

    def note(self, action: Say | Reply, digest: bytes) -> None:
        """Remember that an action became the statement with this digest."""
        self.lines[digest] = _line(action)
        self._digests[_ref(action)] = digest

    def forget(self, action: Say | Reply) -> None:
        """An action that was noted has not been said after all."""
        self.lines.pop(self._digests.pop(_ref(action)))

    def digest_of(self, ref: DigestRef) -> bytes:
        """Digest of a statement said before. Raises `UsageError` NOT_HELD."""
        if ref not in self._digests:
            stage = f" {ref.stage} by {ref.answered_by}" if ref.stage else ""
            raise UsageError("NOT_HELD", f"{ref.message}{stage} has not been said")
        return self._digests[ref]

    def digest(self, message: str) -> bytes:
        """Digest of a message of the scenario. Raises `UsageError` NOT_HELD."""
        return self.digest_of(DigestRef(message))

    def message_of(self, digest: bytes) -> str | None:
        """Id of the scenario's message with this digest; None for answers and for what is not of this run."""
        line = self.lines.get(digest)
        return line.message if line is not None and line.number is None else None

    def names_in(self, frame: bytes) -> list[str]:
        """Names of the statements that a serialised Frame carries."""
        digests = (digest_of(envelope) for envelope in v1.Frame.FromString(frame).statements)
        return [self.lines[digest].name for digest in digests if digest in self.lines]

    def thread_of(self, action: Say | Reply) -> bytes:
        """Digest of the first statement of the thread an action belongs to; empty if it opens one.

        Raises:
            UsageError: NOT_HELD.
        """
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
        return Draft(
            body=body(self.scenario, action.message, action.at_ms, self.digest_of),
            action=message.action,
            info=message.info,
            precedence=v1.Precedence.Value(f"PRECEDENCE_{message.precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{message.stage_requested}"),
            thread=self.thread_of(action),
            seen=seen,
            references=[self._reference(ref.message, ref.role) for ref in message.references],
            texts=texts(message.text),
        )

    def _answer(self, action: Reply, seen: Sequence[bytes]) -> Draft:
        """An acknowledgement: to the post that spoke, as urgent as what it answers, asking for delivery only."""
        message = self.scenario.messages[action.message]
        subject = self.digest_of(DigestRef(action.message))
        return Draft(
            body=acknowledgement(self.scenario, action.step, subject),
            action=[message.from_post],
            precedence=v1.Precedence.Value(f"PRECEDENCE_{message.precedence}"),
            thread=self.thread_of(action),
            seen=seen,
        )

    def _reference(self, message: str, role: str) -> v1.Reference:
        return v1.Reference(digest=self.digest_of(DigestRef(message)), role=v1.Reference.Role.Value(f"ROLE_{role}"))


def _line(action: Say | Reply) -> Line:
    if isinstance(action, Reply):
        return Line(action.message, action.post, action.number, action.step.stage)
    return Line(action.message, action.post)


def _ref(action: Say | Reply) -> DigestRef:
    if isinstance(action, Reply):
        return DigestRef(action.message, action.post, action.step.stage)
    return DigestRef(action.message)

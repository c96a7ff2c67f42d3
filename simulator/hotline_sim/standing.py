"""How a message stands at one post, the same value for a post in memory and for a node behind its operator's socket."""

from __future__ import annotations

from dataclasses import dataclass

from hotline import v1
from hotline.operator.v1 import operator_pb2 as operator
from hotline.protocol.instant import from_timestamp
from hotline.protocol.views import AddresseeView, MessageView, StageView


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage of one addressee.

    Attributes:
        post: the addressee.
        stage: name, e.g. "READ".
        value: what was said, e.g. "ACCEPTED"; empty while nothing was.
        said_at_ns: when, on the speaker's clock, UTC.
        learned_at_ns: when the post whose view this is learned it, UTC.
        by: who said it.
        statement: digest of the statement that said it; empty for what nodes say.
        deadline_ns: UTC deadline, where a timer runs or ran at this post.
        verdict: IN_TIME, EXPIRED, LATE, MOOT, WAITING; empty where no timer was armed.
        after_ms: from sealing to the verdict.
        marks: CONTRADICTED and the like.
    """

    post: str
    stage: str
    value: str = ""
    said_at_ns: int | None = None
    learned_at_ns: int | None = None
    by: str = ""
    statement: bytes = b""
    deadline_ns: int | None = None
    verdict: str = ""
    after_ms: int | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One step against silence: QUERY, ALTERNATE_POST, OTHER_CHANNEL or NEXT_LEVEL; `target` is the post turned to."""

    step: str
    target: str
    at_ns: int
    statement: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What was said by other means, as its signer claims it. `medium` is a short name, e.g. "TELEPHONE"."""

    by: str
    stage: str
    medium: str
    said_at_ns: int
    detail: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """One addressee in a word: how far it is, why nothing comes (empty where nothing is overdue), what was tried."""

    post: str
    action: bool
    state: str
    silence: str
    turns: tuple[Turn, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A message as one post sees it. `sequence` and `sealed_at_ns` are 0 while it waits for its place."""

    digest: bytes
    statement: v1.Statement
    sequence: int
    sealed_at_ns: int
    held_at_ns: int
    refused: str
    marks: tuple[str, ...]
    signers: tuple[str, ...]
    matter_state: str
    rungs: tuple[Rung, ...]
    ladders: tuple[Ladder, ...] = ()

    @property
    def from_post(self) -> str:
        """Who says it."""
        return self.statement.header.from_post

    @property
    def addressees(self) -> tuple[str, ...]:
        """Action addressees, then information addressees."""
        return (*self.statement.header.action, *self.statement.header.info)

    def ladder(self, post: str) -> Ladder | None:
        """An addressee in a word."""
        return next((ladder for ladder in self.ladders if ladder.post == post), None)

    def rung(self, post: str, stage: str) -> Rung | None:
        """A stage of an addressee, if it was said or is waited for."""
        return next((rung for rung in self.rungs if (rung.post, rung.stage) == (post, stage)), None)


def from_view(view: MessageView) -> Standing:
    """From the core's own view."""
    entry = view.entry
    return Standing(
        digest=entry.digest,
        statement=entry.statement or v1.Statement(),
        sequence=entry.sequence,
        sealed_at_ns=entry.sealed_at_ns,
        held_at_ns=entry.held_at_ns,
        refused=entry.refused,
        marks=view.marks,
        signers=view.signers,
        matter_state=view.matter_state,
        rungs=tuple(_rung(ladder.post, stage) for ladder in view.addressees for stage in ladder.stages),
        ladders=tuple(_ladder(ladder) for ladder in view.addressees),
    )


def _ladder(view: AddresseeView) -> Ladder:
    return Ladder(
        post=view.post,
        action=view.action,
        state=view.state,
        silence=view.silence,
        turns=tuple(Turn(step.step, step.target, step.at_ns, step.statement) for step in view.steps),
        claims=tuple(
            Claim(claim.by, _stage_name(claim.stage), claim.medium, claim.said_at_ns, claim.detail)
            for claim in view.claims
        ),
    )


def _rung(post: str, stage: StageView) -> Rung:
    fact = stage.fact
    return Rung(
        post=post,
        stage=stage.name,
        value=stage.value,
        said_at_ns=fact.said_at_ns if fact else None,
        learned_at_ns=fact.learned_at_ns if fact else None,
        by=fact.by if fact else "",
        statement=fact.statement if fact else b"",
        deadline_ns=stage.deadline_ns,
        verdict=stage.verdict,
        after_ms=stage.after_ms,
        marks=stage.marks,
    )


def from_operator(view: operator.MessageView) -> Standing:
    """From what the operator's service shows."""
    return Standing(
        digest=view.digest,
        statement=v1.Statement.FromString(view.envelope.payload),
        sequence=view.sequence,
        sealed_at_ns=from_timestamp(view.sealed_at),
        held_at_ns=from_timestamp(view.held_at),
        refused=view.refused,
        marks=tuple(view.marks),
        signers=tuple(view.signers),
        matter_state=view.matter_state,
        rungs=tuple(_operator_rung(ladder.post, stage) for ladder in view.addressees for stage in ladder.stages),
        ladders=tuple(_operator_ladder(ladder) for ladder in view.addressees),
    )


def _operator_ladder(view: operator.AddresseeView) -> Ladder:
    return Ladder(
        post=view.post,
        action=view.action,
        state=view.state,
        silence=view.silence,
        turns=tuple(Turn(step.step, step.target, from_timestamp(step.at), step.statement) for step in view.steps),
        claims=tuple(
            Claim(claim.by, _stage_name(claim.stage), claim.medium, from_timestamp(claim.said_at), claim.detail)
            for claim in view.claims
        ),
    )


def _operator_rung(post: str, stage: operator.StageView) -> Rung:
    return Rung(
        post=post,
        stage=_stage_name(stage.stage),
        value=stage.value,
        said_at_ns=from_timestamp(stage.said_at) if stage.HasField("said_at") else None,
        learned_at_ns=from_timestamp(stage.learned_at) if stage.HasField("learned_at") else None,
        by=stage.by,
        statement=stage.statement,
        deadline_ns=from_timestamp(stage.deadline) if stage.HasField("deadline") else None,
        verdict=stage.verdict,
        after_ms=stage.after_ms if stage.HasField("after_ms") else None,
        marks=tuple(stage.marks),
    )


def _stage_name(stage: v1.Stage.ValueType) -> str:
    return v1.Stage.Name(stage).removeprefix("STAGE_")

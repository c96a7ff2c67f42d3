"""How a message stands for each addressee: one word, since when, why nothing comes, what was done, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hotline import v1
from hotline.cli.results import ONLY_JSON, Utc
from hotline.messages.names import short_name
from hotline.messages.show import ref
from hotline.operator import v1 as operator


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One word of somebody."""

    value: str
    by: str
    said_at: Utc
    statement: str

    def __str__(self) -> str:
        """``DECLINED, dai (releaser) 211402Z``."""
        return f"{self.value}, {self.by} {self.said_at.short}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One stage of one addressee; `value` is empty while nothing was said, `verdict` where no timer ran here.

    Attributes:
        beside: where it is CONTRADICTORY, the words of other posts that stand beside this one; the stage is open.
        not_counted: what was said and does not count.
    """

    post: str
    stage: str
    value: str
    by: str
    said_at: Utc
    learned_at: Utc = field(metadata=ONLY_JSON)
    deadline: Utc
    verdict: str
    after_ms: int | None
    marks: tuple[str, ...]
    beside: tuple[SaidRow, ...]
    not_counted: tuple[SaidRow, ...]
    statement: str = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True)
class FurtherRow:
    """Something that is waited for because of a stage."""

    timer: str
    post: str
    stage: str
    deadline: Utc
    verdict: str
    after_ms: int | None
    statement: str

    def __str__(self) -> str:
        """``DECIDED of CHN:fleet-watch by 211402Z WAITING``."""
        return f"{self.stage} of {self.post} by {self.deadline.short} {self.verdict}"


@dataclass(frozen=True, slots=True)
class StepRow:
    """An addressee was asked again, or gone round: QUERY, ALTERNATE_POST, OTHER_CHANNEL or NEXT_LEVEL."""

    step: str
    target: str
    at: Utc
    statement: str

    def __str__(self) -> str:
        """``ALTERNATE_POST AUS:east-watch 211402Z``."""
        return " ".join(filter(None, (self.step, self.target, self.at.short)))


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """What was said by other means, as its signers claim it."""

    by: str
    stage: str
    medium: str
    said_at: Utc
    detail: str
    statement: str

    def __str__(self) -> str:
        """``READ by TELEPHONE 211402Z, as AUS:fleet-watch says: ...``."""
        said = f"{self.stage} by {self.medium} {self.said_at.short}, as {self.by} says"
        return f"{said}: {self.detail}" if self.detail else said


@dataclass(frozen=True, slots=True)
class AddresseeRow:
    """An addressee of a message.

    Attributes:
        state: WAITING, SENT, DELIVERED, PRESENTED, READ, UNDERSTOOD, PASSED, DECIDED, DONE, REFUSED or SILENT.
        value: what was said last where the state is a stage, such as DECLINED.
        silence: why nothing comes, where something is overdue (REQ-SILENCE-6).
        next: what this node does next, in words, and when.
        steps, claims: how it was asked again and gone round; what was said by other means.
        further: what is waited for because of a stage: a decision deferred, an answer to a readback, a new readback.
    """

    post: str
    needed: str
    state: str
    value: str
    since: Utc
    silence: str
    next: str
    next_at: Utc
    steps: tuple[StepRow, ...]
    claims: tuple[ClaimRow, ...]
    further: tuple[FurtherRow, ...]


def stage_rows(view: operator.MessageView) -> tuple[StageRow, ...]:
    """Every stage of every addressee."""
    return tuple(_stage_row(ladder.post, stage) for ladder in view.addressees for stage in ladder.stages)


def addressee_rows(view: operator.MessageView) -> tuple[AddresseeRow, ...]:
    """Every addressee."""
    return tuple(_addressee_row(ladder) for ladder in view.addressees)


def standing(view: operator.MessageView) -> tuple[str, ...]:
    """Each addressee in one line."""
    return tuple(f"{ladder.post}: {', '.join(_words(ladder))}" for ladder in view.addressees)


def _stage_row(post: str, stage: operator.StageView) -> StageRow:
    return StageRow(
        post=post,
        stage=short_name(v1.Stage.DESCRIPTOR, stage.stage),
        value=stage.value,
        by=stage.by,
        said_at=Utc.of(stage.said_at),
        learned_at=Utc.of(stage.learned_at),
        deadline=Utc.of(stage.deadline),
        verdict=stage.verdict,
        after_ms=stage.after_ms if stage.HasField("after_ms") else None,
        marks=tuple(stage.marks),
        beside=tuple(map(_said_row, stage.beside)),
        not_counted=tuple(map(_said_row, stage.void)),
        statement=ref(stage.statement) if stage.statement else "",
    )


def _addressee_row(ladder: operator.AddresseeView) -> AddresseeRow:
    return AddresseeRow(
        post=ladder.post,
        needed="action" if ladder.action else "info",
        state=ladder.state,
        value=_value(ladder),
        since=Utc.of(ladder.since),
        silence=ladder.silence,
        next=ladder.next,
        next_at=Utc.of(ladder.next_at),
        steps=tuple(StepRow(each.step, each.target, Utc.of(each.at), ref(each.statement)) for each in ladder.steps),
        claims=tuple(map(_claim_row, ladder.claims)),
        further=tuple(map(_further_row, ladder.further)),
    )


def _said_row(said: operator.SaidView) -> SaidRow:
    return SaidRow(said.value, said.by, Utc.of(said.said_at), ref(said.statement) if said.statement else "")


def _further_row(each: operator.FurtherView) -> FurtherRow:
    return FurtherRow(
        timer=each.timer,
        post=each.post,
        stage=short_name(v1.Stage.DESCRIPTOR, each.stage),
        deadline=Utc.of(each.deadline),
        verdict=each.verdict,
        after_ms=each.after_ms if each.HasField("after_ms") else None,
        statement=ref(each.statement),
    )


def _claim_row(claim: operator.ClaimView) -> ClaimRow:
    stage = short_name(v1.Stage.DESCRIPTOR, claim.stage)
    return ClaimRow(claim.by, stage, claim.medium, Utc.of(claim.said_at), claim.detail, ref(claim.statement))


def _value(ladder: operator.AddresseeView) -> str:
    """What was said at the stage that is the addressee's state, where that says more than the state."""
    said = {short_name(v1.Stage.DESCRIPTOR, each.stage): each.value for each in ladder.stages}
    value = said.get(ladder.state, "")
    return "" if value in (ladder.state, "RECEIVED") else value


def _words(ladder: operator.AddresseeView) -> Iterator[str]:
    """State and what belongs to it, marks, why nothing comes, what comes next, what was said by other means."""
    yield " ".join(filter(None, (ladder.state, _value(ladder), Utc.of(ladder.since).short)))
    yield from dict.fromkeys(mark for stage in ladder.stages for mark in stage.marks)
    late = [short_name(v1.Stage.DESCRIPTOR, each.stage) for each in ladder.stages if each.verdict == "LATE"]
    yield from (f"{stage} LATE" for stage in late)
    expired = [short_name(v1.Stage.DESCRIPTOR, each.stage) for each in ladder.stages if each.verdict == "EXPIRED"]
    if expired:
        yield " ".join(filter(None, (", ".join(expired), "overdue", ladder.silence and f"({ladder.silence})")))
    if ladder.steps:
        yield f"{len(ladder.steps)} step{'s' * (len(ladder.steps) > 1)} taken"
    yield from (f"{short_name(v1.Stage.DESCRIPTOR, claim.stage)} by {claim.medium}" for claim in ladder.claims)
    if ladder.next:
        yield " ".join(filter(None, ("next:", ladder.next, Utc.of(ladder.next_at).short)))

"""What became of each message of a run: its stages against their deadlines, and the range at each moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.conduct.indicator import Indicator
from hotline.protocol.ladder import spoken
from hotline_sim.plot import Plot
from hotline_sim.run import Run
from hotline_sim.scenario.story import Message
from hotline_sim.script import Line, LineKind
from hotline_sim.standing import Ladder, Rung, Standing


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """One stage of one addressee.

    Attributes:
        addressee, stage, value, by, verdict, marks: as in `hotline_sim.standing.Rung`.
        statement: digest of the statement that said it, hex; empty for what nodes say.
        remark: reason, limits or words that came with it.
        said_ms: scenario time on the speaker's clock; None while nothing was said.
        learned_ms: scenario time at which the sender of the message knew.
        deadline_ms: scenario time of the deadline; None where none runs.
        ended_ms: scenario time of the last verdict; None where there is none.
        range_m: range of the units when it was said.
        before_closest_s: seconds from saying to closest approach; negative after it.
    """

    addressee: str
    stage: str
    value: str
    remark: str
    by: str
    statement: str
    said_ms: int | None
    learned_ms: int | None
    deadline_ms: int | None
    ended_ms: int | None
    verdict: str
    marks: tuple[str, ...]
    range_m: int | None
    before_closest_s: float | None


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """One step against the silence of an addressee: QUERY, ALTERNATE_POST, OTHER_CHANNEL or NEXT_LEVEL.

    `target` is the post turned to; empty where the silent one is asked again or its other channels are named.
    """

    silent: str
    step: str
    target: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """What was said by other means to or by an addressee, as `by` claims it."""

    post: str
    by: str
    stage: str
    medium: str
    said_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class AnswerOutcome:
    """One acknowledgement about a message, or about an escalation of it, as its officer signed it; or its withdrawal.

    Attributes:
        post: who says it.
        stage, value, remark: what; the value of a withdrawal is "WITHDRAWN".
        said_ms: scenario time of its sealing.
        statement: its digest, hex.
        turned_to_for: the silent addressee, where it acknowledges an escalation; empty for others.
        is_first: whether no other about the same was said for this stage before.
        marks: of the acknowledgement itself.
    """

    post: str
    stage: str
    value: str
    remark: str
    said_ms: int
    statement: str
    turned_to_for: str
    is_first: bool
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddresseeOutcome:
    """An addressee at the end: how far it came, and why nothing more comes (empty if nothing is overdue)."""

    post: str
    action: bool
    state: str
    silence: str


@dataclass(frozen=True, slots=True)
class MessageOutcome:
    """A message of the scenario and what became of it. `said_ms` is None if it was not said."""

    id: str
    ref: str
    type: str
    precedence: str
    sender: str
    signers: tuple[str, ...]
    action: tuple[str, ...]
    info: tuple[str, ...]
    stage_requested: str
    counterfactual: bool
    texts: Mapping[str, str]
    said_ms: int | None
    range_m: int | None
    marks: tuple[str, ...]
    matter_state: str
    stages: tuple[StageOutcome, ...]
    answers: tuple[AnswerOutcome, ...] = ()
    addressees: tuple[AddresseeOutcome, ...] = ()
    turns: tuple[TurnOutcome, ...] = ()
    claims: tuple[ClaimOutcome, ...] = ()

    def stage(self, name: str, addressee: str | None = None) -> StageOutcome | None:
        """A stage by name, of the first addressee unless one is given."""
        wanted = addressee or (self.action[0] if self.action else "")
        return next((s for s in self.stages if (s.addressee, s.stage) == (wanted, name)), None)


def stage_name(message: MessageOutcome, stage: StageOutcome) -> str:
    """A stage by name, with its addressee where a message has several."""
    alone = len(message.action + message.info) == 1
    return stage.stage if alone else f"{stage.addressee} {stage.stage}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A run seen at one moment: messages with their stages, and what the tracks indicate."""

    run: Run
    plot: Plot
    messages: tuple[MessageOutcome, ...]
    indicators: tuple[Indicator, ...]

    def message(self, name: str) -> MessageOutcome:
        """A message by its id in the scenario."""
        return next(message for message in self.messages if message.id == name)

    def turned_to(self) -> Iterator[tuple[Line, StageOutcome]]:
        """What the nodes say of each escalation at the post it turned to."""
        for line, view in self.run.said():
            for rung in view.rungs if line.kind is LineKind.ESCALATION else ():
                if not rung.statement:
                    yield line, _stage(self.run, self.plot, rung, {}, view.sealed_at_ns)

    def observations_of(self, stage: StageOutcome) -> tuple[MessageOutcome, ...]:
        """Messages that say the acknowledgement of a stage is contradicted by what was seen."""
        if not stage.statement:
            return ()
        return tuple(m for m in self.messages if _contradicts(self.run.message(m.id)) == stage.statement)


def picture(run: Run, plot: Plot, indicators: tuple[Indicator, ...] = ()) -> Picture:
    """How a run stands, every message of the scenario included, in the order they were said or are written.

    Indicators of conduct are those of a run that is over.
    """
    said = {line.message: view for line, view in run.said() if line.is_message}
    remarks = dict(_remarks(run))
    found = [
        _message(run, plot, name, message, said.get(name), remarks) for name, message in run.scenario.messages.items()
    ]
    found.sort(key=lambda message: (message.said_ms is None, message.said_ms or 0))
    return Picture(run, plot, tuple(found), indicators)


def _contradicts(view: Standing | None) -> str:
    """Digest (hex) of what an Observation contradicts; empty for any other message."""
    if view is None or view.statement.body_type != "hotline.v1.Observation":
        return ""
    seen = v1.Observation.FromString(view.statement.body)
    return seen.subject.hex() if seen.finding == v1.Observation.FINDING_CONTRADICTS else ""


def _remarks(run: Run) -> Iterator[tuple[bytes, str]]:
    """Reason, limits or words of each acknowledgement, by its digest."""
    for _, view in run.said():
        if view.statement.body_type == "hotline.v1.Acknowledgement":
            yield view.digest, spoken(v1.Acknowledgement.FromString(view.statement.body))[2]


def _message(
    run: Run, plot: Plot, name: str, message: Message, view: Standing | None, remarks: dict[bytes, str]
) -> MessageOutcome:
    said_ms = run.time_ms(view.sealed_at_ns) if view is not None and view.sequence else None
    ladders = view.ladders if view else ()
    texts = {lang: text for lang, text in (("en", message.text.en), ("zh", message.text.zh)) if text}
    return MessageOutcome(
        id=name,
        ref=view.digest.hex()[:12] if view else "",
        type=message.type.rpartition(".")[2],
        precedence=message.precedence,
        sender=message.from_post,
        signers=view.signers if view else (),
        action=message.action,
        info=message.info,
        stage_requested=message.stage_requested,
        counterfactual=message.counterfactual,
        texts=texts,
        said_ms=said_ms,
        range_m=None if said_ms is None else plot.range_m(said_ms),
        marks=view.marks if view else (),
        matter_state=view.matter_state if view else "",
        stages=tuple(_stage(run, plot, rung, remarks, view.sealed_at_ns) for rung in view.rungs) if view else (),
        answers=tuple(_answers(run, name)),
        addressees=tuple(AddresseeOutcome(one.post, one.action, one.state, one.silence) for one in ladders),
        turns=tuple(_turns(run, ladders)),
        claims=tuple(_claims(run, ladders)),
    )


def _answers(run: Run, message: str) -> Iterator[AnswerOutcome]:
    """What officers said about a message, in order of sealing."""
    said: set[tuple[str, bytes, str]] = set()
    for line, view in run.said():
        if line.kind is not LineKind.ANSWER or line.message != message or not view.sequence:
            continue
        if view.statement.body_type == "hotline.v1.Acknowledgement":
            body = v1.Acknowledgement.FromString(view.statement.body)
            subject, (stage, value, remark) = body.subject, spoken(body)
            name = v1.Stage.Name(stage).removeprefix("STAGE_")
        else:
            taken_back = v1.Retraction.FromString(view.statement.body)
            subject, value, remark = taken_back.subject, "WITHDRAWN", taken_back.reason
            name = line.stage.removesuffix(" WITHDRAWN")
        about = run.lines.get(subject)
        yield AnswerOutcome(
            post=line.post,
            stage=name,
            value=value,
            remark=remark,
            said_ms=run.time_ms(view.sealed_at_ns),
            statement=view.digest.hex(),
            turned_to_for=about.about if about and about.kind is LineKind.ESCALATION else "",
            is_first=value != "WITHDRAWN" and (line.post, subject, name) not in said,
            marks=view.marks,
        )
        said.add((line.post, subject, name))


def _turns(run: Run, ladders: Sequence[Ladder]) -> Iterator[TurnOutcome]:
    for ladder in ladders:
        for turn in ladder.turns:
            target = turn.target if turn.step != "QUERY" else ""
            yield TurnOutcome(ladder.post, turn.step, target, run.time_ms(turn.at_ns))


def _claims(run: Run, ladders: Sequence[Ladder]) -> Iterator[ClaimOutcome]:
    for ladder in ladders:
        for claim in ladder.claims:
            said_ms = run.time_ms(claim.said_at_ns)
            yield ClaimOutcome(ladder.post, claim.by, claim.stage, claim.medium, said_ms, claim.detail)


def _stage(run: Run, plot: Plot, rung: Rung, remarks: dict[bytes, str], sealed_at_ns: int) -> StageOutcome:
    said_ms, closest = _ms(run, rung.said_at_ns), plot.closest
    before_s = None if said_ms is None or closest is None else (closest.time_ms - said_ms) / 1000
    return StageOutcome(
        addressee=rung.post,
        stage=rung.stage,
        value=rung.value,
        remark=remarks.get(rung.statement, ""),
        by=rung.by,
        statement=rung.statement.hex(),
        said_ms=said_ms,
        learned_ms=_ms(run, rung.learned_at_ns),
        deadline_ms=_ms(run, rung.deadline_ns),
        ended_ms=None if rung.after_ms is None else run.time_ms(sealed_at_ns) + rung.after_ms,
        verdict=rung.verdict,
        marks=rung.marks,
        range_m=None if said_ms is None else plot.range_m(said_ms),
        before_closest_s=before_s,
    )


def _ms(run: Run, utc_ns: int | None) -> int | None:
    return None if utc_ns is None else run.time_ms(utc_ns)

"""How a message stands, as one value: what a watch officer, a report or a comparison reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.asking import Outlook
from hotline.protocol.attempts import Attempts, ClaimView, StepView
from hotline.protocol.book import Book, Entry
from hotline.protocol.instant import Instant
from hotline.protocol.ladder import REACHED, Fact, standing
from hotline.protocol.marks import against, message_marks, stage_marks, voided
from hotline.protocol.timers import LADDER
from hotline.protocol.waits import Overdue, Waits


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of one addressee.

    Attributes:
        stage: which.
        fact: what was said; None while nothing was.
        deadline_ns: UTC deadline, where a timer was armed here.
        verdict: IN_TIME, EXPIRED, LATE, MOOT, WAITING; empty where no timer was armed here.
        after_ms: from sealing to the verdict, where there is one.
        marks: CONTRADICTED, CROSSED, CONTRADICTORY; DISAVOWED, FORKED, WITHDRAWN, LEVEL_LACKING where what was said
            does not count.
        void: what was said and does not count.
        beside: where it is CONTRADICTORY, the words of other posts that stand beside this one; the stage is open.
    """

    stage: v1.Stage.ValueType
    fact: Fact | None
    deadline_ns: int | None
    verdict: str
    after_ms: int | None
    marks: tuple[str, ...]
    void: tuple[Fact, ...] = ()
    beside: tuple[Fact, ...] = ()

    @property
    def name(self) -> str:
        """Name of the stage, e.g. "READ"."""
        return v1.Stage.Name(self.stage).removeprefix("STAGE_")

    @property
    def value(self) -> str:
        """Value said, e.g. "ACCEPTED"; empty while nothing was."""
        return self.fact.value if self.fact else ""


@dataclass(frozen=True, slots=True)
class FurtherView:
    """A wait that a stage armed, about a message and an addressee (REQ-TIMER-5).

    Attributes:
        timer: id of its row, e.g. "TIMER-DEFERRED".
        post: of whom it is waited for.
        stage: what for.
        deadline_ns: UTC.
        verdict: IN_TIME, EXPIRED, LATE, MOOT, WAITING.
        after_ms: from its start to the verdict, where there is one.
        statement: digest of the statement that armed it.
    """

    timer: str
    post: str
    stage: v1.Stage.ValueType
    deadline_ns: int
    verdict: str
    after_ms: int | None
    statement: bytes


@dataclass(frozen=True, slots=True)
class AddresseeView:
    """The ladder of one addressee.

    Attributes:
        post: the addressee.
        action: whether it must act.
        stages: said or waited for, in ladder order.
        further: what is waited for because of a stage.
        state: WAITING for its place, SENT, the highest stage reached, REFUSED, or SILENT while a deadline has passed
            without an answer.
        since_ns: UTC since when, on this node's clock.
        silence: why nothing comes, a word of `silence.WORDS`; empty while nothing is overdue.
        next: what happens next here and when, in plain words; empty when nothing will.
        next_ns: UTC of it; None when nothing will, or when it hangs on something else than time.
        steps: how it was asked again and gone round.
        claims: what was said by other means, as its signers claim it.
    """

    post: str
    action: bool
    stages: tuple[StageView, ...]
    further: tuple[FurtherView, ...]
    state: str
    since_ns: int
    silence: str
    next: str
    next_ns: int | None
    steps: tuple[StepView, ...]
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as one post sees it.

    Attributes:
        entry: what is held.
        marks: as `marks.message_marks` gives them.
        addressees: action addressees first.
        signers: "person (role)".
        matter_state: state of the activity or incident it belongs to; empty for others.
    """

    entry: Entry
    marks: tuple[str, ...]
    addressees: tuple[AddresseeView, ...]
    signers: tuple[str, ...]
    matter_state: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What a view is made from."""

    book: Book
    waits: Waits
    attempts: Attempts
    agreement: v1.Agreement


Ahead = Callable[[str], Outlook | None]
"""What is read about an addressee that is silent; None for one that is not."""


def message_view(entry: Entry, sources: Sources, now: Instant, ahead: Ahead) -> MessageView:
    """The view of one message at one moment."""
    said = entry.said
    matter = sources.book.matter(entry)
    return MessageView(
        entry,
        message_marks(entry, sources.book, sources.agreement, now.utc_ns),
        tuple(_addressee(entry, post, sources, now, ahead(post)) for post in (said.addressees if said else ())),
        said.signers if said else (),
        matter.state,
    )


def _addressee(entry: Entry, post: str, sources: Sources, now: Instant, outlook: Outlook | None) -> AddresseeView:
    waits = sources.waits
    stages = tuple(_stages(entry, sources.book, post, waits.limits(entry.digest, post)))
    # What stands below the stage asked for is overdue and shown as such; the post has answered all the same.
    silent = outlook is not None and outlook.ended != "SAID"
    state, since_ns = _state(entry, stages, waits.overdue.get((entry.digest, post)) if silent else None)
    next_words, next_ns = _next(entry, post, waits, now, outlook)
    return AddresseeView(
        post,
        entry.statement is not None and post in entry.statement.header.action,
        stages,
        tuple(_further(entry, post, sources)),
        state,
        since_ns,
        outlook.word if outlook and silent else "",
        next_words,
        next_ns,
        sources.attempts.steps((entry.digest, post)),
        sources.attempts.claims((entry.digest, post)),
    )


def _state(entry: Entry, stages: Iterable[StageView], overdue: Overdue | None) -> tuple[str, int]:
    """How an addressee stands in one word, and since when."""
    if not entry.sequence:
        return "WAITING", entry.held_at_ns
    if overdue is not None:
        return "SILENT", overdue.since_utc_ns
    for stage in reversed(tuple(stages)):
        if stage.fact is not None and stage.value.startswith("REFUSED"):
            return "REFUSED", stage.fact.learned_at_ns
        if stage.fact is not None and (stage.stage, stage.value) in REACHED and "CONTRADICTORY" not in stage.marks:
            return stage.name, stage.fact.learned_at_ns
    return "SENT", entry.sealed_at_ns


def _next(entry: Entry, post: str, waits: Waits, now: Instant, outlook: Outlook | None) -> tuple[str, int | None]:
    """What happens next here: the next deadline, or the next step about a silence, whichever comes first."""
    if not entry.sequence:
        return "sealed as soon as a peer has answered", None
    ahead = [
        (deadline_ns, f"{v1.Stage.Name(wait.stage).removeprefix('STAGE_')} due")
        for wait, deadline_ns in waits.running(entry.digest, post)
    ]
    if outlook is not None and outlook.step is not None:
        ahead.append((now.utc_ns + outlook.step.due_ns - now.mono_ns, outlook.step.words))
    if not ahead:
        return "", None
    at_ns, words = min(ahead)
    return words, at_ns


def _further(entry: Entry, post: str, sources: Sources) -> Iterator[FurtherView]:
    """What stages of this addressee made somebody wait for, in the order it was armed."""
    for wait, deadline_ns in sources.waits.further(entry.digest):
        if wait.ladder == post:
            verdicts = sources.book.entries[wait.armed_by].verdicts.get((wait.post, wait.stage), [])
            yield FurtherView(
                wait.timer.id,
                wait.post,
                wait.stage,
                deadline_ns,
                _verdict_word(verdicts, True),
                verdicts[-1].after_ms if verdicts else None,
                wait.armed_by,
            )


def _stages(entry: Entry, book: Book, post: str, limits: dict[v1.Stage.ValueType, int]) -> Iterable[StageView]:
    """Every stage said or waited for, in ladder order."""
    facts = entry.facts_of(post)
    for row in LADDER:
        fact, limit = standing(facts, row.stage), limits.get(row.stage)
        verdicts = entry.verdicts.get((post, row.stage), [])
        void = voided(entry, post, row.stage)
        if fact is None and limit is None and not verdicts and not void:
            continue
        yield StageView(
            row.stage,
            fact,
            None if limit is None else entry.sealed_at_ns + limit,
            _verdict_word(verdicts, limit is not None),
            verdicts[-1].after_ms if verdicts else None,
            stage_marks(entry, book, post, row.stage),
            void,
            against(entry, post, row.stage),
        )


def _verdict_word(verdicts: list[v1.Verdict], armed: bool) -> str:
    """The newest verdict is the word: LATE or MOOT follows EXPIRED, and nothing follows IN_TIME."""
    if verdicts:
        return v1.Verdict.Outcome.Name(verdicts[-1].outcome).removeprefix("OUTCOME_")
    return "WAITING" if armed else ""

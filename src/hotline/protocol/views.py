"""How a message stands, as one value: what a watch officer, a report or a comparison reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.book import Book, Entry
from hotline.protocol.ladder import Fact, standing
from hotline.protocol.marks import against, message_marks, stage_marks, voided
from hotline.protocol.timers import TIMERS
from hotline.protocol.waits import Waits


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of one addressee.

    Attributes:
        stage: which.
        fact: what was said; None while nothing was.
        deadline_ns: UTC deadline, where a timer was armed here.
        verdict: IN_TIME, EXPIRED, LATE, WAITING; empty where no timer was armed here.
        after_ms: from sealing to the verdict, where there is one.
        marks: CONTRADICTED, CROSSED, CONTRADICTORY; DISAVOWED, FORKED, WITHDRAWN, LEVEL_LACKING where what was said does
            not count.
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
class AddresseeView:
    """The ladder of one addressee, in ladder order."""

    post: str
    action: bool
    stages: tuple[StageView, ...]


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


def message_view(entry: Entry, book: Book, waits: Waits, agreement: v1.Agreement, now_utc_ns: int) -> MessageView:
    """The view of one message at one moment."""
    said = entry.said
    matter = book.matter(entry)
    action = set(said.header.action) if said else set()
    return MessageView(
        entry,
        message_marks(entry, book, agreement, now_utc_ns),
        tuple(
            AddresseeView(post, post in action, tuple(_stages(entry, book, post, waits.limits(entry.digest, post))))
            for post in (said.addressees if said else ())
        ),
        said.signers if said else (),
        matter.state,
    )


def _stages(entry: Entry, book: Book, post: str, limits: dict[v1.Stage.ValueType, int]) -> Iterable[StageView]:
    """Every stage said or waited for, in ladder order."""
    facts = entry.facts_of(post)
    for row in TIMERS:
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
    """The newest verdict is the word: LATE follows EXPIRED, and nothing follows IN_TIME."""
    if verdicts:
        return v1.Verdict.Outcome.Name(verdicts[-1].outcome).removeprefix("OUTCOME_")
    return "WAITING" if armed else ""

"""Marks: what a message, or one stage of one addressee, is shown with. Computed from what is held, when it is shown."""

from __future__ import annotations

from collections.abc import Iterator

from hotline import v1
from hotline.protocol.acknowledgements import opposed
from hotline.protocol.book import Book, Entry, retracts
from hotline.protocol.ladder import Fact, standing


def message_marks(entry: Entry, book: Book, agreement: v1.Agreement, now_utc_ns: int) -> tuple[str, ...]:
    """Marks of a message, its own before those of its thread.

    LATE_NOTICE, EXPIRED, CONTRADICTED; why it does not count (DISAVOWED, FORKED, RETRACTED, WITHDRAWN, LEVEL_LACKING);
    CROSSED; NO_EFFECT for a retraction of what is not its post's; then SUPERSEDED, CANCELLED, PREDECESSOR_MISSING,
    NOT_LIVE, NO_EFFECT.
    """
    return (*_own_marks(entry, book, agreement, now_utc_ns), *book.matter(entry).marks.get(entry.digest, ()))


def _own_marks(entry: Entry, book: Book, agreement: v1.Agreement, now_utc_ns: int) -> Iterator[str]:
    if entry.said is None:
        return
    if notice_is_late(entry, agreement):
        yield "LATE_NOTICE"
    if entry.said.header.HasField("validity") and now_utc_ns >= entry.said.header.validity.until.ToNanoseconds():
        yield "EXPIRED"
    said_here = {entry.digest, *(fact.statement for fact in entry.facts.values())}
    if any(subject in said_here for subject, _ in entry.contradicted_by):
        yield "CONTRADICTED"
    if mark := book.mark(entry):
        yield mark
    if book.crossed(entry):
        yield "CROSSED"
    body = entry.said.body
    subject = book.entries.get(body.subject) if isinstance(body, v1.Retraction) else None
    if subject is not None and not retracts(entry, subject):
        yield "NO_EFFECT"


def notice_is_late(entry: Entry, agreement: v1.Agreement) -> bool:
    """Whether an activity notice gives less lead time than the agreement asks for its kind (F5); none is dropped."""
    if entry.said is None or not isinstance(entry.said.body, v1.ActivityNotice) or not entry.sequence:
        return False
    notice = entry.said.body
    periods = {row.kind: row.period.ToNanoseconds() for row in agreement.notice_periods}
    period_ns = periods.get(notice.kind, 0)
    starts_ns = getattr(notice.schedule.overall, "from").ToNanoseconds()
    return bool(period_ns and starts_ns - entry.sealed_at_ns < period_ns)


def against(entry: Entry, post: str, stage: v1.Stage.ValueType) -> tuple[Fact, ...]:
    """Words of other posts that contradict an addressee's at a stage and stand beside it (REQ-ACK-9)."""
    return opposed(list(entry.facts.values()), post, stage)


def voided(entry: Entry, post: str, stage: v1.Stage.ValueType) -> tuple[Fact, ...]:
    """What was said of a stage and no longer counts, in the order of its saying."""
    void = (fact for fact in entry.facts_of(post) if fact.stage == stage and fact.void)
    return tuple(sorted(void, key=lambda fact: (fact.said_at_ns, fact.statement)))


def stage_marks(entry: Entry, book: Book, post: str, stage: v1.Stage.ValueType) -> tuple[str, ...]:
    """Marks of one stage of one addressee: CONTRADICTED, CROSSED, CONTRADICTORY for the word that stands; where none
    does, why what was said does not count."""
    fact = standing(entry.facts_of(post), stage)
    if fact is None:
        return tuple(dict.fromkeys(fact.void for fact in voided(entry, post, stage)))
    saying = book.entries.get(fact.statement)
    found = {
        "CONTRADICTED": any(fact.statement == subject for subject, _ in entry.contradicted_by),
        "CROSSED": saying is not None and book.crossed(saying),
        "CONTRADICTORY": bool(against(entry, post, stage)),
    }
    return tuple(mark for mark, holds in found.items() if holds)

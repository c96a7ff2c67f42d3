"""Views: one message at one moment, as a watch officer reads it."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from tests.kit import START, START_NS, A, B, C, notice
from tests.unit.protocol.handmade import DAY_NS, ack, entry, fact, observation, officer, trust

from hotline import v1
from hotline.agreements.build import window
from hotline.protocol.asking import Outlook
from hotline.protocol.attempts import Attempts
from hotline.protocol.book import Book, Entry
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.marks import notice_is_late
from hotline.protocol.timers import DECIDED, DELIVERED, READ, Terms, armed
from hotline.protocol.views import MessageView, Sources, StageView, message_view
from hotline.protocol.waits import Waits


class Desk:
    """A book and running timers, and the view of a message in them."""

    ahead: Outlook | None = None

    def __init__(self, *entries: Entry) -> None:
        self.book, self.waits = Book(), Waits()
        self.attempts = Attempts(self.book)
        for known in entries:
            self.book.add(known)

    def arm(self, known: Entry) -> None:
        assert known.statement is not None
        waits = armed(
            known.digest, known.statement.header, known.sealed_at_ns, Terms(trust().terms(START_NS).limits, {})
        )
        self.waits.arm(waits, known.sealed_at_ns, START)

    def latch(self, known: Entry, stage: v1.Stage.ValueType, outcome: str, after_ms: int) -> None:
        value = v1.Verdict.Outcome.Value(f"OUTCOME_{outcome}")
        verdict = v1.Verdict(statement_digest=known.digest, post=B, stage=stage, outcome=value, after_ms=after_ms)
        known.verdicts.setdefault((B, stage), []).append(verdict)
        self.waits.latch(verdict)

    def view(self, known: Entry, now_ns: int = START_NS) -> MessageView:
        sources = Sources(self.book, self.waits, self.attempts, trust().agreement.message)
        return message_view(known, sources, START.later(now_ns - START_NS), lambda post: self.ahead)

    def stage(self, known: Entry, name: str) -> StageView:
        return next(stage for stage in self.view(known).addressees[0].stages if stage.name == name)


def asking(stage: v1.Stage.ValueType = READ, **changes: Any) -> Entry:
    return entry(notice(), stage_requested=stage, **changes)


def test_a_message_without_a_word_about_it() -> None:
    known = entry(notice(), info=[C])
    view = Desk(known).view(known)
    assert (view.entry, view.marks, view.signers, view.matter_state) == (
        known,
        (),
        ("ada (watch-officer)",),
        "ANNOUNCED",
    )
    assert [(ladder.post, ladder.action, ladder.stages) for ladder in view.addressees] == [
        (B, True, ()),
        (C, False, ()),
    ]


def test_a_refused_message_has_no_addressees() -> None:
    refused = entry(notice(), officer("dee"))
    view = Desk(refused).view(refused)
    assert (view.addressees, view.signers, view.marks, view.matter_state) == ((), (), (), "")


def test_what_is_waited_for_shows_with_its_deadline() -> None:
    known, desk = asking(), Desk()
    desk.book.add(known)
    desk.arm(known)
    stages = desk.view(known).addressees[0].stages
    assert [(stage.name, stage.value, stage.verdict, stage.after_ms) for stage in stages] == [
        ("DELIVERED", "", "WAITING", None),
        ("PRESENTED", "", "WAITING", None),
        ("READ", "", "WAITING", None),
    ]
    assert stages[0].deadline_ns == START_NS + 60 * NS_PER_S


def test_what_was_said_shows_where_nothing_was_waited_for() -> None:
    known = asking()
    desk = Desk(known)
    known.add(fact(DELIVERED, "RECEIVED"))
    known.add(fact(DECIDED, "DEFERRED", statement=bytes(32), place=1))
    stages = desk.view(known).addressees[0].stages
    assert [(stage.name, stage.value, stage.verdict, stage.deadline_ns) for stage in stages] == [
        ("DELIVERED", "RECEIVED", "", None),
        ("DECIDED", "DEFERRED", "", None),
    ]


@pytest.mark.parametrize(
    ("outcomes", "verdict", "after_ms"),
    [
        ([("IN_TIME", 5)], "IN_TIME", 5),
        ([("EXPIRED", 60_000)], "EXPIRED", 60_000),
        ([("EXPIRED", 60_000), ("LATE", 61_000)], "LATE", 61_000),
    ],
)
def test_the_newest_verdict_is_the_word(outcomes: list[tuple[str, int]], verdict: str, after_ms: int) -> None:
    known = asking()
    desk = Desk(known)
    desk.arm(known)
    for outcome, after in outcomes:
        desk.latch(known, READ, outcome, after)
    stage = desk.stage(known, "READ")
    assert (stage.verdict, stage.after_ms) == (verdict, after_ms)


def test_a_verdict_shows_even_without_its_timer() -> None:
    known = asking()
    desk = Desk(known)
    desk.latch(known, READ, "IN_TIME", 5)
    assert desk.stage(known, "READ").verdict == "IN_TIME"
    assert desk.stage(known, "READ").deadline_ns is None


def test_a_contradicted_stage_is_marked_and_so_is_its_message() -> None:
    known = asking()
    read = entry(ack(known.digest), post=B, thread=known.digest)
    desk = Desk(known, read, entry(observation(read.digest), sequence=2))
    assert desk.stage(known, "READ").marks == ("CONTRADICTED",)
    assert desk.view(known).marks == ("CONTRADICTED",)
    assert desk.view(read).marks == ("CONTRADICTED",)


def test_what_a_node_said_is_not_what_an_observation_names() -> None:
    known = asking()
    known.add(fact(DELIVERED, "RECEIVED"))
    desk = Desk(known, entry(observation(known.digest), post=B))
    assert desk.stage(known, "DELIVERED").marks == ()
    assert desk.view(known).marks == ("CONTRADICTED",)


def test_what_no_longer_holds_is_marked_from_its_last_instant_on() -> None:
    known = asking(validity=window(START_NS, START_NS + DAY_NS))
    desk = Desk(known)
    assert desk.view(known, START_NS + DAY_NS - 1).marks == ()
    assert desk.view(known, START_NS + DAY_NS).marks == ("EXPIRED",)


def test_marks_of_the_thread_come_after_its_own() -> None:
    first = entry(notice(), validity=window(START_NS - 1_000_000, START_NS))
    update = entry(
        v1.ActivityUpdate(notice=notice("moved")),
        sequence=2,
        thread=first.digest,
        references=[v1.Reference(digest=first.digest, role=v1.Reference.ROLE_UPDATES)],
    )
    desk = Desk(first, update)
    assert desk.view(first).marks == ("EXPIRED", "SUPERSEDED")
    assert desk.view(update).matter_state == "ANNOUNCED"


def shoot(lead_s: int, kind: v1.ActivityKind.ValueType = v1.ACTIVITY_KIND_LIVE_FIRE, **changes: Any) -> Entry:
    body = notice()
    body.kind = kind
    starts = START_NS + lead_s * NS_PER_S
    body.schedule.overall.CopyFrom(window(starts, starts + NS_PER_S))
    return entry(body, **changes)


DAYS_3_S = 3 * 86_400


@pytest.mark.parametrize(
    ("known", "late"),
    [
        (shoot(DAYS_3_S), False),
        (shoot(DAYS_3_S - 1), True),
        (shoot(0), True),
        (shoot(0, v1.ACTIVITY_KIND_DIVING), False),
        (shoot(0, v1.ACTIVITY_KIND_TRANSIT), False),
        (shoot(0, sequence=0), False),
        (entry(ack(bytes(32))), False),
        (entry(notice(), officer("dee")), False),
    ],
    ids=["in time", "a second short", "at once", "never late", "no period agreed", "waiting", "no notice", "refused"],
)
def test_a_notice_with_less_lead_than_agreed_is_late(known: Entry, late: bool) -> None:
    agreed = {row.kind: row.period for row in trust().agreement.message.notice_periods}
    assert agreed[v1.ACTIVITY_KIND_LIVE_FIRE] == Duration(seconds=DAYS_3_S)
    assert notice_is_late(known, trust().agreement.message) is late
    assert ("LATE_NOTICE" in Desk(known).view(known).marks) is late


def test_posts_are_in_the_order_of_the_header() -> None:
    known = entry(notice(), action=[C, B], post=A)
    assert [ladder.post for ladder in Desk(known).view(known).addressees] == [C, B]

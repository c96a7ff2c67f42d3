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
from hotline.protocol.silence import ALTERNATE_POST, Step, Way
from hotline.protocol.timers import DECIDED, DELIVERED, DONE, PASSED, PRESENTED, READ, UNDERSTOOD, Terms, armed
from hotline.protocol.views import AddresseeView, MessageView, Sources, StageView, _state, message_view
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


@pytest.mark.threat("delay", defence="FRESH", measure="expired messages marked")
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


@pytest.mark.threat("delay", defence="FRESH", measure="notices judged by their lead")
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


# -- in one word, and what comes next ----------------------------------------------------------------------------------


def ladder(desk: Desk, known: Entry, now_ns: int = START_NS) -> AddresseeView:
    return desk.view(known, now_ns).addressees[0]


LATER_NS = START_NS + 5 * NS_PER_S


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], "SENT"),
        ([(DELIVERED, "RECEIVED")], "DELIVERED"),
        ([(DELIVERED, "REFUSED:TOO_LARGE")], "REFUSED"),
        ([(DELIVERED, "RECEIVED"), (PRESENTED, "UNSTAFFED")], "DELIVERED"),
        ([(PRESENTED, "PRESENTED"), (READ, "READ")], "READ"),
        ([(READ, "READ"), (UNDERSTOOD, "READBACK")], "READ"),
        ([(READ, "READ"), (PASSED, "PASSED")], "PASSED"),
        ([(READ, "READ"), (DECIDED, "DEFERRED")], "READ"),
        ([(READ, "READ"), (DECIDED, "NOT_UNDERSTOOD")], "READ"),
        ([(READ, "READ"), (DECIDED, "DECLINED")], "DECIDED"),
        ([(READ, "READ"), (DECIDED, "NO_REPLY_INTENDED")], "DECIDED"),
        ([(DECIDED, "ACCEPTED"), (DONE, "IN_PROGRESS")], "DECIDED"),
        ([(DECIDED, "ACCEPTED"), (DONE, "NOT_AGREED")], "DECIDED"),
        ([(DONE, "DONE")], "DONE"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_how_an_addressee_stands_in_one_word(facts: list[tuple[v1.Stage.ValueType, str]], state: str) -> None:
    """The word is true by itself: no stage stands for another (REQ-ACK-1)."""
    known = asking()
    desk = Desk(known)
    for stage, value in facts:
        known.add(fact(stage, value, learned_at_ns=LATER_NS))
    since_ns = START_NS if state == "SENT" else LATER_NS
    assert (ladder(desk, known).state, ladder(desk, known).since_ns) == (state, since_ns)


def test_what_has_no_place_yet_waits_for_it() -> None:
    known = asking(sequence=0)
    view = ladder(Desk(known), known)
    assert (view.state, view.since_ns, view.next, view.next_ns) == (
        "WAITING",
        START_NS,
        "sealed as soon as a peer has answered",
        None,
    )


def test_the_next_deadline_is_what_happens_next() -> None:
    known, desk = asking(), Desk()
    desk.book.add(known)
    desk.arm(known)
    assert (ladder(desk, known).next, ladder(desk, known).next_ns) == ("DELIVERED due", START_NS + 60 * NS_PER_S)
    desk.latch(known, DELIVERED, "IN_TIME", 5)
    assert (ladder(desk, known).next, ladder(desk, known).next_ns) == ("PRESENTED due", START_NS + 300 * NS_PER_S)


def test_nothing_more_happens_when_everything_was_said() -> None:
    known, desk = asking(v1.STAGE_UNSPECIFIED), Desk()
    desk.book.add(known)
    desk.arm(known)
    desk.latch(known, DELIVERED, "IN_TIME", 5)
    assert (ladder(desk, known).next, ladder(desk, known).next_ns) == ("", None)


@pytest.mark.parametrize(("due_s", "words"), [(200, "turn to CHN:air-watch"), (400, "PRESENTED due")])
def test_a_silence_shows_its_word_and_what_comes_first(due_s: int, words: str) -> None:
    known, desk = asking(), Desk()
    desk.book.add(known)
    desk.arm(known)
    desk.latch(known, DELIVERED, "EXPIRED", 60_000)
    step = Step(Way(ALTERNATE_POST, "CHN:air-watch"), START.mono_ns + due_s * NS_PER_S)
    desk.ahead = Outlook("PEER_DOWN", step, "")
    view = ladder(desk, known, START_NS + 61 * NS_PER_S)
    assert (view.state, view.since_ns, view.silence) == ("SILENT", START_NS + 60 * NS_PER_S, "PEER_DOWN")
    assert (view.next, view.next_ns) == (words, START_NS + min(due_s, 300) * NS_PER_S)


def test_a_silence_that_nothing_follows() -> None:
    known, desk = asking(), Desk()
    desk.book.add(known)
    desk.ahead = Outlook("NO_ANSWER", None, "OUT_OF_BAND")
    assert (ladder(desk, known).silence, ladder(desk, known).next) == ("NO_ANSWER", "")


def test_what_was_opposed_is_not_decided() -> None:
    stages = (StageView(DECIDED, fact(DECIDED, "ACCEPTED"), None, "", None, ("CONTRADICTORY",)),)
    assert _state(asking(), stages, None) == ("SENT", START_NS)

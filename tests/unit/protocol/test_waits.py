"""Running timers: verdicts fall once, latch, and go on after a restart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kit import START, START_NS, A, B, C
from tests.unit.protocol.handmade import fact

from hotline import v1
from hotline.protocol.instant import NS_PER_MS, NS_PER_S, Instant
from hotline.protocol.ladder import Fact
from hotline.protocol.silence import QUERY, Taken, Way
from hotline.protocol.timers import (
    CORRECTED,
    DECIDED,
    DEFERRED,
    DELIVERED,
    DONE,
    READ,
    READBACK,
    TIMER_OF,
    UNDERSTOOD,
    Wait,
)
from hotline.protocol.waits import Waits

DIGEST = bytes([1]) * 32
IN_TIME, EXPIRED, LATE, MOOT = (
    v1.Verdict.OUTCOME_IN_TIME,
    v1.Verdict.OUTCOME_EXPIRED,
    v1.Verdict.OUTCOME_LATE,
    v1.Verdict.OUTCOME_MOOT,
)
TEN_S = 10 * NS_PER_S


def wait(post: str = B, stage: v1.Stage.ValueType = READ, limit_ns: int = TEN_S) -> Wait:
    """A wait that a statement arms."""
    return Wait(TIMER_OF[stage], DIGEST, DIGEST, post, limit_ns, post)


def running(*waits: Wait, now: Instant = START) -> Waits:
    found = Waits()
    found.arm(waits or (wait(),), START_NS, now)
    return found


def take(waits: Waits, verdicts: list[v1.Verdict]) -> list[tuple[str, int, int, int]]:
    """Latch verdicts as the ledger does; what they say."""
    for verdict in verdicts:
        waits.latch(verdict)
    return [(verdict.post, verdict.stage, verdict.outcome, verdict.after_ms) for verdict in verdicts]


def expire(waits: Waits, after_ns: int) -> list[tuple[str, int, int, int]]:
    return take(waits, waits.expire(START.later(after_ns)))


def answered(
    waits: Waits, after_ns: int, stage: v1.Stage.ValueType = READ, value: str = "READ", post: str = B
) -> list[tuple[str, int, int, int]]:
    return take(waits, waits.answered(DIGEST, fact(stage, value, post), START.later(after_ns)))


def test_nothing_runs_at_first() -> None:
    waits = Waits()
    assert waits.next_deadline() is None
    assert expire(waits, TEN_S) == []
    assert answered(waits, 0) == []
    assert waits.limits(DIGEST, B) == {}


def test_an_answer_before_the_deadline_is_in_time_and_final() -> None:
    waits = running()
    assert answered(waits, TEN_S - 1) == [(B, READ, IN_TIME, 9_999)]
    assert answered(waits, TEN_S) == []
    assert expire(waits, 2 * TEN_S) == []
    assert waits.next_deadline() is None


def test_at_the_deadline_it_has_passed() -> None:
    waits = running()
    assert expire(waits, TEN_S - 1) == []
    assert expire(waits, TEN_S) == [(B, READ, EXPIRED, 10_000)]
    assert expire(waits, TEN_S) == []


def test_an_answer_at_the_deadline_finds_it_passed() -> None:
    assert answered(running(), TEN_S) == [(B, READ, EXPIRED, 10_000), (B, READ, LATE, 10_000)]


def test_a_late_answer_stays_late_and_the_deadline_passed() -> None:
    """LATE follows EXPIRED, and nothing follows LATE (REQ-TIMER-3)."""
    waits = running()
    expire(waits, TEN_S)
    assert waits.next_deadline() is None
    assert answered(waits, 3 * TEN_S) == [(B, READ, LATE, 30_000)]
    assert answered(waits, 3 * TEN_S) == []


@pytest.mark.parametrize(("stage", "value", "post"), [(DELIVERED, "RECEIVED", B), (READ, "READ", C)])
def test_what_is_not_waited_for_ends_nothing(stage: v1.Stage.ValueType, value: str, post: str) -> None:
    waits = running()
    assert answered(waits, 1, stage, value, post) == []
    assert waits.next_deadline() == START.mono_ns + TEN_S


def test_a_refusal_ends_every_wait_for_that_addressee() -> None:
    waits = running(wait(B, DELIVERED, TEN_S), wait(C, DELIVERED, TEN_S), wait(B, READ, TEN_S))
    assert answered(waits, 1, DELIVERED, "REFUSED:RULE_BROKEN") == [(B, DELIVERED, IN_TIME, 0), (B, READ, IN_TIME, 0)]
    assert expire(waits, TEN_S) == [(C, DELIVERED, EXPIRED, 10_000)]


def test_declining_ends_the_wait_for_compliance() -> None:
    waits = running(wait(B, DECIDED, TEN_S), wait(B, DONE, 2 * TEN_S))
    assert answered(waits, NS_PER_S, DECIDED, "DECLINED") == [(B, DECIDED, IN_TIME, 1000), (B, DONE, IN_TIME, 1000)]


def test_the_earliest_deadline_that_still_counts() -> None:
    waits = running(wait(B, DELIVERED, NS_PER_S), wait(B, READ, TEN_S))
    assert waits.next_deadline() == START.mono_ns + NS_PER_S
    answered(waits, 1, DELIVERED, "RECEIVED")
    assert waits.next_deadline() == START.mono_ns + TEN_S
    assert waits.limits(DIGEST, B) == {DELIVERED: NS_PER_S, READ: TEN_S}


def test_expiry_comes_in_the_order_of_the_deadlines() -> None:
    waits = running(wait(B, READ, 3 * NS_PER_S), wait(B, DELIVERED, NS_PER_S), wait(C, DELIVERED, 2 * NS_PER_S))
    assert expire(waits, TEN_S) == [
        (B, DELIVERED, EXPIRED, 1000),
        (C, DELIVERED, EXPIRED, 2000),
        (B, READ, EXPIRED, 3000),
    ]


def test_what_expires_at_one_instant_does_so_in_the_order_it_was_armed() -> None:
    waits, digests = Waits(), [bytes([number]) * 32 for number in (7, 3, 9, 1)]
    for digest in digests:
        waits.arm([replace(wait(), armed_by=digest, subject=digest)], START_NS, START)
    assert [verdict.statement_digest for verdict in waits.expire(START.later(TEN_S))] == digests


def test_after_a_restart_the_rest_of_the_time_is_left() -> None:
    """What is left is taken from UTC (REQ-TIMER-4)."""
    booted = Instant(mono_ns=77, utc_ns=START_NS + 4 * NS_PER_S)
    waits = running(now=booted)
    assert waits.next_deadline() == 77 + 6 * NS_PER_S
    assert take(waits, waits.expire(booted.later(6 * NS_PER_S))) == [(B, READ, EXPIRED, 10_000)]


def test_what_passed_while_the_node_was_down_has_passed() -> None:
    booted = Instant(mono_ns=0, utc_ns=START_NS + 2 * TEN_S)
    waits = running(now=booted)
    assert take(waits, waits.expire(booted)) == [(B, READ, EXPIRED, 10_000)]


@pytest.mark.parametrize("outcome", [IN_TIME, LATE])
def test_a_final_verdict_read_back_ends_the_wait(outcome: v1.Verdict.Outcome.ValueType) -> None:
    waits = running()
    waits.latch(v1.Verdict(statement_digest=DIGEST, post=B, stage=READ, outcome=outcome))
    assert waits.next_deadline() is None
    assert answered(waits, 1) == []


def test_an_expiry_read_back_does_not_fall_again() -> None:
    waits = running()
    waits.latch(v1.Verdict(statement_digest=DIGEST, post=B, stage=READ, outcome=EXPIRED))
    assert expire(waits, TEN_S) == []
    assert answered(waits, 2 * TEN_S) == [(B, READ, LATE, 20_000)]


def test_what_has_expired_is_late_also_when_utc_was_set_back_before_a_restart() -> None:
    waits = running(now=Instant(START.mono_ns, START_NS - 3 * TEN_S))
    waits.latch(v1.Verdict(statement_digest=DIGEST, post=B, stage=READ, outcome=EXPIRED))
    (verdict,) = waits.answered(DIGEST, fact(READ, "READ"), START.later(NS_PER_S))
    assert verdict.outcome == LATE


def test_an_expiry_of_nothing_that_runs_changes_nothing() -> None:
    waits = running()
    waits.latch(v1.Verdict(statement_digest=DIGEST, post=C, stage=READ, outcome=EXPIRED))
    waits.latch(v1.Verdict(statement_digest=bytes(32), post=C, stage=READ, outcome=IN_TIME))
    assert waits.next_deadline() == START.mono_ns + TEN_S


def test_no_time_at_all_is_over_at_once() -> None:
    assert expire(running(wait(B, READ, 0)), 0) == [(B, READ, EXPIRED, 0)]


@pytest.mark.threat("clock skew / jump", defence="FRESH", measure="clocks set back, no negative time")
def test_time_from_sealing_is_never_negative() -> None:
    behind = Instant(0, START_NS - NS_PER_MS)
    waits = running(now=behind)
    assert take(waits, waits.answered(DIGEST, fact(READ, "READ"), behind)) == [(B, READ, IN_TIME, 0)]


def test_what_is_void_answers_nothing() -> None:
    waits = running()
    assert waits.answered(DIGEST, fact(READ, "READ", void="FORKED"), START) == []
    assert answered(waits, 1) == [(B, READ, IN_TIME, 0)]


# -- what a stage arms (REQ-TIMER-5) -----------------------------------------------------------------------------------

ACK, OWN_ACK = bytes([2]) * 32, bytes([3]) * 32


def word(stage: v1.Stage.ValueType, value: str, sequence: int, **changes: Any) -> Fact:
    """Said at a place in the addressee's log, unless another says it."""
    return fact(stage, value, place=sequence, statement=bytes([9]) * 32, **changes)


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (word(DECIDED, "ACCEPTED", 6), True),
        (word(DECIDED, "ACCEPTED", 5), False),
        (word(DECIDED, "ACCEPTED", 1, speaker=C), True),
        (word(READ, "READ", 6), False),
        (word(DECIDED, "ACCEPTED", 6, post=C), False),
    ],
    ids=["a later word", "the very word", "of another post's log", "another stage", "of another addressee"],
)
def test_a_word_that_stands_later_ends_a_further_wait(answer: Fact, ends: bool) -> None:
    waits = running(Wait(DEFERRED, ACK, DIGEST, B, TEN_S, B, (B, (1, 5))))
    verdicts = waits.answered(DIGEST, answer, START)
    assert [(each.statement_digest, each.outcome) for each in verdicts] == ([(ACK, IN_TIME)] if ends else [])


def test_the_answer_to_that_very_readback_ends_the_readers_wait() -> None:
    """It stands on the ladder of the reader, who waits for the sender."""
    waits = running(Wait(READBACK, OWN_ACK, DIGEST, A, TEN_S, B))
    other = fact(UNDERSTOOD, "CONFIRMED", B, statement=ACK, speaker=A, answers=ACK)
    assert waits.answered(DIGEST, other, START) == []
    (verdict,) = waits.answered(DIGEST, replace(other, answers=OWN_ACK), START)
    assert (verdict.statement_digest, verdict.post, verdict.stage) == (OWN_ACK, A, UNDERSTOOD)


def test_further_waits_are_told_with_their_deadlines() -> None:
    deferral = Wait(DEFERRED, ACK, DIGEST, B, TEN_S, B)
    waits = running(wait(), deferral)
    assert waits.further(DIGEST) == [(deferral, START_NS + TEN_S)]
    assert waits.further(ACK) == []
    assert [each.timer.id for each, _ in waits.running(DIGEST, B)] == ["TIMER-READ", "TIMER-DEFERRED"]
    assert waits.limits(ACK, B) == {DECIDED: TEN_S}


def test_a_readback_is_what_is_not_answered_and_not_the_statement() -> None:
    waits = running(wait(), Wait(READBACK, OWN_ACK, DIGEST, A, TEN_S, B))
    assert [each.timer.id for each, _ in waits.running(OWN_ACK, A)] == ["TIMER-READBACK"]
    assert list(waits.running(DIGEST, A)) == []
    expire(waits, TEN_S)
    assert set(waits.overdue) == {(DIGEST, B), (OWN_ACK, A)}


# -- MOOT (REQ-TIMER-7) ------------------------------------------------------------------------------------------------


def outcomes(verdicts: list[v1.Verdict]) -> list[tuple[str, int, int]]:
    return [(each.post, each.stage, each.outcome) for each in verdicts]


def test_what_was_taken_back_is_moot_once() -> None:
    waits = running(wait(), wait(C), Wait(DEFERRED, ACK, DIGEST, B, TEN_S, B))
    verdicts = waits.moot(START.later(NS_PER_S), digest=DIGEST)
    assert outcomes(verdicts) == [(B, READ, MOOT), (C, READ, MOOT), (B, DECIDED, MOOT)]
    assert {each.after_ms for each in verdicts} == {1000}
    take(waits, verdicts)
    assert waits.moot(START, digest=DIGEST) == []
    assert waits.next_deadline() is None
    assert not waits.concerns(DIGEST)


def test_a_word_taken_back_ends_what_it_armed_and_no_more() -> None:
    waits = running(wait(), Wait(DEFERRED, ACK, DIGEST, B, TEN_S, B))
    assert waits.concerns(ACK) and waits.awaits(DIGEST) and not waits.awaits(ACK)
    assert outcomes(waits.moot(START, digest=ACK)) == [(B, DECIDED, MOOT)]


def test_of_a_post_that_has_left_nothing_is_waited_for() -> None:
    waits = running(wait(), wait(C))
    assert outcomes(waits.moot(START, post=C)) == [(C, READ, MOOT)]


def test_moot_follows_an_expiry_and_nothing_that_was_met() -> None:
    waits = running(wait(), wait(C))
    answered(waits, 1)
    assert outcomes(waits.moot(START.later(TEN_S), digest=DIGEST)) == [(C, READ, EXPIRED), (C, READ, MOOT)]
    expire(waits, TEN_S)
    assert outcomes(waits.moot(START.later(TEN_S), digest=DIGEST)) == [(C, READ, MOOT)]


def test_what_nothing_is_known_of_is_not_moot() -> None:
    assert running().moot(START, digest=ACK) == []


# -- what is overdue ---------------------------------------------------------------------------------------------------

STEP = Taken(Way(QUERY, B), START.mono_ns + TEN_S)


def test_an_unbroken_time_of_silence_keeps_what_was_done_in_it() -> None:
    waits = running(wait(), wait(stage=DONE, limit_ns=2 * TEN_S))
    assert waits.overdue == {}
    expire(waits, TEN_S)
    silence = waits.overdue[DIGEST, B]
    assert (silence.since_mono_ns, silence.since_utc_ns, silence.stage) == (TEN_S, START_NS + TEN_S, READ)
    waits.took((DIGEST, B), STEP)
    expire(waits, 2 * TEN_S)
    answered(waits, 3 * TEN_S)
    assert waits.overdue[DIGEST, B] is silence
    assert (silence.since_mono_ns, silence.stage, silence.taken) == (TEN_S, DONE, [STEP])
    answered(waits, 3 * TEN_S, DONE, "DONE")
    assert waits.overdue == {}


def test_a_new_silence_begins_with_nothing_done() -> None:
    waits = running(wait(), wait(stage=DONE, limit_ns=3 * TEN_S))
    expire(waits, TEN_S)
    waits.took((DIGEST, B), STEP)
    answered(waits, 2 * TEN_S)
    expire(waits, 3 * TEN_S)
    assert (waits.overdue[DIGEST, B].since_mono_ns, waits.overdue[DIGEST, B].taken) == (3 * TEN_S, [])


def test_a_step_about_what_is_not_overdue_is_none() -> None:
    waits = running()
    waits.took((DIGEST, B), STEP)
    assert waits.overdue == {}


def test_what_moves_is_told_once() -> None:
    waits = running(wait(), wait(C))
    expire(waits, TEN_S)
    assert waits.moved == {(DIGEST, B), (DIGEST, C)}
    waits.moved.clear()
    answered(waits, 2 * TEN_S)
    assert waits.moved == {(DIGEST, B)}
    waits.look_again()
    assert waits.moved == {(DIGEST, B), (DIGEST, C)}


def test_the_rows_of_further_waits_are_no_rows_of_the_ladder() -> None:
    assert not {DEFERRED, CORRECTED, READBACK} & set(TIMER_OF.values())

"""Running timers: verdicts fall once, latch, and go on after a restart."""

from __future__ import annotations

import pytest
from tests.kit import START, START_NS, B, C
from tests.unit.protocol.handmade import fact

from hotline import v1
from hotline.protocol.instant import NS_PER_MS, NS_PER_S, Instant
from hotline.protocol.timers import DECIDED, DELIVERED, DONE, READ, TIMER_OF, Wait
from hotline.protocol.waits import Waits

DIGEST = bytes([1]) * 32
IN_TIME, EXPIRED, LATE = (
    v1.Verdict.OUTCOME_IN_TIME,
    v1.Verdict.OUTCOME_EXPIRED,
    v1.Verdict.OUTCOME_LATE,
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


def test_after_a_restart_the_rest_of_the_time_is_left() -> None:
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


def test_an_expiry_of_nothing_that_runs_changes_nothing() -> None:
    waits = running()
    waits.latch(v1.Verdict(statement_digest=DIGEST, post=C, stage=READ, outcome=EXPIRED))
    waits.latch(v1.Verdict(statement_digest=bytes(32), post=C, stage=READ, outcome=IN_TIME))
    assert waits.next_deadline() == START.mono_ns + TEN_S


def test_no_time_at_all_is_over_at_once() -> None:
    assert expire(running(wait(B, READ, 0)), 0) == [(B, READ, EXPIRED, 0)]


def test_time_from_sealing_is_never_negative() -> None:
    behind = Instant(0, START_NS - NS_PER_MS)
    waits = running(now=behind)
    assert take(waits, waits.answered(DIGEST, fact(READ, "READ"), behind)) == [(B, READ, IN_TIME, 0)]

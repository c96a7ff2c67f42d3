"""The timer table: which waits a statement arms, and what ends them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kit import START_NS, A, B, C
from tests.unit.protocol.handmade import header

from hotline import v1
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.ladder import VALUES
from hotline.protocol.timers import (
    DECIDED,
    DELIVERED,
    DONE,
    LADDER,
    PASSED,
    PRESENTED,
    READ,
    TIMER_OF,
    UNDERSTOOD,
    Terms,
    Wait,
    armed,
    stops,
)

STAGES = (DELIVERED, PRESENTED, READ, UNDERSTOOD, PASSED, DECIDED, DONE)
# So many seconds for each stage, so that a limit tells its stage.
LIMITS = {(stage, v1.PRECEDENCE_FLASH): stage * NS_PER_S for stage in STAGES}
DIGEST = bytes([1]) * 32


def waits(asked: v1.Stage.ValueType = v1.STAGE_UNSPECIFIED, **changes: Any) -> list[Wait]:
    words = header(precedence=v1.PRECEDENCE_FLASH, stage_requested=asked, **changes)
    return list(armed(DIGEST, words, START_NS, Terms(LIMITS, {})))


def wait(post: str, stage: v1.Stage.ValueType, limit_ns: int) -> Wait:
    """A wait that the statement itself arms."""
    return Wait(TIMER_OF[stage], DIGEST, DIGEST, post, limit_ns, post)


def test_there_is_one_row_for_each_stage_in_ladder_order() -> None:
    assert tuple(row.stage for row in LADDER) == STAGES
    assert tuple(TIMER_OF) == STAGES


@pytest.mark.parametrize(
    ("asked", "stages"),
    [
        (v1.STAGE_UNSPECIFIED, [DELIVERED]),
        (DELIVERED, [DELIVERED]),
        (PRESENTED, [DELIVERED, PRESENTED]),
        (READ, [DELIVERED, PRESENTED, READ]),
        (UNDERSTOOD, [DELIVERED, PRESENTED, READ, UNDERSTOOD]),
        (PASSED, [DELIVERED, PRESENTED, READ, PASSED]),
        (DECIDED, [DELIVERED, PRESENTED, READ, DECIDED]),
        (DONE, [DELIVERED, PRESENTED, READ, DECIDED, DONE]),
    ],
)
def test_asking_for_a_stage_arms_what_leads_to_it(asked: v1.Stage.ValueType, stages: list[int]) -> None:
    assert waits(asked) == [wait(B, stage, stage * NS_PER_S) for stage in map(v1.Stage.ValueType, stages)]


def test_information_addressees_are_waited_for_until_delivery() -> None:
    assert [(each.post, each.stage) for each in waits(READ, action=[B], info=[C])] == [
        (B, DELIVERED),
        (C, DELIVERED),
        (B, PRESENTED),
        (B, READ),
    ]


def test_a_reply_by_replaces_the_limit_of_the_stage_asked_for() -> None:
    found = waits(READ, reply_by=to_timestamp(START_NS + 90 * NS_PER_S))
    assert [each.limit_ns // NS_PER_S for each in found] == [DELIVERED, PRESENTED, 90]


def test_a_reply_by_without_a_stage_is_for_delivery() -> None:
    assert waits(reply_by=to_timestamp(START_NS + 90 * NS_PER_S)) == [wait(B, DELIVERED, 90 * NS_PER_S)]


def test_a_reply_by_before_sealing_leaves_no_time() -> None:
    assert waits(READ, reply_by=to_timestamp(START_NS - NS_PER_S))[-1] == wait(B, READ, 0)


def test_what_the_agreement_gives_no_limit_is_not_waited_for() -> None:
    words = header(stage_requested=READ, precedence=v1.PRECEDENCE_ROUTINE)
    assert list(armed(DIGEST, words, START_NS, Terms(LIMITS, {}))) == []
    words = header(stage_requested=READ, precedence=v1.PRECEDENCE_ROUTINE, reply_by=to_timestamp(START_NS + NS_PER_S))
    assert list(armed(DIGEST, words, START_NS, Terms(LIMITS, {}))) == [wait(B, READ, NS_PER_S)]


def test_the_sender_may_be_among_its_own_addressees() -> None:
    assert [each.post for each in waits(action=[B, A])] == [B, A]


ENDS = {
    DELIVERED: {"RECEIVED", "REFUSED:RULE_BROKEN"},
    PRESENTED: {"PRESENTED", "REFUSED:RULE_BROKEN"},
    READ: {"READ", "REFUSED:RULE_BROKEN"},
    UNDERSTOOD: {"READBACK", "CONFIRMED", "CORRECTED", "NO_REPLY_INTENDED", "REFUSED:RULE_BROKEN"},
    PASSED: {"PASSED", "NO_REPLY_INTENDED", "REFUSED:RULE_BROKEN"},
    DECIDED: {
        "ACCEPTED",
        "ACCEPTED_IN_PART",
        "DECLINED",
        "DEFERRED",
        "NOT_UNDERSTOOD",
        "NO_REPLY_INTENDED",
        "REFUSED:RULE_BROKEN",
    },
    DONE: {
        *("DONE", "UNABLE", "NOT_AGREED"),
        *("DECLINED", "NOT_UNDERSTOOD", "NO_REPLY_INTENDED", "REFUSED:RULE_BROKEN"),
    },
}


@pytest.mark.parametrize("stage", STAGES, ids=v1.Stage.Name)
def test_what_ends_a_wait(stage: v1.Stage.ValueType) -> None:
    values = [(row.stage, row.value + (":RULE_BROKEN" if row.value == "REFUSED" else "")) for row in VALUES]
    ends = {value for said, value in values if stops(TIMER_OF[stage], said, value)}
    assert ends == ENDS[stage]

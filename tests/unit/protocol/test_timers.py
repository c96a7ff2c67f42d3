"""The timer table: which waits a statement arms, and what ends them."""

from __future__ import annotations

import re
import runpy
from dataclasses import asdict
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from tests.kit import START_NS, A, B, C
from tests.unit.protocol.handmade import header
from tools.field_bounds import bounds_of

from hotline import v1
from hotline.agreements.profile import load_profile
from hotline.protocol import timers
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.ladder import VALUES
from hotline.protocol.rules import broken_rules
from hotline.protocol.timers import (
    DECIDED,
    DELIVERED,
    DONE,
    LADDER,
    PASSED,
    PRESENTED,
    READ,
    TIMER_OF,
    TIMERS,
    UNDERSTOOD,
    Terms,
    Timer,
    Wait,
    armed,
    deferral_ns,
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


def test_a_table_that_is_made_anew_is_the_same() -> None:
    """What runs while a module is imported is otherwise out of reach of changes made later (tools/mutants.py)."""
    again = runpy.run_path(timers.__file__, run_name=timers.__name__)["TIMERS"]
    assert [asdict(row) for row in again] == [asdict(row) for row in TIMERS]
    assert [row.id for row in LADDER] == [f"TIMER-{v1.Stage.Name(stage)[6:]}" for stage in STAGES]


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


# -- the whole table ---------------------------------------------------------------------------------------------------


def test_every_timer_has_one_row_with_a_stable_id() -> None:
    ids = [row.id for row in TIMERS]
    assert len(set(ids)) == len(ids) == 21
    assert all(re.fullmatch(r"TIMER-[A-Z]+(-[A-Z]+)*", each) for each in ids)
    assert {f"TIMER-{v1.Stage.Name(stage).removeprefix('STAGE_')}" for stage in STAGES} <= set(ids)


@pytest.mark.parametrize("row", TIMERS, ids=lambda row: row.id)
def test_a_row_says_what_starts_and_stops_it_how_long_it_runs_and_what_follows(row: Timer) -> None:
    assert row.starts and row.length and row.expiry
    assert bool(row.stops) != bool(row.stopped_by)


BOUNDED = [(row.id, path) for row in TIMERS for path in row.bounds]


@pytest.mark.parametrize(("row", "path"), BOUNDED, ids=lambda each: each)
def test_an_agreement_outside_the_bounds_of_a_timer_cannot_be_opened(row: str, path: str) -> None:
    """REQ-TIMER-8: a millisecond past either bound is refused, at the bound it is not."""
    least, most = bounds_of(path)
    assert 0 <= least < most
    assert [refused(path, ms) for ms in (least - 1, most + 1)] == [True, True], row
    assert not refused(path, least)


def refused(path: str, milliseconds: int) -> bool:
    """Whether rules of an agreement do not hold whose one length is this."""
    part, _, name = path.partition(".")
    agreement = v1.Agreement()
    load_profile().fill(agreement)
    # Other lengths that a rule compares with this one stand aside.
    agreement.line.heartbeat.FromMilliseconds(1000)
    agreement.line.silent_after.FromMilliseconds(86_400_000)
    agreement.line.retry_first.FromMilliseconds(100)
    agreement.line.retry_max.FromMilliseconds(86_400_000)
    around = getattr(agreement, part)
    length = getattr(around if part == "line" else around[0], name)
    (length[0] if name == "watch_tests" else length).FromMilliseconds(milliseconds)
    parts = [agreement.line, *agreement.timers, *agreement.silence]
    return any(rule.startswith("duration.") for part in parts for _, rule, _ in broken_rules(part))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"silent_after": 119}, "line.silent_after_a_beat"),
        ({"retry_max": 4}, "line.retry_order"),
    ],
)
def test_lengths_that_do_not_fit_each_other_are_refused(changes: dict[str, int], rule: str) -> None:
    agreement = v1.Agreement()
    load_profile().fill(agreement)
    for name, seconds in changes.items():
        getattr(agreement.line, name).FromSeconds(seconds)
    assert [found for _, found, _ in broken_rules(agreement.line)] == [rule]


@pytest.mark.parametrize(("until_s", "waited_s"), [(90, 90), (-5, 0), (31 * 86_400, 30 * 86_400)])
def test_a_decision_is_put_off_until_the_time_stated_within_bounds(until_s: int, waited_s: int) -> None:
    decision = v1.Decision(deferred_until=to_timestamp(START_NS + until_s * NS_PER_S))
    assert deferral_ns(decision, START_NS) == waited_s * NS_PER_S


OPENS = v1.DailyWindow(**{"from": Duration(seconds=8 * 3600), "length": Duration(seconds=10 * 3600)})


@pytest.mark.parametrize(
    ("precedence", "put_off"),
    [("FLASH", False), ("IMMEDIATE", False), ("PRIORITY", True), ("ROUTINE", True)],
)
def test_hours_put_off_what_people_do_and_not_what_nodes_do(precedence: str, put_off: bool) -> None:
    """REQ-TIMER-6: the start is at 22:13:20Z, and 08:00Z comes 9 h 46 min 40 s later."""
    value = v1.Precedence.Value(f"PRECEDENCE_{precedence}")
    limits = {(stage, value): 600 * NS_PER_S for stage in STAGES}
    words = header(precedence=value, stage_requested=READ)
    found = armed(DIGEST, words, START_NS, Terms(limits, {B: [OPENS]}))
    late_s = 35_200 if put_off else 0
    assert {each.stage: each.limit_ns // NS_PER_S for each in found} == {
        DELIVERED: 600,
        PRESENTED: 600 + late_s,
        READ: 600 + late_s,
    }


def test_an_instant_that_was_asked_for_is_not_put_off() -> None:
    limits = {(stage, v1.PRECEDENCE_ROUTINE): 600 * NS_PER_S for stage in STAGES}
    at = to_timestamp(START_NS + 60 * NS_PER_S)
    words = header(precedence=v1.PRECEDENCE_ROUTINE, stage_requested=READ, reply_by=at)
    found = list(armed(DIGEST, words, START_NS, Terms(limits, {B: [OPENS]})))
    assert (found[-1].stage, found[-1].limit_ns) == (READ, 60 * NS_PER_S)

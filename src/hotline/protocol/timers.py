"""The one timer table: what is waited for, from when, until what, and what happens on expiry.

The specification's table (spec 04) is generated from `TIMERS`. Every timer starts when the statement is sealed and runs
on the requester's monotonic clock; limits come from the agreement by stage and precedence. A deadline is met by an
arrival strictly before it. After a restart the rest of a timer is taken from UTC (spec 04, REQ-TIMER-1 to 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.instant import from_timestamp

DELIVERED, PRESENTED, READ = v1.STAGE_DELIVERED, v1.STAGE_PRESENTED, v1.STAGE_READ
UNDERSTOOD, PASSED, DECIDED, DONE = v1.STAGE_UNDERSTOOD, v1.STAGE_PASSED, v1.STAGE_DECIDED, v1.STAGE_DONE
Limits = Mapping[tuple[v1.Stage.ValueType, v1.Precedence.ValueType], int]
"""Nanoseconds allowed from sealing, by stage and precedence."""
_HUMAN = frozenset({READ, UNDERSTOOD, PASSED, DECIDED, DONE})


@dataclass(frozen=True, slots=True)
class Timer:
    """One row.

    Attributes:
        stage: what is waited for.
        armed_by: stages asked for that arm it; empty means every statement does.
        info_too: whether information addressees are waited for as well.
        stopped_by: (stage, value) pairs that end the wait; "*" is any value.
    """

    stage: v1.Stage.ValueType
    armed_by: frozenset[v1.Stage.ValueType]
    info_too: bool
    stopped_by: frozenset[tuple[v1.Stage.ValueType, str]]


def _row(
    stage: v1.Stage.ValueType,
    armed_by: frozenset[v1.Stage.ValueType],
    *stops: tuple[v1.Stage.ValueType, str],
    info_too: bool = False,
) -> Timer:
    return Timer(stage, armed_by, info_too, frozenset(stops))


TIMERS: tuple[Timer, ...] = (
    _row(DELIVERED, frozenset(), (DELIVERED, "*"), info_too=True),
    _row(PRESENTED, _HUMAN | {PRESENTED}, (PRESENTED, "*"), (DELIVERED, "REFUSED")),
    _row(READ, _HUMAN, (READ, "*"), (DELIVERED, "REFUSED")),
    _row(UNDERSTOOD, frozenset({UNDERSTOOD}), (UNDERSTOOD, "*"), (DELIVERED, "REFUSED")),
    _row(PASSED, frozenset({PASSED}), (PASSED, "*"), (DELIVERED, "REFUSED")),
    _row(DECIDED, frozenset({DECIDED, DONE}), (DECIDED, "*"), (DELIVERED, "REFUSED")),
    _row(
        DONE,
        frozenset({DONE}),
        (DONE, "DONE"),
        (DONE, "UNABLE"),
        (DONE, "NOT_AGREED"),
        (DECIDED, "DECLINED"),
        (DECIDED, "NOT_UNDERSTOOD"),
        (DELIVERED, "REFUSED"),
    ),
)
TIMER_OF = {row.stage: row for row in TIMERS}


def stops(timer: Timer, stage: v1.Stage.ValueType, value: str) -> bool:
    """Whether a fact ends the wait of a timer. A refusal's value is "REFUSED" with or without its code."""
    return (stage, "*") in timer.stopped_by or (stage, value.partition(":")[0]) in timer.stopped_by


@dataclass(frozen=True, slots=True)
class Wait:
    """A timer armed for one addressee: what for, and how long from sealing in nanoseconds."""

    post: str
    stage: v1.Stage.ValueType
    limit_ns: int


def armed(header: v1.StatementHeader, sealed_at_ns: int, limits: Limits) -> Iterator[Wait]:
    """The waits that sealing a statement arms, in table order.

    `reply_by` replaces the agreement's limit for the stage asked for. A stage for which the agreement has no limit at
    this precedence is not waited for.
    """
    asked = header.stage_requested or DELIVERED
    for row in TIMERS:
        if row.armed_by and asked not in row.armed_by:
            continue
        limit_ns = limits.get((row.stage, header.precedence))
        if row.stage == asked and header.HasField("reply_by"):
            limit_ns = max(0, from_timestamp(header.reply_by) - sealed_at_ns)
        if limit_ns is None:
            continue
        for post in (*header.action, *header.info) if row.info_too else header.action:
            yield Wait(post, row.stage, limit_ns)

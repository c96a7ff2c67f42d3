"""Hours of a post: time of people runs in them only (REQ-TIMER-6)."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from hotline import v1
from hotline.protocol.hours import DAY_NS, deadline_in_hours, is_open
from hotline.protocol.instant import NS_PER_S

HOUR_NS = 3600 * NS_PER_S
MIDNIGHT_NS = 20_000 * DAY_NS


def window(from_h: float, length_h: float) -> v1.DailyWindow:
    return v1.DailyWindow(
        **{"from": Duration(seconds=round(from_h * 3600)), "length": Duration(seconds=round(length_h * 3600))}
    )


DAY_WATCH = [window(8, 10)]
NIGHT_WATCH = [window(22, 8)]


def deadline_h(start_h: float, limit_h: float, hours: list[v1.DailyWindow]) -> float:
    """Hours after midnight of the first day."""
    found = deadline_in_hours(MIDNIGHT_NS + round(start_h * HOUR_NS), round(limit_h * HOUR_NS), hours)
    return (found - MIDNIGHT_NS) / HOUR_NS


@pytest.mark.parametrize(
    ("start_h", "limit_h", "hours", "deadline"),
    [
        (9, 3, [], 12),
        (9, 3, DAY_WATCH, 12),
        (9, 9, DAY_WATCH, 18),
        (9, 9.5, DAY_WATCH, 32.5),
        (6, 3, DAY_WATCH, 11),
        (20, 3, DAY_WATCH, 35),
        (9, 10, DAY_WATCH, 33),
        (9, 100, DAY_WATCH, 9 + 240),
        (23, 3, NIGHT_WATCH, 26),
        (5, 3, NIGHT_WATCH, 24),
        (23, 8, NIGHT_WATCH, 47),
        (9, 3, [window(8, 2), window(14, 4)], 16),
        (9, 3, [window(8, 2), window(9, 4)], 12),
        (9, 3, [window(0, 24)], 12),
        (9, 30, [window(8, 20)], 43),
        (9, 0, DAY_WATCH, 9),
        (20, 0, DAY_WATCH, 20),
    ],
    ids=[
        *("round the clock", "within a watch", "to its end", "over its end", "before it opens", "after it closed"),
        *("one whole day", "many days", "over midnight", "till the next night", "a whole night", "a break"),
        *("windows that overlap", "the whole day", "over midnight and on", "no time", "no time while closed"),
    ],
)
def test_when_the_time_has_passed(start_h: float, limit_h: float, hours: list[v1.DailyWindow], deadline: float) -> None:
    assert deadline_h(start_h, limit_h, hours) == deadline


@pytest.mark.parametrize(
    ("at_h", "hours", "opened"),
    [
        (8, DAY_WATCH, True),
        (7.99, DAY_WATCH, False),
        (18, DAY_WATCH, False),
        (23, NIGHT_WATCH, True),
        (5.99, NIGHT_WATCH, True),
        (6, NIGHT_WATCH, False),
        (3, [], True),
    ],
)
def test_whether_a_post_is_open(at_h: float, hours: list[v1.DailyWindow], opened: bool) -> None:
    assert is_open(hours, MIDNIGHT_NS + round(at_h * HOUR_NS)) is opened


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(1, 24)), max_size=4),
    st.integers(0, 48 * 60),
    st.integers(1, 1500),
)
def test_so_many_open_minutes_pass_until_then(spans: list[tuple[int, int]], start_min: int, limit_min: int) -> None:
    """Counted one by one."""
    hours = [window(first, length) for first, length in spans]
    minute_ns = 60 * NS_PER_S
    start_ns = MIDNIGHT_NS + start_min * minute_ns
    end_ns = deadline_in_hours(start_ns, limit_min * minute_ns, hours)
    passed = sum(is_open(hours, at_ns) for at_ns in range(start_ns, end_ns, minute_ns))
    assert passed == limit_min
    assert is_open(hours, end_ns - minute_ns)

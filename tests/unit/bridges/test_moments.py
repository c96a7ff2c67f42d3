"""Schedules as runs of days, with days cut short at both ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.bridges.cases import DAY_S, HOUR_S, START_S, schedule

from hotline.bridges.moments import NS_PER_DAY, NS_PER_S, Span, daily_runs, dtg, iso, occurrences, up_to_minute, utc

START_NS = START_S * NS_PER_S
FROM_MIDNIGHT_H = 5  # the start is 05:00Z


def hours(span: Span) -> tuple[float, float]:
    """In hours from the midnight before the start."""
    return tuple((ns - START_NS) / NS_PER_S / HOUR_S + FROM_MIDNIGHT_H for ns in (span.start_ns, span.end_ns))  # type: ignore[return-value]


def test_without_daily_hours_an_activity_goes_on_throughout() -> None:
    (run,) = daily_runs(schedule(0, 3 * DAY_S))
    assert (hours(run.first), run.days) == ((5, 77), 1)


def test_a_first_and_a_last_day_that_are_cut_short_are_runs_of_their_own() -> None:
    runs = daily_runs(schedule(0, 3 * DAY_S + HOUR_S, (3, 4)))
    assert [(hours(run.first), run.days) for run in runs] == [((5, 7), 1), ((27, 31), 2), ((75, 78), 1)]


def test_a_window_over_midnight_may_have_begun_the_day_before() -> None:
    runs = daily_runs(schedule(-4 * HOUR_S, DAY_S, (22, 4)))
    assert [(hours(run.first), run.days) for run in runs] == [((1, 2), 1), ((22, 26), 1)]


def test_a_whole_day_and_a_window_that_never_falls_inside() -> None:
    assert len(occurrences(schedule(0, DAY_S, (5, 24)))) == 1
    assert occurrences(schedule(0, HOUR_S, (12, 2))) == ()


@given(
    st.integers(0, 6 * 24 * 60),
    st.integers(1, 6 * 24 * 60),
    st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), min_size=1, max_size=3),
)
def test_runs_are_the_windows_of_each_day_cut_to_the_whole(
    first_min: int, length_min: int, windows: list[tuple[int, int]]
) -> None:
    made = schedule(first_min * 60, (first_min + length_min) * 60, *((a / 60, b / 60) for a, b in windows))
    whole = (START_NS + first_min * 60 * NS_PER_S, START_NS + (first_min + length_min) * 60 * NS_PER_S)
    wanted = []
    for start_min, long_min in windows:
        for day in range(START_NS // NS_PER_DAY - 2, START_NS // NS_PER_DAY + 16):
            start = day * NS_PER_DAY + start_min * 60 * NS_PER_S
            span = (max(start, whole[0]), min(start + long_min * 60 * NS_PER_S, whole[1]))
            wanted += [span] if span[0] < span[1] else []
    assert [(span.start_ns, span.end_ns) for span in occurrences(made)] == sorted(wanted)


def test_forms_of_an_instant() -> None:
    half = START_NS + NS_PER_S // 2
    assert (dtg(half), iso(half), utc(half).microsecond) == ("140500Z NOV 23", "2023-11-14T05:00:00Z", 0)
    assert (up_to_minute(START_NS), up_to_minute(half)) == (START_NS, START_NS + 60 * NS_PER_S)

"""Instants and schedules as other forms write them. UTC throughout; an instant is an integer of nanoseconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1

NS_PER_S = 1_000_000_000
NS_PER_MIN = 60 * NS_PER_S
NS_PER_DAY = 86_400 * NS_PER_S
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant until the first one after it, UTC nanoseconds."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class DailyRun:
    """Spans of one length on consecutive days. `days` is 1 for what happens once."""

    first: Span
    days: int


def utc(utc_ns: int) -> datetime:
    """Down to the whole second."""
    return datetime.fromtimestamp(utc_ns // NS_PER_S, tz=UTC)


def ns_of(stamp: Timestamp) -> int:
    """UTC nanoseconds."""
    return stamp.ToNanoseconds()


def iso(utc_ns: int) -> str:
    """``2026-11-21T13:58:00Z``; milliseconds are cut."""
    return f"{utc(utc_ns):%Y-%m-%dT%H:%M:%SZ}"


def up_to_minute(utc_ns: int) -> int:
    """The next whole minute, or this one: where a form has only minutes, ends go up, so that no time is lost."""
    return -(-utc_ns // NS_PER_MIN) * NS_PER_MIN


def dtg(utc_ns: int) -> str:
    """``211358Z NOV 26``; seconds are cut."""
    stamp = utc(utc_ns)
    return f"{stamp:%d%H%M}Z {_MONTHS[stamp.month - 1]} {stamp:%y}"


def overall(schedule: v1.Schedule) -> Span:
    """From first to last."""
    return Span(ns_of(getattr(schedule.overall, "from")), ns_of(schedule.overall.until))


def daily_runs(schedule: v1.Schedule) -> tuple[DailyRun, ...]:
    """The times at which an activity is active, as runs of equal spans.

    A day that the overall window cuts short is a run of its own. Without daily windows there is one span.
    """
    whole = overall(schedule)
    if not schedule.daily:
        return (DailyRun(whole, 1),)
    return tuple(run for window in schedule.daily for run in _runs(window, whole))


def occurrences(schedule: v1.Schedule) -> tuple[Span, ...]:
    """Every span at which an activity is active, in order of their starts."""
    found = [
        Span(run.first.start_ns + day * NS_PER_DAY, run.first.end_ns + day * NS_PER_DAY)
        for run in daily_runs(schedule)
        for day in range(run.days)
    ]
    return tuple(sorted(found, key=lambda span: (span.start_ns, span.end_ns)))


def _runs(window: v1.DailyWindow, whole: Span) -> Iterator[DailyRun]:
    start_ns, length_ns = getattr(window, "from").ToNanoseconds(), window.length.ToNanoseconds()
    # A window that crosses midnight may have begun on the day before.
    first_day = (whole.start_ns - start_ns - length_ns) // NS_PER_DAY
    last_day = (whole.end_ns - start_ns) // NS_PER_DAY
    run: DailyRun | None = None
    for day in range(first_day, last_day + 1):
        uncut_ns = day * NS_PER_DAY + start_ns
        span = Span(max(uncut_ns, whole.start_ns), min(uncut_ns + length_ns, whole.end_ns))
        if span.start_ns >= span.end_ns:
            continue
        if run is not None and _follows(run, span):
            run = DailyRun(run.first, run.days + 1)
            continue
        if run is not None:
            yield run
        run = DailyRun(span, 1)
    if run is not None:
        yield run


def _follows(run: DailyRun, span: Span) -> bool:
    shift_ns = run.days * NS_PER_DAY
    return span == Span(run.first.start_ns + shift_ns, run.first.end_ns + shift_ns)

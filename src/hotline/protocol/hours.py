"""Hours of a post: windows of the day, UTC, in which it is staffed by arrangement (REQ-TIMER-6)."""

from __future__ import annotations

from collections.abc import Sequence

from hotline import v1
from hotline.protocol.instant import NS_PER_S

DAY_NS = 86_400 * NS_PER_S


def is_open(hours: Sequence[v1.DailyWindow], utc_ns: int) -> bool:
    """Whether an instant lies in the hours; no hours are round the clock."""
    time_ns = utc_ns % DAY_NS
    return not hours or any(first <= time_ns < last for first, last in _spans(hours))


def deadline_in_hours(start_ns: int, limit_ns: int, hours: Sequence[v1.DailyWindow]) -> int:
    """The instant (UTC nanoseconds) at which `limit_ns` of the hours have passed since `start_ns`.

    A limit that ends with a window ends there, not when the next one opens.
    """
    spans = _spans(hours)
    a_day_ns = sum(last - first for first, last in spans)
    if not spans or a_day_ns >= DAY_NS or limit_ns <= 0:
        return start_ns + limit_ns
    # Whole days hold the same hours each; at least a moment is left for the walk, so that it ends inside a window.
    days, left_ns = divmod(limit_ns - 1, a_day_ns)
    left_ns += 1
    midnight_ns = start_ns - start_ns % DAY_NS
    at_ns, time_ns = midnight_ns + days * DAY_NS, start_ns % DAY_NS
    while True:
        for first, last in spans:
            begin = max(first, time_ns)
            if last - begin >= left_ns:
                return at_ns + begin + left_ns
            left_ns -= max(0, last - begin)
        at_ns, time_ns = at_ns + DAY_NS, 0


def _spans(hours: Sequence[v1.DailyWindow]) -> list[tuple[int, int]]:
    """Disjoint spans of one day in nanoseconds after 00:00Z, in order. A window over midnight makes two."""
    cut: list[tuple[int, int]] = []
    for window in hours:
        first = getattr(window, "from").ToNanoseconds()
        last = first + window.length.ToNanoseconds()
        cut += [(first, min(last, DAY_NS))] + ([(0, last - DAY_NS)] if last > DAY_NS else [])
    merged: list[tuple[int, int]] = []
    for first, last in sorted(cut):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged

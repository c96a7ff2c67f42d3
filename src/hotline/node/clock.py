"""What time it is for the core: the machine's own clocks, or an exercise's clock made from them.

The core sees only Instants. A deadline it names is in the line's nanoseconds; `seconds_until` gives how long the event
loop has to sleep for it.
"""

from __future__ import annotations

import time
from typing import Protocol

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_S, Instant, from_timestamp


class Clock(Protocol):
    """The line's time."""

    def now(self) -> Instant:
        """Both readings."""

    def seconds_until(self, mono_ns: int) -> float:
        """Real seconds until the monotonic reading is `mono_ns`; 0 if that has passed."""


class RealClock:
    """Real time."""

    def now(self) -> Instant:
        """See `Clock.now`."""
        return Instant(time.monotonic_ns(), time.time_ns())

    def seconds_until(self, mono_ns: int) -> float:
        """See `Clock.seconds_until`."""
        return max(0, mono_ns - time.monotonic_ns()) / NS_PER_S


class ExerciseClock:
    """exercise = exercise_start + speed * (real - real_start), as the agreement fixes it for every node alike."""

    def __init__(self, rules: v1.ExerciseClock) -> None:
        self._real_start_ns = from_timestamp(rules.real_start)
        self._exercise_start_ns = from_timestamp(rules.exercise_start)
        self._speed = rules.speed

    def now(self) -> Instant:
        """See `Clock.now`."""
        utc_ns = self._exercise_start_ns + self._speed * (time.time_ns() - self._real_start_ns)
        return Instant(self._speed * time.monotonic_ns(), utc_ns)

    def seconds_until(self, mono_ns: int) -> float:
        """See `Clock.seconds_until`."""
        return max(0, mono_ns - self._speed * time.monotonic_ns()) / (self._speed * NS_PER_S)


def clock_of(agreement: v1.Agreement) -> Clock:
    """The clock that an agreement names.

    Raises:
        UsageError: WRONG_KIND for an exercise clock on an actual channel, or an exercise without one.
    """
    if (agreement.kind == v1.KIND_EXERCISE) != agreement.HasField("exercise_clock"):
        raise UsageError("WRONG_KIND", "an exercise, and only an exercise, runs on an exercise clock")
    return ExerciseClock(agreement.exercise_clock) if agreement.HasField("exercise_clock") else RealClock()

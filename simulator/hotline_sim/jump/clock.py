"""The clock of a run that jumps: it stands still until the run moves it."""

from __future__ import annotations

from hotline.protocol.instant import NS_PER_MS, Instant

_NEVER_S = 86_400.0


class MovedClock:
    """A line's time, for every node of a run alike. Monotonic nanoseconds count from the exercise's start."""

    def __init__(self, start_utc_ns: int) -> None:
        self._start_utc_ns, self.ns = start_utc_ns, 0

    @property
    def ms(self) -> int:
        """Scenario time."""
        return self.ns // NS_PER_MS

    def now(self) -> Instant:
        """See `Clock.now`."""
        return Instant(self.ns, self._start_utc_ns + self.ns)

    def seconds_until(self, mono_ns: int) -> float:
        """See `Clock.seconds_until`: no real time brings it any nearer."""
        return _NEVER_S if mono_ns > self.ns else 0.0

    def move_to(self, ns: int) -> None:
        """Show a later time, or the same."""
        self.ns = max(self.ns, ns)

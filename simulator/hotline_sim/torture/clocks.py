"""The clocks of one post: a wall clock and a monotonic one, which drift and jump apart from true time."""

from __future__ import annotations

from hotline.protocol.instant import Instant

_PPM = 1_000_000


class Clock:
    """Reads true time, in nanoseconds since the world began, as a post's own clocks show it.

    Both clocks run on one oscillator that is off by `ppm` millionths. The monotonic clock never goes back.
    """

    def __init__(self, mono_ns: int, utc_ns: int, ppm: int = 0) -> None:
        self._true_ns, self._mono_ns, self._utc_ns, self._ppm = 0, mono_ns, utc_ns, ppm

    def at(self, true_ns: int) -> Instant:
        """Both readings at a true time."""
        span_ns = self._span_ns(true_ns)
        return Instant(self._mono_ns + span_ns, self._utc_ns + span_ns)

    def mono_ns(self, true_ns: int) -> int:
        """The monotonic clock alone, for whoever asks after every step."""
        return self._mono_ns + self._span_ns(true_ns)

    def true_ns(self, mono_ns: int) -> int:
        """The earliest true time at which the monotonic clock has reached a reading."""
        span_ns = mono_ns - self._mono_ns
        at_ns = self._true_ns + span_ns * _PPM // (_PPM + self._ppm)
        while self.mono_ns(at_ns) < mono_ns:
            at_ns += 1
        return at_ns

    def drift(self, true_ns: int, ppm: int) -> None:
        """From now on the oscillator is off by so many millionths."""
        self._anchor(true_ns)
        self._ppm = ppm

    def jump(self, true_ns: int, *, utc_ns: int = 0, mono_ns: int = 0) -> None:
        """A step of either clock; the monotonic one steps forward only."""
        self._anchor(true_ns)
        self._utc_ns += utc_ns
        self._mono_ns += max(0, mono_ns)

    def boot(self, true_ns: int, mono_ns: int) -> None:
        """The monotonic clock begins anew."""
        self._anchor(true_ns)
        self._mono_ns = mono_ns

    def _span_ns(self, true_ns: int) -> int:
        """What has passed by the oscillator since the clocks were last set."""
        span_ns = true_ns - self._true_ns
        return span_ns + span_ns * self._ppm // _PPM

    def _anchor(self, true_ns: int) -> None:
        now = self.at(true_ns)
        self._true_ns, self._mono_ns, self._utc_ns = true_ns, now.mono_ns, now.utc_ns

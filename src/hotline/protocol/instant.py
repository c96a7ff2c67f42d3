"""Time as the core knows it: two integers handed in by the driver, never read from a clock.

`mono_ns` only rises and drives every timer. `utc_ns` is the wall clock, nanoseconds since 1970-01-01T00:00:00Z,
and is written into signed objects, cut to whole milliseconds (spec 01, REQ-TIME-1).
"""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Instant:
    """One reading of both clocks.

    Attributes:
        mono_ns: monotonic reading in nanoseconds; its zero means nothing and differs between boots.
        utc_ns: UTC reading in nanoseconds since the Unix epoch; may jump.
    """

    mono_ns: int
    utc_ns: int

    def later(self, span_ns: int) -> Instant:
        """Both readings moved on by `span_ns` nanoseconds."""
        return Instant(self.mono_ns + span_ns, self.utc_ns + span_ns)

    @property
    def utc_ms(self) -> int:
        """Whole UTC milliseconds since the Unix epoch, rounded down."""
        return self.utc_ns // NS_PER_MS

    @property
    def stamp_ns(self) -> int:
        """UTC nanoseconds cut to whole milliseconds: the instant as records and signed objects will have it."""
        return self.utc_ms * NS_PER_MS


def to_timestamp(utc_ns: int) -> Timestamp:
    """A signed UTC instant, cut to whole milliseconds."""
    seconds, rest_ms = divmod(utc_ns // NS_PER_MS, 1000)
    return Timestamp(seconds=seconds, nanos=rest_ms * NS_PER_MS)


def from_timestamp(stamp: Timestamp) -> int:
    """Nanoseconds since the Unix epoch of a signed instant."""
    return stamp.seconds * NS_PER_S + stamp.nanos

"""Intervals of the line from the line rules of an agreement (spec 03): read once a revision, asked for all the time."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.duration_pb2 import Duration

from hotline import v1
from hotline.protocol.instant import NS_PER_S


@dataclass(frozen=True, slots=True)
class Intervals:
    """Nanoseconds."""

    heartbeat_ns: int
    silent_ns: int
    retry_first_ns: int
    retry_max_ns: int
    fetch_after_ns: int

    @classmethod
    def of(cls, rules: v1.LineRules) -> Intervals:
        """From their signed form."""
        return cls(
            _ns(rules.heartbeat),
            _ns(rules.silent_after),
            _ns(rules.retry_first),
            _ns(rules.retry_max),
            _ns(rules.fetch_after),
        )


def _ns(duration: Duration) -> int:
    return duration.seconds * NS_PER_S + duration.nanos

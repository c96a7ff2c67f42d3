"""Intervals of the line, in nanoseconds, each from its own rule."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from hotline import v1
from hotline.protocol.intervals import Intervals


def test_each_interval_comes_from_its_own_rule() -> None:
    lasting = [Duration(seconds=n, nanos=n * 1_000_000) for n in range(1, 6)]
    names = ("heartbeat", "silent_after", "retry_first", "retry_max", "fetch_after")
    rules = v1.LineRules()
    for name, each in zip(names, lasting, strict=True):
        getattr(rules, name).CopyFrom(each)

    assert Intervals.of(rules) == Intervals(*(n * 1_001_000_000 for n in range(1, 6)))

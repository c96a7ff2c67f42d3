"""Intervals of the line, in nanoseconds, each from its own rule."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from hotline import v1
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.intervals import Intervals


def test_each_interval_comes_from_its_own_rule() -> None:
    rules = v1.LineRules(
        heartbeat=Duration(seconds=1, nanos=500_000_000),
        silent_after=Duration(seconds=2),
        retry_first=Duration(seconds=3),
        retry_max=Duration(seconds=4),
        fetch_after=Duration(seconds=5),
    )
    assert Intervals.of(rules) == Intervals(1_500_000_000, 2 * NS_PER_S, 3 * NS_PER_S, 4 * NS_PER_S, 5 * NS_PER_S)

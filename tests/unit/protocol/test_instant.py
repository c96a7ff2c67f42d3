"""Two integers and their signed form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.protocol.instant import NS_PER_MS, NS_PER_S, Instant, from_timestamp, to_timestamp

YEAR_2100_NS = 4_102_444_800 * NS_PER_S


def test_later_moves_both_readings() -> None:
    assert Instant(5, 70).later(3) == Instant(8, 73)


@pytest.mark.parametrize(("utc_ns", "ms"), [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1)])
def test_milliseconds_are_rounded_down(utc_ns: int, ms: int) -> None:
    assert Instant(0, utc_ns).utc_ms == ms
    assert Instant(0, utc_ns).stamp_ns == ms * NS_PER_MS


@given(st.integers(0, YEAR_2100_NS))
def test_a_signed_instant_is_the_same_cut_to_whole_milliseconds(utc_ns: int) -> None:
    stamp = to_timestamp(utc_ns)
    assert from_timestamp(stamp) == Instant(0, utc_ns).stamp_ns
    assert stamp.nanos % NS_PER_MS == 0
    assert 0 <= stamp.nanos < NS_PER_S

"""Instants as people write and read them."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from hotline.messages.problems import FieldError
from hotline.messages.times import both, dtg, iso, parse_instant_ns

AT_NS = 1_795_269_480_000_000_000  # 2026-11-21T13:58:00Z


@pytest.mark.parametrize(
    "text",
    ["2026-11-21T13:58:00Z", "2026-11-21T13:58:00.000Z", "2026-11-21T21:58:00+08:00", "211358Z NOV 26"],
)
def test_forms_of_one_instant(text: str) -> None:
    assert parse_instant_ns(text) == AT_NS


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T13:58:00",
        "2026-11-21",
        "2026-11-21 13:58:00Z",
        "211358C NOV 26",
        "311358Z NOV 26",
        "211358z nov 26",
        "211358Z NOV 26\n",
        "now",
        "",
        "2026-11-21T13:58:00.0005Z",
    ],
)
def test_what_is_no_utc_instant(text: str) -> None:
    with pytest.raises(FieldError) as refused:
        parse_instant_ns(text)
    assert refused.value.code == "BAD_VALUE"


def test_both_forms_side_by_side() -> None:
    stamp = Timestamp()
    stamp.FromNanoseconds(AT_NS + 59_001_000_000)
    assert both(stamp) == "211358Z NOV 26 (2026-11-21T13:58:59.001Z)"


@given(st.integers(min_value=946_684_800_000, max_value=4_102_444_799_999))
def test_what_is_shown_reads_back(utc_ms: int) -> None:
    utc_ns = utc_ms * 1_000_000
    assert parse_instant_ns(iso(utc_ns)) == utc_ns
    assert parse_instant_ns(dtg(utc_ns)) == utc_ns // 60_000_000_000 * 60_000_000_000

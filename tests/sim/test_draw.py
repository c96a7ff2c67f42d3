from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline_sim.draw import Stream

seeds = st.integers(0, 2**64)
ms = st.integers(0, 10**7)


def many(draw: Callable[[Stream], int], count: int = 4000) -> list[int]:
    return [draw(Stream(7, f"sample {number}")) for number in range(count)]


def test_the_same_seed_and_purpose_give_the_same_draws_on_every_machine() -> None:
    """Frozen values: a change here changes every golden trace."""
    stream = Stream(20231114, "delay m1")
    assert [stream.uniform_ms(0, 999_999) for _ in range(3)] == [374216, 929961, 444697]
    assert Stream(20231114, "delay m1").lognormal_ms(25_000, 60_000) == 20_081
    assert Stream(20231114, "delay m1").triangular_ms(15_000, 25_000, 45_000) == 25_623


def test_a_draw_for_one_purpose_shifts_no_other() -> None:
    alone = Stream(1, "reading m1").uniform_ms(0, 10**9)
    Stream(1, "network m1 try 1").uniform_ms(0, 10**9)
    assert Stream(1, "reading m1").uniform_ms(0, 10**9) == alone


def test_seed_and_purpose_cannot_be_confused() -> None:
    shares = {Stream(seed, purpose).share() for seed, purpose in [(1, "1 x"), (11, " x"), (1, "1 y"), (2, "1 x")]}
    assert len(shares) == 4


@given(seeds, ms, ms)
def test_uniform_stays_within_its_limits(seed: int, low: int, span: int) -> None:
    assert low <= Stream(seed, "u").uniform_ms(low, low + span) <= low + span


@given(seeds, ms, ms, ms)
def test_triangular_stays_within_its_limits(seed: int, low: int, rise: int, fall: int) -> None:
    drawn = Stream(seed, "t").triangular_ms(low, low + rise, low + rise + fall)
    assert isinstance(drawn, int)
    assert low <= drawn <= low + rise + fall


@given(seeds)
def test_shares_never_reach_their_ends(seed: int) -> None:
    assert 0.0 < Stream(seed, "s").share() < 1.0


def test_uniform_reaches_both_ends_equally_often() -> None:
    drawn = many(lambda stream: stream.uniform_ms(5, 8))
    assert {value: drawn.count(value) // 100 for value in (5, 6, 7, 8)} == pytest.approx(
        dict.fromkeys((5, 6, 7, 8), 10), abs=1
    )


def test_lognormal_has_the_median_and_the_p90_asked_for() -> None:
    drawn = sorted(many(lambda stream: stream.lognormal_ms(25_000, 60_000)))
    assert drawn[2000] == pytest.approx(25_000, rel=0.06)
    assert drawn[3600] == pytest.approx(60_000, rel=0.06)
    assert Stream(1, "x").lognormal_ms(500, 500) == 500


def test_triangular_has_the_mean_of_its_three_corners() -> None:
    drawn = many(lambda stream: stream.triangular_ms(15_000, 25_000, 45_000))
    assert statistics.fmean(drawn) == pytest.approx((15_000 + 25_000 + 45_000) / 3, rel=0.01)
    below_mode = sum(value < 25_000 for value in drawn) / len(drawn)
    assert below_mode == pytest.approx(1 / 3, abs=0.03)


def test_chance() -> None:
    lost = sum(Stream(7, f"loss {number}").happens(0.05) for number in range(4000))
    assert lost == pytest.approx(200, abs=3 * math.sqrt(4000 * 0.05 * 0.95))
    assert not Stream(7, "never").happens(0.0)
    assert Stream(7, "always").happens(1.0)

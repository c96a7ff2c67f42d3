"""Estimates and their intervals, against figures from the literature and against simulation."""

from __future__ import annotations

import pytest

from hotline_sim.campaign import statistics
from hotline_sim.draw import Stream


def test_a_share_has_its_wilson_interval() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263 and 0 of 20."""
    found = statistics.share(81, 263)
    assert [found.low, found.high] == pytest.approx([0.2553, 0.3662], abs=1e-4)
    none = statistics.share(0, 20)
    assert [none.value, none.low, none.high] == pytest.approx([0.0, 0.0, 0.1611], abs=1e-4)


def test_intervals_cover_what_they_estimate() -> None:
    """Of 200 samples, about 190 intervals hold the true mean and median."""
    means = medians = 0
    for number in range(200):
        stream = Stream(number, "covered")
        values = [stream.share() for _ in range(40)]
        mean, median = statistics.mean(values), statistics.quantile(values, 0.5)
        means += (mean.low or 0.0) <= 0.5 <= (mean.high or 1.0)
        medians += (median.low or 0.0) <= 0.5 <= (median.high or 1.0)
    assert 180 <= means <= 199 and 182 <= medians <= 200


def test_few_runs_give_no_interval() -> None:
    assert statistics.mean([3.0]).low is None
    assert statistics.quantile([1.0, 2.0], 0.9).high is None
    assert statistics.mean([2.0, 2.0]).high == 2.0


def test_a_rank_correlation_sees_a_monotone_effect_and_says_nothing_of_constants() -> None:
    xs = [float(number) for number in range(40)]
    rising = statistics.rank_correlation(xs, [x**3 for x in xs], seed=1)
    assert rising is not None and rising.value == pytest.approx(1.0) and rising.low == pytest.approx(1.0)
    noise = [Stream(number, "noise").share() for number in range(40)]
    unrelated = statistics.rank_correlation(xs, noise, seed=1)
    assert unrelated is not None and (unrelated.low or 0.0) < 0 < (unrelated.high or 0.0)
    assert statistics.rank_correlation(xs, [1.0] * 40, seed=1) is None
    assert statistics.rank_correlation(xs, noise, seed=1) == unrelated
    assert statistics.rank_correlation(xs, [1.0] * 38 + [2.0, 3.0], seed=1) is None, "two runs are no relation"

"""Estimates from runs, each with its 95 % interval and the method's name. The methods are SciPy's.

Shares have Wilson intervals, means Student's, quantiles those of order statistics (nothing is assumed about the
distribution), differences between settings are taken run by run (common random numbers), rank correlations are
bootstrapped.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
_RESAMPLES = 499
# A quantile's interval by order statistics needs this many values at the least to exist at 95 %.
_FEWEST = 2
_FEWEST_UNUSUAL = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the ends of its 95 % interval; an end is None where the runs are too few to give one."""

    value: float
    low: float | None
    high: float | None
    method: str


def share(held: int, of: int) -> Estimate:
    """Share of runs that hold something; `of` is above zero."""
    interval = stats.binomtest(held, of).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(held / of, float(interval.low), float(interval.high), "Wilson")


def mean(values: Sequence[float]) -> Estimate:
    """Mean of at least one value."""
    centre = float(np.mean(values))
    if len(values) < _FEWEST:
        return Estimate(centre, None, None, "Student t")
    error = float(stats.sem(values))
    if error == 0.0:
        return Estimate(centre, centre, centre, "Student t")
    low, high = stats.t.interval(CONFIDENCE, len(values) - 1, loc=centre, scale=error)
    return Estimate(centre, float(low), float(high), "Student t")


def quantile(values: Sequence[float], p: float) -> Estimate:
    """The p-quantile of at least one value."""
    found = float(np.quantile(values, p))
    interval = stats.quantile_test(values, q=found, p=p).confidence_interval(CONFIDENCE)
    return Estimate(found, _finite(interval.low), _finite(interval.high), "order statistics")


def rank_correlation(xs: Sequence[float], ys: Sequence[float], seed: int) -> Estimate | None:
    """Spearman's rank correlation; None where either side hardly varies: the interval would be of those few runs."""
    if any(_unusual(values) < _FEWEST_UNUSUAL for values in (xs, ys)):
        return None
    found = float(stats.spearmanr(xs, ys).statistic)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        # A resample may happen to be constant; it then says nothing and is left out of the interval.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        resampled = stats.bootstrap(
            (xs, ys),
            _of_ranks,
            paired=True,
            vectorized=True,
            batch=50,
            n_resamples=_RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    spread = resampled.bootstrap_distribution
    low, high = np.nanquantile(spread, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(found, float(low), float(high), "Spearman, bootstrap")


def _unusual(values: Sequence[float]) -> int:
    """How many differ from the most common one."""
    return len(values) - max(Counter(values).values(), default=0)


def _of_ranks(xs: Any, ys: Any, axis: int = -1) -> Any:
    """Spearman's correlation along an axis: Pearson's, of the ranks."""
    ranks = [stats.rankdata(values, axis=axis) for values in (xs, ys)]
    x, y = (each - each.mean(axis=axis, keepdims=True) for each in ranks)
    return (x * y).sum(axis=axis) / np.sqrt((x * x).sum(axis=axis) * (y * y).sum(axis=axis))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

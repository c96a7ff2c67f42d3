"""What a campaign varies a value over: distributions by the parameters a person can estimate, and lists.

Every one is a function of a share (0 to 1), evenly drawn: the same share in two settings of a campaign gives values
that can be compared, run by run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Protocol

from hotline.geo.units import Dimension
from hotline.protocol.errors import UsageError
from hotline_sim.campaign.quantities import Quantity, quantity, write_quantity
from hotline_sim.draw import Z_90

_STANDARD_NORMAL = NormalDist()
_FORM = re.compile(r"\s*([a-z]+)\s*\((.*)\)\s*", re.DOTALL)


class Distribution(Protocol):
    """Gives the value of one run."""

    def value(self, share: float, number: int) -> str:
        """The value as a scenario file holds it, of an evenly drawn share and the number of the run."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Values of one dimension spread by a kind of distribution, whose parameters are in base units."""

    dimension: Dimension
    kind: str
    bases: tuple[float, ...]

    def value(self, share: float, number: int) -> str:
        """As `Distribution.value`."""
        return write_quantity(self.dimension, _BY_QUANTILE[self.kind][1](share, *self.bases))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values, equally likely."""

    values: tuple[str, ...]

    def value(self, share: float, number: int) -> str:
        """As `Distribution.value`."""
        return self.values[int(share * len(self.values))]


@dataclass(frozen=True, slots=True)
class Listed:
    """The values in turn, one a run."""

    values: tuple[str, ...]

    def value(self, share: float, number: int) -> str:
        """As `Distribution.value`."""
        return self.values[number % len(self.values)]


def parse_distribution(text: str) -> Distribution:
    """``uniform(10 s, 5 min)``, ``triangular(10 s, 30 s, 2 min)``, ``lognormal(25 s, 60 s)`` by median and p90,
    ``choice(yes, no)``, ``list(10 s, 20 s)``.

    Raises:
        UsageError: DISTRIBUTION_INVALID.
    """
    form = _FORM.fullmatch(text)
    if form is None or form[1] not in _KINDS:
        raise UsageError("DISTRIBUTION_INVALID", f"not one of {', '.join(_KINDS)} with values in brackets: {text}")
    values = split(form[2])
    if not values:
        raise UsageError("DISTRIBUTION_INVALID", f"no values: {text}")
    if form[1] in _NAMED:
        return _NAMED[form[1]](values)
    count, _ = _BY_QUANTILE[form[1]]
    found = [quantity(value) for value in values]
    if len(found) != count:
        raise UsageError("DISTRIBUTION_INVALID", f"{form[1]} takes {count} values, not {len(found)}: {text}")
    bases = _rising(found, text)
    if form[1] == "lognormal" and bases[0] <= 0:
        raise UsageError("DISTRIBUTION_INVALID", f"the median must be above zero: {text}")
    return Drawn(found[0].dimension, form[1], tuple(bases))


def parse_sweep(text: str) -> tuple[str, ...]:
    """Values of a sweep: ``10 s, 30 s, 60 s``, ``linear(0 s, 5 min, 6)`` or ``log(10 s, 10 min, 7)``.

    Raises:
        UsageError: DISTRIBUTION_INVALID.
    """
    form = _FORM.fullmatch(text)
    spaced = form is not None and form[1] in ("linear", "log")
    values = _spaced(form[1], split(form[2]), text) if form and spaced else split(text)
    if not values or len(set(values)) != len(values):
        raise UsageError("DISTRIBUTION_INVALID", f"needs values, each once: {text}")
    return values


def split(text: str) -> tuple[str, ...]:
    """Values parted by commas; by semicolons where one is there, for values that hold commas."""
    parts = text.split(";" if ";" in text else ",")
    return tuple(part.strip() for part in parts if part.strip())


def _spaced(kind: str, parts: Sequence[str], text: str) -> tuple[str, ...]:
    if len(parts) != 3 or not parts[2].isdecimal() or not 2 <= int(parts[2]) <= 1000:
        raise UsageError("DISTRIBUTION_INVALID", f"{kind} takes two values and how many, 2 to 1000: {text}")
    ends, count = [quantity(part) for part in parts[:2]], int(parts[2])
    low, high = _rising(ends, text)
    if kind == "log" and low <= 0:
        raise UsageError("DISTRIBUTION_INVALID", f"a logarithmic sweep begins above zero: {text}")
    shares = [number / (count - 1) for number in range(count)]
    bases = [low + share * (high - low) if kind == "linear" else low * (high / low) ** share for share in shares]
    return tuple(write_quantity(ends[0].dimension, base) for base in bases)


def _rising(found: Sequence[Quantity], text: str) -> list[float]:
    """The values in base units. Raises UsageError DISTRIBUTION_INVALID unless they are of one dimension and rise."""
    bases = [each.base for each in found]
    if len({each.dimension for each in found}) != 1:
        raise UsageError("DISTRIBUTION_INVALID", f"values of different dimensions: {text}")
    if any(one > other for one, other in pairwise(bases)) or bases[0] == bases[-1]:
        raise UsageError("DISTRIBUTION_INVALID", f"the values must be given in rising order: {text}")
    return bases


def _uniform(share: float, least: float, most: float) -> float:
    return least + share * (most - least)


def _triangular(share: float, least: float, usual: float, most: float) -> float:
    span, rise = most - least, usual - least
    if share * span < rise:
        return least + math.sqrt(share * span * rise)
    return most - math.sqrt((1.0 - share) * span * (span - rise))


def _lognormal(share: float, median: float, p90: float) -> float:
    return median * math.exp(math.log(p90 / median) / Z_90 * _STANDARD_NORMAL.inv_cdf(share))


# How many parameters a kind takes, and its quantile function.
_BY_QUANTILE: dict[str, tuple[int, Callable[..., float]]] = {
    "uniform": (2, _uniform),
    "triangular": (3, _triangular),
    "lognormal": (2, _lognormal),
}
_NAMED: dict[str, Callable[[tuple[str, ...]], Distribution]] = {"choice": Choice, "list": Listed}
_KINDS = (*_BY_QUANTILE, *_NAMED)

"""Quantities that a campaign draws and compares: a number of base units, on a grid that every machine hits alike.

Base units are those of `hotline.geo.units`: m, m/s, deg, ms, 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline.geo.units import Dimension, UnitError, parse_exact, symbols
from hotline.protocol.errors import UsageError
from hotline_sim.scenario.fields import parse_time_ms


@dataclass(frozen=True, slots=True)
class _Grid:
    """How values of a dimension are written: so many steps to a base unit, and the unit with what makes one of it."""

    steps: int
    unit: str
    unit_steps: int
    decimals: int


_GRIDS = {
    Dimension.DURATION: _Grid(1, "ms", 1, 0),
    Dimension.LENGTH: _Grid(1000, "m", 1000, 3),
    Dimension.SPEED: _Grid(1000, "m/s", 1000, 3),
    Dimension.ANGLE: _Grid(1000, "deg", 1000, 3),
    Dimension.RATIO: _Grid(10_000, "%", 100, 2),
}
_DURATIONS = ((3_600_000, "h"), (60_000, "min"), (1000, "s"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity in base units of its dimension."""

    dimension: Dimension
    base: float


def read_quantity(text: str) -> Quantity | None:
    """``45 s``, ``500 yd``, ``T+00:05:00``; None for what is no quantity."""
    for dimension in Dimension:
        try:
            return Quantity(dimension, float(parse_exact(text, dimension)))
        except UnitError:
            continue
    try:
        return Quantity(Dimension.DURATION, float(parse_time_ms(text)))
    except UnitError:
        return None


def quantity(text: str) -> Quantity:
    """A quantity that must be one.

    Raises:
        UsageError: DISTRIBUTION_INVALID, a number without its unit or no number.
    """
    found = read_quantity(text)
    if found is None:
        known = ", ".join(symbols(dimension) for dimension in Dimension)
        raise UsageError("DISTRIBUTION_INVALID", f"not a number with a unit ({known}): {text}")
    return found


def write_quantity(dimension: Dimension, base: float) -> str:
    """A value as a scenario file holds it, put on the grid: whole ms, mm, mm/s, thousandths of a degree, 0.01 %."""
    grid = _GRIDS[dimension]
    steps = round(base * grid.steps)
    return f"{steps / grid.unit_steps:.{grid.decimals}f} {grid.unit}"


def short(text: str) -> str:
    """A value for people: ``90000 ms`` as ``90 s``, ``1200000 ms`` as ``20 min``; others as they are."""
    found = read_quantity(text)
    if found is None or not text.endswith(" ms"):
        return text
    for factor, unit in _DURATIONS:
        if found.base >= factor and found.base * 100 % factor == 0:
            return f"{found.base / factor:g} {unit}"
    return f"{found.base / 1000:.3g} s"

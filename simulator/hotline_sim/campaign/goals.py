"""What a campaign asks of every run: ``closest >= 500 yd``, ``stage.m1.CHN:fleet-watch.READ <= 5 min``, ``ok = yes``.

A goal names a column of the rows (its unit may be left out), a comparison, and a value with its unit. A run in which
the column says nothing, or that ended with an error, does not hold it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hotline.geo.units import Dimension
from hotline.protocol.errors import UsageError
from hotline_sim.campaign.quantities import read_quantity
from hotline_sim.campaign.rows import Kind, Row

_FORM = re.compile(r"\s*(\S+)\s*(>=|<=|>|<|=)\s*(.+?)\s*")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
# Ends of columns that hold a quantity: how many base units of it make one of the column's.
_BASE = {"m": 1.0, "s": 1000.0, "at_s": 1000.0}


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal: its words as given, the column it reads, and the limit in the column's unit."""

    words: str
    column: str
    sign: str
    limit: Any

    def holds(self, row: Row) -> bool:
        """Whether a run holds it."""
        value = row.get(self.column)
        return value is not None and not row["code"] and _COMPARE[self.sign](value, self.limit)


def parse_goal(words: str, columns: Mapping[str, Kind]) -> Goal:
    """A goal from words.

    Raises:
        UsageError: GOAL_INVALID, its form, its column or its value.
    """
    form = _FORM.fullmatch(words)
    if form is None:
        raise UsageError("GOAL_INVALID", f"needs a column, one of >= <= > < = and a value: {words}")
    column = _column(form[1], columns)
    return Goal(words.strip(), column, form[2], _limit(form[3], column, columns[column]))


def _column(name: str, columns: Mapping[str, Kind]) -> str:
    """The column of this name, with or without its unit; ``closest`` alone where there is one pair of units."""
    fitting = [column for column in columns if column == name or column in (f"{name}.m", f"{name}.s")]
    if not fitting and name == "closest":
        fitting = [column for column in columns if column.startswith("closest.") and column.endswith(".m")]
    if len(fitting) != 1:
        known = ", ".join(column for column in columns if not column.startswith(("parameter.", "value.")))
        raise UsageError("GOAL_INVALID", f"{'no' if not fitting else 'more than one'} column {name}; there are {known}")
    return fitting[0]


def _limit(text: str, column: str, kind: Kind) -> Any:
    if kind is bool and text in ("yes", "no"):
        return text == "yes"
    if kind is int and text.isdecimal():
        return int(text)
    if kind is str:
        return text
    unit = column.rpartition(".")[2]
    if kind is not float or unit not in _BASE:
        raise UsageError("GOAL_INVALID", f"no value of {column}: {text}")
    found = read_quantity(text)
    if found is None:
        raise UsageError("GOAL_INVALID", f"not a number with a unit: {text}")
    expected = Dimension.LENGTH if unit == "m" else Dimension.DURATION
    if found.dimension is not expected:
        raise UsageError("GOAL_INVALID", f"{column} is a {expected}, not a {found.dimension}: {text}")
    return found.base / _BASE[unit]

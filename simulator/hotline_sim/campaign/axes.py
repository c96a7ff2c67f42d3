"""Names and units of axes: what a planner calls a parameter or an outcome, in the unit it was asked in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hotline.geo.units import UNITS, Dimension
from hotline_sim.campaign.goals import Goal
from hotline_sim.campaign.plan import Plan
from hotline_sim.campaign.quantities import read_quantity, short
from hotline_sim.parameters import VARIANT

_UNIT = re.compile(r"[a-z%/]+$")


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis: its label with the unit, and by what base values are divided."""

    label: str
    divisor: float

    def of(self, value: float) -> float:
        """A value on the axis."""
        return value / self.divisor


def label_of(plan: Plan, path: str) -> str:
    """What the scenario calls a parameter, else its path."""
    named = plan.document.get("parameters")
    entry = named.get(path) if isinstance(named, Mapping) else None
    label = entry.get("label") if isinstance(entry, Mapping) else None
    return str(label) if label else path


def value_of(plan: Plan, path: str, value: str) -> str:
    """A value for people; a variant by what the scenario calls it."""
    if path != VARIANT:
        return short(value)
    block = (plan.document.get("variants") or {}).get(value)
    return str(block["label"]) if isinstance(block, Mapping) and "label" in block else value.replace("-", " ")


def setting_parts(plan: Plan, values: Mapping[str, str]) -> list[str]:
    """What a setting sets, part by part: ``reading: 30 s``; the variant by its label alone."""
    named = [(path, value_of(plan, path, value)) for path, value in values.items()]
    return [value if path == VARIANT else f"{label_of(plan, path)}: {value}" for path, value in named] or ["as it is"]


def parameter_scale(plan: Plan, path: str) -> Scale:
    """Axis of a swept parameter, in the unit of its largest value; plain numbers have none."""
    found = [quantity for text in plan.sweeps[path] if (quantity := read_quantity(text)) is not None]
    label = label_of(plan, path)
    if not found:
        return Scale(label, 1.0)
    most = max(quantity.base for quantity in found)
    unit = _unit_of(found[0].dimension, most)
    return Scale(f"{label}, {unit}", float(UNITS[unit].factor))


def outcome_of(name: str) -> str:
    """An outcome without its unit: what a column holds, or a goal as it was given."""
    kind, *parts = name.split(".")
    if kind == "closest" and parts and parts[-1] in ("m", "at_s"):
        return f"{'closest approach' if parts[-1] == 'm' else 'moment of it'} of {' and '.join(parts[:-1])}"
    if kind == "stage" and parts[-1] == "s":
        return f"time to {'.'.join(parts[:-1])}"
    return name.replace("_", " ")


def column_scale(column: str, goals: Sequence[Goal]) -> Scale:
    """Axis of an outcome; in the unit of the goal about it, where there is one."""
    end = column.rpartition(".")[2]
    asked = next((match[0] for goal in goals if goal.column == column and (match := _UNIT.search(goal.words))), "")
    to_base = 1.0 if end == "m" else 1000.0
    unit = asked if asked in UNITS else "m" if end == "m" else "s"
    return Scale(f"{outcome_of(column)}, {unit}", float(UNITS[unit].factor) / to_base)


def _unit_of(dimension: Dimension, most: float) -> str:
    if dimension is Dimension.DURATION:
        return next((unit for limit, unit in ((10_800_000, "h"), (180_000, "min"), (3000, "s")) if most >= limit), "ms")
    return {Dimension.LENGTH: "m", Dimension.SPEED: "kn", Dimension.ANGLE: "deg", Dimension.RATIO: "%"}[dimension]

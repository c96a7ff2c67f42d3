"""Orders in plain words, and what an uncrewed craft does by itself."""

from __future__ import annotations

from hotline_sim.scenario import Scenario
from hotline_sim.scenario.orders import Behaviour, Circle, Order, Route, Stop
from hotline_sim.words import M_PER_NMI

_KN = 3600.0 / M_PER_NMI


def in_words(scenario: Scenario, order: Order) -> str:
    """``cross ahead of USS Decatur at 41 m, 20.0 kn``."""
    behaviour, parts = order.behaviour, [order.verb.replace("_", " ")]
    for name, value in behaviour:
        if value is not None and value != ():
            parts.append(_part(scenario, name, value))
    return " ".join(part for part in parts if part)


def _part(scenario: Scenario, name: str, value: object) -> str:
    match name:
        case "unit" | "against":
            return scenario.units[str(value)].name
        case "speed_mps":
            return f"{float(str(value)) * _KN:.1f} kn"
        case "course_deg" | "bearing_deg":
            return f"{name.removesuffix('_deg')} {round(float(str(value))):03d}"
        case "by_deg":
            return f"by {float(str(value)):.0f} deg"
        case "to_m" | "at_m" | "range_m" | "altitude_m" | "depth_m":
            return f"{name.removesuffix('_m')} {float(str(value)):.0f} m"
        case "what":
            return str(value).replace("_", " ").lower()
        case "to":
            return f"to {len(value)} points" if isinstance(value, tuple) else str(value)
    return str(value)


def lost_link(scenario: Scenario, unit: str) -> Behaviour | None:
    """What a craft does when nobody steers it any more; None to go on as it goes."""
    held = scenario.units[unit]
    if held.control is None or held.start is None:
        return None
    match held.control.lost_link:
        case "stop":
            return Stop()
        case "circle":
            return Circle()
        case "return":
            return Route(to=(held.start.at,))
    return None

"""Orders in plain words, and what an uncrewed craft does by itself."""

from __future__ import annotations

from collections.abc import Iterator

from hotline_sim.scenario import Scenario
from hotline_sim.scenario.orders import (
    Alter,
    Behaviour,
    Circle,
    Close,
    CrossAhead,
    GiveWay,
    Leave,
    Open,
    Order,
    Pass,
    Resume,
    Route,
    Shadow,
    Steer,
    Stop,
    TurnAway,
    Use,
)
from hotline_sim.words import M_PER_NMI

_KN = 3600.0 / M_PER_NMI


def in_words(scenario: Scenario, order: Order) -> str:
    """``cross ahead of USS Decatur at 41 m, at 18.0 kn``."""
    behaviour = order.behaviour
    other = getattr(behaviour, "unit", None) or getattr(behaviour, "against", None)
    deed = _deed(behaviour, scenario.units[other].name if other else "")
    return ", ".join([deed, *_how(behaviour)])


def _deed(behaviour: Behaviour, other: str) -> str:
    """What is done, but for speed and height."""
    match behaviour:
        case Steer(course_deg=course, turn=turn):
            side = f", turning to {turn}" if turn else ""
            return "hold course" if course is None else f"steer {round(course) % 360:03d}{side}"
        case Alter(by_deg=by, turn=turn):
            return f"alter {by:.0f} deg to {turn}"
        case Route(to=points):
            return "go to a point" if len(points) == 1 else f"go by {len(points)} points"
        case Stop():
            return "stop"
        case Close(to_m=to_m):
            return f"close {other} to {to_m:.0f} m"
        case Shadow(bearing_deg=bearing, range_m=range_m):
            return f"keep {range_m:.0f} m from {other}, {round(bearing):03d} from its bow"
        case CrossAhead(at_m=at_m):
            return f"cross ahead of {other} at {at_m:.0f} m"
        case Pass(side=side, at_m=at_m):
            where = {"ahead": "ahead of", "astern": "astern of", "port": "to port of", "starboard": "to starboard of"}
            return f"pass {where.get(side, side)} {other} at {at_m:.0f} m"
        case _:
            return _simple_deed(behaviour, other)


def _simple_deed(behaviour: Behaviour, other: str) -> str:
    match behaviour:
        case Open(to_m=to_m):
            return f"open from {other} to {to_m:.0f} m"
        case TurnAway():
            return f"turn away from {other}"
        case GiveWay(to_m=to_m):
            return f"give way to {other}, passing {to_m:.0f} m off"
        case Circle(turn=turn):
            return f"circle to {turn}"
        case Resume():
            return "resume course and speed"
        case Leave(how=how):
            return f"leave the picture: {_plain(how)}"
        case Use(what=what):
            return f"use {_plain(what)}" + (f" against {other}" if other else "")
    raise ValueError(f"no order: {behaviour}")


def _how(behaviour: Behaviour) -> Iterator[str]:
    """How fast, how high or how deep, where it is said."""
    speed, altitude, depth = (getattr(behaviour, name, None) for name in ("speed_mps", "altitude_m", "depth_m"))
    if speed is not None:
        yield f"at {speed * _KN:.1f} kn"
    if altitude is not None:
        yield f"{altitude:.0f} m high"
    if depth is not None:
        yield f"{depth:.0f} m deep"


def _plain(word: str) -> str:
    return word.replace("_", " ").lower()


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

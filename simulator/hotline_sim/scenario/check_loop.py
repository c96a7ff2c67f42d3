"""What must hold between the parts of the closed loop: how units move, who orders whom, who speaks to whom."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.messages.problems import Finding, Path
from hotline_sim.scenario.cast import Unit
from hotline_sim.scenario.expect import (
    ExpectClosestApproach,
    ExpectContact,
    ExpectOrder,
    ExpectStage,
    ExpectUnit,
    ExpectWord,
)
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.orders import Order, Use
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.triggers import AtContact, AtRange, AtRisk, AtStage, Trigger

TIMED = (ExpectStage, ExpectOrder, ExpectWord, ExpectContact, ExpectUnit)


def check_loop(scenario: Scenario) -> Iterator[Finding]:
    """Every problem of units, orders, words and variants."""
    for name, unit in scenario.units.items():
        yield from _unit(unit, scenario.meta.duration_ms, ("units", name))
    for name, order in scenario.orders.items():
        yield from _order(scenario, order, ("orders", name))
    for name, word in scenario.words.items():
        path: Path = ("words", name)
        for end, party in (("from", word.from_party), ("to", word.to)):
            if party not in scenario.units and party not in scenario.posts:
                yield Finding((*path, end), Code.UNKNOWN_REFERENCE, f"neither a unit nor a post of this file: {party}")
        yield from _trigger(scenario, word.when, word.from_party, (*path, "when"))
    yield from _measures(scenario)
    for number, expected in enumerate(scenario.expectations):
        if expected.within_ms is not None and (expected.inject is None or not isinstance(expected, TIMED)):
            words = "a deadline runs from an inject, and is of a stage, a word, an order or a contact"
            yield Finding(("expectations", number, "within"), Code.BAD_STORY, words)


def _unit(unit: Unit, end_ms: int, path: Path) -> Iterator[Finding]:
    if bool(unit.track) == (unit.motion is not None):
        yield Finding(path, Code.BAD_TRACK, "needs either a `track` that is prescribed, or a `motion` and a `start`")
    elif (unit.motion is None) != (unit.start is None):
        yield Finding(path, Code.BAD_TRACK, "`motion` and `start` belong together")
    elif unit.start is not None and unit.start.joins_ms >= end_ms:
        yield Finding((*path, "start", "joins"), Code.BAD_TRACK, "lies after the scenario's end")


def _order(scenario: Scenario, order: Order, path: Path) -> Iterator[Finding]:
    unit = scenario.units[order.to]
    if order.by != order.to and order.by not in scenario.posts:
        yield Finding(
            (*path, "by"), Code.UNKNOWN_REFERENCE, f"an order is by {order.to} itself, or by a post: {order.by}"
        )
    if unit.motion is None and not isinstance(order.behaviour, Use):
        yield Finding((*path, "to"), Code.BAD_STORY, f"{order.to} goes its prescribed track and takes no orders")
    if getattr(order.behaviour, "unit", None) == order.to:
        yield Finding((*path, "do"), Code.BAD_STORY, "an order about the unit itself")
    yield from _trigger(scenario, order.when, order.by, (*path, "when"))


def _trigger(scenario: Scenario, trigger: Trigger, by: str, path: Path) -> Iterator[Finding]:
    match trigger:
        case AtStage() if by in scenario.units and scenario.units[by].crew is None:
            yield Finding(path, Code.BAD_STORY, f"{by} has no post that would learn of a message")
        case AtContact(by=own) if not scenario.units[own].sensors:
            yield Finding(path, Code.BAD_STORY, f"{own} has no sensors")
        case AtRisk(risk=pair) | AtRange(range_between=pair) if pair[0] == pair[1]:
            yield Finding(path, Code.BAD_STORY, "two units")


def _measures(scenario: Scenario) -> Iterator[Finding]:
    for number, expected in enumerate(scenario.expectations):
        if not isinstance(expected, ExpectClosestApproach) or expected.measured != "hulls":
            continue
        for unit in expected.closest_approach:
            if scenario.hull_of(unit) is None:
                words = f"between hulls needs the length and beam of {unit}"
                yield Finding(("expectations", number, "measured"), Code.BAD_STORY, words)

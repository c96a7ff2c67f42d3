"""What must hold between what a scenario expects and the rest of it."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.messages.problems import Finding, Path
from hotline_sim.scenario.expect import (
    Expectation,
    ExpectClosestApproach,
    ExpectContradiction,
    ExpectMark,
    ExpectStage,
    ExpectSuspended,
    moment_of,
)
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.posts import party_of
from hotline_sim.scenario.problems import Code


def check_expectations(scenario: Scenario) -> Iterator[Finding]:
    """Every expectation about something that cannot come true, and every failure that none shows."""
    yield from _closest_approach(scenario)
    yield from _failures(scenario)
    for number, expected in enumerate(scenario.expectations):
        path: Path = ("expectations", number)
        yield from _addressee(scenario, expected, path)
        yield from _time(scenario, expected, path)
        yield from _parts(scenario, expected, path)


def _closest_approach(scenario: Scenario) -> Iterator[Finding]:
    approaches = [e for e in scenario.expectations if isinstance(e, ExpectClosestApproach)]
    before = [e for e in scenario.expectations if isinstance(e, ExpectStage) and e.before_closest_approach is not None]
    if before and len(approaches) != 1:
        yield Finding(("expectations",), Code.BAD_STORY, "before_closest_approach needs exactly one closest_approach")


def _failures(scenario: Scenario) -> Iterator[Finding]:
    """Every failure the scenario is about is shown by an expectation, and no other is."""
    shown = [expected.failure for expected in scenario.expectations]
    for number, failure in enumerate(shown):
        if failure is not None and failure not in scenario.meta.failures:
            words = f"{failure} is not among meta.failures"
            yield Finding(("expectations", number, "failure"), Code.BAD_STORY, words)
    for failure in scenario.meta.failures:
        if failure not in shown:
            yield Finding(("meta", "failures", failure), Code.BAD_STORY, f"no expectation shows {failure}")


def _addressee(scenario: Scenario, expected: Expectation, path: Path) -> Iterator[Finding]:
    message, addressee = getattr(expected, "message", None), getattr(expected, "addressee", None)
    if message is None or addressee is None:
        return
    spoken = scenario.messages[message]
    if addressee not in spoken.action + spoken.info:
        yield Finding((*path, "addressee"), Code.BAD_STORY, f"{message} is not addressed to {addressee}")


def _time(scenario: Scenario, expected: Expectation, path: Path) -> Iterator[Finding]:
    at_ms = moment_of(expected)
    if at_ms is not None and at_ms > scenario.meta.duration_ms:
        yield Finding((*path, "at"), Code.BAD_STORY, "lies after the scenario's end")


def _parts(scenario: Scenario, expected: Expectation, path: Path) -> Iterator[Finding]:
    match expected:
        case ExpectContradiction(observation=name) if scenario.messages[name].type != "hotline.v1.Observation":
            yield Finding((*path, "observation"), Code.BAD_STORY, f"{name} is not an observation")
        case ExpectMark(addressee=addressee, stage=stage) if (addressee is None) != (stage is None):
            yield Finding(path, Code.BAD_STORY, "addressee and stage belong together")
        case ExpectSuspended(party=party) if party not in {party_of(post) for post in scenario.posts}:
            yield Finding((*path, "party"), Code.UNKNOWN_REFERENCE, f"no post of this file belongs to {party}")

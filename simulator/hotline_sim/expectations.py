"""Whether what a scenario expects came true, failures that it must show included."""

from __future__ import annotations

from dataclasses import dataclass

from hotline_sim.outcome import Picture
from hotline_sim.scenario.story import ExpectClosestApproach, ExpectContradiction, ExpectStage
from hotline_sim.words import nmi


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation: in words, what was found instead if it did not hold, and the failure it shows if it did."""

    words: str
    ok: bool
    found: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ClosestApproach:
    """Closest approach of two units, with what was expected."""

    units: tuple[str, str]
    time_ms: int
    range_m: int
    expected_m: float | None
    tolerance_m: float | None


def check(picture: Picture) -> tuple[Checked, ...]:
    """Every expectation of the scenario, in its order."""
    return tuple(_check(picture, expected) for expected in picture.run.scenario.expectations)


def closest_approach(picture: Picture) -> ClosestApproach | None:
    """Closest approach of the units the scenario is about; None in one without units."""
    closest = picture.plot.closest
    if closest is None:
        return None
    for expected in picture.run.scenario.expectations:
        if isinstance(expected, ExpectClosestApproach) and expected.closest_approach == closest.units:
            return ClosestApproach(
                closest.units, closest.time_ms, closest.range_m, expected.range_m, expected.tolerance_m
            )
    return ClosestApproach(closest.units, closest.time_ms, closest.range_m, None, None)


def _check(picture: Picture, expected: ExpectStage | ExpectClosestApproach | ExpectContradiction) -> Checked:
    match expected:
        case ExpectStage():
            return _check_stage(picture, expected)
        case ExpectClosestApproach():
            return _check_closest(picture, expected)
        case ExpectContradiction():
            return _check_contradiction(picture, expected)


def _check_stage(picture: Picture, expected: ExpectStage) -> Checked:
    stage = picture.message(expected.message).stage(expected.stage, expected.addressee)
    verdict = (stage.verdict or ("SAID" if stage.value else "NONE")) if stage else "NONE"
    words = f"{expected.message} {expected.stage} at {expected.addressee}: {expected.verdict}"
    if expected.before_closest_approach is None:
        return Checked(words, verdict == expected.verdict, verdict)
    before = stage is not None and stage.before_closest_s is not None and stage.before_closest_s > 0
    words += f", {_side(expected.before_closest_approach)} closest approach"
    ok = verdict == expected.verdict and before == expected.before_closest_approach
    return Checked(words, ok, f"{verdict}, {_side(before)} closest approach")


def _side(before: bool) -> str:
    return "before" if before else "not before"


def _check_closest(picture: Picture, expected: ExpectClosestApproach) -> Checked:
    found = picture.plot.closest_of(expected.closest_approach)
    one, other = expected.closest_approach
    words = f"closest approach of {one} and {other}: {expected.range_m:.0f} m, within {expected.tolerance_m:.0f} m"
    ok = abs(found.range_m - expected.range_m) <= expected.tolerance_m
    return Checked(words, ok, f"{found.range_m} m ({nmi(found.range_m)})")


def _check_contradiction(picture: Picture, expected: ExpectContradiction) -> Checked:
    """The observation is about the very acknowledgement that said the stage, and stands beside it."""
    words = (
        f"{expected.failure}: {expected.contradicted} {expected.stage} by {expected.addressee} is contradicted "
        f"by {expected.observation}"
    )
    said = picture.message(expected.contradicted).stage(expected.stage, expected.addressee)
    if said is None or not said.statement:
        return Checked(words, False, "nothing was said that could be contradicted")
    if expected.observation not in [message.id for message in picture.observations_of(said)]:
        return Checked(words, False, f"{expected.observation} is not about it, or was not said")
    if "CONTRADICTED" not in said.marks:
        return Checked(words, False, "the stage is not marked CONTRADICTED")
    return Checked(words, True, f"said {said.value}, then contradicted by the track", expected.failure)

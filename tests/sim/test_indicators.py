from __future__ import annotations

import pytest
from tests.sim.conftest import CHN_UNSTAFFED, Change

from hotline_sim.conclude import conclude
from hotline_sim.result import RunResult
from hotline_sim.scenario import ScenarioError, bundled, loads
from hotline_sim.world import World


def test_entering_an_acknowledged_radius_is_an_indicator(result: RunResult) -> None:
    (found,) = result.picture.indicators
    assert (found.rule, found.unit, found.message, found.least_range_m) == ("N09", "ningbo", "m1", 2415)
    assert result.picture.plot.range_m(found.from_ms) == 5556
    assert found.until_ms is not None and result.picture.plot.range_m(found.until_ms) == 5556
    assert {given.whose for given in found.inputs} == {"AUS:fleet-watch", "CHN:fleet-watch", "the scenario"}
    assert found.parameters["radius"] == "5556 m"


def test_it_names_its_inputs_and_judges_nobody(result: RunResult) -> None:
    assert "violation" not in str(result.as_json()["indicators"]).lower()
    assert "violation" not in result.trace.lower()


def test_no_acknowledgement_no_indicator(changed: Change) -> None:
    assert conclude(World(changed(*CHN_UNSTAFFED), 1).play()).picture.indicators == ()


def test_a_radius_that_no_longer_holds_is_not_entered(changed: Change) -> None:
    scenario = changed("until: T+01:00:00", "until: T+00:10:00")
    assert conclude(World(scenario, 1).play()).picture.indicators == ()


def test_a_radius_that_is_not_reached_is_not_entered(changed: Change) -> None:
    scenario = changed("exclusion_radius: 3 nmi", "exclusion_radius: 1 nmi")
    assert conclude(World(scenario, 1).play()).picture.indicators == ()


def test_a_distance_that_the_sides_agreed_on_takes_the_place_of_the_default() -> None:
    text = bundled()["decatur-2018"].read_text(encoding="utf-8")
    agreed = "conduct:\n  - {rule: N08, values: {range: 150 m}, assumed: for a test}\n\nparameters:"
    assert text.count("\nparameters:") == 1
    as_written, closer = (
        {
            found.rule: found.parameters
            for found in conclude(World(loads(each.encode()), 20180930).play()).picture.indicators
        }
        for each in (text, text.replace("parameters:", agreed))
    )
    assert as_written["N08"]["range"] == "500 yd, default (E)"
    assert "N08" not in closer


def test_an_agreed_value_names_a_parameter_and_a_quantity() -> None:
    text = bundled()["decatur-2018"].read_text(encoding="utf-8")
    for values in (
        "rule: N08, values: {width: 1 m}",
        "rule: N08, values: {range: 3 s}",
        "rule: N99, values: {range: 1 m}",
    ):
        with pytest.raises(ScenarioError, match="SCENARIO_BAD_VALUE"):
            loads(
                text.replace(
                    "\nparameters:", f"\nconduct:\n  - {{{values}, assumed: for a test}}\nparameters:"
                ).encode()
            )

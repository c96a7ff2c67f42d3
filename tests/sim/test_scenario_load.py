from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from hotline.geo.cpa import Sense, closest_approach, cpa, crossings
from hotline_sim.draw import Stream
from hotline_sim.scenario import Scenario, bundled, load, loads
from hotline_sim.scenario.expect import ExpectClosestApproach, ExpectStage

NMI_M = 1852.0
MINUTE = 60_000


@pytest.fixture
def scenario(toowoomba_text: str) -> Scenario:
    return loads(toowoomba_text.encode())


def test_every_bundled_scenario_loads_and_is_named_after_its_file() -> None:
    assert "toowoomba-ningbo-2023" in bundled()
    for name, file in bundled().items():
        assert load(file).meta.id == name


def test_values_are_si_and_milliseconds(scenario: Scenario) -> None:
    assert scenario.meta.duration_ms == 42 * MINUTE
    assert scenario.utc_ns(0) == 1_699_927_200_000_000_000  # 2023-11-14T02:00:00Z
    assert scenario.units["ningbo"].track[1].speed_mps == pytest.approx(8.2311, abs=1e-4)
    assert scenario.links["AUS:fleet-watch", "CHN:fleet-watch"].loss == 0.02
    assert scenario.posts["CHN:fleet-watch"].staffed is True
    crossing = scenario.events[1].when
    assert getattr(crossing, "falls_below_m", None) == 3 * NMI_M


def test_ningbo_comes_as_close_as_expected_and_no_closer(scenario: Scenario) -> None:
    found = closest_approach(scenario.relative_motion("toowoomba", "ningbo"))
    expected = next(e for e in scenario.expectations if isinstance(e, ExpectClosestApproach))
    assert found is not None
    assert (expected.range_m, expected.tolerance_m) == (2400.0, 100.0)
    assert abs(found.range_m - expected.range_m) <= expected.tolerance_m
    assert 25 * MINUTE < found.time_ms < 32 * MINUTE


def test_the_encounter_begins_seven_miles_off_and_outside_the_radius(scenario: Scenario) -> None:
    """The answer to the notice is true when it is given: the first course passes outside 3 nmi."""
    first = scenario.relative_motion("toowoomba", "ningbo")[0]
    assert first.start.range_m == pytest.approx(7 * NMI_M, rel=0.01)
    assert cpa(first.start, first.velocity).range_m > 3 * NMI_M


@pytest.mark.parametrize(("nmi", "senses"), [(3, 2), (2, 2), (1.2, 0)])
def test_ranges_are_crossed_in_and_out(scenario: Scenario, nmi: float, senses: int) -> None:
    found = list(crossings(scenario.relative_motion("toowoomba", "ningbo"), nmi * NMI_M))
    assert [crossing.sense for crossing in found] == [Sense.CLOSING, Sense.OPENING][:senses]


def test_no_line_existed_so_every_message_is_counterfactual(scenario: Scenario) -> None:
    assert all(message.counterfactual for message in scenario.messages.values())


def test_the_contradiction_waits_for_what_it_contradicts(scenario: Scenario) -> None:
    observation = next(event for event in scenario.events if event.send == "m2")
    conditions = [condition.model_dump() for condition in observation.only_if]
    assert conditions == [{"message": "m1", "reaches": "DONE", "by": "CHN:fleet-watch"}]
    assert scenario.meta.failure_codes == ("F4",)


def test_stages_expected_after_closest_approach_are_marked_so(scenario: Scenario) -> None:
    later = {e.message for e in scenario.expectations if isinstance(e, ExpectStage) and not e.before_closest_approach}
    assert later == {"m4", "m5"}


def test_delays_come_by_name_in_place_or_plain(scenario: Scenario) -> None:
    link = scenario.links["CHN:fleet-watch", "AUS:fleet-watch"]
    assert scenario.delay_ms("presenting", Stream(1, "x")) == 1_000
    assert scenario.delay_ms(scenario.events[3].after, Stream(1, "x")) == 3 * MINUTE
    assert scenario.delay_ms(link.delay, Stream(1, "x")) == Stream(1, "x").lognormal_ms(300, 800)
    assert 15_000 <= scenario.delay_ms("writing", Stream(1, "x")) <= 45_000


def test_a_step_without_delay_takes_the_posts_reaction(scenario: Scenario) -> None:
    answer = scenario.answers[0]
    assert [scenario.step_delay(answer, step) for step in answer.steps] == ["reading", "deciding", "reporting"]


def test_the_model_is_read_only_and_travels_to_other_processes(scenario: Scenario) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        scenario.meta.seed = 1
    copy = pickle.loads(pickle.dumps(scenario))
    assert copy == scenario
    assert copy.tracks["ningbo"] == scenario.tracks["ningbo"]


def test_words_like_yes_no_and_dates_keep_their_meaning(toowoomba_text: str) -> None:
    """YAML's surprises: `no` in a sentence stays text, a date stays a date, 12:30 does not become 750."""
    text = toowoomba_text.replace("title: HMAS Toowoomba and Ningbo, divers in the water", "title: no line existed")
    scenario = loads(text.encode())
    assert scenario.meta.title == "no line existed"
    assert scenario.meta.incident_date == "2023-11-14"
    assert scenario.messages["m3"].body["harm"] is False

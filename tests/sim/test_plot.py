from __future__ import annotations

import pytest

from hotline.geo.cpa import Sense
from hotline_sim.plot import Plot, positions
from hotline_sim.scenario import Scenario

PAIR = ("toowoomba", "ningbo")


@pytest.fixture(scope="module")
def plot(toowoomba: Scenario) -> Plot:
    return Plot(toowoomba)


def test_closest_approach_is_the_smallest_range(plot: Plot, toowoomba: Scenario) -> None:
    assert plot.pair == PAIR and plot.closest is not None
    sampled = min(plot.range_m(t) or 0 for t in range(0, toowoomba.meta.duration_ms, 5000))
    assert plot.closest.range_m == plot.range_m(plot.closest.time_ms)
    assert 0 <= sampled - plot.closest.range_m <= 2


def test_cpa_of_the_moment_is_where_present_courses_lead(plot: Plot) -> None:
    before, after = plot.cpa(20 * 60_000), plot.cpa(30 * 60_000)
    assert before is not None and after is not None
    assert not before.past and 0 < before.time_s < 600
    assert after.past


def test_ranges_are_passed_once_in_each_sense(plot: Plot) -> None:
    closing, opening = (list(plot.passes(PAIR, 5556.0, sense)) for sense in (Sense.CLOSING, Sense.OPENING))
    assert len(closing) == len(opening) == 1 and closing < opening
    assert [plot.range_m(t) for t in (*closing, *opening)] == [5556, 5556]


def test_legs_say_when_a_course_or_speed_begins(plot: Plot) -> None:
    legs = [(leg.unit, leg.course_deg, leg.speed_kn) for leg in plot.legs()]
    assert legs == [
        ("ningbo", 107, 16.0),
        ("toowoomba", None, 0.0),
        ("ningbo", 81, 16.0),
        ("ningbo", 62, 18.0),
    ]


def test_a_scenario_without_units_has_no_range(unanswered: Scenario) -> None:
    plot = Plot(unanswered)
    assert (plot.pair, plot.closest, plot.range_m(0), plot.cpa(0)) == (None, None, None, None)


def test_positions_are_on_the_grid_and_reach_the_end(plot: Plot, toowoomba: Scenario) -> None:
    points = positions(toowoomba, plot, 60_000)["ningbo"]
    assert points[-1][0] == toowoomba.meta.duration_ms
    assert all(round(p.lat_deg * 100_000) / 100_000 == p.lat_deg for _, p in points)
    assert any(t % 60_000 for t, _ in points), "changes of course are among the points"

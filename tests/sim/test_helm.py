"""What each order makes a craft do, seen from where it ends."""

from __future__ import annotations

import pytest

from hotline_sim.encounter.relative import Seen, closest_if_held, intercept_course
from hotline_sim.motion.arith import bearing_of, displacement, length, turn_to
from hotline_sim.plot import Plot
from hotline_sim.run import Run
from hotline_sim.scenario import bundled, load, loads
from hotline_sim.template import begun
from hotline_sim.world import World

SEA = begun("sea", "at-sea")
BLUE_HOLDS = ("{steer: {speed: 6 kn}}", "{steer: {speed: 12 kn}}")


def told_to(deed: str, *words: str) -> Run:
    """Red does one thing from T+00:03:00 on; blue holds course and speed."""
    text = SEA.replace("{cross_ahead: {unit: blue, at: 150 yd, speed: 20 kn}}", deed).replace(*BLUE_HOLDS)
    for old, new in zip(words[::2], words[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return World(loads(text.encode()), 1).play().run


def at_end(run: Run) -> tuple[float, float, float, float]:
    """Range of red from blue, its bearing from blue's bow, red's course and speed."""
    own, other = (run.ways[unit].samples[-1] for unit in ("blue", "red"))
    east_m, north_m = displacement(own.lat_deg, own.lon_deg, other.lat_deg, other.lon_deg)
    from_bow = (bearing_of(east_m, north_m) - own.heading_deg) % 360.0
    return length(east_m, north_m), from_bow, other.heading_deg, other.speed_mps


def test_to_close_is_to_come_up_and_keep_the_range() -> None:
    range_m, _, course, speed = at_end(told_to("{close: {unit: blue, to: 800 m, speed: 25 kn}}"))
    assert range_m == pytest.approx(800.0, abs=60.0)
    assert abs(turn_to(course, 0.0)) < 5.0 and speed == pytest.approx(6.17, abs=0.3)


def test_to_shadow_is_to_keep_a_place_from_the_others_bow() -> None:
    range_m, from_bow, _, speed = at_end(
        told_to("{shadow: {unit: blue, bearing: 135 deg, range: 1 nmi, speed: 25 kn}}")
    )
    assert range_m == pytest.approx(1852.0, abs=100.0) and from_bow == pytest.approx(135.0, abs=4.0)
    assert speed == pytest.approx(6.17, abs=0.3)


def test_to_cross_ahead_is_to_pass_the_bow_at_that_distance() -> None:
    run = told_to("{cross_ahead: {unit: blue, at: 400 m, speed: 20 kn}}")
    crossed = Plot(run.scenario, run.ways).closest
    assert crossed is not None and 200 < crossed.range_m <= 420
    done = next(each.at_ms for each in run.orders if each.what == "DONE" and each.subject == "cross")
    own, other = run.ways["blue"].sample(done), run.ways["red"].sample(done)
    east_m, north_m = displacement(own.lat_deg, own.lon_deg, other.lat_deg, other.lon_deg)
    assert abs(east_m) < 40.0 and north_m == pytest.approx(400.0 + 75.0, abs=60.0)


@pytest.mark.parametrize(("side", "bearing_deg"), [("starboard", 90.0), ("port", 270.0), ("astern", 180.0)])
def test_to_pass_is_to_go_through_a_place_beside_the_other(side: str, bearing_deg: float) -> None:
    run = told_to(f"{{pass: {{unit: blue, side: {side}, at: 600 m, speed: 20 kn}}}}")
    done = next(each.at_ms for each in run.orders if each.what == "DONE" and each.subject == "cross")
    own, other = run.ways["blue"].sample(done), run.ways["red"].sample(done)
    east_m, north_m = displacement(own.lat_deg, own.lon_deg, other.lat_deg, other.lon_deg)
    assert length(east_m, north_m) == pytest.approx(640.0, abs=60.0)
    assert abs(turn_to(bearing_of(east_m, north_m), bearing_deg)) < 8.0


def test_to_open_is_to_turn_away_until_the_range_is_there() -> None:
    run = told_to("{open: {unit: blue, to: 7 nmi, speed: 20 kn}}")
    assert at_end(run)[0] > 7 * 1852 and {"cross"} <= {each.subject for each in run.orders if each.what == "DONE"}


def test_to_turn_away_is_to_put_the_other_astern() -> None:
    run = told_to("{turn_away: {unit: blue}}")
    away = bearing_of(*displacement(*place(run, "blue", 190_000), *place(run, "red", 190_000)))
    assert at_end(run)[2] == pytest.approx(away, abs=2.0)


def place(run: Run, unit: str, time_ms: int) -> tuple[float, float]:
    at = run.ways[unit].sample(time_ms)
    return at.lat_deg, at.lon_deg


@pytest.mark.parametrize(
    ("deed", "course", "speed_mps"),
    [
        ("{stop: {}}", 120.0, 0.0),
        ("{alter: {by: 40 deg, turn: port}}", 80.0, 7.717),
        ("{alter: {by: 200 deg, turn: starboard}}", 320.0, 7.717),
        ("{steer: {course: 100 deg, speed: 20 kn, turn: starboard}}", 100.0, 10.289),
        ('{route: {to: ["20.060 N, 119.990 E", "20.000 N, 119.990 E"], speed: 18 kn}}', 185.0, 9.26),
    ],
)
def test_orders_about_nobody_else_end_on_a_course_and_speed(deed: str, course: float, speed_mps: float) -> None:
    _, _, headed, speed = at_end(told_to(deed))
    assert abs(turn_to(headed, course)) < 2.0 and speed == pytest.approx(speed_mps, abs=0.1)


def test_to_turn_by_one_side_is_to_go_the_long_way_round() -> None:
    run = told_to("{steer: {course: 100 deg, turn: starboard}}")
    headings = [round(sample.heading_deg) for sample in run.ways["red"].samples]
    assert any(250 < heading < 290 for heading in headings)


def test_to_resume_is_to_go_back_to_what_was_before() -> None:
    more = """orders:
  back:
    to: red
    by: red
    when: {time: T+00:12:00}
    do: {resume: {}}
    assumed: made up
"""
    _, _, course, speed = at_end(told_to("{turn_away: {unit: blue, speed: 20 kn}}", "orders:\n", more))
    assert abs(turn_to(course, 120.0)) < 1.0 and speed == pytest.approx(7.717, abs=0.1)


def test_a_submarine_goes_down_while_it_steers() -> None:
    run = told_to(
        "{steer: {course: 90 deg, depth: 120 m}}",
        "{model: ship, length: 150 m, beam: 19 m, top_speed: 30 kn, assumed: turning and stopping by IMO MSC.137(76)}\n"
        '    start: {at: "20.080 N',
        "{model: submarine, dives_at: 1 m/s, length: 100 m, beam: 12 m, top_speed: 20 kn, assumed: x}\n"
        '    start: {depth: 30 m, at: "20.080 N',
    )
    depths = [sample.altitude_m for sample in run.ways["red"].samples]
    assert depths[0] == -30.0 and depths[-1] == -120.0 and min(depths) == -120.0


def test_the_course_of_interception_meets_and_without_speed_it_points() -> None:
    aim = Seen(5000.0, 3000.0, 0.0, 0.0, 6.0)
    met = closest_if_held(aim, intercept_course(aim, 12.0), 12.0)
    assert met.range_m < 0.01 and met.after_s > 0.0
    assert intercept_course(Seen(0.0, 5000.0, 0.0, 0.0, 20.0), 10.0) == 0.0


def test_an_aircraft_passes_at_the_height_of_its_order() -> None:
    scenario = load(bundled()["tromp-2024"])
    run = World(scenario, scenario.meta.seed).play().run
    done = {each.subject: each.at_ms for each in run.orders if each.what == "DONE"}
    heights_m = {order: run.ways["fighter"].sample(done[order]).altitude_m for order in ("come-up", "to-helicopter")}
    assert heights_m["come-up"] == pytest.approx(600.0, abs=5.0), "of the order, above a ship"
    assert heights_m["to-helicopter"] == pytest.approx(330.0, abs=5.0), "of the order, beside a helicopter at 300 m"


def test_a_unit_that_leaves_is_seen_and_measured_no_more() -> None:
    run = told_to("{leave: {how: OUT_OF_AREA}}")
    left_ms = next(each.at_ms for each in run.happenings if each.what == "GONE")
    plot = Plot(run.scenario, run.ways)
    assert run.tracks["red"].end_ms == left_ms < run.tracks["blue"].end_ms
    assert plot.range_m(left_ms) is not None and plot.range_m(left_ms + 1) is None and plot.cpa(left_ms + 1) is None
    assert plot.closest is not None and plot.closest.time_ms <= left_ms
    assert not [each for each in run.happenings if each.at_ms > left_ms and "red" in (each.who, each.subject)]


def test_a_unit_that_joins_is_seen_from_then_on() -> None:
    joins = ('start: {at: "20.080 N, 119.930 E"', 'start: {joins: T+00:04:00, at: "20.080 N, 119.930 E"')
    run = told_to("{close: {unit: blue, to: 800 m, speed: 25 kn}}", *joins)
    first = {each.what: each.at_ms for each in reversed(run.happenings) if "red" in (each.who, each.subject)}
    assert first["ENTERED"] == 240_000 <= first["DETECTED"] and run.tracks["red"].start_ms == 240_000
    assert first["DROPPED"] < 240_000, "an order of before it came"
    plot = Plot(run.scenario, run.ways)
    assert plot.range_m(239_999) is None and plot.range_m(240_000) is not None


def test_what_goes_on_to_the_pole_leaves_where_the_models_end() -> None:
    north = ('at: "20.080 N, 119.930 E", course: 120 deg', 'at: "84.999 N, 119.930 E", course: 0 deg')
    run = told_to("{steer: {course: 0 deg}}", *north)
    left = next(each for each in run.happenings if each.what == "GONE")
    assert left.who == "red" and "85 degrees" in left.words and run.tracks["red"].end_ms == left.at_ms

"""The motion models against the figures they are made from, and against closed forms."""

from __future__ import annotations

import math

import pytest

from hotline_sim.motion.aircraft import GRAVITY_MPS2, Aircraft
from hotline_sim.motion.arith import displacement
from hotline_sim.motion.ship import Ship
from hotline_sim.motion.state import Command, State
from hotline_sim.motion.thrown import Ballistic, Drift, Wind

LENGTH_M, TOP_MPS = 150.0, 15.0
SHIP = Ship(TOP_MPS, diameter_m=5.0 * LENGTH_M, advance_m=4.5 * LENGTH_M, stops_in_m=15.0 * LENGTH_M)
FIGHTER = Aircraft(100.0, 300.0, 60.0, 2.0, 80.0, 60.0, 40.0)


def hard_over(ship: Ship, seconds: int) -> list[State]:
    """A turning circle: the helm is never eased."""
    state, states = State(10.0, 114.0, speed_mps=TOP_MPS), []
    for second in range(seconds):
        ship.advance(state, Command(state.heading_deg + 120.0, TOP_MPS, side=1), 1.0, float(second))
        states.append(State(state.lat_deg, state.lon_deg, 0.0, state.heading_deg, state.speed_mps, state.turn_dps))
    return states


def test_the_turning_circle_has_the_advance_and_tactical_diameter_it_was_given() -> None:
    circle = hard_over(SHIP, 200)
    at_90 = next(state for state in circle if 90.0 <= state.heading_deg < 180.0)
    at_180 = next(state for state in circle if 180.0 <= state.heading_deg < 270.0)
    _, advance_m = displacement(10.0, 114.0, at_90.lat_deg, at_90.lon_deg)
    diameter_m, _ = displacement(10.0, 114.0, at_180.lat_deg, at_180.lon_deg)
    assert advance_m == pytest.approx(4.5 * LENGTH_M, rel=0.1)
    assert diameter_m == pytest.approx(5.0 * LENGTH_M, rel=0.1)


def test_a_ship_loses_way_in_a_turn_to_the_share_she_was_given() -> None:
    assert hard_over(SHIP, 600)[-1].speed_mps == pytest.approx(0.6 * TOP_MPS, rel=0.02)


def test_a_full_astern_stop_takes_the_track_reach() -> None:
    state, command = State(10.0, 114.0, speed_mps=TOP_MPS), Command(0.0, 0.0, hard=True)
    for second in range(1200):
        SHIP.advance(state, command, 1.0, float(second))
    assert state.speed_mps == 0.0
    assert displacement(10.0, 114.0, state.lat_deg, state.lon_deg)[1] == pytest.approx(15.0 * LENGTH_M, rel=0.02)


def test_a_ship_runs_up_to_her_speed_and_no_further() -> None:
    state, speeds = State(10.0, 114.0), []
    for second in range(900):
        SHIP.advance(state, Command(0.0, 10.0), 1.0, float(second))
        speeds.append(state.speed_mps)
    assert speeds == sorted(speeds) and speeds[-1] == 10.0 and SHIP.is_steady(state, Command(0.0, 10.0), 0.0)


def test_long_steps_and_short_ones_come_to_the_same_place_when_steady() -> None:
    one, many = (
        State(10.0, 114.0, heading_deg=40.0, speed_mps=10.0),
        State(10.0, 114.0, heading_deg=40.0, speed_mps=10.0),
    )
    SHIP.advance(one, Command(40.0, 10.0), 60.0, 0.0)
    for second in range(60):
        SHIP.advance(many, Command(40.0, 10.0), 1.0, float(second))
    assert max(map(abs, displacement(one.lat_deg, one.lon_deg, many.lat_deg, many.lon_deg))) < 0.05


def test_a_submarine_changes_depth_at_its_rate() -> None:
    boat = Ship(10.0, 500.0, 450.0, 1500.0, dives_mps=0.5)
    state = State(10.0, 114.0, -50.0, speed_mps=5.0)
    boat.advance(state, Command(0.0, 5.0, altitude_m=-100.0), 10.0, 0.0)
    assert state.altitude_m == -55.0


def test_an_aircraft_turns_as_its_bank_and_speed_allow() -> None:
    state = State(40.0, 30.0, 7000.0, 0.0, 200.0)
    for step in range(80):
        FIGHTER.advance(state, Command((state.heading_deg + 120.0) % 360.0, 200.0, 7000.0, side=1), 0.5, step / 2)
    expected_dps = math.degrees(GRAVITY_MPS2 * math.tan(math.radians(60.0)) / 200.0)
    assert state.bank_deg == 60.0 and state.turn_dps == pytest.approx(expected_dps, abs=1e-5)


def test_an_aircraft_levels_off_and_never_flies_too_slowly() -> None:
    state, command = State(40.0, 30.0, 7000.0, 90.0, 200.0), Command(90.0, 20.0, 7500.0)
    climbed_mps = []
    for step in range(200):
        FIGHTER.advance(state, command, 0.5, step / 2)
        climbed_mps.append(state.climb_mps)
    assert max(climbed_mps) == 80.0 and state.altitude_m == pytest.approx(7500.0, abs=1.0)
    assert state.speed_mps == 100.0


def test_a_balloon_goes_with_the_wind_of_the_hour() -> None:
    drift = Drift((Wind(0.0, 90.0, 10.0), Wind(100.0, 0.0, 5.0, lifts_mps=1.0)))
    state = State(40.0, -100.0, 18_000.0)
    for step in range(20):
        drift.advance(state, Command(0.0, 0.0), 10.0, step * 10.0)
    east_m, north_m = displacement(40.0, -100.0, state.lat_deg, state.lon_deg)
    assert [east_m, north_m] == pytest.approx([1000.0, 500.0], abs=0.5)
    assert state.altitude_m == 18_100.0


def test_a_ballistic_object_reaches_its_apogee_and_its_range() -> None:
    rocket, state = Ballistic(range_m=1_200_000.0, apogee_m=1_453_000.0, launch_s=10.0), State(69.3, 16.0)
    heights, seconds = [], 0
    while seconds < 20 or state.altitude_m > 0.0:
        rocket.advance(state, Command(0.0, 0.0), 1.0, float(seconds))
        heights.append(state.altitude_m)
        seconds += 1
    rocket.advance(state, Command(0.0, 0.0), 1.0, float(seconds))
    assert max(heights) == pytest.approx(1_453_000.0, rel=0.005)
    assert displacement(69.3, 16.0, state.lat_deg, state.lon_deg)[1] == pytest.approx(1_200_000.0, rel=0.01)
    assert state.altitude_m == state.speed_mps == 0.0


def test_what_nobody_steers_needs_short_steps_only_while_it_changes() -> None:
    rocket, state, held = Ballistic(1_200_000.0, 1_453_000.0, launch_s=100.0), State(69.3, 16.0), Command(0.0, 0.0)
    assert rocket.is_steady(state, held, 0.0) and rocket.changes_s(0.0) == 100.0 and rocket.phase(state, 99.0) is None
    rocket.advance(state, held, 100.0, 0.0)
    assert state.speed_mps == 0.0 and rocket.phase(state, 100.0) == "LAUNCHED" and rocket.changes_s(100.0) is None
    rocket.advance(state, held, 1.0, 100.0)
    assert not rocket.is_steady(state, held, 101.0)
    state.altitude_m = 0.0
    assert rocket.is_steady(state, held, 1400.0) and rocket.phase(state, 1400.0) == "FELL"


def test_a_drift_is_steady_until_another_wind() -> None:
    drift, state = Drift((Wind(0.0, 90.0, 10.0), Wind(100.0, 0.0, 5.0))), State(40.0, -100.0, 18_000.0)
    assert not drift.is_steady(state, Command(0.0, 0.0), 0.0), "it does not go with the wind yet"
    drift.advance(state, Command(0.0, 0.0), 10.0, 0.0)
    assert drift.is_steady(state, Command(0.0, 0.0), 10.0) and drift.changes_s(10.0) == 100.0
    assert not drift.is_steady(state, Command(0.0, 0.0), 100.0) and drift.changes_s(100.0) is None

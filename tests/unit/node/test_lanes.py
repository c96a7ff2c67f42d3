"""Whose turn it is."""

from __future__ import annotations

import pytest

from hotline.node.lanes import HERE, Lane, Lanes

NOISY, QUIET = Lane("AUS:noisy"), Lane("CHN:quiet")


def served(lanes: Lanes[int], cost_s: float = 0.0) -> Lane:
    """Serve one input; whose it was."""
    ((lane, _),) = lanes.take(1)
    lanes.served(lane, cost_s)
    return lane


def test_inputs_of_a_lane_come_in_their_order() -> None:
    lanes = Lanes[int]()
    for number in range(5):
        lanes.put(HERE, number)
    assert [number for _, number in lanes.take(3)] == [0, 1, 2]
    assert [number for _, number in lanes.take(3)] == [3, 4]
    assert not lanes and lanes.take(3) == []


def test_lanes_take_turns_within_a_batch() -> None:
    lanes = Lanes[int]()
    for number in range(10):
        lanes.put(NOISY, number)
    lanes.put(QUIET, 100)
    assert 100 in [number for _, number in lanes.take(2)]


def test_who_was_dear_waits_until_others_were_served_as_much() -> None:
    lanes = Lanes[int]()
    for number in range(200):
        lanes.put(NOISY, number)
    assert served(lanes, 1.0) == NOISY
    for number in range(200):
        lanes.put(QUIET, number)
    turns = [served(lanes, 0.01) for _ in range(120)]
    assert turns.index(NOISY) >= 95


def test_nobody_saves_up_turns() -> None:
    lanes = Lanes[int]()
    for number in range(100):
        lanes.put(NOISY, number)
        served(lanes, 1.0)
    for number in range(10):
        lanes.put(QUIET, number)
        lanes.put(NOISY, number)
    turns = [served(lanes, 0.5) for _ in range(8)]
    assert turns.count(NOISY) >= 3


def test_flash_goes_first_whoever_sends_it() -> None:
    lanes = Lanes[int]()
    lanes.put(QUIET, 1)
    for _ in range(3):
        lanes.put(Lane(NOISY.name, flash=True), 2)
    served(lanes, 10.0)
    assert [served(lanes) for _ in range(3)] == [Lane(NOISY.name, flash=True)] * 2 + [QUIET]


def test_what_was_not_served_comes_again_in_its_order() -> None:
    lanes = Lanes[int]()
    for number in range(4):
        lanes.put(NOISY, number)
        lanes.put(QUIET, 10 + number)
    taken = lanes.take(6)
    for lane, _ in taken[:2]:
        lanes.served(lane, 0.001)
    lanes.back(taken[2:])
    left = lanes.take(10)
    for name, first in ((NOISY, 1), (QUIET, 11)):
        assert [number for lane, number in left if lane == name] == list(range(first, first + 3))


def test_what_is_drained_waits_no_more() -> None:
    lanes = Lanes[int]()
    lanes.put(NOISY, 1)
    lanes.put(QUIET, 2)
    assert sorted(lanes.drain()) == [1, 2]
    assert not lanes


@pytest.mark.parametrize("cost_s", [0.001, 1.0])
def test_a_flood_costs_others_one_input_at_most(cost_s: float) -> None:
    lanes = Lanes[int]()
    for number in range(1_000):
        lanes.put(NOISY, number)
    for _ in range(50):
        served(lanes, cost_s)
    lanes.put(QUIET, 0)
    assert QUIET in [served(lanes, cost_s) for _ in range(2)]

from __future__ import annotations

from itertools import pairwise

from tests.sim.conftest import Change

from hotline_sim.actions import Action, Present, Reply, Say
from hotline_sim.director import Director
from hotline_sim.draw import Stream
from hotline_sim.plot import Plot
from hotline_sim.scenario import Scenario
from hotline_sim.subjects import message_named

A, B = "AUS:fleet-watch", "CHN:fleet-watch"
NMI = 1852

M1 = message_named("m1")


def said(actions: list[Action]) -> dict[str, int]:
    return {action.message: action.at_ms for action in actions if isinstance(action, Say)}


def replies(actions: list[Action]) -> list[Reply]:
    return [action for action in actions if isinstance(action, Reply)]


def test_a_time_and_a_closest_approach_send_their_messages(toowoomba: Scenario) -> None:
    times = said(Director(toowoomba, 1).advance(toowoomba.meta.duration_ms))
    closest = Plot(toowoomba).closest
    assert closest is not None
    assert times["m1"] == 60_000
    assert times["m4"] == closest.time_ms + 180_000
    assert times["m5"] == 38 * 60_000


def test_a_range_fires_at_the_first_millisecond_inside_it(toowoomba: Scenario) -> None:
    director, plot = Director(toowoomba, 1), Plot(toowoomba)
    after_ms = toowoomba.delay_ms("writing", Stream(1, "send m3"))
    crossed_ms = said(director.advance(toowoomba.meta.duration_ms))["m3"] - after_ms
    outside_m, inside_m = (plot.range_m(crossed_ms + step) for step in (-1000, 1000))
    assert outside_m is not None and inside_m is not None
    assert inside_m < 2 * NMI < outside_m
    assert abs(outside_m + inside_m - 4 * NMI) <= 1


def test_a_range_may_be_meant_as_it_opens(changed: Change) -> None:
    closing, opening = (
        said(Director(scenario, 1).advance(scenario.meta.duration_ms))["m3"]
        for scenario in (changed(), changed("falls_below: 2 nmi", "rises_above: 2 nmi"))
    )
    assert closing < 28 * 60_000 < opening


def test_a_range_that_is_never_passed_sends_nothing(changed: Change) -> None:
    scenario = changed("falls_below: 2 nmi", "falls_below: 1 nmi")
    assert "m3" not in said(Director(scenario, 1).advance(scenario.meta.duration_ms))


def test_what_a_trigger_needs_to_be_known_must_be_known_by_the_one_who_speaks(toowoomba: Scenario) -> None:
    ignorant, informed, other_informed = (Director(toowoomba, 1) for _ in range(3))
    informed.on_stage(A, "m1", B, "DONE", 150_000)
    other_informed.on_stage(B, "m1", B, "DONE", 150_000)
    end_ms = toowoomba.meta.duration_ms
    assert "m2" in said(informed.advance(end_ms))
    assert "m2" not in said(ignorant.advance(end_ms))
    assert "m2" not in said(other_informed.advance(end_ms))


def test_a_stage_learned_sends_a_message_once(unanswered: Scenario) -> None:
    director = Director(unanswered, 1)
    director.on_stage(B, "flash", B, "READ", 40_000)
    assert director.next_time_ms() == 20_000
    assert list(said(director.advance(100_000))) == ["flash"]
    director.on_stage(A, "flash", B, "READ", 50_000)
    director.on_stage(A, "flash", B, "READ", 55_000)
    assert said(director.advance(300_000)) == {"after-read": 60_000}
    assert director.next_time_ms() is None


def test_a_message_received_is_presented_and_answered_step_by_step(toowoomba: Scenario) -> None:
    director = Director(toowoomba, 1)
    director.advance(60_000)
    director.on_received(B, M1, 60_500)
    director.on_received(B, M1, 61_000)
    assert director.advance(61_500) == [Present(61_500, B, M1)]
    director.on_presented(B, M1, 61_500)
    director.on_presented(B, M1, 61_600)
    steps = replies(director.advance(15 * 60_000))
    assert [(step.step.stage, step.step.by) for step in steps] == [
        ("READ", "chn-watch-1"),
        ("DECIDED", "chn-watch-2"),
        ("DONE", "chn-watch-2"),
    ]
    drawn_ms = [
        toowoomba.delay_ms(delay, Stream(1, f"reply {B} m1 {number} {stage}"))
        for number, (delay, stage) in enumerate([("reading", "READ"), ("deciding", "DECIDED"), ("reporting", "DONE")])
    ]
    times = [61_500, *(step.at_ms for step in steps)]
    assert [later - earlier for earlier, later in pairwise(times)] == drawn_ms


def test_a_post_that_is_not_staffed_presents_nothing(unanswered: Scenario) -> None:
    director = Director(unanswered, 1)
    director.advance(20_000)
    director.on_received("NATO/DEU:north-sea-watch", message_named("flash"), 21_000)
    assert director.advance(300_000) == [] and director.next_time_ms() is None


def test_one_purposes_delay_does_not_depend_on_what_else_happens(changed: Change) -> None:
    def first_read_ms(scenario: Scenario) -> int:
        director = Director(scenario, 5)
        director.advance(60_000)
        director.on_presented(B, M1, 62_000)
        return replies(director.advance(10 * 60_000))[0].at_ms

    assert first_read_ms(changed()) == first_read_ms(changed("after: 3 min", "after: writing"))
    assert first_read_ms(changed()) != first_read_ms(changed("READ: reading", "READ: 7 s"))


def test_actions_leave_in_order_of_time(toowoomba: Scenario) -> None:
    director = Director(toowoomba, 3)
    for message in ("m1", "m3", "m5"):
        director.on_presented(B, message_named(message), 61_000)
    times = [action.at_ms for action in director.advance(toowoomba.meta.duration_ms)]
    assert times == sorted(times)

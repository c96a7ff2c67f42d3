"""The closed loop: what people decide moves craft, and what moves changes what they meet."""

from __future__ import annotations

from hotline import v1
from hotline_sim.conclude import conclude
from hotline_sim.plot import Plot
from hotline_sim.run import Run
from hotline_sim.scenario import Scenario, bundled, load, loads
from hotline_sim.world import World

DECATUR, LINE = "decatur-2018", "with-line"
PAIR = ("decatur", "lanzhou")


def played(scenario: Scenario, seed: int | None = None) -> Run:
    return World(scenario, scenario.meta.seed if seed is None else seed).play().run


def least_m(run: Run) -> tuple[int, int]:
    """Time and range of the closest approach."""
    found = Plot(run.scenario, run.ways).closest_of(PAIR)
    return found.time_ms, found.range_m


def spoilt(old: str, new: str, variant: str | None = LINE) -> Scenario:
    text = bundled()[DECATUR].read_text(encoding="utf-8")
    assert old in text, old
    return loads(text.replace(old, new).encode(), variant=variant)


def test_what_was_used_and_who_touched_is_on_record() -> None:
    run = played(load(bundled()["mq9-2023"]))
    assert run.used == (("su27", "FUEL"),)
    assert list(Plot(run.scenario, run.ways).touching()) == [("mq9", "su27")]
    assert list(Plot(played(load(bundled()[DECATUR])).scenario, {}).touching()) == []


def test_tracks_are_samples_of_both_kinds_of_unit(toowoomba: Scenario) -> None:
    run = played(load(bundled()["mq9-2023"]))
    drone, ship = run.tracks["mq9"], played(toowoomba).tracks["ningbo"]
    assert drone.start_ms == ship.start_ms == 0
    assert drone.end_ms == run.scenario.meta.duration_ms and ship.end_ms == toowoomba.meta.duration_ms
    assert drone.altitude_m[0] == 7600 and drone.altitude_m[-1] < 5000


def test_one_slower_reader_changes_times_and_the_closest_approach() -> None:
    quick = played(load(bundled()[DECATUR], LINE))
    slow = played(spoilt("READ: reading,", "READ: 3 min,"))
    (quick_ms, quick_m), (slow_ms, slow_m) = least_m(quick), least_m(slow)
    assert quick_ms != slow_ms and quick_m > slow_m + 100
    assert ordered_ms(slow) > ordered_ms(quick)


def ordered_ms(run: Run) -> int:
    return next(each.at_ms for each in run.orders if (each.subject, each.what) == ("ordered-off", "OBEYED"))


def test_the_same_seed_is_the_same_encounter_and_another_is_another() -> None:
    scenario = load(bundled()[DECATUR], LINE)
    one, same, other = (conclude(World(scenario, seed).play()).trace_digest for seed in (5, 5, 6))
    assert one == same != other


def test_a_crew_that_does_not_obey_crosses_all_the_same() -> None:
    run = played(spoilt("languages: [zh, en], reaction: 10 s,", "languages: [zh, en], reaction: 10 s, obeys: 0 %,"))
    told = {(each.subject, each.what) for each in run.orders}
    assert ("ordered-off", "REFUSED") in told and ("cut-in", "OBEYED") in told
    assert least_m(run)[1] < 80


def test_what_only_one_side_understands_is_not_heard() -> None:
    run = played(spoilt("by: ship-shore, languages: [en]", "by: ship-shore, languages: [fr]", None))
    assert [each.what for each in run.happenings if each.subject == "warning"] == ["SAID", "UNHEARD"]


def test_messages_say_where_craft_really_were() -> None:
    run = played(load(bundled()[DECATUR], LINE))
    view = run.message("m1")
    assert view is not None
    sealed_ms = run.time_ms(view.sealed_at_ns)
    there = run.ways["decatur"].position(sealed_ms)
    said = v1.IncidentFlash.FromString(view.statement.body).position
    assert abs(said.latitude_deg - there.lat_deg) < 2e-4 and abs(said.longitude_deg - there.lon_deg) < 2e-4

"""The closed loop: what people decide moves craft, and what moves changes what they meet."""

from __future__ import annotations

import pytest

from hotline import v1
from hotline_sim.conclude import conclude
from hotline_sim.demo import run_virtual
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


@pytest.mark.parametrize("name", [DECATUR, "mq9-2023"])
def test_the_replay_gives_the_public_figures_and_the_line_changes_them(name: str) -> None:
    for variant in (None, LINE):
        result = run_virtual(load(bundled()[name], variant))
        assert result.ok, [checked for checked in result.expectations if not checked.ok]


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

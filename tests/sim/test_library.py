"""The library of incidents: what is public of them comes out of decisions and motion, and hangs on delays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import pytest

from hotline.messages.yamltree import read_tree
from hotline_sim.conclude import conclude
from hotline_sim.parameters import scenario_of, with_values
from hotline_sim.plot import Plot
from hotline_sim.result import RunResult
from hotline_sim.run import Run
from hotline_sim.scenario import bundled, load
from hotline_sim.world import World


@dataclass(frozen=True)
class Incident:
    """An incident in the closed loop, one of its delays made longer, and the variant in which that delay counts."""

    name: str
    path: str
    value: str
    variant: str | None = "with-line"


INCIDENTS = (
    Incident("balloon-drift-2023", "units.balloon.motion.winds.1.speed", "17 m/s", None),
    Incident("brahmos-2022", "posts.PAK:operations-desk.reaction.READ", "2 min"),
    Incident("chung-hoon-loop-2023", "posts.CHN:fleet-watch.reaction.READ", "3 min"),
    Incident("courbet-2020", "posts.TUR:fleet-watch.reaction.READ", "6 min"),
    Incident("cowpens-2013", "posts.CHN:fleet-watch.reaction.READ", "4 min"),
    Incident("decatur-2018", "posts.CHN:fleet-watch.reaction.READ", "3 min"),
    Incident("defender-2021", "words.warned.after", "12 min", None),
    Incident("ep3-2001", "orders.approach.when.time", "T+00:13:30", "on-record"),
    Incident("ep3-2016", "posts.CHN:air-operations.reaction.READ", "4 min"),
    Incident("impeccable-loop-2009", "posts.CHN:fleet-watch.reaction.READ", "2 min"),
    Incident("laser-2025", "posts.CHN:escort-watch.reaction.READ", "4 min"),
    Incident("mq9-2023", "posts.RUS:air-operations.reaction.READ", "4 min"),
    Incident("norway-rocket-1995", "units.rocket.motion.apogee", "1000 km", "on-record"),
    Incident("p1-2018", "posts.KOR:fleet-watch.reaction.READ", "4 min"),
    Incident("p8-2014", "posts.CHN:navy-watch.reaction.READ", "2 min"),
    Incident("rc135-2015", "posts.CHN:air-operations.reaction.READ", "4 min"),
    Incident("su24-2015", "posts.RUS:air-group.reaction.READ", "90 s"),
    Incident("toowoomba-ningbo-loop-2023", "posts.CHN:fleet-watch.reaction.READ", "3 min"),
    Incident("tromp-2024", "posts.CHN:theatre-watch.reaction.READ", "4 min"),
    Incident("yi-peng-3-2024", "posts.CHN:maritime-centre.reaction.READ", "8 min"),
)
# They carry no code of failure: what is public of them was settled between the craft.
WITHOUT_FAILURE = {"cowpens-2013", "escorts-2012", "rc135-2015"}


def played(incident: Incident, **values: str) -> RunResult:
    document = read_tree(bundled()[incident.name].read_bytes()).data
    wanted = {"variant": incident.variant} if incident.variant else {}
    scenario = scenario_of(with_values(document, {**wanted, **values}), incident.name)
    return conclude(World(scenario, scenario.meta.seed).play())


def outcome(result: RunResult) -> tuple[object, ...]:
    """When orders, words and answers came, and how close each pair came."""
    run = result.picture.run
    plot = Plot(run.scenario, run.ways)
    said = run.scenario.messages if run.scenario.hotline else ()
    answers = tuple(answer.said_ms for name in said for answer in result.picture.message(name).answers)
    return run.happenings, answers, tuple(plot.closest_of(pair) for pair in combinations(sorted(run.ways), 2))


@pytest.fixture(params=[each.name for each in INCIDENTS])
def as_recorded(request: pytest.FixtureRequest, bundled_runs: Callable[[str], RunResult]) -> RunResult:
    return bundled_runs(request.param)


def test_what_is_public_comes_out_within_the_stated_tolerance(as_recorded: RunResult) -> None:
    assert as_recorded.ok, [(one.words, one.found) for one in as_recorded.expectations if not one.ok]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.name)
def test_one_delay_moves_times_or_the_closest_approach(incident: Incident) -> None:
    assert outcome(played(incident)) != outcome(played(incident, **{incident.path: incident.value}))


def test_every_closed_loop_incident_is_in_the_table() -> None:
    loaded = {name: load(file) for name, file in bundled().items()}
    moving = {
        name for name, one in loaded.items() if not one.hotline or any(unit.motion for unit in one.units.values())
    }
    assert moving == {each.name for each in INCIDENTS}


@pytest.mark.parametrize("name", sorted(bundled()))
def test_every_scenario_has_sources_titles_and_a_failure_or_is_known_to_have_none(name: str) -> None:
    scenario = load(bundled()[name])
    assert scenario.meta.synthetic or scenario.sources
    assert scenario.meta.title and scenario.meta.title_zh
    assert scenario.meta.failures or name in WITHOUT_FAILURE
    assert all(len(point.accounts) > 1 for point in scenario.disputed)


def test_a_missile_and_a_balloon_go_by_their_models(bundled_runs: Callable[[str], RunResult]) -> None:
    """The time of fall follows from the apogee, and the day over the sea from the winds."""
    fell = {
        apogee: next(each.at_ms for each in played_rocket(apogee).happenings if each.what == "FELL")
        for apogee in ("1453 km", "1000 km")
    }
    assert 21 * 60_000 < fell["1453 km"] - 27 * 3_600_000 < 27 * 60_000
    assert fell["1000 km"] < fell["1453 km"] - 4 * 60_000
    balloon = bundled_runs("balloon-drift-2023").picture.run.tracks["balloon"]
    assert len(balloon.time_ms) < 10_000 and balloon.altitude_m[-1] == 18_000


def played_rocket(apogee: str) -> Run:
    incident = next(each for each in INCIDENTS if each.name == "norway-rocket-1995")
    return played(incident, **{incident.path: apogee}).picture.run

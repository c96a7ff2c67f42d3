"""Kinds of encounter against a published set (Imazu's 22) and against another program's verdicts (trafficgen)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hotline import v1
from hotline.conduct.encounters import Angles, Encounter, Kind, classify, encounters
from hotline.conduct.facts import Unit
from hotline.conduct.pair import pair_of
from hotline.conduct.rules import Settings
from hotline.conduct.samples import Samples
from hotline.geo.geodesy import Position, destination
from hotline.geo.track import ArriveAt, make_track

HERE = Path(__file__).parent
IMAZU = yaml.safe_load((HERE / "imazu.yaml").read_text(encoding="utf-8"))
TRAFFICGEN = yaml.safe_load((HERE / "trafficgen.yaml").read_text(encoding="utf-8"))
ANGLES_DEG = [-176.25 + 7.5 * step for step in range(48)]
MEET_MS, END_MS = 25 * 60_000, 50 * 60_000
POINT = Position(31.0, 128.0)
KNOT = 1852 / 3600
LETTERS = {
    Kind.HEAD_ON: "H",
    Kind.A_OVERTAKES: "o",
    Kind.B_OVERTAKES: "O",
    Kind.A_GIVES_WAY: "c",
    Kind.B_GIVES_WAY: "C",
    Kind.NO_RULE: ".",
}


def vessel(name: str, course_deg: float, speed_kn: float) -> Unit:
    """A ship that is at the meeting point after 25 minutes."""
    run_m = speed_kn * KNOT * MEET_MS / 1000
    start = destination(POINT, course_deg + 180.0, run_m)
    end = destination(POINT, course_deg, run_m)
    samples = Samples.from_track(make_track(start, 0, [ArriveAt(end, END_MS)]), 60_000)
    return Unit(name, name, name, v1.CRAFT_KIND_WARSHIP, samples, "the test")


def met(target: str) -> Encounter:
    course, _, slow = str(target).partition(" ")
    pair = pair_of(vessel("own", 0.0, 10.0), vessel("target", float(course), 4.0 if slow else 10.0))
    assert pair is not None
    (found,) = encounters(pair, Settings())
    return found


def expected(target: str) -> Kind:
    """What the set is meant to show, by course: the rules of the road as navigators read it."""
    course, _, slow = str(target).partition(" ")
    if slow:
        return Kind.A_OVERTAKES
    if float(course) == 180.0:
        return Kind.HEAD_ON
    return Kind.B_GIVES_WAY if 0.0 < float(course) < 180.0 else Kind.A_GIVES_WAY


@pytest.mark.parametrize("case", IMAZU)
def test_the_set_of_imazu(case: int) -> None:
    for target in IMAZU[case]:
        found = met(target)
        assert found.kind is expected(target), (case, target)
        assert 0 <= found.pair.time_ms[found.closest] - MEET_MS < 60_000
        assert found.pair.range_m[found.closest] < 100.0


def recorded(from_own: float, from_other: float) -> str:
    return str(TRAFFICGEN["rows"][ANGLES_DEG.index(from_own)][ANGLES_DEG.index(from_other)])


def nearest(angle_deg: float) -> float:
    return min(ANGLES_DEG, key=lambda of_grid: abs(of_grid - angle_deg))


def collide(from_own: float, from_other: float) -> bool:
    """Whether two ships that see each other so can close to nothing with some speeds."""
    return from_own * from_other < 0 and abs(from_own) + abs(from_other) < 180.0


def test_another_program_says_the_same_of_every_collision_course() -> None:
    """Every geometry of the grid from which ships can collide, 552. Two differ, and why is said here."""
    differ: dict[tuple[float, float], str] = {}
    compared = 0
    for own in ANGLES_DEG:
        for other in ANGLES_DEG:
            if collide(own, other):
                compared += 1
                ours = LETTERS[classify(Angles(own, other), Settings())]
                if ours != recorded(own, other):
                    differ[own, other] = f"{ours} for {recorded(own, other)}"
    assert compared == 552
    # Each 3.75 deg off the other's bow, courses 7.5 deg from reciprocal: ours counts courses (6 deg), theirs each
    # bearing (5 deg).
    assert differ == {(-3.75, 3.75): "C for H", (3.75, -3.75): "c for H"}


def test_another_program_on_the_set_of_imazu() -> None:
    """At the beginning of risk, for each ship at the nearest angles of the grid; head-on lies between its lines."""
    compared = 0
    for target in (target for targets in IMAZU.values() for target in targets):
        found = met(target)
        seen = [float(angle[found.start]) for angle in (found.pair.from_a_deg, found.pair.from_b_deg)]
        near = [nearest(one) for one in seen]
        if found.kind is not Kind.HEAD_ON:
            compared += 1
            assert recorded(*near) == LETTERS[found.kind], target
    assert compared == 46


def test_it_stays_what_it_was() -> None:
    """Rule 13(d): a ship overtaken that turns across the bow of the other does not make it a crossing."""
    own = vessel("own", 0.0, 12.0)
    start = destination(POINT, 180.0, 4.0 * KNOT * MEET_MS / 1000)
    turn = destination(start, 0.0, 4.0 * KNOT * 1200)
    track = make_track(start, 0, [ArriveAt(turn, 1_200_000), ArriveAt(destination(turn, 270.0, 2000.0), END_MS)])
    slow = Unit("slow", "slow", "slow", v1.CRAFT_KIND_WARSHIP, Samples.from_track(track, 60_000), "the test")
    pair = pair_of(own, slow)
    assert pair is not None
    assert [found.kind for found in encounters(pair, Settings())] == [Kind.A_OVERTAKES]


def test_no_risk_no_encounter() -> None:
    own, apart = vessel("own", 0.0, 10.0), vessel("apart", 0.0, 10.0)
    pair = pair_of(own, apart)
    assert pair is not None and [*encounters(pair, Settings())] == []
    late = Samples.from_track(make_track(POINT, END_MS + 1, [ArriveAt(POINT, END_MS + 2)]), 1000)
    assert pair_of(own, Unit("late", "late", "late", v1.CRAFT_KIND_WARSHIP, late, "the test")) is None


@pytest.mark.parametrize(
    ("own", "other", "kind"),
    [
        (0.0, 0.0, Kind.HEAD_ON),
        (11.0, 11.0, Kind.HEAD_ON),
        (11.5, 11.5, Kind.NO_RULE),
        (5.0, -5.0, Kind.A_GIVES_WAY),
        (0.0, 112.6, Kind.A_OVERTAKES),
        (0.0, 112.5, Kind.B_GIVES_WAY),
        (-120.0, 0.0, Kind.B_OVERTAKES),
        (170.0, 170.0, Kind.NO_RULE),
        (40.0, 30.0, Kind.NO_RULE),
    ],
)
def test_the_edges(own: float, other: float, kind: Kind) -> None:
    assert classify(Angles(own, other), Settings()) is kind

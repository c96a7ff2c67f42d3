from __future__ import annotations

import math

import numpy as np
import pytest

from hotline import v1
from hotline_sim.recorded.cleaning import clean
from hotline_sim.recorded.report import Report


def reports(
    *points: tuple[float, float], unit: str = "100000001", aircraft: bool = False, **more: float
) -> list[Report]:
    """Points (second, metres north), a line each."""
    kind = v1.CRAFT_KIND_CIVIL_AIRCRAFT if aircraft else v1.CRAFT_KIND_CIVIL_VESSEL
    values = {"altitude_m": 0.0, "course_deg": 0.0, "speed_mps": 5.0} | more
    return [
        Report(unit, kind, round(second * 1000), north / 110_574, 0.0, line=line, **values)
        for line, (second, north) in enumerate(points, start=1)
    ]


STEADY = [(second, second * 5.0) for second in range(0, 300, 10)]


def test_a_steady_track() -> None:
    (track,), counts = clean({"file": reports(*STEADY)})
    assert (track.name, track.file, len(track.samples)) == ("Vessel 001", "file", 30)
    assert track.lines.tolist() == [*range(1, 31)]
    assert (counts.doubles, counts.jumps, counts.gaps) == (0, 0, 0)


def test_doubles_and_jumps_are_left_out() -> None:
    spoilt = [*STEADY[:10], (90, 450.0), (95, 50_000.0), *STEADY[10:]]
    (track,), counts = clean({"file": reports(*spoilt)})
    assert len(track.samples) == 30 and (counts.doubles, counts.jumps, counts.gaps) == (1, 1, 0)
    assert 12 not in track.lines.tolist()


def test_two_stations_with_one_number_are_two_tracks() -> None:
    elsewhere = [(second + 1, 90_000.0 - second * 5.0) for second, _ in STEADY]
    tracks, counts = clean({"file": reports(*STEADY, *elsewhere)})
    assert [len(track.samples) for track in tracks] == [30, 30] and counts.jumps == 0
    assert {track.name for track in tracks} == {"Vessel 001"}


@pytest.mark.parametrize(("aircraft", "tracks"), [(False, 1), (True, 2)])
def test_gaps_are_cut(aircraft: bool, tracks: int) -> None:
    """Five minutes: long for an aircraft, not for a ship."""
    later = [(second + 590, north + 2950.0) for second, north in STEADY]
    found, counts = clean({"file": reports(*STEADY, *later, aircraft=aircraft)})
    assert len(found) == tracks and counts.gaps == tracks - 1
    assert found[0].name == ("Aircraft 001" if aircraft else "Vessel 001")


def test_names_are_ours_and_the_same_in_every_file() -> None:
    both = reports(*STEADY) + reports(*STEADY, unit="100000002")
    tracks, _ = clean({"one": both, "two": reports(*STEADY, unit="100000002")})
    assert [(track.name, track.file) for track in tracks] == [
        ("Vessel 001", "one"),
        ("Vessel 002", "one"),
        ("Vessel 002", "two"),
    ]
    assert "10000000" not in str(tracks)


def test_course_and_speed_from_the_way_where_they_were_not_recorded() -> None:
    nan = math.nan
    (track,), _ = clean({"file": reports(*STEADY, course_deg=nan, speed_mps=nan)})
    assert track.samples.speed_mps == pytest.approx(np.full(30, 5.0), rel=1e-3)
    assert track.samples.course_deg == pytest.approx(np.zeros(30))
    (still,), _ = clean({"file": reports(*((second, 0.0) for second, _ in STEADY), course_deg=nan, speed_mps=nan)})
    assert np.isnan(still.samples.course_deg).all() and not still.samples.speed_mps.any()

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.conduct.samples import Samples, SamplesError
from hotline.geo.geodesy import Position, offset_m, range_m
from hotline.geo.track import ArriveAt, SpeedTo, StopFor, Track, make_track

TRACK = make_track(
    Position(31.0, 128.0),
    0,
    [SpeedTo(Position(31.1, 128.2), 7.5), StopFor(300_000), ArriveAt(Position(31.0, 128.3), 7_200_000)],
)
places = st.builds(Position, st.floats(-70, 70), st.floats(-180, 180))


def samples(**changed: list[float]) -> Samples:
    arrays = {
        "time_ms": [0, 1000, 3000],
        "lat_deg": [10.0, 10.001, 10.003],
        "lon_deg": [179.999, -180.0, -179.998],
        "altitude_m": [100.0, 110.0, float("nan")],
        "course_deg": [45.0, float("nan"), 90.0],
        "speed_mps": [5.0, 0.0, 5.0],
    } | changed
    return Samples(**{name: np.array(values) for name, values in arrays.items()})


@pytest.mark.parametrize("step_ms", [1000, 60_000, 10_000_000])
def test_a_sampled_track_is_the_track(step_ms: int) -> None:
    found = Samples.from_track(TRACK, step_ms)
    assert (found.start_ms, found.end_ms) == (TRACK.start_ms, TRACK.end_ms)
    assert {*TRACK.knots_ms} <= {*found.time_ms.tolist()}
    for index in range(0, len(found), max(1, len(found) // 50)):
        one, own = TRACK.at(int(found.time_ms[index])), found.at(int(found.time_ms[index]))
        assert range_m(one.position, own.position) < 1e-3
        assert own.speed_mps == pytest.approx(one.speed_mps) and own.altitude_m is None
        assert own.course_deg == (None if one.course_deg is None else pytest.approx(one.course_deg, abs=1e-3))


@settings(max_examples=25)
@given(start=places, bearing=places, time_ms=st.integers(0, 3_600_000))
def test_between_samples_a_unit_runs_a_geodesic(start: Position, bearing: Position, time_ms: int) -> None:
    end = Position(max(-70.0, min(70.0, start.lat_deg + bearing.lat_deg / 100)), bearing.lon_deg / 100)
    track: Track = make_track(start, 0, [ArriveAt(end, 3_600_000)])
    found = Samples.from_track(track, 3_600_000)
    assert range_m(found.at(time_ms).position, track.position(time_ms)) < 1e-2
    one, many = found.at(time_ms), found.resampled([time_ms]).at(time_ms)
    assert range_m(one.position, many.position) < 1e-2 and one.speed_mps == many.speed_mps


def test_what_is_unknown_stays_unknown() -> None:
    found = samples()
    assert found.at(500).altitude_m == 105.0 and found.at(500).course_deg == 45.0
    assert found.at(1000).course_deg is None and found.at(1000).altitude_m == 110.0
    assert found.at(2000).altitude_m is None
    assert np.isnan(found.resampled([1000, 2000]).altitude_m).tolist() == [False, True]


def test_across_the_date_line() -> None:
    found = samples().at(2000).position
    assert found.lon_deg == pytest.approx(-179.999) and found.lat_deg == pytest.approx(10.002)


def test_a_plane_at_an_origin() -> None:
    origin = Position(10.0, 179.9)
    for xy, lat, lon in zip(samples().local_xy(origin), samples().lat_deg, samples().lon_deg, strict=True):
        one = offset_m(origin, Position(float(lat), float(lon)))
        assert tuple(xy) == pytest.approx((one.east_m, one.north_m), abs=1e-3)


def test_a_part() -> None:
    part = samples().part(500, 3000)
    assert part is not None and part.time_ms.tolist() == [1000, 3000]
    assert samples().part(1001, 1002) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"time_ms": [0, 0, 1]},
        {"lat_deg": [0.0, 91.0, 0.0]},
        {"lon_deg": [0.0, float("nan"), 0.0]},
        {"speed_mps": [1.0]},
    ],
)
def test_what_makes_no_samples(changed: dict[str, list[float]]) -> None:
    with pytest.raises(SamplesError):
        samples(**changed)


def test_outside_nothing_is_known() -> None:
    with pytest.raises(SamplesError, match="0 to 3000"):
        samples().at(3001)
    with pytest.raises(SamplesError, match="0 to 3000"):
        samples().resampled([-1])
    with pytest.raises(ValueError, match="read-only"):
        samples().lat_deg[0] = 0.0

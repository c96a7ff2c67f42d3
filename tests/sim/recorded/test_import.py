"""From a recording to a scenario that is checked and played, by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import run

from hotline.geo.geodesy import Position, range_m
from hotline_sim.demo import run_virtual
from hotline_sim.scenario import load
from hotline_sim.scenario.expect import ExpectClosestApproach

HERE = Path(__file__).parent
CSV = str(HERE / "harbour.csv")


def call(*words: str) -> tuple[int, dict[str, Any]]:
    ran = run(*words, "--json")
    return ran.status, ran.json


def test_the_closest_encounters_ranked() -> None:
    status, told = call("sim", "import", CSV)
    assert (status, told["ok"], told["units"], told["reports"], told["found"]) == (0, True, 8, 270, 11)
    ranges = [each["range_m"] for each in told["encounters"]]
    assert ranges == sorted(ranges) and ranges[0] == 20
    first = told["encounters"][0]
    assert first["units"] == ["Vessel 007", "Vessel 008"] and first["met"] == "A_GIVES_WAY"
    assert "100000" not in json.dumps(told), "no recorded number"


@pytest.mark.parametrize("moved", [(), ("--move-to", "20.0 N, 120.0 E")])
@pytest.mark.parametrize("rank", ["1", "5"])
def test_a_scenario_that_is_checked_and_played(tmp_path: Path, rank: str, moved: tuple[str, ...]) -> None:
    out = tmp_path / "Met in the harbour.yaml"
    status, told = call("sim", "import", CSV, "--encounter", rank, "--out", str(out), *moved)
    assert status == 0 and told["scenario"] == str(out)
    assert call("sim", "check", str(out))[0] == 0
    scenario = load(out)
    result = run_virtual(scenario, None, None)
    assert result.ok and scenario.meta.id == "met-in-the-harbour"
    (expected,) = (each for each in scenario.expectations if isinstance(each, ExpectClosestApproach))
    assert round(expected.range_m) == told["encounters"][int(rank) - 1]["range_m"]
    points = [point for unit in scenario.units.values() for point in unit.track]
    assert all(str(point.source).endswith("(RECORDING)") for point in points)
    near = [range_m(point.at, Position(20.0, 120.0)) < 20_000 for point in points if point.at]
    assert all(near) == bool(moved)
    assert "100000" not in out.read_text(encoding="utf-8")


def test_every_recorded_point_lies_close_to_the_scenarios_tracks(tmp_path: Path) -> None:
    """Within 5 m and what the writing of positions takes."""
    from hotline_sim.recorded.cleaning import clean
    from hotline_sim.recorded.forms import read

    out = tmp_path / "met.yaml"
    call("sim", "import", CSV, "--encounter", "5", "--out", str(out))
    scenario = load(out)
    tracks, _ = clean({"file": read(HERE / "harbour.csv").reports})
    for name, track in scenario.tracks.items():
        recorded = next(each for each in tracks if each.name.lower().replace(" ", "-") == name)
        begins_ms = scenario.meta.start_utc_ns // 1_000_000
        part = recorded.samples.part(begins_ms, begins_ms + scenario.meta.duration_ms)
        assert part is not None
        for time_ms in part.time_ms.tolist():
            assert range_m(part.at(time_ms).position, track.position(time_ms - begins_ms)) < 5.5


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("--within", "5"), 1, "TRACKS_NO_ENCOUNTER"),
        (("--moving", "30"), 1, "TRACKS_NO_ENCOUNTER"),
        (("--encounter", "99", "--out", "never.yaml"), 2, "TRACKS_NO_ENCOUNTER"),
        (("--out", "never.yaml", "--move-to", "here"), 2, "USAGE"),
        (("--out", "no/such/folder/never.yaml"), 2, "FILE_UNREADABLE"),
    ],
)
def test_what_cannot_be_done(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    status: int,
    code: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, told = call("sim", "import", CSV, *words)
    assert (found, told["ok"], told["code"]) == (status, False, code)
    assert not (tmp_path / "never.yaml").exists()


def test_bad_lines_are_told_or_left_out(tmp_path: Path) -> None:
    file = tmp_path / "spoilt.csv"
    lines = (HERE / "harbour.csv").read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:9], "rubbish", *lines[9:]]), encoding="utf-8")
    status, told = call("sim", "import", str(file))
    assert (status, told["code"]) == (2, "TRACKS_INVALID") and "spoilt.csv:10: " in told["detail"]
    status, told = call("sim", "import", str(file), "--skip-bad")
    assert status == 0 and told["left_out"][0]["bad_lines"] == 1 and told["bad"][0].startswith("spoilt.csv:10: ")


def air(file: Path, seconds: int) -> str:
    """Two aircraft cross at one height, a third 3,000 m above; positions every 10 s, a quarter after the second."""
    rows = ["time,icao24,lat,lon,velocity,heading,onground,geoaltitude"]
    for second in range(-seconds, seconds + 1, 10):
        far, time = second * 200 / 111_000, f"{1_700_000_000 + second}.25"
        rows.append(f"{time},aaaaaa,{50 + far:.6f},5.0,200,0,False,9000")
        rows.append(f"{time},bbbbbb,50.0,{5 + far * 1.55:.6f},200,90,False,9100")
        rows.append(f"{time},cccccc,50.0,{5 - far * 1.55:.6f},200,270,False,12000")
    file.write_text("\n".join(rows), encoding="utf-8")
    return str(file)


def test_aircraft_and_a_wide_difference_of_height(tmp_path: Path) -> None:
    out = tmp_path / "air.yaml"
    status, told = call("sim", "import", air(tmp_path / "air.csv", 150), "--out", str(out))
    (met,) = told["encounters"]
    assert status == 0 and met["units"] == ["Aircraft 001", "Aircraft 002"] and met["height_m"] == 100
    assert met["kinds"] == ["CIVIL_AIRCRAFT"] * 2 and met["met"] == "" and told["form"] == "CSV, OpenSky state vectors"
    assert run_virtual(load(out), None, None).ok


def test_tracks_that_hardly_overlap_make_no_scenario(tmp_path: Path) -> None:
    file = air(tmp_path / "air.csv", 20)
    assert call("sim", "import", file)[0] == 0
    status, told = call("sim", "import", file, "--out", str(tmp_path / "air.yaml"))
    assert (status, told["code"]) == (2, "TRACKS_NO_ENCOUNTER") and "less than a minute" in told["detail"]


def test_indicators_of_a_recording() -> None:
    status, told = call("conduct", "show", CSV, "--within", "100", "--set", "R07.time=6 min")
    assert (status, told["units"], told["pairs"]) == (0, 8, 5)
    shown = told["indicators"]
    assert {"R07", "R15"} <= {each["rule"] for each in shown}
    risk = next(each for each in shown if each["rule"] == "R07")
    assert risk["parameters"]["time"] == "6 min, set by hand" and risk["name_zh"]
    assert {given["whose"] for given in risk["inputs"]} == {"computed", "harbour.csv"}
    assert "violation" not in json.dumps(told).lower()


def test_a_parameter_that_no_rule_has() -> None:
    status, told = call("conduct", "show", CSV, "--set", "N08.reach=1 m")
    assert (status, told["code"]) == (2, "PARAMETER_INVALID")


def test_the_rules_are_listed() -> None:
    status, told = call("conduct", "rules")
    assert status == 0 and len(told["rules"]) == 25
    assert "500 yd (E)" in next(each for each in told["rules"] if each["rule"] == "N08")["parameters"]

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyais import encode_dict

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline_sim.recorded.forms import Recording, read
from hotline_sim.recorded.report import Report

HERE = Path(__file__).parent
Read = Callable[..., Recording]
KNOT = 1852 / 3600

DANISH = """\
# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,Ship type
31/12/2015 23:59:59,Class A,100000001,57.1,10.2,Under way,,12.0,90.5,91,,,,Military
31/12/2015 23:59:59,Base Station,100000002,91.0,181.0,,,,,,,,,
"""
# The first columns of the state vectors, without the last contact.
OPENSKY = """\
time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,alert,spi,squawk,baroaltitude,geoaltitude,lastposupdate
1493892000,ABCDEF,46.1,7.2,200.5,271.0,0,,False,False,False,,10000.0,10100.0,1493891999.25
1493892000,abcdef,46.1,7.2,5,271.0,0,,True,False,False,,500.0,500.0,1493891999.25
1493892010,abcdef,,,200.5,271.0,0,,False,False,False,,,,
"""
SBS = """MSG,4,1,1,4CA2D6,1,2026/03/01,10:00:00.000,2026/03/01,10:00:00.000,,,420.0,185.0,,,0,,,,,
MSG,3,1,1,4CA2D6,1,2026/03/01,10:00:01.500,2026/03/01,10:00:01.500,,31000,,,51.5,-3.25,,,,,,0
MSG,1,1,1,4CA2D6,1,2026/03/01,10:00:02.000,2026/03/01,10:00:02.000,ABC123,,,,,,,,,,,
STA,,1,1,4CA2D6,1,2026/03/01,10:00:02.000,2026/03/01,10:00:02.000,RM
"""


@pytest.fixture
def reading(tmp_path: Path) -> Read:
    def of(text: str, **options: Any) -> Recording:
        file = tmp_path / "recording"
        file.write_text(text, encoding="utf-8")
        return read(file, **options)

    return of


def same(one: Report, other: Report) -> bool:
    """To what a message of AIS can hold."""
    near = abs(one.lat_deg - other.lat_deg) < 2e-6 and abs(one.lon_deg - other.lon_deg) < 2e-6
    return (
        near and (one.unit, one.time_ms) == (other.unit, other.time_ms) and abs(one.speed_mps - other.speed_mps) < 0.1
    )


def test_the_same_recording_as_csv_and_as_nmea() -> None:
    """Real reports: MarineCadastre's columns, and the sentences that carry them with the time in a tag block."""
    csv, nmea = read(HERE / "harbour.csv"), read(HERE / "harbour.nmea")
    assert (csv.form, nmea.form) == ("CSV, AIS", "NMEA 0183")
    assert (len(csv.reports), len(nmea.reports), nmea.reports[0].line) == (270, 200, 1)
    assert all(same(one, other) for one, other in zip(csv.reports, nmea.reports, strict=False))
    # -99.6 in the file: a course that ran over, 310.0.
    assert csv.reports[0].course_deg == pytest.approx(310.0) == nmea.reports[0].course_deg
    assert csv.reports[0].line == 2 and csv.reports[0].altitude_m == 0.0


def test_danish_columns(reading: Read) -> None:
    (report,) = reading(DANISH).reports
    assert (report.time_ms, report.lat_deg, report.course_deg) == (1451606399000, 57.1, 90.5)
    assert report.speed_mps == pytest.approx(12 * KNOT) and report.kind == v1.CRAFT_KIND_WARSHIP


@pytest.mark.parametrize(
    ("number", "kind"), [("35", "WARSHIP"), ("55.0", "LAW_ENFORCEMENT_VESSEL"), ("70", "CIVIL_VESSEL")]
)
def test_types_of_ship(reading: Read, number: str, kind: str) -> None:
    text = f"MMSI,BaseDateTime,LAT,LON,SOG,COG,VesselType\n100000001,2020-01-01T00:00:00,1,2,102.3,360.0,{number}\n"
    (report,) = reading(text).reports
    assert v1.CraftKind.Name(report.kind) == f"CRAFT_KIND_{kind}"
    assert math.isnan(report.course_deg) and math.isnan(report.speed_mps)


def test_state_vectors(reading: Read) -> None:
    (report,) = reading(OPENSKY).reports
    assert (report.unit, report.time_ms, report.altitude_m) == ("abcdef", 1493891999250, 10100.0)
    assert report.kind == v1.CRAFT_KIND_CIVIL_AIRCRAFT and report.speed_mps == 200.5


def test_base_station_lines(reading: Read) -> None:
    (report,) = reading(SBS).reports
    assert (report.line, report.lat_deg, report.lon_deg, report.course_deg) == (2, 51.5, -3.25, 185.0)
    assert report.altitude_m == pytest.approx(9448.8) and report.speed_mps == pytest.approx(420 * KNOT)
    assert report.time_ms % 60_000 == 1500


SENTENCE = "!AIVDM,1,1,,A,11OGQ2gP0>Lndu`GBT8d7001P000,0*4C"
AIS = "MMSI,BaseDateTime,LAT,LON,SOG,COG\n"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (SENTENCE, 1, "no time"),
        (f"\\c:1507075200*5A\\{SENTENCE[:-1]}D", 1, "checksum"),
        ("\\c:1507075200*5A\\!AIVDM,x,1,,A,15,0*00", 1, "no AIS sentence"),
        ("\\c:1507075200*5A\\!AIVDM,1,1,,A,,0*26", 1, ""),
        (AIS + "100000001,2020-01-01T00:00:00,1,2\n", 2, "4 values where there are 6 columns"),
        (AIS + "100000001,yesterday,1,2,3,4\n", 2, "no time"),
        (AIS + "10000000,2020-01-01T00:00:00,1,2,3,4\n", 2, "no MMSI"),
        (AIS + "\n100000001,2020-01-01T00:00:00,north,2,3,4\n", 3, "lat is no number"),
        (AIS + "100000001,2020-01-01T00:00:00,1,2,inf,4\n", 2, "knots is no number"),
        (OPENSKY + "1493892000,xyz,46.1,7.2,1,2,0,,False,,,,1,1,1\n", 5, "no ICAO"),
        (OPENSKY + "1493892000,abcdef,146.1,7.2,1,2,0,,False,,,,1,1,1\n", 5, "no position"),
        (SBS + "MSG,3,1,1\n", 5, "4 values"),
        (SBS + SBS.splitlines()[1].replace("10:00:01.500", "ten") + "\n", 5, "no time"),
    ],
)
def test_a_line_that_is_not_in_the_form(reading: Read, text: str, line: int, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        reading(text)
    assert refused.value.code == "TRACKS_INVALID"
    assert f"recording:{line}: " in str(refused.value) and why in str(refused.value)
    assert [at for at, _ in reading(text, skip_bad=True).bad] == [line]


def test_messages_without_a_position_are_passed_over(reading: Read) -> None:
    """A base station's report, and a part of a ship's name."""
    tagged = "\\c:1507075200*5A\\"
    (base,) = encode_dict({"type": 4, "mmsi": "002190000", "lat": 57.0, "lon": 10.0}, sentence_type="VDM")
    part = "!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C"
    found = reading(f"{tagged}{base}\n{tagged}{part}\n")
    assert (found.lines, found.reports, found.bad) == (2, [], [])


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "{}"])
def test_a_file_in_none_of_the_forms(reading: Read, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        reading(text)
    assert refused.value.code == "TRACKS_UNKNOWN_FORM"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path / "nothing")
    assert refused.value.code == "FILE_UNREADABLE"


def test_without_the_package_for_ais_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("pyais"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as refused:
        read(HERE / "harbour.nmea")
    assert refused.value.code == "TRACKS_NO_READER" and "hotline-protocol[all]" in str(refused.value)

"""The forms that recordings come in, told apart by their first line.

AIS as NMEA 0183 with tag blocks; AIS as CSV with the columns of the Danish Maritime Authority or of MarineCadastre;
ADS-B as state vectors of the OpenSky Network (CSV), or as BaseStation lines (SBS-1), whose times count as UTC.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline_sim.recorded.report import FOOT_M, KNOT_MPS, LineError, Reader, Report, number, ship, utc_ms

_TAG_BLOCK = re.compile(r"^\\([^\\]*)\\(.*)$")
_TAG_TIME = re.compile(r"(?:^|,)c:([0-9]{10}(?:[0-9]{3})?)(?=[,*]|$)")
_MMSI = re.compile(r"[0-9]{9}")
_ICAO24 = re.compile(r"[0-9A-Fa-f]{6}")
_POSITIONS = frozenset({1, 2, 3, 18, 19, 27})
_CSV_TIMES = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S")

# Columns by the names that the two kinds of file give them, in lower case.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "unit": ("mmsi",),
    "time": ("basedatetime", "base_date_time", "# timestamp", "timestamp"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "longitude"),
    "knots": ("sog",),
    "course": ("cog",),
    "kind": ("vesseltype", "vessel_type", "ship type"),
}
_OPENSKY = ("time", "icao24", "lat", "lon", "velocity", "heading")


@dataclass(slots=True)
class Recording:
    """What a file holds.

    Attributes:
        file: its name.
        form: its form in words.
        reports: positions in the order of the file.
        lines: lines read.
        bad: lines that are not in the form, each with why.
    """

    file: str
    form: str
    reports: list[Report] = field(default_factory=list)
    lines: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path, *, skip_bad: bool = False) -> Recording:
    """A recording.

    Raises:
        UsageError: FILE_UNREADABLE; TRACKS_UNKNOWN_FORM; TRACKS_INVALID with the first line that is not in the file's
            form, unless bad lines are to be skipped; TRACKS_NO_READER where the package for AIS messages is missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error
    lines = text.splitlines()
    first = next(((number, line) for number, line in enumerate(lines) if line.strip()), (0, ""))
    form, reader = _form_of(path.name, first[1])
    found = Recording(path.name, form)
    body = first[0] if form.startswith(("NMEA", "BaseStation")) else first[0] + 1
    for at, line in enumerate(lines[body:], start=body + 1):
        _take(found, reader, line, at, skip_bad)
    return found


def _take(found: Recording, reader: Reader, line: str, at: int, skip_bad: bool) -> None:
    if not line.strip():
        return
    found.lines += 1
    try:
        report = reader(line, at)
    except LineError as error:
        if not skip_bad:
            raise UsageError("TRACKS_INVALID", f"{found.file}:{at}: {error}") from error
        found.bad.append((at, str(error)))
    else:
        if report is not None:
            found.reports.append(report)


def _form_of(name: str, first: str) -> tuple[str, Reader]:
    """The form of a file, and what reads its lines."""
    if first.startswith(("!AI", "!BS", "!AB", "\\")):
        return "NMEA 0183", _nmea()
    if first.startswith(("MSG,", "SEL,", "ID,", "AIR,", "STA,", "CLK,")):
        return "BaseStation (SBS-1)", _sbs()
    columns = [column.strip().lower() for column in next(csv.reader([first]), [])]
    if set(_OPENSKY) <= set(columns):
        return "CSV, OpenSky state vectors", _opensky(columns)
    places = {what: _place(columns, names) for what, names in _COLUMNS.items()}
    if all(places[what] is not None for what in ("unit", "time", "lat", "lon")):
        return "CSV, AIS", _ais_csv(places, len(columns))
    raise UsageError(
        "TRACKS_UNKNOWN_FORM",
        f"{name}:1: neither AIS as NMEA, nor CSV with the columns of a maritime authority (mmsi, time, latitude, "
        f"longitude), nor state vectors with icao24, nor BaseStation lines: {first[:60]!r}",
    )


def _place(columns: Sequence[str], names: Iterable[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _fields(line: str, count: int) -> list[str]:
    found = next(csv.reader([line]), [])
    if len(found) < count:
        raise LineError(f"{len(found)} values where there are {count} columns")
    return found


def _ais_csv(places: Mapping[str, int | None], count: int) -> Reader:
    def read_line(line: str, at: int) -> Report | None:
        fields = _fields(line, count)
        values = {what: fields[place] if place is not None else "" for what, place in places.items()}
        if not _MMSI.fullmatch(values["unit"].strip()):
            raise LineError(f"no MMSI: {values['unit'][:40]!r}")
        lat, lon, course, knots = (number(values[what], what) for what in ("lat", "lon", "course", "knots"))
        time_ms = utc_ms(values["time"], *_CSV_TIMES)
        return ship(values["unit"].strip(), values["kind"], time_ms, lat, lon, course, knots, at)

    return read_line


def _opensky(columns: Sequence[str]) -> Reader:
    def read_line(line: str, at: int) -> Report | None:
        row = dict(zip(columns, _fields(line, len(columns)), strict=False))
        if row.get("onground", "").strip().lower() in ("true", "1") or not row["lat"].strip() or not row["lon"].strip():
            return None
        seconds = number(row.get("lastposupdate", "") or row["time"], "time")
        high = row.get("geoaltitude", "").strip() or row.get("baroaltitude", "")
        values = (number(row["lat"], "lat"), number(row["lon"], "lon"), number(high, "altitude"))
        moving = (number(row["heading"], "heading"), number(row["velocity"], "velocity"))
        return _aircraft(row["icao24"], round(seconds * 1000), values, moving, at)

    return read_line


def _sbs() -> Reader:
    moving: dict[str, tuple[float, float]] = {}

    def read_line(line: str, at: int) -> Report | None:
        fields = line.split(",")
        if fields[0] != "MSG":
            return None
        if len(fields) < 22:
            raise LineError(f"{len(fields)} values where a MSG line has 22")
        unit = fields[4].strip()
        if fields[1] == "4":
            moving[unit] = number(fields[13], "track"), number(fields[12], "ground speed") * KNOT_MPS
        if fields[1] != "3" or not fields[14].strip() or not fields[15].strip():
            return None
        time_ms = utc_ms(f"{fields[6]} {fields[7]}", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S")
        place = number(fields[14], "latitude"), number(fields[15], "longitude"), number(fields[11], "altitude") * FOOT_M
        return _aircraft(unit, time_ms, place, moving.get(unit, (math.nan, math.nan)), at)

    return read_line


def _aircraft(
    unit: str, time_ms: int, place: tuple[float, float, float], moving: tuple[float, float], line: int
) -> Report:
    lat, lon, altitude_m = place
    if not _ICAO24.fullmatch(unit.strip()):
        raise LineError(f"no ICAO 24-bit address: {unit[:40]!r}")
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
        raise LineError(f"no position: {lat}, {lon}")
    course_deg, speed_mps = moving
    return Report(
        unit.strip().lower(),
        v1.CRAFT_KIND_CIVIL_AIRCRAFT,
        time_ms,
        lat,
        lon,
        altitude_m,
        course_deg % 360.0,
        speed_mps,
        line,
    )


def _nmea() -> Reader:
    try:
        from pyais import decode
        from pyais.exceptions import AISBaseException
        from pyais.messages import NMEAMessage
    except ImportError as error:
        raise UsageError("TRACKS_NO_READER", "AIS messages need the package pyais: hotline-protocol[all]") from error

    def read_line(line: str, at: int) -> Report | None:
        tags, sentence = _tagged(line)
        if sentence.split(",")[1:2] not in (["1"], ["2"], ["3"], ["4"], ["5"]):
            raise LineError(f"no AIS sentence: {sentence[:40]!r}")
        if sentence.split(",")[1] != "1":
            return None  # names and voyages come in several parts, positions in one
        try:
            if not NMEAMessage(sentence.encode()).is_valid:
                raise LineError("the checksum is not that of the sentence")
            message: Any = decode(sentence)
        except (AISBaseException, ValueError, IndexError) as error:
            raise LineError(str(error) or "no AIS message") from error
        if message.msg_type not in _POSITIONS:
            return None
        time = _TAG_TIME.search(tags)
        if time is None:
            raise LineError("no time: it needs a tag block with c:, as in \\c:1593475200*5D\\!AIVDM,...")
        time_ms = int(time[1].ljust(13, "0"))
        values = (float(message.lat), float(message.lon), float(message.course), float(message.speed))
        return ship(f"{message.mmsi:09d}", "", time_ms, *values, at)

    return read_line


def _tagged(line: str) -> tuple[str, str]:
    """A tag block, empty where there is none, and the sentence."""
    match = _TAG_BLOCK.match(line)
    return (match[1].partition("*")[0], match[2].strip()) if match else ("", line.strip())


def forms(recordings: Iterable[Recording]) -> Iterator[str]:
    """Each form that occurs."""
    yield from dict.fromkeys(recording.form for recording in recordings)

"""Cuts the recorded tracks of the tests, without names, from the sample data of tracktable (Sandia, BSD-2-Clause).

    pip download --no-deps tracktable-data && unzip tracktable_data-*.whl
    python -m tools.cut_tracks tracktable_data/python_example_data/NYHarbor_2020_06_30_first_hour.csv

A harbour for 40 minutes, eight vessels under way. Numbers are replaced; names and call signs are left out; every
longitude is turned by one angle, which keeps all ranges and bearings, and every time by whole days. The NMEA file holds
the first 200 of the same reports, encoded by pyais with the time of each in its tag block.
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import xor
from pathlib import Path

from pyais import encode_dict

FOLDER = Path(__file__).parents[1] / "tests/sim/recorded"
# By place in the order of first appearance among all vessels of the file.
CHOSEN = (10, 21, 26, 31, 44, 64, 91, 172)
LAST = "2020-06-30T00:40:00"
TURN_DEG, DAYS = 30.0, -1000
COLUMNS = ("MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading", "VesselType")


def main() -> None:
    """Write both files."""
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["BaseDateTime"] <= LAST]
    order = list(dict.fromkeys(row["MMSI"] for row in rows))
    numbers = {order[place - 1]: f"{100_000_000 + place:09d}" for place in CHOSEN}
    kept = [_nameless(row, numbers[row["MMSI"]]) for row in rows if row["MMSI"] in numbers]
    with (FOLDER / "harbour.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    (FOLDER / "harbour.nmea").write_text("".join(f"{_sentence(row)}\n" for row in islice(kept, 200)), encoding="ascii")


def _nameless(row: dict[str, str], number: str) -> dict[str, str]:
    then = datetime.fromisoformat(row["BaseDateTime"]) + timedelta(days=DAYS)
    moved = {"MMSI": number, "BaseDateTime": f"{then:%Y-%m-%dT%H:%M:%S}", "LON": f"{float(row['LON']) + TURN_DEG:.5f}"}
    return {column: moved.get(column, row[column]) for column in COLUMNS}


def _sentence(row: dict[str, str]) -> str:
    """Message 1 behind a tag block with its time."""
    course = float(row["COG"])
    report: dict[str, str | int | float | bytes | bool] = {
        "type": 1,
        "mmsi": row["MMSI"],
        "lat": float(row["LAT"]),
        "lon": float(row["LON"]),
        "speed": float(row["SOG"]),
        "course": course + 409.6 if course < 0 else course,
    }
    (sentence,) = encode_dict(report, talker_id="AI", sentence_type="VDM")
    seconds = datetime.fromisoformat(row["BaseDateTime"] + "+00:00").timestamp()
    tags = f"c:{seconds:.0f}"
    return f"\\{tags}*{reduce(xor, tags.encode()):02X}\\{sentence}"


if __name__ == "__main__":
    main()

"""Golden files of the bridges: read by the tests, written again by ``python -m tests.unit.bridges.golden``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.unit.bridges.cases import cancelling, corridor, divers, flash, live_fire, place, texts, told, updating

from hotline import v1
from hotline.bridges.calendar import calendar
from hotline.bridges.cap import cap
from hotline.bridges.geojson import geojson
from hotline.bridges.navarea import navarea
from hotline.bridges.notam import notam
from hotline.bridges.s124 import s124
from hotline.bridges.told import Held

FOLDER = Path(__file__).parent / "golden"

DIVERS = told("divers", divers(), texts=texts("Divers down.", "潜水作业。"))
FLASH = told("flash", flash(), 900, precedence=v1.PRECEDENCE_FLASH)
MORE = told(
    "more",
    v1.IncidentUpdate(
        facts=[
            v1.Fact(claim="Two divers hurt", confidence=v1.Fact.CONFIDENCE_CONFIRMED, source="ship's doctor"),
            v1.Fact(claim="Sonar stopped", confidence=v1.Fact.CONFIDENCE_REPORTED, source="own sonar"),
        ],
        position=place(30.02, 125.01),
        range_m=2400,
        harm=True,
    ),
    1800,
    thread=FLASH.digest,
)
FIRING = told("firing", live_fire(civil_warning="NAVAREA XI 123/23"))
MOVED = told(
    "moved",
    v1.ActivityUpdate(notice=live_fire(civil_warning="NAVAREA XI 124/23", exclusion_radius_m=9260), reason="Weather"),
    3600,
    **updating("firing"),
)
OFF = told(
    "off",
    v1.ActivityCancel(reason="Exercise called off"),
    7200,
    thread=FIRING.digest,
    references=cancelling("moved")["references"],
)
DRILL = told("drill", live_fire(designation="PACIFIC DRILL", civil_warning="A0123/23"), kind=v1.KIND_EXERCISE)
CONVOY = told(
    "convoy",
    divers(kind=v1.ACTIVITY_KIND_TRANSIT, designation="Convoy 7", area=corridor(9260, (12, 45), (14, 50), (14.5, 53))),
)
HELD = Held.of(DIVERS, FLASH, MORE, FIRING, MOVED, OFF, DRILL, CONVOY)

FILES: dict[str, Callable[[], str]] = {
    "divers.cap.xml": lambda: cap(DIVERS, HELD),
    "flash.cap.xml": lambda: cap(FLASH, HELD),
    "more.cap.xml": lambda: cap(MORE, HELD),
    "off.cap.xml": lambda: cap(OFF, HELD),
    "divers.geojson": lambda: geojson(DIVERS, HELD),
    "flash.geojson": lambda: geojson(FLASH, HELD),
    "line.ics": lambda: calendar(Held.of(DIVERS, DRILL)),
    "off.ics": lambda: calendar(Held.of(FIRING, MOVED, OFF)),
    "divers.navarea.txt": lambda: navarea(DIVERS, HELD),
    "moved.navarea.txt": lambda: navarea(MOVED, HELD),
    "off.navarea.txt": lambda: navarea(OFF, HELD),
    "convoy.navarea.txt": lambda: navarea(CONVOY, HELD),
    "drill.notam.txt": lambda: notam(DRILL, HELD, "ZSHA"),
    "divers.notam.txt": lambda: notam(DIVERS, HELD, "ZSHA"),
    "moved.s124.json": lambda: s124(MOVED, HELD),
}


def main() -> None:
    for name, make in FILES.items():
        (FOLDER / name).write_bytes(make().encode())


if __name__ == "__main__":
    main()

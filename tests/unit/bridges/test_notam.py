"""NOTAM-shaped text, read by `aviconv-notam`, a parser and checker that is not ours."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from aviconv_notam.formatter import format_notam
from aviconv_notam.model import NotamType
from aviconv_notam.parser import parse
from aviconv_notam.validators import validate
from tests.unit.bridges.cases import (
    DAY_S,
    at,
    cancelling,
    circle,
    corridor,
    divers,
    flash,
    live_fire,
    named,
    polygon,
    schedule,
    told,
    updating,
)

from hotline import v1
from hotline.bridges.notam import notam
from hotline.bridges.positions import enclosing
from hotline.bridges.told import BridgeError, Held, Told
from hotline.geo.geodesy import Position, range_m

# The checker's own library call; it is theirs to change.
pytestmark = pytest.mark.filterwarnings("ignore:The 'shapely.ops.transform:DeprecationWarning")

NUMBERED = live_fire(civil_warning="A0123/23")


def parsed(each: Told, *held: Told) -> Any:
    """What the parser reads, once its checks find nothing; what it writes from that, it reads as the same."""
    text = notam(each, Held.of(each, *held), "ZSHA")
    found = parse(text if text[0] != "N" else f"A0000/23 {text}")
    findings = [finding for finding in validate(found, semantic=True) if finding.severity != "info"]
    assert findings == []
    again = parse(format_notam(found))
    assert (again.q_line.raw, again.effective_from, again.body) == (found.q_line.raw, found.effective_from, found.body)
    return found


def test_a_number_is_never_made_up() -> None:
    assert notam(told("divers", divers()), Held(), "ZSHA").startswith("NOTAMN\nQ) ")
    assert notam(told("sea", divers(civil_warning="NAVAREA XI 1/23")), Held(), "ZSHA").startswith("NOTAMN\n")
    found = parsed(told("firing", NUMBERED))
    assert (found.series, found.number, found.year, found.type) == ("A", 123, 2023, NotamType.NEW)


def test_times_hours_and_limits() -> None:
    found = parsed(told("firing", NUMBERED))
    assert found.effective_from == datetime(2023, 11, 18, 6, 0, tzinfo=UTC)
    assert found.effective_to == datetime(2023, 11, 22, 5, 30, tzinfo=UTC)
    assert found.schedule.parse_error is None
    assert [(each.start, each.end) for each in found.schedule.periods] == [
        (time(1), time(9)),
        (time(22), time(2)),
    ]
    assert (found.lower_limit, found.upper_limit) == ("SFC", "45000FT AMSL")
    assert (found.q_line.qcode, found.q_line.lower_fl, found.q_line.upper_fl) == ("QWMLW", 0, 450)
    assert (found.fir, found.q_line.fir) == ("ZSHA", "ZSHA")


def test_a_whole_day_and_heights_above_the_surface() -> None:
    high = live_fire(schedule=schedule(0, 3 * DAY_S, (3, 24)))
    high.area.band.lower_m = 1000
    found = parsed(told("high", high))
    assert [(each.start, each.end) for each in found.schedule.periods] == [(time(0), time(23, 59))]
    assert (found.lower_limit, found.q_line.lower_fl) == ("3280FT AMSL", 32)
    deep = divers()
    deep.area.band.CopyFrom(v1.VerticalBand(lower_m=-50, upper_m=-5))
    found = parsed(told("deep", deep))
    assert (found.lower_limit, found.upper_limit, found.q_line.upper_fl) == ("SFC", "SFC", 0)


def test_a_polygon_reads_back_within_a_second() -> None:
    corners = [(32.50123, 126.10001), (32.5, 127.0), (31.9, 127.01)]
    read = parsed(told("firing", live_fire(area=polygon(*corners)))).geometry.polygon[:-1]
    assert all(range_m(Position(*a), Position(*b)) < 25 for a, b in zip(corners, read, strict=True))


@pytest.mark.parametrize(
    "area",
    [
        circle(30.004, 125.012, 5556),
        corridor(9260, (32, 126), (32.5, 127.3)),
        polygon((1, 179.5), (1, -179.5), (2, 180)),
    ],
    ids=["circle", "corridor", "antimeridian"],
)
def test_the_circle_of_the_q_line_holds_the_area(area: v1.Area) -> None:
    text = notam(told("each", divers(area=area)), Held(), "ZSHA")
    found = parse(f"A0000/23 {text}")
    disc = enclosing(area)
    assert disc is not None
    centre = Position(found.q_line.centre_lat, found.q_line.centre_lon)
    held_m = found.q_line.radius_nm * 1852
    assert disc.radius_m + range_m(centre, disc.centre) <= held_m < disc.radius_m + 4000
    assert found.q_line.qcode == "QXXXX"


def test_changes_and_ends() -> None:
    notice = told("notice", NUMBERED)
    moved = told("moved", v1.ActivityUpdate(notice=live_fire(civil_warning="A0124/23")), 60, **updating("notice"))
    assert notam(moved, Held.of(notice, moved), "ZSHA").startswith("A0124/23 NOTAMR A0123/23\n")
    assert parsed(moved, notice).replaces == "A0123/23"
    cancel = told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("notice"))
    found = parsed(cancel, notice)
    assert (found.cancels, found.q_line.qcode) == ("A0123/23", "QWMCN")
    assert found.effective_from == datetime(2023, 11, 14, 5, 1, tzinfo=UTC)
    late = told("late", v1.ActivityEnd(ended_at=at(0)), 9 * DAY_S, thread=notice.digest)
    assert parsed(late, notice).cancels == "A0123/23"


def test_a_drill_says_so_first() -> None:
    found = parsed(told("drill", divers(), kind=v1.KIND_EXERCISE))
    assert found.body.startswith("EXERCISE EXERCISE EXERCISE.\nDIVING OPERATIONS")
    assert "REQUESTED TO KEEP 3.00 NM (5556 M) CLEAR OF UNITS ENGAGED." in found.body


def test_what_has_no_notam() -> None:
    for each, region, code in (
        (told("flash", flash()), "ZSHA", "BRIDGE_NO_FORM"),
        (told("water", divers(area=named("East China Sea"))), "ZSHA", "BRIDGE_NO_FORM"),
        (told("wide", divers(area=circle(0, 0, 1_900_000))), "ZSHA", "BRIDGE_AREA"),
        (told("divers", divers()), "zsha", "BRIDGE_REGION"),
    ):
        with pytest.raises(BridgeError) as raised:
            notam(each, Held(), region)
        assert raised.value.code == code

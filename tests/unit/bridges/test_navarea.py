"""NAVAREA-shaped text against a strict grammar of its own, and read back: no parser for such text is on PyPI."""

from __future__ import annotations

import re

import pytest
from tests.unit.bridges.cases import (
    DAY_S,
    at,
    cancelling,
    circle,
    corridor,
    digest,
    divers,
    live_fire,
    named,
    polygon,
    schedule,
    ship,
    told,
    updating,
)

from hotline import v1
from hotline.bridges.navarea import heights, navarea, telex
from hotline.bridges.told import BridgeError, Held, Told
from hotline.geo.geodesy import Position, range_m

POSITION = r"[0-8]\d-[0-5]\d\.\d{3}[NS] [01]\d{2}-[0-5]\d\.\d{3}[EW]"
LENGTH = r"\d+\.\d{2} NM \(\d+ M\)"
DTG = r"[0-3]\d[0-2]\d[0-5]\dZ [A-Z]{3} \d{2}"
DAILY = r"[0-2]\d[0-5]\dZ TO [0-2]\d[0-5]\dZ"
LEVEL = r"(?:SEA LEVEL|\d+ M (?:ABOVE|BELOW) SEA LEVEL|NOT STATED)"
ELEMENTS = (
    r"(?:ACTUAL|NOT SAID YET|EXERCISE EXERCISE EXERCISE)",
    r"(?:NUMBER NOT ASSIGNED|[A-Z][A-Z ]+ \d{1,4}/\d{2})",
    r".+",
    r".+",
    rf"{DTG}(?: TO {DTG}(?:, DAILY {DAILY}(?:, {DAILY})*)?)?",
    rf"(?:WITHIN {LENGTH} OF (?:{POSITION}|LINE JOINING {POSITION}(?:, {POSITION})+)"
    rf"|AREA BOUNDED BY {POSITION}(?:, {POSITION}){{2,}}|.+, NO COORDINATES)",
    rf"(?:NOT STATED|FROM {LEVEL} TO {LEVEL})",
    rf"(?:NOT STATED|VESSELS REQUESTED TO KEEP {LENGTH} CLEAR OF .+)",
    r"CONTACT [A-Z0-9/]+:[A-Z0-9-]+",
    rf"(?:CANCEL .+, )?CANCEL (?:THIS MSG {DTG}|.+ AND THIS MSG)",
)
GRAMMAR = re.compile(
    "DRAFT FOR THE COORDINATOR, NOT A NAVIGATIONAL WARNING\n"
    + "".join(rf"{number}\. ({element})\.\n" for number, element in enumerate(ELEMENTS, start=1))
)


def elements(each: Told, *held: Told) -> tuple[str, ...]:
    """The ten elements, once the grammar holds."""
    match = GRAMMAR.fullmatch(navarea(each, Held.of(each, *held)))
    assert match is not None, navarea(each, Held.of(each, *held))
    return match.groups()


def positions(text: str) -> list[Position]:
    found = []
    for place in re.findall(POSITION, text):
        angles = [
            (int(degrees) + float(minutes) / 60) * (-1 if side in "SW" else 1)
            for degrees, minutes, side in re.findall(r"(\d+)-([\d.]+)([NSEW])", place)
        ]
        found.append(Position(*angles))
    return found


def test_a_polygon_reads_back() -> None:
    corners = [(32.50001, 126.1), (-32.5, 179.99999), (31.9, -127.01234)]
    found = positions(elements(told("firing", live_fire(area=polygon(*corners))))[5])
    assert len(found) == 3
    assert all(range_m(Position(*a), b) < 1.4 for a, b in zip(corners, found, strict=True))


@pytest.mark.parametrize(
    ("area", "words"),
    [
        (circle(30, 125, 5556), "WITHIN 3.00 NM (5556 M) OF 30-00.000N 125-00.000E"),
        (corridor(9260, (12, 45), (14, 50)), "WITHIN 2.50 NM (4630 M) OF LINE JOINING 12-00.000N 045-00.000E, "),
        (named("East China Sea"), "EAST CHINA SEA, NO COORDINATES"),
    ],
    ids=["circle", "corridor", "water"],
)
def test_every_kind_of_area(area: v1.Area, words: str) -> None:
    assert elements(told("divers", divers(area=area)))[5].startswith(words)


def test_times_widen_to_whole_minutes() -> None:
    found = elements(told("firing", live_fire(schedule=schedule(30, DAY_S + 1, (1.01, 2.5), (22, 4)))))
    assert found[4] == "140500Z NOV 23 TO 150501Z NOV 23, DAILY 0100Z TO 0331Z, 2200Z TO 0200Z"


def test_subject_code_and_series() -> None:
    found = elements(told("firing", live_fire(civil_warning="navarea xi 123/23")))
    assert found[1] == "NAVAREA XI 123/23"
    assert found[3] == "FIRING EXERCISE (S-124 120), MARAUDER 23"
    isr = elements(told("isr", live_fire(kind=v1.ACTIVITY_KIND_ISR_ACTIVITY, civil_warning="A0123/23")))
    assert isr[1] == "NUMBER NOT ASSIGNED" and isr[3].startswith("INTELLIGENCE, SURVEILLANCE, RECONNAISSANCE, ")
    under = elements(told("under", live_fire(kind=v1.ACTIVITY_KIND_UNDERWATER_OPERATIONS)))
    assert under[3].startswith("UNDERWATER OPERATIONS (S-124 278)") and "SUBMARINE" not in under[3]


def test_an_exercise_and_a_draft_say_so() -> None:
    assert elements(told("drill", divers(), kind=v1.KIND_EXERCISE))[0] == "EXERCISE EXERCISE EXERCISE"
    assert elements(Told(digest("d"), v1.StatementHeader(composed_at=at(0)), divers()))[0] == "NOT SAID YET"


def test_what_is_asked_and_of_whom() -> None:
    assert elements(told("divers", divers()))[7].endswith("CLEAR OF WARSHIP HMAS TOOWOOMBA 156 (AUS)")
    alone = divers()
    alone.ClearField("unit")
    assert elements(told("alone", alone))[7].endswith("CLEAR OF UNITS ENGAGED")
    assert elements(told("firing", live_fire()))[7] == "NOT STATED"


def test_heights() -> None:
    band = v1.VerticalBand
    assert heights(band()) == "NOT STATED"
    assert heights(band(lower_m=-50, upper_m=0)) == "FROM 50 M BELOW SEA LEVEL TO SEA LEVEL"
    assert heights(band(upper_m=300)) == "FROM NOT STATED TO 300 M ABOVE SEA LEVEL"
    assert heights(band(lower_m=10)) == "FROM 10 M ABOVE SEA LEVEL TO NOT STATED"


def test_ends_and_changes_cancel_by_number() -> None:
    notice = told("notice", live_fire(civil_warning="NAVAREA XI 123/23"))
    cancel = told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("notice"))
    found = elements(cancel, notice)
    assert found[3].endswith(", CANCELLED") and found[9] == "CANCEL NAVAREA XI 123/23 AND THIS MSG"
    ended = told("end", v1.ActivityEnd(ended_at=at(60)), 90, thread=notice.digest)
    assert elements(ended, notice)[3].endswith(", COMPLETED")
    back = told("back", v1.Retraction(subject=notice.digest, reason="Wrong"), 90)
    assert elements(back, notice)[3].endswith(", SENT IN ERROR")
    moved = v1.ActivityUpdate(notice=live_fire(civil_warning="NAVAREA XI 124/23"))
    assert elements(told("moved", moved, 60, **updating("notice")), notice)[9].startswith("CANCEL NAVAREA XI 123/23, ")
    plain = told("notice", live_fire())
    assert elements(cancel, plain)[9] == "CANCEL WARNING OF MARAUDER 23 AND THIS MSG"


def test_letters_of_a_telex() -> None:
    assert telex("Straße, Ålesund; 宁波!") == "STRASSE, ALESUND? ???"
    found = elements(told("named", divers(unit=ship("宁波", "139", "CHN"))))
    assert found[7].endswith("CLEAR OF WARSHIP ?? 139 (CHN)")


def test_a_start_is_no_warning() -> None:
    notice = told("notice", divers())
    with pytest.raises(BridgeError):
        elements(told("start", v1.ActivityStart(started_at=at(0)), 60, thread=notice.digest), notice)

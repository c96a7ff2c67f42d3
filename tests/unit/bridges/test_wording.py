"""Statements in plain lines, in two languages; every writer, and what no longer holds."""

from __future__ import annotations

import re

from tests.unit.bridges import golden
from tests.unit.bridges.cases import (
    at,
    cancelling,
    circle,
    corridor,
    flash,
    live_fire,
    named,
    place,
    polygon,
    schedule,
    told,
)

from hotline import v1
from hotline.bridges.told import Held, Told
from hotline.bridges.wording import area_words, asked, band_words, headline, lines, schedule_words

HAN = re.compile(r"[\u4e00-\u9fff]")


def said(each: Told, language: str, *held: Told) -> str:
    return "\n".join(lines(each, Held.of(each, *held), language))


def test_a_flash_says_everything() -> None:
    each = told("flash", flash(harm=False))
    text = said(each, "en")
    for words in (
        "Time: 140459Z NOV 23",
        "Unit: warship HMAS Toowoomba 156 (AUS)",
        "Other unit: warship Ningbo 139 (CHN)",
        "Range: 1.30 NM (2400 M)",
        "Harm: no",
        "Intention: recovering persons or craft",
        "no attack is intended",
        "Next report by: 140530Z NOV 23",
    ):
        assert words in text
    assert HAN.search(text) is None
    assert "意图：收回人员或载具" in said(each, "zh")
    assert asked(each, Held(), "zh") == ["请停止主动声呐", "请拉开距离"]


def test_one_person_in_an_emergency_says_so() -> None:
    each = told("alone", v1.BreakGlassFlash(flash=flash(), reason="Alone on watch"))
    assert headline(each, Held(), "en") == "Active sonar near divers or hull - released by one person"
    assert "released by one person: Alone on watch" in said(each, "en")


def test_a_notice_and_its_texts() -> None:
    text = said(golden.DIVERS, "zh")
    assert "附言 [en]：Divers down." in text and "附言 [zh] (译文仅供参考)：潜水作业。" in text
    uncrewed = told(
        "drone", live_fire(uncrewed=v1.UncrewedControl(authority="Fleet HQ"), civil_warning="NAVAREA XI 1/23")
    )
    assert "Uncrewed craft controlled by: Fleet HQ" in said(uncrewed, "en")
    assert "Forces: 2-4 warship" in said(uncrewed, "en")
    one = told("one", live_fire(forces=[v1.Force(kind=v1.CRAFT_KIND_SUBMARINE, count_min=1, count_max=1)]))
    assert "Forces: 1 submarine" in said(one, "en")


def test_what_is_over_asks_nothing_more() -> None:
    cancel = told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("divers"))
    start = told("start", v1.ActivityStart(started_at=at(600)), 600, thread=golden.DIVERS.digest)
    end = told("end", v1.ActivityEnd(ended_at=at(900), area_clear=False), 900, thread=golden.DIVERS.digest)
    held = Held.of(golden.DIVERS, cancel, start, end)
    assert [asked(each, held, "en") for each in (cancel, end)] == [[], []]
    assert asked(start, held, "en") == ["Requested to keep outside: 3.00 NM (5556 M)"]
    assert headline(cancel, held, "zh") == "潜水作业：Propeller clearance - 取消"
    assert "Area: not clear for others" in lines(end, held, "en")
    assert "Begun: 140510Z NOV 23" in lines(start, held, "en")


def test_updates_closes_and_retractions() -> None:
    assert "Two divers hurt (confirmed; ship's doctor)" in said(golden.MORE, "en")
    planned = told("planned", v1.IncidentUpdate(next_report_by=at(60)))
    assert "Next report by: 140501Z NOV 23" in said(planned, "en") and "尚不清楚" in said(planned, "zh")
    agreed = v1.Fact(claim="Nobody hurt", confidence=v1.Fact.CONFIDENCE_PROBABLE, source="both")
    close = told("close", v1.IncidentClose(agreed=[agreed], open_points=["who turned first"]))
    assert "Points left open: who turned first" in said(close, "en") and "可能" in said(close, "zh")
    back = told("back", v1.Retraction(subject=golden.FLASH.digest, reason="Wrong ship"))
    assert headline(back, Held.of(golden.FLASH, back), "en") == "Sent in error, taken back"
    assert said(back, "zh", golden.FLASH) == "原因：Wrong ship"


def test_areas_bands_and_schedules() -> None:
    assert area_words(circle(1, 2, 1852)) == "1.00 NM (1852 M) / 01-00.000N 002-00.000E"
    assert area_words(corridor(1852, (1, 2), (3, 4))).startswith("1.00 NM (1852 M) | 01-00.000N 002-00.000E - ")
    assert area_words(polygon((1, 2), (3, 4), (5, 6))).count(",") == 2
    water = named("东海", "zh")
    water.band.upper_m = 10
    assert area_words(water) == "东海 [zh]; ? .. 10 M MSL"
    assert band_words(v1.VerticalBand(lower_m=-5)) == "-5 M .. ? MSL"
    assert schedule_words(schedule(0, 60, (1, 2)), "zh") == "140500Z NOV 23 - 140501Z NOV 23, 每日 0100Z-0300Z"
    assert "place" not in said(told("flash", flash(position=place(1, 2))), "en")

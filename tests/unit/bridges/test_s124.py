"""S-124-shaped attributes: names, codes and multiplicities as the Feature Catalogue has them.

There is no S-124 package on PyPI and the catalogue as published holds no schema. The tables below were read from
`FeatureCatalog/124_FC_2.0.0.xml` of the public repository iho-ohi/S-124-Product-Specification-Development (SHA-256
0239ab29d2a1d9733e7042a4279c6c74aa6c2d37c2366bef91467466febce153) with an XML parser.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.unit.bridges.cases import at, cancelling, digest, divers, live_fire, named, told, updating

from hotline import v1
from hotline.bridges.s124 import TYPE_DETAILS, s124
from hotline.bridges.told import Held, Told

# Attribute -> whether it may stand more than once.
CATALOGUE = {
    "NavwarnPreamble": {
        "messageSeriesIdentifier": False,
        "generalArea": True,
        "navwarnTitle": True,
        "navwarnTypeGeneral": False,
        "publicationTime": False,
        "cancellationDate": False,
    },
    "NavwarnPart": {"restriction": False, "fixedDateRange": True, "warningInformation": False, "featureName": True},
    "References": {"messageSeriesIdentifier": True, "referenceCategory": False, "noMessageOnHand": False},
    "messageSeriesIdentifier": {"nameOfSeries": False, "warningNumber": False, "year": False},
    "generalArea": {"locationName": True},
    "locationName": {"language": False, "text": False},
    "navwarnTitle": {"language": False, "text": False},
    "information": {"language": False, "text": False},
    "warningInformation": {"information": True, "navwarnTypeDetails": True},
    "fixedDateRange": {"dateStart": False, "dateEnd": False, "timeOfDayStart": False, "timeOfDayEnd": False},
    "featureName": {"language": False, "name": False},
}
DETAILS = {
    87: "Diving Operation",
    118: "Fallout Hazard",
    120: "Firing Exercise",
    190: "Military Exercise",
    240: "SAR Operation",
    278: "Underwater Operations",
    292: "Vessel Disabled",
    150: "Jamming Exercise",
    268: "Submarine Cable Changes",
}
PROTO = Path(__file__).parents[3] / "proto" / "hotline" / "v1" / "activity.proto"


def attributes(each: Told, *held: Told) -> dict[str, Any]:
    """What is written, once every name and multiplicity is the catalogue's."""
    found: dict[str, Any] = json.loads(s124(each, Held.of(each, *held)))
    for name in ("NavwarnPreamble", "NavwarnPart", "References"):
        hold(name, found[name])
    return found


def hold(name: str, value: Any) -> None:
    known = CATALOGUE.get(name)
    for item in value if isinstance(value, list) else [value]:
        if known is None or not isinstance(item, dict):
            continue
        assert item.keys() <= known.keys(), (name, item)
        for inner, inside in item.items():
            assert isinstance(inside, list) == known[inner], (name, inner)
            hold(inner, inside)


def test_codes_are_those_of_the_catalogue_and_of_the_standard() -> None:
    assert {each.code: each.label for each in TYPE_DETAILS.values()} == DETAILS
    said = dict(re.findall(r"\(S-124 (\d+)\)\.\n  (ACTIVITY_KIND_\w+) =", PROTO.read_text(encoding="utf-8")))
    assert {int(code): name for code, name in said.items()} == {
        each.code: v1.ActivityKind.Name(kind) for kind, each in TYPE_DETAILS.items()
    }


def test_a_notice() -> None:
    found = attributes(told("divers", divers()))
    assert found["exercise"] is False and "nameOfSeries" in found["leftToCoordinator"]
    (part,) = found["NavwarnPart"]
    assert part["restriction"] == 14
    assert part["warningInformation"]["navwarnTypeDetails"] == [{"code": 87, "label": "Diving Operation"}]
    assert [each["language"] for each in part["warningInformation"]["information"]] == ["en", "zh"]
    assert part["fixedDateRange"] == [
        {
            "dateStart": "2023-11-14",
            "timeOfDayStart": "05:10:00Z",
            "dateEnd": "2023-11-14",
            "timeOfDayEnd": "09:00:00Z",
        }
    ]
    assert found["NavwarnPreamble"]["navwarnTypeGeneral"] == 17


def test_what_has_no_type_has_words_only() -> None:
    found = attributes(told("isr", live_fire(kind=v1.ACTIVITY_KIND_ISR_ACTIVITY, area=named("东海", "zh"))))
    (part,) = found["NavwarnPart"]
    assert "navwarnTypeDetails" not in part["warningInformation"] and "restriction" not in part
    assert found["NavwarnPreamble"]["generalArea"] == [{"locationName": [{"language": "zh", "text": "东海"}]}]
    assert "generalArea" not in found["leftToCoordinator"]
    broken = attributes(told("broken", divers(kind=v1.ACTIVITY_KIND_DISABLED_VESSEL)))
    assert broken["NavwarnPreamble"]["navwarnTypeGeneral"] == 5


def test_changes_and_ends_refer_to_the_warning_by_number() -> None:
    notice = told("notice", live_fire(civil_warning="NAVAREA XI 123/2023"))
    series = {"nameOfSeries": "NAVAREA XI", "warningNumber": 123, "year": 2023}
    assert attributes(notice)["NavwarnPreamble"]["messageSeriesIdentifier"] == series
    assert attributes(notice)["References"] == []
    cancel = attributes(told("cancel", v1.ActivityCancel(reason="no"), 60, **cancelling("notice")), notice)
    assert cancel["NavwarnPart"] == []
    assert cancel["References"] == [
        {"messageSeriesIdentifier": [series], "referenceCategory": 1, "noMessageOnHand": False}
    ]
    assert cancel["NavwarnPreamble"]["cancellationDate"] == "2023-11-14T05:01:00Z"
    same = v1.ActivityUpdate(notice=live_fire(civil_warning="NAVAREA XI 123/2023"))
    assert attributes(told("same", same, 60, **updating("notice")), notice)["References"] == []


def test_a_draft_is_neither() -> None:
    draft = Told(digest("draft"), v1.StatementHeader(composed_at=at(0)), divers())
    assert attributes(draft)["exercise"] is None

"""S-124-shaped attributes of an activity: what the coordinator of navigational warnings needs to enter it.

JSON with the attribute names and codes of the S-124 Feature Catalogue 2.0.0 (NavwarnPreamble, NavwarnPart, References).
The catalogue as published holds no schema for an exchange file, so this is no S-124 data set and does not claim to be;
the geometry is the GeoJSON of the same statement. What stays with the coordinator is listed in `leftToCoordinator`:
agency, series, number, general area, charts, and which service warns.

- An activity without a fitting type in the catalogue has words only; no near miss is taken for it.
- `restriction` is 14 (area to be avoided) where others are asked to keep outside, never 7 or 8, which forbid.
- Each time at which the activity is active is one `fixedDateRange`; times are whole seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotline import v1
from hotline.bridges.civil import navigational, parts, replaced
from hotline.bridges.labels import LANGUAGES
from hotline.bridges.moments import Span, iso, occurrences, overall, utc
from hotline.bridges.told import Held, Told, hazard_notice, notice_in
from hotline.bridges.wording import asked, headline, lines


@dataclass(frozen=True, slots=True)
class TypeDetails:
    """A value of `navwarnTypeDetails`."""

    code: int
    label: str


# Codes and labels of the Feature Catalogue; the comments of activity.proto name the same codes.
TYPE_DETAILS: Mapping[v1.ActivityKind.ValueType, TypeDetails] = {
    v1.ACTIVITY_KIND_EXERCISE: TypeDetails(190, "Military Exercise"),
    v1.ACTIVITY_KIND_LIVE_FIRE: TypeDetails(120, "Firing Exercise"),
    v1.ACTIVITY_KIND_LAUNCH: TypeDetails(118, "Fallout Hazard"),
    v1.ACTIVITY_KIND_DIVING: TypeDetails(87, "Diving Operation"),
    v1.ACTIVITY_KIND_UNDERWATER_OPERATIONS: TypeDetails(278, "Underwater Operations"),
    v1.ACTIVITY_KIND_SEARCH_AND_RESCUE: TypeDetails(240, "SAR Operation"),
    v1.ACTIVITY_KIND_DISABLED_VESSEL: TypeDetails(292, "Vessel Disabled"),
    v1.ACTIVITY_KIND_JAMMING: TypeDetails(150, "Jamming Exercise"),
    v1.ACTIVITY_KIND_CABLE_WORK: TypeDetails(268, "Submarine Cable Changes"),
}
# navwarnTypeGeneral.
SPECIAL_OPERATIONS, OTHER_HAZARDS = 17, 5
AREA_TO_BE_AVOIDED = 14
WARNING_CANCELLATION = 1


def _series(number: str) -> dict[str, Any] | None:
    """``NAVAREA XI 123/26`` as series, number and year."""
    found = parts(number)
    return {"nameOfSeries": found.name, "warningNumber": found.number, "year": found.year} if found else None


def s124(told: Told, held: Held) -> str:
    """Attributes as JSON.

    Raises:
        BridgeError: BRIDGE_NO_FORM for what belongs to no activity, BRIDGE_EARLIER_MISSING.
    """
    notice = hazard_notice(told, held, "S-124")
    ends = notice_in(told) is None
    found: dict[str, Any] = {
        "featureCatalogue": "S-124 2.0.0",
        "exercise": None if told.is_draft else told.header.kind == v1.KIND_EXERCISE,
        "statement": told.digest.hex(),
        "leftToCoordinator": _left(notice),
        "NavwarnPreamble": _preamble(told, held, notice),
        "References": _references(told, held),
        "NavwarnPart": [] if ends else [_part(told, held, notice)],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _left(notice: v1.ActivityNotice) -> list[str]:
    series = [] if navigational(notice) else ["nameOfSeries", "warningNumber", "year"]
    identifier = ["agencyResponsibleForProduction", "warningType", *series]
    area = [] if notice.area.WhichOneof("geometry") == "named_water" else ["generalArea"]
    return [*identifier, *area, "affectedChartPublications", "intService"]


def _preamble(told: Told, held: Held, notice: v1.ActivityNotice) -> dict[str, Any]:
    series = _series(navigational(notice))
    water = notice.area.named_water
    general = OTHER_HAZARDS if notice.kind == v1.ACTIVITY_KIND_DISABLED_VESSEL else SPECIAL_OPERATIONS
    return {
        **({"messageSeriesIdentifier": series} if series else {}),
        **({"generalArea": [{"locationName": [_text(water.language, water.name)]}]} if water.name else {}),
        "navwarnTitle": [_text(language, headline(told, held, language)) for language in LANGUAGES],
        "navwarnTypeGeneral": general,
        "publicationTime": iso(told.at_ns),
        "cancellationDate": iso(overall(notice.schedule).end_ns if notice_in(told) is not None else told.at_ns),
    }


def _references(told: Told, held: Held) -> list[dict[str, Any]]:
    """The warning that this one cancels, where the earlier notice gave its number; none cancels itself."""
    series = _series(replaced(told, held, navigational))
    if series is None:
        return []
    found = {"messageSeriesIdentifier": [series], "referenceCategory": WARNING_CANCELLATION, "noMessageOnHand": False}
    return [found]


def _part(told: Told, held: Held, notice: v1.ActivityNotice) -> dict[str, Any]:
    details = TYPE_DETAILS.get(notice.kind)
    information = [
        _text(language, "\n".join([*lines(told, held, language), *asked(told, held, language)]))
        for language in LANGUAGES
    ]
    return {
        **({"restriction": AREA_TO_BE_AVOIDED} if notice.HasField("exclusion_radius_m") else {}),
        "fixedDateRange": [_range(span) for span in occurrences(notice.schedule)],
        "warningInformation": {
            "information": information,
            **({"navwarnTypeDetails": [{"code": details.code, "label": details.label}]} if details else {}),
        },
        "featureName": [{"language": "und", "name": notice.designation}],
    }


def _range(span: Span) -> dict[str, str]:
    start, end = utc(span.start_ns), utc(span.end_ns)
    return {
        "dateStart": f"{start:%Y-%m-%d}",
        "timeOfDayStart": f"{start:%H:%M:%SZ}",
        "dateEnd": f"{end:%Y-%m-%d}",
        "timeOfDayEnd": f"{end:%H:%M:%SZ}",
    }


def _text(language: str, text: str) -> dict[str, str]:
    return {"language": language, "text": text}

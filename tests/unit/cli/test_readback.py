"""Critical fields of a readback: entered with units, signed as protobuf JSON."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from hotline import v1
from hotline.cli.readback import readback_field
from hotline.protocol.errors import UsageError


@pytest.mark.parametrize(
    ("kind", "flag", "path", "value"),
    [
        (v1.ActivityNotice, "exclusion_radius=3 nmi", "exclusion_radius_m", "5556"),
        (v1.ActivityNotice, "exclusion_radius_m = 3 nmi", "exclusion_radius_m", "5556"),
        (v1.ActivityNotice, "kind=DIVING", "kind", "ACTIVITY_KIND_DIVING"),
        (v1.ActivityNotice, "area.circle.radius=1 km", "area.circle.radius_m", "1000"),
        (v1.ActivityNotice, "area.polygon.corners[3]=1 N, 2 E", "area.polygon.corners[3]", '{"latitude_deg": 1.0,'),
        (v1.ActivityNotice, "schedule.overall.until=211358Z NOV 26", "schedule.overall.until", "2026-11-21T13:58:00Z"),
        (v1.IncidentFlash, "harm=no", "harm", "false"),
        (v1.ActivityEnd, "area_clear=no", "area_clear", "false"),
        (v1.ActivityNotice, "forces[1].count_min=0", "forces[1].count_min", "0"),
        (v1.IncidentFlash, "requested=OPEN_RANGE", "requested", '["REQUESTED_ACTION_OPEN_RANGE"]'),
        (v1.IncidentUpdate, "facts[2].claim=All out", "facts[2].claim", "All out"),
        (v1.IncidentClose, "open_points[1]=sonar", "open_points[1]", "sonar"),
    ],
)
def test_a_field_as_its_reader_understood_it(kind: type[Message], flag: str, path: str, value: str) -> None:
    """What the reader enters is what is signed, and nothing is filled in for them (REQ-ACK-5)."""
    said = readback_field(kind, flag)
    assert said["path"] == path
    assert said["value"].startswith(value)


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("exclusion_radius=3", "INPUT_BARE_NUMBER"),
        ("exclusion_radius=3 kn", "INPUT_WRONG_UNIT"),
        ("radius=3 nmi", "INPUT_UNKNOWN_KEY"),
        ("exclusion_radius", "INPUT_BAD_VALUE"),
        ("kind=SWIMMING", "INPUT_BAD_VALUE"),
    ],
)
def test_what_is_no_field_or_no_value(flag: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        readback_field(v1.ActivityNotice, flag)
    assert refused.value.code == code
    assert "--field" in refused.value.detail

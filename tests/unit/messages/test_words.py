"""Back into words: filling a message from its own words gives it again."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from hotline import v1
from hotline.messages.fill import fill
from hotline.messages.words import span, to_words


def again(message: Message) -> Message:
    target = type(message)()
    assert fill(target, to_words(message)) == []
    return target


def test_words_are_those_a_person_writes() -> None:
    notice = v1.ActivityNotice(designation="Divers down", kind=v1.ACTIVITY_KIND_DIVING, exclusion_radius_m=5556)
    notice.area.circle.centre.latitude_deg, notice.area.circle.centre.longitude_deg = -31.2, 128.3
    notice.forces.add(kind=v1.CRAFT_KIND_WARSHIP, count_max=2)
    assert to_words(notice) == {
        "designation": "Divers down",
        "kind": "DIVING",
        "area": {"circle": {"centre": "31.2 S, 128.3 E"}},
        "forces": [{"kind": "WARSHIP", "count_max": 2}],
        "exclusion_radius": "5556 m",
    }
    assert again(notice) == notice


def test_zero_is_said_where_presence_is() -> None:
    """Zero is a value where a field has presence; absent is not stated (REQ-MSG-3)."""
    flash = v1.IncidentFlash(harm=False, range_m=0)
    assert to_words(flash) == {"range": "0 m", "harm": False}
    assert again(flash) == flash


def test_more_than_coordinates_goes_by_fields() -> None:
    position = v1.Position(latitude_deg=1.5, longitude_deg=-2, uncertainty_m=200)
    assert to_words(position) == {"latitude": "1.5 deg", "longitude": "-2 deg", "uncertainty": "200 m"}
    assert again(position) == position


@given(
    st.floats(min_value=-90, max_value=90, allow_nan=False),
    st.floats(min_value=-180, max_value=180, allow_nan=False),
    st.none() | st.integers(min_value=0, max_value=2**32 - 1),
)
def test_every_digit_of_a_position_survives(latitude: float, longitude: float, uncertainty_m: int | None) -> None:
    # Quantised as messages are: 1e-5 degrees.
    position = v1.Position(latitude_deg=round(latitude, 5) + 0.0, longitude_deg=round(longitude, 5) + 0.0)
    if uncertainty_m is not None:
        position.uncertainty_m = uncertainty_m
    flash = v1.IncidentFlash(position=position)
    assert again(flash) == flash


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(7_200_000, "2 h"), (5_400_000, "90 min"), (45_000, "45 s"), (1500, "1500 ms"), (0, "0 h")],
)
def test_spans_in_the_largest_unit_that_leaves_whole_numbers(milliseconds: int, text: str) -> None:
    duration = Duration()
    duration.FromMilliseconds(milliseconds)
    assert span(duration) == text

"""Names as people write them."""

from __future__ import annotations

from hotline import v1
from hotline.messages.names import (
    choice_of,
    descriptor_of,
    label_of,
    short_name,
    short_names,
    title_of,
    unit_of,
    word_of,
)


def test_enum_values_lose_their_prefix_and_zero_is_none() -> None:
    assert short_names(v1.Precedence.DESCRIPTOR) == {"ROUTINE": 1, "PRIORITY": 2, "IMMEDIATE": 3, "FLASH": 4}
    assert short_names(v1.Post.Function.DESCRIPTOR) == {"OPERATING": 1, "HEADQUARTERS": 2, "POLITICAL": 3}
    assert short_name(v1.Kind.DESCRIPTOR, v1.KIND_EXERCISE) == "EXERCISE"
    assert short_name(v1.Kind.DESCRIPTOR, 77) == "77"


def test_a_field_is_written_without_its_unit() -> None:
    fields = descriptor_of(v1.ActivityNotice).fields_by_name
    assert (unit_of(fields["exclusion_radius_m"]), word_of(fields["exclusion_radius_m"])) == ("m", "exclusion_radius")
    assert label_of(fields["exclusion_radius_m"]) == "Exclusion radius"
    assert unit_of(fields["designation"]) is None
    assert unit_of(descriptor_of(v1.Position).fields_by_name["latitude_deg"]) == "deg"
    assert unit_of(descriptor_of(v1.Force).fields_by_name["count_max"]) is None


def test_titles_are_words() -> None:
    assert title_of(descriptor_of(v1.ActivityNotice)) == "ACTIVITY NOTICE"
    assert title_of(descriptor_of(v1.Observation)) == "OBSERVATION"


def test_explicit_presence_is_no_choice() -> None:
    assert choice_of(descriptor_of(v1.ActivityNotice).fields_by_name["exclusion_radius_m"]) is None
    choice = choice_of(descriptor_of(v1.Area).fields_by_name["circle"])
    assert choice is not None
    assert choice.name == "geometry"

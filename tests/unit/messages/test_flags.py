"""Words from flags."""

from __future__ import annotations

import pytest

from hotline import v1
from hotline.messages.fill import fill
from hotline.messages.flags import words_of
from hotline.messages.problems import FieldError


def test_paths_lists_truths_and_numbers() -> None:
    flags = [
        "designation=no",
        "area.circle.centre=31.2 N, 128.3 E",
        "area.circle.radius = 3 nmi",
        "forces[0].kind=WARSHIP",
        "forces[0].count_max=2",
        "forces[1].count_max=many",
        "exclusion_radius_m=3 nmi",
        "civil_warning=NAVAREA XI 12/26 = in force",
    ]
    assert words_of(v1.ActivityNotice, flags) == {
        "designation": "no",
        "area": {"circle": {"centre": "31.2 N, 128.3 E", "radius": "3 nmi"}},
        "forces": [{"kind": "WARSHIP", "count_max": 2}, {"count_max": "many"}],
        "exclusion_radius": "3 nmi",
        "civil_warning": "NAVAREA XI 12/26 = in force",
    }


def test_a_list_of_words_and_of_items() -> None:
    assert words_of(v1.IncidentFlash, ["requested=OPEN_RANGE, STOP_SONAR", "harm=no"]) == {
        "requested": ["OPEN_RANGE", "STOP_SONAR"],
        "harm": False,
    }
    assert words_of(v1.Polygon, ["corners[0]=1 N, 1 E", "corners[1]=2 N, 1 E"]) == {"corners": ["1 N, 1 E", "2 N, 1 E"]}
    assert words_of(v1.IncidentClose, ["open_points[0]=one, two"]) == {"open_points": ["one, two"]}
    assert words_of(v1.IncidentFlash, ["harm=perhaps"]) == {"harm": "perhaps"}


def test_what_flags_say_fills_a_message() -> None:
    target = v1.IncidentFlash()
    assert fill(target, words_of(v1.IncidentFlash, ["range=2 nmi", "harm=yes", "other_unit.name=Ningbo"])) == []
    assert (target.range_m, target.harm, target.other_unit.name) == (3704, True, "Ningbo")


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["designation"], "BAD_VALUE", "needs path=value"),
        (["=x"], "BAD_VALUE", "not a path"),
        (["Designation=x"], "BAD_VALUE", "not a path"),
        (["area..circle=x"], "BAD_VALUE", "not a path"),
        (["forces[x].kind=WARSHIP"], "BAD_VALUE", "not a path"),
        (["depth=x"], "UNKNOWN_KEY", "no such field depth; there are designation"),
        (["area.square=x"], "UNKNOWN_KEY", "no such field square; there are polygon"),
        (["designation.en=x"], "BAD_VALUE", "designation has no fields"),
        (["forces.kind=x"], "BAD_VALUE", "forces has no fields"),
        (["area[0].circle=x"], "BAD_VALUE", "area is no list"),
        (["forces[1].kind=x"], "BAD_VALUE", "forces[0] comes first"),
        (["designation=x", "designation=y"], "DUPLICATE_KEY", "given twice"),
        (["area=x", "area.circle.radius=1 nmi"], "DUPLICATE_KEY", "given as a whole before"),
    ],
)
def test_flags_that_say_nothing(flags: list[str], code: str, words: str) -> None:
    with pytest.raises(FieldError) as refused:
        words_of(v1.ActivityNotice, flags)
    assert refused.value.code == code
    assert words in refused.value.message


def test_items_of_a_list_come_in_order() -> None:
    with pytest.raises(FieldError, match="comes next"):
        words_of(v1.Polygon, ["corners[1]=1 N, 1 E"])

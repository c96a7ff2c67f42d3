from __future__ import annotations

import pytest
from tests.unit.conduct.scene import KNOT, MIN_MS, found, unit

from hotline import v1
from hotline.conduct.facts import Unit

RUN_M = 10 * KNOT * 1800  # 10 kn for half an hour: everybody meets at the origin after 30 minutes


def north(*, party: str = "AAA") -> Unit:
    return unit("north", party, [(0, 0, -RUN_M), (60, 0, RUN_M)])


def rules(*units: Unit) -> list[str]:
    return [each.rule for each in found(*units)]


def test_a_crossing_in_which_nobody_does_anything() -> None:
    west = unit("west", "BBB", [(0, RUN_M, 0), (60, -RUN_M, 0)])
    risk, crossing, action = found(north(), west)
    assert (risk.rule, risk.unit, risk.other) == ("R07", "north", "west")
    assert 0 <= risk.from_ms - 18 * MIN_MS < 10_000
    assert "crossing, west on the starboard side of north" in risk.title
    assert risk.least_range_m == 0 and risk.name_zh == "碰撞危险"
    assert (crossing.rule, crossing.unit) == ("R15", "north")
    assert (action.rule, action.unit) == ("R16", "north") and "no substantial action" in action.title
    assert {given.whose for given in action.inputs} == {"computed", "the test"}
    assert action.parameters["alteration"] == "30 deg, default (E)"


@pytest.mark.parametrize(
    ("north_turns", "shown"),
    [
        ([(22, 0, -2469), (60, 9000, 6000)], ["R07", "R15"]),
        ([(28.5, 0, -463), (60, 9000, 6000)], ["R07", "R15", "R16"]),
    ],
)
def test_early_and_late(north_turns: list[tuple[float, float, float]], shown: list[str]) -> None:
    """To starboard by about 45 degrees, eight minutes before the meeting and one and a half."""
    own = unit("north", "AAA", [(0, 0, -RUN_M), *north_turns])
    assert rules(own, unit("west", "BBB", [(0, RUN_M, 0), (60, -RUN_M, 0)])) == shown


def test_a_series_of_small_alterations() -> None:
    points = [(0, 0, -RUN_M), (20, 0, -3087), (22, 107, -2479), (24, 320, -1900), (26, 629, -1366), (60, 8000, 5000)]
    (series,) = found(unit("north", "AAA", points), unit("west", "BBB", [(0, RUN_M, 0), (60, -RUN_M, 0)]), of="R08")
    assert series.unit == "north" and "4 times" in series.title


def test_overtaking_and_the_ship_overtaken_turns() -> None:
    slow = unit("slow", "BBB", [(0, 0, -RUN_M / 2), (28, 0, -RUN_M / 2 + 28 * 154), (60, -3000, 3000)])
    shown = found(north(), slow)
    overtaking = next(each for each in shown if each.rule == "R13")
    stands_on = next(each for each in shown if each.rule == "R17")
    assert overtaking.unit == "north" and overtaking.other == "slow"
    assert stands_on.unit == "slow" and stands_on.from_ms >= 28 * MIN_MS and "before north does" in stands_on.title


def test_head_on_one_to_starboard_one_not() -> None:
    south = unit("south", "BBB", [(0, 0, RUN_M), (22, 0, 2469), (60, -6000, -6000)])
    shown = found(north(), south)
    head_on = next(each for each in shown if each.rule == "R14")
    assert "north: no alteration of course" in head_on.title
    assert "to starboard" in head_on.title.partition("south:")[2]
    assert [each.unit for each in shown if each.rule == "R16"] == ["north"]


def test_the_stand_on_vessel_turns_to_port_for_a_vessel_on_her_port_side() -> None:
    east = unit("east", "BBB", [(0, -RUN_M, 0), (60, RUN_M, 0)])
    own = unit("north", "AAA", [(0, 0, -RUN_M), (22, 0, -2469), (60, -6000, 6000)])
    (shown,) = found(own, east, of="R17")
    assert shown.unit == "north" and "to port for a vessel on her own port side" in shown.title


@pytest.mark.parametrize("kind", [v1.CRAFT_KIND_SUBMARINE, v1.CRAFT_KIND_MILITARY_AIRCRAFT])
def test_only_for_ships_on_the_surface(kind: v1.CraftKind.ValueType) -> None:
    other = unit("other", "BBB", [(0, RUN_M, 0), (60, -RUN_M, 0)], kind)
    assert not [rule for rule in rules(north(), other) if rule.startswith("R")]


def test_no_indicator_is_a_verdict() -> None:
    shown = found(north(), unit("west", "BBB", [(0, RUN_M, 0), (60, -RUN_M, 0)]))
    words = " ".join(str(each) for each in shown).lower()
    assert not any(word in words for word in ("violat", "breach", "illegal", "guilt", "违"))

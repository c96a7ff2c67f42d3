from __future__ import annotations

import pytest
from tests.unit.conduct.scene import KNOT, MIN_MS, found, said, unit

from hotline import v1
from hotline.conduct.rules import Settings

SHIP = [(0.0, 0.0, 0.0), (60.0, 0.0, 1.0)]
MINUTE_M = 400 * KNOT * 60  # of an aircraft at 400 kn
AIR, CIVIL_AIR = v1.CRAFT_KIND_MILITARY_AIRCRAFT, v1.CRAFT_KIND_CIVIL_AIRCRAFT


def test_a_direct_run_at_a_ship() -> None:
    inbound = unit("jet", "BBB", [(0, 0, 2 * MINUTE_M), (3, 0, -MINUTE_M)], AIR, 150.0)
    (run,) = found(unit("ship", "AAA", SHIP, altitude_m=0.0), inbound, of="N05")
    assert (run.unit, run.other) == ("jet", "ship") and run.least_range_m == pytest.approx(0, abs=150)
    assert run.until_ms == pytest.approx(2 * MIN_MS, abs=2000)
    assert run.from_ms == pytest.approx(2 * MIN_MS - 5 * 1852 / (400 * KNOT) * 1000, abs=2000)


@pytest.mark.parametrize(("height_m", "north_m"), [(1000.0, 0.0), (150.0, 3000.0)])
def test_high_or_wide_is_no_run(height_m: float, north_m: float) -> None:
    passing = unit("jet", "BBB", [(0, north_m, 2 * MINUTE_M), (3, north_m, -MINUTE_M)], AIR, height_m)
    assert not found(unit("ship", "AAA", SHIP, altitude_m=0.0), passing, of="N05")


def test_over_a_ship_and_close_to_aircraft() -> None:
    over = unit("jet", "BBB", [(0, 100, MINUTE_M), (2, 100, -MINUTE_M)], AIR, 200.0)
    (close,) = found(unit("ship", "AAA", SHIP, altitude_m=0.0), over, of="N06")
    assert close.least_range_m == 100 and "difference of height then" in {given.what for given in close.inputs}
    slow = unit("patrol", "AAA", [(0, 0, -MINUTE_M / 2), (2, 0, MINUTE_M / 2)], AIR, 250.0)
    (once,) = found(slow, over, of="N06")
    assert (once.unit, once.other) == ("jet", "patrol")
    above = unit("jet", "BBB", [(0, 100, MINUTE_M), (2, 100, -MINUTE_M)], AIR, 900.0)
    assert not found(slow, above, of="N06")


def test_close_to_a_craft_without_people_in_the_air() -> None:
    jet = unit("jet", "BBB", [(0, 100, MINUTE_M), (2, 100, -MINUTE_M)], AIR, 6000.0)
    drone = [(0.0, 0.0, 0.0), (2.0, 0.0, 3000.0)]
    (close,) = found(unit("drone", "AAA", drone, v1.CRAFT_KIND_UNCREWED, 6050.0), jet, of="N06")
    assert (close.unit, close.other) == ("jet", "drone")
    assert not found(unit("drone", "AAA", drone, v1.CRAFT_KIND_UNCREWED), jet, of="N06")


def test_close_to_a_civil_aircraft() -> None:
    liner = unit("liner", "CIV", [(0, 0, 0), (10, 0, 10 * MINUTE_M)], CIVIL_AIR, 10_000.0)
    escort = unit("jet", "BBB", [(0, 250, 0), (10, 250, 10 * MINUTE_M)], AIR, 10_050.0)
    (close,) = found(liner, escort, of="N15")
    assert close.unit == "jet" and close.until_ms is None and close.parameters["range"] == "300 m, default (T)"
    settings = Settings().with_values({"N15.range": "200 m"})
    assert not found(liner, escort, of="N15", settings=settings)


def crosser(speed_after: float) -> list[tuple[float, float, float]]:
    """Crosses 300 m ahead of a ship that has come 3,000 m in ten minutes, then runs at another speed."""
    return [(0, -3000, 3300), (10.5, 150, 3300), (20, 150 + 9.5 * 300 * speed_after, 3300)]


def test_crossing_close_ahead() -> None:
    ship = unit("ship", "AAA", [(0, 0, 0), (20, 0, 6000)])
    (crossing,) = found(ship, unit("crosser", "BBB", crosser(0.1)), of="N08")
    assert (crossing.unit, crossing.other) == ("crosser", "ship")
    assert crossing.from_ms == pytest.approx(10 * MIN_MS, abs=10_000) and crossing.least_range_m == pytest.approx(
        300, abs=60
    )
    assert crossing.inputs[0].value == "90%"


def test_crossing_far_ahead_or_within_one_party_is_none() -> None:
    ship = unit("ship", "AAA", [(0, 0, -2000), (20, 0, 4000)])
    assert not found(ship, unit("crosser", "BBB", crosser(1.0)), of="N08")
    consort = unit("ship", "BBB", [(0, 0, 0), (20, 0, 6000)])
    assert not found(consort, unit("crosser", "BBB", crosser(1.0)), of="N08")


def test_a_submarine_that_nobody_announced() -> None:
    boat = unit("boat", "BBB", [(0, 0, 10_000), (60, 0, 1)], v1.CRAFT_KIND_SUBMARINE)
    ship = unit("ship", "AAA", SHIP)
    (near,) = found(boat, ship, of="N14")
    assert near.unit == "boat" and near.parameters["range"] == "2 nmi, default (T)"
    signal = v1.EncounterSignal(table="INCSEA-YV1", code="RU8", speaker=v1.Craft(name="boat"))
    assert not found(boat, ship, of="N14", said=(said("m1", signal, 1, "BBB:desk"),))
    notice = v1.ActivityNotice(forces=[v1.Force(kind=v1.CRAFT_KIND_SUBMARINE)])
    assert not found(boat, ship, of="N14", said=(said("m1", notice, 1, "BBB:desk"),))
    assert found(boat, ship, of="N14", said=(said("m1", notice, 59, "BBB:desk"), said("m2", notice, 1, "AAA:desk")))


def test_a_single_ship_inside_a_formation() -> None:
    corners = [(-2000, -2000), (2000, -2000), (0, 3000)]
    fleet = [unit(f"f{i}", "AAA", [(0, x, y), (60, x + 0.5, y)]) for i, (x, y) in enumerate(corners)]
    single = unit("single", "BBB", [(0, -6000, 0), (60, 6000, 0)])
    signal = v1.EncounterSignal(table="INCSEA-YV1", code="RU6", speaker=v1.Craft(name="f0"))
    (inside,) = found(*fleet, single, of="N07", said=(said("m1", signal, 1, "AAA:desk"),))
    assert (inside.unit, inside.other, inside.message) == ("single", "f0", "m1")
    assert inside.from_ms == pytest.approx(24 * MIN_MS, abs=11_000)
    assert inside.until_ms == pytest.approx(36 * MIN_MS, abs=11_000)
    assert not found(*fleet, single, of="N07")
    assert not found(*fleet[:2], single, of="N07", said=(said("m1", signal, 1, "AAA:desk"),))

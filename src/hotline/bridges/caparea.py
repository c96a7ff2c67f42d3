"""The area blocks of a CAP alert.

CAP has polygons and circles; latitude stands before longitude, radii are in kilometres and heights in feet. `ceiling`
may not stand without `altitude`: an upper limit without a lower one is in the words of `areaDesc` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from hotline import v1
from hotline.bridges.positions import feet, nautical, point
from hotline.bridges.told import BridgeError, Held, Told, notice_meant
from hotline.bridges.wording import area_words, flash_in

Elements = list[tuple[str, str]]


def area_of(told: Told, held: Held) -> Iterator[Elements]:
    """Every area block that a statement has, as elements in CAP's order.

    Raises:
        BridgeError: BRIDGE_EARLIER_MISSING, BRIDGE_AREA.
    """
    notice, flash = notice_meant(told, held), flash_in(told)
    if notice is not None:
        yield [("areaDesc", area_words(notice.area)), *_shapes(notice.area), *_heights(notice.area.band)]
    elif flash is not None:
        yield _around(flash.position)
    elif isinstance(told.body, v1.IncidentUpdate) and told.body.HasField("position"):
        yield _around(told.body.position)


def _around(position: v1.Position) -> Elements:
    """A position as a circle of its uncertainty; a radius of 0 where none is said."""
    return [("areaDesc", nautical(point(position))), ("circle", _circle(position, position.uncertainty_m))]


def _shapes(area: v1.Area) -> Iterator[tuple[str, str]]:
    kind = area.WhichOneof("geometry")
    if kind == "circle":
        yield "circle", _circle(area.circle.centre, area.circle.radius_m)
    elif kind == "polygon" and _flat(area.polygon):
        corners = [*area.polygon.corners, area.polygon.corners[0]]
        yield "polygon", " ".join(_pair(each.longitude_deg, each.latitude_deg) for each in corners)
    elif kind != "named_water":
        yield from _cut(area)


def _cut(area: v1.Area) -> Iterator[tuple[str, str]]:
    # Only what CAP cannot say as signed needs the library that cuts and unites: the rest works without it.
    from hotline.bridges.shapes import shape_of

    shape = shape_of(area)
    for rings in shape.polygons if shape else ():
        if len(rings) > 1:
            raise BridgeError("BRIDGE_AREA", "CAP has no polygon with a hole, and this area encloses one")
        yield "polygon", " ".join(_pair(lon, lat) for lon, lat in rings[0])


def _flat(polygon: v1.Polygon) -> bool:
    """Whether no edge crosses the antimeridian."""
    corners = [*polygon.corners, polygon.corners[0]]
    return all(abs(one.longitude_deg - other.longitude_deg) <= 180.0 for one, other in pairwise(corners))


def _circle(centre: v1.Position, radius_m: int) -> str:
    return f"{_pair(centre.longitude_deg, centre.latitude_deg)} {radius_m / 1000:.3f}"


def _pair(lon_deg: float, lat_deg: float) -> str:
    """``30.5,125``: no exponent, at most six decimals."""
    return f"{_digits(lat_deg)},{_digits(lon_deg)}"


def _digits(angle_deg: float) -> str:
    return f"{round(angle_deg, 6) + 0.0:.6f}".rstrip("0").rstrip(".")


def _heights(band: v1.VerticalBand) -> Iterator[tuple[str, str]]:
    if band.HasField("lower_m"):
        yield "altitude", str(math.floor(feet(band.lower_m)))
        if band.HasField("upper_m"):
            yield "ceiling", str(math.ceil(feet(band.upper_m)))

"""Trigonometry that gives the same bits on every machine, and dead reckoning on the ellipsoid.

Mathematics libraries differ in the last digit of sines; a closed loop would let that grow into another encounter. The
series here use only operations that IEEE 754 rounds in one way. Angles are degrees, clockwise from north for courses.
"""

from __future__ import annotations

import math

PI = 3.141592653589793
RADIANS = PI / 180.0
DEGREES = 180.0 / PI
_TAN_15 = 0.2679491924311227
_SQRT_3 = 1.7320508075688772
# WGS 84: semi-major axis and first eccentricity squared.
EQUATOR_M = 6_378_137.0
_E2 = 0.006_694_379_990_141_317
_GRID = 1e9  # positions are kept on a grid of 1e-9 deg, about 0.1 mm


def sin_cos(angle_deg: float) -> tuple[float, float]:
    """Sine and cosine, to about 1e-15."""
    turn = angle_deg % 360.0
    quarter = int((turn + 45.0) // 90.0)
    x = (turn - 90.0 * quarter) * RADIANS
    x2 = x * x
    sine = x * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72 * (1 - x2 / 110 * (1 - x2 / 156))))))
    cosine = 1 - x2 / 2 * (
        1 - x2 / 12 * (1 - x2 / 30 * (1 - x2 / 56 * (1 - x2 / 90 * (1 - x2 / 132 * (1 - x2 / 182)))))
    )
    match quarter & 3:
        case 0:
            return sine, cosine
        case 1:
            return cosine, -sine
        case 2:
            return -sine, -cosine
        case _:
            return -cosine, sine


def arctan_deg(x: float) -> float:
    """Arc tangent in (-90, 90) degrees, to about 1e-13."""
    if x < 0.0:
        return -arctan_deg(-x)
    if x > 1.0:
        return 90.0 - arctan_deg(1.0 / x)
    if x > _TAN_15:
        return 30.0 + arctan_deg((x * _SQRT_3 - 1.0) / (x + _SQRT_3))
    x2, total = x * x, 0.0
    for n in range(23, 0, -2):
        total = 1.0 / n - x2 * total
    return x * total * DEGREES


def bearing_of(east_m: float, north_m: float) -> float:
    """True bearing of a displacement, in [0, 360) degrees; 0 of none."""
    if north_m == 0.0:
        return 90.0 if east_m > 0.0 else 270.0 if east_m < 0.0 else 0.0
    angle = arctan_deg(east_m / north_m)
    return (angle + (180.0 if north_m < 0.0 else 0.0)) % 360.0


def turn_to(from_deg: float, to_deg: float) -> float:
    """The shorter turn from one course to another, in [-180, 180) degrees, starboard positive."""
    return (to_deg - from_deg + 180.0) % 360.0 - 180.0


def length(east_m: float, north_m: float) -> float:
    """Length of a displacement."""
    return math.sqrt(east_m * east_m + north_m * north_m)


def quantised(value: float, grid: float) -> float:
    """The nearest multiple of ``1 / grid``."""
    return math.floor(value * grid + 0.5) / grid


def radii_m(lat_deg: float) -> tuple[float, float]:
    """Metres to a radian of latitude, and of longitude, at a latitude."""
    sine, cosine = sin_cos(lat_deg)
    w = 1.0 - _E2 * sine * sine
    normal = EQUATOR_M / math.sqrt(w)
    return normal * (1.0 - _E2) / w, normal * cosine


def moved(lat_deg: float, lon_deg: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Dead reckoning: a position displaced by some kilometres, by middle latitude."""
    along, _ = radii_m(lat_deg)
    d_lat = north_m / along * DEGREES
    _, across = radii_m(lat_deg + d_lat / 2.0)
    lat, lon = lat_deg + d_lat, lon_deg + east_m / across * DEGREES
    lon = (lon + 180.0) % 360.0 - 180.0
    return quantised(lat, _GRID), quantised(lon, _GRID)


def displacement(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> tuple[float, float]:
    """East and north metres from one position to another, by middle latitude; within 1 m at 50 km below 70 degrees."""
    along, across = radii_m((lat1_deg + lat2_deg) / 2.0)
    d_lon = (lon2_deg - lon1_deg + 180.0) % 360.0 - 180.0
    return d_lon * RADIANS * across, (lat2_deg - lat1_deg) * RADIANS * along

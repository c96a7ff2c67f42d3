"""Geodesics and closest approaches of many pairs at once: the same answers as `geodesy` and `cpa`, in numpy arrays.

Every function takes arrays of one shape (or that broadcast to one) and returns arrays of that shape. The geodesics are
Vincenty's (Survey Review 23, 1975, no. 176), exact to well below a millimetre wherever his series for the inverse
converges; the few nearly antipodal pairs for which it does not are GeographicLib's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from geographiclib.geodesic import Geodesic

Floats: TypeAlias = npt.NDArray[np.float64]

_WGS84 = Geodesic.WGS84
_A_M = float(_WGS84.a)
_F = float(_WGS84.f)
_B_M = _A_M * (1.0 - _F)
_E2 = _F * (2.0 - _F)
_SECOND_E2 = _E2 / (1.0 - _E2)
_ROUNDS = 15
_CONVERGED_RAD = 1e-13
_STILL_MPS = 1e-9  # as in `hotline.geo.cpa`


@dataclass(frozen=True, slots=True, eq=False)
class CpaMany:
    """CPA of many pairs: `range_m` then, and `time_s` until then (negative when it has passed)."""

    range_m: Floats
    time_s: Floats


def ecef_m(lat_deg: Floats, lon_deg: Floats, height_m: Floats | float = 0.0) -> Floats:
    """Earth-centred coordinates in metres, along a new last axis of length 3; heights above the ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    normal = _A_M / np.sqrt(1.0 - _E2 * np.sin(lat) ** 2)
    out = (normal + height_m) * np.cos(lat)
    return np.stack((out * np.cos(lon), out * np.sin(lon), (normal * (1.0 - _E2) + height_m) * np.sin(lat)), axis=-1)


def offsets_m(
    from_lat_deg: Floats, from_lon_deg: Floats, to_lat_deg: Floats, to_lon_deg: Floats
) -> tuple[Floats, Floats]:
    """East and north of each point in the plane touching the Earth at its origin, as `geodesy.offset_m`."""
    lat1, lon1, lat2, lon2 = np.broadcast_arrays(np.asarray(from_lat_deg, float), from_lon_deg, to_lat_deg, to_lon_deg)
    distance_m, azimuth, converged = _inverse(np.radians(lat1), np.radians(lat2), _turn(np.radians(lon2 - lon1)))
    for index in zip(*np.nonzero(~converged), strict=True):
        line = _WGS84.Inverse(lat1[index], lon1[index], lat2[index], lon2[index])
        distance_m[index], azimuth[index] = line["s12"], np.radians(line["azi1"])
    return distance_m * np.sin(azimuth), distance_m * np.cos(azimuth)


def destinations(
    lat_deg: Floats, lon_deg: Floats, azimuth_deg: Floats, distance_m: Floats
) -> tuple[Floats, Floats, Floats]:
    """Latitude, longitude and azimuth (degrees) where each geodesic is after its distance, as `geodesy.destination`."""
    lat, azimuth = np.radians(lat_deg), np.radians(azimuth_deg)
    tan_u = (1.0 - _F) * np.tan(lat)
    cos_u = 1.0 / np.sqrt(1.0 + tan_u**2)
    sin_u = tan_u * cos_u
    sin_a = cos_u * np.sin(azimuth)
    cos2_a = 1.0 - sin_a**2
    sigma1 = np.arctan2(tan_u, np.cos(azimuth))
    scale, amplitude = _series(cos2_a)
    sigma = first = np.asarray(distance_m, float) / (_B_M * scale)
    for _ in range(_ROUNDS):
        nearer = first + _correction(amplitude, np.sin(sigma), np.cos(sigma), np.cos(2.0 * sigma1 + sigma))
        change, sigma = np.max(np.abs(nearer - sigma), initial=0.0), nearer
        if change < _CONVERGED_RAD:
            break
    sin_s, cos_s = np.sin(sigma), np.cos(sigma)
    toward = sin_u * sin_s - cos_u * cos_s * np.cos(azimuth)
    lat2 = np.arctan2(sin_u * cos_s + cos_u * sin_s * np.cos(azimuth), (1.0 - _F) * np.hypot(sin_a, toward))
    on_sphere = np.arctan2(sin_s * np.sin(azimuth), cos_u * cos_s - sin_u * sin_s * np.cos(azimuth))
    lon2 = np.radians(lon_deg) + on_sphere - _longitude_shortfall(sin_a, cos2_a, sigma, np.cos(2.0 * sigma1 + sigma))
    return np.degrees(lat2), np.degrees(_turn(lon2)), np.degrees(np.arctan2(sin_a, -toward)) % 360.0


def cpa(east_m: Floats, north_m: Floats, east_mps: Floats, north_mps: Floats) -> CpaMany:
    """CPA of units at relative positions moving with relative velocities, as `cpa.cpa`."""
    speed = np.hypot(east_mps, north_mps)
    moving = speed >= _STILL_MPS
    by = np.where(moving, speed, 1.0)
    time_s = np.where(moving, -(east_m * east_mps + north_m * north_mps) / by**2, 0.0)
    across_m = np.abs(east_m * north_mps - north_m * east_mps) / by
    return CpaMany(np.where(moving, across_m, np.hypot(east_m, north_m)), time_s + 0.0)


def closest_on_segments(start_m: Floats, end_m: Floats) -> tuple[Floats, Floats]:
    """Smallest range of each straight relative motion, and the share of it run by then (0 to 1).

    `start_m` and `end_m` hold relative positions along the last axis, in two dimensions or three.
    """
    run_m = end_m - start_m
    length2 = np.einsum("...i,...i->...", run_m, run_m)
    along = -np.einsum("...i,...i->...", start_m, run_m)
    share = np.clip(np.divide(along, length2, out=np.zeros_like(along), where=length2 > 0.0), 0.0, 1.0)
    nearest = start_m + share[..., None] * run_m
    return np.sqrt(np.einsum("...i,...i->...", nearest, nearest)), share


def _turn(angle: Floats) -> Floats:
    """An angle in radians brought into [-pi, pi); those already in it are left as they are."""
    inside = (angle >= -np.pi) & (angle < np.pi)
    return np.where(inside, angle, (angle + np.pi) % (2.0 * np.pi) - np.pi)


def _inverse(lat1: Floats, lat2: Floats, lon: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Distance (m), azimuth (rad) at the first point, and where the series converged. `lon`: the difference, rad."""
    u1, u2 = np.arctan((1.0 - _F) * np.tan(lat1)), np.arctan((1.0 - _F) * np.tan(lat2))
    sin1, cos1, sin2, cos2 = np.sin(u1), np.cos(u1), np.sin(u2), np.cos(u2)
    on_sphere, change = lon, np.full(lon.shape, np.inf)
    for _ in range(_ROUNDS):
        arc = _Arc.between(sin1, cos1, sin2, cos2, on_sphere)
        nearer = lon + _longitude_shortfall(arc.sin_a, arc.cos2_a, arc.sigma, arc.cos_2m)
        change = np.abs(nearer - on_sphere)
        on_sphere = nearer
        if np.max(change, initial=0.0) < _CONVERGED_RAD:
            break
    arc = _Arc.between(sin1, cos1, sin2, cos2, on_sphere)
    scale, amplitude = _series(arc.cos2_a)
    distance_m = _B_M * scale * (arc.sigma - _correction(amplitude, arc.sin_s, arc.cos_s, arc.cos_2m))
    return distance_m, np.arctan2(arc.east, arc.north), (change < _CONVERGED_RAD) & (np.abs(on_sphere) < np.pi)


@dataclass(frozen=True, slots=True, eq=False)
class _Arc:
    """The great circle on the auxiliary sphere that stands for each geodesic; Vincenty's names in comments."""

    east: Floats
    north: Floats
    sin_s: Floats  # sin sigma
    cos_s: Floats
    sigma: Floats
    sin_a: Floats  # sin alpha, the azimuth at the equator
    cos2_a: Floats
    cos_2m: Floats  # cos 2 sigma_m

    @classmethod
    def between(cls, sin1: Floats, cos1: Floats, sin2: Floats, cos2: Floats, lon: Floats) -> _Arc:
        east = cos2 * np.sin(lon)
        north = cos1 * sin2 - sin1 * cos2 * np.cos(lon)
        sin_s, cos_s = np.hypot(east, north), sin1 * sin2 + cos1 * cos2 * np.cos(lon)
        sin_a = np.divide(cos1 * east, sin_s, out=np.zeros_like(sin_s), where=sin_s > 0.0)
        cos2_a = 1.0 - sin_a**2
        middle = np.divide(2.0 * sin1 * sin2, cos2_a, out=np.zeros_like(cos_s), where=cos2_a > 0.0)
        cos_2m = np.where(cos2_a > 0.0, cos_s - middle, 0.0)  # 0 along the equator, where it drops out
        return cls(east, north, sin_s, cos_s, np.arctan2(sin_s, cos_s), sin_a, cos2_a, cos_2m)


def _series(cos2_a: Floats) -> tuple[Floats, Floats]:
    """Vincenty's A and B."""
    u2 = cos2_a * _SECOND_E2
    scale = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)))
    return scale, u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)))


def _correction(amplitude: Floats, sin_s: Floats, cos_s: Floats, cos_2m: Floats) -> Floats:
    """Vincenty's delta sigma."""
    inner = cos_s * (2.0 * cos_2m**2 - 1.0) - amplitude / 6.0 * cos_2m * (4.0 * sin_s**2 - 3.0) * (
        4.0 * cos_2m**2 - 3.0
    )
    return amplitude * sin_s * (cos_2m + amplitude / 4.0 * inner)


def _longitude_shortfall(sin_a: Floats, cos2_a: Floats, sigma: Floats, cos_2m: Floats) -> Floats:
    """By how much the longitude on the sphere exceeds that on the ellipsoid, rad."""
    c = _F / 16.0 * cos2_a * (4.0 + _F * (4.0 - 3.0 * cos2_a))
    inner = cos_2m + c * np.cos(sigma) * (2.0 * cos_2m**2 - 1.0)
    return (1.0 - c) * _F * sin_a * (sigma + c * np.sin(sigma) * inner)

"""The closest encounters of a recording, ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline.conduct.encounters import encounters
from hotline.conduct.facts import Unit
from hotline.conduct.pair import pair_of
from hotline.conduct.rules import Settings
from hotline.conduct.screen import Approach, closest_approaches
from hotline_sim.recorded.cleaning import Recorded

_AROUND_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which encounters count: within `within_m`, both at `moving_mps` or more, at most `height_m` apart in height."""

    within_m: float
    moving_mps: float
    height_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """Two recorded units' closest approach.

    Attributes:
        a, b: the units.
        time_ms: Unix milliseconds of the closest approach.
        range_m: range then.
        height_m: difference of height then; None where one is not known.
        kind: how ships met by rules 13 to 15, e.g. ``HEAD_ON``; empty where there was no risk of collision.
    """

    a: Recorded
    b: Recorded
    time_ms: int
    range_m: float
    height_m: float | None
    kind: str


def meetings(tracks: Sequence[Recorded], wanted: Wanted) -> list[Meeting]:
    """Every encounter that counts, closest first."""
    found = closest_approaches([track.samples for track in tracks], wanted.within_m)
    return [meeting for approach in found for meeting in _meeting(tracks, approach, wanted)]


def _meeting(tracks: Sequence[Recorded], approach: Approach, wanted: Wanted) -> Iterator[Meeting]:
    a, b = tracks[approach.a], tracks[approach.b]
    time_ms = round(approach.time_ms)
    own, other = a.samples.at(time_ms), b.samples.at(time_ms)
    known = own.altitude_m is not None and other.altitude_m is not None
    height_m = abs((own.altitude_m or 0.0) - (other.altitude_m or 0.0)) if known else None
    moving = min(own.speed_mps, other.speed_mps) >= wanted.moving_mps
    if a.name != b.name and moving and (height_m is None or height_m <= wanted.height_m):
        yield Meeting(a, b, time_ms, approach.range_m, height_m, _kind(a, b, time_ms))


def _kind(a: Recorded, b: Recorded, time_ms: int) -> str:
    """The kind of the encounter that led to the closest approach."""
    units = []
    for track in (a, b):
        part = track.samples.part(time_ms - _AROUND_MS, time_ms + _AROUND_MS)
        if part is None:
            return ""
        units.append(Unit(track.name, track.name, "", track.kind, part, track.file))
    pair = pair_of(*units) if all(unit.is_ship for unit in units) else None
    found = [met for met in encounters(pair, Settings()) if pair.time_ms[met.start] <= time_ms] if pair else []
    return str(found[-1].kind) if found else ""

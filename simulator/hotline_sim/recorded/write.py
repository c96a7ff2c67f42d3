"""A recorded encounter as a scenario file: two tracks, two posts made up, and what the replay must reproduce."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import yaml

from hotline import v1
from hotline.conduct.samples import Samples
from hotline.geo.geodesy import Offset, Position, at_offset
from hotline.geo.many import Floats
from hotline.protocol.errors import UsageError
from hotline_sim.recorded.cleaning import Recorded
from hotline_sim.recorded.meetings import Meeting

_KEPT_WITHIN_M = 5.0
_TOLERANCE_M = 15
_SHORTEST_MS = 60_000
_TAG = "RECORDING"
_HEAD = """\
# Made by `hotline sim import` from recorded tracks. The units are real and have names of ours; the posts, their parties
# and whatever is said between them are made up. Add messages, events and answers; `hotline sim check` tells what lacks.
"""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where and when an encounter is replayed: `minutes` to either side of its closest approach; there, or moved."""

    minutes: int
    moved_to: Position | None


def scenario_text(met: Meeting, placing: Placing, name: str, form: str, digest: bytes) -> str:
    """The scenario file.

    Raises:
        UsageError: TRACKS_NO_ENCOUNTER, the two tracks have less than a minute in common.
    """
    begins_ms, ends_ms = _window(met, placing)
    document = {
        "meta": _meta(met, placing, name, begins_ms, ends_ms),
        "sources": [
            {
                "tag": _TAG,
                "where": f"{form}, {' and '.join(dict.fromkeys((met.a.file, met.b.file)))}, SHA-256 {digest.hex()}",
                "trust": "broadcast by the units themselves, as received; identities replaced",
            }
        ],
        "posts": {f"{party}:fleet-watch": _post(party) for party in ("ALFA", "BRAVO")},
        "units": {
            slug: _unit(track, party, other, placing, begins_ms, ends_ms) for (slug, track, party, other) in _cast(met)
        },
        "network": [
            {
                "between": ["ALFA:fleet-watch", "BRAVO:fleet-watch"],
                "delay": "400 ms",
                "loss": "0 %",
                "assumed": "made up",
            }
        ],
        "messages": {},
        "events": [],
        "expectations": [
            {
                "closest_approach": [slug for slug, *_ in _cast(met)],
                "range": f"{met.range_m:.0f} m",
                "tolerance": f"{_TOLERANCE_M} m",
                "source": f"computed from the recording ({_TAG})",
            }
        ],
    }
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _cast(met: Meeting) -> Iterator[tuple[str, Recorded, str, Recorded]]:
    yield _slug(met.a), met.a, "ALFA", met.b
    yield _slug(met.b), met.b, "BRAVO", met.a


def _slug(track: Recorded) -> str:
    return track.name.lower().replace(" ", "-")


def _window(met: Meeting, placing: Placing) -> tuple[int, int]:
    """The stretch of time that both tracks cover, in whole seconds."""
    half_ms = placing.minutes * 60_000
    first = max(met.a.samples.start_ms, met.b.samples.start_ms, met.time_ms - half_ms)
    last = min(met.a.samples.end_ms, met.b.samples.end_ms, met.time_ms + half_ms)
    begins_ms, ends_ms = -(-first // 1000) * 1000, last // 1000 * 1000
    if ends_ms - begins_ms < _SHORTEST_MS:
        raise UsageError("TRACKS_NO_ENCOUNTER", "the two tracks have less than a minute in common")
    return begins_ms, ends_ms


def _meta(met: Meeting, placing: Placing, name: str, begins_ms: int, ends_ms: int) -> dict[str, Any]:
    moved = f"; positions moved as a whole to {placing.moved_to}" if placing.moved_to else ""
    start = datetime.fromtimestamp(begins_ms // 1000, UTC)
    return {
        "id": name,
        "title": f"{met.a.name} and {met.b.name}, {met.range_m:.0f} m",
        "title_zh": f"实录航迹：相距{met.range_m:.0f}米",
        "summary": f"Two recorded tracks and their closest approach of {met.range_m:.0f} m, without names.",
        "incident_date": f"{start:%Y-%m-%d}",
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "duration": f"{(ends_ms - begins_ms) // 1000} s",
        "seed": 1,
        "source": f"times and tracks{moved} ({_TAG})",
        "assumed": "that the two were of two parties; whatever is said",
    }


def _post(party: str) -> dict[str, Any]:
    low = party.lower()
    return {
        "party": party.capitalize(),
        "label": {
            "en": f"{party.capitalize()} fleet watch",
            "zh": "甲方舰队值班室" if party == "ALFA" else "乙方舰队值班室",
        },
        "staffed": True,
        "officers": [
            {"name": f"{low}-watch-1", "role": "watch-officer"},
            {"name": f"{low}-watch-2", "role": "commander"},
        ],
        "reaction": {"PRESENTED": "1 s", "READ": "2 min", "DECIDED": "5 min"},
        "assumed": "made up",
    }


def _unit(
    track: Recorded, party: str, other: Recorded, placing: Placing, begins_ms: int, ends_ms: int
) -> dict[str, Any]:
    return {
        "party": party,
        "kind": v1.CraftKind.Name(track.kind).removeprefix("CRAFT_KIND_"),
        "name": track.name,
        "number": "none",
        "class": "not told",
        "source": f"class of craft as broadcast; name and number replaced ({_TAG})",
        "assumed": "its party",
        "track": [*_waypoints(track, other, placing, begins_ms, ends_ms)],
    }


def _waypoints(
    track: Recorded, other: Recorded, placing: Placing, begins_ms: int, ends_ms: int
) -> Iterator[dict[str, str]]:
    """As few points as keep every recorded one within five metres, each with the line it stands on."""
    inside = (track.samples.time_ms > begins_ms) & (track.samples.time_ms < ends_ms)
    times = np.concatenate(([begins_ms], track.samples.time_ms[inside], [ends_ms]))
    lines = dict(zip(track.samples.time_ms.tolist(), track.lines.tolist(), strict=True))
    samples = track.samples.resampled(times)
    centre = _centre(track, other, begins_ms, ends_ms)
    xy = samples.local_xy(centre)
    for index in _kept(times, xy):
        line = lines.get(int(times[index]))
        at = at_offset(placing.moved_to or centre, Offset(float(xy[index, 0]), float(xy[index, 1])))
        point = {"at": _place(at)}
        if index:
            point["time"] = _clock(int(times[index]) - begins_ms)
        point["source"] = f"line {line} ({_TAG})" if line else f"between two lines ({_TAG})"
        yield point


def _centre(track: Recorded, other: Recorded, begins_ms: int, ends_ms: int) -> Position:
    """One place for both tracks: where the one of the lesser name is in the middle of the time."""
    first: Samples = min(track, other, key=lambda each: each.name).samples
    return first.at((begins_ms + ends_ms) // 2).position


def _kept(times: Floats, xy: Floats) -> list[int]:
    """Places of points between which a steady run stays close to all others: Douglas and Peucker, in space and time."""
    kept, open_spans = {0, len(times) - 1}, [(0, len(times) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        share = ((times[first : last + 1] - times[first]) / (times[last] - times[first]))[:, None]
        steady = xy[first] + share * (xy[last] - xy[first])
        off = np.hypot(*(xy[first : last + 1] - steady).T)
        worst = first + int(np.argmax(off))
        if off.max() > _KEPT_WITHIN_M:
            kept.add(worst)
            open_spans += [(first, worst), (worst, last)]
    return sorted(kept)


def _place(at: Position) -> str:
    north, east = "N" if at.lat_deg >= 0 else "S", "E" if at.lon_deg >= 0 else "W"
    return f"{abs(at.lat_deg):.6f} {north}, {abs(at.lon_deg):.6f} {east}"


def _clock(time_ms: int) -> str:
    """``T+00:01:30``, or milliseconds where it is no whole second."""
    seconds, rest = divmod(time_ms, 1000)
    if rest:
        return f"{time_ms} ms"
    return f"T+{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def digest_of(contents: list[bytes]) -> bytes:
    """SHA-256 of one file, or of the SHA-256 of several, one after the other."""
    digests = [hashlib.sha256(content).digest() for content in contents]
    return digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()

"""The map of a report: tracks, positions at message times and radii asked for, as numbers to draw.

The projection is the plane touching the Earth at the middle of the tracks, north up: distances from the middle are
true, and over the few tens of miles of an encounter the rest is true to well below a line's width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from hotline import v1
from hotline.geo.geodesy import Offset, Position, at_offset, offset_m
from hotline_sim.outcome import Picture
from hotline_sim.plot import positions
from hotline_sim.report.areas import areas
from hotline_sim.words import M_PER_NMI, near, nmi

WIDTH, HEIGHT_MIN, HEIGHT_MAX, MARGIN = 960, 420, 640, 56
_SAMPLE_MS = 15_000
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120)  # minutes
_GRID_MIN = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)  # minutes of arc
_SCALES_NMI = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_MOVES_PX = 12  # a unit whose track is shorter than this on paper is drawn as lying still

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Label:
    """A word at a place on paper. `anchor`: start, middle or end."""

    x: float
    y: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line on paper with its label."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: Label


@dataclass(frozen=True, slots=True)
class Way:
    """A unit's track: its path, time ticks, and where its name stands. `number` picks its colour.

    `end` is where it is at the end and `course_deg` where it points; None for a unit that lies still.
    """

    number: int
    name: Label
    path: str
    ticks: tuple[Segment, ...]
    end: tuple[float, float]
    course_deg: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a unit was when a message was sent: the spot, and the numbered badge beside it."""

    x: float
    y: float
    badge: Label


@dataclass(frozen=True, slots=True)
class Ring:
    """A radius asked for."""

    x: float
    y: float
    r: float
    label: Label


@dataclass(frozen=True, slots=True)
class Shape:
    """An area that messages speak of; it may reach beyond the paper."""

    path: str
    label: Label


@dataclass(frozen=True, slots=True)
class MapChart:
    """Everything a map shows, in pixels."""

    width: int
    height: int
    meridians: tuple[Segment, ...]
    parallels: tuple[Segment, ...]
    shapes: tuple[Shape, ...]
    rings: tuple[Ring, ...]
    ways: tuple[Way, ...]
    marks: tuple[Mark, ...]
    closest: Segment | None
    scale: Segment


class _Paper:
    """From positions to paper."""

    def __init__(self, places: Iterable[Position], rings: Iterable[tuple[Position, float]]) -> None:
        points = list(places)
        lat = [p.lat_deg for p in points]
        lon = [p.lon_deg for p in points]
        self.origin = Position((min(lat) + max(lat)) / 2, (min(lon) + max(lon)) / 2)
        self._bounds([offset_m(self.origin, p) for p in points], [(offset_m(self.origin, c), r) for c, r in rings])

    def _bounds(self, points: list[Offset], rings: list[tuple[Offset, float]]) -> None:
        """A window that holds every point and ring, with a margin."""
        east = [p.east_m for p in points] + [c.east_m + s * r for c, r in rings for s in (-1, 1)]
        north = [p.north_m for p in points] + [c.north_m + s * r for c, r in rings for s in (-1, 1)]
        span_e, span_n = max(max(east) - min(east), 100.0), max(max(north) - min(north), 100.0)
        inner = WIDTH - 2 * MARGIN
        height = span_n * inner / span_e + 2 * MARGIN
        self.height = round(min(max(height, HEIGHT_MIN), HEIGHT_MAX))
        self.px_per_m = min(inner / span_e, (self.height - 2 * MARGIN) / span_n)
        self._east_m, self._north_m = (max(east) + min(east)) / 2, (max(north) + min(north)) / 2

    def xy(self, position: Position) -> tuple[float, float]:
        offset = offset_m(self.origin, position)
        x = WIDTH / 2 + (offset.east_m - self._east_m) * self.px_per_m
        y = self.height / 2 - (offset.north_m - self._north_m) * self.px_per_m
        return round(x, 1), round(y, 1)

    def position(self, x: float, y: float) -> Position:
        east_m = (x - WIDTH / 2) / self.px_per_m + self._east_m
        north_m = (self.height / 2 - y) / self.px_per_m + self._north_m
        return at_offset(self.origin, Offset(east_m, north_m))


def draw_map(picture: Picture) -> MapChart | None:
    """The map of a run; None in a scenario without units."""
    scenario = picture.run.scenario
    if not scenario.units:
        return None
    tracks = positions(scenario, picture.plot, _SAMPLE_MS)
    rings = list(_asked(picture))
    paper = _Paper((p for points in tracks.values() for _, p in points), [(c, r) for c, r, _ in rings])
    moving = [unit for unit, points in tracks.items() if _length_px(paper, points) > _MOVES_PX]
    return MapChart(
        width=WIDTH,
        height=paper.height,
        meridians=tuple(_meridians(paper)),
        parallels=tuple(_parallels(paper)),
        shapes=tuple(_shapes(picture, paper)),
        rings=tuple(_ring(paper, centre, radius_m, message) for centre, radius_m, message in rings),
        ways=tuple(_way(picture, paper, unit, n, unit in moving, tracks[unit]) for n, unit in enumerate(tracks)),
        marks=tuple(_marks(picture, paper, moving)),
        closest=_closest(picture, paper),
        scale=_scale(paper),
    )


def _asked(picture: Picture) -> Iterator[tuple[Position, float, str]]:
    """Centre, radius and message of every exclusion radius that was asked for."""
    for message in picture.messages:
        view = picture.run.message(message.id)
        if view is None or view.statement.body_type != "hotline.v1.ActivityNotice":
            continue
        notice = v1.ActivityNotice.FromString(view.statement.body)
        centre = notice.area.circle.centre
        if notice.HasField("exclusion_radius_m") and notice.area.HasField("circle"):
            yield Position(centre.latitude_deg, centre.longitude_deg), float(notice.exclusion_radius_m), message.id


def _ring(paper: _Paper, centre: Position, radius_m: float, message: str) -> Ring:
    x, y = paper.xy(centre)
    r = round(radius_m * paper.px_per_m, 1)
    return Ring(x, y, r, Label(x, round(y - r - 6, 1), f"{nmi(radius_m)} asked for in {message}"))


def _shapes(picture: Picture, paper: _Paper) -> Iterator[Shape]:
    """Each area once, labelled on its edge (of a circle: in the north-east) with the messages that speak of it."""
    speak_of: dict[tuple[Spot, ...], list[str]] = {}
    for message, corners in areas(picture):
        speak_of.setdefault(tuple(paper.xy(corner) for corner in corners), []).append(message)
    for spots, messages in speak_of.items():
        x, y = spots[len(spots) // 8]
        label = Label(
            min(max(x + 8, 8), WIDTH - 120),
            min(max(y, 16), paper.height - 20),
            f"area of {', '.join(messages)}",
            "start",
        )
        yield Shape("M" + " L".join(f"{x} {y}" for x, y in spots) + " Z", label)


def _length_px(paper: _Paper, points: list[tuple[int, Position]]) -> float:
    spots = [paper.xy(position) for _, position in points]
    return sum(math.dist(a, b) for a, b in pairwise(spots))


def _way(
    picture: Picture, paper: _Paper, unit: str, number: int, moves: bool, points: list[tuple[int, Position]]
) -> Way:
    spots = [paper.xy(position) for _, position in points]
    path = "M" + " L".join(f"{x} {y}" for x, y in spots)
    scenario = picture.run.scenario
    words = f"{scenario.units[unit].name} ({scenario.units[unit].number})"
    ticks = tuple(_time_ticks(picture, paper, unit)) if moves else ()
    (x, y), at_end = spots[-1], picture.plot.at(unit, scenario.meta.duration_ms)
    name = _name_of_moving(spots, words) if moves else Label(x, y - 14, words)
    course_deg = round(at_end.course_deg, 1) if moves and at_end.course_deg is not None else None
    return Way(number, name, path, ticks, (x, y), course_deg)


def _name_of_moving(spots: list[tuple[float, float]], words: str) -> Label:
    """Above the start of the track, clear of the time beside it, reading away from the edge."""
    (x, y), (later_x, _) = spots[0], spots[min(len(spots) - 1, 8)]
    heads_right = later_x >= x
    return Label(round(x + (-10 if heads_right else 10), 1), y - 30, words, "start" if heads_right else "end")


def _time_ticks(picture: Picture, paper: _Paper, unit: str) -> Iterator[Segment]:
    """Cross strokes with minutes, on the left of the track."""
    end_ms = picture.run.scenario.meta.duration_ms
    step = next((m for m in _TICKS if end_ms / 60_000 / m <= 10), _TICKS[-1])
    for minute in range(0, end_ms // 60_000 + 1, step):
        (x, y), (left_x, left_y) = _beside(picture, paper, unit, minute * 60_000)
        yield Segment(
            x + 5 * left_x,
            y + 5 * left_y,
            x - 5 * left_x,
            y - 5 * left_y,
            Label(round(x + 17 * left_x, 1), round(y + 17 * left_y + 4, 1), f"+{minute}"),
        )


def _beside(picture: Picture, paper: _Paper, unit: str, time_ms: int) -> tuple[Spot, Spot]:
    """A unit's place on paper, and the direction to the left of its course there."""
    point = picture.plot.at(unit, time_ms)
    course = math.radians(point.course_deg or 0.0)
    return paper.xy(point.position), (round(-math.cos(course), 3), round(-math.sin(course), 3))


def _marks(picture: Picture, paper: _Paper, moving: list[str]) -> Iterator[Mark]:
    """Where the moving units were when each message was sent, with badges on the right of the track."""
    for message in picture.messages:
        for unit in moving if message.said_ms is not None else ():
            (x, y), (left_x, left_y) = _beside(picture, paper, unit, message.said_ms or 0)
            yield Mark(x, y, Label(round(x - 24 * left_x, 1), round(y - 24 * left_y, 1), message.id))


def _closest(picture: Picture, paper: _Paper) -> Segment | None:
    closest = picture.plot.closest
    if closest is None:
        return None
    (x1, y1), (x2, y2) = (paper.xy(picture.plot.position(unit, closest.time_ms)) for unit in closest.units)
    label = Label(round((x1 + x2) / 2 + 8, 1), round((y1 + y2) / 2 + 4, 1), near(closest.range_m), "start")
    return Segment(x1, y1, x2, y2, label)


def _grid_step_min(paper: _Paper) -> float:
    """Minutes of arc between graticule lines, four or five of them across."""
    west, east = paper.position(0, paper.height / 2), paper.position(WIDTH, paper.height / 2)
    across = (east.lon_deg - west.lon_deg) * 60
    return next((step for step in _GRID_MIN if across / step <= 7), _GRID_MIN[-1])


def _meridians(paper: _Paper) -> Iterator[Segment]:
    step = _grid_step_min(paper) / 60
    west, east = paper.position(0, paper.height / 2), paper.position(WIDTH, paper.height / 2)
    south, north = paper.position(WIDTH / 2, paper.height), paper.position(WIDTH / 2, 0)
    for number in range(math.ceil(west.lon_deg / step), math.floor(east.lon_deg / step) + 1):
        lon = number * step
        x1, y1 = paper.xy(Position(south.lat_deg, lon))
        x2, y2 = paper.xy(Position(north.lat_deg, lon))
        yield Segment(x1, y1, x2, y2, Label(x1, paper.height - 6, _degrees(lon, "E", "W")))


def _parallels(paper: _Paper) -> Iterator[Segment]:
    step = _grid_step_min(paper) / 60
    west, east = paper.position(0, paper.height / 2), paper.position(WIDTH, paper.height / 2)
    south, north = paper.position(WIDTH / 2, paper.height), paper.position(WIDTH / 2, 0)
    for number in range(math.ceil(south.lat_deg / step), math.floor(north.lat_deg / step) + 1):
        lat = number * step
        x1, y1 = paper.xy(Position(lat, west.lon_deg))
        x2, y2 = paper.xy(Position(lat, east.lon_deg))
        yield Segment(x1, y1, x2, y2, Label(6, y1 - 4, _degrees(lat, "N", "S"), "start"))


def _degrees(angle_deg: float, positive: str, negative: str) -> str:
    """``31°12′N``; half minutes are written out."""
    minutes = round(abs(angle_deg) * 120) / 2
    degrees, rest = divmod(minutes, 60)
    shown = f"{rest:02.0f}" if rest == int(rest) else f"{rest:04.1f}"
    return f"{degrees:.0f}°{shown}′{positive if angle_deg >= 0 else negative}"


def _scale(paper: _Paper) -> Segment:
    """A scale bar of a round number of nautical miles, about a sixth of the width."""
    length_nmi = min(_SCALES_NMI, key=lambda n: abs(n * M_PER_NMI * paper.px_per_m - WIDTH / 6))
    length_px = length_nmi * M_PER_NMI * paper.px_per_m
    x2, y = WIDTH - 20, paper.height - 34
    words = f"{length_nmi:g} nmi = {length_nmi * M_PER_NMI / 1000:.2f} km"
    return Segment(round(x2 - length_px, 1), y, x2, y, Label(round(x2 - length_px / 2, 1), y - 8, words))

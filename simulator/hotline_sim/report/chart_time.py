"""Range over time, and every message's stages on the same time axis below it, as numbers to draw."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hotline_sim.chronicle import ranges_named
from hotline_sim.outcome import MessageOutcome, Picture, StageOutcome
from hotline_sim.report.chart_map import Label, Segment
from hotline_sim.words import M_PER_NMI, near, plain_span

WIDTH, LEFT, RIGHT = 960, 212, 24
CURVE_TOP, CURVE_HEIGHT = 26, 210
AXIS_HEIGHT = 44
ROW, LANE_GAP, LANE_HEAD = 17, 12, 20
_SAMPLE_MS = 10_000
_LETTERS = {"QUERY": "?", "ALTERNATE_POST": "A", "OTHER_CHANNEL": "C", "NEXT_LEVEL": "L"}
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 240)  # minutes


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage of one addressee: from sending to when it was said, and on to its deadline.

    Attributes:
        y: middle of its row.
        label: name of the stage at the left.
        x_sent, x_said, x_deadline: on the time axis; None where there is none.
        open_ended: the deadline lies beyond the chart.
        verdict: as in the stage; decides colour, pattern and words.
        words: what stands beside the bar.
    """

    y: float
    label: str
    x_sent: float
    x_said: float | None
    x_deadline: float | None
    open_ended: bool
    verdict: str
    contradicted: bool
    words: str
    words_x: float
    words_anchor: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A message: its heading, when it was sent, its stages, and each step against silence with its letter."""

    id: str
    heading: str
    precedence: str
    y: float
    height: float
    x_sent: float
    bars: tuple[Bar, ...]
    turns: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Everything the time chart shows, in pixels."""

    width: int
    height: float
    left: int
    right: float
    curve_top: int
    curve_bottom: int
    lanes_top: int
    curve: str
    area: str
    minutes: tuple[Segment, ...]
    ranges: tuple[Segment, ...]
    thresholds: tuple[Segment, ...]
    closest: tuple[float, float, Label] | None
    dots: tuple[tuple[float, float, str], ...]
    lanes: tuple[Lane, ...]


class Axes:
    """From time and range to paper."""

    def __init__(self, end_ms: int, ranges_m: list[float]) -> None:
        self.end_ms = end_ms
        self.most_nmi = max(1, math.ceil(max(ranges_m, default=0.0) / M_PER_NMI))
        self.height = CURVE_HEIGHT if ranges_m else 0  # without units there is no curve
        self.bottom = CURVE_TOP + self.height

    def x(self, time_ms: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * time_ms / self.end_ms, 1)

    def y(self, range_m: float) -> float:
        return round(CURVE_TOP + self.height * (1 - range_m / M_PER_NMI / self.most_nmi), 1)


def draw_time(picture: Picture) -> TimeChart:
    """The time chart of a run. Without units there is no curve, only the messages."""
    end_ms = picture.run.scenario.meta.duration_ms
    points = samples_of(picture)
    axes = Axes(end_ms, [r for _, r in points])
    lanes = tuple(_lanes(picture, axes))
    curve = "M" + " L".join(f"{axes.x(t)} {axes.y(r)}" for t, r in points) if points else ""
    bottom, lanes_top = axes.bottom, axes.bottom + AXIS_HEIGHT
    return TimeChart(
        width=WIDTH,
        height=(lanes[-1].y + lanes[-1].height if lanes else lanes_top) + 10,
        left=LEFT,
        right=WIDTH - RIGHT,
        curve_top=CURVE_TOP,
        curve_bottom=bottom,
        lanes_top=lanes_top,
        curve=curve,
        area=f"{curve} L{axes.x(end_ms)} {bottom} L{axes.x(0)} {bottom} Z" if curve else "",
        minutes=tuple(minutes_of(axes)),
        ranges=tuple(ranges_of(axes)),
        thresholds=tuple(_thresholds(picture, axes)),
        closest=_closest(picture, axes),
        dots=tuple(_dots(picture, axes)),
        lanes=lanes,
    )


def samples_of(picture: Picture) -> list[tuple[int, float]]:
    """Range of the pair that is shown, metres, by scenario time; empty without one. Its least is one of them."""
    end_ms, closest = picture.run.scenario.meta.duration_ms, picture.plot.closest
    times = {*range(0, end_ms, _SAMPLE_MS), end_ms}
    points = {t: float(r) for t in times if (r := picture.plot.range_m(t)) is not None}
    return sorted(points.items() if closest is None else (points | {closest.time_ms: float(closest.range_m)}).items())


def minutes_of(axes: Axes) -> Iterator[Segment]:
    """Strokes at whole minutes, with their figures beneath the curve."""
    step = next((m for m in _TICKS if axes.end_ms / 60_000 / m <= 12), _TICKS[-1])
    for minute in range(0, axes.end_ms // 60_000 + 1, step):
        x = axes.x(minute * 60_000)
        yield Segment(x, CURVE_TOP, x, axes.bottom, Label(x, axes.bottom + 17, f"{minute}"))


def ranges_of(axes: Axes) -> Iterator[Segment]:
    """Lines at whole nautical miles, with their figures at the left."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 500) if axes.most_nmi / s <= 8)
    for n in range(0, axes.most_nmi + 1, step) if axes.height else ():
        y = axes.y(n * M_PER_NMI)
        yield Segment(LEFT, y, WIDTH - RIGHT, y, Label(LEFT - 8, y + 4, f"{n}", "end"))


def _thresholds(picture: Picture, axes: Axes) -> Iterator[Segment]:
    """Ranges the scenario names for the pair shown, each labelled at the end that the curve is farther from."""
    named = {range_m for pair, range_m in ranges_named(picture.run.scenario) if pair == picture.plot.pair}
    first_m, last_m = (picture.plot.range_m(t) or 0 for t in (0, axes.end_ms))
    for range_m in sorted(named):
        y = axes.y(range_m)
        at_left = abs(first_m - range_m) > abs(last_m - range_m)
        x, anchor = (LEFT + 6, "start") if at_left else (WIDTH - RIGHT - 6, "end")
        yield Segment(LEFT, y, WIDTH - RIGHT, y, Label(x, y - 5, near(range_m), anchor))


def _closest(picture: Picture, axes: Axes) -> tuple[float, float, Label] | None:
    closest = picture.plot.closest
    if closest is None:
        return None
    x, y = axes.x(closest.time_ms), axes.y(closest.range_m)
    return x, y, Label(x, CURVE_TOP - 10, f"closest approach {near(closest.range_m)}")


def _dots(picture: Picture, axes: Axes) -> Iterator[tuple[float, float, str]]:
    for message in picture.messages:
        if message.said_ms is not None and message.range_m is not None:
            yield axes.x(message.said_ms), axes.y(message.range_m), message.id


def _lanes(picture: Picture, axes: Axes) -> Iterator[Lane]:
    y: float = axes.bottom + AXIS_HEIGHT
    for message in picture.messages:
        if message.said_ms is None:
            continue
        height = LANE_HEAD + ROW * len(message.stages)
        yield Lane(
            id=message.id,
            heading=message.type,
            precedence=message.precedence,
            y=y,
            height=height,
            x_sent=axes.x(message.said_ms),
            bars=tuple(
                _bar(message, stage, axes, y + LANE_HEAD + ROW * (number + 0.5))
                for number, stage in enumerate(message.stages)
            ),
            turns=tuple((axes.x(turn.at_ms), _LETTERS[turn.step]) for turn in message.turns),
        )
        y += height + LANE_GAP


def _bar(message: MessageOutcome, stage: StageOutcome, axes: Axes, y: float) -> Bar:
    x_sent, edge = axes.x(message.said_ms or 0), axes.x(axes.end_ms)
    x_said = None if stage.said_ms is None else axes.x(stage.said_ms)
    beyond = stage.deadline_ms is not None and stage.deadline_ms > axes.end_ms
    x_deadline = None if stage.deadline_ms is None else min(axes.x(stage.deadline_ms), edge)
    right = max(x for x in (x_sent, x_said, x_deadline) if x is not None)
    words_x, anchor = (right + 8, "start") if right < edge - 190 else ((x_said or x_sent) + 8, "start")
    return Bar(
        y=y,
        label=_row_label(message, stage),
        x_sent=x_sent,
        x_said=x_said,
        x_deadline=x_deadline,
        open_ended=beyond,
        verdict=stage.verdict,
        contradicted="CONTRADICTED" in stage.marks,
        words=_words(message, stage),
        words_x=words_x,
        words_anchor=anchor,
    )


def _row_label(message: MessageOutcome, stage: StageOutcome) -> str:
    """The stage; with the addressee's party where there are several, as there is little room."""
    alone = len(message.action + message.info) == 1
    return stage.stage.lower() if alone else f"{stage.addressee.rpartition(':')[0]} {stage.stage.lower()}"


def _words(message: MessageOutcome, stage: StageOutcome) -> str:
    """What stands beside a bar: value where it says more than the stage, seconds after sending, contradiction."""
    if stage.said_ms is None or stage.value == "UNSTAFFED":
        nobody = "nobody on watch, " if stage.value else ""
        return nobody + {
            "EXPIRED": "expired in silence",
            "WAITING": "still waited for",
            "MOOT": "no longer waited for",
        }.get(stage.verdict, "")
    value = "" if stage.value in (stage.stage, "RECEIVED") else f"{stage.value.replace('_', ' ').lower()}, "
    after = plain_span((stage.said_ms - (message.said_ms or 0)) / 1000)
    late = ", late" if stage.verdict == "LATE" else ""
    contradicted = ", contradicted by the track" if "CONTRADICTED" in stage.marks else ""
    return f"{value}{after}{late}{contradicted}"

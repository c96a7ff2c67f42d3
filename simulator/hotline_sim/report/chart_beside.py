"""Runs beside each other on one chart: the range of the same two units over time, a curve for each run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline_sim.outcome import Picture
from hotline_sim.report.chart_map import Label, Segment
from hotline_sim.report.chart_time import CURVE_TOP, LEFT, WIDTH, Axes, minutes_of, ranges_of, samples_of
from hotline_sim.words import near

_ROW = 18


@dataclass(frozen=True, slots=True)
class Curve:
    """A run's range. `number` picks its colour and dashes; `closest` is where it is least, with the range in words."""

    number: int
    path: str
    closest: tuple[float, float]
    key: Label


@dataclass(frozen=True, slots=True)
class BesideChart:
    """Everything the chart shows, in pixels."""

    width: int
    height: float
    left: int
    curve_top: int
    curve_bottom: int
    minutes: tuple[Segment, ...]
    ranges: tuple[Segment, ...]
    curves: tuple[Curve, ...]


def draw_beside(runs: Sequence[tuple[str, Picture]]) -> BesideChart | None:
    """Each run by its label; None where no two units meet, or where the runs are of different pairs."""
    pairs = {seen.plot.pair for _, seen in runs}
    if len(runs) < 2 or len(pairs) != 1 or None in pairs:
        return None
    sampled = [samples_of(seen) for _, seen in runs]
    end_ms = max(seen.run.scenario.meta.duration_ms for _, seen in runs)
    axes = Axes(end_ms, [range_m for points in sampled for _, range_m in points])
    bottom = axes.bottom
    return BesideChart(
        width=WIDTH,
        height=bottom + 34 + _ROW * len(runs),
        left=LEFT,
        curve_top=CURVE_TOP,
        curve_bottom=bottom,
        minutes=tuple(minutes_of(axes)),
        ranges=tuple(ranges_of(axes)),
        curves=tuple(_curves(runs, sampled, axes)),
    )


def _curves(
    runs: Sequence[tuple[str, Picture]], sampled: Sequence[list[tuple[int, float]]], axes: Axes
) -> Iterator[Curve]:
    for number, ((label, seen), points) in enumerate(zip(runs, sampled, strict=True)):
        closest = seen.plot.closest
        if closest is not None:
            key = Label(LEFT + 44, axes.bottom + 42 + _ROW * number, f"{near(closest.range_m)}: {label}", "start")
            path = "M" + " L".join(f"{axes.x(t)} {axes.y(r)}" for t, r in points)
            yield Curve(number, path, (axes.x(closest.time_ms), axes.y(closest.range_m)), key)

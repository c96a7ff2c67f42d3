"""The pictures of a campaign: what a swept value changes, how settings compare, how outcomes spread, what matters."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hotline_sim.campaign.axes import (
    Scale,
    column_scale,
    label_of,
    outcome_of,
    parameter_scale,
    setting_parts,
    value_of,
)
from hotline_sim.campaign.goals import Goal
from hotline_sim.campaign.rows import Row
from hotline_sim.campaign.summary import Setting, Summary, number

_COLOURS = ("#0b4f8a", "#a63a00", "#3d6b21", "#6a3d86", "#8a5a00", "#51606e")
_SOFT, _BAD = "#51606e", "#a3123f"
_MARKS = ("o", "s", "^", "D", "v", "P")
_WIDTH_IN = 9.0
_MOST_SERIES = len(_COLOURS)
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same picture on every machine
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _SOFT,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#d3dae0",
    "grid.linewidth": 0.6,
    "svg.hashsalt": "hotline",
    "svg.fonttype": "path",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as SVG and PNG, with the file name it goes by and what it shows."""

    name: str
    title: str
    words: str
    svg: bytes
    png: bytes


def draw(summary: Summary, rows: Sequence[Row], goals: Sequence[Goal]) -> list[Picture]:
    """Every picture that a campaign of this shape has."""
    with mpl.rc_context(_STYLE):
        return [
            *_swept(summary, goals),
            *_compared(summary, goals),
            *_spread(summary, rows, goals),
            *_influences(summary),
        ]


def _picture(figure: Figure, name: str, title: str, words: str) -> Picture:
    drawn = {}
    for kind, metadata in (("svg", {"Date": None}), ("png", {"Software": None})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=metadata, dpi=120)
        drawn[kind] = buffer.getvalue()
    return Picture(name, title, words, drawn["svg"], drawn["png"])


def _panels(count: int, height_in: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(_WIDTH_IN, height_in * count), layout="constrained")
    made = figure.subplots(count, 1, squeeze=False)
    return figure, [row[0] for row in made]


# -- a swept number ----------------------------------------------------------------------------------


def _swept(summary: Summary, goals: Sequence[Goal]) -> Iterator[Picture]:
    swept = [path for path, values in summary.plan.sweeps.items() if _is_axis(values)]
    path = max(swept, key=lambda path: len(summary.plan.sweeps[path]), default=None)
    if path is None:
        return
    columns = [column for column in _closest_columns(summary) if _varies(summary, column)]
    scale = parameter_scale(summary.plan, path)
    if not goals and not columns:
        return
    figure, axes = _panels(len(goals) + len(columns), 3.1)
    series = list(_series(summary, path))[:_MOST_SERIES]
    for axis, goal in zip(axes, goals, strict=False):
        _share_panel(axis, series, path, scale, goal.words)
        axis.axhline(summary.answers[0].at_least, color=_SOFT, linewidth=1, linestyle=":")
    for axis, column in zip(axes[len(goals) :], columns, strict=True):
        _quantile_panel(axis, series, path, scale, column, goals)
    axes[-1].set_xlabel(scale.label)
    if len(series) > 1:
        others = [label_of(summary.plan, other) for other in summary.plan.sweeps if other != path]
        axes[0].legend(title=", ".join(others), frameon=False, fontsize=9)
    words = (
        "Above: share of runs that hold the goal, with its Wilson 95 % interval; dotted: the share asked for. "
        "Closest approach: median, and the band from the 10th to the 90th percentile of runs."
    )
    yield _picture(figure, "swept", f"What changes with {label_of(summary.plan, path)}", words)


def _is_axis(values: Sequence[str]) -> bool:
    return len(values) > 1 and all(number(value) is not None for value in values)


def _series(summary: Summary, path: str) -> Iterator[tuple[str, list[Setting]]]:
    """Settings along the swept value, one series for each combination of the others, by their values."""
    found: dict[str, list[Setting]] = {}
    for setting in summary.settings:
        others = {other: value for other, value in setting.values.items() if other != path}
        label = ", ".join(value_of(summary.plan, other, value) for other, value in others.items())
        found.setdefault(label, []).append(setting)
    for label, settings in found.items():
        yield label, sorted(settings, key=lambda setting: number(setting.values[path]) or 0.0)


def _share_panel(axis: Axes, series: Sequence[tuple[str, list[Setting]]], path: str, scale: Scale, goal: str) -> None:
    for place, (label, settings) in enumerate(series):
        known = [s for s in settings if goal in s.goals]
        xs = [scale.of(number(s.values[path]) or 0.0) for s in known]
        estimates = [s.goals[goal] for s in known]
        axis.plot(xs, [e.value for e in estimates], marker=_MARKS[place], color=_COLOURS[place], label=label)
        lows, highs = [e.low or 0.0 for e in estimates], [1.0 if e.high is None else e.high for e in estimates]
        axis.fill_between(xs, lows, highs, color=_COLOURS[place], alpha=0.15, linewidth=0)
    axis.set_ylim(-0.03, 1.03)
    axis.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    axis.set_title(f"Runs with {goal}")


def _quantile_panel(
    axis: Axes,
    series: Sequence[tuple[str, list[Setting]]],
    path: str,
    scale: Scale,
    column: str,
    goals: Sequence[Goal],
) -> None:
    upright = column_scale(column, goals)
    for place, (label, settings) in enumerate(series):
        found = [(s, m) for s in settings if (m := s.measure(column)) is not None]
        xs = [scale.of(number(s.values[path]) or 0.0) for s, _ in found]
        axis.plot(
            xs, [upright.of(m.median.value) for _, m in found], marker=_MARKS[place], color=_COLOURS[place], label=label
        )
        lows, highs = ([upright.of(getattr(m, p).value) for _, m in found] for p in ("p10", "p90"))
        axis.fill_between(xs, lows, highs, color=_COLOURS[place], alpha=0.15, linewidth=0)
    for goal in goals:
        if goal.column == column:
            axis.axhline(upright.of(goal.limit), color=_BAD, linewidth=1.2, linestyle="--")
    axis.set_ylim(bottom=0)
    axis.set_title(upright.label)


# -- settings side by side ---------------------------------------------------------------------------


def _compared(summary: Summary, goals: Sequence[Goal]) -> Iterator[Picture]:
    """Shares of each setting, where settings differ by words."""
    if not goals or len(summary.settings) < 2 or any(map(_is_axis, summary.plan.sweeps.values())):
        return
    figure, axes = _panels(len(goals), 1.0 + 0.42 * len(summary.settings))
    for axis, goal in zip(axes, goals, strict=True):
        for place, setting in enumerate(summary.settings):
            estimate = setting.goals[goal.words]
            low, high = estimate.low or 0.0, 1.0 if estimate.high is None else estimate.high
            axis.plot([low, high], [place, place], color=_COLOURS[0], linewidth=2)
            axis.plot([estimate.value], [place], marker="o", color=_COLOURS[0])
            axis.annotate(
                f"{estimate.value:.0%}", (estimate.value, place), (0, 7), textcoords="offset points", ha="center"
            )
        axis.set_yticks(
            range(len(summary.settings)), [_setting_label(summary, setting) for setting in summary.settings]
        )
        axis.set_ylim(len(summary.settings) - 0.5, -0.7)
        axis.set_xlim(-0.03, 1.03)
        axis.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
        axis.set_title(f"Runs with {goal.words}")
    yield _picture(
        figure,
        "compared",
        "How the settings compare",
        "Share of runs that hold the goal, with its Wilson 95 % interval.",
    )


def _setting_label(summary: Summary, setting: Setting) -> str:
    return "\n".join(setting_parts(summary.plan, setting.values))


# -- how outcomes spread -----------------------------------------------------------------------------


def _spread(summary: Summary, rows: Sequence[Row], goals: Sequence[Goal]) -> Iterator[Picture]:
    wanted = [goal.column for goal in goals if goal.column.startswith(("closest.", "stage."))]
    columns = list(dict.fromkeys([*wanted, *_closest_columns(summary)]))
    columns = [column for column in columns if len({row[column] for row in rows} - {None}) > 1][:4]
    if not columns:
        return
    figure, axes = _panels(len(columns), 3.1)
    for axis, column in zip(axes, columns, strict=True):
        scale = column_scale(column, goals)
        for place, setting in enumerate(summary.settings[:_MOST_SERIES]):
            held = [row for row in rows if row["setting"] == setting.number]
            values = sorted(scale.of(value) for row in held if isinstance(value := row[column], float))
            shares = [count / len(held) for count in range(len(values) + 1)]
            if values:
                label = _setting_label(summary, setting).replace("\n", ", ")
                axis.step([values[0], *values], shares, where="post", color=_COLOURS[place], label=label)
        axis.set_ylim(0, 1.03)
        for goal in goals:
            if goal.column == column:
                axis.axvline(scale.of(goal.limit), color=_BAD, linewidth=1.2, linestyle="--")
        axis.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
        axis.set_xlabel(scale.label)
        axis.set_ylabel("share of runs up to here")
    if len(summary.settings) > 1:
        axes[0].legend(frameon=False, fontsize=8)
    more = "" if len(summary.settings) <= _MOST_SERIES else f" The first {_MOST_SERIES} settings."
    words = "For each value, the share of all runs up to it; below 100 % where some have none. Dashed: the limit."
    yield _picture(figure, "spread", "How the outcomes spread", words + more)


def _closest_columns(summary: Summary) -> list[str]:
    found: Mapping[str, None] = dict.fromkeys(
        m.column
        for s in summary.settings
        for m in s.measures
        if m.column.startswith("closest.") and m.column.endswith(".m")
    )
    return list(found)


def _varies(summary: Summary, column: str) -> bool:
    ends = {end for s in summary.settings if (m := s.measure(column)) for end in (m.p10.value, m.p90.value)}
    return len(ends) > 1


# -- what matters most -------------------------------------------------------------------------------


def _influences(summary: Summary) -> Iterator[Picture]:
    outcomes = list(dict.fromkeys(each.outcome for each in summary.influences))
    if not outcomes:
        return
    figure, axes = _panels(len(outcomes), 1.1 + 0.34 * len(summary.plan.paths))
    for axis, outcome in zip(axes, outcomes, strict=True):
        found = [each for each in summary.influences if each.outcome == outcome]
        for place, each in enumerate(found):
            value, low, high = each.estimate.value, each.estimate.low, each.estimate.high
            axis.barh(place, value, color=_COLOURS[0] if value >= 0 else _COLOURS[1], height=0.55)
            if low is not None and high is not None:
                axis.plot([low, high], [place, place], color="#1b2530", linewidth=1.4)
        axis.set_yticks(range(len(found)), [label_of(summary.plan, each.parameter) for each in found])
        axis.set_ylim(len(found) - 0.5, -0.5)
        axis.set_xlim(-1.05, 1.05)
        axis.axvline(0, color=_SOFT, linewidth=0.8)
        axis.set_title(outcome_of(outcome))
    figure.supxlabel("Spearman's rank correlation: -1 always falls with it, +1 always rises with it", fontsize=9)
    yield _picture(
        figure,
        "influence",
        "What matters most",
        "Parameters by how closely an outcome follows them; line: 95 % interval.",
    )

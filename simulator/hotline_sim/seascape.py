"""Two small drawings in text: the range of two ships on a scale, and the range over the time of the run."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from hotline_sim.chronicle import ranges_named
from hotline_sim.outcome import Picture
from hotline_sim.words import M_PER_NMI, nmi

_BLOCKS = " ▁▂▃▄▅▆▇█"
_STEPS = 60  # samples that find the largest range


class Fitted:
    """A line of text drawn to the width there is."""

    def __init__(self, draw: Callable[[int], Text]) -> None:
        self._draw = draw

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = self._draw(options.max_width)
        text.no_wrap, text.overflow = True, "crop"
        yield text


def range_bar(seen: Picture) -> Fitted:
    """One ship at the left, the other at its range from it, and the ranges that matter between."""
    return Fitted(lambda width: _range_bar(seen, width))


def time_strip(seen: Picture, rows: int) -> Fitted:
    """Range over time as columns, what is past bright; beneath, where messages were sent and closest approach."""
    return Fitted(lambda width: _time_strip(seen, width, rows))


def _range_bar(seen: Picture, width: int) -> Text:
    scenario, plot = seen.run.scenario, seen.plot
    range_m = plot.range_m(max(seen.run.now_ms, 0))
    if plot.pair is None or range_m is None:
        return Text()
    own, other = (scenario.units[unit].name for unit in plot.pair)
    room = max(10, width - len(own) - len(other) - 8)
    scale = room / _largest_m(seen)
    place = min(room, round(range_m * scale))
    water = [" "] * (room + 1)
    water[:place] = ["─"] * place
    for limit_m in _limits_m(seen):
        for offset, sign in enumerate(f"┊{limit_m / M_PER_NMI:.3g}"):
            at = round(limit_m * scale) + offset
            if at <= room:
                water[at] = sign
    line = Text(f" {own} ", style="bold blue").append("◆", style="bold blue")
    line.append("".join(water[1:place]), style=_range_style(seen, range_m)).append("◀", style="bold red")
    return line.append(f" {other} ", style="bold red").append("".join(water[place + len(other) + 3 :]), style="dim")


def _time_strip(seen: Picture, width: int, rows: int) -> Text:
    """Blocks for the range, `rows` lines high, then a line of marks."""
    end_ms, room = seen.run.scenario.meta.duration_ms, width - 2
    columns_m = [float(seen.plot.range_m(column * end_ms // room) or 0) for column in range(room)]
    now, text = seen.run.now_ms * room // end_ms, Text()
    for row in reversed(range(rows)):
        text.append(" ")
        for column, range_m in enumerate(columns_m):
            eighths = round(range_m / max(*columns_m, 1.0) * 8 * rows) - 8 * row
            style = _range_style(seen, range_m) if column <= now else "bright_black"
            text.append(_BLOCKS[min(max(eighths, 0 if row else 1), 8)], style=style)
        text.append("\n")
    return text.append(" " + "".join(_marks(seen, room)), style="dim")


def _marks(seen: Picture, room: int) -> list[str]:
    marks, plot, end_ms = [" "] * room, seen.plot, seen.run.scenario.meta.duration_ms
    for message in seen.messages:
        if message.said_ms is not None:
            _write(marks, message.said_ms * room // end_ms, message.id)
    if plot.closest is not None:
        at = plot.closest.time_ms * room // end_ms
        _write(marks, at, f"▲ {nmi(plot.closest.range_m)}") or _write(marks, at, "▲")
    return marks


def _range_style(seen: Picture, range_m: float) -> str:
    """Plain outside every range the scenario names, red inside the smallest of them, yellow between."""
    limits = _limits_m(seen)
    if not limits or range_m > limits[-1]:
        return "cyan"
    return "red" if range_m <= limits[0] else "yellow"


def _write(marks: list[str], at: int, words: str) -> bool:
    """Put words where they belong; False if something is there already, which stays."""
    place = slice(at, at + len(words))
    if "".join(marks[place]) != " " * len(words):
        return False
    marks[place] = words
    return True


def _largest_m(seen: Picture) -> float:
    end_ms = seen.run.scenario.meta.duration_ms
    ranges = [seen.plot.range_m(step * end_ms // _STEPS) or 0 for step in range(_STEPS + 1)]
    return float(max(*ranges, 1))


def _limits_m(seen: Picture) -> list[float]:
    """Ranges that the scenario names for the pair shown."""
    return sorted(limit_m for pair, limit_m in ranges_named(seen.run.scenario) if pair == seen.plot.pair)

"""The live terminal of a run: the ships closing, and every message climbing its ladder against its deadlines.

On a terminal it is one picture, drawn anew about ten times a second. Elsewhere it is plain lines, one per event.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hotline_sim.chronicle import Event, chronicle
from hotline_sim.ladder_table import ladder_table
from hotline_sim.outcome import Picture, picture
from hotline_sim.plot import Plot
from hotline_sim.progress import Progress
from hotline_sim.run import Run
from hotline_sim.scenario import Scenario
from hotline_sim.seascape import range_bar, time_strip
from hotline_sim.trace import counterfactual, who_width, write_event
from hotline_sim.words import nmi, plain_span, since_start, zulu

_TALL = 36
_OTHER_LINES = 10  # everything but the range over time, the messages and the newest events
_EVENT_STYLE = {"SENT": "bold", "CONTRADICTED": "bold red", "EXPIRED": "bold red", "CLOSEST": "bold yellow"}
_LEGEND = Text(" each stage: when it was said and the range in nmi then; beneath it, its deadline", style="dim italic")


class Screen:
    """Shows a live run; a context manager. `show` is what a live run calls."""

    def __init__(self, console: Console, scenario: Scenario) -> None:
        self._console, self._scenario, self._plot = console, scenario, Plot(scenario)
        self._live = Live(console=console, screen=True, auto_refresh=False) if console.is_terminal else None
        self._told: set[Event] = set()
        self._words = ""

    def __enter__(self) -> Screen:
        if self._live is not None:
            self._live.start()
        else:
            meta = self._scenario.meta
            self._say(f"EXERCISE 演习: {meta.title} ({meta.day})")
            self._say(f"Counterfactual: {counterfactual(self._scenario)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Draw how a run stands now."""
        if self._live is not None:
            self._live.update(draw(self._scenario, self._plot, progress, self._console.height), refresh=True)
        else:
            self._tell(progress)

    def _tell(self, progress: Progress) -> None:
        """Plain lines: each thing once."""
        if progress.words and progress.words != self._words:
            self._say(progress.words)
        self._words = progress.words
        if progress.run and progress.run.ways:
            self._plot = Plot(self._scenario, progress.run.ways)
        events = chronicle(picture(progress.run, self._plot)) if progress.run else []
        for event in events:
            if event not in self._told:
                self._told.add(event)
                for line in write_event(self._plot, event, who_width(self._scenario)):
                    self._say(line)

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def draw(scenario: Scenario, plot: Plot, progress: Progress, height: int) -> RenderableType:
    """The whole picture at one moment, for a terminal `height` lines high."""
    parts: list[RenderableType] = [*_banner(scenario)]
    if progress.run is None:
        return Group(*parts, Text(), Text(f"  {progress.words} ...", style="cyan"))
    if progress.run.ways:
        plot = Plot(scenario, progress.run.ways)
    seen = picture(progress.run, plot)
    rows = 3 if height >= _TALL else 1
    parts += [_clock(scenario, progress, progress.run), time_strip(seen, rows), Text()]
    if plot.pair is not None:
        parts += [range_bar(seen), _motion(plot, progress.run.now_ms), Text()]
    said = sum(message.said_ms is not None for message in seen.messages)
    return Group(*parts, ladder_table(seen), _LEGEND, *_log(seen, height - _OTHER_LINES - rows - 2 * said))


def _banner(scenario: Scenario) -> list[RenderableType]:
    meta = scenario.meta
    words = f"  a replay   counterfactual: {counterfactual(scenario)}"
    banner = Text.assemble((" EXERCISE 演习 ", "bold white"), (words, "white"), no_wrap=True, overflow="ellipsis")
    names = (f"   {meta.day}   {meta.title_zh}", "dim")
    title = Text.assemble((f" {meta.title}", "bold"), names, no_wrap=True, overflow="ellipsis")
    return [_full_width(banner, "on blue"), title]


def _full_width(text: Text, style: str) -> RenderableType:
    table = Table.grid(expand=True)
    table.add_column(style=style)
    table.add_row(text)
    return table


def _clock(scenario: Scenario, progress: Progress, run: Run) -> Text:
    done = max(0, run.now_ms) * 100 // scenario.meta.duration_ms
    return Text.assemble(
        (f" {since_start(run.now_ms)}", "bold cyan"),
        f"  {zulu(scenario.utc_ns(run.now_ms))}",
        (f"  {run.clock}  {done} %", "dim"),
        (f"  {progress.words}", "yellow"),
    )


def _motion(plot: Plot, now_ms: int) -> Text:
    """Range, and CPA with TCPA while they close."""
    range_m, cpa = plot.range_m(now_ms), plot.cpa(now_ms)
    if range_m is None or cpa is None:
        return Text()
    line = Text.assemble((f" range {nmi(range_m)}", "bold"))
    if cpa.past:
        return line.append("   opening, closest approach is past", style="green")
    line.append("   closing", style="yellow")
    return line.append(f"   CPA {nmi(cpa.range_m)}   TCPA {plain_span(cpa.time_s)}")


def _log(seen: Picture, lines: int) -> list[Text]:
    """The newest events, newest last."""
    return [
        Text.assemble(
            (f" {since_start(event.time_ms)} ", "dim"),
            (f"{event.what:<12} ", _EVENT_STYLE.get(event.what, "cyan")),
            f"{event.who}: {event.words}",
            no_wrap=True,
            overflow="ellipsis",
        )
        for event in chronicle(seen)[-max(lines, 1) :]
    ]

"""The record and its variants beside each other: what an answer in time changes, in one table and one chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from hotline_sim.outcome import MessageOutcome
from hotline_sim.report.chart_beside import BesideChart, draw_beside
from hotline_sim.result import RunResult
from hotline_sim.run import Run
from hotline_sim.words import lower, near, plain_span, since_start

AS_WRITTEN, AS_WRITTEN_ZH = "the scenario as it stands", "原有情景"
_SHOWN = ("READ", "DECIDED", "DONE")


@dataclass(frozen=True, slots=True)
class Heading:
    """A run at the head of its column."""

    label: str
    label_zh: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in every run. `differs` says whether the runs part there."""

    what: str
    cells: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs part here."""
        return len(set(self.cells)) > 1


@dataclass(frozen=True, slots=True)
class Beside:
    """Runs of one scenario beside each other; `changes` is a sentence for each run but the first."""

    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    changes: tuple[str, ...]
    chart: BesideChart | None


def beside(result: RunResult, others: Sequence[RunResult]) -> Beside | None:
    """A run and others of the same scenario, the file itself first; None where there are no others."""
    if not others:
        return None
    runs = sorted([result, *others], key=lambda each: each.picture.run.scenario.meta.variant is not None)
    labels = [_labels(each.picture.run) for each in runs]
    headings = tuple(Heading(en, zh, each is result) for each, (en, zh) in zip(runs, labels, strict=True))
    chart = draw_beside([(en, each.picture) for each, (en, _) in zip(runs, labels, strict=True)])
    told = (_change(runs[0], each, en) for each, (en, _) in zip(runs[1:], labels[1:], strict=True))
    changes = tuple(filter(None, told))
    return Beside(headings, tuple(_rows(runs)), changes, chart)


def _labels(run: Run) -> tuple[str, str]:
    name = run.scenario.meta.variant
    if name is None:
        return AS_WRITTEN, AS_WRITTEN_ZH
    variant = run.scenario.variants[name]
    return f"{name}: {variant.label}", variant.label_zh


def _change(base: RunResult, other: RunResult, label: str) -> str:
    """How far the closest approach moved, in range and in time."""
    before, after = base.picture.plot.closest, other.picture.plot.closest
    if before is None or after is None or before.units != after.units:
        return ""
    moved = plain_span(abs(after.time_ms - before.time_ms) / 1000)
    if (before.range_m, before.time_ms) == (after.range_m, after.time_ms):
        return f"{label}: closest approach {near(after.range_m)}, as before."
    side = "later" if after.time_ms > before.time_ms else "earlier"
    return f"{label}: closest approach {near(after.range_m)} instead of {near(before.range_m)}, {moved} {side}."


def _rows(runs: Sequence[RunResult]) -> Iterator[Row]:
    for what, cell in _cells(runs):
        yield Row(what, tuple(cell(each) for each in runs))


def _cells(runs: Sequence[RunResult]) -> Iterator[tuple[str, Callable[[RunResult], str]]]:
    """Each row by its name, and what makes a run's cell of it."""
    if runs[0].picture.run.scenario.units:
        yield from (("closest approach", _closest), ("used", _used), ("touched", _touched))
    messages = dict.fromkeys(message.id for each in runs for message in each.picture.messages)
    yield from ((f"message {name}", partial(_message, name=name)) for name in messages)
    for kind in ("order", "word"):
        yield from ((f"{kind} {name}", partial(_steps, kind=kind, name=name)) for name in _names(runs, kind))
    yield "expectations that came true", _held


def _held(result: RunResult) -> str:
    held, of = sum(one.ok for one in result.expectations), len(result.expectations)
    return "all" if held == of else f"{held} of {of}"


def _names(runs: Sequence[RunResult], kind: str) -> list[str]:
    found = (each.subject for run in runs for each in run.picture.run.happenings if each.kind == kind)
    return list(dict.fromkeys(found))


def _closest(result: RunResult) -> str:
    closest = result.picture.plot.closest
    return "–" if closest is None else f"{near(closest.range_m)} at {since_start(closest.time_ms)}"


def _used(result: RunResult) -> str:
    run = result.picture.run
    return ", ".join(f"{run.scenario.units[unit].name}: {lower(what)}" for unit, what in run.used) or "nothing"


def _touched(result: RunResult) -> str:
    units = result.picture.run.scenario.units
    pairs = (f"{units[own].name} and {units[other].name}" for own, other in result.picture.plot.touching())
    return ", ".join(pairs) or "nobody"


def _message(result: RunResult, name: str) -> str:
    found = next((message for message in result.picture.messages if message.id == name), None)
    if found is None or found.said_ms is None:
        return "not sent"
    return "; ".join([f"sent {since_start(found.said_ms)}", *_stages(found)])


def _stages(message: MessageOutcome) -> Iterator[str]:
    for stage in message.stages:
        if stage.stage in _SHOWN and (stage.said_ms is not None or stage.verdict == "EXPIRED"):
            when = "never" if stage.said_ms is None else since_start(stage.said_ms)
            value = "" if stage.value in ("", stage.stage) else f" {lower(stage.value)}"
            late = {"LATE": ", late", "EXPIRED": ", expired"}.get(stage.verdict, "")
            yield f"{lower(stage.stage)}{value} {when}{late}"


def _steps(result: RunResult, kind: str, name: str) -> str:
    found = (one for one in result.picture.run.happenings if (one.kind, one.subject) == (kind, name))
    steps = [f"{lower(one.what)} {since_start(one.at_ms)}" for one in found]
    return "; ".join(steps) or {"order": "not given", "word": "not said"}[kind]

"""Scenarios: listed, checked, run in virtual time or live, and the demonstration."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from hotline.cli.results import LINES, MERGED, ONLY_JSON, Result
from hotline.protocol.errors import UsageError
from hotline_sim.demo import DEMO_SPEED, run_demo, run_live, run_virtual
from hotline_sim.result import RunResult
from hotline_sim.run import JUMPS
from hotline_sim.scenario import Scenario, ScenarioError, bundled, load
from hotline_sim.verdict import verdict

_WIDTH_WITHOUT_TERMINAL = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRow:
    """A scenario that comes with the simulator."""

    id: str
    date: str
    title: str
    title_zh: str = field(metadata=ONLY_JSON)
    minutes: float
    messages: int
    shows: tuple[str, ...]
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios(Result):
    """Every scenario that comes with the simulator."""

    scenarios: tuple[ScenarioRow, ...]


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something wrong with a scenario file."""

    line: int
    column: int
    path: str
    message: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioChecked(Result):
    """A scenario file, or everything that is wrong with it. `code` is that of the first problem."""

    file: str
    id: str
    title: str
    code: str
    detail: str = field(metadata=ONLY_JSON)
    problems: tuple[ProblemRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRun(Result):
    """A run; `ok` when its expectations, expected failures included, came true and its transcripts verify."""

    text: tuple[str, ...] = field(default=(), metadata=LINES)
    run: Mapping[str, Any] = field(metadata=MERGED)


def scenarios() -> Scenarios:
    """What can be run by its id."""
    return Scenarios(scenarios=tuple(_row(load(path)) for path in bundled().values()))


def check(path: Path) -> ScenarioChecked:
    """Check a scenario file."""
    try:
        found = _load(path)
        for variant in found.variants:
            _load(path, variant)
    except ScenarioError as error:
        rows = tuple(ProblemRow(each.line, each.column, each.path, each.message, each.code) for each in error.problems)
        return ScenarioChecked(
            ok=False, file=str(path), id="", title="", code=rows[0].code, detail=str(error), problems=rows
        )
    meta = found.meta
    return ScenarioChecked(file=str(path), id=meta.id, title=meta.title, code="", detail="", problems=())


def run(name: str, variant: str | None, seed: int | None, out: Path | None) -> ScenarioRun:
    """Run a scenario, or a variant of it, in virtual time."""
    result = run_virtual(find(name, variant), seed, out, others(name, variant) if out is not None else ())
    return ran(result, (*result.trace.rstrip("\n").split("\n"), "", *_drawn(result)))


def run_on_nodes(
    name: str,
    variant: str | None,
    seed: int | None,
    speed: int | None,
    out: Path | None,
    *,
    jump: bool,
    as_json: bool,
) -> ScenarioRun:
    """Run a scenario on real nodes and show it as it happens."""
    pace = JUMPS if jump else speed or DEMO_SPEED
    return ran(run_live(find(name, variant), screen(as_json), seed=seed, speed=pace, out=out))


def demo(out: Path, speed: int | None, *, as_json: bool) -> ScenarioRun:
    """The main job."""
    return ran(run_demo(out, screen(as_json), speed or DEMO_SPEED))


def ran(result: RunResult, text: tuple[str, ...] = ()) -> ScenarioRun:
    told = result.as_json()
    return ScenarioRun(ok=result.ok, text=text, run={key: value for key, value in told.items() if key != "ok"})


def screen(as_json: bool) -> Console:
    """Where a live run is shown; standard output is kept for the JSON object where one is wanted."""
    # gRPC's C core writes its own lines to standard error, into the picture.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    file = sys.stderr if as_json else sys.stdout
    return Console(file=file, width=None if file.isatty() else _WIDTH_WITHOUT_TERMINAL)


def _drawn(result: RunResult) -> list[str]:
    """The verdict as lines."""
    width = shutil.get_terminal_size((_WIDTH_WITHOUT_TERMINAL, 24)).columns
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as drawn:
        console.print(verdict(result))
    return drawn.get().rstrip("\n").split("\n")


def find(name: str, variant: str | None) -> Scenario:
    """A scenario by its id or its file, or a variant of it.

    Raises:
        UsageError: FILE_UNREADABLE, SCENARIO_*, with every problem at its line.
    """
    path = bundled().get(name, Path(name))
    try:
        return _load(path, variant)
    except ScenarioError as error:
        raise UsageError(error.problems[0].code, str(error)) from error


def others(name: str, variant: str | None) -> tuple[Scenario, ...]:
    """The same scenario as it stands and in its other variants. Raises as `find`."""
    known = find(name, None)
    forms = [None, *known.variants]
    return tuple(known if form is None else find(name, form) for form in forms if form != variant)


def _load(path: Path, variant: str | None = None) -> Scenario:
    try:
        return load(path, variant)
    except OSError as error:
        known = ", ".join(bundled())
        raise UsageError("FILE_UNREADABLE", f"{error}; by id there are {known}") from error


def _row(scenario: Scenario) -> ScenarioRow:
    meta = scenario.meta
    return ScenarioRow(
        id=meta.id,
        date=meta.day,
        title=meta.title,
        title_zh=meta.title_zh,
        minutes=meta.duration_ms / 60_000,
        messages=len(scenario.messages),
        shows=tuple(meta.failure_codes),
        variants=tuple(scenario.variants),
    )

"""`hotline sim campaign`: a scenario run many times, with a bar of progress on standard error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hotline.cli.results import LINES, MERGED, ONLY_JSON, Result
from hotline.cli.simulation import find
from hotline.geo.units import UnitError, parse_ratio
from hotline.messages.yamltree import read_tree
from hotline.protocol.errors import UsageError
from hotline_sim.scenario import ScenarioError, bundled
from hotline_sim.scenario.variants import become

if TYPE_CHECKING:
    from hotline_sim.campaign.engines import Engine
    from hotline_sim.campaign.summary import Setting, Summary

ENGINES = ("local", "dask")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting: what it sets, its runs and errors, the share of runs that hold each goal with its 95 % interval, and
    the closest approach at the median."""

    setting: int
    values: str
    runs: int
    errors: int
    goals: tuple[str, ...]
    closest_m: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRun(Result):
    """A campaign; `ok` when no run ended with an error. `rows` is how many; they are in the first of `files`."""

    text: tuple[str, ...] = field(default=(), metadata=LINES)
    runs: int
    rows: int
    kept: int
    errors: int
    signatures: str
    files: tuple[str, ...]
    by_setting: tuple[SettingRow, ...] = field(metadata={"json": "left out"})
    summary: Mapping[str, Any] = field(metadata=MERGED)
    engine: str = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line; see `hotline sim campaign --help`."""

    scenario: str
    variant: str | None
    runs: int
    vary: tuple[str, ...]
    sweep: tuple[str, ...]
    goals: tuple[str, ...]
    at_least: str
    seed: int | None
    signatures: str
    engine: str
    scheduler: str | None
    jobs: int | None
    resume: bool
    out: Path


def campaign(asked: Asked) -> CampaignRun:
    """Run a campaign.

    Raises:
        UsageError: as `hotline_sim.campaign.run.run_campaign`; PART_MISSING, FILE_UNREADABLE, FILE_UNWRITABLE, USAGE.
    """
    with _parts():
        from hotline_sim.campaign import make_plan
        from hotline_sim.campaign.run import run_campaign
    file = bundled().get(asked.scenario, Path(asked.scenario))
    jobs = asked.jobs or len(os.sched_getaffinity(0))
    engine, at_least = _engine(asked, jobs), _share(asked.at_least)
    plan = make_plan(
        _document(file, asked.variant),
        file.name,
        runs=asked.runs,
        vary=asked.vary,
        sweep=asked.sweep,
        seed=asked.seed,
        signatures=asked.signatures,
    )
    try:
        with _bar() as progress:
            done = run_campaign(
                plan,
                engine,
                asked.out,
                resume=asked.resume,
                goals=asked.goals,
                at_least=at_least,
                jobs=jobs,
                progress=progress,
            )
    except ScenarioError as error:
        raise UsageError(error.problems[0].code, str(error)) from error
    except OSError as error:
        raise UsageError("FILE_UNWRITABLE", str(error)) from error
    summary = done.summary
    return CampaignRun(
        ok=not summary.errors,
        text=tuple(answer.words for answer in summary.answers),
        runs=plan.runs,
        rows=summary.rows,
        kept=done.kept,
        errors=summary.errors,
        signatures=plan.signatures,
        files=tuple(map(str, done.files)),
        by_setting=tuple(map(_row, summary.settings)),
        summary=_beside(summary),
        engine=asked.engine,
    )


@contextmanager
def _parts() -> Iterator[None]:
    """Whatever is imported inside comes with the extra `sim`. Raises UsageError PART_MISSING."""
    try:
        yield
    except ImportError as error:
        words = f"a campaign needs {error.name}: pip install 'hotline-protocol[sim]'"
        raise UsageError("PART_MISSING", words) from error


def _engine(asked: Asked, jobs: int) -> Engine:
    with _parts():
        from hotline_sim.campaign.engines import Dask, Local
    if asked.engine == "local" and asked.scheduler is None:
        return Local(jobs)
    if asked.engine == "dask":
        with _parts():
            import distributed  # noqa: F401  # told now, not after the first run
        return Dask(jobs, asked.scheduler)
    if asked.engine in ENGINES:
        raise UsageError("USAGE", "--scheduler goes with --engine dask")
    raise UsageError("USAGE", f"--engine is one of {', '.join(ENGINES)}, not {asked.engine}")


def _share(text: str) -> float:
    try:
        found = parse_ratio(text)
    except UnitError as error:
        raise UsageError("USAGE", f"--at-least: {error}") from error
    if not 0 < found < 1:
        raise UsageError("USAGE", f"--at-least lies between 0 % and 100 %: {text}")
    return found


def _document(file: Path, variant: str | None) -> dict[str, Any]:
    """The plain data of a scenario, or of a variant of it, once it has been read as one.

    Raises:
        UsageError: FILE_UNREADABLE, SCENARIO_*, with every problem at its line.
    """
    find(str(file), variant)
    data: dict[str, Any] = read_tree(file.read_bytes()).data
    if variant is not None:
        list(become(data, variant))  # `find` has told what is wrong with it
    return data


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where that is a terminal; lines at each tenth elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tenths = -1
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("runs", total=None)

        def show(done: int, of: int) -> None:
            nonlocal tenths
            bar.update(task, completed=done, total=of)
            if not console.is_terminal and of and (now := 10 * done // of) != tenths:
                tenths = now
                console.print(f"{done} of {of} runs", highlight=False)

        yield show


def _row(setting: Setting) -> SettingRow:
    from hotline_sim.campaign.summary import closest_words, goal_words

    return SettingRow(
        setting=setting.number,
        values=setting.label,
        runs=setting.runs,
        errors=sum(setting.errors.values()),
        goals=tuple(goal_words(setting)),
        closest_m=tuple(closest_words(setting)),
    )


def _beside(summary: Summary) -> dict[str, Any]:
    """What the JSON object holds beside the counts."""
    told = summary.as_json()
    return {key: value for key, value in told.items() if key not in ("runs", "rows", "errors", "signatures")}

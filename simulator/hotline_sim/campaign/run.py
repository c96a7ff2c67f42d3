"""A whole campaign: what is missing is run, kept chunk by chunk, put into one table, summed up and drawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotline_sim.campaign.engines import Chunk, Engine
from hotline_sim.campaign.folder import Folder
from hotline_sim.campaign.goals import parse_goal
from hotline_sim.campaign.page import render_page
from hotline_sim.campaign.plan import Key, Plan
from hotline_sim.campaign.plots import Picture, draw
from hotline_sim.campaign.rows import Row, columns
from hotline_sim.campaign.summary import Summary, summarise
from hotline_sim.campaign.table import keys as keys_of
from hotline_sim.parameters import scenario_of

# Rows a chunk holds at most: what a killed campaign loses of each worker, and what is handed over at once.
_MOST_ROWS = 25
_CHUNKS_A_JOB = 8


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that is done.

    Attributes:
        summary: what it showed.
        kept: rows that were there from an earlier go.
        files: everything it left, the table of rows first.
    """

    summary: Summary
    kept: int
    files: tuple[Path, ...]


def run_campaign(
    plan: Plan,
    engine: Engine,
    out: Path,
    *,
    resume: bool = False,
    goals: Sequence[str] = (),
    at_least: float = 0.9,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Campaign:
    """Run a campaign, or what is missing of one.

    Args:
        plan: what to run.
        engine: who runs it.
        out: folder for rows, summary, pictures and page.
        resume: go on with what the folder holds.
        goals: what each run is asked for, see `hotline_sim.campaign.goals`.
        at_least: share of runs in which a goal is to hold, 0 to 1.
        jobs: how many workers share the chunks.
        progress: told how many rows there are, of how many.

    Raises:
        UsageError: CAMPAIGN_EXISTS, CAMPAIGN_OTHER, CAMPAIGN_ENGINE, GOAL_INVALID.
        ScenarioError: the scenario as it stands is refused.
        OSError: the folder cannot be written.
    """
    named = columns(plan, scenario_of(plan.document, plan.file))
    asked = [parse_goal(words, named) for words in goals]
    folder, wanted = Folder(out, plan, named), set(plan.keys())
    rows: list[Row] = list(folder.open(resume=resume))
    missing = sorted(wanted - keys_of(rows))
    there = kept = len(wanted) - len(missing)
    progress(there, len(wanted))
    for done in engine.play(plan, chunks(missing, jobs)):
        folder.keep(done)
        rows += done
        there += len(done)
        progress(there, len(wanted))
    table = folder.finish(rows, wanted)
    ordered = sorted((row for row in rows if keys_of([row]) <= wanted), key=lambda row: (row["setting"], row["run"]))
    summary = summarise(plan, ordered, asked, at_least)
    pictures = draw(summary, ordered, asked)
    return Campaign(summary, kept, (table, *_leave(out, summary, pictures)))


def chunks(missing: Sequence[Key], jobs: int) -> list[Chunk]:
    """Rows handed to a worker at once: few enough that all workers are busy to the end."""
    size = max(1, min(_MOST_ROWS, len(missing) // (jobs * _CHUNKS_A_JOB)))
    return [missing[first : first + size] for first in range(0, len(missing), size)]


def _leave(out: Path, summary: Summary, pictures: Sequence[Picture]) -> list[Path]:
    """Write the summary, the pictures and the page."""
    files = {"summary.json": json.dumps(summary.as_json(), indent=2, ensure_ascii=False).encode() + b"\n"}
    for picture in pictures:
        files[f"{picture.name}.svg"] = picture.svg
        files[f"{picture.name}.png"] = picture.png
    files["campaign.html"] = render_page(summary, pictures).encode()
    for name, data in files.items():
        (out / name).write_bytes(data)
    return [out / name for name in files]

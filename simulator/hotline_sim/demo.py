"""What ``hotline sim run`` and ``hotline demo`` do: a run from its scenario to its result and its files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from hotline_sim.conclude import conclude, write_files
from hotline_sim.guests import NO_GUESTS, Guests
from hotline_sim.jump import play_jump
from hotline_sim.ladder_table import ladder_table
from hotline_sim.live import play_live
from hotline_sim.result import RunResult
from hotline_sim.run import JUMPS, Finished
from hotline_sim.scenario import Scenario, bundled, load
from hotline_sim.screen import Screen
from hotline_sim.verdict import verdict
from hotline_sim.world import World

DEMO_SCENARIO = "toowoomba-ningbo-2023"
DEMO_SPEED = 60  # 42 minutes in 42 seconds


def run_virtual(
    scenario: Scenario, seed: int | None = None, out: Path | None = None, others: Sequence[Scenario] = ()
) -> RunResult:
    """Run a scenario in virtual time; the same seed gives the same result on every machine.

    Args:
        scenario: what to run.
        seed: of every draw; the scenario's own when None.
        out: folder for transcripts, agreement, trace and reports; nothing is written when None.
        others: variants of it, run with the same seed, that the report sets beside it.
    """
    finished = World(scenario, scenario.meta.seed if seed is None else seed).play()
    result = conclude(finished)
    if out is not None:
        beside = [run_virtual(other, finished.run.seed) for other in others]
        write_files(finished, result, out, beside)
    return result


def run_live(
    scenario: Scenario,
    console: Console,
    *,
    seed: int | None = None,
    speed: int = DEMO_SPEED,
    out: Path | None = None,
    guests: Guests = NO_GUESTS,
) -> RunResult:
    """Run a scenario on real nodes and show it as it happens: one process each, or in this one on a clock that jumps.

    Args:
        scenario: what to run.
        console: where it is shown: one picture on a terminal, plain lines elsewhere.
        seed: of the officers' delays; the scenario's own when None.
        speed: exercise seconds per real second; `JUMPS` for a clock that jumps, which has no guests.
        out: as in `run_virtual`.
        guests: posts whose nodes somebody else starts.

    Raises:
        UsageError: SPEED_INVALID, VIRTUAL_ONLY, UNKNOWN_POST.
        TransportError: NODE_UNREACHABLE.
    """
    with Screen(console, scenario) as screen:
        drawn = scenario.meta.seed if seed is None else seed
        if speed == JUMPS:
            finished = asyncio.run(play_jump(scenario, drawn, screen.show))
        else:
            finished = asyncio.run(play_live(scenario, drawn, speed, screen.show, guests))
    return _show_end(finished, console, out)


def run_demo(out: Path, console: Console, speed: int = DEMO_SPEED) -> RunResult:
    """The main job: the bundled encounter on two real nodes, leaving everything in `out`. Raises as `run_live`."""
    return run_live(load(bundled()[DEMO_SCENARIO]), console, speed=speed, out=out)


def _show_end(finished: Finished, console: Console, out: Path | None) -> RunResult:
    result = conclude(finished)
    files = write_files(finished, result, out) if out is not None else []
    if console.is_terminal:  # elsewhere every event stands above already
        console.print(ladder_table(result.picture))
    console.print(verdict(result, files))
    return result

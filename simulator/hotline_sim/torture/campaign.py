"""Many worlds: one process or several, in pieces that are kept as they are done, so that a campaign can go on later."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path

from hotline.protocol.errors import UsageError
from hotline_sim.torture.edition import edition
from hotline_sim.torture.notes import Notes
from hotline_sim.torture.plan import plan_of
from hotline_sim.torture.tally import Tally, tally_of
from hotline_sim.torture.world import World

PIECE = 100
"""Seeds in one piece of a campaign."""


def run(seed: int, notes: Notes | None = None, *, exported: bool = False) -> Tally:
    """Run one world; `exported` as in `World`."""
    began = time.process_time_ns()
    world = World(plan_of(seed), notes, exported=exported)
    world.play()
    return tally_of(world, (time.process_time_ns() - began) // 1_000_000)


def run_piece(piece: tuple[int, int]) -> Tally:
    """Run the worlds of seeds from the first to the last of a pair."""
    tally = Tally()
    for seed in range(piece[0], piece[1] + 1):
        tally.add(run(seed))
    return tally


def campaign(
    first: int, seeds: int, jobs: int = 1, into: Path | None = None, told: Callable[[Tally], None] = lambda tally: None
) -> Tally:
    """Run worlds, as many at a time as there are jobs.

    Args:
        into: a file that gets a line for each piece that is done; seeds that it holds already are not run again.
        told: hears of the sum after each piece.

    Raises:
        UsageError: FILE_UNREADABLE; CAMPAIGN_OTHER for a file of another edition of the code.
    """
    total = Tally()
    for piece in _kept(into) if into is not None else ():
        total.add(piece)
    for done in _pieces_done(list(_left(first, seeds, total)), jobs):
        total.add(done)
        if into is not None:
            with into.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done.as_json()) + "\n")
        told(total)
    return total


def _pieces_done(pieces: list[tuple[int, int]], jobs: int) -> Iterator[Tally]:
    gc.freeze()  # what is imported stays: the collector need not look at it again with every world
    if jobs == 1 or len(pieces) < 2:
        yield from map(run_piece, pieces)
        return
    with get_context("fork").Pool(min(jobs, len(pieces))) as pool:
        yield from pool.imap(run_piece, pieces)


def _left(first: int, seeds: int, done: Tally) -> Iterator[tuple[int, int]]:
    """Seeds that are still to be run, in pieces."""
    run_already = {
        seed for low, high in done.ranges for seed in range(max(low, first), min(high, first + seeds - 1) + 1)
    }
    start: int | None = None
    for seed in range(first, first + seeds + 1):
        ends = seed == first + seeds or seed in run_already
        if start is not None and (ends or seed - start == PIECE):
            yield start, seed - 1
            start = None
        if not ends and start is None:
            start = seed


def _kept(into: Path) -> list[Tally]:
    """Pieces that a file holds.

    Raises:
        UsageError: FILE_UNREADABLE, CAMPAIGN_OTHER.
    """
    try:
        lines = into.read_text(encoding="utf-8").splitlines() if into.exists() else []
        told = [json.loads(line) for line in lines]
        others = sorted({str(each.get("edition", "an older one")) for each in told} - {edition()})
        kept = [Tally.from_json(each) for each in told] if not others else []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("FILE_UNREADABLE", f"{into} holds no campaign: {error}") from error
    if others:
        raise UsageError("CAMPAIGN_OTHER", f"{into} was written by {', '.join(others)}, and this is {edition()}")
    return kept

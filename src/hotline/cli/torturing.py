"""`hotline sim torture`: worlds of faults, run and summed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline.cli.results import LINES, MERGED, Result
from hotline_sim.torture.campaign import campaign, run
from hotline_sim.torture.notes import Notes
from hotline_sim.torture.tally import Tally

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tortured(Result):
    """What the worlds came to; `ok` when no invariant was broken."""

    text: tuple[str, ...] = field(default=(), metadata=LINES)
    tally: Mapping[str, Any] = field(metadata=MERGED)


def one(seed: int, *, trace: bool) -> Tortured:
    """The world of one seed, told line by line if asked for."""
    notes = Notes() if trace else None
    tally = run(seed, notes)
    return _told(tally, [*notes.lines, ""] if notes is not None else [])


def many(first: int, seeds: int, jobs: int, into: Path | None, *, as_json: bool) -> Tortured:
    """Worlds of many seeds."""
    return _told(campaign(first, seeds, jobs, into, _progress() if not as_json else _silent), [])


def _silent(tally: Tally) -> None:
    """Nobody watches."""


def _progress() -> Callable[[Tally], None]:
    """Shows how far it has come, where somebody watches."""
    if not sys.stderr.isatty():
        return _silent
    return _show


def _show(tally: Tally) -> None:
    sys.stderr.write(f"\r{tally.worlds} worlds, {len(tally.violations)} violations ")
    sys.stderr.flush()


def _told(tally: Tally, before: list[str]) -> Tortured:
    told = {key: value for key, value in tally.as_json().items() if key != "ok"}
    return Tortured(ok=tally.ok, text=(*before, *lines_of(tally)), tally=told)


def lines_of(tally: Tally) -> list[str]:
    """The sum for people."""
    ranges = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in tally.ranges)
    lines = [
        f"{tally.worlds} worlds of 24 virtual hours, seeds {ranges}; {len(tally.violations)} violations",
        f"code       {tally.edition}: version, and digest of the sources",
        "posts      " + _pairs(tally.posts, "{1} with {0}"),
        "faults     " + _pairs(tally.faults),
        "effects    " + _pairs(tally.effects),
        "said       " + _pairs(tally.said),
        "held       " + _pairs(tally.checks),
        "work       " + _pairs(tally.work),
        "settled    " + _pairs(tally.settled_min, "{1} within {0} min"),
        f"processor  {tally.milliseconds / 1000:.1f} s, {tally.milliseconds / max(1, tally.worlds):.0f} ms a world; "
        "signatures are real, each verified once a world",
    ]
    lines += [
        f"VIOLATED   seed {each.seed}, {each.invariant} at step {each.step}, {each.post}: {each.words}"
        for each in tally.violations[:_SHOWN]
    ]
    if tally.violations:
        lines.append(f"to see it  hotline sim torture --seed {tally.violations[0].seed} --trace")
    return lines


def _pairs(counts: Mapping[str, int], form: str = "{0} {1}") -> str:
    return ", ".join(form.format(name, count) for name, count in sorted(counts.items()))

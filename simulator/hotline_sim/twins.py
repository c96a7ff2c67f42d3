"""Each scenario played twice, in virtual time and on real nodes, and what both have in common held against each other.

    python -m hotline_sim.twins                      every bundled scenario and variant that real nodes can play
    python -m hotline_sim.twins decatur-2018 --speed 120 --at-most 60

A scenario that cuts a line cannot be played live (VIRTUAL_ONLY), nor one that would take longer than is asked for; both
are named. Exit status 1 if any differs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence

from hotline_sim.live import SPEED_MAX, play_live
from hotline_sim.progress import Progress
from hotline_sim.projection import deeds, project
from hotline_sim.run import Run
from hotline_sim.scenario import Scenario, bundled, load
from hotline_sim.scenario.line import LineOutage
from hotline_sim.verification import verify_all
from hotline_sim.world import World


def differences(virtual: Run, live: Run) -> list[str]:
    """What a virtual and a live run of one scenario do not have in common; empty if they agree."""
    found: list[str] = []
    for what, one, other in (
        ("statement", {each.name: each for each in project(virtual)}, {each.name: each for each in project(live)}),
        ("deed", dict.fromkeys(deeds(virtual), ""), dict.fromkeys(deeds(live), "")),
    ):
        found += [
            f"{what} {name}: virtual {one.get(name, 'none')}, live {other.get(name, 'none')}"
            for name in sorted({*one, *other}, key=str)
            if one.get(name) != other.get(name)
        ]
    return found


async def both(scenario: Scenario, speed: int) -> list[str]:
    """Play a scenario both ways; what differs, and what a transcript of the live run does not prove."""

    def unseen(progress: Progress) -> None:
        """Nobody watches."""

    seed = scenario.meta.seed
    live = await play_live(scenario, seed, speed, unseen)
    evidence = verify_all(live.transcripts, live.agreement.digest, {})
    proved = [] if evidence.ok else [f"transcripts: {evidence.first_divergence or 'not verified'}"]
    return [*differences(World(scenario, seed).play().run, live.run), *proved]


def playable(names: Sequence[str], speed: int, at_most_s: int) -> Iterator[tuple[str, Scenario | str]]:
    """Each scenario and variant by name, with why it is not played where it is not."""
    for name in names or bundled():
        base = load(bundled()[name])
        for variant in (None, *base.variants):
            scenario = load(bundled()[name], variant)
            label = f"{name} {variant}" if variant else name
            seconds = scenario.meta.duration_ms / 1000 / speed
            if any(isinstance(outage, LineOutage) for outage in scenario.outages):
                yield label, "VIRTUAL_ONLY: it cuts a line between two posts"
            elif seconds > at_most_s:
                yield label, f"it would take {seconds:.0f} s at {speed} times real speed"
            else:
                yield label, scenario


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for, tell how each went; returns the exit status."""
    parser = argparse.ArgumentParser(description="Play scenarios in virtual time and on real nodes, and compare.")
    parser.add_argument("names", nargs="*", help="scenarios, by id; all if left out")
    parser.add_argument("--speed", type=int, default=60, help=f"exercise seconds per real second, to {SPEED_MAX}")
    parser.add_argument("--at-most", type=int, default=120, help="leave out what takes longer, real seconds")
    asked = parser.parse_args(arguments)
    differing = 0
    for label, found in playable(asked.names, asked.speed, asked.at_most):
        if isinstance(found, str):
            sys.stdout.write(f"{label}: not played; {found}\n")
            continue
        parted = asyncio.run(both(found, asked.speed))
        differing += bool(parted)
        sys.stdout.write(f"{label}: {'; '.join(parted) or 'agree'}\n")
        sys.stdout.flush()
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

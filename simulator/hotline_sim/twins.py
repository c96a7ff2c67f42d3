"""Each scenario played twice, in virtual time and on real nodes, and what both have in common held against each other.

    python -m hotline_sim.twins                      every bundled scenario and variant, on a clock that jumps
    python -m hotline_sim.twins decatur-2018 norway-rocket-1995
    python -m hotline_sim.twins decatur-2018 --speed 120    node processes at a speed, as `hotline sim run --live`

Statements are compared by what `projection` keeps of them, deeds by who did what about what. One line for each, the
differences beneath it; exit status 1 if any differs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline_sim.jump import play_jump
from hotline_sim.live import SPEED_MAX, play_live
from hotline_sim.progress import Progress
from hotline_sim.projection import deeds, project, times
from hotline_sim.run import JUMPS, Run
from hotline_sim.scenario import Scenario, bundled, load
from hotline_sim.verification import verify_all
from hotline_sim.world import World


@dataclass(frozen=True, slots=True)
class Compared:
    """A scenario played both ways.

    Attributes:
        statements, deeds: how many the virtual run has.
        parted: what the two do not have in common, in words, and what the live run's transcripts do not prove.
        same_times: whether everything was learned at the same millisecond too.
    """

    statements: int
    deeds: int
    parted: tuple[str, ...]
    same_times: bool


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


async def both(scenario: Scenario, speed: int = JUMPS) -> Compared:
    """Play a scenario both ways, with its own seed; at a speed on node processes, without one on a clock that jumps.

    Raises:
        UsageError: SPEED_INVALID.
        TransportError: NODE_UNREACHABLE.
    """

    def unseen(progress: Progress) -> None:
        """Nobody watches."""

    seed = scenario.meta.seed
    jumps = speed == JUMPS
    live = await (play_jump(scenario, seed, unseen) if jumps else play_live(scenario, seed, speed, unseen))
    virtual = World(scenario, seed).play().run
    evidence = verify_all(live.transcripts, live.agreement.digest, {})
    proved = [] if evidence.ok else [f"transcripts: {evidence.first_divergence or 'not verified'}"]
    parted = (*differences(virtual, live.run), *proved)
    return Compared(len(project(virtual)), len(deeds(virtual)), parted, times(virtual) == times(live.run))


def scenarios(names: Sequence[str]) -> Iterator[Scenario]:
    """Each named scenario, or every bundled one, as it is on file and in each of its variants."""
    for name in names or bundled():
        base = load(bundled()[name])
        yield base
        for variant in base.variants:
            yield load(bundled()[name], variant)


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for, tell how each went; returns the exit status."""
    parser = argparse.ArgumentParser(description="Play scenarios in virtual time and on real nodes, and compare.")
    parser.add_argument("names", nargs="*", help="scenarios, by id; all if left out")
    words = f"exercise seconds per real second, to {SPEED_MAX}; without it, the clock jumps"
    parser.add_argument("--speed", type=int, default=JUMPS, help=words)
    asked = parser.parse_args(arguments)
    if unknown := sorted({*asked.names} - bundled().keys()):
        parser.error(f"no scenario comes by the name of {', '.join(unknown)}")
    played = [_play(scenario, asked.speed) for scenario in scenarios(asked.names)]
    sys.stdout.write(f"{len(played)} played, {played.count(True)} agree\n")
    return 0 if all(played) else 1


def _play(scenario: Scenario, speed: int) -> bool:
    """Play one, tell of it, and say whether both agree."""
    began_s = time.monotonic()
    compared = asyncio.run(both(scenario, speed))
    name = f"{scenario.meta.id} {scenario.meta.variant or ''}"
    counts = f"{compared.statements:3} statements {compared.deeds:3} deeds {time.monotonic() - began_s:5.1f} s"
    verdict = "differ" if compared.parted else "agree, times too" if compared.same_times else "agree"
    sys.stdout.write(f"{name:42}{counts}  {verdict}\n")
    sys.stdout.writelines(f"    {each}\n" for each in compared.parted)
    sys.stdout.flush()
    return not compared.parted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

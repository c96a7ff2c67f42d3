"""A long campaign of worlds of faults, and its figure for the matrix of threats; it can be stopped and gone on with.

python -m tests.faults.campaign_of_worlds --seeds 100000 --jobs 2 --into build/worlds.jsonl
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests import figures

from hotline.cli.torturing import lines_of
from hotline.protocol.errors import UsageError
from hotline_sim.torture.campaign import campaign
from hotline_sim.torture.tally import Tally

ROWS = (
    ("deletion / loss", "SEQ DUR", "worlds of faults played, no invariant broken"),
    ("equivocation", "SEQ LOG", "second logs of a campaign of worlds, each proved where it contradicted"),
    ("insertion / spoof", "SIG ID KEYS", "forged Frames in a campaign of worlds, none taken"),
    ("process crash", "DUR SEQ", "crashes in a campaign of worlds, nothing lost and nothing twice"),
)
"""Threat, defences and measure of each figure that a clean campaign leaves."""


def measured(tally: Tally) -> tuple[int, ...]:
    """The figures, in the order of the rows."""

    def count(start: str) -> int:
        return sum(number for name, number in tally.effects.items() if name.startswith(start))

    return tally.worlds, tally.effects["fork: proved"], count("forge: "), count("crash ")


def main(arguments: list[str]) -> int:
    """Exit status: 0 if nothing was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign_of_worlds", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="worlds, one for each seed from 0 on")
    parser.add_argument("--jobs", type=int, default=1, help="processes that run worlds at a time")
    parser.add_argument("--into", type=Path, help="file that keeps what is done; seeds in it are not run again")
    asked = parser.parse_args(arguments)
    try:
        tally = campaign(0, asked.seeds, asked.jobs, asked.into)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if tally.ok:
        command = f"python -m tests.faults.campaign_of_worlds --seeds {tally.worlds}"
        for row, figure in zip(ROWS, measured(tally), strict=True):
            figures.campaign(*row, figure, command)
    sys.stdout.write("\n".join(lines_of(tally)) + "\n")
    return 0 if tally.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A node with its journal in PostgreSQL, whose server is struck at a storage call of its log: killed, stuck or refused.

    python -m tests.faults.server_calls --most 30

Each process of the server counts its own calls. The one that serves the node makes one write and one sync for each
commit; after a sync that failed the server stops itself, and recovers from its log.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import Path

import psycopg
from tests.faults.scene import LEASE_S, PROMISE, Outcome, Scene
from tests.faults.servers import Server, server
from tests.figures import campaign
from tests.kit import A, B
from tests.node.line import make_line

from hotline.journal import DatabaseUrl

FAULTS = {"EIO": "error=EIO", "ENOSPC": "error=ENOSPC", "KILL": "signal=KILL", "HANG": "delay_enter=15000000"}
"""The last is a quarter of a minute, more than a node waits."""
CALLS = ("fdatasync", "pwrite64")
# Of the process that serves the node: the first few make the tables, then each is a commit.
NUMBERS = (3, 9, 14, 20, 30)
_LOG_FILE = "pg_wal/000000010000000000000001"
_COMMAND = "python -m tests.faults.server_calls"


@dataclass
class ServerScene(Scene):
    """A scene whose journal of A is in a database."""

    own: Server | None = None

    @property
    def server(self) -> Server:
        """The server, which runs."""
        assert self.own is not None
        return self.own

    @property
    def place(self) -> DatabaseUrl:
        """See `Scene.place`."""
        return self.server.url()

    def fresh(self) -> None:
        """See `Scene.fresh`."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS hotline CASCADE")
            connection.execute("CHECKPOINT")

    async def struck(self, fault: str, call: str, number: int) -> tuple[Outcome, bool]:
        """One take in which a call of the server fails; and whether one did."""
        calls = self.server.folder / "calls"
        calls.unlink(missing_ok=True)
        inject = f"inject={call}:{FAULTS[fault]}:when={number}"
        log_file = self.server.data / _LOG_FILE
        self.fresh()
        self.server.stop()
        # The tracer is the grandchild, so that the server is the process that its control program has started.
        trace = [
            "strace",
            "-D",
            "-f",
            "-qq",
            "-o",
            str(calls),
            "-e",
            f"trace={call}",
            "-P",
            str(log_file),
            "-e",
            inject,
        ]
        self.server.start(*trace)
        outcome = await self.take(heal=self.heal)
        return outcome, "INJECTED" in calls.read_text(errors="replace") or "SIGKILL" in calls.read_text(
            errors="replace"
        )

    def heal(self) -> None:
        """The server runs again without anything under it, and whoever held the lease has lost it."""
        if (self.server.data / "postmaster.pid").exists():
            self.server.stop("immediate")
        self.server.start()
        time.sleep(LEASE_S)


@dataclass
class Tally:
    """What was done and what came of it."""

    points: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome, where: str, *, killed: bool = False) -> None:
        """Count one take; a node that was not killed ends by itself, and says why."""
        self.ends[{0: "went on", 1: "stopped itself", 2: "did not start"}.get(outcome.status, "killed")] += 1
        self.answered += len(outcome.answered)
        violations = list(outcome.violations)
        if not killed and (outcome.status not in (0, 1, 2) or (outcome.status and not outcome.said)):
            violations.append(f"ended with {outcome.status}: {outcome.log[-300:]}")
        self.violations += [f"{where}: {words}" for words in violations]

    def lines(self) -> Iterator[str]:
        """One page."""
        for title, counts in (("points", self.points), ("ends", self.ends)):
            yield f"  {title:<7} {counts.total()}: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items()))
        yield f"  answered {self.answered} statements, violations {len(self.violations)}"
        yield from (f"  VIOLATION {words}" for words in self.violations[:20])


async def play(points: Sequence[tuple[str, str, int]], folder: Path) -> Tally:
    """Strike the server at each of these points: fault, call, number."""
    (home := folder / "home").mkdir()
    tally = Tally()
    with server() as own:
        scene = ServerScene(make_line(folder, A, B, speed=20), home, patience_s=20.0, own=own)
        for fault, call, number in points:
            outcome, was_struck = await scene.struck(fault, call, number)
            tally.points[f"{fault} {call}" if was_struck else "not reached"] += 1
            tally.add(outcome, f"{fault} at {call} {number}")
    return tally


def main(arguments: list[str]) -> int:
    """Exit status: 0 if the promise held."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument("--only", choices=FAULTS, action="append", help="this fault; may be repeated")
    parser.add_argument("--most", type=int, help="so many points")
    asked = parser.parse_args(arguments)
    faults = asked.only or list(FAULTS)
    points = list(
        islice(((fault, call, number) for number, call, fault in product(NUMBERS, CALLS, faults)), asked.most)
    )
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        tally = asyncio.run(play(points, Path(folder)))
    if not tally.violations:
        struck = tally.points.total() - tally.points["not reached"]
        campaign(
            "fsync/IO error",
            "DUR",
            "storage calls struck in the server under a real node",
            struck,
            " ".join([_COMMAND, *arguments]),
        )
    sys.stdout.write("\n".join([PROMISE, *tally.lines()]) + "\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A node with its journal in PostgreSQL, struck at one of its own calls to the server: killed, or the connection reset.

    python -m tests.faults.client_calls --most 40

A reset while an answer is awaited leaves the outcome of a commit unknown, and the node has to read it back before it
says anything. There is none while a statement is sent: the database's library then waits for the end of the connection
in what it receives, which a call that only seems to have failed does not bring.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.faults.scene import PROMISE, Outcome
from tests.faults.server_calls import ServerScene, Tally
from tests.faults.servers import server
from tests.figures import campaign
from tests.kit import A, B
from tests.node.line import make_line

CALLS = ("sendto", "recvfrom")
FAULTS = {"RESET": "error=ECONNRESET", "KILL": "signal=KILL"}
KINDS = (("RESET", "recvfrom"), ("KILL", "recvfrom"), ("KILL", "sendto"))
Point = tuple[str, str, int]
"""Fault, call, and the how-manieth of that call in the node's process."""
_COMMAND = "python -m tests.faults.client_calls"
_LINE = re.compile(r"\d+\s+(sendto|recvfrom)\((\d+)<")
_OF_THE_DATABASE = "MSG_NOSIGNAL"
"""The flag with which the database's library sends, and nothing else in a node."""


def traced(log: Path, inject: str = "") -> list[str]:
    """The command in front of a node whose calls of these kinds are seen, and perhaps one struck."""
    command = ["strace", "-f", "-qq", "-yy", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    return [*command, *(["-e", f"inject={inject}"] if inject else [])]


def to_the_server(lines: Sequence[str]) -> list[tuple[str, int]]:
    """Those of the calls that are made on a connection to the server, each with its number among all of its kind."""
    found, counts, connections = list[tuple[str, int]](), dict.fromkeys(CALLS, 0), set[str]()
    for line in lines:
        if (match := _LINE.match(line)) is None:
            continue
        call, descriptor = match.groups()
        counts[call] += 1
        if _OF_THE_DATABASE in line:
            connections.add(descriptor)
        if descriptor in connections:
            found.append((call, counts[call]))
    return found


async def struck(scene: ServerScene, log: Path, point: Point) -> tuple[Outcome, bool]:
    """One take with a fault at a point; and whether it met a call to the server."""
    fault, call, number = point
    outcome = await scene.take(traced(log, f"{call}:{FAULTS[fault]}:when={number}"), heal=scene.heal)
    lines = _lines(log)
    return outcome, (call, number) in to_the_server(lines)


async def play(faults: Sequence[str], most: int | None, folder: Path, first: int = 0) -> Tally:
    """Strike calls to the server, all or as many as asked for, drawn from the `first` of each kind on."""
    (home := folder / "home").mkdir()
    tally, log = Tally(), folder / "calls"
    with server() as own:
        scene = ServerScene(make_line(folder, A, B, speed=20), home, patience_s=20.0, own=own)
        healthy = await scene.take(traced(log), heal=scene.heal)
        assert not healthy.violations and healthy.status == 0, healthy
        calls = to_the_server(_lines(log))
        for point in _drawn(calls, faults, most, first):
            outcome, met = await struck(scene, log, point)
            tally.points[f"{point[0]} {point[1]}" if met else "not reached"] += 1
            tally.add(outcome, f"{point[0]} at {point[1]} {point[2]}", killed=point[0] == "KILL")
    return tally


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()


def _drawn(calls: Sequence[tuple[str, int]], faults: Sequence[str], most: int | None, first: int) -> list[Point]:
    """Each kind of fault and call in turn."""
    draw = Random(3)
    kinds = [kind for kind in KINDS if kind[0] in faults]
    heaps = [[(fault, *one) for one in calls if one[0] == call][first:] for fault, call in kinds]
    mixed = [draw.sample(heap, len(heap)) for heap in heaps]
    turns = [heap[turn] for turn in range(max(map(len, mixed))) for heap in mixed if turn < len(heap)]
    return turns[:most]


def main(arguments: list[str]) -> int:
    """Exit status: 0 if the promise held."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument("--only", choices=FAULTS, action="append", help="this fault; may be repeated")
    parser.add_argument("--most", type=int, help="so many points, spread over the calls")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        tally = asyncio.run(play(asked.only or list(FAULTS), asked.most, Path(folder)))
    if not tally.violations:
        met = tally.points.total() - tally.points["not reached"]
        campaign(
            "fsync/IO error", "DUR", "calls to the server struck in a real node", met, " ".join([_COMMAND, *arguments])
        )
    sys.stdout.write("\n".join([PROMISE, *tally.lines()]) + "\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

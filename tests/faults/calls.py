"""A node killed at each of its storage calls, or told at each that the disk is broken or full, or kept waiting.

python -m tests.faults.calls                     every call, each fault: an hour or more
python -m tests.faults.calls --only KILL --most 50
python -m tests.faults.calls --only EIO --call pread64
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from random import Random

from tests.faults.scene import PROMISE, Outcome, Scene
from tests.figures import campaign
from tests.kit import A, B
from tests.node.line import make_line

CALLS = ("openat", "pread64", "pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")
FAULTS = {"KILL": "signal=KILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC", "HANG": "delay_enter=10000000"}
"""The last is ten seconds, more than a node with the lease of a scene waits for a write."""
_COMMAND = "python -m tests.faults.calls"
KILLED = "storage calls of a real node at which it was killed, nothing lost"
FAILED = "storage calls of a real node that failed, nothing lost and said so"
ERRORS = ("EIO", "ENOSPC")
ROWS = (
    ("process crash", KILLED, ("KILL",)),
    ("fsync/IO error", FAILED, ERRORS),
    ("fsync/IO error", "storage calls of a real node that hung, nothing lost", ("HANG",)),
)
_WRITING = ("pwrite64", "fdatasync", "fsync")
# A read needs no room.
_NEVER = {("ENOSPC", "pread64")}
# Opening gives the log its full size, in some two thousand writes that are all alike: a sample of them is enough.
_ALIKE, _SAMPLE = 200, 20


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th call of its kind has the fault."""

    fault: str
    call: str
    number: int


@dataclass
class Tally:
    """What was done and what came of it.

    Attributes:
        enumerated: calls in health, by name.
        points: calls that were struck, by fault and name.
        missed: takes in which the call was not reached; their promises count, they are no points.
        ends: how the struck nodes ended.
        told: how often they said what is wrong with the journal.
        violations: each broken promise.
    """

    enumerated: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, point: Point, outcome: Outcome, struck: bool, unheard: bool, went_on: bool) -> None:
        """Count one take. Batches form by themselves, so a take may make a few calls less than the first one did.

        Where the node did not start, what its opening had begun may have been undone. An unheard error is one that
        SQLite keeps to itself.
        """
        if not struck:
            self.missed += 1
            self.violations += [f"{point}, not reached: {words}" for words in outcome.violations]
            return
        self.points[f"{point.fault} {point.call}"] += 1
        self.ends[f"{point.fault}: {_end_in_words(outcome.status)}"] += 1
        if outcome.said:
            self.told[point.fault] += 1
        violations = list(outcome.violations)
        must_say = outcome.status in (1, 2) or (point.fault in ERRORS and point.call in _WRITING and not unheard)
        if point.fault != "KILL" and must_say and not outcome.said:
            violations.append(f"not a word about the journal ({outcome.status})")
        if point.fault != "KILL" and outcome.status not in (0, 1, 2):
            violations.append(f"it did not end by itself ({outcome.status}): {outcome.log[-300:]}")
        if went_on and not unheard and outcome.status != 2:
            violations.append("writes or syncs went on after one had failed")
        self.violations += [f"{point.fault} at {point.call} {point.number}: {words}" for words in violations]

    def struck(self, *faults: str) -> int:
        """How many calls had one of these faults."""
        return sum(number for kind, number in self.points.items() if kind.split()[0] in faults)

    def lines(self) -> Iterator[str]:
        """One page."""
        for title, counts in (("calls", self.enumerated), ("points", self.points), ("ends", self.ends)):
            yield f"  {title:<7} {counts.total()}: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items()))
        yield f"  told    {self.told.total()} times what is wrong with the journal"
        yield f"  violations {len(self.violations)}; {self.missed} more takes did not reach their call"
        yield from (f"  VIOLATION {words}" for words in self.violations[:20])


def _end_in_words(status: int) -> str:
    return {0: "stopped in order", 1: "stopped itself", 2: "did not start"}.get(status, f"killed ({status})")


def traced(scene: Scene, log: Path, inject: str = "") -> list[str]:
    """The command in front of a node whose storage calls are seen, and perhaps struck."""
    journal = scene.home / f"a{scene.takes + 1}.db"
    paths = [journal, *(journal.with_name(journal.name + end) for end in ("-wal", "-journal")), scene.home]
    command = ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    for path in paths:
        command += ["-P", str(path)]
    return [*command, *(["-e", f"inject={inject}"] if inject else [])]


async def enumerate_calls(scene: Scene, log: Path) -> list[tuple[str, int]]:
    """Every storage call of the script in health, by name and number; of a long run of writes alike a sample."""
    outcome = await scene.take(traced(scene, log))
    assert not outcome.violations and outcome.status == 0, outcome
    names = [line.split()[1].partition("(")[0] for line in _lines(log)]
    seen = Counter[str]()
    found: list[tuple[str, int]] = []
    for name, run in groupby(name for name in names if name in CALLS):
        first = seen[name] + 1
        seen[name] += sum(1 for _ in run)
        alike = [(name, number) for number in range(first, seen[name] + 1)]
        found += alike if len(alike) < _ALIKE else Random(1).sample(alike, _SAMPLE)
    return found


def _around(lines: list[str]) -> tuple[list[str], list[str]]:
    """The calls up to the one that was struck, and those after it; neither if none was."""
    struck = next((number for number, line in enumerate(lines, 1) if line.endswith(("(INJECTED)", "(DELAYED)"))), 0)
    return lines[:struck], lines[struck:] if struck else []


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()


async def play(faults: Sequence[str], most: int | None, folder: Path, names: Sequence[str] = CALLS) -> Tally:
    """Strike each call of these names, or as many as asked for, drawn so that each kind of call has its share."""
    (home := folder / "home").mkdir()
    scene, tally, log = Scene(make_line(folder, A, B, speed=20), home), Tally(), folder / "calls"
    calls = await enumerate_calls(scene, log)
    tally.enumerated.update(name for name, _ in calls)
    points = [Point(fault, *c) for fault in faults for c in calls if c[0] in names and (fault, c[0]) not in _NEVER]
    for point in points if most is None else _spread(points):
        if tally.points.total() == most:
            break
        inject = f"{point.call}:{FAULTS[point.fault]}:when={point.number}"
        outcome = await scene.take(traced(scene, log, inject))
        before, after = _around(_lines(log))
        unheard = bool(before) and _is_unheard(point, before[-1], scene.home)
        writes = any(f"{call}(" in line for line in after for call in _WRITING)
        went_on = point.fault in ERRORS and point.call in _WRITING and writes
        # A call that a node did not live to see the end of stands nowhere.
        unfinished = outcome.status not in (0, 1, 2) or (point.fault == "HANG" and bool(outcome.said))
        tally.add(point, outcome, bool(before) or unfinished, unheard, went_on)
    return tally


def _is_unheard(point: Point, struck: str, home: Path) -> bool:
    """Whether it was SQLite that could not open or sync the folder: it takes no notice, and nothing rests on that.

    The journal opens the folder first of all, and syncs it with fsync; SQLite uses fdatasync.
    """
    if point.call == "openat":
        return point.number > 1 and f'"{home}"' in struck
    return point.call == "fdatasync" and f"<{home}>" in struck


def _spread(points: list[Point]) -> list[Point]:
    """The points in another order: of each fault and call in turn, drawn at random."""
    draw = Random(2)
    heaps: dict[tuple[str, str], list[Point]] = {}
    for point in draw.sample(points, len(points)):
        heaps.setdefault((point.fault, point.call), []).append(point)
    return [heap[turn] for turn in range(max(map(len, heaps.values()))) for heap in heaps.values() if turn < len(heap)]


def main(arguments: list[str]) -> int:
    """Exit status: 0 if the promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.calls", description=__doc__)
    parser.add_argument("--only", choices=FAULTS, action="append", help="this fault; may be repeated")
    parser.add_argument("--call", choices=CALLS, action="append", help="calls of this name; may be repeated")
    parser.add_argument("--most", type=int, help="so many struck calls, spread over the names")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        tally = asyncio.run(play(asked.only or list(FAULTS), asked.most, Path(folder), asked.call or CALLS))
    if not tally.violations:
        command = " ".join([_COMMAND, *arguments])
        for threat, measure, faults in ROWS:
            if number := tally.struck(*faults):
                campaign(threat, "DUR", measure, number, command)
    sys.stdout.write("\n".join([PROMISE, *tally.lines()]) + "\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

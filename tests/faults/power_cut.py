"""Power cuts, lying disks and failing disks under the embedded journal, as many as asked for.

python -m tests.faults.power_cut --points 100000
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, cast
from unittest.mock import patch

import apsw
from tests.faults import worlds
from tests.faults.cuts import Platter, lie
from tests.faults.disk import Disk, Failure
from tests.faults.worlds import World, reached
from tests.figures import campaign

from hotline.journal import JournalError, SqliteJournal, batches, durability, sqlite

PROMISE = """\
Promised: what `append` returned for is there afterwards, whole and in order, and at most the one batch that was being
written besides; an error of the disk ends the journal at once, and no sync is tried again. What a lying disk lost may
be gone; what it damaged is never served."""

# So many lying disks for each hundred loss points; what they lose is no violation, so they stand apart.
_LIES_PERCENT = 10
# One world in so many runs with the log at its real size.
_REAL_LOG_EVERY = 50
_REAL_LOG_PAGES = durability.CHECKPOINT_PAGES
_WORDS = ("disk I/O error", "full", "fsync failed")

CUTS = "power cuts and failed calls, nothing acknowledged lost"
LIES = "lying disks, nothing served that was not written"

Settings = Callable[[int], AbstractContextManager[None]]


@dataclass
class Tally:
    """What was done and what came of it.

    Attributes:
        points: loss points by kind, or lying disks; a call that was to fail and was not reached is none.
        faults: single faults by kind.
        answers: how damage was answered.
        violations: each broken promise, with its seed.
    """

    worlds: int = 0
    points: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """One page."""
        yield f"worlds {self.worlds}, points {self.points.total()}, violations {len(self.violations)}"
        for title, counts in (("points", self.points), ("faults", self.faults), ("damage", self.answers)):
            yield f"  {title:<7} " + ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
        yield from (f"  VIOLATION {words}" for words in self.violations[:20])


def run(points: int, first: int = 1, settings: Settings = worlds.settings) -> Tally:
    """Worlds from seed `first` on, until there are so many loss points."""
    return _worlds(points, first, settings, _loss_points)


def lies(points: int, first: int = 1, settings: Settings = worlds.settings) -> Tally:
    """Worlds from seed `first` on, until so many disks have lied."""
    return _worlds(points, first, settings, _lies)


Point = Callable[[Tally], None]
Points = Callable[[World, Disk, Random], Iterator[Point]]


def _worlds(points: int, first: int, settings: Settings, kind: Points) -> Tally:
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for seed in count(first):
            if tally.points.total() >= points:
                return tally
            with settings(16 if seed % _REAL_LOG_EVERY else _REAL_LOG_PAGES):
                _play(World(seed, Path(folder) / worlds.FILE), tally, points, kind)
    raise AssertionError("seeds do not end")


def _play(world: World, tally: Tally, points: int, kind: Points) -> None:
    """Every loss point of one world, or as many as are still wanted. Each kind has its share from the start."""
    tally.worlds += 1
    disk, error = world.lived()
    assert error is None, error
    draw = Random(f"{world.seed}/points")
    for point in kind(world, disk, draw):
        if tally.points.total() >= points:
            return
        point(tally)


def _loss_points(world: World, disk: Disk, draw: Random) -> Iterator[Point]:
    """The power is cut after each event of a life; at each eighth a disk fails somewhere."""
    platter = _fresh()
    for number, event in enumerate(disk.log, 1):
        platter.take(event)
        yield partial(_cut, world, platter, _fork(draw), f"seed {world.seed}, event {number}")
        if number % 8 == 0:
            yield partial(_fail, world, _failure(disk.calls, draw), _fork(draw))


def _lies(world: World, disk: Disk, draw: Random) -> Iterator[Point]:
    """As often as an eighth of a life's events, the disk has lied up to one of them."""
    for _ in range(len(disk.log) // 8):
        yield partial(_lie, world, disk, draw.randrange(1, 1 + len(disk.log)), _fork(draw))


def _fork(draw: Random) -> Random:
    return Random(draw.getrandbits(64))


def _failure(calls: int, draw: Random) -> Failure:
    """A call fails, perhaps half-way, perhaps a sync; unless it sticks, the calls after it would succeed."""
    return Failure(
        draw.randint(1, calls - 1),
        words=draw.choice(_WORDS),
        sync_only=draw.random() < 0.5,
        short=draw.random() < 0.3,
        sticks=draw.random() < 0.3,
    )


def _cut(world: World, platter: Platter, draw: Random, where: str, tally: Tally) -> None:
    tally.points["power cut"] += 1
    files = platter.after_cut(draw, tally.faults)
    after = _recover(world, files, platter.reached, platter.reached + 1, where, tally)
    if after is None or draw.random() > 0.2:
        return
    tally.points["second cut"] += 1
    second = Platter({name: bytearray(content) for name, content in files.items()}, reached=platter.reached)
    for event in after.log[: draw.randrange(1 + len(after.log))]:
        second.take(event)
    files = second.after_cut(draw, tally.faults)
    most = max(platter.reached, second.reached) + 1
    _recover(world, files, max(platter.reached, second.reached), most, f"{where}, second cut", tally)


def _recover(world: World, files: dict[str, bytes], least: int, most: int, where: str, tally: Tally) -> Disk | None:
    """Open what was found; the disk afterwards, None if the promise was broken."""
    try:
        number, disk = world.recovered(files)
    except JournalError as error:
        tally.violations.append(f"{where}: refused: {error}")
        return None
    if least <= number <= most:
        return disk
    tally.violations.append(f"{where}: {number} batches, {least} were acknowledged")
    return None


def _lie(world: World, disk: Disk, end: int, draw: Random, tally: Tally) -> None:
    kind, files = lie(disk.log[:end], draw, worlds.FILE)
    tally.points["lying disk"] += 1
    tally.faults[kind] += 1
    acknowledged = reached(disk.log[:end])
    try:
        number, _ = world.recovered(files)
    except JournalError as error:
        tally.answers[error.code] += 1
        return
    if not 0 <= number <= acknowledged + 1:
        tally.violations.append(f"seed {world.seed}, event {end}, {kind}: served what was never written")
    # Nothing in the file tells a log that lost its end from a younger one: the peers do (ROLLED_BACK).
    tally.answers["unharmed" if number >= acknowledged else "an earlier state, whole"] += 1


def _fail(world: World, failure: Failure, draw: Random, tally: Tally) -> None:
    where = f"seed {world.seed}, call {failure.at} fails ({failure.words})"
    disk, error = world.lived(failure)
    if not disk.failed:
        tally.answers["not reached"] += 1
        return
    tally.points["failing disk"] += 1
    tally.faults["failed sync" if disk.sync_failed else f"failed write: {failure.words}"] += 1
    # An opening may undo what it began, before it refuses; nothing has been promised there.
    if error is None or (not disk.opening and (disk.synced_again or disk.after_failure)):
        tally.violations.append(f"{where}: {error}, {disk.after_failure} calls after it")
    tally.answers[f"stopped: {error.code}" if error else "went on"] += 1
    platter = _fresh()
    for event in disk.log:
        platter.take(event)
    # The system may have thrown away what it could not sync, or not.
    files = platter.after_cut(draw, tally.faults)
    _recover(world, files, platter.reached, platter.reached + 1, where, tally)


def _fresh() -> Platter:
    return Platter({name: bytearray(content) for name, content in worlds.blank().files.items()})


def controls(points: int = 300) -> dict[str, int]:
    """Violations found when the same harness runs over a weakened journal: none would mean that it proves nothing."""
    found = {}
    for word, value in (("OFF", 0), ("NORMAL", 1)):
        weak = partial(worlds.settings, synchronous=(word, value))
        found[f"synchronous={word}"] = len(run(points, settings=weak).violations)
    with patch.object(Disk, "sync_folder", lambda disk: None):
        found["folder not synced"] = len(run(points).violations)
    with patch.object(sqlite, "chain", _no_chain), patch.object(batches, "chain", _no_chain):
        found["no digests"] = len(lies(3 * points).violations)
    with patch.object(SqliteJournal, "__init__", _made_stubborn(SqliteJournal.__init__)):
        found["retries"] = len(run(points).violations)
    return found


def _no_chain(previous: bytes, blob: bytes) -> bytes:
    return bytes(32)


class _Stubborn:
    """A connection that tries a statement again after an error."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *words: Any) -> Any:
        try:
            return self._connection.execute(*words)
        except apsw.Error:
            return self._connection.execute(*words)


def _made_stubborn(make: Callable[..., None]) -> Callable[..., None]:
    def made(journal: SqliteJournal, connection: apsw.Connection, *more: Any) -> None:
        make(journal, cast(apsw.Connection, _Stubborn(connection)), *more)

    return made


def main(arguments: list[str]) -> int:
    """Exit status: 0 if every promise held and every weakened journal was found out."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.power_cut", description=__doc__)
    parser.add_argument("--points", type=int, default=10_000, help="loss points")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first seed")
    asked = parser.parse_args(arguments)
    tally, lying = run(asked.points, asked.first), lies(asked.points * _LIES_PERCENT // 100, asked.first)
    broken = bool(tally.violations or lying.violations)
    if not broken:
        command = " ".join(["python -m tests.faults.power_cut", *arguments])
        campaign("power loss", "DUR", CUTS, tally.points.total(), command)
        campaign("corruption / tampering", "LOG", LIES, lying.points.total(), command)
    found = controls()
    weakened = ", ".join(f"{name} {number}" for name, number in found.items())
    sys.stdout.write(
        "\n".join([PROMISE, *tally.lines(), *lying.lines(), f"  violations found in weakened journals: {weakened}"])
        + "\n"
    )
    return 0 if not broken and all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

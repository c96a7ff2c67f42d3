"""Immediate stops of a PostgreSQL server under a journal that is being written: as often as asked for.

python -m tests.faults.server_crash --points 100
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from time import sleep

from tests.faults.servers import Server, server
from tests.figures import campaign

from hotline.journal import JournalStorageError
from hotline.journal.postgres import PostgresJournal

PROMISE = """\
Promised: what `append` returned for is there after any crash of the server, once, whole and in order; a commit whose
outcome is in doubt is read back before `append` returns; at most the one batch in doubt is there besides."""

STOPS = "immediate stops of the server without a violation"
_CHANNEL, _POST = "server-crash", "AUS:fleet-watch"


@dataclass
class Tally:
    """What was done and what came of it."""

    crashes: int = 0
    acknowledged: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """One page."""
        yield f"immediate stops {self.crashes}, batches acknowledged {self.acknowledged}"
        yield f"  violations {len(self.violations)}; " + ", ".join(f"{k} {n}" for k, n in sorted(self.answers.items()))
        yield from (f"  VIOLATION {words}" for words in self.violations[:20])


def batch(number: int) -> list[bytes]:
    """The records of a batch."""
    draw = Random(number)
    return [b"%d/%d" % (number, part) + draw.randbytes(draw.choice((10, 700, 9000))) for part in range(2)]


def crash(points: int, seed: int) -> Tally:
    """Stop and start the server so often while batches are appended."""
    draw, tally = Random(seed), Tally()
    with server() as own:
        journal = _open(own, tally)
        for _ in range(points):
            stop_s, start_s = draw.uniform(0.0, 0.3), draw.uniform(0.0, 0.1)
            crashing = threading.Thread(target=_crash, args=(own, stop_s, start_s))
            crashing.start()
            journal = _write(own, journal, crashing, tally)
            crashing.join()
            tally.crashes += 1
        journal.close()
        _check(own, tally)
    return tally


def _crash(own: Server, stop_s: float, start_s: float) -> None:
    sleep(stop_s)
    own.stop("immediate")
    sleep(start_s)
    own.start()


def _open(own: Server, tally: Tally) -> PostgresJournal:
    """The journal; after a failure a new one has to wait for the lease."""
    while True:
        try:
            return PostgresJournal.open(own.url(), _CHANNEL, _POST, lease_s=5.0)
        except Exception as error:
            tally.answers[f"not opened: {getattr(error, 'code', error)}"] += 1
            sleep(0.2)


def _write(own: Server, journal: PostgresJournal, crashing: threading.Thread, tally: Tally) -> PostgresJournal:
    """Append until the crash is over and the journal has been written once more."""
    over = False
    while not over:
        over = not crashing.is_alive()
        before = journal._connection
        try:
            journal.append(batch(tally.acknowledged + 1))
            tally.acknowledged += 1
            if journal._connection is not before:
                tally.answers["read back"] += 1
        except JournalStorageError as error:
            tally.answers[f"stopped: {error.code}"] += 1
            crashing.join()
            journal = _open(own, tally)
            tally.acknowledged = _check(own, tally, journal)
    return journal


def _check(own: Server, tally: Tally, journal: PostgresJournal | None = None) -> int:
    """Hold what is there against what was acknowledged; how many batches there are."""
    reading = journal or _open(own, tally)
    records = list(reading.records())
    number = len(records) // 2
    if records != [record for count in range(1, number + 1) for record in batch(count)]:
        tally.violations.append("what is there is not what was written")
    if not tally.acknowledged <= number <= tally.acknowledged + 1:
        tally.violations.append(f"{number} batches, {tally.acknowledged} were acknowledged")
    if journal is None:
        reading.close()
    return number


def main(arguments: list[str]) -> int:
    """Exit status: 0 if the promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.server_crash", description=__doc__)
    parser.add_argument("--points", type=int, default=20, help="immediate stops")
    parser.add_argument("--from", type=int, default=1, dest="seed", help="seed of the moments")
    asked = parser.parse_args(arguments)
    tally = crash(asked.points, asked.seed)
    if not tally.violations:
        command = " ".join(["python -m tests.faults.server_crash", *arguments])
        campaign("power loss", "DUR", STOPS, tally.crashes, command)
    sys.stdout.write("\n".join([PROMISE, *tally.lines()]) + "\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

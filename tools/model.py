"""The model in formal/hotline.pml, checked with spin: in health no counterexample, with each fault one.

    python -m tools.model             what the tests check, in half a minute
    python -m tools.model --full      with cuts and with old Heads replayed: minutes, and a gigabyte

spin writes the checker in C; it is compiled and run in a folder that goes away.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).parents[1] / "formal" / "hotline.pml"
SMALL = ("CUTS=0", "LOSSES=0")
# Each breaks one promise of the specification; README.md in formal/ says which.
FAULTS = {
    "SEND_EARLY": SMALL,
    "ANSWER_EARLY": SMALL,
    "RECEIPT_EARLY": SMALL,
    "NO_HELLO": SMALL,
    "NO_ECHO": (*SMALL, "REPLAY"),
    "GO_ON": SMALL,
    "TWICE": SMALL,
    "NO_RETRY": ("CUTS=0",),
}
_COUNTS = re.compile(r"errors: (?P<errors>\d+)\s+(?P<states>[\d.e+]+) states, stored")


@dataclass(frozen=True, slots=True)
class Case:
    """The model under some definitions.

    Attributes:
        liveness: whether what comes in the end is checked, instead of what never happens.
    """

    name: str
    defines: tuple[str, ...] = ()
    liveness: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What spin found: states explored, and the promise that was broken, empty if none was."""

    case: Case
    states: int
    broken: str


HEALTH = (
    Case("safety", ("CUTS=0",)),
    Case("old Heads replayed", ("STATEMENTS=2", "RESTORES=1", "CRASHES=0", "REPLAY", *SMALL)),
    Case("liveness", ("STATEMENTS=2", "CUTS=0"), liveness=True),
)
FULL = (
    Case("safety, whole"),
    Case("old Heads replayed, whole", ("REPLAY", *SMALL)),
    Case("liveness, whole", ("CUTS=0",), liveness=True),
)
FAULTY = (
    *(Case(fault, (fault, *defines)) for fault, defines in FAULTS.items()),
    Case("NO_RETRY, liveness", ("NO_RETRY", "STATEMENTS=2", "CUTS=0"), liveness=True),
)


def has_spin() -> bool:
    """Whether spin and a C compiler are here (tools/system.sh need spin)."""
    return all(map(shutil.which, ("spin", "gcc")))


def check(case: Case) -> Checked:
    """Explore every state of a case, or up to the first counterexample.

    Raises:
        RuntimeError: spin or the compiler refused, or the search was cut short without a counterexample.
    """
    defines = [f"-D{name}" for name in (*case.defines, *(["LIVENESS"] if case.liveness else []))]
    safety = [] if case.liveness else ["-DSAFETY"]
    with tempfile.TemporaryDirectory(prefix="spin-") as folder:
        _run(["spin", *defines, "-a", str(MODEL)], folder)
        _run(["gcc", "-O1", "-w", "-DCOLLAPSE", "-DMEMLIM=3000", *safety, "-o", "pan", "pan.c"], folder)
        said = _run(["./pan", "-m1000000", *(["-a", "-f"] if case.liveness else [])], folder)
    found = _COUNTS.search(said)
    broken = re.search(r"pan:1: (.*) \(at depth", said)
    if found is None or (broken is None and ("Search not completed" in said or int(found["errors"]))):
        raise RuntimeError(f"{case.name}: {said[-2000:]}")
    return Checked(case, int(float(found["states"])), broken[1] if broken else "")


def _run(command: Sequence[str], folder: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Exit status: 0 if every promise held and every fault was found out."""
    parser = argparse.ArgumentParser(prog="python -m tools.model")
    parser.add_argument("--full", action="store_true", help="with cuts and with old Heads replayed")
    asked = parser.parse_args(arguments)
    wrong = 0
    for case in (*(FULL if asked.full else HEALTH), *FAULTY):
        checked = check(case)
        wrong += bool(checked.broken) is not (case in FAULTY)
        words = f"counterexample: {checked.broken[:60]}" if checked.broken else "holds"
        print(f"{case.name:<28} {checked.states:>9,} states  {words}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

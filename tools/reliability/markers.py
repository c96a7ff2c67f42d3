"""The markers `threat` of the tests, as pytest collects them: which test measures what, against which threat."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One marker.

    Attributes:
        threat: the row it belongs to.
        defences: codes of the defences it shows at work.
        measure: what its figure counts.
        test: the test as pytest names it, without parameters.
    """

    threat: str
    defences: tuple[str, ...]
    measure: str
    test: str


def marks_in(lines: Iterable[str]) -> list[Mark]:
    """The markers among the lines that a run left behind, each once."""
    rows = (json.loads(line).get("mark") for line in lines if line.startswith('{"mark"'))
    found = {Mark(row["threat"], tuple(row["defence"].split()), row["measure"], row["test"]) for row in rows}
    return sorted(found)


def collect() -> list[Mark]:
    """Every marker of the tests there are on this machine; nothing is run.

    Raises:
        RuntimeError: the tests cannot be collected.
    """
    with tempfile.TemporaryDirectory() as folder:
        left = Path(folder) / "marks.jsonl"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "threat", "-p", "no:cacheprovider"]
        env = {**os.environ, "HOTLINE_FIGURES": str(left)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        return marks_in(left.read_text(encoding="utf-8").splitlines())

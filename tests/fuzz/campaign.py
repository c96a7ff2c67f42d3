"""Fuzz every target for a while: `python -m tests.fuzz.campaign [--seconds N] [TARGET ...]`, N for each target.

Starts from the corpus; what reaches new code goes to `build/fuzz/TARGET`, from where `tests.fuzz.corpus` takes it. Each
target may take 2 GiB and each input 10 s. A finding is kept as `build/fuzz/found-TARGET-...`, and its trace is printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import figures
from tests.fuzz.corpus import BYTES_MAX, CORPUS, FOUND
from tests.fuzz.targets import TARGETS

RSS_MAX_MB, INPUT_MAX_S = 2048, 10
_RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_RSS = re.compile(r"stat::peak_rss_mb:\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Run:
    """How one target fared: inputs played, peak memory, and the trace of what it found, empty if nothing."""

    target: str
    runs: int
    peak_mb: int
    finding: str


def fuzz(target: str, folder: Path, *options: str) -> Run:
    """Fuzz one target with these options of libFuzzer besides the limits; what is new or found goes to the folder."""
    found = folder / target
    found.mkdir(parents=True, exist_ok=True)
    limits = (f"-rss_limit_mb={RSS_MAX_MB}", f"-timeout={INPUT_MAX_S}", f"-max_len={BYTES_MAX}", "-print_final_stats=1")
    command = [sys.executable, "-m", "tests.fuzz.drive", target, *limits, *options]
    artifacts = f"-artifact_prefix={folder}/found-{target}-"
    done = subprocess.run(
        [*command, artifacts, str(found), str(CORPUS / target)], capture_output=True, text=True, errors="replace"
    )
    runs, peak = (pattern.search(done.stderr) for pattern in (_RUNS, _RSS))
    finding = (done.stdout[-3000:] + done.stderr[-3000:]) if done.returncode else ""
    return Run(target, int(runs[1]) if runs else 0, int(peak[1]) if peak else 0, finding)


def main(arguments: Sequence[str]) -> int:
    """Fuzz these targets, or all; 1 if anything was found. A clean search of all leaves its figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS])
    asked = parser.parse_args(arguments)
    found = total = 0
    for target in asked.targets or TARGETS:
        run = fuzz(target, FOUND, f"-max_total_time={asked.seconds}")
        said = "FOUND" if run.finding else "clean"
        print(f"{target:12} {run.runs:12,} inputs  {run.peak_mb:5} MiB  {said}", flush=True)  # noqa: T201
        total += run.runs
        if run.finding:
            print(run.finding)  # noqa: T201
            found = 1
    if not found and not asked.targets:
        _leave(total, asked.seconds)
    return found


def _leave(total: int, seconds: int) -> None:
    measure = "inputs that a long search made, taken whole or refused with a code"
    command = f"python -m tests.fuzz.campaign --seconds {seconds}"
    figures.campaign("malformed protobuf", "SCAN", measure, total, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Golden traces: the trace of every bundled scenario and variant with its own seed, kept beside the scenarios.

    python -m hotline_sim.golden            write them anew, after a change that is meant to show in them
    python -m hotline_sim.golden --check    only compare; exit status 1 if any differs

What changed is then read in the difference of the two texts, like any other change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from hotline_sim.demo import run_virtual
from hotline_sim.scenario import bundled, load


def golden_path(scenario_file: Path, variant: str | None = None) -> Path:
    """Where the golden trace of a scenario, or of a variant of it, is kept."""
    name = f"{scenario_file.stem}.{variant}" if variant else scenario_file.stem
    return scenario_file.parent / "golden" / f"{name}.txt"


def traces() -> Iterator[tuple[Path, str]]:
    """Each bundled scenario's golden file, and the trace it must hold."""
    for file in bundled().values():
        scenario = load(file)
        yield golden_path(file), run_virtual(scenario).trace
        for variant in scenario.variants:
            yield golden_path(file, variant), run_virtual(load(file, variant)).trace


def main(arguments: Sequence[str]) -> int:
    """Write or compare; returns the exit status."""
    differing = [(path, trace) for path, trace in traces() if not path.exists() or path.read_text("utf-8") != trace]
    for path, trace in differing:
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(trace, encoding="utf-8")
        sys.stdout.write(f"{path.stem}: {'differs' if '--check' in arguments else 'written'}\n")
    return 1 if differing and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

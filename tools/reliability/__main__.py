"""RELIABILITY.md: the matrix of threats, defences and tests with the figures of the last runs.

python -m tools.reliability                               print the table
python -m tools.reliability --take build/figures.jsonl    take what a run left behind, write the page, print the table
python -m tools.reliability --write                       write the page again, after markers changed

A run leaves its figures in the file that HOTLINE_FIGURES names: `make reliability` does it all.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.reliability import figures, matrix, page
from tools.reliability.markers import ROOT, collect

KEPT = ROOT / "tests" / "figures.json"
PAGE = ROOT / "RELIABILITY.md"


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 1 if a marker names what is no row."""
    parser = argparse.ArgumentParser(prog="python -m tools.reliability")
    parser.add_argument("--take", type=Path, action="append", default=[], help="a file of figures; may be repeated")
    parser.add_argument("--write", action="store_true", help="write RELIABILITY.md")
    asked = parser.parse_args(arguments)
    held = figures.load(KEPT)
    for path in asked.take:
        held.take(path.read_text(encoding="utf-8").splitlines())
    if asked.take or asked.write:
        held.mark(collect())
        if strange := matrix.strangers(held.marks):
            print("\n".join(strange), file=sys.stderr)
            return 1
        figures.save(held, KEPT)
        PAGE.write_text(page.page(held), encoding="utf-8")
    print("\n".join(page.terminal(held)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

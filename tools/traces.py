"""The traces of specs/traces: play each and compare, or write what comes of its commands.

    python -m tools.traces                    compare; exit 1 when a file is not what happens
    python -m tools.traces --write [NAME...]  write each file, or those named, with what happens

What changed is then read in the difference of the two texts, like any other change.
"""

from __future__ import annotations

import argparse
import sys

from tests.traces.index import README, readme
from tests.traces.run import played
from tests.traces.script import load, scripts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Play the traces of specs/traces.")
    parser.add_argument("--write", action="store_true", help="write what happens")
    parser.add_argument("names", nargs="*", help="traces by name; all when none is given")
    options = parser.parse_args(arguments)
    differing = []
    for path in scripts():
        if options.names and path.stem not in options.names:
            continue
        if (text := played(load(path))) != path.read_text(encoding="utf-8"):
            differing.append(path.stem)
            if options.write:
                path.write_text(text, encoding="utf-8", newline="\n")
    if options.write:
        README.write_text(readme(), encoding="utf-8", newline="\n")
    for name in differing:
        print(f"{name} {'written' if options.write else 'is not what happens'}", file=sys.stderr)
    return 1 if differing and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())

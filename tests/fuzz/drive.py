"""One target under atheris: `python -m tests.fuzz.drive TARGET [options of libFuzzer] [folders]`.

It is a program of its own, for libFuzzer ends the process when it ends.
"""

from __future__ import annotations

import os
import sys

import atheris

# What a target never reaches need not be watched; that takes seconds at each start.
WATCHED = ["hotline", "hotline_sim"] if "scenario" in sys.argv[1:2] else ["hotline"]

with atheris.instrument_imports(include=WATCHED):
    from tests.fuzz.corpus import ITSELF
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    target = TARGETS[sys.argv[1]]
    atheris.Setup([os.environ.get(ITSELF, sys.argv[0]), *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

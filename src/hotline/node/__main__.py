"""`python -m hotline.node CONFIG`: the same as `hotline node run --config CONFIG`, without the command line's dress."""

from __future__ import annotations

import sys
from pathlib import Path

from hotline.node.run import run_node
from hotline.protocol.errors import HotlineError


def main(arguments: list[str]) -> int:
    """Exit status: 0 stopped by a signal, 1 stopped by a failure, 2 not started."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m hotline.node CONFIG\n")
        return 2
    try:
        return run_node(Path(arguments[0]))
    except HotlineError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

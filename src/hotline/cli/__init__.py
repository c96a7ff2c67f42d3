"""The `hotline` command. Each command returns one typed result; `output.py` alone prints it, as text or as JSON.

`commands/` holds what a user types: names, options, help. The work stands in the modules beside it, which are imported
when a command runs, so that `hotline --help` is quick.
"""

from __future__ import annotations


def main() -> None:
    """Entry point. Leaves with 0 when what was asked holds, 1 when it was checked and does not, 2 for a wrong call."""
    from hotline.cli.commands import app  # so that importing this package costs nothing

    app()

"""`hotline journal`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.results import Result

journal = group("journal", "What a node keeps.")


@command(journal, "scrub", "hotline journal scrub --config aus/node.yaml")
def scrub(config: Annotated[Path, typer.Option(help="The node's configuration file.")]) -> Result:
    """Read a node's whole journal again and hold every batch against its digest. Every start does the same."""
    from hotline.cli.scrubbing import scrub

    return scrub(config)

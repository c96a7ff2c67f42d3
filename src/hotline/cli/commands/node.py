"""`hotline node` and `hotline vectors`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.results import Result

node = group("node", "A node in the foreground.")
vectors = group("vectors", "The specification's test vectors.")


@command(node, "run", "hotline node run --config aus/node.yaml")
def run(config: Annotated[Path, typer.Option(help="The node's configuration file.")]) -> Result:
    """Run a node until SIGTERM or SIGINT. It logs to standard error."""
    from hotline.cli.running import run_node

    return run_node(config)


@command(vectors, "run", "hotline vectors run", "hotline vectors run my-vectors --json")
def run_vectors(
    folder: Annotated[Path | None, typer.Argument(help="Another folder of the same shape.")] = None,
) -> Result:
    """Run every vector through this implementation. A refusal counts only if it has the code that is expected."""
    from hotline.cli.conforming import run_vectors

    return run_vectors(folder)

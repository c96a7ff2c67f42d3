"""A node in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hotline.cli.results import ONLY_JSON, Result
from hotline.node import run


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStopped(Result):
    """A node ran and stopped: `ok` after a signal, not after a failure, which its log tells."""

    config: Path = field(metadata=ONLY_JSON)


def run_node(config: Path) -> NodeStopped:
    """Run a node until a signal."""
    return NodeStopped(ok=run.run_node(config) == 0, config=config)

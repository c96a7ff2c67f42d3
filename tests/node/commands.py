"""A process that runs commands one after the other, so that a test pays for the imports once.

gRPC's asyncio code wants one event loop in a process, and the tests have theirs; each command makes its own, here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from tests.unit.cli.conftest import Ran, run

ROOT = Path(__file__).parents[2]


class Desk:
    """Runs `hotline` commands with one node's socket and one officer's key at hand."""

    def __init__(self, folder: Path, socket: Path, key: Path) -> None:
        self._env = {"HOTLINE_SOCKET": str(socket), "HOTLINE_KEY": str(key)}
        path = os.pathsep.join(str(ROOT / part) for part in ("src", "simulator", "."))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.node.commands"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "GRPC_VERBOSITY": "NONE"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str | Path) -> Ran:
        """Run one command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([self._env, [str(word) for word in words]]) + "\n")
        self._process.stdin.flush()
        return Ran(**json.loads(self._process.stdout.readline()))

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def main() -> None:
    """One command for each line."""
    for line in sys.stdin:
        env, words = json.loads(line)
        sys.stdout.write(json.dumps(asdict(run(*words, env=env))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

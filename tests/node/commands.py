"""A process that runs commands one after the other, so that a test pays for the imports once.

gRPC's asyncio code wants one event loop in a process, and the tests have theirs; each command makes its own, here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.kit import B
from tests.node.line import PATIENCE_S
from tests.unit.cli.conftest import Ran, run

ROOT = Path(__file__).parents[2]
NOTICE = ("compose", "ActivityNotice", "--example")


class Desk:
    """Runs `hotline` commands with one node's socket and one officer's key at hand."""

    def __init__(self, folder: Path, socket: Path, key: Path | str) -> None:
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


def wait(look: Callable[[], Ran], holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Look until what a command tells holds; what it told."""
    end = time.monotonic() + PATIENCE_S
    while True:
        done = look()
        told = done.json
        if done.status == 0 and holds(told):
            return told
        assert time.monotonic() < end, told
        time.sleep(0.1)


def values(told: dict[str, Any], post: str = B) -> dict[str, str]:
    """Stage and value of one addressee."""
    return {row["stage"]: row["value"] for row in told["stages"] if row["post"] == post and row["value"]}


def say(desk: Desk, *words: str) -> str:
    """Send from flags or a file; its ref."""
    done = desk("send", *words, "--json")
    assert (done.status, done.json["ok"]) == (0, True), done
    # What is said before the other side has answered the Hello gets its place a little later.
    assert done.json["state"] in ("SEALED", "WAITING")
    return str(done.json["ref"])


def sent(one: Desk, other: Desk, folder: Path) -> str:
    """A notice of one side that the other holds; its ref."""
    draft = folder / f"draft-{time.monotonic_ns()}.yaml"
    draft.write_text(one(*NOTICE).out, encoding="utf-8")
    ref = say(one, str(draft))
    wait(lambda: other("show", ref, "--json"), lambda told: "DELIVERED" in values(told))
    return ref


def answered(one: Desk, ref: str, stage: str, value: str) -> dict[str, Any]:
    """The sender sees a stage."""
    return wait(lambda: one("show", ref, "--json"), lambda told: values(told).get(stage) == value)


def main() -> None:
    """One command for each line."""
    for line in sys.stdin:
        env, words = json.loads(line)
        sys.stdout.write(json.dumps(asdict(run(*words, env=env))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Where the figures of the matrix of threats come from: what a run measured, one JSON line for each, into the file that
HOTLINE_FIGURES names. `tools.reliability` makes RELIABILITY.md of them.

A test marked `threat` that passes leaves a line for each of its markers: what it gave through the fixture `figure`, or
one case passed. A campaign outside the tests calls `campaign` for what it measured.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

FILE = "HOTLINE_FIGURES"
ROOT = Path(__file__).parents[1]
Value = int | float | str
VALUES = pytest.StashKey["list[Value | None]"]()
MARKS = pytest.StashKey["set[tuple[str, str, str, str]]"]()


def run_header(command: str) -> None:
    """What is run, on what: the line before the figures of one run."""
    _leave({"run": command, "version": version("hotline-protocol"), "commit": _commit(), "date": _now()})


def note_marks(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Which markers there are among what was collected. Of several workers, which all collect the same, one tells."""
    marks = {
        (marker.args[0], marker.kwargs["defence"], marker.kwargs["measure"], item.nodeid.partition("[")[0])
        for item in items
        for marker in item.iter_markers("threat")
    }
    config.stash[MARKS] = marks
    if getattr(config, "workerinput", {}).get("workerid", "gw0") == "gw0":
        for threat, defence, measure, test in sorted(marks):
            _leave({"mark": {"threat": threat, "defence": defence, "measure": measure, "test": test}})


def count_examples(item: pytest.Item) -> None:
    """The figure of a property is the number of examples that it held for, unless it gives another."""
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    if handle is None or item.get_closest_marker("threat") is None:
        return
    held, count = handle.inner_test, [0]

    @wraps(held)
    def counted(*values: object, **named: object) -> object:
        count[0] += 1
        so_far: list[Value | None] = [count[0]]
        item.stash[VALUES] = so_far
        return held(*values, **named)

    handle.inner_test = counted


def of_test(item: pytest.Item) -> None:
    """A marked test has passed."""
    for marker in item.iter_markers("threat"):
        row = {"threat": marker.args[0], **marker.kwargs, "test": item.nodeid.partition("[")[0]}
        for value in item.stash.get(VALUES, [None]):
            _leave({**row, "figure": value})


def campaign(threat: str, defence: str, measure: str, figure: Value, command: str) -> None:
    """A campaign has measured something. `command` is how it is run again."""
    run_header(command)
    _leave({"threat": threat, "defence": defence, "measure": measure, "figure": figure, "test": command})


def _leave(row: dict[str, Any]) -> None:
    if path := os.environ.get(FILE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _commit() -> str:
    """The commit of the tree, with a mark if something in it differs; empty outside a repository."""
    done = subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%MZ")

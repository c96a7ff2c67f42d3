"""What `hotline adopt` makes of a file before any node is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran, run

Hotline = Callable[..., Ran]


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        ("none", 2, "FILE_UNREADABLE"),
        ("plan.yaml", 1, "SCAN_"),
        ("agreement", 2, "NODE_UNREACHABLE"),
        ("aus.directory", 2, "NODE_UNREACHABLE"),
    ],
)
def test_what_is_handed_to_a_node(
    channel: Path, monkeypatch: pytest.MonkeyPatch, file: str, status: int, code: str
) -> None:
    monkeypatch.chdir(channel)
    done = run("adopt", file, "--socket", "nobody.sock", "--json")
    assert (done.status, done.json["ok"]) == (status, False)
    assert done.json["code"].startswith(code)

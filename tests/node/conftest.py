from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket has room for a hundred characters only."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)

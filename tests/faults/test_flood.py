"""Whatever peers do to a node, another peer's FLASH is receipted in time.

Floods by strangers are played by `python -m tests.faults.flood half-open strangers`, and are no test: see the page on
limits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import flood
from tests.faults.flood import Tally

SECONDS = 2.5
BOUND_S = 10.0
"""What a FLASH may take to its receipt (REQ-NET-9); the machine may be busy with other tests at the same time."""

MEMORY_MAX_MB = 1_024


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)


async def worst(names: list[str], folder: Path) -> tuple[float, list[Tally]]:
    """The worst seconds to a receipt in any of these scenes; the scenes."""
    tallies = await flood.play(names, SECONDS, folder)
    for tally in tallies:
        assert len(tally.seconds) >= 2, tally
        assert max(tally.seconds) < BOUND_S, tally
        assert tally.memory_mb < MEMORY_MAX_MB, tally
    return round(max(max(tally.seconds) for tally in tallies), 3), tallies


@pytest.mark.threat(
    "DoS by an authenticated peer", defence="LIM", measure="worst seconds to a FLASH's receipt, two other peers hostile"
)
async def test_peers_delay_nobodys_flash(folder: Path, figure: Figure) -> None:
    seconds, _ = await worst(["valid", "dear", "invalid"], folder)
    figure(seconds)

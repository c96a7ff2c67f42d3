"""Whatever peers and outsiders do to a node, another peer's FLASH is receipted in time."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import flood
from tests.faults.flood import Tally
from tests.kit import B, C
from tests.node.line import Process, until

from hotline.node.door import SILENT_MAX

SECONDS = 2.5
BOUND_S = 10.0
"""What a FLASH may take to its receipt (REQ-NET-9); the machine may be busy with other tests at the same time."""

HANDSHAKE_MAX_MS = 5.0
"""Of processor, for a connection that is not known; everything else that the node did meanwhile is counted in."""

MEMORY_MAX_MB = 1_024
"""What a node may have had resident at its peak; the page on limits says so."""


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


@pytest.mark.threat(
    "DoS by an authenticated peer", defence="LIM", measure="worst seconds to a FLASH's receipt, a peer fetching a log"
)
async def test_who_fetches_a_log_again_and_again_delays_nobodys_flash(folder: Path, figure: Figure) -> None:
    """It is served as far as its rate allows, and told BUSY from then on (REQ-NET-8, REQ-NET-9)."""
    seconds, (tally,) = await worst(["fetch"], folder)
    assert "served" in tally.harm[0], tally
    assert any(said.endswith(" BUSY") for said in tally.harm), tally
    figure(seconds)


@pytest.mark.threat("DoS by outsider", defence="LIM", measure="worst seconds to a FLASH's receipt, outsiders flooding")
async def test_outsiders_delay_nobodys_flash(folder: Path, figure: Figure) -> None:
    seconds, (_, strangers) = await worst(["half-open", "strangers"], folder)
    handshakes = sum(int(told.split()[0]) for told in strangers.harm if "handshakes" in told)
    assert handshakes
    assert 1e3 * strangers.cpu_s / handshakes < HANDSHAKE_MAX_MS
    figure(seconds)


@pytest.mark.threat(
    "DoS by outsider", defence="LIM", measure="seconds to a new line while outsiders hold every connection"
)
@pytest.mark.parametrize("caller", ["the node", "the peer"])
async def test_a_line_opens_while_outsiders_hold_every_connection(folder: Path, figure: Figure, caller: str) -> None:
    """A node calls its peers itself; and a peer that calls from an address of its own gets in."""
    scene = flood.Scene(folder)
    with scene.line.start(B) as node:
        async with await scene.line.connect(B) as operator:
            with flood.harming([scene.pump("half-open", 120)]) as (harm,):
                await until(lambda: asyncio.to_thread(sockets_of, node), lambda count: count > SILENT_MAX, 60)
                began = time.monotonic()
                if caller == "the peer":
                    async with scene.connected():
                        figure(round(time.monotonic() - began, 1))
                else:
                    with scene.line.start(C):
                        await until(
                            operator.describe, lambda line: {p.post: p.state for p in line.peers}[C] == "OPEN", 60
                        )
                        figure(round(time.monotonic() - began, 1))
                assert harm.poll() is None
                harm.terminate()
                told, _ = await asyncio.to_thread(harm.communicate, timeout=60)
        assert node.stop() == 0
    assert int(told.split()[0]) > SILENT_MAX


def sockets_of(node: Process) -> int:
    """How many sockets a node that runs has open."""
    assert node.running.poll() is None, node.events()[-3:]
    count = 0
    for entry in Path(f"/proc/{node.running.pid}/fd").iterdir():
        with suppress(OSError):
            count += entry.readlink().name.startswith("socket:")
    return count

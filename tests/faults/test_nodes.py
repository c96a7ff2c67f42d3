"""Real nodes under real faults: a few here; `python -m tests.faults.calls` and `conditions` play as many as wanted."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import calls
from tests.faults.conditions import BAD_LINE, NAMES, outside
from tests.faults.scene import Scene
from tests.kit import A, B
from tests.node.line import make_line

TOOLS = ("strace", "ip", "iptables", "faketime", "unshare")
HAS_TOOLS = os.geteuid() == 0 and all(map(shutil.which, TOOLS))
assert HAS_TOOLS or os.environ.get("CI") != "true", "tools/system.sh need faults, as root"
# Without them these are left out, which tools/system.sh says.
NAMES_HERE = NAMES if HAS_TOOLS else ()
DISKS = [name for name in NAMES_HERE if "disk" in name]
CLOCKS = [name for name in NAMES_HERE if "clock" in name or "monotonic" in name]
LINES = [name for name in NAMES_HERE if name in ("packet-loss", BAD_LINE)]
HAS_STRACE = shutil.which("strace") is not None
# One that hangs has a test of its own: each takes its time.
FAULTS_HERE = tuple(fault for fault in calls.FAULTS if fault != "HANG") if HAS_STRACE else ()
SYNCS_HERE = (14,) if HAS_STRACE else ()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)


@pytest.mark.timeout(300)
@pytest.mark.threat("process crash", defence="DUR", measure="storage calls struck in a real node")
@pytest.mark.parametrize("fault", FAULTS_HERE)
async def test_a_node_struck_at_a_storage_call_loses_nothing(fault: str, folder: Path, figure: Figure) -> None:
    tally = await calls.play([fault], 4, folder)
    assert tally.violations == []
    assert {"fdatasync", "pwrite64", "openat"} <= tally.enumerated.keys()
    figure(tally.points.total())


@pytest.mark.timeout(300)
@pytest.mark.threat("fsync/IO error", defence="DUR", measure="syncs that hang in a real node, told and ended")
@pytest.mark.parametrize("number", SYNCS_HERE)
async def test_a_sync_that_hangs_ends_the_node_with_a_word(number: int, folder: Path) -> None:
    (home := folder / "home").mkdir()
    scene = Scene(make_line(folder, A, B, speed=20), home, lease_s=1.0)
    # The tracer ends only after what it was told to keep: half as long again as the node waits.
    hang = f"fdatasync:delay_enter=4500000:when={number}"
    outcome = await scene.take(calls.traced(scene, folder / "calls", hang))
    assert outcome.violations == [] and outcome.status == 1
    told, ended = (line for line in outcome.log.splitlines() if "JOURNAL_IO" in line)
    assert "append: the storage has not answered" in told and "see to the storage" in ended


def holds(name: str) -> None:
    done = outside(name)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert name in done.stdout and "violations 0" in done.stdout


@pytest.mark.timeout(300)
@pytest.mark.threat("resource exhaustion", defence="DUR", measure="real nodes on a full disk, stopped and said so")
@pytest.mark.parametrize("name", DISKS)
def test_a_full_disk_is_told_and_loses_nothing(name: str) -> None:
    holds(name)


@pytest.mark.timeout(300)
@pytest.mark.threat(
    "clock skew / jump", defence="SEQ FRESH", measure="real nodes with a wrong or jumping clock, nothing lost"
)
@pytest.mark.parametrize("name", CLOCKS)
def test_no_clock_loses_anything(name: str) -> None:
    holds(name)


@pytest.mark.timeout(300)
@pytest.mark.threat(
    "deletion / loss", defence="TMO", measure="real lines that lose packets or are cut, everything through"
)
@pytest.mark.threat(
    "partition / asymmetric", defence="SEQ TMO", measure="real lines that lose packets or are cut, settled"
)
@pytest.mark.parametrize("name", LINES)
def test_a_bad_line_delays_and_loses_nothing(name: str) -> None:
    holds(name)


def test_every_condition_has_its_test() -> None:
    assert sorted([*DISKS, *CLOCKS, *LINES]) == sorted(NAMES_HERE)

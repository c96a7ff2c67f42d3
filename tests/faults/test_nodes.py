"""Real nodes under real faults: a few here; `python -m tests.faults.calls` and `conditions` play as many as wanted."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import calls
from tests.faults.conditions import BAD_LINE, NAMES, outside
from tests.faults.scene import Scene
from tests.kit import A, B, notice
from tests.node.line import PATIENCE_S, Process, make_line

from hotline.agreements.site import file_name
from hotline.journal import SqliteJournal

TOOLS = ("strace", "ip", "iptables", "faketime", "unshare")
HAS_TOOLS = os.geteuid() == 0 and all(map(shutil.which, TOOLS))
assert HAS_TOOLS or os.environ.get("CI") != "true", "tools/system.sh need faults, as root"
# Without them these are left out, which tools/system.sh says.
NAMES_HERE = NAMES if HAS_TOOLS else ()
DISKS = [name for name in NAMES_HERE if "disk" in name]
CLOCKS = [name for name in NAMES_HERE if "clock" in name or "monotonic" in name]
LINES = [name for name in NAMES_HERE if name in ("packet-loss", BAD_LINE)]
HAS_STRACE = shutil.which("strace") is not None
SYNCS_HERE = (14,) if HAS_STRACE else ()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)


@pytest.mark.timeout(300)
@pytest.mark.threat("process crash", defence="DUR", measure=calls.KILLED)
@pytest.mark.parametrize("fault", ["KILL"] if HAS_STRACE else [])
async def test_a_node_killed_at_a_storage_call_loses_nothing(fault: str, folder: Path, figure: Figure) -> None:
    figure((await struck(fault, 4, folder)).total())


@pytest.mark.timeout(300)
@pytest.mark.threat("fsync/IO error", defence="DUR", measure=calls.FAILED)
@pytest.mark.parametrize("fault", calls.ERRORS if HAS_STRACE else ())
async def test_a_node_whose_storage_call_fails_loses_nothing_and_says_so(
    fault: str, folder: Path, figure: Figure
) -> None:
    # Of EIO one of each call, reads with them.
    points = await struck(fault, len(calls.CALLS) if fault == "EIO" else 4, folder)
    assert fault != "EIO" or len(points) == len(calls.CALLS)
    figure(points.total())


async def struck(fault: str, most: int, folder: Path) -> Counter[str]:
    """Strike so many calls; how many were struck, by kind."""
    tally = await calls.play([fault], most, folder)
    assert tally.violations == []
    assert tally.enumerated.keys() == set(calls.CALLS)
    assert tally.points.total() == most
    return tally.points


@pytest.mark.timeout(300)
@pytest.mark.threat(
    "fsync/IO error", defence="DUR", measure="running nodes whose scrub could not read, stopped and said so"
)
@pytest.mark.parametrize("error", ["EIO"] if HAS_STRACE else [])
async def test_a_running_node_that_cannot_read_its_journal_stops_and_says_so(error: str, folder: Path) -> None:
    line = make_line(folder, A, B)
    journal = folder / f"{file_name(A)}.db"
    with line.start(A, scrub_every_h=0.0003) as node:
        async with await line.connect(A) as client:
            await client.submit(line.say(A, notice("as it was written")))
        status = await asyncio.to_thread(end_unread, node, journal, error)
        (failed,) = [event for event in node.events() if event["event"] == "failed"]
    assert (status, failed["code"]) == (1, "JOURNAL_IO")
    assert "malformed" in failed["error"] and "Input/output error" in failed["error"]
    journal_now = SqliteJournal.open(journal, line.trust.agreement.channel, A)
    assert any(b"as it was written" in record for record in journal_now.records())
    journal_now.close()


def end_unread(node: Process, journal: Path, error: str) -> int:
    """From now on no page of its journal can be read; the exit status of a running node."""
    strace = ["strace", "-f", "-qq", "-o", str(node.log.with_suffix(".calls")), "-p", str(node.running.pid)]
    inject = ["-P", str(journal), "-e", "trace=pread64", "-e", f"inject=pread64:error={error}"]
    with subprocess.Popen([*strace, *inject]):
        return node.running.wait(PATIENCE_S)


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

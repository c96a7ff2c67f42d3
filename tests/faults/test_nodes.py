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
from tests.faults.conditions import NAMES, outside

TOOLS = ("strace", "ip", "iptables", "faketime", "unshare")
HAS_TOOLS = os.geteuid() == 0 and all(map(shutil.which, TOOLS))
assert HAS_TOOLS or os.environ.get("CI") != "true", "tools/system.sh need faults, as root"
# Without them these are left out, which tools/system.sh says.
NAMES_HERE = NAMES if HAS_TOOLS else ()
FAULTS_HERE = tuple(calls.FAULTS) if shutil.which("strace") else ()


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
@pytest.mark.threat("resource exhaustion", defence="DUR", measure="conditions without a violation")
@pytest.mark.parametrize("name", NAMES_HERE)
def test_the_promise_holds_under(name: str, figure: Figure) -> None:
    done = outside(name)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert name in done.stdout and "violations 0" in done.stdout
    figure(1)

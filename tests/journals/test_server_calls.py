"""A server whose storage is struck under a real node, and a node struck at a call of its own to the server.

`python -m tests.faults.server_calls` and `python -m tests.faults.client_calls` strike more often.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import client_calls
from tests.faults.server_calls import play

HAS_STRACE = shutil.which("strace") is not None
assert HAS_STRACE or os.environ.get("CI") != "true", "tools/system.sh need faults"
# Without it these are left out, which tools/system.sh says.
POINTS = [("EIO", "fdatasync", 14), ("KILL", "pwrite64", 16)] if HAS_STRACE else []


@pytest.mark.timeout(300)
@pytest.mark.threat("fsync/IO error", defence="DUR", measure="storage calls struck in the server under a real node")
@pytest.mark.parametrize("point", POINTS, ids=lambda point: "-".join(map(str, point)))
async def test_a_server_that_fails_loses_nothing_and_the_node_says_so(
    point: tuple[str, str, int], figure: Figure
) -> None:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        tally = await play([point], Path(folder))
    assert tally.violations == []
    assert tally.points["not reached"] == 0 and tally.answered > 0
    figure(tally.points.total())


@pytest.mark.timeout(300)
@pytest.mark.threat("fsync/IO error", defence="DUR", measure="calls to the server struck in a real node")
@pytest.mark.parametrize("fault", ["RESET"] if HAS_STRACE else [])
async def test_a_connection_that_breaks_while_an_answer_is_awaited_loses_nothing(fault: str, figure: Figure) -> None:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        tally = await client_calls.play([fault], 2, Path(folder), first=40)
    assert tally.violations == []
    assert tally.ends["went on"] == 2 and tally.answered == 20
    figure(tally.points.total() - tally.points["not reached"])

"""Ten thousand power cuts, lying disks and failing disks; and the proof that the same would find a weaker journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import power_cut, worlds
from tests.faults.disk import Failure
from tests.faults.worlds import World, reached

from hotline.journal import JournalStorageError

POINTS = 10_000
_SHARES = 4


@pytest.mark.timeout(600)
@pytest.mark.threat("power loss", defence="DUR", measure="loss points without a violation")
@pytest.mark.parametrize("share", range(_SHARES))
def test_what_was_acknowledged_survives_any_cut(share: int, figure: Figure) -> None:
    tally = power_cut.run(POINTS // _SHARES, first=1 + 1_000 * share)
    assert tally.violations == []
    assert min(tally.points[kind] for kind in ("power cut", "second cut", "failing disk", "lying disk")) > 100
    assert {"dropped", "torn", "torn, with noise", "reordered", "misdirected", "bit flip"} <= tally.faults.keys()
    figure(tally.points.total())


@pytest.mark.threat("power loss", defence="DUR", measure="weakened journals found out")
def test_a_weaker_journal_is_found_out(figure: Figure) -> None:
    found = power_cut.controls()
    assert found.keys() == {"synchronous=OFF", "synchronous=NORMAL", "no digests", "retries"}
    assert all(found.values()), found
    figure(len(found))


@pytest.mark.threat("fsync/IO error", defence="DUR", measure="calls failed one by one, each a full stop")
@pytest.mark.parametrize("sync_only", [False, True])
def test_the_first_failed_call_is_the_last(tmp_path: Path, sync_only: bool, figure: Figure) -> None:
    """Whatever would succeed afterwards: a sync tried again could report as durable what the first one lost."""
    world = World(3, tmp_path / worlds.FILE)
    with worlds.settings():
        calls = world.lived()[0].calls
        for at in range(1, calls):
            disk, error = world.lived(Failure(at, sync_only=sync_only, sticks=False))
            assert isinstance(error, JournalStorageError) or not disk.failed
            # An opening may undo what it began, before it refuses; nothing has been promised there.
            assert disk.opening or not (disk.synced_again or disk.after_failure)
            files = {name: bytes(content) for name, content in disk.files.items()}
            assert reached(disk.log) <= world.recovered(files)[0] <= reached(disk.log) + 1
    figure(calls - 1)

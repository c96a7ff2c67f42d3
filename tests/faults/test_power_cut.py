"""Ten thousand power cuts and failing disks, a thousand lying disks; the same finds a weaker journal out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import power_cut, worlds
from tests.faults.disk import Failure
from tests.faults.worlds import World, reached

from hotline.journal import JournalStorageError

POINTS, LYING = 10_000, 1_000
_SHARES = 4


@pytest.mark.timeout(600)
@pytest.mark.threat("power loss", defence="DUR", measure=power_cut.CUTS)
@pytest.mark.parametrize("share", range(_SHARES))
def test_what_was_acknowledged_survives_any_cut(share: int, figure: Figure) -> None:
    tally = power_cut.run(POINTS // _SHARES, first=1 + 1_000 * share)
    assert tally.violations == []
    assert tally.points.keys() == {"power cut", "second cut", "failing disk"}
    assert min(tally.points.values()) > 100
    assert {"dropped", "torn", "torn, with noise", "reordered", "failed sync"} <= tally.faults.keys()
    figure(tally.points.total())


@pytest.mark.threat("corruption / tampering", defence="LOG", measure=power_cut.LIES)
def test_a_lying_disk_is_never_believed(figure: Figure) -> None:
    tally = power_cut.lies(LYING)
    assert tally.violations == []
    assert tally.points.keys() == {"lying disk"}
    assert tally.faults.keys() == {"misdirected", "lost write", "bit flip"}
    figure(tally.points.total())


@pytest.mark.threat("power loss", defence="DUR", measure="weakened journals found out")
def test_a_weaker_journal_is_found_out(figure: Figure) -> None:
    found = power_cut.controls()
    assert found.keys() == {"synchronous=OFF", "synchronous=NORMAL", "folder not synced", "no digests", "retries"}
    assert all(found.values()), found
    figure(len(found))


@pytest.mark.threat("fsync/IO error", defence="DUR", measure="calls failed one by one, each a full stop")
def test_the_first_failed_call_is_the_last(tmp_path: Path, figure: Figure) -> None:
    """Whatever would succeed afterwards: a sync tried again could report as durable what the first one lost."""
    world, failed = World(3, tmp_path / worlds.FILE), Counter[str]()
    with worlds.settings():
        for at in range(1, 1 + world.lived()[0].calls):
            disk, error = world.lived(Failure(at, sticks=False))
            if not disk.failed:
                # The call at which this life kills its journal.
                assert error is None
                continue
            failed["sync" if disk.sync_failed else "other"] += 1
            assert isinstance(error, JournalStorageError)
            # An opening may undo what it began, before it refuses; nothing has been promised there.
            assert disk.opening or not (disk.synced_again or disk.after_failure)
            files = {name: bytes(content) for name, content in disk.files.items()}
            assert reached(disk.log) <= world.recovered(files)[0] <= reached(disk.log) + 1
    assert failed["sync"] > 20
    figure(failed.total())

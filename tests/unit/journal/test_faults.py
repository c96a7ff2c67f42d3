"""Crashes, failing disks and power cuts: what was acknowledged is there afterwards, whole and in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.unit.journal.disk import Disk, disk, unsynced

from hotline.journal import JournalError, JournalStorageError, SqliteJournal, durability

CHANNEL = "exercise-2026"
POST = "AUS:fleet-watch"
BATCHES = [[b"%d/%d " % (number, part) * 200 for part in range(3)] for number in range(12)]


def opened(path: Path, vfs: str | None = None) -> SqliteJournal:
    return SqliteJournal.open(path, CHANNEL, POST, vfs=vfs)


def write(path: Path, on: Disk) -> int:
    """Append the batches until the disk fails; the number of batches that were acknowledged."""
    acknowledged = 0
    try:
        journal = opened(path, on.name)
        for batch in BATCHES:
            journal.append(batch)
            acknowledged += 1
    except JournalStorageError:
        return acknowledged
    # Nothing failed: leave as a crash would, with the log not yet moved.
    on.fail_at = on.calls + 1
    with pytest.raises(JournalStorageError):
        journal.append([b"lost"])
    return acknowledged


def batches_held(path: Path) -> int:
    """How many of the batches a journal holds, none of them torn."""
    journal = opened(path)
    records = list(journal.records())
    journal.close()
    number = len(records) // len(BATCHES[0])
    assert records == [record for batch in BATCHES[:number] for record in batch]
    return number


def calls_in_all(path: Path) -> int:
    """How many writes, truncations and syncs the whole run makes."""
    with disk() as sound:
        assert write(path, sound) == len(BATCHES)
        return sound.calls


@pytest.mark.usefixtures("small_log")
def test_an_error_at_any_call_stops_the_journal_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    points = calls_in_all(tmp_path / "whole")
    assert points > 80
    for point in range(1, points):
        path = tmp_path / f"{point}" / "journal"
        path.parent.mkdir()
        with disk() as failing:
            failing.fail_at = point
            acknowledged = write(path, failing)
            # Fail stop: the failing call was the last one made. Opening may still undo what it began.
            assert failing.calls == point or not acknowledged
        assert acknowledged <= batches_held(path) <= acknowledged + 1


def test_after_an_error_the_journal_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with disk() as failing:
        journal = opened(path, failing.name)
        journal.append([b"one"])
        failing.fail_at = failing.calls + 1
        with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: append: .*injected"):
            journal.append([b"two"])
        calls, failing.fail_at = failing.calls, None
        for use in (lambda: journal.append([b"three"]), journal.checkpoint, lambda: list(journal.records())):
            with pytest.raises(JournalStorageError, match="JOURNAL_IO: append"):
                use()
        journal.close()
        assert failing.calls == calls
    again = opened(path)
    assert list(again.records()) == [b"one"]
    again.close()


@pytest.mark.usefixtures("small_log")
def test_a_power_cut_at_any_call_loses_nothing_acknowledged(tmp_path: Path) -> None:
    points = calls_in_all(tmp_path / "whole")
    for point in range(1, points + 1):
        assert cut_power(tmp_path / f"{point}", point) is None


@pytest.mark.usefixtures("small_log")
def test_a_power_cut_while_opening_after_a_power_cut_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """The second cut comes while the first is being repaired, and what repaired it may be half written."""
    draw = Random(2)
    for round_ in range(40):
        folder = tmp_path / f"{round_}"
        first, second = folder / "first", folder / "second"
        first.mkdir(parents=True)
        second.mkdir()
        with disk() as failing:
            failing.fail_at = draw.randrange(60, 140)
            acknowledged = write(folder / "journal", failing)
            failing.lose_power(draw, first)
        with disk() as failing:
            failing.fail_at = draw.randrange(1, 30)
            with pytest.raises(JournalError):
                opened(first / "journal", failing.name).append([bytes(200_000)])
            failing.lose_power(draw, second)
        assert acknowledged <= batches_held(second / "journal") <= acknowledged + 1


def test_what_was_read_back_after_a_crash_is_durable(tmp_path: Path) -> None:
    """A killed process may leave commits that are written and not synced; opening syncs them before they are shown."""
    crashed, after = tmp_path / "crashed", tmp_path / "after"
    crashed.mkdir()
    after.mkdir()
    with disk() as first:
        journal = opened(tmp_path / "journal", first.name)
        journal.append([b"one"])
        for name in ("journal", "journal-wal"):
            (crashed / name).write_bytes((tmp_path / name).read_bytes())
        journal.close()
    with disk() as second:
        # Nothing of the log's content is known to be on the disk: a power cut may take all of it.
        second.copies["journal-wal"] = unsynced(crashed / "journal-wal")
        journal = opened(crashed / "journal", second.name)
        assert list(journal.records()) == [b"one"]
        second.lose_power(Random(3), after)
        journal.close()
    again = opened(after / "journal")
    assert list(again.records()) == [b"one"]
    again.close()


def test_a_setting_that_does_not_sync_is_found_out_by_these_power_cuts(
    tmp_path: Path, small_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof that the power cuts above can find something."""
    weak = [replace(s, ask="OFF", expect=0) if s.name == "synchronous" else s for s in durability.SETTINGS]
    monkeypatch.setattr(durability, "SETTINGS", tuple(weak))
    points = calls_in_all(tmp_path / "whole")
    lost = [cut_power(tmp_path / f"{point}", point) for point in range(points // 2, points)]
    assert any(lost)


def cut_power(folder: Path, point: int) -> str | None:
    """Cut the power at a call, restart from what is found, and say what acknowledged batches were lost, if any."""
    after = folder / "after"
    after.mkdir(parents=True)
    with disk() as failing:
        failing.fail_at = point
        acknowledged = write(folder / "journal", failing)
        failing.lose_power(Random(point), after)
    try:
        number = batches_held(after / "journal")
    except JournalError as error:
        return str(error)
    assert number <= acknowledged + 1
    return f"{acknowledged - number} batches" if number < acknowledged else None


_WRITER = """
import sys
from pathlib import Path
from hotline.journal import SqliteJournal
journal = SqliteJournal.open(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
number = sum(1 for _ in journal.records()) // 2
while True:
    journal.append([b"%d a" % number, b"%d b" % number * 500])
    print(number, flush=True)
    number += 1
"""


def test_a_killed_writer_loses_nothing_acknowledged_and_tears_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    draw = Random(4)
    for _ in range(6):
        last = killed_after(path, draw.randrange(1, 400))
        journal = opened(path)
        records = list(journal.records())
        journal.close()
        number = len(records) // 2
        assert records == [r for n in range(number) for r in (b"%d a" % n, b"%d b" % n * 500)]
        assert last + 1 <= number <= last + 2


def killed_after(path: Path, batches: int) -> int:
    """Start a writer, kill it after about so many batches; the number of the last batch it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), CHANNEL, POST],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(batches)]
        writer.kill()
        lines += writer.stdout.readlines()
    assert writer.returncode == -signal.SIGKILL
    return int([line for line in lines if line.endswith("\n")][-1])

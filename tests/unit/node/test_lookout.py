"""The lookout over the storage: when it says something, when it ends the process, and that it lets everything through.

A disk that hangs under a real node: tests/faults.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
import structlog
from structlog.testing import capture_logs

from hotline.journal import JournalStorageError, JournalUsageError, MemoryJournal
from hotline.node.lookout import ENDS_AFTER, TOLD_AFTER, Lookout, WatchedJournal

LEASE_S = 12.0


class Looks:
    """Stands for the event that ends a lookout: so many looks, with something done before each."""

    def __init__(self, count: int, before: Callable[[], None] = lambda: None) -> None:
        self.count, self.before = count, before

    def wait(self, seconds: float) -> bool:
        self.before()
        self.count -= 1
        return self.count < 0


def looked(lookout: Lookout, count: int, before: Callable[[], None] = lambda: None) -> list[str]:
    """What it says at so many looks after the one that finds a call."""
    lookout._over = Looks(count + 1, before)  # type: ignore[assignment]
    with capture_logs() as said:
        lookout._look_on()
    assert all((event["code"], event["log_level"]) == ("JOURNAL_IO", "warning") for event in said)
    return [event["detail"] for event in said]


@pytest.fixture
def ends() -> list[JournalStorageError]:
    return []


@pytest.fixture
def lookout(ends: list[JournalStorageError]) -> Lookout:
    """One that only notes that it would end the process."""
    return Lookout(LEASE_S, structlog.get_logger(), ends.append)


def test_a_write_that_does_not_come_back_is_told_and_ends_the_node(
    lookout: Lookout, ends: list[JournalStorageError]
) -> None:
    with lookout.over("append", may_end=True):
        assert looked(lookout, TOLD_AFTER - 1) == []
        assert looked(lookout, ENDS_AFTER - 1) == ["append: the storage has not answered for 4.0 s"]
        assert ends == []
        looked(lookout, ENDS_AFTER + 5)
    assert list(map(str, ends)) == ["JOURNAL_IO: append: the storage has not answered for 36.0 s"]


def test_reading_may_take_long_and_is_only_told(lookout: Lookout, ends: list[JournalStorageError]) -> None:
    with lookout.over("reading"):
        assert len(looked(lookout, 10 * ENDS_AFTER)) == 1
    assert ends == []


def test_where_the_storage_ends_its_waits_itself_it_is_only_told() -> None:
    lookout = Lookout(LEASE_S, structlog.get_logger(), None)
    with lookout.over("append", may_end=True):
        assert len(looked(lookout, 2 * ENDS_AFTER)) == 1


def test_many_calls_are_not_one_that_is_long(lookout: Lookout, ends: list[JournalStorageError]) -> None:
    def another() -> None:
        with lookout.over("append", may_end=True):
            pass
        lookout.over("append", may_end=True).__enter__()

    assert looked(lookout, 10 * ENDS_AFTER, another) == []
    assert ends == []


def test_nothing_is_said_while_nothing_is_asked(lookout: Lookout, ends: list[JournalStorageError]) -> None:
    assert looked(lookout, 10 * ENDS_AFTER) == []
    assert ends == []


def test_it_looks_from_a_thread_of_its_own() -> None:
    """The call comes back only because somebody else has noticed."""
    noticed = threading.Event()

    class Hanging(MemoryJournal):
        def append(self, records: Sequence[bytes]) -> None:
            assert noticed.wait(60)
            super().append(records)

    with capture_logs() as said, Lookout(0.05, structlog.get_logger(), lambda _: noticed.set()) as lookout:
        journal = WatchedJournal(Hanging(), lookout)
        journal.append([b"one"])
        assert list(journal.records()) == [b"one"]
        assert journal.keep() is None
        journal.close()
        with pytest.raises(JournalUsageError, match="JOURNAL_CLOSED"):
            list(journal.records())
    assert said[0]["detail"].startswith("append: ")
    assert "lookout" not in {thread.name for thread in threading.enumerate()}

"""A lookout over the storage: says that a call to it does not come back, which the one who waits for it cannot say.

Calls to the storage are made on the event loop, since nothing may be said before it is durable. A disk that hangs, or a
file server that is gone, keeps such a call for ever: no error comes, and nothing in this process can call it off. So a
thread looks on. It says what is waited for, and when a write has not come back for three leases it ends the process:
whatever watches over it knows then, and the next start finds in the journal what became of the write.

A database needs no end from here: each wait for it has one of its own. Reading and opening are only told, since on a
large journal they may take long and be well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from structlog.typing import FilteringBoundLogger

from hotline.journal import Journal, JournalStorageError

# Looks are counted, not time: in a process that was paused, no call has waited.
LOOKS_A_LEASE = 12
TOLD_AFTER, ENDS_AFTER = LOOKS_A_LEASE // 3, LOOKS_A_LEASE * 3

End = Callable[[JournalStorageError], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """A call that is under way."""

    doing: str
    may_end: bool


class Lookout:
    """Looks on inside `with`."""

    def __init__(self, lease_s: float, log: FilteringBoundLogger, end: End | None) -> None:
        """Nothing is looked at yet.

        Args:
            lease_s: a third of it is what a call may take without a word.
            log: for the operator; it is used by another thread.
            end: called, by that thread, when a write has not come back for three leases; not to return.
        """
        self._look_s, self._log, self._end = lease_s / LOOKS_A_LEASE, log, end
        self._call: _Call | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="lookout", daemon=True)

    def __enter__(self) -> Lookout:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def over(self, doing: str, *, may_end: bool = False) -> Iterator[None]:
        """Look on while one call is made; they come one at a time."""
        self._call = _Call(doing, may_end)
        try:
            yield
        finally:
            self._call = None

    def _look_on(self) -> None:
        seen: _Call | None = None
        looks = 0
        while not self._over.wait(self._look_s):
            call = self._call
            looks = looks + 1 if call is seen else 0
            seen = call
            if call is None:
                continue
            words = f"{call.doing}: the storage has not answered for {looks * self._look_s:.1f} s"
            if looks == TOLD_AFTER:
                self._log.warning("journal", code="JOURNAL_IO", detail=words)
            if looks == ENDS_AFTER and call.may_end and self._end is not None:
                self._end(JournalStorageError("JOURNAL_IO", words))


class WatchedJournal:
    """A `Journal` whose every call is looked on."""

    def __init__(self, journal: Journal, lookout: Lookout) -> None:
        self._journal, self._lookout = journal, lookout

    def append(self, records: Sequence[bytes]) -> None:
        """See `Journal.append`."""
        with self._lookout.over("append", may_end=True):
            self._journal.append(records)

    def records(self) -> Iterator[bytes]:
        """See `Journal.records`."""
        records = self._journal.records()
        while True:
            with self._lookout.over("reading"):
                record = next(records, None)
            if record is None:
                return
            yield record

    def keep(self) -> float | None:
        """See `Journal.keep`."""
        with self._lookout.over("lease", may_end=True):
            return self._journal.keep()

    def close(self) -> None:
        """See `Journal.close`."""
        with self._lookout.over("close", may_end=True):
            self._journal.close()

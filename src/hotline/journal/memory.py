"""A journal that lasts as long as its object: for tests and for worlds in virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hotline.journal.errors import JournalUsageError


class MemoryJournal:
    """A `Journal` in a list. A restarted node gets a new one made from the records of the old."""

    def __init__(self, records: Iterable[bytes] = ()) -> None:
        self._records = list(records)
        self._closed = False

    def append(self, records: Sequence[bytes]) -> None:
        """See `Journal.append`."""
        self._check_open()
        self._records.extend(records)

    def records(self) -> Iterator[bytes]:
        """See `Journal.records`."""
        self._check_open()
        yield from tuple(self._records)

    def keep(self) -> None:
        """See `Journal.keep`."""
        self._check_open()

    def close(self) -> None:
        """See `Journal.close`."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise JournalUsageError("JOURNAL_CLOSED", "this journal is closed")

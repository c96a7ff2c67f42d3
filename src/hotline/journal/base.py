"""What every journal offers to the driver of a core."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class Journal(Protocol):
    """An append-only sequence of opaque records. One writer; one thread at a time."""

    def append(self, records: Sequence[bytes]) -> None:
        """Make these records durable, all or none; they are durable when this returns. No records is no batch.

        Raises:
            JournalStorageError: JOURNAL_IO, JOURNAL_CORRUPT, JOURNAL_FENCED. Whether the batch is durable is unknown
                and the journal is finished: a second attempt could report as durable what the first one lost.
            JournalUsageError: JOURNAL_CLOSED.
        """

    def records(self) -> Iterator[bytes]:
        """Every record there was when the iteration began, in order, each batch checked against its digest.

        The iterator ends without an error only if the whole journal is sound: restore nothing from a part of it.

        Raises:
            JournalStorageError: JOURNAL_CORRUPT, whose detail names the batch; JOURNAL_IO.
            JournalUsageError: JOURNAL_CLOSED.
        """

    def keep(self) -> float | None:
        """Show that the journal is still written here; seconds until it has to be shown again, None for never.

        Raises:
            JournalStorageError: JOURNAL_FENCED if another node has taken it over; JOURNAL_IO.
            JournalUsageError: JOURNAL_CLOSED.
        """

    def close(self) -> None:
        """Let go of the storage. Closing twice is allowed.

        Raises:
            JournalStorageError: JOURNAL_IO. What `append` returned for is durable all the same.
        """

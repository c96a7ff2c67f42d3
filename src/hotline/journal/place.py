"""Where a journal is: a file, or a database named by its URL."""

from __future__ import annotations

from pathlib import Path

from hotline.journal.base import Journal
from hotline.journal.errors import JournalUsageError
from hotline.journal.sqlite import SqliteJournal


class DatabaseUrl(str):
    """`postgresql://...`, as libpq takes it. It may hold a password: `repr` does not show it."""

    __slots__ = ()
    SCHEMES = ("postgresql://", "postgres://")

    def __repr__(self) -> str:
        return "DatabaseUrl(...)"


def open_journal(place: Path | DatabaseUrl, channel_id: str, post: str, lease_s: float) -> Journal:
    """Open the journal of a post, or begin it.

    Args:
        place: the file, or the database.
        channel_id: channel of the post.
        post: post id.
        lease_s: in a database: how long nobody else may take over after this node was last heard of.

    Raises:
        JournalError: it cannot be used; JOURNAL_IN_USE while another node writes it.
        JournalUsageError: JOURNAL_NO_DRIVER.
    """
    if isinstance(place, Path):
        return SqliteJournal.open(place, channel_id, post)
    try:
        # What only a database needs is imported only for one.
        from hotline.journal.postgres import PostgresJournal
    except ImportError as error:
        words = f"{error}; a journal in PostgreSQL needs: pip install 'hotline-protocol[postgres]'"
        raise JournalUsageError("JOURNAL_NO_DRIVER", words) from error
    return PostgresJournal.open(place, channel_id, post, lease_s=lease_s)

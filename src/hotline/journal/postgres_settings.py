"""What a PostgreSQL server must promise before a word is entrusted to it: read from the server, never assumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg

from hotline.journal.errors import JournalUsageError

# Before 12 a failed sync could be tried again and reported as success.
OLDEST_VERSION = 120000

SETTINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("fsync", ("on",)),
    ("full_page_writes", ("on",)),
    # Anything less answers before the commit is on the server's own disk.
    ("synchronous_commit", ("on", "remote_apply")),
    # With a sync tried again, what the first one lost would be reported as durable.
    ("data_sync_retry", ("off",)),
    # Damaged pages must be an error, not zeros.
    ("zero_damaged_pages", ("off",)),
    ("ignore_checksum_failure", ("off",)),
    ("transaction_read_only", ("off",)),
)
_KINDS_OF_TABLES = """
    SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'hotline' AND relkind IN ('r', 'p', 'f', 'v') AND (relpersistence, relkind) <> ('p', 'r')
"""


def check_settings(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Hold what the server says against what it must be, for this session.

    Raises:
        JournalUsageError: JOURNAL_WEAK_DURABILITY, naming each setting that is weaker.
    """

    def read(name: str) -> object:
        row = connection.execute("SELECT current_setting(%s, true)", (name,)).fetchone()
        return row[0] if row else None

    weak = [*weaknesses(read)]
    if connection.info.server_version < OLDEST_VERSION:
        weak.append(f"the server is of version {connection.info.server_version}, not {OLDEST_VERSION} or later")
    if weak:
        raise JournalUsageError("JOURNAL_WEAK_DURABILITY", "; ".join(weak))


def weaknesses(read: Callable[[str], object]) -> Iterator[str]:
    """Each setting whose reading is not one it may have, in words."""
    for name, allowed in SETTINGS:
        found = read(name)
        if found not in allowed:
            yield f"{name} is {found}, not {' or '.join(allowed)}"


def check_tables(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Refuse tables that a crash empties, or that are not tables.

    Raises:
        JournalUsageError: JOURNAL_WEAK_DURABILITY.
    """
    names = [str(name) for (name,) in connection.execute(_KINDS_OF_TABLES)]
    if names:
        raise JournalUsageError("JOURNAL_WEAK_DURABILITY", f"not an ordinary logged table: {', '.join(names)}")

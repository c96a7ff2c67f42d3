"""The tables of the PostgreSQL journal, and the forward steps that bring older ones up to date.

A database holds the journals of any number of posts. Every step only adds, with defaults, so that a node of the version
before may go on writing while a newer one stands by. `token` is the fencing token: it rises whenever the lease changes
hands, and every write names it.
"""

from __future__ import annotations

import psycopg

from hotline.journal.errors import JournalUsageError

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE hotline.journal (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            channel_id text NOT NULL,
            post text NOT NULL,
            UNIQUE (channel_id, post)
        )""",
        """CREATE TABLE hotline.batch (
            journal integer NOT NULL,
            number bigint NOT NULL,
            records bytea NOT NULL,
            digest bytea NOT NULL,
            PRIMARY KEY (journal, number)
        )""",
        # Records are signed statements: compressing them costs time and saves nothing.
        "ALTER TABLE hotline.batch ALTER records SET STORAGE EXTERNAL",
    ),
    (
        """ALTER TABLE hotline.journal
            ADD token bigint NOT NULL DEFAULT 0,
            ADD holder text NOT NULL DEFAULT '',
            ADD until timestamptz NOT NULL DEFAULT '-infinity',
            ADD tip bigint NOT NULL DEFAULT 0""",
        "ALTER TABLE hotline.batch ADD token bigint NOT NULL DEFAULT 0",
        """UPDATE hotline.journal SET tip =
            coalesce((SELECT max(number) FROM hotline.batch WHERE batch.journal = journal.id), 0)""",
    ),
)
FORMAT_VERSION = len(STEPS)

_BEGINNING = (
    "CREATE SCHEMA IF NOT EXISTS hotline",
    """CREATE TABLE IF NOT EXISTS hotline.version (
        format integer PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )""",
)
# One migration at a time, whoever runs it: "hLJ1".
_MIGRATING = "SELECT pg_advisory_xact_lock(1749830193)"

# Microseconds of the server's clock, so that a database put back from a backup gives no token out a second time.
TAKE = """
    UPDATE hotline.journal
    SET token = greatest(token + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
        holder = %(holder)s, until = clock_timestamp() + %(lease)s
    WHERE id = %(journal)s AND until < clock_timestamp()
    RETURNING token, tip
"""
KEEP = """
    UPDATE hotline.journal SET until = clock_timestamp() + %(lease)s
    WHERE id = %(journal)s AND token = %(token)s
    RETURNING tip
"""
RELEASE = "UPDATE hotline.journal SET until = '-infinity' WHERE id = %(journal)s AND token = %(token)s"
# The row of the lease is locked until the commit: whoever takes the lease over comes wholly before or wholly after.
APPEND = """
    WITH held AS (
        UPDATE hotline.journal SET tip = %(number)s, until = clock_timestamp() + %(lease)s
        WHERE id = %(journal)s AND token = %(token)s AND tip = %(number)s - 1
        RETURNING id, token
    )
    INSERT INTO hotline.batch (journal, number, token, records, digest)
    SELECT id, %(number)s, token, %(records)b, %(digest)b FROM held
    RETURNING number
"""
# Waits for a commit of this journal that is still under way, so that its outcome is known afterwards.
LOCK = "SELECT token, tip FROM hotline.journal WHERE id = %(journal)s FOR UPDATE"
HOLDER = "SELECT holder, until::text FROM hotline.journal WHERE id = %(journal)s"
DIGEST = "SELECT digest FROM hotline.batch WHERE journal = %(journal)s AND number = %(number)s"
SLICE = """
    SELECT number, records, digest FROM hotline.batch
    WHERE journal = %(journal)s AND number BETWEEN %(first)s AND %(last)s ORDER BY number
"""


def migrate(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the tables, or bring them from an older format to this one: all in one transaction.

    Raises:
        JournalUsageError: JOURNAL_NOT_OURS for a format of a later version.
    """
    found = format_of(connection)
    if found < FORMAT_VERSION:
        with connection.transaction():
            connection.execute(_MIGRATING)
            for statement in _BEGINNING:
                connection.execute(statement)
            found = format_of(connection)
            for number in range(found + 1, FORMAT_VERSION + 1):
                for statement in STEPS[number - 1]:
                    connection.execute(statement)
                connection.execute("INSERT INTO hotline.version (format) VALUES (%s)", (number,))
    if found > FORMAT_VERSION:
        words = f"journal format {found}; this version reads up to {FORMAT_VERSION}"
        raise JournalUsageError("JOURNAL_NOT_OURS", words)


def format_of(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """The format of the tables that are there; 0 for none."""
    there = connection.execute("SELECT to_regclass('hotline.version') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        return 0
    newest = connection.execute("SELECT coalesce(max(format), 0) FROM hotline.version").fetchone()
    return int(str(newest[0])) if newest else 0


def journal_id(connection: psycopg.Connection[tuple[object, ...]], channel_id: str, post: str) -> int:
    """The id of a post's journal, which is begun if it is not there."""
    owner = (channel_id, post)
    connection.execute("INSERT INTO hotline.journal (channel_id, post) VALUES (%s, %s) ON CONFLICT DO NOTHING", owner)
    found = connection.execute("SELECT id FROM hotline.journal WHERE (channel_id, post) = (%s, %s)", owner).fetchone()
    assert found is not None
    return int(str(found[0]))

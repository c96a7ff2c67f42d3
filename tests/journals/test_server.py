"""A server that is stopped as by a crash, at random moments, under a writer that does not stop."""

from __future__ import annotations

import contextlib
import threading
from random import Random
from time import sleep

import psycopg
import pytest
from tests.conftest import Figure
from tests.faults.server_crash import STOPS, crash
from tests.faults.servers import Server, server

from hotline.journal import JournalStorageError
from hotline.journal import postgres_schema as schema
from hotline.journal.batches import chain, origin, pack
from hotline.journal.postgres import PostgresJournal

CHANNEL, POST = "exercise-2026", "AUS:fleet-watch"


@pytest.mark.threat("power loss", defence="DUR", measure=STOPS)
def test_what_was_acknowledged_survives_every_immediate_stop(figure: Figure) -> None:
    tally = crash(5, 1)
    assert tally.violations == []
    assert tally.crashes == 5 and tally.acknowledged > 5
    figure(tally.crashes)


def old(url: str) -> None:
    """A database as format 1 was, with a batch in it."""
    with psycopg.connect(url) as connection:
        for statement in (*schema._BEGINNING, *schema.STEPS[0], "INSERT INTO hotline.version (format) VALUES (1)"):
            connection.execute(statement)
        number = schema.journal_id(connection, CHANNEL, POST)
        blob = pack([b"one"])
        row = (number, 1, blob, chain(origin(CHANNEL, POST), blob))
        connection.execute("INSERT INTO hotline.batch (journal, number, records, digest) VALUES (%s, %s, %b, %b)", row)


@pytest.mark.threat("upgrade / mixed version", defence="DUR", measure="databases of the format before, opened")
def test_a_database_of_the_format_before_is_opened_and_goes_on(running: Server, database: str, figure: Figure) -> None:
    url = running.url(database)
    old(url)
    for records in ([b"one"], [b"one", b"two"]):
        journal = PostgresJournal.open(url, CHANNEL, POST)
        assert list(journal.records()) == records
        journal.append([b"two"])
        journal.close()
    with psycopg.connect(url) as connection:
        assert [row[0] for row in connection.execute("SELECT format FROM hotline.version ORDER BY 1")] == [1, 2]
    figure(1)


def stop_later(own: Server, pause_s: float) -> None:
    sleep(pause_s)
    own.stop("immediate")


def test_a_crash_while_a_database_is_brought_up_to_date_leaves_the_old_or_the_new() -> None:
    draw = Random(5)
    with server() as own:
        old(own.url())
        for _ in range(3):
            stopping = threading.Thread(target=stop_later, args=(own, draw.uniform(0.0, 0.03)))
            stopping.start()
            with contextlib.suppress(JournalStorageError):
                PostgresJournal.open(own.url(), CHANNEL, POST, lease_s=1).close()
            stopping.join()
            own.start()
            with psycopg.connect(own.url(), autocommit=True) as connection:
                assert schema.format_of(connection) in (1, 2)
                if schema.format_of(connection) == 2:
                    connection.execute("UPDATE hotline.journal SET until = '-infinity'")
        journal = PostgresJournal.open(own.url(), CHANNEL, POST)
        assert list(journal.records()) == [b"one"]
        journal.close()

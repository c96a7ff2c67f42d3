"""What a PostgreSQL server must promise, asked of a real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from tests.conftest import Figure
from tests.faults.servers import Server

from hotline.journal import JournalStorageError, JournalUsageError, open_journal
from hotline.journal.postgres import PostgresJournal
from hotline.journal.postgres_settings import SETTINGS, weaknesses

CHANNEL, POST = "exercise-2026", "AUS:fleet-watch"
_STRONG = {name: allowed[0] for name, allowed in SETTINGS}


def refusal(url: str) -> str:
    with pytest.raises(JournalUsageError) as refused:
        PostgresJournal.open(url, CHANNEL, POST)
    assert refused.value.code == "JOURNAL_WEAK_DURABILITY"
    return refused.value.detail


@pytest.mark.threat("power loss", defence="DUR", measure="weaker settings of a session, refused")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("synchronous_commit", "remote_write"),
        ("zero_damaged_pages", "on"),
        ("ignore_checksum_failure", "on"),
        ("transaction_read_only", "on"),
    ],
)
def test_a_weaker_session_is_refused(running: Server, database: str, name: str, value: str, figure: Figure) -> None:
    option = "default_transaction_read_only" if name == "transaction_read_only" else name
    assert f"{name} is {value}, not " in refusal(running.url(database, **{option: value}))
    figure(1)


@contextmanager
def altered(server: Server, name: str, value: str) -> Iterator[None]:
    """A setting of the whole server, for a while."""

    def alter(words: str) -> None:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM {words}".encode())
        server.stop()
        server.start()

    alter(f"SET {name} = {value}")
    try:
        yield
    finally:
        alter(f"RESET {name}")


@pytest.mark.threat("power loss", defence="DUR", measure="weaker settings of a server, refused")
@pytest.mark.parametrize(("name", "value"), [("fsync", "off"), ("full_page_writes", "off"), ("data_sync_retry", "on")])
def test_a_weaker_server_is_refused_and_so_is_one_that_came_back_weaker(
    running: Server, database: str, name: str, value: str, figure: Figure
) -> None:
    journal = PostgresJournal.open(running.url(database), CHANNEL, POST)
    journal.append([b"one"])
    with altered(running, name, value):
        assert f"{name} is {value}, not " in refusal(running.url(database))
        with pytest.raises(JournalStorageError, match=rf"JOURNAL_IO: append: .*{name} is {value}"):
            journal.append([b"two"])
    figure(1)


@pytest.mark.parametrize("table", ["batch", "journal"])
def test_a_table_that_a_crash_empties_is_refused(running: Server, database: str, table: str) -> None:
    PostgresJournal.open(running.url(database), CHANNEL, POST).close()
    with psycopg.connect(running.url(database)) as connection:
        connection.execute(f"ALTER TABLE hotline.{table} SET UNLOGGED".encode())
    assert f"not an ordinary logged table: {table}" in refusal(running.url(database))


@pytest.mark.parametrize("name", _STRONG)
def test_each_weaker_reading_is_named(name: str) -> None:
    assert list(weaknesses(_STRONG.get)) == []
    for weaker in ("weaker", None):
        (words,) = weaknesses({**_STRONG, name: weaker}.get)
        assert words.startswith(f"{name} is {weaker}, not ")


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    place = "postgresql://someone:secret@127.0.0.1:1/journals"
    with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: 127\.0\.0\.1/journals: ") as caught:
        PostgresJournal.open(place, CHANNEL, POST)
    assert "secret" not in str(caught.value)


def test_an_url_that_cannot_be_read_is_told() -> None:
    with pytest.raises(JournalUsageError, match="CONFIG_INVALID: journal: "):
        PostgresJournal.open("postgresql://host:port/%zz", CHANNEL, POST)


def test_without_the_package_the_node_says_which_is_missing(running: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hotline.journal.postgres", None)
    with pytest.raises(JournalUsageError, match=r"JOURNAL_NO_DRIVER: .*hotline-protocol\[postgres\]"):
        open_journal(running.url(), CHANNEL, POST, lease_s=15)

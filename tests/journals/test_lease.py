"""The lease of a journal in PostgreSQL, its fencing token, and commits whose outcome is in doubt."""

from __future__ import annotations

import time

import psycopg
import pytest
from tests.conftest import Figure
from tests.faults.relay import Relay
from tests.faults.servers import Server, lapse

from hotline.journal import DatabaseUrl, JournalStorageError, JournalUsageError
from hotline.journal.postgres import PostgresJournal

CHANNEL, POST = "exercise-2026", "AUS:fleet-watch"


def opened(url: str, lease_s: float = 30.0, post: str = POST) -> PostgresJournal:
    return PostgresJournal.open(url, CHANNEL, post, lease_s=lease_s)


@pytest.fixture
def url(running: Server, database: str) -> DatabaseUrl:
    return running.url(database)


@pytest.mark.threat("restore / rollback", defence="DUR", measure="writes of a stale holder that got through")
def test_a_stale_holder_writes_nothing(url: str, figure: Figure) -> None:
    stale = opened(url, lease_s=0.3)
    stale.append([b"one"])
    time.sleep(0.4)
    holder = opened(url)
    assert holder.token > stale.token
    assert list(holder.records()) == [b"one"]
    with pytest.raises(JournalStorageError, match="JOURNAL_FENCED: another node holds this journal, after token "):
        stale.append([b"from the past"])
    with pytest.raises(JournalStorageError, match="JOURNAL_FENCED"):
        stale.append([])
    stale.close()
    holder.append([b"two"])
    assert list(holder.records()) == [b"one", b"two"]
    holder.close()
    figure(0)


@pytest.mark.parametrize("use", ["append", "append nothing", "keep", "read"])
def test_whatever_a_stale_holder_does_it_learns_that_it_is_one(url: str, use: str) -> None:
    stale = opened(url, lease_s=0.2)
    stale.append([b"one"])
    time.sleep(0.3)
    holder = opened(url)
    if use == "read":
        # What is durable may be read; that is no claim to hold it.
        assert list(stale.records()) == [b"one"]
    else:
        with pytest.raises(JournalStorageError, match="JOURNAL_FENCED"):
            stale.keep() if use == "keep" else stale.append([b"x"] if use == "append" else [])
    stale.close()
    holder.append([b"two"])
    holder.close()


def test_a_lease_that_is_kept_is_not_taken(url: str) -> None:
    """However near its end it was, and even after it, as long as nobody else has come."""
    holder = opened(url)
    for _ in range(3):
        lapse(url)
        holder.keep()
        with pytest.raises(JournalUsageError, match=r"JOURNAL_IN_USE: .*held by .*process"):
            opened(url)
    holder.append([b"one"])
    holder.close()


def test_every_commit_keeps_the_lease(url: str) -> None:
    holder = opened(url)
    for number in range(3):
        lapse(url)
        holder.append([b"%d" % number])
        with pytest.raises(JournalUsageError, match="JOURNAL_IN_USE"):
            opened(url)
    holder.close()


def test_a_closed_journal_is_free_at_once(url: str) -> None:
    first = opened(url)
    first.close()
    second = opened(url)
    assert second.token > first.token
    second.close()


def test_each_post_has_its_own_lease(url: str) -> None:
    posts = [opened(url), opened(url, post="CHN:fleet-watch")]
    for number, journal in enumerate(posts):
        journal.append([b"%d" % number])
    assert [list(journal.records()) for journal in posts] == [[b"0"], [b"1"]]
    for journal in posts:
        journal.close()


@pytest.mark.threat("insider operator", defence="LOG", measure="newest batches removed, found")
def test_newest_batches_that_are_gone_are_missed(url: str, figure: Figure) -> None:
    journal = opened(url)
    for number in range(3):
        journal.append([b"%d" % number])
    journal.close()
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM hotline.batch WHERE number = 3")
    with pytest.raises(JournalStorageError, match=r"JOURNAL_CORRUPT: .*batch 3 is missing"):
        opened(url)
    figure(1)


# -- commits in doubt --------------------------------------------------------------------------------------------------


class Doubt:
    """Cuts the connection around the next requests, as told."""

    def __init__(self, *verdicts: str) -> None:
        self.verdicts = list(verdicts)

    def __call__(self, request: bytes) -> str:
        # The first request on a connection is its start-up, which is let through.
        return self.verdicts.pop(0) if self.verdicts and b"hotline.batch" in request else ""


@pytest.mark.threat("process crash", defence="DUR", measure="commits in doubt, each there once")
@pytest.mark.parametrize(
    "verdicts", [("cut",), ("cut reply",), ("cut reply", "cut reply"), ("cut", "cut", "cut reply")]
)
def test_a_commit_in_doubt_is_read_back_and_there_once(
    by_tcp: Server, verdicts: tuple[str, ...], figure: Figure
) -> None:
    with Relay(("127.0.0.1", by_tcp.port)) as relay:
        place = f"postgresql://hotline@127.0.0.1:{relay.port}/postgres?sslmode=disable&gssencmode=disable"
        journal = opened(place, post=f"AUS:{'-'.join(verdicts).replace(' ', '-')}")
        journal.append([b"before"])
        relay.on_request = Doubt(*verdicts)
        journal.append([b"in doubt"])
        assert relay.cuts == len(verdicts)
        journal.append([b"after"])
        assert list(journal.records()) == [b"before", b"in doubt", b"after"]
        journal.close()
    figure(relay.cuts)


def test_in_doubt_and_fenced_out_meanwhile_nothing_is_reported_as_durable(by_tcp: Server) -> None:
    with Relay(("127.0.0.1", by_tcp.port)) as relay:
        post = "AUS:fenced-in-doubt"
        place = f"postgresql://hotline@127.0.0.1:{relay.port}/postgres?sslmode=disable"
        stale = opened(place, post=post)
        stale.append([b"before"])

        def taken_over(request: bytes) -> str:
            relay.on_request = None
            with psycopg.connect(by_tcp.url(), autocommit=True) as connection:
                connection.execute("UPDATE hotline.journal SET token = token + 1 WHERE post = %s", (post,))
            return "cut"

        relay.on_request = taken_over
        with pytest.raises(JournalStorageError, match="JOURNAL_FENCED"):
            stale.append([b"in doubt"])


def test_a_server_that_stays_away_ends_the_journal(by_tcp: Server) -> None:
    with Relay(("127.0.0.1", by_tcp.port)) as relay:
        place = f"postgresql://hotline@127.0.0.1:{relay.port}/postgres?sslmode=disable"
        journal = opened(place, lease_s=0.5, post="AUS:cut-off")
        journal.append([b"before"])
        relay.on_request = lambda request: "cut"
        with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: append: .*; then: "):
            journal.append([b"in doubt"])
        relay.on_request = None
        with pytest.raises(JournalStorageError, match="JOURNAL_IO: append: "):
            journal.append([b"later"])


def test_a_server_that_came_back_with_an_older_state_ends_the_journal(by_tcp: Server) -> None:
    """As after a fail-over to a replica that had not everything."""
    with Relay(("127.0.0.1", by_tcp.port)) as relay:
        post = "AUS:older-state"
        journal = opened(f"postgresql://hotline@127.0.0.1:{relay.port}/postgres?sslmode=disable", post=post)
        for number in range(3):
            journal.append([b"%d" % number])
        with psycopg.connect(by_tcp.url(), autocommit=True) as connection:
            connection.execute("UPDATE hotline.journal SET tip = 2 WHERE post = %s", (post,))
        relay.cut()
        with pytest.raises(JournalStorageError, match="JOURNAL_CORRUPT: the server holds 2 batches, 3 were committed"):
            journal.append([b"3"])


def test_an_error_that_the_server_reports_is_not_tried_again(url: str) -> None:
    journal = opened(url)
    journal.append([b"one"])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE hotline.batch ADD CHECK (number < 2) NOT VALID")
        with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: append: .*check constraint"):
            journal.append([b"two"])
        connection.execute("ALTER TABLE hotline.batch DROP CONSTRAINT batch_number_check")
    with pytest.raises(JournalStorageError, match="JOURNAL_IO: append: "):
        journal.append([b"two"])
    lapse(url)
    again = opened(url)
    assert list(again.records()) == [b"one"]
    again.close()

"""A database that hangs and breaks nothing off: the server stands still, a line holds bytes back, a lock is not given.

`python -m tests.faults.server_calls` has a server that is stuck in its sync, under a real node.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Figure
from tests.faults.relay import Relay
from tests.faults.servers import Server, lapse
from tests.journals.test_failover import Team, alarms, standing_by
from tests.kit import A, B
from tests.node.line import Process, make_line, until

from hotline.journal import DatabaseUrl, JournalStorageError
from hotline.journal.postgres import PostgresJournal

CHANNEL = "exercise-2026"
LEASE_S = 60.0
"""Long enough for a busy machine, on which a server that is well may take its time."""


def opened(url: str, post: str, lease_s: float = LEASE_S) -> PostgresJournal:
    return PostgresJournal.open(url, CHANNEL, post, lease_s=lease_s)


def impatient(journal: PostgresJournal, lease_s: float = 0.0) -> PostgresJournal:
    """As if its lease were short, for a server that is known to hang."""
    journal._lease_s = lease_s
    journal._patience_s = journal._connection.patience_s = 0.1
    return journal


def through(relay: Relay) -> DatabaseUrl:
    options = "sslmode=disable&gssencmode=disable&connect_timeout=2"
    return DatabaseUrl(f"postgresql://hotline@127.0.0.1:{relay.port}/postgres?{options}")


@pytest.mark.threat(
    "process crash", defence="DUR", measure="commits that a line held back: told, and fenced when they came"
)
def test_bytes_held_back_end_the_journal_and_write_nothing_when_they_come(by_tcp: Server, figure: Figure) -> None:
    with Relay(("127.0.0.1", by_tcp.port)) as relay:
        stale = opened(through(relay), "AUS:held-back")
        stale.append([b"before"])
        relay.hold(True)
        impatient(stale)
        with pytest.raises(
            JournalStorageError, match=r"JOURNAL_IO: append: the server has not answered for .*; then: "
        ):
            stale.append([b"in doubt"])
        lapse(by_tcp.url())
        holder = opened(by_tcp.url(), "AUS:held-back")
        relay.hold(False)
        # Whatever was held back reaches the server now; the token in it is no longer the one.
        holder.append([b"after"])
        assert list(holder.records()) == [b"before", b"after"]
        holder.close()
    figure(1)


def test_a_line_that_passes_again_in_time_leaves_the_commit_there_once(by_tcp: Server) -> None:
    with Relay(("127.0.0.1", by_tcp.port)) as relay:
        journal = opened(through(relay), "AUS:held-a-while")
        journal.append([b"before"])
        calls = relay.connections
        relay.hold(True)
        impatient(journal, LEASE_S)
        passing = threading.Thread(target=pass_after_a_call, args=(relay, calls))
        passing.start()
        journal.append([b"in doubt"])
        passing.join()
        journal.append([b"after"])
        assert list(journal.records()) == [b"before", b"in doubt", b"after"]
        journal.close()


def pass_after_a_call(relay: Relay, calls: int) -> None:
    """Let everything pass once the journal has given its connection up and calls again."""
    end_s = time.monotonic() + 60
    while relay.connections == calls and time.monotonic() < end_s:
        time.sleep(0.01)
    relay.hold(False)


def test_a_standby_does_not_wait_for_ever_behind_a_commit_that_hangs(
    running: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.journal.postgres._LEAST_PATIENCE_S", 0.4)
    url = running.url(database)
    opened(url, "AUS:locked").close()
    with psycopg.connect(url) as stuck:
        stuck.execute("SELECT FROM hotline.journal FOR UPDATE")
        with pytest.raises(JournalStorageError, match=r"JOURNAL_IO: .*lock timeout"):
            opened(url, "AUS:locked", 1.0)
        waiting = stuck.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
        assert waiting == (0,), "a backend was left behind"
    opened(url, "AUS:locked").close()


def reading_and_closing_end_too(reading: PostgresJournal, closing: PostgresJournal) -> None:
    """Of two journals in a database that hangs."""
    with pytest.raises(JournalStorageError, match="JOURNAL_IO: batches 1 to 1: the server has not answered"):
        list(impatient(reading).records())
    impatient(closing).close()


@pytest.fixture
def team(running: Server, database: str, folder: Path) -> Iterator[Team]:
    (own := folder / "hang").mkdir()
    url = f"{running.url(database)}&connect_timeout=2"
    with Team(make_line(own, A, B, speed=20), url, lease_s=6.0) as made:
        yield made


@pytest.mark.threat("process crash", defence="DUR", measure="hanging databases told and outlived, no loss and no fork")
async def test_a_server_that_stands_still_ends_the_node_and_the_standby_goes_on(
    team: Team, running: Server, figure: Figure
) -> None:
    with team.line.start(B) as b:
        first, socket = team.join()
        await team.talk(socket, 3)
        second, second_socket = team.join()
        await standing_by(second)
        reading, closing = opened(team.url, "AUS:reading"), opened(team.url, "AUS:closing")
        reading.append([b"one"])
        with running.hanging():
            reading_and_closing_end_too(reading, closing)
            # Its lease has to be kept: it need not be asked for anything to notice.
            assert first.running.wait(60) == 1
            await until(lambda: codes(second), lambda seen: "JOURNAL_IO" in seen)
        failed = next(event for event in first.events() if event["event"] == "failed")
        assert failed["code"] == "JOURNAL_IO" and "the server has not answered" in failed["error"]
        lapse(team.url)
        await team.talk(second_socket, 3)
        assert (second.stop(), b.stop()) == (0, 0)
        assert not alarms(b)
    figure(1)


async def codes(process: Process) -> set[str]:
    """What it has said that it waits for."""
    return {str(event["code"]) for event in process.events() if event["event"] == "standing by"}

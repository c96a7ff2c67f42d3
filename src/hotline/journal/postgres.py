"""The journal in a PostgreSQL database: one row per batch, one statement and one round trip per commit.

One node at a time may write: the one that holds the lease of the journal's row. The lease has an end, on the server's
clock, and a fencing token, which rises whenever it changes hands. Every write names the token and takes the row's lock,
so a node that has lost the lease without noticing writes nothing, whatever the clocks say; time decides only how soon
another may take over.

A connection that breaks at a commit leaves its outcome unknown. It is read back on a new connection, behind any commit
that is still under way; what is not there is written again, under the same number and token, which the database takes
once only. `append` returns when that is done, so nothing is sent before. A server that
hangs is taken for one that has broken: about a lease after it fell silent the node says so and stops.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NoReturn

import psycopg

from hotline.journal import postgres_schema as schema
from hotline.journal.batches import chain, checked, origin, pack
from hotline.journal.errors import JournalError, JournalStorageError, JournalUsageError
from hotline.journal.postgres_connection import connect
from hotline.journal.postgres_settings import check_settings, check_tables

LEASE_S = 15.0

_SLICE = 200
_PAUSE_S = 0.1
# A server may be silent for this part of the lease, so that two more attempts fit into it; and for so long at least.
_PARTS = 3
_LEAST_PATIENCE_S = 2.0


class PostgresJournal:
    """A `Journal` in a database. Made by `open`, which takes the lease."""

    def __init__(self, url: str, channel_id: str, post: str, lease_s: float) -> None:
        self._url, self._post, self._lease_s = url, post, lease_s
        self._origin = origin(channel_id, post)
        self._ended: JournalError | None = None
        self._patience_s = max(lease_s / _PARTS, _LEAST_PATIENCE_S)
        self._connection = connect(url, post, self._patience_s)
        self._held_until_s = 0.0
        self._journal = self._token = self._count = 0
        self._digest = self._origin

    @classmethod
    def open(cls, url: str, channel_id: str, post: str, *, lease_s: float = LEASE_S) -> PostgresJournal:
        """Take the lease of the journal of `post` in `channel_id`, beginning the journal if there is none.

        Args:
            url: where the database is, as libpq takes it; what it leaves out comes from the environment.
            channel_id: channel of the post.
            post: post id.
            lease_s: how long nobody else may take over after this node was last heard of.

        Raises:
            JournalUsageError: CONFIG_INVALID, JOURNAL_IN_USE with the holder's name, JOURNAL_NOT_OURS,
                JOURNAL_WEAK_DURABILITY.
            JournalStorageError: JOURNAL_IO, JOURNAL_CORRUPT.
        """
        try:
            psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.Error:
            # Without its words: they may hold a part of a password.
            raise JournalUsageError("CONFIG_INVALID", "journal: not a URL that PostgreSQL's library takes") from None
        try:
            journal = cls(url, channel_id, post, lease_s)
        except psycopg.Error as error:
            raise JournalStorageError("JOURNAL_IO", f"{place_of(url)}: {_words(error)}") from error
        try:
            journal._begin(channel_id)
        except (psycopg.Error, JournalError) as error:
            journal._connection.close()
            if isinstance(error, JournalError):
                raise type(error)(error.code, f"{place_of(url)}: {error.detail}") from error
            raise JournalStorageError("JOURNAL_IO", f"{place_of(url)}: {_words(error)}") from error
        return journal

    @property
    def token(self) -> int:
        """The fencing token that every write of this journal names."""
        return self._token

    def append(self, records: Sequence[bytes]) -> None:
        """See `Journal.append`. Without records, it is seen that the lease is still held.

        Raises:
            JournalStorageError: JOURNAL_FENCED besides: another node holds the journal now.
        """
        self._check_usable()
        if not records:
            if time.monotonic() >= self._held_until_s:
                self.keep()
            return
        blob = pack(records)
        number, digest = self._count + 1, chain(self._digest, blob)
        self._commit({"number": number, "records": blob, "digest": digest})
        self._count, self._digest = number, digest

    def keep(self) -> float:
        """See `Journal.keep`: lengthen the lease."""
        self._check_usable()
        began_s = time.monotonic()
        try:
            row = self._one(schema.KEEP)
        except psycopg.Error as error:
            row = self._after(error, "lease", None, began_s)
        self._expect(row, began_s)
        return self._lease_s / 3

    def records(self) -> Iterator[bytes]:
        """See `Journal.records`."""
        self._check_usable()
        digest, last = self._origin, self._count
        for first in range(1, last + 1, _SLICE):
            rows = self._read(first, min(first + _SLICE - 1, last))
            for number in range(first, min(first + _SLICE - 1, last) + 1):
                if number not in rows:
                    raise JournalStorageError("JOURNAL_CORRUPT", f"batch {number} is missing")
                blob, stored = rows[number]
                yield from checked(number, blob, stored, digest)
                digest = stored

    def close(self) -> None:
        """See `Journal.close`. The lease is given up, so that another may take over at once."""
        if self._ended is None:
            with contextlib.suppress(psycopg.Error):
                self._connection.execute(schema.RELEASE, self._named())
            self._connection.close()
            self._ended = JournalUsageError("JOURNAL_CLOSED", "this journal is closed")

    # -- the lease ---------------------------------------------------------------------------------------------------

    def _begin(self, channel_id: str) -> None:
        """Check the server, bring the tables up to date, take the lease and learn the tip."""
        check_settings(self._connection)
        schema.migrate(self._connection)
        check_tables(self._connection)
        self._journal = schema.journal_id(self._connection, channel_id, self._post)
        began_s = time.monotonic()
        row = self._one(schema.TAKE, holder=f"{socket.gethostname()}, process {os.getpid()}")
        if row is None:
            holder, until = self._one(schema.HOLDER) or ("", "")
            raise JournalUsageError("JOURNAL_IN_USE", f"held by {holder} until {until}")
        self._held_until_s = began_s + self._lease_s
        self._token, self._count = row
        if self._count:
            tip = self._one(schema.DIGEST, number=self._count)
            if tip is None:
                raise JournalStorageError("JOURNAL_CORRUPT", f"batch {self._count} is missing")
            self._digest = tip[0]

    def _expect(self, row: tuple[Any, ...] | None, began_s: float) -> None:
        """A statement that named our token must have found it."""
        if row is None:
            self._end("JOURNAL_FENCED", f"another node holds this journal, after token {self._token}")
        self._held_until_s = began_s + self._lease_s

    # -- commits -----------------------------------------------------------------------------------------------------

    def _commit(self, batch: dict[str, Any]) -> None:
        began_s = time.monotonic()
        try:
            row = self._one(schema.APPEND, **batch)
        except psycopg.Error as error:
            row = self._after(error, "append", batch, began_s)
        self._expect(row, began_s)

    def _after(
        self, error: psycopg.Error, doing: str, batch: dict[str, Any] | None, began_s: float
    ) -> tuple[Any, ...] | None:
        """After an error: if the connection is gone, go on with another, where `batch` is read back or written. It is
        given up when a lease has passed since it began: then another node may hold the journal.

        An error that the server reports has undone the statement; what made it fail may be a full disk, so that ends
        the journal. It is not tried again.
        """
        if not self._connection.closed:
            self._end("JOURNAL_IO", f"{doing}: {_words(error)}")
        end_s = began_s + self._lease_s
        while True:
            try:
                self._connection = connect(self._url, self._post, self._patience_s)
                check_settings(self._connection)
                return self._read_back(batch)
            except psycopg.Error as again:
                self._connection.close()
                if time.monotonic() >= end_s:
                    self._end("JOURNAL_IO", f"{doing}: {_words(error)}; then: {_words(again)}")
                time.sleep(_PAUSE_S)
            except JournalUsageError as weaker:
                self._end("JOURNAL_IO", f"{doing}: the connection broke; then: {weaker}")

    def _read_back(self, batch: dict[str, Any] | None) -> tuple[Any, ...] | None:
        """On a new connection: whether the lease is ours, what the tip is, and the batch whose commit was in doubt."""
        with self._connection.transaction():
            token, tip = self._one(schema.LOCK) or (0, 0)
            if token != self._token:
                return None
            known = self._digest
            if batch is not None and tip == batch["number"]:
                known = batch["digest"]
            elif tip != self._count:
                self._end("JOURNAL_CORRUPT", f"the server holds {tip} batches, {self._count} were committed")
            there = self._one(schema.DIGEST, number=tip) if tip else (self._origin,)
            if there is None or there[0] != known:
                self._end("JOURNAL_CORRUPT", f"batch {tip} is not what was written")
            if batch is not None and tip == self._count:
                return self._one(schema.APPEND, **batch)
            return self._one(schema.KEEP)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self, first: int, last: int) -> dict[int, tuple[bytes, bytes]]:
        """Batches by number."""
        self._check_usable()
        named, began_s = self._named(first=first, last=last), time.monotonic()
        doing = f"batches {first} to {last}"
        try:
            rows = self._connection.execute(schema.SLICE, named).fetchall()
        except psycopg.Error as error:
            self._expect(self._after(error, doing, None, began_s), time.monotonic())
            rows = self._read_once_more(doing, named)
        return {number: (blob, digest) for number, blob, digest in rows}

    def _read_once_more(self, doing: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(schema.SLICE, named).fetchall()
        except psycopg.Error as error:
            self._end("JOURNAL_IO", f"{doing}: {_words(error)}")

    def _one(self, query: str, **more: Any) -> tuple[Any, ...] | None:
        return self._connection.execute(query, self._named(**more)).fetchone()

    def _named(self, **more: Any) -> dict[str, Any]:
        lease = timedelta(seconds=self._lease_s)
        return {"journal": self._journal, "token": self._token, "lease": lease, **more}

    def _check_usable(self) -> None:
        if self._ended is not None:
            raise self._ended

    def _end(self, code: str, detail: str) -> NoReturn:
        """Fail stop."""
        self._ended = JournalStorageError(code, detail)
        self._connection.close()
        raise self._ended


def place_of(url: str) -> str:
    """Where a database is, without any secret."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    return f"{given.get('host', 'local')}/{given.get('dbname', '')}"


def _words(error: psycopg.Error) -> str:
    """One line; libpq puts hints on lines of their own."""
    return " ".join(str(error).split()) or type(error).__name__

"""The embedded journal: one SQLite file, one connection, one row per batch.

The file is in write-ahead mode. A commit writes and syncs the log; a checkpoint moves the log into the main file, and a
clean `close` leaves the main file alone.

Two things the chain of digests cannot show, because a cut-off journal looks like a younger one: newest batches removed
from the file, and a damaged page in the log left by a crash, at which SQLite ends its recovery. The peers show both:
they hold a Head over what is missing here (ROLLED_BACK).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw

from hotline.journal.batches import chain, checked, origin, pack
from hotline.journal.durability import (
    CHECKPOINT_PAGES,
    apply_first_settings,
    apply_settings,
    check_library_version,
    library_version,
)
from hotline.journal.errors import JournalError, JournalStorageError, JournalUsageError

_APPLICATION_ID = 0x684C4A31  # "hLJ1"
# What each format added to the one before it. A file of an older format is brought up to date when it is opened.
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE owner (channel_id TEXT NOT NULL, post TEXT NOT NULL) STRICT",
        "CREATE TABLE batch (number INTEGER PRIMARY KEY, records BLOB NOT NULL, digest BLOB NOT NULL) STRICT",
    ),
    ("CREATE TABLE version (format INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT",),
)
_FORMAT_VERSION = len(_STEPS)
_PAGE_BYTES = 4096
_PIECE_BYTES = 1 << 20

# Damage may have changed the type that a value is stored as, which the table's declaration does not catch on reading.
_TIP = "SELECT number, coalesce(CAST(digest AS BLOB), x'') FROM batch ORDER BY number DESC LIMIT 1"
_BATCH = """
    SELECT records, digest FROM batch
    WHERE number = ? AND typeof(records) = 'blob' AND typeof(digest) = 'blob'
"""
_OWNERS = "SELECT CAST(channel_id AS BLOB), CAST(post AS BLOB) FROM owner"


class SqliteJournal:
    """A `Journal` in a file. Made by `open`."""

    def __init__(self, connection: apsw.Connection, path: Path, channel_id: str, post: str) -> None:
        self._connection, self._path = connection, path
        self._ended: JournalError | None = None
        self._origin = origin(channel_id, post)
        tip = connection.execute(_TIP).fetchone()
        self._count: int = tip[0] if tip else 0
        self._digest: bytes = tip[1] if tip else self._origin

    @classmethod
    def open(cls, path: Path, channel_id: str, post: str, *, vfs: str | None = None) -> SqliteJournal:
        """Open the journal of `post` in `channel_id`, or begin it if there is no file.

        Everything it holds is durable when this returns: commits that a killed process had written and perhaps not
        yet synced are synced here, before anybody can acknowledge them.

        Args:
            path: the file, in a folder that exists.
            channel_id: channel of the post.
            post: post id.
            vfs: SQLite file layer registered under this name, in place of the operating system's.

        Raises:
            JournalUsageError: JOURNAL_SQLITE_VERSION, JOURNAL_IN_USE, JOURNAL_NOT_OURS, JOURNAL_WRONG_OWNER,
                JOURNAL_WEAK_DURABILITY.
            JournalStorageError: JOURNAL_IO, JOURNAL_CORRUPT.
        """
        check_library_version(library_version())
        connection: apsw.Connection | None = None
        try:
            with _folder_of(path) as folder:
                _create_file(path, folder)
                connection = apsw.Connection(str(path.absolute()), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
                _prepare(connection, folder, channel_id, post)
                return cls(connection, path, channel_id, post)
        except (OSError, apsw.Error, JournalError) as error:
            if connection is not None:
                _abandon(connection)
            raise _refusal_to_open(error, path) from error

    def append(self, records: Sequence[bytes]) -> None:
        """See `Journal.append`."""
        self._check_usable()
        if not records:
            return
        blob = pack(records)
        number, digest = self._count + 1, chain(self._digest, blob)
        with self._failing("append"):
            self._connection.execute("INSERT INTO batch VALUES (?, ?, ?)", (number, blob, digest))
        self._count, self._digest = number, digest

    def records(self) -> Iterator[bytes]:
        """See `Journal.records`."""
        self._check_usable()
        # What the cache holds says nothing about the disk.
        self._connection.pragma("shrink_memory")
        digest = self._origin
        for number in range(1, self._count + 1):
            blob, digest = self._read(number, digest)
            yield from blob
        self._check_pages()

    def keep(self) -> None:
        """See `Journal.keep`: the file is locked as long as it is open."""
        self._check_usable()

    def checkpoint(self) -> None:
        """Move the log into the main file. Called in a quiet moment, it spares a later commit from doing so.

        Raises:
            JournalStorageError: JOURNAL_IO.
            JournalUsageError: JOURNAL_CLOSED.
        """
        self._check_usable()
        with self._failing("checkpoint"):
            _checkpoint(self._connection)

    def close(self) -> None:
        """See `Journal.close`."""
        if self._ended is None:
            with self._failing("close"):
                # SQLite does this on closing too, and takes no notice if it fails.
                _checkpoint(self._connection)
                self._connection.close()
            self._ended = JournalUsageError("JOURNAL_CLOSED", "this journal is closed")

    def _read(self, number: int, previous: bytes) -> tuple[list[bytes], bytes]:
        """Records and digest of a batch that must follow the digest `previous`."""
        self._check_usable()
        with self._failing(f"batch {number}"):
            row = self._connection.execute(_BATCH, (number,)).fetchone()
        if row is None:
            raise JournalStorageError("JOURNAL_CORRUPT", f"batch {number} is missing or of another type")
        blob, digest = row
        return checked(number, blob, digest, previous), digest

    def _check_pages(self) -> None:
        """A damaged page can hide the newest batches without breaking the chain: SQLite's own check finds it."""
        self._check_usable()
        with self._failing("integrity check"):
            found = self._connection.pragma("integrity_check")
        if found != "ok":
            raise self._end(JournalStorageError("JOURNAL_CORRUPT", f"after batch {self._count}: {found}"))

    def _check_usable(self) -> None:
        if self._ended is not None:
            raise self._ended

    @contextlib.contextmanager
    def _failing(self, doing: str) -> Iterator[None]:
        """Fail stop: after an error of the storage nothing is tried again, not even a sync on closing."""
        try:
            yield
        except apsw.Error as error:
            raise self._end(_storage_error(error, doing)) from error

    def _end(self, error: JournalStorageError) -> JournalStorageError:
        """Nothing is read or written any more; what to say from now on."""
        _abandon(self._connection)
        self._ended = _of_the_disk(error, self._path)
        return self._ended


@contextlib.contextmanager
def _folder_of(path: Path) -> Iterator[int]:
    """The folder of a file, open before anything is done in it.

    The system tells an error of a folder once to everybody who had it open by then: so it is told here too, whoever
    else syncs the folder meanwhile and takes no notice.
    """
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        yield folder
    finally:
        os.close(folder)


def _create_file(path: Path, folder: int) -> None:
    """See that there is a file, that only its owner may read one made here, and that its folder durably lists it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    _sync_folder(folder)


def _sync_folder(folder: int) -> None:
    """See that a folder durably lists what is in it."""
    os.fsync(folder)


def _prepare(connection: apsw.Connection, folder: int, channel_id: str, post: str) -> None:
    """Bring a fresh connection to where the journal can be used; a file that is not ours is left as it is.

    SQLite syncs the folder with the first sync of its log, and takes no notice if that fails. Nothing rests on that
    one: the log has its name before, and the folder does not change again. An error that SQLite was told and kept to
    itself is told to the last sync, which nothing rests on either.
    """
    apply_first_settings(connection)
    found = _format_of(connection)
    apply_settings(connection)
    # A reading makes the log's file if there is none; nothing is in it before the next write.
    connection.pragma("schema_version")
    _sync_folder(folder)
    _migrate(connection, found, channel_id, post)
    _check_owner(connection, channel_id, post)
    _checkpoint(connection)
    _grow_log(connection)
    _sync_folder(folder)


def _format_of(connection: apsw.Connection) -> int:
    """The format of a journal's file, 0 for a blank one; JOURNAL_NOT_OURS for anything else."""
    application_id, version = connection.pragma("application_id"), connection.pragma("user_version")
    # As bytes: text that is no longer UTF-8 is a difference like any other.
    rows = connection.execute("SELECT CAST(sql AS BLOB) FROM sqlite_schema ORDER BY rowid")
    schema = tuple(sql for (sql,) in rows)
    if (application_id, version, schema) == (0, 0, ()):
        return 0
    if application_id != _APPLICATION_ID:
        raise JournalUsageError("JOURNAL_NOT_OURS", "a database of another application")
    if not 1 <= version <= _FORMAT_VERSION:
        words = f"journal format {version}; this version reads up to {_FORMAT_VERSION}"
        raise JournalUsageError("JOURNAL_NOT_OURS", words)
    if schema != tuple(statement.encode() for step in _STEPS[:version] for statement in step):
        raise JournalUsageError("JOURNAL_NOT_OURS", "its tables are not those of a journal")
    return int(version)


def _migrate(connection: apsw.Connection, found: int, channel_id: str, post: str) -> None:
    """Forward from the format found, in one transaction: a crash leaves the old format or the new one, whole."""
    if found == _FORMAT_VERSION:
        return
    with connection:
        connection.pragma("application_id", _APPLICATION_ID)
        connection.pragma("user_version", _FORMAT_VERSION)
        for statement in (statement for step in _STEPS[found:] for statement in step):
            connection.execute(statement)
        for number in range(found + 1, _FORMAT_VERSION + 1):
            connection.execute("INSERT INTO version VALUES (?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))", (number,))
        if not found:
            connection.execute("INSERT INTO owner VALUES (?, ?)", (channel_id, post))


def _check_owner(connection: apsw.Connection, channel_id: str, post: str) -> None:
    owners = connection.execute(_OWNERS).fetchall()
    if owners != [(channel_id.encode(), post.encode())]:
        found = " and ".join(f"{_text(owner)} in channel {_text(channel)}" for channel, owner in owners)
        raise JournalUsageError("JOURNAL_WRONG_OWNER", f"of {found}; wanted was {post} in channel {channel_id}")


def _text(stored: object) -> str:
    return stored.decode(errors="replace") if isinstance(stored, bytes) else "nothing"


def _checkpoint(connection: apsw.Connection) -> None:
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)


def _grow_log(connection: apsw.Connection) -> None:
    """Give the log its full size now: a commit that need not lengthen the file syncs in two thirds of the time.

    With hardly any cache, a transaction spills its pages into the log; rolled back, it leaves nothing but room.
    """
    usual = connection.pragma("cache_size")
    connection.pragma("cache_size", 8)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO batch VALUES (0, zeroblob(?), zeroblob(32))", (CHECKPOINT_PAGES * _PAGE_BYTES,))
    connection.execute("ROLLBACK")
    connection.pragma("cache_size", usual)


def _abandon(connection: apsw.Connection) -> None:
    """Close without a checkpoint: whatever the log holds stays there for the next opening to judge."""
    with contextlib.suppress(apsw.Error):
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    with contextlib.suppress(apsw.Error):
        connection.close(True)


def _refusal_to_open(error: OSError | apsw.Error | JournalError, path: Path) -> JournalError:
    """What to tell the caller whose opening failed, with the file named."""
    if isinstance(error, JournalError):
        return type(error)(error.code, f"{path}: {error.detail}")
    if isinstance(error, apsw.BusyError):
        return JournalUsageError("JOURNAL_IN_USE", f"{path}: another process has it open")
    if isinstance(error, apsw.NotADBError):
        return JournalUsageError("JOURNAL_NOT_OURS", f"{path}: not a database")
    return _of_the_disk(_storage_error(error, str(path)), path)


def _of_the_disk(error: JournalStorageError, path: Path) -> JournalStorageError:
    """The error, or JOURNAL_IO if the file cannot be read: SQLite calls a page that the disk does not give damaged.

    Only when nothing of this process has the file open any more: closing it would give up every lock on it.
    """
    if error.code == "JOURNAL_CORRUPT":
        for end in ("", "-wal", "-journal"):
            try:
                _read_through(path.with_name(path.name + end))
            except OSError as unread:
                return JournalStorageError("JOURNAL_IO", f"{error.detail}: {unread}")
    return error


def _read_through(path: Path) -> None:
    """Read a file from end to end, if there is one.

    Raises:
        OSError: it cannot be read.
    """
    with contextlib.suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
        position = 0
        while piece := os.pread(file.fileno(), _PIECE_BYTES, position):
            position += len(piece)


def _storage_error(error: OSError | apsw.Error, doing: str) -> JournalStorageError:
    code = "JOURNAL_CORRUPT" if isinstance(error, apsw.CorruptError) else "JOURNAL_IO"
    return JournalStorageError(code, f"{doing}: {error}")

"""What SQLite must be and must promise before a word is entrusted to it.

Every setting is asked for and then read back, since SQLite answers a request it cannot meet by silently keeping what
it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apsw

from hotline.journal.errors import JournalUsageError

# The write-ahead log is moved into the main file, within a commit, when it has grown to this many pages.
CHECKPOINT_PAGES = 1000

_WAL_RESET_FIXED = (3, 51, 3)
_WITHDRAWN = (3, 52, 0)


@dataclass(frozen=True, slots=True)
class Setting:
    """One pragma: its name, the value asked for, and what a reading must then give."""

    name: str
    ask: str | int
    expect: str | int


# These count only if asked for before the file is first read.
BEFORE_READING = ("locking_mode", "synchronous")

SETTINGS: tuple[Setting, ...] = (
    # One process, one connection: it alone writes and moves the log, and no shared-memory file is needed.
    Setting("locking_mode", "EXCLUSIVE", "exclusive"),
    # FULL syncs the log in every commit; NORMAL loses acknowledged commits in a power cut. EXTRA is FULL, and syncs the
    # folder when the rollback journal of a blank file is deleted: come back after a power cut, it would blank the file.
    # So it stands before anything is read, since a reading may play such a journal back, and before the log is begun.
    Setting("synchronous", "EXTRA", 3),
    Setting("journal_mode", "WAL", "wal"),
    # On macOS a plain fsync stops at the drive's cache; elsewhere these two change nothing.
    Setting("fullfsync", 1, 1),
    Setting("checkpoint_fullfsync", 1, 1),
    Setting("wal_autocheckpoint", CHECKPOINT_PAGES, CHECKPOINT_PAGES),
    Setting("foreign_keys", 1, 1),
    # What the file's own schema may call, and how far its pages are believed: the file may be damaged or forged.
    Setting("trusted_schema", 0, 0),
    Setting("cell_size_check", 1, 1),
    # An I/O error under a memory map is a signal that kills the process instead of a code.
    Setting("mmap_size", 0, 0),
)


def library_version() -> tuple[int, int, int]:
    """Version of the SQLite library that is loaded, whatever it was compiled against."""
    major, minor, patch = (int(part) for part in apsw.sqlite_lib_version().split(".")[:3])
    return major, minor, patch


def check_library_version(version: tuple[int, int, int]) -> None:
    """Refuse a SQLite that can damage a write-ahead log.

    3.7.0 to 3.51.2 can reset a log that still holds commits ("WAL-reset" bug, fixed in 3.51.3); 3.52.0 was withdrawn.
    Before 3.7.0 there was no write-ahead log at all.

    Raises:
        JournalUsageError: JOURNAL_SQLITE_VERSION.
    """
    if version < _WAL_RESET_FIXED or version == _WITHDRAWN:
        found = ".".join(map(str, version))
        raise JournalUsageError("JOURNAL_SQLITE_VERSION", f"SQLite {found} may lose commits; 3.51.3 or later is needed")


def apply_first_settings(connection: apsw.Connection) -> None:
    """Ask for the settings that count before the file is first read."""
    for setting in SETTINGS:
        if setting.name in BEFORE_READING:
            connection.pragma(setting.name, setting.ask)


def apply_settings(connection: apsw.Connection) -> None:
    """Ask for every setting, then hold what SQLite says against it.

    Raises:
        JournalUsageError: JOURNAL_WEAK_DURABILITY, naming each setting that did not take.
    """
    for setting in SETTINGS:
        connection.pragma(setting.name, setting.ask)
    weak = list(weaknesses(connection.pragma))
    if weak:
        raise JournalUsageError("JOURNAL_WEAK_DURABILITY", "; ".join(weak))


def weaknesses(read: Callable[[str], object]) -> Iterator[str]:
    """Each setting whose reading is not what it must be, in words."""
    for setting in SETTINGS:
        found = read(setting.name)
        if found != setting.expect:
            yield f"{setting.name} is {found}, not {setting.expect}"

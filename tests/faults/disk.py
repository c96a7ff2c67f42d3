"""A disk in memory under the SQLite that the embedded journal uses: it keeps a log of every call, fails when told to,
and gives what could be found on it after a power cut.

What SQLite reads back while the power is on is what it wrote. What a cut leaves is decided afterwards, from the log:
of everything since a file's last sync any sector may be there, be lost, hold noise, or be overtaken by an older one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from unittest.mock import patch

import apsw

from hotline.journal import sqlite

SECTOR_BYTES = 512
FOLDER = "."
_names = count()


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes were written at an offset of a file."""

    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file was cut to a size."""

    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """Everything of a file, and its name in the folder, is on the disk; of FOLDER: every name in it is."""

    file: str


@dataclass(frozen=True, slots=True)
class Create:
    """A file came to be; its name is on the disk with its first sync."""

    file: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A file was deleted, and its folder synced or not."""

    file: str
    synced: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Not a call: the program reached a point, such as the acknowledgement of its batch `number`."""

    number: int


Call = Write | Truncate | Sync | Create | Delete
Event = Call | Mark


def put(content: bytearray, offset: int, data: bytes) -> None:
    """Write into a file's content, lengthening it if need be."""
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


@dataclass
class Failure:
    """Something that happens to one call.

    Attributes:
        at: number of the call, from 1.
        words: what the system would say.
        sync_only: it waits for the first sync from that call on.
        short: a write has got half-way when it fails.
        sticks: every later call fails too.
    """

    at: int
    words: str = "injected"
    sync_only: bool = False
    short: bool = False
    sticks: bool = True


@dataclass
class Disk:
    """Files by their name without the folder.

    Attributes:
        files: what a reader sees.
        log: every call that changed something, and the marks between.
        calls: changing calls tried so far.
        reads: reads tried so far.
        bad_read: number of the read that fails, 0 for none.
        failure: what is to go wrong.
        failed: it has gone wrong.
        after_failure: changing calls tried after the first that failed.
        sync_failed: the file whose sync failed, if it was a sync.
        synced_again: that file was synced after all.
        opening: a journal is being opened; what it began may be undone after a failure.
        answers: what to say to a pragma, by name.
    """

    files: dict[str, bytearray] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    calls: int = 0
    reads: int = 0
    bad_read: int = 0
    failure: Failure | None = None
    failed: bool = False
    after_failure: int = 0
    sync_failed: str = ""
    synced_again: bool = False
    opening: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    name: str = ""

    @classmethod
    def holding(cls, files: Mapping[str, bytes]) -> Disk:
        """A disk on which these files are, all of them synced."""
        return cls({name: bytearray(content) for name, content in files.items()})

    def call(self, made: Call) -> None:
        """Carry out a changing call and note it, or let it fail."""
        self.calls += 1
        self.after_failure += self.failed
        self.synced_again |= isinstance(made, Sync) and made.file == self.sync_failed
        failure = self.failure
        if failure is not None and (self._begins(failure, made) or (self.failed and failure.sticks)):
            if not self.failed and isinstance(made, Sync):
                self.sync_failed = made.file
            self.failed = True
            if failure.short and isinstance(made, Write):
                self._carry_out(Write(made.file, made.offset, made.data[: len(made.data) // 2]))
            raise apsw.IOError(failure.words) if failure.words != "full" else apsw.FullError("disk full")
        self._carry_out(made)

    def read(self, file: str, offset: int, amount: int) -> bytes:
        """What a file holds there, unless this is the bad read."""
        self.reads += 1
        if self.reads == self.bad_read:
            raise apsw.IOError("bad sector")
        return bytes(self.files[file][offset : offset + amount])

    def sync_folder(self) -> None:
        """What the journal does by itself, past SQLite."""
        try:
            self.call(Sync(FOLDER))
        except apsw.Error as error:
            raise OSError(str(error)) from error

    def mark(self, number: int) -> None:
        """The program reached a point."""
        self.log.append(Mark(number))

    def _begins(self, failure: Failure, made: Call) -> bool:
        due = self.calls >= failure.at if failure.sync_only else self.calls == failure.at
        return due and not self.failed and (isinstance(made, Sync) or not failure.sync_only)

    def _carry_out(self, made: Call) -> None:
        carry_out(self.files, made)
        self.log.append(made)


def carry_out(files: dict[str, bytearray], made: Call) -> None:
    """What a reader sees after a call."""
    if isinstance(made, Write):
        put(files[made.file], made.offset, made.data)
    elif isinstance(made, Truncate):
        del files[made.file][made.size :]
    elif isinstance(made, Create):
        files[made.file] = bytearray()
    elif isinstance(made, Delete):
        files.pop(made.file, None)


class _Layer(apsw.VFS):
    """What SQLite calls."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        short = Path(path).name
        if short not in self.disk.files:
            self.disk.call(Create(short))
        flags[1] = flags[0]
        return _File(self.disk, short)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        return Path(pathname).name in self.disk.files

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.disk.call(Delete(Path(filename).name, syncdir))


class _File(apsw.VFSFile):
    """Everything by itself: nothing is handed on to the operating system, so its own constructor is left alone."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self._name = disk, name

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return self._disk.read(self._name, offset, amount)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.call(Write(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.call(Truncate(self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.call(Sync(self._name))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._disk.files[self._name])

    def xLock(self, level: int) -> None:  # noqa: N802
        """One process."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """One process."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """As the usual layer on Linux: a write leaves the bytes beside it alone."""
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE)

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        if op == apsw.SQLITE_FCNTL_PRAGMA:
            pragma = apsw.VFSFcntlPragma(ptr)
            if pragma.name in self._disk.answers:
                pragma.result = self._disk.answers[pragma.name]
                return True
        if op == apsw.SQLITE_FCNTL_MMAP_SIZE:
            ctypes.c_int64.from_address(ptr).value = 0
            return True
        return False

    def xClose(self) -> None:  # noqa: N802
        """Nothing to give back."""


@contextmanager
def mounted(disk: Disk) -> Iterator[Disk]:
    """The disk as a SQLite file layer, registered under its `name` for the length of the block, and its folder as the
    one that the journal syncs."""
    disk.name = f"disk-{next(_names)}"
    layer = _Layer(disk)
    try:
        with patch.object(sqlite, "_sync_folder", lambda folder: disk.sync_folder()):
            yield disk
    finally:
        layer.unregister()

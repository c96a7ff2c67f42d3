"""A SQLite file layer that fails, lies or loses power on purpose, in front of the real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import apsw

_SECTOR_BYTES = 512
_names = count()


@dataclass
class Copy:
    """What of one file surely is on the disk, and what has been written since its last sync."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes] | int] = field(default_factory=list)

    def apply(self, change: tuple[int, bytes] | int) -> None:
        """Carry out a write (offset, bytes) or a truncation (size)."""
        if isinstance(change, int):
            del self.synced[change:]
            return
        offset, data = change
        self.synced.extend(bytes(max(0, offset - len(self.synced))))
        self.synced[offset : offset + len(data)] = data

    def sync(self) -> None:
        """Everything written so far is on the disk."""
        for change in self.pending:
            self.apply(change)
        self.pending.clear()

    def lose_power(self, draw: Random) -> bytes:
        """What is found after a power cut: of the unsynced changes any may be there, torn at a sector, or not."""
        found = Copy(bytearray(self.synced))
        for change in self.pending:
            if draw.random() < 0.5:
                continue
            if isinstance(change, tuple) and draw.random() < 0.3:
                sectors = draw.randrange(1 + len(change[1]) // _SECTOR_BYTES)
                change = (change[0], change[1][: sectors * _SECTOR_BYTES])
            found.apply(change)
        return bytes(found.synced)


def unsynced(path: Path) -> Copy:
    """The state of a file of which nothing is sure to be on the disk."""
    return Copy(pending=[(0, path.read_bytes())])


class Disk(apsw.VFS):
    """Counts every write, truncation, sync and deletion of the files opened through it.

    Attributes:
        calls: calls so far.
        fail_at: the call with this number fails, and every later one; None for never.
        answers: what to say to a pragma, by name, instead of passing it on.
        copies: the state of each file, by its name without the folder.
    """

    def __init__(self) -> None:
        self.name = f"disk-{next(_names)}"
        super().__init__(self.name, "")
        self.calls = 0
        self.fail_at: int | None = None
        self.answers: dict[str, str] = {}
        self.copies: dict[str, Copy] = {}

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Called by SQLite."""
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Called by SQLite."""
        self.call()
        super().xDelete(filename, syncdir)
        del self.copies[Path(filename).name]

    def call(self) -> None:
        """Count a call, and fail it if its time has come."""
        self.calls += 1
        if self.fail_at is not None and self.calls >= self.fail_at:
            raise apsw.IOError("injected")

    def lose_power(self, draw: Random, folder: Path) -> None:
        """Write into `folder` what is found after a power cut."""
        for name, copy in self.copies.items():
            (folder / name).write_bytes(copy.lose_power(draw))


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        found = path.read_bytes() if path.exists() else b""
        self._copy = disk.copies.setdefault(path.name, Copy(bytearray(found)))
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.call()
        super().xWrite(data, offset)
        self._copy.pending.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.call()
        super().xTruncate(newsize)
        self._copy.pending.append(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.call()
        super().xSync(flags)
        self._copy.sync()

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        if op == apsw.SQLITE_FCNTL_PRAGMA:
            pragma = apsw.VFSFcntlPragma(ptr)
            if pragma.name in self._disk.answers:
                pragma.result = self._disk.answers[pragma.name]
                return True
        return super().xFileControl(op, ptr)


@contextmanager
def disk() -> Iterator[Disk]:
    """A file layer registered under its name for the length of the block."""
    made = Disk()
    try:
        yield made
    finally:
        made.unregister()

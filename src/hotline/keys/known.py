"""The book of every key this installation has met, and as which kind: no key serves ACTUAL and EXERCISE (REQ-KIND-1).

A text file that only grows, one line a key: fingerprint in hex, kind, and where it was first seen, separated by spaces.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hotline.keys.disk import sync_folder
from hotline.keys.errors import KeysError
from hotline.keys.label import Kind
from hotline.keys.published import refuse_published

_LINE = re.compile(r"([0-9a-f]{64}) (ACTUAL|EXERCISE) (\S.*)")


@dataclass(frozen=True, slots=True)
class Known:
    """One line of the book."""

    fingerprint: bytes
    kind: Kind
    where: str


class KnownKeys:
    """The book at `path`; it begins with the first key. Processes of one installation may share it.

    Fail stop: after an error of the storage nothing is read from the book or noted in it any more, since what is read
    back then may be on no disk. Lines that could not be synced are taken off again; a process that starts anew writes
    and syncs them as new ones.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed: KeysError | None = None

    def admit(self, fingerprints: Iterable[bytes], kind: Kind, where: str) -> None:
        """The gate for every key of an agreement or a directory; those not met before are noted, durably.

        A refusal notes none of them.

        Args:
            fingerprints: of the keys, 32 bytes each.
            kind: the kind they are to serve.
            where: for people, what lists them; line breaks become spaces.

        Raises:
            KeysError: KEY_PUBLISHED, KEY_OTHER_KIND, KEY_BOOK_CORRUPT, KEY_IO.
        """
        wanted = list(dict.fromkeys(fingerprints))
        refuse_published(wanted, kind)
        with self._held() as handle:
            known = _read(handle, self._path)
            for fingerprint in wanted:
                _check_kind(known.get(fingerprint), kind)
            source = " ".join(where.split()) or "unknown"
            fresh = [fingerprint for fingerprint in wanted if fingerprint not in known]
            _append(handle, "".join(f"{fingerprint.hex()} {kind} {source}\n" for fingerprint in fresh))

    def hold(self, fingerprints: Iterable[bytes], kind: Kind) -> None:
        """Hold keys against the book, as `admit` does, and note nothing; raises as `admit`."""
        wanted = list(fingerprints)
        refuse_published(wanted, kind)
        known = self.known()
        for fingerprint in wanted:
            _check_kind(known.get(fingerprint), kind)

    def known(self) -> dict[bytes, Known]:
        """Every key in the book, by fingerprint, in the order first met.

        Raises:
            KeysError: KEY_BOOK_CORRUPT, KEY_IO.
        """
        with self._held() as handle:
            return _read(handle, self._path)

    @contextmanager
    def _held(self) -> Iterator[int]:
        """The book, open and held against other processes."""
        if self._failed is not None:
            raise self._failed
        try:
            with _locked(self._path) as handle:
                yield handle
        except OSError as error:
            self._failed = KeysError("KEY_IO", f"{self._path}: {error}")
            raise self._failed from error


def _check_kind(known: Known | None, kind: Kind) -> None:
    if known is not None and known.kind is not kind:
        raise KeysError(
            "KEY_OTHER_KIND",
            f"key {known.fingerprint.hex()[:12]} is known as {known.kind} from {known.where}; it cannot serve {kind}",
        )


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The book, open and held against other processes. What is read there is durable, name and lines: those that a
    killed process had written and not yet synced are synced first."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        sync_folder(path)
        os.fsync(handle)
        yield handle
    finally:
        os.close(handle)


def _read(handle: int, path: Path) -> dict[bytes, Known]:
    """The lines of the book. A last line without its end was never relied on: a crash cut it, and it is taken off."""
    data = os.pread(handle, os.fstat(handle).st_size, 0)
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.ftruncate(handle, len(whole))
    known: dict[bytes, Known] = {}
    for number, line in enumerate(whole.decode(errors="replace").split("\n")[:-1], start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise KeysError("KEY_BOOK_CORRUPT", f"{path}, line {number}: not a line of the book of known keys")
        entry = Known(bytes.fromhex(match[1]), Kind(match[2]), match[3])
        if known.setdefault(entry.fingerprint, entry).kind is not entry.kind:
            raise KeysError("KEY_BOOK_CORRUPT", f"{path}, line {number}: a key of both kinds")
    return known


def _append(handle: int, lines: str) -> None:
    """Write lines and sync them, or take them off again: a next reader would find them, and believe them durable."""
    if not lines:
        return
    before = os.fstat(handle).st_size
    data = memoryview(lines.encode(errors="replace"))
    try:
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, before)
        raise

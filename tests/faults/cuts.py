"""What a power cut leaves of a disk, and what a lying disk makes of it. Everything is drawn from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from tests.faults.disk import (
    FOLDER,
    SECTOR_BYTES,
    Call,
    Create,
    Delete,
    Event,
    Mark,
    Sync,
    Truncate,
    Write,
    carry_out,
    put,
)

# How much of what was not synced survives, from nothing to all.
_SURVIVAL = (0.0, 0.1, 0.5, 0.9, 1.0)
_PAGE_BYTES = 4096
_LOG = "-wal"


@dataclass
class Platter:
    """What surely is on the disk, and what has been asked for since.

    SQLite syncs the folder with the first sync of its log, and takes no notice of an error. Here that one always fails:
    a log whose name was not on the disk by then never gets it there, whoever syncs the folder again.

    Attributes:
        sure: files by name.
        unlisted: logs without a name on the disk; what the name stands for instead, None for nothing.
        pending: calls on each file since its last sync, in order.
        reached: number of the last mark, 0 before the first.
    """

    sure: dict[str, bytearray] = field(default_factory=dict)
    unlisted: dict[str, bytes | None] = field(default_factory=dict)
    pending: list[Call] = field(default_factory=list)
    reached: int = 0

    def take(self, event: Event) -> None:
        """Go on by one event of a disk's log."""
        if isinstance(event, Mark):
            self.reached = event.number
        elif isinstance(event, Sync) and event.file == FOLDER:
            self._settle_names()
        elif isinstance(event, Sync):
            self._settle(event.file)
        elif isinstance(event, Delete) and event.synced:
            self._settle(event.file)
            self.sure.pop(event.file, None)
            self.unlisted.pop(event.file, None)
        else:
            self.pending.append(event)

    def _settle_names(self) -> None:
        """What files are called is on the disk; what is in them since is not."""
        for file in sorted({call.file for call in self.pending if isinstance(call, (Create, Delete))}):
            calls = [call for call in self.pending if call.file == file]
            named = max(place for place, call in enumerate(calls) if isinstance(call, (Create, Delete)))
            carry_out(self.sure, calls[named])
            self.unlisted.pop(file, None)
            self.pending = [call for call in self.pending if call.file != file] + calls[named + 1 :]

    def _settle(self, file: str) -> None:
        if file.endswith(_LOG) and any(isinstance(call, Create) and call.file == file for call in self.pending):
            before = self.sure.get(file)
            self.unlisted[file] = None if before is None else bytes(before)
        for call in self.pending:
            if call.file == file:
                carry_out(self.sure, call)
        self.pending = [call for call in self.pending if call.file != file]

    def after_kill(self) -> dict[str, bytearray]:
        """What a killed process leaves: everything it had written."""
        files = {name: bytearray(content) for name, content in self.sure.items()}
        for call in self.pending:
            carry_out(files, call)
        return files

    def after_cut(self, draw: Random, faults: Counter[str]) -> dict[str, bytes]:
        """What is found after a power cut; `faults` counts what happened, by kind."""
        files = {name: bytearray(content) for name, content in self.sure.items()}
        survival = draw.choice(_SURVIVAL)
        kept: list[Call] = []
        for call in self.pending:
            if draw.random() < survival:
                kept.append(call)
            else:
                faults["name lost" if isinstance(call, (Create, Delete)) else "dropped"] += 1
        if len(kept) > 1 and draw.random() < 0.3:
            kept = _reordered(kept, draw)
            faults["reordered"] += 1
        for call in kept:
            if call.file not in files and not isinstance(call, Create):
                continue
            if isinstance(call, Write) and draw.random() < 0.3:
                faults[_tear(files[call.file], call, draw)] += 1
            else:
                carry_out(files, call)
        found = {name: bytes(content) for name, content in files.items()}
        for name, content in self.unlisted.items():
            faults["name lost"] += 1
            found.pop(name, None)
            found |= {} if content is None else {name: content}
        return found


def _reordered(calls: list[Call], draw: Random) -> list[Call]:
    """Writes change places among themselves; what makes and deletes files stays where it is."""
    places = [place for place, call in enumerate(calls) if isinstance(call, (Write, Truncate))]
    moved = list(calls)
    for place, origin in zip(places, draw.sample(places, len(places)), strict=True):
        moved[place] = calls[origin]
    return moved


def _tear(content: bytearray, call: Write, draw: Random) -> str:
    """Some sectors of a write are there; the others hold what was there before, or noise."""
    noise = draw.random() < 0.3
    for start in range(0, len(call.data), SECTOR_BYTES):
        part = call.data[start : start + SECTOR_BYTES]
        if draw.random() < 0.5:
            put(content, call.offset + start, part)
        elif noise:
            put(content, call.offset + start, draw.randbytes(len(part)))
    return "torn, with noise" if noise else "torn"


def lie(events: Iterable[Event], draw: Random, file: str) -> tuple[str, dict[str, bytes]]:
    """The files of a killed process on a disk that reported success and did something else: the kind, and the files.

    `file` was there, and blank, before the first event."""
    events = list(events)
    kind = draw.choice(("bit flip", "bit flip", "misdirected", "misdirected", "lost write"))
    writes = [number for number, event in enumerate(events) if isinstance(event, Write)]
    struck = draw.choice(writes) if writes and kind != "bit flip" else None
    files: dict[str, bytearray] = {file: bytearray()}
    for number, event in enumerate(events):
        if isinstance(event, (Mark, Sync)):
            continue
        if number != struck:
            carry_out(files, event)
        elif kind == "misdirected" and isinstance(event, Write):
            _misdirect(files, event, draw)
    if kind == "bit flip":
        _flip(files, draw)
    return kind, {name: bytes(content) for name, content in files.items()}


def _misdirect(files: dict[str, bytearray], call: Write, draw: Random) -> None:
    """The bytes arrive at another page, perhaps of another file."""
    content = files[draw.choice(sorted(files))]
    page = draw.randrange(1 + len(content) // _PAGE_BYTES)
    put(content, page * _PAGE_BYTES + call.offset % _PAGE_BYTES, call.data)


def _flip(files: dict[str, bytearray], draw: Random) -> None:
    full = [name for name in sorted(files) if files[name]]
    if full:
        content = files[draw.choice(full)]
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)

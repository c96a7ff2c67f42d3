"""The guard: what of what is handed to this node reaches the core at all, and in which lane.

It looks into a Frame only to see how much it asks for and whether a FLASH is in it; nothing of that look is believed
later. Whoever is turned away here is told NOT_NOW where there is a way to tell, is not receipted, and tries again.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from google.protobuf.message import DecodeError

from hotline import v1
from hotline.journal import DatabaseUrl
from hotline.node.driver import Driver
from hotline.node.lanes import HERE, Lane
from hotline.node.limits import STATEMENT_BYTES, Bucket, Limits
from hotline.protocol.effects import Alert
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import TransportError, UsageError
from hotline.protocol.instant import NS_PER_S

MB = 1024 * 1024
ALARM_EVERY_S = 60.0
"""Seconds for which an alarm about one peer's rate is not repeated."""

LOOK_S = 0.005
"""Seconds before the next look at what a stream brings that has brought too much."""

DISK_LOOK_S = 2.0

LOW_COST = 100
"""How much dearer Frames are while the disk is nearly full: Heads alone are kept too, and must not fill it."""

FIELDS_MAX = 1 + 64 + 1024
"""Fields of a Frame that are looked at: its Head, its runs of links and its statements."""

_FLASHES_KNOWN = 64
_STATEMENTS = v1.Frame.STATEMENTS_FIELD_NUMBER
_LENGTH_DELIMITED = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What a Frame asks for.

    Attributes:
        cost: how many statements it counts as.
        ordinary: whether it has statements and none of them is FLASH.
        flash: the digest of a FLASH in it; empty without one.
    """

    cost: int
    ordinary: bool
    flash: bytes


def asked_by(frame: bytes) -> Asked:
    """A look into a Frame, which costs the same for any. Bodies go by precedence, so that a FLASH is the first; bytes
    that are no Frame have none."""
    count, first = 0, b""
    for number, content in islice(_fields(frame), FIELDS_MAX):
        if number == _STATEMENTS:
            first = first or content
            count += 1
    cost = max(count, _size(frame))
    try:
        envelope = v1.Envelope.FromString(first)
    except DecodeError:
        return Asked(cost, bool(count), b"")
    flash = digest_of(envelope) if count and is_flash(envelope) else b""
    return Asked(cost, bool(count) and not flash, flash)


def _size(data: bytes) -> int:
    """Bytes as so many statements."""
    return max(1, -(-len(data) // STATEMENT_BYTES))


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents of the fields of a Frame, which all stand behind a length, as long as the bytes are such."""
    position = 0
    with suppress(IndexError):
        while position < len(data):
            tag, length, shift, position = data[position], 0, 0, position + 1
            while tag & 7 == _LENGTH_DELIMITED:
                byte = data[position]
                length |= (byte & 0x7F) << shift
                shift, position = shift + 7, position + 1
                if byte < 0x80 or shift > 28:
                    break
            else:
                return
            yield tag >> 3, data[position : position + length]
            position += length


def is_flash(envelope: v1.Envelope) -> bool:
    """Whether a statement says that it is FLASH; nothing is verified."""
    try:
        return v1.Statement.FromString(envelope.payload).header.precedence == v1.PRECEDENCE_FLASH
    except DecodeError:
        return False


@dataclass(slots=True)
class _Gate:
    """One peer's buckets, for what it sends, its FLASHes and what it fetches; the FLASHes of its that had their token,
    and when its rate was last alarmed."""

    ordinary: Bucket
    flash: Bucket
    fetched: Bucket
    known: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    alarmed_s: float = float("-inf")


class Guard:
    """Holds peers and people here to the limits.

    Attributes:
        counters: what was turned away, by code.
    """

    def __init__(
        self,
        limits: Limits,
        driver: Driver,
        journal: Path | DatabaseUrl,
        free_bytes: Callable[[Path], int] | None = None,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._limits, self._driver = limits, driver
        self._folder = journal.parent if isinstance(journal, Path) else None
        self._free_bytes = free_bytes or _free_bytes
        self._gates: dict[str, _Gate] = {}
        self._low = False

    def lane(self, peer: str, frame: bytes) -> Lane:
        """The lane for a Frame of a peer (REQ-NET-8).

        Raises:
            TransportError: BUSY, STORAGE_LOW: it is not taken now.
        """
        asked, gate = asked_by(frame), self._gate(peer)
        if asked.flash and asked.flash not in gate.known:
            gate.known[asked.flash] = None
            while len(gate.known) > _FLASHES_KNOWN:
                gate.known.popitem(last=False)
            if gate.flash.take(1):
                return Lane(peer, flash=True)
            self._alarm_rate(peer, gate)
            self._need_room("a peer sends more FLASH than was ever agreed, and the disk is nearly full")
            return Lane(peer)
        if asked.ordinary:
            self._need_room("the disk is nearly full; only FLASH is taken")
        if not gate.ordinary.take(asked.cost * (LOW_COST if self._low else 1)):
            raise self._busy(f"{peer} sends more than {self._limits.statements_per_s:g} statements a second")
        return Lane(peer)

    def serving(self, peer: str, request: bytes, serve: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
        """What a peer has asked for with Fetch, Frame by Frame as far as its rate allows (REQ-NET-8).

        What a Frame costs is known when it is made, so a peer may be given one for which it had too little left, and
        then nothing more before that is made up for.

        Args:
            serve: begins to serve; raises what is wrong with the request, which costs as much as a good one.

        Raises:
            TransportError: BUSY, before a Frame that is above the rate.
        """
        bucket = self._gate(peer).fetched
        if not bucket.take(_size(request)):
            raise self._busy(f"{peer} fetches more than is served to one peer")
        for frame in serve():
            if not bucket.take(0):
                raise self._busy(f"{peer} fetches more than is served to one peer")
            bucket.owe(_size(frame))
            yield frame

    def _busy(self, why: str) -> TransportError:
        self.counters["BUSY"] += 1
        return TransportError("BUSY", why)

    def own_lane(self, envelope: v1.Envelope) -> Lane:
        """The lane for a statement of people here.

        Raises:
            UsageError: OUTBOX_FULL.
            TransportError: STORAGE_LOW.
        """
        if is_flash(envelope):
            return replace(HERE, flash=True)
        self._need_room("the disk is nearly full; only FLASH is taken")
        owed = {peer.post: len(peer.outstanding) for peer in self._driver.endpoint.peers.values()}
        worst = max(owed, key=owed.__getitem__, default="")
        if worst and owed[worst] >= self._limits.outbox_max:
            raise UsageError("OUTBOX_FULL", f"{worst} has not receipted {owed[worst]} statements; only FLASH is taken")
        return HERE

    async def look_after_disk(self) -> None:
        """Look at the disk every few seconds, until cancelled."""
        while True:
            self.look_at_disk()
            await asyncio.sleep(DISK_LOOK_S)

    def look_at_disk(self) -> None:
        """See how much space there is, and alarm when it gets low and when it is back. A disk that does not say counts
        as one that is nearly full: what it has left is for FLASH."""
        if self._folder is None:
            return
        try:
            free_mb = self._free_bytes(self._folder) // MB
            low, said = free_mb < self._limits.disk_free_min_mb, f"{free_mb} MiB are free for the journal"
        except OSError as error:
            low, said = True, f"how much is free for the journal cannot be told: {error}"
        if low != self._low:
            self._low = low
            code = "STORAGE_LOW" if low else "STORAGE_BACK"
            self._driver.tell(Alert(code, b"", self._driver.endpoint.post, said))

    def _need_room(self, why: str) -> None:
        if self._low:
            self.counters["STORAGE_LOW"] += 1
            raise TransportError("STORAGE_LOW", why)

    def _alarm_rate(self, peer: str, gate: _Gate) -> None:
        now_s = self._seconds()
        if now_s - gate.alarmed_s >= ALARM_EVERY_S:
            gate.alarmed_s = now_s
            more = f"{peer} sends more than {self._limits.flash_per_min:g} FLASH a minute"
            self._driver.tell(Alert("FLASH_RATE", b"", peer, more))

    def _gate(self, peer: str) -> _Gate:
        if peer not in self._gates:
            limits = self._limits
            self._gates[peer] = _Gate(
                Bucket(limits.statements_per_s, limits.statements_burst, self._seconds),
                Bucket(limits.flash_per_min / 60, limits.flash_burst, self._seconds),
                Bucket(limits.statements_per_s, limits.statements_burst, self._seconds),
            )
        return self._gates[peer]

    def _seconds(self) -> float:
        return self._driver.clock.now().mono_ns / NS_PER_S


async def passing(guard: Guard, peer: str, frame: bytes) -> Lane | None:
    """`Guard.lane` for a Frame on a stream, where nothing can be answered: None, after a short wait that slows down
    whoever sends too much, for what is not taken."""
    try:
        return guard.lane(peer, frame)
    except TransportError:
        await asyncio.sleep(LOOK_S)
        return None


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize

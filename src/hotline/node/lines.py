"""The line to each peer: which streams stand, and the Frames that wait to leave on them.

A peer is reached over the stream we opened to it or over one it opened to us, whichever is younger: a new stream shows
that the peer is there, while an old one may be dead and nobody has noticed yet. What a stream could not send goes to
the next. A peer that reads slowly loses Frames here, the oldest, and only its own: the core sends again what is not
receipted.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import suppress

from hotline.protocol.effects import Send
from hotline.protocol.errors import HotlineError

WAITING_MAX = 64
"""Frames that may wait on one stream. A Frame holds up to 512 statements or 1 MiB of them."""

CLOSING_S = 1.0


class Outbox:
    """Frames waiting to leave on one stream, in order.

    Attributes:
        severed: set when the stream is to end at once; `severed_by` says why.
    """

    def __init__(self) -> None:
        self.frames: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self.severed = asyncio.Event()
        self.severed_by: HotlineError | None = None

    def put(self, frame: bytes) -> bool:
        """Add a Frame; False if that pushed out the oldest. What is lost goes again; the newest may be FLASH."""
        full = len(self.frames) >= WAITING_MAX
        if full:
            self.frames.popleft()
        self.frames.append(frame)
        self._wake.set()
        return not full

    def close(self) -> None:
        """Nothing more will come."""
        self._closing = True
        self._wake.set()

    def sever(self, error: HotlineError) -> None:
        """End the stream now: what waits goes to the next stream, and `converse` raises `error`."""
        self.severed_by = error
        self.severed.set()

    async def drain(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Write Frames as they come; back when the outbox is closed and empty."""
        while True:
            while self.frames:
                await write(self.frames.popleft())
            if self._closing:
                return
            self._wake.clear()
            await self._wake.wait()


class Line:
    """The streams that stand to one peer.

    Attributes:
        post: the peer.
        dropped: Frames pushed out by newer ones.
    """

    def __init__(self, post: str, report: Callable[[str, bool], None]) -> None:
        self.post, self.dropped = post, 0
        self._report = report
        self._outboxes: list[Outbox] = []
        self._down = asyncio.Event()
        self._down.set()

    def attach(self, outbox: Outbox) -> None:
        """A stream stands; the first brings the line up."""
        self._outboxes.append(outbox)
        if len(self._outboxes) == 1:
            self._down.clear()
            self._report(self.post, True)

    def detach(self, outbox: Outbox) -> None:
        """A stream is gone, if it ever stood; the last takes the line down."""
        if outbox not in self._outboxes:
            return
        self._outboxes.remove(outbox)
        for frame in outbox.frames:
            self.send(frame)
        if not self._outboxes:
            self._down.set()
            self._report(self.post, False)

    def send(self, frame: bytes) -> bool:
        """Queue a Frame on the youngest stream; without a stream it is lost, as on any line that is down.

        Returns:
            Whether there was a stream.
        """
        if self._outboxes and not self._outboxes[-1].put(frame):
            self.dropped += 1
        return bool(self._outboxes)

    async def close(self) -> None:
        """Let every stream end once its outbox is empty; back when the line is down."""
        for outbox in self._outboxes:
            outbox.close()
        await self._down.wait()


class Lines:
    """The line to every peer, made when it is first asked for."""

    def __init__(self, report: Callable[[str, bool], None]) -> None:
        self._report = report
        self._lines: dict[str, Line] = {}

    def __getitem__(self, post: str) -> Line:
        return self._lines.setdefault(post, Line(post, self._report))

    def send(self, effect: Send) -> bool:
        """Put a Frame on its way; whether there was a stream to put it on."""
        return self[effect.peer].send(effect.frame)

    def counters(self) -> Counter[str]:
        """What was lost here."""
        dropped = sum(line.dropped for line in self._lines.values())
        return Counter({"LINE_FULL": dropped}) if dropped else Counter()

    async def close(self) -> None:
        """Send what waits and end every stream, within a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await asyncio.gather(*(line.close() for line in self._lines.values()))


async def converse(
    outbox: Outbox,
    write: Callable[[bytes], Awaitable[None]],
    incoming: AsyncIterable[bytes],
    take: Callable[[bytes], Awaitable[object]],
) -> bool:
    """Carry a stream both ways: until the other side ends it, or our outbox is closed and empty.

    The next Frame is read when the one before is durable, so that a fast sender fills its own connection and not our
    memory.

    Returns:
        Whether it was we who ended it.

    Raises:
        HotlineError: what `take` raised, or why the stream was severed.
        AioRpcError: the connection broke.
    """

    async def read() -> None:
        async for frame in incoming:
            await take(frame)

    reader, writer = asyncio.create_task(read()), asyncio.create_task(outbox.drain(write))
    cutter = asyncio.create_task(outbox.severed.wait())
    try:
        done, _ = await asyncio.wait({reader, writer, cutter}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reader, writer, cutter):
            task.cancel()
        await asyncio.gather(reader, writer, cutter, return_exceptions=True)
    if outbox.severed_by is not None:
        raise outbox.severed_by
    # What was read tells more than that nothing could be written any more.
    await (reader if reader in done else writer)
    return reader not in done

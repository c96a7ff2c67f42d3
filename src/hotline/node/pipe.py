"""Two connections joined: what comes in on one goes out on the other, as fast as the slower one takes it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

WAITING_BYTES = 256 * 1024
"""Bytes for a slow reader from which on nothing more is read for it."""

CLOSING_S = 5.0
"""Seconds for what waits to leave a connection whose other end is gone."""


class _End(asyncio.Protocol):
    """One of the two connections. It reads nothing until it is told to: the other may not stand yet."""

    transport: asyncio.Transport
    other: asyncio.Transport

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.pause_reading()
        self.transport.set_write_buffer_limits(high=WAITING_BYTES)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self.other.write(data)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self.other.pause_reading()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self.other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._lost()


class Pipe:
    """Joins two connections until one of them ends. Made by `joined`."""

    def __init__(self, near: _End, far: _End) -> None:
        self._ends = (near, far)

    def abort(self) -> None:
        """End it now."""
        for end in self._ends:
            end.transport.abort()

    def close(self) -> None:
        """End it when what waits has left, but soon."""
        loop = asyncio.get_running_loop()
        for end in self._ends:
            if not end.transport.is_closing():
                end.transport.close()
                loop.call_later(CLOSING_S, end.transport.abort)


async def joined(near: socket.socket, far: socket.socket, first: bytes, ended: Callable[[], None]) -> Pipe:
    """Join two sockets, and own them from now on.

    Args:
        first: what has been read from the near one already.
        ended: called as soon as one of them has ended; then the pipe closes itself.
    """
    pipe: Pipe | None = None

    def lost() -> None:
        if pipe is not None:
            pipe.close()
        ended()

    ends = await _opened(near, far, lost)
    pipe = Pipe(*ends)
    for end, other in zip(ends, reversed(ends), strict=True):
        end.other = other.transport
    ends[1].transport.write(first)
    for end in ends:
        end.transport.resume_reading()
    return pipe


async def _opened(near: socket.socket, far: socket.socket, lost: Callable[[], None]) -> tuple[_End, _End]:
    """Both connections in the loop's hands; closed if it comes to nothing."""
    loop, ends = asyncio.get_running_loop(), (_End(lost), _End(lost))
    try:
        await loop.connect_accepted_socket(lambda: ends[0], near)
        await loop.connect_accepted_socket(lambda: ends[1], far)
    except BaseException:
        for end in ends:
            if hasattr(end, "transport"):
                end.transport.abort()
        near.close()
        far.close()
        raise
    return ends

"""Relays between the nodes of a live run: bytes pass on as they are, until a line is cut.

A node listens at one address for all its peers, so the line between two of them cannot be cut there. Each calls the
other through a relay of its own (`through` in its configuration); TLS runs from node to node and does not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from itertools import permutations
from types import TracebackType

_CHUNK_BYTES = 65536
_HOST = "127.0.0.1"


class _Relay:
    """Where one node calls another. While the line is cut, whoever calls is hung up on."""

    def __init__(self, target: str) -> None:
        self._target, self.is_whole, self.address = target, True, ""
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen at a free port."""
        self._server = await asyncio.start_server(self._accept, _HOST, 0)
        self.address = f"{_HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Hang up and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def cut(self) -> None:
        """End every connection, without a farewell."""
        for task in self._passing:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_whole:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        host, _, port = self._target.rpartition(":")
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                far_reader, far_writer = await asyncio.open_connection(host, int(port))
                ends.append(far_writer)
                await _both_ways((reader, far_writer), (far_reader, writer))
            finally:
                for end in ends:
                    end.transport.abort()


class Relays:
    """Relays for lines between posts, inside ``async with``; a line without any is whole."""

    def __init__(self, addresses: Mapping[str, str], lines: Iterable[tuple[str, str]]) -> None:
        """`addresses`: where each post's node listens."""
        self._ways = {
            (caller, called): _Relay(addresses[called]) for line in lines for caller, called in permutations(line, 2)
        }

    async def __aenter__(self) -> Relays:
        for relay in self._ways.values():
            await relay.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(relay.stop() for relay in self._ways.values()))

    def through(self, post: str) -> dict[str, str]:
        """Addresses at which a post's node is to call its peers, by peer."""
        return {called: relay.address for (caller, called), relay in self._ways.items() if caller == post}

    def is_whole(self, one: str, other: str) -> bool:
        """Whether a line is whole."""
        relay = self._ways.get((one, other))
        return relay is None or relay.is_whole

    def join(self, one: str, other: str, is_whole: bool) -> bool:
        """Make a line whole, or cut it; whether that changed anything."""
        if self.is_whole(one, other) == is_whole or (one, other) not in self._ways:
            return False
        for way in ((one, other), (other, one)):
            self._ways[way].is_whole = is_whole
            if not is_whole:
                self._ways[way].cut()
        return True


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Pass bytes on until one way ends."""
    tasks = [asyncio.create_task(_pump(*way)) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK_BYTES):
        writer.write(data)
        await writer.drain()

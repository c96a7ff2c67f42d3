"""A hostile client in a process of its own: `python -m tests.faults.pump FOLDER MODE SECONDS`; prints what it did.

    exchange   every stream a certificate may have, Frames as fast as they go in; answers are read and thrown away
    deliver    every call a certificate may have, one Frame each, again and again
    fetch      the first Frames handed over, then every call a certificate may have asks for what the last one names
    stall      one stream that sends and never reads
    crowd      connection after connection under one certificate, a call on each, all of them held
    half-open  TCP connections that say nothing, as many as are taken, opened again when they are closed
    strangers  TLS handshakes with a certificate that nobody lists

FOLDER holds key.pem, certificate.pem, server.pem, target (address and name, a line each) and, where Frames are sent,
frames (each behind its length in four bytes; of `fetch` the last is a FetchRequest).
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import grpc
from grpc import aio

from hotline.node.server import CALLS_PER_CERTIFICATE_MAX, STREAMS_PER_CERTIFICATE_MAX
from hotline.node.wire import DELIVER, EXCHANGE, FETCH
from hotline.protocol.transcript import split

HALF_OPEN = 500
CROWD = 500
OUTSIDE = "127.0.0.2"
"""Where half-open connections come from: not from the address, and the ports, of the nodes under test."""

Stream = aio.StreamStreamCall[bytes, bytes]


class Pump:
    """One hostile client."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._until = folder, time.monotonic() + seconds
        self._address, self._name = (folder / "target").read_text(encoding="ascii").split()
        self.done = Counter[str]()

    @property
    def _on(self) -> bool:
        return time.monotonic() < self._until

    def _frames(self) -> Iterator[bytes]:
        return itertools.cycle(list(split((self._folder / "frames").read_bytes())))

    def _channel(self) -> aio.Channel:
        server, key, shown = ((self._folder / f"{name}.pem").read_bytes() for name in ("server", "key", "certificate"))
        options = [("grpc.ssl_target_name_override", self._name), ("grpc.use_local_subchannel_pool", 1)]
        return aio.secure_channel(self._address, grpc.ssl_channel_credentials(server, key, shown), options)

    async def exchange(self) -> None:
        """Fill every stream, each with all Frames in their order."""
        async with self._channel() as channel:
            await asyncio.gather(*(self._stream(channel, self._frames()) for _ in range(STREAMS_PER_CERTIFICATE_MAX)))

    async def _stream(self, channel: aio.Channel, frames: Iterator[bytes]) -> None:
        while self._on:
            call: Stream = channel.stream_stream(EXCHANGE)()
            reader = asyncio.create_task(self._read(call))
            with suppress(aio.AioRpcError, asyncio.InvalidStateError, TimeoutError):
                while self._on:
                    async with asyncio.timeout(5):
                        await call.write(next(frames))
                    self.done["frames"] += 1
            call.cancel()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            self.done["streams"] += 1

    async def _read(self, call: Stream) -> None:
        async for _ in call:
            self.done["answers"] += 1

    async def deliver(self) -> None:
        """Fill every call."""
        frames = self._frames()
        async with self._channel() as channel:
            await asyncio.gather(*(self._calls(channel, frames) for _ in range(CALLS_PER_CERTIFICATE_MAX)))

    async def _calls(self, channel: aio.Channel, frames: Iterator[bytes]) -> None:
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
        while self._on:
            try:
                await call(next(frames), timeout=10)
                self.done["taken"] += 1
            except aio.AioRpcError as error:
                self.done[error.code().name] += 1

    async def fetch(self) -> None:
        """Hand over a log, and have it back again and again."""
        *frames, request = split((self._folder / "frames").read_bytes())
        async with self._channel() as channel:
            call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
            for frame in frames:
                await call(frame, timeout=10)
            await asyncio.gather(*(self._fetches(channel, request) for _ in range(CALLS_PER_CERTIFICATE_MAX)))

    async def _fetches(self, channel: aio.Channel, request: bytes) -> None:
        call: aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(FETCH)
        while self._on:
            try:
                async for _ in call(request, timeout=10):
                    self.done["served"] += 1
            except aio.AioRpcError as error:
                self.done[error.code().name] += 1

    async def stall(self) -> None:
        """Send, and never read."""
        frames = self._frames()
        async with self._channel() as channel:
            call: Stream = channel.stream_stream(EXCHANGE)()
            with suppress(aio.AioRpcError, asyncio.InvalidStateError):
                while self._on:
                    await call.write(next(frames))
                    self.done["frames"] += 1
                    await asyncio.sleep(0.2)

    async def crowd(self) -> None:
        """Hold every connection that one certificate may get, and try for more."""
        frames = self._frames()
        async with AsyncExitStack() as held:
            while self._on and self.done["connections"] < CROWD:
                channel = await held.enter_async_context(self._channel())
                call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
                with suppress(aio.AioRpcError):
                    await call(next(frames), timeout=5)
                self.done["connections"] += 1
            await asyncio.sleep(max(0.0, self._until - time.monotonic()))

    async def half_open(self) -> None:
        """Hold connections that say nothing."""
        await asyncio.gather(*(self._hold() for _ in range(HALF_OPEN)))

    async def _hold(self) -> None:
        host, port = self._address.split(":")
        while self._on:
            with suppress(OSError, TimeoutError):
                reader, writer = await asyncio.open_connection(host, int(port), local_addr=(OUTSIDE, 0))
                self.done["connections"] += 1
                async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                    await reader.read()
                writer.close()
            await asyncio.sleep(0.02)

    async def strangers(self) -> None:
        """Shake hands without being known."""
        while self._on:
            async with self._channel() as channel:
                call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
                with suppress(aio.AioRpcError):
                    await call(b"", timeout=1)
            self.done["handshakes"] += 1


def main(folder: str, mode: str, seconds: str) -> None:
    """Pump, then say what was done."""
    pump = Pump(Path(folder), float(seconds))
    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "exchange": pump.exchange,
        "deliver": pump.deliver,
        "fetch": pump.fetch,
        "stall": pump.stall,
        "crowd": pump.crowd,
        "half-open": pump.half_open,
        "strangers": pump.strangers,
    }

    async def go() -> None:
        """Until it is done, or whoever started it has seen enough."""
        task = asyncio.ensure_future(ways[mode]())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(go())
    print(", ".join(f"{count} {what}" for what, count in sorted(pump.done.items())) or "nothing")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

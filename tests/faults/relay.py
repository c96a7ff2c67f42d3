"""A relay between two ends of TCP connections that delays, swallows and cuts.

It runs on an event loop in a thread of its own, so that it works for blocking code too.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

_CHUNK_BYTES = 65536


@dataclass
class Relay:
    """Listens on a port of the loopback and passes on to `target`.

    Attributes:
        port: where it listens; 0 for any.
        delay_s: how long every chunk is held back, each way.
        on_request: sees each chunk from the caller; its answer may be "" to pass it on, "cut" to cut the connection
            instead, or "cut reply" to pass it on and cut when the other end has answered.
        cuts, connections: how many there were.
    """

    target: tuple[str, int]
    port: int = 0
    delay_s: float = 0.0
    on_request: Callable[[bytes], str] | None = None
    cuts: int = 0
    connections: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def __enter__(self) -> Relay:
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def hold(self, held: bool) -> None:
        """Let nothing pass from now on, and say nothing; or let it pass again."""
        self._loop.call_soon_threadsafe(self._flows.clear if held else self._flows.set)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection now."""
        return bool(self._writers)

    def cut(self) -> None:
        """Cut every connection there is, without a farewell."""
        self._do(self._cut())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _cut(self) -> None:
        self.cuts += bool(self._writers)
        for writer in self._writers:
            writer.transport.abort()

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        ends = {writer}
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
            ends.add(far_writer)
            self._writers.add(far_writer)
            doomed = asyncio.Event()
            ways = (self._up(reader, far_writer, doomed), self._down(far_reader, writer, doomed))
            tasks = [asyncio.create_task(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        except OSError:
            pass
        finally:
            for end in ends:
                self._writers.discard(end)
                end.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            verdict = self.on_request(data) if self.on_request else ""
            if verdict == "cut":
                self.cuts += 1
                return
            if verdict:
                doomed.set()
            await self._pass(data, writer)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            if doomed.is_set():
                self.cuts += 1
                return
            await self._pass(data, writer)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self._flows.wait()
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()

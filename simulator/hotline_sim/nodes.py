"""Node processes of a live run: started together, stopped together, whatever happens in between."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from hotline.protocol.errors import TransportError

_STOP_S = 10.0


class NodeProcesses:
    """One operating-system process per post, inside ``async with``."""

    def __init__(self, configs: Mapping[str, Path], logs: Mapping[str, Path]) -> None:
        self._configs, self._logs = configs, logs
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def __aenter__(self) -> NodeProcesses:
        try:
            for post, config in self._configs.items():
                self._running[post] = await self._start(config, self._logs[post])
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each node."""
        return {post: process.pid for post, process in self._running.items()}

    def check(self) -> None:
        """Raises TransportError NODE_UNREACHABLE if a node has ended, with the last line it wrote."""
        for post, process in self._running.items():
            if process.returncode is not None:
                lines = self._logs[post].read_text(encoding="utf-8", errors="replace").splitlines()
                last = lines[-1] if lines else "it wrote nothing"
                raise TransportError("NODE_UNREACHABLE", f"the node of {post} ended with {process.returncode}: {last}")

    async def end(self, post: str) -> None:
        """Stop one node; it is not missed until `start`."""
        await _end_of(self._running.pop(post))

    async def start(self, post: str) -> None:
        """Start one node again where its journal left it."""
        self._running[post] = await self._start(self._configs[post], self._logs[post])

    async def _start(self, config: Path, log: Path) -> asyncio.subprocess.Process:
        with ExitStack() as open_files:
            output = open_files.enter_context(log.open("ab"))
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hotline.node",
                str(config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )

    async def _stop(self) -> None:
        """Ask all to stop, wait, and end those that do not."""
        await asyncio.gather(*(_end_of(process) for process in self._running.values()))


async def _end_of(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop; after a while, make it."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()

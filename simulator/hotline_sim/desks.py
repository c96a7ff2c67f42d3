"""The desks of a live run: each post's watch floor, at the operator's service of its node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from hotline.node.client import OperatorClient
from hotline.operator import v1 as operator
from hotline.protocol.errors import TransportError
from hotline_sim.run import POSITION


class Desk:
    """A post's watch floor: its node's operator service, watched all the time, and whoever sits at the position."""

    def __init__(self, post: str, socket: Path, learn: Callable[[str, operator.WatchResponse], None]) -> None:
        self.post, self._socket, self._learn = post, socket, learn
        self._client: OperatorClient | None = None
        self._watching: asyncio.Task[None] | None = None
        self._sitting: asyncio.Task[None] | None = None
        self._seated = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether its node was there when last heard of."""
        return self._client is not None

    @property
    def client(self) -> OperatorClient:
        """The node's operator service. Raises TransportError NODE_UNREACHABLE while the node is down."""
        if self._client is None:
            raise TransportError("NODE_UNREACHABLE", f"the node of {self.post} is down")
        return self._client

    @property
    def is_staffed(self) -> bool:
        """Whether somebody sits at the position."""
        return self._sitting is not None

    async def open(self) -> bool:
        """Connect and watch; False if the node does not answer yet."""
        try:
            self._client = await OperatorClient.connect(self._socket)
        except TransportError:
            return False
        self._watching = asyncio.create_task(self._watch(self._client))
        return True

    async def close(self) -> None:
        """Leave and hang up."""
        await self.leave()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        self._client = self._watching = None

    async def sit(self) -> None:
        """Staff the position; back when it is staffed."""
        if self._sitting is None:
            self._sitting = asyncio.create_task(self._sit(self.client))
            seated = asyncio.create_task(self._seated.wait())
            await asyncio.wait({seated, self._sitting}, return_when=asyncio.FIRST_COMPLETED)
            seated.cancel()

    async def leave(self) -> None:
        """Leave the position, if anybody sits there."""
        if self._sitting is not None:
            self._sitting.cancel()
            await asyncio.gather(self._sitting, return_exceptions=True)
        self._sitting = None
        self._seated.clear()

    def check(self) -> None:
        """Raises what ended a watch."""
        for task in (self._watching, self._sitting):
            if task is not None and task.done():
                task.result()

    async def _watch(self, client: OperatorClient) -> None:
        async with aclosing(client.watch("")) as changes:
            async for change in changes:
                self._learn(self.post, change)

    async def _sit(self, client: OperatorClient) -> None:
        async with aclosing(client.watch(POSITION)) as changes:
            async for _ in changes:
                self._seated.set()

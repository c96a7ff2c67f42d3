"""The gRPC servers behind the door: one for each set of TLS credentials that this node has shown since it started.

What a gRPC server shows and admits is never changed while it runs: gRPC frees what it had under handshakes that have
begun (grpc/grpc#36693), and one more connection at that moment can end the process. So other credentials get a server
of their own. New connections are led to it, and the one before ends when nobody is left in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc import aio
from structlog.typing import FilteringBoundLogger

from hotline.node.door import Door

AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Papers:
    """What is shown, and which certificates are admitted, all of them PEM."""

    key: bytes
    certificate: bytes
    admitted: bytes

    def credentials(self) -> grpc.ServerCredentials:
        """What gRPC takes."""
        return grpc.ssl_server_credentials(
            [(self.key, self.certificate)], root_certificates=self.admitted, require_client_auth=True
        )


class Halls:
    """Keeps a server for the newest papers, and those before as long as somebody is in them."""

    def __init__(self, make: Callable[[], aio.Server], door: Door, log: FilteringBoundLogger) -> None:
        self._make, self._door, self._log = make, door, log
        self._wanted: Papers | None = None
        self._standing: Papers | None = None
        self._halls: list[tuple[Path, aio.Server]] = []
        self._opened = 0
        self._moving: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def open(self, papers: Papers) -> None:
        """Stand the first server up, and lead to it."""
        self._door.lead_to(await self._stand_up(papers))

    def move_to(self, papers: Papers) -> None:
        """Lead to a server with these papers; nobody is led on until it stands, so that the next handshake goes by
        them."""
        self._wanted = papers
        if papers != self._standing and (self._moving is None or self._moving.done()):
            self._door.hold()
            self._moving = asyncio.create_task(self._move())

    async def _move(self) -> None:
        """Move, however long it takes; without a server for the newest papers, nobody comes in."""
        while (wanted := self._wanted) is not None and wanted != self._standing:
            try:
                await self._stand_up(wanted)
            except Exception as error:
                self._log.error("no_server", detail=str(error))
                await asyncio.sleep(AGAIN_S)
        self._door.lead_to(self._halls[-1][0])

    async def _stand_up(self, papers: Papers) -> Path:
        """Stand a server up, beside those that stand; where it listens."""
        self._opened += 1
        way, server = self._door.folder / f"hall-{self._opened}", self._make()
        server.add_secure_port(f"unix:{way}", papers.credentials())
        await server.start()
        for before in self._halls[-1:]:
            leaving = asyncio.create_task(self._leave(*before))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        self._halls.append((way, server))
        self._standing = papers
        return way

    async def _leave(self, way: Path, server: aio.Server) -> None:
        """End a server once nobody is in it."""
        await self._door.left(way)
        self._halls.remove((way, server))
        await server.stop(None)

    async def close(self, grace_s: float) -> None:
        """End every server, and what is left of calls after this many seconds."""
        going_on = [*self._leaving, *([self._moving] if self._moving is not None else [])]
        for task in going_on:
            task.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)
        await asyncio.gather(*(server.stop(grace_s) for _, server in self._halls))

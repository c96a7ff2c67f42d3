"""A pipe carries both ways, holds a sender to its reader's pace, and ends with either end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from hotline.node.pipe import WAITING_BYTES, Pipe, joined

MUCH = 32 * 1024 * 1024


class Ends:
    """The far sides of both connections of a pipe."""

    def __init__(self) -> None:
        self.client, self._near = socket.socketpair()
        self._far, self.server = socket.socketpair()
        for each in (self.client, self._near, self._far, self.server):
            each.setblocking(False)
        self.ended = asyncio.Event()

    async def joined(self, first: bytes = b"") -> Pipe:
        return await joined(self._near, self._far, first, self.ended.set)

    def close(self) -> None:
        self.client.close()
        self.server.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.close()


async def read(opened: socket.socket, count: int) -> bytes:
    """So many bytes, or all that came before the end."""
    loop, got = asyncio.get_running_loop(), bytearray()
    async with asyncio.timeout(30):
        while len(got) < count and (more := await loop.sock_recv(opened, count - len(got))):
            got += more
    return bytes(got)


async def test_what_was_read_already_goes_first_and_then_both_ways(ends: Ends) -> None:
    loop = asyncio.get_running_loop()
    await ends.joined(b"hello, ")
    await loop.sock_sendall(ends.client, b"server")
    assert await read(ends.server, 13) == b"hello, server"
    await loop.sock_sendall(ends.server, b"hello, client")
    assert await read(ends.client, 13) == b"hello, client"


async def test_a_sender_is_held_to_the_pace_of_its_reader(ends: Ends) -> None:
    loop = asyncio.get_running_loop()
    await ends.joined()
    sending = asyncio.create_task(loop.sock_sendall(ends.client, bytes(MUCH)))
    done, _ = await asyncio.wait({sending}, timeout=0.2)
    assert not done, f"about {WAITING_BYTES} bytes wait, not all"
    assert await read(ends.server, MUCH) == bytes(MUCH)
    await sending


@pytest.mark.parametrize("which", ["client", "server"])
async def test_with_one_end_goes_the_other_once_it_has_what_was_sent(ends: Ends, which: str) -> None:
    loop = asyncio.get_running_loop()
    await ends.joined()
    closing, left = (ends.client, ends.server) if which == "client" else (ends.server, ends.client)
    await loop.sock_sendall(closing, b"last words")
    closing.close()
    assert await read(left, 100) == b"last words"
    async with asyncio.timeout(30):
        await ends.ended.wait()


async def test_an_abort_ends_both(ends: Ends) -> None:
    pipe = await ends.joined()
    pipe.abort()
    assert (await read(ends.client, 1), await read(ends.server, 1)) == (b"", b"")
    async with asyncio.timeout(30):
        await ends.ended.wait()


async def test_a_pipe_that_was_never_joined_leaves_nothing_open(ends: Ends) -> None:
    joining = asyncio.create_task(ends.joined())
    await asyncio.sleep(0)
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    assert (await read(ends.client, 1), await read(ends.server, 1)) == (b"", b"")

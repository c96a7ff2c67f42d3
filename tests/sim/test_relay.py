"""Relays between nodes: what passes, and what a cut line does to connections that stand and that are tried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hotline_sim.relay import Relays

A, B, C = "AUS:watch", "CHN:watch", "JPN:watch"


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """A server that says everything again; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def said(address: str, words: bytes) -> bytes:
    """What comes back of these words; empty if whoever calls is hung up on."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(words)
        return await reader.readexactly(len(words))
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""
    finally:
        writer.transport.abort()


async def test_bytes_pass_until_the_line_is_cut_and_again_when_it_is_joined() -> None:
    async with echo() as address, Relays({A: address, B: address}, [(A, B)]) as relays, asyncio.timeout(20):
        way = relays.through(A)[B]
        assert relays.through(A).keys() == {B} and relays.through(B).keys() == {A}
        assert await said(way, b"hear me") == b"hear me"
        assert relays.join(A, B, False) and not relays.join(B, A, False)
        assert not relays.is_whole(B, A) and await said(way, b"hear me") == b""
        assert relays.join(B, A, True) and await said(way, b"hear me") == b"hear me"


async def test_a_connection_that_stands_ends_with_the_line() -> None:
    async with echo() as address, Relays({A: address, B: address}, [(A, B)]) as relays, asyncio.timeout(20):
        host, _, port = relays.through(B)[A].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"hear me")
        assert await reader.readexactly(7) == b"hear me"
        relays.join(A, B, False)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.transport.abort()


async def test_a_line_without_relays_is_whole_and_stays_so() -> None:
    async with Relays({A: "127.0.0.1:1", B: "127.0.0.1:1"}, [(A, B)]) as relays:
        assert relays.is_whole(A, C) and not relays.join(A, C, False) and relays.is_whole(A, C)


async def test_a_node_that_is_not_there_hangs_up() -> None:
    async with echo() as address:
        gone = address
    async with Relays({A: gone, B: gone}, [(A, B)]) as relays, asyncio.timeout(20):
        assert await said(relays.through(A)[B], b"hear me") == b""

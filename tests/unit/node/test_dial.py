"""Calling a peer: what happens when we hang up in the very moment in which it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

from tests.kit import A, B, Net

from hotline.node.dial import Dialler, Way


class Ringing:
    """A call that is answered when it is told to, after which nobody says anything."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hung_up = False

    async def initial_metadata(self) -> None:
        await self.answer

    async def write(self, frame: bytes) -> None:
        raise AssertionError("nothing is said")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    def done(self) -> bool:
        return self.hung_up

    def cancel(self) -> None:
        self.hung_up = True


async def test_hanging_up_in_the_moment_of_the_answer_hangs_up() -> None:
    call, line = Ringing(), Mock(post=B)
    channel = SimpleNamespace(stream_stream=lambda method: lambda: call)
    dialler = Dialler(line, Mock(), Mock(), Mock(), Mock())
    calling = asyncio.create_task(dialler._exchange(cast(Any, channel), Mock(pins=[b"pin"])))
    await asyncio.sleep(0)
    call.answer.set_result(None)
    await asyncio.sleep(0)
    calling.cancel()
    _, going_on = await asyncio.wait([calling], timeout=60)
    assert not going_on and calling.cancelled()
    assert call.hung_up


def test_a_gateway_changes_where_a_peer_is_called_and_nothing_that_is_trusted() -> None:
    trust = Net()[A].trust
    direct, through = Way.to(B, trust, Mock()), Way.to(B, trust, Mock(), "10.0.0.7:7443")
    assert (direct.address, through.address) == (trust.posts[B].endpoint, "10.0.0.7:7443")
    assert (direct.pins, direct.anchors_pem) == (through.pins, through.anchors_pem)
    assert direct.holds(B, trust) and through.holds(B, trust)

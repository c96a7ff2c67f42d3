from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hotline.node.lines import WAITING_MAX, Line, Lines, Outbox, converse
from hotline.protocol.effects import Send
from hotline.protocol.errors import PeerDataError

B = "CHN:fleet-watch"


class Reports(list[tuple[str, bool]]):
    """What a line reported."""

    def __call__(self, post: str, up: bool) -> None:
        self.append((post, up))


def test_a_line_is_up_from_its_first_stream_to_its_last() -> None:
    reports = Reports()
    line = Line(B, reports)
    ours, theirs, refused = Outbox(), Outbox(), Outbox()
    line.attach(theirs)
    line.attach(ours)
    line.detach(refused)
    line.detach(theirs)
    assert reports == [(B, True)]
    line.detach(ours)
    assert reports == [(B, True), (B, False)]


def test_the_youngest_stream_comes_first_and_hands_over_what_it_could_not_send() -> None:
    line = Line(B, Reports())
    older, younger = Outbox(), Outbox()
    assert not line.send(b"lost: no stream")
    line.attach(older)
    line.attach(younger)
    assert line.send(b"1") and line.send(b"2")
    assert (list(younger.frames), list(older.frames)) == ([b"1", b"2"], [])
    line.detach(younger)
    assert list(older.frames) == [b"1", b"2"]


@pytest.mark.threat("DoS by an authenticated peer", defence="LIM", measure="slow peers that lose their own frames only")
def test_a_slow_peer_loses_its_own_frames_and_they_are_counted() -> None:
    lines = Lines(Reports())
    outbox = Outbox()
    lines[B].attach(outbox)
    assert not lines.counters()
    for number in range(WAITING_MAX + 3):
        lines.send(Send(B, b"%d" % number))
    assert list(outbox.frames) == [b"%d" % number for number in range(3, WAITING_MAX + 3)]
    assert lines.counters() == {"LINE_FULL": 3}


async def test_closing_sends_what_waits_and_ends_the_stream() -> None:
    written: list[bytes] = []
    lines = Lines(Reports())
    outbox = Outbox()
    lines[B].attach(outbox)
    lines.send(Send(B, b"last words"))

    async def write(frame: bytes) -> None:
        written.append(frame)

    async def silence() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    async def talk() -> None:
        assert await converse(outbox, write, silence(), write)
        lines[B].detach(outbox)

    talking = asyncio.create_task(talk())
    await lines.close()
    await talking
    assert written == [b"last words"]


async def test_a_stream_ends_with_its_reader_and_says_why() -> None:
    taken: list[bytes] = []

    async def two() -> AsyncIterator[bytes]:
        yield b"1"
        yield b"2"

    async def take(frame: bytes) -> None:
        taken.append(frame)
        if frame == b"2":
            raise PeerDataError("MALFORMED", "no frame")

    async def write(frame: bytes) -> None:
        raise AssertionError(frame)

    with pytest.raises(PeerDataError, match="MALFORMED"):
        await converse(Outbox(), write, two(), take)
    assert taken == [b"1", b"2"]


async def test_a_severed_stream_ends_at_once_and_what_waits_goes_to_the_next() -> None:
    line, severed, other = Line(B, Reports()), Outbox(), Outbox()
    line.attach(other)
    line.attach(severed)
    line.send(b"waits")

    async def stuck(frame: bytes) -> None:
        await asyncio.sleep(60)

    async def silence() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    talking = asyncio.create_task(converse(severed, stuck, silence(), stuck))
    await asyncio.sleep(0)
    line.send(b"comes after")
    severed.sever(PeerDataError("PIN_MISMATCH", "not listed any more"))
    with pytest.raises(PeerDataError, match="PIN_MISMATCH"):
        await asyncio.wait_for(talking, 60)
    line.detach(severed)
    assert list(other.frames)[-1] == b"comes after"


async def test_the_next_frame_is_read_when_the_one_before_is_taken() -> None:
    read, may_go_on = 0, asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(3):
            read += 1
            yield b""

    async def take(frame: bytes) -> None:
        await may_go_on.wait()

    talking = asyncio.create_task(converse(Outbox(), take, frames(), take))
    await asyncio.sleep(0.01)
    assert read == 1
    may_go_on.set()
    assert not await talking
    assert read == 3

"""The door over real sockets, with a listener in the place of gRPC."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from tests.node.line import until

from hotline.node import door as subject
from hotline.node.door import CONNECTIONS_PER_CERTIFICATE_MAX, SHAKING_MAX, SILENT_MAX, Door
from hotline.protocol.errors import HotlineError

HELLO = b"\x16\x03\x01\x00\x04abcd"


class Scene:
    """A door at a free port of the loopback, what it leads to, and who comes."""

    def __init__(self) -> None:
        self.door = Door(structlog.get_logger())
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.inside = socket.socket(socket.AF_UNIX)
        self.way = Path()
        self.opened: list[socket.socket] = [self.inside]

    def begin(self) -> None:
        self.door.listen(self.address)
        self.way = self.door.folder / "hall"
        self.inside.bind(str(self.way))
        self.inside.listen(1024)
        self.inside.setblocking(False)
        self.door.lead_to(self.way)

    async def end(self) -> None:
        for each in self.opened:
            each.close()
        await self.door.close()
        assert not self.door.folder.exists()

    async def come(self, host: str = "127.0.0.1", said: bytes = HELLO) -> socket.socket:
        """Connect from an address, and say something."""
        loop, coming = asyncio.get_running_loop(), socket.socket()
        self.opened.append(coming)
        coming.setblocking(False)
        coming.bind((host, 0))
        await loop.sock_connect(coming, ("127.0.0.1", self.port))
        await loop.sock_sendall(coming, said)
        return coming

    async def led(self) -> tuple[socket.socket, str]:
        """The next connection that is led on, its hello read, and its name as gRPC gives it."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            arrived, _ = await loop.sock_accept(self.inside)
            self.opened.append(arrived)
            assert await loop.sock_recv(arrived, 100) == HELLO
        return arrived, f"unix:{arrived.getpeername()}"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    made.begin()
    yield made
    await made.end()


def is_open(opened: socket.socket) -> bool:
    """Whether a connection on which nothing was sent to us still stands."""
    try:
        return opened.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


async def standing(connections: list[socket.socket], count: int) -> list[socket.socket]:
    """Those that stand, once they are so many."""

    async def look() -> list[socket.socket]:
        return [each for each in connections if is_open(each)]

    return await until(look, lambda found: len(found) == count)


async def test_who_says_hello_is_led_on_and_known_by_its_name(scene: Scene) -> None:
    loop = asyncio.get_running_loop()
    coming = await scene.come()
    arrived, peer = await scene.led()
    assert scene.door.address_of(peer) == "{}:{}".format(*coming.getsockname())
    await loop.sock_sendall(arrived, b"welcome")
    assert await loop.sock_recv(coming, 100) == b"welcome"
    assert [path.name for path in scene.door.folder.iterdir()] == ["hall"]


async def test_a_name_that_nobody_has_is_left_as_it_is(scene: Scene) -> None:
    scene.door.recognise("unix:/nowhere/7", b"pin")
    assert scene.door.address_of("unix:/nowhere/7") == "unix:/nowhere/7"


async def test_what_is_no_handshake_is_turned_away_at_once(scene: Scene) -> None:
    await standing([await scene.come(said=b"GET / HTTP/1.1\r\n\r\n")], 0)


async def test_silence_costs_the_silent_and_no_handshake(scene: Scene) -> None:
    shaking = await scene.come()
    await scene.led()
    silent = [await scene.come(said=HELLO[:-1]) for _ in range(SILENT_MAX + 20)]
    assert await standing(silent, SILENT_MAX) == silent[20:]
    assert is_open(shaking)


async def test_a_crowd_at_one_address_turns_nobody_at_another_away(scene: Scene) -> None:
    alone = await scene.come("127.0.0.2")
    await scene.led()
    crowd = []
    for _ in range(SHAKING_MAX + 20):
        crowd.append(await scene.come())
        await scene.led()
    assert await standing(crowd, SHAKING_MAX - 1) == crowd[21:]
    assert is_open(alone)


async def test_handshakes_are_paced_and_who_waits_may_be_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "HANDSHAKES_PER_S", 1e-9)
    monkeypatch.setattr(subject, "HANDSHAKES_BURST", 3)
    scene = Scene()
    scene.begin()
    coming = []
    for _ in range(3):
        coming.append(await scene.come())
        await scene.led()
    coming += [await scene.come() for _ in range(SHAKING_MAX + 2)]
    assert await standing(coming, SHAKING_MAX) == coming[5:]
    with pytest.raises(BlockingIOError):
        scene.inside.accept()
    await scene.end()


async def test_a_certificate_has_so_many_connections_and_takes_none_of_anothers(scene: Scene) -> None:
    other = await scene.come()
    scene.door.recognise((await scene.led())[1], b"other")
    mine = []
    for _ in range(10 * CONNECTIONS_PER_CERTIFICATE_MAX):
        mine.append(await scene.come())
        _, peer = await scene.led()
        for _ in range(2):
            scene.door.recognise(peer, b"mine")
    assert await standing(mine, CONNECTIONS_PER_CERTIFICATE_MAX) == mine[-CONNECTIONS_PER_CERTIFICATE_MAX:]
    assert is_open(other)


async def test_who_is_not_recognised_in_time_is_turned_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    recognised = await scene.come()
    scene.door.recognise((await scene.led())[1], b"pin")
    waiting = [await scene.come(), await scene.come(said=b"")]
    monkeypatch.setattr(subject, "SILENT_S", 0.0)
    monkeypatch.setattr(subject, "UNRECOGNISED_S", 0.0)
    await standing(waiting, 0)
    assert is_open(recognised)


async def test_nobody_is_led_on_while_the_door_is_held(scene: Scene) -> None:
    scene.door.hold()
    coming = await scene.come()
    await until(lambda: asyncio.sleep(0, len(scene.door._shaking)), lambda count: count == 1)
    with pytest.raises(BlockingIOError):
        scene.inside.accept()
    scene.door.lead_to(scene.way)
    await scene.led()
    assert is_open(coming)


async def test_a_place_is_left_when_its_last_connection_ends(scene: Scene) -> None:
    await asyncio.wait_for(scene.door.left(scene.way), 20)
    coming = await scene.come()
    await scene.led()
    leaving = asyncio.create_task(scene.door.left(scene.way))
    await asyncio.sleep(0)
    assert not leaving.done()
    coming.close()
    await asyncio.wait_for(leaving, 20)


async def test_a_shut_door_keeps_who_was_recognised(scene: Scene) -> None:
    recognised = await scene.come()
    scene.door.recognise((await scene.led())[1], b"pin")
    shaking, silent = await scene.come(), await scene.come(said=b"")
    await scene.led()
    scene.door.shut()
    await standing([shaking, silent], 0)
    assert is_open(recognised)
    with pytest.raises(ConnectionRefusedError):
        await scene.come()
    await scene.door.close()
    await standing([recognised], 0)


async def test_what_grpc_says_last_reaches_the_peer(scene: Scene) -> None:
    loop = asyncio.get_running_loop()
    coming = await scene.come()
    arrived, peer = await scene.led()
    scene.door.recognise(peer, b"pin")
    arrived.send(b"last words")
    arrived.close()
    await scene.door.close()
    assert await loop.sock_recv(coming, 100) == b"last words"


async def test_without_anything_to_lead_to_a_connection_ends(scene: Scene) -> None:
    scene.door.lead_to(scene.door.folder / "nothing")
    await standing([await scene.come()], 0)


async def test_addresses_that_the_machine_has_not_are_left_out_unless_they_are_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))
    known = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [unknown, known])
    door = Door(structlog.get_logger())
    door.listen("localhost:7443")
    await door.close()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [unknown])
    with pytest.raises(HotlineError, match="CONFIG_INVALID: listen: localhost:7443 cannot be had"):
        door.listen("localhost:7443")
    await door.close()


async def test_an_address_in_use_is_told(scene: Scene) -> None:
    second = Door(structlog.get_logger())
    with pytest.raises(HotlineError, match=f"CONFIG_INVALID: listen: {scene.address} cannot be had"):
        second.listen(scene.address)
    await second.close()


async def test_a_folder_too_deep_for_sockets_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    door = Door(structlog.get_logger())
    with pytest.raises(HotlineError, match=r"CONFIG_INVALID: listen: .*TMPDIR is too long"):
        door.listen("127.0.0.1:0")
    await door.close()
    assert not list(deep.iterdir())


@pytest.mark.parametrize("host", ["localhost", "[::1]", "0.0.0.0", "[::]"])
async def test_every_form_of_an_address_is_listened_on(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    door = Door(structlog.get_logger())
    door.listen(f"{host}:{port}")
    try:
        target = "::1" if host == "[::1]" else "127.0.0.1"
        with socket.create_connection((target, port), timeout=20):
            pass
    finally:
        await door.close()

"""One gRPC server for each set of credentials: new connections go to the newest, and those that stand go on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import grpc
import pytest
import structlog
from grpc import aio
from tests.kit import A, B
from tests.node.line import until

from hotline.keys import TlsIdentity, dns_name, issue_tls
from hotline.node.door import Door
from hotline.node.halls import Halls, Papers

METHOD = "/test/Echo"


def issued(post: str) -> TlsIdentity:
    return issue_tls(post, datetime.now(UTC) - timedelta(hours=1))


class Stage:
    """A door with its halls, and a client that TLS admits."""

    def __init__(self) -> None:
        log = structlog.get_logger()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.door, self.client = Door(log), issued(A)
        self.halls = Halls(self.make, self.door, log)
        self.made: list[aio.Server] = []
        self.failing = 0

    def make(self) -> aio.Server:
        if self.failing:
            self.failing -= 1
            raise RuntimeError("not now")

        async def echo(request: bytes, _: object) -> bytes:
            return request

        server = aio.server()
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", handlers),))
        self.made.append(server)
        return server

    def papers(self, shown: TlsIdentity) -> Papers:
        return Papers(shown.private_key_pem, shown.certificate_pem, self.client.certificate_pem)

    @asynccontextmanager
    async def called(self, shown: TlsIdentity) -> AsyncIterator[Callable[[], aio.UnaryUnaryCall[bytes, bytes]]]:
        """A connection of a client that trusts only this certificate."""
        trusted = grpc.ssl_channel_credentials(
            shown.certificate_pem, self.client.private_key_pem, self.client.certificate_pem
        )
        options = [("grpc.ssl_target_name_override", dns_name(B)), ("grpc.use_local_subchannel_pool", 1)]
        async with aio.secure_channel(self.address, trusted, options) as channel:
            call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
            yield lambda: call(b"echo", timeout=20)

    async def sockets(self) -> set[str]:
        return await asyncio.to_thread(lambda: {path.name for path in self.door.folder.iterdir()})


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    made.door.listen(made.address)
    yield made
    made.door.shut()
    await made.halls.close(0.0)
    await made.door.close()


async def test_the_next_handshake_goes_by_new_papers_and_what_stands_goes_on(stage: Stage) -> None:
    first, second = issued(B), issued(B)
    await stage.halls.open(stage.papers(first))
    async with stage.called(first) as before:
        assert await before() == b"echo"
        stage.halls.move_to(stage.papers(second))
        async with stage.called(second) as after:
            assert await after() == b"echo"
        assert await before() == b"echo"
        assert await stage.sockets() == {"hall-1", "hall-2"}
    async with stage.called(first) as too_late:
        with pytest.raises(aio.AioRpcError) as caught:
            await too_late()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    await until(stage.sockets, lambda names: names == {"hall-2"})


async def test_the_same_papers_move_nobody(stage: Stage) -> None:
    papers = stage.papers(issued(B))
    await stage.halls.open(papers)
    stage.halls.move_to(papers)
    async with asyncio.timeout(20), stage.called(TlsIdentity(papers.key, papers.certificate)) as call:
        assert await call() == b"echo"
    assert len(stage.made) == 1


async def test_many_moves_at_once_end_at_the_last(stage: Stage) -> None:
    one, other = issued(B), issued(B)
    await stage.halls.open(stage.papers(one))
    for shown in (other, one, other, one, other):
        stage.halls.move_to(stage.papers(shown))
    async with stage.called(other) as call:
        assert await call() == b"echo"
    stage.halls.move_to(stage.papers(one))
    await asyncio.sleep(0)
    stage.halls.move_to(stage.papers(other))
    async with stage.called(other) as call:
        assert await call() == b"echo"


async def test_a_server_that_does_not_stand_up_is_tried_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.node.halls.AGAIN_S", 0.01)
    one, other = issued(B), issued(B)
    await stage.halls.open(stage.papers(one))
    stage.failing = 1
    stage.halls.move_to(stage.papers(other))
    async with stage.called(other) as call:
        assert await call() == b"echo"
    assert not stage.failing

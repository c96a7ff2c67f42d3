"""What a node's network side gives to whom: the test plays every other post against one real node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no types
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc  # type: ignore[import-untyped]  # ships no types
from tests.conftest import Figure
from tests.kit import A, B, C, Identifiers, notice
from tests.node.line import PATIENCE_S, TestLine, make_line, until

from hotline import v1
from hotline.keys import TlsIdentity, dns_name, issue_tls
from hotline.node.client import OperatorClient
from hotline.node.door import CONNECTIONS_PER_CERTIFICATE_MAX
from hotline.node.server import CALLS_PER_CERTIFICATE_MAX, STREAMS_PER_CERTIFICATE_MAX
from hotline.node.wire import CODE_KEY, DELIVER, EXCHANGE, FETCH, METADATA_BYTES_MAX, NOT_NOW_KEY
from hotline.protocol.effects import Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.intake import FRAME_BYTES_MAX


@dataclass
class Stage:
    """A node of B among three posts, and what the test needs to be A or C."""

    line: TestLine
    node: OperatorClient

    def endpoint(self, post: str) -> Endpoint:
        """A core for a post that the test plays, connected to B."""
        signer = self.line.rehearsal.nodes[post]
        now = self.line.clock.now()
        endpoint = Endpoint(post, self.line.trust, signer, Identifiers((post, now.utc_ns)), now)
        endpoint.link(B, True, now)
        return endpoint

    def channel(self, identity: TlsIdentity | None, *more: tuple[str, int]) -> aio.Channel:
        """A connection to B under a certificate."""
        shown = (identity.private_key_pem, identity.certificate_pem) if identity else (None, None)
        credentials = grpc.ssl_channel_credentials(self.line.site.berths[B].tls.certificate_pem, *shown)
        options = [("grpc.ssl_target_name_override", dns_name(B)), ("grpc.use_local_subchannel_pool", 1), *more]
        return aio.secure_channel(self.line.site.berths[B].address, credentials, options)

    def as_post(self, post: str, *more: tuple[str, int]) -> aio.Channel:
        """A connection to B with a post's own certificate, and more options."""
        return self.channel(self.line.site.berths[post].tls, *more)

    async def counters(self) -> dict[str, int]:
        """What B has dropped so far."""
        return dict((await self.node.describe()).counters)


@pytest.fixture(scope="module")
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """One node for all tests here; its rates are others' matter."""
    line = make_line(folder, A, B, C)
    with line.start(B, limits={"statements_per_s": 100_000, "statements_burst": 1_000_000}) as running:
        async with await line.connect(B) as node:
            yield Stage(line, node)
        assert running.stop() == 0


def frames(endpoint: Endpoint) -> list[bytes]:
    """What a played core wants to send to B now."""
    return [e.frame for e in endpoint.take_effects() if isinstance(e, Send) and e.peer == B]


async def deliver(channel: aio.Channel, frame: bytes) -> bytes:
    """One unary Deliver."""
    call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
    return await call(frame, timeout=PATIENCE_S)


async def talk(channel: aio.Channel, played: Endpoint, line: TestLine, enough: Callable[[], bool]) -> None:
    """An Exchange between a played core and the node, until the core has had enough."""
    call: aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(EXCHANGE)()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for frame in frames(played):
                await call.write(frame)
            if enough():
                return
            answer = await call.read()
            assert isinstance(answer, bytes)
            played.receive(answer, line.clock.now())


async def fetch(channel: aio.Channel, request: v1.FetchRequest) -> list[bytes]:
    """One Fetch, to its end."""
    call: aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(FETCH)
    return [frame async for frame in call(request.SerializeToString(), timeout=PATIENCE_S)]


def code_of(error: aio.AioRpcError) -> object:
    """The code in the trailing metadata."""
    return dict(error.trailing_metadata() or ()).get(CODE_KEY)


@pytest.mark.threat("DoS by outsider", defence="SIG", measure="strangers that real TLS kept out")
async def test_only_listed_certificates_get_through_tls(stage: Stage, figure: Figure) -> None:
    stranger = issue_tls(A, datetime.now(UTC) - timedelta(hours=1))
    (frame,) = frames(stage.endpoint(A))
    strangers = (None, stranger, stage.line.site.berths[B].tls)
    for identity in strangers:
        async with stage.channel(identity) as channel:
            with pytest.raises(aio.AioRpcError) as caught:
                await deliver(channel, frame)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert code_of(caught.value) is None
    async with stage.as_post(A) as channel:
        assert v1.Frame.FromString(await deliver(channel, frame)).head.payload
    figure(len(strangers))


@pytest.mark.threat(
    "masquerade / key misuse", defence="ID", measure="heads over another certificate, refused on a real line"
)
async def test_a_head_over_another_posts_certificate_is_refused(stage: Stage) -> None:
    (frame,) = frames(stage.endpoint(A))
    before = await stage.counters()
    async with stage.as_post(C) as channel:
        with pytest.raises(aio.AioRpcError) as caught:
            await deliver(channel, frame)
        assert (caught.value.code(), code_of(caught.value)) == (grpc.StatusCode.INVALID_ARGUMENT, "PIN_MISMATCH")
        call: aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(EXCHANGE)()
        await call.write(frame)
        with pytest.raises(aio.AioRpcError) as caught:
            await call.read()
        assert code_of(caught.value) == "PIN_MISMATCH"
        assert (caught.value.details() or "").startswith("PIN_MISMATCH: ")
    assert (await stage.counters())["PIN_MISMATCH"] == before.get("PIN_MISMATCH", 0) + 2


async def test_deliver_and_exchange_are_one_handler(stage: Stage) -> None:
    a = stage.endpoint(A)
    async with stage.as_post(A) as channel:
        for frame in frames(a):
            a.receive(await deliver(channel, frame), stage.line.clock.now())
        assert a.confirmed
        sent = a.submit(stage.line.say(A, notice("by Deliver"), B), stage.line.clock.now())
        for frame in frames(a):
            a.receive(await deliver(channel, frame), stage.line.clock.now())
        assert [fact.value for fact in a.book.entries[sent.digest].facts_of(B)] == ["RECEIVED"]
        again = a.submit(stage.line.say(A, notice("by Exchange"), B), stage.line.clock.now())
        await talk(channel, a, stage.line, lambda: bool(a.book.entries[again.digest].facts_of(B)))
        peers = {peer.post: peer.state for peer in (await stage.node.describe()).peers}
        assert peers == {A: "OPEN", C: "DOWN"}
    await until(stage.node.describe, lambda line: {peer.state for peer in line.peers} == {"DOWN"})


async def test_fetch_serves_any_log_held_and_says_what_is_not(stage: Stage) -> None:
    submitted = await stage.node.submit(stage.line.say(B, notice("to be fetched", contact=B), C))
    assert submitted.state in ("SEALED", "WAITING")
    async with stage.as_post(A) as channel:
        a = stage.endpoint(A)
        await talk(channel, a, stage.line, lambda: a.logs[B].sequence > 0)
        held = await stage.node.describe()
        fresh = stage.endpoint(A)
        for frame in await fetch(channel, v1.FetchRequest(post=B, epoch=1, first=1, last=held.sequence)):
            fresh.receive(frame, stage.line.clock.now())
            assert not v1.Frame.FromString(frame).directories, "B knows who asks, and what A lists in its Heads"
        assert submitted.digest in fresh.book.entries
        for wrong in (
            v1.FetchRequest(post=B, epoch=1, first=1, last=held.sequence + 1),
            v1.FetchRequest(post=B, epoch=2, first=1, last=1),
            v1.FetchRequest(post="USA:nobody", epoch=1, first=1, last=1),
            v1.FetchRequest(post="\u4e0a" * METADATA_BYTES_MAX, epoch=1, first=1, last=1),
        ):
            with pytest.raises(aio.AioRpcError) as caught:
                await fetch(channel, wrong)
            assert (caught.value.code(), code_of(caught.value)) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_HELD")
        with pytest.raises(aio.AioRpcError) as caught:
            await fetch(channel, v1.FetchRequest(post=B, epoch=1, last=1))
        assert (caught.value.code(), code_of(caught.value)) == (grpc.StatusCode.INVALID_ARGUMENT, "RULE_BROKEN")


@pytest.mark.threat("DoS by outsider", defence="LIM", measure="lines sent too much at once, refused")
async def test_too_much_is_refused(stage: Stage) -> None:
    async with stage.as_post(C) as channel:
        with pytest.raises(aio.AioRpcError) as caught:
            await deliver(channel, bytes(FRAME_BYTES_MAX + 1))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(aio.AioRpcError) as caught:
            await deliver(channel, bytes(FRAME_BYTES_MAX))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        open_calls: list[aio.StreamStreamCall[bytes, bytes]] = []
        for _ in range(STREAMS_PER_CERTIFICATE_MAX):
            open_calls.append(channel.stream_stream(EXCHANGE)())
            await open_calls[-1].initial_metadata()
        for _ in range(100):
            one_more: aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(EXCHANGE)()
            with pytest.raises(aio.AioRpcError) as caught:
                await one_more.read()
            assert (caught.value.code(), code_of(caught.value)) == (grpc.StatusCode.UNAVAILABLE, "BUSY")
        not_now = dict(caught.value.trailing_metadata() or ())[NOT_NOW_KEY]
        assert isinstance(not_now, bytes)
        assert v1.NotNow.FromString(not_now) == v1.NotNow(code="BUSY", retry_after_ms=1000)


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="limits of a call held at, above and far above")
async def test_what_comes_with_a_call_has_its_limits(stage: Stage, figure: Figure) -> None:
    """The standard counts a name, a value and 32 bytes more for each header, and gRPC adds some of its own."""
    (frame,) = frames(stage.endpoint(A))
    async with stage.as_post(A) as channel:
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
        await call(frame, metadata=(("x", "v" * (METADATA_BYTES_MAX - 700)),), timeout=PATIENCE_S)
        for size in (METADATA_BYTES_MAX, 100 * METADATA_BYTES_MAX):
            with pytest.raises(aio.AioRpcError) as caught:
                await call(frame, metadata=(("x", "v" * size),), timeout=PATIENCE_S)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    figure(3)


async def test_what_is_compressed_is_refused(stage: Stage) -> None:
    (frame,) = frames(stage.endpoint(A))
    async with stage.as_post(A) as channel:
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
        with pytest.raises(aio.AioRpcError) as caught:
            await call(frame + bytes(10_000), compression=grpc.Compression.Gzip, timeout=PATIENCE_S)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="limits of a certificate's calls held far above")
async def test_a_certificate_has_so_many_calls_and_no_more(stage: Stage, figure: Figure) -> None:
    """A call stays open as long as its answer is not read, and is more than one may send unread."""
    said = [stage.line.say(B, notice(contact=B), A, C) for _ in range(300)]
    await asyncio.gather(*map(stage.node.submit, said))
    wanted = v1.FetchRequest(post=B, epoch=1, first=1, last=(await stage.node.describe()).sequence)
    (frame,) = frames(stage.endpoint(A))
    asked = 10 * CALLS_PER_CERTIFICATE_MAX
    async with stage.as_post(A, ("grpc.http2.bdp_probe", 0)) as channel, stage.as_post(A) as other:
        fetching: aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(FETCH)
        unread = [fetching(wanted.SerializeToString(), timeout=60) for _ in range(CALLS_PER_CERTIFICATE_MAX)]
        for call in unread:
            await call.initial_metadata()
        for _ in range(asked):
            with pytest.raises(aio.AioRpcError) as caught:
                await deliver(other, frame)
            assert (caught.value.code(), code_of(caught.value)) == (grpc.StatusCode.UNAVAILABLE, "BUSY")
            assert f"{CALLS_PER_CERTIFICATE_MAX} calls" in (caught.value.details() or "")
        for call in unread:
            call.cancel()

        async def answered() -> bytes | object:
            try:
                return await deliver(other, frame)
            except aio.AioRpcError as error:
                return code_of(error)

        await until(answered, lambda answer: answer != "BUSY")
    figure(asked)


@pytest.mark.threat(
    "DoS by an authenticated peer", defence="LIM", measure="connections of one certificate, another's call answered"
)
async def test_a_certificate_has_so_many_connections_and_takes_nobody_elses(stage: Stage, figure: Figure) -> None:
    """The youngest stand, so that a peer whose old ones are dead without its knowing comes in."""
    (mine,), (others,) = frames(stage.endpoint(A)), frames(stage.endpoint(C))
    asked = 12 * CONNECTIONS_PER_CERTIFICATE_MAX
    async with AsyncExitStack() as held:
        channels = [await held.enter_async_context(stage.as_post(A)) for _ in range(asked)]
        for channel in channels:
            await deliver(channel, mine)

        async def standing() -> list[aio.Channel]:
            return [each for each in channels if each.get_state() is grpc.ChannelConnectivity.READY]

        assert (
            await until(standing, lambda found: len(found) <= CONNECTIONS_PER_CERTIFICATE_MAX)
            == (channels[-CONNECTIONS_PER_CERTIFICATE_MAX:])
        )
        async with stage.as_post(C) as channel:
            assert v1.Frame.FromString(await deliver(channel, others)).head.payload
        assert v1.Frame.FromString(await deliver(channels[-1], mine)).head.payload
    figure(asked)


async def test_health_and_reflection_answer(stage: Stage) -> None:
    async with stage.as_post(A) as channel:
        for service in ("", "hotline.v1.HotlineService"):
            asked = health_pb2.HealthCheckRequest(service=service)
            answer = await health_pb2_grpc.HealthStub(channel).Check(asked, timeout=PATIENCE_S)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        wanted = reflection_pb2.ServerReflectionRequest(file_containing_symbol="hotline.v1.HotlineService")
        asking = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([wanted]))
        files = (await asking.read()).file_descriptor_response.file_descriptor_proto
        assert any(b"HotlineService" in file for file in files)

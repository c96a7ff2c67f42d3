"""gRPC over mutual TLS, both ways: the three calls to the node under test, and the service that it calls here.

What the node answers is handed on as bytes; a call that fails becomes `CallError` with whatever it said.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import grpc
from grpc import aio

from hotline import v1
from hotline.keys import TlsIdentity, dns_name
from hotline.node.wire import CODE_KEY, DELIVER, EXCHANGE, FETCH, NOT_NOW_KEY, SERVICE
from hotline.protocol.trust import Trust

ANSWER_S = 15.0
CLOSING_S = 0.5
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.so_reuseport", 0),
)


class CallError(Exception):
    """A call that the node ended with a status.

    Attributes:
        code: the stable code that it said; empty where it said none.
        status: the gRPC status by name.
        not_now: its NotNow, where there was one.
    """

    def __init__(self, error: aio.AioRpcError) -> None:
        super().__init__(f"{error.code().name}: {error.details()}")
        told = dict(error.trailing_metadata() or ())
        code, not_now = told.get(CODE_KEY, ""), told.get(NOT_NOW_KEY)
        self.code = code if isinstance(code, str) else ""
        self.status = error.code().name
        self.not_now = v1.NotNow.FromString(not_now) if isinstance(not_now, bytes) else None


class Caller:
    """One TLS identity at the node under test."""

    def __init__(self, address: str, target: str, trust: Trust, identity: TlsIdentity) -> None:
        anchors = "".join(map(ssl.DER_cert_to_PEM_cert, trust.posts[target].tls_certificates)).encode("ascii")
        credentials = grpc.ssl_channel_credentials(anchors, identity.private_key_pem, identity.certificate_pem)
        options = (*_OPTIONS, ("grpc.ssl_target_name_override", dns_name(target)))
        self.address = address
        self._channel = aio.secure_channel(address, credentials, options)

    async def deliver(self, frame: bytes) -> bytes:
        """Hand over a Frame; the Frame with the node's Head.

        Raises:
            CallError: the node refused it or could not be reached.
        """
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(DELIVER)
        try:
            return await call(frame, timeout=ANSWER_S)
        except aio.AioRpcError as error:
            raise CallError(error) from error

    async def fetch(self, request: v1.FetchRequest) -> list[bytes]:
        """Every Frame of a range of a log; raises as `deliver`."""
        call: aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(FETCH)
        try:
            return [frame async for frame in call(request.SerializeToString(), timeout=ANSWER_S)]
        except aio.AioRpcError as error:
            raise CallError(error) from error

    async def exchange(self, take: Callable[[bytes], None]) -> Talk:
        """Open a stream; what comes over it goes to `take`. Raises as `deliver`."""
        call: aio.StreamStreamCall[bytes, bytes] = self._channel.stream_stream(EXCHANGE)()
        try:
            await asyncio.wait_for(call.wait_for_connection(), ANSWER_S)
        except aio.AioRpcError as error:
            raise CallError(error) from error
        return Talk(call, take)

    async def close(self) -> None:
        """Hang up."""
        await self._channel.close()


class Talk:
    """A stream that stands. `ended` is done when the node has ended it."""

    def __init__(self, call: aio.StreamStreamCall[bytes, bytes], take: Callable[[bytes], None]) -> None:
        self._call, self._take = call, take
        self.ended = asyncio.create_task(self._read())

    async def write(self, frame: bytes) -> None:
        """Send a Frame; raises CallError if the stream has ended."""
        try:
            await self._call.write(frame)
        except (aio.AioRpcError, asyncio.InvalidStateError) as error:
            if isinstance(error, aio.AioRpcError):
                raise CallError(error) from error
            await self.ended

    async def close(self) -> None:
        """End the stream from here."""
        self._call.cancel()
        await asyncio.gather(self.ended, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for frame in self._call:
                self._take(frame)
        except aio.AioRpcError as error:
            raise CallError(error) from error


class Host(Protocol):
    """What a post of the suite does for the node that calls it."""

    def take(self, frame: bytes) -> None:
        """Take a Frame of the node."""

    def current_frame(self) -> bytes:
        """A Frame with this post's newest Head."""

    def serve(self, request: v1.FetchRequest) -> Sequence[bytes]:
        """Answer a Fetch."""


class Door:
    """The listening side of one post of the suite. `called`: set when the node has opened a stream to it."""

    def __init__(self, host: Host, identity: TlsIdentity, trust: Trust, target: str) -> None:
        self._host, self._identity = host, identity
        self._anchors = "".join(map(ssl.DER_cert_to_PEM_cert, trust.posts[target].tls_certificates)).encode("ascii")
        self._server: aio.Server | None = None
        self._closing = asyncio.Event()
        self.called = asyncio.Event()

    async def open(self, address: str) -> None:
        """Listen; RuntimeError if the address cannot be had."""
        self._closing = asyncio.Event()
        pair = [(self._identity.private_key_pem, self._identity.certificate_pem)]
        credentials = grpc.ssl_server_credentials(pair, self._anchors, require_client_auth=True)
        self._server = aio.server(options=_OPTIONS)
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Exchange": grpc.stream_stream_rpc_method_handler(self._exchange),
            "Deliver": grpc.unary_unary_rpc_method_handler(self._deliver),
            "Fetch": grpc.unary_stream_rpc_method_handler(self._fetch),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self._server.add_secure_port(address, credentials)
        await self._server.start()

    async def close(self) -> None:
        """Stop listening; streams end."""
        if self._server is not None:
            self._closing.set()
            await self._server.stop(CLOSING_S)
            self._server = None

    async def _exchange(self, frames: AsyncIterator[bytes], context: aio.ServicerContext[Any, Any]) -> None:
        self.called.set()
        await context.send_initial_metadata(())
        reading = asyncio.create_task(self._read(frames))
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait({reading, closing}, return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, closing):
            task.cancel()
        await asyncio.gather(reading, closing, return_exceptions=True)

    async def _read(self, frames: AsyncIterator[bytes]) -> None:
        async for frame in frames:
            self._host.take(frame)

    async def _deliver(self, frame: bytes, context: aio.ServicerContext[Any, Any]) -> bytes:
        self._host.take(frame)
        return self._host.current_frame()

    async def _fetch(self, request: bytes, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[bytes]:
        for frame in self._host.serve(v1.FetchRequest.FromString(request)):
            yield frame

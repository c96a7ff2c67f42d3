"""What a node serves to its peers: hotline.v1.HotlineService, health and reflection, over mutual TLS.

TLS admits exactly the certificates that the directories list for the other posts; the Endpoint then holds the one shown
against the post whose Head comes over it. Frames pass as bytes: the core alone parses them. When the directories
change, the next handshake goes by them, and streams whose certificate is no longer listed end (REQ-DIR-4).
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no types
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]  # ships no types
from structlog.typing import FilteringBoundLogger

from hotline import v1
from hotline.keys import tls_pin
from hotline.node.door import SHAKING_MAX, Door
from hotline.node.driver import Driver
from hotline.node.guard import Guard, passing
from hotline.node.halls import Halls, Papers
from hotline.node.identity import Identity
from hotline.node.lines import Lines, Outbox, converse
from hotline.node.refusals import Refusals
from hotline.node.wire import (
    CALLS_PER_CONNECTION_MAX,
    SERVER_OPTIONS,
    SERVICE,
    refuse,
    refusing,
)
from hotline.protocol.envelope import parse
from hotline.protocol.errors import HotlineError, PeerDataError, TransportError
from hotline.protocol.trust import Trust

Context = aio.ServicerContext[Any, Any]

CALLS_PER_CERTIFICATE_MAX = 16
STREAMS_PER_CERTIFICATE_MAX = 4


class HotlineService:
    """The three calls. Their names are those of the proto."""

    def __init__(self, driver: Driver, lines: Lines, guard: Guard, door: Door, refusals: Refusals) -> None:
        self._driver, self._lines, self._guard, self._door, self._refusals = driver, lines, guard, door, refusals
        self._calls: Counter[bytes] = Counter()
        self._streams: Counter[bytes] = Counter()
        self._talking: set[_Talk] = set()

    def rewire(self) -> None:
        """End the streams whose certificate is no longer listed for their post."""
        for talk in self._talking:
            if not self._is_listed(talk.shown, talk.post):
                talk.outbox.sever(no_longer_listed(talk.post or "any post"))

    def _is_listed(self, shown: bytes, post: str = "") -> bool:
        """Whether a certificate is listed for a post; for any other than our own where it is not known which."""
        wiring, own = self._driver.endpoint.wiring, self._driver.endpoint.post
        posts = [post] if post else [each for each in wiring if each != own]
        return any(shown in wiring[each][1] for each in posts if each in wiring)

    def _peer(self, shown: bytes) -> str:
        """The post that a certificate is listed for; empty for one that is listed no longer."""
        return next((post for post in self._driver.endpoint.wiring if self._is_listed(shown, post)), "")

    def _name(self, shown: bytes, context: Context) -> str:
        """The post that a certificate is listed for; where it is listed no longer, the address it is shown from."""
        return self._peer(shown) or self._door.address_of(context.peer())

    def _admit(self, shown: bytes) -> None:
        """A connection outlives a change of directories; a call on it must not."""
        if not self._is_listed(shown):
            raise no_longer_listed("any post")

    def _pin_shown(self, context: Context) -> bytes:
        """SHA-256 of the certificate the caller showed; TLS has seen that there is one and that it is listed."""
        (pem, *_) = context.auth_context()["x509_pem_cert"]
        shown = tls_pin(ssl.PEM_cert_to_DER_cert(pem.decode("ascii")))
        self._door.recognise(context.peer(), shown)
        return shown

    async def Exchange(self, frames: AsyncIterator[bytes], context: Context) -> None:
        """Frames both ways. The stream is of the post whose Head comes over it first."""
        shown = self._pin_shown(context)
        async with refusing(context):
            self._admit(shown)
            with _counted(self._streams, shown, STREAMS_PER_CERTIFICATE_MAX):
                await context.send_initial_metadata(())
                if await self._talk(frames, shown, context):
                    raise TransportError("STOPPING", "this node is shutting down")

    async def _talk(self, frames: AsyncIterator[bytes], shown: bytes, context: Context) -> bool:
        """Carry a stream from its first Frame to its end; whether it was we who ended it."""
        talk = _Talk(shown)

        async def take(frame: bytes) -> None:
            lane = await passing(self._guard, self._peer(shown), frame)
            if lane is None:
                return
            post = await self._driver.receive(frame, shown, lane=lane)
            if not talk.post:
                talk.post = post
                self._lines[post].attach(talk.outbox)
                self.rewire()

        self._talking.add(talk)
        try:
            return await converse(talk.outbox, context.write, frames, take)
        except HotlineError as error:
            self._refusals.tell("stream_ended", error, talk.post or self._name(shown, context))
            raise
        finally:
            self._talking.discard(talk)
            if talk.post:
                self._lines[talk.post].detach(talk.outbox)

    async def Deliver(self, frame: bytes, context: Context) -> bytes:
        """One Frame in, this node's newest Head out."""
        shown = self._pin_shown(context)
        try:
            with _counted(self._calls, shown, CALLS_PER_CERTIFICATE_MAX):
                lane = self._guard.lane(self._peer(shown), frame)
                await self._driver.receive(frame, shown, lane=lane)
                answer = self._driver.endpoint.current_frame()
            if answer is None:
                raise TransportError("BUSY", "this node has made no Head yet")
            return answer
        except HotlineError as error:
            self._refusals.tell("frame_refused", error, self._name(shown, context))
            await refuse(context, error)

    async def Fetch(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """A range of any log held here, or its beginning. Between two Frames others have their turn."""
        shown = self._pin_shown(context)
        async with refusing(context):
            self._admit(shown)
            with _counted(self._calls, shown, CALLS_PER_CERTIFICATE_MAX):
                asker = self._peer(shown)
                for frame in self._guard.serving(asker, request, partial(self._serve, request, asker)):
                    yield frame

    def _serve(self, request: bytes, asker: str) -> Iterator[bytes]:
        wanted = parse(request, v1.FetchRequest)
        return self._driver.endpoint.serve(wanted.post, wanted.first, wanted.last, wanted.epoch, asker)


@dataclass(eq=False, slots=True)
class _Talk:
    """A stream that a peer has opened; `post` is known from its first Frame on."""

    shown: bytes
    post: str = ""
    outbox: Outbox = field(default_factory=Outbox)


class Server:
    """The listening side of a node: the door, and behind it the gRPC servers, each on a socket of its own."""

    def __init__(
        self,
        driver: Driver,
        lines: Lines,
        guard: Guard,
        identity: Identity,
        refusals: Refusals,
        log: FilteringBoundLogger,
    ) -> None:
        self._driver, self._identity = driver, identity
        self._door = Door(log)
        self._halls = Halls(self._make, self._door, log)
        self._health = health.aio.HealthServicer()
        self._service = HotlineService(driver, lines, guard, self._door, refusals)

    def rewire(self) -> None:
        """Show and admit what the directories list now; end what they list no longer."""
        self._halls.move_to(self._papers())
        self._service.rewire()

    def _papers(self) -> Papers:
        trust, own = self._driver.endpoint.trust, self._driver.endpoint.post
        shown = self._identity.shown(trust)[0]
        admitted = certificates_pem(trust, *(post for post in self._driver.endpoint.wiring if post != own))
        return Papers(shown.private_key_pem, shown.certificate_pem, admitted)

    def _make(self) -> aio.Server:
        """A gRPC server with everything that peers may call."""
        server = aio.server(
            options=SERVER_OPTIONS,
            maximum_concurrent_rpcs=CALLS_PER_CONNECTION_MAX * SHAKING_MAX,
            compression=grpc.Compression.NoCompression,
        )
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Exchange": grpc.stream_stream_rpc_method_handler(self._service.Exchange),
            "Deliver": grpc.unary_unary_rpc_method_handler(self._service.Deliver),
            "Fetch": grpc.unary_stream_rpc_method_handler(self._service.Fetch),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        return server

    async def start(self, address: str) -> None:
        """Listen.

        Raises:
            UsageError: CONFIG_INVALID if the address cannot be had.
        """
        self._door.listen(address)
        await self._halls.open(self._papers())
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def refuse_new_work(self) -> None:
        """Say NOT_SERVING to whoever asks for health."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace_s: float) -> None:
        """End what is left of calls after this many seconds."""
        self._door.shut()
        await self._halls.close(grace_s)
        await self._door.close()


def certificates_pem(trust: Trust, *posts: str) -> bytes:
    """Every TLS certificate that the directories list for these posts, as gRPC takes trust anchors."""
    listed = (certificate for post in posts for certificate in trust.posts[post].tls_certificates)
    return "".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in listed).encode("ascii")


def no_longer_listed(post: str) -> PeerDataError:
    """Why a stream ends when directories change."""
    return PeerDataError("PIN_MISMATCH", f"the certificate of this connection is not listed for {post} any more")


@contextmanager
def _counted(open_calls: Counter[bytes], shown: bytes, limit: int) -> Iterator[None]:
    """Hold one of the calls that a certificate may have open; TransportError BUSY if all are taken."""
    if open_calls[shown] >= limit:
        raise TransportError("BUSY", f"{limit} calls under this certificate are open")
    open_calls[shown] += 1
    try:
        yield
    finally:
        open_calls[shown] -= 1

"""The calling side of the line: for each peer one connection with an Exchange kept open on it, and Fetch when asked.

It trusts only the certificates that the directory lists for that peer, under the name in them. Attempts follow each
other in real time, whatever the exercise clock says: connections are no part of the exercise.
"""

from __future__ import annotations

import asyncio
import random

import grpc
from grpc import aio
from structlog.typing import FilteringBoundLogger

from hotline import v1
from hotline.keys import TlsIdentity, dns_name
from hotline.node.driver import Driver
from hotline.node.lines import Line, Outbox, converse
from hotline.node.server import certificates_pem
from hotline.node.wire import CHANNEL_OPTIONS, EXCHANGE, FETCH, error_of
from hotline.protocol.effects import Fetch
from hotline.protocol.errors import HotlineError, TransportError

Stream = aio.StreamStreamCall[bytes, bytes]

RETRY_FIRST_S = 0.2
RETRY_MAX_S = 5.0
ANSWER_S = 20.0
FETCHES_MAX = 8


class Dialler:
    """Keeps the line to one peer from our side."""

    def __init__(self, line: Line, driver: Driver, tls: TlsIdentity, log: FilteringBoundLogger) -> None:
        self._line, self._driver, self._log = line, driver, log.bind(peer=line.post)
        trust = driver.endpoint.trust
        # TLS has admitted one of these and no other, so any of them stands for the one that was shown.
        self._pin = min(trust.pins[line.post])
        self._credentials = grpc.ssl_channel_credentials(
            certificates_pem(trust, line.post), tls.private_key_pem, tls.certificate_pem
        )
        self._address = trust.posts[line.post].endpoint
        self._options = (*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", dns_name(line.post)))
        self._channel: aio.Channel | None = None
        self._fetches: set[asyncio.Task[None]] = set()
        self._accepted = False
        self._said = ""

    async def run(self) -> None:
        """Keep an Exchange open until cancelled; the wait grows as long as nothing useful comes of it."""
        wait_s = RETRY_FIRST_S
        try:
            while not await self._attempt():
                wait_s = RETRY_FIRST_S if self._accepted else min(2 * wait_s, RETRY_MAX_S)
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
        finally:
            for task in self._fetches:
                task.cancel()

    def fetch(self, wanted: Fetch) -> None:
        """Begin a Fetch, if there is a connection. What is not fetched now, the core asks for again."""
        if self._channel is not None and len(self._fetches) < FETCHES_MAX:
            task = asyncio.create_task(self._fetch(self._channel, wanted))
            self._fetches.add(task)
            task.add_done_callback(self._fetches.discard)

    async def _attempt(self) -> bool:
        """One connection, from its opening to its end; whether it was we who ended it for good."""
        self._accepted = False
        try:
            async with aio.secure_channel(self._address, self._credentials, self._options) as channel:
                return await self._exchange(channel)
        except aio.AioRpcError as error:
            self._note(error_of(error))
        except HotlineError as error:
            self._note(error)
        except (TimeoutError, asyncio.InvalidStateError) as error:
            self._note(TransportError("NODE_UNREACHABLE", f"no answer: {error}"))
        return False

    async def _exchange(self, channel: aio.Channel) -> bool:
        """Open the stream and carry it."""
        outbox = Outbox()
        call: Stream = channel.stream_stream(EXCHANGE)()
        try:
            await asyncio.wait_for(call.initial_metadata(), ANSWER_S)
            if call.done():
                raise error_of(await _failure(call))
            self._channel = channel
            self._line.attach(outbox)
            self._log.info("line_open")
            self._said = ""
            return await converse(outbox, call.write, call, self._take)
        finally:
            self._channel = None
            self._line.detach(outbox)
            call.cancel()

    async def _take(self, frame: bytes) -> None:
        await self._driver.receive(frame, self._pin)
        self._accepted = True

    async def _fetch(self, channel: aio.Channel, wanted: Fetch) -> None:
        """Feed what a peer serves. It may be of another post's log: TLS has seen to whose node serves it."""
        request = v1.FetchRequest(post=wanted.post, epoch=wanted.epoch, first=wanted.first, last=wanted.last)
        call: aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(FETCH)
        try:
            async for frame in call(request.SerializeToString(), timeout=ANSWER_S):
                await self._driver.receive(frame, None)
        except aio.AioRpcError as error:
            self._log.warning("fetch_failed", post=wanted.post, first=wanted.first, detail=str(error_of(error)))
        except HotlineError as error:
            self._log.warning("fetch_failed", post=wanted.post, first=wanted.first, detail=str(error))

    def _note(self, error: HotlineError) -> None:
        """Say why the line is not open, once per reason."""
        if str(error) != self._said:
            self._said = str(error)
            self._log.warning("line_closed", code=error.code, detail=error.detail)


async def _failure(call: Stream) -> aio.AioRpcError:
    """How a call that never stood ended."""
    return aio.AioRpcError(
        await call.code(), trailing_metadata=await call.trailing_metadata(), details=await call.details()
    )

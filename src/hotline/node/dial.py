"""The calling side of the line: for each peer one connection with an Exchange kept open on it, and Fetch when asked.

It trusts only the certificates that the directory lists for that peer, under the name in them, and calls anew when one
of those that it trusted is listed no longer. Attempts follow each other in real time, whatever the exercise clock says:
connections are no part of the exercise.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import grpc
from grpc import aio
from structlog.typing import FilteringBoundLogger

from hotline import v1
from hotline.keys import TlsIdentity, dns_name
from hotline.node.driver import Driver
from hotline.node.guard import Guard, passing
from hotline.node.identity import Identity
from hotline.node.lines import Line, Lines, Outbox, converse
from hotline.node.server import certificates_pem, no_longer_listed
from hotline.node.wire import CHANNEL_OPTIONS, EXCHANGE, FETCH, error_of
from hotline.protocol.effects import Fetch
from hotline.protocol.errors import HotlineError, TransportError
from hotline.protocol.trust import Trust

Stream = aio.StreamStreamCall[bytes, bytes]

RETRY_FIRST_S = 0.2
RETRY_MAX_S = 5.0
ANSWER_S = 20.0
FETCHES_MAX = 8


@dataclass(frozen=True, slots=True)
class Way:
    """How a peer is called: where, trusting which certificates, showing which identity.

    Attributes:
        listed: its address as the directory says.
        address: where it is called: there, or at a gateway of ours.
    """

    listed: str
    address: str
    pins: frozenset[bytes]
    anchors_pem: bytes
    shown: TlsIdentity

    @classmethod
    def to(cls, post: str, trust: Trust, shown: TlsIdentity, through: str = "") -> Way:
        """As the directory of the peer says now; through a gateway, if one is named."""
        listed = trust.posts[post].endpoint
        return cls(listed, through or listed, trust.pins[post], certificates_pem(trust, post), shown)

    def holds(self, post: str, trust: Trust) -> bool:
        """Whether a connection made so may stand: nothing it trusts was taken off the list, and the place is the
        same."""
        listed = trust.posts.get(post)
        return listed is not None and listed.endpoint == self.listed and self.pins <= trust.pins[post]

    def credentials(self) -> grpc.ChannelCredentials:
        """What gRPC takes."""
        return grpc.ssl_channel_credentials(self.anchors_pem, self.shown.private_key_pem, self.shown.certificate_pem)


class Dialler:
    """Keeps the line to one peer from our side."""

    def __init__(
        self,
        line: Line,
        driver: Driver,
        guard: Guard,
        identity: Identity,
        log: FilteringBoundLogger,
        through: str = "",
    ) -> None:
        """`through`: a gateway's address, at which the peer is called instead of its own."""
        self._line, self._driver, self._guard, self._through = line, driver, guard, through
        self._identity, self._log = identity, log.bind(peer=line.post)
        self._options = (*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", dns_name(line.post)))
        self._channel: aio.Channel | None = None
        self._outbox: Outbox | None = None
        self._way: Way | None = None
        self._choice = 0
        self._fetches: set[asyncio.Task[None]] = set()
        self._accepted = False
        self._said = ""

    async def run(self) -> None:
        """Keep an Exchange open until cancelled; the wait grows as long as nothing useful comes of it."""
        wait_s = RETRY_FIRST_S
        try:
            while not await self._attempt():
                # Another of our certificates next time: the peer may not have heard of the newest.
                self._choice = 0 if self._accepted else self._choice + 1
                wait_s = RETRY_FIRST_S if self._accepted else min(2 * wait_s, RETRY_MAX_S)
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
        finally:
            for task in self._fetches:
                task.cancel()

    @property
    def is_fetching(self) -> bool:
        """Whether a Fetch is under way."""
        return bool(self._fetches)

    def rewire(self) -> None:
        """Call anew if the directory no longer lists what the connection trusts."""
        if self._outbox is None or self._way is None:
            return
        if not self._way.holds(self._line.post, self._driver.endpoint.trust):
            self._outbox.sever(no_longer_listed(self._line.post))

    def fetch(self, wanted: Fetch) -> None:
        """Begin a Fetch, if there is a connection. What is not fetched now, the core asks for again."""
        if self._channel is not None and len(self._fetches) < FETCHES_MAX:
            task = asyncio.create_task(self._fetch(self._channel, wanted))
            self._fetches.add(task)
            task.add_done_callback(self._fetches.discard)

    async def _attempt(self) -> bool:
        """One connection, from its opening to its end; whether it was we who ended it for good."""
        self._accepted = False
        trust = self._driver.endpoint.trust
        identities = self._identity.shown(trust)
        way = Way.to(self._line.post, trust, identities[self._choice % len(identities)], self._through)
        try:
            async with aio.secure_channel(way.address, way.credentials(), self._options) as channel:
                return await self._exchange(channel, way)
        except aio.AioRpcError as error:
            self._note(error_of(error))
        except HotlineError as error:
            self._note(error)
        except (TimeoutError, asyncio.InvalidStateError) as error:
            self._note(TransportError("NODE_UNREACHABLE", f"no answer: {error}"))
        return False

    async def _exchange(self, channel: aio.Channel, way: Way) -> bool:
        """Open the stream and carry it."""
        outbox = Outbox()
        call: Stream = channel.stream_stream(EXCHANGE)()
        try:
            # Not `wait_for`: in Python 3.11 it loses a cancellation that comes with the answer, and nobody hangs up.
            async with asyncio.timeout(ANSWER_S):
                await call.initial_metadata()
            if call.done():
                raise error_of(await _failure(call))
            self._channel, self._outbox, self._way = channel, outbox, way
            self._line.attach(outbox)
            self.rewire()
            self._log.info("line_open")
            self._said = ""
            # TLS has admitted one of these and no other, so any of them stands for the one that was shown.
            return await converse(outbox, call.write, call, partial(self._take, min(way.pins)))
        finally:
            self._channel = self._outbox = self._way = None
            self._line.detach(outbox)
            call.cancel()

    async def _take(self, pin: bytes, frame: bytes) -> None:
        lane = await passing(self._guard, self._line.post, frame)
        if lane is not None:
            await self._driver.receive(frame, pin, lane=lane)
        self._accepted = True

    async def _fetch(self, channel: aio.Channel, wanted: Fetch) -> None:
        """Feed what a peer serves. It may be of another post's log: TLS has seen to whose node serves it."""
        request = v1.FetchRequest(post=wanted.post, epoch=wanted.epoch, first=wanted.first, last=wanted.last)
        call: aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(FETCH)
        try:
            async for frame in call(request.SerializeToString(), timeout=ANSWER_S):
                lane = await passing(self._guard, self._line.post, frame)
                if lane is not None:
                    await self._driver.receive(frame, None, self._line.post, lane)
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


class Diallers:
    """One dialler for each peer that the directories list.

    Attributes:
        failed: done when a dialler ended that nobody told to.
    """

    def __init__(
        self,
        driver: Driver,
        lines: Lines,
        guard: Guard,
        identity: Identity,
        log: FilteringBoundLogger,
        through: Mapping[str, str],
    ) -> None:
        """`through`: addresses of gateways, by the peer that is called through them."""
        self._driver, self._lines, self._guard, self._identity, self._log = driver, lines, guard, identity, log
        self._through = through
        self._calling: dict[str, tuple[Dialler, asyncio.Task[None]]] = {}
        self._ended: set[asyncio.Task[None]] = set()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def rewire(self) -> None:
        """Call whom the directories list and nobody else, each as they list it."""
        wanted = [post for post in self._driver.endpoint.wiring if post != self._driver.endpoint.post]
        for post in [post for post in self._calling if post not in wanted]:
            self._hang_up(post)
        for post in wanted:
            if post in self._calling:
                self._calling[post][0].rewire()
            else:
                self._call(post)

    @property
    def is_fetching(self) -> bool:
        """Whether a Fetch is under way."""
        return any(dialler.is_fetching for dialler, _ in self._calling.values())

    def fetch(self, wanted: Fetch) -> None:
        """Begin a Fetch from the peer that it names, if that is called."""
        if wanted.peer in self._calling:
            self._calling[wanted.peer][0].fetch(wanted)

    async def close(self) -> None:
        """Hang up everywhere."""
        for post in list(self._calling):
            self._hang_up(post)
        await asyncio.gather(*self._ended, return_exceptions=True)
        self.failed.cancel()

    def _call(self, post: str) -> None:
        through = self._through.get(post, "")
        dialler = Dialler(self._lines[post], self._driver, self._guard, self._identity, self._log, through)
        task = asyncio.create_task(dialler.run())
        task.add_done_callback(self._look)
        self._calling[post] = dialler, task

    def _hang_up(self, post: str) -> None:
        _, task = self._calling.pop(post)
        task.cancel()
        self._ended.add(task)

    def _look(self, task: asyncio.Task[None]) -> None:
        self._ended.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failed.done():
            self.failed.set_exception(error)

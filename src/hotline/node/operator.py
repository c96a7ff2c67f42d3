"""The operator's service: how a watch position, the command line and the console reach this node.

On a Unix socket that its owner alone may open. Officer keys stay with the caller; what comes here is signed already.
Answers are read from the committed Endpoint between the driver's turns.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
from grpc import aio

from hotline import v1
from hotline.journal import Journal
from hotline.node import views
from hotline.node.adopt import Adopter
from hotline.node.driver import Driver
from hotline.node.guard import Guard
from hotline.node.identity import Identity
from hotline.node.load import Paper
from hotline.node.wire import refuse, refusing
from hotline.operator import v1 as operator
from hotline.operator.v1.operator_pb2_grpc import OperatorServiceServicer, add_OperatorServiceServicer_to_server
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.envelope import parse
from hotline.protocol.errors import HotlineError, PeerDataError, TransportError, UsageError
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.intake import FRAME_BYTES_MAX
from hotline.protocol.transcript import assemble

Context = aio.ServicerContext[Any, Any]

_EXPORT_CHUNK_BYTES = 256 * 1024
_RECORDS_AT_A_TIME = 256
_OPTIONS = (
    ("grpc.max_receive_message_length", FRAME_BYTES_MAX),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
)


class Watcher:
    """What one open Watch is still to be told. A message that changes twice before it is sent goes once, as it then is.

    Alerts wait without a bound: there are no more of them than messages and deadlines, all of which are in memory.
    """

    def __init__(self) -> None:
        self.changed: dict[bytes, None] = {}
        self.alerts: deque[tuple[Instant, Alert]] = deque()
        self._wake = asyncio.Event()

    def told(self, effects: Sequence[Changed | Alert], now: Instant) -> None:
        """Take a batch; see `driver.Told`."""
        for effect in effects:
            if isinstance(effect, Changed):
                self.changed[effect.digest] = None
            else:
                self.alerts.append((now, effect))
        self._wake.set()

    def wake(self) -> None:
        """Let `news` return, with or without any."""
        self._wake.set()

    async def news(self) -> None:
        """Wait for anything to tell."""
        await self._wake.wait()
        self._wake.clear()


class OperatorService(OperatorServiceServicer):
    """The calls of hotline.operator.v1.OperatorService."""

    def __init__(
        self,
        driver: Driver,
        journal: Journal,
        identity: Identity,
        adopter: Adopter,
        guard: Guard,
        counters: Callable[[], Counter[str]],
    ) -> None:
        self._driver, self._endpoint = driver, driver.endpoint
        self._journal, self._identity, self._adopter = journal, identity, adopter
        self._guard, self._counters = guard, counters
        self._watchers: set[Watcher] = set()
        self._staffing: Counter[str] = Counter()
        self._stopping = False

    async def Describe(self, request: operator.DescribeRequest, context: Context) -> operator.DescribeResponse:
        """The line."""
        trust, now, line = self._endpoint.trust, self._driver.clock.now(), self._endpoint.line()
        in_force = trust.terms(now.utc_ns).agreement
        return operator.DescribeResponse(
            post=self._endpoint.post,
            agreement=in_force.signed.SerializeToString(),
            agreement_digest=in_force.digest,
            revisions=[each.signed.SerializeToString() for each in trust.revisions.held if each is not in_force],
            directories=[directory.SerializeToString() for directory in trust.every_directory()],
            now=to_timestamp(now.utc_ns),
            peers=map(views.peer, line.peers),
            suspensions=map(views.suspension, line.suspensions),
            counters=self._endpoint.counters + self._guard.counters + self._counters(),
            sequence=line.sequence,
            epoch=line.epoch,
            rolled_back=line.rolled_back,
        )

    async def Submit(self, request: operator.SubmitRequest, context: Context) -> operator.SubmitResponse:
        """Hand over a statement. Its wrapper is held to the wire's rules here: a peer would refuse a Frame that breaks
        them."""
        try:
            envelope = parse(request.envelope.SerializeToString(), v1.Envelope)
            done = await self._driver.submit(envelope, self._guard.own_lane(envelope))
        except HotlineError as error:
            await refuse(context, error)
        return operator.SubmitResponse(digest=done.digest, state=done.state, sequence=done.sequence)

    async def List(self, request: operator.ListRequest, context: Context) -> operator.ListResponse:
        """Every message, in the order in which they came to be held."""
        now = self._driver.clock.now()
        wanted = (entry for entry in self._held() if not request.subjects_only or views.is_subject(entry))
        return operator.ListResponse(messages=[views.message(self._endpoint, entry, now) for entry in wanted])

    async def Show(self, request: operator.ShowRequest, context: Context) -> operator.ShowResponse:
        """One message."""
        try:
            entry = self._endpoint.book.find(request.ref)
        except HotlineError as error:
            await refuse(context, error)
        return operator.ShowResponse(message=views.message(self._endpoint, entry, self._driver.clock.now()))

    async def Watch(self, request: operator.WatchRequest, context: Context) -> AsyncIterator[operator.WatchResponse]:
        """Staff a position and tell what changes, until the caller goes."""
        watcher = Watcher()
        async with refusing(context):
            if request.position:
                await self._take_position(request.position)
            self._driver.listen(watcher.told)
            self._watchers.add(watcher)
            try:
                for entry in self._held():
                    yield self._changed(entry)
                yield operator.WatchResponse(at=to_timestamp(self._driver.clock.now().utc_ns), ready=True)
                while not self._stopping:
                    await watcher.news()
                    for response in self._drain(watcher):
                        yield response
                raise TransportError("STOPPING", "this node is shutting down")
            finally:
                self._watchers.discard(watcher)
                self._driver.unlisten(watcher.told)
                if request.position:
                    self._leave_position(request.position)

    async def Present(self, request: operator.PresentRequest, context: Context) -> operator.PresentResponse:
        """A message was shown at a position."""
        async with refusing(context):
            await self._driver.present(request.digest, request.position)
        return operator.PresentResponse()

    async def Adopt(self, request: operator.AdoptRequest, context: Context) -> operator.AdoptResponse:
        """Take a revision of the agreement or a version of a directory, and act on it at once."""
        async with refusing(context):
            done = await self._adopter.adopt(_paper(request), disavow=request.disavow)
        return operator.AdoptResponse(digest=done.digest, state=done.state, version=done.version)

    async def Export(self, request: operator.ExportRequest, context: Context) -> AsyncIterator[operator.ExportResponse]:
        """The transcript of everything durable at this moment. The line runs on while it is made."""
        async with refusing(context):
            now, records = self._driver.clock.now(), []
            for number, record in enumerate(self._journal.records()):
                records.append(record)
                if number % _RECORDS_AT_A_TIME == 0:
                    await asyncio.sleep(0)
            trust, post = self._endpoint.trust.copy(), self._endpoint.post
            data = await asyncio.to_thread(assemble, records, trust, self._identity.signer(trust), post, now)
            for start in range(0, len(data), _EXPORT_CHUNK_BYTES):
                yield operator.ExportResponse(chunk=data[start : start + _EXPORT_CHUNK_BYTES])

    def stop(self) -> None:
        """End every Watch."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.wake()

    def _held(self) -> list[Entry]:
        return list(self._endpoint.book.entries.values())

    def _changed(self, entry: Entry) -> operator.WatchResponse:
        now = self._driver.clock.now()
        return operator.WatchResponse(at=to_timestamp(now.utc_ns), message=views.message(self._endpoint, entry, now))

    def _drain(self, watcher: Watcher) -> list[operator.WatchResponse]:
        """Everything new, messages before alerts."""
        changed, watcher.changed = watcher.changed, {}
        responses = [self._changed(self._endpoint.book.entries[digest]) for digest in changed]
        while watcher.alerts:
            at, alert = watcher.alerts.popleft()
            responses.append(operator.WatchResponse(at=to_timestamp(at.utc_ns), alert=views.alert(alert)))
        return responses

    async def _take_position(self, position: str) -> None:
        """Staff a position. Its name goes into signed receipts, so it is held to their rules first."""
        parse(v1.ShownHere(statement_digest=bytes(32), position=position).SerializeToString(), v1.ShownHere)
        self._staffing[position] += 1
        if self._staffing[position] == 1:
            try:
                await self._driver.staff(position)
            except BaseException:
                self._leave_position(position)
                raise

    def _leave_position(self, position: str) -> None:
        """The last watcher of a position leaves it unstaffed."""
        self._staffing[position] -= 1
        if not self._staffing[position]:
            self._driver.unstaff(position)


def _paper(request: operator.AdoptRequest) -> Paper:
    """What a request carries, held to the wire's rules: a peer would refuse a Frame that breaks them."""
    if request.HasField("directory"):
        return parse(request.directory.SerializeToString(), v1.Envelope)
    if request.HasField("agreement"):
        return parse(request.agreement.SerializeToString(), v1.SignedAgreement)
    raise PeerDataError("MALFORMED", "neither a directory nor an agreement")


class OperatorServer:
    """The Unix socket that the service listens on."""

    def __init__(self, service: OperatorService, path: Path) -> None:
        self._service, self._path, self._is_ours = service, path, False
        self._server = aio.server(options=_OPTIONS, compression=grpc.Compression.NoCompression)
        add_OperatorServiceServicer_to_server(service, self._server)

    async def start(self) -> None:
        """Listen, with a socket that nobody but its owner could open even for a moment.

        A socket left by a process that is gone is taken over.

        Raises:
            UsageError: CONFIG_INVALID if the path cannot be had.
        """
        if _is_answered(self._path):
            raise UsageError("CONFIG_INVALID", f"operator_socket: another node listens at {self._path}")
        usual = os.umask(0o177)
        try:
            self._server.add_insecure_port(f"unix:{self._path}")
        except RuntimeError as error:
            problem = f"operator_socket: {self._path} cannot be had; is its folder there?"
            raise UsageError("CONFIG_INVALID", problem) from error
        finally:
            os.umask(usual)
        await self._server.start()
        self._is_ours = True

    async def stop(self, grace_s: float) -> None:
        """End every Watch, then what is left after this many seconds; the socket goes."""
        self._service.stop()
        await self._server.stop(grace_s)
        if self._is_ours:
            self._path.unlink(missing_ok=True)


def _is_answered(path: Path) -> bool:
    """Whether a process listens at this socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0

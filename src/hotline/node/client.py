"""A client of a node's operator service, for the command line, the demonstration and the simulator's live runs.

    async with await OperatorClient.connect(path) as node:
        print((await node.describe()).post)
        async with aclosing(node.watch("bridge")) as changes:
            async for change in changes: ...

Every call raises UsageError or PeerDataError with the node's code when it refuses, and TransportError when it cannot be
reached (NODE_UNREACHABLE) or cannot answer now (STOPPING, NOT_DURABLE).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import grpc
from grpc import aio

from hotline import v1
from hotline.node.wire import error_of
from hotline.operator import v1 as operator
from hotline.operator.v1.operator_pb2_grpc import OperatorServiceStub
from hotline.protocol.errors import TransportError

ANSWER_S = 30.0
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))

T = TypeVar("T")


class OperatorClient:
    """One connection to one node. Made by `connect`."""

    def __init__(self, channel: aio.Channel) -> None:
        self._channel, self._stub = channel, OperatorServiceStub(channel)

    @classmethod
    async def connect(cls, path: Path) -> OperatorClient:
        """Connect to the node whose operator socket is at `path`, and see that it answers.

        Raises:
            TransportError: NODE_UNREACHABLE.
        """
        client = cls(aio.insecure_channel(_target(path), options=_OPTIONS))
        try:
            await client.describe()
        except TransportError as error:
            await client.close()
            raise TransportError(error.code, f"no answer from the node at {path}: {error.detail}") from error
        return client

    async def close(self) -> None:
        """Hang up; every Watch ends."""
        await self._channel.close()

    async def __aenter__(self) -> OperatorClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def describe(self) -> operator.DescribeResponse:
        """The line as the node sees it."""
        return await _answer(self._stub.Describe(operator.DescribeRequest(), timeout=ANSWER_S))

    async def submit(self, envelope: v1.Envelope) -> operator.SubmitResponse:
        """Hand over a signed statement; back when it is durable. Safe to repeat: a second time it is KNOWN."""
        return await _answer(self._stub.Submit(operator.SubmitRequest(envelope=envelope), timeout=ANSWER_S))

    async def list(self, *, subjects_only: bool = False) -> Sequence[operator.MessageView]:
        """Messages, oldest first."""
        request = operator.ListRequest(subjects_only=subjects_only)
        return (await _answer(self._stub.List(request, timeout=ANSWER_S))).messages

    async def show(self, ref: bytes) -> operator.MessageView:
        """One message by its digest, or at least the first four bytes of it."""
        return (await _answer(self._stub.Show(operator.ShowRequest(ref=ref), timeout=ANSWER_S))).message

    async def watch(self, position: str = "") -> AsyncGenerator[operator.WatchResponse, None]:
        """Every message so far, then one response with `ready`, then whatever changes.

        The position is staffed until the iteration is closed; wrap it in `contextlib.aclosing`.
        """
        call = self._stub.Watch(operator.WatchRequest(position=position))
        try:
            with _errors():
                async for response in call:
                    yield response
        finally:
            call.cancel()

    async def present(self, digest: bytes, position: str) -> None:
        """Say that a message was shown at a position staffed by an open `watch`."""
        await _answer(self._stub.Present(operator.PresentRequest(digest=digest, position=position), timeout=ANSWER_S))

    async def adopt(self, what: v1.Envelope | v1.SignedAgreement, *, disavow: bool = False) -> operator.AdoptResponse:
        """Hand over a directory's next version or the agreement's next revision; back when it is durable."""
        if isinstance(what, v1.Envelope):
            request = operator.AdoptRequest(directory=what, disavow=disavow)
        else:
            request = operator.AdoptRequest(agreement=what, disavow=disavow)
        return await _answer(self._stub.Adopt(request, timeout=ANSWER_S))

    async def export(self) -> bytes:
        """The node's transcript."""
        with _errors():
            return b"".join([piece.chunk async for piece in self._stub.Export(operator.ExportRequest())])


def _target(path: Path) -> str:
    """The socket in gRPC's words. Without this look, gRPC would go on trying for a while."""
    if not path.exists():
        raise TransportError("NODE_UNREACHABLE", f"no node listens at {path}")
    return f"unix:{path.absolute()}"


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.INTERNAL:
            raise TransportError("NODE_UNREACHABLE", f"the node failed to answer: {error.details()}") from error
        raise error_of(error) from error


async def _answer(call: Awaitable[T]) -> T:
    with _errors():
        return await call

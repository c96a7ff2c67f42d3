"""The peer: a bare gRPC unary echo of the same bytes, in a process of its own. No signature, no storage, no TLS."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

import grpc
from grpc import aio

METHOD = "/bench.Echo/Echo"


async def serve() -> None:
    """Serve on a free loopback port, which is printed; until standard input closes."""

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    server = aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(0)


async def measure(channel: aio.Channel, messages: Sequence[bytes], in_flight: int) -> tuple[float, list[float]]:
    """Echo every message with so many in flight: seconds in all, and seconds of each."""
    call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
    waiting, took = iter(messages), []

    async def worker() -> None:
        for message in waiting:
            started = time.perf_counter()
            await call(message)
            took.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return time.perf_counter() - started, took


if __name__ == "__main__":
    asyncio.run(serve())

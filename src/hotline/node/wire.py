"""What both ends of a connection agree on besides the protos: names, limits, and how an error travels.

A call that fails carries, whatever its gRPC status:

    message text              "CODE: detail"
    hotline-code              trailing metadata: the stable code
    hotline-not-now-bin       trailing metadata, with UNAVAILABLE: a serialised v1.NotNow (REQ-NET-3)

INVALID_ARGUMENT: the bytes handed over are wrong. FAILED_PRECONDITION: what is asked for is not allowed or not here.
UNAVAILABLE: try again. The status never says more than that; what was received or refused stands in signed Heads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Never

import grpc
from grpc import aio

from hotline import v1
from hotline.protocol.errors import HotlineError, PeerDataError, TransportError, UsageError
from hotline.protocol.intake import FRAME_BYTES_MAX

SERVICE = "hotline.v1.HotlineService"
EXCHANGE = f"/{SERVICE}/Exchange"
DELIVER = f"/{SERVICE}/Deliver"
FETCH = f"/{SERVICE}/Fetch"
CODE_KEY = "hotline-code"
NOT_NOW_KEY = "hotline-not-now-bin"

CALLS_PER_CONNECTION_MAX = 64
_HANDSHAKE_MS = 5_000
METADATA_BYTES_MAX = 8 * 1024
MESSAGE_MAX = 500
"""Characters of a message text. It may hold words of the caller's, and up to twelve bytes of metadata a character."""
_KEEPALIVE_MS = 20_000
_KEEPALIVE_ANSWER_MS = 10_000
_RETRY_AFTER_MS = {"BUSY": 1_000, "STOPPING": 5_000, "STORAGE_LOW": 60_000, "NOT_DURABLE": 60_000}

_BOTH_ENDS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_receive_message_length", FRAME_BYTES_MAX),
    ("grpc.max_metadata_size", METADATA_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", METADATA_BYTES_MAX),
    # One bit per algorithm: only "identity". Compressed Frames are refused; they would hide their size.
    ("grpc.compression_enabled_algorithms_bitset", 1),
    ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", _KEEPALIVE_ANSWER_MS),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)
SERVER_OPTIONS = (
    *_BOTH_ENDS,
    ("grpc.max_concurrent_streams", CALLS_PER_CONNECTION_MAX),
    ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
    ("grpc.http2.min_ping_interval_without_data_ms", _KEEPALIVE_MS // 2),
)
CHANNEL_OPTIONS = (
    *_BOTH_ENDS,
    # Each attempt is a new connection, and the dialler alone decides when.
    ("grpc.use_local_subchannel_pool", 1),
    # The line goes to the address in the directory, whatever the environment says.
    ("grpc.enable_http_proxy", 0),
)


def status_of(error: HotlineError) -> grpc.StatusCode:
    """The gRPC status of an error's family."""
    if isinstance(error, PeerDataError):
        return grpc.StatusCode.INVALID_ARGUMENT
    if isinstance(error, UsageError):
        return grpc.StatusCode.FAILED_PRECONDITION
    return grpc.StatusCode.UNAVAILABLE


async def refuse(context: aio.ServicerContext[Any, Any], error: HotlineError) -> Never:
    """End a call with an error as described above."""
    trailing: list[tuple[str, str | bytes]] = [(CODE_KEY, error.code)]
    if isinstance(error, TransportError):
        not_now = v1.NotNow(code=error.code, retry_after_ms=_RETRY_AFTER_MS.get(error.code, 1_000))
        trailing.append((NOT_NOW_KEY, not_now.SerializeToString()))
    await context.abort(status_of(error), str(error)[:MESSAGE_MAX], tuple(trailing))


@asynccontextmanager
async def refusing(context: aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
    """Turn our errors into the call's end."""
    try:
        yield
    except HotlineError as error:
        await refuse(context, error)


def error_of(error: aio.AioRpcError) -> HotlineError:
    """The error that a failed call carried; TransportError NODE_UNREACHABLE if the other side never said a code."""
    code = next((value for key, value in error.trailing_metadata() or () if key == CODE_KEY), None)
    details = error.details() or error.code().name
    if not isinstance(code, str):
        return TransportError("NODE_UNREACHABLE", details)
    family = {
        grpc.StatusCode.INVALID_ARGUMENT: PeerDataError,
        grpc.StatusCode.FAILED_PRECONDITION: UsageError,
    }.get(error.code(), TransportError)
    return family(code, details.removeprefix(f"{code}: "))

"""Statements that the cases say, and the raw fields with which some of them are spoiled."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from google.protobuf.message import Message
from tools.vector_cases.material import (
    AUS,
    CHANNEL,
    CHN,
    SEALED_MS,
    STATEMENT,
    agreement_digest,
    envelope,
    identity,
    plain,
    stamp,
    window,
)

from hotline import v1

COMPOSED_MS = SEALED_MS - 20_000
HOUR_MS = 3_600_000


def position() -> v1.Position:
    """In the East China Sea."""
    return v1.Position(latitude_deg=30.5, longitude_deg=126.25)


def notice(radius_m: int = 5556) -> v1.ActivityNotice:
    """Divers down, with the 3 nautical miles that were asked for on 14 November 2023."""
    return v1.ActivityNotice(
        designation="divers down",
        kind=v1.ACTIVITY_KIND_DIVING,
        area=v1.Area(circle=v1.Circle(centre=position(), radius_m=radius_m)),
        schedule=v1.Schedule(overall=window(SEALED_MS, SEALED_MS + 2 * HOUR_MS)),
        exclusion_radius_m=radius_m,
        contact_post=AUS,
    )


def flash() -> v1.IncidentFlash:
    """Active sonar near divers."""
    return v1.IncidentFlash(
        kind=v1.INCIDENT_KIND_SONAR,
        observed_at=stamp(SEALED_MS - 60_000),
        position=position(),
        own_unit=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name="own unit", party="AUS"),
        intention=v1.INTENTION_REMAIN_STOPPED,
        not_intended=[v1.NOT_INTENDED_ATTACK],
        requested=[v1.REQUESTED_ACTION_STOP_SONAR, v1.REQUESTED_ACTION_OPEN_RANGE],
        next_report_by=stamp(SEALED_MS + 600_000),
        contact_post=AUS,
    )


def header(case: str, **changes: Any) -> v1.StatementHeader:
    """A header from AUS to CHN; the nonce follows from the name of the case."""
    fields: dict[str, Any] = {
        "channel": CHANNEL,
        "agreement_digest": agreement_digest(),
        "kind": v1.KIND_EXERCISE,
        "from_post": AUS,
        "action": [CHN],
        "nonce": sha256(f"hotline vectors {case}".encode()).digest()[:16],
        "composed_at": stamp(COMPOSED_MS),
        "precedence": v1.PRECEDENCE_IMMEDIATE,
        "stage_requested": v1.STAGE_DONE,
    }
    return v1.StatementHeader(**(fields | changes))


def statement(case: str, body: Message | None = None, **changes: Any) -> v1.Statement:
    """A statement with header fields changed; by default the diving notice."""
    body = body or notice()
    return v1.Statement(header=header(case, **changes), body_type=f"hotline.v1.{type(body).__name__}", body=plain(body))


def said(message: v1.Statement | bytes, *signers: str) -> v1.Envelope:
    """A statement signed, by default by the first AUS officer."""
    payload = message if isinstance(message, bytes) else plain(message)
    return envelope(STATEMENT, payload, *(signers or ("AUS officer-1",)))


def digest(message: v1.Statement | bytes) -> bytes:
    """Digest of a statement."""
    return identity(STATEMENT, message if isinstance(message, bytes) else plain(message))


def varint(value: int) -> bytes:
    """A number in its shortest form."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """A field with a varint."""
    return varint(field << 3) + varint(value)


def chunk(field: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def spoiled_header(case: str, extra: bytes, **changes: Any) -> bytes:
    """A statement whose header ends with raw bytes."""
    message = statement(case, **changes)
    return chunk(1, plain(message.header) + extra) + chunk(2, message.body_type.encode()) + chunk(3, message.body)


def spoiled_body(case: str, body_type: str, body: bytes, **changes: Any) -> bytes:
    """A statement with raw bytes for a body."""
    return plain(v1.Statement(header=header(case, **changes), body_type=f"hotline.v1.{body_type}", body=body))

"""Bytes for the cases about the wire form: properly signed, taken by a protobuf parser, refused by the strict scan."""

from __future__ import annotations

from google.protobuf.message import Message
from tools.vector_cases.case import Input
from tools.vector_cases.material import AUS, CHN, SEALED_MS, STATEMENT, identity, plain
from tools.vector_cases.words import (
    COMPOSED_MS,
    chunk,
    flash,
    notice,
    number,
    said,
    spoiled_body,
    spoiled_header,
    statement,
    varint,
)

from hotline import v1

GIVEN = {"post": AUS, "sealed_at_ms": SEALED_MS}


def signed(payload: bytes, *signers: str) -> Input:
    """Spoiled bytes, well signed."""
    return Input(plain(said(payload, *signers)), GIVEN, {"digest": identity(STATEMENT, payload).hex()})


def without(message: Message, field: str) -> bytes:
    """A message as bytes without one of its fields."""
    message.ClearField(field)
    return plain(message)


def designated(case: str, words: bytes) -> Input:
    """A notice with raw bytes for its designation."""
    return signed(spoiled_body(case, "ActivityNotice", chunk(1, words) + without(notice(), "designation")))


READ_AND_PASSED = chunk(1, bytes(range(32))) + chunk(2, b"") + chunk(5, chunk(1, b"bridge"))
REQUESTED_ONE_BY_ONE = without(flash(), "requested") + number(10, 3) + number(10, 2)
CALL = plain(v1.CallRequest(level=v1.LEVEL_OPERATING, topic="divers"))
WIDE_RADIUS = without(notice(), "exclusion_radius_m") + number(7, 2**32 + 5556)

INPUTS = {
    # Fields
    "scan-unknown-field": signed(spoiled_header("scan-unknown-field", chunk(200, b"?"))),
    "scan-duplicate-field": signed(spoiled_header("scan-duplicate-field", chunk(4, CHN.encode()))),
    "scan-oneof-pair": signed(spoiled_body("scan-oneof-pair", "Acknowledgement", READ_AND_PASSED, stage_requested=0)),
    "scan-group": signed(spoiled_header("scan-group", varint(200 << 3 | 3) + varint(200 << 3 | 4))),
    "scan-wire-type": signed(spoiled_header("scan-wire-type", number(4, 7), from_post="")),
    "scan-truncated": signed(plain(statement("scan-truncated"))[:-1]),
    # Numbers
    "scan-overlong-varint": signed(spoiled_header("scan-overlong-varint", varint(14 << 3) + b"\x83\x00", precedence=0)),
    "scan-enum": signed(spoiled_header("scan-enum", number(14, 9), precedence=0)),
    "scan-default-encoded": signed(spoiled_header("scan-default-encoded", number(17, 0), stage_requested=0)),
    "scan-width": signed(spoiled_body("scan-width", "ActivityNotice", WIDE_RADIUS)),
    "scan-time-out-of-range": signed(
        spoiled_header("scan-time-out-of-range", chunk(8, number(1, 253_402_300_800)), composed_at=None)
    ),
    "scan-time-finer-than-milliseconds": signed(
        spoiled_header(
            "scan-time-finer-than-milliseconds",
            chunk(8, number(1, COMPOSED_MS // 1000) + number(2, 500_000)),
            composed_at=None,
        )
    ),
    "scan-duration-of-two-signs": signed(
        spoiled_body(
            "scan-duration-of-two-signs", "CallRequest", CALL + chunk(6, number(1, 600) + number(2, 2**64 - 1))
        )
    ),
    "scan-not-packed": signed(
        spoiled_body("scan-not-packed", "IncidentFlash", REQUESTED_ONE_BY_ONE, precedence=v1.PRECEDENCE_FLASH),
        "AUS officer-1",
        "AUS officer-2",
    ),
    # Texts
    "scan-utf8": designated("scan-utf8", b"divers \xff down"),
    "scan-text-not-nfc": designated("scan-text-not-nfc", "plonge\u0301e".encode()),
    "scan-text-bidi": designated("scan-text-bidi", "3 nmi \u202eimn 0".encode()),
    "scan-text-control": designated("scan-text-control", b"keep 30\b nmi"),
}

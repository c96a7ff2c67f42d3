"""Bytes for the cases about the encoding that is signed, envelopes and signatures."""

from __future__ import annotations

from tools.vector_cases import curve
from tools.vector_cases.case import Input
from tools.vector_cases.material import AUS, HEAD, SEALED_MS, STATEMENT, envelope, identity, key, pae, plain
from tools.vector_cases.words import chunk, digest, flash, said, statement

from hotline import v1

GIVEN = {"post": AUS, "sealed_at_ms": SEALED_MS}
SIGNER = key("AUS officer-1")
TWO = ("AUS officer-1", "AUS officer-2")


def encoding(payload_type: str, payload: bytes) -> Input:
    """Bytes whose pre-authentication encoding is asked for."""
    facts = {"pae": pae(payload_type, payload).hex(), "digest": identity(payload_type, payload).hex()}
    return Input(payload, {"payload_type": payload_type}, facts)


def notice_by(case: str, *signers: str) -> Input:
    """A notice signed by these keys."""
    return Input(plain(said(statement(case), *signers)), GIVEN)


def flash_by(case: str, *signers: str, readable: bool = True) -> Input:
    """A FLASH signed by these keys; readable where every signature verifies."""
    message = statement(case, flash(), precedence=v1.PRECEDENCE_FLASH)
    facts = {"digest": digest(message).hex(), "precedence": "FLASH"} if readable else {}
    return Input(plain(said(message, *signers)), GIVEN, facts)


def with_signature(case: str, sig: bytes) -> Input:
    """A notice of the first officer with other bytes for a signature."""
    made = said(statement(case))
    made.signatures[0].sig = sig
    return Input(plain(made), GIVEN)


def with_keyid(case: str, keyid: bytes) -> Input:
    """A notice of the first officer with other bytes for a key id."""
    made = said(statement(case))
    made.signatures[0].keyid = keyid
    return Input(plain(made), GIVEN)


def signed_bytes(case: str) -> bytes:
    """What the signature of a notice covers."""
    return pae(STATEMENT, plain(statement(case)))


def flipped(data: bytes) -> bytes:
    """The lowest bit of the first byte turned over."""
    return bytes([data[0] ^ 1]) + data[1:]


def as_head(case: str, payload_type: str) -> Input:
    """A statement signed as if it were a Head, then given a payload type."""
    made = envelope(HEAD, plain(statement(case)), "AUS officer-1")
    made.payload_type = payload_type
    return Input(plain(made), GIVEN)


INPUTS = {
    "pae-statement": encoding(STATEMENT, b"\x0a\x02\x12\x00"),
    "pae-type-not-ascii": encoding("热线/test", b"payload"),
    "pae-empty-payload": encoding(STATEMENT, b""),
    # How many sign
    "signature-one-of-two": flash_by("signature-one-of-two", TWO[0]),
    "signature-same-person-twice": flash_by(
        "signature-same-person-twice", "AUS officer-2", "AUS officer-2, second key"
    ),
    "signature-appended": notice_by("signature-appended", *TWO),
    "signature-appended-unknown-key": notice_by("signature-appended-unknown-key", TWO[0], "nobody"),
    "signature-duplicate": flash_by("signature-duplicate", TWO[0], TWO[0], readable=False),
    "envelope-nine-signatures": notice_by("envelope-nine-signatures", *TWO[:1] * 9),
    # What the strict profile refuses
    "signature-flipped-bit": with_signature(
        "signature-flipped-bit", flipped(SIGNER.sign(signed_bytes("signature-flipped-bit")))
    ),
    "signature-s-not-reduced": with_signature(
        "signature-s-not-reduced", curve.with_s_not_reduced(SIGNER.sign(signed_bytes("signature-s-not-reduced")))
    ),
    "signature-r-low-order": with_signature(
        "signature-r-low-order",
        curve.with_neutral_commitment(SIGNER, signed_bytes("signature-r-low-order"), curve.NEUTRAL),
    ),
    "signature-r-not-canonical": with_signature(
        "signature-r-not-canonical",
        curve.with_neutral_commitment(SIGNER, signed_bytes("signature-r-not-canonical"), curve.NEUTRAL_NOT_REDUCED),
    ),
    "signature-only-with-cofactor": with_signature(
        "signature-only-with-cofactor", curve.with_cofactor_only(SIGNER, signed_bytes("signature-only-with-cofactor"))
    ),
    # Which key, which type
    "keyid-flipped": with_keyid("keyid-flipped", flipped(SIGNER.fingerprint)),
    "keyid-of-another-officer": with_keyid("keyid-of-another-officer", key("AUS officer-2").fingerprint),
    "signed-by-a-node": notice_by("signed-by-a-node", "AUS node"),
    "payload-type-of-a-head": as_head("payload-type-of-a-head", HEAD),
    "payload-type-changed": as_head("payload-type-changed", STATEMENT),
    "payload-type-later-version": as_head(
        "payload-type-later-version", "application/vnd.hotline.statement.v2+protobuf"
    ),
    "envelope-unknown-field": Input(plain(said(statement("envelope-unknown-field"))) + chunk(4, b"note"), GIVEN),
}

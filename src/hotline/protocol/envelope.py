"""Opening envelopes: verify first, then scan, then parse the very bytes that were verified.

`Verified` values are made here and nowhere else; nothing else reaches the step machine (spec 02, REQ-SIGN-1 to 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.pae import pae, sha256
from hotline.protocol.rules import check_rules
from hotline.protocol.scan import scan
from hotline.protocol.signing import PublicKey, Signer

STATEMENT = "application/vnd.hotline.statement.v1+protobuf"
HEAD = "application/vnd.hotline.head.v1+protobuf"
AGREEMENT = "application/vnd.hotline.agreement.v1+protobuf"
DIRECTORY = "application/vnd.hotline.directory.v1+protobuf"

M = TypeVar("M", bound=Message)
Resolve = Callable[[bytes], PublicKey | None]


@dataclass(frozen=True, slots=True)
class Signed:
    """An envelope whose every signature verified; its payload is not parsed yet.

    Attributes:
        envelope: as received.
        digest: SHA-256 of the pre-authentication encoding; the identity of what was signed.
        keyids: fingerprints of the keys that signed, distinct, in envelope order.
    """

    envelope: v1.Envelope
    digest: bytes
    keyids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Verified(Generic[M]):
    """A message whose signatures, bytes and rules were checked. Made by `read` only."""

    message: M
    signed: Signed

    @property
    def digest(self) -> bytes:
        """Identity of what was signed."""
        return self.signed.digest

    @property
    def envelope(self) -> v1.Envelope:
        """The envelope as received."""
        return self.signed.envelope


def digest_of(envelope: v1.Envelope) -> bytes:
    """Identity of an envelope's content, signatures aside; says nothing about who signed."""
    return sha256(pae(envelope.payload_type, envelope.payload))


def verify(envelope: v1.Envelope, payload_type: str, resolve: Resolve) -> Signed:
    """Check every signature of an envelope.

    Args:
        envelope: as received; its own wire form must have been scanned.
        payload_type: the only type expected here.
        resolve: gives the public key for a fingerprint, or None if it may not sign here.

    Raises:
        PeerDataError: PAYLOAD_TYPE, KEY_UNKNOWN, SIGNATURE_DUPLICATE, SIGNATURE_INVALID, SIGNATURE_COUNT.
    """
    if envelope.payload_type != payload_type:
        raise PeerDataError("PAYLOAD_TYPE", f"expected {payload_type}, got {envelope.payload_type!r}")
    if not 1 <= len(envelope.signatures) <= 8:
        raise PeerDataError("SIGNATURE_COUNT", f"{len(envelope.signatures)} signatures; one to eight are allowed")
    encoded = pae(envelope.payload_type, envelope.payload)
    keyids: list[bytes] = []
    for signature in envelope.signatures:
        key = resolve(signature.keyid)
        if key is None:
            raise PeerDataError("KEY_UNKNOWN", f"key {signature.keyid.hex()[:12]} may not sign this here")
        if signature.keyid in keyids:
            raise PeerDataError("SIGNATURE_DUPLICATE", f"key {signature.keyid.hex()[:12]} signed twice")
        if not key.verify(signature.sig, encoded):
            raise PeerDataError("SIGNATURE_INVALID", f"the signature by {signature.keyid.hex()[:12]} does not verify")
        keyids.append(signature.keyid)
    return Signed(envelope, sha256(encoded), tuple(keyids))


def read(signed: Signed, kind: type[M]) -> Verified[M]:
    """Scan, parse and validate the bytes that were verified.

    Raises:
        PeerDataError: SCAN_*, RULE_BROKEN.
    """
    return Verified(parse(signed.envelope.payload, kind), signed)


def parse(data: bytes, kind: type[M]) -> M:
    """Strictly scan, parse and validate bytes as one message type.

    Raises:
        PeerDataError: SCAN_*, MALFORMED, RULE_BROKEN.
    """
    message = decode(data, kind)
    check_rules(message)
    return message


def decode(data: bytes, kind: type[M]) -> M:
    """Strictly scan and parse bytes; the rules are still to be checked.

    Raises:
        PeerDataError: SCAN_*, MALFORMED.
    """
    scan(kind.DESCRIPTOR, data)
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise PeerDataError("MALFORMED", f"not a {kind.DESCRIPTOR.name}: {error}") from error
    return message


def sign(payload_type: str, payload: bytes, *signers: Signer) -> v1.Envelope:
    """An envelope over exact bytes, signed by each signer in turn."""
    encoded = pae(payload_type, payload)
    return v1.Envelope(
        payload_type=payload_type,
        payload=payload,
        signatures=[v1.Signature(keyid=signer.fingerprint, sig=signer.sign(encoded)) for signer in signers],
    )

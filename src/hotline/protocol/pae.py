"""Pre-authentication encoding: the exact bytes that are signed, and whose SHA-256 names what was signed.

DSSE v1 (secure-systems-lab/dsse, protocol 1.0.2): ``DSSEv1 SP len(type) SP type SP len(payload) SP payload``,
lengths in bytes, in decimal. The payload goes in as received; nothing here parses or re-serialises it
(spec 02, REQ-SIGN-1).
"""

from __future__ import annotations

import hashlib


def sha256(data: bytes) -> bytes:
    """SHA-256 of bytes, 32 bytes."""
    return hashlib.sha256(data).digest()


def pae(payload_type: str, payload: bytes) -> bytes:
    """What a signature over this payload covers.

    The lengths make it unambiguous: no other pair of type and payload gives the same bytes. The type is
    counted in bytes of UTF-8, not in characters.
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def digest(payload_type: str, payload: bytes) -> bytes:
    """Identity of what was signed: SHA-256 of its pre-authentication encoding, whoever signed it."""
    return sha256(pae(payload_type, payload))

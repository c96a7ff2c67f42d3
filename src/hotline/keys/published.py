"""256 key pairs that everybody knows: for the simulator, the vectors and the demonstrations, never for real.

seed i = SHA-256("hotline published exercise key" followed by i as four bytes, big-endian), i from 0 to 255
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256

from hotline.keys.errors import KeysError
from hotline.keys.label import Kind
from hotline.keys.signer import SoftSigner

PUBLISHED_COUNT = 256

_PREFIX = b"hotline published exercise key"


@cache
def published_signer(index: int) -> SoftSigner:
    """The published key pair with this index; IndexError outside 0 to 255."""
    if not 0 <= index < PUBLISHED_COUNT:
        raise IndexError(f"published keys are numbered 0 to {PUBLISHED_COUNT - 1}, not {index}")
    return SoftSigner.from_seed(sha256(_PREFIX + index.to_bytes(4, "big")).digest())


@cache
def _fingerprints() -> frozenset[bytes]:
    return frozenset(published_signer(index).fingerprint for index in range(PUBLISHED_COUNT))


def is_published(fingerprint: bytes) -> bool:
    """Whether everybody has the private part of this key."""
    return fingerprint in _fingerprints()


def refuse_published(fingerprints: Iterable[bytes], kind: Kind) -> None:
    """Keep published keys out of everything ACTUAL.

    Raises:
        KeysError: KEY_PUBLISHED.
    """
    for fingerprint in fingerprints if kind is Kind.ACTUAL else ():
        if is_published(fingerprint):
            raise KeysError("KEY_PUBLISHED", f"the private part of {fingerprint.hex()[:12]} is public: EXERCISE only")

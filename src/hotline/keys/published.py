"""256 key pairs that everybody knows: for the simulator, the vectors and the demonstrations, never for real.

seed i = SHA-256("hotline published exercise key" followed by i as four bytes, big-endian), i from 0 to 255

A hybrid key of the pool has the ML-DSA-65 key of the same number beside it, whose seed begins with "hotline published
exercise ML-DSA-65 key" instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from hotline.keys.errors import KeysError
from hotline.keys.label import Kind
from hotline.keys.signer import HybridSigner, SoftSigner
from hotline.protocol.signing import Algorithm, fingerprint

PUBLISHED_COUNT = 256

_PREFIX = b"hotline published exercise key"
_LATTICE_PREFIX = b"hotline published exercise ML-DSA-65 key"


@cache
def published_signer(index: int) -> SoftSigner:
    """The published key pair with this index; IndexError outside 0 to 255."""
    if not 0 <= index < PUBLISHED_COUNT:
        raise IndexError(f"published keys are numbered 0 to {PUBLISHED_COUNT - 1}, not {index}")
    return SoftSigner.from_seed(sha256(_PREFIX + index.to_bytes(4, "big")).digest())


@cache
def published_hybrid(index: int) -> HybridSigner:
    """The published hybrid key pair with this index; IndexError outside 0 to 255."""
    classical = published_signer(index).private_key
    return HybridSigner(classical, MLDSA65PrivateKey.from_seed_bytes(published_lattice_seed(index)))


def published_lattice_seed(index: int) -> bytes:
    """Seed of the published ML-DSA-65 key with this index, 32 bytes (FIPS 204's xi)."""
    return sha256(_LATTICE_PREFIX + index.to_bytes(4, "big")).digest()


@cache
def _fingerprints() -> frozenset[bytes]:
    """Of each key by itself; a hybrid key of the pool is known by its halves."""
    pool = range(PUBLISHED_COUNT)
    lattices = (published_hybrid(index).private_keys[1].public_key().public_bytes_raw() for index in pool)
    return frozenset(
        (
            *(published_signer(index).fingerprint for index in pool),
            *(fingerprint(Algorithm.ML_DSA_65, public_key) for public_key in lattices),
        )
    )


def is_published(name: bytes) -> bool:
    """Whether everybody has the private part of the key with this fingerprint."""
    return name in _fingerprints()


def refuse_published(fingerprints: Iterable[bytes], kind: Kind) -> None:
    """Keep published keys out of everything ACTUAL.

    Raises:
        KeysError: KEY_PUBLISHED.
    """
    for name in fingerprints if kind is Kind.ACTUAL else ():
        if is_published(name):
            raise KeysError("KEY_PUBLISHED", f"the private part of {name.hex()[:12]} is public: EXERCISE only")

"""Private keys held in this process."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from hotline.protocol.signing import Algorithm, fingerprint


class SoftSigner:
    """A `hotline.protocol.signing.Signer` over an Ed25519 private key in memory. Its repr shows no secret."""

    algorithm = Algorithm.ED25519

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes_raw()
        self._fingerprint = fingerprint(self.algorithm, self._public_key)

    @classmethod
    def generate(cls) -> SoftSigner:
        """A fresh key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SoftSigner:
        """The key that these 32 bytes determine (RFC 8032); ValueError for another length."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key(self) -> bytes:
        """32 bytes, as in key records."""
        return self._public_key

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that name the key in envelopes."""
        return self._fingerprint

    @property
    def private_key(self) -> Ed25519PrivateKey:
        """The key itself."""
        return self._private_key

    @property
    def private_keys(self) -> tuple[Ed25519PrivateKey]:
        """For writing it to a file."""
        return (self._private_key,)

    def sign(self, message: bytes) -> bytes:
        """Raw signature, 64 bytes; the same message gives the same bytes."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"SoftSigner({self._fingerprint.hex()[:12]})"


class HybridSigner:
    """A `Signer` over an Ed25519 and an ML-DSA-65 private key in memory: one key, whose signature is one of each.

    ML-DSA signs with fresh randomness (FIPS 204, hedged): the same message gives other bytes each time.
    """

    algorithm = Algorithm.ED25519_ML_DSA_65

    def __init__(self, classical: Ed25519PrivateKey, lattice: MLDSA65PrivateKey) -> None:
        self._halves = classical, lattice
        self._public_key = b"".join(half.public_key().public_bytes_raw() for half in self._halves)
        self._fingerprint = fingerprint(self.algorithm, self._public_key)

    @classmethod
    def generate(cls) -> HybridSigner:
        """A fresh key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate(), MLDSA65PrivateKey.generate())

    @property
    def public_key(self) -> bytes:
        """1,984 bytes, as in key records: the Ed25519 key, then the other."""
        return self._public_key

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that name the key in envelopes."""
        return self._fingerprint

    @property
    def private_keys(self) -> tuple[Ed25519PrivateKey, MLDSA65PrivateKey]:
        """Both, for writing them to a file."""
        return self._halves

    def sign(self, message: bytes) -> bytes:
        """Raw signature, 3,373 bytes: the Ed25519 one, then the other, each over the same message."""
        classical, lattice = self._halves
        return classical.sign(message) + lattice.sign(message)

    def __repr__(self) -> str:
        return f"HybridSigner({self._fingerprint.hex()[:12]})"


FileSigner = SoftSigner | HybridSigner
"""Whatever key files hold."""

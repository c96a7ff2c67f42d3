"""A private key held in this process."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
        """For writing it to a file."""
        return self._private_key

    def sign(self, message: bytes) -> bytes:
        """Raw signature, 64 bytes; the same message gives the same bytes."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"SoftSigner({self._fingerprint.hex()[:12]})"

"""Where what must be fresh comes from: injected, because the core draws nothing by itself."""

from __future__ import annotations

from typing import Protocol

from hotline.protocol.pae import sha256


class Identifiers(Protocol):
    """Source of nonces and hellos (16 bytes) and of jitter (0..255)."""

    def fresh(self) -> bytes:
        """Sixteen bytes never given before."""

    def jitter(self) -> int:
        """A number from 0 to 255."""


class SeededIdentifiers:
    """Identifiers that follow from a seed: for examples, simulations and tests, never for a node of a real line."""

    def __init__(self, seed: bytes) -> None:
        self._seed, self._drawn = seed, 0

    def fresh(self) -> bytes:
        """The next sixteen bytes."""
        self._drawn += 1
        return sha256(self._seed + b"/%d" % self._drawn)[:16]

    def jitter(self) -> int:
        """The first of the next sixteen bytes."""
        return self.fresh()[0]

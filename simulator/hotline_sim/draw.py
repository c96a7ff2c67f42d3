"""Chance for the simulator: reproducible draws in whole milliseconds.

Every purpose ("delay AUS:fleet-watch>CHN:fleet-watch m1 try 1") has a stream of its own, keyed by the
scenario's seed and that text. Adding a draw for one purpose therefore shifts no other, and two runs that
differ in one thing stay comparable. Only `random.Random.random` is used, whose sequence Python promises to
keep; the transforms are here.
"""

from __future__ import annotations

import hashlib
import math
import random
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()
Z_90 = _STANDARD_NORMAL.inv_cdf(0.9)
_RANDOM_STEPS = 2**53  # random() is a multiple of 2**-53


class Stream:
    """The draws of one purpose, in order."""

    def __init__(self, seed: int, purpose: str) -> None:
        key = hashlib.sha256(f"{seed}\n{purpose}".encode()).digest()
        self._random = random.Random(int.from_bytes(key, "big"))

    def share(self) -> float:
        """Evenly spread over the open interval (0, 1)."""
        return (self._random.random() * _RANDOM_STEPS + 0.5) / _RANDOM_STEPS

    def happens(self, probability: float) -> bool:
        """True with this probability (0 to 1)."""
        return self.share() < probability

    def uniform_ms(self, low_ms: int, high_ms: int) -> int:
        """Every millisecond from `low_ms` to `high_ms`, both included, equally likely."""
        return low_ms + int(self.share() * (high_ms - low_ms + 1))

    def triangular_ms(self, low_ms: int, mode_ms: int, high_ms: int) -> int:
        """From `low_ms` to `high_ms`, most often near `mode_ms`."""
        span_ms, share = high_ms - low_ms, self.share()
        if span_ms == 0:
            return low_ms
        rise_ms = mode_ms - low_ms
        if share * span_ms < rise_ms:
            return round(low_ms + math.sqrt(share * span_ms * rise_ms))
        return round(high_ms - math.sqrt((1.0 - share) * span_ms * (span_ms - rise_ms)))

    def lognormal_ms(self, median_ms: int, p90_ms: int) -> int:
        """Half of all draws are below `median_ms`, nine in ten below `p90_ms`: a tail of slow answers."""
        sigma = math.log(p90_ms / median_ms) / Z_90
        return round(median_ms * math.exp(sigma * _STANDARD_NORMAL.inv_cdf(self.share())))

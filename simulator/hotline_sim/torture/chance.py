"""Draws of one purpose, in whole numbers; the same seed gives the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hotline_sim.draw import Stream

T = TypeVar("T")


class Chance:
    """A stream of draws."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._stream = Stream(seed, f"torture {purpose}")

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self._stream.happens(probability)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._stream.uniform_ms(low, high)

    def below(self, limit: int) -> int:
        """A whole number from 0 up to `limit`, which is not included."""
        return self._stream.uniform_ms(0, limit - 1)

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """So many different ones of them, in any order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]

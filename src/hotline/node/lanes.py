"""Lanes: whose turn it is among those who want something of the core.

The core takes one input at a time, and the dearest that a peer can make costs about a second. So inputs wait in lanes,
one for each peer and one for people here, and beside each one for FLASH. FLASH goes first; then the lane that has been
served the least so far. However much one peer sends, another waits for one input of its at most (REQ-NET-9).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

EXPECTED_S = 0.001
"""What an input is taken to cost until it has been served."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Whose inputs wait here, and whether they are FLASH."""

    name: str
    flash: bool = False


HERE = Lane("here")
"""What people here do; peers have their posts' names for theirs."""


class Lanes(Generic[T]):
    """Inputs waiting in lanes. A lane that was empty begins as if it had been served as much as the one served last:
    nobody saves up turns."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[T]] = {}
        self._served_s: dict[Lane, float] = {}
        self._floor_s = 0.0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, lane: Lane, item: T) -> None:
        """Let an input wait behind those of its lane."""
        self._of(lane).append(item)

    def take(self, count: int) -> list[tuple[Lane, T]]:
        """The inputs that come next, each with its lane; `served` tells later what each has cost."""
        taken: list[tuple[Lane, T]] = []
        while self._waiting and len(taken) < count:
            lane = min(self._waiting, key=lambda lane: (not lane.flash, self._served_s[lane]))
            self._floor_s = max(self._floor_s, self._served_s[lane])
            self._served_s[lane] += EXPECTED_S
            taken.append((lane, self._waiting[lane].popleft()))
            if not self._waiting[lane]:
                del self._waiting[lane]
        return taken

    def back(self, taken: Sequence[tuple[Lane, T]]) -> None:
        """Put inputs that were not served back in front, as if they had not been taken."""
        for lane, item in reversed(taken):
            self._of(lane).appendleft(item)
            self._served_s[lane] -= EXPECTED_S

    def served(self, lane: Lane, seconds: float) -> None:
        """Note what an input of a lane has cost."""
        self._served_s[lane] += seconds - EXPECTED_S

    def drain(self) -> list[T]:
        """Everything that waits; nothing waits any more."""
        items = [item for waiting in self._waiting.values() for item in waiting]
        self._waiting.clear()
        return items

    def _of(self, lane: Lane) -> deque[T]:
        if lane not in self._waiting:
            self._waiting[lane] = deque()
            self._served_s[lane] = max(self._served_s.get(lane, 0.0), self._floor_s)
        return self._waiting[lane]

"""Gaps: links known whose bodies are not held, and when to ask for them (REQ-LOG-6)."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.protocol.instant import Instant
from hotline.protocol.log import Spot

Run = tuple[str, int, int, int]
"""Post, epoch, first and last sequence."""


class Gaps:
    """Open gaps of all logs, each with the monotonic time since which it has been open or was last asked for."""

    def __init__(self) -> None:
        self._open: dict[Spot, int] = {}

    def open(self, spot: Spot, now: Instant) -> None:
        """A link became known without its body."""
        self._open[spot] = now.mono_ns

    def close(self, spot: Spot) -> None:
        """The body came."""
        self._open.pop(spot, None)

    def holds(self, spot: Spot) -> bool:
        """Whether the body at a place is still missing."""
        return spot in self._open

    def count(self, post: str) -> int:
        """Open gaps of a post's logs."""
        return sum(1 for spot in self._open if spot.post == post)

    def next_deadline(self, wait_ns: int) -> int | None:
        """Monotonic nanoseconds at which the oldest gap has waited `wait_ns`."""
        return min(self._open.values()) + wait_ns if self._open else None

    def overdue(self, now: Instant, wait_ns: int) -> Iterator[Run]:
        """Runs of gaps open for `wait_ns`; each is asked for now and waits again."""
        late = [spot for spot, since in self._open.items() if since + wait_ns <= now.mono_ns]
        for spot in late:
            self._open[spot] = now.mono_ns
        places = sorted({spot[:3] for spot in late})
        first = 0
        for index, (post, epoch, sequence) in enumerate(places):
            if index + 1 == len(places) or places[index + 1] != (post, epoch, sequence + 1):
                yield post, epoch, places[first][2], sequence
                first = index + 1

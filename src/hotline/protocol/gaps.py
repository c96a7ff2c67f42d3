"""Gaps: links known whose bodies are not held, and when to ask for them."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.protocol.instant import Instant


class Gaps:
    """Open gaps of all logs, each with the monotonic time since which it has been open or was last asked for."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], int] = {}

    def open(self, post: str, sequence: int, now: Instant) -> None:
        """A link became known without its body."""
        self._open[post, sequence] = now.mono_ns

    def close(self, post: str, sequence: int) -> None:
        """The body came."""
        self._open.pop((post, sequence), None)

    def holds(self, post: str, sequence: int) -> bool:
        """Whether the body at a place is still missing."""
        return (post, sequence) in self._open

    def count(self, post: str) -> int:
        """Open gaps of one log."""
        return sum(1 for other, _ in self._open if other == post)

    def next_deadline(self, wait_ns: int) -> int | None:
        """Monotonic nanoseconds at which the oldest gap has waited `wait_ns`."""
        return min(self._open.values()) + wait_ns if self._open else None

    def overdue(self, now: Instant, wait_ns: int) -> Iterator[tuple[str, int, int]]:
        """Runs (post, first, last) of gaps open for `wait_ns`; each is asked for now and waits again."""
        late = sorted(key for key, since in self._open.items() if since + wait_ns <= now.mono_ns)
        for key in late:
            self._open[key] = now.mono_ns
        first = 0
        for index, (post, sequence) in enumerate(late):
            if index + 1 == len(late) or late[index + 1] != (post, sequence + 1):
                yield post, late[first][1], sequence
                first = index + 1

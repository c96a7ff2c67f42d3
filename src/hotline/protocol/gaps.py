"""Gaps: links known whose bodies are not held, and when to ask for them (REQ-LOG-6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice

from hotline.protocol.instant import Instant
from hotline.protocol.log import Spot

_Place = tuple[str, int, int]
"""Post, epoch and sequence."""

Run = tuple[str, int, int, int]
"""Post, epoch, first and last sequence."""


@dataclass(slots=True)
class _Gap:
    """Since when a gap is open or was last asked for, on the monotonic clock, and how often it was asked for."""

    since_mono_ns: int
    asked: int = 0

    def due_mono_ns(self, wait_ns: int, most_ns: int) -> int:
        """When it is next asked for: each wait is twice the one before, up to a limit."""
        return self.since_mono_ns + min(wait_ns << min(self.asked, _DOUBLINGS_MAX), max(wait_ns, most_ns))


FETCHED_MAX = 1_024
"""Statements of one branch that one Fetch brings at most, and places of one log that are asked for at once."""

_DOUBLINGS_MAX = 32
"""More would not lengthen any wait that an agreement can limit."""


class Gaps:
    """Open gaps of all logs. What nobody gives is asked for ever more rarely, so that a relay that spoils what it
    passes on costs little."""

    def __init__(self) -> None:
        self._open: dict[Spot, _Gap] = {}

    def open(self, spot: Spot, now: Instant) -> None:
        """A link became known without its body."""
        self._open[spot] = _Gap(now.mono_ns)

    def close(self, spot: Spot) -> None:
        """The body came."""
        self._open.pop(spot, None)

    def holds(self, spot: Spot) -> bool:
        """Whether the body at a place is still missing."""
        return spot in self._open

    def count(self, post: str) -> int:
        """Open gaps of a post's logs."""
        return sum(1 for spot in self._open if spot.post == post)

    def next_deadline(self, wait_ns: int, most_ns: int) -> int | None:
        """Monotonic nanoseconds at which a gap is next to be asked for: after `wait_ns`, then twice as long, and so on
        up to `most_ns`."""
        return min((gap.due_mono_ns(wait_ns, most_ns) for gap in self._open.values()), default=None)

    def overdue(self, now: Instant, wait_ns: int, most_ns: int) -> Iterator[Run]:
        """Runs of gaps whose wait is over, of each log the first FETCHED_MAX places; those are asked for now. They wait
        twice as long from now on, the others as long as before."""
        late: dict[_Place, list[_Gap]] = {}
        for spot, gap in self._open.items():
            if gap.due_mono_ns(wait_ns, most_ns) <= now.mono_ns:
                gap.since_mono_ns = now.mono_ns
                late.setdefault(spot[:3], []).append(gap)
        logs = groupby(sorted(late), key=lambda place: place[:2])
        asked = [place for _, places in logs for place in islice(places, FETCHED_MAX)]
        for gap in chain.from_iterable(late[place] for place in asked):
            gap.asked += 1
        yield from _runs(asked)


def _runs(places: Sequence[_Place]) -> Iterator[Run]:
    """Places in order as runs without a hole."""
    first = 0
    for index, (post, epoch, sequence) in enumerate(places):
        if index + 1 == len(places) or places[index + 1] != (post, epoch, sequence + 1):
            yield post, epoch, places[first][2], sequence
            first = index + 1

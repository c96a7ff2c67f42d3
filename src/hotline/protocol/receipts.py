"""Receipts waiting to be seen: each is repeated in every Head until its reader shows that it saw one (REQ-HEAD-4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from hotline import v1

PER_LOG_MAX = 512


@dataclass(slots=True)
class _Item:
    receipt: v1.Receipt
    first_beat: int = 0


class Receipts:
    """What this node has to say about the statements of one other post's log."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque()

    def add(self, receipt: v1.Receipt) -> None:
        """Say something from the next Head on."""
        self._items.append(_Item(receipt))

    def carry(self, beat: int) -> Iterator[v1.Receipt]:
        """The receipts that the Head with this beat carries, oldest first, at most PER_LOG_MAX."""
        for index, item in enumerate(self._items):
            if index == PER_LOG_MAX:
                return
            item.first_beat = item.first_beat or beat
            yield item.receipt

    def seen(self, beat: int) -> None:
        """The reader has seen our Head with this beat: what it or an earlier one carried need not be said again."""
        while self._items and 0 < self._items[0].first_beat <= beat:
            self._items.popleft()

    def __len__(self) -> int:
        return len(self._items)

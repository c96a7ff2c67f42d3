"""Receipts waiting to be seen: each is repeated in every Head until its reader shows that it saw one (REQ-HEAD-4)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice

from hotline import v1
from hotline.protocol.ladder import Place

PER_LOG_MAX = 512
PER_HEAD_MAX = 2048


@dataclass(slots=True)
class _Item:
    receipt: v1.Receipt
    first_beat: Place | None = None


_Key = tuple[int, int, bytes, str | None, str]


class Receipts:
    """What this node has to say about the statements of one other post's logs, each thing once.

    A beat is given with the epoch of ours that it is of: beats begin at 1 in each.
    """

    def __init__(self) -> None:
        self._items: OrderedDict[_Key, _Item] = OrderedDict()

    def add(self, receipt: v1.Receipt) -> None:
        """Say something from the next Head on; what waits to be said already is not said twice."""
        self._items.setdefault(_key(receipt), _Item(receipt))

    def oldest(self, count_max: int) -> list[v1.Receipt]:
        """What the next Head carries."""
        return [item.receipt for item in islice(self._items.values(), count_max)]

    def carried(self, receipt: v1.Receipt, beat: Place) -> None:
        """The Head with this beat carries a receipt."""
        item = self._items.get(_key(receipt))
        if item is not None and item.first_beat is None:
            item.first_beat = beat

    def seen(self, beat: Place) -> None:
        """The reader has seen our Head with this beat: what it or an earlier one carried need not be said again."""
        while self._items:
            first = next(iter(self._items.values())).first_beat
            if first is None or first > beat:
                return
            self._items.popitem(last=False)

    def __len__(self) -> int:
        return len(self._items)


def share(logs: int) -> int:
    """How many receipts of each log one Head carries, where it speaks of this many logs."""
    return min(PER_LOG_MAX, PER_HEAD_MAX // max(1, logs))


def _key(receipt: v1.Receipt) -> _Key:
    fact, position = receipt.WhichOneof("fact"), receipt.presented.position
    return receipt.epoch, receipt.sequence, receipt.statement_digest, fact, position

"""Whether each post's desk has been told everything that its node has to tell."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.node import views
from hotline.node.run import Node
from hotline.operator import v1 as operator
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.instant import Instant


class Telling:
    """What one node still owes the desk that watches it. Begun when the desk has been told how everything stands."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._changed: set[bytes] = set()
        self._alerts = 0
        node.driver.listen(self._told)

    @property
    def is_over(self) -> bool:
        """Whether the desk knows everything."""
        return not self._changed and not self._alerts

    def heard(self, change: operator.WatchResponse) -> None:
        """The desk was told something. An older state of a message does not count: the newer comes after it."""
        if change.HasField("alert"):
            self._alerts -= 1
        elif change.HasField("message"):
            driver, digest = self._node.driver, change.message.digest
            entry = driver.endpoint.book.entries[digest]
            if views.message(driver.endpoint, entry, driver.clock.now()) == change.message:
                self._changed.discard(digest)

    def _told(self, effects: Sequence[Changed | Alert], now: Instant) -> None:
        for effect in effects:
            if isinstance(effect, Changed):
                self._changed.add(effect.digest)
            else:
                self._alerts += 1

"""Verdicts: what new facts, the passing of time and what ends a statement make of the timers that run, made durable and
latched as they fall (spec 04, REQ-TIMER-2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hotline import v1
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger, News


class Verdicts:
    """Lets verdicts fall in a ledger; what it makes durable it hands to `record`."""

    def __init__(self, ledger: Ledger, record: Callable[[v1.Record], None]) -> None:
        self._ledger, self._record = ledger, record

    def answer(self, news: News, now: Instant) -> None:
        """New facts answer the timers that wait for them; what has ended is waited for no more."""
        for entry, fact in news:
            self._take(self._ledger.waits.answered(entry.digest, fact, now))
        gone, self._ledger.gone = self._ledger.gone, []
        for digest in gone:
            self._take(self._ledger.waits.moot(now, digest=digest))

    def withdrawn(self, post: str, now: Instant) -> None:
        """A post has left the channel: nothing is waited for of it any more (REQ-TIMER-7, REQ-DIR-4)."""
        self._take(self._ledger.waits.moot(now, post=post))

    def expire(self, now: Instant) -> None:
        """Deadlines that have been reached."""
        self._take(self._ledger.waits.expire(now))

    def _take(self, verdicts: Iterable[v1.Verdict]) -> None:
        for verdict in verdicts:
            self._record(v1.Record(verdict=verdict))
            self._ledger.verdict(verdict)

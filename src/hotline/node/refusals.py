"""Refusals in the log: what a peer sends again and again is told once, and then how often, so that it fills no disk.

The log has one line for each event, code and peer in TOLD_EVERY_S, and of what a peer wrote it has the beginning only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from hotline.protocol.errors import HotlineError

TOLD_EVERY_S = 60.0
"""Seconds for which further refusals of the same sort are counted and not told."""

DETAIL_MAX = 300
"""Characters of a detail that are told; a detail may hold words of the peer's."""

KINDS_MAX = 1_024
"""Sorts of refusals that are counted apart. There are as many events, codes and peers as we give names to, and no
more; this holds should that ever be otherwise."""

_Kind = tuple[str, str, str]


@dataclass(slots=True)
class _Told:
    """When a sort of refusal was last told, how many came since, and what the last of them said."""

    at_s: float
    more: int = 0
    detail: str = ""


class Refusals:
    """Tells of refusals. Only the thread of the core may use it."""

    def __init__(self, log: FilteringBoundLogger, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: real ones, of a clock that only rises."""
        self._log, self._seconds = log, seconds
        self._told: dict[_Kind, _Told] = {}

    def tell(self, event: str, error: HotlineError, peer: str = "") -> None:
        """Somebody was refused something: told at once, unless the same was told lately."""
        kind, now_s, detail = (event, error.code, peer), self._seconds(), error.detail[:DETAIL_MAX]
        told = self._told.get(kind)
        if told is None and len(self._told) < KINDS_MAX:
            self._told[kind] = _Told(now_s)
            self._say(kind, detail)
        elif told is not None:
            told.more, told.detail = told.more + 1, detail
            if now_s - told.at_s >= TOLD_EVERY_S:
                self._sum(kind, told)

    def sweep(self, *, all_of_them: bool = False) -> None:
        """Tell what was counted and is due; forget what did not come again."""
        now_s = self._seconds()
        for kind, told in list(self._told.items()):
            if not all_of_them and now_s - told.at_s < TOLD_EVERY_S:
                continue
            if told.more:
                self._sum(kind, told)
            else:
                del self._told[kind]

    async def look_after(self) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            await asyncio.sleep(TOLD_EVERY_S)
            self.sweep()

    def _sum(self, kind: _Kind, told: _Told) -> None:
        self._say(kind, told.detail, times=told.more)
        told.at_s, told.more = self._seconds(), 0

    def _say(self, kind: _Kind, detail: str, **more: int) -> None:
        event, code, peer = kind
        self._log.warning(event, code=code, detail=detail, peer=peer, **more)

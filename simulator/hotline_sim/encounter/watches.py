"""What somebody waits for at sea: a range passed, a closest approach, a risk; each knows how long it cannot be yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hotline_sim.encounter.relative import Seen, closest_if_held
from hotline_sim.motion.state import State
from hotline_sim.scenario.expect import UnitPair

Happens = Callable[[int], None]
_OPENED_M = 5.0  # a range has opened once it is this much above its least


class Watch(Protocol):
    """Something that comes true at sea, once."""

    @property
    def pair(self) -> UnitPair:
        """The units it is about: own, other."""

    @property
    def fire(self) -> Happens:
        """What is told of the moment."""

    @property
    def is_over(self) -> bool:
        """Whether it need not be asked again once it has come true."""

    def begin(self, range_m: float) -> None:
        """The range when the waiting begins."""

    def looks(self, seen: Seen, own: State) -> bool:
        """Whether it has come true now."""

    def safe_s(self, range_m: float, closing_mps: float) -> float:
        """Seconds in which it cannot come true."""


@dataclass(slots=True)
class RangePasses:
    """The range passes a distance: for the first time falling, or rising."""

    pair: UnitPair
    threshold_m: float
    is_falling: bool
    fire: Happens
    fires_at_once: bool = False
    is_over: bool = True
    _was_beyond: bool = field(default=False)

    def begin(self, range_m: float) -> None:
        """The side it is on now; `fires_at_once` if being there is enough."""
        self._was_beyond = self.fires_at_once or self._is_beyond(range_m)

    def looks(self, seen: Seen, own: State) -> bool:
        """Whether the side has changed in the sense that is waited for."""
        is_beyond = self._is_beyond(seen.range_m)
        passed, self._was_beyond = self._was_beyond and not is_beyond, is_beyond
        return passed

    def safe_s(self, range_m: float, closing_mps: float) -> float:
        """Until the distance can be reached."""
        if self._was_beyond and not self._is_beyond(range_m):
            return 0.0
        return abs(range_m - self.threshold_m) / closing_mps

    def _is_beyond(self, range_m: float) -> bool:
        return range_m > self.threshold_m if self.is_falling else range_m <= self.threshold_m


@dataclass(slots=True)
class Opens:
    """Two units open again after they have closed, inside a distance if one is given."""

    pair: UnitPair
    within_m: float | None
    fire: Happens
    is_over: bool = True
    _least_m: float = field(default=0.0)
    _first_m: float = field(default=0.0)

    def begin(self, range_m: float) -> None:
        """The range it begins with."""
        self._least_m = self._first_m = range_m

    def looks(self, seen: Seen, own: State) -> bool:
        """Whether the range is above its least, which is below what it began with."""
        range_m = seen.range_m
        closed = self._least_m < self._first_m - _OPENED_M
        inside = self.within_m is None or self._least_m <= self.within_m
        if closed and range_m > self._least_m + _OPENED_M:
            self.begin(range_m)
            return inside
        if not closed:
            self._first_m = max(self._first_m, range_m)
        self._least_m = min(self._least_m, range_m)
        return False

    def safe_s(self, range_m: float, closing_mps: float) -> float:
        """While both are far apart there is time."""
        return max(range_m / closing_mps / 10.0, 1.0)


@dataclass(slots=True)
class Risk:
    """Both would pass within a distance, soon, if they held on."""

    pair: UnitPair
    cpa_m: float
    within_s: float
    fire: Happens
    is_over: bool = True

    def begin(self, range_m: float) -> None:
        """Nothing to keep."""

    def looks(self, seen: Seen, own: State) -> bool:
        """Whether it is so now."""
        passing = closest_if_held(seen, own.heading_deg, own.speed_mps)
        return not passing.is_past and passing.range_m < self.cpa_m and passing.after_s <= self.within_s

    def safe_s(self, range_m: float, closing_mps: float) -> float:
        """Until both could be that near in that time."""
        return max((range_m - self.cpa_m) / closing_mps - self.within_s, 5.0)

"""Faults that a plan lists, begun and ended at their times."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hotline.protocol.instant import NS_PER_S
from hotline_sim.torture.hostile import Hostile
from hotline_sim.torture.plan import KINDS, Fault

if TYPE_CHECKING:
    from hotline_sim.torture.world import World

_ON_THE_LINE = frozenset({"loss", "delay", "duplication", "reordering", "one-way", "cut", "stall", "lie"})


class Faults:
    """Carries out the faults of a world."""

    def __init__(self, world: World) -> None:
        self._world, self._hostile = world, Hostile(world)

    def schedule(self) -> None:
        """Have every fault begin, and end, at its time."""
        for fault in self._world.plan.faults:
            self._world.at(fault.at_ns, partial(self._begin, fault))

    def _begin(self, fault: Fault) -> None:
        world = self._world
        world.note(fault.post, "FAULT", fault.words)
        world.begun[fault.kind] += 1
        if fault.kind in _ON_THE_LINE:
            world.line.begin(fault)
            world.at(fault.at_ns + fault.span_ns, partial(self._end, fault))
        elif KINDS[fault.kind].hostile:
            self._hostile.act(fault)
        else:
            self._strike(fault)
        if fault.kind == "cut":
            world.rewire()
        elif fault.kind == "lie":
            world.reconnect(fault.post, fault.peer)

    def _end(self, fault: Fault) -> None:
        self._world.line.end(fault)
        if fault.kind == "cut":
            self._world.rewire()

    def _strike(self, fault: Fault) -> None:
        """A fault of a node itself."""
        world, seat = self._world, self._world.seats[fault.post]
        if fault.kind == "slow-disk":
            seat.disk_s = fault.amount
            world.at(fault.at_ns + fault.span_ns, partial(setattr, seat, "disk_s", 0))
        elif fault.kind == "drift":
            seat.clock.drift(world.now_ns, fault.amount)
            world.at(fault.at_ns + fault.span_ns, partial(self._steady, fault))
            world.clock_moved(seat)
        elif fault.kind == "wall-jump":
            seat.clock.jump(world.now_ns, utc_ns=fault.amount * NS_PER_S)
            world.clock_moved(seat)
        elif fault.kind == "monotonic-jump":
            seat.clock.jump(world.now_ns, mono_ns=fault.amount * NS_PER_S)
            world.clock_moved(seat)
        else:
            self._crash(fault)

    def _steady(self, fault: Fault) -> None:
        seat = self._world.seats[fault.post]
        seat.clock.drift(self._world.now_ns, 0)
        self._world.clock_moved(seat)

    def _crash(self, fault: Fault) -> None:
        """In its next batch; while it writes, at once, with that write done or not."""
        world, seat = self._world, self._world.seats[fault.post]
        if seat.endpoint is None:
            return
        seat.crash_span_ns, seat.crash_at = fault.span_ns, fault.amount
        if seat.batch is not None:
            (effects, thens), seat.batch = seat.batch, None
            world.perform(seat, effects, thens)

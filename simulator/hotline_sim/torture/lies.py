"""Lies: a hostile post signs in its own Heads, with its own key, that it holds more of others' logs than there is.

Each Frame from it to the one that it lies to has such a Head instead of the true one, under the same beat. A lie may
make the one that hears it suspect somebody, and ask; it silences nobody, and proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hotline import v1
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.journals import HEAD, signed
from hotline_sim.torture.line import Parcel

if TYPE_CHECKING:
    from hotline_sim.torture.world import World


class Lies:
    """What is known of the lies in one world.

    Attributes:
        liars: posts that lied.
    """

    def __init__(self, world: World) -> None:
        self.liars: set[str] = set()
        self._world, self._chance = world, Chance(world.plan.seed, "lies")

    def told(self, parcel: Parcel) -> Parcel:
        """A Frame as it leaves; one that brings a log which somebody fetched is left as it is."""
        links = self._world.line.lie(parcel.sender, parcel.receiver)
        if not links or parcel.server is not None:
            return parcel
        frame = v1.Frame.FromString(parcel.frame)
        head = v1.Head.FromString(frame.head.payload)
        for held in head.held:
            held.sequence += links
            held.link_digest = bytes(self._chance.below(256) for _ in range(32))
        node = self._world.rehearsal.nodes[parcel.sender]
        frame.head.CopyFrom(signed(HEAD, head.SerializeToString(deterministic=True), node))
        self.liars.add(parcel.sender)
        self._world.effects["lie"] += 1
        return replace(parcel, frame=frame.SerializeToString())

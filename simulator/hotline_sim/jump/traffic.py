"""What is on its way between the nodes of a run that jumps.

The scenario's delay and loss are the exercise's, so they are kept on its clock: a Frame that a node has sent waits here
as long as it would in virtual time, by the same draws, and goes onto the real connection then. What is on the real
connection is counted until the node at the other end feeds it to its core; nothing else tells that a network is empty.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

from hotline.protocol.effects import Fetch, Send
from hotline_sim.jump.clock import MovedClock
from hotline_sim.network import FetchAt, FrameTo, Network, Parcel, Sent
from hotline_sim.scenario import Scenario

ARRIVAL_S = 20.0
"""Real seconds after which a Frame on a connection is taken to be lost with it."""


class Traffic:
    """Everything under way.

    Attributes:
        stirred: set when something has arrived.
    """

    def __init__(
        self, scenario: Scenario, seed: int, clock: MovedClock, lost: Callable[[str, str, bytes], None]
    ) -> None:
        """`lost`: hears of each Frame that the exercise's line loses: sender, receiver, bytes."""
        self._network, self._clock, self._lost = Network(scenario, seed), clock, lost
        self._flying: Counter[tuple[str, str, bytes]] = Counter()
        self._due: deque[Sent] = deque()
        self._flown_s = 0.0
        self.stirred = asyncio.Event()

    @property
    def next_ms(self) -> int | None:
        """Scenario time at which the next Frame is to go onto its connection."""
        return self._network.next_time_ms()

    @property
    def is_flying(self) -> bool:
        """Whether a Frame is on a real connection."""
        if time.monotonic() - self._flown_s > ARRIVAL_S:
            self._flying.clear()
        return bool(self._flying)

    def put(self, sender: str, effect: Send | Fetch) -> None:
        """Take what a node sends."""
        if not self._network.send(sender, effect.peer, _parcel(sender, effect), self._clock.ms):
            self._lost(sender, effect.peer, effect.frame if isinstance(effect, Send) else b"")

    @property
    def is_due(self) -> bool:
        """Whether something is to go onto its connection now."""
        self._due += self._network.arrived(self._clock.ms)
        return bool(self._due)

    def pop(self) -> tuple[str, Send | Fetch]:
        """The next that is due, with its sender."""
        sent = self._due.popleft()
        return sent.sender, _effect(sent)

    def takes_off(self, sender: str, effect: Send) -> None:
        """A Frame is on a real connection from now on."""
        self._flying[sender, effect.peer, effect.frame] += 1
        self._flown_s = time.monotonic()

    def lands(self, receiver: str, frame: bytes) -> None:
        """A Frame has come to a core."""
        way = next((way for way in self._flying if way[1:] == (receiver, frame)), None)
        if way is not None:
            self._flying[way] -= 1
            self._flying = +self._flying
        self.stirred.set()

    def cut(self, one: str, other: str) -> None:
        """What is under way between two posts is lost."""
        self._network.cut(one, other)
        self._due = deque(sent for sent in self._due if {sent.sender, sent.receiver} != {one, other})
        self._flying = Counter({way: count for way, count in self._flying.items() if {*way[:2]} != {one, other}})


def _parcel(sender: str, effect: Send | Fetch) -> Parcel:
    if isinstance(effect, Send):
        return FrameTo(effect.peer, effect.frame)
    return FetchAt(effect.peer, sender, effect.post, effect.epoch, effect.first, effect.last)


def _effect(sent: Sent) -> Send | Fetch:
    parcel = sent.parcel
    if isinstance(parcel, FrameTo):
        return Send(parcel.receiver, parcel.frame)
    return Fetch(parcel.server, parcel.log, parcel.epoch, parcel.first, parcel.last)

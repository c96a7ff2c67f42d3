"""The virtual network: each transmission takes a drawn delay, and a share of them is lost."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from hotline_sim.draw import Stream
from hotline_sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class FrameTo:
    """A frame on its way to a post; `server` is the post that answers a Fetch with it."""

    receiver: str
    frame: bytes
    server: str | None = None


@dataclass(frozen=True, slots=True)
class FetchAt:
    """A post's request for part of a log, on its way to the post that serves it."""

    server: str
    asker: str
    log: str
    epoch: int
    first: int
    last: int


Parcel = FrameTo | FetchAt


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel with the posts it goes from and to."""

    sender: str
    receiver: str
    parcel: Parcel


class Network:
    """Everything under way, in order of arrival. Times are milliseconds of scenario time.

    Each direction has a stream of its own, so what one side sends changes nothing for what the other side sends.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._streams = {
            (sender, receiver): Stream(seed, f"network {sender}>{receiver}") for sender, receiver in scenario.links
        }
        self._under_way: list[tuple[int, int, Sent]] = []
        self._counter = 0

    def send(self, sender: str, receiver: str, parcel: Parcel, now_ms: int) -> bool:
        """Put a parcel on the way; False if it is lost."""
        link, stream = self._scenario.links[sender, receiver], self._streams[sender, receiver]
        lost, delay_ms = stream.happens(link.loss), self._scenario.delay_ms(link.delay, stream)
        if not lost:
            self._counter += 1
            heapq.heappush(self._under_way, (now_ms + delay_ms, self._counter, Sent(sender, receiver, parcel)))
        return not lost

    def cut(self, one: str, other: str) -> None:
        """What is on its way between two posts, in either direction, is lost."""
        self._under_way = [item for item in self._under_way if {item[2].sender, item[2].receiver} != {one, other}]
        heapq.heapify(self._under_way)

    def next_time_ms(self) -> int | None:
        """When the next parcel arrives."""
        return self._under_way[0][0] if self._under_way else None

    def arrived(self, now_ms: int) -> list[Sent]:
        """What has arrived by now, in order."""
        sent: list[Sent] = []
        while self._under_way and self._under_way[0][0] <= now_ms:
            sent.append(heapq.heappop(self._under_way)[2])
        return sent

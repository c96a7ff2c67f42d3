"""The line between posts: what happens to each Frame on its way, by the faults that hold now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hotline.protocol.instant import NS_PER_MS, NS_PER_S
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.plan import SETTLED_NS, Fault

LATENCY_NS = 40 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class Parcel:
    """A Frame on its way over the connection of `sender`; `server` is set where it answers a Fetch."""

    sender: str
    receiver: str
    frame: bytes
    server: str | None = None


class Line:
    """Ways between posts, each with a draw of its own, and the faults on them now.

    Attributes:
        effects: what the faults did to Frames, by kind.
        arriving: when the last of the Frames sent so far arrives, by way.
        sent: every Frame that an Endpoint sent where somebody is hostile, in order, for those who send it again.
        late: how many Frames went each way after the time by which everything has settled.
    """

    def __init__(self, seed: int) -> None:
        self.effects: Counter[str] = Counter()
        self.sent: list[Parcel] = []
        self.late: Counter[tuple[str, str]] = Counter()
        self._chance = Chance(seed, "line")
        self._faults: dict[tuple[str, str], list[Fault]] = {}
        self._cut: Counter[frozenset[str]] = Counter()
        self.arriving: dict[tuple[str, str], int] = {}

    def begin(self, fault: Fault) -> None:
        """A fault holds from now on."""
        self._faults.setdefault((fault.post, fault.peer), []).append(fault)
        self._cut[frozenset((fault.post, fault.peer))] += fault.kind == "cut"

    def end(self, fault: Fault) -> None:
        """It holds no longer."""
        self._faults[fault.post, fault.peer].remove(fault)
        self.effects[f"{fault.kind}: over"] += 1
        self._cut[frozenset((fault.post, fault.peer))] -= fault.kind == "cut"

    def is_whole(self, one: str, other: str) -> bool:
        """Whether both ends have a connection, as far as the line goes."""
        return not self._cut[frozenset((one, other))]

    def is_stalled(self, sender: str, receiver: str, now_ns: int) -> bool:
        """Whether a hostile post holds back what it says to another, which stays connected."""
        faults = self._faults.get((sender, receiver), ())
        return any(fault.kind == "stall" and fault.at_ns + fault.span_ns > now_ns for fault in faults)

    def lie(self, sender: str, receiver: str) -> int:
        """How many links too many a hostile post now says to another that it holds."""
        return sum(fault.amount for fault in self._faults.get((sender, receiver), ()) if fault.kind == "lie")

    def ways(self, sender: str, receiver: str, now_ns: int) -> list[int]:
        """After how many nanoseconds a Frame arrives: once, more than once, or never."""
        delay_ns, copies = LATENCY_NS, 1
        self.late[sender, receiver] += now_ns > SETTLED_NS
        for fault in self._faults.get((sender, receiver), ()):
            if fault.kind == "one-way" or (fault.kind == "loss" and self._hits(fault)):
                self.effects[fault.kind] += 1
                return []
            if fault.kind == "stall":  # held back, and then all at once
                self.effects[fault.kind] += 1
                delay_ns += max(0, fault.at_ns + fault.span_ns - now_ns)
            elif fault.kind in ("delay", "reordering"):
                wait_ns = self._chance.between(0, fault.amount * 1_000) * NS_PER_MS
                self.effects[fault.kind] += wait_ns > 0
                delay_ns += wait_ns
            elif fault.kind == "duplication" and self._hits(fault):
                self.effects[fault.kind] += 1
                copies += self._chance.between(1, 2)
        self._overtakes((sender, receiver), now_ns + delay_ns)
        return [delay_ns + number * self._chance.between(1, 600) * NS_PER_S for number in range(copies)]

    def _overtakes(self, way: tuple[str, str], at_ns: int) -> None:
        """Count a Frame that arrives before one that was sent earlier."""
        last_ns = self.arriving.get(way, 0)
        self.effects["overtook others"] += at_ns < last_ns
        self.arriving[way] = max(at_ns, last_ns)

    def _hits(self, fault: Fault) -> bool:
        return self._chance.below(100) < fault.amount

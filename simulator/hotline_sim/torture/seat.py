"""A post in a world: the real Endpoint, a journal that survives it, clocks of its own, and the driver between them.

The driver is the one of a node: what waits is fed, effects are taken once, the records of a batch are made durable in
one write, and only then is anything sent, told or answered. It may fall over before or after that write, or between any
two effects that follow it; a slow disk keeps what comes meanwhile waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hotline.protocol.effects import Effect
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.instant import Instant
from hotline_sim.torture.clocks import Clock

Call = Callable[[Endpoint, Instant], None]
"""An input: it may raise what Endpoints raise."""
Then = Callable[[], None]
"""What is done once a batch is durable."""
Input = tuple[Call, Then | None]


@dataclass(slots=True)
class Seat:
    """One post.

    Attributes:
        post: whose.
        endpoint: as it is now; None while its node is down.
        clock: its clocks.
        journal: every record that is durable.
        starts: how often its node started.
        joined: peers it believes to be connected to.
        called: whether a turn comes at this very instant.
        inbox: inputs that wait for the next turn, each with what is done once it is durable.
        batch: effects whose write is under way on a slow disk, and what is done after them; None while none is.
        crash_at: before which effect of its next batch it falls over; None when it is to go on.
        crash_span_ns: for how long it is then down.
        disk_s: how long a commit may take now, in seconds.
        due_ns: its next deadline, on its monotonic clock; None when it has none.
        wakes_ns: true time of that; a timer for another is ignored.
        at: readings of its clocks with which its last turn was taken; what a slow disk writes later is of that time.
    """

    post: str
    clock: Clock
    endpoint: Endpoint | None = None
    journal: list[bytes] = field(default_factory=list)
    starts: int = 0
    joined: set[str] = field(default_factory=set)
    called: bool = False
    inbox: list[Input] = field(default_factory=list)
    batch: tuple[list[Effect], list[Then]] | None = None
    crash_at: int | None = None
    crash_span_ns: int = 0
    disk_s: int = 0
    due_ns: int | None = None
    wakes_ns: int | None = None
    at: Instant = field(default_factory=lambda: Instant(0, 0))

    @property
    def busy(self) -> bool:
        """Whether a write is under way."""
        return self.batch is not None

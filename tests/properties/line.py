"""Posts on a bad line: a driver for Endpoints that can stop anywhere, and a line that does what lines do.

A desk's journal is what is durable. A desk that falls over is restored from it, and nothing else survives; whatever the
Endpoint wanted since its last turn is gone. Frames in flight may come late, twice, in any order, or never, also after
their line was cut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from tests.kit import START, START_NS, Identifiers, key

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.effects import Alert, Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import UsageError

STORM = 400


@cache
def channel(*posts: str | PostPlan) -> Rehearsal:
    """A channel of these posts; the same for every example."""
    return rehearse(posts, key, START_NS)


@dataclass(frozen=True, slots=True)
class Flight:
    """A Frame on its way."""

    sender: str
    receiver: str
    frame: bytes


@dataclass(slots=True)
class Desk:
    """One post.

    Attributes:
        endpoint: as it is now; what it wants since its last turn is not durable.
        journal: what is durable.
        alerts: codes told, over all its lives.
        starts: how often it began.
    """

    endpoint: Endpoint
    journal: list[v1.Record] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    starts: int = 1


class Line:
    """Several posts and what is between them."""

    def __init__(self, *plans: str | PostPlan) -> None:
        self.rehearsal, self.now = channel(*plans), START
        posts = [plan if isinstance(plan, str) else plan.id for plan in plans]
        self.flights: list[Flight] = []
        self.up: set[frozenset[str]] = set()
        self.desks = {post: Desk(self._start(post, 1, ())) for post in posts}
        self.pairs = [frozenset((one, other)) for one in posts for other in posts if one < other]

    def __getitem__(self, post: str) -> Endpoint:
        return self.desks[post].endpoint

    def _start(self, post: str, start: int, records: tuple[bytes, ...]) -> Endpoint:
        signer, ids = self.rehearsal.nodes[post], Identifiers((post, start))
        return Endpoint.restore(post, self.rehearsal.trust, signer, ids, records, self.now)

    # -- desks -------------------------------------------------------------------------------------------------------

    def turn(self, post: str) -> None:
        """One turn of a driver: let timers act, commit what the Endpoint wants, then send, then tell."""
        if self.late(post):
            self[post].on_deadline(self.now)
        desk, effects = self.desks[post], self[post].take_effects()
        desk.journal += [v1.Record.FromString(effect.record) for effect in effects if isinstance(effect, Journal)]
        for effect in effects:
            if isinstance(effect, Send):
                self._send(post, effect.peer, effect.frame)
            elif isinstance(effect, Fetch):
                self._serve(effect, post)
            elif isinstance(effect, Alert):
                desk.alerts.append(effect.code)

    def crash(self, post: str, *, commits: bool) -> None:
        """A post falls over in its turn: after the commit and before anything was sent, or before the commit.

        It is back at once, with its lines down.
        """
        desk, effects = self.desks[post], self[post].take_effects()
        if commits:
            desk.journal += [v1.Record.FromString(effect.record) for effect in effects if isinstance(effect, Journal)]
        for pair in [pair for pair in self.up if post in pair]:
            self.up.discard(pair)
            (other,) = pair - {post}
            self[other].link(post, False, self.now)
        desk.starts += 1
        records = tuple(record.SerializeToString() for record in desk.journal)
        desk.endpoint = self._start(post, desk.starts, records)

    def late(self, post: str) -> bool:
        """Whether a deadline of a post has come and it has not acted on it yet."""
        deadline = self[post].next_deadline()
        return deadline is not None and deadline <= self.now.mono_ns

    def go(self, span_ns: int) -> None:
        """Time passes at once; whoever has a deadline acts on it in the next turn."""
        self.now = self.now.later(span_ns)

    # -- the line ----------------------------------------------------------------------------------------------------

    def mend(self, pair: frozenset[str]) -> None:
        """A connection stands."""
        if pair not in self.up:
            self.up.add(pair)
            self._link(pair, True)

    def cut(self, pair: frozenset[str]) -> None:
        """It is gone; what is in flight may still come."""
        if pair in self.up:
            self.up.discard(pair)
            self._link(pair, False)

    def _link(self, pair: frozenset[str], up: bool) -> None:
        one, other = sorted(pair)
        self[one].link(other, up, self.now)
        self[other].link(one, up, self.now)

    def _send(self, sender: str, receiver: str, frame: bytes) -> None:
        if frozenset((sender, receiver)) in self.up:
            self.flights.append(Flight(sender, receiver, frame))

    def _serve(self, asked: Fetch, to: str) -> None:
        """A server shows only what is durable, so it takes its turn first."""
        self.turn(asked.peer)
        with suppress(UsageError):
            for frame in self[asked.peer].serve(asked.post, asked.first, asked.last, asked.epoch, to):
                self._send(asked.peer, to, frame)

    def deliver(self, flight: Flight) -> None:
        """A Frame arrives. Among honest posts none is ever refused."""
        self[flight.receiver].receive(flight.frame, self.now)

    # -- healing -----------------------------------------------------------------------------------------------------

    def calm(self, among: Collection[str] | None = None) -> None:
        """Posts take turns and the Frames between them arrive, until nothing moves; a storm of Frames fails.

        Others are deaf meanwhile, and nothing is heard of them.
        """
        among = self.desks if among is None else among
        carried = 0
        while True:
            for post in among:
                self.turn(post)
            arriving = [flight for flight in self.flights if {flight.sender, flight.receiver} <= set(among)]
            if not arriving:
                return
            self.flights = [flight for flight in self.flights if flight not in arriving]
            for flight in arriving:
                self.deliver(flight)
            carried += len(arriving)
            assert carried < STORM, "posts keep each other busy"

    def settle(self, span_ns: int) -> None:
        """Every line stands, nothing is lost, and time passes, deadline by deadline."""
        for pair in self.pairs:
            self.mend(pair)
        self.calm()
        until = self.now.mono_ns + span_ns
        for due in iter(lambda: min(self._deadlines(), default=until), until):
            if due > until:
                break
            self.go(max(0, due - self.now.mono_ns))
            self.calm()
        self.now = self.now.later(until - self.now.mono_ns)

    def _deadlines(self) -> Iterator[int]:
        return (due for post in self.desks if (due := self[post].next_deadline()) is not None)

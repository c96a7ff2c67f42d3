"""One world: posts, their line, people and faults, in true time, event by event; after each the auditor looks."""

from __future__ import annotations

import heapq
import traceback
from collections import Counter
from collections.abc import Callable
from itertools import combinations

from hotline.protocol.effects import Alert, Changed, Effect, Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import NS_PER_MS, NS_PER_S, Instant
from hotline_sim.torture.auditor import Auditor
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.channel import START_NS, channel
from hotline_sim.torture.clocks import Clock
from hotline_sim.torture.faults import Faults
from hotline_sim.torture.lies import Lies
from hotline_sim.torture.line import Line, Parcel
from hotline_sim.torture.memo import Memo, remembering
from hotline_sim.torture.notes import Notes
from hotline_sim.torture.people import People
from hotline_sim.torture.plan import END_NS, FAULTS_END_NS, SETTLED_NS, Plan
from hotline_sim.torture.seat import Call, Input, Seat, Then

_RANKS: dict[type[Effect], int] = {Journal: 0, Send: 1, Fetch: 2}
RESTART_NS = 5 * NS_PER_S
AT_ONCE_MAX = 50_000
"""A stall of three hours lets thousands of Frames of the default profile through at once; who goes on is never done."""
EXPORTED_EVERY = 25
"""Of one world in so many the posts' real transcripts are looked at in any case."""


class World:
    """A world that has not begun; `play` once.

    Attributes:
        plan: what it follows.
        now_ns: true time since it began.
        steps, frames: how many events there were, and how many Frames went.
        memo: checks that were computed once.
        line, seats, people, auditor, lies: what it is made of.
        begun: faults that began, by kind.
        exported: whether real transcripts are made of it at the end, verified and compared.
        effects: what they came to, by kind.
    """

    def __init__(self, plan: Plan, notes: Notes | None = None, *, exported: bool = False) -> None:
        self.plan, self.notes = plan, notes
        self.exported = exported or plan.seed % EXPORTED_EVERY == 0
        self.rehearsal = channel(len(plan.posts), plan.figures)
        self.now_ns = self.steps = self.frames = 0
        self.memo = Memo()
        self.begun: Counter[str] = Counter()
        self.line = Line(plan.seed)
        self.effects = self.line.effects
        self._chance = Chance(plan.seed, "disks")
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._numbered = 0
        self.seats = {post: Seat(post, self._clock(number)) for number, post in enumerate(plan.posts)}
        self.lies = Lies(self)
        self.auditor = Auditor(self)
        self.people = People(self)
        self._faults = Faults(self)

    # -- time --------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """All 24 hours, or up to the first violation."""
        with remembering(self.memo):
            self._play()

    def _play(self) -> None:
        for seat in self.seats.values():
            self.start(seat)
        self._faults.schedule()
        self.people.schedule()
        self.at(FAULTS_END_NS, self._heal)
        self.at(SETTLED_NS, self.auditor.settled)
        self.at(END_NS, self.auditor.ended)
        at_once = 0
        while self._events and not self.auditor.violations:
            at_ns, _, event = heapq.heappop(self._events)
            if at_ns > END_NS:
                break
            at_once = at_once + 1 if at_ns == self.now_ns else 0
            self.now_ns, self.steps = at_ns, self.steps + 1
            self._step(event)
            if at_once > AT_ONCE_MAX:
                self.auditor.violate("I8", "", f"posts keep each other busy: {AT_ONCE_MAX} steps at one instant")

    def _step(self, event: Callable[[], None]) -> None:
        """One event; whatever a node does not foresee ends it, so that nothing settles any more."""
        try:
            event()
            self.auditor.stepped()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            words = f"unforeseen {type(error).__name__} at {where.name}, line {where.lineno}: {error}"
            self.auditor.violate("I8", "", words)

    def at(self, at_ns: int, event: Callable[[], None]) -> None:
        """Something happens at a true time."""
        self._numbered += 1
        heapq.heappush(self._events, (max(at_ns, self.now_ns), self._numbered, event))

    def note(self, post: str, what: str, words: str) -> None:
        """One line of the trace, where one is wanted."""
        if self.notes is not None:
            self.notes.add(self.now_ns, post, what, words)

    def _clock(self, number: int) -> Clock:
        return Clock(self._chance.between(1, 10**6) * NS_PER_S, START_NS + number * 7 * NS_PER_MS)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def start(self, seat: Seat) -> None:
        """A node starts from its journal and knows nothing else."""
        seat.starts += 1
        if seat.starts > 1:
            seat.clock.boot(self.now_ns, self._chance.between(1, 10**6) * NS_PER_S)
            self.note(seat.post, "STARTS", f"from {len(seat.journal)} records")
        ids = SeededIdentifiers(f"{self.plan.seed} {seat.post} {seat.starts}".encode())
        signer, now = self.rehearsal.nodes[seat.post], seat.clock.at(self.now_ns)
        seat.endpoint = Endpoint.restore(seat.post, self.rehearsal.trust, signer, ids, seat.journal, now)
        seat.wakes_ns, seat.due_ns, seat.at = None, seat.endpoint.next_deadline(), now
        self.auditor.started(seat)
        self.turn(seat)
        self.rewire()

    def crash(self, seat: Seat) -> None:
        """A node is gone with everything that was not durable, and comes back after a while."""
        seat.endpoint, seat.batch, seat.crash_at = None, None, None
        seat.inbox.clear()
        seat.joined.clear()
        self.note(seat.post, "CRASH", f"down for {seat.crash_span_ns // NS_PER_S} s")
        self.auditor.crashed(seat)
        starts = seat.starts
        self.at(
            self.now_ns + RESTART_NS + seat.crash_span_ns, lambda: self.start(seat) if seat.starts == starts else None
        )
        self.rewire()

    def rewire(self) -> None:
        """Every node that is up notices which peers it is connected to."""
        for one, other in combinations(self.seats, 2):
            up = all(self.seats[post].endpoint for post in (one, other)) and self.line.is_whole(one, other)
            for post, peer in ((one, other), (other, one)):
                seat = self.seats[post]
                if seat.endpoint is not None and up != (peer in seat.joined):
                    (seat.joined.add if up else seat.joined.discard)(peer)
                    self.feed(seat, (self._link(seat, peer, up), None))

    def _link(self, seat: Seat, peer: str, up: bool) -> Call:
        def call(endpoint: Endpoint, now: Instant) -> None:
            endpoint.link(peer, up, now)
            self.auditor.alarms.linked(seat, peer, up)

        return call

    def reconnect(self, one: str, other: str) -> None:
        """A connection ends and stands anew, so that each end asks the other what it holds."""
        for post, peer in ((one, other), (other, one)):
            seat = self.seats[post]
            if peer in seat.joined:
                seat.joined.discard(peer)
                self.feed(seat, (self._link(seat, peer, False), None))
        self.rewire()

    def _heal(self) -> None:
        """Faults are over: every node comes back, every line stands."""
        self.note("", "HEALED", "no more faults; everything has to settle")
        for seat in self.seats.values():
            seat.crash_at, seat.disk_s = None, 0
            if seat.endpoint is None:
                self.start(seat)

    # -- turns of a node ---------------------------------------------------------------------------------------------

    def feed(self, seat: Seat, *inputs: Input) -> None:
        """Give a node inputs; whatever comes at one instant is taken in one turn, at once unless it writes."""
        if seat.endpoint is None:
            return
        seat.inbox += inputs
        if not seat.called:
            seat.called = True
            self.at(self.now_ns, lambda: self._called(seat))

    def _called(self, seat: Seat) -> None:
        seat.called = False
        if seat.inbox:
            self.turn(seat)

    def turn(self, seat: Seat) -> None:
        """One turn of a driver: timers, inputs, effects."""
        endpoint = seat.endpoint
        if endpoint is None or seat.busy:
            return
        now, thens = seat.clock.at(self.now_ns), list[Then]()
        seat.at = now
        self.auditor.alarms.turns(seat)
        if self._is_late(seat):
            endpoint.on_deadline(now)
        inbox, seat.inbox = seat.inbox, []
        for call, then in inbox:
            try:
                call(endpoint, now)
            except HotlineError as error:
                self.auditor.refused(seat, error)
                self.note(seat.post, "REFUSED", str(error))
            else:
                thens += [then] if then is not None else []
        effects = endpoint.take_effects()
        if effects or thens:
            self._carry_out(seat, effects, thens)
        if seat.endpoint is endpoint and not seat.busy:
            self._turned(seat)

    def _turned(self, seat: Seat) -> None:
        """A batch is through: look at it, and set the timer for the next."""
        assert seat.endpoint is not None
        self.auditor.turned(seat)
        self.set_timer(seat)

    def set_timer(self, seat: Seat) -> None:
        """Wake a node when its next deadline has come by its own monotonic clock."""
        if seat.endpoint is None:
            return
        due_ns = seat.endpoint.next_deadline()
        at_ns = None if due_ns is None else seat.clock.true_ns(due_ns)
        if at_ns is not None and at_ns != seat.wakes_ns:
            self.at(at_ns, lambda: self._wake(seat, at_ns))
        seat.due_ns, seat.wakes_ns = due_ns, at_ns

    def _wake(self, seat: Seat, at_ns: int) -> None:
        """A timer has come, if it is still the one that counts; a node that writes looks at its clock afterwards."""
        if seat.wakes_ns == at_ns:
            seat.wakes_ns = None
            self.turn(seat)

    def clock_moved(self, seat: Seat) -> None:
        """The next deadline is at another true time now, or has come."""
        self.set_timer(seat)
        if self._is_late(seat):
            self.turn(seat)

    def _is_late(self, seat: Seat) -> bool:
        return seat.due_ns is not None and seat.due_ns <= seat.clock.mono_ns(self.now_ns)

    def _carry_out(self, seat: Seat, effects: list[Effect], thens: list[Then]) -> None:
        ranks = [_RANKS.get(type(effect), len(_RANKS)) for effect in effects]
        self.auditor.hold("I1", ranks == sorted(ranks), seat.post, "effects are not in the order durable, sent, told")
        records = ranks.count(0)
        if records and seat.disk_s and seat.crash_at is None:
            seat.batch = (effects, thens)
            self.effects["slow-disk"] += 1
            starts, wait_ns = seat.starts, self._chance.between(1, seat.disk_s * 1_000) * NS_PER_MS
            self.at(self.now_ns + wait_ns, lambda: self._written(seat, starts))
            return
        self.perform(seat, effects, thens)

    def _written(self, seat: Seat, starts: int) -> None:
        """A slow write is done, unless the node is no longer the one that began it."""
        if seat.batch is not None and seat.starts == starts:
            (effects, thens), seat.batch = seat.batch, None
            self.perform(seat, effects, thens)
            if seat.endpoint is not None and seat.starts == starts:
                self._turned(seat)
                if seat.inbox or self._is_late(seat):
                    self.turn(seat)

    def perform(self, seat: Seat, effects: list[Effect], thens: list[Then]) -> None:
        """Records in one write, then the rest in order; a node that is to fall over does so on its way."""
        records = [effect.record for effect in effects if isinstance(effect, Journal)]
        last = len(effects)
        if seat.crash_at is not None and effects:
            last = seat.crash_at % (len(effects) + 1)
            place = crash_place(last, len(records), len(effects))
            self.effects[f"crash {place}"] += 1
            self.note(seat.post, "FAULT", f"falls over {place}, at effect {last} of {len(effects)}")
        if last >= len(records):
            self.commit(seat, records)
            for effect in effects[len(records) : last]:
                self._tell(seat, effect)
        if last < len(effects) or (seat.crash_at is not None and effects):
            self.crash(seat)
            return
        for then in thens:
            then()

    def commit(self, seat: Seat, records: list[bytes]) -> None:
        """One durable write."""
        seat.journal += records
        self.auditor.committed(seat, records)

    def _tell(self, seat: Seat, effect: Effect) -> None:
        if isinstance(effect, Send):
            self.auditor.sent(seat, effect.frame)
            self.send(Parcel(seat.post, effect.peer, effect.frame))
        elif isinstance(effect, Fetch):
            self._ask(seat, effect)
        elif isinstance(effect, Changed):
            self.people.notice(seat, effect.digest)
        elif isinstance(effect, Alert):
            self.auditor.alerted(seat, effect)
            self.note(seat.post, "ALERT", f"{effect.code} {self.name(effect.digest)} {effect.detail}")

    # -- the line ----------------------------------------------------------------------------------------------------

    def send(self, parcel: Parcel) -> None:
        """Put a Frame on its way; the faults that hold decide whether and when it arrives."""
        self.frames += 1
        if self.plan.hostile:
            parcel = self.lies.told(parcel)
            self.line.sent.append(parcel)
        ways = self.line.ways(parcel.sender, parcel.receiver, self.now_ns)
        if not ways:
            self.note(parcel.sender, "LOST", f"{self.inside(parcel.frame)} to {parcel.receiver}")
        for delay_ns in ways:
            self.at(self.now_ns + delay_ns, lambda: self.deliver(parcel))

    def deliver(self, parcel: Parcel) -> None:
        """A Frame arrives over the connection of its sender, whose certificate the node has seen."""
        seat = self.seats[parcel.receiver]
        if seat.endpoint is None:
            return
        self.note(parcel.receiver, "TAKES", f"{self.inside(parcel.frame)} from {parcel.sender}")
        then = self.auditor.forks.to_be_proved(seat, parcel.frame)
        self.feed(seat, (lambda endpoint, now: self._take(seat, parcel, endpoint, now), then))

    def _take(self, seat: Seat, parcel: Parcel, endpoint: Endpoint, now: Instant) -> None:
        """A node takes what arrived, which may have waited for a write: only now has it heard anything."""
        (pin,) = self.rehearsal.trust.pins[parcel.sender]
        endpoint.receive(parcel.frame, now, None if parcel.server else pin, parcel.server)
        self.auditor.alarms.heard(seat, parcel.frame)

    def _ask(self, seat: Seat, asked: Fetch) -> None:
        """A Fetch goes to its server, and what it serves comes back; either may be lost."""
        for delay_ns in self.line.ways(seat.post, asked.peer, self.now_ns)[:1]:
            self.at(self.now_ns + delay_ns, lambda: self._serve(seat.post, asked))

    def _serve(self, asker: str, asked: Fetch) -> None:
        """A server shows only what is durable: while it writes, the answer waits."""
        server = self.seats[asked.peer]
        if server.busy:
            self.at(self.now_ns + NS_PER_S, lambda: self._serve(asker, asked))
            return
        if server.endpoint is None:
            return
        try:
            frames = server.endpoint.serve(asked.post, asked.first, asked.last, asked.epoch, asker)
        except UsageError:
            return  # not held: the asker asks again
        for frame in frames:
            self.auditor.served(server, frame)
            self.send(Parcel(asked.peer, asker, frame, asked.peer))

    # -- names -------------------------------------------------------------------------------------------------------

    def name(self, digest: bytes) -> str:
        """A message as the trace calls it."""
        return self.people.names.get(digest, digest.hex()[:8]) if digest else ""

    def inside(self, frame: bytes) -> str:
        """What a Frame carries, for the trace."""
        return self.notes.inside(frame, self.name) if self.notes is not None else ""


def crash_place(last: int, records: int, effects: int) -> str:
    """Where a node falls over that gets through so many effects of its batch, the records of which come first."""
    if last < records:
        return "before its write"
    if last == records:
        return "after its write" if records else "before its first effect"
    return "between two effects" if last < effects else "after its last effect"

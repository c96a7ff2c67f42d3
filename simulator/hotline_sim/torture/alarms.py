"""I6: every deadline is met or alarmed, on the clock of the post that waits; and a silent peer is told as silent.

Deadlines are computed again from the agreement's figures and the table of spec 04: what a stage asked for has its
sender wait for. They run on the monotonic clock from sealing; after a restart the rest is what UTC leaves.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_MS, NS_PER_S, Instant
from hotline_sim.torture.journals import Book, Key
from hotline_sim.torture.speech import DECIDED, DONE, PASSED, READ, UNDERSTOOD

if TYPE_CHECKING:
    from hotline_sim.torture.auditor import Auditor
    from hotline_sim.torture.seat import Seat
    from hotline_sim.torture.world import World

DELIVERED, PRESENTED = int(v1.STAGE_DELIVERED), int(v1.STAGE_PRESENTED)
WAITED_FOR = {
    0: (DELIVERED,),
    DELIVERED: (DELIVERED,),
    PRESENTED: (DELIVERED, PRESENTED),
    READ: (DELIVERED, PRESENTED, READ),
    UNDERSTOOD: (DELIVERED, PRESENTED, READ, UNDERSTOOD),
    PASSED: (DELIVERED, PRESENTED, READ, PASSED),
    DECIDED: (DELIVERED, PRESENTED, READ, DECIDED),
    DONE: (DELIVERED, PRESENTED, READ, DECIDED, DONE),
}
CLOSING = {"NO_REPLY_INTENDED", "DECLINED", "NOT_UNDERSTOOD"}
"""Decisions that end the wait for a later stage as well."""
SLACK_NS = 2 * NS_PER_S


@dataclass(slots=True)
class _Watch:
    """What one post waits for.

    Attributes:
        due: deadlines to come, on its monotonic clock.
        since: what each runs from, UTC, and for how long.
        untold: expiries that are durable and of which the watch was not told yet.
        heard: monotonic time since which nothing came of each connected peer.
        silent: peers that the watch was told to be silent.
    """

    due: list[tuple[int, Key]] = field(default_factory=list)
    since: dict[Key, tuple[int, int]] = field(default_factory=dict)
    untold: set[tuple[bytes, str]] = field(default_factory=set)
    heard: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)


class Alarms:
    """Watches every post's deadlines in one world."""

    def __init__(self, world: World, auditor: Auditor) -> None:
        self._world, self._auditor = world, auditor
        self._watches = {post: _Watch() for post in world.plan.posts}
        agreement = world.rehearsal.trust.agreement.message
        self._limits = {(int(row.stage), row.precedence): row.limit.ToNanoseconds() for row in agreement.timers}
        self._silent_ns = agreement.line.silent_after.ToNanoseconds()

    # -- what is waited for ------------------------------------------------------------------------------------------

    def sealed(self, book: Book, digest: bytes, statement: v1.Statement) -> None:
        """An own statement has its place: what it asks for is waited for."""
        link = book.links[book.post][len(book.own_statements) - 1]
        header, watch = statement.header, self._watches[book.post]
        for stage in WAITED_FOR[header.stage_requested]:
            limit_ns = self._limits[stage, header.precedence]
            for post in (*header.action, *header.info) if stage == DELIVERED else header.action:
                if post != book.post:
                    watch.since[digest, post, stage] = (link.sealed_at_ms * NS_PER_MS, limit_ns)
                    self._run(book.post, (digest, post, stage))

    def _run(self, post: str, key: Key) -> None:
        watch, now = self._watches[post], self._now(post)
        start_ns, limit_ns = watch.since[key]
        heapq.heappush(watch.due, (now.mono_ns - now.utc_ns + start_ns + limit_ns, key))

    def answered(self, book: Book, digest: bytes, post: str, stage: int) -> bool:
        """Whether what is durable here answers a wait."""
        receipts = {said.partition(" ")[0] for about, speaker, said in book.said if (about, speaker) == (digest, post)}
        if stage in (DELIVERED, PRESENTED):
            return bool(receipts & ({"RECEIVED", "REFUSED"} if stage == DELIVERED else {"PRESENTED", "REFUSED"}))
        words = [word for word in book.words.get(digest, ()) if word.post == post]
        corrected = self._world.people.spoken.get(digest)
        if corrected and isinstance(corrected.body, v1.Acknowledgement):
            words += [word for word in book.words.get(corrected.body.subject, ()) if word.post == post]
        return "REFUSED" in receipts or any(word.stage == stage or word.value in CLOSING for word in words)

    # -- what happens ------------------------------------------------------------------------------------------------

    def fell(self, book: Book, key: Key, outcome: str) -> None:
        """A verdict is durable: an expiry comes at its deadline and not before, and is told."""
        watch = self._watches[book.post]
        if outcome != "EXPIRED" or key not in watch.since:
            return
        due = next((at for at, waits in watch.due if waits == key), None)
        early = due is not None and due > self._mono_ns(book.post)
        self._auditor.hold("I6", not early, book.post, f"{self._words(key)} is told as overdue before it is")
        if key[0] in self._world.people.spoken:
            watch.untold.add((key[0], key[1]))

    def alerted(self, seat: Seat, alert: Alert) -> None:
        """The watch was told."""
        watch = self._watches[seat.post]
        if alert.code == "DEADLINE_EXPIRED":
            watch.untold.discard((alert.digest, alert.post))
        elif alert.code == "PEER_SILENT":
            watch.silent.add(alert.post)
        elif alert.code == "PEER_BACK":
            watch.silent.discard(alert.post)

    def heard(self, seat: Seat, peer: str) -> None:
        """Something came of a peer."""
        watch = self._watches[seat.post]
        if peer in watch.heard:
            watch.heard[peer] = self._mono_ns(seat.post)

    def started(self, seat: Seat) -> None:
        """After a restart each deadline is taken from UTC."""
        watch = self._watches[seat.post]
        watch.due, watch.heard, watch.silent = [], {}, set()
        watch.untold.clear()
        for key in watch.since:
            if not self._auditor.books[seat.post].verdicts.get(key):
                self._run(seat.post, key)

    def crashed(self, seat: Seat) -> None:
        """Nobody is told anything any more; what is durable is shown after the restart."""
        self._watches[seat.post].untold.clear()

    def turned(self, seat: Seat) -> None:
        """A batch is through: nothing that has expired is untold, and connections are as the node knows them."""
        watch = self._watches[seat.post]
        told = next(iter(watch.untold), None)
        self._auditor.hold(
            "I6", told is None, seat.post, f"{self._world.name(told[0]) if told else ''} is overdue and nobody is told"
        )
        for peer in seat.joined - watch.heard.keys():
            watch.heard[peer] = self._mono_ns(seat.post)
        for peer in watch.heard.keys() - seat.joined:
            del watch.heard[peer]
            watch.silent.discard(peer)

    def stepped(self) -> None:
        """Time has passed at every post."""
        for post, watch in self._watches.items():
            seat = self._world.seats[post]
            if seat.endpoint is not None and not seat.busy:
                self._look(post, watch)

    def ended(self) -> None:
        """At the end too."""
        self.stepped()

    def _look(self, post: str, watch: _Watch) -> None:
        mono_ns, verdicts = self._mono_ns(post), self._auditor.books[post].verdicts
        while watch.due and watch.due[0][0] + SLACK_NS < mono_ns:
            _, key = heapq.heappop(watch.due)
            self._auditor.hold("I6", key in verdicts, post, f"{self._words(key)} is overdue, and nothing says so")
        heard_by_ns = mono_ns - self._silent_ns - SLACK_NS
        for peer, since_ns in watch.heard.items():
            if since_ns < heard_by_ns and peer not in watch.silent:
                self._auditor.violate("I6", post, f"nothing was heard of {peer} for too long, and nobody is told")

    def _now(self, post: str) -> Instant:
        return self._world.seats[post].clock.at(self._world.now_ns)

    def _mono_ns(self, post: str) -> int:
        return self._world.seats[post].clock.mono_ns(self._world.now_ns)

    def _words(self, key: Key) -> str:
        stage = v1.Stage.Name(v1.Stage.ValueType(key[2])).removeprefix("STAGE_")
        return f"{stage} of {key[1]} about {self._world.name(key[0])}"

"""I6: every deadline is met or alarmed, on the clock of the post that waits; and a silent peer is told as silent.

Deadlines are computed again from the agreement's figures and the table of spec 04: what a stage asked for has its
sender wait for. They run on the monotonic clock from sealing; after a restart the rest is what UTC leaves. What a turn
does is of the time at which it was taken, also where a slow disk writes it later. A verdict has its cause: an answer, a
deadline, or what takes back, or makes void, what was said (REQ-TIMER-7).
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
        due: deadlines to come, on its monotonic clock, in order.
        runs: the same by what is waited for; those that have passed too.
        since: what each runs from, UTC, and for how long.
        untold: expiries that are durable and of which the watch was not told yet.
        heard: monotonic time of the newest Head of each connected peer, or since which it is connected.
        before: the same before the turn under way: timers act first in a turn.
        beats: the highest beat taken of each peer.
        silent: peers that the watch was told to be silent.
    """

    due: list[tuple[int, Key]] = field(default_factory=list)
    runs: dict[Key, int] = field(default_factory=dict)
    since: dict[Key, tuple[int, int]] = field(default_factory=dict)
    untold: set[tuple[bytes, str]] = field(default_factory=set)
    heard: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
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
        watch, now = self._watches[post], self._turn(post)
        start_ns, limit_ns = watch.since[key]
        watch.runs[key] = now.mono_ns - now.utc_ns + start_ns + limit_ns
        heapq.heappush(watch.due, (watch.runs[key], key))

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

    def is_moot(self, book: Book, digest: bytes) -> bool:
        """Whether what is durable here ends what is waited for about a statement, or because of it: the statement, or
        what it is about, was taken back by its own post, or stands where that post's log is forked."""
        said = self._world.people.spoken.get(digest)
        about = [said.body.subject] if said is not None and isinstance(said.body, v1.Acknowledgement) else []
        for subject in (digest, *about):
            for held in book.held.get(subject, ()):
                forked = held.sequence >= book.forks.get(held.post, held.sequence + 1)
                if not held.refused and (forked or held.post in book.retracted.get(subject, ())):
                    return True
        return False

    # -- what happens ------------------------------------------------------------------------------------------------

    def fell(self, book: Book, key: Key, outcomes: list[str]) -> None:
        """A verdict is durable: an expiry comes at its deadline and not before, and is told; anything else that comes
        first comes before the deadline, and nothing is moot that nobody took back."""
        watch, outcome, hold = self._watches[book.post], outcomes[-1], self._auditor.hold
        if outcome == "MOOT":
            hold("I6", self.is_moot(book, key[0]), book.post, f"{self._words(key)} is told as moot, and is not")
        if key not in watch.since:
            return
        due_ns, now_ns = watch.runs.get(key), self._turn(book.post).mono_ns
        if outcome == "EXPIRED":
            early = due_ns is not None and due_ns > now_ns
            hold("I6", not early, book.post, f"{self._words(key)} is told as overdue before it is")
            if key[0] in self._world.people.spoken:
                watch.untold.add((key[0], key[1]))
        elif len(outcomes) == 1:
            in_time = due_ns is None or due_ns > now_ns
            hold("I6", in_time, book.post, f"{self._words(key)} is told as {outcome}, and was overdue")

    def taken_back(self, book: Book, subject: bytes) -> None:
        """A post's own Retraction is durable, with all that it brings about: nothing is waited for any more."""
        for key in self._watches[book.post].since:
            if key[0] == subject:
                over = book.verdicts.get(key, [""])[-1] in ("IN_TIME", "LATE", "MOOT")
                words = f"{self._words(key)} is still waited for, and was taken back"
                self._auditor.hold("I6", over, book.post, words)

    def alerted(self, seat: Seat, alert: Alert) -> None:
        """The watch was told."""
        watch = self._watches[seat.post]
        if alert.code == "DEADLINE_EXPIRED":
            watch.untold.discard((alert.digest, alert.post))
        elif alert.code == "PEER_SILENT":
            self._silent(seat, alert.post)
        elif alert.code == "PEER_BACK":
            watch.silent.discard(alert.post)

    def _silent(self, seat: Seat, peer: str) -> None:
        watch = self._watches[seat.post]
        since_ns = watch.before.get(peer)
        silent = since_ns is not None and since_ns + self._silent_ns <= seat.at.mono_ns
        self._auditor.hold("I6", silent, seat.post, f"{peer} is told as silent before it is")
        watch.silent.add(peer)
        if self._world.line.is_stalled(peer, seat.post, self._world.now_ns):
            self._world.effects["stall: told as silence"] += 1

    def heard(self, seat: Seat, frame: bytes) -> None:
        """A node took a Frame: if its beat is new, a sign of life of whoever made its Head, also where another passes
        it on."""
        watch, head = self._watches[seat.post], v1.Head.FromString(v1.Frame.FromString(frame).head.payload)
        peer = head.log.post
        if head.beat > watch.beats.get(peer, 0):
            watch.beats[peer] = head.beat
            if peer in watch.heard:
                watch.heard[peer] = seat.at.mono_ns
                watch.silent.discard(peer)

    def linked(self, seat: Seat, peer: str, up: bool) -> None:
        """A node knows of a connection, or that it is gone."""
        watch = self._watches[seat.post]
        watch.silent.discard(peer)
        if up:
            watch.heard[peer] = seat.at.mono_ns
        else:
            watch.heard.pop(peer, None)

    def started(self, seat: Seat) -> None:
        """After a restart each deadline is taken from UTC."""
        watch = self._watches[seat.post]
        watch.due, watch.runs, watch.heard, watch.silent = [], {}, {}, set()
        watch.beats = dict(self._auditor.books[seat.post].beats)
        watch.untold.clear()
        for key in watch.since:
            if not self._auditor.books[seat.post].verdicts.get(key):
                self._run(seat.post, key)

    def crashed(self, seat: Seat) -> None:
        """Nobody is told anything any more; what is durable is shown after the restart."""
        self._watches[seat.post].untold.clear()

    def turns(self, seat: Seat) -> None:
        """A turn begins."""
        watch = self._watches[seat.post]
        watch.before = dict(watch.heard)

    def turned(self, seat: Seat) -> None:
        """A batch is through: nothing that has expired is untold."""
        watch = self._watches[seat.post]
        told = next(iter(watch.untold), None)
        self._auditor.hold(
            "I6", told is None, seat.post, f"{self._world.name(told[0]) if told else ''} is overdue and nobody is told"
        )

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

    def _turn(self, post: str) -> Instant:
        return self._world.seats[post].at

    def _mono_ns(self, post: str) -> int:
        return self._world.seats[post].clock.mono_ns(self._world.now_ns)

    def _words(self, key: Key) -> str:
        stage = v1.Stage.Name(v1.Stage.ValueType(key[2])).removeprefix("STAGE_")
        return f"{stage} of {key[1]} about {self._world.name(key[0])}"

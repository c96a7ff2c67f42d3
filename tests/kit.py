"""A hotline in memory, for tests: posts with Endpoints, a line between them that delays and loses, and time that stands
still until it is told to go on.

    net = Net(A, B)                                  # connected, greeted, every position unstaffed
    sent = net.say(A, notice(), asks="DONE")         # signed by as many persons as the type needs, sealed, delivered
    net.present(B, sent.digest)
    net.go(2.5)                                      # seconds: timers fire, what is in flight arrives
    net.ack(B, sent.digest, v1.Read())
    net.stages(A, sent.digest, B)                    # {"DELIVERED": "RECEIVED", "PRESENTED": ..., "READ": "READ"}

Everything follows from the arguments and the seed: two nets made and driven alike hold the same bytes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

from google.protobuf.message import Message
from tests.issuing import Desk, Identifiers, Issuing, key

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.book import Entry
from hotline.protocol.effects import Effect, Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint, Submission
from hotline.protocol.envelope import HEAD, sign
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import NS_PER_S, Instant, to_timestamp
from hotline.protocol.log import PostLog
from hotline.protocol.statements import Draft, sign_statement
from hotline.protocol.transcript import assemble
from hotline.protocol.views import MessageView

__all__ = ["Desk", "Identifiers", "Issuing", "key"]

A, B, C = "AUS:fleet-watch", "CHN:fleet-watch", "JPN:fleet-watch"
START_NS = 1_700_000_000 * NS_PER_S
START = Instant(0, START_NS)


Tap = Callable[[str, str, bytes], bytes | None]
"""Sees each Frame on its way (from, to, bytes) and gives what arrives; None loses it."""


class Net(Issuing):
    """Posts that talk in memory.

    Attributes:
        rehearsal: the first agreement and directories, and every signer.
        trust: agreement and directories, with all that was issued since.
        desks: by post.
        now: the instant; `go` moves it.
        ahead_ns: by how much a post's UTC is ahead of `now`, where its clock is wrong.
        tap: may change or lose Frames; None lets all through.
        errors: what Endpoints raised about Frames that came to them, with the post that raised it.
    """

    def __init__(
        self,
        *posts: str | PostPlan,
        seed: int = 0,
        delay_s: float = 0.0,
        loss: float = 0.0,
        connected: bool = True,
        rehearsal: Rehearsal | None = None,
        start: Instant = START,
    ) -> None:
        self.rehearsal = rehearsal or rehearse(posts or (A, B), key, start.utc_ns)
        self.trust = self.rehearsal.trust.copy()
        self.now = start
        self.ahead_ns: dict[str, int] = {}
        self.tap: Tap | None = None
        self.errors: list[tuple[str, PeerDataError]] = []
        self._seed, self._delay_ns, self._loss = seed, round(delay_s * NS_PER_S), loss
        self._random, self._sent = Random(seed), 0
        self._flights: list[tuple[int, int, str, str, bytes]] = []
        self._up: set[frozenset[str]] = set()
        self.desks = {
            post: Desk(Endpoint(post, self.trust, signer, Identifiers((seed, post)), self.now), [signer])
            for post, signer in self.rehearsal.nodes.items()
        }
        if connected:
            self.connect()

    def __getitem__(self, post: str) -> Endpoint:
        return self.desks[post].endpoint

    def at(self, post: str) -> Instant:
        """The instant as a post's own clocks show it."""
        return Instant(self.now.mono_ns, self.now.utc_ns + self.ahead_ns.get(post, 0))

    def journal(self, post: str) -> list[bytes]:
        """Every record that a post made durable."""
        return self.desks[post].journal

    # -- the line ----------------------------------------------------------------------------------------------------

    def connect(self, *pair: str) -> None:
        """Bring up the line between two posts, or between all."""
        for post in pair or self.desks:
            for other in pair or self.desks:
                if post != other and frozenset((post, other)) not in self._up:
                    self._up.add(frozenset((post, other)))
                    self[post].link(other, True, self.at(post))
                    self[other].link(post, True, self.at(other))
        self.settle()

    def disconnect(self, *pair: str) -> None:
        """Cut the line between two posts, or between all; what is in flight there is lost."""
        cut = {frozenset(pair)} if pair else set(self._up)
        for line in cut & self._up:
            one, other = sorted(line)
            self[one].link(other, False, self.at(one))
            self[other].link(one, False, self.at(other))
        self._up -= cut
        self._flights = [flight for flight in self._flights if frozenset(flight[2:4]) in self._up]
        heapq.heapify(self._flights)
        self.settle()

    def settle(self) -> None:
        """Carry out every effect and deliver every Frame that is due now, until nothing moves. Time stands still."""
        moving = True
        while moving:
            moving = False
            for post in self.desks:
                for effect in self[post].take_effects():
                    moving = self._carry_out(post, effect) or moving
            while self._flights and self._flights[0][0] <= self.now.mono_ns:
                _, _, _, receiver, frame = heapq.heappop(self._flights)
                self.deliver(receiver, frame)
                moving = True

    def go(self, seconds: float) -> None:
        """Let time pass: timers fire and Frames arrive in order."""
        until = self.now.mono_ns + round(seconds * NS_PER_S)
        self.settle()
        while (due := self._next_ns()) is not None and due <= until:
            self.now = self.now.later(max(0, due - self.now.mono_ns))
            for post in self.desks:
                deadline = self[post].next_deadline()
                if deadline is not None and deadline <= self.now.mono_ns:
                    self[post].on_deadline(self.at(post))
            self.settle()
        self.now = self.now.later(until - self.now.mono_ns)

    def deliver(self, post: str, frame: bytes) -> None:
        """Hand a Frame to a post as if it came off the line; what the Endpoint raises goes to `errors`."""
        try:
            self[post].receive(frame, self.at(post))
        except PeerDataError as error:
            self.errors.append((post, error))

    def transcript(self, post: str) -> bytes:
        """What a post's node would export now."""
        return assemble(self.journal(post), self[post].trust, self.desks[post].signer, post, self.at(post))

    def frame(
        self,
        post: str,
        log: PostLog,
        beat: int,
        *,
        links: Sequence[v1.LinkRun] = (),
        statements: Sequence[v1.Envelope] = (),
        **head: Any,
    ) -> bytes:
        """A Frame as a post's node could sign it, honest or not, whatever its Endpoint holds."""
        agreement = self.trust.agreement
        signed = v1.Head(
            channel=agreement.channel,
            agreement_digest=agreement.digest,
            kind=agreement.kind,
            log=log.position(),
            beat=beat,
            made_at=to_timestamp(self.at(post).utc_ns),
            directories=self.trust.held(),
            agreement_revision=1,
            **head,
        )
        envelope = sign(HEAD, signed.SerializeToString(deterministic=True), self.desks[post].signer)
        return v1.Frame(head=envelope, links=links, statements=statements).SerializeToString()

    def restart(self, post: str, *, keep: int | None = None) -> Endpoint:
        """Lose a post's memory and restore it from its journal, or from its first `keep` records; its lines are cut."""
        for line in [line for line in self._up if post in line]:
            self.disconnect(*line)
        desk = self.desks[post]
        del desk.journal[len(desk.journal) if keep is None else keep :]
        ids = Identifiers((self._seed, post, self.now))
        desk.endpoint = Endpoint.restore(post, self.rehearsal.trust, desk.signers, ids, desk.journal, self.at(post))
        return desk.endpoint

    def _next_ns(self) -> int | None:
        times = [self[post].next_deadline() for post in self.desks]
        times.append(self._flights[0][0] if self._flights else None)
        return min((time for time in times if time is not None), default=None)

    def _carry_out(self, post: str, effect: Effect) -> bool:
        """Carry out one effect; whether something may come of it now."""
        if isinstance(effect, Journal):
            self.desks[post].journal.append(effect.record)
        elif isinstance(effect, Send):
            self._send(post, effect.peer, effect.frame)
        elif isinstance(effect, Fetch):
            self._serve(post, effect)
        else:
            self.desks[post].told.append(effect)
            return False
        return not isinstance(effect, Journal)

    def _serve(self, post: str, asked: Fetch) -> None:
        """Let a peer answer a Fetch; what it does not hold it cannot give."""
        with suppress(UsageError):
            for frame in self[asked.peer].serve(asked.post, asked.first, asked.last, asked.epoch, post):
                self._send(asked.peer, post, frame)

    def _send(self, sender: str, receiver: str, frame: bytes) -> None:
        arriving = self.tap(sender, receiver, frame) if self.tap else frame
        if arriving is None or frozenset((sender, receiver)) not in self._up or self._random.random() < self._loss:
            return
        self._sent += 1
        heapq.heappush(self._flights, (self.now.mono_ns + self._delay_ns, self._sent, sender, receiver, arriving))

    # -- what people do ----------------------------------------------------------------------------------------------

    def sign(self, post: str, draft: Draft, persons: int | None = None) -> v1.Envelope:
        """A statement of a post, signed by as many of its officers as the type needs, or by `persons` of them."""
        statement = self[post].compose(draft, self.at(post))
        rule = self.trust.terms(self.at(post).utc_ns).type_rules.get(statement.body_type)
        able = [
            self.rehearsal.officers[post][officer.person]
            for officer in self.trust.posts[post].officers
            if rule is None or officer.role in rule.roles
        ]
        needed = rule.persons if rule else 1
        return sign_statement(statement, *able[: needed if persons is None else persons])

    def say(
        self,
        post: str,
        body: Message,
        *to: str,
        asks: str = "",
        precedence: str = "IMMEDIATE",
        **header: Any,
    ) -> Submission:
        """Compose, sign, submit and let it travel. Without `to`, every other post is an action addressee.

        Args:
            asks: highest stage asked for, e.g. "DONE"; empty asks for delivery.
            header: further fields of Draft: info, thread, seen, references, reply_by_ns, ...
        """
        draft = Draft(
            body=body,
            action=to or self.trust.others(post),
            precedence=v1.Precedence.Value(f"PRECEDENCE_{precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{asks}") if asks else v1.STAGE_UNSPECIFIED,
        )
        submission = self[post].submit(self.sign(post, replace(draft, **header)), self.at(post))
        self.settle()
        return submission

    def ack(self, post: str, digest: bytes, stage: Message, **header: Any) -> Submission:
        """Acknowledge a statement: `stage` is a v1.Read, Readback, ReadbackAnswer, Passed, Decision or Compliance."""
        body = v1.Acknowledgement(subject=digest)
        fields = v1.Acknowledgement.DESCRIPTOR.oneofs_by_name["stage"].fields
        name = next(field.name for field in fields if field.message_type is type(stage).DESCRIPTOR)
        getattr(body, name).CopyFrom(stage)
        return self.say(post, body, **{"thread": self.entry(post, digest).thread, **header})

    def present(self, post: str, digest: bytes, position: str = "bridge") -> None:
        """Staff a position and show a statement there."""
        self[post].staff(position, True, self.at(post))
        self[post].present(digest, position, self.at(post))
        self.settle()

    # -- what is seen ------------------------------------------------------------------------------------------------

    def entry(self, post: str, digest: bytes) -> Entry:
        """A statement as one post holds it."""
        return self[post].book.entries[digest]

    def view(self, post: str, digest: bytes) -> MessageView:
        """How a message stands for one post."""
        return self[post].view(self.entry(post, digest))

    def stages(self, post: str, digest: bytes, addressee: str) -> dict[str, str]:
        """Values said by an addressee, by name of stage, as one post sees them."""
        ladders = {ladder.post: ladder for ladder in self.view(post, digest).addressees}
        return {stage.name: stage.value for stage in ladders[addressee].stages if stage.fact}


def position() -> v1.Position:
    """Somewhere in the East China Sea."""
    return v1.Position(latitude_deg=30.0, longitude_deg=125.0)


def notice(designation: str = "divers down", contact: str = A, radius_m: int = 5556) -> v1.ActivityNotice:
    """A notice of diving inside a circle, from the start for an hour; one person signs it."""
    body = v1.ActivityNotice(
        designation=designation,
        kind=v1.ACTIVITY_KIND_DIVING,
        contact_post=contact,
        exclusion_radius_m=radius_m,
    )
    body.area.circle.centre.CopyFrom(position())
    body.area.circle.radius_m = radius_m
    getattr(body.schedule.overall, "from").CopyFrom(to_timestamp(START_NS))
    body.schedule.overall.until.CopyFrom(to_timestamp(START_NS + 3600 * NS_PER_S))
    return body


def flash(kind: v1.IncidentKind.ValueType = v1.INCIDENT_KIND_SONAR, contact: str = A) -> v1.IncidentFlash:
    """An incident's first report; two persons sign it."""
    return v1.IncidentFlash(
        kind=kind,
        observed_at=to_timestamp(START_NS),
        position=position(),
        own_unit=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name="own unit"),
        intention=v1.INTENTION_KEEP_COURSE_AND_SPEED,
        next_report_by=to_timestamp(START_NS + 600 * NS_PER_S),
        contact_post=contact,
    )

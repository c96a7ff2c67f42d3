"""The people of a world: officers with keys of their own, who say things, look at what is there, and answer in stages.

They do not know what has become durable: what they handed over and had no answer about they hand over again, the very
same bytes. A FLASH is signed by two persons.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.pae import sha256
from hotline.protocol.statements import Draft, compose
from hotline_sim.torture import speech
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.channel import START_NS
from hotline_sim.torture.journals import STATEMENT, pae_digest, signatures_of, signed
from hotline_sim.torture.plan import Talk

if TYPE_CHECKING:
    from hotline.protocol.book import Entry
    from hotline_sim.torture.seat import Input, Seat
    from hotline_sim.torture.world import World

POSITION = "bridge"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A statement that officers really signed: whose, its body, the nonce in it, and the signatures they gave."""

    post: str
    body: Message
    nonce: bytes
    signatures: frozenset[tuple[bytes, bytes]]


class People:
    """Everybody on watch.

    Attributes:
        spoken: everything that was signed, by digest; nothing else is anybody's word, but for `halves`.
        halves: what a hostile post's officers signed once too often, by digest: whose it is, and the signatures of one.
        names: what the trace calls each.
        answered: digests of statements whose node said that it has them, by post.
        counts: messages by type, and stages by value.
    """

    def __init__(self, world: World) -> None:
        self.spoken: dict[bytes, Spoken] = {}
        self.halves: dict[bytes, set[tuple[str, frozenset[tuple[bytes, bytes]]]]] = {}
        self.names: dict[bytes, str] = {}
        self.answered: dict[str, set[bytes]] = {post: set() for post in world.plan.posts}
        self.counts: Counter[str] = Counter()
        self._world, self._chance = world, Chance(world.plan.seed, "people")
        self._regrets = Chance(world.plan.seed, "regrets")
        self._handed: dict[str, dict[bytes, v1.Envelope]] = {post: {} for post in world.plan.posts}
        self._ahead: dict[tuple[str, bytes], list[Message]] = {}
        self._noticed: set[tuple[str, bytes]] = set()
        self._coming: set[str] = set()
        self._said = 0

    def schedule(self) -> None:
        """Have everybody talk and look at their times."""
        for talk in self._world.plan.talks:
            self._world.at(talk.at_ns, partial(self._talk, talk))
        for at_ns, post in self._world.plan.visits:
            self._world.at(at_ns, partial(self._visit, self._world.seats[post]))

    # -- saying ------------------------------------------------------------------------------------------------------

    def _talk(self, talk: Talk) -> None:
        """Messages in a row; while the node is down the officers wait for it."""
        world, seat = self._world, self._world.seats[talk.post]
        if seat.endpoint is None:
            world.at(world.now_ns + 600 * NS_PER_S, partial(self._talk, talk))
            return
        for _ in range(talk.messages):
            body, persons = self._message(talk.post)
            others = [post for post in world.plan.posts if post != talk.post]
            many = self._chance.happens(0.3)
            action = self._chance.some(others, self._chance.between(1, len(others)) if many else 1)
            info = [post for post in others if post not in action and self._chance.happens(0.5)]
            asked, precedence = self._chance.pick(speech.ASKED), self._chance.pick(speech.PRECEDENCES)
            flash = v1.PRECEDENCE_FLASH if persons > 1 else precedence
            self._sign(seat, Draft(body, action, flash, info, asked, handling=self._number()), persons)
        self._take_back(seat)
        world.feed(seat, *self._hand_over(seat.post))

    def _message(self, post: str) -> tuple[Message, int]:
        """What is said, and by how many persons."""
        now_ns = START_NS + self._world.now_ns
        return (speech.flash(post, now_ns), 2) if self._chance.happens(0.2) else (speech.notice(post, now_ns), 1)

    def _take_back(self, seat: Seat) -> None:
        """Now and then something that was said before is taken back."""
        own = [digest for digest, said in self.spoken.items() if said.post == seat.post and _may_be_taken_back(said)]
        if self._regrets.happens(0.15) and own:
            others = [post for post in self._world.plan.posts if post != seat.post]
            body = v1.Retraction(subject=self._regrets.pick(own), reason="sent in error")
            self._sign(seat, Draft(body, others, v1.PRECEDENCE_FLASH, handling=self._number()))

    def apart(self, post: str, peer: str, *, flash: bool = False) -> v1.Envelope:
        """A statement that officers sign and do not hand over: a notice by one, or a FLASH by two."""
        return self._signed(post, self.composed(post, peer, flash=flash), 2 if flash else 1)

    def composed(self, post: str, peer: str, *, flash: bool = False) -> v1.Statement:
        """A statement in the name of a post, which nobody has signed yet."""
        now = self._world.seats[post].clock.at(self._world.now_ns)
        body = speech.flash(post, now.utc_ns) if flash else speech.notice(post, now.utc_ns)
        precedence = v1.PRECEDENCE_FLASH if flash else v1.PRECEDENCE_ROUTINE
        draft = Draft(body, [peer], precedence, handling=self._number())
        nonce = sha256(f"apart {self._world.plan.seed} {post} {self._said}".encode())[:16]
        return compose(draft, self._world.rehearsal.trust, post, nonce, now)

    def signed_so(self, digest: bytes, post: str, signatures: frozenset[tuple[bytes, bytes]]) -> bool:
        """Whether a post's people gave a statement just these signatures."""
        spoken = self.spoken.get(digest)
        whole = spoken is not None and (spoken.post, spoken.signatures) == (post, signatures)
        return whole or (post, signatures) in self.halves.get(digest, ())

    def _number(self) -> str:
        self._said += 1
        return f"n{self._said}"

    def _sign(self, seat: Seat, draft: Draft, persons: int = 1) -> None:
        """Compose with the post's node, sign, and have it ready to hand over."""
        assert seat.endpoint is not None
        statement = seat.endpoint.compose(draft, seat.clock.at(self._world.now_ns))
        envelope = self._signed(seat.post, statement, persons)
        self._handed[seat.post][pae_digest(STATEMENT, envelope.payload)] = envelope

    def _signed(self, post: str, statement: v1.Statement, persons: int) -> v1.Envelope:
        officers = list(self._world.rehearsal.officers[post].values())[:persons]
        envelope = signed(STATEMENT, statement.SerializeToString(deterministic=True), *officers)
        digest = pae_digest(STATEMENT, envelope.payload)
        body = getattr(v1, statement.body_type.rpartition(".")[2]).FromString(statement.body)
        self.spoken[digest] = Spoken(post, body, statement.header.nonce, signatures_of(envelope))
        self._name(digest, post, body)
        return envelope

    def _name(self, digest: bytes, post: str, body: Message) -> None:
        kind = str(body.DESCRIPTOR.name)
        if isinstance(body, v1.Acknowledgement):
            self.counts["stages " + speech.value_of(body)[1]] += 1
            self.names[digest] = f"{speech.value_of(body)[1]} of {self.names.get(body.subject, '?')} by {post}"
        else:
            self.counts["messages " + kind] += 1
            number = sum(not isinstance(each.body, v1.Acknowledgement) for each in self.spoken.values())
            self.names[digest] = f"m{number}"
        self._world.note(post, "SIGNS", f"{self.names[digest]} ({kind})")

    def _hand_over(self, post: str) -> list[Input]:
        """What was signed and not answered yet goes to the node, some of it for the second time."""
        handed = self._handed[post].items()
        return [(partial(_submit, envelope), partial(self._answered, post, digest)) for digest, envelope in handed]

    def _answered(self, post: str, digest: bytes) -> None:
        self._handed[post].pop(digest, None)
        self.answered[post].add(digest)
        self._world.auditor.promised(post, digest)

    def left(self, post: str) -> list[str]:
        """What a post's officers handed over and had no answer about."""
        return [self.names[digest] for digest in self._handed[post]]

    # -- looking and answering ---------------------------------------------------------------------------------------

    def notice(self, seat: Seat, digest: bytes) -> None:
        """A screen has changed; if it shows something new for this post, somebody looks after a while."""
        spoken = self.spoken.get(digest)
        if spoken is None or (seat.post, digest) in self._noticed or spoken.post == seat.post:
            return
        self._noticed.add((seat.post, digest))
        if seat.post not in self._coming and not self._is_word(spoken.body):
            self._coming.add(seat.post)
            wait_s = self._chance.between(5, 90) if self._chance.happens(0.85) else self._chance.between(90, 5_400)
            self._world.at(self._world.now_ns + wait_s * NS_PER_S, partial(self._visit, seat))

    def _is_word(self, body: Message) -> bool:
        """Whether it is an answer that needs none."""
        return isinstance(body, v1.Acknowledgement) and not body.HasField("readback")

    def _visit(self, seat: Seat) -> None:
        """An officer comes to the position, is shown what is new, answers some of it, and may go again."""
        endpoint = seat.endpoint
        self._coming.discard(seat.post)
        if endpoint is None:
            return
        shown = [digest for entry in list(endpoint.book.entries.values()) if (digest := self._look(seat, entry))]
        leaves = self._chance.happens(0.15)
        self._world.feed(
            seat,
            (partial(_staff, True), None),
            *((partial(_present, digest), None) for digest in shown),
            *self._hand_over(seat.post),
            *([(partial(_staff, False), None)] if leaves else []),
        )

    def _look(self, seat: Seat, entry: Entry) -> bytes:
        """Look at one statement and answer it as far as somebody will; gives its digest if it is to be shown."""
        body = entry.said.body if entry.said is not None else None
        if entry.said is None or not entry.sequence or entry.digest not in self.spoken:
            return b""
        if isinstance(body, v1.Acknowledgement):
            self._answer_readback(seat, entry.digest, body)
        elif entry.post != seat.post and seat.post in entry.said.header.action:
            return self._answer(seat, entry.digest, entry.said.header)
        return b""

    def _answer(self, seat: Seat, digest: bytes, header: v1.StatementHeader) -> bytes:
        """Read it, and go one or two stages on towards what is asked; some are never answered."""
        key = seat.post, digest
        if key not in self._ahead:
            silent = self._chance.happens(0.04)
            self._ahead[key] = [] if silent else speech.stages(header.stage_requested, self._chance)
        if self._chance.happens(0.1):
            return digest
        for _ in range(self._chance.between(1, 3)):
            if self._ahead[key]:
                stage = self._ahead[key].pop(0)
                self._acknowledge(seat, digest, header, speech.acknowledgement(digest, stage))
        return digest

    def _answer_readback(self, seat: Seat, digest: bytes, body: v1.Acknowledgement) -> None:
        subject = seat.endpoint.book.entries.get(body.subject) if seat.endpoint is not None else None
        if not body.HasField("readback") or (seat.post, digest) in self._ahead:
            return
        if subject is not None and subject.post == seat.post and subject.said is not None:
            self._ahead[seat.post, digest] = []
            right = self._chance.happens(0.85)
            answer = speech.readback_answer(digest, right=right)
            self._acknowledge(seat, body.subject, subject.said.header, speech.acknowledgement(body.subject, answer))

    def _acknowledge(self, seat: Seat, digest: bytes, header: v1.StatementHeader, body: v1.Acknowledgement) -> None:
        others = [post for post in self._world.plan.posts if post != seat.post]
        thread: dict[str, Any] = {"thread": header.thread or digest, "handling": self._number()}
        self._sign(seat, Draft(body, others, self._chance.pick(speech.PRECEDENCES), **thread))


def _may_be_taken_back(said: Spoken) -> bool:
    return not isinstance(said.body, v1.Acknowledgement | v1.Retraction)


def _staff(staffed: bool, endpoint: Endpoint, now: Instant) -> None:
    endpoint.staff(POSITION, staffed, now)


def _present(digest: bytes, endpoint: Endpoint, now: Instant) -> None:
    endpoint.present(digest, POSITION, now)


def _submit(envelope: v1.Envelope, endpoint: Endpoint, now: Instant) -> None:
    endpoint.submit(envelope, now)

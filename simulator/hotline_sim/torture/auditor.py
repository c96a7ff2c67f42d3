"""The auditor: I1 to I5 after every step, from journals, from Frames as they leave, and from what Endpoints show.

I1 nothing is said before it is durable · I2 what was accepted is kept for ever · I3 everything takes effect once ·
I4 one place for each thing, one thing for each place · I5 no stage without its own evidence. I6 is in `alarms`, I7 and
I8 in `settling`. A world ends with its first violation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.errors import HotlineError
from hotline_sim.torture import speech
from hotline_sim.torture.alarms import Alarms
from hotline_sim.torture.forks import Forks
from hotline_sim.torture.journals import STATEMENT, Book, durable_words, pae_digest, signatures_of, word
from hotline_sim.torture.settling import Settling

if TYPE_CHECKING:
    from hotline.protocol.book import Entry
    from hotline_sim.torture.seat import Seat
    from hotline_sim.torture.world import World

NODE_SIGNED = frozenset({"hotline.v1.QueryAck", "hotline.v1.Escalated", "hotline.v1.ChannelTest"})
VERDICTS = (["IN_TIME"], ["MOOT"], ["EXPIRED"], ["EXPIRED", "LATE"], ["EXPIRED", "MOOT"])
_FactKey = tuple[str, int, str, str, bytes]
_NOTHING: frozenset[_FactKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold: at which step of the world, at whose node, and how, in words."""

    invariant: str
    step: int
    post: str
    words: str


class Auditor:
    """Looks at one world.

    Attributes:
        books: each post's journal, read a second time.
        violations: what did not hold.
        forks: what is known of second logs.
        checks: how often each invariant was held against something.
    """

    def __init__(self, world: World) -> None:
        self.books = {post: Book(post) for post in world.plan.posts}
        self.violations: list[Violation] = []
        self.checks: Counter[str] = Counter()
        self._world = world
        self._promised: dict[str, set[bytes]] = {post: set() for post in world.plan.posts}
        self._promised_since: dict[str, set[bytes]] = {post: set() for post in world.plan.posts}
        self._shown: dict[str, list[bytes]] = {post: [] for post in world.plan.posts}
        self._facts: dict[str, dict[bytes, Set[_FactKey]]] = {post: {} for post in world.plan.posts}
        self._counts: dict[str, list[int]] = {post: [] for post in world.plan.posts}
        self._nonces: dict[bytes, bytes] = {}
        self._places: dict[tuple[str, int], bytes] = {}
        self._beats: dict[tuple[str, int], bytes] = {}
        self._received: dict[tuple[bytes, str], int] = {}
        self._by_nodes: dict[bytes, frozenset[tuple[bytes, bytes]]] = {}
        self._heads: set[bytes] = set()
        self._looked_into: set[tuple[str, bytes]] = set()
        self._taken_back: list[bytes] = []
        self.forks = Forks(world, self)
        self.alarms = Alarms(world, self)
        self.settling = Settling(world, self)

    def violate(self, invariant: str, post: str, words: str) -> None:
        """Something did not hold."""
        self.violations.append(Violation(invariant, self._world.steps, post, words))
        self._world.note(post, "VIOLATED", f"{invariant}: {words}")

    def hold(self, invariant: str, holds: bool, post: str, words: str) -> None:
        """Hold an invariant against something."""
        self.checks[invariant] += 1
        if not holds:
            self.violate(invariant, post, words)

    def is_hostile(self, post: str) -> bool:
        """Whether a post's node lets itself be used against others."""
        return post == self._world.plan.hostile

    # -- what a node makes durable -----------------------------------------------------------------------------------

    def committed(self, seat: Seat, records: list[bytes]) -> None:
        """Records are durable from now on."""
        book = self.books[seat.post]
        for data in records:
            record = book.take(data)
            self.hold("I4", not book.faults, seat.post, "; ".join(book.faults))
            if book.faults:
                return
            which = record.WhichOneof("fact")
            if which == "links":
                self._links(book, record.links)
            elif which == "statement":
                self._statement(book, record.statement)
            elif which == "head_made":
                self._beat(seat.post, record.head_made.payload)
            elif which == "verdict":
                self._verdict(book, record.verdict)
            elif which == "fork":
                self.forks.proved(book)
        for digest in self._taken_back:
            self.alarms.taken_back(book, digest)
        self._taken_back.clear()

    def _links(self, book: Book, run: v1.LinkRun) -> None:
        """A link of the own log stands at its place for ever; one of another's is one that it signed."""
        digests = book.digests[run.post]
        for sequence in range(run.first, min(run.first + len(run.links), len(digests) + 1)):
            digest, place = digests[sequence - 1], f"{run.post} 1/{sequence}"
            if run.post == book.post:
                known = self._places.setdefault((run.post, sequence), digest)
                self.hold("I4", known == digest, book.post, f"{place} is given twice")
            else:
                main, apart = self._places.get((run.post, sequence)), self.forks.is_apart(run.post, sequence, digest)
                known_too = main == digest or apart
                self.hold("I7", known_too, book.post, f"a link at {place} that {run.post} never signed")

    def _statement(self, book: Book, held: v1.HeldStatement) -> None:
        statement = v1.Statement.FromString(held.envelope.payload)
        digest, nonce = pae_digest(STATEMENT, held.envelope.payload), statement.header.nonce
        name = self._world.name(digest)
        taken = [place for place in book.held[digest] if not place.refused]
        self.hold("I3", len(taken) <= 1, book.post, f"{name} takes effect at {len(taken)} places")
        self.hold("I3", self._nonces.setdefault(nonce, digest) == digest, book.post, f"the nonce of {name} twice")
        own, signatures = held.post == book.post, signatures_of(held.envelope)
        if own and statement.body_type in NODE_SIGNED:
            self._by_node(book, digest, statement, signatures)
        spoken = self._world.people.spoken.get(digest)
        if held.refused:
            honest = spoken is not None and not self.is_hostile(held.post) and spoken.post == held.post
            self.hold("I8", not honest, book.post, f"{name} of {held.post} is refused: {held.refused}")
            return
        if statement.body_type in NODE_SIGNED:
            signed = self._by_nodes.get(digest) == signatures
        else:
            signed = self._world.people.signed_so(digest, held.post, signatures)
        allowed = signed or (own and self.is_hostile(book.post))
        self.hold("I5", allowed, book.post, f"{name} is taken as said by {held.post}, whose people did not sign it so")
        if own:
            self.alarms.sealed(book, digest, statement)
            if statement.body_type == "hotline.v1.Retraction":
                self._taken_back.append(v1.Retraction.FromString(statement.body).subject)

    def _by_node(
        self, book: Book, digest: bytes, statement: v1.Statement, signatures: frozenset[tuple[bytes, bytes]]
    ) -> None:
        """A node says something by itself: with its own key and no other."""
        if {keyid for keyid, _ in signatures} == {self._world.rehearsal.nodes[book.post].fingerprint}:
            self._by_nodes[digest] = signatures
            place = f"{book.post} 1/{len(book.own_statements)}"
            self._world.people.names[digest] = f"{statement.body_type.rpartition('.')[2]} {place}"

    def _beat(self, post: str, payload: bytes) -> None:
        head = v1.Head.FromString(payload)
        known = self._beats.setdefault((post, head.beat), payload)
        self.hold("I4", known == payload, post, f"beat {head.beat} is given twice")

    def _verdict(self, book: Book, verdict: v1.Verdict) -> None:
        key = verdict.statement_digest, verdict.post, int(verdict.stage)
        words = book.verdicts[key]
        name = f"{self._world.name(key[0])}, {v1.Stage.Name(verdict.stage)} of {verdict.post}"
        self.hold("I3", words in VERDICTS, book.post, f"verdicts about {name}: {', '.join(words)}")
        if words[-1] in ("IN_TIME", "LATE"):
            self.hold(
                "I5", self.alarms.answered(book, *key), book.post, f"{words[-1]} about {name}, and nothing was said"
            )
        self.alarms.fell(book, key, words)

    # -- what a node promises ----------------------------------------------------------------------------------------

    def promised(self, post: str, digest: bytes) -> None:
        """A node has said that it has a statement: to an officer who handed it over, or to its sender in a receipt."""
        book = self.books[post]
        self.hold(
            "I1", digest in book.held or digest in book.waiting, post, f"{self._world.name(digest)} is not durable"
        )
        self._promise(post, digest)

    def _promise(self, post: str, digest: bytes) -> None:
        self._promised[post].add(digest)
        self._promised_since[post].add(digest)

    def sent(self, seat: Seat, data: bytes) -> None:
        """A node sends a Frame of its own: everything in it is durable."""
        if (seat.post, data) in self._looked_into:  # what was durable stays so
            return
        self._looked_into.add((seat.post, data))
        frame, book = v1.Frame.FromString(data), self.books[seat.post]
        head_digest = sha256(frame.head.payload).digest()
        self.hold("I1", head_digest in book.heads, seat.post, "a Head that is not durable")
        if head_digest not in self._heads:
            self._heads.add(head_digest)
            self._head(book, v1.Head.FromString(frame.head.payload))
        self._inside(book, frame)

    def served(self, seat: Seat, data: bytes) -> None:
        """A node serves part of a log."""
        self._inside(self.books[seat.post], v1.Frame.FromString(data))

    def _inside(self, book: Book, frame: v1.Frame) -> None:
        for statement in frame.statements:
            digest = pae_digest(STATEMENT, statement.payload)
            self.hold("I1", digest in book.held, book.post, f"{self._world.name(digest)} leaves before it is durable")
        for run in frame.links:
            last = run.first + len(run.links) - 1
            known = [link.statement_digest for link in book.links.get(run.post, [])[run.first - 1 : last]]
            own = known == [link.statement_digest for link in run.links]
            self.hold("I1", own or run.post in book.forks, book.post, f"links {run.first}-{last} that are not durable")

    def _head(self, book: Book, head: v1.Head) -> None:
        """What a Head says first, it may say."""
        at = head.log.sequence
        own = book.digests.get(book.post, [])
        signs = at == 0 or (at <= len(own) and own[at - 1] == head.log.link_digest)
        self.hold("I1", signs, book.post, f"beat {head.beat} signs 1/{at}, which is not durable")
        for held in head.held:
            digests = book.digests.get(held.post, [])
            has = held.sequence == 0 or held.link_digest in digests[held.sequence - 1 : held.sequence]
            self.hold("I1", has, book.post, f"beat {head.beat} claims {held.post} 1/{held.sequence}")
        for receipt in head.receipts:
            self._receipt(book, receipt)

    def _receipt(self, book: Book, receipt: v1.Receipt) -> None:
        digest, said = receipt.statement_digest, word(receipt)
        name = self._world.name(digest)
        if said in ("RECEIVED", "REFUSED"):
            places = [(held.post, held.sequence) for held in book.held.get(digest, ())]
            durable = (receipt.post, receipt.sequence) in places and said in durable_words(book, digest)
            self.hold("I1", durable, book.post, f"{said} is said of {name}, which is not durable so")
            at_ns = (receipt.received_at if said == "RECEIVED" else receipt.refused.at).ToNanoseconds()
            known = self._received.setdefault((digest, f"{book.post} {receipt.post}"), at_ns)
            self.hold("I3", known == at_ns, book.post, f"the moment of receipt of {name} has moved")
            if not any(held.misplaced for held in book.held[digest]):  # refused at that place, and no message of it
                self._promise(book.post, digest)
        else:
            self.hold("I5", said in durable_words(book, digest), book.post, f"{said} is said of {name}, and was not so")

    # -- what a node shows -------------------------------------------------------------------------------------------

    def turned(self, seat: Seat) -> None:
        """A batch is through, and what the node now shows is durable."""
        assert seat.endpoint is not None
        entries, book = seat.endpoint.book.entries, self.books[seat.post]
        self.hold("I2", self._has_promised(seat.post, entries), seat.post, "something that was accepted is gone")
        self.hold("I2", len(seat.journal) == book.records, seat.post, "records are gone from the journal")
        counts = [len(entry.facts) for entry in entries.values()]
        if counts != self._counts[seat.post]:
            self._counts[seat.post] = counts
            self._look_through(seat.post, entries)
        self.alarms.turned(seat)
        self.forks.turned(seat)

    def _has_promised(self, post: str, entries: Mapping[bytes, Entry]) -> bool:
        """Whether everything promised is there; while all that was there still is, only what was promised since then
        is looked for."""
        before, digests = self._shown[post], list(entries)
        grown = digests[: len(before)] == before
        wanted = self._promised_since[post] if grown else self._promised[post]
        has = wanted <= entries.keys()
        self._shown[post], self._promised_since[post] = digests, set()
        return has

    def _look_through(self, post: str, entries: Mapping[bytes, Entry]) -> None:
        """A stage that is shown now or no more: those of the messages concerned are held against the evidence."""
        stages = self._facts[post]
        for digest, entry in entries.items():
            known = stages.get(digest, _NOTHING)
            if len(entry.facts) != len(known):
                facts = {(key[0], int(key[1]), *key[2:]): fact for key, fact in entry.facts.items()}
                self.hold("I5", known <= facts.keys(), post, f"a stage of {self._world.name(digest)} is gone")
                for key in facts.keys() - known:
                    self._fact(post, digest, key)
                stages[digest] = set(facts)

    def _fact(self, post: str, digest: bytes, key: _FactKey) -> None:
        """A stage that is shown: an officer of the right post signed it, or a node says what its journal bears out."""
        ladder, stage, value, by, statement = key
        name = f"{value} of {ladder} on {self._world.name(digest)}"
        if statement:
            spoken = self._world.people.spoken.get(statement)
            body = spoken.body if spoken else None
            right = (
                isinstance(body, v1.Acknowledgement)
                and body.subject == digest
                and speech.value_of(body) == (stage, value)
                and self._speaker(body, ladder) == (spoken.post if spoken else "")
            )
        else:
            said = f"PRESENTED {by}" if value == "PRESENTED" else value.partition(":")[0]
            right = said in durable_words(self.books[ladder], digest)
        self.hold("I5", right, post, f"{name} is shown, and there is no evidence for it")

    def _speaker(self, body: v1.Acknowledgement, ladder: str) -> str:
        """Who may say a stage on somebody's ladder: that post, or for the answer to its readback the sender."""
        if not body.HasField("readback_answer"):
            return ladder
        readback = self._world.people.spoken.get(body.readback_answer.readback)
        subject = self._world.people.spoken.get(body.subject)
        return subject.post if readback and subject and readback.post == ladder else ""

    # -- a node's lives ----------------------------------------------------------------------------------------------

    def started(self, seat: Seat) -> None:
        """A node started from its journal: what is durable is what was, and it knows all of it."""
        assert seat.endpoint is not None
        self._counts[seat.post] = []
        if seat.starts > 1:
            again = Book(seat.post)
            for data in seat.journal:
                again.take(data)
            kept = self._promised[seat.post] <= again.held.keys() | again.waiting
            self.hold("I2", kept and again == self.books[seat.post], seat.post, "the journal is not what it was")
            self.books[seat.post] = again
            for digest, known in self._facts[seat.post].items():
                entry = seat.endpoint.book.entries.get(digest)
                facts = {(key[0], int(key[1]), *key[2:]) for key in entry.facts} if entry else set()
                self.hold("I2", known <= facts, seat.post, f"{self._world.name(digest)} lost a stage with the restart")
        self.alarms.started(seat)

    def crashed(self, seat: Seat) -> None:
        """A node is gone."""
        self.alarms.crashed(seat)
        self.forks.crashed(seat)

    def refused(self, seat: Seat, error: HotlineError) -> None:
        """An Endpoint refused an input: among honest posts, whatever the line and the clocks do, none is."""
        self._world.effects[f"refused {error.code}"] += 1
        blameless = not self._world.plan.hostile
        self.hold("I8", not blameless, seat.post, f"an honest input was refused: {error}")

    def alerted(self, seat: Seat, alert: Alert) -> None:
        """The watch is told something."""
        if alert.code in ("FORK", "SUSPECTED"):
            forked = alert.post in self.forks.branches
            misled = alert.code == "SUSPECTED" and bool(
                self._world.lies.liars
            )  # whoever has their Heads passes them on
            self.hold("I7", forked or misled, seat.post, f"{alert.code} about {alert.post}, which is honest")
            if alert.code == "FORK":
                self.forks.told(seat, alert.post)
        elif alert.code == "ROLLED_BACK":
            self.hold(
                "I7", self.is_hostile(seat.post), seat.post, "a node that lost nothing takes itself for rolled back"
            )
        self.alarms.alerted(seat, alert)

    # -- time passes -------------------------------------------------------------------------------------------------

    def stepped(self) -> None:
        """One step of the world is over."""
        self.alarms.stepped()

    def settled(self) -> None:
        """The time is up by which everything has to have settled."""
        self.settling.settled()

    def ended(self) -> None:
        """The world is over."""
        self.alarms.ended()
        self.settling.ended()

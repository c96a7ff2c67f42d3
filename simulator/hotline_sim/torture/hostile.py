"""A hostile peer: it has its own node's and officers' keys, everything it ever received, and no other key.

It forges what it cannot sign, seals what nobody may take, sends others' words again, signs a second log, floods and
stalls.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hotline import v1
from hotline.keys import published_signer
from hotline.protocol.instant import NS_PER_MS, NS_PER_S
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.journals import HEAD, STATEMENT, chained, pae_digest, signed
from hotline_sim.torture.line import Parcel
from hotline_sim.torture.plan import Fault
from hotline_sim.torture.sealed import Sealed

if TYPE_CHECKING:
    from hotline.protocol.signing import Signer
    from hotline_sim.torture.world import World

_RECENT = 40
"""So many of the newest Frames are looked through for something that a victim lacks."""
_STRANGER = 200
"""Number of a published key that no directory lists."""


class Hostile:
    """What a hostile peer does in a world."""

    def __init__(self, world: World) -> None:
        self._world, self._chance = world, Chance(world.plan.seed, "hostile")
        sealed = Sealed(world, self._chance, self._send)
        self._ways = (
            sealed.act,
            sealed.act,
            self._flipped,
            self._cut_short,
            self._garbage,
            self._masked,
            self._stripped,
            self._foreign_receipt,
        )

    def act(self, fault: Fault) -> None:
        """One hostile act."""
        if fault.kind == "forge":
            for number in range(fault.amount):
                self._later(number * NS_PER_S, partial(self._forge, fault))
        elif fault.kind == "replay":
            self._replay(fault)
        elif fault.kind == "flood":
            self._flood(fault)
        else:
            self._fork(fault)

    def _later(self, span_ns: int, act: partial[None]) -> None:
        self._world.at(self._world.now_ns + span_ns, act)

    def _send(self, fault: Fault, frame: bytes, kind: str, server: str | None = None) -> None:
        """Over the hostile node's own connection, whatever the line does to others."""
        self._world.effects[kind] += 1
        self._world.deliver(Parcel(fault.post, fault.peer, frame, server))

    # -- forging -----------------------------------------------------------------------------------------------------

    def _forge(self, fault: Fault) -> None:
        self._chance.pick(self._ways)(fault)

    def _old(self, fault: Fault, *, of: str = "") -> bytes | None:
        """A Frame that was sent before: of a post, or of anybody but the one that it is for."""
        sent = [p for p in self._world.line.sent if (p.sender == of if of else p.sender != fault.peer)]
        return self._chance.pick(sent).frame if sent else None

    def _flipped(self, fault: Fault) -> None:
        """One bit of an own Frame turned."""
        frame = self._old(fault, of=fault.post)
        if frame:
            at = self._chance.below(len(frame) * 8)
            turned = bytearray(frame)
            turned[at // 8] ^= 1 << at % 8
            self._send(fault, bytes(turned), "forge: a bit turned")

    def _cut_short(self, fault: Fault) -> None:
        frame = self._old(fault, of=fault.post)
        if frame:
            self._send(fault, frame[: self._chance.below(len(frame))], "forge: cut short")

    def _garbage(self, fault: Fault) -> None:
        size = self._chance.between(0, 400)
        self._send(fault, bytes(self._chance.below(256) for _ in range(size)), "forge: garbage")

    def _masked(self, fault: Fault) -> None:
        """A Head of another post over the own connection: what is read is real, and the certificate is not its own."""
        others = [p for p in self._world.line.sent if p.sender not in (fault.post, fault.peer)]
        if others:
            self._send(fault, self._chance.pick(others).frame, "forge: another's Head")
        else:
            self._foreign_receipt(fault)

    def _stripped(self, fault: Fault) -> None:
        """As the answer to a Fetch: statements with signatures taken off or changed for the own officer's; if it can
        be, some that the victim lacks."""
        frame = v1.Frame.FromString(self._lacked(fault) or self._old(fault) or b"")
        for statement in frame.statements:
            if len(statement.signatures) > 1:
                del statement.signatures[0]
            else:
                officer = next(iter(self._world.rehearsal.officers[fault.post].values()))
                statement.CopyFrom(signed(STATEMENT, statement.payload, officer))
        if frame.statements:
            self._send(fault, frame.SerializeToString(), "forge: signatures exchanged", fault.post)

    def _lacked(self, fault: Fault) -> bytes | None:
        """A Frame of late with a statement that the victim does not hold."""
        held = self._world.auditor.books[fault.peer].held
        for parcel in reversed(self._world.line.sent[-_RECENT:]):
            statements = v1.Frame.FromString(parcel.frame).statements if parcel.sender != fault.peer else ()
            if any(pae_digest(STATEMENT, statement.payload) not in held for statement in statements):
                return parcel.frame
        return None

    def _foreign_receipt(self, fault: Fault) -> None:
        """A Head in the name of a post, by a key that nobody lists, with receipts for all that the victim said."""
        books, victim = self._world.auditor.books, fault.peer
        others = [post for post in self._world.plan.posts if post != victim]
        speaker, book = self._chance.pick(others), books[victim]
        head = self._head(speaker, books[speaker].position(speaker), book.beat + 1_000)
        for sequence, digest in enumerate(book.own_statements, 1):
            receipt = head.receipts.add(post=victim, epoch=1, sequence=sequence, statement_digest=digest)
            receipt.presented.position = "bridge"
            receipt.presented.at.CopyFrom(head.made_at)
        envelope = signed(HEAD, head.SerializeToString(deterministic=True), published_signer(_STRANGER))
        self._send(fault, v1.Frame(head=envelope).SerializeToString(), "forge: a stranger's Head")

    # -- what was real once ------------------------------------------------------------------------------------------

    def _replay(self, fault: Fault) -> None:
        """Old Frames come again, over the connection they came by, in any order."""
        sent = [parcel for parcel in self._world.line.sent if parcel.receiver == fault.peer]
        for number in range(fault.amount if sent else 0):
            self._later(number * 200 * NS_PER_MS, partial(self._again, self._chance.pick(sent)))

    def _again(self, parcel: Parcel) -> None:
        self._world.effects["replay"] += self._world.seats[parcel.receiver].endpoint is not None
        self._world.deliver(parcel)

    def _flood(self, fault: Fault) -> None:
        frame = self._old(fault, of=fault.post)
        for number in range(fault.amount if frame else 0):
            self._later(number * NS_PER_MS, partial(self._send, fault, frame or b"", "flood"))

    # -- a second log ------------------------------------------------------------------------------------------------

    def _fork(self, fault: Fault) -> None:
        """Sign a log that parts from the own one before its end, and show it to the victim only."""
        world, book = self._world, self._world.auditor.books[fault.post]
        own = book.links.get(fault.post, [])
        kept = max(0, len(own) - self._chance.between(0, 3))
        statements = [world.people.apart(fault.post, fault.peer) for _ in range(fault.amount)]
        digests = [pae_digest(STATEMENT, statement.payload) for statement in statements]
        at_ms = world.seats[fault.post].clock.at(world.now_ns).utc_ms
        links = [
            v1.Link(
                statement_digest=digest,
                sealed_at_ms=at_ms,
                precedence=v1.Statement.FromString(statement.payload).header.precedence,
                size=len(statement.payload),
            )
            for statement, digest in zip(statements, digests, strict=True)
        ]
        run = [*own[:kept], *links]
        placed = chained(fault.post, run)
        position = v1.LogPosition(post=fault.post, epoch=1, sequence=len(run), link_digest=placed[-1])
        head = self._head(fault.post, position, book.beat + self._chance.between(1, 50))
        frame = v1.Frame(
            head=signed(HEAD, head.SerializeToString(deterministic=True), self._node(fault.post)),
            links=[v1.LinkRun(post=fault.post, epoch=1, first=1, links=run)],
            statements=statements,
        ).SerializeToString()
        world.auditor.forks.signed(fault.post, placed, frame)
        self._send(fault, frame, "fork")

    def _node(self, post: str) -> Signer:
        return self._world.rehearsal.nodes[post]

    def _head(self, post: str, position: v1.LogPosition, beat: int) -> v1.Head:
        trust = self._world.rehearsal.trust
        head = v1.Head(
            channel=trust.agreement.channel,
            agreement_digest=trust.agreement.digest,
            kind=trust.agreement.kind,
            log=position,
            beat=beat,
            directories=trust.held(),
            agreement_revision=1,
            agreement_held_digest=trust.agreement.digest,
        )
        head.made_at.FromMilliseconds(self._world.seats[post].clock.at(self._world.now_ns).utc_ms)
        return head

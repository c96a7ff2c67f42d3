"""What a hostile post seals in its own log, as anything is sealed: linked, under its node's Head, and good for nobody.

Its own node is made to seal what no post may take: it goes the ordinary way from there, by Deliver, and by Fetch where
that was lost. Besides it is shown to the victim at once, ahead of what the node sends. What is good is sealed too, and
shown with other signatures than it was given: a digest does not cover them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hotline import v1
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import Instant
from hotline.protocol.statements import Examined, Judged, examine
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.journals import STATEMENT, pae_digest, signatures_of, signed
from hotline_sim.torture.plan import Fault

if TYPE_CHECKING:
    from hotline.protocol.signing import Signer
    from hotline_sim.torture.world import World

Send = Callable[[Fault, bytes, str, str | None], None]
Way = Callable[[Fault], tuple[v1.Envelope, str]]


class Sealed:
    """Has a hostile node seal what it should not, and shows it."""

    def __init__(self, world: World, chance: Chance, send: Send) -> None:
        self._world, self._chance, self._send = world, chance, send
        self._ways: tuple[Way, ...] = (self._by_one, self._by_two, self._by_the_node, self._as_another, self._good)

    def act(self, fault: Fault) -> None:
        """Seal one thing and show it to the victim."""
        envelope, kind = self._chance.pick(self._ways)(fault)
        fetched = self._chance.happens(0.5)
        seat = self._world.seats[fault.post]
        self._world.feed(seat, (partial(_seal, envelope), partial(self._show, fault, envelope, kind, fetched)))

    def _by_one(self, fault: Fault) -> tuple[v1.Envelope, str]:
        """A FLASH that one person signed: two have to."""
        return self._unspoken(fault, self._officers(fault)[:1], flash=True), "a FLASH of one person"

    def _by_two(self, fault: Fault) -> tuple[v1.Envelope, str]:
        """A notice with one signature too many; with one taken off, whichever it is, it is the word of the other."""
        envelope = self._unspoken(fault, self._officers(fault)[:2])
        alone = {(fault.post, frozenset({each})) for each in signatures_of(envelope)}
        self._world.people.halves[pae_digest(STATEMENT, envelope.payload)] = alone
        return envelope, "a notice of two persons"

    def _by_the_node(self, fault: Fault) -> tuple[v1.Envelope, str]:
        """A FLASH whose second person is the node."""
        signers = [self._officers(fault)[0], self._world.rehearsal.nodes[fault.post]]
        return self._unspoken(fault, signers, flash=True), "a FLASH of one person and a node"

    def _as_another(self, fault: Fault) -> tuple[v1.Envelope, str]:
        """In the name of another post, which said nothing."""
        name = self._chance.pick([post for post in self._world.plan.posts if post != fault.post])
        peer = self._chance.pick([post for post in self._world.plan.posts if post != name])
        statement = self._world.people.composed(name, peer)
        return _envelope(statement, self._officers(fault)[:1]), "in another's name"

    def _good(self, fault: Fault) -> tuple[v1.Envelope, str]:
        """A FLASH of two persons; what is shown of it is another matter."""
        return self._world.people.apart(fault.post, fault.peer, flash=True), "signatures exchanged"

    def _unspoken(self, fault: Fault, signers: Sequence[Signer], *, flash: bool = False) -> v1.Envelope:
        return _envelope(self._world.people.composed(fault.post, fault.peer, flash=flash), signers)

    def _officers(self, fault: Fault) -> list[Signer]:
        return list(self._world.rehearsal.officers[fault.post].values())

    # -- showing -----------------------------------------------------------------------------------------------------

    def _show(self, fault: Fault, envelope: v1.Envelope, kind: str, fetched: bool) -> None:
        """Before anything that the node sends arrives: over the own connection, or as the answer to a Fetch."""
        seat, digest = self._world.seats[fault.post], pae_digest(STATEMENT, envelope.payload)
        places = self._world.auditor.books[fault.post].held.get(digest)
        if seat.endpoint is None or not places:
            return
        number = places[0].sequence
        try:
            frames = seat.endpoint.serve(fault.post, number, number)
        except UsageError:
            return  # no Head of its covers it yet
        for data in frames:
            shown = self._exchanged(fault, data, digest) if kind == "signatures exchanged" else data
            way = "fetched" if fetched else "delivered"
            self._send(fault, shown, f"forge: sealed, {kind}, {way}", fault.post if fetched else None)

    def _exchanged(self, fault: Fault, data: bytes, digest: bytes) -> bytes:
        """One of two signatures taken off, or the node's put in its place."""
        frame, stripped = v1.Frame.FromString(data), self._chance.happens(0.5)
        signers = [self._officers(fault)[0], self._world.rehearsal.nodes[fault.post]]
        for statement in frame.statements:
            if pae_digest(STATEMENT, statement.payload) == digest:
                statement.CopyFrom(signed(STATEMENT, statement.payload, *signers[: 1 if stripped else 2]))
        return frame.SerializeToString()


def _envelope(statement: v1.Statement, signers: Sequence[Signer]) -> v1.Envelope:
    return signed(STATEMENT, statement.SerializeToString(deterministic=True), *signers)


def _seal(envelope: v1.Envelope, endpoint: Endpoint, now: Instant) -> None:
    """Have a node seal what it would refuse: as if its check had found nothing."""
    own = endpoint.ledger.own
    (found,) = examine([envelope], endpoint.trust, endpoint.post, own.epoch, now.stamp_ns)
    if isinstance(found, Examined) and endpoint.confirmed and not endpoint.rolled_back:
        judged = Judged(found.judged.said, None, found.judged.statement)
        endpoint.submit(replace(found, judged=judged), now)

"""Sealing: giving statements of this post their place in its log, those of its officers and those of its node."""

from __future__ import annotations

from collections.abc import Callable

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.errors import PeerDataError
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.outbox import Outbox
from hotline.protocol.statements import Draft, Judged, judge, verify_statement
from hotline.protocol.verdicts import Verdicts
from hotline.protocol.voice import speak


class Sealing:
    """Seals into a ledger; what it makes durable it hands to `record`, and what it brings to `verdicts`.

    Attributes:
        held_back: whether something waits for our own closed log to come back.
    """

    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        identifiers: Identifiers,
        record: Callable[[v1.Record], None],
        verdicts: Verdicts,
    ) -> None:
        self._ledger, self._outbox, self._identifiers = ledger, outbox, identifiers
        self._record, self._verdicts = record, verdicts
        self.held_back = False

    @property
    def able(self) -> bool:
        """Whether this node has the key of its newest epoch, and that epoch goes on."""
        return self._outbox.signer is not None and self._ledger.trust.epochs[self._ledger.post].open

    def may_say(self, now: Instant) -> bool:
        """Whether what the node says by itself would stand now: its certificate and the agreement hold."""
        trust = self._ledger.trust
        holds = self.able and trust.nodes[self._ledger.post].holds(now.utc_ns)
        return holds and trust.terms(now.utc_ns).in_force.holds(now.utc_ns)

    def say(self, draft: Draft, now: Instant) -> bytes | None:
        """Seal a statement that nodes sign, with the node's own key; only where `may_say`.

        Returns:
            Its digest; None if the agreement does not let it stand, which is told to the watch.
        """
        ledger, signer = self._ledger, self._outbox.signer
        assert signer is not None
        nonce = self._identifiers.fresh()
        try:
            found = speak(draft, ledger.trust, ledger.post, ledger.own.epoch, signer, nonce, now)
        except PeerDataError as refusal:
            detail = f"{draft.body.DESCRIPTOR.full_name}: {refusal}"
            ledger.tell.append(Alert("NOT_SEALED", b"", ledger.post, detail))
            return None
        self.seal(found.judged, found.signed.envelope, found.signed.digest, now)
        return found.signed.digest

    def seal(self, judged: Judged, envelope: v1.Envelope, digest: bytes, now: Instant) -> int:
        """Give a statement the next place in our log; returns its sequence."""
        assert judged.statement is not None
        ledger, own, post = self._ledger, self._ledger.own, self._ledger.post
        link = v1.Link(
            statement_digest=digest,
            sealed_at_ms=now.utc_ms,
            precedence=judged.statement.header.precedence,
            size=len(envelope.payload),
        )
        sequence = own.sequence + 1
        held = v1.HeldStatement(envelope=envelope, post=post, epoch=own.epoch, sequence=sequence)
        self._record(v1.Record(links=v1.LinkRun(post=post, epoch=own.epoch, first=sequence, links=[link])))
        self._record(v1.Record(statement=held))
        ledger.links(post, [link], now.stamp_ns, now)
        self._verdicts.answer(ledger.statement(judged, envelope, post, sequence, now.stamp_ns, now), now)
        self._outbox.head_due = True
        return sequence

    def seal_waiting(self, now: Instant) -> None:
        """Seal what waited; what may no longer be sealed stays as it is and is alarmed.

        A node that was rolled back first has its lost log again, where some of it may have its place (REQ-EPOCH-5).
        """
        ledger = self._ledger
        waiting = list(ledger.waiting) if self.able else []
        self.held_back = bool(waiting) and self._lacks_closed()
        for entry in () if self.held_back else waiting:
            signed = verify_statement(entry.envelope, ledger.trust)
            judged = judge(signed, ledger.trust, ledger.post, ledger.own.epoch, now.stamp_ns)
            if judged.refusal is None:
                self.seal(judged, entry.envelope, entry.digest, now)
            else:
                ledger.tell.append(Alert("NOT_SEALED", entry.digest, ledger.post, str(judged.refusal)))

    def _lacks_closed(self) -> bool:
        """Whether our own log is not held whole up to each closure, or what waits stands there without its body."""
        ledger = self._ledger
        history, closures = ledger.histories[ledger.post], ledger.trust.epochs[ledger.post].closures.values()
        if any(closure.sequence and history.leads_to(closure) is None for closure in closures):
            return True
        return any(history.spots(entry.digest) for entry in ledger.waiting)

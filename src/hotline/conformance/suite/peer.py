"""A post that the suite plays: it seals, signs Heads and makes Frames, honest ones unless a check changes them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError, Message

from hotline import v1
from hotline.conformance.suite.calls import Caller, Door, Talk
from hotline.conformance.suite.kit import Kit
from hotline.conformance.suite.witness import Witness
from hotline.protocol.envelope import HEAD, STATEMENT, digest_of, sign
from hotline.protocol.instant import to_timestamp
from hotline.protocol.log import PostLog
from hotline.protocol.signing import Signer
from hotline.protocol.statements import BODY_OF, Draft, compose

POLL_S = 0.2


class Peer:
    """One post of the suite.

    Attributes:
        post: its id.
        log: its own log, of its newest epoch.
        signer: its node key.
        beat: of its newest Head.
        hello: sixteen bytes that its Heads ask with.
        echoed: the hello of the node that its Heads give back; empty for none.
        admits: whether its Heads say which beats of the node they have seen, and receipt its statements.
        bodies: statements that it serves, by digest; `withheld` are those that it does not.
        fetched: what the node has asked it for.
        relayed: logs of others that it serves, each with a Head that covers it.
    """

    def __init__(self, kit: Kit, witness: Witness, post: str, address: str) -> None:
        self.post, self.kit, self.witness = post, kit, witness
        self.signer: Signer = kit.rehearsal.nodes[post]
        self.log = PostLog(kit.trust.agreement.channel, post, 1)
        self.logs = {1: self.log}
        self.beat, self.hello, self.echoed, self.admits = 0, secrets.token_bytes(16), b"", True
        self.bodies: dict[bytes, v1.Envelope] = {}
        self.fetched: list[v1.FetchRequest] = []
        self.withheld: set[bytes] = set()
        self.relayed: dict[str, tuple[PostLog, v1.Envelope]] = {}
        self.caller = Caller(address, kit.target, kit.trust, kit.tls[post])
        self.door = Door(self, kit.tls[post], kit.trust, kit.target)
        self._order = asyncio.Lock()

    # -- what it says ------------------------------------------------------------------------------------------------

    def statement(
        self,
        body: Message,
        *,
        precedence: str = "IMMEDIATE",
        asks: str = "",
        to: Sequence[str] = (),
        **header: Any,
    ) -> v1.Statement:
        """A statement of this post to the node under test, not signed yet; `header` are further fields of Draft."""
        draft = Draft(
            body=body,
            action=to or (self.kit.target,),
            precedence=v1.Precedence.Value(f"PRECEDENCE_{precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{asks}") if asks else v1.STAGE_UNSPECIFIED,
            **header,
        )
        return compose(draft, self.witness.trust, self.post, secrets.token_bytes(16), self.kit.clock.now())

    def officers(self, *persons: str) -> list[Signer]:
        """Signers of this post's officers."""
        return [self.kit.rehearsal.officers[self.post][person] for person in persons]

    def signed(self, statement: v1.Statement | bytes, *signers: Signer | str) -> v1.Envelope:
        """A statement as its officers sign it; by its releaser where nobody is named."""
        payload = statement if isinstance(statement, bytes) else statement.SerializeToString(deterministic=True)
        found = [self.officers(each)[0] if isinstance(each, str) else each for each in signers or ("officer-2",)]
        return sign(STATEMENT, payload, *found)

    def seal(self, envelope: v1.Envelope, **link: Any) -> v1.Envelope:
        """Give a statement the next place in the log; `link` are fields of its link that are to be wrong."""
        fields: dict[str, Any] = {
            "statement_digest": digest_of(envelope),
            "sealed_at_ms": self.kit.clock.now().utc_ms,
            "precedence": _precedence(envelope.payload),
            "size": len(envelope.payload),
        }
        self.log.append(v1.Link(**(fields | link)))
        self.bodies[digest_of(envelope)] = envelope
        return envelope

    def run(self, first: int = 0, last: int = 0) -> v1.LinkRun:
        """Links of the newest epoch; all those that the node is not known to hold unless told otherwise."""
        held = self.witness.held(self.post)
        known = held.sequence if held.epoch == self.log.epoch else 0
        return self.log.run(first or min(known, self.log.sequence) + 1, last or self.log.sequence)

    def head_message(self, **changes: Any) -> v1.Head:
        """The next Head, not signed yet."""
        self.beat += 1
        trust, now, witness = self.witness.trust, self.kit.clock.now(), self.witness
        terms, newest = trust.terms(now.utc_ns), witness.newest
        fields: dict[str, Any] = {
            "channel": terms.message.channel,
            "agreement_digest": terms.digest,
            "kind": terms.message.kind,
            "log": self.log.position(),
            "beat": self.beat,
            "made_at": to_timestamp(now.utc_ns),
            "beats_seen": [v1.PeerBeat(post=self.kit.target, beat=newest.beat)] if self.admits else [],
            "held": [witness.log.position()],
            "receipts": self._receipts() if self.admits else [],
            "directories": trust.held(),
            "types": sorted(name for name in terms.type_rules if name in BODY_OF),
            "hello": self.hello,
            "echoes": [v1.HelloEcho(post=self.kit.target, hello=self.echoed)] if self.echoed else [],
            "agreement_revision": trust.revisions.newest.revision,
            "agreement_held_digest": trust.revisions.newest.digest,
        }
        return v1.Head(**(fields | changes))

    def head(self, **changes: Any) -> v1.Envelope:
        """The next Head."""
        return sign(HEAD, self.head_message(**changes).SerializeToString(deterministic=True), self.signer)

    def frame(self, *statements: v1.Envelope, head: v1.Envelope | None = None, links: bool = True) -> v1.Frame:
        """A Frame with these statements, and with the links that the node is not known to hold."""
        run = self.run()
        return v1.Frame(head=head or self.head(), links=[run] if links and run.links else [], statements=statements)

    def _receipts(self) -> list[v1.Receipt]:
        now = to_timestamp(self.kit.clock.now().utc_ns)
        return [
            v1.Receipt(post=self.kit.target, epoch=1, sequence=sent.sequence, statement_digest=digest, received_at=now)
            for digest, sent in list(self.witness.statements.items())[-64:]
        ]

    def forget(self) -> None:
        """Go back to what the node holds, after it refused a Frame that had to be taken: so one fault stays one."""
        held = self.witness.held(self.post)
        if held.epoch == self.log.epoch and self.log.holds(held.sequence, held.link_digest):
            self.log = self.logs[self.log.epoch] = self.log.branch(held.sequence)

    # -- what it sends -----------------------------------------------------------------------------------------------

    async def deliver(self, frame: v1.Frame | bytes | None = None) -> v1.Head:
        """Hand a Frame to the node, a bare Head unless told otherwise; the Head that it answers with.

        Raises:
            CallError: the node refused it.
        """
        async with self._order:
            frame = self.frame(links=False) if frame is None else frame
            answer = await self.caller.deliver(frame if isinstance(frame, bytes) else frame.SerializeToString())
        taken = self.witness.take(answer, self.post, time.monotonic())
        if taken is None:
            return v1.Head()
        head = v1.Head.FromString(taken.head.payload)
        self.echoed = head.hello or self.echoed
        return head

    async def tell(self, *envelopes: v1.Envelope) -> v1.Head:
        """Seal statements and hand them over."""
        for envelope in envelopes:
            self.seal(envelope)
        return await self.deliver(self.frame(*envelopes))

    async def exchange(self) -> Talk:
        """Open a stream to the node."""
        return await self.caller.exchange(self.take)

    # -- what the node asks of it (`Host`) ---------------------------------------------------------------------------

    def take(self, frame: bytes) -> None:
        """Take a Frame of the node."""
        taken = self.witness.take(frame, self.post, time.monotonic())
        if taken is not None:
            self.echoed = v1.Head.FromString(taken.head.payload).hello or self.echoed

    def current_frame(self) -> bytes:
        """A Frame with the next Head."""
        return self.frame(links=False).SerializeToString()

    def serve(self, request: v1.FetchRequest) -> Sequence[bytes]:
        """Links from `first` on and the statements asked for, of its own log or of one that it relays."""
        self.fetched.append(request)
        log, head = self.relayed.get(request.post, (self.logs.get(request.epoch), None))
        if log is None or log.post != request.post or not 1 <= request.first <= log.sequence:
            return []
        digests = [link.statement_digest for link in log.links[request.first - 1 : request.last]]
        bodies = [self.bodies[each] for each in digests if each in self.bodies and each not in self.withheld]
        run = log.run(request.first, log.sequence)
        return [v1.Frame(head=head or self.head(), links=[run], statements=bodies).SerializeToString()]


def _precedence(payload: bytes) -> v1.Precedence.ValueType:
    """What a link says of a statement, whose bytes may be no statement at all."""
    try:
        said = v1.Statement.FromString(payload).header.precedence
    except DecodeError:
        return v1.PRECEDENCE_IMMEDIATE
    return said if said in v1.Precedence.values()[1:] else v1.PRECEDENCE_IMMEDIATE

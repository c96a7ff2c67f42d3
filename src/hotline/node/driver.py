"""The driver: the one task that owns the Endpoint, and turns what waits into batches.

    wait for an input or a deadline -> feed what waits -> take effects once -> commit -> send -> answer -> tell

Batches form by themselves: while one is committed, the next gathers. There is no timer that waits for more. Inputs
wait in lanes, and a batch ends with its first dear input. A turn has no `await` in it, so whoever else runs on the loop
sees the Endpoint only as it is committed, and may read it at any time. The commit runs on the loop too: a thread for it
costs more than it frees.

A journal that fails ends the Endpoint (REQ-DUR-1): nothing of that batch is sent, everyone who waits or comes later
gets NOT_DURABLE, and `run` raises. So does a node key whose token is gone, and anything unforeseen, since the Endpoint
may then be half changed: nothing of that batch has become durable, so no place in the log is held by it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from hotline import v1
from hotline.journal import Journal as Storage
from hotline.keys import KeysError
from hotline.node.clock import Clock
from hotline.node.lanes import HERE, Lane, Lanes
from hotline.protocol.effects import Alert, Changed, Fetch, Journal, Rewire, Send
from hotline.protocol.endpoint import Endpoint, Submission
from hotline.protocol.errors import HotlineError, PeerDataError, TransportError
from hotline.protocol.instant import Instant
from hotline.protocol.papers import Adopted
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Examined, examine

# A batch takes what waits, up to half of what a busy line has under way: so the two ends work at once, not by turns.
BATCH_MAX = 32

# A turn that has taken so long feeds no more: what waits elsewhere may be a FLASH.
TURN_S = 0.1

T = TypeVar("T")
Told = Callable[[Sequence[Changed | Alert], Instant], None]
"""Hears of each batch's changes and alerts once they are durable; must not raise."""
_Call = Callable[[Instant], Any]


class Hands(Protocol):
    """Carry out what the core wants done. None of them may block or raise."""

    def send(self, effect: Send) -> None:
        """Put a Frame on its way."""

    def fetch(self, effect: Fetch) -> None:
        """Begin a Fetch, whose Frames come back through `Driver.receive`."""

    def rewire(self) -> None:
        """Bring the streams into line with `Endpoint.trust`."""


@dataclass(frozen=True, slots=True)
class _Input:
    """Something that waits to be fed: a call, or a statement to submit; and whoever waits for what comes of it."""

    call: _Call | None
    statement: v1.Envelope | None
    answer: asyncio.Future[Any] | None


class Driver:
    """Feeds one Endpoint.

    Attributes:
        endpoint: to be read, between turns, by anything on the same event loop; its inputs are the driver's alone.
        clock: the line's time.
        gate: takes out of a Frame what must not come in, before the Endpoint sees it.
    """

    def __init__(
        self, endpoint: Endpoint, journal: Storage, clock: Clock, gate: Callable[[bytes], bytes] = bytes
    ) -> None:
        self.endpoint, self.clock, self.gate = endpoint, clock, gate
        self._journal = journal
        self._inbox: Lanes[_Input] = Lanes()
        self._feeding: list[asyncio.Future[Any]] = []
        self._wake = asyncio.Event()
        self._listeners: list[Told] = []
        self._closed: tuple[str, str] | None = None

    # -- inputs ------------------------------------------------------------------------------------------------------

    async def receive(self, frame: bytes, pin: bytes | None, server: str | None = None, lane: Lane = HERE) -> str:
        """Hand over a Frame, to wait in a lane; back when what it brought is durable. See `Endpoint.receive`.

        Raises:
            PeerDataError: the Frame is wrong in itself.
            TransportError: STOPPING, NOT_DURABLE.
        """
        return await self._ask(lambda now: self.endpoint.receive(self._gated(frame), now, pin, server), lane=lane)

    def _gated(self, frame: bytes) -> bytes:
        """A Frame as the core may see it. The gate changes nothing, so that a fault of its own leaves nothing half
        done: it refuses the Frame that shows it, and does not end the node for whoever sends that."""
        try:
            return self.gate(frame)
        except PeerDataError:
            raise
        except Exception as error:
            raise PeerDataError("MALFORMED", f"the gate could not read it: {error!r}") from error

    async def submit(self, envelope: v1.Envelope, lane: Lane = HERE) -> Submission:
        """Hand over a signed statement; back when it is durable. See `Endpoint.submit`.

        Raises:
            UsageError: it may not be said.
            TransportError: STOPPING, NOT_DURABLE.
        """
        return await self._ask(statement=envelope, lane=lane)

    async def present(self, digest: bytes, position: str) -> None:
        """See `Endpoint.present`; raises as `submit`."""
        await self._ask(lambda now: self.endpoint.present(digest, position, now))

    async def adopt(self, what: v1.SignedAgreement | v1.Envelope, *, disavow: bool = False) -> Adopted:
        """Hand over a revision of the agreement or a version of a directory; raises as `submit`."""
        return await self._ask(lambda now: self.endpoint.adopt(what, now, disavow=disavow))

    async def staff(self, position: str) -> None:
        """A position is staffed from now on; raises TransportError as `submit`."""
        await self._ask(lambda now: self.endpoint.staff(position, True, now))

    def equip(self, signer: Signer) -> None:
        """A further node key is at hand; takes effect with the next batch."""
        self._put(lambda now: self.endpoint.equip(signer, now), None)

    def unstaff(self, position: str) -> None:
        """A position is left; takes effect with the next batch."""
        self._put(lambda now: self.endpoint.staff(position, False, now), None)

    def link(self, peer: str, up: bool) -> None:
        """The first connection to a peer stands, or the last is gone; takes effect with the next batch."""
        self._put(lambda now: self.endpoint.link(peer, up, now), None)

    def listen(self, told: Told) -> None:
        """Hear of every batch's changes and alerts from now on."""
        self._listeners.append(told)

    def unlisten(self, told: Told) -> None:
        """Hear no more."""
        self._listeners.remove(told)

    def tell(self, alert: Alert) -> None:
        """Tell what this node has noticed by itself to everybody who listens."""
        for listener in tuple(self._listeners):
            listener([alert], self.clock.now())

    async def _ask(
        self, call: Callable[[Instant], T] | None = None, statement: v1.Envelope | None = None, lane: Lane = HERE
    ) -> T:
        """Give an input and wait for what came of it. Giving up waiting stops nothing: what was fed is committed."""
        if self._closed is not None:
            raise TransportError(*self._closed)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(call, answer, statement, lane)
        return await answer

    def _put(
        self,
        call: _Call | None,
        answer: asyncio.Future[Any] | None,
        statement: v1.Envelope | None = None,
        lane: Lane = HERE,
    ) -> None:
        if self._closed is None:
            self._inbox.put(lane, _Input(call, statement, answer))
            self._wake.set()

    # -- the loop ----------------------------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether no input waits and no deadline is reached."""
        deadline = self.endpoint.next_deadline()
        return not self._inbox and (deadline is None or deadline > self.clock.now().mono_ns)

    def look_again(self) -> None:
        """The clock was moved by somebody: see whether a deadline is reached."""
        self._wake.set()

    def stop(self) -> None:
        """Take no more inputs; `run` ends when those that wait are done."""
        self._closed = self._closed or ("STOPPING", "this node is shutting down")
        self._wake.set()

    async def run(self, hands: Hands) -> None:
        """Run until `stop`.

        Args:
            hands: whoever carries out what the core wants done.

        Raises:
            JournalError: the journal failed.
            KeysError: KEY_TOKEN, the node's key cannot sign any more.
        """
        try:
            self._turn(hands)  # what was adopted at the start is made durable before anything else
            while self._inbox or self._closed is None:
                await self._something_to_do()
                self._turn(hands)
                # Frames leave, callers go on and new inputs come in before the next turn.
                await asyncio.sleep(0)
        except BaseException as error:
            self._end(error)
            raise

    async def _something_to_do(self) -> None:
        """Back when an input waits, a deadline is reached, or the driver is told to stop."""
        if self._inbox:
            return
        self._wake.clear()
        deadline = self.endpoint.next_deadline()
        if deadline is None:
            await self._wake.wait()
            return
        seconds = self.clock.seconds_until(deadline)
        alarm = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        await self._wake.wait()
        alarm.cancel()

    def _turn(self, hands: Hands) -> None:
        """One batch, from inputs to told."""
        now = self.clock.now()
        deadline = self.endpoint.next_deadline()
        if deadline is not None and deadline <= now.mono_ns:
            self.endpoint.on_deadline(now)
        answers = self._feed(now)
        effects = self.endpoint.take_effects()
        self._journal.append([effect.record for effect in effects if isinstance(effect, Journal)])
        told: list[Changed | Alert] = []
        for effect in effects:
            if isinstance(effect, Send):
                hands.send(effect)
            elif isinstance(effect, (Changed, Alert)):
                told.append(effect)
            elif isinstance(effect, Fetch):
                hands.fetch(effect)
            elif isinstance(effect, Rewire):
                hands.rewire()
        for answer, result in answers:
            if not answer.done():
                answer.set_exception(result) if isinstance(result, HotlineError) else answer.set_result(result)
        self._feeding.clear()
        for listener in tuple(self._listeners) if told else ():
            listener(told, now)

    def _feed(self, now: Instant) -> list[tuple[asyncio.Future[Any], Any]]:
        """Feed what waits, up to a batch or until the turn has taken too long; each answer waits for the commit."""
        taken = self._inbox.take(BATCH_MAX)
        self._feeding += [waiting.answer for _, waiting in taken if waiting.answer is not None]
        answers: list[tuple[asyncio.Future[Any], Any]] = []
        calls = self._calls([waiting for _, waiting in taken], now)
        began = since = time.thread_time()
        for number, ((lane, waiting), call) in enumerate(zip(taken, calls, strict=True)):
            if since - began > TURN_S:
                self._inbox.back(taken[number:])
                break
            try:
                result = call(now)
            except KeysError:
                raise  # the node's own signer failed in the middle of a step
            except HotlineError as error:
                result = error
            if waiting.answer is not None:
                answers.append((waiting.answer, result))
            until = time.thread_time()
            self._inbox.served(lane, until - since)
            since = until
        return answers

    def _calls(self, batch: Sequence[_Input], now: Instant) -> list[_Call]:
        """The calls of a batch; its statements are examined together, which is faster than one by one."""
        statements = [waiting.statement for waiting in batch if waiting.statement is not None]
        examined = examine(
            statements, self.endpoint.trust, self.endpoint.post, self.endpoint.ledger.own.epoch, now.stamp_ns
        )
        submissions = iter(
            partial(self._submit, found, statement, self._papers())
            for found, statement in zip(examined, statements, strict=True)
        )
        return [waiting.call or next(submissions) for waiting in batch]

    def _submit(
        self, found: Examined | PeerDataError, statement: v1.Envelope, under: tuple[int, ...], now: Instant
    ) -> Submission:
        """Submit what was found; what did not verify, or was found under papers that the same batch has changed, goes
        to the Endpoint as it is."""
        if isinstance(found, Examined) and under == self._papers():
            return self.endpoint.submit(found, now)
        return self.endpoint.submit(statement, now)

    def _papers(self) -> tuple[int, ...]:
        """Which revision and which versions are held: they only rise."""
        trust = self.endpoint.trust
        return len(trust.revisions.held), *trust.versions.values()

    def _end(self, error: BaseException) -> None:
        """The Endpoint is finished: whoever waits learns that nothing is known to be durable."""
        self._closed = ("NOT_DURABLE", f"this node has ended: {error}")
        left = (waiting.answer for waiting in self._inbox.drain())
        waiting = [*self._feeding, *(answer for answer in left if answer is not None)]
        for answer in waiting:
            if not answer.done():
                answer.set_exception(TransportError(*self._closed))

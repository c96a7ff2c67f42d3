"""What a check is, and what it works with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from hotline import v1
from hotline.agreements.following import Change, next_directory
from hotline.conformance.suite.calls import CallError
from hotline.conformance.suite.kit import FIRST_SPARE_KEY, NORTH, SOUTH, Kit
from hotline.conformance.suite.operating import Operator
from hotline.conformance.suite.peer import POLL_S, Peer
from hotline.conformance.suite.witness import Witness
from hotline.keys import published_signer
from hotline.protocol.envelope import digest_of
from hotline.protocol.signing import Signer


class FailedError(Exception):
    """The node under test does not do what a requirement asks for."""


class NotTriedError(Exception):
    """This run cannot try it; the text says why."""


@dataclass
class Run:
    """One run against one node.

    Attributes:
        north, south: the posts that the suite plays.
        operator: acts at the node under test; None where there is nobody.
        restart: kills the node and starts it again; None where there is no command for it.
    """

    kit: Kit
    witness: Witness
    north: Peer
    south: Peer
    operator: Operator | None = None
    restart: Callable[[], Awaitable[None]] | None = None
    _spare: int = field(default=FIRST_SPARE_KEY, init=False)

    @classmethod
    def of(cls, kit: Kit, address: str) -> Run:
        """A run that has sent nothing yet."""
        witness = Witness(kit.trust.copy(), kit.target)
        return cls(kit, witness, Peer(kit, witness, NORTH, address), Peer(kit, witness, SOUTH, address))

    @property
    def peers(self) -> tuple[Peer, Peer]:
        """Both of its posts."""
        return self.north, self.south

    def spare_key(self) -> Signer:
        """A key that nobody has yet."""
        self._spare += 1
        return published_signer(self._spare)

    def issue(self, peer: Peer, *changes: Change) -> v1.Envelope:
        """The next version of a directory; the suite holds it from now on."""
        party = peer.post.partition(":")[0]
        trust, now = self.witness.trust, self.kit.clock.now()
        envelope = next_directory(trust, party, self.kit.rehearsal.registrars[party], now.utc_ns, *changes)
        trust.take_directory(envelope)
        return envelope

    # -- what is expected --------------------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], bool], words: str, seconds: float = 8.0, *, poll: bool = True) -> None:
        """Wait until something is seen, asking the node for its Head meanwhile.

        Raises:
            FailedError: it was not seen in time.
        """
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise FailedError(f"{words}, within {seconds:g} s")
            await asyncio.sleep(POLL_S)
            if poll:
                for peer in self.peers:
                    await peer.deliver()

    async def receipted(self, envelope: v1.Envelope, fact: str = "received_at") -> v1.Receipt:
        """Wait for a receipt that says a fact about a statement; its code where it is refused instead.

        Raises:
            FailedError: none came, or another.
        """
        digest = digest_of(envelope)
        await self.until(lambda: self.witness.receipt(digest) is not None, f"no receipt about {digest.hex()[:12]}")
        receipt = self.witness.receipt(digest, fact)
        if receipt is None:
            found = self.witness.receipt(digest) or v1.Receipt()
            raise FailedError(f"its receipt says {found.WhichOneof('fact')} {found.refused.code}, expected {fact}")
        return receipt

    async def refused(self, envelope: v1.Envelope, *codes: str) -> None:
        """Wait for a receipt that refuses a statement with one of these codes."""
        receipt = await self.receipted(envelope, "refused")
        if not _is_one_of(receipt.refused.code, codes):
            raise FailedError(f"refused with {receipt.refused.code}, expected {' or '.join(codes)}")

    async def not_receipted(self, peer: Peer, envelope: v1.Envelope, words: str) -> None:
        """See that nothing is said about a statement."""
        for _ in range(3):
            await peer.deliver()
            await asyncio.sleep(POLL_S / 2)
        receipt = self.witness.receipt(digest_of(envelope))
        if receipt is not None:
            raise FailedError(f"{words} got a receipt: {receipt.WhichOneof('fact')} {receipt.refused.code}")

    async def frame_refused(self, peer: Peer, frame: v1.Frame | bytes, *codes: str) -> None:
        """See that a Frame is refused whole: with a code, where one is given, and without effect."""
        before = self.witness.held(peer.post)
        try:
            await peer.deliver(frame)
        except CallError as error:
            if codes and not _is_one_of(error.code, codes):
                raise FailedError(
                    f"refused with {error.code or error.status}, expected {' or '.join(codes)}"
                ) from error
        else:
            raise FailedError("the Frame was taken")
        await self.north.deliver()
        after = self.witness.held(peer.post)
        if after != before:
            raise FailedError(f"the Frame was refused, and {after.sequence} is held where {before.sequence} was")


def _is_one_of(code: str, codes: tuple[str, ...]) -> bool:
    """Whether a code is among these, one of which may end with a star."""
    return any(fnmatchcase(code, each) for each in codes)


def expect(holds: bool, words: str) -> None:
    """Raise FailedError unless something holds."""
    if not holds:
        raise FailedError(words)


Script = Callable[[Run], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        id: stable.
        words: what the node must do.
        requirements: what it shows.
        script: does it; raises FailedError or NotTriedError.
    """

    id: str
    words: str
    requirements: tuple[str, ...]
    script: Script


CHECKS: list[Check] = []


def check(name: str, *requirements: str) -> Callable[[Script], Script]:
    """Register a script as a check; the first line of its docstring says what the node must do."""

    def register(script: Script) -> Script:
        words = (script.__doc__ or "").strip().splitlines()[0].rstrip(".")
        CHECKS.append(Check(name, words, requirements, script))
        return script

    return register

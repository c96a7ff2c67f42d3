"""Ours in virtual time: two real Endpoints in one process exchange statements over a line that delays and loses frames.

One exchange: an officer signs a statement, its node seals it under a signed Head, the line carries it, the peer
verifies, judges and journals it, and its signed Head brings the receipt back; what is lost is sent again by the core's
own timers. The loop is the simulator's: arrivals, then timers, in order of virtual time.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from benchmarks.messages import notice
from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.journal import MemoryJournal
from hotline.keys import SoftSigner, published_signer
from hotline.protocol.effects import Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import NS_PER_MS, NS_PER_S, Instant
from hotline.protocol.signing import PublicKey, verified_once
from hotline.protocol.statements import Draft, sign_statement

HERE, THERE = "AAA:bench", "BBB:bench"
LOSS, DELAY_MS, EVERY_MS = 0.1, (50, 150), 1000
_START_NS = 1_700_000_000 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Counted:
    """Signatures made and verified in a number of exchanges."""

    signed: int
    verified: int


class Pair:
    """Two posts and the line between them."""

    def __init__(self, seed: int) -> None:
        self._channel = rehearse([HERE, THERE], published_signer, _START_NS)
        now = Instant(0, _START_NS)
        self.posts = {post: self._endpoint(post, now) for post in (HERE, THERE)}
        self._journals = {post: MemoryJournal() for post in self.posts}
        self._chance, self._line, self._sent = random.Random(seed), list[tuple[int, int, str, bytes]](), 0
        for post, peer in ((HERE, THERE), (THERE, HERE)):
            self.posts[post].link(peer, True, now)
            self._settle(post, now)
        self.run(2 * NS_PER_S)

    def _endpoint(self, post: str, now: Instant) -> Endpoint:
        return Endpoint.restore(
            post, self._channel.trust, self._channel.nodes[post], SeededIdentifiers(post.encode()), (), now
        )

    def exchange(self, count: int, start_ns: int = 3 * NS_PER_S) -> int:
        """So many statements, one a second of virtual time; returns how many the peer holds and has receipted."""
        officer, digests = self._channel.officers[HERE]["officer-1"], list[bytes]()
        for number in range(count):
            now = self._at(start_ns + number * EVERY_MS * NS_PER_MS)
            self.run(now.mono_ns)
            draft = Draft(notice(now, HERE), [THERE], v1.PRECEDENCE_IMMEDIATE)
            envelope = sign_statement(self.posts[HERE].compose(draft, now), officer)
            digests.append(self.posts[HERE].submit(envelope, now).digest)
            self._settle(HERE, now)
        self.run(start_ns + (count * EVERY_MS + 60_000) * NS_PER_MS)
        here = self.posts[HERE]
        return sum(here.book.entries[digest].place not in here.peers[THERE].outstanding for digest in digests)

    def run(self, until_ns: int) -> None:
        """Everything up to a moment of virtual time."""
        while (next_ns := self._next_ns()) is not None and next_ns <= until_ns:
            now = self._at(next_ns)
            while self._line and self._line[0][0] <= next_ns:
                _, _, receiver, frame = heapq.heappop(self._line)
                self.posts[receiver].receive(frame, now)
                self._settle(receiver, now)
            for post, endpoint in self.posts.items():
                due_ns = endpoint.next_deadline()
                if due_ns is not None and due_ns <= next_ns:
                    endpoint.on_deadline(now)
                    self._settle(post, now)

    def _next_ns(self) -> int | None:
        times = [due for endpoint in self.posts.values() if (due := endpoint.next_deadline()) is not None]
        return min([*times, *(item[0] for item in self._line[:1])], default=None)

    def _settle(self, post: str, now: Instant) -> None:
        for effect in self.posts[post].take_effects():
            match effect:
                case Journal(record=record):
                    self._journals[post].append([record])
                case Send(peer=peer, frame=frame):
                    self._carry(peer, frame, now)
                case Fetch(peer=peer, post=log, epoch=epoch, first=first, last=last):
                    for frame in self.posts[peer].serve(log, first, last, epoch, post):
                        self._carry(post, frame, now)

    def _carry(self, receiver: str, frame: bytes, now: Instant) -> None:
        if self._chance.random() >= LOSS:
            self._sent += 1
            arrives_ns = now.mono_ns + self._chance.randint(*DELAY_MS) * NS_PER_MS
            heapq.heappush(self._line, (arrives_ns, self._sent, receiver, frame))

    @staticmethod
    def _at(mono_ns: int) -> Instant:
        return Instant(mono_ns, _START_NS + mono_ns)


def play(count: int, mode: str, seed: int = 1) -> int:
    """So many exchanges; signatures verified at `each` place, `once` each, or (`none`) neither made nor verified."""
    modes: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "each": nullcontext,
        "once": verified_once,
        "none": without_signatures,
    }
    with modes[mode]():
        return Pair(seed).exchange(count)


def count_signatures(count: int, mode: str) -> Counted:
    """How many signatures are made and verified in so many exchanges."""
    made, checked = list[None](), list[None]()
    sign, init = SoftSigner.sign, PublicKey.__post_init__

    def signing(self: SoftSigner, message: bytes) -> bytes:
        made.append(None)
        return sign(self, message)

    def equipped(self: PublicKey) -> None:
        init(self)
        verdict = self._verdict

        def verifying(signature: bytes, message: bytes) -> bool:
            checked.append(None)
            return verdict(signature, message)

        object.__setattr__(self, "_verdict", verifying)

    with _replaced(SoftSigner, sign=signing), _replaced(PublicKey, __post_init__=equipped):
        play(count, mode)
    return Counted(len(made), len(checked))


@contextmanager
def without_signatures() -> Iterator[None]:
    """Inside, signatures are constant and every one verifies: what is left is the codec, checks and receipts."""
    with _replaced(SoftSigner, sign=lambda _, message: b"\x01" * 64), _replaced(PublicKey, verify=lambda *_: True):
        yield


@contextmanager
def _replaced(kind: type, **methods: object) -> Iterator[None]:
    held = {name: getattr(kind, name) for name in methods}
    for name, method in methods.items():
        setattr(kind, name, method)
    try:
        yield
    finally:
        for name, method in held.items():
            setattr(kind, name, method)

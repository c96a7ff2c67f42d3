"""Second logs in one world: who signed one, who took what proves it, and whether it then was proved and told.

A post that takes a second log whole holds it against the log that its author shows everybody else. Once both are there
it has the proof, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotline_sim.torture.auditor import Auditor
    from hotline_sim.torture.journals import Book
    from hotline_sim.torture.seat import Seat, Then
    from hotline_sim.torture.world import World


@dataclass(frozen=True, slots=True)
class _Second:
    """A second log as it is shown: whose, its link digests, and the Frame that holds all of it."""

    post: str
    digests: tuple[bytes, ...]
    frame: bytes


class Forks:
    """What is known from outside of second logs.

    Attributes:
        branches: link digests of second logs that a hostile post signed, by post and sequence.
    """

    def __init__(self, world: World, auditor: Auditor) -> None:
        self.branches: dict[str, dict[int, set[bytes]]] = {}
        self._world, self._auditor = world, auditor
        self._shown: dict[bytes, _Second] = {}
        self._taken: dict[tuple[str, bytes], _Second] = {}
        self._proved: set[tuple[str, str]] = set()
        self._untold: set[tuple[str, str]] = set()

    def signed(self, post: str, digests: Sequence[bytes], frame: bytes) -> None:
        """A hostile post signs a second log, and shows it in a Frame."""
        for sequence, digest in enumerate(digests, 1):
            self.branches.setdefault(post, {}).setdefault(sequence, set()).add(digest)
        self._shown[frame] = _Second(post, tuple(digests), frame)

    def is_apart(self, post: str, sequence: int, digest: bytes) -> bool:
        """Whether a link stands in a second log that a hostile post signed."""
        return digest in self.branches.get(post, {}).get(sequence, ())

    def to_be_proved(self, seat: Seat, frame: bytes) -> Then | None:
        """What is to be done once a node has taken a Frame durably; nothing for most."""
        return partial(self._take, seat.post, self._shown[frame]) if frame in self._shown else None

    def _take(self, victim: str, second: _Second) -> None:
        self._taken[victim, second.frame] = second

    def proved(self, book: Book) -> None:
        """The proof of a fork is durable: it is of a post that signed two logs; the first is told in the same batch."""
        for post in book.forks:
            self._auditor.hold("I7", post in self.branches, book.post, f"a fork is proved of {post}, which signed one")
            if (book.post, post) not in self._proved:
                self._proved.add((book.post, post))
                self._untold.add((book.post, post))

    def told(self, seat: Seat, of: str) -> None:
        """The watch was told of a fork."""
        self._untold.discard((seat.post, of))

    def crashed(self, seat: Seat) -> None:
        """Nobody is told anything by a node that is gone; what it proved is durable, and is shown."""
        self._untold = {(post, of) for post, of in self._untold if post != seat.post}

    def turned(self, seat: Seat) -> None:
        """A batch is through: whatever it proved is told."""
        silent = [of for post, of in self._untold if post == seat.post]
        self._auditor.hold("I7", not silent, seat.post, f"a fork is proved of {', '.join(silent)}, and nobody is told")

    def settled(self, honest: Sequence[str]) -> None:
        """Whoever took a second log, and holds or was shown the first, has the proof."""
        for (victim, _), second in self._taken.items():
            if victim in honest and self._contradicts(second):
                has = second.post in self._auditor.books[victim].forks
                words = f"took a second log of {second.post}, which signed another, and there is no proof"
                self._auditor.hold("I7", has, victim, words)
                self._world.effects["fork: proved"] += has

    def _contradicts(self, second: _Second) -> bool:
        """Whether the log that its author shows everybody else parts from it."""
        first = self._auditor.books[second.post].digests.get(second.post, [])
        return any(one != other for one, other in zip(first, second.digests, strict=False))

"""I7 and I8: what two journals say never contradicts without a proof, and after the faults everything settles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING

from hotline.protocol.compare import compare
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import Evidence, verify_transcript
from hotline.protocol.transcript import assemble
from hotline_sim.torture.journals import Book
from hotline_sim.torture.plan import END_NS, FAULTS_END_NS, MINUTE_NS, SETTLED_NS

if TYPE_CHECKING:
    from hotline_sim.torture.auditor import Auditor
    from hotline_sim.torture.world import World

FRAMES_MAX = 150
"""Frames per way that may go in the last hour: Heads, tests, what silence brings about; a storm would be thousands."""
SETTLES_IN = 3
"""Everybody has everything so many of the longest times between two tries after the faults, a minute more or less."""
UNDER_WAY_NS = 5 * MINUTE_NS
"""What a node says of itself so shortly before the world is looked at may still be under way: a test of the line."""


class Settling:
    """Looks at the end of one world.

    Attributes:
        after_ns: how long after the faults ended everybody first had everything; None if that was not seen.
        exports: how many pairs of transcripts were compared.
    """

    def __init__(self, world: World, auditor: Auditor) -> None:
        self.after_ns: int | None = None
        self.exports = 0
        self._world, self._auditor = world, auditor
        self._owed: dict[str, int] = {}
        self._within_ns = (
            SETTLES_IN * world.rehearsal.trust.agreement.message.line.retry_max.ToNanoseconds() + MINUTE_NS
        )
        for minutes in range((SETTLED_NS - FAULTS_END_NS) // MINUTE_NS):
            world.at(FAULTS_END_NS + minutes * MINUTE_NS, partial(self._first, minutes))
        for looked_at_ns in (SETTLED_NS, END_NS):
            world.at(looked_at_ns - UNDER_WAY_NS, self._count)

    @property
    def honest(self) -> list[str]:
        """Posts that are not hostile."""
        return [post for post in self._world.plan.posts if not self._auditor.is_hostile(post)]

    def _count(self) -> None:
        """Whatever stands in a log by now is owed to everybody when the world is next looked at."""
        self._owed = {post: len(self._auditor.books[post].own_statements) for post in self.honest}

    def _first(self, minutes: int) -> None:
        if self.after_ns is None and not self._lacking({}):
            self.after_ns = minutes * MINUTE_NS

    def settled(self) -> None:
        """Everybody holds everything, and everybody knows that of everybody."""
        auditor = self._auditor
        lacking = self._lacking(self._owed)
        auditor.hold("I8", not lacking, lacking[0] if lacking else "", lacking[1] if lacking else "")
        soon = self.after_ns is not None and self.after_ns <= self._within_ns
        words = f"not everybody had everything {self._within_ns // MINUTE_NS} min after the faults"
        auditor.hold("I8", soon, "", words)
        for post in self.honest:
            left = self._world.people.left(post)
            auditor.hold("I8", not left, post, f"{', '.join(left)}: handed over, and still not taken")
        for one, other in permutations(self._world.plan.posts, 2):
            if one in self.honest:
                self._agree(auditor.books[one], auditor.books[other])
        for one, other in permutations(self.honest, 2):
            self._show_alike(one, other)
        auditor.forks.settled(self.honest)
        if self._world.exported:
            self._export()

    def ended(self) -> None:
        """An hour later it is still so, and quiet."""
        lacking = self._lacking(self._owed)
        self._auditor.hold("I8", not lacking, lacking[0] if lacking else "", lacking[1] if lacking else "")
        for (sender, receiver), frames in self._world.line.late.items():
            words = f"{frames} Frames to {receiver} in the last hour: they keep each other busy"
            self._auditor.hold("I8", frames <= FRAMES_MAX, sender, words)

    # -- I8 ----------------------------------------------------------------------------------------------------------

    def _lacking(self, owed: Mapping[str, int]) -> tuple[str, str] | None:
        """Something that an honest post lacks of another: whose lack it is, and what, in words.

        `owed` says how many statements of each post's log count; all of a post that it does not name.
        """
        books, name = self._auditor.books, self._world.name
        for one, other in permutations(self.honest, 2):
            author, reader = books[one], books[other]
            for digest in author.own_statements[: owed.get(one)]:
                if digest not in reader.held:
                    return other, f"{name(digest)} of {one} has not come to {other}"
                if (digest, other, "RECEIVED") not in author.said:
                    return one, f"{one} does not know that {other} has {name(digest)}"
            for digest, positions in reader.shown.items():
                own = digest in author.held and author.held[digest][0].post == one
                told = ((digest, other, f"PRESENTED {position}") in author.said for position in positions)
                if own and not all(told):
                    return one, f"{one} does not know that {name(digest)} was shown at {other}"
            unplaced = author.waiting - author.held.keys()
            if unplaced:
                return one, f"{name(next(iter(unplaced)))} still waits for its place"
        return None

    def _show_alike(self, one: str, other: str) -> None:
        """Two honest nodes show the same stages, by the same words, of what honest posts said."""
        first, second = (self._world.seats[post].endpoint for post in (one, other))
        if first is None or second is None:
            self._auditor.violate("I8", one, "a node is still down")
            return
        for digest, entry in first.book.entries.items():
            if entry.post in self.honest and digest in second.book.entries:
                facts, others = (
                    {key for key in found.facts if key[4] and key[0] in self.honest}
                    for found in (entry, second.book.entries[digest])
                )
                words = f"{self._world.name(digest)} stands otherwise at {other}"
                self._auditor.hold("I8", facts == others, one, words)

    # -- I7 ----------------------------------------------------------------------------------------------------------

    def _agree(self, first: Book, second: Book) -> None:
        """Where a log differs from how another post holds it, there is a proof that it was signed twice."""
        for post in first.digests.keys() & second.digests.keys():
            pairs = zip(first.digests[post], second.digests[post], strict=False)
            differ = next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 0)
            proved = not differ or post in first.forks
            words = f"its log of {post} differs from that of {second.post} at {differ}, and there is no proof"
            self._auditor.hold("I7", proved, first.post, words)

    def _export(self) -> None:
        """The transcripts that nodes would hand out, verified offline and compared in pairs."""
        found = {post: self._transcript(post) for post in self.honest}
        for one, other in permutations(found, 2):
            if one < other and (first := found[one]) and (second := found[other]):
                self.exports += 1
                clash = compare(first, second)
                parted = clash.first_divergence.post if clash.first_divergence else ""
                contradicted = [each.post for each in clash.contradictions]
                hostile = self._auditor.forks.branches.keys() | self._world.lies.liars
                bad = [post for post in (parted, *contradicted) if post and post not in hostile]
                self._auditor.hold("I7", not bad, one, f"transcripts of {one} and {other} contradict about {bad}")

    def _transcript(self, post: str) -> Evidence | None:
        rehearsal, seat = self._world.rehearsal, self._world.seats[post]
        now = seat.clock.at(self._world.now_ns)
        try:
            data = assemble(seat.journal, rehearsal.trust, rehearsal.nodes[post], post, now)
            return verify_transcript(data, rehearsal.trust.agreement.digest)
        except HotlineError as error:
            self._auditor.violate("I7", post, f"its own transcript does not verify: {error}")
            return None

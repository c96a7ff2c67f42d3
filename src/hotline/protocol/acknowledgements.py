"""How acknowledgements stand to each other and to what came after: for whom they count, which oppose, which crossed.

`SENSES` says which values are opposed and `CASES` what becomes of an acknowledgement that is not the plain one; the
tables of spec 04 are generated from them. Everything here is a function of what is held, whatever order it came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline import v1
from hotline.protocol.ladder import Fact, Place, standing
from hotline.protocol.statements import Said
from hotline.protocol.timers import DECIDED, DONE
from hotline.protocol.trust import party_of


class Sense(StrEnum):
    """Which way a decision or a report goes."""

    FOR = "for"
    AGAINST = "against"


SENSES: dict[tuple[v1.Stage.ValueType, str], Sense] = {
    (DECIDED, "ACCEPTED"): Sense.FOR,
    (DECIDED, "ACCEPTED_IN_PART"): Sense.FOR,
    (DECIDED, "DECLINED"): Sense.AGAINST,
    (DONE, "IN_PROGRESS"): Sense.FOR,
    (DONE, "DONE"): Sense.FOR,
    (DONE, "UNABLE"): Sense.AGAINST,
    (DONE, "NOT_AGREED"): Sense.AGAINST,
}
"""Values that have a sense. Two of one stage and of opposite senses contradict; others never do (REQ-ACK-9)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row: an acknowledgement that is late, doubled, opposed, taken back or not what it seems.

    Attributes:
        id: stable name.
        when: what makes it one.
        kept: what is kept of it.
        counts: whether it is the addressee's word.
        shown: the mark or alert with which it is shown.
        timer: what it does to a timer that waits for its stage.
    """

    id: str
    when: str
    kept: str
    counts: str
    shown: str
    timer: str


_YES = "yes, in its post's log"
CASES: tuple[Case, ...] = (
    Case(
        "ACK-EARLIER-STAGE-MISSING",
        "it comes without the stages before it",
        _YES,
        "yes; the others stay unsaid",
        "the stage it says",
        "stops the timers that its row names",
    ),
    Case("ACK-LATE", "it comes at its deadline or after", _YES, "yes", "`LATE`", "`LATE` after `EXPIRED`"),
    Case(
        "ACK-DUPLICATE",
        "the same statement comes again",
        "once; a second place for it is refused, `REPLAYED`",
        "once",
        "once",
        "nothing: nothing follows `IN_TIME` or `LATE`",
    ),
    Case(
        "ACK-REPEATED", "its post says the same again in another statement", _YES, "the newest", "the newest", "nothing"
    ),
    Case(
        "ACK-CHANGED",
        "its post says otherwise in a later statement",
        _YES,
        "the newest",
        "the newest; both in the thread",
        "nothing to a timer that is over",
    ),
    Case(
        "ACK-OPPOSED",
        "two posts that speak for one addressee or one party say opposite senses of one stage",
        _YES,
        "both; the stage is open",
        "`CONTRADICTORY` on both, side by side",
        "the first stops it; the second does nothing",
    ),
    Case(
        "ACK-CONTRADICTED",
        "an Observation says otherwise",
        _YES,
        "yes",
        "`CONTRADICTED`, alert `CONTRADICTED`",
        "nothing",
    ),
    Case(
        "ACK-CROSSED",
        "it and what replaced, cancelled or retracted its subject had not seen each other",
        _YES,
        "for its subject; not for what came after",
        "`CROSSED`",
        "nothing: the wait ended as `MOOT`",
    ),
    Case(
        "ACK-WITHDRAWN",
        "its post retracts it",
        _YES,
        "no; what its post said before it stands again",
        "`WITHDRAWN`, alert `RETRACTED`",
        "nothing from then on; a verdict that fell stays",
    ),
    Case(
        "ACK-DISAVOWED",
        "its place is past a closure, or its signer's key was revoked before it",
        _YES,
        "no",
        "`DISAVOWED`, alert `DISAVOWED`",
        "nothing from then on; a verdict that fell stays",
    ),
    Case(
        "ACK-FORKED",
        "its post signed two logs that differ at its place",
        "both branches",
        "no, until a new epoch",
        "`FORKED`, alert `FORK`",
        "nothing",
    ),
    Case(
        "ACK-FORGED",
        "a signature of it does not verify, or its key is not listed",
        "nothing; a counter",
        "no",
        "nothing",
        "nothing",
    ),
    Case(
        "ACK-REFUSED",
        "it verifies, and is refused by itself (spec 02)",
        "yes, with the code",
        "no",
        "`REFUSED`, with its code",
        "nothing",
    ),
    Case(
        "ACK-BY-STRANGER",
        "its post is neither an addressee, nor one that answers for an addressee, nor, for an answer, the sender",
        _YES,
        "no",
        "in the thread only",
        "nothing",
    ),
    Case(
        "ACK-ANSWERED-FOR",
        "its post answers for the addressee (REQ-ROLE-4)",
        _YES,
        "yes, until the addressee speaks itself",
        "with the post that said it",
        "stops it as the addressee's own would",
    ),
    Case(
        "ACK-LEVEL-LACKING",
        "its post lacks the level that its type asks for (REQ-ROLE-2)",
        _YES,
        "no",
        "`LEVEL_LACKING`",
        "nothing",
    ),
    Case(
        "ACK-BEFORE-SUBJECT",
        "it comes before the statement it is about, or an answer before its readback",
        _YES,
        "when that comes",
        "in the thread; as a stage when that comes",
        "when that comes",
    ),
    Case(
        "ACK-OF-UNKNOWN",
        "nothing of that digest ever comes",
        _YES,
        "no",
        "in the thread only",
        "nothing",
    ),
    Case(
        "ACK-OF-REFUSED",
        "its subject was refused here",
        _YES,
        "no",
        "in the thread only",
        "nothing",
    ),
)


def answers_for(said: Said, about: Said) -> Iterator[str]:
    """The addressees of `about` for whom an acknowledgement counts: its own post, and those it answers for."""
    post, kind = said.header.from_post, about.statement.body_type
    agreed = {row.for_post for row in said.answers_for if not row.types or kind in row.types}
    return (addressee for addressee in about.addressees if addressee == post or addressee in agreed)


def opposed(facts: Sequence[Fact], post: str, stage: v1.Stage.ValueType) -> tuple[Fact, ...]:
    """What stands against an addressee's word at a stage: the newest word of every other post that speaks for it or its
    party, where that is of the opposite sense.

    Args:
        facts: everything known about one statement.
    """
    group = [fact for fact in facts if fact.stage == stage and party_of(fact.post) == party_of(post)]
    own = [fact for fact in group if fact.post == post]
    mine = standing(own, stage)
    sense = _sense(mine)
    if mine is None or sense is None:
        return ()
    others = (word for word in _words(group, stage) if word.voice != mine.voice)
    return tuple(word for word in others if _sense(word) not in (None, sense))


def _words(group: Iterable[Fact], stage: v1.Stage.ValueType) -> list[Fact]:
    """The newest word of each post about each addressee, in the order of their names."""
    by: dict[tuple[str, str], list[Fact]] = {}
    for fact in group:
        by.setdefault((fact.voice, fact.post), []).append(fact)
    words = (standing(by[key], stage) for key in sorted(by))
    found = [word for word in words if word is not None]
    return list({word.statement: word for word in found}.values())


def _sense(fact: Fact | None) -> Sense | None:
    return SENSES.get((fact.stage, fact.value)) if fact else None


@dataclass(frozen=True, slots=True)
class Seen:
    """A statement with its place, as far as it matters who had seen whom."""

    post: str
    place: Place
    digest: bytes
    seen: Sequence[bytes]


def crossed(one: Seen, other: Seen, find: Callable[[bytes], Seen | None]) -> bool:
    """Whether two statements were said without sight of each other (REQ-ACK-8).

    Args:
        find: gives a statement that is held and has its place.
    """
    return not _saw(one, other, find) and not _saw(other, one, find)


def _saw(one: Seen, other: Seen, find: Callable[[bytes], Seen | None]) -> bool:
    """Whether the signers of one had seen the other: it stands earlier in their own log, or is named by `seen`, or
    stands earlier in the log of one that is."""
    named = (find(digest) for digest in one.seen)
    return other.digest in one.seen or any(
        seen.post == other.post and seen.place >= other.place for seen in (one, *named) if seen is not None
    )

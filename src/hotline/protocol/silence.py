"""Silence: what is done about an addressee that does not answer, and the word for why nothing comes (spec 07).

`STEPS` is the procedure, `ENDS` what ends it, `WORDS` the words of silence in their order; the specification's tables
are generated from them. `next_step` is a pure function: it decides from what is overdue, what was done already, the
agreement's rule, the ways round the silent post, and how that post stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from hotline import v1

Silent = tuple[bytes, str]
"""A statement and a post that has not answered it."""
QUERY, ALTERNATE_POST, OTHER_CHANNEL, NEXT_LEVEL = "QUERY", "ALTERNATE_POST", "OTHER_CHANNEL", "NEXT_LEVEL"
NOT_ANSWERED = "NOT_ANSWERED"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of the procedure: what is done, what is sealed, to whom, how often, and what is waited for after it."""

    step: str
    sealed: str
    to: str
    how_often: str
    wait_after: str


STEPS: tuple[StepRow, ...] = (
    StepRow(QUERY, "QueryAck", "the silent post", "`queries` times", "`query_wait`, doubled with each"),
    StepRow(ALTERNATE_POST, "Escalated", "each of its `alternates`, in order", "once each", "`step_wait`"),
    StepRow(
        OTHER_CHANNEL,
        "Escalated to the silent post; alert `USE_OTHER_CHANNEL` names its `other_channels`",
        "people of the waiting post",
        "once, if it has any",
        "`step_wait`",
    ),
    StepRow(NEXT_LEVEL, "Escalated", "its `superior`", "once, if it has one", "`step_wait`"),
    StepRow(
        NOT_ANSWERED, "nothing; alert `NOT_ANSWERED`", "people of the waiting post", "once", "nothing more is done"
    ),
)


@dataclass(frozen=True, slots=True)
class Presence:
    """How a post stands as far as its silence is concerned.

    Attributes:
        down: there is no connection to it.
        silent: connected, and no Head for longer than agreed.
        staffed: what its node says; None while it has said nothing.
        radio_silence_until_ns: UTC until which it has declared radio silence; None when it has not.
        suspended: its party does not answer dialogue, and the statement is dialogue.
        forked: it signed two logs.
        closed: outside the hours of its directory.
    """

    down: bool = False
    silent: bool = False
    staffed: bool | None = None
    radio_silence_until_ns: int | None = None
    suspended: bool = False
    forked: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word of silence, what it means, and when it fits."""

    word: str
    meaning: str
    fits: Callable[[Presence], bool]


WORDS: tuple[Word, ...] = (
    Word("FORKED", "the post signed two logs; nothing it says clears a timer", lambda post: post.forked),
    Word(
        "RADIO_SILENCE",
        "it has declared that it will not transmit, until a time stated",
        lambda post: post.radio_silence_until_ns is not None,
    ),
    Word("SUSPENDED", "its party does not answer dialogue, and this is dialogue", lambda post: post.suspended),
    Word("PEER_DOWN", "there is no connection to it", lambda post: post.down),
    Word("PEER_SILENT", "it is connected and no Head came for `silent_after`", lambda post: post.silent),
    Word("CLOSED", "it is outside the hours its directory gives", lambda post: post.closed),
    Word("UNSTAFFED", "its node says that no position is staffed", lambda post: post.staffed is False),
    Word("NO_ANSWER", "it is there, staffed, and has not said the stage", lambda post: True),
)


def word_of(presence: Presence) -> str:
    """Why nothing comes: the first word that fits (REQ-SILENCE-6)."""
    return next(row.word for row in WORDS if row.fits(presence))


ENDS: Mapping[str, str] = {
    "ANSWERED": "nothing is overdue of that post any more; what was retracted, cancelled or replaced is not",
    "SAID": "that post has said the stage asked for; what it left out below is shown, and not asked for",
    "NOT_VALID": "the original is no longer valid",
    "OUT_OF_BAND": "the waiting post or the silent one has sealed an OutOfBand about it",
    "ANSWERED_FOR": "a post that was turned to, and answers for the silent one, has said the stage asked for",
    "SUSPENDED": "while the silent post's party does not answer dialogue, and the original is dialogue",
    "MUTE": "while the waiting post keeps radio silence itself",
    "EXHAUSTED": "every step was taken, and the wait after the last is over",
}
"""What ends the procedure, or holds it (REQ-SILENCE-3)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The agreement's silence rule at one precedence; waits in nanoseconds."""

    query_wait_ns: int
    queries: int
    step_wait_ns: int

    @classmethod
    def of(cls, rule: v1.SilenceRule) -> Rule:
        """From its signed form."""
        return cls(rule.query_wait.ToNanoseconds(), rule.queries, rule.step_wait.ToNanoseconds())


@dataclass(frozen=True, slots=True)
class Way:
    """A way round a silent post: which step, and the post turned to; no post for other channels."""

    step: str
    target: str = ""


def ways_round(post: v1.Post, own: str, listed: Callable[[str], bool]) -> tuple[Way, ...]:
    """The ways round a post that its directory gives, in the order of `STEPS` (REQ-SILENCE-2).

    Args:
        post: the silent post.
        own: the post that waits, which does not turn to itself.
        listed: whether a post can be addressed.
    """

    def found() -> Iterator[Way]:
        yield from (Way(ALTERNATE_POST, alternate) for alternate in post.alternates)
        if post.other_channels:
            yield Way(OTHER_CHANNEL)
        if post.superior not in (*post.alternates, ""):
            yield Way(NEXT_LEVEL, post.superior)

    return tuple(way for way in found() if not way.target or (way.target not in (own, post.id) and listed(way.target)))


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that the own log shows to have been taken, with the monotonic time of its sealing in nanoseconds."""

    way: Way
    at_ns: int


@dataclass(frozen=True, slots=True)
class Case:
    """One statement of ours and one post that is silent about it.

    Attributes:
        post: the silent post.
        begun_ns: monotonic time at which something fell due, of the unbroken time in which anything has been overdue.
        rule: how long to wait, and how often to ask.
        ways: ways round the post.
        taken: steps taken since `begun_ns`, in order.
        presence: how the post stands.
        ended: key of `ENDS`, or empty while the procedure goes on.
    """

    post: str
    begun_ns: int
    rule: Rule
    ways: tuple[Way, ...]
    taken: tuple[Taken, ...] = ()
    presence: Presence = field(default_factory=Presence)
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next, and when.

    Attributes:
        way: the step; `NOT_ANSWERED` when all were taken.
        due_ns: monotonic time.
        number: of a QueryAck, from 1.
        of: how many QueryAcks there are at most.
    """

    way: Way
    due_ns: int
    number: int = 0
    of: int = 0

    @property
    def words(self) -> str:
        """For people: "ask again (2 of 3)", "turn to CHN:general-staff"."""
        if self.way.step == QUERY:
            return f"ask again ({self.number} of {self.of})"
        if self.way.step == NOT_ANSWERED:
            return "tell the watch that nobody answered"
        return f"turn to {self.way.target}" if self.way.target else "use another channel"


def next_step(case: Case) -> Step | None:
    """What is done next about a silent post; None when the procedure has ended or is held.

    While it has declared radio silence a post is not asked: the ways round it are taken at once (REQ-SILENCE-5).
    """
    if case.ended:
        return None
    asked = len(list(takewhile(lambda taken: taken.way.step == QUERY, case.taken)))
    turned = case.taken[asked:]
    not_asking = case.presence.radio_silence_until_ns is not None or asked >= case.rule.queries
    if not turned and not not_asking:
        return Step(Way(QUERY, case.post), _after_query(case, asked), asked + 1, case.rule.queries)
    left = _not_taken(case.ways, turned)
    if turned:
        due_ns = turned[-1].at_ns + case.rule.step_wait_ns
    elif case.presence.radio_silence_until_ns is not None:
        due_ns = case.taken[-1].at_ns if case.taken else case.begun_ns
    else:
        due_ns = _after_query(case, asked)
    return Step(left[0] if left else Way(NOT_ANSWERED), due_ns)


def _after_query(case: Case, asked: int) -> int:
    """When the next thing is due after so many QueryAcks: the wait doubles with each."""
    if not asked:
        return case.begun_ns
    return case.taken[asked - 1].at_ns + (case.rule.query_wait_ns << (asked - 1))


def _not_taken(ways: Sequence[Way], turned: Sequence[Taken]) -> list[Way]:
    """The ways after the last one taken, so that a directory that changes meanwhile makes nothing go twice."""
    done = {taken.way for taken in turned}
    last = max((index for index, way in enumerate(ways) if way in done), default=-1)
    return [way for way in ways[last + 1 :] if way not in done]


def statement_of(
    step: Step, digest: bytes, post: str, stage: v1.Stage.ValueType
) -> tuple[v1.QueryAck | v1.Escalated, str, v1.Stage.ValueType]:
    """What a step says about the statement `digest` and its silent addressee `post`: the body, its action addressee,
    and the stage it asks for. A QueryAck asks for delivery and no more."""
    if step.way.step == QUERY:
        return v1.QueryAck(subject=digest, post=post, stage=stage, number=step.number), post, v1.STAGE_UNSPECIFIED
    body = v1.Escalated(
        original=digest,
        silent_post=post,
        step=v1.Escalated.Step.Value(f"STEP_{step.way.step}"),
        target=step.way.target,
        stage=stage,
    )
    return body, step.way.target or post, stage


def way_of(body: v1.QueryAck | v1.Escalated) -> Way:
    """The step that a statement of a node says it took."""
    if isinstance(body, v1.QueryAck):
        return Way(QUERY, body.post)
    return Way(v1.Escalated.Step.Name(body.step).removeprefix("STEP_"), body.target)

"""The one timer table: what is waited for, from when, until what, on which clock, and what happens on expiry.

The specification's table (spec 04) is generated from `TIMERS`; the id of a row is what golden traces cite. Waits for
people and nodes run on the monotonic clock of the post that waits; limits come from the agreement. A deadline is met by
an arrival strictly before it. After a restart the rest of a timer is taken from UTC (REQ-TIMER-1 to 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline import v1
from hotline.protocol.hours import deadline_in_hours
from hotline.protocol.instant import NS_PER_S, from_timestamp

DELIVERED, PRESENTED, READ = v1.STAGE_DELIVERED, v1.STAGE_PRESENTED, v1.STAGE_READ
UNDERSTOOD, PASSED, DECIDED, DONE = v1.STAGE_UNDERSTOOD, v1.STAGE_PASSED, v1.STAGE_DECIDED, v1.STAGE_DONE
Limits = Mapping[tuple[v1.Stage.ValueType, v1.Precedence.ValueType], int]
"""Nanoseconds allowed from sealing, by stage and precedence."""
Hours = Mapping[str, Sequence[v1.DailyWindow]]
"""Hours of the day, UTC, by post."""
DEFERRAL_MAX_NS = 30 * 86_400 * NS_PER_S
"""Longest time for which a decision can be put off at once, from the moment the DEFERRED is durable here."""

_HUMAN = frozenset({READ, UNDERSTOOD, PASSED, DECIDED, DONE})
_IN_HOURS = frozenset({v1.PRECEDENCE_PRIORITY, v1.PRECEDENCE_ROUTINE})


class Clock(StrEnum):
    """The clock a timer runs on."""

    OWN = "own monotonic"
    UTC = "own UTC"


@dataclass(frozen=True, slots=True)
class Timer:
    """One row.

    Attributes:
        id: stable; golden traces cite it.
        starts: what starts it, in words.
        stops: what stops it, in words; empty where `stopped_by` says it.
        length: where its length comes from: fields of the agreement, or of a statement.
        expiry: what happens when it expires.
        clock: which clock it runs on.
        stage: what is waited for; unspecified where it is no stage.
        asked: stages asked for that arm it when a statement is sealed; empty where no statement does.
        info_too: whether information addressees are waited for as well.
        stopped_by: (stage, value) pairs that end the wait; "*" is any value.
        bounds: paths in the agreement whose rules bound its length; empty where the bound is in `length`.
    """

    id: str
    starts: str
    stops: str
    length: str
    expiry: str
    clock: Clock = Clock.OWN
    stage: v1.Stage.ValueType = v1.STAGE_UNSPECIFIED
    asked: frozenset[v1.Stage.ValueType] = frozenset()
    info_too: bool = False
    stopped_by: frozenset[tuple[v1.Stage.ValueType, str]] = frozenset()
    bounds: tuple[str, ...] = ()


_EXPIRED = "EXPIRED, alert `DEADLINE_EXPIRED`; of an action addressee the steps of 07 begin"
_REFUSED = (DELIVERED, "REFUSED")
_NO_REPLY = (DECIDED, "NO_REPLY_INTENDED")


def _stage(
    stage: v1.Stage.ValueType,
    asked: frozenset[v1.Stage.ValueType],
    *stops: tuple[v1.Stage.ValueType, str],
) -> Timer:
    """A row that a statement arms by the stage it asks for."""
    name = v1.Stage.Name(stage).removeprefix("STAGE_")
    every = stage == DELIVERED
    asking = "asks for " + ", ".join(v1.Stage.Name(each).removeprefix("STAGE_") for each in sorted(asked))
    return Timer(
        id=f"TIMER-{name}",
        starts=f"a statement is sealed that {'addresses the post' if every else f'{asking} of the post'}",
        stops="",
        length="`timers`, by stage and precedence; `reply_by` for the stage asked for",
        expiry=_EXPIRED,
        stage=stage,
        asked=asked,
        info_too=every,
        stopped_by=frozenset(stops),
        bounds=("timers.limit",),
    )


DEFERRED = Timer(
    id="TIMER-DEFERRED",
    starts="DEFERRED about an own statement becomes durable",
    stops="",
    length="until the time stated, 30 days at most",
    expiry=_EXPIRED,
    stage=DECIDED,
    stopped_by=frozenset({(DECIDED, "*")}),
)
CORRECTED = Timer(
    id="TIMER-CORRECTED",
    starts="an own CORRECTED is sealed",
    stops="",
    length="`timers`, UNDERSTOOD at the precedence of the statement read back",
    expiry=_EXPIRED,
    stage=UNDERSTOOD,
    stopped_by=frozenset({(UNDERSTOOD, "READBACK"), _NO_REPLY}),
    bounds=("timers.limit",),
)
READBACK = Timer(
    id="TIMER-READBACK",
    starts="an own READBACK is sealed, at its reader's post",
    stops="",
    length="`timers`, UNDERSTOOD at the precedence of the statement read back",
    expiry="EXPIRED, alert `DEADLINE_EXPIRED`; the steps of 07 begin, about the readback",
    stage=UNDERSTOOD,
    stopped_by=frozenset({(UNDERSTOOD, "CONFIRMED"), (UNDERSTOOD, "CORRECTED")}),
    bounds=("timers.limit",),
)

LADDER: tuple[Timer, ...] = (
    _stage(DELIVERED, frozenset(), (DELIVERED, "*")),
    _stage(PRESENTED, _HUMAN | {PRESENTED}, (PRESENTED, "PRESENTED"), _REFUSED),
    _stage(READ, _HUMAN, (READ, "*"), _REFUSED),
    _stage(UNDERSTOOD, frozenset({UNDERSTOOD}), (UNDERSTOOD, "*"), _NO_REPLY, _REFUSED),
    _stage(PASSED, frozenset({PASSED}), (PASSED, "*"), _NO_REPLY, _REFUSED),
    _stage(DECIDED, frozenset({DECIDED, DONE}), (DECIDED, "*"), _REFUSED),
    _stage(
        DONE,
        frozenset({DONE}),
        (DONE, "DONE"),
        (DONE, "UNABLE"),
        (DONE, "NOT_AGREED"),
        (DECIDED, "DECLINED"),
        (DECIDED, "NOT_UNDERSTOOD"),
        _NO_REPLY,
        _REFUSED,
    ),
)
"""Rows that a sealed statement arms, in ladder order."""
FURTHER: tuple[Timer, ...] = (DEFERRED, CORRECTED, READBACK)
"""Rows that a stage arms (REQ-TIMER-5)."""
LINE: tuple[Timer, ...] = (
    Timer(
        id="TIMER-HEARTBEAT",
        starts="a Head is made",
        stops="the next Head",
        length="`line.heartbeat`",
        expiry="a Head goes to every connected peer",
        bounds=("line.heartbeat",),
    ),
    Timer(
        id="TIMER-SILENCE",
        starts="a connection stands; each new Head of its peer",
        stops="the next new Head; the connection is gone",
        length="`line.silent_after`, two heartbeats at least",
        expiry="the peer is shown SILENT, alert `PEER_SILENT`",
        bounds=("line.silent_after",),
    ),
    Timer(
        id="TIMER-HELLO",
        starts="a connection stands, and a Head that asks for a fresh one went",
        stops="a Head that echoes it",
        length="`line.retry_first`",
        expiry="a Head that asks goes again; nothing else goes",
        bounds=("line.retry_first",),
    ),
    Timer(
        id="TIMER-RETRY",
        starts="statements went to a peer",
        stops="the peer has receipted them all; the connection is gone",
        length="`line.retry_first`, doubled up to `line.retry_max`; not doubled while FLASH or IMMEDIATE is among them",
        expiry="what is not receipted goes again",
        bounds=("line.retry_first", "line.retry_max"),
    ),
    Timer(
        id="TIMER-FETCH",
        starts="a link is taken without its statement",
        stops="the statement comes",
        length="`line.fetch_after`, doubled up to `line.retry_max`",
        expiry="it is asked for with Fetch, and the timer starts again",
        bounds=("line.fetch_after", "line.retry_max"),
    ),
    Timer(
        id="TIMER-LINE-TEST",
        starts="a ChannelTest for nodes is sealed",
        stops="the next one",
        length="`line.test_every`",
        expiry="a ChannelTest for nodes is sealed",
        bounds=("line.test_every",),
    ),
    Timer(
        id="TIMER-WATCH-TEST",
        starts="each day at 00:00Z",
        stops="never",
        length="each time of `line.watch_tests`",
        expiry="a ChannelTest for people is sealed",
        clock=Clock.UTC,
        bounds=("line.watch_tests",),
    ),
    Timer(
        id="TIMER-TEST-ANSWER",
        starts="a ChannelTest is sealed",
        stops="DELIVERED of the post; by people, READ",
        length="`timers`, DELIVERED or READ at ROUTINE",
        expiry="EXPIRED, alert `TEST_FAILED`; the peer is shown DEGRADED until a test is answered",
        bounds=("timers.limit",),
    ),
    Timer(
        id="TIMER-QUERY",
        starts="a QueryAck is sealed",
        stops="what ends the procedure of 07",
        length="`silence.query_wait`, doubled with each",
        expiry="the next QueryAck, up to `silence.queries`; then the first step round the post",
        bounds=("silence.query_wait",),
    ),
    Timer(
        id="TIMER-STEP",
        starts="an Escalated is sealed",
        stops="what ends the procedure of 07",
        length="`silence.step_wait`",
        expiry="the next step; after the last, alert `NOT_ANSWERED`",
        bounds=("silence.step_wait",),
    ),
    Timer(
        id="TIMER-RADIO-SILENCE",
        starts="the `from` of a RadioSilence",
        stops="a later RadioSilence of that post",
        length="until the time stated, `line.radio_silence_max` at most",
        expiry="of what falls due from then on it is asked like any other",
        clock=Clock.UTC,
        bounds=("line.radio_silence_max",),
    ),
)
"""Rows of the line itself, and of the steps that follow a silence."""
TIMERS: tuple[Timer, ...] = (*LADDER, *FURTHER, *LINE)
TIMER_OF = {row.stage: row for row in LADDER}


def stops(timer: Timer, stage: v1.Stage.ValueType, value: str) -> bool:
    """Whether a fact ends the wait of a timer. A refusal's value is "REFUSED" with or without its code."""
    return (stage, "*") in timer.stopped_by or (stage, value.partition(":")[0]) in timer.stopped_by


@dataclass(frozen=True, slots=True)
class Wait:
    """A timer armed for one post.

    Attributes:
        timer: its row.
        armed_by: digest of the statement that armed it, which its verdicts name.
        subject: digest of the statement whose stage is waited for.
        post: of whom it is waited for.
        limit_ns: how long from its start, in nanoseconds.
        ladder: the addressee on whose ladder the answer will stand: `post`; for the answer to a readback, its reader.
        after: post and place of a word; what stands at or before it in the same log is no answer.
    """

    timer: Timer
    armed_by: bytes
    subject: bytes
    post: str
    limit_ns: int
    ladder: str
    after: tuple[str, tuple[int, int]] = ("", (0, 0))

    @property
    def stage(self) -> v1.Stage.ValueType:
        """What is waited for."""
        return self.timer.stage

    @property
    def unanswered(self) -> bytes:
        """Digest of the own statement that is not answered while this goes on."""
        return self.armed_by if self.timer is READBACK else self.subject


@dataclass(frozen=True, slots=True)
class Terms:
    """What the lengths of waits are taken from: limits of the agreement, hours of the directories."""

    limits: Limits
    hours: Hours

    def limit_ns(self, timer: Timer, precedence: v1.Precedence.ValueType, post: str, start_ns: int) -> int | None:
        """Nanoseconds allowed from `start_ns` (UTC) on; None where the agreement gives no limit.

        Where the post has hours, time of people at PRIORITY and ROUTINE runs in them only (REQ-TIMER-6).
        """
        limit_ns = self.limits.get((timer.stage, precedence))
        if limit_ns is None or timer.stage == DELIVERED or precedence not in _IN_HOURS:
            return limit_ns
        return deadline_in_hours(start_ns, limit_ns, self.hours.get(post, ())) - start_ns


def armed(digest: bytes, header: v1.StatementHeader, sealed_at_ns: int, terms: Terms) -> Iterator[Wait]:
    """The waits that sealing a statement arms, in table order.

    `reply_by` replaces the agreement's limit for the stage asked for. A stage for which the agreement has no limit at
    this precedence is not waited for.
    """
    asked = header.stage_requested or DELIVERED
    for row in LADDER:
        if row.asked and asked not in row.asked:
            continue
        for post in (*header.action, *header.info) if row.info_too else header.action:
            limit_ns = terms.limit_ns(row, header.precedence, post, sealed_at_ns)
            if row.stage == asked and header.HasField("reply_by"):
                limit_ns = max(0, from_timestamp(header.reply_by) - sealed_at_ns)
            if limit_ns is not None:
                yield Wait(row, digest, digest, post, limit_ns, post)


def deferral_ns(decision: v1.Decision, learned_at_ns: int) -> int:
    """How long a deferred decision is waited for from when it was learned: until the time stated, within bounds."""
    return min(max(0, from_timestamp(decision.deferred_until) - learned_at_ns), DEFERRAL_MAX_NS)

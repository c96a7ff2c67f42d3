"""Asking again and going round: the cases that are open at this post, and when something is next done about each.

Nothing here is stored: a case is read from the verdicts and the own log each time, so that after a restart it goes on
from what the own log shows to have been done (REQ-SILENCE-3).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.hours import is_open
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.silence import (
    NOT_ANSWERED,
    Case,
    Presence,
    Rule,
    Silent,
    Step,
    next_step,
    statement_of,
    ways_round,
    word_of,
)
from hotline.protocol.statements import NODE_SIGNED
from hotline.protocol.timers import DELIVERED, TIMER_OF, stops
from hotline.protocol.waits import Overdue

_QUERY_ACK, _ESCALATED = (body.DESCRIPTOR.full_name for body in (v1.QueryAck, v1.Escalated))


class Say(Protocol):
    """Seals a statement of this node in its log."""

    def __call__(
        self,
        body: Message,
        action: Sequence[str],
        precedence: v1.Precedence.ValueType,
        *,
        asks: v1.Stage.ValueType,
        thread: bytes,
    ) -> bytes | None:
        """Its digest; None if it cannot stand."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a watch officer reads about a post that is silent.

    Attributes:
        word: why nothing comes.
        step: what is done next; None when nothing is.
        ended: why nothing is, a key of `silence.ENDS`; empty while something is.
    """

    word: str
    step: Step | None
    ended: str


@dataclass(frozen=True, slots=True)
class _Due:
    """A step whose time has come, about a statement of ours and its silent addressee."""

    entry: Entry
    post: str
    stage: v1.Stage.ValueType
    step: Step


class Asking:
    """The open cases of one post."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wakes: dict[Silent, int] = {}
        self._heap: list[tuple[int, Silent]] = []
        self._alarmed: set[Silent] = set()
        self._stuck: set[Silent] = set()

    def outlook(self, entry: Entry, post: str, now: Instant) -> Outlook | None:
        """What is read about an addressee of ours; None while nothing is overdue of it."""
        overdue = self._ledger.waits.overdue.get((entry.digest, post))
        if overdue is None:
            return None
        case = self._case(entry, post, overdue, now)
        step, word = next_step(case) if case else None, word_of(self._presence(entry, post, now))
        told = step is not None and step.way.step == NOT_ANSWERED and step.due_ns <= now.mono_ns
        if told or (entry.digest, post) in self._stuck:
            return Outlook(word, None, "EXHAUSTED")
        return Outlook(word, step, case.ended if case else "")

    def next_deadline(self, now: Instant) -> int | None:
        """Monotonic nanoseconds at which something is next to be done or looked at again."""
        self._refresh(now)
        while self._heap and self._wakes.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def act(self, now: Instant, say: Say) -> None:
        """Take the steps whose time has come; what cannot be said is not tried again before a restart."""
        for due in self._due(now):
            silent = due.entry.digest, due.post
            if due.step.way.step == NOT_ANSWERED:
                self._alarmed.add(silent)
                self._ledger.tell += [_not_answered(due), Changed(due.entry.digest)]
                continue
            assert due.entry.statement is not None
            body, to, asks = statement_of(due.step, due.entry.digest, due.post, due.stage)
            precedence = due.entry.statement.header.precedence
            done = say(body, [to], precedence, asks=asks, thread=due.entry.thread)
            (self._alarmed.discard if done else self._stuck.add)(silent)

    def _due(self, now: Instant) -> Iterator[_Due]:
        """The steps whose time has come, one for each silent post, in the order they fell due."""
        woken: list[Silent] = []
        while (at := self.next_deadline(now)) is not None and at <= now.mono_ns:
            _, silent = heapq.heappop(self._heap)
            del self._wakes[silent]
            woken.append(silent)
        for silent in woken:
            overdue, entry = self._ledger.waits.overdue.get(silent), self._ledger.book.entries[silent[0]]
            case = self._case(entry, silent[1], overdue, now) if overdue else None
            step = next_step(case) if case else None
            self._ledger.waits.moved.add(silent)
            if overdue and step and step.due_ns <= now.mono_ns and not self._is_over(silent, step):
                yield _Due(entry, silent[1], overdue.stage, step)

    def _is_over(self, silent: Silent, step: Step) -> bool:
        return silent in self._stuck or (step.way.step == NOT_ANSWERED and silent in self._alarmed)

    def _refresh(self, now: Instant) -> None:
        """Look again at the cases about which something has changed."""
        moved, self._ledger.waits.moved = self._ledger.waits.moved, set()
        for silent in sorted(moved):
            self._wakes.pop(silent, None)
            overdue = self._ledger.waits.overdue.get(silent)
            if overdue is None:
                self._alarmed.discard(silent)
                continue
            wake = self._wake(silent, overdue, now)
            if wake is not None:
                self._wakes[silent] = wake
                heapq.heappush(self._heap, (wake, silent))

    def _wake(self, silent: Silent, overdue: Overdue, now: Instant) -> int | None:
        """When to look at a case again: at its next step, when a radio silence ends, and now and then at what is only
        held."""
        case = self._case(self._ledger.book.entries[silent[0]], silent[1], overdue, now)
        if case is None:
            return None
        step = next_step(case)
        times = [] if step is None or self._is_over(silent, step) else [step.due_ns]
        if case.presence.radio_silence_until_ns is not None:
            times.append(now.mono_ns + max(1, case.presence.radio_silence_until_ns - now.utc_ns))
        if case.ended == "SUSPENDED":
            times.append(now.mono_ns + case.rule.query_wait_ns)
        if case.ended == "MUTE":
            until_ns = self._ledger.line.radio_silence(self._ledger.post, now.utc_ns) or now.utc_ns
            times.append(now.mono_ns + max(1, until_ns - now.utc_ns))
        return min(times, default=None)

    def _case(self, entry: Entry, post: str, overdue: Overdue, now: Instant) -> Case | None:
        """The case of a silent post; None where nothing of the kind begins."""
        assert entry.statement is not None
        header, trust = entry.statement.header, self._ledger.trust
        rules = {rule.precedence: Rule.of(rule) for rule in trust.terms(entry.sealed_at_ns).message.silence}
        rule = rules.get(header.precedence)
        if rule is None or post not in header.action or not _is_asked_about(entry, overdue):
            return None
        if post not in trust.posts or not {_QUERY_ACK, _ESCALATED} <= trust.terms(now.utc_ns).type_rules.keys():
            return None
        presence = self._presence(entry, post, now)
        ways = ways_round(trust.posts[post], self._ledger.post, trust.posts.__contains__)
        ended = "SAID" if _has_said(entry, post, overdue.stage) else self._ended(entry, post, presence, now)
        return Case(post, overdue.since_mono_ns, rule, ways, tuple(overdue.taken), presence, ended)

    def _presence(self, entry: Entry, post: str, now: Instant) -> Presence:
        """How a peer stands as far as its silence about a statement is concerned."""
        peer, listed = self._ledger.peers[post], self._ledger.trust.posts.get(post)
        line, layer = self._ledger.line, self._ledger.book.layer(entry)
        return Presence(
            down=not peer.up,
            silent=peer.silent,
            staffed=peer.staffed,
            radio_silence_until_ns=line.radio_silence(post, now.utc_ns),
            suspended=line.suspended(post, layer, now.utc_ns),
            forked=peer.forked,
            closed=listed is not None and not is_open(listed.hours, now.utc_ns),
        )

    def _ended(self, entry: Entry, post: str, presence: Presence, now: Instant) -> str:
        """Which of `silence.ENDS` holds; empty for none."""
        assert entry.statement is not None
        header = entry.statement.header
        claims = self._ledger.attempts.claims((entry.digest, post))
        if header.HasField("validity") and now.utc_ns >= header.validity.until.ToNanoseconds():
            return "NOT_VALID"
        if any(claim.by in (self._ledger.post, post) for claim in claims):
            return "OUT_OF_BAND"
        steps = self._ledger.attempts.steps_taken((entry.digest, post))
        if any(self._answered_for(step, post, entry.statement.body_type) for step in steps):
            return "ANSWERED_FOR"
        if self._ledger.line.radio_silence(self._ledger.post, now.utc_ns) is not None:
            return "MUTE"
        return "SUSPENDED" if presence.suspended else ""

    def _answered_for(self, step: Entry, post: str, body_type: str) -> bool:
        """Whether a post that was turned to answers for the silent one, and has said the stage asked for."""
        body = step.said.body if step.said else None
        if not isinstance(body, v1.Escalated):
            return False
        agreed = any(
            (row.post, row.for_post) == (body.target, post) and (not row.types or body_type in row.types)
            for row in self._ledger.trust.terms(step.sealed_at_ns).message.answers_for
        )
        timer = TIMER_OF[body.stage]
        said = (fact for fact in step.facts_of(body.target) if not fact.void)
        return agreed and any(stops(timer, fact.stage, fact.value) for fact in said)


def _has_said(entry: Entry, post: str, overdue: v1.Stage.ValueType) -> bool:
    """Whether a post has said the stage that a statement asks for, and what is overdue stands below it: that is not
    asked for again."""
    assert entry.statement is not None
    asked = entry.statement.header.stage_requested
    timer = TIMER_OF.get(asked)
    said = (fact for fact in entry.facts_of(post) if not fact.void)
    return timer is not None and overdue < asked and any(stops(timer, fact.stage, fact.value) for fact in said)


def _not_answered(due: _Due) -> Alert:
    stage = v1.Stage.Name(due.stage).removeprefix("STAGE_")
    detail = f"{due.post} has not said {stage}, and every step was taken"
    return Alert(NOT_ANSWERED, due.entry.digest, due.post, detail)


def _is_asked_about(entry: Entry, overdue: Overdue) -> bool:
    """Whether silence about a statement is followed up: not what nodes say of themselves, nor the mere delivery of an
    Acknowledgement, which is tried until it succeeds."""
    assert entry.statement is not None
    if entry.statement.body_type in NODE_SIGNED:
        return False
    return entry.statement.body_type != "hotline.v1.Acknowledgement" or overdue.stage != DELIVERED

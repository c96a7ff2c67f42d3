"""Running timers: deadlines on the monotonic clock, verdicts that latch (spec 04, REQ-TIMER-1 to 7)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.ladder import Fact
from hotline.protocol.silence import Silent, Taken
from hotline.protocol.timers import READBACK, Wait, stops

_Key = tuple[bytes, str, v1.Stage.ValueType]
"""The statement that armed it, the post, the stage: what a verdict names."""


@dataclass(slots=True)
class _Running:
    wait: Wait
    started_mono_ns: int
    deadline_mono_ns: int
    deadline_utc_ns: int
    expired: bool = False

    @property
    def key(self) -> _Key:
        return self.wait.armed_by, self.wait.post, self.wait.stage


@dataclass(slots=True)
class Overdue:
    """One unbroken time in which something was overdue of a post about a statement.

    Attributes:
        since_mono_ns: the deadline with which it began.
        since_utc_ns: the same, UTC.
        open: what is overdue now.
        taken: what was done about it, in the order of the own log.
    """

    since_mono_ns: int
    since_utc_ns: int
    open: dict[_Key, Wait] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)

    @property
    def stage(self) -> v1.Stage.ValueType:
        """The highest stage overdue."""
        return max(wait.stage for wait in self.open.values())


class Waits:
    """The timers this post runs.

    Attributes:
        overdue: what is overdue now, by statement and post.
        moved: statements and posts of which something fell due or ended since this was last emptied.
    """

    def __init__(self) -> None:
        self.overdue: dict[Silent, Overdue] = {}
        self.moved: set[Silent] = set()
        self._running: dict[bytes, dict[_Key, _Running]] = defaultdict(dict)
        self._subjects: dict[bytes, bytes] = {}
        self._limits: dict[bytes, dict[str, dict[v1.Stage.ValueType, int]]] = {}
        self._further: dict[bytes, list[tuple[Wait, int]]] = defaultdict(list)
        self._heap: list[tuple[int, int, _Key]] = []
        self._armed = 0

    def arm(self, waits: Iterable[Wait], start_ns: int, now: Instant) -> None:
        """Start timers at an instant of UTC, which after a restart lies before `now`: the rest of each timer is then
        what UTC says is left of it."""
        started = now.mono_ns - (now.utc_ns - start_ns)
        for wait in waits:
            running = _Running(wait, started, started + wait.limit_ns, start_ns + wait.limit_ns)
            self._running[wait.subject][running.key] = running
            self._armed += 1
            heapq.heappush(self._heap, (running.deadline_mono_ns, self._armed, running.key))
            if wait.armed_by != wait.subject:
                self._subjects[wait.armed_by] = wait.subject
                self._further[wait.subject].append((wait, running.deadline_utc_ns))
            self._limits.setdefault(wait.armed_by, {}).setdefault(wait.post, {})[wait.stage] = wait.limit_ns

    def limits(self, digest: bytes, post: str) -> dict[v1.Stage.ValueType, int]:
        """Limits in nanoseconds, by stage, of the timers that a statement armed for a post, running or not."""
        return self._limits.get(digest, {}).get(post, {})

    def further(self, subject: bytes) -> list[tuple[Wait, int]]:
        """Waits that stages of a statement armed, running or not, each with its deadline in UTC nanoseconds."""
        return self._further.get(subject, [])

    def awaits(self, subject: bytes) -> bool:
        """Whether anything is still waited for about a statement, in time or not."""
        return subject in self._running

    def concerns(self, digest: bytes) -> bool:
        """Whether anything is still waited for about a statement or because of it."""
        subject = self._subjects.get(digest, digest)
        armed_it = (running.wait.armed_by == digest for running in self._running.get(subject, {}).values())
        return digest in self._running or any(armed_it)

    def running(self, digest: bytes, post: str) -> Iterator[tuple[Wait, int]]:
        """Waits of a post about a statement of ours that are not over, each with its deadline in UTC nanoseconds."""
        for subject in dict.fromkeys((digest, self._subjects.get(digest, digest))):
            for running in self._running.get(subject, {}).values():
                if (running.wait.unanswered, running.wait.post) == (digest, post) and not running.expired:
                    yield running.wait, running.deadline_utc_ns

    def took(self, silent: Silent, taken: Taken) -> None:
        """A step about a silent post was sealed in our log."""
        if silent in self.overdue:
            self.overdue[silent].taken.append(taken)
            self.moved.add(silent)

    def look_again(self) -> None:
        """Something has changed that may bear on whatever is overdue."""
        self.moved.update(self.overdue)

    def latch(self, verdict: v1.Verdict) -> None:
        """Take a verdict into account: EXPIRED leaves the wait open for a late answer, anything else ends it."""
        key = verdict.statement_digest, verdict.post, verdict.stage
        subject = self._subject_of(key)
        running = self._running.get(subject, {})
        if key not in running:
            return
        silent = running[key].wait.unanswered, verdict.post
        self.moved.add(silent)
        if verdict.outcome == v1.Verdict.OUTCOME_EXPIRED:
            self._fall_due(silent, running[key])
            return
        running.pop(key)
        if not running:
            del self._running[subject]
        overdue = self.overdue.get(silent)
        if overdue is not None:
            overdue.open.pop(key, None)
            if not overdue.open:
                del self.overdue[silent]

    def _fall_due(self, silent: Silent, running: _Running) -> None:
        running.expired = True
        overdue = self.overdue.get(silent)
        if overdue is None:
            overdue = self.overdue[silent] = Overdue(running.deadline_mono_ns, running.deadline_utc_ns)
        overdue.open[running.key] = running.wait

    def answered(self, digest: bytes, fact: Fact, now: Instant) -> list[v1.Verdict]:
        """Verdicts that a new fact brings: IN_TIME strictly before the deadline, else EXPIRED first and then LATE.

        A fact that makes a timer moot without being the stage waited for (a refusal, a decision to decline) ends the
        wait; it counts as the answer. A fact that is void answers nothing.
        """
        if fact.void:
            return []
        verdicts: list[v1.Verdict] = []
        for running in list(self._running.get(digest, {}).values()):
            if _answers(running.wait, fact):
                # What has expired stays so, also where UTC, set back before a restart, gives it time again.
                late = running.expired or now.mono_ns >= running.deadline_mono_ns
                outcome = v1.Verdict.OUTCOME_LATE if late else v1.Verdict.OUTCOME_IN_TIME
                verdicts += _ended(running, outcome, now)
        return verdicts

    def moot(self, now: Instant, *, digest: bytes = b"", post: str = "") -> list[v1.Verdict]:
        """MOOT for everything waited for about a statement or because of it, or of a post (REQ-TIMER-7)."""
        abouts = self._running.values() if post else map(self._running.get, (digest, self._subjects.get(digest, b"")))
        return [
            verdict
            for about in abouts
            for running in (about or {}).values()
            if digest in (running.wait.subject, running.wait.armed_by) or post == running.wait.post
            for verdict in _ended(running, v1.Verdict.OUTCOME_MOOT, now)
        ]

    def expire(self, now: Instant) -> list[v1.Verdict]:
        """EXPIRED for every deadline reached and not yet so marked, and at one instant in the order they were armed."""
        verdicts = []
        while self._heap and self._heap[0][0] <= now.mono_ns:
            deadline, _, key = heapq.heappop(self._heap)
            running = self._counts(deadline, key)
            if running is not None:
                verdicts.append(_verdict(running, v1.Verdict.OUTCOME_EXPIRED, deadline))
        return verdicts

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds of the next deadline that still counts."""
        while self._heap:
            deadline, _, key = self._heap[0]
            if self._counts(deadline, key) is not None:
                return deadline
            heapq.heappop(self._heap)
        return None

    def _subject_of(self, key: _Key) -> bytes:
        """Under which statement a timer is kept: a readback has timers about itself, and one about what it reads."""
        digest = key[0]
        return digest if key in self._running.get(digest, {}) else self._subjects.get(digest, digest)

    def _counts(self, deadline: int, key: _Key) -> _Running | None:
        """The timer of a deadline, if it still runs to it."""
        running = self._running.get(self._subject_of(key), {}).get(key)
        live = running is not None and not running.expired and running.deadline_mono_ns == deadline
        return running if live else None


def _answers(wait: Wait, fact: Fact) -> bool:
    """Whether a fact is what is waited for: said on that ladder, later than the word that armed the wait, and, where
    the answer to a readback is waited for, about that readback."""
    if fact.post != wait.ladder or not stops(wait.timer, fact.stage, fact.value):
        return False
    if wait.timer is READBACK:
        return fact.answers == wait.armed_by
    return fact.voice != wait.after[0] or fact.place > wait.after[1]


def _ended(running: _Running, outcome: v1.Verdict.Outcome.ValueType, now: Instant) -> Iterator[v1.Verdict]:
    """The verdict that ends a wait, after the EXPIRED that nobody had yet come to record."""
    if now.mono_ns >= running.deadline_mono_ns and not running.expired:
        yield _verdict(running, v1.Verdict.OUTCOME_EXPIRED, running.deadline_mono_ns)
    yield _verdict(running, outcome, now.mono_ns)


def _verdict(running: _Running, outcome: v1.Verdict.Outcome.ValueType, at_mono_ns: int) -> v1.Verdict:
    wait = running.wait
    return v1.Verdict(
        statement_digest=wait.armed_by,
        post=wait.post,
        stage=wait.stage,
        outcome=outcome,
        after_ms=max(0, at_mono_ns - running.started_mono_ns) // NS_PER_MS,
    )

"""Running timers: deadlines on the monotonic clock, verdicts that latch (spec 04, REQ-TIMER-1 to 4)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.ladder import Fact
from hotline.protocol.timers import TIMER_OF, Wait, stops


@dataclass(slots=True)
class _Running:
    wait: Wait
    started_mono_ns: int
    deadline_mono_ns: int
    expired: bool = False


class Waits:
    """The timers this post runs for its own statements."""

    def __init__(self) -> None:
        self._running: dict[bytes, dict[tuple[str, v1.Stage.ValueType], _Running]] = defaultdict(dict)
        self._limits: dict[bytes, dict[str, dict[v1.Stage.ValueType, int]]] = {}
        self._heap: list[tuple[int, bytes, str, v1.Stage.ValueType]] = []

    def arm(self, digest: bytes, waits: list[Wait], sealed_at_ns: int, now: Instant) -> None:
        """Start the timers of a statement. After a restart `now` is later than the sealing, and the rest of each timer
        is what UTC says is left of it."""
        started = now.mono_ns - (now.utc_ns - sealed_at_ns)
        for wait in waits:
            running = _Running(wait, started, started + wait.limit_ns)
            self._running[digest][wait.post, wait.stage] = running
            heapq.heappush(self._heap, (running.deadline_mono_ns, digest, wait.post, wait.stage))
            self._limits.setdefault(digest, {}).setdefault(wait.post, {})[wait.stage] = wait.limit_ns

    def limits(self, digest: bytes, post: str) -> dict[v1.Stage.ValueType, int]:
        """Limits in nanoseconds from sealing, by stage, of the timers armed for an addressee, running or not."""
        return self._limits.get(digest, {}).get(post, {})

    def latch(self, verdict: v1.Verdict) -> None:
        """Take a verdict into account: EXPIRED leaves the wait open for a late answer, anything else ends it."""
        key = (verdict.post, verdict.stage)
        running = self._running.get(verdict.statement_digest, {})
        if verdict.outcome == v1.Verdict.OUTCOME_EXPIRED:
            if key in running:
                running[key].expired = True
        else:
            running.pop(key, None)
            if not running:
                self._running.pop(verdict.statement_digest, None)

    def answered(self, digest: bytes, fact: Fact, now: Instant) -> list[v1.Verdict]:
        """Verdicts that a new fact brings: IN_TIME strictly before the deadline, else EXPIRED first and then LATE.

        A fact that makes a timer moot without being the stage waited for (a refusal, a decision to decline) ends the
        wait; it counts as the answer.
        """
        verdicts = []
        for (post, stage), running in list(self._running.get(digest, {}).items()):
            if post != fact.post or not stops(TIMER_OF[stage], fact.stage, fact.value):
                continue
            late = now.mono_ns >= running.deadline_mono_ns
            if late and not running.expired:
                verdicts.append(_verdict(digest, running, v1.Verdict.OUTCOME_EXPIRED, running.deadline_mono_ns))
            outcome = v1.Verdict.OUTCOME_LATE if late else v1.Verdict.OUTCOME_IN_TIME
            verdicts.append(_verdict(digest, running, outcome, now.mono_ns))
        return verdicts

    def expire(self, now: Instant) -> list[v1.Verdict]:
        """EXPIRED for every deadline reached and not yet so marked."""
        verdicts = []
        while self._heap and self._heap[0][0] <= now.mono_ns:
            deadline, digest, post, stage = heapq.heappop(self._heap)
            running = self._running.get(digest, {}).get((post, stage))
            if running is not None and not running.expired and running.deadline_mono_ns == deadline:
                verdicts.append(_verdict(digest, running, v1.Verdict.OUTCOME_EXPIRED, deadline))
        return verdicts

    def next_deadline(self) -> int | None:
        """Monotonic nanoseconds of the next deadline that still counts."""
        while self._heap:
            deadline, digest, post, stage = self._heap[0]
            running = self._running.get(digest, {}).get((post, stage))
            if running is not None and not running.expired and running.deadline_mono_ns == deadline:
                return deadline
            heapq.heappop(self._heap)
        return None


def _verdict(digest: bytes, running: _Running, outcome: v1.Verdict.Outcome.ValueType, at_mono_ns: int) -> v1.Verdict:
    return v1.Verdict(
        statement_digest=digest,
        post=running.wait.post,
        stage=running.wait.stage,
        outcome=outcome,
        after_ms=max(0, at_mono_ns - running.started_mono_ns) // NS_PER_MS,
    )

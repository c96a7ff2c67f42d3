"""Testing the line: when this node makes a test, and of which kind (spec 07, REQ-LINE-2).

Nothing is kept beside the own log: after a restart the schedule goes on from the tests that stand there. The first test
comes one interval after the line was confirmed, so that a line that has just come up is not tested at once; a time of
the day that passed while nothing could be said is not made up for. A line that is down is tested all the same: that a
test was not answered is what the own log will show of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.line import Line
from hotline.protocol.line_tests import body_of
from hotline.protocol.trust import Terms, Trust

_CHANNEL_TEST = v1.ChannelTest.DESCRIPTOR.full_name
_DAY_NS = 86_400 * NS_PER_S


class Say(Protocol):
    """Seals a statement of this node in its log."""

    def __call__(
        self,
        body: Message,
        action: Sequence[str],
        precedence: v1.Precedence.ValueType,
        *,
        asks: v1.Stage.ValueType,
    ) -> bytes | None:
        """Its digest; None if it cannot stand."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When tests are due; nanoseconds.

    Attributes:
        every_ns: between tests of nodes.
        times_ns: after 00:00Z, at which people are asked to read one.
    """

    every_ns: int
    times_ns: tuple[int, ...]

    @classmethod
    def of(cls, rules: v1.LineRules) -> Schedule:
        """From its signed form."""
        times = sorted(time.ToNanoseconds() for time in rules.watch_tests)
        return cls(rules.test_every.ToNanoseconds(), tuple(times))

    def next(self, tests: Sequence[Entry], confirmed_ns: int) -> list[tuple[int, bool]]:
        """UTC at which the next test of each kind is due, with whether it is for people.

        Args:
            tests: own tests, in the order of the log.
            confirmed_ns: UTC since when this node may seal.
        """
        last: dict[bool, int] = {}
        for test in reversed(tests):
            last.setdefault(body_of(test).by_people, test.sealed_at_ns)
            if len(last) == 2:
                break
        due = [(last.get(False, confirmed_ns) + self.every_ns, False)]
        if self.times_ns:
            due.append((self._time_after(max(confirmed_ns, last.get(True, 0))), True))
        return sorted(due)

    def _time_after(self, utc_ns: int) -> int:
        day_ns = utc_ns - utc_ns % _DAY_NS
        return next(at for day in (0, _DAY_NS) for time in self.times_ns if (at := day_ns + day + time) > utc_ns)


def next_test(tests: Sequence[Entry], by_people: bool) -> v1.ChannelTest:
    """The test to be made after those that stand in the own log; its serial rises by one."""
    return v1.ChannelTest(serial=max((body_of(test).serial for test in tests), default=0) + 1, by_people=by_people)


class LineTesting:
    """Makes the tests of one post as they fall due."""

    def __init__(self, line: Line, trust: Trust, post: str) -> None:
        self._line, self._trust, self._post = line, trust, post
        self._confirmed_ns: int | None = None
        self._stuck = False
        self._planned: tuple[Terms, int, list[tuple[int, bool]]] | None = None

    def confirm(self, now: Instant) -> None:
        """A peer has answered a Hello: from now on, if not before, this node may seal."""
        if self._confirmed_ns is None:
            self._confirmed_ns = now.utc_ns

    def next_deadline(self, now: Instant) -> int | None:
        """Monotonic nanoseconds at which the next test is due; None where tests were not agreed."""
        due = self._due(now)
        return now.mono_ns + due[0][0] - now.utc_ns if due else None

    def act(self, now: Instant, say: Say) -> None:
        """Make the tests whose time has come, to every other post; what cannot be said is not tried again."""
        for due_ns, by_people in self._due(now):
            if due_ns <= now.utc_ns:
                asks = v1.STAGE_READ if by_people else v1.STAGE_UNSPECIFIED
                body = next_test(self._line.tests, by_people)
                to = self._trust.others(self._post)
                self._stuck = say(body, to, v1.PRECEDENCE_ROUTINE, asks=asks) is None

    def _due(self, now: Instant) -> list[tuple[int, bool]]:
        """UTC of the next test of each kind. A post that keeps radio silence makes none before that is over."""
        terms = self._trust.terms(now.utc_ns)
        if self._stuck or self._confirmed_ns is None or _CHANNEL_TEST not in terms.type_rules:
            return []
        due, silent_until_ns = self._plan(terms, self._confirmed_ns), self._line.radio_silence(self._post, now.utc_ns)
        if silent_until_ns is None:
            return due
        return [(max(at_ns, silent_until_ns), by_people) for at_ns, by_people in due]

    def _plan(self, terms: Terms, confirmed_ns: int) -> list[tuple[int, bool]]:
        """The next test of each kind, radio silence aside: the same until there is another test or revision."""
        count = len(self._line.tests)
        if self._planned is None or self._planned[0] is not terms or self._planned[1] != count:
            schedule = Schedule.of(terms.message.line)
            self._planned = terms, count, schedule.next(self._line.tests, confirmed_ns)
        return self._planned[2]

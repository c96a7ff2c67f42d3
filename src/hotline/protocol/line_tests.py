"""Tests of the line: how the peers have answered them (spec 07, REQ-LINE-2).

There are two kinds: those that a node answers by receipting them, and those that people are asked to read. Each kind
fails and passes by itself: a node that receipts does not show that its watch reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.instant import NS_PER_MS
from hotline.protocol.timers import DELIVERED

FAILED, PASSED = "FAILED", "PASSED"
_ANSWERED = (v1.Verdict.OUTCOME_IN_TIME, v1.Verdict.OUTCOME_LATE)


def body_of(test: Entry) -> v1.ChannelTest:
    """What a test of the line says."""
    assert test.said is not None and isinstance(test.said.body, v1.ChannelTest)
    return test.said.body


def result(test: Entry, post: str) -> str:
    """PASSED once the stage asked for has come from a post; FAILED when something of it is overdue; empty before."""
    assert test.statement is not None
    asked = test.statement.header.stage_requested or DELIVERED
    verdicts = {stage: said[-1].outcome for (who, stage), said in test.verdicts.items() if who == post and said}
    if verdicts.get(asked) in _ANSWERED:
        return PASSED
    return FAILED if v1.Verdict.OUTCOME_EXPIRED in verdicts.values() else ""


def failing(tests: Iterable[Entry], post: str) -> list[Entry]:
    """Of each kind the newest test with a result, where a post has failed it: what makes its line DEGRADED."""
    newest: dict[bool, Entry] = {}
    for test in tests:
        if result(test, post):
            newest[body_of(test).by_people] = test
    return [test for test in newest.values() if result(test, post) == FAILED]


def failed_since_ns(test: Entry, post: str) -> int:
    """UTC at which a post failed a test: its first deadline that passed."""
    return min(test.sealed_at_ns + verdict.after_ms * NS_PER_MS for verdict in _expired(test, post))


def tested_at_ns(tests: Iterable[Entry], post: str) -> int | None:
    """UTC at which the newest receipt of a post for a test of ours became known here."""
    facts = (fact for test in tests for fact in test.facts_of(post) if fact.stage == DELIVERED and not fact.void)
    return max((fact.learned_at_ns for fact in facts), default=None)


def _expired(test: Entry, post: str) -> Iterator[v1.Verdict]:
    for (who, _), said in test.verdicts.items():
        if who == post:
            yield from (verdict for verdict in said if verdict.outcome == v1.Verdict.OUTCOME_EXPIRED)

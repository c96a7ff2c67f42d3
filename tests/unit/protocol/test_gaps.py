"""Links without bodies, and when they are asked for."""

from __future__ import annotations

from tests.kit import START, A, B

from hotline.protocol.gaps import FETCHED_MAX, Gaps
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.log import Spot

WAIT_NS = 10 * NS_PER_S
MOST_NS = 50 * NS_PER_S


def spot(post: str, sequence: int, epoch: int = 1, digest: bytes = bytes(32)) -> Spot:
    return Spot(post, epoch, sequence, digest)


def opened(*spots: Spot) -> Gaps:
    gaps = Gaps()
    for each in spots:
        gaps.open(each, START)
    return gaps


def test_nothing_is_wanted_while_nothing_is_missing() -> None:
    gaps = Gaps()
    assert gaps.next_deadline(WAIT_NS, MOST_NS) is None
    assert list(gaps.overdue(START.later(WAIT_NS), WAIT_NS, MOST_NS)) == []


def test_a_gap_counts_until_its_body_comes() -> None:
    gaps = opened(spot(A, 1), spot(A, 2), spot(B, 1))
    gaps.close(spot(A, 1))
    gaps.close(spot(A, 7))
    assert (gaps.count(A), gaps.count(B)) == (1, 1)
    assert gaps.holds(spot(A, 2))
    assert not gaps.holds(spot(A, 1))


def test_the_oldest_gap_gives_the_deadline() -> None:
    gaps = opened(spot(A, 1))
    gaps.open(spot(A, 2), START.later(5))
    assert gaps.next_deadline(WAIT_NS, MOST_NS) == START.mono_ns + WAIT_NS


def test_gaps_are_asked_for_in_runs_once_they_have_waited() -> None:
    gaps = opened(spot(B, 1), spot(A, 3), spot(A, 2), spot(A, 5))
    due = START.later(WAIT_NS)
    assert list(gaps.overdue(START.later(WAIT_NS - 1), WAIT_NS, MOST_NS)) == []
    assert list(gaps.overdue(due, WAIT_NS, MOST_NS)) == [(A, 1, 2, 3), (A, 1, 5, 5), (B, 1, 1, 1)]


def test_what_was_asked_for_waits_again() -> None:
    gaps = opened(spot(A, 1))
    due = START.later(WAIT_NS)
    assert list(gaps.overdue(due, WAIT_NS, MOST_NS)) == [(A, 1, 1, 1)]
    assert list(gaps.overdue(due, WAIT_NS, MOST_NS)) == []
    assert gaps.next_deadline(WAIT_NS, MOST_NS) == due.mono_ns + 2 * WAIT_NS


def test_what_nobody_gives_is_asked_for_more_and_more_rarely() -> None:
    gaps, at_ns, waits = opened(spot(A, 1)), START.mono_ns, []
    for _ in range(40):
        due_ns = gaps.next_deadline(WAIT_NS, MOST_NS)
        assert due_ns is not None
        waits.append((due_ns - at_ns) // NS_PER_S)
        at_ns = due_ns
        assert list(gaps.overdue(START.later(at_ns - START.mono_ns), WAIT_NS, MOST_NS)) == [(A, 1, 1, 1)]
    assert waits == [10, 20, 40, *[50] * 37]


def test_a_gap_that_opens_again_is_asked_for_like_a_new_one() -> None:
    gaps = opened(spot(A, 1))
    list(gaps.overdue(START.later(WAIT_NS), WAIT_NS, MOST_NS))
    gaps.close(spot(A, 1))
    gaps.open(spot(A, 1), START.later(WAIT_NS))
    assert gaps.next_deadline(WAIT_NS, MOST_NS) == START.mono_ns + 2 * WAIT_NS


def test_epochs_are_asked_for_apart_and_branches_together() -> None:
    gaps = opened(spot(A, 3, epoch=2), spot(A, 2), spot(A, 2, digest=b"x" * 32), spot(A, 3, digest=b"x" * 32))
    assert list(gaps.overdue(START.later(WAIT_NS), WAIT_NS, MOST_NS)) == [(A, 1, 2, 3), (A, 2, 3, 3)]


def test_no_more_of_a_log_is_asked_for_at_once_than_one_fetch_brings() -> None:
    """REQ-NET-8: the rest waits again, as long as before, and then comes first of what is due."""
    many = 2 * FETCHED_MAX + 5
    gaps = opened(*(spot(A, sequence) for sequence in range(1, many + 1)), spot(B, 1))
    first, second = START.later(WAIT_NS), START.later(2 * WAIT_NS)
    assert list(gaps.overdue(first, WAIT_NS, MOST_NS)) == [(A, 1, 1, FETCHED_MAX), (B, 1, 1, 1)]
    for sequence in range(1, FETCHED_MAX + 1):
        gaps.close(spot(A, sequence))
    assert gaps.next_deadline(WAIT_NS, MOST_NS) == second.mono_ns
    assert list(gaps.overdue(second, WAIT_NS, MOST_NS)) == [(A, 1, FETCHED_MAX + 1, 2 * FETCHED_MAX)]
    third = START.later(3 * WAIT_NS)
    assert list(gaps.overdue(third, WAIT_NS, MOST_NS)) == [(A, 1, 2 * FETCHED_MAX + 1, many), (B, 1, 1, 1)]

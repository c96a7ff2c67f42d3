from __future__ import annotations

import pytest
from tests.sim.conftest import CHN_UNSTAFFED, Change

from hotline_sim.presence import Presence

A, B = "AUS:fleet-watch", "CHN:fleet-watch"
MIN_MS = 60_000
WINDOWS = (
    "staffed: yes\n    officers:\n      - {name: chn",
    "staffed: [{from: T+00:05:00, until: T+00:10:00}, {from: T+00:20:00, until: T+00:42:00}]\n"
    "    officers:\n      - {name: chn",
)


def outage(words: str) -> tuple[str, str]:
    return "messages:\n", f"outages: [{{{words}, assumed: made up}}]\nmessages:\n"


@pytest.fixture
def presence(changed: Change) -> Presence:
    """B's watch comes at 5 min, goes at 10, comes again at 20; its node is down from 19 to 25."""
    down = outage(f"node: {B}, from: T+00:19:00, until: T+00:25:00")
    return Presence(changed(*WINDOWS, *down))


def test_somebody_is_there_while_the_watch_is_and_the_node_runs(presence: Presence) -> None:
    there = [minute for minute in (0, 5, 9, 10, 20, 24, 25, 41) if presence.is_there(B, minute * MIN_MS)]
    assert there == [5, 9, 25, 41] and presence.is_there(A, 0)


@pytest.mark.parametrize(("minute", "there"), [(0, 5), (7, 7), (12, 25), (20, 25), (30, 30), (43, None)])
def test_what_waits_for_somebody_happens_when_somebody_comes(
    presence: Presence, minute: int, there: int | None
) -> None:
    assert presence.next_there_ms(B, minute * MIN_MS) == (None if there is None else there * MIN_MS)


def test_nobody_ever_comes_to_a_post_that_is_not_staffed(changed: Change) -> None:
    never = Presence(changed(*CHN_UNSTAFFED))
    assert never.next_there_ms(B, 0) is None and never.staffing_changes_ms(B) == []


def test_changes_are_told_in_order(presence: Presence) -> None:
    assert presence.staffing_changes_ms(B) == [minute * MIN_MS for minute in (5, 10, 20, 42)]
    assert presence.line_changes_ms() == [19 * MIN_MS, 25 * MIN_MS]


def test_a_cut_line_joins_nobody_and_both_nodes_run(changed: Change) -> None:
    cut = Presence(changed(*outage(f"line: [{B}, {A}], from: T+00:01:00, until: T+00:02:00")))
    assert [cut.is_joined(A, B, at_ms) for at_ms in (0, MIN_MS, 2 * MIN_MS)] == [True, False, True]
    assert cut.is_up(A, MIN_MS) and cut.is_up(B, MIN_MS)

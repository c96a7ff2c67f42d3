"""What a campaign asks of every run."""

from __future__ import annotations

import pytest

from hotline.protocol.errors import UsageError
from hotline_sim.campaign.goals import parse_goal
from hotline_sim.campaign.rows import Kind

COLUMNS: dict[str, Kind] = {
    "closest.a.b.m": float,
    "closest.a.b.at_s": float,
    "stage.m1.CHN:fleet-watch.READ.s": float,
    "verdict.m1.CHN:fleet-watch.READ": str,
    "deadlines_missed": int,
    "ok": bool,
}


@pytest.mark.parametrize(
    ("words", "row", "holds"),
    [
        ("closest >= 500 yd", {"closest.a.b.m": 457.3}, True),
        ("closest.a.b >= 500 yd", {"closest.a.b.m": 457.1}, False),
        ("closest.a.b.at_s > 2 min", {"closest.a.b.at_s": 121.0}, True),
        ("stage.m1.CHN:fleet-watch.READ <= 5 min", {"stage.m1.CHN:fleet-watch.READ.s": 300.0}, True),
        ("stage.m1.CHN:fleet-watch.READ <= 5 min", {"stage.m1.CHN:fleet-watch.READ.s": None}, False),
        ("verdict.m1.CHN:fleet-watch.READ = IN_TIME", {"verdict.m1.CHN:fleet-watch.READ": "LATE"}, False),
        ("deadlines_missed = 0", {"deadlines_missed": 0}, True),
        ("ok = yes", {"ok": True}, True),
        ("ok = yes", {"ok": True, "code": "RUN_FAILED"}, False),
    ],
)
def test_a_goal_holds_or_not(words: str, row: dict[str, float | None], holds: bool) -> None:
    assert parse_goal(words, COLUMNS).holds({"code": "", **row}) == holds


@pytest.mark.parametrize(
    "words",
    ["closest", "closest >= 500", "closest >= 5 min", "nothing > 1 m", "ok = perhaps", "deadlines_missed < 2 m"],
)
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(UsageError, match="GOAL_INVALID"):
        parse_goal(words, COLUMNS)


def test_a_name_that_fits_two_pairs_is_refused() -> None:
    with pytest.raises(UsageError, match="more than one column closest"):
        parse_goal("closest > 1 m", {**COLUMNS, "closest.a.c.m": float})

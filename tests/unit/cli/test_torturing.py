"""`hotline sim torture`: what it prints, for people and as JSON, and how a failing seed is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran

from hotline.protocol.waits import Waits

Hotline = Callable[..., Ran]


def test_worlds_are_summed_and_told(hotline: Hotline, tmp_path: Path) -> None:
    into = str(tmp_path / "campaign.jsonl")
    told = hotline("sim", "torture", "--seeds", "1", "--from", "1", "--into", into, "--json").json
    assert (told["ok"], told["worlds"], told["seeds"], told["violations"]) == (True, 1, [[1, 1]], [])
    assert sum(told["faults"].values()) >= 5 and len(told["faults"]) >= 3
    text = hotline("sim", "torture", "--seeds", "1", "--from", "1", "--into", into).out
    assert text.startswith("1 worlds of 24 virtual hours, seeds 1; 0 violations")
    assert f"code       {told['edition']}" in text


def test_one_seed_is_traced(hotline: Hotline) -> None:
    text = hotline("sim", "torture", "--seed", "1", "--trace").out
    assert "FAULT" in text and "SIGNS      m1" in text and "HEALED" in text


def test_a_violation_fails_and_says_how_to_see_it(hotline: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Waits, "expire", lambda self, now: [])
    monkeypatch.setattr(Waits, "next_deadline", lambda self: None)
    done = hotline("sim", "torture", "--seed", "1")
    assert done.status == 1
    assert "VIOLATED   seed 1, I6 at step" in done.out
    assert "hotline sim torture --seed 1 --trace" in done.out


def test_a_trace_is_of_one_seed(hotline: Hotline) -> None:
    assert "--trace goes with --seed" in hotline("sim", "torture", "--trace").err

"""The command for a long campaign of worlds: what it prints, and the figures it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests import figures
from tests.faults import campaign_of_worlds
from tests.faults.campaign_of_worlds import ROWS, main
from tools.reliability.matrix import plan

from hotline_sim.torture.tally import Found, Tally


def kept(path: Path, tally: Tally) -> Path:
    path.write_text(json.dumps(tally.as_json()) + "\n")
    return path


def clean() -> Tally:
    tally = Tally(ranges=[[0, 9]], worlds=10)
    tally.effects.update({"fork: proved": 2, "forge: garbage": 3, "forge: cut short": 1, "crash after its write": 5})
    return tally


def test_a_clean_campaign_leaves_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(figures.FILE, str(tmp_path / "figures.jsonl"))
    assert main(["--seeds", "10", "--into", str(kept(tmp_path / "worlds.jsonl", clean()))]) == 0
    assert capsys.readouterr().out.startswith("10 worlds of 24 virtual hours, seeds 0-9; 0 violations")
    rows = [json.loads(line) for line in (tmp_path / "figures.jsonl").read_text().splitlines()]
    found = [row["figure"] for row in rows if "figure" in row]
    assert found == [10, 2, 4, 5]
    assert {row["test"] for row in rows if "figure" in row} == {"python -m tests.faults.campaign_of_worlds --seeds 10"}


def test_a_broken_promise_leaves_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(figures.FILE, str(tmp_path / "figures.jsonl"))
    broken = clean()
    broken.violations.append(Found(7, "I5", 3, "AUS:fleet-watch", "words"))
    assert main(["--seeds", "10", "--into", str(kept(tmp_path / "worlds.jsonl", broken))]) == 1
    assert not (tmp_path / "figures.jsonl").exists()


def test_a_file_of_other_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = clean()
    other.edition = "0.0.9 0123456789ab"
    assert main(["--seeds", "10", "--into", str(kept(tmp_path / "worlds.jsonl", other))]) == 2
    assert "CAMPAIGN_OTHER" in capsys.readouterr().err


def test_its_rows_are_rows_of_the_matrix() -> None:
    defences = {threat.name: set(threat.defences) for group in plan()[1] for threat in group.threats}
    assert all(set(defence.split()) <= defences[threat] for threat, defence, _ in ROWS)
    assert len(campaign_of_worlds.measured(clean())) == len(ROWS)

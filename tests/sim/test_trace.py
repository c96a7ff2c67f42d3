from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sim.conftest import UNANSWERED

from hotline_sim import golden
from hotline_sim.conclude import conclude
from hotline_sim.demo import run_virtual
from hotline_sim.result import RunResult
from hotline_sim.scenario import Scenario, bundled, load
from hotline_sim.trace import digest
from hotline_sim.world import World

VARIANTS = [(name, variant) for name, file in bundled().items() for variant in load(file).variants]


@pytest.mark.parametrize("name", bundled())
def test_golden_traces_are_what_runs_give_now(bundled_runs: Callable[[str], RunResult], name: str) -> None:
    kept = golden.golden_path(bundled()[name]).read_text(encoding="utf-8")
    assert bundled_runs(name).trace == kept, "if it is meant: python -m hotline_sim.golden, and read what changed"


def test_every_golden_trace_is_of_a_scenario() -> None:
    folder = next(iter(bundled().values())).parent / "golden"
    expected = {golden.golden_path(file) for file in bundled().values()}
    expected |= {golden.golden_path(bundled()[name], variant) for name, variant in VARIANTS}
    assert set(folder.glob("*.txt")) == expected


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_golden_traces_of_variants_are_what_runs_give_now(name: str, variant: str) -> None:
    result = run_virtual(load(bundled()[name], variant))
    assert result.ok, [checked for checked in result.expectations if not checked.ok]
    assert result.trace == golden.golden_path(bundled()[name], variant).read_text(encoding="utf-8")


def test_the_trace_tells_who_did_what_when_and_at_what_range(result: RunResult) -> None:
    lines = result.trace.splitlines()
    assert any(
        line.startswith("T+00:01:00   6.76 nmi  AUS:fleet-watch  SENT          m1 ActivityNotice IMMEDIATE")
        for line in lines
    )
    read = next(line for line in lines if "READ          m1" in line)
    assert read.endswith("(deadline T+00:31:00, in time)") and "CHN:fleet-watch" in read
    assert any("CLOSEST" in line and "1.30 nmi (2415 m)" in line for line in lines)
    assert any("CONTRADICTED  m1" in line for line in lines)
    assert all(len(line) <= 118 for line in lines)


def test_the_trace_says_what_is_sourced_and_what_never_happened(result: RunResult) -> None:
    head = result.trace.split("-----", maxsplit=1)[0]
    assert "EXERCISE" in head and "Counterfactual  every message (m1, m2, m3, m4, m5)" in head
    assert "AUS-TWB" in head and "Disputed" in head and "seed 20231114" in head


def test_late_and_silent_show(unanswered: Scenario) -> None:
    trace = conclude(World(unanswered, 7).play()).trace
    assert "(deadline T+00:02:20, late by 1 min" in " ".join(trace.split())
    assert any("NATO/DEU:north-sea-watch  EXPIRED" in line for line in trace.splitlines())


def test_the_digest_is_of_the_text(result: RunResult) -> None:
    assert digest(result.trace) == result.trace_digest != digest(result.trace + " ")


def test_the_update_command_compares_and_writes(
    unanswered: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden, "bundled", lambda: {"unanswered": UNANSWERED})
    monkeypatch.setattr(golden, "golden_path", lambda file: tmp_path / "golden" / f"{file.stem}.txt")
    assert golden.main(["--check"]) == 1 and not (tmp_path / "golden").exists()
    assert golden.main([]) == 0
    written = (tmp_path / "golden" / "unanswered.txt").read_text(encoding="utf-8")
    assert written == conclude(World(unanswered, unanswered.meta.seed).play()).trace
    assert golden.main(["--check"]) == 0

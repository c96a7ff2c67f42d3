"""Whole campaigns: the same rows whoever makes them, none made twice, errors as rows, and what they leave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hotline import SPEC_VERSION
from hotline.messages.yamltree import read_tree
from hotline.protocol.errors import UsageError
from hotline_sim.campaign import Plan, make_plan
from hotline_sim.campaign.engines import Chunk, Dask, Local
from hotline_sim.campaign.plan import Key
from hotline_sim.campaign.play import play_rows
from hotline_sim.campaign.rows import Row
from hotline_sim.campaign.run import chunks, run_campaign
from hotline_sim.demo import run_virtual
from hotline_sim.parameters import digest_of, scenario_of, with_values
from hotline_sim.scenario import bundled

MakePlan = Callable[..., Plan]
READ = "posts.CHN:fleet-watch.reaction.READ"
PRESENTED = "posts.CHN:fleet-watch.reaction.PRESENTED"
GOAL = "stage.flash.CHN:fleet-watch.READ <= 20 s"


class Counting:
    """The local engine, which counts what it makes and ends after so many chunks."""

    def __init__(self, most: int = 1000) -> None:
        self.made: list[Key] = []
        self._most = most

    def play(self, plan: Plan, chunks: Sequence[Chunk]) -> Iterator[list[Row]]:
        for number, chunk in enumerate(chunks):
            if number == self._most:
                raise KeyboardInterrupt
            self.made += chunk
            yield list[Row](play_rows(plan, chunk))


@pytest.fixture
def plan(plan_of: MakePlan) -> Plan:
    return plan_of(runs=4, sweep=(f"{PRESENTED}=2 s, 15 s",), vary=(f"{READ}=uniform(1 s, 10 s)",))


@pytest.fixture
def rows(plan: Plan, tmp_path: Path) -> bytes:
    """The table of `plan`, made in this process."""
    return run_campaign(plan, Local(1), tmp_path / "here").files[0].read_bytes()


def test_processes_make_the_same_rows(plan: Plan, rows: bytes, tmp_path: Path) -> None:
    assert run_campaign(plan, Local(2), tmp_path / "there", jobs=2).files[0].read_bytes() == rows


def test_dask_makes_the_same_rows(plan: Plan, rows: bytes, tmp_path: Path) -> None:
    assert run_campaign(plan, Dask(1), tmp_path / "there", jobs=3).files[0].read_bytes() == rows


def test_a_campaign_that_was_ended_goes_on(plan: Plan, rows: bytes, tmp_path: Path) -> None:
    first, second, told = Counting(most=2), Counting(), list[int]()
    with pytest.raises(KeyboardInterrupt):
        run_campaign(plan, first, tmp_path / "out")
    done = run_campaign(plan, second, tmp_path / "out", resume=True, progress=lambda done, of: told.append(done))
    assert len(first.made) == done.kept == told[0] == 2 and told[-1] == 8
    assert sorted(first.made + second.made) == list(plan.keys())
    assert done.files[0].read_bytes() == rows


def test_more_runs_are_added_to_a_campaign_that_is_done(plan_of: MakePlan, tmp_path: Path) -> None:
    run_campaign(plan_of(runs=2), Counting(), tmp_path)
    engine = Counting()
    assert run_campaign(plan_of(runs=3), engine, tmp_path, resume=True).summary.rows == 3
    assert engine.made == [Key(0, 2)]


def test_a_folder_holds_one_campaign(plan_of: MakePlan, tmp_path: Path) -> None:
    run_campaign(plan_of(runs=1), Local(1), tmp_path)
    with pytest.raises(UsageError, match="CAMPAIGN_EXISTS"):
        run_campaign(plan_of(runs=1), Local(1), tmp_path)
    with pytest.raises(UsageError, match=r"CAMPAIGN_OTHER: .*differ: seed"):
        run_campaign(plan_of(runs=1, seed=8), Local(1), tmp_path, resume=True)


def test_every_row_says_what_it_is_a_run_of(plan: Plan, rows: bytes, tmp_path: Path) -> None:
    """A row's seed and parameters give the run again, alone, to the last byte of its trace."""
    row = pq.read_table(tmp_path / "here" / "rows.parquet").to_pylist()[5]
    changed = plan.document_of(plan.case(Key(row["setting"], row["run"])))
    again = run_virtual(scenario_of(changed, "again.yaml"), row["seed"])
    assert row["trace_digest"] == again.trace_digest
    assert row["scenario_digest"] == digest_of(changed)
    assert (row["spec_version"], row["signatures"]) == (SPEC_VERSION, "each")
    assert row[f"parameter.{PRESENTED}"] == "15 s" and row[f"value.{PRESENTED}"] == 15_000.0
    flash = again.picture.message("flash").stage("READ", "CHN:fleet-watch")
    assert flash is not None and row["verdict.flash.CHN:fleet-watch.READ"] == flash.verdict


def test_checking_each_signature_once_changes_no_outcome(plan_of: MakePlan) -> None:
    keys = [Key(0, 0), Key(0, 1)]
    each, once = (play_rows(plan_of(signatures=mode), keys) for mode in ("each", "once"))
    assert [{**row, "signatures": "once"} for row in each] == once


def test_a_run_that_ends_with_an_error_is_a_row(plan_of: MakePlan, tmp_path: Path) -> None:
    plan = plan_of(runs=2, sweep=("delays.line.least=100 ms, 2 s",))
    done = run_campaign(plan, Local(1), tmp_path, goals=("ok = yes",))
    sound, broken = done.summary.settings
    assert (done.summary.errors, sound.errors, broken.errors) == (2, {}, {"SCENARIO_BAD_VALUE": 2})
    row = pq.read_table(done.files[0]).to_pylist()[2]
    assert (row["ok"], row["code"]) == (False, "SCENARIO_BAD_VALUE") and "delays.line" in row["detail"]


def test_a_fault_of_the_program_is_a_row(plan_of: MakePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("in a run")

    monkeypatch.setattr("hotline_sim.campaign.play.World", broken)
    [row] = play_rows(plan_of(), [Key(0, 0)])
    assert (row["code"], row["detail"]) == ("RUN_FAILED", "ZeroDivisionError: in a run")


def test_lost_workers_are_told(plan_of: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline_sim.campaign.engines._CONNECT_S", 0.3)
    with pytest.raises(UsageError, match="CAMPAIGN_ENGINE"):
        run_campaign(plan_of(), Dask(1, "tcp://127.0.0.1:1"), tmp_path)


def test_chunks_keep_every_worker_busy() -> None:
    keys = [Key(0, run) for run in range(1000)]
    assert [key for chunk in chunks(keys, 2) for key in chunk] == keys
    assert len(chunks(keys, 2)) == 40 and len(chunks(keys[:10], 2)) == 10 and chunks([], 2) == []


@pytest.fixture(scope="module")
def swept(toowoomba_document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with ships, of three settings."""
    out = tmp_path_factory.mktemp("swept")
    plan = make_plan(
        toowoomba_document,
        "toowoomba.yaml",
        runs=3,
        sweep=("posts.CHN:fleet-watch.reaction.DECIDED=1 min, 6 min, 40 min",),
        vary=("posts.CHN:fleet-watch.reaction.READ=lognormal(20 s, 1 min)",),
        signatures="once",
    )
    goals = ("stage.m3.CHN:fleet-watch.DECIDED <= 4 min", "closest >= 500 yd")
    run_campaign(plan, Local(1), out, goals=goals, at_least=0.4)
    return out


def test_the_summary_answers_the_goal(swept: Path) -> None:
    told = json.loads((swept / "summary.json").read_text())
    decided, apart = told["answers"]
    assert "shown for posts.CHN:fleet-watch.reaction.DECIDED: 1 min" in decided["words"]
    assert "left open for" in decided["words"] and apart["shown"] == [0, 1, 2]
    shares = [setting["goals"]["stage.m3.CHN:fleet-watch.DECIDED <= 4 min"]["value"] for setting in told["settings"]]
    assert shares == [1.0, 0.0, 0.0]
    first = next(each for each in told["influences"] if each["outcome"].startswith("stage.m3"))
    assert first["parameter"] == "posts.CHN:fleet-watch.reaction.DECIDED" and first["estimate"]["value"] < 0
    never = next(m for m in told["settings"][0]["measures"] if m["column"] == "stage.m3.CHN:fleet-watch.DECIDED.s")
    assert never["missing"] == 0 and 60 < never["median"]["value"] < 240
    later = [d["estimate"]["value"] for d in told["differences"] if d["what"] == "stage.m3.CHN:fleet-watch.DECIDED.s"]
    assert later[0] == pytest.approx(300, abs=10)  # five minutes more to decide, run by run


def test_pictures_and_page_are_left_and_repeat(swept: Path, toowoomba_document: dict[str, Any]) -> None:
    page = (swept / "campaign.html").read_text()
    assert "each distinct one verified once a run" in page and page.count("<svg") == 3
    assert "<script" not in page and "T+" not in page
    for name in ("swept", "spread", "influence"):
        assert (swept / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (swept / f"{name}.svg").read_bytes()


def test_settings_that_differ_by_words_are_compared(plan_of: MakePlan, tmp_path: Path) -> None:
    plan = plan_of(runs=2, sweep=("posts.CHN:fleet-watch.staffed=yes, no",))
    done = run_campaign(plan, Local(1), tmp_path, goals=(GOAL,))
    assert {"compared.svg", "summary.json", "campaign.html"} <= {path.name for path in done.files}


@pytest.fixture(scope="module")
def crossing() -> dict[str, Any]:
    found: dict[str, Any] = read_tree(bundled()["decatur-2018"].read_bytes()).data
    return found


def test_deciding_faster_keeps_the_ships_apart(crossing: dict[str, Any], tmp_path: Path) -> None:
    """Nothing but a delay ashore differs: the closest approach follows from it, through orders and motion."""
    plan = make_plan(
        with_values(crossing, {"variant": "with-line"}),
        "decatur-2018.yaml",
        runs=2,
        sweep=("deciding-ashore=15 s, 5 min",),
        signatures="once",
    )
    done = run_campaign(plan, Local(1), tmp_path, goals=("closest >= 500 yd",))
    fast, slow = (setting.measure("closest.decatur.lanzhou.m") for setting in done.summary.settings)
    assert fast is not None and slow is not None and fast.p10.value > 5 * slow.p90.value
    assert done.summary.answers[0].words.count("time until the Chinese watch officer has decided") == 2
    rows = pq.read_table(done.files[0]).to_pylist()
    assert all(row["order.ordered-off.at_s"] is not None for row in rows[:2])
    assert rows[0]["order.cut-in.at_s"] is None and rows[2]["order.cut-in.at_s"] is not None


def test_variants_are_settings(crossing: dict[str, Any], tmp_path: Path) -> None:
    plan = make_plan(crossing, "decatur-2018.yaml", runs=1, sweep=("variant=as-written, line-lost",), signatures="once")
    done = run_campaign(plan, Local(1), tmp_path)
    as_written, lost = done.summary.settings
    assert (as_written.label, lost.label) == ("as written", "with a line that is cut, and a telephone")
    one, other = pq.read_table(done.files[0]).to_pylist()
    assert one["said.m1.s"] is None and other["verdict.m1.CHN:fleet-watch.DELIVERED"] == "EXPIRED"
    assert "with a line that is cut, and a telephone" in (tmp_path / "campaign.html").read_text()


def test_what_was_used_stands_in_the_row(tmp_path: Path) -> None:
    document = read_tree(bundled()["mq9-2023"].read_bytes()).data
    plan = make_plan(document, "mq9-2023.yaml", runs=1, signatures="once")
    [row] = play_rows(plan, [Key(0, 0)])
    assert "su27:FUEL" in str(row["used"]).split() and row["order.dump-fuel.at_s"] is not None

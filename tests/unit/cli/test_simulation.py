"""`hotline sim`, `hotline vectors`, and what needs a node where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran

from hotline.conformance import default_folder
from hotline.protocol.evidence import verify_transcript
from hotline_sim.scenario import bundled

Hotline = Callable[..., Ran]
TOOWOOMBA = "toowoomba-ningbo-2023"


def test_scenarios_are_listed(hotline: Hotline) -> None:
    told = hotline("sim", "list", "--json").json
    assert {row["id"] for row in told["scenarios"]} == set(bundled())
    (row,) = [row for row in told["scenarios"] if row["id"] == TOOWOOMBA]
    assert (row["date"], row["shows"]) == ("2023-11-14", ["F4"])
    assert TOOWOOMBA in hotline("sim", "list").out


def test_a_scenario_runs_in_virtual_time(hotline: Hotline) -> None:
    told = hotline("sim", "run", TOOWOOMBA, "--out", "out", "--json").json
    assert (told["ok"], told["scenario"], told["mode"]) == (True, TOOWOOMBA, "virtual")
    assert {"trace_digest", "closest_approach", "messages", "indicators", "transcripts_verified"} <= told.keys()
    again = hotline("sim", "run", TOOWOOMBA, "--json").json
    other = hotline("sim", "run", TOOWOOMBA, "--seed", "7", "--json").json
    assert told["trace_digest"] == again["trace_digest"] != other["trace_digest"]
    (transcript, *_) = sorted(Path("out").glob("transcript-*"))
    assert verify_transcript(transcript.read_bytes(), bytes.fromhex(told["agreement_digest"])).pinned


def test_a_run_tells_its_story(hotline: Hotline) -> None:
    text = hotline("sim", "run", TOOWOOMBA).out
    assert text.startswith("HOTLINE TRACE, EXERCISE\n")
    assert "everything expected came true" in text


def test_a_run_is_reported_on_a_page_and_on_paper(hotline: Hotline) -> None:
    told = hotline("sim", "report", "balloon-2023", "--out", "report", "--json").json
    assert told == {"ok": True, "html": "report/report.html", "pdf": "report/report.pdf"}
    assert Path("report/report.pdf").read_bytes().startswith(b"%PDF-")
    assert hotline("sim", "report", "report", "--out", "again").status == 0
    assert Path("again/report.html").read_bytes() == Path("report/report.html").read_bytes()
    assert hotline("sim", "report", "report", "--seed", "1", "--out", "again", "--json").json["code"] == "USAGE"
    Path("empty").mkdir()
    assert hotline("sim", "report", "empty", "--out", "again", "--json").json["code"] == "FILE_UNREADABLE"


def test_a_report_without_what_prints(hotline: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    told = hotline("sim", "report", "balloon-2023", "--out", "report", "--json")
    assert (told.status, told.json["code"]) == (2, "PART_MISSING")
    assert not Path("report").exists()


def test_a_scenario_whose_expectations_do_not_come_true(hotline: Hotline) -> None:
    text = bundled()[TOOWOOMBA].read_text(encoding="utf-8")
    assert "range: 2400 m" in text
    Path("other.yaml").write_text(text.replace("range: 2400 m", "range: 200 m"), encoding="utf-8")
    assert hotline("sim", "check", "other.yaml").status == 0
    done = hotline("sim", "run", "other.yaml", "--json")
    assert (done.status, done.json["ok"]) == (1, False)
    assert [expected["ok"] for expected in done.json["expectations"]].count(False) == 1


def test_a_scenario_file_is_checked(hotline: Hotline) -> None:
    shutil.copy(bundled()[TOOWOOMBA], "good.yaml")
    good = hotline("sim", "check", "good.yaml", "--json")
    assert (good.status, good.json["ok"], good.json["id"], good.json["problems"]) == (0, True, TOOWOOMBA, [])
    text = Path("good.yaml").read_text(encoding="utf-8")
    Path("bad.yaml").write_text(text.replace("falls_below: 3 nmi", "falls_below: 3"), encoding="utf-8")
    bad = hotline("sim", "check", "bad.yaml", "--json")
    assert (bad.status, bad.json["ok"], bad.json["code"]) == (1, False, "SCENARIO_BARE_NUMBER")
    (problem,) = bad.json["problems"]
    assert problem["path"] == "events[1].when.falls_below"
    assert problem["line"] == 1 + text[: text.index("falls_below: 3 nmi")].count("\n")
    assert "SCENARIO_BARE_NUMBER" in hotline("sim", "check", "bad.yaml").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("sim", "run", "nothing"), "FILE_UNREADABLE"),
        (("sim", "run", "bad.yaml"), "SCENARIO_BAD_VALUE"),
        (("sim", "run", "bad.yaml", "--live"), "SCENARIO_BAD_VALUE"),
        (("sim", "check", "nothing"), "FILE_UNREADABLE"),
        (("vectors", "run", "nothing"), "VECTORS_INVALID"),
        (("node", "run", "--config", "nothing"), "CONFIG_INVALID"),
        (("node", "run", "--config", "bad.yaml"), "CONFIG_INVALID"),
        (("inbox", "--socket", "none.sock"), "NODE_UNREACHABLE"),
        (("status", "--socket", "none.sock"), "NODE_UNREACHABLE"),
        (("show", "3f9a01c2b4d5", "--socket", "none.sock"), "NODE_UNREACHABLE"),
        (("send", "bad.yaml", "--socket", "none.sock", "--key", "k"), "NODE_UNREACHABLE"),
        (("send", "nothing", "--socket", "none.sock", "--key", "k"), "FILE_UNREADABLE"),
        (("send", "broken.yaml", "--socket", "none.sock", "--key", "k"), "INPUT_YAML"),
        (("send", "bad.yaml", "--set", "a=b", "--socket", "none.sock", "--key", "k"), "USAGE"),
        (("send", "ActivityEnd", "--set", "a=b", "--socket", "none.sock", "--key", "k"), "INPUT_UNKNOWN_KEY"),
        (("ack", "3f9a01c2b4d5", "--stage", "seen", "--socket", "none.sock", "--key", "k"), "INPUT_BAD_VALUE"),
        (("ack", "3f9a01c2b4d5", "--stage", "read", "--socket", "none.sock", "--key", "k"), "NODE_UNREACHABLE"),
        (("observe", "3f9a01c2", "--finding", "x", "--socket", "none.sock", "--key", "k"), "NODE_UNREACHABLE"),
    ],
)
def test_mistakes(hotline: Hotline, words: tuple[str, ...], code: str) -> None:
    Path("bad.yaml").write_text("just: words\nnone: 1\n", encoding="utf-8")
    Path("broken.yaml").write_text("a: [\n", encoding="utf-8")
    done = hotline(*words, "--json")
    assert (done.status, done.json["ok"]) == (2, False)
    assert done.json["code"] == code or (code == "SCENARIO_BAD_VALUE" and done.json["code"].startswith("SCENARIO_"))


def test_the_specifications_vectors_pass(hotline: Hotline) -> None:
    told = hotline("vectors", "run", "--json").json
    assert (told["ok"], told["failed"], told["passed"]) == (True, 0, len(told["cases"]))
    assert {"id", "verdict", "expected"} <= told["cases"][0].keys()


def test_a_vector_that_is_not_met_fails(hotline: Hotline) -> None:
    folder = default_folder()
    refused = next(path for path in sorted(folder.glob("*/case.yaml")) if "expected: invalid" in path.read_text())
    shutil.copytree(refused.parent, Path("mine") / refused.parent.name)
    shutil.copytree(folder / "_common", "mine/_common")
    case = Path("mine") / refused.parent.name / "case.yaml"
    lines = [line for line in case.read_text(encoding="utf-8").splitlines() if not line.startswith("code:")]
    case.write_text("\n".join(lines).replace("expected: invalid", "expected: valid"), encoding="utf-8")
    done = hotline("vectors", "run", "mine", "--json")
    assert (done.status, done.json["failed"]) == (1, 1)
    assert done.json["failures"][0].startswith(refused.parent.name)


READ = "posts.CHN:fleet-watch.reaction.READ"


def test_a_campaign_is_run_and_goes_on(hotline: Hotline) -> None:
    words = (
        "sim",
        "campaign",
        TOOWOOMBA,
        "--sweep",
        f"{READ}=10 s, 2 min",
        "--out",
        "out",
        "--jobs",
        "1",
        "--runs",
        "1",
    )
    asked = (*words, "--goal", "stage.m1.CHN:fleet-watch.READ <= 1 min", "--signatures", "once")
    ran = hotline(*asked, "--json")
    told = ran.json
    assert (told["ok"], told["runs"], told["rows"], told["kept"], told["signatures"]) == (True, 1, 2, 0, "once")
    assert [setting["values"] for setting in told["settings"]] == [{READ: "10 s"}, {READ: "2 min"}]
    assert "2 of 2 runs" in ran.err
    assert all(Path(file).exists() for file in told["files"])
    again = hotline(*asked, "--json")
    assert again.status == 2 and again.json["code"] == "CAMPAIGN_EXISTS"
    assert hotline(*asked, "--resume", "--json").json["kept"] == 2
    assert "Signatures  once" in hotline(*asked, "--resume").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--vary", "delays.reeding=list(1 s)"), "PARAMETER_UNKNOWN"),
        (("--goal", "closest"), "GOAL_INVALID"),
        (("--at-least", "90"), "USAGE"),
        (("--at-least", "100 %"), "USAGE"),
        (("--engine", "ray"), "USAGE"),
        (("--scheduler", "tcp://127.0.0.1:1"), "USAGE"),
    ],
)
def test_a_campaign_called_wrongly_is_refused(hotline: Hotline, words: tuple[str, ...], code: str) -> None:
    ran = hotline("sim", "campaign", TOOWOOMBA, "--runs", "1", "--out", "out", *words, "--json")
    assert (ran.status, ran.json["code"]) == (2, code)
    assert not Path("out").exists()


def test_a_campaign_of_no_scenario_is_refused(hotline: Hotline) -> None:
    Path("list.yaml").write_text("- 1\n")
    Path("short.yaml").write_text("meta: {id: short, seed: 1}\n")
    for file, code in {
        "none.yaml": "FILE_UNREADABLE",
        "list.yaml": "SCENARIO_BAD_VALUE",
        "short.yaml": "SCENARIO_MISSING_KEY",
    }.items():
        ran = hotline("sim", "campaign", file, "--runs", "1", "--out", "out", "--json")
        assert (ran.status, ran.json["code"]) == (2, code)


def test_a_folder_that_is_a_file_is_told(hotline: Hotline) -> None:
    Path("out").write_text("")
    ran = hotline("sim", "campaign", TOOWOOMBA, "--runs", "1", "--out", "out", "--json")
    assert (ran.status, ran.json["code"]) == (2, "FILE_UNWRITABLE")


def test_a_base_install_says_which_part_a_campaign_needs() -> None:
    code = "import sys; sys.modules['pyarrow'] = None; from hotline.cli import main; main()"
    words = ["sim", "campaign", TOOWOOMBA, "--runs", "1", "--out", "out", "--json"]
    ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    told = json.loads(ran.stdout)
    assert (ran.returncode, told["code"]) == (2, "PART_MISSING") and "hotline-protocol[sim]" in told["detail"]


def test_the_simulator_itself_needs_no_optional_part() -> None:
    """A base install runs scenarios: nothing that campaigns need is imported for that."""
    code = "import hotline.cli.simulation, hotline_sim.campaign, sys; print(*sys.modules)"
    words = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pyarrow", "scipy", "matplotlib", "distributed", "dask"} & set(words)

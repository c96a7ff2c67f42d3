from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sim.conftest import hasty_text

from hotline.protocol.evidence import verify_transcript
from hotline.protocol.trust import open_agreement
from hotline_sim.demo import run_virtual
from hotline_sim.scenario import Scenario

FILES = {"agreement.bin", "report.html", "report.json", "trace.txt"}

_LIVE = """
import sys
from pathlib import Path
from rich.console import Console
from hotline_sim.demo import run_live
from hotline_sim.scenario import load
result = run_live(load(Path(sys.argv[1])), Console(width=120), seed=3, speed=20, out=Path(sys.argv[2]))
sys.exit(0 if result.ok else 1)
"""


def test_a_virtual_run_leaves_everything_it_found(toowoomba: Scenario, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = run_virtual(toowoomba, None, out)
    transcripts = {f"transcript-{post}.bin" for post in ("AUS-fleet-watch", "CHN-fleet-watch")}
    assert {path.name for path in out.iterdir()} == FILES | transcripts
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(result.as_json())) and told["ok"] is True
    assert hashlib.sha256((out / "trace.txt").read_bytes()).hexdigest() == told["trace_digest"]
    pin = bytes.fromhex(told["agreement_digest"])
    assert open_agreement((out / "agreement.bin").read_bytes(), pin).digest == pin
    for proof in told["transcripts"]:
        data = (out / proof["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == proof["sha256"]
        assert verify_transcript(data, pin).exporter == proof["post"]


def test_a_seed_may_be_given_and_nothing_need_be_written(toowoomba: Scenario) -> None:
    own, other = run_virtual(toowoomba), run_virtual(toowoomba, 5)
    assert own.picture.run.seed == toowoomba.meta.seed and other.picture.run.seed == 5
    assert own.trace_digest != other.trace_digest and other.ok


@pytest.mark.timeout(180)
def test_a_live_run_shows_itself_and_leaves_the_same_files(tmp_path: Path) -> None:
    scenario, out = tmp_path / "hasty.yaml", tmp_path / "out"
    scenario.write_text(hasty_text(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _LIVE, str(scenario), str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "EXERCISE" in done.stdout and "DELIVERED" in done.stdout and "everything expected came true" in done.stdout
    assert {path.name for path in out.iterdir()} > FILES
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert (told["mode"], told["speed"], told["seed"], told["transcripts_verified"]) == ("live", 20, 3, True)

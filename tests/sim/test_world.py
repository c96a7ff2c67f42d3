from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from tests.sim.conftest import UNANSWERED, Change

from hotline_sim.conclude import conclude
from hotline_sim.run import Finished
from hotline_sim.scenario import Scenario, loads
from hotline_sim.world import World

_DIGESTS = """
import hashlib, sys
from pathlib import Path
from hotline_sim.conclude import conclude
from hotline_sim.scenario import load
from hotline_sim.world import World
finished = World(load(Path(sys.argv[1])), 11).play()
print(conclude(finished).trace_digest, *(hashlib.sha256(data).hexdigest() for data in finished.transcripts.values()))
"""


def digests_elsewhere(hash_seed: str) -> list[str]:
    """Digests of a run's trace and transcripts, in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _DIGESTS, str(UNANSWERED)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_run_is_the_same_bytes_in_every_process(unanswered: Scenario) -> None:
    finished = World(unanswered, 11).play()
    here = [hashlib.sha256(data).hexdigest() for data in finished.transcripts.values()]
    one, other = digests_elsewhere("1"), digests_elsewhere("2")
    assert one == other == [conclude(finished).trace_digest, *here]
    assert len(here) == 3


def test_another_seed_is_another_run(unanswered: Scenario) -> None:
    assert World(unanswered, 11).play().transcripts != World(unanswered, 12).play().transcripts


def test_the_encounter_is_said_in_full(encounter: Finished) -> None:
    names = [line.name for line, _ in encounter.run.said()]
    assert [name for name in names if " " not in name] == ["m1", "m2", "m3", "m4", "m5"]
    assert len(names) == 13
    assert encounter.run.notes == ()


def test_a_statement_that_is_lost_is_sent_again() -> None:
    scenario = loads(UNANSWERED.read_bytes().replace(b"loss: 20 %", b"loss: 60 %"))
    run = World(scenario, 7).play().run
    lost = {note.words.partition(" to ")[2].partition(":lost")[0] for note in run.notes if note.what == "LOST"}
    view = run.message("flash")
    assert view is not None and lost
    delivered = [rung for rung in view.rungs if rung.stage == "DELIVERED"]
    assert {rung.value for rung in delivered} == {"RECEIVED"}
    latest_ns = max(rung.said_at_ns or 0 for rung in delivered)
    assert latest_ns - view.sealed_at_ns > 4_000_000_000, "only the first retry brought it"


def test_over_a_dead_line_nothing_is_sealed(changed: Change) -> None:
    run = World(changed("loss: 2 %", "loss: 100 %"), 1).play().run
    view = run.message("m1")
    assert view is not None and view.sequence == 0, "nothing is sealed before a peer has answered"
    assert not any(line.number is not None for line, _ in run.said())


def test_over_a_slow_line_receipts_come_late(changed: Change) -> None:
    run = World(changed("median: 300 ms, p90: 800 ms", "median: 70 s, p90: 71 s"), 1).play().run
    view = run.message("m1")
    assert view is not None
    rung = view.rung("CHN:fleet-watch", "DELIVERED")
    assert rung is not None and rung.verdict == "LATE"
    assert rung.said_at_ns is not None and rung.learned_at_ns is not None and rung.learned_at_ns > rung.said_at_ns


def test_what_is_about_nothing_said_is_noted_and_not_said(changed: Change) -> None:
    needs = "    only_if: [{message: m1, reaches: DONE, by: CHN:fleet-watch}]\n"
    run = World(changed(needs, "", "DONE: reporting", "DONE: 20 min"), 1).play().run
    assert run.message("m2") is None
    assert [(note.what, note.post) for note in run.notes] == [("NOT_SAID", "AUS:fleet-watch")]
    assert "m1 DONE by CHN:fleet-watch has not been said" in run.notes[0].words


def test_what_an_agreement_does_not_allow_is_noted_and_not_said(changed: Change) -> None:
    run = World(changed("by: [aus-watch-1, aus-release-1]", "by: aus-watch-1"), 1).play().run
    assert run.message("m3") is None and run.message("m5") is not None
    flash, its_update = run.notes
    assert (flash.what, its_update.what) == ("NOT_SAID", "NOT_SAID")
    assert flash.words.startswith("m3: SIGNATURE_COUNT") and its_update.words.startswith("m4: NOT_HELD")

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
from tests.sim.conftest import UNANSWERED, Change

from hotline.keys import published_signer
from hotline_sim.channel import open_channel
from hotline_sim.conclude import conclude
from hotline_sim.network import FetchAt, Network, Parcel
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


def test_whatever_is_lost_is_sent_again_or_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two statements a second apart over a line that loses most frames: often the links of both come before a body."""
    text = (
        UNANSWERED.read_text(encoding="utf-8").replace("loss: 20 %", "loss: 60 %").replace("after: 10 s", "after: 1 s")
    )
    scenario = loads(
        text.replace("{message: flash, reaches: READ, by: CHN:fleet-watch}", "{time: T+00:00:20}").encode()
    )
    sent: list[tuple[Parcel, bool]] = []
    send = Network.send

    def noted(self: Network, sender: str, receiver: str, parcel: Parcel, now_ms: int) -> bool:
        arrives = send(self, sender, receiver, parcel, now_ms)
        sent.append((parcel, arrives))
        return arrives

    monkeypatch.setattr(Network, "send", noted)
    for seed in range(12, 22):
        run = World(scenario, seed).play().run
        for name in ("flash", "after-read"):
            view = run.message(name)
            assert view is not None
            assert {rung.value for rung in view.rungs if rung.stage == "DELIVERED"} == {"RECEIVED"}
    fetches = [arrives for parcel, arrives in sent if isinstance(parcel, FetchAt)]
    assert True in fetches and False in fetches
    assert 0.55 < sum(not arrives for _, arrives in sent) / len(sent) < 0.65


def test_over_a_dead_line_nothing_is_sealed(changed: Change) -> None:
    run = World(changed("loss: 2 %", "loss: 100 %"), 1).play().run
    view = run.message("m1")
    assert view is not None and view.sequence == 0, "nothing is sealed before a peer has answered"
    assert all(line.is_message for line, _ in run.said())


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


def test_the_longest_run_there_may_be_has_certificates_to_its_end() -> None:
    text = UNANSWERED.read_text(encoding="utf-8").replace("duration: 6 min", "duration: 144 h")
    longest = loads(text.encode())
    assert open_channel(longest, published_signer).trust.agreement.channel == longest.meta.id

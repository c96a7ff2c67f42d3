from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.sim.conftest import CHN_UNSTAFFED, Change

from hotline.protocol.errors import UsageError
from hotline_sim.guests import Guests
from hotline_sim.live import play_live
from hotline_sim.progress import Progress
from hotline_sim.projection import Addressee, project
from hotline_sim.run import Finished, newest
from hotline_sim.scenario import Scenario
from hotline_sim.verification import verify_all
from hotline_sim.world import World


def test_a_statement_has_its_facts_verdicts_and_causes(encounter: Finished) -> None:
    by_name = {projected.name: projected for projected in project(encounter.run)}
    assert by_name["m3"].signers == ("aus-release-1 (releaser)", "aus-watch-1 (watch-officer)")
    assert by_name["m3"].addressees == (
        Addressee(
            "CHN:fleet-watch",
            facts=(
                ("DECIDED", "ACCEPTED_IN_PART"),
                ("DELIVERED", "RECEIVED"),
                ("PRESENTED", "PRESENTED"),
                ("READ", "READ"),
            ),
            verdicts=tuple((stage, "IN_TIME") for stage in ("DECIDED", "DELIVERED", "PRESENTED", "READ")),
        ),
    )
    assert by_name["m2"].after == ("m1", "m1.3 DONE by CHN:fleet-watch")
    assert by_name["m1"].marks == ("CONTRADICTED",)


def test_times_and_identifiers_are_left_out(toowoomba: Scenario, encounter: Finished) -> None:
    other = World(toowoomba, 99).play()
    assert other.transcripts != encounter.transcripts
    assert project(other.run) == project(encounter.run)


def test_what_opens_a_thread_has_seen_nothing_of_it(encounter: Finished) -> None:
    views = encounter.run.views["AUS:fleet-watch"].values()
    opener = next(view for view in views if not view.statement.header.thread)
    assert newest(views, opener.digest) and newest(views, b"") == []


def test_another_course_of_events_is_another_projection(changed: Change, encounter: Finished) -> None:
    silent = World(changed(*CHN_UNSTAFFED), 20231114).play()
    slow = World(changed("PRESENTED: presenting", "PRESENTED: 6 min"), 20231114).play()
    assert len({project(run) for run in (encounter.run, silent.run, slow.run)}) == 3


@pytest.mark.parametrize(("name", "speed"), [("toowoomba", 200), ("unanswered", 60)])
async def test_a_live_run_has_the_projection_of_the_virtual_one(
    name: str, speed: int, request: pytest.FixtureRequest
) -> None:
    scenario: Scenario = request.getfixturevalue(name)
    shown: list[Progress] = []
    live = await play_live(scenario, scenario.meta.seed, speed, shown.append)
    assert project(live.run) == project(World(scenario, scenario.meta.seed).play().run)
    evidence = verify_all(live.transcripts, live.agreement.digest, {})
    assert evidence.ok and all(proof.pinned for proof in evidence.proofs)
    assert {progress.run.speed for progress in shown if progress.run} == {speed}


async def test_a_mixed_run_has_a_node_that_somebody_else_starts(hasty: Scenario) -> None:
    """A node process of our own stands for another's: it is started by the test, once the site is laid out."""
    with TemporaryDirectory(prefix="mixed-") as folder:
        guests = Guests(frozenset({"CHN:fleet-watch"}), Path(folder), lead_s=15)
        started: list[subprocess.Popen[bytes]] = []

        def show(progress: Progress) -> None:
            if "waiting for the nodes of CHN:fleet-watch" in progress.words and not started:
                config = progress.words.rpartition(" ")[2]
                started.append(subprocess.Popen([sys.executable, "-m", "hotline.node", config]))

        try:
            live = await play_live(hasty, hasty.meta.seed, 20, show, guests)
        finally:
            for process in started:
                process.terminate()
                process.wait()
        assert project(live.run) == project(World(hasty, hasty.meta.seed).play().run)


@pytest.mark.parametrize(("post", "code"), [("X:y", "UNKNOWN_POST")])
async def test_a_guest_is_a_post_of_the_scenario(hasty: Scenario, post: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        await play_live(hasty, 1, 20, lambda _: None, Guests(frozenset({post})))
    assert refused.value.code == code

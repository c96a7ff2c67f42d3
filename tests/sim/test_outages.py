"""Lines and nodes that fail, and watches that come and go, in virtual time and on real nodes."""

from __future__ import annotations

import pytest
from tests.sim.conftest import Change, hasty_text
from tests.sim.test_presence import WINDOWS, A, B, outage

from hotline.protocol.errors import UsageError
from hotline_sim.conclude import conclude
from hotline_sim.guests import Guests
from hotline_sim.live import play_live
from hotline_sim.outcome import StageOutcome
from hotline_sim.result import RunResult
from hotline_sim.scenario import Scenario, loads
from hotline_sim.world import World

C = "NATO/DEU:north-sea-watch"


def run(scenario: Scenario) -> RunResult:
    return conclude(World(scenario, scenario.meta.seed).play())


def stage(result: RunResult, message: str, name: str) -> StageOutcome:
    found = result.picture.message(message).stage(name)
    assert found is not None
    return found


def notes(result: RunResult) -> list[str]:
    return [note.what for note in result.picture.run.notes]


def test_what_is_cut_off_comes_when_the_line_is_whole_again(changed: Change) -> None:
    result = run(changed(*outage(f"line: [{A}, {B}], from: T+00:00:30, until: T+00:03:00")))
    delivered = stage(result, "m1", "DELIVERED")
    assert delivered.verdict == "LATE" and (delivered.said_ms or 0) >= 180_000
    assert {"CUT", "JOINED", "SILENT"} <= set(notes(result)) and result.evidence.ok
    assert "CUT           the line to CHN:fleet-watch" in result.trace


def test_what_was_on_its_way_is_lost_with_the_line(changed: Change) -> None:
    slow = ("median: 300 ms, p90: 800 ms", "median: 20 s, p90: 21 s")
    result = run(changed(*slow, *outage(f"line: [{A}, {B}], from: T+00:01:10, until: T+00:02:00")))
    assert stage(result, "m1", "DELIVERED").said_ms is not None and result.evidence.ok
    assert (stage(result, "m1", "DELIVERED").said_ms or 0) > 120_000


def test_a_node_starts_again_from_its_journal_and_forgets_nothing(changed: Change) -> None:
    result = run(changed(*outage(f"node: {B}, from: T+00:03:00, until: T+00:10:00")))
    assert {"NODE_DOWN", "NODE_UP"} <= set(notes(result)) and result.evidence.ok
    assert result.ok, "what it said before stands, and it reads what comes afterwards"


def test_a_sender_that_is_down_says_nothing(changed: Change) -> None:
    result = run(changed(*outage(f"node: {A}, from: T+00:00:30, until: T+00:40:00")))
    assert result.picture.message("m1").said_ms is None
    words = [note.words for note in result.picture.run.notes if note.what == "NOT_SAID"]
    assert "m1: the node is down" in words


def test_a_message_waits_for_the_only_peer_to_come(changed: Change) -> None:
    result = run(changed(*outage(f"node: {B}, from: T+00:00:00, until: T+00:02:00")))
    sealed_ms = result.picture.message("m1").said_ms
    assert sealed_ms is not None and sealed_ms >= 120_000, "nothing is sealed before a peer has answered"
    assert stage(result, "m1", "DELIVERED").verdict == "IN_TIME" and result.evidence.ok


def test_a_watch_that_comes_is_shown_what_waits(changed: Change) -> None:
    result = run(changed(*WINDOWS))
    presented = stage(result, "m1", "PRESENTED")
    assert presented.said_ms is not None and 300_000 <= presented.said_ms < 310_000
    assert {"MANNED", "LEFT", "UNSTAFFED"} <= set(notes(result))
    assert "UNSTAFFED     m1 ActivityNotice IMMEDIATE" in result.trace


@pytest.mark.parametrize("down", [f"line: [{A}, {B}]", f"node: {B}"])
async def test_what_a_guest_runs_is_not_taken_down(changed: Change, down: str) -> None:
    scenario = changed(*outage(f"{down}, from: T+00:01:00, until: T+00:02:00"))
    with pytest.raises(UsageError) as refused:
        await play_live(scenario, 1, 60, lambda progress: None, Guests(frozenset({B})))
    assert refused.value.code == "VIRTUAL_ONLY"


async def test_lines_between_node_processes_are_cut() -> None:
    """Both lines of B: over one of them it would fetch what was lost with the other."""
    old, new = outage(f"line: [{A}, {B}], from: T+00:00:00, until: T+00:00:40")
    both = new.replace("}]", f"}}, {{line: [{C}, {B}], from: T+00:00:00, until: T+00:00:40, assumed: made up}}]")
    scenario = loads(hasty_text().replace(old, both).encode())
    live = await play_live(scenario, scenario.meta.seed, 20, lambda progress: None)
    assert [note.what for note in live.run.notes if note.what in ("CUT", "JOINED")] == ["CUT"] * 2 + ["JOINED"] * 2
    message = live.run.message("flash")
    delivered = message.rung(B, "DELIVERED") if message else None
    assert delivered is not None and (delivered.said_at_ns or 2**63) >= scenario.utc_ns(40_000)


async def test_real_nodes_go_down_and_watches_come_and_go(changed: Change) -> None:
    scenario = changed(*WINDOWS, *outage(f"node: {B}, from: T+00:12:00, until: T+00:18:00"))
    result = conclude(await play_live(scenario, scenario.meta.seed, 100, lambda progress: None))
    assert {"NODE_DOWN", "NODE_UP", "MANNED", "LEFT"} <= set(notes(result))
    assert stage(result, "m1", "READ").value == "READ" and stage(result, "m3", "DECIDED").value == "ACCEPTED_IN_PART"
    assert result.evidence.ok

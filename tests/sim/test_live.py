from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from hotline.protocol.errors import TransportError, UsageError
from hotline_sim import live
from hotline_sim.live import play_live
from hotline_sim.nodes import NodeProcesses
from hotline_sim.progress import Progress
from hotline_sim.rig import Rig, build_rig
from hotline_sim.scenario import Scenario


def ignore(progress: Progress) -> None:
    """Show nothing."""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[NodeProcesses]:
    """Every set of node processes that a test starts."""
    found: list[NodeProcesses] = []

    class Noted(NodeProcesses):
        async def __aenter__(self) -> NodeProcesses:
            found.append(self)
            return await super().__aenter__()

    monkeypatch.setattr(live, "NodeProcesses", Noted)
    return found


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folder of every rig that a test builds."""
    found: list[Path] = []

    def noted(scenario: Scenario, folder: Path, speed: int, real_start_ns: int) -> Rig:
        found.append(folder)
        return build_rig(scenario, folder, speed, real_start_ns)

    monkeypatch.setattr(live, "build_rig", noted)
    return found


def left(folders: list[Path]) -> list[Path]:
    assert folders, "no rig was built"
    return [folder for folder in folders if folder.exists()]


@pytest.mark.parametrize("speed", [0, -1, 601])
async def test_a_speed_that_no_clock_has_is_refused(toowoomba: Scenario, speed: int) -> None:
    with pytest.raises(UsageError) as refused:
        await play_live(toowoomba, 1, speed, ignore)
    assert refused.value.code == "SPEED_INVALID"


async def test_a_node_that_dies_ends_the_run_and_leaves_nothing(
    toowoomba: Scenario, started: list[NodeProcesses], folders: list[Path]
) -> None:
    def kill_one(progress: Progress) -> None:
        if progress.run is not None and progress.run.now_ms > 0:
            os.kill(started[-1].pids["CHN:fleet-watch"], signal.SIGKILL)

    with pytest.raises(TransportError) as failed:
        await play_live(toowoomba, 1, 60, kill_one)
    assert failed.value.code == "NODE_UNREACHABLE" and "CHN:fleet-watch ended with -9" in failed.value.detail
    assert all(gone(pid) for nodes in started for pid in nodes.pids.values())
    assert left(folders) == []


async def test_a_run_that_is_broken_off_stops_its_nodes(
    toowoomba: Scenario, started: list[NodeProcesses], folders: list[Path]
) -> None:
    running = asyncio.Event()

    def under_way(progress: Progress) -> None:
        if progress.run is not None:
            running.set()

    task = asyncio.create_task(play_live(toowoomba, 1, 60, under_way))
    async with asyncio.timeout(60):
        await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(gone(pid) for nodes in started for pid in nodes.pids.values())
    assert left(folders) == []


async def test_nodes_that_start_too_late_are_given_more_time(
    unanswered: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LEADS_S", (0, 0))
    words: list[str] = []
    with pytest.raises(TransportError) as failed:
        await play_live(unanswered, 1, 60, lambda progress: words.append(progress.words))
    assert failed.value.code == "NODE_UNREACHABLE"
    assert sum("once more" in said for said in words) == 2


async def test_what_is_about_nothing_said_is_noted_and_not_said(hasty: Scenario) -> None:
    finished = await play_live(hasty, 1, 20, ignore)
    assert finished.run.message("after-read") is None and finished.run.message("flash") is not None
    (note,) = [note for note in finished.run.notes if note.what == "NOT_SAID"]
    assert note.words.startswith("after-read: NOT_HELD")


async def watch_until_it_ends(nodes: NodeProcesses) -> None:
    async with asyncio.timeout(60):
        while True:
            nodes.check()
            await asyncio.sleep(0.05)


async def test_a_node_that_cannot_start_says_why(tmp_path: Path) -> None:
    configs, logs = ({"AUS:fleet-watch": tmp_path / name} for name in ("none.yaml", "log"))
    async with NodeProcesses(configs, logs) as nodes:
        with pytest.raises(TransportError) as failed:
            await watch_until_it_ends(nodes)
    assert failed.value.code == "NODE_UNREACHABLE" and "CONFIG_INVALID" in failed.value.detail


async def test_a_node_that_does_not_stop_is_ended(
    unanswered: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline_sim.nodes._STOP_S", 0.0)
    rig = build_rig(unanswered, tmp_path, 60, 0)
    async with NodeProcesses(rig.configs, rig.logs) as nodes:
        pids = nodes.pids
    assert len(pids) == 3 and all(gone(pid) for pid in pids.values())

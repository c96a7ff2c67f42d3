"""Live runs on a clock that jumps: they agree with virtual time, and do not depend on how fast anything is."""

from __future__ import annotations

import asyncio

import pytest
from tests.sim.conftest import Change
from tests.sim.test_presence import WINDOWS, A, B, outage

from hotline.journal import JournalStorageError
from hotline.protocol.effects import Fetch, Send
from hotline.protocol.errors import TransportError
from hotline.protocol.instant import NS_PER_S
from hotline_sim import twins
from hotline_sim.jump import play_jump, stage
from hotline_sim.jump.clock import MovedClock
from hotline_sim.jump.nodes import HeldNode
from hotline_sim.jump.traffic import Traffic
from hotline_sim.progress import Progress
from hotline_sim.projection import times
from hotline_sim.run import JUMPS
from hotline_sim.scenario import Scenario, bundled, load
from hotline_sim.twins import Compared, both, differences
from hotline_sim.world import World


def ignore(progress: Progress) -> None:
    """Show nothing."""


# What is played here stands for all: three posts of which one is silent, a line that is cut in the closed loop, and
# openers of several threads under a suspension; the exchange below has Frames that are lost.
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("decatur-2018", "line-lost"),
        ("brahmos-2022", "with-line"),
        ("suspension-synthetic", None),
    ],
)
async def test_real_nodes_and_virtual_time_agree(name: str, variant: str | None) -> None:
    compared = await both(load(bundled()[name], variant))
    assert compared.parted == () and compared.statements > 0 and compared.same_times


async def test_even_the_times_are_those_of_virtual_time(toowoomba: Scenario) -> None:
    """The same draws delay the same Frames; nothing of the machine's speed comes in."""
    shown: list[Progress] = []
    live = await play_jump(toowoomba, toowoomba.meta.seed, shown.append)
    virtual = World(toowoomba, toowoomba.meta.seed).play()
    assert differences(virtual.run, live.run) == [] and times(live.run) == times(virtual.run)
    assert {progress.run.speed for progress in shown if progress.run} == {JUMPS}
    assert live.run.clock == "live, on a clock that jumps"


async def test_nodes_go_down_and_lines_are_cut_while_watches_come_and_go(changed: Change) -> None:
    down = f"node: {B}, from: T+00:12:00, until: T+00:18:00"
    scenario = changed(*WINDOWS, *outage(down))
    live, virtual = await play_jump(scenario, 1, ignore), World(scenario, 1).play()
    assert differences(virtual.run, live.run) == []
    assert {"NODE_DOWN", "NODE_UP", "MANNED", "LEFT"} <= {note.what for note in live.run.notes}


async def test_nodes_that_do_not_come_to_rest_are_given_up(
    toowoomba: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "_QUIET_S", 0.0)
    with pytest.raises(TransportError) as failed:
        await play_jump(toowoomba, 1, ignore)
    assert failed.value.code == "NODE_UNREACHABLE" and "no rest within" in failed.value.detail


async def test_a_node_that_ends_by_itself_ends_the_run(toowoomba: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ended(node: HeldNode) -> None:
        raise JournalStorageError("JOURNAL_IO", "the disk is gone")

    monkeypatch.setattr(HeldNode, "ended", ended)
    with pytest.raises(TransportError) as failed:
        await play_jump(toowoomba, 1, ignore)
    assert failed.value.code == "NODE_UNREACHABLE" and "the disk is gone" in failed.value.detail


async def test_a_run_that_is_broken_off_leaves_no_node(toowoomba: Scenario) -> None:
    running = asyncio.Event()

    def under_way(progress: Progress) -> None:
        if progress.run is not None:
            running.set()

    task = asyncio.create_task(play_jump(toowoomba, 1, under_way))
    async with asyncio.timeout(60):
        await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    own = asyncio.current_task()
    left = [each for each in asyncio.all_tasks() if each is not own and "hotline" in repr(each.get_coro())]
    assert left == []


def test_a_clock_is_moved_on_and_never_back() -> None:
    clock = MovedClock(5 * NS_PER_S)
    clock.move_to(2 * NS_PER_S)
    clock.move_to(NS_PER_S)
    assert (clock.ms, clock.now().mono_ns, clock.now().utc_ns) == (2000, 2 * NS_PER_S, 7 * NS_PER_S)
    assert clock.seconds_until(2 * NS_PER_S) == 0 and clock.seconds_until(3 * NS_PER_S) > 3600


class Line:
    """Traffic between two posts of a scenario, and what it lost."""

    def __init__(self, scenario: Scenario) -> None:
        self.lost: list[tuple[str, str, bytes]] = []
        self.clock = MovedClock(0)
        self.traffic = Traffic(scenario, 1, self.clock, lambda *told: self.lost.append(told))


def test_a_frame_waits_on_the_exercises_line_and_is_counted_until_it_lands(changed: Change) -> None:
    line = Line(changed("loss: 2 %", "loss: 0 %"))
    line.traffic.put(A, Send(B, b"frame"))
    line.traffic.put(B, Fetch(A, A, 1, 1, 2))
    assert not line.traffic.is_due and not line.traffic.is_flying
    line.clock.move_to(60 * NS_PER_S)
    assert line.traffic.is_due
    due = [line.traffic.pop(), line.traffic.pop()]
    assert not line.traffic.is_due
    assert sorted(due, key=str) == [(A, Send(B, b"frame")), (B, Fetch(A, A, 1, 1, 2))]
    for _ in range(2):
        line.traffic.takes_off(A, Send(B, b"frame"))
    line.traffic.lands(B, b"of a Fetch, counted nowhere")
    line.traffic.lands(B, b"frame")
    assert line.traffic.is_flying
    line.traffic.lands(B, b"frame")
    assert not line.traffic.is_flying and line.lost == []


def test_what_is_lost_is_told_and_what_is_cut_is_gone(changed: Change) -> None:
    line = Line(changed("loss: 2 %", "loss: 100 %"))
    line.traffic.put(A, Send(B, b"frame"))
    assert line.lost == [(A, B, b"frame")] and line.traffic.next_ms is None
    line.traffic.takes_off(A, Send(B, b"frame"))
    line.traffic.cut(B, A)
    assert not line.traffic.is_flying


def test_the_command_tells_how_each_went(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def played(scenario: Scenario, speed: int) -> Compared:
        parted = () if scenario.meta.variant else ("statement m1: virtual this, live that",)
        return Compared(4, 17, parted, scenario.meta.variant == "with-line")

    monkeypatch.setattr(twins, "both", played)
    assert twins.main(["decatur-2018"]) == 1
    told = capsys.readouterr().out
    assert (
        told.count("agree, times too\n") == 1
        and told.count("agree\n") == 3
        and told.count("differ\n") == 1
        and "4 played, 3 agree" in told
    )
    assert "\n    statement m1: virtual this, live that\n" in told
    with pytest.raises(SystemExit):
        twins.main(["no-such-scenario"])
    assert "no-such-scenario" in capsys.readouterr().err

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from hotline_sim.demo import run_virtual
from hotline_sim.plot import Plot
from hotline_sim.progress import Progress
from hotline_sim.result import RunResult
from hotline_sim.run import Finished, Run
from hotline_sim.scenario import Scenario
from hotline_sim.screen import Screen, draw
from hotline_sim.verdict import verdict


def lines_of(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def console(width: int = 100, height: int = 30) -> Console:
    return Console(file=io.StringIO(), width=width, height=height, color_system=None)


def drawn(scenario: Scenario, progress: Progress, width: int, height: int) -> list[str]:
    page = console(width, height)
    page.print(draw(scenario, Plot(scenario), progress, height))
    return lines_of(page)


@pytest.fixture(scope="module")
def over(encounter: Finished) -> Run:
    """The run at its end, as if it had been live."""
    return replace(encounter.run, speed=60)


@pytest.mark.parametrize(("width", "height"), [(100, 30), (120, 40), (80, 24)])
def test_the_picture_fits_the_terminal(toowoomba: Scenario, over: Run, width: int, height: int) -> None:
    lines = drawn(toowoomba, Progress("", over), width, height)
    assert max(cell_len(line) for line in lines) <= width
    assert len(lines) <= max(height, 30)


def test_it_shows_ships_messages_stages_deadlines_and_ranges(toowoomba: Scenario, over: Run) -> None:
    text = "\n".join(drawn(toowoomba, Progress("", over), 100, 30))
    assert "EXERCISE" in text and "counterfactual" in text and "60 times real speed" in text
    assert "HMAS Toowoomba ◆" in text and "◀ Ningbo" in text and "closest approach is past" in text
    for words in ("m1 ActivityNotice", "IMMEDIATE AUS→CHN", "FLASH AUS→CHN", "✓ 01:26 6.66", "by 31:00"):
        assert words in text
    assert text.count("✗ contradicted") == 1


def test_while_it_is_waited_for_the_time_left_is_shown(toowoomba: Scenario, over: Run) -> None:
    asked = {line.name: digest for digest, line in over.lines.items()}["m1"]
    view = over.views["AUS:fleet-watch"][asked]
    delivered, read = (rung for rung in view.rungs if rung.stage in ("DELIVERED", "READ"))
    waiting = replace(view, rungs=(delivered, replace(read, value="", said_at_ns=None, verdict="WAITING")))
    run = replace(over, now_ms=120_000, lines={asked: over.lines[asked]}, views={"AUS:fleet-watch": {asked: waiting}})
    text = "\n".join(drawn(toowoomba, Progress("", run), 100, 30))
    assert "… 29:00 left" in text and "closing" in text and "TCPA" in text


def test_before_the_nodes_are_up_it_says_what_is_being_done(toowoomba: Scenario) -> None:
    assert "starting 2 nodes" in "\n".join(drawn(toowoomba, Progress("starting 2 nodes"), 100, 30))


def test_elsewhere_than_on_a_terminal_each_event_is_one_line_once(toowoomba: Scenario, over: Run) -> None:
    page = console()
    with Screen(page, toowoomba) as screen:
        screen.show(Progress("starting 2 nodes"))
        screen.show(Progress("starting 2 nodes"))
        screen.show(Progress("", replace(over, now_ms=62_000)))
        screen.show(Progress("", over))
        screen.show(Progress("", over))
    lines = lines_of(page)
    assert lines[0].startswith("EXERCISE") and lines[1].startswith("Counterfactual: every message")
    assert lines[2] == "starting 2 nodes" and lines.count("starting 2 nodes") == 1
    assert len([line for line in lines if "  READ  " in line]) == 5
    assert len([line for line in lines if "CLOSEST" in line]) == 1
    assert not any("\x1b" in line for line in lines)


def test_a_live_terminal_is_given_back(toowoomba: Scenario, over: Run) -> None:
    page = Console(file=io.StringIO(), force_terminal=True, width=100, height=30)
    with Screen(page, toowoomba) as screen:
        screen.show(Progress("", over))
    written = "\n".join(lines_of(page))
    assert written.count("\x1b[?1049h") == written.count("\x1b[?1049l") == 1


def test_the_verdict_says_what_was_in_time_and_what_the_track_said(result: RunResult) -> None:
    page = console()
    page.print(verdict(result))
    text = " ".join(" ".join(line.strip("┃┏┓┗┛━ ") for line in lines_of(page)).split())
    assert "everything expected came true" in text
    assert "Read 5 of 5 in time" in text and "m1 27 min 09 s before" in text
    assert "F4 m1 was acknowledged" in text and "contradicted by the track; m2 at T+00:17:18, 2.92 nmi" in text
    assert "2 of 2 transcripts verify offline, PINNED" in text and "every message (m1, m2, m3, m4, m5)" in text


def test_a_verdict_counts_what_is_late_or_missing(unanswered: Scenario) -> None:
    page = console()
    page.print(verdict(run_virtual(unanswered)))
    text = " ".join(" ".join(lines_of(page)).split())
    assert "Delivered 3 of 3 in time" in text and "Read 1 of 2 in time, 1 still waited for" in text
    assert "Closest" not in text and "none of the messages" in text


def test_a_verdict_that_is_bad_says_what_was_found(result: RunResult) -> None:
    failed = replace(result.expectations[0], ok=False, found="EXPIRED")
    page = console()
    page.print(verdict(replace(result, expectations=(failed,))))
    text = " ".join(" ".join(line.strip("┃┏┓┗┛━ ") for line in lines_of(page)).split())
    assert "not everything expected came true" in text and "found EXPIRED" in text

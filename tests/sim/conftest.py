from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from hotline_sim.conclude import conclude
from hotline_sim.demo import run_virtual
from hotline_sim.result import RunResult
from hotline_sim.run import Finished
from hotline_sim.scenario import Scenario, bundled, load, loads
from hotline_sim.world import World

TOOWOOMBA = "toowoomba-ningbo-2023"
UNANSWERED = Path(__file__).with_name("unanswered.yaml")

HASTY_EXPECTATIONS = """
expectations:
  - {message: flash, addressee: CHN:fleet-watch, stage: DELIVERED, verdict: IN_TIME, failure: F1}
  - {message: after-read, addressee: CHN:fleet-watch, stage: DELIVERED, verdict: NONE}
"""

Change = Callable[..., Scenario]
CHN_UNSTAFFED = ("staffed: yes\n    officers:\n      - {name: chn", "staffed: no\n    officers:\n      - {name: chn")


@pytest.fixture
def toowoomba_text() -> str:
    """The bundled scenario as written, for tests that spoil a line of it."""
    return bundled()[TOOWOOMBA].read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def toowoomba() -> Scenario:
    return load(bundled()[TOOWOOMBA])


@pytest.fixture(scope="session")
def unanswered() -> Scenario:
    """Three posts, no ships, a line that loses frames; what is asked for comes late, or never."""
    return load(UNANSWERED)


@pytest.fixture(scope="session")
def hasty() -> Scenario:
    """One minute of `unanswered`, in which the second message comes before the one it belongs to."""
    return loads(hasty_text().encode())


def hasty_text() -> str:
    text = UNANSWERED.read_text(encoding="utf-8").replace("duration: 6 min", "duration: 1 min")
    text = text.replace("{message: flash, reaches: READ, by: CHN:fleet-watch}", "{time: T+00:00:01}")
    return text[: text.index("expectations:")] + HASTY_EXPECTATIONS


@pytest.fixture
def changed(toowoomba_text: str) -> Change:
    """The bundled scenario with some of its words replaced: `changed("loss: 2 %", "loss: 100 %")`."""

    def change(*words: str) -> Scenario:
        text = toowoomba_text
        for old, new in zip(words[::2], words[1::2], strict=True):
            assert old in text, old
            text = text.replace(old, new)
        return loads(text.encode())

    return change


@pytest.fixture(scope="session")
def bundled_runs() -> Callable[[str], RunResult]:
    """What a bundled scenario gives with its own seed, by id; each is run once."""

    @cache
    def run(name: str) -> RunResult:
        return run_virtual(load(bundled()[name]))

    return run


@pytest.fixture(scope="session")
def encounter(toowoomba: Scenario) -> Finished:
    """The bundled scenario, run in virtual time."""
    return World(toowoomba, toowoomba.meta.seed).play()


@pytest.fixture(scope="session")
def result(encounter: Finished) -> RunResult:
    return conclude(encounter)

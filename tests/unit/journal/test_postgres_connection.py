"""How long a server may be silent. Real servers that hang: tests/journals."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from psycopg.waiting import Ready

from hotline.journal import postgres_connection
from hotline.journal.postgres_connection import NoAnswerError

BOUND_S = 5.0
SILENT, READY = 0, Ready.R
Steps = Generator[int, int, list[int]]


class Clock:
    """Stands for the module `time`."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(postgres_connection, "time", made)
    return made


def answers(count: int) -> Steps:
    """Ends when something was there so often; every look of the library."""
    looks: list[int] = []
    while sum(map(bool, looks)) < count:
        looks.append((yield 1))
    return looks


def played(clock: Clock, steps: Steps, *looks: tuple[float, int]) -> list[int]:
    """What comes of looks at so many seconds."""
    next(steps)
    for at_s, ready in looks:
        clock.now_s = at_s
        try:
            steps.send(ready)
        except StopIteration as done:
            return list(done.value)
    pytest.fail("it waits on")


def within(count: int) -> Steps:
    return postgres_connection._within(answers(count), BOUND_S)  # type: ignore[arg-type]


def test_silence_has_an_end(clock: Clock) -> None:
    with pytest.raises(NoAnswerError, match=r"the server has not answered for 5\.0 s"):
        played(clock, within(1), (1.0, SILENT), (4.9, SILENT), (5.0, SILENT))


def test_an_answer_that_is_there_is_taken_however_late(clock: Clock) -> None:
    """As after this process was paused."""
    assert played(clock, within(1), (1.0, SILENT), (3_600.0, READY)) == [SILENT, READY]


def test_a_slow_line_is_not_silent(clock: Clock) -> None:
    looks = [(4.0 * number, READY) for number in range(1, 11)]
    assert played(clock, within(10), *looks) == [READY] * 10
    with pytest.raises(NoAnswerError):
        played(clock, within(2), (44.0, READY), (48.9, SILENT), (49.0, SILENT))

from __future__ import annotations

import time

import pytest

from hotline import v1
from hotline.node.clock import ExerciseClock, RealClock, clock_of
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_S, Instant, to_timestamp

REAL_START_S, EXERCISE_START_S, MONOTONIC_S = 2_000_000_000, 1_700_000_000, 500


@pytest.fixture
def ten_seconds_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clocks, ten seconds after the exercise began."""
    monkeypatch.setattr(time, "time_ns", lambda: (REAL_START_S + 10) * NS_PER_S)
    monkeypatch.setattr(time, "monotonic_ns", lambda: MONOTONIC_S * NS_PER_S)


def rules(speed: int) -> v1.ExerciseClock:
    return v1.ExerciseClock(
        real_start=to_timestamp(REAL_START_S * NS_PER_S),
        exercise_start=to_timestamp(EXERCISE_START_S * NS_PER_S),
        speed=speed,
    )


@pytest.mark.usefixtures("ten_seconds_in")
def test_an_exercise_second_passes_speed_times_a_real_second() -> None:
    clock = ExerciseClock(rules(60))
    assert clock.now() == Instant(60 * MONOTONIC_S * NS_PER_S, (EXERCISE_START_S + 600) * NS_PER_S)
    assert clock.seconds_until((60 * MONOTONIC_S + 90) * NS_PER_S) == 1.5
    assert clock.seconds_until(59 * MONOTONIC_S * NS_PER_S) == 0


@pytest.mark.usefixtures("ten_seconds_in")
def test_real_time_is_the_machines() -> None:
    assert RealClock().now() == Instant(MONOTONIC_S * NS_PER_S, (REAL_START_S + 10) * NS_PER_S)
    assert RealClock().seconds_until((MONOTONIC_S + 2) * NS_PER_S) == 2
    assert RealClock().seconds_until(0) == 0


def test_the_agreement_names_the_clock_and_only_an_exercise_has_one() -> None:
    assert isinstance(clock_of(v1.Agreement(kind=v1.KIND_ACTUAL)), RealClock)
    assert isinstance(clock_of(v1.Agreement(kind=v1.KIND_EXERCISE, exercise_clock=rules(1))), ExerciseClock)
    for wrong in (
        v1.Agreement(kind=v1.KIND_ACTUAL, exercise_clock=rules(1)),
        v1.Agreement(kind=v1.KIND_EXERCISE),
    ):
        with pytest.raises(UsageError, match="WRONG_KIND"):
            clock_of(wrong)

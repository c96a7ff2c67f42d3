"""What values of a campaign are drawn from."""

from __future__ import annotations

import pytest

from hotline.protocol.errors import UsageError
from hotline_sim.campaign.distributions import parse_distribution, parse_sweep
from hotline_sim.campaign.quantities import read_quantity, short
from hotline_sim.draw import Stream

_STREAM = Stream(1, "shares")
SHARES = [_STREAM.share() for _ in range(2000)]


def drawn(text: str) -> list[float]:
    distribution = parse_distribution(text)
    found = [read_quantity(distribution.value(share, number)) for number, share in enumerate(SHARES)]
    return sorted(each.base for each in found if each is not None)


def test_uniform_fills_its_limits() -> None:
    values = drawn("uniform(10 s, 1 min)")
    assert 10_000 <= values[0] < 10_200 < 59_800 < values[-1] <= 60_000
    assert values[1000] == pytest.approx(35_000, rel=0.05)


def test_triangular_has_its_mode() -> None:
    values = drawn("triangular(0 m, 100 m, 400 m)")
    assert values[0] >= 0 and values[-1] <= 400
    # A quarter of the area lies left of the mode.
    assert sum(value < 100 for value in values) / 2000 == pytest.approx(0.25, abs=0.03)


def test_lognormal_is_given_by_median_and_p90() -> None:
    values = drawn("lognormal(25 s, 60 s)")
    assert values[1000] == pytest.approx(25_000, rel=0.06) and values[1800] == pytest.approx(60_000, rel=0.08)


def test_choices_and_lists() -> None:
    choice, listed = parse_distribution("choice(yes, no)"), parse_distribution("list(1 kn, 2 kn, 3 kn)")
    assert [choice.value(share, 0) for share in (0.1, 0.6)] == ["yes", "no"]
    assert [listed.value(0.5, number) for number in range(4)] == ["1 kn", "2 kn", "3 kn", "1 kn"]
    places = parse_distribution("choice(31.2 N, 128.3 E; 31.3 N, 128.3 E)")
    assert places.value(0.9, 0) == "31.3 N, 128.3 E"


def test_sweeps() -> None:
    assert parse_sweep("10 s, 30 s") == ("10 s", "30 s")
    assert parse_sweep("linear(0 %, 30 %, 4)") == ("0.00 %", "10.00 %", "20.00 %", "30.00 %")
    assert parse_sweep("log(10 s, 1000 s, 3)") == ("10000 ms", "100000 ms", "1000000 ms")


@pytest.mark.parametrize(
    "text",
    [
        "normal(1 s, 2 s)",
        "uniform(10, 20)",
        "uniform(10 s, 20 m)",
        "uniform(20 s, 10 s)",
        "uniform(20 s, 20 s)",
        "uniform(1 s, 2 s, 3 s)",
        "lognormal(0 s, 3 s)",
        "choice()",
        "10 s",
    ],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="DISTRIBUTION_INVALID"):
        parse_distribution(text)


@pytest.mark.parametrize("text", ["", "1 s, 1 s", "linear(1 s, 2 s)", "linear(1 s, 2 s, 1)", "log(0 s, 2 s, 3)"])
def test_other_sweeps_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="DISTRIBUTION_INVALID"):
        parse_sweep(text)


def test_values_are_short_for_people() -> None:
    told = [short(text) for text in ("90000 ms", "1200000 ms", "250 ms", "3 nmi", "yes", "5400000 ms")]
    assert told == ["1.5 min", "20 min", "0.25 s", "3 nmi", "yes", "1.5 h"]

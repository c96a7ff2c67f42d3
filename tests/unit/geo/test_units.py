from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.geo.units import (
    UNITS,
    Dimension,
    UnitError,
    convert,
    parse_angle_deg,
    parse_duration_ms,
    parse_length_m,
    parse_quantity,
    parse_ratio,
    parse_speed_mps,
)


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("3 nmi", 5556.0),
        ("1.3 nmi", 2407.6),
        ("2400 m", 2400.0),
        ("2.4 km", 2400.0),
        ("150 yd", 137.16),
        ("45ft", 13.716),
    ],
)
def test_lengths(text: str, metres: float) -> None:
    assert parse_length_m(text) == metres


def test_other_dimensions() -> None:
    assert parse_speed_mps("36 km/h") == 10.0
    assert parse_speed_mps("12 kn") == 12 * 1852 / 3600
    assert parse_speed_mps("7.5 m/s") == 7.5
    assert parse_angle_deg("34.0 deg") == 34.0
    assert parse_ratio("5 %") == 0.05


@pytest.mark.parametrize(("text", "ms"), [("45 s", 45_000), ("1.5 min", 90_000), ("2 h", 7_200_000), ("300 ms", 300)])
def test_durations_are_whole_milliseconds(text: str, ms: int) -> None:
    parsed = parse_duration_ms(text)
    assert parsed == ms
    assert isinstance(parsed, int)


@pytest.mark.parametrize(
    ("text", "dimension", "code", "words"),
    [
        ("12", Dimension.SPEED, "BARE_NUMBER", "needs a unit (kn, m/s, km/h): 12"),
        ("12.5", Dimension.LENGTH, "BARE_NUMBER", "needs a unit (nmi, m, km, yd, ft): 12.5"),
        ("3 kn", Dimension.LENGTH, "WRONG_UNIT", "needs a unit of length (nmi, m, km, yd, ft): 3 kn"),
        ("3 miles", Dimension.LENGTH, "WRONG_UNIT", "needs a unit of length"),
        ("three nmi", Dimension.LENGTH, "BAD_QUANTITY", "not a number with a unit of length: 'three nmi'"),
        ("", Dimension.LENGTH, "BAD_QUANTITY", "not a number"),
        ("1e3 m", Dimension.LENGTH, "BAD_QUANTITY", "not a number"),
        ("nan m", Dimension.LENGTH, "BAD_QUANTITY", "not a number"),
        ("1" * 50 + " m", Dimension.LENGTH, "BAD_QUANTITY", "not a number"),
    ],
)
def test_refusals_say_what_is_needed(text: str, dimension: Dimension, code: str, words: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_quantity(text, dimension)
    assert refused.value.code == code
    assert words in str(refused.value)
    assert isinstance(refused.value, ValueError)


def test_a_fraction_of_a_millisecond_is_refused() -> None:
    with pytest.raises(UnitError, match="finer than a millisecond"):
        parse_duration_ms("0.0001 s")


def test_conversion_between_units() -> None:
    assert convert(3, "nmi", "km") == 5.556
    assert convert(220, "km", "nmi") == pytest.approx(118.79, abs=0.01)
    for unit, to in [("nmi", "kn"), ("nmi", "league"), ("league", "nmi")]:
        with pytest.raises(UnitError, match="no conversion"):
            convert(1, unit, to)


BASE = {"length": "m", "speed": "m/s", "angle": "deg", "duration": "ms"}


@given(st.sampled_from(sorted(UNITS.keys() - {"%"})), st.integers(0, 10**6))
def test_text_and_conversion_agree(symbol: str, number: int) -> None:
    dimension = UNITS[symbol].dimension
    assert parse_quantity(f"{number} {symbol}", dimension) == convert(number, symbol, BASE[dimension])


@given(
    st.floats(-1e9, 1e9),
    st.sampled_from(["m", "km", "nmi", "yd", "ft"]),
    st.sampled_from(["m", "km", "nmi", "yd", "ft"]),
)
def test_conversion_there_and_back(value: float, unit: str, to: str) -> None:
    assert math.isclose(convert(convert(value, unit, to), to, unit), value, rel_tol=1e-12, abs_tol=1e-300)

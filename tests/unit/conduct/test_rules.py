from __future__ import annotations

import re
from pathlib import Path

import pytest

from hotline.conduct import colregs, near, told
from hotline.conduct.rules import Basis, SettingError, Settings, rules


def test_every_rule_is_there_in_both_languages() -> None:
    wanted = ["R07", "R08", *(f"R{n}" for n in range(13, 18)), *(f"N{n:02d}" for n in range(1, 19))]
    assert list(rules()) == wanted
    for rule in rules().values():
        assert rule.name.en and re.search("[\u4e00-\u9fff]", rule.name.zh) and rule.source and rule.test


def test_every_rule_but_those_of_flags_is_computed() -> None:
    """Each id stands in the code that computes it."""
    code = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (colregs, near, told))
    for name, rule in rules().items():
        assert (f'"{name}"' in code) == (rule.basis is not Basis.FLAG), name


def test_parameters_are_quantities_that_say_where_they_come_from() -> None:
    for name, rule in rules().items():
        for parameter in rule.parameters:
            assert Settings().number(name, parameter) > 0
            assert f"`{parameter}`" in rule.test, (name, parameter)
    assert str(Settings().of("N08", "range")) == "500 yd, default (E)"
    assert Settings().number("N08", "range") == pytest.approx(457.2)


def test_a_value_set_by_hand() -> None:
    settings = Settings().with_values({"N08.range": "300 m"})
    assert settings.number("N08", "range") == 300.0
    assert settings.shown("N08")["range"] == "300 m, set by hand"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("N08.reach", "1 m"),
        ("N99.range", "1 m"),
        ("N08", "1 m"),
        ("N08.range", "3 min"),
        ("N08.range", "300"),
        ("N10.calls", "-1"),
    ],
)
def test_a_value_that_cannot_be_set(name: str, value: str) -> None:
    with pytest.raises(SettingError):
        Settings().with_values({name: value})

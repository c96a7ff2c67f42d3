"""The rules as data, and the values of their parameters for one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from hotline import v1
from hotline.geo.units import Dimension, UnitError, parse_quantity, symbols

_RuleId = Annotated[str, StringConstraints(pattern=r"^[RN][0-9]{2}$")]
_DIMENSIONS = (Dimension.LENGTH, Dimension.SPEED, Dimension.ANGLE, Dimension.DURATION, Dimension.RATIO)


class Mark(StrEnum):
    """Where a number comes from."""

    TEXT = "T"
    PRACTICE = "P"
    ENGINEERING = "E"


class Basis(StrEnum):
    """What the indicators of a rule rest on."""

    TRACKS = "TRACKS"
    REPORTS = "REPORTS"
    BOTH = "BOTH"
    FLAG = "FLAG"


class SettingError(ValueError):
    """A value for a parameter that no rule has, or that is no such quantity."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Name(_Data):
    """A rule's name in both languages."""

    en: str
    zh: str


class Parameter(_Data):
    """A number that a channel may set otherwise: its default, where that comes from, what it means."""

    value: str
    mark: Mark
    means: str


class Rule(_Data):
    """A rule of the road, or of conduct, and how it is tested."""

    name: Name
    source: str
    basis: Basis
    test: str
    parameters: Mapping[str, Parameter]


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule, by its id, in the order of the file."""
    text = (files("hotline.conduct") / "rules.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[_RuleId, Rule]).validate_python(yaml.safe_load(text))


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter's value, and where it comes from: ``default (E)``, ``agreement``, ``set by hand``."""

    text: str
    origin: str

    @property
    def number(self) -> float:
        """In base units (m, m/s, deg, ms, 1); a bare count as it is."""
        return _number(self.text)

    def __str__(self) -> str:
        return f"{self.text}, {self.origin}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Values of parameters that differ from the defaults, by ``N08.range``; notice periods by kind of activity."""

    by_name: Mapping[str, Setting] = field(default_factory=dict)
    notice_periods_ms: Mapping[int, int] = field(default_factory=dict)

    def of(self, rule: str, name: str) -> Setting:
        """The value that holds."""
        given = self.by_name.get(f"{rule}.{name}")
        parameter = rules()[rule].parameters[name]
        return given or Setting(parameter.value, f"default ({parameter.mark})")

    def number(self, rule: str, name: str) -> float:
        """The value that holds, in base units."""
        return self.of(rule, name).number

    def shown(self, rule: str) -> dict[str, str]:
        """Every parameter of a rule as people read it."""
        return {name: str(self.of(rule, name)) for name in rules()[rule].parameters}

    def with_values(self, values: Mapping[str, str], origin: str = "set by hand") -> Settings:
        """With some parameters set: ``{"N08.range": "300 m"}``.

        Raises:
            SettingError: no such parameter, or a value of another kind than its default.
        """
        for name, text in values.items():
            _check(name, text)
        given = {name: Setting(text, origin) for name, text in values.items()}
        return Settings({**self.by_name, **given}, self.notice_periods_ms)

    @classmethod
    def from_agreement(cls, agreement: v1.Agreement) -> Settings:
        """What an agreement fixes: notice periods by kind (N11), and the cadence of its queries at FLASH (N10)."""
        periods = {
            int(each.kind): round(each.period.ToTimedelta() / timedelta(milliseconds=1))
            for each in agreement.notice_periods
        }
        flash = [rule for rule in agreement.silence if rule.precedence == v1.PRECEDENCE_FLASH]
        cadence = (
            {"N10.wait": f"{flash[0].query_wait.ToSeconds()} s", "N10.calls": str(flash[0].queries)} if flash else {}
        )
        return cls(notice_periods_ms=periods).with_values(cadence, "agreement")


def _check(name: str, text: str) -> None:
    rule, _, parameter = name.partition(".")
    if rule not in rules() or parameter not in rules()[rule].parameters:
        raise SettingError(f"no rule has such a parameter: {name}")
    default = rules()[rule].parameters[parameter].value
    if _dimension(text) is not _dimension(default) or _number(text) < 0:
        raise SettingError(f"{name} needs a value such as {default}: {text}")


def _number(text: str) -> float:
    dimension = _dimension(text)
    return float(text) if dimension is None else parse_quantity(text, dimension)


def _dimension(text: str) -> Dimension | None:
    """What a quantity measures; None for a bare count."""
    if text.isdecimal():
        return None
    for dimension in _DIMENSIONS:
        try:
            parse_quantity(text, dimension)
        except UnitError:
            continue
        return dimension
    raise SettingError(f"not a quantity with a unit ({', '.join(symbols(each) for each in _DIMENSIONS)}): {text}")

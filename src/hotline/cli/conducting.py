"""Indicators of conduct in recorded tracks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hotline.cli.results import ONLY_JSON, Result
from hotline.conduct.facts import Facts, Unit
from hotline.conduct.indicator import Indicator, Input
from hotline.conduct.indicators import indicators
from hotline.conduct.rules import SettingError, Settings, rules
from hotline.conduct.screen import closest_approaches
from hotline.protocol.errors import UsageError
from hotline_sim.recorded.cleaning import Recorded, clean
from hotline_sim.recorded.forms import read


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """What a rule shows; it judges nobody."""

    rule: str
    title: str
    unit: str
    other: str
    starts: str
    ends: str
    least_range_m: int | None
    name: str = field(metadata=ONLY_JSON)
    name_zh: str = field(metadata=ONLY_JSON)
    inputs: tuple[Input, ...] = field(metadata=ONLY_JSON)
    parameters: Mapping[str, str] = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct(Result):
    """Every indicator of a recording."""

    files: tuple[str, ...]
    units: int
    pairs: int
    indicators: tuple[IndicatorRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule, and what it is computed from."""

    rule: str
    name: str
    name_zh: str
    basis: str
    source: str
    parameters: str
    test: str = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules(Result):
    """Every rule."""

    rules: tuple[RuleRow, ...]


def conduct(files: Sequence[Path], within_m: float, values: Sequence[str], *, skip_bad: bool) -> Conduct:
    """Indicators of every two units that come within a range, each unit taken as a party of its own.

    Raises:
        UsageError: FILE_UNREADABLE, TRACKS_*, PARAMETER_INVALID.
    """
    settings = _settings(values)
    recordings = [read(path, skip_bad=skip_bad) for path in files]
    tracks, _ = clean({recording.file: recording.reports for recording in recordings})
    near = closest_approaches([track.samples for track in tracks], within_m)
    pairs = [(tracks[each.a], tracks[each.b]) for each in near if tracks[each.a].name != tracks[each.b].name]
    found = [each for a, b in pairs for each in _of(a, b, settings)]
    return Conduct(
        files=tuple(recording.file for recording in recordings),
        units=len({track.name for track in tracks}),
        pairs=len(pairs),
        indicators=tuple(sorted(found, key=lambda row: (row.starts, row.rule, row.unit, row.other))),
    )


def known_rules() -> Rules:
    """Every rule with its source and parameters."""
    return Rules(
        rules=tuple(
            RuleRow(
                rule=each,
                name=rule.name.en,
                name_zh=rule.name.zh,
                basis=str(rule.basis),
                source=rule.source,
                parameters=", ".join(f"{name} {of.value} ({of.mark})" for name, of in rule.parameters.items()),
                test=rule.test,
            )
            for each, rule in rules().items()
        )
    )


def _settings(values: Sequence[str]) -> Settings:
    given = dict(value.partition("=")[::2] for value in values)
    try:
        return Settings().with_values({name.strip(): text.strip() for name, text in given.items()})
    except SettingError as error:
        raise UsageError("PARAMETER_INVALID", str(error)) from error


def _of(a: Recorded, b: Recorded, settings: Settings) -> Iterator[IndicatorRow]:
    units = {
        track.name: Unit(track.name, track.name, track.name, track.kind, track.samples, track.file) for track in (a, b)
    }
    facts = Facts(units, max(track.samples.end_ms for track in (a, b)), settings=settings)
    yield from (_row(each) for each in indicators(facts))


def _row(each: Indicator) -> IndicatorRow:
    return IndicatorRow(
        rule=each.rule,
        title=each.title,
        unit=each.unit,
        other=each.other,
        starts=_iso(each.from_ms),
        ends="" if each.until_ms is None else _iso(each.until_ms),
        least_range_m=each.least_range_m,
        name=each.name,
        name_zh=each.name_zh,
        inputs=each.inputs,
        parameters=each.parameters,
    )


def _iso(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"

"""Profiles: every figure has its source, and what is wrong with one is named."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from hotline import v1
from hotline.agreements.profile import PRECEDENCES, Profile, duration, load_profile
from hotline.protocol.errors import UsageError
from hotline.protocol.rules import broken_rules
from hotline.protocol.statements import BODY_OF
from hotline.protocol.timers import LADDER

DEFAULT = resources.files("hotline.agreements").joinpath("default.yaml").read_text(encoding="utf-8")


def spoiled(tmp_path: Path, spoil: Callable[[dict[str, Any]], object]) -> Path:
    """The default profile with something changed."""
    tree = yaml.safe_load(DEFAULT)
    spoil(tree)
    path = tmp_path / "profile.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load_profile(path)
    assert caught.value.code == "PROFILE_INVALID"
    return caught.value.detail


def filled(profile: Profile) -> v1.Agreement:
    agreement = v1.Agreement()
    profile.fill(agreement)
    return agreement


def test_the_default_profile_knows_every_type_and_every_stage() -> None:
    agreement = filled(load_profile())
    assert {rule.type for rule in agreement.types} == set(BODY_OF)
    assert [(timer.stage, v1.Precedence.Name(timer.precedence)) for timer in agreement.timers] == [
        (row.stage, f"PRECEDENCE_{name}") for row in LADDER for name in PRECEDENCES
    ]


def test_the_default_profile_breaks_no_rule() -> None:
    agreement = filled(load_profile())
    parts = [*agreement.types, *agreement.timers, *agreement.notice_periods, agreement.line]
    assert [broken_rules(part) for part in parts] == [[]] * len(parts)


def test_figures_are_those_written_down() -> None:
    agreement = filled(load_profile())
    limits = {(timer.stage, timer.precedence): timer.limit for timer in agreement.timers}
    assert limits[v1.STAGE_DELIVERED, v1.PRECEDENCE_FLASH] == duration(60_000)
    assert limits[v1.STAGE_DECIDED, v1.PRECEDENCE_ROUTINE] == duration(48 * 3_600_000)
    periods = {row.kind: row.period for row in agreement.notice_periods}
    assert periods[v1.ACTIVITY_KIND_EXERCISE] == duration(14 * 24 * 3_600_000)
    assert agreement.line.heartbeat == duration(60_000)
    assert agreement.line.statement_bytes_max == 65_536
    assert agreement.profile == load_profile().profile


def test_a_longer_wait_never_belongs_to_a_higher_precedence() -> None:
    for row in load_profile().timers:
        limits = [getattr(row, name) for name in PRECEDENCES]
        assert limits == sorted(limits)


def test_every_figure_has_a_source_or_an_assumption() -> None:
    profile = load_profile()
    rows = [*profile.types, *profile.timers, *profile.notice_periods]
    rows += [getattr(profile.line, name) for name in type(profile.line).model_fields]
    assert all(bool(row.source) != bool(row.assumed) for row in rows)


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (lambda tree: tree["types"][0].pop("assumed"), "types.0"),
        (lambda tree: tree["types"][0].update(source="and a source"), "types.0"),
        (lambda tree: tree["types"][0].update(persons=0), "types.0.persons"),
        (lambda tree: tree["types"][0].update(persons=9), "types.0.persons"),
        (lambda tree: tree["types"][0].update(layer="other"), "types.0.layer"),
        (lambda tree: tree["timers"][0].update(FLASH=60), "timers.0.FLASH"),
        (lambda tree: tree["timers"][0].update(FLASH="60 knots"), "timers.0.FLASH"),
        (lambda tree: tree["timers"][0].update(stage="SEEN"), "timers.0.stage"),
        (lambda tree: tree["timers"][0].pop("ROUTINE"), "timers.0.ROUTINE"),
        (lambda tree: tree["notice_periods"][0].update(kind="PARADE"), "PARADE"),
        (lambda tree: tree["line"].pop("heartbeat"), "line.heartbeat"),
        (lambda tree: tree["line"].update(extra=1), "line.extra"),
        (lambda tree: tree.update(extra=1), "extra"),
        (lambda tree: tree.pop("profile"), "profile"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, spoil: Callable[[dict[str, Any]], object], names: str) -> None:
    assert names in refused(spoiled(tmp_path, spoil))


@pytest.mark.parametrize("content", [b"", b"- a list", b"a: [", b"\xff\xfe"])
def test_what_is_no_profile_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "profile.yaml"
    path.write_bytes(content)
    assert str(path) in refused(path)


def test_a_profile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "nothing.yaml" in refused(tmp_path / "nothing.yaml")


def test_a_profile_is_read_from_where_it_is(tmp_path: Path) -> None:
    path = spoiled(tmp_path, lambda tree: tree.update(profile="ours"))
    assert load_profile(path).profile == "ours"


@pytest.mark.parametrize(("ms", "seconds", "nanos"), [(0, 0, 0), (1_500, 1, 500_000_000), (60_000, 60, 0)])
def test_a_duration_is_in_whole_milliseconds(ms: int, seconds: int, nanos: int) -> None:
    found = duration(ms)
    assert (found.seconds, found.nanos) == (seconds, nanos)

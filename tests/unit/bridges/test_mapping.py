"""The mapping page: every source is resolved, every message it names is one, every form is there."""

from __future__ import annotations

import re
from pathlib import Path

from hotline import v1
from hotline.cli.commands import bridges

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "mapping.md"
TEXT = PAGE.read_text(encoding="utf-8")
BODY, _, SOURCES = TEXT.partition("## Sources")
TAG = re.compile(r"\b[A-Z0-9]{2,}(?:-[A-Z0-9]+)*\b")
NAME = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`")


def test_every_tag_has_its_source_and_every_source_is_used() -> None:
    used = {tag for mark in re.findall(r"verified: ([^\]]+)\]", BODY) for tag in TAG.findall(mark)} - {"TAG"}
    listed = set(re.findall(r"^\| ([A-Z0-9][A-Z0-9-]*) \|", SOURCES, re.MULTILINE))
    assert len(used) > 40 and used == listed


def test_messages_are_named_as_they_are() -> None:
    named = set(NAME.findall(BODY))
    assert {name for name in named if not hasattr(v1, name)} == set()
    assert len(named) > 20


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((\.\./[^)]+)\)", TEXT):
        assert (PAGE.parent / target).is_file(), target


def test_every_form_has_its_row() -> None:
    forms = {command.name for command in bridges.bridge.registered_commands}
    rows = {"cap": "CAP 1.2", "calendar": "iCalendar", "geojson": "GeoJSON", "navarea": "NAVAREA", "s124": "S-124"}
    rows["notam"] = "NOTAM"
    assert forms == rows.keys()
    assert all(f"| {row}" in BODY for row in rows.values())

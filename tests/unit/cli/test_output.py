"""Results as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from hotline.cli.desk import Shown
from hotline.cli.output import label, show
from hotline.cli.results import DOCUMENT, LANGUAGE, LINES, MERGED, ONLY_JSON, Problem, Result, Utc
from hotline.cli.standing import AddresseeRow, StageRow
from hotline.messages.labels import labels

Capture = pytest.CaptureFixture[str]
AT = Utc("2026-11-21T13:58:00.250Z")


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    at: Utc = field(metadata=ONLY_JSON)
    seen: Utc
    marks: tuple[str, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(Result):
    text: tuple[str, ...] = field(default=(), metadata=LINES)
    count: int
    at: Utc
    folder: Path
    colour: Colour
    digest: bytes
    secret: str = field(metadata=ONLY_JSON)
    counters: Mapping[str, int]
    nothing: str | None = None
    no_rows: tuple[Row, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict, metadata=MERGED)
    big_rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Result):
    name: str
    plan: str = field(metadata=DOCUMENT)


FULL = Everything(
    text=("[bold]first[/bold]", "second"),
    count=3,
    at=AT,
    folder=Path("a/b"),
    colour=Colour.RED,
    digest=b"\x01\xff",
    secret="s",
    counters={"A": 1, "B": 2},
    more={"merged": [1]},
    big_rows=(Row(name="[red]one", at=AT, seen=AT, marks=("X", "Y")), Row(name="two", at=AT, seen=Utc(""))),
)


def test_text_is_lines_then_pairs_then_tables(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show(FULL, as_json=False)
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[:8] == [
        "[bold]first[/bold]",
        "second",
        "Count     3",
        "At        211358Z NOV 26",
        "Folder    a/b",
        "Colour    red",
        "Digest    01ff",
        "Counters  A 1",
    ]
    assert lines[8:12] == ["          B 2", "", "Big rows", ""]
    assert [line.split() for line in lines[12:]] == [
        ["Name", "Seen", "Marks"],
        ["─" * len(lines[13].strip())],
        ["[red]one", "211358Z", "X"],
        ["Y"],
        ["two"],
    ]
    assert all(line == line.rstrip() for line in lines)


def test_json_is_one_object_with_ok_first(capsys: Capture) -> None:
    show(FULL, as_json=True)
    out, err = capsys.readouterr()
    assert (err, out.count("\n")) == ("", 1)
    told = json.loads(out)
    assert next(iter(told)) == "ok"
    assert told["big_rows"][0] == {"name": "[red]one", "at": AT, "seen": AT, "marks": ["X", "Y"], "empty": ""}
    assert (told["secret"], told["digest"], told["folder"], told["nothing"]) == ("s", "01ff", "a/b", None)
    assert told["merged"] == [1]
    assert "text" not in told
    assert "more" not in told


def test_what_is_not_ok_says_so(capsys: Capture) -> None:
    show(Plan(ok=False, name="x", plan=""), as_json=False)
    assert capsys.readouterr().out == "Name  x\nOk    no\n"


@pytest.mark.parametrize("text", ["a: 1", "a: 1\n"])
def test_a_document_is_printed_alone(capsys: Capture, text: str) -> None:
    show(Plan(name="x", plan=text), as_json=False)
    assert capsys.readouterr().out == "a: 1\n"
    show(Plan(name="x", plan=text), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"ok": True, "name": "x", "plan": text}


def test_a_problem_goes_to_standard_error_and_into_json(capsys: Capture) -> None:
    show(Problem(code="KEY_IO", detail="no such file"), as_json=False)
    assert capsys.readouterr() == ("", "KEY_IO: no such file\n")
    show(Problem(code="KEY_IO", detail="潜水"), as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"ok": False, "code": "KEY_IO", "detail": "潜水"}
    assert err == "KEY_IO: 潜水\n"


def test_a_moment_that_has_not_come_is_empty() -> None:
    assert (Utc.of(Timestamp()), Utc("").dtg, Utc("").short) == ("", "", "")
    assert Utc.of(Timestamp(seconds=1)) == "1970-01-01T00:00:01Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    post: str
    stage: str
    said_at: Utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Result):
    sealed_at: Utc
    stages: tuple[StageLine, ...]
    language: str = field(default="en", metadata=LANGUAGE)


def read(language: str) -> Read:
    rows = (StageLine(post="CHN:fleet-watch", stage="DELIVERED", said_at=AT),)
    return Read(sealed_at=AT, stages=rows, language=language)


def test_headings_and_words_of_the_protocol_are_in_the_language_asked_for(capsys: Capture) -> None:
    show(read("zh"), as_json=False)
    assert capsys.readouterr().out.split() == [
        *("封发时间", "211358Z", "NOV", "26", "各环节"),
        *("值班室", "环节", "表示时间"),
        "─" * 31,
        *("CHN:fleet-watch", "送达", "211358Z"),
    ]


def test_without_another_language_they_are_english_and_json_has_none(capsys: Capture) -> None:
    show(read("en"), as_json=False)
    assert "Said at" in capsys.readouterr().out
    show(read("zh"), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (set(told), told["stages"][0]["stage"]) == ({"ok", "sealed_at", "stages"}, "DELIVERED")


@pytest.mark.parametrize("rows", [Shown, AddresseeRow, StageRow])
def test_every_heading_of_a_message_has_a_label(rows: type[Any]) -> None:
    names = [label(part.name) for part in fields(rows) if not part.metadata and part.name != "ok"]
    assert [name for name in names if labels("zh").heading(name) == name] == []

"""The one place that prints: results as text or as one JSON object on standard output, problems on standard error."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from hotline.cli.results import Problem, Result, Utc

if TYPE_CHECKING:
    from hotline.messages.labels import Labels

_WIDTH_WITHOUT_TERMINAL = 120


def show(result: Result, *, as_json: bool) -> None:
    """Print a result."""
    if isinstance(result, Problem):
        sys.stderr.write(f"{result.code}: {result.detail}\n")
    if as_json:
        sys.stdout.write(json.dumps(plain(result), ensure_ascii=False) + "\n")
    elif not isinstance(result, Problem):
        _show_text(result)
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """A result as JSON holds it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain_fields(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def _plain_fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, `ok` first."""
    found: dict[str, Any] = {"ok": value.ok} if isinstance(value, Result) else {}
    for part in fields(value):
        mark = part.metadata.get("json")
        told = {} if mark == "left out" else plain(getattr(value, part.name))
        found |= told if mark else {part.name: told}
    return found


def _show_text(result: Result) -> None:
    """Lines first, then the plain fields as pairs, then a table for each list."""
    parts = [(part, getattr(result, part.name)) for part in fields(result) if part.name != "ok"]
    whole = next((value for part, value in parts if _mark(part) == "document" and value), None)
    if whole is not None:
        sys.stdout.write(whole if whole.endswith("\n") else whole + "\n")
        return
    for part, value in parts:
        if _mark(part) == "lines":
            sys.stdout.writelines(f"{line}\n" for line in value)
    told = [(part, value) for part, value in parts if not _mark(part) and value not in (None, "", (), {})]
    found = _labels(next((value for part, value in parts if _mark(part) == "language"), "en"))
    pairs = [(_heading(part.name, found), _words(value, found)) for part, value in told if not _is_table(value)]
    tables = [(_heading(part.name, found), value) for part, value in told if _is_table(value)]
    _show_pairs([*pairs, *([] if result.ok else [("Ok", "no")])])
    for title, rows in tables:
        _show_table(title, rows, found)


def _mark(part: Field[Any]) -> str:
    mark: str = part.metadata.get("text", "")
    return mark


def label(name: str) -> str:
    """``agreement_digest`` as ``Agreement digest``."""
    return name.replace("_", " ").capitalize()


def _labels(language: str) -> Labels | None:
    """The labels of a language; None for English, in which names say what they are."""
    if language == "en":
        return None
    from hotline.messages.labels import labels

    return labels(language)


def _heading(name: str, found: Labels | None) -> str:
    return found.heading(label(name)) if found else label(name)


def _is_table(value: object) -> bool:
    return isinstance(value, tuple) and all(is_dataclass(row) for row in value)


def _cell(value: Any, found: Labels | None = None) -> str:
    """A value in a table."""
    return value.short if isinstance(value, Utc) else _words(value, found)


def _words(value: Any, found: Labels | None = None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Utc):
        return value.dtg
    if isinstance(value, Mapping):
        return "\n".join(f"{key} {_words(item, found)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(_words(item, found) for item in value)
    if isinstance(value, Enum):
        return str(value.value)
    text = value.hex() if isinstance(value, bytes) else "" if value is None else str(value)
    return found.known_word(text) if found else text


def _show_pairs(pairs: list[tuple[str, str]]) -> None:
    width = max((_columns(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        first, *others = value.split("\n")
        sys.stdout.write(f"{name}{'':{width - _columns(name)}}  {first}\n")
        sys.stdout.writelines(f"{'':{width}}  {other}\n" for other in others)


def _columns(text: str) -> int:
    """Columns that a text takes on a screen: Chinese characters take two each."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _show_table(title: str, rows: tuple[Any, ...], found: Labels | None = None) -> None:
    """A table whose columns are the fields that say something in any row."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = [part for part in fields(rows[0]) if not _mark(part) and any(_cell(getattr(r, part.name)) for r in rows)]
    table = Table(box=box.SIMPLE_HEAD, title=Text(title), title_justify="left", collapse_padding=True, pad_edge=False)
    for column in columns:
        table.add_column(Text(_heading(column.name, found)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(getattr(row, column.name), found)) for column in columns))
    width = shutil.get_terminal_size((_WIDTH_WITHOUT_TERMINAL, 24)).columns
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as drawn:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in ["", *drawn.get().rstrip().split("\n")])

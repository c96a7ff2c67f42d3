"""Injects as the rows of a master scenario events list, for the spreadsheets that exercises are planned in; and back.

One row is one inject. A time stands in `Time`, a dependency in `After inject` with its `Delay`; any other trigger, and
conditions, stand as YAML in `When`, `Only if` and `Unless`. What is written is read back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from hotline.messages.yamltree import read_tree
from hotline.protocol.errors import UsageError

# Column and key of the file, in the order of the sheet.
_PLAIN = {
    "From": "from",
    "To (post)": "to",
    "To (role)": "role",
    "Means": "by",
    "Controller": "controller",
    "Inject": "says",
    "Inject (zh)": "says_zh",
    "Objective": "objective",
    "Expected action": "expected",
    "Source": "source",
    "Assumed": "assumed",
}
_YAML = {"Only if": "only_if", "Unless": "unless"}
COLUMNS = ("No.", "Time", "After inject", "Delay", "When", *_YAML, "Hidden", *_PLAIN)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TOP_LEVEL = re.compile(r"^(?:#|[A-Za-z_][A-Za-z0-9_-]*:)", re.MULTILINE)


def export(text: bytes) -> str:
    """The injects of a scenario file as CSV, with a heading; the file has been checked."""
    injects = (read_tree(text).data or {}).get("injects") or {}
    sheet = io.StringIO()
    rows = csv.DictWriter(sheet, COLUMNS, lineterminator="\r\n")
    rows.writeheader()
    for name, inject in injects.items():
        rows.writerow(_row(name, inject))
    return sheet.getvalue()


def _row(name: str, inject: Mapping[str, Any]) -> dict[str, str]:
    when = inject["when"]
    row = {"No.": name, "Hidden": "yes" if inject.get("hidden") else "", "Delay": _written(inject.get("after"))}
    match when:
        case {"time": time, **others} if not others:
            row["Time"] = str(time)
        case {"inject": before, **others} if not others:
            row["After inject"] = str(before)
        case _:
            row["When"] = _flow(when)
    row |= {column: _flow(inject[key]) for column, key in _YAML.items() if inject.get(key)}
    return row | {column: str(inject[key]) for column, key in _PLAIN.items() if inject.get(key) is not None}


def _written(delay: object) -> str:
    return "" if delay is None else delay if isinstance(delay, str) else _flow(delay)


def _flow(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000).strip()


def read(sheet: str) -> str:
    """The `injects` section of a scenario file, from CSV.

    Raises:
        UsageError: MSEL_INVALID, with the row: a column missing, a number that is no name or twice, no trigger or two,
            YAML that cannot be read.
    """
    rows = csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise UsageError("MSEL_INVALID", f"the sheet has no column {', '.join(missing)}")
    injects: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        name = (row["No."] or "").strip()
        if not _NAME.fullmatch(name) or name in injects:
            raise UsageError("MSEL_INVALID", f"row {number}: No. is a name in small letters, once: {name!r}")
        injects[name] = dict(_inject(row, number))
    return yaml.safe_dump({"injects": injects}, sort_keys=False, allow_unicode=True, width=110)


def _inject(row: Mapping[str, str], number: int) -> Iterator[tuple[str, Any]]:
    yield "when", _when(row, number)
    for column, key in _YAML.items():
        if row[column]:
            yield key, _value(row[column], number)
    if row["Delay"]:
        yield "after", _value(row["Delay"], number) if row["Delay"].startswith("{") else row["Delay"]
    if row["Hidden"]:
        yield "hidden", row["Hidden"].strip().lower() in ("yes", "true", "x")
    for column, key in _PLAIN.items():
        if row[column]:
            yield key, row[column]


def _when(row: Mapping[str, str], number: int) -> Any:
    given = [column for column in ("Time", "After inject", "When") if row[column]]
    if len(given) != 1:
        raise UsageError("MSEL_INVALID", f"row {number}: needs one of Time, After inject and When")
    if given == ["Time"]:
        return {"time": row["Time"]}
    return {"inject": row["After inject"]} if given == ["After inject"] else _value(row["When"], number)


def _value(text: str, number: int) -> Any:
    tree = read_tree(text.encode())
    if tree.findings:
        raise UsageError("MSEL_INVALID", f"row {number}: {tree.findings[0].message}")
    return tree.data


def put_into(scenario: str, injects: str) -> str:
    """A scenario file with another `injects` section; everything else stays as it is written."""
    found = re.search(r"^injects:", scenario, re.MULTILINE)
    if found is None:
        return scenario.rstrip("\n") + "\n\n" + injects
    after = _TOP_LEVEL.search(scenario, found.end())
    rest = scenario[after.start() :] if after else ""
    return scenario[: found.start()] + injects + ("\n" + rest if rest else "")

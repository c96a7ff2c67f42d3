"""Tables of signals that units make to each other: public code tables as data, each row with how far it is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of a table.

    Attributes:
        meaning: in English, in short.
        value: unit of the value that the code takes, as `SignalUnit` names it; empty where it takes none.
        trust: ``verified`` if the meaning was read in the published text named by the table, else ``from knowledge``.
    """

    code: str
    meaning: str
    trust: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of signals with where it was published."""

    table: str
    title: str
    source: str
    signals: tuple[Signal, ...]


@cache
def tables() -> dict[str, Table]:
    """Every table that ships with the package, by its id."""
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".yaml"))
    found = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(files, key=lambda file: file.name)]
    return {
        table["table"]: Table(**{**table, "signals": tuple(Signal(**row) for row in table["signals"])})
        for table in found
    }


def meaning_of(table: str, code: str) -> str | None:
    """What a code means, in English; None for a code or table that is not here."""
    found = tables().get(table)
    return next((signal.meaning for signal in found.signals if signal.code == code), None) if found else None

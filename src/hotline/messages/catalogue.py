"""The catalogue of message types as data: their families, what each says, and how it stands to a thread (spec 08).

A type that is not in it is not in this version: growth is a new type or a new version of one (REQ-MSG-14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import yaml

Thread = Literal["starts", "in", "either"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One type.

    Attributes:
        type: last part of its name.
        family: that it belongs to.
        says: ends the sentence "a post says ...".
        thread: whether it starts a thread, stands in one, or may do either.
    """

    type: str
    family: str
    says: str
    thread: Thread


@dataclass(frozen=True, slots=True)
class Family:
    """Types about one thing.

    Attributes:
        family: its name.
        file: protocol file.
        why: what it answers, with the practice it is taken from.
        types: in their order.
    """

    family: str
    file: str
    why: str
    types: tuple[Entry, ...]


@cache
def families() -> tuple[Family, ...]:
    """Every family, in the order of the file."""
    text = resources.files("hotline.messages").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return tuple(_family(row) for row in yaml.safe_load(text))


@cache
def entries() -> Mapping[str, Entry]:
    """Every type by the last part of its name."""
    return {entry.type: entry for family in families() for entry in family.types}


def _family(row: Mapping[str, object]) -> Family:
    types = row["types"]
    assert isinstance(types, Mapping), "a family has types"
    found = tuple(Entry(type=name, family=str(row["family"]), **what) for name, what in types.items())
    return Family(str(row["family"]), str(row["file"]), str(row["why"]), found)

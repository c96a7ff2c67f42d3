"""A case of the vectors: what the catalogue says of it, and the bytes that one of the modules here makes for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).with_name("catalogue.yaml")


@dataclass(frozen=True, slots=True)
class Input:
    """What stands beside the words of a case.

    Attributes:
        data: bytes of `input.bin`.
        given, facts: as in `case.yaml`.
        files: further files of the case, by name.
    """

    data: bytes
    given: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def catalogue() -> dict[str, dict[str, Any]]:
    """What each case is and why, by id, in the order of the file."""
    words: dict[str, dict[str, Any]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return words


def written(case: str, words: dict[str, Any], made: Input) -> dict[str, bytes]:
    """Every file of a case's folder."""
    document = {"id": case, **words}
    document |= {"given": made.given} if made.given else {}
    document |= {"facts": made.facts} if made.facts else {}
    return {"case.yaml": yaml_bytes(document), "input.bin": made.data, **made.files}


def yaml_bytes(document: dict[str, Any]) -> bytes:
    """YAML in the order given, one value a line."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000).encode()

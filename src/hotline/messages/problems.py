"""What is wrong with words that people wrote, and where it stands. Files and flags report alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]


class Reason(StrEnum):
    """Why words were not taken. Whoever reads a kind of file puts its own prefix before them."""

    YAML = "YAML"  # not YAML, or YAML beyond plain maps, lists and scalars
    TOO_LARGE = "TOO_LARGE"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    MISSING_KEY = "MISSING_KEY"
    BAD_VALUE = "BAD_VALUE"
    BARE_NUMBER = "BARE_NUMBER"
    WRONG_UNIT = "WRONG_UNIT"
    BAD_QUANTITY = "BAD_QUANTITY"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `code` is a `Reason`, or what a special filler raised."""

    path: Path
    code: str
    message: str

    def __str__(self) -> str:
        where = show_path(self.path)
        return f"{where}: {self.message}" if where else self.message


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem with its place; line and column count from 1. `path`: ``units.ningbo.track[1].speed``."""

    line: int
    column: int
    path: str
    code: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.line}:{self.column}: {where}{self.message}  [{self.code}]"


class FieldError(ValueError):
    """A value that a field cannot take; becomes a `Finding` at the field's path."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def show_path(path: Path) -> str:
    """``('units', 'ningbo', 'track', 1)`` as ``units.ningbo.track[1]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text

"""What can be wrong with a scenario file, and the error that reports all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]


class Code(StrEnum):
    """Stable codes of scenario problems."""

    YAML = "SCENARIO_YAML"  # not YAML, or YAML beyond plain maps, lists and scalars
    TOO_LARGE = "SCENARIO_TOO_LARGE"
    DUPLICATE_KEY = "SCENARIO_DUPLICATE_KEY"
    UNKNOWN_KEY = "SCENARIO_UNKNOWN_KEY"
    MISSING_KEY = "SCENARIO_MISSING_KEY"
    BAD_VALUE = "SCENARIO_BAD_VALUE"
    BARE_NUMBER = "SCENARIO_BARE_NUMBER"
    WRONG_UNIT = "SCENARIO_WRONG_UNIT"
    BAD_QUANTITY = "SCENARIO_BAD_QUANTITY"
    NO_PROVENANCE = "SCENARIO_NO_PROVENANCE"
    UNKNOWN_SOURCE = "SCENARIO_UNKNOWN_SOURCE"
    UNKNOWN_REFERENCE = "SCENARIO_UNKNOWN_REFERENCE"
    BAD_TRACK = "SCENARIO_BAD_TRACK"
    BAD_BODY = "SCENARIO_BAD_BODY"
    BAD_STORY = "SCENARIO_BAD_STORY"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before its place in the file is known."""

    path: Path
    code: Code
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem with its place; line and column count from 1. `path`: ``units.ningbo.track[1].speed``."""

    line: int
    column: int
    path: str
    code: Code
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.line}:{self.column}: {where}{self.message}  [{self.code}]"


class ScenarioError(Exception):
    """A scenario file was refused. `problems` holds every one found, in file order; `file` names the file."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(f"{file}:{problem}" for problem in self.problems))


def show_path(path: Path) -> str:
    """``('units', 'ningbo', 'track', 1)`` as ``units.ningbo.track[1]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text

"""What can be wrong with a scenario file, and the error that reports all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from hotline.messages.problems import Problem

_PREFIX = "SCENARIO_"


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


class ScenarioError(Exception):
    """A scenario file was refused. `problems` holds every one found, in file order; `file` names the file."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(f"{file}:{problem}" for problem in self.problems))


def code_of(code: str) -> Code:
    """The code of a scenario problem from that of words in general."""
    return Code(code if code.startswith(_PREFIX) else _PREFIX + code)

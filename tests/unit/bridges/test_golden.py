"""What every bridge writes, file by file; ``python -m tests.unit.bridges.golden`` writes them again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.bridges.golden import FILES, FOLDER


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_is_what_was_looked_at(name: str) -> None:
    made, wanted = FILES[name](), (FOLDER / name).read_bytes().decode()
    if name.endswith(".geojson"):
        # The last digit of a vertex may follow from the machine's mathematics library.
        assert numbers(json.loads(made)) == pytest.approx(numbers(json.loads(wanted)), abs=2e-6)
        made, wanted = (json.dumps(words(json.loads(text))) for text in (made, wanted))
    assert made == wanted


def test_no_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == FILES.keys()


def numbers(value: Any) -> list[float]:
    """Every coordinate, in order."""
    if isinstance(value, dict):
        return [found for item in value.values() for found in numbers(item)]
    if isinstance(value, list):
        return [found for item in value for found in numbers(item)]
    return [value] if isinstance(value, float) else []


def words(value: Any) -> Any:
    """Everything else."""
    if isinstance(value, dict):
        return {name: words(item) for name, item in value.items()}
    if isinstance(value, list):
        return [words(item) for item in value]
    return None if isinstance(value, float) else value

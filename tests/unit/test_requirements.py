"""Requirements: each id is defined once in specs/, cited where it is kept, and never cited without being defined."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = re.compile(r"^ *- \*\*(REQ-[A-Z]+-[0-9]+)\*\* ", re.MULTILINE)
CITATION = re.compile(r"(REQ-[A-Z]+-)([0-9]+)(?: to ([0-9]+))?")
GENERATED = (ROOT / "src/hotline/v1", ROOT / "src/hotline/operator")
CITING = ("src/**/*.py", "proto/hotline/**/*.proto", "tests/**/*.py", "simulator/**/*.py", "specs/vectors/*/case.yaml")

# Held by a test that does not name them.
HELD_BY = {
    "REQ-HELLO-2": "tests/unit/protocol/test_endpoint.py::test_what_waits_for_the_hello_survives_a_restart",
    "REQ-HELLO-3": "tests/unit/protocol/test_endpoint.py::test_a_node_that_lost_its_newest_records_may_not_speak",
    "REQ-NET-4": "tests/unit/protocol/test_endpoint.py::test_what_is_no_frame_is_refused_and_counted",
    "REQ-OBS-2": "tests/unit/protocol/test_endpoint.py::test_an_observation_contradicts_a_claim_and_edits_nothing",
}
# Held by nothing here, and why.
EXCEPTIONS = {
    "REQ-ACK-6": "a recommendation to whoever composes; a receiver takes what an Acknowledgement asks for",
}


def cited_in(text: str) -> set[str]:
    """Ids in a text; "REQ-X-1 to 3" cites three."""
    found: set[str] = set()
    for prefix, first, last in CITATION.findall(text):
        found |= {f"{prefix}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def definitions() -> list[str]:
    texts = (path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("specs/*.md")))
    return [found for text in texts for found in DEFINITION.findall(text)]


def citing() -> Iterator[Path]:
    for pattern in CITING:
        for path in sorted(ROOT.glob(pattern)):
            if path != Path(__file__).resolve() and not any(path.is_relative_to(folder) for folder in GENERATED):
                yield path


def test_each_requirement_is_defined_once() -> None:
    assert [found for found, count in Counter(definitions()).items() if count > 1] == []
    assert len(definitions()) > 40


def test_nothing_cites_a_requirement_that_is_not_defined() -> None:
    defined = set(definitions())
    texts = [*citing(), *sorted(ROOT.glob("specs/*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
    stray = {
        str(path.relative_to(ROOT)): sorted(found)
        for path in texts
        if (found := cited_in(path.read_text(encoding="utf-8")) - defined)
    }
    assert stray == {}


def test_every_requirement_is_kept_somewhere() -> None:
    cited = {found for path in citing() for found in cited_in(path.read_text(encoding="utf-8"))}
    assert sorted(set(definitions()) - cited - HELD_BY.keys() - EXCEPTIONS.keys()) == []


@pytest.mark.parametrize("requirement", sorted(HELD_BY))
def test_the_test_said_to_hold_a_requirement_exists(requirement: str) -> None:
    file, _, name = HELD_BY[requirement].partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert requirement in definitions()


def test_exceptions_are_no_more_than_needed() -> None:
    cited = {found for path in citing() for found in cited_in(path.read_text(encoding="utf-8"))}
    assert sorted(EXCEPTIONS.keys() & cited) == []
    assert EXCEPTIONS.keys() <= set(definitions())


def test_the_yardsticks_measure() -> None:
    assert cited_in("REQ-SIGN-1 to 3, REQ-LOG-2.") == {"REQ-SIGN-1", "REQ-SIGN-2", "REQ-SIGN-3", "REQ-LOG-2"}
    assert DEFINITION.findall("- **REQ-LOG-2** The digest\nas REQ-LOG-3 says **REQ-LOG-4** ") == ["REQ-LOG-2"]

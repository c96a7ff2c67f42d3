"""Where each requirement is defined, and what shows that it is kept: vectors, tests, checks of the suite."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

from hotline.conformance.requirements import cited_in
from hotline.conformance.suite.running import all_checks

ROOT = Path(__file__).resolve().parents[1]
DEFINITION = re.compile(r"^ *- \*\*(REQ-[A-Z]+-[0-9]+)\*\* ", re.MULTILINE)
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
EXCEPTIONS: Mapping[str, str] = {}


def definitions() -> list[str]:
    """Ids in the order in which the documents define them."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("specs/*.md")))
    return [found for text in texts for found in DEFINITION.findall(text)]


def documents() -> dict[str, str]:
    """Number of the document by id."""
    return {
        found: path.name[:2]
        for path in sorted(ROOT.glob("specs/*.md"))
        for found in DEFINITION.findall(path.read_text(encoding="utf-8"))
    }


def citing() -> Iterator[Path]:
    """Files that may cite requirements, but those that are generated and the tests of the citations themselves."""
    for pattern in CITING:
        for path in sorted(ROOT.glob(pattern)):
            itself = path.name == "test_requirements.py"
            if not itself and not any(path.is_relative_to(folder) for folder in GENERATED):
                yield path


@cache
def by_vectors() -> Mapping[str, list[str]]:
    """Ids of vectors by requirement."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.glob("specs/vectors/*/case.yaml")):
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))["requirements"]:
            found[each].append(path.parent.name)
    return found


@cache
def by_tests() -> Mapping[str, list[str]]:
    """Tests that name a requirement, in their docstring, a comment or a name beside what they hold, by requirement."""
    found: dict[str, list[str]] = defaultdict(list)
    for each, test in HELD_BY.items():
        found[each].append(test.partition("::")[2])
    for path in citing():
        if path.is_relative_to(ROOT / "tests") and path.name.startswith("test_"):
            for name, text in _tests(path):
                for each in dict.fromkeys(cited_in(text)):
                    found[each].append(name)
    return found


@cache
def by_checks() -> Mapping[str, list[str]]:
    """Checks of the black-box suite by requirement."""
    found: dict[str, list[str]] = defaultdict(list)
    for check in all_checks():
        for each in check.requirements:
            found[each].append(check.id)
    return found


def _tests(path: Path) -> Iterator[tuple[str, str]]:
    """Each test of a file with its text; what stands outside any test counts for the file."""
    text = path.read_text(encoding="utf-8")
    lines, outside = text.splitlines(), text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            yield node.name, "\n".join(lines[first : node.end_lineno])
            outside[first : node.end_lineno] = [""] * ((node.end_lineno or first) - first)
    yield path.name, "\n".join(outside)

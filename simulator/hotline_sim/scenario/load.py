"""Reads scenario files: YAML, then pydantic, then the checks between the parts. Every error has its line."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hotline_sim.scenario.check import check_parts
from hotline_sim.scenario.fields import Names, is_tag
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.problems import Code, Finding, Problem, ScenarioError, show_path
from hotline_sim.scenario.yamltree import Mark, Tree, read_tree

_PYDANTIC_CODES = {"missing": Code.MISSING_KEY, "extra_forbidden": Code.UNKNOWN_KEY}
_PYDANTIC_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "model_type": "needs keys and values",
    "dict_type": "needs keys and values",
    "tuple_type": "needs a list",
    "string_type": "needs text (in quotes, if it looks like a number)",
    "bool_type": "needs yes or no",
    "int_type": "needs a whole number",
}


def load(file: FilePath) -> Scenario:
    """The scenario in a file.

    Raises:
        ScenarioError: the file is refused; all its problems are in it.
        OSError: the file cannot be read.
    """
    return loads(file.read_bytes(), file.name)


def loads(text: bytes, name: str = "scenario.yaml") -> Scenario:
    """The scenario in a text; `name` is shown in errors. Raises `ScenarioError`."""
    tree = read_tree(text)
    if any(finding.code in (Code.YAML, Code.TOO_LARGE) for finding in tree.findings):
        raise ScenarioError(name, _placed(tree, tree.findings))
    try:
        scenario = Scenario.model_validate(tree.data, context=_names(tree.data))
    except ValidationError as error:
        raise ScenarioError(name, _placed(tree, [*tree.findings, *_findings(error)])) from error
    findings = [*tree.findings, *check_parts(scenario)]
    if findings:
        raise ScenarioError(name, _placed(tree, findings))
    return scenario


def bundled() -> Mapping[str, FilePath]:
    """The scenarios that come with the simulator, by id (the file's name)."""
    folder = FilePath(str(files("hotline_sim") / "scenarios"))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def _names(data: Any) -> Names:
    """The names a file gives to its parts, for the checks of references."""
    if not isinstance(data, dict):
        return {}
    parts = {kind: data.get(kind) for kind in ("posts", "units", "messages", "delays")}
    sources = data.get("sources")
    tags = [entry.get("tag") for entry in sources if isinstance(entry, dict)] if isinstance(sources, list) else []
    return {
        "sources": frozenset(tag for tag in tags if isinstance(tag, str)),
        **{kind: frozenset(part if isinstance(part, dict) else ()) for kind, part in parts.items()},
    }


def _findings(error: ValidationError) -> list[Finding]:
    """Pydantic's errors, without "too few items" where an item was merely wrong."""
    details = error.errors(include_url=False, include_input=False)
    places = [detail["loc"] for detail in details]
    return [
        _finding(detail)
        for detail in details
        if detail["type"] != "too_short"
        or not any(place != detail["loc"] and place[: len(detail["loc"])] == detail["loc"] for place in places)
    ]


def _finding(detail: ErrorDetails) -> Finding:
    kind = detail["type"]
    path = tuple(step for step in detail["loc"] if not is_tag(step) and step != "[key]")
    code = Code(kind) if kind.startswith("SCENARIO_") else _PYDANTIC_CODES.get(kind, Code.BAD_VALUE)
    return Finding(path, code, _PYDANTIC_WORDS.get(kind, detail["msg"]))


def _placed(tree: Tree, findings: list[Finding]) -> list[Problem]:
    return [_problem(finding, tree.place(finding.path, finding.code)) for finding in findings]


def _problem(finding: Finding, mark: Mark) -> Problem:
    return Problem(mark.line, mark.column, show_path(finding.path), finding.code, finding.message)

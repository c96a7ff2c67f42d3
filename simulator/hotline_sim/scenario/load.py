"""Reads scenario files: YAML, then pydantic, then the checks between the parts. Every error has its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from hotline.messages.yamlmodel import model_of, placed
from hotline.messages.yamltree import Tree, read_tree
from hotline_sim.scenario.check import check_parts
from hotline_sim.scenario.fields import Names
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.problems import ScenarioError, code_of
from hotline_sim.scenario.variants import become

_NAMED = ("posts", "units", "messages", "delays", "bearers", "words", "orders", "injects")


def load(file: FilePath, variant: str | None = None) -> Scenario:
    """The scenario in a file, or a variant of it.

    Raises:
        ScenarioError: the file is refused; all its problems are in it.
        OSError: the file cannot be read.
    """
    return loads(file.read_bytes(), file.name, variant)


def loads(text: bytes, name: str = "scenario.yaml", variant: str | None = None) -> Scenario:
    """The scenario in a text, or a variant of it; `name` is shown in errors. Raises `ScenarioError`."""
    return of_tree(read_tree(text), name, variant)


def of_tree(tree: Tree, name: str, variant: str | None = None) -> Scenario:
    """The scenario in plain data, which becomes the variant; `name` is shown in errors. Raises `ScenarioError`."""
    if variant is not None:
        tree.findings.extend(become(tree.data, variant))
    scenario, findings = model_of(tree, Scenario, _names(tree.data))
    if scenario is not None:
        findings += check_parts(scenario)
    if scenario is None or findings:
        coded = [replace(problem, code=code_of(problem.code)) for problem in placed(tree, findings)]
        raise ScenarioError(name, coded)
    return scenario


def bundled() -> Mapping[str, FilePath]:
    """The scenarios that come with the simulator, by id (the file's name)."""
    folder = FilePath(str(files("hotline_sim") / "scenarios"))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def _names(data: Any) -> Names:
    """The names a file gives to its parts, for the checks of references."""
    if not isinstance(data, dict):
        return {}
    parts = {
        kind: data.get(kind)
        for kind in ("posts", "units", "messages", "delays", "bearers", "words", "orders", "injects")
    }
    sources = data.get("sources")
    tags = [entry.get("tag") for entry in sources if isinstance(entry, dict)] if isinstance(sources, list) else []
    return {
        "sources": frozenset(tag for tag in tags if isinstance(tag, str)),
        **{kind: frozenset(part if isinstance(part, dict) else ()) for kind, part in parts.items()},
    }

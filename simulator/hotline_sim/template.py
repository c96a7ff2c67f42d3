"""Templates that a scenario is begun from: small, complete and commented."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from hotline_sim.schema import NAME

_ID = "my-scenario"
_EDITOR = f"# yaml-language-server: $schema={NAME}\n"


def templates() -> Mapping[str, Path]:
    """The templates by name."""
    folder = Path(str(files("hotline_sim") / "templates"))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def begun(template: str, scenario_id: str) -> str:
    """The text of a scenario with an id of its own, with the line by which editors find the schema beside it."""
    text = templates()[template].read_text(encoding="utf-8")
    return _EDITOR + text.replace(f"id: {_ID}", f"id: {scenario_id}", 1)

"""Habits a reader relies on: short functions, short files, nothing that ties the tree to one machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION = 60
LONGEST_FILE = 400

GENERATED = (ROOT / "src/hotline/v1", ROOT / "src/hotline/operator")
FOLDERS = ("src", "simulator", "tests", "tools", "benchmarks", "docs", "specs", "proto", "formal", ".ci")
KINDS = {
    "",
    ".css",
    ".html",
    ".j2",
    ".json",
    ".md",
    ".pml",
    ".proto",
    ".py",
    ".sh",
    ".svg",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
}
# Folders right below the root of a file system that belong to one person or one machine.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|mnt|srv|Users|Volumes)/\w")


def is_ours(path: Path) -> bool:
    return path.is_file() and not any(path.is_relative_to(folder) for folder in GENERATED)


def texts() -> list[Path]:
    top = [ROOT / "Makefile", *ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("*.yaml")]
    below = [path for folder in FOLDERS for path in ROOT.glob(f"{folder}/**/*") if path.suffix in KINDS]
    return sorted(path for path in [*top, *below] if is_ours(path))


def code() -> list[Path]:
    return [path for path in texts() if path.suffix == ".py"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def machine_paths(text: str) -> list[str]:
    return MACHINE_PATH.findall(text)


def long_functions(source: str) -> list[str]:
    nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [n.name for n in nodes if (n.end_lineno or n.lineno) - n.lineno + 1 > LONGEST_FUNCTION]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_functions_fit_a_screen() -> None:
    assert {name(path): found for path in code() if (found := long_functions(read(path)))} == {}


def test_files_can_be_held_in_mind() -> None:
    assert {name(path): n for path in code() if (n := len(read(path).splitlines())) > LONGEST_FILE} == {}


def test_nothing_names_a_place_on_one_machine() -> None:
    assert {name(path): found for path in texts() if (found := machine_paths(read(path)))} == {}


def test_the_yardsticks_measure() -> None:
    long = "async def drawn_out():\n" + "    pass\n" * LONGEST_FUNCTION
    assert long_functions(long) == ["drawn_out"]
    assert not long_functions(long.replace("    pass\n", "", 1))
    assert machine_paths("see " + "/".join(["", "home", "someone"])) == ["/" + "home/s"]
    assert not machine_paths("docs/home/page and https://example.org/work/page")

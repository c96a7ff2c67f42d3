"""The markers `threat` of the tests, read from their source: which test measures what, against which threat."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One marker.

    Attributes:
        threat: the row it belongs to.
        defences: codes of the defences it shows at work.
        measure: what its figure counts.
        test: the test as pytest names it, without parameters; a whole file if the file is marked.
    """

    threat: str
    defences: tuple[str, ...]
    measure: str
    test: str


def marks(tests: Path = ROOT / "tests") -> list[Mark]:
    """Every marker below a folder, in the order of files and lines.

    Raises:
        ValueError: a marker is not written out in literals, so it cannot be read without running the tests.
    """
    return [mark for path in sorted(tests.rglob("test_*.py")) for mark in _of_file(path, tests.parent)]


def _of_file(path: Path, root: Path) -> Iterator[Mark]:
    name = path.relative_to(root).as_posix()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _read(node.decorator_list, f"{name}::{node.name}")
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["pytestmark"]:
            listed = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            yield from _read(listed, name)


def _read(expressions: list[ast.expr], test: str) -> Iterator[Mark]:
    for each in expressions:
        if not isinstance(each, ast.Call) or ast.unparse(each.func) != "pytest.mark.threat":
            continue
        try:
            (threat,), said = each.args, {word.arg: ast.literal_eval(word.value) for word in each.keywords}
            yield Mark(ast.literal_eval(threat), tuple(said["defence"].split()), said["measure"], test)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{test}: not threat(name, defence=, measure=) in literals: {error}") from error

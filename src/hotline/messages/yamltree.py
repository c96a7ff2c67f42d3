"""YAML text to plain data that remembers where each value stood.

Only maps, lists and scalars are taken: no aliases (a few lines of them can stand for gigabytes), no tags, no
second document. Dates and clock times stay text, for YAML would turn ``12:30`` into 750.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from hotline.messages.problems import Finding, Path, Reason

_MAX_BYTES = 1_000_000
_TAG = "tag:yaml.org,2002:"

# Ends of codes, whatever prefix a kind of file puts before them.
_ABOUT_KEYS = (Reason.UNKNOWN_KEY.value, Reason.DUPLICATE_KEY.value)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the file, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Tree:
    """Plain data (dict, list, str, int, float, bool, None), where it all stood, and what was wrong."""

    data: Any = None
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def place(self, path: Path, code: str) -> Mark:
        """Where to point for a problem at `path`: its key if that is wrong, its value, else what holds it."""
        if code.endswith(_ABOUT_KEYS) and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Mark(1, 1))


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with our few scalar types and without aliases."""

    # PyYAML's own table, begun anew: its entries for dates and base-60 numbers are not taken over.
    yaml_implicit_resolvers = {}  # noqa: RUF012  # PyYAML reads it from the class

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # untyped in the stubs
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver(_TAG + "bool", re.compile(r"(?:yes|no|true|false)$"), list("yntf"))
_Loader.add_implicit_resolver(_TAG + "int", re.compile(r"[+-]?[0-9]{1,18}$"), list("+-0123456789"))
_Loader.add_implicit_resolver(_TAG + "float", re.compile(r"[+-]?[0-9]+\.[0-9]+$"), list("+-0123456789"))
_Loader.add_implicit_resolver(_TAG + "null", re.compile(r"(~|null)?$"), ["~", "n", ""])


def read_tree(text: bytes) -> Tree:
    """Parse a file. Never raises for bad text: `Tree.findings` says what was wrong."""
    tree = Tree()
    if len(text) > _MAX_BYTES:
        tree.findings.append(Finding((), Reason.TOO_LARGE, f"larger than {_MAX_BYTES} bytes"))
        return tree
    try:
        root = _Loader(text.decode("utf-8")).get_single_node()
        tree.data = None if root is None else _build(root, (), tree)
    except yaml.MarkedYAMLError as error:
        _note(tree, ", ".join(words for words in (error.context, error.problem) if words), error.problem_mark)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        _note(tree, f"not a text file in UTF-8: {error}".splitlines()[0], None)
    except RecursionError:
        _note(tree, "nested too deeply", None)
    return tree


def _note(tree: Tree, message: str, mark: yaml.Mark | None) -> None:
    if mark is not None:
        tree.values[()] = _mark(mark)
    tree.findings.append(Finding((), Reason.YAML, message))


def _mark(mark: yaml.Mark) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _build(node: yaml.Node, path: Path, tree: Tree) -> Any:
    tree.values[path] = _mark(node.start_mark)
    if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
        return [_build(item, (*path, index), tree) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
        return _build_map(node, path, tree)
    if isinstance(node, yaml.ScalarNode):
        return _build_scalar(node, path, tree)
    tree.findings.append(Finding(path, Reason.YAML, f"tag {node.tag} is not allowed"))
    return None


def _build_map(node: yaml.MappingNode, path: Path, tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            tree.findings.append(Finding(path, Reason.YAML, "a key must be a word"))
            continue
        key = str(key_node.value)
        if key in found:
            tree.keys[(*path, key)] = _mark(key_node.start_mark)
            tree.findings.append(Finding((*path, key), Reason.DUPLICATE_KEY, "given twice"))
            continue
        tree.keys[(*path, key)] = _mark(key_node.start_mark)
        found[key] = _build(value_node, (*path, key), tree)
    return found


def _build_scalar(node: yaml.ScalarNode, path: Path, tree: Tree) -> Any:
    match node.tag.removeprefix(_TAG):
        case "str":
            return node.value
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
        case "bool":
            return node.value in ("yes", "true")
        case "null":
            return None
    tree.findings.append(Finding(path, Reason.YAML, f"tag {node.tag} is not allowed"))
    return None

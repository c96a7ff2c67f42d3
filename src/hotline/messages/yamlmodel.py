"""From YAML to a checked pydantic model, every problem with its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hotline.messages.problems import Finding, Problem, Reason, show_path
from hotline.messages.yamltree import Tree

M = TypeVar("M", bound=BaseModel)

_REASONS = {"missing": Reason.MISSING_KEY, "extra_forbidden": Reason.UNKNOWN_KEY}
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "model_type": "needs keys and values",
    "dict_type": "needs keys and values",
    "tuple_type": "needs a list",
    "string_type": "needs text (in quotes, if it looks like a number)",
    "bool_type": "needs yes or no",
    "int_type": "needs a whole number",
}


def model_of(tree: Tree, kind: type[M], context: Mapping[str, Any] | None = None) -> tuple[M | None, list[Finding]]:
    """The model in a file, None where there is none, and what was wrong.

    A validator names its own code by raising a `PydanticCustomError` whose type is in capitals.
    """
    if any(finding.code in (Reason.YAML, Reason.TOO_LARGE) for finding in tree.findings):
        return None, list(tree.findings)
    try:
        return kind.model_validate(tree.data, context=context), list(tree.findings)
    except ValidationError as error:
        return None, [*tree.findings, *_findings(error)]


def placed(tree: Tree, findings: list[Finding]) -> list[Problem]:
    """Findings with the lines where they stand, in file order."""
    return sorted(_problem(finding, tree) for finding in findings)


def _problem(finding: Finding, tree: Tree) -> Problem:
    mark = tree.place(finding.path, finding.code)
    return Problem(mark.line, mark.column, show_path(finding.path), finding.code, finding.message)


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
    code = kind if kind.isupper() else _REASONS.get(kind, Reason.BAD_VALUE)
    return Finding(path, code, _WORDS.get(kind, detail["msg"]))


def is_tag(step: str | int) -> bool:
    """Whether a step of a pydantic error path names a member of a union (``<time>``), not a key of the file."""
    return isinstance(step, str) and step.startswith("<")

"""Regions of spec 10 and of the matrix: classes, what is unknown, and what shows each requirement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from tools import requirements

from hotline.conformance.requirements import CLASSES, REQUIREMENTS, of_id
from hotline.conformance.suite.running import all_checks

_NAMED = 3
WORDS = {
    "safety": "what a peer relies on, whatever else a node does: bytes, signatures, logs, Heads, receipts, the "
    "ladder and its timers, who may speak, directories and epochs",
    "core": "what a node does by itself when a line changes or falls silent, and the evidence that it gives",
    "full": "every family for people, in two languages; the hybrid profile",
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that a version does not know, what it does about that, and vectors that show it."""

    what: str
    does: str
    shown_by: tuple[str, ...]


UNKNOWN = (
    Unknown("a field of a statement or its body", "refuses it, `SCAN_UNKNOWN_FIELD`", ("scan-unknown-field",)),
    Unknown(
        "a field of an envelope, a Head or a Frame",
        "refuses the Frame, `SCAN_UNKNOWN_FIELD`",
        ("envelope-unknown-field", "frame-unknown-field"),
    ),
    Unknown(
        "a field of an agreement or a directory",
        "does not take it, `SCAN_UNKNOWN_FIELD`",
        ("agreement-unknown-field", "directory-unknown-field"),
    ),
    Unknown("a code of an enumeration", "refuses it, `SCAN_ENUM`", ("scan-enum",)),
    Unknown(
        "a type, or a later version of one",
        "refuses it, `UNKNOWN_TYPE`; shows sender and precedence",
        ("unknown-type-still-readable",),
    ),
    Unknown(
        "a payload type, or a later version of one",
        "refuses it, `PAYLOAD_TYPE`",
        ("payload-type-later-version",),
    ),
    Unknown("an algorithm of a key", "does not take what lists it, `SCAN_ENUM`", ("directory-unknown-algorithm",)),
    Unknown("a call of the service", "ends it with gRPC UNIMPLEMENTED", ()),
)


def classes() -> str:
    """Each class with its requirements."""
    rows = (
        (f"`{name}`", WORDS[name], _ranges([each.id for each in REQUIREMENTS if each.class_name == name]))
        for name in CLASSES
    )
    return _table(("Class", "Is about", "Requirements"), rows)


def unknown() -> str:
    """What is done about what is not known."""
    rows = ((row.what, row.does, _links(row.shown_by)) for row in UNKNOWN)
    return _table(("Not known", "What an implementation does", "Vectors"), rows)


def matrix() -> str:
    """Each requirement with what shows it."""
    where = requirements.documents()
    rows = (
        (each, where[each], of_id(each).class_name, *(_cell(found.get(each, ())) for found in _columns()))
        for each in requirements.definitions()
    )
    return _table(("Requirement", "In", "Class", "Vectors", "Tests", "Checks of the suite"), rows)


def example() -> str:
    """What shows one requirement."""
    vectors, _, checks = (found.get("REQ-HEAD-6", ()) for found in _columns())
    words = {check.id: check.words for check in all_checks()}
    lines = ["class    " + of_id("REQ-HEAD-6").class_name, "vectors  " + ", ".join(vectors), "checks"]
    return "\n".join(("```text", *lines, *(f"  {name}\n    {words[name]}." for name in checks), "```"))


def _columns() -> tuple[dict[str, list[str]], ...]:
    return dict(requirements.by_vectors()), dict(requirements.by_tests()), dict(requirements.by_checks())


def _cell(names: Sequence[str]) -> str:
    found = sorted(set(names))
    return ", ".join(f"`{name}`" for name in found[:_NAMED]) + (", ..." if len(found) > _NAMED else "")


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _ranges(found: Sequence[str]) -> str:
    """Ids with those that follow each other drawn together."""
    parts = []
    for family, group in groupby(found, key=lambda each: each.rpartition("-")[0]):
        numbers = sorted(int(each.rpartition("-")[2]) for each in group)
        for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
            run_of = [number for _, number in run]
            last = f" to {run_of[-1]}" if len(run_of) > 1 else ""
            parts.append(f"{family}-{run_of[0]}{last}")
    return ", ".join(parts)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


REGIONS: dict[str, Callable[[], str]] = {
    "classes": classes,
    "unknown": unknown,
    "matrix": matrix,
    "example-conformance": example,
}

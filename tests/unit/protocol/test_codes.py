"""One table of codes: whatever is raised has a row there, and every row is raised somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hotline.messages.problems import Reason
from hotline.protocol import codes, errors
from hotline.protocol.codes import CODES, Where, meaning

ROOT = Path(__file__).parents[3]
GENERATED = ("src/hotline/v1", "src/hotline/operator")
# Scenario files have a table of their own, `hotline_sim.scenario.problems.Code`.
ELSEWHERE = "SCENARIO_"
# What is wrong with files that people write, put behind this prefix.
INPUT = "INPUT_"


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of ours but the table itself."""
    paths = [path for room in ("src", "simulator") for path in (ROOT / room).rglob("*.py")]
    ours = {str(path.relative_to(ROOT)): path for path in paths if path != Path(codes.__file__)}
    return {
        name: ast.parse(path.read_text(encoding="utf-8"))
        for name, path in ours.items()
        if not name.startswith(GENERATED)
    }


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the last part of the name that is called."""
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                yield name, node


@cache
def families() -> frozenset[str]:
    """Names of our coded errors, wherever they are defined."""
    classes = [node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {errors.HotlineError.__name__}
    while True:
        more = {c.name for c in classes if any(isinstance(b, ast.Name) and b.id in found for b in c.bases)}
        if more <= found:
            return frozenset(found)
        found |= more


@cache
def raised() -> frozenset[str]:
    """Codes written where an error is made, or handed to a function that makes one."""
    makers = families() | {name for name, _ in calls() if "refus" in name}
    written = {
        call.args[0].value
        for name, call in calls()
        if name in makers and call.args and isinstance(call.args[0], ast.Constant)
    }
    return frozenset(code for code in written if isinstance(code, str))


@cache
def words() -> frozenset[str]:
    """Every string in the code, documentation aside."""
    found = set()
    for tree in trees().values():
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                found.add(node.value)
    return frozenset(found) | {INPUT + reason for reason in Reason}


def test_the_families_are_found() -> None:
    names = {"PeerDataError", "TransportError", "UsageError", "KeysError", "JournalUsageError", "JournalStorageError"}
    assert names <= families()


def test_every_code_that_is_raised_has_a_row() -> None:
    assert len(raised()) > 50
    assert {code for code in raised() if not code.startswith(ELSEWHERE)} - {row.code for row in CODES} == set()


def test_every_problem_of_an_input_has_a_row() -> None:
    assert {INPUT + reason for reason in Reason} <= {row.code for row in CODES}


def test_every_row_is_raised_somewhere() -> None:
    assert {row.code for row in CODES} - words() == set()


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
def test_a_row_is_stable_and_says_what_it_means(row: codes.Code) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{2,39}", row.code)
    assert row.where and len(set(row.where)) == len(row.where)
    assert row.meaning == meaning(row.code)
    assert row.meaning[0].islower() or row.meaning[0].isupper()
    assert not row.meaning.endswith(".")


def test_each_code_has_one_row_and_one_meaning() -> None:
    assert len({row.code for row in CODES}) == len({row.meaning for row in CODES}) == len(CODES)


def test_a_code_without_a_row_has_no_meaning() -> None:
    with pytest.raises(KeyError):
        meaning("NO_SUCH_CODE")


def test_what_fails_a_signature_is_never_refused_for_good() -> None:
    """A bad signature says nothing about what the named author said, so it changes a counter and nothing else."""
    for row in CODES:
        if row.code in {"KEY_UNKNOWN", "KEY_INVALID", "SIGNATURE_INVALID", "SIGNATURE_DUPLICATE"}:
            assert Where.REFUSED not in row.where

"""Requirements: each id is defined once in specs/, has a class, is shown by something, and none is cited undefined."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
from tools.requirements import (
    DEFINITION,
    EXCEPTIONS,
    HELD_BY,
    ROOT,
    by_checks,
    by_tests,
    by_vectors,
    citing,
    definitions,
)
from tools.spec_conformance import UNKNOWN

from hotline.conformance.requirements import CLASSES, REQUIREMENTS, cited_in, of_id
from hotline.conformance.suite.running import all_checks


def test_each_requirement_is_defined_once() -> None:
    assert [found for found, count in Counter(definitions()).items() if count > 1] == []
    assert len(definitions()) > 40


def test_nothing_cites_a_requirement_that_is_not_defined() -> None:
    defined = set(definitions())
    data = ROOT / "src/hotline/conformance/classes.yaml"
    texts = [*citing(), data, *sorted(ROOT.glob("specs/*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
    stray = {
        str(path.relative_to(ROOT)): sorted(found)
        for path in texts
        if (found := set(cited_in(path.read_text(encoding="utf-8"))) - defined)
    }
    assert stray == {}


def test_every_requirement_is_kept_somewhere() -> None:
    cited = {found for path in citing() for found in cited_in(path.read_text(encoding="utf-8"))}
    assert sorted(set(definitions()) - cited - HELD_BY.keys() - EXCEPTIONS.keys()) == []


def test_every_requirement_has_one_class() -> None:
    """REQ-CONF-1: a claim of conformance names a class, which is this list."""
    assert sorted(each.id for each in REQUIREMENTS) == sorted(definitions())
    assert {each.class_name for each in REQUIREMENTS} == set(CLASSES)
    assert of_id("REQ-SIGN-1").belongs_to("full")
    assert not of_id("REQ-LANG-1").belongs_to("core")


def test_no_requirement_is_left_without_a_vector_a_test_or_a_check() -> None:
    shown = by_vectors().keys() | by_tests().keys() | by_checks().keys() | EXCEPTIONS.keys()
    assert sorted(set(definitions()) - shown) == []


def test_checks_show_something_and_have_their_own_ids() -> None:
    checks = all_checks()
    assert [check.id for check in checks if not check.requirements or not check.words] == []
    assert [found for found, count in Counter(check.id for check in checks).items() if count > 1] == []
    assert set(by_checks()) <= set(definitions())


def test_what_a_version_does_not_know_has_vectors() -> None:
    """REQ-CONF-4: each row but the one about calls, of which no bytes are kept."""
    rows = [row for row in UNKNOWN if not row.shown_by]
    assert [row.what for row in rows] == ["a call of the service"]
    assert {name for row in UNKNOWN for name in row.shown_by} == set(by_vectors()["REQ-CONF-4"])


@pytest.mark.parametrize("requirement", sorted(HELD_BY))
def test_the_test_said_to_hold_a_requirement_exists(requirement: str) -> None:
    file, _, name = HELD_BY[requirement].partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert requirement in definitions()


def test_exceptions_are_no_more_than_needed() -> None:
    cited = {found for path in citing() for found in cited_in(path.read_text(encoding="utf-8"))}
    assert sorted(EXCEPTIONS.keys() & cited) == []
    assert EXCEPTIONS.keys() <= set(definitions())


def test_the_yardsticks_measure() -> None:
    assert cited_in("REQ-SIGN-1 to 3, REQ-LOG-2.") == ["REQ-SIGN-1", "REQ-SIGN-2", "REQ-SIGN-3", "REQ-LOG-2"]
    assert DEFINITION.findall("- **REQ-LOG-2** The digest\nas REQ-LOG-3 says **REQ-LOG-4** ") == ["REQ-LOG-2"]
